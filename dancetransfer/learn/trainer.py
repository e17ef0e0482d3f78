"""One training step of any recipe: some frames unrolled, their judges, and face and hands after that."""

import copy
import io
import json
import zipfile
from collections.abc import Callable, Collection
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from dancetransfer.device import Device
from dancetransfer.learn.adam import Adam
from dancetransfer.learn.batches import Batch, Batches
from dancetransfer.learn.dancer import (
    LABELS,
    Dancer,
    drawn,
    generator_of,
    move_state,
    part_side,
    refiners_of,
    remember,
)
from dancetransfer.learn.networks import placed
from dancetransfer.learn.portions import CLIP, Chance, Portion, drawn_chance, portion, split
from dancetransfer.learn.thrift import Thrift, ran_out
from dancetransfer.learn.together import Group, say
from dancetransfer.pose.crop import PARTS
from dancetransfer.recipes import Plan
from models.discriminator import MultiScaleDiscriminator
from models.flow import flow_loss
from models.generator import over
from models.losses import Features, Perceptual, feature_matching, laplacian, lsgan, mask_loss
from models.refiner import cut

MASK, OUTLINE = 10.0, 30.0
"""Weights of the mask loss over all pixels alike, and where those near the person count more, as in the other losses:
figures of `fast` stayed half transparent and in loud colors for long; it is after 50 steps where it was after 100."""
FLOW = 10.0
"""Weight of the flow's loss (vid2vid, section 3)."""
PART_PERCEPTUAL = 5.0
"""Weight of the perceptual term for faces (EDN, section 3.4), and hands."""
PARTS_FRAMES = 2
"""Frames that are drawn for a refiner, which learns from the last one."""
SMALLER = 4
"""A clip is judged at this part of the size: motion shows there, and texture is the other judge's."""
TRAINED = ("generator", "judge", "clip_judges", "refiners", "part_judges")
"""The networks that have an optimizer each."""


