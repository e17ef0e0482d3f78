"""What `speed.py` measures with: seconds of ours and theirs in turns, and the table of their ratios."""

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from dancetransfer.device import cores


@dataclass(frozen=True)
class Spent:
    clock: float
    processor: float


@dataclass
class Row:
    """One line of the table: seconds of ours and theirs, pair by pair."""

    work: str
    against: str
    target: float
    faster: bool = False
    """The ratio is theirs over ours, and shall be at least the target; else ours over theirs, and at most."""
    ours: list[Spent] = field(default_factory=list)
    theirs: list[Spent] = field(default_factory=list)
    note: str = ""
    by_clock: bool = True
    """The target is one of the clock's seconds: needs a machine on which nothing else runs."""

    def pair(self, ours: Callable[[], object], theirs: Callable[[], object], pairs: int) -> "Row":
        for _ in range(pairs):
            self.theirs.append(spent_in(theirs))
            self.ours.append(spent_in(ours))
        return self

    def ratios(self, kind: str) -> list[float]:
        both = [(getattr(a, kind), getattr(b, kind)) for a, b in zip(self.ours, self.theirs, strict=True)]
        return [b / a if self.faster else a / b for a, b in both]

    def cells(self) -> list[str]:
        wanted = f"{'>=' if self.faster else '<='} {self.target:g}"
        clock, processor = (self.ratios(kind) for kind in ("clock", "processor"))
        reached = statistics.median(clock if self.by_clock else processor)
        met = "yes" if (reached >= self.target if self.faster else reached <= self.target) else "no"
        seconds = [f"{statistics.median(one.clock for one in side):.2f}" for side in (self.ours, self.theirs)]
        return [self.work, self.against, wanted, spread(clock), spread(processor), met, *seconds, self.note]


HEAD = ["work", "against", "target", "by the clock", "by the processor", "met", "ours s", "theirs s", ""]


def spread(values: list[float]) -> str:
    """Median, and smallest to largest."""
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def spent_in(work: Callable[[], object]) -> Spent:
    """Seconds of some work, those of the processes it has waited for included."""
    before, clock = os.times(), time.perf_counter()
    work()
    took, after = time.perf_counter() - clock, os.times()
    return Spent(took, sum(after[:4]) - sum(before[:4]))


def table(rows: list[Row]) -> str:
    """Under a line that says what it was measured on."""
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    threads = os.environ.get("OMP_NUM_THREADS", "all")
    lines = [f"{time.strftime('%F')}, {cores()} cores, {threads} threads of torch, load {load}"]
    lines += ["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return "\n".join([*lines, *("| " + " | ".join(row.cells()) + " |" for row in rows)])
