"""What `info` tells of a project: the person, each dance and how it fits, the trainings."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dancetransfer.media import Media
from dancetransfer.project import Project

if TYPE_CHECKING:
    from dancetransfer.pose.doubts import Doubt

# Stages are imported inside the functions: `--help` needs none of them.


def facts(project: Project) -> dict[str, Any]:
    """For JSON. What has not been made yet is left out; a project is only read."""
    from dancetransfer.score.person import quality

    return {
        "project": str(project.folder),
        "person": [_clip(project, clip) for clip in project.clips],
        "dances": [_dance(project, dance) for dance in project.dances],
        "trainings": [_training(folder) for folder in project.runs],
        "quality": quality(project),
        "consent": project.consent,
        "built_in": project.built_in,
    }


def lines(known: dict[str, Any]) -> list[str]:
    """The same for people."""
    told = [known["project"]]
    for what, title in (("person", "person  "), ("dances", "dance   ")):
        for one in known[what]:
            gone = "" if one["there"] else ", no longer there"
            told.append(f"{title} {one['name']}: {one['file']}{_length(one)}{gone}")
            told += [f"         {words}" for words in (*one.get("fit", []), *_covered(one), *one["doubts"])]
        if not known[what]:
            told.append(f"{title} none yet")
    for run in known["trainings"]:
        told.append(f"training {run['name']}: {run['recipe']}, {run['size']} pixels high, {run['state']}")
    if known["quality"]:
        told.append(f"quality  {known['quality']}")
    told.append(f"consent  {'a built-in dancer' if known['built_in'] else known['consent'] or 'none recorded'}")
    return told


def _length(one: dict[str, Any]) -> str:
    return f", {one['seconds']:.1f} s" if "seconds" in one else ""


def _covered(one: dict[str, Any]) -> list[str]:
    return [one["coverage"]["sentence"]] if "coverage" in one else []


def _media(media: Media, folder: Path) -> dict[str, Any]:
    from dancetransfer.pose.poses import Poses

    about: dict[str, Any] = {"name": media.name, "file": media.file, "there": Path(media.file).exists(), "doubts": []}
    if (folder / "track.npz").exists():
        track = Poses.load(folder / "track.npz")
        about["seconds"] = round(float(np.ptp(track.time)), 2) if len(track) else 0.0
        about["frames"], about["present"] = len(track), round(float(track.present.sum()) / max(1, len(track)), 3)
    return about


def _clip(project: Project, clip: Media) -> dict[str, Any]:
    from dancetransfer.learn.foresight import person_doubts

    about = _media(clip, project.clip_folder(clip))
    if "seconds" in about:
        about |= _doubtful(person_doubts(project, clip))
    return about


def _dance(project: Project, dance: Media) -> dict[str, Any]:
    from dancetransfer.learn.foresight import dance_doubts, read_coverage

    folder = project.dance_folder(dance)
    about = _media(dance, folder)
    if "seconds" in about:
        about |= _doubtful(dance_doubts(project, dance))
    fit, covered = _read(folder / "fit.json"), read_coverage(project, dance)
    if isinstance(fit.get("sentences"), list):
        about["fit"] = fit["sentences"]
    if covered:
        about["coverage"] = covered
    return about


def _doubtful(doubts: "list[Doubt]") -> dict[str, Any]:
    """Sentences for people, and the same in parts for the window."""
    return {"doubts": [doubt.sentence for doubt in doubts], "verdict": [asdict(doubt) for doubt in doubts]}


def _training(folder: Path) -> dict[str, Any]:
    about, ended = _read(folder / "settings.json"), _read(folder / "finished.json")
    ready = (folder / "best.safetensors").exists()
    state = "finished" if ended else "can be gone on with" if ready else "begun"
    return {
        "name": folder.name,
        "recipe": about.get("recipe", "damaged"),
        "size": about.get("asked_size", 0),
        "state": "closed" if about.get("closed") else state,
    }


def _read(file: Path) -> dict[str, Any]:
    """A result file's content; nothing where it is not there or damaged."""
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
