"""What took long to make is kept, as much as fits: what nobody has asked for the longest goes first."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Made = TypeVar("Made")


class Kept(Generic[Key, Made]):
    """Each thing is made once, also where several threads ask for it at a time: the others wait for it."""

    def __init__(self, most: int, size: Callable[[Made], int]) -> None:
        """`most`: bytes that are kept, besides what was made last; `size` tells those of one."""
        self._most, self._size = most, size
        self._held: OrderedDict[Key, Future[Made]] = OrderedDict()
        self._sizes: dict[Key, int] = {}
        self._lock = threading.Lock()

    def __call__(self, key: Key, make: Callable[[], Made]) -> Made:
        """What is kept under the key, made now where nothing is; an error of `make` reaches all who wait."""
        with self._lock:
            found = self._held.get(key)
            if found is not None:
                self._held.move_to_end(key)
            else:
                mine = self._held[key] = Future[Made]()
        if found is not None:
            return found.result()
        try:
            made = make()
        except BaseException as error:
            with self._lock:
                del self._held[key]  # whoever asks next may have more luck
            mine.set_exception(error)
            raise
        mine.set_result(made)
        self._make_room(key, self._size(made))
        return made

    def _make_room(self, key: Key, size: int) -> None:
        with self._lock:
            self._sizes[key] = size
            total = sum(self._sizes.values())
            for old in list(self._held):
                if total <= self._most:
                    break
                if old in self._sizes and old != key:  # others are in the making
                    del self._held[old]
                    total -= self._sizes.pop(old)
