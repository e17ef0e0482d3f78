"""The sound of a file: samples on the pictures' clock, and the curves that are drawn and cut by."""

from collections.abc import Iterator
from dataclasses import dataclass
from os import PathLike
from typing import Literal, overload

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from dancetransfer.errors import UserError
from dancetransfer.video.source import index, main_picture, open_file, tick_of

StrPath = str | PathLike[str]
Samples = NDArray[np.float32]

ANALYSIS_RATE = 44100
"""One rate for every file: curves of different files are alike, and it divides into 100 steps."""

WINDOW = 2048
"""Samples of one spectrum: 46 ms, enough to tell bass notes apart."""

SILENCE = 1e-3
"""A track that stays below -60 dB is no sound."""


@overload
def open_sound_file(path: StrPath, required: Literal[True] = True) -> tuple[InputContainer, AudioStream, float]: ...
@overload
def open_sound_file(path: StrPath, required: bool) -> tuple[InputContainer, AudioStream | None, float]: ...
def open_sound_file(path: StrPath, required: bool = True) -> tuple[InputContainer, AudioStream | None, float]:
    """(container, first sound track, where time 0 is on the container's clock in seconds).

    Time 0 is the first picture, in a file of sound alone the first sample. Without a sound
    track: UserError where `required`, else None in its place and the container closed.
    """
    container = open_file(path)
    source = next(iter(container.streams.audio), None)
    if source is None or source.codec_context is None:
        container.close()
        if required:
            raise UserError(f"{container.name} has no sound.", "Choose a file with sound.")
        return container, None, 0.0
    if main_picture(container) is not None:
        return container, source, index(path).origin
    return container, source, float((source.start_time or 0) * tick_of(source))


def read_audio(
    path: StrPath,
    rate: int | None = None,
    channels: int | None = None,
    start: float | None = None,
    stop: float | None = None,
) -> Iterator[Samples]:
    """Blocks of samples, float32 [n,c] in -1..1, gapless from `start` (default 0) seconds on.

    On the clock of `read.frame_times`: sample i is heard at start + i / rate. Silence fills a
    late beginning and gaps; what lies before `start` is dropped; after the last sample it ends.
    `rate` and `channels` default to the file's. Raises UserError where there is no sound.
    """
    container, source, origin = open_sound_file(path)
    with container:
        rate = rate or source.codec_context.sample_rate
        channels = channels or source.codec_context.channels
        begin = start or 0.0
        if begin > 1:
            container.seek(round((begin + origin - 0.5) / tick_of(source)), stream=source)
        frames = _decoded(container, source)
        limit = None if stop is None else round((stop - begin) * rate)
        yield from _placed(frames, rate, channels, origin + begin, limit)


def _decoded(container: InputContainer, source: AudioStream) -> Iterator[AudioFrame]:
    """Decoded sound; what is damaged is passed over, and a broken file ends where it breaks."""
    try:
        for packet in container.demux(source):
            try:
                yield from packet.decode()
            except av.FFmpegError:
                continue
    except av.FFmpegError:
        return


def _placed(
    frames: Iterator[AudioFrame], rate: int, channels: int, zero: float, limit: int | None
) -> Iterator[Samples]:
    """Samples from `zero` (container's clock) on, each at its place, at most `limit`."""
    layout = {1: "mono", 2: "stereo"}.get(channels, f"{channels}c")
    resampler = AudioResampler("fltp", layout, rate)
    done = 0
    at: int | None = None  # where the next sample out of the resampler belongs
    for frame in _and_none(frames):
        if frame is not None and frame.pts is not None:
            place = round((float(frame.pts * (frame.time_base or 0)) - zero) * rate)
            if at is None or abs(place - at) > rate // 20:
                at = place  # the beginning, or a gap of more than 50 ms
        if frame is not None:
            frame.pts = None
        for out in _resampled(resampler, frame):
            block = out.to_ndarray().T
            at = (at or 0) + len(block)
            block = block[max(0, len(block) - (at - done)) :] if at > done else block[:0]
            silence = at - len(block) - done
            if silence > 0:
                block = np.concatenate([np.zeros((silence, channels), np.float32), block])
            if limit is not None:
                block = block[: limit - done]
            done += len(block)
            if len(block):
                yield np.ascontiguousarray(block)
            if limit is not None and done >= limit:
                return


def _and_none(frames: Iterator[AudioFrame]) -> Iterator[AudioFrame | None]:
    yield from frames
    yield None


def _resampled(resampler: AudioResampler, frame: AudioFrame | None) -> list[AudioFrame]:
    try:
        return resampler.resample(frame)
    except (av.FFmpegError, ValueError):
        return []  # flushing a resampler that was never fed, or a format change in a broken file


def load_audio(
    path: StrPath,
    rate: int | None = None,
    channels: int | None = None,
    start: float | None = None,
    stop: float | None = None,
) -> tuple[Samples, int]:
    """All of `read_audio` at once: (samples [n,c], rate)."""
    if rate is None:
        container, source, _ = open_sound_file(path)
        with container:
            rate = source.codec_context.sample_rate
    blocks = list(read_audio(path, rate, channels, start, stop))
    return (np.concatenate(blocks) if blocks else np.zeros((0, channels or 1), np.float32)), rate


