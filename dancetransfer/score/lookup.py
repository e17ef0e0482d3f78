"""The nearest-frame lookup: the baseline without learning that every generator must beat."""

from dataclasses import dataclass

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.learn.pairs import TRAIN, Footage
from dancetransfer.learn.plate import composite
from dancetransfer.pose.poses import (
    FEET,
    LEFT_ANKLE,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    VISIBLE,
)

COMPARED = slice(0, FEET.stop)
"""The joints that are compared: body and feet."""
SHARED = 0.5
"""A frame that shows less of the asked joints (by confidence) than this is taken only where none shows more."""

_SHOULDERS, _HIPS = [LEFT_SHOULDER, RIGHT_SHOULDER], [LEFT_HIP, RIGHT_HIP]
_KNEES, _ANKLES = [LEFT_KNEE, RIGHT_KNEE], [LEFT_ANKLE, RIGHT_ANKLE]
HEAD_SHARE, TRUNK_SHARE, THIGH_SHARE, SHIN_SHARE = 0.11, 0.288, 0.245, 0.246
"""Lengths over a person's height (Drillis and Contini 1966, after Winter 2009): shoulders to nose,
shoulders to hips, hip to knee, knee to ankle."""


@dataclass(frozen=True)
class Stand:
    """A pose's own frame of reference, each [T]: NaN where it can't be told."""

    pelvis: np.ndarray
    """[T,2] pixels: between the hips, or the shoulders where no hip is seen."""
    floor: np.ndarray
    """y of the lowest joint of legs and feet; the pelvis's where none is seen."""
    height: np.ndarray
    """Pixels, see `body_heights`."""


class Lookup:
    """The frames that training reads, to be found again by their poses.

    Distance: mean over body and feet of how far the joints are apart, with the pelvis at the origin
    and the height as unit, weighted by the product of both confidences.
    """

    def __init__(self, footage: list[Footage]) -> None:
        """UserError where the footage has no frame to train on."""
        self.footage = footage
        at = [np.flatnonzero(one.part == TRAIN) for one in footage]
        self._clip = np.repeat(np.arange(len(footage)), [len(part) for part in at])
        self._position = np.concatenate([*at, np.empty(0, int)]).astype(int)
        if not len(self._position):
            raise UserError("There is no frame of the person to look up.", "Add a longer video of the person.")
        xy = np.concatenate([one.poses.xy[part] for one, part in zip(footage, at, strict=True)])
        weight = np.concatenate([one.poses.confidence[part] for one, part in zip(footage, at, strict=True)])
        self._stand = stand_of(xy, weight)
        self._joints, self._weight = _normalized(xy, weight, self._stand)

    def nearest(self, xy: np.ndarray, confidence: np.ndarray) -> tuple[int, int]:
        """Number of the clip and position in its footage of the frame nearest to a pose.

        `xy` [133,2] pixels of any frame, `confidence` [133]. A pose that shows nothing gets the first.
        """
        found = self._nearest(xy[None], confidence[None])
        return int(self._clip[found]), int(self._position[found])

    def frame(self, xy: np.ndarray, confidence: np.ndarray, plate: np.ndarray, placed: bool) -> np.ndarray:
        """uint8 [H,W,3]: the nearest frame's person over the plate.

        `placed`: scaled to the asked height, its pelvis moved to the asked x and its lowest foot to
        the asked floor; else where the person stood. The pose is in the plate's pixels. A pose in
        which nobody is gives the plate alone.
        """
        asked = stand_of(xy[None], confidence[None])
        if not np.isfinite(asked.pelvis).all():
            return plate.copy()
        found = self._nearest(xy[None], confidence[None])
        footage, position = self.footage[self._clip[found]], self._position[found]
        box = footage.boxes[position]
        if placed:
            box = self._moved(box, found, asked)
        return composite(plate, np.asarray(footage.crops[position]), box)

    def _nearest(self, xy: np.ndarray, confidence: np.ndarray) -> int:
        joints, asked = _normalized(xy, confidence, stand_of(xy, confidence))
        weight = self._weight * asked
        right, down = self._joints[..., 0] - joints[..., 0], self._joints[..., 1] - joints[..., 1]
        apart = np.sqrt(right * right + down * down)  # five times as fast as np.linalg.norm
        shared = weight.sum(1)
        distance = (weight * apart).sum(1) / np.maximum(shared, 1e-6)
        # Frames that hardly show what is asked come after all others, the least showing last.
        few = shared < SHARED * (asked * asked).sum()
        return int(np.argmin(np.where(few, 1e6 - shared, distance)))

    def _moved(self, box: np.ndarray, found: int, asked: Stand) -> np.ndarray:
        scale = asked.height[0] / self._stand.height[found]
        if not np.isfinite(scale):
            scale = 1.0
        old = np.array([self._stand.pelvis[found, 0], self._stand.floor[found]])
        new = np.array([asked.pelvis[0, 0], asked.floor[0]])
        # Joints count pixel centers, boxes pixel edges: half a pixel between them.
        return np.tile(new + 0.5, 2) + scale * (box - np.tile(old + 0.5, 2))


