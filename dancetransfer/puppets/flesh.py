"""Clothes a skeleton in shapes: trunk, limbs, hands, head and hair, and the textures on them."""

from __future__ import annotations

import cv2
import numpy as np

from . import face
from .body import Body, Cloth
from .raycast import Shapes
from .skeleton import Side, Skeleton, frame_along, turn, unit

Array = np.ndarray
EDGE = 256  # pixels of a texture tile; a cloth tile is half a metre high
SKIN, HAIR, TOP, CHEST, BOTTOM, SHOE, SOLE, EAR, FACE = range(9)


class Builder:
    """Collects shapes for T poses at once; each call adds one shape per pose."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.columns: list[tuple] = []

    def cone(
        self,
        start: Array,
        end: Array,
        r0: float | Array,
        r1: float,
        tile: int | Array,
        front: Array,
        deep: float = 1.0,
        along: float = 0.0,
        gloss: float = 0.02,
        garment: tuple | None = None,
        flat: bool = False,
        is_open: bool = False,
    ) -> None:
        """A rounded cone from start to end [T,3], `deep` times as thick toward front.

        The texture runs around the cone, beginning `along` metres into the tile, or around the
        axis of a garment: its origin [T,3] and the frame [T,3,3] whose columns are its axes.
        """
        frame = frame_along(end - start, front)
        chart = (np.broadcast_to(np.eye(3), frame.shape), np.array([0.0, along, 0.0]) + 0 * start)
        scale = np.array([1.0, 1.0, deep])
        if garment:
            chart = self._worn(start, frame * scale, garment)
        thick = max(1.0, deep)
        self._add(
            start,
            frame,
            scale,
            np.linalg.norm(end - start, axis=-1),
            r0,
            r1,
            (start, end),
            (r0 * thick, r1 * thick),
            tile,
            flat,
            is_open,
            *chart,
            gloss,
        )

    def ball(
        self,
        center: Array,
        frame: Array,
        radii: tuple,
        tile: int | Array,
        garment: tuple,
        flat: bool = False,
        gloss: float = 0.02,
    ) -> None:
        """An ellipsoid along frame's axes, textured in the space of a garment or face (flat)."""
        scale = np.array(radii)
        self._add(
            center,
            frame,
            scale,
            np.zeros(self.count),
            1.0,
            1.0,
            (center, center),
            (scale.max(), scale.max()),
            tile,
            flat,
            False,
            *self._worn(center, frame * scale, garment),
            gloss,
        )

    @staticmethod
    def _worn(origin: Array, frame: Array, garment: tuple) -> tuple[Array, Array]:
        """The chart and chart origin of a shape in a garment's space."""
        back = np.linalg.inv(garment[1])
        return back @ frame, turn(back, origin - garment[0])

    def _add(self, origin, frame, scale, length, r0, r1, ends, girth, tile, flat, is_open, chart, chart_origin, gloss):
        one = np.ones(self.count)
        self.columns.append(
            (
                origin,
                np.swapaxes(frame, -1, -2) / scale[:, None],
                length,
                np.stack([r0 * one, r1 * one], -1),
                np.stack(ends, 1),
                np.stack([girth[0] * one, girth[1] * one], -1),
                (tile * one).astype(int),
                np.full(self.count, flat),
                np.full(self.count, is_open),
                chart,
                chart_origin,
                gloss * one,
            )
        )

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
    """Pelvis, belly, chest, shoulders and neck."""
    hip_frame, chest = bones.pelvis_frame, bones.chest_frame
    front, ahead = hip_frame[..., 2], chest[..., 2]
    g = body.girth * body.stature / 1.72
    hips, waist = body.hips + 0.062 * g, (0.108 if body.female else 0.124) * g
    ribs = body.shoulders * 0.78
    # Shirt and trousers hang in the space of the trunk, flat as it is, whatever shape bears them.
    flat = np.array([1.0, 1.0, 0.72])
    shirt = (bones.waist - 0.20 * chest[..., 1], chest * flat)
    jeans = (bones.pelvis - 0.30 * hip_frame[..., 1], hip_frame * flat)
    low = bones.pelvis + turn(hip_frame, (0, 0.015, -0.012))
    shapes.ball(low, hip_frame, (hips, 0.125 * g, hips * 0.74), BOTTOM, jeans)
    shapes.cone(
        low, bones.pelvis + turn(hip_frame, (0, 0.11, 0)), hips * 0.86, waist * 1.02, BOTTOM, front, 0.74, garment=jeans
    )
    belly = bones.waist + turn(chest, (0, 0.02, 0.005))
    shapes.cone(
        bones.pelvis + turn(hip_frame, (0, 0.08, 0)),
        belly,
        waist * 1.10,
        waist * 1.04,
        CHEST,
        front,
        0.76,
        garment=shirt,
    )
    upper = bones.neck + turn(chest, (0, -0.135 * g, -0.005))
    shapes.cone(belly, upper, waist * 1.03, ribs, CHEST, ahead, 0.72, garment=shirt)
    if body.female:
        place, radii = (0, -0.165 * g, 0.056 * g), (0.128, 0.092, 0.060)
    else:
        place, radii = (0, -0.125 * g, 0.044 * g), (0.148, 0.090, 0.066)
    shapes.ball(bones.neck + turn(chest, place), chest, tuple(np.array(radii) * g), CHEST, shirt)
    for side in (bones.left, bones.right):
        root = bones.neck + turn(chest, (side.sign * 0.030, 0.016, -0.012))
        shapes.cone(root, side.shoulder, 0.056 * g, 0.052 * g, CHEST, ahead, 0.95, garment=shirt)
        pit = side.shoulder + turn(chest, (-side.sign * 0.03, -0.06 * g, 0))
        shapes.cone(upper, pit, 0.09 * g, 0.060 * g, CHEST, ahead, 0.85, garment=shirt)
    shapes.cone(
        bones.neck + turn(chest, (0, 0.0, -0.008)),
        bones.head + turn(bones.head_frame, (0, -0.22 * body.head, -0.02)),
        0.054 * g,
        0.050 * g,
        SKIN,
        ahead,
    )
    if body.bottom_style == "skirt":
        add_skirt(shapes, body, bones, hips)


