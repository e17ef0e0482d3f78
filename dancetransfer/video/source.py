"""Opening files and listing their frames without decoding: the floor under reading."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition, Stream
from av.video.stream import VideoStream
from numpy.typing import NDArray

from dancetransfer.errors import UserError

STILLS = ("image2", "tty", "ico", "_pipe")
"""Demuxers that take pictures and plain text for video."""

GIVE_UP = 16
"""So many failed reads in a row are the end of a broken file."""


@dataclass(frozen=True)
class Index:
    """Every frame of a video in presentation order, in ticks of the stream."""

    pts: NDArray[np.int64]  # [T], rising
    keys: NDArray[np.int64]  # keyframes' pts, rising; may begin before pts[0]
    tick: Fraction  # seconds
    last: int  # how many ticks the last frame is shown
    timed: bool  # False: the file has no times; frames are counted
    seekable: bool
    damage: str | None

    @cached_property
    def times(self) -> NDArray[np.float64]:
        return (self.pts - self.pts[0]) * self.tick.numerator / self.tick.denominator

    @property
    def seconds(self) -> float:
        return float((int(self.pts[-1] - self.pts[0]) + self.last) * self.tick)

    @property
    def origin(self) -> float:
        """The first frame on the container's clock, in seconds."""
        return float(int(self.pts[0]) * self.tick)

    @property
    def variable(self) -> bool:
        """Whether steps differ by more than rounding (1.5 ms and a tenth)."""
        if len(self.pts) < 3:
            return False
        steps = np.diff(self.times)
        middle = float(np.median(steps))
        return bool(np.abs(steps - middle).max() > max(0.0015, 0.1 * middle))

    def seconds_at(self, pts: int | None) -> float:
        return 0.0 if pts is None else max(0.0, float((pts - int(self.pts[0])) * self.tick))

    def find(self, pts: int) -> int | None:
        """The index of the frame with these ticks (or one tick beside them); None for others."""
        at = int(np.searchsorted(self.pts, pts))
        for near in (at, at - 1):
            if 0 <= near < len(self.pts) and abs(int(self.pts[near]) - pts) <= 1:
                return near
        return None

    def key_before(self, number: int) -> int:
        """Index of the last keyframe at or before frame `number`."""
        at = int(np.searchsorted(self.keys, self.pts[number], "right"))
        return int(np.searchsorted(self.pts, self.keys[at - 1])) if at else 0


def break_off(path: Path) -> str:
    return f"{path.name} breaks off; the part before it is used."


def open_file(path: str | os.PathLike[str]) -> InputContainer:
    """Open a file with sound or pictures. Raises UserError with what is wrong with it."""
    path = Path(path)
    if not path.exists():
        raise UserError(f"{path} is not there.", "Check the name and the folder.")
    if path.is_dir():
        raise UserError(f"{path} is a folder, not a video.", "Choose a video file.")
    try:
        if path.stat().st_size == 0:
            raise UserError(f"{path.name} is empty.", "Copy or download it again.")
        # An absolute path can't be taken for a protocol, whatever colons the name has.
        return av.open(str(path.absolute()), "r", metadata_errors="replace")
    except (PermissionError, av.error.PermissionError):
        raise UserError(f"{path.name} can't be read.", "Give yourself permission to read the file.") from None
    except av.FFmpegError:
        raise UserError(_why_unreadable(path), "Copy or export the file again, best as MP4.") from None


def _why_unreadable(path: Path) -> str:
    """An MP4 that was cut off has lost its table of contents, which stands at the end."""
    with path.open("rb") as file:
        head = file.read(64)
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
        return f"{path.name} is not whole: its table of contents is missing."
    return f"{path.name} is not a video, or of a kind this program can't read."


def open_video(path: str | os.PathLike[str]) -> tuple[InputContainer, VideoStream]:
    """The container and its main picture track. Raises UserError where there is none."""
    container = open_file(path)
    name = Path(path).name
    try:
        if any(kind in container.format.name for kind in STILLS):
            raise UserError(f"{name} is not a video.", "Choose a video file (MP4, MOV, MKV, WebM).")
        stream = main_picture(container)
        if stream is None:
            sound = "only sound" if container.streams.audio else "no pictures"
            raise UserError(f"{name} holds {sound}.", "Choose a file with pictures.")
        if stream.codec_context is None:
            raise UserError(f"{name} is coded in a way this program can't read.", "Export it as H.264 MP4.")
    except BaseException:
        container.close()
        raise
    return container, stream


def main_picture(container: InputContainer) -> VideoStream | None:
    """The best video stream that is not a cover picture."""
    moving = [s for s in container.streams.video if not s.disposition & Disposition.attached_pic]
    best = container.streams.best("video")
    return best if best in moving else next(iter(moving), None)


def tick_of(stream: Stream) -> Fraction:
    """Seconds per tick of a stream's timestamps."""
    return Fraction(stream.time_base or Fraction(1, 1000))


