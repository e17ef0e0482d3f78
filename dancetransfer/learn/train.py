"""The training stage: a run that starts, stops, goes on, shows previews, and keeps the best generator."""

import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import torch

from dancetransfer import device
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Metric, Notice, Preview, Progress, Started
from dancetransfer.learn import runs
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.dancer import save_dancer
from dancetransfer.learn.pairs import Footage, load_footage, plan_of
from dancetransfer.learn.recipes import Plan
from dancetransfer.learn.showing import Driving, Judging
from dancetransfer.learn.trainer import Trainer, pack, unpack
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import atomic_path, set_aside, write_text
from dancetransfer.storage import replace as rename
from models.losses import Perceptual

FIRST_CHECKPOINT, CHECKPOINT = 10.0, 60.0
"""Seconds of training before the first checkpoint, and between later ones."""
NONE = -1e9
"""The score before there is one."""
RISE = 0.02
"""A score that rises by less dB is kept but does not count as progress."""
PATIENCE = 0.3
"""The training ends when the score has not risen for this share of it, but not before half of it."""


@dataclass
class Counters:
    """What a run has used and reached; kept in the checkpoint."""

    used: float = 0.0
    """Training seconds over all starts."""
    best: float = NONE
    best_step: int = 0
    best_share: float = 0.0
    face: bool = False
    """The face refiner made the choose part better and is used."""
    jump: float = 0.0
    """Seconds of the budget that were not needed because the score had stopped rising."""
    coarse: bool = False
    """The best generator is G1 alone, which G2 replaces whatever its score."""
    next_preview: float = 4.0
    next_score: float = 8.0


def train(project: Project, settings: TrainSettings) -> Events:
    """Stage: train the generator on the person until the budget is used or the score stops rising.

    Reads what `prepare` made and, for the previews, the newest fitted dance; writes
    `person/runs/NNN/`: settings.json, metrics.jsonl, previews/, last.pt, prev.pt, best.safetensors.
    """
    footage = load_footage(project)
    sizes = plan_of(settings, {clip.name: clip.poses for clip in footage})
    folder, notes = runs.open_run(project, settings, sizes)
    if runs.finished(folder, settings):
        return
    yield from notes
    chosen = _device_of(folder, settings)
    perceptual, note = _perceptual(sizes, chosen)
    if note:
        yield note
    trainer = Trainer(sizes, chosen, settings.seed, perceptual)
    batches = Batches(footage, sizes, settings.seed)
    if not batches.starts:
        raise UserError("No two neighboring frames show the person.", "Film the person without interruptions.")
    counters = Counters()
    yield from _resume(folder, trainer, batches, counters)
    yield Started("train", settings.steps or settings.budget, "steps" if settings.steps else "seconds")
    loop = _Loop(project, settings, folder, trainer, batches, counters, footage)
    if (folder / "finished.json").exists():  # more was asked for since
        counters.jump, counters.best_share = 0.0, loop.share
    try:
        yield from loop.run()
    except GeneratorExit:  # the caller stops here; the next call goes on
        loop.checkpoint()
        raise
    runs.finish(project, folder, settings, loop.reason)
    yield Done("train", loop.summary(), [str(folder / "best.safetensors")])


