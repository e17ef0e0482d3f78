"""Which frame belongs to a time, and which ones come next."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

EXACT = 1e-4
"""Seconds by which a frame may begin after the time that is meant: times go through files and pixels."""
REFRESH = 60
"""Pictures a second that a screen shows; at more, frames are passed over evenly."""
AHEAD = 12
"""Frames that are decoded before their time."""


@dataclass(frozen=True)
class Frames:
    """The frames of the video whose times count."""

    times: Sequence[float] = field(default_factory=list)
    """Seconds, rising."""
    duration: float = 0.0
    """Seconds up to the end of the last frame."""
    fps: float = 0.0

    def number(self, seconds: float) -> int:
        """The latest frame at or before a time; the first one before all."""
        return max(0, bisect_right(self.times, seconds + EXACT) - 1)

    def last(self, stop: float) -> int:
        """The last frame that is shown before a time."""
        return self.number(min(stop, self.duration) - 2 * EXACT)

    def stop(self, number: int) -> float:
        """When a frame gives way to the next."""
        return self.times[number + 1] if number + 1 < len(self.times) else self.duration

    def step(self, rate: float) -> int:
        """Every which frame is shown, so that fast playing asks for no more than can be seen."""
        return max(1, round(abs(rate) * self.fps / REFRESH))

    def due(self, seconds: float, rate: float) -> int:
        """The frame to be shown while it plays."""
        number = self.number(seconds)
        return number - number % self.step(rate)

    def upcoming(self, number: int, rate: float, part: tuple[float, float], loop: bool) -> list[int]:
        """The frames that are due after one while a part plays, over the loop's seam."""
        step = self.step(rate) if rate > 0 else -self.step(rate)
        first, last = self.number(part[0]), self.last(part[1])
        coming: list[int] = []
        for _ in range(AHEAD):
            number += step
            if (step > 0 and number > last) or (step < 0 and number < first):
                if not loop:
                    break
                number = first if step > 0 else last
            if 0 <= number < len(self.times):
                coming.append(number)
        return coming

    def wait(self, number: int, seconds: float, rate: float) -> int:
        """Milliseconds from a time on until the frame after this one is due."""
        edge = self.stop(number + self.step(rate) - 1) if rate > 0 else self.times[number]
        return max(1, min(50, int(abs(edge - seconds) / abs(rate) * 1000) + 1))
