"""A filmed frame of the person, taken apart by limbs: what of it does not depend on the pose that is wanted."""

from dataclasses import dataclass

import cv2
import numpy as np

from dancetransfer.sprites.bones import ARMS, COUNT, HEAD, PARENT, RADIUS, TRUNK, Bones, bones_of, mirror, order

CORE = 0.95
"""Within this part of its radius a limb hides what lies behind it."""
FAR = 9.0
"""Radii: no limb reaches that far."""
LOOSE = 2.2
"""Radii from the arm beyond which what the mask shows is not the arm: a ball, a bag."""
TOLD = 0.35
"""What a color that is e times as frequent on one part of the body counts, in radii."""
CAP = 1.25
"""Radius around a joint that both its limbs have, in radii of the thinner: what fills the outside of a bent one."""


HANDS = ARMS[0][2], ARMS[1][2]
GROUPS = ((TRUNK,), (HEAD,), (2, 5), (3, 4, 6, 7), (8, 9, 11, 12), (10, 13))
"""Limbs that are dressed alike."""


@dataclass(frozen=True)
class Layer:
    """One limb cut out of its frame."""

    tile: np.ndarray
    """uint8 [h,w,4]: color, also beyond the limb's edge, and alpha."""
    corner: tuple[int, int]
    """Of the tile in the crop, x and y."""


@dataclass(frozen=True)
class Limbs:
    """One filmed frame of the person, ready to be moved to other poses."""

    layers: tuple[Layer | None, ...]
    """[14]: None where the frame doesn't show that limb."""
    bones: Bones
    """In pixels of the crop."""
    radius: np.ndarray
    """float64 [14] pixels: half of each limb's width."""
    seen: np.ndarray
    """float64 [14], 0..1: how much of each limb is not hidden."""


def limbs_of(
    crop: np.ndarray,
    box: np.ndarray,
    xy: np.ndarray,
    confidence: np.ndarray,
    *,
    back: np.ndarray | None = None,
    mirrored: bool = False,
) -> Limbs:
    """Take a filmed frame apart.

    `crop` uint8 [h,w,4] color and mask, `box` [4] where it lies in the plate (pixel edges), `xy` [133,2] and
    `confidence` [133] its joints in the plate's pixels, `back` uint8 [h,w,3] what is behind the person.
    `mirrored`: as in a mirror that stands in the middle of the box, left limbs being right ones.
    """
    box, crop = np.asarray(box, np.float64), np.asarray(crop)
    if mirrored:
        crop, (xy, confidence) = np.ascontiguousarray(crop[:, ::-1]), mirror(xy, confidence, box)
    size = crop.shape[1], crop.shape[0]
    into = pixels(box, size)
    bones = bones_of(xy, confidence).moved(into)
    layer = crop
    mask = layer[..., 3]
    radius = _radii(bones, mask)
    near = _relative_distances(bones, radius, size)
    owner = _owners(near, bones, crop)
    layers = tuple(_layer(limb, layer, owner, near, bones, radius) for limb in range(COUNT))
    seen = np.array([_share(owner[near[limb] < 0.7] == limb) for limb in range(COUNT)])
    return Limbs(layers, bones, radius, seen)


def pixels(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """3x3 matrix from the plate's pixels (centers are whole numbers) to those of a box of `size`."""
    x, y = size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])
    return np.array([[x, 0, (0.5 - box[0]) * x - 0.5], [0, y, (0.5 - box[1]) * y - 0.5], [0, 0, 1]])


def _share(found: np.ndarray) -> float:
    return float(found.mean()) if len(found) else 0.0


def _radii(bones: Bones, mask: np.ndarray) -> np.ndarray:
    """Pixels [14]: how thick each limb is, by the mask around its bone, near what is usual."""
    usual = RADIUS * bones.height
    inside = cv2.distanceTransform((mask > 127).astype(np.uint8), cv2.DIST_L2, 3)
    inside = cv2.dilate(inside, np.ones((5, 5), np.uint8))
    found = usual.copy()
    for limb in np.flatnonzero(bones.known):
        if limb in (TRUNK, HEAD):
            continue
        along = np.linspace(0.25, 0.9, 6)[:, None]
        at = np.rint(bones.start[limb] * (1 - along) + bones.end[limb] * along).astype(int)
        at = np.clip(at, 0, (mask.shape[1] - 1, mask.shape[0] - 1))
        found[limb] = np.percentile(inside[at[:, 1], at[:, 0]], 40) + 0.5
    return np.clip(found, 0.75 * usual, 1.35 * usual)


