"""Clothes a skeleton in shapes: trunk, limbs, hands, head and hair, and the textures on them."""

from __future__ import annotations

import numpy as np

from . import face
from .body import Body, Cloth
from .raycast import Shapes, cast
from .skeleton import Side, Skeleton, frame_along, turn, unit

Array = np.ndarray
EDGE = 512  # pixels of a texture tile; a cloth tile is half a metre high
SKIN, HAIR, TOP, CHEST, BOTTOM, SHOE, SOLE, EAR, FACE = range(9)


class Builder:
    """Collects shapes for T poses at once; each call adds one shape per pose."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.columns: list[tuple] = []

    def cone(self, start: Array, end: Array, r0: float, r1: float, tile: int | Array, front: Array,
             deep: float = 1.0, along: float = 0.0, gloss: float = 0.02, wide: float = 1.0) -> None:
        """A rounded cone from start to end [T,3], `deep` times as thick toward front."""
        length = np.linalg.norm(end - start, axis=-1)
        frame = frame_along(end - start, front)
        thick = max(wide, deep)
        self._add(start, frame, np.array([wide, 1.0, deep]), length, r0, r1, (start, end),
                  (r0 * thick, r1 * thick), tile, False, (1.0, 0.5, 2.0, 2.0 * along), gloss)

    def ball(self, center: Array, frame: Array, radii: tuple, tile: int | Array,
             chart: tuple | None = None, gloss: float = 0.02) -> None:
        """An ellipsoid along frame's axes; chart makes it show a face picture."""
        self._add(center, frame, np.array(radii), np.zeros(self.count), 1.0, 1.0, (center, center),
                  (max(radii), max(radii)), tile, chart is not None,
                  chart or (1.0, 0.5, 2 * radii[1], 0.0), gloss)

    def _add(self, origin, frame, scale, length, r0, r1, ends, girth, tile, flat, chart, gloss):
        one = np.ones(self.count)
        to_local = np.swapaxes(frame, -1, -2) / scale[:, None]
        self.columns.append((
            origin, to_local, length, np.stack([r0 * one, r1 * one], -1), np.stack(ends, 1),
            np.stack([girth[0] * one, girth[1] * one], -1), (tile * one).astype(int),
            np.full(self.count, flat), np.tile(chart, (self.count, 1)), gloss * one))

    def done(self) -> Shapes:
        """All shapes; layer l holds those of pose l."""
        joined = [np.concatenate(column) for column in zip(*self.columns, strict=True)]
        layer = np.tile(np.arange(self.count), len(self.columns))
        return Shapes(layer, *joined)


def clothe(body: Body, bones: Skeleton, expression: Array) -> Shapes:
    """The shapes of T poses; expression [T] is the number of the face picture."""
    shapes = Builder(len(bones.pelvis))
    add_trunk(shapes, body, bones)
    for side in (bones.left, bones.right):
        add_arm(shapes, body, bones, side)
        add_hand(shapes, body, side)
        add_leg(shapes, body, bones, side)
    add_head(shapes, body, bones, FACE + expression)
    add_hair(shapes, body, bones)
    return shapes.done()


def add_trunk(shapes: Builder, body: Body, bones: Skeleton) -> None:
    """Pelvis, belly, chest, shoulders, neck; a skirt where one is worn."""
    front, chest = bones.pelvis_frame[..., 2], bones.chest_frame
    g = body.girth * body.stature / 1.72
    hips, waist = body.hips + 0.068 * g, (0.115 if body.female else 0.128) * g
    ribs = body.shoulders * 0.80
    low = bones.pelvis + turn(bones.pelvis_frame, (0, -0.035, -0.012))
    shapes.cone(low, bones.pelvis + turn(bones.pelvis_frame, (0, 0.10, 0)), hips * 0.98, waist * 1.04,
                BOTTOM, front, 0.72)
    belly = bones.waist + turn(chest, (0, 0.02, 0.005))
    shapes.cone(bones.pelvis + turn(bones.pelvis_frame, (0, 0.07, 0)), belly, waist * 1.10,
                waist * 1.04, TOP, front, 0.74)
    upper = bones.neck + turn(chest, (0, -0.105 * g, -0.005))
    shapes.cone(belly, upper, waist * 1.03, ribs, CHEST, chest[..., 2], 0.70, along=0.18)
    if body.female:
        for sign in (1, -1):
            breast = bones.neck + turn(chest, (sign * 0.072 * g, -0.165 * g, 0.080 * g))
            shapes.ball(breast, chest, (0.062 * g, 0.062 * g, 0.052 * g), TOP)
    else:
        breast = bones.neck + turn(chest, (0, -0.13 * g, 0.045 * g))
        shapes.ball(breast, chest, (0.140 * g, 0.085 * g, 0.075 * g), CHEST)
    for side in (bones.left, bones.right):
        root = bones.neck + turn(chest, (side.sign * 0.035, 0.012, -0.012))
        shapes.cone(root, side.shoulder, 0.058 * g, 0.056 * g, TOP, chest[..., 2], 0.95)
        shapes.cone(upper, side.shoulder + turn(chest, (-side.sign * 0.03, -0.06 * g, 0)), 0.09 * g,
                    0.062 * g, TOP, chest[..., 2], 0.85)
    shapes.cone(bones.neck + turn(chest, (0, 0.0, -0.008)),
                bones.head + turn(bones.head_frame, (0, -0.22 * body.head, -0.02)),
                0.056 * g, 0.052 * g, SKIN, chest[..., 2])
    if body.bottom_style == "skirt":
        middle = 0.5 * (bones.left.knee + bones.right.knee)
        down = 0.75 * unit(middle - bones.pelvis) - 0.25 * bones.pelvis_frame[..., 1]
        hem = bones.pelvis + unit(down) * body.thigh * 0.95
        shapes.cone(hem, bones.pelvis, 0.215 * g, hips * 0.94, BOTTOM, front, 0.82)


