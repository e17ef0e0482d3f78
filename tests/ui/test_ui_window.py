"""The window from two dropped videos to a clip, with an engine that takes no time; and what its process imports."""

import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from engine import living
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from dancetransfer.settings import TrainSettings
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
        return [sys.executable, str(FAKE), str(puppet_clips / "other.mp4"), *words, "--json"]

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
        qtbot.waitUntil(lambda window=window: window.jobs.empty and window.looks.empty)
        window.close()
        window.deleteLater()
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
    qtbot.waitUntil(lambda: window.document.project is not None)
    qtbot.waitUntil(lambda: window.jobs.empty)
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
    qtbot.waitUntil(lambda: page.bench.player.duration > 2.9)
    assert page.bench.viewer.mode == "side" and page.side.choice.button.isEnabled()
    agree(qtbot, window)
    qtbot.waitUntil(lambda: window.making.step == "train")
    qtbot.waitUntil(lambda: page.training.isVisible() and not page.side.choice.isVisible())
    page.training.enough.emit()
    with qtbot.waitSignal(window.making.made) as made:
        pass
    assert made.args[0].is_file() and page.side.clip.isVisible()
    qtbot.waitUntil(lambda: page.bench.player.playing and page.bench.player.time > 0.1)
    assert page.bench.viewer.names == ["result"] and page.bench.player.loop
    assert Making.unfinished() is None


