"""Plays by itself, without sound, what there is to see while the engine works: joints being found, the first look."""

from PySide6.QtCore import QCoreApplication, QObject, QTimer

from dancetransfer.events import Progress, Started
from ui.arrangement import FIRST
from ui.project.document import Document
from ui.timeline.lane import Lane
from ui.workbench import Workbench

EVERY_MS = 1000
"""How often the joints found so far are read."""
SHORTEST = 1.0
"""Seconds that have to be found for them to be played alone; finding is slower than playing."""
NEAR = 1e-3
"""Seconds before its end at which a part is over."""
POSES = "poses"
"""The stage that finds them."""


def found_until(lane: Lane) -> float:
    """Seconds from a lane's beginning for which a strip that is still filling has something; 0 where none fills."""
    for strip in lane.strips:
        gaps = [time for time, value in zip(strip.times, strip.values, strict=True) if value != value]  # NaN
        if gaps and strip.name == QCoreApplication.translate("Strips", "Pose"):
            return float(gaps[0])
    return 0.0


class Watching(QObject):
    """Lets a workbench watch the engine; whoever presses Pause or goes to a moment takes over from it.

    What is played so is no sign that the user is at work: the engine need not hold back for it.
    """

    def __init__(self, bench: Workbench, document: Document) -> None:
        super().__init__(bench)
        self._bench, self._document = bench, document
        self.playing = False
        """It plays because of this, not because the user wanted it."""
        self._lent: dict[str, bool] = {}
        """The transport's switches that were turned on, and how they stood."""
        self._next = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._next.timeout.connect(self._read)
        self._until = 0.0
        """Where the part ends that is played, in seconds: joints are known up to there by now; 0: play everything."""
        self._from = 0.0
        """Where it begins."""
        bench.player.state.connect(self._played)
        bench.player.moved.connect(self._moved)
        bench.timeline.sought.connect(self._leave)

    def begin(self) -> None:
        """New videos are shown: play them round and round."""
        if not self._lent and not self._bench.player.playing:
            self._from = self._until = 0.0
            self._play("loop", "mute", "skeletons")

    def begin_first(self, part: tuple[float, float]) -> None:
        """The first look is shown: play its part of the dance round and round, unless the user is at work."""
        bench = self._bench
        if self._lent or bench.player.playing or bench.touching_up:
            return
        if FIRST not in bench.viewer.names:
            bench.set_view(bench.best_view())
        self._from, self._until = part
        bench.player.seek(self._from)
        self._play("loop", "mute")

    def _play(self, *switches: str) -> None:
        for name in switches:
            switch = getattr(self._bench.transport, name)
            self._lent[name] = switch.isChecked()
            switch.setChecked(True)
        self.playing = True
        self._bench.player.play()

    def hear(self, event: object) -> None:
        """What the engine says."""
        if isinstance(event, Started) and event.stage == POSES:
            self._document.refresh()  # the video is in the project from here on
        elif isinstance(event, Progress) and event.stage == POSES and not self._next.isActive():
            self._next.start()

    def end(self) -> None:
        """Everybody is found, or nobody looks any more; or the clip takes the place of the first look."""
        self._from = self._until = 0.0
        if self.playing:
            self._bench.player.pause()
            self._bench.player.go_start()
        self._give_back("loop", "mute", "skeletons")

    def _read(self) -> None:
        self._bench.read_found()
        growing = [until for lane in self._bench.timeline.lanes if (until := found_until(lane))]
        self._until = growing[0] if growing and growing[0] >= SHORTEST else 0.0

    def _moved(self, seconds: float) -> None:
        if self.playing and self._until and seconds > self._until - NEAR:
            QTimer.singleShot(0, self, self._go_back)  # when it is clear that the user didn't go there

    def _go_back(self) -> None:
        """Play this part again and again."""
        if self.playing and self._until and self._bench.player.time > self._until - NEAR:
            self._bench.player.seek(self._from)

    def _played(self, plays: bool) -> None:
        if not plays:
            self._leave()

    def _leave(self) -> None:
        """The user has taken over; the skeletons stay as long as they are being found."""
        if self.playing:
            self.playing = False
            self._give_back("loop", "mute")

    def _give_back(self, *names: str) -> None:
        for name in names:
            if name in self._lent:
                getattr(self._bench.transport, name).setChecked(self._lent.pop(name))
