"""The loop stage: a clip or a rendered dance to a file that goes round unseen and unheard, or is never the same."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.signal import resample as respaced

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Events, Notice, Progress, Started
from dancetransfer.loops.cycle import Cycle, Study, best_loop, random_play
from dancetransfer.loops.material import Material
from dancetransfer.loops.seam import pictures
from dancetransfer.loops.sound import FADE_SECONDS, Music, listen, round_of
from dancetransfer.render.check import check
from dancetransfer.render.compose import resample, seen
from dancetransfer.render.plan import SAMPLES
from dancetransfer.render.presets import PRESETS, Preset, clip_size, fitting
from dancetransfer.settings import LoopSettings
from dancetransfer.texture.alike import Looks
from dancetransfer.video.palette import Palette
from dancetransfer.video.soundtrack import AAC_BLOCK
from dancetransfer.video.write import Writer

Result = TypeVar("Result")
Told = Generator[Event, None, Result]

LEAST_SECONDS, LEAST_FRAMES = 1.0, 12
"""A clip shorter than this holds nothing that could come again."""
SEEN = 1.1
"""A seam this much above what 95 of 100 neighbors differ by may be seen."""
SLACK = 0.015
"""The pictures of a loop may go this much faster or slower, so that the sound is as long as it takes to close."""


@dataclass(frozen=True)
class Track:
    """What is written: the pictures' order with its sound."""

    material: Material
    cycle: Cycle
    closed: bool
    """It is played again and again."""
    sound: tuple[np.ndarray, int] | None
    """Samples [n,c] of the whole and their rate."""
    seconds: float
    beats: float
    """How many beats it lasts; 0 without music."""


def loop(material: Material, settings: LoopSettings, outputs: list[Path]) -> Events:
    """Stage: the best loop of a material (or with `random` a play without end) as MP4, GIF or WebP files.

    The clip is looked through once, then its loop is put together from the frames that it has. Inner
    seams reorder the pictures; the sound is one stretch from the loop's first frame on, which jumps
    only where the file ends: music whose every cut is heard would be no music. Where beats are
    found, each part of the loop is about a whole number of them, so pictures stay on the beat.
    `Done.result` tells the seams with their errors.
    """
    if material.seconds < LEAST_SECONDS or material.frames < LEAST_FRAMES:
        raise UserError(
            f"{material.name} has {material.frames} frames, {material.seconds:.1f} s: too little to come again.",
            "Choose a clip of some seconds in which a movement comes back to where it began.",
        )
    study = yield from _looked(material)
    track = _track(study, settings)
    yield from _notices(study, track, settings)
    yield Done("loop", _verdict(track), [], _facts(track))
    for output in outputs:
        yield from _written(track, output)


def _looked(material: Material) -> Told[Study]:
    """One pass over all frames."""
    yield Started("loop", material.frames)
    looks = Looks(material.frames)
    for number, image in enumerate(material.read(0, material.frames), 1):
        looks.add(image)
        if number % 5 == 0:
            yield Progress("loop", number, material.frames)
    music = listen(material.sound, material.sound_from, material.seconds) if material.sound else None
    return Study(material, looks, music)


def _track(study: Study, settings: LoopSettings) -> Track:
    material, music = study.material, study.music
    if settings.random is not None:
        cycle = random_play(study, settings.random, settings.variant)
        seconds = len(cycle.order) / material.fps
        sound = _endless(material, music, seconds) if music and material.sound else None
        return Track(material, cycle, False, sound, seconds, 0.0)
    cycle = best_loop(study, settings.seconds)
    seconds = len(cycle.order) / material.fps
    beats = seconds / music.beat if music and music.beat else 0.0
    if music is None or material.sound is None:
        return Track(material, cycle, True, None, seconds, 0.0)
    samples, rate = _closed(material, music, cycle, seconds, beats)
    return Track(material, cycle, True, (samples, rate), len(samples) / rate, beats)


def _closed(material: Material, music: Music, cycle: Cycle, seconds: float, beats: float) -> tuple[np.ndarray, int]:
    """The sound of a loop: from its first frame on, in several equal rounds where the music is too short."""
    assert material.sound is not None
    spare = 0.2  # for the fade, and to find where the sound closes
    rounds = max(1, int(np.ceil(seconds / max(music.seconds - spare, spare) - 1e-9)))
    whole = round(beats)
    while whole and whole % rounds and seconds / rounds > 2 * music.beat:
        rounds += 1
    length = seconds / rounds
    start = min(int(cycle.order[0]) / material.fps, max(0.0, music.seconds - length))
    slack = 0.75 / material.fps
    if whole:
        slack = max(slack, abs(beats - whole) * music.beat)
    slack = min(slack, SLACK * length)
    ends = material.sound_from + music.seconds
    unit, rate = round_of(material.sound, material.sound_from + start, length, slack, ends)
    sound = np.tile(unit, (rounds, 1))
    blocks = max(1, round(len(sound) / AAC_BLOCK))  # what would fill up a last block is heard by some players
    return respaced(sound, blocks * AAC_BLOCK).astype(np.float32), rate


