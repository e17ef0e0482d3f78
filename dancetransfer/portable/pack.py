"""The stage that packs a learned person into one file: networks, plate, body, own frames where they are mixed in."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Progress, Started
from dancetransfer.footage.pairs import Footage, load_footage
from dancetransfer.learn import runs
from dancetransfer.media import Media
from dancetransfer.portable import exported
from dancetransfer.portable.file import NETWORK, Record, clip_folder, write
from dancetransfer.portable.network import FILES, read_about
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steady import steadied
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import Results, write_npz
from dancetransfer.video.write import LayerWriter

BODY, TRACK, BOXES, PLATE = "body.npz", "track.npz", "boxes.npz", "plate.png"
"""Of each clip: the track that a dance is fitted to, that of the frames, where their crops lie, what is behind."""
CROPS, BACKS = "crops.mkv", "backs.mkv"
"""Where own frames are mixed in: crops with mattes, and what is behind each where the camera moved."""
AROUND = 0.04
"""Heights of a crop around the matte that are kept; no sprite looks farther."""
FPS = 30.0
"""Of the videos of crops; their true times stand in the tracks."""
OPEN = "For what the person agreed to; ask whoever made this file before you use it otherwise."
"""The terms of use where none are given."""


def check_exportable(project: Project) -> None:
    """UserError where this person may not or can't be packed."""
    if project.portable:
        raise UserError(
            "This person came as a portable dancer and isn't packed again.", f"Copy {Path(project.clips[0].file)}."
        )
    if not (project.consent or project.built_in):
        raise UserError(
            "A portable dancer is a likeness, and no consent of the person is recorded.",
            'Ask them, then say who agreed and when: --consent "..."',
        )


def pack(project: Project, training: TrainSettings, output: Path, license: str) -> Events:
    """Stage: write the project's learned person to `output`. UserError where nothing was learned or nobody agreed."""
    check_exportable(project)
    weights = runs.best(project, training)
    footage = load_footage(project)
    yield Started("pack", len(footage) + 2, unit="parts")
    folder = exported.ready(weights, footage)
    plan, _ = read_about(folder)
    yield Progress("pack", 1, len(footage) + 2)
    with tempfile.TemporaryDirectory(dir=output.parent, prefix=f".{output.stem}.") as place:
        members = {f"{NETWORK}/{name}": folder / name for name in FILES if (folder / name).exists()}
        for number, (clip, media) in enumerate(zip(footage, project.clips, strict=True), 1):
            made = Path(place) / str(number)
            made.mkdir()
            for _ in _clip(project, media, clip, made, plan.recipe.moved):
                yield Progress("pack", number, len(footage) + 2)
            members |= {f"{clip_folder(number)}/{file.name}": file for file in sorted(made.iterdir())}
        seconds = sum(float(np.ptp(clip.poses.time)) for clip in footage if len(clip.poses))
        record = Record(
            output.stem, project.consent, project.built_in, license or OPEN, plan.recipe.name, list(plan.size),
            len(footage), round(seconds, 2),
        )  # fmt: skip
        write(output, record, members)
    yield Progress("pack", len(footage) + 2, len(footage) + 2)
    if plan.recipe.moved:
        yield Notice(
            f"The recipe '{plan.recipe.name}' mixes in the person's own frames, so all of them are in the file.",
            "A dancer learned with --recipe fast carries none of them, and is smaller.",
        )
    size = output.stat().st_size / 2**20
    yield Done("pack", f"The portable dancer is ready: {output} ({size:.1f} MB). {record.agreed}", [str(output)])


def _clip(project: Project, media: Media, clip: Footage, into: Path, frames: bool) -> Iterator[None]:
    """Write what of a clip is carried, all in the plate's coordinates; yields now and then."""
    folder = project.clip_folder(media)
    measured = "cleaned.npz" if Results(folder).key_of("cleaned.npz") is not None else "track.npz"
    for source, name in ((measured, BODY), ("track.npz", TRACK)):
        steadied(folder, Poses.load(folder / source)).save(into / name)
    (into / PLATE).write_bytes(cv2.imencode(".png", np.ascontiguousarray(clip.plate[..., ::-1]))[1].tobytes())
    if not frames:
        return
    write_npz(into / BOXES, index=clip.index, boxes=clip.boxes)
    height, width = clip.crops.shape[1:3]
    with LayerWriter(into / CROPS, (width, height), fps=FPS) as writer:
        for n, crop in enumerate(clip.crops):
            writer.write(_person_alone(np.asarray(crop)), n / FPS)
            yield
    if clip.backs is None:
        return
    with LayerWriter(into / BACKS, (width, height), fps=FPS) as writer:
        for n, back in enumerate(clip.backs):
            writer.write(np.dstack([np.asarray(back), np.full(back.shape[:2], 255, np.uint8)]), n / FPS)
            yield


def _person_alone(crop: np.ndarray) -> np.ndarray:
    """A crop uint8 [H,W,4] without what is far from the person: that is the plate again, and would be most of it."""
    side = 2 * max(8, round(AROUND * len(crop))) + 1
    near = cv2.dilate((crop[..., 3] > 0).astype(np.uint8), np.ones((side, side), np.uint8))
    return crop * near[..., None]
