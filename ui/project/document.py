"""The open project: one door for edits that can be undone, autosave, dated copies, missing videos."""

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from dancetransfer import recovery
from dancetransfer.errors import UserError
from dancetransfer.media import Media
from dancetransfer.project import Project
from dancetransfer.storage import fingerprint
from ui.project import recent
from ui.project.copying import Copying, check_target
from ui.project.jobs import Jobs

AUTOSAVE_MS = 500
"""From a change to its saving."""
AGAIN_MS = 10_000
"""After a saving that failed."""
MERGE_SECONDS = 1.0
"""Edits of the same thing that follow each other so quickly are one step of the undo."""
UNDO_STEPS = 500

Action = Callable[[], object]


class Document(QObject):
    """At most one open project. The Project object stays the same while it is open, also when the engine writes it.

    Every edit goes through `do`. The project file is also written by the engine's commands, so
    `attend` has to know the jobs: what they wrote is taken over, and edits made meanwhile are
    carried out on it again.
    """

    opened = Signal()
    changed = Signal()
    """Something of the project is another now: by an edit, an undo, or the engine."""
    saved = Signal()
    closed = Signal()
    told = Signal(str)
    """A sentence worth showing: what opening found, where a copy went."""
    failed = Signal(str, str)
    """Message and hint of something that could not be done in the background, such as saving."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.project: Project | None = None
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_STEPS)
        self._dirty = self._attending = False
        self._merges: dict[str, int] = {}
        """Qt merges steps of the same number."""
        self._since: list[Action] = []
        """Done since the last saving or, while a job runs, since that began: done again on what others wrote."""
        self._autosave = QTimer(self, singleShot=True, interval=AUTOSAVE_MS)
        self._autosave.timeout.connect(self._save_by_itself)
        self._copying: Copying | None = None

    # --- opening and closing ----------------------------------------------------------------------

    @property
    def dirty(self) -> bool:
        """There are changes that are not on the disk yet."""
        return self._dirty

    @property
    def name(self) -> str:
        """The project's name for titles; "" where none is open."""
        return self.project.folder.stem if self.project else ""

    def open(self, path: str | Path) -> None:
        """Open a project, as far as it can be read. UserError: not at all; the one that was open stays open then."""
        folder = Path(path).resolve()
        self.save()  # it may be this very one
        try:
            project = Project.open(folder)
        except UserError:
            mended = recovery.open_damaged(folder)
            if mended is None:
                raise
            project = mended
        self._take(project)

    def create(self, path: str | Path) -> None:
        """A new empty project. UserError where the folder can't be used."""
        self._take(Project.create(path))

    def close(self, anyway: bool = False) -> None:
        """Save and close. UserError where it can't be saved, unless `anyway`: then the last changes are lost."""
        if self._copying is not None:
            self._copying.wait()
        if self.project is None:
            return
        try:
            self.save()
        except UserError:
            if not anyway:
                raise
        self._autosave.stop()
        self.project, self._dirty = None, False
        self._since.clear()
        self.undo_stack.clear()
        self.closed.emit()

    def _take(self, project: Project) -> None:
        self.close()
        self.project = project
        recent.remember(project.folder)
        self.opened.emit()
        for note in project.notes:
            self.told.emit(note)

    @staticmethod
    def recent() -> list[Path]:
        """Folders of the projects that were open lately, the newest first."""
        return recent.projects()

    def save_as(self, path: str | Path) -> None:
        """Copy the project's folder in the background and open the copy then; `failed` where that goes wrong.

        UserError where it can't be put there, or a job is at work in the project.
        """
        project, target = self._open_one(), Path(path).absolute()
        if self._attending or self._copying is not None:
            raise UserError(self.tr("A job is at work in this project."), self.tr("Wait for it or stop it first."))
        check_target(project.folder, target)
        self.save()
        self._copying = Copying(project.folder, target, self)
        self._copying.copied.connect(self._open_copy)
        self._copying.failed.connect(self.failed)
        self._copying.finished.connect(self._forget_copying)
        self._copying.start()

    def _open_copy(self, target: Path) -> None:
        try:
            self.open(target)
        except UserError as error:
            self.failed.emit(error.message, error.hint)

    def _forget_copying(self) -> None:
        if self._copying is not None:
            self._copying.deleteLater()
            self._copying = None

    # --- saving -----------------------------------------------------------------------------------

    def save(self) -> None:
        """Write what has changed. UserError where the disk refuses; it stays unsaved then and is tried again."""
        self._autosave.stop()
        if self.project is None or not self._dirty:
            return
        try:
            if not self.project.folder.is_dir():
                raise UserError(self.tr("The project's folder is gone."), self.tr("Put it back where it was."))
            self.refresh()
            recovery.keep(self.project.folder, datetime.now())
            self.project.save()
        except UserError:
            self._autosave.start(AGAIN_MS)
            raise
        self._autosave.stop()
        self._dirty = False
        if not self._attending:
            self._since.clear()
        self.saved.emit()

    def _save_by_itself(self) -> None:
        try:
            self.save()
        except UserError as error:
            self.failed.emit(error.message, error.hint)

    def copies(self) -> list[tuple[datetime, Path]]:
        """Dated copies of the project file, the newest first."""
        return recovery.copies(self.project.folder) if self.project else []

    def restore(self, copy: Path) -> None:
        """Go back to a dated copy; how it is now becomes one too. UserError where the copy can't be read."""
        project = self._open_one()
        self.save()
        for note in recovery.restore(project.folder, copy, datetime.now()):
            self.told.emit(note)
        project.refresh()
        self.undo_stack.clear()
        self.changed.emit()

    # --- beside the engine ------------------------------------------------------------------------

    def attend(self, jobs: Jobs) -> None:
        """Save before each job of these, and take over what it wrote after it."""
        jobs.started.connect(self._before_job)
        jobs.finished.connect(self._after_job)

    def refresh(self) -> None:
        """Take over what the engine has written into the project file."""
        if self.project is not None and self._take_over():
            self.changed.emit()

    def _before_job(self) -> None:
        self._save_by_itself()
        self._attending = True
        self._since.clear()

    def _after_job(self) -> None:
        self.refresh()
        self._attending = False
        self._since.clear()

    def _take_over(self) -> bool:
        """Read the file again if somebody else wrote it, and do again on it what was done here meanwhile."""
        project = self._open_one()
        before = {(one.name, one.fingerprint) for one in (*project.clips, *project.dances)}
        if not project.refresh():
            return False
        if before - {(one.name, one.fingerprint) for one in (*project.clips, *project.dances)}:
            self.undo_stack.clear()  # its steps may be about videos that are gone, or about a person to be forgotten
            self._since.clear()
        for action in self._since:
            self._try(action)
        if self._since:
            self._touch()
        return True

    # --- edits ------------------------------------------------------------------------------------

    def do(self, words: str, apply: Action, revert: Action, merge: str = "") -> None:
        """Carry an edit out as one step of the undo; `words` name it there. What `apply` raises comes through.

        Both actions work on `project` and may be carried out again later. Steps with the same
        `merge` that follow each other quickly become one.
        """
        self._open_one()
        apply()
        number = self._merges.setdefault(merge, len(self._merges)) if merge else -1
        self.undo_stack.push(_Step(self, words, apply, revert, number))
        self._did(apply)

    def carry_out(self, action: Action) -> None:
        """For the steps of the undo."""
        self._try(action)
        self._did(action)

    def _did(self, action: Action) -> None:
        self._since.append(action)
        self._touch()
        self.changed.emit()

    def _try(self, action: Action) -> None:
        try:
            action()
        except UserError as error:
            self.failed.emit(error.message, error.hint)

    def _touch(self) -> None:
        self._dirty = True
        self._autosave.start(AUTOSAVE_MS)

    def _open_one(self) -> Project:
        if self.project is None:
            raise UserError(self.tr("No project is open."), self.tr("Open one, or drop two videos."))
        return self.project

    @property
    def dance(self) -> Media | None:
        """The dance that is worked on."""
        return self.project.current_dance if self.project else None

    def choose_dance(self, name: str) -> None:
        """Work on another dance of the project. It is kept, but is no step of the undo."""
        project = self._open_one()
        if (now := project.current_dance) is None or now.name != name:
            project.choose_dance(name)
            self._did(lambda: project.choose_dance(name))

    def trim(self, media: Media) -> tuple[float, float] | None:
        """The part of a video that is used, in seconds; None: all of it."""
        return self.project.trim(media) if self.project else None

    def trim_words(self, media: Media) -> list[str]:
        """The same as flags of the engine's `render` and `export`."""
        part = self.trim(media)
        return ["--from", f"{part[0]:.10g}", "--to", f"{part[1]:.10g}"] if part else []

    def set_trim(self, media: Media, start: float | None, stop: float | None) -> None:
        """Use a part of a video; None and None: all of it."""
        project = self._open_one()
        before = project.trim(media)
        part = None if start is None or stop is None else (start, stop)
        self.do(
            self.tr("Trim {}").format(Path(media.file).name),
            lambda: project.set_trim(media, part),
            lambda: project.set_trim(media, before),
            merge=f"trim {media.name} {media.fingerprint}",
        )

    def set_edits(self, words: str, folder: Path, entries: list[dict[str, Any]], merge: str = "") -> None:
        """The hand edits of the dance or clip of that folder, as `pose.edits.entry` makes them."""
        project = self._open_one()
        before = project.edits(folder)
        self.do(
            words,
            lambda: project.set_edits(folder, entries),
            lambda: project.set_edits(folder, before),
            merge=merge,
        )

    def set_settings(self, values: Any) -> None:
        """A group of settings, like TrainSettings."""
        project, kind = self._open_one(), type(values)
        before = project.settings(kind)
        if values != before:
            self.do(
                self.tr("Change settings"),
                lambda: project.set_settings(values),
                lambda: project.set_settings(before),
                merge=f"settings {kind.__name__}",
            )

    def set_follow(self, media: Media, words: str) -> None:
        """Whom to follow in a video, as `Media.follow` keeps it."""
        project, after = self._open_one(), replace(media, follow=words)
        self.do(
            self.tr("Follow another person in {}").format(Path(media.file).name),
            lambda: project.set_follow(media, words),
            lambda: project.set_follow(after, media.follow),
        )

    # --- videos that have moved -------------------------------------------------------------------

    def missing(self) -> list[Media]:
        """The project's videos and pose tracks that are no longer where they were."""
        everything = (*self.project.clips, *self.project.dances) if self.project else ()
        return [one for one in everything if not Path(one.file).is_file()]

    def relocate(self, media: Media, path: str | Path) -> list[Media]:
        """Use the file at `path` for a video that has moved; others that lie beside it under their old names too.

        Returns what was found. UserError where it is another video.
        """
        project, file = self._open_one(), Path(path).resolve()
        found = [(media, file, _checked(media, file))]
        for other in self.missing():
            beside = file.with_name(Path(other.file).name)
            if other != media and other.fingerprint and beside.is_file() and fingerprint(beside) == other.fingerprint:
                found.append((other, beside, other.fingerprint))
        moved = [(one, replace(one, file=str(to), fingerprint=mark), to, mark) for one, to, mark in found]
        self.do(
            self.tr("Find {} again").format(file.name),
            lambda: [project.exchange(old, to, mark) for old, _, to, mark in moved],
            lambda: [project.exchange(new, Path(old.file), old.fingerprint) for old, new, _, _ in moved],
        )
        return [new for _, new, _, _ in moved]


