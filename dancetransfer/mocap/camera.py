"""A camera that never moves: joints in metres to the pose track that a video of them would give."""

import numpy as np

from dancetransfer.pose import poses as p
from dancetransfer.pose.poses import Poses

SIZE = 1920, 1080
"""Pixels of the picture that nobody took: broad, as dancers go sideways."""
FOCAL = 1620.0
"""Focal length in pixels: 1.5 picture heights, 37 degrees from top to bottom (30 mm on a full-frame camera)."""
HEIGHT = 1.0
"""Metres of the lens over the floor; it looks straight ahead."""
FIT, MARGIN = 95, 0.9
"""This percentage of the frames lies whole within this part of the picture's width and height."""
NEAREST = 1.0
"""Metres that always remain between the lens and the dancer."""
FLOOR = 1
"""Percentile of the lowest joints' heights that is the floor."""
FACING_SECONDS = 1.0
"""The camera stands before the dancer as the dance begins."""

_ONTO = [*range(p.FEET.stop)]
"""Joints that have to be in the picture."""


def film(figure: np.ndarray, times: np.ndarray, estimator: str) -> Poses:
    """The track of a dancer [T,133,3] (metres, y up, right-handed; NaN where not known) at `times` [T].

    The camera looks at the median place between the hips, level, from where hips and shoulders
    point during the first second, so the dance begins facing the camera and the dancer's left hand
    is on the right of the picture. `world` has the hips at the origin, x to the right, y down and z
    away from the camera, in metres. Joints that are known have confidence 1.
    """
    hips = figure[:, [p.LEFT_HIP, p.RIGHT_HIP]].mean(1)
    toward = _facing(figure[times - times[0] <= FACING_SECONDS])
    right = np.cross([0.0, 1.0, 0.0], toward)
    floor = np.percentile(np.nanmin(figure[:, _ONTO, 1], 1), FLOOR)
    center = np.array([*np.median(hips, 0)])
    center[1] = floor + HEIGHT
    camera = np.stack([right, [0.0, -1.0, 0.0], -toward])  # rows: to the right, down, away
    seen = (figure - center) @ camera.T
    seen[..., 2] += _distance(seen[:, _ONTO])
    xy = FOCAL * seen[..., :2] / seen[..., 2:] + (np.array(SIZE) - 1) / 2
    world = seen - seen[:, [p.LEFT_HIP, p.RIGHT_HIP]].mean(1, keepdims=True)
    known = np.isfinite(xy).all(-1)
    return Poses(
        xy.astype(np.float32),
        known.astype(np.float32),
        np.asarray(times, np.float64),
        SIZE,
        world=world.astype(np.float32),
        estimator=estimator,
    )


def _facing(figure: np.ndarray) -> np.ndarray:
    """Unit vector [3] along the floor: where hips and shoulders point, on average."""
    across = sum(figure[:, left] - figure[:, left + 1] for left in (p.LEFT_HIP, p.LEFT_SHOULDER))
    forward = np.cross(across, [0.0, 1.0, 0.0])
    length = np.linalg.norm(forward, axis=1, keepdims=True)
    mean = (forward / np.maximum(length, 1e-9)).mean(0)
    return mean / np.linalg.norm(mean) if np.linalg.norm(mean) > 1e-3 else np.array([0.0, 0.0, 1.0])


def _distance(seen: np.ndarray) -> float:
    """Metres from the camera to the center, with joints [T,J,3] as the camera sees them from there."""
    half = MARGIN * np.array(SIZE) / 2 / FOCAL
    needed = (np.abs(seen[..., :2]) / half).max(-1) - seen[..., 2]
    return float(max(np.percentile(np.nanmax(needed, 1), FIT), NEAREST - np.nanmin(seen[..., 2])))
