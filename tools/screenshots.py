"""Pictures of the window in each state, dark and light, small and large, in each language, to be looked at.

    python tools/screenshots.py FOLDER [PROJECT.dance] [--only STATE ...] [--language de] [--scheme dark]
        [--size 1280x800 ...] [--scale 2] [--readme assets]

The project is copied first; without one, that of `make demo` is taken. Nothing is shown on a screen. `--scale` is
that of a fine screen: twice as many pixels for the same window. `--readme` writes the README's pictures there.
"""

import argparse
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QPointF, QSettings, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QDialog

from dancetransfer.project import Project
from ui import i18n, theme
from ui.app import dress
from ui.notices import ErrorSheet, Toast
from ui.project import recent
from ui.sheets.closing import ClosingSheet
from ui.sheets.consent import ConsentSheet
from ui.sheets.machine_sheet import MachineSheet
from ui.sheets.more import More
from ui.topbar import CLIP, TRAINING
from ui.welcome.guide import Guide
from ui.window import Window

SIZES = ("1280x800", "2560x1440", "1024x640")
LONG = "hip-hop by the sea, second take, golden hour (1080p, final, really final).mp4"
README = {"dropped": "drop", "found": "skeletons", "training": "training", "export": "export"}
"""States that the README shows, and what their pictures are called there."""
PATIENCE_MS = 20_000
"""What is waited for comes within this time, or is not in the picture."""
MOMENT = 2.4
"""Seconds into the clip that are shown."""


def wait(ms: int) -> None:
    """Let the window work."""
    loop = QEventLoop()
    QTimer.singleShot(ms, loop.quit)
    loop.exec()


