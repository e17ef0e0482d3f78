"""What the window says of a training: its scores read while they are written, and a rule that keeps its word."""

import json
import math
import random
from pathlib import Path

import pytest

from ui.training.outlook import Course, Promise, Reader, clock, duration, farewell, promise, sentence, worth

RECORDED = [(8, 17.45), (23, 19.96), (39, 20.30), (54, 20.63), (69, 20.16), (85, 20.32), (100, 21.00), (115, 21.10),
            (131, 21.52), (146, 21.61), (161, 21.64), (177, 21.73), (193, 21.83), (209, 21.87), (224, 21.92),
            (239, 21.93), (255, 21.90), (271, 21.93), (286, 22.02), (302, 22.15), (318, 22.28), (333, 22.32),
            (348, 22.40), (364, 22.44), (377, 22.46)]  # fmt: skip
"""Seconds and dB of a training of seven minutes on a real clip."""


def course(points: list[tuple[float, float]]) -> Course:
    made = Course()
    for number, (seconds, decibels) in enumerate(points):
        made.add({"step": 10 * number, "seconds": seconds, "score": decibels})
    return made


def rows(*values: object) -> str:
    return "".join(json.dumps(value) + "\n" for value in values)


def test_a_recorded_training_is_called_improving_while_it_improves() -> None:
    for number in range(6, len(RECORDED) - 2):
        seconds = RECORDED[number - 1][0]
        found = promise(course(RECORDED[:number]), 377 - seconds + 60)
        assert found == (Promise.EARLY if seconds == 85 else Promise.RISING), seconds  # a dip is not the end


@pytest.mark.parametrize("seed", range(5))
def test_a_score_that_only_trembles_is_not(seed: int) -> None:
    noise = random.Random(seed)
    rise = [(10.0 * n, min(22.0, 18 + math.log2(n)) + noise.gauss(0, 0.03)) for n in range(1, 80)]
    flat, rising = course(rise), course(rise[:12])
    assert promise(rising, 300) == Promise.RISING and "improving, about 5 min more" in sentence(rising, 300)
    assert promise(flat, 300) == Promise.FLAT and "good enough" in sentence(flat, 300)
    assert "little" in farewell(flat, True) and "better still" in farewell(rising, True)
    assert worth(flat) is None


def test_what_time_is_said_brings_what_was_said() -> None:
    """On a score that rises by 1 dB a doubling, the time that is suggested brings half a dB."""
    points = [(10.0 * n, 15 + math.log2(n)) for n in range(1, 31)]
    more = worth(course(points))
    assert more is not None and math.log2((300 + more) / 300) == pytest.approx(0.5, abs=0.01)


def test_no_promise_is_made_from_too_little() -> None:
    assert promise(Course(), 100) == promise(course(RECORDED[:2]), 100) == Promise.EARLY
    assert sentence(Course(), None) == "Learning" and farewell(Course(), False) == "Nothing learned yet"
    assert "Paused" in farewell(course(RECORDED), False)


def test_the_face_is_named_while_it_is_learned() -> None:
    made = course(RECORDED)
    made.add({"step": 300, "seconds": 380, "face": 0.3})
    assert sentence(made, 40) == "The body is learned, now the face, about 40 s more"


def test_hands_are_named_with_the_face() -> None:
    made = course(RECORDED)
    made.add({"step": 300, "seconds": 380, "face matching": 0.3, "left hand matching": 0.2})
    assert sentence(made, 40) == "The body is learned, now face and hands, about 40 s more"
    assert made.parts == ["face", "left hand"]


def test_lines_are_read_as_they_come_and_half_ones_when_they_are_whole(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    reader = Reader(file)
    assert not reader.read().moments  # not there yet
    file.write_text(rows({"step": 5, "seconds": 2.0, "pixel": 0.5}) + '{"step": 10, "seco', encoding="utf-8")
    assert reader.read().moments == [(5, 2.0)]
    with file.open("a", encoding="utf-8") as more:
        more.write('nds": 4.0, "score": 19.5}\n')
    assert reader.read().scores[0].decibels == 19.5 and reader.course.seconds == 4.0
    assert reader.course.seconds_at(7) == pytest.approx(2.8)


def test_whatever_stands_in_the_file_is_survived(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    good = rows({"step": 10, "seconds": 4, "score": 20.0})
    bad = ["[1]", "null", "{", '{"step": "x", "seconds": 1}', '{"step": 1e999, "seconds": 3}', '{"seconds": 9}']
    bad += ['{"step": 20, "seconds": NaN, "score": 3}', '{"step": 30, "seconds": 8, "score": -1e9}', "\x00\x00"]
    file.write_bytes(good.encode() + "\n".join(bad).encode() + b"\n\xff\xfe\n")
    found = Reader(file).read()
    assert [one.decibels for one in found.scores] == [20.0] and found.best == found.scores[0]
    assert not Reader(tmp_path).read().moments  # a folder


def test_what_was_lost_in_a_crash_counts_once(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    first = [{"step": n, "seconds": n / 10, "score": 10 + n / 100} for n in (100, 200, 300, 400)]
    again = [{"step": n, "seconds": n / 9, "score": 12.0} for n in (250, 350)]  # from the checkpoint at step 200
    file.write_text(rows(*first, *again), encoding="utf-8")
    assert [one.step for one in Reader(file).read().scores] == [100, 200, 250, 350]


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "metrics.jsonl"
    file.write_text(rows({"step": 10, "seconds": 4, "score": 20.0}, {"step": 20, "seconds": 8}), encoding="utf-8")
    reader = Reader(file)
    assert reader.read().seconds == 8
    file.write_text(rows({"step": 1, "seconds": 1}), encoding="utf-8")
    assert reader.read().moments == [(1, 1.0)] and not reader.course.scores


def test_times_are_as_exact_as_a_guess_deserves() -> None:
    assert [duration(s) for s in (0, 42, 58, 245, 5000, 9000)] == ["5 s", "40 s", "1 min", "4 min", "83 min", "2.5 h"]
    assert [clock(s) for s in (0, 61.9, 3725)] == ["0:00", "1:01", "1:02:05"]
