"""Where live pictures come from: a webcam, or a video file that is shown at its own pace."""

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
WANTED = (1280, 720)
"""Width, height that a webcam is asked for; it may give another size."""
PATIENCE = 30
"""Pictures in a row that a webcam may fail to give."""


@dataclass(frozen=True)
class Captured:
    """One picture of the person who is followed."""

    image: np.ndarray
    """uint8 RGB [H,W,3], upright."""
    time: float
    """Seconds, rising, on the source's own clock: how far apart pictures are."""
    at: float
    """`time.monotonic()` at which it was captured, for the latency."""


def webcam(number: int, stop: threading.Event) -> Iterator[Captured]:
    """The pictures of a webcam until `stop`; UserError where there is none, or it gives none.

    OpenCV rather than PyAV: its number names a camera on Linux (V4L2), Windows (Media Foundation) and macOS
    (AVFoundation) alike, where FFmpeg wants a name of each system's own that it can't list everywhere.
    Cameras on Windows and macOS were never tried by the authors.
    """
    camera = cv2.VideoCapture(number)
    try:
        if not camera.isOpened():
            raise UserError(
                f"There is no camera {number}, or another program has it.",
                "Close what else uses it, allow this program the camera, or choose one: --camera 1. "
                "Or give a video: dancetransfer live DANCER VIDEO.mp4",
            )
        # Compressed pictures: uncompressed ones of this size come over USB 2 at 10 frames/s.
        camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
        camera.set(cv2.CAP_PROP_FRAME_WIDTH, WANTED[0])
        camera.set(cv2.CAP_PROP_FRAME_HEIGHT, WANTED[1])
        camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # where the driver listens: what waits there is old
        failed = 0
        while not stop.is_set():
            caught = camera.grab()
            now = time.monotonic()
            good, image = camera.retrieve() if caught else (False, None)
            failed = 0 if image is not None and good else failed + 1
            if failed > PATIENCE:
                raise UserError("The camera gives no pictures any more.", "Is it still plugged in?")
            if image is not None and good:
                yield Captured(_fitting(np.ascontiguousarray(image[..., ::-1])), now, now)
    finally:
        camera.release()


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
