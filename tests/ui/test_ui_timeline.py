"""The timeline under mouse, wheel, keys and screen readers, and what it looks like in pixels."""

import gc
import weakref

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QColor, QHelpEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from ui import theme
from ui.timeline.lane import Lane, Problem, Strip, Thumbs
from ui.timeline.timeline import Timeline

LEFT, NONE, ALT = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.AltModifier
CONTROL, SHIFT = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
SECONDS = 20.0


def make_lane(name="dance", seconds=SECONDS, beats=True, problems=((4.0, 5.0), (15.0, 16.0))) -> Lane:
    times = np.arange(round(seconds * 25)) / 25
    image = QImage(60 * int(seconds), 96, QImage.Format.Format_RGB32)
    image.fill(QColor("#208040"))
    peaks = np.repeat(np.float32([[-0.5, 0.5]]), round(seconds * 100), 0)
    found = tuple(Problem(a, b, f"{name} wrong at {a:g}") for a, b in problems)
    return Lane(
        name,
        seconds,
        Thumbs(image, 60, 1.0),
        peaks,
        100.0,
        tuple(np.arange(0.5, seconds, 0.5)) if beats else (),
        (Strip("Pose", times, np.full(len(times), 0.8, np.float32), found),),
        frame=1 / 25,
    )


@pytest.fixture
def timeline(dressed, qtbot):
    """A timeline with a dance of 20 s and a person of 10 s that has no beats."""
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(1000, 300)
    made.show()
    made.set_lane(0, make_lane())
    made.set_lane(1, make_lane("person", 10.0, beats=False, problems=((7.0, 7.5),)))
    return made


def at(timeline, seconds: float, lane: int | None = None) -> QPoint:
    """Where a moment is: in the ruler, or in a lane's pictures."""
    places = timeline.places()
    y = places.ruler.center().y() if lane is None else places.rows[lane].thumbs.center().y()
    return QPointF(places.left + timeline.scale.x(seconds), y).toPoint()


def heard(signal) -> list:
    """What a signal brings from now on."""
    found: list = []
    signal.connect(lambda *values: found.append(values if len(values) != 1 else values[0]))
    return found


def drag(timeline, start: QPoint, stop: QPoint, modifier=NONE) -> None:
    QTest.mousePress(timeline, LEFT, modifier, start)
    for part in (0.3, 0.7, 1.0):
        QTest.mouseMove(timeline, start + (stop - start) * part)
        QApplication.sendEvent(timeline, _moved(start + (stop - start) * part, modifier))
    QTest.mouseRelease(timeline, LEFT, modifier, stop)


def _moved(pos: QPoint, modifier):
    from PySide6.QtGui import QMouseEvent

    return QMouseEvent(QEvent.Type.MouseMove, QPointF(pos), QPointF(pos), Qt.MouseButton.NoButton, LEFT, modifier)


def handle(timeline, lane: int, end: int) -> QPoint:
    """The middle of a handle, which stands outside the part that is used."""
    spot = at(timeline, timeline.trim(lane)[end], lane)
    return spot + QPoint(-5 if end == 0 else 5, 0)


# --- looking -----------------------------------------------------------------------------------------


def test_a_click_seeks_and_a_drag_scrubs(timeline):
    sought, scrubbing = heard(timeline.sought), heard(timeline.scrubbing)
    QTest.mouseClick(timeline, LEFT, NONE, at(timeline, 5.0))
    assert sought[-1] == pytest.approx(5.0, abs=0.03) and scrubbing == [True, False]
    drag(timeline, at(timeline, 5.0), at(timeline, 12.0))
    assert sought[-1] == pytest.approx(12.0, abs=0.03) and scrubbing == [True, False] * 2
    assert timeline.time == sought[-1]


def test_the_player_moves_the_playhead_without_an_echo(timeline):
    sought = heard(timeline.sought)
    before = timeline.grab().toImage()
    timeline.set_time(7.0)
    assert not sought and timeline.time == 7.0 and timeline.grab().toImage() != before


