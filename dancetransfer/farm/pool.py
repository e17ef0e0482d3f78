"""Where the hands of a batch are: in this process, or wherever Ray has room for them."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from dancetransfer import device
from dancetransfer.child import engine_command, environment
from dancetransfer.errors import UserError
from dancetransfer.events import Event, Notice
from dancetransfer.farm.hand import FAILED, Command, Hand, Outcome
from dancetransfer.farm.jobs import Task

INSTALL = f'"{sys.executable}" -m pip install "dancetransfer[farm]"'
LOCAL = "local"
"""What stands for this machine in place of a cluster's address."""
LACKING = ("ModuleNotFoundError", "ImportError")
THERE = "Install the same version of DanceTransfer on every machine of it, for the Python that Ray runs there."
OWN = ("127.0.0.1", "localhost")
ANSWER_SECONDS = 10.0
STORE_BYTES = 80_000_000
"""Of Ray's shared memory, of which a batch needs next to nothing: it hands out words, not frames."""


class Lost(Exception):
    """A worker has ended, and nobody knows how far its task came."""


class Worker(Protocol):
    """Somebody who does one task. No method waits."""

    def news(self) -> tuple[list[Event], Outcome | None] | None:
        """Events since the last time and how it ended; None where it has not begun yet. Lost: never will."""

    def stop(self) -> None: ...

    def release(self) -> None:
        """What it held is free again."""


class Pool(Protocol):
    """Gives tasks to workers."""

    note: Notice | None
    """What a person should know about it."""

    def room(self) -> int:
        """How many tasks can be at work at once."""

    def begin(self, task: Task, log: Path, proof: Path) -> Worker: ...


@contextlib.contextmanager
def open_pool(
    address: str = LOCAL, cpus: int | None = None, gpus: float | None = None, command: Command = engine_command
) -> Iterator[Pool]:
    """Ray on this machine or at `address`; where Ray is not installed, this process, one task after the other.

    `cpus` and `gpus` are what each task has to itself. UserError where a cluster can't be reached,
    or has no machine with that much.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # nothing is told to anybody
    if address.rpartition(":")[0] in OWN and (Path.home() / ".ray" / "auth_token").exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")  # as a cluster that was started here has it then
    try:
        import ray
    except ImportError as error:
        if address != LOCAL:
            raise UserError("A cluster is reached through Ray, which is not installed.", INSTALL) from error
        yield _Here(command)
        return
    folder = tempfile.mkdtemp(prefix="dt-", dir="/tmp" if os.path.isdir("/tmp") else None)  # a socket's path is short
    try:
        with contextlib.redirect_stdout(sys.stderr):  # Ray tells there what becomes of its workers, and so do we
            _join(ray, address, folder)
            yield _Cluster(ray, cpus, gpus, command)
    finally:
        ray.shutdown()
        shutil.rmtree(folder, ignore_errors=True)


class _Here:
    """This process: without Ray."""

    note: Notice | None = Notice(
        "The clips are made one after the other: Ray, which makes several at once, is not installed.",
        f"Where there is more than one graphics card, or more than one machine: {INSTALL}",
    )

    def __init__(self, command: Command) -> None:
        self._command = command

    def room(self) -> int:
        return 1

    def begin(self, task: Task, log: Path, proof: Path) -> Worker:
        return _Near(Hand(task, log, proof, command=self._command))


class _Near:
    def __init__(self, hand: Hand) -> None:
        self._hand = hand

    def news(self) -> tuple[list[Event], Outcome | None]:
        return self._hand.news()

    def stop(self) -> None:
        self._hand.stop()

    def release(self) -> None:
        pass


def _join(ray: Any, address: str, folder: str) -> None:
    """Start Ray here, or reach the cluster at `address`."""
    if address != LOCAL:
        _answers(address)
    options: dict[str, Any] = {"log_to_driver": False, "logging_level": "error"}
    if address == LOCAL:
        options |= {"num_cpus": device.cores(), "include_dashboard": False, "object_store_memory": STORE_BYTES}
        options |= {"_temp_dir": folder} if os.name != "nt" else {}
    before = dict(os.environ)
    os.environ.update(environment(os.environ))  # for the workers of this machine
    try:
        ray.init(address=address, **options)
    except (RuntimeError, ValueError, OSError, ray.exceptions.RayError) as error:
        if _refused(error):
            raise UserError(
                f"The Ray cluster at {address} asks for a token, and took none from here.",
                "Put the cluster's token into ~/.ray/auth_token here, and set RAY_AUTH_MODE=token before the command.",
            ) from error
        words = str(error).strip().splitlines() or [type(error).__name__]
        if address == LOCAL:
            raise UserError(
                f"Ray can't be started here: {words[0]}", "Look whether memory and disk have room."
            ) from error
        raise UserError(
            f"The Ray cluster at {address} can't be joined: {words[0]}",
            "It takes the same versions of Python and Ray here and there.",
        ) from error
    finally:
        os.environ.pop("PYTHONPATH", None)
        os.environ.update({name: value for name, value in before.items() if name == "PYTHONPATH"})


def _refused(error: BaseException | None) -> bool:
    """Ray's words, or those that led to them, are of its tokens, which it asks for by default since 2.59."""
    while error is not None:
        if "AuthenticationError" in (type(error).__name__, *str(error).replace(":", ".").split(".")):
            return True
        error = error.__cause__ or error.__context__
    return False


