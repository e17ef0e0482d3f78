"""Which filmed frame stands for each frame of a dance: near in pose, and seldom a jump between two that don't fit.

After Schoedl et al., "Video textures" (2000), and Schoedl and Essa, "Controlled animation of video sprites" (2002).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dancetransfer.pose import poses as p
from dancetransfer.pose.names import SIDES
from dancetransfer.pose.poses import JOINTS, Poses
from dancetransfer.pose.space import COMPARED, Normalized, distances, normalized
from dancetransfer.pose.steps import restarts
from dancetransfer.sprites.frames import Frames
from dancetransfer.sprites.looks import components, symmetric, thumbnails

BEAM = 48
"""Frames that are followed at each moment of the dance, besides what comes after those of the moment before."""
BLOCK = 64
"""Frames of the dance that are compared with all filmed ones at once."""
MOTION_SECONDS = 0.1
"""Velocities, heights per second, weigh as much as the way that they go in this time."""
FASTEST = 10.0
"""Heights per second; what tells nothing about its motion is as far as this."""
LOOK = 1.0
"""Weight of the looks, 0..1, beside poses in heights."""
STRETCH, SHRINK, WIDTH = 6.0, 2.0, 1.0
"""Weights of limbs that are filmed too short, too long, and of trunk and head that are turned otherwise."""
TURN = 0.5
"""Weight of what a transition costs beside the distance of the poses of one frame."""
JUMP = 0.02
"""A jump costs at least this."""
TAPS = (-2, -1, 0, 1, 2)
SPACING_SECONDS = 0.04
"""The diagonal filter: two frames are alike where those around them are, too. Binomial weights."""
NEAR_SECONDS = 0.1
"""A step within a run that is off by less is no jump."""
MIRROR_COST = 0.005
"""A mirrored frame has to be nearer by this: its light comes from the other side."""


@dataclass(frozen=True)
class Choice:
    """A filmed frame for each of T frames of a dance."""

    frame: np.ndarray
    """int [T]: number of the filmed frame; -1 where nobody dances."""
    mirrored: np.ndarray
    """bool [T]"""
    jump: np.ndarray
    """bool [T]: what was filmed before this frame is not what is shown before it; not where the dance itself begins."""
    distance: np.ndarray
    """float32 [T]: how far the poses are apart, in heights; NaN where nobody dances."""


class Chooser:
    """Chooses the frames for dances; what depends on the person alone is made once."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.mirrors = symmetric(frames)
        looks, shown = thumbnails(frames), frames.shown
        motion = _motion(frames.shown, frames.time, frames.run)
        self._run, self._time = frames.run, frames.time
        if self.mirrors:
            looks = np.concatenate([looks, looks[:, :, ::-1]])
            shown, motion = _joined(shown, _flipped(shown)), _joined(motion, _flipped(motion))
            self._run = np.concatenate([frames.run, frames.run + 1 + frames.run.max()])
            self._time = np.tile(frames.time, 2)
        self._shown, self._motion = shown, motion
        self._features = self._filtered(np.concatenate([LOOK * components(looks), _plain(shown, motion)], 1))

    def choose(self, poses: Poses) -> Choice:
        """The best path for a dance in the plate's pixels, by dynamic programming over a beam."""
        count = len(self.frames)
        there = np.flatnonzero(poses.present)
        path, apart = np.full(len(poses), -1), np.full(len(poses), np.nan, np.float32)
        jump = np.zeros(len(poses), bool)
        if len(there):
            step = float(np.median(np.diff(poses.time))) if len(poses) > 1 else 0.04
            path[there], apart[there] = self._best_path(poses[there], restarts(poses)[there], step)
            before, now = path[there][:-1], path[there][1:]
            off = np.abs(self._time[now] - self._time[before] - np.diff(poses.time[there]))
            jump[there[1:]] = (self._run[now] != self._run[before]) | (off > NEAR_SECONDS)
            jump[restarts(poses)] = False
        return Choice(np.where(path >= 0, path % count, -1), path >= count, jump, apart)

    # --- the path -----------------------------------------------------------------------------

    def _best_path(self, poses: Poses, anew: np.ndarray, step: float) -> tuple[np.ndarray, np.ndarray]:
        """Numbers [T] of the chosen frames, mirrored ones behind the others, and their poses' distances [T]."""
        following, beam = self.following(step), Beam(self)
        kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        for t, (cost, pose) in enumerate(self.costs(poses, anew)):
            back = beam.go_on(cost, following, bool(anew[t]))
            kept.append((beam.alive, back, pose[beam.alive]))
        return _traced(kept, int(np.argmin(beam.total)))

    def costs(self, poses: Poses, anew: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """For each asked frame: what each filmed one [N] costs, and how far its pose is [N]."""
        asked = normalized(poses.xy, poses.confidence)
        motion = _motion(asked, poses.time, np.cumsum(anew))
        for start in range(0, len(poses), BLOCK):
            part = slice(start, start + BLOCK)
            pose = distances(asked[part], self._shown)
            cost = pose + MOTION_SECONDS * np.minimum(distances(motion[part], self._motion), FASTEST)
            cost += unlike_bones(asked[part], self._shown)
            cost[:, len(self.frames) :] += MIRROR_COST
            yield from zip(cost, pose, strict=True)

    def turns(self, before: np.ndarray, here: np.ndarray) -> np.ndarray:
        """float32 [A,B]: what it costs to show `here` [B] where `before` [A] would have come next."""
        a, b = self._features[before], self._features[here]
        square = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
        off = np.abs(self._time[here] - self._time[before][:, None]) > NEAR_SECONDS
        off |= self._run[here] != self._run[before][:, None]
        return TURN * np.sqrt(np.maximum(square, 0)) + JUMP * off

    def following(self, seconds: float) -> np.ndarray:
        """int [N]: what comes next, also in the mirror."""
        after = self.frames.after(seconds)
        return np.concatenate([after, after + len(after)]) if self.mirrors else after

    def _filtered(self, features: np.ndarray) -> np.ndarray:
        """Features [N,F] of each frame and its neighbors [N,5F], whose distance is that of Schoedl et al., eq. 2:

        the root of the sum over k of w_k |f(i+k) - f(j+k)|^2, the filter along the diagonal.
        """
        weights = np.sqrt(np.array([1, 4, 6, 4, 1]) / 16)
        around = [self.following(SPACING_SECONDS * tap) for tap in TAPS]
        return np.concatenate([w * features[at] for w, at in zip(weights, around, strict=True)], 1).astype(np.float32)


class Beam:
    """The best paths through the filmed frames so far, moment after moment; what comes later need not be known."""

    def __init__(self, chooser: Chooser) -> None:
        self._chooser = chooser
        self.alive, self.total = np.zeros(0, int), np.zeros(0, np.float32)
        """Where the paths that are followed end [A], and what each has cost."""

    def go_on(self, cost: np.ndarray, following: np.ndarray, anew: bool) -> np.ndarray:
        """One moment further: `cost` [N] of each filmed frame, and what comes after each since the moment before.

        Returns [A] which of the paths before each of `alive` came from; with `anew` the dance begins anew here.
        """
        near = np.argpartition(cost, BEAM)[:BEAM] if len(cost) > BEAM else np.arange(len(cost))
        here = np.union1d(near, following[self.alive])
        if not len(self.alive) or anew:
            come = int(np.argmin(self.total)) if len(self.total) else 0
            back, reached = np.full(len(here), come), np.full(len(here), self.total.min() if len(self.total) else 0.0)
        else:
            whole = self.total[:, None] + self._chooser.turns(following[self.alive], here)
            back = whole.argmin(0)
            reached = whole[back, np.arange(len(here))]
        reached = reached + cost[here]
        best = np.argsort(reached, kind="stable")[: 2 * BEAM]
        self.alive, self.total = here[best], reached[best]
        return back[best]


def _traced(kept: list[tuple[np.ndarray, np.ndarray, np.ndarray]], last: int) -> tuple[np.ndarray, np.ndarray]:
    """The way back from the best end."""
    path, apart = np.empty(len(kept), int), np.empty(len(kept), np.float32)
    for t in range(len(kept) - 1, -1, -1):
        alive, back, pose = kept[t]
        path[t], apart[t] = alive[last], pose[last]
        last = int(back[last])
    return path, apart


# --- poses and motions ----------------------------------------------------------------------------


def _motion(shown: Normalized, time: np.ndarray, run: np.ndarray) -> Normalized:
    """Velocities in heights per second, over the neighbors of each frame in its run; 0 where there are none."""
    count = len(time)
    before, after = np.maximum(np.arange(count) - 1, 0), np.minimum(np.arange(count) + 1, count - 1)
    before = np.where(run[before] == run, before, np.arange(count))
    after = np.where(run[after] == run, after, np.arange(count))
    seconds = np.maximum(time[after] - time[before], 1e-3)
    weight = np.minimum(shown.weight[:, before], shown.weight[:, after])
    x, y = ((one[:, after] - one[:, before]) / seconds * (weight > 0) for one in (shown.x, shown.y))
    return Normalized(x.astype(np.float32), y.astype(np.float32), weight)


_BONES = (
    (p.LEFT_SHOULDER, p.LEFT_ELBOW), (p.LEFT_ELBOW, p.LEFT_WRIST),
    (p.RIGHT_SHOULDER, p.RIGHT_ELBOW), (p.RIGHT_ELBOW, p.RIGHT_WRIST),
    (p.LEFT_HIP, p.LEFT_KNEE), (p.LEFT_KNEE, p.LEFT_ANKLE),
    (p.RIGHT_HIP, p.RIGHT_KNEE), (p.RIGHT_KNEE, p.RIGHT_ANKLE),
)  # fmt: skip
_WIDTHS = ((p.LEFT_SHOULDER, p.RIGHT_SHOULDER), (p.LEFT_HIP, p.RIGHT_HIP), (p.LEFT_EAR, p.NOSE), (p.RIGHT_EAR, p.NOSE))
"""What a turn of the body or the head changes."""


def unlike_bones(asked: Normalized, shown: Normalized) -> np.ndarray:
    """float32 [A,S], heights: how much the limbs would have to be stretched or squeezed, and trunk and head turned.

    In the picture a limb can be turned, but one that points to the camera can't be made long: its pixels are missing.
    """
    total = np.zeros((asked.x.shape[1], shown.x.shape[1]), np.float32)
    for a, b in _BONES:
        longer, known = _length(asked, a, b), _both(asked, shown, a, b)
        more = longer[:, None] - _length(shown, a, b)
        total += known * np.where(more > 0, STRETCH * more, -SHRINK * more) / len(_BONES)
    for a, b in _WIDTHS:
        off = (asked.x[a] - asked.x[b])[:, None] - (shown.x[a] - shown.x[b])
        total += WIDTH * _both(asked, shown, a, b) * np.abs(off) / len(_BONES)
    return total


def _length(poses: Normalized, a: int, b: int) -> np.ndarray:
    return np.asarray(np.hypot(poses.x[a] - poses.x[b], poses.y[a] - poses.y[b]))


def _both(asked: Normalized, shown: Normalized, a: int, b: int) -> np.ndarray:
    """bool [A,S]: a bone is seen in both poses."""
    seen, there = ((one.weight[a] > 0) & (one.weight[b] > 0) for one in (asked, shown))
    return seen[:, None] & there


def _plain(shown: Normalized, motion: Normalized) -> np.ndarray:
    """[N,92]: vectors whose distance is the root mean square over joints, in heights."""
    parts = (shown.x, shown.y, MOTION_SECONDS * motion.x, MOTION_SECONDS * motion.y)
    return np.concatenate(parts).T / np.sqrt(COMPARED)


def _flipped(shown: Normalized) -> Normalized:
    """As in a mirror."""
    order = np.arange(JOINTS)
    left, right = (list(side) for side in SIDES["all"])
    order[left], order[right] = right, left
    order = order[:COMPARED]
    return Normalized(-shown.x[order], shown.y[order], shown.weight[order])


def _joined(a: Normalized, b: Normalized) -> Normalized:
    x, y, weight = (np.concatenate(both, 1) for both in ((a.x, b.x), (a.y, b.y), (a.weight, b.weight)))
    return Normalized(x, y, weight)
