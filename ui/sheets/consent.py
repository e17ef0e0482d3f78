"""The sheet that asks who agreed to be shown dancing, and when; the answer is kept in the project."""

import re
from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QSize
from PySide6.QtWidgets import (
    QDateEdit,
    QDialog,
    QFormLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from dancetransfer.project import Project
from ui import theme

translate = QCoreApplication.translate

WIDE = 64 * theme.SPACE


class Editable(Protocol):
    """What the sheet asks of a document: its project, and the one door for edits."""

    @property
    def project(self) -> Project | None: ...

    def do(self, words: str, apply: Callable[[], None], revert: Callable[[], None]) -> None: ...


def needed(project: Project) -> bool:
    """Whether somebody has still to be asked: nobody has to for a built-in dancer."""
    return not (project.consent or project.built_in)


def words_of(who: str, when: QDate) -> str:
    """What is kept, in English like all of the project file, whatever language the window speaks."""
    date = when.toString("yyyy-MM-dd")
    return f"{' '.join(who.split())} agreed on {date} to be shown dancing in clips made by DanceTransfer."


class ConsentSheet(QDialog):
    """Asks who agreed and when. Accepted, it holds the answer in `words`; rejected, the clip keeps its label."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Consent"))
        self.setMinimumWidth(WIDE)
        self._who, self._when = QLineEdit(), QDateEdit(QDate.currentDate())
        self._agreed, self._later = QPushButton(self.tr("They agreed")), QPushButton(self.tr("Not yet"))
        column = QVBoxLayout(self)
        column.setContentsMargins(*[3 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        column.addWidget(self._title())
        column.addWidget(self._plain(self.tr("Has everybody who is shown in the videos agreed to that?")))
        column.addLayout(self._fields())
        column.addWidget(self._rules())
        column.addWidget(self._plain(self.tr("Until then a small label in the corner says how the clip was made.")))
        column.addLayout(self._buttons())
        self._who.textChanged.connect(self._allow)
        self._agreed.clicked.connect(self.accept)
        self._later.clicked.connect(self.reject)
        self._allow()

    @property
    def words(self) -> str:
        """The answer, as the project keeps it."""
        return words_of(self._who.text(), self._when.date())

    def _title(self) -> QLabel:
        title = QLabel(self.tr("Who is dancing here?"))
        title.setFont(theme.font(1.35, theme.QFont.Weight.DemiBold))
        return title

    def _plain(self, words: str) -> QLabel:
        label = QLabel(words)
        label.setWordWrap(True)
        label.setProperty("role", "dim")
        return label

    def _fields(self) -> QFormLayout:
        self._who.setPlaceholderText(self.tr("Names of all who are shown"))
        self._who.setAccessibleName(self.tr("Who agreed"))
        self._who.setToolTip(self.tr("The person who shall dance, and whoever can be recognized in the dance"))
        self._who.setMaxLength(300)
        self._when.setAccessibleName(self.tr("When they agreed"))
        self._when.setToolTip(self.tr("The day on which they agreed"))
        theme.indent(self._when)
        self._when.setMaximumDate(QDate.currentDate())
        self._when.setDisplayFormat(re.sub(r"\by{2}\b", "yyyy", QLocale().dateFormat(QLocale.FormatType.ShortFormat)))
        form = QFormLayout()
        form.setHorizontalSpacing(2 * theme.SPACE)
        form.setVerticalSpacing(theme.SPACE)
        form.addRow(self.tr("W&ho"), self._who)
        form.addRow(self.tr("&When"), self._when)
        return form

    def _rules(self) -> QFrame:
        """One sentence each."""
        card = QFrame()
        card.setProperty("role", "card")
        column = QVBoxLayout(card)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.setSpacing(theme.SPACE)
        for name, words in (
            ("person", self.tr("Minors: ask their parents, and the children too.")),
            ("flag", self.tr("Public figures: only with their own permission; fame is none.")),
            ("music", self.tr("Music: you need the rights to it wherever you publish the clip.")),
        ):
            row = QHBoxLayout()
            row.setSpacing(theme.SPACE + theme.SPACE // 2)
            mark, said = QLabel(), QLabel(words)
            mark.setPixmap(theme.icon(name, theme.colors().dim).pixmap(QSize(20, 20), self.devicePixelRatioF()))
            said.setWordWrap(True)
            row.addWidget(mark)
            row.addWidget(said, 1)
            column.addLayout(row)
        return card

    def _buttons(self) -> QHBoxLayout:
        self._agreed.setProperty("role", "primary")
        self._agreed.setDefault(True)
        self._agreed.setAccessibleName(self._agreed.text())
        self._agreed.setToolTip(self.tr("Keep this in the project (Enter)"))
        self._later.setAccessibleName(self._later.text())
        self._later.setToolTip(self.tr("Go on without; the clip is labeled (Esc)"))
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addStretch(1)
        row.addWidget(self._later)
        row.addWidget(self._agreed)
        return row

    def _allow(self) -> None:
        self._agreed.setEnabled(bool(self._who.text().strip()))


def record(document: Editable, words: str | None) -> None:
    """Keep the answer in the project, as one step that can be undone; None takes a consent back."""
    project = document.project
    if project is None:
        return
    before = project.consent

    def put(value: str | None) -> None:
        project.consent = value

    name = translate("ConsentSheet", "Record consent") if words else translate("ConsentSheet", "Withdraw consent")
    document.do(name, lambda: put(words), lambda: put(before))


def ask(document: Editable, parent: QWidget | None = None) -> bool:
    """Ask where it is needed; False where nobody has agreed (then the clip is labeled)."""
    project = document.project
    if project is None or not needed(project):
        return True
    sheet = ConsentSheet(parent)
    if not sheet.exec():
        return False
    record(document, sheet.words)
    return True
