"""How this program is started as a child process of itself: by the window, and by a batch."""

import os
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path


def engine_command(words: Sequence[str]) -> list[str]:
    """Program and arguments of an engine that does `words`: the one place that knows how it is started.

    `-P` keeps a stranger's packages in the working directory out.
    """
    return [sys.executable, "-P", "-m", "dancetransfer", *words, "--json"]


def import_path(before: str = "") -> str:
    """PYTHONPATH `before` with what an engine needs to be found where this process has it, also in a checkout."""
    root = str(Path(__file__).resolve().parents[1])
    installed = root in (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"))
    return before if installed else os.pathsep.join(filter(None, [root, before]))


def environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The variables `ours`, with which an engine is found."""
    path = import_path(ours.get("PYTHONPATH", ""))
    return {**ours, "PYTHONPATH": path} if path else dict(ours)
