"""Turns a written choreography into smooth channels over time: pelvis, torso, head, arms, feet."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from .body import Body
from .moves import ARMS, DANCE, FEET, HANDS, TOUR, Key, both, mirrored

Array = np.ndarray
PHRASE = 8  # beats


@dataclass(frozen=True)
class Choreography:
    """A choreography of a seed: its number (1 the calm tour, 2 the dance), tempo and manner.

    number: 1 or 2. bpm: beats per minute. offset: seconds at which beat 0 falls.
    energy: factor on bounce and arm size. The seed also orders the phrases and varies each key.
    """

    number: int
    seed: int
    bpm: float
    offset: float
    energy: float

    def beat_at(self, seconds: ArrayLike) -> Array:
        """The beat (fractional) at times in seconds."""
        return (np.asarray(seconds, float) - self.offset) * self.bpm / 60

    def beats(self, seconds: float) -> Array:
        """Times in seconds of the beats that fall in [0, seconds)."""
        last = int(np.floor(self.beat_at(seconds))) + 1
        times = self.offset + np.arange(0, last + 1) * 60 / self.bpm
        return times[times < seconds]

    def keys(self, beats: float) -> list[Key]:
        """The keys from beat 0 to at least `beats`, phrase after phrase."""
        out: list[Key] = []
        yaw, index = 0.0, 0
        while index * PHRASE <= beats + PHRASE:
            phrase, mirror = self._phrase(index)
            keys = [mirrored(key) if mirror else key for key in phrase]
            out += [replace(key, beat=key.beat + index * PHRASE, yaw=key.yaw + yaw) for key in keys]
            # A phrase that turns goes on from the turn reached: never spin back.
            yaw += 360.0 * np.round(keys[-1].yaw / 360.0)
            index += 1
        return out

    def _phrase(self, index: int) -> tuple[list[Key], bool]:
        """Phrase number `index` and whether it is danced mirrored."""
        table = TOUR if self.number == 1 else DANCE
        names = list(table)
        # The tour shows its four main phrases first, so that 20 s of footage hold them all.
        head = 4 if self.number == 1 else len(names)
        turn, place = divmod(index, len(names))
        rng = np.random.default_rng([self.seed, self.number, turn, 7003])
        order = np.concatenate([rng.permutation(head), head + rng.permutation(len(names) - head)])
        flip = rng.integers(2, size=len(names)).astype(bool)
        return table[names[int(order[place])]], bool(flip[place])

    def at(self, body: Body, seconds: Array, width: float = 1.0) -> dict[str, Array]:
        """The channels at T times in seconds for a body; see skeleton.pose for their use.

        width: 0..1, how much room there is to the sides (a tall picture leaves little): scales
        sideways places and how far the arms reach out.
        """
        beat = self.beat_at(seconds)
        keys = self.keys(float(np.max(beat, initial=0.0)) + 2)
        knots = np.array([key.beat for key in keys])
        scale = body.leg / 0.90
        channels = smooth(knots, self._rows(keys, scale, width), beat)
        feet = [foot_path(keys, sign, beat, scale, width) for sign in (1, -1)]
        pelvis, yaw, torso, look, left_arm, right_arm, left_hand, right_hand = np.split(
            channels, np.cumsum([4, 1, 3, 3, 9, 9, 6]), axis=1
        )
        x, z, low, weight = pelvis.T
        hop = jump(keys, beat)[0]
        bounce = 0.016 * self.energy * (1 + np.cos(2 * np.pi * beat))
        height = body.leg * (0.985 - 0.42 * low - bounce) + hop * scale
        side = 0.10 * scale * weight
        yaw = yaw[:, 0]
        return {
            "pelvis": np.stack([x + side * np.cos(yaw), height, z - side * np.sin(yaw)], -1),
            "yaw": yaw,
            "tilt": np.radians(-4.0) * weight,
            "torso": torso,
            "look": look,
            "left_arm": left_arm,
            "right_arm": right_arm,
            "left_hand": np.clip(left_hand, 0, 1),
            "right_hand": np.clip(right_hand, 0, 1),
            "left_foot": feet[0],
            "right_foot": feet[1],
        }

    def _rows(self, keys: list[Key], scale: float, width: float) -> Array:
        """The keys' channels [K,41], varied a little by seed."""
        rows = []
        reach = np.array([0.30 + 0.70 * width, 1.0, 0.30 + 0.70 * width])
        for index, key in enumerate(keys):
            rng = np.random.default_rng([self.seed, self.number, index, 7004])
            x, z = key.at[0] * scale * width, key.at[1] * scale * depth_of(width)
            row = [
                np.array([x, z, key.low, key.weight]),
                np.radians([key.yaw]),
                np.radians(np.array(key.torso) + rng.normal(0, 1.2, 3)),
                np.radians(np.array(key.look) + rng.normal(0, 2.0, 3)),
            ]
            for name in both(key.arms):
                target, pole, palm = ARMS[name]
                target = np.array(target) * reach + rng.normal(0, 0.025, 3)
                row.append(np.concatenate([target, pole, palm]))
            row += [np.array(HANDS[name]) + rng.normal(0, 0.02, 6) for name in both(key.hands)]
            rows.append(np.concatenate(row))
        return np.array(rows)


