"""The published method at its published widths: seconds of a training step at 512x256.

    python tests/bench/edn.py [--steps 20] [--size 256]

On a built-in dancer with true joints; prints seconds per step and the losses of the last one.
"""

import argparse
import statistics
import time

import numpy as np

from dancetransfer import device, puppets
from dancetransfer.footage.pairs import Footage, boxes_of, plan_of, split
from dancetransfer.footage.plate import clean_plate, cut_out
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.trainer import Trainer
from dancetransfer.pose.poses import Poses
from dancetransfer.settings import TrainSettings


def footage(settings: TrainSettings, seed: int) -> Footage:
    """A few seconds of a built-in person, ready to learn from, without detector or files."""
    show = puppets.person(seed, (512, 512), 2.8, 25)
    poses = Poses(*show.joints(), show.times, show.size)
    sizes = plan_of(settings, {"person": poses})
    boxes = boxes_of(poses, sizes)
    frames, masks = list(show.frames()), list(show.masks())
    crops = [
        np.dstack([cut_out(frame, box, sizes.size), cut_out(mask, box, sizes.size)])
        for frame, mask, box in zip(frames, masks, boxes, strict=True)
    ]
    plate = clean_plate(frames[::4], masks[::4])
    return Footage("001", np.stack(crops), boxes, np.arange(len(poses)), poses, plate, split(poses.time))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--size", type=int, default=256)
    asked = parser.parse_args()
    settings = TrainSettings(recipe="edn", size=asked.size)
    clip = footage(settings, 102)
    sizes = plan_of(settings, {"person": clip.poses})
    chosen = device.choose("auto")
    trainer = Trainer(sizes, chosen, 0, None)
    batches = Batches([clip], sizes, 0)
    weights = sum(one.numel() for one in trainer.generator.parameters()) / 1e6
    print(f"edn {sizes.size[0]}x{sizes.size[1]}, G {weights:.1f} M weights, {chosen.description}, {chosen.mixed}")
    seconds = []
    for step in range(asked.steps):
        begun = time.perf_counter()
        losses = trainer.step(batches, 0.2 if step < asked.steps - 2 else 0.9)  # the last two: the face
        seconds.append(time.perf_counter() - begun)
        print(
            f"step {step + 1}: {seconds[-1]:.2f} s  " + ", ".join(f"{k} {v:.3f}" for k, v in losses.items()), flush=True
        )
    print(f"median {statistics.median(seconds[1:-2]):.2f} s per step of the body, {seconds[-1]:.2f} s of the face")


if __name__ == "__main__":
    main()
