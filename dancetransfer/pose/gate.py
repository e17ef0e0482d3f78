"""Which joints jump away and come back: slips of an estimator that no smoothing should see."""

import numpy as np

from dancetransfer.pose.poses import (
    FACE,
    FEET,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Poses,
)
from dancetransfer.pose.stretches import stretches

TRUNK = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]

PERSON_SECONDS, PERSON = 0.3, 0.3
"""A trunk this part of the person's height off its median over +-0.3 s is another person's."""

SLIP_SECONDS = 0.1
BODY_SLIP, HAND_SLIP = 0.1, 0.08
"""A joint of the body this part of the height off its median over +-0.1 s is a slip; so is a finger, seen from its
hand. Dancers with known joints stay under 0.075 and 0.07 at 24 to 60 fps."""

LEAST = 0.05
"""So is one this part of the height off the curve through its neighbors in time. The same dancers: up to 0.06 and
0.04, but then `TIMES` is not reached."""

TIMES, USUAL_SECONDS = 5.0, 1.0
"""And each must be this many times farther off than is usual for the joint over about this long."""

ASTRAY = 0.15
"""A hand whose wrist is this part of the height off the arm's lies elsewhere; so does a face so far off the nose."""


def outliers(poses: Poses) -> np.ndarray:
    """bool [T,133]: places that don't belong to the motion: joints, whole hands and faces, whole persons.

    Counts in seconds; where frames lie too far apart to tell (5 fps), nothing is found.
    """
    visible = poses.visible
    found = np.zeros(visible.shape, bool)
    for at, inner in stretches(poses):
        xy = np.where(visible[at][..., None], poses.xy[at], np.nan).astype(np.float64)
        if len(at) > 4 and np.isfinite(xy[:, : FEET.stop]).any():
            found[at[inner]] = _in_shot(xy, poses.time[at])[inner]
    return found


def _in_shot(xy: np.ndarray, times: np.ndarray) -> np.ndarray:
    seen = xy[np.isfinite(xy[:, : FEET.stop]).any((1, 2)), : FEET.stop]
    height = float(np.median((np.nanmax(seen, 1) - np.nanmin(seen, 1)).max(-1)))
    if height <= 0 or _reach(times, SLIP_SECONDS) < 1:
        return np.zeros(xy.shape[:2], bool)
    xy = xy / height
    elsewhere = _off_median(_middle(xy[:, TRUNK])[:, None], times, PERSON_SECONDS)[:, 0] > PERSON
    xy[elsewhere] = np.nan
    found = np.zeros(xy.shape[:2], bool)
    found[:, : FEET.stop] = _slips(xy[:, : FEET.stop], times, BODY_SLIP)
    for block, own in ((LEFT_HAND, LEFT_WRIST), (RIGHT_HAND, RIGHT_WRIST), (FACE, NOSE)):
        middle = _middle(xy[:, block])
        away = np.hypot(*(middle - np.where(found[:, own, None], np.nan, xy[:, own])).T) > ASTRAY
        near = np.where(away[:, None], np.nan, middle)
        away |= _slips(near[:, None], times, BODY_SLIP)[:, 0]
        if block != FACE:
            found[:, block] = _slips(xy[:, block] - middle[:, None], times, HAND_SLIP)
        found[away, block] = True
    return found | elsewhere[:, None]


def _middle(joints: np.ndarray) -> np.ndarray:
    """The median [T,2] of joints [T,J,2]."""
    known = np.isfinite(joints).any((1, 2))
    out = np.full((len(joints), 2), np.nan)
    out[known] = np.nanmedian(joints[known], 1)
    return out


def _slips(places: np.ndarray, times: np.ndarray, limit: float) -> np.ndarray:
    """bool [T,J]: joints [T,J,2] that lie off the median over time, or alone off the curve through their neighbors."""
    far = np.fmin(_off_median(places, times, SLIP_SECONDS), _off_pairs(places, times, SLIP_SECONDS))
    wide = far > np.maximum(limit, TIMES * _usual(far, times))
    off = _off_curve(np.where(wide[..., None], np.nan, places), times)
    most = np.fmax(np.fmax(_shifted(off, -1), _shifted(off, 1)), np.fmax(_shifted(off, -2), _shifted(off, 2)))
    alone = off >= np.nan_to_num(most)  # a slip bends the curves of its neighbors too, but less
    return wide | (alone & (off > np.maximum(LEAST, TIMES * _usual(off, times))))


def _usual(off: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The median of off [T,J] over `USUAL_SECONDS` around: where all is wild, wild is no slip."""
    usual, block = np.zeros_like(off), max(1, _reach(times, USUAL_SECONDS / 2))
    for start in range(0, len(off), block):
        near = off[max(0, start - block) : start + 2 * block]
        known = np.isfinite(near).any(0)
        usual[start : start + block, known] = np.nanmedian(near[:, known], 0)
    return usual


def _reach(times: np.ndarray, seconds: float) -> int:
    """How many frames lie within `seconds`, usually."""
    return int(seconds / float(np.median(np.diff(times))) + 0.01)


def _shifted(values: np.ndarray, offset: int) -> np.ndarray:
    """values[t + offset], NaN outside the track."""
    out = np.full_like(values, np.nan)
    if abs(offset) < len(values):
        out[max(0, -offset) : len(values) - max(0, offset)] = values[max(0, offset) : len(values) + min(0, offset)]
    return out


def _distance(places: np.ndarray, others: list[np.ndarray], least: int) -> np.ndarray:
    """How far [T,J] places [T,J,2] lie from the median of others, NaN where fewer than `least` of them are known."""
    stack = np.sort(np.stack(others), 0)  # NaN last
    known = np.isfinite(stack).sum(0)
    low, high = np.maximum(known - 1, 0) // 2, known // 2
    high = np.minimum(high, len(others) - 1)
    middle = (np.take_along_axis(stack, low[None], 0)[0] + np.take_along_axis(stack, high[None], 0)[0]) / 2
    off = np.where(known >= least, places - middle, np.nan)
    return np.hypot(off[..., 0], off[..., 1])


def _off_median(places: np.ndarray, times: np.ndarray, seconds: float) -> np.ndarray:
    """How far [T,J] places [T,J,2] lie from their median over `seconds` to either side; NaN: can't be told."""
    reach = _reach(times, seconds)
    return _distance(places, [_shifted(places, k) for k in range(-reach, reach + 1)], 3)


def _off_pairs(places: np.ndarray, times: np.ndarray, seconds: float) -> np.ndarray:
    """The same from the median of the middles between a place before and one as long after: right in fast motion."""
    pairs = [(_shifted(places, -k) + _shifted(places, k)) / 2 for k in range(1, _reach(times, seconds) + 1)]
    off = _distance(places, pairs, 1)
    return np.where(np.isfinite(off), off, _off_median(places, times, seconds) / 2)  # at an end: only what is clear


def _off_curve(places: np.ndarray, times: np.ndarray) -> np.ndarray:
    """How far [T,J] places [T,J,2] lie from the cubic through two neighbors on either side."""
    off = places.copy()
    at = [_shifted(times, k) for k in (-2, -1, 1, 2)]
    spread = np.ones(len(times))
    for k, offset in enumerate((-2, -1, 1, 2)):
        share = np.prod([(times - at[j]) / (at[k] - at[j]) for j in range(4) if j != k], 0)
        off -= share[:, None, None] * _shifted(places, offset)
        spread += share**2
    off /= np.sqrt(spread)[:, None, None]
    off[(at[3] - at[0]) > 4 * SLIP_SECONDS] = np.nan
    return np.hypot(off[..., 0], off[..., 1])
