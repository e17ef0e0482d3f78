"""Frames to files: exported clips (MP4, MOV, WebM, GIF, WebP) and lossless layers with alpha."""

from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from types import TracebackType
from typing import cast

import av
import numpy as np
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from dancetransfer.errors import UserError
from dancetransfer.storage import atomic_path
from dancetransfer.video.disclosure import carried_tags, mark_ai, tags
from dancetransfer.video.encoders import H265, Encoder, choose_encoder, working_encoders
from dancetransfer.video.formats import FORMATS, Format
from dancetransfer.video.palette import Palette
from dancetransfer.video.picture import EXACT
from dancetransfer.video.soundtrack import Cut, Soundtrack, open_sound
from dancetransfer.video.source import open_video

__all__ = [
    "LayerFrame",
    "LayerWriter",
    "Writer",
    "choose_encoder",
    "read_layer",
    "working_encoders",
]

StrPath = str | PathLike[str]

PACKED = ("pal8", "bgra")
"""Layouts of encoders that hold RGB of any size."""


class VideoTrack:
    """One picture track: RGB frames with true times in, packets with ticks and durations out.

    `palette` is what GIF draws with.
    """

    def __init__(
        self,
        container: av.container.OutputContainer,
        size: tuple[int, int],
        encoder: Encoder,
        fps: float,
        bit_rate: int | None = None,
        palette: Palette | None = None,
    ) -> None:
        self.size = size
        packed = encoder.layout in PACKED
        self._even = size if packed else (size[0] + size[0] % 2, size[1] + size[1] % 2)
        self._palette = palette
        rate = Fraction(fps).limit_denominator(1001) if fps > 0 else Fraction(25)
        self._container, self._layout, self.ticks = container, encoder.layout, encoder.ticks
        self._scaler = VideoReformatter()
        self._durations: dict[int, int] = {}
        self._begun: int | None = None
        """Coding time of the first packet."""
        options = dict(encoder.options)
        self.stream = cast(VideoStream, container.add_stream(encoder.name, rate, options))
        context = self.stream.codec_context
        context.width, context.height = self._even
        context.pix_fmt = encoder.layout
        context.time_base = self.stream.time_base = Fraction(1, self.ticks)
        if not packed:
            context.color_range, context.colorspace = 1, 1
            context.color_primaries, context.color_trc = 1, 1
        if encoder.name in H265:
            context.codec_tag = "hvc1"  # what Apple's players ask for
        if encoder.bits_per_pixel and not bit_rate:
            bit_rate = int(encoder.bits_per_pixel * size[0] * size[1] * rate)
        if bit_rate:
            context.bit_rate = bit_rate

    def frame(self, image: NDArray[np.uint8]) -> VideoFrame:
        """RGB (or RGBA) uint8 [H,W,3] of any size -> limited-range BT.709 of the track's size.

        Where the track is one row or column larger, to be even, the last one is doubled. GIF and
        WebP hold RGB, which is left as it is.
        """
        width, height = self._even
        if image.ndim != 3 or image.shape[2] not in (3, 4) or image.dtype != np.uint8:
            raise ValueError(f"frame is {image.dtype} {image.shape}, not uint8 RGB")
        kind = "rgb24" if image.shape[2] == 3 else "rgba"
        if self._layout in PACKED:
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), kind)
            return self._palette.paint(frame) if self._palette else frame.reformat(format=self._layout)
        if image.shape[:2] == self.size[::-1] and self.size != self._even:
            odd = (0, height - image.shape[0]), (0, width - image.shape[1]), (0, 0)
            image = np.pad(image, odd, "edge")
        smaller = width * height < image.shape[0] * image.shape[1]
        frame = self._scaler.reformat(
            VideoFrame.from_ndarray(np.ascontiguousarray(image), kind),
            width,
            height,
            self._layout,
            src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=(Interpolation.AREA if smaller else Interpolation.BICUBIC) | EXACT,
            threads=2,
        )
        frame.color_trc = frame.color_primaries = 1
        return frame

    def encode(self, frame: VideoFrame, pts: int, duration: int) -> None:
        frame.pts, frame.time_base = pts, Fraction(1, self.ticks)
        self._durations[pts] = duration
        for packet in self.stream.encode(frame):
            self._mux(packet)

    def finish(self, end: int) -> None:
        """Write what the encoder holds back; the last frame is shown until `end`."""
        rest = self.stream.encode(None)
        for packet in rest:
            if packet is rest[-1] and packet.pts is not None and packet.dts is not None:
                # MP4 adds up the steps in coding order, which begins before 0 where frames are
                # reordered: the last packet coded closes the track.
                begun = packet.dts if self._begun is None else self._begun
                self._durations[packet.pts] = max(1, end - (packet.dts - begun))
            self._mux(packet)

    def _mux(self, packet: Packet) -> None:
        if self._begun is None:
            self._begun = packet.dts
        # Encoders know no durations of single frames; theirs would be a guess.
        packet.duration = self._durations.pop(packet.pts or 0, packet.duration or 0)
        self._container.mux(packet)


