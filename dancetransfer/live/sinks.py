"""Where live pictures go: a marked video file, and a window where there is a screen."""

import subprocess
import sys
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.video.write import Writer

TITLE = "DanceTransfer"
USUAL_RATE = 25.0
"""Frames per second that the encoder plans with; every picture keeps its own time."""
PROBE = f"import cv2; cv2.namedWindow('{TITLE}', cv2.WINDOW_NORMAL); cv2.waitKey(1)"
PROBE_SECONDS = 30
ESCAPE = 27


class Sink(Protocol):
    """What takes finished pictures."""

    @property
    def closed(self) -> bool:
        """Whoever looks at it wants it to end."""
        ...

    def show(self, image: np.ndarray, time: float) -> None:
        """RGB uint8 [H,W,3], shown from `time` (seconds of the source) on."""
        ...

    def tell(self, words: str) -> None:
        """How it goes, for people."""
        ...

    def close(self) -> None: ...


class File:
    """An MP4 with the machine-readable mark; at its place, whole, once this is closed. Nothing shown: no file."""

    closed = False

    def __init__(self, path: Path, sound: Path | None = None) -> None:
        """`sound`: the file whose sound goes with it, on the same clock as the pictures."""
        self._path, self._sound = path, sound
        self._writer: Writer | None = None

    def show(self, image: np.ndarray, time: float) -> None:
        if self._writer is None:
            size = image.shape[1], image.shape[0]
            self._writer = Writer(self._path, size, fps=USUAL_RATE, audio=self._sound)
        self._writer.write(image, time)

    def tell(self, words: str) -> None:
        pass

    def close(self) -> None:
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()


class Window:
    """A window of OpenCV's own, which is in the wheel for Linux (Qt 5 over X11), Windows and macOS alike.

    It lives in the thread that made it, which has to be the process's first one (macOS). It ends with Escape, q, or
    its closing. The engine itself has no Qt; that of OpenCV never meets the application's, which is another process.
    """

    def __init__(self, size: tuple[int, int]) -> None:
        """`size`: width, height of the pictures; the user may drag it larger."""
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL | cv2.WINDOW_KEEPRATIO)
        cv2.resizeWindow(TITLE, *size)
        self.closed = False
        self._shown = False

    def show(self, image: np.ndarray, time: float) -> None:
        cv2.imshow(TITLE, image[..., ::-1])
        self._shown = True
        self._listen()

    def tell(self, words: str) -> None:
        if not self.closed:
            cv2.setWindowTitle(TITLE, f"{TITLE}: {words}")
            self._listen()

    def close(self) -> None:
        cv2.destroyAllWindows()

    def _listen(self) -> None:
        key = cv2.waitKey(1) & 0xFF
        gone = self._shown and cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1
        self.closed |= gone or key in (ESCAPE, ord("q"))


def has_screen() -> bool:
    """Whether a window can be opened here: tried in a process of its own, which the window system may kill."""
    try:
        tried = subprocess.run([sys.executable, "-P", "-c", PROBE], capture_output=True, timeout=PROBE_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0


def require_screen() -> None:
    """UserError where nothing can be seen and nothing is written."""
    if not has_screen():
        raise UserError(
            "There is no screen here to show the dancer on.", "Have it written to a file instead: -o live.mp4"
        )
