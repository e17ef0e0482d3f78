"""Stands in for the program as a child of a batch: speaks its events, and does what the dance's file tells it.

The words of the dance's file: `slow` works until it is told to stop, once; `fail` ends with a sentence; `die` kills
itself at its first try; any other is danced at once.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from dancetransfer.events import Done, Event, Failed, Notice, Progress, Started, Stopping, to_line


def fake(words: Sequence[str]) -> list[str]:
    """The command of a child that is this file."""
    return [sys.executable, __file__, *words]


def say(event: Event) -> None:
    with contextlib.suppress(OSError):  # nobody listens any more, as for the program itself
        print(to_line(event), flush=True)


def main() -> int:
    words = sys.argv[1:]
    output = Path(words[words.index("-o") + 1])
    project = Path(next(word for word in words if word.startswith("--project=")).split("=", 1)[1])
    project.mkdir(parents=True, exist_ok=True)
    with open(project / "diary.txt", "a", encoding="utf-8") as diary:
        diary.write(f"{os.getpid()} {os.getppid()} {output.name}\n")
    stop = threading.Event()

    def listen() -> None:
        for line in sys.stdin:
            if line.strip() == "stop":
                break
        stop.set()  # also where the batch is gone

    threading.Thread(target=listen, daemon=True).start()
    say(Started("train", 10, "steps", "Learning the person"))
    what = Path(words[1]).read_text(encoding="utf-8").strip()
    tries = len((project / "diary.txt").read_text(encoding="utf-8").splitlines())
    if what == "fail":
        say(Failed("Nobody was found.", "Film somebody."))
        return 1
    if what == "die" and tries == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    for n in range(600):
        if n > 1 and (what != "slow" or any(project.parent.glob("*/stopped.txt"))):
            break
        say(Progress("train", n, 10, 30.0))
        if stop.wait(0.05):
            say(Stopping(0.1))
            (project / "stopped.txt").write_text("in good order", encoding="utf-8")
            return 3
    say(Notice("The floor is dark.", "Light it."))
    output.write_text(" ".join(words), encoding="utf-8")
    say(Done("", f"The clip is ready: {output}", [str(output)]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
