"""Asks before the window closes on a running engine."""

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme


class ClosingSheet(QDialog):
    """Accepted: stop and close. Rejected: stay."""

    def __init__(self, creating: bool, parent: QWidget | None = None) -> None:
        """`creating`: a clip is being made, which the next start can go on with."""
        super().__init__(parent)
        self.setWindowTitle(self.tr("Close?"))
        self.setFixedWidth(58 * theme.SPACE)
        title = QLabel(self.tr("Stop and close?"))
        title.setFont(theme.font(1.3, theme.QFont.Weight.DemiBold))
        if creating:
            said = self.tr("Your clip is still being made. What was learned is kept; the next start offers to go on.")
        else:
            said = self.tr("The engine is still at work. What it has done is kept.")
        words = QLabel(said)
        words.setProperty("role", "dim")
        words.setWordWrap(True)
        stay, stop = QPushButton(self.tr("Stay")), QPushButton(self.tr("Stop and close"))
        stop.setProperty("role", "primary")
        stop.setDefault(True)
        for button, tip, slot in (
            (stay, self.tr("Go on working (Esc)"), self.reject),
            (stop, self.tr("Stop cleanly, then close (Enter)"), self.accept),
        ):
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
            button.clicked.connect(slot)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addStretch(1)
        row.addWidget(stay)
        row.addWidget(stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[3 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(title)
        column.addWidget(words)
        column.addLayout(row)
