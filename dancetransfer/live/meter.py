"""How quickly pictures come and how late they are: over the last seconds, and on the whole. Its size never grows."""

import time
from collections import deque

import numpy as np

LATELY_SECONDS = 3.0
FINEST, LONGEST = 0.001, 20.0
"""Seconds: steps in which latencies are counted, and the longest one that is told from others."""


class Meter:
    """Counts pictures as they are shown."""

    def __init__(self) -> None:
        self._lately: deque[tuple[float, float]] = deque()
        """When a picture was shown, and how long after it was captured."""
        self._counts = np.zeros(round(LONGEST / FINEST) + 1, np.int64)
        self._first = self._last = 0.0
        self.pictures = 0

    def shown(self, captured: float, now: float | None = None) -> None:
        """A picture captured at that moment (`time.monotonic()`) is shown now."""
        now = time.monotonic() if now is None else now
        late = max(0.0, now - captured)
        self._first = now if not self.pictures else self._first
        self._last = now
        self.pictures += 1
        self._counts[min(round(late / FINEST), len(self._counts) - 1)] += 1
        self._lately.append((now, late))
        self._forget(now)

    def _forget(self, now: float) -> None:
        while self._lately and now - self._lately[0][0] > LATELY_SECONDS:
            self._lately.popleft()

    def lately(self, now: float | None = None) -> tuple[float, float, float]:
        """Pictures per second, median and 95th percentile of the seconds they were late, of the last three seconds."""
        now = time.monotonic() if now is None else now
        self._forget(now)
        if len(self._lately) < 2:
            return 0.0, 0.0, 0.0
        late = [one for _, one in self._lately]
        rate = (len(self._lately) - 1) / max(now - self._lately[0][0], 1e-6)
        return rate, float(np.median(late)), float(np.percentile(late, 95))

    def whole(self) -> tuple[float, float, float]:
        """The same over all pictures."""
        if self.pictures < 2:
            return 0.0, 0.0, 0.0
        rate = (self.pictures - 1) / max(self._last - self._first, 1e-6)
        return rate, self._late(0.5), self._late(0.95)

    def _late(self, share: float) -> float:
        return float(FINEST * np.searchsorted(np.cumsum(self._counts), share * self.pictures))
