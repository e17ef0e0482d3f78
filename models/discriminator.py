"""PatchGAN discriminators at several scales (pix2pixHD, section 3.2), which also give their features."""

from torch import Tensor, nn
from torch.nn import functional


class PatchDiscriminator(nn.Module):
    """70x70 PatchGAN (Isola et al. 2017): a map of real/fake scores, and the features of each layer."""

    def __init__(
        self,
        inputs: int,  # channels of everything that is judged together
        width: int = 64,  # channels of the first layer (ndf)
        layers: int = 3,  # halvings
        limit: int = 512,  # most channels of any layer
    ) -> None:
        super().__init__()
        steps = [nn.Sequential(nn.Conv2d(inputs, width, 4, stride=2, padding=2), nn.LeakyReLU(0.2, True))]
        channels = width
        for level in range(layers):
            wider = min(2 * channels, limit)
            stride = 1 if level == layers - 1 else 2  # the last layer widens without halving
            steps.append(
                nn.Sequential(
                    nn.Conv2d(channels, wider, 4, stride=stride, padding=2, bias=False),
                    nn.InstanceNorm2d(wider),
                    nn.LeakyReLU(0.2, True),
                )
            )
            channels = wider
        steps.append(nn.Sequential(nn.Conv2d(channels, 1, 4, padding=2)))
        self.steps = nn.ModuleList(steps)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N,inputs,H,W] -> features of each layer, the last one being the score map [N,1,h,w]."""
        features = []
        for step in self.steps:
            x = step(x)
            features.append(x)
        return features


class MultiScaleDiscriminator(nn.Module):
    """The same discriminator on the picture at full, half, quarter... size."""

    def __init__(self, inputs: int, scales: int = 2, width: int = 64, layers: int = 3, limit: int = 512) -> None:
        super().__init__()
        self.scales = nn.ModuleList(PatchDiscriminator(inputs, width, layers, limit) for _ in range(scales))

    def forward(self, x: Tensor, first: int = 0) -> list[list[Tensor]]:
        """[N,inputs,H,W] -> per scale the features of its discriminator; scales below `first` are left out."""
        results = []
        for number, discriminator in enumerate(self.scales):
            if number:
                x = functional.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            if number >= first:
                results.append(discriminator(x))
        return results
