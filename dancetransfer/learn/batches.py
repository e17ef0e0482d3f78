"""Batches for the training: stretches of neighboring frames with label maps, moved and jittered together."""

import itertools
import json
from dataclasses import dataclass, fields

import cv2
import numpy as np
import torch
from torch import Tensor

from dancetransfer.events import Event
from dancetransfer.footage.pairs import TRAIN, Footage
from dancetransfer.learn.dancing import layer_input, premultiplied
from dancetransfer.learn.motion import reference_flow
from dancetransfer.pose import poses as p
from dancetransfer.pose.crop import PARTS, into_boxes, into_crop, part_boxes, relative
from dancetransfer.pose.labels import CHANNELS, label_map
from dancetransfer.recipes import Plan
from dancetransfer.sprites.others import Others
from dancetransfer.sprites.sprites import Sprites

DROP = 0.02
"""Chance that a limb of a training skeleton is missing, as detectors lose them."""
JITTER = 0.0015
"""Standard deviation of a training joint's error, in heights of the crop."""
STRAY = 0.4
"""Chance that the fed-back frame is of quite another moment. Without it G copies what it is given:
a limb once drawn in the wrong place would stay in the picture for the rest of the dance."""
NEAR, SMOOTH = 9, 5
"""Pixels: what counts as on or around the person, and how softly that ends."""
LIMBS = (
    (p.LEFT_ELBOW, p.LEFT_WRIST, *range(*p.LEFT_HAND.indices(p.JOINTS))),
    (p.RIGHT_ELBOW, p.RIGHT_WRIST, *range(*p.RIGHT_HAND.indices(p.JOINTS))),
    (p.LEFT_KNEE, p.LEFT_ANKLE, p.LEFT_BIG_TOE, p.LEFT_SMALL_TOE, p.LEFT_HEEL),
    (p.RIGHT_KNEE, p.RIGHT_ANKLE, p.RIGHT_BIG_TOE, p.RIGHT_SMALL_TOE, p.RIGHT_HEEL),
    tuple(range(*p.LEFT_HAND.indices(p.JOINTS))),
    tuple(range(*p.RIGHT_HAND.indices(p.JOINTS))),
    tuple(range(*p.FACE.indices(p.JOINTS))),
)


@dataclass(frozen=True)
class Batch:
    """N stretches of T neighboring frames; the second axis of the pictures is the frame."""

    labels: Tensor  # [N,T,C,H,W], 0..1
    moved: Tensor  # [N,T,4,H,W], -1..1 and 0..1: another moment of the person in that pose; no frames where not needed
    real: Tensor  # [N,T,3,H,W], -1..1
    mask: Tensor  # [N,T,1,H,W], 0..1
    weight: Tensor  # [N,T,1,H,W]: 1 on and around the person, a quarter elsewhere
    plate: Tensor  # [N,T,3,H,W], -1..1
    before: Tensor  # [N,4,H,W]: the real person layer before the first frame or a stray one, -1..1 and 0..1
    moves: Tensor  # [N,T,4]: the crop of each frame in pixels of the crop before it
    parts: Tensor  # [N,T,P,4]: boxes of face and hands in pixels of the crop
    has_part: Tensor  # bool [N,T,P]
    flow: Tensor  # [N,T-1,2,H,W] pixels: how the frames really moved; no pixels where the recipe needs none

    def to(self, device: torch.device) -> "Batch":
        return Batch(**{f.name: getattr(self, f.name).to(device, non_blocking=True) for f in fields(self)})

    def of(self, start: int, stop: int) -> "Batch":
        """Stretches start <= n < stop."""
        return Batch(**{f.name: getattr(self, f.name)[start:stop] for f in fields(self)})


