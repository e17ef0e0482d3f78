"""How the clips of a batch stand, as lines for a terminal."""

from collections.abc import Iterable

from dancetransfer.events import Job

SIGNS = {"waiting": " ", "running": ">", "done": "+", "failed": "!", "stopped": "-"}
ORDER = ("running", "failed", "done", "stopped", "waiting")
"""Which are shown where there is no room for all."""


def board(jobs: Iterable[Job], columns: int, rows: int) -> list[str]:
    """At most `rows` lines of less than `columns` characters: a line for each clip, then how many stand how."""
    jobs = list(jobs)
    chosen = sorted(jobs, key=lambda job: ORDER.index(job.state) if job.state in ORDER else len(ORDER))
    shown = {job.name for job in chosen[: max(0, rows - 1)]}
    width = max((len(job.name) for job in jobs), default=0)
    lines = [line_of(job, width) for job in jobs if job.name in shown]
    return [line[: columns - 1] for line in (*lines, counts(jobs))]


def line_of(job: Job, width: int = 0) -> str:
    share = f"{100 * job.share:3.0f} %" if job.state == "running" else job.state
    return f"{SIGNS.get(job.state, ' ')} {job.name.ljust(width)}  {share.ljust(7)}  {job.words}".rstrip()


def counts(jobs: Iterable[Job]) -> str:
    """'3 done, 1 failed, 2 running, 6 waiting'."""
    states = [job.state for job in jobs]
    return ", ".join(
        f"{states.count(state)} {state}" for state in ("done", "failed", "running", "waiting") if state in states
    )
