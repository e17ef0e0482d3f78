"""Rooms and cameras by seed: the empty room's picture, its light, and the dancer's cast shadow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from .raycast import Lights, Shapes, one_layer

Array = np.ndarray
Point = tuple[float, float, float]
WALL_SCALE, FLOOR_SCALE = 130, 90  # texture pixels per metre
WALL_SIZE, FLOOR_SIZE = (11.0, 4.6), (11.0, 8.0)  # metres
SHADOW_SCALE, SHADOW_SIZE = 56, 4.5  # texture pixels per metre, metres

WALLS = (
    (0.80, 0.78, 0.72),
    (0.62, 0.70, 0.74),
    (0.72, 0.66, 0.58),
    (0.66, 0.72, 0.62),
    (0.78, 0.70, 0.68),
    (0.55, 0.57, 0.62),
)
FLOORS = ((0.58, 0.44, 0.31), (0.46, 0.45, 0.44), (0.66, 0.57, 0.44), (0.38, 0.30, 0.25), (0.52, 0.55, 0.57))
THINGS = (
    (0.80, 0.30, 0.22),
    (0.20, 0.42, 0.60),
    (0.90, 0.75, 0.30),
    (0.28, 0.50, 0.34),
    (0.50, 0.30, 0.52),
    (0.90, 0.88, 0.82),
    (0.18, 0.18, 0.20),
)


@dataclass(frozen=True)
class Camera:
    """A pinhole camera. Pixel centers lie at integer coordinates, (0, 0) is the top left one.

    position and aim (what the middle of the picture shows) are in world metres, roll in radians,
    focal in picture heights.
    """

    position: Point
    aim: Point
    roll: float
    focal: float

    @cached_property
    def axes(self) -> Array:
        """[3,3], the columns point right, up and forward."""
        forward = np.subtract(self.aim, self.position)
        forward /= np.linalg.norm(forward)
        right = np.cross(forward, (np.sin(self.roll), np.cos(self.roll), 0.0))
        right /= np.linalg.norm(right)
        return np.stack([right, np.cross(right, forward), forward], 1)

    def project(self, points: Array, size: tuple[int, int]) -> tuple[Array, Array]:
        """Pixels [...,2] and depth in metres [...] of world points [...,3]."""
        width, height = size
        local = (np.asarray(points, float) - self.position) @ self.axes
        depth = np.maximum(local[..., 2], 0.05)
        x = local[..., 0] / depth * self.focal * height + (width - 1) / 2
        y = -local[..., 1] / depth * self.focal * height + (height - 1) / 2
        return np.stack([x, y], -1), depth

    def matrix(self, size: tuple[int, int]) -> Array:
        """The 3x4 projection of homogeneous world points to homogeneous pixels."""
        width, height = size
        scale = self.focal * height
        inner = np.array([[scale, 0, (width - 1) / 2], [0, -scale, (height - 1) / 2], [0, 0, 1]])
        inner = inner @ self.axes.T
        return np.concatenate([inner, -(inner @ self.position)[:, None]], axis=1)


def make_camera(seed: int, stature: float, size: tuple[int, int]) -> Camera:
    """A camera that shows a dancer of this stature at 0.64 to 0.70 of the picture's height."""
    rng = np.random.default_rng([seed, 7006])
    width, height = size
    tall = min(1.0, width / height)
    share = rng.uniform(0.675, 0.695) - 0.030 * (1 - tall) / 0.44
    focal = rng.uniform(1.5, 1.95)
    distance = focal * stature / share
    position = (rng.uniform(-0.5, 0.5) * tall, rng.uniform(0.85, 1.45), distance)
    # With the feet at 0.91 of the height, raised arms stay in the picture.
    aim = (0.0, stature * (0.410 / share), 0.0)
    return Camera(position, aim, rng.uniform(-0.008, 0.008), focal)


