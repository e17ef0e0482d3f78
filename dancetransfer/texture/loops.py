"""The best loops of every length that transitions can be put together to."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dancetransfer.texture.graph import Loop, Transition


@dataclass(frozen=True)
class Table:
    """The cheapest compound loop of every length that takes a transition at least once; the paper's section 4.1.

    "Primitive loops" are transitions that lead back; a compound loop is some of them whose
    ranges hang together. Row by row, a cell is its primitive loop alone, or the cheapest
    compound loop of some shorter length in the same column together with one of the length that is
    left in a column whose range overlaps.
    """

    loops: tuple[Transition, ...]
    """[K], those that lead back."""
    cost: NDArray[np.float64]
    """[L+1,K]; infinite where there is none."""
    own: NDArray[np.int64]
    """[L+1,K]: frames of the part that stays in the column; 0 for the primitive loop alone."""
    other: NDArray[np.int64]
    """[L+1,K]: column of the part that is added."""

    def best(self) -> NDArray[np.float64]:
        """[L+1] cost of the cheapest loop of each length, infinite where there is none."""
        return self.cost.min(1, initial=np.inf)

    def loop(self, length: int) -> Loop:
        """The cheapest loop of a length. ValueError where there is none."""
        if not np.isfinite(self.best()[length]):
            raise ValueError(f"No loop of {length} frames")
        column = int(np.argmin(self.cost[length]))
        return scheduled([self.loops[k] for k in self._parts(length, column)])

    def _parts(self, length: int, column: int) -> list[int]:
        left, parts = [(length, column)], []
        while left:
            length, column = left.pop()
            own = int(self.own[length, column])
            if own == 0:
                parts.append(column)
            else:
                left += [(own, column), (length - own, int(self.other[length, column]))]
        return parts


def table(transitions: Sequence[Transition], longest: int, each: float = 0.0, again: float = 0.0) -> Table:
    """The table of all lengths up to `longest` frames.

    `each` is what every transition costs on top: of loops about as good, the one of fewer parts wins.
    `again` is what a frame costs that two joined ranges share, so is shown twice: else the best
    loop of a long time would be a short one many times.
    """
    loops = tuple(sorted(t for t in transitions if 1 <= t.length <= longest))
    count = len(loops)
    cost = np.full((longest + 1, count), np.inf)
    own, other = np.zeros((2, longest + 1, count), np.int64)
    low, high = np.array([(t.target, t.source) for t in loops], int).reshape(-1, 2).T
    lengths = high - low + 1
    shared = np.minimum(high[:, None], high[None]) - np.maximum(low[:, None], low[None]) + 1
    between = np.where(shared > 0, again * shared, np.inf)  # no compound of two ranges that don't touch
    joined = np.full((longest + 1, count), np.inf)  # the cheapest of a length in any column that overlaps
    origin = np.zeros((longest + 1, count), np.int64)
    columns = np.arange(count)
    for length in range(1, longest + 1):
        alone = lengths == length
        cost[length, alone] = [loops[k].cost + each for k in np.flatnonzero(alone)]
        if count and length > 1:
            both = cost[1:length] + joined[length - 1 : 0 : -1]
            part = both.argmin(0)
            cheaper = both[part, columns] < cost[length]
            cost[length, cheaper] = both[part, columns][cheaper]
            own[length, cheaper] = part[cheaper] + 1
            other[length, cheaper] = origin[length - own[length, cheaper], columns[cheaper]]
        if np.isfinite(cost[length]).any():
            reached = between + cost[length]
            origin[length] = reached.argmin(1)
            joined[length] = reached[columns, origin[length]]
    return Table(loops, cost, own, other)


def scheduled(loops: Sequence[Transition]) -> Loop:
    """Primitive loops whose ranges hang together, in an order in which they can be played.

    Frames are the corners of a graph, with an edge to the next frame for every loop that contains
    both and one back for every transition. As many lead in as out, so one round takes every edge
    once: edges are removed as they are taken (Hierholzer), which is what the paper schedules by.
    It begins at the earliest frame.
    """
    back: dict[int, list[Transition]] = {}
    ahead: dict[int, int] = {}
    for transition in sorted(loops, key=lambda t: t.target):  # the longest way back is taken first
        back.setdefault(transition.source, []).insert(0, transition)
        for frame in range(transition.target, transition.source):
            ahead[frame] = ahead.get(frame, 0) + 1
    start = min(t.target for t in loops)
    walk: list[tuple[int, Transition | None]] = [(start, None)]
    done: list[tuple[int, Transition | None]] = []
    while walk:
        frame = walk[-1][0]
        if back.get(frame):
            taken = back[frame].pop()
            walk.append((taken.target, taken))
        elif ahead.get(frame):
            ahead[frame] -= 1
            walk.append((frame + 1, None))
        else:
            done.append(walk.pop())
    done = done[::-1]  # the last is the first again
    order = np.array([frame for frame, _ in done[:-1]], np.int64)
    taken_in_turn = tuple(taken for _, taken in done if taken is not None)
    if len(order) != sum(t.length for t in loops):
        raise ValueError("Loops that do not hang together")
    return Loop(order, float(sum(t.cost for t in loops)), taken_in_turn)
