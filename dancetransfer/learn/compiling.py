"""Compiling what a training step computes most: tried only where it can pay, measured, and kept only where it does.

torch.compile turns a frame's drawing and its likeness into fewer, larger kernels and, on a graphics card, into CUDA
graphs, which are launched as one. That takes tens of seconds. The judges are not compiled: their layers are gone
through backwards twice, once for their own weights and once for the picture, and compiled code does all of both.

Never run on a graphics card by the authors; the same code runs on the processor in the tests.
"""

import shutil
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import torch

from dancetransfer import device
from dancetransfer.device import Device
from dancetransfer.events import Event, Notice, Progress
from dancetransfer.learn import compiled
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.dancer import drawn
from dancetransfer.learn.portions import drawn_chance
from dancetransfer.learn.thrift import Thrift, ran_out
from dancetransfer.learn.trainer import Trainer
from dancetransfer.storage import key
from models.losses import laplacian

STEPS = 8
"""Steps that are taken before anything is decided; the first ones, in which a card chooses its kernels, don't count."""
RUNS = 4
"""Steps of each kind that are measured and compared, of two batches by turns: a graph that is played back without
its new pictures would go unnoticed with one."""
FIRST = 4
"""Compiled steps that belong to the compiling: CUDA graphs are warmed up, recorded and played back."""
WORTH = 1.5
"""It is tried where it is expected to save so many times as much as it takes."""
SURELY = 0.97
"""It is kept where a step takes at most this part of what it took before."""
ALIKE = {"bfloat16": 0.05, "float32": 0.01}
"""How far a loss may be from what it was, in parts of it: compiled code rounds at other places. (On a processor with
bfloat16 the losses of `fast` differed by less than 0.001, the gradient's length by 0.003.)"""


@dataclass(frozen=True)
class Kind:
    """What compiled code depends on; where it changes it has to be made anew."""

    coarse: bool
    frames: int


@dataclass(frozen=True)
class Run:
    """One step that is not taken."""

    losses: dict[str, float]
    gradients: torch.Tensor
    """The length of each weight's gradient; on the processor."""
    seconds: float


def backend_on(used: Device) -> dict[str, Any] | None:
    """What torch.compile is to be asked for on a device; None where it can't pay.

    On two cores with bfloat16 it does not: see tests/bench/RESULTS.md.
    """
    if used.name == "cuda":
        return {"backend": "inductor", "mode": "reduce-overhead"}
    return None


