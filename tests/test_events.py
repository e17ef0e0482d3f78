"""Events survive the way through a line of text."""

import json

import pytest

from dancetransfer.events import (
    Done,
    Event,
    Failed,
    Job,
    Metric,
    Notice,
    Preview,
    Progress,
    Started,
    Stopping,
    from_line,
    to_line,
)

EVENTS: list[Event] = [
    Started("poses", 300),
    Progress("train", 12.5, 300.0, 280.0),
    Metric("train", "score", 23.125, 40),
    Preview("train", "/tmp/tänzer/1.jpg", 7),
    Notice("one\ntwo", "do this"),
    Job("ann-hiphop", "running", "Learning the person", share=0.5),
    Stopping(2.0),
    Done("", "fertig", ["a.mp4"]),
    Failed("It broke.", "Mend it.", "log.txt"),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_an_event_comes_back_as_it_was(event: Event) -> None:
    line = to_line(event)
    assert "\n" not in line
    assert from_line(line) == event


def test_fields_of_a_later_version_are_ignored() -> None:
    line = json.dumps({"event": "Stopping", "seconds": 1.0, "mood": "calm"})
    assert from_line(line) == Stopping(1.0)


BENT = (
    '{"event": "Progress"}',
    '{"event": "Progress", "stage": "x", "done": "much"}',
    '{"event": "Progress", "stage": "x", "done": true}',
    '{"event": "Stopping", "seconds": NaN}',
    '{"event": "Stopping", "seconds": 1' + 400 * "0" + "}",
    '{"event": "Done", "stage": "", "files": 3}',
    '{"event": ["Done"]}',
    10_000 * "[",
)


@pytest.mark.parametrize("line", ['{"event": "Dance"}', "{}", "hello", "[]", "3", *BENT])
def test_other_lines_are_refused(line: str) -> None:
    with pytest.raises(ValueError):
        from_line(line)


def test_no_line_holds_what_json_does_not_know() -> None:
    with pytest.raises(ValueError):
        to_line(Metric("train", "score", float("nan")))
