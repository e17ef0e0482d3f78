"""What an export stands on: the current dance of a document, its trim, the person's plate and the fitted poses."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtGui import QImage

from dancetransfer.errors import UserError
from dancetransfer.settings import ExportSettings
from ui.sheets import consent

if TYPE_CHECKING:
    from dancetransfer.pose.poses import Poses
    from dancetransfer.render.presets import Preset
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
    time: float = 0.0
    image: QImage | None = None
    """A picture of the clip itself, where the window has one."""
    boxes: dict[tuple[float, str], Any] = field(default_factory=dict)

    @staticmethod
    def of(document: "Document") -> "Stage":
        project, media = document.project, document.dance
        if project is None or media is None:
            return Stage(document)
        made = Stage(document, project.folder, media.name, document.trim_words(media))
        part = document.trim(media)
        made.time = part[0] if part else 0.0
        if project.clips:
            made._read_plate(project.clip_folder(project.clips[0]) / "plate.npy")
        made._read_poses(project.dance_folder(media) / "retarget.npz")
        return made

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

    @property
    def picture(self) -> QImage:
        return self.image or self.plate

    def box(self, crop: str, preset: "Preset") -> Any:
        """Left, top, right, bottom of what a clip shows at `time`; None where it shows the whole picture."""
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
        return self.boxes[key][max(0, frame_at(self.poses, self.time))]

    def _read_plate(self, file: Path) -> None:
        import numpy as np

        try:
            pixels = np.ascontiguousarray(np.load(file))
        except (OSError, ValueError, EOFError):
            return
        height, width = pixels.shape[:2]
        self.size = width, height
        self.plate = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()

    def _read_poses(self, file: Path) -> None:
        from dancetransfer.pose.poses import Poses

        try:
            self.poses = Poses.load(file)
        except UserError:
            self.poses = None
