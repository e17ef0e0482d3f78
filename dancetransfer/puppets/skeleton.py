"""Forward kinematics and two-bone IK: from a choreography's channels to joints in world metres.

World: x to the camera's right, y up, z toward the camera, floor at y = 0. A body's own frame has
x to its left, y up and z to its front, so a dancer with yaw 0 faces the camera.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .body import Body

Array = np.ndarray

# In hand lengths, thumb side positive x, fingers along y: where each finger begins, and its bones.
FINGER_BASE = np.array([[0.115, 0.13], [0.125, 0.50], [0.040, 0.525], [-0.045, 0.50], [-0.125, 0.45]])
FINGER_BONES = np.array(
    [[0.215, 0.165, 0.135], [0.215, 0.125, 0.10], [0.24, 0.145, 0.105], [0.22, 0.135, 0.10], [0.17, 0.10, 0.09]]
)


@dataclass(frozen=True)
class Side:
    """One side's joints: positions [T,3] in world metres, frames [T,3,3] with axes as columns."""

    sign: int  # +1 left, -1 right
    shoulder: Array
    elbow: Array
    wrist: Array
    hand: Array  # frame: y to the fingers, z out of the palm
    fingers: Array  # [T,5,4,3], thumb first, base to tip
    hip: Array
    knee: Array
    ankle: Array
    foot: Array  # frame: z to the toes


@dataclass(frozen=True)
class Skeleton:
    """All joints and frames of T poses; see Side."""

    pelvis: Array
    pelvis_frame: Array
    waist: Array
    neck: Array  # middle of the shoulder line
    chest_frame: Array
    head: Array  # middle of the head
    head_frame: Array
    left: Side
    right: Side


def unit(v: Array) -> Array:
    """v scaled to length 1 along the last axis."""
    return v / np.maximum(np.sqrt((v * v).sum(-1, keepdims=True)), 1e-9)


def rotation(axis: int, angle: Array) -> Array:
    """Rotation matrices [...,3,3] about coordinate axis 0, 1 or 2 by angle in radians."""
    angle = np.asarray(angle, float)
    i, j = (axis + 1) % 3, (axis + 2) % 3
    out = np.zeros((*angle.shape, 3, 3))
    out[..., axis, axis] = 1
    out[..., i, i] = out[..., j, j] = np.cos(angle)
    out[..., j, i] = np.sin(angle)
    out[..., i, j] = -np.sin(angle)
    return out


def cross(a: Array, b: Array) -> Array:
    """The cross product of [...,3] vectors; np.cross costs five times as much on small arrays."""
    (ax, ay, az), (bx, by, bz) = np.moveaxis(a, -1, 0), np.moveaxis(b, -1, 0)
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], -1)


def frame_along(y: Array, front: Array) -> Array:
    """Frames [...,3,3] with their y axis along y and their z axis as near to front as can be."""
    y = unit(y)
    x = unit(cross(y, front))
    return np.stack([x, y, cross(x, y)], axis=-1)


def turn(frame: Array, v: Array | tuple[float, float, float]) -> Array:
    """The vector v, given in frame, in world axes."""
    return np.einsum("...ij,...j->...i", frame, np.asarray(v, float))


def two_bones(start: Array, goal: Array, first: float, second: float, pole: Array) -> tuple[Array, Array]:
    """Middle and end joint of two bones from start toward goal, the middle bent toward pole."""
    reach = np.linalg.norm(goal - start, axis=-1, keepdims=True)
    along = (goal - start) / np.maximum(reach, 1e-9)
    reach = np.clip(reach, abs(first - second) * 1.05 + 0.05, (first + second) * 0.9995)
    cos = np.clip((first**2 + reach**2 - second**2) / (2 * first * reach), -1, 1)
    side = unit(pole - np.sum(pole * along, -1, keepdims=True) * along)
    middle = start + along * first * cos + side * first * np.sqrt(1 - cos**2)
    return middle, start + along * reach


def fingers(body: Body, wrist: Array, hand: Array, curl: Array, sign: int) -> Array:
    """Finger joints [T,5,4,3]; curl [T,6] holds five curls (0 open .. 1 fist) and the spread."""
    count = len(wrist)
    thumb = -sign  # seen with the palm to the front, the left hand's thumb is on its right
    out = np.zeros((count, 5, 4, 3))
    out[:, :, 0, 0] = FINGER_BASE[:, 0] * thumb
    out[:, :, 0, 1] = FINGER_BASE[:, 1]
    spread = curl[:, 5:6] * np.radians([0.0, 13.0, 2.0, -9.0, -20.0])  # [T,5]
    bend = np.zeros((count, 5))
    for bone, degrees in enumerate((75.0, 100.0, 60.0)):
        bend[:, 1:] += np.radians(degrees) * curl[:, 1:5]
        step = np.stack([np.sin(spread) * np.cos(bend) * thumb, np.cos(spread) * np.cos(bend), np.sin(bend)], -1)
        # The thumb swings out from the palm's edge and folds across the palm.
        out_angle = np.radians(58.0 - 16 * bone - (22.0 + 34 * bone) * curl[:, 0] - 22.0 * (1 - curl[:, 5]))
        depth = 0.25 + 0.45 * curl[:, 0]
        step[:, 0] = unit(np.stack([np.sin(out_angle) * thumb, np.cos(out_angle), depth], -1))
        out[:, :, bone + 1] = out[:, :, bone] + step * FINGER_BONES[:, bone, None]
    return wrist[:, None, None] + np.einsum("tij,tfbj->tfbi", hand, out * body.hand)