def make_choreography(number: int, seed: int) -> Choreography:
    """Choreography 1 (calm tour) or 2 (dance) as the seed dances it."""
    if number not in (1, 2):
        raise ValueError(f"there are choreographies 1 and 2, not {number}")
    rng = np.random.default_rng([seed, number, 7005])
    bpm = rng.uniform(97, 102) if number == 1 else rng.uniform(104, 118)
    return Choreography(
        number, seed, float(bpm), float(rng.uniform(0.1, 0.25)), 0.6 if number == 1 else float(rng.uniform(0.95, 1.15))
    )


def smooth(knots: Array, rows: Array, at: Array) -> Array:
    """Cubic Hermite through rows [K,C] at knots [K], evaluated at `at` [T]; held at the ends.

    Tangents are 0.55 of the central difference: between a stop at each key and a flow through it.
    """
    slope = np.zeros_like(rows)
    slope[1:-1] = 0.55 * (rows[2:] - rows[:-2]) / (knots[2:] - knots[:-2])[:, None]
    at = np.clip(at, knots[0], knots[-1])
    i = np.clip(np.searchsorted(knots, at, side="right") - 1, 0, len(knots) - 2)
    span = (knots[i + 1] - knots[i])[:, None]
    s = (at - knots[i])[:, None] / span
    return (
        rows[i] * (2 * s**3 - 3 * s**2 + 1)
        + rows[i + 1] * (3 * s**2 - 2 * s**3)
        + span * (slope[i] * (s**3 - 2 * s**2 + s) + slope[i + 1] * (s**3 - s**2))
    )


def depth_of(width: float) -> float:
    """Factor on steps to and from the camera: a narrow picture shows the dancer smaller anyway."""
    return 0.6 + 0.4 * width


def ease(s: Array) -> Array:
    """0..1 with zero speed and acceleration at both ends; s is clipped to 0..1."""
    s = np.clip(s, 0, 1)
    return s**3 * (10 - 15 * s + 6 * s**2)


def stance(key: Key, sign: int, scale: float, width: float) -> Array:
    """Where a foot is at a key: x, y, z in metres, yaw and pitch in radians."""
    (out, up, front), pitch = FEET[both(key.feet)[0 if sign == 1 else 1]]
    yaw = np.radians(key.yaw)
    # In the air and to the side means out of a narrow picture; on the floor it costs little.
    out *= (0.4 + 0.6 * width) if up > 0 or abs(out) > 0.3 else 1.0
    side, front = sign * out * scale, front * scale
    x = key.at[0] * scale * width + side * np.cos(yaw) + front * np.sin(yaw)
    z = key.at[1] * scale * depth_of(width) - side * np.sin(yaw) + front * np.cos(yaw)
    return np.array([x, up * scale, z, yaw + np.radians(9.0) * sign, np.radians(pitch)])


def foot_path(keys: list[Key], sign: int, beat: Array, scale: float, width: float) -> Array:
    """One foot's path [T,5]: planted, or swung through the air in its share of a step."""
    spots = np.array([stance(key, sign, scale, width) for key in keys])
    other = np.array([stance(key, -sign, scale, width) for key in keys])
    moved = np.abs(np.diff(spots, axis=0)).max(1) > 1e-6
    shared = moved & (np.abs(np.diff(other, axis=0)).max(1) > 1e-6)
    hops = np.array([key.hop for key in keys[1:]]) > 0
    # Both feet have to move: the one on the side of travel goes first, the other follows.
    travel = np.diff([key.at[0] + 1e-3 * key.yaw for key in keys])
    first = np.where(np.abs(travel) > 1e-9, np.sign(travel) == sign, sign == 1)
    landing = spots[1:, 1] < 1e-6
    begin = np.where(hops, 0.25, np.where(shared, np.where(first, 0.05, 0.52), 0.35))
    end = np.where(hops, 1.0, np.where(shared & first, 0.50, 1.0))
    far = np.linalg.norm(np.diff(spots[:, [0, 2]], axis=0), axis=1)
    grounded = landing & (spots[:-1, 1] < 1e-6) & moved & ~hops
    lift = np.where(grounded, 0.035 + 0.16 * far, 0.0)

    knots = np.array([key.beat for key in keys])
    i = np.clip(np.searchsorted(knots, beat, side="right") - 1, 0, len(knots) - 2)
    share = np.clip((beat - knots[i]) / (knots[i + 1] - knots[i]), 0, 1)
    s = np.clip((share - begin[i]) / (end[i] - begin[i]), 0, 1)
    path = spots[i] + ease(s)[:, None] * (spots[i + 1] - spots[i])
    arc = np.sin(np.pi * ease(s)) * lift[i]
    height, flight = jump(keys, beat)
    path[:, 1] += arc + height * scale * 0.9
    path[:, 4] += 3.0 * arc + np.radians(35) * flight
    return path


def jump(keys: list[Key], beat: Array) -> tuple[Array, Array]:
    """Height in metres of the jumps at T beats, and how far in flight (0 on the floor .. 1)."""
    knots = np.array([key.beat for key in keys])
    hops = np.array([key.hop for key in keys[1:]])
    i = np.clip(np.searchsorted(knots, beat, side="right") - 1, 0, len(knots) - 2)
    s = ((beat - knots[i]) / (knots[i + 1] - knots[i]) - 0.25) / 0.75
    s = np.clip(s, 0, 1)
    flight = 4 * s * (1 - s) * (hops[i] > 0)
    return hops[i] * flight, flight
