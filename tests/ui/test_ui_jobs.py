"""The engine as the window's child: events, stops, ends of every kind, and an engine that talks nonsense."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from engine import TINY, strays
from pytestqt.qtbot import QtBot

from dancetransfer.child import engine_command
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Metric, Progress, Started, Stopping
from dancetransfer.project import Project
from ui.project.jobs import Ending, Job, Jobs, Outcome


class Diary:
    """What the jobs have told."""

    def __init__(self, jobs: Jobs) -> None:
        self.started: list[Job] = []
        self.events: list[Any] = []
        self.ended: list[tuple[Job, Outcome]] = []
        jobs.started.connect(self.started.append)
        jobs.event.connect(lambda job, event: self.events.append(event))
        jobs.finished.connect(lambda job, outcome: self.ended.append((job, outcome)))

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]


Queue = Callable[..., tuple[Jobs, Diary]]


@pytest.fixture
def queue(qtbot: QtBot) -> Iterator[Queue]:
    """Makes a queue and its diary; at the end nothing of it runs any more."""
    made = []

    def make(script: str | None = None, **options: Any) -> tuple[Jobs, Diary]:
        def command(words: Sequence[str]) -> list[str]:
            return engine_command(words) if script is None else [sys.executable, "-c", script, *words]

        jobs = Jobs(command=command, **options)
        made.append(jobs)
        return jobs, Diary(jobs)

    yield make
    for jobs in made:
        if not jobs.empty:
            with qtbot.waitSignal(jobs.emptied):
                jobs.kill_all()


def run(qtbot: QtBot, jobs: Jobs, *words: object) -> Outcome:
    """A job's outcome, waited for."""
    with qtbot.waitSignal(jobs.emptied):
        job = jobs.add(words, "A job")
    assert job.outcome is not None
    return job.outcome


# --- the real engine ------------------------------------------------------------------------------


def test_jobs_run_one_after_the_other_and_tell_what_they_found(
    qtbot: QtBot, queue: Queue, short_clips: Path, tmp_path: Path
) -> None:
    jobs, diary = queue()
    with qtbot.waitSignal(jobs.emptied):
        facts = jobs.add(["info", short_clips / "dance.mp4"], "Looking at the dance")
        poses = jobs.add(["poses", short_clips / "dance.mp4", "-o", tmp_path / "p.npz"], "Finding the dancer")
        assert jobs.waiting == [facts, poses] and not diary.started
    assert diary.started == [facts, poses] == [job for job, _ in diary.ended]
    assert facts.outcome and facts.outcome.code == Ending.DONE and facts.outcome.result["frames"] == 30
    assert poses.outcome and poses.outcome.files == [str(tmp_path / "p.npz")]
    assert [event.stage for event in diary.of(Started)] == ["poses"]
    assert diary.of(Progress)[-1].done == 30
    assert jobs.empty and jobs.current is None


def test_what_the_doctor_says_comes_as_facts(qtbot: QtBot, queue: Queue) -> None:
    outcome = run(qtbot, queue()[0], "doctor", "--quick")
    assert outcome.code == Ending.DONE and outcome.message and outcome.result


def test_a_stopped_training_can_be_gone_on_with(qtbot: QtBot, queue: Queue, finished: Path) -> None:
    jobs, diary = queue()
    jobs.gentle = True
    jobs.event.connect(lambda job, event: jobs.stop(job) if _trains(event) else None)
    outcome = run(qtbot, jobs, "train", finished, *TINY, "--steps", 10_000)
    assert outcome.code == Ending.STOPPED and outcome.resumable and outcome.hint
    assert len(diary.of(Stopping)) == 1
    reached = diary.of(Progress)[-1].done
    assert run(qtbot, jobs, "train", finished).code == Ending.STOPPED
    assert diary.of(Progress)[-1].done > reached
    assert strays(finished) == []


def _trains(event: object) -> bool:
    return isinstance(event, Progress) and event.stage == "train"


