"""What a training gains from where it starts: from nothing, from the base generator, from another dancer.

    python tests/bench/init.py [--clip VIDEO] [--seed 100] [--size 256] [--steps 300] [--base FILE] [--other X.dance]

Without --clip the person is a built-in dancer. Prints the held-out score of each start over the first
steps and the first step at which it is above the nearest-frame lookup, placed; with --keep DIR it writes
what each would have shown as a picture. Another dancer, where none is given, is one who learns as many steps here.
"""

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from dancetransfer import demo, device, puppets, transfer
from dancetransfer.adding import add_media
from dancetransfer.footage.pairs import Footage, load_footage, plan_of, prepare
from dancetransfer.footage.plate import cut_out
from dancetransfer.learn import init
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.dancer import save_dancer
from dancetransfer.learn.showing import HeldOut, Judging
from dancetransfer.learn.trainer import Trainer
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.recipes import Plan
from dancetransfer.score.lookup import Lookup
from dancetransfer.settings import TrainSettings

SCORED = (*range(11), 12, 14, 16, 18, 20, 25, 30, 40, 50, 75, 100, 150, 200, 250, 300, 400, 500, 750, 1000)
SHOWN = (0, 10, 25, 50, 100, 300)
PLANNED = 1200
"""Steps of a whole training, of which these are the first."""


class Looked:
    """The nearest-frame lookup in the place of a dancer."""

    def __init__(self, footage: list[Footage], sizes: Plan) -> None:
        self.lookup, self.plate, self.sizes = Lookup(footage), footage[0].plate, sizes

    def layers(self, poses: Poses, boxes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for n, box in enumerate(boxes):
            frame = self.lookup.frame(poses.xy[n], poses.confidence[n], self.plate, placed=True)
            crop = cut_out(frame, box, self.sizes.size)
            yield np.dstack([crop, np.full(crop.shape[:2], 255, np.uint8)]), box


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, help="a video of a real person")
    parser.add_argument("--seed", type=int, default=100, help="of the built-in dancer")
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--base", type=Path, default=init.shipped())
    parser.add_argument("--other", help="a project or file of an earlier dancer")
    parser.add_argument("--keep", type=Path, help="folder for videos, projects and the picture")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measure(asked.keep or Path(scratch), asked)


def measure(folder: Path, asked: argparse.Namespace) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    settings = TrainSettings(recipe=asked.recipe, size=asked.size)
    person = asked.clip or film(folder / f"person-{asked.seed}.mp4", asked.seed)
    footage, sizes = ready(folder / f"{person.stem}.dance", person, settings)
    starts: dict[str, Path | None] = {"nothing": None}
    if asked.base:
        starts["base"] = asked.base
    if asked.other:
        starts["another dancer"] = init.weights_of(replace(settings, init=asked.other))
    else:
        starts["another dancer"] = taught(folder, asked, settings)
    judging = Judging(footage, sizes)
    looked = judging.score(Looked(footage, sizes))  # type: ignore[arg-type]  # layers are all that is asked of it
    curves, rows = {}, []
    for name, weights in starts.items():
        curves[name], pictures = followed(footage, judging, weights, sizes, asked.steps)
        rows.append(np.concatenate(pictures, 1))
    print(
        f"{person.name}, recipe {asked.recipe}, {sizes.size[0]}x{sizes.size[1]}, held-out score; lookup {looked:.3f}\n"
    )
    print(table(curves, looked))
    if asked.keep:
        picture = folder / f"previews-{person.stem}.png"
        picture.write_bytes(cv2.imencode(".png", np.concatenate(rows, 0)[..., ::-1])[1].tobytes())
        seen = ", ".join(str(step) for step in SHOWN if step <= asked.steps)
        print(f"\n{picture}: the frame as filmed, then after {seen} steps; rows as above")


def film(path: Path, seed: int) -> Path:
    """A built-in person as a video."""
    if not path.exists():
        for _ in demo.draw_clip(puppets.person(seed, demo.SIZE, demo.PERSON_SECONDS, demo.FPS), path):
            pass
    return path


def ready(folder: Path, clip: Path, settings: TrainSettings) -> tuple[list[Footage], Plan]:
    """The clip as footage, found by the detector as any other."""
    project = Project.open_or_create(folder)
    if not project.clips:
        for _ in add_media(project, [], [clip]):
            pass
        project.save()
    for _ in transfer.chain(transfer.clip_tasks(project)):
        pass
    for _ in prepare(project, settings):
        pass
    footage = load_footage(project)
    return footage, plan_of(settings, {one.name: one.poses for one in footage})


def taught(folder: Path, asked: argparse.Namespace, settings: TrainSettings) -> Path:
    """The weights of a dancer who has learned another built-in person for as many steps."""
    path = folder / f"other-{asked.recipe}-{asked.size}-{asked.steps}.safetensors"
    if not path.exists():
        number = asked.seed + 1
        footage, sizes = ready(
            folder / f"person-{number}.dance", film(folder / f"person-{number}.mp4", number), settings
        )
        trainer, batches = Trainer(sizes, device.choose("auto"), 1, None), Batches(footage, sizes, 1)
        for step in range(asked.steps):
            trainer.step(batches, step / PLANNED)
        save_dancer(path, trainer.dancer(asked.steps / PLANNED), {})
    return path


def followed(
    footage: list[Footage], judging: Judging, weights: Path | None, sizes: Plan, steps: int
) -> tuple[dict[int, float], list[np.ndarray]]:
    """Scores by step of a training that starts from `weights`, and the pictures of a held-out frame."""
    trainer, batches = Trainer(sizes, device.choose("auto"), 0, None), Batches(footage, sizes, 0)
    if weights is not None and not init.start_from(trainer, weights):
        raise SystemExit(f"{weights} is of another network.")
    held_out = HeldOut(judging)
    scores: dict[int, float] = {}
    pictures: list[np.ndarray] = []
    for step in range(steps + 1):
        if step in SCORED or step in SHOWN:
            dancer = trainer.dancer(step / PLANNED)
            if step in SCORED:
                scores[step] = judging.score(dancer)
            if step in SHOWN:
                parts = held_out.parts(dancer)
                pictures += [parts["again"]] if pictures else [parts["real"], parts["again"]]
        if step < steps:
            trainer.step(batches, step / PLANNED)
    return scores, pictures


def table(curves: dict[str, dict[int, float]], looked: float) -> str:
    """Markdown: a row for each start."""
    shown = list(next(iter(curves.values())))
    lines = [
        "| start | above lookup at | " + " | ".join(map(str, shown)) + " |",
        "|" + "---|" * (len(shown) + 2),
    ]
    for name, scores in curves.items():
        first = next((str(step) for step, score in scores.items() if score > looked), "never")
        lines.append(f"| {name} | {first} | " + " | ".join(f"{score:.2f}" for score in scores.values()) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
