"""The buttons of the touch-up mode: how far a change reaches, hide, swap sides, put back."""

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QMenu, QPushButton, QWidget

from ui import theme
from ui.viewer.joints import limb_of, words
from ui.viewer.touchup import TouchUp


class TouchUpBar(QWidget):
    """Stands above or below the viewer while the mode is on; what it shows follows the `TouchUp`."""

    part_wanted = Signal()
    """Changes are to reach over the part between the in and out marks: call `TouchUp.set_part` with them."""

    def __init__(self, touchup: TouchUp, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._touchup = touchup
        self.setAccessibleName(self.tr("Touch up the poses"))
        self.joint_label = QLabel()
        self.reach_box = self._reaches()
        self.hide_button = QPushButton()
        self.hide_button.clicked.connect(touchup.hide)
        self.hide_button.setToolTip(self.tr("This limb is not to be seen here"))
        self.swap_button = QPushButton(self.tr("Swap sides"))
        self.swap_button.setToolTip(self.tr("Left was taken for right"))
        self.swap_menu = QMenu(self)
        for sides, label in (
            ("all", self.tr("Arms and legs")), ("arms", self.tr("Arms only")), ("legs", self.tr("Legs only")),
        ):  # fmt: skip
            self._add(self.swap_menu, label, sides)
        self.swap_button.setMenu(self.swap_menu)
        self.put_back_button = QPushButton(self.tr("Put back"))
        self.put_back_button.setToolTip(self.tr("Take out what was touched up at this frame"))
        self.put_back_button.clicked.connect(touchup.put_back)
        self.done_button = QPushButton(self.tr("Done"))
        self.done_button.setToolTip(self.tr("Leave the touch-up mode; changes are kept"))
        self.done_button.clicked.connect(touchup.end)
        for button, icon in (
            (self.hide_button, "eye-off"), (self.swap_button, "swap"), (self.put_back_button, "undo"),
            (self.done_button, "check"),
        ):  # fmt: skip
            theme.wear(button, icon)
            button.setAccessibleName(button.text())
        self._lay_out()
        touchup.selected.connect(self._follow)
        self._follow(touchup.joint)

    def _reaches(self) -> QComboBox:
        box = QComboBox()
        for label, seconds in (
            (self.tr("This frame"), 0.0), (self.tr("0.2 s around"), 0.2), (self.tr("0.5 s around"), 0.5),
            (self.tr("1 s around"), 1.0), (self.tr("From in to out"), None),
        ):  # fmt: skip
            box.addItem(label, seconds)
        box.setCurrentIndex(1)
        box.setAccessibleName(self.tr("How far a change reaches"))
        box.setToolTip(self.tr("How far a change reaches before and after this frame"))
        box.currentIndexChanged.connect(self._set_reach)
        return box

    def _lay_out(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.SPACE, theme.SPACE, 2 * theme.SPACE, theme.SPACE)
        row.setSpacing(theme.SPACE)
        row.addWidget(self.joint_label, 1)
        self._reach_label = reach = QLabel(self.tr("Reaches"))
        reach.setBuddy(self.reach_box)
        for widget in (reach, self.reach_box, self.hide_button, self.swap_button, self.put_back_button):
            row.addWidget(widget)
        row.addSpacing(theme.SPACE)
        row.addWidget(self.done_button)

    def _add(self, menu: QMenu, label: str, sides: str) -> None:
        action = QAction(label, menu)
        action.triggered.connect(lambda: self._touchup.swap(sides))
        menu.addAction(action)

    def _set_reach(self) -> None:
        seconds = self.reach_box.currentData()
        if seconds is None:
            self.part_wanted.emit()
        else:
            self._touchup.set_reach(seconds, seconds)

    def _follow(self, joint: str) -> None:
        """Say which joint is chosen and what hiding it would hide."""
        self.joint_label.setText(words(joint).capitalize() if joint else self.tr("Drag a joint, or click one"))
        hides = self.tr("Hide {0}").format(words(limb_of(joint))) if joint else self.tr("Hide limb")
        self.hide_button.setAccessibleName(hides)
        self._dress()
        self.hide_button.setEnabled(bool(joint))

    def resizeEvent(self, event: object) -> None:
        self._dress()

    def _dress(self) -> None:
        """Words beside the icons where there is room for them."""
        buttons = (self.hide_button, self.swap_button, self.put_back_button)
        for button in buttons:
            button.setText(button.accessibleName())
        shown = (self.joint_label, self._reach_label, self.reach_box, *buttons, self.done_button)
        narrow = sum(one.sizeHint().width() + theme.SPACE for one in shown) + 4 * theme.SPACE > self.width()
        self._reach_label.setVisible(not narrow)
        for button in buttons:
            button.setText("" if narrow else button.accessibleName())
