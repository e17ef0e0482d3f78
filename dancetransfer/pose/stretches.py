"""A track in stretches that are short enough to be worked on at once and don't cross the border of a shot."""

from collections.abc import Iterator

import numpy as np

from dancetransfer.pose.poses import Poses

BLOCK, MARGIN_SECONDS = 4096, 2.0
"""Frames of a stretch, so that an hour doesn't lie in memory many times, and what it sees of its neighbors."""


def stretches(poses: Poses) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frames [N] that are seen together, and the places in them [M] of those that a result is kept of."""
    for shot in np.unique(poses.shot):
        whole = np.flatnonzero(poses.shot == shot)
        times = poses.time[whole]
        for start in range(0, len(whole), BLOCK):
            stop = min(start + BLOCK, len(whole))
            first = int(np.searchsorted(times, times[start] - MARGIN_SECONDS))
            last = int(np.searchsorted(times, times[stop - 1] + MARGIN_SECONDS, "right"))
            yield whole[first:last], np.arange(start - first, stop - first)
