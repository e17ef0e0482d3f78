"""The rendering stage: a fitted dance to person layers, in segments that can be kept and redone one by one."""

import hashlib
import zipfile
import zlib
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from dancetransfer.ahead import behind
from dancetransfer.device import choose
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Notice, Progress, Started
from dancetransfer.footage.pairs import boxes_of, load_footage, plan_of
from dancetransfer.learn import runs
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steps import Step, restarts
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES
from dancetransfer.settings import RenderSettings, TrainSettings
from dancetransfer.sprites import sprites as own_frames
from dancetransfer.storage import atomic_path, fingerprint, key
from dancetransfer.video.write import LayerWriter, read_layer

DAMAGE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error)
"""What NumPy raises on a damaged npz file."""
LONGEST = 48
"""Frames of a segment at most: about two seconds, what an edit costs to render again."""
SAME = 1 / 255
"""Incoming states that differ by less leave a segment as it is."""


@dataclass(frozen=True)
class Segment:
    """Frames start <= n < stop of a dance, rendered on their own."""

    start: int
    stop: int
    fresh: bool
    """The recursion begins anew at its first frame, so nothing comes in."""
    folder: Path

    @property
    def layer(self) -> Path:
        """Color and alpha of its frames."""
        return self.folder / f"{self.start:06d}.mkv"

    @property
    def record(self) -> Path:
        """Boxes, key, and the states that came in and go out."""
        return self.folder / f"{self.start:06d}.npz"


def segments(poses: Poses, folder: Path) -> list[Segment]:
    """The dance cut at every restart of the recursion and every `LONGEST` frames.

    Where a segment begins tells its name, so that an edit that adds a restart moves none behind it.
    """
    anew = restarts(poses)
    edges = [n for n in range(len(poses)) if anew[n] or n % LONGEST == 0]
    stops = [*edges[1:], len(poses)]
    return [
        Segment(start, stop, bool(start == 0 or anew[start]), folder) for start, stop in zip(edges, stops, strict=True)
    ]


def frames_between(times: np.ndarray, start: float | None, stop: float | None) -> tuple[int, int]:
    """First and one-past-last frame of a stretch in seconds; UserError where it is empty."""
    first = 0 if start is None else int(np.searchsorted(times, start - 1e-6))
    last = len(times) if stop is None else int(np.searchsorted(times, stop - 1e-6))
    if first >= last:
        raise UserError(
            "The chosen stretch holds not one frame of the dance.",
            f"The dance lasts {times[-1]:.1f} s; choose --from and --to within it.",
        )
    return first, last


class Drawing(Protocol):
    """A whole dance as something draws it: a learned generator, or the person's own frames."""

    size: tuple[int, int]
    """Width, height of the layers."""
    boxes: np.ndarray
    """float64 [T,4]: where they lie in the plate."""
    remembers: bool
    """A frame depends on the state after the one before."""

    def depends_on(self, start: int, stop: int) -> list[np.ndarray]:
        """All that decides about the pixels of frames start <= n < stop besides who draws and the state."""
        ...

    def steps(self, start: int, stop: int, state: np.ndarray | None = None) -> Iterator[Step]:
        """Frames start <= n < stop; `state` is that after frame start - 1, None to begin anew."""
        ...


