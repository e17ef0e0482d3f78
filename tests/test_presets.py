"""Every export preset: the file opens again with the right pictures, sound and mark; views, music and estimates."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from engine import call, done, failed, last, strays
from PIL import Image
from stages import close_at
from stick_bodies import Camera, body
from video_samples import bursts, make_sound, tone

from dancetransfer import settings
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Notice, Progress
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.check import check, look
from dancetransfer.render.compose import compose, compose_alone, plate_of, seen
from dancetransfer.render.crop import view_boxes
from dancetransfer.render.estimate import estimate, in_words
from dancetransfer.render.export import export
from dancetransfer.render.part import part_of
from dancetransfer.render.presets import PRESETS, fitting
from dancetransfer.settings import ExportSettings, RenderSettings
from dancetransfer.video.disclosure import SOURCE_TYPE, TAG, label_place, read_mark
from dancetransfer.video.encoders import choose_encoder
from dancetransfer.video.read import load_audio, probe, read_frames
from dancetransfer.video.write import Writer

FPS, FRAMES = 25, 15
STRETCH = RenderSettings(start=0.4, stop=1.0)  # 15 frames
FIRST = 10


def write(project: Project, output: Path, **how: Any) -> Done:
    *_, event = export(project, STRETCH, ExportSettings(**how), output)
    assert isinstance(event, Done)
    return event


Written = Callable[..., tuple[Path, Done]]


@pytest.fixture(scope="module")
def written(rendered_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Written:
    """`written("gif", fps=25)`: that preset's clip of the stretch and what the export said last; each made once."""
    project = Project.open(rendered_project)
    folder = tmp_path_factory.mktemp("written")

    @cache
    def of(name: str, **how: Any) -> tuple[Path, Done]:
        output = folder / f"{name}{''.join(map(str, how.values()))}" / f"clip{PRESETS[name].suffix}"
        output.parent.mkdir()
        return output, write(project, output, preset=name, **how)

    return of


def pictures(path: Path) -> np.ndarray:
    """[T,H,W,3 or 4] of anything that a preset writes."""
    if path.is_dir():
        return np.stack([np.asarray(Image.open(file)) for file in sorted(path.glob("*.png"))]).astype(int)
    if path.suffix == ".webp":
        return np.stack([np.asarray(frame) for frame in _webp(path)]).astype(int)
    return np.stack([frame.image for frame in read_frames(path)]).astype(int)


def _webp(path: Path) -> Iterator[Image.Image]:
    with Image.open(path) as picture:
        for n in range(picture.n_frames):
            picture.seek(n)
            yield picture.convert("RGB")


def composed(project: Project) -> list[np.ndarray]:
    name = project.dances[-1].name
    return [image for _, image in compose(project, name, FIRST, FIRST + FRAMES)]


# --- every preset ---------------------------------------------------------------------------------

SIZES = {"vertical": (1080, 1920), "wide": (1920, 1080), "square": (1080, 1080)}
CODECS = {
    "own": ("h264", "aac"), "vertical": ("h264", "aac"), "wide": ("h264", "aac"), "square": ("h264", "aac"),
    "small": ("hevc", "aac"), "webm": ("av1", "opus"), "prores": ("prores", "pcm_s16le"),
    "prores-alpha": ("prores", "pcm_s16le"), "gif": ("gif", None),
}  # fmt: skip


@pytest.mark.parametrize("name", PRESETS)
def test_what_a_preset_writes_opens_again_with_its_pictures_sound_and_mark(written: Written, name: str) -> None:
    preset = PRESETS[name]
    output, event = written(name)
    count = 12 if name == "gif" else FRAMES  # 20 a second
    size = SIZES.get(name, (256, 256))
    sound = "with the dance's sound" if preset.sound else "without sound"
    assert event.message == f"{count} frames, 0.6 s, {size[0]}x{size[1]}, {sound}."
    assert event.files == [str(output)]
    found = look(output, preset)
    assert (found.frames, found.size, found.sound, found.whole) == (count, size, preset.sound, True)
    assert found.seconds is None or found.seconds == pytest.approx(0.6, abs=0.02)
    assert read_mark(output) == {"xmp": SOURCE_TYPE, "tag": SOURCE_TYPE}
    if name in CODECS:
        facts = probe(output)
        assert (facts.codec, facts.audio) == CODECS[name]


