"""Which frame of a clip may follow which: filtered distances, and the transitions worth taking.

Schoedl, Szeliski, Salesin and Essa, "Video Textures", SIGGRAPH 2000, called "the paper" here. A
transition (source, target) shows frame `target` after frame `source`, where `source + 1` would have
come: it is good where `target` looks like `source + 1` and moves like it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import comb

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.floating]
Indices = NDArray[np.int64]
Extra = Callable[[Indices, Indices], Matrix]
"""What transitions from sources [R,1] to targets [C] cost besides their distance, [R,C]."""

BLOCK_VALUES = 8_000_000
"""Distances in memory at once where a clip is worked through in rows: 32 MB, of any length of clip."""


@dataclass(frozen=True, order=True)
class Transition:
    """Frame `target` is shown after frame `source`, at a cost in the unit of the distances."""

    source: int
    target: int
    cost: float

    @property
    def length(self) -> int:
        """Frames of the loop target ... source that it closes; below 1 for a jump ahead."""
        return self.source - self.target + 1


@dataclass(frozen=True)
class Loop:
    """Frames that are shown in turn for ever; the last is followed by the first."""

    order: Indices
    """int64 [L] frame numbers."""
    cost: float
    """Of all its transitions, each as often as it is taken."""
    transitions: tuple[Transition, ...]
    """Those that it takes, in the order in which it takes them."""


def binomial(taps: int) -> NDArray[np.float64]:
    """The weights of the diagonal filter, [taps], of sum 1. `taps` is even: as many frames before as after a cut."""
    weights = np.array([comb(taps - 1, k) for k in range(taps)], np.float64)
    return weights / weights.sum()


def distances(rows: Matrix, features: Matrix) -> Matrix:
    """float32 [R,N] Euclidean distances between features [R,F] and [N,F]."""
    rows, features = np.asarray(rows, np.float32), np.asarray(features, np.float32)
    squared = -2 * (rows @ features.T)
    squared += np.einsum("ij,ij->i", rows, rows)[:, None]
    squared += np.einsum("ij,ij->i", features, features)
    return np.sqrt(np.maximum(squared, 0, out=squared), out=squared)


def filtered(distance: Matrix, weights: Sequence[float] | Matrix) -> Matrix:
    """Distances along the diagonals, [R-K+1,N-K+1] of [R,N] and K weights; the paper's eq. 2.

    Element (a, b) compares the K frames from a on with the K frames from b on, so that frames count
    as alike only where they move alike.
    """
    taps = len(weights)
    rows, columns = distance.shape[0] - taps + 1, distance.shape[1] - taps + 1
    if rows < 1 or columns < 1:
        return np.zeros((max(rows, 0), max(columns, 0)), distance.dtype)
    total = np.zeros((rows, columns), distance.dtype)
    for k, weight in enumerate(weights):
        total += distance.dtype.type(weight) * distance[k : k + rows, k : k + columns]
    return total


def pruned(cost: Matrix, most: int = 300, shortest: int = 2, apart: int = 2, first: int = 0) -> list[Transition]:
    """The best transitions of a matrix [M,N] of costs of showing b after a, cheapest first; at most `most`.

    Only local minima, of which no two have both ends less than `apart` frames from each other, and
    neither the natural order nor a jump of fewer than `shortest` frames from it. `first` is the
    frame that index 0 stands for.
    """
    low = _low(cost)
    low &= np.isfinite(cost)
    sources, targets = np.nonzero(low)
    far = np.abs(targets - sources - 1) >= shortest
    sources, targets = sources[far], targets[far]
    return thinned(sources + first, targets + first, cost[sources, targets], most, apart)


def thinned(sources: Indices, targets: Indices, costs: Matrix, most: int, apart: int) -> list[Transition]:
    """The cheapest of some transitions, [K] each, of which no two are the same within `apart` frames."""
    kept: list[Transition] = []
    ends = np.zeros((most, 2), np.int64)
    for n in np.lexsort((targets, sources, costs)):
        end = (int(sources[n]), int(targets[n]))
        if (np.abs(ends[: len(kept)] - end).max(1, initial=0) < apart).any():
            continue
        ends[len(kept)] = end
        kept.append(Transition(*end, float(costs[n])))
        if len(kept) == most:
            break
    return kept


def transitions_of(
    features: Matrix,
    weights: Sequence[float] | Matrix,
    most: int = 300,
    shortest: int = 2,
    apart: int = 2,
    reach: int | None = None,
    power: float = 1.0,
    extra: Extra | None = None,
) -> list[Transition]:
    """The best transitions between the frames of a clip, by features [N,F], whose distance is what counts.

    As `pruned` of the filtered distances, raised to `power`, with what is `extra`; but worked
    through in rows, so that memory stays bounded for a clip of any length. Only loops are looked
    for where `reach` tells the longest, in frames; else jumps ahead too.
    """
    found = [np.zeros((0, 3))]
    for start, first, cost in _rows(features, weights, reach):
        cost **= power
        if extra is not None:
            cost += extra(np.arange(start - 1, start - 1 + len(cost))[:, None], first + np.arange(cost.shape[1]))
        inside = cost[1:-1]
        sources, targets = np.nonzero(_low(cost)[1:-1] & np.isfinite(inside))
        costs = inside[sources, targets]
        sources, targets = sources + start, targets + first
        good = np.abs(targets - sources - 1) >= shortest
        if reach is not None:
            length = sources - targets + 1
            good &= (length >= 1) & (length <= reach)
        part = np.column_stack([sources, targets, costs])[good]
        found.append(part[np.argsort(part[:, 2], kind="stable")[: 20 * most]])
    together = np.concatenate(found)
    return thinned(together[:, 0].astype(int), together[:, 1].astype(int), together[:, 2], most, apart)


def _rows(features: Matrix, weights: Sequence[float] | Matrix, reach: int | None) -> Iterator[tuple[int, int, Matrix]]:
    """(frame that the second row leaves, frame that the first column enters, filtered distances); a row more at
    both ends, which is infinite where the clip ends."""
    taps, count = len(weights), len(features)
    rows = count - taps  # as many frames can be left
    size = max(16, BLOCK_VALUES // max(1, count))
    if reach is not None:
        size = max(16, min(reach, BLOCK_VALUES // (2 * reach)))  # with as many columns beside the block as it has rows
    for start in range(0, rows, size):
        low, high = max(0, start - 1), min(rows, start + size + 1)
        left, right = (0, count) if reach is None else (max(0, low - reach - 1), min(count, high + taps + 1))
        part = filtered(distances(features[low + 1 : high + taps], features[left:right]), weights)
        edge = np.full((1, part.shape[1]), np.inf, part.dtype)
        part = np.vstack([edge, part]) if start == 0 else part
        part = np.vstack([part, edge]) if high < start + size + 1 else part
        yield start + taps // 2, left + taps // 2, part


def _low(cost: Matrix) -> NDArray[np.bool_]:
    """Where a matrix is nowhere lower right around."""
    padded = np.pad(cost, 1, constant_values=np.inf)
    rows = np.minimum(np.minimum(padded[:-2], padded[1:-1]), padded[2:])
    around = np.minimum(np.minimum(rows[:, :-2], rows[:, 1:-1]), rows[:, 2:])
    return cost <= around
