"""Settings, readers and small materials that the tests of learning share."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from dancetransfer import device
from dancetransfer.events import Notice
from dancetransfer.footage.pairs import TRAIN, Footage
from dancetransfer.footage.plate import cut_out
from dancetransfer.learn.batches import Batches
from dancetransfer.pose import poses as p
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, Plan
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import Results

SMALL = TrainSettings(recipe="fast", size=32, width=4, blocks=1, device="cpu")
EDN = replace(SMALL, recipe="edn")
CPU = device.cpu(measure=False)


def steps(count: int, settings: TrainSettings = SMALL) -> TrainSettings:
    return replace(settings, steps=count)


def budget(seconds: float) -> TrainSettings:
    return replace(SMALL, budget=seconds)


def notices(events: list[Any]) -> list[str]:
    return [event.message for event in events if isinstance(event, Notice)]


def checkpoint(run: Path, name: str = "last.pt") -> dict[str, Any]:
    """A checkpoint as anybody may read it: without running code that might hide in it."""
    content: dict[str, Any] = torch.load(run / name, weights_only=True)
    return content


def counters(run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(checkpoint(run)["counters"])
    return content


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def same(a: Any, b: Any) -> bool:
    """Equal to the last bit, through dicts, lists and tensors."""
    if isinstance(a, Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


def textured(frames: int = 60, part: int = TRAIN) -> Footage:
    """A still, textured room as one clip: the boxes move and grow, so crops differ by geometry alone.

    The nose is a white spot, and nobody is anywhere else: the plate is the frame itself.
    """
    rng = np.random.default_rng(0)
    picture = cv2.resize(
        rng.uniform(20, 200, (26, 26, 3)).astype(np.float32), (260, 260), interpolation=cv2.INTER_CUBIC
    )
    picture = picture.clip(0, 255).astype(np.uint8)
    nose = np.array([128.0, 96.0])
    cv2.circle(picture, (128, 96), 7, (255, 255, 255), -1, cv2.LINE_AA)
    xy = np.full((frames, p.JOINTS, 2), np.nan, np.float32)
    at = np.arange(frames)
    for joint, (x, y) in {
        p.NOSE: (0, 0), p.LEFT_EYE: (4, -3), p.RIGHT_EYE: (-4, -3), p.LEFT_EAR: (8, 0), p.RIGHT_EAR: (-8, 0),
        p.LEFT_SHOULDER: (20, 30), p.RIGHT_SHOULDER: (-20, 30), p.LEFT_HIP: (14, 70), p.RIGHT_HIP: (-14, 70),
    }.items():  # fmt: skip
        xy[:, joint] = nose[0] + x, nose[1] + y
    poses = Poses(xy, np.isfinite(xy[..., 0]).astype(np.float32), at / 25, (260, 260))
    corner = np.stack([40 + 1.1 * at, 20 + 0.7 * at], 1)
    boxes = np.concatenate([corner, corner + (120 + 0.9 * at)[:, None]], 1)
    size = (64, 64)
    crops = np.stack([np.dstack([cut_out(picture, box, size), np.full(size, 255, np.uint8)]) for box in boxes])
    return Footage("001", crops, boxes, at, poses, picture, np.full(frames, part, np.int8))


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def frozen(network: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def edited(project: Project, change: Callable[[np.ndarray, np.ndarray], None], clip: int = 0) -> None:
    """The person's track changed (joints and confidence, in place), as a hand edit would."""
    folder = project.clip_folder(project.clips[clip])
    track = Poses.load(folder / "track.npz")
    change(track.xy, track.confidence)
    track.save(folder / "track.npz")
    Results(folder).note("track.npz", f"edited {track.xy[..., 0].tobytes().__hash__()}")


def batches_of(footage: Footage, recipe: str = "fast", seed: int = 0) -> Batches:
    return Batches([footage], Plan(RECIPES[recipe], (64, 64), 4, 1), seed)
