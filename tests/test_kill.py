"""`kill -9` in the middle of a transfer: nobody stays behind, the same command goes on, every frame is there."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from engine import TINY, environment, heard, living, start, strays

from dancetransfer.events import Done, Event, Progress
from dancetransfer.project import Project
from dancetransfer.storage import write_text
from dancetransfer.video.read import probe

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are followed by /proc")

MOMENTS = ("poses", "prepare", "train", "render")


def killed_in(stage: str, words: list[object], random_events: random.Random) -> list[Event]:
    """Start the command, kill it some events into that stage; what it said until then. Its tree is gone after."""
    process = start("transfer", *words)
    left = random_events.randint(0, 3)
    events = []
    for event in heard(process):
        events.append(event)
        if isinstance(event, Progress) and event.stage == stage:
            left -= 1
            if left < 0:
                break
    workers = living(process.pid)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    for _ in range(600):  # they see the end of their input
        if not [number for number in workers if Path(f"/proc/{number}").exists()]:
            return events
        time.sleep(0.1)
    raise AssertionError(f"processes live on: {workers}")


def test_after_each_kill_the_same_command_goes_on(short_clips: Path, tmp_path: Path) -> None:
    clip = tmp_path / "clip.mp4"
    words: list[object] = [short_clips / "dance.mp4", short_clips / "brief.mp4", "-o", clip, *TINY, "--steps", 6]
    dice = random.Random(5)
    finished: set[tuple[str, ...]] = set()
    for stage in MOMENTS:
        events = killed_in(stage, words, dice)
        assert not clip.exists()
        assert len(Project.open(tmp_path / "clip.dance").clips) == 1
        again = finished & work(events)
        assert not again, f"made twice: {again}"
        finished |= work(events)
    process = start("transfer", *words)
    events = list(heard(process))
    assert process.wait() == 0
    assert not finished & work(events)
    assert probe(clip).frames == probe(short_clips / "dance.mp4").frames
    assert strays(tmp_path) == []


def work(events: list[Event]) -> set[tuple[str, ...]]:
    """The results that a run has finished, by the files they are told with."""
    return {tuple(event.files) for event in events if isinstance(event, Done) and event.files and event.stage}


def test_what_a_killed_process_left_unfinished_is_swept_away(tmp_path: Path) -> None:
    target = tmp_path / "crops.npy"
    code = (
        "import os, signal, sys\nfrom dancetransfer.storage import atomic_path\n"
        "with atomic_path(sys.argv[1]) as path:\n    path.write_text('half')\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    subprocess.run([sys.executable, "-P", "-c", code, str(target)], env=environment(), timeout=60)
    (left,) = strays(tmp_path)
    living_one = tmp_path / f".crops.{os.getppid()}.npy"  # of somebody who is still at it
    living_one.write_text("half")
    write_text(target, "whole")
    assert not left.exists() and living_one.exists()
    assert target.read_text() == "whole"