def add_skirt(shapes: Builder, body: Body, bones: Skeleton, hips: float) -> None:
    """A skirt to above the knees, as wide as the legs stand apart."""
    knees = 0.5 * (bones.left.knee + bones.right.knee)
    down = unit(unit(knees - bones.pelvis) - 0.5 * bones.pelvis_frame[..., 1])
    apart = np.linalg.norm(bones.left.knee - bones.right.knee, axis=-1)
    top = bones.pelvis + 0.04 * bones.pelvis_frame[..., 1]
    hem = np.clip(0.5 * apart + 0.07, hips * 1.3, hips + 0.22)
    shapes.cone(
        top + down * body.thigh * 0.85, top, hem, hips * 0.93, BOTTOM, bones.pelvis_frame[..., 2], 0.80, is_open=True
    )


def add_arm(shapes: Builder, body: Body, bones: Skeleton, side: Side) -> None:
    """Upper arm and forearm in skin, and the sleeve over as much of them as it covers."""
    g = body.girth * body.stature / 1.72
    front = turn(bones.chest_frame, (0.0, 0.0, 1.0)) * 0.6 + side.hand[..., 2]
    shapes.cone(side.shoulder, side.elbow, 0.050 * g, 0.040 * g, SKIN, front, gloss=0.05)
    thick = side.elbow + 0.28 * (side.wrist - side.elbow)
    shapes.cone(side.elbow, thick, 0.039 * g, 0.043 * g, SKIN, front, gloss=0.05)
    shapes.cone(thick, side.wrist, 0.043 * g, 0.027 * g, SKIN, front, gloss=0.05)
    if body.sleeve >= 1:
        shapes.cone(side.shoulder, side.elbow, 0.055 * g, 0.049 * g, TOP, front)
        shapes.cone(
            side.elbow, side.elbow + 0.93 * (side.wrist - side.elbow), 0.051 * g, 0.040 * g, TOP, front, along=0.28
        )
    else:
        end = side.shoulder + 2 * body.sleeve * (side.elbow - side.shoulder)
        shapes.cone(side.shoulder, end, 0.056 * g, 0.060 * g, TOP, front)


