"""The program as its users start it: as a process, or its command line in this one; and what it says."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dancetransfer.cli.parser import main
from dancetransfer.cli.streams import Streams
from dancetransfer.events import Done, Event, Failed, Notice, Started, from_line

ROOT = Path(__file__).resolve().parents[1]
TINY = ("--recipe", "fast", "--size", "64", "--width", "8", "--blocks", "1", "--device", "cpu")
"""A network that is hardly one."""


def command(*words: object) -> list[str]:
    return [sys.executable, "-P", "-m", "dancetransfer", *map(str, words)]


def environment() -> dict[str, str]:
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path)}


def run(*words: object, **options: Any) -> "subprocess.CompletedProcess[str]":
    """The finished process of a command, with its output as text."""
    options = {"stdin": subprocess.DEVNULL, "capture_output": True, "timeout": 300, **options}
    return subprocess.run(command(*words), env=environment(), text=True, encoding="utf-8", **options)


def start(*words: object, **options: Any) -> "subprocess.Popen[str]":
    """The running process of a command with pipes to all three streams, and --json."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    whole = {**pipes, "env": environment(), **options}
    return subprocess.Popen(command(*words, "--json"), text=True, encoding="utf-8", **whole)


def heard(process: "subprocess.Popen[str]") -> Iterator[Event]:
    """The events of a running process, each when it comes."""
    assert process.stdout is not None
    for line in process.stdout:
        yield from_line(line)


def call(*words: object) -> tuple[int, list[Event]]:
    """Exit code and events of a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    code = main([*map(str, words), "--json"], Streams(out, err))
    return code, [from_line(line) for line in out.getvalue().splitlines()]


def done(*words: object) -> list[Event]:
    """The events of a command that has to end well."""
    code, events = call(*words)
    assert code == 0, events[-1]
    return events


def failed(*words: object) -> Failed:
    """How a command fails that has to: with exit code 1, a sentence and a hint."""
    code, events = call(*words)
    assert code == 1, events[-1]
    last = events[-1]
    assert isinstance(last, Failed) and not last.report, last
    assert last.message.endswith(".") and "\n" not in last.message
    assert last.hint and "\n" not in last.hint
    return last


def stages(events: Sequence[Event]) -> list[str]:
    """The stages that had something to do, in order."""
    return [event.stage for event in events if isinstance(event, Started)]


def notices(events: Sequence[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Notice)]


def last(events: Sequence[Event]) -> Done:
    """A command's last word."""
    event = events[-1]
    assert isinstance(event, Done) and not event.stage
    return event


def strays(folder: Path) -> list[Path]:
    """Files below a folder that somebody began and did not finish."""
    return [path for path in folder.rglob(".*") if path.is_file()]


def living(process: int) -> set[int]:
    """Processes that were started by `process` (its children and theirs) and run, by /proc."""
    parents = {}
    for entry in Path("/proc").iterdir():
        try:
            number, rest = int(entry.name), (entry / "stat").read_text().rsplit(")", 1)[1].split()
        except (ValueError, OSError, IndexError):
            continue
        if rest[0] != "Z":
            parents[number] = int(rest[1])
    found = {process}
    while more := {number for number, parent in parents.items() if parent in found} - found:
        found |= more
    return (found - {process}) & parents.keys()
