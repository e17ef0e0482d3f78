"""What a stage tells whoever runs it: small frozen events, each one JSON line and back."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from types import UnionType
from typing import Any, get_args, get_origin


@dataclass(frozen=True)
class Started:
    """A stage begins. `total` counts its `unit`s (frames, seconds) where that is known."""

    stage: str
    total: float | None = None
    unit: str = "frames"
    words: str = ""
    """What is going on, for people, where that says more than the stage's name."""


@dataclass(frozen=True)
class Progress:
    """`done` of `total` units of a stage; `seconds_left` for the whole command where it is known."""

    stage: str
    done: float
    total: float | None = None
    seconds_left: float | None = None
    words: str = ""
    """How it goes, for people, where that is more than how far it is."""


@dataclass(frozen=True)
class Metric:
    """A measured number of a stage, at a training step where there is one."""

    stage: str
    name: str
    value: float
    step: int | None = None


@dataclass(frozen=True)
class Preview:
    """A picture worth showing now has been written to `path`."""

    stage: str
    path: str
    step: int | None = None


@dataclass(frozen=True)
class Notice:
    """Something the user should know that stops nothing."""

    message: str
    hint: str = ""


@dataclass(frozen=True)
class Job:
    """How one clip of a batch stands."""

    name: str
    state: str
    """waiting, running, done, failed or stopped."""
    words: str = ""
    """What is going on; of one that failed, what happened."""
    hint: str = ""
    """Of one that failed, what to do."""
    share: float = 0.0
    """How much of it is done, 0..1."""
    files: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Stopping:
    """The stop was heard; the command ends within about `seconds`."""

    seconds: float


@dataclass(frozen=True)
class Done:
    """A stage (or, with stage "", the whole command) is finished."""

    stage: str
    message: str = ""
    files: list[str] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    """What a program reads instead of the message: the facts of `info`, the report of `doctor`."""


@dataclass(frozen=True)
class Failed:
    """The command ended in an error; `report` names the log of a bug."""

    message: str
    hint: str = ""
    report: str = ""


Event = Started | Progress | Metric | Preview | Notice | Job | Stopping | Done | Failed
Events = Iterator[Event]

_KINDS: dict[str, Any] = {
    kind.__name__: kind for kind in (Started, Progress, Metric, Preview, Notice, Job, Stopping, Done, Failed)
}


def to_line(event: Event) -> str:
    """One JSON line without its newline."""
    return json.dumps({"event": type(event).__name__, **asdict(event)}, ensure_ascii=False, allow_nan=False)


def from_line(line: str) -> Event:
    """The event of a line; fields of a later version are ignored. ValueError where it is none."""
    try:
        given = json.loads(line)
        kind = _KINDS[given["event"]]
        known = {one.name: one for one in fields(kind)}
        event: Event = kind(**{name: value for name, value in given.items() if name in known})
    except (KeyError, TypeError, RecursionError) as error:
        raise ValueError(f"not an event: {line[:80]}") from error
    for name, one in known.items():
        if not _fits(one.type, getattr(event, name)):
            raise ValueError(f"not an event, for its {name}: {line[:80]}")
    return event


def _fits(declared: Any, value: Any) -> bool:
    """Whether a value read from JSON has a field's declared type."""
    kinds = get_args(declared) if isinstance(declared, UnionType) else (get_origin(declared) or declared,)
    if isinstance(value, bool):
        return bool in kinds
    if isinstance(value, (int, float)) and float in kinds:
        return -1e300 < value < 1e300  # neither NaN nor infinite
    return isinstance(value, kinds)
