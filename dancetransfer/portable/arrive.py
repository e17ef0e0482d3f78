"""The stage that unpacks a portable dancer into a project, as learning the person there would have left it."""

import json
import shutil
import struct
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Progress, Started
from dancetransfer.portable.file import NETWORK, Record, clip_folder, damaged, read_record, unpack
from dancetransfer.portable.network import AFTER, FILES, FRAME, PLACED, file_of, read_about
from dancetransfer.portable.pack import BACKS, BODY, BOXES, CROPS, PLATE, TRACK
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import Results, atomic_path, fingerprint, key, write_npz, write_text
from dancetransfer.video.write import read_layer

VERSION = 1
"""Raised when this stage's results change; older ones are then made again."""
ABOUT = "dancer.json"
"""The unpacked dancer's record, in `person/`; its key says that all else is there."""
MOST_ARRAYS = 2**30
"""Bytes that an npz of a portable dancer may unpack to."""
MOST_PIXELS = 2**26
"""Of its plate: twice a frame of 8K video."""
PNG_SIZE = slice(16, 24)
"""Bytes of a PNG that hold its width and height."""


def shown(record: Record) -> Notice:
    """What is said whenever a portable dancer is used."""
    return Notice(f"'{record.name}' is the likeness of a person. {record.agreed}", f"Terms of use: {record.license}")


def take_in(project: Project, path: Path) -> Record:
    """Make the dancer in a file the person of a project, with their consent; call `save` after.

    UserError where the project has another person, or the file is none.
    """
    record = read_record(path)
    if record.recipe not in RECIPES:
        raise UserError(
            f"The person in {path.name} was learned by the recipe '{record.recipe}', which this version doesn't know.",
            "Update the program to use it.",
        )
    known = {clip.fingerprint for clip in project.clips}
    if known and known != {fingerprint(path)}:
        raise UserError(
            f"The project {project.folder.name} has another person.", "Choose another --project: it holds one person."
        )
    project.set_portable(path, record.clips)
    project.consent, project.built_in = record.consent, record.built_in
    project.set_settings(TrainSettings(recipe=record.recipe, size=record.size[1]))
    return record


def arrive(project: Project) -> Events:
    """Stage: say whose likeness the project's person is, and unpack the portable dancer where that isn't done."""
    results = Results(project.person)
    wanted = key("arrive", VERSION, project.clips[0].fingerprint)
    here = _here(project) if results.current(ABOUT, wanted) else None
    if here is not None:
        yield shown(here)
        return
    path = project.clips[0].path()
    record = read_record(path)
    yield shown(record)
    folder = project.person / "arriving"
    shutil.rmtree(folder, ignore_errors=True)
    yield Started("unpack", record.clips + 1, unit="parts")
    for _ in unpack(path, _names(record), folder):
        yield Progress("unpack", 0, record.clips + 1)
    try:
        _networks(project, folder / NETWORK, record)
        for number in range(record.clips):
            into = project.clip_folder(project.clips[number])
            for _ in _clip(folder / clip_folder(number + 1), into):
                yield Progress("unpack", number, record.clips + 1)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, struct.error, cv2.error) as error:
        raise damaged(path) from error
    shutil.rmtree(folder, ignore_errors=True)
    write_text(project.person / ABOUT, json.dumps(asdict(record), ensure_ascii=False, indent=1))
    results.note(ABOUT, wanted)
    yield Done("unpack", f"'{record.name}' is unpacked.")


def _here(project: Project) -> Record | None:
    """The record of the dancer that is unpacked; None where it is damaged."""
    try:
        return Record(**json.loads((project.person / ABOUT).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _names(record: Record) -> list[str]:
    """All that a file of this version may hold."""
    clips = [clip_folder(number + 1) for number in range(record.clips)]
    files = BODY, TRACK, PLATE, BOXES, CROPS, BACKS
    return [*(f"{NETWORK}/{name}" for name in FILES), *(f"{clip}/{name}" for clip in clips for name in files)]


def _networks(project: Project, source: Path, record: Record) -> None:
    try:
        plan, refined = read_about(source)
    except UserError as error:
        raise ValueError("what the networks are for can't be read") from error
    if not all((source / file_of(name)).exists() for name in (FRAME, AFTER, PLACED, *refined)):
        raise ValueError("a network is missing")
    if list(plan.size) != record.size or plan.recipe.name != record.recipe:
        raise ValueError("the record and the networks differ")
    into = project.person / NETWORK
    shutil.rmtree(into, ignore_errors=True)
    source.rename(into)


def _clip(source: Path, into: Path) -> Iterator[None]:
    """The files of a clip's folder, as the stages of a project leave them."""
    into.mkdir(parents=True, exist_ok=True)
    results = Results(into)
    for name, wanted in ((BODY, "cleaned.npz"), (TRACK, "track.npz")):
        _small(source / name)
        Poses.load(source / name).save(into / wanted)
        results.note(wanted, fingerprint(source / name))
    content = (source / PLATE).read_bytes()
    wide, tall = struct.unpack(">II", content[PNG_SIZE])
    if wide * tall > MOST_PIXELS:
        raise ValueError("the plate is too large")
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError("the plate is no picture")
    with atomic_path(into / "plate.npy") as temporary:
        np.save(temporary, picture[..., ::-1])
    with atomic_path(into / "plate.png") as temporary:
        shutil.copyfile(source / PLATE, temporary)
    if not (source / CROPS).exists():
        return
    _small(source / BOXES)
    with np.load(source / BOXES, allow_pickle=False) as data:
        index, boxes = data["index"].astype(np.int64), data["boxes"].astype(np.float64)
    frames = len(Poses.load(into / "track.npz"))
    if boxes.shape != (len(index), 4) or not np.isfinite(boxes).all() or index.min() < 0 or index.max() >= frames:
        raise ValueError("the boxes are not those of the track")
    write_npz(into / "boxes.npz", index=index, boxes=boxes)
    for name, kept, channels in ((CROPS, "crops.npy", 4), (BACKS, "backs.npy", 3)):
        if (source / name).exists():
            yield from _pictures(source / name, into / kept, len(index), channels)
            results.note(kept, fingerprint(source / CROPS))


def _small(path: Path) -> None:
    """ValueError where an npz would fill the memory."""
    with zipfile.ZipFile(path) as file:
        if sum(one.file_size for one in file.infolist()) > MOST_ARRAYS:
            raise ValueError(f"{path.name} is too large")


def _pictures(video: Path, into: Path, count: int, channels: int) -> Iterator[None]:
    """The frames of a video as one array on the disk; ValueError where there are more or fewer than `count`."""
    kept, number = None, 0
    with atomic_path(into) as temporary:
        for frame in read_layer(video, 0, count + 1):
            if kept is None:
                shape = (count, *frame.image.shape[:2], channels)
                kept = np.lib.format.open_memmap(temporary, "w+", np.uint8, shape)
            if number == count or frame.image.shape[:2] != kept.shape[1:3]:
                raise ValueError(f"{video.name} has other frames than its boxes")
            kept[number] = frame.image[..., :channels]
            number += 1
            yield
        if kept is None or number < count:
            raise ValueError(f"{video.name} has fewer frames than its boxes")
        kept.flush()
        del kept  # Windows renames no mapped file
