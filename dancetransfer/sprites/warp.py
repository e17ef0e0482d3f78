"""Move a filmed frame's limbs to a wanted pose."""

import cv2
import numpy as np

from dancetransfer.pose.space import stand_of
from dancetransfer.sprites.limbs import Limbs


def warp(limbs: Limbs, xy: np.ndarray, confidence: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The person layer uint8 [h,w,4] (color and alpha) of a filmed frame in a wanted pose.

    `xy` [133,2] and `confidence` [133] the wanted joints in the plate's pixels, `box` [4] what of the plate is
    made (pixel edges), `size` (width, height) how many pixels that gets.
    """
    asked, shown = stand_of(np.asarray(xy)[None], np.asarray(confidence)[None]), limbs.stand
    scale = asked.height[0] / shown.height[0]
    scale = scale if np.isfinite(scale) else 1.0
    old = np.array([shown.pelvis[0, 0], shown.floor[0]])
    new = np.array([asked.pelvis[0, 0], asked.floor[0]])
    if not (np.isfinite(new).all() and np.isfinite(old).all()):
        return np.zeros((size[1], size[0], 4), np.uint8)
    place = np.array([[scale, 0, new[0] - scale * old[0]], [0, scale, new[1] - scale * old[1]], [0, 0, 1]])
    into = _pixels(np.asarray(box, np.float64), size)
    from_ = np.linalg.inv(_pixels(limbs.box, (limbs.layer.shape[1], limbs.layer.shape[0])))
    moved = cv2.warpAffine(limbs.layer, (into @ place @ from_)[:2], size, flags=cv2.INTER_LINEAR)
    return np.asarray(moved, np.uint8)


def _pixels(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """3x3 matrix from the plate's pixels (centers are whole numbers) to those of a box of `size`."""
    x, y = size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])
    return np.array([[x, 0, (0.5 - box[0]) * x - 0.5], [0, y, (0.5 - box[1]) * y - 0.5], [0, 0, 1]])
