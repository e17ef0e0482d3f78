"""Runs the engine as a child process: a queue of jobs, their events as signals, the stop, and how each ended."""

import os
import shlex
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import count
from typing import Any

from PySide6.QtCore import QObject, QProcess, QProcessEnvironment, QTimer, Signal

from dancetransfer.child import engine_command, import_path
from dancetransfer.events import Done, Event, Failed, Stopping, from_line

GRACE_SECONDS = 10.0
"""After the announced time of a stop has run out, the engine gets this long before it is killed."""
UNANSWERED_SECONDS = 30.0
"""How long a stop may stay unanswered: the engine may still be loading and hear it then."""
LONGEST_LINE = 16 << 20
"""Bytes; a longer line is no event and is thrown away while it comes."""
TAIL = 16_000
"""Bytes of what the engine said besides events that are kept for the report."""


class Ending(IntEnum):
    """How a job ended: the engine's exit codes, and CRASHED for every end that it didn't announce."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    STOPPED = 3
    CRASHED = -1


@dataclass(frozen=True)
class Outcome:
    """How a job ended, and what to say and do about it."""

    code: Ending
    message: str = ""
    """One or a few sentences: what was made, or what happened."""
    hint: str = ""
    """What to do."""
    report: str = ""
    """Text for whoever has to find the mistake: the end of the log, what the engine said last."""
    files: list[str] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    """What the command tells a program: the facts of `info`, the report of `doctor`."""

    @property
    def resumable(self) -> bool:
        """The same words go on where this ended: every file of a project is whole or not there."""
        return self.code in (Ending.STOPPED, Ending.CRASHED)


@dataclass(eq=False)
class Job:
    """One command of the engine that waits, runs or has ended."""

    words: list[str]
    """The command and its arguments, without `--json`."""
    title: str
    """What it does, for people."""
    id: int
    outcome: Outcome | None = None
    """None until it has ended."""


class Jobs(QObject):
    """A queue of jobs of which one runs at a time. Nothing that an engine does raises here.

    `command` makes the command line from a job's words; `grace` and `unanswered` are the seconds of
    the two constants above.
    """

    added = Signal(object)
    """Job"""
    started = Signal(object)
    """Job; its process is started when all who listen have returned."""
    event = Signal(object, object)  # type: ignore[assignment]  # its namesake of QObject is never overridden here
    """Job, and an event of `dancetransfer.events`"""
    finished = Signal(object, object)
    """Job, Outcome"""
    emptied = Signal()
    """The last job has ended and none waits."""

    def __init__(
        self,
        parent: QObject | None = None,
        command: Callable[[Sequence[str]], list[str]] = engine_command,
        grace: float = GRACE_SECONDS,
        unanswered: float = UNANSWERED_SECONDS,
    ) -> None:
        super().__init__(parent)
        self.gentle = False
        """Jobs that start from now on run at low priority and pause while the user is active."""
        self._command, self._grace, self._unanswered = command, grace, unanswered
        self._numbers = count(1)
        self._waiting: deque[Job] = deque()
        self._engine: _Engine | None = None

    @property
    def current(self) -> Job | None:
        """The job that runs."""
        return self._engine.job if self._engine else None

    @property
    def waiting(self) -> list[Job]:
        """Those that wait, the next one first."""
        return list(self._waiting)

    @property
    def stopping(self) -> bool:
        """The running job has been asked to stop."""
        return self._engine is not None and self._engine.asked

    @property
    def empty(self) -> bool:
        return self._engine is None and not self._waiting

    def add(self, words: Sequence[object], title: str) -> Job:
        """Queue a command; it starts when control is back in the event loop and those before it have ended."""
        job = Job([str(word) for word in words], title, next(self._numbers))
        self._waiting.append(job)
        self.added.emit(job)
        QTimer.singleShot(0, self, self._next)
        return job

    def stop(self, job: Job) -> None:
        """End a job in good order: the running one is asked and keeps what it has, a waiting one never starts."""
        if job in self._waiting:
            self._waiting.remove(job)
            self._end(job, Outcome(Ending.STOPPED, self.tr("It was taken from the queue before it began.")))
        elif self._engine is not None and self._engine.job is job:
            self._engine.stop()

    def stop_all(self) -> None:
        """Stop every job; `emptied` tells when they have ended."""
        for job in reversed(self._waiting.copy()):
            self.stop(job)
        if self._engine is not None:
            self._engine.stop()

    def kill_all(self) -> None:
        """End everything now, without waiting for checkpoints: for a window that can't wait."""
        self._waiting.clear()
        if self._engine is not None:
            self._engine.kill()

    def tell_activity(self, busy: bool) -> None:
        """Whether the user is active; an engine in gentle mode pauses meanwhile."""
        if self._engine is not None:
            self._engine.say("busy" if busy else "idle")

    def _next(self) -> None:
        if self._engine is not None or not self._waiting:
            return
        job = self._waiting.popleft()
        words = [*job.words, "--gentle"] if self.gentle else job.words
        self._engine = _Engine(job, self._command(words), self._grace, self._unanswered, self)
        self._engine.heard.connect(lambda event: self.event.emit(job, event))
        self._engine.ended.connect(lambda outcome: self._ended(job, outcome))
        self.started.emit(job)
        self._engine.start()

    def _ended(self, job: Job, outcome: Outcome) -> None:
        if self._engine is not None:
            self._engine.deleteLater()
            self._engine = None
        self._end(job, outcome)
        self._next()

    def _end(self, job: Job, outcome: Outcome) -> None:
        job.outcome = outcome
        self.finished.emit(job, outcome)
        if self.empty:
            self.emptied.emit()


