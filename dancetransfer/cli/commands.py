"""The commands on a project: what each takes, and which stages it runs."""

import argparse
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dancetransfer.cli import portable
from dancetransfer.cli.choice import chosen
from dancetransfer.cli.console import Context
from dancetransfer.cli.options import given, read, read_kept
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Notice
from dancetransfer.media import is_dancer
from dancetransfer.project import Project
from dancetransfer.settings import (
    ExportSettings,
    PoseSettings,
    RenderSettings,
    RetargetSettings,
    TrainSettings,
    choose,
)

# Stages are imported inside the commands: `--help` and the window's first look need none of them.


def transfer(arguments: argparse.Namespace, context: Context) -> Events:
    """The whole job."""
    from dancetransfer import transfer as chain
    from dancetransfer.adding import add_media, look_at
    from dancetransfer.outputs import check_output
    from dancetransfer.render.backdrop import check_recipe
    from dancetransfer.score.person import quality

    if any(is_dancer(Path(path)) for path in arguments.person):
        yield from portable.transfer(arguments, context)
        return
    output = Path(arguments.output).resolve()
    dance, clips = Path(arguments.dance), [Path(path) for path in arguments.person]
    where = Path(arguments.project) if arguments.project else output.with_suffix(".dance")
    check_output(output, (dance, *clips), exporting_of(arguments, ExportSettings(), output).preset)
    look_at(clips, [dance])  # before anything is made
    follow = chosen(arguments)
    project = Project.open_or_create(where)
    with _working(project, context):
        yield from _notes(project)
        yield from add_media(project, [dance], clips, follow)
        if arguments.consent:
            project.consent = arguments.consent
        read_kept(arguments, PoseSettings, project)
        training = read_kept(arguments, TrainSettings, project)
        fitting = read_kept(arguments, RetargetSettings, project)
        exporting = exporting_of(arguments, project.settings(ExportSettings), output)
        check_recipe(exporting, training.recipe)
        project.set_settings(exporting)
        project.save()
        rendering = RenderSettings(dance=project.dances[-1].name)
        yield from chain.transfer(project, output, training, fitting, rendering, exporting)
        yield chain.done(f"{finished(project, exporting, output)}\n{quality(project)}".strip(), [output])


def demo(arguments: argparse.Namespace, context: Context) -> Events:
    """The whole job on the built-in dancers, with the truth beside it."""
    from dancetransfer.demo import BUDGET
    from dancetransfer.demo import demo as run

    training = choose(TrainSettings(budget=BUDGET), **given(arguments, TrainSettings))
    yield from run(Path(arguments.output).resolve(), training)


def add_dance(arguments: argparse.Namespace, context: Context) -> Events:
    """Another dance for the person of a project."""
    from dancetransfer import transfer as chain
    from dancetransfer.adding import add_media, look_at

    look_at([], [Path(arguments.dance)])
    follow = chosen(arguments)
    project = Project.open(arguments.project)
    with _working(project, context):
        yield from _notes(project)
        yield from add_media(project, [Path(arguments.dance)], [], follow)
        name = project.dances[-1].name
        read_kept(arguments, PoseSettings, project)
        fitting = read_kept(arguments, RetargetSettings, project)
        project.save()
        yield from chain.chain([*chain.pose_tasks(project, name), *chain.fit_tasks(project, fitting, name)])
        yield chain.done(f"The dance '{name}' is in the project.", [])


def add_person(arguments: argparse.Namespace, context: Context) -> Events:
    """More footage of the person of a project."""
    from dancetransfer import transfer as chain
    from dancetransfer.adding import add_media, look_at

    look_at([Path(arguments.clip)])
    follow = chosen(arguments)
    project = Project.open_or_create(arguments.project)
    with _working(project, context):
        yield from _notes(project)
        yield from add_media(project, [], [Path(arguments.clip)], follow)
        read_kept(arguments, PoseSettings, project)
        project.save()
        yield from chain.chain([*chain.clip_tasks(project), *chain.cover_tasks(project)])
        yield chain.done(
            f"The footage is in the project. Go on with: dancetransfer train {shlex.quote(arguments.project)}", []
        )


def train(arguments: argparse.Namespace, context: Context) -> Events:
    """Learn the person, or go on learning."""
    from dancetransfer import transfer as chain
    from dancetransfer.recipes import RECIPES
    from dancetransfer.score.person import quality

    project = Project.open(arguments.project)
    with _working(project, context):
        yield from _notes(project)
        if not project.clips:
            raise UserError("The project has no person yet.", "Add one: dancetransfer add-person X.dance CLIP")
        read_kept(arguments, PoseSettings, project)
        training = read_kept(arguments, TrainSettings, project)
        project.save()
        learned = RECIPES[training.recipe].learned
        if arguments.new and learned:
            from dancetransfer.learn import runs

            runs.begin_anew(project)
        shown = project.current_dance
        tasks = [
            *chain.clip_tasks(project),
            *chain.train_tasks(project, training, shown.name if shown else None),
            *chain.score_tasks(project, training),
        ]
        yield from chain.chain(tasks)
        if not learned:
            words = f"dancetransfer render {shlex.quote(arguments.project)}"
            yield Notice(f"The recipe '{training.recipe}' has nothing to learn.", f"Go on with: {words}")
        words = "The person is learned." if learned else "The person's frames are ready."
        yield chain.done(f"{words}\n{quality(project)}".strip(), [])


