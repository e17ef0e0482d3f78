"""Casts rays at rounded cones and ellipsoids, all of a frame's shapes and sub-frames in one batch.

Every shape is a rounded cone (the hull of two spheres on an axis) in an affine space of its own;
an ellipsoid is a unit sphere there. Rays go only through the pixel rows that its picture covers,
and along a row the quadratics are polynomials in the column, so the cost is a few passes over
some ten thousand numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
from numpy.typing import ArrayLike

Array = np.ndarray
TILE_METRES = 0.5  # a cloth tile's height on the body
SHADE_MAP = 176  # pixels of the lamp's view
SHADE_BIAS = (0.025, 0.075)  # metres that shade nothing where light falls straight, and grazes
SPANS = 8  # circles along a shape's axis that bound its rows


@dataclass(frozen=True)
class Shapes:
    """N rounded cones. World to local is `to_local @ (p - origin)`; local y is the axis."""

    layer: Array  # [N] int, the sub-frame that each belongs to
    origin: Array  # [N,3] world metres
    to_local: Array  # [N,3,3]
    height: Array  # [N] local length of the axis; 0 for an ellipsoid
    radius: Array  # [N,2] local radii at the axis' ends
    ends: Array  # [N,2,3] world centers of the two end spheres
    girth: Array  # [N,2] world radii that surely hold the ends
    skin: Array  # [N] int, the texture tile
    flat: Array  # [N] bool, texture laid on from the front (faces) instead of around the y axis
    open: Array  # [N] bool, no sphere at the axis' start: a skirt's hem
    chart: Array  # [N,3,3] from local to the texture's space: metres, or a face tile's -0.5..0.5
    chart_origin: Array  # [N,3] what local zero is there
    gloss: Array  # [N]


@dataclass(frozen=True)
class Lights:
    """Directions are unit vectors toward the light, colors linear RGB."""

    key: tuple[float, float, float]
    key_color: tuple[float, float, float]
    ambient: tuple[float, float, float]


@dataclass(frozen=True)
class Hits:
    """The nearest surface of each covered pixel; `pixel` counts (layer, row, column)."""

    pixel: Array  # [M] int
    normal: Array  # [M,3] world
    shape: Array  # [M] int
    local_normal: Array  # [M,3]
    local: Array  # [M,3]
    distance: Array  # [M] metres along the camera's axis


def one_layer(shapes: Shapes, layer: int) -> Shapes:
    """The shapes of one layer alone, as layer 0."""
    mine = shapes.layer == layer
    part = Shapes(*(getattr(shapes, field.name)[mine] for field in fields(Shapes)))
    return replace(part, layer=np.zeros_like(part.layer))


def row_spans(shapes: Shapes, camera, size: tuple[int, int], shift: Array) -> tuple[Array, ...]:
    """Shape, row, first column and column count of every pixel run; shift [L,2] in pixels."""
    width, height = size
    at = np.linspace(0, 1, SPANS)[:, None]
    points = shapes.ends[:, None, 0] * (1 - at) + shapes.ends[:, None, 1] * at  # [N,SPANS,3]
    pixels, depth = camera.project(points, size)
    pixels = pixels - shift[shapes.layer][:, None]
    girth = shapes.girth[:, :1] * (1 - at.T) + shapes.girth[:, 1:] * at.T
    circle = camera.focal * height * girth / np.maximum(depth - girth, 0.1)
    gap = np.linalg.norm(pixels[:, -1] - pixels[:, 0], axis=-1) / (SPANS - 1)
    circle = np.sqrt(circle**2 + (gap[:, None] / 2) ** 2) * 1.02 + 0.3  # neighbors must overlap
    top = np.clip(np.ceil((pixels[..., 1] - circle).min(1)), 0, height).astype(int)
    bottom = np.clip(np.floor((pixels[..., 1] + circle).max(1)) + 1, 0, height).astype(int)
    rows = np.maximum(bottom - top, 0)
    shape = np.repeat(np.arange(len(rows)), rows)
    row = np.arange(len(shape)) - np.repeat(np.cumsum(rows) - rows, rows) + top[shape]
    chord = circle[shape] ** 2 - (row[:, None] - pixels[shape, :, 1]) ** 2
    half = np.sqrt(np.maximum(chord, 0))
    miss = np.where(chord > 0, 0, 1e6)
    first = np.clip(np.ceil((pixels[shape, :, 0] - half + miss).min(1)), 0, width).astype(int)
    last = np.clip(np.floor((pixels[shape, :, 0] + half - miss).max(1)) + 1, 0, width).astype(int)
    return shape, row, first, np.maximum(last - first, 0)


def cast(shapes: Shapes, camera, size: tuple[int, int], shift: Array) -> Hits:
    """The nearest hits of all rays; layer l's rays go through pixel centers plus shift[l]."""
    width, height = size
    shape, row, first, count = row_spans(shapes, camera, size, shift)
    run = np.repeat(np.arange(len(row)), count)
    column = np.arange(len(run)) - np.repeat(np.cumsum(count) - count - first, count)
    offset = shift[shapes.layer[shape]]
    # A ray is a + b * column in camera space; both go to the shape's space row by row.
    turned = np.einsum("nij,jk->nik", shapes.to_local, camera.axes)
    step = (turned[:, :, 0] / (camera.focal * height)).astype(np.float32)[shape]
    down = (row + offset[:, 1] - (height - 1) / 2) / (camera.focal * height)
    across = (offset[:, 0] - (width - 1) / 2)[:, None]
    base = turned[shape, :, 2] - turned[shape, :, 1] * down[:, None] + step * across
    eye = np.einsum("nij,nj->ni", shapes.to_local, camera.position - shapes.origin)
    base = base.astype(np.float32)
    x = column.astype(np.float32)
    distance, axis = nearest(shapes, shape, base, step, eye, run, x)
    struck = np.flatnonzero(distance < 1e6)
    distance, axis, run, x = distance[struck], axis[struck], run[struck], x[struck]
    pixel = ((shapes.layer[shape] * height + row) * width)[run] + column[struck]
    depth = np.full((int(shapes.layer.max(initial=0)) + 1) * height * width, np.inf, np.float32)
    np.minimum.at(depth, pixel, distance)
    win = np.flatnonzero(distance == depth[pixel])
    distance, axis, run, x, pixel = distance[win], axis[win], run[win], x[win], pixel[win]
    which = shape[run]
    local = eye.astype(np.float32)[which] + distance[:, None] * (base[run] + x[:, None] * step[run])
    normal = local.copy()
    normal[:, 1] -= axis
    normal /= np.sqrt((normal**2).sum(1, keepdims=True))
    world = np.einsum("nij,ni->nj", shapes.to_local.astype(np.float32)[which], normal)
    world /= np.sqrt((world**2).sum(1, keepdims=True))
    return Hits(pixel, world, which, normal, local, distance)


