"""The sound of a file that is being written: carried over packet by packet, or encoded anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from numpy.typing import NDArray

from dancetransfer.video.formats import FORMATS, Format
from dancetransfer.video.sound import open_sound_file, read_audio
from dancetransfer.video.source import tick_of

RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)

RUN_IN = 3
"""Packets before the cut that a decoder needs to swing in; the edit list hides them."""

AAC_BLOCK = 1024
"""Samples of a packet of AAC. Players drop what precedes time 0, not all of them what fills the last packet."""


@dataclass(frozen=True)
class Cut:
    """The part of a file's sound that goes into a clip."""

    path: str | PathLike[str]
    start: float
    """Seconds of the file's clock that are heard at the clip's zero; below 0 the sound sets in later."""
    fade_in: float = 0.0
    fade_out: float = 0.0
    """Seconds; the sound is gone at `seconds`."""
    seconds: float = 0.0
    """Length of the clip; needed to fade out."""

    @property
    def faded(self) -> bool:
        return self.fade_in > 0 or self.fade_out > 0

    def blocks(self, rate: int, channels: int) -> Iterator[NDArray[np.float32]]:
        """Samples [n,c] from the clip's zero on."""
        done = 0
        for block in read_audio(self.path, rate, channels, self.start):
            yield block * self._gain(np.arange(done, done + len(block)) / rate)[:, None] if self.faded else block
            done += len(block)

    def _gain(self, seconds: NDArray[np.float64]) -> NDArray[np.float32]:
        """A quarter of a sine each way: it sounds evener than a straight line."""
        rise = np.ones(len(seconds))
        if self.fade_in > 0:
            rise = np.clip(seconds / self.fade_in, 0, 1)
        if self.fade_out > 0:
            rise = np.minimum(rise, np.clip((self.seconds - seconds) / self.fade_out, 0, 1))
        gain: NDArray[np.float32] = np.sin(rise * np.pi / 2).astype(np.float32)
        return gain


class Copied:
    """The packets of a file's sound from `start` seconds on, moved to time 0."""

    def __init__(self, output: OutputContainer, path: str | PathLike[str], start: float) -> None:
        self._input, source, origin = open_sound_file(path)
        self._output = output
        self._tick = float(tick_of(source))
        self._shift = round((origin + start) / tick_of(source))
        self._stream = output.add_stream_from_template(source)
        if start > 1:
            before = round((origin + start - 0.5) / tick_of(source))
            self._input.seek(before, stream=source)
        self._packets = self._wanted(self._input.demux(source))
        self._next: Packet | None = next(self._packets, None)

    def _wanted(self, packets: Iterator[Packet]) -> Iterator[Packet]:
        try:
            for packet in packets:
                if packet.pts is None or packet.is_corrupt or not packet.size:
                    continue
                packet.pts -= self._shift
                packet.dts = packet.pts
                if packet.pts + (RUN_IN + 1) * (packet.duration or 0) > 0:
                    yield packet
        except av.FFmpegError:
            return  # a file that breaks off: the sound ends there

    def pump(self, until: float) -> None:
        """Write the packets that begin before `until` seconds."""
        while self._next is not None and (self._next.pts or 0) * self._tick < until:
            following = next(self._packets, None)
            self._mux(self._next)
            self._next = following

    def finish(self, end: float) -> None:
        """Write up to `end` seconds; the last packet is shown only as long as it has to."""
        while self._next is not None and (self._next.pts or 0) * self._tick < end:
            packet, self._next = self._next, next(self._packets, None)
            room = round(end / self._tick) - (packet.pts or 0)
            if packet.duration and packet.duration > room:
                packet.duration = room
            self._mux(packet)
        self.close()

    def _mux(self, packet: Packet) -> None:
        packet.stream = self._stream
        self._output.mux(packet)

    def close(self) -> None:
        self._input.close()


