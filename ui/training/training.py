"""The panel of a training: pictures getting better, the score in plain words, and what one may do about it."""

import json
import re
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QProgressBar, QPushButton, QVBoxLayout, QWidget

from dancetransfer.events import Done, Event, Failed, Metric, Notice, Preview, Progress, Started, Stopping
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from ui import theme
from ui.training.curve import Curve
from ui.training.outlook import Course, Reader, clock, duration, farewell, kept, number, part_words, sentence
from ui.training.previews import Shown, listed
from ui.training.report import ReportSheet, report_of
from ui.training.timemachine import TimeMachine

TRAIN = "train"
"""The stage that this panel is about."""
RENDER, WRITE, DEMO = "render", "export", "demo"
"""Steps after it on the way to a clip, which are stages too; in the last one all is one command."""
RESTS, RUNS, WORKS, STOPS = "rests", "runs", "works", "stops"
"""WORKS: what comes before the training, or after it."""
WAITED = "share of time waited for batches"
"""The metric of a graphics card that has to wait for pictures."""
REFINED = re.compile(r"(.+) score (with|without) refiner")
"""Figures of the end: how like a part was before it was learned by itself, and after."""
MORE_SECONDS = (300.0, 900.0, 3600.0, 4 * 3600.0)
"""What can be added to a training at a click."""
SOON = 10.0
"""Seconds of planned time below which a training has had it all."""


class Open(Protocol):
    """What the panel asks of a document."""

    @property
    def project(self) -> Project | None: ...


