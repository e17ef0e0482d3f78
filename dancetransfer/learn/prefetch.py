"""The next batch is drawn by a thread while the step before it is taken, so that the computing device need not wait."""

import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import fields
from typing import Any

from torch import Tensor

from dancetransfer.learn.batches import Batch, Batches

Asked = tuple[Any, ...]


class Prefetched(Batches):
    """The same batches in the same order: `order` is that of the batches that were taken, not of those drawn ahead.

    What is asked for next is guessed to be what was asked for last; where that is wrong, as between two phases
    of a training, what was drawn ahead is forgotten and chance goes back to where it was.
    """

    def __init__(self, *given: Any, pinned: bool = False) -> None:
        """`pinned`: in memory that a graphics card copies from by itself."""
        super().__init__(*given)
        self.pinned = pinned
        self._order = super().order
        self._thread = ThreadPoolExecutor(1, "batches")
        self._next: tuple[Asked, Future[tuple[Any, str]]] | None = None

    @property
    def order(self) -> str:
        return self._order

    @order.setter
    def order(self, order: str) -> None:
        self._forget()
        self._back(order)

    def draw(self, *asked: Any) -> Batch:
        """See `Batches.draw`."""
        begun = time.perf_counter()
        if self._next is not None and self._next[0] != asked:
            before = self._order
            self._forget()
            self._back(before)
        future = self._next[1] if self._next is not None else self._thread.submit(self._drawn, asked)
        self._next = None  # where drawing failed, it is tried again
        drawn, self._order = future.result()
        self._next = asked, self._thread.submit(self._drawn, asked)
        self.waited += time.perf_counter() - begun
        return self._whole(drawn)

    def close(self) -> None:
        """Draw no more."""
        self._forget()
        self._thread.shutdown()

    def _drawn(self, asked: Asked) -> tuple[Any, str]:
        """What the thread draws, and the order behind it."""
        batch = Batches.draw(self, *asked)
        columns = {one.name: self._pinned(getattr(batch, one.name)) for one in fields(batch)}
        return Batch(**columns), self._state()

    def _whole(self, drawn: Any) -> Batch:
        """The batch of what the thread has drawn."""
        batch: Batch = drawn
        return batch

    def _pinned(self, values: Tensor) -> Tensor:
        return values.pin_memory() if self.pinned else values

    def _state(self) -> str:
        return str(Batches.order.fget(self))  # type: ignore[attr-defined]

    def _back(self, order: str) -> None:
        Batches.order.fset(self, order)  # type: ignore[attr-defined]
        self._order = order

    def _forget(self) -> None:
        if self._next is not None:
            self._next[1].exception()  # waits for the end of what is being drawn
            self._next = None
