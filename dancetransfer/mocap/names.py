"""Which joint of a motion capture skeleton is which part of the body, by the names that programs give."""

import re
from collections.abc import Iterator, Sequence

from dancetransfer.errors import UserError
from dancetransfer.mocap.bvh import END, Joint
from dancetransfer.pose import poses as p

LIMBS = {
    "hip": ("upleg", "upperleg", "upleg1", "thigh", "thighbend", "hip"),
    "knee": ("knee", "leg", "lowleg", "lowerleg", "shin", "calf"),
    "ankle": ("ankle", "foot"),
    "toe": ("toebase", "toes", "toe", "toe0", "ball", "foot"),
    "shoulder": ("arm", "upperarm", "uparm", "shldr", "shldrbend", "shoulder"),
    "elbow": ("elbow", "forearm", "forearmbend", "lowerarm", "lowarm"),
    "wrist": ("wrist", "hand"),
}
"""Part of the body -> names of its joint without the side, the surest first.

The order settles what differs between programs:

| written by           | hip        | knee       | ankle     | ball of foot | shoulder     | elbow       | wrist     |
| -------------------- | ---------- | ---------- | --------- | ------------ | ------------ | ----------- | --------- |
| HumanIK, Mixamo, CMU | LeftUpLeg  | LeftLeg    | LeftFoot  | LeftToeBase  | LeftArm      | LeftForeArm | LeftHand  |
| Biovision, Xsens     | LeftHip    | LeftKnee   | LeftAnkle | LeftToe      | LeftShoulder | LeftElbow   | LeftWrist |
| Bandai-Namco, Unity  | UpperLeg_L | LowerLeg_L | Foot_L    | Toes_L       | UpperArm_L   | LowerArm_L  | Hand_L    |
| Poser, DAZ           | lThigh     | lShin      | lFoot     | lToe         | lShldr       | lForeArm    | lHand     |
| Unreal               | thigh_l    | calf_l     | foot_l    | ball_l       | upperarm_l   | lowerarm_l  | hand_l    |
| Blender              | thigh.L    | shin.L     | foot.L    | toe.L        | upper_arm.L  | forearm.L   | hand.L    |
| Biped (Bip01 ...)    | L Thigh    | L Calf     | L Foot    | L Toe0       | L UpperArm   | L Forearm   | L Hand    |
| SMPL                 | L_Hip      | L_Knee     | L_Ankle   | L_Foot       | L_Shoulder   | L_Elbow     | L_Wrist   |
| Kinect               | HipLeft    | KneeLeft   | AnkleLeft | FootLeft     | ShoulderLeft | ElbowLeft   | WristLeft |

LeftShoulder is the collar bone's joint where there is a LeftArm, and LeftFoot the ball of the foot
where there is a LeftAnkle. CMU's LHipJoint and all spine joints are not needed.
"""

NEEDED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")

FINGERS = {"thumb": 1, "index": 5, "middle": 9, "mid": 9, "ring": 13, "pinky": 17, "pinkie": 17, "little": 17}
"""Finger -> number of its first joint in a COCO-WholeBody hand; LeftHandIndex1, lIndex1, index_01_l, f_index.01.L."""
FINGER = re.compile(rf"(?:hand|f)?({'|'.join(FINGERS)})(?:finger)?0?([1-4])")

PREFIX = re.compile(r"(mixamorig\d*|bip\d*|j_bip(_c)?|def|character\d*)[\s_:.-]+")
"""What programs put before every name, besides all that ends in a colon."""

SIDES = (
    re.compile(r"(?P<side>left|right)(?P<rest>.+)"),
    re.compile(r"(?P<rest>.+)(?P<side>left|right)"),
    re.compile(r"(?P<rest>.+)[^a-z0-9](?P<side>l|r)"),
    re.compile(r"(?P<side>l|r)(?P<rest>.+)"),
)
"""Where a name tells its side."""

BODY = {
    "shoulder": (p.LEFT_SHOULDER, p.RIGHT_SHOULDER), "elbow": (p.LEFT_ELBOW, p.RIGHT_ELBOW),
    "wrist": (p.LEFT_WRIST, p.RIGHT_WRIST), "hip": (p.LEFT_HIP, p.RIGHT_HIP),
    "knee": (p.LEFT_KNEE, p.RIGHT_KNEE), "ankle": (p.LEFT_ANKLE, p.RIGHT_ANKLE),
}  # fmt: skip
"""Part of the body -> its left and right joint in COCO-WholeBody."""


def find_parts(joints: Sequence[Joint]) -> dict[str, int]:
    """ "left knee", "head", ... -> number of the joint; UserError names those of the limbs that are missing.

    Upper and lower case are the same; of several figures the first is taken.
    """
    named = _by_name(joints)
    parts = {"head": named["", "head"]} if ("", "head") in named else {}
    for side in ("left", "right"):
        for part, names in LIMBS.items():
            number = next((named[side, name] for name in names if (side, name) in named), None)
            if number is not None and number not in parts.values():
                parts[f"{side} {part}"] = number
    missing = [f"{side} {part}" for part in NEEDED for side in ("left", "right") if f"{side} {part}" not in parts]
    if missing:
        has = ", ".join(joint.name for joint in joints if joint.name != END)
        raise UserError(
            f"The joints' names don't tell which are {', '.join(missing)}. The file has: {has}.",
            "Name them like LeftUpLeg, LeftLeg, LeftFoot, LeftArm, LeftForeArm, LeftHand (and Right...).",
        )
    return parts


def find_fingers(joints: Sequence[Joint]) -> dict[int, int]:
    """Number in COCO-WholeBody -> number of the joint; a third joint's End Site is the finger's tip."""
    found: dict[int, int] = {}
    tips = {joint.parent: number for number, joint in enumerate(joints) if joint.name == END}
    for (side, name), number in _by_name(joints).items():
        match = FINGER.fullmatch(name)
        if not match or not side:
            continue
        start = (p.LEFT_HAND if side == "left" else p.RIGHT_HAND).start
        place, phalanx = start + FINGERS[match[1]], int(match[2])
        found[place + phalanx - 1] = number
        if phalanx == 3 and number in tips:
            found.setdefault(place + 3, tips[number])
    return found


def _by_name(joints: Sequence[Joint]) -> dict[tuple[str, str], int]:
    """(side or "", plain name) -> number of the joint, for every way a name can be read; the first one counts."""
    named: dict[tuple[str, str], int] = {}
    for number, joint in enumerate(joints):
        if joint.name != END:
            for reading in _readings(joint.name):
                named.setdefault(reading, number)
    return named


def _readings(name: str) -> Iterator[tuple[str, str]]:
    plain = PREFIX.sub("", name.lower().rsplit(":", 1)[-1].strip(), count=1)
    yield "", _letters(plain)
    for pattern in SIDES:
        if match := pattern.fullmatch(plain):
            yield {"l": "left", "r": "right"}[match["side"][0]], _letters(match["rest"])


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name)
