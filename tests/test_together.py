"""Training on two processes: what one alone would have learned, written by one of them, and no one left hanging."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import torch
from engine import ROOT, command, environment, heard
from learning import batches_of, checkpoint, textured

from dancetransfer.events import Progress, Stopping
from dancetransfer.learn.batches import Batch
from dancetransfer.project import Project

WORDS = ("--recipe=fast", "--size=32", "--width=4", "--blocks=1", "--device=cpu")


@contextlib.contextmanager
def pair(words: list[str], told: Path | None = None) -> Iterator[list["subprocess.Popen[str]"]]:
    """A command in two processes, each with what torchrun would tell it; `told`: a folder for what it is told."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    common = {**environment(), "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    own = [{"RANK": str(n), "LOCAL_RANK": str(n)} for n in range(2)]
    for n, variables in enumerate(own if told else []):
        variables["TORCHELASTIC_ERROR_FILE"] = f"{told}/{n}.json"
    started = [subprocess.Popen(words, text=True, env=common | variables, **pipes) for variables in own]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.communicate()


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    """What the first of two learning processes tells, of which the second gets lost at the end."""
    with pair([sys.executable, str(ROOT / "tests" / "two_learners.py")]) as (first, _):
        out, errors = first.communicate(timeout=240)
    assert out, errors
    answer: dict[str, Any] = json.loads(out.splitlines()[-1])
    return answer


def test_two_processes_learn_what_one_would(told: dict[str, Any]) -> None:
    assert told["weights"] < 1e-5 and told["losses"] < 1e-4 and all(told["names"]), told


def test_a_step_for_which_one_process_has_no_memory_is_taken_by_none(told: dict[str, Any]) -> None:
    assert told["not taken"], told


def test_where_one_process_is_killed_the_other_says_so(told: dict[str, Any]) -> None:
    assert "Another process of the training has ended" in told["parted"] and "same command" in told["parted"]


@pytest.mark.parametrize("recipe", ["best", "vid2vid"])
def test_only_the_own_stretches_are_drawn_and_chance_is_the_same(recipe: str) -> None:
    whole, part = batches_of(textured(), recipe), batches_of(textured(), recipe)
    all_of_them, some = whole.draw(4, 3), part.draw(4, 3, only=range(1, 2))
    assert whole.order == part.order
    for field in fields(Batch):
        a, b = getattr(all_of_them, field.name), getattr(some, field.name)
        assert a.shape == b.shape and a.dtype == b.dtype and torch.equal(a[1], b[1])
        known = field.name in ("moves", "parts", "has_part")
        assert torch.equal(a, b) if known else not b[[0, 2]].any(), field.name


def test_a_stop_of_the_first_process_ends_both_in_good_order(small: Project, tmp_path: Path) -> None:
    """The command as torchrun starts it; both hear the signal, and the second leaves the first to act on it."""
    words = command("train", small.folder, *WORDS, "--steps=100000", "--json")
    with pair(words, tmp_path) as (first, second):
        last = None
        for last in heard(first):
            if isinstance(last, Progress) and last.stage == "train":
                for process in (second, first):
                    process.send_signal(signal.SIGTERM)
                break
        assert isinstance(last, Progress), first.communicate()
        assert any(isinstance(event, Stopping) for event in heard(first))
        assert (first.wait(60), second.wait(60)) == (3, 0)
        assert not second.communicate()[0]
    told = json.loads((tmp_path / "0.json").read_text())["message"]
    assert "no failure" in told["message"] and int(told["extraInfo"]["timestamp"]) > 0
    assert not (tmp_path / "1.json").exists()
    (run,) = small.runs
    kept = checkpoint(run)
    assert kept["trainer"]["steps"] > 0
    assert len(list(run.glob("*.pt"))) == 1 and len(list((run / "previews").iterdir())) == 1
