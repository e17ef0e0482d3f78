"""The storage panel: every file is counted once, cleaning is of what can be made again, the person is forgotten."""

from pathlib import Path

import pytest
from engine import done, stages
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from dancetransfer.project import Project
from ui.project.document import Document
from ui.project.jobs import Jobs
from ui.sheets.storage import CLEANED, FOUND, PICTURES, RENDERED, REST, TRAININGS, StoragePanel, clean, costs

pytestmark = pytest.mark.usefixtures("dressed")


def size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def by_kind(folder: Path) -> dict[str, int]:
    return {cost.kind: cost.bytes for cost in costs(Project.open(folder))}


@pytest.fixture
def panel(qtbot: QtBot, finished: Path) -> StoragePanel:
    document, jobs = Document(), Jobs()
    document.attend(jobs)
    made = StoragePanel(document, jobs)
    document.setParent(made)
    jobs.setParent(made)
    qtbot.addWidget(made)
    document.open(finished)
    made.show()
    return made


def button(panel: StoragePanel, name: str) -> QPushButton:
    found = panel.findChild(QPushButton, name)
    assert isinstance(found, QPushButton)
    return found


def test_every_file_is_counted_once_and_nothing_else_is_cleaned(finished: Path) -> None:
    kinds = by_kind(finished)
    assert sum(kinds.values()) == size(finished)
    assert all(kinds[kind] > 0 for kind in (FOUND, PICTURES, TRAININGS, RENDERED, REST))
    assert kinds[TRAININGS] == size(finished / "person" / "runs")
    for kind in (TRAININGS, REST):
        with pytest.raises(ValueError):
            clean(Project.open(finished), kind)


def test_what_is_cleaned_is_free_and_made_again(panel: StoragePanel, finished: Path, qtbot: QtBot) -> None:
    before = by_kind(finished)
    for kind in CLEANED:
        with qtbot.waitSignal(panel.cleaned) as told:
            qtbot.mouseClick(button(panel, f"clean {kind}"), Qt.MouseButton.LeftButton)
        assert told.args == [before[kind]]
        assert not button(panel, f"clean {kind}").isEnabled()
    assert by_kind(finished) == {**before, **dict.fromkeys(CLEANED, 0)}
    events = done("render", finished)
    assert {"poses", "render"} <= set(stages(events))
    after = by_kind(finished)
    assert after[RENDERED] > 0 and after[TRAININGS] == before[TRAININGS]


def test_of_a_video_that_is_gone_everything_stays(finished: Path, tmp_path: Path) -> None:
    project = Project.open(finished)
    project.exchange(project.clips[0], tmp_path / "gone.mp4", project.clips[0].fingerprint)
    before = size(project.clip_folder(project.clips[0]))
    for kind in (FOUND, PICTURES):
        clean(project, kind)
    assert size(project.clip_folder(project.clips[0])) == before
    assert not (project.dance_folder(project.dances[0]) / "poses.npz").exists()


def answer(name: str) -> None:
    """Press that button of the question that comes up."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        assert isinstance(box, QMessageBox)
        next(one for one in box.buttons() if one.text() == name).click()

    QTimer.singleShot(50, press)


def test_the_person_is_forgotten_when_that_is_meant(panel: StoragePanel, finished: Path, qtbot: QtBot) -> None:
    jobs = panel.findChild(Jobs)
    assert isinstance(jobs, Jobs)
    before = size(finished)
    answer("Keep")
    qtbot.mouseClick(button(panel, "forget"), Qt.MouseButton.LeftButton)
    assert jobs.empty and size(finished) == before
    answer("Forget")
    with qtbot.waitSignal(jobs.emptied):
        qtbot.mouseClick(button(panel, "forget"), Qt.MouseButton.LeftButton)
        assert not button(panel, "forget").isEnabled()
    assert not (finished / "person").exists() and by_kind(finished)[TRAININGS] == 0
    assert not button(panel, "forget").isEnabled()


def test_without_a_project_nothing_can_be_pressed(panel: StoragePanel) -> None:
    document = panel.findChild(Document)
    assert isinstance(document, Document)
    document.close()
    assert not any(one.isEnabled() for one in panel.findChildren(QPushButton))
    assert "No project is open" in [one.text() for one in panel.findChildren(QLabel)]
