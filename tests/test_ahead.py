"""Work in a thread of its own: order, bounds, errors, and an end in the middle."""

import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from dancetransfer.ahead import ahead, behind, side_by_side


def helpers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name in ("ahead", "behind")]


def test_the_same_items_come_in_order_from_another_thread() -> None:
    makers = set()

    def made() -> Iterator[int]:
        for n in range(50):
            makers.add(threading.current_thread())
            yield n

    assert list(ahead(made())) == list(range(50))
    assert threading.current_thread() not in makers and len(makers) == 1
    assert not helpers()


def test_a_maker_is_only_a_few_items_ahead() -> None:
    begun, room = [], threading.Semaphore(0)

    def made() -> Iterator[int]:
        for n in range(20):
            begun.append(n)
            room.release()
            yield n

    items = ahead(made(), 3)
    assert next(items) == 0
    for _ in range(5):  # the one taken, three that wait, one that finds no room
        assert room.acquire(timeout=20)
    assert not room.acquire(timeout=0.1)
    assert begun == [0, 1, 2, 3, 4]
    items.close()  # type: ignore[attr-defined]


def test_an_error_of_the_maker_comes_where_its_item_would_have() -> None:
    def made() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("the third")

    got = []
    with pytest.raises(ValueError, match="the third"):
        for item in ahead(made()):
            got.append(item)
    assert got == [1, 2] and not helpers()


def test_who_takes_no_more_ends_the_maker() -> None:
    closed = threading.Event()

    def made() -> Iterator[int]:
        try:
            while True:
                yield 0
        finally:
            closed.set()

    with closing(ahead(made())) as items:  # type: ignore[type-var]
        assert next(items) == 0
        assert helpers()
    assert closed.is_set() and not helpers()


def test_calls_are_made_behind_in_order_and_all_before_the_end() -> None:
    called = []
    with behind(lambda a, b: called.append((a, b, threading.current_thread().name))) as call:
        for n in range(30):
            call(n, -n)
    assert called == [(n, -n, "behind") for n in range(30)]
    assert not helpers()


@pytest.mark.parametrize("later", [0, 5], ids=["at the end", "at a later call"])
def test_an_error_behind_reaches_the_caller(later: int) -> None:
    failed, called = threading.Event(), []

    def work(n: int) -> None:
        called.append(n)
        if n == 3:
            failed.set()
            raise ValueError("the fourth")

    with pytest.raises(ValueError, match="the fourth"), behind(work) as call:
        for n in range(4 + later):
            call(n)
            if n == 3:
                failed.wait(20)
    assert called == [0, 1, 2, 3] and not helpers()


def test_what_has_not_begun_is_left_out_where_the_block_fails() -> None:
    begun, first, called = threading.Event(), threading.Event(), []

    def work(n: int) -> None:
        called.append(n)
        begun.set()
        first.wait(20)

    with pytest.raises(KeyError), behind(work, 4) as call:
        for n in range(3):
            call(n)
        assert begun.wait(20)
        threading.Timer(0.05, first.set).start()
        raise KeyError
    assert called[:1] == [0] and len(called) < 3 and not helpers()


# --- side by side ---------------------------------------------------------------------------------


def test_several_work_at_once_and_what_they_make_comes_in_order() -> None:
    both = threading.Barrier(2, timeout=20)

    def work(n: int) -> int:
        if n < 2:  # the first waits for the second
            both.wait()
        return 10 * n

    taken = []
    made = side_by_side(work, (taken.append(n) or n for n in range(50)))
    assert next(iter(made)) == 0 and len(taken) == 5  # one for each of two threads, and as many and one that wait
    assert list(made) == [10 * n for n in range(1, 50)]


def test_an_error_of_one_ends_all() -> None:
    begun = []

    def work(n: int) -> None:
        begun.append(n)
        if n == 3:
            raise ValueError("the fourth")

    with pytest.raises(ValueError, match="the fourth"):
        list(side_by_side(work, range(1000)))
    assert len(begun) < 20