@pytest.mark.parametrize(
    ("name", "error"), [("own", 3), ("small", 6), ("webm", 6), ("prores", 3), ("gif", 12), ("webp", 6)]
)
def test_the_pictures_are_those_of_the_dance(rendered: Project, written: Written, name: str, error: float) -> None:
    """Noise of 2x2 pixels is drawn here, which no codec likes."""
    assert np.abs(pictures(written(name, fps=25)[0]) - composed(rendered)).mean() < error


@pytest.mark.parametrize("name", [name for name, preset in PRESETS.items() if preset.sound])
def test_the_sound_keeps_its_loudness(rendered: Project, written: Written, name: str) -> None:
    before, rate = load_audio(rendered.dances[0].path(), 48000, 2, 0.4, 1.0)
    after, _ = load_audio(written(name)[0], 48000, 2)
    assert len(after) == pytest.approx(0.6 * rate, abs=rate / FPS)
    ratio = np.sqrt((after[2000:26000] ** 2).mean() / (before[2000:26000] ** 2).mean())
    assert abs(20 * np.log10(ratio)) < 0.5


def test_the_settings_offer_what_the_table_holds() -> None:
    about = settings.declared(ExportSettings)["preset"][1]
    assert about.choices == tuple(PRESETS)
    assert all(preset.words.endswith(".") for preset in PRESETS.values())


# --- the mark, read by others ---------------------------------------------------------------------


def test_other_programs_find_the_mark(written: Written) -> None:
    gif, webp, png, webm = (written(name)[0] for name in ("gif", "webp", "png", "webm"))
    with Image.open(gif) as picture:
        assert SOURCE_TYPE in picture.info["comment"].decode() and picture.info["loop"] == 0
    assert b"XMP DataXMP<?xpacket" in gif.read_bytes()
    with Image.open(webp) as picture:
        assert SOURCE_TYPE in picture.info["xmp"].decode() and SOURCE_TYPE in picture.getexif()[0x010E]
    for file in png.iterdir():
        with Image.open(file) as picture:
            assert SOURCE_TYPE in picture.info["XML:com.adobe.xmp"] and picture.info[TAG] == SOURCE_TYPE
    with av.open(str(webm)) as container:
        tags = {key.upper(): value for key, value in container.metadata.items()}
        assert tags["DIGITALSOURCETYPE"] == SOURCE_TYPE and SOURCE_TYPE in tags["XMP"]


def test_a_folder_in_which_one_picture_lost_its_mark_is_not_marked(rendered: Project, tmp_path: Path) -> None:
    write(rendered, tmp_path / "clip", preset="png")
    file = tmp_path / "clip" / "000007.png"
    with Image.open(file) as picture:
        picture.load()
        picture.save(file)
    assert read_mark(tmp_path / "clip") == {"xmp": None, "tag": None}
    with pytest.raises(UserError, match="AI mark"):
        check(tmp_path / "clip", PRESETS["png"], FRAMES, (256, 256), 0.6, False)


# --- the last look --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "wanted", "words"),
    [
        ("own", {"frames": 16}, "15 of 16 frames"),
        ("own", {"size": (320, 256)}, "is 256x256, not 320x256"),
        ("own", {"seconds": 2.0}, "lasts 0.60 s"),
        ("own", {"sound": False}, "sound that it should not have"),
        ("gif", {"sound": True}, "lost its sound"),
        ("webp", {"frames": 14}, "15 of 14 frames"),
    ],
)
def test_a_file_that_is_not_what_was_meant_is_told(
    written: Written, name: str, wanted: dict[str, Any], words: str
) -> None:
    output, preset = written(name, fps=25)[0], PRESETS[name]
    right = {"frames": FRAMES, "size": (256, 256), "seconds": 0.6, "sound": preset.sound}
    check(output, preset, **right)
    with pytest.raises(UserError, match=words) as caught:
        check(output, preset, **{**right, **wanted})
    assert caught.value.hint