@dataclass(frozen=True)
class Sound:
    """The curves of a file's sound; entry k stands for k / per_second seconds."""

    peaks: NDArray[np.float32]  # [N,2] lowest and highest sample (mono, -1..1) of each step
    onsets: NDArray[np.float32]  # [N] 0.. how much louder the spectrum gets around each step
    per_second: int


def analyze_audio(path: StrPath, per_second: int = 100) -> Sound | None:
    """Waveform and onset strength in one decode; None where a file has no sound or a silent one.

    Onset strength is spectral flux (Dixon, "Onset detection revisited", DAFx 2006) on 40 mel
    bands of log magnitude: the rise over two steps, summed over the bands that rise. Times are
    the pictures' (`read_audio`). `per_second` divides 44100.
    """
    if ANALYSIS_RATE % per_second:
        raise ValueError(f"per_second must divide {ANALYSIS_RATE}")
    container, source, _ = open_sound_file(path, required=False)
    container.close()
    if source is None:
        return None
    hop = ANALYSIS_RATE // per_second
    bank, window = _mel_bank(), np.hanning(WINDOW).astype(np.float32)
    peaks: list[NDArray[np.float32]] = []
    bands: list[NDArray[np.float32]] = []
    tail = np.zeros(WINDOW // 2, np.float32)  # so that window k is centered at step k
    for chunk in _steps(read_audio(path, ANALYSIS_RATE, 1), hop):
        steps = chunk.reshape(-1, hop)
        peaks.append(np.stack([steps.min(1), steps.max(1)], 1))
        tail = np.concatenate([tail, chunk])
        count = max(0, (len(tail) - WINDOW) // hop + 1)
        bands.append(_log_bands(tail, count, hop, window, bank))
        tail = tail[count * hop :]
    if not peaks or float(np.abs(np.concatenate(peaks)).max()) < SILENCE:
        return None
    waveform = np.concatenate(peaks)
    rest = len(waveform) - sum(map(len, bands))
    tail = np.concatenate([tail, np.zeros(WINDOW + rest * hop, np.float32)])
    bands.append(_log_bands(tail, rest, hop, window, bank))
    return Sound(waveform, _flux(np.concatenate(bands)), per_second)


def audio_peaks(path: StrPath, per_second: int = 100) -> NDArray[np.float32] | None:
    """[N,2] lowest and highest mono sample per step; None without sound."""
    sound = analyze_audio(path, per_second)
    return sound.peaks if sound else None


def onset_envelope(path: StrPath, rate: int = 100) -> NDArray[np.float32] | None:
    """[N] onset strength at `rate` per second; None without sound."""
    sound = analyze_audio(path, rate)
    return sound.onsets if sound else None


def _steps(blocks: Iterator[Samples], hop: int) -> Iterator[NDArray[np.float32]]:
    """Mono samples in chunks of a few seconds, each a whole number of steps (the last padded)."""
    held: list[NDArray[np.float32]] = []
    count = 0
    for block in blocks:
        held.append(block[:, 0])
        count += len(block)
        if count >= 500 * hop:
            joined = np.concatenate(held)
            whole = count // hop * hop
            yield joined[:whole]
            held, count = [joined[whole:]], count - whole
    if count:
        yield np.pad(np.concatenate(held), (0, -count % hop))


def _log_bands(
    samples: NDArray[np.float32],
    count: int,
    hop: int,
    window: NDArray[np.float32],
    bank: NDArray[np.float32],
) -> NDArray[np.float32]:
    """log(1 + 100 magnitude) of `count` windows in mel bands, [count, 40]."""
    if count <= 0:
        return np.zeros((0, bank.shape[1]), np.float32)
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[: count * hop : hop]
    magnitude = np.abs(np.fft.rfft(frames * window)).astype(np.float32) * (4 / WINDOW)
    return np.log1p(100 * (magnitude @ bank))


def _flux(bands: NDArray[np.float32]) -> NDArray[np.float32]:
    padded = np.concatenate([bands[:1], bands, bands[-1:]])
    return np.maximum(padded[2:] - padded[:-2], 0).mean(1)


def _mel_bank() -> NDArray[np.float32]:
    """Triangles from 30 Hz to 11 kHz, [WINDOW/2+1, 40], each of weight 1."""
    low, high = (2595 * np.log10(1 + hz / 700) for hz in (30, 11000))
    edges = 700 * (10 ** (np.linspace(low, high, 42) / 2595) - 1)
    hz = np.fft.rfftfreq(WINDOW, 1 / ANALYSIS_RATE)[:, None]
    rise = (hz - edges[:-2]) / np.diff(edges)[:-1]
    fall = (edges[2:] - hz) / np.diff(edges)[1:]
    bank = np.clip(np.minimum(rise, fall), 0, None)
    return (bank / np.maximum(bank.sum(0), 1e-9)).astype(np.float32)
