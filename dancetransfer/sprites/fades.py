"""Where the choice of filmed frames jumps, one is faded into the other over a few frames."""

from typing import NamedTuple

import numpy as np

from dancetransfer.sprites.choice import Choice
from dancetransfer.sprites.frames import Frames

FADE_SECONDS = 0.16
"""From the first frame that a jump changes to the last one: four at 25 frames per second."""


class Shown(NamedTuple):
    """A filmed frame with its part of the picture."""

    frame: int
    mirrored: bool
    share: float  # 0..1; those of a picture add up to 1


def faded(frames: Frames, choice: Choice, time: np.ndarray) -> list[tuple[Shown, ...]]:
    """What is seen in each of T frames of a dance at `time` [T]: nothing, one filmed frame, or two near a jump.

    On both sides of a jump its two sequences go on as they were filmed. A fade ends half way to the next jump.
    """
    shown: list[tuple[Shown, ...]] = [
        () if n < 0 else (Shown(int(n), bool(m), 1.0),) for n, m in zip(choice.frame, choice.mirrored, strict=True)
    ]
    edges = np.flatnonzero(choice.jump | (choice.frame < 0) | (np.diff(choice.frame < 0, prepend=True)))
    borders = [0, *edges.tolist(), len(time)]
    for at in np.flatnonzero(choice.jump):
        first = max((border + at) // 2 for border in borders if border < at)
        last = min(-(-(border + at) // 2) for border in borders if border > at)
        middle = (time[at - 1] + time[at]) / 2
        for t in range(first, last):
            share = float(0.5 + (time[t] - middle) / FADE_SECONDS)  # of what comes after the jump
            if not 0.02 < share < 0.98:
                continue
            before, after = (at - 1, t) if t >= at else (t, at)
            old = _elsewhen(frames, int(choice.frame[before]), time[t] - time[before])
            new = _elsewhen(frames, int(choice.frame[after]), time[t] - time[after])
            shown[t] = (
                Shown(old, bool(choice.mirrored[before]), 1 - share),
                Shown(new, bool(choice.mirrored[after]), share),
            )
    return shown


def _elsewhen(frames: Frames, n: int, seconds: float) -> int:
    """The frame of the same run that was filmed so much later than frame `n`, or the run's end."""
    run = np.flatnonzero(frames.run == frames.run[n])
    return int(run[np.argmin(np.abs(frames.time[run] - frames.time[n] - seconds))])
