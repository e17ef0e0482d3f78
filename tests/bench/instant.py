"""Sprites against the nearest filmed frame: how near the truth, how calm, how soon.

    python tests/bench/instant.py puppets --keep DIR
    python tests/bench/instant.py DANCE.mp4 PERSON.mp4 --keep DIR
    python tests/bench/instant.py seconds --keep DIR      (10 seconds of dance, 20 of the person, 512x512, 30 a second)

The first two print a table: on the puppets (seed 101) against the person truly doing the dance, by the truth's joints
and through the whole chain; else on the person's report part, which nobody else can do. Sprites are cut from the same
frames as the lookup. PNG sheets go to DIR: frames all over the dance, and those around its jumps, one after the other.
`seconds` measures the processor's and the clock's seconds of each part from the poses to the clip. What was drawn and
found once is used again.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

import cv2
import numpy as np

from dancetransfer import demo, puppets, transfer
from dancetransfer.adding import add_media
from dancetransfer.events import Event
from dancetransfer.footage.pairs import REPORT, TRAIN, boxes_of, load_footage, plan_of, prepare
from dancetransfer.footage.plate import composite
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.export import export
from dancetransfer.render.render import render
from dancetransfer.score.lookup import Lookup
from dancetransfer.score.metrics import person_boxes, pixels_in
from dancetransfer.score.score import PLACED, SPRITES, UNPLACED, Measuring
from dancetransfer.settings import ExportSettings, RenderSettings, RetargetSettings, TrainSettings
from dancetransfer.sprites.sprites import SpriteDance, Sprites
from dancetransfer.video.read import read_frames

SEED = 101
"""Of the built-in dancers; those below 100 belong to the tests."""
SHOWN = ("person_psnr", "person_ssim", "likeness", "face_likeness", "hands_likeness", "person_temporal")
TRAINING = TrainSettings(recipe="sprites")
Value = TypeVar("Value")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="+")
    parser.add_argument("--keep", type=Path, required=True)
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    if asked.what == ["seconds"]:
        seconds(asked.keep)
    elif asked.what == ["puppets"]:
        against_truth(asked.keep)
    else:
        on_report(asked.keep, *(Path(path) for path in asked.what))


# --- material ------------------------------------------------------------------------------------


def material(folder: Path, dance: Path, person: Path) -> Project:
    """The project with poses, the dance fitted, and the person's crops."""
    project = Project.open_or_create(folder / "material.dance")
    spent(add_media(project, [dance], [person]))
    spent(transfer.chain([*transfer.pose_tasks(project), *transfer.fit_tasks(project, RetargetSettings())]))
    return project


def drawn(folder: Path, shows: dict[str, puppets.Performance]) -> None:
    for name, show in shows.items():
        if not (folder / f"{name}.mp4").exists():
            for _ in demo.draw_clip(show, folder / f"{name}.mp4"):
                pass


def spent(events: Iterator[Event]) -> None:
    for _ in events:
        pass


# --- quality -------------------------------------------------------------------------------------


def against_truth(folder: Path) -> None:
    """Puppets: the same person really doing the dance."""
    drawn(folder, demo.performances(SEED))
    project = material(folder, folder / "dance.mp4", folder / "person.mp4")
    spent(prepare(project, TRAINING))
    show = demo.performances(SEED)["truth"]
    true = Poses(*show.joints(), show.times, show.size)
    truth = [frame.image for frame in read_frames(folder / "truth.mp4")]
    fitted = Poses.load(project.dance_folder(project.dances[-1]) / "retarget.npz")
    for name, poses in (("true joints", true), ("whole chain", fitted)):
        compared(folder, project, name, [(poses, truth, true)])


def on_report(folder: Path, dance: Path, person: Path) -> None:
    """The person's own report part; and the dance, looked at."""
    project = material(folder, dance, person)
    spent(prepare(project, TRAINING))
    stretches = []
    for clip, media in zip(load_footage(project), project.clips, strict=True):
        for run in clip.runs(REPORT):
            span = slice(int(run[0]), int(run[-1]) + 1)
            frames = read_frames(media.path(), int(clip.index[run[0]]), int(clip.index[run[-1]]) + 1)
            real = [clip.as_learned(n, frame.image) for n, frame in enumerate(frames, span.start)]
            stretches.append((clip.poses[span], real, clip.poses[span]))
    compared(folder, project, f"report part of {person.stem}", stretches)
    fitted = Poses.load(project.dance_folder(project.dances[-1]) / "retarget.npz")
    sheets(folder, project, f"{dance.stem}-{person.stem}", fitted, None)


