"""The player: frame-exact at any rate, in step, to the sound, by keys and while the mouse scrubs."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtGui import QImage
from stages import Ticking
from video_samples import make_video, number_of, numbered, tone

from dancetransfer.errors import UserError
from dancetransfer.pose.poses import absent
from dancetransfer.video.proxy import ProxyMaker
from dancetransfer.video.read import frame_times, read_frames
from ui.player.player import Player

CLOSED_GOP = {"g": "12", "bf": "0"}


class FakeStream:
    """An audio device whose time the test moves."""

    delay = 0.1

    def __init__(self, samplerate: int, channels: int, dtype: str, callback: Callable) -> None:
        assert (channels, dtype) == (2, "int16")
        self.rate, self._callback = samplerate, callback
        self.time, self.latency, self.active, self.closed, self.gone = 100.0, self.delay, False, False, False

    def start(self) -> None:
        self.active = not self.gone

    def pull_out(self) -> None:
        self.active, self.gone = False, True

    def abort(self) -> None:
        self.active = False

    def close(self) -> None:
        self.active, self.closed = False, True

    def pull(self, seconds: float, says_when: bool = True) -> np.ndarray:
        """What the program hands over for the next stretch, [n,2] in -1..1, heard `delay` after now."""
        count = round(seconds * self.rate)
        out = bytearray(4 * count)
        when = SimpleNamespace(outputBufferDacTime=self.time + self.delay if says_when else 0.0)
        self._callback(memoryview(out), count, when, None)
        return np.frombuffer(bytes(out), "<i2").reshape(-1, 2) / 32767


def no_device(**_: object) -> FakeStream:
    raise UserError("Sound can't be played: no audio device was found.", "Connect one.")


class Shown:
    """What a player has shown so far."""

    def __init__(self, player: Player) -> None:
        self.last: dict[str, QImage] = {}
        self.times: list[float] = []
        player.frames.connect(self._take)

    def _take(self, pictures: dict, time: float) -> None:
        self.last = pictures
        self.times.append(time)

    def number(self, name: str) -> int:
        return number_of(pixels(self.last[name]))


def pixels(picture: QImage) -> np.ndarray:
    rgb = picture.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    return rows[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3)


@pytest.fixture
def player(qapp) -> Iterator[Player]:
    made = Player(open_stream=no_device)
    yield made
    made.close()


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without sound, playing goes on by less than a frame from look to look, however rarely a busy machine looks."""
    monkeypatch.setattr("ui.player.clock.time", SimpleNamespace(perf_counter=Ticking(0.03)))


def video(path: Path, count: int = 50, fps: float = 25, times: list[float] | None = None, **how) -> Path:
    return make_video(path, [numbered(n) for n in range(count)], times, fps=fps, options=CLOSED_GOP, **how)


def opened(qtbot, player: Player, sources: dict[str, Path], begins: dict[str, float] | None = None) -> Shown:
    shown = Shown(player)
    with qtbot.waitSignal(player.frames):
        player.set_sources(sources, begins)
    return shown


def at(qtbot, player: Player, shown: Shown, seconds: float, name: str = "dance") -> int:
    """The number of the frame that is shown for a time."""
    count = len(shown.times)
    player.seek(seconds)
    qtbot.waitUntil(lambda: len(shown.times) > count)
    return shown.number(name)


RATES = {
    "24": [n / 24 for n in range(40)],
    "23.976": [n * 1001 / 24000 for n in range(40)],
    "25": [n / 25 for n in range(40)],
    "30": [n / 30 for n in range(40)],
    "60": [n / 60 for n in range(40)],
    "variable": [0.0, 0.02, 0.1, 0.101, *(0.2 + 0.05 * n + 0.013 * (n % 3) for n in range(36))],
}


