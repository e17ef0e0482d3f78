"""By keys alone: from two pasted videos to an exported file; the sheet of keys; the focus is seen wherever it is."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog, QKeySequenceEdit, QLabel, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from dancetransfer import __version__
from ui.export.dialog import ExportDialog
from ui.keys import ACTIONS, KeySheet, words_of
from ui.notices import ErrorSheet
from ui.project.jobs import Jobs
from ui.sheets.consent import ConsentSheet
from ui.sheets.more import More
from ui.welcome.guide import Guide
from ui.window import Window

FAKE = Path(__file__).with_name("fake_engine.py")
STOPS = 150
"""No window has more places for the focus."""
Key, SHIFT, CTRL = Qt.Key, Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def opened(qtbot: QtBot, dressed: Any, puppet_clips: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Opens windows whose engine takes no time."""

    def command(words: Sequence[str]) -> list[str]:
        return [sys.executable, str(FAKE), str(puppet_clips / "other.mp4"), *words, "--json"]

    root = str(FAKE.parents[2])
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")])))
    QSettings().setValue("machine", json.dumps({"version": __version__, "used": {"name": "cpu"}}))
    made: list[Window] = []

    def open_window() -> Window:
        window = Window(*(Jobs(command=command) for _ in range(3)))
        window.resize(1280, 800)
        window.show()
        window.begin()
        window.activateWindow()
        made.append(window)
        qtbot.waitUntil(lambda: QApplication.focusWidget() is not None and window.isActiveWindow())
        return window

    yield open_window
    for window in made:
        for jobs in (window.jobs, window.looks, window.measures):
            jobs.kill_all()
            qtbot.waitUntil(lambda jobs=jobs: jobs.empty)
        window.close()
        window.deleteLater()


def tap(key: Qt.Key, modifier: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier, times: int = 1) -> None:
    """A key for whatever has the focus, as the system would send it."""
    for _ in range(times):
        target = QApplication.focusWidget() or QApplication.activeModalWidget() or QApplication.activeWindow()
        assert target is not None
        QTest.keyClick(target, key, modifier)


def write(words: str) -> None:
    QTest.keyClicks(QApplication.focusWidget(), words)


def tab_to(name: str) -> QWidget:
    """Tab until the focus is on the control that a screen reader calls so."""
    names = []
    for _ in range(STOPS):
        tap(Key.Key_Tab)
        at = QApplication.focusWidget()
        names.append(at.accessibleName())
        if at.accessibleName() == name:
            assert at.isEnabled() and at.isVisible()
            return at
    raise AssertionError(f"Tab never comes to {name}, only to {sorted(set(names))}")