def test_a_window_that_is_zoomed_in_follows_the_playhead(timeline):
    timeline.zoom(8, 0)
    timeline.set_time(15.0)
    assert timeline.scale.start <= 15.0 <= timeline.scale.stop


# --- zoom and scroll -----------------------------------------------------------------------------------


def turn(timeline, pos: QPoint, pixels=(0, 0), turned=(0, 0), modifier=NONE) -> None:
    event = QWheelEvent(
        QPointF(pos),
        QPointF(timeline.mapToGlobal(pos)),
        QPoint(*pixels),
        QPoint(*turned),
        Qt.MouseButton.NoButton,
        modifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(timeline, event)


def test_the_wheel_zooms_to_the_cursor_and_scrolls(timeline):
    pos = at(timeline, 6.0)
    turn(timeline, pos, turned=(0, 120 * 6), modifier=CONTROL)
    assert timeline.scale.seconds < 8 and (at(timeline, 6.0) - pos).manhattanLength() <= 1
    start = timeline.scale.start
    turn(timeline, pos, turned=(0, -120))
    assert timeline.scale.start > start
    turn(timeline, pos, pixels=(40, 3))
    turn(timeline, pos, turned=(0, 120))
    assert timeline.scale.start == pytest.approx(start - 40 / timeline.scale.per_second)
    turn(timeline, pos, turned=(0, -120 * 60), modifier=CONTROL)
    assert timeline.scale.whole and timeline.scale.start == 0


def test_zoom_ends_at_a_frame_and_stays_inside(timeline):
    timeline.zoom(1e9, 300)
    assert timeline.scale.seconds > 5 / 25
    timeline.scroll_by(1e9)
    assert timeline.scale.stop == pytest.approx(SECONDS)


def test_the_bar_below_scrolls_and_a_double_click_on_it_shows_all(timeline):
    timeline.zoom(5, 0)
    bar = timeline.places().overview
    QTest.mouseClick(timeline, LEFT, NONE, QPointF(bar.left() + 0.75 * bar.width(), bar.center().y()).toPoint())
    assert timeline.scale.start < 15 < timeline.scale.stop
    QTest.mouseDClick(timeline, LEFT, NONE, bar.center().toPoint())
    assert timeline.scale.whole


# --- the part that is used ------------------------------------------------------------------------------


def test_a_handle_snaps_to_the_beat_and_tells_once(timeline):
    trimmed = heard(timeline.trimmed)
    drag(timeline, handle(timeline, 0, 0), at(timeline, 3.1, 0) - QPoint(5, 0))
    assert trimmed == [(0, 3.0, SECONDS)]
    drag(timeline, handle(timeline, 0, 1), at(timeline, 12.42, 0) + QPoint(5, 0))
    assert trimmed[1:] == [(0, 3.0, 12.5)] and timeline.trim(0) == (3.0, 12.5)


def test_alt_does_not_snap(timeline):
    trimmed = heard(timeline.trimmed)
    drag(timeline, handle(timeline, 0, 0), at(timeline, 3.1, 0) - QPoint(5, 0), ALT)
    assert trimmed[0][1] == pytest.approx(3.1, abs=0.03) and trimmed[0][1] != 3.0


def test_the_persons_part_is_chosen_in_its_own_lane(timeline):
    trimmed, sought = heard(timeline.trimmed), heard(timeline.sought)
    drag(timeline, handle(timeline, 1, 1), at(timeline, 6.2, 1) + QPoint(5, 0))
    lane, start, stop = trimmed[0]
    assert (lane, start, timeline.current) == (1, 0.0, 1) and stop == pytest.approx(6.2, abs=0.03)
    assert sought[-1] == stop  # one sees where it is cut
    assert timeline.trim(0) == (0.0, SECONDS)


def test_the_ends_cant_cross_or_leave_the_video(timeline):
    timeline.set_time(8.0)
    timeline.set_stop()
    drag(timeline, handle(timeline, 0, 0), at(timeline, 8.0, 0) + QPoint(40, 0))
    start, stop = timeline.trim(0)
    assert stop - start >= 0.19
    drag(timeline, handle(timeline, 1, 1), at(timeline, 19.0, 1))
    assert timeline.trim(1)[1] == 10.0


def test_a_kept_part_is_shown_again_and_can_be_given_up(timeline):
    trimmed = heard(timeline.trimmed)
    timeline.set_lane(0, Lane("dance", SECONDS, trim=(2.0, 99.0)))
    assert timeline.trim(0) == (2.0, SECONDS) and not trimmed
    QTest.keyClick(timeline, Qt.Key.Key_Backspace)
    assert trimmed == [(0, 0.0, SECONDS)]


# --- keys -------------------------------------------------------------------------------------------------


def test_everything_by_keys(timeline):
    sought, trimmed = heard(timeline.sought), heard(timeline.trimmed)
    for key, modifier, seconds in (
        (Qt.Key.Key_Right, NONE, 0.04),
        (Qt.Key.Key_Right, SHIFT, 1.04),
        (Qt.Key.Key_Right, CONTROL, 1.5),
        (Qt.Key.Key_Comma, NONE, 1.46),
        (Qt.Key.Key_Left, CONTROL, 1.0),
        (Qt.Key.Key_Left, SHIFT, 0.0),
        (Qt.Key.Key_End, NONE, SECONDS),
        (Qt.Key.Key_Home, NONE, 0.0),
    ):
        QTest.keyClick(timeline, key, modifier)
        assert sought[-1] == pytest.approx(seconds), key
    timeline.seek(2.02)
    QTest.keyClick(timeline, Qt.Key.Key_I)
    timeline.seek(6.02)
    QTest.keyClick(timeline, Qt.Key.Key_O, ALT)
    assert trimmed == [(0, 2.0, SECONDS), (0, 2.0, 6.02)]
    QTest.keyClick(timeline, Qt.Key.Key_Down)
    QTest.keyClick(timeline, Qt.Key.Key_O)
    assert trimmed[-1] == (1, 0.0, 6.02)
    QTest.keyClick(timeline, Qt.Key.Key_Plus)
    assert not timeline.scale.whole and timeline.scale.start < timeline.time < timeline.scale.stop
    QTest.keyClick(timeline, Qt.Key.Key_0)
    assert timeline.scale.whole


def test_problems_one_after_the_other(timeline):
    sought, told = heard(timeline.sought), heard(timeline.told)
    for _ in range(4):
        QTest.keyClick(timeline, Qt.Key.Key_N)
    assert sought == [4.0, 7.0, 15.0, 4.0]
    assert told[:2] == ["dance wrong at 4", "person wrong at 7"] and timeline.current == 0
    QTest.keyClick(timeline, Qt.Key.Key_N, SHIFT)
    assert sought[-1] == 15.0
    timeline.seek(5.0)
    assert timeline.next_problem() == Problem(7.0, 7.5, "person wrong at 7")


def test_problems_that_begin_together_are_each_shown(timeline):
    timeline.set_lane(1, make_lane("person", 10.0, problems=((4.0, 6.0),)))
    told = heard(timeline.told)
    for _ in range(3):
        timeline.next_problem()
    assert told == ["dance wrong at 4", "person wrong at 4", "dance wrong at 15"]


def test_without_problems_there_is_nowhere_to_go(dressed, qtbot):
    empty = Timeline()
    qtbot.addWidget(empty)
    assert empty.next_problem() is None
    for key in (Qt.Key.Key_N, Qt.Key.Key_I, Qt.Key.Key_Right, Qt.Key.Key_Plus, Qt.Key.Key_0):
        QTest.keyClick(empty, key)
    empty.show()
    assert not empty.grab().isNull()


def test_the_words_of_a_problem_are_under_the_mouse(timeline):
    strip = timeline.places().rows[0].strips[0]
    pos = QPointF(timeline.places().left + timeline.scale.x(15.5), strip.center().y()).toPoint()
    QApplication.sendEvent(timeline, QHelpEvent(QEvent.Type.ToolTip, pos, timeline.mapToGlobal(pos)))
    assert "dance wrong at 15" in QToolTip.text()
    sought = heard(timeline.sought)
    QTest.mouseClick(timeline, LEFT, NONE, pos)
    assert sought == [15.0]


# --- pixels -------------------------------------------------------------------------------------------------


def test_pictures_inside_the_part_are_bright_and_outside_dark(timeline):
    timeline.set_lane(0, Lane("dance", SECONDS, make_lane().thumbs, trim=(5.0, 10.0)))
    image = timeline.grab().toImage()
    spots = {seconds: image.pixelColor(at(timeline, seconds, 0)) for seconds in (2.0, 7.5, 15.0)}
    assert spots[7.5] == QColor("#208040")
    assert spots[2.0].lightness() < 50 and spots[15.0].lightness() < 50
    assert image.pixelColor(handle(timeline, 0, 0) + QPoint(0, 25)) == QColor(theme.colors().accent)


def test_both_schemes_are_drawn(timeline, qapp):
    dark = timeline.grab().toImage()
    theme.apply(qapp, "light")
    light = timeline.grab().toImage()
    corner = QPoint(timeline.width() - 3, timeline.height() - 3)
    assert dark.pixelColor(corner) == QColor(theme.DARK.panel)
    assert light.pixelColor(corner) == QColor(theme.LIGHT.panel)


def test_problems_are_marked_and_unknown_is_empty(dressed, qtbot):
    made = Timeline()
    qtbot.addWidget(made)
    made.resize(1000, 200)
    times = np.arange(500) / 25
    values = np.where(times < 10, 1.0, np.nan).astype(np.float32)
    made.set_lane(0, Lane("x", SECONDS, strips=(Strip("Pose", times, values, (Problem(2, 4, "bad"),)),)))
    image, strip = made.grab().toImage(), made.places().rows[0].strips[0]

    def color(seconds: float, y: float) -> QColor:
        return image.pixelColor(QPointF(made.places().left + made.scale.x(seconds), y).toPoint())

    assert color(3, strip.bottom() - 1) == QColor(theme.colors().warn)
    assert color(15, strip.center().y()) == QColor(theme.colors().track)
    assert color(7, strip.center().y()) != QColor(theme.colors().track)


# --- screen readers -------------------------------------------------------------------------------------------


def test_a_screen_reader_hears_and_moves_the_moment(timeline):
    sought = heard(timeline.sought)
    found = QAccessible.queryAccessibleInterface(timeline)
    assert found.role() == QAccessible.Role.Slider
    assert found.text(QAccessible.Text.Name) == "Timeline"
    timeline.set_time(3.5)
    assert found.text(QAccessible.Text.Value) == "0:03.50 of 0:20.00"
    value = found.valueInterface()
    assert (value.currentValue(), value.minimumValue(), value.maximumValue()) == (3.5, 0.0, SECONDS)
    value.setCurrentValue(9.0)
    assert sought == [9.0] and value.minimumStepSize() == pytest.approx(1 / 25)


def test_a_screen_reader_can_do_what_the_mouse_can(timeline):
    trimmed, sought = heard(timeline.trimmed), heard(timeline.sought)
    found = QAccessible.queryAccessibleInterface(timeline)
    does = found.actionInterface()
    names = does.actionNames()
    assert all(does.localizedActionName(name) and does.keyBindingsForAction(name) for name in names)
    for name in ("next problem", "begin here", "next lane", "Increase", "end here"):
        assert name in names
        does.doAction(name)
    assert sought == [4.0, pytest.approx(4.04)]
    assert trimmed == [(0, 4.0, SECONDS), (1, 0.0, pytest.approx(4.04))]
    words = found.text(QAccessible.Text.Description)
    assert "dance: 0:04.00 to 0:20.00 is used, 2 problems." in words and "person: 0:00.00 to 0:04.04" in words


def test_interfaces_come_and_go_with_their_timelines(dressed, qapp):
    gone = []
    for _ in range(30):
        made = Timeline()
        made.set_lane(0, make_lane(seconds=2.0))
        found = QAccessible.queryAccessibleInterface(made)
        assert found.valueInterface().maximumValue() == 2.0 and found.actionInterface().actionNames()
        gone.append(weakref.ref(made))
        del found
        made.deleteLater()
        del made
        qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    assert not any(one() for one in gone)
