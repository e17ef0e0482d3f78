"""Plays several videos as one: in step, frame by frame, to the sound of one of them."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer, Signal, Slot

from ui.player.clock import Clock, Course
from ui.player.frames import EXACT, Frames
from ui.player.reader import Reader
from ui.player.sound import Sound, Stream, output_stream

if TYPE_CHECKING:
    from ui.player.sources import Sources

FASTEST = 8.0


class Player(QObject):
    """What is played, where it stands and how it goes on. Times are seconds of the first source.

    Every source is shown at its latest frame at or before the time of the master's frame, so
    what is side by side belongs together whatever the rates are.
    """

    frames = Signal(object, float)
    """{name: QImage} and the time of the master's frame that they belong to."""
    moved = Signal(float)
    """Where the playhead is."""
    state = Signal(bool)
    """It plays, or has stopped."""
    rated = Signal(float)
    """How fast it plays, negative backward."""
    ranged = Signal(float, float)
    """The part that is played."""
    loaded = Signal()
    """The sources are open: `duration` and `fps` are known."""
    problem = Signal(str, str)
    """A source's name and why it can't be shown."""
    sound_ready = Signal()
    """The sound can be heard from now on."""
    sound_problem = Signal(str)
    """Why nothing is heard; said once."""

    def __init__(self, parent: QObject | None = None, open_stream: Callable[..., Stream] = output_stream) -> None:
        """`open_stream` is called like `sounddevice.RawOutputStream`."""
        super().__init__(parent)
        self._reader, self._sound, self._silent = Reader(), Sound(open_stream), Clock()
        self._clock: Clock | Sound = self._silent
        self._sources: Sources | None = None
        self._frames = Frames()
        self._time = 0.0
        self._range: tuple[float, float] | None = None
        self._loop = self._playing = self._complained = False
        self._rate = self._speed = 1.0
        self._after_scrub = 0.0
        """The rate to go on at when the playhead is let go; 0: it was not playing."""
        self._shown = -1
        self._awaited: set[int] = set()
        """Frames that the reader was asked for and that would not come too late."""
        self._course = Course(0, 1, 0, 0, False)
        self._underway = False
        """`_course` counts the time; not where it was told to play, or to go somewhere, before anything was open."""
        self._timer = QTimer(self, singleShot=True, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._tick)
        self._reader.opened.connect(self._opened, Qt.ConnectionType.QueuedConnection)
        self._reader.decoded.connect(self._decoded, Qt.ConnectionType.QueuedConnection)
        self._sound.came.connect(self._resume, Qt.ConnectionType.QueuedConnection)
        self._sound.came.connect(self.sound_ready)
        self._sound.problem.connect(self._complain, Qt.ConnectionType.QueuedConnection)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close)

    # --- what is played -----------------------------------------------------------------------

    def set_sources(self, sources: Mapping[str, str | Path], begins: Mapping[str, float] | None = None) -> None:
        """Show these videos; the first is the master. Time stays where it is, within the new master.

        A pose track (.npz) counts the time and has no pictures. `begins`: at what second of the master a clip of
        a part of it starts, which is shown only while it lasts; the others start with the master. The files are
        held open: on Windows, take them out before they are replaced.
        """
        self._sources, self._frames, self._shown = None, Frames(), -1
        self._awaited.clear()
        self._timer.stop()
        self._reader.open({name: Path(path) for name, path in sources.items()}, begins or {})

    def set_sound(self, path: str | Path | None) -> None:
        """Play this file's sound, whose time 0 is its first picture; None for silence."""
        self._time = self.time
        self._sound.open(None if path is None else Path(path))
        self._go_on()

    def set_muted(self, muted: bool) -> None:
        self._sound.muted = muted

    @Slot()
    def close(self) -> None:
        """Stop, and let go of files, threads and the audio device."""
        self._timer.stop()
        self._playing = False
        self._sound.close()
        self._reader.close()

    # --- where it stands ----------------------------------------------------------------------

    @property
    def time(self) -> float:
        """Seconds; while it plays, what is heard at this moment."""
        return self._course.at(self._clock.elapsed()) if self._running and self._underway else self._time

    @property
    def duration(self) -> float:
        """Seconds up to the end of the master's last frame."""
        return self._frames.duration

    @property
    def fps(self) -> float:
        """The master's frames per second, on average."""
        return self._frames.fps

    @property
    def playing(self) -> bool:
        return self._playing

    @property
    def rate(self) -> float:
        """Seconds of video per second; 1 is the usual speed, negative is backward."""
        return self._speed if self._playing else self._rate

    @property
    def loop(self) -> bool:
        return self._loop

    @property
    def range(self) -> tuple[float, float]:
        """The part that is played, in seconds; all of it where nothing was set."""
        return self._range or (0.0, self._frames.duration)

    # --- slots for buttons and keys -----------------------------------------------------------

    @Slot()
    def play(self) -> None:
        """Play at the rate that is set; from the other end where the part is over."""
        self._start(self._rate)

    @Slot()
    def pause(self) -> None:
        if self._playing:
            self._time = self.time
            self._stop()
            self._show(self._frames.number(self._time))
            self.moved.emit(self._time)

    @Slot()
    def toggle(self) -> None:
        self.pause() if self._playing else self.play()

    @Slot(int)
    def shuttle(self, direction: int) -> None:
        """Play forward (1) or backward (-1), twice as fast with each repeat."""
        again = self._playing and self._speed * direction > 0
        self._start(max(-FASTEST, min(FASTEST, 2 * self._speed)) if again else float(direction))

    @Slot()
    def halt(self) -> None:
        """Stop, and go back to the usual speed."""
        self.pause()
        self.set_rate(1.0)

    @Slot(int)
    def step(self, frames: int) -> None:
        """Stop and go so many frames on, or back."""
        self.pause()
        if self._frames.times:
            at = max(0, min(len(self._frames.times) - 1, self._frames.number(self._time) + frames))
            self.seek(self._frames.times[at])

    @Slot(float)
    def step_seconds(self, seconds: float) -> None:
        """Stop and go so many seconds on, or back."""
        self.pause()
        self.seek(self._time + seconds)

    @Slot()
    def go_start(self) -> None:
        """To the beginning of the part that is played; from there, to that of the video."""
        first = self.range[0]
        self.seek(0.0 if abs(self.time - first) < EXACT else first)

    @Slot()
    def go_end(self) -> None:
        """To the last frame of the part that is played; from there, to that of the video."""
        if self._frames.times:
            last = self._frames.times[self._frames.last(self.range[1])]
            self.seek(self._frames.times[-1] if abs(self.time - last) < EXACT else last)

    @Slot()
    def mark_in(self) -> None:
        """The part that is played begins at the frame that is shown."""
        if self._frames.times:
            start, stop = self._frames.times[self._frames.number(self.time)], self.range[1]
            self.set_range(start, stop if stop > start else self._frames.duration)

    @Slot()
    def mark_out(self) -> None:
        """The part that is played ends with the frame that is shown."""
        if self._frames.times:
            stop = self._frames.stop(self._frames.number(self.time))
            self.set_range(self.range[0] if self.range[0] < stop else 0.0, stop)

    @Slot(float)
    def seek(self, seconds: float) -> None:
        """Show the frame of a time; while it plays, go on from there. The newest request wins."""
        end = self._frames.times[-1] if self._frames.times else seconds
        self._time = max(0.0, min(float(seconds), max(end, self._frames.duration - EXACT)))
        if self._running:
            self._go_on()
        else:
            self._underway = False
            self._show(self._frames.number(self._time))
        self.moved.emit(self._time)

    @Slot(bool)
    def set_scrubbing(self, scrubs: bool) -> None:
        """The playhead is being dragged: stop until it is let go."""
        if scrubs and self._playing:
            speed = self._speed
            self.pause()
            self._after_scrub = speed
        elif not scrubs and self._after_scrub:
            self._start(self._after_scrub)

    @Slot(float)
    def set_rate(self, rate: float) -> None:
        """How fast `play` plays: 1, 0.25, -2 ...; 0 is no rate."""
        if rate and rate != self.rate:
            self._rate = float(rate)
            if self._playing:
                self._start(self._rate)
            else:
                self.rated.emit(self._rate)
        elif rate:
            self._rate = float(rate)

    @Slot(float, float)
    def set_range(self, start: float, stop: float) -> None:
        """Play this part alone, `stop` excluded; nothing is cut off what can be looked at."""
        if stop <= start:
            raise ValueError("a range ends behind its start")
        if (start, stop) != self.range:
            self._range = (start, stop)
            self._resume()
            self.ranged.emit(start, stop)

    @Slot()
    def clear_range(self) -> None:
        """Play all of it."""
        self._range = None
        self._resume()
        self.ranged.emit(0.0, self._frames.duration)

    @Slot(bool)
    def set_loop(self, loop: bool) -> None:
        """Begin again where the part ends."""
        if loop != self._loop:
            self._loop = loop
            self._resume()

    # --- playing ------------------------------------------------------------------------------

    @property
    def _running(self) -> bool:
        """It plays, and there is something to play."""
        return self._playing and bool(self._frames.times)

    def _start(self, speed: float) -> None:
        if self._running:
            self._time = self.time
        changed, self._speed = not self._playing or speed != self._speed, speed
        was, self._playing, self._after_scrub = self._playing, True, 0.0
        first, last = self.range
        if not was and self._frames.times:
            if speed > 0 and self._time >= self._frames.times[self._frames.last(self.range[1])] - EXACT:
                self._time = first
            elif speed < 0 and self._time <= first + EXACT:
                self._time = last
        self._go_on()
        if changed:
            self.rated.emit(speed)
        if not was:
            self.state.emit(True)

    @Slot()
    def _resume(self) -> None:
        """Play on from this moment, by what is set now."""
        self._time = self.time
        self._go_on()

    def _go_on(self) -> None:
        """Play on from where the playhead was put, by what is set now."""
        if not self._running:
            return
        self._clock.stop()
        self._underway = True
        first, last = self.range
        self._course = Course(self._time, self._speed, first, min(last, self._frames.duration), self._loop)
        heard = self._speed == 1 and self._sound.ready
        self._clock = self._sound if heard else self._silent
        try:
            self._clock.start(self._course)
        except Exception as error:  # PortAudio's own errors have a type only where it is installed
            self._lose_sound(str(error))
        self._tick()

    def _lose_sound(self, why: str = "") -> None:
        """Go on silently: the device has gone."""
        self._sound.drop()
        self._complain(self.tr("The audio device has gone; it plays on silently. {0}").format(why).strip())
        self._clock = self._silent
        self._clock.start(self._course)

    def _stop(self) -> None:
        self._timer.stop()
        self._clock.stop()
        self._playing = self._underway = False
        self._after_scrub = 0.0
        self.state.emit(False)
        if self._speed != self._rate:
            self.rated.emit(self._rate)

    @Slot()
    def _tick(self) -> None:
        """Show what is due and sleep until the next frame."""
        if not self._running:
            return
        if self._clock is self._sound and self._sound.lost:
            self._course = Course(self._time, self._speed, *self.range, self._loop)
            self._lose_sound()
        elapsed = self._clock.elapsed()
        if self._course.ended(elapsed):
            self._finish()
            return
        self._time = self._course.at(elapsed)
        number = self._frames.due(self._time, self._speed)
        if number != self._shown:
            self._show(number)
        self.moved.emit(self._time)
        self._timer.start(self._frames.wait(number, self._time, self._speed))

    def _finish(self) -> None:
        """The part is over: stop on its last frame, backward on its first."""
        at = self._frames.last(self.range[1]) if self._speed > 0 else self._frames.number(self.range[0])
        self._time = self._frames.times[at]
        self._stop()
        self._show(at)
        self.moved.emit(self._time)

    # --- frames -------------------------------------------------------------------------------

    def _show(self, number: int) -> None:
        """Show a frame at once where it is decoded already, else as soon as it is."""
        if not self._frames.times:
            return
        pictures = self._reader.ready(number)
        if pictures is not None:
            self._awaited.clear()
            self._deliver(number, pictures)
        else:
            self._awaited.add(number)
        ahead = self._frames.upcoming(number, self._speed, self.range, self._loop) if self._running else []
        self._reader.want(number, ahead, deliver=pictures is None)

    def _deliver(self, number: int, pictures: object) -> None:
        self._shown = number
        self.frames.emit(pictures, self._frames.times[number])

    # --- what the threads say -----------------------------------------------------------------

    @Slot(object)
    def _opened(self, sources: "Sources") -> None:
        if self._reader.sources is not sources:
            return  # others have been asked for since
        for name, words in sources.problems.items():
            self.problem.emit(name, words)
        self._sources = sources
        self._frames = Frames(sources.times.tolist(), sources.duration, sources.fps)
        self._time = min(self._time, self._frames.times[-1]) if self._frames.times else 0.0
        self.loaded.emit()
        if self._running:
            self._start(self._speed)
        else:
            self._show(self._frames.number(self._time))

    @Slot(object, int, object)
    def _decoded(self, sources: "Sources", number: int, pictures: dict) -> None:
        if sources is self._sources and number in self._awaited:  # else: another one has been shown since
            self._awaited.discard(number)
            self._deliver(number, pictures)

    @Slot(str)
    def _complain(self, words: str) -> None:
        if not self._complained:
            self._complained = True
            self.sound_problem.emit(words)
