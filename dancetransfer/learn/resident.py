"""Batches whose pictures lie on the computing device as bytes and are moved, weighed and made numbers of there.

The processor is left with chance, geometry and label maps, which are small: a card that computes a step in a few
hundredths of a second would otherwise wait for its pictures. Never run on a graphics card by the authors; the same
code runs on the processor in the tests.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from dancetransfer.device import Device
from dancetransfer.events import Metric, Notice
from dancetransfer.footage.pairs import Footage
from dancetransfer.learn import memory
from dancetransfer.learn.batches import NEAR, SMOOTH, Batch, Batches, Stretch, mask_weight, warp
from dancetransfer.learn.dancing import layer_input
from dancetransfer.learn.prefetch import Asked, Prefetched
from dancetransfer.learn.thrift import Thrift, ran_out
from dancetransfer.pose.labels import CHANNELS
from dancetransfer.recipes import Plan
from models.losses import Perceptual

TOLD = "pictures kept on the card in MB"
"""The metric that says how much is kept there; 0 where there is no room."""
ALIKE = 0.006
"""How far, in the mean, what the device makes of a picture may be from what the processor does; both round to bytes."""


def batches_for(
    used: Device,
    footage: list[Footage],
    plan: Plan,
    seed: int,
    thrift: Thrift | None = None,
    perceptual: Perceptual | None = None,
) -> Batches:
    """Drawn ahead where another device computes, with the pictures there if they fit beside a training step.

    Not where the processor computes, whose cores are at work already.
    """
    if used.name == "cpu":
        return Batches(footage, plan, seed)
    if not fits(used, footage, plan, thrift or Thrift(), perceptual):
        batches = Prefetched(footage, plan, seed, pinned=used.name == "cuda")
        batches.told = [Metric("train", TOLD, 0.0)]
        return batches
    try:
        resident = Resident(footage, plan, seed, device=torch.device(used.torch), pinned=used.name == "cuda")
        resident.told = [Metric("train", TOLD, round(resident.bytes / 1e6, 1))]
        return resident
    except (RuntimeError, MemoryError, Differs) as failure:  # torch's own errors are RuntimeErrors
        error = ran_out(failure)
    cause = "there is too little memory" if isinstance(error, torch.OutOfMemoryError) else _first_line(error)
    batches = Prefetched(footage, plan, seed, pinned=used.name == "cuda")
    batches.told = [
        Notice(
            f"The person's pictures could not be kept on {used.description}: {cause}.",
            "Nothing has to be done. They are copied there one batch after the other, which may take longer.",
        )
    ]
    return batches


def needed_bytes(footage: list[Footage], plan: Plan) -> int:
    """Bytes of all pictures: crops with masks, what is behind them, and the person's own frames moved to each pose."""
    width, height = plan.size
    return sum(len(clip.crops) for clip in footage) * width * height * (4 + 3 + (4 if plan.recipe.moved else 0))


def fits(used: Device, footage: list[Footage], plan: Plan, thrift: Thrift, perceptual: Perceptual | None) -> bool:
    """There is room for all pictures beside a training step, and every crop has the training's size."""
    if thrift != Thrift() or any(tuple(clip.crops.shape[2:0:-1]) != plan.size for clip in footage):
        return False  # a step that has to be thrifty already leaves no room
    free = memory.free_bytes(used) - needed_bytes(footage, plan)
    if free <= 0 or free > memory.plenty_bytes(plan):
        return free > 0
    return free > memory.OVERHEAD * memory.training_bytes(plan, used.mixed, thrift, perceptual)


class Differs(Exception):
    """The device moves pictures otherwise than OpenCV does."""


class Shelf:
    """Pictures of all frames on the device, each put there when it is first asked for."""

    def __init__(self, count: int, size: tuple[int, int], channels: int, device: torch.device) -> None:
        width, height = size
        self.pictures = torch.zeros((count, height, width, channels), dtype=torch.uint8, device=device)
        self.there = np.zeros(count, bool)

    def lacks(self, rows: np.ndarray) -> np.ndarray:
        return np.unique(rows[~self.there[rows]])

    def put(self, rows: np.ndarray, pictures: Tensor) -> None:
        if len(rows):
            device = self.pictures.device
            self.pictures[torch.from_numpy(rows).to(device)] = pictures.to(device, non_blocking=True)
            self.there[rows] = True


@dataclass(frozen=True)
class Sketch:
    """What the thread makes of a batch: all but the pictures that lie on the device already."""

    stretches: list[Stretch]
    shown: list[int]
    """Which of them have pictures."""
    labels: Tensor  # uint8 [S,T,C,H,W] of those
    flows: Tensor  # [S,T-1,2,H,W]
    back: Tensor  # float32 [S,2,3]: from the pixels of a moved picture to those of the kept one
    before: np.ndarray  # int [S]: on the shelves
    rows: np.ndarray  # int [S,T]
    arriving: dict[str, tuple[np.ndarray, Tensor]]
    """Pictures that were not on a shelf, by its name: their places and uint8 [K,H,W,C]."""


