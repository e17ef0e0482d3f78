"""Waveforms and curves of a timeline as pictures: only the columns that are seen, edges smooth."""

from functools import lru_cache

import numpy as np
from PySide6.QtGui import QColor, QImage

FEWER = 8
"""Each level of a waveform holds this many times fewer steps than the one before."""
GROUND = 0.35
"""Opacity under a curve."""


class Waveform:
    """Lowest and highest samples in levels of detail, so that a column of an hour costs what one of a second does."""

    def __init__(self, peaks: np.ndarray, per_second: float) -> None:
        level = np.ascontiguousarray(np.nan_to_num(peaks), np.float32)
        loudest = float(np.abs(level).max()) if len(level) else 0.0
        self.levels = [level / max(loudest, 0.05)]
        self.per_second = per_second
        while len(self.levels[-1]) > 4 * FEWER:
            finer = self.levels[-1]
            whole = finer[: len(finer) // FEWER * FEWER].reshape(-1, FEWER, 2)
            rest = finer[len(whole) * FEWER :]
            parts = [np.stack([whole[..., 0].min(1), whole[..., 1].max(1)], 1)]
            if len(rest):
                parts.append(np.array([[rest[:, 0].min(), rest[:, 1].max()]], np.float32))
            self.levels.append(np.concatenate(parts))

    def columns(self, start: float, stop: float, count: int) -> np.ndarray:
        """float32 [count,2]: lowest and highest in each of `count` equal parts of start to stop seconds; 0 outside."""
        each = (stop - start) / count * self.per_second
        number = 0
        while number + 1 < len(self.levels) and each >= 2 * FEWER ** (number + 1):
            number += 1
        level = self.levels[number]
        steps = np.linspace(start, stop, count + 1) * self.per_second / FEWER**number
        edges = np.clip(np.floor(steps).astype(int), 0, len(level))
        found = np.zeros((count, 2), np.float32)
        inside = np.flatnonzero((edges[:-1] < len(level)) & (steps[1:] > 0))
        if len(inside):
            first, last = edges[inside], np.maximum(edges[inside + 1], edges[inside] + 1)
            found[inside, 0] = _reduced(np.minimum, level[:, 0], first, last)
            found[inside, 1] = _reduced(np.maximum, level[:, 1], first, last)
        return found


def _reduced(over: np.ufunc, values: np.ndarray, first: np.ndarray, last: np.ndarray) -> np.ndarray:
    """A ufunc over values[first:last], pairs that rise and don't overlap by more than one value."""
    padded = np.append(values[: last[-1]], values[last[-1] - 1])
    pairs = np.stack([first, last], 1).ravel()
    return over.reduceat(padded, pairs)[::2]


def waveform_image(columns: np.ndarray, height: int, color: str) -> QImage:
    """The columns' spans around the middle, each at least one pixel high; what is quiet is lifted a little."""
    middle, reach = height / 2, height / 2 - 0.5
    lifted = np.sign(columns) * np.abs(columns) ** 0.75 * reach
    top, bottom = middle - np.maximum(lifted[:, 1], 0.5), middle - np.minimum(lifted[:, 0], -0.5)
    return _picture(_covered(top, bottom, height), color)


def curve_image(levels: np.ndarray, height: int, color: str, ratio: float = 1.0) -> QImage:
    """A line at levels [count] of 0..1 over a pale ground, `ratio` pixels thick; nothing where a level is NaN."""
    known = np.isfinite(levels)
    top = np.where(known, height - ratio - np.clip(np.nan_to_num(levels), 0, 1) * (height - 3 * ratio), height)
    ground = _covered(top, np.full(len(levels), height, float), height)
    beside = np.fmax(np.append(top[1:], top[-1:]), np.append(top[:1], top[:-1]))  # so that a steep line has no holes
    line = _covered(top, np.where(known, np.clip(beside, top + 1.3 * ratio, height), height), height)
    return _picture(np.maximum(np.float32(GROUND) * ground, line), color)


def curve_columns(times: np.ndarray, values: np.ndarray, start: float, stop: float, count: int) -> np.ndarray:
    """float32 [count]: the lowest value in each of `count` parts of start to stop; NaN outside and where none is known.

    A value holds until the next time, the last one as long as the one before it.
    """
    found = np.full(count, np.nan, np.float32)
    if not len(times):
        return found
    edges = np.linspace(start, stop, count + 1)
    end = times[-1] + (times[-1] - times[-2] if len(times) > 1 else 1.0)
    first = np.searchsorted(times, edges[:-1], "right") - 1
    last = np.searchsorted(times, edges[1:], "left")
    inside = np.flatnonzero((edges[1:] > times[0]) & (edges[:-1] < end))
    if len(inside):
        first = np.clip(first[inside], 0, len(times) - 1)
        last = np.maximum(last[inside], first + 1)
        found[inside] = _reduced(np.fmin, np.asarray(values, np.float32), first, last)
    return found


def _covered(top: np.ndarray, bottom: np.ndarray, height: int) -> np.ndarray:
    """float32 [height,count]: how much of each pixel lies between its column's top and bottom (pixels from above)."""
    rows = np.arange(height, dtype=np.float32)[:, None]
    covered = np.minimum(bottom.astype(np.float32), rows + 1)
    covered -= np.maximum(top.astype(np.float32), rows)
    return covered.clip(0, 1, out=covered)


def _picture(opacity: np.ndarray, color: str) -> QImage:
    """A color at opacity [height,count] of 0..1."""
    height, count = opacity.shape
    picture = _premultiplied(color).take((opacity * np.float32(255)).astype(np.uint8))
    made = QImage(picture.data, count, height, 4 * count, QImage.Format.Format_ARGB32_Premultiplied)
    return made.copy()  # which owns its pixels


@lru_cache(maxsize=16)
def _premultiplied(color: str) -> np.ndarray:
    """uint32 [256]: a color at each opacity, as QImage holds it."""
    one, alpha = QColor(color), np.arange(256, dtype=np.uint32)
    red, green, blue = (part * alpha // 255 for part in (one.red(), one.green(), one.blue()))
    return (alpha << 24 | red << 16 | green << 8 | blue).astype(np.uint32)
