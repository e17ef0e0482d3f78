"""Networks as a training begins with them."""

from typing import Any

import torch
from torch import nn

from dancetransfer.device import Device
from models.refiner import Refiner
from models.sequential import SequentialGenerator


def placed(device: Device, network: Any) -> Any:
    """On the device, with small random weights as published: N(0, 0.02)."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.normal_(layer.weight, 0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    for part in network.modules():
        if isinstance(part, (Refiner, SequentialGenerator)):  # which begin by changing and moving nothing
            part.stand_still()
        if getattr(part, "fold", 0):  # all pixels of a fold begin alike (ICNR, Aitken et al. 2017)
            same = 4**part.fold
            with torch.no_grad():
                part.head.weight.copy_(part.head.weight[::same].repeat_interleave(same, 0))
    if device.name == "cuda":  # the sizes of a training are always the same; never tried by the authors
        torch.backends.cudnn.benchmark = True
        torch.set_float32_matmul_precision("high")
        torch.backends.cudnn.allow_tf32 = True
    if device.torch == "cpu":  # measured there: the fast recipe's step takes 1.2 times as long in channels-last order
        return network
    return network.to(device.torch, memory_format=torch.channels_last)
