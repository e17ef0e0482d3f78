"""What live pictures come from: an opened webcam, or a video file that is shown at its own pace."""

import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.video.read import probe, read_frames

LONGEST_SIDE = 1280
"""Pixels: what the estimator sees is smaller still, and a webcam gives this at 30 frames/s."""
FIRST_SECONDS, PATIENCE = 10.0, 3.0
"""How long a webcam may take for its first picture (some adjust themselves to the light), and later for another."""
BREATH = 0.02
"""Seconds after which a webcam that had no picture is asked again."""


@dataclass(frozen=True)
class Captured:
    """One picture of the person who is followed."""

    image: np.ndarray
    """uint8 RGB [H,W,3], upright."""
    time: float
    """Seconds, rising, on the source's own clock: how far apart pictures are."""
    at: float
    """`time.monotonic()` at which it was captured, for the latency."""


def webcam(camera: cv2.VideoCapture, stop: threading.Event) -> Iterator[Captured]:
    """The pictures of a camera of `live.cameras` until `stop`; UserError where it gives none any more."""
    patience, asked = FIRST_SECONDS, time.monotonic()
    while not stop.is_set():
        caught = camera.grab()
        now = time.monotonic()
        good, image = camera.retrieve() if caught else (False, None)
        if good and image is not None:
            patience, asked = PATIENCE, now
            yield Captured(_fitting(np.ascontiguousarray(image[..., ::-1])), now, now)
        elif now - asked > patience:
            raise UserError("The camera gives no pictures any more.", "Is it still plugged in?")
        else:
            stop.wait(BREATH)


def film(path: Path, stop: threading.Event, paced: bool) -> Iterator[Captured]:
    """The frames of a video at its own pace, or as quickly as they are taken; UserError where it can't be read."""
    info = probe(path)
    scale = min(1.0, LONGEST_SIDE / max(info.width, info.height))
    size = (round(info.width * scale), round(info.height * scale)) if scale < 1 else None
    begun: float | None = None
    for frame in read_frames(path, size=size, exact=False):
        now = time.monotonic()
        begun = now - frame.time if begun is None else begun
        if stop.wait(max(0.0, begun + frame.time - now) if paced else 0.0):
            return
        yield Captured(frame.image, frame.time, begun + frame.time if paced else time.monotonic())


def shortened(pictures: Iterator[Captured], seconds: float | None) -> Iterator[Captured]:
    """Only the first seconds; all where None."""
    first: float | None = None
    for one in pictures:
        first = one.time if first is None else first
        if seconds is not None and one.time - first >= seconds:
            return
        yield one


def mirrored(pictures: Iterator[Captured]) -> Iterator[Captured]:
    """As in a mirror."""
    for one in pictures:
        yield Captured(cv2.flip(one.image, 1), one.time, one.at)


def _fitting(image: np.ndarray) -> np.ndarray:
    """The picture, no larger than `LONGEST_SIDE`."""
    height, width = image.shape[:2]
    scale = LONGEST_SIDE / max(width, height)
    if scale >= 1:
        return image
    return cv2.resize(image, (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
