"""Which of the person's own frames is shown for the newest pose, without knowing what comes after."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steps import Step
from dancetransfer.sprites.choice import NEAR_SECONDS, Beam, Choice
from dancetransfer.sprites.ends import ENDS, OWN, Wearing
from dancetransfer.sprites.sprites import SpriteDance, Sprites

RECENT = 8
"""Pictures that what fades is told from."""
NEIGHBORS = 3
"""Poses that tell the newest one's speed."""


@dataclass(frozen=True)
class _Shown:
    """What was chosen for a picture."""

    time: float
    number: int
    """Of a filmed frame, mirrored ones behind the others; -1 where nobody is."""
    jump: bool
    ends: np.ndarray
    """int [3]: whose head and hands it wears."""


class Choosing:
    """The end of the cheapest path so far, by the costs of `sprites.choice`.

    A jump has been paid for before it is shown: the path that makes it has to be the cheaper one, jump and all, so
    the choice doesn't waver between two that fit about as well.
    """

    def __init__(self, sprites: Sprites) -> None:
        self._sprites, self._chooser = sprites, sprites.chooser
        self._beam, self._wearing = Beam(self._chooser), Wearing(sprites.ends)
        self._recent: deque[_Shown] = deque(maxlen=RECENT)

    def __call__(self, poses: Poses, boxes: np.ndarray, anew: bool) -> Step:
        """The layer for the last of some poses in the plate, of which all but the last were given before.

        With `anew` the dance begins anew with it.
        """
        self._recent.append(self._chosen(poses, anew))
        count = min(len(self._recent), len(poses))
        recent, filmed = list(self._recent)[-count:], len(self._chooser.frames)
        number = np.array([one.number for one in recent])
        jump = np.array([one.jump for one in recent])
        jump[0] = False  # what it came from is no longer known
        choice = Choice(np.where(number >= 0, number % filmed, -1), number >= filmed, jump, np.zeros(count, np.float32))
        ends = np.stack([one.ends for one in recent])
        dance = SpriteDance(self._sprites, poses[-count:], boxes[-count:], (choice, ends))
        return next(iter(dance.steps(count - 1, count)))

    def _chosen(self, poses: Poses, anew: bool) -> _Shown:
        time = float(poses.time[-1])
        if not poses.present[-1]:
            return _Shown(time, -1, False, np.full(len(ENDS), OWN))
        near = poses[-NEIGHBORS:]
        near = near[np.flatnonzero(near.present)]
        fresh = np.zeros(len(near), bool)
        fresh[-1] = anew
        cost = list(self._chooser.costs(near, fresh))[-1][0]
        last = next((one for one in reversed(self._recent) if one.number >= 0), None)
        following = self._chooser.following(time - last.time if last else 0.0)
        self._beam.go_on(cost, following, anew or last is None)
        self._beam.total = self._beam.total - self._beam.total.min()  # it would grow for ever
        number = int(self._beam.alive[self._beam.total.argmin()])
        jump = last is not None and not anew and not self._goes_on(last, number, time)
        filmed = len(self._chooser.frames)
        ends = self._wearing.go_on(poses[-1:], number % filmed, number >= filmed, anew)
        return _Shown(time, number, jump, ends)

    def _goes_on(self, last: _Shown, number: int, time: float) -> bool:
        """Whether a filmed frame comes after the one that was shown last, as it was filmed."""
        frames, count = self._chooser.frames, len(self._chooser.frames)
        before, now = last.number % count, number % count
        same = frames.run[before] == frames.run[now] and (last.number >= count) == (number >= count)
        return bool(same and abs(frames.time[now] - frames.time[before] - (time - last.time)) <= NEAR_SECONDS)
