"""The stage that makes all clips of a list: who is at work, what is tried again, and what is done already."""

import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Job, Notice, Preview, Progress, Started
from dancetransfer.farm.hand import DONE, GRACE_SECONDS, UNANSWERED_SECONDS, Outcome
from dancetransfer.farm.jobs import Batch, Task
from dancetransfer.farm.pool import Lost, Pool, Worker
from dancetransfer.storage import Results, explain, fingerprint, key, write_text

LOOK_SECONDS = 0.2
"""Between two looks at the workers."""
END_SECONDS = 3600.0 + GRACE_SECONDS
"""A stop is waited for no longer, whatever a child has announced."""


@dataclass(eq=False)
class _Row:
    """A task and how it stands."""

    task: Task
    state: str = "waiting"
    words: str = ""
    hint: str = ""
    share: float = 0.0
    tries: int = 0
    begun: float = 0.0
    """When its last try was given out."""
    worker: Worker | None = None

    @property
    def job(self) -> Job:
        files = [str(self.task.output)] if self.state == "done" else []
        return Job(self.task.name, self.state, self.words, self.hint, round(self.share, 3), files)


def batch(plan: Batch, pool: Pool) -> Events:
    """Stage: make every clip that is not done yet, as many at once as the pool has room for.

    Writes the clips, and into the list's folder the projects, a log of each clip and what is done.
    A task whose worker was lost is given to another; one that failed stops no other, and at the end
    a UserError names all that did. `close()` stops the workers in good order.
    """
    if pool.note:
        yield pool.note
    board = _Board(plan, pool)
    try:
        yield from board.run()
    finally:
        board.stop()
    bad = [row for row in board.rows if row.state == "failed"]
    if bad:
        told = "\n".join(f"  {row.task.name}: {row.words} {row.hint}".rstrip() for row in bad)
        raise UserError(
            f"{len(bad)} of {len(board.rows)} clips could not be made:\n{told}",
            "Mend that and give the same command again: what is done is not made again.",
        )
    count = len(board.rows)
    outputs = [str(row.task.output) for row in board.rows]
    yield Done("", f"{'The clip is' if count == 1 else f'All {count} clips are'} ready.", outputs)


