"""While people are being found in new videos: plays them without sound, with the joints found so far."""

from PySide6.QtCore import QObject, QTimer

from dancetransfer.events import Progress, Started
from ui.project.document import Document
from ui.workbench import Workbench

EVERY_MS = 1000
"""How often the joints found so far are read."""
POSES = "poses"
"""The stage that finds them."""


class Watching(QObject):
    """Lets a workbench watch the engine; whoever presses Play or Pause takes over from it."""

    def __init__(self, bench: Workbench, document: Document) -> None:
        super().__init__(bench)
        self._bench, self._document = bench, document
        self.playing = False
        """It plays because of this, not because the user wanted it."""
        self._lent: dict[str, bool] = {}
        """The transport's switches that were turned on, and how they stood."""
        self._next = QTimer(self, singleShot=True, interval=EVERY_MS)
        self._next.timeout.connect(bench.read_found)
        bench.player.state.connect(self._played)

    def begin(self) -> None:
        """New videos are shown: play them round and round."""
        bench = self._bench
        if self._lent or bench.player.playing:
            return
        switches = {"loop": bench.transport.loop, "mute": bench.transport.mute, "skeletons": bench.transport.skeletons}
        self._lent = {name: switch.isChecked() for name, switch in switches.items()}
        for switch in switches.values():
            switch.setChecked(True)
        self.playing = True
        bench.player.play()

    def hear(self, event: object) -> None:
        """What the engine says."""
        if isinstance(event, Started) and event.stage == POSES:
            self._document.refresh()  # the video is in the project from here on
        elif isinstance(event, Progress) and event.stage == POSES and not self._next.isActive():
            self._next.start()

    def end(self) -> None:
        """Everybody is found, or nobody looks any more."""
        if self.playing:
            self._bench.player.pause()
            self._bench.player.go_start()
        self._give_back("loop", "mute", "skeletons")

    def _played(self, plays: bool) -> None:
        if self.playing and not plays:
            self.playing = False
            self._give_back("loop", "mute")  # the skeletons stay as long as they are found

    def _give_back(self, *names: str) -> None:
        for name in names:
            if name in self._lent:
                getattr(self._bench.transport, name).setChecked(self._lent.pop(name))
