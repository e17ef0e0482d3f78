"""When the feet stand on the floor, out of how they move and how high they are."""

from itertools import pairwise

import numpy as np

from dancetransfer.pose.poses import (
    FEET,
    LEFT_ANKLE,
    LEFT_BIG_TOE,
    LEFT_HEEL,
    LEFT_SMALL_TOE,
    RIGHT_ANKLE,
    RIGHT_BIG_TOE,
    RIGHT_HEEL,
    RIGHT_SMALL_TOE,
    Poses,
)

SIDES = (
    [LEFT_ANKLE, LEFT_BIG_TOE, LEFT_SMALL_TOE, LEFT_HEEL],
    [RIGHT_ANKLE, RIGHT_BIG_TOE, RIGHT_SMALL_TOE, RIGHT_HEEL],
)

CALM = 0.3
"""Share of a shot's frames whose feet are surely slow: how fast they seem is how much the track trembles."""

BEGINS, LASTS = 2.5, 5.0
"""A stand holds a moment under this many times the trembling, and lasts while the foot is under this many."""

SLOWEST, FASTEST = 0.045, 0.25
"""Bounds of both in heights per second: of a track that doesn't tremble at all, and of any."""

DRIFT_SECONDS = 0.5
"""The camera's motion is what the slower foot does over this long to either side."""

FLOOR_SECONDS, OWN_SECONDS = 1.5, 4.0
"""The floor is where the lowest foot is over this long to either side (dancers come nearer and go back), and a
foot's own floor where it is lowest itself."""

LIFTED, OVER_OTHER, OVER_OWN = 0.08, 0.05, 0.03
"""A foot this part of the height over the floor, over the other foot and over its own floor is lifted, even if it
is still. Less may be a step back, or the far foot of who stands sideways: both are higher in the picture too."""

STANDS_SECONDS, LEAVES_SECONDS = 0.1, 0.06
"""The least time that a foot stands, or is off the floor."""


def contacts(poses: Poses) -> np.ndarray:
    """bool [T,2]: the left, the right foot stands on the floor (False where the foot isn't seen).

    A foot stands while ankle, toes and heel, whichever are given, move slowly together, seen from a
    camera that may drift along, and not high over the floor. A jump is fast, so it is no contact; a
    leg held in the air is slow, but high. What can't be told from a picture: a foot that slides flat on
    the floor (no contact, though it touches), and one held still a hand's width over it.
    """
    standing = np.zeros((len(poses), 2), bool)
    for shot in np.unique(poses.shot):
        at = np.flatnonzero(poses.shot == shot)
        xy = np.where(poses.visible[at][..., None], poses.xy[at], np.nan).astype(np.float64)
        body = xy[np.isfinite(xy[:, : FEET.stop]).any((1, 2)), : FEET.stop]
        height = float(np.median((np.nanmax(body, 1) - np.nanmin(body, 1)).max(-1))) if len(body) else 0.0
        if len(at) > 2 and height > 0:
            standing[at] = _in_shot(xy / height, poses.time[at])
    return standing


def _in_shot(xy: np.ndarray, times: np.ndarray) -> np.ndarray:
    motion = np.stack([_velocity(xy[:, side], times) for side in SIDES], 1)  # [T,2,2]
    speed = np.hypot(*np.moveaxis(motion - _drift(motion, times)[:, None], -1, 0))
    known = np.isfinite(speed)
    if not known.any():
        return known
    trembling = float(np.quantile(speed[known], CALM))
    begins, lasts = (float(np.clip(factor * trembling, SLOWEST, FASTEST)) for factor in (BEGINS, LASTS))
    speed = np.where(known, speed, np.inf)
    standing = (speed < lasts) & ~_lifted(xy, times)
    for foot in range(2):
        _begun(standing[:, foot], speed[:, foot] < begins)
        _lasting(standing[:, foot], times)
    return standing


def _velocity(joints: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Heights per second [T,2] of the joints [T,J,2] together; of slow cameras that of the calmer side in time."""
    step = np.diff(joints, axis=0) / np.diff(times)[:, None, None]
    nothing = np.full((1, *joints.shape[1:]), np.nan)
    before, after = _mean(np.concatenate([nothing, step])), _mean(np.concatenate([step, nothing]))
    calmer = np.hypot(*np.nan_to_num(before, nan=np.inf).T) < np.hypot(*np.nan_to_num(after, nan=np.inf).T)
    middle = (before + after) / 2
    if np.median(np.diff(times)) > 0.08:  # a step fits between two frames
        middle = np.where(calmer[:, None], before, after)
    return np.where(np.isfinite(middle), middle, np.where(np.isfinite(before), before, after))


def _mean(joints: np.ndarray) -> np.ndarray:
    """The mean [T,2] of those joints [T,J,2] that are there."""
    known = np.isfinite(joints).all(-1, keepdims=True)
    total = np.where(known, joints, 0).sum(1)
    return np.where(known.any(1), total / np.maximum(known.sum(1), 1), np.nan)


def _drift(motion: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The camera's motion [T,2] by the feet: the median of the slower foot's, as one mostly stands."""
    speed = np.nan_to_num(np.hypot(*np.moveaxis(motion, -1, 0)), nan=np.inf)
    slower = motion[np.arange(len(motion)), speed.argmin(1)]
    drift = np.zeros_like(slower)
    for at, time in enumerate(times):
        near = slower[np.searchsorted(times, time - DRIFT_SECONDS) : np.searchsorted(times, time + DRIFT_SECONDS)]
        near = near[np.isfinite(near).all(-1)]
        if len(near) > 2:
            drift[at] = np.median(near, 0)
    return drift


def _lifted(xy: np.ndarray, times: np.ndarray) -> np.ndarray:
    """bool [T,2]: the foot's lowest point is clearly higher than the floor and than the other foot."""
    low = np.stack([np.where(np.isfinite(xy[:, side, 1]), xy[:, side, 1], -1e9).max(1) for side in SIDES], 1)
    floor, own = (
        _highest(low.max(1), times, FLOOR_SECONDS),
        np.stack([_highest(y, times, OWN_SECONDS) for y in low.T], 1),
    )
    return (floor[:, None] - low > LIFTED) & (low[:, ::-1] - low > OVER_OTHER) & (own - low > OVER_OWN)


def _highest(values: np.ndarray, times: np.ndarray, seconds: float) -> np.ndarray:
    """The largest of values [T] over `seconds` to either side."""
    first, last = np.searchsorted(times, times - seconds), np.searchsorted(times, times + seconds, "right")
    return np.array([values[a:b].max() for a, b in zip(first, last, strict=True)])


def _begun(standing: np.ndarray, sure: np.ndarray) -> None:
    """Take out, in place, stands [T] that are nowhere sure [T]."""
    edges = [0, *np.flatnonzero(np.diff(standing)) + 1, len(standing)]
    for start, stop in pairwise(edges):
        standing[start:stop] &= sure[start:stop].any()


def _lasting(standing: np.ndarray, times: np.ndarray) -> None:
    """Take out, in place, breaks and then stands [T] that are too short to be any."""
    ends = np.append(times[1:], times[-1] + (times[-1] - times[-2]))
    for value, least in ((False, LEAVES_SECONDS), (True, STANDS_SECONDS)):
        edges = np.flatnonzero(np.diff(standing)) + 1
        for start, stop in zip([0, *edges], [*edges, len(standing)], strict=True):
            inside = start > 0 and stop < len(standing)
            if inside and standing[start] == value and ends[stop - 1] - times[start] < least - 1e-6:
                standing[start:stop] = not value
