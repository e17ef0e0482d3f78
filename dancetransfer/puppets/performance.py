"""One filmed performance: frames, masks, true joints and sound of a body, a dance and a room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

from . import face
from .body import Body, make_body
from .choreography import Choreography, make_choreography
from .flesh import clothe, head_scale, make_tiles, surface_depth
from .raycast import Shapes, paint
from .scene import Camera, Room, make_camera, make_room
from .skeleton import Skeleton, pose, turn
from .sound import beat_track

Array = np.ndarray
# Sub-frames: each has its own moment in the shutter time and its own place in the pixel, so one
# set of samples gives motion blur and smooth edges.
PLACES = np.array([(-0.125, -0.375), (0.375, -0.125), (-0.375, 0.125), (0.125, 0.375)])
SOFTNESS = 0.55  # sigma in pixels of the lens


@dataclass(frozen=True)
class Performance:
    """A puppet's performance on film.

    size is (width, height) in pixels, fps frames per second; there are round(seconds * fps)
    frames. Equal fields give equal frames, noise included, whichever range is asked for.
    """

    body: Body
    choreography: Choreography
    room: Room
    camera: Camera
    size: tuple[int, int]
    seconds: float
    fps: float
    seed: int

    @property
    def times(self) -> Array:
        """The frames' times in seconds, float64 [T]."""
        return np.arange(round(self.seconds * self.fps)) / self.fps

    def frames(self, start: int = 0, stop: int | None = None) -> Iterator[Array]:
        """Frames start..stop-1 as uint8 RGB [H,W,3], one at a time."""
        for index in self._range(start, stop):
            yield self._frame(index)

    def masks(self, start: int = 0, stop: int | None = None) -> Iterator[Array]:
        """The dancer's masks for the same frames, uint8 [H,W], 255 inside, smooth edges."""
        for index in self._range(start, stop):
            cover = soften(self._paint(self._shapes(self.times[index]))[1])
            yield np.round(cover * 255).astype(np.uint8)

    def plate(self) -> Array:
        """The empty room without noise, uint8 RGB [H,W,3]."""
        return np.round(np.sqrt(np.clip(soften(self._plate), 0, 1)) * 255).astype(np.uint8)

    def world(self) -> Array:
        """True joints in space, float32 [T,133,3]: metres from the middle of the hips, along the camera's
        axes: right, down, away. It is what estimators call world landmarks."""
        points = whole_body(self.body, self._bones(self.times), *self._expression(self.times))
        seen = (points - self.camera.position) @ self.camera.axes * (1, -1, 1)
        return (seen - seen[:, [11, 12]].mean(1, keepdims=True)).astype(np.float32)

    def joints(self) -> tuple[Array, Array]:
        """True joints: xy float32 [T,133,2] in pixels and confidence float32 [T,133], all 1.

        COCO-WholeBody order (17 body, 6 feet, 68 face, 21 left and 21 right hand); pixel centers
        lie at integer coordinates. Hidden joints are given too.
        """
        bones = self._bones(self.times)
        points = whole_body(self.body, bones, *self._expression(self.times))
        xy = self.camera.project(points, self.size)[0].astype(np.float32)
        return xy, np.ones(xy.shape[:2], np.float32)

    def contacts(self) -> Array:
        """Whether the left and right foot stand on the floor, bool [T,2]."""
        move = self.choreography.at(self.body, self.times, self._width)
        return np.stack([move[f"{side}_foot"][:, 1] < 1e-6 for side in ("left", "right")], -1)

    def beats(self) -> Array:
        """Times of the beats in seconds."""
        return self.choreography.beats(self.seconds)

    def sound(self, rate: int = 48000) -> Array:
        """The music, float32 [round(seconds * rate), 2] within -1..1, a kick on each beat."""
        return beat_track(self.beats(), self.choreography.bpm, self.seconds, rate, self.choreography.seed)

    def _range(self, start: int, stop: int | None) -> range:
        count = len(self.times)
        if start < 0 or (stop is not None and stop > count):
            raise IndexError(f"frames {start}..{stop} asked of {count}")
        return range(start, count if stop is None else stop)

    @property
    def _width(self) -> float:
        """How much of the choreography's sideways reach fits the picture, 0..1."""
        return float(np.clip((self.size[0] / self.size[1] - 0.45) / 0.55, 0, 1))

    @cached_property
    def _plate(self) -> Array:
        return self.room.plate(self.camera, self.size)

    @cached_property
    def _tiles(self) -> Array:
        return make_tiles(self.body)

    def _bones(self, times: Array) -> Skeleton:
        return pose(self.body, self.choreography.at(self.body, times, self._width))

    def _expression(self, times: Array) -> tuple[Array, Array]:
        """Mouth 0, 0.5 or 1 and eyes shut 0 or 1 at times [T]."""
        phase = self.choreography.seed * 0.7
        wave = np.sin(1.1 * times + phase) + 0.6 * np.sin(2.3 * times + 2 * phase)
        mouth = np.round(np.clip(0.5 * wave, 0, 1) * (face.MOUTHS - 1)) / (face.MOUTHS - 1)
        return mouth, ((times + 0.37 * phase) % 3.1 < 0.13).astype(int)

    def _shapes(self, time: float) -> Shapes:
        """The dancer's shapes around a time, one layer for each sub-frame."""
        shutter = min(0.5 / self.fps, 1 / 60)
        moments = time + ((np.arange(len(PLACES)) + 0.5) / len(PLACES) - 0.5) * shutter
        expression = face.tile_number(*self._expression(np.full(len(moments), time)))
        return clothe(self.body, self._bones(moments), expression)

    def _paint(self, shapes: Shapes) -> tuple[Array, Array]:
        """Premultiplied linear color and coverage of the dancer."""
        return paint(shapes, self.camera, self.size, PLACES, self._tiles, self.room.lights, self.room.lamp(shapes))

    def _frame(self, index: int) -> Array:
        time = self.times[index]
        shapes = self._shapes(time)
        color, cover = self._paint(shapes)
        shade = self.room.shadow(shapes, self.camera, self.size)
        picture = color + self._plate * (shade * (1 - cover))[..., None]
        drift = 1 + 0.028 * np.sin(0.31 * time + self.seed) + 0.012 * np.sin(0.83 * time)
        picture = soften(picture) * np.float32(drift)
        picture = np.sqrt(np.clip(picture, 0, 1, out=picture), out=picture) * 255
        rng = np.random.default_rng([self.seed, index, 7012])
        picture += rng.standard_normal(picture.shape, np.float32) * np.float32(1.8)
        return np.clip(picture + 0.5, 0, 255).astype(np.uint8)


