"""Dances that come as a pose track: BVH motion capture and npz files, read like a video and imported like one."""

import json
import zipfile
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Notice, Started
from dancetransfer.media import Media
from dancetransfer.mocap import bvh
from dancetransfer.mocap.camera import film
from dancetransfer.mocap.figure import to_figure
from dancetransfer.pose.poses import Poses
from dancetransfer.storage import Results, key, set_aside
from dancetransfer.video.excerpt import ABOUT, keep_excerpt
from dancetransfer.video.formats import EXCERPT

VERSION = 1
"""Raised when the same file gives another track than before."""

ESTIMATOR = f"bvh {VERSION}"
MOST_RATE = 33.0
"""Frames per second above which every n-th frame of a BVH is taken: motion capture runs at 60, 120 or 240, and each
frame is one to render. So 120 becomes 30, 100 becomes 25; 24, 25 and 30 stay."""

ROUNDED = 2e-4
"""A rate this near to a whole number is one, written with few digits: 0.016667 seconds are 60 frames per second."""


def load_track(path: str | Path) -> Poses:
    """The pose track of a `.bvh` or `.npz` file; UserError where it can't be read or shows nobody."""
    path = Path(path)
    track = _from_bvh(path) if path.suffix.lower() == ".bvh" else Poses.load(path)
    steps = np.diff(track.time)
    if not len(track) or not np.isfinite(track.time).all() or (steps <= 0).any() or min(track.size) < 1:
        raise UserError(
            f"The times or the picture size in {path.name} make no sense.",
            "Make the track again: dancetransfer poses VIDEO -o poses.npz",
        )
    if not track.present.any():
        raise UserError(f"Nobody is in any frame of {path.name}.", "Use a track of a whole body.")
    return track


def _from_bvh(path: Path) -> Poses:
    file = bvh.read_bvh(path)
    step, rate = _step(file.frame_seconds), 1 / file.frame_seconds
    if abs(rate - round(rate)) < ROUNDED * rate:
        rate = round(rate)
    file = file.every(step)
    return film(to_figure(file), np.arange(len(file.values)) * step / rate, ESTIMATOR)


def _step(frame_seconds: float) -> int:
    return max(1, ceil(1 / (frame_seconds * MOST_RATE)))


def count_frames(path: Path) -> int:
    """How many frames the track of a file will have, without reading its motion."""
    if path.suffix.lower() != ".bvh":
        return len(Poses.load(path))
    frames, seconds = bvh.read_timing(path)
    return ceil(frames / _step(seconds))


def facts(path: Path) -> dict[str, object]:
    """What the command `info` tells of a track."""
    track = load_track(path)
    step = float(np.median(np.diff(track.time))) if len(track) > 1 else 0.0
    return {
        "path": str(path),
        "width": track.size[0],
        "height": track.size[1],
        "frames": len(track),
        "fps": 1 / step if step else 0.0,
        "seconds": float(track.time[-1] - track.time[0]) + step,
        "present": float(track.present.mean()),
        "joints": int(track.visible.any(0).sum()),
        "estimator": track.estimator,
    }


def save_with_sound(path: Path, track: Poses, sound: bytes) -> None:
    """Write a track with its music: the bytes of a sound file whose time 0 is the track's."""
    track.save(path, sound=np.frombuffer(sound, np.uint8))


def sound_in(path: Path) -> bytes:
    """The sound file that lies in a track's file; b"" where there is none, as in every BVH."""
    if path.suffix.lower() == ".bvh":
        return b""
    try:
        with np.load(path, allow_pickle=False) as data:
            sound = data.get("sound", None)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return b""
    whole = isinstance(sound, np.ndarray) and sound.dtype == np.uint8 and sound.ndim == 1
    return sound.tobytes() if whole else b""


def import_track(media: Media, folder: Path) -> Iterator[Event]:
    """Stage: a dance without a picture -> `poses.npz` in its folder, and its sound; nothing where both are current."""
    results = Results(folder)
    wanted = key("import", VERSION, media.fingerprint)
    if results.current("poses.npz", wanted):
        try:
            Poses.load(folder / "poses.npz")
            if _sound_current(results, wanted) or not Path(media.file).exists():
                return
        except UserError:
            set_aside(folder / "poses.npz")
    yield Started("import")
    track, sound = load_track(media.path()), sound_in(media.path())
    track.save(folder / "poses.npz")
    results.note("poses.npz", wanted)
    try:
        made = keep_excerpt(sound, folder)
    except UserError:
        yield Notice(f"The sound in {media.path().name} can't be read, so the dance is silent.")
        made = keep_excerpt(b"", folder)
    for name in made:
        results.note(name, wanted)
    yield Done("import", f"{len(track)} frames", [str(folder / "poses.npz")])


def _sound_current(results: Results, wanted: str) -> bool:
    """Whether what is kept of the sound, or that there is none, is of that file."""
    if not results.current(ABOUT, wanted):
        return False
    try:
        silent = json.loads((results.folder / ABOUT).read_text(encoding="utf-8"))["per_second"] is None
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return silent or results.current(EXCERPT, wanted)
