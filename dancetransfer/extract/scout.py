"""A quick look through a video before its poses are made: who is seen where, a few times a second."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dancetransfer.extract import looks
from dancetransfer.extract.estimators import Estimate, Estimator
from dancetransfer.extract.follow import Candidate, Point, distance, without_doubles
from dancetransfer.pose.poses import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from dancetransfer.storage import write_npz
from dancetransfer.video.cuts import signature
from dancetransfer.video.read import Decoder
from dancetransfer.video.source import Index

FINE_SECONDS, FINE = 0.2, 3
"""A look every FINE * FINE_SECONDS; FINE - 1 more before the next where it or the one before shows several people."""

SURE = 0.4
"""Mean confidence of the trunk below which what the detector reports is no person."""

NEAR_POINT = 0.2
"""A person is at a point that lies this near one of the trunk's or legs' joints, in radii, or in the body's box."""

TRUNK = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]
ROW = 6 + looks.SIZE
"""Numbers of a sighting: frame, a candidate's row, looks."""


@dataclass(frozen=True)
class Sightings:
    """Who was seen in the frames that were looked at; pixels of the frames as decoded."""

    looked: np.ndarray
    """int64 [N], rising."""
    scene: np.ndarray
    """uint8 [N,32,32], the looked-at pictures' signatures."""
    rows: np.ndarray
    """float64 [M,12]: frame, x, y, radius, angle, score, looks."""
    anchor: np.ndarray
    """float64 [0 or 1,12]: the person at the chosen point."""

    def save(self, path: Path) -> None:
        write_npz(path, **vars(self))

    @staticmethod
    def load(paths: list[Path]) -> "Sightings":
        """Those of all parts."""
        columns: dict[str, list[np.ndarray]] = {}
        for path in paths:
            with np.load(path, allow_pickle=False) as data:
                for name in data.files:
                    columns.setdefault(name, []).append(data[name])
        return Sightings(**{name: np.concatenate(column) for name, column in columns.items()})


def moments(times: np.ndarray, start: int, stop: int) -> Iterator[list[int]]:
    """Frames to look at, in groups: the first of each always, the others where there are several people.

    Groups lie on a grid of the video's own time, so parts see the same ones however it is split.
    """
    fine = np.floor(times / FINE_SECONDS + 1e-6).astype(int)
    first = np.flatnonzero(np.diff(fine, prepend=-1))
    for group in np.unique(fine[first] // FINE):
        frames = [int(frame) for frame in first[fine[first] // FINE == group]]
        if start <= frames[0] < stop:
            yield frames


def scout(
    video: str,
    listed: Index,
    frames: tuple[int, int],
    size: tuple[int, int],
    estimator: Estimator,
    point: Point | None,
    alive: Callable[[], None],
) -> Sightings:
    """Look through frames[0] <= index < frames[1] of a video decoded at `size`.

    `point` is where the followed person shall be, in pixels of that size, and in which frame.
    `listed` is the video's index. `alive` is called after each look.
    """
    times = listed.times
    groups = list(moments(times, *frames))
    before = [group[0] for group in moments(times, 0, frames[0])][-1:]  # tells whether the first group is looked at
    first_of = {group[0] for group in groups}
    wanted = {*before, *(frame for group in groups for frame in group)}
    asked = point.frame if point is not None and frames[0] <= point.frame < frames[1] else -1
    looked: list[int] = []
    scene: list[np.ndarray] = []
    rows: list[np.ndarray] = []
    anchor: list[np.ndarray] = []
    several = [False, False]  # at the first look of the last group, and of this one
    for number, image in _images(video, listed, size, {*wanted, asked} - {-1}):
        first = number in first_of or number in before
        people = seen(image, estimator) if first or (number in wanted and any(several)) else None
        if people is not None and first:
            several = [several[1], len(people) > 1]
        if people is not None and number not in before:
            looked.append(number)
            scene.append(signature(image))
            rows += [_row(number, image, one) for one in people]
        if number == asked and point is not None:
            there = at_point(image, estimator, point, estimator.candidates(image))
            anchor += [_row(number, image, there)] if there else []
        alive()
    return Sightings(
        np.array(looked, np.int64),
        np.array(scene, np.uint8).reshape(-1, 32, 32),
        np.array(rows, np.float64).reshape(-1, ROW),
        np.array(anchor, np.float64).reshape(-1, ROW),
    )


def _images(video: str, listed: Index, size: tuple[int, int], wanted: set[int]) -> Iterator[tuple[int, np.ndarray]]:
    """Frames of a video by their numbers; the others are decoded, but not turned into pictures."""
    if not wanted:
        return
    with Decoder(video, size=size, exact=False, listed=listed) as decoder:
        for number, frame in decoder.frames(min(wanted), max(wanted) + 1):
            if number in wanted:
                yield number, decoder.finish(number, frame).image


def seen(image: np.ndarray, estimator: Estimator) -> list[Estimate]:
    """The people of a frame with their body joints, each once, largest first."""
    found: dict[Candidate, Estimate] = {}
    for person in estimator.candidates(image):
        body = estimator.look(image, person)
        if body.region is not None and body.confidence[TRUNK].mean() >= SURE and distance(body.region, person) < 1:
            found.setdefault(replace(body.region, score=person.score), body)
    return [found[person] for person in without_doubles(list(found))]


def at_point(image: np.ndarray, estimator: Estimator, point: Point, people: list[Candidate]) -> Estimate | None:
    """Who is at the point: the one of `people` there, or whom the estimator finds when it looks there."""
    height = image.shape[0]
    guesses = [Candidate((point.x, point.y), share * height, 0.0) for share in (0.5, 0.33, 0.2)]
    best, nearest = None, NEAR_POINT
    for options in (people, guesses):
        for person in options:
            body = estimator.look(image, person)
            if body.region is None or body.confidence[TRUNK].mean() < SURE:
                continue
            away = _away(body, point) / body.region.radius
            if away < nearest:
                best, nearest = body, away
        if best is not None:
            return best
    return None


def _away(body: Estimate, point: Point) -> float:
    """Pixels between a point and the nearest of the lines between the body's joints."""
    xy = body.xy[:17].astype(np.float64)
    bones = [(5, 6), (5, 11), (6, 12), (5, 12), (6, 11), (11, 12), (11, 13), (12, 14), (13, 15), (14, 16)]
    bones += [(5, 7), (7, 9), (6, 8), (8, 10), (0, 5), (0, 6)]
    start, end = xy[[a for a, _ in bones]], xy[[b for _, b in bones]]
    along = end - start
    share = ((np.array([point.x, point.y]) - start) * along).sum(1) / np.maximum((along**2).sum(1), 1e-6)
    nearest = start + np.clip(share, 0, 1)[:, None] * along
    return float(np.nanmin(np.hypot(*(nearest - (point.x, point.y)).T)))


def _row(frame: int, image: np.ndarray, body: Estimate) -> np.ndarray:
    assert body.region is not None
    return np.array([frame, *body.region.as_row(), *looks.of_joints(image, body.xy)])
