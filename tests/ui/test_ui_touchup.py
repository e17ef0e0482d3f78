"""Touching up: joints are dragged, limbs hidden, sides exchanged, over one frame or several, and taken back."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from dancetransfer.pose.edits import apply, read
from dancetransfer.pose.names import JOINT
from dancetransfer.pose.poses import Poses, absent
from dancetransfer.project import Project
from ui.project.document import Document
from ui.viewer.touchup import TouchUp
from ui.viewer.touchup_bar import TouchUpBar
from ui.viewer.viewer import Viewer

LEFT = Qt.MouseButton.LeftButton
SIZE = (320, 180)
TOUCHED = 12
"""The frame that the tests work on, at 25 frames a second."""


def track(frames: int = 40) -> Poses:
    """Somebody who stands still with the joints well apart; the right wrist is not found in the middle."""
    poses = absent(np.arange(frames) / 25, SIZE)
    xy, confidence = poses.xy.copy(), poses.confidence.copy()
    for joint in range(23):
        xy[:, joint] = 40 + 30 * (joint % 8), 30 + 50 * (joint // 8)
    confidence[:, :23] = 1
    confidence[8:20, JOINT["right_wrist"]] = 0
    return poses.with_xy(xy, confidence)


class Bench:
    """A project with one dance, opened in a document, on a viewer, in the mode."""

    def __init__(self, qtbot, tmp_path) -> None:
        project = Project.create(tmp_path / "my.dance")
        (tmp_path / "dance.mp4").write_bytes(b"a dance")
        dance = project.add_dance(tmp_path / "dance.mp4")
        project.save()
        self.folder = project.dance_folder(dance)
        self.folder.mkdir(parents=True)
        self.found = track()
        self.found.save(self.folder / "cleaned.npz")
        self.document = Document()
        self.document.open(project.folder)
        self.viewer = Viewer()
        qtbot.addWidget(self.viewer)
        self.viewer.resize(640, 360)
        self.viewer.set_view("overlay", ["dance"])
        self.show(TOUCHED)
        self.viewer.show()
        self.touchup = TouchUp(self.viewer, self.document)

    def show(self, frame: int) -> None:
        image = QImage(*SIZE, QImage.Format.Format_RGB32)
        image.fill(0)
        self.viewer.set_frames({"dance": image}, frame / 25)

    def edits(self) -> list:
        return read(self.document.project.edits(self.folder))

    def now(self) -> Poses:
        """What the engine will make of it."""
        return apply(self.found, self.edits())

    def on_screen(self, x: float, y: float) -> QPoint:
        return self.viewer.placed("dance").map(QPointF(x, y)).toPoint()

    def drag(self, joint: str, to: tuple[float, float], let_go: bool = True) -> None:
        place = self.touchup.poses.xy[TOUCHED, JOINT[joint]]
        start, stop = self.on_screen(*map(float, place)), self.on_screen(*to)
        QTest.mousePress(self.viewer, LEFT, pos=start)
        QTest.mouseMove(self.viewer, (start + stop) / 2)
        QTest.mouseMove(self.viewer, stop)
        if let_go:
            QTest.mouseRelease(self.viewer, LEFT, pos=stop)


@pytest.fixture
def bench(qtbot, dressed, tmp_path) -> Bench:
    made = Bench(qtbot, tmp_path)
    assert made.touchup.begin("dance", made.folder)
    yield made
    made.document.close()


def moved(bench: Bench, joint: str) -> list[int]:
    """Frames in which a joint lies elsewhere than it was found."""
    return np.flatnonzero(np.abs(bench.now().xy - bench.found.xy)[:, JOINT[joint]].max(-1) > 0.01).tolist()


def test_a_joint_is_dragged_and_fades_to_both_sides(bench):
    bench.drag("left_elbow", (200, 150))
    assert bench.now().xy[TOUCHED, JOINT["left_elbow"]] == pytest.approx((200, 150), abs=0.6)
    assert moved(bench, "left_elbow") == list(range(8, 17))  # less than 0.2 s away
    assert moved(bench, "right_elbow") == []
    assert len(bench.edits()) == 1
    bench.document.undo_stack.undo()
    assert bench.edits() == []
    assert np.array_equal(bench.touchup.poses.xy, bench.found.xy, equal_nan=True)
    bench.document.undo_stack.redo()
    assert moved(bench, "left_elbow") == list(range(8, 17))


def test_what_is_dragged_is_seen_before_it_is_let_go(qtbot, bench):
    with qtbot.waitSignal(bench.touchup.holding):
        bench.drag("left_knee", (120, 160), let_go=False)
    qtbot.waitUntil(lambda: bool(np.abs(bench.touchup.poses.xy - bench.found.xy)[TOUCHED, JOINT["left_knee"]].any()))
    assert bench.touchup.poses.xy[TOUCHED, JOINT["left_knee"]] == pytest.approx((120, 160), abs=0.6)
    assert bench.edits() == []
    QTest.mouseRelease(bench.viewer, LEFT, pos=bench.on_screen(120, 160))
    assert len(bench.edits()) == 1


def test_dragging_again_on_the_same_frame_takes_the_place_of_the_first(bench):
    bench.drag("left_elbow", (200, 150))
    bench.drag("left_elbow", (260, 20))
    assert bench.now().xy[TOUCHED, JOINT["left_elbow"]] == pytest.approx((260, 20), abs=0.6)
    assert len(bench.edits()) == 1
    bench.document.undo_stack.undo()
    assert bench.now().xy[TOUCHED, JOINT["left_elbow"]] == pytest.approx((200, 150), abs=0.6)


def test_a_change_reaches_one_frame_or_a_part(bench):
    bench.touchup.set_reach(0, 0)
    bench.drag("nose", (60, 60))
    assert moved(bench, "nose") == [TOUCHED]
    bench.touchup.set_part(4 / 25, 30 / 25)
    bench.drag("left_hip", (60, 160))
    assert moved(bench, "left_hip") == list(range(5, 30))
    assert bench.touchup.marks() == [TOUCHED / 25]


def test_a_joint_that_was_not_found_is_offered_and_placed(bench):
    assert not bench.now().visible[TOUCHED, JOINT["right_wrist"]]
    bench.drag("right_wrist", (100, 100))
    assert bench.now().visible[TOUCHED, JOINT["right_wrist"]]
    assert bench.now().xy[TOUCHED, JOINT["right_wrist"]] == pytest.approx((100, 100), abs=0.6)


def test_a_limb_is_hidden_and_put_back(qtbot, bench):
    QTest.mouseClick(bench.viewer, LEFT, pos=bench.on_screen(*map(float, bench.found.xy[TOUCHED, JOINT["left_elbow"]])))
    assert bench.touchup.joint == "left_elbow"
    assert bench.edits() == []  # a click moves nothing
    bench.touchup.hide()
    hidden = ~bench.now().visible
    assert hidden[8:17][:, [JOINT["left_elbow"], JOINT["left_wrist"]]].all()
    assert not hidden[:, JOINT["left_shoulder"]].any()
    bench.touchup.put_back()
    assert bench.edits() == []
    bench.document.undo_stack.undo()
    assert len(bench.edits()) == 1


def test_sides_are_exchanged(bench):
    bench.touchup.swap("legs")
    knees = [JOINT["left_knee"], JOINT["right_knee"]]
    assert np.array_equal(bench.now().xy[TOUCHED, knees], bench.found.xy[TOUCHED, knees[::-1]])
    assert bench.now().xy[TOUCHED, JOINT["left_elbow"]] == pytest.approx(bench.found.xy[TOUCHED, JOINT["left_elbow"]])
    assert np.array_equal(bench.touchup.poses.xy, bench.now().xy, equal_nan=True)


def test_without_a_mouse_a_joint_is_chosen_and_pushed(qtbot, bench):
    bench.touchup.choose_next(1)
    assert bench.touchup.joint
    joint = bench.touchup.joint
    bench.touchup.choose_next(1)
    assert bench.touchup.joint != joint
    bench.touchup.choose_next(-1)
    assert bench.touchup.joint == joint
    bench.touchup.nudge(3, -2)
    bench.touchup.nudge(1, 0)
    by = bench.now().xy[TOUCHED, JOINT[joint]] - bench.found.xy[TOUCHED, JOINT[joint]]
    assert by == pytest.approx((4, -2), abs=0.02)
    assert len(bench.edits()) == 1


def test_what_is_done_is_kept_in_the_project_file(qtbot, bench):
    bench.drag("left_elbow", (200, 150))
    with qtbot.waitSignal(bench.document.saved):
        pass
    again = Project.open(bench.document.project.folder)
    assert [one.joint for one in read(again.edits(bench.folder))] == ["left_elbow"]


def test_the_background_still_moves_the_picture_and_nothing_is_edited(bench):
    bench.viewer.zoom_in()
    QTest.mousePress(bench.viewer, LEFT, pos=QPoint(620, 340))
    QTest.mouseMove(bench.viewer, QPoint(600, 330))
    QTest.mouseRelease(bench.viewer, LEFT, pos=QPoint(600, 330))
    assert bench.edits() == []
    assert bench.touchup.joint == ""


def test_the_mode_is_absent_without_poses_and_over_with_the_project(qtbot, bench, tmp_path):
    assert TouchUp.possible(bench.folder)
    assert not TouchUp.possible(tmp_path)
    with qtbot.waitSignal(bench.touchup.refused):
        assert not bench.touchup.begin("dance", tmp_path)
    with qtbot.waitSignal(bench.touchup.active):
        bench.document.close()
    bench.touchup.hide()
    assert bench.touchup.poses is None


def test_the_bar_does_what_it_says(qtbot, bench):
    bar = TouchUpBar(bench.touchup)
    qtbot.addWidget(bar)
    bar.show()
    assert not bar.hide_button.isEnabled()
    bar.reach_box.setCurrentIndex(0)  # this frame
    bench.drag("left_elbow", (200, 150))
    assert moved(bench, "left_elbow") == [TOUCHED]
    assert bar.hide_button.isEnabled()
    QTest.mouseClick(bar.put_back_button, LEFT)
    assert bench.edits() == []
    QTest.mouseClick(bar.hide_button, LEFT)
    assert [edit.joint for edit in bench.edits()] == ["left_arm"]
    bar.swap_menu.actions()[1].trigger()
    assert [edit.joint for edit in bench.edits()] == ["left_arm", "arms"]
    with qtbot.waitSignal(bench.touchup.active):
        QTest.mouseClick(bar.done_button, LEFT)
