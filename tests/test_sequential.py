"""The sequential generator: its shapes and beginning, warping by a known flow, and what the flow is good for."""

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from dancetransfer.learn.motion import reference_flow
from models.flow import combine, flow_loss, warp
from models.generator import ResidualBlock, layer_of, norm
from models.sequential import SequentialGenerator
from models.spade import Spade, conditioned

LABELS = 3


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def shift(x: float, y: float, size: tuple[int, int] = (12, 16)) -> Tensor:
    """The same flow everywhere: [1,2,H,W]."""
    return torch.tensor([x, y]).view(1, 2, 1, 1).expand(1, 2, *size)


# --- the generator --------------------------------------------------------------------------------


@pytest.mark.parametrize("outputs", [3, 4])
@pytest.mark.parametrize(("fold", "skips", "spade"), [(0, False, False), (1, True, True), (2, False, True)])
def test_it_keeps_the_size_and_begins_without_motion(outputs: int, fold: int, skips: bool, spade: bool) -> None:
    history = 2
    network = SequentialGenerator(LABELS, outputs, history, 4, 2, 1, 8, fold, skips, spade)
    assert network.multiple == 2 ** (2 + fold)
    assert network.state == history * (outputs + LABELS)
    x = torch.rand(2, LABELS + network.state, 3 * network.multiple, 5 * network.multiple)
    raw = network(x)
    assert raw.shape == (2, outputs + 3, *x.shape[-2:])
    assert (raw[:, outputs:] == 0).all() and raw[:, :outputs].std() > 0
    layer, flow, kept = combine(raw, x[:, LABELS : LABELS + outputs], layer_of)
    assert layer.shape == (2, 4, *x.shape[-2:])
    assert flow.shape == (2, 2, *x.shape[-2:]) and kept.shape == (2, 1, *x.shape[-2:])
    torch.testing.assert_close(kept, torch.full_like(kept, 0.5), atol=1e-4, rtol=0)  # the edge by rounding


@pytest.mark.parametrize(("fold", "spade"), [(0, False), (1, True)])
def test_the_gradient_reaches_every_weight(fold: int, spade: bool) -> None:
    network = SequentialGenerator(LABELS, 4, 2, 4, 2, 3, 16, fold, True, spade)
    nn.init.normal_(network.motion.weight, 0, 0.02)  # as after a first step
    state = torch.rand(2, network.state, 24, 32)
    raw = network(torch.cat([torch.rand(2, LABELS, 24, 32), state], 1))
    layer, flow, _ = combine(raw, state[:, :4], layer_of)
    (layer.pow(2).mean() + (flow - 1).pow(2).mean()).backward()
    silent = [name for name, p in network.named_parameters() if p.grad is None or p.grad.abs().sum() == 0]
    assert not silent


def test_the_flow_stays_exact_in_mixed_precision() -> None:
    network = SequentialGenerator(LABELS, 4, 1, 4, 1, 1)
    nn.init.constant_(network.motion.bias, 20.03)  # bfloat16 has 20.0 and 20.125
    with torch.autocast("cpu", torch.bfloat16):
        raw = network(torch.rand(1, LABELS + network.state, 8, 8))
    assert raw.dtype == torch.float32
    torch.testing.assert_close(raw[:, 4:], torch.full_like(raw[:, 4:], 20.03))


# --- SPADE ----------------------------------------------------------------------------------------


def test_spade_is_instance_norm_where_the_labels_say_nothing() -> None:
    layer = Spade(5, LABELS, hidden=4)
    for part in (layer.gamma, layer.beta):
        nn.init.zeros_(part.weight)
        nn.init.zeros_(part.bias)  # type: ignore[arg-type]
    x = torch.rand(2, 5, 8, 6)
    labels = torch.rand(2, LABELS, 32, 24)
    torch.testing.assert_close(layer(x, labels), norm(5)(x))
    nn.init.constant_(layer.gamma.bias, 1.0)  # gamma 2, beta 3
    nn.init.constant_(layer.beta.bias, 3.0)
    torch.testing.assert_close(layer(x, labels), 2 * norm(5)(x) + 3)


