"""What is done where the memory runs out: ways to need less, the one that costs least first.

1. A batch is learned from in portions: the same gradients, but for rounding.
2. What the layers gave is computed again instead of kept: the same gradients, slower steps.
3. Smaller pictures, unless their size was chosen by hand.
4. The processor instead of a graphics card, unless that was chosen by hand.

There are no tiles: the networks normalize each picture by its own mean and spread (instance norm), so a tile would
come out in other colors than the same place of the whole.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from dancetransfer.device import Device
from dancetransfer.errors import UserError
from dancetransfer.events import Notice
from dancetransfer.learn import memory, runs
from dancetransfer.learn.thrift import Thrift
from dancetransfer.recipes import Plan
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import write_text
from models.losses import Perceptual

LOWEST = 96
"""Pixels of height below which nobody would want the picture."""
STEP = 0.8
"""The next smaller height is at most this part of the one before."""
DISTORTED = 0.03
"""How much the shape of a smaller crop may differ, as sizes go by steps."""
KEPT = "memory"
"""The entry of a run's settings.json."""


@dataclass(frozen=True)
class Rung:
    """How a training is made to fit; the highest one needs the most memory."""

    thrift: Thrift = field(default_factory=Thrift)
    height: int | None = None
    """Of the pictures, in pixels; None: as the settings have it."""
    device: str | None = None
    """None: as the settings have it."""

    def plan(self, asked: Plan) -> Plan:
        """The sizes of a training on this rung, with the same networks."""
        return asked if self.height is None else at_height(asked, self.height)


class Lower(Exception):
    """The training has to be built anew on a lower rung, and goes on from where it is."""


def at_height(plan: Plan, height: int) -> Plan:
    """The same networks for smaller pictures."""
    step, (wide, high) = _step(plan), plan.size
    limit = min(plan.recipe.enhancer_above, height - 1) if plan.enhanced else plan.recipe.enhancer_above
    width = max(step, round(wide * height / high / step) * step)
    return replace(plan, recipe=replace(plan.recipe, enhancer_above=limit), size=(width, height))


def _step(plan: Plan) -> int:
    return plan.recipe.multiple * (2 if plan.enhanced and plan.recipe.follow else 1)


def smaller(plan: Plan) -> Iterator[int]:
    """Heights below a plan's that keep its shape, the largest first."""
    aspect, last = plan.size[0] / plan.size[1], plan.size[1]
    for height in range(last - _step(plan), LOWEST - 1, -_step(plan)):
        width, _ = at_height(plan, height).size
        if height <= STEP * last and abs(width / height / aspect - 1) <= DISTORTED:
            yield height
            last = height