def test_the_first_look_plays_while_the_person_is_learned_and_gives_way_to_the_clip(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    page, project = window.page, window.document.project
    assert page is not None and project is not None
    (project.folder / "first look").touch()
    agree(qtbot, window)
    bench = page.bench
    with qtbot.waitSignal(bench.player.frames, check_params_cb=lambda shown, _: "first" in shown):
        pass
    assert bench.isVisible() and bench.viewer.names == ["dance", "person", "first"]
    assert bench.player.playing and bench.transport.mute.isChecked()
    times: list[float] = []
    bench.player.moved.connect(times.append)
    qtbot.waitUntil(lambda: any(b < a for a, b in itertools.pairwise(times)))
    assert min(times) >= 0.39 and max(times) < 1.3  # its part, round and round
    assert window.making.step == "train"
    qtbot.mouseClick(shown_button(window, "Training"), Qt.MouseButton.LeftButton)
    assert page.training.isVisible() and not bench.player.playing and not bench.transport.mute.isChecked()
    qtbot.mouseClick(shown_button(window, "Clip"), Qt.MouseButton.LeftButton)
    assert bench.viewer.names == ["dance", "person", "first"]
    page.training.enough.emit()
    with qtbot.waitSignal(window.making.made):
        pass
    qtbot.waitUntil(lambda: bench.player.playing and bench.player.time > 0.1)
    assert bench.viewer.names == ["result"] and not bench.transport.mute.isChecked()
    page.show_part("training")
    assert page.training.sentence.startswith("Finished")


def test_what_learns_nothing_is_not_trained(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    window.document.set_settings(TrainSettings(recipe="sprites"))
    steps: list[str] = []
    window.making.begun.connect(steps.append)
    with qtbot.waitSignal(window.making.made):
        agree(qtbot, window)
    assert steps == ["render", "export"] and window.page is not None and window.page.bench.isVisible()


def shown_button(window: Window, name: str) -> QWidget:
    (found,) = [one for one in window.findChildren(QToolButton) if one.text() == name and one.isVisible()]
    return found


def test_closing_asks_stops_and_the_next_start_goes_on(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    folder = window.document.project.folder  # type: ignore[union-attr]
    agree(qtbot, window)
    qtbot.waitUntil(lambda: (folder / "person" / "runs" / "001").exists())
    assert not window.close() and window.isVisible()
    sheet = window.findChildren(ClosingSheet)[-1]
    stop = next(button for button in sheet.findChildren(QPushButton) if button.isDefault())
    qtbot.mouseClick(stop, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not window.isVisible())
    assert window.jobs.empty and Making.unfinished() == Unfinished(folder, "dance", ["train", "render", "export"])

    again = open_window()
    go_on = next(one for one in again.welcome.findChildren(QPushButton) if "interrupted" in one.accessibleName())
    assert go_on.isVisible()
    with qtbot.waitSignal(again.making.made):
        qtbot.mouseClick(go_on, Qt.MouseButton.LeftButton)
    assert again.document.project is not None and again.document.project.folder == folder


def test_it_goes_on_with_the_dance_that_was_interrupted(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    project = window.document.project
    assert project is not None and window.page is not None
    drop(window.page.side.dance, puppet_clips / "other.mp4")
    qtbot.waitUntil(lambda: len(project.dances) == 2 and window.jobs.empty)
    window.document.choose_dance("dance")
    agree(qtbot, window)
    qtbot.waitUntil(lambda: window.making.step == "train" and bool(project.runs))
    window.document.choose_dance("other")  # while the other one's clip is being made
    window.stop_and_close()
    qtbot.waitUntil(lambda: not window.isVisible())

    again = open_window()
    go_on = next(one for one in again.welcome.findChildren(QPushButton) if "interrupted" in one.accessibleName())
    with qtbot.waitSignal(again.making.made) as made:
        qtbot.mouseClick(go_on, Qt.MouseButton.LeftButton)
    assert again.document.dance is not None and again.document.dance.name == "dance"
    assert made.args[0] == project.folder / "dances" / "dance" / "exports" / "preview.mp4"
    page = again.page
    assert page is not None and page.bench.result == made.args[0] and page.side.clip.isVisible()
    again.document.choose_dance("other")
    again.making.create()
    again.document.choose_dance("dance")
    page.bench.forget_result()
    with qtbot.waitSignal(again.making.made) as made:
        pass
    assert made.args[0].parent.parent.name == "other"
    assert page.bench.result != made.args[0]  # the clip of one dance is not shown over another


def test_closing_between_two_steps_keeps_those_that_are_left(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    """The training is told to stop and ends of itself just then: nobody renders any more, but the next start does."""
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    folder = window.document.project.folder  # type: ignore[union-attr]
    (folder / "deaf").touch()
    agree(qtbot, window)
    qtbot.waitUntil(lambda: (folder / "person" / "runs" / "001" / "last.pt").exists())
    done: list[str] = []
    window.jobs.finished.connect(lambda job, outcome: done.append(f"{job.words[0]} {outcome.code.name}"))
    window.stop_and_close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert done == ["train DONE"]
    kept = Making.unfinished()
    assert kept is not None and (kept.folder, kept.steps) == (folder, ["render", "export"])
    again = open_window()
    with qtbot.waitSignal(again.making.made):
        again.go_on()
    assert Making.unfinished() is None


def test_closing_while_people_are_found_loses_no_video(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    """The first video is being looked at, the second waits: the next start takes both up."""
    window = open_window()
    folder = slow_to_look(window, qtbot, puppet_clips)
    window.stop_and_close()
    qtbot.waitUntil(lambda: not window.isVisible())
    kept = Making.unfinished()
    assert kept is not None and [words[0] for words in kept.looks] == ["add-person", "add-dance"]
    (folder / "last add-person").unlink()
    again = open_window()
    again.go_on()
    qtbot.waitUntil(lambda: again.jobs.empty and again.making.step == "")
    project = again.document.project
    assert project is not None and [one.name for one in project.dances] == ["dance"] and len(project.clips) == 1
    assert Making.unfinished() is None


def slow_to_look(window: Window, qtbot: QtBot, clips: Path) -> Path:
    """Both videos dropped; the person's takes its time. Returns the project's folder."""
    window.document.opened.connect(lambda: (window.document.project.folder / "last add-person").touch())  # type: ignore[union-attr]
    drop(window.welcome.dance, clips / "dance.mp4")
    drop(window.welcome.person, clips / "person.mp4")
    qtbot.waitUntil(lambda: window.making.step == "poses" and window.jobs.current is not None)
    return window.document.project.folder  # type: ignore[union-attr]


@pytest.mark.skipif(sys.platform != "linux", reason="lists the processes of Linux")
@pytest.mark.parametrize("command", ["add-person", "train", "render", "export"])
def test_an_engine_that_is_killed_in_any_phase_leaves_a_window_that_goes_on(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path, command: str
) -> None:
    window = open_window()
    if command == "add-person":
        folder = slow_to_look(window, qtbot, puppet_clips)
    else:
        dropped(window, qtbot, puppet_clips)
        folder = window.document.project.folder  # type: ignore[union-attr]
        (folder / f"last {command}").touch()
        (folder / "person" / "runs" / "001").mkdir(parents=True)  # which is learned at once
        agree(qtbot, window)
    qtbot.waitUntil(lambda: engine(command) > 0)
    with qtbot.waitSignal(window.making.failed):
        os.kill(engine(command), signal.SIGKILL)
    (folder / f"last {command}").unlink()
    (sheet,) = window.findChildren(ErrorSheet)
    assert window.isVisible() and "ended from outside" in sheet.report
    go_on = next(one for one in sheet.findChildren(QPushButton) if one.text() == "Go on")
    qtbot.mouseClick(go_on, Qt.MouseButton.LeftButton)
    if command == "add-person":
        qtbot.waitUntil(lambda: window.jobs.empty)
        assert len(window.document.project.clips) == len(window.document.project.dances) == 1  # type: ignore[union-attr]
    else:
        with qtbot.waitSignal(window.making.made):
            pass
    assert Making.unfinished() is None


def engine(command: str) -> int:
    """The process that does a command; 0 where none does."""
    for number in living(os.getpid()):
        try:
            words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if str(FAKE).encode() in words and command.encode() in words:
            return number
    return 0


def test_a_training_that_was_cut_off_at_its_start_is_offered_as_a_new_one(
    open_window: Callable[[], Window], qtbot: QtBot, exact: Any
) -> None:
    from PySide6.QtCore import QSettings

    run = exact.person / "runs" / "001"
    run.mkdir(parents=True)
    (run / "metrics.jsonl").write_text('{"step": 9, "seconds": 6.0}\n', encoding="utf-8")
    kept = {"project": str(exact.folder), "dance": "dance", "steps": ["train", "render", "export"]}
    QSettings().setValue("unfinished", json.dumps(kept))
    assert "learning begins anew" in offer(open_window())
    (run / "last.pt").write_bytes(b"")
    assert "Nothing is lost" in offer(open_window())


def offer(window: Window) -> str:
    """What the first page says of what was interrupted."""
    words = [one.text() for one in window.welcome.findChildren(QLabel) if one.isVisible()]
    return next(one for one in words if one.startswith("The making of"))


def test_an_error_of_the_engine_is_a_sheet_and_the_window_stays(
    open_window: Callable[[], Window], qtbot: QtBot, puppet_clips: Path
) -> None:
    window = open_window()
    dropped(window, qtbot, puppet_clips)
    folder = window.document.project.folder  # type: ignore[union-attr]
    (folder / "fail").touch()
    (folder / "person" / "runs" / "001").mkdir(parents=True)
    agree(qtbot, window)
    with qtbot.waitSignal(window.making.failed):
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
    qtbot.waitUntil(lambda: window.document.project is not None)
    assert window.document.project is not None
    assert window.document.project.folder.parent == projects_folder()


def test_a_project_opens_home_closes_it_and_it_is_among_the_recent(
    open_window: Callable[[], Window], qtbot: QtBot, exact: Any
) -> None:
    window = open_window()
    drop(window.welcome.person, exact.folder)
    qtbot.waitUntil(lambda: window.document.project is not None)
    assert window.page is not None
    bench = window.page.bench
    qtbot.waitUntil(lambda: bench.player.duration > 2.9)
    qtbot.keyClick(window, Qt.Key.Key_Right)
    qtbot.waitUntil(lambda: bench.player.time > 0.03)
    qtbot.keyClick(window, Qt.Key.Key_3)
    assert bench.viewer.mode == "wipe"
    qtbot.keyClick(window, Qt.Key.Key_I)
    dance = window.document.dance
    assert dance is not None
    qtbot.waitUntil(lambda: window.document.trim(dance) is not None)
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.document.trim(dance) is None
    qtbot.waitUntil(lambda: window.looks.empty)
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
