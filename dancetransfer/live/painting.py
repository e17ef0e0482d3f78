"""Fitted poses to finished pictures: the dancer over the plate, with the visible label, one after the other."""

from collections import deque
from collections.abc import Iterator

import numpy as np

from dancetransfer.footage.pairs import boxes_of
from dancetransfer.learn.dancing import Dancing
from dancetransfer.live.choosing import Choosing
from dancetransfer.live.fitting import Fitted
from dancetransfer.live.laying import laid, on_pixels
from dancetransfer.live.performers import Performer
from dancetransfer.portable.engine import draw_one
from dancetransfer.pose.crop import PARTS, part_boxes
from dancetransfer.pose.poses import Poses, person_box
from dancetransfer.pose.steps import RESTART_SECONDS, Step, restarts
from dancetransfer.video.disclosure import draw_label

FOLLOW_SECONDS = 1.2
"""How far back the crop's path is told from."""
PART_SECONDS = 0.3
"""How far back the places of face and hands are told from: more than their smoothing reaches."""
STALE_SECONDS = 0.16
"""A last picture older than this is not fed back: generators have learned from neighbors at 25 frames/s. Measured on
built-in dancers, every fifth frame drawn: `fast` 20.7 dB with it and 21.5 without, `best` 21.4 and 21.3."""
RIM = 0.015
"""Part of a crop's height that stays free around whoever moves too quickly for it."""


class Painter:
    """Draws each pose as it comes; what it remembers does not grow."""

    def __init__(self, performer: Performer) -> None:
        self._performer = performer
        self._network: Dancing | None = performer.network
        self._choosing = Choosing(performer.own) if performer.own else None
        if self._network is not None:
            draw_one(self._network)  # the first one takes longer than any other
        self._drawn: deque[tuple[Fitted, np.ndarray]] = deque()
        """Poses and their boxes [4]."""
        self._state: np.ndarray | None = None
        self._seen = -np.inf
        """When somebody was drawn last."""
        self._plate = draw_label(performer.plate)
        self._shown = self._plate

    def __call__(self, fitted: Fitted | None) -> np.ndarray:
        """RGB uint8 [H,W,3]; the plate alone where nobody is, after 0.3 s in which the last picture stands."""
        if fitted is None:
            return self._plate
        poses, boxes = self._with(fitted)
        if not poses.present[-1]:
            if fitted.time - self._seen > RESTART_SECONDS:
                self._shown = self._plate
            return self._shown
        if fitted.time - self._seen > STALE_SECONDS:
            self._state = None
        self._seen = fitted.time
        step = self._step(poses, boxes)
        self._shown = draw_label(laid(self._performer.plate, step.layer, step.box))
        return self._shown

    def _with(self, fitted: Fitted) -> tuple[Poses, np.ndarray]:
        """What was drawn lately and the newest pose, and their boxes [T,4]."""
        while self._drawn and fitted.time - self._drawn[0][0].time > FOLLOW_SECONDS:
            self._drawn.popleft()
        kept = [*(one for one, _ in self._drawn), fitted]
        plate = self._performer.plate
        poses = Poses(
            np.stack([one.xy for one in kept]),
            np.stack([one.confidence for one in kept]),
            np.array([one.time for one in kept]),
            (plate.shape[1], plate.shape[0]),
        )
        box = on_pixels(around(boxes_of(poses, self._performer.plan)[-1], person_box(poses)[-1]))
        self._drawn.append((fitted, box))
        return poses, np.stack([one for _, one in self._drawn])

    def _step(self, poses: Poses, boxes: np.ndarray) -> Step:
        last, anew = len(poses) - 1, bool(restarts(poses)[-1])
        if self._network is None:
            assert self._choosing is not None
            return self._choosing(poses, boxes, anew)

        def own(start: int, stop: int) -> Iterator[Step]:
            assert self._choosing is not None
            yield self._choosing(poses, boxes, anew)

        parts = np.full((len(poses), len(PARTS), 4), np.nan)
        if self._network.refiners:
            lately = poses[np.flatnonzero(poses.time >= poses.time[-1] - PART_SECONDS)]
            parts[last] = part_boxes(lately)[-1]
        moved = own if self._choosing else None
        step = next(iter(self._network.steps(poses, boxes, last, last + 1, self._state, parts, moved)))
        self._state = step.state
        return step


def around(box: np.ndarray, person: np.ndarray) -> np.ndarray:
    """A crop [4], moved where the person's box [4] would leave it, and larger where that doesn't do."""
    if not np.isfinite(person).all():
        return box
    size = box[2:] - box[:2]
    free = RIM * size[1]
    grown = max(1.0, *((person[2:] - person[:2] + 2 * free) / size))
    middle, size = (box[:2] + box[2:]) / 2, grown * size
    low, high = person[2:] + free - size / 2, person[:2] - free + size / 2
    middle = np.clip(middle, np.minimum(low, high), np.maximum(low, high))
    return np.concatenate([middle - size / 2, middle + size / 2])
