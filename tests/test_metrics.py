"""Measures of pictures and joints with known answers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from stick_bodies import Camera, body, without

from dancetransfer import weights
from dancetransfer.footage.plate import composite
from dancetransfer.learn.likeness import decibels, likeness_error
from dancetransfer.pose.poses import absent
from dancetransfer.pose.space import body_heights
from dancetransfer.score.metrics import Stillness, Trembling, off_plate, psnr, ssim, ssim_map
from dancetransfer.score.perceptual import Distances, Likeness, lpips
from dancetransfer.score.score import pose_scores
from models.lpips import LAYERS, Lpips

SIZE = (160, 120)
CAMERA = Camera(120, 1.0, SIZE)


def picture(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).integers(40, 216, (size[1], size[0], 3), np.uint8)


def noisy(frame: np.ndarray, seed: int, deviation: float = 5.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, deviation, frame.shape)
    return np.clip(np.rint(frame + noise), 0, 255).astype(np.uint8)


# --- pictures -------------------------------------------------------------------------------------


def test_psnr_of_known_noise() -> None:
    assert psnr(noisy(picture(), 1), picture()) == pytest.approx(10 * np.log10(255**2 / (25 + 1 / 12)), abs=0.1)
    assert psnr(picture(), picture()) == 100


def direct_ssim(x: np.ndarray, y: np.ndarray, row: int, column: int) -> float:
    """Wang et al. 2004, eq. 13, at one window of one channel, written out."""
    g = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    weight = np.outer(g, g) / np.outer(g, g).sum()
    a, b = (v[row - 5 : row + 6, column - 5 : column + 6].astype(float) for v in (x, y))
    mean_a, mean_b = (weight * a).sum(), (weight * b).sum()
    var_a, var_b = (weight * (a - mean_a) ** 2).sum(), (weight * (b - mean_b) ** 2).sum()
    both = (weight * (a - mean_a) * (b - mean_b)).sum()
    c1, c2 = 2.55**2, 7.65**2
    return (2 * mean_a * mean_b + c1) * (2 * both + c2) / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))


@pytest.mark.parametrize("seed", [1, 2])
def test_ssim_is_the_formula(seed: int) -> None:
    x = picture(seed) // (1 if seed == 1 else 20) + (0 if seed == 1 else 230)  # also bright and flat
    y = noisy(x, 5, 12)
    similar = ssim_map(x, y)
    for row, column in ((5, 5), (60, 80), (68, 30), (69, 30), (114, 154)):
        expected = np.mean([direct_ssim(x[..., c], y[..., c], row, column) for c in range(3)])
        assert similar[row, column] == pytest.approx(expected, abs=2e-4)
    assert np.isnan(similar[4]).all() and np.isnan(similar[:, -5:]).all()
    assert np.isfinite(similar[5:-5, 5:-5]).all()
    assert ssim(x, y) == pytest.approx(np.nanmean(similar))
    assert ssim(x, x) == pytest.approx(1)


def test_a_picture_smaller_than_the_window_has_no_ssim() -> None:
    assert np.isnan(ssim(np.zeros((10, 40, 3), np.uint8), np.zeros((10, 40, 3), np.uint8)))


def test_the_flicker_of_a_constant_error_is_0_and_of_a_changing_one_its_change() -> None:
    constant, changing = Trembling(), Trembling()
    for n in range(6):
        truth = picture(n)
        constant.add(truth + np.uint8(20), truth)
        changing.add(truth + np.uint8(20 if n % 2 else 10), truth)
    assert constant.value == 0 and changing.value == pytest.approx(10)
    changing.cut()
    changing.add(picture(9), picture(9))
    assert changing.value == pytest.approx(10)  # a cut is no flicker
    assert Trembling().value is None


def test_flicker_within_a_box_is_that_of_the_box_alone() -> None:
    trembling, box = Trembling(), np.array([20.0, 10, 60, 110])
    for n in range(5):
        made = picture(n)
        made[:, 100:] += np.uint8(n % 2 * 9)  # outside
        made[10:110, 20:60] += np.uint8(n % 2 * 3)
        trembling.add(made, picture(n), box if n < 4 else np.full(4, np.nan))
    assert trembling.boxed == pytest.approx(3) and trembling.boxed_pairs == 3
    assert trembling.value == pytest.approx((3 * 4000 + 9 * 7200) / 19200)


def test_off_the_plate_is_what_changes_where_the_layer_is_not() -> None:
    plate, layer = picture(), np.zeros((50, 40, 4), np.uint8)
    layer[10:40, 10:30] = 200
    box = np.array([30.3, 20.6, 71.0, 70.2])
    frame = composite(plate, layer, box)
    assert (frame != plate).any() and off_plate(frame, plate, layer, box) == 0
    frame[0, 0, 1] += 3
    assert off_plate(frame, plate, layer, box) == 3
    full = np.full((120, 160, 4), 255, np.uint8)
    assert off_plate(frame, plate, full, np.array([-1.0, -1, 161, 121])) is None


def test_likeness_in_a_box_is_that_of_its_cut_out_and_large_boxes_are_looked_at_smaller() -> None:
    truth, made = picture(0, (400, 300)), noisy(picture(0, (400, 300)), 1, 20)
    box = np.array([100.0, 80, 196, 208])
    like = Likeness()
    like.add(made, truth, box)
    like.add(made, truth, np.full(4, np.nan))
    assert like.frames == 1
    assert like.value == pytest.approx(decibels(likeness_error(made, truth, box, 4)), abs=0.01)
    large = Likeness()
    tall = [np.repeat(np.repeat(one, 6, 0), 6, 1) for one in (made, truth)]  # 1800 pixels high
    large.add(*tall, np.array([0.0, 0, 2400, 1800]))
    assert large.value is not None and np.isfinite(large.value)
    assert Likeness().value is None


# --- LPIPS ----------------------------------------------------------------------------------------


def random_states() -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor]]:
    """Weights with the names and shapes of torchvision's alexnet and of LPIPS' heads."""
    draw = torch.Generator().manual_seed(0)
    backbone, heads = {}, {}
    for number, (name, inputs, outputs, side, *_) in enumerate(LAYERS):
        shape = outputs, inputs, side, side
        backbone[f"features.{name}.weight"] = torch.randn(shape, generator=draw) / (side * inputs**0.5)
        backbone[f"features.{name}.bias"] = 0.1 * torch.randn(outputs, generator=draw)
        heads[f"lin{number}.model.1.weight"] = torch.rand(1, outputs, 1, 1, generator=draw)
    return backbone, heads


def literal_lpips(a: np.ndarray, b: np.ndarray) -> float:
    """Zhang et al. 2018, equation 1, position by position, on float64 [3,H,W] in -1..1."""
    backbone, heads = random_states()
    x, y = ((one - [[[-0.030]], [[-0.088]], [[-0.188]]]) / [[[0.458]], [[0.448]], [[0.450]]] for one in (a, b))
    total = 0.0
    for number, (name, _, _, side, stride, padding) in enumerate(LAYERS):
        layers = []
        for one in (x, y):
            if number in (1, 2):
                windows = np.lib.stride_tricks.sliding_window_view(one, (3, 3), (1, 2))[:, ::2, ::2]
                one = windows.max((-1, -2))
            wide = np.pad(one, ((0, 0), (padding, padding), (padding, padding)))
            windows = np.lib.stride_tricks.sliding_window_view(wide, (side, side), (1, 2))[:, ::stride, ::stride]
            weight, bias = (backbone[f"features.{name}.{part}"].double().numpy() for part in ("weight", "bias"))
            layers.append(np.maximum(np.einsum("chwij,ocij->ohw", windows, weight) + bias[:, None, None], 0))
        x, y = layers
        head = heads[f"lin{number}.model.1.weight"].double().numpy().ravel()
        for row, column in np.ndindex(*x.shape[1:]):
            p, q = x[:, row, column], y[:, row, column]
            p, q = p / (np.sqrt((p**2).sum()) + 1e-10), q / (np.sqrt((q**2).sum()) + 1e-10)
            total += (head * (p - q) ** 2).sum() / (x.shape[1] * x.shape[2])
    return float(total)


def test_lpips_is_the_formula() -> None:
    a, b = picture(0, (72, 80)), noisy(picture(0, (72, 80)), 1, 30)
    signed = [one.transpose(2, 0, 1) / 127.5 - 1 for one in (a, b)]
    network = Lpips(*random_states())
    made, real = (torch.from_numpy(one).float()[None] for one in signed)
    assert network(made, real).item() == pytest.approx(literal_lpips(*signed), rel=1e-4)
    assert network(made, made).item() == 0


def test_lpips_is_measured_only_where_its_weights_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DANCETRANSFER_DATA", str(tmp_path))
    assert lpips() is None
    for name, state in zip(("alexnet", "lpips"), random_states(), strict=True):
        weights.place(name).parent.mkdir(parents=True, exist_ok=True)
        torch.save(state, weights.place(name))
    measured, truth = Distances(lpips()), picture(0, (200, 160))
    measured.add(noisy(truth, 1), truth, np.array([10.0, 10, 110, 140]))
    measured.add(truth, truth, np.array([10.0, 10, 110, 140]))
    measured.add(truth, truth, np.array([10.0, 10, 40, 40]))  # too small for the network
    assert measured.frames == 2 and measured.value is not None and measured.value > 0
    assert Distances(None).value is None


def test_the_background_is_what_trembles_where_nobody_ever_stands() -> None:
    still, shaking = Stillness(), Stillness()
    base = picture()
    for n in range(200):
        box = np.array([20.0 + n / 10, 10, 60 + n / 10, 110]) if n % 3 else np.full(4, np.nan)
        frame = base.copy()
        frame[10:110, 21:80] = n  # the person may change as they like
        still.add(frame, box)
        shaking.add(noisy(base, n, 4.0), box)
    assert still.value is None  # not ended yet
    still.cut()
    shaking.cut()
    assert still.value == 0
    assert shaking.value == pytest.approx(np.sqrt(16 + 1 / 12), rel=0.02)


# --- joints ---------------------------------------------------------------------------------------


def test_joint_errors_are_shares_of_the_height() -> None:
    asked = CAMERA.see(body(), np.full(20, 2.0))
    height = 120 / 2 * 1.8
    assert body_heights(asked.xy, asked.confidence) == pytest.approx(height, rel=0.03)
    found = asked.with_xy(asked.xy + np.array([0.03 * height, 0]))
    error, pck, missed = pose_scores(found, asked)
    assert error == pytest.approx(3, rel=0.03) and pck == 1 and missed == 0
    far = asked.xy.copy()
    far[:, 9] += 50
    assert pose_scores(asked.with_xy(far), asked)[1] == pytest.approx(16 / 17)
    lost = without(asked, slice(0, 5), slice(None))
    error, pck, missed = pose_scores(lost, asked)
    assert error == 0 and pck == 0.75 and missed == 0.25
    assert pose_scores(asked, absent(asked.time, asked.size)) == (None, None, None)


def test_a_crouch_does_not_make_a_person_smaller() -> None:
    bodies = body()[None].repeat(2, 0)
    bodies[1, [13, 14], 0] += 0.245 * 1.8 * np.array([1, -1])  # thighs level, shins upright
    bodies[1, [13, 14], 1] = bodies[1, [11, 12], 1]
    bodies[1, [15, 16, 17, 18, 19, 20, 21, 22], 0] += np.sign(bodies[1, 15:23, 0]) * 0.44
    bodies[1, 15:17] = bodies[1, 13:15] - (0, 0.246 * 1.8, 0)
    poses = CAMERA.see(bodies, np.full(2, 2.0))
    heights = body_heights(poses.xy, poses.confidence)
    assert heights[1] == pytest.approx(heights[0], rel=0.02)
