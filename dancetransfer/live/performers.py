"""Who dances live: what was learned of a person, with their plate and body, and their consent."""

import shlex
from collections.abc import Generator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Event
from dancetransfer.fit.body import Person, measure
from dancetransfer.footage.pairs import load_footage, plan_of
from dancetransfer.learn import runs
from dancetransfer.learn.dancing import Dancing
from dancetransfer.media import is_dancer
from dancetransfer.portable.arrive import arrive, take_in
from dancetransfer.portable.engine import arrived, drawer
from dancetransfer.portable.file import NETWORK
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steady import steadied
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, Plan
from dancetransfer.render.compose import plate_of
from dancetransfer.settings import TrainSettings
from dancetransfer.sprites.sprites import Sprites

KEPT = 128 * 2**20
"""Bytes for own frames that have been taken apart, which takes longer than to move them: some 600 at a size of 256."""
Opening = Generator[Event, None, "Performer"]


@dataclass(frozen=True)
class Performer:
    """A dancer, ready to be drawn in any pose."""

    network: Dancing | None
    """None where nothing was learned, and own frames are moved alone."""
    own: Sprites | None
    """The person's own frames, where they are needed."""
    plan: Plan
    plate: np.ndarray
    """uint8 [H,W,3]: the background."""
    person: Person
    """Body, camera and floor."""


def opened(path: Path, drawn_by: dict[str, Any], folder: Path) -> Opening:
    """The dancer of a portable dancer's file, which is unpacked into an empty folder, or of a project.

    `drawn_by` are options of `TrainSettings` besides the kept ones. UserError where nothing is learned, or nobody has
    agreed.
    """
    if is_dancer(path):
        project = Project.create(folder / "live.dance")
        take_in(project, path)  # refused without consent
    else:
        project = Project.open(path)
        require_consent(project)
    training = replace(project.settings(TrainSettings), **drawn_by)
    with project.lock():
        if project.portable:
            yield from arrive(project)
        return (yield from of_project(project, training))


def of_project(project: Project, training: TrainSettings) -> Opening:
    """The person of a project as they were learned."""
    network: Dancing | None = None
    own = None
    if project.portable:
        network = (yield from arrived(project.person / NETWORK, training))[0]
    elif RECIPES[training.recipe].learned:
        network = (yield from drawer(runs.best(project, training), training, partial(load_footage, project)))[0]
    footage = load_footage(project) if network is None or network.plan.recipe.own_frames else []
    plan = network.plan if network else plan_of(training, {one.name: one.poses for one in footage})
    if footage:
        own = Sprites(footage, size=plan.size, keep=KEPT)
    clip = project.clip_folder(project.clips[0])
    cleaned = clip / "cleaned.npz"
    track = Poses.load(cleaned if cleaned.exists() else clip / "track.npz")
    return Performer(network, own, plan, plate_of(project), measure(steadied(clip, track)))


def require_consent(project: Project) -> None:
    """UserError where nobody's consent is recorded: live, nobody looks at a clip before it is shown."""
    if not (project.consent or project.built_in):
        raise UserError(
            f"Nobody's consent is recorded in {project.folder.name}, and without one nobody dances live.",
            f"Once the person has agreed: dancetransfer export-dancer {shlex.quote(str(project.folder))} --consent "
            '"who agreed, when" -o NAME.dancer',
        )
