"""What each key does: the table of actions, their keys as the user wants them, and the sheet that shows them."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QKeySequenceEdit,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from ui import theme

GROUP = "keys"
"""Where changed keys are kept in QSettings."""


@dataclass(frozen=True)
class Action:
    """One thing that a key does."""

    id: str
    keys: str
    """As QKeySequence reads them; several are parted by "; "."""
    words: str
    group: str


def _mark(text: str) -> str:
    """Marks words for the translators; they are translated where they are shown."""
    return text


ACTIONS: tuple[Action, ...] = (
    Action("play", "Space", _mark("Play or pause"), "Playing"),
    Action("back", "J", _mark("Play backward; again: faster"), "Playing"),
    Action("halt", "K", _mark("Stop"), "Playing"),
    Action("forward", "L", _mark("Play forward; again: faster"), "Playing"),
    Action("frame back", "Left; ,", _mark("One frame back"), "Playing"),
    Action("frame on", "Right; .", _mark("One frame on"), "Playing"),
    Action("second back", "Shift+Left", _mark("One second back"), "Playing"),
    Action("second on", "Shift+Right", _mark("One second on"), "Playing"),
    Action("to start", "Home", _mark("To the beginning"), "Playing"),
    Action("to end", "End", _mark("To the end"), "Playing"),
    Action("loop", "Ctrl+L", _mark("Repeat"), "Playing"),
    Action("mute", "M", _mark("Sound on or off"), "Playing"),
    Action("mark in", "I", _mark("Use the video from here on"), "Timeline"),
    Action("mark out", "O", _mark("Use the video up to here"), "Timeline"),
    Action("use all", "Backspace", _mark("Use all of the video"), "Timeline"),
    Action("beat back", "Ctrl+Left", _mark("To the beat before"), "Timeline"),
    Action("beat on", "Ctrl+Right", _mark("To the next beat"), "Timeline"),
    Action("problem", "N", _mark("To the next problem"), "Timeline"),
    Action("problem back", "Shift+N", _mark("To the problem before"), "Timeline"),
    Action("view single", "1", _mark("One picture"), "Picture"),
    Action("view side", "2", _mark("Side by side"), "Picture"),
    Action("view wipe", "3", _mark("Wipe"), "Picture"),
    Action("view overlay", "4", _mark("Skeleton over the picture"), "Picture"),
    Action("view quad", "5", _mark("All four"), "Picture"),
    Action("skeletons", "S", _mark("Skeletons on or off"), "Picture"),
    Action("zoom in", "Ctrl++", _mark("Zoom in"), "Picture"),
    Action("zoom out", "Ctrl+-", _mark("Zoom out"), "Picture"),
    Action("fit", "Ctrl+0", _mark("Show all of the picture"), "Picture"),
    Action("pixels", "Ctrl+1", _mark("One pixel on one pixel"), "Picture"),
    Action("touch up", "T", _mark("Touch up the poses"), "Picture"),
    Action("joint", "]", _mark("Touch-up: next joint"), "Picture"),
    Action("joint back", "[", _mark("Touch-up: joint before"), "Picture"),
    Action("nudge left", "Alt+Left", _mark("Touch-up: move the joint left"), "Picture"),
    Action("nudge right", "Alt+Right", _mark("Touch-up: move the joint right"), "Picture"),
    Action("nudge up", "Alt+Up", _mark("Touch-up: move the joint up"), "Picture"),
    Action("nudge down", "Alt+Down", _mark("Touch-up: move the joint down"), "Picture"),
    Action("hide limb", "H", _mark("Touch-up: hide the limb"), "Picture"),
    Action("swap sides", "X", _mark("Touch-up: swap left and right"), "Picture"),
    Action("touch up end", "Esc", _mark("Touch-up: done"), "Picture"),
    Action("create", "Ctrl+Return", _mark("Create the clip"), "Project"),
    Action("export", "Ctrl+E", _mark("Export the clip"), "Project"),
    Action("new", "Ctrl+N", _mark("Begin with two new videos"), "Project"),
    Action("open", "Ctrl+O", _mark("Open a project"), "Project"),
    Action("save as", "Ctrl+Shift+S", _mark("Save a copy of the project"), "Project"),
    Action("undo", "Ctrl+Z", _mark("Undo"), "Project"),
    Action("redo", "Ctrl+Shift+Z; Ctrl+Y", _mark("Redo"), "Project"),
    Action("more", "Ctrl+,", _mark("All settings"), "Window"),
    Action("full screen", "F11", _mark("Full screen"), "Window"),
    Action("keys", "?; F1", _mark("Show the keys"), "Window"),
    Action("quit", "Ctrl+Q", _mark("Quit"), "Window"),
)

GROUPS = (_mark("Playing"), _mark("Timeline"), _mark("Picture"), _mark("Project"), _mark("Window"))


def words_of(action: Action) -> str:
    """What it does, in the window's language."""
    return QCoreApplication.translate("Keys", action.words)


