"""How soon the window shows a frame, and how evenly it plays; puppets only.

    QT_QPA_PLATFORM=offscreen python tests/bench/player.py [--seconds 20] [--busy]

Scrubbing: a ten-minute dance of 1920x1080, as the window shows it, that is its 540p proxy: from the
request for a frame anywhere to the pictures in the viewer, painted. Two patterns: a mouse that jumps, and
one that is dragged with 60 moves a second. Playback: two such proxies side by side for `--seconds`; a frame of
the first one that never came to the screen is dropped. `--busy` plays and scrubs while two threads convolve
at low priority, as an engine that trains in gentle mode does.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import av
import numpy as np
from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtWidgets import QApplication

from dancetransfer import puppets
from dancetransfer.video.proxy import ProxyMaker
from dancetransfer.video.read import Frame
from dancetransfer.video.source import open_video
from ui.player.player import Player
from ui.viewer.viewer import Viewer

MINUTES = 10
FPS = 30
DRAWN = 3.0
"""Seconds that are drawn; the rest repeats them."""
BUSY = """import os, torch
os.nice(10)
torch.set_num_threads(2)
images, convolution = torch.rand(8, 64, 96, 96), torch.nn.Conv2d(64, 64, 3)
while True:
    convolution(images)
"""


def long_proxy(path: Path, seed: int) -> Path:
    """The proxy of a ten-minute 1080p dance: a few drawn seconds, their packets repeated."""
    short = path.with_name(f"short{seed}.mp4")
    show = puppets.dance(seed, (480, 270), DRAWN, FPS)
    with ProxyMaker(short, (1920, 1080), fps=FPS) as proxy:
        for number, (when, image) in enumerate(zip(show.times, show.frames(), strict=True)):
            proxy.write(Frame(number, float(when), image))
    container, source = open_video(short)
    with container, av.open(str(path), "w") as output:
        stream = output.add_stream_from_template(source)
        stream.time_base = source.time_base
        packets = [(bytes(p), p.pts, p.duration, p.is_keyframe) for p in container.demux(source) if p.pts is not None]
        length = packets[-1][1] + packets[-1][2]
        for again in range(round(MINUTES * 60 / DRAWN)):
            for data, pts, duration, key in packets:
                output.mux(_packet(data, pts + again * length, duration, key, stream))
    return path


def _packet(data: bytes, pts: int, duration: int, key: bool, stream: object) -> object:
    made = av.Packet(data)
    made.pts = made.dts = pts
    made.duration, made.is_keyframe, made.stream = duration, key, stream
    made.time_base = stream.time_base
    return made


class Shown:
    """What came to the screen, and when."""

    def __init__(self, player: Player, viewer: Viewer) -> None:
        self.times: list[float] = []
        self.last = -1.0
        self._viewer = viewer
        player.frames.connect(self._take)

    def _take(self, pictures: dict, when: float) -> None:
        self._viewer.set_frames(pictures, when)
        self._viewer.repaint()
        self.last = when
        self.times.append(when)


def wait(milliseconds: int) -> None:
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def until(done: Callable[[], bool], seconds: float = 5.0) -> None:
    """Sleep in the event loop, as the window does: one that asks again and again would keep Python's lock."""
    loop, look = QEventLoop(), QTimer(interval=1, timerType=Qt.TimerType.PreciseTimer)
    look.timeout.connect(lambda: loop.quit() if done() else None)
    look.start()
    QTimer.singleShot(round(seconds * 1000), loop.quit)
    if not done():
        loop.exec()


def show(player: Player, shown: Shown, viewer: Viewer, sources: dict[str, Path]) -> None:
    viewer.set_view("side", list(sources))
    shown.last, begun = -1.0, time.perf_counter()
    player.set_sources(sources)
    until(lambda: shown.last >= 0, 30)
    load = f", load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else ""
    print(f"{len(sources)} x {player.duration / 60:.1f} min opened in {time.perf_counter() - begun:.2f} s{load}")


def jumps(player: Player, shown: Shown, count: int = 200) -> None:
    """Anywhere in the video; the next request when the last one is shown."""
    rng = np.random.default_rng(100)
    took = []
    for number in rng.integers(0, MINUTES * 60 * FPS - 2, count):
        wanted = float(number) / FPS
        begun = time.perf_counter()
        player.seek(wanted)
        until(lambda wanted=wanted: abs(shown.last - wanted) < 0.5 / FPS)
        took.append((time.perf_counter() - begun) * 1000)
    print(f"scrub, jumps: {_spread(took)} to the painted frame, {count} requests")


def dragged(player: Player, shown: Shown, seconds: float = 6.0) -> None:
    """60 moves a second over the whole video and back; how old is the newest request when its frame appears?"""
    moves = round(seconds * 60)
    asked: dict[int, float] = {}
    took, begun = [], time.perf_counter()

    def take(_: object, when: float) -> None:
        number = round(when * FPS)
        if number in asked:
            took.append((time.perf_counter() - asked.pop(number)) * 1000)

    player.frames.connect(take)
    for move in range(moves):
        at = abs(2 * move / moves - 1) * (MINUTES * 60 - 1)
        number = int(at * FPS)
        asked[number] = time.perf_counter()
        player.seek(number / FPS)
        left = begun + (move + 1) / 60 - time.perf_counter()
        wait(max(1, round(left * 1000)))
    wait(200)
    player.frames.disconnect(take)
    share = 100 * len(took) / moves
    print(f"scrub, dragged at 60 moves/s: {_spread(took)} to the painted frame; {share:.1f} % of the moves shown")


def _spread(took: list[float]) -> str:
    return f"median {statistics.median(took):.1f} ms, p95 {np.percentile(took, 95):.1f} ms, max {max(took):.1f} ms"


def playback(player: Player, shown: Shown, seconds: float, rate: float = 1.0) -> None:
    player.seek(20.0)
    until(lambda: abs(shown.last - 20) < 0.01)
    shown.times.clear()
    used, begun = time.process_time(), time.perf_counter()
    player.set_rate(rate)
    player.play()
    wait(round(seconds * 1000))
    player.pause()
    stopped = player.time
    used, wall = time.process_time() - used, time.perf_counter() - begun
    wait(300)
    numbers = {round(when * FPS) for when in shown.times}
    due = abs(int(stopped * FPS + 0.01) - 20 * FPS)
    dropped = 100 * max(0, due - len(numbers - {20 * FPS})) / due
    print(
        f"playback at {rate:g}x, two 960x540 of {FPS} fps: {dropped:.2f} % of {due} frames dropped, "
        f"{100 * used / wall:.0f} % of a core"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--busy", action="store_true")
    options = parser.parse_args()
    app = QApplication(sys.argv[:1])
    with tempfile.TemporaryDirectory() as folder:
        sources = {name: long_proxy(Path(folder) / f"{name}.mp4", 100 + n) for n, name in enumerate(("dance", "clip"))}
        viewer, player = Viewer(), Player()
        shown = Shown(player, viewer)
        viewer.resize(1280, 400)
        viewer.show()
        other = subprocess.Popen([sys.executable, "-c", BUSY]) if options.busy else None
        try:
            if other:
                wait(8000)
            for count in (1, 2):
                show(player, shown, viewer, dict(list(sources.items())[:count]))
                jumps(player, shown)
                dragged(player, shown)
            playback(player, shown, options.seconds)
            playback(player, shown, options.seconds / 4, 2)
            playback(player, shown, options.seconds / 4, -1)
        finally:
            if other:
                other.kill()
        player.close()
    app.quit()


if __name__ == "__main__":
    main()
