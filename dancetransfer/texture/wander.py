"""A clip played for as long as wanted without a fixed order: a way through its transitions, drawn by chance."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from dancetransfer.texture.graph import Indices, Matrix, Transition

BOLD = 0.5
"""Temperature: a jump that costs this much more than going on, in the unit of the costs, is e times rarer."""
WORN = 1.5
"""What a transition costs on top for each time it was taken lately; that halves every `REST` seconds."""
REST = 10.0
DISCOUNT = 0.99
"""What a frame later costs this part of what it costs now; the paper's alpha."""

SWEEPS = 1000
"""More passes over the future cost are never needed; it stops at the first that changes nothing."""
SETTLED = 1e-5
"""A pass that changes the future cost by less than this part has changed nothing."""


class Ways:
    """The transitions [K] of a clip of some frames, and what taking them leads to.

    The paper's eq. 4 where every step but these and the natural one is forbidden, so that a clip may be of
    any length: D''(i, j) = D'(i, j) + alpha min over k of D''(j, k). Where the clip ends, every
    step from there on costs as much as the worst transition.
    """

    def __init__(self, transitions: Sequence[Transition], frames: int) -> None:
        self.transitions = sorted(transitions)
        self.costs = np.array([one.cost for one in self.transitions], np.float64)
        sources = np.array([one.source for one in self.transitions], int)
        targets = np.array([one.target for one in self.transitions], int)
        self.heads, self._starts = np.unique(sources, return_index=True)  # the frames at which there is a choice
        self.parts = [slice(a, b) for a, b in pairwise([*self._starts.tolist(), len(sources)])]
        self._landing = np.searchsorted(self.heads, targets)  # the next choice behind each target
        places = np.append(self.heads, frames)
        self._walked = DISCOUNT ** (places[self._landing] - targets + 1.0)
        self._faded = DISCOUNT ** (places - places[0]).astype(np.float64)
        self._cheapest = np.zeros(len(places))

    def futures(self, costs: Matrix) -> tuple[Matrix, Matrix]:
        """[K] what taking each transition costs with all that must follow, [H] what passing each of `heads` by costs.

        All are weighed again and again until nothing changes; it begins with what was found the last time.
        """
        cheapest, taken = self._cheapest, costs
        cheapest[-1] = max(costs.max(initial=0), 1.0) / (1 - DISCOUNT)
        for _ in range(SWEEPS if len(costs) else 0):
            taken = costs + self._walked * cheapest[self._landing]
            best = np.append(np.minimum.reduceat(taken, self._starts), cheapest[-1])
            ahead = np.minimum.accumulate((best * self._faded)[::-1])[::-1] / self._faded  # here or at any later head
            change = np.abs(ahead - cheapest).max()
            cheapest[:] = ahead
            if change <= SETTLED * max(cheapest[:-1].max(), 1e-12):
                break
        return taken, cheapest[1:] * self._faded[1:] / self._faded[:-1]


def wander(
    transitions: Sequence[Transition], frames: int, length: int, fps: float, seed: int = 0, start: int = 0
) -> Indices:
    """int64 [length] frames, drawn: at each transition it is taken by chance, the likelier the cheaper; eq. 3.

    The probability is exp(-future cost / BOLD) among the ways on. What was taken lately costs more, so
    that no round is played again and again where there is another. Ends early, shorter than
    `length`, where the clip ends and no transition leads away from what follows `start`.
    """
    rng = np.random.default_rng(seed)
    ways = Ways(_leading_on(transitions), frames)
    numbers = {int(head): n for n, head in enumerate(ways.heads)}
    worn = np.zeros(len(ways.transitions))
    taken, passed = ways.futures(ways.costs)
    order = np.zeros(length, np.int64)
    at, jumped = start, 0
    for n in range(length):
        order[n] = at
        head = numbers.get(at)
        if head is None:
            at += 1
            if at >= frames:
                return order[: n + 1]
            continue
        costs = np.append(taken[ways.parts[head]], passed[head] if head + 1 < len(ways.heads) else np.inf)
        chance = np.exp(-(costs - costs.min()) / BOLD)
        choice = int(rng.choice(len(costs), p=chance / chance.sum()))
        if choice + 1 == len(costs):
            at += 1
            continue
        choice += ways.parts[head].start
        at = ways.transitions[choice].target
        worn *= 0.5 ** ((n - jumped) / (REST * fps))
        worn[choice] += WORN
        jumped = n
        taken, passed = ways.futures(ways.costs + worn)
    return order


def _leading_on(transitions: Sequence[Transition]) -> list[Transition]:
    """Without those behind whose target no other begins: the clip would end there."""
    kept = list(transitions)
    while True:
        last = max((one.source for one in kept), default=-1)
        going = [one for one in kept if one.target <= last]
        if len(going) == len(kept):
            return kept
        kept = going
