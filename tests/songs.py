"""Synthesized songs whose beats are known."""

import wave
from pathlib import Path

import numpy as np

from dancetransfer.puppets.sound import beat_track

RATE = 24000
FIRST = 0.37
"""Seconds of the first beat."""


def song(path: Path, bpm: float, seconds: float, seed: int = 5) -> np.ndarray:
    """A sound file with a kick on each beat; returns the beats."""
    beats = np.arange(FIRST, seconds, 60 / bpm)
    samples = np.rint(beat_track(beats, bpm, seconds, RATE, seed) * 32000).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return beats
