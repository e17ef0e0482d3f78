"""The person's clips as training material: crops with masks, their poses, the plate, and the split."""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Progress, Started
from dancetransfer.learn import plate as plates
from dancetransfer.learn.recipes import Plan, plan
from dancetransfer.pose.crop import crop_aspect, follow_boxes, whole_frame_boxes
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Media, Project
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import Results, atomic_path, key, write_npz

VERSION = 1
"""Raised when this stage's results change; older ones are then made again."""
FEWEST = 60
"""Usable frames below which there is nothing to learn from."""

TRAIN, CHOOSE, REPORT, GAP = 0, 1, 2, -1


@dataclass(frozen=True)
class Footage:
    """One clip of the person, ready to learn from: N frames on which the person was found."""

    name: str
    crops: np.ndarray
    """uint8 [N,H,W,4] memory map: RGB and mask of the person crop."""
    boxes: np.ndarray
    """float64 [N,4]: where each crop lies in the frame, in pixel edges."""
    index: np.ndarray
    """int [N]: number of the frame in its clip."""
    poses: Poses
    """The N frames' joints in pixels of the frame (the plate's coordinates)."""
    plate: np.ndarray
    """uint8 [h,w,3]: the background without the person."""
    part: np.ndarray
    """int8 [N]: TRAIN, CHOOSE, REPORT or GAP."""
    backs: np.ndarray | None = None
    """uint8 [N,H,W,3] memory map: what is behind each crop, where the camera moved; None: the plate."""

    def backdrop(self, n: int, size: tuple[int, int]) -> np.ndarray:
        """uint8 [H,W,3]: what is behind the person in crop `n`, at `size` (width, height)."""
        if self.backs is None:
            return plates.cut_out(self.plate, self.boxes[n], size)
        back = np.asarray(self.backs[n])
        return back if back.shape[1::-1] == size else cv2.resize(back, size, interpolation=cv2.INTER_AREA)

    def runs(self, part: int) -> list[np.ndarray]:
        """Positions of that part, as unbroken runs of neighboring frames of one shot."""
        at = np.flatnonzero(self.part == part)
        if not len(at):
            return []
        broken = (np.diff(self.index[at]) != 1) | (np.diff(self.poses.shot[at]) != 0)
        return np.split(at, np.flatnonzero(broken) + 1)


