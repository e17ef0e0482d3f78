"""Small courtesies of the desktop, each where there is one: progress in the taskbar, and a machine that stays awake."""

import os
import shutil
import sys
from typing import Any

from PySide6.QtCore import QObject, QProcess
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

DESKTOP_FILE = "application://dancetransfer.desktop"
WHY = "A dance is being made"


class KeepAwake(QObject):
    """Keeps the machine from falling asleep while `on`; it ends with this process, however that ends.

    By a helper of the system that holds the wish while it runs. Windows and macOS by the book:
    no author's machine could try them.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._holder: QProcess | None = None
        self._on = False

    @property
    def on(self) -> bool:
        """The wish is with the system."""
        return self._on and (self._holder is None or self._holder.state() != QProcess.ProcessState.NotRunning)

    def set(self, wanted: bool) -> None:
        """Hold the wish or let it go; where the system has nothing for it, nothing happens."""
        if wanted == self._on:
            return
        if sys.platform == "win32":
            _tell_windows(wanted)
            self._on = wanted
        elif wanted and (command := holder()):
            self._holder = QProcess(self)
            self._holder.start(command[0], command[1:])
            self._on = True
        elif self._holder is not None:
            self._holder.closeWriteChannel()  # what it runs reads until the end
            self._holder.terminate()
            self._holder.waitForFinished(500)
            self._holder.deleteLater()
            self._holder, self._on = None, False


def holder() -> list[str]:
    """A command that keeps the machine awake while it runs, and ends with this process; [] where there is none."""
    if sys.platform == "darwin" and (program := shutil.which("caffeinate")):
        return [program, "-i", "-w", str(os.getpid())]
    program, reads = shutil.which("systemd-inhibit"), shutil.which("cat")
    if program and reads and os.path.isdir("/run/systemd/system"):
        return [program, "--what=idle:sleep", "--who=DanceTransfer", f"--why={WHY}", "--mode=block", reads]
    return []


def _tell_windows(wanted: bool) -> None:
    import ctypes

    continuous, system = 0x80000000, 0x00000001
    kernel = ctypes.windll.kernel32  # type: ignore[attr-defined,unused-ignore]
    kernel.SetThreadExecutionState(continuous | (system if wanted else 0))


class TaskbarProgress(QObject):
    """How far the job is, on the program's icon: a bar where launchers take Unity's signal, elsewhere percents.

    Where the desktop shows neither, nothing happens.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._shown: int | None = None

    def show_share(self, share: float | None) -> None:
        """0..1 of the work; None: there is none."""
        percent = None if share is None else round(100 * min(1.0, max(0.0, share)))
        if percent == self._shown:
            return
        self._shown = percent
        platform = QGuiApplication.platformName()
        if platform in ("xcb", "wayland"):
            _tell_launcher({"progress": (percent or 0) / 100, "progress-visible": percent is not None})
        elif platform in ("cocoa", "windows"):
            app = QGuiApplication.instance()
            if isinstance(app, QGuiApplication):
                app.setBadgeNumber(percent or 0)


def _tell_launcher(said: dict[str, Any]) -> None:
    """Unity's launcher signal, which other docks hear as well."""
    try:
        from PySide6.QtDBus import QDBusConnection, QDBusMessage
    except ImportError:
        return
    bus = QDBusConnection.sessionBus()
    if bus.isConnected():
        message = QDBusMessage.createSignal("/dancetransfer", "com.canonical.Unity.LauncherEntry", "Update")
        message.setArguments([DESKTOP_FILE, said])
        bus.send(message)
