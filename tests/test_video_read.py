"""Reading: times, random access, upright pictures, and files that are odd or broken."""

from fractions import Fraction

import av
import numpy as np
import pytest
from video_samples import bursts, make_sound, make_video, number_of, numbered, quadrants, tone

from dancetransfer.errors import UserError
from dancetransfer.video.read import RandomAccess, frame_times, load_audio, probe, read_frames

ONE = 65536


def damage_of(path):
    said = []
    return list(read_frames(path, on_damage=said.append)), said


@pytest.mark.parametrize("fps", [5, 24, 30000 / 1001, 60])
def test_times_are_those_of_the_file(tmp_path, fps):
    path = make_video(tmp_path / "a.mp4", [numbered(i) for i in range(30)], fps=fps)
    expected = np.arange(30) / fps
    info = probe(path)
    assert np.abs(frame_times(path) - expected).max() < 1e-4
    assert info.frames == 30 and not info.variable_rate
    assert info.fps == pytest.approx(fps, rel=1e-3)
    assert info.seconds == pytest.approx(30 / fps, abs=0.002)
    frames = list(read_frames(path))
    assert [f.index for f in frames] == list(range(30))
    assert [number_of(f.image) for f in frames] == list(range(30))
    assert np.array_equal([f.time for f in frames], frame_times(path))


@pytest.mark.parametrize("suffix, codec, tick", [
    ("mkv", "libx264", Fraction(1, 1000)),
    ("webm", "libvpx-vp9", Fraction(1, 1000)),
    ("ts", "libx264", Fraction(1, 90000)),
    ("mov", "mpeg4", Fraction(1, 60000)),
    ("avi", "mpeg4", None),
    ("avi", "libx264", None),
    ("h264", "libx264", None),
])  # fmt: skip
def test_containers(tmp_path, suffix, codec, tick):
    options = {"g": "10", "b": "4000000"} | ({"deadline": "realtime", "cpu-used": "8"} if "vp9" in codec else {})
    path = make_video(
        tmp_path / f"a.{suffix}", [numbered(i) for i in range(30)], codec=codec, tick=tick, options=options
    )
    frames, said = damage_of(path)
    assert said == []
    assert [number_of(f.image) for f in frames] == list(range(30))
    assert np.abs(np.array([f.time for f in frames]) - np.arange(30) / 25).max() < 0.001
    with RandomAccess(path) as video:
        assert [number_of(video.frame(i).image) for i in (25, 3, 29, 0, 14, 15)] == [25, 3, 29, 0, 14, 15]


def test_variable_rate(tmp_path):
    times = np.cumsum([0, 0.04, 0.04, 0.6, 0.01, 0.1, 0.04, 0.25, 0.033, 0.033])
    path = make_video(tmp_path / "a.mp4", [numbered(i) for i in range(10)], times)
    assert np.abs(frame_times(path) - times).max() < 1e-4
    assert probe(path).variable_rate


@pytest.mark.parametrize("name", ["hiphop_vertical.mp4", "crew.mp4", "juggle_vfr.mp4", "juggle_rot90.mp4"])
def test_any_start_gives_the_same_pixels(clips, name):
    size = (64, 64)
    frames = list(read_frames(clips / name, stop=150, size=size))
    assert [f.index for f in frames] == list(range(150))
    for start in (1, 37, 96, 143):
        for frame in read_frames(clips / name, start, start + 4, size=size):
            assert np.array_equal(frame.image, frames[frame.index].image)
    with RandomAccess(clips / name, size=size) as video:
        for index in (149, 0, 1, 2, 80, 83, 30):
            frame = video.frame(index)
            assert (frame.index, frame.time) == (index, frames[index].time)
            assert np.array_equal(frame.image, frames[index].image)
        with pytest.raises(IndexError):
            video.frame(len(video))


def test_frames_an_edit_list_hides_do_not_count(clips):
    assert probe(clips / "hiphop_vertical.mp4").frames == 157
    assert len(list(read_frames(clips / "hiphop_vertical.mp4", size=(36, 64)))) == 157


def test_facts_of_real_clips(clips):
    turned = probe(clips / "juggle_rot90.mp4")
    assert (turned.width, turned.height, turned.rotation) == (720, 1280, 270)
    variable = probe(clips / "juggle_vfr.mp4")
    assert variable.variable_rate and variable.frames == 187
    side = probe(clips / "squat_side.mp4")
    assert (side.audio, side.audio_rate, side.audio_channels) == ("aac", 44100, 2)
    assert side.frames == 614 and side.fps == pytest.approx(29.97, abs=0.01)
    assert probe(clips / "beam_vp9_audio.mp4").codec == "vp9"


