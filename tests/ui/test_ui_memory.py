"""What learning takes of the memory is said before it and while it goes on; where nothing is learned, nothing is."""

import json
import sys
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from dancetransfer import __version__
from dancetransfer.events import Notice, Started
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from ui.project.jobs import Jobs
from ui.project.machine import Machine
from ui.project_page import ProjectPage
from ui.window import Window

GB = 1_000_000_000


def known(card: str, there: float, large: float) -> None:
    costs = {"pose_seconds": 0.01, "step_seconds": 0.1, "training_bytes": 1.4 * GB}
    report = {
        "version": __version__,
        "used": {"name": card, "memory_bytes": there, "description": card},
        "memory_free_bytes": there,
        "costs": costs,
        "kinds": {"best 512": {**costs, "training_bytes": large}},
    }
    QSettings().setValue("machine", json.dumps(report))


def test_what_learning_takes_is_known_of_what_was_measured(qtbot: QtBot, dressed: Any) -> None:
    known("cpu", 8 * GB, 5 * GB)
    machine = Machine(Jobs())
    assert machine.memory(TrainSettings()) == (1.4 * GB, 8 * GB)
    assert machine.memory(TrainSettings(size=512)) == (5 * GB, 8 * GB)
    assert machine.memory(TrainSettings(size=320)) == (0, 0)


def opened(qtbot: QtBot, project: Project) -> ProjectPage:
    window = Window(*(Jobs(command=lambda _: [sys.executable, "-c", ""]) for _ in range(3)))
    qtbot.addWidget(window)
    window.open_project(project.folder)
    assert window.page is not None
    return window.page


def test_that_it_does_with_less_is_said_while_it_learns(qtbot: QtBot, dressed: Any, exact: Project) -> None:
    panel = opened(qtbot, exact).training
    words = Notice("The person is learned 208 pixels high instead of 256.", "Close other programs.")
    panel.hear(words)
    assert not panel._notice.text()  # nothing is being made
    panel.follow("train")
    for event in (words, Started("train", 300, "seconds")):
        panel.hear(event)
    assert panel._notice.text() == words.message and panel._notice.toolTip() == words.hint


def test_who_was_learned_elsewhere_is_neither_improved_nor_filmed_more(
    qtbot: QtBot, dressed: Any, exact: Project, tmp_path: Path
) -> None:
    known("cpu", 8 * GB, 5 * GB)
    (tmp_path / "Ann.dancer").write_bytes(b"")
    exact.set_portable(tmp_path / "Ann.dancer", 1)
    exact.save()
    side = opened(qtbot, exact).side
    for again, word in ((False, "Create"), (True, "Make it again")):
        side.choice.set_again(again)
        assert side.choice.button.text() == word and not any(card.isVisibleTo(side) for card in side.choice._cards)
    assert "memory" not in side.choice._note.text() and "about 1 min" in side.choice._note.text()
    assert not side.person._plus.isVisibleTo(side) and side.dance._plus.isVisibleTo(side)


def test_it_is_said_before_create(qtbot: QtBot, dressed: Any, exact: Project) -> None:
    for card, there, large, words in (("cuda", 8 * GB, 5 * GB, "5.0 GB of memory, of 8.0 GB"),
                                      ("cuda", 4 * GB, 5 * GB, "1.4 GB of memory, of 4.0 GB"),
                                      ("cpu", 1 * GB, 5 * GB, "do with less")):  # fmt: skip
        known(card, there, large)
        window = Window(*(Jobs(command=lambda _: [sys.executable, "-c", ""]) for _ in range(3)))
        qtbot.addWidget(window)
        window.open_project(exact.folder)
        assert window.page is not None
        panel = window.page.side.choice
        panel._cards[-1].click()
        assert words in panel._note.text(), panel._note.text()
        window.close()
