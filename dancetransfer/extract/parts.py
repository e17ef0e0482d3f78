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
from typing import Any

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.extract.estimators import Estimate, nobody
from dancetransfer.extract.follow import Candidate
from dancetransfer.extract.holistic import MediaPipeHolistic
from dancetransfer.extract.masks import MaskWriter
from dancetransfer.pose.poses import BODY, JOINTS
from dancetransfer.storage import write_npz
from dancetransfer.video.proxy import ProxyMaker, ThumbMaker, analyze_audio, thumb_grid
from dancetransfer.video.read import Frame, frame_times, probe, read_frames

WARM_UP_SECONDS, WARM_UP_FRAMES = 2.0, 20
"""How much before a part the tracker starts; its poses there are thrown away."""

LONGEST_SECONDS, SHORTEST_SECONDS = 60.0, 3.0
"""Bounds of a part's length: the work that a stop can lose, and what pays for a warm-up."""

LONGEST_SIDE = 1920
"""Larger frames are made this large while decoding: the networks see 256 pixels of a person."""

TAIL = 5
"""Frames of the warm-up that are compared with the end of the part before."""

LOOK_SECONDS = 1.0
"""How often it is looked who else is in the picture."""

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
    """Candidate row: where the followed person is at `part.warm`; None: choose one."""

    @property
    def wanted(self) -> bool:
        return self.poses or self.masks or self.proxy or self.sound

    def to_line(self) -> str:
        return json.dumps(asdict(self))

    @staticmethod
    def from_line(line: str) -> "Job":
        fields = json.loads(line)
        return Job(**{**fields, "part": Part(**fields["part"])})

    def file(self, kind: str) -> Path:
        """`kind`: poses.npz, masks.npz, proxy.mp4, thumbs.npz, sound.npz."""
        return Path(self.folder) / f"{self.part.number:04d}.{kind}"


def plan(times: np.ndarray, workers: int) -> list[Part]:
    """Parts of equal work (the first has no warm-up), a multiple of `workers` where it is long enough."""
    seconds = float(times[-1] - times[0])
    count = workers * max(1, int(np.ceil(seconds / LONGEST_SECONDS / workers)))
    while count > 1 and (seconds - WARM_UP_SECONDS) / count < SHORTEST_SECONDS:
        count -= 1
    work = (seconds + (count - 1) * WARM_UP_SECONDS) / count
    borders = [times[0] + work + k * (work - WARM_UP_SECONDS) for k in range(count - 1)]
    starts = [0, *(int(np.searchsorted(times, border)) for border in borders)]
    parts: list[Part] = []
    for start, stop in zip(starts, [*starts[1:], len(times)], strict=True):
        warm = int(np.searchsorted(times, times[start] - WARM_UP_SECONDS)) if start else 0
        if start < stop:
            parts.append(Part(len(parts), max(0, min(warm, start - WARM_UP_FRAMES)), start, stop))
    return parts


class Estimators:
    """The one estimator of a worker, used for part after part: making another leaks memory."""

    def __init__(self) -> None:
        self._made: MediaPipeHolistic | None = None
        self._masks = False

    def get(self, masks: bool, start: Candidate | None) -> MediaPipeHolistic:
        """An estimator that knows nothing but `start`, where the person is in the first frame."""
        if self._made is None or self._masks != masks:
            self.close()
            self._made, self._masks = MediaPipeHolistic(masks, start), masks
        else:
            self._made.restart(start)
        return self._made

    def close(self) -> None:
        if self._made is not None:
            self._made.close()
        self._made = None


