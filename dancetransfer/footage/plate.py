"""The plate: the person's background without the person, and the person layer's way over it."""

from collections.abc import Iterable

import cv2
import numpy as np

from dancetransfer.ahead import side_by_side
from dancetransfer.footage.filling import filled

FEWEST, MOST = 15, 45
"""Frames that the median is taken over, as many as `MEMORY` allows."""
RARE = 0.04
"""What is free in fewer of the frames may be a part of the person that a mask lacks: it is filled, too."""
FILLED = 1280
"""Longer side in pixels of the picture in which holes are filled."""
MEMORY = 300_000_000
"""Bytes that the sampled frames may take."""


def sampled(frames: int, size: tuple[int, int]) -> set[int]:
    """Indices of the frames for the plate, spread evenly over a clip of `size` (width, height)."""
    count = int(np.clip(MEMORY // (size[0] * size[1] * 3), FEWEST, MOST))
    return set(np.linspace(0, frames - 1, min(count, frames)).round().astype(int).tolist())


def clean_plate(frames: Iterable[np.ndarray], masks: Iterable[np.ndarray]) -> np.ndarray:
    """Median over time of what the person leaves free, holes filled from around them.

    `frames`: uint8 [H,W,3] each; `masks`: uint8 [h,w], 0..255 where the person is, any size.
    Returns uint8 [H,W,3]. Where the person never moves away, pieces of what is around are put (`filling`).
    """
    return plate_and_holes(frames, masks)[0]


def plate_and_holes(frames: Iterable[np.ndarray], masks: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """`clean_plate`, and where [H,W] (bool) it had to be inpainted."""
    stack = np.stack(list(frames))
    count, height, width = stack.shape[:3]
    reach = max(3, round(0.02 * height)) | 1  # masks are soft and a little small
    grow = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    free = np.empty((count, height, width), bool)
    for n, mask in enumerate(masks):
        whole = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
        free[n] = cv2.dilate((whole > 64).astype(np.uint8), grow) == 0
    bands = [slice(top, top + 64) for top in range(0, height, 64)]  # so that the sorted copy stays small
    plate = np.concatenate([*side_by_side(lambda rows: _median(stack[:, rows], free[:, rows]), bands)])
    hole: np.ndarray = np.asarray(free.sum(0) < max(1, RARE * count), np.uint8)
    return _inpainted(plate, hole), hole > 0


def _inpainted(plate: np.ndarray, hole: np.ndarray) -> np.ndarray:
    """The plate uint8 [H,W,3] with its hole, uint8 [H,W], filled at `FILLED` pixels at most."""
    if not hole.any():
        return plate
    height, width = hole.shape
    scale = min(1.0, FILLED / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    small = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    unknown = cv2.resize(255 * hole, size, interpolation=cv2.INTER_AREA) > 0
    return np.where(hole[..., None] > 0, cv2.resize(filled(small, unknown), (width, height)), plate)


def _median(stack: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Median over the first axis of uint8 [N,h,w,3] where bool [N,h,w] is set."""
    values = stack.astype(np.uint16)
    values[~free] = 0xFFFF  # sorts behind every real value
    values.sort(axis=0)
    known = np.maximum(free.sum(0), 1)
    low = np.take_along_axis(values, ((known - 1) // 2)[None, ..., None], 0)[0]
    high = np.take_along_axis(values, (known // 2)[None, ..., None], 0)[0]
    return np.minimum((low + high) // 2, 255).astype(np.uint8)


def cut_out(
    picture: np.ndarray,
    box: np.ndarray,
    size: tuple[int, int],
    path: np.ndarray | None = None,
    border: int = cv2.BORDER_REPLICATE,
) -> np.ndarray:
    """Resample a box of a picture to `size` (width, height), with sub-pixel accuracy and no aliasing.

    `picture` uint8 [H,W] or [H,W,C]; `box` left, top, right, bottom counts pixel edges and may
    reach outside, where the border is repeated, or is what `border` says. With a `path` [2,3], from
    the picture's pixels to the plate's, the box is one of the plate.
    """
    width, height = size
    shrink = (box[3] - box[1]) / height
    fine = int(np.clip(np.ceil(shrink), 1, 8))  # sample finely, then average
    matrix = _into(box, (width * fine, height * fine))
    if path is not None:
        matrix = matrix @ np.vstack([path, [0.0, 0.0, 1.0]])
    cut = cv2.warpAffine(
        picture,
        matrix,
        (width * fine, height * fine),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
    )
    return cv2.resize(cut, size, interpolation=cv2.INTER_AREA) if fine > 1 else cut


def _into(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """2x3 matrix from picture pixels to the pixels of the box resampled to `size`."""
    x = size[0] / (box[2] - box[0])
    y = size[1] / (box[3] - box[1])
    return np.array([[x, 0, (0.5 - box[0]) * x - 0.5], [0, y, (0.5 - box[1]) * y - 0.5]], np.float64)


def composite(plate: np.ndarray, layer: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The person layer over the plate; where its alpha is below 1/255 the result is the plate, bit for bit.

    `plate` uint8 [H,W,3], `layer` uint8 [h,w,4] color and alpha, `box` where the layer lies in the
    plate (pixel edges, may reach outside). Returns a new uint8 [H,W,3]. A layer that is enlarged is
    interpolated with cubics; one that is made smaller is sampled finely and averaged, as `cut_out` does.
    """
    result = plate.copy()
    seen = _visible(layer, box, plate.shape[1::-1])
    if seen is None:
        return result
    part, inside, (left, top, right, bottom) = seen
    color = part.astype(np.float32)
    color[..., :3] *= color[..., 3:] / 255  # premultiplied, so that no color bleeds in from outside
    size, fine = (right - left, bottom - top), _fineness(part.shape[1::-1], inside)
    matrix = cv2.invertAffineTransform(_into(inside * fine, (part.shape[1], part.shape[0])))
    wide, tall = size[0] * fine, size[1] * fine
    moved = cv2.warpAffine(color, matrix, (wide, tall), flags=cv2.INTER_CUBIC)
    near = cv2.warpAffine(part[..., 3:], matrix, (wide, tall), flags=cv2.INTER_LINEAR)  # cubics reach too far
    if fine > 1:
        moved, near = (cv2.resize(one, size, interpolation=cv2.INTER_AREA) for one in (moved, near))
    alpha = moved[..., 3:]
    moved *= np.minimum(255 / np.maximum(alpha, 1), 1)  # cubics overshoot
    region = result[top:bottom, left:right]
    mixed = region * (1 - alpha / 255) + moved[..., :3]
    region[:] = np.where((alpha < 1) | (near[..., None] < 1), region, cv2.convertScaleAbs(np.maximum(mixed, 0)))
    return result


def _visible(
    layer: np.ndarray, box: np.ndarray, size: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, tuple[int, int, int, int]] | None:
    """What of a layer is seen in a picture of `size`: that part of it, its box, and the pixels that it lies on.

    The pixels are left, top, right, bottom, and the box counts from the first of them. None where nothing is seen.
    """
    x, y, wide, tall = cv2.boundingRect(layer[..., 3])
    # two more all around, where the cubics reach
    first = np.maximum((x - 2, y - 2), 0)
    last = np.minimum((x + wide + 2, y + tall + 2), layer.shape[1::-1])
    corner = np.asarray(box[:2])
    scale = (np.asarray(box[2:]) - corner) / layer.shape[1::-1]
    start, stop = corner + first * scale, corner + last * scale
    left, top = (int(edge) for edge in np.floor(start).clip(0))
    right, bottom = (int(edge) for edge in np.ceil(stop).clip(None, size))
    if not wide or right <= left or bottom <= top:
        return None
    inside = np.concatenate([start, stop]) - (left, top, left, top)
    return layer[first[1] : last[1], first[0] : last[0]], inside, (left, top, right, bottom)


def _fineness(size: tuple[int, int], box: np.ndarray) -> int:
    """Samples to average for a pixel, each way, where `size` pixels come into a box."""
    shrink = max(size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1]))
    return int(np.clip(np.ceil(shrink - 0.25), 1, 8))  # up to a quarter more, cubics alone hardly alias
