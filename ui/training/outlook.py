"""How a training goes on, in plain words: the scores that it writes, and a small rule for what they promise."""

import json
import math
import re
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale

WINDOW = 3.0
"""The rule looks at the scores from a third of the time that is used on. Over ten recorded trainings 2, 3, 4 and 8
foretold the gain that was left with a median error of 0.36, 0.24, 0.26 and 0.31 dB."""
FEWEST, FEWEST_FLAT = 3, 6
"""Scores that it takes to say something; more to say that it is over, as the first ones go up and down."""
WORTH = 0.2
"""dB that the time left has to promise to be called an improvement; about the least that two stills show.
Of 118 forecasts on the recorded trainings 106 were "still improving"; 92 of those were right."""
STEP = 0.5
"""dB that more time is suggested for."""
translate = QCoreApplication.translate

PARTS = ("face", "left hand", "right hand")
"""What is learned by itself when the body is done, as the engine's figures call it."""
BELIEVED = -100.0
"""Lower scores stand for "none yet"."""


@dataclass(frozen=True)
class Score:
    """Likeness to held-out frames at a moment of the training."""

    step: int
    seconds: float
    decibels: float


@dataclass
class Course:
    """What a training's metrics.jsonl tells."""

    scores: list[Score] = field(default_factory=list)
    moments: list[tuple[int, float]] = field(default_factory=list)
    """(step, seconds of training), rising."""
    parts_from: float | None = None
    """Seconds at which the body was done and its parts began."""
    parts: list[str] = field(default_factory=list)
    """Those that have been learned on by themselves, of PARTS."""

    @property
    def seconds(self) -> float:
        return self.moments[-1][1] if self.moments else 0.0

    @property
    def best(self) -> Score | None:
        return max(self.scores, key=lambda one: one.decibels, default=None)

    def seconds_at(self, step: int) -> float:
        """Training seconds at a step, between the moments that were written down."""
        before = (0, 0.0)
        for moment in self.moments:
            if moment[0] >= step:
                share = (step - before[0]) / max(1, moment[0] - before[0])
                return before[1] + min(1.0, max(0.0, share)) * (moment[1] - before[1])
            before = moment
        return before[1]

    def add(self, row: Any) -> None:
        """One line of the file, whatever stands in it."""
        try:
            step, seconds = int(row["step"]), float(row["seconds"])
        except (TypeError, KeyError, ValueError, OverflowError):
            return
        if not math.isfinite(seconds) or seconds < 0:
            return
        self._forget_from(step, seconds)
        if not self.moments or self.moments[-1] != (step, seconds):
            self.moments.append((step, seconds))
        score = row.get("score")
        if isinstance(score, (int, float)) and math.isfinite(score) and score > BELIEVED:
            self.scores.append(Score(step, seconds, float(score)))
        parts = [part for part in PARTS if any(re.match(rf"{part}\b|{part}_", name) for name in row)]
        self.parts += [part for part in parts if part not in self.parts]
        if parts and self.parts_from is None:
            self.parts_from = seconds

    def _forget_from(self, step: int, seconds: float) -> None:
        """A training that was cut off goes on from its last checkpoint: what came after that is done again."""
        while self.moments and (self.moments[-1][0] > step or self.moments[-1][1] > seconds):
            self.moments.pop()
        self.scores = [one for one in self.scores if one.step <= step and one.seconds <= seconds]
        if self.parts_from is not None and self.parts_from > seconds:
            self.parts_from, self.parts = None, []


class Reader:
    """metrics.jsonl while it grows; reads each line once, a half-written one when it is whole."""

    def __init__(self, file: Path) -> None:
        self.file, self.course = file, Course()
        self._offset = 0

    def read(self) -> Course:
        """The course so far; never raises on a missing or damaged file."""
        try:
            if self.file.stat().st_size < self._offset:  # another file has taken its place
                self._offset, self.course = 0, Course()
            with open(self.file, "rb") as file:
                file.seek(self._offset)
                content = file.read()
        except OSError:
            return self.course
        whole = content.rfind(b"\n") + 1
        self._offset += whole
        for line in content[:whole].splitlines():
            try:
                row = json.loads(line)
            except ValueError:
                continue
            if isinstance(row, dict):
                self.course.add(row)
        return self.course


CHECKPOINTS = ("last.pt", "prev.pt")
"""A training goes on from one of these, or begins anew."""


def kept(run: Path) -> bool:
    """Whether a training can go on from what it has learned."""
    return any((run / name).exists() for name in CHECKPOINTS)


def lost(folder: Path) -> bool:
    """Whether the newest training of a project's folder was cut off before anything of it was kept."""
    runs = sorted((folder / "person" / "runs").glob("[0-9][0-9][0-9]"))
    return bool(runs) and (runs[-1] / "metrics.jsonl").exists() and not kept(runs[-1])


