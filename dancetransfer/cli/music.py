"""The command `fit`: a dance cut to a piece of music."""

import argparse
import shlex
import tempfile
from collections.abc import Generator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dancetransfer.cli.choice import add_choice, chosen
from dancetransfer.cli.console import Context, Usage
from dancetransfer.cli.options import add_options, read
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events
from dancetransfer.media import has_picture
from dancetransfer.settings import PoseSettings, seconds_of

if TYPE_CHECKING:
    from dancetransfer.pose.poses import Poses

# Stages are imported inside the command: `--help` needs none of them.


def add_flags(one: argparse.ArgumentParser) -> None:
    words = "A video, a BVH file, a pose track, or a project with a dance."
    one.add_argument("dance", metavar="DANCE", help=words)
    one.add_argument("--music", metavar="SONG", required=True, help="A file of sound, or a video with sound.")
    one.add_argument("-o", dest="output", metavar="X.npz", required=True, help="The pose track that is written.")
    one.add_argument("--seconds", metavar="TIME", help="How much of the music is danced (default: all of it).")
    one.add_argument("--dance", dest="name", metavar="NAME", help="Which dance of the project; else the current one.")
    add_choice(one)
    add_options(one, PoseSettings)


def fit(arguments: argparse.Namespace, context: Context) -> Events:
    """Cut a dance to music: re-ordered and gently stretched until its beats fall on the song's."""
    from dancetransfer.music.fit import fit_music, read_song
    from dancetransfer.outputs import check_folder

    music, output, seconds = Path(arguments.music), Path(arguments.output), _seconds(arguments)
    if output.suffix.lower() != ".npz":
        raise UserError(f"The dance can't be written as '{output.suffix}'.", "Name it like this: -o fitted.npz")
    check_folder(output)
    for given in (music, Path(arguments.dance)):
        if given.is_file() and output.exists() and output.samefile(given):
            raise UserError(f"{output} is read.", "Choose another name for what is written.")
    read_song(music, seconds)  # before poses are found, which takes longer
    track, name = yield from _track(arguments)
    made = None
    with closing(fit_music(track, name, music, output, seconds)) as stage:  # type: ignore[type-var]
        for event in stage:
            made = event if isinstance(event, Done) else made
            yield replace(event, message="") if isinstance(event, Done) else event
    assert made is not None
    use = f"dancetransfer transfer {shlex.quote(str(output))} PERSON.mp4 -o CLIP.mp4"
    yield Done("", f"{made.message}\nUse it with its sound: {use}", made.files, made.result)


def _seconds(arguments: argparse.Namespace) -> float | None:
    if arguments.seconds is None:
        return None
    try:
        seconds = seconds_of(arguments.seconds)
    except UserError as error:
        raise Usage(f"{error.message}\n{error.hint}") from error
    if seconds < 1:
        raise Usage("--seconds can't be less than 1 second.\nLeave it out for all of the music.")
    return seconds


def _track(arguments: argparse.Namespace) -> Generator[Event, None, tuple["Poses", str]]:
    """The dance's cleaned track and what it is called."""
    from dancetransfer.mocap.tracks import load_track
    from dancetransfer.pose.clean import clean
    from dancetransfer.pose.poses import Poses

    path = Path(arguments.dance)
    if path.is_dir():
        return _of_project(path, arguments.name)
    if not has_picture(path):
        return load_track(path), path.name
    from dancetransfer.extract.extract import extract

    with tempfile.TemporaryDirectory() as folder:
        follow, estimator = chosen(arguments), read(arguments, PoseSettings).estimator
        yield from extract(path, Path(folder), masks=False, proxy=False, follow=follow, estimator=estimator)
        return clean(Poses.load(Path(folder) / "poses.npz")), path.name


def _of_project(folder: Path, name: str | None) -> tuple["Poses", str]:
    """The track of a project's dance, as it was touched up."""
    from dancetransfer.pose.poses import Poses
    from dancetransfer.project import Project

    project = Project.open(folder)
    dance = project.dance(name) if name else project.current_dance or project.dance(None)
    track = project.dance_folder(dance) / "track.npz"
    if not track.exists():
        raise UserError(
            f"The poses of the dance '{dance.name}' are not found yet.",
            f"Give its file instead: dancetransfer fit {shlex.quote(dance.file)} --music SONG -o X.npz",
        )
    return Poses.load(track), f"The dance '{dance.name}'"
