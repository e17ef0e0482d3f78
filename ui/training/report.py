"""The report of a training, which the engine draws at its end: the picture, to be zoomed into."""

from pathlib import Path

from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.viewer.viewer import Viewer

REPORT = "report.jpg"
"""In the folder of a training."""


def report_of(run: Path | None) -> Path | None:
    """A training's report; None where there is none."""
    file = run / REPORT if run is not None else None
    return file if file is not None and file.is_file() else None


class ReportSheet(QDialog):
    """Shows the picture whole; wheel, keys and buttons zoom."""

    def __init__(self, file: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("How good is it?"))
        self.viewer = Viewer()
        self.viewer.setAccessibleName(self.tr("Report of the training"))
        picture = QImage(str(file))
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        words = QLabel(self.tr("How the likeness rose, and the frames it made worst, beside what was filmed."))
        words.setProperty("role", "dim")
        words.setWordWrap(True)
        column.addWidget(words)
        column.addWidget(self.viewer, 1)
        column.addLayout(self._buttons())
        if picture.isNull():
            self.viewer.clear(self.tr("This picture is damaged"))
        else:
            self.viewer.set_view("single", [REPORT])
            self.viewer.set_frames({REPORT: picture}, 0.0)
        self.resize(120 * theme.SPACE, 84 * theme.SPACE)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        viewer = self.viewer
        for name, tip, slot in (
            (self.tr("Zoom in"), self.tr("Nearer (mouse wheel)"), viewer.zoom_in),
            (self.tr("Zoom out"), self.tr("Farther (mouse wheel)"), viewer.zoom_out),
            (self.tr("Whole"), self.tr("The whole picture (double click)"), viewer.fit),
        ):
            row.addWidget(self._button(name, tip, slot))
        row.addStretch(1)
        close = self._button(self.tr("Close"), self.tr("Close this (Esc)"), self.accept)
        close.setProperty("role", "primary")
        close.setDefault(True)
        row.addWidget(close)
        return row

    @staticmethod
    def _button(name: str, tip: str, slot: object) -> QPushButton:
        button = QPushButton(name)
        button.setAccessibleName(name)
        button.setToolTip(tip)
        button.clicked.connect(slot)
        return button
