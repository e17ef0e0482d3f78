"""What mouse and touchpad do in the timeline: look, drag the ends of the part that is used, scroll, zoom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent

from ui.timeline.lane import Problem
from ui.timeline.layout import Part, under
from ui.timeline.scale import clock

if TYPE_CHECKING:
    from ui.timeline.timeline import Timeline

WHEEL_STEP = 1.2
"""Zoom of one notch."""
NOTCH_PIXELS = 60
"""Scroll of one notch."""
NOTCH = 120
"""What Qt calls a notch, in eighths of a degree."""


class Hand:
    """The state between press and release."""

    def __init__(self, timeline: Timeline) -> None:
        self._timeline = timeline
        self.dragged = Part.NOTHING
        self.hover: float | None = None
        """Seconds under the mouse."""
        self._offset = 0.0  # pixels from what was grabbed to where it was grabbed
        self._panned: float | None = None

    def press(self, event: QMouseEvent) -> None:
        one, pos = self._timeline, event.position()
        if event.button() == Qt.MouseButton.MiddleButton:
            self._panned = pos.x()
        if event.button() != Qt.MouseButton.LeftButton or not one.lanes:
            return
        part, lane, strip = self._under(pos)
        one.choose(lane if lane >= 0 else one.current)
        if part in (Part.START, Part.STOP):
            edge = one.trim(lane)[0 if part is Part.START else 1]
            self.dragged, self._offset = part, self._x(pos) - one.scale.x(edge)
        elif part is Part.OVERVIEW:
            self.dragged = part
            self._look_at(pos)
        elif part is not Part.NOTHING:
            found = self._problem_under(lane, strip, self._x(pos)) if part is Part.STRIP else None
            self.dragged, self._offset = Part.RULER, 0.0
            one.scrubbing.emit(True)
            one.seek(found.start if found else one.scale.time(self._x(pos)))

    def move(self, event: QMouseEvent) -> None:
        one, pos = self._timeline, event.position()
        if self._panned is not None:
            one.scroll_by(self._panned - pos.x())
            self._panned = pos.x()
        elif self.dragged is Part.NOTHING:
            self._hover_at(pos)
        elif self.dragged is Part.OVERVIEW:
            self._look_at(pos)
        else:
            self._scroll_along(pos)
            wanted = one.scale.time(self._x(pos) - self._offset)
            if self.dragged is not Part.RULER:
                snap = not event.modifiers() & Qt.KeyboardModifier.AltModifier
                wanted = one.move_end(one.current, self.dragged, wanted, snap)
            one.seek(wanted)

    def release(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.MiddleButton:
            self._panned = None
        elif event.button() == Qt.MouseButton.LeftButton:
            dragged, self.dragged = self.dragged, Part.NOTHING
            if dragged in (Part.START, Part.STOP):
                self._timeline.commit(self._timeline.current)
            elif dragged is Part.RULER:
                self._timeline.scrubbing.emit(False)
            self._hover_at(event.position())

    def double_click(self, event: QMouseEvent) -> None:
        if self._under(event.position())[0] is Part.OVERVIEW:
            self._timeline.fit()
        else:
            self.press(event)

    def leave(self) -> None:
        self.hover = None
        self._timeline.update()

    def wheel(self, event: QWheelEvent) -> None:
        """Two fingers or the wheel scroll, with Ctrl they zoom to the cursor."""
        pixels, turned = event.pixelDelta(), event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._timeline.zoom(WHEEL_STEP ** ((turned.y() or pixels.y()) / NOTCH), self._x(event.position()))
        elif not pixels.isNull():
            self._timeline.scroll_by(-(pixels.x() or pixels.y()))
        else:
            self._timeline.scroll_by(-(turned.x() or turned.y()) / NOTCH * NOTCH_PIXELS)
        event.accept()

    def pinch(self, event: QNativeGestureEvent) -> bool:
        """Two fingers that part zoom in; whether that is what they did."""
        if event.gestureType() != Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self._timeline.zoom(1 + event.value(), self._x(event.position()))
        return True

    def words_at(self, pos: QPointF) -> str:
        """The tooltip."""
        one = self._timeline
        part, lane, strip = self._under(pos) if one.lanes else (Part.NOTHING, -1, -1)
        if part is Part.STRIP:
            problem = self._problem_under(lane, strip, self._x(pos))
            return f"{problem.words}\n{one.tr('N: next problem')}" if problem else one.lanes[lane].strips[strip].name
        if part in (Part.START, Part.STOP):
            end = one.trim(lane)[0 if part is Part.START else 1]
            key = one.tr("I: begin here") if part is Part.START else one.tr("O: end here")
            return f"{clock(end, 2)}\n{key}\n{one.tr('Alt: not to the beat')}"
        rows = zip(one.lanes, one.places().rows, strict=True)
        named = [shown.name for shown, row in rows if row.body.top() <= pos.y() <= row.bottom]
        return named[0] if named and pos.x() < one.places().left else ""

    def _under(self, pos: QPointF) -> tuple[Part, int, int]:
        one, places = self._timeline, self._timeline.places()
        ends = [one.trim(number) for number in range(len(one.lanes))]
        return under(places, pos, [(places.left + one.scale.x(a), places.left + one.scale.x(b)) for a, b in ends])

    def _x(self, pos: QPointF) -> float:
        """Pixels from the left edge of the pictures."""
        return pos.x() - self._timeline.places().left

    def _hover_at(self, pos: QPointF) -> None:
        part = self._under(pos)[0] if self._timeline.lanes else Part.NOTHING
        handle = part in (Part.START, Part.STOP)
        self._timeline.setCursor(Qt.CursorShape.SizeHorCursor if handle else Qt.CursorShape.ArrowCursor)
        plain = part in (Part.RULER, Part.BODY, Part.STRIP)
        self.hover = self._timeline.scale.time(self._x(pos)) if plain else None
        self._timeline.update()

    def _scroll_along(self, pos: QPointF) -> None:
        """Scroll while something is dragged over the edge."""
        beyond = min(self._x(pos), 0) + max(self._x(pos) - self._timeline.scale.width, 0)
        if beyond:
            self._timeline.scroll_by(beyond / 4)

    def _look_at(self, pos: QPointF) -> None:
        """The window's middle goes where the mouse is on the bar that stands for everything."""
        scale = self._timeline.scale
        scale.start = self._x(pos) / scale.width * scale.duration - scale.seconds / 2
        self._timeline.refresh()

    def _problem_under(self, lane: int, strip: int, x: float) -> Problem | None:
        scale = self._timeline.scale
        reach, at = 2 / scale.per_second, scale.start + x / scale.per_second
        found = self._timeline.lanes[lane].strips[strip].problems
        return next((one for one in found if one.start - reach <= at <= one.stop + reach), None)
