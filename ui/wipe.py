"""What the viewer draws over its pictures: the handle of the wipe and the pictures' names."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from ui import theme

GRIP = 12
"""Pixels beside the line from which it can be taken hold of."""
KNOB = 14
"""Radius of the handle."""


def handle(painter: QPainter, x: float, height: float) -> None:
    """A line from top to bottom with a knob in the middle."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(0, 0, 0, 90), 4))
    painter.drawLine(QPointF(x, 0), QPointF(x, height))
    painter.setPen(QPen(QColor("white"), 2))
    painter.drawLine(QPointF(x, 0), QPointF(x, height))
    middle = QPointF(x, height / 2)
    painter.setPen(QPen(QColor(0, 0, 0, 60), 1))
    painter.setBrush(QColor("white"))
    painter.drawEllipse(middle, KNOB, KNOB)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#22242a"))
    for side in (-1, 1):
        tip = [QPointF(side * 9, 0), QPointF(side * 4, -4.5), QPointF(side * 4, 4.5)]
        painter.drawPolygon(QPolygonF([middle + point for point in tip]))
    painter.restore()


def caption(painter: QPainter, words: str, area: QRectF, right: bool = False) -> None:
    """A picture's name in the upper corner of its part, shortened to what it has room for."""
    inset = theme.SPACE
    metrics = QFontMetricsF(painter.font())
    room = area.width() - 4 * inset
    if room < 3 * metrics.height():
        return
    words = metrics.elidedText(words, Qt.TextElideMode.ElideMiddle, room)
    width, height = metrics.horizontalAdvance(words) + 2 * inset, metrics.height() + inset
    left = area.right() - inset - width if right else area.left() + inset
    box = QRectF(left, area.top() + inset, width, height)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 13, 16, 165))
    painter.drawRoundedRect(box, height / 2, height / 2)
    painter.setPen(QColor("white"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()
