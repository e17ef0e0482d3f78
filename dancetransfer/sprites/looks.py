"""How the filmed frames look: small pictures that can be compared, and whether a mirror may be held up."""

import cv2
import numpy as np

from dancetransfer.pose import poses as p
from dancetransfer.pose.poses import VISIBLE
from dancetransfer.sprites.frames import Frames

THUMB = (16, 24)
"""Width, height of the small pictures."""
REACH = 1.3
"""Heights of a body that a small picture is high: raised arms are in it."""
COMPONENTS = 24
"""Numbers that a small picture comes down to: the more of them, the more of the camera's noise."""
SAMPLED = 60
"""Frames from which the symmetry is told."""
SYMMETRIC = 0.05
"""Colors of left and right limbs, 0..1, that differ by at most this in the middle are those of a symmetric look."""


def thumbnails(frames: Frames) -> np.ndarray:
    """float32 [N,24,16,4], 0..1: the person around the pelvis at one size; color times mask, and mask."""
    height = np.nanmedian(frames.stand.height) if np.isfinite(frames.stand.height).any() else 1.0
    small = np.zeros((len(frames), THUMB[1], THUMB[0], 4), np.float32)
    for n in range(len(frames)):
        small[n] = _thumbnail(frames, n, float(height))
    return small


def _thumbnail(frames: Frames, n: int, usual: float) -> np.ndarray:
    crop, box = frames.crop(n), frames.box(n)
    size = 4 * THUMB[0], 4 * THUMB[1]  # averaged once on the way, so that nothing aliases
    color: np.ndarray = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    color[..., :3] *= color[..., 3:]
    tall = REACH * (frames.stand.height[n] if np.isfinite(frames.stand.height[n]) else usual)
    middle = frames.stand.pelvis[n] + 0.5
    if not np.isfinite(middle).all():
        middle = (box[:2] + box[2:]) / 2
    half = np.array([tall * THUMB[0] / THUMB[1], tall]) / 2
    scale = np.asarray(size) / (box[2:] - box[:2])
    corner, step = (middle - half - box[:2]) * scale, 2 * half * scale / size
    matrix = np.array([[step[0], 0, corner[0] + step[0] / 2 - 0.5], [0, step[1], corner[1] + step[1] / 2 - 0.5]])
    cut = cv2.warpAffine(color, matrix, size, flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    return np.asarray(cv2.resize(cut, THUMB, interpolation=cv2.INTER_AREA))


def components(pictures: np.ndarray) -> np.ndarray:
    """float32 [N,C]: pictures [N,...] by their main components; distances are the root mean square over pixels."""
    flat = pictures.reshape(len(pictures), -1)
    flat = (flat - flat.mean(0)) / np.sqrt(flat.shape[1])
    some = flat[:: max(1, len(flat) // 1500)]
    _, axes = np.linalg.eigh(some.T @ some)
    return np.ascontiguousarray(flat @ axes[:, -COMPONENTS:])


def symmetric(frames: Frames) -> bool:
    """Whether left and right limbs look alike, so that a mirrored frame still shows the same person.

    The color of every limb is taken along its bone, under the mask. Where too little is seen nothing is mirrored.
    """
    apart = [_apart(frames, int(n)) for n in np.unique(np.linspace(0, len(frames) - 1, SAMPLED).astype(int))]
    known = np.array([one for one in apart if np.isfinite(one).any()])
    if len(known) < SAMPLED // 4:
        return False
    with np.errstate(invalid="ignore"):
        limbs = [np.median(column[np.isfinite(column)]) for column in known.T if np.isfinite(column).sum() >= 5]
    return bool(limbs) and float(max(limbs)) < SYMMETRIC


_BONES = (
    (p.LEFT_SHOULDER, p.LEFT_ELBOW),
    (p.LEFT_ELBOW, p.LEFT_WRIST),
    (p.LEFT_HIP, p.LEFT_KNEE),
    (p.LEFT_KNEE, p.LEFT_ANKLE),
    (p.LEFT_ANKLE, p.LEFT_BIG_TOE),
)
_RIGHT = {
    p.LEFT_SHOULDER: p.RIGHT_SHOULDER, p.LEFT_ELBOW: p.RIGHT_ELBOW, p.LEFT_WRIST: p.RIGHT_WRIST,
    p.LEFT_HIP: p.RIGHT_HIP, p.LEFT_KNEE: p.RIGHT_KNEE, p.LEFT_ANKLE: p.RIGHT_ANKLE,
    p.LEFT_BIG_TOE: p.RIGHT_BIG_TOE,
}  # fmt: skip


def _apart(frames: Frames, n: int) -> np.ndarray:
    """float64 [5]: how far the colors of left and right limbs are apart, 0..1; NaN where one isn't seen."""
    crop, box = frames.crop(n), frames.box(n)
    scale = np.array(crop.shape[1::-1]) / (box[2:] - box[:2])
    xy = (frames.xy[n] + 0.5 - box[:2]) * scale - 0.5
    seen = frames.confidence[n] >= VISIBLE

    def color(a: int, b: int) -> np.ndarray:
        if not (seen[a] and seen[b]):
            return np.full(3, np.nan)
        along = xy[a] + np.linspace(0.2, 0.8, 9)[:, None] * (xy[b] - xy[a])
        at = np.rint(along).astype(int)
        at = at[((at >= 0) & (at < crop.shape[1::-1])).all(1)]
        pixels = crop[at[:, 1], at[:, 0]]
        pixels = pixels[pixels[:, 3] > 200, :3]
        return np.median(pixels, 0) / 255 if len(pixels) >= 4 else np.full(3, np.nan)

    pairs = [(color(a, b), color(_RIGHT[a], _RIGHT[b])) for a, b in _BONES]
    return np.array([np.abs(left - right).mean() for left, right in pairs])
