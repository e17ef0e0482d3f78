"""Files are whole or not there, and results know what they were made from."""

import errno
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from dancetransfer.errors import UserError
from dancetransfer.storage import (
    Results,
    atomic_path,
    explain,
    fingerprint,
    key,
    set_aside,
    write_npz,
    write_text,
)


def test_a_written_file_is_whole_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "note.txt", "hällo")
    write_npz(tmp_path / "deep" / "a.npz", x=np.arange(3))
    assert (tmp_path / "deep" / "note.txt").read_text(encoding="utf-8") == "hällo"
    assert np.load(tmp_path / "deep" / "a.npz")["x"].tolist() == [0, 1, 2]
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == ["a.npz", "note.txt"]


def test_an_error_while_writing_leaves_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "clip.mp4"
    file.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_path(file) as temporary:
        temporary.write_text("half of the ne")
        assert temporary.suffix == ".mp4"  # container formats are chosen by it
        raise ZeroDivisionError
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "can't be written"), (errno.EIO, "could not be written")],
)
def test_a_refusing_disk_is_explained(tmp_path: Path, number: int, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught, atomic_path(tmp_path / "x"):
        raise OSError(number, os.strerror(number))
    assert caught.value.hint


def test_an_error_of_another_file_is_not_blamed_on_the_written_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic_path(tmp_path / "x"):
        (tmp_path / "elsewhere" / "gone.txt").read_text()


def test_an_error_without_words_still_says_something() -> None:
    assert "None" not in explain(OSError("odd"), Path("x")).message


def test_fingerprints_depend_on_content_alone(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    a.write_bytes(b"same")
    b.write_bytes(b"same")
    os.utime(b, (1, 1))
    assert fingerprint(a) == fingerprint(b)
    b.write_bytes(b"else")
    assert fingerprint(a) != fingerprint(b)


def test_keys_tell_inputs_apart() -> None:
    @dataclass(frozen=True)
    class Wish:
        size: int

    assert key("a", 1, [Wish(2)], {"x": 1, "y": 2}) == key("a", 1, [Wish(2)], {"y": 2, "x": 1})
    assert key("a", Wish(2)) != key("a", Wish(3))
    assert key("a", "b") != key("ab")


def test_a_result_is_current_while_file_and_inputs_are_the_same(tmp_path: Path) -> None:
    results = Results(tmp_path)
    assert not results.current("poses.npz", "k1")
    (tmp_path / "poses.npz").write_bytes(b"12345")
    results.note("poses.npz", "k1")
    assert results.current("poses.npz", "k1")
    assert not results.current("poses.npz", "k2")
    (tmp_path / "poses.npz").write_bytes(b"123")  # cut off
    assert not results.current("poses.npz", "k1")


def test_a_dropped_or_damaged_ledger_only_makes_things_again(tmp_path: Path) -> None:
    results = Results(tmp_path)
    (tmp_path / "a").write_text("x")
    results.note("a", "k")
    results.drop("a")
    assert results.key_of("a") is None
    for damage in ("{ half", "[1]", json.dumps({"a": 3})):
        results.ledger.write_text(damage)
        assert results.key_of("a") is None
        results.note("a", "k")
        assert results.current("a", "k")


def test_set_aside_keeps_every_damaged_file(tmp_path: Path) -> None:
    names = []
    for text in ("first", "second"):
        (tmp_path / "x.json").write_text(text)
        names.append(set_aside(tmp_path / "x.json").name)
    assert names == ["x.json.damaged-1", "x.json.damaged-2"]
    assert (tmp_path / names[1]).read_text() == "second"