def render(project: Project, training: TrainSettings, settings: RenderSettings) -> Events:
    """Stage: person layers of a dance (or a stretch of it) by the best generator of the person, or by sprites.

    Reads `retarget.npz` and the run's `best.safetensors`, or what `prepare` made; writes
    `render/NNNNNN.mkv` and `.npz`, named by their first frame.
    A stretch comes out as that part of the whole does: rendering begins at the stored state
    before it, or where the recursion last began anew.
    """
    folder = project.dance_folder(project.dance(settings.dance))
    poses = Poses.load(folder / "retarget.npz")
    drawing: Drawing
    if project.portable or RECIPES[training.recipe].learned:
        from dancetransfer.render.generated import generated

        drawing, made_by = yield from generated(project, training, poses)
    else:
        drawing, made_by = yield from by_sprites(project, training, poses)
    first, last = frames_between(poses.time, settings.start, settings.stop)
    try:
        made, todo = yield from draw(drawing, made_by, poses, folder / "render", (first, last), "render")
    except (MemoryError, RuntimeError) as error:  # what was drawn until then stays
        drawing, made_by = yield from _by_processor(project, training, poses, error)
        made, todo = yield from draw(drawing, made_by, poses, folder / "render", (first, last), "render")
    yield Done("render", f"{made} of {todo} frames were rendered anew." if made else "Everything was rendered already.")


def _by_processor(
    project: Project, training: TrainSettings, poses: Poses, error: BaseException
) -> Generator[Event, None, tuple[Drawing, str]]:
    """Where a graphics card's memory has run out, and nobody chose it by hand, the processor draws the rest.

    A frame is drawn as a whole: in tiles it would come out in other colors, as its networks normalize by it.
    """
    from dancetransfer.learn.thrift import ran_out
    from dancetransfer.render.generated import generated

    card = choose(training.device)
    if not RECIPES[training.recipe].learned or card.name == "cpu" or training.device != "auto":
        raise error
    if ran_out(error) is error and type(error).__name__ != "OutOfMemoryError":
        raise error
    size = f"{card.memory_bytes / 1e9:.1f} GB"
    yield Notice(
        f"The memory of {card.description} ({size}) is too small for a frame, so the processor draws the rest, slower.",
        "Close other programs that use the card, to have it draw the next time.",
    )
    drawn = yield from generated(project, replace(training, device="cpu", engine="torch"), poses)
    return drawn


def by_sprites(project: Project, training: TrainSettings, poses: Poses) -> Generator[Event, None, tuple[Drawing, str]]:
    """A dance by the person's own frames, and the key of what it is made by."""
    footage = load_footage(project)
    sprites = own_frames.Sprites(footage)
    if sprites.frames.still:
        yield Notice(
            "The person hardly moves in the video, so one pose has to do for the whole dance: it will look like paper.",
            "Film the person turning, stepping and raising both arms, then: dancetransfer add-person X.dance CLIP",
        )
    sizes = plan_of(training, {clip.name: clip.poses for clip in footage})
    made_by = key("sprites", own_frames.VERSION, runs.made_of(project), sprites.size)
    return sprites.dance(poses, boxes_of(poses, sizes)), made_by


def draw(
    drawing: Drawing, made_by: str, poses: Poses, folder: Path, span: tuple[int, int], stage: str
) -> Generator[Event, None, tuple[int, int]]:
    """Bring the segments of frames span[0] <= n < span[1] up to date; how many frames were made, and of how many.

    `made_by`: the key of who draws. Tells its progress as that of `stage`.
    """
    parts = segments(poses, folder)
    _tidy(folder, parts)
    needed = _needed(parts, *span, drawing.remembers)
    todo = sum(part.stop - part.start for part in needed)
    yield Started(stage, todo)
    done, made, state = 0, 0, None
    for part in needed:
        wanted = key(made_by, part.start, _digest(drawing.depends_on(part.start, part.stop)))
        coming = None if part.fresh else state
        stored = _outgoing(part, wanted, coming)
        if stored is None:
            with LayerWriter(part.layer, drawing.size, fps=_rate(poses)) as writer, behind(writer.write) as write:
                for n, step in enumerate(drawing.steps(part.start, part.stop, coming)):
                    write(step.layer, n / _rate(poses))
                    state = step.state
                    done += 1
                    if done % 8 == 0:
                        yield Progress(stage, done, todo)
            _record(part, wanted, made_by, drawing.boxes, coming, state)
            made += part.stop - part.start
        else:
            state = stored[0]
            done += part.stop - part.start
        yield Progress(stage, done, todo)
    return made, todo


