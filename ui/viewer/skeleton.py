"""Draws a person's joints and limbs over a picture, left and right in different colors."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform

if TYPE_CHECKING:
    from dancetransfer.pose.poses import Poses

LEFT, RIGHT, MIDDLE = "#ffa657", "#58c4ff", "#f2f2f5"
"""Colors that hold on skin, clothes and walls in either scheme, and for people who mistake red for green."""
GROUND = "#15161b"
"""Behind a skeleton that is shown alone."""
LIMBS: tuple[tuple[int, int], ...] = (
    (5, 6), (11, 12), (5, 11), (6, 12), (0, 1), (0, 2), (1, 3), (2, 4),
    (5, 7), (7, 9), (11, 13), (13, 15), (15, 17), (15, 19), (17, 18),
    (6, 8), (8, 10), (12, 14), (14, 16), (16, 20), (16, 22), (20, 21),
)  # fmt: skip
"""Pairs of joints of COCO-WholeBody: trunk and head, the left side, the right side."""
HANDS: tuple[tuple[int, int], ...] = tuple(
    pair
    for wrist in (91, 112)
    for finger in range(1, 18, 4)
    for pair in [(wrist, wrist + finger), *((wrist + n, wrist + n + 1) for n in range(finger, finger + 3))]
)
FACE = range(23, 91)
MAIN = range(23)
"""The joints of body and feet, which can be taken hold of."""
SIDED = {joint: color for n, color in ((0, LEFT), (1, RIGHT)) for joint in range(1 + n, 17, 2)}
SIDED |= dict.fromkeys((*range(17, 20), *range(91, 112)), LEFT) | dict.fromkeys(
    (*range(20, 23), *range(112, 133)), RIGHT
)
WIDTH = 3.0
"""Screen pixels of a limb's line in a picture that is 480 pixels high on the screen."""


def frame_at(poses: "Poses", seconds: float) -> int:
    """The frame that is shown at a time; -1 where the track has none."""
    return min(len(poses.time), max(1, int(poses.time.searchsorted(seconds + 0.002, "right")))) - 1


def color_of(one: int, other: int | None = None) -> QColor:
    """Of a joint, or of the limb between two."""
    here = SIDED.get(one, MIDDLE)
    return QColor(here if other is None or SIDED.get(other, MIDDLE) == here else MIDDLE)


def points(poses: "Poses", number: int, placed: QTransform) -> dict[int, QPointF]:
    """Where the joints that are seen in a frame lie on the screen, by number."""
    seen = poses[number : number + 1].visible[0].nonzero()[0]
    xy = poses.xy[number, seen]
    return {int(n): placed.map(QPointF(float(x), float(y))) for n, (x, y) in zip(seen, xy, strict=True)}


def paint(painter: QPainter, poses: "Poses", seconds: float, placed: QTransform, color: QColor | None = None) -> None:
    """Draw the skeleton of a time. `placed` maps the video's pixels to the screen.

    `color`: one for all of it, for a second skeleton over the first. Where the track is
    uncertain, it is drawn with broken lines.
    """
    number = frame_at(poses, seconds)
    if number < 0:
        return
    where = points(poses, number, placed)
    unsure = poses.uncertain is not None and bool(poses.uncertain[number])
    unit = WIDTH * min(2.0, max(0.6, placed.m22() * poses.size[1] / 480))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for limbs, width in ((LIMBS, unit), (HANDS, unit / 3)):
        for one, other in limbs:
            if one in where and other in where:
                _line(painter, where[one], where[other], color or color_of(one, other), width, unsure)
    painter.setPen(Qt.PenStyle.NoPen)
    for joint, point in where.items():
        radius = unit if joint in MAIN else unit / 4
        painter.setBrush(color or color_of(joint))
        painter.drawEllipse(point, radius, radius)
    painter.restore()


def _line(painter: QPainter, one: QPointF, other: QPointF, color: QColor, width: float, unsure: bool) -> None:
    shade = QPen(QColor(0, 0, 0, 110), 1.6 * width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    line = QPen(color, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
    if unsure:
        line.setDashPattern([1.5, 2])
    else:  # a dark edge keeps the line visible over bright clothes
        painter.setPen(shade)
        painter.drawLine(one, other)
    painter.setPen(line)
    painter.drawLine(one, other)
