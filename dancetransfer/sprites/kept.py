"""Frames that have been taken apart, kept as long as they fit: live, the same ones come again and again."""

import threading
from collections import OrderedDict
from collections.abc import Callable

from dancetransfer.sprites.limbs import Limbs

Key = tuple[int, bool]
"""Number of a filmed frame, and whether it is mirrored."""


class Kept:
    """The limbs of the frames that were asked for last, up to some bytes; any thread may ask."""

    def __init__(self, most: int) -> None:
        """`most`: bytes of pixels; with 0 nothing is kept."""
        self._most, self._bytes = most, 0
        self._limbs: OrderedDict[Key, Limbs] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, key: Key, make: Callable[[], Limbs]) -> Limbs:
        """What is kept of a frame, else what `make` makes of it."""
        with self._lock:
            if key in self._limbs:
                self._limbs.move_to_end(key)
                return self._limbs[key]
        made = make()
        with self._lock:
            if key not in self._limbs:
                self._limbs[key] = made
                self._bytes += pixel_bytes(made)
            while self._bytes > self._most:
                self._bytes -= pixel_bytes(self._limbs.popitem(last=False)[1])
        return made


def pixel_bytes(limbs: Limbs) -> int:
    """Bytes of a frame's limbs."""
    return sum(layer.tile.nbytes for layer in limbs.layers if layer is not None)
