"""Draws the timeline: ruler, pictures, waveform with beats, the part that is kept, curves with problems, playhead."""

import bisect
import math
from dataclasses import dataclass, field

from PySide6.QtCore import QLineF, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPainterPath, QPen, QPixmap

from ui.theme import SPACE, Colors
from ui.timeline.lane import Lane, Strip, Thumbs
from ui.timeline.layout import EDGE, HANDLE, Layout, Row
from ui.timeline.scale import Scale, clock, marks

BEATS_APART = 5
"""Pixels; closer beats would be a gray field."""


@dataclass
class Kept:
    """What is costly to make and stays: waveforms in levels, pictures at the size they are drawn at."""

    waves: dict[int, tuple[object, object]] = field(default_factory=dict)
    pictures: dict[int, tuple[Thumbs, int, dict[int, QPixmap]]] = field(default_factory=dict)


@dataclass
class Scene:
    """All that is drawn, apart from the playhead and the mouse."""

    lanes: list[Lane]
    trims: list[tuple[float, float]]
    current: int
    scale: Scale
    layout: Layout
    colors: Colors
    metrics: QFontMetricsF
    ratio: float
    """Device pixels of a pixel."""
    kept: Kept


def paint(painter: QPainter, scene: Scene) -> None:
    """Everything that stands still while the dance plays."""
    _ruler(painter, scene)
    for number, (lane, row) in enumerate(zip(scene.lanes, scene.layout.rows, strict=True)):
        _names(painter, scene, number, row)
        painter.save()
        painter.setClipRect(QRectF(scene.layout.left, row.body.top(), scene.layout.width, row.bottom - row.body.top()))
        painter.fillRect(_span(scene, 0, lane.duration, row.body), QColor(scene.colors.track))
        _thumbs(painter, scene, number, row)
        _beats(painter, scene, lane, row)
        _wave(painter, scene, number, row)
        for strip, place in zip(lane.strips, row.strips, strict=True):
            _strip(painter, scene, lane, strip, place)
        painter.restore()
        _trim(painter, scene, number, row)
    _overview(painter, scene)