def _checked(media: Media, file: Path) -> str:
    """The fingerprint of a file that has to hold this video; one of which nothing is known may be any."""
    if not file.is_file():
        raise UserError(f"{file} is not there.", "Choose the video's file.")
    try:
        mark = fingerprint(file)
    except OSError as error:
        raise UserError(f"{file.name} can't be read: {error.strerror}.", "Choose another file.") from error
    if media.fingerprint and mark != media.fingerprint:
        raise UserError(
            f"{file.name} is another video than {Path(media.file).name} was.",
            "Choose the same file, or add this one as a new video.",
        )
    return mark


class _Step(QUndoCommand):
    """One edit, already carried out when it comes onto the stack."""

    def __init__(self, document: Document, words: str, apply: Action, revert: Action, merge: int) -> None:
        super().__init__(words)
        self._document, self._apply, self._revert, self._merge = document, apply, revert, merge
        self._made = time.monotonic()
        self._new = True

    def id(self) -> int:
        return self._merge

    def redo(self) -> None:
        if self._new:
            self._new = False
        else:
            self._document.carry_out(self._apply)

    def undo(self) -> None:
        self._document.carry_out(self._revert)

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Step) or other._made - self._made > MERGE_SECONDS:
            return False
        self._apply, self._made = other._apply, other._made
        return True
