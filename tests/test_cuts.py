"""Cuts between camera shots."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dancetransfer import puppets
from dancetransfer.video.cuts import shots, signature

SIZE, FPS = (128, 128), 25


def film(show: puppets.Performance, start: int, stop: int) -> np.ndarray:
    return np.array([signature(image) for image in show.frames(start, stop)])


@pytest.fixture(scope="module")
def show() -> puppets.Performance:
    return puppets.dance(1, SIZE, 4, FPS)


@pytest.fixture(scope="module")
def plain(show: puppets.Performance) -> np.ndarray:
    return film(show, 0, 40)


def cuts(signatures: np.ndarray) -> list[int]:
    number = shots(signatures)
    assert number.dtype == np.int32
    return (np.flatnonzero(np.diff(number)) + 1).tolist()


def test_a_signature_is_small_and_of_any_picture(show: puppets.Performance) -> None:
    small = signature(next(show.frames()))
    assert (small.shape, small.dtype) == ((32, 32), np.uint8)
    assert signature(np.full((1080, 1920, 3), 200, np.uint8)).tolist() == [[200] * 32] * 32
    assert signature(np.zeros((20, 30, 3), np.uint8)).shape == (32, 32)


def test_a_dance_has_no_cut(plain: np.ndarray) -> None:
    assert not shots(plain).any()
    assert len(shots(plain[:0])) == 0
    assert shots(plain[:1]).tolist() == [0]


def test_cuts_are_found(show: puppets.Performance, plain: np.ndarray) -> None:
    camera = replace(show, camera=puppets.make_camera(60, show.body.stature, SIZE))
    mirrored = np.array([signature(image[:, ::-1].copy()) for image in show.frames(40, 52)])
    assert cuts(np.concatenate([plain, film(puppets.person(2, SIZE, 2, FPS), 0, 12)])) == [40]
    assert cuts(np.concatenate([plain, film(camera, 40, 52)])) == [40]
    assert cuts(np.concatenate([plain, mirrored])) == [40]
    assert cuts(np.concatenate([plain, film(show, 85, 97)])) == [40]  # the same scene, a leap in time
    twice = np.concatenate([plain[:20], film(camera, 40, 52), plain[20:]])
    assert cuts(twice) == [20, 32]


def test_light_is_no_cut(plain: np.ndarray) -> None:
    flash, drift, half = (plain.astype(float) for _ in range(3))
    flash[20:24] = 0.5 * flash[20:24] + 120
    drift *= np.linspace(1, 0.4, 40)[:, None, None]
    half[20:] *= 1 - 0.5 * np.linspace(0, 1, 32)  # a lamp on one side goes out
    for lit in (flash, drift, half):
        assert cuts(np.clip(lit, 0, 255).astype(np.uint8)) == []


def test_pans_and_repeated_frames_are_no_cuts() -> None:
    rng = np.random.default_rng(0)
    wall = np.kron(rng.integers(0, 255, (8, 60)), np.ones((4, 4)))
    still = [wall[:, 20:52]] * 12
    pan = [wall[:, 20 + x : 52 + x] for x in range(0, 80, 4)]
    assert cuts(np.array([*still, *pan]).astype(np.uint8)) == []
    repeated = np.repeat(np.array(pan), 6, axis=0).astype(np.uint8)
    assert cuts(repeated) == []


def test_a_flash_is_measured_in_seconds(show: puppets.Performance, plain: np.ndarray) -> None:
    camera = replace(show, camera=puppets.make_camera(60, show.body.stature, SIZE))
    inserted = np.concatenate([plain[:20], film(camera, 40, 46), plain[20:]])
    assert shots(inserted, np.arange(len(inserted)) / 60)[-1] == 0
    assert shots(inserted, np.arange(len(inserted)) / 8)[-1] == 2


@pytest.mark.parametrize("name", ["crew", "hiphop_vertical", "breakdance", "steps_5fps"])
def test_real_clips_have_no_cut_but_where_they_are_joined(clips: Path, name: str) -> None:
    from dancetransfer.video.read import read_frames

    frames = list(read_frames(clips / f"{name}.mp4", 0, 120, size=(160, 160), exact=False))
    small = np.array([signature(frame.image) for frame in frames])
    assert not shots(small, [frame.time for frame in frames]).any()
    other = read_frames(clips / "squat_front.mp4", 0, 20, size=(160, 160), exact=False)
    joined = np.concatenate([small, [signature(frame.image) for frame in other]])
    assert cuts(joined) == [len(small)]