@pytest.mark.parametrize("rate", RATES)
def test_any_frame_at_any_rate_is_the_frame_that_reading_gives(qtbot, player, tmp_path, rate):
    path = video(tmp_path / "dance.mp4", times=RATES[rate], count=40)
    times = frame_times(path)
    read = {frame.index: number_of(frame.image) for frame in read_frames(path)}
    shown = opened(qtbot, player, {"dance": path})
    assert player.duration == pytest.approx(times[-1], abs=0.1)
    steps = np.diff(times)
    for number in [39, 0, 13, 12, 11, 30, 31, 2, 3]:
        assert at(qtbot, player, shown, times[number]) == read[number] == number
        assert shown.times[-1] == pytest.approx(times[number])
        if number < 39:
            assert at(qtbot, player, shown, times[number] + 0.8 * steps[number]) == number


def test_frames_are_stepped_through_both_ways_and_end_at_the_ends(qtbot, player, tmp_path):
    shown = opened(qtbot, player, {"dance": video(tmp_path / "dance.mp4", 20, times=RATES["variable"][:20])})
    for move, expected in [(1, 1), (1, 2), (5, 7), (-1, 6), (-2, 4), (99, 19), (1, 19), (-99, 0), (-1, 0)]:
        player.step(move)
        qtbot.waitUntil(lambda number=expected: shown.number("dance") == number)
    player.step_seconds(0.5)
    assert player.time == pytest.approx(0.5)
    player.step_seconds(-1.0)
    assert player.time == 0


def test_all_sources_show_the_frame_of_the_masters_time(qtbot, player, tmp_path):
    slow = video(tmp_path / "slow.mp4", 24, fps=12)
    fast = video(tmp_path / "fast.mp4", 48, fps=30)
    late = video(tmp_path / "late.mp4", 10, fps=25)
    shown = opened(qtbot, player, {"slow": slow, "fast": fast, "late": late}, {"late": 0.5})
    assert at(qtbot, player, shown, 0.49, "slow") == 5  # its frame began at 5 / 12 s
    assert shown.number("fast") == 12  # 0.4167 s on its own clock
    assert "late" not in shown.last
    assert at(qtbot, player, shown, 0.7, "slow") == 8
    assert shown.number("late") == 4  # 0.667 s, begun at 0.5
    assert at(qtbot, player, shown, 1.9, "slow") == 22
    assert shown.number("fast") == 47  # the last one stays
    assert (player.fps, player.duration) == (pytest.approx(12), pytest.approx(2))


def test_a_clip_of_a_part_is_shown_only_while_it_lasts(qtbot, player, tmp_path):
    dance, part = video(tmp_path / "dance.mp4", 50), video(tmp_path / "part.mp4", 10)
    shown = opened(qtbot, player, {"dance": dance, "part": part}, {"part": 0.8})
    assert "part" not in shown.last
    for number in (20, 29):
        assert at(qtbot, player, shown, number / 25) == number
        assert shown.number("part") == number - 20
    for number in (19, 30, 49):
        assert at(qtbot, player, shown, number / 25) == number
        assert "part" not in shown.last


def test_a_pose_track_gives_its_times_and_no_picture(qtbot, player, tmp_path):
    times = np.arange(40) / 20
    absent(times, (64, 64)).save(tmp_path / "track.npz")
    shown = opened(qtbot, player, {"dance": tmp_path / "track.npz", "person": video(tmp_path / "person.mp4", 25)})
    assert (player.duration, player.fps) == (pytest.approx(2), pytest.approx(20))
    assert at(qtbot, player, shown, 0.5, "person") == 12 and set(shown.last) == {"person"}
    player.step(1)
    assert player.time == pytest.approx(0.55)
    alone = opened(qtbot, player, {"dance": tmp_path / "track.npz"})
    player.set_range(0.5, 1.0)
    player.seek(0.5)
    player.play()
    qtbot.waitUntil(lambda: not player.playing)
    assert alone.times[-1] == pytest.approx(0.95) and alone.last == {}