def _relative_distances(bones: Bones, radius: np.ndarray, size: tuple[int, int]) -> np.ndarray:
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
        reach = 5 * radius[limb]
        left, top = np.floor(np.minimum(start, end) - reach).clip(0, size).astype(int)
        right, bottom = np.ceil(np.maximum(start, end) + reach).clip(0, size).astype(int)
        x = np.arange(left, right, dtype=np.float32)[None]
        y = np.arange(top, bottom, dtype=np.float32)[:, None]
        near[limb, top:bottom, left:right] = _segment_distance(x, y, start, end) / np.float32(radius[limb])
    return near


def _segment_distance(x: np.ndarray, y: np.ndarray, start: np.ndarray, end: np.ndarray) -> np.ndarray:
    along = end - start
    unit = along / max(float(along @ along), 1e-6)
    part = (x - np.float32(start[0])) * np.float32(unit[0]) + (y - np.float32(start[1])) * np.float32(unit[1])
    np.clip(part, 0, 1, out=part)
    return np.hypot(x - np.float32(start[0]) - part * np.float32(along[0]),
                    y - np.float32(start[1]) - part * np.float32(along[1]))  # fmt: skip


def _trunk_distance(bones: Bones, size: tuple[int, int]) -> np.ndarray:
    """As for limbs: up to 1 inside, then by how far outside of the trunk."""
    shoulders, hips = bones.shoulders.mean(0), bones.hips.mean(0)
    least = 0.05 * bones.height
    corners = []
    for pair, middle, wide in ((bones.shoulders, shoulders, 0.8), (bones.hips, hips, 1.35)):
        for joint in pair:
            away = joint - middle
            length = max(float(np.linalg.norm(away)), 1e-3)
            corners.append(middle + away * max(wide, least / length))
    up = 0.06 * (shoulders - hips)
    outline = np.array([corners[0] + up, corners[1] + up, corners[3], hips - 3 * up, corners[2]])
    inside = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillConvexPoly(inside, cv2.convexHull(np.rint(outline).astype(np.int32)), 1)
    outside = cv2.distanceTransform(1 - inside, cv2.DIST_L2, 3)
    neck = shoulders + 0.5 * (bones.end[HEAD] - shoulders) if bones.known[HEAD] else shoulders + 2 * up
    x, y = np.arange(size[0], dtype=np.float32)[None], np.arange(size[1], dtype=np.float32)[:, None]
    around = _segment_distance(x, y, shoulders, neck) / np.float32(0.03 * bones.height)
    return np.minimum(np.float32(CORE) + outside / np.float32(0.05 * bones.height), np.maximum(around, CORE))


def _owners(near: np.ndarray, bones: Bones, crop: np.ndarray) -> np.ndarray:
    """int [h,w]: whose each pixel is, -1 for nobody's.

    The front one's of those whose core it lies in, else the nearest's; beside that its color tells,
    compared with those close to each bone.
    """
    inside = np.nonzero(crop[..., 3] > 20)
    apart = near[:, inside[0], inside[1]]
    cost = apart.copy()
    ranks = {limb: rank for rank, chain in enumerate(order(bones)) for limb in chain}
    for limb in range(2, COUNT):
        bonus = (1 + 0.3 * ranks[limb]) * (1 - apart[limb] / CORE)
        cost[limb] -= np.maximum(bonus, 0)
        if ranks[limb] < ranks[TRUNK]:
            cost[limb] += 3 * (apart[TRUNK] <= CORE)
    first = np.argmin(cost, 0)
    cost -= TOLD * _likelihoods(crop[..., :3][inside], first, apart)
    best = np.argmin(cost, 0)
    least = np.take_along_axis(apart, best[None], 0)[0]
    loose = np.array([FAR if limb not in (*ARMS[0][1:], *ARMS[1][1:]) else LOOSE for limb in range(COUNT)])
    owner = np.full(crop.shape[:2], -1)
    owner[inside] = np.where(least < loose[best], best, -1)
    return owner


