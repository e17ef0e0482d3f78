"""The first cleaning of a followed track: slips out, short gaps filled, jitter down, no lag."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from dancetransfer.pose.poses import FACE, FEET, JOINTS, LEFT_HAND, RIGHT_HAND, VISIBLE, Poses

GAP_SECONDS = 0.3
"""Gaps up to this long are filled; longer ones stay."""

WINDOWS = ((slice(0, FEET.stop), 0.16, 2), (LEFT_HAND, 0.12, 2), (RIGHT_HAND, 0.12, 2), (FACE, 0.08, 1))
"""Joints, half the window in seconds (its weights fall to 0 there), degree of the local fit."""

SLIP_SECONDS, SLIP = 0.1, 0.1
"""A body joint this part of the person's height off its median over +-0.1 s is a slip."""

BLOCK = 4096


def smooth(poses: Poses) -> Poses:
    """The cleaned track: same frames, times and shots; joints are moved, filled or taken out.

    Every step looks as far forward as back (zero phase) and counts in seconds of `poses.time`, so
    it is right at any frame rate, also a changing one; at 5 fps, where no neighbor is near, only
    gaps are filled. No step looks across the border of a shot. The weight of a joint is its
    confidence; one below `VISIBLE` for a short while is filled like a missing one, and a filled
    joint has the lower confidence of the gap's two ends.

    The filter is a local polynomial fit (Savitzky and Golay, 1964, here for uneven times, with the
    tricube weights of Cleveland's loess, 1979): it keeps the peaks of a motion, which a moving
    average cuts off.
    """
    xy, confidence = poses.xy.astype(np.float64), poses.confidence.astype(np.float64)
    confidence = np.where(np.isfinite(xy).all(-1), confidence, 0)
    world = None if poses.world is None else poses.world.astype(np.float64)
    for shot in np.unique(poses.shot):
        at = np.flatnonzero(poses.shot == shot)
        times = poses.time[at]
        slips = _slips(xy[at], confidence[at], times)
        part, sure = np.where(slips[..., None], np.nan, xy[at]), np.where(slips, 0, confidence[at])
        for joint in range(JOINTS):
            _fill(part[:, joint], sure[:, joint], times)
        xy[at], confidence[at] = _fit_groups(part, sure, times), sure
        if world is not None:
            world[at] = _fit_groups(world[at], sure, times)
    return replace(poses.with_xy(xy, confidence), world=None if world is None else world.astype(np.float32))


def _slips(xy: np.ndarray, confidence: np.ndarray, times: np.ndarray) -> np.ndarray:
    """bool [T,133]: body joints that jump away from their own median over time and come back."""
    body = np.where(confidence[:, : FEET.stop, None] >= VISIBLE, xy[:, : FEET.stop], np.nan)
    slips = np.zeros(confidence.shape, bool)
    reach = _reach(times, SLIP_SECONDS)
    if not np.isfinite(body).any() or reach == 0:
        return slips
    seen = body[np.isfinite(body).any((1, 2))]
    height = np.median((np.nanmax(seen, 1) - np.nanmin(seen, 1)).max(-1))  # of who lies: the width
    for joint in range(FEET.stop):
        around = range(-reach, reach + 1)
        stack = np.stack([_shifted(body[:, joint], times, k, SLIP_SECONDS) for k in around])
        known = np.isfinite(stack[..., 0]).sum(0)
        usual = np.full_like(body[:, joint], np.nan)
        usual[known > 2] = np.nanmedian(stack[:, known > 2], 0)
        slips[:, joint] = np.hypot(*(body[:, joint] - usual).T) > SLIP * height
    return slips


def _reach(times: np.ndarray, seconds: float) -> int:
    """How many frames lie within `seconds` of any frame, at most."""
    last = np.searchsorted(times, times + seconds, "right") - 1
    return int((last - np.arange(len(times))).max(initial=0))


def _shifted(values: np.ndarray, times: np.ndarray, offset: int, seconds: float) -> np.ndarray:
    """values[t + offset], NaN outside the track or more than `seconds` away."""
    index = np.arange(len(times)) + offset
    inside = (index >= 0) & (index < len(times))
    index = np.clip(index, 0, len(times) - 1)
    inside &= np.abs(times[index] - times) <= seconds
    return np.where(inside.reshape(-1, *[1] * (values.ndim - 1)), values[index], np.nan)


