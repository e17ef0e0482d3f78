"""What compiling a training step took and gave on this machine before, kept in the user's data folder."""

import contextlib
import json
import statistics
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dancetransfer.errors import UserError
from dancetransfer.storage import write_text
from dancetransfer.weights import data_folder

FILE = "compiling.json"


@dataclass(frozen=True)
class Expected:
    """What compiling is expected to take and to give."""

    seconds: float
    times: float
    """How many times as fast a step is."""


GUESS = Expected(60.0, 1.3)
"""Before anything was measured on a machine; assumed. `compiling.WORTH` makes it seven minutes that must be left."""


def expected(machine: str, plan: str) -> Expected | None:
    """For steps of a plan, by the keys of both: as measured, else as with the machine's other plans, else a guess.

    None where compiling has failed on this machine.
    """
    known = _machine(_read(), machine)
    if known.get("failed"):
        return None
    rows = {name: Expected(**row) for name, row in known.get("plans", {}).items()}
    if plan in rows:
        return rows[plan]
    if not rows:
        return GUESS
    return Expected(
        statistics.median(row.seconds for row in rows.values()), statistics.median(row.times for row in rows.values())
    )


def note(machine: str, plan: str, found: Expected) -> None:
    """Keep what was measured."""
    known = _read()
    row = _machine(known, machine)
    _write({**known, machine: {**row, "plans": {**row.get("plans", {}), plan: asdict(found)}}})


def refuse(machine: str, cause: str) -> None:
    """Never try again with this PyTorch, device and driver."""
    known = _read()
    _write({**known, machine: {**_machine(known, machine), "failed": cause}})


def place() -> Path:
    return data_folder() / FILE


def _read() -> dict[str, Any]:
    """All that is kept; nothing where the file is damaged."""
    try:
        known = json.loads(place().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _machine(known: dict[str, Any], machine: str) -> dict[str, Any]:
    """What is kept of a machine, as far as it makes sense."""
    row = known.get(machine)
    if not isinstance(row, dict):
        return {}
    plans = row.get("plans")
    sound = {
        name: one
        for name, one in (plans.items() if isinstance(plans, dict) else ())
        if isinstance(one, dict) and one.keys() == {"seconds", "times"} and all(_positive(x) for x in one.values())
    }
    return {"failed": str(row["failed"]), "plans": sound} if row.get("failed") else {"plans": sound}


def _positive(value: object) -> bool:
    return isinstance(value, (int, float)) and 0 <= value < 1e9 and value == value


def _write(known: dict[str, Any]) -> None:
    with contextlib.suppress(UserError):  # a folder that can't be written to: it is measured again the next time
        write_text(place(), json.dumps(known, indent=1))
