"""Open videos as a set: which picture of each is shown at a frame of the first one."""

import threading
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path

import av
import numpy as np
from PySide6.QtGui import QImage

from dancetransfer.errors import UserError
from dancetransfer.pose.poses import Poses
from dancetransfer.video.read import RandomAccess

EARLY = 0.002
"""Seconds by which clocks of different files may differ for what is one moment."""
SMALL = 720
"""Shorter side in pixels up to which one thread decodes soonest: 4.2 ms for any frame of a 540p proxy, four
threads 6.5 ms; large pictures gain from several."""


class Source:
    """One open video; its pictures as QImage by number, going forward is cheap."""

    def __init__(self, path: Path, begin: float | None = None) -> None:
        """`begin`: at what second of the first source this one starts, a clip of a part of it, which is shown only
        while it lasts. None: both start together, and the last picture stays. UserError where it can't be read."""
        self._video = RandomAccess(path, threads=1, exact=False)
        if min(self._video.info.width, self._video.info.height) > SMALL:
            self._video.close()
            self._video = RandomAccess(path, exact=False)
        info = self._video.info
        self.fps, self.seconds, self.frame_bytes = info.fps, info.seconds, 4 * info.width * info.height
        self.times = self._video.times + (begin or 0.0)
        self._end = float("inf") if begin is None else float(self.times[0]) + info.seconds

    def number(self, seconds: float) -> int:
        """The latest frame at or before a time of the first source; -1 where it shows nothing then."""
        if seconds >= self._end - EARLY:
            return -1
        return int(np.searchsorted(self.times, seconds + EARLY, "right")) - 1

    def picture(self, number: int) -> QImage:
        """A frame in Qt's own layout, which is drawn fastest; a null one where it can't be decoded."""
        try:
            image = self._video.frame(number).image
        except (UserError, av.FFmpegError):
            return QImage()  # one damaged frame: the picture before it stays
        height, width = image.shape[:2]
        return QImage(image.data, width, height, 3 * width, QImage.Format.Format_RGB888).convertToFormat(
            QImage.Format.Format_RGB32
        )

    def close(self) -> None:
        self._video.close()


class Motion:
    """A dance without a picture: the times of its poses, by which the others are shown."""

    def __init__(self, path: Path) -> None:
        """UserError where it can't be read."""
        self.times = Poses.load(path).time
        step = float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.04
        self.fps, self.seconds = 1 / step, float(self.times[-1] - self.times[0]) + step


class Sources:
    """The videos that are shown together. The first that opens is the master, whose times count.

    A pose track (.npz) gives its times and no pictures: whoever shows them draws the poses.
    """

    def __init__(self, paths: Mapping[str, Path], begins: Mapping[str, float]) -> None:
        self.problems: dict[str, str] = {}
        """Why a source is missing, in words."""
        self._open: dict[str, Source] = {}
        self.master: Source | Motion | None = None
        for name, path in paths.items():
            try:
                if path.suffix == ".npz":
                    self.master = self.master or Motion(path)
                else:
                    self._open[name] = Source(path, begins.get(name))
                    self.master = self.master or self._open[name]
            except UserError as error:
                self.problems[name] = f"{error.message} {error.hint}"
        self.times = self.master.times if self.master else np.zeros(0)
        """[T] seconds, rising: when the master's frames are shown."""
        first = float(self.times[0]) if len(self.times) else 0.0
        self.duration = first + self.master.seconds if self.master else 0.0
        self.fps = self.master.fps if self.master else 0.0
        self.frame_bytes = sum(source.frame_bytes for source in self._open.values())
        """Of one frame of all sources."""

    def numbers(self, number: int) -> dict[str, int]:
        """Which frame of each video belongs to a frame of the master; those that show nothing then are left out."""
        now = float(self.times[number])
        found = {name: number if source is self.master else source.number(now) for name, source in self._open.items()}
        return {name: at for name, at in found.items() if at >= 0}

    def picture(self, name: str, number: int) -> QImage:
        return self._open[name].picture(number)

    def close(self) -> None:
        for source in self._open.values():
            source.close()


class Cache:
    """The pictures used last, up to so many bytes; any thread may ask."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._bytes = 0
        self._kept: OrderedDict[tuple[str, int], QImage] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, numbers: Mapping[str, int]) -> dict[str, QImage] | None:
        """The pictures of all these frames, or None where one is missing."""
        with self._lock:
            keys = list(numbers.items())
            if not all(key in self._kept for key in keys):
                return None
            for key in keys:
                self._kept.move_to_end(key)
            return {name: self._kept[name, number] for name, number in keys}

    def put(self, name: str, number: int, picture: QImage) -> None:
        with self._lock:
            before = self._kept.pop((name, number), None)
            self._bytes += picture.sizeInBytes() - (before.sizeInBytes() if before is not None else 0)
            self._kept[name, number] = picture
            while self._bytes > self._limit and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].sizeInBytes()

    def has(self, name: str, number: int) -> bool:
        with self._lock:
            return (name, number) in self._kept
