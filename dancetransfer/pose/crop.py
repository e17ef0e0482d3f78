"""The crop box that follows a person smoothly, and the way between frame, crop and label coordinates."""

from dataclasses import replace

import numpy as np

from dancetransfer.pose.poses import (
    LEFT_EAR,
    LEFT_EYE,
    LEFT_HAND,
    LEFT_SHOULDER,
    NOSE,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    Poses,
    person_box,
)

MARGIN = 1.18
"""Crop height over the height of the visible joints: room for hair, hands, clothes and motion."""
FOLLOW_SECONDS = 0.35
"""Standard deviation of the smoothing of the box's path; the box must not tremble with the pose."""
REACH_SECONDS = 0.5
"""The box is large enough for every pose this close in time."""
FACE_SIDE = 1.7
"""Side of the square around the face in head sizes: from ear to ear and from hairline to chin."""
FACE_SECONDS = 0.08
"""Standard deviation of the smoothing of a face's or a hand's path: against jitter, not against motion."""
EYES_TO_HEAD = 2.2
"""Distance of the ears over that of the eyes, for heads whose ears are hidden by hair."""
AWAY = -0.2
"""A head is turned away where its left ear lies this part of its size on the side of the right one."""


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


def into_boxes(inner: np.ndarray, boxes: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Boxes [N,4] of the frame in pixels of the crops `boxes` [N,4] of `size` (width, height), all in edges."""
    corner, extent = boxes[:, :2], boxes[:, 2:] - boxes[:, :2]
    scale = np.asarray(size) / extent
    return np.concatenate([(inner[:, :2] - corner) * scale, (inner[:, 2:] - corner) * scale], 1)


def relative(a: np.ndarray, b: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Where crop `b` [4] lies in the pixels of crop `a` [4]: how a state moves from one crop to the next."""
    return into_boxes(b[None], a[None], size)[0]


def crop_aspect(poses: Poses) -> float:
    """Width / height of a crop that holds 95 % of the poses of a track: 0.625, 0.75, 0.875 or 1."""
    box = person_box(poses)
    box = box[np.isfinite(box).all(1)]
    if not len(box):
        return 0.75
    wide = (box[:, 2] - box[:, 0]) / np.median(box[:, 3] - box[:, 1])
    return float(np.clip(np.ceil(np.percentile(wide, 95) * 8) / 8, 0.625, 1.0))


def face_boxes(poses: Poses) -> np.ndarray:
    """float64 [T,4] left, top, right, bottom of a square around the face, in pixel edges as `follow_boxes`.

    The side is 1.7 head sizes, a head's size being the largest distance among nose, eyes and ears
    (in a front view the ears', in profile that from nose to ear). The path is smooth in time, per
    shot. NaN where the nose or both eyes are not visible, or the head is turned away.
    """
    head = np.where(poses.visible[..., None], poses.xy, np.nan)[:, :5].astype(np.float64) + 0.5
    seen = np.isfinite(head[:, NOSE, 0]) & np.isfinite(head[:, [LEFT_EYE, RIGHT_EYE], 0]).any(1)
    if not seen.any():
        return np.full((len(poses), 4), np.nan)
    size = _head_size(head)
    seen &= (size > 0) & ~(_facing(poses, head) < AWAY * size)
    return _squares(poses, seen, _face_middle(head), FACE_SIDE * size)


def _squares(poses: Poses, seen: np.ndarray, middle: np.ndarray, side: np.ndarray) -> np.ndarray:
    """float64 [T,4]: squares of `side` [T] around `middle` [T,2], smooth in time, per shot; NaN where not `seen`."""
    boxes = np.full((len(poses), 4), np.nan)
    at = np.arange(len(poses))
    for shot in np.unique(poses.shot[seen]):
        part = poses.shot == shot
        known = part & seen
        path = np.stack([np.interp(at[part], at[known], v[known]) for v in (*middle.T, side / 2)], 1)
        center = smooth_path(path[:, :2], poses.time[part], FACE_SECONDS)
        half = smooth_path(path[:, 2:], poses.time[part], FOLLOW_SECONDS)
        boxes[part] = np.concatenate([center - half, center + half], 1)
    boxes[~seen] = np.nan
    return boxes


def _head_size(head: np.ndarray) -> np.ndarray:
    """Pixels [T] of heads [T,5,2]: the largest distance of two points; 0 where fewer are seen."""
    apart = np.linalg.norm(head[:, :, None] - head[:, None], axis=-1)
    eyes = EYES_TO_HEAD * apart[:, LEFT_EYE, RIGHT_EYE]
    return np.maximum(np.nan_to_num(apart).max((1, 2)), np.nan_to_num(eyes))


def _face_middle(head: np.ndarray) -> np.ndarray:
    """[T,2] halfway from the nose to the (visible) ears; without ears the mean of nose and eyes."""
    ears = _mean_seen(head[:, [LEFT_EAR, RIGHT_EAR]])
    eyes = _mean_seen(head[:, [LEFT_EYE, RIGHT_EYE]])
    return (head[:, NOSE] + np.where(np.isfinite(ears), ears, eyes)) / 2


def _facing(poses: Poses, head: np.ndarray) -> np.ndarray:
    """Pixels [T] that the left ear (or eye) lies on the side it has in a front view; NaN: unknown.

    What is "up" is told by the shoulders, so that a handstand shows its face too.
    """
    ears, eyes = head[:, LEFT_EAR] - head[:, RIGHT_EAR], head[:, LEFT_EYE] - head[:, RIGHT_EYE]
    across = np.where(np.isfinite(ears), ears, EYES_TO_HEAD * eyes)
    shoulders = np.where(poses.visible[..., None], poses.xy, np.nan)[:, [LEFT_SHOULDER, RIGHT_SHOULDER]]
    up = _mean_seen(head[:, [LEFT_EYE, RIGHT_EYE]]) - 0.5 - _mean_seen(shoulders)
    up = np.where(np.isfinite(up), up, (0.0, -1.0))
    left = np.stack([-up[:, 1], up[:, 0]], 1) / np.maximum(np.linalg.norm(up, axis=1, keepdims=True), 1e-6)
    return (across * left).sum(1)


def _mean_seen(points: np.ndarray) -> np.ndarray:
    """Mean [T,2] over the points [T,N,2] that are given; NaN where none is."""
    given = np.isfinite(points).all(-1)
    count = given.sum(1)[:, None]
    total = np.where(given[..., None], points, 0).sum(1)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


PARTS = ("face", "left hand", "right hand")
"""What is drawn anew by a refiner of its own, in the order of `part_boxes`."""
HAND_SIDE = 1.5
"""Side of the square around a hand in extents of its joints: room for the fingers' outlines and a little jitter."""
FEWEST_JOINTS = 12
"""Visible joints of a hand, of 21, below which nothing is known about its fingers."""
SMALLEST_HAND = 0.06
"""A hand's joints are taken to extend over at least this part of the person's height in the picture."""


def part_boxes(poses: Poses) -> np.ndarray:
    """float64 [T,P,4] left, top, right, bottom of the squares around `PARTS`; NaN where one can't be seen well."""
    return np.stack([face_boxes(poses), *hand_boxes(poses)], 1)


def hand_boxes(poses: Poses) -> list[np.ndarray]:
    """Two float64 [T,4], left hand and right hand: squares around the 21 joints, smooth in time, per shot.

    NaN where fewer than 12 joints of the hand are visible.
    """
    return [_hand_boxes(poses, hand) for hand in (LEFT_HAND, RIGHT_HAND)]


def _hand_boxes(poses: Poses, hand: slice) -> np.ndarray:
    visible = poses.visible[:, hand]
    xy = np.where(visible[..., None], poses.xy[:, hand], np.nan).astype(np.float64) + 0.5
    seen = visible.sum(1) >= FEWEST_JOINTS
    low, high = np.full((len(poses), 2), np.nan), np.full((len(poses), 2), np.nan)
    low[seen], high[seen] = np.nanmin(xy[seen], 1), np.nanmax(xy[seen], 1)
    tall = person_box(poses)
    least = SMALLEST_HAND * np.nan_to_num(tall[:, 3] - tall[:, 1])
    return _squares(poses, seen, (low + high) / 2, HAND_SIDE * np.maximum((high - low).max(1), least))
