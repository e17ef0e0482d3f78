"""How a window talks with the engine: events out, `stop` in, exit codes, and streams that nobody disturbs."""

import io
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine import call, command, done, environment, heard, living, run, stages, start

from dancetransfer import transfer
from dancetransfer.cli import console
from dancetransfer.cli.streams import Streams
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Failed, Progress, Started, Stopping, from_line

# --- stopping -------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["the line", "SIGINT", "SIGTERM", "SIGHUP"])
def test_a_stop_is_answered_and_ends_the_whole_tree(how: str, puppet_clips: Path, tmp_path: Path) -> None:
    process = start("poses", puppet_clips / "person.mp4", "-o", tmp_path / "poses.npz")
    assert process.stdin is not None
    events, workers = [], set()
    for event in heard(process):
        events.append(event)
        if isinstance(event, Progress) and not workers:
            workers = living(process.pid)
            if how == "the line":
                process.stdin.write("go on\nstop\n")
                process.stdin.flush()
            else:
                process.send_signal(getattr(signal, how))
    assert process.wait(60) == console.STOPPED
    assert workers
    assert not [number for number in workers if Path(f"/proc/{number}").exists()]
    told = [event for event in events if isinstance(event, Stopping)]
    assert len(told) == 1 and told[0].seconds > 0
    assert not isinstance(events[-1], Failed)
    assert list(tmp_path.iterdir()) == []


def console_run(events: Iterator[Event], stop: console.Stop) -> tuple[int, list[Event]]:
    out = io.StringIO()
    streams = Streams(out, io.StringIO())
    code = console.run(events, console.JsonSink(out), stop, console.Context(True, streams))
    return code, [from_line(line) for line in out.getvalue().splitlines()]


class Deaf:
    """Stands for a stage that is busy for long: it goes on only when the stop has been announced."""

    def __init__(self) -> None:
        self.answered = threading.Event()

    def __call__(self, event: Event) -> None:
        if isinstance(event, Stopping):
            self.answered.set()

    def close(self) -> None:
        pass


@pytest.mark.parametrize("how", ["asked", "SIGTERM"])
def test_a_stop_is_announced_while_a_stage_is_busy(how: str) -> None:
    stop, sink = console.Stop(), Deaf()

    def stage() -> Iterator[Event]:
        yield Started("train")
        if how == "asked":
            threading.Thread(target=stop.ask).start()
        else:
            os.kill(os.getpid(), signal.SIGTERM)
        assert sink.answered.wait(30), "nothing was announced"
        yield Progress("train", 1, 2)
        raise AssertionError("it went on")

    with stop.on_signals():
        context = console.Context(True, Streams(io.StringIO(), io.StringIO()))
        assert console.run(stage(), sink, stop, context) == console.STOPPED  # type: ignore[arg-type]


def test_a_stop_before_the_first_event_is_heard() -> None:
    stop = console.Stop()
    stop.ask()
    code, events = console_run(iter_of(Started("poses"), Done("")), stop)
    assert (code, [type(event) for event in events]) == (console.STOPPED, [Stopping, Started])


def test_a_stop_that_comes_when_all_is_done_is_too_late() -> None:
    stop = console.Stop()

    def stage() -> Iterator[Event]:
        stop.ask()
        yield Done("", "All is there.")

    assert console_run(stage(), stop)[0] == console.DONE


def test_what_fails_while_stopping_is_told() -> None:
    stop = console.Stop()

    def stage() -> Iterator[Event]:
        try:
            stop.ask()
            yield Progress("train", 1, 2)
        finally:
            raise UserError("The disk is full.", "Free some space.")

    code, events = console_run(stage(), stop)
    assert (code, events[-1]) == (console.FAILED, Failed("The disk is full.", "Free some space."))


def iter_of(*events: Event) -> Iterator[Event]:
    yield from events


# --- streams --------------------------------------------------------------------------------------


def test_standard_output_holds_events_alone(transferred: Path) -> None:
    lines = (transferred / "events.jsonl").read_text(encoding="utf-8").splitlines()
    events = [from_line(line) for line in lines]
    assert stages(events) == ["poses", "track", "poses", "track", "steady", "retarget", "cover", *LATER]
    assert all(event.words for event in events if isinstance(event, Started))
    for event in events:
        if isinstance(event, Progress):
            assert event.seconds_left is not None and event.seconds_left >= 0
            assert event.total and 0 <= event.done <= event.total


LATER = ["prepare", "sprites", "train", "render", "export", "score"]