class Writer:
    """An exported clip, marked as made with AI: H.264 + AAC in MP4, ready to stream, or another `form`.

    Every frame keeps its own time, so a variable rate stays variable. The clip's zero is
    `start`, or the first frame's time; it ends at `stop`, or one usual step behind the last
    frame. The sound is cut to the same stretch. Nothing is at `path` until the writer closes
    without an error; then the file is whole.

    size: width, height of the frames. H.264 needs even ones: an odd last column or row is
        doubled at the right or bottom, so no pixel is lost, moved or blurred.
    fps: nominal, for the encoder's planning; times come with the frames.
    audio: a file whose first sound track is carried, on the same clock as the frames' times, or a
        `Cut` of one: copied where the container can hold it (AAC, MP3 and ALAC in MP4), else encoded.
    sound: (samples float32 [n,c] from the clip's zero on, rate) instead of `audio`; `looped`: one round of
        a sound that goes on and on, as long as the clip.
    quality: 0 (best) to 51, 18 is as good as the eye sees. `bit_rate` (bit/s) overrides it.
    encoder: an FFmpeg encoder's name, "hardware", or None for the best there is.
    form: one of `formats.FORMATS`; with alpha, it takes RGBA frames.
    palette: the colors of a GIF, which has to have one.
    """

    def __init__(
        self,
        path: StrPath,
        size: tuple[int, int],
        *,
        fps: float,
        audio: StrPath | Cut | None = None,
        sound: tuple[NDArray[np.float32], int] | None = None,
        looped: bool = False,
        start: float | None = None,
        stop: float | None = None,
        quality: int = 18,
        bit_rate: int | None = None,
        encoder: str | None = None,
        mark: bool = True,
        metadata: dict[str, str] | None = None,
        form: Format = FORMATS["mp4"],
        palette: Palette | None = None,
    ) -> None:
        self._settings = (fps, bit_rate)
        self._form, self._palette = form, palette
        self._encoder = choose_encoder(form.codec, quality=None if bit_rate else quality, name=encoder)
        self._size = size
        self._audio, self._samples, self._looped = audio, sound, looped
        self._zero, self._stop = start, stop
        self._mark = mark
        self._metadata = dict(metadata or {})
        if mark:
            self._metadata |= carried_tags() if form.muxer == "webm" else tags()
        self._waiting: tuple[VideoFrame, int] | None = None
        self._steps: list[int] = []
        self._sound: Soundtrack | None = None
        self._track: VideoTrack | None = None
        self.frames = 0
        self._stack = ExitStack()
        self._temporary = self._stack.enter_context(atomic_path(path))
        try:
            name = str(self._temporary.absolute())
            self._container = av.open(name, "w", format=form.muxer, options=dict(form.options))
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "Writer":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
        else:
            self._abandon(error)

    def write(self, image: NDArray[np.uint8], time: float) -> None:
        """One frame, RGB uint8 [H,W,3], shown from `time` (seconds, rising) on."""
        if self._track is None:
            self._begin(time)
        assert self._track is not None and self._zero is not None
        pts = round((time - self._zero) * self._encoder.ticks)
        if pts < 0 or (self._waiting and pts <= self._waiting[1]):
            raise ValueError(f"frame times must rise from the clip's start; {time} s does not")
        if image.shape[:2] != self._size[::-1]:
            raise ValueError(f"frame is {image.shape}, the clip is {self._size}")
        frame = self._track.frame(image)
        if self._waiting:
            self._steps.append(pts - self._waiting[1])
            del self._steps[:-1000]
            self._track.encode(*self._waiting, self._steps[-1])
        self._waiting = frame, pts
        self.frames += 1
        if self._sound is not None:
            self._sound.pump(pts / self._encoder.ticks)

    def close(self) -> None:
        """Write the rest, put the file in its place. Raises UserError where no frame was written."""
        try:
            self._finish()
        except BaseException as error:
            self._abandon(error)
            raise
        self._stack.close()

    def _begin(self, time: float) -> None:
        """Tracks are opened with the first frame: its time may be the clip's zero."""
        fps, bit_rate = self._settings
        self._zero = time if self._zero is None else self._zero
        self._container.metadata.update(self._metadata)
        self._track = VideoTrack(self._container, self._size, self._encoder, fps, bit_rate, self._palette)
        cut = self._audio
        if cut is not None and not isinstance(cut, Cut):
            cut = Cut(cut, self._zero)
        self._sound = open_sound(self._container, cut, self._samples, self._form, self._looped)

    def _finish(self) -> None:
        if self._track is None or self._waiting is None or self._zero is None:
            raise UserError("There is not one frame to write.", "Choose a longer stretch.")
        ticks = self._encoder.ticks
        usual = int(np.median(self._steps)) if self._steps else round(ticks / (self._settings[0] or 25))
        pts = self._waiting[1]
        end = round((self._stop - self._zero) * ticks) if self._stop is not None else 0
        end = end if end > pts else pts + usual
        self._track.encode(*self._waiting, end - pts)
        self._track.finish(end)
        if self._sound is not None:
            self._sound.finish(end / ticks)
        self._container.close()
        if self._mark and self._form.muxer != "webm":
            mark_ai(self._temporary)

    def _abandon(self, error: BaseException) -> None:
        """Close what is open and let nothing stay on the disk."""
        with suppress(Exception):
            self._container.close()
        if self._sound is not None:
            self._sound.close()
        with suppress(type(error)):
            self._stack.__exit__(type(error), error, error.__traceback__)


