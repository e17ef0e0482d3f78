"""Seconds to pixels and back: how far the timeline is zoomed in and scrolled, and words for times."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass

STEPS = (0.04, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)
"""Seconds that marks of the ruler may be apart."""
FRAME_PIXELS = 48
"""A frame is never drawn wider than this."""


@dataclass
class Scale:
    """A window of `width` pixels onto `duration` seconds; `start` seconds is at pixel 0."""

    duration: float = 0.0
    width: float = 1.0
    start: float = 0.0
    rate: float = 0.0
    """Pixels of a second; 0: as many as show everything."""
    frame: float = 1 / 25

    @property
    def least(self) -> float:
        """The rate that shows everything."""
        return self.width / max(self.duration, self.frame)

    @property
    def per_second(self) -> float:
        return max(self.rate, self.least)

    @property
    def seconds(self) -> float:
        """How much is seen."""
        return self.width / self.per_second

    @property
    def stop(self) -> float:
        return self.start + self.seconds

    @property
    def whole(self) -> bool:
        """Everything is seen."""
        return self.per_second <= self.least * (1 + 1e-9)

    def x(self, seconds: float) -> float:
        return (seconds - self.start) * self.per_second

    def time(self, x: float) -> float:
        """Seconds at a pixel, within the video."""
        return min(max(self.start + x / self.per_second, 0.0), self.duration)

    def zoom(self, factor: float, x: float) -> None:
        """Zoom in by `factor`; what is at pixel x stays there."""
        under = self.start + x / self.per_second
        most = max(self.least, FRAME_PIXELS / self.frame)
        self.rate = min(max(self.per_second * factor, self.least), most)
        if self.whole:
            self.rate = 0.0
        self.start = under - x / self.per_second
        self.settle()

    def scroll(self, pixels: float) -> None:
        self.start += pixels / self.per_second
        self.settle()

    def settle(self) -> None:
        """Keep the window inside the video."""
        self.start = min(max(self.start, 0.0), max(0.0, self.duration - self.seconds))

    def show(self, seconds: float, margin: float = 0.1) -> bool:
        """Scroll so that a time is seen, with a part of the window beside it; whether it had to."""
        before = self.start
        if seconds < self.start or seconds > self.stop:
            self.start = seconds - margin * self.seconds
        self.settle()
        return self.start != before


def marks(scale: Scale, apart: float) -> tuple[float, list[float]]:
    """Seconds between the labels of a ruler at least `apart` pixels from each other, and where they stand."""
    step = next((one for one in STEPS if one * scale.per_second >= apart), STEPS[-1])
    first = int(scale.start / step)
    count = int(scale.seconds / step) + 2
    places = [(first + number) * step for number in range(count)]
    return step, [place for place in places if place <= scale.duration + 1e-9]


def clock(seconds: float, digits: int = 0) -> str:
    """1:02.50; hours only where there are any."""
    units = round(seconds * 10**digits)
    whole, rest = divmod(units, 10**digits)
    hours, minutes = whole // 3600, whole // 60 % 60
    text = f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"
    return f"{text}.{rest:0{digits}d}" if digits else text


def nearest(times: Sequence[float], wanted: float, reach: float) -> float | None:
    """The one of rising `times` that is nearest, within `reach` seconds."""
    at = bisect.bisect_left(times, wanted)
    near = [times[i] for i in (at - 1, at) if 0 <= i < len(times) and abs(times[i] - wanted) <= reach]
    return min(near, key=lambda one: abs(one - wanted), default=None)