def test_it_plays_every_frame_to_the_end_and_says_so(qtbot, player, patient, tmp_path):
    shown = opened(qtbot, player, {"dance": video(tmp_path / "dance.mp4", 20)})
    states: list[bool] = []
    player.state.connect(states.append)
    player.play()
    qtbot.waitUntil(lambda: states == [True, False])
    assert shown.number("dance") == 19
    assert shown.times == sorted(shown.times)
    assert len(set(shown.times)) >= 15  # a busy computer may pass over some while it decodes
    player.play()  # from the beginning again
    qtbot.waitUntil(lambda: shown.times[-1] < 0.3)
    player.pause()
    assert not player.playing


def test_backward_it_shows_falling_times_and_stops_at_the_first(qtbot, player, patient, tmp_path):
    shown = opened(qtbot, player, {"dance": video(tmp_path / "dance.mp4", 40)})
    player.seek(0.8)
    player.set_rate(-2)
    qtbot.waitUntil(lambda: shown.number("dance") == 20)
    begun = len(shown.times)
    with qtbot.waitSignal(player.state, check_params_cb=lambda plays: not plays):
        player.play()
    qtbot.waitUntil(lambda: shown.number("dance") == 0)
    later = shown.times[begun:]
    assert later == sorted(later, reverse=True)
    assert len(later) >= 5
    assert player.time == 0


def test_shuttling_gets_faster_with_repeats_and_turns_at_once(qtbot, player, tmp_path):
    opened(qtbot, player, {"dance": video(tmp_path / "dance.mp4", 50)})
    player.set_loop(True)
    rates = []
    for direction in (1, 1, 1, 1, 1, -1, -1, 1):
        player.shuttle(direction)
        rates.append(player.rate)
    assert rates == [1, 2, 4, 8, 8, -1, -2, 1]
    player.shuttle(1)
    player.halt()
    assert (player.playing, player.rate) == (False, 1)


def test_the_part_in_the_range_is_played_again_and_again(qtbot, player, patient, tmp_path):
    shown = opened(qtbot, player, {"dance": video(tmp_path / "dance.mp4", 50)})
    marks: list[tuple[float, float]] = []
    player.ranged.connect(lambda start, stop: marks.append((start, stop)))
    player.seek(0.4)
    player.mark_in()
    player.seek(0.6)
    player.mark_out()
    assert player.range == (pytest.approx(0.4), pytest.approx(0.64))
    assert len(marks) == 2
    player.set_loop(True)
    begun = len(shown.times)
    player.play()
    qtbot.waitUntil(lambda: sum(b < a for a, b in zip(shown.times, shown.times[1:], strict=False)) >= 3)
    player.pause()
    played = shown.times[begun + 1 :]
    assert min(played) == pytest.approx(0.4)
    assert 0.55 < max(played) < 0.62
    player.go_end()
    qtbot.waitUntil(lambda: shown.number("dance") == 15)
    player.go_end()
    qtbot.waitUntil(lambda: shown.number("dance") == 49)
    player.go_start()
    qtbot.waitUntil(lambda: shown.number("dance") == 10)
    player.go_start()
    qtbot.waitUntil(lambda: shown.number("dance") == 0)
    player.clear_range()
    assert player.range == (0, player.duration)


def test_scrubbing_shows_the_frame_under_the_mouse_and_no_queue_of_old_ones(qtbot, player, tmp_path):
    """Long distances between keyframes make every seek slow; 200 requests come at once."""
    path = make_video(
        tmp_path / "long.mp4", [numbered(n, (640, 360)) for n in range(150)], fps=25, options={"g": "150", "bf": "0"}
    )
    shown = opened(qtbot, player, {"dance": path})
    begun = len(shown.times)
    wanted = [140 - (37 * n) % 100 for n in range(200)]
    for number in wanted:
        player.seek(number / 25)
    assert player.time == pytest.approx(wanted[-1] / 25)
    qtbot.waitUntil(lambda: shown.times[-1] == pytest.approx(wanted[-1] / 25))
    qtbot.wait(100)
    assert shown.times[-1] == pytest.approx(wanted[-1] / 25)
    assert len(shown.times) - begun < 20


