"""The crop box that follows a person smoothly, and the way between frame, crop and label coordinates."""

from dataclasses import replace

import numpy as np

from dancetransfer.pose.poses import Poses, person_box

MARGIN = 1.18
"""Crop height over the height of the visible joints: room for hair, hands, clothes and motion."""
FOLLOW_SECONDS = 0.35
"""Standard deviation of the smoothing of the box's path; the box must not tremble with the pose."""
REACH_SECONDS = 0.5
"""The box is large enough for every pose this close in time."""


def follow_boxes(poses: Poses, aspect: float) -> np.ndarray:
    """float64 [T,4] left, top, right, bottom of a crop of fixed aspect (width / height) around the person.

    Boxes count pixel edges ((0, 0, w, h) is the whole frame) and may reach outside. Their path is
    smooth in time, per shot, and large enough for the poses nearby. Where nobody is, the last box
    stays; a track without anybody gets the whole frame's height.
    """
    person = person_box(poses)
    boxes = np.empty((len(poses), 4))
    for shot in np.unique(poses.shot):
        part = poses.shot == shot
        boxes[part] = _follow(person[part], poses.time[part], poses.size, aspect)
    return boxes


def _follow(person: np.ndarray, time: np.ndarray, size: tuple[int, int], aspect: float) -> np.ndarray:
    known = np.isfinite(person).all(1)
    width, height = size
    if not known.any():
        middle = np.array([width / 2, height / 2])
        half = np.array([height * aspect, height]) / 2
        return np.tile(np.concatenate([middle - half, middle + half]), (len(time), 1))
    at = np.arange(len(time))
    edges = np.stack([np.interp(at, at[known], person[known, n]) for n in range(4)], 1)
    middle = (edges[:, :2] + edges[:, 2:]) / 2
    extent = edges[:, 2:] - edges[:, :2]
    tall = np.maximum(extent[:, 1], extent[:, 0] / aspect)
    tall = _reach(tall, time)
    middle = smooth_path(middle, time, FOLLOW_SECONDS)
    tall = MARGIN * smooth_path(tall[:, None], time, FOLLOW_SECONDS)
    half = np.concatenate([tall * aspect, tall], 1) / 2
    return np.concatenate([middle - half, middle + half], 1)


def _reach(values: np.ndarray, time: np.ndarray) -> np.ndarray:
    first = np.searchsorted(time, time - REACH_SECONDS)
    last = np.searchsorted(time, time + REACH_SECONDS, side="right")
    return np.array([values[a:b].max() for a, b in zip(first, last, strict=True)])


def smooth_path(values: np.ndarray, time: np.ndarray, seconds: float) -> np.ndarray:
    """Gaussian mean over time of [T,D], weights by true times, so that any frame rate is served."""
    smooth = np.empty_like(values, dtype=np.float64)
    first = np.searchsorted(time, time - 3 * seconds)
    last = np.searchsorted(time, time + 3 * seconds, side="right")
    for n, (a, b) in enumerate(zip(first, last, strict=True)):
        weight = np.exp(-0.5 * ((time[a:b] - time[n]) / seconds) ** 2)
        smooth[n] = weight @ values[a:b] / weight.sum()
    return smooth


def whole_frame_boxes(frames: int, size: tuple[int, int], aspect: float) -> np.ndarray:
    """float64 [T,4]: the whole frame, letterboxed to `aspect` (width / height)."""
    width, height = size
    wide, tall = max(width, height * aspect), max(height, width / aspect)
    left, top = (width - wide) / 2, (height - tall) / 2
    return np.tile([left, top, left + wide, top + tall], (frames, 1)).astype(np.float64)


def into_crop(poses: Poses, boxes: np.ndarray, size: tuple[int, int]) -> Poses:
    """The joints in the pixels of crops of `size` (width, height): box edges become the crop's edges."""
    corner, far = boxes[:, None, :2], boxes[:, None, 2:]
    scale = np.asarray(size) / (far - corner)
    xy = (poses.xy + 0.5 - corner) * scale - 0.5
    return replace(poses.with_xy(xy), size=size)


def crop_aspect(poses: Poses) -> float:
    """Width / height of a crop that holds 95 % of the poses of a track: 0.625, 0.75, 0.875 or 1."""
    box = person_box(poses)
    box = box[np.isfinite(box).all(1)]
    if not len(box):
        return 0.75
    wide = (box[:, 2] - box[:, 0]) / np.median(box[:, 3] - box[:, 1])
    return float(np.clip(np.ceil(np.percentile(wide, 95) * 8) / 8, 0.625, 1.0))
