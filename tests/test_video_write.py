"""Writing: times, sound, colors, the AI mark, encoders, lossless layers; nothing half-done stays."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from video_samples import bursts, make_sound, make_video, number_of, numbered, quadrants, tone

from dancetransfer.errors import UserError
from dancetransfer.video.disclosure import SOURCE_TYPE, draw_label, mark_ai, read_mark, xmp_packet
from dancetransfer.video.encoders import choose_encoder, opens, working_encoders
from dancetransfer.video.read import frame_times, load_audio, probe, read_frames
from dancetransfer.video.write import LayerWriter, Writer, read_layer

SIZE = (96, 64)


def write(path, images, times, *, size=SIZE, fps=25, **options):
    with Writer(path, size, fps=fps, **options) as writer:
        for image, time in zip(images, times, strict=True):
            writer.write(image, time)
    return path


def lengths(path):
    """Seconds of picture and sound as the container states them."""
    with av.open(str(path)) as container:
        return [float(s.duration * s.time_base) for s in (*container.streams.video, *container.streams.audio)]


@pytest.mark.parametrize("fps", [5, 24, 30000 / 1001, 60])
def test_times_come_back(tmp_path, fps):
    times = np.arange(40) / fps
    path = write(tmp_path / "a b Ünï 舞.mp4", [numbered(i) for i in range(40)], times, fps=fps)
    assert np.abs(frame_times(path) - times).max() < 1e-4
    assert [number_of(f.image) for f in read_frames(path)] == [i % 50 for i in range(40)]
    assert lengths(path)[0] == pytest.approx(40 / fps, abs=1e-3)
    assert not probe(path).variable_rate


def test_a_variable_rate_stays(tmp_path):
    rng = np.random.default_rng(3)
    times = np.cumsum(rng.uniform(0.004, 0.3, 80))
    path = write(tmp_path / "a.mp4", [numbered(i) for i in range(80)], times, stop=times[-1] + 0.5)
    back = frame_times(path)
    assert np.abs(back - (times - times[0])).max() < 1e-4
    assert probe(path).seconds == pytest.approx(times[-1] + 0.5 - times[0], abs=1e-3)


def test_real_variable_rate(clips, tmp_path):
    source = clips / "juggle_vfr.mp4"
    frames = list(read_frames(source, size=(128, 72)))
    path = write(tmp_path / "a.mp4", [f.image for f in frames], [f.time for f in frames], size=(128, 72), fps=18)
    assert np.abs(frame_times(path) - frame_times(source)).max() < 1e-4


@pytest.mark.parametrize(
    "color", [(0, 0, 0), (255, 255, 255), (200, 30, 30), (30, 200, 30), (30, 30, 200), (128, 90, 60)]
)
def test_flat_colors_come_back(tmp_path, color):
    image = np.full((64, 96, 3), color, np.uint8)
    path = write(tmp_path / "a.mp4", [image] * 3, [0, 0.04, 0.08])
    for frame in read_frames(path):
        assert np.abs(frame.image.mean((0, 1)) - color).max() < 3
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        tags = context.color_range, context.colorspace, context.color_primaries, context.color_trc
    assert [int(t) for t in tags] == [1, 1, 1, 1]


def test_channels_and_places_stay(tmp_path):
    path = write(tmp_path / "a.mp4", [quadrants()] * 2, [0, 0.04], quality=10)
    assert np.abs(next(read_frames(path)).image.astype(int) - quadrants()).mean() < 3


@pytest.mark.parametrize("size", [(95, 63), (95, 64), (96, 63)])
def test_odd_sizes_double_the_last_row_and_column(tmp_path, size):
    image = np.full((size[1], size[0], 3), 120, np.uint8)
    path = write(tmp_path / "a.mp4", [image] * 2, [0, 0.04], size=size)
    info = probe(path)
    assert (info.width, info.height) == (96, 64)
    assert np.abs(next(read_frames(path)).image.astype(int) - 120).max() < 4


def test_the_file_is_ready_to_stream(tmp_path):
    data = write(tmp_path / "a.mp4", [quadrants()] * 2, [0, 0.04]).read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_sound_is_copied_bit_for_bit(clips, tmp_path):
    source = clips / "squat_front_tone.mp4"
    times = frame_times(source)[:100]
    path = write(tmp_path / "a.mp4", [numbered(i) for i in range(100)], times, audio=source)
    picture, sound = lengths(path)
    assert abs(picture - sound) < 0.04
    before, rate = load_audio(source)
    after, _ = load_audio(path)
    count = 4 * rate
    assert np.array_equal(before[:count], after[:count])


@pytest.mark.parametrize("name", ["hiphop_vertical.mp4", "squat_side.mp4", "beam_vp9_audio.mp4"])
def test_sound_is_as_long_as_the_picture(clips, tmp_path, name):
    times = frame_times(clips / name)
    image = np.zeros((64, 96, 3), np.uint8)
    fps = 1 / np.median(np.diff(times))
    path = write(tmp_path / "a.mp4", [image] * len(times), times, audio=clips / name, fps=fps)
    picture, sound = lengths(path)
    assert abs(picture - sound) < 1 / fps


@pytest.mark.parametrize(
    "codec, suffix", [("aac", "mp4"), ("libmp3lame", "mp4"), ("pcm_s16le", "mkv"), ("libopus", "mkv")]
)
@pytest.mark.parametrize("start", [0.0, 2.53])
def test_sound_stays_in_sync_when_cut(tmp_path, codec, suffix, start):
    """A burst at 3.2 s is heard at 3.2 s minus the clip's start, copied or encoded."""
    source = make_video(
        tmp_path / f"dance.{suffix}", [numbered(i) for i in range(125)], tick=Fraction(1, 1000),
        sound=(bursts([3.2], 5), 48000, codec),
    )  # fmt: skip
    times = start + np.arange(40) / 25 + (2.4 if start == 0 else 0)
    path = write(
        tmp_path / "a.mp4", [numbered(i) for i in range(40)], times, audio=source, start=times[0], stop=times[-1] + 0.04
    )
    samples, rate = load_audio(path)
    loud = np.flatnonzero(np.abs(samples[:, 0]) > 0.1)[0] / rate
    original, _ = load_audio(source, start=times[0], stop=times[-1] + 0.04)
    assert loud == pytest.approx(3.2 - times[0], abs=0.012)
    assert loud == pytest.approx(np.flatnonzero(np.abs(original[:, 0]) > 0.1)[0] / rate, abs=0.005)
    picture, sound = lengths(path)
    assert abs(picture - sound) < 0.04 and picture == pytest.approx(1.6, abs=0.001)