def _fill(xy: np.ndarray, confidence: np.ndarray, times: np.ndarray) -> None:
    """Fill one joint's short gaps in place ([T,2], [T]): a cubic that goes on with the motion."""
    good = np.flatnonzero(np.isfinite(xy[:, 0]) & (confidence >= VISIBLE))
    for before, after in pairwise(good.tolist()):
        if after == before + 1 or times[after] - times[before + 1] > GAP_SECONDS + 1e-6:
            continue
        if times[before + 1] - times[before] > GAP_SECONDS + 1e-6:
            continue  # a hole in the video itself
        span = times[after] - times[before]
        u = ((times[before + 1 : after] - times[before]) / span)[:, None]
        jump = xy[after] - xy[before]
        begin, end = (_slope(xy, times, good, at, span, jump) for at in (before, after))
        bow = (1 - u) * (begin - jump) + u * (jump - end)
        xy[before + 1 : after] = xy[before] + u * jump + u * (1 - u) * bow
        confidence[before + 1 : after] = min(confidence[before], confidence[after])


def _slope(xy: np.ndarray, times: np.ndarray, good: np.ndarray, at: int, span: float, jump: np.ndarray) -> np.ndarray:
    """Motion per `span` at the end `at` of a gap, out of the frames on its far side; else straight."""
    place = int(np.searchsorted(good, at))
    forward = place + 1 < len(good) and good[place + 1] == at + 1
    backward = place > 0 and good[place - 1] == at - 1
    if forward == backward:
        return jump
    other = at + 1 if forward else at - 1
    return (xy[other] - xy[at]) / (times[other] - times[at]) * span


def _fit_groups(values: np.ndarray, weights: np.ndarray, times: np.ndarray) -> np.ndarray:
    """values [T,133,n] smoothed over time, each group of joints with its window; NaN stays NaN."""
    out = values.copy()
    margin = max(_reach(times, seconds) for _, seconds, _ in WINDOWS)
    for start in range(0, len(times), BLOCK):  # so that the fits of an hour are not all in memory
        stop = min(start + BLOCK, len(times))
        near = slice(max(0, start - margin), stop + margin)
        here = slice(start - near.start, stop - near.start)
        for joints, seconds, degree in WINDOWS:
            fitted = _local_fit(values[near, joints], weights[near, joints], times[near], seconds, degree)
            out[start:stop, joints] = fitted[here]
    return out


def _local_fit(values: np.ndarray, weights: np.ndarray, times: np.ndarray, seconds: float, degree: int) -> np.ndarray:
    """Weighted local polynomial of `degree` 1 or 2 at every frame: [T,J,n], [T,J] -> [T,J,n]."""
    weights = np.where(np.isfinite(values).all(-1), np.maximum(weights, 0.01), 0)
    clean = np.where(weights[..., None] > 0, values, 0)
    moments = np.zeros((5, *weights.shape))
    sums = np.zeros((3, *values.shape))
    reach = _reach(times, seconds)
    for offset in range(-reach, reach + 1):
        u = _shifted(times, times, offset, seconds) - times
        u = np.where(np.isfinite(u), u / seconds, 1.0)[:, None]  # 1: the window's end, weight 0
        index = np.clip(np.arange(len(times)) + offset, 0, len(times) - 1)
        weight = (1 - np.abs(u) ** 3) ** 3 * weights[index]
        for power in range(5):
            moments[power] += weight * u**power
        for power in range(3):
            sums[power] += (weight * u**power)[..., None] * clean[index]
    matrix = np.empty((*weights.shape, 3, 3))
    for row in range(3):
        for column in range(3):
            matrix[..., row, column] = moments[row + column]
    # A little stiffness decides where the points don't (two of them, or one): less curve and slope.
    scale = np.maximum(moments[0], 1e-9)[..., None, None]
    matrix = matrix / scale + np.diag([1e-9, 1e-5, 1e-5 if degree == 2 else 1e9])
    right = np.moveaxis(sums, 0, -2) / scale
    fitted = np.linalg.solve(matrix, right)[..., 0, :]
    return np.where(weights[..., None] > 0, fitted, values)