class Resident(Prefetched):
    """See `Prefetched`; the order of all chance is that of `Batches`, and pictures differ by rounding."""

    def __init__(self, *given: Any, device: torch.device, pinned: bool = False) -> None:
        """OutOfMemoryError where the pictures don't fit, `Differs` where the device can't be trusted with them."""
        super().__init__(*given, pinned=pinned)
        self.device = device
        _check(device)
        count, size = sum(len(clip.crops) for clip in self.footage), self.plan.size
        self.starts_at = np.cumsum([0, *(len(clip.crops) for clip in self.footage)])
        channels = {"crops": 4, "plates": 3, **({"layers": 4} if self.others else {})}
        self.shelves = {name: Shelf(count, size, each, device) for name, each in channels.items()}

    @property
    def bytes(self) -> int:
        return sum(one.pictures.nbytes for one in self.shelves.values())

    def give_way(self) -> int:
        """See `Batches.give_way`; from here on whole batches are copied."""
        given = self.bytes
        self._forget()
        self._back(self._order)
        self.shelves = {}
        return given

    # --- in the thread --------------------------------------------------------------------------

    def _drawn(self, asked: Asked) -> tuple[Any, str]:
        if not self.shelves:
            return super()._drawn(asked)
        return self._sketch(*asked), self._state()

    def _sketch(self, frames: int, count: int, parts: bool = False, only: range | None = None) -> Sketch:
        stretches = self.chosen(frames, count, parts)
        shown = [n for n in range(count) if only is None or n in only]
        ours = [stretches[n] for n in shown]
        (width, height), long = self.plan.size, len(stretches[0].frames)
        labels = [self._labels(one) for one in ours] or [np.zeros((long, len(CHANNELS), height, width), np.uint8)]
        starts = np.array([self.starts_at[one.clip] for one in ours], np.int64)
        frames_of = np.array([list(one.frames) for one in ours], np.int64).reshape(-1, long)
        rows, before = starts[:, None] + frames_of, starts + np.array([one.before for one in ours], np.int64)
        back = [cv2.invertAffineTransform(one.matrix) for one in ours]
        flows = [self._flow_of(one, n in shown) for n, one in enumerate(stretches)]
        wanted = {name: rows.ravel() for name in self.shelves} | {"crops": np.concatenate([rows.ravel(), before])}
        return Sketch(
            stretches,
            shown,
            self._pinned(torch.from_numpy(np.stack(labels)[: len(ours)])),
            self._pinned(torch.from_numpy(np.stack(flows))),
            self._pinned(torch.from_numpy(np.array(back, np.float32).reshape(-1, 2, 3))),
            before,
            rows,
            {name: self._arriving(name, asked) for name, asked in wanted.items()},
        )

    def _arriving(self, name: str, rows: np.ndarray) -> tuple[np.ndarray, Tensor]:
        """Of the pictures asked for those that are not on the shelf yet."""
        made: dict[str, Callable[[int, int], np.ndarray]] = {
            "crops": lambda clip, n: np.asarray(self.footage[clip].crops[n]),
            "plates": lambda clip, n: self.footage[clip].backdrop(n, self.plan.size),
            "layers": self._own,
        }
        lacking = self.shelves[name].lacks(rows)
        clips = np.searchsorted(self.starts_at, lacking, "right") - 1
        pictures = [made[name](clip, n) for clip, n in zip(clips, lacking - self.starts_at[clips], strict=True)]
        whole = np.stack(pictures) if pictures else np.zeros((0, 1, 1, 1), np.uint8)
        return lacking, self._pinned(torch.from_numpy(whole))

    def _flow_of(self, one: Stretch, shown: bool) -> np.ndarray:
        (width, height), steps = self.plan.size, len(one.frames) - 1
        if not self.plan.recipe.flow or not steps:
            return np.zeros((0, 2, 0, 0), np.float32)
        if not shown:
            return np.zeros((steps, 2, height, width), np.float32)
        crops = self.footage[one.clip].crops
        return self._flows(np.stack([warp(crops[n], one.matrix, self.plan.size) for n in one.frames]))

    # --- on the device --------------------------------------------------------------------------

    def _whole(self, drawn: Any) -> Batch:
        if isinstance(drawn, Batch):
            return drawn
        sketch: Sketch = drawn
        for name, arriving in sketch.arriving.items():
            self.shelves[name].put(*arriving)
        crops = self._moved("crops", np.concatenate([sketch.before[:, None], sketch.rows], 1), sketch)
        before, crops = crops[:, 0], crops[:, 1:]
        plates = self._moved("plates", sketch.rows, sketch)
        pictures = {
            "labels": sketch.labels.to(self.device, non_blocking=True).float() / 255,
            "real": crops[:, :, :3] / 127.5 - 1,
            "mask": crops[:, :, 3:] / 255,
            "weight": weight(crops[:, :, 3:]),
            "plate": plates / 127.5 - 1,
            "before": torch.cat([before[:, :3] / 127.5 - 1, before[:, 3:] / 255], 1),
        }
        if "layers" in self.shelves:
            pictures["moved"] = own_input(self._moved("layers", sketch.rows, sketch))
        whole = {name: self._spread(values, sketch) for name, values in pictures.items()}
        whole.setdefault("moved", torch.zeros(len(sketch.stretches), 0, 4, 0, 0, device=self.device))
        places = {
            name: self._pinned(torch.from_numpy(np.stack([one.places[name] for one in sketch.stretches])))
            for name in ("moves", "parts", "has_part")  # asked about by the processor: they stay here
        }
        return Batch(**whole, **places, flow=sketch.flows.to(self.device, non_blocking=True))

    def _moved(self, name: str, rows: np.ndarray, sketch: Sketch) -> Tensor:
        """Pictures [S,K,C,H,W] of rows [S,K] on a shelf, each moved as its stretch is; whole numbers 0..255."""
        at = self._pinned(torch.from_numpy(rows)).to(self.device, non_blocking=True)
        kept = self.shelves[name].pictures
        if not self.plan.recipe.follow:
            return kept[at].permute(0, 1, 4, 2, 3).float()
        back = sketch.back.to(self.device, non_blocking=True)
        back = back[:, None].expand(-1, rows.shape[1], -1, -1)
        return moved(kept, at.flatten(), back.flatten(0, 1)).unflatten(0, rows.shape).permute(0, 1, 4, 2, 3)

    def _spread(self, values: Tensor, sketch: Sketch) -> Tensor:
        """Values of the stretches that are shown as those of all of them; the others are black."""
        if len(sketch.shown) == len(sketch.stretches):
            return values
        whole = values.new_zeros(len(sketch.stretches), *values.shape[1:])
        whole[sketch.shown] = values
        return whole


