"""Which encoder makes which kind of file: the one place where encoders are named and chosen."""

from dataclasses import dataclass, field
from fractions import Fraction

import av
import numpy as np

from dancetransfer.errors import UserError

H264 = {
    "libx264": False,
    "h264_nvenc": True,
    "h264_videotoolbox": True,
    "h264_qsv": True,
    "h264_amf": True,
    "h264_mf": True,
    "h264_v4l2m2m": True,
    "libopenh264": False,
    "mpeg4": False,
}
"""Encoders for clips and proxies, best first -> runs in hardware. x264 (GPL) may be missing;
MPEG-4 part 2 is in every build and is the last resort."""

PURPOSES = ("clip", "proxy", "layer")


@dataclass(frozen=True)
class Encoder:
    name: str
    layout: str  # pixel format that it is fed
    hardware: bool = False
    options: dict[str, str] = field(default_factory=dict)
    bits_per_pixel: float | None = None  # where it knows no constant quality
    ticks: int = 90000  # per second: divides 24, 25, 30 and 60 fps


def choose_encoder(
    purpose: str, *, quality: int | None = 18, keyframe_every: int | None = None, name: str | None = None
) -> Encoder:
    """The encoder for "clip" (an exported film), "proxy" (fast, seekable) or "layer" (lossless RGBA).

    `quality` is x264's constant rate factor: 0 best, 18 as good as the eye sees, 51 worst; other
    encoders get their nearest equal; None: the caller sets a bit rate. `name` asks for one encoder
    by its FFmpeg name, or for
    "hardware": the first that works, else software. Raises UserError where it doesn't work here.
    """
    if purpose not in PURPOSES:
        raise ValueError(f"purpose {purpose!r} is none of {PURPOSES}")
    if purpose == "layer":
        options = {"level": "3", "coder": "1", "context": "0", "slices": "4", "slicecrc": "1"}
        return Encoder("ffv1", "bgra", options=options)
    if name in (None, "hardware"):
        wanted = sorted(H264, key=lambda n: not H264[n]) if name else list(H264)
        found = next((n for n in wanted if opens(n)), None)
    else:
        found = name if opens(name) else None
    if found is None:
        works = ", ".join(n for n, good, _ in working_encoders() if good) or "none"
        raise UserError(
            f"The video encoder {name or 'H.264'} doesn't work on this machine.",
            f"Working encoders: {works}.",
        )
    options = _options(found, purpose, quality, keyframe_every)
    bits = None
    if quality is not None and found not in ("libx264", "h264_nvenc"):
        bits = 0.12 * 2 ** ((18 - quality) / 6)
    ticks = 60000 if found == "mpeg4" else 90000  # MPEG-4 counts in 16 bits
    return Encoder(found, "yuv420p", H264.get(found, False), options, bits, ticks)


def _options(name: str, purpose: str, quality: int | None, keyframe_every: int | None) -> dict[str, str]:
    proxy = purpose == "proxy"
    options: dict[str, str] = {}
    if name == "libx264":
        options = {"preset": "superfast" if proxy else "medium"}
        if quality is not None:
            options["crf"] = str(quality)
        if proxy:
            options["tune"] = "fastdecode"
    elif name == "h264_nvenc":
        options = {"preset": "p1" if proxy else "p5"}
        if quality is not None:
            options |= {"rc": "vbr", "cq": str(quality), "b": "0"}
    if keyframe_every:
        options["g"] = str(keyframe_every)
        if name == "libx264":
            options["keyint_min"] = str(keyframe_every)
            options["sc_threshold"] = "0"
    if proxy:
        options["bf"] = "0"
    return options


def opens(name: str) -> bool:
    """Whether an encoder takes a frame and gives a packet: being listed is not enough."""
    try:
        context = av.Codec(name, "w").create("video")
        context.width, context.height = 320, 240
        context.pix_fmt = "yuv420p"
        context.time_base = Fraction(1, 25)
        context.framerate = Fraction(25)
        context.options = {"bf": "0"}
        black = np.zeros((240, 320, 3), np.uint8)
        frame = av.VideoFrame.from_ndarray(black, "rgb24").reformat(format="yuv420p")
        frame.pts = 0
        return bool(context.encode(frame) + context.encode(None))
    except (av.FFmpegError, ValueError):
        return False


def working_encoders() -> list[tuple[str, bool, bool]]:
    """(name, it really opens, it runs in hardware) for every encoder this build may know."""
    return [(name, opens(name), hardware) for name, hardware in H264.items()]
