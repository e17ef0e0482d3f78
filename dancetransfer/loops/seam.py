"""The pictures of frames in a new order, each seam warped and faded so that nobody sees it."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from dancetransfer.loops.cycle import Cycle
from dancetransfer.loops.material import Material

FADE_SECONDS = 0.24
"""How long a seam is melted: six frames at 25 a second."""
FINE = 4.0
"""Pixels: details up to about this size are cut in the middle of a seam, what is coarser fades. Two noisy pictures on
top of each other are softer than either; details of one at a time stay as sharp as they were."""
NOISE = 6.0
"""Sum of three colors: differences of this size are the camera's noise, which warping would only soften."""
FAR = 1.25
"""A seam whose error is larger than this part of what is usual is dissolved: flow between strangers tears them."""

Picture = np.ndarray


@dataclass(frozen=True)
class Seam:
    """After frame `source` comes frame `target`; `reach` frames on each side become both."""

    source: int
    target: int
    reach: int
    far: bool

    def mixed(self, one: Picture, other: Picture, number: int) -> Picture:
        """Frame `number` of 2 * reach, of those that leave and those that come."""
        part = (number + 0.5) / (2 * self.reach)
        return cv2.addWeighted(one, 1 - part, other, part, 0) if self.far else melted(one, other, part)


def pictures(material: Material, cycle: Cycle, closed: bool) -> Iterator[Picture]:
    """The frames of a cycle, finished but for the label; `closed`: the last is followed by the first.

    Each run is read once, with the frames around it that its seams need; what leaves is held until
    what comes is there.
    """
    runs = runs_of(cycle.order)
    seams = _seams(runs, material, cycle, closed)
    last = seams[-1]
    leaving: list[Picture] = []
    if last is not None:
        leaving = [*[np.zeros(0)] * last.reach, *material.read(last.source + 1, last.source + 1 + last.reach)]
    opening: list[Picture] = []
    for number, (begin, end) in enumerate(runs):
        entered, left = seams[number], seams[number + 1]
        before, after = entered.reach if entered else 0, left.reach if left else 0
        held: list[Picture] = []
        for n, image in enumerate(material.read(begin - before, end + 1 + after), begin - before):
            at = n - begin + before
            if entered and number == 0 and n < begin:
                opening.append(image)  # the file ends with these
            elif entered and at < 2 * before:
                yield entered.mixed(leaving[at], image, at)
            elif n > end - after:
                held.append(image)
            else:
                yield image
        leaving = held
    if last is not None:
        yield from (last.mixed(leaving[at], image, at) for at, image in enumerate(opening))


def runs_of(order: np.ndarray) -> list[tuple[int, int]]:
    """First and last frame of each stretch that is in the natural order."""
    breaks = np.flatnonzero(np.diff(order) != 1) + 1
    return [(int(part[0]), int(part[-1])) for part in np.split(order, breaks)]


def _seams(runs: list[tuple[int, int]], material: Material, cycle: Cycle, closed: bool) -> list[Seam | None]:
    """Seam k leads into run k; as wide as the clip and the runs on both sides have room for."""
    far = {(source, target) for source, target, error in cycle.seams if error > FAR * cycle.bound}
    wide = max(1, round(FADE_SECONDS * material.fps / 2))
    seams: list[Seam | None] = []
    for number in range(len(runs) + 1):
        if not closed and not 0 < number < len(runs):
            seams.append(None)
            continue
        before, after = runs[number - 1], runs[number % len(runs)]
        source, target = before[1], after[0]
        room = [(one[1] - one[0] + 1) // 2 for one in (before, after)]
        reach = min(wide, *room, target, material.frames - 1 - source)
        seams.append(Seam(source, target, reach, (source, target) in far))
    return seams


def melted(one: Picture, other: Picture, part: float) -> Picture:
    """RGB uint8 [H,W,3]: at `part` (0..1) of the way from one picture to the other.

    Both are warped to where things are then along the optical flow between them (each way; the
    flows in between as Jiang et al., "Super SloMo", CVPR 2018, eq. 4), the coarse of them is mixed, the
    fine is that of the nearer one. Where warping brings them no nearer, nothing is warped.
    """
    there, back = _flow(one, other), _flow(other, one)
    leaving = -(1 - part) * part * there + part**2 * back
    coming = (1 - part) ** 2 * there - part * (1 - part) * back
    trust = _trust(cv2.absdiff(one, other), np.abs(_warped(one, leaving) - _warped(other, coming)))
    first, second = _warped(one, trust * leaving), _warped(other, trust * coming)
    coarse_one, coarse_other = (cv2.GaussianBlur(image, (0, 0), FINE) for image in (first, second))
    fine = first - coarse_one if part < 0.5 else second - coarse_other
    ease = part * part * (3 - 2 * part)
    mixed = coarse_one + ease * (coarse_other - coarse_one) + fine
    return np.rint(mixed).clip(0, 255).astype(np.uint8)


def _flow(one: Picture, other: Picture) -> np.ndarray:
    """float32 [H,W,2] pixels from each place in one to the same thing in the other."""
    gray = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (one, other)]
    found = np.zeros((*one.shape[:2], 2), np.float32)
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(gray[0], gray[1], found)


def _warped(image: Picture, offset: np.ndarray) -> np.ndarray:
    """float32 [H,W,3]: each pixel from where `offset` [H,W,2] points."""
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x, y = x + offset[..., 0].astype(np.float32), y + offset[..., 1].astype(np.float32)
    return cv2.remap(image.astype(np.float32), x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE)


def _trust(plain: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """float32 [H,W,1] 0..1: where warped pictures differ clearly less than plain ones; softly, and not for noise."""
    before, after = (cv2.GaussianBlur(one.astype(np.float32).sum(2), (0, 0), FINE) for one in (plain, moved))
    gain = (before - after) / (before + NOISE)
    sure = np.clip(4 * gain - 0.5, 0, 1)
    return cv2.GaussianBlur(sure, (0, 0), FINE)[..., None]