def make(job: Job, estimators: Estimators, tell: Callable[[dict[str, Any]], None]) -> None:
    """Read a part's frames once and write what is wanted of it.

    `tell` hears {"frames": n} every half second, and {"damage": sentence} where the file is damaged.
    """
    info = probe(job.video)
    size = fit(info.width, info.height)
    track = Track(job.part, info.width / size[0])
    with ExitStack() as stack:
        estimator, masks, proxy, thumbs = None, None, None, None
        if job.poses or job.masks:
            first = None if job.region is None else Candidate.from_row(job.region)
            estimator = estimators.get(job.masks, first)
        if job.masks:
            masks = stack.enter_context(MaskWriter(job.file("masks.npz"), (info.width, info.height)))
        if job.proxy:
            proxy = stack.enter_context(ProxyMaker(job.file("proxy.mp4"), size, fps=info.fps))
            thumbs = ThumbMaker(thumb_grid(frame_times(job.video), size))
        told = time.monotonic()
        for count, (frame, good) in enumerate(_frames(job, size, tell), 1):
            inside = frame.index >= job.part.start
            if estimator is not None:
                estimate = estimator(frame.image, frame.time) if good else nobody()
                track.add(frame, estimate)
                if track.look_now:
                    track.look(frame.index, estimator.candidates(frame.image))
                if inside and masks is not None:
                    masks.add(estimate.mask)
            if inside and proxy is not None and thumbs is not None:
                proxy.write(frame)
                thumbs.write(frame)
            if time.monotonic() > told + TELL_SECONDS:
                told = time.monotonic()
                tell({"frames": count})
    if job.poses:
        track.save(job.file("poses.npz"))
    if thumbs is not None:
        thumbs.save_part(job.file("thumbs.npz"))
    if job.sound:
        sound = analyze_audio(job.video)
        marks = {} if sound is None else vars(sound)
        write_npz(job.file("sound.npz"), **marks)


def fit(width: int, height: int) -> tuple[int, int]:
    """(width, height) that frames are decoded to."""
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return round(width * scale), round(height * scale)


def _frames(job: Job, size: tuple[int, int], tell: Callable[[dict[str, Any]], None]) -> Iterator[tuple[Frame, bool]]:
    """Every frame of the part, and whether it could be decoded; else the one before stands in."""
    part = job.part
    first = part.warm if job.poses or job.masks else part.start
    if not (job.poses or job.masks or job.proxy):
        return

    def damage(sentence: str) -> None:
        tell({"damage": sentence})

    last = Frame(first - 1, 0.0, np.zeros((size[1], size[0], 3), np.uint8))
    for frame in read_frames(job.video, first, part.stop, size=size, on_damage=damage):
        yield frame, True
        last = frame
    missing = range(last.index + 1, part.stop)
    if missing:
        times = frame_times(job.video)
        for index in missing:
            yield Frame(index, float(times[index]), last.image), False


class Track:
    """The poses of a part as they are found, and who else was seen."""

    def __init__(self, part: Part, scale: float) -> None:
        """`scale`: pixels of the video per pixel of the frames that are looked at."""
        self._part, self._scale = part, scale
        self._rows: list[tuple[Any, ...]] = []
        self._looked: list[int] = []
        self._people: list[list[float]] = []
        self._second = -1
        self.look_now = False

    def add(self, frame: Frame, estimate: Estimate) -> None:
        world = np.full((JOINTS, 3), np.nan, np.float32) if estimate.world is None else estimate.world
        region = [np.nan] * 5 if estimate.region is None else estimate.region.as_row()
        xy = (estimate.xy + 0.5) * self._scale - 0.5
        self._rows.append((xy, estimate.confidence, world, np.float64(frame.time), np.array(region)))
        # Of the warm-up only its end is kept, to compare it with the part before.
        if frame.index < self._part.start and len(self._rows) > TAIL:
            self._rows.pop(0)

        # The first frame of each second is looked at, the same ones however the video is split.
        second = int(frame.time / LOOK_SECONDS)
        self.look_now = second != self._second and frame.index >= self._part.start
        self._second = second

    def look(self, frame: int, people: list[Candidate]) -> None:
        """Keep who was seen in a frame."""
        self._looked.append(frame)
        self._people += [[frame, *person.as_row()] for person in people]

    def save(self, path: Path) -> None:
        """Write the part's poses, and beside them the tail of its warm-up."""
        xy, confidence, world, times, region = (np.stack(column) for column in zip(*self._rows, strict=True))
        tail = len(xy) - (self._part.stop - self._part.start)
        write_npz(
            path,
            xy=xy[tail:].astype(np.float32),
            confidence=confidence[tail:],
            world=world[tail:],
            time=times[tail:],
            region=region[tail:],
            tail=xy[:tail, BODY].astype(np.float32),
            looked=np.array(self._looked, np.int64),
            people=np.array(self._people, np.float64).reshape(-1, 6),
        )


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
    estimators = Estimators()
    while True:
        try:
            make(Job.from_line(jobs.get()), estimators, tell)
            tell({"done": True})
        except UserError as error:
            tell({"error": error.message, "hint": error.hint})
        except Exception:
            tell({"bug": traceback.format_exc()})