def until(true: Callable[[], bool]) -> None:
    """Let the window work until something is so, or patience ends."""
    for _ in range(PATIENCE_MS // 50):
        if true():
            return
        wait(50)


def shot(window: Window, sheet: QDialog | None = None) -> QPixmap:
    """The window, and a sheet over its middle."""
    for toast in window.findChildren(Toast):
        toast.close()
    picture = window.grab()
    if sheet is not None:
        sheet.adjustSize() if sheet.height() < 40 else None
        over = sheet.grab()
        painter = QPainter(picture)
        painter.fillRect(window.rect(), QColor(0, 0, 0, 110))
        rest = picture.deviceIndependentSize() - over.deviceIndependentSize()
        middle = QPointF(rest.width(), rest.height()) / 2
        painter.drawPixmap(middle, over)
        painter.end()
        sheet.close()
    return picture


def states(window: Window, project: Path) -> Iterator[tuple[str, Callable[[], QPixmap]]]:
    """Each state's name, and what brings it about and takes its picture; in this order."""
    opened = Project.open(project)
    files = {"dance": opened.dances[0].file, "person": opened.clips[0].file}

    def welcome() -> QPixmap:
        recent.remember(project)
        window.begin()
        wait(800)
        return shot(window)

    def filled() -> QPixmap:
        area = window.welcome.dance
        area.set_files([str(Path(files["dance"]).with_name(LONG))])
        pictures: list[QImage] = []
        window.glimpses.made.connect(lambda path, image: pictures.append(image) if path == files["dance"] else None)
        window.glimpses.made.connect(lambda *_: [area.set_picture(image) for image in pictures])
        window.glimpses.ask(files["dance"])
        area.set_verdict("legs leave the picture at 0:12, 1280×720, 0:10, 25 frames/s, no sound", "warn")
        until(lambda: bool(pictures))
        wait(200)
        return shot(window)

    def found() -> QPixmap:
        window.open_project(project)
        wait(1500)
        page = window.page
        assert page is not None
        page.bench.viewer.set_view("side", ["dance", "person"])
        page.bench.transport.show_view("side")
        page.bench.transport.skeletons.setChecked(True)
        until(lambda: window.looks.empty)
        page.bench.player.seek(MOMENT)
        page.side.show_clip(None)
        wait(800)
        picture = shot(window)
        page.bench.transport.skeletons.setChecked(False)
        return picture

    def training() -> QPixmap:
        assert window.page is not None
        window.page.show_project()
        window.page.show_part(TRAINING)
        wait(1000)
        return shot(window)

    def clip() -> QPixmap:
        assert window.page is not None
        window.page.show_project()
        window.page.show_part(CLIP)
        wait(1200)
        window.page.bench.player.seek(MOMENT)
        wait(600)
        return shot(window)

    def wiped() -> QPixmap:
        assert window.page is not None
        window.page.bench.set_view("wipe")
        wait(500)
        return shot(window)

    def quad() -> QPixmap:
        assert window.page is not None
        window.page.bench.set_view("quad")
        wait(500)
        return shot(window)

    def touched() -> QPixmap:
        assert window.page is not None
        window.page.bench.touch_up()
        wait(800)
        picture = shot(window)
        window.page.bench.touch_up()
        return picture

    def export() -> QPixmap:
        from ui.export.dialog import ExportDialog

        sheet = ExportDialog(window.document, window.jobs, window)
        sheet.show()
        wait(1200)
        until(lambda: window.jobs.empty)
        wait(300)
        return shot(window, sheet)

    yield "welcome", welcome
    yield "dropped", filled
    yield "found", found
    yield "training", training
    yield "clip", clip
    yield "wipe", wiped
    yield "quad", quad
    yield "touch-up", touched
    yield "export", export
    for name, sheet in {
        "consent": lambda: ConsentSheet(window),
        "more": lambda: More(window.document, window.jobs, window.keys, window),
        "keys": lambda: window.keys.sheet(window),
        "guide": lambda: Guide(window),
        "machine": lambda: MachineSheet(window.machine, window),
        "closing": lambda: ClosingSheet(True, window),
        "error": lambda: ErrorSheet("The disk is full.", "Free 2 GB and go on.", "the log's last lines", window),
    }.items():
        yield name, lambda sheet=sheet: shot(window, sheet())


def main() -> None:
    asked = _reader().parse_args()
    if not asked.project.is_dir():
        raise SystemExit(f"{asked.project} is not there.\nMake it with: make demo")
    asked.folder.mkdir(parents=True, exist_ok=True)
    os.environ["QT_SCALE_FACTOR"] = asked.scale
    app = QApplication([])
    with tempfile.TemporaryDirectory() as where:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)
        QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, where)
        dress(app)
        project = Path(where) / asked.project.name
        shutil.copytree(asked.project, project)
        clip = asked.project.parent / "clip.mp4"
        if clip.exists():
            shutil.copy(clip, where)
        for language in asked.language:
            i18n.install(app, language)
            for scheme in asked.scheme:
                theme.apply(app, scheme)
                for size in asked.size:
                    suffix = f"{language}-{scheme}-{size.split('x')[0]}" + (
                        f"@{asked.scale}x" if asked.scale != "1" else ""
                    )
                    _take(asked, project, suffix, size)


def _reader() -> argparse.ArgumentParser:
    reader = argparse.ArgumentParser()
    reader.add_argument("folder", type=Path)
    reader.add_argument("project", type=Path, nargs="?", default=Path("demo") / "demo.dance")
    reader.add_argument("--only", nargs="+", default=[], help="states; all where none is named")
    reader.add_argument("--language", nargs="+", default=list(i18n.LANGUAGES), choices=list(i18n.LANGUAGES))
    reader.add_argument("--scheme", nargs="+", default=list(theme.SCHEMES), choices=list(theme.SCHEMES))
    reader.add_argument("--size", nargs="+", default=list(SIZES), help="of the window, as 1280x800")
    reader.add_argument("--scale", default="1")
    reader.add_argument("--readme", type=Path, help="folder of the README's pictures, which are taken in English")
    return reader


def _take(asked: argparse.Namespace, project: Path, suffix: str, size: str) -> None:
    """All states in one dress."""
    window = Window()
    window.resize(*(int(one) for one in size.split("x")))
    window.show()
    for name, take in states(window, project):
        picture = take()
        if name in (asked.only or [name]):
            file = asked.folder / f"{name}-{suffix}.png"
            picture.save(str(file))
            print(file, flush=True)
        if asked.readme and name in README and suffix == f"en-dark-{SIZES[0].split('x')[0]}":
            picture.save(str(asked.readme / f"window-{README[name]}.jpg"), "JPEG", 82)
    window.jobs.kill_all()
    window.close()
    wait(300)


if __name__ == "__main__":
    main()
