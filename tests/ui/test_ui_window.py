"""The window from two dropped videos to a clip, with an engine that takes no time; and what its process imports."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ui.notices import ErrorSheet
from ui.project.jobs import Jobs
from ui.project.making import Making, Unfinished, projects_folder
from ui.sheets.closing import ClosingSheet
from ui.sheets.consent import ConsentSheet
from ui.window import Window

ROOT = Path(__file__).resolve().parents[2]
FAKE = Path(__file__).with_name("fake_engine.py")


@pytest.fixture
def open_window(qtbot: QtBot, dressed: Any, puppet_clips: Path) -> Iterator[Callable[[], Window]]:
    """Opens windows whose engine is the fake one."""

    def command(words: Sequence[str]) -> list[str]:
        return [sys.executable, str(FAKE), str(puppet_clips / "truth.mp4"), *words, "--json"]

    made: list[Window] = []

    def make() -> Window:
        window = Window(*(Jobs(command=command) for _ in range(3)))
        window.resize(1280, 800)
        window.show()
        window.begin()
        made.append(window)
        return window

    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    yield make
    for window in made:
        window.jobs.kill_all()
        window.looks.kill_all()
        qtbot.waitUntil(lambda window=window: window.jobs.empty and window.looks.empty, timeout=10_000)
        window.close()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before


def drop(target: QWidget, *files: Path) -> None:
    """A drag of files that is let go over a widget."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    middle = target.rect().center()
    action, button, none = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(middle, action, mime, button, none)
    target.dragEnterEvent(enter)
    assert enter.isAccepted()
    event = QDropEvent(QPointF(middle), action, mime, button, none)
    target.dropEvent(event)
    assert event.isAccepted()


def dropped(window: Window, qtbot: QtBot, clips: Path) -> None:
    """Both videos dropped, and put into a project by the engine."""
    drop(window.welcome.dance, clips / "dance.mp4")
    drop(window.welcome.person, clips / "person.mp4")
    qtbot.waitUntil(lambda: window.document.project is not None, timeout=5000)
    qtbot.waitUntil(lambda: window.jobs.empty, timeout=20_000)
    project = window.document.project
    assert project is not None and [one.name for one in project.dances] == ["dance"] and len(project.clips) == 1


def agree(qtbot: QtBot, window: Window) -> None:
    """Press Create and answer the question for consent."""
    from PySide6.QtCore import QTimer

    def answer() -> None:
        for sheet in window.findChildren(ConsentSheet):
            sheet.reject()

    QTimer.singleShot(200, window, answer)
    assert window.page is not None
    qtbot.mouseClick(window.page.side.choice.button, Qt.MouseButton.LeftButton)


