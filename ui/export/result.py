"""The finished clip in the export dialog: a picture to drag out, and buttons to show or copy the file."""

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QImage, QMouseEvent, QPixmap
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.export import handout

HIGH = 9 * theme.SPACE


class Handle(QLabel):
    """A small picture of the clip; dragged, it carries the file."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.path: Path | None = None
        self._pressed: QPoint | None = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName(self.tr("The clip"))
        self.setToolTip(self.tr("Drag it into another program or folder; Ctrl+C copies the file"))
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setFixedSize(QSize(14 * theme.SPACE, HIGH))

    def set_picture(self, image: QImage) -> None:
        small = QPixmap.fromImage(image)
        self.setPixmap(
            theme.icon("film").pixmap(32, 32)
            if small.isNull()
            else small.scaled(
                self.size(), Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
        )

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._pressed is None or self.path is None:
            return
        far = (event.position().toPoint() - self._pressed).manhattanLength()
        if far >= QApplication.startDragDistance():
            self._pressed = None
            handout.drag(self, self.path, self.pixmap())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._pressed = None


def picture_of(path: Path) -> QImage:
    """A picture from the middle of a clip (file or folder); a null one where it can't be read."""
    if path.is_dir():
        files = sorted(path.glob("*.png"))
        return QImage(str(files[len(files) // 2])) if files else QImage()
    if path.suffix in (".gif", ".webp"):
        return QImage(str(path))
    import av

    try:
        with av.open(str(path)) as container:
            container.seek((container.duration or 0) // 2)
            frame = next(container.decode(video=0))
            pixels = frame.to_ndarray(format="rgb24").tobytes()
            return QImage(pixels, frame.width, frame.height, 3 * frame.width, QImage.Format.Format_RGB888).copy()
    except (av.FFmpegError, StopIteration):
        return QImage()


class ExportResult(QFrame):
    """What was written, and what one may do with it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.handle = Handle()
        self._title, self._facts = QLabel(), QLabel()
        self._title.setFont(theme.font(1.1, theme.QFont.Weight.DemiBold))
        self._facts.setProperty("role", "dim")
        self._facts.setWordWrap(True)
        self.reveal = self._button(
            self.tr("Show in folder"), "reveal", self.tr("Open the folder that the clip is in (Ctrl+R)"), "Ctrl+R"
        )
        self.copy = self._button(
            self.tr("Copy"), "copy", self.tr("Copy the file, to paste it elsewhere (Ctrl+C)"), "Ctrl+C"
        )
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE // 2)
        words.addWidget(self._title)
        words.addWidget(self._facts)
        row = QHBoxLayout(self)
        row.setContentsMargins(*[theme.SPACE + theme.SPACE // 2] * 4)
        row.setSpacing(2 * theme.SPACE)
        row.addWidget(self.handle)
        row.addLayout(words, 1)
        row.addWidget(self.reveal)
        row.addWidget(self.copy)
        self.reveal.clicked.connect(lambda: self._hand(handout.reveal))
        self.copy.clicked.connect(lambda: self._hand(handout.copy))

    def _hand(self, over: Callable[[Path], object]) -> None:
        if self.handle.path is not None:
            over(self.handle.path)

    def show_clip(self, path: Path, facts: str) -> None:
        """A file that was written and checked."""
        self.handle.path = path
        self.handle.set_picture(picture_of(path))
        name = self.fontMetrics().elidedText(path.name, Qt.TextElideMode.ElideMiddle, 40 * theme.SPACE)
        self._title.setText(name)
        self._title.setToolTip(str(path))
        self._facts.setText(facts)
        self.setVisible(True)

    def _button(self, words: str, icon: str, tip: str, keys: str) -> QPushButton:
        button = QPushButton(words)
        theme.wear(button, icon)
        button.setAccessibleName(words)
        button.setToolTip(tip)
        button.setShortcut(keys)
        return button
