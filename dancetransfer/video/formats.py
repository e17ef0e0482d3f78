"""The kinds of files that clips are written as: container, sound codec, and what each can carry."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Format:
    """One kind of file. Light: the window reads it too."""

    muxer: str
    """FFmpeg's name of the container."""
    suffixes: tuple[str, ...]
    """What its files may be called; the first is the usual one."""
    codec: str
    """Purpose given to `encoders.choose_encoder`."""
    sound: str | None = None
    """The encoder of sound that can't be carried over as it is; None: the format holds no sound."""
    copied: tuple[str, ...] = ()
    """Sound codecs that are carried over as they are: the container holds them and every player plays them."""
    options: dict[str, str] = field(default_factory=dict)
    """For the muxer."""
    alpha: bool = False
    """Takes RGBA pictures."""


_MP4 = ("aac", "mp3", "alac")
_BOXES = {"movflags": "+faststart+use_metadata_tags", "movie_timescale": "90000"}
"""Ready to stream; the MP4 muxer drops unknown metadata keys otherwise."""

FORMATS = {
    "mp4": Format("mp4", (".mp4", ".mov", ".m4v"), "clip", "aac", _MP4, _BOXES),
    "h265": Format("mp4", (".mp4", ".m4v"), "h265", "aac", _MP4, _BOXES),
    "webm": Format("webm", (".webm",), "av1", "libopus", ("opus",)),
    "prores": Format("mov", (".mov",), "prores", "pcm_s16le", (), {"movflags": "+use_metadata_tags"}),
    "prores4444": Format("mov", (".mov",), "prores4444", "pcm_s16le", (), {"movflags": "+use_metadata_tags"}, True),
    "gif": Format("gif", (".gif",), "gif", options={"loop": "0"}),
    "webp": Format("webp", (".webp",), "webp", options={"loop": "0"}),
    "png": Format("", ("",), "", alpha=True),  # a folder of pictures
}

EXCERPT = "sound.m4a"
"""The sound of a dance without a picture, in its folder."""