def paint_playhead(painter: QPainter, scene: Scene, seconds: float) -> None:
    """A line over all lanes with a head in the ruler."""
    layout, x = scene.layout, scene.layout.left + scene.scale.x(seconds)
    if not scene.lanes or not layout.left - 1 <= x <= layout.right + 1:
        return
    top, bottom = layout.ruler.bottom() - 12, layout.rows[-1].bottom + 2
    color = QColor(scene.colors.text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(scene.colors.window), 3.5))  # so that it is seen on any picture
    painter.drawLine(QPointF(x, top + 8), QPointF(x, bottom))
    painter.setPen(QPen(color, 1.5))
    painter.drawLine(QPointF(x, top + 8), QPointF(x, bottom))
    head = QPainterPath(QPointF(x - 5, top))
    for corner in (QPointF(x + 5, top), QPointF(x + 5, top + 6), QPointF(x, top + 11), QPointF(x - 5, top + 6)):
        head.lineTo(corner)
    head.closeSubpath()
    painter.setPen(QPen(color, 2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
    painter.setBrush(color)
    painter.drawPath(head)


def paint_hover(painter: QPainter, scene: Scene, seconds: float) -> None:
    """A faint line where the mouse is, with its time."""
    layout, x = scene.layout, scene.layout.left + scene.scale.x(seconds)
    painter.setPen(QPen(QColor(scene.colors.dim), 1, Qt.PenStyle.DotLine))
    painter.drawLine(QPointF(x, layout.ruler.bottom()), QPointF(x, layout.rows[-1].bottom))
    words = clock(seconds, 2)
    wide = scene.metrics.horizontalAdvance(words) + 2 * SPACE
    left = min(max(x - wide / 2, layout.left), layout.right - wide)
    box = QRectF(left, 2, wide, layout.ruler.height() - 6)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(scene.colors.line), 1))
    painter.setBrush(QColor(scene.colors.raised))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(QColor(scene.colors.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def paint_time(painter: QPainter, scene: Scene, seconds: float) -> None:
    """The playhead's time, large, before the ruler."""
    box = QRectF(SPACE, 0, scene.layout.left - EDGE - SPACE, scene.layout.ruler.height())
    painter.setPen(QColor(scene.colors.text))
    painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, clock(seconds, 2))


def paint_empty(painter: QPainter, area: QRectF, colors: Colors, words: str) -> None:
    """What stands here before there is a video."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(colors.line), 1.5, Qt.PenStyle.DashLine))
    painter.drawRoundedRect(area.adjusted(SPACE, SPACE, -SPACE, -SPACE), SPACE, SPACE)
    painter.setPen(QColor(colors.dim))
    painter.drawText(area, Qt.AlignmentFlag.AlignCenter, words)


# --- the parts ------------------------------------------------------------------------------------


def _span(scene: Scene, start: float, stop: float, place: QRectF) -> QRectF:
    """From one time to another, no farther out of sight than need be."""
    left = max(scene.scale.x(start), -2 * EDGE)
    right = min(scene.scale.x(stop), scene.layout.width + 2 * EDGE)
    return QRectF(scene.layout.left + left, place.top(), max(0.0, right - left), place.height())


def _ruler(painter: QPainter, scene: Scene) -> None:
    scale, ruler = scene.scale, scene.layout.ruler
    widest = scene.metrics.horizontalAdvance(clock(scale.duration, 2)) + 3 * SPACE
    step, places = marks(scale, widest)
    digits = 0 if step >= 1 else 1 if step >= 0.1 else 2
    painter.setPen(QColor(scene.colors.faint))
    lines = []
    for place in places:
        x = round(scene.layout.left + scale.x(place)) + 0.5
        if scene.layout.left - 1 <= x <= scene.layout.right + 1:
            lines.append(QLineF(x, ruler.bottom() - 5, x, ruler.bottom() - 1))
            words = clock(place, digits)
            left = x - scene.metrics.horizontalAdvance(words) / 2
            if left + 2 * (x - left) <= scene.layout.right + EDGE:
                painter.drawText(QPointF(max(left, scene.layout.left - EDGE), ruler.bottom() - 9), words)
    painter.drawLines(lines)


def _names(painter: QPainter, scene: Scene, number: int, row: Row) -> None:
    lane, wide = scene.lanes[number], scene.layout.left - EDGE - 2 * SPACE
    current = number == scene.current and len(scene.lanes) > 1
    if current:
        bar = QRectF(2, row.body.top(), 3, row.body.height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(scene.colors.accent))
        painter.drawRoundedRect(bar, 1.5, 1.5)
    line = scene.metrics.height()
    painter.setPen(QColor(scene.colors.text))
    name = scene.metrics.elidedText(lane.name, Qt.TextElideMode.ElideMiddle, wide)
    painter.drawText(QPointF(SPACE + 2, row.body.top() + scene.metrics.ascent() + 1), name)
    painter.setPen(QColor(scene.colors.dim))
    start, stop = scene.trims[number]
    trimmed = stop - start < lane.duration - 1e-6
    words = f"{clock(stop - start, 1)} / {clock(lane.duration, 1)}" if trimmed else clock(lane.duration, 1)
    if lane.duration and row.body.height() >= 2 * line:
        words = scene.metrics.elidedText(words, Qt.TextElideMode.ElideRight, wide)
        painter.drawText(QPointF(SPACE + 2, row.body.top() + line + scene.metrics.ascent() + 2), words)
    for strip, place in zip(lane.strips, row.strips, strict=True):
        box = QRectF(SPACE + 2, place.top(), wide, place.height())
        name = scene.metrics.elidedText(strip.name, Qt.TextElideMode.ElideRight, wide)
        painter.drawText(box, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, name)


def _thumbs(painter: QPainter, scene: Scene, number: int, row: Row) -> None:
    """Pictures side by side from second 0 on, so that they don't swim while one scrolls."""
    lane = scene.lanes[number]
    if lane.thumbs is None or not len(lane.thumbs):
        return
    place, high = row.thumbs, row.thumbs.height()
    wide = high * lane.thumbs.width / lane.thumbs.image.height()
    end = min(scene.scale.stop, lane.duration) * scene.scale.per_second
    at = int(scene.scale.start * scene.scale.per_second / wide)
    painter.save()
    painter.setClipRect(_span(scene, 0, lane.duration, place), Qt.ClipOperation.IntersectClip)
    while at * wide < end:
        seconds = (at + 0.5) * wide / scene.scale.per_second
        shown = min(int(seconds / lane.thumbs.every), len(lane.thumbs) - 1)
        x = at * wide - scene.scale.start * scene.scale.per_second
        left, right = (place.left() + math.floor(edge * scene.ratio) / scene.ratio for edge in (x, x + wide))
        picture = _picture(scene, number, shown, round(high * scene.ratio))
        painter.drawPixmap(QRectF(left, place.top(), right - left, high), picture, QRectF(picture.rect()))
        at += 1
    painter.restore()


def _picture(scene: Scene, number: int, shown: int, pixels: int) -> QPixmap:
    thumbs = scene.lanes[number].thumbs
    assert thumbs is not None
    kept = scene.kept.pictures.get(number)
    if kept is None or kept[0] is not thumbs or kept[1] != pixels:
        kept = scene.kept.pictures[number] = (thumbs, pixels, {})
    if shown not in kept[2]:
        cut = thumbs.image.copy(QRect(shown * thumbs.width, 0, thumbs.width, thumbs.image.height()))
        small = cut.scaledToHeight(pixels, Qt.TransformationMode.SmoothTransformation)
        kept[2][shown] = QPixmap.fromImage(small)
    return kept[2][shown]


def _wave(painter: QPainter, scene: Scene, number: int, row: Row) -> None:
    lane = scene.lanes[number]
    if lane.peaks is None or not len(lane.peaks):
        return
    from ui.timeline.curves import Waveform, waveform_image  # NumPy comes with the first video

    kept = scene.kept.waves.get(number)
    if kept is None or kept[0] is not lane.peaks:
        kept = scene.kept.waves[number] = (lane.peaks, Waveform(lane.peaks, lane.per_second))
    wave, count = kept[1], math.ceil(scene.layout.width * scene.ratio)
    assert isinstance(wave, Waveform)
    columns = wave.columns(scene.scale.start, scene.scale.stop, count)
    beyond = math.ceil(scene.scale.x(lane.duration) * scene.ratio)
    columns = columns[: max(0, min(count, beyond))]
    if len(columns):
        place = row.wave.adjusted(0, 3, 0, -3)
        _draw(painter, place, waveform_image(columns, round(place.height() * scene.ratio), scene.colors.wave), scene)


def _draw(painter: QPainter, place: QRectF, image: QImage, scene: Scene) -> None:
    image.setDevicePixelRatio(scene.ratio)
    painter.drawImage(place.topLeft(), image)


def _beats(painter: QPainter, scene: Scene, lane: Lane, row: Row) -> None:
    first = bisect.bisect_left(lane.beats, scene.scale.start)
    last = bisect.bisect_right(lane.beats, min(scene.scale.stop, lane.duration))
    if last - first < 1 or (last - first) * BEATS_APART > scene.layout.width:
        return
    place = row.wave if row.wave.height() else row.thumbs
    color = QColor(scene.colors.dim)
    color.setAlphaF(min(0.55, 0.08 * scene.layout.width / (BEATS_APART * (last - first))))
    painter.setPen(QPen(color, 1))
    xs = (round(place.left() + scene.scale.x(beat)) + 0.5 for beat in lane.beats[first:last])
    painter.drawLines([QLineF(x, place.top(), x, place.bottom()) for x in xs])


def _strip(painter: QPainter, scene: Scene, lane: Lane, strip: Strip, place: QRectF) -> None:
    from ui.timeline.curves import curve_columns, curve_image

    painter.fillRect(_span(scene, 0, lane.duration, place), QColor(scene.colors.track))
    count = math.ceil(scene.layout.width * scene.ratio)
    levels = curve_columns(strip.times, strip.values, scene.scale.start, scene.scale.stop, count)
    image = curve_image(levels, round(place.height() * scene.ratio), scene.colors.wave, scene.ratio)
    _draw(painter, place, image, scene)
    seen = [one for one in strip.problems if one.stop >= scene.scale.start and one.start <= scene.scale.stop]
    spans = [_span(scene, one.start, one.stop, place) for one in seen]
    for span in spans:
        span.setWidth(max(span.width(), 3.0))
    ground = QColor(scene.colors.warn)
    ground.setAlphaF(0.35)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ground)
    painter.drawRects(spans)
    painter.setBrush(QColor(scene.colors.warn))
    painter.drawRects([span.adjusted(0, span.height() - 2, 0, 0) for span in spans])


