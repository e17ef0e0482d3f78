"""The timeline for screen readers: a slider whose value is the moment, with actions for all that the mouse can do."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import (
    QAccessible,
    QAccessibleActionInterface,
    QAccessibleAnnouncementEvent,
    QAccessibleInterface,
    QAccessibleValueChangeEvent,
    QAccessibleValueInterface,
    QGuiApplication,
)
from PySide6.QtWidgets import QAccessibleWidget

from ui.timeline.scale import clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from ui.timeline.timeline import Timeline


def install() -> None:
    """Let Qt ask here for the timeline's interface; once for each application."""
    app = QGuiApplication.instance()
    if app is not None and not app.property("timeline is accessible"):
        app.setProperty("timeline is accessible", True)
        QAccessible.installFactory(_made)


def tell_value(timeline: Timeline) -> None:
    """Say that the moment has changed, where anybody listens."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleValueChangeEvent(timeline, timeline.time))


def announce(timeline: Timeline, words: str) -> None:
    """Have words read out, where anybody listens."""
    if QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(timeline, words))


def _made(name: str, thing: QObject) -> QAccessibleInterface | None:
    from ui.timeline.timeline import Timeline

    return TimelineInterface(thing) if isinstance(thing, Timeline) else None


class Value(QAccessibleValueInterface):
    """Seconds of the moment that is seen."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.timeline = timeline

    def currentValue(self) -> float:
        return self.timeline.time

    def setCurrentValue(self, value: float) -> None:
        self.timeline.seek(float(value))

    def minimumValue(self) -> float:
        return 0.0

    def maximumValue(self) -> float:
        return self.timeline.scale.duration

    def minimumStepSize(self) -> float:
        return self.timeline.scale.frame


class Actions(QAccessibleActionInterface):
    """What a screen reader offers to do."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__()
        self.timeline = timeline

    def _table(self) -> dict[str, tuple[Callable[[], object], str, str]]:
        """For each action: what it does, its words, its key."""
        one = self.timeline
        return {
            self.increaseAction(): (lambda: one.step(1), one.tr("One frame on"), "Right"),
            self.decreaseAction(): (lambda: one.step(-1), one.tr("One frame back"), "Left"),
            "next beat": (lambda: one.to_beat(1), one.tr("Next beat"), "Ctrl+Right"),
            "previous beat": (lambda: one.to_beat(-1), one.tr("Beat before"), "Ctrl+Left"),
            "begin here": (one.set_start, one.tr("The part that is used begins here"), "I"),
            "end here": (one.set_stop, one.tr("The part that is used ends here"), "O"),
            "use all": (one.use_all, one.tr("Use all of it"), "Backspace"),
            "next problem": (one.next_problem, one.tr("Next problem"), "N"),
            "previous problem": (one.previous_problem, one.tr("Problem before"), "Shift+N"),
            "next lane": (lambda: one.choose(one.current + 1), one.tr("Next video"), "Down"),
            "previous lane": (lambda: one.choose(one.current - 1), one.tr("Video before"), "Up"),
            "zoom in": (lambda: one.zoom(1.5), one.tr("Zoom in"), "+"),
            "zoom out": (lambda: one.zoom(1 / 1.5), one.tr("Zoom out"), "-"),
            "show everything": (one.fit, one.tr("Show everything"), "0"),
        }

    def actionNames(self) -> list[str]:
        return list(self._table())

    def doAction(self, name: str) -> None:
        if name in self._table() and self.timeline.lanes:
            self._table()[name][0]()

    def localizedActionName(self, name: str) -> str:
        return self._table()[name][1] if name in self._table() else ""

    def localizedActionDescription(self, name: str) -> str:
        return self.localizedActionName(name)

    def keyBindingsForAction(self, name: str) -> list[str]:
        return [self._table()[name][2]] if name in self._table() else []


class TimelineInterface(QAccessibleWidget):
    """A slider; its description tells of each video the part that is used and how many problems it has."""

    def __init__(self, timeline: Timeline) -> None:
        super().__init__(timeline, QAccessible.Role.Slider, timeline.accessibleName())
        self.timeline = weakref.proxy(timeline)  # PySide never lets go of an interface; its timeline may go
        self.value, self.actions = Value(self.timeline), Actions(self.timeline)

    def interface_cast(self, kind: QAccessible.InterfaceType) -> object:  # type: ignore[override]
        # PySide turns the returned object into its C++ pointer; a number from getCppPointer crashes (6.11.3).
        if kind == QAccessible.InterfaceType.ValueInterface:
            return self.value
        if kind == QAccessible.InterfaceType.ActionInterface:
            return self.actions
        return super().interface_cast(kind)

    def text(self, kind: QAccessible.Text) -> str:
        if kind == QAccessible.Text.Value:
            of = self.timeline.tr("{time} of {duration}")
            return of.format(time=clock(self.timeline.time, 2), duration=clock(self.timeline.scale.duration, 2))
        if kind == QAccessible.Text.Description:
            return " ".join(self._words(number) for number in range(len(self.timeline.lanes)))
        return super().text(kind)

    def _words(self, number: int) -> str:
        lane, (start, stop) = self.timeline.lanes[number], self.timeline.trim(number)
        said = self.timeline.tr("{name}: {start} to {stop} is used, {count} problems.")
        count = len(lane.problems)
        return said.format(name=lane.name, start=clock(start, 2), stop=clock(stop, 2), count=count)
