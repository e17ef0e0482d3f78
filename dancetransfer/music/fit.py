"""The stage that cuts a dance to a piece of music: a pose track and a song to a pose track with sound."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Metric, Notice, Progress, Started
from dancetransfer.mocap.tracks import save_with_sound
from dancetransfer.music.alignment import Alignment, alignment, chance
from dancetransfer.music.jumps import jumps
from dancetransfer.music.material import Material
from dancetransfer.music.motion import kinematic_beats
from dancetransfer.music.plan import Plan, make_plan
from dancetransfer.music.play import clock_of, play
from dancetransfer.pose.poses import Poses
from dancetransfer.video.beats import find_beats
from dancetransfer.video.excerpt import excerpt
from dancetransfer.video.sound import analyze_audio

FEWEST_FRAMES, FEWEST_SECONDS = 20, 2.0
"""Less of a dance is nothing to cut."""
FEWEST_BEATS, FEWEST_MOVES = 4, 3
"""Beats of the music, and of the dance."""


@dataclass(frozen=True)
class Song:
    """A piece of music as it is danced to."""

    path: Path
    seconds: float
    beats: NDArray[np.float64]
    """Seconds."""

    @property
    def bpm(self) -> float:
        return 60 / float(np.median(np.diff(self.beats)))


def read_song(path: Path, seconds: float | None = None) -> Song:
    """The beats of a file's sound, or of its first `seconds`; UserError where nothing can be danced to."""
    heard = analyze_audio(path)
    if heard is None:
        raise UserError(f"{path.name} has no sound, or a silent one.", "Choose a file with music.")
    beats = find_beats(heard.onsets, heard.per_second, heard.peaks)
    whole = len(heard.peaks) / heard.per_second
    length = whole if seconds is None else min(seconds, whole)
    beats = beats[beats < length]
    if len(beats) < FEWEST_BEATS:
        raise UserError(
            f"No beat is found in the first {length:.0f} s of {path.name}.",
            "Choose music with a clear beat, or more of it with --seconds.",
        )
    return Song(path, length, beats)


def check_dance(track: Poses, name: str) -> None:
    """UserError where a dance is too little or too still to be cut."""
    lasts = float(track.time[-1] - track.time[0]) if len(track) else 0.0
    if track.present.sum() < FEWEST_FRAMES or lasts < FEWEST_SECONDS:
        raise UserError(
            f"{name} shows somebody in {int(track.present.sum())} frames of {lasts:.1f} s, too few to cut from.",
            "Take a dance of ten seconds or more.",
        )
    if len(kinematic_beats(track)) < FEWEST_MOVES:
        raise UserError(
            f"Nobody moves in {name}, so nothing can fall on a beat.", "Take a dance in which somebody moves."
        )


def fit_music(track: Poses, name: str, music: Path, output: Path, seconds: float | None = None) -> Events:
    """Stage: a dance's track called `name` -> the track `output` as long as the music, with its sound.

    `Done.result` has both scores, their distances in milliseconds, and what chance makes of the dance.
    """
    yield Started("music", 4, "steps")
    check_dance(track, name)
    song = read_song(music, seconds)
    yield Progress("music", 1, 4)
    if seconds is not None and seconds > song.seconds + 0.05:
        yield Notice(f"{music.name} lasts {song.seconds:.1f} s, and so does the dance.")
    material = Material(track)
    moves, found = kinematic_beats(track), jumps(material)
    yield Progress("music", 2, 4)
    planning = make_plan(material, moves, found, song.beats, song.seconds)
    while True:
        try:
            yield Progress("music", 2 + next(planning), 4)
        except StopIteration as end:
            plan: Plan = end.value
            break
    fitted = play(material, plan, 1 / material.step)
    sound = excerpt(music, song.seconds)
    yield Progress("music", 3.5, 4)
    save_with_sound(output, fitted, sound)
    yield from _told(track, fitted, song, plan, output)


def _told(track: Poses, fitted: Poses, song: Song, plan: Plan, output: Path) -> Events:
    begun = kinematic_beats(track).times - track.time[0]
    begun = begun[begun < song.seconds]
    before, after = alignment(begun, song.beats), alignment(kinematic_beats(fitted).times, song.beats)
    luck = chance(begun, song.beats, song.seconds)
    clock = clock_of(plan)
    rates = np.diff(clock.smooth(fitted.time)) / np.diff(fitted.time)
    for what, value in (("alignment before", before.score), ("alignment", after.score), ("chance", luck)):
        if np.isfinite(value):
            yield Metric("music", what, value)
    result = {
        "before": _facts(before), "after": _facts(after), "chance": _finite(luck), "bpm": song.bpm,
        "seconds": song.seconds, "frames": len(fitted), "jumps": len(plan.taken),
        "slowest": float(rates.min()), "fastest": float(rates.max()),
    }  # fmt: skip
    words = (
        f"{len(fitted)} frames, {song.seconds:.1f} s of {song.path.name} at {song.bpm:.0f} beats per minute, "
        f"{len(plan.taken)} jumps within the dance, {rates.min():.2f} to {rates.max():.2f} of its speed.\n"
        f"Beat alignment {_words(after)}; as the dance was, begun with the music: {_words(before)}; "
        f"by chance up to {luck:.2f}."
    )
    yield Done("music", words, [str(output)], result)


def _words(found: Alignment) -> str:
    if not found.beats:
        return "none"
    return f"{found.score:.2f} (half of the moves within {found.milliseconds:.0f} ms of a beat)"


def _facts(found: Alignment) -> dict[str, float | int | None]:
    return {"score": _finite(found.score), "milliseconds": _finite(found.milliseconds), "beats": found.beats}


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
