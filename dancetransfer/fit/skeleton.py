"""The bones between the joints that a body is measured by, and what is known of people's proportions."""

from dataclasses import dataclass

import numpy as np

from dancetransfer.pose.poses import (
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Poses,
)

JOINTS = [
    NOSE,
    LEFT_SHOULDER,
    RIGHT_SHOULDER,
    LEFT_ELBOW,
    RIGHT_ELBOW,
    LEFT_WRIST,
    RIGHT_WRIST,
    LEFT_HIP,
    RIGHT_HIP,
    LEFT_KNEE,
    RIGHT_KNEE,
    LEFT_ANKLE,
    RIGHT_ANKLE,
]
"""The joints whose depth is sought, as numbers of COCO-WholeBody."""

LENGTHS = {
    "thigh": 0.245,
    "shin": 0.246,
    "trunk": 0.288,
    "upper arm": 0.172,
    "forearm": 0.157,
    "shoulders": 0.220,
    "hips": 0.110,
    "neck": 0.120,
}
"""Usual lengths in statures, between joint centers: Drillis and Contini, 1966, after Winter 2009; the
trunk from the middle of the hips to that of the shoulders, the neck from there to the nose."""

SIZE_UNIT = LENGTHS["thigh"] + LENGTHS["shin"] + LENGTHS["trunk"]
"""Thigh, shin and trunk in statures: this sum defines the unit that a person is measured in."""

ANKLE_HEIGHT = 0.045
"""Statures of the ankle over the floor of a standing foot (0.039 of Drillis and Contini plus the sole)."""

HIP_HEIGHT = 0.53
"""Statures of the hips over the floor, standing (the same table)."""

LIMBS = ("thigh", "shin", "trunk", "upper arm", "forearm")
"""The lengths that tell how large somebody appears."""


@dataclass(frozen=True)
class Bone:
    """From the mean of some joints to the mean of others."""

    start: tuple[int, ...]
    end: tuple[int, ...]
    length: str
    """Its name in LENGTHS."""
    spread: float = 1.0
    """How much more freely than a limb its length varies."""


_HIPS, _SHOULDERS = (LEFT_HIP, RIGHT_HIP), (LEFT_SHOULDER, RIGHT_SHOULDER)
BONES = (
    Bone((LEFT_HIP,), (LEFT_KNEE,), "thigh"),
    Bone((RIGHT_HIP,), (RIGHT_KNEE,), "thigh"),
    Bone((LEFT_KNEE,), (LEFT_ANKLE,), "shin"),
    Bone((RIGHT_KNEE,), (RIGHT_ANKLE,), "shin"),
    Bone(_HIPS, _SHOULDERS, "trunk", 2.0),
    Bone((LEFT_SHOULDER,), (LEFT_ELBOW,), "upper arm"),
    Bone((RIGHT_SHOULDER,), (RIGHT_ELBOW,), "upper arm"),
    Bone((LEFT_ELBOW,), (LEFT_WRIST,), "forearm"),
    Bone((RIGHT_ELBOW,), (RIGHT_WRIST,), "forearm"),
    Bone((RIGHT_SHOULDER,), (LEFT_SHOULDER,), "shoulders", 2.0),
    Bone((RIGHT_HIP,), (LEFT_HIP,), "hips", 1.5),
    Bone(_SHOULDERS, (NOSE,), "neck", 4.0),
)


def difference() -> np.ndarray:
    """[B,13]: each bone as its end minus its start, in weights of `JOINTS`."""
    rows = np.zeros((len(BONES), len(JOINTS)))
    for row, bone in zip(rows, BONES, strict=True):
        for joints, sign in ((bone.end, 1.0), (bone.start, -1.0)):
            for joint in joints:
                row[JOINTS.index(joint)] += sign / len(joints)
    return rows


def apparent(poses: Poses) -> dict[str, np.ndarray]:
    """Pixels [T,n] of the bones of each length's name; NaN where an end is not visible."""
    xy = np.where(poses.visible[..., None], poses.xy, np.nan)[:, JOINTS].astype(float)
    vectors = np.einsum("bj,tjc->tbc", difference(), np.nan_to_num(xy))
    hidden = ((np.abs(difference())[None] > 0) & np.isnan(xy[:, None, :, 0])).any(-1)
    length = np.where(hidden, np.nan, np.linalg.norm(vectors, axis=-1))
    return {name: length[:, [b for b, bone in enumerate(BONES) if bone.length == name]] for name in LENGTHS}