def add_arm(shapes: Builder, body: Body, bones: Skeleton, side: Side) -> None:
    """Upper arm and forearm in skin, and the sleeve over as much of them as it covers."""
    g = body.girth * body.stature / 1.72
    front = turn(bones.chest_frame, (0.0, 0.0, 1.0)) * 0.6 + side.hand[..., 2]
    shapes.cone(side.shoulder, side.elbow, 0.050 * g, 0.040 * g, SKIN, front, gloss=0.05)
    thick = side.elbow + 0.28 * (side.wrist - side.elbow)
    shapes.cone(side.elbow, thick, 0.039 * g, 0.043 * g, SKIN, front, gloss=0.05)
    shapes.cone(thick, side.wrist, 0.043 * g, 0.027 * g, SKIN, front, gloss=0.05)
    if body.sleeve >= 1:
        shapes.cone(side.shoulder, side.elbow, 0.060 * g, 0.050 * g, TOP, front)
        shapes.cone(side.elbow, side.elbow + 0.93 * (side.wrist - side.elbow), 0.051 * g, 0.040 * g,
                    TOP, front, along=0.28)
    else:
        end = side.shoulder + 2 * body.sleeve * (side.elbow - side.shoulder)
        shapes.cone(side.shoulder, end, 0.061 * g, 0.062 * g, TOP, front)


def add_hand(shapes: Builder, body: Body, side: Side) -> None:
    """Palm and five fingers of three bones."""
    size = body.hand
    palm, across = side.hand[..., 2], side.hand[..., 0]
    heel = side.wrist + turn(side.hand, (0.0, 0.10 * size, 0.0))
    knuckles = side.wrist + turn(side.hand, (0.0, 0.42 * size, 0.0))
    shapes.cone(side.wrist, heel, 0.145 * size, 0.17 * size, SKIN, palm, 0.75, gloss=0.05)
    shapes.cone(heel, knuckles, 0.165 * size, 0.205 * size, SKIN, palm, 0.48, gloss=0.05)
    shapes.cone(side.wrist + 0.05 * size * palm, side.fingers[:, 0, 1], 0.10 * size, 0.085 * size,
                SKIN, palm, gloss=0.05)
    for finger in range(5):
        thick = np.array([0.070, 0.060, 0.055, 0.046]) * size * (1.12 if finger == 0 else 1.0)
        thick = thick * (0.86 if finger == 4 else 1.0)
        for bone in range(3):
            shapes.cone(side.fingers[:, finger, bone], side.fingers[:, finger, bone + 1],
                        thick[bone], thick[bone + 1], SKIN, palm + 0.01 * across, gloss=0.05)


def add_leg(shapes: Builder, body: Body, bones: Skeleton, side: Side) -> None:
    """Thigh, calf and shoe; trousers, shorts or bare skin over them."""
    g = body.girth * body.stature / 1.72
    front = bones.pelvis_frame[..., 2] + side.foot[..., 2]
    style = body.bottom_style
    thigh = BOTTOM if style in ("trousers", "leggings") else SKIN
    loose = 1.12 if style == "trousers" else 1.0
    root = side.hip + turn(bones.pelvis_frame, (0.0, -0.02, 0.0))
    shapes.cone(root, side.knee, 0.084 * g, 0.056 * g * loose, thigh, front, along=0.1)
    calf = side.knee + 0.30 * (side.ankle - side.knee) - 0.012 * side.foot[..., 2]
    shapes.cone(side.knee, calf, 0.053 * g * loose, 0.055 * g * loose, thigh, front, along=0.5)
    shapes.cone(calf, side.ankle, 0.055 * g * loose, 0.036 * g * (1.5 if loose > 1 else 1.0), thigh,
                front, along=0.62)
    if style == "shorts":
        shapes.cone(root, side.hip + 0.72 * (side.knee - side.hip), 0.094 * g, 0.086 * g, BOTTOM, front,
                    along=0.1)
    add_shoe(shapes, body, side)


