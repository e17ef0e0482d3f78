"""The networks and losses: shapes, known answers, and what is as published."""

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from models.discriminator import MultiScaleDiscriminator, PatchDiscriminator
from models.generator import GlobalGenerator, LocalEnhancer, layer_of, over
from models.losses import Perceptual, feature_matching, laplacian, lsgan
from models.refiner import Refiner, cut, paste


@pytest.fixture(autouse=True)
def seeded() -> None:
    torch.manual_seed(0)


def parameters(network: nn.Module, kind: type[nn.Module] | tuple[type[nn.Module], ...] = nn.Module) -> int:
    """Weights (without biases) of the layers of a kind."""
    layers = [layer for layer in network.modules() if isinstance(layer, kind) and hasattr(layer, "weight")]
    return sum(layer.weight.numel() for layer in layers if layer.weight is not None)


CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)

# --- generators -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("fold", "skips"), [(0, False), (1, True), (2, False)])
def test_a_generator_keeps_the_size(fold: int, skips: bool) -> None:
    network = GlobalGenerator(7, 4, width=4, downs=2, blocks=1, fold=fold, skips=skips)
    assert network.multiple == 2 ** (2 + fold)
    x = torch.rand(2, 7, 3 * network.multiple, 2 * network.multiple)
    assert network(x).shape == (2, 4, *x.shape[-2:])


def test_the_published_generator_has_its_published_size() -> None:
    """Wang et al. 2018, appendix: c7s1-64, d128 d256 d512 d1024, 9 x R1024, u512 u256 u128 u64, c7s1-3."""
    inputs = 18
    with torch.device("meta"):
        network = GlobalGenerator(inputs, 3)
    channels = [64, 128, 256, 512, 1024]
    ladder = sum(9 * a * b for a, b in pairwise(channels))
    wanted = 49 * inputs * 64 + ladder + 9 * 2 * 9 * 1024 * 1024 + ladder + 49 * 64 * 3
    assert parameters(network, CONVOLUTIONS) == wanted
    assert wanted == pytest.approx(182.4e6, rel=0.005)  # 182 M, as is often quoted
    kernels = [tuple(layer.kernel_size) for layer in network.modules() if isinstance(layer, CONVOLUTIONS)]
    assert kernels == [(7, 7)] + 26 * [(3, 3)] + [(7, 7)]


def test_the_published_enhancer_has_its_published_size_and_works_at_twice_the_size() -> None:
    """G2: c7s1-32, d64, 3 x R64, u32, c7s1-3; what it adds to G1's features has their size."""
    inputs = 18
    with torch.device("meta"):
        coarse = GlobalGenerator(inputs, 3)
        network = LocalEnhancer(coarse, inputs, 3)
    own = parameters(network, CONVOLUTIONS) - parameters(coarse, CONVOLUTIONS)
    assert own == 49 * inputs * 32 + 9 * 32 * 64 + 3 * 2 * 9 * 64 * 64 + 9 * 64 * 32 + 49 * 32 * 3
    small = LocalEnhancer(GlobalGenerator(5, 3, width=4, downs=2, blocks=1), 5, 3, width=2, blocks=1)
    assert small.multiple == 8
    assert small(torch.rand(1, 5, 16, 24)).shape == (1, 3, 16, 24)
    folded = LocalEnhancer(GlobalGenerator(5, 3, width=4, downs=2, blocks=1, fold=1), 5, 3, width=2, blocks=1)
    assert folded.multiple == 16
    assert folded(torch.rand(1, 5, 32, 48)).shape == (1, 3, 32, 48)


def test_the_enhancer_learns_through_the_global_generator() -> None:
    network = LocalEnhancer(GlobalGenerator(5, 3, width=4, downs=1, blocks=1), 5, 3, width=2, blocks=1)
    network(torch.rand(1, 5, 16, 16)).mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.coarse.stem.parameters())
    assert all(p.grad is None for p in network.coarse.head.parameters())  # G2 reads G1's features


