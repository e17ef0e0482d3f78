"""A dance by a generator, whatever runs it: one frame after the other, each given what is left of the one before."""

import itertools
from collections.abc import Callable, Collection, Iterator
from contextlib import closing

import numpy as np

from dancetransfer.ahead import ahead
from dancetransfer.pose.crop import into_boxes, into_crop, part_boxes, relative
from dancetransfer.pose.labels import label_map
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steps import Step, last_present, restarts
from dancetransfer.recipes import Plan
from dancetransfer.sprites.sprites import Sprites

Moved = Callable[[int, int], Iterator[Step]]
"""The person's own frames in the poses of a dance, of frames start <= n < stop: `sprites.sprites.SpriteDance.steps`."""


class Dancing:
    """What draws a track of poses, given what draws a frame: PyTorch (`learn.dancer`) or something else."""

    plan: Plan
    refiners: Collection[str]
    """Those of `pose.crop.PARTS` that are gone over by a refiner."""
    own: Sprites | None = None
    """The person's own frames, where the recipe mixes them in."""

    def step(
        self,
        labels: np.ndarray,
        moved: np.ndarray | None,
        state: np.ndarray | None,
        move: np.ndarray,
        parts: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """One frame: label map uint8 [C,H,W], the person's own frame in that pose float32 [4,H,W] where the recipe
        wants it, state float32 [S,H,W] seen from the crop before (None: begin anew), where this crop lies in
        the pixels of that one [4], boxes of the parts [P,4] in the crop (NaN: not seen)
        -> layer uint8 [H,W,4], new state.
        """
        raise NotImplementedError

    def layers(
        self, poses: Poses, boxes: np.ndarray, moved: Moved | None = None
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Person layers (uint8 [H,W,4]) and boxes of a track in plate coordinates, from its beginning."""
        for step in self.steps(poses, boxes, moved=moved):
            yield step.layer, step.box

    def steps(
        self,
        poses: Poses,
        boxes: np.ndarray,
        start: int = 0,
        stop: int | None = None,
        state: np.ndarray | None = None,
        parts: np.ndarray | None = None,
        moved: Moved | None = None,
    ) -> Iterator[Step]:
        """Frames start <= n < stop. `state` is that after frame start - 1, None to begin anew.

        The whole track and the boxes [T,4] of all its frames are given, so that a part comes out
        as it does in the whole. Frames without a person give an empty layer; after a cut or 0.3 s
        without a person the recursion begins anew. Who asks for many parts gives the track's
        `part_boxes` and what its own frames make of the dance too, which take time.
        """
        size = self.plan.size
        stop = len(poses) if stop is None else stop
        span = slice(start, stop)
        joints = into_crop(poses[span], boxes[span], size)
        parts = (part_boxes(poses) if parts is None else parts)[span]
        parts = np.stack([into_boxes(parts[:, n], boxes[span], size) for n in range(parts.shape[1])], 1)
        empty = np.zeros((size[1], size[0], 4), np.uint8)
        present, anew = poses.present, restarts(poses)
        last = last_present(present, start)  # whose state is held
        own = self._own(poses, boxes, start, stop, moved)
        maps = (label_map(xy, visible, size) for xy, visible in zip(joints.xy, joints.visible, strict=True))
        with closing(ahead(zip(maps, own))) as inputs:  # type: ignore[type-var]  # noqa: B905
            for at, (n, (labels, given)) in enumerate(zip(range(start, stop), inputs, strict=True)):
                if not present[n]:
                    yield Step(empty, boxes[n], state)
                    continue
                if anew[n]:
                    state = None
                move = relative(boxes[last], boxes[n], size)
                layer, state = self.step(labels, given, state, move, parts[at])
                last = n
                yield Step(layer, boxes[n], state)

    def _own(
        self, poses: Poses, boxes: np.ndarray, start: int, stop: int, moved: Moved | None
    ) -> Iterator[np.ndarray | None]:
        """The person's own frames in the poses of start <= n < stop, as G reads them; None where it needs none."""
        if not self.plan.recipe.moved:
            return itertools.repeat(None)
        if moved is None:
            if self.own is None:
                raise ValueError("this generator mixes in the person's own frames, and none are given")
            moved = self.own.dance(poses, boxes).steps
        return (layer_input(premultiplied(step.layer)) for step in moved(start, stop))


def premultiplied(layer: np.ndarray) -> np.ndarray:
    """uint8 [H,W,4] with its color times alpha, so that nothing of what is beyond its rim is mixed in by a warp."""
    alpha = layer[..., 3:].astype(np.uint16)
    return np.concatenate([(layer[..., :3] * alpha + 127) // 255, alpha], -1).astype(np.uint8)


def layer_input(layer: np.ndarray) -> np.ndarray:
    """A premultiplied layer uint8 [H,W,4] -> float32 [4,H,W]: color -1..1, 0 where there is none, and alpha 0..1."""
    alpha = layer[..., 3:].astype(np.float32) / 255
    color = np.minimum(layer[..., :3] / np.maximum(alpha, 1 / 255), 255) / 127.5 - 1
    return np.ascontiguousarray(np.concatenate([color * (alpha > 0), alpha], -1).transpose(2, 0, 1), np.float32)
