"""The file of a portable dancer: one zip whose every member is known beforehand, measured and checked."""

import contextlib
import hashlib
import json
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from dancetransfer import __version__
from dancetransfer.errors import UserError
from dancetransfer.storage import atomic_path

FORMAT, VERSION = "DanceTransfer portable dancer", 1
"""A newer version is refused, an older one is read."""
RECORD = "dancer.json"
"""Member that says who this is, who agreed, and what the other members are."""
NETWORK = "network"
"""Folder of the networks; those of the clips are `clip_folder`."""
MOST_CLIPS, MOST_BYTES, MOST_RECORD = 999, 16 * 2**30, 2**20
"""What a file may hold at most: clips, bytes when unpacked, bytes of its record."""
BLOCK = 2**20
WHEN = (1980, 1, 1, 0, 0, 0)
"""The time of every member: the same dancer is the same file."""
DENSE = (".mkv", ".png")
"""Members that are compressed in themselves."""


@dataclass(frozen=True)
class Record:
    """What a portable dancer says about itself."""

    name: str
    consent: str | None
    """Who agreed, when, in what words; None of a built-in dancer."""
    built_in: bool
    license: str
    """The terms of use, in the words of who exported it."""
    recipe: str
    size: list[int]
    """Width, height of the pictures that it draws, in pixels."""
    clips: int
    """How many videos of the person it comes from."""
    seconds: float
    """Their length."""
    program: str = __version__
    """Version of DanceTransfer that wrote it."""

    @property
    def agreed(self) -> str:
        """Who agreed, in a sentence."""
        return "A built-in dancer, whom nobody has to ask." if self.built_in else f"Consent: {self.consent}"


def clip_folder(number: int) -> str:
    """The folder of clip 1, 2, ... in the file."""
    return f"clips/{number:03d}"


def write(path: Path, record: Record, members: dict[str, Path]) -> None:
    """Put files into a portable dancer under their members' names; atomic."""
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w") as into:
        known = {}
        for name, source in members.items():
            digest = hashlib.sha256()
            with open(source, "rb") as file, into.open(_entry(name), "w", force_zip64=True) as member:
                while block := file.read(BLOCK):
                    digest.update(block)
                    member.write(block)
            known[name] = {"bytes": source.stat().st_size, "sha256": digest.hexdigest()}
        about = {"format": FORMAT, "version": VERSION, **asdict(record), "members": known}
        into.writestr(_entry(RECORD), json.dumps(about, ensure_ascii=False, indent=1))


def _entry(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, WHEN)
    info.compress_type = zipfile.ZIP_STORED if name.endswith(DENSE) else zipfile.ZIP_DEFLATED
    return info


def read_record(path: Path) -> Record:
    """What a portable dancer says about itself; UserError where it is none, damaged or of a newer version."""
    with _opened(path) as (_, about):
        return _record(path, about)


def unpack(path: Path, names: list[str], into: Path) -> Iterator[str]:
    """Write those members of `names` that the file has to places of these names below `into`; each when it is whole.

    The `names` are ours, and a file that holds anything else is refused. UserError where a member isn't
    what the record says.
    """
    with _opened(path) as (file, about):
        strange = set(about["members"]) - set(names)
        if strange:
            raise foreign(path, f"it holds '{min(strange)[:60]}'")
        for name in names:
            if name not in about["members"]:
                continue
            size, digest = about["members"][name]["bytes"], hashlib.sha256()
            with atomic_path(into / name) as temporary, file.open(name) as member, open(temporary, "wb") as out:
                left = size
                while block := member.read(min(BLOCK, left + 1)):
                    left -= len(block)
                    if left < 0:
                        break
                    digest.update(block)
                    out.write(block)
                if left or digest.hexdigest() != about["members"][name]["sha256"]:
                    raise damaged(path)
            yield name


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[zipfile.ZipFile, dict[str, Any]]]:
    """The zip and its record, whose members are those of the zip and small enough."""
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "is not there"
        raise UserError(f"{path} {what}.", "Check the name of the portable dancer.")
    try:
        with zipfile.ZipFile(path) as file:
            about = _about(path, file)
            held = {one.filename: one.file_size for one in file.infolist() if one.filename != RECORD}
            if held != {name: one["bytes"] for name, one in about["members"].items()}:
                raise damaged(path)
            if sum(held.values()) > MOST_BYTES:
                raise foreign(path, f"it would unpack to {sum(held.values()) / 2**30:.0f} GB")
            yield file, about
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, KeyError) as error:
        raise damaged(path) from error


def _about(path: Path, file: zipfile.ZipFile) -> dict[str, Any]:
    try:
        info = file.getinfo(RECORD)
    except KeyError as error:
        raise foreign(path, "it says nothing about itself") from error
    if info.file_size > MOST_RECORD:
        raise foreign(path, "its record is too long")
    try:
        about = json.loads(file.read(info))
        ours = about["format"] == FORMAT
        newer = ours and about["version"] > VERSION
        whole = newer or all(
            isinstance(one["bytes"], int) and isinstance(one["sha256"], str) for one in about["members"].values()
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise foreign(path, "its record can't be read") from error
    if newer:
        raise UserError(f"{path.name} was made by a newer version of DanceTransfer.", "Update the program to use it.")
    if not ours or not whole:
        raise foreign(path, "its record can't be read")
    return about


def _record(path: Path, about: dict[str, Any]) -> Record:
    """The record, whose values have the kinds and bounds that are declared, and who agreed."""
    try:
        record = Record(**{one.name: about[one.name] for one in fields(Record)})
        words = [record.name, record.license, record.recipe, record.program]
        whole = all(isinstance(one, str) for one in words) and isinstance(record.built_in, bool)
        whole &= isinstance(record.clips, int) and 1 <= record.clips <= MOST_CLIPS and record.seconds >= 0
        whole &= len(record.size) == 2 and all(isinstance(side, int) and 0 < side <= 4096 for side in record.size)
    except (KeyError, TypeError) as error:
        raise foreign(path, "its record can't be read") from error
    if not whole:
        raise foreign(path, "its record can't be read")
    if not record.built_in and not (isinstance(record.consent, str) and record.consent.strip()):
        raise UserError(
            f"{path.name} carries no consent of the person, so it isn't used.",
            "Ask whoever made it to export it again with the consent recorded.",
        )
    return record


def damaged(path: Path) -> UserError:
    return UserError(f"{path.name} is damaged.", "Copy it again, or ask whoever made it for another copy.")


def foreign(path: Path, why: str) -> UserError:
    return UserError(
        f"{path.name} is no portable dancer of DanceTransfer: {why}.", "Make one with: dancetransfer export-dancer"
    )
