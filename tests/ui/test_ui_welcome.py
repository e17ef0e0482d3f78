"""The first page and the choice of time: what is dropped and pressed is told, what is known is shown."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings, choose
from ui.project import recent
from ui.project.jobs import Jobs
from ui.project.machine import Footage, Machine, chip_words, minutes_of
from ui.side.create import ChoiceCard, CreatePanel, choices, minutes_words
from ui.welcome.welcome import Welcome

COSTS = {"pose_seconds": 0.014, "step_seconds": 1.0, "render_seconds": 0.05, "export_seconds": 0.02}
FOOTAGE = Footage(dance=600, person=1200)


def press(qtbot: QtBot, page: Welcome, words: str) -> None:
    button = next(one for one in page.findChildren(QPushButton) if words in one.accessibleName())
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_several_files_find_their_areas_and_a_motion_is_never_the_person(qtbot: QtBot, dressed: Any) -> None:
    page, told = Welcome(), list[tuple[str, list[str]]]()
    qtbot.addWidget(page)
    page.dance_dropped.connect(lambda files: told.append(("dance", files)))
    page.person_dropped.connect(lambda files: told.append(("person", files)))
    page.dance.dropped.emit(["a.mp4", "b.mp4", "c.mp4"])
    assert told == [("dance", ["a.mp4"]), ("person", ["b.mp4", "c.mp4"])]
    told.clear()
    page.person.dropped.emit(["moves.bvh", "me.mp4"])
    assert told == [("dance", ["moves.bvh"]), ("person", ["me.mp4"])]


def test_an_area_says_what_it_holds_to_eyes_and_screen_readers(qtbot: QtBot, dressed: Any) -> None:
    page = Welcome()
    qtbot.addWidget(page)
    page.resize(1280, 750)
    empty = page.dance.grab().toImage()
    page.dance.set_files(["/x/hip-hop.mp4"])
    picture = QImage(160, 90, QImage.Format.Format_RGB32)
    picture.fill(Qt.GlobalColor.red)
    page.dance.set_picture(picture)
    page.dance.set_verdict("camera moves", "warn")
    assert page.dance.grab().toImage() != empty
    assert "hip-hop.mp4" in page.dance.accessibleName() and page.dance.accessibleDescription() == "camera moves"


def test_recent_projects_guide_machine_and_what_was_interrupted(qtbot: QtBot, dressed: Any, tmp_path: Path) -> None:
    folder = Project.create(tmp_path / "waltz.dance").folder
    recent.remember(folder)
    page = Welcome()
    qtbot.addWidget(page)
    page.show()
    with qtbot.waitSignal(page.pictures_wanted) as wanted:
        page.refresh()
    assert wanted.args == [str(folder)]
    with qtbot.waitSignal(page.project_wanted) as opened:
        press(qtbot, page, "waltz")
    assert opened.args == [str(folder)]
    for words, signal in (
        ("built-in", page.demo_wanted), ("Before", page.guide_wanted), ("another project", page.project_wanted),
    ):  # fmt: skip
        with qtbot.waitSignal(signal):
            press(qtbot, page, words)
    page.set_unfinished("The making of waltz was interrupted.")
    with qtbot.waitSignal(page.unfinished_wanted):
        press(qtbot, page, "interrupted")


def test_the_choice_is_told_with_its_time_and_the_arrows_choose(qtbot: QtBot, dressed: Any) -> None:
    panel = CreatePanel()
    qtbot.addWidget(panel)
    with qtbot.waitExposed(panel):
        panel.show()
    panel.set_ready(False, "The videos are being looked at.")
    with qtbot.assertNotEmitted(panel.wanted):
        qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    panel.set_ready(True)
    first = panel.findChildren(ChoiceCard)[0]
    first.setFocus()
    qtbot.keyClick(first, Qt.Key.Key_Down)
    with qtbot.waitSignal(panel.wanted) as wanted:
        qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    chosen = wanted.args[0]
    assert chosen.settings(TrainSettings(size=128, steps=7)) == TrainSettings(size=128, budget=1200.0)
    assert chosen.settings(TrainSettings(), used=300.0).budget == 1500.0


def test_choices_differ_by_time_and_size_and_leave_what_was_chosen_by_hand() -> None:
    rough, good, best = choices()
    usual = TrainSettings()
    assert rough.settings(usual).budget < good.settings(usual).budget < best.settings(usual).budget
    assert [one.settings(usual, card=True).size for one in (rough, good, best)] == [256, 256, 512]
    assert best.settings(usual).size == 256
    assert rough.settings(best.settings(usual, card=True)) == rough.settings(usual)  # there and back
    by_hand = TrainSettings(recipe="edn", size=64)
    assert (best.settings(by_hand, card=True).recipe, best.settings(by_hand, card=True).size) == ("edn", 64)
    for size in (256, 512):  # those that choices bring, too, where somebody chose them
        chosen = [one.settings(choose(usual, size=size), card=True) for one in (rough, best)]
        assert all(one.size == size and one.by_hand("size") for one in chosen)
    assert not best.settings(usual, card=True).by_hand("size")  # so that it may be learned smaller


def test_each_kind_of_training_is_measured_once_and_counts(qtbot: QtBot) -> None:
    """`doctor` is told recipe and size; what it measures for them is what their minutes are made of."""
    code = (
        "import sys; from dancetransfer.events import Done, to_line; best = 'best' in sys.argv;"
        "costs = {'pose_seconds': 0.01, 'render_seconds': 0.3 if best else 0.1};"
        "print(to_line(Done('', 'w', [], {'used': {'name': 'cuda'}, 'costs': costs})))"
    )
    asked: list[list[str]] = []

    def command(words: Sequence[str]) -> list[str]:
        asked.append(list(words))
        return [sys.executable, "-c", code, *words]

    machine, usual, found = Machine(Jobs(command=command)), TrainSettings(), Footage(600, 600, found=True)
    best = choices()[2].settings(usual, card=True)
    machine.measure([usual, best])
    assert not asked and machine.minutes(best, found) == 60  # the usual one comes first
    machine.look(quick=False)
    qtbot.waitUntil(lambda: machine.measured)
    assert machine.card and machine.minutes(usual, found) == pytest.approx(6.0)
    assert machine.minutes(best, found) == pytest.approx(64.0)  # four times as many pixels
    assert machine.minutes(TrainSettings(recipe="sprites"), found) == pytest.approx(1.0)  # which learns nothing
    for _ in range(2):
        machine.measure([usual, best])
    qtbot.waitUntil(lambda: machine.minutes(best, found) == pytest.approx(63.0))
    machine.measure([usual, best])
    assert asked == [["doctor"], ["doctor", "--recipe", "best", "--size", "512"]]
    assert Machine(Jobs(command=command)).minutes(best, found) == pytest.approx(63.0)  # kept for the next start


def test_minutes_come_from_what_was_measured() -> None:
    assert minutes_of(300, 256, None, FOOTAGE) == 5
    # 18 s of poses, 30 s of drawing, 12 s of writing
    assert minutes_of(300, 256, COSTS, FOOTAGE) == pytest.approx(6.0)
    assert minutes_of(300, 256, COSTS, Footage(600, 1200, found=True)) == pytest.approx(5.7)
    assert minutes_of(300, 512, COSTS, FOOTAGE) == pytest.approx(7.5)
    assert [minutes_words(n) for n in (0.2, 6.4, 60, 70)] == [
        "about 1 min", "about 6 min", "about 1 h", "about 1 h 10 min",
    ]  # fmt: skip


def test_the_chip_names_the_machine() -> None:
    card = {"used": {"name": "cuda", "description": "RTX 3060", "memory_bytes": 12 * 2**30}}
    assert chip_words(card) == "RTX 3060, 12 GB, ready"
    assert "about" not in chip_words({"used": {"name": "cpu"}, "costs": {"pose_seconds": 0}})
    assert "min for a rough clip" in chip_words({"used": {"name": "cpu"}, "costs": COSTS})
