"""Webcams by their numbers: opened, or why they can't be."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from dancetransfer.errors import UserError

WANTED = (1280, 720)
"""Width, height that a webcam is asked for; it may give another size."""
DEVICES = Path("/dev")
INSTEAD = "Or give a video: dancetransfer live DANCER VIDEO.mp4"
ALLOW = {
    "darwin": "Close what else uses it, and allow the program you type this in the camera (System Settings, Privacy & "
    "Security, Camera); then start again.",
    "win32": "Close what else uses it, and let desktop apps use the camera (Settings, Privacy & security, Camera).",
}


def opened(number: int) -> cv2.VideoCapture:
    """A camera that gives pictures of about `WANTED`; UserError where it can't be opened. Whoever opens it releases it.

    To be called in the process's first thread: only there macOS asks whether the camera may be used. OpenCV rather
    than PyAV: its number names a camera on Linux (V4L2), Windows (Media Foundation) and macOS (AVFoundation) alike,
    where FFmpeg wants a name of each system's own that it can't list everywhere. Cameras on Windows and macOS were
    never tried by the authors.
    """
    with _quiet():
        camera = cv2.VideoCapture(number)
    if not camera.isOpened():
        camera.release()
        raise _missing(number)
    if sys.platform == "linux":  # uncompressed pictures of this size come over USB 2 at 10 frames/s
        camera.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    camera.set(cv2.CAP_PROP_FRAME_WIDTH, WANTED[0])
    camera.set(cv2.CAP_PROP_FRAME_HEIGHT, WANTED[1])
    camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # where the driver listens: what waits there is old
    return camera


def _missing(number: int) -> UserError:
    """Why a camera can't be opened, as far as the system says."""
    if sys.platform != "linux":
        first = ALLOW.get(sys.platform, "Close what else uses it.")
        return UserError(
            f"Camera {number} can't be opened.", f"{first} Another one is --camera {number + 1}. {INSTEAD}"
        )
    there = sorted(int(found[1]) for one in DEVICES.glob("video*") if (found := re.fullmatch(r"video(\d+)", one.name)))
    if not there:
        return UserError("No camera is there.", f"Plug one in. {INSTEAD}")
    if number not in there:
        return UserError(
            f"There is no camera {number}; there is {', '.join(map(str, there))}.",
            f"Choose another one: --camera {there[0]}. {INSTEAD}",
        )
    if not os.access(DEVICES / f"video{number}", os.R_OK | os.W_OK):
        return UserError(
            f"You are not allowed to use camera {number}.",
            f"Add yourself to the group it belongs to (sudo usermod -aG video $USER) and log in again. {INSTEAD}",
        )
    others = "".join(f" --camera {one}" for one in there if one != number)
    return UserError(
        f"Camera {number} can't be opened: another program has it, or it gives no pictures.",
        f"Close what else uses it{', or try another one:' + others if others else ''}. {INSTEAD}",
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without OpenCV's own words about a camera: ours say more."""
    before = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        cv2.utils.logging.setLogLevel(before)
