"""Smoothing of pose tracks and filling of their gaps."""

import numpy as np
import pytest

from dancetransfer.pose.poses import FACE, LEFT_HAND, LEFT_WRIST, RIGHT_KNEE, Poses
from dancetransfer.pose.smooth import smooth


def motion(times: np.ndarray) -> np.ndarray:
    """Joints [T,133,2] that swing by up to 40 pixels about 1.2 times a second."""
    rng = np.random.default_rng(3)
    base, phase = rng.uniform(100, 600, (133, 2)), rng.uniform(0, 6, (133, 2))
    return base + rng.uniform(5, 40, (133, 2)) * np.sin(2 * np.pi * 1.2 * times[:, None, None] + phase)


def track(times: np.ndarray, noise: float = 0.0, **more: np.ndarray) -> Poses:
    xy = motion(times) + np.random.default_rng(0).normal(0, noise or 1e-9, (len(times), 133, 2))
    confidence = np.full((len(times), 133), 0.9, np.float32)
    return Poses(xy.astype(np.float32), confidence, times, (700, 700), **more)


def error(poses: Poses, joints: slice = slice(0, 23)) -> float:
    return float(np.sqrt(np.mean((poses.xy - motion(poses.time))[:, joints] ** 2)))


UNEVEN = np.cumsum(np.random.default_rng(1).choice([1 / 60, 1 / 30, 1 / 24], 240))


@pytest.mark.parametrize(
    ("times", "gain"),
    [(np.arange(120) / 24, 0.7), (np.arange(150) / 30, 0.62), (np.arange(300) / 60, 0.45), (UNEVEN, 0.65)],
)
def test_noise_goes_and_the_motion_stays(times: np.ndarray, gain: float) -> None:
    noisy = track(times, 2.0)
    assert error(smooth(noisy)) < gain * error(noisy)
    assert error(smooth(noisy), FACE) < 0.85 * error(noisy, FACE)
    assert error(smooth(noisy), LEFT_HAND) < 0.85 * error(noisy, LEFT_HAND)
    assert error(smooth(track(times))) < 0.05


@pytest.mark.parametrize("fps", [5, 10])
def test_where_frames_are_far_apart_nothing_is_smeared(fps: int) -> None:
    poses = track(np.arange(60) / fps)
    assert error(smooth(poses)) < 0.5  # of 570 pixels


def test_there_is_no_lag() -> None:
    poses = track(np.arange(300) / 30, 2.0)
    speed = np.gradient(motion(poses.time), poses.time, axis=0)
    late = -np.mean((smooth(poses).xy - motion(poses.time)) * speed) / np.mean(speed**2)
    assert abs(late) < 0.0005
    backward = Poses(poses.xy[::-1].copy(), poses.confidence, poses.time, poses.size)
    np.testing.assert_allclose(smooth(backward).xy[::-1], smooth(poses).xy, atol=0.01)


def test_short_gaps_are_filled_and_long_ones_stay() -> None:
    poses = track(np.arange(120) / 30)
    xy, confidence = poses.xy.copy(), poses.confidence.copy()
    xy[40:48, LEFT_WRIST], confidence[40:48, LEFT_WRIST] = np.nan, 0
    confidence[39, LEFT_WRIST] = 0.5
    xy[70:85, LEFT_WRIST], confidence[70:85, LEFT_WRIST] = np.nan, 0
    xy[:3], confidence[:3] = np.nan, 0
    cleaned = smooth(poses.with_xy(xy, confidence))
    apart = np.hypot(*(cleaned.xy - motion(poses.time))[40:48, LEFT_WRIST].T)
    assert apart.max() < 8
    np.testing.assert_allclose(cleaned.confidence[40:48, LEFT_WRIST], 0.5)
    assert np.isnan(cleaned.xy[70:85, LEFT_WRIST]).all()
    assert not cleaned.confidence[70:85, LEFT_WRIST].any()
    assert np.isnan(cleaned.xy[:3]).all()


