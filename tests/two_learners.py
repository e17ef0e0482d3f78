"""Run twice, by torchrun's words, this learns by two processes; the first tells what came of it as one JSON line.

Three stretches a step, so that one process has twice the work of the other. Adam's smallest divisor is
raised: the bias of a layer before a normalization has no gradient but rounding's, and Adam makes all
gradients alike large.
"""

import contextlib
import json
import os
import signal
from dataclasses import replace

import torch
from learning import CPU, batches_of, textured

from dancetransfer.learn import together
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.trainer import TRAINED, Trainer
from dancetransfer.recipes import RECIPES, Plan

SHARES = (0.1, 0.75, 0.8, 0.92, 0.95)
"""Without and with the judges, and faces."""
SEED = 1
"""Of 0, rounding decides on which side of its kink some unit of a judge lies, which the steps after enlarge."""


def learner(group: together.Group | None) -> tuple[Trainer, Batches]:
    recipe = replace(RECIPES["fast"], frames=6)
    trainer = Trainer(Plan(recipe, (64, 64), 4, 1), CPU, SEED, None)
    for optimizer in trainer.optimizers.values():
        optimizer.param_groups[0]["eps"] = 1e-2
    trainer.group = group
    return trainer, batches_of(textured())


def step(trainer: Trainer, batches: Batches, share: float) -> dict[str, float]:
    if trainer.group and not trainer.group.leads:
        _, (share, _, batches.order, random) = together.hear()
        torch.set_rng_state(random)
    return trainer.step(batches, share)


def weights(trainer: Trainer) -> list[torch.Tensor]:
    return [one.detach().clone() for name in (*TRAINED, "averaged") for one in getattr(trainer, name).parameters()]


def furthest(a: list[torch.Tensor], b: list[torch.Tensor]) -> float:
    return max(float((x - y).abs().max()) for x, y in zip(a, b, strict=True))


def out_of_memory(*_: object) -> None:
    raise torch.OutOfMemoryError("no room")


def main() -> None:
    with together.opened() as rank:
        both, batches = learner(together.Group())
        losses = [step(both, batches, share) for share in SHARES]
        before = weights(both)
        refused = False
        with contextlib.suppress(torch.OutOfMemoryError):
            if rank:
                both._body_portion = out_of_memory  # type: ignore[assignment,method-assign]
            step(both, batches, 0.1)
            refused = True
        told = {"not taken": furthest(before, weights(both)) == 0 and both.steps == len(SHARES) and not refused}
        if rank:
            os.kill(os.getpid(), signal.SIGKILL)
        alone, batches = learner(None)
        mine = [step(alone, batches, share) for share in SHARES]
        told["weights"] = furthest(before, weights(alone))
        told["losses"] = max(abs(a[name] - b[name]) for a, b in zip(losses, mine, strict=True) for name in b)
        told["names"] = [sorted(a) == sorted(b) for a, b in zip(losses, mine, strict=True)]
        try:
            step(both, batches, 0.1)
        except together.Parted as error:
            told["parted"] = f"{error.message} {error.hint}"
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
