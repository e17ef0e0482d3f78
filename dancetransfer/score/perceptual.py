"""How like a result is to an eye, frame by frame within boxes: the likeness of `learn`, and LPIPS where installed."""

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from dancetransfer import weights
from dancetransfer.learn.likeness import REACH, decibels, likeness_error
from dancetransfer.score.metrics import pixels_in

TALLEST = 512
"""Pixels; a box that is taller is looked at in this size, as on a screen: time and judgment then stay the same."""
Distance = Callable[[np.ndarray, np.ndarray], float]
"""How unlike two uint8 pictures [H,W,3] are."""


@dataclass
class Likeness:
    """Mean likeness error of a stream of frames within boxes."""

    total: float = 0.0
    frames: int = 0

    def add(self, result: np.ndarray, truth: np.ndarray, box: np.ndarray) -> None:
        """uint8 [H,W,3] and a box (pixel edges); a NaN box is skipped."""
        error = error_within(result, truth, box)
        if np.isfinite(error):
            self.total += error
            self.frames += 1

    @property
    def value(self) -> float | None:
        """dB of the mean error; None where there was no frame."""
        return decibels(self.total / self.frames) if self.frames else None


def error_within(result: np.ndarray, truth: np.ndarray, box: np.ndarray) -> float:
    """`likeness_error` of a box of two whole frames; NaN where the box is NaN or lies outside."""
    if not np.isfinite(box).all():
        return float("nan")
    scale = min(1.0, TALLEST / max(1.0, box[3] - box[1]))
    around = box + np.array([-1, -1, 1, 1]) * REACH / scale
    rows, columns = pixels_in(around, truth.shape)
    a, b = result[rows, columns], truth[rows, columns]
    if not a.size:
        return float("nan")
    if scale < 1:
        size = max(1, round(a.shape[1] * scale)), max(1, round(a.shape[0] * scale))
        a, b = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (a, b))
    within = (box - np.tile([columns.start, rows.start], 2)) * scale
    return likeness_error(a, b, within, max(2, round((box[3] - box[1]) * scale / 32)))


@dataclass
class Distances:
    """Mean of a distance of pictures over a stream of frames within boxes; nothing without one."""

    distance: Distance | None = None
    total: float = 0.0
    frames: int = 0

    def add(self, result: np.ndarray, truth: np.ndarray, box: np.ndarray) -> None:
        """uint8 [H,W,3] and a box (pixel edges); a NaN box, and one smaller than 64 pixels, is skipped."""
        if self.distance is None or not np.isfinite(box).all():
            return
        part = pixels_in(box, truth.shape)
        a, b = result[part], truth[part]
        if min(a.shape[:2]) < 64:
            return
        scale = min(1.0, TALLEST / a.shape[0])
        if scale < 1 and a.shape[1] * scale >= 64:
            size = round(a.shape[1] * scale), round(a.shape[0] * scale)
            a, b = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (a, b))
        self.total += self.distance(a, b)
        self.frames += 1

    @property
    def value(self) -> float | None:
        return self.total / self.frames if self.frames else None


def lpips() -> Distance | None:
    """LPIPS on AlexNet, where its weights are installed; UserError where they are damaged."""
    if weights.missing("lpips"):
        return None
    import torch

    from models.lpips import Lpips

    network = Lpips(*weights.load_lpips()).eval()

    def distance(a: np.ndarray, b: np.ndarray) -> float:
        made, real = (
            torch.from_numpy(np.ascontiguousarray(one.transpose(2, 0, 1)))[None].float() / 127.5 - 1 for one in (a, b)
        )
        with torch.inference_mode():
            return float(network(made, real))

    return distance
