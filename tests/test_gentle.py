"""Gentle mode: low priority for the whole tree, pauses while the user is active, and no training time used by them."""

import io
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import heard, living, start
from learning import budget, metrics
from stages import Ticking

from dancetransfer.cli import console
from dancetransfer.cli.gentle import NICENESS, Gentle
from dancetransfer.cli.streams import Streams
from dancetransfer.events import Done, Event, Progress, Started
from dancetransfer.learn.train import train
from dancetransfer.project import Project


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="priorities are read from /proc")
def test_an_engine_and_its_workers_run_at_low_priority(short_clips: Path, tmp_path: Path) -> None:
    process = start("poses", short_clips / "person.mp4", "-o", tmp_path / "poses.npz", "--gentle")
    seen: set[int] = set()
    for event in heard(process):
        if isinstance(event, Progress) and not seen:
            tree = living(process.pid)
            assert tree
            seen = {os.getpriority(os.PRIO_PROCESS, number) for number in (process.pid, *tree)}
            process.communicate("stop\n")
            break
    assert process.wait(60) == console.STOPPED
    assert seen == {max(NICENESS, os.getpriority(os.PRIO_PROCESS, 0))}


class Waiting(console.Stop):
    """A stop that nobody asks for, and how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def wait(self, seconds: float) -> bool:
        self.seconds += seconds
        return False


def rested(gentle: Gentle, said: Iterator[Event]) -> float:
    """Seconds that a command rests."""
    streams, stop = Streams(io.StringIO(), io.StringIO()), Waiting()
    sink, context = console.JsonSink(streams.out), console.Context(True, streams)
    assert console.run(said, sink, stop, context, gentle) == console.DONE
    return stop.seconds


def test_it_rests_as_long_as_it_works_while_the_user_is_active() -> None:
    def work() -> Iterator[Event]:
        yield Started("train")
        for done in range(5):
            time.sleep(0.05)
            yield Progress("train", done, 5)
        yield Done("")

    gentle = Gentle()
    gentle.hear("busy")
    assert rested(gentle, work()) >= 0.2
    gentle.hear("idle")
    gentle.hear("what else may come")
    assert rested(gentle, work()) == 0


def test_a_pause_ends_at_a_stop() -> None:
    gentle, stop = Gentle(), console.Stop()
    gentle.hear("busy")
    threading.Timer(0.05, stop.ask).start()
    woken: list[bool] = []
    gentle.pause(60, lambda seconds: woken.append(stop.wait(600 * seconds)))
    assert woken == [True]


def test_time_that_the_caller_rests_is_no_training_time(small: Project) -> None:
    rest, steps, clock = 0.0, 0.0, Ticking(0.05)
    for event in train(small, budget(1.5), clock):
        if isinstance(event, Progress):
            steps = event.done
            if rest < 1.5:
                begun = time.monotonic()
                time.sleep(0.75)
                clock.now += time.monotonic() - begun
                rest += 0.75
    assert rest == 1.5 and steps == 1.5
    told = [line["step"] for line in metrics(small.runs[-1]) if "score" not in line]
    assert told[-1] > 2 * told[0]  # after a third of the time: the rest took no turns away


@pytest.mark.parametrize("words", [["window\n"], []])
def test_the_end_of_the_lines_is_a_stop_only_where_a_window_looks_on(
    words: list[str], short_clips: Path, tmp_path: Path
) -> None:
    process = start("poses", short_clips / "dance.mp4", "-o", tmp_path / "poses.npz")
    assert process.stdin is not None
    process.stdin.writelines(words)
    process.stdin.close()
    for _ in heard(process):
        pass
    assert process.wait(60) == (console.STOPPED if words else console.DONE)