@pytest.mark.parametrize("events", [True, False])
def test_native_talk_does_not_reach_who_reads(events: bool) -> None:
    code = (
        "import os, warnings\nfrom dancetransfer.cli import streams\n"
        f"with streams.taken({events}) as ours:\n"
        "    os.write(1, b'') if " + repr(events) + " else None\n"
        f"    os.write({1 if events else 2}, b'native\\n')\n"
        "    warnings.warn('library')\n"
        "    print('ours \\udcff \\u821e', file=ours.out)\n"
        f"    assert ours.noise().startswith('native') or {events}\n"
        f"os.write(2, b'after\\n')\n"
    )
    ran = subprocess.run([sys.executable, "-P", "-c", code], env=environment(), capture_output=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.decode() == "ours \\udcff 舞\n"
    assert ran.stderr == b"after\n" if not events else b"native" in ran.stderr


def test_nobody_has_to_listen(short_clips: Path, tmp_path: Path) -> None:
    words = command("poses", short_clips / "dance.mp4", "-o", tmp_path / "poses.npz", "--json")
    process = subprocess.Popen(
        words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    )
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()  # a window that died
    assert process.stderr.read().decode().strip() == ""
    assert process.wait(60) == 0
    assert (tmp_path / "poses.npz").exists()


@pytest.mark.skipif(os.name == "nt", reason="a shell is needed that can close streams")
@pytest.mark.parametrize("json_wanted", ["--json", ""])
def test_closed_streams_do_no_harm(json_wanted: str, short_clips: Path) -> None:
    line = " ".join(f"'{word}'" for word in command("info", short_clips / "dance.mp4")) + f" {json_wanted}"
    for closed in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
        ran = subprocess.run(
            ["sh", "-c", f"{line} {closed}"], env=environment(), capture_output=True, timeout=60, text=True
        )
        assert (ran.returncode, ran.stderr) == (0, ""), closed


def test_the_next_command_finds_its_input(short_clips: Path) -> None:
    read, write = os.pipe()
    os.write(write, b"stop\nfor the next command\n")
    os.close(write)
    with os.fdopen(read) as source:
        ran = run("info", short_clips / "dance.mp4", stdin=source)
        assert ran.returncode == 0
        assert source.read() == "stop\nfor the next command\n"


# --- ends -----------------------------------------------------------------------------------------


def test_an_error_is_two_lines_for_a_person_and_one_event_for_a_program(tmp_path: Path) -> None:
    ran = run("info", tmp_path / "none.mp4")
    assert (ran.returncode, ran.stdout) == (1, "")
    assert len(ran.stderr.splitlines()) == 2 and "none.mp4" in ran.stderr
    ran = run("info", tmp_path / "none.mp4", "--json")
    assert ran.returncode == 1
    (line,) = ran.stdout.splitlines()
    assert isinstance(from_line(line), Failed)


def test_a_bug_leaves_its_traceback_in_the_log(finished: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> list[transfer.Task]:
        raise ZeroDivisionError("of ours")

    monkeypatch.setattr(transfer, "export_tasks", broken)
    code, events = call("export", finished, "-o", finished.parent / "again.mp4")
    assert code == 1
    assert isinstance(events[-1], Failed) and events[-1].report == str(finished / "log.txt")
    log = (finished / "log.txt").read_text(encoding="utf-8")
    assert "Traceback" in log and "ZeroDivisionError: of ours" in log


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        [],
        ["transfer", "a.mp4"],
        ["transfer", "a.mp4", "b.mp4", "-o", "c.mp4", "--size", "banana"],
        ["transfer", "a.mp4", "b.mp4", "-o", "c.mp4", "--size", "3"],
        ["transfer", "a.mp4", "b.mp4", "-o", "c.mp4", "--budget", "5m", "--steps", "5"],
        ["transfer", "a.mp4", "b.mp4", "-o", "c.mp4", "--recipe", "magic"],
    ],
    ids=" ".join,
)
def test_wrong_words_are_told_before_anything_is_made(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, events = call(*words)
    assert code == console.USAGE
    assert isinstance(events[-1], Failed) and events[-1].message
    assert list(tmp_path.iterdir()) == []


def test_results_are_data_for_a_program(short_clips: Path) -> None:
    facts = done("info", short_clips / "dance.mp4")[-1]
    assert isinstance(facts, Done)
    assert (facts.result["frames"], facts.result["width"], facts.result["audio"]) == (30, 256, "aac")
    assert json.loads(json.dumps(facts.result)) == facts.result
    report = done("doctor", "--quick")[-1]
    assert isinstance(report, Done)
    assert report.result["used"]["name"] and report.result["forecast"]
