"""One pair of hands: does a task by the program's own commands, each a child process whose end it survives."""

import contextlib
import os
import platform
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dancetransfer.child import engine_command, environment
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Failed, Stopping, from_line
from dancetransfer.farm.jobs import Task
from dancetransfer.locks import held

Command = Callable[[Sequence[str]], list[str]]
DONE, FAILED, USAGE, STOPPED, CRASHED = 0, 1, 2, 3, -1
"""How a task ended: the exit codes of its last command, and CRASHED for every end that it didn't announce."""
LOCK_SECONDS = 90.0
"""How long the project's lock is waited for: the child of a worker that was lost ends when it hears of that."""
UNANSWERED_SECONDS, GRACE_SECONDS = 60.0, 10.0
"""How long a stop may stay unanswered, and how much longer than announced it may take; then the child is killed."""


@dataclass(frozen=True)
class Outcome:
    """How a task ended."""

    code: int
    message: str = ""
    hint: str = ""

    @property
    def lost(self) -> bool:
        """Nobody knows why; another try may do."""
        return self.code in (STOPPED, CRASHED)


class Hand:
    """Does one task in a thread; every method returns at once.

    The child is told `window`, so that it ends in good order when this process is gone.
    """

    def __init__(self, task: Task, log: Path, proof: Path, threads: int = 0, command: Command = engine_command) -> None:
        """`log`: where the child's words besides events go; `proof`: a file that whoever gives the task has written."""
        self._task, self._log, self._proof, self._threads, self._command = task, log, proof, threads, command
        self._lock = threading.Lock()
        self._events: list[Event] = []
        self._outcome: Outcome | None = None
        self._child: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._deadline: threading.Timer | None = None
        threading.Thread(target=self._work, name=task.name, daemon=True).start()

    def news(self) -> tuple[list[Event], Outcome | None]:
        """What was said since the last time, and how it ended where it has."""
        with self._lock:
            events, self._events = self._events, []
            return events, self._outcome

    def stop(self) -> None:
        """End in good order: what is done is kept."""
        with self._lock:
            self._stopping.set()
            if self._child is not None:
                self._say(self._child, b"stop\n")
        self._end_within(UNANSWERED_SECONDS)

    def _work(self) -> None:
        try:
            outcome = self._done()
        except UserError as error:
            outcome = Outcome(FAILED, error.message, error.hint)
        except Exception as error:
            outcome = Outcome(
                FAILED, f"The program made a mistake: {type(error).__name__}: {error}", "Please report it."
            )
        if self._deadline is not None:
            self._deadline.cancel()
        with self._lock:
            self._outcome = outcome

    def _done(self) -> Outcome:
        """All commands of the task, up to the first that does not end well."""
        self._look()
        outcome = Outcome(DONE)
        for words in self._task.steps:
            self._wait_for_project()
            outcome = Outcome(STOPPED) if self._stopping.is_set() else self._run(words)
            if outcome.code != DONE:
                break
        return outcome

    def _look(self) -> None:
        """UserError where this machine doesn't see the files that the task is about."""
        hint = "On a cluster all files lie on storage that every machine has at the same place."
        for path in (self._proof, *self._task.inputs):
            if not path.exists():
                raise UserError(f"{path} is not there on the machine {platform.node()}.", hint)

    def _wait_for_project(self) -> None:
        lock, begun = self._task.project / "lock", time.monotonic()
        while lock.exists() and not self._stopping.is_set():
            try:
                with held(lock, self._task.project.name):
                    return
            except UserError:
                if time.monotonic() - begun > LOCK_SECONDS:
                    raise
            self._stopping.wait(0.5)

    def _run(self, words: Sequence[str]) -> Outcome:
        """One command as a child process: its events are passed on, its last word tells how it ended."""
        variables = environment(os.environ)
        if self._threads:
            variables["OMP_NUM_THREADS"] = str(self._threads)
        last: Event | None = None
        with open(self._log, "ab") as log:
            child = subprocess.Popen(
                self._command(words),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=variables,
                start_new_session=True,  # a Ctrl-C of the terminal comes as a stop, once
            )
            with self._lock:
                self._child = child
                self._say(child, b"window\nstop\n" if self._stopping.is_set() else b"window\n")
            assert child.stdout is not None
            for event in _events(child.stdout):
                if isinstance(event, Failed) or (isinstance(event, Done) and not event.stage):
                    last = event
                if isinstance(event, Stopping) and self._stopping.is_set():
                    self._end_within(min(event.seconds, 3600) + GRACE_SECONDS)
                with self._lock:
                    self._events.append(event)
            code = child.wait()
            with self._lock:
                self._child = None
                assert child.stdin is not None
                child.stdin.close()
        return _outcome(code, last, self._log)

    def _say(self, child: "subprocess.Popen[bytes]", words: bytes) -> None:
        assert child.stdin is not None
        with contextlib.suppress(OSError):  # it has ended, which its exit code tells
            child.stdin.write(words)
            child.stdin.flush()

    def _end_within(self, seconds: float) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = threading.Timer(seconds, self._kill)
        self._deadline.daemon = True
        self._deadline.start()

    def _kill(self) -> None:
        with self._lock:
            if self._child is not None:
                self._child.kill()


def _events(lines: IO[bytes]) -> Iterator[Event]:
    """The events among a child's lines; others are of no use to anybody."""
    for line in lines:
        with contextlib.suppress(ValueError):
            yield from_line(line.decode("utf-8", "replace"))


def _outcome(code: int, last: Event | None, log: Path) -> Outcome:
    if code == DONE and isinstance(last, Done):
        return Outcome(DONE, last.message)
    if code in (FAILED, USAGE) and isinstance(last, Failed):
        return Outcome(FAILED, last.message, last.hint)
    if code == STOPPED:
        return Outcome(STOPPED, "It was stopped and keeps what it has.")
    how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return Outcome(CRASHED, f"It ended without a word ({how}).", f"What it said before is in {log}.")
