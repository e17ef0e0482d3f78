"""What a training starts from: an earlier dancer of the user's, the base generator that is shipped, or nothing."""

import json
from pathlib import Path

import torch

import models
from dancetransfer.errors import UserError
from dancetransfer.learn import runs
from dancetransfer.learn.dancer import Dancer, load_dancer
from dancetransfer.learn.trainer import Trainer
from dancetransfer.project import Project
from dancetransfer.settings import BASE, NOTHING, TrainSettings
from dancetransfer.storage import fingerprint, write_text


def shipped() -> Path | None:
    """The base generator that comes with the program, made by tools/base.py; None where none does."""
    path = Path(models.__file__).with_name("base.safetensors")
    return path if path.exists() else None


def weights_of(settings: TrainSettings) -> Path | None:
    """The file of weights that `--init` means; None for none. UserError where what it names has learned nothing."""
    if settings.init == NOTHING:
        return None
    if settings.init == BASE:
        return shipped()
    path = Path(settings.init)
    if not path.exists():
        raise UserError(f"{path} is not there, so nothing can start from it.", _INSTEAD)
    if path.is_file():
        return path
    project = Project.open(path)
    if not any((folder / "best.safetensors").exists() for folder in project.runs):
        raise UserError(f"Nobody has been learned in {path.name} yet, so nothing can start from it.", _INSTEAD)
    return runs.best(project, settings)


def begin(trainer: Trainer, settings: TrainSettings, folder: Path) -> str:
    """Give a fresh trainer what the settings say it starts from, and write into the run's settings.json what that was.

    Returns it in words, "" where the training starts from nothing.
    """
    weights = weights_of(settings)
    words = start_from(trainer, weights)
    if words and weights is not None:
        about = runs.read_run(folder) or {}
        source = {"file": str(weights), "fingerprint": fingerprint(weights)}
        write_text(folder / "settings.json", json.dumps({**about, "started_from": source}, indent=1))
    return words


def start_from(trainer: Trainer, weights: Path | None) -> str:
    """Put a dancer's generator into that of a fresh trainer, and into its mean; the opponents begin anew.

    The networks are fully convolutional, so a dancer of another size serves as well, but one of other
    widths can't. The shipped base generator is then passed over in silence, as nobody asked for it;
    for any other file that is a UserError. Returns in words what was done, "" for nothing.
    """
    if weights is None:
        return ""
    dancer = _loaded(weights, trainer)
    base = weights == shipped()
    if not _alike(dancer, trainer):
        if base:
            return ""
        raise UserError(
            f"A training with other networks can't start from {weights}: "
            f"recipe {dancer.plan.recipe.name}, {dancer.plan.width} channels, {dancer.plan.blocks} blocks.",
            "Give the same --recipe, --width, --blocks and a size of the same kind, or --init none.",
        )
    for network in (trainer.generator, trainer.averaged):
        network.load_state_dict(dancer.generator.state_dict())
    if base:
        return "The training starts from the base generator, which was taught by built-in dancers."
    return f"The training starts from what was learned before in {weights}."


_INSTEAD = "Name a project that has been trained, a .safetensors file, or none: --init X.dance"


def _loaded(weights: Path, trainer: Trainer) -> Dancer:
    try:
        with torch.random.fork_rng([]):  # networks are built with random weights: the training must not notice
            return load_dancer(weights, trainer.device)
    except UserError as error:
        raise UserError(f"{weights} is damaged or no generator that this version can start from.", _INSTEAD) from error


def _alike(dancer: Dancer, trainer: Trainer) -> bool:
    """The two generators have the same weights by name and shape."""
    one, other = (network.state_dict() for network in (dancer.generator, trainer.generator))
    return {name: value.shape for name, value in one.items()} == {name: value.shape for name, value in other.items()}
