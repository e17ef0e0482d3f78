"""Stages run, stopped and watched, for the tests of the engine."""

from collections.abc import Iterator
from pathlib import Path

from dancetransfer.events import Event


def close_at(stage: Iterator[Event], count: int) -> list[Event]:
    """The first `count` events of a stage, which is closed then as by a user's stop."""
    events: list[Event] = []
    for event in stage:
        events.append(event)
        if len(events) == count:
            stage.close()  # type: ignore[attr-defined]
            break
    return events


def leftovers(folder: Path) -> list[Path]:
    """Temporary files that a stop has left behind."""
    return [path for path in folder.rglob(".*") if path.is_file()]


class Ticking:
    """A clock that is `pace` seconds further each time it is looked at: a training step takes that long."""

    def __init__(self, pace: float) -> None:
        self.now, self.pace = 0.0, pace

    def __call__(self) -> float:
        self.now += self.pace
        return self.now