def _answers(address: str) -> None:
    """UserError where nobody listens there: Ray itself would try for minutes."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), ANSWER_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"No Ray cluster answers at '{address}'.", "Give its address and port like this: --ray 10.0.0.1:6379"
        ) from error


class _Cluster:
    """Ray: each task has an actor of its own, which holds the processors and cards that it asked for."""

    note: Notice | None = None

    def __init__(self, ray: Any, cpus: int | None, gpus: float | None, command: Command) -> None:
        self._ray, self._command = ray, command
        self._actor = ray.remote(Hand)
        nodes = self._nodes()
        cards = sum(node.get("GPU", 0.0) for node in nodes)
        self.gpus = float(cards > 0) if gpus is None else gpus
        fitting = [node for node in nodes if node.get("GPU", 0.0) >= self.gpus]
        least = min((node.get("CPU", 0.0) for node in fitting), default=0.0)
        if cpus is None:  # a machine to itself, or its share of a machine with several cards
            shares = max((node.get("GPU", 0.0) / self.gpus for node in fitting), default=1.0) if self.gpus else 1.0
            cpus = int(least / max(1.0, shares))
        self.cpus = max(1, cpus)
        if self.room() < 1:
            most = max((int(node.get("CPU", 0)) for node in nodes), default=0)
            raise UserError(
                f"No machine has {self.cpus} processors and {self.gpus:g} graphics cards for a clip.",
                f"Ask for less: cpus (the largest machine has {most}) and gpus (there are {cards:g}) in the list.",
            )

    def _nodes(self) -> list[dict[str, float]]:
        return [node["Resources"] for node in self._ray.nodes() if node["Alive"]]

    def room(self) -> int:
        room = 0
        for node in self._nodes():
            cards = int(node.get("GPU", 0.0) / self.gpus) if self.gpus else sys.maxsize
            room += min(int(node.get("CPU", 0.0) / self.cpus), cards)
        return room

    def begin(self, task: Task, log: Path, proof: Path) -> Worker:
        needs = {"num_cpus": self.cpus, "num_gpus": self.gpus, "max_restarts": 0}
        actor = self._actor.options(**needs).remote(task, log, proof, self.cpus, self._command)
        return _Far(self._ray, actor)


class _Far:
    def __init__(self, ray: Any, actor: Any) -> None:
        self._ray, self._actor = ray, actor
        self._asked: Any = None
        self._begun = False

    def news(self) -> tuple[list[Event], Outcome | None] | None:
        from ray.exceptions import RayError

        if self._asked is None:
            self._asked = self._actor.news.remote()
        try:
            ready, _ = self._ray.wait([self._asked], timeout=0)
            if not ready:
                return None
            asked, self._asked, self._begun = self._asked, None, True
            answer: tuple[list[Event], Outcome | None] = self._ray.get(asked)
            return answer
        except RayError as error:
            reason = _reason(error)
            if reason.startswith(LACKING):  # there it would fail again and again
                return [], Outcome(FAILED, f"A machine of the cluster lacks the program: {reason}.", THERE)
            raise Lost(reason) from error

    def stop(self) -> None:
        if self._begun:
            self._actor.stop.remote()
        else:  # it waits for room, and would hear it only then
            self.release()

    def release(self) -> None:
        self._ray.kill(self._actor)


def _reason(error: Exception) -> str:
    """The line of Ray's long words that says most: of a mistake there its last one, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    named = [line for line in lines if line.startswith(LACKING)]
    return (named or lines)[0]
