"""Spatially adaptive normalization: scale and shift of each pixel read off the label map (Park et al., CVPR 2019)."""

from typing import Any

from torch import Tensor, nn
from torch.nn import functional


class Spade(nn.Module):
    """gamma(labels) * normalized + beta(labels), both maps (SPADE, equation 1), by instance norm.

    gamma is learned as its difference from 1. Instance norm, since our batches are too small for the
    published batch norm.
    """

    def __init__(
        self,
        channels: int,  # of what is normalized
        labels: int,  # channels of the label map
        hidden: int = 128,  # channels of the layer that gamma and beta share
    ) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(channels)
        self.shared = nn.Sequential(nn.Conv2d(labels, hidden, 3, padding=1), nn.ReLU(inplace=True))
        self.gamma = nn.Conv2d(hidden, channels, 3, padding=1)
        self.beta = nn.Conv2d(hidden, channels, 3, padding=1)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        """[N,channels,h,w] and a label map [N,labels,H,W] of any size -> [N,channels,h,w]."""
        # the mean over each pixel: thin lines of a skeleton would fall between the samples of "nearest"
        given = self.shared(functional.adaptive_avg_pool2d(labels, (x.shape[-2], x.shape[-1])))
        return self.norm(x) * (1 + self.gamma(given)) + self.beta(given)


class Conditioned(nn.ModuleList):
    """Layers in a row, of which those that are `Spade` see the label map besides."""

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        for layer in self:
            x = layer(x, labels) if isinstance(layer, Spade) else layer(x)
        return x


def conditioned(layers: nn.Sequential, labels: int, hidden: int) -> Conditioned:
    """The same layers with `Spade` for each instance norm; with `labels` 0 nothing is exchanged."""
    return Conditioned(_exchanged(layer, labels, hidden) for layer in layers)


def _exchanged(layer: Any, labels: int, hidden: int) -> nn.Module:
    if labels and isinstance(layer, nn.InstanceNorm2d):
        return Spade(layer.num_features, labels, hidden)
    return layer
