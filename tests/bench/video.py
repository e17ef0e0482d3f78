"""Random access to a clip and to its proxy, and the memory of an import: `python tests/bench/video.py CLIP [FRAMES]`.

How long the import takes: `speed.py ingest`.
"""

import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from dancetransfer import puppets
from dancetransfer.demo import draw_clip
from dancetransfer.video.proxy import ProxyMaker, ThumbMaker, thumb_grid
from dancetransfer.video.read import RandomAccess, VideoInfo, frame_times, probe, read_undeveloped


def imported(path: Path, folder: Path, info: VideoInfo, frames: int) -> tuple[int, int]:
    """Proxy and thumbnails; the peak memory in KiB at a tenth and at the end."""
    early = 0
    size = info.width, info.height
    thumbs = ThumbMaker(thumb_grid(frame_times(path), size))
    with ProxyMaker(folder / "proxy.mp4", size, fps=info.fps) as proxy:
        for frame in read_undeveloped(path, stop=frames, exact=False):
            proxy.write(frame)
            thumbs.write(frame)
            if frame.index == frames // 10:
                early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    thumbs.save(folder / "thumbs.jpg")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return early, peak


def seeks(path: Path) -> np.ndarray:
    """Milliseconds of 60 jumps to frames anywhere."""
    took = []
    with RandomAccess(path) as video:
        for index in np.random.default_rng(0).integers(0, len(video), 60):
            begin = time.perf_counter()
            video.frame(int(index))
            took.append(1000 * (time.perf_counter() - begin))
    return np.array(took)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if len(sys.argv) > 1:
            path = Path(sys.argv[1])
        else:
            path = folder / "person.mp4"
            list(draw_clip(puppets.person(103, (1280, 720), 8, 25), path))
        info = probe(path)
        frames = min(info.frames, int(sys.argv[2]) if len(sys.argv) > 2 else info.frames)
        early, peak = imported(path, folder, info, frames)
        jumps, small = seeks(path), seeks(folder / "proxy.mp4")
    print(f"{path.name}: {info.width}x{info.height}, {frames} frames")
    print(f"memory at 1/10 {early // 1024} MiB, at the end {peak // 1024} MiB")
    for label, times in (("file", jumps), ("proxy", small)):
        print(f"random access, {label}: median {np.median(times):.1f} ms, p95 {np.percentile(times, 95):.1f} ms")


if __name__ == "__main__":
    main()
