"""Makes models/base.safetensors, the generator that trainings start from, out of hundreds of built-in dancers.

python tools/base.py [--minutes 60] [--size 256] [--puppets 200] [--seed 0] [--folder build/base]

Reptile (Nichol, Achiam and Schulman, "On first-order meta-learning algorithms", 2018): learn one dancer for
some steps, then move the weights a part of the way to where those steps led; the next dancer begins there.
For --joint of the time before that, dancers are learned in mixed groups as in any training. One process
draws while another learns. Stop it at any time: the same command goes on from a minute ago at most.

Held-out dancers scored after 0, 10 and 30 steps of their own (size 64, 40 times 20 steps, one seed): from
nothing 9.8 / 15.7 / 17.3; Reptile 15.8 / 19.5 / 20.7; with --outer 0.5 15.5 / 19.4 / 20.3, that with the
optimizer's moments kept 15.6 / 19.1 / 19.9, that after mixed groups for half of the time 15.9 / 19.2 / 20.2;
mixed groups alone 15.4 / 17.6 / 19.2.
"""

import argparse
import copy
import json
import multiprocessing
import signal
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor

from dancetransfer import device, puppets
from dancetransfer.errors import UserError
from dancetransfer.footage.pairs import CHOOSE, TRAIN, Footage, boxes_of
from dancetransfer.footage.plate import cut_out
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.dancer import Dancer, generator_of, save_dancer
from dancetransfer.learn.showing import Judging
from dancetransfer.learn.trainer import Trainer
from dancetransfer.pose.poses import Poses
from dancetransfer.puppets.body import HAIRS, SKINS
from dancetransfer.recipes import Plan, plan
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import atomic_path, key, write_npz

MOST_BYTES = 10_000_000
"""What the file may weigh: it comes with every copy of the program."""
FIRST_SEED = 1_000_000
"""Tests and benchmarks take small ones."""
HELD_OUT = 3
"""Dancers that nothing is learned from."""
ASPECT = 0.75
"""Width / height of the crops; the networks take any."""
SECONDS, FPS = 16.0, 25.0
STRETCHES, STRETCH = 10, 4
"""Of each dancer so many moments of so many frames: more different poses than an unbroken second and a half."""
JUDGED = 3
"""Of a held-out dancer's moments so many only judge."""
SHARE = 0.1
"""The moment of a training that the inner steps are taken at: before the opponent takes part."""
GROUP = 8
"""Dancers that are mixed in the joint part."""
PROBES = (0, 10, 30)
"""Steps after which held-out dancers are judged."""
CHECKPOINT, PROBE = 60.0, 600.0
"""Seconds between checkpoints, and between looks at the held-out dancers."""

Weights = dict[str, Tensor]


# --- drawing -------------------------------------------------------------------------------------


def performance(number: int, side: int) -> puppets.Performance:
    """Dancer `number`: body, clothes, skin, room, camera and dance all of its own, on `side` x `side` pixels."""
    seed = FIRST_SEED + number
    rng = np.random.default_rng([seed, 7101])
    body = puppets.make_body(seed)
    body = replace(
        body,
        skin=_between(SKINS, rng),
        hair=_between(HAIRS, rng),
        top=replace(body.top, base=_color(rng), accent=_color(rng)),
        bottom=replace(body.bottom, base=_color(rng), accent=_color(rng)),
        shoes=_color(rng),
        sleeve=float(rng.choice([0.22, 0.4, 0.7, 1.0])),
    )
    room = replace(puppets.make_room(seed), wall=_color(rng), floor=_color(rng))
    view = puppets.make_camera(seed, body.stature, (side, side))
    nearer = float(rng.uniform(0.85, 1.25))
    camera = replace(
        view,
        position=(float(rng.uniform(-0.8, 0.8)), float(rng.uniform(0.6, 1.8)), view.position[2] * nearer),
        focal=view.focal * nearer * float(rng.uniform(0.9, 1.0)),
        roll=float(rng.normal(0, 0.015)),
    )
    dance = puppets.make_choreography(int(rng.integers(1, 3)), seed)
    return puppets.Performance(body, dance, room, camera, (side, side), SECONDS, FPS, seed)