def test_skips_carry_what_is_fine_and_nothing_else_changes() -> None:
    plain = GlobalGenerator(3, 3, width=4, downs=2, blocks=1)
    skipping = GlobalGenerator(3, 3, width=4, downs=2, blocks=1, skips=True)
    skipping.load_state_dict(plain.state_dict())
    x = torch.rand(1, 3, 16, 16)
    assert not torch.allclose(plain(x), skipping(x))
    assert parameters(plain) == parameters(skipping)


# --- the person layer -----------------------------------------------------------------------------


def test_a_layer_reaches_0_and_1_and_without_a_mask_it_is_opaque() -> None:
    raw = torch.tensor([-20.0, 0.0, 20.0]).view(1, 1, 1, 3).repeat(1, 4, 1, 1)
    layer = layer_of(raw)
    assert layer[0, 3, 0].tolist() == pytest.approx([0, 0.5, 1]) and {0.0, 1.0} <= set(layer[0, 3, 0].tolist())
    assert layer[0, 0, 0].tolist() == pytest.approx([-1, 0, 1])
    assert (layer_of(raw[:, :3])[:, 3] == 1).all()


def test_over_is_the_plate_where_alpha_is_0_bit_for_bit() -> None:
    plate, color = torch.rand(2, 3, 8, 8) * 2 - 1, torch.rand(2, 3, 8, 8) * 2 - 1
    alpha = torch.zeros(2, 1, 8, 8)
    alpha[..., :4] = 1
    made = over(torch.cat([color, alpha], 1), plate)
    assert torch.equal(made[..., 4:], plate[..., 4:])
    torch.testing.assert_close(made[..., :4], color[..., :4])
    half = over(torch.cat([color, 0.5 + 0 * alpha], 1), plate)
    torch.testing.assert_close(half, (color + plate) / 2)


# --- discriminators -------------------------------------------------------------------------------


def test_the_patch_discriminator_has_its_published_size_and_sees_70_pixels() -> None:
    """Isola et al. 2017: C64-C128-C256-C512 and a last convolution to one channel."""
    inputs = 6
    network = PatchDiscriminator(inputs)
    chain = [inputs, 64, 128, 256, 512, 1]
    assert parameters(network, nn.Conv2d) == sum(16 * a * b for a, b in pairwise(chain))
    x = torch.rand(1, inputs, 160, 160, requires_grad=True)
    steps = [
        nn.Sequential(*(part for part in step if not isinstance(part, nn.InstanceNorm2d))) for step in network.steps
    ]
    score = nn.Sequential(*steps)(x)  # the norms look at the whole picture
    score[0, 0, 10, 10].backward()
    seen = x.grad[0].abs().sum((0, 1)).nonzero()
    assert int(seen.max() - seen.min()) + 1 == 70


def test_each_scale_judges_half_the_size_and_gives_its_features() -> None:
    network = MultiScaleDiscriminator(3, scales=3, width=4)
    x = torch.rand(2, 3, 64, 48)
    results = network(x)
    assert [len(scale) for scale in results] == [5, 5, 5]
    assert all(scale[-1].shape[:2] == (2, 1) for scale in results)
    heights = [scale[0].shape[-2] for scale in results]
    assert heights == [33, 17, 9]
    half = functional.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
    torch.testing.assert_close(results[1][-1], network.scales[1](half)[-1])


# --- losses ---------------------------------------------------------------------------------------


def features(score: float, inner: float, scales: int = 2) -> list[list[Tensor]]:
    return [
        [torch.full((1, 4, 8, 8), inner), torch.full((1, 4, 4, 4), 2 * inner), torch.full((1, 1, 4, 4), score)]
    ] * scales


