"""Keeps an estimator on one person: judges each frame whether the body found is still theirs, and searches."""

from dataclasses import dataclass

import numpy as np

from dancetransfer.extract import looks
from dancetransfer.extract.estimators import Estimate, Estimator, nobody
from dancetransfer.extract.follow import SAME, Candidate, distance
from dancetransfer.extract.people import Guide
from dancetransfer.extract.scout import SURE, TRUNK
from dancetransfer.pose.poses import LEFT_HIP, RIGHT_HIP

JUMP, JUMP_PER_SECOND = 0.15, 3.0
"""A body that moves further at once, in radii, is looked at anew. Dancers in our clips reach 0.1 in 1/25 s."""

GROWN = 0.3
"""So is one whose size changes by more (natural log) from frame to frame."""

ODD_LOOKS = 22.0
"""Looks this far from the person's are not believed, nor where another person's are nearer by ODD_MARGIN."""

ODD_MARGIN = 8.0

ALIKE, STEADY_FRAMES = 10.0, 5
"""Looks nearer than this in all of some frames, and nobody else's as near, confirm a person."""

OVERLAP = 0.6
"""A look in which somebody else's hips are nearer than this to the body, in radii, confirms nothing."""

START_SECONDS = 0.45
"""A sighting this near says where a part begins."""

OTHERS_SECONDS = 0.35
"""Who is where somebody else was seen this near in time is rather that one."""

SEARCH_SECONDS = 0.2
"""How often somebody is looked for who has been away for longer than MEMORY_SECONDS."""

MEMORY_SECONDS = 1.0
"""How long a lost person's place counts."""


@dataclass(frozen=True)
class Found:
    """What following gives for one frame."""

    estimate: Estimate
    doubt: bool
    """Something in this frame, or since the last frame, speaks against this being the same person."""
    looks: np.ndarray | None = None
    """What the body looks like (`looks.of_joints`), where that was measured."""


@dataclass(frozen=True)
class _Body:
    """Where a body is: its trunk's middle and the size of its circle, and what it looks like."""

    center: np.ndarray
    radius: float
    looks: np.ndarray
    confidence: float