def test_a_broken_webp_is_told(written: Written, tmp_path: Path) -> None:
    output = tmp_path / "clip.webp"
    output.write_bytes(written("webp")[0].read_bytes()[:3000])
    with pytest.raises(UserError, match="can't be read again"):
        look(output, PRESETS["webp"])


# --- cut out --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["png", "prores-alpha"])
def test_the_dancer_alone_over_the_plate_is_the_clip(rendered: Project, written: Written, name: str) -> None:
    output, _ = written(name)
    plate = plate_of(rendered)
    if name == "png":
        alone = pictures(output)
    else:
        with av.open(str(output)) as container:
            frames = [frame.reformat(format="rgba").to_ndarray() for frame in container.decode(video=0)]
        alone = np.stack(frames).astype(int)
    alpha = alone[..., 3:] / 255
    assert 0.01 < (alpha > 0.5).mean() < 0.5
    over = alone[..., :3] * alpha + plate * (1 - alpha)
    assert np.abs(over - composed(rendered)).mean() < 1.5


def test_the_label_stays_readable_on_nothing(rendered: Project, tmp_path: Path) -> None:
    rendered.built_in = False
    write(rendered, tmp_path / "clip", preset="png")
    left, top, right, bottom = label_place((256, 256))
    assert (pictures(tmp_path / "clip")[:, top:bottom, left:right, 3] == 255).all()


def test_a_dance_without_a_mask_cannot_be_cut_out(rendered: Project, tmp_path: Path) -> None:
    from dancetransfer.render.render import segments
    from dancetransfer.storage import fingerprint
    from dancetransfer.video.write import LayerWriter, read_layer

    folder = rendered.dance_folder(rendered.dances[0])
    for part in segments(Poses.load(folder / "retarget.npz"), folder / "render"):
        images = [frame.image for frame in read_layer(part.layer)]
        with LayerWriter(part.layer, images[0].shape[1::-1], fps=FPS) as writer:
            for n, image in enumerate(images):
                writer.write(np.dstack([image[..., :3], np.full_like(image[..., 3], 255)]), n / FPS)
        with np.load(part.record) as data:
            kept = dict(data)
        np.savez(part.record, **{**kept, "layer": np.asarray(fingerprint(part.layer))})
    with pytest.raises(UserError, match="can't be cut out"):
        write(rendered, tmp_path / "clip.mov", preset="prores-alpha")
    write(rendered, tmp_path / "clip.mp4")


