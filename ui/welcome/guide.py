"""The one page to read before filming: what makes a good video of the person."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme


class Guide(QDialog):
    """Five short rules, each with a picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Before you film"))
        self.setFixedWidth(72 * theme.SPACE)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[4 * theme.SPACE] * 4)
        column.setSpacing(3 * theme.SPACE)
        title = QLabel(self.tr("Before you film the person"))
        title.setFont(theme.font(1.7, theme.QFont.Weight.DemiBold))
        first = self._words(self.tr("The program learns how this person looks from every side. Show it."), "dim")
        column.addWidget(title)
        column.addWidget(first)
        for icon, head, words in self._rules():
            column.addLayout(self._rule(icon, head, words))
        column.addLayout(self._foot())

    def _rules(self) -> list[tuple[str, str, str]]:
        return [
            (
                "camera",
                self.tr("The camera stands still"),
                self.tr("A tripod, or the phone leaned on something. What moves behind the person is learned too."),
            ),
            (
                "fit",
                self.tr("The whole body, with room around"),
                self.tr("From the hair to the shoes, also with the arms up. Upright or across, as the clip shall be."),
            ),
            (
                "refresh",
                self.tr("Turn around once, slowly"),
                self.tr("Front, side, back, side. A dance that turns needs all of them."),
            ),
            (
                "skeleton",
                self.tr("Move like the dance will"),
                self.tr("Arms up and to the sides, knees up, steps left and right, a few moves of your own."),
            ),
            (
                "time",
                self.tr("About two minutes, one outfit, even light"),
                self.tr("30 seconds work. More gives a better clip, and can be added later."),
            ),
        ]

    def _rule(self, icon: str, head: str, words: str) -> QHBoxLayout:
        row, mark = QHBoxLayout(), QLabel()
        row.setSpacing(3 * theme.SPACE)
        mark.setPixmap(theme.icon(icon, theme.colors().accent).pixmap(QSize(32, 32), self.devicePixelRatioF()))
        mark.setFixedWidth(5 * theme.SPACE)
        name = QLabel(head)
        name.setFont(theme.font(1.1, theme.QFont.Weight.DemiBold))
        texts = QVBoxLayout()
        texts.setSpacing(theme.SPACE // 2)
        texts.addWidget(name)
        texts.addWidget(self._words(words, "dim"))
        row.addWidget(mark)
        row.addLayout(texts, 1)
        return row

    def _words(self, words: str, role: str) -> QLabel:
        label = QLabel(words)
        label.setWordWrap(True)
        label.setProperty("role", role)
        return label

    def _foot(self) -> QHBoxLayout:
        row, close = QHBoxLayout(), QPushButton(self.tr("Got it"))
        close.setProperty("role", "primary")
        close.setAccessibleName(close.text())
        close.setToolTip(self.tr("Close (Esc)"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row.addStretch(1)
        row.addWidget(close)
        return row
