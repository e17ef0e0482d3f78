"""The command line: every command with its flags, and how one is run."""

import argparse
import sys
from collections.abc import Callable

from dancetransfer import __version__
from dancetransfer.cli import commands, console, edits, farm, files, live, loops, music, options, portable
from dancetransfer.cli.choice import add_choice
from dancetransfer.cli.console import Context, Usage
from dancetransfer.cli.gentle import Gentle, lower_priority
from dancetransfer.cli.options import Parser, add_options
from dancetransfer.cli.streams import Streams
from dancetransfer.events import Events, Failed
from dancetransfer.settings import (
    ExportSettings,
    LoopSettings,
    PoseSettings,
    RenderSettings,
    RetargetSettings,
    TrainSettings,
    declared,
)

Command = Callable[[argparse.Namespace, Context], Events]


def parser() -> Parser:
    """All commands with their flags."""
    top = Parser(prog="dancetransfer", description="Makes anyone dance: two videos in, one finished clip out.")
    top.add_argument("--version", action="version", version=f"DanceTransfer {__version__}")
    group = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(name: str, run: Command, help: str) -> argparse.ArgumentParser:
        one = group.add_parser(name, help=help, description=run.__doc__)
        one.add_argument("--json", action="store_true", help="Events as JSON lines on standard output.")
        one.add_argument("--gentle", action="store_true", help="Run at low priority, out of your way.")
        one.set_defaults(run=run)
        return one

    one = command("transfer", commands.transfer, "two videos in, one finished clip out")
    one.add_argument("dance", metavar="DANCE", help="The video (or BVH file, or pose track) whose motion is wanted.")
    words = "Video(s) of the person who shall dance, or a portable dancer, NAME.dancer."
    one.add_argument("person", metavar="PERSON", nargs="+", help=words)
    _output(one, "CLIP.mp4")
    one.add_argument("--project", metavar="X.dance", help="The project folder (default: beside the clip).")
    _consent(one)
    add_choice(one, "the dance")
    for settings in (PoseSettings, TrainSettings, RetargetSettings, ExportSettings):
        add_options(one, settings)
    _silence(one)

    one = command("demo", commands.demo, "the whole job on the built-in dancers")
    one.epilog = "Trains for three minutes where no other --budget is given."
    one.add_argument("-o", dest="output", metavar="DIR", default="demo", help="Folder for what is made.")
    add_options(one, TrainSettings)

    one = command("add-dance", commands.add_dance, "another dance for a project's person")
    _project(one)
    one.add_argument("dance", metavar="DANCE")
    add_choice(one)
    add_options(one, PoseSettings)
    add_options(one, RetargetSettings)

    one = command("add-person", commands.add_person, "more footage of a project's person")
    _project(one)
    one.add_argument("clip", metavar="CLIP")
    add_choice(one)
    add_options(one, PoseSettings)

    one = command("train", commands.train, "learn the person, or go on learning")
    _project(one)
    one.add_argument("--new", action="store_true", help="Begin a new training; the old ones are kept.")
    one.epilog = (
        "On several graphics cards or machines the same command goes behind torchrun: torchrun --nproc-per-node 2 -m "
        "dancetransfer train X.dance. A Ctrl-C keeps what is learned there, too; but torchrun has an exit code of its "
        "own, 1 for every end but a good one, and many lines of its own, above which ours stand."
    )
    add_options(one, PoseSettings)
    add_options(one, TrainSettings)

    one = command("render", commands.render, "render a dance or a stretch of it")
    _project(one)
    add_options(one, TrainSettings, tuple(name for name in declared(TrainSettings) if name != "engine"))
    add_options(one, PoseSettings)
    add_options(one, RenderSettings)
    add_options(one, RetargetSettings)

    one = command("export", commands.export, "write a rendered dance as a clip")
    _project(one)
    _output(one, "CLIP.mp4")
    _consent(one)
    one.add_argument("--estimate", action="store_true", help="Write nothing, tell how large the clip will be.")
    one.add_argument("--render", action="store_true", help="Render first what of it is not rendered yet.")
    words = "By the defaults and the options given alone: the project's export settings are neither used nor changed."
    one.add_argument("--preview", action="store_true", help=f"{words} A file beside the clip says what part it shows.")
    add_options(one, RenderSettings)
    add_options(one, ExportSettings)
    _silence(one)

    one = command("loop", loops.loop, "the part of a clip or a rendered dance that goes round unseen")
    one.add_argument("source", metavar="CLIP or X.dance", help="A video, or a project whose rendered dance is taken.")
    _output(one, "LOOP.mp4")
    one.add_argument("--gif", action="store_true", help="Write a GIF of that name too; or name one: -o loop.gif.")
    add_options(one, LoopSettings)
    add_options(one, RenderSettings)
    add_options(one, ExportSettings, tuple(name for name in declared(ExportSettings) if name != "label"))
    _silence(one)

    one = command("export-dancer", portable.export_dancer, "a learned person as one file that dances elsewhere")
    _project(one)
    _output(one, "NAME.dancer")
    _consent(one)
    one.add_argument("--license", metavar="WORDS", help="The terms on which others may use the dancer.")

    one = command("edit", edits.edit, "touch a dance's poses up by hand")
    _project(one)
    edits.add_flags(one)

    one = command("forget", commands.forget, "delete everything learned of the person")
    _project(one)
    one.add_argument("--yes", action="store_true", help="Don't ask.")

    one = command("poses", files.poses, "the pose track of a video or BVH file, or who is in a video")
    one.add_argument("video", metavar="VIDEO")
    words = "What is written; with --list the folder for the pictures."
    one.add_argument("-o", dest="output", metavar="poses.npz", help=words)
    one.add_argument("--list", action="store_true", help="Number the people in it, with a picture of each; no poses.")
    add_choice(one)
    add_options(one, PoseSettings)
    one.add_argument("--raw", action="store_true", help="As the estimator gives them, without cleaning.")

    one = command("retarget", files.retarget, "fit one pose track to another body and camera")
    one.add_argument("--source", metavar="A.npz", required=True, help="The dance's poses.")
    one.add_argument("--target", metavar="B.npz", required=True, help="The person's poses.")
    _output(one, "C.npz")
    add_options(one, RetargetSettings)

    one = command("fit", music.fit, "cut a dance to a piece of music")
    music.add_flags(one)

    one = command("batch", farm.batch, "many dances by many dancers")
    farm.add_flags(one)

    one = command("live", live.live, "a dancer that does at once what a webcam or a video shows")
    live.add_flags(one)

    one = command("score", files.score, "how near a clip comes to a truth clip")
    one.add_argument("clip", metavar="CLIP")
    one.add_argument("truth", metavar="TRUTH")

    one = command("info", files.info, "the facts of a video, or what a project holds and lacks")
    one.add_argument("video", metavar="VIDEO or X.dance")
    one.add_argument("--look", action="store_true", help="Look at some frames of the video too: whether it will do.")

    one = command("doctor", files.doctor, "what works on this machine and how long a dance takes")
    one.add_argument("--quick", action="store_true", help="Look only, measure nothing.")
    add_options(one, PoseSettings)
    add_options(one, TrainSettings)

    one = command("weights", files.weights, "optional weights: stronger estimators, the published method")
    one.add_argument("name", metavar="NAME", nargs="?")
    one.add_argument("--file", metavar="FILE", help="Install from a file that is here already.")
    one.add_argument("--yes", action="store_true", help="Don't ask.")
    return top


def _project(one: argparse.ArgumentParser) -> None:
    one.add_argument("project", metavar="X.dance", help="The project folder.")


def _output(one: argparse.ArgumentParser, name: str) -> None:
    one.add_argument("-o", dest="output", metavar=name, required=True, help="What is written.")


def _silence(one: argparse.ArgumentParser) -> None:
    one.add_argument(
        "--no-sound", dest="ExportSettings.sound", action="store_const", const="off", help="The same as --sound off."
    )


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
    stop = console.Stop()
    context = Context(wants_json, ours, lambda: stop.wanted)
    gentle = Gentle() if arguments.gentle else None
    if gentle:
        lower_priority()
    if wants_json and streams is not None:
        stop.listen(0, gentle.hear if gentle else lambda word: None)
    with stop.on_signals():
        return console.run(arguments.run(arguments, context), sink, stop, context, gentle)
