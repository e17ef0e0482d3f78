"""The export dialog: presets as cards, the crop over the picture, sound, size and label; then the finished clip."""

import shutil
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from dancetransfer import settings as declarations
from dancetransfer.events import Event, Progress, Started
from dancetransfer.render.presets import PRESETS, Preset, clip_size
from dancetransfer.settings import ExportSettings
from ui import theme
from ui.export.cards import Cards, title_of
from ui.export.filerow import PICTURES, SOUNDS, VIDEOS, first_of
from ui.export.form import ExportForm
from ui.export.moment import MomentView
from ui.export.result import ExportResult
from ui.export.stage import Stage
from ui.notices import ErrorSheet
from ui.project.document import Document
from ui.project.jobs import Ending, Job, Jobs, Outcome
from ui.sheets import consent

ESTIMATE_MS = 700
"""From the last change to the estimate of the size."""


def flags_of(values: ExportSettings) -> list[str]:
    """All of the settings as the command line writes them."""
    about = declarations.declared(ExportSettings)
    texts = {
        n: "none" if v is None else f"{v:.10g}" if isinstance(v, float) else str(v) for n, v in asdict(values).items()
    }
    return [f"{declarations.flag_of(name, about[name][1])}={text}" for name, text in texts.items()]


class ExportDialog(QDialog):
    """Exports the document's current dance (what is left of it by the trim) by a job of its own, which renders
    first what of it is missing."""

    def __init__(self, document: Document, jobs: Jobs, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._jobs = document, jobs
        self._stage = Stage.of(document)
        self._job: Job | None = None
        self._estimating: Job | None = None
        self._asked: tuple[str, ...] = ()
        """What the running estimate is for."""
        self._sizes: dict[tuple[str, ...], int] = {}
        self._missing: tuple[float, float] | None = None
        """What of the dance is not rendered, in seconds, as far as the engine was asked."""
        self._named_by_hand = False
        self._output = Path()
        self.cards, self.form, self.clip = Cards(), ExportForm(), ExportResult()
        self.moment = MomentView(self._stage)
        self.setAcceptDrops(True)
        self._make_lower()
        self._lay_out()
        self._connect()
        self._fill()

    # --- what it is made of -----------------------------------------------------------------------

    def _make_lower(self) -> None:
        self.path, self._browse = QLineEdit(), QPushButton(self.tr("Browse..."))
        self._size, self._note, self._word = QLabel(), QLabel(), QLabel()
        self._consent = QPushButton(self.tr("Record consent..."))
        self.bar = QProgressBar()
        self.go, self.leave = QPushButton(self.tr("Export")), QPushButton(self.tr("Close"))
        self._timer = QTimer(self, singleShot=True, interval=ESTIMATE_MS)
        for widget, words, tip in (
            (self.path, self.tr("File"), self.tr("Where the clip is written")),
            (self._browse, self.tr("Choose the file"), self.tr("Choose where the clip is written (Alt+B)")),
            (self._consent, self._consent.text(), self.tr("Say who agreed to be shown; then the label may go")),
            (self.bar, self.tr("Progress of the export"), ""),
            (self.go, self.go.text(), self.tr("Write the clip (Ctrl+Enter)")),
            (self.leave, self.leave.text(), self.tr("Close this window (Esc)")),
        ):
            widget.setAccessibleName(words)
            widget.setToolTip(tip)
        self._browse.setShortcut("Alt+B")
        self.go.setShortcut("Ctrl+Return")
        self.go.setProperty("role", "primary")
        self._note.setProperty("role", "dim")
        for label in (self._note, self._word):
            label.setWordWrap(True)
        self._word.setAccessibleName(self.tr("What to know before the export"))
        self._word.hide()
        self._size.setProperty("role", "dim")
        self._size.setAccessibleName(self.tr("Estimated size"))
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.hide()
        self.clip.hide()

    def _lay_out(self) -> None:
        self.setWindowTitle(self.tr("Export"))
        left = QScrollArea()
        left.setWidgetResizable(True)
        left.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.cards.setProperty("role", "plain")
        left.setWidget(self.cards)
        left.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        left.setMinimumWidth(self.cards.sizeHint().width() + 2 * theme.SPACE)
        right = QVBoxLayout()
        right.setSpacing(2 * theme.SPACE)
        right.addWidget(self.moment, 1)
        right.addWidget(self.form)
        right.addWidget(self._word)
        told = QHBoxLayout()
        told.setSpacing(theme.SPACE)
        told.addWidget(self._note, 1)
        told.addWidget(self._consent)
        right.addLayout(told)
        upper = QHBoxLayout()
        upper.setSpacing(3 * theme.SPACE)
        upper.addWidget(left)
        upper.addLayout(right, 1)
        where = QHBoxLayout()
        where.setSpacing(theme.SPACE)
        for widget, share in ((self.path, 1), (self._browse, 0), (self._size, 0), (self.leave, 0), (self.go, 0)):
            where.addWidget(widget, share)
        column = QVBoxLayout(self)
        column.setContentsMargins(*[3 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        column.addLayout(upper, 1)
        column.addWidget(self.bar)
        column.addWidget(self.clip)
        column.addLayout(where)
        for button in self.findChildren(QPushButton):
            button.setAutoDefault(False)  # Enter ends the typing in a field; it must not write a file
        self.resize(132 * theme.SPACE, 90 * theme.SPACE)

    def _connect(self) -> None:
        self.cards.chosen.connect(self._choose)
        self.form.changed.connect(lambda _: self._tell())
        self.path.textEdited.connect(self._rename)
        self._browse.clicked.connect(self._choose_file)
        self._consent.clicked.connect(self._ask_consent)
        self.go.clicked.connect(self._export)
        self.leave.clicked.connect(self.reject)
        self._timer.timeout.connect(self._estimate)
        self._jobs.event.connect(self._hear)
        self._jobs.finished.connect(self._end)
        self._document.changed.connect(self._tell)

    def _fill(self) -> None:
        values = self._stage.settings()
        self.cards.choose(values.preset)
        self.form.fill(values, self._stage.may_hide_label)
        self.path.setText(str(self._proposal()))
        self._tell()

    # --- what is chosen ---------------------------------------------------------------------------

    @property
    def preset(self) -> Preset:
        return PRESETS[self.cards.name]

    def words(self) -> list[str]:
        """The engine's command for what is chosen."""
        return [
            "export", str(self._stage.folder), "-o", self.path.text().strip(), "--dance", self._stage.dance, "--render",
            *self._stage.trim, *flags_of(self.form.values),
        ]  # fmt: skip

    def _choose(self, name: str) -> None:
        self.form.set_preset(name)
        self.path.setText(str(self._proposal()))
        self._tell()

    def _rename(self) -> None:
        self._named_by_hand = True
        self._tell()

    def _proposal(self) -> Path:
        """The file's name with the preset's suffix; a free one where nobody has given a name."""
        suffix = self.preset.suffix
        if self._named_by_hand and self.path.text().strip():
            now = Path(self.path.text().strip())
            known = {end for one in PRESETS.values() for end in one.format.suffixes if end}
            return now.with_suffix(suffix) if now.suffix.lower() in known else now.with_name(now.name + suffix)
        return _free(self._stage.folder.parent / f"{self._stage.folder.stem} - {self._stage.dance}", suffix)

    def _choose_file(self) -> None:
        title, now = self.tr("Export to"), self.path.text()
        if self.preset.suffix:
            kinds = " ".join(f"*{suffix}" for suffix in self.preset.format.suffixes)
            name, _ = QFileDialog.getSaveFileName(self, title, now, f"{title_of(self.preset)} ({kinds})")
        else:
            name = QFileDialog.getExistingDirectory(self, title, str(Path(now).parent))
            name = str(Path(name) / Path(now).name) if name else ""
        if name:
            self.path.setText(name)
            self._rename()

    def _ask_consent(self) -> None:
        if consent.ask(self._document, self):
            self.form.fill(self.form.values, self._stage.may_hide_label)
        self._tell()

    # --- what is shown ----------------------------------------------------------------------------

    def _tell(self) -> None:
        """Everything that follows from what is chosen."""
        self.moment.show_settings(self.form.values)
        hides = self._stage.may_hide_label
        self._consent.setVisible(not hides)
        mark = self.tr("The file carries the machine-readable AI mark.")
        if not hides:
            mark = self.tr("No consent is recorded yet, so the clip is labeled. ") + mark
        elif self._stage.consent:
            mark = f"{self._stage.consent} {mark}"
        self._note.setText(mark)
        free = self._job is None and bool(self._stage.dance)
        self.go.setEnabled(free and bool(self.path.text().strip()))
        words = self.tr("Replace") if Path(self.path.text().strip()).is_file() else self.tr("Export")
        self.go.setText(self.tr("Render and export") if self._missing else words)
        self._tell_missing()
        for widget in (self.cards, self.form, self.path, self._browse, self._consent):
            widget.setEnabled(self._job is None)
        self.leave.setText(self.tr("Close") if self._job is None else self.tr("Stop"))
        self._tell_size()

    def _tell_missing(self) -> None:
        """Say what is not rendered yet and that it will be."""
        words = self.tr("{0} to {1} s of the dance are not rendered yet. That is done first, and takes longer.")
        if self._missing:
            self._warn(words.format(*(QLocale().toString(seconds, "f", 1) for seconds in self._missing)))
        else:
            self._warn("")

    def _warn(self, words: str) -> None:
        self._word.setText(words)
        self._word.setVisible(bool(words))
        self._make_room()

    def _make_room(self) -> None:
        """As high as it takes: Qt leaves out the second line of a text when it asks how low a window may be."""
        inner = self.layout()
        if inner is not None:
            inner.activate()
            self.setMinimumHeight(max(0, inner.totalMinimumHeightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._make_room()

    def _tell_size(self) -> None:
        if self._job is not None:  # what is going on stands there
            return
        width, height = clip_size(self.preset, self._stage.size)
        known = self._sizes.get(self._key())
        if known is not None:
            words = self.tr("{width} × {height}, about {size}").format(width=width, height=height, size=in_words(known))
            if known > _free_bytes(self._output_folder()):
                words += self.tr(": more than the disk has left")
        else:
            words = self.tr("{width} × {height}").format(width=width, height=height)
            self._timer.start()
        self._size.setText(words)

    def _output_folder(self) -> Path:
        return Path(self.path.text().strip() or ".").parent

    # --- the estimate -----------------------------------------------------------------------------

    def _key(self) -> tuple[str, ...]:
        """What the size depends on."""
        words = self.words()
        return tuple(words[:3] + words[4:])

    def _estimate(self) -> None:
        """Ask the engine how large the clip will be, or what it lacks, unless something else runs."""
        if not self.isVisible() or self._job is not None or not self._stage.dance or self._key() in self._sizes:
            return
        if self._missing:
            return
        if self._estimating is not None:
            self._jobs.stop(self._estimating)
        elif not self._jobs.empty:
            return
        self._asked = self._key()
        self._estimating = self._jobs.add([*self.words(), "--estimate"], self.tr("Estimating the size"))

    # --- the export -------------------------------------------------------------------------------

    def _export(self) -> None:
        if self._estimating is not None:
            self._jobs.stop(self._estimating)
        self._timer.stop()
        self.clip.hide()
        self._output = Path(self.path.text().strip())
        self._job = self._jobs.add(self.words(), self.tr("Exporting {}").format(self._output.name))
        self.bar.setValue(0)
        self.bar.show()
        self._tell()

    def _hear(self, job: Job, event: Event) -> None:
        if job is self._job and isinstance(event, Progress) and event.total:
            self.bar.setValue(round(1000 * event.done / event.total))
        elif job is self._job and isinstance(event, Started):
            self.bar.setValue(0)
            works = {"render": self.tr("Rendering what is missing"), "export": self.tr("Writing the clip")}
            self._size.setText(works.get(event.stage, self.tr("Getting ready")))

    def _end(self, job: Job, outcome: Outcome) -> None:
        if job is self._estimating:
            self._estimating = None
            if outcome.code == Ending.DONE and "bytes" in outcome.result:
                self._sizes[self._asked] = int(outcome.result["bytes"])
            elif outcome.code == Ending.DONE and "missing" in outcome.result:
                start, stop = outcome.result["missing"]
                self._missing = float(start), float(stop)
            elif outcome.code == Ending.FAILED:
                self._sizes.pop(self._asked, None)
                self._warn(outcome.message)
                return
            self._tell()
        elif job is self._job:
            self._job = None
            self.bar.hide()
            if outcome.code == Ending.DONE:
                self._missing = None
                self._show_result()
            elif outcome.code != Ending.STOPPED:
                ErrorSheet.of(outcome, self).open()
            self._tell()

    def _show_result(self) -> None:
        files = sorted(self._output.iterdir()) if self._output.is_dir() else [self._output]
        size = sum(file.stat().st_size for file in files if file.exists())
        facts = self.tr("{size}, written and checked. Drag the picture to wherever you want the clip.")
        self.clip.show_clip(self._output, facts.format(size=in_words(size)))
        self.leave.setFocus()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if self._job is None and first_of(event.mimeData(), PICTURES + VIDEOS + SOUNDS):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """A picture or video goes behind the dancer, sound into the clip."""
        mime = event.mimeData()
        if file := first_of(mime, PICTURES + VIDEOS):
            self.form.take_plate(file)
        elif file := first_of(mime, SOUNDS):
            self.form.take_music(file)

    def reject(self) -> None:
        """Close; while the clip is being written, stop that first."""
        if self._job is not None:
            self._jobs.stop(self._job)
            return
        self._leave()
        super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._job is not None:
            self._jobs.stop(self._job)
        self._leave()
        super().closeEvent(event)

    def _leave(self) -> None:
        self._timer.stop()
        self._stage.close()
        if self._estimating is not None:
            self._jobs.stop(self._estimating)


def in_words(size: float) -> str:
    """12345678 -> "12.3 MB", as file managers count."""
    return QLocale().formattedDataSize(round(size), 1, QLocale.DataSizeFormat.DataSizeSIFormat)


def _free(stem: Path, suffix: str) -> Path:
    names: Iterable[Path] = (stem.with_name(f"{stem.name}{f' {n}' if n > 1 else ''}{suffix}") for n in range(1, 1000))
    return next((path for path in names if not path.exists()), stem.with_name(stem.name + suffix))


def _free_bytes(folder: Path) -> float:
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return float("inf")
