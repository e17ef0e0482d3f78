"""What hands one thread's newest item to the next: a place for one, so that nothing ever queues up."""

import threading
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Slot(Generic[Item]):
    """A place for one item. A newer one takes the place of one that nobody has taken yet, which is counted.

    With `waits` nothing is lost instead: who puts waits until the place is free.
    """

    def __init__(self, waits: bool = False) -> None:
        self._waits, self._item, self._closed = waits, None, False  # type: tuple[bool, Item | None, bool]
        self._changed = threading.Condition()
        self.dropped = 0
        """Items that nobody took before a newer one came."""

    def put(self, item: Item) -> None:
        """Into a closed slot nothing goes."""
        with self._changed:
            if self._waits:
                self._changed.wait_for(lambda: self._item is None or self._closed)
            if self._closed:
                return
            self.dropped += self._item is not None
            self._item = item
            self._changed.notify_all()

    def take(self, seconds: float | None = None) -> Item | None:
        """The newest item, waited for; None where none comes in time, or none comes any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is not None or self._closed, seconds)
            item, self._item = self._item, None
            self._changed.notify_all()
            return item

    def wait_taken(self) -> None:
        """Wait until the place is free: what would be made before would only be thrown away."""
        with self._changed:
            self._changed.wait_for(lambda: self._item is None or self._closed)

    def close(self) -> None:
        """Nothing more comes; what lies here can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def over(self) -> bool:
        """Closed, and nothing lies here."""
        with self._changed:
            return self._closed and self._item is None
