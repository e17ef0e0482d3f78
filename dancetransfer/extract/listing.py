"""The numbered people of a video, with a picture of each."""

import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from dancetransfer.events import Done, Event, Notice, Started
from dancetransfer.extract.count import STAGE
from dancetransfer.extract.extract import POSES, Task, default_workers
from dancetransfer.extract.follow import Candidate, Wish
from dancetransfer.extract.notices import clock
from dancetransfer.extract.parts import fit
from dancetransfer.extract.people import Person, people
from dancetransfer.storage import atomic_path
from dancetransfer.video.read import RandomAccess, probe

THUMBNAIL = 256
"""Height and width in pixels."""


@dataclass(frozen=True)
class Listed:
    """One line of the list."""

    number: int
    first: float
    """Seconds at which the person is first seen."""
    share: float
    """Of the clip's time in which the person is seen, 0..1."""
    height: float
    """How tall, as a share of the picture's height."""
    at: str
    """A point and a time at which the person is, for `--at`."""
    thumbnail: str

    def line(self) -> str:
        return (
            f"{self.number:2}  from {clock(self.first)}, {self.share:.0%} of the time, "
            f"{self.height:.0%} of the picture's height, --at {self.at}   {self.thumbnail}"
        )


def list_people(
    video: str | Path, prefix: str | Path, workers: int | None = None, estimator: str = "mediapipe"
) -> Iterator[Event]:
    """Who is in a video, the most prominent first; writes prefix1.png, prefix2.png, ... of THUMBNAIL pixels.

    The last event is a Done whose `result` is {"people": [fields of `Listed`]}. The list may lack people.
    """
    video, prefix = Path(video), Path(prefix)
    info = probe(video)
    yield Started(STAGE, info.frames)
    with tempfile.TemporaryDirectory() as folder:
        wanted = frozenset({POSES})
        task = Task(video, Path(folder), info, "list", wanted, workers or default_workers(), Wish(), estimator)
        yield from task.look_through()
        size = fit(info.width, info.height)
        found = [one for one in people(task.sightings(), task.times, size) if one.lasting]
    listed = [_listed(number, one, task.times, info.height, prefix, size) for number, one in enumerate(found, 1)]
    with RandomAccess(video) as frames:
        for one, person in zip(listed, found, strict=True):
            row = person.best
            picture = frames.frame(int(row[0])).image
            _write_png(Path(one.thumbnail), _cut_out(picture, row, info.width / size[0]))
    yield Notice(
        "The list may lack people: MediaPipe's detector finds few of a group, and none who is hidden or upside down.",
        "Choose somebody who is not in it by a point and a time, like --at 312,200@2.5",
    )
    lines = [one.line() for one in listed] or ["Nobody was found."]
    yield Done(STAGE, "\n".join(lines), [one.thumbnail for one in listed], {"people": [asdict(one) for one in listed]})


def _listed(number: int, person: Person, times: np.ndarray, height: int, prefix: Path, size: tuple[int, int]) -> Listed:
    scale, row = height / size[1], person.best
    # The trunk's middle: between the hips a leg or nothing may be.
    up = np.array([np.sin(row[4]), -np.cos(row[4])]) * 0.25 * row[3]
    x, y = (row[1:3] + up + 0.5) * scale - 0.5
    time = float(times[int(row[0])])
    tall = 1.8 * float(np.median(person.rows[:, 3])) / size[1]
    at = f"{x:.0f},{y:.0f}@{time:.2f}"
    return Listed(number, float(times[int(person.rows[0, 0])]), person.share, tall, at, f"{prefix}{number}.png")


def _cut_out(picture: np.ndarray, row: np.ndarray, scale: float) -> np.ndarray:
    """The square around a person's circle, gray where it is outside of the picture."""
    import cv2

    person = Candidate.from_row(row[1:6])
    half = person.radius * scale
    left, top = person.center[0] * scale - half, person.center[1] * scale - half
    place = np.array([[2 * half / THUMBNAIL, 0, left], [0, 2 * half / THUMBNAIL, top]])
    flags = cv2.INTER_AREA | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(picture, place, (THUMBNAIL, THUMBNAIL), flags=flags, borderValue=(128, 128, 128)), np.uint8
    )


def _write_png(path: Path, picture: np.ndarray) -> None:
    import cv2

    with atomic_path(path) as temporary:
        temporary.write_bytes(cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))[1].tobytes())
