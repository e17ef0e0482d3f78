"""From sightings to people: who is the same person from look to look, which one is followed, and where all are."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dancetransfer.extract import looks
from dancetransfer.extract.follow import Candidate
from dancetransfer.extract.scout import Sightings
from dancetransfer.storage import write_npz
from dancetransfer.video.cuts import shots

LOST_SECONDS = 1.5
"""A person unseen for longer is taken up again by the looks alone."""

REACH, REACH_PER_SECOND, FARTHEST = 0.35, 1.0, 1.2
"""How far, in radii, a person may be from where the motion leads: at once, and more for each second unseen."""

RESIZED = 0.5
"""A circle whose radius changed by more (natural log) between two looks is of somebody else."""

OTHER_LOOKS = 40.0
"""Looks this far apart are never the same person's from one look to the next."""

SAME_LOOKS = 15.0
"""Looks this near may be the same person's after an absence. A body's own differ by 2 to 5 in even light."""

MARGIN = 0.35
"""A link is in doubt where another one would cost hardly more."""

LOOKS_MARGIN = 8.0
"""Taking up a person again is in doubt where somebody else looks as much alike within this."""

LASTING = 3
"""Sightings that make a person of the list."""

BESIDE = 0.8
"""Hips further off than this, in radii, are not the same body's seen double."""

ALONE_SECONDS = 1.5
"""Who is alone for this long before and after can't have been mistaken for another."""

NEAR_SECONDS = 2.5
"""The looks of a moment are those of the sightings this near to it."""


@dataclass(eq=False)
class Tracklet:
    """Sightings of one person without a long gap."""

    rows: list[np.ndarray]
    times: list[float]
    sure: list[bool]
    shot: int = 0
    seen: set[int] = field(default_factory=set)
    """Frames; two tracklets that share one are two people, others may be pieces of one."""

    def add(self, row: np.ndarray, time: float, sure: bool) -> None:
        self.rows.append(row)
        self.times.append(time)
        self.sure.append(sure)
        self.seen.add(int(row[0]))

    @property
    def looks(self) -> np.ndarray:
        return _middle(np.array(self.rows)[:, 6:])

    def expected(self, time: float) -> np.ndarray:
        """[x, y] where the motion of the last two sightings leads, slowing down."""
        here = self.rows[-1][1:3]
        if len(self.rows) < 2 or self.times[-1] - self.times[-2] > LOST_SECONDS / 2:
            return np.asarray(here)
        speed = (here - self.rows[-2][1:3]) / (self.times[-1] - self.times[-2])
        away = time - self.times[-1]
        return np.asarray(here + speed * min(away, 0.2 + 0.5 * away))


@dataclass(eq=False)
class Person:
    """One person over the whole clip."""

    rows: np.ndarray
    """float64 [K,12]: sightings in order."""
    sure: np.ndarray
    """bool [K]: no other person could as well be meant."""
    share: float = 0.0
    """Of the time looked at in which the person is seen, 0..1."""
    weight: float = 0.0
    """How prominent: area of the circle, nearness to the middle and presence, summed."""

    @property
    def lasting(self) -> bool:
        """Seen often enough to be somebody, not a mistake of the detector's."""
        return len(self.rows) >= LASTING or self.share > 0.5

    @property
    def best(self) -> np.ndarray:
        """The sighting [12] that shows the person best: sure, and large."""
        return np.asarray(self.rows[np.argmax(self.rows[:, 3] * (0.5 + 0.5 * self.sure))])