def test_lsgan_is_the_squared_distance_to_its_goal() -> None:
    assert lsgan(features(1.0, 0), True) == 0 and lsgan(features(0.0, 0), False) == 0
    assert lsgan(features(0.25, 0), True) == pytest.approx(2 * 0.5625)  # summed over two scales
    assert lsgan(features(0.25, 0), False) == pytest.approx(2 * 0.0625)


def test_feature_matching_is_the_mean_distance_summed_over_layers_without_the_score() -> None:
    made, real = features(5.0, 1.0), features(-5.0, 0.5)
    assert feature_matching(made, real) == pytest.approx(0.5 + 1.0)
    made = [[layer.clone().requires_grad_() for layer in scale] for scale in made]
    true = [[layer.clone().requires_grad_() for layer in scale] for scale in real]
    feature_matching(made, true).backward()
    assert made[0][0].grad is not None and true[0][0].grad is None  # the real one is the goal, it doesn't give way


def test_laplacian_knows_a_constant_and_a_checkerboard() -> None:
    zero = torch.zeros(1, 3, 32, 32)
    assert laplacian(zero, zero) == 0
    assert laplacian(zero + 0.5, zero) == pytest.approx(8 * 0.5)  # all of it in the coarsest level, weight 2^3
    checkers = (torch.arange(32)[:, None] + torch.arange(32)[None]) % 2 * 2.0 - 1
    assert laplacian(checkers.expand(1, 3, 32, 32), zero) == pytest.approx(0.5)  # all in the finest, 2^-1


def test_the_laplacian_weight_makes_pixels_count() -> None:
    zero, made = torch.zeros(1, 3, 32, 32), torch.zeros(1, 3, 32, 32)
    made[..., :16] = 1
    left = torch.zeros(1, 1, 32, 32)
    left[..., :16] = 1
    assert laplacian(made, zero, weight=left) > 2 * laplacian(made, zero, weight=1 - left)
    torch.testing.assert_close(laplacian(made, zero, weight=torch.ones(1, 1, 32, 32)), laplacian(made, zero))


def vgg() -> dict[str, Tensor]:
    """Random weights named and shaped as torchvision's vgg19, up to relu5_1."""
    generator = torch.Generator().manual_seed(0)
    state, inputs, number = {}, 3, 0
    for entry in (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512):
        if entry:
            scale = math.sqrt(2 / (9 * inputs))
            state[f"features.{number}.weight"] = torch.randn(entry, inputs, 3, 3, generator=generator) * scale
            state[f"features.{number}.bias"] = torch.zeros(entry)
            inputs = entry
        number += 2 if entry else 1
    return state


def test_the_perceptual_loss_reads_the_five_layers_of_vgg19() -> None:
    state = vgg()
    assert list(state)[-2] == "features.28.weight"
    loss = Perceptual(state)
    assert not any(p.requires_grad for p in loss.parameters())
    made, real = torch.rand(1, 3, 32, 32) * 2 - 1, torch.rand(1, 3, 32, 32) * 2 - 1
    assert loss(real, real) == 0

    mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    a, b = ((x / 2 + 0.5 - mean) / deviation for x in (made, real))
    wanted, factors = 0.0, {0: 1 / 32, 5: 1 / 16, 10: 1 / 8, 19: 1 / 4, 28: 1.0}
    for number in range(29):
        if f"features.{number}.weight" in state:
            weight, bias = state[f"features.{number}.weight"], state[f"features.{number}.bias"]
            a, b = (functional.relu(functional.conv2d(x, weight, bias, padding=1)) for x in (a, b))
            wanted += factors.get(number, 0) * float((a - b).abs().mean())
        elif number in (4, 9, 18, 27):
            a, b = (functional.max_pool2d(x, 2) for x in (a, b))
    assert loss(made, real) == pytest.approx(wanted, rel=1e-4)


def test_other_weights_are_refused() -> None:
    state = vgg()
    del state["features.10.weight"]
    with pytest.raises(KeyError):
        Perceptual(state)


# --- the face -------------------------------------------------------------------------------------


