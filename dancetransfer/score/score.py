"""How good a result is: frames and joints against the truth, beside the baselines it must beat."""

import json
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Metric, Notice, Progress, Started
from dancetransfer.extract.estimators import Estimator
from dancetransfer.footage.pairs import CHOOSE, REPORT, TRAIN, Footage, load_footage
from dancetransfer.footage.plate import composite
from dancetransfer.pose import strips
from dancetransfer.pose.crop import face_boxes, hand_boxes
from dancetransfer.pose.poses import Poses, absent
from dancetransfer.project import Project
from dancetransfer.score.lookup import Lookup
from dancetransfer.score.metrics import (
    Fidelity,
    JointTally,
    Stillness,
    Trembling,
    off_plate,
    person_boxes,
    pose_scores,
    squared_error,
    ssim_map,
)
from dancetransfer.score.perceptual import Distance, Distances, Likeness, lpips
from dancetransfer.score.table import Scores, table
from dancetransfer.sprites.sprites import Sprites
from dancetransfer.storage import write_text

__all__ = ["Measuring", "Scores", "against_truth", "compare", "held_out", "pose_scores", "score_files", "table"]

Frames = Iterable[np.ndarray]
"""uint8 RGB [H,W,3] each, in order."""
MakeEstimator = Callable[[], Estimator]

TELL_FRAMES = 10

RENDERED, SPRITES, PLACED, UNPLACED = "rendered", "sprites", "lookup placed", "lookup unplaced"


def mediapipe_estimator() -> Estimator | None:
    """The estimator that finds the joints of a result; None where mediapipe is missing."""
    from dancetransfer.extract.holistic import MediaPipeHolistic

    try:
        return MediaPipeHolistic()
    except ImportError:
        return None


# --- frames ---------------------------------------------------------------------------------------


class Row:
    """What one result is measured by, frame after frame."""

    def __init__(self, distance: Distance | None = None) -> None:
        self.whole, self.person, self.face = Fidelity(), Fidelity(), Fidelity()
        self.trembling, self.stillness, self.joints = Trembling(), Stillness(), JointTally()
        self.like, self.face_like, self.hands_like = Likeness(), Likeness(), Likeness()
        self.lpips = Distances(distance)
        self.off_plate: int | None = None
        """Filled by whoever knows the plate."""

    def add(
        self, result: np.ndarray, truth: np.ndarray, person: np.ndarray, face: np.ndarray, hands: list[np.ndarray]
    ) -> None:
        error, similar = squared_error(result, truth), ssim_map(result, truth)
        self.whole.add(error, similar)
        self.person.add(error, similar, person)
        self.face.add(error, similar, face)
        self.trembling.add(result, truth, person)
        self.stillness.add(result, person)
        self.like.add(result, truth, person)
        self.face_like.add(result, truth, face)
        for hand in hands:
            self.hands_like.add(result, truth, hand)
        self.lpips.add(result, truth, person)

    def cut(self) -> None:
        self.trembling.cut()
        self.stillness.cut()

    def scores(self) -> Scores:
        return Scores(
            self.whole.frames,
            self.whole.psnr,
            self.whole.ssim,
            self.person.psnr,
            self.person.ssim,
            self.face.psnr,
            self.face.ssim,
            self.trembling.value,
            self.stillness.value,
            self.joints.joint_error,
            self.joints.pck,
            self.joints.missed,
            self.like.value,
            self.face_like.value,
            self.hands_like.value,
            self.trembling.boxed,
            self.off_plate,
            self.lpips.value,
        )


