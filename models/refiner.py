"""The generator of the face GAN, and the same for hands: a residual for a small square of the picture (EDN, 3.4)."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from models.generator import GlobalGenerator


class Refiner(nn.Module):
    """F: r = F(x_face, G(x)_face), added to G's face crop.

    The last layer starts at zero, so that a young refiner changes nothing.
    """

    def __init__(
        self,
        inputs: int,  # channels of the label map
        width: int = 32,
        downs: int = 2,
        blocks: int = 4,
        limit: int = 256,
    ) -> None:
        super().__init__()
        self.network = GlobalGenerator(inputs + 3, 3, width, downs, blocks, limit)
        self.stand_still()

    def stand_still(self) -> None:
        """Let it begin by changing nothing. To be called after any other initialization."""
        nn.init.zeros_(self.network.head.weight)
        nn.init.zeros_(self.network.head.bias)  # type: ignore[arg-type]

    def forward(self, labels: Tensor, color: Tensor) -> Tensor:
        """Label crop [N,C,S,S] and colour crop [N,3,S,S] in -1..1 -> refined colour crop."""
        residual = torch.tanh(self.network(torch.cat([labels, color], 1)))
        return (color + residual).clamp(-1, 1)


def cut(picture: Tensor, box: Tensor, size: tuple[int, int]) -> Tensor:
    """Resample boxes of pictures: [N,C,H,W], boxes [N,4] left top right bottom in pixels -> [N,C,*size].

    A box counts pixel edges: (0, 0, W, H) is the whole picture; outside it there is 0.
    `size` is (height, width). Differentiable in the picture.
    """
    grid = box_grid(box, picture.shape[-2:], size)
    return functional.grid_sample(picture.float(), grid, mode="bilinear", align_corners=True)


def box_grid(box: Tensor, size: torch.Size | tuple[int, int], out: tuple[int, int]) -> Tensor:
    """Sampling grid [N,h,w,2] that reads the boxes of a picture of `size` (H,W) at `out` (h,w)."""
    height, width = size
    left, top, right, bottom = (box[:, n, None] for n in range(4))
    step_x = (torch.arange(out[1], device=box.device) + 0.5) / out[1]
    step_y = (torch.arange(out[0], device=box.device) + 0.5) / out[0]
    x = left + (right - left) * step_x - 0.5
    y = top + (bottom - top) * step_y - 0.5
    x = 2 * x / (width - 1) - 1
    y = 2 * y / (height - 1) - 1
    return torch.stack(torch.broadcast_tensors(x[:, None, :], y[:, :, None]), -1)


def paste(picture: Tensor, patch: Tensor, box: Tensor) -> Tensor:
    """Put patches [N,C,S,S] back into pictures [N,C,H,W] at their boxes, with a soft edge.

    The edge fades over a tenth of the patch, so that the border never shows.
    """
    count, _, height, width = picture.shape
    side = patch.shape[-1]
    ramp = torch.linspace(-1, 1, side, device=patch.device).abs()
    fade = ((1 - ramp) / 0.2).clamp(0, 1)
    fade = (fade[:, None] * fade[None, :]).to(patch.dtype).expand(count, 1, side, side)
    left, top, right, bottom = (box[:, n, None] for n in range(4))
    x = (torch.arange(width, device=box.device)[None] + 0.5 - left) / (right - left) * 2 - 1
    y = (torch.arange(height, device=box.device)[None] + 0.5 - top) / (bottom - top) * 2 - 1
    grid = torch.stack(torch.broadcast_tensors(x[:, None, :], y[:, :, None]), -1)
    placed = functional.grid_sample(
        torch.cat([patch * fade, fade], 1).float(), grid, mode="bilinear", align_corners=False
    )
    return picture * (1 - placed[:, -1:]) + placed[:, :-1]
