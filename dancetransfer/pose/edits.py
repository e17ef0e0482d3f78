"""Touching up by hand: key frames that move, hide or exchange joints of a cleaned track."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from itertools import pairwise
from typing import Any

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.pose.names import FOOT, GROUP, JOINT, SIDES, joints_of
from dancetransfer.pose.poses import VISIBLE, Poses

SPAN = 0.2
"""Seconds before and after a key over which it fades, where nothing else is said."""
LONGEST_SPAN = 3600.0
FARTHEST = 1.0
"""How far outside the picture a joint can be put, in parts of the picture's side."""
MOVED = 1.0
"""Pixels from which on a foot that was moved counts as placed by hand, no longer as found on the floor."""

OFFSET, PLACE, HIDDEN, SWAP = "offset", "place", "hidden", "swap"
KINDS = (OFFSET, PLACE, HIDDEN, SWAP)


@dataclass(frozen=True)
class Edit:
    """One key frame of a touch-up. It reaches from `time - before` to `time + after`, never across a cut."""

    id: int
    what: str
    """OFFSET: moved by (x, y). PLACE: put at (x, y). HIDDEN: not given. SWAP: left is right."""
    joint: str
    """A name of JOINT or GROUP (PLACE: of JOINT); of SIDES for a swap."""
    time: float
    """Seconds; the frame nearest to it is the key."""
    before: float = SPAN
    after: float = SPAN
    x: float = 0.0
    y: float = 0.0
    """Pixels of the video's upright frame."""

    def __str__(self) -> str:
        amount = {OFFSET: f" moved by {self.x:g},{self.y:g}", PLACE: f" placed at {self.x:g},{self.y:g}"}
        done = amount.get(self.what, " hidden")
        what = f"{self.joint}{done}" if self.what != SWAP else f"left and right exchanged ({self.joint})"
        return f"{self.id}: {what} at {self.time:.2f} s (from {self.before:g} s before to {self.after:g} s after)"


def check(edit: Edit) -> None:
    """UserError where a field holds what can't be."""
    numbers = (edit.time, edit.before, edit.after, edit.x, edit.y)
    if edit.what not in KINDS or not all(math.isfinite(value) for value in numbers):
        raise UserError("An edit has a kind, and numbers for times and places.", f"Kinds: {', '.join(KINDS)}.")
    if not (0 <= edit.before <= LONGEST_SPAN and 0 <= edit.after <= LONGEST_SPAN):
        raise UserError(
            f"An edit can't reach {edit.before:g} s back and {edit.after:g} s on.", "Give spans from 0 s up to an hour."
        )
    if edit.what == SWAP:
        if edit.joint not in SIDES:
            raise UserError(f"Sides of '{edit.joint}' can't be exchanged.", f"Choose one of: {', '.join(SIDES)}.")
    elif edit.what == PLACE and edit.joint in GROUP:
        raise UserError(
            f"'{edit.joint}' has many joints, which can't be put at one place.", "Move it, or place a joint of it."
        )
    else:
        joints_of(edit.joint)


def read(entries: Iterable[Mapping[str, Any]]) -> list[Edit]:
    """The edits of a project's entries, oldest first; keys of other versions are passed over.

    UserError, which names the edit, where a value can't be.
    """
    known = {one.name for one in fields(Edit)}
    edits = []
    for entry in entries:
        given = {name: value for name, value in entry.items() if name in known}
        number = entry.get("id", "?")
        whole = all(_fits(name, value) for name, value in given.items())
        if not whole or not {"id", "what", "joint", "time"} <= given.keys():
            raise UserError(f"Edit {number} in the project file can't be read.", _take_out(number))
        edit = Edit(**given)
        try:
            check(edit)
        except UserError as error:
            words = f"Edit {number} in the project file can't be used: {error.message}"
            raise UserError(words, _take_out(number)) from error
        edits.append(edit)
    return sorted(edits, key=lambda one: one.id)


