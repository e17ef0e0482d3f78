"""Edges freed of the old background, by puppets whose matte and colors are known."""

import cv2
import numpy as np
import pytest

from dancetransfer import puppets
from dancetransfer.render.unmix import unmixed

SIZE = (256, 256)
SEEDS = (1, 3, 7)


def cut_out_puppet(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Its own colors [h,w,3], also where only a part of a pixel is the puppet's, matte [h,w,1], two rooms."""
    show = puppets.truth(seed, SIZE, 1, 25)
    frame, mask = next(show.frames(8, 9)), next(show.masks(8, 9))
    inner = cv2.erode((mask > 250).astype(np.uint8), np.ones((3, 3)))
    _, label = cv2.distanceTransformWithLabels(1 - inner, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    nearest = np.zeros((label.max() + 1, 3), np.uint8)
    nearest[label[inner > 0]] = frame[inner > 0]
    matte = cv2.GaussianBlur(mask.astype(np.float32) / 255, (0, 0), 1.2)[..., None]
    rooms = (puppets.truth(one, SIZE, 1, 25).plate() for one in (seed, seed + 5))
    return nearest[label].astype(np.float32), matte, *rooms


def layer_of(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    return np.dstack([np.rint(color).clip(0, 255), np.rint(alpha * 255)]).astype(np.uint8)


def over(layer: np.ndarray, room: np.ndarray) -> np.ndarray:
    alpha = layer[..., 3:] / 255
    return alpha * layer[..., :3] + (1 - alpha) * room


def error(layer: np.ndarray, room: np.ndarray, truth: np.ndarray, where: np.ndarray) -> float:
    return float(np.sqrt(((over(layer, room) - truth)[where] ** 2).mean()))


def soft(alpha: np.ndarray) -> np.ndarray:
    found: np.ndarray = ((alpha > 0.02) & (alpha < 0.98))[..., 0]
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_a_mask_that_is_too_wide_brings_no_old_room_along(seed: int) -> None:
    """The layer is learned as generators learn: over room A it is the picture, whatever its mask."""
    own, matte, room_a, room_b = cut_out_puppet(seed)
    picture = matte * own + (1 - matte) * room_a
    wide = cv2.GaussianBlur(cv2.dilate(matte, np.ones((5, 5))), (0, 0), 1.5)[..., None].clip(0, 1)
    layer = layer_of((picture - (1 - wide) * room_a) / np.maximum(wide, 1e-3), wide)
    made, edge = unmixed(layer, room_a), soft(wide)
    truth = matte * own + (1 - matte) * room_b
    before, after = error(layer, room_b, truth, edge), error(made, room_b, truth, edge)
    assert before > 10 and after < 0.5 * before
    assert np.abs(over(made, room_a) - over(layer, room_a))[edge].mean() < 1.0  # over the old room as it was
    matte_error = [np.abs(one[..., 3:] / 255 - matte)[edge].mean() for one in (layer, made)]
    assert matte_error[1] < 0.5 * matte_error[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_layer_without_background_in_it_stays_nearly_as_it_is(seed: int) -> None:
    own, matte, room_a, room_b = cut_out_puppet(seed)
    layer = layer_of(own, matte)
    made = unmixed(layer, room_a)
    assert error(made, room_b, matte * own + (1 - matte) * room_b, soft(matte)) < 3.5
    np.testing.assert_array_equal(made[layer[..., 3] == 255], layer[layer[..., 3] == 255])
    np.testing.assert_array_equal(made[layer[..., 3] == 0], layer[layer[..., 3] == 0])


def test_shadow_stays_shadow() -> None:
    own, matte, room_a, room_b = cut_out_puppet(1)
    shade = np.zeros(SIZE, np.float32)
    cv2.ellipse(shade, (128, 228), (50, 12), 0, 0, 360, 0.5, -1)
    shade = cv2.GaussianBlur(shade, (0, 0), 4)[..., None] * (1 - matte)
    alpha = matte + shade
    layer = layer_of(matte * own / np.maximum(alpha, 1e-3), alpha)
    shadow = ((shade > 0.1) & (matte < 0.01))[..., 0]
    made = unmixed(layer, room_a)
    truth = matte * own + (1 - alpha) * room_b
    assert shadow.sum() > 500 and error(made, room_b, truth, shadow) < 1.5
    assert made[shadow][:, :3].max() < 40


def test_nobody_there_is_nothing_to_do() -> None:
    layer = np.zeros((40, 30, 4), np.uint8)
    np.testing.assert_array_equal(unmixed(layer, np.zeros((40, 30, 3), np.uint8)), layer)
    layer[..., 3] = 100  # haze alone: no color that is surely the person's
    layer[..., :3] = 77
    np.testing.assert_array_equal(unmixed(layer, np.full((40, 30, 3), 80, np.uint8)), layer)
