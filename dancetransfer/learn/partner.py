"""What the further processes of a training do: hold the same networks, and compute their part of every step."""

import io
import signal

import torch

from dancetransfer.device import Device
from dancetransfer.footage.pairs import load_footage
from dancetransfer.footage.smaller import at_size
from dancetransfer.learn import together
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.resident import batches_for
from dancetransfer.learn.resume import perceptual_of
from dancetransfer.learn.thrift import Thrift
from dancetransfer.learn.trainer import Trainer, unpack
from dancetransfer.project import Project
from dancetransfer.recipes import Plan
from dancetransfer.settings import TrainSettings


def partner() -> None:
    """Do as the first process says until it has nothing more to say. It alone writes, and hears a stop."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # the first one ends in good order, and this one with it
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_IGN)
    trainer: Trainer | None = None
    batches: Batches | None = None
    while (heard := together.hear())[0] != "end":
        word, given = heard
        if word == "begin":
            if batches is not None:
                batches.close()
            trainer, batches = _begun(*given)
            continue
        assert trainer is not None and batches is not None
        if word == "state":
            unpack(io.BytesIO(given[0]), trainer, batches)
        elif word == "step":
            _step(trainer, batches, *given)


def _begun(folder: str, settings: TrainSettings, chosen: Device, sizes: Plan) -> tuple[Trainer, Batches]:
    group = together.Group()
    try:
        footage = at_size(load_footage(Project.open(folder)), sizes.size)
        device = together.part_device(chosen)
        trainer = Trainer(sizes, device, settings.seed, perceptual_of(sizes, device)[0])
        batches = batches_for(device, footage, sizes, settings.seed)
    except Exception as error:
        group.met(error)
        raise
    group.met()
    trainer.group = group
    return trainer, batches


def _step(trainer: Trainer, batches: Batches, share: float, thrift: Thrift, order: str, random: torch.Tensor) -> None:
    trainer.thrift = thrift
    if batches.order != order:  # never but after a step that was not taken: what is drawn ahead is lost by that
        batches.order = order
    torch.set_rng_state(random)
    try:
        trainer.step(batches, share)
    except (MemoryError, torch.OutOfMemoryError):  # nobody has taken it; the first process decides what becomes of it
        batches.give_way()
