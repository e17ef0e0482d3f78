"""Runs a command's events: shows them to a person or as JSON lines, hears the stop, and ends with an exit code."""

import contextlib
import errno
import os
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

from dancetransfer.cli.board import board, line_of
from dancetransfer.cli.gentle import Gentle
from dancetransfer.cli.streams import Streams
from dancetransfer.errors import UserError
from dancetransfer.events import (
    Done,
    Event,
    Events,
    Failed,
    Job,
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
INTERRUPTED = 130
"""Of a second Ctrl-C, which doesn't wait for anything."""
LEAST_STOP_SECONDS = 5.0
"""Writing a checkpoint takes this long at least, as it is announced."""


class Usage(Exception):
    """The command's words are off: the sentence, a line break, and the hint."""


class Context:
    """What a command may ask of the console besides yielding events."""

    def __init__(self, json_wanted: bool, streams: Streams, stopped: Callable[[], bool] = lambda: False) -> None:
        """`stopped`: whether the user wants the command to end."""
        self.json, self.streams, self.stopped = json_wanted, streams, stopped
        self.ends_itself = False
        """A stop is how this command usually ends: it looks for that itself, and is then done, not interrupted."""
        self.folder: Path | None = None
        """The project, once there is one: a bug's traceback goes to its log."""

    def ask(self, question: str) -> bool:
        """Yes or no from the terminal; UserError where nobody is there to answer."""
        if self.json or sys.stdin is None or not sys.stdin.isatty():
            raise UserError("This needs a yes.", "Give it with --yes.")
        self.streams.err.write(f"{question} [y/N] ")
        self.streams.err.flush()
        heard = signal.signal(signal.SIGINT, signal.default_int_handler)  # Ctrl-C is a no
        try:
            return sys.stdin.readline().strip().lower() in ("y", "yes")
        except KeyboardInterrupt:
            return False
        finally:
            signal.signal(signal.SIGINT, heard)


class Stop:
    """Whether the user wants the command to end, heard from a signal or the line `stop`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = threading.Event()
        self._tell: Callable[[], None] | None = None

    @property
    def wanted(self) -> bool:
        return self._asked.is_set()

    def ask(self) -> None:
        with self._lock:
            first = not self.wanted
            self._asked.set()
            if first and self._tell:
                self._tell()

    def wait(self, seconds: float) -> bool:
        """Sleep, but not beyond a stop; whether one is wanted."""
        return self._asked.wait(seconds)

    def tell(self, heard: Callable[[], None]) -> None:
        """`heard` is called once, at once, from the thread that hears the stop."""
        with self._lock:
            self._tell = heard
            if self.wanted:
                heard()

    def listen(self, source: int, others: Callable[[str], None] = lambda word: None) -> None:
        """Read the lines of a file number in a thread of its own; `others` hears every word but these two:

        `stop`, and `window`, which says that somebody looks on: the end of the lines is a stop then.
        """

        def read() -> None:
            rest, watched = b"", False
            # Not through sys.stdin: a thread that waits in it can't be left behind at the end.
            with contextlib.suppress(OSError):
                while block := os.read(source, 4096):
                    *lines, rest = (rest + block).split(b"\n")
                    for word in (line.decode("utf-8", "replace").strip() for line in lines):
                        watched |= word == "window"
                        self.ask() if word == "stop" else others(word)
            if watched:
                self.ask()

        threading.Thread(target=read, name="stop", daemon=True).start()

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Ctrl-C, a polite kill and the closing terminal end the command as `stop` does; a second Ctrl-C at once.

        The signals' numbers come through a socket to a thread, which hears them even while the
        main thread is in native code for seconds. Off the main thread nothing is heard.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        ears, mouth = socket.socketpair()
        mouth.setblocking(False)

        def read() -> None:
            with ears, contextlib.suppress(OSError):
                while numbers := ears.recv(16):
                    if self.wanted and signal.SIGINT in numbers:
                        os._exit(INTERRUPTED)
                    self.ask()

        names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        chosen = [getattr(signal, name) for name in names]
        chosen = [one for one in chosen if signal.getsignal(one) != signal.SIG_IGN]  # nohup
        before = {one: signal.signal(one, lambda *_: None) for one in chosen}
        number = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
        threading.Thread(target=read, name="signals", daemon=True).start()
        try:
            yield
        finally:
            signal.set_wakeup_fd(number)
            for one, handler in before.items():
                signal.signal(one, handler)
            mouth.close()


class JsonSink:
    """Events as JSON lines on standard output, which belongs to them alone."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._lock = out, threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock, contextlib.suppress(OSError):  # nobody reads any more: the work goes on
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
        self._share = 0.0
        self._left: float | None = None
        self._shown = ""
        self._said: set[Notice] = set()
        self._jobs: dict[str, Job] = {}
        self._above = 0
        """Lines of the board that stand above the progress line."""
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._show(event)

    def _show(self, event: Event) -> None:
        if isinstance(event, Started):
            self._words = event.words or WORDS.get(event.stage, event.stage)
            self._draw() if self._live else self._say(self._err, self._words)
        elif isinstance(event, Progress):
            self._progress(event)
        elif isinstance(event, Notice):
            if event not in self._said:
                self._said.add(event)
                self._say(self._err, f"Note: {event.message}" + (f"\n      {event.hint}" if event.hint else ""))
        elif isinstance(event, Job):
            self._job(event)
        elif isinstance(event, Stopping):
            self._say(self._err, f"Stopping, which takes up to {in_words(event.seconds)}. The same command goes on.")
        elif isinstance(event, Failed):
            self._say(self._err, event.message + (f"\n{event.hint}" if event.hint else ""))
            if event.report:
                self._say(self._err, f"The report is in {event.report}")
        elif isinstance(event, Done):
            if event.message:
                self._done(event)
        elif isinstance(event, (Metric, Preview)):
            pass  # the progress line has no room for them; `--json` and the run's folder have

    def _done(self, event: Done) -> None:
        if not event.stage:
            self._say(self._out, event.message)
        else:
            self._say(self._err, f"{self._words}: {event.message}")

    def _job(self, event: Job) -> None:
        before = self._jobs.get(event.name)
        if not self._jobs and os.name == "nt":
            os.system("")  # lets a Windows console read what moves the cursor
        self._jobs[event.name] = event
        if self._live:
            self._draw()
        elif before is None or (before.state, before.words) != (event.state, event.words):
            self._say(self._err, line_of(event))

    def _progress(self, event: Progress) -> None:
        if not self._live:
            return
        used = time.monotonic() - self._begun
        left = event.seconds_left
        share = used / (used + left) if left is not None and used + left > 0 else None
        if share is None:
            share = event.done / event.total if event.total else 0.0
        share = min(1.0, share)
        # Within a chain, of which the time left is known, the bar never goes back.
        self._share = share if left is None or self._left is None else max(self._share, share)
        self._left = left
        self._words = event.words or self._words
        self._draw()

    def _draw(self) -> None:
        """The progress line, cut to the terminal's width."""
        filled = round(self._share * self.WIDTH)
        bar = "#" * filled + "." * (self.WIDTH - filled)
        rest = f", {in_words(self._left)} left" if self._left else ""
        columns, rows = shutil.get_terminal_size()
        if self._jobs:
            self.clear()
            lines = board(self._jobs.values(), columns, rows - 2)
            self._err.write("".join(f"{one}\n" for one in lines))
            self._above = len(lines)
        line = f"[{bar}] {100 * self._share:3.0f} %  {self._words}{rest}"
        if len(line) >= columns:
            line = f"{100 * self._share:3.0f} %  {self._words}{rest}"[: columns - 1]
        self._err.write("\r" + line.ljust(len(self._shown)))
        self._err.flush()
        self._shown = line

    def _say(self, to: TextIO, text: str) -> None:
        self.clear()
        to.write(text + "\n")
        to.flush()

    def clear(self) -> None:
        """Take the progress line away."""
        if self._shown:
            self._err.write("\r" + " " * len(self._shown) + "\r")
            self._shown = ""
        if self._above:
            self._err.write(f"\x1b[{self._above}A\x1b[J")
            self._above = 0
        self._err.flush()

    def close(self) -> None:
        with self._lock, contextlib.suppress(OSError):
            self.clear()


WORDS = {
    "poses": "Finding the person",
    "track": "Cleaning the track",
    "steady": "Looking whether the camera stands still",
    "retarget": "Fitting the dance to the person",
    "cover": "Comparing the dance with the person's video",
    "prepare": "Preparing the person",
    "sprites": "A first preview with the person's own frames",
    "train": "Learning the person",
    "render": "Rendering the dance",
    "export": "Writing the clip",
    "music": "Cutting the dance to the music",
    "score": "Scoring",
    "loop": "Looking for what repeats",
    "live": "Dancing live",
    "puppets": "Drawing the built-in dancers",
    "side by side": "Putting dance, skeleton, result and truth side by side",
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


def run(events: Events, sink: Sink, stop: Stop, context: Context, gentle: Gentle | None = None) -> int:
    """Pass a command's events on until it ends or is stopped; returns the exit code.

    A UserError is told in its two sentences. Any other error is a bug: its traceback goes to the
    project's log. With `gentle` the command rests between its events while the user is active.
    """
    longest, last = 0.0, time.monotonic()

    def heard() -> None:
        waiting = time.monotonic() - last  # a stage that yields seldom, as far as is known
        sink(Stopping(round(LEAST_STOP_SECONDS + 2 * max(longest, waiting), 1)))

    stop.tell(heard)
    try:
        with contextlib.closing(events):  # type: ignore[type-var]  # a stopped stage writes what it has
            for event in events:
                now = time.monotonic()
                worked, last = now - last, now
                longest = max(longest, worked)
                sink(event)
                if stop.wanted and not context.ends_itself and not (isinstance(event, Done) and not event.stage):
                    return STOPPED
                if gentle:
                    gentle.pause(worked, stop.wait)
                    last = time.monotonic()
        return DONE
    except Usage as error:
        sink(Failed(*str(error).split("\n", 1)))
        return USAGE
    except Exception as error:
        known = _known(error, context)
        if known is None:
            return _bug(sink, context)
        sink(Failed(known.message, known.hint))
        return FAILED
    finally:
        sink.close()


def _known(error: Exception, context: Context) -> UserError | None:
    """What a person can mend about an error; None where it is a bug."""
    if isinstance(error, UserError):
        return error
    refused = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES)
    if isinstance(error, OSError) and error.errno in refused:
        named = Path(os.fsdecode(error.filename)) if error.filename else None
        return explain(error, named or (context.folder or Path.cwd()) / "a file")
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return UserError(
            "The memory has run out.", "Close other programs or choose a smaller --size, then give the command again."
        )
    return None


def _bug(sink: Sink, context: Context) -> int:
    """Keep the traceback where the user can copy it from."""
    text = traceback.format_exc()
    report = ""
    if context.folder is not None:
        log = context.folder / "log.txt"
        with contextlib.suppress(OSError), open(log, "a", encoding="utf-8", errors="backslashreplace") as file:
            told = time.strftime("%Y-%m-%d %H:%M:%S ") + " ".join(sys.argv[1:])
            file.write(f"{told}\n{text}\n{context.streams.noise()}\n")
            report = str(log)
    if not report:
        with contextlib.suppress(OSError):
            context.streams.err.write(text)
    what = text.strip().splitlines()[-1]
    hint = "Please report it with the log." if report else "Please report it with the lines above."
    sink(Failed(f"The program made a mistake: {what}", hint, report))
    return FAILED
