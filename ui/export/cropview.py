"""The crop of an export over one picture of the dance: what will be seen stays bright."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QTransform
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme
from ui.viewer import skeleton

if TYPE_CHECKING:
    from dancetransfer.pose.poses import Poses


class CropView(QWidget):
    """A picture with the box that a clip shows; the dancer's skeleton where the picture is the empty stage."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("What the clip shows"))
        self._image, self._time = QImage(), 0.0
        self._poses: Poses | None = None
        self._size = (16, 9)
        self._box: QRectF | None = None
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(48 * theme.SPACE, 27 * theme.SPACE)

    def minimumSizeHint(self) -> QSize:
        return QSize(30 * theme.SPACE, 17 * theme.SPACE)

    def set_picture(self, image: QImage, size: tuple[int, int], time: float, poses: "Poses | None" = None) -> None:
        """An image of the plate's whole `size` (width, height) in any resolution; `poses` are drawn over it."""
        self._image, self._size, self._time, self._poses = image, size, time, poses
        self.update()

    def set_box(self, box: QRectF | None) -> None:
        """What is seen, in pixels of the plate; it may reach outside. None: all of it."""
        self._box = box
        words = "" if box is None else self.tr("{0} by {1} pixels").format(round(box.width()), round(box.height()))
        self.setAccessibleDescription(words)
        self.update()

    @property
    def box(self) -> QRectF | None:
        return self._box

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        whole = QRectF(self.rect())
        clip = QPainterPath()
        clip.addRoundedRect(whole, theme.RADIUS, theme.RADIUS)
        painter.setClipPath(clip)
        painter.fillRect(whole, QColor(c.picture))
        placed = self._placed()
        if not self._image.isNull():
            painter.drawImage(placed.mapRect(QRectF(0, 0, *self._size)), self._image)
        if self._poses is not None:
            skeleton.paint(painter, self._poses, self._time, placed)
        if self._box is not None:
            self._draw_box(painter, whole, placed.mapRect(self._box), QColor(c.accent))

    def _draw_box(self, painter: QPainter, whole: QRectF, box: QRectF, color: QColor) -> None:
        outside = QPainterPath()
        outside.addRect(whole)
        hole = QPainterPath()
        hole.addRect(box)
        painter.fillPath(outside.subtracted(hole), QColor(0, 0, 0, 150))
        painter.setPen(QPen(color, 2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(box)

    def _placed(self) -> QTransform:
        """From the plate's pixels to the widget's: all of the plate and of the box fit in."""
        shown = QRectF(0, 0, *self._size)
        if self._box is not None:
            shown = shown.united(self._box)
        scale = min(self.width() / shown.width(), self.height() / shown.height())
        middle = shown.center()
        moved = QTransform.fromTranslate(self.width() / 2, self.height() / 2)
        return moved.scale(scale, scale).translate(-middle.x(), -middle.y())