def add_shoe(shapes: Builder, body: Body, side: Side) -> None:
    """A shoe with a pale sole."""
    size, down = body.foot, -body.ankle
    up = side.foot[..., 1]
    heel = side.ankle + turn(side.foot, (0.0, down + 0.15 * size, -0.18 * size))
    ball = side.ankle + turn(side.foot, (0.0, down + 0.13 * size, 0.46 * size))
    toe = side.ankle + turn(side.foot, (0.0, down + 0.11 * size, 0.64 * size))
    shapes.cone(heel, ball, 0.145 * size, 0.150 * size, SHOE, up, 0.85, gloss=0.08, wide=0.95)
    shapes.cone(ball, toe, 0.155 * size, 0.12 * size, SHOE, up, 0.72, gloss=0.08)
    shapes.cone(heel, side.ankle + turn(side.foot, (0.0, 0.02, 0.02)), 0.15 * size, 0.15 * size, SHOE,
                side.foot[..., 2], 1.1, gloss=0.08)
    low = turn(side.foot, (0.0, -0.085 * size, 0.0))
    shapes.cone(heel + low, toe + low, 0.14 * size, 0.14 * size, SOLE, up, 0.42)


# Center, radii of the skin ellipsoids of a head, in face units (x, y, z).
SKULL = (
    ((0.0, 0.10, -0.06), (0.345, 0.385, 0.420)),  # cranium
    ((0.0, -0.06, 0.085), (0.318, 0.380, 0.300)),  # face
    ((0.0, -0.26, 0.080), (0.255, 0.235, 0.245)),  # jaw
    ((0.0, -0.385, 0.200), (0.120, 0.105, 0.125)),  # chin
    ((0.0, -0.02, 0.325), (0.040, 0.120, 0.065)),  # bridge of the nose
    ((0.0, -0.150, 0.380), (0.048, 0.048, 0.085)),  # tip
    ((0.048, -0.168, 0.345), (0.034, 0.032, 0.052)), ((-0.048, -0.168, 0.345), (0.034, 0.032, 0.052)),
    ((0.0, -0.290, 0.245), (0.135, 0.085, 0.100)),  # mouth
    ((0.150, 0.085, 0.255), (0.120, 0.040, 0.075)), ((-0.150, 0.085, 0.255), (0.120, 0.040, 0.075)),
)
# The same of hair styles, over all of which lies the cap.
CAP = (((0.0, 0.155, -0.085), (0.385, 0.385, 0.435)),)
HAIR_PARTS = {
    "short": (),
    "bob": (((0.30, -0.05, -0.12), (0.13, 0.33, 0.26)), ((-0.30, -0.05, -0.12), (0.13, 0.33, 0.26)),
            ((0.0, -0.05, -0.28), (0.33, 0.36, 0.24))),
    "ponytail": (((0.0, 0.22, -0.53), (0.10, 0.10, 0.11)), ((0.0, -0.10, -0.62), (0.11, 0.36, 0.11))),
    "bun": (((0.0, 0.42, -0.34), (0.17, 0.16, 0.17)),),
    "long": (((0.31, -0.18, -0.13), (0.10, 0.45, 0.22)), ((-0.31, -0.18, -0.13), (0.10, 0.45, 0.22)),
             ((0.0, -0.28, -0.27), (0.34, 0.55, 0.20))),
}


def head_scale(body: Body) -> Array:
    """Metres per face unit along x, y, z."""
    return body.head * np.array([body.face_width, 1.0, 1.0])


def add_head(shapes: Builder, body: Body, bones: Skeleton, tile: Array) -> None:
    """Skull, jaw and nose that carry the face picture, and the ears."""
    scale = head_scale(body)
    for center, radii in SKULL:
        place = bones.head + turn(bones.head_frame, np.array(center) * scale)
        wide = 0.5 / face.HALF
        chart = (radii[0] * wide, center[0] * wide + 0.5, radii[1] * wide, center[1] * wide + 0.5)
        shapes.ball(place, bones.head_frame, tuple(np.array(radii) * scale), tile, chart, gloss=0.06)
    for sign in (1, -1):
        ear = bones.head + turn(bones.head_frame, np.array([sign * 0.345, -0.045, -0.03]) * scale)
        shapes.ball(ear, bones.head_frame, tuple(np.array([0.035, 0.105, 0.062]) * scale), EAR)


