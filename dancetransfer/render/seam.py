"""The pictures of frames in a new order, each seam warped and faded so that nobody sees it."""

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from dancetransfer.render.material import Material

FADE_SECONDS = 0.24
"""How long a seam is melted: six frames at 25 a second."""
FINE = 4.0
"""Pixels: details up to about this size are cut in the middle of a seam, what is coarser fades. Two noisy pictures on
top of each other are softer than either; details of one at a time stay as sharp as they were."""

Picture = np.ndarray


@dataclass(frozen=True)
class Seam:
    """After frame `source` comes frame `target`; `reach` frames on each side are melted."""

    source: int
    target: int
    reach: int


def pictures(material: Material, order: np.ndarray, closed: bool) -> Iterator[Picture]:
    """The frames of `order` [L], finished but for the label; `closed`: the last is followed by the first."""
    runs = runs_of(order)
    seams = _seams(runs, material, closed)
    for number, (first, last) in enumerate(runs):
        entered, left = seams[number], seams[number + 1]
        yield from _run(material, first, last, entered, left)


def runs_of(order: np.ndarray) -> list[tuple[int, int]]:
    """First and last frame of each stretch that is in the natural order."""
    breaks = np.flatnonzero(np.diff(order) != 1) + 1
    return [(int(part[0]), int(part[-1])) for part in np.split(order, breaks)]


def _seams(runs: list[tuple[int, int]], material: Material, closed: bool) -> list[Seam | None]:
    """Seam k leads into run k; as wide as the clip and the runs on both sides have room for."""
    wide = max(1, round(FADE_SECONDS * material.fps / 2))
    seams: list[Seam | None] = []
    for number in range(len(runs) + 1):
        if not closed and not 0 < number < len(runs):
            seams.append(None)
            continue
        before, after = runs[number - 1], runs[number % len(runs)]
        source, target = before[1], after[0]
        room = [(one[1] - one[0] + 1) // 2 for one in (before, after)]
        seams.append(Seam(source, target, min(wide, *room, target, material.frames - 1 - source)))
    return seams


def _run(material: Material, first: int, last: int, entered: Seam | None, left: Seam | None) -> Iterator[Picture]:
    ahead = list(_beyond(material, entered)) if entered else []
    before = list(_short_of(material, left)) if left else []
    for n, image in enumerate(material.read(first, last + 1), first):
        if n - first < len(ahead):
            yield melted(ahead[n - first], image, (n - first + len(ahead) + 0.5) / (2 * len(ahead)))
        elif last - n < len(before):
            at = n - (last - len(before) + 1)
            yield melted(image, before[at], (at + 0.5) / (2 * len(before)))
        else:
            yield image


def _beyond(material: Material, seam: Seam) -> Iterator[Picture]:
    """What would have come after the source."""
    return material.read(seam.source + 1, seam.source + 1 + seam.reach)


def _short_of(material: Material, seam: Seam) -> Iterator[Picture]:
    """What came before the target."""
    return material.read(seam.target - seam.reach, seam.target)


def melted(one: Picture, other: Picture, part: float) -> Picture:
    """RGB uint8 [H,W,3]: at `part` (0..1) of the way from one picture to the other.

    Both are warped to where things are then along the optical flow between them (each way; the
    flows in between as Jiang et al., "Super SloMo", CVPR 2018, eq. 4), the coarse of them is mixed, the
    fine is that of the nearer one. Where warping brings them no nearer, it is left out.
    """
    there, back = _flow(one, other), _flow(other, one)
    first = _warped(one, -(1 - part) * part * there + part**2 * back)
    second = _warped(other, (1 - part) ** 2 * there - part * (1 - part) * back)
    trust = _trust(one, other, first, second)
    first = one + trust * (first - one)
    second = other + trust * (second - other)
    coarse_one, coarse_other = (cv2.GaussianBlur(image, (0, 0), FINE) for image in (first, second))
    fine = first - coarse_one if part < 0.5 else second - coarse_other
    ease = part * part * (3 - 2 * part)
    mixed = coarse_one + ease * (coarse_other - coarse_one) + fine
    return np.rint(mixed).clip(0, 255).astype(np.uint8)


def _flow(one: Picture, other: Picture) -> np.ndarray:
    """float32 [H,W,2] pixels from each place in one to the same thing in the other."""
    gray = [cv2.cvtColor(image, cv2.COLOR_RGB2GRAY) for image in (one, other)]
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(gray[0], gray[1], None)


def _warped(image: Picture, offset: np.ndarray) -> np.ndarray:
    """float32 [H,W,3]: each pixel from where `offset` [H,W,2] points."""
    height, width = image.shape[:2]
    x, y = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    x, y = x + offset[..., 0].astype(np.float32), y + offset[..., 1].astype(np.float32)
    return cv2.remap(image.astype(np.float32), x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _trust(one: Picture, other: Picture, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """float32 [H,W,1] 0..1: where the warped pictures agree better than the plain ones, softly."""
    plain = cv2.GaussianBlur(cv2.absdiff(one, other).astype(np.float32).sum(2), (0, 0), FINE)
    moved = cv2.GaussianBlur(np.abs(first - second).sum(2), (0, 0), FINE)
    return np.clip((plain - moved) / (0.25 * plain + 1), 0, 1)[..., None].astype(np.float32)
