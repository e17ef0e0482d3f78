"""What the window's tests share: no screen, settings in a folder of the test's own, the dress on."""

import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 120_000
"""Milliseconds after which nobody waits any more: a wait ends when that is there which it is for, however busy the
machine is."""

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


@pytest.fixture(autouse=True)
def own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """QSettings() and the projects folder lie in a folder of this test; nothing of the user's is read or written."""
    from PySide6.QtCore import QCoreApplication, QSettings

    folder = tmp_path / "settings"
    monkeypatch.setenv("DANCETRANSFER_PROJECTS", str(tmp_path / "projects"))
    names = QCoreApplication.organizationName(), QCoreApplication.applicationName(), QSettings.defaultFormat()
    QCoreApplication.setOrganizationName("DanceTransfer")
    QCoreApplication.setApplicationName("DanceTransfer")
    QSettings.setDefaultFormat(QSettings.Format.IniFormat)
    QSettings.setPath(QSettings.Format.IniFormat, QSettings.Scope.UserScope, str(folder))
    yield folder
    QCoreApplication.setOrganizationName(names[0])
    QCoreApplication.setApplicationName(names[1])
    QSettings.setDefaultFormat(names[2])


@pytest.fixture
def qtbot(qtbot: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """That of pytest-qt, with more patience than its five seconds."""
    for name in ("waitUntil", "waitSignal", "waitSignals", "waitActive", "waitExposed"):
        monkeypatch.setattr(qtbot, name, partial(getattr(qtbot, name), timeout=PATIENCE))
    return qtbot


@pytest.fixture
def dressed(qapp: Any) -> Any:
    """The application with the dark theme on, which is put on once: it dresses every widget that there is."""
    from ui import theme

    if qapp.property("scheme") != "dark":
        theme.apply(qapp, "dark")
    return qapp