def _trim(painter: QPainter, scene: Scene, number: int, row: Row) -> None:
    """What is left out lies in the dark; the rest has a frame whose sides are the handles."""
    lane, (start, stop) = scene.lanes[number], scene.trims[number]
    if lane.duration <= 0:
        return
    trimmed = start > 1e-6 or stop < lane.duration - 1e-6
    painter.save()
    shade = QColor(scene.colors.window)
    shade.setAlphaF(0.72)
    painter.setClipRect(QRectF(scene.layout.left, row.body.top(), scene.layout.width, row.body.height()))
    painter.fillRect(_span(scene, 0, start, row.body), shade)
    painter.fillRect(_span(scene, stop, lane.duration, row.body), shade)
    cut = [0 if scene.scale.x(start) < -1 else -EDGE, EDGE if scene.scale.x(stop) <= scene.layout.width + 1 else 0]
    painter.setClipRect(row.body.adjusted(cut[0], -2, cut[1], 2))
    color = QColor(scene.colors.accent if trimmed else scene.colors.faint)
    kept = _span(scene, start, stop, row.body)
    frame = kept.adjusted(-HANDLE, -1, HANDLE, 1)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addRoundedRect(frame, 5, 5)
    hole = QPainterPath()
    hole.addRect(kept.adjusted(0, 1, 0, -1) if trimmed else kept.adjusted(0, -1, 0, 1))
    painter.fillPath(path - hole, color)
    grip = QColor(scene.colors.accent_text if trimmed else scene.colors.panel)
    painter.setPen(QPen(grip, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap))
    middle, reach = kept.center().y(), min(8.0, kept.height() / 5)
    for x in (kept.left() - HANDLE / 2, kept.right() + HANDLE / 2):
        painter.drawLine(QPointF(x, middle - reach), QPointF(x, middle + reach))
    painter.restore()


def _overview(painter: QPainter, scene: Scene) -> None:
    """A bar that stands for everything, with the window that is seen; only where that isn't all."""
    bar, scale = scene.layout.overview, scene.scale
    if scale.whole:
        return
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(scene.colors.track))
    painter.drawRoundedRect(bar, bar.height() / 2, bar.height() / 2)
    per_second = bar.width() / scale.duration
    window = QRectF(bar.left() + scale.start * per_second, bar.top(), scale.seconds * per_second, bar.height())
    if window.width() < 3 * bar.height():
        window = QRectF(window.center().x() - 1.5 * bar.height(), bar.top(), 3 * bar.height(), bar.height())
    painter.setBrush(QColor(scene.colors.faint))
    painter.drawRoundedRect(window.intersected(bar), bar.height() / 2, bar.height() / 2)
    starts = {round(one.start * per_second) for lane in scene.lanes for strip in lane.strips for one in strip.problems}
    painter.setBrush(QColor(scene.colors.warn))
    painter.drawRects([QRectF(bar.left() + x, bar.top() + 2, 2, bar.height() - 4) for x in starts])
