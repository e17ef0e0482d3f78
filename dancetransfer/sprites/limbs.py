"""A filmed frame of the person, taken apart by limbs: what of it does not depend on the pose that is wanted."""

from dataclasses import dataclass

import cv2
import numpy as np

from dancetransfer.sprites.bones import COUNT, HEAD, LEGS, PARENT, TRUNK, Bones, bones_of, mirror, order
from dancetransfer.sprites.edges import empty, largest, spread, tightened
from dancetransfer.sprites.held import Own
from dancetransfer.sprites.owners import distances, owners, radii

CAP = 1.05
"""Radius around a joint that both its limbs have, in radii of the thinner: what fills the outside of a bent one."""
NECK = 0.6
"""The same at the neck, in radii of the head."""
HIDDEN = 0.85, 1.0
"""Radii within which there is more of a limb, of the trunk, below what covers it."""
BESIDE = 0.8
"""Radii from every bone beyond which what looks like the background is the background."""
SPIKE = 0.015
"""Heights: half the width of what hangs out of the trunk and is not trunk."""
ALIKE = 60
"""Levels by which a pixel beside a limb that covers it may differ from its surroundings to be taken as it is."""
SURELY = 0.7
"""Radii from its bone within which a limb is what is seen there, if it isn't hidden."""
JOINED = np.array(
    [[other == PARENT[limb] or PARENT[other] == limb for other in range(COUNT)] + [False] for limb in range(COUNT)]
)
"""bool [14,15]: limbs that hang at one, or at which it hangs; the last is nobody."""
PURE = 200
"""Mask from which on a pixel's color is taken for the person's own; softer ones hold background."""


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

    @property
    def pixel_bytes(self) -> int:
        return sum(layer.tile.nbytes for layer in self.layers if layer is not None)


def limbs_of(
    crop: np.ndarray,
    box: np.ndarray,
    xy: np.ndarray,
    confidence: np.ndarray,
    *,
    back: np.ndarray | None = None,
    own: Own | None = None,
    mirrored: bool = False,
) -> Limbs:
    """Take a filmed frame apart.

    `crop` uint8 [h,w,4] color and mask, `box` [4] where it lies in the plate (pixel edges), `xy` [133,2] and
    `confidence` [133] its joints in the plate's pixels, `back` uint8 [h,w,3] what is behind the person,
    `own` the colors that the person's limbs have.
    `mirrored`: as in a mirror that stands in the middle of the box, left limbs being right ones.
    """
    box, crop = np.asarray(box, np.float64), np.asarray(crop)
    if mirrored:
        crop, (xy, confidence) = cv2.flip(crop, 1), mirror(xy, confidence, box)
    bones = bones_of(xy, confidence).moved(pixels(box, (crop.shape[1], crop.shape[0])))
    left, top, wide, tall = cv2.boundingRect(crop[..., 3])
    if not wide or not np.isfinite(bones.height):
        return Limbs((None,) * COUNT, bones, np.ones(COUNT), np.zeros(COUNT))
    part = slice(top, top + tall), slice(left, left + wide)
    color, mask = cv2.cvtColor(crop[part], cv2.COLOR_RGBA2RGB), cv2.extractChannel(crop[part], 3)
    bones = bones.moved(np.array([[1, 0, -left], [0, 1, -top], [0, 0, 1]]))
    radius = radii(bones, mask)
    near = distances(bones, radius, (wide, tall))
    if back is not None:
        behind = np.ascontiguousarray((back[:, ::-1] if mirrored else back)[part])
        mask = tightened(color, mask, behind)
        beside = (near[TRUNK] > 1) & (near[TRUNK + 1 :].min(0) > BESIDE)
        mask[beside & empty(color, behind)] = 0  # between arm and trunk, say
    filmed = _Filmed(color, mask, owners(near, bones, color, mask, own), near, bones, radius, _ranks(bones))
    cut = [_cut(filmed, limb) for limb in range(COUNT)]
    return Limbs(tuple(layer for layer, _ in cut), bones, radius, np.array([seen for _, seen in cut]))


def pixels(box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """3x3 matrix from the plate's pixels (centers are whole numbers) to those of a box of `size`."""
    x, y = size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1])
    return np.array([[x, 0, (0.5 - box[0]) * x - 0.5], [0, y, (0.5 - box[1]) * y - 0.5], [0, 0, 1]])


@dataclass(frozen=True)
class _Filmed:
    """A frame's person, and whose each pixel is."""

    color: np.ndarray
    """uint8 [h,w,3]"""
    mask: np.ndarray
    """uint8 [h,w]"""
    owner: np.ndarray
    """uint8 [h,w]"""
    near: np.ndarray
    """float32 [14,h,w]"""
    bones: Bones
    radius: np.ndarray
    ranks: np.ndarray
    """int [15]: which limb lies before which; nobody's pixels lie before none."""


def _ranks(bones: Bones) -> np.ndarray:
    ranks = np.full(COUNT + 1, -1)
    for rank, chain in enumerate(order(bones)):
        for n, limb in enumerate(chain):
            ranks[limb] = 3 * rank + n
    return ranks


