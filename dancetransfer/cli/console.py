"""Runs a command's events: shows them to a person or as JSON lines, hears the stop, and ends with an exit code."""

import contextlib
import errno
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from dancetransfer.errors import UserError
from dancetransfer.events import (
    Done,
    Event,
    Events,
    Failed,
    Metric,
    Notice,
    Preview,
    Progress,
    Started,
    Stopping,
    to_line,
)
from dancetransfer.storage import explain

DONE, FAILED, USAGE, STOPPED = 0, 1, 2, 3
"""Exit codes; a stopped command goes on when it is given again."""
LEAST_STOP_SECONDS = 5.0
"""Writing a checkpoint takes this long at least, as it is announced."""


class Usage(Exception):
    """The command's words are off: the sentence, a line break, and the hint."""


class Context:
    """What a command may ask of the console besides yielding events."""

    def __init__(self, json_wanted: bool) -> None:
        self.json = json_wanted
        self.log: Path | None = None
        """Where a bug's traceback goes; the project's log once there is one."""

    def ask(self, question: str) -> bool:
        """Yes or no from the terminal; UserError where nobody is there to answer."""
        if self.json or not sys.stdin.isatty():
            raise UserError("This needs a yes.", "Give it with --yes.")
        return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")


class Stop:
    """Whether the user wants the command to end, heard from a signal or the line `stop`."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self.heard: Callable[[], None] = lambda: None
        """Called once, at once, from the thread or handler that hears it."""

    @property
    def wanted(self) -> bool:
        return self._event.is_set()

    def ask(self) -> None:
        if not self._event.is_set():
            self._event.set()
            self.heard()

    def listen(self, source: TextIO) -> None:
        """Read lines in a thread of its own; `stop` is the only word."""

        def read() -> None:
            with contextlib.suppress(ValueError, OSError):
                for line in source:
                    if line.strip() == "stop":
                        self.ask()

        threading.Thread(target=read, name="stop", daemon=True).start()

    def on_signals(self) -> None:
        """Ctrl-C and a polite kill end the command as `stop` does; a second Ctrl-C ends it at once."""

        def handle(number: int, frame: object) -> None:
            if self.wanted and number == signal.SIGINT:
                os._exit(130)
            self.ask()

        for name in ("SIGINT", "SIGTERM"):
            signal.signal(getattr(signal, name), handle)


class JsonSink:
    """Events as JSON lines on standard output, which belongs to them alone."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock, contextlib.suppress(BrokenPipeError):
            self._out.write(to_line(event) + "\n")
            self._out.flush()

    def close(self) -> None:
        pass


class TerminalSink:
    """Events for a person: one progress line on a terminal, else a line per stage; results on stdout."""

    WIDTH = 24

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out, self._err = out, err
        self._live = err.isatty()
        self._begun = time.monotonic()
        self._words = ""
        self._shown = ""
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock:
            self._show(event)

    def _show(self, event: Event) -> None:
        if isinstance(event, Started):
            self._words = WORDS.get(event.stage, event.stage)
            if not self._live:
                self._say(self._err, self._words)
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Notice):
            self._say(self._err, f"Note: {event.message}" + (f"\n      {event.hint}" if event.hint else ""))
        elif isinstance(event, Stopping):
            self._say(self._err, f"Stopping, which takes about {event.seconds:.0f} s. What is done is kept.")
        elif isinstance(event, Failed):
            self._say(self._err, event.message + (f"\n{event.hint}" if event.hint else ""))
            if event.report:
                self._say(self._err, f"The report is in {event.report}")
        elif isinstance(event, Done):
            if event.message:
                self._say(self._out if not event.stage else self._err, event.message)
        elif isinstance(event, (Metric, Preview)):
            pass  # the progress line has no room for them; `--json` and the run's folder have

    def _progress(self, event: Progress) -> None:
        if not self._live:
            return
        used = time.monotonic() - self._begun
        left = event.seconds_left
        share = used / (used + left) if left is not None and used + left > 0 else None
        if share is None:
            share = event.done / event.total if event.total else 0.0
        filled = round(min(1.0, share) * self.WIDTH)
        bar = "#" * filled + "." * (self.WIDTH - filled)
        line = f"[{bar}] {100 * min(1.0, share):3.0f} %  {self._words}" + (f", {in_words(left)} left" if left else "")
        self._err.write("\r" + line.ljust(len(self._shown)))
        self._err.flush()
        self._shown = line

    def _say(self, to: TextIO, text: str) -> None:
        self.clear()
        with contextlib.suppress(BrokenPipeError):
            to.write(text + "\n")
            to.flush()

    def clear(self) -> None:
        """Take the progress line away."""
        if self._shown:
            self._err.write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""

    def close(self) -> None:
        self.clear()


WORDS = {
    "poses": "Finding the person",
    "track": "Cleaning the track",
    "fit": "Fitting the dance to the person",
    "prepare": "Preparing the person",
    "train": "Learning the person",
    "render": "Rendering the dance",
    "export": "Writing the clip",
    "score": "Scoring",
    "puppets": "Drawing the built-in dancers",
    "doctor": "Looking at this machine",
    "weights": "Installing weights",
}
"""What a stage is called before people."""


def in_words(seconds: float) -> str:
    """'40 s', 'about 5 min', 'about 2.5 h'."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 90 * 60:
        return f"about {round(seconds / 60)} min"
    return f"about {seconds / 3600:.1f} h"


Sink = JsonSink | TerminalSink


def run(events: Events, sink: Sink, stop: Stop, context: "Context") -> int:
    """Pass a command's events on until it ends or is stopped; returns the exit code.

    A UserError is told in its two sentences. Any other error is a bug: its traceback goes to the
    context's log.
    """
    longest, last = 0.0, time.monotonic()
    told = False

    def heard() -> None:
        nonlocal told
        if not told:
            told = True
            sink(Stopping(round(LEAST_STOP_SECONDS + 2 * longest, 1)))

    stop.heard = heard
    try:
        for event in _closing(events):
            now = time.monotonic()
            longest, last = max(longest, now - last), now
            sink(event)
            if stop.wanted:
                return STOPPED
    except UserError as error:
        sink(Failed(error.message, error.hint))
        return FAILED
    except Usage as error:
        sink(Failed(*str(error).split("\n", 1)))
        return USAGE
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES):
            known = explain(error, Path(error.filename or "a file"))
            sink(Failed(known.message, known.hint))
            return FAILED
        return _bug(sink, context.log)
    except Exception:
        return _bug(sink, context.log)
    finally:
        sink.close()
    return STOPPED if stop.wanted else DONE


def _closing(events: Events) -> Iterator[Event]:
    """The events; when the caller leaves, the stage is closed, so that it writes what it has."""
    try:
        yield from events
    finally:
        close = getattr(events, "close", None)
        if close:
            close()


def _bug(sink: Sink, log: Path | None) -> int:
    """Keep the traceback where the user can copy it from."""
    text = traceback.format_exc()
    report = ""
    if log is not None:
        with contextlib.suppress(OSError), open(log, "a", encoding="utf-8") as file:
            file.write(time.strftime("%Y-%m-%d %H:%M:%S ") + " ".join(sys.argv[1:]) + "\n" + text + "\n")
            report = str(log)
    if not report:
        sys.stderr.write(text)
    what = text.strip().splitlines()[-1]
    sink(Failed(f"The program made a mistake: {what}", "Please report it with the log.", report))
    return FAILED
