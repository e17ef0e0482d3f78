"""A large area that takes videos: dropped on it, or chosen with a click or the Enter key."""

from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPointF, QRectF, QSize, Qt, QVariantAnimation, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QEnterEvent,
    QFontMetricsF,
    QImage,
    QKeyEvent,
    QKeySequence,
    QLinearGradient,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QAbstractButton, QApplication, QFileDialog, QSizePolicy, QToolButton, QWidget

from ui import theme

VIDEOS = ("*.mp4", "*.mov", "*.m4v", "*.mkv", "*.webm", "*.avi", "*.mts", "*.m2ts", "*.3gp", "*.mpg", "*.wmv")
MOTIONS = ("*.bvh", "*.npz")
"""Files that hold a motion and no picture: they can be the dance, never the person."""
FOLDER = "projects/last folder"


def files_of(mime: QMimeData) -> list[str]:
    """The local files that a drag carries."""
    return [url.toLocalFile() for url in mime.urls() if url.isLocalFile()]


def pasted() -> list[str]:
    """The files that were copied in a file manager, or whose paths were copied as text, a line each."""
    mime = QApplication.clipboard().mimeData()
    lines = [line.strip().strip("\"'") for line in mime.text().splitlines()]
    return files_of(mime) or [line for line in lines if line and Path(line).exists()]


