"""Synthesizes the beat that a choreography is danced to: kick, hat, bass and a small melody."""

from __future__ import annotations

import numpy as np

Array = np.ndarray
CHORDS = ((0, 3, 7), (-4, 0, 3), (3, 7, 10), (-2, 2, 5))  # semitones, one chord a bar


def beat_track(beats: Array, bpm: float, seconds: float, rate: int, seed: int) -> Array:
    """The music, float32 [round(seconds * rate), 2] within -1..1.

    beats: times in seconds; a kick begins exactly on each, a hat half a beat later.
    """
    rng = np.random.default_rng([seed, 7010])
    count = round(seconds * rate)
    out = np.zeros((count, 2), np.float32)
    beat = 60 / bpm
    kick, hat = make_kick(rate), make_hat(rate, rng)
    root = 55.0 * 2 ** (int(rng.integers(0, 7)) / 12)
    tune = rng.integers(0, 3, 16)
    # The first beats may come after the start: the bar before them is silent.
    for index, start in enumerate(beats):
        chord = CHORDS[(index // 4) % len(CHORDS)]
        add(out, kick, start, rate, 0.85, 0.0)
        add(out, hat, start + beat / 2, rate, 0.25, 0.4)
        add(out, tone(root * 2 ** (chord[0] / 12), beat * 0.45, rate, 3), start + beat / 2, rate, 0.22, 0.0)
        if index % 2 == 0 or tune[(index + 3) % 16] == 2:
            note = chord[int(tune[index % 16])]
            melody = tone(root * 8 * 2 ** (note / 12), beat * 0.8, rate, 2)
            add(out, melody, start, rate, 0.10, -0.3)
    return np.clip(out, -1, 1)


def make_kick(rate: int) -> Array:
    """A falling sine of 0.25 s."""
    t = np.arange(round(0.25 * rate)) / rate
    phase = 2 * np.pi * (45 * t + 75 / 28 * (1 - np.exp(-28 * t)))
    return (np.sin(phase) * np.exp(-t * 14)).astype(np.float32)


def make_hat(rate: int, rng: np.random.Generator) -> Array:
    """A short burst of bright noise."""
    t = np.arange(round(0.06 * rate)) / rate
    return (np.diff(rng.normal(0, 0.5, len(t) + 1)) * np.exp(-t * 80)).astype(np.float32)


def tone(hertz: float, seconds: float, rate: int, partials: int) -> Array:
    """A plucked tone with a few partials."""
    t = np.arange(round(seconds * rate)) / rate
    wave = sum(np.sin(2 * np.pi * hertz * k * t) / k for k in range(1, partials + 1))
    fade = np.minimum(1, t / 0.004) * np.exp(-t * 4 / seconds) * np.minimum(1, (seconds - t) / 0.01)
    return (wave * fade).astype(np.float32)


def add(out: Array, wave: Array, start: float, rate: int, gain: float, pan: float) -> None:
    """Mixes a mono wave into the stereo track at a time in seconds; pan -1 left .. 1 right."""
    first = round(start * rate)
    wave = wave[: max(0, len(out) - first)]
    out[first : first + len(wave), 0] += wave * gain * (1 - max(0.0, pan))
    out[first : first + len(wave), 1] += wave * gain * (1 + min(0.0, pan))
