"""Whoever stands before the camera, fitted to the dancer's body and camera without looking ahead."""

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from dancetransfer.fit import body, lift
from dancetransfer.fit.body import Person, danced, measure, ratios_of
from dancetransfer.fit.camera import Camera
from dancetransfer.fit.inside import wandered
from dancetransfer.fit.lift import Line, Scene
from dancetransfer.fit.places import pelvis, places
from dancetransfer.fit.skeleton import LENGTHS, LIMBS, SIZE_UNIT
from dancetransfer.pose.contacts import contacts
from dancetransfer.pose.poses import BODY, JOINTS, Poses

GATHER_SECONDS, FEWEST = 1.5, 10
"""Somebody is measured after being seen for so long, in so many pictures."""
SOONEST = 1.4
"""Each measurement comes when this many times as much has been seen as for the one before: ever more seldom."""
SAMPLES, SAMPLE_SECONDS = 96, 0.1
"""Pictures that are kept for measuring, and how far apart at first; where there are too many, every other one goes."""
GLIDE_SECONDS = 0.8
"""Time constant by which a new measurement is taken over: the dancer must not jump for it."""
USUAL_SECONDS = 0.8
"""Who dances while they are measured bends their limbs, so these look short, and all of the body with them: over the
seconds that they were seen, this part of the way to usual proportions is gone (`grown`). In the first half second of
four dances the dancer was 1, 8, 9 and 9 % too large without it, and -3, 1, 1 and 2 % with it, the feet in the mean
2.5 pixels of 315 too low instead of 5."""
FEET_SECONDS, BODY_SECONDS = 1.5, 0.5
"""How far back is looked for whether feet stand, and for where the body is."""
CALM_SHARE = 0.7
"""From this part of the way to the picture's edge on, ways are shortened."""
BESIDE = 0.3
"""Statures that a body reaches to each side of its middle."""


@dataclass(frozen=True)
class Seen:
    """What the estimator has found in one picture of the live person, calmed."""

    xy: np.ndarray
    """float32 [133,2], pixels."""
    confidence: np.ndarray
    world: np.ndarray | None
    time: float
    """Seconds on the source's clock."""
    size: tuple[int, int]
    """Of the picture."""

    @property
    def somebody(self) -> bool:
        return bool(track([self]).present[0])


@dataclass(frozen=True)
class Fitted:
    """The same pose as the dancer does it, in the plate's pixels; NaN of confidence 0 where nobody is."""

    xy: np.ndarray
    confidence: np.ndarray
    time: float


def track(seen: "list[Seen]") -> Poses:
    """Some pictures as a track, without contacts."""
    empty = np.full((JOINTS, 3), np.nan, np.float32)
    world = np.stack([empty if one.world is None else one.world for one in seen])
    return Poses(
        np.stack([one.xy for one in seen]),
        np.stack([one.confidence for one in seen]),
        np.array([one.time for one in seen]),
        seen[-1].size,
        world=world if np.isfinite(world).any() else None,
    )


