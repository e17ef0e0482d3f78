"""How a training begins: anew, or from where it was left."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

import torch

from dancetransfer.device import Device
from dancetransfer.errors import UserError
from dancetransfer.events import Event, Notice
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.trainer import Trainer, unpack
from dancetransfer.recipes import Plan
from dancetransfer.storage import set_aside
from models.losses import Perceptual

Begun = tuple[Trainer, Batches, "Counters"]
NONE = -1e9
"""The score before there is one."""


@dataclass
class Counters:
    """What a run has used and reached; kept in the checkpoint."""

    used: float = 0.0
    """Training seconds over all starts."""
    best: float = NONE
    """The highest score."""
    kept: float = NONE
    """The score of the generator that is kept, which is about as high."""
    best_step: int = 0
    """The step of the one that is kept."""
    best_share: float = 0.0
    parts: list[str] = field(default_factory=list)
    """The refiners that made the choose part better and are used."""
    jump: float = 0.0
    """Seconds of the budget that were not needed because the score had stopped rising."""
    coarse: bool = False
    """The best generator is G1 alone, which G2 replaces whatever its score."""
    next_preview: float = 4.0
    next_score: float = 8.0
    scored: int = -1
    """Step of the last score."""
    body_done: bool = False
    """G has had its last score and stands still: face and hands are learned."""
    asked: float = 0.0
    """The budget that `jump` and `best_share` belong to."""
    made_from: str = ""
    """The footage that `best` was measured on."""


def perceptual_of(sizes: Plan, chosen: Device) -> tuple[Perceptual | None, Notice | None]:
    """VGG's loss for the recipe that was published with it, where its weights are installed."""
    from dancetransfer import weights

    if sizes.recipe.name != "edn":
        return None, None
    if weights.installed("vgg19") is None:
        return None, Notice(
            "The perceptual loss of the published method is replaced by a Laplacian one.",
            "It needs the VGG19 weights: dancetransfer weights vgg19",
        )
    try:
        return Perceptual(weights.load_vgg19()).to(chosen.torch), None
    except (KeyError, RuntimeError) as error:
        raise UserError(
            "The file of VGG19's weights lacks some of them.", "Install it again: dancetransfer weights vgg19"
        ) from error


def resume(folder: Path, begin: Callable[[], Begun]) -> Generator[Event, None, Begun]:
    """Go on from last.pt, else prev.pt, else from nothing; a damaged file is set aside."""
    damaged = False
    for name in ("last.pt", "prev.pt"):
        path = folder / name
        if not path.exists():
            continue
        trainer, batches, counters = begin()  # a damaged file may have left half of itself in the last ones
        try:
            state = unpack(path.read_bytes(), trainer, batches)
        except (MemoryError, torch.OutOfMemoryError, UserError):
            raise
        except Exception:  # whatever torch raises on a damaged file: the next one is tried
            aside, damaged = set_aside(path), True
            yield Notice(f"The checkpoint {name} is damaged; it is kept as {aside.name}.")
            continue
        known = {field.name for field in fields(counters)}
        return trainer, batches, replace(counters, **{name: value for name, value in state.items() if name in known})
    if damaged:
        yield Notice("The training begins anew: no checkpoint could be read.", "The best generator so far is kept.")
    return begin()