def _color(rng: np.random.Generator) -> tuple[float, float, float]:
    red, green, blue = rng.uniform(0.08, 0.95, 3)
    return float(red), float(green), float(blue)


def _between(colors: tuple[tuple[float, float, float], ...], rng: np.random.Generator) -> tuple[float, float, float]:
    """A mixture of two of the colors."""
    one, other = (np.array(colors[int(at)]) for at in rng.choice(len(colors), 2, replace=False))
    red, green, blue = one + rng.uniform() * (other - one)
    return float(red), float(green), float(blue)


def cached(folder: Path, sizes: Plan, number: int) -> Path:
    return folder / f"puppet-{sizes.size[0]}x{sizes.size[1]}-{number:05d}.npz"


def draw(folder: Path, sizes: Plan, count: int) -> None:
    """Draw the dancers that are not there yet, the held-out ones first; for a process of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    cv2.setNumThreads(1)
    for number in range(count):
        if not (path := cached(folder, sizes, number)).exists():
            write_npz(path, **drawn(number, sizes))


def drawn(number: int, sizes: Plan) -> dict[str, Any]:
    """Some moments of a dancer with its plate and its whole track, drawn a fifth larger than the crop."""
    side = round(sizes.size[1] * 1.25 / 8) * 8
    show = performance(number, side)
    small = replace(show, size=(side // 2, side // 2))  # masks are soft anyway
    track = Poses(*show.joints(), show.times, show.size)
    boxes = boxes_of(track, sizes)
    rng = np.random.default_rng([FIRST_SEED + number, 7102])
    slots = len(track) // (STRETCH + 1)
    starts = (STRETCH + 1) * np.sort(rng.choice(slots, STRETCHES, replace=False))
    index = (starts[:, None] + np.arange(STRETCH)).ravel()
    crops = []
    for start in starts.tolist():
        pictures = zip(show.frames(start, start + STRETCH), small.masks(start, start + STRETCH), strict=True)
        for at, (frame, mask) in enumerate(pictures, start):
            person = cut_out(mask, boxes[at] / 2, sizes.size)
            crops.append(np.dstack([cut_out(frame, boxes[at], sizes.size), person]))
    one = track[index]
    kept = {"xy": one.xy, "confidence": one.confidence, "time": one.time, "plate": show.plate()}
    return {"crops": np.stack(crops), "boxes": boxes[index], "index": index, **kept}


def footage(path: Path, rng: np.random.Generator | None) -> Footage:
    """A drawn dancer as footage: in other colors by chance, or as it is, with the last moments held out."""
    with np.load(path) as data:
        crops, boxes, index, plate = data["crops"], data["boxes"], data["index"], data["plate"]
        poses = Poses(data["xy"], data["confidence"], data["time"], plate.shape[1::-1])
    part = np.full(len(index), TRAIN, np.int8)
    if rng is None:
        part[-JUDGED * STRETCH :] = CHOOSE
    else:
        order = rng.permutation(3) if rng.random() < 0.5 else np.arange(3)
        curve = (np.arange(256) / 255) ** np.exp(rng.normal(0, 0.3, (3, 1)))  # of each color
        table = np.rint(255 * curve).astype(np.uint8)
        crops, plate = _recolored(crops, order, table), _recolored(plate, order, table)
    return Footage(path.stem, crops, boxes, index, poses, plate, part)


def _recolored(picture: np.ndarray, order: np.ndarray, table: np.ndarray) -> np.ndarray:
    """uint8 [...,3 or 4] with its first three channels exchanged and sent through the table [3,256]."""
    result = picture.copy()
    for color in range(3):
        result[..., color] = table[color][picture[..., order[color]]]
    return result


# --- learning ------------------------------------------------------------------------------------


class Meta:
    """The weights that are made, and the trainer that takes the inner steps."""

    def __init__(self, sizes: Plan, asked: argparse.Namespace) -> None:
        self.trainer = Trainer(sizes, device.choose(asked.device), asked.seed, None)
        self.weights: Weights = copy.deepcopy(self.trainer.generator.state_dict())
        self.random = np.random.default_rng(asked.seed)
        self.asked = asked
        self.used, self.tasks = 0.0, 0

    @property
    def share(self) -> float:
        """How much of the time, or of the dancers that were asked for instead, is used: 0..1."""
        if self.asked.tasks:
            return min(1.0, self.tasks / self.asked.tasks)
        return min(1.0, self.used / (60 * self.asked.minutes))

    def begin(self, weights: Weights, fresh: bool) -> None:
        """The trainer as if it had just been made, with these weights; `fresh`: and no moments."""
        for network in (self.trainer.generator, self.trainer.averaged):
            network.load_state_dict(weights)
        self.trainer.steps = 0  # the mean of the weights is quick at first
        if fresh:
            self.trainer.optimizers["generator"].begin()

    def task(self, ready: list[Path]) -> dict[str, float]:
        """Learn some dancers and move towards what came of it; returns the losses."""
        share = self.share
        joint = share < self.asked.joint
        count = min(GROUP, len(ready)) if joint else 1
        chosen = self.random.choice(len(ready), count, replace=False)
        clips = [footage(ready[int(at)], self.random) for at in chosen]
        batches = Batches(clips, self.trainer.plan, int(self.random.integers(2**31)))
        self.begin(self.weights, fresh=not (joint or self.asked.keep_moments))
        losses = [sum(self.trainer.step(batches, SHARE).values()) for _ in range(self.asked.inner)]
        left = (1 - share) / (1 - self.asked.joint) if not joint else 1.0
        outer = 1.0 if joint else self.asked.outer * max(left, 0.02)
        for name, value in self.trainer.generator.state_dict().items():
            self.weights[name].lerp_(value, outer)
        self.tasks += 1
        return {"first": losses[0], "last": losses[-1], "outer": outer}

    def probe(self, held_out: list[Path], weights: Weights | None = None) -> list[float]:
        """Mean score of held-out dancers after each of PROBES steps from these weights, else from the newest."""
        scores = []
        for number, path in enumerate(held_out):
            clip = footage(path, None)
            judging, batches = Judging([clip], self.trainer.plan), Batches([clip], self.trainer.plan, number)
            self.begin(self.weights if weights is None else weights, fresh=True)
            row = []
            for until in PROBES:
                while self.trainer.steps < until:
                    self.trainer.step(batches, SHARE)
                row.append(judging.score(self.trainer.dancer(SHARE)))
            scores.append(row)
        return [round(float(score), 3) for score in np.mean(scores, 0)]

    # --- what is kept ---------------------------------------------------------------------------

    def save(self, path: Path) -> None:
        state = {
            "weights": self.weights,
            "moments": self.trainer.optimizers["generator"].state_dict(),
            "torch": torch.get_rng_state(),
            "rest": json.dumps({"used": self.used, "tasks": self.tasks, "random": self.random.bit_generator.state}),
        }
        with atomic_path(path) as temporary:
            torch.save(state, temporary)

    def restore(self, path: Path) -> None:
        state = torch.load(path, map_location=self.trainer.device.torch, weights_only=True)
        rest = json.loads(state["rest"])
        self.weights, self.used, self.tasks = state["weights"], rest["used"], rest["tasks"]
        self.random.bit_generator.state = rest["random"]
        self.begin(self.weights, fresh=True)
        self.trainer.optimizers["generator"].load_state_dict(state["moments"])
        torch.set_rng_state(state["torch"].cpu())

    def write(self, path: Path, notes: dict[str, str]) -> None:
        """The weights in half precision, as a dancer without refined parts."""
        generator = generator_of(self.trainer.plan)
        generator.load_state_dict(self.weights)
        save_dancer(path, Dancer(self.trainer.plan, generator.half(), {}, self.trainer.device), notes)


def fits(sizes: Plan) -> None:
    """UserError where the file would be too large."""
    weights = sum(one.numel() for one in generator_of(sizes).parameters())
    if 2 * weights > MOST_BYTES:
        raise UserError(
            f"The generator of recipe {sizes.recipe.name} has {weights / 1e6:.1f} million weights, "
            f"which is more than {MOST_BYTES / 1e6:.0f} MB in half precision.",
            "Make the recipe's network smaller.",
        )


def ready_of(folder: Path, sizes: Plan, count: int, drawing: BaseProcess) -> list[Path]:
    """The dancers that are drawn; waits for the first few."""
    while True:
        ready = [path for number in range(count) if (path := cached(folder, sizes, number)).exists()]
        if len(ready) >= min(count, HELD_OUT + GROUP):
            return ready
        if not drawing.is_alive():
            raise UserError("The dancers could not be drawn.", "What went wrong stands above.")
        time.sleep(0.5)


def learn(meta: Meta, drawing: BaseProcess, kept: Path) -> None:
    """The loop over dancers until the time is used."""
    asked, sizes = meta.asked, meta.trainer.plan
    saved = probed = meta.used
    held_out = ready_of(asked.folder, sizes, asked.puppets, drawing)[:HELD_OUT]
    if meta.used == 0:
        say(meta, {"held out, from nothing": meta.probe(held_out)})
    clock = time.monotonic() - meta.used
    while meta.share < 1:
        ready = ready_of(asked.folder, sizes, asked.puppets, drawing)[HELD_OUT:]
        losses = meta.task(ready)
        meta.used = time.monotonic() - clock
        if meta.tasks % 10 == 0:
            say(meta, {name: round(value, 3) for name, value in losses.items()} | {"drawn": len(ready)})
        if meta.used - saved > CHECKPOINT or meta.share >= 1:
            meta.save(kept)
            saved = meta.used
        if meta.used - probed > PROBE or meta.share >= 1:
            say(meta, {"held out": meta.probe(held_out)})
            probed = meta.used = time.monotonic() - clock


def say(meta: Meta, words: dict[str, Any]) -> None:
    """A line for the screen and for log.jsonl."""
    line = json.dumps({"minutes": round(meta.used / 60, 2), "tasks": meta.tasks, **words})
    print(line, flush=True)
    with open(meta.asked.folder / "log.jsonl", "a", encoding="utf-8") as file:
        file.write(line + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recipe", default="fast")
    parser.add_argument("--size", type=int, default=256, help="height of the crops in pixels")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--tasks", type=int, help="so many times 20 steps (--inner) instead of a time")
    parser.add_argument("--puppets", type=int, default=200, help="how many are drawn")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--inner", type=int, default=20, help="steps on each dancer")
    parser.add_argument("--outer", type=float, default=1.0, help="how far towards them at first; falls to nothing")
    parser.add_argument("--joint", type=float, default=0.0, help="part of the time for learning mixed groups")
    parser.add_argument("--keep-moments", action="store_true", help="the optimizer's, from dancer to dancer")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--folder", type=Path, default=Path("build/base"), help="drawn dancers and checkpoints")
    parser.add_argument("--output", type=Path, default=Path("models/base.safetensors"))
    asked = parser.parse_args()
    sizes = plan(TrainSettings(recipe=asked.recipe, size=asked.size), ASPECT)
    try:
        fits(sizes)
        make(sizes, asked)
    except UserError as error:
        raise SystemExit(f"{error.message}\n{error.hint}") from error
    except KeyboardInterrupt:
        raise SystemExit("Stopped; the same command goes on.") from None


def make(sizes: Plan, asked: argparse.Namespace) -> None:
    asked.folder.mkdir(parents=True, exist_ok=True)
    about = {name: value for name, value in vars(asked).items() if name not in ("folder", "output", "device")}
    kept = asked.folder / f"meta-{key(sizes, about)[:8]}.pt"
    meta = Meta(sizes, asked)
    if kept.exists():
        meta.restore(kept)
    drawing = multiprocessing.get_context("spawn").Process(
        target=draw, args=(asked.folder, sizes, asked.puppets), daemon=True
    )
    drawing.start()
    try:
        learn(meta, drawing, kept)
    finally:
        drawing.terminate()
    meta.write(asked.output, {"made": json.dumps(about), "tasks": str(meta.tasks)})
    print(asked.output, asked.output.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