class Fitting:
    """The fit of `fit.body`, causal: measured on what has been seen so far, mapped over the last half second.

    First somebody is watched for `GATHER_SECONDS`. What is measured then is measured again, ever more seldom, from
    samples of all that was seen, beside the work, and taken over gradually.
    """

    def __init__(self, person: Person, beside: bool = True, stands: bool = False) -> None:
        """`person`: the dancer, as `measure` found them. `beside`: measure in a thread of its own.

        `stands`: the live person was asked to stand where they are at home.
        """
        self._person, self._beside = person, beside
        self._recent: deque[tuple[Seen, np.ndarray]] = deque()
        """The last pictures and whether the feet [2] stand in them."""
        self._samples: list[tuple[Seen, np.ndarray]] = []
        self._apart = SAMPLE_SECONDS
        self._home: list[tuple[Seen, np.ndarray]] = []
        """Pictures of where the person is at home: where they stand is where the dancer stands. Who was asked to stand
        stood there first, who dances all along is there in the middle."""
        self._seconds = 0.0
        """How long somebody was seen."""
        self._next = GATHER_SECONDS
        self._measuring: Future[Person] | None = None
        self._pool = ThreadPoolExecutor(1, "measuring")
        self._aim: Person | None = None
        self._now: Person | None = None
        self._stands = stands

    @property
    def begun(self) -> bool:
        """Enough is known of the live person."""
        return self._now is not None

    @property
    def legs(self) -> bool:
        """The live person's feet are seen often enough to tell where the floor is."""
        return self._now is not None and self._now.legs

    def __call__(self, seen: Seen) -> Fitted | None:
        """The pose as the dancer does it; None until enough is known of the live person."""
        step = self._remember(seen)
        if not seen.somebody:
            return Fitted(np.full((JOINTS, 2), np.nan, np.float32), np.zeros(JOINTS, np.float32), seen.time)
        self._measure(step)
        return None if self._now is None else self._fit(self._now)

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _remember(self, seen: Seen) -> float:
        """Keep a picture as long as it is needed; returns the seconds since the one before, 0 after a gap."""
        before = self._recent[-1][0] if self._recent else None
        if before is not None and before.size != seen.size:
            self._recent.clear()
        frames = [one for one, _ in self._recent] + [seen]
        self._recent.append((seen, contacts(track(frames))[-1] if len(frames) > 2 else np.zeros(2, bool)))
        while seen.time - self._recent[0][0].time > FEET_SECONDS:
            self._recent.popleft()
        if before is None or not (before.somebody and seen.somebody):
            return 0.0
        step = seen.time - before.time
        self._seconds += step
        last = self._samples[-1][0].time if self._samples else -np.inf
        if seen.time - last >= (self._apart if self._now else 0.0):
            self._samples.append(self._recent[-1])
        if len(self._samples) > SAMPLES:
            self._samples, self._apart = self._samples[::2], 2 * self._apart
        return step

    # --- measuring ----------------------------------------------------------------------------

    def _measure(self, step: float) -> None:
        """Begin measurements when they are due, and move on to what the last one has found."""
        if self._measuring is not None and self._measuring.done():
            self._aim, self._measuring = self._measuring.result(), None
        if self._measuring is None and self._seconds >= self._next and len(self._samples) >= FEWEST:
            self._next = SOONEST * self._seconds
            if not (self._stands and self._home):
                self._home = list(self._samples)
            usual = min(1.0, USUAL_SECONDS / self._seconds)
            self._measuring = self._pool.submit(_measured, list(self._samples), self._home, usual)
            if self._now is None or not self._beside:
                self._aim, self._measuring = self._measuring.result(), None
        if self._aim is not None:
            share = 1 - np.exp(-step / GLIDE_SECONDS)
            self._now = self._aim if self._now is None else between(self._now, self._aim, float(share))

    # --- mapping ------------------------------------------------------------------------------

    def _fit(self, dancer: Person) -> Fitted:
        """The newest picture's joints in the plate."""
        newest = self._recent[-1][0]
        last = [one for one in self._recent if newest.time - one[0].time <= BODY_SECONDS and one[0].somebody]
        window = _poses(last)
        points, _ = danced(window, dancer, self._person, ratios_of(dancer, self._person))
        way = wandered(points, window, self._person.middle)[-1]
        camera = self._person.scene.camera
        xy, _ = camera.project(points[-1] + kept_inside(way, self._person.middle, camera) - way)
        here = np.isfinite(xy[BODY]).any()
        confidence = np.where(here & np.isfinite(xy).all(-1), newest.confidence, 0)
        return Fitted(xy.astype(np.float32), confidence.astype(np.float32), newest.time)


def _poses(frames: list[tuple[Seen, np.ndarray]]) -> Poses:
    return replace(track([one for one, _ in frames]), contact=np.stack([stands for _, stands in frames]))