class _Engine(QObject):
    """The process of one job: lines in, events out, and one Outcome at the end, whatever happens."""

    heard = Signal(object)
    ended = Signal(object)

    def __init__(self, job: Job, command: list[str], grace: float, unanswered: float, parent: QObject) -> None:
        super().__init__(parent)
        self.job, self.asked = job, False
        self._command, self._grace, self._unanswered = command, grace, unanswered
        self._lines, self._noise, self._errors = _Lines(), _Tail(), _Tail()
        self._last: Event | None = None
        """The command's last word: Done with stage "", or Failed."""
        self._killed = self._over = False
        self._deadline = QTimer(self, singleShot=True)
        self._deadline.timeout.connect(self.kill)
        self._process = QProcess(self)
        self._process.setProcessEnvironment(_environment())
        self._process.readyReadStandardOutput.connect(self._read)
        self._process.readyReadStandardError.connect(self._read_errors)
        self._process.errorOccurred.connect(self._on_error)
        self._process.finished.connect(self._on_finished)

    def start(self) -> None:
        self._process.start(self._command[0], self._command[1:])
        self.say("window")
        if self.asked:  # while those who listen to `started` were told
            self.say("stop")

    def say(self, line: str) -> None:
        """A line for the engine's standard input."""
        if self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.write(line.encode() + b"\n")

    def stop(self) -> None:
        if not self.asked:
            self.asked = True
            self.say("stop")
            self._deadline.start(round(1000 * self._unanswered))

    def kill(self) -> None:
        self._killed = True
        self._process.kill()

    def _read(self) -> None:
        for line in self._lines.of(bytes(self._process.readAllStandardOutput().data())):
            self._hear(line)

    def _read_errors(self) -> None:
        self._errors.add(bytes(self._process.readAllStandardError().data()))

    def _hear(self, line: bytes) -> None:
        try:
            event = from_line(line.decode("utf-8", "replace"))
        except ValueError:
            self._noise.add(line + b"\n")
            return
        if isinstance(event, Failed) or (isinstance(event, Done) and not event.stage):
            self._last = event
        if isinstance(event, Stopping) and self.asked:
            self._deadline.start(round(1000 * (min(max(0.0, event.seconds), 3600.0) + self._grace)))
        self.heard.emit(event)

    def _on_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:  # the one error after which `finished` doesn't come
            self._errors.add(self._process.errorString().encode())
            self._finish(self._crash(self.tr("The engine could not be started.")))

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        self._read()
        self._read_errors()
        if rest := self._lines.rest():
            self._hear(rest)
        self._finish(self._outcome(code, status == QProcess.ExitStatus.NormalExit))

    def _finish(self, outcome: Outcome) -> None:
        if not self._over:
            self._over = True
            self._deadline.stop()
            self.ended.emit(outcome)

    def _outcome(self, code: int, regular: bool) -> Outcome:
        last = self._last
        if isinstance(last, Done) and regular and code == Ending.DONE:
            return Outcome(Ending.DONE, last.message, files=last.files, result=last.result)
        if isinstance(last, Failed) and regular and code in (Ending.FAILED, Ending.USAGE):
            report = self._report(code, _log(last.report)) if last.report or code == Ending.USAGE else ""
            return Outcome(Ending(code), last.message, last.hint, report)
        if regular and code == Ending.STOPPED:
            return Outcome(Ending.STOPPED, self.tr("It was stopped and keeps what it has."), self._go_on())
        if self._killed:
            words = self.tr("It did not answer the stop and was ended. What it had written is kept.")
            return Outcome(Ending.STOPPED, words, self._go_on(), self._report(code))
        if regular:
            return self._crash(self.tr("The engine ended without saying why (exit code {}).").format(code), code)
        return self._crash(self.tr("The engine was ended from outside or crashed."), code)

    def _crash(self, message: str, code: int | None = None) -> Outcome:
        hint = self.tr("Start it again: it goes on from what it has. If that fails too, please report it.")
        return Outcome(Ending.CRASHED, message, hint, self._report(code))

    def _go_on(self) -> str:
        return self.tr("Start it again whenever you like: it goes on from there.")

    def _report(self, code: int | None, log: str = "") -> str:
        """What was run, how it ended, and the last words of all who spoke."""
        parts = [f"command: {shlex.join(self._command)}", f"exit code: {'none' if code is None else code}"]
        for title, text in (("log", log), ("errors", self._errors.text()), ("output", self._noise.text())):
            if text:
                parts.append(f"--- {title}\n{text}")
        return "\n".join(parts)


