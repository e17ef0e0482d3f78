"""What of a crop is the person: the segmentation, corrected by the difference from the empty background."""

import cv2
import numpy as np

PERSON, UNSURE, BACKGROUND = 255, 128, 0
"""The values of a matte. The training asks for the first and the last; what is unsure, the picture decides."""

SEEN, STRONG = 7.0, 24.0
"""Levels of 255 of difference that are noticed, and that are surely something else than the background."""
OF_NOISE, OF_STRONG_NOISE = 3.0, 9.0
"""The same in deviations of the picture's noise, where that is more."""
OF_EDGES = 0.5
"""The part of the background's own contrast within a pixel that may be the camera's: no difference."""
NEAR = 0.06
"""Heights of the crop around the segmentation within which something different may belong to the person."""
CAST = 0.3
"""Heights of the crop around the segmentation that the shadow may reach."""
DEEP = 0.015
"""Heights of the crop inside of which the segmentation is believed even where nothing differs."""
CERTAIN = 240
"""A segmentation from which on what looks like a shadow may be dark hair or skin."""
DIM = 0.35
"""A shadow leaves at least this part of the light."""
TINT = 0.12
"""And takes it from all colors alike, within this."""


def matte(color: np.ndarray, backdrop: np.ndarray, mask: np.ndarray, known: np.ndarray, noise: float) -> np.ndarray:
    """uint8 [H,W] of PERSON, UNSURE and BACKGROUND.

    `color`, `backdrop` uint8 [H,W,3]: the crop and what is behind it; `mask` uint8 [H,W]: the
    estimator's segmentation; `known` bool [H,W]: the backdrop was really seen there; `noise`: see
    `noise_of`. Unsure are shadows (darker than the backdrop, of its color), edges, what the two
    disagree on, and things that move near the person.
    """
    height = len(color)
    differs, edges = _difference(color, backdrop), _contrast(backdrop)
    seen = differs >= max(SEEN, OF_NOISE * noise) + OF_EDGES * edges
    strong = (differs >= max(STRONG, OF_STRONG_NOISE * noise) + OF_EDGES * edges) & known
    shadow = _shadow(color, backdrop) & known
    inside = mask > 190
    deep = _eroded(inside, DEEP * height) | _eroded(mask > CERTAIN, 0.5 * DEEP * height)
    agreed = deep | (inside & (~shadow | (mask > CERTAIN)) & (seen | ~known))
    away = cv2.distanceTransform((mask <= 64).astype(np.uint8), cv2.DIST_L2, 3)
    near = away <= NEAR * height
    person = _joined(agreed, _opened(strong & ~shadow & near))
    result = np.full(mask.shape, UNSURE, np.uint8)
    cast = _opened(
        shadow & (differs >= max(SEEN, OF_NOISE * noise)) & (away < CAST * height)
    )  # a shadow reaches further than the person
    result[(mask < 64) & ~(seen & near) & ~cast] = BACKGROUND
    result[(mask < 26) & ~known] = BACKGROUND
    edge = height / 256
    result[_eroded(person, edge)] = PERSON
    result[grown(person, edge) & (result == BACKGROUND)] = UNSURE
    return result


def noise_of(color: np.ndarray, mask: np.ndarray, backdrop: np.ndarray, filmed: np.ndarray) -> float:
    """Levels by which crop and backdrop differ where nobody is and bool [H,W] `filmed` (a robust deviation)."""
    empty = (mask < 8) & filmed
    return 1.4826 * float(np.median(_difference(color, backdrop)[empty])) if empty.any() else 0.0


def _difference(color: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """float32 [H,W]: the largest difference of the three colors, a little smoothed."""
    red, green, blue = cv2.split(cv2.blur(cv2.absdiff(color, backdrop), (3, 3)))
    return cv2.max(cv2.max(red, green), blue).astype(np.float32)


def _contrast(backdrop: np.ndarray) -> np.ndarray:
    gray = cv2.cvtColor(backdrop, cv2.COLOR_RGB2GRAY)
    return cv2.subtract(cv2.dilate(gray, _SQUARE), cv2.erode(gray, _SQUARE)).astype(np.float32)


_SQUARE = np.ones((3, 3), np.uint8)


def _shadow(color: np.ndarray, backdrop: np.ndarray) -> np.ndarray:
    """bool [H,W]: darker than the backdrop, in all colors by the same factor."""
    a, b = (cv2.blur(one, (3, 3)).astype(np.float32) + 4 for one in (color, backdrop))
    red, green, blue = cv2.split(a / b)  # NumPy's max over three colors is six times as slow
    most, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return (most < 0.985) & (least > DIM) & (most - least < TINT)


def _joined(area: np.ndarray, more: np.ndarray) -> np.ndarray:
    """An area, and what of another one hangs together with it."""
    count, labels = cv2.connectedComponents((area | more).astype(np.uint8), connectivity=4)
    hold = np.zeros(count, bool)
    hold[labels[area]] = True
    hold[0] = False
    return hold[labels]


def _disk(radius: float) -> np.ndarray:
    side = 2 * max(1, round(radius)) + 1
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def grown(area: np.ndarray, radius: float) -> np.ndarray:
    """A bool [H,W] area and what is within `radius` pixels of it."""
    return cv2.dilate(area.astype(np.uint8), _disk(radius)) > 0


def _eroded(area: np.ndarray, radius: float) -> np.ndarray:
    return cv2.erode(area.astype(np.uint8), _disk(radius)) > 0


def _opened(area: np.ndarray) -> np.ndarray:
    """Without specks."""
    return cv2.morphologyEx(area.astype(np.uint8), cv2.MORPH_OPEN, _SQUARE) > 0


def filled(picture: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """uint8 [H,W,3] with the bool [H,W] hole filled softly from around it (pull and push, Gortler et al. 1996)."""
    if not hole.any():
        return picture
    weight: np.ndarray = (~hole).astype(np.float32)[..., None]
    levels: list[tuple[np.ndarray, np.ndarray]] = [(picture.astype(np.float32) * weight, weight)]
    while min(levels[-1][1].shape[:2]) > 2:
        height, width = levels[-1][1].shape[:2]
        size = max(1, width // 2), max(1, height // 2)
        color, weight = (np.asarray(cv2.resize(one, size, interpolation=cv2.INTER_AREA)) for one in levels[-1])
        levels.append((color, weight[..., None]))
    color, weight = levels.pop()
    result = color.sum((0, 1), keepdims=True) / max(float(weight.sum()), 1e-6) * np.ones_like(weight)
    result = np.where(weight > 1e-3, color / np.maximum(weight, 1e-3), result)
    for color, weight in reversed(levels):
        coarse = cv2.resize(result, weight.shape[1::-1], interpolation=cv2.INTER_LINEAR)
        result = color + (1 - weight) * coarse.reshape(color.shape)
    return np.where(hole[..., None], np.rint(result).clip(0, 255), picture).astype(np.uint8)
