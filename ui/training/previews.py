"""The pictures that a training shows of itself, as the window reads them: each taken apart into what it holds."""

import re
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QImageReader

DANCE, SKELETON, RESULT, REAL, AGAIN = "dance", "skeleton", "result", "real", "again"
"""Parts of a preview: the driving frame, its skeleton and what the generator makes of it; a held-out frame of the
person and what the generator makes of that."""


@dataclass(frozen=True)
class Shown:
    """One preview of a training."""

    step: int
    path: Path


def listed(run: Path) -> list[Shown]:
    """The previews of a training's folder, oldest first; files with other names are passed over."""
    found = [Shown(int(path.stem), path) for path in (run / "previews").glob("*.jpg") if path.stem.isdecimal()]
    return sorted(found, key=lambda one: one.step)


def parts(path: Path) -> dict[str, QImage]:
    """The parts of a preview by their names; the whole as RESULT where it doesn't name them, nothing where damaged."""
    reader = QImageReader(str(path))
    widths = [(name, int(width)) for name, width in re.findall(r"(\w+)=(\d+)", reader.text("parts"))]
    sheet = reader.read()
    if sheet.isNull():
        return {}
    if not widths or sum(width for _, width in widths) != sheet.width():
        return {RESULT: sheet}
    found, left = {}, 0
    for name, width in widths:
        found[name] = sheet.copy(QRect(left, 0, width, sheet.height()))
        left += width
    return found