def make_arm(body: Body, arm: Array, curl: Array, neck: Array, chest: Array, sign: int) -> tuple:
    """Shoulder, elbow, wrist, hand frame and fingers from arm [T,9] (target, pole, palm)."""
    mirror = np.array([sign, 1.0, 1.0])
    target, pole, palm = (arm[:, i : i + 3] * mirror for i in (0, 3, 6))
    lift = 0.030 * np.clip(target[:, 1] + 0.3, 0, 1.2)  # the shoulder blade follows a raised arm
    offset = np.stack(
        [np.full(len(lift), sign * body.shoulders) * (1 - 0.35 * lift), lift * 1.2 - 0.012, np.zeros(len(lift))], -1
    )
    shoulder = neck + turn(chest, offset)
    goal = shoulder + turn(chest, target) * (body.upper_arm + body.forearm)
    elbow, wrist = two_bones(shoulder, goal, body.upper_arm, body.forearm, turn(chest, pole))
    hand = frame_along(wrist - elbow, turn(chest, palm))
    return shoulder, elbow, wrist, hand, fingers(body, wrist, hand, curl, sign)


def make_leg(body: Body, foot: Array, pelvis: Array, frame: Array, sign: int) -> tuple:
    """Hip, knee, ankle and foot frame from foot [T,5]: x, y, z in metres, yaw, pitch in radians."""
    hip = pelvis + turn(frame, (sign * body.hips, 0.0, 0.0))
    level = rotation(1, foot[:, 3])
    foot_frame = level @ rotation(0, foot[:, 4])
    goal = foot[:, :3] + turn(foot_frame, (0.0, body.ankle, 0.0))
    pole = turn(level, (0.12 * sign, 0.0, 1.0)) + 0.6 * frame[..., 2]
    knee, ankle = two_bones(hip, goal, body.thigh, body.shin, pole)
    return hip, knee, ankle, foot_frame


def pelvis_height(body: Body, wanted: Array, pelvis: Array, feet: tuple[Array, Array]) -> Array:
    """The wanted height, lowered softly where a foot on the floor would else be out of reach."""
    limit = np.full(len(wanted), np.inf)
    for foot in feet:
        flat = np.hypot(foot[:, 0] - pelvis[:, 0], foot[:, 2] - pelvis[:, 2])
        flat = np.maximum(flat - body.hips, 0.0)
        leg = (body.thigh + body.shin) * 0.992
        room = np.sqrt(np.maximum(leg**2 - flat**2, 0.01)) + body.ankle + foot[:, 1]
        limit = np.minimum(limit, np.where(foot[:, 1] < wanted * 0.25, room, np.inf))
    gap = limit - wanted
    soft = 0.012  # metres over which the two heights melt into each other
    return wanted - np.where(gap > 6 * soft, 0, soft * np.logaddexp(0, -np.minimum(gap, 9) / soft))


def pose(body: Body, move: dict[str, Array]) -> Skeleton:
    """The skeleton in T poses; `move` is what Choreography.at returns."""
    yaw, (pitch, roll, twist) = move["yaw"], move["torso"].T
    level = rotation(1, yaw)
    frame = level @ rotation(1, 0.25 * twist) @ rotation(0, 0.35 * pitch) @ rotation(2, -move["tilt"])
    chest = level @ rotation(1, twist) @ rotation(0, pitch) @ rotation(2, -roll)
    pelvis = (
        move["pelvis"] - turn(level, np.stack([-0.05 * np.sin(roll), 0 * pitch, 0.22 * np.sin(pitch)], -1)) * body.spine
    )
    feet = move["left_foot"], move["right_foot"]
    pelvis[:, 1] = pelvis_height(body, pelvis[:, 1], pelvis, feet)
    waist = pelvis + turn(frame, (0.0, 0.42 * body.spine, 0.0))
    neck = waist + turn(0.15 * frame + 0.85 * chest, (0.0, 0.58 * body.spine, 0.0))
    look = move["look"]
    head_frame = (
        level
        @ rotation(1, 0.75 * twist + look[:, 1])
        @ rotation(0, 0.5 * pitch + look[:, 0])
        @ rotation(2, -0.5 * roll - look[:, 2])
    )
    chin = neck + turn(chest, (0.0, body.neck * 0.75, 0.012))
    head = chin + turn(head_frame, (0.0, body.neck * 0.25 + 0.5 * body.head, 0.022))
    sides = []
    for sign, name in ((1, "left"), (-1, "right")):
        arm = make_arm(body, move[f"{name}_arm"], move[f"{name}_hand"], neck, chest, sign)
        leg = make_leg(body, move[f"{name}_foot"], pelvis, frame, sign)
        sides.append(Side(sign, *arm, *leg))
    return Skeleton(pelvis, frame, waist, neck, chest, head, head_frame, *sides)
