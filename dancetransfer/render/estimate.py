"""How large a clip will be, told from a few short stretches of it that are really written."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from dancetransfer.events import Done, Events, Progress, Started
from dancetransfer.project import Project
from dancetransfer.render.plan import Plan, plan
from dancetransfer.settings import ExportSettings, RenderSettings
from dancetransfer.video.encoders import KEY_EVERY
from dancetransfer.video.marks import webp_chunks

STRETCHES, LONG = 3, 24
"""Stretches that are written, and frames of each."""


@dataclass(frozen=True)
class Pieces:
    """The bytes of a written stretch."""

    pictures: list[int]
    """Of each picture, in coding order; the first is a keyframe."""
    sound: float
    seconds: float
    rest: int
    """Head, tables and mark."""


def estimate(project: Project, chosen: RenderSettings, settings: ExportSettings) -> Events:
    """Stage: the bytes that `export` would write with the same settings; `Done.result` holds them as "bytes".

    The first picture of a stretch stands for every keyframe, the others for what lies between. A clip
    that is hardly longer than the stretches is written whole.
    """
    made = plan(project, chosen, settings)
    parts = _stretches(made)
    total = sum(part.frames for part in parts)
    yield Started("estimate", total)
    written: list[Pieces] = []
    done = 0
    with tempfile.TemporaryDirectory(prefix="dancetransfer-") as folder:
        for number, part in enumerate(parts):
            output = Path(folder) / f"{number}{made.preset.suffix}"
            with part.open(output) as writer:
                for time, image in part.pictures():
                    writer.write(image, time)
                    done += 1
                    if done % 10 == 0:
                        yield Progress("estimate", min(done, total), total)
            written.append(pieces(output))
    size = _whole(made, written)
    yield Done("estimate", f"The clip will take about {in_words(size)}.", [], {"bytes": round(size)})


def in_words(size: float) -> str:
    """12345678 -> "12 MB", as file managers count."""
    for unit, bytes in (("GB", 1e9), ("MB", 1e6)):
        if size >= bytes:
            return f"{size / bytes:.1f} {unit}" if size < 10 * bytes else f"{size / bytes:.0f} {unit}"
    return f"{max(1, round(size / 1e3))} kB"


def _stretches(made: Plan) -> list[Plan]:
    count = made.last - made.first
    if count <= STRETCHES * LONG * 1.25:
        return [made]
    middles = made.first + (np.arange(STRETCHES) + 0.5) / STRETCHES * count
    return [made.part(int(m) - LONG // 2, int(m) + LONG // 2) for m in middles]


def _whole(made: Plan, written: list[Pieces]) -> float:
    if len(written) == 1:
        return sum(written[0].pictures) + written[0].sound + written[0].rest
    keys = -(-made.frames // KEY_EVERY)
    if made.preset.form in ("gif", "webp"):
        keys = 1
    key = np.mean([one.pictures[0] for one in written])
    other = np.mean([size for one in written for size in one.pictures[1:]])
    sound = sum(one.sound for one in written) / sum(one.seconds for one in written) * made.seconds
    tables = np.mean([one.rest / len(one.pictures) for one in written]) if made.preset.form == "png" else 0
    rest = np.mean([one.rest for one in written])
    return float(keys * key + (made.frames - keys) * other + sound + tables * made.frames + rest)


def pieces(path: Path) -> Pieces:
    """The parts of a file that a preset wrote, or of a folder of pictures."""
    if path.is_dir():
        return Pieces([file.stat().st_size for file in sorted(path.glob("*.png"))], 0, 1, 0)
    size = path.stat().st_size
    if path.suffix == ".webp":
        pictures = [8 + len(data) for _, data in webp_chunks(path, (b"ANMF",))]
        return Pieces(pictures, 0, 1, size - sum(pictures))
    pictures, sound, end = [], 0, 0.0
    with av.open(str(path)) as container:
        for packet in container.demux():
            if packet.stream.type == "video" and packet.size:
                pictures.append(packet.size)
                end = max(end, float(((packet.pts or 0) + (packet.duration or 0)) * (packet.time_base or 0)))
            elif packet.stream.type == "audio":
                sound += packet.size
    return Pieces(pictures, sound, max(end, 0.01), size - sum(pictures) - sound)
