"""The loop command on drawn clips that come back to where they began: picture, sound, mark, bad material."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from engine import call, done
from PIL import Image

from dancetransfer.events import Done, Failed, Notice
from dancetransfer.loops.loop import loop
from dancetransfer.loops.material import clip_material, dance_material
from dancetransfer.loops.seam import melted
from dancetransfer.project import Project
from dancetransfer.settings import ExportSettings, LoopSettings, RenderSettings
from dancetransfer.video.disclosure import SOURCE_TYPE, label_place, read_mark
from dancetransfer.video.read import load_audio, probe, read_frames
from dancetransfer.video.write import Writer

SIZE, FPS, PERIOD = (160, 120), 25, 50
RATE = 48000
NONE = {"xmp": None, "tag": None}
MARKED = {"xmp": SOURCE_TYPE, "tag": SOURCE_TYPE}


def wall(seed: int = 0) -> np.ndarray:
    """A background with detail, float32 [H,W,3]."""
    noise = np.random.default_rng(seed).normal(0, 40, (SIZE[1], SIZE[0], 3)).astype(np.float32)
    return 120 + 2 * cv2.GaussianBlur(noise, (0, 0), 1.5)


def swing(frames: int, period: float = PERIOD, drift: float = 0.0) -> np.ndarray:
    """A ball that goes round on an ellipse before a wall, with a camera's noise; `drift` pixels a frame aside."""
    rng, behind = np.random.default_rng(1), wall()
    shown = []
    for n in range(frames):
        angle = 2 * np.pi * n / period
        place = 80 + 40 * np.cos(angle) + drift * n, 60 + 30 * np.sin(angle)
        image = behind.copy()
        cv2.circle(image, (round(place[0] * 16), round(place[1] * 16)), 14 * 16, (250, 240, 60), -1, cv2.LINE_AA, 4)
        shown.append(np.clip(image + rng.normal(0, 2, image.shape), 0, 255).astype(np.uint8))
    return np.stack(shown)


def tone(seconds: float, hertz: float = 441.7) -> np.ndarray:
    at = np.arange(round(seconds * RATE)) / RATE
    return (0.3 * np.sin(2 * np.pi * hertz * at)).astype(np.float32)[:, None]


def beaten(seconds: float, beat: float = 0.5) -> np.ndarray:
    """Blows of noise on every beat from 0.1 s on, and a quiet tone."""
    sound, rng = 0.1 * tone(seconds), np.random.default_rng(2)
    blow = rng.normal(0, 0.4, 4000) * np.exp(-np.arange(4000) / 700)
    for start in np.arange(0.1, seconds - 0.1, beat):
        sound[round(start * RATE) :][:4000, 0] += blow[: len(sound) - round(start * RATE)]
    return np.clip(sound, -1, 1).astype(np.float32)


def film(path: Path, frames: np.ndarray, sound: np.ndarray | None = None, mark: bool = False) -> Path:
    given = None if sound is None else (sound, RATE)
    with Writer(path, (frames.shape[2], frames.shape[1]), fps=FPS, sound=given, mark=mark, quality=12) as writer:
        for n, image in enumerate(frames):
            writer.write(image, n / FPS)
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """6.8 s of a ball that goes round every 2 s, with a tone that does not fit into 2 s."""
    return film(tmp_path_factory.mktemp("swing") / "swing.mp4", swing(170), tone(6.8))


def facts(events: list) -> dict:
    return next(event.result for event in events if isinstance(event, Done) and event.result)


def images(path: Path) -> np.ndarray:
    return np.stack([frame.image for frame in read_frames(path)]).astype(np.float32)


def steps(frames: np.ndarray) -> np.ndarray:
    """Root mean square difference of each frame and the next, the last and the first too."""
    return np.sqrt(np.square(np.roll(frames, -1, 0) - frames).mean((1, 2, 3)))


def sharpness(frames: np.ndarray) -> np.ndarray:
    return np.array(
        [np.square(np.diff(image, axis=1)).mean() + np.square(np.diff(image, axis=0)).mean() for image in frames]
    )


# --- loops ----------------------------------------------------------------------------------------


def test_a_clip_that_repeats_becomes_a_loop_of_its_period_without_a_seam(clip, tmp_path):
    output = tmp_path / "loop.mp4"
    events = done("loop", clip, "-o", output)
    told = facts(events)
    assert told["frames"] % PERIOD == 0 and told["good"] and not [e for e in events if isinstance(e, Notice)]
    assert told["seam_error"] <= told["neighbors"][1]
    assert f"seam error {told['seam_error']:.1f}, the clip's own neighbors" in "".join(
        event.message for event in events if isinstance(event, Done)
    )
    assert isinstance(events[-1], Done) and events[-1].files == [str(output)]
    found = probe(output)
    assert found.frames == told["frames"]
    assert found.seconds == pytest.approx(told["frames"] / FPS, rel=0.02)
    shown = images(output)
    assert steps(shown)[-1] < 1.3 * steps(shown).max(initial=0, where=np.arange(len(shown)) < len(shown) - 1)
    assert np.median(sharpness(np.roll(shown, 3, 0)[:6])) > 0.9 * np.median(sharpness(shown[10:-10]))
    assert read_mark(output) == NONE


