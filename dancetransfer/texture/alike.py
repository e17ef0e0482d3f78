"""How alike a clip's frames are: numbers of small pictures and poses whose distance tells it, in units of a step."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from dancetransfer.pose.poses import VISIBLE, Poses

MEASURED = 320
"""Pixels of the longer side at which two pictures are compared: noise is gone, a hand is still there."""
CELLS = 2400
"""Cells of the small pictures that are searched through: 65x37 of a wide one."""
VALUES = 60_000_000
"""Numbers in the features of a clip at most, 240 MB: a long clip gets fewer cells."""
POSES = 0.5
"""How much a step of the pose counts against a step of the picture: it tells what moves, but knows no cloth."""
JOINTS = slice(0, 23)
"""Body and feet: what hands and face do is in the picture, and their joints are noisy."""

Curve = NDArray[np.float64]


def measured(image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """RGB uint8 [H,W,3] at the size of comparing; values as stored, whose steps the eye sees evenly."""
    scale = min(1.0, MEASURED / max(image.shape[:2]))
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA) if scale < 1 else image
    return small.astype(np.float32)


def error(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """How far two measured pictures are apart: root mean square over pixels and colors, 0..255."""
    return float(np.sqrt(np.square(one - other).mean()))


class Looks:
    """What is gathered of a clip's frames while they pass by once; memory is bounded whatever its length."""

    def __init__(self, frames: int) -> None:
        self._cells = int(np.clip(VALUES / 3 / max(1, frames), 64, CELLS))
        self._frames = frames
        self._small: NDArray[np.float32] | None = None
        self._first: NDArray[np.float32] | None = None
        self._last: NDArray[np.float32] | None = None
        self._count = 0
        self.errors = np.zeros(max(0, frames - 1))
        """[T-1] `error` of each frame and the next."""
        self.spread = 0.0
        """The largest `error` of any frame and the first."""

    def add(self, image: NDArray[np.uint8]) -> None:
        """The next frame, RGB uint8 [H,W,3]."""
        picture = measured(image)
        if self._last is not None:
            self.errors[self._count - 1] = error(self._last, picture)
        self._first = picture if self._first is None else self._first
        self.spread = max(self.spread, error(self._first, picture))
        self._last = picture
        height, width = picture.shape[:2]
        scale = min(1.0, np.sqrt(self._cells / (width * height)))
        size = max(1, round(width * scale)), max(1, round(height * scale))
        blurred = cv2.GaussianBlur(picture, (0, 0), 0.5 / scale)
        cells = cv2.resize(blurred, size, interpolation=cv2.INTER_AREA).ravel()
        if self._small is None:
            self._small = np.zeros((self._frames, len(cells)), np.float32)
        self._small[self._count] = cells
        self._count += 1

    def features(self, poses: Poses | None = None) -> NDArray[np.float32]:
        """[T,F], of which the usual distance of a frame to the next is 1.

        With the `poses` of the frames where they are known. A clip that stands still, so that a
        usual step is nothing, is measured by its mean step, one without any by one gray value.
        """
        assert self._small is not None and self._count == self._frames
        pictures = self._small - self._small.mean(0)
        pictures /= _step(pictures)
        if poses is None or not poses.present.any():
            return pictures
        moved = _joints(poses)
        moved *= POSES / _step(moved)
        both = np.hstack([pictures, moved])
        both /= _step(both)
        return both


def usual(errors: Curve) -> tuple[float, float]:
    """The clip's own steps: their median, and what 95 of 100 do not exceed."""
    if not len(errors):
        return 0.0, 0.0
    return float(np.median(errors)), float(np.quantile(errors, 0.95))


def _step(features: NDArray[np.float32]) -> float:
    steps = np.array([np.linalg.norm(b - a) for a, b in pairwise(features)])
    least = 1e-3 * np.sqrt(features.shape[1])
    for step in (np.median(steps), steps.mean()) if len(steps) else ():
        if step > least:
            return float(step)
    return float(np.sqrt(features.shape[1]))


def _joints(poses: Poses) -> NDArray[np.float32]:
    """[T,46] places of the joints, filled in over time where they are not known."""
    xy = poses.xy[:, JOINTS].reshape(len(poses), -1).astype(np.float32)
    known = np.repeat(poses.confidence[:, JOINTS] >= VISIBLE, 2, axis=1) & np.isfinite(xy)
    at = np.arange(len(poses))
    for column in range(xy.shape[1]):
        good = known[:, column]
        xy[:, column] = np.interp(at, at[good], xy[good, column]) if good.any() else 0
    return xy