def split(times: np.ndarray) -> np.ndarray:
    """int8 [N] parts of a clip's frames: CHOOSE and REPORT blocks by turns, 1-s gaps, the rest TRAIN.

    From 6 s on there is a block of each, 8 % of the clip long but 1 to 4 s, more of them in longer
    clips; from 3 s on there is a CHOOSE block alone; below all is TRAIN.
    """
    parts = np.full(len(times), TRAIN, np.int8)
    if not len(times):
        return parts
    seconds = times[-1] - times[0]
    if seconds < 3:
        return parts
    blocks = 1 if seconds < 6 else 2 * int(np.clip(seconds // 30, 1, 4))
    length = float(np.clip(0.08 * seconds, min(1.0, seconds / 6), 4.0))
    starts = times[-1] - length - np.linspace(0, seconds - length, blocks)  # from the end
    for start in starts:
        near = (times >= start - 1) & (times <= start + length + 1)
        parts[near & (parts == TRAIN)] = GAP
    for number, start in enumerate(starts):
        parts[(times >= start) & (times <= start + length)] = CHOOSE if number % 2 == 0 else REPORT
    return parts


def prepare(project: Project, settings: TrainSettings) -> Events:
    """Stage: cut the crops of every clip and make its plate.

    Reads each clip's video, `track.npz` and `masks.npz`; writes `crops.npy`, `boxes.npz`,
    `plate.npy` and `plate.png` beside them. Frames in which it is not certain that this is the person
    are left out: somebody else's body would be learned. So are those outside the part of the clip that
    the project uses. UserError where too little is left.
    """
    from dancetransfer.extract.extract import read_masks
    from dancetransfer.video.read import read_frames

    if not project.clips:
        raise UserError("The project has no video of the person yet.", "Add one: dancetransfer add-person X.dance CLIP")
    tracks = {clip.name: Poses.load(project.clip_folder(clip) / "track.npz") for clip in project.clips}
    sizes = plan_of(settings, tracks)
    learned = {clip.name: _learned(project, clip, tracks[clip.name]) for clip in project.clips}
    usable = sum(int(frames.sum()) for frames in learned.values())
    if usable < FEWEST:
        raise UserError(
            f"The person is surely seen in only {usable} frames; at least {FEWEST} are needed.",
            "Film the person for a minute or two: whole body in the picture, fixed camera.",
        )
    todo = [clip for clip in project.clips if not _current(project, clip, settings, sizes)]
    if not todo:
        return
    total = sum(len(tracks[clip.name]) for clip in todo)
    yield Started("prepare", total)
    done = 0
    for clip in todo:
        folder, track = project.clip_folder(clip), tracks[clip.name]
        keep = np.flatnonzero(learned[clip.name])
        boxes = boxes_of(track, sizes)
        masks = read_masks(folder / "masks.npz")
        width, height = sizes.size
        clear = np.flatnonzero(track.certain | ~track.present)  # elsewhere the mask may be somebody else's
        sample = set(clear[sorted(plates.sampled(len(clear), track.size))].tolist())
        seen: list[tuple[np.ndarray, np.ndarray]] = []
        with atomic_path(folder / "crops.npy") as temporary, open(temporary, "wb") as file:
            _npy_header(file, (len(keep), height, width, 4))
            written = 0
            for frame in read_frames(clip.path(), 0, len(track)):
                mask = masks[frame.index]
                if frame.index in sample:
                    seen.append((frame.image, mask))
                if learned[clip.name][frame.index]:
                    box = boxes[frame.index]
                    color = plates.cut_out(frame.image, box, sizes.size)
                    person = _mask_crop(mask, track.size, box, sizes.size)
                    file.write(np.dstack([color, person]).tobytes())
                    written += 1
                done += 1
                if done % 10 == 0:
                    yield Progress("prepare", done, total)
            if written < len(keep):
                raise UserError(
                    f"{clip.path().name} is shorter than it was when its poses were found.",
                    "Put the same video back, or add this one as a new clip.",
                )
        plate = plates.clean_plate((one for one, _ in seen), (mask for _, mask in seen))
        del seen
        _write(folder, plate, keep, boxes[keep])
        made_from = _key(project, clip, settings, sizes)
        for name in ("plate.npy", "crops.npy", "boxes.npz"):
            Results(folder).note(name, made_from)
    if not any((one.part == REPORT).any() for one in load_footage(project)):
        yield Notice(
            "The person's video is too short to hold out a part for the final report.",
            "Scores of this person are then those of the part that also chose the best step.",
        )
    yield Done("prepare", f"{usable} frames of the person are ready.")


def plan_of(settings: TrainSettings, tracks: dict[str, Poses]) -> Plan:
    """The training's sizes, with the crop's aspect that the widest clip needs."""
    return plan(settings, max(crop_aspect(track) for track in tracks.values()))


def boxes_of(poses: Poses, sizes: Plan) -> np.ndarray:
    """float64 [T,4]: the crop of each frame as the recipe wants it."""
    aspect = sizes.size[0] / sizes.size[1]
    if sizes.recipe.follow:
        return follow_boxes(poses, aspect)
    return whole_frame_boxes(len(poses), poses.size, aspect)


def load_footage(project: Project) -> list[Footage]:
    """All clips that `prepare` has made ready; needs NumPy alone."""
    ready = []
    for clip in project.clips:
        folder = project.clip_folder(clip)
        track = Poses.load(folder / "track.npz")
        with np.load(folder / "boxes.npz") as data:
            index, boxes = data["index"], data["boxes"]
        crops = np.load(folder / "crops.npy", mmap_mode="r")
        plate = np.load(folder / "plate.npy")
        poses = track[index]
        ready.append(Footage(clip.name, crops, boxes, index, poses, plate, split(poses.time)))
    return ready


def _mask_crop(mask: np.ndarray, frame: tuple[int, int], box: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    scale = np.array([mask.shape[1] / frame[0], mask.shape[0] / frame[1]] * 2)
    inside = plates.cut_out(mask, box * scale, size)
    left, top = (-box[:2] / (box[2:] - box[:2]) * size).clip(0, size).astype(int)
    right, bottom = ((np.asarray(frame) - box[:2]) / (box[2:] - box[:2]) * size).clip(0, size).round().astype(int)
    clean = np.zeros_like(inside)  # outside the frame nobody is known to stand
    clean[top:bottom, left:right] = inside[top:bottom, left:right]
    return clean


def _npy_header(file: BinaryIO, shape: tuple[int, ...]) -> None:
    """Begin an npy file of uint8 that is written row by row: a full disk is then an error, not a crash."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _write(folder: Path, plate: np.ndarray, index: np.ndarray, boxes: np.ndarray) -> None:
    with atomic_path(folder / "plate.npy") as temporary:
        np.save(temporary, plate)
    with atomic_path(folder / "plate.png") as temporary:
        temporary.write_bytes(cv2.imencode(".png", plate[..., ::-1])[1].tobytes())
    write_npz(folder / "boxes.npz", index=index, boxes=boxes)


def _learned(project: Project, clip: Media, track: Poses) -> np.ndarray:
    """Which frames [T] of a clip are learned from."""
    start, stop = project.trim(clip) or (0.0, np.inf)
    return track.certain & (track.time >= start) & (track.time <= stop)


def _key(project: Project, clip: Media, settings: TrainSettings, sizes: Plan) -> str:
    made_from = Results(project.clip_folder(clip)).key_of("track.npz")
    part = project.trim(clip)
    return key("prepare", VERSION, made_from, sizes.size, sizes.recipe.follow, *([part] if part else []))


def _current(project: Project, clip: Media, settings: TrainSettings, sizes: Plan) -> bool:
    results, wanted = Results(project.clip_folder(clip)), _key(project, clip, settings, sizes)
    return all(results.current(name, wanted) for name in ("plate.npy", "crops.npy", "boxes.npz"))