def test_sound_from_an_array_and_silence_behind_it(tmp_path):
    path = write(tmp_path / "a.mp4", [numbered(i) for i in range(50)], np.arange(50) / 25, sound=(tone(1), 48000))
    samples, rate = load_audio(path)
    picture, sound = lengths(path)
    assert abs(picture - sound) < 0.04
    assert np.abs(samples[: int(0.9 * rate)]).max() > 0.3
    assert np.abs(samples[int(1.1 * rate) :]).max() < 0.01


def test_sound_of_a_sound_file_and_of_a_silent_video(tmp_path):
    song = make_sound(tmp_path / "song.m4a", bursts([0.5], 2), 48000)
    path = write(tmp_path / "a.mp4", [numbered(i) for i in range(25)], np.arange(25) / 25, audio=song)
    samples, rate = load_audio(path)
    assert np.flatnonzero(np.abs(samples[:, 0]) > 0.1)[0] / rate == pytest.approx(0.5, abs=0.01)
    silent = make_video(tmp_path / "silent.mp4", [numbered(0)] * 5)
    path = write(tmp_path / "b.mp4", [numbered(0)] * 5, np.arange(5) / 25, audio=silent)
    assert probe(path).audio is None


def test_an_error_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"before")
    with pytest.raises(RuntimeError, match="mid"), Writer(path, SIZE, fps=25) as writer:
        writer.write(quadrants(), 0)
        writer.write(quadrants(), 0.04)
        raise RuntimeError("mid")
    with pytest.raises(UserError, match="not one frame"), Writer(path, SIZE, fps=25):
        pass
    with pytest.raises(ValueError, match="rise"), Writer(path, SIZE, fps=25) as writer:
        writer.write(quadrants(), 1)
        writer.write(quadrants(), 1)
    with pytest.raises(ValueError), Writer(path, SIZE, fps=25) as writer:
        writer.write(quadrants((32, 32)), 0)
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_every_clip_carries_the_mark(tmp_path):
    path = write(tmp_path / "a.mp4", [quadrants()] * 2, [0, 0.04], metadata={"title": "Tanz 舞"})
    assert read_mark(path) == {"xmp": SOURCE_TYPE, "tag": SOURCE_TYPE}
    with av.open(str(path)) as container:
        assert container.metadata["title"] == "Tanz 舞"
    size = path.stat().st_size
    mark_ai(path)
    assert path.stat().st_size == size
    plain = make_video(tmp_path / "b.mp4", [quadrants()] * 2)
    assert read_mark(plain) == {"xmp": None, "tag": None}
    mark_ai(plain)
    assert read_mark(plain)["xmp"] == SOURCE_TYPE and probe(plain).frames == 2
    assert SOURCE_TYPE.encode() in xmp_packet()