class Keys(QObject):
    """The keys of all actions, and the shortcuts that hang on them. Changed ones are kept in QSettings."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._table = {action.id: action for action in ACTIONS}
        self._hung: list[tuple[str, QShortcut]] = []

    def of(self, name: str) -> list[QKeySequence]:
        """The keys of an action; KeyError where there is none of that name."""
        kept = QSettings().value(f"{GROUP}/{name}")
        text = kept if isinstance(kept, str) else self._table[name].keys
        return [QKeySequence(one) for one in text.split("; ") if one]

    def set(self, name: str, keys: list[QKeySequence]) -> None:
        """Other keys for an action; they are taken from the action that had them."""
        taken = {key.toString() for key in keys}
        for other in self._table:
            left = [key for key in self.of(other) if key.toString() not in taken]
            if other != name and len(left) < len(self.of(other)):
                self._keep(other, left)
        self._keep(name, keys)
        self._follow()

    def reset(self) -> None:
        """All keys as they were delivered."""
        QSettings().remove(GROUP)
        self._follow()

    def hint(self, name: str) -> str:
        """An action's first key as it stands on this keyboard, for tooltips; "" where it has none."""
        keys = self.of(name)
        return keys[0].toString(QKeySequence.SequenceFormat.NativeText) if keys else ""

    def tip(self, name: str, words: str = "") -> str:
        """A tooltip: the words (the action's own where none are given) and the key."""
        words, key = words or words_of(self._table[name]), self.hint(name)
        return f"{words} ({key})" if key else words

    def shortcut(self, name: str, widget: QWidget, slot: Callable[[], object], inside: bool = False) -> QShortcut:
        """Let the action's keys call `slot` while the widget's window is active; with `inside`, while it has the focus.

        A button or a field that has the focus keeps the keys that it needs itself.
        """
        made = QShortcut(widget)
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut if inside else Qt.ShortcutContext.WindowShortcut
        made.setContext(context)
        made.setKeys(self.of(name))
        made.activated.connect(lambda: slot() if not _press_focused(name) else None)
        self._hung.append((name, made))
        made.destroyed.connect(self._forget)
        return made

    def sheet(self, parent: QWidget | None = None) -> "KeySheet":
        """The dialog that shows the keys and lets them be changed."""
        return KeySheet(self, parent)

    def _keep(self, name: str, keys: list[QKeySequence]) -> None:
        QSettings().setValue(f"{GROUP}/{name}", "; ".join(key.toString() for key in keys))

    def _follow(self) -> None:
        for name, shortcut in self._hung:
            shortcut.setKeys(self.of(name))
        self.changed.emit()

    def _forget(self, gone: QObject) -> None:
        self._hung = [(name, shortcut) for name, shortcut in self._hung if shortcut is not gone]


def _press_focused(name: str) -> bool:
    """Space on a button that was reached by Tab presses that button."""
    from PySide6.QtWidgets import QAbstractButton

    focused = QApplication.focusWidget()
    if name == "play" and isinstance(focused, QAbstractButton) and focused.isEnabled():
        focused.click()
        return True
    return False


