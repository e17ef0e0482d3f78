"""Smoothing of a track without lag, stiff where a joint is still and loose where it moves, and filling of gaps."""

from dataclasses import replace

import numpy as np

from dancetransfer.pose.poses import FACE, FEET, JOINTS, LEFT_HAND, RIGHT_HAND, VISIBLE, Poses
from dancetransfer.pose.stretches import stretches

GAP_SECONDS = 0.3
"""Gaps up to this long are filled; longer ones stay. Nothing reaches over a longer one either."""

GROUPS = ((slice(0, FEET.stop), 1.0), (LEFT_HAND, 0.8), (RIGHT_HAND, 0.8), (FACE, 0.6))
"""Joints, and the part of their noise that is believed: hands are smoothed lighter, the face lightest."""

FIRST_HERTZ = 5.0
"""What the first look at a motion keeps to the half; by it the second is made."""

JERK_SECONDS = 0.05
"""How long a jerk holds on. Of 0.02 to 0.1 tried on built-in dancers: less costs peaks, more leaves noise."""

NEAR_SECONDS = 0.07
"""Jerk is averaged over this long to either side."""

STILL_JERK = 10.0
"""Heights per second^3 that even a joint at rest is granted."""

NOISE = (0.0001, 0.01)
"""Bounds of the noise that is found in a joint, in heights."""

SLOW_SECONDS = 0.1
"""Where frames lie further apart than this, noise can't be told from motion, and less and less is believed."""


def smooth(poses: Poses) -> Poses:
    """The track with jitter down and short gaps filled: same frames, times and shots.

    Each joint's path minimizes the sum of squared distances to where it was seen, weighted with
    confidence^2, and of its squared third derivative (Whittaker, 1923; the same as a Kalman smoother
    with white jerk), at the frames' own times. The stiffness is the joint's own noise against its
    own jerk around there: the noise is found from how badly neighbors foretell a place, the jerk from
    a first fit. So a foot that stands stops trembling, and a hit of the hand keeps its peak.

    A joint missing or below `VISIBLE` for up to `GAP_SECONDS` is filled by the same path, with the lower
    confidence of the gap's two ends. No path crosses a longer gap, nor the border of a shot.
    """
    confidence = np.where(np.isfinite(poses.xy).all(-1), poses.confidence, 0).astype(np.float64)
    xy, sure = poses.xy.copy(), confidence.copy()
    world = None if poses.world is None else poses.world.copy()
    for at, inner in stretches(poses):
        if len(at) < 4:
            continue
        times = poses.time[at]
        short, ends = _gaps(confidence[at], times)
        weight = np.where(short, 0, np.maximum(confidence[at], 0.05) ** 2)
        xy[at[inner]] = _fit(poses.xy[at], weight, short, times)[inner]
        if world is not None and poses.world is not None:
            world[at[inner]] = _fit(poses.world[at], weight, short, times)[inner]
        sure[at[inner]] = np.where(short, ends, confidence[at])[inner]
    return replace(poses.with_xy(xy, sure), world=world)


def _holes(times: np.ndarray) -> np.ndarray:
    """int [T]: the number of the stretch without a hole in the video that a frame belongs to."""
    return np.cumsum(np.concatenate([[0], np.diff(times) > GAP_SECONDS + 1e-6]))


