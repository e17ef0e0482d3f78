"""How well the parts of a split `extract` fit together: `python tests/bench/poses.py [CLIPS] [--workers 2]`.

A built-in dancer is drawn where no clip is given. How fast it is: `speed.py poses`.
"""

import argparse
import shutil
import tempfile
from pathlib import Path

import numpy as np

from dancetransfer import puppets
from dancetransfer.demo import draw_clip
from dancetransfer.extract.extract import default_workers, extract
from dancetransfer.extract.parts import plan
from dancetransfer.pose.poses import FACE, Poses


def found(video: Path, folder: Path, workers: int) -> Poses:
    shutil.rmtree(folder, ignore_errors=True)
    for _ in extract(video, folder, masks=False, workers=workers, proxy=False):
        pass
    return Poses.load(folder / "poses.npz")


def seams(video: Path, folder: Path, workers: int) -> None:
    """Print joint distances between a split and an unsplit run, in % of the person's height."""
    one, split = found(video, folder / "one", 1), found(video, folder / "split", workers)
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
    parser.add_argument("clips", nargs="*", type=Path, help="videos")
    parser.add_argument("--workers", type=int, default=default_workers())
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        if not options.clips:
            options.clips = [folder / "person.mp4"]
            list(draw_clip(puppets.person(103, (512, 512), 10, 25), options.clips[0]))
        for clip in options.clips:
            seams(clip, folder / "seams", max(2, options.workers))


if __name__ == "__main__":
    main()
