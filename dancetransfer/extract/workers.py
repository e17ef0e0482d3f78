"""Worker processes of our own: jobs in as lines, answers out as JSON lines, and never an orphan.

Not `multiprocessing`: a worker's three standard streams have to be apart from the parent's from
its first instruction on (stdin carries the parent's `stop`, stdout its events, and MediaPipe's
native code talks on both outputs), and the end of its stdin ends a worker on every system, even
where the parent was killed.
"""

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

CODE = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from {0} import serve; serve()"


def command(module: str) -> list[str]:
    """The command line of a worker that runs `module.serve()` with this process's import path.

    -P and the path without "" keep packages of the working directory out.
    """
    path = [entry for entry in sys.path if entry]
    return [sys.executable, "-P", "-c", CODE.format(module), json.dumps(path)]


class Worker:
    """One process; its answers arrive in `answers` as (worker, dict), at its end (worker, None)."""

    def __init__(self, module: str, log: Path, answers: "queue.Queue[tuple[Worker, Any]]") -> None:
        self.log = log
        self.job: Any = None
        environment = {**os.environ, "GLOG_minloglevel": "2", "TF_CPP_MIN_LOG_LEVEL": "2"}
        with log.open("wb") as errors:
            self._process = subprocess.Popen(
                command(module), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=environment
            )
        self._answers = answers
        threading.Thread(target=self._listen, daemon=True).start()

    def give(self, job: Any, line: str) -> None:
        """Send a job; a worker that has just died is found out by its last answer."""
        self.job = job
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.write(line.encode() + b"\n")
            self._process.stdin.flush()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with contextlib.suppress(ValueError):  # the half line of a process that was killed
                self._answers.put((self, json.loads(line)))
        self._answers.put((self, None))

    def exit_code(self) -> int:
        """Its exit code, negative for a signal; waits for its end."""
        return self._process.wait()

    def last_words(self) -> str:
        """Why it ended: the exit code and the end of what it printed."""
        code = self._process.wait()
        text = self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""
        return f"exit code {code}\n{text[-4000:]}"

    def end(self) -> None:
        """Stop it now; it writes its files so that this does no harm."""
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                if stream is not None:
                    stream.close()


class Pool:
    """A fixed number of workers, started when there is work for them."""

    def __init__(self, module: str, count: int, folder: Path) -> None:
        self._module, self._count, self._folder = module, count, folder
        self._answers: queue.Queue[tuple[Worker, Any]] = queue.Queue()
        self._workers: list[Worker] = []
        self._started = 0

    def __enter__(self) -> "Pool":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()
            with contextlib.suppress(OSError):
                worker.log.unlink(missing_ok=True)

    @property
    def jobs(self) -> list[Any]:
        """What is being worked on."""
        return [worker.job for worker in self._workers if worker.job is not None]

    def idle(self) -> Worker | None:
        """A worker without a job, if need be a new one; None where all are busy."""
        for worker in self._workers:
            if worker.job is None:
                return worker
        if len(self._workers) >= self._count:
            return None
        self._started += 1
        log = self._folder / f"worker-{os.getpid()}-{self._started}.log"
        self._workers.append(Worker(self._module, log, self._answers))
        return self._workers[-1]

    def answer(self, seconds: float) -> tuple[Worker | None, Any]:
        """The next (worker, answer), or (None, None) after `seconds`; answer None: it has died."""
        try:
            worker, message = self._answers.get(timeout=seconds)
        except queue.Empty:
            return None, None
        if message is None and worker in self._workers:
            self._workers.remove(worker)
        return worker, message
