"""Label maps: the drawn skeleton that the generator reads, one channel per group of limbs."""

import cv2
import numpy as np

from dancetransfer.pose import poses as p

SHIFT = 4
"""Joints are drawn with 1/16 pixel accuracy."""


def _hand(start: int) -> list[tuple[int, int]]:
    """Bones of a hand: from the wrist to each finger's tip."""
    return [
        bone
        for first in (1, 5, 9, 13, 17)
        for bone in [(start, start + first), *_chain(start + first, start + first + 3)]
    ]


def _chain(first: int, last: int, closed: bool = False) -> list[tuple[int, int]]:
    pairs = [(n, n + 1) for n in range(first, last)]
    return [*pairs, (last, first)] if closed else pairs


_F = p.FACE.start
CHANNELS: dict[str, list[tuple[int, int]]] = {
    "head": [
        (p.NOSE, p.LEFT_EYE), (p.NOSE, p.RIGHT_EYE), (p.LEFT_EYE, p.LEFT_EAR), (p.RIGHT_EYE, p.RIGHT_EAR),
        (p.LEFT_EAR, p.LEFT_SHOULDER), (p.RIGHT_EAR, p.RIGHT_SHOULDER),
    ],
    "trunk": [],  # filled, see below
    "left upper arm": [(p.LEFT_SHOULDER, p.LEFT_ELBOW)],
    "left forearm": [(p.LEFT_ELBOW, p.LEFT_WRIST)],
    "right upper arm": [(p.RIGHT_SHOULDER, p.RIGHT_ELBOW)],
    "right forearm": [(p.RIGHT_ELBOW, p.RIGHT_WRIST)],
    "left thigh": [(p.LEFT_HIP, p.LEFT_KNEE)],
    "left shin": [(p.LEFT_KNEE, p.LEFT_ANKLE)],
    "right thigh": [(p.RIGHT_HIP, p.RIGHT_KNEE)],
    "right shin": [(p.RIGHT_KNEE, p.RIGHT_ANKLE)],
    "left foot": [(p.LEFT_ANKLE, p.LEFT_HEEL), (p.LEFT_HEEL, p.LEFT_BIG_TOE), (p.LEFT_ANKLE, p.LEFT_BIG_TOE)],
    "right foot": [
        (p.RIGHT_ANKLE, p.RIGHT_HEEL), (p.RIGHT_HEEL, p.RIGHT_BIG_TOE), (p.RIGHT_ANKLE, p.RIGHT_BIG_TOE),
    ],
    "left hand": _hand(p.LEFT_HAND.start),
    "right hand": _hand(p.RIGHT_HAND.start),
    "face": [
        *_chain(_F, _F + 16), *_chain(_F + 17, _F + 21), *_chain(_F + 22, _F + 26), *_chain(_F + 27, _F + 30),
        *_chain(_F + 31, _F + 35), *_chain(_F + 36, _F + 41, True), *_chain(_F + 42, _F + 47, True),
        *_chain(_F + 48, _F + 59, True), *_chain(_F + 60, _F + 67, True),
    ],
}  # fmt: skip
"""Name of each channel -> the bones drawn in it, as pairs of joints."""

TRUNK = (p.LEFT_SHOULDER, p.RIGHT_SHOULDER, p.RIGHT_HIP, p.LEFT_HIP)
FINE = ("left hand", "right hand", "face")
"""Channels with thin lines."""

COLORS = {
    "head": (235, 235, 235), "trunk": (70, 70, 90), "face": (255, 255, 255),
    "left upper arm": (255, 170, 60), "left forearm": (255, 210, 90), "left hand": (255, 235, 150),
    "right upper arm": (60, 160, 255), "right forearm": (90, 200, 255), "right hand": (160, 230, 255),
    "left thigh": (255, 90, 70), "left shin": (255, 130, 110), "left foot": (255, 170, 150),
    "right thigh": (110, 90, 255), "right shin": (140, 130, 255), "right foot": (180, 170, 255),
}  # fmt: skip
"""RGB of each channel where a skeleton is shown to people: warm is the dancer's left, cold the right."""


def label_map(xy: np.ndarray, visible: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 [C,H,W], 0..255: the skeleton of one frame, antialiased; a bone with a missing joint is a gap.

    `xy` float [133,2] in pixels of the map, `visible` bool [133], `size` (width, height).
    Widths grow with the map: a limb is a 64th of its height.
    """
    width, height = size
    maps = np.zeros((len(CHANNELS), height, width), np.uint8)
    points = np.clip(np.nan_to_num(xy), -4 * max(size), 4 * max(size))
    points = np.rint(points * (1 << SHIFT)).astype(np.int32)
    thick, fine = max(1, round(height / 64)), max(1, round(height / 256))
    for canvas, (name, bones) in zip(maps, CHANNELS.items(), strict=True):
        if name == "trunk":
            if visible[list(TRUNK)].all():
                cv2.fillPoly(canvas, [points[list(TRUNK)]], (255,), cv2.LINE_AA, SHIFT)
            continue
        for a, b in bones:
            if visible[a] and visible[b]:
                line = fine if name in FINE else thick
                cv2.line(canvas, points[a].tolist(), points[b].tolist(), (255,), line, cv2.LINE_AA, SHIFT)
    return maps


def picture(maps: np.ndarray, under: np.ndarray | None = None) -> np.ndarray:
    """RGB uint8 [H,W,3] of label maps [C,H,W], over black or a dimmed picture: for people to look at."""
    canvas = np.zeros((*maps.shape[1:], 3), np.float32) if under is None else under.astype(np.float32) * 0.6
    for channel, color in zip(maps, COLORS_IN_ORDER, strict=True):
        alpha = channel[..., None].astype(np.float32) / 255
        canvas += alpha * (np.asarray(color, np.float32) - canvas)
    return canvas.astype(np.uint8)


COLORS_IN_ORDER = [COLORS[name] for name in CHANNELS]
