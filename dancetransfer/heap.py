"""Memory that was let go, given back to the system, which a C library may otherwise keep for later."""

import ctypes
import functools
import sys
from collections.abc import Callable


def give_back() -> None:
    """Return freed memory to the system where the C library is one that keeps it (glibc); takes some milliseconds.

    A stage that works on ten minutes of poses leaves 300 MB of freed arrays behind (measured), which its process
    would hold beside all that comes after.
    """
    _trim()(0)


@functools.cache
def _trim() -> Callable[[int], object]:
    if sys.platform == "linux":
        try:
            return ctypes.CDLL(None).malloc_trim
        except (AttributeError, OSError):
            pass  # another C library, which gives back by itself
    return lambda _: None
