"""Locks of the operating system, which end with the process that holds them however that ends."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from dancetransfer.errors import UserError
from dancetransfer.storage import explain


@contextlib.contextmanager
def held(path: Path, name: str) -> Iterator[None]:
    """Hold the lock file `path` of what people call `name`; UserError names the process that has it already."""
    try:
        file = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - held open below
    except OSError as error:
        raise explain(error, path) from error
    with file:
        if not _take(file):
            file.seek(0)
            owner = file.read().strip() or "another process"
            raise UserError(
                f"{name} is in use by {owner}.",
                "Wait until it has finished, or stop it; its work is kept.",
            )
        file.truncate(0)
        file.write(f"process {os.getpid()} (dancetransfer {' '.join(sys.argv[1:2])})")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _take(file: IO[str]) -> bool:
    """Try to lock an open file for this process."""
    try:
        if os.name == "nt":
            import msvcrt

            file.seek(1 << 20)  # far behind the text, which stays readable
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
