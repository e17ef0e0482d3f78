"""The limbs that a person is taken apart into: their bones, what they hang on, and which lie in front."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dancetransfer.pose.names import SIDES
from dancetransfer.pose.poses import (
    FACE,
    JOINTS,
    LEFT_ANKLE,
    LEFT_BIG_TOE,
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_EYE,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_SMALL_TOE,
    LEFT_WRIST,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_BIG_TOE,
    RIGHT_EAR,
    RIGHT_ELBOW,
    RIGHT_EYE,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_SMALL_TOE,
    RIGHT_WRIST,
    VISIBLE,
)
from dancetransfer.pose.space import SHIN_SHARE, THIGH_SHARE, TRUNK_SHARE, stand_of

TRUNK, HEAD = 0, 1
ARMS = ((2, 3, 4), (5, 6, 7))
"""Upper arm, forearm and hand, left and right."""
LEGS = ((8, 9, 10), (11, 12, 13))
"""Thigh, shin and foot."""
ENDS = (ARMS[0][2], ARMS[1][2], LEGS[0][2], LEGS[1][2])
"""Hands and feet, which are never drawn out."""
COUNT = 14
PARENT = (-1, 0, 0, 2, 3, 0, 5, 6, 0, 8, 9, 0, 11, 12)
FIRST = (-1, -1, LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST, RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST,
         LEFT_HIP, LEFT_KNEE, LEFT_ANKLE, RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE)  # fmt: skip
"""The joint at which a limb hangs."""
LAST = (-1, -1, LEFT_ELBOW, LEFT_WRIST, -1, RIGHT_ELBOW, RIGHT_WRIST, -1, LEFT_KNEE, LEFT_ANKLE, -1, RIGHT_KNEE,
        RIGHT_ANKLE, -1)  # fmt: skip
"""The joint at which it ends; hands, feet and the head end at none."""
RADIUS = np.array([0.10, 0.075, *(0.032, 0.026, 0.030) * 2, *(0.050, 0.036, 0.034) * 2])
"""Half a limb's width in heights, clothes and all: what is looked for where the mask doesn't tell."""
HAND_LENGTH, FOOT_LENGTH = 0.085, 0.06
"""Heights, wrist to knuckles and beyond; the foot as seen from the front."""
ASIDE = 0.12
"""Distance of the shoulders in heights, to the right where the person faces the camera, below which it is seen
from the side. Measured from front to side, it goes from 0.22 to 0."""

LONG = 8
"""Power mean of bone lengths: the shorter ones point to the camera."""
HIPS_WIDER = 1.7
"""Shoulders are about that much wider than hips, by their joints."""


@dataclass(frozen=True)
class Bones:
    """The bones of one pose, NaN where they aren't known. All in the same pixels as the joints they were made of."""

    start: np.ndarray
    """float64 [14,2]"""
    end: np.ndarray
    head: np.ndarray
    """float64 [6,2]: nose, eyes, ears and the middle of the shoulders."""
    shoulders: np.ndarray
    """float64 [2,2] left, right; both or none."""
    hips: np.ndarray
    height: float

    @cached_property
    def known(self) -> np.ndarray:
        """bool [14]"""
        return np.isfinite(self.start).all(1) & np.isfinite(self.end).all(1)

    @cached_property
    def lengths(self) -> list[float]:
        """[14] in heights, NaN where unknown."""
        return [math.hypot(*one) / self.height for one in self.end - self.start]

    @cached_property
    def facing(self) -> float:
        """How far the left shoulder and hip lie to the right of the right ones, in heights: below 0 from behind."""
        apart = np.array(
            [self.shoulders[0, 0] - self.shoulders[1, 0], HIPS_WIDER * (self.hips[0, 0] - self.hips[1, 0])]
        )
        given = apart[np.isfinite(apart)]
        return float(given.mean() / self.height) if len(given) else 0.0

    def moved(self, matrix: np.ndarray) -> "Bones":
        """In other pixels, by a matrix [3,3] that scales both ways alike."""
        start, end, head, shoulders, hips = (
            one @ matrix[:2, :2].T + matrix[:2, 2]
            for one in (self.start, self.end, self.head, self.shoulders, self.hips)
        )
        return Bones(start, end, head, shoulders, hips, self.height * abs(matrix[0, 0]))


def bones_of(xy: np.ndarray, confidence: np.ndarray) -> Bones:
    """The bones of a pose [133,2] with confidence [133]."""
    joints = np.where((np.asarray(confidence) >= VISIBLE)[:, None], xy, np.nan).astype(np.float64)
    height = _height(joints)
    if height is None:
        height = float(stand_of(joints[None], np.asarray(confidence)[None]).height[0])
    start, end = np.full((COUNT, 2), np.nan), np.full((COUNT, 2), np.nan)
    shoulders, hips = _pairs(joints[[LEFT_SHOULDER, RIGHT_SHOULDER]], joints[[LEFT_HIP, RIGHT_HIP]], height)
    start[TRUNK], end[TRUNK] = hips.mean(0), shoulders.mean(0)
    for limb in range(2, COUNT):
        start[limb] = joints[FIRST[limb]]
        if LAST[limb] >= 0:
            end[limb] = joints[LAST[limb]]
    head = joints[[NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR]]
    start[HEAD], end[HEAD] = end[TRUNK], _head_end(head, end[TRUNK])
    hands, toes = (LEFT_HAND, RIGHT_HAND), ((LEFT_BIG_TOE, LEFT_SMALL_TOE), (RIGHT_BIG_TOE, RIGHT_SMALL_TOE))
    for side in range(2):
        _, fore, hand = ARMS[side]
        end[hand] = _hand_end(joints[hands[side]], start[hand], end[fore] - start[fore], height)
        _, _, foot = LEGS[side]
        end[foot] = _mean(joints[list(toes[side])])
        if not np.isfinite(end[foot]).all():
            end[foot] = start[foot] + (0, FOOT_LENGTH * height)
    return Bones(start, end, np.vstack([head, end[TRUNK]]), shoulders, hips, height)


