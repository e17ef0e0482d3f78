"""The coarse-to-fine generator of pix2pixHD (Wang et al., CVPR 2018), at any width and with or without a mask."""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional


def norm(channels: int) -> nn.Module:
    return nn.InstanceNorm2d(channels, affine=True)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions beside a shortcut (Johnson et al. 2016)."""

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


def stem(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    """First layer, same size: [N,inputs,H,W] -> [N,outputs,H,W]."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, padding_mode="reflect", bias=False),
        norm(outputs),
        nn.ReLU(inplace=True),
    )


def down(inputs: int, outputs: int) -> nn.Sequential:
    """Half the size: [N,inputs,H,W] -> [N,outputs,H/2,W/2]."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False), norm(outputs), nn.ReLU(inplace=True)
    )


def up(inputs: int, outputs: int, kernel: int = 3) -> nn.Sequential:
    """Twice the size: [N,inputs,H,W] -> [N,outputs,2H,2W], by a transposed convolution.

    Its kernel is 3 as published; one of 4, which the stride divides, leaves no checkerboard
    (Odena et al. 2016).
    """
    return nn.Sequential(
        nn.ConvTranspose2d(inputs, outputs, kernel, 2, padding=1, output_padding=4 - kernel, bias=False),
        norm(outputs),
        nn.ReLU(inplace=True),
    )


class GlobalGenerator(nn.Module):
    """G1: a stem, `downs` halvings, residual blocks, as many doublings, a head. No output activation.

    `fold` > 0 moves 2^fold x 2^fold pixels into channels before the stem and back after the head
    (Shi et al. 2016), so that no layer works at full size: several times faster on a CPU.
    With `skips` each doubling gets the feature map of its size from the way down (Ronneberger 2015).
    """

    def __init__(
        self,
        inputs: int,  # channels of the label map and the last picture together
        outputs: int,  # 3, or 4 with a mask
        width: int = 64,  # channels after the stem (ngf)
        downs: int = 4,  # halvings; sizes must divide by 2^(fold + downs)
        blocks: int = 9,  # residual blocks at the smallest size
        limit: int = 1024,  # most channels of any layer
        fold: int = 0,  # see above; 0 as published
        skips: bool = False,  # False as published
    ) -> None:
        super().__init__()
        self.fold, self.skips = fold, skips
        self.multiple = 2 ** (fold + downs)
        channels = [min(width * 2**level, limit) for level in range(downs + 1)]
        kernel = 3 if fold else 7  # a folded 3x3 kernel already sees 6x6 pixels
        self.stem = stem(inputs * 4**fold, channels[0], kernel)
        self.down = nn.ModuleList(down(a, b) for a, b in itertools.pairwise(channels))
        self.blocks = nn.Sequential(*(ResidualBlock(channels[-1]) for _ in range(blocks)))
        channels.reverse()
        self.up = nn.ModuleList(up(a, b, 4 if fold else 3) for a, b in itertools.pairwise(channels))
        self.head = nn.Conv2d(channels[-1], outputs * 4**fold, kernel, padding=kernel // 2, padding_mode="reflect")

    def features(self, x: Tensor) -> Tensor:
        """[N,inputs,H,W] -> [N,width,H/2^fold,W/2^fold], what the head (or G2) reads."""
        if self.fold:
            x = functional.pixel_unshuffle(x, 2**self.fold)
        x = self.stem(x)
        passed = []
        for layer in self.down:
            passed.append(x)
            x = layer(x)
        x = self.blocks(x)
        for layer in self.up:
            x = layer(x)
            same = passed.pop()
            if self.skips:
                x = x + same
        return x

    def forward(self, x: Tensor) -> Tensor:
        """[N,inputs,H,W] -> [N,outputs,H,W], unbounded."""
        x = self.head(self.features(x))
        return functional.pixel_shuffle(x, 2**self.fold) if self.fold else x


class LocalEnhancer(nn.Module):
    """G2: works at twice the size of G1 and adds G1's features at half its own (pix2pixHD, section 3.1).

    It folds pixels into channels as its G1 does.
    """

    def __init__(
        self,
        coarse: GlobalGenerator,  # G1, which reads the picture at half the size
        inputs: int,
        outputs: int,
        width: int = 32,  # half of G1's, so that its first halving has G1's channels
        blocks: int = 3,
    ) -> None:
        super().__init__()
        self.coarse, self.fold = coarse, coarse.fold
        self.multiple = 2 * coarse.multiple
        kernel = 3 if self.fold else 7
        self.stem = stem(inputs * 4**self.fold, width, kernel)
        self.down = down(width, 2 * width)
        self.blocks = nn.Sequential(*(ResidualBlock(2 * width) for _ in range(blocks)))
        self.up = up(2 * width, width, 4 if self.fold else 3)
        self.head = nn.Conv2d(width, outputs * 4**self.fold, kernel, padding=kernel // 2, padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        """[N,inputs,H,W] -> [N,outputs,H,W], unbounded."""
        half = functional.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
        if self.fold:
            x = functional.pixel_unshuffle(x, 2**self.fold)
        y = self.down(self.stem(x)) + self.coarse.features(half)
        y = self.head(self.up(self.blocks(y)))
        return functional.pixel_shuffle(y, 2**self.fold) if self.fold else y


def layer_of(raw: Tensor, moved: Tensor | None = None) -> Tensor:
    """The person layer of a generator's raw output: [N,3 to 5,H,W] -> [N,4,H,W], colour -1..1 and alpha 0..1.

    Without a mask channel (the fourth) the layer is opaque. Alpha reaches 0 and 1 exactly: a plain
    sigmoid never would, and nothing may be mixed into the background where nobody stands.
    With `moved` [N,4,H,W], a layer of the person's own pixels, the last channel says how much of its color is taken
    where it has any: what vid2vid does with a warped frame (Wang et al., NeurIPS 2018, equation 4).
    """
    color = torch.tanh(raw[:, :3])
    if moved is not None:
        share = torch.sigmoid(raw[:, -1:]) * moved[:, 3:]
        color, raw = color + share * (moved[:, :3] - color), raw[:, :-1]
    if raw.shape[1] == 3:
        return torch.cat([color, torch.ones_like(color[:, :1])], 1)
    alpha = (1.1 * torch.sigmoid(raw[:, 3:]) - 0.05).clamp(0, 1)
    return torch.cat([color, alpha], 1)


def over(layer: Tensor, plate: Tensor) -> Tensor:
    """The layer [N,4,H,W] over a plate [N,3,H,W], both -1..1 (Porter and Duff 1984)."""
    color, alpha = layer[:, :3], layer[:, 3:]
    return plate + alpha * (color - plate)
