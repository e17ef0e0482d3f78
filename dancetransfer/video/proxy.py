"""Small stand-ins of a video for the timeline and the player: a 540p copy and a strip of thumbnails.

Both are fed with frames from anybody's decode, so one decode of a video serves poses, proxy and
thumbnails. Workers that each take a stretch of the video write parts, which are joined without
encoding again.
"""

import json
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from fractions import Fraction
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from dancetransfer.storage import atomic_path
from dancetransfer.video.encoders import choose_encoder
from dancetransfer.video.read import Frame, Undeveloped
from dancetransfer.video.sound import Sound, analyze_audio, audio_peaks, onset_envelope
from dancetransfer.video.source import open_video, tick_of
from dancetransfer.video.write import VideoTrack

__all__ = [
    "ProxyMaker",
    "Sound",
    "ThumbGrid",
    "ThumbMaker",
    "analyze_audio",
    "audio_peaks",
    "join_parts",
    "join_thumbs",
    "onset_envelope",
    "proxy_size",
    "read_grid",
    "thumb_grid",
]

StrPath = str | PathLike[str]

SHORT_SIDE = 540
KEYFRAME_EVERY = 12
QUALITY = 23

THUMB_HEIGHT = 96
THUMB_WIDEST = 320  # 200 of them stay inside JPEG's 65,535 pixels
THUMBS = 200


