"""What a lane of the timeline shows: a video's pictures, sound, curves with problems, and the part that is used."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PySide6.QtGui import QImage

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Problem:
    """A stretch worth looking at."""

    start: float
    """Seconds."""
    stop: float
    words: str
    """For people."""


@dataclass(frozen=True)
class Strip:
    """A curve under a lane."""

    name: str
    times: "np.ndarray"
    """float64 [N] seconds, rising."""
    values: "np.ndarray"
    """float32 [N], 0 (bad) to 1 (good); NaN: nothing is known."""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Thumbs:
    """A strip of small pictures side by side."""

    image: QImage
    width: int
    """Pixels of one picture in the image."""
    every: float
    """Seconds from one to the next; the first is at 0."""

    def __len__(self) -> int:
        return self.image.width() // self.width


@dataclass(frozen=True, eq=False)
class Lane:
    """One video."""

    name: str
    duration: float
    """Seconds; 0: nothing is known yet."""
    thumbs: Thumbs | None = None
    peaks: "np.ndarray | None" = None
    """float32 [N,2] lowest and highest sample (-1..1) of each step; None: no sound."""
    per_second: float = 100.0
    """Steps of `peaks` in a second."""
    beats: tuple[float, ...] = ()
    """Seconds."""
    strips: tuple[Strip, ...] = ()
    trim: tuple[float, float] | None = None
    """The part that is used, in seconds; None: all of it."""
    frame: float = field(default=1 / 25)
    """Seconds of one frame, for steps."""

    @property
    def used(self) -> tuple[float, float]:
        """The part that is used, within the video."""
        start, stop = self.trim or (0.0, self.duration)
        start = min(max(start, 0.0), self.duration)
        return start, max(start, min(stop, self.duration))

    @property
    def problems(self) -> list[Problem]:
        """Those of all strips, in order of time."""
        return sorted((one for strip in self.strips for one in strip.problems), key=lambda one: (one.start, one.stop))
