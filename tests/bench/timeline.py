"""What the timeline costs to paint and a lane to read, for a clip of ten minutes: `python tests/bench/timeline.py`."""

import os
import statistics
import time
from collections.abc import Callable

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication

from dancetransfer.video.beats import find_beats
from ui import theme
from ui.timeline.lane import Lane, Problem, Strip, Thumbs
from ui.timeline.timeline import Timeline

SECONDS = 600
TURNS = 120


def onsets() -> np.ndarray:
    """Ten minutes at 124 beats per minute, with noise."""
    strength = np.abs(np.random.default_rng(100).normal(0, 0.1, SECONDS * 100))
    strength[np.round(np.arange(0.3, SECONDS - 1, 60 / 124) * 100).astype(int)] += 1
    return strength.astype(np.float32)


def lane(fps: int, beats: tuple[float, ...]) -> Lane:
    """Ten minutes with everything a lane can show."""
    rng = np.random.default_rng(101)
    image = QImage(171 * 200, 96, QImage.Format.Format_RGB32)
    image.fill(QColor("#406080"))
    peaks = np.stack([-rng.random(SECONDS * 100), rng.random(SECONDS * 100)], 1).astype(np.float32)
    times = np.arange(SECONDS * fps) / fps
    problems = tuple(Problem(start, start + 1, "bad") for start in np.arange(5.0, SECONDS - 2, 7.0))
    strips = tuple(
        Strip(name, times, rng.random(len(times)).astype(np.float32), problems)
        for name in ("Pose", "Coverage", "Quality")
    )
    return Lane("dance.mp4", SECONDS, Thumbs(image, 171, 3.0), peaks, 100.0, beats, strips, (30.0, 500.0), 1 / fps)


def measure(words: str, timeline: Timeline, change: Callable[[int], None]) -> None:
    """Paint after each of many changes; milliseconds, median and 95th percentile."""
    target = QImage(timeline.size() * timeline.devicePixelRatioF(), QImage.Format.Format_ARGB32_Premultiplied)
    target.setDevicePixelRatio(timeline.devicePixelRatioF())
    spent = []
    for turn in range(TURNS):
        begin = time.perf_counter()
        change(turn)
        timeline.render(target)
        spent.append(1000 * (time.perf_counter() - begin))
    print(f"{words:34s} {statistics.median(spent):6.2f} ms  p95 {sorted(spent)[int(0.95 * TURNS)]:6.2f} ms")


def one_size(size: QSize, beats: tuple[float, ...]) -> None:
    timeline = Timeline()
    timeline.resize(size)
    timeline.show()
    timeline.set_lane(0, lane(60, beats))
    timeline.set_lane(1, lane(30, ()))
    print(f"two lanes of ten minutes, {size.width()}x{size.height()}, ratio {timeline.devicePixelRatioF():g}")
    measure("  playing, everything seen", timeline, lambda turn: timeline.set_time(turn / 25))
    measure("  everything seen, drawn anew", timeline, lambda _: timeline.refresh())
    timeline.zoom(20, 200)
    measure("  scrolling, 30 s seen", timeline, lambda _: timeline.scroll_by(37))
    measure("  zooming in to frames", timeline, lambda _: timeline.zoom(1.1, 500))
    timeline.fit()
    measure("  resizing", timeline, lambda turn: timeline.resize(size.width() - turn % 2, size.height()))
    timeline.close()


def main() -> None:
    app = QApplication([])
    theme.apply(app, "dark")
    heard = onsets()
    begin = time.perf_counter()
    beats = tuple(find_beats(heard, 100).tolist())
    print(f"beats of ten minutes: {len(beats)} in {1000 * (time.perf_counter() - begin):.0f} ms")
    for size in (QSize(1280, 320), QSize(2560, 480)):
        one_size(size, beats)


if __name__ == "__main__":
    main()
