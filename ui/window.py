"""The main window: puts the parts together and leads from two dropped videos to a finished clip."""

from pathlib import Path

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from dancetransfer.errors import UserError
from dancetransfer.settings import TrainSettings
from ui import theme
from ui.keys import Keys
from ui.notices import ErrorSheet, Toast
from ui.project.document import Document
from ui.project.jobs import Jobs, Outcome
from ui.project.machine import Machine, chip_words
from ui.project.making import DEMO, STEPS, TRAIN, Making, free_folder
from ui.project_page import ProjectPage
from ui.side.create import choices
from ui.side.verdict import Verdicts
from ui.topbar import TopBar
from ui.training.outlook import lost
from ui.welcome.glimpse import Glimpses
from ui.welcome.welcome import Welcome

GEOMETRY = "window/geometry"
LEVELS = ("good", "warn", "bad")


class Window(QMainWindow):
    """One project at a time. `jobs` do the work, `looks` answer quick questions beside it, `measures` the one
    that takes some fifteen seconds: how fast this machine is."""

    def __init__(self, jobs: Jobs | None = None, looks: Jobs | None = None, measures: Jobs | None = None) -> None:
        super().__init__()
        self.jobs, self.looks = jobs or Jobs(self), looks or Jobs(self)
        self.measures = measures or Jobs(self)
        self.document, self.keys = Document(self), Keys(self)
        self.document.attend(self.jobs)
        self.making = Making(self.document, self.jobs, self)
        self.machine, self.verdicts = Machine(self.measures, self), Verdicts(self.looks, self)
        self.glimpses = Glimpses(self)
        self.welcome = Welcome()
        self.page: ProjectPage | None = None
        """Made when the first project is opened: it takes a moment, and the window is to be there at once."""
        self._dropped: dict[str, list[str]] = {"dance": [], "person": []}
        self._closing = False
        self.bar = TopBar(self.document, self.jobs, self.keys)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.welcome)
        self._lay_out()
        self._connect()
        self._hang_keys()
        self._title()

    # --- what it is made of -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._stack, 1)
        self.setCentralWidget(inside)
        self.setMinimumSize(112 * theme.SPACE, 76 * theme.SPACE)
        kept = QSettings().value(GEOMETRY)
        if kept is None or not self.restoreGeometry(kept):
            self.resize(1280, 800)

    def _connect(self) -> None:
        welcome, document = self.welcome, self.document
        welcome.dance_dropped.connect(lambda files: self._drop("dance", files))
        welcome.person_dropped.connect(lambda files: self._drop("person", files))
        welcome.dance_cleared.connect(lambda: self._drop("dance", []))
        welcome.person_cleared.connect(lambda: self._drop("person", []))
        welcome.demo_wanted.connect(self._demo)
        welcome.project_wanted.connect(self.open_project)
        welcome.guide_wanted.connect(self._show_guide)
        welcome.machine_wanted.connect(self._explain_machine)
        welcome.unfinished_wanted.connect(self.go_on)
        welcome.pictures_wanted.connect(self.glimpses.ask)
        self.glimpses.made.connect(self._show_glimpse)
        self.verdicts.changed.connect(self._show_verdict)
        self.machine.changed.connect(self._show_machine)
        document.opened.connect(self._opened)
        document.closed.connect(self._title)
        document.told.connect(self.tell)
        document.failed.connect(lambda message, hint: self.complain(UserError(message, hint)))
        self.making.demo_open.connect(self.open_project)
        self.making.failed.connect(self._failed)
        self.bar.home_wanted.connect(self.go_home)
        self.bar.more_wanted.connect(self.show_more)
        self.bar.keys_wanted.connect(self.show_keys)
        self.bar.page_wanted.connect(self._show_part)
        self.jobs.emptied.connect(self._close_now)

    def _hang_keys(self) -> None:
        for name, slot in {
            "new": self.go_home,
            "open": lambda: self.open_project(""),
            "save as": self._save_as,
            "undo": self.document.undo_stack.undo,
            "redo": self.document.undo_stack.redo,
            "create": self._create,
            "export": self._export,
            "more": self.show_more,
            "keys": self.show_keys,
            "full screen": lambda: self.setWindowState(self.windowState() ^ theme.Qt.WindowState.WindowFullScreen),
            "quit": self.close,
        }.items():
            self.keys.shortcut(name, self, slot)

    def begin(self) -> None:
        """What can wait until the window is to be seen: recent projects, the machine, what was interrupted."""
        self.welcome.refresh()
        self.welcome.dance.setFocus()
        self._show_machine()
        self._show_unfinished()
        if not self.machine.report and not self.machine.looking:
            self.machine.look(quick=True)
            self.machine.look(quick=False)

    # --- from two videos to a project -----------------------------------------------------------

    def _drop(self, role: str, files: list[str]) -> None:
        """Take videos; with both there, make a project of them."""
        area = self.welcome.dance if role == "dance" else self.welcome.person
        for file in self._dropped[role]:
            self.verdicts.forget(file)
        self._dropped[role] = list(files)
        area.set_files(files)
        for file in files:
            self.verdicts.look(file, role)
        for file in files[:1]:
            self.glimpses.ask(file)
            self._show_verdict(file)
        if all(self._dropped.values()):
            QTimer.singleShot(0, self, self._begin_project)

    def _begin_project(self) -> None:
        dances, clips = self._dropped["dance"], self._dropped["person"]
        if not dances or not clips:
            return
        try:
            folder = free_folder(Path(dances[0]).stem)
            folder.parent.mkdir(parents=True, exist_ok=True)
            self.document.create(folder)
        except (UserError, OSError) as error:
            self.complain(error if isinstance(error, UserError) else UserError(str(error)))
            return
        for role in self._dropped:
            self._dropped[role] = []
            (self.welcome.dance if role == "dance" else self.welcome.person).set_files([])
        page = self._page()
        page.expect(dances, clips)
        for file in clips:
            self.making.add_person(file)
        for file in dances:
            self.making.add_dance(file)

    def _show_glimpse(self, path: str, image: object) -> None:
        for role, area in (("dance", self.welcome.dance), ("person", self.welcome.person)):
            if path in self._dropped[role]:
                area.set_picture(image)  # type: ignore[arg-type]
        self.welcome.set_picture(path, image)  # type: ignore[arg-type]

    def _show_verdict(self, file: str) -> None:
        for role, area in (("dance", self.welcome.dance), ("person", self.welcome.person)):
            if self._dropped[role] and Path(self._dropped[role][0]) == Path(file):
                said = self.verdicts.of(file)
                words = ", ".join(dict.fromkeys(filter(None, [said.words, said.facts])))
                area.set_verdict(words, said.level if said.level in LEVELS else "dim", said.hint)
        if self.page is not None:
            self.page.show_verdicts()

    # --- projects -------------------------------------------------------------------------------

    def open_project(self, folder: str | Path) -> None:
        """Open a project; "": ask for one."""
        chosen = str(folder) or QFileDialog.getExistingDirectory(self, self.tr("Open a project"))
        if not chosen or not self._may_leave():
            return
        try:
            self.document.open(chosen)
        except UserError as error:
            self.complain(error)

    def go_home(self) -> None:
        """Close the project and show the first page."""
        if self.document.project is not None and self.jobs.stopping and not self.jobs.waiting:
            self.jobs.emptied.connect(self.go_home, theme.Qt.ConnectionType.SingleShotConnection)  # in a moment
            return
        if not self._may_leave():
            return
        try:
            self.document.close()
        except UserError as error:
            self.complain(error)
            return
        if self.page is not None:
            self.page.leave()
        self._stack.setCurrentWidget(self.welcome)
        self.welcome.refresh()
        self._show_unfinished()
        self.welcome.dance.setFocus()

    def _may_leave(self) -> bool:
        """A project that the engine works on stays open; the built-in dancers' is about to be opened."""
        if self.document.project is None or self.jobs.empty:
            return True
        self.tell(self.tr("The engine is at work in this project. Stop it first."))
        return False

    def _page(self) -> ProjectPage:
        if self.page is None:
            self.page = ProjectPage(self)
            self._stack.addWidget(self.page)
        return self.page

    def _opened(self) -> None:
        page = self._page()
        page.show_project()
        self._stack.setCurrentWidget(page)
        page.bench.viewer.setFocus()
        self._title()
        for media in self.document.missing():
            page.ask_for(media)

    def _save_as(self) -> None:
        if self.document.project is None:
            return
        path, _ = QFileDialog.getSaveFileName(self, self.tr("Save a copy of the project"), "", "*.dance")
        if path:
            try:
                self.document.save_as(path)
            except UserError as error:
                self.complain(error)

    def _title(self) -> None:
        name = self.document.name
        self.setWindowTitle(f"{name} \N{EN DASH} DanceTransfer" if name else "DanceTransfer")

    # --- the built-in dancers, and what was interrupted ---------------------------------------------

    def _demo(self) -> None:
        if self.jobs.empty:
            self.making.demo()
            self.tell(self.tr("The built-in dancers are being drawn; their project opens in a moment."))

    def _show_unfinished(self) -> None:
        kept = Making.unfinished()
        words = self.tr("The making of {0} was interrupted. Nothing is lost.")
        if kept is not None and kept.steps[0] == TRAIN and lost(kept.folder):
            words = self.tr("The making of {0} was cut off right at its start; the learning begins anew.")
        names = dict.fromkeys([kept.folder.stem, kept.dance]) if kept else {}
        self.welcome.set_unfinished(words.format(", ".join(filter(None, names))) if kept else "")

    def go_on(self) -> None:
        """Take up what was interrupted."""
        kept = Making.unfinished()
        if kept is None:
            return
        self.welcome.set_unfinished("")
        if kept.steps == [DEMO]:
            self.making.demo(kept.folder)
            return
        if self.document.project is None or self.document.project.folder != kept.folder:
            self.open_project(kept.folder)
        project = self.document.project
        if project is None or project.folder != kept.folder:
            return
        self.making.look_again(kept.looks)
        if kept.dance in [one.name for one in project.dances]:
            self.document.choose_dance(kept.dance)
        self.making.create([step for step in kept.steps if step in STEPS])

    # --- the machine ------------------------------------------------------------------------------

    def _show_machine(self) -> None:
        looking = self.machine.looking and not self.machine.report
        words = self.tr("Looking at this machine") if looking else chip_words(self.machine.report)
        self.welcome.set_machine(words)
        if not self.machine.looking:
            self.machine.measure(one.settings(TrainSettings(), card=self.machine.card) for one in choices())
        if self.page is not None:
            self.page.show_costs()

    def _explain_machine(self) -> None:
        from ui.sheets.machine_sheet import MachineSheet

        MachineSheet(self.machine, self).open()

    # --- sheets -----------------------------------------------------------------------------------

    def tell(self, words: str) -> None:
        """Small news, for some seconds."""
        Toast(self._stack, words)

    def complain(self, what: Outcome | UserError) -> None:
        """An error, as a sheet over the window."""
        ErrorSheet.of(what, self).open()

    def _failed(self, outcome: Outcome) -> None:
        if not self._closing:
            again = self.go_on if outcome.resumable and Making.unfinished() else None
            ErrorSheet.of(outcome, self, again).open()

    def _create(self) -> None:
        if self.page is not None and self.document.project is not None:
            self.page.side.choice.create_now()

    def _export(self) -> None:
        if self.page is not None:
            self.page.export()

    def _show_part(self, name: str) -> None:
        if self.page is not None:
            self.page.show_part(name)

    def _settings_left(self) -> None:
        """The sheet of settings is closed: things may have been cleaned or forgotten."""
        if self.page is not None and self.document.project is not None:
            self.page.look_again()

    def _show_guide(self) -> None:
        from ui.welcome.guide import Guide

        Guide(self).open()

    def show_keys(self) -> None:
        """The sheet of keys."""
        self.keys.sheet(self).open()

    def show_more(self) -> None:
        """All settings."""
        from ui.sheets.more import More

        sheet = More(self.document, self.jobs, self.keys, self)
        sheet.scheme_chosen.connect(self._dress)
        sheet.gentle_chosen.connect(lambda on: setattr(self.jobs, "gentle", on))
        sheet.finished.connect(self._settings_left)
        sheet.open()

    def _dress(self, scheme: str) -> None:
        from PySide6.QtWidgets import QApplication

        app = QApplication.instance()
        if isinstance(app, QApplication):
            theme.apply(app, scheme or theme.system_scheme())

    # --- the end ------------------------------------------------------------------------------------

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ask where a clip is being made; stop it cleanly, then go."""
        QSettings().setValue(GEOMETRY, self.saveGeometry())
        if not self.jobs.empty and not self._closing:
            event.ignore()
            self._ask_closing()
            return
        if not self.jobs.empty:
            event.ignore()
            return
        try:
            self.document.close(anyway=True)
        finally:
            self.looks.kill_all()
            self.measures.kill_all()
            self.glimpses.wait()
            if self.page is not None:
                self.page.close_down()
        super().closeEvent(event)

    def _ask_closing(self) -> None:
        from ui.sheets.closing import ClosingSheet

        sheet = ClosingSheet(self.making.creating, self)
        sheet.accepted.connect(self.stop_and_close)
        sheet.open()

    def stop_and_close(self) -> None:
        """Stop the engine in good order and close when it has ended; the next start offers to go on."""
        self._closing = True
        self.making.remember()
        self.bar.line.setEnabled(False)
        self.jobs.stop_all()
        self._close_now()

    def _close_now(self) -> None:
        if self._closing and self.jobs.empty:
            QTimer.singleShot(0, self, self.close)
