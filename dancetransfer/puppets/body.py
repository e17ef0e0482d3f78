"""Bodies by seed: limb lengths in metres, girths, skin, hair and clothes of a puppet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Color = tuple[float, float, float]  # sRGB, 0..1

SKINS: tuple[Color, ...] = (
    (0.94, 0.77, 0.67),
    (0.88, 0.69, 0.56),
    (0.80, 0.60, 0.46),
    (0.68, 0.48, 0.35),
    (0.56, 0.38, 0.27),
)
HAIRS: tuple[Color, ...] = (
    (0.10, 0.08, 0.07),
    (0.22, 0.14, 0.09),
    (0.36, 0.22, 0.12),
    (0.55, 0.38, 0.20),
    (0.50, 0.20, 0.10),
    (0.45, 0.43, 0.42),
)
# First color is the cloth, second the pattern on it; neighbors differ clearly in hue and value.
TOPS: tuple[tuple[Color, Color], ...] = (
    ((0.75, 0.16, 0.17), (0.96, 0.93, 0.86)),
    ((0.15, 0.33, 0.62), (0.92, 0.84, 0.40)),
    ((0.93, 0.91, 0.87), (0.16, 0.25, 0.47)),
    ((0.13, 0.47, 0.36), (0.90, 0.92, 0.80)),
    ((0.92, 0.67, 0.16), (0.35, 0.17, 0.10)),
    ((0.46, 0.23, 0.53), (0.95, 0.70, 0.78)),
    ((0.17, 0.18, 0.21), (0.86, 0.31, 0.20)),
    ((0.30, 0.62, 0.75), (0.97, 0.97, 0.95)),
)
BOTTOMS: tuple[tuple[Color, Color], ...] = (
    ((0.14, 0.19, 0.32), (0.30, 0.37, 0.53)),
    ((0.13, 0.13, 0.14), (0.45, 0.45, 0.47)),
    ((0.62, 0.54, 0.40), (0.40, 0.33, 0.23)),
    ((0.35, 0.38, 0.41), (0.20, 0.22, 0.25)),
    ((0.42, 0.14, 0.20), (0.70, 0.45, 0.40)),
    ((0.22, 0.33, 0.24), (0.48, 0.56, 0.40)),
)
SHOES: tuple[Color, ...] = (
    (0.93, 0.93, 0.92),
    (0.10, 0.10, 0.11),
    (0.74, 0.13, 0.12),
    (0.20, 0.35, 0.62),
    (0.85, 0.62, 0.18),
)
PATTERNS = ("stripes", "checks", "spots", "pinstripes", "diamonds", "bands")
PLAIN_PATTERNS = ("plain", "pinstripes", "checks")
HAIR_STYLES = ("short", "bob", "ponytail", "bun", "long")
BOTTOM_STYLES = ("trousers", "shorts", "skirt", "leggings")


@dataclass(frozen=True)
class Cloth:
    """A garment's look: two sRGB colors (0..1) and the name of the pattern woven of them."""

    base: Color
    accent: Color
    pattern: str


@dataclass(frozen=True)
class Body:
    """One puppet's body and clothes. Lengths are metres between joint centers unless said."""

    stature: float  # floor to vertex, standing
    thigh: float
    shin: float
    ankle: float  # height of the ankle joint over the floor
    foot: float  # heel to toe
    hips: float  # half the distance of the hip joints
    spine: float  # hip line to shoulder line
    shoulders: float  # half the distance of the shoulder joints
    upper_arm: float
    forearm: float
    hand: float  # wrist to tip of the middle finger
    neck: float  # shoulder line to chin
    head: float  # chin to vertex
    girth: float  # factor on all limb and trunk radii, around 1
    female: bool
    face_width: float  # factor on the head's width, around 1
    skin: Color
    hair: Color
    eyes: Color
    lips: Color
    hair_style: str
    top: Cloth
    bottom: Cloth
    shoes: Color
    sleeve: float  # covered part of the arm, 0 = shoulder only, 1 = to the wrist
    bottom_style: str
    logo: bool

    @property
    def leg(self) -> float:
        """Hip joint to floor in metres, legs straight."""
        return self.thigh + self.shin + self.ankle


def make_body(seed: int) -> Body:
    """The body of a seed; an even seed and the odd one after it differ clearly in proportions."""
    pair = np.random.default_rng([seed // 2, 7001])
    rng = np.random.default_rng([seed, 7002])
    # One of the pair is tall and long-limbed, the other short with a long trunk.
    tall = bool(pair.integers(2)) == bool(seed % 2)
    stature = rng.uniform(1.75, 1.88) if tall else rng.uniform(1.57, 1.68)
    leg = rng.uniform(0.525, 0.540) if tall else rng.uniform(0.480, 0.495)
    arm = rng.uniform(0.340, 0.352) if tall else rng.uniform(0.305, 0.318)
    female = bool(rng.integers(2))
    shoulders = (0.104 if female else 0.116) * rng.uniform(0.96, 1.04)
    head = rng.uniform(0.136, 0.140) if tall else rng.uniform(0.148, 0.153)
    ankle, neck = 0.040, 0.042
    legs = (leg - ankle) * stature
    thigh = rng.uniform(0.49, 0.515)
    upper = rng.uniform(0.535, 0.555)
    # Clothes take turns, even seeds in one half of a palette and odd ones in the other: neither a
    # pair nor neighbors look alike.
    turn, half = divmod(seed, 2)
    top, bottom = TOPS[turn % 4 * 2 + half], BOTTOMS[(turn + 1 + half) % 3 * 2 + half]

    return Body(
        stature=stature,
        thigh=legs * thigh,
        shin=legs * (1 - thigh),
        ankle=ankle * stature,
        foot=stature * rng.uniform(0.148, 0.156),
        hips=stature * (0.055 if female else 0.052) * rng.uniform(0.96, 1.05),
        spine=stature * (1 - leg - neck - head),
        shoulders=shoulders * stature,
        upper_arm=arm * upper * stature,
        forearm=arm * (1 - upper) * stature,
        hand=stature * rng.uniform(0.108, 0.114),
        neck=neck * stature,
        head=head * stature,
        girth=rng.uniform(0.90, 1.0) if tall else rng.uniform(1.0, 1.12),
        female=female,
        face_width=rng.uniform(0.96, 1.06),
        skin=SKINS[int(rng.integers(len(SKINS)))],
        hair=HAIRS[int(rng.integers(len(HAIRS)))],
        eyes=((0.25, 0.16, 0.10), (0.24, 0.38, 0.52), (0.27, 0.38, 0.22))[int(rng.integers(3))],
        lips=(0.70, 0.28, 0.30) if female else (0.66, 0.38, 0.34),
        hair_style=HAIR_STYLES[int(rng.integers(1, 5)) if female else 0],
        top=Cloth(top[0], top[1], PATTERNS[turn % 3 * 2 + half]),
        bottom=Cloth(bottom[0], bottom[1], PLAIN_PATTERNS[int(rng.integers(len(PLAIN_PATTERNS)))]),
        shoes=SHOES[int(rng.integers(len(SHOES)))],
        sleeve=(0.22, 0.30, 1.0)[int(rng.integers(3))],
        bottom_style=BOTTOM_STYLES[int(rng.integers(4)) if female else int(rng.integers(2))],
        logo=bool(rng.integers(2)),
    )
