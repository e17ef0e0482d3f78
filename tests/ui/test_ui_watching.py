"""Watching the engine find people: their joints over the playing videos, and a strip that fills."""

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from dancetransfer.events import Progress, Started
from dancetransfer.pose.found import FoundWriter
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.part import FIRST_LOOK, note_part
from ui.arrangement import DANCE, FIRST, PERSON
from ui.keys import Keys
from ui.project.document import Document
from ui.viewer.skeleton import LEFT, RIGHT
from ui.watching import Watching
from ui.workbench import Workbench


@pytest.fixture
def bench(qtbot: QtBot, dressed: Any, puppet_clips: Path, tmp_path: Path) -> Iterator[Workbench]:
    """Two videos that were just dropped on an empty project."""
    document = Document()
    document.create(tmp_path / "x.dance")
    made = Workbench(document, Keys())
    document.changed.connect(made.refresh)
    qtbot.addWidget(made)
    made.resize(960, 720)
    made.show()
    made.watching = Watching(made, document)  # type: ignore[attr-defined]
    with qtbot.waitSignal(made.player.loaded):
        made.preview({name: str(puppet_clips / f"{name}.mp4") for name in (DANCE, PERSON)})
    yield made
    made.close_down()
    document.close()


def watching(bench: Workbench) -> Watching:
    return bench.watching  # type: ignore[attr-defined,no-any-return]


def put_in(folder: Path, video: Path) -> Path:
    """What the engine does first with the person's video: into the project. Returns its folder of results."""
    project = Project.open(folder)
    clip = project.add_clip(video)
    project.save()
    return project.clip_folder(clip)


def find(folder: Path, truth: Poses, frames: slice) -> None:
    """The joints of these frames are found."""
    (folder / "parts").mkdir(parents=True, exist_ok=True)
    with FoundWriter(folder / "parts" / "0000.found", truth.size, float(truth.time[-1]) + 0.04) as found:
        for row in zip(truth.time[frames], truth.xy[frames], truth.confidence[frames], strict=True):
            found.add(*row)


def limbs(bench: Workbench) -> int:
    """Pixels of the person's picture in the colors of a skeleton's limbs."""
    QApplication.processEvents()
    pane = bench.viewer.panes()[PERSON].toRect()
    picture = bench.viewer.grab(pane).toImage()
    wanted = [QColor(LEFT).rgb(), QColor(RIGHT).rgb()]
    return sum(picture.pixel(x, y) in wanted for x in range(picture.width()) for y in range(picture.height()))


def test_joints_and_the_strip_come_as_they_are_found(
    bench: Workbench, qtbot: QtBot, puppet_clips: Path, exact: Project, tmp_path: Path
) -> None:
    lanes = bench.timeline.lanes
    bench.refresh()
    assert [lane.name for lane in lanes] == ["dance.mp4", "person.mp4"] and not any(lane.strips for lane in lanes)
    truth = Poses.load(exact.clip_folder(exact.clips[0]) / "track.npz")
    bench.transport.skeletons.setChecked(True)
    before = limbs(bench)
    folder = put_in(tmp_path / "x.dance", puppet_clips / "person.mp4")
    watching(bench).hear(Started("poses", 75))
    known = []
    for count in (20, 40):
        find(folder, truth, slice(count))
        watching(bench).hear(Progress("poses", count, 75.0))
        qtbot.waitUntil(lambda known=known: bool(bench.timeline.lanes[1].strips) and known_share(bench) not in known)
        known.append(known_share(bench))
        assert [lane.name for lane in bench.timeline.lanes] == ["dance.mp4", "person.mp4"]
        assert limbs(bench) > before + 50
    assert known == pytest.approx([20 / len(truth), 40 / len(truth)], abs=0.02)
    assert bench.timeline.lanes[1].duration == pytest.approx(truth.time[-1] + 0.04, abs=0.05)


def known_share(bench: Workbench) -> float:
    """Of the person's time for which the strip says something."""
    lane = bench.timeline.lanes[1]
    (strip,) = lane.strips
    lasts = np.diff(np.append(strip.times, lane.duration))
    return float(lasts[np.isfinite(strip.values)].sum() / lane.duration)


