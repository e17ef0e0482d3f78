"""Left and right that an estimator mixed up for a while, put right again."""

from dataclasses import replace

import numpy as np

from dancetransfer.pose.poses import (
    FACE,
    FEET,
    JOINTS,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Poses,
)

UPPER = np.array([(5, 6), (7, 8), (9, 10)])
LOWER = np.array([(11, 12), (13, 14), (15, 16), (17, 20), (18, 21), (19, 22)])
HANDS = np.stack([np.arange(LEFT_HAND.start, LEFT_HAND.stop), np.arange(RIGHT_HAND.start, RIGHT_HAND.stop)], 1)
GROUPS = (UPPER, LOWER)

AS_GIVEN, ARMS, LEGS, BOTH = range(4)
"""States of a frame: bit 1 the arms, bit 2 the legs have changed their sides."""
STATES = np.array([[(state >> bit) & 1 for bit in (0, 1)] for state in range(4)])

LEFT_EYE, RIGHT_EYE = slice(FACE.start + 42, FACE.start + 48), slice(FACE.start + 36, FACE.start + 42)

LINK_SECONDS = 0.3
"""Frames further apart than this say nothing about each other."""

CHANGE, STAY = 8.0, 1.0
"""Nats that it costs to begin or end a swap of arms or legs (half of it at a shot's beginning), and to stay swapped
for a second."""

TWIST, FACING = 6.0, 6.0
"""Nats per second for shoulders turned against the hips, and against the face."""

NEAR = 8
"""Frames to either side that say what is usual."""

FINEST = 0.008
"""The least deviation from a joint's expected place that counts as one, in heights: detectors tremble that much."""


def repair(poses: Poses) -> tuple[Poses, np.ndarray]:
    """The track with mixed-up sides put right, and what was done: int [T], 0 nothing, 1 arms, 2 legs, 3 both.

    A Viterbi path over the four states of each frame (as given; arms, legs or both exchanged),
    shot by shot. What a pair of frames costs is how far the joints lie from where the motion so far
    leads, in units of what is usual around there (a Cauchy distribution each, so that an outlier can't
    decide): limbs that cross go straight on, swapped ones jump. Going by places alone would see legs
    that pass each other bounce. A swap must be better by `CHANGE` at its beginning and at its end. What
    motion can't tell (a stretch swapped from a shot's first frame on), the face does where
    it is seen, whose sides are as given always: shoulders that look the other way cost `FACING`.
    A hand that then lies at the other arm's wrist goes there.
    """
    state = np.zeros(len(poses), np.int64)
    for shot in np.unique(poses.shot):
        at = np.flatnonzero(poses.shot == shot)
        state[at] = _path(poses[at])
    return _exchanged(poses, state), state


def _path(poses: Poses) -> np.ndarray:
    """The best states int [T] of one shot."""
    state = np.zeros(len(poses), np.int64)
    body = np.where(poses.visible[:, : FEET.stop, None], poses.xy[:, : FEET.stop], np.nan).astype(float)
    seen = np.flatnonzero(
        np.isfinite(body[:, UPPER.ravel()]).any((1, 2)) | np.isfinite(body[:, LOWER.ravel()]).any((1, 2))
    )
    if len(seen) < 3:
        return state
    times = poses.time[seen]
    height = np.nanmedian(np.nanmax(np.nanmax(body[seen], 1) - np.nanmin(body[seen], 1), -1))
    motion = [_motion(body[seen][:, pairs] / height, times) for pairs in GROUPS]
    still = _standing(poses[seen], times, float(height))
    state[seen] = _viterbi(motion, still, times)
    return state


