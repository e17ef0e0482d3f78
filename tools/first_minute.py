"""The README's moving picture: the window from two dropped videos to the finished clip, recorded from a real run.

    python tools/first_minute.py DEMO_FOLDER assets/first-minute.webp [--train 120] [--contact FOLDER]

The dancers are those that `make demo` drew. Waiting is left out, nothing else; `--train` is how many seconds the
person is learned before "Good enough" is pressed, `--contact` keeps the pictures one by one.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QEventLoop, QMimeData, QPointF, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QWidget

from ui import theme
from ui.app import dress
from ui.notices import Toast
from ui.window import Window

SIZE = (1080, 680)
WIDTH = 720
"""Of the window, and of the picture."""
LONGEST = 900.0
"""Seconds that one step may take on a slow machine."""


class Film:
    """Pictures of a window, each with the time that it is shown."""

    def __init__(self, window: Window) -> None:
        self._window = window
        self.pictures: list[Image.Image] = []
        self.durations: list[int] = []

    def shoot(self, ms: int) -> None:
        """What is to be seen now; the same as before is shown longer."""
        for toast in self._window.findChildren(Toast):
            toast.close()
        taken = self._window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = bytes(taken.constBits())
        size = taken.width(), taken.height()
        picture = Image.frombytes("RGB", size, rows, "raw", "RGB", taken.bytesPerLine())
        picture = picture.resize((WIDTH, round(WIDTH * size[1] / size[0])), Image.Resampling.LANCZOS)
        if self.pictures and self.pictures[-1].tobytes() == picture.tobytes():
            self.durations[-1] += ms
            return
        self.pictures.append(picture)
        self.durations.append(ms)

    def save(self, file: Path) -> None:
        first, rest = self.pictures[0], self.pictures[1:]
        first.save(file, save_all=True, append_images=rest, duration=self.durations, loop=0, quality=62, method=6)


def wait(ms: int) -> None:
    """Let the window work."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def until(true: Callable[[], bool], what: str) -> None:
    """Let the window work until something is so."""
    for _ in range(int(LONGEST * 20)):
        if true():
            return
        wait(50)
    raise SystemExit(f"Waited in vain for {what}.")


def drop(film: Film, area: QWidget, file: Path) -> None:
    """A video is dragged over an area and let go."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    middle, copy = area.rect().center(), Qt.DropAction.CopyAction
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(area, QDragEnterEvent(middle, copy, mime, button, none))
    wait(2 * theme.ANIMATION_MS)
    film.shoot(700)
    QApplication.sendEvent(area, QDropEvent(QPointF(middle), copy, mime, button, none))


def begin(film: Film, window: Window, videos: Path) -> None:
    """Two drops; the first is judged before the second comes."""
    wait(600)
    film.shoot(1200)
    dance = str((videos / "dance.mp4").resolve())
    drop(film, window.welcome.dance, Path(dance))
    film.shoot(300)
    until(lambda: window.looks.empty and bool(window.verdicts.of(dance).words), "the verdict")
    wait(400)
    film.shoot(1400)
    drop(film, window.welcome.person, (videos / "person.mp4").resolve())
    until(lambda: window.document.project is not None, "the project")


def look(film: Film, window: Window) -> None:
    """The videos play while skeletons are found in them."""
    page = window.page
    assert page is not None
    page.bench.transport.skeletons.setChecked(True)
    until(lambda: page.bench.player.duration > 0, "the videos")
    page.bench.player.set_loop(True)
    page.bench.player.play()
    beats = 0
    while not window.jobs.empty:
        beats += 1
        wait(250)
        if beats % 16 == 1:
            film.shoot(350)
    until(lambda: window.looks.empty, "the verdicts")
    page.bench.refresh()
    for _ in range(16):
        wait(120)
        film.shoot(120)
    page.bench.player.pause()


def learn(film: Film, window: Window, seconds: float) -> None:
    """Create is pressed; a picture for each that the training shows."""
    page, project = window.page, window.document.project
    assert page is not None and project is not None
    project.built_in = True  # nobody has to be asked
    page.side.choice.button.setFocus()
    film.shoot(900)
    page.side.choice.button.click()
    film.shoot(400)
    known, waited = 0, 0.0
    while waited < seconds and not page.bench.result.is_file():
        wait(500)
        shown = len(list(project.folder.glob("person/runs/*/previews/*.jpg")))
        waited += 0.5 if shown else 0
        if shown > known:
            known = shown
            wait(700)
            film.shoot(550)
    film.shoot(600)
    page.training.enough.emit()


def show(film: Film, window: Window) -> None:
    """The clip is rendered, and plays."""
    page = window.page
    assert page is not None
    wait(1500)
    film.shoot(500)
    until(lambda: page.bench.result.is_file() and window.jobs.empty, "the clip")
    until(lambda: page.bench.player.playing, "the playing")
    page.bench.player.pause()
    for frame in range(44):
        page.bench.player.seek(frame * 0.12)
        wait(120)
        film.shoot(120)
    film.shoot(900)


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("videos", type=Path, help="the folder that `make demo` left")
    reader.add_argument("target", type=Path)
    reader.add_argument("--train", type=float, default=120.0)
    reader.add_argument("--contact", type=Path)
    asked = reader.parse_args()
    app = QApplication([])
    with tempfile.TemporaryDirectory() as where:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, where)
        os.environ["DANCETRANSFER_PROJECTS"] = str(Path(where) / "projects")
        dress(app)
        theme.apply(app, "dark")
        window = Window()
        window.resize(*SIZE)
        window.show()
        window.begin()
        film = Film(window)
        try:
            begin(film, window, asked.videos)
            look(film, window)
            learn(film, window, asked.train)
            show(film, window)
        finally:
            window.jobs.kill_all()
            window.looks.kill_all()
            window.measures.kill_all()
            wait(500)
            window.close()
    if asked.contact:
        asked.contact.mkdir(parents=True, exist_ok=True)
        for index, picture in enumerate(film.pictures):
            picture.save(asked.contact / f"{index:03d}.png")
    film.save(asked.target)
    print(asked.target, len(film.pictures), "pictures", asked.target.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
