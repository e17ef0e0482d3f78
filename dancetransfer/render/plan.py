"""What an export will write: the preset and the settings applied to one rendered dance, before any work."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dancetransfer.media import Media
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.backdrop import Backdrop, backdrop_of, check_cut_out
from dancetransfer.render.compose import Shown, compose, compose_alone, has_mask, plate_of, resample, seen
from dancetransfer.render.crop import chosen_crop, view_boxes
from dancetransfer.render.presets import PRESETS, Preset, clip_size
from dancetransfer.render.ready import require_rendered
from dancetransfer.render.render import frames_between
from dancetransfer.settings import ExportSettings, RenderSettings
from dancetransfer.video.disclosure import draw_label, label_place
from dancetransfer.video.formats import EXCERPT
from dancetransfer.video.palette import Palette
from dancetransfer.video.sequence import SequenceWriter
from dancetransfer.video.sound import open_sound_file
from dancetransfer.video.soundtrack import Cut
from dancetransfer.video.write import Writer

SAMPLES = 20
"""Pictures that the colors of a GIF are chosen from."""


@dataclass(frozen=True)
class Plan:
    """One clip to write. Times are the dance's."""

    project: Project
    dance: str
    preset: Preset
    times: np.ndarray
    """float64 [T], of all frames of the dance."""
    first: int
    last: int
    """Frames first <= n < last are written."""
    size: tuple[int, int]
    """Width, height of the clip."""
    boxes: np.ndarray
    """[T,4]: what of the plate is seen in each frame."""
    fps: float | None
    """Resampled to this rate; None: every frame has its own time."""
    labeled: bool
    sound: Cut | None
    hardware: bool
    backdrop: Backdrop | None = None
    """What is behind the dancer in the place of the person's own background."""

    @property
    def end(self) -> float:
        """When the last picture goes."""
        return float(self.times[self.last]) if self.last < len(self.times) else float(self.times[-1]) + self.step

    @property
    def seconds(self) -> float:
        return self.end - float(self.times[self.first])

    @property
    def step(self) -> float:
        """The usual time between two frames."""
        return float(np.median(np.diff(self.times))) if len(self.times) > 1 else 0.04

    @property
    def frames(self) -> int:
        """Pictures in the clip."""
        return self.last - self.first if self.fps is None else int(np.ceil(self.seconds * self.fps - 1e-6))

    def part(self, first: int, last: int) -> "Plan":
        """The same clip, a stretch of its frames alone, with its sound."""
        sound = self.sound
        if sound is not None:
            sound = replace(sound, start=sound.start + float(self.times[first] - self.times[self.first]))
        return replace(self, first=first, last=last, sound=sound)

    def pictures(self) -> Shown:
        """All pictures of the clip, finished."""
        frames = self._frames(self.first, self.last)
        return resample(frames, self.fps, self.end) if self.fps else frames

    def open(self, output: Path) -> Writer | SequenceWriter:
        """The writer of the clip's file or folder."""
        if not self.preset.format.muxer:
            return SequenceWriter(output, self.size)
        return Writer(
            output,
            self.size,
            fps=self.fps or 1 / self.step,
            audio=self.sound,
            start=float(self.times[self.first]),
            stop=self.end,
            quality=self.preset.quality,
            encoder="hardware" if self.hardware else None,
            form=self.preset.format,
            palette=Palette(self._samples()) if self.preset.form == "gif" else None,
        )

    def _samples(self) -> "list[np.ndarray]":
        some = np.unique(np.linspace(self.first, self.last - 1, SAMPLES).round().astype(int))
        return [image for n in some for _, image in self._frames(int(n), int(n) + 1)]

    def _frames(self, first: int, last: int) -> Shown:
        place = label_place(self.size) if self.labeled else None
        for n, (time, whole) in enumerate(self._composed(first, last), first):
            image = seen(whole, self.boxes[n], self.size)
            yield time, _labeled(image, place) if place else image

    def _composed(self, first: int, last: int) -> Shown:
        if self.preset.alpha:
            return compose_alone(self.project, self.dance, first, last)
        return compose(self.project, self.dance, first, last, self.backdrop)


def plan(project: Project, chosen: RenderSettings, settings: ExportSettings) -> Plan:
    """UserError where the settings don't go with the dance."""
    dance, preset = project.dance(chosen.dance), PRESETS[settings.preset]
    poses = Poses.load(project.dance_folder(dance) / "retarget.npz")
    first, last = frames_between(poses.time, chosen.start, chosen.stop)
    backdrop = backdrop_of(settings, float(poses.time[first]))
    require_rendered(project, dance, poses, first, last)
    if preset.alpha or backdrop:
        check_cut_out(settings, has_mask(project, dance.name, first, last))
    height, width = plate_of(project).shape[:2]
    size = clip_size(preset, (width, height))
    crop = chosen_crop(settings.crop, (width, height), preset.aspect)
    whole = crop == "whole" and preset.aspect is None
    boxes = np.tile([0.0, 0, width, height], (len(poses), 1))
    if not whole:
        boxes = view_boxes(replace(poses, size=(width, height)), size[0] / size[1], crop)
    made = Plan(
        project, dance.name, preset, poses.time, first, last, size, boxes, None,
        label_wanted(project, settings), None, settings.encoder == "hardware", backdrop,
    )  # fmt: skip
    return replace(made, fps=_rate(made, settings), sound=_sound(made, dance, settings))


def label_wanted(project: Project, settings: ExportSettings) -> bool:
    """The visible label is on until a consent is recorded, by choice after; built-in dancers need none."""
    if project.consent or project.built_in:
        return settings.label == "on"
    return True


def _rate(made: Plan, settings: ExportSettings) -> float | None:
    own = 1 / made.step
    if settings.fps:
        return settings.fps
    if made.preset.fps and own > made.preset.fps + 0.5:
        return made.preset.fps
    return own if made.preset.even_rate else None


def _sound(made: Plan, dance: Media, settings: ExportSettings) -> Cut | None:
    if settings.sound == "off" or not made.preset.sound:
        return None
    if settings.music:
        path, start, required = Path(settings.music), settings.music_from, True
    else:
        path = dance.path() if dance.has_picture else made.project.dance_folder(dance) / EXCERPT
        start, required = float(made.times[made.first]), False
        if not path.exists():
            return None  # a motion without music
    container, stream, _ = open_sound_file(path, required=required)
    if stream is None:
        return None
    container.close()
    return Cut(path, start, settings.fade_in, settings.fade, made.seconds)


def _labeled(image: np.ndarray, place: tuple[int, int, int, int]) -> np.ndarray:
    if image.shape[2] == 3:
        return draw_label(image)
    left, top, right, bottom = place
    alpha = image[..., 3].copy()
    alpha[top:bottom, left:right] = 255
    return np.dstack([draw_label(np.ascontiguousarray(image[..., :3])), alpha])
