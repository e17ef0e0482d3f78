"""Shows the player's pictures: one, side by side, four, under a wipe, with skeletons; zoomed to the pixel."""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QImage,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QTransform,
    QWheelEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from ui import theme
from ui.viewer import skeleton
from ui.viewer.panes import MODES, Look, fit_scale, panes
from ui.viewer.wipe import GRIP, absence, caption, handle

if TYPE_CHECKING:
    from dancetransfer.pose.poses import Poses

STEP = 1.25
"""Zoom of a key or of a notch of the wheel."""
BLOCKS = 3.0
"""Screen pixels of a picture's pixel from which on it is drawn as a square when zoomed in, not blurred."""
STILL = 4
"""Pixels that a mouse may move for it to be a click."""


class Tool(Protocol):
    """What may be done on the picture with the left button; what it does not take moves the picture."""

    def press(self, name: str, at: QPointF) -> bool:
        """True where it takes hold of something; `at` is a place of the viewer."""
        ...

    def move(self, name: str, at: QPointF, held: bool) -> None: ...

    def release(self) -> None: ...

    def paint(self, painter: QPainter) -> None:
        """Over everything else."""
        ...


class Viewer(QWidget):
    """Pictures by name in panes, all zoomed and moved together. Places in a picture are the video's pixels,
    whatever size the shown copy has: pixel centers are whole numbers, as in `Poses`."""

    clicked = Signal(str, float, float)
    """A picture's name and the place in the video's pixels."""
    looked = Signal(float)
    """Zoom: 1 where pictures fit."""
    wiped = Signal(float)
    """Where the wipe stands, 0..1."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: dict[str, QImage] = {}
        self._time = 0.0
        self._mode, self._names = "single", list[str]()
        self._poses: Mapping[str, Poses] = {}
        self._fitted: Mapping[str, Poses] = {}
        self._labels: Mapping[str, str] = {}
        self._always: frozenset[str] = frozenset()
        self._absent: Mapping[str, str] = {}
        self._sizes: dict[str, QSize] = {}
        """Pixels of the pictures that were shown: one keeps its place while it has nothing to show."""
        self._skeletons = False
        self._look, self._wipe = Look(), 0.5
        self._tool: Tool | None = None
        self._doing = ""
        """What the held button does: "tool", "wipe", "pan"."""
        self._pressed = self._last = QPointF()
        self._tabbed = False
        """The keyboard's focus came by Tab."""
        self._message = self.tr("Nothing to see yet")
        self.setAccessibleName(self.tr("Picture"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.notifier().changed.connect(self.update)

    # --- what is shown ------------------------------------------------------------------------

    @Slot(object, float)
    def set_frames(self, images: Mapping[str, QImage], time: float) -> None:
        """The pictures of a moment, as `Player.frames` gives them; where one is null, the one before it stays."""
        now = {name: self._images.get(name, image) if image.isNull() else image for name, image in images.items()}
        self._images, self._time = now, time
        self._sizes |= {name: image.size() for name, image in now.items()}
        self._tell_absent()
        self._look = self._held()
        self.update()

    def clear(self, message: str = "") -> None:
        """No picture; a few words in its place."""
        self._images, self._sizes, self._message = {}, {}, message or self.tr("Nothing to see yet")
        self.setAccessibleDescription(self._message)
        self.update()

    def set_view(self, mode: str, names: Sequence[str]) -> None:
        """How pictures are arranged, and which: "single", "side", "wipe" (two), "overlay" (one with its
        skeleton) or "quad" (up to four)."""
        if mode not in MODES:
            raise ValueError(f"{mode} is none of {', '.join(MODES)}")
        self._mode, self._names = mode, list(names)
        self._tell_absent()
        self._look = self._held()
        self.update()

    def set_poses(self, poses: "Mapping[str, Poses]", fitted: "Mapping[str, Poses] | None" = None) -> None:
        """Skeletons by picture. A name without a picture shows its skeleton alone.

        `fitted`: a second one over the same picture, such as the dance fitted to the body, in the accent color.
        """
        self._poses, self._fitted = dict(poses), dict(fitted or {})
        self.update()

    def set_pose(self, name: str, poses: "Poses") -> None:
        """Another skeleton for one picture."""
        self._poses = {**self._poses, name: poses}
        self.update()

    @Slot(bool)
    def set_skeletons(self, shown: bool) -> None:
        """Draw skeletons in every arrangement, not in "overlay" alone."""
        self._skeletons = shown
        self.update()

    def set_labels(self, labels: Mapping[str, str], always: Collection[str] = ()) -> None:
        """What the pictures are called where several are shown; those of `always` also where they are alone."""
        self._labels, self._always = dict(labels), frozenset(always)
        self.update()

    def set_absent(self, words: Mapping[str, str]) -> None:
        """What stands in a picture's place at moments that it doesn't show, from the next moment on."""
        self._absent = dict(words)

    def _lacks(self, name: str) -> bool:
        """It shows other moments than this one."""
        return name in self._absent and name not in self._images and name not in self._poses

    def _tell_absent(self) -> None:
        """To screen readers."""
        self.setAccessibleDescription(" ".join(self._absent[name] for name in self._names if self._lacks(name)))

    def set_tool(self, tool: Tool | None) -> None:
        """What the left button does from now on; None: it moves the picture."""
        self._tool, self._doing = tool, ""
        self.unsetCursor()
        self.update()

    @property
    def time(self) -> float:
        """Of the pictures that are shown."""
        return self._time

    @property
    def mode(self) -> str:
        return self._mode

    @property
    def names(self) -> list[str]:
        return list(self._names)

    @property
    def zoom(self) -> float:
        return self._look.zoom

    @property
    def wipe(self) -> float:
        return self._wipe

    # --- places -------------------------------------------------------------------------------

    def size_of(self, name: str) -> QSize:
        """Pixels of a video: of its poses where they are known, for the picture may be a small copy."""
        for tracks in (self._poses, self._fitted):
            if name in tracks:
                return QSize(*tracks[name].size)
        return self._sizes.get(name, QSize(16, 9))

    def panes(self) -> dict[str, QRectF]:
        """The pane of each picture, in pixels of the viewer."""
        return panes(self._mode, {name: self.size_of(name) for name in self._names}, QRectF(self.rect()))

    def placed(self, name: str) -> QTransform | None:
        """From the video's pixels to those of the viewer; None for a picture that is not shown."""
        pane = self.panes().get(name)
        if pane is None:
            return None
        size = self.size_of(name)
        where = self._look.placed(pane, size)
        across, down = where.width() / size.width(), where.height() / size.height()
        return QTransform(across, 0, 0, down, where.x() + across / 2, where.y() + down / 2)

    def picture_at(self, pos: QPointF) -> tuple[str, float, float] | None:
        """The picture under a place of the viewer and where in the video that is; None beside all."""
        name = self._under(pos)
        placed = None if name is None else self.placed(name)
        if name is None or placed is None:
            return None
        point = placed.inverted()[0].map(QPointF(pos))
        size = self.size_of(name)
        inside = -0.5 <= point.x() < size.width() - 0.5 and -0.5 <= point.y() < size.height() - 0.5
        return (name, point.x(), point.y()) if inside else None

    def _under(self, pos: QPointF) -> str | None:
        """Whose pane a place belongs to."""
        found = [name for name, pane in self.panes().items() if pane.contains(pos)]
        if self._mode == "wipe" and len(found) == 2:
            return found[0] if pos.x() < self._wipe_x() else found[1]
        return found[0] if found else None

    def _wipe_x(self) -> float:
        return self._wipe * self.width()

    def _held(self) -> Look:
        """The look, kept within what can be seen of the first picture."""
        for name, pane in self.panes().items():
            return self._look.held(pane, self.size_of(name))
        return self._look

    # --- zoom, pan, wipe: slots for keys and buttons ------------------------------------------

    @Slot()
    def zoom_in(self) -> None:
        self._zoom(STEP)

    @Slot()
    def zoom_out(self) -> None:
        self._zoom(1 / STEP)

    @Slot()
    def fit(self) -> None:
        """Show all of it."""
        self._look_so(Look())

    @Slot()
    def actual_pixels(self) -> None:
        """One pixel of the video on one pixel of the screen."""
        for name, pane in self.panes().items():
            self._zoom(1 / (fit_scale(pane, self.size_of(name)) * self._look.zoom * self.devicePixelRatioF()))
            return

    @Slot(float, float)
    def pan(self, right: float, down: float) -> None:
        """Push the picture by so many pixels of the screen."""
        for name, pane in self.panes().items():
            self._look_so(self._look.moved(QPointF(right, down), pane, self.size_of(name)))
            return

    @Slot(float)
    def set_wipe(self, at: float) -> None:
        """Where the wipe stands, 0..1 of the width."""
        if at != self._wipe:
            self._wipe = min(1.0, max(0.0, at))
            self.wiped.emit(self._wipe)
            self.update()

    def _zoom(self, factor: float, at: QPointF | None = None) -> None:
        found = self.panes()
        name = (self._under(at) if at is not None else None) or next(iter(found), None)
        if name is not None:
            where = found[name].center() if at is None else at
            self._look_so(self._look.zoomed(factor, where, found[name], self.size_of(name)))

    def _look_so(self, look: Look) -> None:
        if look != self._look:
            self._look = look
            self.looked.emit(look.zoom)
            self.update()

    # --- mouse --------------------------------------------------------------------------------

    def wheelEvent(self, event: QWheelEvent) -> None:
        notches = event.angleDelta().y() / 120 or event.pixelDelta().y() / 60
        if notches:
            self._zoom(STEP**notches, event.position())
        event.accept()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QNativeGestureEvent) and event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
            self._zoom(1 + event.value(), event.position())
            return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        pos = self._pressed = self._last = event.position()
        left = event.button() == Qt.MouseButton.LeftButton
        name = self._under(pos)
        if left and self._on_wipe(pos):
            self._doing = "wipe"
        elif left and self._tool is not None and name is not None and self._tool.press(name, pos):
            self._doing = "tool"
        elif left or event.button() == Qt.MouseButton.MiddleButton:
            self._doing = "pan"
        self._point(pos)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        pos = event.position()
        if self._doing == "wipe":
            self.set_wipe(pos.x() / max(1, self.width()))
        elif self._doing == "pan":
            self.pan(pos.x() - self._last.x(), pos.y() - self._last.y())
        elif self._tool is not None and (name := self._under(self._pressed if self._doing else pos)) is not None:
            self._tool.move(name, pos, self._doing == "tool")
        self._last = pos
        self._point(pos)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        doing, self._doing = self._doing, ""
        if doing == "tool" and self._tool is not None:
            self._tool.release()
        elif doing == "pan" and (event.position() - self._pressed).manhattanLength() < STILL:
            found = self.picture_at(event.position())
            if found is not None and event.button() == Qt.MouseButton.LeftButton:
                self.clicked.emit(*found)
        self._point(event.position())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if not self._on_wipe(event.position()):
            self.fit()
        else:
            self.set_wipe(0.5)

    def _on_wipe(self, pos: QPointF) -> bool:
        return self._mode == "wipe" and len(self._names) > 1 and abs(pos.x() - self._wipe_x()) <= GRIP

    def _point(self, pos: QPointF) -> None:
        """The cursor that tells what the button would do."""
        if self._doing == "wipe" or (not self._doing and self._on_wipe(pos)):
            self.setCursor(Qt.CursorShape.SplitHCursor)
        elif self._doing == "pan" and self._look.zoom > 1:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._tool is None:
            self.unsetCursor()

    # --- painting -----------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(640, 360)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._look = self._held()
        super().resizeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.colors().picture))
        found = self.panes()
        if not any(name in self._images or name in self._poses or self._lacks(name) for name in found):
            painter.setPen(QColor(theme.colors().dim))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap, self._message)
            return
        for number, (name, pane) in enumerate(found.items()):
            painter.save()
            painter.setClipRect(self._part(number, pane))
            if self._lacks(name):
                absence(painter, self._absent[name], self._seen(name, number, pane))
            else:
                self._paint_picture(painter, name, pane)
            painter.restore()
        if self._mode == "wipe" and len(found) > 1:
            handle(painter, self._wipe_x(), self.height())
        for number, (name, pane) in enumerate(found.items()):
            if len(found) > 1 or name in self._always:
                right = self._mode == "wipe" and number == 1
                seen = self._seen(name, number, pane)
                caption(painter, self._labels.get(name, name), seen, right, seen.top() - pane.top())
        if self._tool is not None:
            self._tool.paint(painter)
        if self._tabbed and self.hasFocus():
            painter.setPen(QPen(QColor(theme.colors().accent), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keys go to somebody who came by keyboard."""
        self._tabbed = event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason)
        super().focusInEvent(event)

    def _part(self, number: int, pane: QRectF) -> QRectF:
        """What of its pane a picture may fill: under a wipe, one side of it."""
        if self._mode != "wipe" or len(self._names) < 2:
            return pane
        x = self._wipe_x()
        left, right = (0.0, x) if number == 0 else (x, float(self.width()))
        return QRectF(left, pane.y(), right - left, pane.height())

    def _seen(self, name: str, number: int, pane: QRectF) -> QRectF:
        """Where of the screen a picture is."""
        return self._look.placed(pane, self.size_of(name)) & self._part(number, pane)

    def _paint_picture(self, painter: QPainter, name: str, pane: QRectF) -> None:
        image = self._images.get(name)
        where = self._look.placed(pane, self.size_of(name))
        if image is None and name in self._poses:
            painter.fillRect(where, QColor(skeleton.GROUND))
        elif image is not None:
            pixel = where.width() / image.width() * self.devicePixelRatioF()
            smooth = self._look.zoom <= 1 or pixel < BLOCKS
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, smooth)
            painter.drawImage(where, image)
        placed = self.placed(name)
        if placed is not None and (self._skeletons or self._mode == "overlay" or image is None):
            if name in self._poses:
                skeleton.paint(painter, self._poses[name], self._time, placed)
            if name in self._fitted:
                skeleton.paint(painter, self._fitted[name], self._time, placed, QColor(theme.colors().accent))
