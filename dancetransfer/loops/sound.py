"""A sound that goes round: cut where it continues itself, and faded so that its end leads into its beginning."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dancetransfer.video.beats import find_beats
from dancetransfer.video.sound import SILENCE, analyze_audio, load_audio, open_sound_file
from dancetransfer.video.soundtrack import RATES

Samples = NDArray[np.float32]

FADE_SECONDS = 0.03
"""Of the cross-fade: a bass note's wave fits in, a beat does not blur."""
COMPARED_SECONDS = 0.1
"""What is compared to find how far on a sound continues itself: half before the cut, half after."""
STRETCHED = 0.05
"""What the longest stretch costs against a correlation of 1: of a tone's many places the nearest is taken."""
FEWEST_BEATS = 4


@dataclass(frozen=True)
class Music:
    """What is known of the material's sound; times are those of the pictures."""

    seconds: float
    beats: NDArray[np.float64]
    """[B] seconds of its beats; [] where none are found."""

    @property
    def beat(self) -> float:
        """Seconds from beat to beat; 0 without beats."""
        return float(np.median(np.diff(self.beats))) if len(self.beats) > 1 else 0.0

    def count(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Which beat it is at these times, fractions between; past the ends the beats go on evenly."""
        numbers = np.arange(len(self.beats), dtype=float)
        found = np.interp(seconds, self.beats, numbers)
        found += np.minimum(seconds - self.beats[0], 0) / self.beat
        return found + np.maximum(seconds - self.beats[-1], 0) / self.beat


def listen(path: Path, start: float, seconds: float) -> Music | None:
    """What a sound has from `start` on for some seconds of pictures; None where it is silent."""
    sound = analyze_audio(path)
    if sound is None:
        return None
    step = sound.per_second
    first = round(max(0.0, start) * step)
    part = sound.peaks[first : first + round((seconds + min(0.0, start)) * step)]
    if not len(part) or float(np.abs(part).max()) < SILENCE:
        return None
    beats = find_beats(sound.onsets, step, sound.peaks) - start
    beats = beats[(beats >= 0) & (beats <= seconds)]
    length = min(seconds, len(sound.peaks) / step - start)
    return Music(length, beats if len(beats) >= FEWEST_BEATS else beats[:0])


def round_of(path: Path, start: float, seconds: float, slack: float, ends: float) -> tuple[Samples, int]:
    """(float32 [n,c], rate): a stretch of a file's sound of about `seconds` from `start` on that leads into itself.

    It is up to `slack` seconds longer or shorter: as long as the sound takes to continue itself.
    What lies around the stretch is used, up to `ends` seconds of the file's clock.
    """
    container, source, _ = open_sound_file(path)
    with container:
        rate, channels = source.codec_context.sample_rate, min(2, source.codec_context.channels)
    rate = rate if rate in RATES else 48000
    spare = COMPARED_SECONDS + FADE_SECONDS + slack
    before = min(spare, max(0.0, start))
    samples, _ = load_audio(path, rate, channels, start - before, min(ends, start + seconds + spare))
    first, length = round(before * rate), round(seconds * rate)
    short = first + length + round(spare * rate) - len(samples)
    samples = np.pad(samples, ((0, max(0, short)), (0, 0)))
    lag = _lag(samples.mean(1), first, length, round(slack * rate), round(COMPARED_SECONDS * rate / 2))
    return _closed(samples, first, lag, round(FADE_SECONDS * rate)), rate


def _lag(mono: Samples, first: int, length: int, slack: int, half: int) -> int:
    """Samples from `first` to where the sound is most like around `first`: the normalized correlation's top."""
    begin = first - min(half, first)
    heard = mono[begin : begin + 2 * half].astype(np.float64)
    if slack < 1 or not heard.any():
        return length
    searched = mono[begin + length - slack : begin + length + slack + 2 * half].astype(np.float64)
    size = 1 << int(np.ceil(np.log2(len(searched) + len(heard))))
    product = np.fft.irfft(np.fft.rfft(searched, size) * np.conj(np.fft.rfft(heard, size)), size)
    power = np.cumsum(np.concatenate([[0], searched**2]))
    count = len(searched) - len(heard) + 1
    power = power[len(heard) :][:count] - power[:count]
    alike = product[:count] / np.sqrt(np.maximum(power, 1e-3 * power.max() + 1e-12)) / np.sqrt((heard**2).sum())
    off = np.arange(count) / slack - 1
    return length - slack + int(np.argmax(alike - STRETCHED * off**2))


def _closed(samples: Samples, first: int, length: int, fade: int) -> Samples:
    """[length,c] from `first` on, whose last samples turn into those before `first`.

    Where there are none, its first ones turn from those behind its end. Equally loud all the way,
    however alike both are: for strangers that is a quarter of a sine each, for the same sound a
    weight of 1 in all.
    """
    out = samples[first : first + length].copy()
    fade = min(fade, length, max(first, len(samples) - first - length))
    if fade < 1:
        return out
    if first >= fade:
        place, old, new = slice(-fade, None), out[-fade:], samples[first - fade : first]
    else:
        place, old, new = slice(fade), samples[first + length : first + length + fade], out[:fade]
    loud = float(np.sqrt(np.square(old).mean() * np.square(new).mean()))
    alike = float(np.clip((old * new).mean() / loud, 0, 1)) if loud > 0 else 0.0
    angle = ((np.arange(fade) + 0.5) / fade * np.pi / 2)[:, None]
    whole = np.sqrt(1 + alike * np.sin(2 * angle))
    out[place] = (np.cos(angle) * old + np.sin(angle) * new) / whole
    return np.clip(out, -1, 1)
