"""One clip of the person cut into crops, with its plate: the light evened out, the camera's drift taken out."""

from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from dancetransfer.ahead import ahead, side_by_side
from dancetransfer.errors import UserError
from dancetransfer.footage import mattes
from dancetransfer.footage import plate as plates
from dancetransfer.footage.flicker import Light, relit
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steady import STILL, Steady, rescaled
from dancetransfer.recipes import Plan
from dancetransfer.storage import atomic_path, write_npz

FILLED = 0.015
"""Heights of the crop around the segmentation that are filled where a backdrop is made from the frame itself."""
PROBED = 12
"""Crops from which the noise of a clip is told."""


@dataclass(frozen=True)
class Cut:
    """What is to be cut from a clip of T frames."""

    video: Path
    folder: Path
    track: Poses
    """As filmed."""
    steady: Steady
    boxes: np.ndarray
    """float64 [T,4], in pixels of the plate."""
    keep: np.ndarray
    """int [N]: the frames that are learned from."""
    sizes: Plan

    @property
    def layered(self) -> bool:
        """The person is learned as a layer over the plate; else whole frames are, as they were filmed."""
        return self.sizes.recipe.mask

    @property
    def own_backs(self) -> bool:
        """Each crop has its own backdrop."""
        return self.layered and self.steady.moves

    @property
    def work(self) -> int:
        """How many times `cut_clip` yields."""
        return len(self.track) + (len(self.keep) if self.layered else 0)


def cut_clip(cut: Cut) -> Iterator[None]:
    """Write crops.npy, boxes.npz, plate.npy, plate.png and, with a moving camera, backs.npy of a clip.

    Yields `cut.work` times, evenly. UserError where the video is shorter than its track.
    """
    own = atomic_path(cut.folder / "backs.npy") if cut.own_backs else nullcontext(None)
    with atomic_path(cut.folder / "crops.npy") as temporary, own as backs, open(temporary, "w+b") as file:
        _npy_header(file, (len(cut.keep), *cut.sizes.size[::-1], 4))
        start = file.tell()
        light = Light(cut.track.size)
        seen: list[tuple[int, np.ndarray, np.ndarray]] = []
        yield from _read(cut, file, backs, light, seen)
        lights = light.result(cut.track.time) if cut.layered and not cut.steady.moves else None
        plate, holes = _plate(cut, seen, lights)
        seen.clear()
        if cut.layered:
            yield from _refined(cut, file, start, plate, holes, lights)
    if not cut.own_backs:
        (cut.folder / "backs.npy").unlink(missing_ok=True)
    _write(cut, plate, lights)


def _read(
    cut: Cut, file: BinaryIO, backs: Path | None, light: Light, seen: list[tuple[int, np.ndarray, np.ndarray]]
) -> Iterator[None]:
    """The one way through the video: the crops as they come, frames for the plate, and the light."""
    from dancetransfer.extract.extract import read_masks
    from dancetransfer.video.read import read_frames

    sample, size, wanted = _sampled(cut), cut.sizes.size, set(cut.keep.tolist())
    path, written = cut.steady.into_plate(slice(None)), 0
    with read_masks(cut.folder / "masks.npz") as masks, ExitStack() as open_files:
        behind = open_files.enter_context(open(backs, "wb")) if backs is not None else None
        if behind is not None:
            _npy_header(behind, (len(cut.keep), *size[::-1], 3))
        both = ((frame, masks[frame.index]) for frame in read_frames(cut.video, 0, len(cut.track)))
        for frame, mask in open_files.enter_context(closing(ahead(both))):  # type: ignore[type-var]
            way = None if path is None else path[frame.index]
            if cut.layered and not cut.steady.moves:
                light.look(frame.image, mask, way)
            if frame.index in sample:
                seen.append((frame.index, frame.image, mask))
            if frame.index in wanted:
                box = cut.boxes[frame.index]
                color = plates.cut_out(frame.image, box, size, way)
                person = _mask_crop(mask, cut.track.size, box, size, way)
                file.write(np.dstack([color, person]).tobytes())
                if behind is not None:
                    behind.write(mattes.filled(color, mattes.grown(person > 32, FILLED * size[1])).tobytes())
                written += 1
            yield
    if written < len(cut.keep):
        raise UserError(
            f"{cut.video.name} is shorter than it was when its poses were found.",
            "Put the same video back, or add this one as a new clip.",
        )


def _sampled(cut: Cut) -> set[int]:
    """Frames for the plate: all over the clip, or in the steadiest second of a moving camera."""
    clear = cut.track.certain | ~cut.track.present  # elsewhere the mask may be somebody else's
    known = clear & cut.steady.sure
    if cut.steady.moves:
        first, stop = cut.steady.calm
        near = np.zeros_like(known)
        near[first:stop] = True
        known = known & near if (known & near).any() else near
    at = np.flatnonzero(known if known.any() else clear)
    return set(at[sorted(plates.sampled(len(at), cut.track.size))].tolist())


