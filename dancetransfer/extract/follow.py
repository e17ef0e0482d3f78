"""Which of several people is followed, and whether that was the obvious choice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.video.read import VideoInfo

SAME = 0.6
"""Two circles whose centers are closer than this part of the radius are the same person."""

DOUBLE = 0.35
"""Two circles of one detector whose centers are closer than this part of the larger radius are the same person."""

LARGER = 1.15
"""Another person counts as larger from this ratio of the radii on."""

OFTEN = 0.2
"""Share of the looked-at frames from which on a larger person is worth a word."""


@dataclass(frozen=True)
class Candidate:
    """A person as a tracker sees it: the circle around the whole body, its center at the hips."""

    center: tuple[float, float]
    """(x, y) of the point between the hips, pixels."""
    radius: float
    """Pixels; a little more than half the height of a standing person."""
    angle: float
    """Radians clockwise by which the body is turned from upright."""
    score: float = 1.0
    """0..1, the detector's."""

    def as_row(self) -> list[float]:
        """x, y, radius, angle, score: how a candidate is kept in arrays and JSON."""
        return [*self.center, self.radius, self.angle, self.score]

    @staticmethod
    def from_row(row: Any) -> "Candidate":
        x, y, radius, angle, score = (float(value) for value in row)
        return Candidate((x, y), radius, angle, score)


@dataclass(frozen=True)
class Point:
    """A place in a frame at which the followed person is."""

    x: float
    y: float
    frame: int


class NobodyThere(UserError):
    """The user's choice of a person names nobody."""


@dataclass(frozen=True)
class Wish:
    """Whom the user wants followed: nobody in particular, one of the list, or who is at a place at a time."""

    number: int = 0
    """Of the list, from 1; 0: not chosen so."""
    place: tuple[float, float] | None = None
    """(x, y) in pixels of the upright frame."""
    seconds: float = 0.0

    @staticmethod
    def parse(words: str) -> "Wish":
        """Out of "", "person 2" or "at 312,200@0:02.5"; UserError where it can't be read."""
        if not words:
            return Wish()
        kind, _, rest = words.partition(" ")
        place, _, moment = rest.partition("@")
        try:
            if kind == "person" and int(rest) > 0:
                return Wish(int(rest))
            if kind == "at":
                x, y = (float(number) for number in place.split(","))
                minutes, _, seconds = moment.rpartition(":")
                time = 60 * float(minutes or 0) + float(seconds or 0)
                if np.isfinite([x, y, time]).all() and time >= 0:
                    return Wish(0, (x, y), time)
        except ValueError:
            pass
        raise UserError(
            f"'{rest or words}' doesn't say who is followed.",
            "Give a number of the list (poses VIDEO --list), or a point and a time, like --at 312,200@2.5",
        )

    def check(self, info: VideoInfo) -> None:
        """UserError where the place or the time is outside the video."""
        if self.place is None:
            return
        x, y = self.place
        if not (0 <= x < info.width and 0 <= y < info.height and self.seconds <= info.seconds):
            raise NobodyThere(
                f"{self._words()} is not in the video.",
                f"It is {info.width}x{info.height} pixels and {info.seconds:.1f} s long.",
            )

    def point(self, times: np.ndarray, scale: float) -> Point | None:
        """The chosen place in the frame shown at that time; `scale`: decoded pixels per pixel of the video."""
        if self.place is None:
            return None
        frame = max(0, int(np.searchsorted(times, self.seconds + 1e-6)) - 1)
        x, y = ((pixels + 0.5) * scale - 0.5 for pixels in self.place)
        return Point(x, y, frame)

    def nobody(self) -> NobodyThere:
        """The error where nobody is there."""
        hint = "Look at the numbered people first: dancetransfer poses VIDEO --list"
        if self.place is None:
            return NobodyThere(f"There is no person {self.number} in the list.", hint)
        return NobodyThere(f"Nobody is found near {self._words()}.", hint)

    def _words(self) -> str:
        x, y = self.place or (0, 0)
        return f"{x:g},{y:g} at {self.seconds:g} s"


def distance(person: Candidate, other: Candidate) -> float:
    """Between the centers, in radii of `other`."""
    return float(np.hypot(*np.subtract(person.center, other.center))) / other.radius


def without_doubles(people: Sequence[Candidate]) -> list[Candidate]:
    """Each person once, by the first of the circles that say the same; largest first."""
    kept: list[Candidate] = []
    for person in people:
        if all(min(distance(person, one), distance(one, person)) >= DOUBLE for one in kept):
            kept.append(person)
    return sorted(kept, key=lambda one: -one.radius)


def choose(people: Sequence[Candidate], last: Candidate | None) -> Candidate | None:
    """Who is followed from here on: the one nearest to where the person was last, else the largest."""
    if not people:
        return None
    if last is None:
        return max(people, key=lambda person: person.radius)
    return min(people, key=lambda person: distance(person, last))


def larger_person(regions: np.ndarray, frames: np.ndarray, people: np.ndarray) -> float:
    """Share (0..1) of the looked-at frames in which another person is clearly larger.

    `regions` [T,5] the followed person's circle per frame (NaN: nobody), `frames` [N] the
    looked-at frames, `people` [M,6] everyone seen in them: frame number and a candidate's row.
    """
    looked = larger = 0
    for frame in frames:
        if not np.isfinite(regions[frame]).all():
            continue
        looked += 1
        followed = Candidate.from_row(regions[frame])
        seen = [Candidate.from_row(row[1:]) for row in people[people[:, 0] == frame]]
        own = [person.radius for person in seen if distance(person, followed) < SAME]
        others = [person.radius for person in seen if distance(person, followed) >= SAME]
        larger += bool(others) and max(others) > LARGER * max([followed.radius, *own])
    return larger / looked if looked else 0.0
