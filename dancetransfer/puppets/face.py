"""A puppet's face: where its 68 points lie and the picture of it that is laid on the head.

Face units: one is the head's height from chin to vertex; x to the subject's left, y up, the
middle of the head is the origin.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from .body import Body

Array = np.ndarray
TILE = 256  # pixels of the face picture
HALF = 0.56  # face units from its middle to its edge
MOUTHS, BLINKS = 3, 2  # pictures are made for each mouth opening and for open and shut eyes
EYE = (0.148, -0.005)
MOUTH_Y = -0.288


def landmarks(mouth: Array, shut: Array) -> Array:
    """The 68 points (iBUG order) in face units [T,68,2]; mouth 0..1 open, shut 0 or 1, both [T]."""
    mouth, shut = np.broadcast_arrays(np.asarray(mouth, float), np.asarray(shut, float))
    out = np.zeros((*mouth.shape, 68, 2))
    jaw = np.array(
        [
            [-0.315, 0.0],
            [-0.290, -0.09],
            [-0.264, -0.17],
            [-0.240, -0.25],
            [-0.213, -0.33],
            [-0.178, -0.40],
            [-0.130, -0.45],
            [-0.068, -0.482],
            [0.0, -0.492],
        ]
    )
    out[..., 0:17, :] = np.concatenate([jaw, (jaw[:-1] * [-1, 1])[::-1]])
    brow = np.array([[-0.255, 0.080], [-0.215, 0.112], [-0.165, 0.120], [-0.112, 0.110], [-0.065, 0.096]])
    out[..., 17:22, :] = brow
    out[..., 22:27, :] = (brow * [-1, 1])[::-1]
    out[..., 27:31, 1] = [0.012, -0.042, -0.096, -0.150]
    out[..., 31:36, :] = [[-0.062, -0.185], [-0.032, -0.198], [0, -0.205], [0.032, -0.198], [0.062, -0.185]]
    lids = 0.030 * (1 - 0.85 * shut)[..., None]
    for start, side in ((36, -1), (42, 1)):
        x = np.array([-0.068, -0.024, 0.024, 0.068, 0.024, -0.024]) + side * EYE[0]
        out[..., start : start + 6, 0] = x
        out[..., start : start + 6, 1] = EYE[1] - 0.004
        out[..., start + 1 : start + 3, 1] = EYE[1] + lids
        out[..., start + 4 : start + 6, 1] = EYE[1] - 0.8 * lids
    lip = np.array(
        [
            [-0.120, 0.013],
            [-0.075, 0.026],
            [-0.025, 0.038],
            [0, 0.032],
            [0.025, 0.038],
            [0.075, 0.026],
            [0.120, 0.013],
            [0.075, -0.036],
            [0.030, -0.052],
            [0, -0.054],
            [-0.030, -0.052],
            [-0.075, -0.036],
        ]
    )
    inner = np.array(
        [
            [-0.105, 0.011],
            [-0.035, 0.006],
            [0, 0.004],
            [0.035, 0.006],
            [0.105, 0.011],
            [0.035, -0.004],
            [0, -0.005],
            [-0.035, -0.004],
        ]
    )
    out[..., 48:60, :] = lip + np.array([0, MOUTH_Y])
    out[..., 60:68, :] = inner + np.array([0, MOUTH_Y])
    drop = 0.055 * mouth[..., None]
    out[..., 55:60, 1] -= drop
    out[..., 65:68, 1] -= drop
    out[..., 7:10, 1] -= 0.15 * drop
    return out


def tile_number(mouth: Array, shut: Array) -> Array:
    """Which face picture shows this expression."""
    level = np.round(np.asarray(mouth) * (MOUTHS - 1)).astype(int)
    return level * BLINKS + np.asarray(shut).astype(int)


def face_tiles(body: Body) -> list[Array]:
    """The face pictures in the order of tile_number, sRGB 0..1 float32 [TILE,TILE,3]."""
    return [face_tile(body, mouth / (MOUTHS - 1), shut) for mouth in range(MOUTHS) for shut in range(BLINKS)]


class Canvas:
    """A picture in face units with soft brushes."""

    def __init__(self, color: tuple[float, float, float]) -> None:
        self.picture = np.full((TILE, TILE, 3), color, np.float32)

    def pixels(self, points: ArrayLike) -> Array:
        """Face units to tile pixels, times 16 for OpenCV's sub-pixel drawing."""
        spots = np.atleast_2d(np.asarray(points, float))
        flipped = np.stack([spots[:, 0] + HALF, HALF - spots[:, 1]], -1)
        return np.round(flipped * (TILE / (2 * HALF)) * 16).astype(np.int32)

    def blend(self, mask: Array, color: tuple, alpha: float, blur: float) -> None:
        """Lays color where the mask is, blurred by `blur` face units."""
        if blur > 0:
            mask = cv2.GaussianBlur(mask, (0, 0), blur * TILE / (2 * HALF))
        weight = (mask * (alpha / 255))[..., None]
        self.picture += weight * (np.asarray(color, np.float32) - self.picture)

    def area(self, points: ArrayLike, color: tuple, alpha: float = 1.0, blur: float = 0.0) -> None:
        """A filled polygon."""
        mask = np.zeros((TILE, TILE), np.float32)
        cv2.fillPoly(mask, [self.pixels(points)], 255, cv2.LINE_AA, 4)
        self.blend(mask, color, alpha, blur)

    def spot(
        self, center: tuple, radii: tuple, color: tuple, alpha: float = 1.0, blur: float = 0.0, angle: float = 0.0
    ) -> None:
        """A filled ellipse, both sides alike where center's x is not zero."""
        turn = np.linspace(0, 2 * np.pi, 40)
        ring = np.stack([radii[0] * np.cos(turn), radii[1] * np.sin(turn)], -1)
        c, s = np.cos(np.radians(angle)), np.sin(np.radians(angle))
        ring = ring @ np.array([[c, s], [-s, c]]) + center
        self.area(ring, color, alpha, blur)
        if center[0] != 0:
            self.area(ring * [-1, 1], color, alpha, blur)

    def line(self, points: ArrayLike, width: float, color: tuple, alpha: float = 1.0, blur: float = 0.0) -> None:
        """An open stroke of a width in face units."""
        mask = np.zeros((TILE, TILE), np.float32)
        thick = max(1, round(width * TILE / (2 * HALF)))
        cv2.polylines(mask, [self.pixels(points)], False, 255, thick, cv2.LINE_AA, 4)
        self.blend(mask, color, alpha, blur)