def below(rung: Rung, asked: Plan, settings: TrainSettings, used: Device) -> Rung | None:
    """The next lower rung; None where only something that was chosen by hand could still be changed."""
    recipe, thrift = asked.recipe, rung.thrift
    stretches = max(1, recipe.frames // min(frames for _, frames in recipe.unroll))
    if thrift.portions < stretches:
        return replace(rung, thrift=replace(thrift, portions=min(2 * thrift.portions, stretches)))
    if not thrift.recompute:
        return replace(rung, thrift=replace(thrift, recompute=True))
    if not settings.by_hand("size") and (height := next(smaller(rung.plan(asked)), None)):
        return replace(rung, height=height)
    if used.name != "cpu" and settings.device == "auto":
        return Rung(device="cpu")
    return None


# --- kept with the run ----------------------------------------------------------------------------


def kept(folder: Path) -> Rung:
    """The rung that a run was on; the highest where none is kept."""
    known = (runs.read_run(folder) or {}).get(KEPT)
    if not isinstance(known, dict):
        return Rung()
    thrift = Thrift(int(known.get("portions", 1)), bool(known.get("recompute", False)))
    return Rung(thrift, known.get("height"), known.get("device"))


def as_chosen(rung: Rung, settings: TrainSettings) -> Rung:
    """The rung without what goes against a choice that somebody has made since."""
    if settings.device not in ("auto", rung.device or settings.device):
        return Rung()
    return replace(rung, height=None) if settings.by_hand("size") else rung


def less_than_chosen(folder: Path, settings: TrainSettings) -> list[Notice]:
    """What is to be said of a finished run whose pictures are smaller than somebody wants them now."""
    height = kept(folder).height
    if height is None or not settings.by_hand("size"):
        return []
    return [
        Notice(
            f"The person was learned {height} pixels high, as memory was short, and that training is finished.",
            f"To learn them larger: train X.dance --size {settings.size}, with --new, or with a longer --budget",
        )
    ]


def keep(folder: Path, rung: Rung) -> None:
    """Note the rung in the run's settings.json, so that going on begins there."""
    row: dict[str, Any] = {**asdict(rung.thrift), "height": rung.height, "device": rung.device}
    write_text(folder / "settings.json", json.dumps({**(runs.read_run(folder) or {}), KEPT: row}, indent=1))


# --- going down -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Training:
    """What decides how much memory a training needs, besides its rung."""

    asked: Plan
    """As the settings have it."""
    settings: TrainSettings
    used: Device
    perceptual: Perceptual | None

    def needs(self, rung: Rung) -> int:
        """Bytes of a step, by the forecast."""
        mixed = self.used.mixed if rung.device is None else "float32"
        tensors = memory.training_bytes(rung.plan(self.asked), mixed, rung.thrift, self.perceptual)
        return int(memory.OVERHEAD * tensors)

    def below(self, rung: Rung) -> Rung | None:
        return below(rung, self.asked, self.settings, self.used)


def fitting(training: Training, rung: Rung) -> tuple[Rung, list[Notice]]:
    """Before the first step: the highest rung from this one down that the forecast finds room for, and what to say."""
    free = memory.free_bytes(training.used)
    if free > memory.plenty_bytes(rung.plan(training.asked)) or (need := training.needs(rung)) <= free:
        return rung, []
    first, lowest = need, rung
    while need > free and (lower := training.below(lowest)) is not None:
        lowest, need = lower, training.needs(lower)
        if lower.device is not None:
            break  # another memory
    begins = f"A training step needs about {gigabytes(first)} of memory, and {gigabytes(free)} are free."
    if need > free and lowest.device is None:
        words = f"{begins} Even what needs least, {gigabytes(need)}, may not fit; it is tried."
        return lowest, [Notice(words, _way_out(training, lowest, free))]
    return lowest, [Notice(f"{begins} {_told(rung, lowest, need, training)}", _way_back(training, lowest))]


def lower(training: Training, rung: Rung, said: str) -> tuple[Rung, Notice]:
    """The memory has run out: the next rung, and what to say. UserError where there is none.

    `said` are the allocator's words.
    """
    free, need = memory.free_bytes(training.used), training.needs(rung)
    begins = f"The memory has run out: a training step needs about {gigabytes(need)}, and {gigabytes(free)} are free."
    next_one = training.below(rung)
    if next_one is None:
        raise UserError(begins, _way_out(training, rung, free))
    words = _told(rung, next_one, training.needs(next_one), training)
    return next_one, Notice(f"{begins} {words} Nothing that was learned is lost.", _way_back(training, next_one))


def _told(before: Rung, after: Rung, need: int, training: Training) -> str:
    """What is done now, and what it costs."""
    told = []
    if after.device is not None:
        return "From now on the processor computes, which takes many times as long."
    if after.thrift.portions > before.thrift.portions:
        told.append(f"batches are learned from in {after.thrift.portions} portions, with the same result")
    if after.thrift.recompute and not before.thrift.recompute:
        told.append("layers are computed twice instead of kept, so steps take about a third longer")
    if after.height != before.height:
        high = before.plan(training.asked).size[1]
        told.append(f"the person is learned {after.height} pixels high instead of {high}, which loses fine detail")
    return f"So {', and '.join(told)}; that needs about {gigabytes(need)}."


def _way_back(training: Training, rung: Rung) -> str:
    if rung.height is None:
        return "Nothing has to be done. With more memory free, steps may be quicker: close other programs."
    return f"To insist on it: close other programs, then train X.dance --new --size {training.settings.size}"


def _way_out(training: Training, rung: Rung, free: int) -> str:
    """Which value of what was chosen by hand would do."""
    for height in smaller(rung.plan(training.asked)):
        need = training.needs(replace(rung, height=height))
        if need <= free:
            return f"Close other programs, or choose --size {height}, which needs about {gigabytes(need)}."
    ways = ["Close other programs"]
    if training.used.name != "cpu":
        ways.append("choose --device cpu")
    if training.asked.recipe.name not in ("fast", "sprites"):
        ways.append("choose --recipe fast")
    return f"{', or '.join(ways)}."


def gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e9:.2f} GB"


def device_of(folder: Path, settings: TrainSettings, rung: Rung) -> Device:
    """What the run computes on, on this rung."""
    return runs.device_of(folder, rung.device or settings.device)
