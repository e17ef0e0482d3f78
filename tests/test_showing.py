"""What a young generator is scored with, and the pictures in which it is shown."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from dancetransfer.learn.sheet import write_sheet
from dancetransfer.learn.showing import likeness_error

WHOLE = np.array([0.0, 0.0, 128.0, 128.0])


@pytest.fixture
def cloth() -> np.ndarray:
    """uint8 [128,128,3]: a fine pattern over a slow change of color."""
    noise = np.random.default_rng(0).uniform(-50, 50, (128, 128, 3))
    slope = np.linspace(80, 170, 128)[:, None, None]
    return np.clip(slope + cv2.GaussianBlur(noise, (0, 0), 1.0) * 2, 0, 255).astype(np.uint8)


def test_the_same_picture_has_no_error_and_another_color_has(cloth: np.ndarray) -> None:
    assert likeness_error(cloth, cloth, WHOLE) == 0
    darker = np.clip(cloth.astype(int) - 20, 0, 255).astype(np.uint8)
    assert likeness_error(darker, cloth, WHOLE) == pytest.approx((20 / 255) ** 2, rel=0.05)


def test_a_sharp_picture_two_pixels_off_is_liker_than_a_blurred_one(cloth: np.ndarray) -> None:
    """Where plain squared error prefers the blurred one."""
    shifted, blurred = np.roll(cloth, 2, 1), cv2.GaussianBlur(cloth, (0, 0), 3)

    def squared(made: np.ndarray) -> float:
        return float(((made.astype(float) - cloth) ** 2).mean())

    assert squared(blurred) < squared(shifted)
    assert likeness_error(shifted, cloth, WHOLE) < 0.5 * likeness_error(blurred, cloth, WHOLE)


def test_only_what_lies_in_the_box_counts(cloth: np.ndarray) -> None:
    spoiled = cloth.copy()
    spoiled[:, 96:] = 0
    assert likeness_error(spoiled, cloth, np.array([0.0, 0.0, 64.0, 128.0])) == 0
    assert likeness_error(spoiled, cloth, WHOLE) > 0
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