def test_two_drops_make_a_project_and_create_makes_a_clip_that_plays(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    page = window.page
    assert page is not None and page.isVisible() and "dance" in window.windowTitle()
    qtbot.waitUntil(lambda: page.bench.player.duration > 2.9, timeout=5000)
    assert page.bench.viewer.mode == "side" and page.side.choice.button.isEnabled()
    agree(qtbot, window)
    qtbot.waitUntil(lambda: window.making.step == "train", timeout=5000)
    qtbot.waitUntil(lambda: page.training.isVisible() and not page.side.choice.isVisible(), timeout=5000)
    page.training.enough.emit()
    with qtbot.waitSignal(window.making.made, timeout=20_000) as made:
        pass
    assert made.args[0].is_file() and page.side.clip.isVisible()
    qtbot.waitUntil(lambda: page.bench.player.playing and page.bench.player.time > 0.1, timeout=5000)
    assert page.bench.viewer.names == ["result"] and page.bench.player.loop
    assert Making.unfinished() is None


def test_closing_asks_stops_and_the_next_start_goes_on(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    folder = window.document.project.folder  # type: ignore[union-attr]
    agree(qtbot, window)
    qtbot.waitUntil(lambda: (folder / "person" / "runs" / "001").exists(), timeout=10_000)
    assert not window.close() and window.isVisible()
    sheet = window.findChildren(ClosingSheet)[-1]
    stop = next(button for button in sheet.findChildren(QPushButton) if button.isDefault())
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10_000)
    assert window.jobs.empty and Making.unfinished() == Unfinished(folder, "dance", ["train", "render", "export"])

    again = open_window()
    go_on = next(one for one in again.welcome.findChildren(QPushButton) if "interrupted" in one.accessibleName())
    assert go_on.isVisible()
    with qtbot.waitSignal(again.making.made, timeout=20_000):
        qtbot.mouseClick(go_on, Qt.MouseButton.LeftButton)
    assert again.document.project is not None and again.document.project.folder == folder


def test_it_goes_on_with_the_dance_that_was_interrupted(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    project = window.document.project
    assert project is not None and window.page is not None
    drop(window.page.side.dance, puppet_clips / "truth.mp4")
    qtbot.waitUntil(lambda: len(project.dances) == 2 and window.jobs.empty, timeout=20_000)
    window.document.choose_dance("dance")
    agree(qtbot, window)
    qtbot.waitUntil(lambda: window.making.step == "train" and bool(project.runs), timeout=10_000)
    window.document.choose_dance("truth")  # while the other one's clip is being made
    window.stop_and_close()
    qtbot.waitUntil(lambda: not window.isVisible(), timeout=10_000)

    again = open_window()
    go_on = next(one for one in again.welcome.findChildren(QPushButton) if "interrupted" in one.accessibleName())
    with qtbot.waitSignal(again.making.made, timeout=20_000) as made:
        qtbot.mouseClick(go_on, Qt.MouseButton.LeftButton)
    assert again.document.dance is not None and again.document.dance.name == "dance"
    assert made.args[0] == project.folder / "dances" / "dance" / "exports" / "preview.mp4"


def test_an_error_of_the_engine_is_a_sheet_and_the_window_stays(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    folder = window.document.project.folder  # type: ignore[union-attr]
    (folder / "fail").touch()
    (folder / "person" / "runs" / "001").mkdir(parents=True)
    agree(qtbot, window)
    with qtbot.waitSignal(window.making.failed, timeout=20_000):
        pass
    sheets = window.findChildren(ErrorSheet)
    assert sheets and "The rendering failed." in sheets[-1].report
    assert window.page is not None and window.page.side.choice.isVisible()


def test_a_video_is_taken_away_again_and_several_files_find_their_places(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    drop(window.welcome.dance, puppet_clips / "dance.mp4")
    assert window.welcome.dance.files and window.document.project is None
    qtbot.keyClick(window.welcome.dance, Qt.Key.Key_Delete)
    assert not window.welcome.dance.files
    drop(window.welcome, puppet_clips / "dance.mp4", puppet_clips / "person.mp4")
    qtbot.waitUntil(lambda: window.document.project is not None, timeout=5000)
    assert window.document.project is not None
    assert window.document.project.folder.parent == projects_folder()


def test_a_project_opens_home_closes_it_and_it_is_among_the_recent(
    open_window: Callable[[], Window], qtbot: QtBot, exact: Any
) -> None:
    window = open_window()
    drop(window.welcome.person, exact.folder)
    qtbot.waitUntil(lambda: window.document.project is not None, timeout=5000)
    assert window.page is not None
    bench = window.page.bench
    qtbot.waitUntil(lambda: bench.player.duration > 2.9, timeout=5000)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: bench.player.time > 0.03, timeout=5000)
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert bench.viewer.mode == "wipe"
    qtbot.keyClick(window, Qt.Key.Key_I)
    dance = window.document.dance
    assert dance is not None
    qtbot.waitUntil(lambda: window.document.trim(dance) is not None, timeout=5000)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.document.trim(dance) is None
    qtbot.waitUntil(lambda: window.looks.empty, timeout=20_000)
    window.go_home()
    assert window.document.project is None and window.welcome.isVisible()
    names = [one.accessibleName() for one in window.welcome.findChildren(QPushButton)]
    assert any(exact.folder.stem in name for name in names)


def test_the_window_imports_neither_networks_nor_detectors(tmp_path: Path) -> None:
    code = """
import json, sys
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
app = QApplication([])
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from ui.app import dress
dress(app)
from ui.window import Window
window = Window()
window.show()
app.processEvents()
first = sorted({name.split('.')[0] for name in sys.modules})
import pkgutil, importlib, ui
for module in pkgutil.walk_packages(ui.__path__, 'ui.'):
    if module.name != 'ui.__main__':
        importlib.import_module(module.name)
print(json.dumps([first, sorted({name.split('.')[0] for name in sys.modules})]))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    first, every = (set(names) for names in json.loads(done.stdout.splitlines()[-1]))
    assert not first & {"torch", "cv2", "mediapipe", "onnxruntime", "av", "scipy", "sounddevice"}
    assert not every & {"torch", "cv2", "mediapipe", "onnxruntime"}