class Encoded:
    """Blocks of samples [n,c] from time 0 on, encoded; silence where they end too early."""

    def __init__(
        self,
        output: OutputContainer,
        blocks: Iterator[NDArray[np.float32]],
        rate: int,
        channels: int,
        codec: str = "aac",
    ) -> None:
        self._output, self._blocks = output, blocks
        self._rate, self._channels = rate, channels
        self._layout = "mono" if channels == 1 else "stereo"
        self._stream = cast(AudioStream, output.add_stream(codec, rate=rate, layout=self._layout))
        if not codec.startswith("pcm"):
            self._stream.bit_rate = 96000 * channels
        self._written = 0

    def _put(self, block: NDArray[np.float32]) -> None:
        planes = np.ascontiguousarray(block.T, np.float32)
        frame = AudioFrame.from_ndarray(planes, "fltp", self._layout)
        frame.sample_rate = self._rate
        frame.pts, frame.time_base = self._written, Fraction(1, self._rate)
        self._written += block.shape[0]
        self._mux(self._stream.encode(frame))

    def _mux(self, packets: list[Packet]) -> None:
        self._output.mux(packets)

    def pump(self, until: float, end: int | None = None) -> None:
        """Encode whole blocks up to `until` seconds (and no sample behind sample `end`)."""
        while self._written < until * self._rate:
            block = next(self._blocks, None)
            if block is None:
                return
            self._put(block if end is None else block[: end - self._written])

    def finish(self, end: float) -> None:
        last = round(end * self._rate)
        self.pump(end, last)
        while self._written < last:
            self._put(np.zeros((min(4096, last - self._written), self._channels), np.float32))
        self._mux(self._stream.encode(None))

    def close(self) -> None:
        close = getattr(self._blocks, "close", None)
        if close is not None:
            close()


class Looped(Encoded):
    """Samples [n,c] that are played again and again: the encoder hears the end before the beginning and after it.

    Else it would begin and end in silence, and every round with a click. Where n is a whole number of AAC's
    blocks, nothing is left over at the end either.
    """

    def __init__(self, output: OutputContainer, samples: NDArray[np.float32], rate: int, codec: str = "aac") -> None:
        self._length = len(samples)
        around = np.pad(samples, ((RUN_IN * AAC_BLOCK, 2 * AAC_BLOCK), (0, 0)), "wrap")
        blocks = (around[at : at + 4096] for at in range(0, len(around), 4096))
        super().__init__(output, blocks, rate, samples.shape[1], codec)
        self._written = -RUN_IN * AAC_BLOCK

    def finish(self, end: float) -> None:
        """Write the rest of the round, however long the pictures are."""
        self.pump(np.inf)
        self._mux(self._stream.encode(None))

    def _mux(self, packets: list[Packet]) -> None:
        for packet in packets:
            left = self._length - (packet.pts or 0)
            if left > 0:
                packet.duration = min(packet.duration or left, left)
                self._output.mux(packet)


Soundtrack = Copied | Encoded


def open_sound(
    output: OutputContainer,
    audio: Cut | None,
    samples: tuple[NDArray[np.float32], int] | None,
    form: Format = FORMATS["mp4"],
    looped: bool = False,
) -> Soundtrack | None:
    """The sound for a clip: a part of a file's, or samples from its zero on; None for a silent one.

    `looped`: the samples are one round of a sound that goes on and on.
    """
    if form.sound is None:
        return None
    if samples is not None:
        return _from_samples(output, *samples, form.sound, looped)
    if audio is None:
        return None
    container, source, _ = open_sound_file(audio.path, required=False)
    if source is None:
        return None
    with container:
        context = source.codec_context
        if context.codec.canonical_name in form.copied and not audio.faded:
            return Copied(output, audio.path, audio.start)
        rate = context.sample_rate if context.sample_rate in RATES else 48000
        channels = min(2, context.channels)
    rate = 48000 if form.sound == "libopus" else rate
    return Encoded(output, audio.blocks(rate, channels), rate, channels, form.sound)


def _from_samples(
    output: OutputContainer, samples: NDArray[np.float32], rate: int, codec: str, looped: bool
) -> Encoded:
    samples = samples if samples.ndim == 2 else samples[:, None]
    if rate not in RATES or samples.shape[1] > 2:
        raise ValueError(f"sound must be mono or stereo at one of {RATES} Hz")
    if looped:
        return Looped(output, samples, rate, codec)
    blocks = (samples[at : at + 4096] for at in range(0, len(samples), 4096))
    return Encoded(output, blocks, rate, samples.shape[1], codec)
