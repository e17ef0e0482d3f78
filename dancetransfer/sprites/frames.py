"""The person's filmed frames as a collection: each found by its pose, with what comes after it."""

from dataclasses import dataclass

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.footage.pairs import TRAIN, Footage
from dancetransfer.pose.space import UNLIKE, Normalized, Stand, distances, normalized, stand_of

STILL, COMPARED = 0.03, 100
"""Heights by which most poses of a person who moves are apart at least, told from so many of them."""


@dataclass(frozen=True)
class Frames:
    """N frames of one or more clips, clip after clip, in order of time."""

    footage: list[Footage]
    clip: np.ndarray
    """int [N]: number of the clip."""
    position: np.ndarray
    """int [N]: position in the clip's footage."""
    run: np.ndarray
    """int [N]: number of the unbroken run of neighboring frames that it belongs to."""
    time: np.ndarray
    """float64 [N], seconds in its clip."""
    xy: np.ndarray
    """float32 [N,133,2], pixels of the plate."""
    confidence: np.ndarray
    """float32 [N,133]."""
    stand: Stand
    shown: Normalized

    def __len__(self) -> int:
        return len(self.clip)

    def crop(self, n: int) -> np.ndarray:
        """uint8 [H,W,4]: RGB and mask of frame `n`."""
        return np.asarray(self.footage[self.clip[n]].crops[self.position[n]])

    def box(self, n: int) -> np.ndarray:
        """float64 [4]: where that crop lies in the plate, in pixel edges."""
        box: np.ndarray = self.footage[self.clip[n]].boxes[self.position[n]]
        return box

    def nearest(self, xy: np.ndarray, confidence: np.ndarray) -> int:
        """The frame nearest to a pose (xy [133,2] pixels of any frame, confidence [133]); the first for an empty one.

        The distance is that of `pose.space`. A frame that hardly shows what is asked is taken only
        where none shows more.
        """
        return int(np.argmin(distances(normalized(xy[None], confidence[None]), self.shown)[0]))

    @property
    def still(self) -> bool:
        """All frames show about the same pose."""
        some = self.shown[np.unique(np.linspace(0, len(self) - 1, COMPARED).astype(int))]
        apart = distances(some, some)
        return bool(np.percentile(apart[apart < UNLIKE / 2], 95) < STILL)

    def after(self, seconds: float) -> np.ndarray:
        """int [N]: the frame that is filmed this much later (earlier where it is below 0), at most the run's last."""
        found = np.arange(len(self))
        for run in np.unique(self.run):
            at = np.flatnonzero(self.run == run)
            wanted = self.time[at] + seconds
            right = np.searchsorted(self.time[at], wanted).clip(1, max(len(at) - 1, 1)) if len(at) > 1 else 0
            if len(at) > 1:
                nearer = wanted - self.time[at[right - 1]] < self.time[at[right]] - wanted
                found[at] = at[right - nearer]
        return found


def frames_of(footage: list[Footage], part: int | None = TRAIN) -> Frames:
    """The frames of a part of the footage, or of all; UserError where there is none."""
    runs: list[tuple[int, np.ndarray]] = []
    for number, one in enumerate(footage):
        parts = one.runs(part) if part is not None else _unbroken(one)
        runs += [(number, run) for run in parts]
    if not runs:
        raise UserError("There is no frame of the person to look up.", "Add a longer video of the person.")
    clip = np.concatenate([np.full(len(run), number) for number, run in runs])
    position = np.concatenate([run for _, run in runs])
    length = [len(run) for _, run in runs]
    poses = [(footage[number].poses, run) for number, run in runs]
    xy = np.concatenate([one.xy[run] for one, run in poses])
    confidence = np.concatenate([one.confidence[run] for one, run in poses])
    time = np.concatenate([one.time[run] for one, run in poses])
    stand = stand_of(xy, confidence)
    shown = normalized(xy, confidence, stand)
    return Frames(footage, clip, position, np.repeat(np.arange(len(runs)), length), time, xy, confidence, stand, shown)


def _unbroken(one: Footage) -> list[np.ndarray]:
    at = np.arange(len(one.index))
    broken = (np.diff(one.index) != 1) | (np.diff(one.poses.shot) != 0)
    return [run for run in np.split(at, np.flatnonzero(broken) + 1) if len(run)]
