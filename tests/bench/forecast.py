"""Memory of a training step and a rendered frame: what is forecast, and what a process really takes.

PYTHONPATH=.:tests python tests/bench/forecast.py [fast:256 best:256 edn:128 ...]

Each row is measured in a process of its own: the peak of its resident memory during two steps (or frames) of an
untrained network behind every part's entry but the face's, less what it had before the networks were made.
"""

import subprocess
import sys
from pathlib import Path

from dancetransfer import device
from dancetransfer.device import Device
from dancetransfer.settings import TrainSettings

GIB = 2**30
STEPS = 2


def resident(row: str) -> int:
    """Bytes of this process: `VmRSS` now, `VmHWM` at most."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(row))


def measured(kind: str, recipe: str, size: int, mixed: str, portions: int, recompute: bool) -> None:
    """In a child: print forecast, measured growth and the whole process, in bytes."""
    from dataclasses import replace

    import torch

    from dancetransfer.footage.pairs import boxes_of, plan_of
    from dancetransfer.learn import memory
    from dancetransfer.learn.batches import Batches
    from dancetransfer.learn.thrift import Thrift
    from dancetransfer.learn.trainer import Trainer
    from dancetransfer.rehearsal import Studio

    used: Device = replace(device.cpu(measure=False), mixed=mixed)
    settings = TrainSettings(recipe=recipe, size=size, device="cpu")
    with Studio(settings, used, 4) as studio:
        poses = studio.filmed()[3]
        plan = plan_of(settings, {"person": poses})
        boxes = boxes_of(poses, plan)
        batches = Batches([studio._footage(plan.size, boxes)], plan, 0)
        recipe_ = plan.recipe
        share = recipe_.parts_from - memory.BEFORE_PARTS
        frames = recipe_.unrolled(share)
        for _ in range(2):
            batches.draw(frames, max(1, recipe_.frames // frames))
        thrift = Thrift(portions, recompute)
        if kind == "train":
            forecast = int(memory.OVERHEAD * memory.training_bytes(plan, mixed, thrift))
        else:
            forecast = memory.rendering_bytes(plan, mixed)
        torch.nn.Conv2d(8, 8, 3)(torch.zeros(1, 8, 32, 32))
        Path("/proc/self/clear_refs").write_text("5")  # from here on VmHWM counts anew
        before = resident("VmRSS")
        if kind == "train":
            trainer = Trainer(plan, used, 0, None)
            trainer.thrift = thrift
            for _ in range(STEPS):
                trainer.step(batches, share)
        else:
            from dancetransfer.learn.dancer import Dancer, generator_of, refiners_of

            dancer = Dancer(plan, generator_of(plan).eval(), dict(refiners_of(plan)), used, own=batches.own)
            for _ in dancer.layers(poses, boxes):
                pass
        print(forecast, resident("VmHWM") - before, resident("VmHWM"), "x".join(map(str, plan.size)))


def main() -> None:
    if sys.argv[1:2] == ["child"]:
        kind, recipe, size, mixed, portions, recompute = sys.argv[2:]
        measured(kind, recipe, int(size), mixed, int(portions), recompute == "True")
        return
    asked = sys.argv[1:] or ["fast:128", "fast:256", "fast:512", "best:128", "best:256", "best:512", "edn:128"]
    mixed = device.cpu().mixed
    print(f"{'':<32}{'forecast':>10}{'measured':>10}{'ratio':>7}{'process':>9}   GB, {mixed}")
    for one in asked:
        recipe, size = one.split(":")
        for kind, portions, recompute in (("train", 1, False), ("train", 2, True), ("render", 1, False)):
            words = [sys.executable, __file__, "child", kind, recipe, size, mixed, str(portions), str(recompute)]
            result = subprocess.run(words, capture_output=True, text=True)
            if result.returncode:
                print(f"{kind} {one}: {result.stderr.strip().splitlines()[-1]}")
                continue
            forecast, grown, whole, pixels = result.stdout.split()[-4:]
            name = f"{kind} {recipe} {pixels}{' thrifty' * recompute}"
            a, b, c = int(forecast) / GIB, int(grown) / GIB, int(whole) / GIB
            print(f"{name:<32}{a:>10.2f}{b:>10.2f}{a / b:>7.2f}{c:>9.2f}", flush=True)


if __name__ == "__main__":
    main()
