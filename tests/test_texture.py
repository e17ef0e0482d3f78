"""Which frame may follow which: transitions of signals whose period is known, loops against all that there are."""

from itertools import combinations_with_replacement, pairwise

import numpy as np
import pytest

from dancetransfer.texture import graph
from dancetransfer.texture.graph import Transition, binomial, distances, filtered, pruned, transitions_of
from dancetransfer.texture.loops import scheduled, table
from dancetransfer.texture.wander import Ways, wander

PERIOD = 23
WEIGHTS = binomial(4)


def circling(frames: int = 160, period: float = PERIOD) -> np.ndarray:
    """A point that goes round, [T,2]."""
    angle = 2 * np.pi * np.arange(frames) / period
    return np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)


def drifting(frames: int, seed: int = 3) -> np.ndarray:
    """A walk that never comes back exactly, [T,4]."""
    return np.cumsum(np.random.default_rng(seed).normal(0, 0.3, (frames, 4)), 0).astype(np.float32)


def jumps(order: np.ndarray, closed: bool = True) -> list[tuple[int, int]]:
    """(source, target) wherever the next frame is not the next one."""
    around = [*order.tolist(), int(order[0])] if closed else order.tolist()
    return [(a, b) for a, b in pairwise(around) if b != a + 1]


# --- distances and transitions --------------------------------------------------------------------


def test_the_filter_is_the_weighted_mean_along_the_diagonal():
    distance = np.random.default_rng(0).random((9, 8))
    weights = binomial(4)
    assert weights.tolist() == [0.125, 0.375, 0.375, 0.125]
    found = filtered(distance, weights)
    assert found.shape == (6, 5)
    assert found[2, 1] == pytest.approx(sum(w * distance[2 + k, 1 + k] for k, w in enumerate(weights)))
    assert filtered(distance[:3], weights).shape == (0, 5)


def test_a_periodic_signal_gives_its_period():
    found = transitions_of(circling(), WEIGHTS, shortest=5)
    assert found and {abs(one.length) % PERIOD for one in found if one.cost < 1e-3} == {0}
    assert min(one.cost for one in found) < 1e-3


def test_a_pendulum_is_left_only_where_it_swings_the_same_way():
    swing = circling()[:, :1]  # twice in a period it is at the same place
    plain = transitions_of(swing, binomial(2)[:1] * 2, shortest=5, most=100)
    kept = transitions_of(swing, WEIGHTS, shortest=5, most=40)
    assert any(one.length % PERIOD for one in plain)
    assert all(one.length % PERIOD == 0 for one in kept)


def test_worked_through_in_rows_the_same_transitions_are_found(monkeypatch):
    walk = drifting(150)
    cost = filtered(distances(walk, walk), WEIGHTS)
    shifted = np.vstack([cost[1:], np.full((1, cost.shape[1]), np.inf, cost.dtype)])  # b after a: b is like a + 1
    whole = pruned(shifted, most=60, shortest=4, first=2)
    monkeypatch.setattr(graph, "BLOCK_VALUES", 3000)
    rows = transitions_of(walk, WEIGHTS, most=60, shortest=4)
    assert [(one.source, one.target) for one in rows] == [(one.source, one.target) for one in whole]
    np.testing.assert_allclose([one.cost for one in rows], [one.cost for one in whole], atol=1e-4)
    every = transitions_of(walk, WEIGHTS, most=10_000, shortest=4)
    near = transitions_of(walk, WEIGHTS, most=10_000, shortest=4, reach=30)
    assert {one for one in near if one.length < 30} == {one for one in every if 4 <= one.length < 30}


def test_no_two_transitions_are_the_same_but_for_a_frame():
    found = transitions_of(drifting(300), WEIGHTS, most=200, apart=4)
    ends = np.array([(one.source, one.target) for one in found])
    apart = np.abs(ends[:, None] - ends[None]).max(2) + 10 * np.eye(len(ends), dtype=int)
    assert len(found) > 50 and apart.min() >= 4


def test_what_a_transition_costs_besides_decides_where_it_falls():
    def even(sources: np.ndarray, targets: np.ndarray) -> np.ndarray:
        return 1.0 * ((sources + targets) % 2 == 0)

    found = transitions_of(circling(), WEIGHTS, most=50, shortest=5, extra=even)
    assert all((one.source + one.target) % 2 for one in found)


# --- loops ----------------------------------------------------------------------------------------

PRIMITIVE = [
    Transition(9, 0, 3.0),
    Transition(14, 8, 1.0),
    Transition(20, 12, 2.5),
    Transition(40, 30, 0.5),
    Transition(33, 22, 4.0),
    Transition(21, 19, 0.2),
]