# The matrix in 16.16 (a, b; c, d): pixel (x, y) goes to (a x + c y, b x + d y), y down.
@pytest.mark.parametrize("abcd, turn", [
    ((1, 0, 0, 1), lambda i: i),
    ((0, 1, -1, 0), lambda i: np.rot90(i, -1)),
    ((-1, 0, 0, -1), lambda i: np.rot90(i, 2)),
    ((0, -1, 1, 0), lambda i: np.rot90(i, 1)),
    ((-1, 0, 0, 1), lambda i: i[:, ::-1]),
    ((1, 0, 0, -1), lambda i: i[::-1]),
    ((0, 1, 1, 0), lambda i: i.transpose(1, 0, 2)),
    ((0, -1, -1, 0), lambda i: np.rot90(i, 2).transpose(1, 0, 2)),
])  # fmt: skip
def test_display_matrix(tmp_path, abcd, turn):
    a, b, c, d = (ONE * value for value in abcd)
    matrix = [a, b, 0, c, d, 0, 0, 0, 1 << 30]
    path = make_video(tmp_path / "a.mov", [quadrants()] * 2, matrix=matrix, options={"crf": "10"})
    expected = turn(quadrants())
    image = next(read_frames(path)).image
    info = probe(path)
    assert image.shape == expected.shape == (info.height, info.width, 3)
    assert np.abs(image.astype(int) - expected).mean() < 4


@pytest.mark.parametrize("aspect, size", [(Fraction(4, 3), (128, 64)), (Fraction(1, 2), (96, 128))])
def test_pixels_come_out_square(tmp_path, aspect, size):
    path = make_video(tmp_path / "a.mp4", [quadrants()] * 2, aspect=aspect)
    info = probe(path)
    assert (info.width, info.height) == size
    image = next(read_frames(path)).image
    assert image.shape == (size[1], size[0], 3)
    assert np.abs(image[5, 5].astype(int) - quadrants()[5, 5]).max() < 8


def test_interlaced_comes_out_whole_frame_by_frame(tmp_path):
    """A bar that moves between the fields: its two fields make a comb unless deinterlaced."""

    def field(step):
        image = np.full((64, 96, 3), 30, np.uint8)
        image[:, 4 + 3 * step : 20 + 3 * step] = 220
        return image

    woven = []
    for i in range(12):
        image = field(2 * i).copy()
        image[1::2] = field(2 * i + 1)[1::2]
        woven.append(image)
    path = make_video(tmp_path / "a.mp4", woven, options={"x264opts": "tff=1", "crf": "10", "g": "4"})
    frames = list(read_frames(path))
    assert probe(path).interlaced and len(frames) == 12
    assert np.abs(np.array([f.time for f in frames]) - np.arange(12) / 25).max() < 1e-4

    def comb(image):
        rows = image[..., 0].astype(int)
        return np.abs(rows[1:-1] * 2 - rows[:-2] - rows[2:])[4:-4].mean()

    assert comb(woven[5]) > 5 * comb(frames[5].image)
    for start in (3, 4, 5, 11):
        assert np.array_equal(next(read_frames(path, start)).image, frames[start].image)


def test_size_scales_the_upright_picture(clips):
    image = next(read_frames(clips / "juggle_rot90.mp4", size=(90, 160))).image
    full = next(read_frames(clips / "juggle_rot90.mp4")).image
    shrunk = full.reshape(160, 8, 90, 8, 3).mean((1, 3))
    assert np.abs(image - shrunk).mean() < 3


def test_the_fast_way_is_nearly_the_same(clips):
    exact = next(read_frames(clips / "juggle.mp4")).image.astype(int)
    fast = next(read_frames(clips / "juggle.mp4", exact=False)).image.astype(int)
    assert 0 < np.abs(exact - fast).mean() < 4
    assert np.abs((exact - fast).mean((0, 1))).max() < 2


@pytest.mark.parametrize("name, content, says", [
    ("gone.mp4", None, "not there"),
    ("empty.mp4", b"", "empty"),
    ("text.mp4", b"no video at all" * 50, "not a video"),
    ("notes.txt", b"just some words\n" * 50, "not a video"),
    ("cut.mp4", b"\x00\x00\x00\x20ftypisom" + b"\x00" * 400, "not whole"),
    ("noise.mkv", bytes(np.random.default_rng(0).integers(0, 256, 5000, np.uint8)), "not a video"),
])  # fmt: skip
def test_what_is_no_video(tmp_path, name, content, says):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    for call in (probe, frame_times, lambda p: next(read_frames(p)), RandomAccess):
        with pytest.raises(UserError, match=says) as caught:
            call(path)
        assert caught.value.hint


