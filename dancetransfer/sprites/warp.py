"""Move a filmed frame's limbs to a wanted pose: layers from back to front, joined where they hang together."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import cv2
import numpy as np

from dancetransfer.sprites.bones import ARMS, COUNT, HEAD, LEGS, TRUNK, Bones, bones_of, order
from dancetransfer.sprites.lend import lent
from dancetransfer.sprites.limbs import Limbs, pixels
from dancetransfer.sprites.moves import trunk_source, ways

FADE = 0.7
"""Length over which a limb fades into the one that it hangs on, in its radii."""
TIP, TIP_FADE = 1.2, 0.4
"""Radii beyond a joint up to which the limb before it is seen below the next one, and over which it fades."""


@dataclass(frozen=True)
class Piece:
    """A limb in its place."""

    corner: tuple[int, int]
    """In the wanted picture, x and y."""
    color: np.ndarray
    """float32 [h,w,4]: color, and 255 everywhere."""
    alpha: np.ndarray
    """float32 [h,w], 0..1"""


def warp(
    limbs: Limbs,
    xy: np.ndarray,
    confidence: np.ndarray,
    box: np.ndarray,
    size: tuple[int, int],
    spares: Sequence[Limbs] = (),
    worn: Mapping[int, Limbs] = MappingProxyType({}),
) -> np.ndarray:
    """The person layer uint8 [h,w,4] (color and alpha) of a filmed frame in a wanted pose.

    `xy` [133,2] and `confidence` [133] the wanted joints in the plate's pixels, `box` [4] what of the plate is
    made (pixel edges), `size` (width, height) how many pixels that gets. Limbs that the frame shows too badly
    for the pose are taken from `spares`, and those `worn` from the frames given with them. Of a pose without
    shoulders or hips nothing is drawn.
    """
    wanted = bones_of(xy, confidence).moved(pixels(np.asarray(box, np.float64), size))
    layer = np.zeros((size[1], size[0], 4), np.uint8)
    if not (wanted.known[TRUNK] and limbs.bones.known[TRUNK] and np.isfinite(wanted.height / limbs.bones.height)):
        return layer
    sources = lent(limbs, spares, wanted)
    for limb, lender in worn.items():
        if lender.layers[limb] is not None and lender.bones.known[limb]:
            sources[limb] = lender
    places = ways(sources, wanted)
    drawn = {}
    for limb in range(COUNT):
        piece = _piece(sources[limb], limb, wanted, places[limb], size)
        if piece is not None:
            drawn[limb] = piece
    if not drawn:
        return layer
    first = [min(piece.corner[axis] for piece in drawn.values()) for axis in range(2)]
    last = [max(piece.corner[axis] + piece.alpha.shape[1 - axis] for piece in drawn.values()) for axis in range(2)]
    canvas = np.zeros((last[1] - first[1], last[0] - first[0], 4), np.float32)
    for limb in (ARMS[0][0], ARMS[1][0], LEGS[0][0], LEGS[1][0]):  # seen where a joint opens
        if limb in drawn:
            _lay(canvas, first, drawn[limb], drawn[limb].alpha)
    for chain in order(wanted):
        held = [limb for limb in chain if limb in drawn]
        for n, limb in enumerate(held):
            alpha = drawn[limb].alpha
            if limb not in (TRUNK, HEAD):
                alpha = alpha * _fade(sources[limb], limb, places[limb], wanted.height, drawn[limb], n + 1 < len(held))
            _lay(canvas, first, drawn[limb], alpha)
    alpha = cv2.extractChannel(canvas, 3)
    share = 255 / np.maximum(alpha, 1)
    canvas *= cv2.merge((share, share, share, np.ones_like(share)))
    layer[first[1] : last[1], first[0] : last[0]] = cv2.convertScaleAbs(canvas)
    return layer


def _piece(limbs: Limbs, limb: int, wanted: Bones, way: np.ndarray | None, size: tuple[int, int]) -> Piece | None:
    """A limb in its place in the wanted picture; None: it isn't in it."""
    layer = limbs.layers[limb]
    if layer is None or way is None or not np.isfinite(way).all():
        return None
    corner = np.array(layer.corner)
    tall, wide = layer.tile.shape[:2]
    corners = (np.array([[0, 0], [wide, 0], [0, tall], [wide, tall]]) + corner) @ way[:, :2].T + way[:, 2]
    margin = 0.08 * wanted.height if limb == TRUNK else 0.0  # it bends
    first = np.floor(corners.min(0) - margin).clip(0, size).astype(int)
    last = (np.ceil(corners.max(0) + margin) + 1).clip(0, size).astype(int)
    if (last <= first).any():
        return None
    if limb == TRUNK:
        x, y = (np.arange(first[n], last[n]) for n in range(2))
        at = trunk_source(limbs.bones, wanted, way, x, y)
        moved = cv2.remap(layer.tile, at[0] - np.float32(corner[0]), at[1] - np.float32(corner[1]), cv2.INTER_CUBIC)
    else:
        shift = way[:, :2] @ corner + way[:, 2] - first
        moved = cv2.warpAffine(
            layer.tile, np.column_stack([way[:, :2], shift]), (last - first).tolist(), flags=cv2.INTER_CUBIC
        )
    alpha = cv2.extractChannel(moved, 3)
    left, top, wide, tall = cv2.boundingRect(alpha)
    if not wide:
        return None
    part = slice(top, top + tall), slice(left, left + wide)
    color = cv2.insertChannel(np.full_like(alpha, 255), moved, 3)[part].astype(np.float32)
    return Piece((int(first[0]) + left, int(first[1]) + top), color, alpha[part] * np.float32(1 / 255))


def _fade(
    limbs: Limbs, limb: int, way: np.ndarray | None, height: float, piece: Piece, ends: bool
) -> np.ndarray | float:
    """float32 [h,w]: 1 on a limb, 0 behind the joint at which it hangs and, if it `ends` at another, beyond that."""
    if way is None:
        return 1.0
    start, end = (way[:, :2] @ one[limb] + way[:, 2] for one in (limbs.bones.start, limbs.bones.end))
    length = max(math.hypot(*(end - start)), 1e-3)
    along = (end - start) / length
    thick = limbs.radius[limb] * height / limbs.bones.height
    tall, wide = piece.alpha.shape
    x = (np.arange(wide) + piece.corner[0] - start[0]) * along[0] / thick
    y = (np.arange(tall) + piece.corner[1] - start[1]) * along[1] / thick
    fade = np.add.outer((y / FADE + 0.5).astype(np.float32), (x / FADE).astype(np.float32))
    if ends:  # a joint's bulge stays as it is, however far the limb is drawn out
        tip = ((length / thick + TIP - y) / TIP_FADE).astype(np.float32), (x / TIP_FADE).astype(np.float32)
        np.minimum(fade, np.subtract.outer(*tip), out=fade)
    np.maximum(fade, 0, out=fade)
    return np.minimum(fade, 1, out=fade)


def _lay(canvas: np.ndarray, first: Sequence[int], piece: Piece, alpha: np.ndarray) -> None:
    """Lay a piece over what is there; the canvas is premultiplied, and its corner is `first` in the picture."""
    left, top = piece.corner[0] - first[0], piece.corner[1] - first[1]
    under = canvas[top : top + alpha.shape[0], left : left + alpha.shape[1]]
    under[:] = cv2.blendLinear(under, piece.color, 1 - alpha, alpha)