class Trainer:
    """The networks of a training, their optimizers, and the steps that they take."""

    def __init__(self, plan: Plan, device: Device, seed: int, perceptual: Perceptual | None) -> None:
        torch.manual_seed(seed)
        self.plan, self.device, self.perceptual = plan, device, perceptual
        recipe = plan.recipe
        scales = recipe.judge_scales + (1 if plan.enhanced else 0)
        self.generator = placed(device, generator_of(plan))
        together = recipe.judge_frames * (LABELS + 3)
        self.judge = placed(device, MultiScaleDiscriminator(together, scales, recipe.judge_width))
        self.refiners = placed(device, refiners_of(plan))
        parts = {name: MultiScaleDiscriminator(LABELS + 3, 1, recipe.judge_width) for name in recipe.parts}
        self.part_judges = placed(device, nn.ModuleDict(parts))
        seen = CLIP * 3 + (2 * (CLIP - 1) if recipe.flow else 0)
        clips = {str(stride): MultiScaleDiscriminator(seen, 1, recipe.judge_width) for stride in recipe.clip}
        self.clip_judges = placed(device, nn.ModuleDict(clips))
        self.averaged = self.generator
        if recipe.averaged:
            self.averaged = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.optimizers = {
            name: Adam(parameters, recipe.rate)
            for name in TRAINED
            if (parameters := list(getattr(self, name).parameters()))
        }
        self.thrift = Thrift()
        self.quick: dict[str, Callable[..., Any]] = {}
        """What of a step is compiled, by name (`learn.compiling`)."""
        self.group: Group | None = None
        """The processes that learn together; None where this one is alone."""
        self.steps = 0

    # --- the schedule: everything is a function of the used share ------------------------------

    def parts_phase(self, share: float) -> bool:
        return bool(self.plan.recipe.parts) and share >= self.plan.recipe.parts_from

    def coarse_only(self, share: float) -> bool:
        return self.plan.enhanced and share < self.plan.recipe.enhancer_from

    def rate(self, share: float) -> float:
        """Learning rate: constant, then linear to nearly zero over the second half of each phase."""
        start = self.plan.recipe.parts_from
        within = (share - start) / (1 - start) if self.parts_phase(share) else share / start
        return self.plan.recipe.rate * max(0.02, min(1.0, 2 * (1 - within)))

    def step(self, batches: Batches, share: float) -> dict[str, float]:
        """One step at `share` (0..1) of the training; returns the losses by name.

        One that fails, for want of memory, is not taken: weights, order and chance are as before.
        """
        rate = self.rate(share)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        recipe, parts = self.plan.recipe, self.parts_phase(share)
        frames = PARTS_FRAMES if parts else recipe.unrolled(share)
        order, random = batches.order, torch.get_rng_state()
        if self.group and self.group.leads:
            say("step", share, self.thrift, order, random)
        try:
            count = max(1, recipe.frames // frames)
            ours = self.group.share(count) if self.group else range(count)
            batch = batches.draw(frames, count, parts, ours)
            losses = self._gradients(batch, drawn_chance(recipe, batch, ours), ours, share)
            if self.group:
                losses = self.group.added(self.optimizers, losses)
        except BaseException as failure:
            error = ran_out(failure)
            if self.group:
                self.group.failed(error)
            batches.order = order
            torch.set_rng_state(random)
            self._forget()
            if error is failure:
                raise
            raise error from failure
        self._descend()
        if not parts:
            self._average()
        self.steps += 1
        return {name: float(value) for name, value in losses.items()}

    def _gradients(self, batch: Batch, chance: Chance, ours: range, share: float) -> dict[str, Tensor]:
        """Add up the gradients of all networks over the portions of our stretches of a batch; their losses."""
        learn = self._parts_portion if self.parts_phase(share) else self._body_portion
        losses: dict[str, Tensor] = {}
        if self.quick and self.device.name == "cuda":
            # What the graphs of the step before gave, gradients among it, lies in memory that they fill again: it is
            # no longer needed, as one backward pass adds up all frames and `_forget` drops the gradients behind it.
            # (Gradients added up over several passes come out wrong: pytorch/pytorch, issues 96693 and 169545.)
            torch.compiler.cudagraph_mark_step_begin()
        for stretches in split(ours, self.thrift.portions):
            one = portion(batch, chance, stretches, torch.device(self.device.torch))
            for name, value in learn(one, share).items():
                losses[name] = losses[name] + value if name in losses else value
        return losses

    # --- the body ------------------------------------------------------------------------------

    def _body_portion(self, one: Portion, share: float) -> dict[str, Tensor]:
        batch, recipe, coarse = one.batch, self.plan.recipe, self.coarse_only(share)
        with self._precision():
            layers, flows = self._unroll(self.generator, batch, one.chance.state, coarse)
        made = torch.stack([over(layer, batch.plate[:, n]) for n, layer in enumerate(layers)], 1)
        losses: dict[str, Tensor] = {}
        if share >= recipe.adversarial_from:
            losses |= self._judged(one, made, 1 if coarse else 0)  # G1 alone is judged at its own size
            losses |= self._clips(one, made)
        losses["perceptual"] = self._perceptual(batch, made, coarse)
        if recipe.pixel:
            error = (made - batch.real).abs() * batch.weight
            losses["pixel"] = recipe.pixel * (error.sum((2, 3, 4)) / (3 * batch.weight.sum((2, 3, 4)))).mean()
        if recipe.mask:
            alpha = torch.stack([layer[:, 3:] for layer in layers], 1)
            weight, near = (OUTLINE, batch.weight) if recipe.outlined else (MASK, None)
            losses["mask"] = weight * mask_loss(alpha, batch.mask, near)
        if flows:
            losses["flow"] = FLOW * self._flow_loss(batch, flows)
        return self._learned("generator", losses, one.part)

    def _unroll(
        self, generator: nn.Module, batch: Batch, state: Tensor, coarse: bool
    ) -> tuple[list[Tensor], list[Tensor]]:
        """I0 = G(x0, before), I1 = G(x1, I0)..., the gradient through all (EDN, equation 2): layers, and flows."""
        recipe, draw = self.plan.recipe, self.quick.get("drawn", drawn)
        layers: list[Tensor] = []
        flows: list[Tensor] = []
        for frame in range(batch.labels.shape[1]):
            if frame:
                state = remember(recipe, state, layers[-1], batch.labels[:, frame - 1])
                state = move_state(state, batch.moves[:, frame]) if recipe.follow else state
            moved = batch.moved[:, frame] if recipe.moved else None
            layer, flow = self._through(draw, recipe, generator, batch.labels[:, frame], moved, state, coarse)
            layers.append(layer)
            if frame and flow is not None:
                flows.append(flow)
        return layers, flows

    def _through(self, network: Callable[..., Any], *given: Any) -> Any:
        """What a network makes of its input, kept for the gradient or computed again."""
        if self.thrift.recompute and torch.is_grad_enabled():
            return checkpoint(network, *given, use_reentrant=False, preserve_rng_state=False)
        return network(*given)

    def _judged(self, one: Portion, made: Tensor, first: int) -> dict[str, Tensor]:
        """D learns to tell neighboring frames (x0, x1, y0, y1) from real ones, and what G is told by it."""
        recipe, draw = self.plan.recipe, one.chance.changes
        apart = made.shape[1] // recipe.judge_frames * recipe.judge_frames
        labels, made, real = (
            every[:, :apart].unflatten(1, (-1, recipe.judge_frames)).flatten(0, 1)  # [N*windows,frames,C,H,W]
            for every in (one.batch.labels, made, one.batch.real)
        )

        def features(pictures: Tensor) -> Features:
            frames: list[Tensor] = []
            for n in range(recipe.judge_frames):
                pair = labels[:, n], pictures[:, n]
                frames += pair if draw is None else (draw.moved(pair[0]), draw.picture(pair[1]))
            with self._precision():
                return self.judge(torch.cat(frames, 1), first)

        return self._opposed("judge", features, made, real, one.part)

    def _clips(self, one: Portion, made: Tensor) -> dict[str, Tensor]:
        """The clip judges learn to tell three frames, some apart, from real ones; with their flow where G has one."""
        losses: dict[str, Tensor] = {}
        for stride, at in one.chance.clips.items():
            chosen = slice(at, at + (CLIP - 1) * stride + 1, stride)
            real = one.batch.real
            flow = one.batch.flow[:, chosen][:, : CLIP - 1] if self.plan.recipe.flow else real[:, :0]
            features = self._clip_features(stride, flow)
            told = self._opposed("clip_judges", features, made[:, chosen], real[:, chosen], one.part)
            losses |= {f"clip {name} {stride}": value for name, value in told.items() if name != "clip_judges"}
            losses[f"clip {stride} judge"] = told["clip_judges"]
        return losses

    def _clip_features(self, stride: int, flow: Tensor) -> Callable[[Tensor], Features]:
        """What a clip judge makes of clips [N,3,3,H,W], and of the measured flow to each of their frames."""

        def features(pictures: Tensor) -> Features:
            x = torch.cat([pictures.flatten(1, 2), flow.flatten(1, 2)], 1)
            with self._precision():
                return self.clip_judges[str(stride)](functional.avg_pool2d(x, SMALLER))

        return features

    def _opposed(
        self,
        name: str,
        features: Callable[[Tensor], Features],
        made: Tensor,
        real: Tensor,
        part: float,
        weight: float | None = None,
    ) -> dict[str, Tensor]:
        """The gradients of a judge, and the losses of who draws: `features` are the judge's of pictures.

        As published (pix2pixHD), both learn from what the judge says before this step: it looks at each picture once.
        """
        recipe, judges = self.plan.recipe, list(getattr(self, name).parameters())
        fake = self._through(features, made)
        true = self._through(features, real)
        taken, known = 0.5 * lsgan(fake, False), 0.5 * lsgan(true, True)
        (part * known).backward(inputs=judges)
        (part * taken).backward(inputs=judges, retain_graph=True)  # through which the other's gradient goes, too
        weight = recipe.adversarial if weight is None else weight
        return {
            name: (taken + known).detach(),
            "adversarial": weight * lsgan(fake, True),
            "matching": recipe.matching * feature_matching(fake, true),
        }

    def _learned(self, name: str, losses: dict[str, Tensor], part: float) -> dict[str, Tensor]:
        """The gradients of who draws, from all losses but the judges' own; returns the losses as parts of the whole."""
        total = torch.stack([value for key, value in losses.items() if not key.endswith("judge")]).sum()
        (part * total).backward(inputs=list(getattr(self, name).parameters()))
        return {key: part * value.detach() for key, value in losses.items()}

    def _flow_loss(self, batch: Batch, flows: list[Tensor]) -> Tensor:
        terms = [
            flow_loss(flow, batch.flow[:, n], batch.real[:, n], batch.real[:, n + 1], batch.weight[:, n + 1])
            for n, flow in enumerate(flows)
        ]
        return torch.stack(terms).mean()

    def _perceptual(self, batch: Batch, made: Tensor, coarse: bool) -> Tensor:
        weight = self.plan.recipe.perceptual * (2 if self.plan.enhanced and not coarse else 1)
        a, b = made.flatten(0, 1), batch.real.flatten(0, 1)
        if self.perceptual is not None:
            with self._precision():
                return weight * self._through(self.quick.get("likeness", self.perceptual), a, b)
        person = batch.weight.flatten(0, 1) if self.plan.recipe.mask else None
        return weight * self.quick.get("likeness", laplacian)(a, b, weight=person)

    def _average(self) -> None:
        """EMA of the weights, quick at first; without one the average is the newest."""
        if self.averaged is self.generator:
            return
        decay = min(self.plan.recipe.averaged, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mean, new in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
                mean.lerp_(new, 1 - decay)

    # --- face and hands ------------------------------------------------------------------------

    def _parts_portion(self, one: Portion, share: float) -> dict[str, Tensor]:
        """Each F learns r = F(x_part, G(x)_part) while G stands still (EDN, section 3.4)."""
        side, batch = part_side(self.plan), one.batch
        losses: dict[str, Tensor] = {}
        with torch.no_grad(), self._precision():  # after a frame of its own, as in a dance
            layer = self._unroll(self.averaged, batch, one.chance.state, False)[0][-1]
        for name in self.plan.recipe.parts:
            at = PARTS.index(name)
            seen = batch.has_part[:, -1, at]
            if not seen.any():
                continue
            labels, before, alpha, plate, real = (
                cut(picture[seen], batch.parts[seen, -1, at], (side, side))
                for picture in (batch.labels[:, -1], layer[:, :3], layer[:, 3:], batch.plate[:, -1], batch.real[:, -1])
            )
            told = self._part(name, labels, before, alpha, plate, real, one.parts[at])
            losses |= {f"{name} {key}": value for key, value in told.items()}
        return losses

    def _part(
        self, name: str, labels: Tensor, before: Tensor, alpha: Tensor, plate: Tensor, real: Tensor, part: float
    ) -> dict[str, Tensor]:
        """The gradients of a part's F and of its judge, on crops [N,C,S,S]."""
        with self._precision():
            after = self._through(self.refiners[name], labels, before)
        made = plate + alpha * (after.float() - plate)

        def features(pictures: Tensor) -> Features:
            with self._precision():
                return self.part_judges[name](torch.cat([labels, pictures], 1))

        losses = self._opposed("part_judges", features, made, real, part, 1.0)
        losses["judge"] = losses.pop("part_judges")
        likeness = self.perceptual(made, real) if self.perceptual is not None else laplacian(made, real, 3)
        losses["perceptual"] = PART_PERCEPTUAL * likeness
        return self._learned("refiners", losses, part)

    # --- what others need ----------------------------------------------------------------------

    def dancer(self, share: float, parts: Collection[str] = ()) -> Dancer:
        """The generator as it would dance now, with these parts refined."""
        refiners = {name: copy.deepcopy(self.refiners[name]).eval() for name in parts}
        return Dancer(self.plan, self.averaged, refiners, self.device, self.coarse_only(share))

    def _descend(self) -> None:
        """Every network that has gradients goes down them. Nothing is allocated any more, so this doesn't fail."""
        for optimizer in self.optimizers.values():
            optimizer.step()
        self._forget()

    def _forget(self) -> None:
        for optimizer in self.optimizers.values():
            optimizer.zero_grad()

    def _precision(self) -> Any:
        return Dancer(self.plan, self.generator, {}, self.device).precision()

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on, as tensors, numbers and texts."""
        return {
            "networks": {name: getattr(self, name).state_dict() for name in (*TRAINED, "averaged")},
            "optimizers": {name: one.state_dict() for name, one in self.optimizers.items()},
            "steps": self.steps,
            "random": torch.get_rng_state(),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave. RuntimeError or KeyError where it is of other networks."""
        for name, weights in state["networks"].items():
            getattr(self, name).load_state_dict(weights)
        for name, one in state["optimizers"].items():
            self.optimizers[name].load_state_dict(one)
        self.steps = state["steps"]
        torch.set_rng_state(state["random"].cpu())


def pack(trainer: Trainer, batches: Batches, counters: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint: networks, optimizers, random states, data order and counters. No pickled code."""
    return {"format": 1, "trainer": trainer.state(), "order": batches.order, "counters": json.dumps(counters)}


def unpack(content: bytes | io.BytesIO, trainer: Trainer, batches: Batches) -> dict[str, Any]:
    """Restore a checkpoint and return its counters; any error means that it is damaged."""
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with zipfile.ZipFile(source) as whole:  # torch itself does not look at the checksums
        if bad := whole.testzip():
            raise ValueError(f"{bad} is damaged")
    source.seek(0)
    data = torch.load(source, map_location="cpu", weights_only=True)
    trainer.restore(data["trainer"])
    batches.order = data["order"]
    counters: dict[str, Any] = json.loads(data["counters"])
    return counters
