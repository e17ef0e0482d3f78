"""Who dances live: what was learned of a person, with their plate and body, and their consent."""

import shlex
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.fit.body import Person, measure
from dancetransfer.learn.dancing import Dancing
from dancetransfer.recipes import RECIPES, Plan
from dancetransfer.sprites.sprites import Sprites


@dataclass(frozen=True)
class Performer:
    """A dancer, ready to be drawn in any pose."""

    name: str
    network: Dancing | None
    """None where nothing was learned, and own frames are moved alone."""
    own: Sprites | None
    """The person's own frames, where they are needed."""
    plan: Plan
    plate: np.ndarray
    """uint8 [H,W,3]: the background."""
    person: Person
    """Body, camera and floor."""


def of_project(folder: Path, device: str | None = None) -> Performer:
    """The dancer of a project by its best training; UserError where nothing is learned, or nobody has agreed."""
    from dancetransfer.footage.pairs import load_footage, plan_of
    from dancetransfer.learn import runs
    from dancetransfer.learn.dancer import load_dancer
    from dancetransfer.pose.poses import Poses
    from dancetransfer.pose.steady import steadied
    from dancetransfer.project import Project
    from dancetransfer.render.compose import plate_of
    from dancetransfer.settings import TrainSettings

    project = Project.open(folder)
    require_consent(project.folder.name, project.consent, project.built_in)
    training = project.settings(TrainSettings)
    network, own = None, None
    if RECIPES[training.recipe].learned:
        weights = runs.best(project, training)
        network = load_dancer(weights, runs.device_of(weights.parent, device or training.device))
        plan = network.plan
    else:
        plan = plan_of(training, {one.name: one.poses for one in load_footage(project)})
    if plan.recipe.own_frames:
        own = Sprites(load_footage(project), size=plan.size)
    clip = project.clip_folder(project.clips[0])
    cleaned = clip / "cleaned.npz"
    track = Poses.load(cleaned if cleaned.exists() else clip / "track.npz")
    return Performer(project.folder.stem, network, own, plan, plate_of(project), measure(steadied(clip, track)))


def require_consent(name: str, consent: str | None, built_in: bool) -> None:
    """UserError where nobody's consent is recorded: live, nobody looks at a clip before it is shown."""
    if not (consent or built_in):
        raise UserError(
            f"Nobody's consent is recorded for {name}, and without one nobody dances live.",
            f"Once the person has agreed: dancetransfer export {shlex.quote(name)} --consent "
            '"who agreed, when" -o CLIP.mp4',
        )
