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

from dancetransfer.device import Device
from dancetransfer.learn.batches import Batch, Batches
from dancetransfer.learn.dancer import (
    LABELS,
    Dancer,
    drawn,
    generator_of,
    move_state,
    part_side,
    picture_of,
    refiners_of,
    remember,
    state_channels,
)
from dancetransfer.pose.crop import PARTS
from dancetransfer.recipes import Plan
from models.augment import Augmentation
from models.discriminator import MultiScaleDiscriminator
from models.flow import flow_loss
from models.generator import over
from models.losses import Features, Perceptual, feature_matching, laplacian, lsgan
from models.refiner import Refiner, cut
from models.sequential import SequentialGenerator

NOISE = 0.05
"""Standard deviation of the noise on a fed-back real frame, which is better than what G will get."""
MASK = 10.0
"""Weight of the mask loss."""
FLOW = 10.0
"""Weight of the flow's loss (vid2vid, section 3)."""
PART_PERCEPTUAL = 5.0
"""Weight of the perceptual term for faces (EDN, section 3.4), and hands."""
PARTS_FRAMES = 2
"""Frames that are drawn for a refiner, which learns from the last one."""
CLIP = 3
"""Frames of a small clip that is judged as one (vid2vid, section 3)."""
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
        self.generator = self._placed(generator_of(plan))
        together = recipe.judge_frames * (LABELS + 3)
        self.judge = self._placed(MultiScaleDiscriminator(together, scales, recipe.judge_width))
        self.refiners = self._placed(refiners_of(plan))
        self.part_judges = self._placed(
            nn.ModuleDict({name: MultiScaleDiscriminator(LABELS + 3, 1, recipe.judge_width) for name in recipe.parts})
        )
        seen = CLIP * 3 + (2 * (CLIP - 1) if recipe.flow else 0)
        self.clip_judges = self._placed(
            nn.ModuleDict({str(n): MultiScaleDiscriminator(seen, 1, recipe.judge_width) for n in recipe.clip})
        )
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.optimizers = {
            name: torch.optim.Adam(parameters, lr=recipe.rate, betas=(0.5, 0.999))
            for name in TRAINED
            if (parameters := list(getattr(self, name).parameters()))
        }
        self.steps = 0

    def _placed(self, network: Any) -> Any:
        """On the device, with small random weights as published: N(0, 0.02)."""
        for layer in network.modules():
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
                nn.init.normal_(layer.weight, 0, 0.02)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        for part in network.modules():
            if isinstance(part, (Refiner, SequentialGenerator)):  # which begin by changing and moving nothing
                part.stand_still()
            if getattr(part, "fold", 0):  # all pixels of a fold begin alike (ICNR, Aitken et al. 2017)
                same = 4**part.fold
                with torch.no_grad():
                    part.head.weight.copy_(part.head.weight[::same].repeat_interleave(same, 0))
        # measured on a CPU: the fast recipe's step takes 1.2 times as long in channels-last order
        layout = torch.contiguous_format if self.device.torch == "cpu" else torch.channels_last
        return network.to(self.device.torch, memory_format=layout)

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
        """One step at `share` (0..1) of the training; returns the losses by name."""
        rate = self.rate(share)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        recipe, parts = self.plan.recipe, self.parts_phase(share)
        frames = PARTS_FRAMES if parts else recipe.unrolled(share)
        batch = batches.draw(frames, max(1, recipe.frames // frames), parts).to(torch.device(self.device.torch))
        losses = self._parts_step(batch) if parts else self._body_step(batch, share)
        self.steps += 1
        return {name: float(value.detach()) for name, value in losses.items()}

    # --- the body ------------------------------------------------------------------------------

    def _body_step(self, batch: Batch, share: float) -> dict[str, Tensor]:
        recipe, coarse = self.plan.recipe, self.coarse_only(share)
        with self._precision():
            layers, flows = self._unroll(self.generator, batch, coarse)
        made = torch.stack([over(layer, batch.plate[:, n]) for n, layer in enumerate(layers)], 1)
        losses: dict[str, Tensor] = {}
        if share >= recipe.adversarial_from:
            losses |= self._judged_step(batch, made, 1 if coarse else 0)  # G1 alone is judged at its own size
            losses |= self._clip_step(batch, made)
        losses["perceptual"] = self._perceptual(batch, made, coarse)
        if recipe.pixel:
            error = (made - batch.real).abs() * batch.weight
            losses["pixel"] = recipe.pixel * error.sum() / (3 * batch.weight.sum())
        if recipe.mask:
            losses["mask"] = MASK * _mask_loss(torch.stack([layer[:, 3:] for layer in layers], 1), batch.mask)
        if flows:
            losses["flow"] = FLOW * self._flow_loss(batch, flows)
        total = torch.stack([value for name, value in losses.items() if not name.endswith("judge")]).sum()
        self._descend("generator", total)
        self._average()
        return losses

    def _unroll(self, generator: nn.Module, batch: Batch, coarse: bool) -> tuple[list[Tensor], list[Tensor]]:
        """I0 = G(x0, before), I1 = G(x1, I0)..., the gradient through all (EDN, equation 2): layers, and flows.

        Before is nothing, or by the recipe's chance the real frame with noise.
        """
        recipe = self.plan.recipe
        count, frames = batch.labels.shape[:2]
        state = batch.labels.new_zeros(count, state_channels(recipe), *batch.labels.shape[-2:])
        if recipe.fed_back:
            given = torch.rand(count, 1, 1, 1, device=state.device) < recipe.fed_back
            before = move_state(picture_of(batch.before, recipe.outputs), batch.moves[:, 0])
            state = (before + NOISE * torch.randn_like(before)) * given
        layers: list[Tensor] = []
        flows: list[Tensor] = []
        for frame in range(frames):
            if frame:
                state = remember(recipe, state, layers[-1], batch.labels[:, frame - 1])
                state = move_state(state, batch.moves[:, frame]) if recipe.follow else state
            moved = batch.moved[:, frame] if recipe.moved else None
            layer, flow = drawn(recipe, generator, batch.labels[:, frame], moved, state, coarse)
            layers.append(layer)
            if frame and flow is not None:
                flows.append(flow)
        return layers, flows

    def _judged_step(self, batch: Batch, made: Tensor, first: int) -> dict[str, Tensor]:
        """D learns to tell neighboring frames (x0, x1, y0, y1) from real ones, and what G is told by it."""
        recipe = self.plan.recipe
        apart = made.shape[1] // recipe.judge_frames * recipe.judge_frames
        labels, made, real = (
            one[:, :apart].unflatten(1, (-1, recipe.judge_frames)).flatten(0, 1)  # [N*windows,frames,C,H,W]
            for one in (batch.labels, made, batch.real)
        )
        draw = None
        if recipe.augmented:
            draw = Augmentation.draw(len(labels), (labels.shape[-2], labels.shape[-1]), labels.device)

        def features(pictures: Tensor) -> Features:
            frames: list[Tensor] = []
            for n in range(recipe.judge_frames):
                pair = labels[:, n], pictures[:, n]
                frames += pair if draw is None else (draw.moved(pair[0]), draw.picture(pair[1]))
            with self._precision():
                return self.judge(torch.cat(frames, 1), first)

        return self._opposed("judge", features, made, real)

    def _clip_step(self, batch: Batch, made: Tensor) -> dict[str, Tensor]:
        """The clip judges learn to tell three frames, some apart, from real ones; with their flow where G has one."""
        losses: dict[str, Tensor] = {}
        for stride in self.plan.recipe.clip:
            reach = (CLIP - 1) * stride
            if made.shape[1] <= reach:
                continue
            at = int(torch.randint(made.shape[1] - reach, ()))
            chosen = slice(at, at + reach + 1, stride)
            flow = batch.flow[:, chosen][:, : CLIP - 1] if self.plan.recipe.flow else batch.real[:, :0]
            told = self._opposed(
                "clip_judges", self._clip_features(stride, flow), made[:, chosen], batch.real[:, chosen]
            )
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
        self, name: str, features: Callable[[Tensor], Features], made: Tensor, real: Tensor, weight: float | None = None
    ) -> dict[str, Tensor]:
        """One step of a judge, and the losses of who draws: `features` are the judge's of pictures."""
        recipe = self.plan.recipe
        fake, true = features(made.detach()), features(real)
        judge = 0.5 * (lsgan(fake, False) + lsgan(true, True))
        self._descend(name, judge)
        fake, true = features(made), features(real)
        weight = recipe.adversarial if weight is None else weight
        return {
            name: judge,
            "adversarial": weight * lsgan(fake, True),
            "matching": recipe.matching * feature_matching(fake, true),
        }

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
                return weight * self.perceptual(a, b)
        person = batch.weight.flatten(0, 1) if self.plan.recipe.mask else None
        return weight * laplacian(a, b, weight=person)

    def _average(self) -> None:
        """EMA of the weights, quick at first; without one the average is the newest."""
        decay = min(self.plan.recipe.averaged, (1 + self.steps) / (10 + self.steps))
        with torch.no_grad():
            for mean, new in zip(self.averaged.parameters(), self.generator.parameters(), strict=True):
                mean.lerp_(new, 1 - decay)

    # --- face and hands ------------------------------------------------------------------------

    def _parts_step(self, batch: Batch) -> dict[str, Tensor]:
        """Each F learns r = F(x_part, G(x)_part) while G stands still (EDN, section 3.4)."""
        side = part_side(self.plan)
        losses: dict[str, Tensor] = {}
        with torch.no_grad(), self._precision():
            layer = self._unroll(self.averaged, batch, False)[0][-1]  # after a frame of its own, as in a dance
        for name in self.plan.recipe.parts:
            at = PARTS.index(name)
            seen = batch.has_part[:, -1, at]
            if not seen.any():
                continue
            labels, before, alpha, plate, real = (
                cut(picture[seen], batch.parts[seen, -1, at], (side, side))
                for picture in (batch.labels[:, -1], layer[:, :3], layer[:, 3:], batch.plate[:, -1], batch.real[:, -1])
            )
            told = self._part(name, labels, before, alpha, plate, real)
            losses |= {f"{name} {key}": value for key, value in told.items()}
        return losses

    def _part(
        self, name: str, labels: Tensor, before: Tensor, alpha: Tensor, plate: Tensor, real: Tensor
    ) -> dict[str, Tensor]:
        """One step of a part's F and of its judge, on crops [N,C,S,S]."""
        with self._precision():
            after = self.refiners[name](labels, before)
        made = plate + alpha * (after.float() - plate)

        def features(pictures: Tensor) -> Features:
            with self._precision():
                return self.part_judges[name](torch.cat([labels, pictures], 1))

        losses = self._opposed("part_judges", features, made, real, 1.0)
        losses["judge"] = losses.pop("part_judges")
        likeness = self.perceptual(made, real) if self.perceptual is not None else laplacian(made, real, 3)
        losses["perceptual"] = PART_PERCEPTUAL * likeness
        self._descend("refiners", torch.stack([value for key, value in losses.items() if key != "judge"]).sum())
        return losses

    # --- what others need ----------------------------------------------------------------------

    def dancer(self, share: float, parts: Collection[str] = ()) -> Dancer:
        """The generator as it would dance now, with these parts refined."""
        refiners = {name: copy.deepcopy(self.refiners[name]).eval() for name in parts}
        return Dancer(self.plan, self.averaged, refiners, self.device, self.coarse_only(share))

    def _descend(self, name: str, loss: Tensor) -> None:
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def _precision(self) -> Any:
        return Dancer(self.plan, self.generator, {}, self.device).precision()

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on, as tensors, numbers and texts."""
        return {
            "networks": {name: getattr(self, name).state_dict() for name in (*TRAINED, "averaged")},
            "optimizers": {name: one.state_dict() for name, one in self.optimizers.items()},
            "steps": self.steps,
            "random": torch.get_rng_state(),
            "random_device": torch.cuda.get_rng_state() if self.device.torch.startswith("cuda") else None,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from what `state` gave. RuntimeError or KeyError where it is of other networks."""
        for name, weights in state["networks"].items():
            getattr(self, name).load_state_dict(weights)
        for name, one in state["optimizers"].items():
            self.optimizers[name].load_state_dict(one)
        self.steps = state["steps"]
        torch.set_rng_state(state["random"].cpu())
        if state["random_device"] is not None and self.device.torch.startswith("cuda"):
            torch.cuda.set_rng_state(state["random_device"].cpu())


def _mask_loss(alpha: Tensor, mask: Tensor) -> Tensor:
    """Alpha follows the segmentation where that is sure; the picture decides the rest."""
    sure = (mask < 0.1) | (mask > 0.9)
    return ((alpha - mask).abs() * sure).mean()


def pack(trainer: Trainer, batches: Batches, counters: dict[str, Any]) -> dict[str, Any]:
    """A checkpoint: networks, optimizers, random states, data order and counters. No pickled code."""
    order = json.dumps(batches.random.bit_generator.state)
    return {"format": 1, "trainer": trainer.state(), "order": order, "counters": json.dumps(counters)}


def unpack(content: bytes | io.BytesIO, trainer: Trainer, batches: Batches) -> dict[str, Any]:
    """Restore a checkpoint and return its counters; any error means that it is damaged."""
    source = io.BytesIO(content) if isinstance(content, bytes) else content
    with zipfile.ZipFile(source) as whole:  # torch itself does not look at the checksums
        if bad := whole.testzip():
            raise ValueError(f"{bad} is damaged")
    source.seek(0)
    data = torch.load(source, map_location="cpu", weights_only=True)
    trainer.restore(data["trainer"])
    batches.random.bit_generator.state = json.loads(data["order"])
    counters: dict[str, Any] = json.loads(data["counters"])
    return counters
