"""Handing a finished clip to other programs: dragged out, copied, or shown in the file manager."""

import sys
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QProcess, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QDrag, QGuiApplication, QPixmap
from PySide6.QtWidgets import QWidget


def mime_of(path: Path) -> QMimeData:
    """What file managers, mail and chat programs take for the file."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    mime.setText(str(path))
    return mime


def drag(source: QWidget, path: Path, picture: QPixmap | None = None) -> Qt.DropAction:
    """Let the mouse carry a copy of the file; returns when it is dropped."""
    carried = QDrag(source)
    carried.setMimeData(mime_of(path))
    if picture is not None and not picture.isNull():
        small = picture.scaledToHeight(96, Qt.TransformationMode.SmoothTransformation)
        carried.setPixmap(small)
        carried.setHotSpot(QPoint(small.width() // 2, small.height() // 2))
    return carried.exec(Qt.DropAction.CopyAction)


def copy(path: Path) -> None:
    """Put the file on the clipboard."""
    QGuiApplication.clipboard().setMimeData(mime_of(path))


def reveal(path: Path) -> bool:
    """Show the file in the file manager, selected where that can be asked for; whether one was started."""
    if sys.platform == "darwin":
        return bool(QProcess.startDetached("open", ["-R", str(path)])[0])
    if sys.platform == "win32":
        return bool(QProcess.startDetached("explorer", ["/select,", str(path)])[0])
    return QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