def nearest(
    shapes: Shapes, shape: Array, base: Array, step: Array, eye: Array, run: Array, x: Array
) -> tuple[Array, Array]:
    """Distance along each ray (1e9 where it misses) and the hit's foot on the shape's axis."""
    r0, r1, tall = shapes.radius[:, 0], shapes.radius[:, 1], shapes.height
    slope = np.where(tall > 0, (r0 - r1) / np.maximum(tall, 1e-9), 0.0)
    cos2 = 1 - slope**2
    ex, ey, ez = eye.T
    edge = r0 - slope * ey

    def spread(per_row: Array) -> Array:
        return per_row.astype(np.float32)[run]

    def of(per_shape: Array) -> Array:
        return per_shape.astype(np.float32)[shape]

    bx, by, bz = base.T
    sx, sy, sz = step.T
    # |direction|^2 and its part along the axis, as polynomials in x.
    square = spread(bx * bx + by * by + bz * bz) + x * (
        spread(2 * (bx * sx + by * sy + bz * sz)) + x * spread(sx * sx + sy * sy + sz * sz)
    )
    rise = spread(by) + x * spread(sy)
    towards = spread(of(ex) * bx + of(ey) * by + of(ez) * bz) + x * spread(of(ex) * sx + of(ey) * sy + of(ez) * sz)
    # The two spheres.
    disc = towards**2 - square * spread(of(ex**2 + ey**2 + ez**2 - r0**2))
    disc = np.where(spread(of(shapes.open)) > 0, -1, disc)
    near = np.where(disc >= 0, (-towards - np.sqrt(np.maximum(disc, 0))) / square, 1e9)
    lift = towards - spread(of(tall)) * rise
    disc = lift**2 - square * spread(of(ex**2 + (ey - tall) ** 2 + ez**2 - r1**2))
    far = np.where(disc >= 0, (-lift - np.sqrt(np.maximum(disc, 0))) / square, 1e9)
    top = far < near
    distance = np.where(top, far, near)
    axis = np.where(top, spread(of(tall)), np.float32(0))
    # The cone between them, where the foot of the hit lies on the axis.
    a = spread(of(cos2)) * (square - rise * rise) - spread(of(slope**2)) * rise * rise
    b = spread(of(cos2)) * (towards - spread(of(ey)) * rise) + spread(of(slope * edge)) * rise
    c = spread(of(cos2 * (ex**2 + ez**2) - edge**2))
    disc = b * b - a * c
    root = c / (np.sqrt(np.maximum(disc, 0)) - b)
    foot = (spread(of(ey - r0 * slope)) + root * rise) / spread(of(cos2))
    on = (disc >= 0) & (foot > 0) & (foot < spread(of(tall)))
    return np.where(on, root, distance), np.where(on, foot, axis)


def dot(vectors: Array, one: ArrayLike) -> Array:
    """Each of vectors [M,3] times one vector; BLAS would spin a thread per core for so little."""
    return np.einsum("ni,i->n", vectors, np.asarray(one, np.float32))


