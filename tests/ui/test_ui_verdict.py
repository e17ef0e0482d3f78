"""What is said of dropped videos: of their facts, of doubts, and by the real engine."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ui.project.jobs import Jobs
from ui.side.verdict import BAD, GOOD, WAITING, WARN, Verdict, VerdictLine, Verdicts, of_doubts, of_facts, together

FACTS = {"width": 1920, "height": 1080, "seconds": 92.3, "fps": 29.97, "audio": "aac", "codec": "h264"}


def test_the_facts_are_told_at_once(dressed: Any) -> None:
    found = of_facts(FACTS, "person")
    assert found.level == WAITING and found.words == "1920×1080, 1:32, 30 frames/s, with sound"
    assert of_facts({**FACTS, "audio": None}, "dance").words.endswith("no sound")


@pytest.mark.parametrize(
    ("changed", "role", "words"),
    [
        ({"seconds": 8.0}, "person", "only 8 s long"),
        ({"seconds": 8.0}, "dance", ""),
        ({"fps": 5.0}, "dance", "few frames a second"),
        ({"width": 320, "height": 240}, "dance", "small picture"),
        ({"damage": "x.mp4 breaks off."}, "dance", "damaged"),
    ],
)
def test_facts_that_speak_against_a_video(dressed: Any, changed: dict[str, Any], role: str, words: str) -> None:
    found = of_facts({**FACTS, **changed}, role)
    assert (found.level, found.words) == (WARN, words) if words else found.level == WAITING


def test_doubts_become_a_few_words(dressed: Any) -> None:
    both = of_doubts([{"kind": "camera", "at": None}, {"kind": "feet", "at": 12.4}], FACTS)
    assert (both.level, both.words) == (WARN, "camera moves, legs leave the picture at 0:12")
    assert "tripod" in both.hint and "room" in both.hint and "1:32" in both.facts
    assert of_doubts([{"kind": "feet", "at": None}], {}).words == "legs leave the picture"
    assert of_doubts([{"kind": "nobody"}, {"kind": "camera"}], {}).level == BAD
    assert of_doubts([], FACTS).words == "good" and of_doubts([], FACTS).level == GOOD


def test_doubts_of_a_later_engine_speak_for_themselves(dressed: Any) -> None:
    found = of_doubts([{"kind": "hat", "sentence": "The hat is large.", "hint": "Take it off."}, {}], FACTS)
    assert (found.words, found.hint) == ("The hat is large.", "Take it off.")


def test_what_was_seen_and_the_facts_are_one_verdict(dressed: Any) -> None:
    short, good = of_facts({**FACTS, "seconds": 8}, "person"), of_doubts([], FACTS)
    moves = of_doubts([{"kind": "camera"}], FACTS)
    assert together(short, good).words == "only 8 s long"
    assert together(short, moves).words == "camera moves, only 8 s long"
    assert together(of_facts(FACTS, "person"), good).level == GOOD


def test_a_line_shows_it_to_eyes_and_ears(qtbot: QtBot, dressed: Any) -> None:
    line = VerdictLine()
    qtbot.addWidget(line)
    line.show_verdict(of_doubts([{"kind": "camera"}], FACTS))
    assert "Camera moves" in [one.text() for one in line.findChildren(QLabel)]
    assert "tripod" in line.toolTip() and "1:32" in line.toolTip()
    assert line.accessibleName().startswith("camera moves. Film from a tripod")
    line.show_verdict(Verdict(WAITING, "<b>x</b>"))
    assert any(one.text() == "<b>x</b>" and one.textFormat().name == "PlainText" for one in line.findChildren(QLabel))


def test_the_engine_has_a_look_at_dropped_files(qtbot: QtBot, dressed: Any, short_clips: Path, tmp_path: Path) -> None:
    jobs = Jobs()
    verdicts = Verdicts(jobs)
    video, broken = str(short_clips / "dance.mp4"), tmp_path / "no video.mp4"
    broken.write_bytes(b"hello")
    told: list[tuple[str, str]] = []
    verdicts.changed.connect(lambda file: told.append((file, verdicts.of(file).words)))
    assert verdicts.of(video).level == WAITING
    verdicts.look(video, "dance")
    verdicts.look(str(broken), "person")
    with qtbot.waitSignal(jobs.emptied):
        pass
    words = [said for file, said in told if file == video]
    assert words[0] == "only 1 s long, small picture" and len(words) <= 2
    assert verdicts.of(video).facts == "256×256, 0:01, 25 frames/s, with sound"
    assert verdicts.of(str(broken)).level == BAD and "no video.mp4" in verdicts.of(str(broken)).words


def test_poses_that_are_there_say_more(qtbot: QtBot, dressed: Any, finished: Path, short_clips: Path) -> None:
    jobs = Jobs()
    verdicts = Verdicts(jobs)
    with qtbot.waitSignal(jobs.emptied):
        verdicts.look_at_project(str(finished))
    for name in ("dance", "person"):
        assert verdicts.of(str(short_clips / f"{name}.mp4")).level != WAITING
