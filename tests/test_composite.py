"""A layer comes back to its place in the picture with sub-pixel accuracy and no aliasing."""

import cv2
import numpy as np
import pytest

from dancetransfer import puppets
from dancetransfer.footage.plate import composite, cut_out


def psnr(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(255**2 / ((one.astype(float) - other) ** 2).mean()))


def soft() -> np.ndarray:
    y, x = np.mgrid[:360, :480]
    waves = [127 + 100 * np.sin(x / 17 + c) * np.cos(y / 23 - c) for c in range(3)]
    return np.stack(waves, -1).round().astype(np.uint8)


def detailed() -> np.ndarray:
    return puppets.truth(3, (480, 360), 1, 25).plate()


# What was measured, less one dB; bilinear sampling gives 2 to 3 dB less where a detailed layer is enlarged.
@pytest.mark.parametrize(
    ("picture", "scale", "least"),
    [
        (soft, 0.5, 51), (soft, 1.0, 56), (soft, 2.56, 68),
        (detailed, 0.5, 35.5), (detailed, 0.75, 40), (detailed, 1.0, 41.4), (detailed, 2.56, 44.5),
    ],
)  # fmt: skip
def test_a_picture_cut_out_and_pasted_at_a_fractional_box_is_itself(picture, scale: float, least: float) -> None:
    whole = picture()
    size = round(160 * scale), round(260 * scale)
    for shift in (0, 0.25, 0.5):
        box = np.array([100.3 + shift, 40.7 - shift, 260.3 + shift, 300.7 - shift])
        layer = np.dstack([cut_out(whole, box, size), np.full(size[::-1], 255, np.uint8)])
        back = composite(np.zeros_like(whole), layer, box)
        assert psnr(back[50:290, 110:250], whole[50:290, 110:250]) > least


def test_a_layer_that_is_made_smaller_is_averaged() -> None:
    """512 rows come into 128: stripes of one pixel become gray, and a noisy layer its mean."""
    layer = np.zeros((512, 320, 4), np.uint8)
    layer[:, ::2, :3] = 255
    layer[..., 3] = 255
    box = np.array([30.3, 40.6, 110.3, 168.6])
    made = composite(np.zeros((200, 150, 3), np.uint8), layer, box)[45:165, 35:105]
    assert np.ptp(made.astype(int)) <= 6 and made.mean() == pytest.approx(127.5, abs=1)
    layer[..., :3] = np.random.default_rng(0).integers(0, 256, (512, 320, 3))
    made = composite(np.zeros((200, 150, 3), np.uint8), layer, np.array([30.0, 40, 110, 168]))
    wanted = cv2.resize(layer[..., :3], (80, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(made[42:166, 32:108].astype(int) - wanted[2:-2, 2:-2]).mean() < 12  # 74 a sample without averaging


@pytest.mark.parametrize("size", [(64, 96), (300, 450)])
def test_where_alpha_is_below_one_level_the_plate_stays_bit_for_bit(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    plate = rng.integers(0, 256, (200, 150, 3), np.uint8)
    layer = rng.integers(0, 256, (*size[::-1], 4), np.uint8)
    layer[..., 3] *= rng.random(size[::-1]) < 0.02  # lonely pixels, where cubics ring in all directions
    box = np.array([20.3, 10.7, 120.3, 160.7])
    made = composite(plate, layer, box)
    wide, tall = 100 / size[0], 150 / size[1]
    clear = np.ones(plate.shape[:2], bool)
    for y, x in np.argwhere(layer[..., 3] > 0):
        top, left = box[1] + (y - 1) * tall, box[0] + (x - 1) * wide
        clear[int(top) : int(top + 3 * tall) + 1, int(left) : int(left + 3 * wide) + 1] = False
    assert clear.mean() > 0.2
    np.testing.assert_array_equal(made[clear], plate[clear])
    assert (made != plate).any()


def test_hard_edges_neither_ring_nor_leave_the_range() -> None:
    layer = np.zeros((64, 64, 4), np.uint8)
    layer[20:44, 20:44] = (200, 30, 100, 255)
    made = composite(np.full((200, 200, 3), 100, np.uint8), layer, np.array([3.3, 7.9, 195.3, 199.9])).astype(int)
    assert made[..., 0].min() >= 99 and made[..., 0].max() <= 201
    assert made[..., 1].min() >= 29 and made[..., 1].max() <= 101
