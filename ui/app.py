"""Starts the window: `dancetransfer-window`, `python -m ui`."""

import sys

from PySide6.QtCore import QCoreApplication, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from ui import i18n, theme

LANGUAGE, SCHEME, GENTLE = "look/language", "look/scheme", "jobs/gentle"
"""QSettings, as `ui.sheets.more` sets them."""


def dress(app: QApplication) -> None:
    """Name, settings, language and colors of the application."""
    QCoreApplication.setOrganizationName("DanceTransfer")
    QCoreApplication.setApplicationName("DanceTransfer")
    app.setApplicationDisplayName("DanceTransfer")
    app.setDesktopFileName("dancetransfer")
    i18n.install(app, str(QSettings().value(LANGUAGE, "")))
    chosen = str(QSettings().value(SCHEME, ""))
    theme.apply(app, chosen if chosen in theme.SCHEMES else theme.system_scheme())
    app.setWindowIcon(theme.icon("dance", theme.DARK.accent))


def main() -> int:
    """Show the window; a project's folder may be given. Returns the exit code."""
    app = QApplication(sys.argv)
    dress(app)
    from ui.window import Window

    window = Window()
    window.jobs.gentle = bool(QSettings().value(GENTLE, False, type=bool))
    window.show()
    QTimer.singleShot(0, window, window.begin)
    folders = [word for word in app.arguments()[1:] if not word.startswith("-")]
    if folders:
        QTimer.singleShot(0, window, lambda: window.open_project(folders[0]))
    return app.exec()


if __name__ == "__main__":
    sys.exit(main())