def test_dragging_the_playhead_stops_the_playing_until_it_is_let_go(qtbot, player, tmp_path):
    shown = opened(qtbot, player, {"dance": video(tmp_path / "dance.mp4", 50)})
    player.set_loop(True)
    player.play()
    player.set_scrubbing(True)
    assert not player.playing
    player.seek(1.0)
    qtbot.waitUntil(lambda: shown.number("dance") == 25)
    player.set_scrubbing(False)
    assert player.playing
    player.pause()
    player.set_scrubbing(True)
    player.set_scrubbing(False)
    assert not player.playing


def test_sources_that_change_at_once_leave_the_last_ones(qtbot, player, tmp_path):
    first, second = video(tmp_path / "a.mp4", 50), video(tmp_path / "b.mp4", 12, fps=12)
    shown = Shown(player)
    for path in (first, second, first, second):
        player.set_sources({"dance": path})
    qtbot.waitUntil(lambda: player.fps == pytest.approx(12) and bool(shown.times))
    assert at(qtbot, player, shown, 0.99) == 11
    player.set_sources({"dance": first})
    player.set_sources({})
    qtbot.wait(200)
    assert player.duration == 0


def test_what_is_heard_is_where_the_picture_is(qtbot, tmp_path):
    """Sample by sample: the sound's own level, 0.02 more every 0.1 s, tells its time; it is heard 0.1 s later."""
    rate, fps = 48000, 25
    ramp = (np.floor(np.arange(4 * rate) / (rate / 10)) / 50)[:, None].repeat(2, 1).astype("f4")
    path = make_video(
        tmp_path / "dance.mov",
        [numbered(n) for n in range(4 * fps)],
        options=CLOSED_GOP,
        sound=(ramp, rate, "alac"),
    )
    streams: list[FakeStream] = []

    def open_stream(**how) -> FakeStream:
        streams.append(FakeStream(**how))
        return streams[-1]

    player = Player(open_stream=open_stream)
    try:
        shown = opened(qtbot, player, {"dance": path})
        player.seek(1.0)
        with qtbot.waitSignal(player.sound_ready):
            player.set_sound(path)
        qtbot.wait(200)
        player.play()
        (stream,) = streams
        assert stream.active
        assert player.time == pytest.approx(1.0)  # until something is heard, it waits
        heard = stream.pull(0.25)
        assert levels(heard, 0.05, 0.15) == [pytest.approx(0.2, abs=1e-3), pytest.approx(0.22, abs=1e-3)]
        stream.time += 0.1  # the first of it leaves the loudspeaker now
        assert player.time == pytest.approx(1.0)
        stream.time += 0.2
        assert player.time == pytest.approx(1.2)
        qtbot.waitUntil(lambda: shown.times[-1] == pytest.approx(1.2))
        assert shown.number("dance") == 30
        assert levels(stream.pull(0.25, says_when=False), 0.1) == [pytest.approx(0.26, abs=1e-3)]
        player.set_muted(True)
        assert not stream.pull(0.1).any()
        player.set_muted(False)
        player.seek(3.0)
        assert levels(stream.pull(0.1), 0.05) == [pytest.approx(0.6, abs=1e-3)]
        player.set_loop(True)
        player.set_range(1.0, 1.15)
        player.seek(1.05)
        looped = stream.pull(0.2)
        assert levels(looped, 0.02, 0.07, 0.12) == [pytest.approx(v, abs=1e-3) for v in (0.2, 0.22, 0.2)]
        stream.time += 0.1 + 0.12
        assert player.time == pytest.approx(1.02)  # 0.12 s on from 1.05, over the seam at 1.15
        player.shuttle(1)
        assert not stream.active  # at other rates it is silent
        player.pause()
    finally:
        player.close()
    assert streams[0].closed


def levels(block: np.ndarray, *seconds: float) -> list[float]:
    return [float(block[round(second * 48000), 0]) for second in seconds]