# --- what OpenCV does, by torch -------------------------------------------------------------------


def moved(pictures: Tensor, rows: Tensor, back: Tensor) -> Tensor:
    """Rows [K] of pictures uint8 [M,H,W,C], seen through `back` float32 [K,2,3]: float32 [K,H,W,C], whole numbers.

    As `batches.warp` with the inverse matrices: bilinear between pixel centers, the border repeated, rounded.
    """
    _, height, width, channels = pictures.shape
    y, x = (torch.arange(n, device=pictures.device, dtype=torch.float32) for n in (height, width))
    near, share = [], []
    for axis, length in ((0, width), (1, height)):
        a, b, c = (back[:, axis, n, None, None] for n in range(3))
        at = a * x[None, None, :] + b * y[None, :, None] + c  # [K,H,W]
        low = at.floor()
        share.append((at - low)[..., None])
        near.append([(low + step).clamp(0, length - 1).long() for step in (0, 1)])
    flat, start = pictures.view(-1, channels), (rows * height * width)[:, None, None]

    def corner(right: int, down: int) -> Tensor:
        return flat[start + near[1][down] * width + near[0][right]].float()

    top, bottom = (torch.lerp(corner(0, down), corner(1, down), share[0]) for down in (0, 1))
    return torch.lerp(top, bottom, share[1]).round()


def weight(masks: Tensor) -> Tensor:
    """The weight of each pixel for masks [N,T,1,H,W], 0..255: `batches.mask_weight`."""
    flat = masks.flatten(0, 1)
    for kernel in ((NEAR, 1), (1, NEAR)):
        flat = functional.max_pool2d(flat, kernel, 1, (kernel[0] // 2, kernel[1] // 2))
    side = SMOOTH // 2
    near = functional.avg_pool2d(functional.pad(flat, (side, side, side, side), "reflect"), SMOOTH, 1).round()
    return (0.25 + 0.75 * near / 255).unflatten(0, masks.shape[:2])


def own_input(layers: Tensor) -> Tensor:
    """Premultiplied layers [N,T,4,H,W], 0..255, as G reads them: `learn.dancing.layer_input`."""
    alpha = layers[:, :, 3:] / 255
    color = (layers[:, :, :3] / alpha.clamp(min=1 / 255)).clamp(max=255) / 127.5 - 1
    return torch.cat([color * (alpha > 0), alpha], 2)


def _check(device: torch.device) -> None:
    """`Differs` where the device does not make of a picture what the processor does: hardware that nobody has tried."""
    picture = np.random.default_rng(0).integers(0, 256, (24, 16, 4)).astype(np.uint8)
    matrix = cv2.getRotationMatrix2D((7.5, 11.5), 5, 1.1)
    back = torch.from_numpy(cv2.invertAffineTransform(matrix).astype(np.float32))[None].to(device)
    shelf = Shelf(1, (16, 24), 4, device)
    shelf.put(np.zeros(1, np.int64), torch.from_numpy(picture)[None])
    ours = moved(shelf.pictures, torch.zeros(1, dtype=torch.long, device=device), back).permute(0, 3, 1, 2)[None]
    theirs = warp(picture, matrix, (16, 24))
    pairs = [
        (ours / 255, theirs.transpose(2, 0, 1) / 255),
        (weight(ours[:, :, 3:]), mask_weight(theirs[..., 3])),
        (own_input(ours), layer_input(theirs)),
    ]
    apart = max(float(np.abs(one[0, 0].cpu().numpy() - other).mean()) for one, other in pairs)
    if not apart <= ALIKE:
        raise Differs(f"pictures come out {100 * apart:.0f} % apart")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