def test_what_the_engine_refuses_is_told_with_its_hint(qtbot: QtBot, queue: Queue, tmp_path: Path) -> None:
    outcome = run(qtbot, queue()[0], "info", tmp_path / "nothing.mp4")
    assert outcome.code == Ending.FAILED and outcome.message and outcome.hint and not outcome.report
    outcome = run(qtbot, queue()[0], "train", tmp_path, "--size", "7")
    assert outcome.code == Ending.USAGE and "--size" in outcome.message
    assert "dancetransfer train" in outcome.report  # the window made these words: a mistake of ours


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGKILL")
def test_an_engine_that_is_killed_from_outside_takes_nothing_down(qtbot: QtBot, queue: Queue, finished: Path) -> None:
    jobs, _ = queue()

    def kill(job: Job, event: object) -> None:
        if _trains(event):
            lock = (finished / "lock").read_text()
            os.kill(int(lock.split()[1]), signal.SIGKILL)

    jobs.event.connect(kill)
    outcome = run(qtbot, jobs, "train", finished, *TINY, "--steps", 10_000)
    assert outcome.code == Ending.CRASHED and outcome.resumable
    assert outcome.message and outcome.hint and "exit code: 9" in outcome.report
    assert run(qtbot, jobs, "info", finished).code == Ending.DONE


def test_a_window_that_vanishes_does_not_leave_its_engine_behind(
    qtbot: QtBot, queue: Queue, finished: Path, tmp_path: Path
) -> None:
    """The window is a process of its own here, which a kill takes away in the middle of a training."""
    words = ["train", str(finished), *TINY, "--steps", "10000"]
    script = (
        "import os, sys\nfrom PySide6.QtCore import QCoreApplication\nfrom ui.project.jobs import Jobs\n"
        "from dancetransfer.events import Progress\napp = QCoreApplication([])\njobs = Jobs()\n"
        "jobs.event.connect(lambda job, event: os.kill(os.getpid(), 9) if isinstance(event, Progress) else None)\n"
        f"jobs.add({words!r}, 'Learning')\napp.exec()\n"
    )
    if os.name == "nt":
        pytest.skip("there is no SIGKILL")
    jobs, _ = queue(script)
    assert run(qtbot, jobs, "x").code == Ending.CRASHED
    project = Project.open(finished)

    def free() -> bool:
        try:
            with project.lock():
                return True
        except UserError:
            return False

    qtbot.waitUntil(free)
    assert strays(finished) == []


# --- an engine that misbehaves --------------------------------------------------------------------

SAY = "import json, os, sys, time\ndef say(**e):\n    print(json.dumps(e), flush=True)\nraw = sys.stdout.buffer\n"


@pytest.mark.parametrize(
    "script",
    [
        "raw.write(b'\\xff\\xfe garbage\\n\\n{}\\n[1]\\nnull\\n\"x\"\\n' + b'{' * 5000 + b'\\n')",
        "raw.write(b'[' * 100_000 + b'\\n')",
        "say(event='Progress'); say(event='Progress', stage='x', done='much'); say(event='Nobody')",
        "say(event='Stopping', seconds=float('nan')); say(event=['Done']); say(event='Done', stage='', files=3)",
        "raw.write(b'x' * (17 << 20) + b'\\n')",
        "raw.write(b'no end of line')",
        "os.write(2, b'\\xff' * 100_000)",
    ],
)
def test_nonsense_is_no_event_and_does_no_harm(script: str, qtbot: QtBot, queue: Queue) -> None:
    ends = "\nraw.flush()\nsay(event='Metric', stage='x', name='y', value=1, new=2)\nsay(event='Done', stage='')\n"
    if "no end" in script:
        ends = "\nraw.flush()\nprint()" + ends
    jobs, diary = queue(SAY + script + ends)
    assert run(qtbot, jobs).code == Ending.DONE
    assert diary.events == [Metric("x", "y", 1), Done("")]