def test_scaling_keeps_a_soft_edge_clean(rendered: Project) -> None:
    """What is see-through has no color that could bleed in."""
    name = rendered.dances[0].name
    (_, image), *_ = compose_alone(rendered, name, FIRST, FIRST + 1)
    half = seen(image, np.array([0.0, 0, 256, 256]), (128, 128))
    alpha = half[..., 3:].astype(float) / 255
    wanted = cv2.resize(image[..., :3] * (image[..., 3:] / 255), (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(half[..., :3] * alpha - wanted).mean() < 1


# --- what is seen ---------------------------------------------------------------------------------


def walk(frames: int = 100) -> Poses:
    """Somebody 300 pixels tall who walks through a 1280x720 picture from x = 200 to 1080."""
    return Camera().see(body(), np.full(frames, 4.2), np.linspace(-2.64, 2.64, frames), FPS)


def test_a_view_follows_the_dancer_smoothly_and_stays_in_the_picture() -> None:
    poses = walk()
    shaken = poses.with_xy(poses.xy + np.random.default_rng(1).normal(0, 6, (100, 1, 2)))
    for crop in ("follow", "close"):
        boxes = view_boxes(shaken, 9 / 16, crop)
        width, height = boxes[0, 2:] - boxes[0, :2]
        np.testing.assert_allclose(boxes[:, 2:] - boxes[:, :2], [[width, height]] * 100, atol=1e-6)
        assert width / height == pytest.approx(9 / 16)
        assert (
            (boxes[:, :2] >= -1e-6).all() and (boxes[:, 2] <= 1280 + 1e-6).all() and (boxes[:, 3] <= 720 + 1e-6).all()
        )
        middle = (boxes[:, 0] + boxes[:, 2]) / 2
        truth = np.linspace(200, 1080, 100)
        free = (middle > width / 2 + 1) & (middle < 1280 - width / 2 - 1)
        free[:30] = free[-30:] = False
        assert free.sum() > 30 and np.abs(middle - truth)[free].max() < 12  # no lag
        assert np.abs(np.diff(middle, 2)).max() < 1.5  # no trembling
        inside = (poses.xy[..., 0] > boxes[:, None, 0]) & (poses.xy[..., 0] < boxes[:, None, 2])
        assert inside[np.isfinite(poses.xy[..., 0])].all()
    assert view_boxes(poses, 9 / 16, "follow")[0, 3] == 720
    assert view_boxes(poses, 9 / 16, "close")[0, 3:] - view_boxes(poses, 9 / 16, "close")[0, 1] < 500


def test_a_still_view_does_not_move_and_the_whole_picture_has_bars() -> None:
    poses = walk()
    assert len(np.unique(view_boxes(poses, 1.0, "still"), axis=0)) == 1
    whole = view_boxes(poses, 9 / 16, "whole")
    assert (whole[0, 0], whole[0, 2]) == (0, 1280) and whole[0, 1] < 0 and whole[0, 3] > 720
    image = np.full((720, 1280, 3), 200, np.uint8)
    shown = seen(image, whole[0], (270, 480))
    assert (shown[:150] == 0).all() and (shown[-150:] == 0).all() and (shown[200:280] == 200).all()


def test_a_view_jumps_with_a_cut() -> None:
    poses = walk()
    cut = Poses(poses.xy, poses.confidence, poses.time, poses.size, (np.arange(100) >= 50).astype(np.int32))
    far = cut.with_xy(cut.xy - 400 * (cut.shot == 1)[:, None, None] * np.array([1, 0]))
    middle = view_boxes(far, 9 / 16, "follow")[:, 0]
    assert abs(middle[50] - middle[49]) > 100


@pytest.mark.parametrize("crop", settings.declared(ExportSettings)["crop"][1].choices)
def test_a_box_of_the_picture_comes_at_any_size(crop: str) -> None:
    """Where a box lies on whole pixels and isn't scaled, its pixels are those of the picture."""
    image = np.random.default_rng(0).integers(0, 256, (72, 128, 3), np.uint8)
    assert seen(image, np.array([0.0, 0, 128, 72]), (128, 72)) is image
    np.testing.assert_array_equal(seen(image, np.array([10.0, 4, 50, 44]), (40, 40)), image[4:44, 10:50])
    boxes = view_boxes(walk(20), 1.0, "follow" if crop == "auto" else crop)
    assert seen(np.zeros((720, 1280, 3), np.uint8), boxes[3], (90, 90)).shape == (90, 90, 3)


def test_a_vertical_clip_of_a_square_picture_shows_its_part_that_holds_the_dancer(
    rendered: Project, tmp_path: Path
) -> None:
    write(rendered, tmp_path / "clip.mp4", preset="vertical", crop="still")
    first = next(read_frames(tmp_path / "clip.mp4")).image
    small = cv2.resize(first, (144, 256), interpolation=cv2.INTER_AREA).astype(int)
    whole = composed(rendered)[0].astype(int)
    errors = [np.abs(small - whole[:, left : left + 144]).mean() for left in range(113)]
    assert min(errors) < 6 and np.median(errors) > 2 * min(errors)


# --- rates ----------------------------------------------------------------------------------------


def test_pictures_in_a_folder_come_at_an_even_rate(written: Written) -> None:
    """Half of the rate asked for: every second picture."""
    np.testing.assert_array_equal(pictures(written("png", fps=12.5)[0]), pictures(written("png")[0])[::2])


# --- music ----------------------------------------------------------------------------------------


@pytest.fixture
def music(tmp_path: Path) -> Path:
    """4 s of bursts at 0.5, 1.0, 1.5, ... seconds in a file of its own."""
    return make_sound(tmp_path / "music.m4a", bursts(list(np.arange(0.5, 4, 0.5)), 4.0), 48000)


def level(path: Path, start: float, stop: float) -> float:
    samples, _ = load_audio(path, 48000, 1, start, stop)
    return float(np.abs(samples).max(initial=0.0))


def onsets(path: Path) -> list[float]:
    samples, rate = load_audio(path, 48000, 1)
    loud = np.abs(samples[:, 0]) > 0.1
    starts = np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]])) / rate
    return [float(t) for n, t in enumerate(starts) if n == 0 or t - starts[n - 1] > 0.1]