def add_hand(shapes: Builder, body: Body, side: Side) -> None:
    """Palm and five fingers of three bones."""
    size = body.hand
    palm, across = side.hand[..., 2], side.hand[..., 0]
    heel = side.wrist + turn(side.hand, (0.0, 0.10 * size, 0.0))
    knuckles = side.wrist + turn(side.hand, (0.0, 0.42 * size, 0.0))
    shapes.cone(side.wrist, heel, 0.145 * size, 0.17 * size, SKIN, palm, 0.75, gloss=0.05)
    shapes.cone(heel, knuckles, 0.165 * size, 0.205 * size, SKIN, palm, 0.48, gloss=0.05)
    shapes.cone(
        side.wrist + 0.05 * size * palm, side.fingers[:, 0, 1], 0.10 * size, 0.085 * size, SKIN, palm, gloss=0.05
    )
    for finger in range(5):
        thick = np.array([0.070, 0.060, 0.055, 0.046]) * size * (1.12 if finger == 0 else 1.0)
        thick = thick * (0.86 if finger == 4 else 1.0)
        for bone in range(3):
            shapes.cone(
                side.fingers[:, finger, bone],
                side.fingers[:, finger, bone + 1],
                thick[bone],
                thick[bone + 1],
                SKIN,
                palm + 0.01 * across,
                gloss=0.05,
            )


def add_leg(shapes: Builder, body: Body, bones: Skeleton, side: Side) -> None:
    """Thigh, calf and shoe; trousers, shorts or bare skin over them."""
    g = body.girth * body.stature / 1.72
    front = bones.pelvis_frame[..., 2] + side.foot[..., 2]
    style = body.bottom_style
    thigh = BOTTOM if style in ("trousers", "leggings") else SKIN
    loose = 1.12 if style == "trousers" else 1.0
    root = side.hip + turn(bones.pelvis_frame, (0.0, -0.02, 0.0))
    shapes.cone(root, side.knee, 0.088 * g, 0.056 * g * loose, thigh, front, along=0.1)
    calf = side.knee + 0.30 * (side.ankle - side.knee) - 0.012 * side.foot[..., 2]
    shapes.cone(side.knee, calf, 0.055 * g * loose, 0.055 * g * loose, thigh, front, along=0.5)
    shapes.cone(calf, side.ankle, 0.055 * g * loose, 0.036 * g * (1.5 if loose > 1 else 1.0), thigh, front, along=0.62)
    if style in ("shorts", "skirt"):  # a skirt needs them where a lifted leg would show
        end = side.hip + (0.72 if style == "shorts" else 0.45) * (side.knee - side.hip)
        shapes.cone(root, end, 0.094 * g, 0.086 * g, BOTTOM, front, along=0.1)
    add_shoe(shapes, body, side)


def add_shoe(shapes: Builder, body: Body, side: Side) -> None:
    """A shoe with a pale sole."""
    size, down = body.foot, -body.ankle
    up = side.foot[..., 1]
    heel = side.ankle + turn(side.foot, (0.0, down + 0.15 * size, -0.18 * size))
    ball = side.ankle + turn(side.foot, (0.0, down + 0.13 * size, 0.46 * size))
    toe = side.ankle + turn(side.foot, (0.0, down + 0.11 * size, 0.64 * size))
    shapes.cone(heel, ball, 0.140 * size, 0.150 * size, SHOE, up, 0.85, gloss=0.08)
    shapes.cone(ball, toe, 0.155 * size, 0.12 * size, SHOE, up, 0.72, gloss=0.08)
    collar = side.ankle + turn(side.foot, (0.0, 0.02, 0.02))
    shapes.cone(heel, collar, 0.15 * size, 0.15 * size, SHOE, side.foot[..., 2], 1.1, gloss=0.08)
    low = turn(side.foot, (0.0, -0.085 * size, 0.0))
    shapes.cone(heel + low, toe + low, 0.14 * size, 0.14 * size, SOLE, up, 0.42)


