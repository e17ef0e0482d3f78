"""The trained generator at work: poses in, person layers out, one frame after the other."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from dancetransfer.device import Device
from dancetransfer.errors import UserError
from dancetransfer.learn.batches import into_boxes, relative
from dancetransfer.learn.recipes import RECIPES, Plan
from dancetransfer.pose.crop import face_boxes, into_crop
from dancetransfer.pose.labels import CHANNELS, label_map
from dancetransfer.pose.poses import Poses
from dancetransfer.storage import atomic_path
from models.generator import GlobalGenerator, LocalEnhancer, layer_of
from models.refiner import Refiner, cut, paste

LABELS = len(CHANNELS)
HEADER = "dancetransfer"
RESTART_SECONDS = 0.3
"""After this long without a pose the recursion starts anew."""


def generator_of(plan: Plan) -> GlobalGenerator | LocalEnhancer:
    """G of a plan, untrained: label map and state in, raw layer out."""
    recipe = plan.recipe
    inputs = LABELS + recipe.outputs
    coarse = GlobalGenerator(
        inputs, recipe.outputs, plan.width, recipe.downs, plan.blocks, recipe.limit, recipe.fold, recipe.skips
    )
    return LocalEnhancer(coarse, inputs, recipe.outputs, plan.width // 2) if plan.enhanced else coarse


def refiner_of(plan: Plan) -> Refiner:
    """F of a plan, untrained."""
    return Refiner(LABELS, plan.recipe.face_width)


def face_side(plan: Plan) -> int:
    """Side of the face crop in pixels: 128 for a person 512 high, as published."""
    return max(16, plan.size[1] // 4 // 8 * 8)


def state_of(layer: Tensor, outputs: int) -> Tensor:
    """What is fed back of a layer [N,4,H,W]: color times alpha, and alpha where there is a mask.

    0 means nothing, which is also what lies outside a crop and before the first frame.
    """
    color, alpha = layer[:, :3], layer[:, 3:]
    return torch.cat([color * alpha, alpha], 1)[:, :outputs]


def move_state(state: Tensor, moves: Tensor) -> Tensor:
    """The state [N,S,H,W] seen from the next crop, which lies at `moves` [N,4] in pixels of this one."""
    return cut(state, moves.to(state.device), (state.shape[-2], state.shape[-1]))


def raw_layer(generator: nn.Module, x: Tensor, coarse_only: bool) -> Tensor:
    """G's raw output [N,3 or 4,H,W]; with `coarse_only` that of G1 at half the size, enlarged."""
    if not coarse_only:
        return generator(x)
    raw = generator.coarse(functional.avg_pool2d(x, 2))  # type: ignore[operator]
    return functional.interpolate(raw, scale_factor=2, mode="bilinear")


def restarts(poses: Poses) -> np.ndarray:
    """bool [T]: frames with a person at which the recursion begins anew: the first, after a cut, after a gap."""
    anew = np.zeros(len(poses), bool)
    at = np.flatnonzero(poses.present)
    if len(at):
        gap = np.diff(poses.time[at]) > RESTART_SECONDS
        gap &= np.diff(at) > 1  # a slow frame rate alone is no gap
        cut = np.diff(poses.shot[at]) != 0
        anew[at] = np.concatenate([[True], gap | cut])
    return anew


def last_present(present: np.ndarray, start: int) -> int:
    """The last frame with a person before frame `start`; 0 where there is none."""
    before = np.flatnonzero(present[:start])
    return int(before[-1]) if len(before) else 0


class Step(NamedTuple):
    """One frame: the person layer, where it lies, and the recursion's state after it."""

    layer: np.ndarray  # uint8 [H,W,4], color and alpha; color is 0 where alpha is 0
    box: np.ndarray  # float64 [4], pixel edges of the plate
    state: np.ndarray | None  # float32 [S,H,W]; None where the recursion starts anew after it


