"""The panel of a training: what it shows of the engine's words and files, and what its buttons ask for."""

import json
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QProgressBar, QPushButton, QSlider, QToolButton, QWidget
from pytestqt.qtbot import QtBot

from dancetransfer.events import Done, Failed, Metric, Preview, Progress, Started, Stopping
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from ui.project.jobs import Ending, Jobs
from ui.training.curve import Curve
from ui.training.previews import listed, parts
from ui.training.report import ReportSheet
from ui.training.training import WAITED, TrainingPanel
from ui.viewer.viewer import Viewer

PARTS = "dance=20 skeleton=40 result=40 real=30 again=30"


class Opened:
    """A document as far as the panel looks."""

    def __init__(self, project: Project | None) -> None:
        self.project = project


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project whose training is planned for five minutes; nothing is learned yet."""
    made = Project.create(tmp_path / "x.dance")
    made.set_settings(TrainSettings(budget=300.0))
    made.save()
    return made


def run_of(project: Project) -> Path:
    folder = project.person / "runs" / "001"
    (folder / "previews").mkdir(parents=True, exist_ok=True)
    return folder


def preview(run: Path, step: int, words: str = PARTS) -> Preview:
    """A picture whose result is as red as the step says."""
    image = QImage(160, 40, QImage.Format.Format_RGB32)
    image.fill(QColor(min(255, step), 0, 0))
    image.setText("parts", words)
    assert image.save(str(run / "previews" / f"{step:06d}.jpg"), "JPG", 95)
    return Preview("train", str(run / "previews" / f"{step:06d}.jpg"), step)


def metric(run: Path, step: int, seconds: float, score: float | None = None) -> Metric:
    row = {"step": step, "seconds": seconds, "pixel": 1.0} if score is None else {"step": step, "seconds": seconds}
    with (run / "metrics.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps(row if score is None else {**row, "score": score}) + "\n")
    return Metric("train", "score", score or 0.0, step)


@pytest.fixture
def panel(qtbot: QtBot, dressed: Any) -> TrainingPanel:
    made = TrainingPanel()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


@pytest.fixture
def running(panel: TrainingPanel, project: Project) -> TrainingPanel:
    """A panel in the middle of a training: pictures at 0, 20, 60 and 100 s, scores that rise."""
    panel.begin(Opened(project))
    panel.hear(Started("train", 300.0, "seconds"))
    run = run_of(project)
    for name in ("best.safetensors", "last.pt"):
        (run / name).write_bytes(b"")
    panel.hear(preview(run, 0))
    for seconds in range(10, 101, 10):
        panel.hear(metric(run, seconds * 2, seconds, 15 + seconds / 20))
        panel.hear(Progress("train", seconds, 300.0))
        if seconds in (20, 60, 100):
            panel.hear(preview(run, seconds * 2))
    return panel


def button(panel: QWidget, name: str) -> QPushButton | QToolButton:
    found = [one for kind in (QPushButton, QToolButton) for one in panel.findChildren(kind) if one.text() == name]
    assert len(found) == 1, name
    return found[0]


def click(panel: QWidget, name: str) -> None:
    QTest.mouseClick(button(panel, name), Qt.MouseButton.LeftButton)


def visible(panel: QWidget) -> set[str]:
    return {one.text() for one in panel.findChildren(QPushButton) if one.isVisible()}


def viewer(panel: QWidget) -> Viewer:
    return panel.findChild(Viewer)


def redness(panel: QWidget, name: str) -> int:
    """How red the middle of a shown picture is on the screen."""
    QApplication.processEvents()
    pane = viewer(panel).panes()[name]
    middle = pane.center()
    if viewer(panel).mode == "wipe":  # the handle lies in the middle
        middle.setX(pane.center().x() + (12 if name == "real" else -12))
        middle.setY(pane.center().y() + 120)
    return viewer(panel).grab().toImage().pixelColor(middle.toPoint()).red()


def test_an_empty_project_says_so_and_offers_nothing(panel: TrainingPanel, project: Project) -> None:
    panel.begin(Opened(project))
    assert panel.sentence == "Nothing learned yet" and visible(panel) <= {"Newest"}
    panel.begin(Opened(None))
    assert panel.sentence == "Nothing learned yet"


def test_the_newest_picture_is_shown_as_it_comes(running: TrainingPanel, project: Project) -> None:
    assert viewer(running).mode == "side" and viewer(running).names == ["dance", "skeleton", "result"]
    assert redness(running, "result") == pytest.approx(200, abs=4)
    running.hear(preview(run_of(project), 240))
    assert redness(running, "result") == pytest.approx(240, abs=4)
    assert running.sentence == "Still improving, about 3 min more"


def test_the_slider_goes_back_in_time_and_end_forward_again(running: TrainingPanel, project: Project) -> None:
    slider = running.findChild(QSlider)
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert redness(running, "result") == pytest.approx(120, abs=4)
    assert slider.accessibleDescription() == "after 1:00, step 120"
    running.hear(preview(run_of(project), 240))  # a new one does not pull the old one away
    assert redness(running, "result") == pytest.approx(120, abs=4)
    QTest.keyClick(slider, Qt.Key.Key_Home)
    assert redness(running, "result") == pytest.approx(0, abs=4)
    click(running, "Newest")
    assert redness(running, "result") == pytest.approx(240, abs=4)


def test_a_point_of_the_curve_leads_to_its_picture(running: TrainingPanel) -> None:
    curve = running.findChild(Curve)
    at = QPoint(round(curve.x_of(22.0)), curve.height() // 2)
    QTest.mouseClick(curve, Qt.MouseButton.LeftButton, pos=at)
    assert redness(running, "result") == pytest.approx(40, abs=4)
    assert "the best 20.0 dB after 1:40" in curve.accessibleDescription()


def test_a_wipe_lies_between_two_pictures_or_beside_the_truth(running: TrainingPanel) -> None:
    running.findChild(QSlider).setValue(1)
    click(running, "Wipe")
    assert viewer(running).mode == "wipe" and viewer(running).names == ["again", "real"]
    other = running.findChild(QComboBox)
    assert other.currentText() == "The real, held-out frame"
    assert viewer(running).size_of("real").width() == 30
    other.setFocus()
    QTest.keyClick(other, Qt.Key.Key_Down)
    assert other.currentText() == "The newest picture" and viewer(running).size_of("real").width() == 40
    assert (redness(running, "again"), redness(running, "real")) == (
        pytest.approx(40, abs=4),
        pytest.approx(200, abs=4),
    )
    QTest.keyClick(other, Qt.Key.Key_End)
    QTest.keyClick(other, Qt.Key.Key_Up)
    assert other.currentText() == "The picture at 1:00"
    assert redness(running, "real") == pytest.approx(120, abs=4)


def test_damaged_pictures_and_those_of_earlier_versions_are_survived(running: TrainingPanel, project: Project) -> None:
    run = run_of(project)
    (run / "previews" / "000230.jpg").write_bytes(b"\xff\xd8 no picture")
    (run / "previews" / "notes.jpg").write_bytes(b"")
    running.hear(preview(run, 250, "dance=1000 result=2000"))
    assert [one.step for one in listed(run)] == [0, 40, 120, 200, 230, 250]
    assert viewer(running).names == ["result"] and viewer(running).size_of("result").width() == 160
    running.findChild(QSlider).setValue(4)
    assert parts(run / "previews" / "000230.jpg") == {} and "damaged" in viewer(running).accessibleDescription()


def test_the_buttons_ask_and_show_that_they_were_heard(running: TrainingPanel, qtbot: QtBot) -> None:
    assert visible(running) == {"Newest", "Pause", "Good enough, render now"}
    with qtbot.waitSignal(running.paused):
        click(running, "Pause")
    assert running.sentence.startswith("Stopping") and not button(running, "Pause").isEnabled()
    running.hear(Stopping(5.0))
    running.ended()
    assert running.sentence == "Paused: what was learned is kept"
    assert visible(running) == {"Newest", "Go on", "More time", "Good enough, render now"}
    with qtbot.waitSignal(running.more) as asked:
        click(running, "Go on")
    assert asked.args == [0.0]
    menu = button(running, "More time").menu()
    with qtbot.waitSignal(running.more) as asked:
        menu.actions()[0].trigger()
    assert asked.args == [300.0] and menu.actions()[0].text() == "5 minutes more"
    assert [one.text() for one in menu.actions()] == [
        "5 minutes more", "15 minutes more", "1 hour more", "4 hours more",
    ]  # fmt: skip
    with qtbot.waitSignal(running.enough):
        click(running, "Good enough, render now")


def test_enough_waits_for_the_first_generator(panel: TrainingPanel, project: Project) -> None:
    panel.begin(Opened(project))
    panel.hear(Started("train", 300.0, "seconds"))
    panel.hear(preview(run_of(project), 0))
    assert not button(panel, "Good enough, render now").isEnabled()
    (run_of(project) / "best.safetensors").write_bytes(b"")
    panel.hear(metric(run_of(project), 5, 10.0, 15.0))
    assert button(panel, "Good enough, render now").isEnabled()


def test_the_end_says_whether_more_would_help(running: TrainingPanel) -> None:
    running.hear(Done("train", "", []))
    assert running.sentence.startswith("Learned. About") and "Go on" not in visible(running)
    running.hear(Started("render", 100))  # what comes after is none of the panel's business
    assert running.sentence.startswith("Learned. About") and "Render" in visible(running)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('{"budget": 300}', "Learned."),
        ('{"steps": 200}', "Learned."),
        ('{"budget": 100}', "Paused"),  # more time was planned after it
        ('{"budget"', "Paused"),
        ("[]", "Paused"),
    ],
)
def test_a_training_of_another_day_is_known_again(
    running: TrainingPanel, project: Project, content: str, words: str
) -> None:
    (run_of(project) / "finished.json").write_text(content, encoding="utf-8")
    running.begin(Opened(None))
    running.begin(Opened(project))
    assert running.sentence.startswith(words) and redness(running, "result") == pytest.approx(200, abs=4)


def test_a_failure_leaves_what_was_learned(running: TrainingPanel) -> None:
    running.hear(Failed("The disk is full.", "Make room."))
    assert running.sentence == "Paused: what was learned is kept" and "Go on" in visible(running)


def test_what_comes_after_the_training_is_called_by_its_name(running: TrainingPanel) -> None:
    """ "Good enough" is followed by rendering and writing, not by a pause."""
    running.follow("train")
    click(running, "Good enough, render now")
    assert running.sentence.startswith("Stopping")
    running.follow("render")
    running.ended()  # of the process that learned
    assert running.sentence == "Learned enough: the clip is being made" and visible(running) == {"Newest", "Pause"}
    running.hear(Started("fit", 75, "frames", "Fitting"))
    running.hear(Progress("render", 30, 120.0, 42.0))
    assert running.findChild(QProgressBar).value() == 250 and "about 40 s more" in words(running)
    running.follow("export")
    running.ended()
    assert running.sentence == "The clip is being written" and running.findChild(QProgressBar).value() == 0
    running.follow("")
    assert running.sentence == "Paused: what was learned is kept"


def test_with_the_clip_there_it_is_finished_and_no_pause(running: TrainingPanel) -> None:
    """Its time was not used up, but it was good enough."""
    running.follow("export")
    running.ended()
    running.follow("", made=True)
    assert running.sentence == "Finished: your clip is made, and what was learned is kept"
    assert visible(running) == {"Newest", "Go on", "More time", "Render"}
    running.hear(Started("train", 300.0, "seconds"))  # to make it better still, and then Pause
    running.follow("train")
    running.ended()
    running.follow("")
    assert running.sentence == "Paused: what was learned is kept"


def test_what_comes_before_the_training_is_no_pause_either(panel: TrainingPanel, project: Project) -> None:
    panel.begin(Opened(project))
    panel.follow("train")
    panel.hear(Started("crops", 75, "frames"))
    assert panel.sentence == "Getting ready to learn" and visible(panel) == {"Newest", "Pause"}
    panel.hear(Started("train", 300.0, "seconds"))
    assert panel.sentence == "Learning begins" or panel.sentence.startswith("Learning")
    panel.hear(Done("train", "", []))
    panel.hear(Started("score", 10, "frames"))
    assert panel.sentence == "Learned. A last look at how good it is"


def test_a_try_without_a_checkpoint_begins_anew_and_says_so(running: TrainingPanel, project: Project) -> None:
    run = run_of(project)
    (run / "last.pt").unlink()
    running.ended()
    assert running.sentence == "Cut off before anything was kept: the learning begins anew"
    assert "Begin anew" in visible(running) and "Go on" not in visible(running)
    running.hear(Started("train", 300.0, "seconds"))
    assert running.sentence == "Learning begins anew: the last try was cut off before anything was kept"
    running.hear(preview(run, 3))
    assert redness(running, "result") == pytest.approx(3, abs=4)  # not the last picture of the try that is lost
    running.hear(metric(run, 5, 1.0))
    (run / "last.pt").write_bytes(b"")
    running.hear(Progress("train", 11.0, 300.0))
    assert running.sentence == "Learning, about 5 min more"


def test_the_report_opens_where_there_is_one(running: TrainingPanel, project: Project, qtbot: QtBot) -> None:
    sheet = run_of(project) / "report.jpg"
    running.hear(Done("train", "", []))
    assert "How good is it?" not in visible(running)
    picture = QImage(400, 300, QImage.Format.Format_RGB32)
    picture.fill(QColor(10, 200, 30))
    assert picture.save(str(sheet), "JPG", 95)
    running.ended()
    click(running, "How good is it?")
    (opened,) = running.findChildren(ReportSheet)
    assert opened.isVisible() and opened.viewer.size_of("report.jpg").width() == 400
    middle = opened.viewer.rect().center()
    assert opened.viewer.grab().toImage().pixelColor(middle).green() == pytest.approx(200, abs=4)
    with qtbot.waitSignal(opened.viewer.looked):
        click(opened, "Zoom in")
    QTest.keyClick(opened, Qt.Key.Key_Escape)
    assert not opened.isVisible()
    running.hear(Started("train", 600.0, "seconds"))  # it goes on: the report is of what was
    assert "How good is it?" not in visible(running)


def test_parts_that_became_finer_are_named(running: TrainingPanel) -> None:
    for name, before, after in (("face", 20.0, 21.0), ("left hand", 18.0, 17.5), ("right hand", 18.0, 18.5)):
        running.hear(Metric("train", f"{name} score without refiner", before, 200))
        running.hear(Metric("train", f"{name} score with refiner", after, 200))
    running.hear(Metric("train", "tail score", 1.0, 200))
    assert words(running).endswith("made finer: face, right hand")


def test_a_card_that_waits_for_pictures_is_told_of(running: TrainingPanel) -> None:
    running.hear(Metric("train", WAITED, 0.123, 200))
    assert words(running).endswith(", graphics card waiting 12 %")
    running.hear(Started("train", 600.0, "seconds"))  # anew, maybe on another device
    assert "graphics card" not in words(running)


def words(panel: QWidget) -> str:
    """What stands below the sentence."""
    return next(one.text() for one in panel.findChildren(QLabel) if one.property("role") == "dim" and one.text())


def test_every_control_has_a_name_and_can_be_reached(running: TrainingPanel) -> None:
    click(running, "Wipe")
    controls = [*running.findChildren(QPushButton), *running.findChildren(QToolButton)]
    controls += [*running.findChildren(QSlider), *running.findChildren(QComboBox)]
    for one in (one for one in controls if one.isVisible()):
        assert one.accessibleName() and one.toolTip(), one
        alone = one.group() is None if isinstance(one, QToolButton) else True  # in a group by the arrow keys
        assert one.focusPolicy() & Qt.FocusPolicy.TabFocus or not alone, one


def test_a_real_training_is_watched_from_its_first_picture_on(
    panel: TrainingPanel, finished: Path, qtbot: QtBot
) -> None:
    """Previews of the engine itself, its stop, and its going on."""
    document = Opened(Project.open(finished))
    panel.begin(document)
    assert "Learned" in panel.sentence and viewer(panel).names == ["dance", "skeleton", "result"]
    jobs = Jobs()
    jobs.event.connect(lambda job, event: panel.hear(event))
    jobs.finished.connect(lambda job, outcome: panel.ended())
    before = len(listed(document.project.runs[-1]))
    job = jobs.add(["train", finished, "--steps", 100_000, "--device", "cpu"], "train")
    panel.paused.connect(lambda: jobs.stop(job))
    qtbot.waitUntil(lambda: len(listed(document.project.runs[-1])) > before)
    qtbot.waitUntil(lambda: "Pause" in visible(panel))
    assert set(parts(listed(document.project.runs[-1])[-1].path)) == {"dance", "skeleton", "result", "real", "again"}
    with qtbot.waitSignal(jobs.finished):
        click(panel, "Pause")
    assert job.outcome is not None and job.outcome.code == Ending.STOPPED
    assert panel.sentence == "Paused: what was learned is kept"
