"""The way from two videos to a clip: which commands of the engine, in what order, and going on after a stop."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QObject, QSettings, QStandardPaths, Signal

from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES
from dancetransfer.settings import TrainSettings
from ui.project.document import Document
from ui.project.jobs import Ending, Job, Jobs, Outcome

UNFINISHED = "unfinished"
"""QSettings: the project and dance whose making was interrupted, and the steps that are left."""
TRAIN, RENDER, WRITE, DEMO, LOOK = "train", "render", "export", "demo", "poses"
STEPS = (TRAIN, RENDER, WRITE)


def projects_folder() -> Path:
    """Where new projects go: DanceTransfer in the user's documents."""
    import os

    if os.environ.get("DANCETRANSFER_PROJECTS"):
        return Path(os.environ["DANCETRANSFER_PROJECTS"])
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    return Path(place or Path.home()) / "DanceTransfer"


def free_folder(name: str) -> Path:
    """A folder for a new project that nobody has yet."""
    base, number = projects_folder(), 1
    plain = "".join(letter for letter in name if letter.isalnum() or letter in " -_").strip()[:60] or "Dance"
    folder = base / f"{plain}.dance"
    while folder.exists():
        number += 1
        folder = base / f"{plain} {number}.dance"
    return folder


def clip_of(project: Project, dance: str) -> Path:
    """The clip that the window plays; what is exported lies where the user wants it."""
    return next(project.dance_folder(one) / "exports" / "preview.mp4" for one in project.dances if one.name == dance)


def finished_clip(project: Project, dance: str) -> Path | None:
    """The clip of a dance, where it is made; that of the built-in dancers lies beside their project at first."""
    clip, first = clip_of(project, dance), project.folder.parent / "clip.mp4"
    return next((path for path in (clip, *[first] * project.built_in) if path.is_file()), None)


def learns(project: Project) -> bool:
    """Whether the person is learned here: not where their frames alone are moved, nor where others learned them."""
    return RECIPES[project.settings(TrainSettings).recipe].learned and not project.portable


@dataclass(frozen=True)
class Unfinished:
    """A making that was interrupted."""

    folder: Path
    dance: str
    """Whose clip it is; "" for the built-in dancers."""
    steps: list[str]
    """Those that are left; LOOK alone where people were being found."""
    looks: list[list[str]] = field(default_factory=list)
    """The commands that find people where they were still being found."""