class KeyField(QKeySequenceEdit):
    """Takes the next key that is pressed. Tab goes on to the next field, Esc leaves the sheet."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMaximumSequenceLength(1)
        self.setClearButtonEnabled(True)

    def event(self, event: QEvent) -> bool:
        """Before it is taken for the key that is wanted."""
        kinds = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if event.type() in kinds and isinstance(event, QKeyEvent):
            if event.key() in (Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
                if event.type() == QEvent.Type.KeyPress:
                    self.focusNextPrevChild(event.key() == Qt.Key.Key_Tab)
                return True
            if event.key() == Qt.Key.Key_Escape:
                event.ignore()
                return False
        return super().event(event)


class KeySheet(QDialog):
    """All keys by group; a click on one lets another be pressed."""

    def __init__(self, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._keys = keys
        self._fields: dict[str, list[QKeySequenceEdit]] = {}
        self.setWindowTitle(self.tr("Keys"))
        column = QVBoxLayout(self)
        column.setContentsMargins(*[3 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        title = QLabel(self.tr("Keys"))
        title.setFont(theme.font(1.5, theme.QFont.Weight.DemiBold))
        column.addWidget(title)
        column.addWidget(self._table(), 1)
        column.addLayout(self._buttons())
        self.resize(126 * theme.SPACE, 84 * theme.SPACE)
        self._close.setFocus()  # not a field: it would take the next key for its own

    def _table(self) -> QScrollArea:
        inside = QWidget()
        inside.setProperty("role", "plain")
        halves = QHBoxLayout(inside)
        halves.setContentsMargins(0, 0, 2 * theme.SPACE, 0)
        halves.setSpacing(6 * theme.SPACE)
        for groups in (GROUPS[:2], GROUPS[2:]):
            half = QVBoxLayout()
            half.setSpacing(3 * theme.SPACE)
            for group in groups:
                half.addLayout(self._group(group))
            half.addStretch(1)
            halves.addLayout(half, 1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setWidget(inside)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # it follows the field that has the focus
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumWidth(inside.sizeHint().width() + 2 * theme.SPACE)  # some languages need more
        return area

    def _group(self, group: str) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE // 2)
        grid.setColumnStretch(0, 1)
        name = QLabel(QCoreApplication.translate("Keys", group))
        name.setFont(theme.font(1.0, theme.QFont.Weight.DemiBold))
        grid.addWidget(name, 0, 0)
        for row, action in enumerate((one for one in ACTIONS if one.group == group), 1):
            words = QLabel(words_of(action))
            words.setProperty("role", "dim")
            grid.addWidget(words, row, 0)
            grid.addWidget(self._field(action), row, 1)
        return grid

    def _field(self, action: Action) -> QKeySequenceEdit:
        field = KeyField()
        field.setFixedWidth(18 * theme.SPACE)
        field.setAccessibleName(words_of(action))
        others = ", ".join(key.toString(QKeySequence.SequenceFormat.NativeText) for key in self._keys.of(action.id)[1:])
        field.setToolTip(self.tr("Also: {0}").format(others) if others else self.tr("Click and press another key"))
        self._show(action.id, field)
        field.editingFinished.connect(lambda: self._change(action.id, field))
        self._fields.setdefault(action.id, []).append(field)
        return field

    def _show(self, name: str, field: QKeySequenceEdit) -> None:
        keys = self._keys.of(name)
        field.setKeySequence(keys[0] if keys else QKeySequence())

    def _change(self, name: str, field: QKeySequenceEdit) -> None:
        before, wanted = self._keys.of(name), field.keySequence()
        if wanted.toString() == (before[0].toString() if before else ""):
            return
        self._keys.set(name, ([] if wanted.isEmpty() else [wanted]) + before[1:])
        self._show_all()

    def _show_all(self) -> None:
        for name, fields in self._fields.items():
            for field in fields:
                self._show(name, field)

    def _reset(self) -> None:
        self._keys.reset()
        self._show_all()

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        again, close = QPushButton(self.tr("Back to the first keys")), QPushButton(self.tr("Close"))
        self._close = close
        again.setToolTip(self.tr("All keys as they were delivered"))
        again.clicked.connect(self._reset)
        close.setToolTip(self.tr("Close (Esc)"))
        close.setDefault(True)
        close.clicked.connect(self.accept)
        for button in (again, close):
            button.setAccessibleName(button.text())
        row.addWidget(again)
        row.addStretch(1)
        row.addWidget(close)
        return row