def test_spade_sees_a_thin_line_from_a_small_map_and_acts_only_near_it() -> None:
    layer = Spade(2, 1, hidden=4)
    x = torch.rand(1, 2, 8, 8)
    line = torch.zeros(1, 1, 64, 64)
    line[..., 3] = 1  # between the pixels that a coarser grid would sample
    change = (layer(x, line) - layer(x, torch.zeros_like(line))).abs().amax((0, 1, 2))
    assert (change[:3] > 0).all() and (change[3:] == 0).all()


def test_conditioned_layers_are_the_same_layers_with_the_norm_exchanged() -> None:
    block = ResidualBlock(4)
    x, labels = torch.rand(1, 4, 8, 8), torch.rand(1, LABELS, 8, 8)
    torch.testing.assert_close(x + conditioned(block.body, 0, 4)(x, labels), block(x))
    exchanged = conditioned(block.body, LABELS, 4)
    assert [type(a) for a in exchanged] == [Spade if isinstance(a, nn.InstanceNorm2d) else type(a) for a in block.body]


# --- the flow -------------------------------------------------------------------------------------


def test_no_flow_changes_nothing() -> None:
    picture = torch.rand(2, 3, 12, 16)
    torch.testing.assert_close(warp(picture, torch.zeros(2, 2, 12, 16)), picture)


def test_a_flow_says_where_a_pixel_comes_from() -> None:
    picture = torch.rand(1, 3, 12, 16)
    moved = warp(picture, shift(-3, 2))
    torch.testing.assert_close(moved[..., :-2, 3:], picture[..., 2:, :-3])
    assert moved[..., :3].abs().max() < 1e-6 and moved[..., -2:, :].abs().max() < 1e-6
    between = warp(picture, shift(0.25, 0))
    torch.testing.assert_close(between[..., :-1], 0.75 * picture[..., :-1] + 0.25 * picture[..., 1:])


def test_half_is_half_of_both_layers_and_nobodys_color_does_not_count() -> None:
    """Alphas 1 and 0 give alpha 1/2 with the color of the one that is there."""
    raw = torch.zeros(1, 7, 12, 16)
    raw[:, :3], raw[:, 3] = 9.0, -9.0  # white, and nobody
    previous = torch.cat([torch.full((1, 3, 12, 16), -0.5), torch.ones(1, 1, 12, 16)], 1)
    layer, flow, kept = combine(raw, previous, layer_of)
    torch.testing.assert_close(kept, torch.full_like(kept, 0.5))
    torch.testing.assert_close(layer[:, 3:], torch.full_like(kept, 0.5))
    torch.testing.assert_close(layer[:, :3], torch.full_like(layer[:, :3], -0.5))
    nobody, _, _ = combine(raw, 0 * previous, layer_of)
    assert (nobody[:, 3] == 0).all() and (flow == 0).all()


@pytest.mark.parametrize("outputs", [3, 4])
def test_where_nothing_came_before_the_hallucinated_picture_stands_alone(outputs: int) -> None:
    raw = torch.randn(2, outputs + 3, 12, 16)
    raw[:, outputs : outputs + 2] = shift(4, 0)
    raw[:, -1] = 20.0  # sure of the flow
    previous = torch.rand(2, outputs, 12, 16)
    previous[0] = 0  # the first frame of a dance
    if outputs == 4:
        previous[1, 3] = 1
    layer, _, kept = combine(raw, previous, layer_of)
    alone = layer_of(raw[:, :outputs])
    seen = alone[:, 3:] > 0.01  # the color of nobody is of no account
    torch.testing.assert_close(layer[0] * seen[0], alone[0] * seen[0])
    assert (kept[0] == 0).all() and (kept[1, :, :, -4:] == 0).all()  # nor what lies outside the picture
    torch.testing.assert_close(layer[1, :, :, -4:] * seen[1, :, :, -4:], (alone[1] * seen[1])[:, :, -4:])
    torch.testing.assert_close(layer[1, :3, :, :-4], previous[1, :3, :, 4:], atol=1e-4, rtol=0)
    if outputs == 3:
        assert (layer[:, 3] == 1).all()


