"""Adam (Kingma and Ba 2015) by PyTorch's own kernel, without PyTorch's compiler.

Making the first `torch.optim.Adam` of a process imports torch._dynamo: 1.1 s of processor time and 75 MB before the
first step (PyTorch 2.13). The function behind that class needs neither, and computes the same to the last bit.
"""

from typing import Any

import torch
from torch import nn
from torch.optim.adam import adam

MOMENTS = ("exp_avg", "exp_avg_sq")


class Adam:
    """What a training needs of `torch.optim.Adam`, by the same names; either reads what the other has kept.

    The moments are in place from the beginning, so that a step can't fail half way for want of memory.
    """

    def __init__(self, parameters: list[nn.Parameter], rate: float) -> None:
        group = {
            "params": parameters,
            "lr": rate,
            "betas": (0.5, 0.999),
            "eps": 1e-8,
            "weight_decay": 0.0,
            "fused": True,
        }
        self.param_groups: list[dict[str, Any]] = [group]
        self.state: dict[nn.Parameter, dict[str, torch.Tensor]] = {}
        self.begin()

    def begin(self) -> None:
        """As if no step had been taken."""
        for one in self.param_groups[0]["params"]:
            self.state[one] = {"step": torch.zeros((), device=one.device)}
            for name in MOMENTS:
                self.state[one][name] = torch.zeros_like(one, memory_format=torch.preserve_format)

    @torch.no_grad()
    def step(self) -> None:
        """Down the gradients; parameters without one stay as they are."""
        group = self.param_groups[0]
        learned = [one for one in group["params"] if one.grad is not None]
        means, squares, taken = ([self.state[one][name] for one in learned] for name in (*MOMENTS, "step"))
        adam(
            learned, [one.grad for one in learned], means, squares, [], taken, lr=group["lr"], eps=group["eps"],
            beta1=group["betas"][0], beta2=group["betas"][1], weight_decay=group["weight_decay"],
            fused=group["fused"], amsgrad=False, maximize=False,
        )  # fmt: skip

    def zero_grad(self) -> None:
        for one in self.param_groups[0]["params"]:
            one.grad = None

    def state_dict(self) -> dict[str, Any]:
        """Moments by the parameters' numbers, and the rate, as in a checkpoint."""
        (group,) = self.param_groups
        numbers = list(range(len(group["params"])))
        state = {number: self.state[one] for number, one in zip(numbers, group["params"], strict=True)}
        return {"state": state, "param_groups": [{**group, "params": numbers}]}

    def load_state_dict(self, kept: dict[str, Any]) -> None:
        """Go on from what `state_dict` gave. KeyError or RuntimeError where it is of other parameters."""
        (group,), (ours,) = kept["param_groups"], self.param_groups
        if len(group["params"]) != len(ours["params"]):
            raise RuntimeError(f"moments of {len(group['params'])} parameters instead of {len(ours['params'])}")
        ours.update({name: group[name] for name in ("lr", "betas", "eps")})
        self.begin()
        for number, row in kept["state"].items():  # whoever had no gradient yet may be missing
            for name, value in self.state[ours["params"][number]].items():
                if row[name].shape != value.shape:
                    raise RuntimeError(f"moments of {list(row[name].shape)} instead of {list(value.shape)}")
                value.copy_(row[name])
