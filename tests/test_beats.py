"""The beats that are found in a sound, beside those that its music was made from."""

import wave

import numpy as np
import pytest

from dancetransfer import puppets
from dancetransfer.puppets.sound import beat_track
from dancetransfer.video.beats import find_beats, tempo
from dancetransfer.video.sound import analyze_audio
from dancetransfer.video.write import Writer

NEAR = 0.02
"""Seconds: half a frame of an ordinary video."""


@pytest.mark.parametrize(("who", "seed", "seconds"), [("dance", 3, 12), ("person", 7, 40)])
def test_the_built_in_dancers_beats_are_found(who, seed, seconds, tmp_path):
    show = getattr(puppets, who)(seed, (32, 32), seconds, 5)
    with Writer(tmp_path / "heard.mp4", show.size, fps=5, sound=(show.sound(), 48000), mark=False) as writer:
        for time in show.times:
            writer.write(np.zeros((32, 32, 3), np.uint8), float(time))
    sound = analyze_audio(tmp_path / "heard.mp4")
    found = find_beats(sound.onsets, sound.per_second, sound.peaks)
    apart = np.abs(found[:, None] - show.beats())
    assert len(found) == len(show.beats())
    assert apart.min(1).max() < NEAR and apart.min(0).max() < NEAR
    assert tempo(sound.onsets, sound.per_second, sound.peaks) == pytest.approx(show.choreography.bpm, rel=0.01)


@pytest.mark.parametrize(("bpm", "seed"), [(84, 101), (84, 5), (96, 101), (132, 0), (165, 0)])
def test_hats_between_the_beats_are_not_taken_for_beats(bpm, seed, tmp_path):
    beats = np.arange(0.4, 20, 60 / bpm)
    samples = np.rint(beat_track(beats, bpm, 20, 24000, seed) * 32000).astype("<i2")
    with wave.open(str(tmp_path / "song.wav"), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(24000)
        file.writeframes(samples.tobytes())
    sound = analyze_audio(tmp_path / "song.wav")
    found = find_beats(sound.onsets, sound.per_second, sound.peaks)
    assert np.abs(beats[:, None] - found).min(1).max() < NEAR and len(found) == pytest.approx(len(beats), abs=1)


def _struck(times: np.ndarray, seconds: float, strengths: np.ndarray) -> np.ndarray:
    """Onset strength at 100 a second: noise, and blows at these times."""
    onsets = np.abs(np.random.default_rng(5).normal(0, 0.1, round(100 * seconds)))
    onsets[np.round(times * 100).astype(int)] += strengths
    return onsets.astype(np.float32)


def test_a_drifting_tempo_with_missing_and_extra_blows_is_followed():
    rng = np.random.default_rng(6)
    times = 0.3 + np.cumsum(60 / np.linspace(118, 130, 110))
    between = times[:-1] + np.diff(times) / 2
    onsets = _struck(
        np.concatenate([times, between]),
        58,
        np.concatenate([rng.random(len(times)) < 0.8, 0.7 * (rng.random(len(between)) < 0.5)]),
    )
    found = find_beats(onsets, 100)
    near = np.abs(times[:, None] - found).min(1) < 0.05
    assert near.mean() > 0.9 and len(found) == pytest.approx(len(times), abs=3)


def test_beats_end_where_the_music_does():
    times = np.arange(5, 15, 0.5)
    found = find_beats(_struck(times, 30, np.ones(len(times))), 100)
    assert found.min() > 4.4 and found.max() < 15.6


@pytest.mark.parametrize(
    "onsets",
    [
        np.zeros(0),
        np.zeros(3000),
        np.full(3000, np.nan),
        np.ones(50),
        *(np.random.default_rng(0).random(n) for n in (6000, 800)),
    ],
    ids=["empty", "silent", "damaged", "short", "noise", "short noise"],
)
def test_what_has_no_beat_has_none(onsets):
    assert len(find_beats(onsets.astype(np.float32), 100)) == 0
    assert tempo(onsets.astype(np.float32), 100) == 0
