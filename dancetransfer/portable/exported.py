"""A training's networks as ONNX files beside its weights, made when they are asked for."""

from pathlib import Path
from typing import TYPE_CHECKING

from dancetransfer.footage.pairs import Footage
from dancetransfer.portable.network import ABOUT
from dancetransfer.storage import Results, fingerprint, key

if TYPE_CHECKING:
    from dancetransfer.learn.dancer import Dancer

VERSION = 1
"""Raised when the files change; older ones are then made again."""
FOLDER = "onnx"


def made_from(weights: Path) -> str:
    """The key of the networks that belong to these weights."""
    return key("onnx", VERSION, fingerprint(weights))


def current(weights: Path) -> bool:
    """The networks of these weights are there."""
    return Results(weights.parent / FOLDER).current(ABOUT, made_from(weights))


def draft(weights: Path, dancer: "Dancer") -> Path:
    """The folder of the networks of these weights, of which nobody has looked yet whether they draw the same."""
    folder = weights.parent / FOLDER
    if not current(weights):
        from dancetransfer.portable.export import write_networks

        write_networks(dancer, folder, exact=False)
    return folder


def ready(weights: Path, footage: list[Footage]) -> Path:
    """The folder of the networks of these weights, which are made where they are not there.

    `portable.export.NotExportable` where they can't be. The footage is what PyTorch's pictures and theirs are
    compared on.
    """
    folder = weights.parent / FOLDER
    if current(weights):
        return folder
    from dancetransfer import device  # needs torch from here on, which takes seconds to import
    from dancetransfer.learn.dancer import load_dancer
    from dancetransfer.portable.export import export

    dancer = load_dancer(weights, device.cpu(measure=False), footage, None)
    Results(folder).drop(ABOUT)
    export(dancer, footage, folder)
    Results(folder).note(ABOUT, made_from(weights))
    return folder
