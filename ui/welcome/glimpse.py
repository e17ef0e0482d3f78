"""One picture of a video or a project, made beside the window's own thread."""

from pathlib import Path

from PySide6.QtCore import QObject, QRunnable, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage

WIDEST = 960
"""Pixels; more are never shown."""
MOMENT = 1.0
"""Seconds into the video: the first frames are often black."""


class Glimpses(QObject):
    """`ask` for a picture, and `made` brings it; nothing comes where there is none to be had."""

    made = Signal(str, QImage)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)

    def ask(self, path: str) -> None:
        """Of a video file, or of a project's folder."""
        self._pool.start(_Look(self, path))

    def wait(self) -> None:
        """Until all that was asked for is done; before the window goes."""
        self._pool.clear()
        self._pool.waitForDone(2000)


class _Look(QRunnable):
    def __init__(self, asked: Glimpses, path: str) -> None:
        super().__init__()
        self._asked, self._path = asked, path

    def run(self) -> None:
        path = Path(self._path)
        image = _of_project(path) if path.is_dir() else _of_video(path)
        if not image.isNull():
            if image.width() > WIDEST:
                image = image.scaledToWidth(WIDEST, Qt.TransformationMode.SmoothTransformation)
            self._asked.made.emit(self._path, image)


def _of_video(path: Path) -> QImage:
    from dancetransfer.errors import UserError

    try:
        from ui.player.sources import Source

        source = Source(path)
        try:
            return source.picture(max(0, source.number(min(MOMENT, source.seconds / 3))))
        finally:
            source.close()
    except (UserError, OSError, ValueError):
        return QImage()  # a pose track, or a file that can't be read; its verdict says why


def _of_project(folder: Path) -> QImage:
    """What it is about: the newest picture of its training, else the first of a video."""
    previews = sorted(folder.glob("person/runs/*/previews/*.jpg"))
    if previews:
        from ui.training.previews import RESULT, parts

        found = parts(previews[-1])
        if found.get(RESULT) is not None:
            return found[RESULT]
    from ui.timeline.media import read_thumbs

    for lane in sorted([*folder.glob("person/clips/*"), *folder.glob("dances/*")]):
        thumbs = read_thumbs(lane)
        if thumbs is not None:
            return thumbs.image.copy(0, 0, thumbs.width, thumbs.image.height())
    return QImage()
