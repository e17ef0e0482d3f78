"""Ten `kill -9` at random moments of `transfer`, each followed by the same command.

PYTHONPATH=.:tests python tests/bench/kill.py [DANCE PERSON] [--kills 10] [--seed 0] [--size 64] [--steps 60]

Without videos the built-in dancers are drawn. Prints a table of when each kill came, what was lost
by it, and at the end whether every frame of the dance is in the clip.
"""

import argparse
import os
import random
import shutil
import signal
import tempfile
import threading
import time
from pathlib import Path

from engine import TINY, heard, living, start, strays

from dancetransfer import puppets
from dancetransfer.events import Done, Event, Failed, Progress, Started
from dancetransfer.video.read import probe
from dancetransfer.video.write import Writer

SIZE, FPS = (256, 256), 25
SECONDS = {"dance": 4, "person": 8}
ORPHAN_SECONDS = 20
LONGEST_SECONDS = 30


def film(folder: Path) -> list[Path]:
    """The built-in dancers."""
    for name, seconds in SECONDS.items():
        show = getattr(puppets, name)(0, SIZE, seconds, FPS)
        with Writer(folder / f"{name}.mp4", SIZE, fps=FPS, sound=(show.sound(), 48000), mark=False) as writer:
            for moment, image in zip(show.times, show.frames(), strict=True):
                writer.write(image, float(moment))
    return [folder / f"{name}.mp4" for name in SECONDS]


def one_run(words: list[object], kill_after: float | None) -> tuple[list[Event], int, list[int]]:
    """Events of a run that is killed after so many seconds, its exit code, and who outlived it."""
    process = start("transfer", *words)
    children: set[int] = set()

    def kill() -> None:
        children.update(living(process.pid))
        os.kill(process.pid, signal.SIGKILL)

    timer = threading.Timer(kill_after or 0, kill)
    if kill_after is not None:
        timer.start()
    events = list(heard(process))
    timer.cancel()
    code = process.wait()
    deadline = time.monotonic() + ORPHAN_SECONDS
    while (orphans := [n for n in children if Path(f"/proc/{n}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.1)
    return events, code, orphans


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("videos", nargs="*", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--size", default="64")
    parser.add_argument("--steps", default="60")
    given = parser.parse_args()
    dice = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        videos = given.videos or film(folder)
        clip = folder / "out" / "clip.mp4"
        clip.parent.mkdir()
        words: list[object] = [*videos, "-o", clip, *TINY, "--size", given.size, "--steps", given.steps]
        print(f"{'':<5}{'after':>7}  {'while':<40}{'at':>12}{'orphans':>9}{'code':>6}", flush=True)
        number, bad = 0, 0
        while number < given.kills:
            seconds = dice.uniform(0.5, LONGEST_SECONDS)
            events, code, orphans = one_run(words, seconds)
            if code == 0:  # it got through before its kill came: the next are of a new project
                print(f"     it ended in time; {probe(clip).frames} of {probe(videos[0]).frames} frames", flush=True)
                bad += probe(clip).frames != probe(videos[0]).frames
                shutil.rmtree(clip.parent)
                clip.parent.mkdir()
                continue
            number += 1
            stage = next((e.words for e in reversed(events) if isinstance(e, Started)), "starting")
            at = next((f"{e.done:.0f}/{e.total:.0f}" for e in reversed(events) if isinstance(e, Progress)), "")
            print(f"{number:<5}{seconds:>6.1f}s  {stage:<40}{at:>12}{len(orphans):>9}{code:>6}", flush=True)
            bad += bool(orphans) or any(isinstance(e, Failed) for e in events)
        events, code, _ = one_run(words, None)
        wanted, got = probe(videos[0]).frames, probe(clip).frames if clip.exists() else 0
        done = sum(isinstance(event, Done) for event in events)
        print(
            f"then the command ended with {code} ({done} stages told); {got} of {wanted} frames; "
            f"left behind: {[path.name for path in strays(clip.parent)]}"
        )
        if bad or code or got != wanted:
            raise SystemExit(f"{bad} runs went wrong")


if __name__ == "__main__":
    main()
