"""The training stage: a run that starts, stops, goes on, shows previews, and keeps the best generator."""

import json
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path

import torch

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Metric, Notice, Preview, Progress, Started
from dancetransfer.footage.pairs import Footage, load_footage, plan_of
from dancetransfer.footage.smaller import at_size
from dancetransfer.learn import init, ladder, runs
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.compiling import Compiling
from dancetransfer.learn.dancer import Dancer, load_dancer, save_dancer
from dancetransfer.learn.finite import check, finite
from dancetransfer.learn.gather import gather, gathered, tell
from dancetransfer.learn.report import due, report
from dancetransfer.learn.resident import batches_for
from dancetransfer.learn.resume import NONE, Begun, Counters, perceptual_of, resume
from dancetransfer.learn.sheet import write_sheet
from dancetransfer.learn.showing import UNSEEN, Driving, HeldOut, Judging
from dancetransfer.learn.trainer import PARTS_FRAMES, Trainer, pack
from dancetransfer.learn.use import Use
from dancetransfer.project import Project
from dancetransfer.recipes import Plan
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import atomic_path, set_aside
from dancetransfer.storage import replace as rename

FIRST_CHECKPOINT, CHECKPOINT = 10.0, 60.0
"""Seconds of training before the first checkpoint, and between later ones."""
RISE = 0.02
"""A score that rises by less dB is kept but does not count as progress."""
LEVEL = 0.1
"""Scores this close in dB are equal, and of equal generators the one that has learned longest is kept: on a short clip
(juggle) a score after 33 steps was 0.07 dB above all later ones, and its faces 3 dB worse. Not of those that mix in the
person's own frames: they are good from the start, and what they learn by heart later shows first in poses that were
never filmed (the demo: 0.06 dB below the best score, smears over the head, 0.6 dB less likeness)."""
PATIENCE = 0.3
"""The training ends when the score has not risen for this share of it."""
STEPS_A_SCORE = 50
"""A training of given steps is scored every twelfth of them, but not more often than this."""

Clock = Callable[[], float]
REST = 0.1
"""Seconds; a caller that takes longer over an event rests on purpose."""


def train(project: Project, settings: TrainSettings, clock: Clock = time.monotonic) -> Events:
    """Stage: train the generator on the person until the budget is used or the score stops rising.

    Reads what `prepare` made and, for the previews, the newest fitted dance; writes
    `person/runs/NNN/`: settings.json, metrics.jsonl, previews/, last.pt, prev.pt, best.safetensors,
    and at the end report.jpg and report.json.
    `clock` gives seconds; only tests pass another one.
    """
    footage = load_footage(project)
    sizes = plan_of(settings, {clip.name: clip.poses for clip in footage})
    folder, notes = runs.open_run(project, settings, sizes)
    whole = float(settings.steps or settings.budget)
    if runs.finished(folder, settings):
        yield from ladder.less_than_chosen(folder, settings)
        if due(folder):  # a stop came before the report was ready
            chosen = runs.device_of(folder, settings.device)
            written = yield from report(project, folder, chosen, Progress("train", whole, whole))
            yield Done("train", "The report of the training is ready.", [str(folder / "best.safetensors"), *written])
        return
    yield from notes
    loop = None
    while loop is None:  # more than once where the memory has run out and the training is built anew
        loop = yield from _learn(project, settings, folder, sizes, clock)
    runs.finish(project, folder, settings, "plateau" if loop.counters.jump else "budget")
    written = yield from report(project, folder, loop.trainer.device, Progress("train", whole, whole))
    yield Done("train", loop.summary(), [str(folder / "best.safetensors"), *written])


