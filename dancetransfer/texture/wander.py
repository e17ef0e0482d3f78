"""A clip played for as long as wanted without a fixed order: a way through its transitions, drawn by chance."""

from collections.abc import Sequence

import numpy as np

from dancetransfer.texture.graph import SETTLED, SWEEPS, Indices, Matrix, Transition

BOLD = 0.5
"""Temperature: a jump that costs this much more than going on, in the unit of the costs, is e times rarer."""
WORN = 1.5
"""What a transition costs on top for each time it was taken lately; that halves every `REST` seconds."""
REST = 10.0


def futures(
    transitions: Sequence[Transition], frames: int, power: float = 1.0, discount: float = 0.99
) -> tuple[Matrix, Matrix]:
    """What taking each transition [K] costs with all that must follow, and what passing it by costs, [K].

    The paper's eq. 4 on transitions that are pruned already, for a clip of any length: `graph.future_cost`
    where every step but these and the natural one is forbidden. The clip's end costs as much as the worst
    transition at every step from there on.
    """
    order = sorted(range(len(transitions)), key=lambda k: transitions[k].source)
    sources = np.array([transitions[k].source for k in order])
    ends = np.array([transitions[k].target for k in order])
    step = np.array([transitions[k].cost for k in order], np.float64) ** power
    worst = max(step.max(initial=0), 1.0) / (1 - discount)
    heads = np.unique(sources)  # frames where there is a choice
    cheapest = np.append(np.zeros(len(heads)), worst)
    groups = np.searchsorted(heads, sources)
    after = np.searchsorted(heads, heads + 1)
    landing = np.searchsorted(heads, ends)
    places = np.append(heads, frames)
    walked = discount ** (places[landing] - ends + 1.0)
    passed = discount ** (places[after] - heads).astype(np.float64)
    take, go = np.zeros(len(order)), np.zeros(len(heads))
    for _ in range(SWEEPS):
        before = cheapest.copy()
        for head in range(len(heads) - 1, -1, -1):
            mine = slice(*np.searchsorted(groups, [head, head + 1]))
            take[mine] = step[mine] + walked[mine] * cheapest[landing[mine]]
            go[head] = passed[head] * cheapest[after[head]]
            cheapest[head] = min(take[mine].min(), go[head])
        if np.abs(cheapest - before).max() <= SETTLED * max(cheapest.max(), 1e-12):
            break
    taken, left = np.zeros((2, len(order)))
    taken[order], left[order] = take, go[groups]
    return taken, left


def wander(
    transitions: Sequence[Transition],
    frames: int,
    length: int,
    fps: float,
    seed: int = 0,
    start: int = 0,
    bold: float = BOLD,
) -> Indices:
    """int64 [length] frames, drawn: at each transition it is taken by chance, the likelier the cheaper; eq. 3.

    The probability is exp(-future cost / bold) among the ways on. What was just taken is shunned for
    a while, so that no round is played twice in a row where there is another. Ends early, shorter
    than `length`, where the clip ends and no transition leads away from what follows `start`.
    """
    transitions = _leading_on(transitions)
    rng = np.random.default_rng(seed)
    taken, left = futures(transitions, frames)
    ways: dict[int, list[int]] = {}
    for k, transition in enumerate(transitions):
        ways.setdefault(transition.source, []).append(k)
    last = max(ways, default=-1)
    worn, used = np.zeros((2, len(transitions)))
    order = np.zeros(length, np.int64)
    at = start
    for n in range(length):
        order[n] = at
        found = ways.get(at)
        if not found:
            at += 1
            if at >= frames:
                return order[: n + 1]
            continue
        worn[found] *= 0.5 ** ((n - used[found]) / (REST * fps))
        used[found] = n
        costs = np.append(taken[found] + worn[found], left[found[0]] if at < last else np.inf)
        chance = np.exp(-(costs - costs.min()) / bold)
        choice = int(rng.choice(len(costs), p=chance / chance.sum()))
        if choice == len(found):
            at += 1
        else:
            worn[found[choice]] += WORN
            at = transitions[found[choice]].target
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
