"""Copies a project's folder in a thread, so that the window goes on."""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QThread, Signal

from dancetransfer.errors import UserError
from dancetransfer.storage import explain


class Copying(QThread):
    """Copies `source` to `target`, which is there as a whole in the end or not at all."""

    copied = Signal(object)
    """Path of the copy."""
    failed = Signal(str, str)
    """Message and hint."""

    def __init__(self, source: Path, target: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._source, self._target = source, target

    def run(self) -> None:
        part = self._target.with_name(f".{self._target.name}.{os.getpid()}.part")
        try:
            shutil.copytree(self._source, part, ignore=_unfinished)
            os.replace(part, self._target)
        except (OSError, shutil.Error) as error:
            shutil.rmtree(part, ignore_errors=True)
            told = _explained(error, self._target)
            self.failed.emit(told.message, told.hint)
        else:
            self.copied.emit(self._target)


def check_target(source: Path, target: Path) -> None:
    """UserError where a copy of `source` can't be put at `target`."""
    if target == source or source in target.parents:
        raise UserError(f"{target} is the project itself.", "Choose a place outside the project's folder.")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise UserError(f"{target} exists already.", "Choose a new name; nothing is overwritten.")
    if not target.parent.is_dir():
        raise UserError(f"{target.parent} is not there.", "Choose another folder.")


def _unfinished(folder: str, names: Iterable[str]) -> list[str]:
    """What a copy does without: the lock, and files that somebody is just writing."""
    return [name for name in names if name == "lock" or (name.startswith(".") and Path(folder, name).is_file())]


def _explained(error: Exception, target: Path) -> UserError:
    if isinstance(error, shutil.Error):  # a list of what went wrong with each file
        reasons = [str(one[2]) for one in error.args[0] if len(one) > 2] or [str(error)]
        return UserError(f"{target.name} could not be written: {reasons[0]}", "Check the disk and try again.")
    return explain(error, target) if isinstance(error, OSError) else UserError(str(error))
