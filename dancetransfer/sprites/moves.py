"""How each limb of a filmed frame comes to its place in a wanted pose: maps that hang together along the bones."""

import math
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from dancetransfer.sprites.bones import COUNT, ENDS, HEAD, PARENT, TRUNK, Bones

LONGEST, SHORTEST = 1.9, 0.35
"""How far a limb may be drawn out or shortened along its bone, against the body's own change of size."""
BENT = 0.45
"""How far hips and shoulders may go their own way, as a part of their width."""
ROUND = 0.05
"""Heights that are added to half the trunk's width on both sides: from the side it would have none."""


class Filmed(Protocol):
    """What is known of the frame that a limb comes from."""

    @property
    def bones(self) -> Bones: ...


def ways(sources: Sequence[Filmed], wanted: Bones) -> list[np.ndarray | None]:
    """[14] float64 [2,3]: from the pixels of each limb's own frame to the wanted picture's, None where there is no way.

    A limb begins where the one that it hangs on ends; it is turned to its wanted direction and drawn out or
    shortened along it, not across. Where the wanted pose says nothing of it, it rides along.
    """
    found: list[np.ndarray | None] = [None] * COUNT
    found[TRUNK] = trunk = _trunk_way(sources[TRUNK].bones, wanted)
    for limb in range(1, COUNT):
        shown, parent = sources[limb].bones, found[PARENT[limb]]
        if not shown.known[limb] or parent is None:
            continue
        if limb == HEAD:
            found[limb] = _head_way(shown, wanted, trunk)
            continue
        scale = wanted.height / shown.height
        hung = _hung(limb, sources[PARENT[limb]].bones, wanted, parent)
        aim = wanted.end[limb] - wanted.start[limb]
        if np.isfinite(aim).all():
            linear = _along(shown.end[limb] - shown.start[limb], aim, scale, limb in ENDS)
        else:
            linear = _turn(parent[:, :2]) * scale
        found[limb] = np.column_stack([linear, hung - linear @ shown.start[limb]])
    return found


def _hung(limb: int, shown: Bones, wanted: Bones, way: np.ndarray) -> np.ndarray:
    """Where a limb begins in the wanted picture; `shown` and `way` are those of the limb that it hangs on."""
    if PARENT[limb] != TRUNK:
        return way[:, :2] @ shown.end[PARENT[limb]] + way[:, 2]
    if np.isfinite(wanted.start[limb]).all():
        return wanted.start[limb]
    return way[:, :2] @ shown.start[limb] + way[:, 2]


def _along(old: np.ndarray, new: np.ndarray, scale: float, rigid: bool) -> np.ndarray:
    """[2,2]: turns one bone to another, drawn out along it, as wide as the body's size says."""
    before, after = max(math.hypot(*old), 1e-3), max(math.hypot(*new), 1e-3)
    stretch = scale if rigid else scale * min(max(after / before / scale, SHORTEST), LONGEST)
    first, second = old / before, new / after
    source = np.array([first, [-first[1], first[0]]])
    target = np.array([second, [-second[1], second[0]]])
    return target.T @ np.diag([stretch, scale]) @ source


def _turn(linear: np.ndarray) -> np.ndarray:
    """The rotation [2,2] nearest to a linear map."""
    angle = math.atan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _trunk_way(shown: Bones, wanted: Bones) -> np.ndarray:
    old, new = shown.end[TRUNK] - shown.start[TRUNK], wanted.end[TRUNK] - wanted.start[TRUNK]
    linear = _along(old, new, wanted.height / shown.height, False)
    return np.column_stack([linear, wanted.start[TRUNK] - linear @ shown.start[TRUNK]])


def _head_way(shown: Bones, wanted: Bones, trunk: np.ndarray) -> np.ndarray:
    """The similarity of the head: as large as the body's size says, turned and placed by what is seen of it."""
    scale = wanted.height / shown.height
    both = np.isfinite(shown.head).all(1) & np.isfinite(wanted.head).all(1)
    if not both[:5].any():
        linear = _turn(trunk[:, :2]) * scale
        neck = trunk[:, :2] @ shown.start[HEAD] + trunk[:, 2]
        return np.column_stack([linear, neck - linear @ shown.start[HEAD]])
    weight = np.where(both, [1, 1, 1, 1, 1, 0.5], 0)  # the neck helps to tell how the head is turned
    old, new = np.where(both[:, None], shown.head, 0), np.where(both[:, None], wanted.head, 0)
    before, after = (one - weight @ one / weight.sum() for one in (old, new))
    linear = _turn((weight[:, None] * after).T @ before) * scale
    weight[5] = 0
    weight /= weight.sum()
    return np.column_stack([linear, weight @ new - linear @ (weight @ old)])


def trunk_source(shown: Bones, wanted: Bones, way: np.ndarray, x: np.ndarray, y: np.ndarray) -> list[np.ndarray]:
    """Where in the filmed crop the trunk's pixels come from, float32 [h,w] x and y, for wanted pixels x [w], y [h].

    Shoulders go to shoulders, hips to hips, and what is between them bends along: a ladder of a spine and rungs.
    """
    (old, across), (new, wide) = _ladders(shown, wanted, way)
    right = (x - wanted.start[TRUNK, 0]).astype(np.float32)[None]
    down = (y - wanted.start[TRUNK, 1]).astype(np.float32)[:, None]
    up = (right * np.float32(new[0]) + down * np.float32(new[1])) / np.float32(max(float(new @ new), 1e-3))
    for _ in range(2):  # the rung that a pixel lies on tells how far up it is, and that the rung
        rung = _rung(wide, up)
        area = np.float32(new[0]) * rung[1] - np.float32(new[1]) * rung[0]
        up = (right * rung[1] - down * rung[0]) / area
    aside = (np.float32(new[0]) * down - np.float32(new[1]) * right) / area
    rung = _rung(across, up)
    return [np.float32(shown.start[TRUNK, n]) + up * np.float32(old[n]) + aside * rung[n] for n in range(2)]


def _rung(rungs: np.ndarray, up: np.ndarray) -> list[np.ndarray]:
    at = np.clip(up, -0.2, 1.2)
    return [np.float32(rungs[0, n]) + at * np.float32(rungs[1, n] - rungs[0, n]) for n in range(2)]


def _ladders(shown: Bones, wanted: Bones, way: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The spine [2] and the rungs [2,2] at hips and shoulders, to one side, of the filmed and of the wanted trunk.

    The wanted rungs stay near to where the trunk as a whole takes them, for seen from behind they point the other way.
    """
    linear = way[:, :2]
    old = shown.end[TRUNK] - shown.start[TRUNK]
    pairs = ((shown.hips, wanted.hips), (shown.shoulders, wanted.shoulders))
    to_left = sum(before[0] - before[1] for before, _ in pairs)
    side = 1.0 if old[0] * to_left[1] - old[1] * to_left[0] >= 0 else -1.0
    aside = ROUND * shown.height * side * np.array([-old[1], old[0]]) / max(math.hypot(*old), 1e-3)
    turned = _turn(linear) @ aside * (wanted.height / shown.height)
    across, wide = [], []
    for before, after in pairs:
        rung = (before[0] - before[1]) / 2 + aside
        moved = linear @ rung
        apart = (after[0] - after[1]) / 2 + turned - moved
        most = BENT * math.hypot(*moved)
        wide.append(moved + apart * min(1.0, most / max(math.hypot(*apart), 1e-3)))
        across.append(rung)
    return (old, np.array(across)), (linear @ old, np.array(wide))