class _Lines:
    """Bytes that come in pieces, as lines; of what has no end of line only so much is kept."""

    def __init__(self) -> None:
        self._begun = bytearray()
        self._too_long = False

    def of(self, piece: bytes) -> list[bytes]:
        """The lines that this piece completes."""
        found = []
        *ends, rest = piece.split(b"\n")
        for end in ends:
            if not self._too_long and len(self._begun) + len(end) <= LONGEST_LINE:
                found.append(bytes(self._begun) + end)
            self._begun.clear()
            self._too_long = False
        if len(self._begun) + len(rest) > LONGEST_LINE:
            self._begun.clear()
            self._too_long = True
        if not self._too_long:
            self._begun += rest
        return found

    def rest(self) -> bytes:
        """A last line without its end."""
        return b"" if self._too_long else bytes(self._begun)


class _Tail:
    """The end of what somebody says."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def add(self, piece: bytes) -> None:
        self._kept += piece[-TAIL:]
        del self._kept[:-TAIL]

    def text(self) -> str:
        return self._kept.decode("utf-8", "replace").strip()


def _environment() -> QProcessEnvironment:
    """Ours, in which the engine is found where this process has it, also in a checkout."""
    environment = QProcessEnvironment.systemEnvironment()
    if path := import_path(environment.value("PYTHONPATH")):
        environment.insert("PYTHONPATH", path)
    return environment


def _log(path: str) -> str:
    """The end of the log that a bug's traceback went to."""
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - TAIL))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
