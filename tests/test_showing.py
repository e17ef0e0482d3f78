"""What a young generator is scored with, and the pictures in which it is shown."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from dancetransfer.learn.likeness import decibels, likeness_error
from dancetransfer.learn.sheet import write_sheet

WHOLE = np.array([0.0, 0.0, 128.0, 128.0])


@pytest.fixture
def cloth() -> np.ndarray:
    """uint8 [128,128,3]: a fine pattern over a slow change of color."""
    noise = np.random.default_rng(0).uniform(-50, 50, (128, 128, 3))
    slope = np.linspace(80, 170, 128)[:, None, None]
    return np.clip(slope + cv2.GaussianBlur(noise, (0, 0), 1.0) * 2, 0, 255).astype(np.uint8)


def test_the_same_picture_has_no_error_and_another_color_has(cloth: np.ndarray) -> None:
    assert likeness_error(cloth, cloth, WHOLE) == 0 and decibels(0) == 70
    darker = np.clip(cloth.astype(int) - 20, 0, 255).astype(np.uint8)
    assert likeness_error(darker, cloth, WHOLE) == pytest.approx((20 / 255) ** 2, rel=0.1)  # the edges are the same


def damaged(cloth: np.ndarray, kind: str, strength: float) -> np.ndarray:
    if kind == "blur":
        return cv2.GaussianBlur(cloth, (0, 0), strength)
    if kind == "noise":
        noise = np.random.default_rng(1).normal(0, 5 * strength, cloth.shape)
        return np.clip(np.rint(cloth + noise), 0, 255).astype(np.uint8)
    if kind == "checkerboard":
        sign = np.where(np.indices((128, 128)).sum(0) % 2, 4, -4)[..., None] * strength
        return np.clip(cloth + sign, 0, 255).astype(np.uint8)
    if kind == "hole":
        made, side = cloth.copy(), int(8 * strength)
        made[64 - side : 64 + side, 64 - side : 64 + side] = 120
        return made
    return np.roll(cloth, int(strength), 1)


@pytest.mark.parametrize("kind", ["blur", "noise", "checkerboard", "hole", "shift"])
def test_more_damage_is_less_like(cloth: np.ndarray, kind: str) -> None:
    errors = [likeness_error(damaged(cloth, kind, strength), cloth, WHOLE) for strength in (1, 2, 4)]
    assert 0 < errors[0] < errors[1] < errors[2]


def test_a_sharp_picture_two_pixels_off_is_liker_than_a_blurred_one(cloth: np.ndarray) -> None:
    """Where plain squared error prefers the blurred one."""
    shifted, blurred = damaged(cloth, "shift", 2), damaged(cloth, "blur", 3)

    def squared(made: np.ndarray) -> float:
        return float(((made.astype(float) - cloth) ** 2).mean())

    assert squared(blurred) < squared(shifted)
    assert likeness_error(shifted, cloth, WHOLE) < 0.3 * likeness_error(blurred, cloth, WHOLE)


def test_folds_in_another_direction_are_not_the_same_texture(cloth: np.ndarray) -> None:
    """Where means and deviations see no difference."""
    stripes = np.broadcast_to((np.arange(128) // 2 % 2 * 60 + 90)[None, :, None], (128, 128, 3)).astype(np.uint8)
    turned = np.ascontiguousarray(stripes.transpose(1, 0, 2))
    assert likeness_error(turned, stripes, WHOLE) > 10 * likeness_error(np.roll(stripes, 1, 1), stripes, WHOLE)


def test_only_what_lies_in_the_box_and_close_to_it_counts(cloth: np.ndarray) -> None:
    spoiled = cloth.copy()
    spoiled[:, 96:] = 0
    assert likeness_error(spoiled, cloth, np.array([0.0, 0.0, 40.0, 128.0])) == 0
    near = likeness_error(spoiled, cloth, np.array([0.0, 0.0, 64.0, 128.0]))
    assert 0 < near < 0.01 * likeness_error(spoiled, cloth, WHOLE)
    assert np.isnan(likeness_error(spoiled, cloth, np.array([200.0, 0.0, 220.0, 128.0])))


def test_a_sheet_names_its_parts_and_where_they_lie(tmp_path: Path) -> None:
    red, blue = np.zeros((600, 300, 3), np.uint8), np.zeros((64, 64, 3), np.uint8)
    red[..., 0], blue[..., 2] = 250, 250
    write_sheet(tmp_path / "000000.jpg", {"dance": red, "result": blue})
    content = (tmp_path / "000000.jpg").read_bytes()
    assert b"\xff\xfe\x00\x1dparts: dance=240 result=480\xff" in content
    sheet = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    assert sheet.shape == (480, 720, 3)
    assert sheet[240, 230].tolist() == pytest.approx([250, 0, 0], abs=6)
    assert sheet[240, 250].tolist() == pytest.approx([0, 0, 250], abs=6)