def _gaps(confidence: np.ndarray, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """bool [T,J], the frames of short gaps, and the lower confidence of the gap's two ends, [T,J]."""
    good = confidence >= VISIBLE
    number, last = np.arange(len(times))[:, None], len(times) - 1
    before = np.maximum.accumulate(np.where(good, number, -1), 0)
    after = np.minimum.accumulate(np.where(good, number, last + 1)[::-1], 0)[::-1]
    inside = ~good & (before >= 0) & (after <= last)
    before, after = np.where(inside, before, 0), np.where(inside, after, 0)
    holes = _holes(times)
    lasts = times[after] - times[np.minimum(before + 1, last)]
    short = inside & (lasts <= GAP_SECONDS + 1e-6) & (holes[before] == holes[after])
    ends = np.minimum(np.take_along_axis(confidence, before, 0), np.take_along_axis(confidence, after, 0))
    return short, ends


def _fit(values: np.ndarray, weight: np.ndarray, short: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The smooth paths of values [T,J,n]; NaN where a joint is missing for long."""
    seen = np.isfinite(values).all(-1)
    known = seen & (weight > 0)
    height = _height(values, known)
    out = np.where(seen[..., None], values, np.nan).astype(np.float64)
    if height is None:
        return out
    for joints, strength in GROUPS:
        some = np.arange(JOINTS)[joints][known[:, joints].sum(0) >= 2]
        if len(some):
            out[:, some] = _paths(
                out[:, some] / height, np.where(known, weight, 0)[:, some], short[:, some], times, strength
            )
            out[:, some] *= height
    return out


def _height(values: np.ndarray, known: np.ndarray) -> float | None:
    """The body's extent, the median over time; of who lies: the width."""
    body = np.where(known[:, : FEET.stop, None], values[:, : FEET.stop], np.nan)
    body = body[np.isfinite(body).any((1, 2))]
    height = float(np.median((np.nanmax(body, 1) - np.nanmin(body, 1)).max(-1))) if len(body) else 0.0
    return height if height > 0 else None


def _paths(seen: np.ndarray, weight: np.ndarray, short: np.ndarray, times: np.ndarray, strength: float) -> np.ndarray:
    """Smooth paths [T,J,n] in heights through seen [T,J,n]; see `smooth`."""
    fitted = (weight > 0) | short
    start = _straight(seen, weight > 0, times)
    rows, lasts = _third_derivative(times)
    lies = np.minimum(np.gradient(times), GAP_SECONDS)[:, None]  # seconds that a frame stands for
    data = np.where(fitted, np.where(short, 1e-4, weight) * lies, 1.0)
    inside = fitted[:-3] & fitted[1:-2] & fitted[2:-1] & fitted[3:] & (_holes(times)[3:] == _holes(times)[:-3])[:, None]
    allowed = inside * lasts[:, None]
    data *= np.where(fitted, 1 / _median_known(weight), 1)
    noise = strength * _noise(np.where((weight > 0)[..., None], seen, np.nan), times)
    path = _solve(start, data, rows, allowed * (2 * np.pi * FIRST_HERTZ) ** -6)
    for _ in range(2):
        jerk = sum(rows[:, k, None, None] * path[k : len(times) - 3 + k] for k in range(4))
        usual = _near((jerk**2).mean(-1), times) + STILL_JERK**2
        path = _solve(start, data, rows, allowed * noise**2 * np.median(lies) / (usual * JERK_SECONDS))
    return np.where(fitted[..., None], path, np.where(weight[..., None] > 0, seen, np.nan))


def _median_known(weight: np.ndarray) -> np.ndarray:
    """Each joint's usual weight [J]: the noise that is found is that of places with this one."""
    return np.nanmedian(np.where(weight > 0, weight, np.nan), 0)


def _straight(seen: np.ndarray, known: np.ndarray, times: np.ndarray) -> np.ndarray:
    """seen [T,J,n] with straight lines over what is not known."""
    out = np.where(known[..., None], seen, 0.0)
    for joint in np.flatnonzero(~known.all(0)):
        at = known[:, joint]
        for axis in range(seen.shape[-1]):
            out[~at, joint, axis] = np.interp(times[~at], times[at], seen[at, joint, axis])
    return out


def _noise(seen: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Standard deviation [J] of what each joint's places [T,J,n] have besides motion.

    The median distance of a place from the cubic through its two neighbors on either side.
    """
    found, count = np.full(seen.shape[1], NOISE[0]), len(times) - 4
    if count > 0:
        at = [times[k : count + k] for k in range(5)]
        apart, spread = seen[2 : count + 2].copy(), np.ones(count)
        for k in (0, 1, 3, 4):
            share = np.prod([(at[2] - at[j]) / (at[k] - at[j]) for j in (0, 1, 3, 4) if j != k], 0)
            apart -= share[:, None, None] * seen[k : count + k]
            spread += share**2
        apart = np.abs(apart) / np.sqrt(spread)[:, None, None]
        enough = np.isfinite(apart).any((0, 2))
        found[enough] = np.nanmedian(apart[:, enough], (0, 2)) / 0.6745
    return np.clip(found, *NOISE) * min(1.0, SLOW_SECONDS / float(np.median(np.diff(times)))) ** 2


def _third_derivative(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factors [T-3,4] that make four neighbors' third derivative, and the seconds [T-3] that it stands for."""
    four = np.stack([times[k : len(times) - 3 + k] for k in range(4)], 1)
    rows = np.stack([6 / np.prod([four[:, k] - four[:, j] for j in range(4) if j != k], 0) for k in range(4)], 1)
    return rows, (four[:, 3] - four[:, 0]) / 3


def _near(values: np.ndarray, times: np.ndarray) -> np.ndarray:
    """values [T-3,J] averaged over `NEAR_SECONDS` to either side."""
    middle = (times[1:-2] + times[2:-1]) / 2
    total = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, 0)])
    first = np.searchsorted(middle, middle - NEAR_SECONDS - 1e-6)
    last = np.searchsorted(middle, middle + NEAR_SECONDS + 1e-6, "right")
    return np.maximum(total[last] - total[first], 0) / (last - first)[:, None]


def _solve(seen: np.ndarray, data: np.ndarray, rows: np.ndarray, stiff: np.ndarray) -> np.ndarray:
    """The paths x [T,J,n] of least sum of data (x - seen)^2 + stiff (third derivative)^2: data [T,J], stiff [T-3,J]."""
    from scipy.linalg import solveh_banded

    frames, joints = data.shape
    band = np.zeros((joints, 4, frames))
    for a in range(4):
        for b in range(a, 4):
            band[:, 3 - (b - a), b : frames - 3 + b] += ((rows[:, a] * rows[:, b])[:, None] * stiff).T
    band[:, 3] += data.T
    path = np.empty_like(seen)
    for joint in range(joints):
        path[:, joint] = solveh_banded(band[joint], data[:, joint, None] * seen[:, joint], check_finite=False)
    return path
