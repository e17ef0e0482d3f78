"""What a person holds: a ball, a bottle, a bag, told by colors that arms and legs have in few frames."""

from collections.abc import Iterable

import cv2
import numpy as np

from dancetransfer.sprites.bones import COUNT, TRUNK

ALIKE = ((3, 6), (4, 7), (8, 11), (9, 12))
"""Forearms, hands, thighs, shins, left and right together. Not trunk and head: stripes and hair are rare colors."""
CORE, ALONE = 0.6, 1.0
"""Radii from a bone within which a limb's colors are learned, and from all others beyond which."""
PERSON = 200
"""Mask from which on a pixel is the person."""
SHARE, SELDOM = 0.005, 0.2
"""A limb has a color in a frame where at least this share of its pixels is of it, and the color is the limb's own if
it has it in this part of the frames. A juggler's ball is before a thigh in a tenth of them."""
SMALLEST = 0.0014
"""Heights squared, two radii of a forearm: smaller pieces are worn, a bracelet or a ring, or shade."""
FEWEST = 5
"""Frames that have to show a limb."""

_Seen = tuple[np.ndarray, np.ndarray]


class Own:
    """The colors of a person's limbs over all of the footage."""

    def __init__(self, seen: Iterable[_Seen]) -> None:
        """`seen`: crops uint8 [h,w,4] and how far their pixels are from each bone, float32 [14,h,w] in radii."""
        counts = [np.zeros(4096) for _ in ALIKE]
        frames = [0 for _ in ALIKE]
        for crop, near in seen:
            for n, group in enumerate(ALIKE):
                others = [limb for limb in range(COUNT) if limb not in (TRUNK, *group)]
                inside = (near[list(group)].min(0) < CORE) & (near[others].min(0) > ALONE) & (crop[..., 3] > PERSON)
                if inside.any():
                    found = np.bincount(bins_of(crop[inside]), minlength=4096)
                    counts[n] += _smooth(found / found.sum()) > SHARE
                    frames[n] += 1
        self._rare: list[np.ndarray | None] = [
            one < SELDOM * number if number >= FEWEST else None for one, number in zip(counts, frames, strict=True)
        ]

    def holds(self, bins: np.ndarray, owner: np.ndarray, inside: np.ndarray, height: float) -> np.ndarray:
        """bool [N]: pixels that aren't the limb's own that has them.

        `bins` [N] of their colors, `owner` uint8 [N] the limbs; `inside` bool [h,w] is where the N pixels lie, in
        order, and `height` that of the person in pixels.
        """
        rare = np.zeros((len(ALIKE) + 1, 4096), np.uint8)
        group = np.zeros(COUNT + 1, np.uint8)
        for n, (limbs, found) in enumerate(zip(ALIKE, self._rare, strict=True), 1):
            group[list(limbs)] = n
            if found is not None:
                rare[n] = found
        own = rare[group[owner], bins]
        if not own.any():
            return own > 0
        places = np.zeros(inside.shape, np.uint8)
        places[inside] = own
        _, pieces, stats, _ = cv2.connectedComponentsWithStats(places, connectivity=8)
        large = stats[:, cv2.CC_STAT_AREA] > SMALLEST * height**2
        large[0] = False
        return np.asarray(large[pieces[inside]])


def bins_of(color: np.ndarray) -> np.ndarray:
    """[N]: which of 4096 kinds each color uint8 [N,3] is of."""
    high = color.astype(np.intp) >> 4
    return np.asarray(high[:, 0] << 8 | high[:, 1] << 4 | high[:, 2])


def _smooth(counts: np.ndarray) -> np.ndarray:
    """Colors beside each other are much the same."""
    cube = counts.reshape(16, 16, 16)
    for axis in range(3):
        cube = 0.5 * cube + 0.25 * (np.roll(cube, 1, axis) + np.roll(cube, -1, axis))
    return cube.ravel()
