"""What is done to real and made pictures alike before a discriminator sees them (Zhao et al., NeurIPS 2020)."""

from dataclasses import dataclass

import torch
from torch import Tensor

SHIFT = 1 / 8
"""Largest shift, in parts of the picture's sides, as published."""
HOLE = 1 / 2
"""Sides of the hole that is cut out, in parts of the picture's, as published."""


@dataclass(frozen=True)
class Augmentation:
    """One draw of color, translation and cutout, for N pictures; differentiable.

    With little footage a discriminator learns it by heart; one that never sees the same picture
    twice can't. The same draw serves the real and the made picture, so that their features can be
    compared, and the label map is moved along.
    """

    light: Tensor  # [N,3,1,1]: added brightness, factors of saturation and contrast
    shift: Tensor  # int [N,2]: right and down, in pixels
    keep: Tensor  # [N,1,H,W]: 0 in the hole

    @classmethod
    def draw(cls, count: int, size: tuple[int, int], device: torch.device) -> "Augmentation":
        """For pictures of `size` (H,W)."""
        height, width = size
        light = torch.rand(count, 3, 1, 1) + torch.tensor([-0.5, 0.0, 0.5]).view(1, 3, 1, 1)
        light[:, 1] *= 2
        sides = torch.tensor([width, height])
        shift = ((2 * torch.rand(count, 2) - 1) * SHIFT * sides).round().long()
        middle = torch.rand(count, 2) * sides
        x, y = torch.arange(width), torch.arange(height)
        hole_x = (x[None] - middle[:, :1]).abs() < HOLE * width / 2
        hole_y = (y[None] - middle[:, 1:]).abs() < HOLE * height / 2
        keep = 1 - (hole_y[:, None, :, None] & hole_x[:, None, None, :]).float()
        return cls(light.to(device), shift.to(device), keep.to(device))

    def of(self, start: int, stop: int) -> "Augmentation":
        """That of pictures start <= n < stop."""
        return Augmentation(self.light[start:stop], self.shift[start:stop], self.keep[start:stop])

    def to(self, device: torch.device) -> "Augmentation":
        return Augmentation(*(one.to(device, non_blocking=True) for one in (self.light, self.shift, self.keep)))

    def picture(self, x: Tensor) -> Tensor:
        """Colors [N,3,H,W] in -1..1, changed, moved and cut."""
        brightness, saturation, contrast = (self.light[:, n : n + 1] for n in range(3))
        x = x + brightness
        gray = x.mean(1, keepdim=True)
        x = gray + saturation * (x - gray)
        middle = x.mean((1, 2, 3), keepdim=True)
        return self.moved(middle + contrast * (x - middle))

    def moved(self, x: Tensor) -> Tensor:
        """[N,C,H,W] moved, with 0 where nothing comes from, and cut: for label maps."""
        height, width = x.shape[-2:]
        at_x = torch.arange(width, device=x.device)[None] - self.shift[:, :1]
        at_y = torch.arange(height, device=x.device)[None] - self.shift[:, 1:]
        inside = ((at_y >= 0) & (at_y < height))[:, :, None] & ((at_x >= 0) & (at_x < width))[:, None]
        rows = torch.arange(len(x), device=x.device)[:, None, None]
        got = x.permute(0, 2, 3, 1)[rows, at_y.clamp(0, height - 1)[:, :, None], at_x.clamp(0, width - 1)[:, None]]
        return got.permute(0, 3, 1, 2) * inside[:, None] * self.keep
