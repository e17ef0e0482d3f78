"""What each key does in the timeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

if TYPE_CHECKING:
    from ui.timeline.timeline import Timeline

ZOOM_STEP = 1.5
PAGE = 0.9
"""How much of the window a page is."""


def action(timeline: Timeline, event: QKeyEvent) -> Callable[[], object] | None:
    """What a key asks for, None where that is nothing."""
    shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
    snap = not event.modifiers() & Qt.KeyboardModifier.AltModifier
    key = Qt.Key
    table: dict[int, Callable[[], object]] = {
        key.Key_Left: lambda: _walk(timeline, -1, event),
        key.Key_Right: lambda: _walk(timeline, 1, event),
        key.Key_Comma: lambda: timeline.step(-1),
        key.Key_Period: lambda: timeline.step(1),
        key.Key_Home: lambda: timeline.seek(0.0),
        key.Key_End: lambda: timeline.seek(timeline.scale.duration),
        key.Key_I: lambda: timeline.set_start(snap),
        key.Key_O: lambda: timeline.set_stop(snap),
        key.Key_Backspace: timeline.use_all,
        key.Key_Up: lambda: timeline.choose(timeline.current - 1),
        key.Key_Down: lambda: timeline.choose(timeline.current + 1),
        key.Key_PageUp: lambda: timeline.scroll_by(-PAGE * timeline.scale.width),
        key.Key_PageDown: lambda: timeline.scroll_by(PAGE * timeline.scale.width),
        key.Key_Plus: lambda: timeline.zoom(ZOOM_STEP),
        key.Key_Equal: lambda: timeline.zoom(ZOOM_STEP),
        key.Key_Minus: lambda: timeline.zoom(1 / ZOOM_STEP),
        key.Key_0: timeline.fit,
        key.Key_N: timeline.previous_problem if shift else timeline.next_problem,
    }
    return table.get(event.key())


def _walk(timeline: Timeline, direction: int, event: QKeyEvent) -> None:
    """By a frame; with Shift by a second, with Ctrl to a beat."""
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        timeline.to_beat(direction)
    elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
        timeline.seek(timeline.time + direction)
    else:
        timeline.step(direction)