def link(sightings: Sightings, times: np.ndarray) -> list[Tracklet]:
    """Join the sightings of neighboring looks to tracklets; a cut ends them all."""
    shot = shots(sightings.scene, times[sightings.looked]) if len(sightings.scene) else np.zeros(0, int)
    done: list[Tracklet] = []
    active: list[Tracklet] = []
    for place, frame in enumerate(sightings.looked):
        time = float(times[frame])
        ended = [one for one in active if time - one.times[-1] > LOST_SECONDS or one.shot != shot[place]]
        done += ended
        active = [one for one in active if one not in ended]
        rows = sightings.rows[sightings.rows[:, 0] == frame]
        costs = np.array([[_cost(one, row, time) for row in rows] for one in active]).reshape(len(active), len(rows))
        free = set(range(len(rows)))
        for one, row in _pairs(costs):
            together = [at for at, other in enumerate(active) if at != one and other.seen & active[one].seen]
            rivals = np.concatenate([costs[together, row], np.delete(costs[one], row)])
            sure = bool((rivals > costs[one, row] + MARGIN).all())
            active[one].add(rows[row], time, sure)
            free.discard(row)
        active += [Tracklet([rows[row]], [time], [True], int(shot[place]), {int(frame)}) for row in sorted(free)]
    return done + active


def _cost(one: Tracklet, row: np.ndarray, time: float) -> float:
    """Of going on with a sighting: 0 as expected, infinite out of reach."""
    before = one.rows[-1]
    radius = np.sqrt(before[3] * row[3])
    reach = min(REACH + REACH_PER_SECOND * (time - one.times[-1]), FARTHEST)
    away = float(np.hypot(*(row[1:3] - one.expected(time)))) / radius / reach
    resized = abs(float(np.log(row[3] / before[3]))) / RESIZED
    changed = float(np.nan_to_num(looks.apart(row[6:], _middle(np.array(one.rows[-5:])[:, 6:])))) / OTHER_LOOKS
    return away + 0.5 * resized + 1.5 * changed if max(away, resized, changed) < 1 else np.inf


def _pairs(costs: np.ndarray) -> list[tuple[int, int]]:
    """(tracklet, sighting) that belong together, cheapest first."""
    costs, pairs = costs.copy(), []
    while costs.size and np.isfinite(costs.min()):
        one, row = (int(n) for n in np.unravel_index(np.argmin(costs), costs.shape))
        pairs.append((one, row))
        costs[one], costs[:, row] = np.inf, np.inf
    return pairs


def people(sightings: Sightings, times: np.ndarray, size: tuple[int, int]) -> list[Person]:
    """Everybody in the clip, the most prominent first; `size` (width, height) of the frames as decoded."""
    tracklets = link(sightings, times)
    spans = _spans(sightings, times)
    weights = {id(one): _weight(np.array(one.rows), spans, size) for one in tracklets}
    groups: list[list[Tracklet]] = []
    for one in sorted(tracklets, key=lambda one: -weights[id(one)]):
        fitting = [(_unlike(group, one), number) for number, group in enumerate(groups)]
        fitting = sorted(fit for fit in fitting if fit[0] < SAME_LOOKS)
        if not fitting:
            groups.append([one])
            continue
        if len(fitting) > 1 and fitting[1][0] < fitting[0][0] + LOOKS_MARGIN:
            one.sure = [False] * len(one.sure)
        groups[fitting[0][1]].append(one)
    total = sum(spans.values())
    found = []
    for group in groups:
        parts = sorted(group, key=lambda one: one.times[0])
        rows = np.array([row for one in parts for row in one.rows])
        sure = np.array([sure for one in parts for sure in one.sure])
        seen = sum(spans[int(frame)] for frame in rows[:, 0])
        found.append(Person(rows, sure, seen / max(total, 1e-9), sum(weights[id(one)] for one in group)))
    return sorted(found, key=lambda one: (not one.lasting, -one.weight))


def _unlike(group: list[Tracklet], one: Tracklet) -> float:
    """How different a tracklet looks from the nearest in time of a person's; infinite where both are seen at once."""
    if any(one.times[0] <= other.times[-1] and other.times[0] <= one.times[-1] for other in group):
        return np.inf
    near = min(group, key=lambda other: min(abs(one.times[0] - other.times[-1]), abs(other.times[0] - one.times[-1])))
    return float(np.nan_to_num(looks.apart(near.looks, one.looks), nan=np.inf))