def body_heights(xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """float64 [T], pixels: a person's standing height told from single poses [T,133,2], crouched or not.

    The sum of the lengths nose - shoulders - hips - knee - ankle (of left and right the longer),
    over the share of a height that they are; NaN where none of them is seen.
    """
    joints = _seen(xy, confidence)
    shoulders, hips = _middle(joints, _SHOULDERS), _middle(joints, _HIPS)
    pieces = (
        (np.linalg.norm(joints[:, NOSE] - shoulders, axis=-1), HEAD_SHARE),
        (np.linalg.norm(shoulders - hips, axis=-1), TRUNK_SHARE),
        (_longer(joints[:, _HIPS] - joints[:, _KNEES]), THIGH_SHARE),
        (_longer(joints[:, _KNEES] - joints[:, _ANKLES]), SHIN_SHARE),
    )
    length = sum(np.nan_to_num(piece) for piece, _ in pieces)
    share = sum(np.isfinite(piece) * part for piece, part in pieces)
    with np.errstate(divide="ignore", invalid="ignore"):
        height = np.asarray(length / share, np.float64)
    return np.where(height > 0, height, np.nan)


def stand_of(xy: np.ndarray, confidence: np.ndarray) -> Stand:
    """Pelvis, floor and height of poses [T,133,2] with confidence [T,133]."""
    joints = _seen(xy, confidence)
    hips, shoulders = _middle(joints, _HIPS), _middle(joints, _SHOULDERS)
    pelvis = np.where(np.isfinite(hips), hips, shoulders)
    legs = [*_KNEES, *_ANKLES, *range(FEET.start, FEET.stop)]
    lowest = np.fmax.reduce(joints[:, legs, 1], axis=1)
    floor = np.where(np.isfinite(lowest), lowest, pelvis[:, 1])
    return Stand(pelvis, floor, body_heights(xy, confidence))


def _normalized(xy: np.ndarray, confidence: np.ndarray, stand: Stand) -> tuple[np.ndarray, np.ndarray]:
    """Joints [T,23,2] in heights around the pelvis, and their weights [T,23]; 0 where not seen."""
    with np.errstate(divide="ignore", invalid="ignore"):
        joints = (xy[:, COMPARED] - stand.pelvis[:, None]) / stand.height[:, None, None]
    seen = (confidence[:, COMPARED] >= VISIBLE) & np.isfinite(joints).all(-1)
    weight = np.where(seen, confidence[:, COMPARED], 0).astype(np.float32)
    return np.where(seen[..., None], joints, 0).astype(np.float32), weight


def _seen(xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    return np.where((confidence >= VISIBLE)[..., None], xy, np.nan)[:, COMPARED].astype(np.float64)


def _middle(joints: np.ndarray, of: list[int]) -> np.ndarray:
    """Mean [T,2] of the given ones of some joints; NaN where none is."""
    points = joints[:, of]
    given = np.isfinite(points).all(-1, keepdims=True)
    count = given.sum(1)
    return np.where(count > 0, np.where(given, points, 0).sum(1) / np.maximum(count, 1), np.nan)


def _longer(limbs: np.ndarray) -> np.ndarray:
    """The longer [T] of the limbs [T,2,2] that are given."""
    return np.fmax.reduce(np.linalg.norm(limbs, axis=-1), axis=1)
