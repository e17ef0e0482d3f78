"""The whole way through the window with the real engine: from two dropped videos to a file that is dragged out."""

import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from engine import living, strays
from PySide6.QtCore import QMimeData, QPoint, QPointF, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag, QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QComboBox,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from dancetransfer import __version__
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from dancetransfer.video.disclosure import SOURCE_TYPE, read_mark
from dancetransfer.video.read import probe, read_frames
from dancetransfer.video.sound import read_audio
from ui.export.dialog import ExportDialog
from ui.notices import ErrorSheet
from ui.project.making import Making, Unfinished
from ui.sheets.closing import ClosingSheet
from ui.sheets.consent import ConsentSheet
from ui.sheets.more import More
from ui.sheets.options import Form
from ui.window import Window

LEFT = Qt.MouseButton.LeftButton


class Speaker:
    """An audio device that plays in real time into nothing; it takes ten seconds of sound at once."""

    latency, delay = 0.05, 0.05

    def __init__(self, callback: Callable[..., None], samplerate: int, **_: Any) -> None:
        self._callback, self.rate = callback, samplerate
        self.active = False
        self.handed = np.empty((0, 2), np.int16)

    @property
    def time(self) -> float:
        return time.perf_counter()

    @property
    def heard(self) -> float:
        """Seconds of `handed` that have left the loudspeaker."""
        return max(0.0, self.time - self._first)

    def start(self) -> None:
        self.active, self._first = True, self.time + self.delay
        out = bytearray(4 * 10 * self.rate)
        self._callback(memoryview(out), 10 * self.rate, SimpleNamespace(outputBufferDacTime=self._first), None)
        self.handed = np.frombuffer(bytes(out), "<i2").reshape(-1, 2)

    def abort(self) -> None:
        self.active = False

    close = abort


class Machine:
    """What this machine has to hear with: nothing, until somebody connects a loudspeaker."""

    class PortAudioError(Exception):
        pass

    def __init__(self) -> None:
        self.connected = False
        self.speakers: list[Speaker] = []

    def RawOutputStream(self, **how: Any) -> Speaker:
        if not self.connected:
            raise self.PortAudioError("no device")
        self.speakers.append(Speaker(**how))
        return self.speakers[-1]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    made = Machine()
    monkeypatch.setitem(sys.modules, "sounddevice", made)  # type: ignore[arg-type]
    return made


@pytest.fixture
def opened(qtbot: QtBot, dressed: Any, machine: Machine) -> Iterator[Callable[[], Window]]:
    """Opens a window as the program does; in the end none of its engines runs any more."""
    report = {"version": __version__, "used": {"name": "cpu"}}
    QSettings().setValue("machine", json.dumps(report))  # known from an earlier start, so nobody looks again
    made: list[Window] = []

    def open_window() -> Window:
        window = Window()
        made.append(window)
        window.show()
        window.begin()
        window.activateWindow()
        qtbot.waitActive(window).__enter__()
        return window

    yield open_window
    for window in made:
        for jobs in (window.jobs, window.looks):
            if not jobs.empty:
                with qtbot.waitSignal(jobs.emptied):
                    jobs.kill_all()
        window.close()
        window.deleteLater()


# --- hands and eyes -------------------------------------------------------------------------------


def shown(inside: QWidget, kind: type, name: str) -> Any:
    """The widget to be seen that a screen reader calls so."""
    found = [one for one in inside.findChildren(kind) if one.accessibleName() == name and one.isVisible()]
    assert len(found) == 1, f"{len(found)} are called {name}"
    return found[0]


def press(inside: QWidget, name: str) -> None:
    QTest.mouseClick(shown(inside, QPushButton, name), LEFT)


def sheet_of(qtbot: QtBot, inside: QWidget, kind: type) -> Any:
    """The sheet of that kind, waited for."""

    def found() -> list[Any]:
        return [one for one in inside.findChildren(kind) if one.isVisible()]

    qtbot.waitUntil(lambda: bool(found()))
    return found()[0]


