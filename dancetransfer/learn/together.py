"""One training on several processes, as torchrun starts them: the first one is the program, the others compute with it.

All processes hold the same networks and draw the same batches by the same chance. Each learns from its
stretches of a batch, the gradients are added up, and each takes the same step: what one process alone
would learn from the whole batch, but for rounding. Whatever is decided, the first one decides.
"""

import contextlib
import os
import pickle
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from dancetransfer.device import Device
from dancetransfer.errors import UserError
from dancetransfer.learn.adam import Adam

STEP, WORD = timedelta(minutes=10), timedelta(days=30)
"""How long another process is waited for within a step, and for the next word, which may come after a long work of the
first one's alone. One that has died is noticed at once by those that wait for it."""
END_SECONDS = 5.0
"""How long the last word is tried."""
BACKENDS = "cpu:gloo,cuda:nccl"
FINE, MEMORY, TROUBLE = range(3)
"""How a process fared in its part of a step."""


class Elsewhere(torch.OutOfMemoryError):
    """Another process of the training has run out of memory, so that nobody takes this step."""


@contextlib.contextmanager
def opened() -> Iterator[int]:
    """Meet the other processes that torchrun has started; gives this one's number, of which 0 is the program's.

    UserError where they do not come together.
    """
    local, cards = int(os.environ.get("LOCAL_RANK", "0")), torch.cuda.device_count()
    if cards:
        torch.cuda.set_device(min(local, cards - 1))
    with _reached():
        dist.init_process_group(BACKENDS if cards else "gloo", timeout=WORD)
    try:
        yield dist.get_rank()
    finally:
        with contextlib.suppress(RuntimeError):
            dist.destroy_process_group()


def say(word: str, *given: Any) -> None:
    """A word of the first process to the others, which `hear` it."""
    with _reached():
        dist.broadcast_object_list([pickle.dumps((word, given))], 0)


def hear() -> tuple[str, tuple[Any, ...]]:
    """The next word of the first process."""
    words: list[bytes] = [b""]
    with _reached():
        dist.broadcast_object_list(words, 0)
    heard: tuple[str, tuple[Any, ...]] = pickle.loads(words[0])
    return heard


def end() -> None:
    """The last word of the first process; those that can't hear it any more are not waited for."""

    def last() -> None:
        with contextlib.suppress(UserError):
            say("end")

    thread = threading.Thread(target=last, name="end", daemon=True)
    thread.start()
    thread.join(END_SECONDS)


def part_device(chosen: Device) -> Device:
    """What the first process computes on, for this one: a card of its own. UserError where there is none."""
    if chosen.name == "cpu":
        return chosen
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if chosen.name != "cuda":
        raise UserError(f"Several processes can't share {chosen.name}.", "Start one: leave torchrun out.")
    if local >= torch.cuda.device_count():
        raise UserError(
            f"There are more processes than graphics cards, of which there are {torch.cuda.device_count()}.",
            "Start torchrun with --nproc-per-node of that number.",
        )
    return replace(chosen, torch=f"cuda:{local}")


class Group:
    """The processes of one training. All of them make one at the same time."""

    def __init__(self) -> None:
        with _reached():
            self._group = dist.new_group(timeout=STEP)
        self.rank, self.count = dist.get_rank(), dist.get_world_size()

    @property
    def leads(self) -> bool:
        return self.rank == 0

    def share(self, stretches: int) -> range:
        """Which stretches of a batch are this process's."""
        return range(stretches * self.rank // self.count, stretches * (self.rank + 1) // self.count)

    def met(self, error: Exception | None = None) -> None:
        """All processes are ready to learn, unless one says why not."""
        told = (FINE, "") if error is None else (TROUBLE, f"{type(error).__name__}: {error}")
        self._told(*told)

    def added(self, optimizers: Mapping[str, Adam], losses: dict[str, Tensor]) -> dict[str, Tensor]:
        """Add up the gradients of all processes, in place, and their losses.

        `Elsewhere` where another had no memory for its part, UserError where another failed: its words.
        """
        parameters = {name: one.param_groups[0]["params"] for name, one in optimizers.items()}
        given = {name: [one.grad is not None for one in ours] for name, ours in parameters.items()}
        told = self._told(FINE, "", {name: float(value) for name, value in losses.items()}, given)
        for name, ours in parameters.items():
            learned = [any(learns) for learns in zip(*(one[3][name] for one in told), strict=True)]
            self._add([one for one, learns in zip(ours, learned, strict=True) if learns])
        names = dict.fromkeys(name for one in told for name in one[2])  # what one process sees no face in, another may
        return {name: torch.tensor(sum(one[2].get(name, 0.0) for one in told)) for name in names}

    def failed(self, error: BaseException) -> None:
        """Tell the others, which are about to add up, that there is nothing to be added."""
        if isinstance(error, (Elsewhere, Parted)):
            return
        kind = MEMORY if isinstance(error, (MemoryError, torch.OutOfMemoryError)) else TROUBLE
        with contextlib.suppress(UserError, Elsewhere):
            self._told(kind, f"{type(error).__name__}: {error}", {}, {})

    def _told(self, *ours: Any) -> list[Any]:
        """How each process fared, its words, losses, and which of its parameters have a gradient."""
        told: list[Any] = [None] * self.count
        with _reached():
            dist.all_gather_object(told, ours, group=self._group)
        for rank, (kind, words, *_) in enumerate(told):
            if kind == TROUBLE:
                raise Parted(f"Process {rank} of the training failed: {words}", GO_ON)
        for rank, (kind, *_) in enumerate(told):
            if kind == MEMORY and rank != self.rank:
                raise Elsewhere(f"Process {rank} has run out of memory.")
        return told

    def _add(self, parameters: list[Tensor]) -> None:
        if not parameters:
            return
        for one in parameters:
            if one.grad is None:
                one.grad = torch.zeros_like(one)
        gradients = [one.grad for one in parameters if one.grad is not None]
        flat = torch.cat([one.flatten() for one in gradients])
        with _reached():
            dist.all_reduce(flat, group=self._group)
        for one, sum in zip(gradients, flat.split([one.numel() for one in gradients]), strict=True):
            one.copy_(sum.view_as(one))


GO_ON = "Give the same command again; it goes on from the last checkpoint."


class Parted(UserError):
    """The processes of a training are no longer together."""


@contextlib.contextmanager
def _reached() -> Iterator[None]:
    """Parted where a process that is waited for does not answer."""
    try:
        yield
    except torch.OutOfMemoryError:
        raise
    except RuntimeError as error:  # every error of torch.distributed is one
        words = str(error).strip().splitlines()[0][:200]
        raise Parted("Another process of the training has ended or can't be reached.", f"{GO_ON} ({words})") from error