def _measured(
    samples: list[tuple[Seen, np.ndarray]], home: list[tuple[Seen, np.ndarray]], usual: float = 0.0
) -> Person:
    """Camera and body from all samples, as in `grown`; where the person is at home, from some of them."""
    found, there = grown(measure(_poses(samples)), usual), _poses(home)
    there = there[lift.sure(there)]
    return replace(found, middle=np.nanmedian(pelvis(body.filled(places(there, found.scene), there.time)), 0))


def grown(person: Person, usual: float) -> Person:
    """Somebody whose limbs may never have been seen at full length: `usual` (0..1) of the way to usual proportions.

    Limbs are only made longer: those that are short beside the others. Who has longer limbs is larger, so all that
    is told in statures becomes less. `middle` stays.
    """
    scene = person.scene
    size = float(np.median([scene.lengths[name] / LENGTHS[name] for name in LIMBS]))
    lengths = {
        name: length * max(1.0, size * LENGTHS[name] / length) ** (usual if name in LIMBS else 0.0)
        for name, length in scene.lengths.items()
    }
    more = sum(lengths[name] for name in ("thigh", "shin", "trunk")) / SIZE_UNIT
    scene = replace(
        scene,
        camera=replace(scene.camera, height=scene.camera.height / more),
        lengths={name: length / more for name, length in lengths.items()},
        line=Line(scene.line.feet, scene.line.slope * more, scene.line.level * more),
        unit=scene.unit * more,
    )
    return replace(person, scene=scene, head=person.head / more, face=person.face / more)


def between(a: Person, b: Person, share: float) -> Person:
    """A person's measures on the way from `a` to `b`: sizes by their logs. What isn't known of one is the other's."""

    def sizes(x: float, y: float) -> float:
        both = np.isfinite(x) and np.isfinite(y) and x > 0 and y > 0
        return float(x * (y / x) ** share) if both else (y if np.isfinite(y) else x)

    def line(x: float, y: float) -> float:
        return float(x + share * (y - x))

    old, new = a.scene, b.scene
    camera = Camera(
        sizes(old.camera.focal, new.camera.focal),
        line(old.camera.pitch, new.camera.pitch),
        line(old.camera.roll, new.camera.roll),
        sizes(old.camera.height, new.camera.height),
        new.camera.size,
    )
    lengths = {name: sizes(old.lengths[name], new.lengths[name]) for name in new.lengths}
    floor = Line(*(line(getattr(old.line, name), getattr(new.line, name)) for name in ("feet", "slope", "level")))
    scene = Scene(camera, lengths, floor, sizes(old.unit, new.unit), new.grounded)
    middle = a.middle + share * (b.middle - a.middle)
    return Person(scene, sizes(a.head, b.head), sizes(a.face, b.face), middle, b.legs)


def kept_inside(way: np.ndarray, home: np.ndarray, camera: Camera) -> np.ndarray:
    """A way [3] over the floor from `home` [3], shortened toward its end so that a body stays in the picture."""
    width, height = camera.size
    middle, depth = camera.project(home * (1, 0, 1))
    nearest = camera.on_floor(np.array([middle[0], 0.985 * height]))
    toward = camera.level(camera.rays(np.array([middle[0], 0.985 * height])) * nearest)[2] - home[2]
    away = _short(way[2], min(float(np.nan_to_num(toward, nan=-1.0)), -0.05), max(float(depth), 0.5))
    (_, y), depth = camera.project(home + np.array([0, 0, away]))
    edges = np.stack([camera.level(camera.rays(np.array([edge, y])) * depth)[0] for edge in (0, width - 1)])
    left, right = edges[0] + BESIDE - home[0], edges[1] - BESIDE - home[0]
    return np.array([_short(way[0], min(left, -0.05), max(right, 0.05)), way[1], away])


def _short(way: float, low: float, high: float) -> float:
    """A way that is as long as asked up to `CALM_SHARE` of a border, and then nears it ever more slowly."""
    end = high if way > 0 else -low
    free = CALM_SHARE * end
    over = abs(way) - free
    if over <= 0:
        return float(way)
    rest = end - free
    return float(np.sign(way) * (free + rest * (1 - np.exp(-over / rest))))
