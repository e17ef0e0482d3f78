"""Which loop of a clip is taken, or which way through it: by length, by beat, and by how little its seams are seen."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from dancetransfer.loops.material import Material
from dancetransfer.loops.sound import Music
from dancetransfer.texture.alike import Looks, error, measured, usual
from dancetransfer.texture.graph import Extra, Loop, Transition, binomial, transitions_of
from dancetransfer.texture.loops import scheduled, table
from dancetransfer.texture.wander import wander

COMPARED_SECONDS = 0.08
"""Frames compared on each side of a cut: two at 25 a second, the paper's four in all."""
PART_SECONDS = 1.0
"""No jump is shorter: a clip that hardly moves would stutter on the spot."""
PARTS = 4
"""A loop of a wanted length has parts of at least a fourth of it, where the clip is long enough: a short loop many
times is no long one."""
KINDS = 40
"""Random play has so many transitions at least, though some are seen: with a few it would repeat itself."""
LOOP_SECONDS = (2.0, 30.0)
"""How long a loop is where no length is asked for; a short clip's is at least half as long as the clip."""
NEAR = 0.04
"""A loop of a wanted length may be off by this part of it."""
MOST = 300
TRIED = 8
"""So many loops are looked at closely before the best of them is taken."""
ALIKE = 1.15
"""Errors of seams this part apart are about the same: then what else a loop costs decides."""
UNSEEN = 1.0
"""A transition that costs no more, a usual step of the clip, is as good as none: the longest loop wins."""
SEAM = 0.5
"""What a seam costs besides how it looks: of loops about as good, the one of fewer parts wins."""
AGAIN = 0.5
"""What a second costs that is shown twice in a loop, in squared usual steps."""
MISSED, LATE, OFF = 0.5, 0.05, 6.0
"""Cost of a loop that is no whole number of beats, and of a seam beside the beat, per squared frame; most of both."""
STILL = 0.8
"""Gray values: a picture that never changes by more than this, camera noise included, stands still."""


@dataclass(frozen=True)
class Cycle:
    """Frames in the order in which they are shown, and how its seams compare with the clip's own steps."""

    order: np.ndarray
    """int64 [L]."""
    seams: tuple[tuple[int, int, float], ...]
    """Source, target and error of each transition that is taken, in turn; random play: of each kind once."""
    typical: float
    """Median error between a frame of the clip and the next."""
    bound: float
    """What 95 of 100 of these errors do not exceed."""

    @property
    def worst(self) -> float:
        """Error of the worst seam, between the frames as they are; 0 without one."""
        return max((one[2] for one in self.seams), default=0.0)

    @property
    def good(self) -> bool:
        return self.worst <= self.bound


