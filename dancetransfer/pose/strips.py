"""Curves along a video that a timeline shows under it, with the stretches worth looking at; made from result files."""

import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.pose.coverage import MISSING
from dancetransfer.pose.found import read_found
from dancetransfer.pose.poses import BODY, Poses
from dancetransfer.storage import write_npz

SHORTEST_SECONDS, APART_SECONDS = 0.15, 0.4
"""A shorter problem is none; two that are nearer to each other are one."""
SURE, USABLE = 0.9, 0.3
"""Mean confidence of the body that counts as 1, and as 0: below it a joint is not used."""
WORSE = 0.1
"""Less likeness (SSIM of the person) than what is usual by this much is a problem."""


@dataclass(frozen=True)
class Stretch:
    """From one time to another, in seconds, and what is wrong there, for people."""

    start: float
    stop: float
    words: str


@dataclass(frozen=True)
class Curve:
    """What one strip shows of a video."""

    times: np.ndarray
    """float64 [T] seconds, rising."""
    values: np.ndarray
    """float32 [T], 0 (bad) to 1 (good); NaN: nothing is known."""
    problems: tuple[Stretch, ...]


@dataclass(frozen=True)
class Declared:
    """A strip that may be shown: its name, for people, and how it is made from a video's folder of results."""

    name: str
    help: str
    """One sentence."""
    read: Callable[[Path], Curve]
    """Raises OSError, ValueError, KeyError or UserError where the results are missing or damaged."""


def curves(folder: Path) -> dict[Declared, Curve]:
    """The strips of a dance's or a clip's folder, in order; those whose results are missing or damaged are left out."""
    found = {}
    for one in STRIPS:
        try:
            curve = one.read(folder)
        except (OSError, ValueError, KeyError, IndexError, EOFError, UserError, zipfile.BadZipFile):
            continue
        if len(curve.times) and len(curve.times) == len(curve.values):
            found[one] = curve
    return found


def stretches(times: np.ndarray, bad: np.ndarray, words: str) -> tuple[Stretch, ...]:
    """Where `bad` [T] holds, as few and as long as sense makes."""
    if not bad.any():
        return ()
    step = float(np.median(np.diff(times))) if len(times) > 1 else SHORTEST_SECONDS
    edges = np.flatnonzero(np.diff(np.concatenate([[0], bad.astype(int), [0]])))
    spans: list[list[float]] = []
    for first, after in zip(edges[::2], edges[1::2], strict=True):
        start, stop = float(times[first]), float(times[after - 1]) + step
        if spans and start - spans[-1][1] < APART_SECONDS:
            spans[-1][1] = stop
        else:
            spans.append([start, stop])
    return tuple(Stretch(start, stop, words) for start, stop in spans if stop - start > SHORTEST_SECONDS)


def _sureness(folder: Path) -> Curve:
    """Mean confidence of the body's joints, as far as they are found; in the end nobody and doubts are problems."""
    if not any((folder / name).exists() for name in ("track.npz", "poses.npz")) and (growing := read_found(folder)):
        track, looked = growing
        return Curve(track.time, np.where(looked, _sure(track), np.float32(np.nan)), ())
    track = Poses.load(folder / "track.npz" if (folder / "track.npz").exists() else folder / "poses.npz")
    doubtful = np.zeros(len(track), bool) if track.uncertain is None else track.uncertain & track.present
    problems = stretches(track.time, ~track.present, "Nobody is found here.")
    problems += stretches(track.time, doubtful, "The pose may be wrong here, or another person's.")
    return Curve(track.time, _sure(track), tuple(sorted(problems, key=lambda one: one.start)))


def _sure(track: Poses) -> np.ndarray:
    """float32 [T], 0..1: the body's mean confidence, 0 where nobody is."""
    mean = np.nan_to_num(track.confidence[:, BODY]).mean(1)
    values = np.clip((mean - USABLE) / (SURE - USABLE), 0, 1)
    values[~track.present] = 0
    return np.asarray(values, np.float32)


def _covered(folder: Path) -> Curve:
    """How near the footage comes to each pose; half where it is just near enough."""
    with np.load(folder / "coverage.npz") as data:
        times, distance, missing = data["time"], data["distance"], data["missing"].astype(bool)
    values = np.clip(1 - distance / (2 * MISSING), 0, 1).astype(np.float32)
    return Curve(times, values, stretches(times, missing, "The person's video shows no pose like this."))


def _likeness(folder: Path) -> Curve:
    """How like the person's own frames the dancer draws them; nothing between the stretches that were held out."""
    with np.load(folder / "scores.npz") as data:
        times, values = data["time"], data["quality"].astype(np.float32)
    times, values = _with_gaps(times, values)
    known = values[np.isfinite(values)]
    usual = float(np.median(known)) if len(known) else 1.0
    words = "The picture is less like the person here than elsewhere."
    return Curve(times, values, stretches(times, values < usual - WORSE, words))


def save_likeness(folder: Path, found: dict[float, float]) -> None:
    """Keep in `scores.npz` how like the person frames came out: SSIM of the person at times in seconds."""
    times = sorted(found)
    quality = np.array([found[time] for time in times], np.float32)
    write_npz(folder / "scores.npz", time=np.array(times, np.float64), quality=quality)


def _with_gaps(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Nothing known where frames are missing, rather than the last value."""
    if len(times) < 2:
        return times, values
    step = float(np.median(np.diff(times)))
    holes = np.flatnonzero(np.diff(times) > 3 * step)
    return np.insert(times, holes + 1, times[holes] + step), np.insert(values, holes + 1, np.nan)


STRIPS = (
    Declared("Pose", "How sure the joints are that were found.", _sureness),
    Declared("Coverage", "How near the person's video comes to each pose of the dance.", _covered),
    Declared("Quality", "How like the person's own frames those are that the dancer draws.", _likeness),
)
"""All strips, in the order in which they are shown."""