def tint(color: tuple, factor: float, red: float = 0.0) -> tuple:
    """The color, darker or lighter, and redder."""
    return tuple(float(np.clip(c * factor + r * red, 0, 1)) for c, r in zip(color, (1.0, -0.2, -0.3), strict=True))


def curve(points: Array, count: int = 30) -> Array:
    """A smooth stroke through a few points (a polynomial in x)."""
    points = np.asarray(points, float)
    x = np.linspace(points[0, 0], points[-1, 0], count)
    fit = np.polyfit(points[:, 0], points[:, 1], min(3, len(points) - 1))
    return np.stack([x, np.polyval(fit, x)], -1)


def face_tile(body: Body, mouth: float, shut: int) -> Array:
    """One face picture: skin with painted relief, features, hair line."""
    canvas = Canvas(body.skin)
    points = landmarks(np.array(mouth), np.array(shut))
    paint_relief(canvas, body)
    for start, side in ((36, -1), (42, 1)):
        paint_eye(canvas, body, points[start : start + 6], side, bool(shut))
    for start in (17, 22):
        paint_brow(canvas, body, points[start : start + 5])
    paint_mouth(canvas, body, points, mouth)
    paint_hair_line(canvas, body)
    return np.clip(canvas.picture, 0.01, 1)


def paint_relief(canvas: Canvas, body: Body) -> None:
    """Light and dark that the bones and the soft parts of a face make."""
    skin = body.skin
    dark, light = tint(skin, 0.60, 0.04), tint(skin, 1.14)
    canvas.spot((0.31, -0.12), (0.05, 0.30), dark, 0.55, 0.035)
    canvas.spot((0.20, -0.40), (0.12, 0.04), dark, 0.45, 0.03, 35)
    canvas.spot((0.0, 0.20), (0.17, 0.09), light, 0.45, 0.05)
    canvas.spot((0.17, -0.13), (0.075, 0.05), light, 0.50, 0.03)
    canvas.spot((0.19, -0.16), (0.07, 0.05), tint(skin, 0.98, 0.10), 0.40, 0.03)
    canvas.spot((0.145, 0.018), (0.095, 0.050), dark, 0.55, 0.022)  # eye sockets
    canvas.spot((0.062, 0.015), (0.022, 0.055), dark, 0.35, 0.016)  # sides of the nose's root
    canvas.spot((0.150, -0.062), (0.070, 0.012), dark, 0.30, 0.012)  # under the eyes
    canvas.spot((0.045, -0.085), (0.014, 0.075), dark, 0.45, 0.014)
    canvas.spot((0.0, -0.06), (0.020, 0.10), light, 0.75, 0.012)
    canvas.spot((0.0, -0.155), (0.036, 0.030), light, 0.70, 0.014)
    canvas.spot((0.058, -0.165), (0.022, 0.026), tint(skin, 0.88, 0.05), 0.6, 0.008)
    canvas.spot((0.0, -0.208), (0.070, 0.014), dark, 0.75, 0.010)
    canvas.spot((0.031, -0.193), (0.019, 0.010), tint(skin, 0.25, 0.05), 0.9, 0.004, 12)
    canvas.line([(0.075, -0.17), (0.105, -0.22), (0.130, -0.27)], 0.012, dark, 0.45, 0.010)
    canvas.line([(-0.075, -0.17), (-0.105, -0.22), (-0.130, -0.27)], 0.012, dark, 0.45, 0.010)
    canvas.spot((0.0, -0.232), (0.016, 0.018), dark, 0.40, 0.010)
    canvas.spot((0.0, -0.362), (0.070, 0.014), dark, 0.65, 0.014)  # under the lower lip
    canvas.spot((0.0, -0.425), (0.070, 0.040), light, 0.50, 0.022)
    canvas.spot((0.0, -0.505), (0.15, 0.030), dark, 0.60, 0.022)


