"""The person's clips as training material: crops with masks, their poses, the plate, and the split."""

from dataclasses import dataclass

import cv2
import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Progress, Started
from dancetransfer.footage import plate as plates
from dancetransfer.footage.cutting import Cut, cut_clip
from dancetransfer.footage.flicker import relit
from dancetransfer.media import Media
from dancetransfer.pose.crop import crop_aspect, follow_boxes, whole_frame_boxes
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steady import moved, read_steady, steadied, steady_key
from dancetransfer.project import Project
from dancetransfer.recipes import Plan, plan
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import Results, key

VERSION = 4
"""Raised when this stage's results change; older ones are then made again."""
FEWEST = 60
"""Usable frames below which there is nothing to learn from."""
FLICKER = 0.02
"""Part of the light that has to change for a word about it: less is in every clip that a phone films."""

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

    way: np.ndarray | None = None
    """float64 [N,2,3]: from each frame's pixels to the plate's, where the camera drifted; None: they are the same."""
    light: np.ndarray | None = None
    """float64 [N,2,3]: gain and offset per color of each frame's light, where it changed."""

    def as_learned(self, n: int, frame: np.ndarray) -> np.ndarray:
        """The filmed frame [h,w,3] of crop `n` where the plate lies and in the plate's light: what results are like."""
        if self.way is not None:
            size = self.plate.shape[1], self.plate.shape[0]
            frame = cv2.warpAffine(frame, self.way[n], size, borderMode=cv2.BORDER_REPLICATE)
        return relit(frame, None if self.light is None else self.light[n])

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

    Reads each clip's video, `track.npz`, `masks.npz` and `steady.npz`; writes `crops.npy`, `boxes.npz`,
    `plate.npy`, `plate.png` and, with a moving camera, `backs.npy` beside them. Frames in which it is
    not certain that this is the person are left out: somebody else's body would be learned. So are
    those outside the part of the clip that the project uses. UserError where too little is left.
    """
    if not project.clips:
        raise UserError("The project has no video of the person yet.", "Add one: dancetransfer add-person X.dance CLIP")
    tracks = {clip.name: Poses.load(project.clip_folder(clip) / "track.npz") for clip in project.clips}
    still = {clip.name: steadied(project.clip_folder(clip), tracks[clip.name]) for clip in project.clips}
    sizes = plan_of(settings, still)
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
    cuts = []
    for clip in todo:
        folder, track = project.clip_folder(clip), tracks[clip.name]
        camera, keep = read_steady(folder, len(track)), np.flatnonzero(learned[clip.name])
        cuts.append(Cut(clip.path(), folder, track, camera, boxes_of(still[clip.name], sizes), keep, sizes))
    total, done = sum(cut.work for cut in cuts), 0
    yield Started("prepare", total)
    for clip, cut in zip(todo, cuts, strict=True):
        for _ in cut_clip(cut):
            done += 1
            if done % 10 == 0:
                yield Progress("prepare", done, total)
        if (change := _change(cut)) > FLICKER:
            yield Notice(
                f"The light in {cut.video.name} changes by {100 * change:.0f} %. This is evened out.",
                "Nothing has to be done. Lock the camera's exposure when you film again.",
            )
        made_from = _key(project, clip, settings, sizes)
        for name in ("plate.npy", "crops.npy", "boxes.npz", *["backs.npy"] * cut.own_backs):
            Results(cut.folder).note(name, made_from)
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
            index, boxes, way, light = data["index"], data["boxes"], data.get("way", None), data.get("light", None)
        crops = np.load(folder / "crops.npy", mmap_mode="r")
        plate = np.load(folder / "plate.npy")
        results = Results(folder)
        own = results.key_of("backs.npy") is not None and results.key_of("backs.npy") == results.key_of("crops.npy")
        backs = np.load(folder / "backs.npy", mmap_mode="r") if own else None
        poses = track[index] if way is None else track[index].with_xy(moved(track.xy[index], way))
        parts = split(poses.time)
        ready.append(Footage(clip.name, crops, boxes, index, poses, plate, parts, backs, way, light))
    return ready


def _change(cut: Cut) -> float:
    """The part 0..1 by which the light of a clip that was cut changes, at half brightness."""
    with np.load(cut.folder / "boxes.npz") as data:
        light = data.get("light", None)
    return 0.0 if light is None else float(np.percentile(np.abs(light[:, 0] + light[:, 1] / 128 - 1).max(1), 98))


def _learned(project: Project, clip: Media, track: Poses) -> np.ndarray:
    """Which frames [T] of a clip are learned from."""
    start, stop = project.trim(clip) or (0.0, np.inf)
    camera = read_steady(project.clip_folder(clip), len(track))
    known = camera.sure | camera.moves  # where the camera drifts, its place has to be known
    return known & track.certain & (track.time >= start) & (track.time <= stop)


def _key(project: Project, clip: Media, settings: TrainSettings, sizes: Plan) -> str:
    made_from = Results(project.clip_folder(clip)).key_of("track.npz")
    part = project.trim(clip)
    camera = steady_key(project.clip_folder(clip))
    recipe = sizes.recipe.follow, sizes.recipe.mask
    return key("prepare", VERSION, made_from, sizes.size, recipe, camera, *([part] if part else []))


def _current(project: Project, clip: Media, settings: TrainSettings, sizes: Plan) -> bool:
    results, wanted = Results(project.clip_folder(clip)), _key(project, clip, settings, sizes)
    return all(results.current(name, wanted) for name in ("plate.npy", "crops.npy", "boxes.npz"))
