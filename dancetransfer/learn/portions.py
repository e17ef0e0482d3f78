"""A batch in portions that are learned from one after the other: their losses, added up, are those of the whole."""

import itertools
from dataclasses import dataclass

import torch

from dancetransfer.learn.batches import Batch
from dancetransfer.learn.dancer import move_state, picture_of, state_channels
from dancetransfer.recipes import Recipe
from models.augment import Augmentation

NOISE = 0.05
"""Standard deviation of the noise on a fed-back real frame, which is better than what G will get."""
CLIP = 3
"""Frames of a small clip that is judged as one (vid2vid, section 3)."""


@dataclass(frozen=True)
class Chance:
    """What a step leaves to chance besides the batch; drawn for the whole of it, so that its portions agree."""

    state: torch.Tensor
    """[N,S,H,W]: what G is given before the first frame."""
    changes: Augmentation | None
    """Of every window that is judged, in the order of the stretches; None where nothing is changed."""
    clips: dict[int, int]
    """The first frame of what a clip judge sees, by its stride."""

    def of(self, start: int, stop: int) -> "Chance":
        """Of stretches start <= n < stop."""
        if self.changes is None:
            return Chance(self.state[start:stop], None, self.clips)
        windows = len(self.changes.light) // len(self.state)
        return Chance(self.state[start:stop], self.changes.of(start * windows, stop * windows), self.clips)

    def to(self, device: torch.device) -> "Chance":
        changes = None if self.changes is None else self.changes.to(device)
        return Chance(self.state.to(device, non_blocking=True), changes, self.clips)


@dataclass(frozen=True)
class Portion:
    """Some stretches of a batch, on the computing device."""

    batch: Batch
    chance: Chance
    part: float
    """How much of the batch this is, 0..1: what its mean losses are multiplied by."""
    parts: list[float]
    """The same for each of `pose.crop.PARTS`: of the stretches that show it."""


def drawn_chance(recipe: Recipe, batch: Batch, ours: range) -> Chance:
    """Before a stretch is nothing, or by the recipe's chance the real frame with noise, which is drawn for ours."""
    count, frames = batch.labels.shape[:2]
    size = batch.labels.shape[-2], batch.labels.shape[-1]
    state = batch.labels.new_zeros(count, state_channels(recipe), *size)
    if recipe.fed_back:
        given, seeds = torch.rand(count) < recipe.fed_back, torch.randint(2**62, (count,)).tolist()
        for n in ours:
            if given[n]:
                before = move_state(picture_of(batch.before[n : n + 1], recipe.outputs), batch.moves[n : n + 1, 0])
                noise = torch.randn(before.shape, generator=torch.Generator().manual_seed(seeds[n]))
                state[n] = (before + NOISE * noise.to(state.device))[0]
    changes = None
    if recipe.augmented:
        changes = Augmentation.draw(count * (frames // recipe.judge_frames), size, state.device)
    reach = {stride: frames - (CLIP - 1) * stride for stride in recipe.clip}
    return Chance(state, changes, {stride: int(torch.randint(n, ())) for stride, n in reach.items() if n > 0})


def split(stretches: range, count: int) -> list[range]:
    """Stretches of a batch in `count` portions as even as can be, none of them empty."""
    edges = [stretches.start + len(stretches) * n // count for n in range(count + 1)]
    return [range(a, b) for a, b in itertools.pairwise(edges) if b > a]


def portion(batch: Batch, chance: Chance, stretches: range, device: torch.device) -> Portion:
    """The part of a whole batch that `split` gives, moved to the device.

    Every loss is a mean over pictures, so those of all portions, each times its `part`, add up to the
    batch's, and so do the gradients: whether one process learns from them in turn or several at once.
    """
    start, stop = stretches.start, stretches.stop
    seen = batch.has_part[:, -1]
    shown = [float(n) / max(1, int(whole)) for n, whole in zip(seen[start:stop].sum(0), seen.sum(0), strict=True)]
    return Portion(
        batch.of(start, stop).to(device), chance.of(start, stop).to(device), len(stretches) / len(seen), shown
    )