def soften(picture: Array) -> Array:
    """The lens' blur."""
    return cv2.GaussianBlur(picture, (3, 3), SOFTNESS)


def whole_body(body: Body, bones: Skeleton, mouth: Array, shut: Array) -> Array:
    """The 133 points in world metres [T,133,3]."""
    scale = head_scale(body)

    def on_head(points: Array) -> Array:
        return bones.head[:, None] + np.einsum("tij,...nj->tni", bones.head_frame, points * scale)

    flat = face.landmarks(mouth, shut)
    depth = surface_depth(flat.reshape(-1, 2)).reshape(flat.shape[:2])
    solid = np.concatenate([flat, depth[..., None]], -1) * scale
    faces = bones.head[:, None] + np.einsum("tij,tnj->tni", bones.head_frame, solid)
    eye = face.EYE
    spots = np.array(
        [
            [0.0, -0.150, 0.46],
            [eye[0], eye[1], 0.30],
            [-eye[0], eye[1], 0.30],
            [0.345, -0.045, -0.02],
            [-0.345, -0.045, -0.02],
        ]
    )
    pairs = [
        getattr(side, name)
        for name in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
        for side in (bones.left, bones.right)
    ]
    feet = []
    for side in (bones.left, bones.right):
        for x, z in ((-0.10, 0.70), (0.16, 0.60), (0.0, -0.26)):
            spot = (side.sign * x * body.foot, -body.ankle * 0.75, z * body.foot)
            feet.append(side.ankle + turn(side.foot, spot))
    hands = [
        np.concatenate([side.wrist[:, None], side.fingers.reshape(len(side.wrist), 20, 3)], 1)
        for side in (bones.left, bones.right)
    ]
    return np.concatenate([on_head(spots), np.stack(pairs, 1), np.stack(feet, 1), faces, *hands], axis=1)


def make_performance(
    body_seed: int, number: int, seed: int, size: tuple[int, int], seconds: float, fps: float
) -> Performance:
    """Body, room and camera of body_seed, dancing choreography `number` of `seed`."""
    body = make_body(body_seed)
    return Performance(
        body,
        make_choreography(number, seed),
        make_room(body_seed),
        make_camera(body_seed, body.stature, size),
        size,
        seconds,
        fps,
        body_seed * 10 + number,
    )


def dance(seed: int = 0, size: tuple[int, int] = (512, 512), seconds: float = 10, fps: float = 30) -> Performance:
    """Dancer A doing choreography 2."""
    return make_performance(2 * seed, 2, seed, size, seconds, fps)


def person(seed: int = 0, size: tuple[int, int] = (512, 512), seconds: float = 20, fps: float = 30) -> Performance:
    """Dancer B doing choreography 1, which never contains choreography 2."""
    return make_performance(2 * seed + 1, 1, seed, size, seconds, fps)


def truth(seed: int = 0, size: tuple[int, int] = (512, 512), seconds: float = 10, fps: float = 30) -> Performance:
    """Dancer B really doing choreography 2, in B's room before B's camera, at dance's times."""
    return make_performance(2 * seed + 1, 2, seed, size, seconds, fps)


def drawn(stretch: tuple[Performance, int, int]) -> list[np.ndarray]:
    """Frames start <= n < stop of a performance, for a worker process: it stands here, where imports are light."""
    show, start, stop = stretch
    return list(show.frames(start, stop))