@pytest.mark.parametrize("name", ["own", "webm", "prores"])
@pytest.mark.parametrize(("moved", "heard"), [(0.0, [0.5]), (0.8, [0.2]), (-0.2, []), (0.35, [0.15])])
def test_music_takes_the_place_of_the_dances_sound_and_can_be_moved(
    rendered: Project, tmp_path: Path, music: Path, name: str, moved: float, heard: list[float]
) -> None:
    output = tmp_path / f"clip{PRESETS[name].suffix}"
    event = write(rendered, output, preset=name, music=str(music), music_from=moved)
    assert "with the sound of music.m4a" in event.message
    assert onsets(output) == pytest.approx(heard, abs=0.03)
    assert abs(len(load_audio(output, 48000)[0]) / 48000 - 0.6) < 1 / FPS


def test_sound_fades_in_and_out_and_can_be_left_out(rendered: Project, tmp_path: Path) -> None:
    file = make_sound(tmp_path / "tone.m4a", tone(3), 48000)
    output = tmp_path / "clip.mov"
    write(rendered, output, preset="prores", music=str(file), fade=0.2, fade_in=0.1)
    assert level(output, 0, 0.01) < 0.1 < 0.35 < level(output, 0.2, 0.3) < 0.45
    assert level(output, 0.59, 0.6) < 0.1 < 0.25 < level(output, 0.48, 0.52) < 0.38
    assert write(rendered, output, preset="prores", sound="off").message.endswith("without sound.")
    assert probe(output).audio is None


