"""Recipes side by side on one person: equal seconds, equal steps, one part taken out, drift, and another's dance.

    PYTHONPATH=tests python tests/bench/picture.py prepare PERSON.mp4 --keep DIR     (or: prepare puppets)
    ... picture.py train ROW [ROW ...] --keep DIR [--seconds 240 | --steps 60] [--seed 0]
    ... picture.py table --keep DIR [--steps 60]
    ... picture.py drift --keep DIR         (puppets; after training `best`)
    ... picture.py sheet --keep DIR         (real and made frames, faces and hands at full size, as PNG)

ROW is a recipe, a recipe with `-same` behind it (narrowed to about the forward operations of best), or a recipe with
parts changed: `best:augmented=false,clip=[]` (in capitals: a constant of learn.batches, `best:JITTER=0`). The seconds
are those the processor spends on it, so that what else runs changes little. Each training appends a line to
DIR/rows.jsonl, from which `table` makes mean and spread over seeds. Run one `train` for each core,
each with OMP_NUM_THREADS=1. Scores are those of the person's report part, which nothing is learned from; with puppets,
beside it, those against the person truly doing the dance, driven by the truth's joints and through the whole chain.
"""

import argparse
import json
import shutil
import statistics
import time
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from dancetransfer import demo, device, recipes, transfer
from dancetransfer.adding import add_media
from dancetransfer.events import Done, Event, Notice
from dancetransfer.footage.pairs import REPORT, boxes_of, load_footage, plan_of, prepare
from dancetransfer.footage.plate import composite
from dancetransfer.learn import batches, runs
from dancetransfer.learn.dancer import LABELS, Dancer, generator_of, load_dancer, state_channels
from dancetransfer.learn.train import train
from dancetransfer.pose.crop import PARTS, part_boxes
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.score.metrics import person_boxes, pixels_in, psnr_of, squared_error
from dancetransfer.score.perceptual import Likeness
from dancetransfer.score.score import RENDERED, against_truth, held_out
from dancetransfer.settings import NOTHING, RetargetSettings, TrainSettings
from dancetransfer.video.read import read_frames

SEED = 101
"""Of the built-in dancers; those below 100 belong to the tests."""
SHOWN = ("person_psnr", "person_ssim", "likeness", "face_psnr", "face_ssim", "face_likeness", "hands_likeness",
         "person_temporal", "background", "off_plate")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("do", choices=("prepare", "train", "table", "drift", "sheet"))
    parser.add_argument("what", nargs="*")
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--steps", type=int)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    asked.keep.mkdir(parents=True, exist_ok=True)
    {"prepare": ready, "train": rows, "table": table, "drift": drift, "sheet": sheet}[asked.do](asked)


# --- material ------------------------------------------------------------------------------------


def ready(asked: argparse.Namespace) -> None:
    """The person's clip with poses and masks, once for all rows; puppets with the dance fitted to them."""
    folder = asked.keep
    if asked.what == ["puppets"]:
        for name, show in demo.performances(SEED).items():
            if not (folder / f"{name}.mp4").exists():
                for _ in demo.draw_clip(show, folder / f"{name}.mp4"):
                    pass
    person = folder / "person.mp4" if asked.what == ["puppets"] else Path(asked.what[0])
    dance = folder / "dance.mp4" if asked.what == ["puppets"] else Path(asked.what[-1])
    project = Project.open_or_create(folder / "material.dance")
    spent(add_media(project, [dance], [person]))
    spent(transfer.chain([*transfer.pose_tasks(project), *transfer.fit_tasks(project, RetargetSettings())]))


def spent(events: Iterator[Event]) -> None:
    for event in events:
        if isinstance(event, (Done, Notice)) and event.message:
            print("  " + event.message.splitlines()[0], flush=True)


def settings_of(row: str, asked: argparse.Namespace, project: Project) -> TrainSettings:
    """The settings of a row; a changed recipe takes its place in the table of recipes."""
    name, _, changes = row.partition(":")
    recipe = name.removesuffix("-same")
    if changes:
        given = json.loads("{" + ",".join(f'"{k}":{v}' for k, v in (c.split("=") for c in split(changes))) + "}")
        for constant in [one for one in given if one.isupper()]:
            setattr(batches, constant, given.pop(constant))
        text = json.dumps({**asdict(recipes.RECIPES[recipe]), **given})
        recipes.RECIPES[recipe] = recipes.recipe_of(text)
    settings = TrainSettings(
        recipe=recipe, size=asked.size, budget=asked.seconds, steps=asked.steps, seed=asked.seed, init=NOTHING
    )
    if name != recipe:
        wanted = operations(replace(settings, recipe="best"), project)
        widths = range(4, 65, 2)
        near = min(widths, key=lambda width: abs(operations(replace(settings, width=width), project) - wanted))
        settings = replace(settings, width=near)
    return settings


