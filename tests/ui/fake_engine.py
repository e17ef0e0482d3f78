"""An engine that does in no time what the real one takes minutes for: the same commands, events and files.

Run as `python fake_engine.py VIDEO WORDS...`; VIDEO is what an export copies. A file in the project's folder
that is called "last COMMAND" makes a command last until it is stopped or killed; "deaf" lets a training end by itself
when it is told to stop, as one that was about to end anyway; "first look" lets it begin with one of the current dance.
It is started by the hundred, so that commands import only what they need.
"""

import shutil
import sys
import threading
import time
from pathlib import Path

from dancetransfer.events import Done, Event, Failed, Preview, Progress, Started, Stopping, to_line

STOPPED = 3
LOOKED = 0.4, 1.2
"""From and to in seconds of the dance that a first look shows."""
WORKS = 30.0
"""Seconds that a training takes where nobody stops it."""
stop = threading.Event()


def say(event: Event) -> None:
    print(to_line(event), flush=True)


def listen() -> None:
    for line in sys.stdin:
        if line.strip() == "stop":
            say(Stopping(0.1))
            stop.set()


def first_look(video: str, folder: Path) -> None:
    from dancetransfer.project import Project
    from dancetransfer.render.part import FIRST_LOOK, note_part

    project = Project.open(folder)
    dance = project.current_dance
    if dance is None:
        return
    clip = project.dance_folder(dance) / FIRST_LOOK
    say(Started("sprites", 75, "frames", "A first preview"))
    clip.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(video, clip)
    note_part(clip, *LOOKED)
    say(Preview("sprites", str(clip)))


def train(folder: Path) -> int:
    """Until it is stopped; a clip whose run is there already is learned at once."""
    from PIL import Image

    run = folder / "person" / "runs" / "001"
    again = run.exists()
    run.mkdir(parents=True, exist_ok=True)
    say(Started("train", WORKS, "seconds", "Learning the person"))
    for name in ("best.safetensors", "last.pt"):
        (run / name).write_bytes(b"")
    (run / "metrics.jsonl").write_text('{"step": 1, "seconds": 1.0}\n', encoding="utf-8")
    shown = run / "previews" / "000001.jpg"
    shown.parent.mkdir(exist_ok=True)
    Image.new("RGB", (96, 32)).save(shown)
    say(Preview("train", str(shown), 1))
    begin = time.monotonic()
    while not again and time.monotonic() - begin < WORKS:
        say(Progress("train", time.monotonic() - begin, WORKS, 1.0))
        if stop.wait(0.05):
            return 0 if (folder / "deaf").exists() else STOPPED
    return 0


def main(video: str, words: list[str]) -> int:
    threading.Thread(target=listen, daemon=True).start()
    command, where = words[0], Path(words[1])
    code, result = 0, {}
    while (where / f"last {command}").exists():
        if stop.wait(0.05):
            return STOPPED
    if command in ("add-dance", "add-person"):
        from dancetransfer.project import Project

        project = Project.open(where)
        (project.add_dance if command == "add-dance" else project.add_clip)(Path(words[2]))
        project.save()
    elif command == "train":
        if (where / "first look").exists():
            first_look(video, where)
        code = train(where)
    elif command == "export":
        shutil.copy(video, words[words.index("-o") + 1])
    elif command == "render" and (where / "fail").exists():
        say(Failed("The rendering failed.", "Try again."))
        return 1
    elif command == "info":
        result = {"width": 256, "height": 256, "fps": 25, "frames": 75, "seconds": 3, "audio": None}
    if not code:
        say(Done("", f"{command} is done.", [], result))
    return code


if __name__ == "__main__":
    words = [word for word in sys.argv[2:] if word != "--json"]
    sys.exit(main(sys.argv[1], words))
