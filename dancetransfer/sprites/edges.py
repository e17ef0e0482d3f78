"""Colors beyond edges: spread from where they are known, and a mask without the background that its edge holds."""

import cv2
import numpy as np

BAND = 0.008
"""Heights of the crop by which a mask may be too wide."""
NOISE = 24.0
"""Levels by which a mixed color may lie off the line between the two it is mixed of."""
SAME, MOSTLY = 14, 0.6
"""Levels within which two colors are the same, and the part of a pixel's surroundings that has to be."""
CONTRAST = 40.0
"""Levels between the person and what is behind below which a mixture can't be told."""


def spread(color: np.ndarray, known: np.ndarray) -> np.ndarray:
    """uint8 [h,w,3]: the color where it is known, and around it that of the nearest ones, by a pyramid of means."""
    whole = np.dstack([color, np.full(known.shape, 255, np.uint8)])
    whole[~known] = 0
    levels: list[np.ndarray] = []
    tall, wide = known.shape
    while not levels or min(tall, wide) > 2:
        tall, wide = (tall + 1) // 2, (wide + 1) // 2
        above = levels[-1] if levels else whole.astype(np.float32)
        levels.append(cv2.resize(above, (wide, tall), interpolation=cv2.INTER_AREA))
    total = levels[-1].sum((0, 1))
    mean = total[:3] * (255 / max(float(total[3]), 1.0))
    found: np.ndarray = np.asarray(mean[None, None], np.float32)
    for level in reversed(levels):
        weight = np.minimum(level[..., 3:] * np.float32(4 / 255), 1)  # a quarter of them is enough to tell
        own = level[..., :3] * (255 / np.maximum(level[..., 3:], 1))
        coarse = cv2.resize(found, level.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        found = coarse + weight * (own - coarse)
    result: np.ndarray = cv2.resize(cv2.convertScaleAbs(found), known.shape[::-1], interpolation=cv2.INTER_LINEAR)
    result[known] = color[known]
    return result


def empty(color: np.ndarray, back: np.ndarray) -> np.ndarray:
    """bool [h,w]: where a picture [h,w,3] shows nothing but what is behind the person."""
    red, green, blue = cv2.split(cv2.absdiff(np.ascontiguousarray(color), back))
    alike = (cv2.max(red, cv2.max(green, blue)) < SAME).astype(np.float32)
    return np.asarray(cv2.blur(alike, (5, 5)) > MOSTLY)


def tightened(crop: np.ndarray, back: np.ndarray) -> np.ndarray:
    """uint8 [h,w]: the mask of a crop [h,w,4], less what `back` [h,w,3] shows through at its edge.

    Near the edge a pixel's place on the line from the background's color to the person's own, spread from
    farther inside, is how much of it is the person (after Forte 2021, eq. 1). It is only made smaller, and
    only where the color lies on that line.
    """
    mask = crop[..., 3]
    size = 2 * max(1, round(BAND * len(mask))) + 1
    core = cv2.erode((mask > 250).astype(np.uint8), np.ones((size, size), np.uint8)) > 0
    edge = np.nonzero((mask > 0) & ~core)
    own = spread(crop[..., :3], core)[edge].astype(np.float32)
    behind, picture = back[edge].astype(np.float32), crop[..., :3][edge].astype(np.float32)
    line, place = own - behind, picture - behind
    length = np.einsum("nc,nc->n", line, line)
    share = np.clip(np.einsum("nc,nc->n", place, line) / np.maximum(length, 1), 0, 1)
    off = place - share[:, None] * line
    sure = np.clip(2 - np.sqrt(np.einsum("nc,nc->n", off, off)) / NOISE, 0, 1)
    sure *= np.clip(np.sqrt(length) / CONTRAST - 1, 0, 1)
    less: np.ndarray = np.zeros(mask.shape, np.float32)
    less[edge] = sure * np.clip(1.1 - 1.25 * share, 0, 1)  # own colors vary, too
    less = np.asarray(cv2.blur(less, (3, 3)))
    less[core] = 0
    return np.minimum(mask, np.rint(255 * (1 - less)).astype(np.uint8))
