"""Which encoder makes which kind of file: the one place where encoders are named and chosen."""

import os
from dataclasses import dataclass, field, replace
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

H265 = {"libx265": False, "hevc_nvenc": True, "hevc_videotoolbox": True, "hevc_qsv": True, "hevc_amf": True}
"""As `H264`; x265 (GPL) may be missing."""

AV1 = {"libsvtav1": False, "av1_nvenc": True, "av1_qsv": True, "av1_amf": True}

FAMILIES = {"clip": H264, "proxy": H264, "h265": H265, "av1": AV1}
"""What the encoders for a purpose are chosen from by trying them."""

KEY_EVERY = 250
"""Frames from one keyframe to the next in clips; the estimate of a clip's size counts on it."""


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
    """The encoder for a purpose: "clip" (an exported H.264 film), "proxy" (fast, seekable), "layer"
    (lossless RGBA), "h265", "av1", "prores" (422 HQ), "prores4444" (with alpha), "gif" or "webp".

    `quality` is x264's constant rate factor: 0 best, 18 as good as the eye sees, 51 worst; x265 and
    AV1 have their own scale of the same kind, WebP's is 100 (best) to 0; other encoders get their
    nearest equal; None: the caller sets a bit rate. `name` asks for one encoder by its FFmpeg name, or for
    "hardware": the first that works, else software. Raises UserError where it doesn't work here.
    """
    if purpose in _FIXED:
        fixed = _FIXED[purpose]
        return replace(fixed, options={**fixed.options, "quality": str(quality)}) if purpose == "webp" else fixed
    if purpose not in FAMILIES:
        raise ValueError(f"purpose {purpose!r} is none of {(*FAMILIES, *_FIXED)}")
    family = FAMILIES[purpose]
    if "libsvtav1" in family:
        os.environ.setdefault("SVT_LOG", "1")  # errors only: it would tell its settings each time
    if name in (None, "hardware"):
        wanted = sorted(family, key=lambda n: not family[n]) if name else list(family)
        found = next((n for n in wanted if opens(n)), None)
    else:
        found = name if opens(name) else None
    if found is None:
        works = ", ".join(n for n in family if opens(n)) or "none"
        raise UserError(
            f"The video encoder {name or _CALLED.get(purpose, 'H.264')} doesn't work on this machine.",
            f"Working encoders: {works}.",
        )
    options = _options(found, purpose, quality, keyframe_every)
    bits = None
    if quality is not None and found not in _KNOW_QUALITY:
        bits = 0.12 * 2 ** ((18 - quality) / 6)
    ticks = 60000 if found == "mpeg4" else 90000  # MPEG-4 counts in 16 bits
    return Encoder(found, "yuv420p", family.get(found, False), options, bits, ticks)


_CALLED = {"h265": "H.265", "av1": "AV1"}
_KNOW_QUALITY = ("libx264", "h264_nvenc", "libx265", "hevc_nvenc", "libsvtav1", "av1_nvenc")
_FIXED = {
    "layer": Encoder(
        "ffv1", "bgra", options={"level": "3", "coder": "1", "context": "0", "slices": "4", "slicecrc": "1"}
    ),
    "prores": Encoder("prores_ks", "yuv422p10le", options={"profile": "hq", "vendor": "apl0"}),
    "prores4444": Encoder(
        "prores_ks", "yuva444p10le", options={"profile": "4444", "vendor": "apl0", "alpha_bits": "16"}
    ),
    "gif": Encoder("gif", "pal8", ticks=100),
    "webp": Encoder("libwebp_anim", "bgra", options={"loop": "0"}, ticks=1000),
}
"""Purposes that one encoder of every build serves."""


def _options(name: str, purpose: str, quality: int | None, keyframe_every: int | None) -> dict[str, str]:
    proxy = purpose == "proxy"
    options: dict[str, str] = {}
    if purpose in ("clip", "h265", "av1") and not name.startswith(("mpeg4", "lib")):
        options["g"] = str(KEY_EVERY)
    if name == "libx264":
        options = {"preset": "superfast" if proxy else "medium"}
        if quality is not None:
            options["crf"] = str(quality)
        if proxy:
            options["tune"] = "fastdecode"
    elif name == "libx265":
        options = {"preset": "medium", "x265-params": f"log-level=error:keyint={KEY_EVERY}"}
        if quality is not None:
            options["crf"] = str(quality)
    elif name == "libsvtav1":
        options = {"preset": "8", "g": str(KEY_EVERY)}
        if quality is not None:
            options["crf"] = str(quality)
    elif name.endswith("_nvenc"):
        options |= {"preset": "p1" if proxy else "p5"}
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
        context.options = {"x265-params": "log-level=error"} if name == "libx265" else {"bf": "0"}
        black = np.zeros((240, 320, 3), np.uint8)
        frame = av.VideoFrame.from_ndarray(black, "rgb24").reformat(format="yuv420p")
        frame.pts = 0
        return bool(context.encode(frame) + context.encode(None))
    except (av.FFmpegError, ValueError):
        return False


def working_encoders() -> list[tuple[str, bool, bool]]:
    """(name, it really opens, it runs in hardware) for every encoder this build may know."""
    return [(name, opens(name), hardware) for name, hardware in H264.items()]
