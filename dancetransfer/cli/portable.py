"""The commands on portable dancers: a learned person packed into one file, and that file set to dance."""

import argparse
from dataclasses import asdict, replace
from pathlib import Path

from dancetransfer.cli.choice import chosen
from dancetransfer.cli.console import Context, Usage
from dancetransfer.cli.options import given, read_kept
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice
from dancetransfer.media import DANCER, is_dancer
from dancetransfer.project import Project
from dancetransfer.settings import ExportSettings, PoseSettings, RenderSettings, RetargetSettings, TrainSettings

# Stages are imported inside the commands: `--help` and the window's first look need none of them.

DRAWING = {"engine", "device"}
"""Options of learning that also say how a dancer is drawn who has been learned."""


def export_dancer(arguments: argparse.Namespace, context: Context) -> Events:
    """Pack the learned person of a project into one file, with which others need neither video nor training."""
    from dancetransfer import transfer as chain
    from dancetransfer.outputs import check_folder
    from dancetransfer.portable.pack import check_exportable

    output = Path(arguments.output).resolve()
    if not is_dancer(output):
        raise Usage(f"A portable dancer can't be written as '{output.suffix}'.\nName it like this: -o name{DANCER}")
    check_folder(output)
    project = Project.open(arguments.project)
    with project.lock():
        context.folder = project.folder
        for note in project.notes:
            yield Notice(note)
        if arguments.consent:
            project.consent = arguments.consent
            project.save()
        check_exportable(project)
        last = None
        for event in chain.chain(chain.pack_tasks(project, output, arguments.license or "")):
            if isinstance(event, Done) and event.stage == "pack":
                last = event
                continue
            yield event
        if last is not None:
            yield chain.done(last.message, [output])


def transfer(arguments: argparse.Namespace, context: Context) -> Events:
    """Let a portable dancer dance: `commands.transfer` where the person is one."""
    from dancetransfer import transfer as chain
    from dancetransfer.adding import add_media, look_at
    from dancetransfer.cli.commands import exporting_of, finished
    from dancetransfer.outputs import check_output
    from dancetransfer.portable.arrive import take_in
    from dancetransfer.portable.file import read_record
    from dancetransfer.render.backdrop import check_recipe

    output, dance = Path(arguments.output).resolve(), Path(arguments.dance)
    if len(arguments.person) > 1:
        raise UserError("A portable dancer dances alone, and nothing is learned of other videos.", "Name it only.")
    dancer = Path(arguments.person[0])
    learning = given(arguments, TrainSettings)
    if set(learning) - DRAWING:
        flags = ", ".join(f"--{name}" for name in learning if name not in DRAWING)
        raise UserError(f"{dancer.name} is learned already, so {flags} can't be chosen.", "Leave it away.")
    where = Path(arguments.project) if arguments.project else output.with_suffix(".dance")
    exporting = exporting_of(arguments, ExportSettings(), output)
    check_output(output, (dance, dancer), exporting.preset)
    look_at([], [dance])
    follow = chosen(arguments)
    read_record(dancer)  # before anything is made
    project = Project.open_or_create(where)
    with project.lock():
        context.folder = project.folder
        for note in project.notes:
            yield Notice(note)
        record = take_in(project, dancer)
        yield from add_media(project, [dance], [], follow)
        if arguments.consent:  # of whoever is seen in the dance; the dancer's own stays
            project.consent = " ".join(filter(None, [record.consent, arguments.consent]))
        read_kept(arguments, PoseSettings, project)
        training = replace(project.settings(TrainSettings), **learning)
        fitting = read_kept(arguments, RetargetSettings, project)
        exporting = exporting_of(arguments, project.settings(ExportSettings), output)
        check_recipe(exporting, training.recipe)
        project.set_settings(training)
        project.set_settings(exporting)
        project.save()
        rendering = RenderSettings(dance=project.dances[-1].name)
        yield from chain.transfer(project, output, training, fitting, rendering, exporting)
        yield chain.done(finished(project, exporting, output), [output])


def info(path: Path) -> Done:
    """What a portable dancer says about itself."""
    from dancetransfer.portable.file import read_record

    record = read_record(path)
    width, height = record.size
    lines = (
        f"{path}",
        f"dancer   {record.name}, learned by the recipe '{record.recipe}', drawn at {width}x{height}",
        f"filmed   {record.clips} clip{'s' * (record.clips > 1)}, {record.seconds:.1f} s",
        f"size     {path.stat().st_size / 2**20:.1f} MB, by DanceTransfer {record.program}",
        f"consent  {'a built-in dancer' if record.built_in else record.consent}",
        f"license  {record.license}",
    )
    return Done("", "\n".join(lines), result=asdict(record))
