"""Fixtures that every test group shares."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of real clips; tests that need one are skipped where it is absent."""
    folder = Path(os.environ.get("DANCETRANSFER_CLIPS", ROOT / ".." / "shared" / "media")).resolve()
    if not (folder / "INDEX.md").exists():
        pytest.skip("no real clips here: set DANCETRANSFER_CLIPS to a folder that holds them")
    return folder
