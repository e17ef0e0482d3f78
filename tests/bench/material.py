"""What `speed.py` measures on: built-in dancers as films and as a project, made once into a folder."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np

from dancetransfer import demo, puppets, transfer
from dancetransfer.adding import add_media
from dancetransfer.events import Event
from dancetransfer.footage.pairs import Footage, boxes_of, plan_of, prepare, split
from dancetransfer.footage.plate import clean_plate, cut_out
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.settings import RetargetSettings, TrainSettings
from dancetransfer.video.read import read_frames
from dancetransfer.video.write import Writer

SEED = 101
"""Of the built-in dancers; those below 100 belong to the tests."""
SIZE, FPS, SECONDS = (512, 512), 30, {"dance": 10.0, "person": 20.0}


def clip(folder: Path, name: str) -> Path:
    """The dance or the person."""
    path = folder / f"{name}.mp4"
    if not path.exists():
        for _ in demo.draw_clip(getattr(puppets, name)(SEED, SIZE, SECONDS[name], FPS), path):
            pass
    return path


def to_and_fro(source: Path, seconds: float, path: Path) -> Path:
    """A clip forward and backward in turn: longer, and without a jump."""
    if path.exists():
        return path
    images = [frame.image for frame in read_frames(source)]
    with Writer(path, images[0].shape[1::-1], fps=FPS, mark=False) as writer:
        for n, image in enumerate(itertools.islice(itertools.cycle(images + images[-2:0:-1]), round(seconds * FPS))):
            writer.write(image, n / FPS)
    return path


def repeated(source: Path, times: int, path: Path) -> Path:
    """A clip again and again, with its sound, nothing encoded anew."""
    with av.open(str(source)) as once, av.open(str(path), "w") as sink:
        copies = {one.index: sink.add_stream_from_template(one) for one in (once.streams.video[0], *once.streams.audio)}
        frames = once.streams.video[0].frames
        for turn in range(times):
            once.seek(0)
            for packet in once.demux():
                length = round(frames / FPS / packet.time_base)
                if packet.dts is None or not (0 if turn else -length) <= packet.pts < length:
                    continue  # nothing is left, or sound that overlaps with that of another turn
                packet.pts, packet.dts = packet.pts + turn * length, packet.dts + turn * length
                packet.stream = copies[packet.stream.index]
                sink.mux(packet)
    return path


def minute(folder: Path) -> Path:
    """A 1080p minute with sound: the dancer enlarged, with a camera's noise, four seconds again and again."""
    path, size, seconds = folder / "minute.mp4", (1920, 1080), 4
    if path.exists():
        return path
    show, random = puppets.dance(SEED, (960, 540), seconds / 2, FPS), np.random.default_rng(0)
    grain = random.normal(0, 3, (8, size[1], size[0], 1)).astype(np.int16)
    images = [cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC) for frame in show.frames()]
    sound = random.normal(0, 0.05, (seconds * 48000, 2)).astype(np.float32)
    part = folder / "minute-part.mp4"
    with Writer(part, size, fps=FPS, sound=(sound, 48000), mark=False, quality=20) as writer:
        for n, image in enumerate(images + images[::-1]):
            noisy = np.clip(np.roll(grain[n % 8], 97 * n, 1) + image, 0, 255).astype(np.uint8)
            writer.write(noisy, n / FPS)
    return repeated(part, 60 // seconds, path)


def learned(folder: Path, device: str, recipe: str = "fast") -> tuple[Project, TrainSettings]:
    """A project with a trained person; how well it is trained changes no speed."""
    from dancetransfer.learn.train import train

    settings = TrainSettings(recipe=recipe, size=512 if device == "cuda" else 256, steps=20, device=device)
    project = Project.open_or_create(folder / f"learned-{recipe}-{settings.size}.dance")
    through(add_media(project, [clip(folder, "dance")], [clip(folder, "person")]))
    through(transfer.chain([*transfer.pose_tasks(project), *transfer.fit_tasks(project, RetargetSettings())]))
    through(prepare(project, settings))
    through(train(project, settings))
    return project, settings


def through(events: Iterator[Event]) -> None:
    for _ in events:
        pass


def without_files(settings: TrainSettings) -> Footage:
    """A few seconds of the person with true joints, ready to learn from."""
    show = puppets.person(SEED, SIZE, 2.8, FPS)
    poses = Poses(*show.joints(), show.times, show.size)
    sizes = plan_of(settings, {"person": poses})
    boxes, frames, masks = boxes_of(poses, sizes), list(show.frames()), list(show.masks())
    crops = [
        np.dstack([cut_out(frame, box, sizes.size), cut_out(mask, box, sizes.size)])
        for frame, mask, box in zip(frames, masks, boxes, strict=True)
    ]
    plate = clean_plate(frames[::4], masks[::4])
    return Footage("001", np.stack(crops), boxes, np.arange(len(poses)), poses, plate, split(poses.time))