def test_music_that_is_none_is_told(rendered: Project, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not there"):
        write(rendered, tmp_path / "clip.mp4", music=str(tmp_path / "gone.mp3"))
    with Writer(tmp_path / "silent.mp4", (64, 64), fps=25, mark=False) as writer:
        writer.write(np.zeros((64, 64, 3), np.uint8), 0.0)
    with pytest.raises(UserError, match="has no sound"):
        write(rendered, tmp_path / "clip.mp4", music=str(tmp_path / "silent.mp4"))
    assert not (tmp_path / "clip.mp4").exists()


# --- size and encoder -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["own", "webm", "prores", "gif", "webp", "png"])
def test_the_size_is_estimated_from_stretches(
    rendered: Project, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dancetransfer.render import estimate as stage

    monkeypatch.setattr(stage, "LONG", 12)  # three stretches of 12 of the 75 frames
    output = tmp_path / f"clip{PRESETS[name].suffix}"
    events = list(estimate(rendered, RenderSettings(), ExportSettings(preset=name)))
    assert next(e.total for e in events if isinstance(e, Progress)) <= 36
    list(export(rendered, RenderSettings(), ExportSettings(preset=name), output))
    files = output.iterdir() if output.is_dir() else [output]
    real = sum(file.stat().st_size for file in files)
    assert events[-1].result["bytes"] == pytest.approx(real, rel=0.2)


def test_a_short_clip_is_estimated_to_the_byte(rendered: Project, tmp_path: Path) -> None:
    *_, event = estimate(rendered, STRETCH, ExportSettings())
    write(rendered, tmp_path / "clip.mp4")
    assert event.result["bytes"] == pytest.approx((tmp_path / "clip.mp4").stat().st_size, abs=200)


def test_sizes_are_said_as_file_managers_say_them() -> None:
    assert [in_words(size) for size in (100, 45_300, 3_140_000, 27e6, 1.26e9)] == [
        "1 kB", "45 kB", "3.1 MB", "27 MB", "1.3 GB",
    ]  # fmt: skip


def test_hardware_is_taken_only_where_it_opens(rendered: Project, tmp_path: Path) -> None:
    events = list(export(rendered, STRETCH, ExportSettings(encoder="hardware"), tmp_path / "clip.mp4"))
    notes = [event.message for event in events if isinstance(event, Notice)]
    assert bool(notes) == (not choose_encoder("clip", name="hardware").hardware)
    assert probe(tmp_path / "clip.mp4").frames == FRAMES


# --- stops ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["png", "gif", "webm"])
def test_a_stop_leaves_nothing(rendered: Project, tmp_path: Path, name: str) -> None:
    output = tmp_path / f"clip{PRESETS[name].suffix}"
    close_at(export(rendered, STRETCH, ExportSettings(preset=name, fps=25), output), 2)
    assert not output.exists() and not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


# --- the command ----------------------------------------------------------------------------------


def test_the_command_takes_preset_crop_music_and_fade(rendered: Project, tmp_path: Path, music: Path) -> None:
    words = ["export", rendered.folder, "-o", tmp_path / "clip.mp4", "--from", "0.4", "--to", "1"]
    events = done(
        *words, "--preset", "square", "--crop", "close", "--music", music, "--music-from", "-0.1", "--fade", 0.1
    )
    assert "1080x1080" in events[-2].message and "music.m4a" in events[-2].message
    kept = Project.open(rendered.folder).settings(ExportSettings)
    assert (kept.preset, kept.crop, kept.music, kept.music_from) == ("square", "close", str(music), -0.1)
    done(*words, "--preset", "own", "--music", "none", "--no-sound")
    assert probe(tmp_path / "clip.mp4").audio is None
    assert Project.open(rendered.folder).settings(ExportSettings).music is None
    assert not strays(tmp_path)


def test_the_name_of_the_file_chooses_a_preset_where_none_is_named(rendered: Project, tmp_path: Path) -> None:
    stretch = ("--from", "0.4", "--to", "0.8")
    assert last(done("export", rendered.folder, "-o", tmp_path / "clip.gif", *stretch)).files
    assert read_mark(tmp_path / "clip.gif")["xmp"]
    done("export", rendered.folder, "-o", tmp_path / "clip.mp4", *stretch)
    assert probe(tmp_path / "clip.mp4").codec == "h264"
    assert failed("export", rendered.folder, "-o", tmp_path / "clip.avi").hint == "Name it like this: -o clip.mp4"
    error = failed("export", rendered.folder, "-o", tmp_path / "clip.mp4", "--preset", "png")
    assert "folder of pictures" in error.message
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert "there already" in failed("export", rendered.folder, "-o", tmp_path / "full", "--preset", "png").message
    assert fitting("webm", ".mp4") == "own" and fitting("square", ".mp4") == "square" and fitting("own", "") == "own"


def test_the_command_estimates_without_writing(rendered: Project, tmp_path: Path) -> None:
    code, events = call("export", rendered.folder, "-o", tmp_path / "clip.webm", "--estimate", "--to", "0.6")
    assert code == 0 and last(events).result["bytes"] > 1000
    assert not (tmp_path / "clip.webm").exists()


def test_a_preview_leaves_the_projects_settings_and_says_which_part_it_shows(rendered: Project, tmp_path: Path) -> None:
    clip, project = tmp_path / "preview.mp4", Project.open(rendered.folder)
    project.set_settings(ExportSettings(preset="square", crop="close", sound="off", fps=12))
    project.save()
    done("export", rendered.folder, "-o", clip, "--from", "0.41", "--to", "0.8", "--preview")
    assert Project.open(rendered.folder).settings(ExportSettings).preset == "square"
    facts = probe(clip)
    assert (facts.width, facts.height, facts.frames, facts.audio) == (256, 256, 9, "aac")
    assert part_of(clip) == pytest.approx((0.44, 0.8))  # from the first frame in it to the end of the last
    clip.write_bytes(clip.read_bytes() + b"another")
    assert part_of(clip) is None
    assert part_of(tmp_path / "none.mp4") is None
