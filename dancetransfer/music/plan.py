"""Which part of a dance is shown at which time of the music: re-ordered and stretched so that beats fall on beats.

Dynamic programming over the beats of the music. A state is a time of the dance at a beat and how long
ago the last jump was; from one beat to the next the dance goes on, 8 % faster or slower at most, or
takes one jump of its texture graph. The plan is made some beats ahead, kept for a few, and made on: so
what has been shown lately can count, and a short dance under a long song is not one loop for ever.
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dancetransfer.errors import UserError
from dancetransfer.music.alignment import SIGMA_SECONDS
from dancetransfer.music.jumps import BEATS_SECONDS, Jump
from dancetransfer.music.material import Material
from dancetransfer.music.motion import Beats

Array = NDArray[np.floating]
Places = NDArray[np.int64]

STRETCH = 1.08
"""The dance is at most this much faster, or slower, at any moment."""
GRID_SECONDS = 0.01
"""Times of the dance are told apart this finely."""
MOST_PLACES = 30000
"""A longer dance is told apart more coarsely."""
SHORTEST_GAP = 0.3
"""Beats that come faster are taken two at a time."""

MISS = 0.45
"""What a kinematic beat has to reach of 1 to be worth showing: those that hit are looked for, the others avoided."""
JUMP, ALIKE = 0.3, 0.7
"""What a jump costs in beats that hit, and what the worst allowed one costs besides."""
CUT = 1.5
"""What a cut to another shot costs, which falls on a beat."""
STRETCHED = 0.06
"""What a beat costs that is stretched by all that is allowed."""
AGAIN = 0.15
"""What a second of dance costs that was shown just before; less and less until the dance's own length has passed."""
NOBODY = 2.0
"""What a second costs in which nobody is seen."""
LATE = 0.004
"""What beginning a second later in the dance costs."""

REST_SECONDS = 1.2
"""Between two jumps the dance goes on by itself at least this long."""
AHEAD, KEPT = 24, 8
"""Beats that are planned at a time, and that are kept of them."""
JUMP_STEP = 0.03
"""Seconds between the moments within a beat at which a jump is tried."""


@dataclass(frozen=True)
class Taken:
    """At `at` seconds of the music the dance leaves `source` seconds for `target` seconds."""

    at: float
    source: float
    target: float
    width: float
    """Seconds of the blend; 0: a cut to another shot."""


@dataclass(frozen=True)
class Plan:
    """What is shown: times of the dance for the times of the music."""

    nodes: Array
    """float64 [K+1] seconds of the music, from 0 to the end."""
    rates: Array
    """float64 [K] seconds of dance for a second of music between two nodes."""
    begin: float
    """Seconds of the dance at the music's zero."""
    taken: tuple[Taken, ...]


@dataclass(frozen=True)
class _Gap:
    """From one node to the next: what every stretch of the dance would be worth there."""

    seconds: float
    steps: Places
    """[D] grid steps of the dance that it may take."""
    costs: Array
    """[D] of stretching."""
    straight: list[Array]
    """D arrays [M+1-steps]: beats that hit, by the place where it begins."""
    after: Places
    """[X] grid steps after which a jump may come."""
    jumped: Array
    """[D,Q,X] beats that hit with jump q after those steps."""


@dataclass
class _Path:
    """What is kept: one entry for each gap."""

    steps: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    jumps: list[tuple[int, int] | None] = field(default_factory=list)
    """(number of the jump, grid steps before it), or of a cut (-1, place before it)."""


def make_plan(
    material: Material, beats: Beats, jumps: list[Jump], music: Array, seconds: float
) -> Generator[float, None, Plan]:
    """Yields the share that is done; returns the `Plan`. UserError where the dance ends before the music does."""
    planner = _Planner(material, beats, jumps, music, seconds)
    yield from planner.run()
    return planner.plan()


def nodes_of(music: Array, seconds: float) -> tuple[Array, Array]:
    """The nodes [K+1] of a plan, 0 and the end among them, and the pulse [P]: the beats and what goes on without any.

    Before the first beat, in holes and after the last beat the pulse goes on as it was.
    """
    period = float(np.median(np.diff(music)))
    pulse = [*np.arange(music[0], -period, -period)[::-1][:-1], float(music[0])]
    for a, b in pairwise(music):
        parts = max(1, round((b - a) / period))
        pulse += [a + (b - a) * n / parts for n in range(1, parts + 1)]
    pulse += list(np.arange(pulse[-1] + period, seconds + period, period))
    known = np.array(pulse)
    inner = known[(known > 0) & (known < seconds)]
    inner = inner[:: max(1, int(np.ceil(SHORTEST_GAP / period)))]
    inner = inner[(inner > SHORTEST_GAP / 2) & (inner < seconds - SHORTEST_GAP / 2)]
    return np.concatenate([[0.0], inner, [seconds]]), known


