"""A training that ran away is noticed, and nothing of it is kept."""

import math

import torch

from dancetransfer.errors import UserError
from dancetransfer.learn.trainer import TRAINED, Trainer


def check(losses: dict[str, float]) -> None:
    """UserError where a loss is not a number any more."""
    bad = [name for name, value in losses.items() if not math.isfinite(value)]
    if bad:
        raise UserError(
            f"The training ran away: the {bad[0]} loss is not a number.",
            "Run the same command again; it goes on from the last checkpoint.",
        )


def finite(trainer: Trainer) -> bool:
    """All weights are numbers."""
    networks = [getattr(trainer, name) for name in TRAINED]
    return all(bool(torch.isfinite(values).all()) for network in networks for values in network.parameters())
