"""Which end of each bone is nearer to the camera: as the estimator says, else as postures usually are."""

from dataclasses import dataclass

import numpy as np

from dancetransfer.fit.skeleton import BONES, JOINTS, LENGTHS, difference
from dancetransfer.pose.poses import (
    LEFT_BIG_TOE,
    LEFT_HEEL,
    LEFT_SHOULDER,
    NOSE,
    RIGHT_BIG_TOE,
    RIGHT_HEEL,
    RIGHT_SHOULDER,
    Poses,
)

TOLD_SPREAD, GUESSED_SPREAD = 0.06, 0.15
"""Statures by which a told and a guessed difference in depth may be off."""

NOSE_FORWARD, FOOT = 0.08, 0.13
"""Statures that the nose lies before the neck, and the toes before the heel: so far aside they point in profile."""


@dataclass(frozen=True)
class Hints:
    """Differences in depth, in statures, positive away from the camera."""

    bones: np.ndarray
    """[T,B]: of each bone's end and start."""
    spread: np.ndarray
    """[T,B]: how far they may be off."""
    relative: np.ndarray
    """[T,13]: of each joint and the middle of the hips, with bones of their full lengths: a place to start from."""


def hints(poses: Poses, lengths: dict[str, float], scale: np.ndarray, unit: float) -> Hints:
    """Hints for the frames of a track; a stature is `scale` [T] pixels, and `unit` of the estimator's metres."""
    guessed = _guess(poses, lengths, scale)
    bones, spread = guessed, np.full(guessed.shape, GUESSED_SPREAD)
    if poses.world is not None:
        vectors = _vectors(poses) / unit
        told = vectors[..., 2]
        known = np.isfinite(told)
        bones, spread = np.where(known, told, guessed), np.where(known, TOLD_SPREAD, GUESSED_SPREAD)
    full = _full(poses, lengths, scale, bones)
    return Hints(bones, spread, _chain(full))


def _vectors(poses: Poses) -> np.ndarray:
    """[T,B,3]: the bones in the estimator's metres; NaN in frames where it gives none."""
    world = np.full((len(poses), poses.xy.shape[1], 3), np.nan) if poses.world is None else poses.world
    return np.einsum("bj,tjc->tbc", difference(), world[:, JOINTS].astype(float))


def world_unit(poses: Poses) -> float:
    """Metres of a stature by the estimator's own measure."""
    length = np.linalg.norm(_vectors(poses), axis=-1)
    total = usual = 0.0
    for name in ("thigh", "shin", "trunk"):
        part = length[:, [b for b, bone in enumerate(BONES) if bone.length == name]]
        if (part > 0).any():
            total, usual = total + float(np.median(part[part > 0])), usual + LENGTHS[name]
    return total / usual if usual else 1.0


def _guess(poses: Poses, lengths: dict[str, float], scale: np.ndarray) -> np.ndarray:
    """[T,B]: by the way the body faces: arms and knees forward, the lower leg back."""
    left_z, forward_z = facing(poses, lengths, scale)
    guess = np.zeros((len(poses), len(BONES)))
    for b, bone in enumerate(BONES):
        length = lengths[bone.length]
        if bone.length in ("shoulders", "hips"):
            guess[:, b] = left_z * length
        elif bone.length == "thigh":
            guess[:, b] = 0.25 * forward_z * length
        elif bone.length == "shin":
            guess[:, b] = -0.2 * forward_z * length
        elif bone.length in ("upper arm", "forearm"):
            side = 1.0 if bone.start[0] % 2 else -1.0  # in COCO's order the left joints are odd
            guess[:, b] = (0.35 * forward_z + 0.25 * side * left_z) * length
        elif bone.length == "neck":
            guess[:, b] = 0.5 * forward_z * length
    return guess


def facing(poses: Poses, lengths: dict[str, float], scale: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """[T] each: how far the body's left, and its front, points away from the camera (-1..1)."""
    xy = np.nan_to_num(poses.xy.astype(float))
    wide = (xy[:, LEFT_SHOULDER, 0] - xy[:, RIGHT_SHOULDER, 0]) / (scale * lengths["shoulders"])
    wide = np.clip(wide, -1, 1)
    neck = (xy[:, LEFT_SHOULDER, 0] + xy[:, RIGHT_SHOULDER, 0]) / 2
    nose = (xy[:, NOSE, 0] - neck) / (NOSE_FORWARD * scale)
    toes = (xy[:, [LEFT_BIG_TOE, RIGHT_BIG_TOE], 0] - xy[:, [LEFT_HEEL, RIGHT_HEEL], 0]) / (FOOT * scale[:, None])
    given = poses.visible[:, [LEFT_BIG_TOE, RIGHT_BIG_TOE]] & poses.visible[:, [LEFT_HEEL, RIGHT_HEEL]]
    aside = nose + np.where(given, toes, 0).sum(1)
    left_z = np.sqrt(1 - wide**2) * np.clip(aside, -1, 1)
    return left_z, -wide


def _full(poses: Poses, lengths: dict[str, float], scale: np.ndarray, bones: np.ndarray) -> np.ndarray:
    """[T,B]: the differences that give bones their full lengths, on the side that `bones` says."""
    xy = np.nan_to_num(poses.xy[:, JOINTS].astype(float))
    flat = np.linalg.norm(np.einsum("bj,tjc->tbc", difference(), xy), axis=-1) / scale[:, None]
    wanted = np.array([lengths[bone.length] for bone in BONES])
    return np.sign(bones) * np.sqrt(np.maximum(wanted**2 - flat**2, 0))


def _chain(bones: np.ndarray) -> np.ndarray:
    """[T,13]: depths of the joints over the middle of the hips, out of their bones' [T,B]."""
    matrix = np.concatenate([difference(), np.zeros((1, len(JOINTS)))])
    matrix[-1, [JOINTS.index(11), JOINTS.index(12)]] = 0.5
    return np.concatenate([bones, np.zeros((len(bones), 1))], 1) @ np.linalg.pinv(matrix).T
