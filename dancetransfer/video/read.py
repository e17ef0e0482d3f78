"""Video files to RGB frames with their true times: facts, streaming, random access.

The clock. Time 0 is the first frame that is shown; every time is presentation time on the
container's own clock minus that frame's, for pictures and sound alike (`sound.read_audio` uses
the same zero), so both stay in sync. `frame_times(path)[0]` is therefore always 0.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from os import PathLike
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from dancetransfer.errors import UserError
from dancetransfer.video import color
from dancetransfer.video.picture import Converter, Deinterlacer, Shape, shape_of
from dancetransfer.video.sound import load_audio, read_audio
from dancetransfer.video.source import Index, break_off, index, open_video, packets, tick_of

__all__ = [
    "Frame",
    "RandomAccess",
    "Undeveloped",
    "VideoInfo",
    "frame_times",
    "load_audio",
    "probe",
    "read_audio",
    "read_frames",
    "read_undeveloped",
]

StrPath = str | PathLike[str]
Told = Callable[[str], None]


@dataclass(frozen=True)
class VideoInfo:
    """What a file holds; `width`, `height` and all times are those of the frames that come out."""

    path: Path
    width: int  # upright, square pixels
    height: int
    fps: float  # average
    frames: int
    seconds: float  # from the first frame to the end of the last
    rotation: int  # clockwise degrees the coded picture was turned by
    codec: str
    pixel_format: str
    transfer: str  # "bt709", "pq", "hlg", ... or "unspecified"
    interlaced: bool
    variable_rate: bool
    audio: str | None  # codec of the first sound track
    audio_rate: int
    audio_channels: int
    damage: str | None = None  # a plain sentence where the file breaks off


@dataclass(frozen=True)
class Frame:
    index: int
    time: float  # seconds
    image: NDArray[np.uint8]  # RGB [H,W,3]


class Undeveloped:
    """A frame of which the picture is made when somebody asks for it."""

    def __init__(self, index: int, time: float, coded: VideoFrame, convert: Converter) -> None:
        self.index, self.time = index, time
        self._coded, self._convert = coded, convert

    @cached_property
    def image(self) -> NDArray[np.uint8]:
        """RGB [H,W,3]."""
        return self._convert(self._coded)

    def scaled(self, size: tuple[int, int]) -> VideoFrame | None:
        """See `picture.Converter.scaled`."""
        return self._convert.scaled(self._coded, size)


def probe(path: StrPath) -> VideoInfo:
    """The facts of a video, exact: it decodes one frame and reads (not decodes) all packets.

    Raises UserError where the file is missing, empty, not a video, holds sound or a still
    picture alone, or not one frame of it decodes.
    """
    with Decoder(path) as decoder:
        return decoder.info


def frame_times(path: StrPath) -> NDArray[np.float64]:
    """Presentation times [T] in seconds, rising from 0, from the packets alone (see `probe`).

    Where the file breaks off these are the frames before the break. Where a stretch in the
    middle can't be decoded, its frames are counted (`read_frames` repeats the last good one).
    """
    return index(path).times


def read_frames(
    path: StrPath,
    start: int = 0,
    stop: int | None = None,
    *,
    size: tuple[int, int] | None = None,
    threads: int | None = None,
    exact: bool = True,
    on_damage: Told | None = None,
) -> Iterator[Frame]:
    """Frames start <= index < stop in presentation order; memory does not grow with length.

    `size` (width, height) scales while decoding. `threads` None lets the decoder choose.
    `exact` False saves 6 ms per 1080p frame for colors that are off by 1.6/255 instead of 0.8: good
    for proxies and detectors, not for pixels that go into a result.
    `on_damage` is told once, in a sentence, where the file is damaged or breaks off.
    An index means the same frame with the same pixels whatever `start` was.
    """
    with Decoder(path, size=size, threads=threads, exact=exact, on_damage=on_damage) as decoder:
        for number, frame in decoder.frames(start, stop):
            yield decoder.finish(number, frame)


def read_undeveloped(
    path: StrPath,
    start: int = 0,
    stop: int | None = None,
    *,
    size: tuple[int, int] | None = None,
    exact: bool = True,
    on_damage: Told | None = None,
    listed: Index | None = None,
) -> Iterator[Undeveloped]:
    """`read_frames` for who needs few of the pictures, or small ones to encode again; `listed`: see `Decoder`."""
    with Decoder(path, size=size, exact=exact, on_damage=on_damage, listed=listed) as decoder:
        for number, frame in decoder.frames(start, stop):
            yield Undeveloped(number, float(decoder.index.times[number]), frame, decoder.convert)


class RandomAccess:
    """Any frame of a file by its index, the decoder staying open; going forward is cheap."""

    def __init__(
        self,
        path: StrPath,
        *,
        size: tuple[int, int] | None = None,
        threads: int | None = None,
        exact: bool = True,
    ) -> None:
        self._decoder = Decoder(path, size=size, threads=threads, exact=exact)
        self.info = self._decoder.info
        self.times = self._decoder.index.times
        self._next = -1
        self._frames: Iterator[tuple[int, VideoFrame]] = iter(())
        self._last: Frame | None = None

    def __enter__(self) -> "RandomAccess":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        return len(self.times)

    def close(self) -> None:
        self._decoder.close()

    def frame(self, number: int) -> Frame:
        """Frame `number` (0 .. len - 1). Raises IndexError outside.

        Frames that a damaged end promises but can't give come as the last one that decodes.
        """
        if not 0 <= number < len(self):
            raise IndexError(f"frame {number} of {len(self)}")
        if self._last is not None and self._last.index == number:
            return self._last
        if not self._next <= number < self._next + self._decoder.reach(self._next, number):
            self._frames, self._next = self._decoder.frames(number, None), number
        found = self._decoder.previous
        for at, frame in self._frames:
            self._next = at + 1
            if at == number:
                found = frame
                break
        else:
            self._next = -1
            found = self._decoder.previous
        if found is None:
            raise UserError(f"{self.info.path.name}: frame {number} can't be decoded.", "Use another copy.")
        self._last = self._decoder.finish(number, found)
        return self._last


class Decoder:
    """One open video stream: raw frames by index, turned into RGB by `finish`."""

    def __init__(
        self,
        path: StrPath,
        *,
        size: tuple[int, int] | None = None,
        threads: int | None = None,
        exact: bool = True,
        on_damage: Told | None = None,
        listed: Index | None = None,
    ) -> None:
        """`listed`: the file's index where another decoder of it has it already; making it reads the whole file."""
        self.path = Path(path)
        self.index: Index = listed or index(path)
        self.previous: VideoFrame | None = None  # the last frame that decoded
        self._threads = threads
        self._told = on_damage
        self._open()
        try:
            first = self._first()
            self.shape: Shape = shape_of(first, self.stream.sample_aspect_ratio)
            self.info = self._info(first)
        except BaseException:
            self.close()
            raise
        self.convert = Converter(self.shape, size, exact)

    def __enter__(self) -> "Decoder":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        self.container.close()

    def _open(self) -> None:
        self.container, self.stream = open_video(self.path)
        self.stream.thread_type = "AUTO"
        self.stream.codec_context.thread_count = self._threads or 0
        self._fresh = True

    def _first(self) -> VideoFrame:
        """The first frame that decodes; the stream is opened anew behind it."""
        for frame in self._decode(self.path):
            self.container.close()
            self._open()
            return frame
        raise UserError(
            f"Not one frame of {self.path.name} can be decoded.",
            "The file is damaged or protected. Export or copy it again.",
        )

    def _info(self, first: VideoFrame) -> VideoInfo:
        sound = next(iter(self.container.streams.audio), None)
        return VideoInfo(
            path=self.path,
            width=self.shape.size[0],
            height=self.shape.size[1],
            fps=len(self.index.pts) / max(self.index.seconds, 1e-6),
            frames=len(self.index.pts),
            seconds=self.index.seconds,
            rotation=self.shape.rotation,
            codec=self.stream.codec_context.codec.canonical_name,
            pixel_format=first.format.name,
            transfer=color.TRANSFERS.get(first.color_trc, "unspecified"),
            interlaced=bool(first.interlaced_frame),
            variable_rate=self.index.variable,
            audio=sound.codec_context.codec.canonical_name if sound else None,
            audio_rate=sound.codec_context.sample_rate if sound else 0,
            audio_channels=sound.codec_context.channels if sound else 0,
            damage=self.index.damage,
        )

    def tell(self, sentence: str) -> None:
        """Say once that the file is damaged."""
        told, self._told = self._told, None
        if told is not None:
            told(sentence)

    def finish(self, number: int, frame: VideoFrame) -> Frame:
        return Frame(number, float(self.index.times[number]), self.convert(frame))

    def reach(self, position: int, number: int) -> int:
        """How many frames past `position` are reached sooner by going on than by seeking."""
        if position < 0:
            return 0
        key = self.index.key_before(number)
        return number - position + 1 if key <= position else 4

    def frames(self, start: int, stop: int | None) -> Iterator[tuple[int, VideoFrame]]:
        """(index, undeveloped frame) for start <= index < stop; gaps repeat the frame before."""
        count = len(self.index.pts)
        stop = count if stop is None else min(stop, count)
        if start < 0:
            raise ValueError("start must be 0 or more")
        self.previous = None
        wanted = start
        for at, frame in self._from(start) if start < stop else ():
            for number in range(wanted, min(at, stop)):
                self._skipped(number)
                yield number, self.previous or frame
            wanted = max(wanted, min(at, stop))
            self.previous = frame
            if at == wanted and wanted < stop:
                yield at, frame
                wanted += 1
            if wanted >= stop:
                break
        if wanted < stop and start < stop:
            self._skipped(wanted)
        elif stop == count and self.index.damage:
            self.tell(self.index.damage)

    def _skipped(self, number: int) -> None:
        self.tell(
            self.index.damage
            or f"{self.path.name} is damaged at {self.index.times[number]:.1f} s; "
            "the frames that can be decoded are used."
        )

    def _from(self, start: int) -> Iterator[tuple[int, VideoFrame]]:
        """(index, frame) from a frame at or before `start` on."""
        back = max(start - 1, 0) if self.info.interlaced else start  # bwdif looks one frame back
        for key in self._entries(back):
            if key is None:
                if not self._fresh:
                    self.container.close()
                    self._open()
            else:
                self.container.seek(int(key), stream=self.stream, backward=True)
            self._fresh = False
            frames = self._numbered()
            first = next(frames, None)
            if first is None or (first[0] > back and key is not None):
                continue  # the seek went past the frame: try further back
            yield first
            yield from frames
            return

    def _entries(self, start: int) -> Iterator[int | None]:
        """Keyframe times to try, nearest first; None is the file's beginning."""
        index = self.index
        if start and index.seekable:
            last = int(np.searchsorted(index.keys, index.pts[start], "right"))
            yield from (int(key) for key in index.keys[max(last - 2, 0) : last][::-1])
        yield None

    def _numbered(self) -> Iterator[tuple[int, VideoFrame]]:
        """Decoded frames with their index, each index once and rising."""
        frames = self._decode(self.path)
        if self.info.interlaced:
            frames = self._deinterlaced(frames)
        last = -1
        for count, frame in enumerate(frames):
            at = count if frame.pts is None or not self.index.timed else self.index.find(frame.pts)
            if at is not None and last < at < len(self.index.pts):
                last = at
                yield at, frame

    def _deinterlaced(self, frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
        filtered = Deinterlacer(tick_of(self.stream))
        for frame in frames:
            yield from filtered.push(frame)
        yield from filtered.push(None)

    def _decode(self, path: Path) -> Iterator[VideoFrame]:
        """Frames as the decoder gives them; damaged packets are told of and passed over."""
        for packet in packets(self.container, self.stream):
            if packet is None or packet.is_corrupt:
                self.tell(self.index.damage or break_off(path))
                continue
            try:
                yield from packet.decode()
            except av.FFmpegError:
                when = self.index.seconds_at(packet.pts)
                self.tell(f"{path.name} is damaged at {when:.1f} s; the frames that can be decoded are used.")
