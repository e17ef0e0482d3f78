"""What a loop is made from, a video or a rendered dance: its frames at an even rate, its poses and its sound."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.plan import label_wanted, plan
from dancetransfer.render.presets import PRESETS
from dancetransfer.render.render import frames_between
from dancetransfer.settings import ExportSettings, RenderSettings
from dancetransfer.video.disclosure import draw_label, read_mark
from dancetransfer.video.read import frame_times, probe, read_frames

Pictures = Iterator[np.ndarray]


@dataclass(frozen=True)
class Material:
    """Frames first <= n < last come from `read`; frame n is shown at n / fps seconds."""

    name: str
    frames: int
    size: tuple[int, int]
    """Width, height."""
    fps: float
    read: Callable[[int, int], Pictures]
    """RGB uint8 [H,W,3] of frames first <= n < last, without label."""
    poses: Poses | None
    """Of the frames, where they are known."""
    sound: Path | None
    sound_from: float
    """Seconds of the sound's clock at frame 0."""
    marked: bool
    """What is made of it was made with AI, and says so to machines."""
    labeled: bool
    """And to people."""

    @property
    def seconds(self) -> float:
        return self.frames / self.fps

    def finished(self, image: np.ndarray) -> np.ndarray:
        """With the label, where there has to be one."""
        return draw_label(image) if self.labeled else image


def clip_material(path: Path, chosen: RenderSettings, settings: ExportSettings) -> Material:
    """A video file, or the stretch of it that is chosen. It is the user's own: a mark that it carries stays."""
    facts = probe(path)
    times = frame_times(path)
    first, last = frames_between(times, chosen.start, chosen.stop)
    numbers, fps = _even(times[first:last])

    def read(start: int, stop: int) -> Pictures:
        wanted = first + numbers[start:stop]
        if not len(wanted):
            return
        held = iter(wanted)
        number = next(held, None)
        for frame in read_frames(path, int(wanted[0]), int(wanted[-1]) + 1):
            while number is not None and number == frame.index:
                yield frame.image
                number = next(held, None)

    sound = path if facts.audio and settings.sound == "on" else None
    marked = any(read_mark(path).values())
    size = facts.width, facts.height
    wanted = settings.label == "on"
    return Material(path.name, len(numbers), size, fps, read, None, sound, float(times[first]), marked, wanted)


def dance_material(project: Project, chosen: RenderSettings, settings: ExportSettings) -> Material:
    """A rendered dance (or a stretch of it), composed as `export` composes it with these settings.

    Alpha and other sizes than an MP4's are left to `export`: where such a preset is set, the clip is as filmed.
    """
    preset = PRESETS[settings.preset]
    if preset.alpha or preset.format.muxer != "mp4":
        settings = replace(settings, preset="own")
    made = replace(plan(project, chosen, settings), labeled=False, fps=None)
    poses = Poses.load(project.dance_folder(project.dance(chosen.dance)) / "retarget.npz")[made.first : made.last]
    numbers, fps = _even(made.times[made.first : made.last])

    def read(start: int, stop: int) -> Pictures:
        wanted = made.first + numbers[start:stop]
        if not len(wanted):
            return
        pictures = made.part(int(wanted[0]), int(wanted[-1]) + 1).pictures()
        at, image = int(wanted[0]), next(pictures)[1]
        for number in wanted:
            while at < number:
                at, image = at + 1, next(pictures)[1]
            yield image

    cut = made.sound
    return Material(
        f"'{made.dance}'", len(numbers), made.size, fps, read, poses[numbers],
        Path(cut.path) if cut else None, cut.start if cut else 0.0,
        True, label_wanted(project, settings),
    )  # fmt: skip


def _even(times: np.ndarray) -> tuple[np.ndarray, float]:
    """(number of the frame shown at each tick, ticks a second): times at an even rate, that of the usual step."""
    if len(times) < 2:
        raise UserError("There is one frame alone: nothing to loop.", "Choose a video of some seconds.")
    steps = np.diff(times)
    middle = float(np.median(steps))
    if np.abs(steps - middle).max() <= max(0.0015, 0.1 * middle):
        return np.arange(len(times)), float(1 / steps.mean())
    ticks = times[0] + np.arange(int((times[-1] - times[0]) / middle + 1e-6) + 1) * middle
    return np.searchsorted(times, ticks + 1e-6, "right") - 1, 1 / middle
