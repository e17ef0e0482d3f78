"""Colors beyond edges: spread from where they are known, and a mask without the background that its edge holds."""

import cv2
import numpy as np

BAND = 0.008
"""Heights of the crop by which a mask may be too wide."""
NOISE = 24.0
"""Levels by which a mixed color may lie off the line between the two it is mixed of."""
SAME, AROUND, MOSTLY = 14, 5, 0.6
"""Levels within which two colors are the same, and the part of a pixel's surroundings, so wide, that has to be."""
ENOUGH = 255 / 4
"""A quarter of the pixels that a mean is taken over tells its color."""
CONTRAST = 40.0
"""Levels between the person and what is behind below which a mixture can't be told."""


def spread(color: np.ndarray, known: np.ndarray) -> np.ndarray:
    """uint8 [h,w,3]: the color where it is known, and around it that of the nearest ones, by a pyramid of means."""
    told = known.view(np.uint8)
    levels: list[tuple[np.ndarray, np.ndarray]] = []
    above: np.ndarray = cv2.copyTo(cv2.cvtColor(color, cv2.COLOR_RGB2RGBA), told).astype(np.float32)
    tall, wide = known.shape
    while not levels or (min(tall, wide) > 2 and levels[-1][1].min() < ENOUGH):
        tall, wide = (tall + 1) // 2, (wide + 1) // 2
        above = cv2.resize(above, (wide, tall), interpolation=cv2.INTER_AREA)
        levels.append((above, cv2.extractChannel(above, 3)))
    total = above.sum((0, 1))
    found: np.ndarray = np.asarray((total[:3] * (255 / max(float(total[3]), 1.0)))[None, None], np.float32)
    for level, alpha in reversed(levels):
        own = cv2.cvtColor(level, cv2.COLOR_RGBA2RGB)
        own *= _three(255 / np.maximum(alpha, 1))
        coarse = cv2.resize(found, level.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        own -= coarse
        own *= _three(np.minimum(alpha * np.float32(1 / ENOUGH), 1))
        own += coarse
        found = own
    result = cv2.resize(cv2.convertScaleAbs(found), known.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.copyTo(color, told, result))


def _three(one: np.ndarray) -> np.ndarray:
    """[h,w,3] of [h,w]: what NumPy would stretch by itself, at a tenth of the speed."""
    return np.asarray(cv2.merge((one, one, one)))


def empty(color: np.ndarray, back: np.ndarray) -> np.ndarray:
    """bool [h,w]: where a picture [h,w,3] shows nothing but what is behind the person."""
    alike = (largest(cv2.absdiff(color, back)) < SAME).view(np.uint8)
    return np.asarray(cv2.boxFilter(alike, -1, (AROUND, AROUND), normalize=False) > MOSTLY * AROUND**2)


def largest(picture: np.ndarray) -> np.ndarray:
    """uint8 [h,w]: the largest channel of a picture [h,w,3]."""
    red, green, blue = cv2.split(picture)
    return np.asarray(cv2.max(red, cv2.max(green, blue)))


def tightened(color: np.ndarray, mask: np.ndarray, back: np.ndarray) -> np.ndarray:
    """uint8 [h,w]: the mask of a crop, less what `back` [h,w,3] shows through its `color` [h,w,3] at its edge.

    Near the edge a pixel's place on the line from the background's color to the person's own, spread from
    farther inside, is how much of it is the person (after Forte 2021, eq. 1). It is only made smaller, and
    only where the color lies on that line.
    """
    size = 2 * max(1, round(BAND * len(mask))) + 1
    core = cv2.erode((mask > 250).view(np.uint8), np.ones((size, size), np.uint8)) > 0
    edge = np.flatnonzero((mask > 0) & ~core)
    own, behind, picture = (at(one, edge) for one in (spread(color, core), back, color))
    line, place = own - behind, picture - behind
    length = np.einsum("nc,nc->n", line, line)
    share = np.clip(np.einsum("nc,nc->n", place, line) / np.maximum(length, 1), 0, 1)
    off = place - share[:, None] * line
    sure = np.clip(2 - np.sqrt(np.einsum("nc,nc->n", off, off)) / NOISE, 0, 1)
    sure *= np.clip(np.sqrt(length) / CONTRAST - 1, 0, 1)
    less: np.ndarray = np.zeros(mask.shape, np.float32)
    less.reshape(-1)[edge] = sure * np.clip(1.1 - 1.25 * share, 0, 1)  # own colors vary, too
    less = np.asarray(cv2.blur(less, (3, 3)))
    less[core] = 0
    return np.minimum(mask, cv2.convertScaleAbs(less, alpha=-255, beta=255))


def at(picture: np.ndarray, places: np.ndarray) -> np.ndarray:
    """float32 [N,3]: the pixels of a picture [h,w,3] at numbered places [N]."""
    return picture.reshape(-1, 3).take(places, axis=0).astype(np.float32)