def _fits(name: str, value: Any) -> bool:
    kinds = {"id": (int,), "what": (str,), "joint": (str,)}.get(name, (int, float))
    return isinstance(value, kinds) and not isinstance(value, bool)


def _take_out(number: Any) -> str:
    return f"Take it out: dancetransfer edit X.dance --remove {number}"


def entry(edit: Edit) -> dict[str, Any]:
    """What the project file keeps of an edit."""
    return asdict(edit)


def inside(times: np.ndarray, seconds: float) -> bool:
    """The time lies within the clip, half a frame of grace at both ends."""
    if not len(times):
        return False
    grace = 0.5 * float(np.median(np.diff(times))) if len(times) > 1 else 0.5
    return bool(times[0] - grace <= seconds <= times[-1] + grace)


def check_on(track: Poses, edit: Edit) -> None:
    """UserError where an edit that is being made is none for this track, which has the older ones in it."""
    if not inside(track.time, edit.time):
        raise UserError(
            f"{edit.time:g} s lies outside the video.",
            f"Choose a time from {track.time[0]:.2f} to {track.time[-1]:.2f} s." if len(track) else "It has no frame.",
        )
    width, height = track.size
    for value, side in ((edit.x, width), (edit.y, height)):
        if not -FARTHEST * side <= value <= (1 + FARTHEST) * side:
            raise UserError("That is too far outside the picture.", f"The picture is {width}x{height} pixels large.")
    own = [JOINT[edit.joint]] if edit.joint in JOINT else list(GROUP.get(edit.joint, ()))
    if edit.what == OFFSET and not track.visible[frame_of(track.time, edit.time), own].any():
        raise UserError(
            f"{edit.joint} isn't seen at {edit.time:g} s, so it can't be moved.", "Put it somewhere: --to X,Y"
        )


def replaced_by(track: Poses, others: Iterable[Edit], made: Edit) -> list[Edit]:
    """The older keys that move the same joint on the same frame as a new one, which counts alone."""
    others = [one for one in others if inside(track.time, one.time)]
    swaps = [one for one in others if one.what == SWAP]
    moves = [one for one in others if {one.what, made.what} <= {OFFSET, PLACE}]
    at = frame_of(track.time, made.time)
    same = [one for one in moves if frame_of(track.time, one.time) == at]
    return [one for one in same if _after_swaps(track, one, swaps).joint == made.joint]


# --- applying -------------------------------------------------------------------------------------


def apply(poses: Poses, edits: Iterable[Edit]) -> Poses:
    """The track with all edits in it; frames that none reaches keep every bit.

    Sides are exchanged first, then joints are moved (groups before single joints, so that a placed
    joint ends where it was put), then hidden; what is hidden stays hidden. An edit that is older than
    a swap over its key frame was made on the other side and goes there.

    A key moves by its full offset at its frame and fades to nothing at its span's ends with the cubic
    ease 3u^2 - 2u^3. Where the spans of two keys of one joint (or of one group) touch, they don't add:
    between the two the offset goes over from one to the other. Of two keys on one frame the newer
    counts. An offset counts from where the cleaned track, with its groups moved, has the joint.

    A joint that is not visible gets a place from a PLACE key alone: there it lies at (x, y), and over
    the span on the line between the sightings before and after, plus the key's offset from that line.
    Where it isn't seen again up to the span's end, there is nothing to come back to: it doesn't fade.
    """
    here = [edit for edit in edits if inside(poses.time, edit.time)]
    if not here:
        return poses
    world, contact = (None if one is None else one.copy() for one in (poses.world, poses.contact))
    made = replace(poses, xy=poses.xy.copy(), confidence=poses.confidence.copy(), world=world, contact=contact)
    swaps = [edit for edit in here if edit.what == SWAP]
    for swap in swaps:
        _swap(made, swap)
    rest = [_after_swaps(made, edit, swaps) for edit in here if edit.what != SWAP]
    moves: dict[str, dict[int, Edit]] = defaultdict(dict)
    for edit in sorted(rest, key=lambda one: one.id):
        if edit.what != HIDDEN:
            moves[edit.joint][frame_of(made.time, edit.time)] = edit
    for name in sorted(moves, key=lambda one: (-len(joints_of(one)), one)):
        _move(made, name, moves[name])
    for edit in rest:
        if edit.what == HIDDEN:
            _hide(made, edit)
    return made


