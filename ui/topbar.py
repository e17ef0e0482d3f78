"""The bar at the top: the project, its dances, undo, what the engine is doing now, settings and keys."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from dancetransfer.events import Progress, Started, Stopping
from ui import theme
from ui.keys import Keys
from ui.project.document import Document
from ui.project.jobs import Job, Jobs
from ui.training.outlook import duration

CLIP, TRAINING = "clip", "training"


class JobLine(QWidget):
    """What is at work, how long it will take, and a button that stops it."""

    def __init__(self, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._jobs, self._title = jobs, ""
        self._words, self._bar, self._stop = QLabel(), QProgressBar(), QToolButton()
        self._words.setProperty("role", "dim")
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(26 * theme.SPACE)
        self._bar.setAccessibleName(self.tr("Progress"))
        theme.wear(self._stop, "stop")
        self._stop.setAccessibleName(self.tr("Stop"))
        self._stop.setToolTip(self.tr("Stop; what was done is kept"))
        self._stop.clicked.connect(self._ask_stop)
        lines = QVBoxLayout()
        lines.setSpacing(4)
        lines.addStretch(1)
        lines.addWidget(self._words)
        lines.addWidget(self._bar)
        lines.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        row.addLayout(lines)
        row.addWidget(self._stop)
        jobs.started.connect(self._begin)
        jobs.event.connect(self._hear)
        jobs.emptied.connect(self.hide)
        self.hide()

    @property
    def words(self) -> str:
        return self._words.text()

    def _begin(self, job: Job) -> None:
        self._title = job.title
        self._words.setText(job.title)
        self._words.setFixedWidth(self._bar.width())
        self._bar.setRange(0, 0)
        self._stop.setEnabled(True)
        self.show()

    def _hear(self, job: Job, event: object) -> None:
        if isinstance(event, Started):
            self._title = event.words or job.title
            self._say(self._title)
        elif isinstance(event, Progress):
            if event.total:
                self._bar.setRange(0, 1000)
                self._bar.setValue(round(1000 * min(1.0, event.done / event.total)))
            left = f", {duration(event.seconds_left)}" if event.seconds_left else ""
            self._say(f"{self._title}{left}")
        elif isinstance(event, Stopping):
            self._say(self.tr("Stopping"))

    def _say(self, words: str) -> None:
        self._words.setToolTip(words)
        cut = self._words.fontMetrics().elidedText(words, Qt.TextElideMode.ElideMiddle, self._bar.width())
        self._words.setText(cut)

    def _ask_stop(self) -> None:
        if self._jobs.current is not None:
            self._stop.setEnabled(False)
            self._say(self.tr("Stopping"))
            for job in self._jobs.waiting:
                self._jobs.stop(job)
            self._jobs.stop(self._jobs.current)


class TopBar(QFrame):
    """Follows the document; what its buttons want is told."""

    home_wanted = Signal()
    more_wanted = Signal()
    keys_wanted = Signal()
    page_wanted = Signal(str)
    """ "clip" or "training"."""

    def __init__(self, document: Document, jobs: Jobs, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._keys = document, keys
        self.setProperty("role", "bar")
        self.setFixedHeight(7 * theme.SPACE)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE + 4, 0, theme.SPACE + 4, 0)
        row.setSpacing(theme.SPACE // 2)
        self._home = self._button("home", self.tr("All projects"), self.home_wanted.emit)
        self._name = QLabel()
        self._name.setFont(theme.font(1.1, theme.QFont.Weight.DemiBold))
        self._dances = QComboBox()
        self._dances.setAccessibleName(self.tr("Dance"))
        self._dances.setToolTip(
            self.tr("The dance that is worked on; a project has one person and any number of dances")
        )
        self._dances.setMaximumWidth(26 * theme.SPACE)
        self._dances.activated.connect(lambda: document.choose_dance(self._dances.currentText()))
        self._undo = self._button("undo", keys.tip("undo"), document.undo_stack.undo)
        self._redo = self._button("redo", keys.tip("redo"), document.undo_stack.redo)
        self._pages = self._segments()
        self.line = JobLine(jobs)
        for widget in (self._home, self._name, self._dances, self._undo, self._redo):
            row.addWidget(widget)
        row.addStretch(1)
        row.addWidget(self._pages)
        row.addStretch(1)
        row.addWidget(self.line)
        row.addSpacing(theme.SPACE)
        row.addWidget(self._button("settings", keys.tip("more"), self.more_wanted.emit))
        row.addWidget(self._button("keyboard", keys.tip("keys"), self.keys_wanted.emit))
        for signal in (document.opened, document.changed, document.closed):
            signal.connect(self.refresh)
        document.undo_stack.indexChanged.connect(self.refresh)
        self.refresh()

    def _button(self, icon: str, tip: str, slot: object) -> QToolButton:
        button = QToolButton()
        theme.wear(button, icon)
        button.setIconSize(QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setToolTip(tip)
        button.setAccessibleName(tip.rsplit(" (", 1)[0])
        button.clicked.connect(slot)
        return button

    def _segments(self) -> QWidget:
        """Clip or training."""
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        group = QButtonGroup(made)
        self._segment: dict[str, QToolButton] = {}
        for name, words in ((CLIP, self.tr("Clip")), (TRAINING, self.tr("Training"))):
            button = QToolButton()
            button.setText(words)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.setMinimumWidth(11 * theme.SPACE)
            button.setAccessibleName(words)
            button.setToolTip(words)
            button.clicked.connect(lambda _=False, name=name: self.page_wanted.emit(name))
            group.addButton(button)
            row.addWidget(button)
            self._segment[name] = button
        return made

    def show_page(self, name: str) -> None:
        """Mark the page that is shown."""
        self._segment[name].setChecked(True)

    def refresh(self) -> None:
        """Say what the document holds now."""
        project, stack = self._document.project, self._document.undo_stack
        for widget in (self._home, self._undo, self._redo):
            widget.setVisible(project is not None)
        name = self._name.fontMetrics().elidedText(
            self._document.name or "DanceTransfer", Qt.TextElideMode.ElideMiddle, 26 * theme.SPACE
        )  # fmt: skip
        self._name.setText(name)
        self._name.setToolTip(str(project.folder) if project else "")
        dances = [one.name for one in project.dances] if project else []
        self._dances.setVisible(len(dances) > 1)
        if [self._dances.itemText(n) for n in range(self._dances.count())] != dances:
            self._dances.clear()
            self._dances.addItems(dances)
        current = self._document.dance
        if current is not None:
            self._dances.setCurrentText(current.name)
        self._undo.setEnabled(stack.canUndo())
        self._redo.setEnabled(stack.canRedo())
        for button, action, words in ((self._undo, "undo", stack.undoText()), (self._redo, "redo", stack.redoText())):
            tip = self._keys.tip(action)
            button.setToolTip(f"{tip}: {words}" if words else tip)
        self._pages.setVisible(bool(project and project.runs))
