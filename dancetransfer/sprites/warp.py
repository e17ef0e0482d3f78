"""Move a filmed frame's limbs to a wanted pose."""

import cv2
import numpy as np

from dancetransfer.sprites.bones import ARMS, COUNT, HEAD, LEGS, PARENT, TRUNK, Bones, bones_of, order
from dancetransfer.sprites.limbs import Limbs, pixels

LONGEST, SHORTEST = 1.9, 0.35
"""How far a limb may be drawn out or shortened along its bone, against the body's own change of size."""
WIDEST, NARROWEST = 1.5, 0.6
"""The same of the trunk's width."""
BENT = 0.45
"""How far hips and shoulders may go their own way, as a part of their width."""
FADE = 0.7
"""Length over which a limb fades into the one that it hangs on, in its radii."""


def warp(limbs: Limbs, xy: np.ndarray, confidence: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The person layer uint8 [h,w,4] (color and alpha) of a filmed frame in a wanted pose.

    `xy` [133,2] and `confidence` [133] the wanted joints in the plate's pixels, `box` [4] what of the plate is
    made (pixel edges), `size` (width, height) how many pixels that gets.
    """
    wanted = bones_of(xy, confidence).moved(pixels(np.asarray(box, np.float64), size))
    scale = wanted.height / limbs.bones.height
    if not np.isfinite(scale):
        return np.zeros((size[1], size[0], 4), np.uint8)
    ways = _ways(limbs, wanted, scale)
    drawn = {limb: piece for limb in range(1, COUNT) if (piece := _moved(limbs, limb, ways, size)) is not None}
    if (piece := _trunk(limbs, wanted, ways[TRUNK], size)) is not None:
        drawn[TRUNK] = piece
    canvas = np.zeros((size[1], size[0], 4), np.float32)
    for limb in (ARMS[0][0], ARMS[1][0], LEGS[0][0], LEGS[1][0], HEAD):  # what opens at a joint shows them
        if limb in drawn:
            _over(canvas, *drawn[limb])
    for chain in order(wanted):
        held = [limb for limb in chain if limb in drawn]
        for limb in held[:-1]:
            pass
        for n, limb in enumerate(held):
            rows, columns, piece = drawn[limb]
            if limb != TRUNK:
                piece = piece.copy()
                piece[..., 3] *= _fade(ways[limb], limbs, limb, rows, columns, scale)
            _over(canvas, rows, columns, piece)
            if n + 1 < len(held):
                _over(canvas, *drawn[held[n + 1]]) if False else None
    alpha = canvas[..., 3:]
    canvas[..., :3] *= 1 / np.maximum(alpha, 1e-3)
    canvas[..., 3] *= 255
    return np.rint(canvas).clip(0, 255).astype(np.uint8)


def _ways(limbs: Limbs, wanted: Bones, scale: float) -> list[np.ndarray | None]:
    """[14] float64 [2,3]: how each limb comes from the crop into the wanted picture, hanging together."""
    ways: list[np.ndarray | None] = [None] * COUNT
    shown = limbs.bones
    trunk = _trunk_way(shown, wanted, scale)
    ways[TRUNK] = trunk
    for limb in range(1, COUNT):
        if not shown.known[limb]:
            continue
        if limb == HEAD:
            ways[limb] = _head_way(shown, wanted, scale, trunk)
            continue
        parent = ways[PARENT[limb]]
        if parent is None:
            continue
        hung = parent[:, :2] @ shown.start[limb] + parent[:, 2]
        if PARENT[limb] == TRUNK and np.isfinite(wanted.start[limb]).all():
            hung = wanted.start[limb]
        if not np.isfinite(wanted.end[limb] - wanted.start[limb]).all():
            linear = _turn(parent[:, :2]) * scale
        else:
            linear = _along(
                shown.end[limb] - shown.start[limb],
                wanted.end[limb] - wanted.start[limb],
                scale,
                limb in (ARMS[0][2], ARMS[1][2], LEGS[0][2], LEGS[1][2]),
            )
        ways[limb] = np.column_stack([linear, hung - linear @ shown.start[limb]])
    return ways


def _along(old: np.ndarray, new: np.ndarray, scale: float, rigid: bool) -> np.ndarray:
    """[2,2]: turns one bone to another, drawn out along it, as wide as the body's size says."""
    before, after = max(float(np.linalg.norm(old)), 1e-3), max(float(np.linalg.norm(new)), 1e-3)
    stretch = scale if rigid else scale * np.clip(after / before / scale, SHORTEST, LONGEST)
    first, second = old / before, new / after
    source = np.array([first, [-first[1], first[0]]])
    target = np.array([second, [-second[1], second[0]]])
    return target.T @ np.diag([stretch, scale]) @ source


def _turn(linear: np.ndarray) -> np.ndarray:
    """The rotation [2,2] nearest to a linear map."""
    angle = np.arctan2(linear[1, 0] - linear[0, 1], linear[0, 0] + linear[1, 1])
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _trunk_way(shown: Bones, wanted: Bones, scale: float) -> np.ndarray:
    old, new = shown.end[TRUNK] - shown.start[TRUNK], wanted.end[TRUNK] - wanted.start[TRUNK]
    linear = _along(old, new, scale, False)
    return np.column_stack([linear, wanted.start[TRUNK] - linear @ shown.start[TRUNK]])


def _head_way(shown: Bones, wanted: Bones, scale: float, trunk: np.ndarray) -> np.ndarray:
    """The similarity of the head: as large as the body's size says, turned and placed by what is seen of it."""
    both = np.isfinite(shown.head).all(1) & np.isfinite(wanted.head).all(1)
    if not both[:5].any():
        return np.column_stack([linear := _turn(trunk[:, :2]) * scale,
                                trunk @ [*shown.start[HEAD], 1] - linear @ shown.start[HEAD]])  # fmt: skip
    weight = np.where(both, [1, 1, 1, 1, 1, 0.5], 0)
    old, new = np.where(both[:, None], shown.head, 0), np.where(both[:, None], wanted.head, 0)
    a = old - weight @ old / weight.sum()
    b = new - weight @ new / weight.sum()
    turn = _turn((weight[:, None] * b).T @ a)
    center = weight * (np.arange(6) < 5)
    return np.column_stack(
        [linear := turn * scale, center @ new / center.sum() - linear @ (center @ old / center.sum())]
    )


def _moved(
    limbs: Limbs, limb: int, ways: list[np.ndarray | None], size: tuple[int, int]
) -> tuple[slice, slice, np.ndarray] | None:
    """A limb's rows, columns and float32 [h,w,4] piece (alpha 0..1) in the wanted picture; None: it isn't in it."""
    layer, way = limbs.layers[limb], ways[limb]
    if layer is None or way is None or not np.isfinite(way).all():
        return None
    tall, wide = layer.tile.shape[:2]
    x, y = layer.corner
    way = np.column_stack([way[:, :2], way @ [x, y, 1]])
    corners = np.array([[0, 0], [wide, 0], [0, tall], [wide, tall]]) @ way[:, :2].T + way[:, 2]
    first = np.floor(corners.min(0)).clip(0, size).astype(int)
    last = (np.ceil(corners.max(0)) + 1).clip(0, size).astype(int)
    if (last <= first).any():
        return None
    way[:, 2] -= first
    piece = cv2.warpAffine(layer.tile, way, (last - first).tolist(), flags=cv2.INTER_LINEAR).astype(np.float32)
    piece[..., 3] *= 1 / 255
    return slice(first[1], last[1]), slice(first[0], last[0]), piece


def _trunk(
    limbs: Limbs, wanted: Bones, way: np.ndarray | None, size: tuple[int, int]
) -> tuple[slice, slice, np.ndarray] | None:
    """The trunk's piece: shoulders go to shoulders, hips to hips, and what is between them bends along."""
    layer, shown = limbs.layers[TRUNK], limbs.bones
    if layer is None or way is None or not np.isfinite(way).all():
        return None
    (old, across), (new, wide) = _ladders(shown, wanted, way)
    tall, broad = layer.tile.shape[:2]
    corners = np.array([[0, 0], [broad, 0], [0, tall], [broad, tall]]) + layer.corner
    corners = corners @ way[:, :2].T + way[:, 2]
    margin = 0.08 * wanted.height
    first = np.floor(corners.min(0) - margin).clip(0, size).astype(int)
    last = np.ceil(corners.max(0) + margin).clip(0, size).astype(int)
    if (last <= first).any():
        return None
    x = (np.arange(first[0], last[0]) - wanted.start[TRUNK, 0]).astype(np.float32)[None]
    y = (np.arange(first[1], last[1]) - wanted.start[TRUNK, 1]).astype(np.float32)[:, None]
    up = np.clip((x * new[0] + y * new[1]) / np.float32(new @ new), -0.4, 1.4)
    for _ in range(2):
        at = np.clip(up, -0.2, 1.2)
        rung = [wide[0][n] + at * (wide[1][n] - wide[0][n]) for n in range(2)]
        area = new[0] * rung[1] - new[1] * rung[0]
        up = (x * rung[1] - y * rung[0]) / area
    aside = (new[0] * y - new[1] * x) / area
    at = np.clip(up, -0.2, 1.2)
    source = [
        (shown.start[TRUNK, n] - layer.corner[n] + up * old[n] + aside * (across[0][n] + at * (across[1][n] - across[0][n])))
        .astype(np.float32) for n in range(2)
    ]  # fmt: skip
    piece = cv2.remap(layer.tile, source[0], source[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT).astype(
        np.float32
    )
    piece[..., 3] *= 1 / 255
    return slice(first[1], last[1]), slice(first[0], last[0]), piece


def _ladders(shown: Bones, wanted: Bones, way: np.ndarray) -> tuple[tuple[np.ndarray, np.ndarray], ...]:
    """The spine [2] and the rungs [2,2] at hips and shoulders, to one side, of the filmed and of the wanted trunk.

    The wanted rungs stay near to what the trunk as a whole does: from the side they hold no width, and from
    behind they point the other way.
    """
    old, new = shown.end[TRUNK] - shown.start[TRUNK], way[:, :2] @ (shown.end[TRUNK] - shown.start[TRUNK])
    pairs = [(shown.hips, wanted.hips), (shown.shoulders, wanted.shoulders)]
    hand = np.sign(_cross(old, pairs[0][0][0] - pairs[0][0][1] + pairs[1][0][0] - pairs[1][0][1])) or 1.0
    scale = wanted.height / shown.height
    aside = 0.05 * shown.height * hand * np.array([-old[1], old[0]]) / max(float(np.linalg.norm(old)), 1e-3)
    across, wide = [], []
    for before, after in pairs:
        rung = (before[0] - before[1]) / 2 + aside
        moved = way[:, :2] @ rung
        apart = (after[0] - after[1]) / 2 + _turn(way[:, :2]) @ aside * scale - moved
        most = BENT * float(np.linalg.norm(moved))
        wide.append(moved + apart * min(1.0, most / max(float(np.linalg.norm(apart)), 1e-3)))
        across.append(rung)
    return (old, np.array(across)), (new, np.array(wide))


def _cross(one: np.ndarray, other: np.ndarray) -> float:
    return float(one[0] * other[1] - one[1] * other[0])


def _fade(way: np.ndarray, limbs: Limbs, limb: int, rows: slice, columns: slice, scale: float) -> np.ndarray:
    """float32 [h,w]: 1 on a limb, down to 0 behind the joint at which it hangs."""
    bones = limbs.bones
    start, end = way @ [*bones.start[limb], 1], way @ [*bones.end[limb], 1]
    along = (end - start) / max(float(np.linalg.norm(end - start)), 1e-3)
    if limb == HEAD:
        start = start + 0.45 * (end - start)
    x = (np.arange(columns.start, columns.stop) - start[0]) * along[0]
    y = (np.arange(rows.start, rows.stop) - start[1]) * along[1]
    part = np.add.outer(y, x).astype(np.float32)
    part *= np.float32(1 / (FADE * limbs.radius[limb] * scale))
    part += np.float32(0.5)
    return np.clip(part, 0, 1, out=part)


def _over(canvas: np.ndarray, rows: slice, columns: slice, piece: np.ndarray) -> None:
    """Lay a piece over what is there; the canvas is premultiplied."""
    under = canvas[rows, columns]
    alpha = piece[..., 3:]
    under *= 1 - alpha
    under[..., :3] += piece[..., :3] * alpha
    under[..., 3:] += alpha
