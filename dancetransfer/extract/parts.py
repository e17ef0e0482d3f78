"""One part of a video, from its frames to its files: what a worker process of `extract` does."""

import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from dancetransfer.ahead import ahead
from dancetransfer.errors import UserError
from dancetransfer.extract import estimators as shelf
from dancetransfer.extract import looks
from dancetransfer.extract.estimators import Estimator, nobody
from dancetransfer.extract.follow import Candidate, Point
from dancetransfer.extract.identity import Follower, Found
from dancetransfer.extract.masks import MaskWriter
from dancetransfer.extract.people import Guide
from dancetransfer.extract.scout import scout
from dancetransfer.pose.found import FoundWriter
from dancetransfer.pose.poses import BODY, JOINTS, LEFT_HIP, RIGHT_HIP
from dancetransfer.storage import write_npz
from dancetransfer.video.cuts import shots, signature
from dancetransfer.video.proxy import ProxyMaker, ThumbMaker, analyze_audio, thumb_grid
from dancetransfer.video.read import Decoder, Frame, Undeveloped, VideoInfo, read_undeveloped
from dancetransfer.video.source import Index

WARM_UP_SECONDS, WARM_UP_FRAMES = 2 / 3, 20
"""How much before a part the tracker starts; its poses there are thrown away. Measured on two built-in dancers, juggle
and squat_front, three starts each: from the 10th frame on the body is that of an unbroken run to the last bit, from the
20th the face lies 0.006 % of the height beside it at most and the hands 0.08 %, from the 40th 0.001 %. A second
instead of 20 frames would cost a clip of 20 s a hundredth of its time."""

LONGEST_SECONDS, SHORTEST_SECONDS = 60.0, 3.0
"""Bounds of a part's length: the work that a stop can lose, and what pays for a warm-up."""

LONGEST_SIDE = 1920
"""Larger frames are made this large while decoding: the networks see 256 pixels of a person."""

TAIL = 5
"""Frames of the warm-up that are compared with the end of the part before."""

CHANGED, BEFORE = 10.0, 10
"""A mean change of the small pictures from which on a frame may be the first of another shot, and how many are kept."""

TELL_SECONDS = 0.5


@dataclass(frozen=True)
class Part:
    """Frames start <= index < stop; decoding and tracking begin at `warm`."""

    number: int
    warm: int
    start: int
    stop: int

    @property
    def work(self) -> int:
        return self.stop - self.warm


