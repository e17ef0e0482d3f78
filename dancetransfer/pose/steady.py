"""How the camera of a person's clip moved, so that its small drift can be taken out: the stage after the poses."""

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from dancetransfer.events import Done, Events, Notice, Progress, Started
from dancetransfer.pose.background import FAINT, FEWEST, MARGIN, WINDOW
from dancetransfer.pose.crop import smooth_path
from dancetransfer.pose.poses import Poses, person_box
from dancetransfer.storage import Results, key, write_npz

VERSION = 1
"""Raised when this stage's results change; older ones are then made again."""
NAME = "steady.npz"
STILL, DRIFT, MOVING = "still", "drift", "moving"

SIDE = 480
"""Longer side in pixels of the pictures that are compared, at most: twice as fine gained nothing on real clips."""
CORNERS, APART = 160, 9
"""Corners of a key frame, and the pixels between two of them."""
KEEP = 0.4
"""A key frame does as long as this part of its corners is found again."""
KEYS = 12
"""Key frames that are remembered, to be found again when the camera comes back."""
RETURN_FRAMES = 3
"""How often it is tried to hold on to an earlier key frame again: what is chained adds up errors."""
STRAY = 1.0
"""Pixels from which on a corner does not move as the camera does."""
SAME = 0.4
"""A corner that is followed there and back has to come back this near, in pixels."""
LOOSE = 0.15
"""Pixels by which a turn that is measured may be wrong at the picture's corners."""
AGREE = 0.5
"""The part of the corners that has to move as one for a frame's place to be believed."""
ALIKE = 20
"""Levels of 255 by which nearly all pixels of the background differ less where it shows the same."""
STILL_PIXELS = 0.3
"""A clip whose corners of the picture hardly ever go further than this was filmed by a still camera.

Seen: 0.03 on juggle, from a tripod, 0.1 to 0.24 on puppets of 256 and 512 pixels with noise, whose camera stands; 3.8
on a phone that was leant."""
FURTHEST = 0.05
"""How far, in parts of the longer side, the picture's corners may go for it to be drift: more can't be filled up."""
MOST = 0.9
"""The part of the frames that has to be within that."""
CHECKED, FLAT = 16, 0.65
"""Moments that are held against one frame at the end, and the part of its corners found that has to lie on the path.

What is near moves otherwise than what is far where the camera itself changes its place. Seen: 0.97 and 0.9 with
phones that are leant somewhere, 0.5 held by hand."""
CALM_SECONDS = 0.25
"""Standard deviation of the smoothing of a path below its noise."""


@dataclass(frozen=True)
class Steady:
    """What the camera of a clip of T frames did."""

    path: np.ndarray
    """float64 [T,2,3]: from the pixels of each frame to those of the plate (pixel centers); identity where `still`.

    With a moving camera: to those of the middle frame of the steadiest second, and good near it alone.
    """
    verdict: str
    """STILL, DRIFT or MOVING."""
    calm: tuple[int, int]
    """First frame of the steadiest second, and the one behind its last."""
    sure: np.ndarray
    """bool [T]: the frame's place is known. Elsewhere it is guessed from its neighbors."""

    @property
    def moves(self) -> bool:
        return self.verdict == MOVING

    def into_plate(self, frames: np.ndarray | slice) -> np.ndarray | None:
        """The path [N,2,3] of some frames, or None where each is as it was filmed: no drift, or a moving camera."""
        return self.path[frames] if self.verdict == DRIFT else None


def steady_clip(video: Path, folder: Path) -> Events:
    """Stage: measure the camera's path of a person's clip whose poses are in `folder`, and write `steady.npz` there.

    Reads the video once, small, and `cleaned.npz` (hand edits of joints don't move a camera). Does
    nothing where that is current or the video has gone.
    """
    results = Results(folder)
    wanted = _key(folder)
    if results.current(NAME, wanted) or not video.exists():
        return
    track = Poses.load(folder / ("cleaned.npz" if (folder / "cleaned.npz").exists() else "track.npz"))
    yield Started("steady", len(track))
    watch = _Watch(track)
    for number, gray in _small_frames(video, track):
        watch.look(number, gray)
        if number % 10 == 9:
            yield Progress("steady", number + 1, len(track))
    found = watch.result()
    write_npz(folder / NAME, way=found.path, verdict=found.verdict, calm=found.calm, sure=found.sure)
    results.note(NAME, wanted)
    yield from _notices(found, video.name, max(track.size))
    yield Done("steady")


