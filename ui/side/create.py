"""The one choice before Create: how much time, with the minutes it takes on this machine."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from dancetransfer.settings import TrainSettings, choose
from ui import theme

translate = QCoreApplication.translate


LARGE = 512
"""Height in pixels of what Best draws where there is a graphics card."""


@dataclass(frozen=True)
class Choice:
    """How, and how long, a person is learned."""

    name: str
    words: str
    budget: float
    """Seconds"""
    large: bool = False
    """Draw larger than usual where a graphics card does it."""

    def settings(self, before: TrainSettings, used: float = 0.0, card: bool = False) -> TrainSettings:
        """The project's settings with this choice put in, after `used` seconds of training of that kind.

        A size that was chosen by hand stays, and the recipe; one that this choice brings may be made smaller where
        memory is short. `card`: the machine has a graphics card.
        """
        size, by_hand = before.size, before.by_hand("size")
        if before.chosen is None:
            by_hand = size not in (TrainSettings.size, LARGE)
        if not by_hand:
            size = LARGE if self.large and card else TrainSettings.size
        chosen = tuple(name for name in choose(before).chosen or () if name != "size" or by_hand)
        return dataclasses.replace(before, size=size, budget=self.budget + used, steps=None, chosen=chosen)


def choices() -> list[Choice]:
    """Rough, Good, Best."""
    return [
        Choice(translate("Create", "Rough"), translate("Create", "To see whether it works"), 300.0),
        Choice(translate("Create", "Good"), translate("Create", "To show to friends"), 1200.0),
        Choice(translate("Create", "Best"), translate("Create", "To publish"), 3600.0, True),
    ]


def minutes_words(minutes: float) -> str:
    """ "about 6 min", "about 1 h 10 min"."""
    hours, rest = divmod(max(1, round(minutes)), 60)
    if not hours:
        return translate("Create", "about {m} min").format(m=rest)
    if not rest:
        return translate("Create", "about {h} h").format(h=hours)
    return translate("Create", "about {h} h {m} min").format(h=hours, m=rest)


class ChoiceCard(QAbstractButton):
    """One choice: name, minutes, what it is good for."""

    def __init__(self, choice: Choice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.choice, self._minutes, self._flat = choice, "", False
        self.setCheckable(True)
        self.setText(choice.name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.notifier().changed.connect(self.update)
        self.set_minutes(choice.budget / 60)

    def set_minutes(self, minutes: float) -> None:
        self._minutes = minutes_words(minutes)
        self.setAccessibleName(f"{self.choice.name}, {self._minutes}")
        self.setAccessibleDescription(self.choice.words)
        self.setToolTip(f"{self.choice.words}\n{self.tr('Arrow keys choose another')}")
        self.update()

    def set_flat(self, flat: bool) -> None:
        """Without its second line, for low windows."""
        if flat != self._flat:
            self._flat = flat
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        lines = 1 if self._flat else 2
        return QSize(20 * theme.SPACE, round(lines * QFontMetricsF(self.font()).height()) + (1 + lines) * theme.SPACE)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        c, painter = theme.colors(), QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(0.75, 0.75, -0.75, -0.75)
        chosen, lit = self.isChecked(), self.underMouse()
        painter.setBrush(QColor(c.accent_soft if chosen else c.hover if lit else c.raised))
        seen = c.text if chosen and self.hasFocus() else c.accent if chosen or self.hasFocus() else c.line
        painter.setPen(QPen(QColor(seen), 1.5 if chosen else 1))
        painter.drawRoundedRect(area, theme.RADIUS, theme.RADIUS)
        dot = QRectF(0, 0, 14, 14)
        dot.moveCenter(area.center())
        dot.moveLeft(area.left() + 2 * theme.SPACE)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(c.accent if chosen else c.faint), 1.5))
        painter.drawEllipse(dot)
        if chosen:
            painter.setBrush(QColor(c.accent))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.drawEllipse(dot.adjusted(4, 4, -4, -4))
        above = 0 if self._flat else theme.SPACE
        inside = area.adjusted(dot.right() + 1.5 * theme.SPACE, above, -2 * theme.SPACE, -above)
        self._words(painter, inside, c)

    def _words(self, painter: QPainter, inside: QRectF, c: theme.Colors) -> None:
        half = 0 if self._flat else inside.height() / 2
        top, below = inside.adjusted(0, 0, 0, -half), inside.adjusted(0, half, 0, 0)
        left = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        painter.setPen(QColor(c.text if self.isEnabled() else c.faint))
        painter.setFont(theme.font(1.05, theme.QFont.Weight.DemiBold))
        painter.drawText(top, left, self.choice.name)
        painter.setFont(theme.font())
        painter.setPen(QColor(c.dim))
        painter.drawText(top, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), self._minutes)
        if self._flat:
            return
        words = self.fontMetrics().elidedText(self.choice.words, Qt.TextElideMode.ElideRight, int(below.width()))
        painter.drawText(below, left, words)


class CreatePanel(QWidget):
    """Rough, Good or Best, and the button; `wanted` carries the choice."""

    wanted = Signal(object)
    chosen = Signal()
    """Another choice was made."""
    more_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        self._cards = [ChoiceCard(choice) for choice in choices()]
        self._cards[0].setChecked(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        self._title = title = QLabel()
        title.setFont(theme.font(1.2, theme.QFont.Weight.DemiBold))
        column.addWidget(title)
        for card in self._cards:
            self._group.addButton(card)
            column.addWidget(card)
        self._group.buttonClicked.connect(lambda _: self.chosen.emit())
        self._note = QLabel()
        self._note.setProperty("role", "dim")
        self._note.setWordWrap(True)
        column.addWidget(self._note)
        column.addLayout(self._foot())
        self._again, self._learns = False, True
        self._show_words()

    def set_flat(self, flat: bool) -> None:
        """Take less height."""
        for card in self._cards:
            card.set_flat(flat)

    def set_again(self, again: bool) -> None:
        """There is a clip already, which can be made better."""
        self._again = again
        self._show_words()

    def set_learns(self, learns: bool) -> None:
        """Whether anything is learned for a clip, which is then a question of time."""
        self._learns = learns
        for card in self._cards:
            card.setVisible(learns)
        self._show_words()

    def _show_words(self) -> None:
        again = self._again
        if self._learns:
            title, word = self.tr("How much time?"), self.tr("Create")
            title, word = (self.tr("Better still?"), self.tr("Keep improving")) if again else (title, word)
        else:
            title, word = self.tr("Nothing has to be learned"), self.tr("Create")
            title, word = (self.tr("Changed something?"), self.tr("Make it again")) if again else (title, word)
        self._title.setText(title)
        self.button.setText(word)
        self.button.setProperty("role", "" if again else "primary")
        theme.wear(self.button, "sparkle", "" if again else "accent_text")
        theme.restyle(self.button)

    def _foot(self) -> QHBoxLayout:
        self.button, more = QPushButton(), QPushButton(self.tr("More"))
        self.button.setFont(theme.font(1.1, theme.QFont.Weight.DemiBold))
        for one in (self.button, more):
            one.setProperty("tall", True)
        self.button.setAccessibleName(self.tr("Create the clip"))
        self.button.clicked.connect(self.create_now)
        theme.wear(more, "settings")
        more.setAccessibleName(self.tr("More settings"))
        more.setToolTip(self.tr("All settings, storage, keys"))
        more.clicked.connect(self.more_wanted)
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.button, 1)
        row.addWidget(more)
        return row

    @property
    def choice(self) -> Choice:
        return next(card.choice for card in self._cards if card.isChecked())

    def create_now(self) -> None:
        """As if the button was pressed."""
        if self.button.isEnabled():
            self.wanted.emit(self.choice)

    def set_costs(self, minutes: Callable[[Choice], float]) -> None:
        """How many minutes each choice takes, by what is known of the machine and the videos."""
        for card in self._cards:
            card.set_minutes(minutes(card.choice))

    def set_ready(self, ready: bool, note: str = "") -> None:
        """Whether one may create, and what is to be said before."""
        self.button.setEnabled(ready)
        self._note.setText(note)
        self._note.setVisible(bool(note))