class DropArea(QAbstractButton):
    """Takes one kind of video. Filled, it shows a picture of it, its name and what is said of it."""

    dropped = Signal(list)
    """Paths as str"""
    cleared = Signal()

    def __init__(self, title: str, hint: str, icon: str, motions: bool, parent: QWidget | None = None) -> None:
        """`motions`: pose tracks and BVH files are taken too."""
        super().__init__(parent)
        self._title, self._hint, self._icon, self._motions = title, hint, icon, motions
        self._files: list[str] = []
        self._picture = QImage()
        self._said, self._said_color = "", "dim"
        self._glow = 0.0
        self._animation = QVariantAnimation(self, duration=theme.ANIMATION_MS)
        self._animation.valueChanged.connect(self._set_glow)
        self.setText(title)
        self.setAcceptDrops(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._away = QToolButton(self)
        theme.wear(self._away, "close")
        self._away.setAccessibleName(self.tr("Take this video away"))
        self._away.setToolTip(self.tr("Take this video away"))
        self._away.setCursor(Qt.CursorShape.ArrowCursor)
        self._away.clicked.connect(self.cleared)
        self._away.hide()
        self.clicked.connect(self.choose)
        theme.notifier().changed.connect(self.update)
        self._describe()

    @property
    def files(self) -> list[str]:
        return list(self._files)

    def set_files(self, files: list[str]) -> None:
        """Show that these are taken; none: empty again."""
        self._files, self._picture, self._said = list(files), QImage(), ""
        self._away.setVisible(bool(files))
        self._describe()
        self.update()

    def set_picture(self, image: QImage) -> None:
        """A frame of the video, as the ground of the area."""
        self._picture = image
        self.update()

    def set_verdict(self, words: str, level: str, hint: str = "") -> None:
        """What is said of the video; `level` is a color's name: "good", "warn", "bad" or "dim"."""
        self._said, self._said_color = words, level
        self._describe()
        if hint:
            self.setToolTip(hint)
        self.update()

    def choose(self) -> None:
        """Ask for files with the system's dialog."""
        from PySide6.QtCore import QSettings

        kinds = " ".join((*VIDEOS, *(MOTIONS if self._motions else ())))
        start = str(QSettings().value(FOLDER, ""))
        filters = f"{self.tr('Videos')} ({kinds});;{self.tr('All files')} (*)"
        files, _ = QFileDialog.getOpenFileNames(self, self._title, start, filters)
        if files:
            QSettings().setValue(FOLDER, str(Path(files[0]).parent))
            self.dropped.emit(files)

    def _describe(self) -> None:
        names = ", ".join(Path(file).name for file in self._files)
        self.setAccessibleName(f"{self._title}: {names}" if names else self._title)
        self.setAccessibleDescription(self._said or self._hint)
        self.setToolTip(names or self.tr("Drop or paste a video here, or press Enter to choose one"))

    # --- being dropped on ---------------------------------------------------------------------

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_of(event.mimeData()):
            event.acceptProposedAction()
            self._light(1.0)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._light(0.0)

    def dropEvent(self, event: QDropEvent) -> None:
        self._light(0.0)
        files = files_of(event.mimeData())
        if files:
            event.acceptProposedAction()
            self.dropped.emit(files)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._light(0.5)
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._light(0.0)
        super().leaveEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter chooses, as Space does; what was copied can be pasted."""
        if event.matches(QKeySequence.StandardKey.Paste) and pasted():
            self.dropped.emit(pasted())
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.choose()
        elif event.key() in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace) and self._files:
            self.cleared.emit()
        else:
            super().keyPressEvent(event)

    def _light(self, to: float) -> None:
        self._animation.stop()
        self._animation.setStartValue(self._glow)
        self._animation.setEndValue(to)
        self._animation.start()

    def _set_glow(self, value: float) -> None:
        self._glow = float(value)
        self.update()

    # --- painting -----------------------------------------------------------------------------

    def sizeHint(self) -> QSize:
        return QSize(56 * theme.SPACE, 40 * theme.SPACE)

    def minimumSizeHint(self) -> QSize:
        return QSize(30 * theme.SPACE, 24 * theme.SPACE)

    def resizeEvent(self, event: object) -> None:
        size = self._away.sizeHint()
        self._away.setGeometry(self.width() - size.width() - theme.SPACE, theme.SPACE, size.width(), size.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        area = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        self._ground(painter, area)
        if self._files:
            self._filled(painter, area)
        else:
            self._empty(painter, area)

    def _ground(self, painter: QPainter, area: QRectF) -> None:
        c = theme.colors()
        shape = QPainterPath()
        shape.addRoundedRect(area, 2 * theme.RADIUS, 2 * theme.RADIUS)
        painter.fillPath(shape, _between(c.panel, c.accent_soft, self._glow))
        if self._files and not self._picture.isNull():
            painter.save()
            painter.setClipPath(shape)
            painter.drawImage(area, self._picture, cover(self._picture.size(), area))
            shade = QLinearGradient(area.topLeft(), area.bottomLeft())
            shade.setColorAt(0, QColor(0, 0, 0, 60))
            shade.setColorAt(0.5, QColor(0, 0, 0, 30))
            shade.setColorAt(1, QColor(0, 0, 0, 215))
            painter.fillRect(area, shade)
            painter.restore()
        pen = QPen(
            _between(
                c.line if self._files else _between(c.line, c.faint, 0.5).name(),
                c.accent,
                max(self._glow, float(self.hasFocus())),
            ),
            1.5,
        )
        if not self._files:
            pen.setDashPattern([4, 4])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPath(shape)

    def _empty(self, painter: QPainter, area: QRectF) -> None:
        c = theme.colors()
        middle, pixels = area.center(), 56
        icon = theme.icon(self._icon, _between(c.dim, c.accent, self._glow).name())
        place = QRectF(0, 0, pixels, pixels)
        place.moveCenter(QPointF(middle.x(), middle.y() - 6 * theme.SPACE))
        icon.paint(painter, place.toRect())
        top = place.bottom() + 2 * theme.SPACE
        top = self._line(painter, self._title, theme.font(1.6, theme.QFont.Weight.DemiBold), c.text, area, top)
        self._line(painter, self._hint, theme.font(), c.dim, area, top + theme.SPACE / 2, wrap=True)

    def _line(self, painter: QPainter, words: str, font: theme.QFont, color: str, area: QRectF, top: float,
              wrap: bool = False) -> float:  # fmt: skip
        """Centered words from `top` on; returns where they end."""
        painter.setFont(font)
        painter.setPen(QColor(color))
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
        place = QRectF(area.left() + 3 * theme.SPACE, top, area.width() - 6 * theme.SPACE, area.bottom() - top)
        how = int(flags) | int(Qt.TextFlag.TextWordWrap) if wrap else int(flags)
        painter.drawText(place, how, words)
        return top + QFontMetricsF(font).height()

    def _filled(self, painter: QPainter, area: QRectF) -> None:
        """Title small, the name large, the verdict; white where they stand on a picture."""
        c = theme.colors()
        over = not self._picture.isNull()
        text, dim = ("#ffffff", "#d5d8e0") if over else (c.text, c.dim)
        said = {"good": "#8fe0b0", "warn": "#f2cb7c", "bad": "#ff9aa2"}.get(self._said_color, dim) if over else getattr(
            c, self._said_color
        )  # fmt: skip
        inside = area.adjusted(3 * theme.SPACE, 2 * theme.SPACE, -3 * theme.SPACE, -2 * theme.SPACE)
        if not over:
            icon = theme.icon(self._icon, c.faint)
            place = QRectF(0, 0, 56, 56)
            place.moveCenter(area.center() - QPointF(0, 4 * theme.SPACE))
            icon.paint(painter, place.toRect())
        first = Path(self._files[0]).name
        more = len(self._files) - 1
        name = first if not more else self.tr("{name} and {n} more").format(name=first, n=more)
        lines = [
            (self._title, theme.font(0.95), dim),
            (name, theme.font(1.3, theme.QFont.Weight.DemiBold), text),
            (self._said, theme.font(), said),
        ]
        bottom = inside.bottom()
        for words, font, color in reversed(lines):
            high = QFontMetricsF(font).height()
            painter.setFont(font)
            painter.setPen(QColor(color))
            place = QRectF(inside.left(), bottom - high, inside.width(), high)
            side = Qt.TextElideMode.ElideMiddle if words == name else Qt.TextElideMode.ElideRight
            cut = QFontMetricsF(font).elidedText(words, side, place.width())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), cut)
            bottom -= high + theme.SPACE / 2


def cover(size: QSize, area: QRectF) -> QRectF:
    """The part of a picture that fills the area; its head rather than its feet."""
    wide = min(size.width(), size.height() * area.width() / area.height())
    high = wide * area.height() / area.width()
    return QRectF((size.width() - wide) / 2, (size.height() - high) * 0.35, wide, high)


def _between(first: str, second: str, share: float) -> QColor:
    one, other = QColor(first), QColor(second)

    def mixed(a: int, b: int) -> int:
        return round(a + (b - a) * share)

    return QColor(mixed(one.red(), other.red()), mixed(one.green(), other.green()), mixed(one.blue(), other.blue()))