def test_folders_pictures_and_sound_are_no_video(tmp_path):
    with pytest.raises(UserError, match="folder"):
        probe(tmp_path)
    make_sound(tmp_path / "a.m4a", tone(1), 48000)
    with pytest.raises(UserError, match="only sound"):
        probe(tmp_path / "a.m4a")
    context = av.CodecContext.create("png", "w")
    context.width, context.height, context.pix_fmt = 96, 64, "rgb24"
    context.time_base = Fraction(1, 25)
    picture = av.VideoFrame.from_ndarray(quadrants(), "rgb24")
    (tmp_path / "a.png").write_bytes(bytes((context.encode(picture) + context.encode(None))[0]))
    with pytest.raises(UserError, match="not a video"):
        probe(tmp_path / "a.png")


def cut(path, tmp_path, share):
    data = path.read_bytes()
    short = tmp_path / "cut.mp4"
    short.write_bytes(data[: int(len(data) * share)])
    return short


def test_a_file_cut_in_the_middle_gives_what_decodes(clips, tmp_path):
    path = cut(clips / "juggle.mp4", tmp_path, 0.5)
    frames, said = damage_of(path)
    whole = list(read_frames(clips / "juggle.mp4", stop=90, size=None))
    info = probe(path)
    assert 80 < len(frames) <= info.frames < 247
    assert np.array_equal(frames[80].image, whole[80].image)
    assert len(said) == 1 and "breaks off after" in said[0] and "10.3 s" in said[0]
    assert info.damage == said[0]
    assert [f.index for f in frames] == list(range(len(frames)))


def test_a_file_cut_before_its_index_says_so(clips, tmp_path):
    with pytest.raises(UserError, match="not whole"):
        probe(cut(clips / "squat_side.mp4", tmp_path, 0.5))


def test_damage_in_the_middle_keeps_the_frame_count(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, (60, 64, 96, 3), np.uint8)
    options = {"g": "10", "bf": "0"}
    path = make_video(tmp_path / "a.mp4", list(noise), options=options)
    with av.open(str(path)) as container:
        place = [p.pos for p in container.demux(video=0) if p.pos is not None]
    data = bytearray(path.read_bytes())
    data[place[20] : place[30]] = bytes(place[30] - place[20])  # ten packets of zeros
    path.write_bytes(bytes(data))
    frames, said = damage_of(path)
    assert [f.index for f in frames] == list(range(60))
    assert len(said) == 1 and "damaged at 0." in said[0]
    assert np.array_equal(frames[25].image, frames[19].image)
    with RandomAccess(path) as video:
        for index in (25, 40, 22, 59):
            assert np.array_equal(video.frame(index).image, frames[index].image)


def test_an_end_of_zeros_ends_there(clips, tmp_path):
    """What a download that stopped leaves behind: the full length, zeros from the middle on."""
    data = (clips / "juggle.mp4").read_bytes()
    path = tmp_path / "a.mp4"
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))
    frames, said = damage_of(path)
    assert 80 < len(frames) < 110 and len(said) == 1
    with RandomAccess(path) as video:
        assert np.array_equal(video.frame(200).image, frames[-1].image)


def test_odd_names_and_odd_sizes(tmp_path):
    folder = tmp_path / "my videos Ünï 舞"
    folder.mkdir()
    size = (95, 63)
    path = make_video(folder / "a: 100% #1.mp4", [quadrants(size)] * 3, layout="yuv444p")
    assert next(read_frames(path)).image.shape == (63, 95, 3)
    assert probe(str(path)).frames == 3


def test_sound_and_pictures_share_one_clock(tmp_path):
    """Pictures that begin 0.5 s after the sound: time 0 is the first picture."""
    sound = bursts([1.0], 2)
    times = 0.5 + np.arange(25) / 25
    images = [numbered(i) for i in range(25)]
    path = make_video(tmp_path / "a.mkv", images, times, tick=Fraction(1, 1000), sound=(sound, 48000, "pcm_s16le"))
    assert frame_times(path)[0] == 0
    samples, rate = load_audio(path)
    loud = np.flatnonzero(np.abs(samples[:, 0]) > 0.05)[0] / rate
    assert loud == pytest.approx(0.5, abs=0.003)
    assert len(samples) / rate == pytest.approx(1.5, abs=0.003)


@pytest.mark.parametrize("codec, suffix", [("aac", "mp4"), ("pcm_s16le", "mkv"), ("libopus", "mkv")])
def test_sound_by_the_second(tmp_path, codec, suffix):
    sound = bursts([0.25, 1.5, 2.5], 3)
    path = make_video(
        tmp_path / f"a.{suffix}",
        [numbered(i) for i in range(75)],
        tick=Fraction(1, 1000),
        sound=(sound, 48000, codec),
    )
    part, rate = load_audio(path, rate=24000, channels=1, start=1.4, stop=2.0)
    assert rate == 24000 and part.shape == (14400, 1) and part.dtype == np.float32
    loud = np.flatnonzero(np.abs(part[:, 0]) > 0.05)[0] / rate
    assert loud == pytest.approx(0.1, abs=0.008)
