"""The light of another background on the dancer: what changes around the dancer, spread over the dancer and time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import cv2
import numpy as np

from dancetransfer.footage.plate import cut_out
from dancetransfer.render.membrane import membrane

CELLS = 96
"""Cells along the longer side of the picture: light is soft, so it is found at this size."""
WINDOW, OVERLAP = 24, 8
"""Frames that are solved at once, and those of them that the next window has too: there one goes over into it."""
STRENGTH, LIMIT = 0.35, 0.4
"""How much of the change of the background (in logarithms) the dancer takes on, and at most. A wall is darker by its
paint as well as by its light, so all of it would be too much."""
PALE = 0.5
"""How much less of it in hue than in brightness: hue is paint even more often."""
DARK = 24.0
"""Levels added before the logarithm, under which a background lights nobody."""
SOFT = 1.5
"""Cells over which the background is blurred: its texture is no light."""
PACE = 24.0
"""Cells that light may be carried on in a second as easily as a cell to the side."""


@dataclass(frozen=True)
class Piece:
    """One frame's dancer, and what is behind."""

    time: float
    """Seconds."""
    layer: np.ndarray
    """uint8 [h,w,4], color and alpha."""
    box: np.ndarray
    """Where it lies: left, top, right, bottom, pixel edges."""
    behind: np.ndarray
    """uint8 [H,W,3]."""


def lit(pieces: Iterable[Piece], plate: np.ndarray) -> Iterator[Piece]:
    """The pieces in the light of what is behind them; `plate` uint8 [H,W,3] is where they were filmed.

    Gradient-domain compositing over space and time (Wang, Raskar, Ahuja 2004): around the dancer the new background
    differs from the old one, and in the dancer that difference is a membrane over x, y and t. It is one of
    logarithms, so the dancer is multiplied with it: black stays black, and all detail keeps its contrast. Alpha
    stays as it is. Windows of frames go over into each other, and no more than one is held.
    """
    surround = _Surround(plate)
    held: list[Piece] = []
    before: np.ndarray | None = None
    for piece in pieces:
        held.append(piece)
        if len(held) == WINDOW:
            fields = _joined(before, surround.fields(held))
            yield from map(_multiplied, held[:-OVERLAP], fields)
            before, held = fields[-OVERLAP:], held[-OVERLAP:]
    if held:
        yield from map(_multiplied, held, _joined(before, surround.fields(held)))


class _Surround:
    """The change from the old background to the new, at the size of the cells."""

    def __init__(self, plate: np.ndarray) -> None:
        height, width = plate.shape[:2]
        cell = max(height, width) / CELLS
        self._size = max(2, round(width / cell)), max(2, round(height / cell))
        self._scale = np.tile([self._size[0] / width, self._size[1] / height], 2)
        self._plate = self._logarithm(plate)
        self._last: tuple[np.ndarray, np.ndarray] | None = None

    def fields(self, pieces: list[Piece]) -> np.ndarray:
        """Logarithms of what each piece is multiplied with, float32 [T,h,w,3] over the whole picture."""
        values = np.stack([self._change(piece.behind) for piece in pieces])
        holes = np.stack([self._covered(piece) for piece in pieces])
        steps = np.maximum(np.diff([piece.time for piece in pieces]), 1e-3)
        return membrane(values, holes, 1 / (PACE * steps) ** 2)

    def _change(self, behind: np.ndarray) -> np.ndarray:
        if self._last is None or self._last[0] is not behind:  # a still picture is the same one in every frame
            difference = self._logarithm(behind) - self._plate
            difference += PALE * (difference.mean(-1, keepdims=True) - difference)
            self._last = behind, LIMIT * np.tanh(STRENGTH * difference / LIMIT)
        return self._last[1]

    def _logarithm(self, picture: np.ndarray) -> np.ndarray:
        small = cv2.resize(picture, self._size, interpolation=cv2.INTER_AREA).astype(np.float32)
        return np.log(cv2.GaussianBlur(small, (0, 0), SOFT) + DARK)

    def _covered(self, piece: Piece) -> np.ndarray:
        """Cells that the dancer or the shadow touches, bool [h,w]."""
        box = piece.box * self._scale
        wide, tall = np.ceil(box[2:] - box[:2]).astype(int).clip(1)
        alpha = cv2.resize(piece.layer[..., 3], (int(wide), int(tall)), interpolation=cv2.INTER_AREA)
        x, y = (box[2:] - box[:2]) / (wide, tall)
        matrix = np.array([[x, 0, box[0] + 0.5 * x - 0.5], [0, y, box[1] + 0.5 * y - 0.5]])
        return cv2.dilate(cv2.warpAffine(alpha, matrix, self._size), np.ones((3, 3), np.uint8)) > 8


def _joined(before: np.ndarray | None, fields: np.ndarray) -> np.ndarray:
    """A window's fields, gone over into from those of the window before."""
    if before is None:
        return fields
    count = len(before)
    share = (np.arange(1, count + 1) / (count + 1)).astype(np.float32)[:, None, None, None]
    return np.concatenate([before + share * (fields[:count] - before), fields[count:]])


def _multiplied(piece: Piece, field: np.ndarray) -> Piece:
    height, width = piece.layer.shape[:2]
    rows, columns = piece.behind.shape[0] / field.shape[0], piece.behind.shape[1] / field.shape[1]
    change = cut_out(field, piece.box / (columns, rows, columns, rows), (width, height))
    color = cv2.multiply(piece.layer[..., :3], np.exp(change), dtype=cv2.CV_8U)
    return replace(piece, layer=np.dstack([color, piece.layer[..., 3]]))
