"""Tells a gentle engine whether the user is at work in the window."""

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer

from ui.project.jobs import Jobs

IDLE_MS = 3000
"""Without key, mouse or wheel for so long, the user is looking on or away."""
SIGNS = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.DragMove,
    }
)


class Activity(QObject):
    """Watches the application's events while it lives. `hold` counts as activity too: a clip is playing."""

    def __init__(self, jobs: Jobs, idle_ms: int = IDLE_MS) -> None:
        super().__init__(jobs)
        self._jobs, self._busy, self._held = jobs, False, False
        self._rest = QTimer(self, singleShot=True, interval=idle_ms)
        self._rest.timeout.connect(self._look)
        jobs.event.connect(self._greet)
        jobs.started.connect(self._begin)
        self._greeted = False
        if app := QCoreApplication.instance():
            app.installEventFilter(self)

    @property
    def busy(self) -> bool:
        return self._busy

    def hold(self, held: bool) -> None:
        """Busy until further notice, such as while a clip plays."""
        self._held = held
        self._tell(True) if held else self._rest.start()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in SIGNS:
            self._rest.start()
            self._tell(True)
        return False

    def _look(self) -> None:
        self._tell(self._held)

    def _tell(self, busy: bool) -> None:
        if busy != self._busy:
            self._busy = busy
            self._jobs.tell_activity(busy)

    def _begin(self) -> None:
        self._greeted = False

    def _greet(self) -> None:
        """A new engine hears how things are with its first word."""
        if not self._greeted:
            self._greeted = True
            self._jobs.tell_activity(self._busy)
