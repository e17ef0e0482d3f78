"""A video, pose track or portable dancer of a project: what its name tells, and what its results are called."""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dancetransfer.errors import UserError

POSE_TRACKS = (".bvh", ".npz")
"""Suffixes of files that hold a motion and no picture: they can be the dance, never the person."""

DANCER = ".dancer"
"""Suffix of the file that carries a person who was learned elsewhere (`portable.file`)."""


@dataclass(frozen=True)
class Media:
    """A video (or a dance's pose track) that belongs to the project. The file stays where the user has it."""

    name: str
    file: str
    """Absolute path."""
    fingerprint: str
    """Hash of its content: the same video under another name is the same video."""
    follow: str = ""
    """Who in it is followed, like "person 2" or "at 312,200@2.5"; "": the most prominent person."""

    def path(self) -> Path:
        """The file; UserError where it is gone (its results remain usable)."""
        path = Path(self.file)
        if not path.exists():
            raise UserError(f"{path} is no longer there.", "Put the video back, or add it again from its new place.")
        return path

    @property
    def has_picture(self) -> bool:
        """It is a video, not a pose track."""
        return has_picture(Path(self.file))

    @property
    def portable(self) -> bool:
        """It is a portable dancer: a person who was learned elsewhere, without their video."""
        return is_dancer(Path(self.file))


def has_picture(file: Path) -> bool:
    """Whether a file is taken for a video: whatever is neither pose track nor portable dancer by its suffix."""
    return file.suffix.lower() not in (*POSE_TRACKS, DANCER)


def is_dancer(file: Path) -> bool:
    """Whether a file is taken for a portable dancer."""
    return file.suffix.lower() == DANCER


def media_of(entry: dict[str, Any]) -> Media:
    """As `project.json` has it."""
    return Media(entry["name"], entry["file"], entry["fingerprint"], str(entry.get("follow", "")))


def is_folder_name(name: str) -> bool:
    """One step down and nowhere else: the names of a stranger's project are folders that are deleted from."""
    return bool(name.strip(".")) and not re.search(r"[/\\:\0]", name)


def free_name(stem: str, taken: set[str]) -> str:
    """A folder name like the file's that every file system takes and nobody has yet."""
    plain = unicodedata.normalize("NFC", stem)
    plain = re.sub(r"[^\w\-]+", "-", plain).strip("-.")[:60] or "dance"
    name, number = plain, 1
    while name.lower() in {one.lower() for one in taken}:
        number += 1
        name = f"{plain}-{number}"
    return name
