"""Cuts between camera shots, found in very small pictures of all frames."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 32
"""Width and height of a signature; at 32 a dancer is still some ten cells high."""

FLASH_SECONDS = 0.35
"""A picture that is back after this long was covered or lit by a flash, not cut away from."""

NEAR, NEAR_SECONDS = 8, 2.0
"""A cut stands out from this many changes to either side, within this long."""

SHARE = 2.6
"""A cut is this many times the third largest change near it (two more cuts may be near). The most without a
cut was 2.35 in 16 real clips at 5 to 60 fps with pans, disco light and people walking in; under 2.2 in all but one."""

LEAST, STILL = 0.1, 0.01
"""Changes below LEAST are never a cut; those below STILL (repeated frames) say nothing about what is usual here."""

BLOCK = 4096


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
    that stays (a flash goes). Light that changes, evenly or in one corner, changes less than the
    picture's edges do, and doesn't count. Dissolves are not found.
    """
    small = np.asarray(signatures, np.uint8)
    times = np.arange(len(small)) / 30 if times is None else np.asarray(times, float)
    change = np.zeros(len(small))
    for start in range(1, len(small), BLOCK):
        looks = _looks(small[start - 1 : start + BLOCK])
        change[start : start + len(looks) - 1] = _apart(looks[:-1], looks[1:])
    able = [int(at) for at in np.flatnonzero(change > LEAST) if _stands_out(change, times, int(at))]
    number = np.zeros(len(small), np.int32)
    number[[at for at in able if _stays(small, times, change, at, able)]] = 1
    return np.cumsum(number, dtype=np.int32)


def _looks(small: np.ndarray) -> np.ndarray:
    """Signatures [N,32,32] in two ways, float32 [N,32,32,2]: freed of brightness and contrast over all, and in places.

    The first sees large areas, the second edges alone, which stay where the light changes.
    """
    import cv2

    root = np.sqrt(small.astype(np.float32))  # so that noise is alike in light and shadow
    looks = np.empty((*root.shape, 2), np.float32)
    for picture, look in zip(root, looks, strict=True):
        even = picture - picture.mean()
        look[..., 0] = even / max(float(picture.std()), 0.3)
        edges = picture - cv2.blur(picture, (7, 7))
        look[..., 1] = edges / np.sqrt(cv2.blur(edges * edges, (7, 7)) + 0.36)
    return looks


def _apart(looks: np.ndarray, others: np.ndarray) -> np.ndarray:
    """How different pictures are, [N]: 0 the same, over 0.6 mostly another place."""
    return np.abs(looks - others).mean((1, 2)).min(-1)


def _stands_out(change: np.ndarray, times: np.ndarray, at: int) -> bool:
    """Whether the change into frame `at` is large against those near it."""
    first, last = np.searchsorted(times, [times[at] - NEAR_SECONDS, times[at] + NEAR_SECONDS])
    before, after = change[first:at], change[at + 1 : last]
    near = np.sort(np.concatenate([before[before > STILL][-NEAR:], after[after > STILL][:NEAR]]))
    return len(near) < 3 or bool(change[at] > SHARE * near[-3])


def _stays(small: np.ndarray, times: np.ndarray, change: np.ndarray, at: int, able: list[int]) -> bool:
    """Whether neither the picture before frame `at` comes back soon nor that of `at` was there just before."""
    first = int(np.searchsorted(times, times[at - 1] - FLASH_SECONDS))
    last = int(np.searchsorted(times, times[at] + FLASH_SECONDS, "right"))
    before, after = _looks(small[first:at]), _looks(small[at:last])
    back, gone = _apart(before[-1:], after), _apart(before, after[:1])
    if min(back.min(), gone.min()) < 0.6 * change[at]:
        return False
    # A flash over a moving picture: it ends with a change like its first, and the two ends are more alike.
    ends = [back[other - at] for other in able if at < other < last]
    begins = [gone[other - 1 - first] for other in able if first < other < at]
    return min([*ends, *begins, np.inf]) > 0.8 * change[at]
