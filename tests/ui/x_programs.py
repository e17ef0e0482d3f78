"""Two programs for the test on a real X server: the window, telling what happens to it, and somebody who drags files.

`x_programs.py window` runs `python -m ui` and writes a line of JSON at each turn of its story;
`x_programs.py drag FILE...` shows a small window whose files can be dragged away, and its place.
"""

import json
import runpy
import sys
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QDrag, QGuiApplication, QImage, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from ui.window import Window

LOOK_MS = 20
HEAVY = {"torch", "cv2", "mediapipe"}


def say(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def place_of(widget: QWidget) -> list[int]:
    """Where its middle is on the screen."""
    middle = widget.mapToGlobal(widget.rect().center())
    return [middle.x(), middle.y()]


# --- the window -----------------------------------------------------------------------------------


def story(window: Window) -> Iterator[Callable[[], bool]]:
    """What happens one after the other; each yield waits until something is so."""
    yield lambda: window.windowHandle().isExposed() and window.welcome.dance.isVisible()
    say(platform=QGuiApplication.platformName(), dance=place_of(window.welcome.dance), colors=colors(window))
    yield lambda: window.document.project is not None and window.page is not None
    assert window.page is not None
    player = window.page.bench.player
    times: list[float] = []
    names: list[set[str]] = []
    player.frames.connect(lambda pictures, at: (times.append(at), names.append(set(pictures))))
    yield lambda: len(times) > 0
    player.set_loop(True)  # until a busy machine has shown some
    player.play()
    yield lambda: len(set(times)) > 2
    player.pause()
    say(shown=sorted(set.intersection(*names)), frames=len(set(times)), colors=colors(window))
    say(heavy=sorted(HEAVY & sys.modules.keys()))  # before the last window closes, and the program with it
    window.stop_and_close()
    yield lambda: not window.isVisible()


def colors(window: Window) -> int:
    """How many different colors the X server shows where the window is."""
    handle, area = window.windowHandle(), window.geometry()
    picture = handle.screen().grabWindow(0, area.x(), area.y(), area.width(), area.height()).toImage()
    picture = picture.convertToFormat(QImage.Format.Format_RGB888)
    return len({picture.pixel(x, y) for x in range(0, picture.width(), 3) for y in range(0, picture.height(), 3)})


def run_window() -> None:
    """`python -m ui`, with a look at it every now and then."""
    begin = Window.begin

    def begin_and_tell(window: Window) -> None:
        begin(window)
        steps = story(window)
        wait = [next(steps)]
        timer = QTimer(QApplication.instance())

        def look() -> None:
            if wait[0]():
                try:
                    wait[0] = next(steps)
                except StopIteration:
                    timer.stop()

        timer.timeout.connect(look)
        timer.start(LOOK_MS)

    Window.begin = begin_and_tell  # type: ignore[method-assign]
    sys.argv = ["ui"]
    runpy.run_module("ui", run_name="__main__", alter_sys=True)


# --- somebody who drags -----------------------------------------------------------------------------


class Files(QWidget):
    """Files that the mouse can take away."""

    def __init__(self, files: list[str]) -> None:
        super().__init__()
        self._files = files
        self._pressed = QPoint()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._pressed = event.position().toPoint()
        say(pressed=True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        far = (event.position().toPoint() - self._pressed).manhattanLength() > QApplication.startDragDistance()
        if far and event.buttons() & Qt.MouseButton.LeftButton:
            drag, mime = QDrag(self), QMimeData()
            mime.setUrls([QUrl.fromLocalFile(file) for file in self._files])
            drag.setMimeData(mime)
            QTimer.singleShot(0, lambda: say(dragging=True))
            done = drag.exec(Qt.DropAction.CopyAction)
            say(dropped=done == Qt.DropAction.CopyAction)


def run_drag(files: list[str]) -> None:
    app = QApplication([])
    source = Files(files)
    space = app.primaryScreen().geometry()
    source.setGeometry(space.right() - 80, space.bottom() - 60, 80, 60)
    source.show()
    timer = QTimer(source)

    def look() -> None:
        if source.windowHandle().isExposed():
            timer.stop()
            say(place=place_of(source))

    timer.timeout.connect(look)
    timer.start(LOOK_MS)
    app.exec()


if __name__ == "__main__":
    run_window() if sys.argv[1] == "window" else run_drag(sys.argv[2:])
