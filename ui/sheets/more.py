"""Everything that is not needed for a first clip: all settings, storage, the look, the keys."""

from collections.abc import Callable

from PySide6.QtCore import QSettings, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPushButton,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from dancetransfer.settings import PoseSettings, RetargetSettings, TrainSettings
from ui import i18n, theme
from ui.keys import Keys
from ui.project.document import Document
from ui.project.jobs import Jobs
from ui.sheets.options import Form
from ui.sheets.storage import StoragePanel

SCHEME, LANGUAGE, GENTLE = "look/scheme", "look/language", "jobs/gentle"
"""QSettings; "" is what the desktop says."""


class More(QDialog):
    """Pages on the left, the chosen one on the right. What is changed counts at once."""

    scheme_chosen = Signal(str)
    """ "dark", "light" or "" for the desktop's."""
    gentle_chosen = Signal(bool)

    def __init__(self, document: Document, jobs: Jobs, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._jobs, self._keys = document, jobs, keys
        self.setWindowTitle(self.tr("More"))
        self.resize(104 * theme.SPACE, 76 * theme.SPACE)
        self._list, self._pages = QListWidget(), QStackedWidget()
        self._list.setFixedWidth(22 * theme.SPACE)
        self._list.setAccessibleName(self.tr("Pages"))
        self._list.currentRowChanged.connect(self._pages.setCurrentIndex)
        row = QHBoxLayout()
        row.setSpacing(4 * theme.SPACE)
        row.addWidget(self._list)
        row.addWidget(self._pages, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[3 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        column.addLayout(row, 1)
        column.addLayout(self._foot())
        if document.project is not None:
            self._add(self.tr("Training"), self.tr("How the person is learned."), self._form(TrainSettings))
            self._add(self.tr("Poses"), self.tr("How the people in the videos are found."), self._form(PoseSettings))
            words = self.tr("How the dance is fitted to the person's body and camera.")
            self._add(self.tr("Fitting"), words, self._form(RetargetSettings))
            words = self.tr("What this project takes on the disk.")
            storage = StoragePanel(document, jobs)
            if (inner := storage.layout()) is not None:
                inner.setContentsMargins(0, 0, 0, 0)  # the page has its own
            self._add(self.tr("Storage"), words, storage)
        self._add(self.tr("Window"), self.tr("How the program looks and behaves."), self._window())
        self._list.setCurrentRow(0)

    def _add(self, title: str, words: str, content: QWidget) -> None:
        page, head, about = QWidget(), QLabel(title), QLabel(words)
        page.setProperty("role", "plain")
        head.setFont(theme.font(1.5, theme.QFont.Weight.DemiBold))
        about.setProperty("role", "dim")
        about.setWordWrap(True)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 2 * theme.SPACE, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(head)
        column.addWidget(about)
        column.addSpacing(2 * theme.SPACE)
        column.addWidget(content)
        column.addStretch(1)
        area = QScrollArea()
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the field that has the focus
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(page)
        self._list.addItem(title)
        self._pages.addWidget(area)

    def _form(self, group: type) -> Form:
        project = self._document.project
        form = Form(group, project.settings(group) if project else group())
        form.changed.connect(self._document.set_settings)
        return form

    def _window(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * theme.SPACE)
        schemes = {"": self.tr("As the desktop"), "dark": self.tr("Dark"), "light": self.tr("Light")}
        column.addLayout(self._choice(self.tr("Colors"), schemes, SCHEME, self.scheme_chosen.emit))
        languages = {"": self.tr("As the desktop"), **i18n.LANGUAGES}
        column.addLayout(self._choice(self.tr("Language"), languages, LANGUAGE, lambda _: self._note.show()))
        self._note = QLabel(self.tr("The language changes with the next start."))
        self._note.setProperty("role", "dim")
        self._note.hide()
        column.addWidget(self._note)
        gentle = QCheckBox(self.tr("Gentle: leave the machine to me while I work"))
        gentle.setToolTip(self.tr("The engine runs at low priority and pauses while you are active; it takes longer"))
        gentle.setChecked(bool(QSettings().value(GENTLE, False, type=bool)))
        gentle.toggled.connect(lambda on: QSettings().setValue(GENTLE, on))
        gentle.toggled.connect(self.gentle_chosen)
        column.addWidget(gentle)
        keys = QPushButton(self.tr("Keys..."))
        keys.setAccessibleName(self.tr("Keys"))
        theme.wear(keys, "keyboard")
        keys.setToolTip(self._keys.tip("keys"))
        keys.clicked.connect(lambda: self._keys.sheet(self).exec())
        column.addWidget(keys, 0, Qt.AlignmentFlag.AlignLeft)
        return page

    def _choice(self, words: str, choices: dict[str, str], key: str, tell: Callable[[str], object]) -> QHBoxLayout:
        """A setting of the window, kept in QSettings."""
        row, label, box = QHBoxLayout(), QLabel(words), QComboBox()
        for name, shown in choices.items():
            box.addItem(shown, name)
        box.setCurrentIndex(max(0, box.findData(QSettings().value(key, ""))))
        box.setAccessibleName(words)
        box.setToolTip(words)
        box.setMinimumWidth(24 * theme.SPACE)
        label.setBuddy(box)

        def take() -> None:
            QSettings().setValue(key, box.currentData())
            tell(box.currentData())

        box.activated.connect(take)
        row.addWidget(label, 1)
        row.addWidget(box)
        return row

    def _foot(self) -> QHBoxLayout:
        row, close = QHBoxLayout(), QPushButton(self.tr("Close"))
        close.setAccessibleName(close.text())
        close.setToolTip(self.tr("Close (Esc)"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        row.addStretch(1)
        row.addWidget(close)
        return row
