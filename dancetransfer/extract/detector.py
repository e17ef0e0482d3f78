"""YOLOX as ONNX: the boxes of all people in a picture."""

from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.extract.runtime import open_network

SURE, OVERLAP = 0.3, 0.45
"""Score from which on a box counts, and intersection over union from which on two are one: as with DWPose."""

GRAY = 114
"""What surrounds the picture in YOLOX's training."""

STRIDES = (8, 16, 32)
"""Pixels per cell of the three grids."""

PERSON = 0
"""COCO's class."""


class PersonDetector:
    """YOLOX in either form that is handed out: with its bare grids, or with its boxes picked already.

    Both take the picture letterboxed at the top left over gray, in BGR with values 0..255 and no
    other normalization (YOLOX, Ge et al. 2021, from version 0.1.1 on; MMDetection's configs keep
    it so). DWPose's `yolox_l.onnx` gives [1,8400,85] per cell: offset of the center and logarithm
    of the size in strides, how sure something is there, 80 classes. Those exported by MMDeploy
    give `dets` [1,N,5] and `labels` [1,N].
    """

    def __init__(self, path: Path) -> None:
        """UserError where the file isn't an ONNX network."""
        self._path, self.network = path, open_network(path)
        (given,) = self.network.session.get_inputs()[:1]
        self._input = given.name
        height, width = given.shape[2:]
        self._size = tuple(side if isinstance(side, int) else 640 for side in (width, height))

    def __call__(self, image: np.ndarray) -> np.ndarray:
        """float64 [N,5]: left, top, right, bottom in pixel edges of uint8 RGB [H,W,3], score; surest first."""
        canvas, scale = self._letterbox(image)
        found = self.network.session.run(None, {self._input: canvas})
        shapes = [one.shape for one in found]
        if shapes[0][-1] == 5 and len(found) > 1:
            boxes, scores, classes = found[0][0, :, :4], found[0][0, :, 4], found[1][0]
        elif shapes[0] == (1, len(self._cells()[0]), 85):
            boxes, scores, classes = self._decode(found[0][0])
        else:
            raise UserError(
                f"{self._path.name} is no YOLOX detector: it gives {', '.join(map(str, shapes))}.",
                "Install the weights again: dancetransfer weights lists them.",
            )
        people = (classes == PERSON) & (scores > SURE)
        boxes = np.asarray(boxes[people], np.float64) / np.tile(scale, 2)
        return _unique(np.column_stack([boxes, scores[people]]))

    def _letterbox(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The network's input [1,3,h,w], and its pixels per pixel of the picture in x and y."""
        import cv2

        height, width = image.shape[:2]
        ratio = min(self._size[0] / width, self._size[1] / height)
        small = max(1, int(width * ratio)), max(1, int(height * ratio))
        canvas = np.full((self._size[1], self._size[0], 3), GRAY, np.uint8)
        canvas[: small[1], : small[0]] = cv2.resize(image, small, interpolation=cv2.INTER_LINEAR)
        planes = canvas[..., ::-1].transpose(2, 0, 1)[None]
        return np.ascontiguousarray(planes, np.float32), np.array(small) / (width, height)

    def _cells(self) -> tuple[np.ndarray, np.ndarray]:
        """[M,2] column and row of all grids' cells, and [M,1] their strides."""
        grids = [(self._size[0] // stride, self._size[1] // stride, stride) for stride in STRIDES]
        places = [np.stack(np.meshgrid(np.arange(w), np.arange(h)), -1).reshape(-1, 2) for w, h, _ in grids]
        return np.concatenate(places), np.concatenate([np.full((w * h, 1), stride) for w, h, stride in grids])

    def _decode(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Boxes [M,4] on the canvas, scores [M] and classes [M] of the grids' rows [M,85]."""
        places, strides = self._cells()
        center, half = (rows[:, :2] + places) * strides, np.exp(rows[:, 2:4]) * strides / 2
        scores = rows[:, 4:5] * rows[:, 5:]
        return np.hstack([center - half, center + half]), scores.max(1), scores.argmax(1)


def _unique(rows: np.ndarray) -> np.ndarray:
    """The surest of each heap of overlapping boxes [N,5] (non-maximum suppression)."""
    rows, kept = rows[np.argsort(-rows[:, 4], kind="stable")], []
    while len(rows):
        kept.append(rows[0])
        low, high = np.maximum(rows[:, :2], rows[0, :2]), np.minimum(rows[:, 2:4], rows[0, 2:4])
        shared = np.prod(np.maximum(high - low, 0), 1)
        area = np.prod(rows[:, 2:4] - rows[:, :2], 1)
        rows = rows[1:][(shared <= OVERLAP * (area + area[0] - shared))[1:]]
    return np.array(kept).reshape(-1, 5)