class Measuring:
    """Results against one truth, one after the other: no clip is ever whole in memory, and one estimator will do."""

    def __init__(self, names: Iterable[str], estimator: Callable[[], Estimator | None] | None = None) -> None:
        """`estimator` makes a new one per stretch; without it no joints are compared."""
        distance = lpips()
        self.rows = {name: Row(distance) for name in names}
        self._make = estimator or (lambda: None)

    def stretch(
        self, results: Mapping[str, Frames], truth: Callable[[], Frames], poses: Poses
    ) -> Iterator[tuple[str, int]]:
        """Measure the frames of one place, in order; yields a result's name and the number of its frame after each.

        `poses` [T] are the truth's joints in its pixels; each result gives T frames, and so does the truth
        whenever it is called (ValueError where they don't, or where sizes differ). A cut between shots is no motion.
        """
        boxes = list(zip(person_boxes(poses), face_boxes(poses), np.stack(hand_boxes(poses), 1), strict=True))
        with ExitStack() as stack:
            if estimator := self._make():
                stack.callback(estimator.close)
            for name, row in self.rows.items():
                finder = _Finder(estimator, poses) if estimator else None
                done = 0
                for done, (made, real) in enumerate(zip(results[name], truth(), strict=True), 1):
                    if done > len(poses):
                        raise ValueError(f"more frames than the {len(poses)} poses")
                    if made.shape != real.shape:
                        raise ValueError(f"{name}: frame {made.shape} against {real.shape}")
                    if done > 1 and poses.shot[done - 1] != poses.shot[done - 2]:
                        row.cut()
                    person, face, hands = boxes[done - 1]
                    row.add(made, real, person, face, list(hands))
                    if finder:
                        finder.look(done - 1, made)
                    yield name, done - 1
                if done != len(poses):
                    raise ValueError(f"{done} frames, but {len(poses)} poses")
                row.cut()
                if finder:
                    row.joints.add(finder.found, poses)

    def scores(self) -> dict[str, Scores]:
        return {name: row.scores() for name, row in self.rows.items()}


class _Finder:
    """The joints that an estimator finds in a result."""

    def __init__(self, estimator: Estimator, asked: Poses) -> None:
        self.found = absent(asked.time, asked.size)
        self._estimator = estimator
        estimator.restart()

    def look(self, number: int, image: np.ndarray) -> None:
        estimate = self._estimator(image, float(self.found.time[number]))
        self.found.xy[number], self.found.confidence[number] = estimate.xy, estimate.confidence


def compare(result: Frames, truth: Frames, poses: Poses, estimator: MakeEstimator | None = None) -> Scores:
    """Score one result. `poses` are the truth's joints in its pixels, one per frame of both.

    With `estimator` (a function that makes one) the result's joints are found and compared too.
    ValueError where numbers or sizes of the frames differ.
    """
    measuring = Measuring([""], estimator)
    for _ in measuring.stretch({"": result}, lambda: truth, poses):
        pass
    return measuring.scores()[""]


# --- the person's own footage ---------------------------------------------------------------------


