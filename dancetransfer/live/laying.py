"""The person layer over the plate, quickly: its box lies on whole pixels, so that it is only made larger."""

import cv2
import numpy as np

from dancetransfer.learn.dancing import premultiplied


def on_pixels(box: np.ndarray) -> np.ndarray:
    """The box [4] whose edges are the nearest whole pixels, at least one apart."""
    first = np.round(box[:2])
    return np.concatenate([first, np.maximum(np.round(box[2:]), first + 1)])


def laid(plate: np.ndarray, layer: np.ndarray, box: np.ndarray) -> np.ndarray:
    """What `footage.plate.composite` makes of a box on whole pixels, in a quarter of its time.

    `plate` uint8 [H,W,3], `layer` uint8 [h,w,4] color and alpha, `box` [4] from `on_pixels`, which may reach outside.
    Returns a new uint8 [H,W,3], the plate bit for bit where alpha is 0. All is done in whole numbers (measured: 55 dB
    and more from `composite`).
    """
    result = plate.copy()
    left, top, right, bottom = (int(edge) for edge in box)
    size = right - left, bottom - top
    larger = size[0] >= layer.shape[1] and size[1] >= layer.shape[0]
    person = cv2.resize(premultiplied(layer), size, interpolation=cv2.INTER_CUBIC if larger else cv2.INTER_AREA)
    x, y, wide, tall = cv2.boundingRect(person[..., 3])
    first = np.maximum((x, y), (-left, -top))
    last = np.minimum((x + wide, y + tall), (plate.shape[1] - left, plate.shape[0] - top))
    if (last <= first).any():
        return result
    person = person[first[1] : last[1], first[0] : last[0]]
    region = result[top + first[1] : top + last[1], left + first[0] : left + last[0]]
    alpha = cv2.cvtColor(person[..., 3], cv2.COLOR_GRAY2RGB)
    color = cv2.min(cv2.cvtColor(person, cv2.COLOR_RGBA2RGB), alpha)  # cubics overshoot
    region[:] = cv2.add(cv2.multiply(region, cv2.bitwise_not(alpha), scale=1 / 255), color)
    return result
