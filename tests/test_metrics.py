"""Measures of pictures and joints with known answers."""

import numpy as np
import pytest
from stick_bodies import Camera, body, without

from dancetransfer.pose.poses import absent
from dancetransfer.pose.space import body_heights
from dancetransfer.score.metrics import Stillness, Trembling, psnr, ssim, ssim_map
from dancetransfer.score.score import pose_scores

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