def test_characters_and_lines_may_come_in_pieces(qtbot: QtBot, queue: Queue) -> None:
    line = '{"event": "Done", "stage": "", "message": "Der Täßt 舞"}'.encode()
    pieces = [line[at : at + 7] for at in range(0, len(line), 7)]
    script = f"for piece in {pieces!r}:\n    raw.write(piece); raw.flush(); time.sleep(0.01)\n"
    jobs, _ = queue(SAY + script)  # and without an end of line
    assert run(qtbot, jobs).message == "Der Täßt 舞"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("sys.exit(0)", "exit code 0"),
        ("sys.exit(1)", "exit code 1"),
        ("sys.exit(77)", "exit code 77"),
        ("say(event='Done', stage=''); sys.exit(77)", "exit code 77"),
        ("say(event='Done', stage='train'); sys.exit(0)", "exit code 0"),
        ("print('hello'); raise RuntimeError('of mine')", "exit code 1"),
        ("os.kill(os.getpid(), 11)", "crashed"),
    ],
)
def test_an_end_without_a_word_is_a_crash_with_a_report(script: str, words: str, qtbot: QtBot, queue: Queue) -> None:
    jobs, _ = queue(SAY + script)
    outcome = run(qtbot, jobs, "train", "x")
    assert outcome.code == Ending.CRASHED and words in outcome.message and outcome.hint
    assert "train x" in outcome.report
    if "of mine" in script:
        assert "RuntimeError: of mine" in outcome.report and "hello" in outcome.report


def test_an_engine_that_is_not_there_is_told(qtbot: QtBot) -> None:
    jobs = Jobs(command=lambda words: ["/nowhere/engine", *words])
    outcome = run(qtbot, jobs, "train")
    assert outcome.code == Ending.CRASHED and "started" in outcome.message and "/nowhere/engine" in outcome.report


DEAF = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"


def test_an_engine_that_does_not_end_is_killed_after_its_own_time_and_the_grace(qtbot: QtBot, queue: Queue) -> None:
    hears = "sys.stdin.readline(); assert sys.stdin.readline() == 'stop\\n'\nsay(event='Stopping', seconds=0.2)\n"
    jobs, diary = queue(SAY + DEAF + "say(event='Started', stage='x')\n" + hears + "time.sleep(600)", grace=0.2)
    jobs.event.connect(lambda job, event: jobs.stop(job) if isinstance(event, Started) else None)
    outcome = run(qtbot, jobs)
    assert outcome.code == Ending.STOPPED and outcome.resumable and "did not answer" in outcome.message
    assert len(diary.of(Stopping)) == 1


def test_an_engine_that_never_answers_is_killed_too(qtbot: QtBot, queue: Queue) -> None:
    jobs, _ = queue(SAY + DEAF + "say(event='Started', stage='x')\ntime.sleep(600)", unanswered=0.3)
    jobs.event.connect(lambda job, event: jobs.stop(job) if isinstance(event, Started) else None)
    assert run(qtbot, jobs).code == Ending.STOPPED


def test_a_stop_before_the_engine_is_up_is_heard(qtbot: QtBot, queue: Queue) -> None:
    hears = "assert [sys.stdin.readline() for _ in range(2)] == ['window\\n', 'stop\\n']\nsys.exit(3)"
    jobs, _ = queue(SAY + hears)
    jobs.started.connect(jobs.stop)
    assert run(qtbot, jobs).code == Ending.STOPPED


def test_waiting_jobs_can_be_taken_back(qtbot: QtBot, queue: Queue) -> None:
    jobs, diary = queue(
        SAY + "say(event='Started', stage='x')\nsys.stdin.readline(); sys.stdin.readline(); sys.exit(3)"
    )
    first, second, third = (jobs.add(["x"], name) for name in "abc")
    jobs.stop(second)
    assert second.outcome and second.outcome.code == Ending.STOPPED
    with qtbot.waitSignal(jobs.started):
        pass
    with qtbot.waitSignal(jobs.emptied):
        jobs.stop_all()
    assert diary.started == [first]
    assert [job for job, _ in diary.ended] == [second, third, first]


def test_one_who_listens_badly_does_not_stop_the_queue(
    qtbot: QtBot, queue: Queue, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs, diary = queue(SAY + "say(event='Started', stage='x'); say(event='Done', stage='')")

    def bad(*_: object) -> None:
        raise RuntimeError("a mistake in a panel")

    for told in (jobs.started, jobs.event, jobs.finished):
        told.connect(bad)
    with qtbot.capture_exceptions() as caught, qtbot.waitSignal(jobs.emptied):
        jobs.add(["x"], "a"), jobs.add(["x"], "b")
    assert len(diary.ended) == 2 and len(caught) == 8