@dataclass
class Dancer:
    """A generator with what it needs to draw a track of poses."""

    plan: Plan
    generator: nn.Module
    refiner: Refiner | None
    device: Device
    coarse_only: bool = False

    def layers(self, poses: Poses, boxes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Person layers (uint8 [H,W,4]) and boxes of a track in plate coordinates, from its beginning."""
        for step in self.steps(poses, boxes):
            yield step.layer, step.box

    def steps(
        self,
        poses: Poses,
        boxes: np.ndarray,
        start: int = 0,
        stop: int | None = None,
        state: np.ndarray | None = None,
        faces: np.ndarray | None = None,
    ) -> Iterator[Step]:
        """Frames start <= n < stop. `state` is that after frame start - 1, None to begin anew.

        The whole track and the boxes [T,4] of all its frames are given, so that a part comes out
        as it does in the whole. Frames without a person give an empty layer; after a cut or 0.3 s
        without a person the recursion begins anew. Who asks for many parts gives the track's
        `face_boxes` too, which take time.
        """
        size = self.plan.size
        stop = len(poses) if stop is None else stop
        part = slice(start, stop)
        joints = into_crop(poses[part], boxes[part], size)
        face = into_boxes((face_boxes(poses) if faces is None else faces)[part], boxes[part], size)
        empty = np.zeros((size[1], size[0], 4), np.uint8)
        present, anew = poses.present, restarts(poses)
        last = last_present(present, start)  # whose state is held
        for at, n in enumerate(range(start, stop)):
            if not present[n]:
                yield Step(empty, boxes[n], state)
                continue
            if anew[n]:
                state = None
            labels = label_map(joints.xy[at], joints.visible[at], size)
            move = relative(boxes[last], boxes[n], size)
            layer, state = self.step(labels, state, move, face[at] if np.isfinite(face[at]).all() else None)
            last = n
            yield Step(layer, boxes[n], state)

    @torch.inference_mode()
    def step(
        self, labels: np.ndarray, state: np.ndarray | None, move: np.ndarray, face: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """One frame: label map uint8 [C,H,W], state [S,H,W] seen from the crop before -> layer, new state."""
        device = self.device.torch
        outputs = self.plan.recipe.outputs
        x = torch.from_numpy(labels)[None].to(device).float() / 255
        if state is None:
            before = x.new_zeros((1, outputs, *x.shape[-2:]))
        else:
            before = torch.from_numpy(state)[None].to(device)
            whole = np.array([0, 0, *self.plan.size])
            if not np.allclose(move, whole, atol=1e-4):
                before = move_state(before, torch.from_numpy(move.astype(np.float32))[None])
        with self.precision():
            raw = raw_layer(self.generator, torch.cat([x, before], 1), self.coarse_only)
        layer = layer_of(raw.float())
        if self.refiner is not None and face is not None:
            layer = self.refine(self.refiner, layer, x, torch.from_numpy(face.astype(np.float32))[None].to(device))
        after = state_of(layer, outputs)[0].cpu().numpy()
        shown = layer[0].permute(1, 2, 0)
        color = ((shown[..., :3] + 1) * 127.5).round()
        alpha = (shown[..., 3:] * 255).round()
        picture = torch.cat([color * (alpha > 0), alpha], -1).to(torch.uint8).cpu().numpy()
        return picture, after

    def refine(self, refiner: Refiner, layer: Tensor, labels: Tensor, face: Tensor) -> Tensor:
        """The layer [N,4,H,W] with its face squares [N,4] gone over by F."""
        side = face_side(self.plan)
        with self.precision():
            patch = refiner(cut(labels, face, (side, side)), cut(layer[:, :3], face, (side, side)))
        return torch.cat([paste(layer[:, :3], patch.float(), face), layer[:, 3:]], 1)

    def precision(self) -> AbstractContextManager[None]:
        """Mixed precision where the device is faster with it."""
        kind = torch.device(self.device.torch).type
        dtype = getattr(torch, self.device.mixed)
        return torch.autocast(kind, dtype, enabled=dtype != torch.float32)


def save_dancer(path: Path, dancer: Dancer, notes: dict[str, str]) -> None:
    """Write the weights as safetensors with the plan in the header; atomic."""
    tensors = {f"generator.{k}": v.detach().cpu().contiguous() for k, v in dancer.generator.state_dict().items()}
    if dancer.refiner is not None:
        state = dancer.refiner.state_dict()
        tensors |= {f"refiner.{k}": v.detach().cpu().contiguous() for k, v in state.items()}
    plan = dancer.plan
    header = {
        "recipe": plan.recipe.name,
        "size": json.dumps(plan.size),
        "width": str(plan.width),
        "blocks": str(plan.blocks),
        "coarse_only": str(int(dancer.coarse_only)),
        **notes,
    }
    # one entry: safetensors writes several in any order, and the same weights shall be the same file
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(tensors, {HEADER: json.dumps(header, sort_keys=True)}))


def load_dancer(path: Path, device: Device) -> Dancer:
    """Read what `save_dancer` wrote; UserError where the file is missing or damaged."""
    try:
        with safe_open(path, "pt") as file:
            header = json.loads(file.metadata()[HEADER])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        width, height = json.loads(header["size"])
        plan = Plan(RECIPES[header["recipe"]], (width, height), int(header["width"]), int(header["blocks"]))
        generator = generator_of(plan)
        generator.load_state_dict(_below("generator.", tensors))
        refiner = None
        if refined := _below("refiner.", tensors):
            refiner = refiner_of(plan)
            refiner.load_state_dict(refined)
    except FileNotFoundError as error:
        raise UserError("The person has not been learned yet.", "Train first: dancetransfer train X.dance") from error
    except (SafetensorError, KeyError, ValueError, TypeError, RuntimeError) as error:
        raise UserError(
            f"{path} is damaged or of another version.", "Train a little further to write it anew."
        ) from error
    for network in (generator, refiner):
        if network is not None:
            network.to(device.torch).eval()
    return Dancer(plan, generator, refiner, device, header.get("coarse_only") == "1")


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name[len(prefix) :]: value for name, value in tensors.items() if name.startswith(prefix)}
