"""The plate: the person's background without the person, and the person layer's way over it."""

from collections.abc import Iterable

import cv2
import numpy as np

FEWEST, MOST = 15, 45
"""Frames that the median is taken over, as many as `MEMORY` allows."""
MEMORY = 300_000_000
"""Bytes that the sampled frames may take."""


def sampled(frames: int, size: tuple[int, int]) -> set[int]:
    """Indices of the frames for the plate, spread evenly over a clip of `size` (width, height)."""
    count = int(np.clip(MEMORY // (size[0] * size[1] * 3), FEWEST, MOST))
    return set(np.linspace(0, frames - 1, min(count, frames)).round().astype(int).tolist())


def clean_plate(frames: Iterable[np.ndarray], masks: Iterable[np.ndarray]) -> np.ndarray:
    """Median over time of what the person leaves free, holes filled from around them.

    `frames`: uint8 [H,W,3] each; `masks`: uint8 [h,w], 0..255 where the person is, any size.
    Returns uint8 [H,W,3]. Where the person never moves away the picture is inpainted (Telea 2004).
    """
    stack = np.stack(list(frames))
    count, height, width = stack.shape[:3]
    reach = max(3, round(0.02 * height)) | 1  # masks are soft and a little small
    grow = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    free = np.empty((count, height, width), bool)
    for n, mask in enumerate(masks):
        whole = cv2.resize(mask, (width, height), interpolation=cv2.INTER_LINEAR)
        free[n] = cv2.dilate((whole > 64).astype(np.uint8), grow) == 0
    plate = np.empty((height, width, 3), np.uint8)
    for top in range(0, height, 64):  # in bands, so that the sorted copy stays small
        rows = slice(top, top + 64)
        plate[rows] = _median(stack[:, rows], free[:, rows])
    hole: np.ndarray = np.asarray(~free.any(0), np.uint8)
    return cv2.inpaint(plate, hole, 5, cv2.INPAINT_TELEA) if hole.any() else plate


def _median(stack: np.ndarray, free: np.ndarray) -> np.ndarray:
    """Median over the first axis of uint8 [N,h,w,3] where bool [N,h,w] is set."""
    values = stack.astype(np.uint16)
    values[~free] = 0xFFFF  # sorts behind every real value
    values.sort(axis=0)
    known = np.maximum(free.sum(0), 1)
    low = np.take_along_axis(values, ((known - 1) // 2)[None, ..., None], 0)[0]
    high = np.take_along_axis(values, (known // 2)[None, ..., None], 0)[0]
    return np.minimum((low + high) // 2, 255).astype(np.uint8)


def cut_out(picture: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resample a box of a picture to `size` (width, height), with sub-pixel accuracy and no aliasing.

    `picture` uint8 [H,W] or [H,W,C]; `box` left, top, right, bottom counts pixel edges and may
    reach outside, where the border is repeated.
    """
    width, height = size
    shrink = (box[3] - box[1]) / height
    fine = int(np.clip(np.ceil(shrink), 1, 8))  # sample finely, then average
    matrix = _into(box, (width * fine, height * fine))
    cut = cv2.warpAffine(
        picture,
        matrix,
        (width * fine, height * fine),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return cv2.resize(cut, size, interpolation=cv2.INTER_AREA) if fine > 1 else cut


def _into(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """2x3 matrix from picture pixels to the pixels of the box resampled to `size`."""
    x = size[0] / (box[2] - box[0])
    y = size[1] / (box[3] - box[1])
    return np.array([[x, 0, (0.5 - box[0]) * x - 0.5], [0, y, (0.5 - box[1]) * y - 0.5]], np.float64)


def composite(plate: np.ndarray, layer: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The person layer over the plate; where its alpha is 0 the result is the plate, bit for bit.

    `plate` uint8 [H,W,3], `layer` uint8 [h,w,4] color and alpha, `box` where the layer lies in the
    plate (pixel edges, may reach outside). Returns a new uint8 [H,W,3].
    """
    height, width = plate.shape[:2]
    left, top = (max(0, int(np.floor(edge))) for edge in box[:2])
    right, bottom = min(width, int(np.ceil(box[2]))), min(height, int(np.ceil(box[3])))
    result = plate.copy()
    if right <= left or bottom <= top:
        return result
    color = layer.astype(np.float32)
    color[..., :3] *= color[..., 3:] / 255  # premultiplied, so that no color bleeds in from outside
    inside = np.asarray(box) - (left, top, left, top)
    matrix = cv2.invertAffineTransform(_into(inside, (layer.shape[1], layer.shape[0])))
    moved = cv2.warpAffine(color, matrix, (right - left, bottom - top), flags=cv2.INTER_LINEAR)
    alpha = moved[..., 3:] / 255
    region = result[top:bottom, left:right]
    mixed = np.rint(region * (1 - alpha) + moved[..., :3]).clip(0, 255).astype(np.uint8)
    result[top:bottom, left:right] = np.where(alpha < 1 / 255, region, mixed)
    return result