def order(bones: Bones) -> list[tuple[int, ...]]:
    """The limbs from back to front, those of a chain together and from its root on.

    Whoever faces the camera has the arms before the trunk, whoever shows the back behind it; from the side
    the far arm is behind and the far leg, too.
    """
    turned, gaze = bones.facing, _gaze(bones)
    near = 1 if gaze > 0 else 0  # who looks to the right shows the right side
    legs = [LEGS[1 - near], LEGS[near]]
    if abs(turned) < ASIDE and gaze:
        return [ARMS[1 - near], legs[0], (TRUNK,), legs[1], (HEAD,), ARMS[near]]
    feet = np.nan_to_num(bones.start[[LEGS[0][2], LEGS[1][2]], 1])
    legs = [LEGS[0], LEGS[1]] if feet[0] < feet[1] else [LEGS[1], LEGS[0]]  # the nearer foot stands lower
    if turned < 0:
        return [*ARMS, (TRUNK,), *legs, (HEAD,)]
    return [(TRUNK,), *legs, (HEAD,), *ARMS]


def _height(joints: np.ndarray) -> float | None:
    """Height by trunk, thighs and shins, of which those count that are seen at their full length; None: too few."""
    shoulders, hips = joints[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(0), joints[[LEFT_HIP, RIGHT_HIP]].mean(0)
    knees, ankles = joints[[LEFT_KNEE, RIGHT_KNEE]], joints[[LEFT_ANKLE, RIGHT_ANKLE]]
    bones = np.vstack([shoulders - hips, joints[[LEFT_HIP, RIGHT_HIP]] - knees, knees - ankles])
    lengths = np.linalg.norm(bones, axis=1) / [TRUNK_SHARE, THIGH_SHARE, THIGH_SHARE, SHIN_SHARE, SHIN_SHARE]
    lengths = lengths[np.isfinite(lengths)]
    return float((lengths**LONG).mean() ** (1 / LONG)) if len(lengths) > 1 else None


def _pairs(shoulders: np.ndarray, hips: np.ndarray, height: float) -> tuple[np.ndarray, np.ndarray]:
    """Shoulders and hips [2,2], the missing ones put where they are on a body that stands upright."""
    pairs = []
    for own, other, down in ((shoulders, hips, -TRUNK_SHARE), (hips, shoulders, TRUNK_SHARE)):
        given, known = np.isfinite(own).all(1), np.isfinite(other).all(1)
        wide = other[0] - other[1] if known.all() else np.zeros(2)
        if given.sum() == 1:
            own = np.where(given[:, None], own, own[given][0] - wide if given[0] else own[given][0] + wide)
        elif not given.any():
            own = other + np.array([0, down * height])
        pairs.append(own)
    return pairs[0], pairs[1]


def _gaze(bones: Bones) -> float:
    """Which way the face looks: below 0 to the left of the picture, 0 where that can't be told."""
    ears = _mean(bones.head[3:5])
    ahead = bones.head[0] - (ears if np.isfinite(ears).all() else bones.head[5])
    return float(np.nan_to_num(ahead[0]))


def _head_end(head: np.ndarray, neck: np.ndarray) -> np.ndarray:
    """The middle of the head."""
    for some in (head[3:5], head[1:3], head[:1]):
        if np.isfinite(middle := _mean(some)).all():
            return middle
    return np.full(2, np.nan)


def _hand_end(hand: np.ndarray, wrist: np.ndarray, forearm: np.ndarray, height: float) -> np.ndarray:
    """Where the fingers begin; straight on from the forearm where the hand isn't seen well."""
    seen = np.isfinite(hand).all(1)
    along = hand[seen].mean(0) - wrist if seen.sum() > 10 else forearm
    length = np.linalg.norm(along)
    return wrist + along / max(length, 1e-6) * HAND_LENGTH * height


def _mean(points: np.ndarray) -> np.ndarray:
    given = points[np.isfinite(points).all(1)]
    return given.mean(0) if len(given) else np.full(2, np.nan)


def mirror(xy: np.ndarray, confidence: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints [133,2] and their confidence [133] in a mirror in the middle of a box (pixel edges)."""
    order = np.arange(JOINTS)
    left, right = (list(side) for side in SIDES["all"])
    order[left], order[right] = right, left
    order[FACE] = FACE.start + np.array(_FACE_MIRRORED)
    turned = np.asarray(xy, np.float64)[order]
    turned[:, 0] = box[0] + box[2] - 1 - turned[:, 0]
    return turned, np.asarray(confidence)[order]


_FACE_MIRRORED = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37,
    36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
)  # fmt: skip
"""The 68 points of the face (iBUG 300-W order) seen in a mirror."""
