"""The whole job as a chain of stages: which are still missing, in what order, and how long they will take."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Notice, Progress
from dancetransfer.project import Media, Project
from dancetransfer.settings import ExportSettings, RenderSettings, RetargetSettings, TrainSettings

# Seconds of a two-core machine without a graphics card; only their ratios matter, and only until
# the first stage of a kind has been measured.
POSE_SECONDS, PREPARE_SECONDS, RENDER_SECONDS, EXPORT_SECONDS, SCORE_SECONDS = 0.06, 0.015, 0.06, 0.03, 0.15
"""Guessed seconds per frame of each stage."""


@dataclass(frozen=True)
class Task:
    """One stage of the chain with a first guess of its seconds."""

    name: str
    """In words for the progress line."""
    kind: str
    """Tasks of one kind share what is measured."""
    seconds: float
    run: Callable[[], Events]


def chain(tasks: list[Task]) -> Events:
    """Run tasks one after the other; every Progress gets the seconds left for all of them."""
    pace: dict[str, float] = {}
    for number, task in enumerate(tasks):
        begun = time.monotonic()
        later = tasks[number + 1 :]
        stage = task.run()
        try:
            for event in stage:
                if isinstance(event, Progress):
                    used = time.monotonic() - begun
                    share = event.done / event.total if event.total else 0.0
                    mine = task.seconds * pace.get(task.kind, 1.0)
                    if share > 0.05:
                        mine = used / share
                        pace[task.kind] = mine / max(task.seconds, 1e-3)
                    rest = sum(one.seconds * pace.get(one.kind, 1.0) for one in later)
                    event = replace(event, seconds_left=round(max(0.0, mine - used) + rest, 1))
                yield event
        finally:
            stage.close()  # type: ignore[attr-defined]


# --- the tasks of a project ---------------------------------------------------------------------


def pose_tasks(project: Project) -> list[Task]:
    """Poses, masks and proxies of every clip and dance, then their tracks."""
    tasks = []
    for dance in project.dances:
        tasks += _poses_of(dance, project.dance_folder(dance), False, f"finding the dancer in {dance.name}")
    for clip in project.clips:
        tasks += _poses_of(clip, project.clip_folder(clip), True, f"finding the person in {Path(clip.file).name}")
    return tasks


def _poses_of(media: Media, folder: Path, masks: bool, words: str) -> list[Task]:
    from dancetransfer.pose.extract import extract, extracted
    from dancetransfer.pose.track import clean_track

    if extracted(media.fingerprint, folder, masks=masks):
        return [Task("cleaning the track", "track", 1.0, partial(clean_track, folder))]
    frames = _frames(media.path())
    return [
        Task(words, "poses", frames * POSE_SECONDS, partial(extract, media.path(), folder, masks=masks)),
        Task("cleaning the track", "track", 1.0, partial(clean_track, folder)),
    ]


def fit_tasks(project: Project, settings: RetargetSettings, dance: str | None = None) -> list[Task]:
    """Fit the dances (or one) to the person."""
    chosen = [project.dance(dance)] if dance else project.dances
    return [
        Task(f"fitting {one.name} to the person", "fit", 1.0, partial(_fit, project, settings, one))
        for one in chosen
        if project.clips
    ]


def _fit(project: Project, settings: RetargetSettings, dance: Media) -> Events:
    from dancetransfer.learn.showing import write_driving
    from dancetransfer.pose.poses import Poses
    from dancetransfer.pose.retarget import fit_dance

    yield from fit_dance(project, settings, dance.name)
    folder = project.dance_folder(dance)
    if not (folder / "driving.jpg").exists() and Path(dance.file).exists():
        write_driving(dance.path(), Poses.load(folder / "retarget.npz"), folder)


def train_tasks(project: Project, settings: TrainSettings) -> list[Task]:
    """Crops and plate, then the training."""
    seconds = settings.steps * 0.5 if settings.steps else settings.budget
    return [
        Task(
            "preparing the person",
            "prepare",
            _clip_frames(project) * PREPARE_SECONDS,
            partial(_prepare, project, settings),
        ),
        Task("learning the person", "train", seconds, partial(_train, project, settings)),
    ]


def _prepare(project: Project, settings: TrainSettings) -> Events:
    from dancetransfer.learn.pairs import prepare

    yield from prepare(project, settings)


def _train(project: Project, settings: TrainSettings) -> Events:
    from dancetransfer.learn.train import train

    yield from train(project, settings)


def render_tasks(project: Project, training: TrainSettings, settings: RenderSettings) -> list[Task]:
    """Render a dance."""
    frames = _dance_frames(project, settings.dance)
    return [
        Task("rendering the dance", "render", frames * RENDER_SECONDS, partial(_render, project, training, settings))
    ]


def _render(project: Project, training: TrainSettings, settings: RenderSettings) -> Events:
    from dancetransfer.render.render import render

    yield from render(project, training, settings)


def export_tasks(project: Project, chosen: RenderSettings, settings: ExportSettings, output: Path) -> list[Task]:
    """Write the finished clip."""
    frames = _dance_frames(project, chosen.dance)
    return [
        Task("writing the clip", "export", frames * EXPORT_SECONDS, partial(_export, project, chosen, settings, output))
    ]


def _export(project: Project, chosen: RenderSettings, settings: ExportSettings, output: Path) -> Events:
    from dancetransfer.render.export import export

    yield from export(project, chosen, settings, output)


def score_tasks(project: Project, training: TrainSettings) -> list[Task]:
    """Score the person's generator on held-out frames."""
    frames = min(120.0, 0.1 * _clip_frames(project))
    return [Task("scoring", "score", frames * SCORE_SECONDS, partial(_score, project, training))]


