"""Soft edges freed of the old background: the person's own color and coverage, from a layer and what was behind it."""

import cv2
import numpy as np

CORE = 0.9, 0.995
"""Alpha from which on, and at which wholly, a pixel holds nothing but the person."""
REACHES = 0.006, 0.015, 0.04
"""Sigmas of the windows in which a soft pixel looks for the person's colors, as parts of the layer's height: near
ones count first. Shadows that lie farther off stay as they are."""
NOISE = 20.0
"""Levels by which a mixed color may lie off the line between the two it is mixed of."""
CONTRAST = 20.0, 60.0
"""Levels between the person's color and the background's below which a mixture can't be told, and at which it can."""
MIXED = 0.1, 0.3
"""Share of background in a layer's color that is taken for an error of ours, and that is surely there."""


def unmixed(layer: np.ndarray, behind: np.ndarray) -> np.ndarray:
    """The layer with no background left in the color of its edges: uint8 [h,w,4] of its size.

    `layer` uint8 [h,w,4] color and alpha, `behind` uint8 [h,w,3] the background that it was learned over.
    A generator learns that layer over background is the picture, so where its mask is too wide its color holds
    background. The person's own color F is spread from where alpha is 1, weighted, near and far, as in the
    blur fusion of Forte (2021, "Approximate fast foreground colour estimation", eq. 4), and since B is known,
    so is alpha: the picture's place on the line from B to F (eq. 1, I = alpha F + (1 - alpha) B). It is only ever
    made smaller, so that over the old background the picture stays the same but for what lies off that line.
    Darkened background, that is shadow, is left alone, and so is what is not mixed.
    """
    whole = layer.astype(np.float32)
    around, near = _own_colors(whole)
    soft = np.nonzero((layer[..., 3] > 0) & (layer[..., 3] < 255))
    color, alpha = whole[soft][:, :3], whole[soft][:, 3:] / 255
    own, back = around[soft], behind[soft].astype(np.float32)
    picture = alpha * color + (1 - alpha) * back
    share, sure = _share(picture, own, back)
    sure *= near[soft] * _ramp(1 - share / alpha, *MIXED) * _ramp(-alpha, -0.99, -0.95)
    spread = np.zeros(layer.shape[:2], np.float32)
    spread[soft] = sure[:, 0]
    sure = cv2.blur(spread, (3, 3))[soft][:, None]  # a generator's edges are rough, pixel by pixel
    less = alpha + sure * (np.minimum(share, alpha) - alpha)
    pure = (picture - (1 - less) * back) / np.maximum(less, 1 / 255)
    color += sure * (own + less**2 * (pure - own) - color)
    result = layer.copy()
    result[soft] = np.rint(np.hstack([color, less * 255])).clip(0, 255)
    return result


def _share(picture: np.ndarray, own: np.ndarray, back: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How much of each color [N,3] is the person's `own`, the rest being `back`, and how sure that is, 0..1: [N,1]."""
    line = own - back
    length = np.sqrt(_dot(line, line))
    share = np.clip(_dot(picture - back, line) / np.maximum(length**2, 1), 0, 1)
    off = _norm(picture - back - share * line)
    light = np.clip(_dot(picture, back) / np.maximum(_dot(back, back), 1), 0, 1)
    off_shadow = _norm(picture - light * back)
    sure = np.clip(1.5 - off / NOISE, 0, 1) * _ramp(length, *CONTRAST)
    return share, sure * np.clip((off_shadow + 8) / (off + 1) - 1, 0, 1)  # no shadow explains it as well


def _own_colors(layer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The person's color around each pixel of float32 [h,w,4], [h,w,3], and 0..1 [h,w,1] whether there is any."""
    height, width = layer.shape[:2]
    core = cv2.erode(_ramp(layer[..., 3] / 255, *CORE), np.ones((3, 3), np.uint8))[..., None]
    weighted = np.dstack([layer[..., :3] * core, core])
    found = np.zeros_like(weighted)
    for reach in REACHES:
        sigma = max(reach * height, 0.8)
        coarse = max(1, int(sigma / 2))  # a wide window is as good on fewer pixels
        small = cv2.resize(weighted, (-(-width // coarse), -(-height // coarse)), interpolation=cv2.INTER_AREA)
        seen: np.ndarray = cv2.resize(cv2.GaussianBlur(small, (0, 0), sigma / coarse), (width, height))
        there = np.clip(seen[..., 3:] / 0.05, 0, 1) * (1 - found[..., 3:])
        seen[..., :3] = seen[..., :3] / np.maximum(seen[..., 3:], 1e-4)
        seen[..., 3] = 1
        found += there * seen
    return found[..., :3] / np.maximum(found[..., 3:], 1e-4), found[..., 3:]


def _ramp(value: np.ndarray, low: float, high: float) -> np.ndarray:
    """0 up to `low`, 1 from `high` on."""
    return np.clip((value - low) / (high - low), 0, 1)


def _dot(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    total: np.ndarray = (one * other).sum(-1, keepdims=True)
    return total


def _norm(vector: np.ndarray) -> np.ndarray:
    return np.sqrt(_dot(vector, vector))
