"""The timeline: what the dance and the person's video show over time, what part of them is used, where one looks."""

from dataclasses import replace

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from ui import theme
from ui.timeline import access, keys, paint
from ui.timeline.hand import Hand
from ui.timeline.lane import Lane, Problem
from ui.timeline.layout import Layout, Part, height_of, lay_out
from ui.timeline.scale import Scale, nearest

SNAP_PIXELS = 9
"""How near to a beat a handle must come to jump to it."""
SHORTEST_SECONDS = 0.2
"""A part that is used is no shorter."""
THUMBS_WANTED = 56


class Timeline(QWidget):
    """Lanes of videos over one ruler; lane 0 is the dance, lane 1 the person.

    Whoever shows it connects `sought` to the player and calls `set_time` with what the player
    shows; connects `trimmed` to what keeps the part and calls `set_lane` when that changes.
    """

    sought = Signal(float)
    """Seconds: the user wants to see this moment."""
    trimmed = Signal(int, float, float)
    """Lane, from, to in seconds: the user has chosen the part that is used; once for each drag."""
    scrubbing = Signal(bool)
    """True while the mouse drags the moment that is seen."""
    told = Signal(str)
    """Words of the problem that was gone to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lanes: list[Lane] = []
        self.current = 0
        """The lane whose part the keys change."""
        self.scale = Scale()
        self._time = 0.0
        self._trims: list[tuple[float, float]] = []
        self._hand = Hand(self)
        self._last_problem: Problem | None = None
        self._by_keys = False  # the focus came by a key, so that it must be seen
        self._layer: QPixmap | None = None
        self._kept = paint.Kept()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(self.tr("Timeline"))
        theme.notifier().changed.connect(self.refresh)
        access.install()

    # --- what is shown ----------------------------------------------------------------------------

    def set_lane(self, index: int, lane: Lane) -> None:
        """Show a lane, or show it anew when more is known of it; zoom and moment stay."""
        whole = self.scale.whole
        while len(self.lanes) <= index:
            self.lanes.append(Lane("", 0.0))
            self._trims.append((0.0, 0.0))
        self.lanes[index] = lane
        if self._hand.dragged not in (Part.START, Part.STOP):  # what is being dragged stays in the hand
            self._trims[index] = lane.used
        self.scale.duration = max(one.duration for one in self.lanes)
        self.scale.frame = min(one.frame for one in self.lanes)
        if whole:
            self.scale.rate = 0.0
        self.updateGeometry()
        self.refresh()

    def clear(self) -> None:
        """Show no lane."""
        self.lanes, self._trims, self.current, self._time = [], [], 0, 0.0
        self.scale, self._kept = Scale(), paint.Kept()
        self.updateGeometry()
        self.refresh()

    @property
    def time(self) -> float:
        """Seconds of the moment that is seen."""
        return self._time

    def set_time(self, seconds: float) -> None:
        """Move the playhead without asking for that moment; the window follows it."""
        self._time = min(max(seconds, 0.0), self.scale.duration)
        if self._hand.dragged is Part.NOTHING and self.scale.show(self._time):
            self.refresh()
        self.update()
        access.tell_value(self)

    def trim(self, lane: int) -> tuple[float, float]:
        """The part of a lane that is used, also while it is being dragged."""
        return self._trims[lane]

    def refresh(self) -> None:
        """Draw everything anew."""
        self.scale.width = max(1.0, self.places().width)
        self.scale.settle()
        self._layer = None
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(960, round(height_of(self.lanes, self._metrics().height(), THUMBS_WANTED)) if self.lanes else 96)

    def minimumSizeHint(self) -> QSize:
        return QSize(320, round(height_of(self.lanes, self._metrics().height(), 32)) if self.lanes else 64)

    # --- what can be done; also by keys, buttons and screen readers -----------------------------------

    def seek(self, seconds: float) -> None:
        """Go to a moment and ask for it."""
        self.set_time(seconds)
        self.sought.emit(self._time)

    def step(self, frames: int) -> None:
        """Go by frames of the lane that is current."""
        self.seek(self._time + frames * (self.lanes[self.current].frame if self.lanes else 0.0))

    def to_beat(self, direction: int) -> None:
        """Go to the next (1) or the last (-1) beat."""
        beats = self._beats_of(self.current) or self._beats_of(0)
        ahead = [one for one in beats if direction * (one - self._time) > 1e-3]
        if ahead:
            self.seek(ahead[0] if direction > 0 else ahead[-1])

    def set_start(self, snap: bool = True) -> None:
        """The used part of the current lane begins here, or at the beat that is near."""
        self.move_end(self.current, Part.START, self._time, snap)
        self.commit(self.current)

    def set_stop(self, snap: bool = True) -> None:
        """The used part of the current lane ends here, or at the beat that is near."""
        self.move_end(self.current, Part.STOP, self._time, snap)
        self.commit(self.current)

    def use_all(self) -> None:
        """All of the current lane is used again."""
        if self.lanes:
            self._trims[self.current] = (0.0, self.lanes[self.current].duration)
            self.commit(self.current)

    def choose(self, lane: int) -> None:
        """Make a lane the current one."""
        if 0 <= lane < len(self.lanes) and lane != self.current:
            self.current = lane
            self.refresh()

    def next_problem(self) -> Problem | None:
        """Go to the next problem of any lane, after the last to the first; None where there is none."""
        return self._to_problem(1)

    def previous_problem(self) -> Problem | None:
        """Go to the problem before."""
        return self._to_problem(-1)

    def zoom(self, factor: float, at: float | None = None) -> None:
        """Zoom in (out below 1) on a pixel of the pictures; on the playhead where none is given."""
        x = self.scale.x(self._time) if at is None else at
        seen = -1 <= x <= self.scale.width + 1
        self.scale.zoom(factor, x if seen else self.scale.width / 2)
        self.refresh()

    def fit(self) -> None:
        """Show everything."""
        self.scale.rate = 0.0
        self.refresh()

    def scroll_by(self, pixels: float) -> None:
        """Show what is so many pixels farther on."""
        self.scale.scroll(pixels)
        self.refresh()

    # --- the part that is used --------------------------------------------------------------------

    def _beats_of(self, lane: int) -> tuple[float, ...]:
        return self.lanes[lane].beats if lane < len(self.lanes) else ()

    def move_end(self, lane: int, side: Part, seconds: float, snap: bool) -> float:
        """Move one end of a part; returns where it came to stand."""
        if lane >= len(self.lanes):
            return seconds
        start, stop = self._trims[lane]
        end = self.lanes[lane].duration
        if snap:
            found = nearest(self._beats_of(lane), seconds, SNAP_PIXELS / self.scale.per_second)
            seconds = seconds if found is None else found
        shortest = min(SHORTEST_SECONDS, end)
        if side is Part.START:
            start = min(max(seconds, 0.0), end - shortest)
            stop = max(stop, start + shortest) if stop >= start + shortest else end
        else:
            stop = min(max(seconds, shortest), end)
            start = start if stop >= start + shortest else 0.0
        self._trims[lane] = start, stop
        self.refresh()
        return start if side is Part.START else stop

    def commit(self, lane: int) -> None:
        """Say what part is used now, where that changed."""
        if lane < len(self.lanes) and self._trims[lane] != self.lanes[lane].used:
            self.lanes[lane] = replace(self.lanes[lane], trim=self._trims[lane])
            self.trimmed.emit(lane, *self._trims[lane])
        self.refresh()

    # --- problems ---------------------------------------------------------------------------------

    def _to_problem(self, direction: int) -> Problem | None:
        known = [(one, lane) for lane, shown in enumerate(self.lanes) for one in shown.problems]
        known.sort(key=lambda pair: pair[0].start)
        if not known:
            return None
        problems = [one for one, _ in known]
        if self._last_problem in problems and abs(self._last_problem.start - self._time) < 1e-3:
            at = (problems.index(self._last_problem) + direction) % len(known)
        elif direction > 0:
            at = next((i for i, one in enumerate(problems) if one.start > self._time + 1e-3), 0)
        else:
            at = next((i for i in range(len(known) - 1, -1, -1) if problems[i].start < self._time - 1e-3), -1)
        problem, lane = known[at]
        self.choose(lane)
        self._last_problem = problem
        self.seek(problem.start)
        self.told.emit(problem.words)
        access.announce(self, problem.words)
        return problem

    # --- painting ---------------------------------------------------------------------------------

    def _metrics(self) -> QFontMetricsF:
        return QFontMetricsF(self.font())

    def places(self) -> Layout:
        """Where everything stands now."""
        return lay_out(self.lanes, self._metrics().height(), self.width(), self.height())

    def _scene(self) -> paint.Scene:
        return paint.Scene(
            self.lanes,
            self._trims,
            self.current,
            self.scale,
            self.places(),
            theme.colors(),
            self._metrics(),
            self.devicePixelRatioF(),
            self._kept,
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # which ends also where an error comes
            self._paint(painter, event)

    def _paint(self, painter: QPainter, event: QPaintEvent) -> None:
        scene = self._scene()
        painter.fillRect(event.rect(), theme.colors().panel)
        painter.setFont(self.font())
        if not self.lanes:
            words = self.tr("The dance and the person appear here")
            paint.paint_empty(painter, QRectF(self.rect()), theme.colors(), words)
            return
        if self._layer is None or self._layer.devicePixelRatioF() != scene.ratio:
            self._layer = self._drawn(scene)
        painter.drawPixmap(0, 0, self._layer)
        paint.paint_time(painter, scene, self._time)
        if self._hand.hover is not None and self._hand.dragged is Part.NOTHING:
            paint.paint_hover(painter, scene, self._hand.hover)
        paint.paint_playhead(painter, scene, self._time)
        if self.hasFocus() and self._by_keys:
            painter.setPen(theme.colors().accent)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)

    def _drawn(self, scene: paint.Scene) -> QPixmap:
        """What stands still while the dance plays."""
        layer = QPixmap(self.size() * scene.ratio)
        layer.setDevicePixelRatio(scene.ratio)
        layer.fill(Qt.GlobalColor.transparent)
        with QPainter(layer) as painter:
            painter.setFont(self.font())
            paint.paint(painter, scene)
        return layer

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.refresh()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange, QEvent.Type.LanguageChange):
            self.updateGeometry()
            self.refresh()
        super().changeEvent(event)

    # --- mouse, touchpad and keys ---------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._hand.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._hand.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._hand.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._hand.double_click(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._hand.wheel(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._hand.leave()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._hand.words_at(QPointF(event.pos())), self)
            return True
        if isinstance(event, QNativeGestureEvent) and self._hand.pinch(event):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        does = keys.action(self, event)
        if does is None or not self.lanes:
            super().keyPressEvent(event)
        else:
            does()

    def focusInEvent(self, event: QFocusEvent) -> None:
        reason = Qt.FocusReason
        self._by_keys = event.reason() in (reason.TabFocusReason, reason.BacktabFocusReason, reason.ShortcutFocusReason)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self.update()
