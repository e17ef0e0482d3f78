"""What `doctor` found of this machine, in its own words, with the button that measures."""

from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.project.machine import Machine, chip_words


class MachineSheet(QDialog):
    """Measures by itself where that was never done."""

    def __init__(self, machine: Machine, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._machine = machine
        self.setWindowTitle(self.tr("This machine"))
        self.resize(100 * theme.SPACE, 64 * theme.SPACE)
        self._title, self._words = QLabel(), QPlainTextEdit()
        self._title.setFont(theme.font(1.4, theme.QFont.Weight.DemiBold))
        self._title.setWordWrap(True)
        self._words.setReadOnly(True)
        self._words.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._words.setFont(theme.fixed_font())
        self._words.setAccessibleName(self.tr("What was found"))
        self._measure, close = QPushButton(self.tr("Measure again")), QPushButton(self.tr("Close"))
        self._measure.setAccessibleName(self._measure.text())
        self._measure.setToolTip(self.tr("Takes some fifteen seconds"))
        self._measure.clicked.connect(lambda: machine.look(quick=False))
        close.setAccessibleName(close.text())
        close.setToolTip(self.tr("Close (Esc)"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row = QHBoxLayout()
        row.addWidget(self._measure)
        row.addStretch(1)
        row.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[3 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(self._title)
        column.addWidget(self._words, 1)
        column.addLayout(row)
        machine.changed.connect(self._show)
        if not machine.measured and not machine.looking:
            machine.look(quick=False)
        self._show()

    def _show(self) -> None:
        looking = self._machine.looking
        found = chip_words(self._machine.report).removesuffix(self.tr(" Why?"))
        self._title.setText(self.tr("Measuring this machine, some fifteen seconds") if looking else found)
        self._words.setPlainText(self._machine.words)
        self._measure.setEnabled(not looking)