def frame_of(times: np.ndarray, seconds: float) -> int:
    """The frame nearest to a time."""
    return int(np.abs(times - seconds).argmin())


def reach(poses: Poses, edit: Edit) -> tuple[int, slice]:
    """The key's frame, and the frames of its span within its shot."""
    at = frame_of(poses.time, edit.time)
    other = np.flatnonzero(poses.shot != poses.shot[at])
    first, last = other[other < at].max(initial=-1) + 1, other[other > at].min(initial=len(poses))
    start = np.searchsorted(poses.time, poses.time[at] - edit.before - 1e-6)
    stop = np.searchsorted(poses.time, poses.time[at] + edit.after + 1e-6, side="right")
    return at, slice(int(max(first, start)), int(min(last, stop)))


def _swap(poses: Poses, edit: Edit) -> None:
    _, span = reach(poses, edit)
    left, right = SIDES[edit.joint]
    both, crossed = np.array([*left, *right]), np.array([*right, *left])
    for values in (poses.xy, poses.confidence, poses.world):
        if values is not None:
            values[span, both] = values[span, crossed]
    if poses.contact is not None and edit.joint != "arms":
        poses.contact[span] = poses.contact[span, ::-1].copy()


def _after_swaps(poses: Poses, edit: Edit, swaps: list[Edit]) -> Edit:
    """The edit, on the other side where newer swaps have exchanged what it was made on."""
    for swap in swaps:
        at, (_, span) = frame_of(poses.time, edit.time), reach(poses, swap)
        left, right = SIDES[swap.joint]
        own = joints_of(edit.joint)
        if swap.id > edit.id and span.start <= at < span.stop and (set(own) <= set(left) or set(own) <= set(right)):
            side, other = ("left", "right") if edit.joint.startswith("left") else ("right", "left")
            edit = replace(edit, joint=edit.joint.replace(side, other, 1))
    return edit


def _hide(poses: Poses, edit: Edit) -> None:
    _, span = reach(poses, edit)
    joints = list(joints_of(edit.joint))
    poses.xy[span, joints], poses.confidence[span, joints] = np.nan, 0
    if poses.world is not None:
        poses.world[span, joints] = np.nan
    _lift(poses, joints, span)


def _move(poses: Poses, name: str, keys: dict[int, Edit]) -> None:
    """Carry out all keys of a joint or group, by their frames."""
    joints = joints_of(name)
    lead = JOINT.get(name)
    for shot in np.unique(poses.shot[list(keys)]):
        in_shot = {at: keys[at] for at in sorted(keys) if poses.shot[at] == shot}
        seen = np.zeros(len(poses), bool) if lead is None else poses.visible[:, lead] & (poses.shot == shot)
        line = np.zeros((len(poses), 2)) if lead is None else _line(poses, lead, seen, in_shot)
        offset, placed, reached = _offsets(poses, in_shot, seen, line)
        new = np.zeros(len(poses), bool) if lead is None else placed & ~seen
        if lead is not None:
            poses.xy[new, lead] = line[new]
            faint = reached & np.isfinite(poses.xy[:, lead]).all(-1)
            poses.confidence[faint, lead] = np.maximum(poses.confidence[faint, lead], VISIBLE)
        at = np.flatnonzero(reached)[:, None]
        poses.xy[at, joints] = (poses.xy[at, joints] + offset[at]).astype(np.float32)
        _lift(poses, joints, np.hypot(*offset.T) >= MOVED)


def _lift(poses: Poses, joints: Iterable[int], frames: slice | np.ndarray) -> None:
    """Feet among the joints are no longer known to stand on the floor: they are where the user wants them."""
    for side, foot in enumerate(FOOT):
        if poses.contact is not None and set(foot) & set(joints):
            poses.contact[frames, side] = False


