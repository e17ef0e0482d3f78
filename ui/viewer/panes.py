"""Where the viewer's pictures lie: panes, and how a picture is fitted, zoomed and moved in its pane."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize

MODES = ("single", "side", "wipe", "overlay", "quad")
GAP = 8
"""Pixels between panes."""
CLOSEST = 32.0
"""Screen pixels of a video pixel at the closest."""


@dataclass(frozen=True)
class Look:
    """How all pictures are zoomed and moved: they stay together."""

    zoom: float = 1.0
    """1: the picture fits its pane."""
    x: float = 0.5
    y: float = 0.5
    """What of the picture lies in the pane's middle, in parts of its sides."""

    def placed(self, pane: QRectF, size: QSize) -> QRectF:
        """Where a picture of that many pixels lies on the screen."""
        scale = fit_scale(pane, size) * self.zoom
        width, height = size.width() * scale, size.height() * scale
        middle = pane.center()
        return QRectF(middle.x() - self.x * width, middle.y() - self.y * height, width, height)

    def zoomed(self, factor: float, at: QPointF, pane: QRectF, size: QSize) -> "Look":
        """Closer by a factor; what lies at `at` stays there. Never smaller than fitting."""
        fitting = fit_scale(pane, size)
        zoom = min(max(1.0, self.zoom * factor), max(1.0, CLOSEST / fitting))
        before, scale = self.placed(pane, size), fitting * zoom
        x = (at.x() - before.x()) / before.width()
        y = (at.y() - before.y()) / before.height()
        x -= (at.x() - pane.center().x()) / (size.width() * scale)
        y -= (at.y() - pane.center().y()) / (size.height() * scale)
        return Look(zoom, x, y).held(pane, size)

    def moved(self, by: QPointF, pane: QRectF, size: QSize) -> "Look":
        """Pushed by so many screen pixels."""
        now = self.placed(pane, size)
        return Look(self.zoom, self.x - by.x() / now.width(), self.y - by.y() / now.height()).held(pane, size)

    def held(self, pane: QRectF, size: QSize) -> "Look":
        """Not moved farther than the picture reaches: a side that fits stays in the middle."""
        now = self.placed(pane, size)
        parts = []
        for value, have, room in ((self.x, now.width(), pane.width()), (self.y, now.height(), pane.height())):
            edge = min(0.5, 0.5 * room / max(have, 1e-9))
            parts.append(min(max(value, edge), 1 - edge))
        return Look(self.zoom, *parts)


def fit_scale(pane: QRectF, size: QSize) -> float:
    """Screen pixels of a picture's pixel where it fits its pane."""
    if size.isEmpty():
        return 1.0
    return max(1e-6, min(pane.width() / size.width(), pane.height() / size.height()))


def panes(mode: str, sizes: Mapping[str, QSize], area: QRectF) -> dict[str, QRectF]:
    """Which pane each of the pictures of these sizes lies in; in `wipe` two share one.

    Side by side, panes are as wide as their pictures ask for, so that those are equally high.
    """
    names = list(sizes)
    if mode in ("single", "overlay", "wipe"):
        return {name: QRectF(area) for name in names[: 2 if mode == "wipe" else 1]}
    if mode == "quad":
        return _grid(names[:4], area)
    shapes = [size.width() / max(1, size.height()) for size in sizes.values()]
    room, left, found = area.width() - GAP * (len(names) - 1), area.x(), {}
    for name, shape in zip(names, shapes, strict=True):
        width = room * shape / sum(shapes)
        found[name] = QRectF(left, area.y(), width, area.height())
        left += width + GAP
    return found


def _grid(names: Sequence[str], area: QRectF) -> dict[str, QRectF]:
    """Two in a row."""
    columns = 2 if len(names) > 1 else 1
    rows = max(1, -(-len(names) // columns))
    width, height = (area.width() - GAP * (columns - 1)) / columns, (area.height() - GAP * (rows - 1)) / rows
    places = [(area.x() + n % columns * (width + GAP), area.y() + n // columns * (height + GAP)) for n in range(4)]
    return {name: QRectF(x, y, width, height) for name, (x, y) in zip(names, places, strict=False)}
