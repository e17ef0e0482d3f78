"""How far an extraction is: frames done, those left, and the seconds they take."""

import time

from dancetransfer.events import Progress
from dancetransfer.extract.parts import Job, Part

STAGE = "poses"


class Count:
    """Frames that are done, with those of warm-ups counted in, and the seconds that are left."""

    def __init__(self, frames: int, parts: list[Part], todo: list[Job]) -> None:
        self._frames = frames
        self._work = sum(part.work for part in parts)
        self._kept = self._work - sum(job.part.work for job in todo)
        self._done: dict[tuple[int, bool], int] = {}
        self._began = time.monotonic()
        self._said: set[str] = set()

    def more(self, jobs: list[Job]) -> list[Job]:
        """Count in jobs that have come up on the way."""
        self._work += sum(job.part.work for job in jobs)
        return jobs

    def heard(self, job: Job, frames: int) -> None:
        self._done[job.part.number, job.region is not None] = frames

    def first_time(self, sentence: str) -> bool:
        said = sentence in self._said
        self._said.add(sentence)
        return not said

    def progress(self) -> Progress:
        done = sum(self._done.values())
        remaining = self._work - self._kept - done
        seconds = time.monotonic() - self._began
        left = seconds * remaining / done if done else None
        share = (self._kept + done) / max(self._work, 1)
        return Progress(STAGE, int(share * self._frames), self._frames, left)
