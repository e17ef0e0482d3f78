"""How long from the command until a learned preview beats the nearest filmed frame: a row of `speed.py`.

The command runs until the training has told some scores; the generator that is kept at each is laid aside and judged
when all is over, so that judging takes no time from the training. Judged as the training judges its own, on the
report part, which neither learns from nor chooses by. (On the choose part of this person the nearest frame is
nearly the same picture: it repeats a move of the training part.)
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from engine import heard, start
from material import clip
from ratios import Row, Spent

from dancetransfer import device
from dancetransfer.events import Failed, Metric, Preview, Started
from dancetransfer.footage.pairs import CHOOSE, REPORT, Footage, load_footage, plan_of
from dancetransfer.footage.plate import cut_out
from dancetransfer.learn.dancer import load_dancer
from dancetransfer.learn.showing import Judging
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.recipes import Plan
from dancetransfer.score.lookup import Lookup
from dancetransfer.settings import TrainSettings

SCORES, BUDGET = 16, 180
"""Scores after which the command is ended, and the training seconds that it is given, which makes one every 9."""


def first_preview(folder: Path, chosen: str) -> Row:
    size = 512 if chosen == "cuda" else 256
    row = Row("until a learned preview beats the nearest frame", "a second", 25 if chosen == "cuda" else 90)
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        words = [clip(folder, "dance"), clip(folder, "person"), "--project", place / "x.dance", "-o", place / "x.mp4"]
        words += ["--recipe", "fast", "--size", size, "--budget", BUDGET, "--device", chosen]
        before = os.times()
        kept, previews, seen = listened(words, place)
        after = os.times()
        better, said = judged(place, kept, TrainSettings(recipe="fast", size=size), chosen)
    shown = next((seconds for seconds in previews if seconds >= better), float("inf"))
    row.ours, row.theirs = [Spent(shown, sum(after[:4]) - sum(before[:4]))], [Spent(1.0, 1.0)]
    row.note = ", ".join([*said, *(f"{what} at {seconds:.0f} s" for what, seconds in seen.items())])
    return row


def listened(words: list[object], place: Path) -> tuple[dict[float, Path], list[float], dict[str, float]]:
    """Run the command: generators by the seconds at which they were kept, previews, and when what began."""
    begun = time.perf_counter()
    kept: dict[float, Path] = {}
    previews: list[float] = []
    seen: dict[str, float] = {}
    process = start("transfer", *words, stderr=subprocess.DEVNULL)
    for event in heard(process):
        now = time.perf_counter() - begun
        if isinstance(event, Failed):
            raise SystemExit(f"{event.message} {event.hint}")
        if isinstance(event, Started):
            seen.setdefault(event.words or event.stage, now)
        if isinstance(event, Preview) and event.stage == "train":
            previews.append(now)
            if len(kept) >= SCORES:
                break
        elif isinstance(event, Preview):
            seen.setdefault("preview by sprites", now)
        if isinstance(event, Metric) and event.name == "score":
            best = next((place / "x.dance" / "person" / "runs").glob("*/best.safetensors"))
            kept[now] = Path(shutil.copy(best, place / f"{len(kept)}.safetensors"))
    process.kill()
    process.wait()
    return kept, previews, seen


def judged(place: Path, kept: dict[float, Path], settings: TrainSettings, chosen: str) -> tuple[float, list[str]]:
    """When the first generator was kept that is better than the nearest frames, and what was found."""
    footage = load_footage(Project.open(place / "x.dance"))
    sizes = plan_of(settings, {one.name: one.poses for one in footage})
    judging = Judging([asked_for(one) for one in footage], sizes)
    goal, said = judging.score(Nearest(footage, sizes)), []  # type: ignore[arg-type]
    for seconds, weights in kept.items():
        found = judging.score(load_dancer(weights, device.choose(chosen)))
        said.append(f"{found:.2f} dB at {seconds:.0f} s")
        if found > goal:
            return seconds, [f"nearest frames {goal:.2f} dB", *said]
    return float("inf"), [f"nearest frames {goal:.2f} dB", *said]


def asked_for(one: Footage) -> Footage:
    """With the report part in the place of the choose part."""
    part = np.where(one.part == CHOOSE, REPORT, one.part)
    return replace(one, part=np.where(one.part == REPORT, CHOOSE, part))


class Nearest:
    """The nearest filmed frames, moved to the asked place, as a generator would show them."""

    def __init__(self, footage: list[Footage], sizes: Plan) -> None:
        self.lookup, self.plate, self.size = Lookup(footage), footage[0].plate, sizes.size

    def layers(self, poses: Poses, boxes: np.ndarray, _: object = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for xy, confidence, box in zip(poses.xy, poses.confidence, boxes, strict=True):
            picture = cut_out(self.lookup.frame(xy, confidence, self.plate, True), box, self.size)
            yield np.dstack([picture, np.full_like(picture[..., :1], 255)]), box