@dataclass(frozen=True)
class Study:
    """A material that was looked through once."""

    material: Material
    looks: Looks
    music: Music | None

    @property
    def still(self) -> bool:
        return self.looks.spread <= STILL

    def frames(self, seconds: float) -> int:
        return max(1, round(seconds * self.material.fps))

    def transitions(self, reach: int | None, part: float = PART_SECONDS) -> list[Transition]:
        """The best, cost in squared usual steps; loops of at most `reach` frames, or all jumps.

        None is shorter than `part` seconds, or a third of the clip.
        """
        taps = 2 * self.frames(COMPARED_SECONDS)
        features = self.looks.features(self.material.poses)
        short = min(self.frames(part), self.material.frames // 3)
        return transitions_of(features, binomial(taps), MOST, short, 2, reach, 2.0, self._beats())

    def unseen(self, transitions: list[Transition]) -> list[Transition]:
        """Those between frames whose small pictures differ no more than 95 of 100 neighbors do."""
        features = self.looks.features()
        steps = [float(np.linalg.norm(b - a)) for a, b in pairwise(features)]
        bound = float(np.quantile(steps, 0.95))
        return [one for one in transitions if np.linalg.norm(features[one.source] - features[one.target]) <= bound]

    def _beats(self) -> Extra | None:
        """What it costs to leave the beat."""
        music, fps = self.music, self.material.fps
        if music is None or not music.beat:
            return None
        beat = music.beat * fps

        def extra(sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
            entered, left = music.count(targets / fps), music.count((sources + 1) / fps)
            missed = np.maximum(np.abs(left - entered - np.rint(left - entered)) * beat - 0.5, 0)
            late = np.maximum(np.abs(entered - np.rint(entered)) * beat - 1, 0)
            return np.minimum(MISSED * missed**2 + LATE * late**2, OFF)

        return extra

    def cycle(self, order: np.ndarray, taken: Sequence[Transition]) -> Cycle:
        """With the errors of its seams."""
        pairs = list(dict.fromkeys((one.source, one.target) for one in taken))
        shown = self._measured(sorted({n for pair in pairs for n in pair}))
        seams = tuple((source, target, error(shown[source], shown[target])) for source, target in pairs)
        return Cycle(order, seams, *usual(self.looks.errors))

    def _measured(self, numbers: list[int]) -> dict[int, np.ndarray]:
        """Some frames at the size of comparing; what lies near each other is read in one go."""
        found: dict[int, np.ndarray] = {}
        breaks = [n for n, (a, b) in enumerate(pairwise(numbers), 1) if b - a > self.frames(2.0)]
        for first, last in pairwise([0, *breaks, len(numbers)] if numbers else []):
            wanted = set(numbers[first:last])
            begin = numbers[first]
            for n, image in enumerate(self.material.read(begin, numbers[last - 1] + 1), begin):
                if n in wanted:
                    found[n] = measured(image)
        return found


def best_loop(study: Study, seconds: float | None) -> Cycle:
    """The loop that is taken: of the best few by features, the first whose seams are no larger than the clip's steps.

    Where there is none, the cheapest of those whose seams are about as small as any. Of a picture
    that stands still, any part will do.
    """
    if study.still:
        length = study.frames(min(seconds or study.material.seconds, LOOP_SECONDS[1] if seconds is None else seconds))
        return study.cycle(np.arange(length) % study.material.frames, ())
    found: list[Cycle] = []
    for loop in islice(_single(study) if seconds is None else _compound(study, seconds), TRIED):
        found.append(study.cycle(loop.order, loop.transitions))
        if found[-1].good:
            return found[-1]
    least = min(one.worst for one in found)
    return next(one for one in found if one.worst <= ALIKE * least)


def _single(study: Study) -> Iterator[Loop]:
    """Loops of one seam: the longest of those that nobody sees, then the others by cost."""
    low = min(study.frames(LOOP_SECONDS[0]), study.material.frames // 2)
    found = [one for one in study.transitions(study.frames(LOOP_SECONDS[1])) if one.length >= low]
    near = set(study.unseen(found))
    found.sort(key=lambda one: (one not in near, one.cost > UNSEEN, one.cost if one.cost > UNSEEN else -one.length))
    yield from (scheduled([one]) for one in found or [_whole(study)])


def _compound(study: Study, seconds: float) -> Iterator[Loop]:
    """Loops of about a length, the cheapest first; where there is none, of lengths ever farther from it."""
    wanted = study.frames(seconds)
    near = max(2, round(NEAR * wanted))
    if study.music is not None and study.music.beat:
        near = max(near, study.frames(study.music.beat / 2) + 1)
    found = study.transitions(wanted + near, max(PART_SECONDS, seconds / PARTS))
    farther: list[Loop] = []
    for parts in (study.unseen(found), found):
        made = table(parts, wanted + near, SEAM, AGAIN / study.material.fps)
        costs = made.best()
        lengths = np.flatnonzero(np.isfinite(costs))
        away = np.maximum(np.abs(lengths - wanted) - near, 0)
        order = np.lexsort((costs[lengths], away))
        yield from (made.loop(int(lengths[n])) for n in order if away[n] == 0)
        farther = [made.loop(int(lengths[n])) for n in order[:TRIED] if away[n] > 0]
    yield from farther or [scheduled([_whole(study)])]


def _whole(study: Study) -> Transition:
    """From the end to the beginning, where nothing better is known."""
    return Transition(study.material.frames - 1, 0, np.inf)


def random_play(study: Study, seconds: float, seed: int) -> Cycle:
    """Frames for `seconds` in an order drawn by chance; it ends early where no way leads back."""
    length, frames = study.frames(seconds), study.material.frames
    if study.still:
        return study.cycle(np.arange(length) % frames, ())
    found = study.transitions(None)
    unseen = set(study.unseen(found))
    found.sort(key=lambda one: (one not in unseen, one.cost))
    found = found[: max(KINDS, len(unseen))]
    order = wander(found, frames, length, study.material.fps, seed)
    breaks = np.flatnonzero(np.diff(order) != 1)
    return study.cycle(order, [Transition(int(order[n]), int(order[n + 1]), 0.0) for n in breaks])
