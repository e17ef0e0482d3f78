"""What a young generator is looked at with: held-out frames that score it, a driving frame that shows it."""

from collections.abc import Callable, Sequence

import numpy as np

from dancetransfer.footage.pairs import CHOOSE, TRAIN, Footage, boxes_of
from dancetransfer.footage.plate import composite
from dancetransfer.learn.batches import into_boxes
from dancetransfer.learn.dancer import Dancer
from dancetransfer.learn.dancing import Moved
from dancetransfer.learn.driving import read_picture, shown_frame
from dancetransfer.learn.likeness import decibels, likeness_error
from dancetransfer.learn.sheet import fitted
from dancetransfer.pose.crop import PARTS, into_crop, part_boxes
from dancetransfer.pose.labels import label_map, picture
from dancetransfer.pose.poses import Poses, person_box
from dancetransfer.project import Project
from dancetransfer.recipes import Plan
from dancetransfer.sprites.sprites import Sprites

UNSEEN = -1e9
"""The score of what no frame shows."""
JUDGED = 40
"""Frames of the choose part that a score is taken over."""


class Judging:
    """The choose part of the footage, on which a generator is scored as it would dance it."""

    def __init__(self, footage: list[Footage], plan: Plan, own: Sprites | None = None) -> None:
        part = CHOOSE if any((clip.part == CHOOSE).any() for clip in footage) else TRAIN
        self.plan = plan
        self.runs: list[tuple[Footage, np.ndarray]] = []
        left = JUDGED
        runs = [(clip, run) for clip in footage for run in clip.runs(part)]
        for number, (clip, run) in enumerate(runs):
            count = max(2, left // (len(runs) - number))
            self.runs.append((clip, run[:count]))
            left -= min(count, len(run))
            if left <= 0:
                break
        self.moved = [kept(own, clip.poses[_span(run)], clip.boxes[_span(run)]) for clip, run in self.runs]

    def score(self, dancer: Dancer) -> float:
        """Likeness in dB (`learn.likeness`) over the choose part: the mean of the person's and the face's.

        A face is a fiftieth of a person and half of what is looked at. Where poses are hard and the whole body's
        likeness hardly moves (on one real clip it called 39 steps as good as 600), the face still tells.
        """
        person, face = self._score(dancer, [person_box, _box_of("face")])
        return (person + face) / 2 if face > UNSEEN else person

    def part(self, dancer: Dancer, name: str) -> float:
        """The same within the box of a face or hand (`pose.crop.PARTS`); `UNSEEN` where none is seen."""
        return self._score(dancer, [_box_of(name)])[0]

    def _score(self, dancer: Dancer, boxes_of_frames: Sequence[Callable[[Poses], np.ndarray]]) -> list[float]:
        """Likeness in dB within each kind of box: of the mean error; `UNSEEN` where there is no such box."""
        errors: list[list[float]] = [[] for _ in boxes_of_frames]
        for (clip, run), moved in zip(self.runs, self.moved, strict=True):
            part = _span(run)
            poses, boxes = clip.poses[part], clip.boxes[part]
            within = [into_boxes(box_of(poses), boxes, self.plan.size) for box_of in boxes_of_frames]
            for n, (layer, _) in enumerate(dancer.layers(poses, boxes, moved)):
                made = over_crop(clip.backdrop(part.start + n, self.plan.size), layer)
                for kind, box in enumerate(one[n] for one in within):
                    if not np.isfinite(box).all():
                        continue
                    error = likeness_error(made, clip.crops[part.start + n][..., :3], box)
                    if np.isfinite(error):
                        errors[kind].append(error)
        return [decibels(float(np.mean(found))) if found else UNSEEN for found in errors]


def kept(own: Sprites | None, poses: Poses, boxes: np.ndarray) -> Moved | None:
    """The person's `own` frames in the poses of a dance, made once for all generators that shall be looked at."""
    if own is None:
        return None
    steps = list(own.dance(poses, boxes).steps(0, len(poses)))
    return lambda start, stop: iter(steps[start:stop])


def _span(run: np.ndarray) -> slice:
    return slice(int(run[0]), int(run[-1]) + 1)


def _box_of(name: str) -> Callable[[Poses], np.ndarray]:
    """The box of a face or hand in every frame of poses."""
    return lambda poses: part_boxes(poses)[:, PARTS.index(name)]


def over_crop(plate: np.ndarray, layer: np.ndarray) -> np.ndarray:
    """A layer over a plate of its own size, uint8."""
    alpha = layer[..., 3:].astype(np.float32) / 255
    return np.rint(plate * (1 - alpha) + layer[..., :3] * alpha).astype(np.uint8)


class Driving:
    """The frames that previews show: of the newest fitted dance, or of the person's own held-out part."""

    LEAD = 4
    """Frames danced before the shown one, so that the recursion is under way."""

    def __init__(self, project: Project, footage: list[Footage], plan: Plan, own: Sprites | None = None) -> None:
        self.plate = footage[0].plate
        self.source: np.ndarray | None = None
        poses = footage[0].poses
        for dance in reversed(project.dances):
            folder = project.dance_folder(dance)
            if (folder / "retarget.npz").exists():
                poses = Poses.load(folder / "retarget.npz")
                self.source = read_picture(folder / "driving.jpg")
                break
        shown = shown_frame(poses)
        first = max(0, shown - self.LEAD)
        boxes = boxes_of(poses, plan)
        self.poses, self.boxes = poses[first : shown + 1], boxes[first : shown + 1]
        self.moved = kept(own, self.poses, self.boxes)

    def parts(self, dancer: Dancer) -> dict[str, np.ndarray]:
        """RGB uint8 pictures: "dance" (the driving frame, where there is one), its "skeleton", the newest "result"."""
        layer, box = list(dancer.layers(self.poses, self.boxes, self.moved))[-1]
        result = composite(self.plate, layer, box)
        height, width = result.shape[:2]
        frame = into_crop(self.poses, np.tile([0.0, 0.0, width, height], (len(self.poses), 1)), (width, height))
        skeleton = picture(label_map(frame.xy[-1], frame.visible[-1], (width, height)))
        shown = {"skeleton": skeleton, "result": result}
        return shown if self.source is None else {"dance": fitted(self.source, height), **shown}


class HeldOut:
    """A frame of the person that nothing is learned from, which the newest result can be laid beside."""

    def __init__(self, judging: Judging, own: Sprites | None = None) -> None:
        self.clip, run = judging.runs[0]
        first, last = int(run[0]), int(run[-1])
        shown = first + shown_frame(self.clip.poses[first : last + 1])
        self.part = slice(max(first, shown - Driving.LEAD), shown + 1)
        self.size = judging.plan.size
        self.moved = kept(own, self.clip.poses[self.part], self.clip.boxes[self.part])

    def parts(self, dancer: Dancer) -> dict[str, np.ndarray]:
        """RGB uint8 crops of the training's size: "real", the frame as filmed, and "again", danced by the generator."""
        boxes = self.clip.boxes[self.part]
        layer, _ = list(dancer.layers(self.clip.poses[self.part], boxes, self.moved))[-1]
        again = over_crop(self.clip.backdrop(self.part.stop - 1, self.size), layer)
        return {"real": np.asarray(self.clip.crops[self.part.stop - 1][..., :3]), "again": again}
