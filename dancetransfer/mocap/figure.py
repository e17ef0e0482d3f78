"""A motion capture skeleton as a person: the 133 joints of COCO-WholeBody in metres, left and right as named.

| joints                    | where they come from                                                            |
|---------------------------|---------------------------------------------------------------------------------|
| hips ... wrists           | the file's joints, found by name (`names.LIMBS`)                                |
| nose, eyes, ears          | the head joint and the way the head points, by the offsets `HEAD`               |
| big toes, small toes      | the end of the toe's bone, or `TOE_TIP` before the ball of the foot; `FOOT`     |
| heels                     | behind and below the ankle, by the way the foot points; `FOOT`                  |
| hands                     | the file's fingers by name, where there are any                                 |
| face (68 points)          | not given: NaN                                                                  |
"""

from collections.abc import Mapping

import numpy as np

from dancetransfer.mocap.bvh import Bvh, Joint
from dancetransfer.mocap.names import BODY, find_fingers, find_parts
from dancetransfer.pose import poses as p

STATURE = 1.7
"""Metres that every dancer is tall here, whatever the file's unit: the person's own size decides the clip."""
LEG_AND_TRUNK = 0.779
"""Hip to ankle (0.491) and hip to shoulder (0.288) in parts of the stature: Drillis and Contini, 1966, as
tabled in Winter, Biomechanics and Motor Control of Human Movement."""

HEAD = {
    p.NOSE: (0.0, 0.045, 0.13),
    p.LEFT_EYE: (0.031, 0.08, 0.105),
    p.RIGHT_EYE: (-0.031, 0.08, 0.105),
    p.LEFT_EAR: (0.072, 0.06, 0.02),
    p.RIGHT_EAR: (-0.072, 0.06, 0.02),
}
"""From the head joint, which lies at the base of the skull: metres to the left, up and forward. The breadths are
the pupils' distance (63 mm) and the breadth over the ears (145 mm) of adults; ear and eye lie 6 and 8 cm higher than
the joint, the ear a little and the nose 13 cm before it."""

FOOT = {"heel": (0.0, -0.05), "big toe": (-0.02, 0.0), "small toe": (0.05, -0.045)}
"""Metres outward and forward: the heel from the ankle, the toes from the foot's tip (a foot of 0.26 m, 9 cm broad)."""
BALL = 0.13
"""Metres from the ankle forward to the ball of the foot, where the file has none."""
TOE_TIP = 0.065
"""Metres from the ball of the foot to its tip, where the file has none."""
SOLE = 0.02
"""Metres from the ball of the foot down to the sole."""
ANKLE_HEIGHT = 0.04, 0.066, 0.1
"""Metres from the ankle down to the sole: at least, where the file has no toes (0.039 of the stature), and at most."""

STANDING = 33
"""Percentile of the ankle's heights up to which the foot is taken to be on the floor, level on average."""

UPRIGHT = 0.7
"""A rest pose tells the body's axes where trunk, legs, hips and shoulders agree to this cosine; some are no pose."""


def to_figure(bvh: Bvh) -> np.ndarray:
    """float64 [T,133,3] metres with y up and the floor wherever it is; NaN what the file doesn't tell.

    x, y and z are right-handed as in BVH. A file with z up is turned. UserError where limbs are not found.
    """
    parts = find_parts(bvh.joints)
    places, turns = bvh.forward()
    onto = _y_up(places, parts) * (STATURE * LEG_AND_TRUNK / _leg_and_trunk(places, parts))
    scale = np.linalg.norm(onto[0])
    places, turns, rest = places @ onto.T, (onto / scale) @ turns, bvh.rest()
    figure = np.full((len(places), p.JOINTS, 3), np.nan)
    for part, numbers in BODY.items():
        for side, number in zip(("left", "right"), numbers, strict=True):
            figure[:, number] = places[:, parts[f"{side} {part}"]]
    _fingers(figure, places, bvh.joints)
    axes = BodyAxes(places, turns, rest, parts)
    if "head" in parts:
        carried = axes.carried(parts["head"], axes.forward, axes.up, axes.rest_forward)
        for number, offset in HEAD.items():
            figure[:, number] = places[:, parts["head"]] + np.einsum("tab,b->ta", carried, offset)
    for side in ("left", "right"):
        _foot(figure, places, axes, parts, side, bvh.joints)
    return figure


