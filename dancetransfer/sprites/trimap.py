"""The mattes that a training asks for leave edges and shadows open; a sprite needs to know them."""

import cv2
import numpy as np

from dancetransfer.footage.mattes import BACKGROUND, PERSON, UNSURE
from dancetransfer.sprites.edges import at, spread

EDGE = 0.012
"""Heights of the crop beyond the sure person within which an unsure pixel may be a part of it: farther are shadows."""
CONTRAST = 30.0
"""Levels between the person and what is behind from which on a mixture tells its parts."""


def matted(crop: np.ndarray, back: np.ndarray) -> np.ndarray:
    """uint8 [h,w,4]: a crop whose unsure pixels have got an alpha; `back` uint8 [h,w,3] is what is behind the person.

    At an edge it is the color's place on the line from the background's color to that of the person nearby (the
    compositing equation, Porter and Duff 1984, solved for alpha); what is farther off belongs to the ground.
    """
    left, top, wide, tall = cv2.boundingRect(crop[..., 3])
    part = slice(top, top + tall), slice(left, left + wide)
    mask = cv2.extractChannel(crop[part], 3) if wide else np.zeros((0, 0), np.uint8)
    person, open_ = mask == PERSON, mask == UNSURE
    if not open_.any() or not person.any():
        return crop
    side = 2 * max(1, round(EDGE * len(crop))) + 1
    disk = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    edge = np.flatnonzero(open_ & (cv2.dilate(person.view(np.uint8), disk) > 0))
    color = cv2.cvtColor(crop[part], cv2.COLOR_RGBA2RGB)
    own, behind, picture = (at(one, edge) for one in (spread(color, person), np.ascontiguousarray(back[part]), color))
    line, place = own - behind, picture - behind
    length = np.einsum("nc,nc->n", line, line)
    share = np.clip(np.einsum("nc,nc->n", place, line) / np.maximum(length, 1), 0, 1)
    sure = np.clip(np.sqrt(length) / CONTRAST, 0, 1)
    mask[open_] = BACKGROUND
    mask.reshape(-1)[edge] = np.rint(255 * (sure * share + (1 - sure) * 0.5))
    found = crop.copy()
    found[part][..., 3] = mask
    return found
