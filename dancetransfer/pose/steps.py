"""What every way of drawing a dance has in common: one frame after the other, and where memory begins anew."""

from typing import NamedTuple

import numpy as np

from dancetransfer.pose.poses import Poses

RESTART_SECONDS = 0.3
"""After this long without a pose the recursion starts anew."""


class Step(NamedTuple):
    """One frame: the person layer, where it lies, and the recursion's state after it."""

    layer: np.ndarray  # uint8 [H,W,4], color and alpha; color is 0 where alpha is 0
    box: np.ndarray  # float64 [4], pixel edges of the plate
    state: np.ndarray | None  # float32 [S,H,W]; None where the recursion starts anew after it


def restarts(poses: Poses) -> np.ndarray:
    """bool [T]: frames with a person at which the recursion begins anew: the first, after a cut, after a gap."""
    anew = np.zeros(len(poses), bool)
    at = np.flatnonzero(poses.present)
    if len(at):
        gap = np.diff(poses.time[at]) > RESTART_SECONDS
        gap &= np.diff(at) > 1  # a slow frame rate alone is no gap
        cut = np.diff(poses.shot[at]) != 0
        anew[at] = np.concatenate([[True], gap | cut])
    return anew


def last_present(present: np.ndarray, start: int) -> int:
    """The last frame with a person before frame `start`; 0 where there is none."""
    before = np.flatnonzero(present[:start])
    return int(before[-1]) if len(before) else 0
