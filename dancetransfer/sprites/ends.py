"""Whose head and hands a moved frame wears: those of another moment where they fit the pose better."""

from dataclasses import dataclass

import numpy as np

from dancetransfer.pose.poses import LEFT_HAND, LEFT_WRIST, NOSE, RIGHT_HAND, RIGHT_WRIST, VISIBLE, Poses
from dancetransfer.pose.steps import restarts
from dancetransfer.sprites.bones import ARMS, HEAD, Bones, bones_of
from dancetransfer.sprites.frames import Frames

MOST = 64
"""Heads that are kept, and hands, as different as the footage has them."""
CALM = 0.5
"""Only the slower part of the frames lends: the others are blurred."""
OWN = -1
FEWEST = 12
"""Joints of a hand without which its shape isn't known."""


@dataclass(frozen=True)
class End:
    """A part of the body that another moment may lend."""

    limb: int
    joint: int
    """Whose speed tells how blurred it is."""
    mirror: int
    """Which of `ENDS` it is in a mirror."""
    flip: tuple[tuple[int, ...], tuple[int, int]]
    """The order of its looks in a mirror, and the signs of x and y."""
    lent: float
    """Heights by which a lent one has to fit better: the own one sits where it was filmed."""
    change: float
    """Heights by which it has to fit better than the one before: what changes from frame to frame trembles."""


_HAND = tuple(range(21)), (1, -1)
ENDS = (
    End(HEAD, NOSE, 0, ((1, 0, 3, 2, 4), (-1, 1)), 0.006, 0.012),
    End(ARMS[0][2], LEFT_WRIST, 2, _HAND, 0.006, 0.012),
    End(ARMS[1][2], RIGHT_WRIST, 1, _HAND, 0.006, 0.012),
)


def looks_of(xy: np.ndarray, confidence: np.ndarray) -> list[np.ndarray]:
    """Of each of `ENDS` float64 [T,K,2] in heights, NaN where unknown; joints [T,133,2] in any pixels, [T,133]."""
    head, *hands = (np.full((len(xy), len(end.flip[0]), 2), np.nan) for end in ENDS)
    for n, (joints, sure) in enumerate(zip(xy, confidence, strict=True)):
        bones = bones_of(joints, sure)
        head[n] = (bones.head[1:] - bones.head[0]) / bones.height
        for side in range(2):
            hands[side][n] = _looks_of_hand(bones, side, joints, sure)
    return [head, *hands]


def _looks_of_hand(bones: Bones, side: int, joints: np.ndarray, sure: np.ndarray) -> np.ndarray:
    """float64 [21,2]: a hand's joints from the wrist, in heights, turned to lie along x."""
    limb, hand = ARMS[side][2], (LEFT_HAND, RIGHT_HAND)[side]
    seen = sure[hand] >= VISIBLE
    if seen.sum() < FEWEST or not bones.known[limb]:
        return np.full((len(seen), 2), np.nan)
    along = bones.end[limb] - bones.start[limb]
    x, y = along / max(float(np.linalg.norm(along)), 1e-6)
    own = (joints[hand] - bones.start[limb]) / bones.height
    return np.where(seen[:, None], own @ np.array([[x, -y], [y, x]]), np.nan)