def _spans(sightings: Sightings, times: np.ndarray) -> dict[int, float]:
    """Seconds that each look stands for."""
    moments = times[sightings.looked]
    seconds = np.diff(moments, append=moments[-1:] + 0.6 if len(moments) else [])
    return dict(zip((int(frame) for frame in sightings.looked), np.minimum(seconds, 1.0).tolist(), strict=True))


def _weight(rows: np.ndarray, spans: dict[int, float], size: tuple[int, int]) -> float:
    off = np.abs(rows[:, 1] / size[0] - 0.5).clip(0, 0.5)
    seconds = np.array([spans[int(frame)] for frame in rows[:, 0]])
    return float((seconds * rows[:, 3] ** 2 * (1 - off)).sum())


def _middle(rows: np.ndarray) -> np.ndarray:
    """The median of looks [N,6], NaN where nobody's are known."""
    if len(rows) and np.isfinite(rows).all():
        return np.median(rows, axis=0)  # a tenth of the time of `nanmedian`
    known = np.isfinite(rows).any(0)
    middle = np.full(rows.shape[1], np.nan)
    if known.any():
        middle[known] = np.nanmedian(rows[:, known], axis=0)
    return middle


@dataclass
class Guide:
    """What is known of the followed person and the others before the poses are made."""

    own: np.ndarray = field(default_factory=lambda: np.zeros((0, 13)))
    """float64 [K,13]: the followed person's sightings, and 1 where no other person could be meant."""
    others: np.ndarray = field(default_factory=lambda: np.zeros((0, 12)))
    """float64 [M,12]: sightings of everybody else."""
    looked: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    times: np.ndarray = field(default_factory=lambda: np.zeros(0))
    """float64 [T]: seconds of all frames."""

    def save(self, path: Path) -> None:
        write_npz(path, **vars(self))

    @staticmethod
    def load(path: str | Path) -> "Guide":
        with np.load(path, allow_pickle=False) as data:
            return Guide(**{name: data[name] for name in data.files})

    def at(self, frame: int) -> Candidate | None:
        """Where the followed person was seen in a frame."""
        rows = self.own[self.own[:, 0] == frame]
        return Candidate.from_row(rows[0, 1:6]) if len(rows) else None

    def sure(self, frame: int) -> bool:
        return bool(self.own[self.own[:, 0] == frame, 12].any())

    def near(self, frame: int, seconds: float) -> Candidate | None:
        """The followed person's sighting nearest to a frame, not further away than this."""
        away = np.abs(self.times[self.own[:, 0].astype(int)] - self.times[frame])
        if not len(away) or away.min() > seconds:
            return None
        return Candidate.from_row(self.own[np.argmin(away), 1:6])

    def others_at(self, frame: int, seconds: float = 0.0) -> list[Candidate]:
        """Where others were seen in a frame, or this near to it."""
        away = np.abs(self.times[self.others[:, 0].astype(int)] - self.times[frame])
        return [Candidate.from_row(row[1:6]) for row in self.others[away <= seconds]]

    def alone(self, frame: int) -> bool:
        """Nobody else was seen around a frame."""
        return not self.others_at(frame, ALONE_SECONDS)

    def reference(self, frame: int) -> np.ndarray:
        """What the followed person looks like around a frame [6], NaN where nobody is followed."""
        if not len(self.own):
            return np.full(looks.SIZE, np.nan)
        away = np.abs(self.times[self.own[:, 0].astype(int)] - self.times[frame])
        near = np.flatnonzero(away < max(NEAR_SECONDS, float(np.sort(away)[min(2, len(away) - 1)]) + 1e-6))
        return _middle(self.own[near, 6:12])

    def others_looks(self, frame: int) -> np.ndarray:
        """The looks [N,6] of the others seen around a frame."""
        if not len(self.others):
            return np.zeros((0, looks.SIZE))
        away = np.abs(self.times[self.others[:, 0].astype(int)] - self.times[frame])
        return np.asarray(self.others[away < NEAR_SECONDS, 6:12])


