"""The commands on single files and on this machine: poses, retarget, score, info, doctor, weights."""

import argparse
import tempfile
from collections.abc import Generator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from dancetransfer.cli import portable
from dancetransfer.cli.choice import chosen
from dancetransfer.cli.console import Context, Usage
from dancetransfer.cli.options import read
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Notice
from dancetransfer.media import has_picture, is_dancer
from dancetransfer.settings import PoseSettings, RetargetSettings, TrainSettings

# Stages are imported inside the commands: `--help` and the window's first look need none of them.

Result = TypeVar("Result")


def poses(arguments: argparse.Namespace, context: Context) -> Events:
    """The pose track of a video."""
    from dancetransfer.extract.extract import extract
    from dancetransfer.mocap.tracks import load_track
    from dancetransfer.outputs import check_folder
    from dancetransfer.pose.clean import clean
    from dancetransfer.pose.poses import Poses

    if arguments.list:
        yield from _people(arguments)
        return
    if arguments.output is None:
        raise Usage("Nothing says where the poses are written.\nLike this: -o poses.npz")
    video, output = Path(arguments.video), Path(arguments.output)
    check_folder(output)
    if not has_picture(video):
        track = load_track(video)
        track.save(output)
        yield Done("", f"{len(track)} frames: {output}", [str(output)])
        return
    with tempfile.TemporaryDirectory() as folder:
        follow, estimator = chosen(arguments), read(arguments, PoseSettings).estimator
        yield from extract(video, Path(folder), masks=False, proxy=False, follow=follow, estimator=estimator)
        track = Poses.load(Path(folder) / "poses.npz")
    track = track if arguments.raw else clean(track)
    track.save(output)
    share = 100 * track.present.mean()
    yield Done("", f"{len(track)} frames, somebody in {share:.0f} % of them: {output}", [str(output)])


def _people(arguments: argparse.Namespace) -> Events:
    """The numbered people of a video, with a picture of each in the folder given, or in one named after it."""
    from dancetransfer.extract.listing import list_people
    from dancetransfer.outputs import check_folder

    folder = Path(arguments.output or f"{Path(arguments.video).stem}-people")
    check_folder(folder / "person-1.png" if folder.is_dir() else folder)
    if folder.is_file():
        raise UserError(f"{folder} is a file.", "With --list, -o names a folder for the pictures.")
    folder.mkdir(exist_ok=True)
    yield from list_people(arguments.video, folder / "person-", estimator=read(arguments, PoseSettings).estimator)


def retarget(arguments: argparse.Namespace, context: Context) -> Events:
    """Fit one pose track to the body and camera of another."""
    from dancetransfer.fit.retarget import retarget as fit
    from dancetransfer.pose.poses import Poses

    output = Path(arguments.output)
    fitted, how = fit(Poses.load(arguments.source), Poses.load(arguments.target), read(arguments, RetargetSettings))
    fitted.save(output)
    yield Done("", "\n".join([*how.sentences(), str(output)]), [str(output)])


def score(arguments: argparse.Namespace, context: Context) -> Events:
    """How near a clip comes to a truth clip."""
    from dancetransfer.score.score import score_files, table

    clip, truth = Path(arguments.clip), Path(arguments.truth)
    scores = yield from _wordless(score_files(clip, truth))
    yield Done("", table({clip.name: scores}), result=asdict(scores))


def info(arguments: argparse.Namespace, context: Context) -> Events:
    """The facts of a video, of a project, or of a portable dancer."""
    from dancetransfer.video.read import probe

    if Path(arguments.video).is_dir():
        yield from _project_info(Path(arguments.video))
        return
    if is_dancer(Path(arguments.video)):
        yield portable.info(Path(arguments.video))
        return
    if not has_picture(Path(arguments.video)):
        yield _track_info(Path(arguments.video))
        return
    facts = probe(Path(arguments.video))
    rate = "variable rate, average " if facts.variable_rate else ""
    sound = f"{facts.audio}, {facts.audio_rate} Hz, {facts.audio_channels} channels" if facts.audio else "none"
    lines = [
        f"{facts.path}",
        f"picture  {facts.width}x{facts.height}, {facts.codec} {facts.pixel_format}"
        + (f", turned by {facts.rotation} degrees" if facts.rotation else "")
        + (", interlaced" if facts.interlaced else "")
        + (f", {facts.transfer}" if facts.transfer in ("pq", "hlg") else ""),
        f"length   {facts.seconds:.2f} s, {facts.frames} frames, {rate}{facts.fps:.3g} frames/s",
        f"sound    {sound}",
    ]
    if facts.damage:
        yield Notice(facts.damage)
    result = {**asdict(facts), "path": str(facts.path)}
    if arguments.look:
        from dancetransfer.extract.glance import glance

        found = glance(Path(arguments.video))
        lines += [f"verdict  {one.sentence} {one.hint}" for one in found] or ["verdict  good"]
        result["verdict"] = [asdict(one) for one in found]
    yield Done("", "\n".join(lines), result=result)


def _project_info(folder: Path) -> Events:
    """The person, dances and trainings of a project."""
    from dancetransfer.cli import about
    from dancetransfer.project import Project

    project = Project.open(folder)
    for note in project.notes:
        yield Notice(note)
    facts = about.facts(project)
    yield Done("", "\n".join(about.lines(facts)), result=facts)


def _track_info(path: Path) -> Done:
    """The facts of a pose track."""
    from dancetransfer.mocap.tracks import facts

    known = facts(path)
    lines = (
        f"{path}",
        f"motion   no picture, drawn into {known['width']}x{known['height']}, {known['joints']} of 133 joints",
        f"length   {known['seconds']:.2f} s, {known['frames']} frames, {known['fps']:.3g} frames/s",
        f"dancer   in {known['present']:.0%} of the frames",
    )
    return Done("", "\n".join(lines), result=known)


def doctor(arguments: argparse.Namespace, context: Context) -> Events:
    """What works on this machine and how long a dance will take."""
    from dancetransfer.doctor import examine

    steps = 0 if arguments.quick else 4
    report = yield from examine(read(arguments, TrainSettings), steps, poses=read(arguments, PoseSettings))
    yield Done("", "\n".join(report.lines()), result=report.as_dict())


def weights(arguments: argparse.Namespace, context: Context) -> Events:
    """Install optional weights."""
    from dancetransfer import weights as shelf

    if arguments.name is None:
        yield Done("", shelf.listing())
        return
    if arguments.file:
        yield from shelf.install_from_file(arguments.name, arguments.file)
    else:
        wanted = shelf.missing(arguments.name) or [arguments.name]
        told = "\n".join(shelf.describe(one) for one in wanted)
        if not arguments.yes and not context.ask(f"{told}\nDownload {'them' if len(wanted) > 1 else 'it'}?"):
            yield Done("", "Nothing was downloaded.")
            return
        for one in wanted:
            yield from shelf.download(one)
    told = f"{arguments.name} is installed: {shelf.place(arguments.name)}"
    rest = [f"It also needs: dancetransfer weights {one}" for one in shelf.missing(arguments.name)]
    yield Done("", "\n".join([told, *rest]))


def _wordless(stage: Generator[Event, None, Result]) -> Generator[Event, None, Result]:
    """A stage whose result is told by the command's own last word."""
    with closing(stage):
        while True:
            try:
                event = next(stage)
            except StopIteration as end:
                return end.value
            yield replace(event, message="") if isinstance(event, Done) else event
