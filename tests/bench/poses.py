"""How fast `extract` is against one bare loop of MediaPipe, and how well its parts fit together.

    python tests/bench/poses.py juggle.mp4 [more clips] [--repeat 12] [--masks] [--workers 2]

The first clip is repeated forward and backward to make a long one (a short one pays for the warm-ups of
its few parts). The bare loop is `mp.solutions.holistic` over the same frames, already decoded.
"""

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np

from dancetransfer import puppets
from dancetransfer.demo import draw_clip
from dancetransfer.extract.extract import default_workers, extract
from dancetransfer.extract.holistic import quiet
from dancetransfer.extract.parts import plan
from dancetransfer.pose.poses import FACE, Poses
from dancetransfer.video.read import probe, read_frames
from dancetransfer.video.write import Writer


def repeat(video: Path, path: Path, times: int) -> None:
    """The clip played forward and backward in turn, `times` times."""
    info = probe(video)
    frames = [frame.image for frame in read_frames(video)]
    with Writer(path, (info.width, info.height), fps=info.fps) as writer:
        for turn in range(times):
            for place, image in enumerate(frames if turn % 2 == 0 else frames[::-1]):
                writer.write(image, (turn * len(frames) + place) / info.fps)


def bare_loop(video: Path, masks: bool, most: int = 400) -> tuple[float, float]:
    """Frames per second of MediaPipe's own holistic in this one process, without and with decoding."""
    from mediapipe.python.solutions.holistic import Holistic

    with quiet():
        solution = Holistic(smooth_landmarks=False, enable_segmentation=masks, smooth_segmentation=False)
        solution.process(np.zeros((64, 64, 3), np.uint8))
    spent, count, started = 0.0, 0, time.perf_counter()
    for frame in read_frames(video, 0, most):
        began = time.perf_counter()
        solution.process(frame.image)
        spent, count = spent + time.perf_counter() - began, count + 1
    return count / spent, count / (time.perf_counter() - started)


def timed(video: Path, folder: Path, masks: bool, workers: int, proxy: bool) -> float:
    shutil.rmtree(folder, ignore_errors=True)
    began = time.perf_counter()
    for _ in extract(video, folder, masks=masks, workers=workers, proxy=proxy):
        pass
    return time.perf_counter() - began


def seams(video: Path, folder: Path, workers: int) -> None:
    """Print joint distances between a split and an unsplit run, in % of the person's height."""
    timed(video, folder / "one", False, 1, False)
    timed(video, folder / "split", False, workers, False)
    one, split = Poses.load(folder / "one" / "poses.npz"), Poses.load(folder / "split" / "poses.npz")
    body = one.xy[:, :23]
    height = np.nanmedian(np.nanmax(body[..., 1], 1) - np.nanmin(body[..., 1], 1))
    apart = 100 * np.hypot(*np.moveaxis(split.xy - one.xy, -1, 0)) / height
    starts = [part.start for part in plan(one.time, workers)[1:]]
    after = np.unique(np.array([start + k for start in starts for k in range(5) if start + k < len(one)], int))
    only_one = (one.present != split.present).sum()
    print(f"{video.name}: {len(starts)} seams, {only_one} frames with a person in one run alone")
    for name, joints in (("body", slice(0, 23)), ("face", FACE), ("hands", slice(91, 133))):
        of = apart[:, joints]
        if np.isfinite(of).any():
            at_seams = np.nanmean(of[after]) if np.isfinite(of[after]).any() else np.nan
            print(f"  {name:6} mean {np.nanmean(of):.4f} %  5 frames after seams {at_seams:.4f} %")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clips", nargs="*", type=Path, help="a built-in dancer is drawn where none is given")
    parser.add_argument("--repeat", type=int, default=12, help="how long the timed clip is made")
    parser.add_argument("--workers", type=int, default=default_workers())
    parser.add_argument("--masks", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if not options.clips:
            options.clips = [folder / "person.mp4"]
            list(draw_clip(puppets.person(103, (512, 512), 10, 25), options.clips[0]))
        if options.repeat:
            long = folder / "long.mp4"
            repeat(options.clips[0], long, options.repeat)
            bare, with_decoding = bare_loop(long, options.masks)
            print(f"bare loop {bare:.1f} frames/s, with decoding {with_decoding:.1f}")
            for proxy in (False, True):
                spent = timed(long, folder / "long", options.masks, options.workers, proxy)
                speed = probe(long).frames / spent
                ratios = f"{speed / bare:.2f} (with decoding {speed / with_decoding:.2f})"
                print(f"extract, proxy={proxy}: {speed:.1f} frames/s, {ratios} times the bare loop")
        for clip in options.clips:
            seams(clip, folder / "seams", max(2, options.workers))


if __name__ == "__main__":
    main()