# Center, radii of the skin ellipsoids of a head, in face units (x, y, z).
SKULL = (
    ((0.0, 0.10, -0.06), (0.345, 0.385, 0.420)),  # cranium
    ((0.0, -0.385, 0.185), (0.120, 0.105, 0.120)),  # chin
    ((0.0, -0.02, 0.325), (0.040, 0.120, 0.065)),  # bridge of the nose
    ((0.0, -0.150, 0.380), (0.048, 0.048, 0.085)),  # tip
    ((0.048, -0.168, 0.345), (0.034, 0.032, 0.052)),  # nostrils
    ((-0.048, -0.168, 0.345), (0.034, 0.032, 0.052)),
    ((0.0, -0.275, 0.200), (0.150, 0.130, 0.128)),  # mouth
    ((0.150, 0.085, 0.255), (0.120, 0.040, 0.075)),  # brow ridges
    ((-0.150, 0.085, 0.255), (0.120, 0.040, 0.075)),
)
# Cheeks to jaw, one rounded cone: center and radius of its ends; its depth is FACE_DEEP its width.
FACE_ENDS = (((0.0, 0.02, 0.070), 0.315), ((0.0, -0.270, 0.095), 0.222))
FACE_DEEP = 0.90
# The same of hair: the cap that all share, then what each style adds.
CAP = (((0.0, 0.155, -0.085), (0.375, 0.380, 0.430)),)
HAIR_PARTS = {
    "short": (((0.0, 0.36, 0.06), (0.27, 0.15, 0.30)), ((0.0, -0.07, -0.20), (0.315, 0.26, 0.25))),
    "bob": (
        ((0.30, -0.05, -0.12), (0.13, 0.33, 0.26)),
        ((-0.30, -0.05, -0.12), (0.13, 0.33, 0.26)),
        ((0.0, -0.05, -0.28), (0.33, 0.36, 0.24)),
    ),
    "ponytail": (((0.0, 0.22, -0.53), (0.10, 0.10, 0.11)), ((0.0, -0.10, -0.62), (0.11, 0.36, 0.11))),
    "bun": (((0.0, 0.42, -0.34), (0.17, 0.16, 0.17)),),
    "long": (
        ((0.31, -0.18, -0.13), (0.10, 0.45, 0.22)),
        ((-0.31, -0.18, -0.13), (0.10, 0.45, 0.22)),
        ((0.0, -0.28, -0.27), (0.34, 0.55, 0.20)),
    ),
}


def head_scale(body: Body) -> Array:
    """Metres per face unit along x, y, z."""
    return body.head * np.array([body.face_width, 1.0, 1.0])


def add_head(shapes: Builder, body: Body, bones: Skeleton, tile: Array) -> None:
    """Skull, jaw and nose that carry the face picture, and the ears."""
    scale = head_scale(body)
    picture = (bones.head, bones.head_frame * (scale * 2 * face.HALF))
    for center, radii in SKULL:
        place = bones.head + turn(bones.head_frame, np.array(center) * scale)
        shapes.ball(place, bones.head_frame, tuple(np.array(radii) * scale), tile, picture, True, gloss=0.05)
    (top, r0), (low, r1) = FACE_ENDS
    cheeks, jaw = (bones.head + turn(bones.head_frame, np.array(end) * scale) for end in (top, low))
    shapes.cone(
        cheeks,
        jaw,
        r0 * scale[0],
        r1 * scale[0],
        tile,
        bones.head_frame[..., 2],
        FACE_DEEP,
        gloss=0.05,
        garment=picture,
        flat=True,
    )
    for sign in (1, -1):
        ear = bones.head + turn(bones.head_frame, np.array([sign * 0.345, -0.045, -0.03]) * scale)
        shapes.ball(ear, bones.head_frame, tuple(np.array([0.035, 0.105, 0.062]) * scale), EAR, (ear, bones.head_frame))


def add_hair(shapes: Builder, body: Body, bones: Skeleton) -> None:
    """The cap of hair, what the style adds to it, and tufts that break its outline."""
    scale = head_scale(body)
    rng = np.random.default_rng([int(body.stature * 1e6), 7013])
    parts = list(CAP + HAIR_PARTS[body.hair_style])
    for angle in np.linspace(-0.5 * np.pi, 1.5 * np.pi, 11)[:-1]:
        # Around the crown, leaving the face free.
        x, back = np.cos(angle), np.sin(angle)
        tuft = np.array([0.20 * x, 0.28 - 0.06 * back, -0.08 - 0.25 * back])
        parts.append((tuple(tuft + rng.normal(0, 0.022, 3)), tuple(rng.uniform(0.17, 0.23, 3))))
    whole = (bones.head - 0.2 * bones.head_frame[..., 1], bones.head_frame)
    for center, radii in parts:
        place = bones.head + turn(bones.head_frame, np.array(center) * scale)
        shapes.ball(place, bones.head_frame, tuple(np.array(radii) * scale), HAIR, whole, gloss=0.08)


