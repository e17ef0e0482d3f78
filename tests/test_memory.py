"""A training and its memory: a batch in portions, and what is done where the memory runs out."""

from dataclasses import replace

import pytest
import torch
from learning import CPU, batches_of, textured

from dancetransfer.learn.trainer import Thrift, Trainer
from dancetransfer.recipes import RECIPES, Plan


def gradients(recipe: str, share: float, thrift: Thrift) -> dict[str, torch.Tensor]:
    """What the first step at that share goes down, of a batch of three stretches."""
    plan = Plan(replace(RECIPES[recipe], frames=6, augmented=True), (64, 64), 4, 1)
    trainer, batches = Trainer(plan, CPU, 0, None), batches_of(textured(), recipe)
    trainer.thrift = thrift
    batch = batches.draw(2, 3, trainer.parts_phase(share))
    trainer._gradients(batch, trainer._chance(batch), share)
    return {
        f"{network} {name}": value.grad
        for network in trainer.optimizers
        for name, value in getattr(trainer, network).named_parameters()
        if value.grad is not None
    }


@pytest.mark.parametrize(("recipe", "share"), [("fast", 0.8), ("fast", 0.95), ("edn", 0.5), ("vid2vid", 0.1)])
def test_portions_of_a_batch_give_its_gradients(recipe: str, share: float) -> None:
    """With judges, with the face, and with flow; and layers computed again give the very same."""
    whole = gradients(recipe, share, Thrift())
    for thrift in (Thrift(2), Thrift(3, recompute=True)):
        other = gradients(recipe, share, thrift)
        assert other.keys() == whole.keys() and len(whole) > 10
        for name, value in whole.items():
            assert (other[name] - value).norm() <= 1e-3 * value.norm() + 1e-6, name