def _leg_and_trunk(places: np.ndarray, parts: Mapping[str, int]) -> float:
    """Median length in file units."""

    def between(one: str, other: str) -> np.ndarray:
        return np.linalg.norm(places[:, parts[one]] - places[:, parts[other]], axis=-1)

    legs = [between(f"{side} hip", f"{side} knee") + between(f"{side} knee", f"{side} ankle") for side in _SIDES]
    trunk = np.linalg.norm(_middle(places, parts, "shoulder") - _middle(places, parts, "hip"), axis=-1)
    return max(float(np.median(np.mean(legs, 0) + trunk)), 1e-9)


_SIDES = ("left", "right")


def _middle(places: np.ndarray, parts: Mapping[str, int], part: str) -> np.ndarray:
    return (places[..., parts[f"left {part}"], :] + places[..., parts[f"right {part}"], :]) / 2


def _y_up(places: np.ndarray, parts: Mapping[str, int]) -> np.ndarray:
    """The rotation [3,3] that makes y the way up: none, or a quarter turn where the dancer mostly stands along z."""
    along = _unit(_middle(places, parts, "shoulder") - _middle(places, parts, "ankle"))
    _, y, z = np.median(along, 0)
    return np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float) if z > UPRIGHT > abs(y) else np.eye(3)


class BodyAxes:
    """Where left, up and forward of the dancer's parts are, from the rest pose or, failing that, on average.

    places [T,J,3] and turns [T,J,3,3] with y up, rest [J,3] in the file's own axes, which are
    those of every joint in the rest pose.
    """

    def __init__(self, places: np.ndarray, turns: np.ndarray, rest: np.ndarray, parts: Mapping[str, int]) -> None:
        self.turns, self.rest = turns, rest
        self.up = _unit(_middle(places, parts, "shoulder") - _middle(places, parts, "hip"))
        left = _across(places, parts, "hip") + _across(places, parts, "shoulder")
        self.forward = _unit(np.cross(left, self.up))
        self.rest_up, self.rest_forward = _resting(rest, parts)

    def carried(
        self,
        joint: int,
        forward: np.ndarray,
        up: np.ndarray,
        rest_forward: np.ndarray | None,
        when: np.ndarray | slice = slice(None),
    ) -> np.ndarray:
        """[T,3,3]: the joint's left, up and forward as columns, fixed to it.

        They are those of the rest pose, where `rest_forward` is; else what `forward` and `up` [T,3] are
        on average over the frames `when`, as the joint sees them.
        """
        turn = self.turns[:, joint].astype(np.float64)
        if rest_forward is None or self.rest_up is None:
            own_forward, own_up = (np.einsum("tba,tb->ta", turn, way)[when].mean(0) for way in (forward, up))
        else:
            own_forward, own_up = rest_forward, self.rest_up
        own_up = _unit(own_up)
        own_forward = _unit(own_forward - own_up * (own_forward @ own_up))
        return turn @ np.stack([np.cross(own_up, own_forward), own_up, own_forward], -1)


