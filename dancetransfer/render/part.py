"""Which part of its dance a clip shows, noted beside the clip for whoever plays the two in step."""

import json
from pathlib import Path

from dancetransfer.storage import write_text

FIRST_LOOK = "sprites.mp4"
"""In a dance's folder: the clip that is shown before anything is learned."""


def note_part(clip: Path, start: float, stop: float) -> None:
    """Write beside a clip that it shows its dance from `start` up to `stop` seconds."""
    part = {"from": start, "to": stop, "bytes": clip.stat().st_size}
    write_text(_note(clip), json.dumps(part))


def part_of(clip: Path) -> tuple[float, float] | None:
    """From and to in seconds of the dance; None where nothing is noted, or about another file than this one."""
    try:
        part = json.loads(_note(clip).read_text(encoding="utf-8"))
        start, stop = float(part["from"]), float(part["to"])
        known = part["bytes"] == clip.stat().st_size  # a stop may come between a clip and its note
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return (start, stop) if known and 0 <= start < stop < float("inf") else None


def _note(clip: Path) -> Path:
    return clip.with_suffix(".json")
