"""What learning takes of the memory is said before Create, and larger pictures are not begun where they don't fit."""

import json
import sys
from typing import Any

from PySide6.QtCore import QSettings
from pytestqt.qtbot import QtBot

from dancetransfer import __version__
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from ui.project.jobs import Jobs
from ui.project.machine import Machine
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