def _cut(filmed: _Filmed, limb: int) -> tuple[Layer | None, float]:
    """A limb with what is hidden of it filled in and with both sides of its joints, and how much of it is seen."""
    bones, whole = filmed.bones, filmed.owner == limb
    left, top, wide, tall = cv2.boundingRect((whole | (filmed.near[limb] < CAP)).view(np.uint8))
    if not bones.known[limb] or not wide:
        return None, 0.0
    part = slice(max(top - 2, 0), top + tall + 2), slice(max(left - 2, 0), left + wide + 2)
    corner = part[1].start, part[0].start
    mine, near, mask, owner, color = (
        np.ascontiguousarray(one[part]) for one in (whole, filmed.near[limb], filmed.mask, filmed.owner, filmed.color)
    )
    caps = _caps(limb, bones, filmed.radius, corner, near.shape)
    before = _of(owner, filmed.ranks > filmed.ranks[limb])
    hidden = before & (near < HIDDEN[limb == TRUNK])
    shared = (caps > 0) & _of(owner, JOINED[limb])
    if limb == TRUNK:
        shared |= hidden & ((owner == LEGS[0][0]) | (owner == LEGS[1][0]))
        hidden &= ~(_mirrored((mask < 20).view(np.uint8), bones, corner) > 0)  # so wide it is not
    caps[before & ~hidden & ~shared] = 0
    extent = _whole((mine | hidden).view(np.uint8), limb in (TRUNK, HEAD), bones.height)
    below = cv2.dilate(extent, np.ones((5, 5), np.uint8)) & before.view(np.uint8)  # no crack between it and its cover
    extent = cv2.GaussianBlur(255 * (extent | below), (3, 3), 0)
    alpha = cv2.multiply(cv2.max(extent, caps), mask, scale=1 / 255)
    pure, core = mask > PURE, near < SURELY
    tile = cv2.cvtColor(_filled(limb, color, mine & pure, shared & pure, before, bones, corner), cv2.COLOR_RGB2RGBA)
    seen = int(np.count_nonzero(mine & core)) / max(int(np.count_nonzero(core)), 1)
    return Layer(np.asarray(cv2.insertChannel(alpha, tile, 3)), corner), seen


def _of(owner: np.ndarray, limbs: np.ndarray) -> np.ndarray:
    """bool [h,w]: where the owner (uint8 [h,w]) is one of the limbs (bool [15])."""
    table = np.zeros(256, np.uint8)
    table[: len(limbs)] = limbs
    return np.asarray(cv2.LUT(owner, table)).view(bool)


def _filled(
    limb: int,
    color: np.ndarray,
    mine: np.ndarray,
    shared: np.ndarray,
    before: np.ndarray,
    bones: Bones,
    corner: tuple[int, int],
) -> np.ndarray:
    """uint8 [h,w,3]: a limb's color, also below what lies `before` it, from its own pixels and those `shared`."""
    mixed = mine & (cv2.dilate(before.view(np.uint8), np.ones((3, 3), np.uint8)) > 0)  # with what covers it
    known = (mine & ~mixed) | shared
    own = color
    if limb == TRUNK:  # what is hidden of it is taken from its other half where that is seen
        told = cv2.insertChannel(
            np.where(known, np.uint8(255), np.uint8(0)), cv2.cvtColor(color, cv2.COLOR_RGB2RGBA), 3
        )
        other = _mirrored(told, bones, corner)
        taken = (other[..., 3] > 250) & before & ~known
        color = cv2.copyTo(cv2.cvtColor(other, cv2.COLOR_RGBA2RGB), taken.view(np.uint8), color.copy())
        known = known | taken
    filled = spread(color, known)
    alike = mixed & (largest(cv2.absdiff(filled, own)) < ALIKE)
    return np.asarray(cv2.copyTo(own, alike.view(np.uint8), filled))


def _whole(extent: np.ndarray, rounded: bool, height: float) -> np.ndarray:
    """The largest piece of what is 1 in a uint8 [h,w], if `rounded` without its spikes."""
    if rounded:
        size = 2 * round(SPIKE * height) + 1
        extent = cv2.morphologyEx(extent, cv2.MORPH_OPEN, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(extent, connectivity=8)
    return (labels == 1 + np.argmax(stats[1:, cv2.CC_STAT_AREA])).view(np.uint8) if count > 2 else extent


def _caps(limb: int, bones: Bones, radius: np.ndarray, corner: tuple[int, int], shape: tuple[int, ...]) -> np.ndarray:
    """uint8 [h,w]: discs around the joints that a limb shares with others."""
    caps = np.zeros(shape, np.uint8)
    if limb == HEAD:  # its edge is chin and hair; what opens there is neck
        return caps
    for other in np.flatnonzero(JOINED[limb, :-1] & bones.known):
        thick = min(CAP * radius[limb], CAP * radius[other], NECK * radius[HEAD])
        joint = bones.start[max(limb, int(other))]
        if other == HEAD:
            joint = joint + 0.25 * (bones.end[HEAD] - joint)  # the neck
        middle = np.rint((joint - corner) * 8).astype(int)
        cv2.circle(caps, (int(middle[0]), int(middle[1])), round(thick * 8), 255, -1, cv2.LINE_AA, 3)
    return caps


def _mirrored(picture: np.ndarray, bones: Bones, corner: tuple[int, int]) -> np.ndarray:
    """A picture whose left and right of the spine have changed places."""
    start, along = bones.start[TRUNK] - corner, bones.end[TRUNK] - bones.start[TRUNK]
    along = along / max(float(np.linalg.norm(along)), 1e-3)
    linear = 2 * np.outer(along, along) - np.eye(2)
    way = np.column_stack([linear, start - linear @ start])
    return np.asarray(cv2.warpAffine(picture, way, (picture.shape[1], picture.shape[0])))
