"""Dated copies of the project file, and what can be had of a project whose file is damaged."""

import contextlib
import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from dancetransfer import settings
from dancetransfer.errors import UserError
from dancetransfer.media import is_folder_name
from dancetransfer.project import Project
from dancetransfer.project_file import FORMAT, RECOVERY, whole_edits
from dancetransfer.storage import set_aside, write_text

KEPT = 20
"""Dated copies; of more the oldest go."""
APART_SECONDS = 300.0
"""A copy is kept where the last one is older than this."""
STAMP = "%Y-%m-%d %H.%M.%S"
UNKNOWN = "video"
"""Name of a video of which only the folder of its results is left."""


def copies(folder: Path) -> list[tuple[datetime, Path]]:
    """The dated copies of a project's file with their dates, the newest first."""
    found = []
    for file in (folder / RECOVERY).glob("*.json"):
        with contextlib.suppress(ValueError):
            found.append((datetime.strptime(file.stem, STAMP), file))
    return sorted(found, reverse=True)


def keep(folder: Path, now: datetime, at_once: bool = False) -> Path | None:
    """Keep a dated copy of the project file as it is on the disk; None where the last one will do."""
    try:
        text = (folder / "project.json").read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    before = copies(folder)
    if before:
        age = (now - before[0][0]).total_seconds()
        if before[0][1].read_text(encoding="utf-8", errors="replace") == text or (
            0 <= age < APART_SECONDS and not at_once
        ):
            return None
    kept = folder / RECOVERY / f"{now.strftime(STAMP)}.json"
    write_text(kept, text)
    for _, file in copies(folder)[KEPT:]:
        file.unlink(missing_ok=True)
    return kept


def restore(folder: Path, copy: Path, now: datetime) -> list[str]:
    """Make a copy the project file, which becomes a dated copy itself; returns notes on what could not be had.

    UserError where the copy can't be read.
    """
    found = _mended(copy)
    if found is None:
        raise UserError(f"{copy.name} can't be read.", "Choose another copy.")
    keep(folder, now, at_once=True)
    _write(folder, found[0])
    return found[1]


def open_damaged(folder: Path) -> Project | None:
    """The project with as much of it as is left, and notes on that; None where there is nothing to mend.

    Tried in this order: the project file, its copy, files that were set aside, the dated copies,
    and at last the folders of the results alone.
    """
    aside = sorted(folder.glob("project.json.damaged-*"), key=_number, reverse=True)
    files = [folder / "project.json", folder / "project.copy.json", *aside, *(file for _, file in copies(folder))]
    if not any(file.exists() for file in files[:2]):
        return None
    for file in files:
        found = _mended(file)
        if found is not None:
            data, notes = found
            where = "the project file" if file == files[0] else file.name
            notes = [f"The project file was damaged. This is what could be read of {where}.", *notes]
            break
    else:
        data = {"format": FORMAT, "dances": list(_media(folder / "dances")), "consent": None, "settings": {}}
        data["clips"] = list(_media(folder / "person" / "clips"))
        notes = [
            "The project file was damaged and so were its copies. What was made is still there; "
            "where the videos are has to be told again."
        ]
    if data["format"] > FORMAT:
        return None
    if (folder / "project.json").exists():
        set_aside(folder / "project.json")
    _write(folder, data)
    project = Project.open(folder)
    project.notes[:0] = notes
    return project


def _number(file: Path) -> int:
    found = re.search(r"\d+$", file.name)
    return int(found[0]) if found else 0


def _write(folder: Path, data: dict[str, Any]) -> None:
    Project(folder, data).save()


def _media(folder: Path) -> Iterator[dict[str, Any]]:
    """An entry for each folder of results, without the place and content of its video."""
    for one in sorted(folder.glob("*")):
        if one.is_dir() and is_folder_name(one.name) and any(one.glob("*.npz")):
            suffix = ".mp4" if (one / "proxy.mp4").exists() else ".npz"
            yield {"name": one.name, "file": str(one / f"{UNKNOWN}{suffix}"), "fingerprint": ""}


def _mended(file: Path) -> tuple[dict[str, Any], list[str]] | None:
    """What is sound of a project file's content, and notes on the rest; None where it can't be read at all."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(data, dict) or not {"clips", "dances"} & data.keys():
        return None
    notes: list[str] = []
    data["format"] = data["format"] if isinstance(data.get("format"), int) else FORMAT
    if data["format"] > FORMAT:
        return data, notes
    for what, words in (("clips", "videos of the person"), ("dances", "dances")):
        entries = data.get(what) if isinstance(data.get(what), list) else [None]
        data[what] = [one for one in entries or [] if _sound(one)]
        if lost := len(entries or []) - len(data[what]):
            notes.append(f"Lost {words}: {lost}. Add them again.")
    data["consent"] = data["consent"] if isinstance(data.get("consent"), str) else None
    data["settings"], lost_settings = _sound_settings(data.get("settings"))
    if lost_settings:
        notes.append(f"Settings that are the default again: {', '.join(lost_settings)}.")
    if not _edits_are_sound(data):
        for group in ("edits", "edits_before", "edits_of_removed"):
            data.pop(group, None)
        notes.append("The edits of the poses are lost.")
    return data, notes


def _sound(entry: Any) -> bool:
    known = ("name", "file", "fingerprint")
    whole = isinstance(entry, dict) and all(isinstance(entry.get(one), str) for one in known)
    return whole and is_folder_name(entry["name"])


def _sound_settings(groups: Any) -> tuple[dict[str, Any], list[str]]:
    """The settings whose values can be, and the names of the others."""
    kept: dict[str, Any] = {}
    lost: list[str] = []
    for name, values in groups.items() if isinstance(groups, dict) else ():
        if not isinstance(values, dict):
            lost.append(name)
            continue
        kept[name] = dict(values)
        for one, value in values.items():
            try:
                if name in settings.GROUPS:
                    settings.from_dict(settings.GROUPS[name], {one: value})
            except UserError:
                del kept[name][one]
                lost.append(one)
    return kept, lost


def _edits_are_sound(data: dict[str, Any]) -> bool:
    try:
        return whole_edits(data)
    except (KeyError, TypeError, AttributeError):
        return False
