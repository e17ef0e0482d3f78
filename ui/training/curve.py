"""The score of a training over its time, as a curve that one can point at."""

from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QLinearGradient, QMouseEvent, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme
from ui.training.outlook import Course, Score, clock, number

LEFT, TOP, RIGHT, BOTTOM = 8, 16, 8, 24
"""Pixels around the curve; the times stand below it."""
LOWEST_SPAN = 0.5
"""dB that the height shows at least: a tremble shall not look like a mountain."""


class Curve(QWidget):
    """Draws a Course; `picked` tells the training seconds under the mouse while its button is held."""

    picked = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._course, self._planned = Course(), 0.0
        self._moments: list[float] = []
        self._at: float | None = None
        self._pointed: float | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("Likeness to held-out frames over the training time"))
        theme.notifier().changed.connect(self.update)
        self._tell()

    def sizeHint(self) -> QSize:
        return QSize(40 * theme.SPACE, 14 * theme.SPACE)

    def minimumSizeHint(self) -> QSize:
        return QSize(16 * theme.SPACE, 14 * theme.SPACE)

    def show_course(self, course: Course, planned: float) -> None:
        """The scores so far, and how many seconds the training is planned for (0: unknown)."""
        self._course, self._planned = course, planned
        self._tell()
        self.update()

    def show_previews(self, seconds: list[float], at: float | None) -> None:
        """When previews were made, and which of them is shown."""
        self._moments, self._at = seconds, at
        self.update()

    # --- where things lie -------------------------------------------------------------------------

    @property
    def span(self) -> float:
        """Seconds that the width stands for."""
        return max(self._planned, self._course.seconds, *self._moments, 1.0)

    def x_of(self, seconds: float) -> float:
        """Where a moment of the training lies, in pixels."""
        return LEFT + (self.width() - LEFT - RIGHT) * seconds / self.span

    def seconds_of(self, x: float) -> float:
        """The moment at a pixel."""
        share = (x - LEFT) / max(1, self.width() - LEFT - RIGHT)
        return self.span * min(1.0, max(0.0, share))

    def _range(self) -> tuple[float, float]:
        """dB at the bottom and the top."""
        values = [one.decibels for one in self._course.scores]
        low, high = min(values), max(values)
        spare = max(0.0, LOWEST_SPAN - (high - low)) / 2
        return low - spare, high + spare

    def _points(self) -> list[QPointF]:
        low, high = self._range()
        tall = self.height() - TOP - BOTTOM
        return [
            QPointF(self.x_of(one.seconds), TOP + tall * (high - one.decibels) / (high - low))
            for one in self._course.scores
        ]

    # --- drawing ----------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, c = QPainter(self), theme.colors()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        floor = self.height() - BOTTOM + 0.5
        painter.setPen(QPen(QColor(c.line), 1))
        painter.drawLine(QPointF(LEFT, floor), QPointF(self.width() - RIGHT, floor))
        self._paint_previews(painter, floor)
        if len(self._course.scores) > 1:
            self._paint_curve(painter, floor)
        self._paint_words(painter, floor)

    def _paint_curve(self, painter: QPainter, floor: float) -> None:
        c, points = theme.colors(), self._points()
        line = _smooth(points)
        ground = QPainterPath(line)
        ground.lineTo(points[-1].x(), floor)
        ground.lineTo(points[0].x(), floor)
        shade = QLinearGradient(0, TOP, 0, floor)
        for place, alpha in ((0.0, 64), (1.0, 0)):
            color = QColor(c.accent)
            color.setAlpha(alpha)
            shade.setColorAt(place, color)
        painter.fillPath(ground, shade)
        painter.strokePath(line, QPen(QColor(c.accent), 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
        best = max(range(len(points)), key=lambda n: self._course.scores[n].decibels)
        painter.setPen(QPen(QColor(c.panel), 2))
        painter.setBrush(QColor(c.accent))
        painter.drawEllipse(points[best], 5, 5)

    def _paint_previews(self, painter: QPainter, floor: float) -> None:
        c = theme.colors()
        painter.setPen(QPen(QColor(c.faint), 1))
        for seconds in self._moments:
            x = round(self.x_of(seconds)) + 0.5
            painter.drawLine(QPointF(x, floor), QPointF(x, floor + 3))
        for place, color in ((self._pointed, c.faint), (self._at, c.text)):
            if place is not None:
                x = round(self.x_of(place)) + 0.5
                painter.setPen(QPen(QColor(color), 1))
                painter.drawLine(QPointF(x, TOP / 2), QPointF(x, floor + 4))

    def _paint_words(self, painter: QPainter, floor: float) -> None:
        painter.setPen(QColor(theme.colors().dim))
        painter.setFont(theme.font(0.85))
        row = QRectF(LEFT, floor + 4, self.width() - LEFT - RIGHT, BOTTOM - 4)
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, "0:00")
        end = clock(self.span) if self._planned or self._course.moments else ""
        painter.drawText(row, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, end)
        middle = ""
        if self._pointed is not None and (near := self._near(self._pointed)):
            middle = self.tr("{time}: {score} dB").format(time=clock(near.seconds), score=number(near.decibels))
        elif not self._course.scores:
            middle = self.tr("The curve begins with the first score")
        elif best := self._course.best:
            middle = self.tr("best {score} dB at {time}").format(time=clock(best.seconds), score=number(best.decibels))
        painter.drawText(row, Qt.AlignmentFlag.AlignCenter, middle)

    def _near(self, seconds: float) -> Score | None:
        return min(self._course.scores, key=lambda one: abs(one.seconds - seconds), default=None)

    def _tell(self) -> None:
        """The same in words, for who can't see it."""
        best = self._course.best
        words = self.tr("No score yet")
        if best is not None:
            words = self.tr("{count} scores, the best {score} dB after {time}").format(
                count=len(self._course.scores), score=number(best.decibels), time=clock(best.seconds)
            )
        self.setAccessibleDescription(words)

    # --- the mouse --------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self.picked.emit(self.seconds_of(event.position().x()))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._pointed = self.seconds_of(event.position().x())
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.picked.emit(self._pointed)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self._pointed = None
        self.update()


def _smooth(points: list[QPointF]) -> QPainterPath:
    """A path through points of rising x that never overshoots one (slopes of Fritsch and Butland, 1984)."""
    rises = [(b.y() - a.y()) / max(1e-6, b.x() - a.x()) for a, b in pairwise(points)]
    inner = [2 * a * b / (a + b) if a * b > 0 else 0.0 for a, b in pairwise(rises)]
    slopes = [rises[0], *inner, rises[-1]]
    path = QPainterPath(points[0])
    for (before, after), (out, into) in zip(pairwise(points), pairwise(slopes), strict=True):
        third = (after.x() - before.x()) / 3
        path.cubicTo(before + QPointF(third, third * out), after - QPointF(third, third * into), after)
    return path
