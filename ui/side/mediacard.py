"""A card for the dance or the person: which videos, what is said of them, and a place to drop more."""

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QFrame, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from ui import theme
from ui.side.verdict import Verdict, VerdictLine
from ui.welcome.dropping import MOTIONS, VIDEOS, files_of


class MediaCard(QFrame):
    """Shows what is used; `added` tells files that were dropped or chosen."""

    added = Signal(list)

    def __init__(self, title: str, icon: str, add: str, motions: bool, parent: QWidget | None = None) -> None:
        """`add`: what the plus button says; `motions`: pose tracks are taken too."""
        super().__init__(parent)
        self._add, self._icon, self._motions, self._full = add, icon, motions, ""
        self.setProperty("role", "card")
        self.setAcceptDrops(True)
        self.setAccessibleName(title)
        self._mark, head, plus = QLabel(), QLabel(title), QToolButton()
        self._draw_mark()
        theme.notifier().changed.connect(self._draw_mark)  # a lambda would be called when the card is gone
        head.setProperty("role", "dim")
        self._plus = plus
        theme.wear(plus, "plus")
        plus.setAccessibleName(add)
        plus.setToolTip(add)
        plus.clicked.connect(self._choose)
        self._name, self.line = QLabel(), VerdictLine()
        self._name.setFont(theme.font(1.05, theme.QFont.Weight.DemiBold))
        self._name.setMinimumWidth(1)
        self._name.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self._mark)
        row.addWidget(head, 1)
        row.addWidget(plus)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE + 4)
        column.setSpacing(theme.SPACE // 2)
        column.addLayout(row)
        column.addWidget(self._name)
        column.addWidget(self.line)

    def show_files(self, files: list[str]) -> None:
        """The newest file's name, and how many more there are."""
        names = [Path(file).name for file in files]
        self._full = names[0] if names else self.tr("None yet")
        if len(names) > 1:
            self._full = self.tr("{name} and {n} more").format(name=names[0], n=len(names) - 1)
        self._name.setToolTip("\n".join(files))
        self._cut()

    def set_closed(self, closed: bool) -> None:
        """No more can be added."""
        self._plus.setVisible(not closed)
        self.setAcceptDrops(not closed)

    def _draw_mark(self) -> None:
        self._mark.setPixmap(theme.icon(self._icon, theme.colors().dim).pixmap(20, 20))

    def show_verdict(self, verdict: Verdict) -> None:
        self.line.show_verdict(verdict)

    def _cut(self) -> None:
        space = max(8, self.width() - 4 * theme.SPACE)
        self._name.setText(self._name.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideMiddle, space))

    def resizeEvent(self, event: object) -> None:
        self._cut()

    def _choose(self) -> None:
        kinds = " ".join((*VIDEOS, *(MOTIONS if self._motions else ())))
        files, _ = QFileDialog.getOpenFileNames(self, self._add, "", f"{self.tr('Videos')} ({kinds});;* (*)")
        if files:
            self.added.emit(files)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        files = files_of(event.mimeData())
        if files:
            event.acceptProposedAction()
            self.added.emit(files)
