"""Clips of the built-in dancers as a shaken camera, a moving one or a flickering lamp would show them."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from dancetransfer.extract.masks import MaskWriter, read_masks
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steady import moved
from dancetransfer.project import Project
from dancetransfer.storage import Results
from dancetransfer.video.read import read_frames
from dancetransfer.video.write import Writer

ZOOM = 1.08
"""The picture is enlarged by this, so that no border comes into view."""


def camera(shift: np.ndarray, turn: np.ndarray | float = 0.0, growth: np.ndarray | float = 1.0) -> np.ndarray:
    """[T,2,3]: what a camera does to pictures of 256 x 256: pixels of shift [T,2], radians, and factors."""
    turn, growth = np.broadcast_to(turn, len(shift)), ZOOM * np.broadcast_to(growth, len(shift))
    linear = growth[:, None, None] * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]).transpose(
        2, 0, 1
    )
    middle = np.array([127.5, 127.5])
    return np.concatenate([linear, (middle - linear @ middle + shift)[..., None]], 2)


def leant(frames: int, seed: int = 0) -> np.ndarray:
    """A phone that slides by half a percent of the picture and trembles by a tenth of one."""
    rng = np.random.default_rng(seed)
    at = np.linspace(0, 1, frames)[:, None]
    slide = 0.005 * 256 * np.concatenate([np.sin(2 * at), np.cos(3 * at)], 1)
    return camera(slide + rng.normal(0, 0.001 * 256, (frames, 2)), 0.002 * np.sin(2.5 * at[:, 0]))


def filmed(
    project: Project, way: np.ndarray, look: Callable[[int, np.ndarray], np.ndarray] = lambda _, image: image
) -> None:
    """The person's clip of the project filmed anew: through `way` [T,2,3], each picture changed by `look`.

    The true joints and masks move along; what was found before of the clip is gone.
    """
    clip = project.clips[0]
    folder, video = project.clip_folder(clip), project.folder.parent / "filmed.mp4"
    count, size = len(way), (256, 256)
    with Writer(video, size, fps=25, mark=False) as writer:
        for n, frame in enumerate(read_frames(clip.path(), 0, count)):
            writer.write(look(n, _through(frame.image, way[n])), frame.time)
    track = Poses.load(folder / "track.npz")[:count]
    track = track.with_xy(moved(track.xy, way))
    for name in ("poses.npz", "cleaned.npz", "track.npz"):
        track.save(folder / name)
        Results(folder).note(name, f"filmed {way.tobytes().__hash__()}")
    masks = [_through(mask, way[n]) for n, mask in enumerate(_masks(folder / "masks.npz", count))]
    with MaskWriter(folder / "masks.npz", size) as writer_of_masks:
        for mask in masks:
            writer_of_masks.add(mask)
    project._data["clips"][0]["file"] = str(video)


def _through(image: np.ndarray, way: np.ndarray) -> np.ndarray:
    return cv2.warpAffine(image, way, (256, 256), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


def _masks(path: Path, count: int) -> list[np.ndarray]:
    with read_masks(path) as masks:
        return [masks[n] for n in range(count)]


def steadiness(path: np.ndarray, way: np.ndarray) -> np.ndarray:
    """Pixels [T] by which the corners of the room still move once a camera's way is undone by a path."""
    corners = np.array([[20.0, 20], [235, 20], [20, 235], [235, 235]])
    shown = moved(moved(np.tile(corners, (len(way), 1, 1)), way), path)
    return np.linalg.norm(shown - np.median(shown, 0), axis=-1).max(1)
