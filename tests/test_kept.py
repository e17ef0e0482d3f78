"""What took long to make is kept: made once by many threads, forgotten after an error and for want of room."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from dancetransfer.sprites.kept import Kept


def test_what_several_threads_ask_for_at_a_time_is_made_once() -> None:
    made, asked = [], threading.Event()
    kept = Kept[int, bytes](100, len)

    def make() -> bytes:
        made.append(threading.current_thread())
        assert asked.wait(20)
        return bytes(10)

    with ThreadPoolExecutor(3) as pool:
        given = [pool.submit(kept, 1, make) for _ in range(3)]
        asked.set()
        assert len({id(one.result(20)) for one in given}) == 1
    assert len(made) == 1


def test_an_error_is_told_and_what_failed_is_made_when_it_is_asked_for_again() -> None:
    kept = Kept[int, bytes](100, len)
    with pytest.raises(ZeroDivisionError):
        kept(1, lambda: bytes(1 // 0))
    assert kept(1, lambda: b"now") == b"now"


def test_what_nobody_has_asked_for_the_longest_goes_first_and_the_last_one_never() -> None:
    kept = Kept[int, bytes](25, len)
    made: list[int] = []

    def ask(n: int, size: int = 10) -> None:
        def make() -> bytes:
            made.append(n)
            return bytes(size)

        kept(n, make)

    for n in (1, 2, 1, 3, 1, 2):  # at 3 the second goes
        ask(n)
    assert made == [1, 2, 3, 2]
    ask(4, 1000)
    ask(4)
    ask(1)
    assert made[4:] == [4, 1]
