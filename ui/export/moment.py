"""What a clip will show: its crop over the picture of a moment, which a slider chooses."""

from PySide6.QtCore import QLocale, QRectF, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from dancetransfer.render.presets import PRESETS
from dancetransfer.settings import ExportSettings
from ui import theme
from ui.export.cropview import CropView
from ui.export.form import PLATE
from ui.export.stage import Stage


class MomentView(QWidget):
    """Shows the clip where there is one; where the dance is not rendered, the dancer's skeleton on the stage."""

    def __init__(self, stage: Stage, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._stage, self._values = stage, ExportSettings()
        self.view, self.slider, self._time = CropView(), QSlider(Qt.Orientation.Horizontal), QLabel()
        self.slider.setRange(0, max(0, len(stage.times) - 1))
        self.slider.setPageStep(max(1, len(stage.times) // 10))
        self.slider.setValue(len(stage.times) // 3)  # not yet dancing is what one sees at the beginning
        self.slider.setAccessibleName(self.tr("Moment that is shown"))
        self.slider.setToolTip(self.tr("Look at the crop at other moments (arrow keys)"))
        self._time.setProperty("role", "dim")
        self._time.setAccessibleName(self.tr("Time of the moment"))
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        row.addWidget(self.slider, 1)
        row.addWidget(self._time)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(self.view, 1)
        column.addLayout(row)
        self.slider.setVisible(len(stage.times) > 1)
        self.slider.valueChanged.connect(self._draw)

    @property
    def time(self) -> float:
        """Seconds of the dance."""
        return self._stage.times[self.slider.value()] if self._stage.times else 0.0

    def show_settings(self, values: ExportSettings) -> None:
        """Draw what is seen with these settings."""
        self._values = values
        self._draw()

    def _draw(self) -> None:
        stage, values, preset = self._stage, self._values, PRESETS[self._values.preset]
        plate = "" if values.plate == PLATE or preset.alpha else values.plate
        image, danced = stage.picture(self.time, plate)
        self.view.set_picture(image, stage.size, self.time, None if danced else stage.poses)
        box = stage.box(values.crop, preset, self.time)
        self.view.set_box(None if box is None else QRectF(box[0], box[1], box[2] - box[0], box[3] - box[1]))
        self._time.setText(QLocale().toString(self.time, "f", 1) + " s" if stage.times else "")
