"""Whose head a moved frame wears: a face that looks where the dancer looks, from another moment where it must be."""

import numpy as np

from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steps import restarts
from dancetransfer.sprites.bones import bones_of
from dancetransfer.sprites.frames import Frames

MOST = 64
"""Heads that are kept, as different as the footage has them."""
CALM = 0.5
"""Only the slower part of the frames lends heads: the others are blurred."""
LENT = 0.006
"""Heights by which a lent head has to fit better: the own one sits on its neck as it was filmed."""
CHANGE = 0.012
"""Heights by which it has to fit better than the head before: a face that changes from frame to frame trembles."""
OWN = -1


class Heads:
    """The heads of a person that may be lent, and which of them fits a pose."""

    def __init__(self, frames: Frames) -> None:
        self._frames = frames
        self._looks = looks_of(frames.xy, frames.confidence)
        whole = np.flatnonzero(np.isfinite(self._looks).all((1, 2)))
        if len(whole):
            speed = self._speed()[whole]
            whole = whole[speed <= np.quantile(speed, CALM)]
        self.numbers = whole[_spread(self._looks[whole].reshape(len(whole), -1))]
        """int [H]: the frames whose heads are lent."""

    def choose(self, poses: Poses, frame: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        """int [T]: the frame whose head is worn over the filmed frames [T], `OWN` for their own."""
        found = np.full(len(poses), OWN)
        at = np.flatnonzero(frame >= 0)
        if not len(at) or not len(self.numbers):
            return found
        asked = looks_of(poses.xy[at], poses.confidence[at])
        worn = self._worn(frame[at], mirrored[at])
        cost = np.concatenate([_apart(asked, worn)[:, None], LENT + self._lent(asked)], 1)
        path = _calm_path(cost, restarts(poses)[at])
        found[at] = np.where(path > 0, self.numbers[path - 1], OWN)
        return found

    def best(self, wanted: int, frame: int, allowed: np.ndarray) -> int:
        """The frame whose head is worn over `frame` in the pose of the filmed frame `wanted`, of those allowed [N]."""
        asked = self._looks[wanted : wanted + 1]
        cost = LENT + self._lent(asked)[0]
        cost[~allowed[self.numbers]] = np.inf
        if not len(cost) or not cost.min() < _apart(asked, self._looks[frame : frame + 1])[0]:
            return OWN
        return int(self.numbers[cost.argmin()])

    def _lent(self, asked: np.ndarray) -> np.ndarray:
        """float64 [A,H]: how badly each head fits."""
        return np.stack([_apart(asked, self._looks[n][None]) for n in self.numbers], 1)

    def _worn(self, frame: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        looks = self._looks[frame]
        flipped = looks[:, [1, 0, 3, 2, 4]] * np.array([-1, 1])
        return np.where(mirrored[:, None, None], flipped, looks)

    def _speed(self) -> np.ndarray:
        """float64 [N]: how far the nose goes from the frame before, in heights per second."""
        frames = self._frames
        nose = frames.xy[:, 0] / np.nan_to_num(frames.stand.height, nan=1.0)[:, None]
        step, time = np.linalg.norm(np.diff(nose, axis=0), axis=1), np.diff(frames.time)
        step[(np.diff(frames.run) != 0) | (time <= 0)] = np.nan
        speed = np.nan_to_num(step / np.where(time > 0, time, 1.0), nan=0.0)
        return np.maximum(np.append(speed, 0.0), np.insert(speed, 0, 0.0))


def looks_of(xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """float64 [T,5,2]: eyes, ears and neck from the nose, in heights; NaN where they aren't known.

    Which way a head looks moves them against each other: `xy` [T,133,2] and `confidence` [T,133] in any pixels.
    """
    found = np.full((len(xy), 5, 2), np.nan)
    for n, (joints, sure) in enumerate(zip(xy, confidence, strict=True)):
        bones = bones_of(joints, sure)
        found[n] = (bones.head[1:] - bones.head[0]) / bones.height
    return found


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """float64 [T]: heights between the looks [T,5,2] of two heads, over what is known of both; 0 where nothing is."""
    square = np.square(a - b).sum(-1)
    known = np.isfinite(square)
    return np.sqrt(np.where(known, square, 0).sum(-1) / np.maximum(known.sum(-1), 1))


def _spread(looks: np.ndarray) -> np.ndarray:
    """Numbers of at most `MOST` rows [N,F], each as far as can be from those before it."""
    if not len(looks):
        return np.zeros(0, int)
    chosen = [int(np.argmin(np.square(looks - np.median(looks, 0)).sum(1)))]
    far = np.square(looks - looks[chosen[0]]).sum(1)
    while len(chosen) < min(MOST, len(looks)) and far.max() > 0:
        chosen.append(int(far.argmax()))
        far = np.minimum(far, np.square(looks - looks[chosen[-1]]).sum(1))
    return np.array(chosen)


def _calm_path(cost: np.ndarray, anew: np.ndarray) -> np.ndarray:
    """int [T]: the column of cost [T,S] at each moment, every change costing `CHANGE` but where all begins anew."""
    total, back = cost[0].copy(), np.zeros(cost.shape, int)
    for t in range(1, len(cost)):
        least = int(total.argmin())
        change = 0.0 if anew[t] else CHANGE
        stay = total <= total[least] + change
        back[t] = np.where(stay, np.arange(len(total)), least)
        total = np.where(stay, total, total[least] + change) + cost[t]
    path = np.empty(len(cost), int)
    path[-1] = int(total.argmin())
    for t in range(len(cost) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path
