"""Keeps out of the user's way: low priority, and pauses while the user is active."""

import contextlib
import os
import threading
from collections.abc import Callable

NICENESS = 10
"""Of 19: below everything that a user waits for, still above what runs only on an idle machine."""
LONGEST_PAUSE = 0.5
"""Seconds; a pause is as long as the work before it, so the user gets every second moment."""


class Gentle:
    """Whether the user is active, as the lines `busy` and `idle` tell, and what follows from it."""

    def __init__(self) -> None:
        self._busy = threading.Event()

    def hear(self, word: str) -> None:
        if word == "busy":
            self._busy.set()
        elif word == "idle":
            self._busy.clear()

    def pause(self, worked: float, wait: Callable[[float], object]) -> None:
        """Rest after `worked` seconds of work while the user is active; `wait` sleeps, and wakes up for a stop."""
        if self._busy.is_set():
            wait(min(LONGEST_PAUSE, worked))


def lower_priority() -> None:
    """Of this process and of those that it starts; where the system refuses, it stays as it was."""
    if os.name == "nt":  # by the book; no author's machine could try it
        import ctypes

        kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
        kernel.SetPriorityClass(kernel.GetCurrentProcess(), 0x4000)  # BELOW_NORMAL_PRIORITY_CLASS
    else:
        with contextlib.suppress(OSError):
            os.nice(max(0, NICENESS - os.nice(0)))
