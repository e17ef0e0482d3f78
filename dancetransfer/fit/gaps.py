"""Where joints that are not given probably are: something for those that are given to hang on."""

import numpy as np

from dancetransfer.pose.poses import (
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

NEIGHBORS = (
    *((LEFT_HIP, RIGHT_HIP), (LEFT_SHOULDER, RIGHT_SHOULDER)),
    *((LEFT_HIP, LEFT_SHOULDER), (RIGHT_HIP, RIGHT_SHOULDER), (NOSE, LEFT_SHOULDER), (NOSE, RIGHT_SHOULDER)),
    *((LEFT_ELBOW, LEFT_SHOULDER), (RIGHT_ELBOW, RIGHT_SHOULDER), (LEFT_KNEE, LEFT_HIP), (RIGHT_KNEE, RIGHT_HIP)),
    *((LEFT_WRIST, LEFT_ELBOW), (RIGHT_WRIST, RIGHT_ELBOW), (LEFT_ANKLE, LEFT_KNEE), (RIGHT_ANKLE, RIGHT_KNEE)),
)
"""Joints that tell each other's place, the surest first."""
FARTHEST = 4
"""Steps from neighbor to neighbor: as many as from a wrist to a hip."""


def filled(points: np.ndarray, time: np.ndarray) -> np.ndarray:
    """The joints [T,133,3] with those of `NEIGHBORS` in every frame that has any of them.

    A joint that is not given lies where it lay from its neighbor before and after (linear in time);
    if the two are never given together, on its neighbor.
    """
    points = points.copy()
    missing = {joint: np.isnan(points[:, joint, 0]) for pair in NEIGHBORS for joint in pair}
    pairs = [pair for pair in NEIGHBORS if missing[pair[0]].any() or missing[pair[1]].any()]
    apart = {pair: _bridged(points[:, pair[0]] - points[:, pair[1]], time) for pair in pairs}
    for _ in range(FARTHEST if pairs else 0):
        for (one, other), way in apart.items():
            for joint, neighbor, step in ((one, other, way), (other, one, -way)):
                fill = missing[joint] & ~missing[neighbor]
                points[fill, joint] = points[fill, neighbor] + step[fill]
                missing[joint] = missing[joint] & ~fill
    return points


def _bridged(way: np.ndarray, time: np.ndarray) -> np.ndarray:
    known = np.isfinite(way).all(-1)
    if not known.any():
        return np.zeros_like(way)
    return np.stack([np.interp(time, time[known], way[known, axis]) for axis in range(3)], -1)
