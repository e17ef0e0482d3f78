"""Dances cut to music: the command, what it keeps to, the sound that goes with the track, and bad material."""

import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine import done, failed, last, stages, strays
from songs import RATE, song
from stages import close_at

from dancetransfer import puppets
from dancetransfer.mocap.tracks import load_track, save_with_sound, sound_in
from dancetransfer.music.alignment import alignment, chance
from dancetransfer.music.fit import fit_music
from dancetransfer.music.motion import kinematic_beats
from dancetransfer.pose.poses import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, Poses
from dancetransfer.project import Project
from dancetransfer.video.beats import find_beats
from dancetransfer.video.read import probe
from dancetransfer.video.sound import analyze_audio

FPS = 25
STRETCH = 1.08


def dance(seconds: float, seed: int = 1) -> Poses:
    """A built-in dancer's true joints."""
    show = puppets.dance(seed, (512, 512), seconds, FPS)
    xy, confidence = show.joints()
    return Poses(xy, confidence, show.times, show.size, world=show.world(), contact=show.contacts())


def acceleration(track: Poses) -> np.ndarray:
    """[T-2,23] pixels per frame^2 of body and feet."""
    return np.linalg.norm(np.diff(track.xy[:, :23].astype(float), 2, axis=0), axis=-1)


