"""LPIPS: the distance of two pictures as a trained network sees it (Zhang et al., CVPR 2018). For judging alone."""

import torch
from torch import Tensor, nn
from torch.nn import functional

LAYERS = (
    (0, 3, 64, 11, 4, 2),
    (3, 64, 192, 5, 1, 2),
    (6, 192, 384, 3, 1, 1),
    (8, 384, 256, 3, 1, 1),
    (10, 256, 256, 3, 1, 1),
)
"""AlexNet's convolutions: number in torchvision's `features`, inputs, outputs, side, stride, padding."""
POOLED = (3, 6)
"""Layers that stand behind a maximum over 3x3, stride 2."""
SMALLEST = 63
"""Side in pixels below which nothing is left of a picture at the last layer."""
TINY = 1e-10


class Lpips(nn.Module):
    """sum over layers l of mean over h,w of sum_c w_lc (a_lhwc - b_lhwc)^2 (equation 1), on AlexNet's five layers.

    a and b are the features divided by their length over the channels. 0 is the same; larger is less like.
    """

    def __init__(self, backbone: dict[str, Tensor], heads: dict[str, Tensor]) -> None:
        """`backbone`: the state of torchvision's alexnet (`features.0.weight` ...); `heads`: that of LPIPS v0.1
        (`lin0.model.1.weight` ...). KeyError or RuntimeError where they are of another network."""
        super().__init__()
        self.convolutions = nn.ModuleList()
        self.heads = nn.ParameterList()
        for number, (name, inputs, outputs, side, stride, padding) in enumerate(LAYERS):
            one = nn.Conv2d(inputs, outputs, side, stride, padding)
            one.load_state_dict({part: backbone[f"features.{name}.{part}"] for part in ("weight", "bias")})
            self.convolutions.append(one)
            self.heads.append(nn.Parameter(heads[f"lin{number}.model.1.weight"].reshape(1, outputs, 1, 1)))
        self.requires_grad_(False)
        # what brings -1..1 to the statistics that the network was trained with, as LPIPS rounds them
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1))

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """Pictures [N,3,H,W] in -1..1, sides of 63 and more -> distances [N]."""
        x = (torch.cat([made, real]) - self.mean) / self.deviation
        total = made.new_zeros(len(made))
        for (name, *_), convolution, head in zip(LAYERS, self.convolutions, self.heads, strict=True):
            x = functional.max_pool2d(x, 3, stride=2) if name in POOLED else x
            x = functional.relu(convolution(x))
            a, b = (x / (x.norm(dim=1, keepdim=True) + TINY)).chunk(2)
            total = total + (head * (a - b) ** 2).sum(1).mean((1, 2))
        return total