def paint_eye(canvas: Canvas, body: Body, lids: Array, side: int, shut: bool) -> None:
    """One eye from its six points, with iris, lashes and crease."""
    upper, lower = curve(lids[:4]), curve(lids[[0, 5, 4, 3]])
    lash = tint(body.hair, 0.35)
    if shut:
        canvas.line(lower, 0.014, lash, 0.95, 0.002)
        return
    rim = np.concatenate([upper, lower[::-1]])
    canvas.area(rim, (0.93, 0.91, 0.89))
    inside = np.zeros((TILE, TILE), np.float32)
    cv2.fillPoly(inside, [canvas.pixels(rim)], 255, cv2.LINE_AA, 4)
    before = canvas.picture.copy()
    x, y = side * EYE[0], EYE[1] + 0.002
    turn = np.linspace(0, 2 * np.pi, 40)
    ring = np.stack([np.cos(turn), np.sin(turn)], -1)
    canvas.area(ring * 0.031 + (x, y), tint(body.eyes, 0.55))
    canvas.area(ring * 0.026 + (x, y), body.eyes)
    canvas.area(ring * 0.013 + (x, y), (0.03, 0.03, 0.03))
    canvas.area(ring * 0.006 + (x + 0.011, y + 0.011), (1, 1, 1))
    canvas.line(upper - (0, 0.006), 0.014, (0.25, 0.20, 0.18), 0.5, 0.004)
    weight = inside[..., None] / 255
    canvas.picture = before + weight * (canvas.picture - before)
    canvas.line(upper, 0.013 if body.female else 0.010, lash, 0.95, 0.0015)
    canvas.line(lower, 0.005, tint(body.skin, 0.45, 0.05), 0.75, 0.002)
    canvas.line(upper - (0, -0.022), 0.006, tint(body.skin, 0.5), 0.6, 0.004)


def paint_brow(canvas: Canvas, body: Body, points: Array) -> None:
    """A tapered brow through its five points."""
    color = tint(body.hair, 0.75)
    stroke = curve(points)
    canvas.line(stroke, 0.022 if body.female else 0.032, color, 0.80, 0.006)
    canvas.line(stroke[4:-2], 0.018, color, 0.7, 0.004)


def paint_mouth(canvas: Canvas, body: Body, points: Array, mouth: float) -> None:
    """Lips from the outer and inner points; teeth and the dark behind them where it is open."""
    lips = tuple(0.62 * a + 0.38 * b for a, b in zip(body.lips, body.skin, strict=True))
    upper = np.concatenate([points[48:55], points[60:65][::-1]])
    canvas.area(np.concatenate([points[48:60]]), lips, 0.9, 0.004)
    canvas.area(upper, tint(lips, 0.82), 0.9, 0.003)
    canvas.spot((0, float(points[57, 1]) + 0.022), (0.05, 0.012), tint(lips, 1.2), 0.6, 0.010)
    inner = points[60:68]
    canvas.area(inner, (0.16, 0.05, 0.05), 1.0, 0.002)
    if mouth > 0.25:
        drop = 0.45 * (points[62, 1] - points[66, 1])
        teeth = np.concatenate([points[60:65], points[60:65][::-1] - (0, drop)])
        teeth[:, 0] *= 0.88
        canvas.area(teeth, (0.90, 0.88, 0.84), 0.95, 0.002)
    line = np.concatenate([points[48:49], points[60:65], points[54:55]])
    canvas.line(line, 0.009, (0.28, 0.10, 0.09), 0.85, 0.003)


def paint_hair_line(canvas: Canvas, body: Body) -> None:
    """Hair at the forehead's edge and the temples, where the modeled hair begins."""
    top = [
        (-0.56, 0.56),
        (0.56, 0.56),
        (0.56, -0.02),
        (0.325, -0.02),
        (0.300, 0.10),
        (0.265, 0.22),
        (0.19, 0.31),
        (0.06, 0.345),
        (-0.10, 0.335),
        (-0.20, 0.30),
        (-0.265, 0.22),
        (-0.300, 0.10),
        (-0.325, -0.02),
        (-0.56, -0.02),
    ]
    canvas.area(top, body.hair, 1.0, 0.008)
    canvas.area(top, tint(body.hair, 0.6), 0.35, 0.03)
