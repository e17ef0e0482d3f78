"""One training step of Everybody Dance Now as one writes it down from the papers: float32, eager, channels first.

What `speed.py step` measures ours against. Sources of the formulas: Chan et al., ICCV 2019, section 3 (two frames,
the second one given the first); Wang et al., CVPR 2018, sections 3.1 to 3.3 and appendix (networks, losses, order of
the updates); Mao et al., ICCV 2017 (least squares). In the place of the VGG term stands the Laplacian pyramid of
Bojanowski et al. 2018, as in ours where VGG's weights are not installed. Nothing of `models` is used here.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

MATCHING, PERCEPTUAL = 10.0, 5.0
"""Weights of feature matching and of the term in the perceptual one's place."""


class Block(nn.Module):
    """A residual block."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=False),
            nn.InstanceNorm2d(channels, affine=True),
            nn.ReLU(),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3, bias=False),
            nn.InstanceNorm2d(channels, affine=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layers(x)


def generator(inputs: int, width: int = 64, downs: int = 4, blocks: int = 9) -> nn.Sequential:
    """G1: [N,inputs,H,W] -> picture [N,3,H,W] in -1..1."""
    layers: list[nn.Module] = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, width, 7, bias=False), *after(width)]
    sizes = [width * 2**n for n in range(downs + 1)]
    for a, b in itertools.pairwise(sizes):
        layers += [nn.Conv2d(a, b, 3, stride=2, padding=1, bias=False), *after(b)]
    layers += [Block(sizes[-1]) for _ in range(blocks)]
    for a, b in itertools.pairwise(sizes[::-1]):
        layers += [nn.ConvTranspose2d(a, b, 3, stride=2, padding=1, output_padding=1, bias=False), *after(b)]
    return nn.Sequential(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, 3, 7), nn.Tanh())


def after(channels: int) -> list[nn.Module]:
    return [nn.InstanceNorm2d(channels, affine=True), nn.ReLU()]


class Judges(nn.Module):
    """D: the same PatchGAN at full and at half size; the features of all its layers, scores last."""

    def __init__(self, inputs: int, scales: int = 2, width: int = 64) -> None:
        super().__init__()
        self.scales = nn.ModuleList(self.one(inputs, width) for _ in range(scales))

    @staticmethod
    def one(inputs: int, width: int) -> nn.ModuleList:
        layers: list[nn.Module] = [nn.Sequential(nn.Conv2d(inputs, width, 4, 2, 2), nn.LeakyReLU(0.2))]
        for a, b, stride in ((width, 2 * width, 2), (2 * width, 4 * width, 2), (4 * width, 8 * width, 1)):
            convolution = nn.Conv2d(a, b, 4, stride, 2, bias=False)
            layers.append(nn.Sequential(convolution, nn.InstanceNorm2d(b), nn.LeakyReLU(0.2)))
        return nn.ModuleList([*layers, nn.Conv2d(8 * width, 1, 4, 1, 2)])

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        found = []
        for number, layers in enumerate(self.scales):
            if number:
                x = functional.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
            features = [x]
            for layer in layers:
                features.append(layer(features[-1]))
            found.append(features[1:])
        return found


class Plain:
    """G, D, their Adams, and a step."""

    def __init__(self, labels: int, device: str = "cpu", rate: float = 2e-4) -> None:
        self.generator = generator(labels + 3).to(device)
        self.judges = Judges(2 * (labels + 3)).to(device)
        self.adam = [torch.optim.Adam(one.parameters(), rate, (0.5, 0.999)) for one in (self.generator, self.judges)]

    def take(self, generator: nn.Module, judges: nn.Module) -> None:
        """Begin with the weights of other networks of the same shapes."""
        with torch.no_grad():
            for mine, other in ((self.generator, generator), (self.judges, judges)):
                for a, b in zip(mine.parameters(), other.parameters(), strict=True):
                    a.copy_(b)

    def step(self, labels: Tensor, real: Tensor) -> dict[str, float]:
        """Two frames: label maps [1,2,C,H,W] and pictures [1,2,3,H,W] in -1..1; returns the losses by name."""
        first = self.generator(torch.cat([labels[:, 0], torch.zeros_like(real[:, 0])], 1))
        second = self.generator(torch.cat([labels[:, 1], first], 1))
        made = torch.stack([first, second], 1)

        def judged(pictures: Tensor) -> list[list[Tensor]]:
            return self.judges(torch.cat([labels[:, 0], pictures[:, 0], labels[:, 1], pictures[:, 1]], 1))

        apart, true, fake = judged(made.detach()), judged(real), judged(made)
        losses = {
            "judge": 0.5 * (squares(apart, 0) + squares(true, 1)),
            "adversarial": squares(fake, 1),
            "matching": MATCHING * matching(fake, true),
            "perceptual": PERCEPTUAL * pyramid(made.flatten(0, 1) - real.flatten(0, 1)),
        }
        (losses["adversarial"] + losses["matching"] + losses["perceptual"]).backward(retain_graph=True)
        drawing, judging = self.adam
        drawing.step()
        drawing.zero_grad()
        judging.zero_grad()
        losses["judge"].backward()
        judging.step()
        judging.zero_grad()
        return {name: float(value.detach()) for name, value in losses.items()}


def squares(judged: list[list[Tensor]], goal: float) -> Tensor:
    return sum(((features[-1] - goal) ** 2).mean() for features in judged)  # type: ignore[return-value]


def matching(fake: list[list[Tensor]], true: list[list[Tensor]]) -> Tensor:
    total: Tensor = sum(  # type: ignore[assignment]
        functional.l1_loss(a, b.detach())
        for made, real in zip(fake, true, strict=True)
        for a, b in zip(made[:-1], real[:-1], strict=True)
    )
    return total / len(fake)


def pyramid(difference: Tensor, levels: int = 4) -> Tensor:
    """L1 of the bands of a picture's Laplacian pyramid, weighted 2^(level - 1), and of what is left."""
    total = torch.zeros((), device=difference.device)
    for level in range(levels):
        smaller = functional.avg_pool2d(difference, 2)
        larger = functional.interpolate(smaller, scale_factor=2, mode="bilinear")
        total = total + 2.0 ** (level - 1) * (difference - larger).abs().mean()
        difference = smaller
    return total + 2.0 ** (levels - 1) * difference.abs().mean()
