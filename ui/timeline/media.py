"""Reads what the engine has found of a video into a lane of the timeline; what is missing or damaged is left out."""

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QImage

from ui.timeline.lane import Lane, Problem, Strip, Thumbs

if TYPE_CHECKING:
    import numpy as np

USUAL_FRAME = 1 / 25


def read_lane(
    folder: Path,
    name: str = "",
    *,
    trim: tuple[float, float] | None = None,
    duration: float = 0.0,
) -> Lane:
    """The lane of a dance's or a clip's folder of results; never raises over what is in there.

    `duration` in seconds, where it is known from elsewhere; else the results tell it. A folder that
    isn't there is a lane with a name alone. NumPy and PyAV are imported with the first call.
    """
    folder = Path(folder)
    thumbs = read_thumbs(folder)
    peaks, onsets, per_second = _sound(folder)
    strips, times = _strips(folder)
    frame = _frame(times)
    ends = [duration]
    ends += [float(times[-1]) + frame] if times is not None and len(times) else []
    ends += [thumbs.every * (len(thumbs) - 1) + frame] if thumbs and not any(ends) else []
    ends += [len(peaks) / per_second] if peaks is not None and not any(ends) else []
    return Lane(
        name or folder.name,
        duration or max(ends),
        thumbs,
        peaks,
        per_second,
        _beats(onsets, peaks, per_second),
        strips,
        trim,
        frame,
    )


def read_thumbs(folder: Path) -> Thumbs | None:
    """thumbs.jpg with its grid; None where it isn't there or whole."""
    file = folder / "thumbs.jpg"
    if not file.is_file():
        return None
    from dancetransfer.video.proxy import read_grid

    try:
        grid = read_grid(file)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    image = QImage(str(file))
    right = grid.width > 0 and grid.every > 0 and image.width() == grid.width * len(grid.frames)
    return Thumbs(image, grid.width, grid.every) if right and not image.isNull() else None


def _sound(folder: Path) -> "tuple[np.ndarray | None, np.ndarray | None, float]":
    """Waveform [N,2], onset strength [N] and steps in a second; None each where there is no sound."""
    try:
        about = json.loads((folder / "sound.json").read_text(encoding="utf-8"))
        per_second = float(about["per_second"] or 0)
    except (OSError, ValueError, KeyError, TypeError):
        per_second = 0.0
    peaks = _array(folder / "peaks.npy", 2) if per_second > 0 else None
    if peaks is None or peaks.shape[1] != 2 or not len(peaks):
        return None, None, 100.0
    return peaks, _array(folder / "onsets.npy", 1), per_second


def _array(file: Path, dimensions: int) -> "np.ndarray | None":
    """The numbers in a file; None where it isn't there or whole."""
    import numpy as np

    try:
        found = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError, zipfile.BadZipFile):
        return None
    fits = isinstance(found, np.ndarray) and found.ndim == dimensions and found.dtype.kind == "f"
    return found if fits else None


def _beats(onsets: "np.ndarray | None", peaks: "np.ndarray | None", per_second: float) -> tuple[float, ...]:
    from dancetransfer.video.beats import find_beats

    return () if onsets is None else tuple(find_beats(onsets, per_second, peaks).tolist())


def _strips(folder: Path) -> "tuple[tuple[Strip, ...], np.ndarray | None]":
    """The engine's strips in the window's language, and the frames' times where poses were found."""
    from dancetransfer.pose.strips import curves

    def words(text: str) -> str:
        return QCoreApplication.translate("Strips", text)

    found = curves(folder)
    times = next((curve.times for curve in found.values()), None)
    strips = tuple(
        Strip(
            words(one.name),
            curve.times,
            curve.values,
            tuple(Problem(part.start, part.stop, words(part.words)) for part in curve.problems),
        )
        for one, curve in found.items()
    )
    return strips, times


def _frame(times: "np.ndarray | None") -> float:
    """Seconds of one frame."""
    import numpy as np

    if times is None or len(times) < 2:
        return USUAL_FRAME
    step = float(np.median(np.diff(times)))
    return step if 1e-3 < step < 10 else USUAL_FRAME
