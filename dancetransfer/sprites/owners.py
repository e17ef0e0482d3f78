"""Whose each pixel of a filmed person is: trunk, head, upper arms and so on, by distance to the bones and by color."""

import cv2
import numpy as np

from dancetransfer.sprites.bones import ARMS, COUNT, ENDS, HEAD, LEGS, RADIUS, TRUNK, Bones, order
from dancetransfer.sprites.held import Own, bins_of

CORE = 0.95
"""Within this part of its radius a limb hides what lies behind it."""
REACH, FAR = 5.0, 9.0
"""Radii within which a limb can have pixels, and the distance that stands for all beyond."""
LOOSE = 2.2
"""Radii from the arm beyond which what the mask shows is not the arm: a ball, a bag."""
FRONT, FRONTS = 1.0, 0.3
"""Radii that a pixel on a limb's bone is nearer to it than to what lies behind, and what each chain before adds."""
CROTCH = 0.6
"""Part of the hips' width that the trunk's lower end has."""
TOLD = 0.35
"""What a color that is e times as frequent on one part of the body counts, in radii."""
BESIDE = 2
"""Pixels beside its bone within which a limb's middle may lie."""
NEIGHBORS: np.ndarray = np.eye(16, dtype=np.float32)
NEIGHBORS = NEIGHBORS + 0.5 * (np.roll(NEIGHBORS, 1, 0) + np.roll(NEIGHBORS, -1, 0))
"""float32 [16,16]: a level of red, green or blue counts half for those beside it."""
RARE = 3e-4
"""Share of a limb's pixels that a color has at least: no color is impossible."""
DRESSED = ((TRUNK,), (HEAD,), (2, 5), (3, 4, 6, 7), (8, 9, 11, 12), (10, 13))
"""Limbs that look alike."""


def radii(bones: Bones, mask: np.ndarray) -> np.ndarray:
    """Pixels [14]: half of each limb's width, by the mask [h,w] around its bone, near what is usual."""
    usual = RADIUS * bones.height
    inside = cv2.distanceTransform((mask > 127).view(np.uint8), cv2.DIST_L2, 3)
    limbs = np.flatnonzero(bones.known[2:]) + 2
    if not len(limbs):
        return usual
    along = np.linspace(0.25, 0.9, 6)[:, None]
    at = np.rint(bones.start[limbs, None] * (1 - along) + bones.end[limbs, None] * along).astype(int)
    at = np.clip(at, 0, (mask.shape[1] - 1, mask.shape[0] - 1))
    around = cv2.copyMakeBorder(inside, *(BESIDE,) * 4, cv2.BORDER_CONSTANT)  # joints lie beside the limb's middle
    off = np.arange(2 * BESIDE + 1)
    seen = around[at[..., 1, None, None] + off[:, None], at[..., 0, None, None] + off].max((-2, -1))
    found = usual.copy()
    found[limbs] = np.sort(seen, 1)[:, 2] + 0.5  # other limbs beside it make it thicker
    return np.clip(found, 0.75 * usual, 1.35 * usual)


def distances(bones: Bones, radius: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """float32 [14,h,w]: how far each pixel is from each bone, in the limb's radii; `FAR` beyond its surroundings."""
    near = np.full((COUNT, size[1], size[0]), FAR, np.float32)
    for limb in np.flatnonzero(bones.known):
        if limb == TRUNK:
            near[limb] = _trunk_distance(bones, size)
            continue
        start, end = bones.start[limb], bones.end[limb]
        if limb == HEAD:
            along = end - start
            start, end = end - 0.25 * along, end + 0.3 * along
        reach = REACH * radius[limb]
        left, top = np.floor(np.minimum(start, end) - reach).clip(0, size).astype(int)
        right, bottom = np.ceil(np.maximum(start, end) + reach).clip(0, size).astype(int)
        if left >= right or top >= bottom:
            continue
        around = _segment_distance((left, right), (top, bottom), start, end)
        near[limb, top:bottom, left:right] = around / np.float32(radius[limb])
    return near


def _segment_distance(
    columns: tuple[int, int], rows: tuple[int, int], start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """float32 [h,w] pixels between a segment and the pixels of some rows and columns (first and end)."""
    x = np.arange(*columns, dtype=np.float32)[None] - np.float32(start[0])
    y = np.arange(*rows, dtype=np.float32)[:, None] - np.float32(start[1])
    along = (end - start).astype(np.float32)
    unit = along / max(float(along @ along), 1e-6)
    part = np.clip(x * unit[0] + y * unit[1], 0, 1)
    return cv2.magnitude(x - part * along[0], y - part * along[1])


def _trunk_distance(bones: Bones, size: tuple[int, int]) -> np.ndarray:
    """`CORE` inside the trunk and neck, then growing: whatever lies before it wins there."""
    shoulders, hips = bones.end[TRUNK], bones.start[TRUNK]
    corners = []
    for pair, middle, wide in ((bones.shoulders, shoulders, 0.8), (bones.hips, hips, 1.35)):
        for joint in pair:
            length = max(float(np.linalg.norm(joint - middle)), 1e-3)
            corners.append(middle + (joint - middle) * max(wide, 0.05 * bones.height / length))
    up = 0.06 * (shoulders - hips)
    inner = hips + CROTCH * (bones.hips - hips) - 3 * up
    outline = np.vstack([corners[0] + up, corners[1] + up, corners[3], corners[2], inner])
    inside = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.rint(outline).astype(np.int32)), 1)
    outside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3) / np.float32(0.05 * bones.height)
    neck = shoulders + 0.4 * (bones.end[HEAD] - shoulders) if bones.known[HEAD] else shoulders + 2 * up
    around = _segment_distance((0, size[0]), (0, size[1]), shoulders, neck) / np.float32(0.03 * bones.height)
    return np.minimum(np.float32(CORE) + outside, np.maximum(around, np.float32(CORE)))


