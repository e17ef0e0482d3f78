"""The coarse-to-fine generator of pix2pixHD, at any width: label maps and the last picture in, a picture out."""

import torch
from torch import Tensor, nn


def norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions around a shortcut (He et al. 2016, as in Johnson et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=False),
            norm(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=False),
            norm(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.body(x)


def stem(inputs: int, width: int) -> nn.Sequential:
    """7x7 convolution to `width` channels at full size: [N,inputs,H,W] -> [N,width,H,W]."""
    return nn.Sequential(
        nn.Conv2d(inputs, width, 7, padding=3, padding_mode="reflect", bias=False),
        norm(width),
        nn.ReLU(inplace=True),
    )


def down(inputs: int, outputs: int) -> nn.Sequential:
    """Half the size: [N,inputs,H,W] -> [N,outputs,H/2,W/2]."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), norm(outputs), nn.ReLU(inplace=True)
    )


def up(inputs: int, outputs: int) -> nn.Sequential:
    """Twice the size: [N,inputs,H,W] -> [N,outputs,2H,2W]. Upsampling before a convolution, where
    the paper has a transposed one: the same operation without its checkerboard (Odena et al. 2016).
    """
    return nn.Sequential(
        nn.Upsample(scale_factor=2, mode="nearest"),
        nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect", bias=False),
        norm(outputs),
        nn.ReLU(inplace=True),
    )
