"""The export stage: person layers over the plate, label and sound, to the finished and marked clip."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Progress, Started
from dancetransfer.learn.plate import composite
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.render import frames_between, read_layers, segments
from dancetransfer.settings import ExportSettings, RenderSettings
from dancetransfer.video.disclosure import draw_label
from dancetransfer.video.read import probe
from dancetransfer.video.write import Writer

Shown = Iterator[tuple[float, np.ndarray]]
"""Times in seconds and RGB uint8 [H,W,3] frames, in order."""


def export(project: Project, chosen: RenderSettings, settings: ExportSettings, output: Path) -> Events:
    """Stage: write the clip of a rendered dance (or a stretch of it) in the person video's own size.

    One frame out per frame in, at its own time, unless `settings.fps` resamples. The dance's
    sound goes with it; the AI mark is always in the file, the visible label until somebody's
    consent is recorded. A dance without a picture gives no sound.
    """
    dance = project.dance(chosen.dance)
    folder = project.dance_folder(dance)
    times = Poses.load(folder / "retarget.npz").time
    first, last = frames_between(times, chosen.start, chosen.stop)
    source = dance.path() if dance.has_picture else None
    facts = probe(source) if source else None
    total = last - first
    labeled = label_wanted(project, settings)
    if settings.label == "off" and labeled:
        yield Notice(
            "The visible label stays: nobody's consent is recorded in this project.",
            'Record it with --consent "who agreed, when".',
        )
    yield Started("export", total)
    end = float(times[last]) if last < len(times) else None
    frames = compose(project, dance.name, first, last)
    if settings.fps:
        frames = resample(frames, settings.fps, end if end is not None else times[-1] + _step(times))
    height, width = _plate(project).shape[:2]
    with Writer(
        output,
        (width, height),
        fps=settings.fps or (facts.fps if facts else 1 / _step(times)),
        audio=source if facts and facts.audio else None,
        start=float(times[first]),
        stop=end,
    ) as writer:
        for time, image in frames:
            writer.write(draw_label(image) if labeled else image, time)
            if writer.frames % 10 == 0:
                yield Progress("export", min(writer.frames, total), total)
        count = writer.frames
    written = probe(output)
    if written.frames != count:
        raise UserError(f"{output.name} holds {written.frames} of {count} frames.", "Export again to another disk.")
    sound = "with the dance's sound" if written.audio else "without sound"
    yield Done("export", f"{count} frames, {written.seconds:.1f} s, {width}x{height}, {sound}.", [str(output)])


def label_wanted(project: Project, settings: ExportSettings) -> bool:
    """The visible label is on until a consent is recorded, by choice after; built-in dancers need none."""
    if project.consent or project.built_in:
        return settings.label == "on"
    return True


def compose(project: Project, dance: str, first: int, last: int) -> Shown:
    """The finished pictures of frames first <= n < last, without label."""
    folder = project.dance_folder(project.dance(dance))
    poses = Poses.load(folder / "retarget.npz")
    plate = _plate(project)
    layers = read_layers(segments(poses, folder / "render"), first, last)
    for time, (layer, box) in zip(poses.time[first:last], layers, strict=True):
        yield float(time), composite(plate, layer, box)


def resample(frames: Shown, fps: float, end: float) -> Shown:
    """Frames at an even rate: at each tick the picture that is shown then."""
    tick: float | None = None
    held: np.ndarray | None = None
    begin, count = 0.0, 0
    for time, image in frames:
        if held is None:
            begin = tick = time
        while held is not None and tick is not None and tick < time - 1e-9:
            yield tick, held
            count += 1
            tick = begin + count / fps
        held = image
    while held is not None and tick is not None and tick < end - 1e-9:
        yield tick, held
        count += 1
        tick = begin + count / fps


def _plate(project: Project) -> np.ndarray:
    return np.load(project.clip_folder(project.clips[0]) / "plate.npy")


def _step(times: np.ndarray) -> float:
    return float(np.median(np.diff(times))) if len(times) > 1 else 0.04
