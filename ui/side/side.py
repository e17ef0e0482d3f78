"""The panel at the right: the videos, then Create, then the finished clip."""

from pathlib import Path

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.export import handout
from ui.side.create import CreatePanel
from ui.side.mediacard import MediaCard

WIDE = 42 * theme.SPACE
LOW = 80 * theme.SPACE
"""Below this height the choices are shown in one line each, and the clip's card without its advice."""


class ClipCard(QFrame):
    """The finished clip: export it, or drag it out of the window."""

    export_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._clip, self._pressed = Path(), QPointF()
        self.setProperty("role", "card")
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setAccessibleName(self.tr("The finished clip"))
        self.setToolTip(self.tr("Drag the clip out of the window, or export it in another form"))
        title = QLabel(self.tr("Your clip is ready"))
        self.advice = words = QLabel(self.tr("Drag it from here to where you want it."))
        title.setFont(theme.font(1.2, theme.QFont.Weight.DemiBold))
        words.setProperty("role", "dim")
        words.setWordWrap(True)
        self.export = QPushButton(self.tr("Export..."))
        self.export.setProperty("role", "primary")
        self.export.setProperty("tall", True)
        self.export.setAccessibleName(self.tr("Export the clip"))
        theme.wear(self.export, "export", "accent_text")
        self.export.clicked.connect(self.export_wanted)
        copy, reveal = QPushButton(), QPushButton()
        for button, icon, tip, slot in (
            (copy, "copy", self.tr("Copy the file"), lambda: handout.copy(self._clip)),
            (reveal, "reveal", self.tr("Show the file in its folder"), lambda: handout.reveal(self._clip)),
        ):
            button.setProperty("tall", True)
            theme.wear(button, icon)
            button.setToolTip(tip)
            button.setAccessibleName(tip)
            button.clicked.connect(slot)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.export, 1)
        row.addWidget(copy)
        row.addWidget(reveal)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.setSpacing(theme.SPACE)
        column.addWidget(title)
        column.addWidget(words)
        column.addLayout(row)

    def set_clip(self, clip: Path) -> None:
        self._clip = clip

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = (event.position() - self._pressed).manhattanLength() >= QApplication.startDragDistance()
        if event.buttons() & Qt.MouseButton.LeftButton and far and self._clip.is_file():
            handout.drag(self, self._clip)


class Side(QFrame):
    """Cards of the videos above, what can be done with them below."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "side")
        self.setFixedWidth(WIDE)
        self.dance = MediaCard(self.tr("Dance"), "dance", self.tr("Add another dance for this person"), True)
        self.person = MediaCard(self.tr("Person"), "person", self.tr("Add more footage of this person"), False)
        self.clip, self.choice = ClipCard(), CreatePanel()
        self._busy = QLabel()
        self._busy.setWordWrap(True)
        self._busy.setProperty("role", "dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(self.dance)
        column.addWidget(self.person)
        column.addStretch(1)
        column.addWidget(self._busy)
        column.addWidget(self.clip)
        column.addWidget(self.choice)
        self.show_clip(None)
        self.set_busy("")

    def resizeEvent(self, event: object) -> None:
        self.choice.set_flat(self.height() < LOW)
        self.clip.advice.setVisible(self.height() >= LOW)

    def show_clip(self, clip: Path | None) -> None:
        """The finished clip; None where there is none."""
        self.clip.setVisible(clip is not None)
        self.clip.set_clip(clip or Path())
        self.choice.set_again(clip is not None)

    def set_busy(self, words: str) -> None:
        """While a clip is made these words stand in place of Create; "": nothing is made."""
        self._busy.setText(words)
        self._busy.setVisible(bool(words))
        self.choice.setVisible(not words)
