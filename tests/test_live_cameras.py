"""Webcams: chosen by number, told why they can't be opened, unplugged in the middle, seen as in a mirror."""

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from engine import done, failed, last, notices

from dancetransfer.errors import UserError
from dancetransfer.extract import estimators
from dancetransfer.extract.estimators import Estimate, nobody
from dancetransfer.live import cameras, sources
from dancetransfer.project import Project
from dancetransfer.video.read import probe


class Camera:
    """OpenCV's, that opens as number 2 and gives some pictures, black on the left and white on the right."""

    asked: list[int]
    released = False
    pictures = 6
    left: dict[int, float]

    def __init__(self, number: int) -> None:
        self.asked, self.there, self.left, self.given = [number], number == 2, {}, 0

    def isOpened(self) -> bool:
        return self.there

    def set(self, what: int, value: float) -> bool:
        self.left[what] = value
        return True

    def grab(self) -> bool:
        self.given += 1
        return self.given <= self.pictures

    def retrieve(self) -> tuple[bool, np.ndarray]:
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[:, 32:] = 255
        return True, picture

    def release(self) -> None:
        self.released = True


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Camera]:
    """The cameras that were opened."""
    made: list[Camera] = []

    def make(number: int) -> Camera:
        made.append(Camera(number))
        return made[-1]

    monkeypatch.setattr(cv2, "VideoCapture", make)
    monkeypatch.setattr(sources, "PATIENCE", 0.05)
    return made


def test_a_camera_that_is_unplugged_ends_it_and_the_file_stays(
    opened: list[Camera], drawn: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[np.ndarray] = []

    class Nobody:
        def __call__(self, image: np.ndarray, time: float) -> Estimate:
            seen.append(image)
            return nobody()

        def close(self) -> None:
            pass

    monkeypatch.setattr(estimators, "make", lambda name: Nobody())
    out = tmp_path / "live.mp4"
    events = done("live", drawn.folder, "--camera", 2, "-o", out, "--window", "off", "--pace", "all")
    assert any("no pictures any more" in one for one in notices(events))
    assert probe(out).frames == 6 and last(events).files == [str(out)]
    assert seen[0][:, :32].min() == 255 and seen[0][:, 32:].max() == 0  # as in a mirror
    assert opened[0].released and opened[0].left[cv2.CAP_PROP_FRAME_WIDTH] == 1280


def test_a_camera_may_stutter(opened: list[Camera]) -> None:
    camera = Camera(2)
    camera.pictures = 99
    held = camera.grab
    camera.grab = lambda: held() and camera.given % 3 == 0  # type: ignore[method-assign]
    stop = threading.Event()
    shown = sources.webcam(camera, stop)  # type: ignore[arg-type]
    times = [next(shown).time for _ in range(5)]
    assert times == sorted(times) and camera.given == 15
    stop.set()
    assert next(shown, None) is None


def _none(folder: Path) -> None:
    pass


def _two(folder: Path) -> None:
    for number in (0, 3):
        (folder / f"video{number}").touch()


@pytest.mark.parametrize(
    ("platform", "there", "number", "allowed", "words"),
    [
        ("linux", _none, 0, True, "No camera is there"),
        ("linux", _two, 1, True, "no camera 1; there is 0, 3"),
        ("linux", _two, 0, False, "not allowed to use camera 0"),
        ("linux", _two, 0, True, "another program has it"),
        ("darwin", _none, 0, True, "Camera 0 can't be opened"),
        ("win32", _none, 1, True, "Camera 1 can't be opened"),
    ],
)
def test_why_a_camera_cannot_be_opened(
    opened: list[Camera],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    platform: str,
    there: Callable[[Path], None],
    number: int,
    allowed: bool,
    words: str,
) -> None:
    there(tmp_path)
    monkeypatch.setattr(cameras, "DEVICES", tmp_path)
    monkeypatch.setattr(os, "access", lambda path, mode: allowed)
    monkeypatch.setattr(sys, "platform", platform)
    with pytest.raises(UserError, match=words) as found:
        cameras.opened(number)
    assert "VIDEO.mp4" in found.value.hint and opened[0].released


def test_no_camera_leaves_no_file(opened: list[Camera], drawn: Project, tmp_path: Path) -> None:
    error = failed("live", drawn.folder, "--camera", 93, "-o", tmp_path / "live.mp4", "--window", "off")
    assert "camera" in error.message and not (tmp_path / "live.mp4").exists()
