"""The commands: what each takes, and which stages it runs."""

import argparse
import shlex
import sys
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TypeVar

from dancetransfer import __version__
from dancetransfer.cli import console, options
from dancetransfer.cli.console import Context, Usage
from dancetransfer.cli.options import Parser, add_options, given, read, read_kept
from dancetransfer.cli.streams import Streams
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Failed, Notice
from dancetransfer.project import Project
from dancetransfer.settings import ExportSettings, RenderSettings, RetargetSettings, TrainSettings

# Stages are imported inside the commands: `--help` and the window's first look need none of them.

Command = Callable[[argparse.Namespace, "Context"], Events]
Result = TypeVar("Result")


def transfer(arguments: argparse.Namespace, context: Context) -> Events:
    """The whole job."""
    from dancetransfer import transfer as chain

    output = Path(arguments.output).resolve()
    dance, clips = Path(arguments.dance), [Path(path) for path in arguments.person]
    chain.check_output(output, (dance, *clips))
    chain.look_at([dance, *clips])  # before anything is made
    where = Path(arguments.project) if arguments.project else output.with_suffix(".dance")
    project = Project.open_or_create(where)
    with _working(project, context):
        yield from _notes(project)
        yield from chain.add_media(project, [dance], clips)
        if arguments.consent:
            project.consent = arguments.consent
        training = read_kept(arguments, TrainSettings, project)
        fitting = read_kept(arguments, RetargetSettings, project)
        exporting = read_kept(arguments, ExportSettings, project)
        project.save()
        rendering = RenderSettings(dance=project.dances[-1].name)
        yield from chain.transfer(project, output, training, fitting, rendering, exporting)
        yield chain.done(f"{_finished(project, exporting, output)}\n{chain.quality(project)}".strip(), [output])


def demo(arguments: argparse.Namespace, context: Context) -> Events:
    """The whole job on the built-in dancers, with the truth beside it."""
    from dancetransfer.demo import BUDGET
    from dancetransfer.demo import demo as run

    training = replace(TrainSettings(budget=BUDGET), **given(arguments, TrainSettings))
    yield from run(Path(arguments.output).resolve(), training)


def add_dance(arguments: argparse.Namespace, context: Context) -> Events:
    """Another dance for the person of a project."""
    from dancetransfer import transfer as chain

    chain.look_at([Path(arguments.dance)])
    project = Project.open(arguments.project)
    with _working(project, context):
        yield from _notes(project)
        yield from chain.add_media(project, [Path(arguments.dance)], [])
        name = project.dances[-1].name
        fitting = read_kept(arguments, RetargetSettings, project)
        project.save()
        yield from chain.chain([*chain.pose_tasks(project, name), *chain.fit_tasks(project, fitting, name)])
        yield chain.done(f"The dance '{name}' is in the project.", [])


def add_person(arguments: argparse.Namespace, context: Context) -> Events:
    """More footage of the person of a project."""
    from dancetransfer import transfer as chain

    chain.look_at([Path(arguments.clip)])
    project = Project.open_or_create(arguments.project)
    with _working(project, context):
        yield from _notes(project)
        yield from chain.add_media(project, [], [Path(arguments.clip)])
        yield from chain.chain(chain.clip_tasks(project))
        yield chain.done(
            f"The footage is in the project. Go on with: dancetransfer train {shlex.quote(arguments.project)}", []
        )


def train(arguments: argparse.Namespace, context: Context) -> Events:
    """Learn the person, or go on learning."""
    from dancetransfer import transfer as chain

    project = Project.open(arguments.project)
    with _working(project, context):
        yield from _notes(project)
        if not project.clips:
            raise UserError("The project has no person yet.", "Add one: dancetransfer add-person X.dance CLIP")
        training = read_kept(arguments, TrainSettings, project)
        project.save()
        if arguments.new:
            from dancetransfer.learn import runs

            runs.begin_anew(project)
        tasks = [
            *chain.clip_tasks(project),
            *chain.train_tasks(project, training),
            *chain.score_tasks(project, training),
        ]
        yield from chain.chain(tasks)
        yield chain.done(f"The person is learned.\n{chain.quality(project)}".strip(), [])


