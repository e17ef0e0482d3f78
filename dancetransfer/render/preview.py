"""The first preview: the person's own frames dance while nothing is learned yet, in a small clip beside the dance."""

import traceback
from collections.abc import Generator
from pathlib import Path

import cv2
import numpy as np

from dancetransfer.ahead import ahead
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Notice, Preview, Progress
from dancetransfer.footage.plate import composite
from dancetransfer.learn import runs
from dancetransfer.media import Media
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.compose import plate_of
from dancetransfer.render.part import FIRST_LOOK, note_part
from dancetransfer.render.plan import label_wanted
from dancetransfer.render.render import by_sprites, draw, read_layers, segments
from dancetransfer.settings import ExportSettings, TrainSettings
from dancetransfer.sprites.sprites import VERSION as SPRITES
from dancetransfer.storage import Results, fingerprint, key
from dancetransfer.video.disclosure import draw_label
from dancetransfer.video.sound import open_sound_file
from dancetransfer.video.soundtrack import Cut
from dancetransfer.video.write import Writer

VERSION = 1
CLIP, LAYERS, STAGE = FIRST_LOOK, "sprites", "sprites"
SECONDS = 20.0
"""Of a longer dance this much is shown: the training shall begin soon."""
SIDE = 640
"""Longer side of the clip in pixels."""
QUALITY = 23


def preview(project: Project, training: TrainSettings, dance_name: str | None) -> Events:
    """Stage: the beginning of a fitted dance by sprites, as `sprites.mp4` in the dance's folder, marked and with sound.

    Reads `retarget.npz` and what `prepare` made; the layers go to `sprites/`. Beside the clip stands
    which part of the dance it shows (`render.part`). A `Preview` names the clip, also where it was
    there already. Whatever goes wrong is told in a Notice: the training that comes next does without.
    """
    dance = project.dance(dance_name)
    folder = project.dance_folder(dance)
    clip, results = folder / CLIP, Results(folder)
    if not (folder / "retarget.npz").exists():
        return
    try:
        wanted = _key(project, dance, training)
        if not results.current(CLIP, wanted):
            yield from _make(project, dance, training, clip)
            results.note(CLIP, wanted)
            yield Done(STAGE, f"Nothing is learned yet; this is what it may look like: {clip}", [str(clip)])
    except UserError as error:
        yield Notice(f"There is no first preview: {error.message}", error.hint)
    except Exception as error:  # a bug, which the log keeps; what was asked for is the training
        with open(project.log, "a", encoding="utf-8", errors="backslashreplace") as file:
            file.write(traceback.format_exc())
        yield Notice(f"The first preview could not be made: {error}.", f"Please report it with {project.log}.")
    else:
        yield Preview(STAGE, str(clip))


def _key(project: Project, dance: Media, training: TrainSettings) -> str:
    fitted = fingerprint(project.dance_folder(dance) / "retarget.npz")
    labeled = label_wanted(project, ExportSettings())
    return key("preview", VERSION, SPRITES, runs.made_of(project), fitted, project.trim(dance), labeled)


def _make(project: Project, dance: Media, training: TrainSettings, clip: Path) -> Events:
    poses = _shown(Poses.load(clip.parent / "retarget.npz"), project.trim(dance))
    drawing, made_by = yield from by_sprites(project, training, poses)
    yield from draw(drawing, made_by, poses, clip.parent / LAYERS, (0, len(poses)), STAGE)
    stop = yield from _write(project, dance, poses, clip)
    note_part(clip, float(poses.time[0]), stop)


def _shown(poses: Poses, part: tuple[float, float] | None) -> Poses:
    """The first seconds with somebody, of the part of the dance that is used."""
    start, stop = part or (0.0, np.inf)
    at = np.flatnonzero((poses.time >= start) & (poses.time < stop) & poses.present)
    if len(at) < 2:
        raise UserError(
            "Nobody dances in the part of the dance that is used.", "Choose another part, or another dance."
        )
    first = int(at[0])
    last = int(np.searchsorted(poses.time, min(stop, poses.time[first] + SECONDS)))
    return poses[first : max(last, first + 2)]


def _write(project: Project, dance: Media, poses: Poses, clip: Path) -> Generator[Event, None, float]:
    """The layers over the plate, small; when the clip ends, in seconds of the dance."""
    plate = plate_of(project)
    scale = min(1.0, SIDE / max(plate.shape[:2]))
    size = tuple(max(2, 2 * round(side * scale / 2)) for side in plate.shape[1::-1])
    ratio = np.tile(np.array(size) / plate.shape[1::-1], 2)
    small = cv2.resize(plate, size, interpolation=cv2.INTER_AREA)
    step = float(np.median(np.diff(poses.time)))
    labeled, stop = label_wanted(project, ExportSettings()), float(poses.time[-1]) + step
    layers = read_layers(segments(poses, clip.parent / LAYERS), 0, len(poses))
    with Writer(
        clip,
        (size[0], size[1]),
        fps=1 / step,
        audio=_sound(dance, float(poses.time[0])),
        start=float(poses.time[0]),
        stop=stop,
        quality=QUALITY,
    ) as writer:
        pictures = ahead(composite(small, layer, box * ratio) for layer, box in layers)
        for time, image in zip(poses.time, pictures, strict=True):
            writer.write(draw_label(image) if labeled else image, float(time))
            if writer.frames % 10 == 0:
                yield Progress(STAGE, len(poses), len(poses))
    return stop


def _sound(dance: Media, start: float) -> Cut | None:
    if not dance.has_picture:
        return None
    container, stream, _ = open_sound_file(dance.path(), required=False)
    if stream is None:
        return None
    container.close()
    return Cut(dance.path(), start)
