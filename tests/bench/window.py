"""How long until the window is to be seen, from a warm start: `python tests/bench/window.py [RUNS]`.

Each run is a process of its own; its time counts from before Python starts to the first painted
frame of the window, beside a bare QApplication with an empty window.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

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
import os, sys, time
print(time.time(), flush=True)
os._exit(0)
"""
BARE = """
from PySide6.QtWidgets import QApplication, QWidget
app = QApplication([])
window = QWidget()
"""
OURS = """
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


def seconds(code: str, folder: str) -> float:
    """From the start of a process to its first painted frame."""
    environment = {"QT_QPA_PLATFORM": "offscreen", **os.environ, "PYTHONPATH": str(ROOT)}
    begin = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code + PAINTED, folder], env=environment, capture_output=True, text=True, check=True
    )
    return float(done.stdout.split()[-1]) - begin


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory() as folder:
        for name, code in (("bare QApplication", BARE), ("the window", OURS)):
            seconds(code, folder)  # warms the disk's cache
            found = sorted(seconds(code, folder) for _ in range(runs))
            print(f"{name:18} median {statistics.median(found):.2f} s, {found[0]:.2f} to {found[-1]:.2f} s of {runs}")


if __name__ == "__main__":
    main()
