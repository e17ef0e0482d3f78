"""The losses of Everybody Dance Now: least-squares GAN, feature matching, perceptual, and its stand-in."""

import torch
from torch import Tensor, nn
from torch.nn import functional

Features = list[list[Tensor]]
"""Per scale of a discriminator its layers' outputs; the last one is the score map."""


def lsgan(judged: Features, real: bool) -> Tensor:
    """Least-squares GAN (Mao et al. 2017), summed over the scales (pix2pixHD, equation 3). Scalar."""
    goal = 1.0 if real else 0.0
    return torch.stack([((scale[-1].float() - goal) ** 2).mean() for scale in judged]).sum()


def feature_matching(fake: Features, real: Features) -> Tensor:
    """L1 between a discriminator's features of the made and the real picture (pix2pixHD, equation 4). Scalar."""
    terms = [
        (a.float() - b.detach().float()).abs().mean()
        for made, true in zip(fake, real, strict=True)
        for a, b in zip(made[:-1], true[:-1], strict=True)
    ]
    return torch.stack(terms).sum() / len(fake)


class Perceptual(nn.Module):
    """L1 between VGG19 features relu1_1 ... relu5_1, weighted 1/32 1/16 1/8 1/4 1 (pix2pixHD, appendix)."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        """`weights`: the state of torchvision's vgg19 (`features.0.weight` ...). KeyError where it is another."""
        super().__init__()
        self.slices = nn.ModuleList()
        self.factors = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)
        inputs, number = 3, 0
        layers: list[nn.Module] = []
        for entry in (64, 64, "M", 128, 128, "M", 256, 256, 256, 256, "M", 512, 512, 512, 512, "M", 512):
            if isinstance(entry, str):
                layers.append(nn.MaxPool2d(2))
                number += 1
                first = True
                continue
            first = number == 0 or isinstance(layers[-1], nn.MaxPool2d)
            convolution = nn.Conv2d(inputs, entry, 3, padding=1)
            convolution.load_state_dict({part: weights[f"features.{number}.{part}"] for part in ("weight", "bias")})
            layers += [convolution, nn.ReLU()]
            inputs, number = entry, number + 2
            if first:
                self.slices.append(nn.Sequential(*layers))
                layers = [nn.Identity()]
        self.requires_grad_(False)
        # the statistics that the network was trained with (ImageNet)
        self.mean: Tensor
        self.deviation: Tensor
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("deviation", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, made: Tensor, real: Tensor) -> Tensor:
        """Two pictures [N,3,H,W] in -1..1 -> scalar."""
        a, b = ((picture * 0.5 + 0.5 - self.mean) / self.deviation for picture in (made, real))
        total = made.new_zeros(())
        for factor, layers in zip(self.factors, self.slices, strict=True):
            a, b = layers(a), layers(b)
            total = total + factor * (a.float() - b.detach().float()).abs().mean()
        return total


def mask_loss(alpha: Tensor, mask: Tensor, weight: Tensor | None = None) -> Tensor:
    """L1 of a predicted mask where the measured one is sure, both 0..1; the picture decides the rest. Scalar.

    `weight`, of the same shape [...,1,H,W], makes some pixels count more.
    """
    sure = (mask < 0.1) | (mask > 0.9)
    error = (alpha - mask).abs() * sure
    return error.mean() if weight is None else ((error * weight).sum((-2, -1)) / weight.sum((-2, -1))).mean()


def laplacian(made: Tensor, real: Tensor, levels: int = 4, weight: Tensor | None = None) -> Tensor:
    """L1 between the Laplacian pyramids of two pictures [N,3,H,W] (Bojanowski et al. 2018, equation 3), their mean.

    The stand-in for the perceptual term where VGG's weights are not installed: it needs none,
    weighs edges and fine texture like color, and the coarsest level carries the color itself.
    `weight` [N,1,H,W] makes some pixels count more.
    """
    difference = (made - real).float()  # the pyramid is linear: one pyramid of the difference
    total = difference.new_zeros(())
    for level in range(levels):
        smaller = functional.avg_pool2d(difference, 2)
        band = difference - functional.interpolate(smaller, size=difference.shape[-2:], mode="bilinear")
        total = total + 2.0 ** (level - 1) * _mean(band.abs(), weight)
        difference = smaller
        weight = None if weight is None else functional.avg_pool2d(weight, 2)
    return total + 2.0 ** (levels - 1) * _mean(difference.abs(), weight)


def _mean(x: Tensor, weight: Tensor | None) -> Tensor:
    if weight is None:
        return x.mean()
    return ((x * weight).sum((1, 2, 3)) / (weight.sum((1, 2, 3)) * x.shape[1]).clamp(min=1e-6)).mean()