def test_it_plays_without_sound_until_everybody_is_found(bench: Workbench, qtbot: QtBot) -> None:
    transport, player = bench.transport, bench.player
    watching(bench).begin()
    qtbot.waitUntil(lambda: player.playing and player.time > 0.1)
    assert transport.mute.isChecked() and transport.skeletons.isChecked() and player.loop
    watching(bench).end()
    assert not player.playing and player.time == 0.0
    assert not (transport.mute.isChecked() or transport.skeletons.isChecked() or player.loop)


def test_what_is_found_is_played_again_and_again(
    bench: Workbench, qtbot: QtBot, puppet_clips: Path, exact: Project, tmp_path: Path
) -> None:
    """The rest comes when joints are known there, so that skeletons are seen."""
    watching(bench).begin()
    folder = put_in(tmp_path / "x.dance", puppet_clips / "person.mp4")
    find(folder, Poses.load(exact.clip_folder(exact.clips[0]) / "track.npz"), slice(30))
    watching(bench).hear(Started("poses", 150))
    watching(bench).hear(Progress("poses", 30, 150.0))
    qtbot.waitUntil(lambda: bool(bench.timeline.lanes) and bool(bench.timeline.lanes[1].strips))
    player, line = bench.player, bench.timeline

    def goes_back() -> bool:
        player.seek(2.0)
        QApplication.processEvents()
        return player.time < 1.2

    qtbot.waitUntil(goes_back)
    assert player.playing
    line.seek(2.0)  # as a click does
    assert player.playing and player.time >= 2.0 and not bench.transport.mute.isChecked()


def test_a_key_takes_over(bench: Workbench, qtbot: QtBot) -> None:
    """What the user pauses or plays stays so, with its sound; the skeletons stay until all are found."""
    transport, player = bench.transport, bench.player
    watching(bench).begin()
    QTest.keyClick(bench.viewer, Qt.Key.Key_Space)
    assert not player.playing and not transport.mute.isChecked() and transport.skeletons.isChecked()
    QTest.keyClick(bench.viewer, Qt.Key.Key_Space)
    watching(bench).end()
    assert player.playing and not transport.skeletons.isChecked()


def test_who_plays_already_is_left_alone(bench: Workbench) -> None:
    bench.player.play()
    watching(bench).begin()
    watching(bench).end()
    assert bench.player.playing and not bench.transport.mute.isChecked()


def test_the_first_look_is_brought_into_sight_and_played_in_its_part(
    qtbot: QtBot, dressed: Any, puppet_clips: Path, exact: Project
) -> None:
    document = Document()
    made = Workbench(document, Keys())
    qtbot.addWidget(made)
    made.resize(960, 720)
    made.show()
    document.open(exact.folder)
    with qtbot.waitSignal(made.player.loaded):
        made.show_project()
    made.set_view("overlay")
    look = exact.dance_folder(exact.dances[0]) / FIRST_LOOK
    look.write_bytes((puppet_clips / "other.mp4").read_bytes())
    note_part(look, 1.0, 1.4)
    part = made.show_first()
    assert part == (1.0, 1.4) and made.viewer.names == [DANCE]
    watch = Watching(made, document)
    times: list[float] = []
    made.player.moved.connect(times.append)
    watch.begin_first(part)
    assert made.viewer.names == [DANCE, PERSON, FIRST] and made.transport.mute.isChecked()
    qtbot.waitUntil(lambda: any(b < a for a, b in itertools.pairwise(times)))
    assert watch.playing and min(times) >= 1.0 - 1e-3 and max(times) < 1.6
    with qtbot.waitActive(made):
        made.activateWindow()
    QTest.keyClick(made, Qt.Key.Key_Space)
    assert not watch.playing and not made.player.playing and not made.transport.mute.isChecked()
    watch.begin_first(part)
    watch.end()  # the clip is there
    assert not made.player.playing and not made.transport.loop.isChecked()
    made.close_down()
    document.close()
