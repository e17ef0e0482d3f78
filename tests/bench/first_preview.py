"""How long from the command until something beats the nearest filmed frame: two rows of `speed.py`.

The first row takes the first preview of any kind: that by the person's own frames (sprites) comes before anything is
learned. The second takes the first preview of what is learned, which is what the training itself has to reach.

The command runs until the training has told some scores; the generator that is kept at each is laid aside and judged
when all is over, so that judging takes no time from the training. All are judged as the training judges its own, on
the report part, which neither learns from nor chooses by, and from which no sprite is cut. (On the choose part of
this person the nearest frame is nearly the same picture: it repeats a move of the training part.)
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from engine import heard, start
from material import clip
from ratios import Row, Spent

from dancetransfer import device
from dancetransfer.events import Event, Failed, Metric, Preview, Started
from dancetransfer.footage.pairs import CHOOSE, REPORT, TRAIN, Footage, load_footage, plan_of
from dancetransfer.footage.plate import cut_out
from dancetransfer.learn.dancer import load_dancer
from dancetransfer.learn.showing import Judging
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.recipes import Plan
from dancetransfer.score.lookup import Lookup
from dancetransfer.settings import TrainSettings
from dancetransfer.sprites.sprites import Sprites

SCORES, BUDGET = 16, 180
"""Scores after which the command is ended, and the training seconds that it is given, which makes one every 9."""
NEVER = float("inf")


@dataclass
class Heard:
    """What a command said, by the seconds from its start."""

    kept: dict[float, Path] = field(default_factory=dict)
    """The best generator so far, copied at each score."""
    learned: list[float] = field(default_factory=list)
    """Previews of the training."""
    sprites: float = NEVER
    """The preview by the person's own frames."""
    began: dict[str, float] = field(default_factory=dict)
    """What began when."""


def first_preview(folder: Path, chosen: str, recipe: str = "fast") -> list[Row]:
    size, target = (512, 25.0) if chosen == "cuda" else (256, 90.0)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        words = [clip(folder, "dance"), clip(folder, "person"), "--project", place / "x.dance", "-o", place / "x.mp4"]
        words += ["--recipe", recipe, "--size", size, "--budget", BUDGET, "--device", chosen]
        before = os.times()
        told = listened(words, place)
        after = os.times()
        ready, better, said = judged(place, told, TrainSettings(recipe=recipe, size=size), chosen)
    learned = next((seconds for seconds in told.learned if seconds >= better), NEVER)
    processor, rows = sum(after[:4]) - sum(before[:4]), []
    for what, seconds in (("a preview", min(ready, learned)), (f"a preview learned by {recipe}", learned)):
        row = Row(f"until {what} beats the nearest frame", "a second", target)
        row.ours, row.theirs = [Spent(seconds, processor)], [Spent(1.0, 1.0)]
        rows.append(row)
    rows[0].note = ", ".join(f"{what} at {seconds:.0f} s" for what, seconds in told.began.items())
    rows[1].note = ", ".join([*said, "previews at " + " ".join(f"{seconds:.0f}" for seconds in told.learned) + " s"])
    return rows


def listened(words: list[object], place: Path) -> Heard:
    """Run the command until it has told its scores."""
    begun, told = time.perf_counter(), Heard()
    process = start("transfer", *words, stderr=subprocess.DEVNULL)
    for event in heard(process):
        take(told, event, time.perf_counter() - begun, place)
        if len(told.kept) >= SCORES and isinstance(event, Preview):
            break
    process.kill()
    process.wait()
    return told


def take(told: Heard, event: Event, now: float, place: Path) -> None:
    if isinstance(event, Failed):
        raise SystemExit(f"{event.message} {event.hint}")
    if isinstance(event, Started):
        told.began.setdefault(event.words or event.stage, now)
    if isinstance(event, Preview) and event.stage == "train":
        told.learned.append(now)
    elif isinstance(event, Preview):
        told.sprites = min(told.sprites, now)
        told.began.setdefault("preview by sprites", now)
    if isinstance(event, Metric) and event.name == "score":
        best = next((place / "x.dance" / "person" / "runs").glob("*/best.safetensors"))
        told.kept[now] = Path(shutil.copy(best, place / f"{len(told.kept)}.safetensors"))


def judged(place: Path, told: Heard, settings: TrainSettings, chosen: str) -> tuple[float, float, list[str]]:
    """When sprites, and when the first generator that was kept, were there and better than the nearest frames.

    And what was found.
    """
    footage = load_footage(Project.open(place / "x.dance"))
    sizes = plan_of(settings, {one.name: one.poses for one in footage})
    own = Sprites(footage, TRAIN, sizes.size)
    judging = Judging([asked_for(one) for one in footage], sizes, own)
    goal, sprites = (judging.score(Shown(one)) for one in (Nearest(footage, sizes), own))  # type: ignore[arg-type]
    said = [f"nearest frames {goal:.2f} dB", f"sprites {sprites:.2f} dB at {told.sprites:.0f} s"]
    better = NEVER
    for seconds, weights in told.kept.items():
        found = judging.score(load_dancer(weights, device.choose(chosen)))
        said.append(f"{found:.2f} dB at {seconds:.0f} s")
        if found > goal:
            better = seconds
            break
    return told.sprites if sprites > goal else NEVER, better, said


def asked_for(one: Footage) -> Footage:
    """With the report part in the place of the choose part."""
    part = np.where(one.part == CHOOSE, REPORT, one.part)
    return replace(one, part=np.where(one.part == REPORT, CHOOSE, part))


class Shown:
    """Something that learned nothing, to be judged as a generator is."""

    def __init__(self, drawn: "Sprites | Nearest") -> None:
        self.drawn = drawn

    def layers(self, poses: Poses, boxes: np.ndarray, _: object = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return self.drawn.layers(poses, boxes)


class Nearest:
    """The nearest filmed frames, moved to the asked place."""

    def __init__(self, footage: list[Footage], sizes: Plan) -> None:
        self.lookup, self.plate, self.size = Lookup(footage), footage[0].plate, sizes.size

    def layers(self, poses: Poses, boxes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for xy, confidence, box in zip(poses.xy, poses.confidence, boxes, strict=True):
            picture = cut_out(self.lookup.frame(xy, confidence, self.plate, True), box, self.size)
            yield np.dstack([picture, np.full_like(picture[..., :1], 255)]), box