def render(arguments: argparse.Namespace, context: Context) -> Events:
    """Render a dance or a stretch of it."""
    from dancetransfer import transfer as chain

    project = Project.open(arguments.project)
    with _working(project, context):
        yield from _notes(project)
        chosen = read(arguments, RenderSettings)
        training = project.settings(TrainSettings)
        fitting = read_kept(arguments, RetargetSettings, project)
        project.save()
        name = project.dance(chosen.dance).name
        tasks = [
            *chain.pose_tasks(project, name),
            *chain.fit_tasks(project, fitting, name),
            *chain.render_tasks(project, training, chosen),
        ]
        yield from chain.chain(tasks)
        words = f"dancetransfer export {shlex.quote(arguments.project)} --dance {name} -o CLIP.mp4"
        yield chain.done(f"'{name}' is rendered. Write the clip with: {words}", [])


def export(arguments: argparse.Namespace, context: Context) -> Events:
    """Write a rendered dance as a clip."""
    from dancetransfer import transfer as chain

    output = Path(arguments.output).resolve()
    project = Project.open(arguments.project)
    chain.check_output(output, [Path(media.file) for media in (*project.clips, *project.dances)])
    with _working(project, context):
        yield from _notes(project)
        if arguments.consent:
            project.consent = arguments.consent
        exporting = read_kept(arguments, ExportSettings, project)
        project.save()
        yield from chain.chain(chain.export_tasks(project, read(arguments, RenderSettings), exporting, output))
        yield chain.done(_finished(project, exporting, output), [output])


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


def poses(arguments: argparse.Namespace, context: Context) -> Events:
    """The pose track of a video."""
    from dancetransfer.extract.extract import extract
    from dancetransfer.pose.poses import Poses
    from dancetransfer.pose.smooth import smooth
    from dancetransfer.transfer import check_folder

    video, output = Path(arguments.video), Path(arguments.output)
    check_folder(output)
    with tempfile.TemporaryDirectory() as folder:
        yield from extract(video, Path(folder), masks=False, proxy=False)
        track = Poses.load(Path(folder) / "poses.npz")
    track = track if arguments.raw else smooth(track)
    track.save(output)
    share = 100 * track.present.mean()
    yield Done("", f"{len(track)} frames, somebody in {share:.0f} % of them: {output}", [str(output)])


def retarget(arguments: argparse.Namespace, context: Context) -> Events:
    """Fit one pose track to the body and camera of another."""
    from dancetransfer.pose.poses import Poses
    from dancetransfer.pose.retarget import retarget as fit

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
    """The facts of a video."""
    from dancetransfer.video.read import probe

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
    yield Done("", "\n".join(lines), result={**asdict(facts), "path": str(facts.path)})


def doctor(arguments: argparse.Namespace, context: Context) -> Events:
    """What works on this machine and how long a dance will take."""
    from dancetransfer.doctor import examine

    report = yield from examine(read(arguments, TrainSettings), 0 if arguments.quick else 4)
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
        if not arguments.yes and not context.ask(f"{shelf.describe(arguments.name)}\nDownload it?"):
            yield Done("", "Nothing was downloaded.")
            return
        yield from shelf.download(arguments.name)
    yield Done("", f"{arguments.name} is installed: {shelf.place(arguments.name)}")


# --- shared --------------------------------------------------------------------------------------


@contextmanager
def _working(project: Project, context: Context) -> Iterator[None]:
    """The project's lock, and its log for bugs."""
    with project.lock():
        context.folder = project.folder
        yield


def _wordless(stage: Generator[Event, None, Result]) -> Generator[Event, None, Result]:
    """A stage whose result is told by the command's own last word."""
    with closing(stage):
        while True:
            try:
                event = next(stage)
            except StopIteration as end:
                return end.value
            yield replace(event, message="") if isinstance(event, Done) else event


def _notes(project: Project) -> Iterator[Event]:
    for note in project.notes:
        yield Notice(note)


def _finished(project: Project, exporting: ExportSettings, output: Path) -> str:
    """What was made."""
    from dancetransfer.render.export import label_wanted

    labeled = " and the visible label" if label_wanted(project, exporting) else ""
    if not (project.consent or project.built_in):
        labeled = " and, as no consent is recorded, the visible label"
    return f"The clip is ready: {output}\nIt carries the machine-readable AI mark{labeled}."


# --- the parser ----------------------------------------------------------------------------------


