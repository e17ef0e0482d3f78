"""How a training went, from what it wrote down: read without PyTorch."""

import json
from pathlib import Path

from dancetransfer.storage import fingerprint


def due(folder: Path) -> bool:
    """A run has been scored, and there is no report of its best generator yet."""
    try:
        about = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        about = {}
    best = folder / "best.safetensors"
    return best.exists() and bool(read_course(folder)) and about.get("best") != fingerprint(best)


def read_course(folder: Path) -> list[dict[str, float]]:
    """Step, training seconds and score of every score of a run, in order."""
    return [{name: row[name] for name in ("step", "seconds", "score")} for row in read_rows(folder) if "score" in row]


def read_rows(folder: Path) -> list[dict[str, float]]:
    """The lines of a run's metrics; damaged ones are left out."""
    rows = []
    try:
        lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    for line in lines:
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and {"step", "seconds"} <= row.keys():
            rows.append(row)
    return rows