@dataclass(frozen=True)
class Job:
    """A part and what is wanted of it; goes to a worker as one JSON line."""

    part: Part
    video: str
    folder: str
    poses: bool
    masks: bool
    proxy: bool
    """The small copy, and the thumbnails."""
    sound: bool
    """The whole video's sound (once, whatever the part)."""
    region: list[float] | None = None
    """Candidate row: where the followed person is at `part.warm`; None: as the guide says."""
    guide: str = ""
    """File that says who is followed; "" where that is still to be found out, by the job `scout`."""
    scout: bool = False
    point: list[float] | None = None
    """Where the followed person is, for the scout: x, y in pixels as decoded, and the frame."""
    estimator: str = "mediapipe"

    @property
    def wanted(self) -> bool:
        return self.poses or self.masks or self.proxy or self.sound or self.scout

    def to_line(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_line(line: str) -> "Job":
        fields = json.loads(line)
        return Job(**{**fields, "part": Part(**fields["part"])})

    def file(self, kind: str) -> Path:
        """`kind`: scout.npz, found, poses.npz, masks.npz, proxy.mp4, thumbs.npz, sound.npz."""
        return Path(self.folder) / f"{self.part.number:04d}.{kind}"


def plan(times: np.ndarray, workers: int) -> list[Part]:
    """Parts of equal work (the first has no warm-up), a multiple of `workers` where it is long enough."""
    seconds = float(times[-1] - times[0])
    warm_up = max(WARM_UP_SECONDS, WARM_UP_FRAMES * seconds / len(times))
    count = workers * max(1, int(np.ceil(seconds / LONGEST_SECONDS / workers)))
    while count > 1 and (seconds - warm_up) / count < SHORTEST_SECONDS:
        count -= 1
    work = (seconds + (count - 1) * warm_up) / count
    borders = [times[0] + work + k * (work - warm_up) for k in range(count - 1)]
    starts = [0, *(int(np.searchsorted(times, border)) for border in borders)]
    parts: list[Part] = []
    for start, stop in zip(starts, [*starts[1:], len(times)], strict=True):
        warm = int(np.searchsorted(times, times[start] - WARM_UP_SECONDS)) if start else 0
        if start < stop:
            parts.append(Part(len(parts), max(0, min(warm, start - WARM_UP_FRAMES)), start, stop))
    return parts


class Kept:
    """What a worker keeps from part to part: its one estimator (making another leaks memory) and a video's index."""

    def __init__(self) -> None:
        self._made: Estimator | None = None
        self._what = ("", False)
        self._film: tuple[str, VideoInfo, Index] | None = None

    def film(self, video: str) -> tuple[VideoInfo, Index]:
        """The facts of a video and its index, which takes the longer to make the longer the video is."""
        if self._film is None or self._film[0] != video:
            with Decoder(video) as decoder:
                self._film = video, decoder.info, decoder.index
        return self._film[1:]

    def estimator(self, name: str, masks: bool) -> Estimator:
        """The estimator of that name; `restart` it where it shall begin."""
        if self._made is None or self._what != (name, masks):
            self.close()
            self._made, self._what = shelf.make(name, masks), (name, masks)
        return self._made

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
        self._made = None


def make(job: Job, kept: Kept, tell: Callable[[dict[str, Any]], None]) -> None:
    """Read a part's frames once and write what is wanted of it.

    `tell` hears {"frames": n} every half second, and {"damage": sentence} where the file is damaged.
    """
    info, listed = kept.film(job.video)
    size = fit(info.width, info.height)
    if job.scout:
        _scout(job, listed, size, kept.estimator(job.estimator, job.masks), tell)
        return
    with ExitStack() as stack:
        follower, masks, proxy, thumbs = None, None, None, None
        looker = FoundWriter(job.file("found"), (info.width, info.height), info.seconds) if job.poses else None
        track = Track(job.part, info.width / size[0], looker and stack.enter_context(looker))
        if job.poses or job.masks:
            first = None if job.region is None else Candidate.from_row(job.region)
            estimator = kept.estimator(job.estimator, job.masks)
            follower = Follower(estimator, Guide.load(job.guide), job.part.warm, first)
        if job.masks:
            masks = stack.enter_context(MaskWriter(job.file("masks.npz"), (info.width, info.height)))
        if job.proxy:
            proxy = stack.enter_context(ProxyMaker(job.file("proxy.mp4"), size, fps=info.fps))
            thumbs = ThumbMaker(thumb_grid(listed.times, size))
        told, frames = time.monotonic(), _frames(job, listed, size, tell)
        # Beside the networks there is no core free for a thread that decodes.
        for count, (frame, good) in enumerate(frames if follower else ahead(frames), 1):
            inside = frame.index >= job.part.start
            if follower is not None:
                if track.begins_shot(frame.image):
                    follower.cut()
                found = follower(frame.image, frame.time, frame.index) if good else Found(nobody(), False)
                track.add(frame, found)
                if inside and masks is not None:
                    masks.add(found.estimate.mask)
            if inside and proxy is not None and thumbs is not None:
                proxy.write(frame)
                thumbs.write(frame)
            if time.monotonic() > told + TELL_SECONDS:
                told = time.monotonic()
                if looker is not None:
                    looker.flush()
                tell({"frames": count})
    if job.poses:
        track.save(job.file("poses.npz"))
    if thumbs is not None:
        thumbs.save_part(job.file("thumbs.npz"))
    if job.sound:
        sound = analyze_audio(job.video)
        marks = {} if sound is None else vars(sound)
        write_npz(job.file("sound.npz"), **marks)


def _scout(
    job: Job, listed: Index, size: tuple[int, int], estimator: Estimator, tell: Callable[[dict[str, Any]], None]
) -> None:
    """Look through a part and write who was seen."""
    point = None if job.point is None else Point(job.point[0], job.point[1], int(job.point[2]))
    told = time.monotonic()

    def alive() -> None:
        nonlocal told
        if time.monotonic() > told + TELL_SECONDS:
            told = time.monotonic()
            tell({"frames": 0})

    bounds = job.part.start, job.part.stop
    scout(job.video, listed, bounds, size, estimator, point, alive).save(job.file("scout.npz"))


def fit(width: int, height: int) -> tuple[int, int]:
    """(width, height) that frames are decoded to."""
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return round(width * scale), round(height * scale)


def _frames(
    job: Job, listed: Index, size: tuple[int, int], tell: Callable[[dict[str, Any]], None]
) -> Iterator[tuple[Frame | Undeveloped, bool]]:
    """Every frame of the part, and whether it could be decoded; else the one before stands in."""
    part = job.part
    first = part.warm if job.poses or job.masks else part.start
    if not (job.poses or job.masks or job.proxy):
        return

    def damage(sentence: str) -> None:
        tell({"damage": sentence})

    last: Frame | Undeveloped = Frame(first - 1, 0.0, np.zeros((size[1], size[0], 3), np.uint8))
    # Inexact colors will do: the networks see 256 pixels of a person, and the small copy is not made of them.
    for frame in read_undeveloped(job.video, first, part.stop, size=size, exact=False, on_damage=damage, listed=listed):
        yield frame, True
        last = frame
    for index in range(last.index + 1, part.stop):
        yield Frame(index, float(listed.times[index]), last.image), False


class Track:
    """The poses of a part as they are found, and what tells later whose they are."""

    def __init__(self, part: Part, scale: float, looker: FoundWriter | None = None) -> None:
        """`scale`: pixels of the video per pixel of the frames that are looked at; `looker` is shown each pose."""
        self._part, self._scale, self._looker = part, scale, looker
        self._columns: dict[str, np.ndarray] = {}
        self._count = 0
        self._before: list[np.ndarray] = []

    def begins_shot(self, image: np.ndarray) -> bool:
        """Whether a frame seems to be the first of another shot; keeps its small picture."""
        small = signature(image)
        self._before = [*self._before[-BEFORE:], small]
        if len(self._before) < 2:
            return False
        change = np.abs(small.astype(np.int16) - self._before[-2]).mean()
        return bool(change > CHANGED and np.diff(shots(np.stack(self._before)))[-1])

    def add(self, frame: Frame | Undeveloped, found: Found) -> None:
        """Keep a frame's pose; `begins_shot` has seen the frame."""
        estimate = found.estimate
        world = np.full((JOINTS, 3), np.nan, np.float32) if estimate.world is None else estimate.world
        region = [np.nan] * 5 if estimate.region is None else estimate.region.as_row()
        row = {
            "xy": ((estimate.xy + 0.5) * self._scale - 0.5).astype(np.float32),
            "confidence": estimate.confidence,
            "world": world,
            "time": np.float64(frame.time),
            "region": np.array(region),
            "hips": estimate.xy[[LEFT_HIP, RIGHT_HIP]].mean(0),
            "looks": looks.of_joints(frame.image, estimate.xy) if found.looks is None else found.looks,
            "doubt": np.bool_(found.doubt),
            "small": self._before[-1],
        }
        self._put(row, frame.index < self._part.start)
        if self._looker is not None and frame.index >= self._part.start:
            self._looker.add(frame.time, row["xy"], row["confidence"])

    def _put(self, row: dict[str, Any], warm: bool) -> None:
        """A row into the columns. Of the warm-up only its end is kept, to compare it with the part before."""
        if not self._columns:
            most = TAIL + self._part.stop - self._part.start
            self._columns = {name: np.empty((most, *np.shape(value)), value.dtype) for name, value in row.items()}
        if warm and self._count == TAIL:
            for column in self._columns.values():
                column[: TAIL - 1] = column[1:TAIL]
            self._count -= 1
        for name, value in row.items():
            self._columns[name][self._count] = value
        self._count += 1

    def save(self, path: Path) -> None:
        """Write the part's poses, and beside them the tail of its warm-up."""
        whole = {name: column[: self._count] for name, column in self._columns.items()}
        tail = self._count - (self._part.stop - self._part.start)
        kept = {name: column[tail:] for name, column in whole.items()}
        write_npz(path, **kept, tail=whole["xy"][:tail, BODY])


def serve() -> None:
    """A worker process: jobs come as lines on stdin, dicts go as JSON lines to stdout.

    It ends with its stdin, so never outlives the process that started it; what MediaPipe prints
    goes where stderr goes.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    jobs: queue.Queue[str] = queue.Queue()

    def listen() -> None:
        for line in sys.stdin:
            jobs.put(line)
        os._exit(0)

    def tell(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")

    threading.Thread(target=listen, daemon=True).start()
    # MediaPipe imports them, which would be a third of this process's start; nothing here draws or uses its tasks.
    for name in ("matplotlib", "matplotlib.pyplot", "mediapipe.tasks", "mediapipe.tasks.python"):
        sys.modules.setdefault(name, ModuleType(name))
    kept = Kept()
    while True:
        try:
            make(Job.from_line(jobs.get()), kept, tell)
            tell({"done": True})
        except UserError as error:
            tell({"error": error.message, "hint": error.hint})
        except Exception:
            tell({"bug": traceback.format_exc()})
