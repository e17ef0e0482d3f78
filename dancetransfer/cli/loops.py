"""The `loop` command: a video or a project's rendered dance as a clip that goes round."""

import argparse
from dataclasses import replace
from pathlib import Path

from dancetransfer.cli.console import Context, Usage
from dancetransfer.cli.options import given, read
from dancetransfer.errors import UserError
from dancetransfer.events import Events
from dancetransfer.project import Project
from dancetransfer.settings import ExportSettings, LoopSettings, RenderSettings

FORMS = ("own", "gif", "webp")
"""Presets that a loop is written by; its name tells which."""


def loop(arguments: argparse.Namespace, context: Context) -> Events:
    """The part of a clip or of a rendered dance that goes round unseen, or a play of it that never repeats."""
    from dancetransfer import transfer as chain
    from dancetransfer.loops.loop import loop as stage
    from dancetransfer.loops.material import clip_material, dance_material

    settings, source = read(arguments, LoopSettings), Path(arguments.source)
    if settings.seconds is not None and settings.random is not None:
        raise Usage("--seconds and --random exclude each other.\nGive one of them.")
    outputs = _outputs(arguments)
    rendering = read(arguments, RenderSettings)
    if not source.is_dir():
        if rendering.dance is not None:
            raise UserError(f"{source.name} is a video, which holds one dance.", "Leave --dance away.")
        _check(outputs, [source])
        material = clip_material(source, rendering, read(arguments, ExportSettings))
        yield from stage(material, settings, outputs)
    else:
        project = Project.open(source)
        _check(outputs, [Path(one.file) for one in (*project.clips, *project.dances)])
        with project.lock():
            context.folder = project.folder
            exporting = replace(project.settings(ExportSettings), **given(arguments, ExportSettings))
            yield from stage(dance_material(project, rendering, exporting), settings, outputs)
    yield chain.done("\n".join(str(one) for one in outputs), outputs)


def _outputs(arguments: argparse.Namespace) -> list[Path]:
    """What is written: what was named, and with --gif a GIF of that name too."""
    from dancetransfer.render.presets import PRESETS

    output = Path(arguments.output).resolve()
    suffixes = [suffix for name in FORMS for suffix in PRESETS[name].format.suffixes]
    if output.suffix.lower() not in suffixes:
        raise UserError(f"A loop can't be written as '{output.suffix}'.", f"Choose one of: {', '.join(suffixes)}.")
    gif = output.with_suffix(".gif")
    return [output, gif] if arguments.gif and gif != output else [output]


def _check(outputs: list[Path], videos: list[Path]) -> None:
    from dancetransfer.outputs import check_output
    from dancetransfer.render.presets import fitting

    for output in outputs:
        check_output(output, videos, fitting("own", output.suffix))
