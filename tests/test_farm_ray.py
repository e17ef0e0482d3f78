"""A batch through Ray on this machine: several clips at once, a worker that is killed, a stop."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from engine import failed
from fake_job import fake
from test_farm import made, states, written

from dancetransfer.errors import UserError
from dancetransfer.events import Job, Notice
from dancetransfer.farm import pool as pool_module
from dancetransfer.farm.batch import batch
from dancetransfer.farm.jobs import read_batch
from dancetransfer.farm.pool import Pool, open_pool

pytest.importorskip("ray", reason="Ray is not installed: pip install dancetransfer[farm]")


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    """One Ray for all tests, with room for two clips. Starting it takes seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join(filter(None, [str(Path(__file__).parent), os.getenv("PYTHONPATH")])))
        yield from _opened()


def _opened() -> Iterator[Pool]:
    with open_pool(cpus=1, command=fake) as pool:
        yield pool


def diary(folder: Path, dancer: str) -> list[list[str]]:
    """Process, its parent and clip of each try of a dancer's clips."""
    return [line.split() for line in (folder / "work" / f"{dancer}.dance" / "diary.txt").read_text().splitlines()]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no such end here")
def test_the_work_of_a_worker_that_was_killed_is_given_to_another(tmp_path: Path, pool: Pool) -> None:
    """Its child hears of it and ends in good order, and only then the project is free."""
    plan = read_batch(written(tmp_path, waltz="slow"))
    events, killed = [], 0
    for event in batch(plan, pool):
        events.append(event)
        if isinstance(event, Job) and event.name == "ann-waltz" and event.words.startswith("Learning") and not killed:
            killed = int(diary(tmp_path, "ann")[-1][1])
            assert killed != os.getpid()
            os.kill(killed, signal.SIGKILL)
    last = states(events)
    assert {job.state for job in last.values()} == {"done"}
    lost = [event.message for event in events if isinstance(event, Notice) and "worker was lost" in event.message]
    assert len(lost) == 1 and lost[0].startswith("ann-waltz") and "again (1 of 2)" in lost[0]
    assert (tmp_path / "work" / "ann.dance" / "stopped.txt").exists()
    assert [words[2] for words in diary(tmp_path, "ann")] == ["ann-hiphop.mp4", "ann-waltz.mp4", "ann-waltz.mp4"]


def test_two_dancers_are_at_work_at_once_and_one_dancer_once(tmp_path: Path, pool: Pool) -> None:
    if pool.room() < 2:
        pytest.skip("one processor has no room for two")
    now: dict[str, Job] = {}
    most = 0
    for event in batch(read_batch(written(tmp_path)), pool):
        if isinstance(event, Job):
            now[event.name] = event
            running = [name for name, job in now.items() if job.state == "running"]
            assert len({name.split("-")[0] for name in running}) == len(running) <= 2
            most = max(most, len(running))
    assert most == 2


def test_a_stop_ends_the_children_on_all_machines_in_good_order(tmp_path: Path, pool: Pool) -> None:
    plan = read_batch(written(tmp_path, hiphop="slow"))
    with closing(batch(plan, pool)) as events:  # type: ignore[type-var]
        for event in events:
            if isinstance(event, Job) and event.words.startswith("Learning"):
                break
    assert (tmp_path / "work" / f"{event.name.split('-')[0]}.dance" / "stopped.txt").exists()
    children = [
        int(words[0])
        for dancer in ("ann", "bob")
        if (tmp_path / "work" / f"{dancer}.dance").exists()
        for words in diary(tmp_path, dancer)
    ]
    deadline = time.monotonic() + 10  # each has said that it ends; a moment later it has
    while (left := [child for child in children if Path(f"/proc/{child}").exists()]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left
    assert {job.state for job in states(made(plan, pool)).values()} == {"done"}


def test_a_machine_that_does_not_see_the_files_says_so(tmp_path: Path, pool: Pool) -> None:
    plan = read_batch(written(tmp_path))
    events = []
    with pytest.raises(Exception, match="is not there on the machine"):
        for event in batch(plan, pool):
            events.append(event)
            (tmp_path / "one.mp4").unlink(missing_ok=True)  # after the list was read


def test_a_machine_without_the_program_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray tells it as the end of a worker, like any other."""
    import ray
    from ray.exceptions import RayError

    def answers(asked: object) -> None:
        raise RayError("The actor died.\n  ModuleNotFoundError: No module named 'dancetransfer'\n")

    monkeypatch.setattr(ray, "wait", lambda asked, timeout: (asked, []))
    monkeypatch.setattr(ray, "get", answers)
    worker = SimpleNamespace(news=SimpleNamespace(remote=object))
    _, outcome = pool_module._Far(ray, worker).news() or ([], None)
    assert outcome and not outcome.lost and "lacks the program" in outcome.message and "same version" in outcome.hint


def test_a_cluster_that_asks_for_a_token_is_told_by_that_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ray itself says that it can't connect."""
    import ray

    def refuses(**_: object) -> None:
        try:
            raise RuntimeError("Last error: ray.exceptions.AuthenticationError: InvalidAuthToken")
        except RuntimeError as error:
            raise ConnectionError("Failed to connect to Ray cluster") from error

    monkeypatch.setattr(ray, "init", refuses)
    monkeypatch.setattr(ray, "shutdown", lambda: None)
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        with (
            pytest.raises(UserError, match="asks for a token") as caught,
            open_pool(f"127.0.0.1:{one.getsockname()[1]}"),
        ):
            pass
    assert "RAY_AUTH_MODE=token" in caught.value.hint


def test_an_address_where_nobody_listens_is_refused_at_once(tmp_path: Path) -> None:
    """The last one here, for it ends the Ray of this process."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))  # and does not listen
        error = failed("batch", written(tmp_path), "--ray", f"127.0.0.1:{one.getsockname()[1]}")
    assert "No Ray cluster answers" in error.message
