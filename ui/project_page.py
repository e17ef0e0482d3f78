"""The page of an open project: the workbench or the training, and the panel beside them."""

import dataclasses
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QWidget

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Preview, Progress, Started
from dancetransfer.media import Media
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from ui.project.jobs import Job, Outcome
from ui.project.machine import Footage
from ui.project.making import DEMO, LOOK, RENDER, STEPS, TRAIN, WRITE, finished_clip, learns
from ui.side.create import LARGE, Choice, minutes_words
from ui.side.side import Side
from ui.side.verdict import WAITING, Verdict
from ui.topbar import CLIP, TRAINING

if TYPE_CHECKING:
    from ui.window import Window

FPS = 30.0
"""Frames a second where a video has not been looked at yet."""
SPRITES = "sprites"
"""The stage that makes the first look."""
ROOM = 2.0
"""Free space that is asked for, as a multiple of what the work is thought to take."""


class ProjectPage(QWidget):
    """Made by the window for its document; knows what to show at which step."""

    def __init__(self, window: "Window") -> None:
        super().__init__()
        from ui.desktop import KeepAwake, TaskbarProgress
        from ui.project.activity import Activity
        from ui.training.training import TrainingPanel
        from ui.watching import Watching
        from ui.workbench import Workbench

        self._window, self._document, self._making = window, window.document, window.making
        self._expected: dict[str, list[str]] = {}
        self.bench = Workbench(window.document, window.keys)
        self.training, self.side = TrainingPanel(), Side()
        self._watching = Watching(self.bench, window.document)
        self._activity = Activity(window.jobs)
        self._awake, self._taskbar = KeepAwake(self), TaskbarProgress(window)
        self._parts = QStackedWidget()
        self._parts.addWidget(self.bench)
        self._parts.addWidget(self.training)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._parts, 1)
        row.addWidget(self.side)
        self._connect()

    def _connect(self) -> None:
        side, making, jobs = self.side, self._making, self._window.jobs
        side.dance.added.connect(self._add_dances)
        side.person.added.connect(self._add_clips)
        side.choice.wanted.connect(self.begin_clip)
        side.choice.chosen.connect(self._allow)
        side.choice.more_wanted.connect(self._window.show_more)
        side.clip.export_wanted.connect(self.export)
        self.bench.told.connect(self._window.tell)
        self.bench.failed.connect(lambda message, hint: self._window.complain(UserError(message, hint)))
        self.bench.player.state.connect(lambda plays: self._activity.hold(plays and not self._watching.playing))
        self.training.enough.connect(self._enough)
        self.training.paused.connect(making.pause)
        self.training.more.connect(self._more_time)
        making.begun.connect(self._begun)
        making.found.connect(self._found)
        making.made.connect(self._made)
        making.halted.connect(lambda _: self._rests())
        making.failed.connect(lambda _: self._rests())
        jobs.event.connect(self._hear)
        jobs.finished.connect(self._ended)
        jobs.emptied.connect(self._idle)
        self._document.changed.connect(self._changed)

    # --- showing ------------------------------------------------------------------------------

    def expect(self, dances: list[str], clips: list[str]) -> None:
        """Show these videos at once; the engine is about to put them into the project."""
        self._expected = {"dance": dances, "person": clips}
        self._show_media()
        self.bench.preview({"dance": dances[0], "person": clips[0]})
        self._watching.begin()

    def show_project(self) -> None:
        """The document has another project."""
        self._expected = {}
        self._watching.end()
        self.bench.show_project()
        self.training.begin(self._document)
        self.show_part(CLIP)
        self._show_media()
        self._show_clip()
        self._rests()
        project = self._document.project
        if project is not None and project.clips and project.dances:
            self._window.verdicts.look_at_project(str(project.folder))

    def show_part(self, name: str) -> None:
        """The clip or the training."""
        self._parts.setCurrentWidget(self.training if name == TRAINING else self.bench)
        self._window.bar.show_page(name)
        if name == TRAINING:
            self.bench.player.pause()

    def show_verdicts(self) -> None:
        """What is known of the videos by now."""
        for card, files in ((self.side.dance, self._files("dance")), (self.side.person, self._files("person"))):
            card.show_verdict(self._window.verdicts.of(files[0]) if files else Verdict(WAITING, ""))

    def show_costs(self) -> None:
        """What Create will take on this machine."""
        machine, footage, project = self._window.machine, self._footage(), self._document.project
        before = project.settings(TrainSettings) if project else TrainSettings()
        self.side.choice.set_costs(lambda choice: machine.minutes(choice.settings(before, card=self._large()), footage))

    def _files(self, role: str) -> list[str]:
        project = self._document.project
        if project is not None and role == "dance" and self._document.dance is not None:
            return [self._document.dance.file]
        if project is not None and role == "person" and project.clips:
            return [one.file for one in reversed(project.clips)]
        return self._expected.get(role, [])

    def _show_media(self) -> None:
        project = self._document.project
        self.side.person.set_closed(project is not None and project.portable)
        self.side.choice.set_learns(project is None or learns(project))
        self.side.dance.show_files(self._files("dance"))
        self.side.person.show_files(self._files("person"))
        self.show_verdicts()
        self.show_costs()

    def _show_clip(self) -> None:
        """The clip that was made for the current dance, where there is one."""
        clip = self._clip()
        self.side.show_clip(clip)
        if clip is None:
            self.bench.forget_result()
        elif self.bench.result != clip:
            self.bench.show_result(clip, play=False)

    def _clip(self) -> Path | None:
        project, dance = self._document.project, self._document.dance
        return None if project is None or dance is None else finished_clip(project, dance.name)

    def _settled(self) -> bool:
        """The clip is there, and no other one was begun and interrupted since."""
        project, kept = self._document.project, self._making.unfinished()
        if project is None or self._clip() is None:
            return False
        return kept is None or kept.folder != project.folder or kept.steps == [LOOK]

    def _changed(self) -> None:
        self._show_media()
        self._show_clip()
        self.bench.refresh_soon()
        self._allow()

    def look_again(self) -> None:
        """Files may have gone or come; what is shown, and where it stands, stays."""
        self._changed()
        if not self._making.creating:
            self.training.begin(self._document)
            self.training.follow("", self._settled())

    # --- adding and asking ----------------------------------------------------------------------

    def _add_dances(self, files: list[str]) -> None:
        for file in files:
            self._window.verdicts.look(file, "dance")
            self._making.add_dance(file)

    def _add_clips(self, files: list[str]) -> None:
        for file in files:
            self._window.verdicts.look(file, "person")
            self._making.add_person(file)

    def ask_for(self, media: Media) -> None:
        """A video has gone; ask where it is now."""
        if media not in self._document.missing():
            return  # found beside another one
        words = self.tr("Where is {0} now?").format(Path(media.file).name)
        path, _ = QFileDialog.getOpenFileName(self, words, str(Path(media.file).parent))
        if path:
            try:
                self._document.relocate(media, path)
            except UserError as error:
                self._window.complain(error)

    # --- creating -------------------------------------------------------------------------------

    def begin_clip(self, choice: Choice) -> None:
        """Ask for consent once, then learn, render and write."""
        from ui.sheets import consent

        project = self._document.project
        if project is None or self._making.creating:
            return
        if consent.needed(project):
            consent.ask(self._document, self)
        if learns(project):
            before = project.settings(TrainSettings)
            card = self._large()
            used = self._used(choice.settings(before, card=card))
            self._document.set_settings(choice.settings(before, used, card))
        self._making.create()

    def _used(self, wanted: TrainSettings) -> float:
        """Training seconds that the run which goes on with these settings has had."""
        from ui.training.outlook import seconds_of

        project = self._document.project
        return seconds_of(project.runs, wanted.recipe, wanted.size) if project else 0.0

    def _enough(self) -> None:
        if self._making.step in (TRAIN, DEMO):
            self._making.enough()
        else:
            self._making.create((RENDER, WRITE))

    def _more_time(self, seconds: float) -> None:
        project = self._document.project
        if project is None:
            return
        if seconds:
            before = project.settings(TrainSettings)
            budget = max(before.budget, self._used(before)) + seconds
            self._document.set_settings(dataclasses.replace(before, budget=budget, steps=None))
        self._making.create()

    def export(self) -> None:
        """The export dialog, where there is something to export."""
        from ui.export.dialog import ExportDialog

        if self._document.project is None:
            return
        if self._clip() is None:
            self._window.tell(self.tr("There is no clip yet. Create it first."))
            return
        self.bench.player.pause()
        dialog = ExportDialog(self._document, self._window.jobs, self)
        dialog.open()

    # --- while the engine works -----------------------------------------------------------------

    def _begun(self, step: str) -> None:
        if step == TRAIN:
            self.training.begin(self._document)
            self.show_part(TRAINING)
        self._show_busy(step)
        self._allow()

    def _show_busy(self, step: str) -> None:
        """Say what is at work in place of Create."""
        if step in (*STEPS, DEMO):
            words = {
                TRAIN: self.tr("Learning the person. You can go on working; a notification tells when it is done."),
                DEMO: self.tr("The built-in dancer is being learned. A notification tells when it is done."),
                RENDER: self.tr("The person is learned. The clip is being made."),
                WRITE: self.tr("The clip is being written."),
            }[step]
            self.side.set_busy(words)
            self.training.follow(step)
            self._awake.set(True)

    def _hear(self, job: Job, event: object) -> None:
        if isinstance(event, Started) and event.stage == "train":
            self._window.bar.refresh()  # there is a training now that can be looked at
            self.bench.expect_first(False)
            if self._making.step == DEMO:
                self.training.begin(self._document)
                self._found()
                if not self._watching.playing:
                    self.show_part(TRAINING)
        if getattr(event, "stage", "") == SPRITES:
            self._hear_first(event)
        self._watching.hear(event)
        self.training.hear(event)  # type: ignore[arg-type]
        if isinstance(event, Progress) and event.total:
            self._taskbar.show_share(min(1.0, event.done / event.total))
        if isinstance(event, Done):
            self.bench.refresh_soon()
            if event.stage == "prepare":
                self._window.bar.refresh()

    def _hear_first(self, event: object) -> None:
        """Of the first look: it is made anew, or it is there and is played until the user does something else."""
        dance = self._document.dance
        if isinstance(event, Started):
            self.bench.expect_first(True)
        elif isinstance(event, Preview):
            part = self.bench.show_first()
            if part is None or dance is None or Path(event.path).parent.name != dance.name:
                return  # there is a clip, or another dance was chosen meanwhile
            if not self.bench.touching_up and not self.training.pictured:
                self.show_part(CLIP)
                self._watching.begin_first(part)
                words = self.tr(
                    "A first look, with nothing learned yet. How the learning goes can be seen under Training"
                )
                self._window.tell(words)

    def _ended(self, job: Job, outcome: Outcome) -> None:
        self.training.ended()
        self._taskbar.show_share(None)
        self.bench.refresh_soon()
        self._show_media()

    def _found(self) -> None:
        project = self._document.project
        if project is not None:
            self._window.verdicts.look_at_project(str(project.folder))
        self._allow()

    def _made(self, clip: Path) -> None:
        from ui.notices import notify

        self._rests()
        mine = self._clip()
        if mine is not None and clip.is_file() and mine.samefile(clip):
            self.side.show_clip(clip)
            self.show_part(CLIP)
            self.bench.show_result(clip)
        else:  # another dance was chosen meanwhile
            self._window.tell(self.tr("The clip of {0} is ready").format(clip.parent.parent.name))
        if not self._window.isActiveWindow():
            notify(self.tr("Your clip is ready"), self._document.name)

    def _idle(self) -> None:
        self._rests()

    def _rests(self) -> None:
        """Nothing is being made, or it goes on in a project that was just opened."""
        if self._making.step != LOOK:
            self._watching.end()
        if self._making.creating:
            self._show_busy(self._making.step)
        else:
            self.side.set_busy("")
            self.training.follow("", self._settled())
            self._awake.set(False)
            if self._document.project is None or not self._document.project.runs:
                self.show_part(CLIP)  # stopped before anything was learned; the bar offers no way back then
        self._window.bar.refresh()
        self._allow()

    def _allow(self) -> None:
        """Whether one may create now, and what it will take on the disk."""
        project = self._document.project
        ready = project is not None and bool(project.clips) and bool(project.dances)
        if project is None or not ready or self._making.step == LOOK:
            self.side.choice.set_ready(False, self._lacking())
            return
        free = shutil.disk_usage(project.folder).free
        need = self._bytes()
        note = self.tr("Takes about {need} on the disk, of {free} that are free.")
        if free < ROOM * need:
            note = self.tr("Needs about {need} on the disk, and only {free} are free.")
        words = note.format(need=size_words(need), free=size_words(free))
        about = self._memory_words(project) if learns(project) else self._time_words(project)
        self.side.choice.set_ready(True, " ".join(filter(None, [words, about])))

    def _large(self) -> bool:
        """Larger pictures are quick to learn here and, as far as is known, there is memory for them."""
        machine = self._window.machine
        need, there = machine.memory(TrainSettings(size=LARGE))
        return machine.card and need <= there

    def _time_words(self, project: Project) -> str:
        """What a clip takes for which nothing is learned; "" where nobody measured that."""
        machine = self._window.machine
        if not machine.measured:
            return ""
        before = dataclasses.replace(project.settings(TrainSettings), budget=0.0)
        words = minutes_words(machine.minutes(before, self._footage()))
        return self.tr("It is made in {time}.").format(time=words)

    def _memory_words(self, project: Project) -> str:
        """What learning will take of the memory; "" where nobody measured that."""
        machine = self._window.machine
        wanted = self.side.choice.choice.settings(project.settings(TrainSettings), card=self._large())
        need, there = machine.memory(wanted)
        if not need:
            return ""
        if need > there:
            words = self.tr("Learning needs about {need} of memory, of {there}: it will do with less, slower.")
        else:
            words = self.tr("Learning takes about {need} of memory, of {there}.")
        return words.format(need=size_words(need), there=size_words(there))

    def _lacking(self) -> str:
        """Why one can't create yet."""
        project = self._document.project
        if project is None or self._making.step == LOOK:
            return self.tr("The videos are being looked at.")
        if not project.clips:
            return self.tr("A video of the person is missing. Drop it on the card above.")
        return self.tr("A dance is missing. Drop it on the card above.")

    def _bytes(self) -> float:
        """What a clip will take, from what `doctor` measured; 0.75 GB where it didn't."""
        costs, footage = self._window.machine.costs or {}, self._footage()
        if not costs:
            return 0.75e9
        each = costs.get("layer_bytes", 0) + costs.get("clip_bytes", 0)
        crops, points = costs.get("crop_bytes", 0) * footage.person, 3 * costs.get("checkpoint_bytes", 0)
        project = self._document.project
        if project is not None and not learns(project):
            crops, points = 0 if project.portable else crops, 0
        return float(footage.dance * each + crops + points)

    def _footage(self) -> Footage:
        project, dance = self._document.project, self._document.dance
        clips = project.clips if project else []
        frames = sum(self._window.verdicts.frames_of(one.file) or 60 * FPS for one in clips)
        danced = self._window.verdicts.frames_of(dance.file) if dance else 0
        found = project is not None and all((project.clip_folder(one) / "track.npz").exists() for one in clips)
        return Footage(int(danced or 30 * FPS), int(frames), bool(clips) and found)

    # --- leaving ----------------------------------------------------------------------------------

    def leave(self) -> None:
        """The project is closed."""
        self._expected = {}
        self._watching.end()
        self.bench.show_project()

    def close_down(self) -> None:
        """The window goes."""
        self._awake.set(False)
        self.bench.close_down()


def size_words(count: float) -> str:
    """ "750 MB", "2.1 GB", with the language's decimal point."""
    digits = 1 if count >= 1e9 else 0
    return QLocale().formattedDataSize(max(round(count), 10**6), digits, QLocale.DataSizeFormat.DataSizeSIFormat)