def owners(near: np.ndarray, bones: Bones, color: np.ndarray, mask: np.ndarray, own: Own | None = None) -> np.ndarray:
    """uint8 [h,w]: the limb of each pixel of a crop, `COUNT` for nobody's; `color` uint8 [h,w,3], `mask` uint8 [h,w].

    The front one's of those in whose core it lies, else the nearest's; beside that its color tells, compared
    with what is close to each bone, so that a limb takes nothing along of what lies behind it. What is held,
    by the person's `own` colors, is nobody's.
    """
    inside = mask > 20
    places = np.flatnonzero(inside)
    apart = near.reshape(COUNT, -1).take(places, axis=1)
    bins = bins_of(color.reshape(-1, 3).take(places, axis=0))
    cost = apart.copy()
    ranks = {limb: rank for rank, chain in enumerate(order(bones)) for limb in chain}
    before_trunk = 3 * (apart[TRUNK] <= CORE).astype(np.float32)
    for limb in range(2, COUNT):
        cost[limb] -= np.maximum((FRONT + FRONTS * ranks[limb]) * (1 - apart[limb] / CORE), 0)
        if ranks[limb] < ranks[TRUNK]:
            cost[limb] += before_trunk
    told = cost.copy()
    likely = np.float32(TOLD) * _likelihoods(bins, least(cost), apart)
    for limb in range(COUNT):
        told[limb] -= likely[limb].take(bins)
    best = least(told)
    for chain in (*ARMS, *LEGS):  # within one, places alone tell: skin goes on behind the elbow
        mine = np.flatnonzero((best >= chain[0]) & (best <= chain[-1]))
        best[mine] = chain[0] + least(cost[chain[0] : chain[-1] + 1].take(mine, axis=1))
    for limb in range(COUNT):
        far = LOOSE if limb in (*ARMS[0][1:], *ARMS[1][1:]) else FAR
        best[(best == limb) & (apart[limb] >= far)] = COUNT
    if own is not None:
        best[own.holds(bins, best, inside, bones.height)] = COUNT
    owner = np.full(mask.shape, COUNT, np.uint8)
    owner.reshape(-1)[places] = best
    return owner


def least(cost: np.ndarray) -> np.ndarray:
    """uint8 [N]: the first of the smallest in each column of a cost [L,N]."""
    low, found = cost.min(0), np.zeros(cost.shape[1], np.uint8)
    for n in range(len(cost) - 1, 0, -1):
        np.copyto(found, np.uint8(n), where=cost[n] == low)
    np.copyto(found, np.uint8(0), where=cost[0] == low)
    return found


def _likelihoods(bins: np.ndarray, owner: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """float32 [14,4096]: log of how frequent each color is on each limb, the same for left and right."""
    alone = apart[1:].min(0) > 1.4
    found = np.zeros((COUNT, 4096), np.float32)
    told = np.zeros(COUNT, bool)
    for group in DRESSED:
        mine = np.zeros(len(bins), bool)
        for limb in group:
            if group == (TRUNK,):
                mine |= (owner == limb) & alone
            elif limb not in ENDS[:2]:  # where a hand lies is known the least
                mine |= (owner == limb) & (apart[limb] < 0.6)
        counts: np.ndarray = np.bincount(bins[mine], minlength=4096).astype(np.float32).reshape(16, 16, 16)
        if counts.sum() < 30:
            continue
        counts = NEIGHBORS @ (NEIGHBORS @ counts.reshape(16, 256)).reshape(16, 16, 16) @ NEIGHBORS
        found[list(group)] = np.log(counts.ravel() / counts.sum() + RARE)
        told[list(group)] = True
    if told.any():
        found[~told] = found[told].max(0)
    return found