def compared(folder: Path, project: Project, name: str, stretches: list[tuple[Poses, list[np.ndarray], Poses]]) -> None:
    """Rows of the table for stretches of asked poses, true frames and true poses; and the sheets."""
    footage = load_footage(project)
    plate, lookup, sprites = footage[0].plate, Lookup(footage), Sprites(footage, TRAIN)
    sizes = plan_of(TRAINING, {clip.name: clip.poses for clip in footage})
    measuring = Measuring((SPRITES, PLACED, UNPLACED))
    for poses, truth, true in stretches:

        def found(placed: bool, poses: Poses = poses) -> Iterator[np.ndarray]:
            for xy, confidence in zip(poses.xy, poses.confidence, strict=True):
                yield lookup.frame(xy, confidence, plate, placed)

        layers = sprites.layers(poses, boxes_of(poses, sizes))
        made = (composite(plate, layer, box) for layer, box in layers)
        results = {SPRITES: made, PLACED: found(True), UNPLACED: found(False)}
        for _ in measuring.stretch(results, lambda truth=truth: truth, true):
            pass
    print(f"\n{name}\n| row | " + " | ".join(SHOWN) + " |\n|---|" + "---|" * len(SHOWN))
    rows = {row: asdict(scores) for row, scores in measuring.scores().items()}
    for row, scores in rows.items():
        cells = ["" if scores[one] is None else f"{scores[one]:.3f}" for one in SHOWN]
        print(f"| {row} | " + " | ".join(cells) + " |")
    (folder / f"{name.replace(' ', '-')}.json").write_text(json.dumps(rows, indent=1), encoding="utf-8")
    if len(stretches) == 1:
        sheets(folder, project, name.replace(" ", "-"), stretches[0][0], stretches[0][1])


# --- what it looks like ---------------------------------------------------------------------------


def sheets(folder: Path, project: Project, name: str, poses: Poses, truth: list[np.ndarray] | None) -> None:
    """Eight frames of the dance: truth (where there is one), sprites, lookup; and eight in a row around two jumps."""
    footage = load_footage(project)
    sprites = Sprites(footage, TRAIN)
    sizes = plan_of(TRAINING, {clip.name: clip.poses for clip in footage})
    dance = sprites.dance(poses, boxes_of(poses, sizes))
    present = np.flatnonzero(poses.present)
    picture(
        folder / f"{name}.png", footage, dance, poses, truth, present[np.linspace(0, len(present) - 1, 8).astype(int)]
    )
    jumps = np.flatnonzero(dance.choice.jump)
    print(f"{len(jumps)} jumps in {len(poses)} frames, mirrored: {int(dance.choice.mirrored.sum())}")
    for number, at in enumerate(jumps[[len(jumps) // 3, 2 * len(jumps) // 3]] if len(jumps) > 1 else jumps):
        near = np.arange(at - 4, at + 4).clip(0, len(poses) - 1)
        picture(folder / f"{name}-jump-{number + 1}.png", footage, dance, poses, truth, near)


def picture(
    path: Path, footage: list, dance: SpriteDance, poses: Poses, truth: list[np.ndarray] | None, shown: np.ndarray
) -> None:
    plate, lookup, boxes = footage[0].plate, Lookup(footage), person_boxes(poses)
    columns = []
    for n in shown:
        (step,) = dance.steps(int(n), int(n) + 1)
        tiles = [composite(plate, step.layer, step.box), lookup.frame(poses.xy[n], poses.confidence[n], plate, True)]
        tiles = tiles if truth is None else [truth[n], *tiles]
        part = pixels_in(boxes[n], plate.shape)
        columns.append(np.vstack([cv2.resize(np.ascontiguousarray(tile[part]), (240, 400)) for tile in tiles]))
    cv2.imwrite(str(path), np.hstack(columns)[..., ::-1])


# --- seconds -------------------------------------------------------------------------------------


def seconds(folder: Path) -> None:
    """Each part by itself, then the way a user goes."""
    size = (512, 512)
    drawn(folder, {"dance": puppets.dance(SEED, size, 10.0, 30), "person": puppets.person(SEED, size, 20.0, 30)})
    project = material(folder, folder / "dance.mp4", folder / "person.mp4")
    for clip in project.clips:
        (project.clip_folder(clip) / "crops.npy").unlink(missing_ok=True)
    for file in (project.dance_folder(project.dances[-1]) / "render").glob("*"):
        file.unlink()

    def timed(name: str, work: Callable[[], Value]) -> Value:
        cpu, clock = time.process_time(), time.monotonic()
        result = work()
        used = time.process_time() - cpu, time.monotonic() - clock
        print(f"{name:28} {used[0]:6.2f} s of the processor {used[1]:6.2f} s by the clock", flush=True)
        return result

    def way() -> None:
        spent(prepare(project, TRAINING))
        spent(render(project, TRAINING, RenderSettings()))
        spent(export(project, RenderSettings(), ExportSettings(), folder / "clip.mp4"))

    timed("prepare", lambda: spent(prepare(project, TRAINING)))
    footage = load_footage(project)
    poses = Poses.load(project.dance_folder(project.dances[-1]) / "retarget.npz")
    boxes = boxes_of(poses, plan_of(TRAINING, {clip.name: clip.poses for clip in footage}))
    sprites = timed("choice: the person", lambda: Sprites(footage))
    dance = timed("choice: the dance", lambda: sprites.dance(poses, boxes))
    layers = timed("warp", lambda: [step.layer for step in dance.steps(0, len(poses))])
    plate = footage[0].plate
    timed("composite", lambda: [composite(plate, layer, box) for layer, box in zip(layers, boxes, strict=True)])
    timed("render (all but the plate)", lambda: spent(render(project, TRAINING, RenderSettings())))
    timed("export", lambda: spent(export(project, RenderSettings(), ExportSettings(), folder / "clip.mp4")))
    for clip in project.clips:
        (project.clip_folder(clip) / "crops.npy").unlink()
    for file in (project.dance_folder(project.dances[-1]) / "render").glob("*"):
        file.unlink()
    timed("everything after the poses", way)


if __name__ == "__main__":
    main()
