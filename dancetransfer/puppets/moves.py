"""The vocabulary of moves and the two written choreographies, each a list of phrases of 8 beats.

A key says how the dancer stands at a beat; what it leaves out is neutral. Arms, hands and feet go
by names from the tables below, written for the left side ("a/b" means left a, right b).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

# Wrist from the shoulder in arm lengths (out, up, front), where the elbow points, where the palm
# looks, all in the chest's frame and for the left arm.
ARMS = {
    "down": ((0.17, -0.94, 0.10), (0.5, 0.0, -1.0), (-0.9, 0.0, 0.35)),
    "hip": ((0.06, -0.62, 0.14), (1.0, 0.0, -0.5), (-0.5, 0.2, 0.8)),
    "side": ((0.97, 0.02, 0.08), (0.0, -1.0, -0.4), (0.0, -0.3, 1.0)),
    "up": ((0.20, 0.95, 0.08), (1.0, 0.0, -0.2), (0.0, 0.0, 1.0)),
    "vee": ((0.66, 0.69, 0.12), (0.6, -0.6, -0.4), (0.0, 0.0, 1.0)),
    "low": ((0.62, -0.72, 0.14), (0.5, 0.0, -1.0), (-0.2, 0.3, 1.0)),
    "front": ((-0.02, 0.02, 0.93), (0.6, -1.0, 0.0), (-0.5, -0.9, 0.2)),
    "clap": ((-0.20, -0.12, 0.62), (0.8, -0.7, 0.0), (-1.0, 0.0, 0.2)),
    "clap_up": ((-0.20, 0.74, 0.34), (1.0, 0.1, 0.0), (-1.0, 0.0, 0.2)),
    "bent": ((0.22, -0.30, 0.42), (0.6, -0.4, -1.0), (-0.9, 0.2, 0.4)),
    "goal": ((0.58, 0.46, 0.12), (0.9, -0.5, -0.2), (0.0, 0.1, 1.0)),
    "cross": ((-0.50, -0.30, 0.52), (0.7, -0.8, 0.0), (0.0, 0.2, -1.0)),
    "ear": ((0.22, 0.42, 0.16), (1.0, 0.2, 0.2), (-0.4, 0.0, 1.0)),
    "push": ((0.35, 0.12, 0.84), (0.8, -0.8, -0.2), (0.0, 0.5, 1.0)),
    "wave_up": ((0.80, 0.42, 0.10), (0.3, 0.5, -0.8), (0.0, -0.5, 0.9)),
    "wave_down": ((0.84, -0.34, 0.14), (0.3, 0.8, -0.4), (0.0, -0.4, 0.9)),
    "roll": ((0.02, -0.34, 0.55), (0.9, -0.4, -0.2), (-0.4, -0.2, -1.0)),
    "toes": ((-0.02, -0.93, 0.32), (0.8, 0.0, -0.6), (-0.4, 0.0, 1.0)),
    "shoulder": ((0.10, -0.05, 0.24), (1.0, -0.2, 0.2), (-0.3, 0.0, 1.0)),
    "across": ((-0.62, 0.38, 0.48), (0.6, -0.7, 0.2), (-0.2, 0.0, 1.0)),
}
# Curl of thumb, index, middle, ring, little (0 open, 1 fist), spread of the fingers.
HANDS = {
    "open": (0.05, 0.04, 0.03, 0.04, 0.06, 0.9),
    "flat": (0.25, 0.03, 0.02, 0.03, 0.04, 0.15),
    "loose": (0.25, 0.18, 0.22, 0.27, 0.30, 0.35),
    "fist": (0.90, 0.92, 0.95, 0.95, 0.92, 0.0),
    "point": (0.80, 0.03, 0.92, 0.95, 0.95, 0.1),
    "two": (0.85, 0.03, 0.03, 0.93, 0.95, 0.8),
}
# Feet in metres from the dancer's place (out, up, front), and pitch in degrees (toes down is
# positive). A height over zero is in the air; all is scaled by leg length.
FEET = {
    "near": ((0.10, 0.0, 0.0), 0),
    "apart": ((0.18, 0.0, 0.0), 0),
    "wide": ((0.33, 0.0, 0.0), 0),
    "fore": ((0.12, 0.0, 0.26), 0),
    "back": ((0.12, 0.0, -0.24), 0),
    "out": ((0.40, 0.0, 0.04), 0),
    "cross": ((-0.14, 0.0, 0.16), 0),
    "behind": ((-0.12, 0.0, -0.18), 0),
    "kick": ((0.12, 0.48, 0.62), -10),
    "kick_out": ((0.55, 0.34, 0.12), 8),
    "knee": ((0.13, 0.42, 0.20), 28),
    "heel": ((0.16, 0.16, -0.34), 55),
    "lift_out": ((0.42, 0.16, 0.0), 15),
}


@dataclass(frozen=True)
class Key:
    """The pose at a beat. Angles in degrees, places in metres; x to the dancer's left on screen."""

    beat: float
    at: tuple[float, float] = (0.0, 0.0)  # place on the floor: x right of the picture, z nearer
    yaw: float = 0.0  # body turn, positive to the dancer's left
    feet: str = "apart"
    weight: float = 0.0  # -1 all on the right foot, 1 all on the left
    low: float = 0.0  # 0 standing, 1 a deep squat
    hop: float = 0.0  # height in metres of a jump that ends at this key
    arms: str = "down"
    hands: str = "loose"
    torso: tuple[float, float, float] = (0.0, 0.0, 0.0)  # forward, to the left, twist to the left
    look: tuple[float, float, float] = (0.0, 0.0, 0.0)  # head down, to the left, tilt to the left


