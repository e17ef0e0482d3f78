"""The curves along a video, from files written as the engine writes them."""

import numpy as np

from dancetransfer.pose.strips import curves, save_likeness, stretches


def test_likeness_is_known_where_it_was_tried_and_worse_is_a_problem(tmp_path):
    found = {round(t, 2): 0.9 for t in np.concatenate([np.arange(1, 2, 0.04), np.arange(5, 7, 0.04)])}
    found |= {t: 0.5 for t in found if 5.99 < t < 6.5}
    save_likeness(tmp_path, found)
    ((declared, curve),) = curves(tmp_path).items()
    assert declared.name == "Quality"
    between = curve.values[(curve.times > 1.99) & (curve.times < 4.99)]
    assert len(between) == 1 and np.isnan(between).all()
    assert [(round(one.start, 2), round(one.stop, 2)) for one in curve.problems] == [(6.0, 6.52)]


def test_nothing_tried_is_no_strip(tmp_path):
    save_likeness(tmp_path, {})
    assert curves(tmp_path) == {}


def test_short_doubts_are_none_and_near_ones_are_one():
    times = np.arange(100) / 25
    bad = np.zeros(100, bool)
    bad[10:20] = bad[25:30] = bad[60:62] = True
    assert [(one.start, one.stop) for one in stretches(times, bad, "bad")] == [(0.4, 1.2)]
