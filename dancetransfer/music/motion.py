"""Kinematic beats: the moments at which a dancer comes to rest or turns, which dancers put on the beats of music."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancetransfer.pose.poses import BODY, Poses
from dancetransfer.pose.space import body_heights

Curve = NDArray[np.float64]

SMOOTH_SECONDS = 0.035
"""Deviation of the bell that the speed is smoothed with: single frames' trembling makes no beat."""
ALONE_SECONDS = 0.15
"""A beat is the lowest speed over this long to either side. AIST++ takes 10 frames of 60 per second."""
FAINTEST, DEEPEST = 0.03, 0.3
"""Heights per second that the speed must fall and rise again: by less somebody who stands trembles. Strength grows
up to the second."""


@dataclass(frozen=True)
class Beats:
    """Kinematic beats of a track."""

    times: Curve
    """float64 [B] seconds, rising."""
    strengths: Curve
    """float64 [B], 0..1: how clearly the dancer slows down for it."""

    def __len__(self) -> int:
        return len(self.times)


def speed(track: Poses) -> Curve:
    """float64 [T], heights per second: mean speed of the body's 17 joints in the picture; NaN where none is seen twice.

    AIST++ (Li et al., "AI Choreographer", ICCV 2021) calls it kinetic velocity. Nothing is measured over a cut.
    """
    joints = np.where(track.visible[:, BODY, None], track.xy[:, BODY], np.nan).astype(np.float64)
    height = np.nanmedian(body_heights(track.xy, track.confidence)) if track.present.any() else np.nan
    steps = np.diff(track.time)
    between = np.linalg.norm(np.diff(joints, axis=0), axis=-1) / steps[:, None] / height
    between[np.diff(track.shot) != 0] = np.nan
    known = np.isfinite(between)
    mean = np.where(known, between, 0).sum(1) / np.maximum(known.sum(1), 1)
    mean[known.sum(1) < 4] = np.nan
    both = np.stack([np.append(mean, np.nan), np.append(np.nan, mean)])
    count = np.isfinite(both).sum(0)
    return np.where(count, np.nan_to_num(both).sum(0) / np.maximum(count, 1), np.nan)


def kinematic_beats(track: Poses) -> Beats:
    """The local minima of the mean joint speed, between the frames' times; none in a dance that stands still."""
    curve, times = speed(track), track.time
    known = np.isfinite(curve)
    if known.sum() < 5:
        return Beats(np.zeros(0), np.zeros(0))
    step = min(0.02, float(np.median(np.diff(times))))  # an even grid: videos of variable rate are ordinary
    grid = np.arange(times[0], times[-1] + step / 2, step)
    even = bell(np.interp(grid, times[known], curve[known]), SMOOTH_SECONDS / step)
    seen = np.interp(grid, times, known) > 0.5
    reach = max(1, round(ALONE_SECONDS / step))
    low = np.flatnonzero(least(even, reach) & seen)
    low = low[(low > 0) & (low < len(even) - 1)]
    depth = np.minimum(rise(even, low, -1, reach), rise(even, low, 1, reach))
    low, depth = low[depth > FAINTEST], depth[depth > FAINTEST]
    before, here, after = even[low - 1], even[low], even[low + 1]
    bend = before - 2 * here + after
    shift = np.where(bend > 0, 0.5 * (before - after) / np.where(bend > 0, bend, 1), 0)
    return Beats(grid[low] + step * np.clip(shift, -0.5, 0.5), np.clip(depth / DEEPEST, 0, 1))


def least(curve: Curve, reach: int) -> NDArray[np.bool_]:
    """bool [...,N]: nowhere lower within `reach` steps to either side; of equals the first."""
    padded = np.pad(curve, [(0, 0)] * (curve.ndim - 1) + [(reach, reach)], constant_values=np.inf)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1, axis=-1)
    return np.asarray(around.argmin(-1) == reach)


def rise(curve: Curve, low: NDArray[np.int64], side: int, reach: int) -> Curve:
    """How far the speed rises on one side of the minima, within twice the distance at which they stand alone."""
    offsets = side * np.arange(1, 2 * reach + 1)
    at = np.clip(low[:, None] + offsets, 0, len(curve) - 1)
    return np.asarray(curve[at].max(1) - curve[low])


def bell(curve: Curve, deviation: float) -> Curve:
    """A curve [N] averaged under a bell of that many steps; held at its ends."""
    reach = int(4 * deviation) + 1
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    padded = np.pad(curve, reach, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), "valid")
