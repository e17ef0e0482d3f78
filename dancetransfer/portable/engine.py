"""Which engine draws a rendering: PyTorch or ONNX Runtime, measured once per training and machine, and kept."""

import json
import platform
from collections.abc import Callable, Generator
from dataclasses import asdict
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dancetransfer import device
from dancetransfer.errors import UserError
from dancetransfer.events import Event, Notice, Progress
from dancetransfer.footage.pairs import Footage
from dancetransfer.learn import runs
from dancetransfer.learn.dancing import Dancing
from dancetransfer.portable import exported, providers
from dancetransfer.portable.network import FRAME, Network, file_of, open_network
from dancetransfer.pose.crop import PARTS
from dancetransfer.pose.labels import CHANNELS
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import Results, fingerprint, key, write_text

if TYPE_CHECKING:
    from dancetransfer.learn.dancer import Dancer

CHOICE = "engine.json"
TORCH, TENSORRT = "torch", "tensorrt"
"""Of the choices of `--engine`."""
WORTH = 128
"""Height of the pictures below which nothing is measured: PyTorch draws them in a few milliseconds."""
SURELY = 0.9
"""ONNX Runtime is taken where it needs at most this part of PyTorch's time: about equal is no reason to change."""


def drawer(
    weights: Path, training: TrainSettings, footage: Callable[[], list[Footage]]
) -> Generator[Event, None, tuple[Dancing, str]]:
    """What draws by these weights, and "" for PyTorch or the key of the ONNX networks.

    Where ONNX Runtime was asked for or measured and can't be used, a Notice says why, and PyTorch draws.
    """
    folder, made_by = weights.parent / exported.FOLDER, exported.made_from(weights)
    machine = _machine(made_by, training)
    kept = _kept(folder, machine) if training.engine == "auto" else ""
    if training.engine == TORCH or kept == TORCH or (training.engine == "auto" and _small(weights)):
        return _by_torch(weights, training), ""
    try:
        if kept and exported.current(weights):
            return open_network(folder, kept), made_by
        yield Progress("render", 0)
        if training.engine == "auto":
            return (yield from _quicker(weights, training, footage, machine))
        exported.ready(weights, footage())
        return (yield from fastest(folder, training))[0], made_by
    except (UserError, ImportError) as error:
        message = error.message if isinstance(error, UserError) else str(error)
        yield Notice(f"ONNX Runtime can't draw this person, so PyTorch does: {message}", "Nothing has to be done.")
        if training.engine == "auto":
            _keep(folder, machine, TORCH)
        return _by_torch(weights, training), ""


def _quicker(
    weights: Path, training: TrainSettings, footage: Callable[[], list[Footage]], machine: str
) -> Generator[Event, None, tuple[Dancing, str]]:
    """Both engines measured, and what `drawer` gives of the faster. Whether they draw the same is looked at only
    where that matters, which takes longer.
    """
    dancer = _by_torch(weights, training)
    folder = exported.draft(weights, dancer)
    network, seconds = yield from fastest(folder, training)
    yield Progress("render", 0)
    other = providers.measured(partial(draw_one, dancer))
    seconds = seconds or providers.measured(partial(draw_one, network))
    onnx = seconds < SURELY * other
    if onnx:
        yield Progress("render", 0)
        network = open_network(exported.ready(weights, footage()), network.provider)
    _keep(folder, machine, network.provider if onnx else TORCH, onnx=seconds, torch=other)
    words = f"ONNX Runtime draws a frame in {1000 * seconds:.0f} ms, PyTorch in {1000 * other:.0f} ms"
    yield Notice(f"{words}: {'ONNX Runtime' if onnx else 'PyTorch'} draws this person from now on.")
    return (network, exported.made_from(weights)) if onnx else (dancer, "")


def arrived(folder: Path, training: TrainSettings) -> Generator[Event, None, tuple[Network, str]]:
    """The networks of a portable dancer in a folder, on the fastest provider, and their key.

    What was found out is kept, so that Notices come once.
    """
    made_by = key("portable", fingerprint(folder / file_of(FRAME)))
    machine = _machine(made_by, training)
    kept = _kept(folder, machine) if training.engine != TENSORRT else ""
    if kept:
        return open_network(folder, kept), made_by
    network, seconds = yield from fastest(folder, training)
    _keep(folder, machine, network.provider, onnx=seconds)
    return network, made_by


def fastest(folder: Path, training: TrainSettings) -> Generator[Event, None, tuple[Network, float]]:
    """The networks in a folder on the provider that draws them fastest, and seconds per frame (0: not measured).

    A Notice names each provider that is listed and doesn't work, with its cause.
    """
    asked = providers.TENSORRT if training.engine == TENSORRT else ""
    names = providers.available(folder, asked)
    if asked and asked not in names:
        yield Notice(f"This ONNX Runtime has no {asked}.", "Install the build that has it, or leave out --engine.")
    if asked:
        names = [name for name in names if name in (asked, providers.CPU)]
    network, seconds, causes = providers.quickest(names, partial(open_network, folder), draw_one)
    network.causes = causes
    for cause in causes.values():
        yield Notice(cause, "Nothing has to be done.")
    return network, seconds


def draw_one(dancing: Dancing) -> None:
    """Draw one frame of somebody, with all parts seen."""
    width, height = dancing.plan.size
    recipe = dancing.plan.recipe
    labels = np.zeros((len(CHANNELS), height, width), np.uint8)
    channels = recipe.history * (recipe.outputs + (len(CHANNELS) if recipe.flow else 0))
    state = np.zeros((channels, height, width), np.float32)
    moved = np.zeros((4, height, width), np.float32) if recipe.moved else None
    part = np.array([0.4 * width, 0.4 * height, 0.4 * width + height / 4, 0.65 * height])
    parts = np.array([part if name in dancing.refiners else np.full(4, np.nan) for name in PARTS])
    dancing.step(labels, moved, state, np.array([1.0, 1.0, width + 1, height + 1]), parts)


def _by_torch(weights: Path, training: TrainSettings) -> "Dancer":
    from dancetransfer.learn.dancer import load_dancer  # needs torch, which takes seconds to import

    return load_dancer(weights, runs.device_of(weights.parent, training.device))


def _small(weights: Path) -> bool:
    about = runs.read_run(weights.parent) or {}
    return int(about.get("asked_size", 0)) < WORTH


# --- what was measured ----------------------------------------------------------------------------


def _machine(made_by: str, training: TrainSettings) -> str:
    """The key of all that decides which engine is faster for these networks."""
    cards = [asdict(card) for card in device.cards()]
    packages = [_version(name) for name in ("torch", "onnxruntime", "onnxruntime-gpu", "onnxruntime-directml")]
    return key("engine", made_by, platform.node(), platform.machine(), cards, packages, training.device)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _kept(folder: Path, machine: str) -> str:
    """The provider that was chosen here, or "torch"; "" where nothing was measured yet."""
    if not Results(folder).current(CHOICE, machine):
        return ""
    try:
        chosen = json.loads((folder / CHOICE).read_text(encoding="utf-8"))["engine"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    return chosen if chosen == TORCH or chosen in providers.ORDER else ""


def _keep(folder: Path, machine: str, chosen: str, **seconds: float) -> None:
    write_text(folder / CHOICE, json.dumps({"engine": chosen, "seconds per frame": seconds}, indent=1))
    Results(folder).note(CHOICE, machine)
