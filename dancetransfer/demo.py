"""The whole job on the built-in dancers: three clips drawn, one learned, the result beside the truth."""

import itertools
import multiprocessing
import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from dancetransfer import puppets, transfer
from dancetransfer.adding import add_media
from dancetransfer.events import Done, Events, Progress, Started
from dancetransfer.footage.pairs import load_footage
from dancetransfer.outputs import check_output
from dancetransfer.pose.labels import label_map, picture
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.compose import compose
from dancetransfer.score import score
from dancetransfer.score.score import metrics, table
from dancetransfer.settings import ExportSettings, RenderSettings, RetargetSettings, TrainSettings
from dancetransfer.storage import Results, key, write_text
from dancetransfer.video.read import read_frames
from dancetransfer.video.write import Writer

SIZE = (512, 512)
FPS = 25
DANCE_SECONDS, PERSON_SECONDS = 8.0, 16.0
BUDGET = 180.0
"""Seconds of training where none are asked for."""
VERSION = 1
RATE = 48000
STRETCH = 8
"""Frames that a process draws at a time."""
QUIET = (signal.SIGINT, signal.SIG_IGN)
"""Ctrl-C is the parent's to answer."""


def performances(seed: int = 0, size: tuple[int, int] = SIZE, fps: float = FPS) -> dict[str, puppets.Performance]:
    """The three clips by name: the dance, the person, and the person truly doing that dance."""
    return {
        "dance": puppets.dance(seed, size, DANCE_SECONDS, fps),
        "person": puppets.person(seed, size, PERSON_SECONDS, fps),
        "truth": puppets.truth(seed, size, DANCE_SECONDS, fps),
    }


def demo(folder: Path, training: TrainSettings, seed: int = 0) -> Events:
    """Stage: everything, into `folder`: the three clips, the project, clip.mp4, side-by-side.mp4, scores.txt."""
    folder.mkdir(parents=True, exist_ok=True)
    clip = folder / "clip.mp4"
    check_output(clip)
    yield from _draw_clips(folder, performances(seed))
    project = Project.open_or_create(folder / "demo.dance")
    with project.lock():
        yield from add_media(project, [folder / "dance.mp4"], [folder / "person.mp4"])
        project.built_in = True
        project.set_settings(training)
        project.save()
        rendering = RenderSettings(dance=project.dances[-1].name)
        yield from transfer.transfer(project, clip, training, RetargetSettings(), rendering, ExportSettings())
        yield from _side_by_side(project, folder)
        yield from _against_truth(project, folder)
    text = (folder / "scores.txt").read_text(encoding="utf-8")
    files = [clip, folder / "side-by-side.mp4", folder / "scores.txt"]
    yield transfer.done(f"The clip: {clip}\nDance, skeleton, result and truth: {files[1]}\n\n{text}", files)


def _draw_clips(folder: Path, shows: dict[str, puppets.Performance]) -> Events:
    """Draw the clips that are not there yet."""
    results = Results(folder)
    marks = {name: key("puppets", VERSION, name, s.size, s.seconds, s.fps, s.seed) for name, s in shows.items()}
    todo = {name: show for name, show in shows.items() if not results.current(f"{name}.mp4", marks[name])}
    if not todo:
        return
    total = sum(len(show.times) for show in todo.values())
    yield Started("puppets", total)
    done = 0
    for name, show in todo.items():
        for _ in draw_clip(show, folder / f"{name}.mp4"):
            done += 1
            if done % 5 == 0:
                yield Progress("puppets", done, total)
        results.note(f"{name}.mp4", marks[name])
    yield Done("puppets", f"{total} frames of the built-in dancers are drawn.")


def draw_clip(show: puppets.Performance, path: Path, workers: int = 2) -> Iterator[int]:
    """Write a performance with its sound as a video; yields the number of each written frame."""
    count = len(show.times)
    stretches = [(show, start, min(start + STRETCH, count)) for start in range(0, count, STRETCH)]
    sound = (show.sound(RATE), RATE)
    with (
        multiprocessing.get_context("spawn").Pool(workers, signal.signal, QUIET) as pool,
        Writer(path, show.size, fps=show.fps, sound=sound, mark=False) as writer,
    ):
        frames = itertools.chain.from_iterable(pool.imap(puppets.drawn, stretches))
        for number, (time, image) in enumerate(zip(show.times, frames, strict=True)):
            writer.write(image, float(time))
            yield number


def _side_by_side(project: Project, folder: Path) -> Events:
    """Dance, skeleton, result and truth in one picture, with the dance's sound."""
    dance = project.dances[-1]
    poses = Poses.load(project.dance_folder(dance) / "retarget.npz")
    yield Started("side by side", len(poses))
    columns = zip(
        read_frames(folder / "dance.mp4"),
        (picture(label_map(xy, seen, poses.size)) for xy, seen in zip(poses.xy, poses.visible, strict=True)),
        (image for _, image in compose(project, dance.name, 0, len(poses))),
        read_frames(folder / "truth.mp4"),
        strict=True,
    )
    output, tall = folder / "side-by-side.mp4", SIZE[1] * 3 // 4
    with Writer(output, (4 * tall, tall), fps=FPS, audio=folder / "dance.mp4") as writer:
        for source, skeleton, result, truth in columns:
            tiles = [source.image, skeleton, result, truth.image]
            tiles = [cv2.resize(tile, (tall, tall), interpolation=cv2.INTER_AREA) for tile in tiles]
            writer.write(np.concatenate(tiles, 1), source.time)
            if writer.frames % 10 == 0:
                yield Progress("side by side", writer.frames, len(poses))
    yield Done("side by side", "", [str(output)])


def _against_truth(project: Project, folder: Path) -> Events:
    """The score table that only built-in dancers can have: against the person truly doing the dance."""
    dance = project.dances[-1]
    asked = Poses.load(project.dance_folder(dance) / "retarget.npz")
    footage = load_footage(project)
    yield Started("score", len(asked))
    truth = performances()["truth"]
    xy, confidence = truth.joints()
    rows = score.against_truth(
        (image for _, image in compose(project, dance.name, 0, len(asked))),
        lambda: (frame.image for frame in read_frames(folder / "truth.mp4")),
        asked,
        footage,
        footage[0].plate,
        Poses(xy, confidence, truth.times, truth.size),
        score.mediapipe_estimator,
    )
    yield from metrics(rows)
    text = "Against the truth: the same person really doing this dance.\n" + table(rows) + "\n"
    write_text(folder / "scores.txt", text)
    yield Done("score", "", [str(folder / "scores.txt")])
