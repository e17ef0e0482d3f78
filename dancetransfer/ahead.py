"""Work in threads of its own, a few items ahead of who takes them or behind who gives them, and in their order."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")

MOST = 2
"""Items that wait at most: one to go on with, and one for an item that takes longer."""


def ahead(items: Iterable[Item], most: int = MOST) -> Iterator[Item]:
    """The same items, made in a thread while the taker works on those before.

    It pays where both spend their time outside of Python's lock: in NumPy, OpenCV, PyAV, PyTorch. An error of the
    maker reaches the taker where its item would have. `close()` (or the end of a `for` that is broken off) waits
    for the item that is being made and makes no more.
    """
    made: queue.Queue[tuple[str, Any]] = queue.Queue(most)
    over = threading.Event()

    def make() -> None:
        source = iter(items)
        try:
            for item in source:
                made.put(("item", item))
                if over.is_set():
                    break
            made.put(("end", None))
        except BaseException as error:  # whatever it is, it belongs to the taker
            made.put(("error", error))
        finally:
            if hasattr(source, "close"):
                source.close()

    maker = threading.Thread(target=make, name="ahead", daemon=True)
    maker.start()
    try:
        while (got := made.get())[0] == "item":
            yield got[1]
        if got[0] == "error":
            raise got[1]
    finally:
        over.set()
        while maker.is_alive():  # it may be waiting for room
            with suppress(queue.Empty):
                made.get_nowait()
            maker.join(0.01)


def side_by_side(work: Callable[[Item], Made], items: Iterable[Item], threads: int = 2) -> Iterator[Made]:
    """`work` on each item, several at once, in order. The items are taken in the taker's thread, a few ahead of it."""
    with ThreadPoolExecutor(threads, "side by side") as pool:
        waiting: deque[Future[Made]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > 2 * threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


@contextmanager
def behind(work: Callable[..., object], most: int = MOST) -> Iterator[Callable[..., None]]:
    """What takes the arguments of `work` and has it called with them in a thread, in order.

    An error of the work is raised at the next call, or at the end of the block, which waits for all calls; where
    the block itself ends in an error, those that have not begun are left out.
    """
    waiting: queue.Queue[tuple[Any, ...] | None] = queue.Queue(most)
    failed: list[BaseException] = []
    over = threading.Event()

    def run() -> None:
        while (given := waiting.get()) is not None:
            if not failed and not over.is_set():
                try:
                    work(*given)
                except BaseException as error:
                    failed.append(error)

    def give(*given: Any) -> None:
        if failed:
            raise failed[0]
        waiting.put(given)

    worker = threading.Thread(target=run, name="behind", daemon=True)
    worker.start()
    try:
        yield give
    except BaseException:
        over.set()
        raise
    finally:
        waiting.put(None)
        worker.join()
    if failed:
        raise failed[0]