def test_the_flow_loss_counts_pixels_of_flow_and_differences_of_the_picture() -> None:
    before = torch.rand(1, 3, 12, 16)
    true = shift(-2, 0)
    now = warp(before, true)
    assert flow_loss(true, true, before, now) < 1e-5
    assert flow_loss(true, true, before, now + 0.5).item() == pytest.approx(0.5, abs=1e-5)
    now[..., :2] = 1  # came into the picture: no flow explains it
    assert flow_loss(true, true, before, now) < 1e-5
    flat = torch.zeros_like(before)
    assert flow_loss(true + 3, true, flat, flat).item() == pytest.approx(3)
    weight = torch.zeros(1, 1, 12, 16)
    weight[..., :6, :] = 1
    wrong = torch.cat([true[:, :, :6], true[:, :, 6:] + 9], 2)
    assert flow_loss(wrong, true, before, now, weight) < 1e-5
    assert flow_loss(wrong, true, before, now, 0 * weight) == 0


@pytest.mark.parametrize("side", [16, 64, 200])
def test_the_reference_flow_finds_a_known_shift(side: int) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (side + 20, side + 30, 3), np.uint8)
    scene = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 2.5), None, 0, 255, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    now, before = scene[10:-10, 10:-20], scene[8:-12, 13:-17]
    flow = reference_flow(before, now)
    assert flow.shape == (2, side, side) and flow.dtype == np.float32
    error = np.abs(flow - np.array([-3, 2], np.float32)[:, None, None])[:, 4:-4, 4:-4]
    assert error.mean() < 0.1
    pair = [torch.from_numpy(picture.transpose(2, 0, 1).copy())[None].float() for picture in (before, now)]
    moved = warp(pair[0], torch.from_numpy(flow)[None])
    assert (moved - pair[1])[..., 5:-5, 5:-5].abs().mean() < 0.1 * (pair[0] - pair[1])[..., 5:-5, 5:-5].abs().mean()
    assert np.abs(reference_flow(now, now)).max() < 0.01


# --- what it is good for --------------------------------------------------------------------------


def moving_squares(count: int, random: torch.Generator, side: int = 24) -> tuple[Tensor, ...]:
    """Squares in a pattern of their own, which step aside by up to 3 pixels: what no label map could tell.

    Label maps and pictures before and now [N,1 or 4,H,W], and the flow [N,2,H,W].
    """
    steps = torch.randint(-3, 4, (count, 2), generator=random)
    corners = torch.randint(4, side - 13, (count, 2), generator=random)
    patterns = functional.interpolate(torch.rand(count, 3, 5, 5, generator=random) * 2 - 1, size=9)
    before, now = torch.zeros(2, count, 4, side, side)
    for n in range(count):
        for picture, (x, y) in ((before, corners[n]), (now, corners[n] + steps[n])):
            picture[n, :3, y : y + 9, x : x + 9] = patterns[n]
            picture[n, 3, y : y + 9, x : x + 9] = 1
    flow = -steps[:, :, None, None].float() * torch.ones(1, 1, side, side)
    return before[:, 3:], now[:, 3:], before, now, flow


def learned_error(with_flow: bool, steps: int = 80, batch: int = 4) -> float:
    """Mean error on and (a tenth) around squares never seen, of a generator that took so many steps."""
    torch.manual_seed(1)
    network = SequentialGenerator(1, 4, 1, width=8, downs=2, blocks=2, skips=True)
    optimizer = torch.optim.Adam(network.parameters(), lr=2e-3, betas=(0.5, 0.999))
    random = torch.Generator().manual_seed(0)

    def drawn() -> tuple[Tensor, Tensor]:
        was, labels, before, now, true = moving_squares(batch, random)
        raw = network(torch.cat([labels, before, was], 1))
        layer, flow, _ = combine(raw, before, layer_of)
        if not with_flow:
            layer = layer_of(raw[:, :4])
        made = torch.cat([layer[:, :3] * layer[:, 3:], layer[:, 3:]], 1)
        weight = 0.1 + labels
        error = ((made - now).abs() * weight).sum() / (4 * weight.sum())
        return error, flow_loss(flow, true, before[:, :3], now[:, :3], labels)

    for _ in range(steps):
        error, moved = drawn()
        optimizer.zero_grad()
        (10 * error + (moved if with_flow else 0)).backward()
        optimizer.step()
    with torch.no_grad():
        return float(torch.stack([drawn()[0] for _ in range(4)]).mean())


def test_a_flow_keeps_a_pattern_that_hallucination_would_have_to_learn() -> None:
    """Seen with three seeds: 0.15 to 0.20 against 0.24 to 0.26; a picture with nobody in it has 0.40."""
    flowing, alone = learned_error(True), learned_error(False)
    assert alone < 0.32
    assert flowing < 0.85 * alone