def _needed(parts: list[Segment], first: int, last: int, remembers: bool) -> list[Segment]:
    """The segments of a stretch, and those before it through which its state comes where there is one."""
    touched = [part for part in parts if part.start < last and part.stop > first]
    begin, end = parts.index(touched[0]), parts.index(touched[-1])
    while remembers and not parts[begin].fresh:
        begin -= 1
    return parts[begin : end + 1]


def _tidy(folder: Path, parts: list[Segment]) -> None:
    """Remove what was rendered when the dance was cut elsewhere."""
    known = {file.name for part in parts for file in (part.layer, part.record)}
    for file in folder.glob("*"):
        if file.suffix in (".mkv", ".npz") and file.name not in known:
            file.unlink(missing_ok=True)


def _digest(values: list[np.ndarray]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for one in values:
        digest.update(np.ascontiguousarray(one).tobytes())
    return digest.hexdigest()


def _outgoing(part: Segment, wanted: str, coming: np.ndarray | None) -> tuple[np.ndarray | None] | None:
    """The state after a segment that can stay as it is; None where it has to be rendered."""
    try:
        with np.load(part.record, allow_pickle=False) as data:
            if str(data["key"]) != wanted or str(data["layer"]) != fingerprint(part.layer):
                return None
            if not _same(data["coming"], coming):
                return None
            going = data["going"]
    except DAMAGE:
        return None
    return (going if going.size else None,)


def _same(stored: np.ndarray, coming: np.ndarray | None) -> bool:
    if coming is None or not stored.size:
        return coming is None and not stored.size
    return stored.shape == coming.shape and bool(np.abs(stored - coming).max() < SAME)


def _record(
    part: Segment,
    made_from: str,
    made_by: str,
    boxes: np.ndarray,
    coming: np.ndarray | None,
    going: np.ndarray | None,
) -> None:
    nothing = np.zeros(0, np.float32)
    with atomic_path(part.record) as temporary:
        np.savez_compressed(
            temporary,
            key=np.asarray(made_from),
            made_by=np.asarray(made_by),
            layer=np.asarray(fingerprint(part.layer)),
            boxes=boxes[part.start : part.stop],
            coming=nothing if coming is None else coming,
            going=nothing if going is None else going,
        )


def _rate(poses: Poses) -> float:
    """Nominal frames per second; the true times stay in the poses."""
    return 1 / float(np.median(np.diff(poses.time))) if len(poses) > 1 else 25.0


def read_layers(parts: list[Segment], first: int, last: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Frames first <= n < last of rendered segments, each once and in order: layer uint8 [H,W,4] and box [4].

    UserError where a segment is missing, damaged, or by another generator than those before it; the
    next rendering makes it again.
    """
    dancer = None
    for part in parts:
        if part.stop <= first or part.start >= last:
            continue
        boxes, made_by = _whole(part)
        if boxes is None or made_by != (dancer := dancer or made_by):
            raise UserError("Part of this dance is not rendered yet.", "Render it: dancetransfer render X.dance")
        start, stop = max(first - part.start, 0), min(last, part.stop) - part.start
        for frame in read_layer(part.layer, start, stop):
            yield frame.image, boxes[frame.index]


def makers(parts: list[Segment]) -> list[str]:
    """The generator that rendered each segment; "" where it is missing or damaged."""
    return [_whole(part)[1] for part in parts]


def _whole(part: Segment) -> tuple[np.ndarray | None, str]:
    """The boxes and the generator of a segment whose two files are whole and belong together."""
    try:
        with np.load(part.record, allow_pickle=False) as data:
            boxes, made_by = data["boxes"], str(data["made_by"])
            if str(data["layer"]) == fingerprint(part.layer) and len(boxes) == part.stop - part.start:
                return boxes, made_by
    except DAMAGE:
        pass
    return None, ""
