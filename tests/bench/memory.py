"""Peak memory of commands, all their processes together, on a short and on a long dance: rows of `speed.py`.

Memory is PSS, or RSS (which counts shared pages once for each process) where PSS can't be read, in 10^6 bytes.
The long dance is the short one again and again. Its film is looked through by `poses`; what comes after the poses is
measured with its pose track as the dance, which is the same to those stages and saves finding the poses again.
"""

import functools
import shutil
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from engine import heard, living, start
from material import SECONDS, clip, repeated
from ratios import Row, Spent

from dancetransfer.events import Failed, Started
from dancetransfer.pose.poses import Poses

LEARNING = "train"
"""The stage that may take more than the others."""


@dataclass
class Peak:
    """The highest sum that was seen, per stage."""

    megabytes: dict[str, float] = field(default_factory=dict)
    card: dict[str, float] = field(default_factory=dict)
    """Of the graphics card, by which its whole use has grown."""
    stage: str = "start"
    kind: str = "PSS"
    before: float = field(default_factory=lambda: card_megabytes())

    def look(self, process: int) -> None:
        total = sum(self._of(number) for number in [process, *living(process)])
        self.megabytes[self.stage] = max(total, self.megabytes.get(self.stage, 0.0))
        self.card[self.stage] = max(card_megabytes() - self.before, self.card.get(self.stage, 0.0))

    def _of(self, number: int) -> float:
        """One process; 0 where it has just ended."""
        for name, row in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
            try:
                text = Path(f"/proc/{number}/{name}").read_text()
            except (FileNotFoundError, ProcessLookupError):
                return 0.0
            except OSError:
                self.kind = "RSS"
                continue
            for line in text.splitlines():
                if line.startswith(row):
                    return float(line.split()[1]) * 1024 / 1e6
        return 0.0

    @property
    def most(self) -> float:
        return max(self.megabytes.values())


@functools.cache
def _asks_card() -> list[str]:
    program = shutil.which("nvidia-smi")
    return [program, "--query-gpu=memory.used", "--format=csv,noheader,nounits"] if program else []


def card_megabytes() -> float:
    """What all programs together use of the first graphics card; 0 where there is none of NVIDIA."""
    if not (words := _asks_card()):
        return 0.0
    answer = subprocess.run(words, capture_output=True, text=True, timeout=10, check=False)
    return float(answer.stdout.split()[0]) * 2**20 / 1e6 if answer.returncode == 0 else 0.0


def watched(*words: object) -> Peak:
    """Run a command and look five times a second."""
    peak, over = Peak(), threading.Event()
    process = start(*words, stderr=subprocess.DEVNULL)

    def watch() -> None:
        while not over.wait(0.2):
            peak.look(process.pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for event in heard(process):
        if isinstance(event, Started):
            peak.stage = event.stage
        if isinstance(event, Failed):
            print(event.message, event.hint)
    code = process.wait()
    over.set()
    watcher.join()
    if code:
        raise SystemExit(f"{words[0]} ended with {code}")
    return peak


def rows(folder: Path, long: float, device: str) -> list[Row]:
    """Growth with the dance's length, and what the stages take at 256 at most."""
    times, size = round(long / SECONDS["dance"]), 512 if device == "cuda" else 256
    films = clip(folder, "dance"), repeated(clip(folder, "dance"), times, folder / f"dance-{times}.mp4")
    looked = [watched("poses", film, "-o", folder / f"poses-{n}.npz") for n, film in enumerate(films)]
    tracks = folder / "poses-0.npz", tiled(folder / "poses-0.npz", times, folder / f"track-{times}.npz")
    done = []
    for n, track in enumerate(tracks):
        words = [track, clip(folder, "person"), "-o", folder / f"memory-{n}.mp4", "--steps", 10, "--device", device]
        words += ["--project", folder / f"memory-{n}.dance", "--recipe", "fast", "--size", size]
        done.append(watched("transfer", *words))
    for short, after in ((looked[0], looked[1]), (done[0], done[1])):
        for stage, top in after.megabytes.items():
            print(f"  {stage:10} {short.megabytes.get(stage, 0):6.0f} {top:6.0f} MB ({short.kind})")
    others = max(top for peak in (*looked, *done) for stage, top in peak.megabytes.items() if stage != LEARNING)
    learning = max(peak.megabytes[LEARNING] for peak in done)
    ten = f"a dance of {SECONDS['dance']:g} s"
    drawing = max(peak.card["render"] for peak in done)
    on_card = [row("graphics memory of rendering at 512", "1.5 GB", 1.0, drawing, 1500)] if device == "cuda" else []
    return [
        *on_card,
        row(f"memory of poses, {long:g} s of dance", ten, 1.05, looked[1].most, looked[0].most),
        row(f"memory of transfer, {long:g} s of dance", ten, 1.05, done[1].most, done[0].most),
        row(f"memory of learning at {size}", "2.5 GB", 1.0, learning, 2500),
        row("memory of everything else", "1.5 GB", 1.0, others, 1500),
    ]


def row(work: str, against: str, target: float, ours: float, theirs: float) -> Row:
    """Megabytes in the place of seconds."""
    one = Row(work, against, target, note="MB")
    one.ours, one.theirs = [Spent(ours, ours)], [Spent(theirs, theirs)]
    return one


def tiled(track: Path, times: int, path: Path) -> Path:
    """A pose track again and again."""
    poses = Poses.load(track)
    length = poses.time[-1] + np.median(np.diff(poses.time))
    whole = poses[np.tile(np.arange(len(poses)), times)]
    whole.time[:] = np.concatenate([poses.time + turn * length for turn in range(times)])
    whole.save(path)
    return path
