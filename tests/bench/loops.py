"""How well clips and rendered dances go round: `python tests/bench/loops.py CLIP_OR_PROJECT... [--seconds N] [-o DIR]`.

Of each it makes a loop and prints: the seam error between the raw frames at full size beside the clip's own
neighbors; how sharp the melted frames of the file are against the frames around them, and against the frames that they
were melted from; and, where there is sound, the largest step of its level (10 ms windows, decibels) and the largest
leap from sample to sample across the seam of the file repeated three times, beside the largest inside. With -o it
keeps the loops and a contact sheet around each seam.
"""

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dancetransfer.cli.options import Parser
from dancetransfer.events import Done, Notice
from dancetransfer.loops.loop import loop
from dancetransfer.loops.material import Material, clip_material, dance_material
from dancetransfer.loops.seam import FADE_SECONDS
from dancetransfer.project import Project
from dancetransfer.settings import ExportSettings, LoopSettings, RenderSettings
from dancetransfer.video.read import probe, read_frames
from dancetransfer.video.sound import load_audio


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """Root mean square difference of two whole pictures."""
    return float(np.sqrt(np.square(one.astype(np.float32) - other).mean()))


def sharpness(image: np.ndarray) -> float:
    """Energy of the gradient."""
    gray = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float((cv2.Sobel(gray, cv2.CV_32F, 1, 0) ** 2 + cv2.Sobel(gray, cv2.CV_32F, 0, 1) ** 2).mean())


def neighbors(material: Material) -> tuple[float, float]:
    """Median and p95 of the errors between frames that follow each other, at full size."""
    errors, before = [], None
    for image in material.read(0, material.frames):
        if before is not None:
            errors.append(apart(before, image))
        before = image
    return float(np.median(errors)), float(np.quantile(errors, 0.95))


def one(material: Material, number: int) -> np.ndarray:
    return next(material.read(number, number + 1))


def melted(path: Path, material: Material, facts: dict) -> Iterator[str]:
    """How sharp the file's frames around its seam are."""
    if len(facts["seams"]) != 1:
        return
    source, target, _ = facts["seams"][0]
    reach = max(1, round(FADE_SECONDS * material.fps / 2))
    frames = [sharpness(frame.image) for frame in read_frames(path)]
    around = frames[reach : 4 * reach] + frames[-4 * reach : -reach]
    inside = frames[-reach:] + frames[:reach]
    raw = [
        sharpness(one(material, n)) for n in (*range(source - reach + 1, source + 1), *range(target, target + reach))
    ]
    least, mean = min(inside) / np.mean(around), np.mean(inside) / np.mean(around)
    yield f"sharpness of the melted frames {mean:.0%} of the neighbors' (the least of them {least:.0%})"
    place = np.mean(raw) / np.mean(around)
    yield f"{np.mean(inside) / np.mean(raw):.0%} of the raw frames in their place, which have {place:.0%}"


def levels(samples: np.ndarray, window: int) -> np.ndarray:
    """Decibels of windows of the sum of all channels."""
    parts = samples[: len(samples) // window * window].reshape(-1, window, samples.shape[1])
    return 10 * np.log10(np.square(parts).mean((1, 2)) + 1e-9)


def heard(path: Path) -> Iterator[str]:
    """Steps of level and leaps of samples at the seams of the file played three times, and the largest inside."""
    if not probe(path).audio:
        return
    samples, rate = load_audio(path)
    thrice, window = np.tile(samples, (3, 1)), round(0.01 * rate)
    leaps = np.abs(np.diff(thrice, axis=0)).max(1)
    shifted = thrice[len(samples) % window :]  # so that a window begins at the second seam
    steps = np.abs(np.diff(levels(shifted, window)))
    seam = (2 * len(samples) - len(samples) % window) // window
    near = slice(seam - 4, seam + 4)
    ends = 2 * len(samples)
    at = leaps[ends - rate // 50 : ends + rate // 50].max()
    inside = leaps[: len(samples) - rate // 50].max()
    yield f"sound {len(samples) / rate:.3f} s for pictures of {probe(path).seconds:.3f} s"
    elsewhere = np.delete(steps, np.arange(seam - 4, seam + 4)).max()
    yield f"level step at the seam {steps[near].max():.1f} dB, largest inside {elsewhere:.1f}"
    yield f"leap at the seam {at:.3f}, largest inside {inside:.3f}"


def sheet(path: Path, output: Path, reach: int = 6) -> None:
    """The last frames of a file and its first, as they follow each other when it goes round."""
    frames = [frame.image for frame in read_frames(path)]
    around = frames[-reach:] + frames[:reach]
    scale = 400 / max(around[0].shape[:2])
    small = [cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for image in around]
    rows = np.vstack([np.hstack(small[:reach]), np.hstack(small[reach:])])
    cv2.imwrite(str(output), cv2.cvtColor(rows, cv2.COLOR_RGB2BGR))


def measure(path: Path, seconds: float | None, folder: Path) -> None:
    material = (
        dance_material(Project.open(path), RenderSettings(), ExportSettings(label="off"))
        if path.is_dir()
        else clip_material(path, RenderSettings(), ExportSettings())
    )
    output = folder / f"{path.stem}.mp4"
    events = list(loop(material, LoopSettings(seconds=seconds), [output]))
    print(f"\n{path.name}")
    for event in events:
        if isinstance(event, (Notice, Done)):
            print(f"  {event.message}")
    facts = next(event.result for event in events if isinstance(event, Done) and event.result)
    typical, bound = neighbors(material)
    raw = max((apart(one(material, a), one(material, b)) for a, b, _ in facts["seams"]), default=0.0)
    verdict = "good" if raw <= bound else "NOT BELOW"
    print(f"  at full size: seam {raw:.2f}, neighbors {typical:.2f} (median) to {bound:.2f} (p95): {verdict}")
    for words in (*melted(output, material, facts), *heard(output)):
        print(f"  {words}")
    sheet(output, folder / f"{path.stem}.png")


def main() -> None:
    parser = Parser(description=__doc__)
    parser.add_argument("clips", nargs="+", type=Path)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("-o", dest="folder", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.folder or Path(scratch)
        folder.mkdir(exist_ok=True)
        for path in arguments.clips:
            measure(path, arguments.seconds, folder)


if __name__ == "__main__":
    sys.exit(main())
