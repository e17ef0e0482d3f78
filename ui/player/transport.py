"""The bar under the picture: playing, time, speed and how the pictures are arranged."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QComboBox, QHBoxLayout, QLabel, QToolButton, QWidget

from ui import theme
from ui.keys import Keys
from ui.player.player import Player

RATES = (0.25, 0.5, 1.0, 1.5, 2.0)
NARROW = 92 * theme.SPACE
"""Below this width there is no room for buttons that the timeline replaces."""
VIEWS = ("single", "side", "wipe", "overlay", "quad")


def clock(seconds: float) -> str:
    """ "0:03.2": minutes, seconds and a tenth."""
    tenths = int(max(0.0, seconds) * 10 + 1e-6)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


class Transport(QWidget):
    """Buttons for a player; `view_wanted` and `skeletons_wanted` are for the viewer."""

    view_wanted = Signal(str)
    skeletons_wanted = Signal(bool)
    touch_up_wanted = Signal()

    def __init__(self, player: Player, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player, self._keys = player, keys
        self._tips: list[tuple[QToolButton, str]] = []
        self._spare: list[QToolButton] = []
        self.setAccessibleName(self.tr("Playing"))
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.SPACE, theme.SPACE // 2, 2 * theme.SPACE, theme.SPACE // 2)
        row.setSpacing(2)
        self._playing(row)
        row.addStretch(1)
        self._looking(row)
        player.moved.connect(self._tell)
        player.loaded.connect(self._tell)
        player.state.connect(self._show_state)
        player.rated.connect(self._show_rate)
        keys.changed.connect(self._tip)
        self._tip()
        self._tell()

    def _playing(self, row: QHBoxLayout) -> None:
        player = self._player
        for icon, name, slot in (
            ("to-start", "to start", player.go_start),
            ("step-back", "frame back", lambda: player.step(-1)),
            ("play", "play", player.toggle),
            ("step-forward", "frame on", lambda: player.step(1)),
            ("to-end", "to end", player.go_end),
        ):
            button = self._button(icon, name, slot)
            row.addWidget(button)
            if name == "play":
                self._play = button
            elif name in ("to start", "to end"):
                self._spare.append(button)
        self._time = QLabel()
        self._time.setAccessibleName(self.tr("Time"))
        font = theme.font()
        font.setFeature(theme.QFont.Tag("tnum"), 1)
        self._time.setFont(font)
        row.addSpacing(theme.SPACE)
        row.addWidget(self._time)
        row.addSpacing(theme.SPACE)
        self.loop = self._button("loop", "loop", None)
        self.loop.toggled.connect(player.set_loop)
        self.mute = self._button("sound", "mute", None)
        self.mute.toggled.connect(self._set_muted)
        for button in (self.loop, self.mute):
            button.setCheckable(True)
            row.addWidget(button)
        self._rate = QComboBox()
        for rate in RATES:
            self._rate.addItem(f"{rate:g}\N{MULTIPLICATION SIGN}", rate)
        self._rate.setCurrentIndex(RATES.index(1.0))
        self._rate.setFixedWidth(9 * theme.SPACE)
        self._rate.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._rate.setAccessibleName(self.tr("Speed"))
        self._rate.setToolTip(self.tr("Speed; {0} and {1} play faster with each press").format("J", "L"))
        self._rate.activated.connect(lambda: player.set_rate(self._rate.currentData()))
        row.addWidget(self._rate)

    def _looking(self, row: QHBoxLayout) -> None:
        self._views = QButtonGroup(self)
        self._view_buttons: dict[str, QToolButton] = {}
        for name in VIEWS:
            button = self._button(name, f"view {name}", None)
            button.setCheckable(True)
            button.clicked.connect(lambda _=False, name=name: self.view_wanted.emit(name))
            self._views.addButton(button)
            self._view_buttons[name] = button
            row.addWidget(button)
        row.addSpacing(theme.SPACE)
        self.skeletons = self._button("skeleton", "skeletons", None)
        self.skeletons.setCheckable(True)
        self.skeletons.toggled.connect(self.skeletons_wanted)
        self.touch_up = self._button("touchup", "touch up", self.touch_up_wanted.emit)
        row.addWidget(self.skeletons)
        row.addWidget(self.touch_up)

    def _button(self, icon: str, name: str, slot: object) -> QToolButton:
        button = QToolButton()
        theme.wear(button, icon)
        button.setIconSize(QSize(20, 20))
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if slot is not None:
            button.clicked.connect(slot)
        self._tips.append((button, name))
        return button

    def resizeEvent(self, event: object) -> None:
        for button in self._spare:
            button.setVisible(self.width() >= NARROW)

    def show_view(self, name: str) -> None:
        """Mark the arrangement that is shown."""
        self._view_buttons[name].setChecked(True)

    def set_views(self, possible: set[str]) -> None:
        """Which arrangements there is enough to see for."""
        for name, button in self._view_buttons.items():
            button.setEnabled(name in possible)

    def _set_muted(self, muted: bool) -> None:
        theme.wear(self.mute, "mute" if muted else "sound")
        self._player.set_muted(muted)

    def _tip(self) -> None:
        for button, name in self._tips:
            tip = self._keys.tip(name)
            button.setToolTip(tip)
            button.setAccessibleName(tip.rsplit(" (", 1)[0])

    def _tell(self) -> None:
        self._time.setText(f"{clock(self._player.time)}  /  {clock(self._player.duration)}")

    def _show_state(self, playing: bool) -> None:
        theme.wear(self._play, "pause" if playing else "play")

    def _show_rate(self, rate: float) -> None:
        index = self._rate.findData(rate)
        self._rate.setCurrentIndex(index)
        if index < 0:
            self._rate.setPlaceholderText(f"{rate:g}\N{MULTIPLICATION SIGN}")
