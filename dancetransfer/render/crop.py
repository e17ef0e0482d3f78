"""What of the plate is seen in a clip of another shape: a box that follows the dancer, or stands still."""

import numpy as np

from dancetransfer.pose.crop import follow_boxes, smooth_path, whole_frame_boxes
from dancetransfer.pose.poses import Poses

CALM_SECONDS = 0.6
"""Standard deviation of the smoothing of the view's path, beside the person crop's own: as slowly as a good
camera operator turns. Both are means to both sides of each moment, so the view never lags behind."""
ROOM = 1.25
"""Height of the near view over that of the person's crop, which is drawn tightly."""


def view_boxes(poses: Poses, aspect: float, crop: str) -> np.ndarray:
    """float64 [T,4] left, top, right, bottom (pixel edges) of what is seen, with that aspect (width / height).

    `crop`: "whole" is the whole picture, with bars where its shape is another one (the box reaches
    outside); "follow" the largest box within the picture, moving with the dancer; "close" a smaller one
    around the dancer; "still" the largest one where the dancer mostly is. Within a shot a box keeps its
    size, and but for "whole" it never leaves the picture.
    """
    if crop == "whole":
        return whole_frame_boxes(len(poses), poses.size, aspect)
    person = follow_boxes(poses, aspect)
    boxes = np.empty_like(person)
    shots = poses.shot if crop != "still" else np.zeros(len(poses), int)
    for shot in np.unique(shots):
        part = shots == shot
        boxes[part] = _view(person[part], poses.time[part], poses.size, aspect, crop)
    return boxes


def largest(size: tuple[int, int], aspect: float) -> tuple[float, float]:
    """Width and height of the largest box of an aspect in a picture of `size`."""
    width = min(size[0], size[1] * aspect)
    return width, width / aspect


def _view(person: np.ndarray, time: np.ndarray, size: tuple[int, int], aspect: float, crop: str) -> np.ndarray:
    extent = np.array(largest(size, aspect))
    middle = (person[:, :2] + person[:, 2:]) / 2
    if crop == "close":
        tall = min(extent[1], ROOM * float((person[:, 3] - person[:, 1]).max()))
        extent = np.array([tall * aspect, tall])
    if crop == "still":
        middle = np.tile(np.median(middle, 0), (len(person), 1))
    else:
        middle = smooth_path(middle, time, CALM_SECONDS)
    corner = np.clip(middle - extent / 2, 0, np.asarray(size) - extent)
    return np.concatenate([corner, corner + extent], 1)


def chosen_crop(crop: str, size: tuple[int, int], aspect: float | None) -> str:
    """What "auto" is for a picture of `size` and a preset's aspect."""
    if crop != "auto":
        return crop
    same = aspect is None or abs(np.log(aspect / (size[0] / size[1]))) < 0.02
    return "whole" if same else "follow"