def packets(container: InputContainer, stream: VideoStream) -> Iterator[Packet | None]:
    """Packets of a stream, the empty flushing one last; None stands for each failed read."""
    failed = 0
    while failed < GIVE_UP:
        try:
            for packet in container.demux(stream):
                failed = 0
                yield packet
            return
        except av.FFmpegError:
            failed += 1
            yield None
    flush: Packet = Packet()
    flush.stream = stream
    yield flush


def index(path: str | os.PathLike[str]) -> Index:
    """List a video's frames by reading its packets; decodes only where packets carry no times."""
    container, stream = open_video(path)
    with container:
        name = container.format.name
        # A packet of interlaced transport streams may be half a frame, and AVI knows no order of display.
        doubtful = "avi" in name or ("mpegts" in name and stream.codec_context.field_order > 1)
        found = None if doubtful else _from_packets(container, stream, Path(path))
    return found or _by_decoding(path)


def _from_packets(container: InputContainer, stream: VideoStream, path: Path) -> Index | None:
    shown: list[int] = []
    keys: list[int] = []
    steps: dict[int, int] = {}
    broken = False
    for packet in packets(container, stream):
        if packet is None or packet.is_corrupt:
            broken = True
            continue
        if packet.dts is None and packet.size == 0:
            continue
        if packet.pts is None:
            return None
        if packet.is_keyframe:
            keys.append(packet.pts)
        if not packet.is_discard and keys and packet.pts >= keys[0]:
            shown.append(packet.pts)
            steps[packet.pts] = packet.duration or 0
    if not shown:
        return None
    pts = np.unique(np.array(shown, np.int64))
    return _finish(container, stream, path, pts, keys, steps.get(int(pts[-1]), 0), broken)


def _by_decoding(path: str | os.PathLike[str]) -> Index:
    """The slow way, for AVI, raw streams and interlaced transport streams."""
    container, stream = open_video(path)
    with container:
        stream.thread_type = "AUTO"
        pts: list[int | None] = []
        keys: list[int] = []
        broken = False
        for packet in packets(container, stream):
            try:
                decoded = packet.decode() if packet is not None and not packet.is_corrupt else []
                broken |= packet is None or packet.is_corrupt
            except av.FFmpegError:
                decoded, broken = [], True
            for frame in decoded:
                pts.append(frame.pts)
                if frame.key_frame and frame.pts is not None:
                    keys.append(frame.pts)
        if not pts:
            raise UserError(
                f"Not one frame of {Path(path).name} can be decoded.",
                "The file is damaged or protected. Export or copy it again.",
            )
        known = [p for p in pts if p is not None]
        if len(set(known)) < len(pts):
            rate = stream.average_rate or stream.guessed_rate or Fraction(25)
            ticks = np.arange(len(pts), dtype=np.int64)
            return Index(ticks, ticks[:1], 1 / rate, 1, timed=False, seekable=False, damage=None)
        found = _finish(container, stream, Path(path), np.array(sorted(known), np.int64), keys, 0, broken)
        if known == sorted(known):
            return found
        return replace(found, timed=False, seekable=False)  # the times are right, their order is not


def _finish(
    container: InputContainer,
    stream: VideoStream,
    path: Path,
    pts: NDArray[np.int64],
    keys: list[int],
    last: int,
    broken: bool,
) -> Index:
    tick = tick_of(stream)
    usual = int(np.median(np.diff(pts))) if len(pts) > 1 else 0
    if not usual:
        usual = round(1 / (stream.average_rate or Fraction(25)) / tick)
    if "mov" in container.format.name and stream.duration:
        # With B-frames a packet's own duration is that of the next packet, not of the next picture.
        rest = int(pts[0]) + stream.duration - int(pts[-1])
        last = rest if 0 < rest < 20 * usual else last
    last = last if 0 < last < 20 * usual else usual
    seconds = float((int(pts[-1] - pts[0]) + last) * tick)
    declared = _declared_seconds(container, stream)
    short = declared is not None and declared - seconds > max(0.5, 3 * float(usual * tick))
    damage = None
    if broken or short:
        of = f" of {declared:.1f} s" if declared else ""
        damage = f"{path.name} breaks off after {seconds:.1f} s{of}; the part before it is used."
    return Index(pts, np.unique(np.array(keys, np.int64)), tick, last, True, True, damage)


def _declared_seconds(container: InputContainer, stream: VideoStream) -> float | None:
    """How long the picture track says it is (its own word only: other tracks may be longer)."""
    if stream.duration and stream.time_base:
        if "mpegts" in container.format.name:
            return None  # estimated from the same packets
        return float(stream.duration * stream.time_base)
    clock = stream.metadata.get("DURATION", "").split(":")
    try:
        hours, minutes, rest = (float(part) for part in clock)
    except ValueError:
        return None
    return 3600 * hours + 60 * minutes + rest
