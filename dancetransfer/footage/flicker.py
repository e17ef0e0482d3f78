"""Light that flickers or drifts over a clip: what it does to the background, and how it is taken out of the frames."""

import cv2
import numpy as np

from dancetransfer.pose.crop import smooth_path
from dancetransfer.pose.steady import rescaled

WIDE = 32
"""Pixels across of the small pictures that are compared: the light is the whole picture's."""
SAMPLE = 60
"""Frames, spread over the clip, whose median is the usual light."""
NOTICED = 0.6
"""Levels of 255 by which the background's mean has to change for anything to be done."""
QUICK = 0.5
"""Levels of change within CALM_SECONDS from which on it is flicker; below it is the noise of the measurement."""
CALM_SECONDS = 0.3
DARK, BRIGHT = 6, 249
"""Beyond these a pixel is clipped and says nothing of the light."""
GAIN_SPREAD, OFFSET_SPREAD = 0.3, 3.0
"""How far the light is expected to go, where a bare wall can't tell a gain from an offset."""
BELIEVED = 0.5
"""The part of the background that has to agree on a frame's light."""


class Light:
    """Looks at the frames of a clip one after the other and tells at the end how bright each one was."""

    def __init__(self, size: tuple[int, int]) -> None:
        """`size`: (width, height) of the frames."""
        self.size = (WIDE, max(4, round(WIDE * size[1] / size[0])))
        self.scale = self.size[0] / size[0], self.size[1] / size[1]
        self.small: list[np.ndarray] = []
        self.free: list[np.ndarray] = []

    def look(self, image: np.ndarray, mask: np.ndarray, path: np.ndarray | None) -> None:
        """The next frame uint8 [H,W,3], its person's mask uint8 [h,w], and its way [2,3] to the plate's pixels."""
        small = cv2.resize(image, self.size, interpolation=cv2.INTER_AREA)
        person = cv2.dilate((cv2.resize(mask, self.size, interpolation=cv2.INTER_AREA) > 8).astype(np.uint8), _NEAR)
        if path is not None:
            matrix = rescaled(path, self.scale)
            small = cv2.warpAffine(small, matrix, self.size, borderMode=cv2.BORDER_REPLICATE)
            person = cv2.warpAffine(person, matrix, self.size, flags=cv2.INTER_NEAREST, borderValue=1)
        self.small.append(small)
        self.free.append((person == 0) & (small.min(-1) >= DARK) & (small.max(-1) <= BRIGHT))

    def result(self, time: np.ndarray) -> np.ndarray | None:
        """float64 [T,2,3] gain and offset per color of each frame against the usual light; None where it is steady."""
        count = len(self.small)
        if count < 2:
            return None
        usual, known = self._usual()
        middle = usual[known].mean(0) if known.any() else np.full(3, 128.0)
        found = np.tile(np.array([np.ones(3), np.zeros(3)]), (count, 1, 1))
        for n in range(count):
            both = self.free[n] & known
            if both.sum() >= WIDE:
                found[n] = _fitted(usual[both], self.small[n][both].astype(np.float64))
        change = found[:, 0] * middle + found[:, 1] - middle  # levels of the background's mean
        if np.percentile(np.abs(change), 98) < NOTICED:
            return None
        calm = smooth_path(found.reshape(count, 6), time[:count], CALM_SECONDS).reshape(count, 2, 3)
        beside = change - (calm[:, 0] * middle + calm[:, 1] - middle)
        return found if beside.std() > QUICK else calm

    def _usual(self) -> tuple[np.ndarray, np.ndarray]:
        """Median [h,w,3] over time of what is free, and where [h,w] it is known."""
        at = np.linspace(0, len(self.small) - 1, min(SAMPLE, len(self.small))).round().astype(int)
        stack = np.stack([self.small[n] for n in at]).astype(np.float64)
        free = np.stack([self.free[n] for n in at])
        known = free.sum(0) >= max(2, len(at) // 10)
        stack[~free] = np.nan
        usual = np.zeros(stack.shape[1:])
        usual[known] = np.nanmedian(stack[:, known], 0)
        return usual, known


_NEAR = np.ones((3, 3), np.uint8)


def _fitted(usual: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """[2,3] gain and offset that turn the usual colors [N,3] into those seen; nothing changes where few agree.

    Least squares with Tukey's weights, so that shadows and passers-by don't count; the three colors side by side.
    """
    x, y = np.ascontiguousarray(usual.T), np.ascontiguousarray(seen.T)
    square, product = x * x, x * y
    gain, offset = np.clip(np.median(y / np.maximum(x, 1), 1), 0.6, 1.6), np.zeros(3)
    for _ in range(4):
        left = y - gain[:, None] * x - offset[:, None]
        spread = np.maximum(1.0, 1.4826 * np.median(np.abs(left), 1))[:, None]
        weight = np.clip(1 - (left / (4.7 * spread)) ** 2, 0, None) ** 2 / spread**2
        xx, xy, sx, sy, whole = ((weight * one).sum(1) for one in (square, product, x, y, 1.0))
        xx, xy, whole = xx + 1 / GAIN_SPREAD**2, xy + 1 / GAIN_SPREAD**2, whole + 1 / OFFSET_SPREAD**2
        area = xx * whole - sx * sx  # a gain of 1 and no offset are expected
        gain, offset = (xy * whole - sy * sx) / area, (xx * sy - sx * xy) / area
    agreed = (np.abs(y - gain[:, None] * x - offset[:, None]) < 4 * spread).mean(1) >= BELIEVED
    sure = agreed & (gain > 0.6) & (gain < 1.6) & (spread[:, 0] < 12)
    return np.where(sure, np.stack([gain, offset]), [[1.0], [0.0]])


def relit(image: np.ndarray, light: np.ndarray | None) -> np.ndarray:
    """uint8 [H,W,3] as it would be in the usual light: `light` [2,3] gain and offset taken out."""
    if light is None:
        return image
    levels = np.arange(256.0)[:, None]
    table = np.rint((levels - light[1]) / light[0]).clip(0, 255).astype(np.uint8)
    return cv2.LUT(np.ascontiguousarray(image), table[None])