@pytest.fixture(scope="module")
def track(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dance of 14 s, in which the confidence of a finger tells the time: 0.3 at its begin, 1 at its end."""
    path = tmp_path_factory.mktemp("dance") / "dance.npz"
    poses = dance(14)
    poses.confidence[:, 100] = 0.3 + 0.7 * poses.time / poses.time[-1]
    poses.save(path)
    return path


@pytest.fixture(scope="module", params=[96, 132])
def fitted(request: pytest.FixtureRequest, track: Path, tmp_path_factory: pytest.TempPathFactory):
    """(tempo, beats, what the command said, the file that it made) of a song of 24 s."""
    folder = tmp_path_factory.mktemp("fitted")
    beats = song(folder / "song.wav", request.param, 24)
    said = last(done("fit", track, "--music", folder / "song.wav", "-o", folder / "fitted.npz"))
    return request.param, beats, said, folder / "fitted.npz"


def test_the_dance_is_as_long_as_the_song_and_on_its_beats(fitted, track: Path):
    bpm, beats, said, file = fitted
    made, begun = load_track(file), load_track(track)
    assert len(made) == 24 * FPS and np.allclose(np.diff(made.time), 1 / FPS) and made.time[0] == 0
    assert said.result["bpm"] == pytest.approx(bpm, rel=0.01)
    moves = kinematic_beats(begun).times
    before, after = alignment(moves, beats), alignment(kinematic_beats(made).times, beats)
    assert after.score > chance(moves, beats, 24) and after.score > 1.5 * before.score
    assert said.result["after"]["score"] == pytest.approx(after.score, abs=0.05)  # by the beats that were found
    assert said.result["before"]["score"] == pytest.approx(before.score, abs=0.05)
    assert "Beat alignment" in said.message and "by chance" in said.message


def test_no_moment_is_faster_or_slower_than_allowed(fitted, track: Path):
    _, _, said, file = fitted
    made = load_track(file)
    told = (made.confidence[:, 100].astype(float) - 0.3) / 0.7 * load_track(track).time[-1]
    rate = np.diff(told) * FPS
    odd = (rate > STRETCH + 0.002) | (rate < 1 / STRETCH - 0.002)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], odd, [0]])))
    blends = edges[1::2] - edges[::2]
    assert said.result["jumps"] >= len(blends) > 0  # one that leads to the same finger's confidence is not seen
    assert blends.max() <= 0.5 * FPS + 2
    assert 1 / STRETCH - 1e-6 <= said.result["slowest"] < 1 < said.result["fastest"] <= STRETCH + 1e-6


def test_joints_are_continuous_and_stay_in_the_picture(fitted, track: Path):
    made, begun = load_track(fitted[3]), load_track(track)
    usual = np.quantile(acceleration(begun), 0.99)
    found = acceleration(made)
    assert np.quantile(found, 0.99) < 1.5 * usual
    assert found.max() < 1.2 * max(acceleration(begun).max(), 1.5 * usual)
    for axis, edge in enumerate(made.size):
        assert begun.xy[:, :23, axis].min() > 0 and begun.xy[:, :23, axis].max() < edge
        assert made.xy[:, :23, axis].min() > 0 and made.xy[:, :23, axis].max() < edge
    assert made.world is not None and np.abs(np.diff(made.world[:, :23], 2, axis=0)).max() < 0.2


def test_feet_that_stand_do_not_slide(fitted, track: Path):
    def slides(poses: Poses) -> float:
        assert poses.contact is not None
        stays = poses.contact[1:] & poses.contact[:-1]
        return float(np.linalg.norm(np.diff(poses.xy[:, [15, 16]], axis=0), axis=-1)[stays].mean())

    assert slides(load_track(fitted[3])) < slides(load_track(track)) + 0.5  # pixels of 512


def test_the_same_is_made_again_and_what_is_stopped_leaves_nothing(fitted, track: Path, tmp_path: Path):
    _, _, _, file = fitted
    music = file.with_name("song.wav")
    stage = fit_music(load_track(track), "dance", music, tmp_path / "a.npz")
    assert len(close_at(stage, 5)) == 5 and not list(tmp_path.iterdir())
    events = list(fit_music(load_track(track), "dance", music, tmp_path / "a.npz"))
    assert stages(events) == ["music"] and not strays(tmp_path)
    assert np.array_equal(load_track(tmp_path / "a.npz").xy, load_track(file).xy, equal_nan=True)


def test_the_sound_lies_in_the_track_and_goes_into_the_clip(finished: Path, track: Path, tmp_path: Path):
    beats = song(tmp_path / "song.wav", 120, 6)
    file = tmp_path / "steps.npz"
    said = last(done("fit", track, "--music", tmp_path / "song.wav", "-o", file, "--seconds", "3"))
    assert len(load_track(file)) == 3 * FPS and said.result["seconds"] == 3
    assert stages(done("add-dance", finished, file)) == ["import", "track", "retarget", "cover"]
    assert "import" not in stages(done("add-dance", finished, file))
    folder = Project.open(finished).dance_folder(Project.open(finished).dance("steps"))
    assert json.loads((folder / "sound.json").read_text())["per_second"] == 100
    assert len(np.load(folder / "peaks.npy")) == pytest.approx(300, abs=5)
    (folder / "sound.m4a").unlink()
    assert "import" in stages(done("add-dance", finished, file))  # what is lost is made again

    file.unlink()  # once it is imported it may go
    done("render", finished, "--dance", "steps")
    for begin, words in ((0.0, []), (0.6, ["--from", "0.6"])):
        clip = tmp_path / f"clip{begin:g}.mp4"
        done("export", finished, "--dance", "steps", "-o", clip, *words)
        facts, heard = probe(clip), analyze_audio(clip)
        assert facts.audio == "aac" and facts.seconds == pytest.approx(3 - begin, abs=0.1) and heard is not None
        wanted = beats[(beats >= begin) & (beats < 3)] - begin
        found = find_beats(heard.onsets, heard.per_second)
        assert np.abs(wanted[:, None] - found).min(1).max() < 0.02


def test_a_dance_of_a_project_is_cut(exact: Project, tmp_path: Path):
    song(tmp_path / "song.wav", 110, 3)
    done("fit", exact.folder, "--music", tmp_path / "song.wav", "-o", tmp_path / "x.npz", "--seconds", "2.5")
    assert len(load_track(tmp_path / "x.npz")) == round(2.5 * FPS)
    assert "no dance" in failed(
        "fit", exact.folder, "--dance", "polka", "--music", tmp_path / "song.wav", "-o", tmp_path / "y.npz"
    ).message.lower().replace("'polka'", "").replace("  ", " ")


def test_shots_of_other_framing_are_never_blended(tmp_path: Path):
    """Two shots, the second twice as near: every frame has the size of one or the other."""
    whole = dance(16)
    half = len(whole) // 2
    xy = whole.xy.copy()
    xy[half:] = 256 + 0.5 * (xy[half:] - 256)
    shot = np.repeat([0, 1], [half, len(whole) - half])
    replace(whole, xy=xy, shot=shot.astype(np.int32)).save(tmp_path / "shots.npz")
    song(tmp_path / "song.wav", 100, 30)
    done("fit", tmp_path / "shots.npz", "--music", tmp_path / "song.wav", "-o", tmp_path / "x.npz")
    made = load_track(tmp_path / "x.npz")
    hips = made.xy[:, [LEFT_HIP, RIGHT_HIP]].mean(1)
    trunk = np.linalg.norm(made.xy[:, LEFT_SHOULDER] - hips, axis=1)
    true = np.linalg.norm(whole.xy[:, LEFT_SHOULDER] - whole.xy[:, [LEFT_HIP, RIGHT_HIP]].mean(1), axis=1)
    assert set(np.unique(made.shot)) == {0, 1} and len(made) == 30 * FPS
    for number, scale in ((0, 1.0), (1, 0.5)):
        part = trunk[made.shot == number]
        assert scale * true.min() - 1 < part.min() and part.max() < scale * true.max() + 1
    steps = np.linalg.norm(np.diff(hips, axis=0), axis=1)
    own = np.linalg.norm(np.diff(whole.xy[:, [LEFT_HIP, RIGHT_HIP]].mean(1), axis=0), axis=1).max()
    assert steps[np.diff(made.shot) == 0].max() < 1.5 * own  # nobody flies from one place to another


# --- material that is of no use -------------------------------------------------------------------


@pytest.fixture(scope="module")
def music(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("music") / "song.wav"
    song(path, 120, 10)
    return path


def test_too_little_or_too_still_a_dance_is_refused(music: Path, tmp_path: Path):
    poses = dance(6)
    poses[:10].save(tmp_path / "ten.npz")
    replace(poses, xy=np.repeat(poses.xy[:1], len(poses), 0)).save(tmp_path / "still.npz")
    trembling = poses.xy[:1] + np.random.default_rng(2).normal(0, 0.02, poses.xy.shape).astype(np.float32)
    replace(poses, xy=trembling).save(tmp_path / "trembling.npz")
    for name, word in (("ten", "too few"), ("still", "Nobody moves"), ("trembling", "Nobody moves")):
        said = failed("fit", tmp_path / f"{name}.npz", "--music", music, "-o", tmp_path / "x.npz")
        assert word in said.message and name in said.message
    assert not (tmp_path / "x.npz").exists()


def test_a_dance_that_never_comes_back_ends_before_the_music_does(music: Path, tmp_path: Path):
    poses = dance(6)
    turned = poses.xy.copy()
    angle = np.linspace(0, np.pi, len(poses))[:, None]  # head over heels, once: no pose comes twice
    x, y = (turned[..., axis] - 256 for axis in (0, 1))
    turned[..., 0] = 256 + x * np.cos(angle) - y * np.sin(angle)
    turned[..., 1] = 256 + x * np.sin(angle) + y * np.cos(angle)
    replace(poses, xy=turned).save(tmp_path / "once.npz")
    said = failed("fit", tmp_path / "once.npz", "--music", music, "-o", tmp_path / "x.npz")
    assert "10 s" in said.message and "--seconds" in said.hint
    done("fit", tmp_path / "once.npz", "--music", music, "-o", tmp_path / "x.npz", "--seconds", "5")


def test_music_without_a_beat_is_refused_before_poses_are_found(puppet_clips: Path, tmp_path: Path):
    def write(name: str, samples: np.ndarray) -> Path:
        with wave.open(str(tmp_path / name), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(np.rint(samples * 32000).astype("<i2").tobytes())
        return tmp_path / name

    silence = write("silence.wav", np.zeros(8 * RATE))
    rustle = write("rustle.wav", np.random.default_rng(1).normal(0, 0.1, 8 * RATE).clip(-1, 1))
    (tmp_path / "words.mp3").write_text("no song at all")
    for path, word in ((silence, "silent"), (rustle, "No beat"), (tmp_path / "words.mp3", "words.mp3")):
        said = failed("fit", puppet_clips / "dance.mp4", "--music", path, "-o", tmp_path / "x.npz")
        assert word in said.message


def test_names_that_can_not_be_are_refused(track: Path, music: Path, tmp_path: Path):
    assert ".npz" in failed("fit", track, "--music", music, "-o", tmp_path / "x.mp4").hint
    assert "does not exist" in failed("fit", track, "--music", music, "-o", tmp_path / "no" / "x.npz").message
    assert "is read" in failed("fit", track, "--music", music, "-o", track).message
    assert "not" in failed("fit", track, "--music", tmp_path / "none.mp3", "-o", tmp_path / "x.npz").message


def test_a_damaged_sound_leaves_the_dance_silent(exact: Project, tmp_path: Path):
    from dancetransfer.mocap.tracks import import_track

    save_with_sound(tmp_path / "steps.npz", dance(3), b"no sound at all")
    assert sound_in(tmp_path / "steps.npz") == b"no sound at all"
    media = exact.add_dance(tmp_path / "steps.npz")
    words = [getattr(event, "message", "") for event in import_track(media, exact.dance_folder(media))]
    assert any("silent" in one for one in words)
    assert not (exact.dance_folder(media) / "sound.m4a").exists() and not list(
        import_track(media, exact.dance_folder(media))
    )
