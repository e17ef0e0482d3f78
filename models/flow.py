"""Pictures moved by a flow, and what a flow is trained with (vid2vid; Wang et al., NeurIPS 2018)."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional


def warp(picture: Tensor, flow: Tensor) -> Tensor:
    """Backward warping: [N,C,H,W] through a flow [N,2,H,W] -> float32 [N,C,H,W].

    `flow` is in pixels, x then y: pixel p of the result is the picture at p + flow, bilinear
    between pixels. Outside the picture there is 0. Differentiable in both.
    """
    height, width = picture.shape[-2:]
    at_x = torch.arange(width, device=flow.device) + flow[:, 0].float()
    at_y = torch.arange(height, device=flow.device)[:, None] + flow[:, 1].float()
    grid = torch.stack([2 * at_x / (width - 1) - 1, 2 * at_y / (height - 1) - 1], -1)
    return functional.grid_sample(picture.float(), grid, mode="bilinear", align_corners=True)


def combine(raw: Tensor, previous: Tensor, layer_of: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """A sequential generator's raw output and the picture before -> person layer, flow, share of the old.

    y = m * warped + (1 - m) * hallucinated (vid2vid, section 3, whose occlusion mask is 1 - m).
    The two are blended with their colors multiplied by alpha, so that one of them says nothing about
    the color where it has nobody.

    raw: [N,outputs+3,H,W]: what `layer_of` reads, the flow in pixels, and m before its sigmoid;
    previous: [N,outputs,H,W], as the state holds it: color times alpha -1..1, and alpha where there
    is a mask (3 channels: opaque). Returns the layer [N,4,H,W], flow [N,2,H,W] and m [N,1,H,W].
    m is 0 where the flow comes from outside the picture, and wherever nothing came before.
    """
    outputs = raw.shape[1] - 3
    hallucinated = layer_of(raw[:, :outputs].float())
    flow = raw[:, outputs : outputs + 2].float()
    shown = previous.new_ones(len(previous), 1, *previous.shape[-2:])
    alpha = previous[:, 3:] if outputs == 4 else shown
    moved = warp(torch.cat([previous[:, :3], alpha, shown], 1), flow)
    given = (previous != 0).flatten(1).any(1).view(-1, 1, 1, 1)
    chosen = torch.sigmoid(raw[:, -1:].float()) * given
    kept = chosen * moved[:, 4:]  # at the border a warped pixel is only partly there
    new = torch.cat([hallucinated[:, :3] * hallucinated[:, 3:], hallucinated[:, 3:]], 1)
    both = chosen * moved[:, :4] + (1 - kept) * new
    color = both[:, :3] / both[:, 3:].clamp(min=1e-3)  # below that nobody sees a color
    return torch.cat([color, both[:, 3:]], 1), flow, kept


def flow_loss(
    flow: Tensor,  # [N,2,H,W], the generator's
    true_flow: Tensor,  # [N,2,H,W], measured between the real frames
    real_previous: Tensor,  # [N,3,H,W], -1..1, seen from the crop of now
    real_now: Tensor,  # [N,3,H,W], -1..1
    weight: Tensor | None = None,  # [N,1,H,W]: how much each pixel counts
) -> Tensor:
    """L_W: L1 to the measured flow, and of the real frame warped by the flow (vid2vid, section 3). Scalar.

    Means over the pixels of each picture, and over the pictures. What comes from outside the picture
    has nothing to be warped from, and only its flow counts.
    """
    weight = torch.ones_like(real_now[:, :1]) if weight is None else weight
    inside = weight * warp(torch.ones_like(weight), true_flow)
    endpoint = (flow.float() - true_flow).abs().mean(1, keepdim=True)
    error = (warp(real_previous, flow) - real_now).abs().mean(1, keepdim=True)
    return _mean(endpoint, weight) + _mean(error, inside)


def _mean(x: Tensor, weight: Tensor) -> Tensor:
    return ((x * weight).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1e-6)).mean()
