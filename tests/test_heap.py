"""What a stage has let go is there for the processes of the next one."""

import gc
import platform
from collections.abc import Iterator
from pathlib import Path

import pytest

from dancetransfer.events import Event, Started
from dancetransfer.transfer import Task, chain


def resident() -> float:
    """Megabytes of this process."""
    row = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
    return int(row.split()[1]) / 1024


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries give memory back by themselves")
def test_memory_of_a_stage_is_given_back_before_the_next() -> None:
    pins, seen = [], []

    def work() -> Iterator[Event]:
        yield Started("work")
        pieces = [bytes(2000) for _ in range(60_000)]
        pins.append(pieces[-1])  # what lies behind the others keeps the C library from giving them back
        seen.append(resident())

    def after() -> Iterator[Event]:
        yield Started("after")
        seen.append(resident())

    gc.collect()
    for _ in chain([Task("", "work", 1.0, work), Task("", "after", 1.0, after)]):
        pass
    assert seen[1] < seen[0] - 90
