"""The workbench: the clip is seen at the time of the dance that it shows, and a motion without a picture is a dance."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from bvh_files import walk
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from dancetransfer.mocap.tracks import import_track
from dancetransfer.pose.track import clean_track
from dancetransfer.project import Project
from dancetransfer.render.part import FIRST_LOOK, note_part
from dancetransfer.video.read import read_frames
from dancetransfer.video.write import Writer
from ui.arrangement import DANCE, PERSON, RESULT
from ui.arrangement import FIRST as LOOK
from ui.keys import Keys
from ui.project.document import Document
from ui.viewer.skeleton import GROUND
from ui.workbench import Workbench

FPS = 25
FIRST, LAST = 20, 45
"""Frames of the dance that the clip shows."""

Open = Callable[[Project], Workbench]


@pytest.fixture
def opened(qtbot: QtBot, dressed: Any) -> Iterator[Open]:
    """Opens a project in a workbench of its own."""
    made: list[tuple[Workbench, Document]] = []

    def open_bench(project: Project) -> Workbench:
        document = Document()
        bench = Workbench(document, Keys())
        qtbot.addWidget(bench)
        bench.resize(960, 720)
        document.changed.connect(bench.refresh)
        document.open(project.folder)
        bench.show()
        with qtbot.waitSignal(bench.player.loaded):
            bench.show_project()
        made.append((bench, document))
        return bench

    yield open_bench
    for bench, document in made:
        bench.close_down()
        document.close()


@pytest.fixture
def clip(exact: Project, puppet_clips: Path) -> Path:
    """Somebody doing a part of the dance, with the note that says which."""
    path = exact.dance_folder(exact.dances[0]) / "exports" / "preview.mp4"
    path.parent.mkdir()
    with Writer(path, (256, 256), fps=FPS) as writer:
        for frame in read_frames(puppet_clips / "other.mp4", FIRST, LAST):
            writer.write(frame.image, frame.time)
    note_part(path, FIRST / FPS, LAST / FPS)
    return path


def pictures_at(qtbot: QtBot, bench: Workbench, frame: int, fps: int = FPS) -> dict[str, QImage]:
    """What is shown at a frame of the dance."""
    shown: list[tuple[dict[str, QImage], float]] = []
    bench.player.frames.connect(lambda pictures, time: shown.append((pictures, time)))
    bench.player.seek(frame / fps)
    qtbot.waitUntil(lambda: bool(shown) and abs(shown[-1][1] - frame / fps) < 1e-3)
    return shown[-1][0]


def colors(image: QImage) -> np.ndarray:
    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    return np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.width(), 3).astype(int)


def test_the_clip_is_seen_at_its_time_whatever_the_trim_is_by_now(
    qtbot: QtBot, opened: Open, exact: Project, clip: Path, puppet_clips: Path
) -> None:
    exact.set_trim(exact.dances[0], (0.2, 2.8))  # wider than it was when the clip was made
    exact.save()
    bench = opened(exact)
    with qtbot.waitSignal(bench.player.loaded):
        bench.show_result(clip, play=False)
    truth = [frame.image.astype(int) for frame in read_frames(puppet_clips / "other.mp4")]
    for frame in (FIRST, 33, LAST - 1):
        error = [np.abs(colors(pictures_at(qtbot, bench, frame)[RESULT]) - one).mean() for one in truth]
        assert int(np.argmin(error)) == frame
        assert bench.viewer.accessibleDescription() == ""
    for frame in (FIRST - 1, LAST, 70):
        assert set(pictures_at(qtbot, bench, frame)) == {DANCE, PERSON}
        assert bench.viewer.names == [RESULT]
        assert bench.viewer.accessibleDescription() == "The clip does not show this moment"


def test_a_moment_that_the_clip_lacks_is_empty_in_every_arrangement(
    qtbot: QtBot, opened: Open, exact: Project, clip: Path
) -> None:
    bench = opened(exact)
    with qtbot.waitSignal(bench.player.loaded):
        bench.show_result(clip, play=False)
    for view in ("single", "side", "wipe", "quad"):
        bench.viewer.set_view(view, {"single": [RESULT], "quad": [DANCE, PERSON, RESULT]}.get(view, [DANCE, RESULT]))
        pictures_at(qtbot, bench, FIRST + 5)
        placed = bench.viewer.placed(RESULT)
        assert placed is not None
        there = placed.map(QPoint(230, 60))  # the wall behind the dancer, right of the wipe
        assert bench.viewer.grab().toImage().pixelColor(there).lightness() > 40, view
        pictures_at(qtbot, bench, 5)
        assert bench.viewer.placed(RESULT) == placed  # nothing jumps
        assert bench.viewer.grab().toImage().pixelColor(there) == QColor(GROUND), view


def test_a_motion_is_played_trimmed_and_counts_the_time(
    qtbot: QtBot, opened: Open, exact: Project, tmp_path: Path
) -> None:
    (tmp_path / "walk.bvh").write_text(walk(60))  # two seconds at 30 frames per second; the person's video has six
    dance = exact.add_dance(tmp_path / "walk.bvh")
    exact.save()
    folder = exact.dance_folder(dance)
    for stage in (import_track(dance, folder), clean_track(folder)):
        list(stage)
    bench = opened(exact)
    assert bench.player.duration == pytest.approx(2.0) and bench.player.fps == pytest.approx(30)
    qtbot.waitUntil(lambda: bool(bench.timeline.lanes) and bench.timeline.lanes[0].duration > 1.9)
    assert [round(lane.duration) for lane in bench.timeline.lanes] == [2, 6]
    bench.viewer.set_view("single", [DANCE])
    seen = []
    for frame in (10, 20):
        assert set(pictures_at(qtbot, bench, frame, 30)) == {PERSON}
        seen.append(bench.viewer.grab().toImage())
    assert seen[0] != seen[1]  # somebody walks
    with qtbot.waitActive(bench):
        bench.activateWindow()
    QTest.keyClick(bench, Qt.Key.Key_I)
    qtbot.waitUntil(lambda: bench.player.range == pytest.approx((20 / 30, 2.0)))
    bench.player.play()
    qtbot.waitUntil(lambda: not bench.player.playing)
    assert bench.player.time == pytest.approx(59 / 30)


def test_a_motion_that_is_not_read_yet_lets_the_person_be_seen(
    qtbot: QtBot, opened: Open, exact: Project, puppet_clips: Path, tmp_path: Path
) -> None:
    (tmp_path / "walk.bvh").write_text(walk(60))
    bench = opened(exact)
    told: list[str] = []
    bench.player.problem.connect(lambda _, words: told.append(words))
    with qtbot.waitSignal(bench.player.frames) as shown:
        bench.preview({"dance": str(tmp_path / "walk.bvh"), "person": str(puppet_clips / "person.mp4")})
    assert set(shown.args[0]) == {PERSON} and told == []


@pytest.fixture
def look(exact: Project, puppet_clips: Path) -> Path:
    """The first look at a part of the dance."""
    path = exact.dance_folder(exact.dances[0]) / FIRST_LOOK
    with Writer(path, (128, 128), fps=FPS) as writer:
        for frame in read_frames(puppet_clips / "other.mp4", FIRST, LAST, size=(128, 128)):
            writer.write(frame.image, frame.time)
    note_part(path, FIRST / FPS, LAST / FPS)
    return path


def test_the_first_look_is_seen_beside_dance_and_person_at_its_time(
    qtbot: QtBot, opened: Open, exact: Project, look: Path, puppet_clips: Path
) -> None:
    bench = opened(exact)  # a project in which nothing is learned yet
    assert (bench.viewer.mode, bench.viewer.names) == ("side", [DANCE, PERSON, LOOK])
    truth = [frame.image.astype(int) for frame in read_frames(puppet_clips / "other.mp4", size=(128, 128))]
    for frame in (FIRST, 33, LAST - 1):
        error = [np.abs(colors(pictures_at(qtbot, bench, frame)[LOOK]) - one).mean() for one in truth]
        assert int(np.argmin(error)) == frame
    for frame in (FIRST - 1, LAST):
        assert set(pictures_at(qtbot, bench, frame)) == {DANCE, PERSON}
        assert bench.viewer.accessibleDescription() == "The clip does not show this moment"
    for view, names in (("wipe", [DANCE, LOOK]), ("single", [LOOK]), ("overlay", [DANCE])):
        bench.set_view(view)
        assert bench.viewer.names == names
    bench.set_view("quad")
    assert bench.viewer.names == [DANCE, "skeleton", PERSON, LOOK]


def test_the_clip_takes_the_place_of_the_first_look(
    qtbot: QtBot, opened: Open, exact: Project, look: Path, clip: Path
) -> None:
    bench = opened(exact)
    with qtbot.waitSignal(bench.player.loaded):
        bench.show_result(clip, play=False)
    assert bench.viewer.names == [RESULT] and bench.show_first() is None
    assert set(pictures_at(qtbot, bench, 30)) == {DANCE, PERSON, RESULT}
    bench.set_view("side")
    assert bench.viewer.names == [DANCE, RESULT]
    bench.forget_result()
    qtbot.waitUntil(lambda: bench.viewer.names == [DANCE, PERSON, LOOK])


def test_a_first_look_that_is_not_whole_is_none(opened: Open, exact: Project, look: Path) -> None:
    look.write_bytes(look.read_bytes()[:-1])  # its note is about another file
    bench = opened(exact)
    assert bench.viewer.names == [DANCE, PERSON] and bench.show_first() is None


def test_the_first_look_joins_what_is_played(qtbot: QtBot, opened: Open, exact: Project, look: Path) -> None:
    away = look.rename(look.with_suffix(".away"))
    bench = opened(exact)
    assert bench.viewer.names == [DANCE, PERSON]
    bench.player.play()
    qtbot.waitUntil(lambda: bench.player.time > 0.1)
    away.rename(look)
    assert bench.show_first() == pytest.approx((FIRST / FPS, LAST / FPS))
    assert bench.viewer.names == [DANCE, PERSON, LOOK]
    shown: list[set[str]] = []
    bench.player.frames.connect(lambda pictures, _: shown.append(set(pictures)))
    qtbot.waitUntil(lambda: {DANCE, PERSON, LOOK} in shown)
    assert bench.player.playing
    bench.expect_first(True)  # it is about to be made anew
    assert bench.viewer.names == [DANCE, PERSON]
