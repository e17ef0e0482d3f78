"""Bodies of sticks before a pinhole camera: poses whose every pixel is known."""

from dataclasses import dataclass

import numpy as np

from dancetransfer.pose.poses import JOINTS, Poses

# Meters of a person 1 m high who faces the camera: x to the right of the picture, y up.
_HALF = {
    "nose": (0.0, 0.93), "eye": (0.018, 0.945), "ear": (0.04, 0.94), "shoulder": (0.11, 0.818),
    "elbow": (0.16, 0.65), "wrist": (0.18, 0.5), "hip": (0.06, 0.53), "knee": (0.07, 0.285),
    "ankle": (0.07, 0.039), "big toe": (0.08, 0.0), "small toe": (0.1, 0.0), "heel": (0.07, 0.01),
}  # fmt: skip
_ORDER = ["eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle"]


def body(height: float = 1.8) -> np.ndarray:
    """[133,3] meters: a standing person, z = 0, feet at y = 0; NaN for face and hands."""
    points = np.full((JOINTS, 3), np.nan)
    points[0] = (*_HALF["nose"], 0)
    for n, name in enumerate(_ORDER):
        x, y = _HALF[name]
        points[1 + 2 * n], points[2 + 2 * n] = (x, y, 0), (-x, y, 0)
    for n, name in enumerate(("big toe", "small toe", "heel")):
        x, y = _HALF[name]
        points[17 + n], points[20 + n] = (x, y, 0), (-x, y, 0)
    return height * points


@dataclass(frozen=True)
class Camera:
    """Looks level along z from `high` meters above the floor."""

    focal: float = 700.0
    high: float = 1.2
    size: tuple[int, int] = (1280, 720)

    def see(self, bodies: np.ndarray, depth: np.ndarray, x: np.ndarray | float = 0.0, fps: float = 30) -> Poses:
        """Poses of [T,133,3] or [133,3] meters, standing at `depth` [T] and `x` meters."""
        depth = np.asarray(depth, float)
        points = np.broadcast_to(bodies, (len(depth), JOINTS, 3)).copy()
        points[..., 0] += np.broadcast_to(x, len(depth))[:, None]
        away = points[..., 2] + depth[:, None]
        xy = np.stack([points[..., 0], self.high - points[..., 1]], -1) * self.focal / away[..., None]
        xy += np.array(self.size) / 2
        confidence = np.isfinite(xy).all(-1) * np.float32(0.9)
        return Poses(xy.astype(np.float32), confidence.astype(np.float32), np.arange(len(depth)) / fps, self.size)


def waving(frames: int, height: float = 1.8) -> np.ndarray:
    """[T,133,3] meters: a standing person whose forearms swing."""
    bodies = np.tile(body(height), (frames, 1, 1))
    angle = 1.2 * np.sin(np.arange(frames) / 15)
    for elbow, wrist, side in ((7, 9, 1), (8, 10, -1)):
        swing = np.stack([side * np.sin(angle), -np.cos(angle), np.zeros(frames)], -1)
        bodies[:, wrist] = bodies[:, elbow] + 0.15 * height * swing
    return bodies


def without(poses: Poses, frames: slice | np.ndarray, joints: list[int] | slice) -> Poses:
    """The same track where some joints are not given in some frames."""
    xy, confidence = poses.xy.copy(), poses.confidence.copy()
    xy[frames, joints], confidence[frames, joints] = np.nan, 0
    return poses.with_xy(xy, confidence)
