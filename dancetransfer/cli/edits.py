"""The command that touches a track up by hand: makes, lists and takes back its edits."""

import argparse
import math
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dancetransfer.cli.console import Context, Usage
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice
from dancetransfer.project import Project
from dancetransfer.settings import seconds_of

if TYPE_CHECKING:
    from dancetransfer.pose.edits import Edit
    from dancetransfer.pose.poses import Poses

# NumPy and the stages are imported inside: `--help` needs none of them.

MAKES, AT = ("by", "to", "hide", "swap"), ("joint", "time", "span", "before", "after")


def add_flags(one: argparse.ArgumentParser) -> None:
    """The flags of `edit`."""
    which = one.add_mutually_exclusive_group()
    which.add_argument("--dance", metavar="NAME", help="The dance (default: the newest).")
    which.add_argument("--clip", metavar="001", help="A clip of the person instead.")
    what = one.add_mutually_exclusive_group(required=True)
    what.add_argument("--by", metavar="X,Y", type=_pair, help="Move a joint by so many pixels, right and down.")
    what.add_argument("--to", metavar="X,Y", type=_pair, help="Put a joint there, also one that was not found.")
    what.add_argument("--hide", action="store_true", help="A joint is not to be seen.")
    what.add_argument(
        "--swap", metavar="all|arms|legs", nargs="?", const="all", help="Left and right were mistaken for each other."
    )
    what.add_argument("--list", action="store_true", help="Show the edits.")
    what.add_argument("--remove", metavar="ID", type=int, help="Take one edit out.")
    what.add_argument("--undo", action="store_true", help="Take the last change of the edits back.")
    what.add_argument("--clear", action="store_true", help="Take all edits out; --undo brings them back.")
    one.add_argument("--joint", metavar="NAME", help="Like left_wrist or nose, or a group: left_arm, face, body.")
    one.add_argument("--time", metavar="TIME", type=_seconds, help="When: the frame nearest to it is the key.")
    one.add_argument(
        "--span", metavar="TIME", type=_seconds, help="How long before and after it the edit reaches (default 0.2)."
    )
    one.add_argument("--before", metavar="TIME", type=_seconds, help="The same for before alone.")
    one.add_argument("--after", metavar="TIME", type=_seconds, help="The same for after alone.")
    one._negative_number_matcher = re.compile(r"^-[\d.]")  # to argparse, which asks this, "-5,3" is a value too


def _pair(text: str) -> tuple[float, float]:
    x, y = (float(part) for part in text.split(","))
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError
    return x, y


_pair.__name__ = "pair of pixels"  # what argparse calls it where the text is none


def _seconds(text: str) -> float:
    try:
        return seconds_of(text)
    except UserError as error:
        raise argparse.ArgumentTypeError(f"{error.message} {error.hint}") from error


def edit(arguments: argparse.Namespace, context: Context) -> Events:
    """Touch the track of a dance, or of a clip of the person, up by hand; `render` redoes what that reaches."""
    from dancetransfer.pose import edits

    _check_words(arguments)
    project = Project.open(arguments.project)
    with project.lock():
        context.folder = project.folder
        for note in project.notes:
            yield Notice(note)
        folder = _folder(project, arguments)
        if arguments.list:
            yield _listed(project, folder)
            return
        before = _track(folder)
        said = _change(project, folder, arguments)
        project.save()
        yield from _cleaned_again(project, folder)
        after = _track(folder)
        reached = None
        if before is not None and after is not None and len(before) == len(after):
            reached = edits.changed(before, after)
        result = {"edits": project.edits(folder), "changed": reached}
        yield Done("", f"{said}\n{_what_next(arguments, folder, reached)}", result=result)


def _check_words(arguments: argparse.Namespace) -> None:
    """Usage where flags don't go together, or one is missing."""
    given = {name for name in AT if getattr(arguments, name) is not None}
    made = next((name for name in MAKES if getattr(arguments, name)), None)
    if made is None and given:
        raise Usage(f"--{sorted(given)[0]} says how an edit is made.\nGive it with --by, --to, --hide or --swap.")
    if made is not None and "time" not in given:
        raise Usage(f"--{made} needs --time.\nLike this: --time 3.2")
    if made == "swap" and "joint" in given:
        raise Usage("--swap takes no --joint.\nSay what to exchange: --swap all, --swap arms or --swap legs.")
    if made not in (None, "swap") and "joint" not in given:
        raise Usage(f"--{made} needs --joint.\nLike this: --joint left_wrist")
    if "span" in given and given & {"before", "after"}:
        raise Usage("--span excludes --before and --after.\n--span is both at once.")