def _endless(material: Material, music: Music, seconds: float) -> tuple[np.ndarray, int]:
    """The sound for as long as wanted, in rounds as long as it gives."""
    assert material.sound is not None
    length = max(0.5 * music.seconds, music.seconds - 0.2)
    if music.beat and length > 2 * music.beat:
        length = int(length / music.beat) * music.beat
    ends = material.sound_from + music.seconds
    unit, rate = round_of(material.sound, material.sound_from, length, min(0.02, SLACK * length), ends)
    count = round(seconds * rate)
    sound = np.tile(unit, (-(-count // len(unit)), 1))[:count] if len(unit) < count else unit[:count].copy()
    last = min(count, round(FADE_SECONDS * rate))
    sound[count - last :] *= np.linspace(1, 0, last, dtype=np.float32)[:, None]
    return sound, rate


def _notices(study: Study, track: Track, settings: LoopSettings) -> Iterator[Event]:
    name, cycle = track.material.name, track.cycle
    if study.still:
        yield Notice(f"Nothing moves in {name}: any cut of it is a loop.", "For a loop to look at, film a movement.")
    elif cycle.worst > SEEN * cycle.bound:
        kind = "loop" if track.closed else "way round"
        yield Notice(
            f"There is no good {kind} in {name}: this is the best one, but its seam may be seen ({_errors(cycle)}).",
            "Try another --seconds, or film a movement that comes back to where it began, with the camera on a stand.",
        )
    if track.material.sound is not None and study.music is None:
        yield Notice(f"The sound of {name} is silent.", "The loop gets none.")
    wanted = settings.random if settings.random is not None else settings.seconds
    if wanted is not None and abs(len(cycle.order) / track.material.fps - wanted) > max(0.5, 0.1 * wanted):
        yield Notice(
            f"{name} does not give {wanted:g} s: it comes out as {track.seconds:.1f} s.",
            "A longer clip has more places to jump.",
        )


def _verdict(track: Track) -> str:
    material, cycle = track.material, track.cycle
    words = f"{len(cycle.order)} frames, {track.seconds:.2f} s"
    if track.beats:
        words += f", {track.beats:.1f} beats"
    if not cycle.seams:
        return f"{words}, no seam."
    count = int((np.diff(cycle.order) != 1).sum()) + track.closed
    part = ""
    if track.closed and len(cycle.seams) == 1:
        source, target, _ = cycle.seams[0]
        part = f" from {target / material.fps:.2f} to {(source + 1) / material.fps:.2f} s"
    return f"{words}{part}, {count} seam{'s' if count > 1 else ''}; {_errors(cycle)}."


def _errors(cycle: Cycle) -> str:
    return (
        f"seam error {cycle.worst:.1f}, the clip's own neighbors {cycle.typical:.1f} (median) "
        f"to {cycle.bound:.1f} (95 of 100)"
    )


def _facts(track: Track) -> dict[str, object]:
    cycle = track.cycle
    return {
        "frames": len(cycle.order),
        "seconds": track.seconds,
        "seams": [list(one) for one in cycle.seams],
        "seam_error": cycle.worst,
        "neighbors": [cycle.typical, cycle.bound],
        "good": cycle.good,
        "beats": track.beats,
    }


def _written(track: Track, output: Path) -> Events:
    """The file, opened again before it is called done."""
    material = track.material
    preset = PRESETS[fitting("own", output.suffix)]
    size = clip_size(preset, material.size)
    fps = len(track.cycle.order) / track.seconds
    own = fps if preset.fps is None or fps <= preset.fps + 0.5 else preset.fps
    total = len(track.cycle.order) if own == fps else int(np.ceil(track.seconds * own - 1e-6))
    sound = track.sound if preset.sound else None
    yield Started("loop", total, words=f"Writing {output.name}")
    writer = Writer(
        output, size, fps=own, sound=sound, looped=track.closed, start=0.0, stop=track.seconds, quality=preset.quality,
        form=preset.format, palette=_palette(track, size) if preset.form == "gif" else None, mark=material.marked,
    )  # fmt: skip
    with writer:
        shown = _shown(track, size, fps)
        for time, image in shown if own == fps else resample(shown, own, track.seconds):
            writer.write(image, time)
            if writer.frames % 5 == 0:
                yield Progress("loop", min(writer.frames, total), total)
        count = writer.frames
    check(output, preset, count, size, track.seconds, sound is not None, material.marked)
    yield Done("loop", f"{output.name}, {_contents(preset, sound is not None)}.", [str(output)])


def _contents(preset: Preset, sound: bool) -> str:
    return "with sound" if sound else "without sound" if preset.sound else f"{preset.title}, which holds no sound"


def _shown(track: Track, size: tuple[int, int], fps: float) -> Iterator[tuple[float, np.ndarray]]:
    material = track.material
    box = np.array([0.0, 0.0, *material.size])
    for number, image in enumerate(pictures(material, track.cycle, track.closed)):
        yield number / fps, material.finished(seen(image, box, size))


def _palette(track: Track, size: tuple[int, int]) -> Palette:
    order, material = np.unique(track.cycle.order), track.material
    box = np.array([0.0, 0.0, *material.size])
    some = order[np.unique(np.linspace(0, len(order) - 1, SAMPLES).round().astype(int))]
    return Palette(material.finished(seen(next(material.read(n, n + 1)), box, size)) for n in some.tolist())
