"""A form for any group of settings, made from what the engine declares: name, bounds, unit, sentence of help."""

from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from dancetransfer.errors import UserError
from dancetransfer.settings import Option, choose, declared, kind_of, parse
from ui import theme

FAR = 10**9
"""Bound of a number whose option declares none."""


def label_of(name: str) -> str:
    """An option's name for people: "music_from" is "Music from"."""
    return QCoreApplication.translate("Options", name.replace("_", " ").capitalize())


def clock(seconds: float) -> str:
    """Seconds as the settings read them back: "1:30", "1:02:05", "0.5"."""
    if seconds < 0 or seconds != int(seconds) or seconds < 60:
        return f"{seconds:g}"
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


class Form(QWidget):
    """One row for each option of `group`; `changed` carries the whole group as it then is.

    `values` is an instance of the group. `without` names options that are shown elsewhere.
    """

    changed = Signal(object)

    def __init__(self, group: type, values: Any, without: tuple[str, ...] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._group, self._values = group, values
        self._fields: dict[str, QWidget] = {}
        self._filling = False
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE // 2)
        grid.setColumnStretch(0, 1)
        row = 0
        for name, (one, about) in declared(group).items():
            if name not in without:
                self._add(grid, row, name, one, about)
                row += 2
        self.set_values(values)

    @property
    def values(self) -> Any:
        """The group as it is now."""
        return self._values

    def field(self, name: str) -> QWidget:
        """The control of an option."""
        return self._fields[name]

    def set_values(self, values: Any) -> None:
        """Show another instance of the group, without telling."""
        self._filling, self._values = True, values
        for name, field in self._fields.items():
            _fill(field, getattr(values, name))
        self._filling = False

    def _add(self, grid: QGridLayout, row: int, name: str, one: Any, about: Option) -> None:
        label, help = QLabel(label_of(name)), QLabel(QCoreApplication.translate("Options", about.help))
        field = _control(one, about)
        field.setAccessibleName(label.text())
        field.setAccessibleDescription(help.text())
        field.setToolTip(help.text())
        field.setMinimumWidth(20 * theme.SPACE)
        help.setWordWrap(True)
        help.setProperty("role", "dim")
        help.setFont(theme.font(0.9))
        label.setBuddy(field)
        label.setMinimumHeight(field.sizeHint().height())
        if row:
            grid.setRowMinimumHeight(row, 6 * theme.SPACE)
        align = Qt.AlignmentFlag.AlignBottom
        grid.addWidget(label, row, 0, align)
        grid.addWidget(field, row, 1, align)
        grid.addWidget(help, row + 1, 0, 1, 2)
        self._fields[name] = field
        _told_by(field, lambda: self._take(name, one, about, field))

    def _take(self, name: str, one: Any, about: Option, field: QWidget) -> None:
        """Read a control; what is not valid is marked and not taken."""
        if self._filling:
            return
        try:
            value = _read(field, one, about)
        except UserError as error:
            field.setToolTip(f"{error.message} {error.hint}")
            field.setStyleSheet(f"border-color: {theme.colors().bad};")
            return
        field.setStyleSheet("")
        field.setToolTip(field.accessibleDescription())
        if value != getattr(self._values, name):
            self._values = choose(self._values, **{name: value})
            self.changed.emit(self._values)


class FileField(QWidget):
    """A path, typed or chosen; "" where none is."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.line, choose = QLineEdit(), QPushButton(self.tr("Choose"))
        self.line.setPlaceholderText(self.tr("None"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.line, 1)
        row.addWidget(choose)
        self.setFocusProxy(self.line)
        choose.setToolTip(self.tr("Choose a file"))
        choose.clicked.connect(self._choose)
        self.line.editingFinished.connect(self.changed)

    def _choose(self) -> None:
        path = QFileDialog.getOpenFileName(self, self.tr("Choose a file"))[0]
        if path:
            self.line.setText(path)
            self.changed.emit()


def _control(one: Any, about: Option) -> QWidget:
    """What an option is set with."""
    optional = one.default is None
    if about.choices:
        box = QComboBox()
        for choice in about.choices:
            box.addItem(QCoreApplication.translate("Options", choice), choice)
        return box
    if kind_of(one) == "str":
        return FileField() if optional and "file" in about.help.lower() else QLineEdit()
    if about.unit == "seconds":
        line = QLineEdit()
        line.setPlaceholderText(QCoreApplication.translate("Options", "none") if optional else "")
        return line
    return _number(one, about, optional)


def _number(one: Any, about: Option, optional: bool) -> QSpinBox | QDoubleSpinBox:
    low = -FAR if about.low is None else about.low
    high = FAR if about.high is None else about.high
    box: QSpinBox | QDoubleSpinBox
    if kind_of(one) == "int":
        box = QSpinBox()
        box.setRange(int(low) - optional, int(high))
    else:
        box = QDoubleSpinBox()
        step = 0.05 if high - low <= 2 else 1.0
        box.setDecimals(2)
        box.setSingleStep(step)
        box.setRange(low - step * optional, high)
    if optional:
        box.setSpecialValueText(QCoreApplication.translate("Options", "automatic"))
    if about.unit:
        box.setSuffix(" " + QCoreApplication.translate("Options", about.unit))
    theme.indent(box)
    box.setKeyboardTracking(False)
    box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return box


def _fill(field: QWidget, value: Any) -> None:
    if isinstance(field, QComboBox):
        field.setCurrentIndex(max(0, field.findData(value)))
    elif isinstance(field, FileField):
        field.line.setText(value or "")
    elif isinstance(field, QLineEdit):
        field.setText("" if value is None else value if isinstance(value, str) else clock(value))
    elif isinstance(field, QSpinBox):
        field.setValue(field.minimum() if value is None else int(value))
    elif isinstance(field, QDoubleSpinBox):
        field.setValue(field.minimum() if value is None else float(value))


def _read(field: QWidget, one: Any, about: Option) -> Any:
    """The value of a control; UserError where it is not valid."""
    if isinstance(field, QComboBox):
        return field.currentData()
    if isinstance(field, QSpinBox | QDoubleSpinBox):
        return None if one.default is None and field.value() == field.minimum() else field.value()
    text = (field.line if isinstance(field, FileField) else field).text().strip()  # type: ignore[attr-defined]
    return None if not text and one.default is None else parse(one, about, text)


def _told_by(field: QWidget, slot: Any) -> None:
    if isinstance(field, QComboBox):
        field.currentIndexChanged.connect(slot)
    elif isinstance(field, FileField):
        field.changed.connect(slot)
    elif isinstance(field, QLineEdit):
        field.editingFinished.connect(slot)
    elif isinstance(field, QSpinBox | QDoubleSpinBox):
        field.valueChanged.connect(slot)
