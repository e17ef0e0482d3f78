"""What can be said of a dance before anything is learned: which of its poses the footage lacks, and doubts."""

import json
from pathlib import Path
from typing import Any

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Started
from dancetransfer.footage.pairs import TRAIN, split
from dancetransfer.media import Media
from dancetransfer.pose import coverage
from dancetransfer.pose.doubts import Doubt, doubts
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.storage import Results, fingerprint, key, write_npz, write_text

VERSION = 1
"""Raised when this stage's results change; older ones are then made again."""
PROXY = "proxy.mp4"


def cover_dance(project: Project, dance_name: str | None) -> Events:
    """Stage: compare a fitted dance (the newest where no name is given) with the footage that is learned from.

    Reads the dance's `retarget.npz` and `track.npz` and the clips' `track.npz`; writes beside the
    first `coverage.json` (sentence, groups and seconds, see `Coverage.as_dict`, and the doubts about
    the videos) and `coverage.npz` (time [T], distance [T], missing [T], see `Coverage`). One Notice
    says what is missing, one each doubt. Does nothing where both are there and current. UserError
    where the dance is not fitted yet.
    """
    dance = project.dance(dance_name)
    folder = project.dance_folder(dance)
    results = Results(folder)
    wanted = _key(project, dance)
    if all(results.current(name, wanted) for name in ("coverage.npz", "coverage.json")):
        return
    yield Started("cover", unit="dances")
    covered = coverage.coverage(Poses.load(folder / "retarget.npz"), _learned_from(project))
    of_person = [doubt for clip in project.clips for doubt in person_doubts(project, clip)]
    doubtful = [*dance_doubts(project, dance), *of_person]
    if covered.named:
        add = "Add it with: dancetransfer add-person X.dance CLIP"
        yield Notice(covered.sentence(), "Only where they were learned can it be added." if project.portable else add)
    for doubt in doubtful:
        yield Notice(doubt.sentence, doubt.hint)
    write_npz(folder / "coverage.npz", time=covered.time, distance=covered.distance, missing=covered.missing)
    facts = {**covered.as_dict(), "doubts": [doubt.sentence for doubt in doubtful]}
    write_text(folder / "coverage.json", json.dumps(facts, indent=1))
    for name in ("coverage.npz", "coverage.json"):
        results.note(name, wanted)
    files = [str(folder / name) for name in ("coverage.npz", "coverage.json")]
    yield Done("cover", "" if covered.named else covered.sentence(), files, covered.as_dict())


def read_coverage(project: Project, dance: Media) -> dict[str, Any]:
    """What `coverage.json` holds; nothing where it is not there, not current or damaged."""
    folder = project.dance_folder(dance)
    try:
        if not Results(folder).current("coverage.json", _key(project, dance)):
            return {}
        known = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, UserError):
        return {}
    return known if isinstance(known, dict) and "sentence" in known else {}


def dance_doubts(project: Project, dance: Media) -> list[Doubt]:
    """What speaks against a dance's video, whose track is there."""
    return _doubts(project.dance_folder(dance), "dance")


def person_doubts(project: Project, clip: Media) -> list[Doubt]:
    """What speaks against one clip of the person, whose track is there."""
    whose = "person's video" if len(project.clips) == 1 else f"person's video {Path(clip.file).name}"
    return _doubts(project.clip_folder(clip), whose)


def _doubts(folder: Path, whose: str) -> list[Doubt]:
    return doubts(Poses.load(folder / "track.npz"), whose, folder / PROXY)


def _learned_from(project: Project) -> list[Poses]:
    """The footage without what is held out to judge by."""
    tracks = [Poses.load(project.clip_folder(clip) / "track.npz") for clip in project.clips]
    learned = [track[track.certain] for track in tracks]
    return [track[split(track.time) == TRAIN] for track in learned]


def _key(project: Project, dance: Media) -> str:
    folder = project.dance_folder(dance)
    fitted = Results(folder).key_of("retarget.npz")
    if fitted is None:
        raise UserError(f"'{dance.name}' has not been fitted to the person yet.", "Run the fit stage first.")
    clips = [_made_from(project.clip_folder(clip)) for clip in project.clips]
    return key("cover", VERSION, coverage.VERSION, fitted, clips)


def _made_from(folder: Path) -> str:
    known = Results(folder).key_of("track.npz")
    return fingerprint(folder / "track.npz") if known is None else known
