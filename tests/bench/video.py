"""Speed of the video floor on a real clip: `python tests/bench/video.py CLIP [FRAMES]`.

The one number that matters: importing (decode to RGB + proxy + thumbnails) over the bare
minimum (PyAV decode + x264 encode of the same proxy). It also prints random access times and
the memory at the tenth of the clip and at its end.
"""

import resource
import sys
import tempfile
import time
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from dancetransfer import puppets
from dancetransfer.demo import draw_clip
from dancetransfer.video.encoders import choose_encoder
from dancetransfer.video.proxy import ProxyMaker, ThumbMaker, proxy_size, thumb_grid
from dancetransfer.video.read import RandomAccess, VideoInfo, frame_times, probe, read_frames


def bare(path: Path, out: Path, info: VideoInfo, frames: int) -> float:
    """Decode and encode with nothing between but swscale; returns seconds."""
    begin = time.perf_counter()
    encoder = choose_encoder("proxy", quality=23, keyframe_every=12)
    width, height = proxy_size((info.width, info.height))
    if info.rotation % 180:
        width, height = height, width
    with av.open(str(path)) as source, av.open(str(out), "w") as sink:
        source.streams.video[0].thread_type = "AUTO"
        stream = sink.add_stream(encoder.name, round(info.fps), dict(encoder.options))
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index, frame in enumerate(source.decode(video=0)):
            if index == frames:
                break
            small = frame.reformat(width, height, "yuv420p")
            small.pts, small.time_base = index, Fraction(1, round(info.fps))
            sink.mux(stream.encode(small))
        sink.mux(stream.encode(None))
    return time.perf_counter() - begin


def ours(path: Path, folder: Path, info: VideoInfo, frames: int) -> tuple[float, int, int]:
    """Seconds, and the peak memory in KiB at a tenth and at the end."""
    begin, early = time.perf_counter(), 0
    size = info.width, info.height
    thumbs = ThumbMaker(thumb_grid(frame_times(path), size))
    with ProxyMaker(folder / "proxy.mp4", size, fps=info.fps) as proxy:
        for frame in read_frames(path, stop=frames, exact=False):
            proxy.write(frame)
            thumbs.write(frame)
            if frame.index == frames // 10:
                early = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    thumbs.save(folder / "thumbs.jpg")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return time.perf_counter() - begin, early, peak


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
        floor = min(bare(path, folder / "bare.mp4", info, frames) for _ in range(2))
        runs = [ours(path, folder, info, frames) for _ in range(2)]
        mine, early, peak = min(runs)
        jumps, small = seeks(path), seeks(folder / "proxy.mp4")
    print(f"{path.name}: {info.width}x{info.height}, {frames} frames")
    print(f"bare decode + encode {1000 * floor / frames:.1f} ms/frame")
    print(f"import               {1000 * mine / frames:.1f} ms/frame, ratio {mine / floor:.2f}")
    print(f"memory at 1/10 {early // 1024} MiB, at the end {peak // 1024} MiB")
    for label, times in (("file", jumps), ("proxy", small)):
        print(f"random access, {label}: median {np.median(times):.1f} ms, p95 {np.percentile(times, 95):.1f} ms")


if __name__ == "__main__":
    main()
