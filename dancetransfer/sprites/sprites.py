"""The person's own frames dance: chosen for each pose, moved to it limb by limb, faded where they jump."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import cv2
import numpy as np

from dancetransfer import device
from dancetransfer.ahead import side_by_side
from dancetransfer.footage.pairs import Footage
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steps import Step
from dancetransfer.sprites.bones import bones_of
from dancetransfer.sprites.choice import Choice, Chooser
from dancetransfer.sprites.ends import ENDS, OWN, Ends
from dancetransfer.sprites.fades import Shown, faded
from dancetransfer.sprites.frames import frames_of
from dancetransfer.sprites.held import Own
from dancetransfer.sprites.kept import Kept
from dancetransfer.sprites.lend import spares_of
from dancetransfer.sprites.limbs import Limbs, limbs_of, pixels
from dancetransfer.sprites.owners import distances, radii
from dancetransfer.sprites.trimap import matted
from dancetransfer.sprites.warp import warp

VERSION = 3
"""Raised when the layers change; older ones are then made again."""
LOOKED_THROUGH = 40
"""Frames, all over the footage, from which limbs are lent to others."""
KEPT = 32_000_000
"""Bytes for frames that have been taken apart, 130 at a size of 512. Of 2,448 that a minute's dance of a minute's film
shows, 1,392 then had to be taken apart (16 kept: 1,557; 512: 697)."""
FEWEST, MOST = 2, 8
"""Threads that move frames, all cores but one: the one that drives the network. NumPy and OpenCV leave the interpreter
to others most of the time."""


class Sprites:
    """A person's frames, ready for any dance. Nothing is learned."""

    def __init__(
        self, footage: list[Footage], part: int | None = None, size: tuple[int, int] | None = None, keep: int = KEPT
    ) -> None:
        """`part`: the part of the footage that is shown; all of it where not given, TRAIN to be scored by the rest.

        `size` (width, height): of the layers; that of the crops where not given. `keep`: bytes for frames that have
        been taken apart and may be shown again. UserError where there is no frame.
        """
        self.footage, self.frames = footage, frames_of(footage, part)
        height, width = footage[0].crops.shape[1:3]
        self._filmed = int(width), int(height)
        self.size: tuple[int, int] = size or self._filmed
        self.chooser, self.ends = Chooser(self.frames), Ends(self.frames)
        self._kept = Kept[tuple[int, bool], Limbs](keep, lambda limbs: limbs.pixel_bytes)
        some = np.unique(np.linspace(0, len(self.frames) - 1, LOOKED_THROUGH).astype(int)).tolist()
        self._own = Own(self._places(n) for n in some)
        looked = dict(zip(some, side_by_side(self._taken_apart, some, threads()), strict=True))
        kept = {id(one) for one in spares_of(list(looked.values()))}
        self._spares = {n: one for n, one in looked.items() if id(one) in kept}

    def layers(self, poses: Poses, boxes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Person layers (uint8 [H,W,4]) and boxes of a track in plate coordinates."""
        for step in self.dance(poses, boxes).steps(0, len(poses)):
            yield step.layer, step.box

    def dance(self, poses: Poses, boxes: np.ndarray) -> "SpriteDance":
        """What is shown of a whole dance, chosen; `boxes` [T,4] as `footage.pairs.boxes_of` gives them."""
        return SpriteDance(self, poses, boxes)

    def moved(
        self,
        shown: Shown,
        xy: np.ndarray,
        confidence: np.ndarray,
        box: np.ndarray,
        ends: Sequence[int] | np.ndarray = (),
        allowed: np.ndarray | None = None,
    ) -> np.ndarray:
        """uint8 [H,W,4]: a filmed frame in a wanted pose, with the `ENDS` of the frames `ends` that aren't `OWN`.

        Limbs that it lacks are lent by those frames that are `allowed` (bool [N]; None: all).
        """
        limbs = self._limbs(shown.frame, shown.mirrored)
        worn = {end.limb: self._limbs(int(n)) for end, n in zip(ENDS, ends, strict=False) if n != OWN}
        spares = [one for n, one in self._spares.items() if allowed is None or allowed[n]]
        return warp(limbs, xy, confidence, box, self.size, spares, worn)

    def _places(self, n: int) -> tuple[np.ndarray, np.ndarray]:
        """A frame's crop, and how far its pixels are from each bone."""
        crop = self.frames.crop(n)
        size = crop.shape[1], crop.shape[0]
        bones = bones_of(self.frames.xy[n], self.frames.confidence[n]).moved(pixels(self.frames.box(n), size))
        return crop, distances(bones, radii(bones, crop[..., 3]), size)

    def _limbs(self, n: int, mirrored: bool = False) -> Limbs:
        return self._kept((n, mirrored), lambda: self._taken_apart(n, mirrored))

    def _taken_apart(self, n: int, mirrored: bool = False) -> Limbs:
        frames = self.frames
        back = frames.footage[frames.clip[n]].backdrop(int(frames.position[n]), self._filmed)
        crop = matted(frames.crop(n), back)
        return limbs_of(
            crop, frames.box(n), frames.xy[n], frames.confidence[n], back=back, own=self._own, mirrored=mirrored
        )


class SpriteDance:
    """A dance by sprites: any stretch of it comes out as it does in the whole."""

    remembers = False

    def __init__(
        self, sprites: Sprites, poses: Poses, boxes: np.ndarray, chosen: tuple[Choice, np.ndarray] | None = None
    ) -> None:
        """`chosen`: the frames and whose `ENDS` they wear [T,3], where those have been chosen already."""
        self._sprites, self._poses, self.boxes, self.size = sprites, poses, boxes, sprites.size
        self.choice = chosen[0] if chosen else sprites.chooser.choose(poses)
        self.shown = faded(sprites.frames, self.choice, poses.time)
        ends = sprites.ends
        self.ends = chosen[1] if chosen else ends.choose(poses, self.choice.frame, self.choice.mirrored)

    def depends_on(self, start: int, stop: int) -> list[np.ndarray]:
        """All that decides about the pixels of frames start <= n < stop, besides the person."""
        span = slice(start, stop)
        shown = np.array([number for one in self.shown[span] for each in one for number in each], np.float64)
        return [self._poses.xy[span], self._poses.confidence[span], self.boxes[span], shown, self.ends[span]]

    def steps(self, start: int, stop: int, state: np.ndarray | None = None) -> Iterator[Step]:
        """Frames start <= n < stop; those without a person are empty. No frame needs a `state` of the one before."""
        with closing(side_by_side(self._layer, range(start, stop), threads())) as layers:  # type: ignore[type-var]
            for n, layer in zip(range(start, stop), layers, strict=True):
                yield Step(layer, self.boxes[n], None)

    def _layer(self, n: int) -> np.ndarray:
        size, shown = self._sprites.size, self.shown[n]
        if not shown:
            return np.zeros((size[1], size[0], 4), np.uint8)
        asked = self._poses.xy[n], self._poses.confidence[n], self.boxes[n], self.ends[n]
        parts = [self._sprites.moved(one, *asked) for one in shown]
        return parts[0] if len(parts) == 1 else _mixed(parts, [one.share for one in shown])


def _mixed(layers: list[np.ndarray], shares: list[float]) -> np.ndarray:
    """Layers over each other by their shares: alphas add up, and colors as far as they are seen."""
    found = np.zeros_like(layers[0])
    alphas = [cv2.extractChannel(layer, 3) for layer in layers]
    left, top, wide, tall = cv2.boundingRect(np.maximum.reduce(alphas))
    if not wide:
        return found
    part = slice(top, top + tall), slice(left, left + wide)
    total = np.zeros((tall, wide, 4), np.float32)
    for layer, alpha, share in zip(layers, alphas, shares, strict=True):
        weight = alpha[part].astype(np.float32) * (share / 255)
        color = cv2.insertChannel(np.ones_like(alpha[part]), np.ascontiguousarray(layer[part]), 3)
        total += color * cv2.merge((weight,) * 4)
    alpha = cv2.extractChannel(total, 3)
    seen = (alpha >= 0.5 / 255) / np.maximum(alpha, 1e-6)
    found[part] = cv2.convertScaleAbs(total * cv2.merge((seen, seen, seen, np.full_like(seen, 255))))
    return found


def threads() -> int:
    """That move frames at a time."""
    return min(max(device.cores() - 1, FEWEST), MOST)
