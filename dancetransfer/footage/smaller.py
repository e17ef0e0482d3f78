"""Footage as if its crops had been cut smaller, for a training that has to do with less memory."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from dancetransfer.footage.pairs import Footage


class Crops:
    """uint8 [N,H,W,4] of which every picture is made when it is asked for."""

    def __init__(self, whole: np.ndarray, size: tuple[int, int]) -> None:
        """`size`: width, height."""
        self.whole, self.size = whole, size
        self.shape = (len(whole), size[1], size[0], 4)

    def __len__(self) -> int:
        return len(self.whole)

    def __getitem__(self, n: int) -> np.ndarray:
        return cv2.resize(np.asarray(self.whole[n]), self.size, interpolation=cv2.INTER_AREA)


def at_size(footage: list[Footage], size: tuple[int, int]) -> list[Footage]:
    """The clips with crops of `size` (width, height) where theirs are higher; other ones stay as they are."""
    crops: Any = [Crops(clip.crops, size) if clip.crops.shape[1] > size[1] else clip.crops for clip in footage]
    return [replace(clip, crops=one) for clip, one in zip(footage, crops, strict=True)]