def both(name: str) -> tuple[str, str]:
    """The left and right half of a name such as "up/hip"; one name alone stands for both."""
    left, _, right = name.partition("/")
    return left, right or left


def mirrored(key: Key) -> Key:
    """The same pose seen in a mirror."""

    def swap(name: str) -> str:
        return "/".join(reversed(both(name)))

    (x, z), (pitch, roll, twist), (nod, turn, tilt) = key.at, key.torso, key.look
    return replace(
        key,
        at=(-x, z),
        yaw=-key.yaw,
        feet=swap(key.feet),
        weight=-key.weight,
        arms=swap(key.arms),
        hands=swap(key.hands),
        torso=(pitch, -roll, -twist),
        look=(nod, -turn, -tilt),
    )


# Choreography 1: a calm tour of poses, made to be filmed. Every phrase starts and ends near the
# middle, looking at the camera (a whole turn counts as such).
TOUR: dict[str, list[Key]] = {
    "turn": [
        Key(0, hands="loose"),
        Key(1, yaw=45, arms="low"),
        Key(2, yaw=90, arms="low"),
        Key(3, yaw=135, arms="low"),
        Key(4, yaw=180, arms="bent"),
        Key(5, yaw=225, arms="bent"),
        Key(6, yaw=270, arms="low"),
        Key(7, yaw=315, arms="low"),
    ],
    "reach": [
        Key(0, yaw=0, arms="low", hands="open"),
        Key(1, arms="up", hands="open", look=(-8, 0, 0)),
        Key(2, arms="up", hands="flat"),
        Key(3, arms="side", hands="open"),
        Key(4, at=(0.12, 0), feet="apart", weight=0.4, arms="side/hip", hands="open"),
        Key(5, at=(0.0, 0), feet="near", arms="hip", hands="flat"),
        Key(6, at=(-0.12, 0), weight=-0.4, arms="hip/side", hands="open"),
        Key(7, at=(0.0, 0), feet="near", arms="hip", hands="flat"),
    ],
    "near_far": [
        Key(0, feet="near"),
        Key(1, at=(0.0, 0.18), arms="bent/down"),
        Key(2, at=(0.0, 0.36), arms="down/bent"),
        Key(3, at=(0.0, 0.36), arms="front", hands="flat"),
        Key(4, at=(0.0, 0.14), arms="down/bent"),
        Key(5, at=(0.0, -0.12), arms="bent/down"),
        Key(6, at=(0.0, -0.36), arms="low", hands="open"),
        Key(7, at=(0.0, -0.18), arms="bent/down"),
    ],
    "bends": [
        Key(0, feet="apart", arms="hip", hands="flat"),
        Key(1, weight=0.3, arms="hip", hands="flat", torso=(0, 22, 0), look=(0, 0, 5)),
        Key(2, arms="hip", hands="flat"),
        Key(3, weight=-0.3, arms="hip", hands="flat", torso=(0, -22, 0), look=(0, 0, -5)),
        Key(4, arms="down", torso=(10, 0, 0)),
        Key(5, low=0.25, arms="toes", torso=(48, 0, 0), look=(8, 0, 0)),
        Key(6, low=0.1, arms="down", torso=(15, 0, 0)),
        Key(7, arms="shoulder", torso=(0, 0, 25)),
    ],
    "greet": [
        Key(0, arms="down/goal", hands="loose/open", weight=0.2),
        Key(1, arms="down/goal", hands="loose/two", look=(0, 0, 8)),
        Key(2, arms="clap", hands="flat"),
        Key(3, arms="push", hands="open"),
        Key(4, arms="goal/down", hands="open/loose", weight=-0.2),
        Key(5, arms="goal/down", hands="point/loose", look=(0, 0, -8)),
        Key(6, arms="shoulder", hands="fist", torso=(0, 0, -25), look=(0, 15, 0)),
        Key(7, arms="shoulder", hands="loose", torso=(0, 0, 25), look=(0, -15, 0)),
    ],
    "profile": [
        Key(0),
        Key(1, yaw=45, arms="front/down", hands="flat"),
        Key(2, yaw=90, arms="front", hands="flat"),
        Key(3, yaw=90, low=0.3, arms="front", torso=(14, 0, 0)),
        Key(4, yaw=45, arms="hip"),
        Key(5, yaw=0, arms="hip"),
        Key(6, yaw=-40, arms="low", hands="open"),
        Key(7, yaw=-20, arms="down"),
    ],
}

