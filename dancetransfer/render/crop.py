"""What of the plate is seen in a clip of another shape: a box that follows the dancer, or stands still."""

import numpy as np

from dancetransfer.pose.crop import follow_boxes, smooth_path, whole_frame_boxes
from dancetransfer.pose.poses import Poses, person_box

CALM_SECONDS = 0.7
"""Standard deviation of the smoothing of the view's path: as slowly as a good camera operator turns. It is a
mean to both sides of each moment, so the view never lags behind."""
EDGE_SECONDS = 0.2
"""The median over this time is where the path begins and ends."""
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
    person, middles = follow_boxes(poses, aspect), _middles(poses)
    boxes = np.empty_like(person)
    shots = poses.shot if crop != "still" else np.zeros(len(poses), int)
    for shot in np.unique(shots):
        part = shots == shot
        tall = float((person[part, 3] - person[part, 1]).max())
        boxes[part] = _view(middles[part], poses.time[part], poses.size, aspect, crop, ROOM * tall)
    return boxes


def largest(size: tuple[int, int], aspect: float) -> tuple[float, float]:
    """Width and height of the largest box of an aspect in a picture of `size`."""
    width = min(size[0], size[1] * aspect)
    return width, width / aspect


def _view(
    middle: np.ndarray, time: np.ndarray, size: tuple[int, int], aspect: float, crop: str, tall: float
) -> np.ndarray:
    extent = np.array(largest(size, aspect))
    if crop == "close":
        tall = min(extent[1], tall)
        extent = np.array([tall * aspect, tall])
    middle = np.where(np.isfinite(middle), middle, np.asarray(size) / 2)
    middle = np.tile(np.median(middle, 0), (len(middle), 1)) if crop == "still" else _calm(middle, time)
    corner = np.clip(middle - extent / 2, 0, np.asarray(size) - extent)
    return np.concatenate([corner, corner + extent], 1)


def _middles(poses: Poses) -> np.ndarray:
    """[T,2] of the person's box; where nobody is, on the way from the frame before to the one after."""
    person = person_box(poses)
    known = np.isfinite(person).all(1)
    middles = np.full((len(poses), 2), np.nan)
    for shot in np.unique(poses.shot[known]):
        part = poses.shot == shot
        at, seen = np.flatnonzero(part), np.flatnonzero(part & known)
        for axis in (0, 1):
            middles[part, axis] = np.interp(at, seen, (person[seen, axis] + person[seen, axis + 2]) / 2)
    return middles


def _calm(middle: np.ndarray, time: np.ndarray) -> np.ndarray:
    """A path [T,2] smoothed; it is led on as it came at both ends, which a mean would bend inward."""
    reach = 3 * CALM_SECONDS
    head, tail = time < time[0] + EDGE_SECONDS, time > time[-1] - EDGE_SECONDS
    first, last = np.median(middle[head], 0), np.median(middle[tail], 0)
    before = np.flatnonzero((time > time[0]) & (time <= time[0] + reach))[::-1]
    after = np.flatnonzero((time < time[-1]) & (time >= time[-1] - reach))[::-1]
    path = np.concatenate([2 * first - middle[before], middle, 2 * last - middle[after]])
    times = np.concatenate([2 * time[0] - time[before], time, 2 * time[-1] - time[after]])
    return smooth_path(path, times, CALM_SECONDS)[len(before) : len(before) + len(middle)]


def chosen_crop(crop: str, size: tuple[int, int], aspect: float | None) -> str:
    """What "auto" is for a picture of `size` and a preset's aspect."""
    if crop != "auto":
        return crop
    same = aspect is None or abs(np.log(aspect / (size[0] / size[1]))) < 0.02
    return "whole" if same else "follow"