def _motion(pairs: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Nats [T,2,2,2]: the cost of frame t for the sides (as given, exchanged) of frames t-2, t-1 and t.

    pairs [T,P,2,2]: left and right joints of a group in heights. The expectation is the place of t-1
    moved on with the speed from t-2 on, or the place itself where it lies nearer.
    """
    sides = np.stack([pairs, pairs[:, :, ::-1]])  # as given, exchanged
    off = np.full((len(times), 2, 2, 2, *pairs.shape[1:3]), np.nan)
    step = np.diff(times)
    for old in (0, 1):
        for last in (0, 1):
            for now in (0, 1):
                jump = sides[now, 1:] - sides[last, :-1]
                off[1:, old, last, now] = np.hypot(jump[..., 0], jump[..., 1])
                if len(times) > 2:
                    speed = (sides[last, 1:-1] - sides[old, :-2]) / step[:-1, None, None, None]
                    ahead = jump[1:] - speed * step[1:, None, None, None]
                    off[2:, old, last, now] = np.fmin(off[2:, old, last, now], np.hypot(ahead[..., 0], ahead[..., 1]))
    usual = _usual(off[:, 0, 0, 0])
    nats = np.log1p((off / usual[:, None, None, None]) ** 2)
    nats[_apart(times)] = 0
    return np.nan_to_num(nats).sum((-1, -2))


def _usual(off: np.ndarray) -> np.ndarray:
    """How far off joints [T,P,2] usually are around each frame, [T,1,1]."""
    flat, usual = off.reshape(len(off), -1), np.full(len(off), FINEST)
    for start in range(0, len(off), NEAR // 2):
        near = flat[max(0, start - NEAR) : start + NEAR + NEAR // 2]
        if np.isfinite(near).any():
            usual[start : start + NEAR // 2] = max(FINEST, np.nanmedian(near))
    return usual[:, None, None]


def _apart(times: np.ndarray) -> np.ndarray:
    """bool [T]: the frame has nothing to do with the one before it."""
    return np.concatenate([[True], np.diff(times) > LINK_SECONDS + 1e-6])


def _standing(poses: Poses, times: np.ndarray, height: float) -> np.ndarray:
    """Nats [T,4] for each state of each frame by itself: shoulders against hips and face, and being swapped at all."""
    xy = np.where(poses.visible[..., None], poses.xy, np.nan).astype(float) / height
    shoulders, hips = xy[:, LEFT_SHOULDER] - xy[:, RIGHT_SHOULDER], xy[:, LEFT_HIP] - xy[:, RIGHT_HIP]
    eyes = xy[:, LEFT_EYE].mean(1) - xy[:, RIGHT_EYE].mean(1)
    # 1 and -1 from about half the width that they have from the front.
    turned = np.clip(np.nan_to_num((shoulders * hips).sum(-1)) / 0.004, -1, 1)
    looks = np.clip(np.nan_to_num((shoulders * eyes).sum(-1)) / 0.0015, -1, 1)
    lasts = np.minimum(np.gradient(times), LINK_SECONDS)
    nats = np.zeros((len(times), 4))
    for state, (arms, legs) in enumerate(STATES):
        twist = turned if arms != legs else -turned
        away = looks if arms else -looks
        nats[:, state] = STAY * (arms + legs) + TWIST * np.maximum(twist, 0) + FACING * np.maximum(away, 0)
    return nats * lasts[:, None]


def _viterbi(motion: list[np.ndarray], still: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The cheapest states int [T], by a path over the states of each two frames that follow each other."""
    arms, legs = STATES.T
    index = np.ix_(range(4), range(4), range(4))
    old, last, now = (np.broadcast_to(part, (4, 4, 4)) for part in index)
    costs = motion[0][:, arms[old], arms[last], arms[now]] + motion[1][:, legs[old], legs[last], legs[now]]
    changed = (STATES[:, None] != STATES[None]).sum(-1) * CHANGE
    costs += still[:, None, None, :] + np.where(_apart(times)[:, None, None], 0, changed)[:, None]
    best = np.where(np.arange(4)[:, None] == 0, 0, np.inf) + still[0] + changed[0] / 2  # [last, now]
    came = np.zeros((len(times), 4, 4), np.int64)
    for at in range(1, len(times)):
        ways = best[:, :, None] + costs[at]
        came[at] = ways.argmin(0)
        best = ways.min(0)
    states = np.zeros(len(times), np.int64)
    before, states[-1] = np.unravel_index(best.argmin(), best.shape)
    for at in range(len(times) - 1, 0, -1):
        states[at - 1] = before
        before = came[at, before, states[at]]
    return states


def _exchanged(poses: Poses, state: np.ndarray) -> Poses:
    """The track with the sides exchanged where the states say so, and hands put to the wrists that they lie at."""
    joints = np.broadcast_to(np.arange(JOINTS), (len(poses), JOINTS)).copy()
    for bit, pairs in ((1, np.concatenate([UPPER, HANDS])), (2, LOWER)):
        at = np.flatnonzero(state & bit)[:, None]
        joints[at, pairs[:, 0]], joints[at, pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    at = np.flatnonzero(_hands_crossed(_taken(poses, joints)))[:, None]
    left, right = joints[at, HANDS[:, 0]].copy(), joints[at, HANDS[:, 1]].copy()
    joints[at, HANDS[:, 0]], joints[at, HANDS[:, 1]] = right, left
    return _taken(poses, joints)


def _taken(poses: Poses, joints: np.ndarray) -> Poses:
    """The track whose joint j of frame t is the old joints[t,j]."""
    xy = np.take_along_axis(poses.xy, joints[..., None], 1)
    world = None if poses.world is None else np.take_along_axis(poses.world, joints[..., None], 1)
    return replace(poses.with_xy(xy, np.take_along_axis(poses.confidence, joints, 1)), world=world)


def _hands_crossed(poses: Poses) -> np.ndarray:
    """bool [T]: each hand that is seen lies clearly nearer to the other arm's wrist."""
    xy = np.where(poses.visible[..., None], poses.xy, np.nan).astype(float)
    left, right = LEFT_HAND.start, RIGHT_HAND.start
    own = _distances(xy, [(left, LEFT_WRIST), (right, RIGHT_WRIST)])
    other = _distances(xy, [(left, RIGHT_WRIST), (right, LEFT_WRIST)])
    forearm = np.nanmedian(_distances(xy, [(7, 9), (8, 10)])) if len(xy) and np.isfinite(xy[:, 7:11]).any() else np.inf
    return np.where(np.isfinite(own), own - other > 0.5 * forearm, False)


def _distances(xy: np.ndarray, pairs: list[tuple[int, int]]) -> np.ndarray:
    """Mean distance [T] of those pairs of joints that are there, NaN where none is."""
    apart = np.stack([np.hypot(*(xy[:, a] - xy[:, b]).T) for a, b in pairs], 1)
    known = np.isfinite(apart)
    return np.where(known.any(1), np.where(known, apart, 0).sum(1) / np.maximum(known.sum(1), 1), np.nan)
