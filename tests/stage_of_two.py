"""Pictures with several people whose true places are known, and an estimator that sees only what isn't hidden."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dancetransfer import puppets
from dancetransfer.extract import looks
from dancetransfer.extract.estimators import Estimate, nobody
from dancetransfer.extract.follow import Candidate
from dancetransfer.extract.people import Guide, guide
from dancetransfer.extract.scout import Sightings, moments, seen
from dancetransfer.pose.poses import JOINTS
from dancetransfer.video.cuts import signature
from dancetransfer.video.write import Writer

SIZE = (320, 180)
UP = 0.5

# Shoulders, hips and knees of a flat doll of radius 1 whose hips are at 0.
JOINTS_OF_DOLL = {5: (0.2, -0.5), 6: (-0.2, -0.5), 11: (0.13, 0), 12: (-0.13, 0), 13: (0.13, 0.5), 14: (-0.13, 0.5)}
OTHER_JOINTS = {
    0: (0, -0.8),
    7: (0.3, -0.2),
    8: (-0.3, -0.2),
    9: (0.3, 0.1),
    10: (-0.3, 0.1),
    15: (0.13, 1),
    16: (-0.13, 1),
}


class Doll:
    """A flat figure in two colors that moves as `path` says: x, y of the hips and radius per frame [T,3]."""

    def __init__(self, path: np.ndarray, shirt: tuple[int, int, int], legs: tuple[int, int, int]) -> None:
        self.path, self.shirt, self.legs = path, shirt, legs

    def paint(self, image: np.ndarray, frame: int) -> None:
        x, y, radius = self.path[frame]
        for top, bottom, color in ((-0.95, 0.0, self.shirt), (0.0, 1.0, self.legs)):
            rows = slice(max(0, int(y + top * radius)), max(0, int(y + bottom * radius)))
            image[rows, max(0, int(x - 0.3 * radius)) : max(0, int(x + 0.3 * radius))] = color

    def circle(self, frame: int) -> Candidate:
        x, y, radius = self.path[frame]
        return Candidate((float(x), float(y)), float(radius), 0.0)

    def estimate(self, frame: int) -> Estimate:
        xy, confidence = np.full((JOINTS, 2), np.nan, np.float32), np.zeros(JOINTS, np.float32)
        for joint, place in (JOINTS_OF_DOLL | OTHER_JOINTS).items():
            xy[joint] = self.path[frame, :2] + np.multiply(place, self.path[frame, 2])
            confidence[joint] = 1
        return Estimate(xy, confidence, region=self.circle(frame))


class DollEstimator:
    """Finds the doll nearest to its region, and slides onto the one in front where that hides it."""

    name, version = "dolls", 1

    def __init__(self, dolls: list[Doll], frames: int) -> None:
        """`dolls`: front ones last."""
        self.dolls, self.frames = dolls, frames
        self.frame = 0
        self._region: Candidate | None = None

    def image(self, frame: int) -> np.ndarray:
        self.frame = frame
        image = np.full((SIZE[1], SIZE[0], 3), 128, np.uint8)
        for doll in self.dolls:
            doll.paint(image, frame)
        return image

    def visible(self) -> list[Doll]:
        """Who is not behind somebody else."""
        shown: list[Doll] = []
        for doll in reversed(self.dolls):
            x, _, radius = doll.path[self.frame]
            if all(abs(x - other.path[self.frame, 0]) > 0.5 * radius for other in shown) and 0 <= x < SIZE[0]:
                shown.append(doll)
        return shown

    def candidates(self, image: np.ndarray) -> list[Candidate]:
        return [doll.circle(self.frame) for doll in self.visible()]

    def look(self, image: np.ndarray, person: Candidate) -> Estimate:
        near = [
            (np.hypot(*np.subtract(doll.circle(self.frame).center, person.center)), doll) for doll in self.visible()
        ]
        near = [one for one in near if one[0] < 0.8 * person.radius]
        return min(near, key=lambda one: one[0])[1].estimate(self.frame) if near else nobody()

    def __call__(self, image: np.ndarray, time: float) -> Estimate:
        estimate = self.look(image, self._region) if self._region else nobody()
        self._region = estimate.region
        return estimate

    def restart(self, start: Candidate | None = None) -> None:
        self._region = start

    def close(self) -> None: ...

    def guide(self, times: np.ndarray, number: int = 1, anchor: tuple[int, Doll] | None = None) -> Guide:
        """What a first look through the frames tells."""
        looked, scene, rows, anchors = [], [], [], []
        for group in moments(times, 0, self.frames):
            for frame in group:
                image = self.image(frame)
                looked.append(frame)
                scene.append(signature(image))
                rows += [_row(frame, image, body) for body in seen(image, self)]
        if anchor is not None:
            anchors = [_row(anchor[0], self.image(anchor[0]), anchor[1].estimate(anchor[0]))]
        sightings = Sightings(
            np.array(looked), np.array(scene), np.array(rows).reshape(-1, 12), np.array(anchors).reshape(-1, 12)
        )
        return guide(sightings, times, SIZE, 0 if anchor else number)


def _row(frame: int, image: np.ndarray, body: Estimate) -> np.ndarray:
    assert body.region is not None
    return np.array([frame, *body.region.as_row(), *looks.of_joints(image, body.xy)])


def crossing_puppets(path: Path, frames: int = 60, fps: float = 25) -> list[np.ndarray]:
    """Two built-in dancers who change sides, the second in front; returns the true hips [T,2] of both.

    640x360 pixels. A dozen frames of each are drawn and played to and fro.
    """
    drawn = 12
    shows = [puppets.person(seed, (240, 320), 4, fps) for seed in (5, 9)]
    stills = [list(zip(show.frames(0, drawn), show.masks(0, drawn), strict=True)) for show in shows]
    turn = [n if n < drawn else 2 * drawn - 2 - n for n in (t % (2 * drawn - 2) for t in range(frames))]
    share = np.clip((np.arange(frames) / (frames - 1) - 0.15) / 0.7, 0, 1)
    lefts = [(20 + 360 * share).astype(int), (380 - 360 * share).astype(int)]
    background = np.full((360, 640, 3), 150, np.uint8)
    background[250:] = 110
    with Writer(path, (640, 360), fps=fps, mark=False) as writer:
        for frame in range(frames):
            image = background.copy()
            for which, top in ((0, 10), (1, 30)):
                picture, mask = stills[which][turn[frame]]
                place = image[top : top + 320, lefts[which][frame] : lefts[which][frame] + 240]
                cover = mask[..., None] / 255
                place[:] = np.round(place * (1 - cover) + picture * cover).astype(np.uint8)
            writer.write(image, frame / fps)
    hips = [show.joints()[0][turn][:, [11, 12]].mean(1) for show in shows]
    offsets = [np.column_stack([left, np.full(frames, top)]) for left, top in zip(lefts, (10, 30), strict=True)]
    return [one + offset for one, offset in zip(hips, offsets, strict=True)]


def spans(mask: np.ndarray) -> Iterator[tuple[int, int]]:
    """First and last of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    yield from zip(edges[::2].tolist(), (edges[1::2] - 1).tolist(), strict=True)