def surface_depth(points: Array) -> Array:
    """z in face units [N] of the skin in front of the points [N,2] in face units."""
    (top, r0), (low, r1) = FACE_ENDS
    at = np.linspace(0, 1, 24)
    radius = r0 + (r1 - r0) * at
    parts = [(np.array(center), np.array(radii)) for center, radii in SKULL]
    parts += [
        (np.array(top) * (1 - t) + np.array(low) * t, r * np.array([1, 1, FACE_DEEP]))
        for t, r in zip(at, radius, strict=True)
    ]
    best = np.zeros(len(points))
    for center, radii in parts:
        flat = (((points - center[:2]) / radii[:2]) ** 2).sum(-1)
        depth = center[2] + radii[2] * np.sqrt(np.maximum(0, 1 - flat))
        best = np.where(flat < 1, np.maximum(best, depth), best)
    return best


def make_tiles(body: Body) -> Array:
    """All texture tiles, linear RGB float32 [N,EDGE,EDGE,3]."""
    rng = np.random.default_rng([int(body.stature * 1e6), 7011])
    skin, hair = mottled(rng, body.skin, 0.015, 10), strands(rng, body.hair)
    tiles = [
        skin,
        hair,
        woven(rng, body.top),
        woven(rng, body.top),
        woven(rng, body.bottom),
        woven(rng, Cloth(body.shoes, (0.95, 0.95, 0.95), "laces")),
        mottled(rng, (0.90, 0.89, 0.86), 0.02, 8),
        mottled(rng, face.tint(body.skin, 0.9, 0.06), 0.02, 10),
    ]
    if body.logo:
        stamp(tiles[CHEST], body.top)
    tiles += face.face_tiles(body)
    return np.clip(np.array(tiles), 0.01, 1).astype(np.float32) ** 2


def mottled(rng: np.random.Generator, color: tuple, strength: float, cells: int) -> Array:
    """A plain tile with soft blotches."""
    small = rng.normal(0, strength, (cells, cells)).astype(np.float32)
    soft = cv2.resize(small, (EDGE, EDGE), interpolation=cv2.INTER_CUBIC)
    return (np.array(color) * (1 + soft[..., None])).astype(np.float32)


def strands(rng: np.random.Generator, color: tuple) -> Array:
    """Hair: fine lines along the axis."""
    lines = cv2.resize(rng.normal(0, 0.30, (4, EDGE // 5)).astype(np.float32), (EDGE, EDGE))
    return (np.array(color) * np.clip(1.1 + lines[..., None], 0.4, 2)).astype(np.float32)


def woven(rng: np.random.Generator, cloth: Cloth) -> Array:
    """A cloth tile: its pattern around (columns) and along (rows) the limb."""
    y, x = np.mgrid[0:EDGE, 0:EDGE] / EDGE
    spot_x, spot_y = (x * 9 + 0.5 * ((y * 7).astype(int) % 2)) % 1 - 0.5, (y * 7) % 1 - 0.5
    on = {
        "plain": np.zeros_like(x, bool),
        "stripes": (y * 8) % 1 < 0.42,
        "bands": (y * 3) % 1 < 0.38,
        "pinstripes": (x * 14) % 1 < 0.16,
        "checks": ((x * 8).astype(int) + (y * 8).astype(int)) % 2 == 1,
        "spots": np.hypot(spot_x, spot_y) < 0.27,
        "diamonds": abs((x * 9) % 1 - 0.5) + abs((y * 6) % 1 - 0.5) < 0.34,
        "laces": (abs(x - 0.5) < 0.10) & ((y * 26) % 1 < 0.4),
    }[cloth.pattern]
    picture = np.where(on[..., None], np.array(cloth.accent), np.array(cloth.base))
    return picture * mottled(rng, (1.0, 1.0, 1.0), 0.05, 12)


def stamp(tile: Array, cloth: Cloth) -> None:
    """A logo on the front of the chest, drawn into the tile."""
    y, x = np.mgrid[0:EDGE, 0:EDGE] / EDGE
    # The front is the middle column; the shirt begins 0.2 m under the waist.
    far = np.hypot((x - 0.5) * 0.9, (y - 0.20) * 0.5)
    tile[far < 0.060] = cloth.accent
    tile[far < 0.045] = cloth.base
    tile[far < 0.022] = cloth.accent
