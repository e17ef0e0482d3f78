"""A learned person's networks as ONNX files, any size of picture, checked against PyTorch's own pictures."""

import io
import json
import warnings
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from dancetransfer.errors import UserError
from dancetransfer.footage.pairs import Footage
from dancetransfer.footage.plate import composite
from dancetransfer.learn.dancer import LABELS, Dancer, drawn, move_state, part_side, pixels, remember, state_channels
from dancetransfer.portable.network import ABOUT, AFTER, FRAME, PLACED, Network, file_of, open_network
from dancetransfer.storage import atomic_path, write_text
from models.refiner import cut, paste

OPSET = 17
"""GridSample came with 16; every provider knows 17."""
ALIKE = 45.0
"""dB between PyTorch's pictures and these that are asked for."""
CHECKED = 24
"""Frames, each fed into the next, over which that is measured."""
SMALL = 1024
"""Numbers of a tensor below which it stays float32: biases and norms, which weigh nothing."""


class NotExportable(UserError):
    """These networks can't be written as ONNX, or don't draw the same then."""


class _Frame(nn.Module):
    """label map uint8 [1,C,H,W] (moved [1,4,H,W]) (state [1,S,H,W], move [1,4]) -> layer [1,4,H,W] (state moved)."""

    def __init__(self, dancer: Dancer) -> None:
        super().__init__()
        self.generator, self.recipe, self.coarse_only = dancer.generator, dancer.plan.recipe, dancer.coarse_only

    def forward(self, labels: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
        moved, rest = (given[0], given[1:]) if self.recipe.moved else (None, given)
        before = move_state(*rest) if rest else labels.new_zeros((1, 0, *labels.shape[-2:]))
        layer, _ = drawn(self.recipe, self.generator, labels.float() / 255, moved, before, self.coarse_only)
        return (layer, before) if rest else (layer,)


class _Part(nn.Module):
    """label map uint8 [1,C,H,W], layer [1,4,H,W], box [1,4] -> the layer with that part gone over."""

    def __init__(self, refiner: nn.Module, side: int) -> None:
        super().__init__()
        self.refiner, self.side = refiner, side

    def forward(self, labels: Tensor, layer: Tensor, box: Tensor) -> Tensor:
        side = self.side, self.side
        patch = self.refiner(cut(labels.float() / 255, box, side), cut(layer[:, :3], box, side))
        return torch.cat([paste(layer[:, :3], patch, box), layer[:, 3:]], 1)


class _After(nn.Module):
    """label map uint8 [1,C,H,W], layer [1,4,H,W] (state moved) -> picture uint8 [1,H,W,4] (state after the frame)."""

    def __init__(self, dancer: Dancer) -> None:
        super().__init__()
        self.recipe = dancer.plan.recipe

    def forward(self, labels: Tensor, layer: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        return pixels(layer), *(remember(self.recipe, one, layer, labels.float() / 255) for one in state)


class _Placed(nn.Module):
    """layer [1,4,H,W], plate uint8 [1,h,w,3], box [1,4] in it -> picture uint8 [1,h,w,3] (Porter and Duff 1984).

    Where alpha is below 1/255 it is the plate, bit for bit.
    """

    def forward(self, layer: Tensor, plate: Tensor, box: Tensor) -> Tensor:
        height, width = plate.shape[1], plate.shape[2]
        color = (layer[:, :3] + 1) * 127.5 * layer[:, 3:]
        left, top, right, bottom = (box[:, n, None] for n in range(4))
        x = (torch.arange(width, device=box.device)[None] + 0.5 - left) / (right - left) * 2 - 1
        y = (torch.arange(height, device=box.device)[None] + 0.5 - top) / (bottom - top) * 2 - 1
        grid = torch.stack(torch.broadcast_tensors(x[:, None, :], y[:, :, None]), -1)
        placed = functional.grid_sample(torch.cat([color, layer[:, 3:]], 1), grid, align_corners=False)
        placed = placed.permute(0, 2, 3, 1)
        alpha, behind = placed[..., 3:], plate.float()
        mixed = behind * (1 - alpha) + placed[..., :3]
        return torch.where(alpha < 1 / 255, behind, mixed).round().clamp(0, 255).to(torch.uint8)


def export(dancer: Dancer, footage: list[Footage], folder: Path) -> float:
    """Write a person's networks into `folder`; the dB by which their pictures are like PyTorch's in float32.

    Weights are kept as float16 where that is still `ALIKE`, else as float32. What is compared are the
    worst of `CHECKED` frames of the `footage`, each fed into the next. NotExportable with the cause.
    """
    plain, found = replace(dancer, device=replace(dancer.device, mixed="float32")), 0.0
    for exact in (False, True):
        write_networks(plain, folder, exact)
        network = open_network(folder)
        network.own = dancer.own
        found = alike(plain, network, footage)
        if found >= ALIKE:
            return found
    raise NotExportable(
        f"ONNX Runtime draws this person otherwise than PyTorch ({found:.0f} dB alike).",
        "Go on with PyTorch: --engine torch",
    )


def write_networks(dancer: Dancer, folder: Path, exact: bool) -> None:
    """Write the files of `network.FILES` into `folder`, weights as float32 where `exact`, else as float16."""
    for name, (module, given) in _modules(dancer).items():
        graph = _graph(module, given)
        with atomic_path(folder / file_of(name)) as temporary:
            temporary.write_bytes(graph if exact else _halved(graph))
    _write_about(folder, dancer, "float32" if exact else "float16")


def alike(dancer: Dancer, network: Network, footage: list[Footage]) -> float:
    """dB (at most 100) of the worst frame drawn by both: the person over what is behind, of 255."""
    clip = max(footage, key=lambda one: len(one.poses))
    poses, boxes, worst = clip.poses[:CHECKED], clip.boxes[:CHECKED], 100.0
    moved = dancer.own.dance(poses, boxes).steps if dancer.own else None
    both = zip(dancer.layers(poses, boxes, moved), network.layers(poses, boxes, moved), strict=True)
    whole = np.array([0, 0, *dancer.plan.size])
    for n, ((a, _), (b, _)) in enumerate(both):
        behind = clip.backdrop(n, dancer.plan.size)
        apart = composite(behind, a, whole).astype(np.float32) - composite(behind, b, whole)
        worst = min(worst, 10 * float(np.log10(255**2 / max(float(np.mean(apart**2)), 1e-5))))
    return worst


def _modules(dancer: Dancer) -> dict[str, tuple[nn.Module, dict[str, Tensor]]]:
    """What is exported, each with an example of what it reads."""
    width, height = dancer.plan.size
    recipe = dancer.plan.recipe
    labels = torch.zeros((1, LABELS, height, width), dtype=torch.uint8)
    layer, box = torch.zeros((1, 4, height, width)), torch.tensor([[0.0, 0, width, height]])
    moved = {"moved": layer} if recipe.moved else {}
    state = {"state": torch.zeros((1, state_channels(recipe), height, width))} if recipe.history else {}
    move = {"move": box} if recipe.history else {}
    modules: dict[str, tuple[nn.Module, dict[str, Tensor]]] = {
        FRAME: (_Frame(dancer), {"labels": labels, **moved, **state, **move}),
        AFTER: (_After(dancer), {"labels": labels, "layer": layer, **state}),
        PLACED: (_Placed(), {"layer": layer, "plate": torch.zeros((1, 64, 48, 3), dtype=torch.uint8), "box": box}),
    }
    for name, refiner in dancer.refiners.items():
        modules[name] = _Part(refiner, part_side(dancer.plan)), {"labels": labels, "layer": layer, "box": box}
    return modules


def _graph(module: nn.Module, given: dict[str, Tensor]) -> bytes:
    """A module as ONNX, for pictures of any size; NotExportable with the cause."""
    file, on = io.BytesIO(), next((one.device for one in module.parameters()), torch.device("cpu"))
    sides = {name: _sides(name) for name, value in given.items() if value.ndim == 4}
    try:
        with warnings.catch_warnings(), torch.inference_mode(False), torch.no_grad():
            warnings.simplefilter("ignore")  # of what tracing would fix: sizes, which are asked for as axes
            torch.onnx.export(
                module.eval(), tuple(value.to(on) for value in given.values()), file,  # type: ignore[arg-type]
                dynamo=False, opset_version=OPSET, input_names=list(given), dynamic_axes=sides,
            )  # fmt: skip
    except (torch.onnx.errors.OnnxExporterError, RuntimeError, ImportError) as error:
        raise NotExportable(
            f"These networks can't be written for ONNX Runtime: {str(error).splitlines()[0]}",
            "Go on with PyTorch: --engine torch",
        ) from error
    return file.getvalue()


def _sides(name: str) -> dict[int, str]:
    """The axes of an input that may be of any length."""
    return {1: "plate height", 2: "plate width"} if name == "plate" else {2: "height", 3: "width"}


def _halved(content: bytes) -> bytes:
    """A graph whose weights are kept as float16; they are widened when it is opened."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load_from_string(content)
    for n, one in enumerate(model.graph.initializer):
        if one.data_type == TensorProto.FLOAT and np.prod(one.dims) >= SMALL:
            name = one.name
            with np.errstate(over="ignore"):  # what is too large for it shows in the pictures
                half = numpy_helper.to_array(one).astype(np.float16)
            model.graph.initializer[n].CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
            model.graph.node.insert(0, helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    whole: bytes = model.SerializeToString()
    return whole


def _write_about(folder: Path, dancer: Dancer, kind: str) -> None:
    plan = dancer.plan
    about = {
        "recipe": asdict(plan.recipe),
        "size": plan.size,
        "width": plan.width,
        "blocks": plan.blocks,
        "refiners": list(dancer.refiners),
        "weights": kind,
    }
    write_text(folder / ABOUT, json.dumps(about, indent=1))