def test_doubtful_joints_count_less() -> None:
    poses = track(np.arange(60) / 30, 2.0)
    xy, confidence = poses.xy.copy(), poses.confidence.copy()
    xy[30, RIGHT_KNEE] += 20
    believed = smooth(poses.with_xy(xy)).xy[30, RIGHT_KNEE]
    confidence[30, RIGHT_KNEE] = 0.31
    doubted = smooth(poses.with_xy(xy, confidence)).xy[30, RIGHT_KNEE]
    true = motion(poses.time)[30, RIGHT_KNEE]
    assert np.hypot(*(doubted - true)) < 0.7 * np.hypot(*(believed - true))


def test_nothing_crosses_the_border_of_a_shot() -> None:
    times = np.arange(80) / 30
    shot = np.repeat([0, 1], 40).astype(np.int32)
    poses = track(times, 1.0, shot=shot)
    xy, confidence = poses.xy.copy(), poses.confidence.copy()
    xy[40:] += 300
    xy[39:41, LEFT_WRIST], confidence[39:41, LEFT_WRIST] = np.nan, 0
    whole = Poses(xy, confidence, times, poses.size, shot)
    cleaned = smooth(whole)
    np.testing.assert_array_equal(cleaned.xy[:40], smooth(whole[:40]).xy)
    np.testing.assert_array_equal(cleaned.xy[40:], smooth(whole[40:]).xy)
    assert np.isnan(cleaned.xy[39:41, LEFT_WRIST]).all()


def test_world_is_smoothed_and_the_rest_is_kept() -> None:
    times = np.arange(60) / 30
    true = np.concatenate([motion(times), motion(times)[..., :1]], -1) / 350
    world = (true + np.random.default_rng(0).normal(0, 0.01, true.shape)).astype(np.float32)
    world[:, 40] = np.nan
    poses = track(times, 1.0, world=world)
    cleaned = smooth(poses)
    assert cleaned.world is not None
    assert (cleaned.world - true)[:, :17].std() < 0.7 * (world - true)[:, :17].std()
    assert np.isnan(cleaned.world[:, 40]).all()
    np.testing.assert_array_equal(cleaned.time, times)
    assert cleaned.size == poses.size
    assert cleaned.xy.dtype == np.float32


def test_nobody_at_all_is_fine() -> None:
    times = np.arange(10) / 30
    nobody = Poses(np.full((10, 133, 2), np.nan, np.float32), np.zeros((10, 133), np.float32), times, (9, 9))
    assert np.isnan(smooth(nobody).xy).all()
    assert len(smooth(nobody[:0])) == 0


def test_a_peak_stays_and_a_rest_is_still() -> None:
    """A hand that hits within 0.2 s keeps its peak, while the noise of its rest goes."""
    times = np.arange(120) / 30
    hit = 150 * np.exp(-(((times - 2) / 0.08) ** 2))
    poses = track(times)
    xy = np.repeat(poses.xy[:1], 120, 0) + np.random.default_rng(0).normal(0, 2, poses.xy.shape)
    xy[:, LEFT_WRIST, 0] += hit
    path = smooth(poses.with_xy(xy)).xy[:, LEFT_WRIST, 0] - poses.xy[0, LEFT_WRIST, 0]
    assert path.max() > 0.95 * hit.max()
    assert np.abs(path[:45]).mean() < 0.8


def test_a_hole_in_the_video_is_not_crossed() -> None:
    times = np.concatenate([np.arange(40), np.arange(60, 100)]) / 30
    poses = track(times, 2.0)
    whole = smooth(poses)
    for part in (slice(0, 40), slice(40, 80)):
        np.testing.assert_allclose(whole.xy[part], smooth(poses[part]).xy, atol=3)  # the noise found differs
    far = poses.xy.copy()
    far[40:] += 400
    np.testing.assert_allclose(smooth(poses.with_xy(far)).xy[:40], whole.xy[:40], atol=0.5)


def test_long_tracks_are_fitted_in_blocks_without_a_seam() -> None:
    times = np.arange(9000) / 30
    poses = track(times, 2.0)
    part = slice(4000, 4200)  # a border lies at 4096
    np.testing.assert_allclose(smooth(poses).xy[part], smooth(poses[3900:4300]).xy[100:300], atol=1.0)
