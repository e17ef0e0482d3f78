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
from dancetransfer.video.source import index, main_picture, open_file

StrPath = str | PathLike[str]
Samples = NDArray[np.float32]

FLUX_RATE = 22050
"""Onsets are heard well below 11 kHz; a fixed rate makes curves of different files alike."""


@overload
def open_sound_file(
    path: StrPath, required: Literal[True] = True
) -> tuple[InputContainer, AudioStream, float]: ...
@overload
def open_sound_file(
    path: StrPath, required: bool
) -> tuple[InputContainer, AudioStream | None, float]: ...
def open_sound_file(
    path: StrPath, required: bool = True
) -> tuple[InputContainer, AudioStream | None, float]:
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
    return container, source, float((source.start_time or 0) * source.time_base)


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
            container.seek(round((begin + origin - 0.5) / source.time_base), stream=source)
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
            place = round((float(frame.pts * frame.time_base) - zero) * rate)
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