class _Planner:
    """The arrays that all gaps share, and the path so far."""

    def __init__(self, material: Material, beats: Beats, jumps: list[Jump], music: Array, seconds: float) -> None:
        self.material, self.seconds = material, seconds
        self.nodes, self.pulse = nodes_of(music, seconds)
        self.grid = max(GRID_SECONDS, material.seconds / MOST_PLACES)
        self.places = int(material.seconds / self.grid + 1e-6)
        self.rest = max(1, int(np.ceil(REST_SECONDS / np.median(np.diff(self.nodes)))))
        times = material.start + self.grid * np.arange(self.places + 1)
        self.spans = material.span_of(times)
        self.nobody = np.cumsum(~material.track.present[material.nearest(times)]) * NOBODY * self.grid
        self.hits = np.zeros(self.places + 1, np.float32)
        at = np.clip(np.rint((beats.times - material.start) / self.grid).astype(int), 0, self.places)
        np.add.at(self.hits, at, 0.8 + 0.2 * beats.strengths)
        self._take(jumps)
        self.shown = np.zeros(self.places + 1)
        self.path = _Path()
        self.gaps: dict[int, _Gap] = {}
        self.orders: dict[tuple[int, ...], tuple[Places, Places, Places]] = {}

    # --- what is possible ---------------------------------------------------------------------

    def _take(self, jumps: list[Jump]) -> None:
        """Those jumps after which the dance can go on for as long as the music may last."""
        margin = int(np.ceil(((self.rest + 1) * float(np.diff(self.nodes).max()) + 0.1) / self.grid))
        source, target = (
            np.array([round((getattr(one, end) - self.material.start) / self.grid) for one in jumps], int)
            for end in ("source", "target")
        )
        good = np.ones(len(jumps), bool)
        self.cuts = len(np.unique(self.spans)) > 1
        while True:
            exit_ = self.places - 2 if self.cuts else int(source[good].max(initial=-1))
            still = good & (target <= exit_ - margin)
            if (still == good).all():
                break
            good = still
        self.last = exit_ - margin if good.any() or self.cuts else -1
        self.jumps = [one for one, keep in zip(jumps, good, strict=True) if keep]
        self.source, self.target = source[good], target[good]
        near = round(BEATS_SECONDS / self.grid) + 2
        self.blends = np.zeros((2, len(self.jumps), near), np.float32)
        for number, one in enumerate(self.jumps):
            for beat in one.beats:
                at = int(np.floor(beat / self.grid))
                self.blends[0 if at < 0 else 1, number, -1 - at if at < 0 else at] = 1
        self.fare = np.array([JUMP + ALIKE * one.cost for one in self.jumps])

    def _lives(self, node: int) -> NDArray[np.bool_]:
        """[M+1] whether the dance can go on from a place at a node until the music ends."""
        left = (self.seconds - self.nodes[node]) / STRETCH / self.grid + len(self.nodes) - node
        at = np.arange(self.places + 1)
        return np.asarray((at <= self.last) | (at + left <= self.places) | (node == len(self.nodes) - 1))

    # --- what it is worth ---------------------------------------------------------------------

    def _gap(self, k: int) -> _Gap:
        if k not in self.gaps:
            self.gaps = {n: gap for n, gap in self.gaps.items() if n >= len(self.path.steps)}
            self.gaps[k] = self._make_gap(k)
        return self.gaps[k]

    def _make_gap(self, k: int) -> _Gap:
        seconds = float(self.nodes[k + 1] - self.nodes[k])
        low, high = seconds / STRETCH / self.grid, seconds * STRETCH / self.grid
        steps = np.arange(int(np.ceil(low - 1e-9)), int(np.floor(high + 1e-9)) + 1)
        after = np.arange(1, steps[0], max(1, round(JUMP_STEP / self.grid)))
        costs = STRETCHED * (np.log(steps * self.grid / seconds) / np.log(STRETCH)) ** 2
        padded = np.pad(self.hits, steps[-1])
        back = padded[self.source[:, None] + steps[-1] - np.arange(1, steps[-1] + 1)]  # [Q,Y], 1.. steps before
        ahead = padded[self.target[:, None] + steps[-1] + np.arange(steps[-1])]
        near = min(int(steps[-1]), round(BEATS_SECONDS / self.grid))
        back[:, :near], ahead[:, :near] = self.blends[0][:, :near], self.blends[1][:, :near]
        straight, jumped = [], []
        for count in steps:
            worth = self._worth(self.nodes[k] + np.arange(count) / count * seconds)
            straight.append(np.correlate(self.hits[:-1], worth, "valid"))
            jumped.append(_before(back, worth, after) + _behind(ahead, worth, after))
        return _Gap(seconds, steps, costs, straight, after, np.stack(jumped))

    def _worth(self, times: Array) -> NDArray[np.float32]:
        """Of a kinematic beat at these times of the music."""
        after = np.clip(np.searchsorted(self.pulse, times), 1, len(self.pulse) - 1)
        apart = np.minimum(np.abs(times - self.pulse[after - 1]), np.abs(times - self.pulse[after]))
        return (np.exp(-0.5 * (apart / SIGMA_SECONDS) ** 2) - MISS).astype(np.float32)

    def _used(self) -> Array:
        """[M+1] cost of the dance up to a place: where nobody is, and what was shown lately."""
        return np.concatenate([[0.0], np.cumsum(AGAIN * self.grid * self.shown[:-1])]) + self.nobody

    # --- the best way -------------------------------------------------------------------------

    def run(self) -> Iterator[float]:
        last = len(self.nodes) - 1
        values = self._beginning()
        while len(self.path.steps) < last:
            node = len(self.path.steps)
            stop = min(last, node + AHEAD)
            table, used = [values], self._used()
            for k in range(node, stop):
                table.append(self._forward(table[-1], self._gap(k), used))
            final = np.where(self._lives(stop), table[-1], -np.inf)
            if not np.isfinite(final).any():
                raise self._too_short()
            ways = self._backward(table, node, final, used)
            values = self._keep(ways if stop == last else ways[:KEPT])
            yield len(self.path.steps) / last

    def _beginning(self) -> Array:
        values = np.full((self.rest + 1, self.places + 1), -np.inf)
        values[self.rest] = -LATE * self.grid * np.arange(self.places + 1)
        return values

    def _forward(self, values: Array, gap: _Gap, used: Array) -> Array:
        """The best values [rest+1,M+1] a gap later."""
        new = np.full_like(values, -np.inf)
        for steps, cost, hits in zip(gap.steps, gap.costs, gap.straight, strict=True):
            step = hits - cost - (used[steps:] - used[:-steps])
            reached = values[:, : len(step)] + step
            np.maximum(new[1:, steps:], reached[:-1], out=new[1:, steps:])
            np.maximum(new[-1, steps:], reached[-1], out=new[-1, steps:])
        if len(self.jumps):
            order, ends, begins = self._order(gap)
            best = np.maximum.reduceat(self._jumping(values[-1], gap, used).ravel()[order], begins)
            inside = ends <= self.places
            new[0, ends[inside]] = best[inside]
        if self.cuts:
            new[0] = np.maximum(new[0], self._cutting(new[-1]))
        return new

    def _jumping(self, values: Array, gap: _Gap, used: Array) -> Array:
        """[D,Q,X] the value after each jump, from rested places."""
        begin = self.source[:, None] - gap.after
        left = values[np.maximum(begin, 0)] - (used[self.source][:, None] - used[np.maximum(begin, 0)])
        left = np.where(begin >= 0, left, -np.inf) - self.fare[:, None] + used[self.target][:, None]
        end = self.target[:, None] + gap.steps[:, None, None] - gap.after
        return gap.jumped + left - gap.costs[:, None, None] - used[np.minimum(end, self.places)]

    def _order(self, gap: _Gap) -> tuple[Places, Places, Places]:
        """Sorted by where they end: the jumps of [D,Q,X], the places where some end, where each begins in the order."""
        known = tuple(gap.steps.tolist())
        if known not in self.orders:
            end = (self.target[:, None] + gap.steps[:, None, None] - gap.after).ravel()
            order = np.argsort(end, kind="stable")
            ends, begins = np.unique(end[order], return_index=True)
            self.orders[known] = order, ends, begins
        return self.orders[known]

    def _cutting(self, rested: Array) -> Array:
        """[M+1] the value after a cut on the beat from the best place of any other shot."""
        found = np.full(self.places + 1, -np.inf)
        for span in np.unique(self.spans):
            others = rested[self.spans != span]
            found[self.spans == span] = others.max(initial=-np.inf) - CUT
        return found

    def _backward(self, table: list[Array], node: int, final: Array, used: Array) -> list[tuple[int, int, int, object]]:
        """(layer, place, steps, jump) of each gap in turn, layer and place at its end."""
        layer, place = (int(n) for n in np.unravel_index(int(np.argmax(final)), final.shape))
        ways: list[tuple[int, int, int, object]] = []
        for k in range(len(table) - 2, -1, -1):
            gap, before = self._gap(node + k), table[k]
            end, jump, cut_from = (layer, place), None, None
            if layer == 0 and self.cuts:
                cut_from = self._cut_from(table[k + 1], place)
            if cut_from is not None:
                layer, place, jump = self.rest, cut_from, (-1, cut_from)
            if layer == 0:
                steps, jump, place = self._jump_back(before, gap, used, place)
                layer = self.rest
            else:
                steps, layer, place = self._straight_back(before, gap, used, layer, place)
            ways.append((*end, steps, jump))
        self._from = place
        return ways[::-1]

    def _cut_from(self, reached: Array, place: int) -> int | None:
        """The place that a cut to here leaves; None where a jump led here."""
        best = np.where(self.spans != self.spans[place], reached[-1], -np.inf)
        return int(np.argmax(best)) if best.max() - CUT >= reached[0, place] - 1e-9 else None

    def _jump_back(self, before: Array, gap: _Gap, used: Array, place: int) -> tuple[int, tuple[int, int], int]:
        order, ends, begins = self._order(gap)
        at = int(np.searchsorted(ends, place))
        some = order[begins[at] : begins[at + 1] if at + 1 < len(begins) else len(order)]
        values = self._jumping(before[-1], gap, used)
        best = int(some[np.argmax(values.ravel()[some])])
        which, jump, after = (int(n) for n in np.unravel_index(best, values.shape))
        steps = int(gap.after[after])
        return int(gap.steps[which]), (jump, steps), int(self.source[jump]) - steps

    def _straight_back(self, before: Array, gap: _Gap, used: Array, layer: int, place: int) -> tuple[int, int, int]:
        layers = [layer - 1, layer] if layer == self.rest else [layer - 1]
        best = (-np.inf, 0, 0)
        for steps, cost, hits in zip(gap.steps, gap.costs, gap.straight, strict=True):
            begin = place - int(steps)
            if begin < 0:
                continue
            step = hits[begin] - cost - (used[place] - used[begin])
            best = max(best, *((float(before[one, begin] + step), int(steps), one) for one in layers))
        return best[1], best[2], place - best[1]

    def _keep(self, ways: list[tuple[int, int, int, object]]) -> Array:
        """Put some gaps on the path; returns the values to go on from."""
        place = self._from
        for layer, end, steps, jump in ways:
            k = len(self.path.steps)
            self.shown *= np.exp(-(self.nodes[k + 1] - self.nodes[k]) / self.material.seconds)
            self.path.steps.append(steps)
            self.path.places.append(place)
            self.path.jumps.append(jump)  # type: ignore[arg-type]
            if isinstance(jump, tuple) and jump[0] >= 0:
                self.shown[place : place + jump[1]] += 1
                self.shown[self.target[jump[0]] : end] += 1
            else:
                self.shown[place : place + steps] += 1
            place, rested = end, layer
        values = np.full((self.rest + 1, self.places + 1), -np.inf)
        values[rested, place] = 0.0
        return values

    def plan(self) -> Plan:
        """The path in seconds."""
        gaps = np.diff(self.nodes)
        taken = []
        for k, (steps, jump) in enumerate(zip(self.path.steps, self.path.jumps, strict=True)):
            if jump is None:
                continue
            number, where = jump
            if number < 0:
                if k + 1 < len(self.path.places):
                    here, there = (self.material.start + self.grid * n for n in (where, self.path.places[k + 1]))
                    taken.append(Taken(float(self.nodes[k + 1]), here, there, 0.0))
                continue
            one = self.jumps[number]
            taken.append(Taken(float(self.nodes[k] + where / steps * gaps[k]), one.source, one.target, one.width))
        begin = self.material.start + self.grid * self.path.places[0]
        return Plan(self.nodes, np.array(self.path.steps) * self.grid / gaps, begin, tuple(taken))

    def _too_short(self) -> UserError:
        return UserError(
            f"The dance lasts {self.material.seconds:.0f} s, the music {self.seconds:.0f} s, and no two moments of the "
            "dance are so alike that it could be repeated.",
            f"Ask for less, like --seconds {max(1, int(self.material.seconds))}, or give a longer dance.",
        )


def _before(back: Array, worth: Array, after: Places) -> Array:
    """[Q,X] beats that hit from the node to the jump: back [Q,Y] looks 1.. steps back from it."""
    y = np.arange(1, back.shape[1] + 1)[:, None]
    inside = y <= after
    return back @ np.where(inside, worth[np.clip(after - y, 0, len(worth) - 1)], 0).astype(np.float32)


def _behind(ahead: Array, worth: Array, after: Places) -> Array:
    """[Q,X] beats that hit from the jump to the next node: ahead [Q,Y] looks 0.. steps on from where it leads."""
    at = np.arange(ahead.shape[1])[:, None] + after
    return ahead @ np.where(at < len(worth), worth[np.clip(at, 0, len(worth) - 1)], 0).astype(np.float32)
