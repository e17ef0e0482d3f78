"""What the viewer draws over its pictures and in their place: the handle of the wipe, names, a few words."""

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from ui import theme
from ui.viewer.skeleton import GROUND

GRIP = 12
"""Pixels beside the line from which it can be taken hold of."""
KNOB = 14
"""Radius of the handle."""
FADED = "#a9abb6"
"""Words on a dark ground, in either scheme."""


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


def absence(painter: QPainter, words: str, area: QRectF) -> None:
    """A few words where there is no picture at this moment."""
    painter.fillRect(area, QColor(GROUND))
    painter.setPen(QColor(FADED))
    room = area.adjusted(2 * theme.SPACE, 0, -2 * theme.SPACE, 0)
    painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, words)


def caption(painter: QPainter, words: str, area: QRectF, right: bool = False, above: float = 0.0) -> None:
    """A picture's name in the upper corner of its part, in two lines or shortened where it has no room.

    Two lines stand over the picture where there are so many pixels `above` it: they would hide a face.
    """
    metrics = QFontMetricsF(painter.font())
    room = area.width() - 4 * theme.SPACE
    if room >= 3 * metrics.height():
        words = "\n".join(
            metrics.elidedText(line, Qt.TextElideMode.ElideMiddle, room) for line in _lines(metrics, words, room)
        )
        left = area.right() - _width(metrics, words) - theme.SPACE if right else area.left() + theme.SPACE
        height = metrics.height() + metrics.lineSpacing() + theme.SPACE
        over = "\n" in words and above >= height + theme.SPACE
        _pill(painter, words, QPointF(left, area.top() + (-height if over else theme.SPACE)))


def _lines(metrics: QFontMetricsF, words: str, room: float) -> list[str]:
    """One line, or two that are about equally wide."""
    parts = words.split(" ")
    if metrics.horizontalAdvance(words) <= room or len(parts) < 2:
        return [words]
    halves = [[" ".join(parts[:at]), " ".join(parts[at:])] for at in range(1, len(parts))]
    return min(halves, key=lambda half: max(metrics.horizontalAdvance(line) for line in half))


def caption_at(painter: QPainter, words: str, at: QPointF, area: QRectF) -> None:
    """A few words beside a point, all of them within the area."""
    metrics = QFontMetricsF(painter.font())
    width, height = _width(metrics, words), metrics.height() + theme.SPACE
    left = max(area.left(), min(at.x(), area.right() - width))
    top = max(area.top(), min(at.y() - height, area.bottom() - height))
    _pill(painter, words, QPointF(left, top))


def _width(metrics: QFontMetricsF, words: str) -> float:
    return max(metrics.horizontalAdvance(line) for line in words.split("\n")) + 2 * theme.SPACE


def _pill(painter: QPainter, words: str, corner: QPointF) -> None:
    metrics = QFontMetricsF(painter.font())
    height = metrics.height() + theme.SPACE
    more = words.count("\n") * metrics.lineSpacing()
    box = QRectF(corner.x(), corner.y(), _width(metrics, words), height + more)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(12, 13, 16, 165))
    painter.drawRoundedRect(box, height / 2, height / 2)
    painter.setPen(QColor("white"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)
    painter.restore()
