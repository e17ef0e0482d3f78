"""What a generator that mixes in the person's own frames learns from: each filmed pose, shown by another moment."""

import numpy as np

from dancetransfer.pose.space import Normalized, distances
from dancetransfer.sprites.choice import unlike_bones
from dancetransfer.sprites.fades import Shown
from dancetransfer.sprites.kept import Kept
from dancetransfer.sprites.sprites import Sprites

APART_SECONDS = 1.0
"""Moments nearer than this look too much like the asked one: a dance has no such luck."""
RANKS = 10
"""One of so many best moments is taken, by turns: a dance's poses are met less well than the person's own. On a real
clip (juggle, two minutes) one of ten gave 0.2 dB on the person and 1.1 dB on the face over one of three from half a
second away."""
MEMORY = 400_000_000
"""Bytes of layers that are kept; others are made anew."""


class Others:
    """For each frame of the person another one, moved to its pose; the same one every time it is asked for."""

    def __init__(self, sprites: Sprites) -> None:
        self.sprites, frames = sprites, sprites.frames
        places = zip(frames.clip.tolist(), frames.position.tolist(), strict=True)
        self._number = {place: n for n, place in enumerate(places)}
        self._kept = Kept[int, np.ndarray](MEMORY, lambda layer: layer.nbytes)

    def layer(self, clip: int, position: int) -> np.ndarray:
        """uint8 [H,W,4] for a frame of the footage; empty where there is no other moment."""
        n = self._number[clip, position]
        return self._kept(n, lambda: self._made(n))

    def _made(self, n: int) -> np.ndarray:
        frames = self.sprites.frames
        asked = Normalized(*(one[:, n : n + 1] for one in (frames.shown.x, frames.shown.y, frames.shown.weight)))
        off = distances(asked, frames.shown)[0] + unlike_bones(asked, frames.shown)[0]
        away = np.where(frames.clip == frames.clip[n], np.abs(frames.time - frames.time[n]), np.inf)
        near = away < min(APART_SECONDS, 0.5 * away.max())  # of a very short film its farther half
        near[n] = True
        far = np.flatnonzero(~near)
        if not len(far):
            return np.zeros((self.sprites.size[1], self.sprites.size[0], 4), np.uint8)
        order = far[np.argsort(off[far], kind="stable")]
        other = int(order[min(n % RANKS, len(order) - 1)])
        ends = self.sprites.ends.best(n, other, ~near)
        shown = Shown(other, False, 1.0)
        return self.sprites.moved(shown, frames.xy[n], frames.confidence[n], frames.box(n), ends, ~near)
