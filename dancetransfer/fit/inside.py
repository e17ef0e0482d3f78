"""A dance that would leave the picture is kept in it: the way that the dancer walks is shortened."""

import numpy as np

from dancetransfer.fit.camera import Camera
from dancetransfer.fit.places import pelvis
from dancetransfer.pose.crop import smooth_path
from dancetransfer.pose.poses import FEET, Poses

WANDER_SECONDS = 0.5
"""Standard deviation of the smoothing that parts where the dancer walks from how the dancer moves."""
INSIDE = 0.98
"""Share of the joints that shall lie in the picture where the dance shows them in its own."""
SHORTER = 0.1
"""Step by which the way is shortened until they do."""
NO_BETTER = 0.01
"""Where they never do, it is shortened no further than this share more of them is worth."""
RIGHT, AWAY = 0, 2
"""The axes of space along the floor."""


def wandered(points: np.ndarray, poses: Poses, middle: np.ndarray) -> np.ndarray:
    """[T,3]: where in space the joints [T,133,3] walk on the floor, from `middle`, without the sway of the dance."""
    way = np.zeros((len(points), 3))
    body = pelvis(points) - middle
    for shot in np.unique(poses.shot):
        part = np.flatnonzero(poses.shot == shot)
        known = part[np.isfinite(body[part]).all(-1)]
        if len(known):
            for axis in (RIGHT, AWAY):
                path = np.interp(poses.time[part], poses.time[known], body[known, axis])
                way[part, axis] = smooth_path(path[:, None], poses.time[part], WANDER_SECONDS)[:, 0]
    return way


def shortened(points: np.ndarray, poses: Poses, way: np.ndarray, camera: Camera) -> tuple[float, float]:
    """Factors on the way to the sides and on that toward the camera, at which the joints are in the picture.

    Largest of 1, 0.9, ... at which `INSIDE` of those joints are that the dance's own picture shows.
    """
    seen = poses.visible & ((poses.xy >= 0) & (poses.xy < poses.size)).all(-1)
    seen = (seen & np.isfinite(points).all(-1))[:, : FEET.stop]
    if not seen.any():
        return 1.0, 1.0
    factors = np.ones(3)
    for axis, side in ((AWAY, 1), (RIGHT, 0)):
        tried, shares = [], []
        for factor in np.arange(1, SHORTER / 2, -SHORTER):
            factors[axis] = factor
            at = camera.project((points - ((1 - factors) * way)[:, None])[:, : FEET.stop])[0][seen, side]
            tried.append(float(factor))
            shares.append(float(((at >= 0) & (at < camera.size[side])).mean()))
            if shares[-1] >= INSIDE:
                break
        factors[axis] = next(f for f, share in zip(tried, shares, strict=True) if share >= max(shares) - NO_BETTER)
    return round(float(factors[RIGHT]), 2), round(float(factors[AWAY]), 2)
