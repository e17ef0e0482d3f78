"""How a training step can need less memory, and how it is known that it needed too much."""

from dataclasses import dataclass

import torch

SAID = ("can't allocate memory", "not enough memory", "out of memory", "ALLOC_FAILED")
"""By the processor's allocator, Apple's, and the libraries of graphics cards."""


@dataclass(frozen=True)
class Thrift:
    """What a step does to need less memory; the weights that it leads to are the same, but for rounding."""

    portions: int = 1
    """A batch is learned from in so many portions, whose gradients are added up."""
    recompute: bool = False
    """What the networks' layers gave is computed again where the gradient needs it, not kept."""


def ran_out(error: BaseException) -> BaseException:
    """The error itself, or an OutOfMemoryError for what is one by another name."""
    if isinstance(error, torch.OutOfMemoryError):
        return error
    other = isinstance(error, RuntimeError) and any(words in str(error) for words in SAID)
    return torch.OutOfMemoryError(str(error)) if other or isinstance(error, MemoryError) else error
