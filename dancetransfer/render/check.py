"""The last look at a finished clip: it is opened again and compared with what it has to be."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.render.presets import Preset
from dancetransfer.video.disclosure import SOURCE_TYPE, read_mark
from dancetransfer.video.read import RandomAccess, probe


@dataclass(frozen=True)
class Found:
    """What a clip holds."""

    frames: int
    size: tuple[int, int]
    seconds: float | None
    """None for pictures in a folder."""
    sound: bool
    whole: bool
    """The first and the last picture can be read."""


def look(path: Path, preset: Preset) -> Found:
    """The facts of a file (or folder) that the preset wrote; UserError where it can't be read at all."""
    if preset.form == "png":
        return _pictures(path)
    if preset.form == "webp":
        return _webp(path)  # which PyAV can't read
    facts = probe(path)
    whole = facts.damage is None
    with RandomAccess(path) as clip:
        for n in (0, len(clip) - 1):
            whole &= clip.frame(n).image.shape[:2] == (facts.height, facts.width)
    return Found(facts.frames, (facts.width, facts.height), facts.seconds, facts.audio is not None, whole)


def check(
    path: Path, preset: Preset, frames: int, size: tuple[int, int], seconds: float, sound: bool, marked: bool = True
) -> Found:
    """What was found; UserError where that isn't what was meant to be written, or the AI mark is missing.

    `marked` False: the clip was not made with AI, and must not say so.
    """
    found = look(path, preset)
    wrong = ""
    if found.frames != frames:
        wrong = f"holds {found.frames} of {frames} frames"
    elif not found.whole:
        wrong = "can't be read to its end"
    elif np.abs(np.subtract(found.size, size)).max() > 1:  # H.264 and the like are even
        wrong = f"is {found.size[0]}x{found.size[1]}, not {size[0]}x{size[1]}"
    elif found.seconds is not None and abs(found.seconds - seconds) > 1.5 * seconds / frames + 0.02:
        wrong = f"lasts {found.seconds:.2f} s, not {seconds:.2f} s"
    elif found.sound != sound:
        wrong = "has lost its sound" if sound else "has a sound that it should not have"
    elif read_mark(path) != dict.fromkeys(("xmp", "tag"), SOURCE_TYPE if marked else None):
        wrong = "does not carry the AI mark" if marked else "carries an AI mark that it should not have"
    if wrong:
        raise UserError(f"{path.name} {wrong}.", "Export again to another disk.")
    return found


def _pictures(folder: Path) -> Found:
    from PIL import Image

    files = sorted(folder.glob("*.png"))
    sizes = set()
    for file in files:
        with Image.open(file) as picture:
            if file in (files[0], files[-1]):
                picture.load()
            sizes.add(picture.size)
    return Found(len(files), max(sizes, default=(0, 0)), None, False, len(sizes) == 1)


def _webp(path: Path) -> Found:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as picture:
            seconds = 0.0
            frames = getattr(picture, "n_frames", 1)
            for n in range(frames):
                picture.seek(n)
                picture.load()
                seconds += picture.info["duration"] / 1000
            return Found(frames, picture.size, seconds, False, True)
    except (UnidentifiedImageError, EOFError, OSError) as error:
        raise UserError(f"{path.name} can't be read again: {error}.", "Export again to another disk.") from error
