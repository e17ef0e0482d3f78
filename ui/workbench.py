"""The picture, its transport and the timeline of one project: what is shown of a dance, a person and a result."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QSplitter, QVBoxLayout, QWidget

from dancetransfer.media import Media, has_picture
from dancetransfer.render.part import FIRST_LOOK, part_of
from dancetransfer.video.formats import EXCERPT
from ui import theme
from ui.arrangement import CLIPS, DANCE, FIRST, ORDER, PERSON, RESULT, SKELETON, names_of
from ui.keys import Keys
from ui.player.player import Player
from ui.player.transport import VIEWS, Transport
from ui.project.document import Document
from ui.timeline.media import read_lane
from ui.timeline.timeline import Timeline
from ui.viewer.touchup import TouchUp
from ui.viewer.touchup_bar import TouchUpBar
from ui.viewer.tracks import FITTED, file_mark, read_file, read_track, track_mark
from ui.viewer.viewer import Viewer

REFRESH_MS = 400
"""The engine's files are looked at this long after it said something; many sayings are one look."""


class Workbench(QWidget):
    """Follows a document: lanes, pictures and skeletons are read again by `refresh`."""

    told = Signal(str)
    """A sentence for a toast."""
    failed = Signal(str, str)
    """Message and hint"""

    def __init__(self, document: Document, keys: Keys, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._document, self._keys = document, keys
        self._sources: dict[str, Path] = {}
        self._expected: dict[str, Path] = {}
        """Videos that are shown until the project has them."""
        self._loaded: dict[str, tuple[int, ...]] = {}
        """What the skeletons were read from."""
        self._heard = ""
        """The file whose sound is played."""
        self._part: tuple[float, float] | None = None
        """What is played of the dance; None: all of it."""
        self.result = Path()
        """The clip that was made; an empty path where there is none."""
        self._first_comes = False
        """The first look is being made anew: the one from before is let go of."""
        self.player, self.viewer, self.timeline = Player(self), Viewer(), Timeline()
        self.transport = Transport(self.player, keys)
        self.touchup = TouchUp(self.viewer, document, self)
        self._bar = TouchUpBar(self.touchup)
        self._bar.hide()
        self._later = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._later.timeout.connect(self.refresh)
        self._lay_out()
        self._connect()
        self._hang_keys()

    # --- what it is made of -----------------------------------------------------------------------

    def _lay_out(self) -> None:
        upper, lower = QWidget(), QFrame()
        lower.setProperty("role", "footer")
        above = QVBoxLayout(upper)
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(0)
        above.addWidget(self._bar)
        above.addWidget(self.viewer, 1)
        below = QVBoxLayout(lower)
        below.setContentsMargins(0, 0, 0, 0)
        below.setSpacing(0)
        below.addWidget(self.transport)
        below.addWidget(self.timeline, 1)
        split = QSplitter(theme.Qt.Orientation.Vertical)
        split.addWidget(upper)
        split.addWidget(lower)
        split.setStretchFactor(0, 1)
        split.setChildrenCollapsible(False)
        split.setHandleWidth(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(split)

    def _connect(self) -> None:
        player, timeline = self.player, self.timeline
        player.frames.connect(self.viewer.set_frames)
        player.moved.connect(timeline.set_time)
        player.loaded.connect(self._know_length)
        player.problem.connect(lambda _name, words: self.told.emit(words))
        player.sound_problem.connect(self.told)
        timeline.sought.connect(player.seek)
        timeline.scrubbing.connect(player.set_scrubbing)
        timeline.trimmed.connect(self._trim)
        timeline.told.connect(self.told)
        self.transport.view_wanted.connect(self.set_view)
        self.transport.skeletons_wanted.connect(self.viewer.set_skeletons)
        self.transport.touch_up_wanted.connect(self.touch_up)
        self.touchup.holding.connect(player.pause)
        self.touchup.active.connect(self._bar.setVisible)
        self.touchup.refused.connect(self.failed)
        self._bar.part_wanted.connect(lambda: self.touchup.set_part(*player.range))

    def _hang_keys(self) -> None:
        player, viewer, line = self.player, self.viewer, self.timeline
        anywhere: dict[str, Callable[[], object]] = {
            "play": player.toggle,
            "back": lambda: player.shuttle(-1),
            "halt": player.halt,
            "forward": lambda: player.shuttle(1),
            "loop": self.transport.loop.toggle,
            "mute": self.transport.mute.toggle,
            "skeletons": self.transport.skeletons.toggle,
            "touch up": self.touch_up,
            "problem": line.next_problem,
            "problem back": line.previous_problem,
            "mark in": line.set_start,
            "mark out": line.set_stop,
            "zoom in": viewer.zoom_in,
            "zoom out": viewer.zoom_out,
            "fit": viewer.fit,
            "pixels": viewer.actual_pixels,
            **{f"view {view}": partial(self.set_view, view) for view in VIEWS},
        }
        inside: dict[str, Callable[[], object]] = {
            "frame back": lambda: player.step(-1),
            "frame on": lambda: player.step(1),
            "second back": lambda: player.step_seconds(-1),
            "second on": lambda: player.step_seconds(1),
            "to start": player.go_start,
            "to end": player.go_end,
            "use all": line.use_all,
            "beat back": lambda: line.to_beat(-1),
            "beat on": lambda: line.to_beat(1),
        }
        touch = self.touchup
        anywhere |= {
            "joint": partial(touch.choose_next, 1),
            "joint back": partial(touch.choose_next, -1),
            "nudge left": partial(touch.nudge, -1, 0),
            "nudge right": partial(touch.nudge, 1, 0),
            "nudge up": partial(touch.nudge, 0, -1),
            "nudge down": partial(touch.nudge, 0, 1),
            "hide limb": touch.hide,
            "swap sides": touch.swap,
            "touch up end": touch.end,
        }
        for name, slot in anywhere.items():
            self._keys.shortcut(name, self, slot)
        for name, slot in inside.items():
            self._keys.shortcut(name, self, slot, inside=True)

    # --- what is shown ------------------------------------------------------------------------

    def show_project(self) -> None:
        """Another project, or none: begin anew."""
        self.touchup.end()
        self.player.pause()
        self._hear("")
        self.timeline.clear()
        self.viewer.clear(self.tr("Having a look at the videos"))
        self._sources, self._expected, self._loaded, self.result = {}, {}, {}, Path()
        self._first_comes = False
        self.refresh()
        self._arrange(self.best_view(), self._names_of(self.best_view()))

    def refresh_soon(self) -> None:
        """The engine may have written something."""
        if not self._later.isActive():
            self._later.start()

    def refresh(self) -> None:
        """Read again what has changed in the project's folder."""
        if self._document.project is None:
            self.player.set_sources({})
            self._hear("")
            return
        self._open_videos()
        self._play_part()
        self._read_lanes()
        self._read_poses()
        self.transport.set_views({view for view in VIEWS if self._names_of(view)})

    def preview(self, files: dict[str, str]) -> None:
        """Show videos that are not in the project yet; of a motion there is nothing to see before it is read."""
        self._expected = {name: Path(file) for name, file in files.items() if has_picture(Path(file))}
        self._sources = dict(self._expected)
        self._call_by_names()
        self.player.set_sources(self._sources)
        self._hear(files.get(DANCE, ""))
        self.set_view(self.best_view())

    def forget_result(self) -> None:
        """There is no clip of what is shown now: another dance, or the person was forgotten."""
        if self.result != Path():
            self.result = Path()
            self.refresh()

    def expect_first(self, comes: bool) -> None:
        """Whether the first look is about to be made, in place of one that may be open here."""
        if comes != self._first_comes:
            self._first_comes = comes
            self.refresh()

    def show_first(self) -> tuple[float, float] | None:
        """The first look is there: let it be seen, unless there is a clip. Which part of the dance it shows."""
        self._first_comes = False  # while it was to come, the one from before was let go of
        self.refresh()
        return part_of(self._sources[FIRST]) if FIRST in self._sources else None

    @property
    def touching_up(self) -> bool:
        """Poses are being corrected by hand."""
        return not self._bar.isHidden()

    def show_result(self, clip: Path, play: bool = True) -> None:
        """The clip is there: let it play round and round."""
        self.result = clip
        self._sources.pop(RESULT, None)  # read again: it may have been made anew
        self.player.set_sources(self._sources)
        self.refresh()
        self._arrange("single", self._names_of("single"))
        self.transport.loop.setChecked(True)
        self.player.go_start()
        if play:
            self.viewer.setFocus()  # the button that was pressed last is gone, and Space would press the next one
            self.player.play()

    def set_view(self, view: str) -> None:
        """Arrange the pictures; "single" again goes to the next one."""
        names = self._names_of(view)
        if names and view == "single" and self.viewer.mode == "single" and self.viewer.names:
            shown = self._names()
            at = shown.index(self.viewer.names[0]) if self.viewer.names[0] in shown else -1
            names = [shown[(at + 1) % len(shown)]]
        self._arrange(view, names)

    def _arrange(self, view: str, names: list[str]) -> None:
        if names:
            self.viewer.set_view(view, names)
            self.transport.show_view(view)

    def best_view(self) -> str:
        """What one wants to see first."""
        return "single" if RESULT in self._sources or len(self._sources) < 2 else "side"

    def touch_up(self) -> None:
        """Begin touching the dance's poses up, or end it."""
        if self.touching_up:
            self.touchup.end()
            return
        project, dance = self._document.project, self._document.dance
        if project is None or dance is None:
            return
        self.player.pause()
        self.viewer.set_view("overlay", [DANCE])
        self.transport.show_view("overlay")
        if not self.touchup.begin(DANCE, project.dance_folder(dance)):
            self.told.emit(self.tr("The poses of the dance are not known yet"))

    def close_down(self) -> None:
        """Let go of files and threads."""
        self.player.close()

    # --- reading ------------------------------------------------------------------------------

    def _media(self) -> list[tuple[str, Media, Path]]:
        """Name, media and folder of the dance that is worked on and of the person's first clip."""
        project, dance = self._document.project, self._document.dance
        found = []
        if project is not None and dance is not None:
            found.append((DANCE, dance, project.dance_folder(dance)))
        if project is not None and project.clips:
            found.append((PERSON, project.clips[0], project.clip_folder(project.clips[0])))
        return found

    def _open_videos(self) -> None:
        wanted = self._wanted()
        if wanted == self._sources:
            return
        first, comes = not self._sources, FIRST in wanted and FIRST not in self._sources
        self._sources = wanted
        self.viewer.set_absent({})
        parts = {name: part_of(wanted[name]) for name in CLIPS if name in wanted}
        self.player.set_sources(wanted, {name: part[0] if part else 0.0 for name, part in parts.items()})
        project, dance = self._document.project, self._document.dance
        if project is not None and dance:
            own = project.dance_folder(dance) / EXCERPT
            self._hear(dance.file if dance.has_picture else str(own) if own.exists() else "")
        self._call_by_names()
        if first or not set(self.viewer.names) <= set(wanted) | {SKELETON}:
            self.set_view(self.best_view())
        elif comes and self.viewer.mode in ("side", "wipe", "quad"):
            self._arrange(self.viewer.mode, self._names_of(self.viewer.mode))

    def _call_by_names(self) -> None:
        labels = {DANCE: self.tr("Dance"), PERSON: self.tr("Person"), RESULT: self.tr("Result")}
        labels[FIRST] = self.tr("First look, before learning: the person's own frames")
        self.viewer.set_labels({**labels, SKELETON: self.tr("Fitted to the person")}, {FIRST})

    def _wanted(self) -> dict[str, Path]:
        """What can be shown now; the dance comes first, for its times count."""
        found = dict(self._expected)
        for name, media, folder in self._media():
            small, track = folder / "proxy.mp4", folder / "track.npz"
            if media.has_picture:
                found[name] = small if small.exists() else Path(media.file)
            elif track.exists():
                found[name] = track
            else:
                found.pop(name, None)
        if self.result != Path() and self.result.exists():
            found[RESULT] = self.result
        elif (look := self._first_look()) is not None:
            found[FIRST] = look
        return {name: found[name] for name in ORDER if name in found}

    def _first_look(self) -> Path | None:
        """The dance by the person's own frames, made before anything is learned; None where it isn't whole."""
        project, dance = self._document.project, self._document.dance
        if project is None or dance is None or not project.clips or self._first_comes:
            return None
        look = project.dance_folder(dance) / FIRST_LOOK
        return look if part_of(look) is not None else None

    def _hear(self, file: str) -> None:
        """Play this file's sound, "" for silence; a motion's own file has none."""
        heard = file if has_picture(Path(file)) else ""
        if heard != self._heard:
            self._heard = heard
            self.player.set_sound(heard or None)

    def _play_part(self) -> None:
        """Play what the trim leaves, also after an undo or in another project."""
        dance = self._document.dance
        part = self._document.trim(dance) if dance else None
        if part != self._part:
            self._part = part
            self.player.set_range(*part) if part else self.player.clear_range()

    def _read_lanes(self) -> None:
        lanes = self._lanes()
        if len(lanes) < len(self.timeline.lanes):  # a video has gone
            self.timeline.clear()
        for index, (name, media, folder) in enumerate(lanes):
            length = self.player.duration if name == DANCE else 0.0
            trim = self._document.trim(media) if media else None
            lane = read_lane(folder, Path(media.file if media else folder).name, trim=trim, duration=length)
            self.timeline.set_lane(index, lane)

    def _lanes(self) -> list[tuple[str, Media | None, Path]]:
        """Name, media and folder for each lane; a video that the project doesn't have yet has its place already."""
        found: dict[str, tuple[Media | None, Path]] = {name: (None, file) for name, file in self._expected.items()}
        found |= {name: (media, folder) for name, media, folder in self._media()}
        return [(name, *found[name]) for name in (DANCE, PERSON) if name in found]

    def read_found(self) -> None:
        """Joints are being found: show those there are by now."""
        if self._document.project is not None:
            self._read_lanes()
            self._read_poses()

    def _know_length(self) -> None:
        self.viewer.set_absent(dict.fromkeys(CLIPS, self.tr("The clip does not show this moment")))
        self.timeline.set_time(self.player.time)
        self.refresh_soon()

    def _read_poses(self) -> None:
        """Skeletons, where what is known of them has changed since they were read."""
        folders = {name: folder for name, _, folder in self._media()}
        fitted_file = folders[DANCE] / FITTED if DANCE in folders else Path()
        marks = {name: track_mark(folder) for name, folder in folders.items()}
        marks[SKELETON] = file_mark(fitted_file) if fitted_file != Path() else ()
        if marks == self._loaded:
            return
        tracks = {name: read_track(folder) for name, folder in folders.items() if marks[name]}
        tracks[SKELETON] = read_file(fitted_file) if marks[SKELETON] else None
        poses = {name: track for name, track in tracks.items() if track is not None}
        self._loaded = marks
        fitted = dict.fromkeys(CLIPS, poses[SKELETON]) if SKELETON in poses else {}
        self.viewer.set_poses(poses, fitted)

    def _trim(self, lane: int, start: float, stop: float) -> None:
        """Keep a part; all of it is no part."""
        media, length = self._lanes()[lane][1], self.timeline.lanes[lane].duration
        if media is None:  # the project gets it in a moment
            self._read_lanes()
            return
        whole = start <= 0 and stop >= length - 1e-3
        self._document.set_trim(media, None if whole else start, None if whole else stop)
        self._play_part()

    def _names(self) -> list[str]:
        """The videos there are, the one that matters most first."""
        return names_of("", set(self._sources))

    def _names_of(self, view: str) -> list[str]:
        """Which pictures an arrangement shows; none where there are too few."""
        project, dance = self._document.project, self._document.dance
        there = set(self._sources)
        if project is not None and dance is not None and (project.dance_folder(dance) / FITTED).exists():
            there.add(SKELETON)
        return names_of(view, there)
