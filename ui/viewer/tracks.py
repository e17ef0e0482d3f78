"""Reads the skeletons of a folder of results: the track, what was found before it was cleaned, or is being found."""

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from dancetransfer.errors import UserError

if TYPE_CHECKING:
    from dancetransfer.pose.poses import Poses

TRACKS = ("track.npz", "poses.npz")
"""The cleaned track, and the one before it is cleaned, of which there is only the second for some seconds."""
FITTED = "retarget.npz"
"""The dance fitted to the person."""


def track_mark(folder: Path) -> tuple[int, ...]:
    """Changes when `read_track` has something new to tell; () where there is nothing."""
    from dancetransfer.pose.found import found_mark

    return next((mark for mark in (file_mark(folder / name) for name in TRACKS) if mark), ()) or found_mark(folder)


def file_mark(file: Path) -> tuple[int, ...]:
    """Changes when a file is replaced; () where there is none."""
    try:
        about = file.stat()
    except OSError:
        return ()
    return about.st_ino, about.st_size


def read_track(folder: Path) -> "Poses | None":
    """The joints of a video as far as they are known; None where they aren't, or where the file is damaged."""
    from dancetransfer.pose.found import read_found

    file = next((folder / name for name in TRACKS if (folder / name).exists()), None)
    if file is not None:
        return read_file(file)
    growing = read_found(folder)
    return growing[0] if growing else None


def read_file(file: Path) -> "Poses | None":
    """A track; None where it is damaged, as the engine makes it again."""
    from dancetransfer.pose.poses import Poses

    try:
        return Poses.load(file)
    except (OSError, ValueError, KeyError, EOFError, UserError, zipfile.BadZipFile):
        return None