def test_the_sound_of_a_file_played_three_times_has_no_click(clip, tmp_path):
    output = tmp_path / "loop.mp4"
    done("loop", clip, "-o", output)
    samples, rate = load_audio(output)
    assert len(samples) / rate == pytest.approx(probe(output).seconds, abs=1e-4)  # no gap, nothing cut off
    thrice = np.tile(samples[:, 0], 3)
    level = np.sqrt(np.convolve(thrice**2, np.ones(960) / 960, "valid"))
    bend = np.abs(np.diff(thrice, 2))  # how much the slope changes
    seam, inside = slice(len(samples) - 4800, len(samples) + 4800), slice(9600, len(samples) - 9600)
    assert level[seam].min() > 0.98 * level[inside].min() and level[seam].max() < 1.02 * level[inside].max()
    assert bend[seam].max() < 4 * bend[inside].max() < 0.01  # without a run-in it is 0.4: the codec is never exact


def test_with_music_a_loop_is_a_whole_number_of_beats_and_begins_on_one(tmp_path):
    beat = 0.5
    music = film(tmp_path / "music.mp4", swing(250, 41), beaten(10.0, beat))  # the movement's period is no beat's
    told = facts(done("loop", music, "-o", tmp_path / "loop.mp4"))
    assert told["beats"] == pytest.approx(round(told["beats"]), abs=0.15)
    (_, target, _) = told["seams"][0]
    off = (target / FPS - 0.1) % beat
    assert min(off, beat - off) < 2.5 / FPS
    samples, rate = load_audio(tmp_path / "loop.mp4")
    loud = np.abs(np.tile(samples[:, 0], 2)) > 0.35
    begins = np.flatnonzero(loud[1:] & ~loud[:-1]) / rate
    begins = begins[np.append(True, np.diff(begins) > 0.25)]
    assert np.abs(np.diff(begins) - beat).max() < 0.06  # on and on, over the end of the file too


def test_a_wanted_length_comes_out_as_near_as_the_clip_allows_with_a_gif_beside_it(clip, tmp_path):
    events = done("loop", clip, "-o", tmp_path / "loop.mp4", "--seconds", "8", "--gif")
    told = facts(events)
    assert told["frames"] == 4 * PERIOD
    assert probe(tmp_path / "loop.mp4").seconds == pytest.approx(8, rel=0.02)
    with Image.open(tmp_path / "loop.gif") as picture:
        assert picture.info["loop"] == 0  # for ever
        shown = 0
        for n in range(picture.n_frames):
            picture.seek(n)
            shown += picture.info["duration"]
        assert picture.n_frames == 160 and shown == pytest.approx(8000, abs=130)
    samples, rate = load_audio(tmp_path / "loop.mp4")  # longer than the sound: two equal rounds of it
    assert np.abs(samples[rate : 2 * rate]).max() > 0.25 and np.abs(samples[-rate:]).max() > 0.25


def test_a_compound_loop_plays_every_part_and_its_sound_goes_through(tmp_path):
    both = np.concatenate([swing(100, 50), swing(130, 40)[40:]])
    mixed = film(tmp_path / "mixed.mp4", both, tone(7.6))
    told = facts(done("loop", mixed, "-o", tmp_path / "loop.mp4", "--seconds", "3.6"))
    assert told["frames"] in range(87, 94)
    samples, _ = load_audio(tmp_path / "loop.mp4")
    level = np.sqrt(np.convolve(samples[:, 0] ** 2, np.ones(480) / 480, "valid"))
    assert level.min() > 0.9 * level.max()


