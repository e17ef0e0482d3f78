"""A dance by the person's learned networks, as the rendering stage asks for it."""

from collections.abc import Generator, Iterator
from functools import partial

import numpy as np

from dancetransfer.events import Event
from dancetransfer.footage.pairs import boxes_of, load_footage
from dancetransfer.learn import runs
from dancetransfer.learn.dancing import Dancing
from dancetransfer.portable.engine import arrived, drawer
from dancetransfer.portable.file import NETWORK
from dancetransfer.pose.crop import PARTS, part_boxes
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steps import Step, last_present
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from dancetransfer.sprites import sprites
from dancetransfer.storage import fingerprint, key

VERSION = 2


class Generated:
    """A whole dance by a generator."""

    remembers = True

    def __init__(self, dancer: Dancing, poses: Poses) -> None:
        self._dancer, self._poses = dancer, poses
        self.size, self.boxes = dancer.plan.size, boxes_of(poses, dancer.plan)
        self._parts = part_boxes(poses)
        self._parts[:, [name not in dancer.refiners for name in PARTS]] = np.nan  # an edit of them changes nothing
        self._own = dancer.own.dance(poses, self.boxes) if dancer.own else None

    def depends_on(self, start: int, stop: int) -> list[np.ndarray]:
        """Poses and boxes of a stretch, and the box from which the state before it is moved."""
        poses, span = self._poses, slice(start, stop)
        before = self.boxes[last_present(poses.present, start)]
        own = self._own.depends_on(start, stop) if self._own else []
        return [before, poses.xy[span], poses.confidence[span], self.boxes[span], self._parts[span], *own]

    def steps(self, start: int, stop: int, state: np.ndarray | None = None) -> Iterator[Step]:
        """See `learn.dancing.Dancing.steps`."""
        own = self._own.steps if self._own else None
        return self._dancer.steps(self._poses, self.boxes, start, stop, state, self._parts, own)


def generated(project: Project, training: TrainSettings, poses: Poses) -> Generator[Event, None, tuple[Generated, str]]:
    """A dance by the person's networks, and the key of what it is made by. Notices on what draws as they apply."""
    dancing: Dancing
    if project.portable:
        dancing, engine = yield from arrived(project.person / NETWORK, training)
        made_by: list[object] = [VERSION, engine]
    else:
        weights = runs.best(project, training)
        dancing, engine = yield from drawer(weights, training, partial(load_footage, project))
        made_by = [VERSION, fingerprint(weights), dancing.plan.size, *([engine] if engine else [])]
    if dancing.plan.recipe.moved:  # others need nothing of the person but what is learned
        dancing.own = sprites.Sprites(load_footage(project), size=dancing.plan.size)
        made_by += [sprites.VERSION, runs.made_of(project)]
    return Generated(dancing, poses), key("render", *made_by)
