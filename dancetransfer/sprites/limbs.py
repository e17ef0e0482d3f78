"""A filmed frame of the person, taken apart by limbs: what of it does not depend on the pose that is wanted."""

from dataclasses import dataclass

import numpy as np

from dancetransfer.pose.names import SIDES
from dancetransfer.pose.poses import JOINTS
from dancetransfer.pose.space import Stand, stand_of


@dataclass(frozen=True)
class Limbs:
    """One filmed frame of the person, ready to be moved to other poses."""

    layer: np.ndarray
    """uint8 [h,w,4]: color and mask of the crop."""
    box: np.ndarray
    """float64 [4]: where the crop lies, in pixel edges."""
    xy: np.ndarray
    """float64 [133,2] joints in the plate's pixels; mirrored with the crop."""
    confidence: np.ndarray
    stand: Stand


def limbs_of(
    crop: np.ndarray,
    box: np.ndarray,
    xy: np.ndarray,
    confidence: np.ndarray,
    *,
    back: np.ndarray | None = None,
    mirrored: bool = False,
) -> Limbs:
    """Take a filmed frame apart.

    `crop` uint8 [h,w,4] color and mask, `box` [4] where it lies in the plate (pixel edges), `xy` [133,2] and
    `confidence` [133] its joints in the plate's pixels, `back` uint8 [h,w,3] what is behind the person.
    `mirrored`: as in a mirror that stands in the middle of the box, left limbs being right ones.
    """
    box, xy = np.asarray(box, np.float64), np.asarray(xy, np.float64)
    if mirrored:
        crop, (xy, confidence) = np.ascontiguousarray(crop[:, ::-1]), mirror(xy, confidence, box)
    return Limbs(np.asarray(crop), box, xy, np.asarray(confidence), stand_of(xy[None], confidence[None]))


def mirror(xy: np.ndarray, confidence: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Joints [133,2] and their confidence [133] in a mirror in the middle of a box (pixel edges)."""
    order = np.arange(JOINTS)
    left, right = (list(side) for side in SIDES["all"])
    order[left], order[right] = right, left
    order[_FACE] = 23 + np.array(_FACE_MIRRORED)
    turned = np.asarray(xy, np.float64)[order]
    turned[:, 0] = box[0] + box[2] - 1 - turned[:, 0]
    return turned, np.asarray(confidence)[order]


_FACE = np.arange(23, 91)
_FACE_MIRRORED = (
    *range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31, 45, 44, 43, 42, 47, 46, 39, 38, 37,
    36, 41, 40, 54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
)  # fmt: skip
"""The 68 points of the face (iBUG 300-W order) seen in a mirror."""
