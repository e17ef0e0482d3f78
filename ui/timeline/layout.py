"""Where each part of the timeline stands in its widget, and what lies under the mouse."""

from dataclasses import dataclass
from enum import Enum, auto

from PySide6.QtCore import QPointF, QRectF

from ui.theme import SPACE
from ui.timeline.lane import Lane

EDGE = 14
"""Pixels beside the pictures, where the handles of an untrimmed video stand."""
HANDLE = 10
GRIP = 9
"""Pixels beside a handle's edge that still catch it."""
OVERVIEW = 8
THUMBS_LEAST, THUMBS_MOST = 32, 88


class Part(Enum):
    """What can be under the mouse."""

    NOTHING = auto()
    RULER = auto()
    BODY = auto()
    STRIP = auto()
    START = auto()
    STOP = auto()
    OVERVIEW = auto()


@dataclass(frozen=True)
class Row:
    """A lane's places."""

    body: QRectF
    """Pictures and waveform."""
    thumbs: QRectF
    wave: QRectF
    strips: tuple[QRectF, ...]

    @property
    def bottom(self) -> float:
        return self.strips[-1].bottom() if self.strips else self.body.bottom()


@dataclass(frozen=True)
class Layout:
    """All places, in the widget's pixels."""

    left: float
    """Where the pictures begin; words stand before."""
    right: float
    ruler: QRectF
    rows: tuple[Row, ...]
    overview: QRectF

    @property
    def width(self) -> float:
        return self.right - self.left


def line_height(letters: float) -> float:
    """Of a strip, whose name stands beside it, where letters are so high."""
    return max(14.0, round(0.95 * letters))


def gutter(letters: float, width: float) -> float:
    """Pixels before the pictures, for names."""
    return min(SPACE * round(9.5 * letters / SPACE), max(SPACE * 6.0, width / 4))


def height_of(lanes: list[Lane], letters: float, thumbs: float) -> float:
    """What the lanes need with pictures so high."""
    return _ruler(letters) + sum(_lane(lane, letters, thumbs) for lane in lanes) + OVERVIEW + 2 * SPACE


def lay_out(lanes: list[Lane], letters: float, width: float, height: float) -> Layout:
    """Pictures take the height that is left, within bounds."""
    fixed = height_of(lanes, letters, 0)
    thumbs = min(max((height - fixed) // max(1, len(lanes)), THUMBS_LEAST), THUMBS_MOST)
    left, right = gutter(letters, width) + EDGE, width - EDGE - SPACE / 2
    rows, top = [], _ruler(letters)
    for lane in lanes:
        rows.append(_row(lane, letters, thumbs, top, left, right))
        top += _lane(lane, letters, thumbs)
    ruler = QRectF(left, 0, right - left, _ruler(letters))
    return Layout(left, right, ruler, tuple(rows), QRectF(left, height - OVERVIEW - SPACE / 2, right - left, OVERVIEW))


def under(layout: Layout, pos: QPointF, handles: list[tuple[float, float]]) -> tuple[Part, int, int]:
    """What is at a point: (part, lane, strip). `handles`: the pixels of each lane's handles."""
    if layout.overview.adjusted(-EDGE, -4, EDGE, 4).contains(pos):
        return Part.OVERVIEW, -1, -1
    if not layout.left - EDGE <= pos.x() <= layout.right + EDGE:
        return Part.NOTHING, -1, -1
    if pos.y() < layout.ruler.bottom():
        return Part.RULER, -1, -1
    for number, row in enumerate(layout.rows):
        if row.body.top() <= pos.y() <= row.body.bottom():
            return _handle(pos.x(), handles[number]), number, -1
        for which, strip in enumerate(row.strips):
            if strip.top() - 1 <= pos.y() <= strip.bottom() + 2:
                return Part.STRIP, number, which
    return Part.NOTHING, -1, -1


def _handle(x: float, handles: tuple[float, float]) -> Part:
    """A handle stands outside the part that is kept, so that a short part's two are told apart."""
    start, stop = handles
    if start - HANDLE - 2 <= x <= start + min(GRIP, (stop - start) / 3):
        return Part.START
    if stop - min(GRIP, (stop - start) / 3) <= x <= stop + HANDLE + 2:
        return Part.STOP
    return Part.BODY


def _ruler(letters: float) -> float:
    return round(letters + 12.0)


def _wave(lane: Lane, letters: float) -> float:
    return round(2.2 * letters) if lane.peaks is not None else 0.0


def _lane(lane: Lane, letters: float, thumbs: float) -> float:
    strips = len(lane.strips) * (line_height(letters) + 3)
    return SPACE / 2 + thumbs + _wave(lane, letters) + strips + SPACE + 4


def _row(lane: Lane, letters: float, thumbs: float, top: float, left: float, right: float) -> Row:
    top, wide = top + SPACE / 2, right - left
    pictures = QRectF(left, top, wide, thumbs)
    wave = QRectF(left, pictures.bottom(), wide, _wave(lane, letters))
    strips, at = [], wave.bottom() + 6
    for _ in lane.strips:
        strips.append(QRectF(left, at, wide, line_height(letters)))
        at += line_height(letters) + 3
    return Row(QRectF(left, top, wide, thumbs + wave.height()), pictures, wave, tuple(strips))
