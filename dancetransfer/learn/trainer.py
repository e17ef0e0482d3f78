"""One training step of Everybody Dance Now: two frames unrolled, two opponents, and the face after that."""

import copy
import io
import json
import zipfile
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from dancetransfer.device import Device
from dancetransfer.learn.batches import Batch, Batches
from dancetransfer.learn.dancer import (
    LABELS,
    Dancer,
    face_side,
    generator_of,
    move_state,
    raw_layer,
    refiner_of,
    state_of,
)
from dancetransfer.learn.recipes import Plan
from models.discriminator import MultiScaleDiscriminator
from models.generator import layer_of, over
from models.losses import Perceptual, feature_matching, laplacian, lsgan
from models.refiner import cut

NOISE = 0.05
"""Standard deviation of the noise on a fed-back real frame, which is better than what G will get."""
MASK = 10.0
"""Weight of the mask loss."""
FACE_PERCEPTUAL = 5.0
"""Weight of the perceptual term for faces (EDN, section 3.4)."""


class Trainer:
    """The networks of a training, their optimizers, and the steps that they take."""

    def __init__(self, plan: Plan, device: Device, seed: int, perceptual: Perceptual | None) -> None:
        torch.manual_seed(seed)
        self.plan, self.device, self.perceptual = plan, device, perceptual
        recipe = plan.recipe
        scales = recipe.judge_scales + (1 if plan.enhanced else 0)
        self.generator = self._placed(generator_of(plan))
        self.judge = self._placed(MultiScaleDiscriminator(2 * (LABELS + 3), scales, recipe.judge_width))
        self.refiner = self._placed(refiner_of(plan))
        self.face_judge = self._placed(MultiScaleDiscriminator(LABELS + 3, 1, recipe.judge_width))
        self.averaged = copy.deepcopy(self.generator).requires_grad_(False).eval()
        self.optimizers = {
            name: torch.optim.Adam(getattr(self, name).parameters(), lr=recipe.rate, betas=(0.5, 0.999))
            for name in ("generator", "judge", "refiner", "face_judge")
        }
        self.steps = 0

    def _placed(self, network: Any) -> Any:
        """On the device, with small random weights as published: N(0, 0.02)."""
        zero = network.network.head if hasattr(network, "network") else None  # F begins by changing nothing
        for layer in network.modules():
            if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and layer is not zero:
                nn.init.normal_(layer.weight, 0, 0.02)
                if layer.bias is not None:
                    nn.init.zeros_(layer.bias)
        if getattr(network, "fold", 0):  # all pixels of a fold begin alike (ICNR, Aitken et al. 2017)
            same = 4**network.fold
            with torch.no_grad():
                network.head.weight.copy_(network.head.weight[::same].repeat_interleave(same, 0))
        # measured on a CPU: the fast recipe's step takes 1.2 times as long in channels-last order
        layout = torch.contiguous_format if self.device.torch == "cpu" else torch.channels_last
        return network.to(self.device.torch, memory_format=layout)

    # --- the schedule: everything is a function of the used share ------------------------------

    def face_phase(self, share: float) -> bool:
        return share >= self.plan.recipe.face_from

    def coarse_only(self, share: float) -> bool:
        return self.plan.enhanced and share < self.plan.recipe.enhancer_from

    def rate(self, share: float) -> float:
        """Learning rate: constant, then linear to nearly zero over the second half of each phase."""
        start = self.plan.recipe.face_from
        within = (share - start) / (1 - start) if self.face_phase(share) else share / start
        return self.plan.recipe.rate * max(0.02, min(1.0, 2 * (1 - within)))

    def step(self, batches: Batches, share: float) -> dict[str, float]:
        """One step at `share` (0..1) of the training; returns the losses by name."""
        rate = self.rate(share)
        for optimizer in self.optimizers.values():
            for group in optimizer.param_groups:
                group["lr"] = rate
        faces = self.face_phase(share)
        batch = batches.draw(self.plan.recipe.batch, faces).to(torch.device(self.device.torch))
        losses = self._face_step(batch) if faces else self._body_step(batch, share)
        self.steps += 1
        return {name: float(value.detach()) for name, value in losses.items()}

    # --- the body ------------------------------------------------------------------------------

    def _body_step(self, batch: Batch, share: float) -> dict[str, Tensor]:
        recipe, coarse = self.plan.recipe, self.coarse_only(share)
        with self._precision():
            layers = self._unroll(self.generator, batch, coarse)
        made = torch.stack([over(layer, batch.plate[:, n]) for n, layer in enumerate(layers)], 1)
        losses: dict[str, Tensor] = {}
        if share >= recipe.adversarial_from:
            first = 1 if coarse else 0  # G1 alone is judged at its own size
            losses["judge"] = self._judge_step(batch, made.detach(), first)
            with self._precision():
                fake = self._judged(batch, made, first)
                real = self._judged(batch, batch.real, first)
            losses["adversarial"] = recipe.adversarial * lsgan(fake, True)
            losses["matching"] = recipe.matching * feature_matching(fake, real)
        losses["perceptual"] = self._perceptual(batch, made, coarse)
        if recipe.pixel:
            error = (made - batch.real).abs() * batch.weight
            losses["pixel"] = recipe.pixel * error.sum() / (3 * batch.weight.sum())
        if recipe.mask:
            losses["mask"] = MASK * _mask_loss(torch.stack([layer[:, 3:] for layer in layers], 1), batch.mask)
        total = torch.stack([value for name, value in losses.items() if name != "judge"]).sum()
        self._descend("generator", total)
        self._average()
        return losses

    def _unroll(self, generator: nn.Module, batch: Batch, coarse: bool) -> list[Tensor]:
        """I0 = G(x0, before), I1 = G(x1, I0), the gradient through both (EDN, equation 2).

        Before is nothing, or by the recipe's chance the real frame with noise.
        """
        outputs = self.plan.recipe.outputs
        state = state_of(batch.before, outputs)
        given = torch.rand(len(state), 1, 1, 1, device=state.device) < self.plan.recipe.fed_back
        state = move_state(state, batch.moves[:, 0])
        state = (state + NOISE * torch.randn_like(state)) * given
        layers: list[Tensor] = []
        for frame in range(2):
            if frame:
                state = move_state(state_of(layers[-1], outputs), batch.moves[:, 1])
            raw = raw_layer(generator, torch.cat([batch.labels[:, frame], state], 1), coarse)
            layers.append(layer_of(raw.float()))
        return layers

    def _judged(self, batch: Batch, pictures: Tensor, first: int) -> list[list[Tensor]]:
        """D's features of (x0, x1, y0, y1); pictures [N,2,3,H,W]; scales below `first` are left out."""
        x = torch.cat([batch.labels, pictures], 2).flatten(1, 2)
        results = []
        for number, discriminator in enumerate(self.judge.scales):
            if number:
                x = functional.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False)
            if number >= first:
                results.append(discriminator(x))
        return results

    def _judge_step(self, batch: Batch, made: Tensor, first: int) -> Tensor:
        with self._precision():
            fake, real = self._judged(batch, made, first), self._judged(batch, batch.real, first)
        loss = 0.5 * (lsgan(fake, False) + lsgan(real, True))
        self._descend("judge", loss)
        return loss

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

    # --- the face ------------------------------------------------------------------------------

    def _face_step(self, batch: Batch) -> dict[str, Tensor]:
        """F learns r = F(x_face, G(x)_face) while G stands still (EDN, section 3.4)."""
        side = face_side(self.plan)
        with torch.no_grad(), self._precision():
            layer = self._unroll(self.averaged, batch, False)[1]  # after a frame of its own, as in a dance
            labels, before, alpha, plate, real = (
                cut(picture, batch.face[:, 1], (side, side))
                for picture in (batch.labels[:, 1], layer[:, :3], layer[:, 3:], batch.plate[:, 1], batch.real[:, 1])
            )
        with self._precision():
            after = self.refiner(labels, before)
        made = plate + alpha * (after.float() - plate)
        with self._precision():
            fake = self.face_judge(torch.cat([labels, made.detach()], 1))
            true = self.face_judge(torch.cat([labels, real], 1))
        judge = 0.5 * (lsgan(fake, False) + lsgan(true, True))
        self._descend("face_judge", judge)
        with self._precision():
            fake, true = (self.face_judge(torch.cat([labels, picture], 1)) for picture in (made, real))
        losses = {
            "face": lsgan(fake, True),
            "face_matching": self.plan.recipe.matching * feature_matching(fake, true),
            "face_perceptual": FACE_PERCEPTUAL
            * (self.perceptual(made, real) if self.perceptual is not None else laplacian(made, real, 3)),
        }
        self._descend("refiner", torch.stack(list(losses.values())).sum())
        return {**losses, "face_judge": judge}

    # --- what others need ----------------------------------------------------------------------

    def dancer(self, share: float, face: bool) -> Dancer:
        """The generator as it would dance now; with `face` refined."""
        refiner = copy.deepcopy(self.refiner).eval() if face else None
        return Dancer(self.plan, self.averaged, refiner, self.device, self.coarse_only(share))

    def _descend(self, name: str, loss: Tensor) -> None:
        optimizer = self.optimizers[name]
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def _precision(self) -> Any:
        return Dancer(self.plan, self.generator, None, self.device).precision()

    def state(self) -> dict[str, Any]:
        """Everything that the next step depends on, as tensors, numbers and texts."""
        names = ("generator", "judge", "refiner", "face_judge", "averaged")
        return {
            "networks": {name: getattr(self, name).state_dict() for name in names},
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
