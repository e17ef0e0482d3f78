"""The stage that fits a dance to the person, and the ways there are to do it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Started
from dancetransfer.fit.body import body
from dancetransfer.fit.published import edn, first_frame, linear
from dancetransfer.pose.poses import LEFT_HIP, RIGHT_HIP, Poses
from dancetransfer.pose.steady import steadied, steady_key
from dancetransfer.project import Project
from dancetransfer.settings import RetargetSettings
from dancetransfer.storage import Results, fingerprint, key, write_text

VERSION = 3
"""Raised when this stage's results change; older ones are then made again."""


class Fit(Protocol):
    """What a fit did."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What could not be done as it should be."""
        ...

    def sentences(self) -> list[str]:
        """What was changed, in plain words, with the notes."""
        ...


Method = Callable[[Poses, Poses, Poses | None], tuple[Poses, Fit]]
METHODS: dict[str, Method] = {"linear": linear, "first-frame": first_frame, "edn": edn}
"""The published ways of fitting, by the name that `RetargetSettings.method` calls them."""


def retarget(
    source: Poses, target: Poses, settings: RetargetSettings, measured_on: Poses | None = None
) -> tuple[Poses, Fit]:
    """The source's motion in the target's pixels, with the source's times, shots, contacts and confidence.

    Frame sizes and rates of the two may differ. Frames without a person stay empty. UserError where
    one of the tracks shows nobody, or the two never show the same parts of a body. What is measured
    over all frames of the source is measured on `measured_on` where that is given: the same track
    without hand edits, so that an edit of one frame changes no other.
    """
    if settings.method == "body":
        return body(source, target, measured_on, settings.place)
    fitted, fit = METHODS[settings.method](source, target, measured_on)
    return (fitted if settings.place is None else _placed(fitted, settings.place)), fit


def _placed(poses: Poses, place: float) -> Poses:
    """The track shifted so that the middle of its hips has its median at that part of the picture's width.

    For methods that know the picture alone; in space (`body`) another place is also seen otherwise.
    """
    hips = np.where(poses.visible[..., None], poses.xy, np.nan)[:, [LEFT_HIP, RIGHT_HIP], 0]
    if not np.isfinite(hips).any():
        return poses
    xy = poses.xy.copy()
    xy[..., 0] += place * (poses.size[0] - 1) - np.nanmedian(hips)
    return poses.with_xy(xy)


def fit_dance(project: Project, settings: RetargetSettings, dance_name: str | None) -> Events:
    """Stage: fit a dance (the newest where no name is given) to the person.

    Reads the dance's `track.npz` and that of the person's first clip, and what they were before hand
    edits (`cleaned.npz`): that alone is measured, without the drift of the camera (`pose.steady`).
    Writes beside the first `retarget.npz` (Poses in the pixels of that clip's plate) and `fit.json`
    ({"method", "sentences", "notes"}). Does nothing where they are there and current.
    """
    dance = project.dance(dance_name)
    if not project.clips:
        raise UserError("The project has no video of the person yet.", "Add one with: dancetransfer add-clip")
    folder, person = project.dance_folder(dance), project.clip_folder(project.clips[0])
    results = Results(folder)
    made_from = [_made_from(folder, "track.npz"), _made_from(person, _measured(person)), *steady_key(person)]
    wanted = key("retarget", VERSION, *made_from, settings)
    if results.current("retarget.npz", wanted) and results.current("fit.json", wanted):
        return
    yield Started("retarget", unit="dances")
    source, target = Poses.load(folder / "track.npz"), steadied(person, Poses.load(person / _measured(person)))
    fitted, fit = retarget(source, target, settings, Poses.load(folder / _measured(folder)))
    for note in fit.notes:
        yield Notice(note)
    fitted.save(folder / "retarget.npz")
    said = {"method": settings.method, "sentences": fit.sentences(), "notes": fit.notes}
    write_text(folder / "fit.json", json.dumps(said, ensure_ascii=False, indent=1))
    for name in ("retarget.npz", "fit.json"):
        results.note(name, wanted)
    words = [one for one in fit.sentences() if one not in fit.notes]
    yield Done("retarget", " ".join(words), [str(folder / "retarget.npz"), str(folder / "fit.json")])


def _measured(folder: Path) -> str:
    """The file of the track without hand edits; of a track from elsewhere, the track."""
    return "cleaned.npz" if Results(folder).key_of("cleaned.npz") is not None else "track.npz"


def _made_from(folder: Path, name: str) -> str:
    """What a track was made from, or (a track from elsewhere) what it holds."""
    known = Results(folder).key_of(name)
    if known is not None:
        return known
    if not (folder / name).exists():
        raise UserError(f"The poses of '{folder.name}' have not been found yet.", "Run the poses stage first.")
    return fingerprint(folder / name)
