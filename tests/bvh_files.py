"""BVH files made by the tests: any skeleton as text, and somebody who walks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

Bones = Mapping[str, tuple[str, tuple[float, float, float]]]

_SIDE: Bones = {
    "{}UpLeg": ("Hips", (9, -4, 0)),
    "{}Leg": ("{}UpLeg", (0, -42, 0)),
    "{}Foot": ("{}Leg", (0, -41, 0)),
    "{}ToeBase": ("{}Foot", (0, -5, 13)),
    "{}Toe tip": ("{}ToeBase", (0, 0, 7)),
    "{}Shoulder": ("Spine1", (4, 22, 0)),
    "{}Arm": ("{}Shoulder", (14, 0, 0)),
    "{}ForeArm": ("{}Arm", (28, 0, 0)),
    "{}Hand": ("{}ForeArm", (25, 0, 0)),
    "{}Hand tip": ("{}Hand", (17, 0, 0)),
}


def standing() -> dict[str, tuple[str, tuple[float, float, float]]]:
    """Joint -> the one it hangs on and its offset in cm: a T-pose with y up that faces z. "... tip" is an End Site."""
    bones: dict[str, tuple[str, tuple[float, float, float]]] = {
        "Hips": ("", (0, 94, 0)),
        "Spine": ("Hips", (0, 10, 0)),
        "Spine1": ("Spine", (0, 16, 0)),
        "Neck": ("Spine1", (0, 25, 0)),
        "Head": ("Neck", (0, 10, 0)),
        "Head tip": ("Head", (0, 18, 0)),
    }
    for side, sign in (("Left", 1), ("Right", -1)):
        for name, (parent, (x, y, z)) in _SIDE.items():
            bones[name.format(side)] = parent.format(side), (sign * x, y, z)
    return bones


def text(
    bones: Bones,
    angles: Mapping[str, np.ndarray],
    frames: int = 1,
    *,
    frame_seconds: float = 0.04,
    order: str = "ZXY",
    place: np.ndarray | None = None,
    names: Mapping[str, str] | None = None,
    unit: float = 1.0,
) -> str:
    """A BVH file.

    `angles` joint -> degrees [3] or [T,3] about the axes of `order`, 0 where not given; `place` [T,3] of the root
    instead of its offset; `names` other names for joints; lengths are multiplied by `unit`.
    """
    columns: list[np.ndarray] = []
    rotations = " ".join(f"{axis}rotation" for axis in order)

    def joint(name: str, root: bool) -> list[str]:
        offset = "OFFSET " + " ".join(f"{unit * value:.6f}" for value in bones[name][1])
        if name.endswith(" tip"):
            return ["End Site", "{", offset, "}"]
        if root:
            columns.append(unit * np.broadcast_to(bones[name][1] if place is None else place, (frames, 3)))
        columns.append(np.broadcast_to(angles.get(name, np.zeros(len(order))), (frames, len(order))))
        channels = (
            f"CHANNELS {3 + len(order)} Xposition Yposition Zposition {rotations}"
            if root
            else f"CHANNELS {len(order)} {rotations}"
        )
        below = [line for child in bones if bones[child][0] == name for line in joint(child, False)]
        title = f"{'ROOT' if root else 'JOINT'} {(names or {}).get(name, name)}"
        return [title, "{", offset, channels, *below, "}"]

    skeleton = joint(next(name for name in bones if not bones[name][0]), True)
    rows = [" ".join(f"{value:.6f}" for value in row) for row in np.concatenate(columns, 1)]
    head = [f"Frames: {frames}", f"Frame Time: {frame_seconds:.6f}"]
    return "\n".join(["HIERARCHY", *skeleton, "MOTION", *head, *rows, ""])


def walk(frames: int = 60, frame_seconds: float = 1 / 30, heading: float = 0.0, **options: Any) -> str:
    """The file of somebody who walks; `options` as of `text`."""
    angles, place = moves(frames, frame_seconds, heading)
    return text(standing(), angles, frames, frame_seconds=frame_seconds, place=place, **options)


def moves(frames: int, frame_seconds: float, heading: float = 0.0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Angles and places of a walk toward `heading` (degrees, 90 is +x), a step a second; arms hang and swing."""
    time = np.arange(frames) * frame_seconds
    swing = np.sin(np.pi * time)

    def turn(z: np.ndarray | float = 0.0, x: np.ndarray | float = 0.0, y: np.ndarray | float = 0.0) -> np.ndarray:
        return np.stack(np.broadcast_arrays(z + 0 * time, x, y), 1)

    angles = {"Hips": turn(y=heading)}
    for side, sign in (("Left", 1), ("Right", -1)):
        hip, knee = -25 * sign * swing, 20 - 15 * sign * np.cos(np.pi * time)
        angles[f"{side}UpLeg"], angles[f"{side}Leg"] = turn(x=hip), turn(x=knee)
        angles[f"{side}Foot"] = turn(x=-hip - knee)  # the sole stays level
        angles[f"{side}Arm"] = turn(z=-75 * sign, x=20 * sign * swing)
    way = np.radians(heading)
    place = np.stack([60 * time * np.sin(way), 92 + 2 * np.cos(2 * np.pi * time), 60 * time * np.cos(way)], 1)
    return angles, place


def awry(frames: int, frame_seconds: float) -> str:
    """The same walk by a skeleton whose joints have their axes turned about z, each otherwise: what lies in the
    OFFSETs is no body, and only the angles make one of it, as some programs write it."""
    bones, (angles, place) = standing(), moves(frames, frame_seconds)
    own = {name: 70.0 * number for number, name in enumerate(bones)}
    turned, turns = {}, {}
    for name, (parent, (x, y, z)) in bones.items():
        before = own[parent] if parent else 0.0
        cos, sin = np.cos(np.radians(before)), np.sin(np.radians(before))
        turned[name] = parent, (cos * x + sin * y, cos * y - sin * x, z)
        three = np.broadcast_to(angles.get(name, np.zeros(3)), (frames, 3))
        turns[name] = np.column_stack([three - [before, 0, 0], np.full(frames, own[name])])
    return text(turned, turns, frames, frame_seconds=frame_seconds, order="ZXYZ", place=place)
