"""Keys: shown, changed, kept, taken from another action; Space presses the button that has the focus."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QKeySequenceEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ui.keys import ACTIONS, Keys


def test_no_key_is_given_twice_and_all_can_be_read() -> None:
    keys = [key.strip() for action in ACTIONS for key in action.keys.split("; ")]
    assert len(keys) == len(set(keys))
    assert all(not QKeySequence(key).isEmpty() for key in keys)
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_a_changed_key_works_at_once_and_is_kept(qtbot: QtBot, dressed: Any) -> None:
    window, keys, heard = QWidget(), Keys(), list[str]()
    qtbot.addWidget(window)
    keys.shortcut("problem", window, lambda: heard.append("problem"))
    keys.shortcut("loop", window, lambda: heard.append("loop"))
    with qtbot.waitExposed(window):
        window.show()
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert heard == ["problem"]
    keys.set("loop", [QKeySequence("N")])
    qtbot.keyClick(window, Qt.Key.Key_N)
    assert heard == ["problem", "loop"]
    assert keys.of("problem") == [] and Keys().hint("loop") == "N"
    keys.reset()
    assert Keys().hint("problem") == "N"


def test_the_sheet_shows_all_and_changes_one(qtbot: QtBot, dressed: Any) -> None:
    keys = Keys()
    sheet = keys.sheet()
    qtbot.addWidget(sheet)
    with qtbot.waitExposed(sheet):
        sheet.show()
    fields = {one.accessibleName(): one for one in sheet.findChildren(QKeySequenceEdit)}
    assert len(fields) == len(ACTIONS)
    field = fields["Wipe"]
    field.setFocus()
    field.setKeySequence(QKeySequence("2"))
    field.editingFinished.emit()
    assert keys.hint("view wipe") == "2" and keys.of("view side") == []
    assert fields["Side by side"].keySequence().isEmpty()


def test_space_presses_a_focused_button_and_plays_elsewhere(qtbot: QtBot, dressed: Any) -> None:
    window, heard = QWidget(), list[str]()
    qtbot.addWidget(window)
    button = QPushButton("x", window)
    QVBoxLayout(window).addWidget(button)
    button.clicked.connect(lambda: heard.append("button"))
    keys = Keys()
    keys.shortcut("play", window, lambda: heard.append("play"))
    with qtbot.waitExposed(window):
        window.show()
    button.setFocus()
    qtbot.keyClick(button, Qt.Key.Key_Space)
    button.clearFocus()
    qtbot.keyClick(window, Qt.Key.Key_Space)
    assert heard == ["button", "play"]