class Compiling:
    """Looks at each step of a training, and compiles what it is made of where that pays."""

    def __init__(self, trainer: Trainer, batches: Batches) -> None:
        self.trainer, self.batches = trainer, batches
        self.how = backend_on(trainer.device)
        self.kind: Kind | None = None
        self.took: list[float] = []
        self.decided = False
        """About this kind of steps."""

    def look(self, share: float, seconds: float, left: float, shown: Progress) -> Iterator[Event]:
        """After a step that took `seconds`, at `share` of a training of which `left` seconds are left.

        `shown` is how far the training is.
        """
        if self.how is None:
            return
        kind = kind_of(self.trainer, share)
        if kind != self.kind:
            self.take_back()
            self.kind, self.took, self.decided = kind, [], False
        if kind is None or self.decided:
            return
        self.took.append(seconds)
        if len(self.took) < STEPS:
            return
        self.decided = True
        left *= min(1.0, (until(self.trainer, share) - share) / max(1e-6, 1 - share))
        yield from self._tried(share, statistics.median(self.took[STEPS // 2 :]), left, shown)

    def take_back(self) -> bool:
        """Whether anything was compiled, which is no more: its code, and the memory of its graphs."""
        if not self.trainer.quick:
            return False
        self.trainer.quick = {}
        forget()
        if self.trainer.device.name == "cuda":
            torch.cuda.empty_cache()
        return True

    def give_way(self) -> bool:
        """Memory is short: compile nothing more. Whether anything was compiled."""
        self.how = None
        return self.take_back()

    def failed(self, error: Exception) -> Notice | None:
        """What to say where a compiled step has failed, which is no more; None where nothing was compiled."""
        how = self.how
        if how is None or not self.give_way():
            return None
        return self._refused(how, _cause(error))

    # --- a try ----------------------------------------------------------------------------------

    def _tried(self, share: float, step: float, left: float, shown: Progress) -> Iterator[Event]:
        """Compile and measure where it is expected to pay; `step` are seconds of one as it is, and `left` all that
        is left of this kind of steps.
        """
        assert self.how is not None
        machine, plan = machine_of(self.trainer.device, self.how), key(self.trainer.plan, self.kind)
        known = compiled.expected(machine, plan)
        if known is None or left * (1 - 1 / known.times) <= WORTH * known.seconds:
            return
        yield replace(shown, words=f"Compiling, which takes about {known.seconds:.0f} s")
        how, begun = self.how, time.perf_counter()
        try:
            before, after, seconds = self._measured(share)
        except Exception as failure:  # of many kinds: a compiler that is missing, an operation that it doesn't know
            self.give_way()
            error = ran_out(failure)
            if isinstance(error, torch.OutOfMemoryError):
                words = "Compiling a training step takes more memory than there is, so steps stay as they are."
                yield Notice(words, "Nothing has to be done.")
            else:
                yield self._refused(how, _cause(error))
            return
        left -= time.perf_counter() - begun
        limit = ALIKE[self.trainer.device.mixed]
        if words := next(filter(None, (unlike(*pair, limit) for pair in zip(before, after, strict=True))), ""):
            self.give_way()
            yield self._refused(how, words)
            return
        gain = _median(before) - _median(after)
        times = step / max(step - gain, 1e-6)
        kept = _median(after) <= SURELY * _median(before)
        compiled.note(machine, plan, compiled.Expected(seconds, times if kept else 1.0))
        took = f"Compiling took {seconds:.0f} s"
        if not kept:
            self.take_back()
            yield Notice(f"{took} and makes a step no faster, so it is taken back.", "Nothing has to be done.")
            return
        words = f"what would have taken {left:.0f} s takes {left / times:.0f} s"
        yield Notice(f"{took} and makes a step {times:.1f} times as fast: {words}.")

    def _measured(self, share: float) -> tuple[list[Run], list[Run], float]:
        """Steps as they are and compiled, none of them taken, and the seconds that compiling took."""
        trainer, batches = self.trainer, self.batches
        assert self.how is not None
        order, random = batches.order, torch.get_rng_state()
        try:
            step = rehearsal(trainer, batches, share)
            before = [step(n) for n in range(2 + RUNS)][2:]
            trainer.quick = quickened(trainer, self.how)
            seconds = sum(step(n).seconds for n in range(FIRST)) - FIRST * _median(before)
            after = [step(n) for n in range(RUNS)]
        finally:
            trainer._forget()
            batches.order = order
            torch.set_rng_state(random)
        return before, after, max(0.0, seconds)

    def _refused(self, how: dict[str, Any], cause: str) -> Notice:
        compiled.refuse(machine_of(self.trainer.device, how), cause)
        return Notice(
            f"Training steps can't be compiled on this machine and stay as they are: {cause}.",
            "Nothing has to be done; compiled steps would only be quicker.",
        )


def kind_of(trainer: Trainer, share: float) -> Kind | None:
    """What kind of step it is at that share; None for one that is never compiled.

    Face and hands are seen in ever other numbers of pictures; a thrifty step has no memory to spare; and several
    processes would each have to wait for the last one's compiler.
    """
    if trainer.parts_phase(share) or trainer.thrift != Thrift() or trainer.group is not None:
        return None
    return Kind(trainer.coarse_only(share), trainer.plan.recipe.unrolled(share))


def until(trainer: Trainer, share: float) -> float:
    """The share at which steps of another kind begin."""
    recipe = trainer.plan.recipe
    changes = [recipe.parts_from if recipe.parts else 1.0, *(start for start, _ in recipe.unroll)]
    if trainer.plan.enhanced:
        changes.append(recipe.enhancer_from)
    return min((one for one in changes if one > share), default=1.0)


def quickened(trainer: Trainer, how: dict[str, Any]) -> dict[str, Callable[..., Any]]:
    """What of a step is compiled, by the name under which the trainer looks for it. Compiled at its first call."""
    likeness: Callable[..., Any] = laplacian if trainer.perceptual is None else trainer.perceptual
    return {name: torch.compile(one, dynamic=False, **how) for name, one in (("drawn", drawn), ("likeness", likeness))}


def rehearsal(trainer: Trainer, batches: Batches, share: float) -> Callable[[int], Run]:
    """A step that computes everything and goes nowhere: one for even numbers, another one for odd ones."""
    recipe = trainer.plan.recipe
    frames = recipe.unrolled(share)
    count = max(1, recipe.frames // frames)
    drawn = [batches.draw(frames, count, False, range(count)) for _ in range(2)]
    given = [(batch, drawn_chance(recipe, batch, range(count))) for batch in drawn]

    def step(n: int) -> Run:
        begun = time.perf_counter()
        losses = trainer._gradients(*given[n % 2], range(count), share)
        lengths = [one.grad.float().norm() for one in trainer.generator.parameters() if one.grad is not None]
        gradients = torch.stack(lengths).cpu()
        told = {name: float(value) for name, value in losses.items()}  # waits for the device
        trainer._forget()
        return Run(told, gradients, time.perf_counter() - begun)

    return step


def unlike(before: Run, after: Run, limit: float) -> str:
    """What differs between the same step computed twice; "" where both are alike."""
    for name, value in before.losses.items():
        other = after.losses.get(name, float("nan"))
        if not abs(other - value) <= limit * abs(value) + 1e-6:
            return f"compiled, the {name} loss of the same step is {other:.4g} instead of {value:.4g}"
    if after.gradients.shape != before.gradients.shape:
        return "compiled, a step has gradients for other weights"
    off = float((after.gradients - before.gradients).norm() / before.gradients.norm())
    return "" if off <= limit else f"compiled, the gradients of the same step are {100 * off:.0f} % off"


def machine_of(used: Device, how: dict[str, Any]) -> str:
    """The key of all that decides whether compiling works here and how long it takes."""
    compilers = [name for name in ("c++", "g++", "clang++", "cl", "ptxas") if shutil.which(name)]
    versions = [torch.__version__, _version("triton"), _version("triton-windows")]
    return key("compiling", used.description, used.mixed, device.driver(), compilers, versions, how)


def forget() -> None:
    """Drop all code that was compiled, where the compiler was ever loaded."""
    if "torch._dynamo" in sys.modules:
        torch.compiler.reset()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _cause(error: BaseException) -> str:
    """The first line of an error's words that says something, for people."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next((line for line in lines if line), type(error).__name__)[:200].rstrip(".")


def _median(runs: list[Run]) -> float:
    return statistics.median(one.seconds for one in runs)