def _resting(rest: np.ndarray, parts: Mapping[str, int]) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Up and forward of a rest pose that stands; None and None where it is no pose of a body."""
    trunk = _unit(_middle(rest, parts, "shoulder") - _middle(rest, parts, "hip"))
    legs = _unit(_middle(rest, parts, "hip") - _middle(rest, parts, "ankle"))
    hips, shoulders = _across(rest, parts, "hip"), _across(rest, parts, "shoulder")
    if min(trunk @ legs, hips @ shoulders) < UPRIGHT or abs(trunk @ hips) > UPRIGHT:
        return None, None
    up = np.zeros(3)
    up[np.abs(trunk).argmax()] = np.sign(trunk[np.abs(trunk).argmax()])  # spines lean a little, rest poses don't
    return up, _unit(np.cross(hips, up))


def _across(places: np.ndarray, parts: Mapping[str, int], part: str) -> np.ndarray:
    return _unit(places[..., parts[f"left {part}"], :] - places[..., parts[f"right {part}"], :])


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-9)


def _fingers(figure: np.ndarray, places: np.ndarray, joints: tuple[Joint, ...]) -> None:
    found = find_fingers(joints)
    for number, joint in found.items():
        figure[:, number] = places[:, joint]
    for hand, wrist in ((p.LEFT_HAND, p.LEFT_WRIST), (p.RIGHT_HAND, p.RIGHT_WRIST)):
        if any(number in range(hand.start, hand.stop) for number in found):
            figure[:, hand.start] = figure[:, wrist]


def _foot(
    figure: np.ndarray,
    places: np.ndarray,
    axes: BodyAxes,
    parts: Mapping[str, int],
    side: str,
    joints: tuple[Joint, ...],
) -> None:
    """Heel, big toe and small toe of one foot; the sole is level in the rest pose, or on average where it is low."""
    ankle = parts[f"{side} ankle"]
    toe = _toe(places, ankle, parts.get(f"{side} toe"), joints)
    at = places[:, ankle]
    forward, rest_forward, high = axes.forward, axes.rest_forward, ANKLE_HEIGHT[1]
    if toe is not None:
        forward = places[:, toe] - at
        rest_forward = None if axes.rest_up is None else axes.rest[toe] - axes.rest[ankle]
    stands = at[:, 1] <= np.percentile(at[:, 1], STANDING)
    foot = axes.carried(ankle, forward, np.tile([0.0, 1.0, 0.0], (len(at), 1)), rest_forward, stands)
    outward, up, ahead = foot[..., 0] * (1 if side == "left" else -1), foot[..., 1], foot[..., 2]
    if toe is None:
        tip = at + (BALL + TOE_TIP) * ahead - (high - SOLE) * up
    else:
        drop = float(np.median(((at - places[:, toe]) * up).sum(-1)))
        high = float(np.clip(drop + SOLE, ANKLE_HEIGHT[0], ANKLE_HEIGHT[2]))
        tip = _tip(places, ankle, toe, ahead, joints)
    first = p.LEFT_BIG_TOE if side == "left" else p.RIGHT_BIG_TOE
    for number, name in enumerate(("big toe", "small toe")):
        out, along = FOOT[name]
        figure[:, first + number] = tip + out * outward + along * ahead
    figure[:, first + 2] = at + FOOT["heel"][1] * ahead - high * up


def _toe(places: np.ndarray, ankle: int, toe: int | None, joints: tuple[Joint, ...]) -> int | None:
    """The joint ahead of the ankle: the toe's, else what the leg ends in; None: neither."""
    ahead = _end(ankle, joints) if toe is None else toe
    if ahead is None or np.median(np.linalg.norm(places[:, ahead] - places[:, ankle], axis=-1)) < BALL / 2:
        return None
    return ahead


def _tip(places: np.ndarray, ankle: int, toe: int, ahead: np.ndarray, joints: tuple[Joint, ...]) -> np.ndarray:
    """[T,3]: the end of the toe's bone where it is as long as a toe; the joint itself where it lies as far
    ahead as toes end; else a toe's length before it."""
    end = _end(toe, joints)
    if end is not None:
        bone = np.linalg.norm(places[:, end] - places[:, toe], axis=-1)
        if TOE_TIP / 3 < np.median(bone) < 2 * TOE_TIP:
            return places[:, end]
    along = float(np.median(((places[:, toe] - places[:, ankle]) * ahead).sum(-1)))
    return places[:, toe] + (TOE_TIP if along < BALL + TOE_TIP / 2 else 0.0) * ahead


def _end(joint: int, joints: tuple[Joint, ...]) -> int | None:
    """Number of the End Site (or joint, as some programs call it) that is first below a joint."""
    return next((number for number, one in enumerate(joints) if one.parent == joint), None)