def _score(project: Project, training: TrainSettings) -> Events:
    from dancetransfer import device
    from dancetransfer.learn import runs
    from dancetransfer.learn.dancer import load_dancer
    from dancetransfer.learn.score import held_out
    from dancetransfer.storage import Results, fingerprint, key

    best = runs.best(project, training)
    results, wanted = Results(project.person), key("score", fingerprint(best))
    if results.current("scores.json", wanted):
        return
    yield from held_out(project, load_dancer(best, device.choose(training.device)))
    results.note("scores.json", wanted)


def transfer(
    project: Project,
    output: Path,
    training: TrainSettings,
    fitting: RetargetSettings,
    rendering: RenderSettings,
    exporting: ExportSettings,
) -> Events:
    """Everything that is still missing between the project's videos and the finished clip."""
    tasks = [
        *pose_tasks(project),
        *fit_tasks(project, fitting),
        *train_tasks(project, training),
        *render_tasks(project, training, rendering),
        *export_tasks(project, rendering, exporting, output),
        *score_tasks(project, training),
    ]
    yield from chain(tasks)


# --- adding media -------------------------------------------------------------------------------


def add_media(project: Project, dances: list[Path], clips: list[Path]) -> Iterator[Event]:
    """Put videos into the project after a look at each; nothing is added if one can't be used."""
    from dancetransfer.video.read import probe

    for path in (*dances, *clips):
        probe(path)
    known = {clip.fingerprint for clip in project.clips}
    added = [project.add_clip(path) for path in clips]
    if known and any(clip.fingerprint not in known for clip in added):
        yield Notice("More footage of the person was added; the training goes on with it.")
    for path in dances:
        project.add_dance(path)
    project.save()


def check_output(output: Path) -> None:
    """UserError now where the clip could not be written in the end."""
    if output.suffix.lower() not in (".mp4", ".mov", ".m4v"):
        raise UserError(f"The clip can't be written as '{output.suffix}'.", "Name it like this: -o clip.mp4")
    if not output.parent.is_dir():
        raise UserError(f"The folder {output.parent} does not exist.", "Make it first, or choose another one.")
    probe_file = output.parent / f".{output.stem}.probe"
    try:
        probe_file.write_bytes(b"")
        probe_file.unlink()
    except OSError as error:
        from dancetransfer.storage import explain

        raise explain(error, output) from error


def done(message: str, files: list[Path]) -> Done:
    """The last event of a command."""
    return Done("", message, [str(path) for path in files])


def _frames(path: Path) -> int:
    from dancetransfer.video.read import probe

    return probe(path).frames


def _clip_frames(project: Project) -> int:
    return sum(_frames(clip.path()) for clip in project.clips)


def _dance_frames(project: Project, name: str | None) -> int:
    return _frames(project.dance(name).path())
