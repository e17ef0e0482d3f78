"""How good the picture is: the built-in person driven by the truth's own joints, and through the whole chain.

    python tests/bench/quality.py [--budget 240] [--size 256] [--seed 101] [--recipe fast] [--keep DIR]

Prints two tables against the person truly doing the dance, each with nearest-frame lookup beside the
result. Seeds below 100 belong to the tests.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dancetransfer import demo, device, transfer
from dancetransfer.adding import add_media
from dancetransfer.events import Done, Notice
from dancetransfer.footage.pairs import boxes_of, load_footage
from dancetransfer.footage.plate import composite
from dancetransfer.learn import runs
from dancetransfer.learn.dancer import load_dancer
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.score.score import against_truth, table
from dancetransfer.settings import RetargetSettings, TrainSettings
from dancetransfer.video.read import read_frames


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget", type=float, default=240)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--seed", type=int, default=101)
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--keep", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        measure(asked.keep or Path(scratch), asked)


def measure(folder: Path, asked: argparse.Namespace) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    shows = demo.performances(asked.seed)
    for name, show in shows.items():
        if not (folder / f"{name}.mp4").exists():
            for _ in demo.draw_clip(show, folder / f"{name}.mp4"):
                pass
    training = TrainSettings(recipe=asked.recipe, size=asked.size, budget=asked.budget)
    project = Project.open_or_create(folder / "bench.dance")
    for _ in add_media(project, [folder / "dance.mp4"], [folder / "person.mp4"]):
        pass
    tasks = [
        *transfer.pose_tasks(project),
        *transfer.fit_tasks(project, RetargetSettings()),
        *transfer.train_tasks(project, training),
    ]
    for event in transfer.chain(tasks):
        if isinstance(event, (Done, Notice)) and event.message:
            print(event.message, flush=True)
    footage = load_footage(project)
    dancer = load_dancer(runs.best(project, training), device.choose("auto"), footage)
    plate, truth = footage[0].plate, shows["truth"]
    true = Poses(*truth.joints(), truth.times, truth.size)
    fitted = Poses.load(project.dance_folder(project.dances[-1]) / "retarget.npz")

    def real() -> Iterator[np.ndarray]:
        return (frame.image for frame in read_frames(folder / "truth.mp4"))

    for words, poses in (("driven by the truth's own joints", true), ("through the whole chain, --method edn", fitted)):
        frames = (composite(plate, layer, box) for layer, box in dancer.layers(poses, boxes_of(poses, dancer.plan)))
        print(f"\n{asked.recipe}, size {asked.size}, {asked.budget:.0f} s, seed {asked.seed}, {words}")
        print(table(against_truth(frames, real, poses, footage, plate, true)), flush=True)


if __name__ == "__main__":
    main()