# Choreography 2: the dance.
DANCE: dict[str, list[Key]] = {
    "vine": [
        Key(0, feet="near", weight=0.0, low=0.12, arms="bent", hands="fist"),
        Key(1, at=(0.12, 0.0), feet="near/cross", weight=0.3, low=0.2, arms="roll", hands="fist", torso=(6, 6, 14)),
        Key(
            2,
            at=(0.20, 0.0),
            feet="out/near",
            weight=0.5,
            low=0.15,
            arms="low/across",
            hands="open/point",
            torso=(0, -8, 12),
            look=(0, 10, -6),
        ),
        Key(3, at=(0.20, 0.0), feet="near", low=0.25, arms="clap", hands="flat"),
        Key(4, at=(0.05, 0.0), feet="cross/near", weight=-0.3, low=0.2, arms="roll", hands="fist", torso=(6, -6, -14)),
        Key(
            5,
            at=(-0.16, 0.0),
            feet="near/out",
            weight=-0.5,
            low=0.15,
            arms="across/low",
            hands="point/open",
            torso=(0, 8, -12),
            look=(0, -10, 6),
        ),
        Key(6, at=(-0.16, 0.0), feet="near", low=0.3, arms="clap_up", hands="flat"),
        Key(7, at=(0.0, 0.0), feet="wide", low=0.35, arms="low/vee", hands="open/point", torso=(0, 10, 8)),
    ],
    "kicks": [
        Key(0, feet="near", low=0.15, arms="bent", hands="fist"),
        Key(
            1,
            at=(0.0, 0.0),
            feet="kick/near",
            weight=-0.9,
            low=0.05,
            arms="bent/push",
            hands="fist",
            torso=(-6, -4, 10),
        ),
        Key(2, at=(0.0, -0.14), feet="near", low=0.2, arms="bent", hands="fist", torso=(8, 0, 0)),
        Key(
            3,
            at=(0.0, -0.14),
            feet="near/kick",
            weight=0.9,
            low=0.05,
            arms="push/bent",
            hands="fist",
            torso=(-6, 4, -10),
        ),
        Key(4, at=(0.0, -0.28), feet="near", low=0.2, arms="cross", hands="fist", torso=(8, 0, 0)),
        Key(
            5,
            at=(0.0, -0.28),
            feet="kick_out/near",
            weight=-0.9,
            low=0.05,
            arms="vee/low",
            hands="open",
            torso=(0, -14, 0),
        ),
        Key(6, at=(0.0, -0.12), feet="near", low=0.25, arms="cross", hands="fist"),
        Key(
            7,
            at=(0.0, -0.12),
            feet="near/kick_out",
            weight=0.9,
            low=0.05,
            arms="low/vee",
            hands="open",
            torso=(0, 14, 0),
        ),
    ],
    "squat": [
        Key(0, feet="wide", low=0.3, arms="bent", hands="fist"),
        Key(1, feet="wide", low=0.75, arms="goal", hands="open", torso=(12, 0, 0)),
        Key(2, feet="wide", low=0.35, weight=0.6, arms="ear/wave_down", hands="loose/open", torso=(0, 10, 0)),
        Key(3, feet="wide", low=0.75, arms="roll", hands="fist", torso=(18, 0, 0)),
        Key(3.7, at=(0.0, 0.24), feet="near", hop=0.10, low=0.05, arms="goal", hands="open"),
        Key(4.4, at=(0.0, 0.24), feet="near", low=0.4, arms="bent", hands="fist", torso=(10, 0, 0)),
        Key(
            5, at=(0.0, 0.24), feet="knee/near", weight=-0.9, arms="across/goal", hands="fist/open", torso=(8, -10, -15)
        ),
        Key(6, at=(0.0, 0.14), feet="near", low=0.25, arms="bent", hands="fist"),
        Key(7, at=(0.0, 0.14), feet="near/knee", weight=0.9, arms="goal/across", hands="open/fist", torso=(8, 10, 15)),
    ],
    "wave": [
        Key(0, feet="apart", low=0.15, arms="side", hands="flat"),
        Key(0.5, low=0.15, arms="wave_up/wave_down", hands="flat", torso=(0, -6, 0)),
        Key(1, low=0.22, weight=0.4, arms="wave_down/side", hands="open/flat", torso=(0, 6, 0)),
        Key(1.5, low=0.15, arms="side/wave_up", hands="flat", torso=(0, 8, 0)),
        Key(2, low=0.2, weight=-0.4, arms="wave_up/wave_down", hands="flat/open", torso=(0, -8, 0)),
        Key(
            3,
            at=(0.0, 0.20),
            feet="fore/near",
            low=0.3,
            weight=0.3,
            arms="push/ear",
            hands="open/loose",
            torso=(6, 0, -20),
            look=(0, 12, 0),
        ),
        Key(
            4,
            at=(0.0, 0.20),
            feet="near/out",
            low=0.3,
            weight=-0.5,
            arms="hip/vee",
            hands="flat/point",
            torso=(0, -16, 0),
            look=(0, -14, -6),
        ),
        Key(5, at=(0.0, 0.20), feet="near", low=0.2, arms="ear", hands="loose", torso=(0, 12, 0), weight=0.6),
        Key(6, at=(0.0, 0.08), feet="near", low=0.2, arms="ear", hands="loose", torso=(0, -12, 0), weight=-0.6),
        Key(
            7,
            feet="out/near",
            low=0.35,
            weight=0.5,
            arms="vee/hip",
            hands="two/flat",
            torso=(0, 16, 0),
            look=(0, 14, 6),
        ),
    ],
    "spin": [
        Key(0, feet="near", low=0.2, arms="cross", hands="fist"),
        Key(1, yaw=90, feet="apart", low=0.12, arms="goal/bent", hands="open/fist"),
        Key(2, at=(0.0, -0.16), yaw=180, feet="apart", low=0.2, arms="vee/low", hands="open"),
        Key(3, at=(0.0, -0.16), yaw=270, feet="apart", low=0.12, arms="bent/goal", hands="fist/open"),
        Key(4, yaw=360, feet="near", low=0.25, arms="clap_up", hands="flat"),
        Key(
            5, yaw=360, feet="heel/near", weight=-0.9, low=0.1, arms="cross/low", hands="fist/open", torso=(10, -8, 12)
        ),
        Key(6, yaw=360, feet="near/heel", weight=0.9, low=0.1, arms="low/cross", hands="open/fist", torso=(10, 8, -12)),
        Key(7, yaw=360, feet="wide", low=0.4, arms="goal/low", hands="two/open", torso=(0, -10, 0)),
    ],
}