def guide(sightings: Sightings, times: np.ndarray, size: tuple[int, int], number: int) -> Guide:
    """How to follow a person of the list (from 1), or with number 0 the one at the sightings' anchor."""
    everybody = people(sightings, times, size)
    if number:
        chosen = everybody[number - 1] if number <= len(everybody) else None
    else:
        chosen = _at_anchor(everybody, sightings.anchor[0], times)
    rows, sure = np.zeros((0, 12)), np.zeros(0, bool)
    if chosen is not None:
        rows, sure = chosen.rows, chosen.sure
    if not number:
        kept = rows[:, 0] != sightings.anchor[0, 0]
        rows = np.concatenate([rows[kept], sightings.anchor])
        sure = np.append(sure[kept], True)
        order = np.argsort(rows[:, 0], kind="stable")
        rows, sure = rows[order], sure[order]
    others = [_besides(person, rows) for person in everybody if person is not chosen]
    if len(rows):
        start = int(np.searchsorted(rows[:, 0], sightings.anchor[0, 0])) if not number else int(np.argmax(rows[:, 3]))
        sure = _spread(rows, sure, start, np.concatenate([np.zeros((0, 12)), *others]))
    return Guide(
        np.column_stack([rows, sure]) if len(rows) else np.zeros((0, 13)),
        np.concatenate([np.zeros((0, 12)), *others]),
        sightings.looked,
        times,
    )


def _besides(person: Person, rows: np.ndarray) -> np.ndarray:
    """Sightings of somebody else; of who was hardly seen only those clearly beside the followed person."""
    if person.lasting:
        return person.rows
    kept = []
    for row in person.rows:
        own = rows[rows[:, 0] == row[0]]
        if len(own) and np.hypot(*(own[0, 1:3] - row[1:3])) > BESIDE * own[0, 3]:
            kept.append(row)
    return np.array(kept).reshape(-1, rows.shape[1])


def _spread(rows: np.ndarray, sure: np.ndarray, start: int, others: np.ndarray) -> np.ndarray:
    """Doubt lasts: what lies behind an unsure link, seen from `start`, is unsure unless the looks are proof."""
    ahead = np.logical_and.accumulate(sure[start + 1 :])
    behind = np.logical_and.accumulate(sure[1 : start + 1][::-1])[::-1]
    spread = np.concatenate([behind, [True], ahead]).astype(bool)
    own = looks.apart(rows[:, 6:], _middle(rows[spread][:, 6:]))
    near = np.array([_nearest(row, others) for row in rows])
    with np.errstate(invalid="ignore"):
        return spread | ((own < SAME_LOOKS) & (near > own + LOOKS_MARGIN))


def _nearest(row: np.ndarray, others: np.ndarray) -> float:
    """How different from a sighting the most similar other person looks."""
    unlike = looks.apart(row[6:], others[:, 6:])
    return float(np.nanmin(unlike)) if np.isfinite(unlike).any() else np.inf


def _at_anchor(everybody: list[Person], anchor: np.ndarray, times: np.ndarray) -> Person | None:
    """Whose sighting is nearest to the anchor in place and time."""
    best, least = None, 1.0
    for person in everybody:
        seconds = np.abs(times[person.rows[:, 0].astype(int)] - times[int(anchor[0])])
        away = np.hypot(*(person.rows[:, 1:3] - anchor[1:3]).T) / anchor[3]
        cost = seconds / 0.7 + away / 0.5 + np.abs(np.log(person.rows[:, 3] / anchor[3])) / RESIZED / 2
        cost[(seconds > 0.7) | (away > 0.5)] = np.inf
        if cost.min() < least * 1.5:
            best, least = person, float(cost.min()) / 1.5
    return best