def _notices(found: Steady, name: str, side: int) -> Iterator[Notice]:
    if found.verdict == DRIFT:
        way = 100 * float(np.percentile(_ways(found.path[found.sure], (side, side)), 98)) / side
        yield Notice(
            f"The camera of {name} drifts by {way:.1f} % of the picture. This is taken out: the result stands still.",
            "Nothing has to be done. A tripod keeps the edges of the picture sharper still.",
        )
    if found.moves:
        yield Notice(
            f"The camera of {name} moves. The person is learned as always, and put over a still background from the "
            "steadiest second.",
            "Film from a tripod for a better one, or choose another background when the clip is written.",
        )


def read_steady(folder: Path, frames: int) -> Steady:
    """What `steady_clip` found for a clip's folder; a still camera where it has not looked or its file is damaged."""
    still = Steady(np.tile(np.eye(2, 3), (frames, 1, 1)), STILL, (0, frames), np.ones(frames, bool))
    if not Results(folder).current(NAME, _key(folder)):
        return still
    try:
        with np.load(folder / NAME, allow_pickle=False) as data:
            first, stop = (int(n) for n in data["calm"])
            found = Steady(data["way"], str(data["verdict"]), (first, stop), data["sure"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return still
    return found if len(found.path) == frames else still


def steady_key(folder: Path) -> list[str]:
    """What the camera's path adds to the keys of results that use it; nothing where the camera stood still."""
    wanted = _key(folder)
    if not Results(folder).current(NAME, wanted):
        return []
    try:
        with np.load(folder / NAME, allow_pickle=False) as data:
            verdict = str(data["verdict"])
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return []
    return [] if verdict == STILL else [wanted]


def steadied(folder: Path, track: Poses) -> Poses:
    """The joints of a clip's track in the plate's coordinates; with a moving camera they stay as filmed."""
    path = read_steady(folder, len(track)).into_plate(slice(None))
    return track if path is None else track.with_xy(moved(track.xy, path))


def moved(points: np.ndarray, path: np.ndarray) -> np.ndarray:
    """Points [T,N,2] through a path [T,2,3]."""
    result: np.ndarray = np.einsum("tij,tnj->tni", path[:, :, :2], points) + path[:, None, :, 2]
    return result


def rescaled(path: np.ndarray, scale: np.ndarray | tuple[float, float]) -> np.ndarray:
    """A path [...,2,3] as it is in pictures `scale` (x, y) times as large."""
    x, y = scale
    larger = np.array([[x, 0, 0.5 * x - 0.5], [0, y, 0.5 * y - 0.5], [0, 0, 1]])  # pixel centers
    result: np.ndarray = larger[:2, :2] @ path @ np.linalg.inv(larger)
    result[..., 2] += larger[:2, 2]
    return result


def _key(folder: Path) -> str:
    results = Results(folder)
    return key("steady", VERSION, results.key_of("cleaned.npz") or results.key_of("track.npz"))


def _small_frames(video: Path, track: Poses) -> Iterator[tuple[int, np.ndarray]]:
    """Number and gray picture of each frame, at most SIDE pixels long."""
    import cv2

    from dancetransfer.video.read import read_frames

    size = _small(track.size)
    for frame in read_frames(video, 0, len(track), size=size, exact=False):
        yield frame.index, cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)


def _small(size: tuple[int, int]) -> tuple[int, int]:
    scale = min(1.0, SIDE / max(size))
    return max(16, round(size[0] * scale)), max(16, round(size[1] * scale))


@dataclass(eq=False)
class _Key:
    """A frame that others are held against."""

    gray: np.ndarray
    corners: np.ndarray
    """float32 [N,2]."""
    path: np.ndarray
    """3x3, from its pixels to those of its world."""
    world: int
    """Frames of one world are known against each other; a cut begins another one."""


@dataclass
class _Watch:
    """Looks at the frames of a track one after the other and tells at the end what the camera did.

    Corners (Shi and Tomasi, 1994) outside the person are followed from a key frame to each frame by
    the method of Lucas and Kanade (1981), there and back; a similarity is fitted to those that agree
    (RANSAC, Fischler and Bolles 1981, then least squares).
    """

    track: Poses
    keys: list[_Key] = field(default_factory=list)

    def __post_init__(self) -> None:
        frames = len(self.track)
        self.size = _small(self.track.size)
        self.scale = np.array(self.size) / self.track.size
        self.boxes = person_box(self.track) * np.tile(self.scale, 2)
        self.path = np.tile(np.eye(3), (frames, 1, 1))
        self.sure = np.zeros(frames, bool)
        self.world = np.full(frames, -1)
        self.noise = np.zeros(frames)
        self._held: _Key | None = None
        self._kept: dict[int, np.ndarray] = {}
        self._checked = set(np.linspace(0, frames - 1, min(CHECKED, frames)).astype(int).tolist())

    def look(self, number: int, gray: np.ndarray) -> None:
        free = self._free(gray.shape, self.boxes[number])
        if number in self._checked:
            self._kept[number] = gray
        before = max(0, number - 1)
        cut = number > 0 and self.track.shot[number] != self.track.shot[before]
        for one in self._candidates(number):
            guess = np.eye(3) if cut or one.world != self.world[before] else np.linalg.inv(self.path[before]) @ one.path
            found = _register(one, gray, free, guess)
            if found is None:
                continue
            matrix, share, error = found
            self.path[number] = one.path @ np.linalg.inv(matrix)
            self.world[number], self.noise[number], self.sure[number] = one.world, error, True
            self._held = one
            if share < KEEP:
                self._new_key(gray, free, self.path[number], one.world)
            return
        if self._held is not None and not cut and self._held.world == self.world[before]:
            guess = np.linalg.inv(self.path[before]) @ self._held.path
            if _alike(self._held.gray, gray, free, guess):  # too few corners, but nothing has moved
                self.path[number], self.world[number], self.sure[number] = self.path[before], self._held.world, True
                self.noise[number] = self.noise[before]
                return
        world = max((one.world for one in self.keys), default=-1) + 1
        if self._new_key(gray, free, np.eye(3), world):
            self.world[number], self.sure[number] = world, True

    def _candidates(self, number: int) -> list[_Key]:
        """Key frames in the order in which they are tried: mostly the one that did before, at times the first."""
        held = [self._held] if self._held is not None else []
        rest = [one for one in self.keys if one is not self._held]
        same = [one for one in rest if held and one.world == held[0].world]
        if number % RETURN_FRAMES == 0 and same and self.keys[0] in same:
            return [self.keys[0], *held, *[one for one in rest if one is not self.keys[0]]]
        return held + rest

    def _new_key(self, gray: np.ndarray, free: np.ndarray, path: np.ndarray, world: int) -> bool:
        import cv2

        corners = cv2.goodFeaturesToTrack(gray, CORNERS, FAINT, APART, mask=free)
        if corners is None or len(corners) < FEWEST:
            return False
        self._held = _Key(gray, corners[:, 0], path, world)
        if len(self.keys) >= KEYS:
            del self.keys[1]  # the first is what the others lead back to
        self.keys.append(self._held)
        return True

    def _free(self, shape: tuple[int, ...], box: np.ndarray) -> np.ndarray:
        """uint8 [h,w]: 255 where the person is not."""
        free = np.full(shape, 255, np.uint8)
        if np.isfinite(box).all():
            left, top, right, bottom = box
            edge = MARGIN * (right - left) + 3
            rows = slice(max(0, int(top - edge)), max(0, int(bottom + edge)))
            free[rows, max(0, int(left - edge)) : max(0, int(right + edge))] = 0
        return free

    def result(self) -> Steady:
        frames = len(self.track)
        still = np.tile(np.eye(2, 3), (frames, 1, 1))
        if not self.sure.any():  # nothing to hold on to: a bare wall
            return Steady(still, STILL, (0, frames), np.ones(frames, bool))
        main = np.bincount(self.world[self.sure]).argmax()
        within = self.sure & (self.world == main)
        time = self.track.time
        numbers = _numbers(self.path, self.size)
        ways = _ways(_matrices(numbers - np.median(numbers[within], 0), self.size), self.size)
        known = within & (ways <= FURTHEST * max(self.size))
        if known.mean() < MOST:
            return self._moving(within)
        whole = _square(_matrices(_calmed(numbers, known, self.noise, time), self.size))
        path = np.linalg.inv(whole[np.argmin(np.where(known, ways, np.inf))]) @ whole
        span = _steadiest(path, self.world, within, time, self.size)
        if np.percentile(_ways(path[known, :2], self.size), 98) < STILL_PIXELS:
            return Steady(still, STILL, span, np.ones(frames, bool))
        if self._flat(within, ways) < FLAT:
            return self._moving(within)
        return Steady(self._large(path), DRIFT, span, known)

    def _moving(self, within: np.ndarray) -> Steady:
        first, stop = _steadiest(self.path, self.world, self.sure, self.track.time, self.size)
        middle = np.linalg.inv(self.path[(first + stop - 1) // 2])
        return Steady(self._large(middle @ self.path), MOVING, (first, stop), within)

    def _flat(self, within: np.ndarray, ways: np.ndarray) -> float:
        """The part of a frame's corners that lie where the path says, of those found: the median of the moments."""
        import cv2

        known = [number for number in self._kept if within[number]]
        if len(known) < 2:
            return 1.0
        middle = min(known, key=lambda number: float(ways[number]))
        gray = self._kept[middle]
        corners = cv2.goodFeaturesToTrack(gray, CORNERS, FAINT, APART, mask=self._free(gray.shape, self.boxes[middle]))
        if corners is None:
            return 1.0
        one, shares = _Key(gray, corners[:, 0], self.path[middle], 0), []
        for number in (other for other in known if other != middle):
            free = self._free(gray.shape, self.boxes[number])
            guess = np.linalg.inv(self.path[number]) @ one.path
            _, start, there, good = _followed(one, self._kept[number], free, guess)
            if good.sum() >= FEWEST:
                shares.append(float((np.linalg.norm(there - start, axis=1) < STRAY)[good].mean()))
        return float(np.median(shares)) if shares else 1.0

    def _large(self, path: np.ndarray) -> np.ndarray:
        """A path [T,3,3] of the small pictures as one [T,2,3] of the video's."""
        return rescaled(path[:, :2], 1 / self.scale)


def _register(
    one: _Key, gray: np.ndarray, free: np.ndarray, guess: np.ndarray
) -> tuple[np.ndarray, float, float] | None:
    """3x3 from a key frame's pixels to a frame's, the part of its corners that were found, and the error in pixels."""
    import cv2

    corners, _, there, good = _followed(one, gray, free, guess)
    if good.sum() < FEWEST:
        return None
    matrix, agreed = cv2.estimateAffinePartial2D(corners[good], there[good], ransacReprojThreshold=STRAY)
    if matrix is None or agreed.sum() < max(FEWEST, AGREE * good.sum()):
        return None
    a, b = corners[good][agreed[:, 0] > 0].astype(np.float64), there[good][agreed[:, 0] > 0].astype(np.float64)
    result, error = _similarity(a, b)
    lever = np.hypot(*gray.shape) / 2 / max(float(a.std(0).mean()), 1.0)
    if error * lever > LOOSE:  # too few corners, too close together, for a turn: the shift alone
        result = guess.copy()
        result[:2, 2] = (b - a @ guess[:2, :2].T).mean(0)
    return result, len(a) / len(one.corners), error


def _followed(
    one: _Key, gray: np.ndarray, free: np.ndarray, guess: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Of a key frame's corners that a frame should show: where they are [N,2], are guessed, are found; whether [N]."""
    start = one.corners @ guess[:2, :2].T.astype(np.float32) + guess[:2, 2].astype(np.float32)
    height, width = gray.shape
    at = np.rint(start).astype(int)
    inside = (at >= 0).all(1) & (at[:, 0] < width) & (at[:, 1] < height)
    inside[inside] = free[at[inside, 1], at[inside, 0]] > 0
    corners, start = one.corners[inside], start[inside]
    if len(corners) < FEWEST:
        return corners, start, start, np.zeros(len(corners), bool)
    there, found = _flow(one.gray, gray, corners, start)
    back, again = _flow(gray, one.gray, there, corners)
    good = found & again & (np.linalg.norm(back - corners, axis=1) < SAME)
    return corners, start, there, good


def _flow(
    before: np.ndarray, after: np.ndarray, points: np.ndarray, guess: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Where points [N,2] of a gray picture lie in another one, and whether they were found [N]."""
    import cv2

    enough = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 20, 0.01)
    there, found, _ = cv2.calcOpticalFlowPyrLK(
        before, after, points, guess.copy(), winSize=WINDOW, maxLevel=3, criteria=enough,
        flags=cv2.OPTFLOW_USE_INITIAL_FLOW,
    )  # fmt: skip
    return np.asarray(there), np.asarray(found)[:, 0] > 0


def _alike(before: np.ndarray, after: np.ndarray, free: np.ndarray, guess: np.ndarray) -> bool:
    """Two gray pictures show the same where nobody is, edges too, when the first is moved by the guess."""
    import cv2

    moved_there = cv2.warpAffine(before, guess[:2], before.shape[::-1], borderMode=cv2.BORDER_REPLICATE)
    apart = cv2.absdiff(moved_there, after)[free > 0]
    return len(apart) > 0 and float(np.percentile(apart, 98)) < ALIKE


def _similarity(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, float]:
    """3x3 similarity from points a [N,2] to b [N,2] by least squares, and the standard error of its shift in pixels."""
    middle_a, middle_b = a.mean(0), b.mean(0)
    za, zb = ((p - m) @ [1, 1j] for p, m in ((a, middle_a), (b, middle_b)))
    turn = (np.conj(za) @ zb) / max(float((np.abs(za) ** 2).sum()), 1e-9)
    matrix = np.eye(3)
    matrix[:2, :2] = [[turn.real, -turn.imag], [turn.imag, turn.real]]
    matrix[:2, 2] = middle_b - matrix[:2, :2] @ middle_a
    left = np.abs(zb - turn * za)
    return matrix, float(np.sqrt((left**2).mean() / 2 / len(a)))


def _numbers(path: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """[T,4] what a path of similarities does at the picture's middle: shift x, y, and turn and growth at its edge.

    All in pixels, so that one noise is that of all four.
    """
    middle, reach = (np.array(size) - 1) / 2, max(size) / 2
    shift = path[:, :2, :2] @ middle + path[:, :2, 2] - middle
    turn = path[:, 0, 0] + 1j * path[:, 1, 0]
    return np.column_stack([shift, reach * np.angle(turn), reach * np.log(np.abs(turn))])


def _matrices(numbers: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """[T,2,3]: back from `_numbers`."""
    middle, reach = (np.array(size) - 1) / 2, max(size) / 2
    turn = np.exp(numbers[:, 3] / reach + 1j * numbers[:, 2] / reach)
    linear = np.stack([np.stack([turn.real, -turn.imag], -1), np.stack([turn.imag, turn.real], -1)], 1)
    shift = numbers[:, :2] + middle - linear @ middle
    return np.concatenate([linear, shift[..., None]], 2)


def _square(path: np.ndarray) -> np.ndarray:
    """[T,2,3] -> [T,3,3]."""
    return np.concatenate([path, np.tile([[[0.0, 0.0, 1.0]]], (len(path), 1, 1))], 1)


def _ways(path: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pixels [T] by which a path moves the picture's corners, the largest of the four."""
    width, height = size
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], np.float64)
    through = np.einsum("tij,nj->tni", path[:, :2, :2], corners) + path[:, None, :2, 2]
    result: np.ndarray = np.linalg.norm(through - corners, axis=-1).max(1)
    return result


def _calmed(numbers: np.ndarray, known: np.ndarray, noise: np.ndarray, time: np.ndarray) -> np.ndarray:
    """`_numbers` [T,4] with gaps filled, without what is not larger than the noise of the measurement.

    What a frame does beside the smooth path is kept as far as it stands out of the noise (Wiener).
    """
    at = np.arange(len(time))
    filled = np.stack([np.interp(at, at[known], numbers[known, n]) for n in range(4)], 1)
    smooth = smooth_path(filled, time, CALM_SECONDS)
    beside = filled - smooth
    power = smooth_path(beside**2, time, CALM_SECONDS)
    # turn and growth are measured at the edge, where the lever makes the noise about twice that of the shift
    floor = (3 * float(np.median(noise[known])) * np.array([1, 1, 2, 2])) ** 2
    return smooth + beside * np.clip(1 - floor / np.maximum(power, 1e-12), 0, 1)


def _steadiest(
    path: np.ndarray, world: np.ndarray, sure: np.ndarray, time: np.ndarray, size: tuple[int, int]
) -> tuple[int, int]:
    """First frame of the second in which the camera moves least, and the one behind its last."""
    steps = np.full(len(time), float(max(size)))  # what is not known counts as wild
    if len(time) > 1:
        both = sure[1:] & sure[:-1] & (world[1:] == world[:-1])
        between = np.linalg.inv(path[:-1]) @ path[1:]
        steps[1:] = np.where(both, _ways(between, size), steps[1:])
    starts = np.flatnonzero(time <= max(time[-1] - 1, time[0]))
    stops = np.searchsorted(time, time[starts] + 1, side="right")
    total = np.concatenate([[0], np.cumsum(steps)])
    means = (total[stops] - total[starts + 1]) / np.maximum(stops - starts - 1, 1)
    best = int(np.argmin(means))
    return int(starts[best]), int(stops[best])