class Follower:
    """Follows one person with an estimator that knows no identity.

    The estimator sees a region that follows the person as long as it finds somebody there. A
    jump of place or size, another person's looks, or a sighting of the `guide` that says that the
    person is elsewhere, makes it search: among the people detected and where the motion leads,
    the one is taken who fits best by looks and place, and nobody where nobody fits. Everything
    depends on the guide and the last second alone, so that parts which overlap soon agree.
    """

    def __init__(self, estimator: Estimator, guide: Guide, frame: int, start: Candidate | None = None) -> None:
        """`frame`: the first one; `start`: where the person is in it, None: as the guide says."""
        self._estimator, self._guide = estimator, guide
        start = start or guide.near(frame, START_SECONDS)
        self._tracking = start is not None
        self._last: _Body | None = None
        self._speed = np.zeros(2)
        self._time = 0.0
        self._odd = 0
        self._searched: float | None = None
        estimator.restart(start)

    def cut(self) -> None:
        """The next frame is of another shot: the person may be anywhere."""
        self._tracking, self._last, self._searched = False, None, None

    def __call__(self, image: np.ndarray, time: float, frame: int) -> Found:
        estimate, doubt = nobody(), False
        body = None
        if self._tracking:
            estimate = self._estimator(image, time)
            body = _body(image, estimate)
        if body is not None:
            reason = self._suspicious(body, time, frame)
            doubt = reason
            if reason:
                estimate, body = self._search(image, time, frame, (estimate, body))
        elif self._searching(time, frame):
            estimate, body = self._search(image, time, frame, None)
            doubt = body is not None  # whoever is taken up again has to be confirmed
        self._tracking = body is not None
        if body is not None:
            if self._last is not None and not doubt and time > self._time:
                self._speed = 0.5 * self._speed + 0.5 * (body.center - self._last.center) / (time - self._time)
            else:
                self._speed = np.zeros(2)
            self._last, self._time = body, time
        return Found(estimate, doubt, None if body is None else body.looks)

    def _searching(self, time: float, frame: int) -> bool:
        """Whether a person who isn't there is searched in this frame: at first in each, later now and then."""
        before, self._searched = self._searched, time
        lost = self._last is None or time - self._time > MEMORY_SECONDS
        again = before is None or int(time / SEARCH_SECONDS) != int(before / SEARCH_SECONDS)
        return not lost or again or self._guide.at(frame) is not None

    def _suspicious(self, body: _Body, time: float, frame: int) -> bool:
        """Whether this may be somebody else."""
        here = self._guide.at(frame)
        if here is not None and self._guide.sure(frame) and not _same(body, here):
            others = self._guide.others_at(frame)
            if self._strange(body, frame) or any(_same(body, other) for other in others):
                return True
        if self._last is not None:
            seconds = time - self._time
            away = np.hypot(*(body.center - self._last.center)) / self._last.radius
            if away > JUMP + JUMP_PER_SECOND * seconds or abs(np.log(body.radius / self._last.radius)) > GROWN:
                return True
        self._odd = self._odd + 1 if self._strange(body, frame) else 0
        return self._odd in (3, 10) or (self._odd > 0 and self._odd % 30 == 0)

    def _strange(self, body: _Body, frame: int) -> bool:
        """Whether the looks are rather another person's."""
        own = float(looks.apart(body.looks, self._guide.reference(frame)))
        others = looks.apart(body.looks, self._guide.others_looks(frame))
        nearest = float(np.nanmin(others)) if np.isfinite(others).any() else np.inf
        return own > ODD_LOOKS and nearest < own - ODD_MARGIN

    def _search(
        self, image: np.ndarray, time: float, frame: int, now: tuple[Estimate, _Body] | None
    ) -> tuple[Estimate, _Body | None]:
        """Whoever fits best: `now` (what the estimator found), a person seen here, or where the motion leads."""
        options: list[tuple[float, Candidate | None]] = []
        if now is not None:
            options.append((self._cost(now[1], time, frame), None))
        guesses = self._estimator.candidates(image)
        if (here := self._guide.at(frame)) is not None:
            guesses.insert(0, here)
        if self._last is not None and time - self._time < MEMORY_SECONDS:
            away = self._last.center + self._speed * (time - self._time)
            guesses.append(Candidate((float(away[0]), float(away[1])), self._last.radius, 0.0))
        for guess in guesses:
            body = _body(image, self._estimator.look(image, guess))
            if body is not None and np.hypot(*(body.center - guess.center)) < guess.radius:
                circle = Candidate((float(body.center[0]), float(body.center[1])), body.radius, guess.angle)
                options.append((self._cost(body, time, frame), circle))
        best = min(options, key=lambda option: option[0], default=(np.inf, None))
        if best[0] > 1.0:
            return nobody(), None
        if best[1] is None and now is not None:
            return now
        assert best[1] is not None
        self._estimator.restart(best[1])
        estimate = self._estimator(image, time)
        body = _body(image, estimate)
        if body is None or not _same(body, best[1]):
            return nobody(), None
        return estimate, body

    def _cost(self, body: _Body, time: float, frame: int) -> float:
        """How badly a body fits the followed person; over 1: not at all."""
        if body.confidence < SURE:
            return np.inf
        here, cost = self._guide.at(frame), 0.0
        expected = here is not None and _same(body, here)
        if here is not None:
            cost += 0.0 if expected else 0.7 if self._guide.sure(frame) else 0.3
        elif any(_same(body, other) for other in self._guide.others_at(frame, OTHERS_SECONDS)):
            cost += 0.6
        own = float(looks.apart(body.looks, self._guide.reference(frame)))
        cost += 0.0 if np.isnan(own) else 0.5 * own / ODD_LOOKS
        # Where the guide is sure, the motion that was followed up to here may be another person's.
        known = expected and self._guide.sure(frame)
        if not known and self._last is not None and time - self._time < MEMORY_SECONDS:
            seconds = time - self._time
            away = np.hypot(*(body.center - self._last.center - self._speed * seconds)) / self._last.radius
            grown = abs(float(np.log(body.radius / self._last.radius)))
            cost += 0.35 * min(away / (JUMP + JUMP_PER_SECOND * seconds), 2.0) + 0.15 * min(grown / GROWN, 2.0)
        return float(cost)


def _same(body: _Body, person: Candidate) -> bool:
    return bool(np.hypot(*(body.center - person.center)) < SAME * person.radius)


def _body(image: np.ndarray, estimate: Estimate) -> _Body | None:
    """Where the estimate's body is; None where it is nobody."""
    if estimate.region is None or not np.isfinite(estimate.xy[TRUNK]).all():
        return None
    hips = estimate.xy[[LEFT_HIP, RIGHT_HIP]].astype(np.float64).mean(0)
    confidence = float(estimate.confidence[TRUNK].mean())
    return _Body(hips, estimate.region.radius, looks.of_joints(image, estimate.xy), confidence)


