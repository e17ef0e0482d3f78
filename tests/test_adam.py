"""The trainings' Adam is PyTorch's, and a training loads no compiler for it."""

import io
import sys

import pytest
import torch
from learning import CPU, batches_of, textured
from torch import nn

from dancetransfer.learn.adam import Adam
from dancetransfer.learn.trainer import Trainer, pack, unpack
from dancetransfer.recipes import RECIPES, Plan


def parameters() -> list[nn.Parameter]:
    torch.manual_seed(0)
    return [nn.Parameter(torch.randn(size)) for size in ((3, 4), (5,), (2, 2))]


def learn(optimizer: torch.optim.Optimizer | Adam, count: int) -> None:
    """Steps of `count` known gradients, of which the second parameter gets only the later half."""
    for step in range(count):
        ours = optimizer.param_groups[0]["params"]
        for number, one in enumerate(ours):
            one.grad = None if number == 1 and step < count / 2 else (one.detach() * (step + 1)).sin()
        optimizer.step()
        optimizer.zero_grad()
        assert all(one.grad is None for one in ours)


def test_it_is_pytorchs_to_the_last_bit_and_each_goes_on_from_the_other() -> None:
    ours, theirs = parameters(), parameters()
    one, other = Adam(ours, 1e-2), torch.optim.Adam(theirs, 1e-2, betas=(0.5, 0.999), fused=True)
    for _ in range(2):
        for optimizer in (one, other):
            optimizer.param_groups[0]["lr"] /= 3
            learn(optimizer, 4)
        assert all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))
        before, after = one.state_dict(), other.state_dict()
        one, other = Adam(ours, 1.0), torch.optim.Adam(theirs, 1.0, fused=True)
        one.load_state_dict(after)
        other.load_state_dict(before)


def test_other_moments_are_refused_and_it_can_begin_again() -> None:
    optimizer = Adam(parameters(), 1e-2)
    learn(optimizer, 2)
    with pytest.raises(RuntimeError, match="3 parameters"):
        Adam(parameters()[:2], 1e-2).load_state_dict(optimizer.state_dict())
    with pytest.raises(RuntimeError, match=r"moments of \[3, 4\]"):
        Adam(parameters()[::-1], 1e-2).load_state_dict(optimizer.state_dict())
    optimizer.begin()
    assert all(not value.any() for row in optimizer.state.values() for value in row.values())


def test_a_training_needs_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks and faces are learned, kept and gone on with where PyTorch's can't be imported."""
    monkeypatch.setitem(sys.modules, "torch._dynamo", None)
    trainer, batches = Trainer(Plan(RECIPES["fast"], (64, 64), 4, 1), CPU, 0, None), batches_of(textured(20))
    for share in (0.9, 0.95):
        trainer.step(batches, share)
        kept = io.BytesIO()
        torch.save(pack(trainer, batches, {}), kept)
        unpack(kept, trainer, batches)
    assert trainer.steps == 2
