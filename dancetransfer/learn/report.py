"""The report at the end of a training: how the score rose, and the held-out frames that came out worst."""

import json
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from dancetransfer.device import Device
from dancetransfer.errors import UserError
from dancetransfer.events import Event, Notice
from dancetransfer.footage.pairs import CHOOSE, REPORT, TRAIN, Footage, load_footage
from dancetransfer.footage.smaller import at_size
from dancetransfer.learn import report_sheet, runs
from dancetransfer.learn.batches import into_boxes
from dancetransfer.learn.course import due, read_course, read_rows
from dancetransfer.learn.dancer import Dancer, load_dancer
from dancetransfer.learn.driving import write_picture
from dancetransfer.learn.likeness import decibels, likeness_error
from dancetransfer.learn.report_sheet import Frame
from dancetransfer.learn.showing import over_crop
from dancetransfer.pose.crop import PARTS, into_crop, part_boxes
from dancetransfer.pose.labels import label_map, picture
from dancetransfer.pose.poses import Poses, person_box
from dancetransfer.project import Project
from dancetransfer.storage import fingerprint, write_text

DRAWN = 40
"""Held-out frames that are drawn, at most: stretches spread over what is held out."""
STRETCH = 10
"""Frames drawn in a row, so that the recursion is under way as in a dance."""
LONGEST = 10.0
"""Seconds after which no more are drawn."""
TELL_FRAMES = 10
SHOWN = 6
"""Worst frames that the sheet shows."""
APART = 0.4
"""Seconds between two of them: neighbors are bad together, and one is enough."""
FOOTAGE = {REPORT: "report", CHOOSE: "choose", TRAIN: "train"}


def report(project: Project, folder: Path, chosen: Device, alive: Event) -> Generator[Event, None, list[str]]:
    """Write `report.jpg` and `report.json` of a run; returns their paths, [] where there is no generator yet.

    Draws at most 40 frames of the report part (of the choose part where there is none, else of what it
    learned from) with `best.safetensors`, which takes some seconds: `alive` is yielded now and then.
    """
    best = folder / "best.safetensors"
    if not best.exists():
        return []
    footage = load_footage(project)
    dancer = load_dancer(best, chosen, footage)
    footage = at_size(footage, dancer.plan.size)  # smaller where the training had to do with less memory
    part = next(one for one in (REPORT, CHOOSE, TRAIN) if any((clip.part == one).any() for clip in footage))
    frames = []
    for frame in _drawn(dancer, footage, part):
        frames.append(frame)
        if len(frames) % TELL_FRAMES == 0:
            yield alive
    course, rows = read_course(folder), read_rows(folder)
    about: dict[str, Any] = {
        "best": fingerprint(best),
        "recipe": (runs.read_run(folder) or {}).get("recipe", ""),
        "part": FOOTAGE[part],
        "frames": len(frames),
        "steps": rows[-1]["step"] if rows else 0,
        "seconds": rows[-1]["seconds"] if rows else 0.0,
        "course": course,
        "best_step": best_step(best),
    }
    if frames:
        likeness = [one.likeness for one in frames]
        about |= {
            "likeness": round(decibels(float(np.mean(10 ** (-np.array(likeness) / 10)))), 3),
            "median": round(float(np.median(likeness)), 3),
            "worst": [_row(one) for one in worst(frames)],
        }
    write_picture(folder / "report.jpg", report_sheet.drawn(about, worst(frames)))
    write_text(folder / "report.json", json.dumps(about, indent=1))
    return [str(folder / "report.jpg"), str(folder / "report.json")]


def late_report(project: Project, folder: Path, chosen: Device, alive: Event) -> Iterator[Event]:
    """The report of a training that was stopped because it was good enough, before its best is put to use.

    Nothing where none is due. A training that is stopped answers at once and has no time for it;
    whoever uses its result has.
    """
    if not due(folder):
        return
    try:
        files = yield from report(project, folder, chosen, alive)
    except (UserError, OSError):  # clips or generator are not what they were: what reads them next says so
        return
    if files:
        yield Notice(f"How the training went, and its worst held-out frames: {files[0]}")


def worst(frames: list[Frame]) -> list[Frame]:
    """The frames least like the filmed ones, worst first, no two of one moment."""
    found: list[Frame] = []
    for one in sorted(frames, key=lambda frame: frame.likeness):
        if all(one.clip != other.clip or abs(one.seconds - other.seconds) >= APART for other in found):
            found.append(one)
    return found[:SHOWN]


def best_step(path: Path) -> int:
    """The step at which a generator was kept, as its file says; 0 where it doesn't."""
    from safetensors import safe_open

    from dancetransfer.learn.dancer import HEADER

    with safe_open(path, "pt") as file:
        return int(json.loads(file.metadata()[HEADER]).get("step", 0))


def _row(frame: Frame) -> dict[str, Any]:
    return {"clip": frame.clip, "seconds": round(frame.seconds, 3), "likeness": round(frame.likeness, 3)}


def _drawn(dancer: Dancer, footage: list[Footage], part: int) -> Iterator[Frame]:
    begun = time.monotonic()
    size = dancer.plan.size
    fitting = [clip for clip in footage if clip.crops.shape[2:0:-1] == size]  # not cut for another training since
    for clip, at in stretches(fitting, part):
        poses, boxes = clip.poses[at], clip.boxes[at]
        people = into_boxes(person_box(poses), boxes, size)
        details = _details(poses, boxes, size)
        joints = into_crop(poses, boxes, size)
        for n, (layer, _) in enumerate(dancer.layers(poses, boxes)):
            real = np.ascontiguousarray(clip.crops[at.start + n][..., :3])
            made = over_crop(clip.backdrop(at.start + n, size), layer)
            like = decibels(likeness_error(made, real, people[n])) if np.isfinite(people[n]).all() else float("nan")
            if np.isfinite(like):
                labels = picture(label_map(joints.xy[n], joints.visible[n], size))
                seen = {name: box[n] for name, box in details.items() if np.isfinite(box[n]).all()}
                yield Frame(clip.name, float(poses.time[n]), like, real, made, labels, seen)
            if time.monotonic() - begun > LONGEST:
                return


def _details(poses: Poses, boxes: np.ndarray, size: tuple[int, int]) -> dict[str, np.ndarray]:
    return {
        name: into_boxes(box, boxes, size) for name, box in zip(PARTS, part_boxes(poses).swapaxes(0, 1), strict=True)
    }


def stretches(footage: list[Footage], part: int) -> list[tuple[Footage, slice]]:
    """At most four stretches of ten frames, spread over the runs of a part (fewer runs give longer ones)."""
    held = [(clip, run) for clip in footage for run in clip.runs(part)]
    if not held:
        return []
    starts = [(clip, int(first), int(run[-1]) + 1) for clip, run in held for first in run[::STRETCH]]
    count = min(len(starts), DRAWN // STRETCH)
    chosen = [starts[n] for n in np.linspace(0, len(starts) - 1, count).round().astype(int)]
    return [(clip, slice(first, min(first + STRETCH, end))) for clip, first, end in chosen]
