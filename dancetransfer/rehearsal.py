"""A second of a built-in dancer, on which a few real steps of each kind are measured."""

import contextlib
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dancetransfer.device import Device
from dancetransfer.settings import TrainSettings

# Every heavy import stands inside a function: a doctor must be able to say that one of them fails.

FPS = 30
SIZE = (1280, 720)
"""Pixels of the videos that times are given for."""


class Studio:
    """Leave it to have its files deleted."""

    def __init__(self, settings: TrainSettings, used: Device, steps: int, estimator: str = "mediapipe") -> None:
        self.settings, self.used, self.steps, self.estimator = settings, used, steps, estimator
        self.scratch = tempfile.TemporaryDirectory()
        self._filmed: Any = None
        self._danced: Any = None

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, *_: object) -> None:
        self.scratch.cleanup()

    def filmed(self) -> tuple[list[Any], list[Any], Any, Any]:
        """Frames, masks, the plate (uint8, SIZE) and the true poses; drawn at half the size, which is quicker."""
        import cv2
        import numpy as np

        from dancetransfer.pose.poses import Poses
        from dancetransfer.puppets import person

        if self._filmed is None:
            half = person(0, (SIZE[0] // 2, SIZE[1] // 2), 1, FPS)
            count = self.steps + 2
            frames, masks = ([cv2.resize(one, SIZE) for one in film(0, count)] for film in (half.frames, half.masks))
            xy, confidence = half.joints()
            xy = (xy[:count] + 0.5) * 2 - 0.5
            poses = Poses(xy.astype(np.float32), confidence[:count], half.times[:count], SIZE)
            self._filmed = frames, masks, cv2.resize(half.plate(), SIZE), poses
        return self._filmed

    def poses(self) -> dict[str, float]:
        """Seconds per frame of the pose estimator with masks, behind its first frame."""
        from dancetransfer.extract.estimators import make

        frames, _, _, poses = self.filmed()
        with contextlib.closing(make(self.estimator, masks=True)) as estimator:
            estimator(frames[0], 0.0)
            seconds = _per_run(lambda n: estimator(frames[n], float(poses.time[n])), range(1, len(frames)))
        return {"pose_seconds": seconds}

    def moving(self) -> dict[str, float]:
        """Seconds per rendered frame of a recipe that learns nothing."""
        from dancetransfer.footage.pairs import boxes_of, plan_of
        from dancetransfer.sprites.sprites import Sprites

        poses = self.filmed()[3]
        plan = plan_of(self.settings, {"person": poses})
        boxes = boxes_of(poses, plan)
        sprites = Sprites([self._footage(plan.size, boxes)])
        drawn: list[Any] = []
        seconds = _per_run(lambda _: drawn.extend(sprites.layers(poses, boxes)), range(1))
        self._danced = drawn
        return {"render_seconds": seconds / len(poses), "crop_bytes": 4 * plan.size[0] * plan.size[1]}

    def learning(self) -> dict[str, float | None]:
        """Seconds per step of the training's body phase with opponent, and per rendered frame."""
        from dancetransfer.footage.pairs import boxes_of, plan_of
        from dancetransfer.learn import memory
        from dancetransfer.learn.resident import batches_for
        from dancetransfer.learn.thrift import Thrift
        from dancetransfer.learn.trainer import Trainer

        poses = self.filmed()[3]
        plan = plan_of(self.settings, {"person": poses})
        boxes = boxes_of(poses, plan)
        trainer = Trainer(plan, self.used, 0, None)
        footage = self._footage(plan.size, boxes)
        batches = batches_for(self.used, [footage], plan, 0)
        share = 0.75  # behind every part's entry but the face's
        trainer.step(batches, share)
        batches.waited, begun = 0.0, time.perf_counter()
        step = _per_run(lambda _: trainer.step(batches, share), range(self.steps))
        waited = batches.waited / (time.perf_counter() - begun)
        batches.close()
        dancer = trainer.dancer(share, plan.recipe.parts)
        dancer.own = batches.own
        layers = dancer.layers(poses, boxes)
        first = next(layers)
        drawn: list[Any] = [first]
        frame = _per_run(lambda _: drawn.append(next(layers)), range(len(poses) - 1))
        self._danced = drawn
        tensors = memory.training_bytes(plan, self.used.mixed, Thrift())
        return {
            "step_seconds": step,
            "waited_share": None if self.used.name == "cpu" else waited,
            "render_seconds": frame,
            "crop_bytes": 4 * plan.size[0] * plan.size[1],
            "checkpoint_bytes": _checkpoint_bytes(trainer),
            "training_bytes": memory.process_bytes(self.used, memory.OVERHEAD * tensors),
            "rendering_bytes": memory.process_bytes(self.used, memory.rendering_bytes(plan, self.used.mixed)),
        }

    def _footage(self, size: tuple[int, int], boxes: Any) -> Any:
        """The frames as training material."""
        import numpy as np

        from dancetransfer.footage.pairs import TRAIN, Footage
        from dancetransfer.footage.plate import cut_out

        frames, masks, plate, poses = self.filmed()
        crops = [
            np.dstack([cut_out(frame, box, size), cut_out(mask, box, size)])
            for frame, mask, box in zip(frames, masks, boxes, strict=True)
        ]
        part = np.full(len(frames), TRAIN, np.int8)
        return Footage("person", np.stack(crops), boxes, np.arange(len(frames)), poses, plate, part)

    def export(self) -> dict[str, float]:
        """Seconds per frame from a rendered layer to the clip, and the bytes of both on the disk."""
        from dancetransfer.footage.pairs import boxes_of, plan_of
        from dancetransfer.footage.plate import composite
        from dancetransfer.video.write import LayerWriter, Writer

        _, _, plate, poses = self.filmed()
        plan = plan_of(self.settings, {"person": poses})
        boxes = boxes_of(poses, plan)
        crops = self._footage(plan.size, boxes).crops  # the film itself: an untrained network draws noise
        clip, layer = Path(self.scratch.name) / "clip.mp4", Path(self.scratch.name) / "layer.mkv"
        begun = time.perf_counter()
        with Writer(clip, SIZE, fps=FPS) as writer:
            for n, crop in enumerate(crops):
                writer.write(composite(plate, crop, boxes[n]), n / FPS)
        seconds = (time.perf_counter() - begun) / len(crops)
        with LayerWriter(layer, plan.size, fps=FPS) as keeper:
            for n, crop in enumerate(crops):
                keeper.write(crop * (crop[..., 3:] > 0), n / FPS)
        count = len(crops)
        return {
            "export_seconds": seconds,
            "clip_bytes": clip.stat().st_size / count,
            "layer_bytes": layer.stat().st_size / count,
        }


def _per_run(run: Callable[[int], Any], numbers: range) -> float:
    """Median seconds of a run: one that another program delayed doesn't count."""
    took = []
    for number in numbers:
        begun = time.perf_counter()
        run(number)
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def _checkpoint_bytes(trainer: Any) -> float:
    """Bytes of a checkpoint: the networks' numbers, three times where an optimizer keeps two more."""
    from itertools import chain

    from dancetransfer.learn.trainer import TRAINED

    trained = chain.from_iterable(getattr(trainer, name).parameters() for name in TRAINED)
    return 4 * (3 * sum(p.numel() for p in trained) + sum(p.numel() for p in trainer.averaged.parameters()))
