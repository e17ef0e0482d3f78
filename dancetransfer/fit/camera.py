"""The camera over a level floor that a clip was filmed with, as far as a fit needs it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Camera:
    """A pinhole camera over a level floor. Lengths in statures (of the person it shows)."""

    focal: float
    """Pixels."""
    pitch: float
    """Radians that it looks down."""
    roll: float
    """Radians by which the floor sinks to the right in its picture."""
    height: float
    """Of the camera over the floor."""
    size: tuple[int, int]
    """(width, height) of the picture in pixels."""

    @property
    def up(self) -> np.ndarray:
        """[3]: the direction against gravity in the camera's axes (x right, y up, z forward)."""
        c = np.cos(self.pitch)
        return np.array([np.sin(self.roll) * c, np.cos(self.roll) * c, -np.sin(self.pitch)])

    @property
    def axes(self) -> np.ndarray:
        """[3,3]: rows are the level directions right, up and away in the camera's axes."""
        up = self.up
        away = np.array([0.0, 0.0, 1.0]) - up[2] * up
        away /= np.linalg.norm(away)
        return np.stack([np.cross(up, away), up, away])

    def rays(self, xy: np.ndarray) -> np.ndarray:
        """[...,3]: where pixels [...,2] look to, in the camera's axes, 1 along its own."""
        center = (np.asarray(self.size, float) - 1) / 2
        flat = (xy - center) / self.focal
        return np.stack([flat[..., 0], -flat[..., 1], np.ones(flat.shape[:-1])], -1)

    def level(self, points: np.ndarray) -> np.ndarray:
        """Points [...,3] of the camera's axes as right, over the floor, and away from the camera."""
        return points @ self.axes.T + (0.0, self.height, 0.0)

    def project(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels [...,2] and depth [...] of places [...,3] given as `level` gives them."""
        points = (places - (0.0, self.height, 0.0)) @ self.axes
        depth = np.maximum(points[..., 2], 0.05)
        flat = points[..., :2] / depth[..., None] * self.focal
        center = (np.asarray(self.size, float) - 1) / 2
        return np.stack([flat[..., 0] + center[0], center[1] - flat[..., 1]], -1), depth

    def on_floor(self, xy: np.ndarray, over: float = 0.0) -> np.ndarray:
        """Depth [...] along the camera's axis at which pixels [...,2] are `over` the floor; NaN above the horizon."""
        sinks = -(self.rays(xy) @ self.up)
        return np.where(sinks > 1e-3, (self.height - over) / np.maximum(sinks, 1e-3), np.nan)