@dataclass(frozen=True)
class Room:
    """A room of a seed: colors sRGB 0..1, `depth` metres from the stage's middle to the wall."""

    seed: int
    wall: tuple[float, float, float]
    floor: tuple[float, float, float]
    planks: bool
    paneled: bool
    depth: float
    lights: Lights

    def plate(self, camera: Camera, size: tuple[int, int]) -> Array:
        """The empty room, linear RGB float32 [H,W,3]."""
        width, height = size
        fine = 2
        big = (width * fine, height * fine)
        # Pixel centers at integers: scaling about the corner (-0.5, -0.5).
        zoom = np.array([[fine, 0, (fine - 1) / 2], [0, fine, (fine - 1) / 2], [0, 0, 1.0]])
        view = zoom @ camera.matrix(size)
        picture = np.zeros((big[1], big[0], 3), np.float32)
        wide, tall = WALL_SIZE
        wall = np.array([[1, 0, -wide / 2], [0, -1, tall], [0, 0, -self.depth], [0, 0, 1]])
        lay(picture, self._wall(), WALL_SCALE, view, wall)
        floor = np.array([[1, 0, -FLOOR_SIZE[0] / 2], [0, 0, 0], [0, 1, -self.depth], [0, 0, 1]])
        lay(picture, self._floor(), FLOOR_SCALE, view, floor)
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA) ** 2.0
        y, x = np.mgrid[0:height, 0:width].astype(np.float32)
        middle = 0.5 + 0.15 * self.lights.key[0]
        glow = np.hypot((x / width - middle) * 1.1, (y / height - 0.45) * 0.9)
        return picture * (1.06 - 0.55 * glow**2)[..., None]

    def _wall(self) -> Array:
        """The wall's texture, sRGB 0..1 float32, y down from its top."""
        rng = np.random.default_rng([self.seed, 7007])
        wide, tall = (int(side * WALL_SCALE) for side in WALL_SIZE)
        wall = np.full((tall, wide, 3), self.wall, np.float32)
        wall += grain(rng, (tall, wide), 5, 0.010) + grain(rng, (tall, wide), 120, 0.025)
        m = WALL_SCALE

        def box(x: float, y: float, w: float, h: float, color: tuple) -> None:
            x0, y0 = int(wide / 2 + x * m), int(tall - (y + h) * m)
            cv2.rectangle(wall, (x0, y0), (x0 + int(w * m), y0 + int(h * m)), color, -1)

        if self.paneled:
            box(-wide, 0, 2 * wide, 1.0, tuple(0.82 * c for c in self.wall))
            for x in np.arange(-5.2, 5.2, 0.65):
                box(x, 0.15, 0.012, 0.8, tuple(0.60 * c for c in self.wall))
            box(-wide, 1.0, 2 * wide, 0.035, tuple(min(1, 1.12 * c) for c in self.wall))
        box(-wide, 0, 2 * wide, 0.12, tuple(0.5 + 0.5 * c for c in self.wall))
        box(-wide, 0.12, 2 * wide, 0.015, tuple(0.55 * c for c in self.wall))
        spots = list(rng.permutation([-3.6, -2.3, -1.15, 1.0, 2.2, 3.5]))
        window(box, spots[0], rng)
        for x in spots[1:4]:
            poster(box, x, rng)
        shelf(box, spots[4], rng)
        box(spots[5] - 0.3, 0.0, 0.6, 0.75, (0.34, 0.25, 0.18))
        box(spots[5] - 0.27, 0.40, 0.54, 0.31, (0.45, 0.34, 0.24))
        return wall

    def _floor(self) -> Array:
        """The floor's texture, sRGB 0..1 float32, first row at the wall."""
        rng = np.random.default_rng([self.seed, 7008])
        wide, long = (int(side * FLOOR_SCALE) for side in FLOOR_SIZE)
        floor = np.full((long, wide, 3), self.floor, np.float32)
        floor += grain(rng, (long, wide), 40, 0.03)
        plank = int((0.14 if self.planks else 0.5) * FLOOR_SCALE)
        for left in range(0, wide, plank):
            start = int(rng.integers(plank))
            for top in range(start - 3 * plank, long, plank * (9 if self.planks else 1)):
                tile = floor[max(top, 0) : top + plank * (9 if self.planks else 1), left : left + plank]
                tile *= rng.uniform(0.88, 1.08) if self.planks else rng.uniform(0.95, 1.04)
                tile[:1] *= 0.8
            floor[:, left : left + 1] *= 0.72
        if self.planks:
            floor += cv2.resize(rng.normal(0, 0.03, (long // 30, wide, 1)).astype(np.float32), (wide, long))[..., None]
        return np.clip(floor, 0.02, 1)

    def lamp(self, shapes: Shapes) -> Camera:
        """The key light as a camera that looks at the shapes from afar."""
        far, span = 12.0, 2.7
        center = shapes.ends.mean((0, 1))
        place = center + far * np.array(self.lights.key)
        return Camera(tuple(place), tuple(center), 0.0, far / span)

    def shadow(self, shapes: Shapes, camera: Camera, size: tuple[int, int]) -> Array:
        """Factor 0..1 on the plate, float32 [H,W]: the soft shadow of one pose on the floor."""
        edge = int(SHADOW_SIZE * SHADOW_SCALE)
        center = shapes.ends.mean((0, 1))
        cover = np.zeros((edge, edge), np.uint8)
        light = np.array(self.lights.key)
        one = one_layer(shapes, int(shapes.layer.max()) // 2)  # too soft to show the rest
        ends, girth = one.ends, one.girth
        fall = ends - light * (ends[..., 1:2] / light[1])
        corner = np.array([center[0], center[2] - 0.6]) - SHADOW_SIZE / 2
        spots = np.round((fall[..., [0, 2]] - corner) * SHADOW_SCALE * 16).astype(int)
        thick = np.maximum(1, np.round(2 * 0.9 * girth.mean(1) * SHADOW_SCALE)).astype(int)
        for (a, b), width in zip(spots, thick, strict=True):
            cv2.line(cover, a.tolist(), b.tolist(), 255, int(width), cv2.LINE_AA, 4)
        near = cv2.GaussianBlur(cover, (0, 0), 0.035 * SHADOW_SCALE)
        far = cv2.GaussianBlur(cover, (0, 0), 0.12 * SHADOW_SCALE)
        dark = 0.5 * near.astype(np.float32) + 0.5 * far
        plane = np.array([[1 / SHADOW_SCALE, 0, corner[0]], [0, 0, 0], [0, 1 / SHADOW_SCALE, corner[1]], [0, 0, 1.0]])
        warped = cv2.warpPerspective(dark, camera.matrix(size) @ plane, size)
        return 1 - warped * (0.55 / 255)


def make_room(seed: int) -> Room:
    """The room of a seed."""
    rng = np.random.default_rng([seed, 7009])
    side = rng.uniform(0.25, 0.6) * rng.choice([-1, 1])
    key = np.array([side, 1.0, rng.uniform(0.60, 0.90)])
    warm = rng.uniform(-0.06, 0.06)
    strength = rng.uniform(0.60, 0.75)
    fill = 1.12 - strength
    lights = Lights(
        tuple(key / np.linalg.norm(key)),
        (strength * (1 + warm), strength, strength * (1 - warm)),
        (fill * (1 - warm), fill, fill * (1 + warm)),
    )
    return Room(
        seed,
        WALLS[int(rng.integers(len(WALLS)))],
        FLOORS[int(rng.integers(len(FLOORS)))],
        bool(rng.integers(2)),
        bool(rng.integers(2)),
        float(rng.uniform(1.7, 2.4)),
        lights,
    )


def lay(picture: Array, texture: Array, scale: float, view: Array, plane: Array) -> None:
    """Draws a texture (pixels per metre: scale) that lies on a plane [4,3] into the picture."""
    pixels = np.diag([1 / scale, 1 / scale, 1.0])
    matrix = view @ plane @ pixels
    size = (picture.shape[1], picture.shape[0])
    cv2.warpPerspective(texture, matrix, size, dst=picture, borderMode=cv2.BORDER_TRANSPARENT)


def grain(rng: np.random.Generator, shape: tuple[int, int], step: int, strength: float) -> Array:
    """Soft random blotches of about `step` pixels, [H,W,1] float32."""
    small = rng.normal(0, strength, (shape[0] // step + 2, shape[1] // step + 2)).astype(np.float32)
    return cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC)[..., None]


def window(box, x: float, rng: np.random.Generator) -> None:
    """A window with a frame, panes and a sill, its middle at x."""
    w, h, y = rng.uniform(0.9, 1.2), rng.uniform(1.1, 1.4), 1.1
    box(x - w / 2 - 0.06, y - 0.06, w + 0.12, h + 0.12, (0.90, 0.89, 0.86))
    box(x - w / 2, y, w, h, (0.70, 0.82, 0.92))
    box(x - w / 2, y, w, h * 0.33, (0.45, 0.56, 0.42))
    box(x - w * 0.4, y + h * 0.2, w * 0.3, h * 0.35, (0.60, 0.52, 0.47))
    box(x - 0.02, y, 0.04, h, (0.90, 0.89, 0.86))
    box(x - w / 2, y + h * 0.6, w, 0.04, (0.90, 0.89, 0.86))
    box(x - w / 2 - 0.12, y - 0.1, w + 0.24, 0.06, (0.82, 0.80, 0.76))


def poster(box, x: float, rng: np.random.Generator) -> None:
    """A framed picture of colored blocks."""
    w, h, y = rng.uniform(0.35, 0.7), rng.uniform(0.45, 0.85), rng.uniform(1.2, 1.7)
    colors = rng.permutation(len(THINGS))
    box(x - w / 2 - 0.03, y - 0.03, w + 0.06, h + 0.06, (0.16, 0.13, 0.11))
    box(x - w / 2, y, w, h, THINGS[int(colors[0])])
    for index in range(4):
        bw, bh = w * rng.uniform(0.15, 0.6), h * rng.uniform(0.1, 0.4)
        bx, by = rng.uniform(0, w - bw), rng.uniform(0, h - bh)
        box(x - w / 2 + bx, y + by, bw, bh, THINGS[int(colors[1 + index])])


def shelf(box, x: float, rng: np.random.Generator) -> None:
    """Two boards with books."""
    for y in (1.35, 1.8):
        box(x - 0.5, y, 1.0, 0.035, (0.45, 0.32, 0.21))
        left = x - 0.45
        while left < x + 0.35:
            w, h = rng.uniform(0.03, 0.08), rng.uniform(0.18, 0.30)
            box(
                left,
                y + 0.035,
                w,
                h,
                tuple(float(c) * rng.uniform(0.7, 1.05) for c in THINGS[int(rng.integers(len(THINGS)))]),
            )
            left += w + (0.15 if rng.random() < 0.15 else 0.004)
