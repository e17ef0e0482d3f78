"""What an export stands on: the current dance of a document, its trim, the clip that is there, plate and poses."""

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from dancetransfer.errors import UserError
from dancetransfer.render.part import part_of
from dancetransfer.settings import ExportSettings
from ui.export.result import picture_of
from ui.project.making import finished_clip
from ui.sheets import consent

if TYPE_CHECKING:
    from dancetransfer.pose.poses import Poses
    from dancetransfer.render.presets import Preset
    from ui.player.sources import Source
    from ui.project.document import Document


@dataclass
class Stage:
    """Read once when a dialog opens. Without a rendered dance it is empty, and `dance` is ""."""

    document: "Document"
    folder: Path = Path()
    dance: str = ""
    trim: list[str] = field(default_factory=list)
    """Flags of the engine."""
    size: tuple[int, int] = (16, 9)
    """Width, height of the plate."""
    plate: QImage = field(default_factory=QImage)
    poses: "Poses | None" = None
    times: list[float] = field(default_factory=list)
    """Seconds of the frames that are exported."""
    clip: "Source | None" = None
    """What the window plays, at the dance's times; held open until `close`."""
    grounds: dict[str, QImage] = field(default_factory=dict)
    boxes: dict[tuple[float, str], Any] = field(default_factory=dict)

    @staticmethod
    def of(document: "Document") -> "Stage":
        project, media = document.project, document.dance
        if project is None or media is None:
            return Stage(document)
        made = Stage(document, project.folder, media.name, document.trim_words(media))
        if project.clips:
            made._read_plate(project.clip_folder(project.clips[0]) / "plate.npy")
        made._read_poses(project.dance_folder(media) / "retarget.npz", document.trim(media))
        made._open_clip(finished_clip(project, media.name))
        return made

    def close(self) -> None:
        """Let go of the clip."""
        if self.clip is not None:
            self.clip.close()
            self.clip = None

    def settings(self) -> ExportSettings:
        """Those that the project keeps, else the defaults."""
        project = self.document.project
        try:
            return project.settings(ExportSettings) if project else ExportSettings()
        except UserError:
            return ExportSettings()

    @property
    def may_hide_label(self) -> bool:
        project = self.document.project
        return project is not None and not consent.needed(project)

    @property
    def consent(self) -> str:
        """The recorded words, or ""."""
        project = self.document.project
        return (project.consent or "") if project else ""

    def picture(self, time: float, plate: str = "") -> tuple[QImage, bool]:
        """The clip's picture of a moment, else its background; and whether the dancer is in it.

        `plate`: a picture or video that stands behind the dancer instead, by its first picture.
        """
        if plate:
            if plate not in self.grounds:
                self.grounds[plate] = _filling(picture_of(Path(plate)), self.size)
            return self.grounds[plate], False
        number = self.clip.number(time) if self.clip is not None else -1
        image = self.clip.picture(number) if self.clip is not None and number >= 0 else QImage()
        return (self.plate, False) if image.isNull() else (image, True)

    def box(self, crop: str, preset: "Preset", time: float) -> Any:
        """Left, top, right, bottom of what a clip shows at a time; None where it shows the whole picture."""
        from dancetransfer.render.crop import chosen_crop, view_boxes
        from dancetransfer.render.presets import clip_size
        from ui.viewer.skeleton import frame_at

        chosen = chosen_crop(crop, self.size, preset.aspect)
        if self.poses is None or (chosen == "whole" and preset.aspect is None):
            return None
        size = clip_size(preset, self.size)
        key = size[0] / size[1], chosen
        if key not in self.boxes:
            self.boxes[key] = view_boxes(self.poses, *key)
        return self.boxes[key][max(0, frame_at(self.poses, time))]

    def _read_plate(self, file: Path) -> None:
        import numpy as np

        try:
            pixels = np.ascontiguousarray(np.load(file))
        except (OSError, ValueError, EOFError):
            return
        height, width = pixels.shape[:2]
        self.size = width, height
        self.plate = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def _read_poses(self, file: Path, part: tuple[float, float] | None) -> None:
        from dancetransfer.pose.poses import Poses

        try:
            self.poses = Poses.load(file)
        except UserError:
            return
        self.times = [time for time in self.poses.time.tolist() if part is None or part[0] <= time < part[1]]

    def _open_clip(self, file: Path | None) -> None:
        from ui.player.sources import Source

        if file is not None:
            part = part_of(file)
            with suppress(UserError):  # damaged: the plate does
                self.clip = Source(file, part[0] if part else 0.0)


def _filling(image: QImage, size: tuple[int, int]) -> QImage:
    """The middle of a picture, as large as fits, in the shape of the plate."""
    width, height = min(image.width(), image.height() * size[0] // size[1]), image.height()
    height = min(height, max(1, width * size[1] // size[0]))
    return image.copy((image.width() - width) // 2, (image.height() - height) // 2, width, height)
