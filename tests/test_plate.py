"""The plate, the person layer's way over it, and the split of the footage."""

import cv2
import numpy as np
import pytest

from dancetransfer.footage.pairs import CHOOSE, GAP, REPORT, TRAIN, Footage, split
from dancetransfer.footage.plate import clean_plate, composite, cut_out, sampled
from dancetransfer.pose.poses import absent


def scene(height: int = 120, width: int = 160) -> np.ndarray:
    """uint8 [H,W,3]: soft colors."""
    noise = np.random.default_rng(0).uniform(0, 255, (height // 8, width // 8, 3)).astype(np.float32)
    return cv2.resize(noise, (width, height), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


def walking(frames: int, step: int) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """A white person of 20 x 80 who walks through the scene, and masks at half the size."""
    pictures, masks = [], []
    for n in range(frames):
        picture, mask = scene(), np.zeros((60, 80), np.uint8)
        left = 10 + n * step
        picture[30:110, left : left + 20] = 255
        mask[15:55, left // 2 : left // 2 + 10] = 255
        pictures.append(picture)
        masks.append(mask)
    return pictures, masks


# --- the plate ------------------------------------------------------------------------------------


def test_the_plate_is_the_scene_where_the_person_ever_stepped_aside() -> None:
    plate = clean_plate(*walking(15, 8))
    np.testing.assert_array_equal(plate, scene())


def test_noise_and_passing_flashes_are_not_in_the_plate() -> None:
    pictures, masks = walking(15, 8)
    rng = np.random.default_rng(1)
    noisy = [np.clip(p + rng.normal(0, 6, p.shape), 0, 255).astype(np.uint8) for p in pictures]
    noisy[3][:10] = 255
    error = clean_plate(noisy, masks).astype(float) - scene()
    assert np.abs(error).mean() < 2.5 and np.abs(error[:10]).mean() < 2.5


def test_what_the_person_never_frees_is_filled_from_around() -> None:
    flat = np.full((120, 160, 3), (40, 90, 160), np.uint8)
    person = flat.copy()
    person[30:110, 60:90] = 255
    mask = np.zeros((60, 80), np.uint8)
    mask[15:55, 30:45] = 255
    plate = clean_plate([person] * 5, [mask] * 5)
    np.testing.assert_allclose(plate.astype(int), flat, atol=4)


def test_an_even_number_of_frames_has_a_median_too() -> None:
    pictures = [np.full((20, 20, 3), value, np.uint8) for value in (10, 20, 30, 255)]
    plate = clean_plate(pictures, [np.zeros((10, 10), np.uint8)] * 4)
    assert (plate == 25).all()


def test_the_sample_is_spread_over_the_clip_and_bounded_in_memory() -> None:
    assert sampled(10, (640, 360)) == set(range(10))
    many = sampled(3000, (640, 360))
    assert len(many) == 45 and {0, 2999} <= many
    assert len(sampled(3000, (3840, 2160))) == 15


# --- there and back -------------------------------------------------------------------------------


@pytest.mark.parametrize("shift", [0.0, 0.25, 0.5])
def test_a_crop_goes_back_to_where_it_was_cut_from(shift: float) -> None:
    picture = scene()
    box = np.array([20.0, 10, 116, 106]) + shift
    crop = cut_out(picture, box, (96, 96))
    layer = np.dstack([crop, np.full((96, 96), 255, np.uint8)])
    back = composite(np.zeros_like(picture), layer, box)
    inner = np.s_[15:100, 25:110]
    assert np.abs(back[inner].astype(int) - picture[inner]).mean() < (0.01 if shift == 0 else 1.5)


@pytest.mark.parametrize("size", [(48, 48), (96, 96), (150, 150), (192, 192)])
def test_the_way_there_and_back_moves_nothing(size: tuple[int, int]) -> None:
    """The center of a soft spot stays within a twentieth of a pixel, whatever the crop's size."""
    y, x = np.mgrid[:120, :160]
    spot = 255 * np.exp(-((x - 70.3) ** 2 + (y - 55.6) ** 2) / (2 * 6.0**2))
    picture = np.repeat(spot[..., None], 3, 2).astype(np.uint8)
    box = np.array([17.7, 4.2, 117.7, 104.2])
    layer = np.dstack([cut_out(picture, box, size), np.full(size[::-1], 255, np.uint8)])
    back = composite(np.zeros_like(picture), layer, box)[..., 0].astype(float)
    before = picture[..., 0].astype(float)
    for axis in (x, y):
        assert (back * axis).sum() / back.sum() == pytest.approx((before * axis).sum() / before.sum(), abs=0.05)


def test_a_small_crop_has_no_aliasing() -> None:
    stripes = np.zeros((256, 256, 3), np.uint8)
    stripes[:, ::2] = 255
    small = cut_out(stripes, np.array([0.0, 0, 256, 256]), (64, 64))
    assert np.ptp(small[:, 2:-2].astype(int)) < 20 and small.mean() == pytest.approx(127.5, abs=5)


def test_outside_the_picture_the_border_is_repeated() -> None:
    picture = scene()
    crop = cut_out(picture, np.array([-40.0, -40, 40, 40]), (80, 80))
    np.testing.assert_array_equal(crop[:40, :40], np.broadcast_to(picture[0, 0], (40, 40, 3)))
    np.testing.assert_array_equal(crop[40:, 40:], picture[:40, :40])


def test_where_alpha_is_0_the_plate_is_untouched() -> None:
    plate = np.random.default_rng(2).integers(0, 256, (120, 160, 3), np.uint8)
    layer = np.random.default_rng(3).integers(0, 256, (64, 48, 4), np.uint8)
    layer[..., 3] = 0
    layer[20:40, 20:30, 3] = 255
    box = np.array([30.3, 20.7, 102.3, 116.7])
    result = composite(plate, layer, box)
    changed = np.argwhere((result != plate).any(-1))
    scale = 72 / 48
    low, high = box[[1, 0]] + scale * np.array([19, 19]) - 1, box[[1, 0]] + scale * np.array([41, 31]) + 1
    assert len(changed) > 400
    assert (changed >= low).all() and (changed <= high).all()
    layer[..., 3] = 0
    np.testing.assert_array_equal(composite(plate, layer, box), plate)


def test_a_layer_that_covers_all_hides_the_plate() -> None:
    layer = np.full((64, 48, 4), 255, np.uint8)
    layer[..., :3] = (10, 200, 30)
    result = composite(scene(), layer, np.array([-20.0, -20, 200, 160]))
    assert (result == (10, 200, 30)).all()


def test_color_where_alpha_is_0_does_not_bleed_in() -> None:
    layer = np.zeros((64, 64, 4), np.uint8)
    layer[..., 0] = 255  # red, but invisible
    layer[20:44, 20:44] = (0, 0, 255, 255)
    result = composite(np.zeros((100, 100, 3), np.uint8), layer, np.array([10.4, 10.4, 90.4, 90.4]))
    assert result[..., 0].max() == 0 and result[..., 2].max() == 255


@pytest.mark.parametrize("box", [(-90, 0, -10, 80), (170, 0, 250, 80), (0, 130, 80, 210), (150, -70, 230, 10)])
def test_a_box_outside_or_at_the_corner_is_fine(box: tuple[int, int, int, int]) -> None:
    layer = np.full((32, 32, 4), 255, np.uint8)
    result = composite(scene(), layer, np.array(box, float))
    inside = (result != scene()).any(-1).sum()
    assert inside <= 100 and result.shape == scene().shape


# --- the split ------------------------------------------------------------------------------------


def runs(part: np.ndarray, kind: int) -> list[np.ndarray]:
    at = np.flatnonzero(part == kind)
    return [] if not len(at) else np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)


@pytest.mark.parametrize(("seconds", "choose", "report"), [(2.5, 0, 0), (4, 1, 0), (12, 1, 1), (70, 2, 2), (600, 4, 4)])
@pytest.mark.parametrize("fps", [10, 25, 60])
def test_the_split_has_blocks_of_each_kind_with_a_second_between(
    seconds: float, choose: int, report: int, fps: int
) -> None:
    times = np.arange(int(seconds * fps)) / fps
    part = split(times)
    assert (len(runs(part, CHOOSE)), len(runs(part, REPORT))) == (choose, report)
    for kind in (CHOOSE, REPORT):
        for run in runs(part, kind):
            assert times[run[-1]] - times[run[0]] >= min(0.9, seconds / 6 - 0.2)
            others = times[(part != kind) & (part != GAP)]
            assert np.abs(others[:, None] - times[run][[0, -1]]).min() > 1 - 1e-9
    assert (part == TRAIN).mean() > (0.3 if seconds < 10 else 0.5)
    assert np.array_equal(split(times + 0.0), part)


def test_an_empty_clip_splits_into_nothing() -> None:
    assert split(np.empty(0)).shape == (0,)


def test_runs_break_at_missing_frames_and_cuts() -> None:
    index = np.array([0, 1, 2, 5, 6, 7])
    poses = absent(index / 25, (64, 64))
    poses.shot[4:] = 1
    clip = Footage("001", np.zeros((6, 8, 8, 4), np.uint8), np.zeros((6, 4)), index, poses,
                   np.zeros((64, 64, 3), np.uint8), np.zeros(6, np.int8))  # fmt: skip
    assert [run.tolist() for run in clip.runs(TRAIN)] == [[0, 1, 2], [3], [4, 5]]
    assert clip.runs(REPORT) == []
