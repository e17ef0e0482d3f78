"""Whether a stretch of a dance is rendered; where it is not, what is missing and what to do."""

import math
import shlex

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.media import Media
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.render import Segment, frames_between, makers, segments
from dancetransfer.settings import RenderSettings


class NotRendered(UserError):
    """Frames of a dance are not rendered, or by different trainings."""

    def __init__(self, message: str, hint: str, start: float, stop: float) -> None:
        super().__init__(message, hint)
        self.start, self.stop = start, stop
        """Seconds of the stretch that is to be rendered."""


def lacking(project: Project, chosen: RenderSettings) -> NotRendered | None:
    """What keeps a stretch of a dance from being written; None where nothing does."""
    dance = project.dance(chosen.dance)
    poses = Poses.load(project.dance_folder(dance) / "retarget.npz")
    try:
        require_rendered(project, dance, poses, *frames_between(poses.time, chosen.start, chosen.stop))
    except NotRendered as error:
        return error
    return None


def require_rendered(project: Project, dance: Media, poses: Poses, first: int, last: int) -> None:
    """NotRendered where some of frames first <= n < last is not rendered, or by several generators.

    The hint says how to render what is missing, and the longest stretch that can be written as it is.
    """
    parts = segments(poses, project.dance_folder(dance) / "render")
    parts = [part for part in parts if part.start < last and part.stop > first]
    made_by = makers(parts)
    if len(set(made_by)) == 1 and made_by[0]:
        return
    if len(set(filter(None, made_by))) > 1:
        begin, end = first, last
        words = f"Parts of '{dance.name}' are rendered by different trainings."
    else:
        missing = [part for part, maker in zip(parts, made_by, strict=True) if not maker]
        begin, end = max(missing[0].start, first), min(missing[-1].stop, last)
        words = f"{_seconds(poses, begin)} to {_seconds(poses, end)} s of '{dance.name}' are not rendered yet."
    hint = f"Render it: dancetransfer render X.dance --dance {shlex.quote(dance.name)} {_flags(poses, begin, end)}"
    start, stop = _longest(parts, made_by, first, last)
    if stop > start:
        hint += f". Or write what is there: {_flags(poses, start, stop)}"
    raise NotRendered(words, hint, float(_seconds(poses, begin)), float(_seconds(poses, end)))


def _longest(parts: list[Segment], made_by: list[str], first: int, last: int) -> tuple[int, int]:
    """First and one-past-last frame of the longest stretch by one generator; (0, 0) where none is rendered."""
    best, begin = (0, 0), first
    for n, part in enumerate(parts):
        if n and made_by[n] != made_by[n - 1]:
            begin = part.start
        stop = min(part.stop, last)
        if made_by[n] and stop - begin > best[1] - best[0]:
            best = begin, stop
    return best


def _flags(poses: Poses, first: int, last: int) -> str:
    """The stretch as the command line takes it."""
    return f"--from {_seconds(poses, first)} --to {_seconds(poses, last)}"


def _seconds(poses: Poses, frame: int) -> str:
    """When a frame comes, or the last one goes, rounded down so that it is the first from then on."""
    step = float(np.median(np.diff(poses.time))) if len(poses) > 1 else 0.04
    times = np.append(poses.time, poses.time[-1] + step)
    return f"{math.floor(round(float(times[frame]) * 1000, 3)) / 1000:g}"