def parser() -> Parser:
    """All commands with their flags."""
    top = Parser(prog="dancetransfer", description="Makes anyone dance: two videos in, one finished clip out.")
    top.add_argument("--version", action="version", version=f"DanceTransfer {__version__}")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: Command, help: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=help, description=run.__doc__)
        one.add_argument("--json", action="store_true", help="Events as JSON lines on standard output.")
        one.set_defaults(run=run)
        return one

    one = command("transfer", transfer, "two videos in, one finished clip out")
    one.add_argument("dance", metavar="DANCE", help="The video whose motion is wanted.")
    one.add_argument("person", metavar="PERSON", nargs="+", help="Video(s) of the person who shall dance.")
    _output(one, "CLIP.mp4")
    one.add_argument("--project", metavar="X.dance", help="The project folder (default: beside the clip).")
    _consent(one)
    for group in (TrainSettings, RetargetSettings, ExportSettings):
        add_options(one, group)

    one = command("demo", demo, "the whole job on the built-in dancers")
    one.epilog = "Trains for three minutes where no other --budget is given."
    one.add_argument("-o", dest="output", metavar="DIR", default="demo", help="Folder for what is made.")
    add_options(one, TrainSettings)

    one = command("add-dance", add_dance, "another dance for a project's person")
    _project(one)
    one.add_argument("dance", metavar="DANCE")
    add_options(one, RetargetSettings)

    one = command("add-person", add_person, "more footage of a project's person")
    _project(one)
    one.add_argument("clip", metavar="CLIP")

    one = command("train", train, "learn the person, or go on learning")
    _project(one)
    one.add_argument("--new", action="store_true", help="Begin a new training; the old ones are kept.")
    add_options(one, TrainSettings)

    one = command("render", render, "render a dance or a stretch of it")
    _project(one)
    add_options(one, RenderSettings)
    add_options(one, RetargetSettings)

    one = command("export", export, "write a rendered dance as a clip")
    _project(one)
    _output(one, "CLIP.mp4")
    _consent(one)
    add_options(one, RenderSettings)
    add_options(one, ExportSettings)

    one = command("forget", forget, "delete everything learned of the person")
    _project(one)
    one.add_argument("--yes", action="store_true", help="Don't ask.")

    one = command("poses", poses, "the pose track of a video")
    one.add_argument("video", metavar="VIDEO")
    _output(one, "poses.npz")
    one.add_argument("--raw", action="store_true", help="As the estimator gives them, without cleaning.")

    one = command("retarget", retarget, "fit one pose track to another body and camera")
    one.add_argument("--source", metavar="A.npz", required=True, help="The dance's poses.")
    one.add_argument("--target", metavar="B.npz", required=True, help="The person's poses.")
    _output(one, "C.npz")
    add_options(one, RetargetSettings)

    one = command("score", score, "how near a clip comes to a truth clip")
    one.add_argument("clip", metavar="CLIP")
    one.add_argument("truth", metavar="TRUTH")

    one = command("info", info, "the facts of a video")
    one.add_argument("video", metavar="VIDEO")

    one = command("doctor", doctor, "what works on this machine and how long a dance takes")
    one.add_argument("--quick", action="store_true", help="Look only, measure nothing.")
    add_options(one, TrainSettings)

    one = command("weights", weights, "optional weights for the published method")
    one.add_argument("name", metavar="NAME", nargs="?")
    one.add_argument("--file", metavar="FILE", help="Install from a file that is here already.")
    one.add_argument("--yes", action="store_true", help="Don't ask.")
    return top


def _project(one: argparse.ArgumentParser) -> None:
    one.add_argument("project", metavar="X.dance", help="The project folder.")


def _output(one: argparse.ArgumentParser, name: str) -> None:
    one.add_argument("-o", dest="output", metavar=name, required=True, help="What is written.")


def _consent(one: argparse.ArgumentParser) -> None:
    one.add_argument("--consent", metavar="WORDS", help="Who of the people shown agreed, and when.")


def main(words: list[str], streams: Streams | None = None) -> int:
    """Run a command line; returns the exit code: 0 done, 1 failed, 2 usage, 3 stopped and resumable.

    `streams`: where its words go; standard output and error where not given, and then standard
    input is left alone.
    """
    wants_json = "--json" in words
    ours = streams or Streams(sys.stdout, sys.stderr)
    sink: console.Sink = console.JsonSink(ours.out) if wants_json else console.TerminalSink(ours.out, ours.err)
    try:
        arguments = parser().parse_args(words)
        options.check(arguments)
    except Usage as error:
        sink(Failed(*str(error).split("\n", 1)))
        return console.USAGE
    if arguments.command is None:
        parser().print_help()
        return console.USAGE
    stop, context = console.Stop(), Context(wants_json, ours)
    if wants_json and streams is not None:
        stop.listen(0)
    with stop.on_signals():
        return console.run(arguments.run(arguments, context), sink, stop, context)