class _Loop:
    """The loop over steps, with what has to be done in between."""

    def __init__(
        self,
        project: Project,
        settings: TrainSettings,
        folder: Path,
        trainer: Trainer,
        batches: Batches,
        counters: Counters,
        footage: list[Footage],
    ) -> None:
        self.settings, self.folder, self.trainer = settings, folder, trainer
        self.batches, self.counters = batches, counters
        self.judging = Judging(footage, trainer.plan)
        self.driving = Driving(project, footage, trainer.plan)
        self.reason = "budget"
        self.saved_at = counters.used
        self.saved_steps = -1
        self.started = time.monotonic() - counters.used

    @property
    def share(self) -> float:
        """How much of the training is used, 0..1: of the steps where they are given, else of the time."""
        if self.settings.steps:
            return min(1.0, self.trainer.steps / self.settings.steps)
        return min(1.0, (self.counters.used + self.counters.jump) / self.settings.budget)

    def run(self) -> Iterator[Event]:
        counters, trainer, told = self.counters, self.trainer, 0.0
        if self.trainer.steps == 0:
            yield from self.preview()
        was_face = self.trainer.face_phase(self.share)
        while self.share < 1:
            share = self.share
            face = self.trainer.face_phase(share) and bool(self.batches.with_face)
            if self.trainer.face_phase(share) and not face:
                break  # nobody's face is ever seen: nothing is left to learn
            if face and not was_face:
                yield from self.score(share)  # G stands still from here on
                was_face = True
            losses = self.trainer.step(self.batches, share)
            counters.used = time.monotonic() - self.started
            if counters.used - told > 0.5 or self.share >= 1:
                told = counters.used
                self.note(losses)
                done = float(self.trainer.steps) if self.settings.steps else min(counters.used, self.settings.budget)
                yield Progress("train", done, float(self.settings.steps or self.settings.budget))
            if counters.used >= counters.next_score and not face:
                yield from self.score(share)
                counters.next_score = counters.used + max(8.0, 0.05 * self.settings.budget)
                if not self.settings.steps and self.plateau():
                    self.reason = "plateau"  # go on to the face at once
                    counters.jump = trainer.plan.recipe.face_from * self.settings.budget - counters.used
            if counters.used >= counters.next_preview:
                yield from self.preview()
                counters.next_preview = max(counters.used + 4, 1.5 * counters.used)
            wait = FIRST_CHECKPOINT if self.saved_at == 0 else CHECKPOINT
            if counters.used - self.saved_at >= wait:
                self.checkpoint()
        yield from self.finish()

    def plateau(self) -> bool:
        share = self.share
        return share > 0.5 and share - self.counters.best_share > PATIENCE

    def finish(self) -> Iterator[Event]:
        """The last score; the face refiner stays only if it makes held-out faces better."""
        face = self.trainer.face_phase(self.share) and bool(self.batches.with_face)
        if not face or self.counters.best == NONE:  # so few steps that the face's turn never came
            yield from self.score(self.share)
        if face:
            before, after = (self.judging.faces(self.trainer.dancer(1.0, with_face)) for with_face in (False, True))
            self.counters.face = bool(after > before)
            yield Metric("train", "face score without refiner", round(before, 3), self.trainer.steps)
            yield Metric("train", "face score with refiner", round(after, 3), self.trainer.steps)
            if self.counters.face:
                self.keep_best(1.0)
            else:
                yield Notice("The face refiner did not make held-out faces better and is left out.")
        yield from self.preview()
        self.counters.used = time.monotonic() - self.started
        self.checkpoint()

    def score(self, share: float) -> Iterator[Event]:
        """Judge the held-out choose part and keep the generator if it is the best so far."""
        counters = self.counters
        value = self.judging.score(self.trainer.dancer(share, False))
        self._line({"score": value})
        yield Metric("train", "score", round(value, 3), self.trainer.steps)
        coarse = self.trainer.coarse_only(share)
        if counters.coarse and not coarse:
            counters.best = NONE
        if value > counters.best:
            if value > counters.best + RISE:
                counters.best_share = share
            counters.best, counters.best_step, counters.coarse = value, self.trainer.steps, coarse
            self.keep_best(share)

    def keep_best(self, share: float) -> None:
        dancer = self.trainer.dancer(share, self.counters.face)
        notes = {"step": str(self.trainer.steps), "score": f"{self.counters.best:.3f}"}
        save_dancer(self.folder / "best.safetensors", dancer, notes)

    def preview(self) -> Iterator[Event]:
        """A picture of a driving frame and what the generator makes of it now."""
        dancer = self.trainer.dancer(self.share, self.trainer.face_phase(self.share))
        path = self.folder / "previews" / f"{self.trainer.steps:06d}.jpg"
        with atomic_path(path) as temporary:
            cv2.imwrite(str(temporary), self.driving.picture(dancer)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])
        yield Preview("train", str(path), self.trainer.steps)

    def checkpoint(self) -> None:
        """Write last.pt; the one before becomes prev.pt."""
        if self.trainer.steps == self.saved_steps:
            return
        last, prev = self.folder / "last.pt", self.folder / "prev.pt"
        with atomic_path(last) as temporary:
            with open(temporary, "wb") as file:  # a file of ours: a full disk is then an OSError
                torch.save(pack(self.trainer, self.batches, asdict(self.counters)), file)
            if last.exists():
                rename(last, prev)
        self.saved_at, self.saved_steps = self.counters.used, self.trainer.steps

    def note(self, losses: dict[str, float]) -> None:
        bad = [name for name, value in losses.items() if not np.isfinite(value)]
        if bad:
            raise UserError(
                f"The training ran away: the {bad[0]} loss is not a number.",
                "Run the same command again; it goes on from the last checkpoint.",
            )
        self._line({name: round(value, 5) for name, value in losses.items()})

    def _line(self, values: dict[str, float]) -> None:
        row = {"step": self.trainer.steps, "seconds": round(self.counters.used, 2), **values}
        with open(self.folder / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def summary(self) -> str:
        """One sentence of how it went."""
        why = "The score had stopped rising." if self.reason == "plateau" else "The planned training is done."
        return (
            f"{why} {self.trainer.steps} steps in {self.counters.used:.0f} s; "
            f"best held-out score {self.counters.best:.2f} dB at step {self.counters.best_step}."
        )


def _device_of(folder: Path, settings: TrainSettings) -> device.Device:
    """The device; a run keeps its precision, so that going on gives what one go would have given."""
    chosen = device.choose(settings.device)
    about = runs.read_run(folder) or {}
    kept = about.get("precision", {}).get(chosen.torch)
    if kept:
        return replace(chosen, mixed=kept)
    precision = {**about.get("precision", {}), chosen.torch: chosen.mixed}
    write_text(folder / "settings.json", json.dumps({**about, "precision": precision}, indent=1))
    return chosen


def _perceptual(sizes: Plan, chosen: device.Device) -> tuple[Perceptual | None, Notice | None]:
    """VGG's loss for the recipe that was published with it, where its weights are installed."""
    from dancetransfer import weights

    if sizes.recipe.name != "edn":
        return None, None
    if weights.installed("vgg19") is None:
        return None, Notice(
            "The perceptual loss of the published method is replaced by a Laplacian one.",
            "It needs the VGG19 weights: dancetransfer weights vgg19",
        )
    return Perceptual(weights.load_vgg19()).to(chosen.torch), None


def _resume(folder: Path, trainer: Trainer, batches: Batches, counters: Counters) -> Iterator[Event]:
    """Go on from last.pt, else prev.pt, else from nothing; a damaged file is set aside."""
    for name in ("last.pt", "prev.pt"):
        path = folder / name
        if not path.exists():
            continue
        try:
            state = unpack(path.read_bytes(), trainer, batches)
        except Exception:  # whatever torch raises on a damaged file: the next one is tried
            aside = set_aside(path)
            yield Notice(f"The checkpoint {name} is damaged; it is kept as {aside.name}.")
            continue
        for field, value in state.items():
            if hasattr(counters, field):
                setattr(counters, field, value)
        return
    (folder / "best.safetensors").unlink(missing_ok=True)  # of a training that left no checkpoint