def split(changes: str) -> list[str]:
    """'a=[1,2],b=3' -> ['a=[1,2]', 'b=3']."""
    parts: list[str] = []
    for piece in changes.split(","):
        if parts and "=" not in piece:
            parts[-1] += "," + piece
        else:
            parts.append(piece)
    return parts


def operations(settings: TrainSettings, project: Project) -> float:
    """Multiply-adds of G for one frame, in 10^9."""
    tracks = {clip.name: Poses.load(project.clip_folder(clip) / "track.npz") for clip in project.clips}
    sizes = plan_of(settings, tracks)
    generator = generator_of(sizes)
    count = FlopCounterMode(display=False)
    inputs = LABELS + 4 * sizes.recipe.moved + state_channels(sizes.recipe)
    count = FlopCounterMode(display=False)
    with count, torch.no_grad():
        generator(torch.zeros(1, inputs, sizes.size[1], sizes.size[0]))
    return count.get_total_flops() / 2e9


# --- rows ----------------------------------------------------------------------------------------


def rows(asked: argparse.Namespace) -> None:
    """Train each row on a copy of the material, score it, and write down what came out."""
    for row in asked.what:
        folder = asked.keep / f"{row.replace(':', '-').replace('/', '-')}-{asked.steps or asked.seconds:g}-{asked.seed}"
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(asked.keep / "material.dance", folder)
        project = Project.open(folder)
        settings = settings_of(row, asked, project)
        spent(prepare(project, settings))
        begun = time.process_time()
        spent(train(project, settings, time.process_time))
        took = time.process_time() - begun
        dancer = load_dancer(runs.best(project, settings), device.choose("auto"), load_footage(project))
        spent(held_out(project, dancer, None))
        scores = json.loads((project.person / "scores.json").read_text(encoding="utf-8"))["rows"]
        about = json.loads((project.runs[-1] / "metrics.jsonl").read_text(encoding="utf-8").splitlines()[-1])
        line = {
            "row": row, "seed": asked.seed, "seconds": asked.seconds, "steps": asked.steps, "done": about["step"],
            "took": round(took), "refiners": list(dancer.refiners), "width": dancer.plan.width,
            "held out": scores, **across(asked.keep, project, dancer),
        }  # fmt: skip
        with open(asked.keep / "rows.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        shown = {name: value for name, value in scores[RENDERED].items() if name in SHOWN}
        print(row, about["step"], "steps", shown, flush=True)


def across(folder: Path, project: Project, dancer: Dancer) -> dict[str, Any]:
    """Scores against the person truly doing the dance, where the material is built in."""
    if not (folder / "truth.mp4").exists():
        return {}
    show = demo.performances(SEED)["truth"]
    true = Poses(*show.joints(), show.times, show.size)
    fitted = Poses.load(project.dance_folder(project.dances[-1]) / "retarget.npz")
    footage, results = load_footage(project), {}

    def real() -> Iterator[np.ndarray]:
        return (frame.image for frame in read_frames(folder / "truth.mp4"))

    for name, poses in (("true joints", true), ("whole chain", fitted)):
        frames = danced(dancer, poses, footage[0].plate)
        scores = against_truth(frames, real, poses, footage, footage[0].plate, true, None)
        results[name] = {row: asdict(one) for row, one in scores.items()}
    return results


def danced(dancer: Dancer, poses: Poses, plate: np.ndarray) -> Iterator[np.ndarray]:
    return (composite(plate, layer, box) for layer, box in dancer.layers(poses, boxes_of(poses, dancer.plan)))


def table(asked: argparse.Namespace) -> None:
    """Mean and spread (largest less smallest) over seeds, one table for each thing that was measured."""
    lines = [json.loads(text) for text in (asked.keep / "rows.jsonl").read_text(encoding="utf-8").splitlines()]
    lines = [
        line for line in lines if line["steps"] == asked.steps and (asked.steps or line["seconds"] == asked.seconds)
    ]
    for kind in ("held out", "true joints", "whole chain"):
        if not any(kind in line for line in lines):
            continue
        print(f"\n{kind}, " + (f"{asked.steps} steps" if asked.steps else f"{asked.seconds:g} s"))
        print("| row | runs | steps | " + " | ".join(SHOWN) + " |\n|---|---|---|" + "---|" * len(SHOWN))
        looked = [line[kind]["lookup placed"] for line in lines if kind in line]
        print("| lookup placed | | | " + " | ".join(spread([one[name] for one in looked[:1]]) for name in SHOWN) + " |")
        for row in dict.fromkeys(line["row"] for line in lines):
            own = [line for line in lines if line["row"] == row and kind in line]
            cells = [spread([line[kind][RENDERED][name] for line in own]) for name in SHOWN]
            steps = round(statistics.mean(line["done"] for line in own))
            print(f"| {row} | {len(own)} | {steps} | " + " | ".join(cells) + " |")


def spread(values: list[float | None]) -> str:
    known = [value for value in values if value is not None]
    if not known:
        return ""
    mean = f"{statistics.mean(known):.3f}" if abs(statistics.mean(known)) < 1 else f"{statistics.mean(known):.2f}"
    return f"{mean} ± {(max(known) - min(known)) / 2:.2g}" if len(known) > 1 else mean


# --- drift, and what it looks like -----------------------------------------------------------------


def newest(asked: argparse.Namespace, row: str) -> tuple[Project, Dancer]:
    folder = asked.keep / f"{row}-{asked.steps or asked.seconds:g}-{asked.seed}"
    project = Project.open(folder)
    weights = sorted(project.person.glob("runs/*/best.safetensors"))[-1]
    return project, load_dancer(weights, device.choose("auto"), load_footage(project))


def drift(asked: argparse.Namespace) -> None:
    """One choreography of 300 frames ten times over, in one recursion: is the last as good as the second?"""
    project, dancer = newest(asked, (asked.what or ["best"])[0])
    from dancetransfer import puppets

    show = puppets.truth(SEED, demo.SIZE, 12.0, demo.FPS)
    true = Poses(*show.joints(), show.times, show.size)
    count = len(true)
    xy, confidence = np.tile(true.xy, (10, 1, 1)), np.tile(true.confidence, (10, 1))
    poses = Poses(xy, confidence, np.arange(10 * count) / demo.FPS, true.size)
    plate, boxes = load_footage(project)[0].plate, person_boxes(true)
    real = [frame.copy() for frame in show.frames()]
    error, like, color = np.zeros(10), [Likeness() for _ in range(10)], np.zeros((10, 3))
    for n, image in enumerate(danced(dancer, poses, plate)):
        turn, at = divmod(n, count)
        part = pixels_in(boxes[at], image.shape)
        error[turn] += squared_error(image, real[at])[part].mean() / count
        like[turn].add(image, real[at], boxes[at])
        color[turn] += image[part].reshape(-1, 3).mean(0) / count
    for turn in range(10):
        print(
            f"repeat {turn + 1}: MSE {error[turn]:.2f} ({psnr_of(error[turn]):.2f} dB), likeness {like[turn].value:.3f}"
        )
    worse, off = 100 * (error[9] / error[1] - 1), np.abs(color[9] - color[1]).max()
    print(f"repeat 10 against 2: MSE {worse:+.2f} %, mean color {off:.3f} of 255")


def sheet(asked: argparse.Namespace) -> None:
    """Real above made: six frames of the report part, and their faces and hands four times as large."""
    rows_shown = asked.what or ["best"]
    for row in rows_shown:
        project, dancer = newest(asked, row)
        clip = load_footage(project)[0]
        run = clip.runs(REPORT)[0]
        span = slice(int(run[0]), int(run[-1]) + 1)
        poses, boxes = clip.poses[span], clip.boxes[span]
        made = [composite(clip.plate, layer, box) for layer, box in dancer.layers(poses, boxes)]
        media = next(one for one in project.clips if one.name == clip.name)
        real = [f.image for f in read_frames(media.path(), int(clip.index[span][0]), int(clip.index[span][-1]) + 1)]
        chosen = np.linspace(0, len(made) - 1, 6).astype(int)
        height = 420
        columns = []
        for n in chosen:
            people = [cut_to(image, person_boxes(poses)[n], height) for image in (real[n], made[n])]
            columns.append(np.vstack(people))
        cv2.imwrite(str(asked.keep / f"sheet-{row}.png"), np.hstack(columns)[..., ::-1])
        tiles = []
        for n in chosen:
            for at, _ in enumerate(PARTS):
                box = part_boxes(poses)[n, at]
                if np.isfinite(box).all():
                    tiles.append(np.vstack([cv2.resize(cut_to(i, box, 160), (160, 160)) for i in (real[n], made[n])]))
        if tiles:
            cv2.imwrite(str(asked.keep / f"parts-{row}.png"), np.hstack(tiles[:14])[..., ::-1])


def cut_to(image: np.ndarray, box: np.ndarray, height: int) -> np.ndarray:
    part = image[pixels_in(box, image.shape)]
    return cv2.resize(
        part, (max(1, round(height * part.shape[1] / part.shape[0])), height), interpolation=cv2.INTER_AREA
    )


if __name__ == "__main__":
    main()