def _likelihoods(color: np.ndarray, owner: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """float32 [14,N]: log of how frequent each pixel's color is on each limb, the same for left and right."""
    bins = (color >> 4).astype(np.int64) @ np.array([256, 16, 1])
    found = np.zeros((COUNT, len(bins)), np.float32)
    alone = np.sort(apart[1:], 0)[0] > 1.4
    for group in GROUPS:
        told_by = [limb for limb in group if limb not in HANDS]  # where a hand ends is known the least
        mine = np.isin(owner, told_by)
        mine &= alone if group == (TRUNK,) else apart[told_by].min(0) < 0.6
        if mine.sum() < 30:
            continue
        counts = np.bincount(bins[mine], minlength=4096).reshape(16, 16, 16).astype(np.float32)
        for axis in range(3):
            counts = counts + 0.5 * (np.roll(counts, 1, axis) + np.roll(counts, -1, axis))
        share = counts / counts.sum()
        found[list(group)] = np.log(share.ravel()[bins] + 3e-4)
    seen = found.min(1) < 0
    if seen.any():
        found[~seen] = found[seen].max(0)
    return found - found.max(0)


def _layer(
    limb: int, crop: np.ndarray, owner: np.ndarray, near: np.ndarray, bones: Bones, radius: np.ndarray
) -> Layer | None:
    if not bones.known[limb]:
        return None
    mine = owner == limb
    caps = np.zeros(mine.shape, np.uint8)
    for other in range(COUNT):
        if bones.known[other] and (PARENT[other] == limb or PARENT[limb] == other):
            child = max(limb, other)
            joint = bones.start[child]
            thin = CAP * min(radius[limb], radius[other], 0.6 * radius[HEAD])
            cv2.circle(caps, tuple(np.rint(joint * 8).astype(int).tolist()), round(thin * 8), 255, -1, cv2.LINE_AA, 3)
    hidden = (near[limb] < 1.0) & _before(limb, bones)[owner]
    visible = mine | ((caps > 0) & _related(limb, owner))
    extent = np.where(mine | (hidden), 255, 0).astype(np.uint8)
    extent = np.maximum(cv2.GaussianBlur(extent, (3, 3), 0), caps)
    alpha = (extent.astype(np.uint16) * crop[..., 3] // 255).astype(np.uint8)
    left, top, wide, tall = cv2.boundingRect(alpha)
    if not wide:
        return None
    left, top = max(left - 2, 0), max(top - 2, 0)
    rows, columns = slice(top, top + tall + 4), slice(left, left + wide + 4)
    color = crop[rows, columns, :3]
    known = visible[rows, columns] & (crop[rows, columns, 3] > 200)
    if limb == TRUNK:
        color, known = _mirrored_in(color, known, bones, (left, top))
    tile = np.dstack([_spread(color, known), alpha[rows, columns]])
    return Layer(tile, (left, top))


def _mirrored_in(
    color: np.ndarray, known: np.ndarray, bones: Bones, corner: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray]:
    """The trunk's color, what is hidden taken from its other half where that is seen, and where it is known now."""
    start, along = bones.start[TRUNK] - corner, bones.end[TRUNK] - bones.start[TRUNK]
    along = along / max(float(np.linalg.norm(along)), 1e-3)
    linear = 2 * np.outer(along, along) - np.eye(2)
    way = np.column_stack([linear, start - linear @ start])
    size = color.shape[1], color.shape[0]
    other = cv2.warpAffine(np.ascontiguousarray(color), way, size)
    seen = cv2.warpAffine(known.astype(np.uint8) * 255, way, size) > 250
    taken = seen & ~known
    return np.where(taken[..., None], other, color), known | taken


def _before(limb: int, bones: Bones) -> np.ndarray:
    """bool [15]: the limbs that lie before this one; the last is nobody."""
    ranks = {other: (rank, n) for rank, chain in enumerate(order(bones)) for n, other in enumerate(chain)}
    return np.array([ranks[other] > ranks[limb] for other in range(COUNT)] + [False])


def _related(limb: int, owner: np.ndarray) -> np.ndarray:
    """bool [h,w]: pixels of limbs that hang at this one, or at which it hangs."""
    table = np.array([other == PARENT[limb] or PARENT[other] == limb for other in range(COUNT)])
    return table[owner] & (owner >= 0)


def _spread(color: np.ndarray, known: np.ndarray) -> np.ndarray:
    """uint8 [h,w,3]: the color where it is known, and around it that of the nearest ones."""
    weighted = np.dstack([color, np.full(known.shape, 255, np.uint8)]) * known[..., None].astype(np.uint8)
    result, weight = color.astype(np.float32), known.astype(np.float32)
    result *= weight[..., None]
    level = weighted.astype(np.float32)
    sigma = 1.0
    while weight.min() < 0.5 and sigma < 40:
        blurred = cv2.GaussianBlur(level, (0, 0), sigma)
        there = (1 - weight) * np.clip(blurred[..., 3] / 40, 0, 1)
        result += (there / np.maximum(blurred[..., 3], 1e-3) * 255)[..., None] * blurred[..., :3]
        weight += there
        sigma *= 3
    return np.clip(result / np.maximum(weight, 1e-3)[..., None], 0, 255).astype(np.uint8)
