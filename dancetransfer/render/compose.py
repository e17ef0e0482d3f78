"""The pictures of a rendered dance: person layers over the plate or on nothing, cut, scaled, at even times."""

from collections.abc import Iterator

import cv2
import numpy as np

from dancetransfer.footage.plate import composite, cut_out
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.backdrop import Backdrop
from dancetransfer.render.light import Piece, lit
from dancetransfer.render.render import read_layers, segments
from dancetransfer.render.unmix import unmixed

Shown = Iterator[tuple[float, np.ndarray]]
"""Times in seconds and RGB (or RGBA) uint8 [H,W,3] frames, in order."""


def compose(project: Project, dance: str, first: int, last: int, backdrop: Backdrop | None = None) -> Shown:
    """The pictures of frames first <= n < last over the plate or a backdrop, whole and without label."""
    if backdrop is not None:
        yield from _moved_away(project, dance, first, last, backdrop)
        return
    plate = plate_of(project)
    for time, layer, box in _layers(project, dance, first, last):
        yield time, composite(plate, layer, box)


def _moved_away(project: Project, dance: str, first: int, last: int, backdrop: Backdrop) -> Shown:
    plate = plate_of(project)
    times = Poses.load(project.dance_folder(project.dance(dance)) / "retarget.npz").time[first:last]
    behind = backdrop.pictures(times, plate.shape[1::-1])
    pieces = (
        Piece(time, _freed(layer, plate, box), box, picture)
        for (time, layer, box), picture in zip(_layers(project, dance, first, last), behind, strict=True)
    )
    for piece in lit(pieces, plate) if backdrop.blend == "poisson" else pieces:
        yield piece.time, composite(piece.behind, piece.layer, piece.box)


def compose_alone(project: Project, dance: str, first: int, last: int) -> Shown:
    """The dancer of frames first <= n < last on nothing: RGBA, not premultiplied, in the plate's size."""
    plate = plate_of(project)
    nothing = np.zeros_like(plate)
    for time, covering, box in _layers(project, dance, first, last):
        layer = _freed(covering, plate, box)
        alpha = composite(nothing, np.dstack([np.full_like(layer[..., :3], 255), layer[..., 3]]), box)[..., :1]
        yield time, _straight(composite(nothing, layer, box), alpha)


def _freed(layer: np.ndarray, plate: np.ndarray, box: np.ndarray) -> np.ndarray:
    """The layer without what is left in it of the person's background."""
    return unmixed(layer, cut_out(plate, box, (layer.shape[1], layer.shape[0])))


def has_mask(project: Project, dance: str, first: int, last: int) -> bool:
    """Whether some of a stretch's layers are see-through somewhere: those of the published method never are."""
    middle = (first + last) // 2
    return any((layer[..., 3] < 255).any() for _, layer, _ in _layers(project, dance, middle, min(last, middle + 8)))


def plate_of(project: Project) -> np.ndarray:
    """The person's background, uint8 [H,W,3]."""
    plate: np.ndarray = np.load(project.clip_folder(project.clips[0]) / "plate.npy")
    return plate


def seen(image: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A box (left, top, right, bottom, pixel edges) of RGB or RGBA uint8 [H,W,C] at `size` (width, height).

    What reaches outside is black, or nothing where there is alpha.
    """
    height, width = image.shape[:2]
    if size == (width, height) and np.allclose(box, (0, 0, width, height), atol=1e-6):
        return image
    if image.shape[2] == 4:
        alpha = image[..., 3:].astype(np.float32) / 255
        premultiplied = np.dstack([np.rint(image[..., :3] * alpha).astype(np.uint8), image[..., 3]])
        moved = _moved(premultiplied, box, size)
        return _straight(moved[..., :3], moved[..., 3:])
    return _moved(image, box, size)


def _moved(image: np.ndarray, box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    shrink = max((box[2] - box[0]) / size[0], (box[3] - box[1]) / size[1])
    fine = int(np.clip(np.ceil(shrink - 1e-6), 1, 8))  # sample finely, then average
    wide, tall = size[0] * fine, size[1] * fine
    x, y = wide / (box[2] - box[0]), tall / (box[3] - box[1])
    matrix = np.array([[x, 0, (0.5 - box[0]) * x - 0.5], [0, y, (0.5 - box[1]) * y - 0.5]])
    kind = cv2.INTER_CUBIC if shrink < 1 else cv2.INTER_LINEAR
    moved = cv2.warpAffine(image, matrix, (wide, tall), flags=kind, borderMode=cv2.BORDER_REPLICATE)
    moved = cv2.resize(moved, size, interpolation=cv2.INTER_AREA) if fine > 1 else moved
    edges = np.array([0, 0, image.shape[1], image.shape[0]])
    inside = (edges - np.tile(box[:2], 2)) * np.tile(np.asarray(size) / (box[2:] - box[:2]), 2)
    left, top, right, bottom = np.rint(inside).clip(0, np.tile(size, 2)).astype(int)
    moved[:top], moved[bottom:], moved[:, :left], moved[:, right:] = 0, 0, 0, 0
    return moved


def _straight(color: np.ndarray, alpha: np.ndarray) -> np.ndarray:
    """RGBA of color uint8 [H,W,3] that was multiplied with alpha uint8 [H,W,1]."""
    whole = color.astype(np.float32) * (255 / np.maximum(alpha, 1).astype(np.float32))
    return np.dstack([np.rint(whole).clip(0, 255).astype(np.uint8), alpha])


def _layers(project: Project, dance: str, first: int, last: int) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    folder = project.dance_folder(project.dance(dance))
    poses = Poses.load(folder / "retarget.npz")
    layers = read_layers(segments(poses, folder / "render"), first, last)
    for time, (layer, box) in zip(poses.time[first:last], layers, strict=True):
        yield float(time), layer, box


def resample(frames: Shown, fps: float, end: float) -> Shown:
    """Frames at an even rate: at each tick the picture that is shown then."""
    tick: float | None = None
    held: np.ndarray | None = None
    begin, count = 0.0, 0
    for time, image in frames:
        if held is None:
            begin = tick = time
        while held is not None and tick is not None and tick < time - 1e-9:
            yield tick, held
            count += 1
            tick = begin + count / fps
        held = image
    while held is not None and tick is not None and tick < end - 1e-9:
        yield tick, held
        count += 1
        tick = begin + count / fps
