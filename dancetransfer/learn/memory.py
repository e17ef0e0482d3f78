"""How much memory a training step and a rendered frame need, known before there is any: they are run without numbers.

A step on fake tensors goes through the very code that the real one does and allocates nothing; what would be
alive at once is added up. Takes some three seconds of a processor, whatever the size.
"""

import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_iter

from dancetransfer import device
from dancetransfer.learn.batches import Batch
from dancetransfer.learn.dancer import LABELS, drawn, generator_of, part_side, refiners_of, state_channels
from dancetransfer.learn.portions import Chance, Portion, split
from dancetransfer.learn.thrift import Thrift
from dancetransfer.learn.trainer import Trainer
from dancetransfer.pose.crop import PARTS
from dancetransfer.recipes import Plan
from models.augment import Augmentation
from models.losses import Perceptual

BEFORE_PARTS = 0.01
"""Just before face and hands, where everything else is learned at once and the longest stretches are drawn."""

PLENTY, PLENTY_PER_PIXEL = 6e9, 8192
"""The published recipe's networks take 3.8 GB with their moments, and its steps 1.5 kB a pixel of each frame."""

OVERHEAD = 1.2
"""What an allocator and the layers' own workspace take on top of a step's tensors, measured on a CPU."""
BESIDE, OWN, OWN_BESIDE = 330, 10e6, 170
"""Bytes of a pixel that a drawn frame takes beside its tensors (label maps, layers, pictures); and what the person's
own frames take where they are drawn with, in all and of a pixel more. Measured at 128, 256 and 384 pixels of height."""
PROGRAM = 400e6
"""The program before it has any network: interpreter, PyTorch, OpenCV, NumPy; measured."""
CONTEXT = 500e6
"""The same in a graphics card's memory; assumed."""


def training_bytes(plan: Plan, mixed: str, thrift: Thrift, perceptual: Perceptual | None = None) -> int:
    """Bytes of all tensors at the fullest moment of a step: networks, their moments and mean, and what is kept.

    `mixed` is the number format of the device (`device.Device.mixed`). `perceptual` is that of the training.
    """
    own = 0 if perceptual is None else sum(value.nbytes for value in perceptual.state_dict().values())
    with torch.random.fork_rng([]), _counted() as tally:
        trainer = Trainer(plan, replace(device.cpu(measure=False), mixed=mixed), 0, perceptual)
        trainer.thrift = thrift
        share = plan.recipe.parts_from - BEFORE_PARTS
        frames = plan.recipe.unrolled(share)
        batch = _batch(plan, frames)
        chance, everywhere = _chance(plan, batch), [1.0] * len(PARTS)
        for stretches in split(range(len(batch.labels)), thrift.portions):
            start, stop = stretches.start, stretches.stop
            trainer._body_portion(Portion(batch.of(start, stop), chance.of(start, stop), 1.0, everywhere), share)
    return own + tally.peak


def rendering_bytes(plan: Plan, mixed: str) -> int:
    """Bytes that drawing takes: the networks, what they make of a frame, and what is held beside."""
    recipe, size = plan.recipe, plan.size[::-1]
    kind = getattr(torch, mixed)
    with torch.random.fork_rng([]), _counted() as tally, torch.no_grad():
        generator, refiners = generator_of(plan), refiners_of(plan)
        labels, state = torch.zeros(1, LABELS, *size), torch.zeros(1, state_channels(recipe), *size)
        moved = torch.zeros(1, 4, *size) if recipe.moved else None
        with torch.autocast("cpu", kind, enabled=kind != torch.float32):
            layer, _ = drawn(recipe, generator, labels, moved, state, False)
            for refiner in refiners.values():
                side = part_side(plan)
                refiner(labels[..., :side, :side], layer[:, :3, :side, :side])
    pixels = size[0] * size[1]
    return int(tally.peak + BESIDE * pixels + (OWN + OWN_BESIDE * pixels if recipe.moved else 0))


def process_bytes(used: device.Device, work: float) -> int:
    """What a process takes in all where it computes, whose work takes so many bytes."""
    return int((PROGRAM if used.name in ("cpu", "mps") else CONTEXT) + work)


def free_bytes(used: device.Device) -> int:
    """Bytes that a training or rendering can have now where it computes."""
    kind = torch.device(used.torch).type
    if kind in ("cuda", "xpu"):
        module = getattr(torch, kind)
        free, _ = module.mem_get_info(torch.device(used.torch))
        return int(free + module.memory_reserved(used.torch) - module.memory_allocated(used.torch))
    return device.free_memory()  # Apple's chips share the machine's


def plenty_bytes(plan: Plan) -> int:
    """With so much free nobody has to look: more than any recipe needs."""
    width, height = plan.size
    return int(PLENTY + PLENTY_PER_PIXEL * width * height * max(1, plan.recipe.frames))


def _batch(plan: Plan, frames: int) -> Batch:
    """Of the size that a step draws."""
    recipe, (width, height) = plan.recipe, plan.size
    count = max(1, recipe.frames // frames)

    def pictures(channels: int, length: int = frames) -> Tensor:
        return torch.zeros(count, length, channels, height, width)

    return Batch(
        labels=pictures(LABELS),
        moved=pictures(4, frames if recipe.moved else 0),
        real=pictures(3),
        mask=pictures(1),
        weight=pictures(1),
        plate=pictures(3),
        before=pictures(4, 1)[:, 0],
        moves=torch.zeros(count, frames, 4),
        parts=torch.zeros(count, frames, len(PARTS), 4),
        has_part=torch.zeros(count, frames, len(PARTS), dtype=torch.bool),
        flow=pictures(2, frames - 1 if recipe.flow else 0),
    )


def _chance(plan: Plan, batch: Batch) -> Chance:
    """What the trainer would draw, without asking a fake tensor for its value."""
    recipe = plan.recipe
    count, frames, _, height, width = batch.labels.shape
    changes = None
    if recipe.augmented:
        windows = count * (frames // recipe.judge_frames)
        shift = torch.zeros(windows, 2, dtype=torch.long)
        changes = Augmentation(torch.zeros(windows, 3, 1, 1), shift, torch.zeros(windows, 1, height, width))
    clips = {stride: 0 for stride in recipe.clip if frames > 2 * stride}
    return Chance(torch.zeros(count, state_channels(recipe), height, width), changes, clips)


# --- tensors without numbers ----------------------------------------------------------------------


class _Fake(FakeTensorMode):
    """One for all: a copied network stays in the mode that it was made in."""

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Fake":
        return self


class _Tally(TorchDispatchMode):
    """Bytes of the tensors that are alive, and the most there were at once."""

    def __init__(self) -> None:
        super().__init__()
        self.alive: dict[int, int] = {}
        self.now = self.peak = 0

    def __torch_dispatch__(self, operation: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = operation(*args, **(kwargs or {}))
        for one in tree_iter(result):
            if isinstance(one, Tensor):
                self._met(one.untyped_storage())
        return result

    def _met(self, storage: torch.UntypedStorage) -> None:
        name = storage._cdata
        if name not in self.alive:
            self.alive[name] = storage.nbytes()
            self.now += storage.nbytes()
            self.peak = max(self.peak, self.now)
            weakref.finalize(storage, self._gone, name)

    def _gone(self, name: int) -> None:
        self.now -= self.alive.pop(name, 0)


@contextmanager
def _counted() -> Iterator[_Tally]:
    import warnings

    tally = _Tally()
    with warnings.catch_warnings(), _Fake(allow_non_fake_inputs=True), tally:
        warnings.simplefilter("ignore")  # deep copies ask fake tensors for their address, which does no harm here
        yield tally
