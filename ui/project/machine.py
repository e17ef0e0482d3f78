"""What this machine is and how long things take on it: the engine's `doctor`, asked once and kept."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, QSettings, Signal

from dancetransfer import __version__
from dancetransfer.recipes import RECIPES
from dancetransfer.settings import TrainSettings
from ui.project.jobs import Job, Jobs, Outcome

KEY = "machine"
GIB = 2**30
SIZE = TrainSettings.size
"""Height in pixels at which `doctor` measures where it isn't told another."""
POSES_AT_ONCE = 1.4
"""How much quicker two processes find poses than one."""

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Footage:
    """What a clip will be made of, in frames."""

    dance: int
    person: int
    found: bool = False
    """Their poses are there already."""


def chip_words(report: dict[str, Any]) -> str:
    """The machine in a few words: "RTX 3060, 12 GB, ready"."""
    used = report.get("used") or {}
    if not used:
        return translate("Machine", "Look at this machine")
    if used.get("name") == "cpu":
        costs = costs_of(report)
        if not costs:
            return translate("Machine", "Processor only. Why?")
        minutes = round(minutes_of(300, 256, costs, Footage(900, 1800)))
        return translate("Machine", "Processor only: about {n} min for a rough clip. Why?").format(n=minutes)
    memory = used.get("memory_bytes")
    size = f", {memory / GIB:.0f} GB" if memory else ""
    return translate("Machine", "{name}{size}, ready").format(name=used.get("description", used["name"]), size=size)


def costs_of(report: dict[str, Any]) -> dict[str, Any] | None:
    """What was measured; None where `doctor` only had a look."""
    costs = report.get("costs") or {}
    return costs if costs.get("pose_seconds") else None


def minutes_of(
    budget: float, size: int, costs: dict[str, Any] | None, footage: Footage, measured_at: int = SIZE
) -> float:
    """Minutes from Create to the clip: the training, and what else is still to do. 0 costs where none are known.

    `size` is the generator's height in pixels, `measured_at` that for which `costs` were measured.
    """
    costs = costs or {}
    frames = 0 if footage.found else footage.dance + footage.person
    poses = frames * float(costs.get("pose_seconds") or 0) / POSES_AT_ONCE
    drawn = footage.dance * float(costs.get("render_seconds") or 0) * (size / measured_at) ** 2
    written = footage.dance * float(costs.get("export_seconds") or 0)
    return (budget + poses + drawn + written) / 60


def _kind(settings: TrainSettings) -> str:
    return f"{settings.recipe} {settings.size}"


class Machine(QObject):
    """Keeps the last report of `doctor` in QSettings; `changed` tells that there is a new one."""

    changed = Signal()

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        """`jobs`: the queue that looks; not that of the work."""
        super().__init__(parent)
        self._jobs = jobs
        self._asked: set[int] = set()
        self._kinds: dict[int, str] = {}
        """What kind of training a job measures, where it isn't the usual one."""
        self.report = self._kept()
        """What `doctor` told; {} where it was never asked."""
        self.words = str(self.report.get("words", ""))
        """The same for people."""
        jobs.finished.connect(self._heard)

    @property
    def measured(self) -> bool:
        return self.costs is not None

    @property
    def costs(self) -> dict[str, Any] | None:
        """What a frame and a step cost here; None where that was never measured."""
        return costs_of(self.report)

    @property
    def card(self) -> bool:
        """There is a graphics card that computes."""
        return str((self.report.get("used") or {}).get("name", "cpu")) != "cpu"

    def minutes(self, settings: TrainSettings, footage: Footage) -> float:
        """From Create to the clip with these settings; by the usual training's costs where its own aren't measured."""
        own = (self.report.get("kinds") or {}).get(_kind(settings))
        budget = settings.budget if RECIPES[settings.recipe].learned else 0.0
        if own:
            return minutes_of(budget, settings.size, own, footage, settings.size)
        return minutes_of(budget, settings.size, self.costs, footage)

    def memory(self, settings: TrainSettings) -> tuple[float, float]:
        """Bytes that a training with these settings takes by the forecast, and that there are where it computes.

        0 and 0 where that isn't known.
        """
        costs = (self.report.get("kinds") or {}).get(_kind(settings))
        if not costs and _kind(settings) == _kind(TrainSettings()):
            costs = self.costs
        need = float((costs or {}).get("training_bytes") or 0)
        there = self.report.get("memory_free_bytes")
        if self.card:
            there = (self.report.get("used") or {}).get("memory_bytes")
        return (need, float(there)) if need and there else (0.0, 0.0)

    def measure(self, kinds: Iterable[TrainSettings]) -> None:
        """Once the usual training is measured, measure those of another recipe or size that never were."""
        usual, known = _kind(TrainSettings()), {*(self.report.get("kinds") or {}), *self._kinds.values()}
        for one in kinds if self.measured else ():
            if _kind(one) not in known | {usual}:
                words = ["doctor", "--recipe", one.recipe, "--size", one.size]
                self._kinds[self._jobs.add(words, self.tr("Looking at this machine")).id] = _kind(one)
                known.add(_kind(one))

    @property
    def looking(self) -> bool:
        return bool(self._asked)

    def look(self, quick: bool = True) -> None:
        """Ask the engine; quick is a look alone, else it measures for some ten seconds."""
        words = ["doctor", "--quick"] if quick else ["doctor"]
        self._asked.add(self._jobs.add(words, self.tr("Looking at this machine")).id)
        self.changed.emit()

    def _heard(self, job: Job, outcome: Outcome) -> None:
        if job.id in self._kinds:
            kinds = {**(self.report.get("kinds") or {}), self._kinds.pop(job.id): costs_of(outcome.result)}
            self.report = {**self.report, "kinds": kinds}
            self._keep()
        if job.id not in self._asked:
            return
        self._asked.discard(job.id)
        if outcome.result:
            costs = costs_of(outcome.result) or self.costs
            about = {"costs": costs, "words": outcome.message, "version": __version__}
            self.report = {**outcome.result, **about, "kinds": self.report.get("kinds") or {}}
            self.words = outcome.message
            self._keep()
        else:
            self.changed.emit()

    def _keep(self) -> None:
        QSettings().setValue(KEY, json.dumps(self.report))
        self.changed.emit()

    @staticmethod
    def _kept() -> dict[str, Any]:
        try:
            report = json.loads(str(QSettings().value(KEY, "{}")))
        except ValueError:
            return {}
        return report if isinstance(report, dict) and report.get("version") == __version__ else {}
