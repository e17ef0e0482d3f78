"""What `project.json` holds as text, and whether what is read is whole."""

import json
from pathlib import Path
from typing import Any

from dancetransfer.media import is_folder_name

FORMAT = 1
"""Version of project.json; a newer one is refused, an older one is read."""
RECOVERY = "recovery"
"""Folder of the dated copies of project.json."""
MEDIA = ("name", "file", "fingerprint")


def text_of(data: dict[str, Any]) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False)


def read(file: Path) -> dict[str, Any] | None:
    """A project file's content, or None where it is missing or damaged."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
        if data["format"] > FORMAT:
            return data  # the caller refuses it, whatever it holds
        media = [entry[key] for what in ("clips", "dances") for entry in data[what] for key in MEDIA]
        names = [entry["name"] for what in ("clips", "dances") for entry in data[what]]
        whole = all(isinstance(value, str) for value in media) and all(map(is_folder_name, names))
        whole &= all(isinstance(values, dict) for values in data.setdefault("settings", {}).values())
        whole &= whole_edits(data)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return data if whole else None


def whole_edits(data: dict[str, Any]) -> bool:
    """Every hand edit can be named, to be taken out or brought back; KeyError and the like where not even that."""
    lists = [*data.get("edits", {}).values(), *data.get("edits_of_removed", {}).values()]
    entries = [entry for kept in lists for entry in kept]
    for step in (step for steps in data.get("edits_before", {}).values() for step in steps):
        entries += [*step["gone"], *({"id": number} for number in step["new"])]
    return all(isinstance(entry["id"], int) for entry in entries)