def test_a_device_that_is_pulled_out_is_told_of_and_the_pictures_go_on(qtbot, tmp_path):
    path = make_video(
        tmp_path / "dance.mov", [numbered(n) for n in range(50)], options=CLOSED_GOP, sound=(tone(2), 48000, "alac")
    )
    streams: list[FakeStream] = []

    def open_stream(**how) -> FakeStream:
        streams.append(FakeStream(**how))
        return streams[-1]

    player = Player(open_stream=open_stream)
    try:
        shown = opened(qtbot, player, {"dance": path})
        player.set_sound(path)
        player.set_loop(True)
        player.play()
        qtbot.waitUntil(lambda: bool(streams) and streams[0].active)
        with qtbot.waitSignal(player.sound_problem):
            streams[0].pull_out()
        at_loss = len(shown.times)
        qtbot.waitUntil(lambda: len(shown.times) > at_loss + 2)
    finally:
        player.close()


def test_without_an_audio_device_it_plays_silently_and_says_so_once(qtbot, player, tmp_path):
    path = make_video(
        tmp_path / "dance.mp4", [numbered(n) for n in range(50)], options=CLOSED_GOP, sound=(tone(2), 48000, "aac")
    )
    said: list[str] = []
    player.sound_problem.connect(said.append)
    shown = opened(qtbot, player, {"dance": path})
    player.set_sound(path)
    qtbot.waitUntil(lambda: bool(said))
    player.set_sound(path)
    player.play()
    qtbot.waitUntil(lambda: shown.times[-1] > 0.4)
    assert len(said) == 1
    assert "no audio device" in said[0]


def test_a_missing_video_is_named_and_the_others_play(qtbot, player, tmp_path):
    with qtbot.waitSignal(player.problem) as told:
        opened(qtbot, player, {"gone": tmp_path / "gone.mp4", "dance": video(tmp_path / "dance.mp4", 10)})
    assert told.args[0] == "gone"
    assert "not there" in told.args[1]
    assert player.duration == pytest.approx(0.4)
    with qtbot.waitSignal(player.loaded):
        player.set_sources({})
    player.play()
    player.step(1)
    assert player.duration == 0


def test_other_sources_come_up_at_the_same_time(qtbot, player, tmp_path):
    first = opened(qtbot, player, {"dance": video(tmp_path / "a.mp4", 50)})
    player.seek(1.2)
    shown = opened(qtbot, player, {"dance": video(tmp_path / "b.mp4", 45), "clip": tmp_path / "a.mp4"})
    assert shown.number("dance") == shown.number("clip") == 30
    assert first.times[-1] == pytest.approx(1.2)


def test_what_is_wanted_before_the_videos_are_open_is_done_then(qtbot, player, patient, tmp_path):
    shown, one = Shown(player), video(tmp_path / "a.mp4", 50)
    player.set_sources({"dance": one})
    player.seek(1.0)
    player.play()
    qtbot.waitUntil(lambda: len(shown.times) > 2)
    assert player.playing and min(shown.times) == pytest.approx(1.0)
    player.set_sources({"dance": one})
    player.seek(0.4)  # while it plays
    shown.times.clear()
    qtbot.waitUntil(lambda: len(shown.times) > 1)
    assert player.playing and shown.times[0] == pytest.approx(0.4)


def test_a_proxy_shows_the_frames_of_its_video(qtbot, player, puppet_clips, tmp_path):
    clip = puppet_clips / "dance.mp4"
    with ProxyMaker(tmp_path / "proxy.mp4", (256, 256), fps=25) as proxy:
        for frame in read_frames(clip):
            proxy.write(frame)
    shown = opened(qtbot, player, {"video": clip, "proxy": tmp_path / "proxy.mp4"})
    for number in (50, 7, 51):
        player.seek(number / 25)
        qtbot.waitUntil(lambda n=number: shown.times[-1] == pytest.approx(n / 25))
        truth = next(read_frames(clip, number, number + 1)).image
        for name in ("video", "proxy"):
            assert np.abs(pixels(shown.last[name]).astype(int) - truth).mean() < 3