def test_a_young_refiner_changes_nothing() -> None:
    refiner = Refiner(5, width=4, downs=1, blocks=1)
    color = torch.rand(2, 3, 16, 16) * 2 - 1
    assert torch.equal(refiner(torch.rand(2, 5, 16, 16), color), color)
    assert refiner.network.head.weight.requires_grad


def test_the_residual_is_added_and_stays_a_color() -> None:
    refiner = Refiner(5, width=4, downs=1, blocks=1)
    nn.init.constant_(refiner.network.head.bias, 0.3)
    color = torch.rand(1, 3, 16, 16) * 2 - 1
    torch.testing.assert_close(refiner(torch.rand(1, 5, 16, 16), color), (color + math.tanh(0.3)).clamp(-1, 1))


def smooth(height: int = 48, width: int = 64) -> Tensor:
    y, x = torch.meshgrid(torch.arange(height) / height, torch.arange(width) / width, indexing="ij")
    return torch.stack([torch.sin(5 * x + 2 * y), torch.cos(4 * y), x * y])[None]


def test_cutting_whole_pixels_is_slicing() -> None:
    picture = smooth()
    box = torch.tensor([[8.0, 4.0, 40.0, 28.0]])
    torch.testing.assert_close(cut(picture, box, (24, 32)), picture[..., 4:28, 8:40], atol=1e-5, rtol=0)
    whole = torch.tensor([[0.0, 0.0, 64.0, 48.0]])
    torch.testing.assert_close(cut(picture, whole, (48, 64)), picture, atol=1e-5, rtol=0)


def test_outside_a_picture_there_is_0() -> None:
    part = cut(torch.ones(1, 1, 16, 16), torch.tensor([[-8.0, 0.0, 8.0, 16.0]]), (16, 16))
    assert part[..., :7].abs().max() < 1e-6 and (part[..., 9:] - 1).abs().max() < 1e-6


@pytest.mark.parametrize("shift", [0.0, 0.3, 0.5])
def test_what_is_cut_goes_back_to_its_place(shift: float) -> None:
    """Each picture of a batch has its own box; inside nothing changes, outside not one bit."""
    picture = smooth().repeat(2, 1, 1, 1)
    boxes = torch.tensor([[8.0, 4.0, 40.0, 36.0], [20.0, 10.0, 60.0, 44.0]]) + shift
    back = paste(picture, cut(picture, boxes, (40, 40)), boxes)
    torch.testing.assert_close(back, picture, atol=0.01, rtol=0)
    changed = paste(picture, cut(picture, boxes, (40, 40)) + 1, boxes)
    for number, (left, top, right, bottom) in enumerate(boxes.tolist()):
        outside = torch.ones(48, 64, dtype=torch.bool)
        outside[int(top) : math.ceil(bottom), int(left) : math.ceil(right)] = False
        assert torch.equal(changed[number][:, outside], picture[number][:, outside])
        y, x = int((top + bottom) / 2), int((left + right) / 2)
        torch.testing.assert_close(changed[number][:, y, x], picture[number][:, y, x] + 1, atol=0.02, rtol=0)


def test_a_patch_fades_out_at_its_border() -> None:
    pasted = paste(torch.zeros(1, 1, 64, 64), torch.ones(1, 1, 32, 32), torch.tensor([[16.0, 16.0, 48.0, 48.0]]))[0, 0]
    row = pasted[32, 16:48]
    assert row[0] < 0.1 and row[16] == 1 and (row[1:17] - row[:16]).max() < 0.5
    assert (row.diff()[:10] >= -1e-6).all()


def test_cutting_teaches_the_picture() -> None:
    picture = smooth().requires_grad_()
    cut(picture, torch.tensor([[8.0, 4.0, 40.0, 28.0]]), (12, 16)).sum().backward()
    assert picture.grad is not None and picture.grad[..., 10, 20].abs().sum() > 0
    assert picture.grad[..., 40, 60].abs().sum() == 0