def _plate(
    cut: Cut, seen: list[tuple[int, np.ndarray, np.ndarray]], lights: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """The plate and its holes, from the sampled frames in one light and one place."""
    paths = cut.steady.path if cut.steady.verdict != STILL else None
    frames, masks = [], []
    for number, image, mask in seen:
        image = relit(image, None if lights is None else lights[number])
        if paths is not None:
            whole = cv2.resize(mask, cut.track.size, interpolation=cv2.INTER_LINEAR)
            image = cv2.warpAffine(image, paths[number], cut.track.size, borderMode=cv2.BORDER_REPLICATE)
            mask = cv2.warpAffine(whole, paths[number], cut.track.size, borderValue=255)  # outside nothing is known
        frames.append(image)
        masks.append(mask)
    seen.clear()
    return plates.plate_and_holes(frames, masks)


def _refined(
    cut: Cut, file: BinaryIO, start: int, plate: np.ndarray, holes: np.ndarray, lights: np.ndarray | None
) -> Iterator[None]:
    """The crops that were written, once more: in one light, and with their mattes."""
    width, height = cut.sizes.size
    length = width * height * 4

    path = cut.steady.into_plate(cut.keep)
    filmed = np.full(cut.track.size[::-1], 255, np.uint8)

    def pixels(position: int) -> tuple[int, np.ndarray]:
        file.seek(start + position * length)
        return position, np.frombuffer(file.read(length), np.uint8).reshape(height, width, 4)

    def crop(position: int, pixels: np.ndarray) -> tuple[np.ndarray, ...]:
        """Color in the usual light and segmentation of a crop, what is behind it, and where it was filmed."""
        number = cut.keep[position]
        box, way = cut.boxes[number], None if path is None else path[position]
        behind = plates.cut_out(plate, box, cut.sizes.size)
        inside = plates.cut_out(filmed, box, cut.sizes.size, way, cv2.BORDER_CONSTANT) > 127
        color = relit(pixels[..., :3], None if lights is None else lights[number])
        if not cut.own_backs:
            color = np.where(inside[..., None], color, behind)
        return color, pixels[..., 3], behind, inside

    def refined(read: tuple[int, np.ndarray]) -> bytes:
        color, person, behind, inside = crop(*read)
        if cut.own_backs:
            known = np.zeros(person.shape, bool)
        else:
            known = plates.cut_out(unseen, cut.boxes[cut.keep[read[0]]], cut.sizes.size) == 0
        matte = mattes.matte(color, behind, person, known, noise) * inside
        return np.dstack([color, matte]).tobytes()

    probes = np.linspace(0, len(cut.keep) - 1, min(PROBED, len(cut.keep))).astype(int)
    noise = 0.0 if cut.own_backs else float(np.median([mattes.noise_of(*crop(*pixels(n))) for n in probes]))
    unseen = holes.astype(np.uint8)
    with closing(side_by_side(refined, map(pixels, range(len(cut.keep))))) as done:  # type: ignore[type-var]
        for position, content in enumerate(done):
            file.seek(start + position * length)
            file.write(content)
            yield


def _mask_crop(
    mask: np.ndarray, frame: tuple[int, int], box: np.ndarray, size: tuple[int, int], path: np.ndarray | None
) -> np.ndarray:
    scale = np.array([mask.shape[1] / frame[0], mask.shape[0] / frame[1]])
    inside_mask = box * np.tile(scale, 2)
    if path is not None:  # outside the frame nobody is known to stand
        return plates.cut_out(mask, inside_mask, size, rescaled(path, scale), cv2.BORDER_CONSTANT)
    inside = plates.cut_out(mask, inside_mask, size)
    left, top = (-box[:2] / (box[2:] - box[:2]) * size).clip(0, size).astype(int)
    right, bottom = ((np.asarray(frame) - box[:2]) / (box[2:] - box[:2]) * size).clip(0, size).round().astype(int)
    clean = np.zeros_like(inside)
    clean[top:bottom, left:right] = inside[top:bottom, left:right]
    return clean


def _npy_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Begin an npy file of uint8 that is written row by row: a full disk is then an error, not a crash."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _write(cut: Cut, plate: np.ndarray, lights: np.ndarray | None) -> None:
    with atomic_path(cut.folder / "plate.npy") as temporary:
        np.save(temporary, plate)
    with atomic_path(cut.folder / "plate.png") as temporary:
        temporary.write_bytes(cv2.imencode(".png", plate[..., ::-1])[1].tobytes())
    path = cut.steady.into_plate(cut.keep)
    more = {} if path is None else {"way": path}
    if lights is not None:
        more["light"] = lights[cut.keep]
    write_npz(cut.folder / "boxes.npz", index=cut.keep, boxes=cut.boxes[cut.keep], **more)
