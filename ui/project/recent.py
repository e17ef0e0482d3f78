"""The projects that were open lately, the newest first."""

from pathlib import Path

from PySide6.QtCore import QSettings

KEY = "recent"
MOST = 12


def projects() -> list[Path]:
    """Folders of recent projects that are still there."""
    return [path for path in _kept() if (path / "project.json").exists() or (path / "project.copy.json").exists()]


def remember(folder: Path) -> None:
    """This one is the newest now."""
    _keep([folder, *(path for path in _kept() if path != folder)][:MOST])


def forget(folder: Path) -> None:
    """Take one off the list; its files stay."""
    _keep([path for path in _kept() if path != folder])


def _kept() -> list[Path]:
    kept = QSettings().value(KEY, [])
    names = [kept] if isinstance(kept, str) else kept if isinstance(kept, list) else []
    return [Path(name) for name in names if isinstance(name, str) and name]


def _keep(paths: list[Path]) -> None:
    QSettings().setValue(KEY, [str(path) for path in paths])