@pytest.mark.parametrize("size", [(64, 64), (360, 640), (1920, 1080)])
def test_the_label_is_there_and_small(size):
    image = np.full((size[1], size[0], 3), 128, np.uint8)
    labeled = draw_label(image)
    changed = (labeled != image).any(-1)
    assert image.max() == image.min() == 128
    assert labeled.shape == image.shape and labeled.max() > (180 if size[0] < 100 else 240)
    rows, columns = np.flatnonzero(changed.any(1)), np.flatnonzero(changed.any(0))
    assert rows[0] > size[1] / 2 and np.ptp(rows) >= 8
    assert columns[-1] < size[0]
    assert changed.mean() < (0.4 if size == (64, 64) else 0.05)


def test_encoders_are_chosen_by_trying(tmp_path):
    known = {name: works for name, works, _ in working_encoders()}
    assert known["mpeg4"]
    assert not opens("no_such_encoder")
    with pytest.raises(UserError, match="no_such_encoder"):
        choose_encoder("clip", name="no_such_encoder")
    assert choose_encoder("clip", name="hardware").name in known
    assert choose_encoder("layer").name == "ffv1"
    with pytest.raises(ValueError):
        choose_encoder("film")


def test_a_build_without_x264_still_writes(tmp_path):
    times = np.cumsum([0, 0.04, 0.04, 0.2, 0.04])
    path = write(tmp_path / "a.mp4", [quadrants()] * 5, times, encoder="mpeg4")
    assert np.abs(frame_times(path) - times).max() < 1e-4
    assert probe(path).codec == "mpeg4"


def test_quality_and_bit_rate_change_the_size(tmp_path):
    rng = np.random.default_rng(0)
    images = list(rng.integers(0, 256, (40, 64, 96, 3), np.uint8))
    times = np.arange(40) / 25
    good, poor, thin = (
        write(tmp_path / f"{i}.mp4", images, times, **options).stat().st_size
        for i, options in enumerate([{"quality": 14}, {"quality": 40}, {"bit_rate": 100_000}])
    )
    assert poor < good / 2 and thin < good / 2


def test_layers_are_lossless(tmp_path):
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (7, 45, 71, 4), np.uint8)
    times = 3 + np.cumsum([0, 0.04, 0.041, 0.5, 0.017, 0.04, 0.04])
    with LayerWriter(tmp_path / "a.mkv", (71, 45), fps=25) as writer:
        for image, time in zip(images, times, strict=True):
            writer.write(image, time)
    back = list(read_layer(tmp_path / "a.mkv"))
    assert np.array_equal([f.image for f in back], images)
    assert np.abs(np.array([f.time for f in back]) - times).max() <= 0.0005 + 1e-9
    assert [f.index for f in read_layer(tmp_path / "a.mkv", 2, 5)] == [2, 3, 4]


def test_a_layer_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(RuntimeError), LayerWriter(tmp_path / "a.mkv", SIZE, fps=25) as writer:
        writer.write(np.zeros((64, 96, 4), np.uint8), 0)
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []


def test_an_uneven_rate_ends_where_it_should_though_frames_are_reordered(tmp_path: Path) -> None:
    """The picture track lasts until `stop`, not by the encoder's delay longer or shorter."""
    times = np.cumsum(np.r_[0.0, np.random.default_rng(3).uniform(0.02, 0.12, 40)])
    path = tmp_path / "uneven.mp4"
    with Writer(path, (64, 48), fps=25, stop=times[-1] + 0.05) as writer:
        for number, time in enumerate(times):
            writer.write(np.full((48, 64, 3), number * 6 % 256, np.uint8), float(time))
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        seconds = float(stream.duration * stream.time_base)
    assert seconds == pytest.approx(times[-1] + 0.05, abs=0.002)
