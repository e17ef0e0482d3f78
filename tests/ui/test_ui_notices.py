"""What the window says: the error sheet, toasts, notifications, and the desktop's small courtesies."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from dancetransfer.errors import UserError
from ui import desktop
from ui.desktop import KeepAwake, TaskbarProgress
from ui.notices import ErrorSheet, Toast, notify
from ui.project.activity import Activity
from ui.project.jobs import Ending, Jobs, Outcome

pytestmark = pytest.mark.usefixtures("dressed")


def button(where: QWidget, name: str) -> QPushButton:
    (found,) = (one for one in where.findChildren(QPushButton) if one.accessibleName() == name)
    return found


def test_the_sheet_says_first_what_to_do_and_hides_the_details(qtbot: QtBot) -> None:
    sheet = ErrorSheet.of(Outcome(Ending.CRASHED, "It crashed.", "Start it again.", "exit code: 9\n<b>boom</b>"))
    qtbot.addWidget(sheet)
    sheet.show()
    words = [one.text() for one in sheet.findChildren(QLabel) if one.text()]
    assert words == ["Start it again.", "It crashed."]
    (details,) = sheet.findChildren(QPlainTextEdit)
    assert not details.isVisible()
    low = sheet.height()
    qtbot.keyClick(button(sheet, "Details"), Qt.Key.Key_Space)
    assert details.isVisible() and "<b>boom</b>" in details.toPlainText() and sheet.height() > low
    lowest = details.mapTo(sheet, details.rect().bottomLeft())
    assert lowest.y() < button(sheet, "Details").y()
    qtbot.keyClick(button(sheet, "Details"), Qt.Key.Key_Space)
    assert not details.isVisible()
    qtbot.mouseClick(button(sheet, "Copy report"), Qt.MouseButton.LeftButton)
    copied = QGuiApplication.clipboard().text()
    assert (
        copied.startswith("It crashed.\nStart it again.\n") and "DanceTransfer" in copied and "exit code: 9" in copied
    )
    with qtbot.waitSignal(sheet.accepted):
        qtbot.keyClick(sheet, Qt.Key.Key_Return)


def test_an_error_without_a_hint_is_told_alone(qtbot: QtBot) -> None:
    sheet = ErrorSheet.of(UserError("Nothing is here."))
    qtbot.addWidget(sheet)
    sheet.show()
    assert [one.text() for one in sheet.findChildren(QLabel) if one.isVisible() and one.text()] == ["Nothing is here."]
    with qtbot.waitSignal(sheet.rejected):
        qtbot.keyClick(sheet, Qt.Key.Key_Escape)


def test_a_toast_stays_at_the_lower_edge_until_it_is_clicked(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(640, 360)
    window.show()
    Toast(window, "An old one")
    done: list[str] = []
    toast = Toast(window, "A long sentence. " * 20, "Undo", lambda: done.append("undone"))
    qtbot.waitUntil(lambda: [one for one in window.findChildren(Toast) if one.isVisible()] == [toast])
    window.resize(1000, 500)
    qtbot.waitUntil(lambda: window.rect().contains(toast.geometry()) and toast.y() > 250)
    assert abs(toast.geometry().center().x() - 500) <= 1
    with qtbot.waitSignal(toast.destroyed):
        qtbot.mouseClick(button(toast, "Undo"), Qt.MouseButton.LeftButton)
    assert done == ["undone"]
    other = Toast(window, "Another")
    with qtbot.waitSignal(other.destroyed):
        qtbot.mouseClick(other, Qt.MouseButton.LeftButton, pos=QPoint(4, 4))


def test_where_the_desktop_offers_nothing_nothing_happens(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    if QGuiApplication.platformName() != "offscreen":
        pytest.skip("the real desktop would be disturbed")
    assert not notify("Done", "The clip is ready.")
    window = QWidget()
    qtbot.addWidget(window)
    progress = TaskbarProgress(window)
    for share in (0.0, 0.5, float("inf"), None):
        progress.show_share(share)
    monkeypatch.setattr(desktop, "holder", lambda: [])
    awake = KeepAwake()
    awake.set(True)
    assert not awake.on
    awake.set(False)


def test_the_machine_is_kept_awake_by_a_process_that_ends_with_the_wish(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop, "holder", lambda: ["cat"])
    awake = KeepAwake()
    awake.set(True)
    awake.set(True)
    qtbot.waitUntil(lambda: awake.on)
    awake.set(False)
    assert not awake.on
    monkeypatch.setattr(desktop, "holder", lambda: ["/nowhere/inhibit"])
    awake.set(True)
    qtbot.waitUntil(lambda: not awake.on)
    awake.set(False)


def test_a_gentle_engine_hears_when_the_user_is_at_work(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[bool] = []
    jobs = Jobs()
    monkeypatch.setattr(jobs, "tell_activity", heard.append)
    activity = Activity(jobs, idle_ms=50)
    window = QWidget()
    qtbot.addWidget(window)
    window.show()
    qtbot.keyClick(window, Qt.Key.Key_A)
    qtbot.keyClick(window, Qt.Key.Key_B)
    assert heard == [True]
    qtbot.waitUntil(lambda: heard == [True, False])
    activity.hold(True)  # a clip plays
    qtbot.wait(120)
    qtbot.mouseClick(window, Qt.MouseButton.LeftButton)
    qtbot.wait(120)
    assert heard == [True, False, True] and activity.busy
    activity.hold(False)
    qtbot.waitUntil(lambda: heard == [True, False, True, False])
