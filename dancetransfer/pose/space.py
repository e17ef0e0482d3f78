"""Poses without size and place: joints around the pelvis in units of the body's height, and how far two are apart."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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

COMPARED = FEET.stop
"""The first 23 joints are compared: body and feet."""
SHARED = 0.5
"""A pose that shows less of the asked joints (by confidence) than this is nearer than no other."""
UNLIKE = 1e3
"""About the distance to a pose that hardly shows what is asked."""

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


@dataclass(frozen=True)
class Normalized:
    """T poses in heights around the pelvis, joints first so that each is one row."""

    x: np.ndarray
    """float32 [23,T], to the right of the picture; 0 where not seen."""
    y: np.ndarray
    """float32 [23,T], down."""
    weight: np.ndarray
    """float32 [23,T]: confidence, 0 where not seen."""

    def __getitem__(self, part: slice | np.ndarray) -> "Normalized":
        """Some of the poses."""
        return Normalized(self.x[:, part], self.y[:, part], self.weight[:, part])


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


def normalized(xy: np.ndarray, confidence: np.ndarray, stand: Stand | None = None) -> Normalized:
    """Poses [T,133,2] with confidence [T,133] without their size and place."""
    stand = stand or stand_of(xy, confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        joints = (xy[:, :COMPARED] - stand.pelvis[:, None]) / stand.height[:, None, None]
    seen = (confidence[:, :COMPARED] >= VISIBLE) & np.isfinite(joints).all(-1)
    weight = np.where(seen, confidence[:, :COMPARED], 0)
    joints = np.where(seen[..., None], joints, 0)
    x, y, weight = (np.ascontiguousarray(one.T, np.float32) for one in (joints[..., 0], joints[..., 1], weight))
    return Normalized(x, y, weight)


def distances(asked: Normalized, shown: Normalized, joints: Sequence[int] = range(COMPARED)) -> np.ndarray:
    """float32 [A,S], heights: mean over the joints of how far they are apart, weighted by both confidences.

    Poses that show less than `SHARED` of the asked joints come after all others, those that show
    least last (`UNLIKE` less what they show). A pose that asks nothing is 0 from every other.
    """
    shape = asked.x.shape[1], shown.x.shape[1]
    total, apart, other = np.zeros(shape, np.float32), np.empty(shape, np.float32), np.empty(shape, np.float32)
    for joint in joints:
        np.subtract(asked.x[joint, :, None], shown.x[joint], out=apart)
        np.subtract(asked.y[joint, :, None], shown.y[joint], out=other)
        apart *= apart
        other *= other
        apart += other
        np.sqrt(apart, out=apart)
        apart *= shown.weight[joint]
        apart *= asked.weight[joint, :, None]
        total += apart
    chosen = list(joints)
    shared = asked.weight[chosen].T @ shown.weight[chosen]
    few = shared < SHARED * np.square(asked.weight[chosen]).sum(0)[:, None]
    return np.where(few, np.float32(UNLIKE) - shared, total / np.maximum(shared, 1e-6))


def _seen(xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    return np.where((confidence >= VISIBLE)[..., None], xy, np.nan)[:, :COMPARED].astype(np.float64)


def _middle(joints: np.ndarray, of: list[int]) -> np.ndarray:
    """Mean [T,2] of the given ones of some joints; NaN where none is."""
    points = joints[:, of]
    given = np.isfinite(points).all(-1, keepdims=True)
    count = given.sum(1)
    return np.where(count > 0, np.where(given, points, 0).sum(1) / np.maximum(count, 1), np.nan)


def _longer(limbs: np.ndarray) -> np.ndarray:
    """The longer [T] of the limbs [T,2,2] that are given."""
    return np.fmax.reduce(np.linalg.norm(limbs, axis=-1), axis=1)