def seconds_of(runs: list[Path], recipe: str, size: int) -> float:
    """Training seconds that the newest run of that recipe and size has had and kept; 0 where there is none."""
    for run in reversed(runs):
        try:
            about = json.loads((run / "settings.json").read_text(encoding="utf-8"))
            fits = (about["recipe"], about["asked_size"]) == (recipe, size) and not about.get("closed")
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if fits:
            return Reader(run / "metrics.jsonl").read().seconds if kept(run) else 0.0
    return 0.0


class Promise(Enum):
    """What more time would bring."""

    EARLY = "early"
    """Too few scores to tell."""
    RISING = "rising"
    FLAT = "flat"
    PARTS = "parts"
    """The body stands still, face and hands are learned."""


def gain(scores: list[Score]) -> float | None:
    """dB for each doubling of the time, by least squares over the newest scores; None where they are too few.

    The score of a training rises with the logarithm of its time as long as it rises at all, so this
    is the one number that says what more time is worth.
    """
    points = [(math.log2(one.seconds), one.decibels) for one in _newest(scores) if one.seconds > 0]
    if len(points) < FEWEST:
        return None
    middle, mean = (sum(column) / len(points) for column in zip(*points, strict=True))
    spread = sum((x - middle) ** 2 for x, _ in points)
    return sum((x - middle) * (y - mean) for x, y in points) / spread if spread > 0 else None


def _newest(scores: list[Score]) -> list[Score]:
    return [one for one in scores if one.seconds >= scores[-1].seconds / WINDOW]


def promise(course: Course, left: float) -> Promise:
    """What `left` seconds more would bring."""
    if course.parts_from is not None and course.scores and course.scores[-1].seconds <= course.parts_from:
        return Promise.PARTS
    rise = gain(course.scores)
    if rise is None:
        return Promise.EARLY
    used = course.scores[-1].seconds
    if rise * math.log2(1 + max(0.0, left) / used) >= WORTH:
        return Promise.RISING
    return Promise.FLAT if len(_newest(course.scores)) >= FEWEST_FLAT else Promise.EARLY


def worth(course: Course) -> float | None:
    """Seconds of more training after which one would see a difference; None where more is not worth its time."""
    rise = gain(course.scores)
    if rise is None or rise < WORTH:
        return None
    return course.seconds * (2 ** (min(STEP, rise) / rise) - 1)


# --- words ---------------------------------------------------------------------------------------


def sentence(course: Course, left: float | None) -> str:
    """How a running training goes on; `left` seconds of the planned time, None where that is not known."""
    found = promise(course, course.seconds if left is None else left)
    wait = "" if left is None else duration(left)
    said = {
        Promise.EARLY: translate("Outlook", "Learning"),
        Promise.RISING: translate("Outlook", "Still improving"),
        Promise.FLAT: translate("Outlook", "Hardly improving any more: good enough to render"),
        Promise.PARTS: translate("Outlook", "The body is learned, now the face")
        if course.parts in ([], ["face"])
        else translate("Outlook", "The body is learned, now face and hands"),
    }[found]
    if not wait or found == Promise.FLAT:
        return said
    return translate("Outlook", "{how}, about {time} more").format(how=said, time=wait)


def farewell(course: Course, finished: bool, made: bool = False) -> str:
    """The same of a training that rests. `finished`: it had its time; `made`: the clip is there, it was enough."""
    if not course.moments:
        return translate("Outlook", "Nothing learned yet")
    more = worth(course)
    if made and not finished:
        return translate("Outlook", "Finished: your clip is made, and what was learned is kept")
    if not finished:
        return translate("Outlook", "Paused: what was learned is kept")
    if more is None:
        return translate("Outlook", "Learned. More time would change little")
    return translate("Outlook", "Learned. About {time} more would make it better still").format(time=duration(more))


def part_words(part: str) -> str:
    """A part of PARTS in the window's language; others speak for themselves."""
    known = {
        "face": translate("Outlook", "face"),
        "left hand": translate("Outlook", "left hand"),
        "right hand": translate("Outlook", "right hand"),
    }
    return known.get(part, part)


def duration(seconds: float) -> str:
    """ "40 s", "4 min", "2 h": as exact as a guess deserves."""
    if seconds < 55:
        return translate("Outlook", "{n} s").format(n=max(5, 5 * round(seconds / 5)))
    if seconds < 90 * 60:
        return translate("Outlook", "{n} min").format(n=max(1, round(seconds / 60)))
    return translate("Outlook", "{n} h").format(n=number(seconds / 3600, 0 if seconds % 3600 < 180 else 1))


def number(value: float, digits: int = 1) -> str:
    """With the decimal point of the window's language."""
    return QLocale().toString(float(value), "f", digits)


def clock(seconds: float) -> str:
    """ "1:20" or "1:02:05"."""
    whole = int(seconds)
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
