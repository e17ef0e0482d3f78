"""What kind of pose a pose is, in plain words: views, arms, legs, told by simple geometry."""

import numpy as np

from dancetransfer.pose.poses import (
    FACE,
    LEFT_ANKLE,
    LEFT_EAR,
    LEFT_EYE,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_EAR,
    RIGHT_EYE,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Poses,
)
from dancetransfer.pose.space import normalized

SHOULDERS_WIDTH, HIPS_WIDTH = 0.2, 0.115
"""Of a person who faces the camera, between the joints as detectors set them: medians of four real clips."""
SIDE = 0.45
"""A body that shows less of its width than this is seen from the side: turned by about 65 degrees or more."""
FACE_SECONDS, FACE_PART = 0.5, 0.7
"""A face counts as turned away where it is not found most of the time around; a track that finds it in
less than this part of the poses that face the camera (small, dim: 0.54 of a clip under disco light) can't tell."""

ARMS = (
    "arms overhead",
    "one arm overhead",
    "hands at head height",
    "arms held out to the sides",
    "arms crossing the body",
)
LEGS = ("deep squats", "wide steps", "kicks and raised legs", "crossed legs")
VIEWS = ("back views", "side views", "front views", "faces turned away or down")
WHOLE = (*VIEWS, "bending over", "poses on the floor or upside down")


def facing(poses: Poses) -> np.ndarray:
    """float32 [T]: 1 toward the camera, 0 seen from the side, -1 from the back; NaN where it can't be told.

    The person's left shoulder and hip lie right of the others in a picture from the front.
    """
    x = _rows(poses)[0]
    wide = (x[LEFT_SHOULDER] - x[RIGHT_SHOULDER]) / SHOULDERS_WIDTH, (x[LEFT_HIP] - x[RIGHT_HIP]) / HIPS_WIDTH
    shoulders, hips = (np.where(np.isfinite(one), one, other) for one, other in (wide, wide[::-1]))
    return np.clip((shoulders * SHOULDERS_WIDTH + hips * HIPS_WIDTH) / (SHOULDERS_WIDTH + HIPS_WIDTH), -1, 1)


def face_shown(poses: Poses) -> np.ndarray | None:
    """bool [T]: the face is found most of the time around; None where this track can't tell."""
    found = poses.visible[:, FACE].mean(1) >= 0.5
    here, front = poses.present, facing(poses) > SIDE
    if not front.any() or found[front].mean() < FACE_PART:
        return None
    sums = np.concatenate([[0.0], np.cumsum(found & here)]), np.concatenate([[0.0], np.cumsum(here)])
    first = np.searchsorted(poses.time, poses.time - FACE_SECONDS / 2)
    last = np.searchsorted(poses.time, poses.time + FACE_SECONDS / 2, "right")
    shown, all_of = (one[last] - one[first] for one in sums)
    return np.asarray(shown >= 0.5 * all_of)


def groups_of(poses: Poses) -> dict[str, np.ndarray]:
    """bool [T] for each of ARMS, LEGS and WHOLE: the pose belongs to it. A pose may belong to many.

    Lengths below are heights of the person. Jumps are not among them: in a pose without its place
    they look like standing.
    """
    x, y = _rows(poses)
    turned = facing(poses)
    head = np.fmin.reduce(y[[NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR]])
    shoulders = np.fmax.reduce(y[[LEFT_SHOULDER, RIGHT_SHOULDER]])
    feet = np.fmax.reduce(y[[LEFT_ANKLE, RIGHT_ANKLE]])
    with np.errstate(invalid="ignore"):
        low = (shoulders > -0.1) & (feet < 0.25)
        floor = (head > 0.05) | low
        upright = ~floor & np.isfinite(turned)
        front, back = upright & (turned > SIDE), upright & (turned < -SIDE)
        shown = face_shown(poses)
        away = ~shown & poses.present & ~back if shown is not None else np.zeros(len(poses), bool)
        return {
            **_arms(x, y, head, np.sign(turned) * (np.abs(turned) > SIDE)),
            **{name: found & ~floor for name, found in _legs(x, y, turned).items()},
            "back views": back,
            "side views": upright & (np.abs(turned) <= SIDE),
            "front views": front,
            "faces turned away or down": away,
            "bending over": ~floor & (shoulders > -0.17),
            "poses on the floor or upside down": floor,
        }


def _arms(x: np.ndarray, y: np.ndarray, head: np.ndarray, way: np.ndarray) -> dict[str, np.ndarray]:
    wrists = [LEFT_WRIST, RIGHT_WRIST]
    up = y[wrists] < head
    level = np.abs(y[wrists] - y[[LEFT_SHOULDER, RIGHT_SHOULDER]]) < 0.14
    out = level & (np.abs(x[wrists] - x[[LEFT_SHOULDER, RIGHT_SHOULDER]]) > 0.22)
    side = np.array([[1], [-1]]) * way  # where the own side of the body lies in the picture; 0: seen from the side
    middle = x[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(0)
    across = (side * (x[wrists] - middle) < -0.03) & (side != 0) & (y[wrists] > head)
    raised = ~up & (y[wrists] < y[[LEFT_SHOULDER, RIGHT_SHOULDER]] - 0.03) & ~out
    found = up.all(0), up.any(0) & ~up.all(0), raised.any(0), out.any(0), across.any(0)
    return dict(zip(ARMS, found, strict=True))


def _legs(x: np.ndarray, y: np.ndarray, turned: np.ndarray) -> dict[str, np.ndarray]:
    thighs = y[[LEFT_KNEE, RIGHT_KNEE]] - y[[LEFT_HIP, RIGHT_HIP]]
    ankles = y[LEFT_ANKLE] - y[RIGHT_ANKLE]
    between = x[LEFT_ANKLE] - x[RIGHT_ANKLE]
    level = np.abs(ankles) < 0.1
    squat = (thighs < 0.13).all(0) & level
    raised = (np.abs(ankles) > 0.15) | ((thighs < 0.1).any(0) & ~squat)
    wide = level & (np.abs(between) > 0.32)
    crossed = ~raised & (np.sign(turned) * between < -0.02) & (np.abs(turned) > SIDE)
    return dict(zip(LEGS, (squat, wide, raised, crossed), strict=True))


def _rows(poses: Poses) -> tuple[np.ndarray, np.ndarray]:
    """x and y [23,T] of `normalized` poses, NaN where not seen."""
    space = normalized(poses.xy, poses.confidence)
    hidden = space.weight == 0
    return np.where(hidden, np.nan, space.x), np.where(hidden, np.nan, space.y)