def add_hair(shapes: Builder, body: Body, bones: Skeleton) -> None:
    """The cap of hair and what the style adds to it."""
    scale = head_scale(body)
    for center, radii in CAP + HAIR_PARTS[body.hair_style]:
        place = bones.head + turn(bones.head_frame, np.array(center) * scale)
        shapes.ball(place, bones.head_frame, tuple(np.array(radii) * scale), HAIR, gloss=0.10)


def surface_depth(points: Array) -> Array:
    """z in face units [N] of the skin in front of the points [N,2] in face units."""
    best = np.full(len(points), 0.0)
    for center, radii in SKULL:
        flat = (((points - center[:2]) / radii[:2]) ** 2).sum(-1)
        depth = center[2] + radii[2] * np.sqrt(np.maximum(0, 1 - flat))
        best = np.where(flat < 1, np.maximum(best, depth), best)
    return best


def make_tiles(body: Body) -> Array:
    """All texture tiles, linear RGB float32 [N,EDGE,EDGE,3]."""
    rng = np.random.default_rng([int(body.stature * 1e6), 7011])
    skin, hair = mottled(rng, body.skin, 0.03, 24), strands(rng, body.hair)
    tiles = [skin, hair, woven(rng, body.top), woven(rng, body.top), woven(rng, body.bottom),
             woven(rng, Cloth(body.shoes, (0.95, 0.95, 0.95), "laces")),
             mottled(rng, (0.90, 0.89, 0.86), 0.02, 8),
             mottled(rng, face.tint(body.skin, 0.9, 0.06), 0.03, 16)]
    if body.logo:
        stamp(tiles[CHEST], body.top)
    tiles += face.face_tiles(body)
    return np.clip(np.array(tiles), 0.01, 1).astype(np.float32) ** 2


def mottled(rng: np.random.Generator, color: tuple, strength: float, cells: int) -> Array:
    """A plain tile with soft blotches."""
    small = rng.normal(0, strength, (cells, cells)).repeat(EDGE // cells + 1, 0)
    small = small.repeat(EDGE // cells + 1, 1)[:EDGE, :EDGE]
    return (np.array(color) * (1 + small[..., None])).astype(np.float32)


def strands(rng: np.random.Generator, color: tuple) -> Array:
    """Hair: fine lines along the axis."""
    lines = np.repeat(rng.normal(0, 0.22, EDGE // 4), 4)
    return (np.array(color) * (1 + lines[None, :, None]) + 0 * np.zeros((EDGE, 1, 1))).astype(np.float32)


def woven(rng: np.random.Generator, cloth: Cloth) -> Array:
    """A cloth tile: its pattern around (columns) and along (rows) the limb."""
    y, x = np.mgrid[0:EDGE, 0:EDGE] / EDGE
    on = {
        "plain": np.zeros_like(x, bool),
        "stripes": (y * 8) % 1 < 0.42,
        "bands": (y * 3) % 1 < 0.38,
        "pinstripes": (x * 14) % 1 < 0.16,
        "checks": ((x * 8).astype(int) + (y * 8).astype(int)) % 2 == 1,
        "spots": np.hypot((x * 9 + 0.5 * ((y * 7).astype(int) % 2)) % 1 - 0.5, (y * 7) % 1 - 0.5) < 0.27,
        "laces": (abs(x - 0.5) < 0.10) & ((y * 26) % 1 < 0.4),
    }[cloth.pattern]
    picture = np.where(on[..., None], np.array(cloth.accent), np.array(cloth.base))
    folds = np.kron(rng.normal(0, 0.035, (16, 16)), np.ones((EDGE // 16, EDGE // 16)))
    return (picture * (1 + folds[..., None])).astype(np.float32)


def stamp(tile: Array, cloth: Cloth) -> None:
    """A logo on the front of the chest, drawn into the tile."""
    y, x = np.mgrid[0:EDGE, 0:EDGE] / EDGE
    # The chest's chart: the front is the middle column, 0.18 m of belly lie below it.
    far = np.hypot((x - 0.5) * 0.9, (y - 0.12) * 0.5)
    tile[far < 0.060] = cloth.accent
    tile[far < 0.045] = cloth.base
    tile[far < 0.022] = cloth.accent


__all__ = ["clothe", "make_tiles", "surface_depth", "head_scale", "cast"]
