"""The trainings of a person: which one to go on with, what it was made from, whether it is finished."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from dancetransfer import device
from dancetransfer.errors import UserError
from dancetransfer.events import Notice
from dancetransfer.project import Project
from dancetransfer.recipes import Plan
from dancetransfer.settings import BASE, NOTHING, TrainSettings
from dancetransfer.storage import Results, key, write_text


def open_run(project: Project, settings: TrainSettings, sizes: Plan) -> tuple[Path, list[Notice]]:
    """The run to go on with: the newest one with these networks, else a new one. Notices as they apply.

    More footage may ask for a wider crop; the networks take any, so that begins no new run.
    """
    wanted = {
        "recipe": settings.recipe,
        "asked_size": settings.size,
        "width": sizes.width,
        "blocks": sizes.blocks,
        "seed": settings.seed,
        "init": settings.init,
    }
    made_from = made_of(project)
    for folder in reversed(project.runs):
        about = read_run(folder)
        if about is None or about.get("closed") or not _as_wanted(about, wanted):
            continue
        _drop_lost(folder)
        if about["made_from"] == made_from:
            return folder, []
        if not about.get("earlier"):
            write_text(folder / "settings.json", json.dumps({**about, "earlier": True}, indent=1))
        note = Notice(
            "This training was begun on earlier poses or footage of the person; it goes on with the new ones.",
            "To learn anew instead: dancetransfer train X.dance --new",
        )
        return folder, [note]
    return new_run(project, {**wanted, "made_from": made_from}), []


def _drop_lost(folder: Path) -> None:
    """Remove the pictures of a try that ended before anything was kept: it begins anew."""
    if not any((folder / name).exists() for name in ("last.pt", "prev.pt", "finished.json")):
        for picture in (folder / "previews").glob("*.jpg"):
            picture.unlink(missing_ok=True)


def _as_wanted(about: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """A run that doesn't say what it started from is older than the base generator: it started from nothing."""
    start = wanted["init"] if wanted["init"] == BASE else NOTHING
    return all({"init": start, **about}.get(name) == value for name, value in wanted.items())


def new_run(project: Project, about: dict[str, Any]) -> Path:
    number = 1 + max([int(folder.name) for folder in project.runs], default=0)
    folder = project.person / "runs" / f"{number:03d}"
    write_text(folder / "settings.json", json.dumps(about, indent=1))
    return folder


def read_run(folder: Path) -> dict[str, Any] | None:
    """What a run was made from; None where that is damaged."""
    try:
        about = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return about if isinstance(about, dict) and "made_from" in about else None


def device_of(folder: Path, name: str) -> device.Device:
    """The device; a run keeps its precision, so that going on, and rendering, gives what one go would have given."""
    chosen = device.choose(name)
    about = read_run(folder) or {}
    kept = about.get("precision", {}).get(chosen.torch)
    if kept:
        return replace(chosen, mixed=kept)
    precision = {**about.get("precision", {}), chosen.torch: chosen.mixed}
    write_text(folder / "settings.json", json.dumps({**about, "precision": precision}, indent=1))
    return chosen


def made_of(project: Project) -> str:
    """The key of all footage that a training is made from."""
    return key([Results(project.clip_folder(clip)).key_of("crops.npy") for clip in project.clips])


def finished(folder: Path, settings: TrainSettings) -> bool:
    """The run has had all the time that is asked for."""
    try:
        state = json.loads((folder / "finished.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if not (folder / "best.safetensors").exists():
        return False
    if settings.steps:
        return bool(state.get("steps")) and state["steps"] >= settings.steps
    return bool(state.get("budget")) and state["budget"] >= settings.budget


def finish(project: Project, folder: Path, settings: TrainSettings, reason: str) -> None:
    """Note what was asked for and had, and on which footage."""
    asked = {"steps": settings.steps} if settings.steps else {"budget": settings.budget}
    write_text(folder / "finished.json", json.dumps({"reason": reason, "footage": made_of(project), **asked}))


def learned(project: Project, folder: Path) -> bool:
    """The finished run has seen the footage that is there now."""
    try:
        state = json.loads((folder / "finished.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(state.get("footage") == made_of(project))


def best(project: Project, settings: TrainSettings) -> Path:
    """The best generator of the newest training, of the recipe and size in use where there is one.

    UserError where nothing has been learned yet.
    """
    ready = [folder for folder in reversed(project.runs) if (folder / "best.safetensors").exists()]
    if not ready:
        raise UserError("The person has not been learned yet.", "Train first: dancetransfer train X.dance")

    def fits(folder: Path) -> bool:
        about = read_run(folder) or {}
        return about.get("recipe") == settings.recipe and about.get("asked_size") == settings.size

    return next((folder for folder in ready if fits(folder)), ready[0]) / "best.safetensors"


def begin_anew(project: Project) -> None:
    """Close the trainings that are there: they are kept, and the next one starts from nothing."""
    for folder in project.runs:
        about = read_run(folder)
        if about is not None:
            write_text(folder / "settings.json", json.dumps({**about, "closed": True}, indent=1))