def _line(poses: Poses, joint: int, seen: np.ndarray, keys: dict[int, Edit]) -> np.ndarray:
    """[T,2]: where the joint is or, between sightings, may be; of one never seen in the shot, where it is put."""
    known = np.flatnonzero(seen)
    points = poses.xy[known, joint].astype(np.float64)
    if not len(known):
        put = {at: edit for at, edit in keys.items() if edit.what == PLACE}
        if not put:
            return np.zeros((len(poses), 2))
        known, points = np.array(list(put)), np.array([(edit.x, edit.y) for edit in put.values()])
    return np.stack([np.interp(poses.time, poses.time[known], points[:, axis]) for axis in (0, 1)], 1)


def _offsets(
    poses: Poses, keys: dict[int, Edit], seen: np.ndarray, line: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """[T,2] pixels by which the keys of a shot move a joint; bool [T] where they give it a place; where they reach."""
    offset, placed, reached = np.zeros((len(poses), 2)), np.zeros(len(poses), bool), np.zeros(len(poses), bool)
    for chain in _chains(poses, keys):
        by = {at: np.array([edit.x, edit.y]) - (line[at] if edit.what == PLACE else 0) for at, edit in chain}
        puts = any(edit.what == PLACE for _, edit in chain)
        for (one, _), (two, _) in pairwise(chain):
            u = _ease((poses.time[one : two + 1] - poses.time[one]) / (poses.time[two] - poses.time[one]))[:, None]
            offset[one : two + 1] = by[one] + u * (by[two] - by[one])
            reached[one : two + 1], placed[one : two + 1] = True, puts
        for (at, edit), step in ((chain[0], -1), (chain[-1], 1)):
            share = _fade(poses, at, edit, step, seen)
            offset[share > 0] = share[share > 0, None] * by[at]
            reached[share > 0], placed[share > 0] = True, puts
    return offset, placed, reached


def _fade(poses: Poses, at: int, edit: Edit, step: int, seen: np.ndarray) -> np.ndarray:
    """[T]: the share of a key's offset on one side of it, back (step -1) or on (1); 1 at the key, 0 out of reach."""
    span = reach(poses, edit)[1]
    side = slice(span.start, at) if step < 0 else slice(at + 1, span.stop)
    seconds = edit.before if step < 0 else edit.after
    share = np.zeros(len(poses))
    share[at] = 1
    u = np.abs(poses.time[side] - poses.time[at]) / max(seconds, 1e-9)
    held = edit.what == PLACE and not seen[side].any()
    share[side] = np.where(u < 1 - 1e-6, 1 if held else 1 - _ease(u), 0)
    return share


def _chains(poses: Poses, keys: dict[int, Edit]) -> Iterator[list[tuple[int, Edit]]]:
    """The keys of one shot in order of time, cut where two neighbors' spans don't touch."""
    chain: list[tuple[int, Edit]] = []
    for at, edit in keys.items():
        if chain and reach(poses, chain[-1][1])[1].stop <= reach(poses, edit)[1].start:
            yield chain
            chain = []
        chain.append((at, edit))
    if chain:
        yield chain


def _ease(u: np.ndarray) -> np.ndarray:
    """0..1 -> 0..1 with level ends."""
    u = np.clip(u, 0, 1)
    return u * u * (3 - 2 * u)


def changed(before: Poses, after: Poses) -> list[tuple[float, float]]:
    """The stretches in seconds, first and last frame, in which two tracks of the same frames differ."""
    pairs = [(before.xy, after.xy), (before.confidence, after.confidence)]
    if before.contact is not None and after.contact is not None:
        pairs.append((before.contact, after.contact))
    differs = np.zeros(len(before), bool)
    for one, other in pairs:
        same = (one == other) | ((one != one) & (other != other))
        differs |= ~same.reshape(len(same), -1).all(1)
    at = np.flatnonzero(differs)
    runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1) if len(at) else []
    return [(float(before.time[run[0]]), float(before.time[run[-1]])) for run in runs]
