"""The beginning of a file's sound as a small file of its own, which goes with a dance that has no picture."""

import json
import tempfile
from os import PathLike
from pathlib import Path

import av
import numpy as np

from dancetransfer.storage import atomic_path, write_text
from dancetransfer.video.formats import EXCERPT, FORMATS
from dancetransfer.video.sound import analyze_audio
from dancetransfer.video.soundtrack import Cut, open_sound

ABOUT = "sound.json"
"""Written beside it as of a video's sound, and where there is none too."""


def excerpt(path: str | PathLike[str], seconds: float) -> bytes:
    """An M4A file of the first `seconds` of a file's sound; b"" where it has none.

    Sound that players know is carried over as it is, any other is encoded. Time 0 is that of
    `sound.read_audio`: of a video the first picture.
    """
    form = FORMATS["mp4"]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / EXCERPT
        with av.open(str(file), "w", format=form.muxer, options=form.options) as output:
            track = open_sound(output, Cut(path, 0.0, seconds=seconds), None)
            if track is None:
                return b""
            try:
                track.finish(seconds)
            finally:
                track.close()
        return file.read_bytes()


def keep_excerpt(sound: bytes, folder: Path) -> list[str]:
    """Put the bytes of `excerpt` into a dance's folder with the curves drawn of them; names of what is written.

    b"" takes away what an earlier file has left.
    """
    curves = ("peaks.npy", "onsets.npy")
    for name in (EXCERPT, *curves):
        (folder / name).unlink(missing_ok=True)
    heard = None
    if sound:
        with atomic_path(folder / EXCERPT) as temporary:
            temporary.write_bytes(sound)
        heard = analyze_audio(folder / EXCERPT)
    if heard is not None:
        for name in curves:
            with atomic_path(folder / name) as temporary:
                np.save(temporary, getattr(heard, Path(name).stem))
    write_text(folder / ABOUT, json.dumps({"per_second": heard.per_second if heard else None}))
    return [ABOUT, *([EXCERPT] if sound else []), *(curves if heard else ())]