class _Board:
    """All tasks, and the workers that are on them."""

    def __init__(self, plan: Batch, pool: Pool) -> None:
        self.plan, self.pool = plan, pool
        self.rows = [_Row(task) for task in plan.tasks]
        plan.folder.mkdir(parents=True, exist_ok=True)
        self.ledger = _Ledger(plan.folder)
        self.proof = plan.folder / "here.txt"
        write_text(self.proof, "Every machine that makes clips of this list has to see this file.\n")
        self.begun = time.monotonic()

    def run(self) -> Iterator[Event]:
        yield Started("batch", len(self.rows), "clips", "Making the clips")
        for row in self.rows:
            if self.ledger.done(row.task):
                row.state, row.words, row.share = "done", "It was ready before.", 1.0
            yield row.job
            yield self._progress()
        ready = sum(row.share for row in self.rows)
        while any(row.state in ("waiting", "running") for row in self.rows):
            yield from self._give_out()
            for row in [row for row in self.rows if row.worker]:
                yield from self._look_at(row)
            yield self._progress(ready)
            time.sleep(LOOK_SECONDS)

    def _give_out(self) -> Iterator[Event]:
        """Waiting tasks to whoever has room; never two of one project at once."""
        working = [row for row in self.rows if row.worker]
        room, busy = self.pool.room() - len(working), {row.task.project for row in working}
        for row in self.rows:
            if room < 1:
                return
            if row.state != "waiting" or row.task.project in busy:
                continue
            room -= 1
            busy.add(row.task.project)
            row.state, row.words, row.share = "running", "Waiting for a machine", 0.0
            if problem := _unwritable(row.task):
                row.state, row.words, row.hint = "failed", problem.message, problem.hint
            else:
                row.tries, row.begun = row.tries + 1, time.monotonic()
                row.worker = self.pool.begin(row.task, self.plan.folder / f"{row.task.name}.log", self.proof)
            yield row.job

    def _look_at(self, row: _Row) -> Iterator[Event]:
        assert row.worker is not None
        try:
            news = row.worker.news()
        except Lost as error:
            row.worker = None
            yield from self._lost(row, f"Its worker was lost: {error}", "")
            return
        if news is None:
            return
        events, outcome = news
        before = row.state, row.words, int(50 * row.share)
        yield from _told(row, events)
        if outcome:
            row.worker.release()
            row.worker = None
            yield from self._ended(row, outcome)
        elif (row.state, row.words, int(50 * row.share)) != before:
            yield row.job

    def _ended(self, row: _Row, outcome: Outcome) -> Iterator[Event]:
        if outcome.lost:
            yield from self._lost(row, outcome.message, outcome.hint)
            return
        if outcome.code == DONE:
            row.state, row.words, row.share = "done", "", 1.0
            self.ledger.note(row.task)
        else:
            row.state, row.words, row.hint = "failed", outcome.message, outcome.hint
        yield row.job

    def _lost(self, row: _Row, message: str, hint: str) -> Iterator[Event]:
        """Another try, or the end of it."""
        if row.tries <= self.plan.retries:
            row.state, row.words = "waiting", f"Try {row.tries + 1}"
            yield Notice(f"{row.task.name}: {message} It is tried again ({row.tries} of {self.plan.retries}).", hint)
        else:
            row.state, row.words, row.hint = "failed", message, hint or "Give the same command again; it goes on."
        yield row.job

    def _progress(self, ready: float = 0.0) -> Progress:
        """Over all clips; `ready` is how much was done before this run, which took it no time."""
        done = sum(row.share if row.state != "failed" else 1.0 for row in self.rows)
        used, made = time.monotonic() - self.begun, done - ready
        left = round(used / made * (len(self.rows) - done), 1) if made > 0.05 else None
        return Progress("batch", round(done, 3), len(self.rows), left)

    def stop(self) -> None:
        """Every child is asked to end, and waited for as long as it has announced."""
        working, begun = [row for row in self.rows if row.worker], time.monotonic()
        for row in working:
            assert row.worker is not None
            row.worker.stop()
        while working and (waited := time.monotonic() - begun) < END_SECONDS:
            for row in [row for row in working if self._ready(row, waited)]:
                working.remove(row)
            time.sleep(LOOK_SECONDS if working else 0)
        for row in self.rows:
            if row.worker:
                row.worker.release()
                row.worker = None

    def _ready(self, row: _Row, waited: float) -> bool:
        """A worker that was asked to end has ended, or never began or is lost."""
        assert row.worker is not None
        try:
            news = row.worker.news()
        except Lost:
            return True
        if news is None:
            return waited > UNANSWERED_SECONDS
        if news[1] is not None and news[1].code == DONE:
            self.ledger.note(row.task)
        return news[1] is not None


def _told(row: _Row, events: list[Event]) -> Iterator[Event]:
    """What a child's events say of its row; what a person should know is passed on under its name."""
    for event in events:
        if isinstance(event, Started) and event.words:
            row.words = event.words
        elif isinstance(event, Progress):
            if event.seconds_left is not None:
                used = time.monotonic() - row.begun
                row.share = max(row.share, min(0.99, used / (used + event.seconds_left + 1e-3)))
        elif isinstance(event, Notice):
            yield Notice(f"{row.task.name}: {event.message}", event.hint)
        elif isinstance(event, Preview):
            yield event


def _unwritable(task: Task) -> UserError | None:
    """Why the clip could not be written in the end, said before it is made."""
    from dancetransfer.outputs import check_output

    try:
        task.output.parent.mkdir(parents=True, exist_ok=True)
        check_output(task.output, task.inputs, task.preset)
    except UserError as error:
        return error
    except OSError as error:
        return explain(error, task.output)
    return None


class _Ledger:
    """Which clips are done: the file is there, made from these inputs in this way."""

    def __init__(self, folder: Path) -> None:
        self._results = Results(folder)
        self._known: dict[Path, str] = {}

    def done(self, task: Task) -> bool:
        return self._results.current(str(task.output), self._key(task))

    def note(self, task: Task) -> None:
        with suppress(FileNotFoundError):  # somebody took it away at once
            self._results.note(str(task.output), self._key(task))

    def _key(self, task: Task) -> str:
        return key("batch", task.about, [self._mark(path) for path in task.inputs])

    def _mark(self, path: Path) -> object:
        if path.is_dir():  # a project: what it has learned, which changes
            return [fingerprint(best) for best in sorted(path.glob("person/runs/*/best.safetensors"))]
        if not path.exists():  # any more: whoever gets the task says so
            return ""
        if path not in self._known:
            self._known[path] = fingerprint(path)
        return self._known[path]
