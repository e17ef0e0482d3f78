"""The fields of an export beside its preset: what is seen, background, rate, sound, encoder and label."""

from dataclasses import replace

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QWidget,
)

from dancetransfer import settings as declarations
from dancetransfer.render.presets import PRESETS
from dancetransfer.settings import ExportSettings
from ui import theme
from ui.export.filerow import PICTURES, SOUNDS, VIDEOS, FileRow

RATES = (0.0, 24.0, 25.0, 30.0, 50.0, 60.0)
"""Frames a second that are offered; 0 stands for the dance's own."""
OWN, MUSIC, SILENT = range(3)
FILMED, FILE = range(2)
"""Backgrounds."""
PLATE = ExportSettings().plate
"""What the settings call the person's own background."""


class ExportForm(QWidget):
    """Draws an ExportSettings, but for its preset, and says when it is changed by hand."""

    changed = Signal(object)
    """The new ExportSettings."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._values = ExportSettings()
        self._filling = False
        self._crop, self._rate, self._sound = QComboBox(), QComboBox(), QComboBox()
        self._ground = QComboBox()
        self._plate = FileRow(self.tr("Background"), self.tr("Pictures and videos"), PICTURES + VIDEOS)
        self._blend = QCheckBox(self.tr("The dancer takes on its light"))
        self._music = FileRow(self.tr("Music"), self.tr("Sound and video"), SOUNDS + VIDEOS)
        self._from, self._fade, self._fade_in = self._seconds(-3600, 86400), self._seconds(0, 60), self._seconds(0, 60)
        self._fades = self._together(self._fade_in, QLabel(self.tr("and o&ut")), self._fade)
        self._hardware = QCheckBox(self.tr("Hardware encoder, where one works"))
        self._label = QCheckBox(self.tr("Visible label in the corner"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)  # the picture gives way, no field
        self._lay_out()
        self._name()
        self._connect()
        self.fill(self._values, may_hide_label=False)

    def fill(self, values: ExportSettings, may_hide_label: bool) -> None:
        """Show these settings. Without a consent the label can't be hidden."""
        self._filling = True
        plate = "" if values.plate in (PLATE, "none") else values.plate  # presets that cut out need no word for it
        self._values = values = replace(values, plate=plate or PLATE)
        self._ground.setCurrentIndex(FILE if plate else FILMED)
        self._plate.show_path(plate)
        self._blend.setChecked(values.blend == "poisson")
        self._crop.setCurrentIndex(max(0, self._crop.findData(values.crop)))
        if values.fps and self._rate.findData(values.fps) < 0:
            self._rate.addItem(f"{values.fps:g}", values.fps)
        self._rate.setCurrentIndex(max(0, self._rate.findData(values.fps or 0.0)))
        silent = values.sound == "off"
        self._sound.setCurrentIndex(SILENT if silent else MUSIC if values.music else OWN)
        self._music.show_path(values.music or "")
        for box, value in ((self._from, values.music_from), (self._fade, values.fade), (self._fade_in, values.fade_in)):
            box.setValue(value)
        self._hardware.setChecked(values.encoder == "hardware")
        self._label.setChecked(values.label == "on" or not may_hide_label)
        self._label.setEnabled(may_hide_label)
        self._filling = False
        self._allow()

    @property
    def values(self) -> ExportSettings:
        return self._values

    # --- what it is made of -----------------------------------------------------------------------

    def _seconds(self, low: float, high: float) -> QDoubleSpinBox:
        box = QDoubleSpinBox()
        theme.indent(box)
        box.setRange(low, high)
        box.setDecimals(2)
        box.setSingleStep(0.1)
        box.setSuffix(self.tr(" s"))
        box.setKeyboardTracking(False)
        return box

    def _together(self, first: QWidget, words: QLabel, second: QWidget) -> QWidget:
        """Two fields in one row."""
        both = QWidget()
        both.setFocusProxy(first)
        both.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        words.setBuddy(second)
        row = QHBoxLayout(both)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * theme.SPACE)
        row.addWidget(first, 1)
        row.addWidget(words)
        row.addWidget(second, 1)
        return both

    def _lay_out(self) -> None:
        for value, words in (
            ("auto", self.tr("What the preset needs")),
            ("whole", self.tr("The whole picture")),
            ("follow", self.tr("Follow the dancer")),
            ("close", self.tr("Close to the dancer")),
            ("still", self.tr("A part that stands still")),
        ):
            self._crop.addItem(words, value)
        for rate in RATES:
            self._rate.addItem(f"{rate:g}" if rate else self.tr("As the dance"), rate)
        self._ground.addItems([self.tr("As filmed"), self.tr("A picture or video")])
        self._sound.addItems([self.tr("The dance's sound"), self.tr("Other music"), self.tr("No sound")])
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(2 * theme.SPACE)
        self._form.setVerticalSpacing(theme.SPACE)
        self._form.addRow(self.tr("Pictur&e"), self._crop)
        self._form.addRow(self.tr("Bac&kground"), self._ground)
        self._form.addRow("", self._plate)
        self._form.addRow("", self._blend)
        self._form.addRow(self.tr("F&rames a second"), self._rate)
        self._form.addRow(self.tr("&Sound"), self._sound)
        self._form.addRow(self.tr("&Music"), self._music)
        self._form.addRow(self.tr("Music be&gins at"), self._from)
        self._form.addRow(self.tr("Fade &in"), self._fades)
        self._form.addRow("", self._hardware)
        self._form.addRow("", self._label)

    def _name(self) -> None:
        """Names for screen readers; tooltips are the engine's own words for the option."""
        about = declarations.declared(ExportSettings)
        for widget, words, option in (
            (self._crop, self.tr("What of the picture is seen"), "crop"),
            (self._ground, self.tr("Background"), "plate"),
            (self._plate.line, self.tr("File of the background"), "plate"),
            (self._plate.browse, self.tr("Choose a background"), "plate"),
            (self._blend, self._blend.text(), "blend"),
            (self._rate, self.tr("Frames a second"), "fps"),
            (self._sound, self.tr("Sound"), "sound"),
            (self._music.line, self.tr("Music file"), "music"),
            (self._music.browse, self.tr("Choose a music file"), "music"),
            (self._from, self.tr("Time of the music that the clip begins with"), "music_from"),
            (self._fade, self.tr("Fade out, seconds"), "fade"),
            (self._fade_in, self.tr("Fade in, seconds"), "fade_in"),
            (self._hardware, self._hardware.text(), "encoder"),
            (self._label, self._label.text(), "label"),
        ):
            widget.setAccessibleName(words)
            widget.setToolTip(in_our_words(about[option][1].help))
        self._music.line.setPlaceholderText(self.tr("A file with sound"))
        self._plate.line.setPlaceholderText(self.tr("A picture or video file"))

    def _connect(self) -> None:
        for box in (self._crop, self._ground, self._rate, self._sound):
            box.activated.connect(self._read)
        for spin in (self._from, self._fade, self._fade_in):
            spin.valueChanged.connect(self._read)
        for check in (self._blend, self._hardware, self._label):
            check.clicked.connect(self._read)
        for row in (self._plate, self._music):
            row.changed.connect(self._read)

    # --- what it does -----------------------------------------------------------------------------

    def take_plate(self, file: str) -> None:
        """A picture or video for behind the dancer, dropped somewhere."""
        if self._ground.isEnabled():
            self._ground.setCurrentIndex(FILE)
            self._plate.take(file)

    def take_music(self, file: str) -> None:
        """A file with sound, dropped somewhere."""
        if self._sound.isEnabled():
            self._sound.setCurrentIndex(MUSIC)
            self._music.take(file)

    def _read(self) -> None:
        if self._filling:
            return
        kind = self._sound.currentIndex()
        after = replace(
            self._values,
            crop=self._crop.currentData(),
            plate=(self._plate.path or PLATE) if self._ground.currentIndex() == FILE else PLATE,
            blend="poisson" if self._blend.isChecked() else "plain",
            fps=self._rate.currentData() or None,
            sound="off" if kind == SILENT else "on",
            music=(self._music.path or None) if kind == MUSIC else None,
            music_from=self._from.value() if kind == MUSIC else 0.0,
            fade=self._fade.value(),
            fade_in=self._fade_in.value(),
            encoder="hardware" if self._hardware.isChecked() else "software",
        )
        if self._label.isEnabled():
            after = replace(after, label="on" if self._label.isChecked() else "off")
        self._allow()
        if after != self._values:
            self._values = after
            self.changed.emit(after)

    def set_preset(self, name: str) -> None:
        """Take a preset over without telling; what it can't have is switched off."""
        self._values = replace(self._values, preset=name)
        self._allow()

    def _allow(self) -> None:
        preset = PRESETS[self._values.preset]
        kind = self._sound.currentIndex()
        self._ground.setEnabled(not preset.alpha)
        self._sound.setEnabled(preset.sound)
        placed = not preset.alpha and self._ground.currentIndex() == FILE
        rows: dict[QWidget, bool] = dict.fromkeys((self._plate, self._blend), placed)
        rows |= dict.fromkeys((self._music, self._from), preset.sound and kind == MUSIC)
        rows[self._fades] = preset.sound and kind != SILENT
        for widget, shown in rows.items():
            self._form.setRowVisible(widget, shown)
        self._hardware.setEnabled(preset.format.codec in ("clip", "h265", "av1"))


def in_our_words(words: str) -> str:
    """A sentence of the engine in the window's language."""
    return QCoreApplication.translate("Options", words)
