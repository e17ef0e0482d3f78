"""The viewer: arrangements, zoom to the cursor, pan, wipe, skeletons, and which pixel lies under the mouse."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from dancetransfer.pose.poses import Poses, absent
from ui.viewer.viewer import Viewer

LEFT = Qt.MouseButton.LeftButton


def plain(color: str, size: tuple[int, int] = (320, 180)) -> QImage:
    image = QImage(*size, QImage.Format.Format_RGB32)
    image.fill(QColor(color))
    return image


def gradient(size: tuple[int, int] = (320, 180)) -> QImage:
    """Red tells the column, green the row (both modulo 256)."""
    rows, columns = np.mgrid[: size[1], : size[0]].astype(np.uint8)
    rgb = np.ascontiguousarray(np.stack([columns, rows, np.zeros_like(rows)], -1))
    return QImage(rgb.data, *size, 3 * size[0], QImage.Format.Format_RGB888).convertToFormat(QImage.Format.Format_RGB32)


def standing(size: tuple[int, int], count: int = 10) -> Poses:
    """Somebody whose joints stand in columns, moving 10 pixels a frame."""
    poses = absent(np.arange(count) / 25, size)
    width, height = size
    xy = np.full_like(poses.xy, np.nan)
    confidence = poses.confidence.copy()
    for joint in range(17):
        xy[:, joint] = (width * (0.4 if joint % 2 else 0.6), height * (0.1 + 0.05 * joint))
    xy[:, :, 0] += 10 * np.arange(count)[:, None]
    confidence[:, :17] = 1
    return poses.with_xy(xy, confidence)


@pytest.fixture
def viewer(qtbot, dressed) -> Viewer:
    made = Viewer()
    qtbot.addWidget(made)
    made.resize(640, 360)
    made.show()
    return made


def wheel(viewer: Viewer, at: QPointF, notches: int) -> None:
    event = QWheelEvent(
        at, viewer.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(viewer, event)


def color_at(viewer: Viewer, x: float, y: float) -> QColor:
    picture = viewer.grab().toImage()
    ratio = picture.devicePixelRatio()
    return picture.pixelColor(round(x * ratio), round(y * ratio))


def drag(viewer: Viewer, start: QPoint, stop: QPoint) -> None:
    QTest.mousePress(viewer, LEFT, pos=start)
    QTest.mouseMove(viewer, (start + stop) / 2)
    QTest.mouseMove(viewer, stop)
    QTest.mouseRelease(viewer, LEFT, pos=stop)


def test_a_picture_fits_and_the_place_under_the_mouse_is_in_the_videos_pixels(viewer):
    viewer.set_view("single", ["dance"])
    viewer.set_frames({"dance": gradient()}, 0)
    name, x, y = viewer.picture_at(QPointF(320, 180))
    assert (name, x, y) == ("dance", pytest.approx(159.5), pytest.approx(89.5))
    viewer.set_poses({"dance": standing((1280, 720))})  # the picture was a small copy
    assert viewer.picture_at(QPointF(320, 180)) == ("dance", pytest.approx(639.5), pytest.approx(359.5))
    viewer.resize(640, 600)
    assert viewer.picture_at(QPointF(320, 50)) is None  # above the picture


def test_the_wheel_zooms_to_the_cursor_down_to_squares_and_a_double_click_fits(viewer):
    viewer.set_view("single", ["dance"])
    viewer.set_frames({"dance": gradient()}, 0)
    at = QPointF(201, 77)
    before = viewer.picture_at(at)
    for _ in range(12):
        wheel(viewer, at, 1)
    assert viewer.zoom > 10
    after = viewer.picture_at(at)
    assert after[1:] == (pytest.approx(before[1], abs=1e-6), pytest.approx(before[2], abs=1e-6))
    color = color_at(viewer, at.x(), at.y())
    assert (color.red(), color.green()) == (round(after[1]), round(after[2]))
    wheel(viewer, at, 40)
    assert viewer.zoom * 2 <= 32.001
    QTest.mouseDClick(viewer, LEFT, pos=QPoint(5, 5))
    assert viewer.zoom == 1
    wheel(viewer, at, -3)
    assert viewer.zoom == 1
    viewer.actual_pixels()
    assert viewer.zoom == 1  # smaller than fitting it never gets
    viewer.zoom_in()
    viewer.zoom_in()
    viewer.zoom_out()
    assert viewer.zoom == pytest.approx(1.25)


def test_dragging_moves_a_zoomed_picture_and_not_out_of_sight(viewer):
    viewer.set_view("single", ["dance"])
    viewer.set_frames({"dance": gradient()}, 0)
    for _ in range(8):
        wheel(viewer, QPointF(320, 180), 1)
    _, x, y = viewer.picture_at(QPointF(300, 200))
    drag(viewer, QPoint(300, 200), QPoint(360, 170))
    assert viewer.picture_at(QPointF(360, 170)) == ("dance", pytest.approx(x), pytest.approx(y))
    for _ in range(30):
        drag(viewer, QPoint(10, 10), QPoint(600, 340))
    assert viewer.picture_at(QPointF(0, 0)) == ("dance", pytest.approx(-0.5), pytest.approx(-0.5))


def test_a_click_tells_the_picture_and_the_pixel(qtbot, viewer):
    viewer.set_view("side", ["dance", "person"])
    viewer.set_frames({"dance": plain("red"), "person": plain("blue", (200, 400))}, 0)
    with qtbot.waitSignal(viewer.clicked) as told:
        QTest.mouseClick(viewer, LEFT, pos=QPoint(570, 180))  # the narrower one has less room
    name, x, y = told.args
    assert name == "person"
    assert (x, y) == (pytest.approx(99.5, abs=4), pytest.approx(199.5, abs=1.5))


@pytest.mark.parametrize(
    ("mode", "places"),
    [
        ("single", {"red": (320, 180)}),
        ("side", {"red": (80, 180), "blue": (240, 180), "lime": (400, 180), "yellow": (560, 180)}),
        ("quad", {"red": (160, 80), "blue": (480, 80), "lime": (160, 280), "yellow": (480, 280)}),
        ("wipe", {"red": (160, 300), "blue": (480, 300)}),
    ],
)
def test_each_arrangement_shows_its_pictures(viewer, mode, places):
    names = ["red", "blue", "lime", "yellow"]
    viewer.set_view(mode, names)
    viewer.set_frames({name: plain(name) for name in names}, 0)
    for name, place in places.items():
        assert color_at(viewer, *place) == QColor(name)
        assert viewer.picture_at(QPointF(*place))[0] == name
    with pytest.raises(ValueError, match="none of"):
        viewer.set_view("cinema", names)


def test_pictures_are_zoomed_together(viewer):
    viewer.set_view("side", ["dance", "clip"])
    viewer.set_frames({"dance": gradient(), "clip": gradient((640, 360))}, 0)
    for _ in range(6):
        wheel(viewer, QPointF(100, 150), 1)
    left, right = viewer.picture_at(QPointF(150, 180)), viewer.picture_at(QPointF(150 + 324, 180))
    assert (right[1] + 0.5, right[2] + 0.5) == (
        pytest.approx(2 * (left[1] + 0.5)),
        pytest.approx(2 * (left[2] + 0.5)),
    )


def test_the_wipe_is_dragged_and_shows_one_side_of_each(qtbot, viewer):
    viewer.set_view("wipe", ["red", "blue"])
    viewer.set_frames({"red": plain("red"), "blue": plain("blue")}, 0)
    with qtbot.waitSignal(viewer.wiped):
        drag(viewer, QPoint(320, 200), QPoint(160, 200))
    assert viewer.wipe == pytest.approx(0.25)
    assert color_at(viewer, 120, 300) == QColor("red")
    assert color_at(viewer, 200, 300) == QColor("blue")
    assert viewer.zoom == 1
    viewer.set_wipe(2)
    assert viewer.wipe == 1


def test_skeletons_lie_on_their_joints_at_the_time_that_is_shown(viewer):
    poses = standing((320, 180))
    viewer.set_view("overlay", ["dance"])
    viewer.set_frames({"dance": plain("black")}, 3 / 25)
    viewer.set_poses({"dance": poses})

    def drawn(number: int, joint: int) -> bool:
        x, y = poses.xy[number, joint]
        return color_at(viewer, (x + 0.5) * 2, (y + 0.5) * 2) != QColor("black")

    assert all(drawn(3, joint) for joint in range(17))
    assert not any(drawn(9, joint) for joint in range(1, 17, 2))
    viewer.set_frames({"dance": plain("black")}, 9.9 / 25)
    assert drawn(9, 9)
    viewer.set_view("single", ["dance"])
    assert not drawn(9, 9)
    viewer.set_skeletons(True)
    assert drawn(9, 9)


def test_a_skeleton_without_a_picture_is_shown_alone(viewer):
    poses = standing((320, 180))
    viewer.set_view("side", ["dance", "skeleton"])
    viewer.set_frames({"dance": plain("black")}, 0)
    empty = viewer.grab().toImage()
    viewer.set_poses({"skeleton": poses})
    assert viewer.grab().toImage() != empty
    place = viewer.placed("skeleton").map(QPointF(*(float(v) for v in poses.xy[0, 9])))
    assert viewer.picture_at(place)[0] == "skeleton"


def test_who_comes_by_the_tab_key_sees_where_the_keys_go(qtbot, viewer):
    viewer.set_view("single", ["dance"])
    viewer.set_frames({"dance": plain("black")}, 0)
    before = color_at(viewer, 1, 100)
    viewer.activateWindow()
    viewer.clearFocus()
    viewer.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(viewer.hasFocus)
    assert color_at(viewer, 1, 100) != before
    viewer.clearFocus()
    viewer.setFocus(Qt.FocusReason.MouseFocusReason)
    assert color_at(viewer, 1, 100) == before


def test_a_picture_that_can_t_be_decoded_leaves_the_one_before_it(viewer):
    viewer.set_view("single", ["dance"])
    viewer.set_frames({"dance": plain("red")}, 0)
    viewer.set_frames({"dance": QImage()}, 0.04)
    assert color_at(viewer, 320, 180) == QColor("red")
    viewer.clear("The video is gone")
    assert viewer.accessibleDescription() == "The video is gone"
    assert color_at(viewer, 20, 20) != QColor("red")