def drop(area: QWidget, *files: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file)) for file in files])
    where, copy, none = area.rect().center(), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(where, copy, mime, LEFT, none)
    QApplication.sendEvent(area, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(area, QDropEvent(QPointF(where), copy, mime, LEFT, none))


def when_asked(kind: type, answer: Callable[[Any], None]) -> None:
    """Answer a sheet that is waited for, as soon as it is there."""
    timer = QTimer(QApplication.instance())

    def look() -> None:
        sheet = QApplication.activeModalWidget()
        if isinstance(sheet, kind) and sheet.isVisible():
            timer.stop()
            answer(sheet)

    timer.timeout.connect(look)
    timer.start(20)


def previews(window: Window) -> int:
    """How many pictures of the training can be looked at, on its page."""
    for tab in window.findChildren(QToolButton):
        if tab.text() == "Training" and tab.isVisible() and not tab.isChecked():
            QTest.mouseClick(tab, LEFT)
    slider = window.findChildren(QSlider)[0]
    return slider.maximum() + 1 if slider.isVisible() and slider.isEnabled() else 0


def engines(word: str) -> list[int]:
    """Processes of ours that do a command."""
    found = []
    for number in living(os.getpid()):
        try:
            words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"dancetransfer" in words and word.encode() in words:
            found.append(number)
    return found


# --- the way --------------------------------------------------------------------------------------


def test_from_two_videos_to_a_clip_that_is_dragged_out(
    qtbot: QtBot,
    opened: Callable[[], Window],
    machine: Machine,
    short_clips: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    window = opened()
    drop_both(qtbot, window, short_clips)
    make_it_tiny(qtbot, window)
    create(window)
    see_the_first_look(qtbot, window)
    if sys.platform == "linux":  # whose processes can be listed
        kill_the_engine(qtbot, window)
        press(window, "Create the clip")
    watch_and_close(qtbot, window)
    machine.connected = True
    window = opened()
    go_on(qtbot, window)
    it_plays_with_its_sound(qtbot, window, machine, short_clips / "dance.mp4")
    trim_by_keys(qtbot, window)
    export(qtbot, window, tmp_path / "my clip.mp4", monkeypatch)
    assert window.close() and not window.isVisible()  # nothing is at work: nobody is asked
    assert window.document.project is None and strays(tmp_path / "projects") == []


def drop_both(qtbot: QtBot, window: Window, videos: Path) -> None:
    """A project is made at once, and the people in both are found."""
    drop(window.welcome.dance, videos / "dance.mp4")
    assert window.welcome.dance.files == [str(videos / "dance.mp4")] and window.document.project is None
    drop(window.welcome.person, videos / "person.mp4")
    qtbot.waitUntil(lambda: window.document.project is not None)
    page, project = window.page, window.document.project
    assert page is not None and project is not None and page.isVisible() and not window.jobs.empty
    told: list[str] = []
    page.bench.told.connect(told.append)
    shown_times: list[float] = []
    page.bench.player.frames.connect(lambda _, at: shown_times.append(at))
    assert not shown(window, QPushButton, "Create the clip").isEnabled()
    qtbot.waitUntil(lambda: bool(shown_times))  # the videos are to be seen meanwhile
    qtbot.waitUntil(lambda: window.jobs.empty)
    assert [Path(one.file).name for one in (*project.clips, *project.dances)] == ["person.mp4", "dance.mp4"]
    lanes = page.bench.timeline.lanes
    qtbot.waitUntil(lambda: len(lanes) == 2 and all(lane.strips and lane.thumbs for lane in lanes))
    assert shown(window, QPushButton, "Create the clip").isEnabled()
    qtbot.waitUntil(lambda: window.looks.empty)
    qtbot.waitUntil(lambda: any("no audio device was found" in words for words in told))
    assert len([words for words in told if "audio device" in words]) == 1
    assert window.verdicts.of(str(videos / "dance.mp4")).level in ("good", "warn")


def make_it_tiny(qtbot: QtBot, window: Window) -> None:
    """The settings under More: a network that is hardly one."""
    press(window, "More settings")
    more = sheet_of(qtbot, window, More)
    form = next(one for one in more.findChildren(Form) if isinstance(one.values, TrainSettings))
    for name, value in (("size", 64), ("width", 8), ("blocks", 1)):
        field = form.field(name)
        assert isinstance(field, QSpinBox)
        field.setFocus()
        field.selectAll()
        QTest.keyClicks(field, str(value))
        QTest.keyClick(field, Qt.Key.Key_Tab)
    device = form.field("device")
    assert isinstance(device, QComboBox)
    QTest.keyClicks(device, "cpu")
    press(more, "Close")
    project = window.document.project
    assert project is not None
    made = project.settings(TrainSettings)
    assert (made.size, made.width, made.blocks, made.device) == (64, 8, 1, "cpu")


def create(window: Window) -> None:
    """One button; who agreed is asked once."""

    def agree(sheet: ConsentSheet) -> None:
        QTest.keyClicks(shown(sheet, QLineEdit, "Who agreed"), "Ada")
        press(sheet, "They agreed")

    when_asked(ConsentSheet, agree)
    press(window, "Create the clip")
    project = window.document.project
    assert project is not None and project.consent and project.consent.startswith("Ada agreed on ")
    settings = project.settings(TrainSettings)
    assert (settings.size, settings.width, settings.budget) == (64, 8, 300.0)


def see_the_first_look(qtbot: QtBot, window: Window) -> None:
    """Before anything is learned the person's own frames dance, beside the videos."""
    page = window.page
    assert page is not None
    pictures: list[dict[str, Any]] = []
    page.bench.player.frames.connect(lambda found, _: pictures.append(found))
    qtbot.waitUntil(lambda: any("first" in found for found in pictures))
    assert page.bench.isVisible() and page.bench.player.playing
    assert page.bench.viewer.names == ["dance", "person", "first"]


def kill_the_engine(qtbot: QtBot, window: Window) -> None:
    """From outside, in the middle of the training: the window lives and says what to do."""
    qtbot.waitUntil(lambda: previews(window) > 0)
    (number,) = engines("train")
    os.kill(number, signal.SIGKILL)
    sheet = sheet_of(qtbot, window, ErrorSheet)
    words = " ".join(one.text() for one in sheet.findChildren(QLabel))
    assert "Start it again: it goes on from what it has." in words and "ended from outside" in words
    assert "dancetransfer train" in sheet.report
    press(sheet, "Close")
    assert window.isVisible() and window.jobs.empty
    assert shown(window, QPushButton, "Create the clip").isEnabled()


def watch_and_close(qtbot: QtBot, window: Window) -> None:
    """Pictures get better; closing asks, stops cleanly, and leaves a training that can go on."""
    page, project = window.page, window.document.project
    assert page is not None and project is not None
    qtbot.waitUntil(lambda: previews(window) > 1)
    assert page.training.isVisible() and window.bar.line.words
    assert not window.close() and window.isVisible()
    press(sheet_of(qtbot, window, ClosingSheet), "Stop and close")
    qtbot.waitUntil(lambda: not window.isVisible())
    (run,) = project.runs
    assert (run / "last.pt").exists() and strays(project.folder) == []
    assert Making.unfinished() == Unfinished(project.folder, "dance", ["train", "render", "export"])


def go_on(qtbot: QtBot, window: Window) -> None:
    """The next start offers to go on; "good enough" makes the clip."""
    kept = Making.unfinished()
    assert kept is not None
    before = len(list(kept.folder.glob("person/runs/*/previews/*.jpg")))
    press(window, "Go on with what was interrupted")
    assert window.document.project is not None and window.document.project.folder == kept.folder

    def enough() -> bool:
        previews(window)
        found = [one for one in window.findChildren(QPushButton) if one.text() == "Good enough, render now"]
        return len(found) == 1 and found[0].isVisible() and found[0].isEnabled() and window.making.step == "train"

    qtbot.waitUntil(enough)
    assert previews(window) >= before
    press(window, "Good enough, render now")
    page = window.page
    assert page is not None
    qtbot.waitUntil(lambda: page.bench.result.is_file() and page.bench.player.playing)
    assert window.jobs.empty and Making.unfinished() is None
    assert len(Project.open(kept.folder).runs) == 1  # it went on, it did not begin anew


def it_plays_with_its_sound(qtbot: QtBot, window: Window, machine: Machine, dance: Path) -> None:
    """The clip plays round and round, and its time is that of the dance's sound that is heard."""
    page = window.page
    assert page is not None and shown(window, QPushButton, "Export the clip").isEnabled()
    player, pictures = page.bench.player, {}
    player.frames.connect(lambda found, at: pictures.update({at: found}))
    qtbot.waitUntil(lambda: bool(machine.speakers) and machine.speakers[-1].active)
    qtbot.waitUntil(lambda: len([at for at in pictures if "result" in pictures[at]]) > 5)
    assert page.bench.viewer.names == ["result"] and player.loop
    assert not pictures[max(pictures)]["result"].isNull()
    for key in (Qt.Key.Key_K, Qt.Key.Key_Home, Qt.Key.Key_Space):
        QTest.keyClick(QApplication.focusWidget(), key)
    speaker = machine.speakers[-1]
    early, at, late = speaker.heard, player.time, speaker.heard
    begun = (at - early) % player.duration, (at - late) % player.duration
    assert min(*begun, *(player.duration - one for one in begun)) < 0.02 + late - early  # it began at 0
    sound = np.concatenate(list(read_audio(dance, 48000, 2)))
    handed = speaker.handed[: len(sound)] / 32767
    assert np.abs(handed[2400:48000] - sound[2400:48000]).max() < 1e-3 and np.abs(sound).max() > 0.05


def trim_by_keys(qtbot: QtBot, window: Window) -> None:
    """In and out at the frames that are shown (Alt: not at the beat), undone and done again."""
    page, document = window.page, window.document
    assert page is not None and document.dance is not None
    player, line, key = page.bench.player, page.bench.timeline, Qt.Key
    QTest.keyClick(window, key.Key_K)
    assert not player.playing
    line.setFocus()
    steps = [(key.Key_Home, 1), (key.Key_Right, 8), (key.Key_I, 1), (key.Key_Right, 10), (key.Key_O, 1)]
    for pressed, times in steps:
        alt = Qt.KeyboardModifier.AltModifier if pressed in (key.Key_I, key.Key_O) else Qt.KeyboardModifier.NoModifier
        for _ in range(times):
            QTest.keyClick(line, pressed, alt)
    assert document.trim(document.dance) == pytest.approx((0.32, 0.72), abs=1e-3)
    count = document.undo_stack.count()
    assert count > 0 and player.range == pytest.approx((0.32, 0.72), abs=1e-3)
    for _ in range(count):
        QTest.keyClick(window, key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert document.trim(document.dance) is None
    qtbot.waitUntil(lambda: player.range == (0.0, player.duration))
    for _ in range(count):
        QTest.keyClick(window, key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert document.trim(document.dance) == pytest.approx((0.32, 0.72), abs=1e-3)
    qtbot.waitUntil(lambda: player.range == pytest.approx((0.32, 0.72), abs=1e-3))


def export(qtbot: QtBot, window: Window, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A preset through the dialog; the file holds the part, is marked, and is carried by a drag."""
    carried: list[list[QUrl]] = []
    monkeypatch.setattr(
        QDrag, "exec", lambda drag, *_: carried.append(drag.mimeData().urls()) or Qt.DropAction.CopyAction
    )
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = sheet_of(qtbot, window, ExportDialog)
    QTest.mouseClick(dialog.cards.card("small"), LEFT)
    dialog.path.setFocus()
    dialog.path.selectAll()
    QTest.keyClicks(dialog.path, str(path))
    press(dialog, "Export")
    qtbot.waitUntil(dialog.clip.isVisible)
    facts = probe(path)
    assert (facts.codec, facts.frames, bool(facts.audio)) == ("hevc", 10, True)
    assert len({frame.image.tobytes() for frame in read_frames(path)}) > 1
    assert read_mark(path)["xmp"] == SOURCE_TYPE
    pull(dialog.clip.handle)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    page = window.page
    assert page is not None and not dialog.isVisible()
    pull(page.side.clip)
    assert carried == [[QUrl.fromLocalFile(str(path))], [QUrl.fromLocalFile(str(page.bench.result))]]


def pull(widget: QWidget) -> None:
    """Press on it and move away."""
    at = QPoint(widget.width() // 2, 6)
    QTest.mousePress(widget, LEFT, pos=at)
    QTest.mouseMove(widget, at + QPoint(3 * QApplication.startDragDistance(), 0))
    QTest.mouseRelease(widget, LEFT, pos=at)
