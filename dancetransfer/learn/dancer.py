"""The trained generator at work: poses in, person layers out, one frame after the other."""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from dancetransfer.device import Device
from dancetransfer.errors import UserError
from dancetransfer.footage.pairs import TRAIN, Footage
from dancetransfer.learn.dancing import Dancing
from dancetransfer.pose.crop import PARTS
from dancetransfer.pose.labels import CHANNELS
from dancetransfer.recipes import Plan, Recipe, recipe_of
from dancetransfer.sprites.sprites import Sprites
from dancetransfer.storage import atomic_path
from models.flow import combine
from models.generator import GlobalGenerator, LocalEnhancer, layer_of
from models.refiner import Refiner, cut, paste
from models.sequential import SequentialGenerator

LABELS = len(CHANNELS)
HEADER = "dancetransfer"


def generator_of(plan: Plan) -> GlobalGenerator | LocalEnhancer | SequentialGenerator:
    """G of a plan, untrained: label map and state in, raw layer (and flow) out."""
    recipe = plan.recipe
    if recipe.flow:
        return SequentialGenerator(
            LABELS, recipe.outputs, recipe.history, plan.width, recipe.downs, plan.blocks, recipe.limit, recipe.fold,
            recipe.skips, recipe.spade,
        )  # fmt: skip
    inputs = LABELS + (4 if recipe.moved else 0) + state_channels(recipe)
    coarse = GlobalGenerator(
        inputs, recipe.drawn, plan.width, recipe.downs, plan.blocks, recipe.limit, recipe.fold, recipe.skips
    )
    return LocalEnhancer(coarse, inputs, recipe.drawn, plan.width // 2) if plan.enhanced else coarse


def refiners_of(plan: Plan) -> nn.ModuleDict:
    """A refiner F of each part of a plan, untrained."""
    return nn.ModuleDict({name: Refiner(LABELS, plan.recipe.part_width) for name in plan.recipe.parts})


def part_side(plan: Plan) -> int:
    """Side of the crops of faces and hands in pixels: 128 for a person 512 high, as published."""
    return max(16, plan.size[1] // 4 // 8 * 8)


def state_channels(recipe: Recipe) -> int:
    """Channels of the recursion's state: the last pictures, and their label maps where there is flow."""
    return recipe.history * (recipe.outputs + (LABELS if recipe.flow else 0))


def picture_of(layer: Tensor, outputs: int) -> Tensor:
    """What is fed back of a layer [N,4,H,W]: color times alpha, and alpha where there is a mask.

    0 means nothing, which is also what lies outside a crop and before the first frame.
    """
    color, alpha = layer[:, :3], layer[:, 3:]
    return torch.cat([color * alpha, alpha], 1)[:, :outputs]


def remember(recipe: Recipe, state: Tensor, layer: Tensor, labels: Tensor) -> Tensor:
    """The state [N,S,H,W] after a frame with this layer and label map: the newest first, the oldest gone."""
    if not recipe.history:
        return state
    pictures, past = state.split([recipe.history * recipe.outputs, state.shape[1] - recipe.history * recipe.outputs], 1)
    kept = [picture_of(layer, recipe.outputs), pictures[:, : -recipe.outputs]]
    return torch.cat([*kept, labels, past[:, :-LABELS]] if past.shape[1] else kept, 1)


def move_state(state: Tensor, moves: Tensor) -> Tensor:
    """The state [N,S,H,W] seen from the next crop, which lies at `moves` [N,4] in pixels of this one."""
    return cut(state, moves.to(state.device), (state.shape[-2], state.shape[-1]))


def pixels(layer: Tensor) -> Tensor:
    """A layer [N,4,H,W] as it is kept: uint8 [N,H,W,4], color 0 where alpha is 0."""
    seen = layer.permute(0, 2, 3, 1)
    color = ((seen[..., :3] + 1) * 127.5).round()
    alpha = (seen[..., 3:] * 255).round()
    return torch.cat([color * (alpha > 0), alpha], -1).to(torch.uint8)


def drawn(
    recipe: Recipe, generator: nn.Module, labels: Tensor, moved: Tensor | None, state: Tensor, coarse_only: bool
) -> tuple[Tensor, Tensor | None]:
    """A frame: label map [N,C,H,W] and state [N,S,H,W] -> layer [N,4,H,W] and, where G predicts it, the flow [N,2,H,W].

    `moved` [N,4,H,W] is the person's own frame in that pose, where the recipe mixes it in. With
    `coarse_only` G1 alone at half the size, enlarged.
    """
    x = torch.cat([labels, state] if moved is None else [labels, moved[:, :3] * moved[:, 3:], moved[:, 3:], state], 1)
    if coarse_only:
        raw = generator.coarse(functional.avg_pool2d(x, 2))  # type: ignore[operator]
        raw = functional.interpolate(raw, scale_factor=2, mode="bilinear")
    else:
        raw = generator(x)
    if not recipe.flow:
        return layer_of(raw.float(), moved), None
    layer, flow, _ = combine(raw.float(), state[:, : recipe.outputs].float(), layer_of)
    return layer, flow


@dataclass
class Dancer(Dancing):
    """A generator with what it needs to draw a track of poses."""

    plan: Plan
    generator: nn.Module
    refiners: dict[str, nn.Module]
    """Of those parts that are better for it."""
    device: Device
    coarse_only: bool = False
    own: Sprites | None = None
    """The person's own frames, where the recipe mixes them in."""

    @torch.inference_mode()
    def step(
        self,
        labels: np.ndarray,
        moved: np.ndarray | None,
        state: np.ndarray | None,
        move: np.ndarray,
        parts: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Dancing.step`."""
        device, recipe = self.device.torch, self.plan.recipe
        x = torch.from_numpy(labels)[None].to(device).float() / 255
        if state is None:
            before = x.new_zeros((1, state_channels(recipe), *x.shape[-2:]))
        else:
            before = torch.from_numpy(state)[None].to(device)
            whole = np.array([0, 0, *self.plan.size])
            if not np.allclose(move, whole, atol=1e-4):
                before = move_state(before, torch.from_numpy(move.astype(np.float32))[None])
        given = None if moved is None else torch.from_numpy(moved)[None].to(device)
        with self.precision():
            layer, _ = drawn(recipe, self.generator, x, given, before, self.coarse_only)
        layer = self.refine(layer, x, parts)
        after = remember(recipe, before, layer, x)[0].cpu().numpy()
        picture = pixels(layer)[0].cpu().numpy()
        return picture, after

    def refine(self, layer: Tensor, labels: Tensor, parts: np.ndarray) -> Tensor:
        """The layer [1,4,H,W] with its parts [P,4] gone over by their refiners; NaN boxes are left as they are."""
        side = part_side(self.plan)
        for name, refiner in self.refiners.items():
            place = parts[PARTS.index(name)]
            if not np.isfinite(place).all():
                continue
            box = torch.from_numpy(place[None].astype(np.float32)).to(layer.device)
            with self.precision():
                patch = refiner(cut(labels, box, (side, side)), cut(layer[:, :3], box, (side, side)))
            layer = torch.cat([paste(layer[:, :3], patch.float(), box), layer[:, 3:]], 1)
        return layer

    def precision(self) -> AbstractContextManager[None]:
        """Mixed precision where the device is faster with it."""
        kind = torch.device(self.device.torch).type
        dtype = getattr(torch, self.device.mixed)
        return torch.autocast(kind, dtype, enabled=dtype != torch.float32)


def save_dancer(path: Path, dancer: Dancer, notes: dict[str, str]) -> None:
    """Write the weights as safetensors with the plan in the header; atomic."""
    tensors = {f"generator.{k}": v.detach().cpu().contiguous() for k, v in dancer.generator.state_dict().items()}
    for name, refiner in dancer.refiners.items():
        tensors |= {f"{name}.{k}": v.detach().cpu().contiguous() for k, v in refiner.state_dict().items()}
    plan = dancer.plan
    header = {
        "recipe": json.dumps(asdict(plan.recipe)),  # whole: the table may change, this dancer doesn't
        "size": json.dumps(plan.size),
        "width": str(plan.width),
        "blocks": str(plan.blocks),
        "coarse_only": str(int(dancer.coarse_only)),
        "refiners": json.dumps(list(dancer.refiners)),
        **notes,
    }
    # one entry: safetensors writes several in any order, and the same weights shall be the same file
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(tensors, {HEADER: json.dumps(header, sort_keys=True)}))


def load_dancer(path: Path, device: Device, footage: list[Footage] | None = None, part: int | None = TRAIN) -> Dancer:
    """Read what `save_dancer` wrote; UserError where the file is missing or damaged.

    A generator that mixes in the person's own frames needs the `footage`, and takes them from its `part` (None: all).
    """
    try:
        with safe_open(path, "pt") as file:
            header = json.loads(file.metadata()[HEADER])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        width, height = json.loads(header["size"])
        plan = Plan(recipe_of(header["recipe"]), (width, height), int(header["width"]), int(header["blocks"]))
        generator = generator_of(plan)
        generator.load_state_dict(_below("generator.", tensors))
        every = refiners_of(plan)
        refiners = {name: every[name] for name in json.loads(header["refiners"])}
        for name, refiner in refiners.items():
            refiner.load_state_dict(_below(f"{name}.", tensors))
    except FileNotFoundError as error:
        raise UserError("The person has not been learned yet.", "Train first: dancetransfer train X.dance") from error
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise UserError(
            f"{path} is damaged or of another version.", "Train a little further to write it anew."
        ) from error
    for network in (generator, *refiners.values()):
        network.to(device.torch).eval()
    own = Sprites(footage, part, plan.size) if plan.recipe.moved and footage is not None else None
    return Dancer(plan, generator, refiners, device, header.get("coarse_only") == "1", own)


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
