"""The README's moving picture: the window from two dropped videos to the finished clip, recorded from a real run.

    python tools/first_minute.py DEMO_FOLDER assets/first-minute.webp [--contact FOLDER]

The dancers are those that `make demo` drew, and so are the training and its clip, which takes minutes; looking at
the videos is done anew. Waiting is left out. `--contact` keeps the pictures one by one.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PIL import Image
from PySide6.QtCore import QEventLoop, QMimeData, QPointF, QSettings, Qt, QTimer, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage
from PySide6.QtWidgets import QApplication, QSlider, QWidget

from ui import theme
from ui.app import dress
from ui.notices import Toast
from ui.topbar import CLIP, TRAINING
from ui.window import Window

SIZE = (1080, 680)
WIDTH = 720
"""Of the window, and of the picture."""
LONGEST = 900.0
"""Seconds that one step may take on a slow machine."""


class Film:
    """Pictures of a window, each with the time that it is shown."""

    def __init__(self, window: Window) -> None:
        self.window = window
        self.pictures: list[Image.Image] = []
        self.durations: list[int] = []

    def shoot(self, ms: int) -> None:
        """What is to be seen now; the same as before is shown longer."""
        for toast in self.window.findChildren(Toast):
            toast.close()
        taken = self.window.grab().toImage().convertToFormat(QImage.Format.Format_RGB888)
        rows = bytes(taken.constBits())
        size = taken.width(), taken.height()
        picture = Image.frombytes("RGB", size, rows, "raw", "RGB", taken.bytesPerLine())
        picture = picture.resize((WIDTH, round(WIDTH * size[1] / size[0])), Image.Resampling.LANCZOS)
        if self.pictures and self.pictures[-1].tobytes() == picture.tobytes():
            self.durations[-1] += ms
            return
        self.pictures.append(picture)
        self.durations.append(ms)

    def thin(self, first: int, left: int) -> None:
        """Of what was taken since `first`, keep so many, evenly."""
        count = len(self.pictures) - first
        kept = sorted({first + round(n * (count - 1) / (left - 1)) for n in range(left)}) if count > left else None
        if kept is not None:
            self.pictures[first:] = [self.pictures[at] for at in kept]
            self.durations[first:] = [self.durations[at] for at in kept]

    def save(self, file: Path) -> None:
        first, rest = self.pictures[0], self.pictures[1:]
        first.save(file, save_all=True, append_images=rest, duration=self.durations, loop=0, quality=55, method=4)


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
    before = len(film.pictures)
    while not window.jobs.empty:
        wait(1000)
        film.shoot(300)
    film.thin(before, 14)
    until(lambda: window.looks.empty, "the verdicts")
    page.bench.player.pause()
    page.bench.refresh()
    page.bench.transport.skeletons.setChecked(True)
    for frame in range(24):
        page.bench.player.seek(0.4 + frame * 0.12)
        wait(150)
        film.shoot(120)


def create(film: Film, window: Window) -> None:
    """Create is pressed, and the training begins."""
    page, project = window.page, window.document.project
    assert page is not None and project is not None
    project.built_in = True  # nobody has to be asked
    page.side.choice.button.setFocus()
    film.shoot(1000)
    page.side.choice.button.click()
    until(lambda: page.training.isVisible(), "the training")
    film.shoot(500)


def learn(film: Film, window: Window, demo: Path) -> None:
    """The demo's own training, picture by picture as they came."""
    window.open_project(demo)
    page = window.page
    assert page is not None and window.document.project is not None
    until(lambda: window.jobs.empty and window.looks.empty, "the demo")
    page.show_part(TRAINING)
    slider = page.training.findChildren(QSlider)[0]
    for at in range(slider.maximum() + 1):
        slider.setValue(at)
        wait(300)
        film.shoot(650)
    film.shoot(700)


def show(film: Film, window: Window) -> None:
    """The clip plays."""
    page = window.page
    assert page is not None
    page.show_part(CLIP)
    page.bench.set_view("side")
    until(lambda: page.bench.player.duration > 0, "the clip")
    for frame in range(36):
        page.bench.player.seek(0.4 + frame * 0.12)
        wait(150)
        film.shoot(120)
    film.shoot(1200)


def opened() -> Window:
    window = Window()
    window.resize(*SIZE)
    window.show()
    window.begin()
    return window


def close(window: Window) -> None:
    for jobs in (window.jobs, window.looks, window.measures):
        jobs.kill_all()
        until(lambda jobs=jobs: jobs.empty, "the end of the engine")  # type: ignore[misc]
    window.close()


def main() -> None:
    reader = argparse.ArgumentParser()
    reader.add_argument("videos", type=Path, help="the folder that `make demo` left")
    reader.add_argument("target", type=Path)
    reader.add_argument("--contact", type=Path)
    asked = reader.parse_args()
    app = QApplication([])
    with tempfile.TemporaryDirectory() as where:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, where)
        os.environ["DANCETRANSFER_PROJECTS"] = str(Path(where) / "projects")
        demo = Path(where) / "demo.dance"
        shutil.copytree(asked.videos / "demo.dance", demo)
        shutil.copy(asked.videos / "clip.mp4", where)
        dress(app)
        theme.apply(app, "dark")
        film = Film(opened())
        begin(film, film.window, asked.videos)
        look(film, film.window)
        create(film, film.window)
        close(film.window)
        film.window = opened()
        learn(film, film.window, demo)
        show(film, film.window)
        close(film.window)
    if asked.contact:
        asked.contact.mkdir(parents=True, exist_ok=True)
        for index, picture in enumerate(film.pictures):
            picture.save(asked.contact / f"{index:03d}.png")
    film.save(asked.target)
    print(asked.target, len(film.pictures), "pictures", asked.target.stat().st_size // 1024, "KiB")


if __name__ == "__main__":
    main()
