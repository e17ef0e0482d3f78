"""Joints while they are being found: rows that are appended frame by frame, for whoever looks on.

No result and never read by a stage: a file may end in half a row, and goes when the whole track is there.
"""

from pathlib import Path
from types import TracebackType

import numpy as np

from dancetransfer.pose.poses import JOINTS, Poses

PARTS, SUFFIX = "parts", ".found"
"""Where the parts of a video lie while they are worked on, and how these files are called."""

HEAD = np.dtype([("width", "<f8"), ("height", "<f8"), ("seconds", "<f8")])
ROW = np.dtype([("time", "<f8"), ("xy", "<f4", (JOINTS, 2)), ("confidence", "<f4", (JOINTS,))])


class FoundWriter:
    """One part's joints in a file that grows; `flush` shows what came since."""

    def __init__(self, path: Path, size: tuple[int, int], seconds: float) -> None:
        """`size` (width, height) in pixels and `seconds` are the whole video's."""
        self._file = open(path, "wb")  # noqa: SIM115  # `__exit__` closes it
        self._file.write(np.array((*size, seconds), HEAD).tobytes())

    def add(self, time: float, xy: np.ndarray, confidence: np.ndarray) -> None:
        """A frame's joints [133,2] in the video's pixels, and how sure they are [133]."""
        self._file.write(np.array((time, xy, confidence), ROW).tobytes())

    def flush(self) -> None:
        self._file.flush()

    def __enter__(self) -> "FoundWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def found_mark(folder: Path) -> tuple[int, ...]:
    """Changes when more has been found for the video of that folder of results; () where nothing is being found."""
    return tuple(_size(file) for file in _files(folder))


def read_found(folder: Path) -> tuple[Poses, np.ndarray] | None:
    """The joints found so far for the video of a folder of results, and bool [T]: the frame has been looked at.

    In order of time, over the video's whole length: each gap begins with a frame without anybody, so
    that nobody seems to stand still there. None where nothing is being found.
    """
    parts: list[np.ndarray] = []
    head: np.ndarray | None = None
    for file in _files(folder):
        try:
            data = file.read_bytes()
        except OSError:
            continue  # it has just been made a track of
        if len(data) >= HEAD.itemsize:
            head = np.frombuffer(data, HEAD, 1)
            count = (len(data) - HEAD.itemsize) // ROW.itemsize
            parts.append(np.frombuffer(data, ROW, count, HEAD.itemsize))
    parts = sorted((part for part in parts if len(part)), key=lambda part: part["time"][0])
    if head is None or not parts:
        return None
    step = float(np.median(np.concatenate([np.diff(part["time"]) for part in parts] + [[1 / 25]])))
    rows = np.concatenate(parts)
    last = float(head["seconds"][0]) - step  # of the frames that there will be
    ends = [last] if last - rows["time"][-1] > 1.5 * step else []
    rows = np.append(rows, np.array([_nobody(time) for time in ends], ROW))
    looked = np.arange(len(rows)) < len(rows) - len(ends)
    holes = np.flatnonzero(np.diff(rows["time"]) > 1.5 * step)
    rows = np.insert(rows, holes + 1, np.array([_nobody(time) for time in rows["time"][holes] + step], ROW))
    looked = np.insert(looked, holes + 1, False)
    size = int(head["width"][0]), int(head["height"][0])
    return Poses(rows["xy"], rows["confidence"], rows["time"], size), looked


def _nobody(time: float) -> tuple[float, np.ndarray, np.ndarray]:
    return time, np.full((JOINTS, 2), np.nan, np.float32), np.zeros(JOINTS, np.float32)


def _files(folder: Path) -> list[Path]:
    return sorted((folder / PARTS).glob(f"*{SUFFIX}"))


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0