class Draws(Protocol):
    """A generator at work (`learn.dancer.Dancer`)."""

    def layers(self, poses: Poses, boxes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Person layer (uint8 [h,w,4]) and its box in plate pixels, one per pose."""
        ...


def held_out(
    project: Project,
    dancer: Draws | None,
    estimator: Callable[[], Estimator | None] | None = mediapipe_estimator,
    own: Sprites | None = None,
) -> Events:
    """Stage: the dancer on the person's report part, beside sprites and the lookup; writes `person/scores.json`.

    Sprites are cut from the same frames that the lookup is; `dancer` None: they are what is scored. `own`: those that
    the dancer mixes in, which are taken if they are as large as the crops, so that nothing is looked through twice.

    Beside each clip's poses goes `scores.npz`, how like the person each frame came out (`strips.save_likeness`).
    Reads the clips' videos and what `prepare` made. Where a clip is too short for a report part
    its choose part is taken (a Notice says so); `estimator` None leaves the joints out.
    """
    footage = load_footage(project)
    part = REPORT if any((one.part == REPORT).any() for one in footage) else CHOOSE
    runs = [(one, run) for one in footage for run in one.runs(part)]
    if not runs:
        yield Notice("The person's video is too short to hold anything out: there are no scores.")
        return
    if part == CHOOSE:
        yield Notice(
            "The scores are those of the part that also chose the best step: they are a little too good.",
            "A longer video of the person (6 s and more) has a part for the report alone.",
        )
    frames = sum(len(run) for _, run in runs)
    sprites = own if own and own.size == footage[0].crops.shape[2:0:-1] else Sprites(footage, TRAIN)
    lookup, done = Lookup(footage), 0
    drawers: dict[str, Draws] = {RENDERED: sprites} if dancer is None else {RENDERED: dancer, SPRITES: sprites}
    measuring = Measuring((*drawers, PLACED, UNPLACED), estimator)
    total = frames * len(measuring.rows)
    yield Started("score", total)
    like: dict[str, dict[float, float]] = {}
    for clip, run in runs:
        span = slice(int(run[0]), int(run[-1]) + 1)
        results = {
            **{name: _drawn(drawer, clip, span, measuring.rows[name]) for name, drawer in drawers.items()},
            **_looked_up(lookup, clip.poses[span], clip.plate),
        }
        for name, seen in measuring.stretch(results, partial(_real, project, clip, span), clip.poses[span]):
            done += 1
            if name == RENDERED:
                like.setdefault(clip.name, {})[clip.poses.time[span][seen]] = measuring.rows[name].person.latest
            if done % TELL_FRAMES == 0:
                yield Progress("score", done, total)
    rows = measuring.scores()
    about = {"part": "report" if part == REPORT else "choose", "frames": frames, "clips": len(footage)}
    text = json.dumps({**about, "rows": {name: asdict(one) for name, one in rows.items()}}, indent=1)
    write_text(project.person / "scores.json", text)
    for media in project.clips:
        strips.save_likeness(project.clip_folder(media), like.get(media.name, {}))
    yield from metrics(rows)
    yield Done("score", table(rows), [str(project.person / "scores.json")])


def _drawn(dancer: Draws, clip: Footage, span: slice, row: Row) -> Iterator[np.ndarray]:
    for layer, box in dancer.layers(clip.poses[span], clip.boxes[span]):
        frame = composite(clip.plate, layer, box)
        if (off := off_plate(frame, clip.plate, layer, box)) is not None:
            row.off_plate = max(row.off_plate or 0, off)
        yield frame


def _looked_up(lookup: Lookup, asked: Poses, plate: np.ndarray) -> dict[str, Frames]:
    """The two lookup rows for a track in plate pixels."""

    def frames(placed: bool) -> Iterator[np.ndarray]:
        for xy, confidence in zip(asked.xy, asked.confidence, strict=True):
            yield lookup.frame(xy, confidence, plate, placed)

    return {PLACED: frames(True), UNPLACED: frames(False)}


def _real(project: Project, clip: Footage, span: slice) -> Iterator[np.ndarray]:
    from dancetransfer.video.read import read_frames

    media = next(one for one in project.clips if one.name == clip.name)
    first, last = int(clip.index[span][0]), int(clip.index[span][-1])
    for n, frame in enumerate(read_frames(media.path(), first, last + 1), span.start):
        yield clip.as_learned(n, frame.image)


def against_truth(
    result: Frames,
    truth: Callable[[], Frames],
    asked: Poses,
    footage: list[Footage],
    plate: np.ndarray,
    true_poses: Poses | None = None,
    estimator: Callable[[], Estimator | None] | None = mediapipe_estimator,
) -> dict[str, Scores]:
    """The same table for a rendered dance where the true clip is known.

    `result` and `truth` give a frame for each of the `asked` poses (retargeted, in pixels of the
    `plate`), from which the lookup rows are drawn. Boxes and joints are those of `true_poses`,
    where not given of `asked`.
    """
    measuring = Measuring((RENDERED, PLACED, UNPLACED), estimator)
    results = {RENDERED: result, **_looked_up(Lookup(footage), asked, plate)}
    for _ in measuring.stretch(results, truth, asked if true_poses is None else true_poses):
        pass
    return measuring.scores()


def metrics(rows: Mapping[str, Scores]) -> Iterator[Metric]:
    """Every measured number as an event, named "row: field"."""
    for name, scores in rows.items():
        for one in fields(scores):
            value = getattr(scores, one.name)
            if value is not None and math.isfinite(value):
                yield Metric("score", f"{name}: {one.name}" if name else one.name, round(float(value), 5))


# --- two files ------------------------------------------------------------------------------------


def score_files(clip: Path, truth: Path) -> Generator[Event, None, Scores]:
    """Score a clip against the true one; the generator's value (of `yield from`) is its Scores.

    The clips are compared frame by frame; where their numbers of frames differ, each frame of the
    truth with the one that the clip shows at its time. UserError where they don't belong together.
    """
    from dancetransfer.video.read import frame_times, probe, read_frames

    shown = yield from _pairs(clip, truth)
    total, info = len(shown), probe(truth)
    yield Started("score", 2 * total)
    estimator = mediapipe_estimator()
    if estimator is None:
        raise UserError("mediapipe is missing, which finds the person.", "Install DanceTransfer whole.")
    finder = _Finder(estimator, absent(frame_times(truth)[:total], (info.width, info.height)))
    with closing(estimator):
        for frame in read_frames(truth, 0, total):
            finder.look(frame.index, frame.image)
            if frame.index % TELL_FRAMES == 0:
                yield Progress("score", frame.index, 2 * total)
    measuring = Measuring([clip.name], mediapipe_estimator)
    real = (frame.image for frame in read_frames(truth, 0, total))
    for _, done in measuring.stretch({clip.name: _picked(clip, shown)}, lambda: real, finder.found):
        if done % TELL_FRAMES == 0:
            yield Progress("score", total + done, 2 * total)
    rows = measuring.scores()
    yield from metrics({"": rows[clip.name]})
    yield Done("score", table(rows))
    return rows[clip.name]


def _pairs(clip: Path, truth: Path) -> Generator[Event, None, np.ndarray]:
    """int [N]: the clip's frame that belongs to each of the first N frames of the truth."""
    from dancetransfer.video.read import frame_times, probe

    ours, theirs = probe(clip), probe(truth)
    if (ours.width, ours.height) != (theirs.width, theirs.height):
        raise UserError(
            f"{clip.name} is {ours.width} x {ours.height} and {truth.name} {theirs.width} x {theirs.height}.",
            "Only clips of the same size can be compared: choose the clip that belongs to this truth.",
        )
    if ours.frames == theirs.frames:
        return np.arange(ours.frames)
    times, own = frame_times(truth), frame_times(clip)
    inside = int((times < ours.seconds).sum())
    if inside < len(times) / 2 or ours.seconds > 2 * theirs.seconds:
        raise UserError(
            f"{clip.name} lasts {ours.seconds:.1f} s and {truth.name} {theirs.seconds:.1f} s.",
            "Only clips of the same dance can be compared: choose the clip that belongs to this truth.",
        )
    yield Notice(
        f"{clip.name} has {ours.frames} frames and {truth.name} {theirs.frames}: each of {inside} frames of "
        "the truth is compared with the one shown at its time."
    )
    return np.maximum(np.searchsorted(own, times[:inside] + 1e-3, side="right") - 1, 0)


def _picked(path: Path, numbers: np.ndarray) -> Iterator[np.ndarray]:
    """The frames of a file by rising number, each as often as it is asked for."""
    from dancetransfer.video.read import read_frames

    frames = read_frames(path, 0, int(numbers[-1]) + 1)
    current = next(frames)
    for number in numbers:
        while current.index < number:
            current = next(frames)
        yield current.image