def paste(file: Path) -> None:
    """Copied in a file manager, pasted by its keys."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    QApplication.clipboard().setMimeData(mime)
    tap(Key.Key_V, CTRL)


def sheet(qtbot: QtBot, window: QWidget, kind: type) -> Any:
    """The sheet of that kind, with the focus in it."""

    def there() -> list[QWidget]:
        found = [one for one in window.findChildren(kind) if one.isVisible()]
        return [one for one in found if one.isAncestorOf(QApplication.focusWidget() or window)]

    qtbot.waitUntil(lambda: bool(there()))
    return there()[0]


def when_asked(kind: type, answer: Callable[[], None]) -> None:
    """Answer a sheet that is waited for, as soon as it is there."""
    timer = QTimer(QApplication.instance())

    def look() -> None:
        asked = QApplication.activeModalWidget()
        if isinstance(asked, kind) and asked.isVisible() and asked.isAncestorOf(QApplication.focusWidget() or timer):
            timer.stop()
            answer()

    timer.timeout.connect(look)
    timer.start(20)


def back_in(qtbot: QtBot, window: Window) -> None:
    """A sheet has closed: a desktop makes the window behind it the active one; without a screen nobody does."""
    window.activateWindow()
    qtbot.waitUntil(lambda: window.isActiveWindow() and QApplication.focusWidget() is not None)


def project_of(qtbot: QtBot, window: Window, clips: Path) -> None:
    """Two videos pasted; the engine has looked at them."""
    assert QApplication.focusWidget() is window.welcome.dance
    paste(clips / "dance.mp4")
    assert window.welcome.dance.files == [str(clips / "dance.mp4")]
    tab_to("Person")
    paste(clips / "person.mp4")
    qtbot.waitUntil(lambda: window.document.project is not None)
    qtbot.waitUntil(lambda: window.jobs.empty and window.looks.empty)
    assert window.page is not None
    bench = window.page.bench
    qtbot.waitUntil(lambda: bench.player.duration > 2.9 and bool(bench.timeline.lanes))


# --- from drop to export ---------------------------------------------------------------------------


def test_from_two_pasted_videos_to_an_exported_file(
    opened: Callable[[], Window], qtbot: QtBot, puppet_clips: Path, tmp_path: Path
) -> None:
    window = opened()
    project_of(qtbot, window, puppet_clips)
    page = window.page
    assert page is not None
    create(qtbot, window)
    qtbot.waitUntil(lambda: page.bench.player.playing and page.bench.result.is_file())
    play(qtbot, window)
    mark(qtbot, window)
    export(qtbot, window, tmp_path / "my clip.mp4")


def create(qtbot: QtBot, window: Window) -> None:
    """More time by an arrow, back again, Create by Space, a name and Enter; then what was learned is good enough."""

    def agree() -> None:
        tab_to("Who agreed") if not isinstance(QApplication.focusWidget(), QLineEdit) else None
        write("Ada")
        tap(Key.Key_Return)

    page = window.page
    assert page is not None
    choice = page.side.choice
    first = tab_to(next(one.accessibleName() for one in _cards(window)))
    tap(Key.Key_Down)
    assert QApplication.focusWidget() is not first and choice.choice.name == "Good"
    tap(Key.Key_Up)
    assert choice.choice.name == "Rough"
    tab_to("Create the clip")
    when_asked(ConsentSheet, agree)
    tap(Key.Key_Space)
    back_in(qtbot, window)
    project = window.document.project
    assert project is not None and (project.consent or "").startswith("Ada agreed on ")
    qtbot.waitUntil(lambda: page.training.isVisible() and window.making.step == "train")
    names = lambda: {one.accessibleName() for one in page.training.findChildren(QPushButton) if one.isEnabled()}  # noqa: E731
    qtbot.waitUntil(lambda: "Good enough, render now" in names())
    tab_to("Good enough, render now")
    tap(Key.Key_Space)


def _cards(window: Window) -> list[QWidget]:
    from ui.side.create import ChoiceCard

    return window.findChildren(ChoiceCard)


def play(qtbot: QtBot, window: Window) -> None:
    """J K L, a step, the ends."""
    player = window.page.bench.player  # type: ignore[union-attr]
    tap(Key.Key_K)
    assert not player.playing
    qtbot.waitUntil(lambda: player.fps > 0 and player.duration > 0)
    tap(Key.Key_Home)
    tap(Key.Key_L, times=2)
    assert player.playing and player.rate == 2
    tap(Key.Key_K)
    tap(Key.Key_J)
    assert player.playing and player.rate == -1
    tap(Key.Key_K)
    tap(Key.Key_Home)
    qtbot.waitUntil(lambda: player.time == 0)
    tap(Key.Key_Right, times=3)
    assert player.time == pytest.approx(3 / player.fps, abs=1e-3)
    tap(Key.Key_Space)
    assert player.playing
    tap(Key.Key_Space)
    assert not player.playing


def mark(qtbot: QtBot, window: Window) -> None:
    """In, out, the next problem; undone and done again."""
    document, player = window.document, window.page.bench.player  # type: ignore[union-attr]
    line = window.page.bench.timeline  # type: ignore[union-attr]
    qtbot.waitUntil(lambda: line.lanes[0].duration > 2.9)  # the fake engine leaves none to be read
    tap(Key.Key_Home)
    tap(Key.Key_Right, SHIFT)
    tap(Key.Key_I)
    assert document.dance is not None and document.trim(document.dance) is not None
    start = document.trim(document.dance)[0]  # type: ignore[index]
    assert start == pytest.approx(1.0, abs=0.3)
    tap(Key.Key_End)
    tap(Key.Key_Left, times=5)
    tap(Key.Key_O)
    trim = document.trim(document.dance)
    assert trim is not None and trim[0] == start and start < trim[1] < player.duration
    tap(Key.Key_Z, CTRL)
    assert document.trim(document.dance) != trim
    tap(Key.Key_Y, CTRL)
    assert document.trim(document.dance) == trim
    tap(Key.Key_N)  # there may be none; it must not hurt


def export(qtbot: QtBot, window: Window, path: Path) -> None:
    """Another preset by an arrow, another name, Ctrl+Enter, Esc."""
    tap(Key.Key_E, CTRL)
    dialog = sheet(qtbot, window, ExportDialog)
    before = dialog.preset.name
    card = dialog.cards.card(before)
    tab_to(card.accessibleName()) if QApplication.focusWidget() is not card else None
    tap(Key.Key_Right)
    tap(Key.Key_Space)
    assert dialog.preset.name != before
    tab_to("File")
    tap(Key.Key_A, CTRL)
    write(str(path))
    tap(Key.Key_Return, CTRL)
    qtbot.waitUntil(dialog.clip.isVisible)
    assert path.is_file()
    tap(Key.Key_Escape)
    assert not dialog.isVisible() and window.isVisible()


# --- the sheet of keys -----------------------------------------------------------------------------


def test_the_question_mark_shows_all_keys_and_a_changed_one_survives_a_restart(
    opened: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = opened()
    project_of(qtbot, window, puppet_clips)
    tap(Key.Key_Question)  # which keys make it is the keyboard's matter
    shown = sheet(qtbot, window, KeySheet)
    fields = {one.accessibleName(): one for one in shown.findChildren(QKeySequenceEdit)}
    labels = {one.text() for one in shown.findChildren(QLabel)}
    for action in ACTIONS:
        assert words_of(action) in labels
        assert fields[words_of(action)].keySequence() == QKeySequence(action.keys.split("; ")[0])
    field = tab_to("Skeletons on or off")
    assert shown.rect().contains(field.mapTo(shown, field.rect().center()))  # scrolled to where it is seen
    tap(Key.Key_B)
    qtbot.waitUntil(lambda: window.keys.hint("skeletons") == "B")
    tap(Key.Key_Tab)
    assert QApplication.focusWidget() is not field
    tap(Key.Key_Escape)
    assert not shown.isVisible() and window.keys.hint("play") == "Space"
    back_in(qtbot, window)
    switch_works(window)
    window.close()
    again = opened()
    tab_to("Open dance")
    tap(Key.Key_Space)
    qtbot.waitUntil(lambda: again.document.project is not None)
    switch_works(again)


def switch_works(window: Window) -> None:
    """The skeletons are switched by B, no longer by S."""
    assert window.page is not None
    switch = window.page.bench.transport.skeletons
    before = switch.isChecked()
    tap(Key.Key_S)
    assert switch.isChecked() == before
    tap(Key.Key_B)
    assert switch.isChecked() != before


# --- where the focus is ----------------------------------------------------------------------------


def test_the_focus_can_be_seen_wherever_tab_leads(
    opened: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = opened()
    all_seen(window, {"Dance", "Person", "Try it with the built-in dancers", "Before you film", "Show the keys"})
    window.welcome.dance.setFocus()
    project_of(qtbot, window, puppet_clips)
    all_seen(
        window, {"Timeline", "Play or pause", "Create the clip", "More settings", "Add more footage of this person"}
    )
    for kind, sheet_of in (
        (More, window.show_more), (KeySheet, window.show_keys), (Guide, lambda: Guide(window).open()),
        (ErrorSheet, lambda: ErrorSheet("The disk is full.", "Free 2 GB.", "details", window).open()),
        (ExportDialog, lambda: ExportDialog(window.document, window.jobs, window).open()),
    ):  # fmt: skip
        sheet_of()
        found = sheet(qtbot, window, kind)
        all_seen(found, set())
        assert isinstance(found, QDialog)
        found.reject()
        back_in(qtbot, window)
    qtbot.waitUntil(lambda: window.jobs.empty)


def all_seen(window: QWidget, names: set[str]) -> None:
    """Tab goes round; each stop has a name, and looks other than without the focus."""
    seen: dict[QWidget, Any] = {}
    for _ in range(STOPS):
        tap(Key.Key_Tab)
        at = QApplication.focusWidget()
        assert at is not None and at.isVisible()
        if at in seen:
            break
        seen[at] = at.grab().toImage()
    else:
        raise AssertionError("Tab never comes round")
    missing = names - {one.accessibleName() for one in seen}
    assert not missing
    assert [one for one in seen if not one.accessibleName()] == []
    QApplication.focusWidget().clearFocus()
    assert [one.accessibleName() for one, picture in seen.items() if one.grab().toImage() == picture] == []