class TrainingPanel(QWidget):
    """Shows the newest training of a document's project and what the engine says of it.

    `enough`: stop learning and render with the best so far. `paused`: stop, to go on another time.
    `more`: go on with this many seconds more than are planned; 0 takes the planned time up again.
    """

    enough = Signal()
    paused = Signal()
    more = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document: Open | None = None
        self._reader: Reader | None = None
        self._state = RESTS
        self._planned, self._steps = 0.0, 0.0
        self._left: float | None = None
        self._ended = self._anew = self._made = False
        self._step = ""
        """What is made now: the step on the way to a clip."""
        self._stage = Progress("", 0.0)
        """The newest word of a stage that isn't the training."""
        self._newest: int | None = None
        """Step of the newest picture since the training started; there may be later ones, of a try that was lost."""
        self._refined: dict[str, dict[str, float]] = {}
        self._waited: float | None = None
        """Share of its time that a graphics card waits for pictures."""
        self._machine = TimeMachine()
        self._curve = Curve()
        column = QVBoxLayout(self)
        column.setContentsMargins(*[2 * theme.SPACE] * 4)
        column.setSpacing(theme.SPACE)
        column.addLayout(self._head())
        column.addWidget(self._machine, 1)
        column.addWidget(self._curve)
        column.addLayout(self._foot())
        self._machine.shown.connect(self._mark)
        self._curve.picked.connect(self._machine.go_to)
        self.setAccessibleName(self.tr("Training"))
        self._tell()

    # --- what it is made of -----------------------------------------------------------------------

    def _head(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.SPACE // 2)
        self._sentence, self._facts, self._bar = QLabel(), QLabel(), QProgressBar()
        self._sentence.setFont(theme.font(1.35, theme.QFont.Weight.DemiBold))
        self._sentence.setWordWrap(True)
        self._facts.setProperty("role", "dim")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setAccessibleName(self.tr("Used part of the planned time"))
        self._notice = QLabel()
        self._notice.setProperty("role", "dim")
        self._notice.setWordWrap(True)
        self._notice.hide()
        for widget in (self._sentence, self._facts, self._notice):
            column.addWidget(widget)
        column.addSpacing(theme.SPACE // 2)
        column.addWidget(self._bar)
        return column

    def _foot(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        self._pause = self._button(self.tr("Pause"), self.tr("Stop for now; what was learned is kept"), "pause")
        self._go_on = self._button(self.tr("Go on"), self.tr("Go on with the rest of the planned time"), "play")
        self._add = self._button(self.tr("More time"), self.tr("Go on for longer than was planned"), "time")
        self._enough = self._button(
            self.tr("Good enough, render now"), self.tr("Stop learning and make the clip with the best so far"), ""
        )
        self._enough.setProperty("role", "primary")
        self._report = self._button(
            self.tr("How good is it?"), self.tr("The frames it made worst, beside what was filmed"), ""
        )
        self._report.clicked.connect(self._show_report)
        menu = QMenu(self._add)
        for seconds in MORE_SECONDS:
            hours, minutes = divmod(int(seconds) // 60, 60)
            words = self.tr("{n} hours more") if hours > 1 else self.tr("1 hour more") if hours else ""
            words = words or self.tr("{n} minutes more")
            more = menu.addAction(words.format(n=hours or minutes))
            more.triggered.connect(lambda _=False, s=seconds: self._ask_more(s))
        self._add.setMenu(menu)
        row.addWidget(self._report)
        row.addStretch(1)
        for button in (self._pause, self._go_on, self._add, self._enough):
            row.addWidget(button)
        self._pause.clicked.connect(self._ask_pause)
        self._go_on.clicked.connect(lambda: self._ask_more(0.0))
        self._enough.clicked.connect(self._ask_enough)
        return row

    def _button(self, name: str, tip: str, icon: str) -> QPushButton:
        button = QPushButton(name)
        button.setAccessibleName(name)
        button.setToolTip(tip)
        if icon:
            theme.wear(button, icon)
        return button

    # --- from outside -----------------------------------------------------------------------------

    def begin(self, document: Open) -> None:
        """Show this document's newest training, if it has one."""
        self._document = document
        self._state, self._left, self._ended, self._steps = RESTS, None, False, 0.0
        self._anew, self._newest, self._refined = False, None, {}
        self._say("")
        project = document.project
        self._planned = project.settings(TrainSettings).budget if project else 0.0
        self._watch(project.runs[-1] if project and project.runs else None)
        self._tell()

    def follow(self, step: str, made: bool = False) -> None:
        """A clip is being made, and this is the step: "train", "render", "export", "demo"; "": nothing is made.

        `made`: there is a clip, and nothing that was interrupted.
        """
        self._made = made
        if step != self._step:
            self._step, self._stage = step, Progress("", 0.0)
        if self._state != RUNS or step not in (TRAIN, DEMO):
            self._state = WORKS if step else RESTS
        self._tell()

    def hear(self, event: Event) -> None:
        """What the engine says while it works; what has nothing to do with making a clip changes nothing."""
        match event:
            case Started(stage="train"):
                self._start(event)
            case Progress(stage="train"):
                self._count(event)
            case Preview(stage="train"):
                self._newest = event.step
                self._watch(Path(event.path).parent.parent)
            case Done(stage="train"):
                self._state, self._ended = RESTS, True
                self._refresh()
            case Stopping() if self._state in (RUNS, WORKS):
                self._state = STOPS
            case Failed():
                self._state = RESTS
            case Metric(stage="train"):
                self._note(event)
            case Notice() if self._step in (TRAIN, DEMO):
                self._say(event.message, event.hint)
            case Started() if self._step and self._state != STOPS:
                self._state, self._stage = WORKS, Progress(event.stage, 0.0)
            case Progress() if self._step and self._state == WORKS:
                self._stage = event
            case _:
                return
        self._tell()

    def ended(self) -> None:
        """The engine's process is gone, however it went; the next step may have been begun."""
        self._state = WORKS if self._step in (RENDER, WRITE) else RESTS
        self._refresh()
        self._tell()

    @property
    def _run(self) -> Path | None:
        return self._reader.file.parent if self._reader else None

    @property
    def pictured(self) -> bool:
        """There are pictures of the training to be seen."""
        return bool(self._previews())

    @property
    def sentence(self) -> str:
        """What stands at the top."""
        return self._sentence.text()

    # --- the engine's words -----------------------------------------------------------------------

    def _say(self, words: str, hint: str = "") -> None:
        """What the engine did otherwise than was thought, such as with less memory: its newest notice."""
        self._notice.setText(words)
        self._notice.setToolTip(hint)
        self._notice.setVisible(bool(words))

    def _start(self, event: Started) -> None:
        self._state, self._ended, self._left, self._newest, self._refined = RUNS, False, None, None, {}
        self._waited = None
        self._anew = self._is_lost()
        self._steps = event.total or 0.0 if event.unit == "steps" else 0.0
        self._refresh()  # pictures of a try that was lost are gone
        if event.unit == "seconds" and event.total:
            self._planned = event.total

    def _count(self, event: Progress) -> None:
        if self._state in (RESTS, WORKS):  # the panel came later than the training
            self._state = RUNS
        if not event.total:
            return
        self._bar.setValue(round(1000 * event.done / event.total))
        rest = event.total - event.done
        if self._steps:
            used = self._reader.read().seconds if self._reader else 0.0
            self._left = rest * used / event.done if used and event.done else None
        else:
            self._left = rest
            self._planned = event.total
        self._refresh()

    def _watch(self, run: Path | None) -> None:
        """Follow the training in that folder."""
        if self._reader is None or run is None or self._reader.file.parent != run:
            self._anew = False
            self._reader = Reader(run / "metrics.jsonl") if run else None
            self._ended = run is not None and had_it_all(run, self._planned)
        self._refresh()

    def _refresh(self) -> None:
        """Read what the training has written since."""
        if self._reader is None:
            self._machine.set_previews([], [])
            return
        course = self._reader.read()
        previews = self._previews()
        self._machine.set_previews(previews, [course.seconds_at(one.step) for one in previews])
        self._curve.show_course(course, 0.0 if self._steps else self._planned)
        self._mark()

    def _mark(self) -> None:
        if self._reader is not None:
            course = self._reader.course
            moments = [course.seconds_at(one.step) for one in self._previews()]
            self._curve.show_previews(moments, self._machine.seconds)

    def _previews(self) -> list[Shown]:
        """The pictures of this training, without those of a try that was lost."""
        found = listed(self._reader.file.parent) if self._reader else []
        return [one for one in found if self._newest is None or one.step <= self._newest]

    def _note(self, event: Metric) -> None:
        if event.name == WAITED:
            self._waited = event.value
        if known := REFINED.fullmatch(event.name):
            self._refined.setdefault(known[1], {})[known[2]] = event.value
        self._refresh()

    def _is_lost(self) -> bool:
        """The training was ended from outside before its first checkpoint: it can't go on, only begin anew."""
        if self._reader is None or not self._reader.course.moments:
            return False
        return not kept(self._reader.file.parent)

    # --- words and buttons ------------------------------------------------------------------------

    def _tell(self) -> None:
        course = self._reader.course if self._reader else None
        used = course.seconds if course else 0.0
        rest = max(0.0, self._planned - used)
        self._sentence.setText(self._said(course, rest))
        self._facts.setText(self._numbers())
        if self._state == WORKS:
            share = self._stage.done / self._stage.total if self._stage.total else 0.0
            self._bar.setValue(round(1000 * min(1.0, share)))
        elif self._state != RUNS and not self._steps:
            self._bar.setValue(round(1000 * min(1.0, used / self._planned)) if self._planned else 0)
        self._machine.expect(self._state == RUNS)
        self._allow(used, rest)

    def _said(self, course: Course | None, rest: float) -> str:
        """The one sentence of what happens."""
        if self._state == STOPS:
            return self.tr("Stopping; what was learned is kept")
        if self._state == WORKS:
            return self._work(course)
        if self._is_lost() and not (self._state == RESTS and self._ended):
            if self._state == RESTS:
                return self.tr("Cut off before anything was kept: the learning begins anew")
            if self._anew:
                return self.tr("Learning begins anew: the last try was cut off before anything was kept")
        if self._state == RUNS:
            return sentence(course, self._left) if course else self.tr("Learning begins")
        return farewell(course, self._ended or rest < SOON, self._made) if course else self.tr("Nothing learned yet")

    def _work(self, course: Course | None) -> str:
        """What is done before the training, or after it."""
        step = self._stage.stage if self._step == DEMO else self._step
        if step == RENDER:
            return self.tr("Learned enough: the clip is being made")
        if step == WRITE:
            return self.tr("The clip is being written")
        if self._ended:
            return self.tr("Learned. A last look at how good it is")
        if course is not None and course.moments and not self._is_lost():
            return self.tr("Getting ready to go on")
        return self.tr("Getting ready to learn")

    def _numbers(self) -> str:
        if self._state == WORKS:
            left = self._stage.seconds_left
            return self.tr("about {time} more").format(time=duration(left)) if left else ""
        course = self._reader.course if self._reader else None
        if course is None or not course.moments:
            return ""
        steps = f"{course.moments[-1][0]:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
        words = self.tr("{used} of {planned}, {steps} steps").format(
            used=clock(course.seconds), planned=clock(max(self._planned, course.seconds)), steps=steps
        )
        if self._steps:
            words = self.tr("{used}, {steps} steps").format(used=clock(course.seconds), steps=steps)
        best = course.best
        if best is not None:
            words += self.tr(", likeness {score} dB").format(score=number(best.decibels))
        if self._waited is not None and self._state == RUNS:
            words += self.tr(", graphics card waiting {share} %").format(share=round(100 * self._waited))
        better = [part_words(name) for name, one in self._refined.items() if one.get("with", 0) > one.get("without", 0)]
        return words + self.tr(", made finer: {parts}").format(parts=", ".join(better)) if better else words

    def _allow(self, used: float, rest: float) -> None:
        """Which buttons there are, and which can be pressed."""
        busy = self._state != RESTS
        learned = self._reader is not None and (self._reader.file.parent / "best.safetensors").exists()
        self._pause.setVisible(busy)
        self._pause.setEnabled(self._state in (RUNS, WORKS))
        self._report.setVisible(self._state in (RESTS, WORKS) and report_of(self._run) is not None)
        self._go_on.setText(self.tr("Begin anew") if self._is_lost() else self.tr("Go on"))
        self._go_on.setAccessibleName(self._go_on.text())
        self._go_on.setVisible(not busy and used > 0 and not self._ended and rest >= SOON)
        self._add.setVisible(not busy and used > 0)
        self._enough.setVisible(self._state != WORKS and (busy or learned))
        self._enough.setEnabled(learned and self._state != STOPS)
        self._enough.setText(
            self.tr("Good enough, render now") if busy or not (self._ended or self._made) else self.tr("Render")
        )

    # --- the buttons ------------------------------------------------------------------------------

    def _ask_pause(self) -> None:
        self._state = STOPS
        self._tell()
        self.paused.emit()

    def _ask_enough(self) -> None:
        if self._state == RUNS:
            self._state = STOPS
        self._tell()
        self.enough.emit()

    def _show_report(self) -> None:
        file = report_of(self._run)
        if file is not None:
            ReportSheet(file, self).open()

    def _ask_more(self, seconds: float) -> None:
        self.more.emit(seconds)


def had_it_all(run: Path, planned: float) -> bool:
    """Whether a training has come to its end, and no more time has been planned since."""
    try:
        state = json.loads((run / "finished.json").read_text(encoding="utf-8"))
        return bool(state.get("steps")) or float(state["budget"]) >= planned
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