def proxy_size(size: tuple[int, int]) -> tuple[int, int]:
    """(width, height) of the proxy: the shorter side 540 at most, never upscaled, even."""
    scale = min(1.0, SHORT_SIDE / min(size))
    width, height = (max(2, int(side * scale + 1e-6) // 2 * 2) for side in size)
    return width, height


class ProxyMaker:
    """Writes a proxy, or a part of one; atomic: at `path` there is a whole file or none.

    A keyframe at least every 12 frames and no B-frames: any frame is found in a few
    milliseconds. Each frame keeps its time. `size` (width, height) is the source's.
    """

    def __init__(self, path: StrPath, size: tuple[int, int], *, fps: float) -> None:
        self.size = proxy_size(size)
        self.frames = 0
        self._waiting: tuple[VideoFrame, int] | None = None
        self._stack = ExitStack()
        temporary = self._stack.enter_context(atomic_path(path))
        try:
            encoder = choose_encoder("proxy", quality=QUALITY, keyframe_every=KEYFRAME_EVERY)
            self._container = _open_output(temporary)
            self._track = VideoTrack(self._container, self.size, encoder, fps)
            self._step = round(encoder.ticks / (fps if fps > 0 else 25))
            self._plain = encoder.layout == "yuv420p"
        except BaseException:
            self._stack.close()
            raise

    def __enter__(self) -> "ProxyMaker":
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
        with suppress(type(error)):
            self._stack.__exit__(kind, error, trace)

    def write(self, frame: Frame | Undeveloped) -> None:
        """The next frame, of any size; its time must rise. One that is not developed takes a third of the time."""
        pts = round(frame.time * self._track.ticks)
        small = frame.scaled(self.size) if isinstance(frame, Undeveloped) and self._plain else None
        small = small or self._track.frame(frame.image)
        if self._waiting is not None:
            self._step = pts - self._waiting[1]
            if self._step <= 0:
                raise ValueError(f"frame times must rise; {frame.time} s does not")
            self._track.encode(*self._waiting, self._step)
        self._waiting = small, pts
        self.frames += 1

    def close(self) -> None:
        with self._stack:
            if self._waiting is None:
                raise ValueError("a proxy needs a frame")
            self._track.encode(*self._waiting, self._step)
            self._track.finish(self._waiting[1] + self._step)
            self._container.close()


def _open_output(path: Path) -> av.container.OutputContainer:
    # Part files begin late: the finer movie clock keeps the beginning exact.
    options = {"movflags": "+faststart", "movie_timescale": "90000"}
    return av.open(str(path.absolute()), "w", format="mp4", options=options)


def join_parts(parts: Sequence[StrPath], path: StrPath) -> int:
    """Join parts that `ProxyMaker` wrote, in order, without encoding; returns the frame count.

    Times stay as they are in the parts. Raises ValueError where parts overlap or were made by
    different encoders.
    """
    count, last = 0, -1
    with atomic_path(path) as temporary, _open_output(temporary) as output:
        stream, header = None, None
        for part in parts:
            container, source = open_video(part)
            with container:
                if stream is None:
                    stream = output.add_stream_from_template(source)
                    stream.time_base = tick = tick_of(source)
                    header = source.codec_context.extradata
                elif source.codec_context.extradata != header or source.time_base != tick:
                    raise ValueError(f"{Path(part).name} was made by a different encoder")
                for packet in container.demux(source):
                    if packet.pts is None:
                        continue
                    if packet.pts <= last:
                        raise ValueError(f"{Path(part).name} begins before the part before it ends")
                    packet.dts = last = packet.pts
                    packet.stream = stream
                    output.mux(packet)
                    count += 1
    return count


@dataclass(frozen=True)
class ThumbGrid:
    """Which frame each thumbnail of a strip shows. Thumbnail j covers pixels j * width on."""

    width: int
    height: int
    every: float  # seconds between thumbnails
    frames: tuple[int, ...]  # index of the frame each one shows: the first at or after j * every


def thumb_grid(times: NDArray[np.float64], size: tuple[int, int]) -> ThumbGrid:
    """The grid for frame times [T] and a source of `size`: one a second, 200 at most."""
    seconds = float(times[-1]) if len(times) else 0.0
    every = max(1.0, seconds / (THUMBS - 1))
    wanted = np.arange(int(seconds / every + 1e-9) + 1) * every
    found = np.minimum(np.searchsorted(times, wanted - 1e-6), len(times) - 1)
    width = min(THUMB_WIDEST, max(8, round(size[0] * THUMB_HEIGHT / size[1])))
    return ThumbGrid(width, THUMB_HEIGHT, every, tuple(int(i) for i in found))


class ThumbMaker:
    """Picks a strip's thumbnails out of the frames it is shown; frames may come in any order."""

    def __init__(self, grid: ThumbGrid) -> None:
        self.grid = grid
        self._scaler = VideoReformatter()
        self._wanted = set(grid.frames)
        self.found: dict[int, NDArray[np.uint8]] = {}

    def write(self, frame: Frame | Undeveloped) -> None:
        if frame.index not in self._wanted:
            return
        small = self._scaler.reformat(
            VideoFrame.from_ndarray(np.ascontiguousarray(frame.image), "rgb24"),
            self.grid.width,
            self.grid.height,
            interpolation=Interpolation.AREA,
        )
        self.found[frame.index] = np.asarray(small.to_ndarray(), np.uint8)

    def save_part(self, path: StrPath) -> None:
        """What was found so far, for `join_thumbs`."""
        names: dict[str, Any] = {str(index): image for index, image in self.found.items()}
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            np.savez(file, **names)

    def save(self, path: StrPath) -> None:
        """The strip as a JPEG; a thumbnail that never came is black. The grid is inside."""
        black = np.zeros((self.grid.height, self.grid.width, 3), np.uint8)
        strip = np.concatenate([self.found.get(index, black) for index in self.grid.frames], 1)
        facts = {"width": self.grid.width, "every": self.grid.every, "frames": self.grid.frames}
        with atomic_path(path) as temporary:
            temporary.write_bytes(_with_comment(_jpeg(strip), json.dumps(facts).encode()))


def join_thumbs(parts: Sequence[StrPath], grid: ThumbGrid, path: StrPath) -> None:
    """One strip from the parts of several `ThumbMaker`s."""
    joined = ThumbMaker(grid)
    for part in parts:
        with np.load(part) as found:
            joined.found |= {int(name): found[name] for name in found.files}
    joined.save(path)


def read_grid(path: StrPath) -> ThumbGrid:
    """The grid of a strip that `ThumbMaker` wrote. Raises ValueError where there is none."""
    data = Path(path).read_bytes()
    if data[:4] != b"\xff\xd8\xff\xfe":
        raise ValueError(f"{Path(path).name} is no thumbnail strip")
    facts = json.loads(data[6 : 4 + int.from_bytes(data[4:6], "big")])
    return ThumbGrid(facts["width"], THUMB_HEIGHT, facts["every"], tuple(facts["frames"]))


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    context = av.Codec("mjpeg", "w").create("video")
    context.height, context.width = image.shape[:2]
    context.pix_fmt, context.time_base = "yuvj444p", Fraction(1, 25)
    context.options = {"qmin": "3", "qmax": "3", "strict": "unofficial"}
    frame = VideoFrame.from_ndarray(image, "rgb24")
    frame = frame.reformat(format="yuvj444p", dst_colorspace=5, src_color_range=2, dst_color_range=2)
    frame.pts = 0
    return b"".join(bytes(packet) for packet in context.encode(frame) + context.encode(None))


def _with_comment(jpeg: bytes, comment: bytes) -> bytes:
    return jpeg[:2] + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + jpeg[2:]