class Making(QObject):
    """Queues the commands of one document's project, one step after the other."""

    begun = Signal(str)
    """A step has been queued: "poses", "train", "render", "export" or "demo"."""
    found = Signal()
    """The poses of the videos that were added are there."""
    made = Signal(Path)
    """The clip is there."""
    halted = Signal(str)
    """A step was stopped in good order and can go on: its name."""
    failed = Signal(object)
    """Outcome"""
    demo_open = Signal(Path)
    """The project of the built-in dancers is there and can be opened."""

    def __init__(self, document: Document, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._document, self._jobs = document, jobs
        self._running: dict[int, str] = {}
        self._left: list[str] = []
        self._missed: dict[int, list[str]] = {}
        """Commands by their numbers that were to find people and were cut off."""
        self._dance = ""
        self._enough = self._leaves = False
        self._demo_told = False
        jobs.finished.connect(self._ended)
        jobs.event.connect(self._hear)

    @property
    def step(self) -> str:
        """What is at work or next; "" where nothing is."""
        return next(iter(self._running.values()), "")

    @property
    def creating(self) -> bool:
        """A clip is being made."""
        return self.step in (*STEPS, DEMO)

    # --- commands -----------------------------------------------------------------------------

    def add_dance(self, file: str) -> None:
        """Put a dance into the project and find its poses."""
        self._queue(LOOK, ["add-dance", self._folder, file], self.tr("Finding the dancer"))

    def add_person(self, file: str) -> None:
        """Put footage of the person into the project and find their poses."""
        self._queue(LOOK, ["add-person", self._folder, file], self.tr("Finding the person"))

    def find(self) -> None:
        """Find the poses of all videos that the project has, where they are missing."""
        project = self._document.project
        for media in project.clips if project else []:
            self.add_person(media.file)
        for media in project.dances if project else []:
            self.add_dance(media.file)

    def look_again(self, looks: list[list[str]]) -> None:
        """Find the people whose finding was interrupted, by its commands."""
        self.forget()
        self._missed.clear()
        for words in looks:
            (self.add_dance if words[0] == "add-dance" else self.add_person)(words[-1])

    def create(self, steps: Sequence[str] = STEPS) -> None:
        """Learn, render, write: the whole way to the clip of the current dance, or a part of it.

        Nothing is learned where the recipe moves the person's own frames alone, or who dances was learned elsewhere.
        """
        project, dance = self._document.project, self._document.dance
        if project is not None and dance is not None and not self.creating:
            self._dance, self._enough = dance.name, False
            self._left = [step for step in steps if step != TRAIN or learns(project)]
            self._next()

    def demo(self, folder: Path | None = None) -> None:
        """The whole way with the built-in dancers."""
        self._demo_told, self._left, self._dance = False, [], ""
        where = folder or projects_folder() / self.tr("Built-in dancers")
        where.parent.mkdir(parents=True, exist_ok=True)
        self._queue(DEMO, ["demo", "-o", where], self.tr("The built-in dancers"))

    def enough(self) -> None:
        """Stop learning and go on with the best so far."""
        self._enough = True
        self.pause()

    def pause(self) -> None:
        """Stop what is at work; nothing is lost."""
        for job in [*self._jobs.waiting, *([self._jobs.current] if self._jobs.current else [])]:
            if job.id in self._running:
                self._jobs.stop(job)

    # --- what was interrupted -----------------------------------------------------------------

    def remember(self) -> None:
        """The window closes: keep what is at work for the next start, and begin no further step."""
        self._leaves = True
        for job in filter(None, [self._jobs.current, *self._jobs.waiting]):
            if self._running.get(job.id) == LOOK:
                self._miss(job)
        if not self.creating:
            return
        folder = str(self._document.project.folder) if self._document.project else ""
        left = [self.step, *self._left] if self.step != DEMO else [DEMO]
        if self.step == DEMO:
            folder = str(projects_folder() / self.tr("Built-in dancers"))
        self._write(folder, left)

    @staticmethod
    def unfinished() -> Unfinished | None:
        """What was interrupted, where it is still there."""
        try:
            kept = json.loads(str(QSettings().value(UNFINISHED, "null")))
            folder, steps = Path(kept["project"]), [str(step) for step in kept["steps"]]
            dance = str(kept["dance"])
            looks = [[str(word) for word in words] for words in kept.get("looks", []) if len(words) > 2]
        except (ValueError, KeyError, TypeError):
            return None
        return Unfinished(folder, dance, steps, looks) if folder.is_dir() and steps else None

    @staticmethod
    def forget() -> None:
        """Nothing is left to go on with."""
        QSettings().remove(UNFINISHED)

    # --- one step after the other -------------------------------------------------------------

    @property
    def _folder(self) -> Path:
        project = self._document.project
        if project is None:
            raise RuntimeError("no project is open")
        return project.folder

    def _queue(self, step: str, words: Sequence[object], title: str) -> None:
        job = self._jobs.add(words, title)
        self._running[job.id] = step
        self.begun.emit(step)

    def _next(self) -> None:
        if not self._left:
            return
        step, name = self._left.pop(0), self._dance
        project = self._document.project
        if project is None:
            return
        part = self._document.trim_words(project.dance(name))
        if step == TRAIN:
            self._queue(TRAIN, ["train", self._folder], self.tr("Learning the person"))
        elif step == RENDER:
            self._queue(RENDER, ["render", self._folder, "--dance", name, *part], self.tr("Making the clip"))
        else:
            clip = clip_of(project, name)
            clip.parent.mkdir(parents=True, exist_ok=True)
            words = ["export", self._folder, "-o", clip, "--dance", name, *part, "--preview"]
            self._queue(WRITE, words, self.tr("Writing the clip"))

    def _hear(self, job: Job, event: object) -> None:
        """The project of the built-in dancers comes into being while they are drawn and learned."""
        if self._running.get(job.id) == DEMO and not self._demo_told:
            folder = Path(job.words[2]) / "demo.dance"
            if (folder / "project.json").exists() and self._ready(folder):
                self._demo_told = True
                self.demo_open.emit(folder)

    @staticmethod
    def _ready(folder: Path) -> bool:
        """Its videos are in it."""
        from dancetransfer.errors import UserError

        try:
            return bool(Project.open(folder).dances)
        except UserError:
            return False

    def _ended(self, job: Job, outcome: Outcome) -> None:
        step = self._running.pop(job.id, "")
        if not step:
            return
        if outcome.code == Ending.DONE or (step == TRAIN and self._enough and outcome.code == Ending.STOPPED):
            self._done(step, job, outcome)
            return
        if step == DEMO and self._enough and outcome.code == Ending.STOPPED and self._document.dance is not None:
            self.forget()  # from here on it is a project like any other
            self.create((RENDER, WRITE))
            return
        left, self._left = [step, *self._left], []
        if step == LOOK and outcome.resumable:
            self._miss(job)
        if outcome.code == Ending.STOPPED:
            if step in (*STEPS, DEMO):
                self._keep(left, job)
            self.halted.emit(step)
        else:
            if outcome.code == Ending.CRASHED and step in (*STEPS, DEMO):
                self._keep(left, job)
            self.failed.emit(outcome)

    def _miss(self, job: Job) -> None:
        """Keep that the people of a video are still to be found."""
        self._missed[job.id] = job.words
        self._write(job.words[1], [LOOK])

    def _found_missed(self, job: Job) -> None:
        """What was cut off once, or was about to be, is found after all."""
        before = len(self._missed)
        self._missed = {number: words for number, words in self._missed.items() if words != job.words}
        kept = self.unfinished()
        if len(self._missed) < before and kept is not None and kept.steps == [LOOK]:
            self._write(job.words[1], [LOOK]) if self._missed else self.forget()

    def _keep(self, left: list[str], job: Job) -> None:
        self._write(job.words[2] if left[0] == DEMO else job.words[1], left)

    def _write(self, folder: str, left: list[str]) -> None:
        looks = [words for _, words in sorted(self._missed.items()) if words[1] == folder]
        kept = {"project": folder, "dance": self._dance, "steps": left, "looks": looks}
        QSettings().setValue(UNFINISHED, json.dumps(kept))

    def _done(self, step: str, job: Job, outcome: Outcome) -> None:
        self._enough = False
        if step == LOOK:
            self._found_missed(job)
            if LOOK not in self._running.values():
                self.found.emit()
        elif step == DEMO:
            self.forget()
            self.made.emit(Path(outcome.files[0]) if outcome.files else Path())
        elif self._left and self._leaves:
            self._keep(self._left, job)
        elif self._left:
            self._next()
        else:
            self.forget()
            project = self._document.project
            if step == WRITE and project is not None:
                self.made.emit(clip_of(project, self._dance))
