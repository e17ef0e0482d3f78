"""Files that are whole or not there: atomic writes, fingerprints, and results that know their inputs."""

import contextlib
import errno
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from dancetransfer.errors import UserError

REPLACE_SECONDS = 2.0
"""How long a rename is tried again while a reader holds the file (Windows)."""


def explain(error: OSError, path: Path) -> UserError:
    """The sentence for a disk that refuses: full, read-only, or not ours."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return UserError(
            f"The disk is full: {path.name} could not be written.",
            f"Free some space on the disk that holds {path.parent}, then run the same command again.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return UserError(
            f"{path.parent} can't be written to.",
            "Choose another folder, or change the folder's permissions.",
        )
    return UserError(f"{path} could not be written: {error.strerror or error}.", "Check the disk and try again.")


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A temporary path beside `path`; what is written there replaces `path` in one step.

    On any error the temporary file is removed and `path` stays as it was. The temporary name
    keeps the suffix, since container formats are chosen by it. Raises UserError where the disk
    is full or the folder can't be written.
    """
    target = Path(path)
    temporary = target.with_name(f".{target.stem}.{os.getpid()}{target.suffix}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _sweep(target)
        yield temporary
        with open(temporary, "rb+") as file:
            os.fsync(file.fileno())
        replace(temporary, target)
    except (OSError, RuntimeError) as error:
        refusal = error if isinstance(error, OSError) else _refusal(error)
        if refusal is None or (isinstance(refusal.filename, str) and not _beside(Path(refusal.filename), target)):
            raise  # a bug, or of another file, which was read meanwhile
        raise explain(refusal, target) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _refusal(error: BaseException | None) -> OSError | None:
    """The disk's own error behind one that came while cleaning up after it, as torch.save gives it."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return error
        error = error.__context__
    return None


def _sweep(target: Path) -> None:
    """Remove what processes that were killed left of `target` in the making."""
    before, after = f".{target.stem}.", target.suffix
    for entry in os.scandir(target.parent):
        number = entry.name[len(before) : len(entry.name) - len(after)]
        if entry.name.startswith(before) and entry.name.endswith(after) and number.isdecimal() and _gone(int(number)):
            with contextlib.suppress(OSError):
                os.unlink(entry.path)


def _gone(process: int) -> bool:
    """No process of that number runs. On Windows always True: a file in use can't be removed there."""
    if os.name == "nt":
        return process != os.getpid()
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except (OSError, OverflowError):
        return False
    return False


def _beside(path: Path, target: Path) -> bool:
    """`path` is the target, in the target's folder, or one of the folders above."""
    path, target = path.absolute(), target.absolute()
    return path.parent == target.parent or path in target.parents


def replace(temporary: Path, target: Path) -> None:
    """`os.replace`, tried again for two seconds where a reader holds the target (Windows)."""
    deadline = time.monotonic() + REPLACE_SECONDS
    while True:
        try:
            os.replace(temporary, target)
            return
        except PermissionError:
            if os.name != "nt" or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_npz(path: str | os.PathLike[str], **arrays: Any) -> None:
    import numpy as np  # the window starts without it

    with atomic_path(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, **arrays)


def set_aside(path: Path) -> Path:
    """Move a damaged file out of the way, keeping it; returns where it went."""
    for number in range(1, 1000):
        aside = path.with_name(f"{path.name}.damaged-{number}")
        if not aside.exists():
            break
    replace(path, aside)
    return aside


def fingerprint(path: str | os.PathLike[str]) -> str:
    """Hash of a file's content (never of its times or name)."""
    digest = hashlib.blake2b(digest_size=16)
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def key(*parts: Any) -> str:
    """One short hash of strings, numbers, lists, dicts and dataclasses: the inputs of a result."""

    def plain(value: Any) -> Any:
        if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
        return str(value)

    text = json.dumps(parts, sort_keys=True, default=plain)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


class Results:
    """The ledger of a folder's result files: for each, the key of the inputs it was made from.

    A result is current when its file is there with the size that was noted and its key is the
    one asked for; file times are never read. The ledger is written after the file, so a stop
    between the two only makes the file again.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ledger = folder / "results.json"

    def _entries(self) -> dict[str, dict[str, Any]]:
        try:
            entries = json.loads(self.ledger.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return entries if isinstance(entries, dict) else {}

    def key_of(self, name: str) -> str | None:
        """The key `name` was made from, or None where the file is not there or not whole."""
        entry = self._entries().get(name)
        file = self.folder / name
        if not isinstance(entry, dict) or not file.exists() or file.stat().st_size != entry.get("bytes"):
            return None
        return entry.get("key")

    def current(self, name: str, wanted: str) -> bool:
        return self.key_of(name) == wanted

    def note(self, name: str, made_from: str) -> None:
        """Say that `name`, which is on the disk now, was made from `made_from`."""
        entries = self._entries()
        entries[name] = {"key": made_from, "bytes": (self.folder / name).stat().st_size}
        write_text(self.ledger, json.dumps(entries, indent=1, sort_keys=True))

    def drop(self, name: str) -> None:
        entries = self._entries()
        if entries.pop(name, None) is not None:
            write_text(self.ledger, json.dumps(entries, indent=1, sort_keys=True))
