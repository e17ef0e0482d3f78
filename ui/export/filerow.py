"""A field for a file: typed, chosen, or dropped on it."""

from pathlib import Path

from PySide6.QtCore import QMimeData, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QSizePolicy, QWidget

from ui import theme

VIDEOS = ("*.mp4", "*.mov", "*.m4v", "*.mkv", "*.webm", "*.avi")
SOUNDS = ("*.mp3", "*.m4a", "*.aac", "*.wav", "*.flac", "*.ogg", "*.opus")
PICTURES = ("*.jpg", "*.jpeg", "*.png", "*.webp", "*.bmp", "*.tif", "*.tiff")


def first_of(mime: QMimeData, kinds: tuple[str, ...]) -> str:
    """The first local file of these kinds that a drag carries; "" where there is none."""
    files = [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]
    return next((file for file in files if f"*{Path(file).suffix.lower()}" in kinds), "")


class FileRow(QWidget):
    """A line with a button beside it. A drop of a file of its kinds fills it."""

    changed = Signal()
    """By hand."""

    def __init__(self, title: str, words: str, kinds: tuple[str, ...], parent: QWidget | None = None) -> None:
        """`title` of the dialog that chooses; `words` name the kinds there."""
        super().__init__(parent)
        self._title, self._words, self._kinds = title, words, kinds
        self.line, self.browse = QLineEdit(), QPushButton(self.tr("Browse..."))
        self.line.setAcceptDrops(False)  # it would take the address as text
        self.setAcceptDrops(True)
        self.setFocusProxy(self.line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        row.addWidget(self.line, 1)
        row.addWidget(self.browse)
        self.line.editingFinished.connect(self.changed)
        self.browse.clicked.connect(self._choose)

    @property
    def path(self) -> str:
        """ "" where there is none."""
        return self.line.text().strip()

    def show_path(self, path: str) -> None:
        """Without telling."""
        self.line.setText(path)

    def take(self, path: str) -> None:
        """A file that was chosen or dropped."""
        self.line.setText(path)
        self.changed.emit()

    def _choose(self) -> None:
        start = str(Path(self.path).parent) if self.path else ""
        name, _ = QFileDialog.getOpenFileName(self, self._title, start, f"{self._words} ({' '.join(self._kinds)})")
        if name:
            self.take(name)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if first_of(event.mimeData(), self._kinds):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if file := first_of(event.mimeData(), self._kinds):
            event.acceptProposedAction()
            self.take(file)