def shade(hits: Hits, shapes: Shapes, tiles: Array, lights: Lights, to_eye: Array, sun: Array) -> Array:
    """Linear RGB [M,3] of the hits: texture, softened Lambert, light of sky and floor, gloss.

    sun [M] is the share of the key light that reaches each hit.
    """
    place = np.einsum("nij,nj->ni", shapes.chart.astype(np.float32)[hits.shape], hits.local)
    place += shapes.chart_origin.astype(np.float32)[hits.shape]
    flat = shapes.flat[hits.shape]
    around = np.arctan2(place[:, 0], place[:, 2]) / (2 * np.pi)
    u = np.where(flat, place[:, 0], around) + 0.5
    u = np.where(flat & (hits.local_normal[:, 2] < 0.05), 0.01, u)  # no face on the back of a head
    v = np.where(flat, place[:, 1] + 0.5, place[:, 1] / TILE_METRES)
    edge = tiles.shape[1]
    column = (u * edge).astype(np.int32) % edge
    line = ((1 - v) * edge).astype(np.int32) % edge
    color = tiles[shapes.skin[hits.shape], line, column]
    normal = hits.normal
    facing = np.clip(dot(normal, to_eye), 0, 1)
    key_color = np.array(lights.key_color, np.float32)
    direct = np.clip((dot(normal, lights.key) + 0.2) / 1.2, 0, 1) * sun
    sky = (0.62 + 0.38 * normal[:, 1]) * (0.72 + 0.28 * facing)
    color = color * (sky[:, None] * np.array(lights.ambient, np.float32) + direct[:, None] * key_color)
    half = np.add(lights.key, to_eye)
    half /= np.linalg.norm(half)
    gloss = shapes.gloss.astype(np.float32)[hits.shape]
    shine = gloss * sun * np.clip(dot(normal, half), 0, 1) ** 18
    return color + shine[:, None] * key_color


def sunlit(hits: Hits, shapes: Shapes, camera, size: tuple[int, int], lamp) -> Array:
    """The share [M] of the lamp's light that reaches the hits: a body shades itself.

    One layer as the lamp sees it stands for all; the softness hides the rest.
    """
    width, height = size
    edges = (SHADE_MAP, SHADE_MAP)
    seen = cast(one_layer(shapes, int(shapes.layer.max(initial=0)) // 2), lamp, edges, np.zeros((1, 2)))
    depth = np.full(SHADE_MAP * SHADE_MAP, np.inf, np.float32)
    depth[seen.pixel] = seen.distance
    row, column = np.divmod(hits.pixel % (width * height), width)
    scale = 1 / (camera.focal * height)
    ray = np.stack(
        [(column - (width - 1) / 2) * scale, ((height - 1) / 2 - row) * scale, np.ones(len(row))], -1
    ).astype(np.float32)
    # In the lamp's axes, up to its position: one small matrix instead of two.
    local = np.einsum("ni,ij->nj", ray * hits.distance[:, None], (camera.axes.T @ lamp.axes).astype(np.float32))
    local += (np.subtract(camera.position, lamp.position) @ lamp.axes).astype(np.float32)
    spot = local[:, :2] / local[:, 2:] * np.float32(lamp.focal * SHADE_MAP)
    grazing = 1 + dot(hits.normal, lamp.axes[:, 2])
    limit = local[:, 2] - (SHADE_BIAS[0] + (SHADE_BIAS[1] - SHADE_BIAS[0]) * grazing)
    light = np.zeros(len(row), np.float32)
    for dx, dy in ((-0.9, -0.3), (0.3, -0.9), (0.9, 0.3), (-0.3, 0.9)):
        x = np.clip(spot[:, 0] + (SHADE_MAP / 2 + dx), 0, SHADE_MAP - 1).astype(np.int32)
        y = np.clip(SHADE_MAP / 2 + dy - spot[:, 1], 0, SHADE_MAP - 1).astype(np.int32)
        light += depth[y * SHADE_MAP + x] > limit
    return light * np.float32(0.25)


def paint(
    shapes: Shapes, camera, size: tuple[int, int], shift: Array, tiles: Array, lights: Lights, lamp
) -> tuple[Array, Array]:
    """Mean over the layers: premultiplied linear RGB [H,W,3] and coverage [H,W], float32.

    camera and lamp (the key light's place) are anything with project, axes, position and focal.
    """
    width, height = size
    hits = cast(shapes, camera, size, shift)
    to_eye = camera.axes[:, 2] * -1.0
    sun = sunlit(hits, shapes, camera, size, lamp)
    color = shade(hits, shapes, tiles, lights, to_eye, sun)
    layers = len(shift)
    picture = np.zeros((layers * height * width, 4), np.float32)
    picture[hits.pixel, :3] = color
    picture[hits.pixel, 3] = 1
    picture = picture.reshape(layers, height, width, 4).mean(0)
    return picture[..., :3], picture[..., 3]
