"""The sequential generator of vid2vid (Wang et al., NeurIPS 2018): a picture, and how the one before moves into it."""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.generator import ResidualBlock, down, stem, up
from models.spade import conditioned


class Encoder(nn.Module):
    """A stem, halvings and residual blocks."""

    def __init__(self, inputs: int, channels: list[int], blocks: int, kernel: int) -> None:
        super().__init__()
        self.stem = stem(inputs, channels[0], kernel)
        self.down = nn.ModuleList(down(a, b) for a, b in itertools.pairwise(channels))
        self.blocks = nn.Sequential(*(ResidualBlock(channels[-1]) for _ in range(blocks)))

    def forward(self, x: Tensor) -> list[Tensor]:
        """[N,inputs,H,W] -> the feature map of each size [N,channels,H/2^n,W/2^n], largest first."""
        maps = [self.stem(x)]
        for layer in self.down:
            maps.append(layer(maps[-1]))
        maps[-1] = self.blocks(maps[-1])
        return maps


class Decoder(nn.Module):
    """Residual blocks and doublings, whose norms may see the label map."""

    def __init__(
        self,
        channels: list[int],  # smallest size first
        blocks: int,
        kernel: int,  # of the doublings
        skips: bool,
        labels: int = 0,  # channels of the label map for SPADE; 0: instance norm
    ) -> None:
        super().__init__()
        self.skips = skips
        hidden = min(128, channels[-1])  # 128 as published, less in a narrow network
        self.blocks = nn.ModuleList(conditioned(ResidualBlock(channels[0]).body, labels, hidden) for _ in range(blocks))
        self.up = nn.ModuleList(conditioned(up(a, b, kernel), labels, hidden) for a, b in itertools.pairwise(channels))

    def forward(self, maps: list[Tensor], labels: Tensor) -> Tensor:
        """Feature maps as `Encoder` gives them and the label map -> the largest map's size and channels."""
        x = maps[-1]
        for block in self.blocks:
            x = x + block(x, labels)
        for layer, same in zip(self.up, reversed(maps[:-1]), strict=True):
            x = layer(x, labels)
            if self.skips:
                x = x + same
        return x


class SequentialGenerator(nn.Module):
    """F: label map and what is remembered -> a hallucinated picture, a flow, and where the flow is to be trusted.

    Label maps and past pictures have an encoder each, whose features are added; the picture, and flow
    with mask, have a decoder each (vid2vid, section 3). `models.flow.combine` makes the picture of it.
    `fold` and `skips` are those of `GlobalGenerator`; flow and mask are then made at the folded size
    and enlarged, being smooth.

    The recursion's state is [N,state,H,W]: the last `history` pictures, newest first, and after
    them as many label maps. 0 means nothing, as before the first frame.
    """

    def __init__(
        self,
        labels: int,  # channels of the label map
        outputs: int,  # 3, or 4 with a mask
        history: int = 2,  # pictures that are remembered; 2 as published
        width: int = 64,  # channels after each stem
        downs: int = 3,  # halvings; sizes must divide by 2^(fold + downs)
        blocks: int = 9,  # residual blocks on each way, half of them before the features are added
        limit: int = 1024,  # most channels of any layer
        fold: int = 0,
        skips: bool = False,
        spade: bool = False,  # the decoders' norms see the label map
    ) -> None:
        super().__init__()
        self.labels, self.pictures, self.fold = labels, history * outputs, fold
        self.state = self.pictures + history * labels
        self.multiple = 2 ** (fold + downs)
        channels = [min(width * 2**level, limit) for level in range(downs + 1)]
        kernel, early = 3 if fold else 7, blocks // 2
        self.read_labels = Encoder((labels + self.state - self.pictures) * 4**fold, channels, early, kernel)
        self.read_pictures = Encoder(self.pictures * 4**fold, channels, early, kernel)
        channels.reverse()
        seen = labels if spade else 0
        self.draw = Decoder(channels, blocks - early, 4 if fold else 3, skips, seen)
        self.move = Decoder(channels, blocks - early, 4 if fold else 3, skips, seen)
        self.head = nn.Conv2d(channels[-1], outputs * 4**fold, kernel, padding=kernel // 2, padding_mode="reflect")
        self.motion = nn.Conv2d(channels[-1], 3, kernel, padding=kernel // 2, padding_mode="reflect")
        self.stand_still()

    def stand_still(self) -> None:
        """Let the flow begin at 0 and the mask in the middle. To be called after any other initialization."""
        nn.init.zeros_(self.motion.weight)
        nn.init.zeros_(self.motion.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor) -> Tensor:
        """[N,labels+state,H,W] -> raw [N,outputs+3,H,W]: picture, flow x and y in pixels, and mask."""
        labels, pictures, past = x.split([self.labels, self.pictures, self.state - self.pictures], 1)
        maps = [
            a + b
            for a, b in zip(
                self.read_labels(self._folded(torch.cat([labels, past], 1))),
                self.read_pictures(self._folded(pictures)),
                strict=True,
            )
        ]
        picture, moved = self.head(self.draw(maps, labels)), self.move(maps, labels)
        with torch.autocast(x.device.type, enabled=False):  # in bfloat16 a flow of 20 pixels goes by steps of 1/8
            motion = self.motion(moved.float())
        if self.fold:
            picture = functional.pixel_shuffle(picture, 2**self.fold)
            motion = functional.interpolate(motion, scale_factor=2**self.fold, mode="bilinear")
        return torch.cat([picture.float(), motion], 1)

    def _folded(self, x: Tensor) -> Tensor:
        return functional.pixel_unshuffle(x, 2**self.fold) if self.fold else x
