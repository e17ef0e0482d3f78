"""The window on a real X server: it maps, takes a drag of two files from another program, plays, and is to be seen."""

import ctypes
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Timer
from typing import Any

import pytest
from engine import ROOT, environment

PROGRAMS = Path(__file__).with_name("x_programs.py")
SECONDS = 90
LEFT = 1


class Hand:
    """The mouse of an X server."""

    def __init__(self, display: str) -> None:
        try:
            self._x, self._test = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
        except OSError:
            pytest.skip("libX11 and libXtst, which move the mouse, are not installed")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(display.encode()))
        assert self._display.value, "the X server does not answer"

    def move(self, x: int, y: int) -> None:
        self._test.XTestFakeMotionEvent(self._display, -1, x, y, 0)
        self._x.XFlush(self._display)

    def press(self, down: bool) -> None:
        self._test.XTestFakeButtonEvent(self._display, LEFT, int(down), 0)
        self._x.XFlush(self._display)

    def close(self) -> None:
        self._x.XCloseDisplay(self._display)


class Program:
    """A running program of `x_programs.py` and the facts that it tells; ended if it takes too long."""

    def __init__(self, env: dict[str, str], *words: str) -> None:
        whole = [sys.executable, str(PROGRAMS), *words]
        self._process = subprocess.Popen(whole, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._timer = Timer(SECONDS, self._process.kill)
        self._timer.start()

    def facts(self, name: str) -> dict[str, Any]:
        """The next facts that have one of that name."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("{") and name in (facts := json.loads(line)):
                return facts
        raise AssertionError(f"it ended without telling {name}: {self.errors()}")

    def errors(self) -> str:
        assert self._process.stderr is not None
        return self._process.stderr.read()

    def wait(self) -> int:
        return self._process.wait(SECONDS)

    def end(self) -> None:
        self._timer.cancel()
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()


@pytest.fixture
def display() -> Iterator[str]:
    """An X server of our own."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.skip("Xvfb is not installed")
    words = [server, "-displayfd", "1", "-screen", "0", "1600x1000x24", "-nolisten", "tcp"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    number = process.stdout.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    process.terminate()
    process.wait(10)


@pytest.fixture
def start(display: str, tmp_path: Path) -> Iterator[Callable[..., Program]]:
    """Starts a program on that server, with settings and documents in folders of this test."""
    settings, documents = tmp_path / "config", tmp_path / "documents"
    for folder in (settings, documents):
        folder.mkdir()
    (settings / "user-dirs.dirs").write_text(f'XDG_DOCUMENTS_DIR="{documents}"\n', encoding="utf-8")
    env = environment() | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb", "XDG_CONFIG_HOME": str(settings)}
    env["PYTHONPATH"] = os.pathsep.join([str(ROOT), env["PYTHONPATH"]])
    for name in ("DANCETRANSFER_PROJECTS", "WAYLAND_DISPLAY", "QT_SCALE_FACTOR"):
        env.pop(name, None)
    made: list[Program] = []

    def begin(*words: str) -> Program:
        made.append(Program(env, *words))
        return made[-1]

    yield begin
    for program in made:
        program.end()


@pytest.mark.skipif(sys.platform != "linux", reason="X is the desktop of Linux")
def test_the_window_maps_takes_a_drag_of_two_files_and_plays(
    display: str, start: Callable[..., Program], short_clips: Path, tmp_path: Path
) -> None:
    videos = [str(short_clips / name) for name in ("dance.mp4", "person.mp4")]
    window, source = start("window"), start("drag", *videos)
    before = window.facts("dance")
    assert before["platform"] == "xcb" and before["colors"] > 20
    place = source.facts("place")["place"]
    carry(Hand(display), source, place, before["dance"])
    assert source.facts("dropped")["dropped"]
    after = window.facts("frames")
    assert after["shown"] == ["dance", "person"] and after["frames"] > 2
    assert after["colors"] > before["colors"]
    assert window.facts("heavy")["heavy"] == [] and window.wait() == 0
    (project,) = (tmp_path / "documents" / "DanceTransfer").glob("*.dance")
    assert (project / "project.json").exists()


def carry(hand: Hand, source: Program, begin: list[int], end: list[int]) -> None:
    """Press, move in small steps, and let go."""
    hand.move(*begin)
    hand.press(True)
    source.facts("pressed")
    hand.move(begin[0] - 30, begin[1] - 10)
    source.facts("dragging")
    for step in range(1, 21):
        hand.move(*(round(a + (b - a) * step / 20) for a, b in zip(begin, end, strict=True)))
        time.sleep(0.02)
    time.sleep(0.3)  # the window under the mouse has said by then that it takes them
    hand.press(False)
    hand.close()