@dataclass(frozen=True)
class Stretch:
    """A row of a batch that has no pictures yet: all that chance has decided about it."""

    clip: int
    frames: range
    """Positions in the clip."""
    before: int
    """Position of the crop that is given as the one before, or a stray one."""
    matrix: np.ndarray
    """float64 [2,3]: where every picture is moved to, pixel centers."""
    xy: np.ndarray
    """float [T,J,2]: the joints, in error, in pixels of the moved crop."""
    visible: np.ndarray
    """bool [T,J]."""
    places: dict[str, np.ndarray]
    """What of the batch's row is no picture."""


class Batches:
    """Draws batches of the training part; all chance comes from one generator, whose state can be kept."""

    def __init__(self, footage: list[Footage], plan: Plan, seed: int) -> None:
        self.footage, self.plan = footage, plan
        self.random = np.random.default_rng(seed)
        self.own = Sprites(footage, TRAIN, plan.size) if plan.recipe.moved else None
        """The person's own frames, where the recipe mixes them in."""
        self.others = Others(self.own) if self.own else None
        self.joints = [into_crop(clip.poses, clip.boxes, plan.size) for clip in footage]
        self.parts = [_parts_in(clip, plan.size) for clip in footage]
        self.runs = [(number, run) for number, clip in enumerate(footage) for run in clip.runs(TRAIN)]
        self.longest = max((len(run) for _, run in self.runs), default=0)
        self._starts: dict[tuple[int, bool], list[tuple[int, int]]] = {}
        self.waited = 0.0
        """Seconds that whoever takes batches has waited for them, where another thread draws them."""
        self.told: list[Event] = []
        """What is to be said about where the pictures are kept."""
        wanted = [part for part in PARTS if part in plan.recipe.parts]
        self.wanted = [PARTS.index(part) for part in wanted]

    @property
    def order(self) -> str:
        """What decides which batches come next: setting it to what it was gives the same ones again."""
        return json.dumps(self.random.bit_generator.state)

    @order.setter
    def order(self, order: str) -> None:
        self.random.bit_generator.state = json.loads(order)

    def close(self) -> None:
        """Nobody takes batches any more."""

    def give_way(self) -> int:
        """Bytes of the computing device's memory that were given back, which is short of it."""
        return 0

    def starts(self, frames: int, parts: bool = False) -> list[tuple[int, int]]:
        """Clip and first position of every stretch of `frames`; with `parts` of those that show face or hand."""
        if (frames, parts) not in self._starts:
            found = [(number, int(at)) for number, run in self.runs for at in run[: len(run) - frames + 1]]
            if parts:
                seen = [np.isfinite(boxes[:, self.wanted]).all(2) for boxes in self.parts]
                found = [(n, at) for n, at in found if seen[n][at : at + frames].all(0).any()]
            self._starts[frames, parts] = found
        return self._starts[frames, parts]

    def draw(self, frames: int, count: int, parts: bool = False, only: range | None = None) -> Batch:
        """`count` stretches of `frames` neighboring frames; with `parts` of those on which a face or hand is seen.

        Where no stretch is that long the longest ones are taken. With `only` the others have no pictures but
        black ones, which costs nothing: another process learns from them.
        """
        stretches = self.chosen(frames, count, parts)
        rows = [
            one.places | (self._pictured(one) if only is None or n in only else self._black(len(one.frames)))
            for n, one in enumerate(stretches)
        ]
        columns = {f.name: np.stack([row[f.name] for row in rows]) for f in fields(Batch)}
        return Batch(**{name: torch.from_numpy(values) for name, values in columns.items()})

    def chosen(self, frames: int, count: int, parts: bool) -> list["Stretch"]:
        """What the next batch shows. All chance is drawn here, so that it is the same wherever pictures are made."""
        frames = min(frames, self.longest)
        starts = self.starts(frames, parts)
        return [self._stretch(*starts[self.random.integers(len(starts))], frames) for _ in range(count)]

    def _stretch(self, number: int, at: int, frames: int) -> "Stretch":
        clip, size, recipe = self.footage[number], self.plan.size, self.plan.recipe
        matrix = self._affine() if recipe.follow else np.eye(2, 3)
        first = at - 1 if at > 0 and clip.index[at - 1] == clip.index[at] - 1 else at
        chosen = [first, *range(at, at + frames)]
        stray = self.random.random() < STRAY
        other = int(self.random.choice(np.flatnonzero(clip.part == TRAIN)))  # never of a held-out moment
        xy, visible = self._strayed(number, at, frames, matrix)
        parts = np.stack([[_through(box, matrix) for box in self.parts[number][n]] for n in chosen[1:]])
        moves = [_relative(clip.boxes[a], clip.boxes[b], size, matrix) for a, b in itertools.pairwise(chosen)]
        places = {
            "moves": np.stack(moves).astype(np.float32),
            "parts": np.nan_to_num(parts, nan=0.0).astype(np.float32),
            "has_part": np.isfinite(parts).all(2),
        }
        return Stretch(number, range(at, at + frames), other if stray else first, matrix, xy, visible, places)

    def _pictured(self, one: "Stretch") -> dict[str, np.ndarray]:
        """The pictures of a row of the batch."""
        clip, size = self.footage[one.clip], self.plan.size
        crops = np.stack([warp(clip.crops[n], one.matrix, size) for n in one.frames])
        plates = [warp(clip.backdrop(n, size), one.matrix, size) for n in one.frames]
        before = warp(clip.crops[one.before], one.matrix, size)
        layers = [layer_input(warp(self._own(one.clip, n), one.matrix, size)) for n in one.frames if self.others]
        return {
            "labels": self._labels(one).astype(np.float32) / 255,
            "moved": np.stack(layers) if layers else np.zeros((0, 4, 0, 0), np.float32),
            "real": _signed(crops[..., :3]),
            "mask": crops[:, None, :, :, 3].astype(np.float32) / 255,
            "weight": np.stack([mask_weight(crop[..., 3]) for crop in crops])[:, None],
            "plate": _signed(np.stack(plates)),
            "before": np.concatenate(
                [_signed(before[None, ..., :3])[0], before[None, ..., 3].astype(np.float32) / 255]
            ),
            "flow": self._flows(crops),
        }

    def _labels(self, one: "Stretch") -> np.ndarray:
        """uint8 [T,C,H,W]."""
        return np.stack([label_map(xy, seen, self.plan.size) for xy, seen in zip(one.xy, one.visible, strict=True)])

    def _flows(self, crops: np.ndarray) -> np.ndarray:
        """float32 [T-1,2,H,W] between neighboring crops [T,H,W,4]; no pixels where the recipe needs none."""
        if not self.plan.recipe.flow or len(crops) < 2:
            return np.zeros((0, 2, 0, 0), np.float32)
        return np.stack([reference_flow(a[..., :3], b[..., :3]) for a, b in itertools.pairwise(crops)])

    def _own(self, clip: int, n: int) -> np.ndarray:
        """uint8 [H,W,4]: another moment of the person in the pose of frame `n`, premultiplied."""
        assert self.others is not None
        return premultiplied(self.others.layer(clip, n))

    def _black(self, frames: int) -> dict[str, np.ndarray]:
        """The pictures of a stretch from which another process learns."""
        (width, height), recipe = self.plan.size, self.plan.recipe
        moved, flow = (frames if recipe.moved else 0), (frames - 1 if recipe.flow else 0)
        shapes: dict[str, tuple[int, ...]] = {
            "labels": (frames, len(CHANNELS)),
            "moved": (moved, 4),
            "real": (frames, 3),
            "mask": (frames, 1),
        }
        shapes |= {"weight": (frames, 1), "plate": (frames, 3), "before": (4,), "flow": (flow, 2)}
        return {
            name: np.zeros((*shape, height, width) if shape[0] else (*shape, 0, 0), np.float32)
            for name, shape in shapes.items()
        }

    def _strayed(self, number: int, at: int, frames: int, matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Joints [T,J,2] and which are seen [T,J], with the errors that detectors and retargeting would bring."""
        poses, size = self.joints[number], self.plan.size
        visible = poses.visible[at : at + frames].copy()
        for limb in LIMBS:
            if self.random.random() < DROP:
                visible[:, list(limb)] = False
        error = self.random.normal(0, JITTER * size[1], (1 + frames, p.JOINTS, 2))
        error[:, p.FACE] = error[:, p.NOSE, None]  # faces and hands move as one
        error[:, p.LEFT_HAND] = error[:, p.LEFT_WRIST, None]
        error[:, p.RIGHT_HAND] = error[:, p.RIGHT_WRIST, None]
        shared, own = error[0], 0.5 * error[1:]  # most of an error lasts longer than a frame
        xy = poses.xy[at : at + frames] + shared + own
        return xy @ matrix[:, :2].T + matrix[:, 2], visible

    def _affine(self) -> np.ndarray:
        """A small random turn, scale and shift about the crop's middle: 2x3, pixel centers."""
        width, height = self.plan.size
        middle = ((width - 1) / 2, (height - 1) / 2)
        angle, scale = self.random.normal(0, 1.5), np.exp(self.random.normal(0, 0.05))
        matrix = cv2.getRotationMatrix2D(middle, angle, scale)
        matrix[:, 2] = matrix[:, 2] + self.random.normal(0, 0.02, 2) * (width, height)
        return matrix


def _parts_in(clip: Footage, size: tuple[int, int]) -> np.ndarray:
    """float64 [T,P,4]: the parts' boxes in pixels of the crops."""
    boxes = part_boxes(clip.poses)
    return np.stack([into_boxes(boxes[:, n], clip.boxes, size) for n in range(boxes.shape[1])], 1)


def warp(picture: np.ndarray, matrix: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """`picture` uint8 [H,W,C] through a 2x3 matrix, the border repeated."""
    return cv2.warpAffine(
        np.ascontiguousarray(picture), matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _relative(a: np.ndarray, b: np.ndarray, size: tuple[int, int], matrix: np.ndarray) -> np.ndarray:
    """`relative` where both crops went through the same matrix: its turn and scale cancel out."""
    corners = relative(a, b, size).reshape(2, 2)
    whole = np.array([[0.0, 0.0], size])
    step = (corners[1] - corners[0]) / (whole[1] - whole[0])
    forth, shift = matrix[:, :2], matrix[:, 2] + 0.5 - matrix[:, :2] @ [0.5, 0.5]  # for edges
    back = np.linalg.inv(forth)
    moved = [forth @ (corners[0] + step * (back @ (point - shift))) + shift for point in whole]
    return np.concatenate(moved)


def _through(box: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """A box [4] through a matrix: its middle moved, its size scaled, still upright."""
    middle = (box[:2] + box[2:]) / 2 - 0.5
    half = (box[2:] - box[:2]) / 2 * np.sqrt(np.linalg.det(matrix[:, :2]))
    moved = matrix[:, :2] @ middle + matrix[:, 2] + 0.5
    return np.concatenate([moved - half, moved + half])


def mask_weight(mask: np.ndarray) -> np.ndarray:
    """float32 [H,W] weight of each pixel for a mask uint8 [H,W]."""
    near = cv2.blur(cv2.dilate(mask, np.ones((NEAR, NEAR), np.uint8)), (SMOOTH, SMOOTH))
    return 0.25 + 0.75 * near.astype(np.float32) / 255


def _signed(pictures: np.ndarray) -> np.ndarray:
    """uint8 [N,H,W,3] -> float32 [N,3,H,W] in -1..1."""
    return np.ascontiguousarray(pictures.transpose(0, 3, 1, 2)).astype(np.float32) / 127.5 - 1
