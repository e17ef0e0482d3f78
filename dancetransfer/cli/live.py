"""The command `live`: a dancer that does at once what a camera, or a video, shows."""

import argparse
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from dancetransfer.cli.console import Context, Usage
from dancetransfer.cli.options import add_options, given, read
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events
from dancetransfer.media import has_picture
from dancetransfer.settings import LiveSettings, PoseSettings, TrainSettings, declared

if TYPE_CHECKING:
    from dancetransfer.live.performers import Performer
    from dancetransfer.live.sinks import Sink
    from dancetransfer.live.sources import Captured

# What works is imported inside the command: `--help` needs none of it.

DRAWING = ("engine", "device")
"""Options of learning that also say how is drawn what was learned."""


def add_flags(one: argparse.ArgumentParser) -> None:
    one.add_argument("dancer", metavar="X.dancer", help="The portable dancer, or a project whose person is learned.")
    words = "A video whose motion is wanted; where none is given, the webcam's."
    one.add_argument("source", metavar="VIDEO", nargs="?", help=words)
    one.add_argument("-o", dest="output", metavar="LIVE.mp4", help="Write what is shown to this file too.")
    add_options(one, LiveSettings)
    add_options(one, PoseSettings)
    add_options(one, TrainSettings, tuple(name for name in declared(TrainSettings) if name not in DRAWING))


def live(arguments: argparse.Namespace, context: Context) -> Events:
    """A dancer that does at once what a camera, or a video, shows; the visible label is always on."""
    settings = read(arguments, LiveSettings)
    video = Path(arguments.source) if arguments.source else None
    if video and "camera" in given(arguments, LiveSettings):
        raise Usage("--camera and a video exclude each other.\nGive one of them.")
    output = _output(arguments, video)
    from dancetransfer.extract.estimators import make
    from dancetransfer.live.fitting import Fitting
    from dancetransfer.live.live import Chain
    from dancetransfer.live.live import live as stage
    from dancetransfer.live.painting import Painter
    from dancetransfer.live.performers import opened

    every = settings.pace == "all"
    with ExitStack() as stack:
        source, seconds = _source(video, settings, stack)
        # of a likeness, nothing stays behind
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        performer = yield from opened(Path(arguments.dancer), given(arguments, TrainSettings), Path(folder))
        sinks = _sinks(performer, output, video, settings)
        estimator = make(read(arguments, PoseSettings).estimator)
        stack.callback(estimator.close)
        fitting = Fitting(performer.person, beside=not every, stands=video is None)
        chain = Chain(source, estimator, fitting, Painter(performer), every)
        context.ends_itself = True
        at_work = stage(chain, fitting, sinks, context.stopped, seconds, video is None)
        for event in stack.enter_context(closing(at_work)):  # type: ignore[type-var]
            yield event
            last = event
    assert isinstance(last, Done)
    written = [str(output)] if output and last.result["pictures"] else []
    words = f"{output} is written. It carries the visible label and the machine-readable AI mark." if written else ""
    yield replace(last, stage="", message=f"{last.message}\n{words}".strip(), files=written)


def _output(arguments: argparse.Namespace, video: Path | None) -> Path | None:
    from dancetransfer.outputs import check_output

    if not arguments.output:
        return None
    output = Path(arguments.output).resolve()
    check_output(output, [video] if video else [])
    return output


def _source(
    video: Path | None, settings: LiveSettings, stack: ExitStack
) -> "tuple[Callable[[threading.Event], Iterator[Captured]], float | None]":
    """What gives the pictures, and how many seconds it lasts where that is known. A camera is released by the stack."""
    from dancetransfer.live import cameras
    from dancetransfer.live.sources import film, mirrored, shortened, webcam
    from dancetransfer.video.read import probe

    mirror = settings.mirror == "on" or (settings.mirror == "auto" and video is None)
    seconds = settings.stop_after
    if video is not None:
        if not has_picture(video):
            raise UserError(f"{video.name} holds a motion and no picture.", "Give a video, or nothing for the webcam.")
        long = probe(video).seconds
        seconds = long if seconds is None else min(seconds, long)
    if video is None:
        camera = cameras.opened(settings.camera)
        stack.callback(camera.release)
        opened = partial(webcam, camera)
    else:
        opened = partial(film, video, paced=settings.pace == "own")

    def source(stop: threading.Event) -> "Iterator[Captured]":
        pictures = shortened(opened(stop), settings.stop_after)
        return mirrored(pictures) if mirror else pictures

    return source, seconds


def _sinks(performer: "Performer", output: Path | None, video: Path | None, settings: LiveSettings) -> "list[Sink]":
    from dancetransfer.live.sinks import File, Window, has_screen, require_screen

    sinks: list[Sink] = [File(output, video)] if output else []
    if output is None:
        require_screen()
    if output is None or (settings.window == "auto" and has_screen()):
        height, width = performer.plate.shape[:2]
        sinks.append(Window((width, height)))
    return sinks