def _folder(project: Project, arguments: argparse.Namespace) -> Path:
    """Of the dance or clip that is meant."""
    if arguments.clip is None:
        return project.dance_folder(project.dance(arguments.dance))
    for clip in project.clips:
        if clip.name == arguments.clip:
            return project.clip_folder(clip)
    known = ", ".join(clip.name for clip in project.clips) or "none"
    raise UserError(f"The project has no clip '{arguments.clip}' of the person.", f"It has: {known}.")


def _listed(project: Project, folder: Path) -> Done:
    from dancetransfer.pose import edits

    track, kept = _track(folder), edits.read(project.edits(folder))
    lines = [f"{one}{'' if _inside(track, one) else ', outside the video: does nothing'}" for one in kept]
    return Done("", "\n".join(lines) or f"'{folder.name}' has no edits.", result={"edits": project.edits(folder)})


def _inside(track: "Poses | None", one: "Edit") -> bool:
    from dancetransfer.pose import edits

    return track is None or edits.inside(track.time, one.time)


def _track(folder: Path) -> "Poses | None":
    """The track as it was; None where there is none that can be read, which the stage will make again."""
    from dancetransfer.pose.poses import Poses

    try:
        return Poses.load(folder / "track.npz")
    except UserError:
        return None


def _change(project: Project, folder: Path, arguments: argparse.Namespace) -> str:
    """Carry the command out on the project; what was done, in words."""
    kept = project.edits(folder)
    if arguments.undo:
        if not project.undo_edits(folder):
            raise UserError(f"There is nothing to take back in '{folder.name}'.", "See its edits with --list.")
        return "The last change was taken back."
    if arguments.clear:
        project.set_edits(folder, [])
        return f"All {len(kept)} edits were taken out. --undo brings them back."
    if arguments.remove is not None:
        rest = [entry for entry in kept if entry["id"] != arguments.remove]
        if len(rest) == len(kept):
            raise UserError(f"'{folder.name}' has no edit {arguments.remove}.", "See its edits with --list.")
        project.set_edits(folder, rest)
        return f"Edit {arguments.remove} was taken out. --undo brings it back."
    return _make(project, folder, arguments)


def _make(project: Project, folder: Path, arguments: argparse.Namespace) -> str:
    """Add the edit that the flags describe."""
    from dancetransfer.pose import edits
    from dancetransfer.pose.track import cleaned

    kept = project.edits(folder)
    others = edits.read(kept)
    number = 1 + max([one.id for one in others], default=0)
    made = edits.Edit(number, joint=arguments.swap or arguments.joint, time=arguments.time, **_how(arguments))
    edits.check(made)
    if not (folder / "poses.npz").exists():
        words = "Find them: dancetransfer render X.dance"
        raise UserError(f"The poses of '{folder.name}' have not been found yet.", words)
    track = cleaned(folder)
    edits.check_on(edits.apply(track, others), made)
    replaced = edits.replaced_by(track, others, made)
    gone = {one.id for one in replaced}
    project.set_edits(folder, [*(entry for entry in kept if entry["id"] not in gone), edits.entry(made)])
    instead = f" It takes the place of edit {replaced[0].id}." if replaced else ""
    return f"Edit {made}.{instead}"


def _how(arguments: argparse.Namespace) -> dict[str, Any]:
    """The fields of an edit besides its joint and time."""
    from dancetransfer.pose import edits

    span = edits.SPAN if arguments.span is None else arguments.span
    before, after = (span if value is None else value for value in (arguments.before, arguments.after))
    kinds = {"by": edits.OFFSET, "to": edits.PLACE, "hide": edits.HIDDEN, "swap": edits.SWAP}
    x, y = arguments.by or arguments.to or (0.0, 0.0)
    what = next(kind for name, kind in kinds.items() if getattr(arguments, name))
    return {"what": what, "before": before, "after": after, "x": x, "y": y}


def _cleaned_again(project: Project, folder: Path) -> Iterator[Any]:
    from dancetransfer.pose import edits
    from dancetransfer.pose.track import clean_track

    by_hand = edits.read(project.edits(folder))
    if (folder / "poses.npz").exists():
        yield from clean_track(folder, by_hand)


def _what_next(arguments: argparse.Namespace, folder: Path, reached: list[tuple[float, float]] | None) -> str:
    """Which seconds are other ones now, and the command that makes use of it."""
    if reached == []:
        return "No frame is another one for it."
    where = shlex.quote(arguments.project)
    told = ", ".join(f"{start:.2f} to {stop:.2f} s" for start, stop in reached or [])
    told = f"The poses of '{folder.name}' are new from {told}" if reached else f"The poses of '{folder.name}' are new"
    if arguments.clip is not None:
        return f"{told}. What was learned is kept; to go on with these poses: dancetransfer train {where}"
    return f"{told}. To render that anew: dancetransfer render {where} --dance {shlex.quote(folder.name)}"
