"""How long until the command line answers and the window is to be seen, from a warm start: rows of `speed.py`."""

import subprocess
import sys
import tempfile

from engine import command, environment
from ratios import Row

PAINTED = """
from PySide6.QtCore import QEvent, QObject, QTimer

class First(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            QTimer.singleShot(0, app.quit)
            watched.removeEventFilter(self)
        return False

first = First()
window.installEventFilter(first)
window.show()
app.exec()
import os
os._exit(0)
"""
LABEL = """
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication([])
window = QLabel("DanceTransfer")
"""
WINDOW = """
import sys
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication
app = QApplication([])
QSettings.setDefaultFormat(QSettings.Format.IniFormat)
QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, sys.argv[1])
from ui.app import dress
dress(app)
from ui.window import Window
window = Window()
"""


def starting(pairs: int) -> list[Row]:
    """Each a process of its own, from before Python starts; the window's until its first painted frame."""
    row = Row("dancetransfer --help", 'python -c "import av"', 1.5)
    quiet = {"env": environment(), "check": True, "stdout": subprocess.DEVNULL}
    bare = [sys.executable, "-P", "-c", "import av"]

    def ours() -> None:
        subprocess.run(command("--help"), **quiet)

    def theirs() -> None:
        subprocess.run(bare, **quiet)

    ours(), theirs()  # warms the disk's cache
    rows = [row.pair(ours, theirs, 2 * pairs)]
    with tempfile.TemporaryDirectory() as folder:

        def painted(code: str) -> None:
            shown = {**environment(), "QT_QPA_PLATFORM": "offscreen"}
            subprocess.run([sys.executable, "-P", "-c", code + PAINTED, folder], env=shown, check=True)

        painted(WINDOW), painted(LABEL)
        row = Row("the window's first frame", "a QApplication with a label", 3.0)
        rows.append(row.pair(lambda: painted(WINDOW), lambda: painted(LABEL), 2 * pairs))
    return rows
