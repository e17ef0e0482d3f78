"""What people call the joints and limbs of a pose."""

from dancetransfer.errors import UserError
from dancetransfer.pose.poses import (
    FACE,
    FEET,
    JOINTS,
    LEFT_ANKLE,
    LEFT_HAND,
    LEFT_WRIST,
    RIGHT_ANKLE,
    RIGHT_EAR,
    RIGHT_HAND,
    RIGHT_WRIST,
)

_SIDES = ("left", "right")
_SIDED = ("eye", "ear", "shoulder", "elbow", "wrist", "hip", "knee", "ankle")
_TOES = ("big_toe", "small_toe", "heel")
JOINT: dict[str, int] = {
    "nose": 0,
    **{f"{side}_{name}": 1 + 2 * n + k for n, name in enumerate(_SIDED) for k, side in enumerate(_SIDES)},
    **{f"{side}_{name}": FEET.start + 3 * k + n for k, side in enumerate(_SIDES) for n, name in enumerate(_TOES)},
}
"""The 17 joints of the body and the 6 of the feet by name."""


def _of(part: slice) -> tuple[int, ...]:
    return tuple(range(part.start, part.stop))


_LEFT_FOOT, _RIGHT_FOOT = tuple(range(17, 20)), tuple(range(20, 23))
FOLLOWERS = {
    LEFT_WRIST: _of(LEFT_HAND),
    RIGHT_WRIST: _of(RIGHT_HAND),
    LEFT_ANKLE: _LEFT_FOOT,
    RIGHT_ANKLE: _RIGHT_FOOT,
}
"""What goes along with a joint: the hand with its wrist, the foot with its ankle."""

FOOT = (LEFT_ANKLE, *_LEFT_FOOT), (RIGHT_ANKLE, *_RIGHT_FOOT)
"""The joints of the left and of the right foot."""

GROUP: dict[str, tuple[int, ...]] = {
    "body": tuple(range(JOINTS)),
    "head": (*range(RIGHT_EAR + 1), *_of(FACE)),
    "face": _of(FACE),
    "left_arm": (7, 9, *_of(LEFT_HAND)),
    "right_arm": (8, 10, *_of(RIGHT_HAND)),
    "left_hand": _of(LEFT_HAND),
    "right_hand": _of(RIGHT_HAND),
    "left_leg": (13, 15, *_LEFT_FOOT),
    "right_leg": (14, 16, *_RIGHT_FOOT),
    "left_foot": _LEFT_FOOT,
    "right_foot": _RIGHT_FOOT,
}
"""Joints that are moved or hidden together. An arm begins below the shoulder, a leg below the hip."""

_PAIRED = tuple(range(1, 17, 2))
SIDES: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    "all": (
        (*_PAIRED, *_LEFT_FOOT, *_of(LEFT_HAND)),
        (*(n + 1 for n in _PAIRED), *_RIGHT_FOOT, *_of(RIGHT_HAND)),
    ),
    "arms": (GROUP["left_arm"], GROUP["right_arm"]),
    "legs": (GROUP["left_leg"], GROUP["right_leg"]),
}
"""What a swap exchanges. The 68 points of the face stay: they are found by the face itself, not by its side."""


def joints_of(name: str) -> tuple[int, ...]:
    """The joints that a name moves or hides; UserError, which lists the names, where there is none of it."""
    if name in JOINT:
        return (JOINT[name], *FOLLOWERS.get(JOINT[name], ()))
    if name in GROUP:
        return GROUP[name]
    raise UserError(f"There is no joint '{name}'.", f"Joints: {', '.join(JOINT)}. Groups: {', '.join(GROUP)}.")
