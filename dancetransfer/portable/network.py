"""A learned person's networks run by ONNX Runtime: what `learn.dancer.Dancer` does, without PyTorch."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.learn.dancing import Dancing
from dancetransfer.portable import providers
from dancetransfer.pose.crop import PARTS
from dancetransfer.recipes import Plan, recipe_of
from dancetransfer.sprites.sprites import Sprites

ABOUT = "network.json"
"""File beside the networks: what they are for."""
FRAME, AFTER, PLACED = "frame", "after", "placed"
"""Names of the networks besides those of the parts."""


def file_of(name: str) -> str:
    """The file of a network or part of that name."""
    return f"{name.replace(' ', '-')}.onnx"


FILES = [ABOUT, *map(file_of, (FRAME, AFTER, PLACED, *PARTS))]
"""All that there may be of a person's networks."""


@dataclass
class Network(Dancing):
    """The sessions of a person's networks, with what is needed to draw a track of poses.

    Sessions are `onnxruntime.InferenceSession`; what they take and give stands in `portable.export`.
    """

    plan: Plan
    frame: Any
    refiners: dict[str, Any]
    after: Any
    placed: Any
    provider: str
    """Which of `providers.ORDER` they run on."""
    own: Sprites | None = None
    """The person's own frames, where the recipe mixes them in (`plan.recipe.moved`): whoever draws sets it."""
    causes: dict[str, str] = field(default_factory=dict)
    """Why they don't run on other providers that this ONNX Runtime lists, by the provider's name."""

    def step(
        self,
        labels: np.ndarray,
        moved: np.ndarray | None,
        state: np.ndarray | None,
        move: np.ndarray,
        parts: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """See `Dancing.step`."""
        layer, before = self.drawn(labels, moved, state, move, parts)
        picture, *going = self.after.run(None, _wanted(self.after, labels=labels[None], layer=layer, state=before))
        return picture[0], (going or [before])[0][0]

    def drawn(
        self,
        labels: np.ndarray,
        moved: np.ndarray | None,
        state: np.ndarray | None,
        move: np.ndarray,
        parts: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray]:
        """The layer float32 [1,4,H,W], color -1..1 and alpha 0..1, as `over` takes it; and the state moved to it."""
        width, height = self.plan.size
        if state is None:
            recipe = self.plan.recipe
            channels = recipe.history * (recipe.outputs + (len(labels) if recipe.flow else 0))
            state, move = np.zeros((channels, height, width), np.float32), np.array([0, 0, width, height])
        given = _wanted(
            self.frame,
            labels=labels[None],
            moved=None if moved is None else moved[None],
            state=state[None],
            move=move[None].astype(np.float32),
        )
        layer, *before = self.frame.run(None, given)
        for name, refiner in self.refiners.items():
            box = parts[PARTS.index(name)]
            if np.isfinite(box).all():
                layer = refiner.run(
                    None, {"labels": labels[None], "layer": layer, "box": box[None].astype(np.float32)}
                )[0]
        return layer, before[0] if before else state[None]

    def over(self, layer: np.ndarray, plate: np.ndarray, box: np.ndarray) -> np.ndarray:
        """The finished picture uint8 [h,w,3]: a layer of `drawn` over the plate uint8 [h,w,3], at its box in it.

        For pictures that must be quick; `footage.plate.composite` is sharper where a layer is enlarged.
        """
        given = {"layer": layer, "plate": plate[None], "box": box[None].astype(np.float32)}
        picture: np.ndarray = self.placed.run(None, given)[0][0]
        return picture


def _wanted(session: Any, **given: np.ndarray | None) -> dict[str, np.ndarray | None]:
    """Those arrays that a network reads: one without memory reads no state, and the like."""
    return {one.name: given[one.name] for one in session.get_inputs()}


def open_network(folder: Path, provider: str = providers.CPU, threads: int | None = None) -> Network:
    """The networks that `portable.export` left in a folder, on one provider; UserError where they are damaged.

    `Unusable` where the provider can't be used; `providers.quickest` tries what there is.
    """
    plan, refined = read_about(folder)
    sessions = {}
    for name in (FRAME, AFTER, PLACED, *refined):
        try:
            content = (folder / file_of(name)).read_bytes()
        except OSError as error:
            raise damaged(folder) from error
        sessions[name] = providers.opened(content, provider, threads, folder)
    refiners = {name: sessions[name] for name in refined}
    return Network(plan, sessions[FRAME], refiners, sessions[AFTER], sessions[PLACED], provider)


def read_about(folder: Path) -> tuple[Plan, list[str]]:
    """The plan of the networks in a folder, and which parts are gone over; UserError where that is damaged."""
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        width, height = (int(side) for side in about["size"])
        plan = Plan(recipe_of(json.dumps(about["recipe"])), (width, height), int(about["width"]), int(about["blocks"]))
        refined = [name for name in PARTS if name in about["refiners"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(folder) from error
    if not (0 < width <= 4096 and 0 < height <= 4096):
        raise damaged(folder)
    return plan, refined


def damaged(folder: Path) -> UserError:
    return UserError(f"The networks in {folder} are damaged.", "Delete that folder; they are made again.")
