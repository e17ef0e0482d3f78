"""The cards of the export presets, of which one is chosen."""

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QSizePolicy, QWidget

from dancetransfer.render.presets import PRESETS, Preset
from ui import theme

COLUMNS = 2
STEPS = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -COLUMNS, Qt.Key.Key_Down: COLUMNS}
"""What the arrow keys go on by."""
HIGH, WIDE = 9 * theme.SPACE, 29 * theme.SPACE


def title_of(preset: Preset) -> str:
    """The preset's name in the window's language."""
    return QCoreApplication.translate("Presets", preset.title)


def words_of(preset: Preset) -> str:
    """What it is good for."""
    return QCoreApplication.translate("Presets", preset.words)


class Card(QAbstractButton):
    """One preset: the shape of its picture, its name, what it is good for."""

    def __init__(self, preset: Preset, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.preset = preset
        self.setCheckable(True)
        self.setText(title_of(preset))
        self.setAccessibleName(title_of(preset))
        self.setAccessibleDescription(words_of(preset))
        self.setToolTip(words_of(preset) + "\n" + self.tr("Arrow keys choose another"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.notifier().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        lines = round(3.8 * self.fontMetrics().height())  # the title and three smaller ones
        return QSize(WIDE, max(HIGH, lines + 2 * theme.SPACE))

    minimumSizeHint = sizeHint

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows are for the cards together."""
        if event.key() in STEPS:
            event.ignore()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        c = theme.colors()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        edge = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        marked = self.isChecked() or self.hasFocus()
        painter.setPen(QPen(QColor(c.accent if marked else c.line), 2 if self.hasFocus() else 1))
        painter.setBrush(QColor(c.accent_soft if self.isChecked() else c.hover if self.underMouse() else c.panel))
        painter.drawRoundedRect(edge, theme.RADIUS, theme.RADIUS)
        self._draw_shape(painter, QRectF(theme.SPACE, 0, 5 * theme.SPACE, self.height()))
        left = 7 * theme.SPACE
        room = QRectF(left, theme.SPACE, self.width() - left - theme.SPACE, self.height() - 2 * theme.SPACE)
        painter.setFont(theme.font(1.0, theme.QFont.Weight.DemiBold))
        painter.setPen(QColor(c.text))
        line = painter.fontMetrics().height()
        title = painter.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop, title)
        painter.setFont(theme.font(0.9))
        painter.setPen(QColor(c.dim))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
        painter.drawText(room.adjusted(0, line + 2, 0, theme.SPACE / 2), flags, words_of(self.preset))

    def _draw_shape(self, painter: QPainter, room: QRectF) -> None:
        """A frame in the preset's shape; broken lines where the dancer stands on nothing."""
        c = theme.colors()
        aspect = self.preset.aspect or 1.4
        wide = min(4.0 * theme.SPACE, 4.0 * theme.SPACE * aspect)
        shape = QRectF(0, 0, wide, wide / aspect)
        shape.moveCenter(room.center())
        pen = QPen(QColor(c.accent if self.isChecked() else c.dim), 1.6)
        if self.preset.alpha:
            pen.setDashPattern([2, 2])
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(shape, 3, 3)
        if self.preset.form in ("gif", "webp"):
            painter.setFont(theme.font(0.6, theme.QFont.Weight.Bold))
            painter.drawText(shape, Qt.AlignmentFlag.AlignCenter, self.preset.form.upper())


class Cards(QWidget):
    """All presets; one is chosen. Arrow keys move the choice."""

    chosen = Signal(str)
    """The name of the preset that was chosen by hand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Presets"))
        self._group = QButtonGroup(self)
        self._cards = {name: Card(preset) for name, preset in PRESETS.items()}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(theme.SPACE)
        for n, (name, card) in enumerate(self._cards.items()):
            self._group.addButton(card)
            grid.addWidget(card, n // COLUMNS, n % COLUMNS)
            card.clicked.connect(lambda _=False, name=name: self.chosen.emit(name))
        grid.setRowStretch(grid.rowCount(), 1)
        self._cards["own"].setChecked(True)

    @property
    def name(self) -> str:
        """The chosen preset."""
        return next(name for name, card in self._cards.items() if card.isChecked())

    def choose(self, name: str) -> None:
        """Choose a preset without telling."""
        self._cards[name].setChecked(True)

    def card(self, name: str) -> Card:
        return self._cards[name]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() not in STEPS:
            super().keyPressEvent(event)
            return
        names = list(self._cards)
        at = names.index(self.name) + STEPS[Qt.Key(event.key())]
        if 0 <= at < len(names):
            self._cards[names[at]].setFocus(Qt.FocusReason.TabFocusReason)
            self._cards[names[at]].click()
