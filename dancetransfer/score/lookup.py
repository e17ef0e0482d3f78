"""The nearest-frame lookup: the baseline without learning that every generator must beat, and sprites begin with."""

import numpy as np

from dancetransfer.footage.pairs import Footage
from dancetransfer.footage.plate import composite
from dancetransfer.pose.space import Stand, stand_of
from dancetransfer.sprites.frames import frames_of


class Lookup:
    """The frames that training reads, to be found again by their poses (`sprites.frames`)."""

    def __init__(self, footage: list[Footage]) -> None:
        """UserError where the footage has no frame to train on."""
        self._frames = frames_of(footage)

    def nearest(self, xy: np.ndarray, confidence: np.ndarray) -> tuple[int, int]:
        """Number of the clip and position in its footage of the frame nearest to a pose.

        `xy` [133,2] pixels of any frame, `confidence` [133]. A pose that shows nothing gets the first.
        """
        found = self._frames.nearest(xy, confidence)
        return int(self._frames.clip[found]), int(self._frames.position[found])

    def frame(self, xy: np.ndarray, confidence: np.ndarray, plate: np.ndarray, placed: bool) -> np.ndarray:
        """uint8 [H,W,3]: the nearest frame's person over the plate.

        `placed`: scaled to the asked height, its pelvis moved to the asked x and its lowest foot to
        the asked floor; else where the person stood. The pose is in the plate's pixels. A pose in
        which nobody is gives the plate alone.
        """
        asked = stand_of(xy[None], confidence[None])
        if not np.isfinite(asked.pelvis).all():
            return plate.copy()
        found = self._frames.nearest(xy, confidence)
        box = self._frames.box(found)
        return composite(plate, self._frames.crop(found), self._moved(box, found, asked) if placed else box)

    def _moved(self, box: np.ndarray, found: int, asked: Stand) -> np.ndarray:
        stand = self._frames.stand
        scale = asked.height[0] / stand.height[found]
        if not np.isfinite(scale):
            scale = 1.0
        old = np.array([stand.pelvis[found, 0], stand.floor[found]])
        new = np.array([asked.pelvis[0, 0], asked.floor[0]])
        # Joints count pixel centers, boxes pixel edges: half a pixel between them.
        return np.tile(new + 0.5, 2) + scale * (box - np.tile(old + 0.5, 2))