def hang_together(parts: tuple[Transition, ...]) -> bool:
    left, reached = list(parts[1:]), [parts[0]]
    for one in reached:
        touching = [other for other in left if other.target <= one.source and one.target <= other.source]
        for other in touching:
            left.remove(other)
            reached.append(other)
    return not left


def test_the_table_holds_the_cheapest_of_all_compound_loops():
    longest = 30
    cheapest = np.full(longest + 1, np.inf)
    for count in range(1, 11):
        for parts in combinations_with_replacement(PRIMITIVE, count):
            length = sum(one.length for one in parts)
            if length <= longest and hang_together(parts):
                cheapest[length] = min(cheapest[length], sum(one.cost for one in parts))
    made = table(PRIMITIVE, longest)
    np.testing.assert_allclose(made.best(), cheapest)
    for length in np.flatnonzero(np.isfinite(cheapest)):
        found = made.loop(int(length))
        assert len(found.order) == length and found.cost == pytest.approx(cheapest[length])
    with pytest.raises(ValueError, match="No loop of 2 frames"):
        made.loop(2)


def test_a_loop_can_be_played_every_step_is_the_next_frame_or_a_transition():
    made = table(transitions_of(drifting(400), WEIGHTS, shortest=10, reach=200), 240)
    lengths = np.flatnonzero(np.isfinite(made.best()))
    assert len(lengths) > 100
    several = 0
    for length in lengths[::2]:
        found = made.loop(int(length))
        assert len(found.order) == length
        assert jumps(found.order) == [(one.source, one.target) for one in found.transitions]
        several += len(found.transitions) > 2
    assert several > 5


def test_parts_that_lie_apart_are_no_loop():
    with pytest.raises(ValueError, match="hang together"):
        scheduled([Transition(9, 0, 1.0), Transition(30, 20, 1.0)])


def test_seams_and_what_is_shown_twice_cost():
    parts = [Transition(19, 0, 1.0), Transition(39, 15, 1.5), Transition(39, 0, 3.0)]
    assert len(table(parts, 60).loop(40).transitions) == 2  # the best one twice
    assert table(parts, 60, each=2.0).loop(40).transitions == (parts[2],)
    assert table(parts, 60, again=0.1).loop(40).transitions == (parts[2],)
    assert len(np.unique(table(parts, 60, again=0.1).loop(45).order)) == 40  # 20 and 25 frames, 5 of them in both


# --- random play ----------------------------------------------------------------------------------


def test_the_future_of_a_dead_end_is_dear_though_it_begins_well():
    into, away, back = Transition(20, 90, 0.0), Transition(30, 10, 1.0), Transition(80, 70, 1.0)
    taken, passed = Ways([into, away, back], 100).futures(np.array([0.0, 1.0, 1.0]))
    discount = 0.99
    round_about = 1 / (1 - discount**21)  # a transition of cost 1 every 21 frames for ever
    assert taken[1] == pytest.approx(round_about, rel=1e-3)
    assert passed[0] == pytest.approx(discount**10 * round_about, rel=1e-3)
    assert taken[0] == pytest.approx(discount**11 * 1 / (1 - discount), rel=1e-3)
    assert taken[0] > passed[0]


def test_random_play_goes_on_along_transitions_and_is_no_round():
    frames, fps = 200, 25.0
    found = transitions_of(circling(frames) + 0.05 * drifting(frames)[:, :2], WEIGHTS, shortest=5)
    allowed = {(one.source, one.target) for one in found}
    order = wander(found, frames, 3000, fps, seed=1)
    assert len(order) == 3000 and set(jumps(order, closed=False)) <= allowed
    np.testing.assert_array_equal(order, wander(found, frames, 3000, fps, seed=1))
    assert (order != wander(found, frames, 3000, fps, seed=2)).mean() > 0.5
    same = [np.mean(order[lag:] == order[:-lag]) for lag in range(1, 1500)]
    assert max(same) < 0.6  # a play in a fixed order comes to 1 at the length of its round
    assert len(np.unique(order)) > 0.8 * frames


def test_what_was_just_played_is_shunned_where_there_is_another_way():
    two = [Transition(30, 10, 1.0), Transition(35, 5, 1.3)]
    order = wander(two, 60, 2000, 25.0)
    taken = jumps(order, closed=False)
    assert min(taken.count((one.source, one.target)) for one in two) > 0.25 * len(taken)


def test_without_a_way_back_the_play_ends_with_the_clip():
    assert wander([], 40, 100, 25.0).tolist() == list(range(40))
    assert wander([Transition(5, 30, 0.1)], 40, 100, 25.0).tolist() == list(range(40))
