"""The process's three standard streams: ours carry our words, what native libraries say goes elsewhere."""

import contextlib
import faulthandler
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TextIO

NOISE = 4000
"""Bytes of the libraries' last words that go into the report of a bug."""


@dataclass(frozen=True)
class Streams:
    """Where a command's words go, and what libraries have said meanwhile."""

    out: TextIO
    err: TextIO
    noise: Callable[[], str] = lambda: ""


@contextlib.contextmanager
def taken(events: bool) -> Iterator[Streams]:
    """The process's streams for one command.

    With `events` standard output belongs to them alone: whatever else writes there (also native
    code) ends on standard error. Without, a person reads both streams, so what libraries say goes
    to a file of which only the report of a bug shows the end. A stream that the caller has closed
    is replaced by nothing, so that no file of ours gets its number.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    encoding = "utf-8" if events or sys.stdout is None else sys.stdout.encoding
    before = sys.stdout, sys.stderr
    with contextlib.ExitStack() as stack:
        out, err = (stack.enter_context(_text(number, encoding)) for number in (1, 2))
        faulthandler.enable(err)
        stack.callback(faulthandler.disable)
        if events:
            stack.enter_context(_diverted(1, 2))
            sys.stdout = sys.stderr = err
            streams = Streams(out, err)
        else:
            file = stack.enter_context(tempfile.TemporaryFile())
            stack.enter_context(_diverted(2, file.fileno()))
            sys.stdout, sys.stderr = out, stack.enter_context(_text(2, encoding))
            streams = Streams(out, err, lambda: _tail(file.fileno()))
        try:
            yield streams
        finally:
            sys.stdout, sys.stderr = before


@contextlib.contextmanager
def _text(number: int, encoding: str) -> Iterator[TextIO]:
    """A stream onto the same place as a number, which takes every character and may have lost its reader."""
    stream = os.fdopen(os.dup(number), "w", encoding=encoding, errors="backslashreplace", newline="\n")
    try:
        yield stream
    finally:
        with contextlib.suppress(OSError):
            stream.close()


@contextlib.contextmanager
def _diverted(number: int, onto: int) -> Iterator[None]:
    kept = os.dup(number)
    os.dup2(onto, number)
    try:
        yield
    finally:
        os.dup2(kept, number)
        os.close(kept)


def _tail(number: int) -> str:
    size = os.fstat(number).st_size
    os.lseek(number, max(0, size - NOISE), os.SEEK_SET)
    return os.read(number, NOISE).decode("utf-8", "replace")
