"""Proxies, thumbnails and sound curves, whole and joined from parts."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
import pytest
from video_samples import bursts, make_sound, make_video, number_of, numbered, quadrants

from dancetransfer.video.proxy import (
    ProxyMaker,
    ThumbMaker,
    analyze_audio,
    audio_peaks,
    join_parts,
    join_thumbs,
    onset_envelope,
    proxy_size,
    read_grid,
    thumb_grid,
)
from dancetransfer.video.read import Frame, RandomAccess, frame_times, probe, read_frames, read_undeveloped


@pytest.mark.parametrize("size, small", [
    ((1920, 1080), (960, 540)), ((1080, 1920), (540, 960)), ((3840, 2160), (960, 540)),
    ((640, 360), (640, 360)), ((641, 361), (640, 360)), ((1280, 396), (1280, 396)),
])  # fmt: skip
def test_proxy_size(size, small):
    assert proxy_size(size) == small


def varied(count):
    rng = np.random.default_rng(5)
    return np.concatenate([[0], np.cumsum(rng.uniform(0.01, 0.2, count - 1))])


def make_proxy(path, times, first=0, last=None):
    with ProxyMaker(path, (96, 64), fps=25) as maker:
        for index in range(first, len(times) if last is None else last):
            maker.write(Frame(index, float(times[index]), numbered(index)))
    return path


def test_proxy_keeps_times_and_has_keyframes(tmp_path):
    times = varied(50)
    path = make_proxy(tmp_path / "proxy.mp4", times)
    assert np.abs(frame_times(path) - times).max() < 1e-4
    with av.open(str(path)) as container:
        packets = [p for p in container.demux(video=0) if p.size]
    assert [i for i, p in enumerate(packets) if p.is_keyframe] == list(range(0, 50, 12))
    assert all(p.pts == p.dts for p in packets)
    with RandomAccess(path) as video:
        assert [number_of(video.frame(i).image) for i in (49, 7, 30)] == [49, 7, 30]


def test_parts_join_to_the_same_times(tmp_path):
    times = varied(50)
    cuts = [0, 12, 17, 48, 50]
    parts = [make_proxy(tmp_path / f"part{i}.mp4", times, a, b) for i, (a, b) in enumerate(pairwise(cuts))]
    assert join_parts(parts, tmp_path / "proxy.mp4") == 50
    assert np.abs(frame_times(tmp_path / "proxy.mp4") - times).max() < 1e-4
    frames = list(read_frames(tmp_path / "proxy.mp4"))
    assert [number_of(f.image) for f in frames] == list(range(50))
    with pytest.raises(ValueError, match="begins before"):
        join_parts(parts[::-1], tmp_path / "wrong.mp4")
    assert not (tmp_path / "wrong.mp4").exists()


ONE = 1 << 16
TURNED, TURNED_MIRRORED = [0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30], [0, ONE, 0, ONE, 0, 0, 0, 0, 1 << 30]
HDR = {"transfer": 16, "primaries": 9, "colorspace": 9, "layout": "yuv420p10le"}


@pytest.mark.parametrize("size, made", [
    ((96, 64), {}), ((1280, 720), {}), ((1280, 720), {"matrix": TURNED}), ((96, 64), {"matrix": TURNED_MIRRORED}),
    ((96, 64), {"layout": "yuvj420p"}), ((96, 64), {"layout": "yuv444p"}), ((96, 64), HDR),
    ((96, 64), {"colorspace": 5, "options": {"g": "5"}}), ((96, 64), {"aspect": Fraction(4, 3)}),
])  # fmt: skip
def test_a_frame_that_is_not_developed_gives_the_same_proxy(tmp_path, size, made):
    source = make_video(tmp_path / "source.mp4", [quadrants(size)] * 14, **made)
    info = probe(source)
    for name, frames in (("plain", read_frames(source)), ("quick", read_undeveloped(source))):
        with ProxyMaker(tmp_path / f"{name}.mp4", (info.width, info.height), fps=25) as proxy:
            for frame in frames:
                proxy.write(frame)
    plain, quick = (list(read_frames(tmp_path / f"{name}.mp4")) for name in ("plain", "quick"))
    assert [one.time for one in plain] == [one.time for one in quick]
    apart = np.abs(plain[7].image.astype(int) - quick[7].image)
    assert apart.mean() < 3 and np.percentile(apart, 95) < 8
    with av.open(str(tmp_path / "quick.mp4")) as container:
        keys = [n for n, packet in enumerate(p for p in container.demux(video=0) if p.size) if packet.is_keyframe]
    assert keys == [0, 12]


def test_real_clip_to_proxy_and_thumbs(clips, tmp_path):
    source = clips / "juggle_rot90.mp4"
    info, times = probe(source), frame_times(source)
    grid = thumb_grid(times, (info.width, info.height))
    thumbs = ThumbMaker(grid)
    with ProxyMaker(tmp_path / "proxy.mp4", (info.width, info.height), fps=info.fps) as proxy:
        for frame in read_frames(source, stop=60):
            proxy.write(frame)
            thumbs.write(frame)
    small = probe(tmp_path / "proxy.mp4")
    assert (small.width, small.height, small.frames) == (540, 960, 60)
    assert np.abs(frame_times(tmp_path / "proxy.mp4") - times[:60]).max() < 1e-4
    thumbs.save(tmp_path / "thumbs.jpg")
    strip = picture(tmp_path / "thumbs.jpg")
    assert read_grid(tmp_path / "thumbs.jpg") == grid
    assert strip.shape == (96, 54 * len(grid.frames), 3)
    assert strip[:, 54 : 2 * 54].mean() > 40 and strip[:, 5 * 54 :].mean() < 3


def picture(path):
    with av.open(str(path), format="jpeg_pipe") as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def test_thumbs_in_parts_are_the_same_strip(tmp_path):
    times = np.arange(200) / 25
    grid = thumb_grid(times, (96, 64))
    assert grid.frames == (0, 25, 50, 75, 100, 125, 150, 175) and (grid.width, grid.height) == (144, 96)
    frames = [Frame(i, t, quadrants() if i == 50 else numbered(i)) for i, t in enumerate(times)]
    whole, first, second = (ThumbMaker(grid) for _ in range(3))
    for frame in frames:
        whole.write(frame)
        (first if frame.index < 90 else second).write(frame)
    whole.save(tmp_path / "whole.jpg")
    first.save_part(tmp_path / "1.npz")
    second.save_part(tmp_path / "2.npz")
    join_thumbs([tmp_path / "2.npz", tmp_path / "1.npz"], grid, tmp_path / "joined.jpg")
    assert (tmp_path / "whole.jpg").read_bytes() == (tmp_path / "joined.jpg").read_bytes()
    strip = picture(tmp_path / "whole.jpg")
    assert number_of(strip[:, 144 * 7 + 8 : 144 * 8 - 8]) == 175 % 50
    shown = strip[:, 2 * 144 : 3 * 144].astype(int)
    assert np.abs(shown[20, 20] - [200, 20, 20]).max() < 12
    assert np.abs(shown[80, 20] - [20, 20, 220]).max() < 12


def test_long_videos_get_200_thumbs():
    grid = thumb_grid(np.arange(0, 3600, 0.04), (1920, 1080))
    assert len(grid.frames) == 200 and grid.frames[-1] == len(np.arange(0, 3600, 0.04)) - 1
    assert 200 * thumb_grid(np.arange(10.0), (4000, 400)).width < 65500


def test_onsets_and_peaks_stand_where_the_sound_is(tmp_path):
    at = [0.5, 1.25, 2.0, 2.11, 3.4]
    path = make_sound(tmp_path / "a.m4a", bursts(at, 4), 48000)
    sound = analyze_audio(path)
    assert sound is not None and len(sound.onsets) == len(sound.peaks)
    assert len(sound.peaks) == pytest.approx(400, abs=3)
    onsets = sound.onsets
    tops = [
        i for i in range(1, len(onsets) - 1)
        if onsets[i] > 0.3 * onsets.max() and onsets[i - 1] < onsets[i] >= onsets[i + 1]
    ]  # fmt: skip
    assert len(tops) == len(at) and np.abs(np.array(tops) / 100 - at).max() < 0.025
    loud = np.flatnonzero(sound.peaks[:, 1] > 0.1) / 100
    assert loud[0] == pytest.approx(0.5, abs=0.02)
    assert np.all(sound.peaks[:, 0] <= sound.peaks[:, 1])


def test_curves_do_not_depend_on_chunks(tmp_path):
    """Longer than one chunk of 5 s; a steady tone has no onset where chunks meet."""
    rng = np.random.default_rng(0)
    at = np.arange(0.5, 13, 0.5)
    sound = bursts(at, 13.2) + rng.normal(0, 0.001, (round(13.2 * 48000), 1)).astype(np.float32)
    path = make_sound(tmp_path / "a.m4a", sound, 48000)
    onsets = onset_envelope(path)
    peaks = audio_peaks(path)
    strongest = [onsets[round(t * 100) - 4 : round(t * 100) + 5].max() for t in at]
    assert np.std(strongest) < 0.15 * np.mean(strongest)
    between = np.concatenate([onsets[round(t * 100) + 15 : round(t * 100) + 40] for t in at[:-1]])
    assert between.max() < 0.2 * np.mean(strongest)
    assert len(peaks) == len(onsets) == pytest.approx(1320, abs=4)


def test_no_sound_and_silence_are_none(tmp_path):
    assert analyze_audio(make_video(tmp_path / "a.mp4", [quadrants()] * 3)) is None
    silent = make_sound(tmp_path / "b.m4a", np.zeros((48000, 2), np.float32), 48000)
    assert analyze_audio(silent) is None
    assert audio_peaks(silent) is None and onset_envelope(silent) is None
