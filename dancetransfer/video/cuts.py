"""Cuts between camera shots, found in very small pictures of all frames."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 32
"""Width and height of a signature; at 32 a dancer is still some ten cells high."""

FLASH_SECONDS = 0.35
"""A picture that is back after this long was covered or lit by a flash, not cut away from."""

NEAR = 8
"""A cut stands out from this many frames to either side."""

SHARE = 2.4
"""A cut is this many times the third largest change near it: the largest without a cut, of 16 real clips at
5 to 60 fps with pans, disco light and people walking in, was 2.0 times; the third, as two more cuts may be near."""

LEAST, STILL = 0.1, 0.01
"""Changes below LEAST are never a cut; those below STILL (repeated frames) say nothing about what is usual here."""


def signature(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame uint8 [H,W,3] as its gray miniature, uint8 [32,32]: 0.2 ms for 1920x1080."""
    import cv2

    step = max(1, min(image.shape[:2]) // (4 * SIDE))  # several samples for each cell are enough
    part = np.ascontiguousarray(image[::step, ::step])
    gray = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.resize(gray, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def shots(signatures: Any, times: Any = None) -> NDArray[np.int32]:
    """The number of the shot that each frame belongs to, int32 [T] from 0, out of signatures [T,32,32].

    `times` [T] seconds, rising; None: 30 frames per second. A cut is a change of the picture that
    stands out from those of the frames around it (a pan or a fast dance changes them all), and
    that stays (a flash goes). Brightness and contrast don't count. Dissolves are not found.
    """
    count = len(signatures)
    times = np.arange(count) / 30 if times is None else np.asarray(times, float)
    small = np.asarray(signatures)
    change = np.zeros(count)
    for start in range(1, count, 4096):  # an hour is a hundred thousand frames
        looks = _looks(small[start - 1 : start + 4096])
        change[start : start + len(looks) - 1] = _apart(looks[:-1], looks[1:])
    cuts = [at for at in np.flatnonzero(change > LEAST) if _stands_out(change, at) and _stays(small, times, change, at)]
    number = np.zeros(count, np.int32)
    number[cuts] = 1
    return np.cumsum(number, dtype=np.int32)


def _looks(small: np.ndarray) -> np.ndarray:
    """Signatures [N,32,32] freed of brightness and contrast, float32."""
    root = np.sqrt(small.astype(np.float32))  # so that noise is alike in light and shadow
    root -= root.mean((1, 2), keepdims=True)
    return root / np.maximum(root.std((1, 2), keepdims=True), 0.3)


def _apart(looks: np.ndarray, others: np.ndarray) -> np.ndarray:
    return np.abs(looks - others).mean((1, 2))


def _stands_out(change: np.ndarray, at: int) -> bool:
    """Whether the change into frame `at` is large against those near it."""
    near = np.concatenate([change[max(1, at - NEAR) : at], change[at + 1 : at + 1 + NEAR]])
    near = np.sort(near[near > STILL])
    usual = near[-3] if len(near) >= 3 else 0.0
    return bool(change[at] > SHARE * usual)


def _stays(small: np.ndarray, times: np.ndarray, change: np.ndarray, at: int) -> bool:
    """Whether neither the picture before frame `at` comes back soon nor that of `at` was there just before."""
    first, last = np.searchsorted(times, [times[at - 1] - FLASH_SECONDS, times[at] + FLASH_SECONDS])
    before, after = _looks(small[first:at]), _looks(small[at:last])
    nearest = min(_apart(before[-1:], after).min(), _apart(before, after[:1]).min())
    return bool(nearest > 0.6 * change[at])
