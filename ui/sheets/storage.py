"""What a project costs on the disk, kind by kind, what of it can be cleaned, and forgetting the person."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from dancetransfer.project import Project
from ui import theme
from ui.project.document import Document
from ui.project.jobs import Jobs

FOUND, PICTURES, TRAININGS, RENDERED, REST = "found", "pictures", "trainings", "rendered", "rest"
CLEANED = (FOUND, PICTURES, RENDERED)
"""What the engine makes again by itself. A training is never thrown away."""
TRAINING_PICTURES = ("crops.npy", "boxes.npz", "plate.npy", "plate.png")


@dataclass(frozen=True)
class Cost:
    """The files of one kind."""

    kind: str
    files: tuple[Path, ...]
    bytes: int


def costs(project: Project) -> list[Cost]:
    """What each kind of file takes, in the order in which a clip is made."""
    found: dict[str, list[Path]] = {kind: [] for kind in (FOUND, PICTURES, TRAININGS, RENDERED, REST)}
    for file in _files(project.folder):
        found[_kind(file.relative_to(project.folder).parts)].append(file)
    return [Cost(kind, tuple(files), sum(map(_size, files))) for kind, files in found.items()]


def clean(project: Project, kind: str) -> int:
    """Delete the files of a kind that can be made again; the bytes that are free now.

    Of a video that is no longer there everything stays: it could not be looked at again.
    """
    if kind not in CLEANED:
        raise ValueError(f"{kind} is not cleaned")
    gone = [project.clip_folder(one) for one in project.clips if not Path(one.file).is_file()]
    gone += [project.dance_folder(one) for one in project.dances if not Path(one.file).is_file()]
    freed = 0
    for file in next(cost for cost in costs(project) if cost.kind == kind).files:
        if kind != RENDERED and any(folder in file.parents for folder in gone):
            continue
        size = _size(file)
        with contextlib.suppress(OSError):  # somebody has it open: it stays
            file.unlink()
            freed += size
    return freed


def _files(folder: Path) -> Iterator[Path]:
    for place, _, names in os.walk(folder):
        yield from (Path(place, name) for name in sorted(names))


def _size(file: Path) -> int:
    with contextlib.suppress(OSError):
        return file.lstat().st_size
    return 0


def _kind(parts: tuple[str, ...]) -> str:
    """By the place inside the project."""
    if parts[:2] == ("person", "runs"):
        return TRAININGS
    if parts[:2] == ("person", "clips") and len(parts) > 3:
        return PICTURES if parts[-1] in TRAINING_PICTURES else FOUND
    if parts[0] == "dances" and len(parts) > 2:
        if parts[2].partition(".")[0] in ("render", "sprites"):
            return RENDERED
        return REST if parts[2] == "exports" else FOUND
    return REST


class StoragePanel(QWidget):
    """The costs of a document's project with a button for what can be cleaned; `cleaned` tells the bytes."""

    cleaned = Signal(float)

    def __init__(self, document: Document, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._jobs = document, jobs
        self._rows: dict[str, tuple[QLabel, QPushButton | None]] = {}
        self._total, self._free = QLabel(), QLabel()
        self._forget = QPushButton(self.tr("Forget this person..."))
        column = QVBoxLayout(self)
        column.setContentsMargins(*[3 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        column.addLayout(self._head())
        column.addWidget(self._table())
        column.addLayout(self._foot())
        column.addStretch(1)
        for told in (document.opened, document.closed, jobs.added, jobs.started, jobs.finished, jobs.emptied):
            told.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Look at the disk again."""
        project, free_hands = self._document.project, self._jobs.empty
        found = costs(project) if project else []
        bytes_of = {cost.kind: cost.bytes for cost in found}
        for kind, (label, button) in self._rows.items():
            label.setText(_in_words(bytes_of[kind]) if kind in bytes_of else "")
            if button is not None:
                button.setEnabled(free_hands and bytes_of.get(kind, 0) > 0)
        self._total.setText(self.tr("No project is open"))
        self._free.setText("")
        if project is not None:
            self._total.setText(self.tr("This project: {}").format(_in_words(sum(bytes_of.values()))))
            with contextlib.suppress(OSError):
                left = _in_words(shutil.disk_usage(project.folder).free)
                self._free.setText(self.tr("{} are free on its disk").format(left))
        self._forget.setEnabled(project is not None and free_hands and bool(project.clips or project.consent))

    def _head(self) -> QVBoxLayout:
        self._total.setFont(theme.font(1.35, theme.QFont.Weight.DemiBold))
        self._free.setProperty("role", "dim")
        column = QVBoxLayout()
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(self._total)
        column.addWidget(self._free)
        return column

    def _table(self) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(*[2 * theme.SPACE] * 4)
        grid.setHorizontalSpacing(2 * theme.SPACE)
        grid.setVerticalSpacing(2 * theme.SPACE)
        grid.setColumnStretch(0, 1)
        for row, (kind, (title, words)) in enumerate(_words().items()):
            grid.addWidget(self._title(title, words), row, 0)
            size = QLabel()
            size.setAccessibleName(self.tr("Size of: {}").format(title))
            grid.addWidget(size, row, 1, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            button = self._cleaner(kind, title) if kind in CLEANED else None
            if button is not None:
                grid.addWidget(button, row, 2)
            self._rows[kind] = size, button
        return card

    def _title(self, title: str, words: str) -> QWidget:
        both = QWidget()
        column = QVBoxLayout(both)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 4)
        about = QLabel(words)
        about.setProperty("role", "dim")
        about.setWordWrap(True)
        about.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        column.addWidget(QLabel(title))
        column.addWidget(about)
        return both

    def _cleaner(self, kind: str, title: str) -> QPushButton:
        button = QPushButton(self.tr("Clean"))
        button.setObjectName(f"clean {kind}")
        button.setAccessibleName(self.tr("Clean: {}").format(title))
        button.setToolTip(self.tr("Delete these files; they are made again when they are needed (Space)"))
        button.clicked.connect(lambda: self._clean(kind))
        return button

    def _foot(self) -> QHBoxLayout:
        self._forget.setObjectName("forget")
        self._forget.setProperty("role", "danger")
        self._forget.setAccessibleName(self._forget.text())
        self._forget.setToolTip(self.tr("Delete everything learned of the person (Space)"))
        self._forget.clicked.connect(self._ask_to_forget)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self._forget)
        return row

    def _clean(self, kind: str) -> None:
        if self._document.project is not None and self._jobs.empty:
            freed = clean(self._document.project, kind)
            self.refresh()
            self.cleaned.emit(float(freed))

    def _ask_to_forget(self) -> None:
        project = self._document.project
        if project is None:
            return
        box = QMessageBox(self)
        box.setWindowTitle(self.tr("Forget this person"))
        box.setText(self.tr("Delete everything that was learned of this person?"))
        box.setInformativeText(
            self.tr("Poses, pictures, trainings, rendered dances and the consent are gone then. ")
            + self.tr("Your own videos and exported clips stay. This can't be undone.")
        )
        yes = box.addButton(self.tr("Forget"), QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(box.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole))
        box.exec()
        if box.clickedButton() is yes:
            self._jobs.add(["forget", project.folder, "--yes"], self.tr("Forgetting the person"))


def _words() -> dict[str, tuple[str, str]]:
    """Title and explanation of each kind."""
    tr = QCoreApplication.translate
    return {
        FOUND: (
            tr("StoragePanel", "Poses, masks and small copies of the videos"),
            tr("StoragePanel", "Made again from the videos, which takes about as long as the first time."),
        ),
        PICTURES: (
            tr("StoragePanel", "Training pictures"),
            tr("StoragePanel", "Cut out of the person's videos; made again when learning goes on."),
        ),
        TRAININGS: (
            tr("StoragePanel", "What was learned of the person"),
            tr("StoragePanel", "Never cleaned; only forgetting the person deletes it."),
        ),
        RENDERED: (
            tr("StoragePanel", "Rendered dances"),
            tr("StoragePanel", "Made again before the next export."),
        ),
        REST: (
            tr("StoragePanel", "Project file, its copies and exports"),
            tr("StoragePanel", "Never cleaned."),
        ),
    }


def _in_words(size: int) -> str:
    return QLocale().formattedDataSize(size, 1, QLocale.DataSizeFormat.DataSizeSIFormat)
