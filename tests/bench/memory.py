"""Peak memory of `transfer` (all its processes together) on a short and on a long dance.

PYTHONPATH=.:tests python tests/bench/memory.py [--frames 400 4000] [--size 128] [--steps 10]

Both dances are the same puppet clip, looped. Prints peak and stage, and the growth; memory is PSS,
or RSS (which counts shared pages once per process) where PSS can't be read.
"""

import argparse
import itertools
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from engine import TINY, heard, living, start

from dancetransfer import puppets
from dancetransfer.events import Failed, Started
from dancetransfer.video.read import RandomAccess
from dancetransfer.video.write import Writer

SIZE, FPS = (256, 256), 25
SECONDS = {"dance": 4, "person": 8}


@dataclass
class Peak:
    """The highest sum that was seen, per stage."""

    mebibytes: dict[str, float] = field(default_factory=dict)
    stage: str = "start"
    kind: str = "PSS"

    def look(self, process: int) -> None:
        numbers = [process, *living(process)]
        total = sum(self._of(number) for number in numbers) / 1024
        self.mebibytes[self.stage] = max(total, self.mebibytes.get(self.stage, 0.0))

    def _of(self, number: int) -> float:
        """Kibibytes of one process; 0 where it has just ended."""
        for name, row in (("smaps_rollup", "Pss:"), ("status", "VmRSS:")):
            try:
                text = Path(f"/proc/{number}/{name}").read_text()
            except FileNotFoundError:
                return 0.0
            except OSError:
                self.kind = "RSS"
                continue
            for line in text.splitlines():
                if line.startswith(row):
                    return float(line.split()[1])
        return 0.0


def film(folder: Path) -> None:
    """The dance and the person, drawn once."""
    for name, seconds in SECONDS.items():
        show = getattr(puppets, name)(0, SIZE, seconds, FPS)
        with Writer(folder / f"{name}.mp4", SIZE, fps=FPS, sound=(show.sound(), 48000), mark=False) as writer:
            for time_, image in zip(show.times, show.frames(), strict=True):
                writer.write(image, float(time_))


def looped(clip: Path, frames: int, path: Path) -> Path:
    """The clip forward and backward until it has that many frames."""
    with RandomAccess(clip) as source, Writer(path, SIZE, fps=FPS, mark=False) as writer:
        images = [source.frame(n).image for n in range(len(source))]
        for number, image in enumerate(itertools.islice(itertools.cycle(images + images[-2:0:-1]), frames)):
            writer.write(image, number / FPS)
    return path


def measure(dance: Path, person: Path, folder: Path, options: list[str]) -> Peak:
    """Run `transfer` and look five times a second."""
    peak = Peak()
    process = start("transfer", dance, person, "-o", folder / "clip.mp4", *options, stderr=subprocess.DEVNULL)
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            peak.look(process.pid)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for event in heard(process):
        if isinstance(event, Started):
            peak.stage = event.words or event.stage
        if isinstance(event, Failed):
            print(event.message, event.hint)
    code = process.wait()
    over.set()
    watcher.join()
    if code:
        raise SystemExit(f"transfer ended with {code}")
    return peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs="+", default=[400, 4000])
    parser.add_argument("--size", default="128")
    parser.add_argument("--steps", default="10")
    given = parser.parse_args()
    options = [*TINY, "--size", given.size, "--steps", given.steps]
    peaks: dict[int, Peak] = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        film(folder)
        for frames in given.frames:
            place = folder / str(frames)
            place.mkdir()
            dance = looped(folder / "dance.mp4", frames, place / "dance.mp4")
            begun = time.monotonic()
            peaks[frames] = measure(dance, folder / "person.mp4", place, options)
            print(f"{frames} frames took {time.monotonic() - begun:.0f} s", flush=True)
    names = list(dict.fromkeys(name for peak in peaks.values() for name in peak.mebibytes))
    print(f"\n{'peak MiB (' + peaks[given.frames[0]].kind + ')':<40}" + "".join(f"{n:>10}" for n in peaks))
    for name in names:
        print(f"{name:<40}" + "".join(f"{peak.mebibytes.get(name, 0):>10.0f}" for peak in peaks.values()))
    tops = [max(peak.mebibytes.values()) for peak in peaks.values()]
    print(f"{'whole command':<40}" + "".join(f"{top:>10.0f}" for top in tops))
    print(f"growth from {given.frames[0]} to {given.frames[-1]} frames: {100 * (tops[-1] / tops[0] - 1):.1f} %")


if __name__ == "__main__":
    main()