class Ends:
    """The heads and hands of a person that may be lent, and which of them fit a pose."""

    def __init__(self, frames: Frames) -> None:
        self._looks = looks_of(frames.xy, frames.confidence)
        self.numbers = [_varied(looks, _speed(frames, end.joint)) for end, looks in zip(ENDS, self._looks, strict=True)]
        """int [H] for each of `ENDS`: the frames that lend theirs."""

    def choose(self, poses: Poses, frame: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        """int [T,3]: the frames whose `ENDS` are worn over the filmed frames [T], `OWN` for their own."""
        found = np.full((len(poses), len(ENDS)), OWN)
        at = np.flatnonzero(frame >= 0)
        looks = looks_of(poses.xy[at], poses.confidence[at])
        for n, end in enumerate(ENDS):
            if not len(at) or not len(self.numbers[n]):
                continue
            cost = self.costs(n, looks[n], frame[at], mirrored[at])
            path = _calm_path(cost, restarts(poses)[at], end.change)
            found[at, n] = np.where(path > 0, self.numbers[n][path - 1], OWN)
        return found

    def costs(self, n: int, asked: np.ndarray, frame: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        """float64 [T,1+H]: how badly the own one of each filmed frame [T] fits, and each of those that are lent.

        `asked` [T,K,2]: the looks that the dance asks for.
        """
        own = _apart(asked, self._worn(n, frame, mirrored))
        return np.concatenate([own[:, None], ENDS[n].lent + self._lent(n, asked)], 1)

    def best(self, wanted: int, frame: int, allowed: np.ndarray) -> np.ndarray:
        """int [3]: the frames whose `ENDS` are worn over `frame` in the pose of the filmed frame `wanted`.

        Of those allowed [N].
        """
        found = np.full(len(ENDS), OWN)
        for n, end in enumerate(ENDS):
            asked = self._looks[n][wanted : wanted + 1]
            cost = end.lent + self._lent(n, asked)[0]
            cost[~allowed[self.numbers[n]]] = np.inf
            if len(cost) and cost.min() < _apart(asked, self._looks[n][frame : frame + 1])[0]:
                found[n] = self.numbers[n][cost.argmin()]
        return found

    def _lent(self, n: int, asked: np.ndarray) -> np.ndarray:
        """float64 [A,H]: how badly each one fits."""
        fits = [_apart(asked, self._looks[n][number][None]) for number in self.numbers[n]]
        return np.stack(fits, 1) if fits else np.zeros((len(asked), 0))

    def _worn(self, n: int, frame: np.ndarray, mirrored: np.ndarray) -> np.ndarray:
        order, signs = ENDS[n].flip
        flipped = self._looks[ENDS[n].mirror][frame][:, list(order)] * np.array(signs)
        return np.where(mirrored[:, None, None], flipped, self._looks[n][frame])


class Wearing:
    """What is worn from moment to moment, chosen as `Ends.choose` does, without knowing what comes after."""

    def __init__(self, ends: Ends) -> None:
        self._ends = ends
        self._total: list[np.ndarray | None] = [None] * len(ENDS)

    def go_on(self, poses: Poses, frame: int, mirrored: bool, anew: bool) -> np.ndarray:
        """int [3]: whose `ENDS` are worn over a filmed frame in the one pose of `poses`."""
        found, looks = np.full(len(ENDS), OWN), looks_of(poses.xy, poses.confidence)
        for n, end in enumerate(ENDS):
            if not len(self._ends.numbers[n]):
                continue
            cost = self._ends.costs(n, looks[n], np.array([frame]), np.array([mirrored]))[0]
            total = self._total[n]
            if total is None or anew:
                total = np.zeros(len(cost))
            total = np.minimum(total, total.min() + end.change) + cost
            self._total[n] = total - total.min()  # it would grow for ever
            best = int(total.argmin())
            found[n] = OWN if best == 0 else self._ends.numbers[n][best - 1]
        return found


def _varied(looks: np.ndarray, speed: np.ndarray) -> np.ndarray:
    """Numbers of at most `MOST` calm frames of looks [N,K,2] that are wholly known, as different as can be."""
    whole = np.flatnonzero(np.isfinite(looks).all((1, 2)))
    if not len(whole):
        return whole
    whole = whole[speed[whole] <= np.quantile(speed[whole], CALM)]
    return whole[_spread(looks[whole].reshape(len(whole), -1))]


def _speed(frames: Frames, joint: int) -> np.ndarray:
    """float64 [N]: how far a joint goes from the frame before or to the next, in heights per second."""
    place = frames.xy[:, joint] / np.nan_to_num(frames.stand.height, nan=1.0)[:, None]
    step, time = np.linalg.norm(np.diff(place, axis=0), axis=1), np.diff(frames.time)
    step[(np.diff(frames.run) != 0) | (time <= 0)] = np.nan
    speed = np.nan_to_num(step / np.where(time > 0, time, 1.0), nan=0.0)
    return np.maximum(np.append(speed, 0.0), np.insert(speed, 0, 0.0))


def _apart(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """float64 [T]: heights between the looks [T,K,2] of two, over what is known of both; 0 where nothing is."""
    square = np.square(a - b).sum(-1)
    known = np.isfinite(square)
    return np.sqrt(np.where(known, square, 0).sum(-1) / np.maximum(known.sum(-1), 1))


def _spread(looks: np.ndarray) -> np.ndarray:
    """Numbers of at most `MOST` rows [N,F], each as far as can be from those before it."""
    chosen = [int(np.argmin(np.square(looks - np.median(looks, 0)).sum(1)))]
    far = np.square(looks - looks[chosen[0]]).sum(1)
    while len(chosen) < min(MOST, len(looks)) and far.max() > 0:
        chosen.append(int(far.argmax()))
        far = np.minimum(far, np.square(looks - looks[chosen[-1]]).sum(1))
    return np.array(chosen)


def _calm_path(cost: np.ndarray, anew: np.ndarray, change: float) -> np.ndarray:
    """int [T]: the column of cost [T,S] at each moment, every change costing `change` but where all begins anew."""
    total, back = cost[0].copy(), np.zeros(cost.shape, int)
    for t in range(1, len(cost)):
        least = int(total.argmin())
        changing = 0.0 if anew[t] else change
        stay = total <= total[least] + changing
        back[t] = np.where(stay, np.arange(len(total)), least)
        total = np.where(stay, total, total[least] + changing) + cost[t]
    path = np.empty(len(cost), int)
    path[-1] = int(total.argmin())
    for t in range(len(cost) - 1, 0, -1):
        path[t - 1] = back[t, path[t]]
    return path