def render(arguments: argparse.Namespace, context: Context) -> Events:
    """Render a dance or a stretch of it."""
    from dancetransfer import transfer as chain

    project = Project.open(arguments.project)
    with _working(project, context):
        yield from _notes(project)
        chosen = read(arguments, RenderSettings)
        for group in (PoseSettings, TrainSettings, RetargetSettings):
            read_kept(arguments, group, project)
        project.save()
        name = project.dance(chosen.dance).name
        yield from chain.chain(chain.picture_tasks(project, chosen))
        words = f"dancetransfer export {shlex.quote(arguments.project)} --dance {name} -o CLIP.mp4"
        yield chain.done(f"'{name}' is rendered. Write the clip with: {words}", [])


def export(arguments: argparse.Namespace, context: Context) -> Events:
    """Write a rendered dance as a clip, or tell how large it will be."""
    from dancetransfer import transfer as chain
    from dancetransfer.outputs import check_output
    from dancetransfer.render.part import note_part
    from dancetransfer.render.ready import lacking

    output = Path(arguments.output).resolve()
    project = Project.open(arguments.project)
    kept = ExportSettings() if arguments.preview else project.settings(ExportSettings)
    exporting = exporting_of(arguments, kept, output)
    rendering = read(arguments, RenderSettings)
    if arguments.estimate:
        with _working(project, context):
            missing = lacking(project, rendering) if arguments.render else None
            if missing is not None:
                yield Done("", missing.message, [], {"missing": [missing.start, missing.stop]})
                return
            for event in chain.chain(chain.estimate_tasks(project, rendering, exporting)):
                yield replace(event, stage="") if isinstance(event, Done) else event  # the command's last word
        return
    media = [Path(one.file) for one in (*project.clips, *project.dances)]
    others = [Path(one) for one in (exporting.music, exporting.plate) if one]
    check_output(output, [*media, *others], exporting.preset)
    with _working(project, context):
        yield from _notes(project)
        if arguments.consent:
            project.consent = arguments.consent
        if not arguments.preview:
            project.set_settings(exporting)
        project.save()
        tasks = chain.export_tasks(project, rendering, exporting, output)
        if arguments.render and lacking(project, rendering) is not None:
            tasks = [*chain.picture_tasks(project, rendering), *tasks]
        for event in chain.chain(tasks):
            if arguments.preview and isinstance(event, Done) and event.stage == "export":
                note_part(output, event.result["from"], event.result["to"])
            yield event
        yield chain.done(finished(project, exporting, output), [output])


def forget(arguments: argparse.Namespace, context: Context) -> Events:
    """Delete everything learned of the person."""
    project = Project.open(arguments.project)
    with _working(project, context):
        question = f"Delete everything learned of the person in {project.folder.name}? This can't be undone."
        if not arguments.yes and not context.ask(question):
            yield Done("", "Nothing was deleted.")
            return
        project.forget_person()
        yield Done("", "Everything learned of the person is deleted. The dances are still there.")


def exporting_of(arguments: argparse.Namespace, kept: ExportSettings, output: Path) -> ExportSettings:
    """What was typed, else what the project keeps; where no preset is typed, it has to go with the file's name."""
    from dancetransfer.render.backdrop import NOTHING, OWN, check_backdrop
    from dancetransfer.render.presets import fitting

    typed = given(arguments, ExportSettings)
    if typed.get("music"):
        typed["music"] = str(Path(typed["music"]).resolve())
    if typed.get("plate", OWN) not in (OWN, NOTHING):
        typed["plate"] = str(Path(typed["plate"]).resolve())
    if "preset" not in typed:
        typed["preset"] = fitting(kept.preset, output.suffix)
    exporting = replace(kept, **typed)
    check_backdrop(exporting)
    return exporting


# --- shared --------------------------------------------------------------------------------------


@contextmanager
def _working(project: Project, context: Context) -> Iterator[None]:
    """The project's lock, and its log for bugs."""
    with project.lock():
        context.folder = project.folder
        yield


def _notes(project: Project) -> Iterator[Event]:
    for note in project.notes:
        yield Notice(note)


def finished(project: Project, exporting: ExportSettings, output: Path) -> str:
    """What was made."""
    from dancetransfer.render.plan import label_wanted

    labeled = " and the visible label" if label_wanted(project, exporting) else ""
    if not (project.consent or project.built_in):
        labeled = " and, as no consent is recorded, the visible label"
    return f"The clip is ready: {output}\nIt carries the machine-readable AI mark{labeled}."
