"""How the first process of a training gathers the others: they build what it has, and get all that it knows."""

import io
from collections.abc import Iterator

import torch
import torch.distributed as dist

from dancetransfer.errors import UserError
from dancetransfer.events import Event, Notice
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.together import Group, part_device, say
from dancetransfer.learn.trainer import PARTS_FRAMES, Trainer, pack
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings


def gathered() -> bool:
    """torchrun has started this process together with others."""
    return dist.is_available() and dist.is_initialized()


def gather(project: Project, settings: TrainSettings, trainer: Trainer, batches: Batches) -> Iterator[Event]:
    """Let all processes learn together from here on. UserError where one can't, or only one had something to do."""
    recipe, count = trainer.plan.recipe, dist.get_world_size()
    part_device(trainer.device)
    counts = [max(1, recipe.frames // frames) for frames in (PARTS_FRAMES, *(frames for _, frames in recipe.unroll))]
    if max(counts) == 1:
        raise UserError(
            f"A step of the recipe '{recipe.name}' learns from one stretch of frames, which can't be divided among "
            f"{count} processes.",
            "Ask for larger steps, like --batch 8, or leave torchrun out.",
        )
    if min(counts) < count:
        yield Notice(
            f"A step learns from {min(counts)} stretches of frames, so {count - min(counts)} of the {count} processes "
            "have nothing to do in it.",
            f"Larger steps, like --batch {2 * count}, give all of them work.",
        )
    say("begin", str(project.folder), settings, trainer.device, trainer.plan)
    trainer.group = Group()
    trainer.group.met()
    tell(trainer, batches)


def tell(trainer: Trainer, batches: Batches) -> None:
    """Give all that the next step depends on to the other processes, where there are any."""
    if trainer.group:
        content = io.BytesIO()
        torch.save(pack(trainer, batches, {}), content)
        say("state", content.getvalue())
