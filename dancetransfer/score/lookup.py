"""The nearest-frame lookup: the baseline without learning that every generator must beat."""

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.learn.pairs import TRAIN, Footage
from dancetransfer.learn.plate import composite
from dancetransfer.pose.space import Stand, distances, normalized, stand_of


class Lookup:
    """The frames that training reads, to be found again by their poses.

    The distance is that of `pose.space`. A frame that hardly shows what is asked is taken only where
    none shows more.
    """

    def __init__(self, footage: list[Footage]) -> None:
        """UserError where the footage has no frame to train on."""
        self.footage = footage
        at = [np.flatnonzero(one.part == TRAIN) for one in footage]
        self._clip = np.repeat(np.arange(len(footage)), [len(part) for part in at])
        self._position = np.concatenate([*at, np.empty(0, int)]).astype(int)
        if not len(self._position):
            raise UserError("There is no frame of the person to look up.", "Add a longer video of the person.")
        xy = np.concatenate([one.poses.xy[part] for one, part in zip(footage, at, strict=True)])
        weight = np.concatenate([one.poses.confidence[part] for one, part in zip(footage, at, strict=True)])
        self._stand = stand_of(xy, weight)
        self._shown = normalized(xy, weight, self._stand)

    def nearest(self, xy: np.ndarray, confidence: np.ndarray) -> tuple[int, int]:
        """Number of the clip and position in its footage of the frame nearest to a pose.

        `xy` [133,2] pixels of any frame, `confidence` [133]. A pose that shows nothing gets the first.
        """
        found = self._nearest(xy[None], confidence[None])
        return int(self._clip[found]), int(self._position[found])

    def frame(self, xy: np.ndarray, confidence: np.ndarray, plate: np.ndarray, placed: bool) -> np.ndarray:
        """uint8 [H,W,3]: the nearest frame's person over the plate.

        `placed`: scaled to the asked height, its pelvis moved to the asked x and its lowest foot to
        the asked floor; else where the person stood. The pose is in the plate's pixels. A pose in
        which nobody is gives the plate alone.
        """
        asked = stand_of(xy[None], confidence[None])
        if not np.isfinite(asked.pelvis).all():
            return plate.copy()
        found = self._nearest(xy[None], confidence[None])
        footage, position = self.footage[self._clip[found]], self._position[found]
        box = footage.boxes[position]
        if placed:
            box = self._moved(box, found, asked)
        return composite(plate, np.asarray(footage.crops[position]), box)

    def _nearest(self, xy: np.ndarray, confidence: np.ndarray) -> int:
        return int(np.argmin(distances(normalized(xy, confidence), self._shown)[0]))

    def _moved(self, box: np.ndarray, found: int, asked: Stand) -> np.ndarray:
        scale = asked.height[0] / self._stand.height[found]
        if not np.isfinite(scale):
            scale = 1.0
        old = np.array([self._stand.pelvis[found, 0], self._stand.floor[found]])
        new = np.array([asked.pelvis[0, 0], asked.floor[0]])
        # Joints count pixel centers, boxes pixel edges: half a pixel between them.
        return np.tile(new + 0.5, 2) + scale * (box - np.tile(old + 0.5, 2))
