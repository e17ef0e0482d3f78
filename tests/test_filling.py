"""Holes of the plate are filled with pieces of what is around them."""

import cv2
import numpy as np
import pytest

from dancetransfer.footage.filling import filled


@pytest.fixture
def meadow() -> np.ndarray:
    """uint8 [120,160,3]: a striped fence above grass of fine random blades."""
    random = np.random.default_rng(3)
    picture = np.empty((120, 160, 3), np.uint8)
    picture[:60] = np.where((np.arange(160) // 5 % 2)[None, :, None], (200, 190, 170), (110, 90, 60))
    blades = cv2.GaussianBlur(random.uniform(0, 255, (60, 160)).astype(np.float32), (3, 7), 0)
    picture[60:] = np.clip(blades[..., None] * 1.4 * np.array([0.35, 0.6, 0.2]), 0, 255).astype(np.uint8)
    return picture


@pytest.fixture
def hole() -> np.ndarray:
    mask = np.zeros((120, 160), np.uint8)
    cv2.ellipse(mask, (80, 60), (14, 36), 0, 0, 360, 1, -1)
    return mask > 0


def test_a_pattern_goes_on_and_grass_stays_grass(meadow: np.ndarray, hole: np.ndarray) -> None:
    spoiled = np.where(hole[..., None], np.uint8([255, 0, 255]), meadow)
    made = filled(spoiled, hole)
    assert (made[~hole] == meadow[~hole]).all()
    smooth = cv2.inpaint(spoiled, hole.astype(np.uint8), 5, cv2.INPAINT_TELEA)
    fence, grass = hole.copy(), hole.copy()
    fence[56:], grass[:64] = False, False

    def apart(picture: np.ndarray) -> float:
        return float(np.square(picture[fence].astype(float) - meadow[fence]).mean())

    def roughness(picture: np.ndarray, where: np.ndarray) -> float:
        return float(cv2.Laplacian(picture[..., 1].astype(np.float32), cv2.CV_32F)[where].std())

    assert apart(made) < 0.3 * apart(smooth)
    assert roughness(made, grass) > 0.8 * roughness(meadow, grass) > 2 * roughness(smooth, grass)
    assert abs(int(np.median(made[grass][:, 2])) - int(np.median(meadow[64:, :, 2]))) < 12


def test_the_same_hole_is_filled_the_same_way(meadow: np.ndarray, hole: np.ndarray) -> None:
    assert (filled(meadow, hole) == filled(meadow, hole)).all()


def test_holes_at_the_rim_and_apart_are_both_filled(meadow: np.ndarray) -> None:
    hole = np.zeros((120, 160), bool)
    hole[20:40, :12], hole[90:, 100:120] = True, True
    spoiled = np.where(hole[..., None], np.uint8([255, 0, 255]), meadow)
    made = filled(spoiled, hole)
    assert np.abs(made[90:, 100:120].astype(int).mean((0, 1)) - meadow[90:].mean((0, 1))).max() < 25
    assert made[hole].min(1).max() > 40 and not (made[hole] == (255, 0, 255)).all(1).any()


def test_a_picture_that_is_nearly_all_hole_is_filled_smoothly(meadow: np.ndarray) -> None:
    hole = np.ones((120, 160), bool)
    hole[:, :6] = False
    made = filled(meadow, hole)
    assert (made[~hole] == meadow[~hole]).all() and made.shape == meadow.shape