@dataclass(frozen=True)
class LayerFrame:
    index: int
    time: float  # seconds, to the millisecond
    image: NDArray[np.uint8]  # RGBA [H,W,4], not premultiplied


class LayerWriter:
    """RGBA frames to a Matroska file, bit for bit (FFV1); atomic like `Writer`.

    Matroska counts milliseconds: times come back to within half of one, in order. Zero the
    color where alpha is 0, it makes the file a good deal smaller.
    """

    def __init__(self, path: StrPath, size: tuple[int, int], *, fps: float) -> None:
        encoder = choose_encoder("layer")
        self._size = size
        self._stack = ExitStack()
        temporary = self._stack.enter_context(atomic_path(path))
        self._container = av.open(str(temporary.absolute()), "w", format="matroska")
        rate = Fraction(fps).limit_denominator(1001)
        options = dict(encoder.options)
        self._stream = cast(VideoStream, self._container.add_stream(encoder.name, rate, options))
        self._stream.codec_context.time_base = self._stream.time_base = Fraction(1, 1000)
        self._stream.width, self._stream.height = size
        self._stream.pix_fmt = encoder.layout
        self._stream.thread_type = "SLICE"
        self._stream.thread_count = 4

    def __enter__(self) -> "LayerWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.close()
            return
        with suppress(Exception):
            self._container.close()
        with suppress(kind or Exception):
            self._stack.__exit__(kind, error, trace)

    def write(self, image: NDArray[np.uint8], time: float) -> None:
        """One frame, RGBA uint8 [H,W,4], at `time` seconds (rising by a millisecond or more)."""
        if image.shape != (self._size[1], self._size[0], 4) or image.dtype != np.uint8:
            raise ValueError(f"frame is {image.dtype} {image.shape}, not RGBA of {self._size}")
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(image[..., [2, 1, 0, 3]]), "bgra")
        frame.pts, frame.time_base = round(time * 1000), Fraction(1, 1000)
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        with self._stack:
            self._container.mux(self._stream.encode(None))
            self._container.close()


def read_layer(path: StrPath, start: int = 0, stop: int | None = None) -> Iterator[LayerFrame]:
    """The frames of a `LayerWriter` file, start <= index < stop; every one is a keyframe."""
    container, stream = open_video(path)
    with container:
        stream.thread_type = "AUTO"
        for number, frame in enumerate(container.decode(stream)):
            if stop is not None and number >= stop:
                return
            if number >= start:
                pixels = frame.to_ndarray(format="bgra")[..., [2, 1, 0, 3]]
                yield LayerFrame(number, float(frame.time), np.ascontiguousarray(pixels))
