"""Batches whose pictures lie on the computing device: what is left to the processor, and what is copied.

PYTHONPATH=.:tests python tests/bench/resident.py [--device cpu] [--batches 12] [fast:256 best:256 edn:256 fast:512]

Each row: milliseconds of the processor a batch, all drawn there; then, with pictures on the device, what its thread
draws ahead and what the device does (on `--device cpu` the processor, too), medians of interleaved batches after all
pictures have come; and megabytes that are copied a batch, before and after.
"""

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import fields

import numpy as np
import torch
from material import without_files

from dancetransfer.footage.pairs import plan_of
from dancetransfer.learn.batches import Batch, Batches
from dancetransfer.learn.resident import Resident, Sketch
from dancetransfer.settings import TrainSettings

USUAL = ["fast:256", "best:256", "edn:256", "fast:512"]


def spent(work: Callable[[], object]) -> float:
    """Milliseconds of the processor."""
    begun = time.process_time()
    work()
    return 1000 * (time.process_time() - begun)


def megabytes(tensors: list[torch.Tensor]) -> float:
    return sum(one.nbytes for one in tensors) / 1e6


def row(recipe: str, size: int, device: torch.device, count: int) -> str:
    settings = TrainSettings(recipe=recipe, size=size)
    person = without_files(settings)
    plan = plan_of(settings, {"person": person.poses})
    frames = plan.recipe.unrolled(0.5)
    asked = frames, max(1, plan.recipe.frames // frames)
    plain = Batches([person], plan, 0)
    kept = Resident([person], plan, 0, device=device)
    plain.others = kept.others  # what was made of the own frames is kept by either
    for n in range(len(person.crops)):  # all pictures come
        kept.shelves["crops"].put(*kept._arriving("crops", np.array([n])))
        kept.shelves["plates"].put(*kept._arriving("plates", np.array([n])))
    for _ in range(2 * len(person.crops) // max(1, asked[1]) if plan.recipe.moved else 1):
        kept._whole(kept._sketch(*asked))
    drawn, ahead, there = list[float](), list[float](), list[float]()
    sketch: list[Sketch] = []
    batch: list[Batch] = []
    for _ in range(count):
        batch[:], sketch[:] = [], []
        drawn.append(spent(lambda: batch.append(plain.draw(*asked))))
        ahead.append(spent(lambda: sketch.append(kept._sketch(*asked))))
        there.append(spent(lambda: kept._whole(sketch[0])))
    kept.close()
    before = megabytes([getattr(batch[0], one.name) for one in fields(Batch)])
    one = sketch[0]
    after = megabytes([one.labels, one.flows, one.back, *(new for _, new in one.arriving.values())])
    width, height = plan.size
    cells = [f"{recipe} {width}x{height}", f"{asked[1]} x {frames}"]
    cells += [f"{statistics.median(values):.1f}" for values in (drawn, ahead, there)]
    cells += [f"{before:.1f}", f"{after:.2f}", f"{kept.bytes / len(person.crops) / 1e6:.2f}"]
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", nargs="*", default=USUAL)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batches", type=int, default=12)
    asked = parser.parse_args()
    head = ["recipe", "batch", "Batches ms", "thread ms", "device ms", "copied MB", "copied MB", "kept MB a frame"]
    print("| " + " | ".join(head) + " |\n" + "|" + "---|" * len(head))
    for one in asked.rows:
        recipe, size = one.split(":")
        print(row(recipe, int(size), torch.device(asked.device), asked.batches), flush=True)


if __name__ == "__main__":
    main()