def test_random_play_lasts_as_long_as_asked_in_another_order_each_time(clip, tmp_path):
    orders = []
    for variant in (1, 2):
        output = tmp_path / f"{variant}.mp4"
        events = done("loop", clip, "-o", output, "--random", "8s", "--variant", str(variant))
        assert facts(events)["frames"] == 200 and not [e for e in events if isinstance(e, Notice)]
        assert probe(output).seconds == pytest.approx(8, abs=0.05)
        samples, rate = load_audio(output)
        level = np.sqrt(np.square(samples[: len(samples) // 480 * 480].reshape(-1, 480)).mean(1))
        assert len(samples) / rate == pytest.approx(8, abs=0.05) and level[5:-10].min() > 0.15
        orders.append([seam[:2] for seam in facts(events)["seams"]])
    assert orders[0] != orders[1] and min(map(len, orders)) > 2


def test_a_piece_of_a_clip_alone_is_looped(clip, tmp_path):
    told = facts(done("loop", clip, "-o", tmp_path / "loop.webp", "--from", "1", "--to", "4.6"))
    assert told["frames"] == PERIOD and max(seam[0] for seam in told["seams"]) < 90


# --- the mark -------------------------------------------------------------------------------------


def test_a_loop_of_a_clip_that_is_marked_stays_marked(tmp_path):
    marked = film(tmp_path / "marked.mp4", swing(120), mark=True)
    done("loop", marked, "-o", tmp_path / "loop.mp4", "--gif")
    assert read_mark(tmp_path / "loop.mp4") == MARKED and read_mark(tmp_path / "loop.gif") == MARKED


def test_a_rendered_dance_is_looped_with_mark_and_label(rendered: Project, tmp_path):
    rendered.built_in = False
    rendered.save()
    output = tmp_path / "loop.mp4"
    done("loop", rendered.folder, "-o", output)
    assert read_mark(output) == MARKED
    left, top, right, bottom = label_place((256, 256))
    dark = images(output)[:, top:bottom, left:right].min((1, 2, 3))
    plain = dance_material(rendered, RenderSettings(), ExportSettings())
    assert plain.labeled and plain.marked and plain.poses is not None
    with_label = plain.finished(next(plain.read(0, 1)))
    assert (with_label != next(plain.read(0, 1))).any() and dark.max() < 120
    assert probe(output).audio == "aac"


# --- seams ----------------------------------------------------------------------------------------


def test_halfway_through_a_seam_things_are_halfway_and_as_sharp_as_before():
    one, other = swing(4, 80)[[0, 3]]
    middle = melted(one, other, 0.5)
    ball = [np.argwhere(image[..., 0].astype(int) - image[..., 2] > 120).mean(0) for image in (one, middle, other)]
    np.testing.assert_allclose(ball[1], (ball[0] + ball[2]) / 2, atol=1.0)
    assert sharpness(middle[None])[0] > 0.9 * sharpness(np.stack([one, other])).mean()
    assert np.abs(melted(one, other, 0.01).astype(int) - one).mean() < 2
    assert np.abs(melted(one, one, 0.5).astype(int) - one).max() <= 1


# --- no good material -----------------------------------------------------------------------------


def test_ten_frames_are_too_few(tmp_path):
    code, events = call("loop", film(tmp_path / "short.mp4", swing(10)), "-o", tmp_path / "loop.mp4")
    assert code == 1 and events[-1] == Failed(
        "short.mp4 has 10 frames, 0.4 s: too little to come again.",
        "Choose a clip of some seconds in which a movement comes back to where it began.",
    )
    assert not (tmp_path / "loop.mp4").exists()


def test_a_picture_that_stands_still_is_a_loop_anyway_and_its_silence_is_told(tmp_path):
    still = film(tmp_path / "still.mp4", np.repeat(swing(1), 60, 0), np.zeros((round(2.4 * RATE), 1), np.float32))
    events = done("loop", still, "-o", tmp_path / "loop.mp4", "--seconds", "4")
    told = [event.message for event in events if isinstance(event, Notice)]
    assert told[0] == "Nothing moves in still.mp4: any cut of it is a loop."
    assert told[1] == "The sound of still.mp4 is silent."
    assert probe(tmp_path / "loop.mp4").frames == 100 and probe(tmp_path / "loop.mp4").audio is None


def test_where_nothing_comes_back_that_is_said_and_the_best_is_offered(tmp_path):
    away = film(tmp_path / "away.mp4", swing(75, 400, drift=0.6))
    events = done("loop", away, "-o", tmp_path / "loop.mp4")
    (told,) = [event for event in events if isinstance(event, Notice)]
    assert told.message.startswith("There is no good loop in away.mp4: this is the best one") and told.hint
    assert not facts(events)["good"] and probe(tmp_path / "loop.mp4").frames == facts(events)["frames"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["-o", "loop.txt"], 1, "A loop can't be written as '.txt'."),
        (["-o", "loop.mp4", "--seconds", "3", "--random", "9"], 2, "--seconds and --random exclude each other."),
        (["-o", "loop.mp4", "--dance", "first"], 1, "swing.mp4 is a video, which holds one dance."),
        (["-o", "loop.mp4", "--from", "90"], 1, "The chosen stretch holds not one frame of the dance."),
        (["-o", "swing.mp4"], 1, "swing.mp4 is one of the videos that are read."),
    ],
)
def test_what_can_not_be_done_is_said_before_anything_is_written(clip, words, code, message, monkeypatch):
    monkeypatch.chdir(clip.parent)
    found, events = call("loop", clip, *words)
    assert found == code and isinstance(events[-1], Failed) and message in events[-1].message
    assert [one.name for one in clip.parent.iterdir()] == ["swing.mp4"]


def test_a_stage_closed_half_way_leaves_nothing_behind(clip, tmp_path):
    material = clip_material(clip, RenderSettings(), ExportSettings())
    stage = loop(material, LoopSettings(), [tmp_path / "loop.mp4"])
    for event in stage:
        if isinstance(event, Done):
            next(stage), next(stage), next(stage)
            break
    stage.close()
    assert not list(tmp_path.iterdir())