def _learn(
    project: Project, settings: TrainSettings, folder: Path, asked: Plan, clock: Clock
) -> Generator[Event, None, "_Loop | None"]:
    """The training from where it is to its end; None where it has to be built anew to need less memory."""
    before = ladder.kept(folder)
    rung = ladder.as_chosen(before, settings)
    chosen = ladder.device_of(folder, settings, rung)
    perceptual, note = perceptual_of(asked, chosen)
    limits = ladder.Training(asked, settings, chosen, perceptual)
    rung, said = ladder.fitting(limits, rung)
    if rung != before:
        ladder.keep(folder, rung)
    yield from [note, *said] if note else said
    if rung.device and rung.device != chosen.name:
        return None
    sizes = rung.plan(asked)
    footage = at_size(load_footage(project), sizes.size)

    def begin() -> Begun:
        trainer = Trainer(sizes, chosen, settings.seed, perceptual)
        batches = batches_for(chosen, footage, sizes, settings.seed, rung.thrift, perceptual)
        return trainer, batches, Counters()

    trainer, batches, counters = yield from resume(folder, begin)
    yield from batches.told
    trainer.thrift = rung.thrift
    if trainer.steps == 0 and (words := init.begin(trainer, settings, folder)):
        yield Notice(words)
    if not batches.starts(2):
        raise UserError("No two neighboring frames show the person.", "Film the person without interruptions.")
    if gathered():
        yield from gather(project, settings, trainer, batches)
    yield Started("train", settings.steps or settings.budget, "steps" if settings.steps else "seconds")
    loop = _Loop(project, settings, folder, trainer, batches, counters, footage, clock, limits, rung)
    try:
        with closing(loop.run()) as steps:  # type: ignore[type-var]
            for event in steps:
                held = time.monotonic()
                yield event
                rested = time.monotonic() - held
                if rested > REST:  # which uses no training time
                    loop.started += rested
    except GeneratorExit:  # the caller stops here; the next call goes on
        loop.checkpoint()
        raise
    except ladder.Lower:
        loop.checkpoint()
        return None
    finally:
        batches.close()
    return loop


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
        clock: Clock,
        limits: ladder.Training,
        rung: ladder.Rung,
    ) -> None:
        self.settings, self.folder, self.trainer = settings, folder, trainer
        self.batches, self.counters, self.clock = batches, counters, clock
        self.limits, self.rung = limits, rung
        self.judging = Judging(footage, trainer.plan, batches.own)
        self.driving = Driving(project, footage, trainer.plan, batches.own)
        self.held_out = HeldOut(self.judging, batches.own)
        self.compiling = Compiling(trainer, batches)
        self.use = Use(trainer.device, batches)
        self.saved_at = counters.used
        self.saved: tuple[int, Counters] | None = None
        if counters.asked != settings.budget:  # more time was asked for, so patience begins anew
            counters.asked, counters.jump, counters.best_share = settings.budget, 0.0, 0.0
            counters.best_share = self.share
        self.look_at_best(runs.made_of(project) + (f" {rung.height} high" if rung.height else ""))
        self.started = clock() - counters.used

    @property
    def share(self) -> float:
        """How much of the training is used, 0..1: of the steps where they are given, else of the time."""
        if self.settings.steps:
            return min(1.0, self.trainer.steps / self.settings.steps)
        return min(1.0, (self.counters.used + self.counters.jump) / self.settings.budget)

    def run(self) -> Iterator[Event]:
        counters, told = self.counters, 0.0
        if self.trainer.steps == 0:
            yield from self.preview()
        while (share := self.share) < 1:
            parts = self.trainer.parts_phase(share)
            if parts and not self.batches.starts(PARTS_FRAMES, True):
                break  # neither face nor hand is ever seen: nothing is left to learn
            if parts and not counters.body_done:
                yield from self.score(share)
                self.stand_still()
            elif not parts and self.score_due():
                yield from self.score(share)
                if self.plateau():
                    counters.jump = self.next_phase(share) * self.settings.budget - counters.used
                    continue
            counters.body_done = parts
            begun = time.perf_counter()
            losses = yield from self.step(share)
            took = time.perf_counter() - begun
            self.use.seconds += took
            yield from self.compiling.look(share, took, self.left(took), self.progress())
            counters.used = self.clock() - self.started
            check(losses)
            if counters.used - told > 0.5 or self.share >= 1:
                told = counters.used
                self._line({name: round(value, 5) for name, value in losses.items()})
                yield self.progress()
            if counters.used >= counters.next_preview:
                yield from self.preview()
            wait = FIRST_CHECKPOINT if self.saved_at == 0 else CHECKPOINT
            if counters.used - self.saved_at >= wait:
                self.checkpoint()
        yield from self.finish()

    def left(self, step: float) -> float:
        """Seconds that the training still takes, with steps that take `step`."""
        if self.settings.steps:
            return (self.settings.steps - self.trainer.steps) * step
        return (1 - self.share) * self.settings.budget

    def progress(self) -> Progress:
        whole = float(self.settings.steps or self.settings.budget)
        done = float(self.trainer.steps) if self.settings.steps else min(self.counters.used, whole)
        return Progress("train", done, whole, words=self.use.words)

    def step(self, share: float) -> Generator[Event, None, dict[str, float]]:
        """One step; where the memory runs out it is taken again in a way that needs less."""
        while True:
            try:
                return self.trainer.step(self.batches, share)
            except torch.OutOfMemoryError as error:
                said = str(error)
            except Exception as error:  # compiled code fails in many ways
                notice = None if isinstance(error, UserError) else self.compiling.failed(error)
                if notice is None:
                    raise
                yield notice
                continue
            graphs, given = self.compiling.give_way(), self.batches.give_way()
            if self.trainer.device.name == "cuda":
                torch.cuda.empty_cache()
            if given or graphs:
                gone = [f"the person's pictures ({ladder.gigabytes(given)})"] * bool(given)
                gone += ["compiled steps"] * graphs
                yield Notice(f"The memory has run out, so {' and '.join(gone)} are no longer kept there.")
            else:
                yield from self.lower(said)

    def lower(self, said: str) -> Iterator[Event]:
        """Need less memory from now on. `Lower` where the training has to be built anew for that."""
        before = self.rung
        self.rung, notice = ladder.lower(self.limits, before, said)
        ladder.keep(self.folder, self.rung)
        self.trainer.thrift = self.rung.thrift
        yield notice
        if (self.rung.height, self.rung.device) != (before.height, before.device):
            raise ladder.Lower

    def score_due(self) -> bool:
        """By time; in a training of given steps by those, so that a stop between changes nothing."""
        if self.settings.steps:
            steps, every = self.trainer.steps, max(STEPS_A_SCORE, self.settings.steps // 12)
            return steps > 0 and steps % every == 0 and steps != self.counters.scored
        return self.counters.used >= self.counters.next_score

    def plateau(self) -> bool:
        """The score has stopped rising. A training of given steps takes them all."""
        share = self.share
        if self.settings.steps:
            return False
        start = self.trainer.plan.recipe.adversarial_from  # where scores may begin to rise anew
        since = max(self.counters.best_share, start if share >= start else 0.0)
        return share - since > PATIENCE

    def next_phase(self, share: float) -> float:
        """The share at which something new begins to be learned: with the discriminator, or face and hands."""
        recipe = self.trainer.plan.recipe
        if share < recipe.adversarial_from:
            return recipe.adversarial_from
        return recipe.parts_from if recipe.parts else 1.0

    def stand_still(self) -> None:
        """From here on G stands still: face and hands are learned on the best one, which need not be the last."""
        if self.counters.best_step != self.trainer.steps and (best := self._best()):
            self.trainer.averaged.load_state_dict(best.generator.state_dict())
            tell(self.trainer, self.batches)

    def finish(self) -> Iterator[Event]:
        """The last score; a refiner stays only if it makes its held-out part better."""
        if not self.counters.body_done:  # so few steps that face and hands never came, or there are none
            if self.counters.scored != self.trainer.steps:
                yield from self.score(self.share)
        else:
            yield from self.choose_parts()
        yield from self.preview()
        self.counters.used = self.clock() - self.started
        self.checkpoint()

    def choose_parts(self) -> Iterator[Event]:
        """Which refiners are used: each only if the choose part's face (or hand) is better with it."""
        plain, refined = self.trainer.dancer(1.0), self.trainer.dancer(1.0, self.trainer.plan.recipe.parts)
        self.counters.parts = []
        for name in self.trainer.plan.recipe.parts:
            before, after = (self.judging.part(dancer, name) for dancer in (plain, refined))
            if before <= UNSEEN:
                continue
            yield Metric("train", f"{name} score without refiner", round(before, 3), self.trainer.steps)
            yield Metric("train", f"{name} score with refiner", round(after, 3), self.trainer.steps)
            if after > before:
                self.counters.parts.append(name)
            else:
                yield Notice(f"The refiner of the {name} did not make held-out frames better and is left out.")
        self.keep_best(1.0)

    def score(self, share: float) -> Iterator[Event]:
        """Judge the held-out choose part and keep the generator if it is the best so far."""
        counters = self.counters
        yield from self.use.told(self.trainer.steps)
        value = self.judging.score(self.trainer.dancer(share))
        self._line({"score": round(value, 4)})
        coarse = self.trainer.coarse_only(share)
        if counters.coarse and not coarse:
            counters.best = NONE
        risen = value > counters.best + RISE
        if risen:
            counters.best_share = share
        counters.best = max(counters.best, value)
        if value >= counters.best - (0 if self.trainer.plan.recipe.moved else LEVEL):
            counters.kept, counters.best_step, counters.coarse = value, self.trainer.steps, coarse
            self.keep_best(share)
        counters.scored = self.trainer.steps
        counters.next_score = counters.used + max(8.0, 0.05 * self.settings.budget)
        yield Metric("train", "score", round(value, 3), self.trainer.steps)
        if risen:  # people want to see when it has become better than what they see
            yield from self.preview()

    def keep_best(self, share: float) -> None:
        self._save(self.trainer.dancer(share, self.counters.parts))

    def look_at_best(self, made_from: str) -> None:
        """Score the best generator anew where the footage is another than its score was measured on."""
        counters, best = self.counters, self._best()
        if best is None:
            counters.best, counters.scored = NONE, -1
        elif counters.made_from != made_from:
            best.plan = self.trainer.plan  # the crop may have another width than before
            counters.best = counters.kept = self.judging.score(best)
            counters.coarse, counters.scored = best.coarse_only, -1
            self._save(best)
        counters.made_from = made_from

    def _best(self) -> Dancer | None:
        """The best generator so far; None where there is none, or only a damaged file, which is set aside."""
        path = self.folder / "best.safetensors"
        if not path.exists():
            return None
        try:
            with torch.random.fork_rng([]):  # networks are built with random weights: the training must not notice
                return load_dancer(path, self.trainer.device)
        except UserError:
            set_aside(path)
            return None

    def _save(self, dancer: Dancer) -> None:
        notes = {"step": str(self.counters.best_step), "score": f"{self.counters.kept:.3f}"}
        save_dancer(self.folder / "best.safetensors", dancer, notes)

    def preview(self) -> Iterator[Event]:
        """A picture of a driving frame and a held-out one, and what the generator makes of them now."""
        parts = self.trainer.plan.recipe.parts if self.trainer.parts_phase(self.share) else ()
        dancer = self.trainer.dancer(self.share, parts)
        path = self.folder / "previews" / f"{self.trainer.steps:06d}.jpg"
        write_sheet(path, {**self.driving.parts(dancer), **self.held_out.parts(dancer)})
        self.counters.next_preview = max(self.counters.used + 4, 1.5 * self.counters.used)
        yield Preview("train", str(path), self.trainer.steps)

    def checkpoint(self) -> None:
        """Write last.pt; the one before becomes prev.pt. What ran away is not kept."""
        state = self.trainer.steps, replace(self.counters)
        if state == self.saved or not finite(self.trainer):
            return
        last, prev = self.folder / "last.pt", self.folder / "prev.pt"
        with atomic_path(last) as temporary:
            with open(temporary, "wb") as file:  # a file of ours: a full disk is then an OSError
                torch.save(pack(self.trainer, self.batches, asdict(self.counters)), file)
            if last.exists():
                rename(last, prev)
        self.saved_at, self.saved = self.counters.used, state

    def _line(self, values: dict[str, float]) -> None:
        row = {"step": self.trainer.steps, "seconds": round(self.counters.used, 2), **values}
        with open(self.folder / "metrics.jsonl", "a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")

    def summary(self) -> str:
        """One sentence of how it went."""
        why = "The score had stopped rising." if self.counters.jump else "The planned training is done."
        return (
            f"{why} {self.trainer.steps} steps in {self.counters.used:.0f} s; "
            f"held-out score {self.counters.kept:.2f} dB at step {self.counters.best_step}, which is kept."
        )