@dataclass(frozen=True)
class Bodies:
    """What the parts found, frame by frame."""

    hips: np.ndarray
    """float64 [T,2], pixels as decoded, NaN: nobody."""
    radius: np.ndarray
    """float64 [T]"""
    looks: np.ndarray
    """float64 [T,6]"""
    doubt: np.ndarray
    """bool [T], as `Found`."""


def uncertain(bodies: Bodies, guide: Guide) -> np.ndarray:
    """bool [T]: frames in which the joints may be another person's, judged with hindsight.

    A frame *confirms* where a look saw the followed person, and surely no other, where the body
    is, or where the body's looks are the person's and nobody's else. It *denies* where a look saw
    somebody else there. Doubt begins with a denial or what `Found.doubt` tells, reaches back to
    the last frame that confirmed (a slide from one body to another is noticed late) and lasts
    until the next that does; where nobody else was seen around, it is of that frame alone.
    Frames without a body are never uncertain: nobody is claimed there.
    """
    frames = len(bodies.radius)
    confirms, denies = np.zeros(frames, bool), np.zeros(frames, bool)
    for frame in guide.looked[guide.looked < frames]:
        if np.isfinite(bodies.hips[frame]).all():
            confirms[frame], denies[frame] = _verdict(bodies, guide, int(frame))
    confirms |= _by_looks(bodies, guide)
    doubtful = np.zeros(frames, bool)
    last = 0
    for frame in np.flatnonzero(confirms | denies | bodies.doubt).tolist():
        if bodies.doubt[frame] and not denies[frame] and guide.alone(frame):
            doubtful[frame] = True
        elif denies[frame] or bodies.doubt[frame]:
            soon = np.flatnonzero(confirms[frame + 1 :] & ~bodies.doubt[frame + 1 :])
            doubtful[last : frame + 1 + (int(soon[0]) if len(soon) else frames)] = True
        elif confirms[frame]:
            last = int(frame)
    return doubtful & np.isfinite(bodies.radius)


def _verdict(bodies: Bodies, guide: Guide, frame: int) -> tuple[bool, bool]:
    """Whether a look (confirms, denies) that the body of a frame is the followed person's."""
    here, others = guide.at(frame), guide.others_at(frame)
    own = np.inf if here is None else _away(bodies.hips[frame], here)
    other = min((_away(bodies.hips[frame], one) for one in others), default=np.inf)
    sure = guide.sure(frame)
    alike = float(looks.apart(bodies.looks[frame], guide.reference(frame)))
    if own < SAME:
        return sure and other > OVERLAP and not _hidden(bodies.hips[frame], guide, frame), not sure or other < own
    if here is not None and sure:
        return False, other < SAME or own > 1
    return False, other < SAME and alike > ALIKE


def _hidden(hips: np.ndarray, guide: Guide, frame: int) -> bool:
    """Whether somebody who was seen near the body just before or after is not seen now: in front of it, or behind."""
    now = guide.others_at(frame)
    near = [one for one in guide.others_at(frame, OTHERS_SECONDS) if _away(hips, one) < 1]
    return any(all(distance(one, seen) > 1 for seen in now) for one in near)


def _by_looks(bodies: Bodies, guide: Guide) -> np.ndarray:
    """bool [T]: the body looks like the followed person and like nobody else, and nobody else is in its way."""
    good = np.zeros(len(bodies.radius), bool)
    for frame in np.flatnonzero(np.isfinite(bodies.looks).all(1)).tolist():
        own = float(looks.apart(bodies.looks[frame], guide.reference(frame)))
        near = guide.others_at(frame, OTHERS_SECONDS)
        if own < ALIKE and all(_away(bodies.hips[frame], one) > OVERLAP for one in near):
            others = looks.apart(bodies.looks[frame], guide.others_looks(frame))
            good[frame] = not np.isfinite(others).any() or bool(np.nanmin(others) > own + ODD_MARGIN)
    steady = np.convolve(good, np.ones(STEADY_FRAMES), "same") >= STEADY_FRAMES - 0.5
    return good & steady


def _away(hips: np.ndarray, person: Candidate) -> float:
    return float(np.hypot(*(hips - person.center))) / person.radius
