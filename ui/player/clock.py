"""What time of the video it is while it plays."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Course:
    """How playing goes on from a moment; all times in seconds of the video."""

    begin: float
    rate: float
    """Seconds of the video per second, negative backward."""
    first: float
    last: float
    """The part that is played: from `first` on, up to `last`."""
    loop: bool

    def at(self, elapsed: float) -> float:
        """The video's time after so many seconds of playing."""
        now, length = self.begin + self.rate * elapsed, self.last - self.first
        if self.rate >= 0 and now >= self.last:
            return self.first + (now - self.last) % length if self.loop and length > 0 else self.last
        if self.rate < 0 and now <= self.first:
            return self.last - (self.first - now) % length if self.loop and length > 0 else self.first
        return now

    def ended(self, elapsed: float) -> bool:
        now = self.begin + self.rate * elapsed
        over = now >= self.last if self.rate >= 0 else now <= self.first
        return over and not self.loop


class Clock:
    """Seconds since playing began, by the computer's clock; for when there is no sound to go by."""

    def __init__(self) -> None:
        self._begun = time.perf_counter()

    def start(self, course: Course) -> None:
        self._begun = time.perf_counter()

    def elapsed(self) -> float:
        return time.perf_counter() - self._begun

    def stop(self) -> None:
        pass
