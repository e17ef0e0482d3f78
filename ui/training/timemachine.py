"""All previews of a training: a slider through them, the newest by itself, a wipe between any two or with the truth."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QButtonGroup,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ui import theme
from ui.training.outlook import clock
from ui.training.previews import AGAIN, DANCE, REAL, RESULT, SKELETON, Shown, parts
from ui.viewer.viewer import Viewer

NEWEST, TRUTH = -1, -2
"""What a wipe can be made with besides the preview of a step."""


class TimeMachine(QWidget):
    """Shows one preview and, in a wipe, a second one or the real frame; `shown` tells the step in the picture."""

    shown = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._previews: list[Shown] = []
        self._seconds: list[float] = []
        self._at = -1
        self._live = True
        self._waits = False
        self._viewer = Viewer()
        self._viewer.setMinimumHeight(20 * theme.SPACE)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        column.addLayout(self._modes())
        column.addWidget(self._viewer, 1)
        column.addLayout(self._times())
        self._allow()
        self._show()

    # --- what it is made of -----------------------------------------------------------------------

    def _modes(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        group = QButtonGroup(self)
        self._side = self._mode("side", self.tr("Side by side"), self.tr("The dance, its skeleton and the result"))
        self._wipe = self._mode("wipe", self.tr("Wipe"), self.tr("Two pictures behind each other, with a handle"))
        for button in (self._side, self._wipe):
            group.addButton(button)
            row.addWidget(button)
        self._with = QLabel(self.tr("with"))
        self._with.setProperty("role", "dim")
        self._other = QComboBox()
        self._other.setAccessibleName(self.tr("Compare with"))
        self._other.setToolTip(self.tr("What lies on the right of the wipe"))
        self._other.setMinimumContentsLength(14)
        self._with.setBuddy(self._other)
        row.addWidget(self._with)
        row.addWidget(self._other)
        row.addStretch(1)
        self._side.setChecked(True)
        self._side.toggled.connect(self._show)
        self._other.currentIndexChanged.connect(self._show)
        return row

    def _mode(self, icon: str, name: str, tip: str) -> QToolButton:
        button = QToolButton()
        button.setText(name)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setCheckable(True)
        button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        button.setAccessibleName(name)
        button.setToolTip(tip)
        theme.wear(button, icon)
        return button

    def _times(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2 * theme.SPACE)
        self._slider = QSlider(Qt.Orientation.Horizontal)
        self._slider.setAccessibleName(self.tr("Previews, from the first to the newest"))
        self._slider.setToolTip(self.tr("Back to earlier pictures (left and right arrow, Home, End)"))
        self._slider.setPageStep(1)
        self._when = QLabel()
        self._when.setProperty("role", "dim")
        self._when.setMinimumWidth(self.fontMetrics().horizontalAdvance("00:00:00"))
        self._newest = QPushButton(self.tr("Newest"))
        self._newest.setCheckable(True)
        self._newest.setChecked(True)
        self._newest.setProperty("role", "chip")
        self._newest.setAccessibleName(self.tr("Always show the newest picture"))
        self._newest.setToolTip(self.tr("Always show the newest picture (End)"))
        row.addWidget(self._slider, 1)
        row.addWidget(self._when)
        row.addWidget(self._newest)
        self._slider.valueChanged.connect(self._slid)
        self._newest.clicked.connect(self._follow)
        return row

    # --- from outside -----------------------------------------------------------------------------

    def set_previews(self, previews: list[Shown], seconds: list[float]) -> None:
        """All previews, oldest first, and the training seconds of each; goes to the newest unless one was chosen."""
        if previews == self._previews and seconds == self._seconds:
            return
        step = self.step
        self._previews, self._seconds = previews, seconds
        kept = [n for n, one in enumerate(previews) if one.step == step]
        self._at = len(previews) - 1 if self._live or not kept else kept[0]
        self._slider.blockSignals(True)
        self._slider.setRange(0, max(0, len(previews) - 1))
        self._slider.setValue(max(0, self._at))
        self._slider.blockSignals(False)
        self._list_others()
        self._allow()
        self._show()

    def expect(self, waits: bool) -> None:
        """Whether a first picture is on its way."""
        if waits != self._waits:
            self._waits = waits
            self._show()

    @property
    def step(self) -> int | None:
        """The step of the preview that is shown."""
        return self._previews[self._at].step if 0 <= self._at < len(self._previews) else None

    @property
    def seconds(self) -> float | None:
        """The training seconds of the preview that is shown."""
        return self._seconds[self._at] if self.step is not None else None

    def go_to(self, seconds: float) -> None:
        """Show the preview nearest to a moment of the training."""
        if self._seconds:
            near = min(range(len(self._seconds)), key=lambda n: abs(self._seconds[n] - seconds))
            self._slider.setValue(near)

    # --- showing ----------------------------------------------------------------------------------

    def _slid(self, at: int) -> None:
        self._at = at
        self._live = at == len(self._previews) - 1
        self._newest.setChecked(self._live)
        self._show()

    def _follow(self) -> None:
        self._live = True
        self._newest.setChecked(True)
        self._slider.setValue(self._slider.maximum())

    def _list_others(self) -> None:
        """What the wipe can be made with; the choice stays."""
        chosen = self._other.currentData()
        self._other.blockSignals(True)
        self._other.clear()
        self._other.addItem(self.tr("The real, held-out frame"), TRUTH)
        self._other.addItem(self.tr("The newest picture"), NEWEST)
        for one, seconds in zip(self._previews, self._seconds, strict=True):
            self._other.addItem(self.tr("The picture at {time}").format(time=clock(seconds)), one.step)
        self._other.setCurrentIndex(max(0, self._other.findData(chosen)))
        self._other.blockSignals(False)

    def _allow(self) -> None:
        there = bool(self._previews)
        for widget in (self._side, self._wipe, self._slider, self._newest):
            widget.setEnabled(there)

    def _show(self) -> None:
        wiping = self._wipe.isChecked()
        self._with.setVisible(wiping)
        self._other.setVisible(wiping)
        found = parts(self._previews[self._at].path) if self.step is not None else {}
        self._when.setText("" if self.seconds is None else clock(self.seconds))
        if self.seconds is not None:
            words = self.tr("after {time}, step {step}").format(time=clock(self.seconds), step=self.step)
            self._slider.setAccessibleDescription(words)
        if not found:
            self._viewer.clear(self._excuse())
        elif wiping:
            self._show_wipe(found)
        else:
            names = {DANCE: self.tr("Dance"), SKELETON: self.tr("Skeleton"), RESULT: self.tr("Result")}
            shown = {name: found[name] for name in names if name in found}
            self._place("side", shown, {**names, RESULT: self.tr("Result at {time}").format(time=self._when.text())})
        if self.step is not None:
            self.shown.emit(self.step)

    def _excuse(self) -> str:
        """Why there is no picture."""
        if self.step is not None:
            return self.tr("This picture is damaged")
        return self.tr("The first picture comes within seconds") if self._waits else self.tr("Nothing to see yet")

    def _show_wipe(self, found: dict[str, QImage]) -> None:
        """The chosen preview on the left, the other or the truth on the right."""
        other = self._other.currentData()
        if other == TRUTH and REAL in found and AGAIN in found:
            self._place("wipe", {AGAIN: found[AGAIN], REAL: found[REAL]}, {REAL: self.tr("Real")})
            return
        steps = [one.step for one in self._previews]
        number = steps.index(other) if other in steps else len(steps) - 1
        second = parts(self._previews[number].path).get(RESULT, found[RESULT])
        self._place("wipe", {AGAIN: found[RESULT], REAL: second}, {REAL: clock(self._seconds[number])})

    def _place(self, mode: str, pictures: dict[str, QImage], labels: dict[str, str]) -> None:
        """Pictures by the names of parts; the left one of a wipe is called by its time."""
        names = list(pictures)
        self._viewer.set_view(mode if len(names) > 1 else "single", names)
        self._viewer.set_labels({AGAIN: self._when.text(), **labels})
        self._viewer.set_frames(pictures, self.seconds or 0.0)
