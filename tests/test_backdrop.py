"""Another plate behind the dancer, a picture or a video, or none; and what can't be."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from engine import call, done, failed
from PIL import Image
from video_samples import SIZE, make_video, number_of, numbered, quadrants

from dancetransfer.errors import UserError
from dancetransfer.events import Notice
from dancetransfer.footage.plate import composite
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.backdrop import Backdrop, backdrop_of, filling
from dancetransfer.render.compose import compose, plate_of
from dancetransfer.render.export import export
from dancetransfer.render.plan import plan
from dancetransfer.render.render import read_layers, segments
from dancetransfer.settings import ExportSettings, RenderSettings
from dancetransfer.video.read import probe, read_frames

STRETCH = RenderSettings(start=0.4, stop=1.0)  # 15 frames
FIRST, LAST = 10, 25


def write(project: Project, output: Path, **how: Any) -> list[Any]:
    return list(export(project, STRETCH, ExportSettings(**how), output))


def images(path: Path) -> np.ndarray:
    return np.stack([frame.image for frame in read_frames(path)]).astype(int)


def layers(project: Project) -> list[tuple[np.ndarray, np.ndarray]]:
    folder = project.dance_folder(project.dances[0])
    return list(read_layers(segments(Poses.load(folder / "retarget.npz"), folder / "render"), FIRST, LAST))


def unseen(project: Project) -> np.ndarray:
    """Where no layer lies in any frame, bool [H,W]."""
    nothing = np.zeros_like(plate_of(project))
    white = [(np.dstack([np.full_like(one[..., :3], 255), one[..., 3]]), box) for one, box in layers(project)]
    return np.all([composite(nothing, layer, box)[..., 0] == 0 for layer, box in white], 0)


@pytest.fixture
def beach(tmp_path: Path) -> Path:
    Image.fromarray(quadrants((300, 400))).save(tmp_path / "beach.png")
    return tmp_path / "beach.png"


@pytest.fixture
def waves(tmp_path: Path) -> Path:
    """A video of half a second at 10 frames a second."""
    return make_video(tmp_path / "waves.mp4", [numbered(8 * n) for n in range(5)], fps=10)


# --- pictures and videos --------------------------------------------------------------------------


def test_a_picture_fills_the_plate_cropped_to_its_middle() -> None:
    wide = np.zeros((100, 400, 3), np.uint8)
    wide[:, 150:250] = np.arange(100, 200, dtype=np.uint8)[None, :, None]
    for size in ((50, 50), (100, 100), (301, 301)):
        shown = filling(wide, size)
        assert shown.shape == (size[1], size[0], 3)
        assert shown[:, 0].mean() == pytest.approx(100, abs=2) and shown[:, -1].mean() == pytest.approx(199, abs=2)
    tall = filling(np.ascontiguousarray(wide.transpose(1, 0, 2)), (64, 36))
    assert tall.min() > 120 and tall.max() < 180
    assert filling(quadrants((1, 1)), (8, 4)).shape == (4, 8, 3)


def test_a_picture_comes_upright_and_in_its_colors(tmp_path: Path) -> None:
    picture = Image.fromarray(quadrants((80, 40)))
    turned = picture.getexif()
    turned[0x0112] = 6  # the camera was held upright
    picture.save(tmp_path / "phone.jpg", exif=turned, quality=95, subsampling=0)
    cv2.imwrite(str(tmp_path / "deep.png"), quadrants((40, 80))[..., ::-1].astype(np.uint16) * 257)
    wanted = {"phone.jpg": np.rot90(quadrants((80, 40)), -1), "deep.png": quadrants((40, 80))}
    for name, image in wanted.items():
        (shown,) = Backdrop(tmp_path / name, "plain", 0).pictures([0.0], (40, 80))
        assert np.abs(shown.astype(int) - image).mean() < 4


def test_a_video_goes_at_its_own_rate_from_the_clips_begin_and_again(waves: Path) -> None:
    times = 3.0 + np.arange(40) / 25
    shown = [number_of(image) for image in Backdrop(waves, "plain", 3.0).pictures(times, SIZE)]
    assert shown == [8 * int((time - 3.0 + 1e-6) % 0.5 * 10) for time in times]
    assert set(shown) == {0, 8, 16, 24, 32}


# --- in the clip ----------------------------------------------------------------------------------


@pytest.mark.parametrize("blend", ["plain", "poisson"])
def test_the_dancer_stands_before_the_new_plate(rendered: Project, tmp_path: Path, beach: Path, blend: str) -> None:
    made = np.stack([image for _, image in compose(rendered, "dance", FIRST, LAST, Backdrop(beach, blend, 0.4))])
    behind = filling(quadrants((300, 400)), (256, 256))
    free = unseen(rendered)
    assert free.mean() > 0.2
    np.testing.assert_array_equal(made[:, free], np.broadcast_to(behind[free], made[:, free].shape))
    for image, (layer, box) in zip(made, layers(rendered), strict=True):
        opaque = composite(np.zeros_like(behind), np.dstack([layer[..., 3:].repeat(3, 2), layer[..., 3]]), box)
        body = opaque[..., 0] > 200
        assert body.sum() > 200
        apart = np.abs(image.astype(int) - composite(behind, layer, box))[body].mean()
        assert apart < 4 if blend == "plain" else 4 < apart < 40
    write(rendered, tmp_path / "clip.mp4", plate=str(beach), blend=blend)
    assert np.abs(images(tmp_path / "clip.mp4") - made).mean() < 4


def test_a_video_moves_behind_the_dancer(rendered: Project, tmp_path: Path, waves: Path) -> None:
    write(rendered, tmp_path / "clip.mp4", plate=str(waves))
    free = unseen(rendered)
    shown = [number_of(image[free]) for image in images(tmp_path / "clip.mp4")]
    assert shown == [8 * int((n / 25 + 1e-6) % 0.5 * 10) for n in range(15)]
    write(rendered, tmp_path / "clip.gif", plate=str(waves), preset="gif", blend="poisson")


def test_the_own_plate_is_the_picture_it_was(rendered: Project) -> None:
    made = plan(rendered, STRETCH, ExportSettings(blend="poisson"))
    assert made.backdrop is None
    for (_, image), (layer, box) in zip(made.pictures(), layers(rendered), strict=True):
        np.testing.assert_array_equal(image, composite(plate_of(rendered), layer, box))


def test_none_leaves_the_dancer_alone_where_the_preset_can(rendered: Project, tmp_path: Path, beach: Path) -> None:
    write(rendered, tmp_path / "alone", preset="png", plate="none")
    write(rendered, tmp_path / "usual", preset="png")
    told = write(rendered, tmp_path / "before", preset="png", plate=str(beach))
    for name in ("000001.png", "000015.png"):
        pictures = [np.asarray(Image.open(tmp_path / folder / name)) for folder in ("alone", "usual", "before")]
        assert pictures[0].shape == (256, 256, 4) and (pictures[0] == pictures).all()
    assert [e.message for e in told if isinstance(e, Notice)] == [
        "The plate is not seen: the preset 'png' writes the dancer alone."
    ]
    with pytest.raises(UserError, match="'own' can't leave the background out") as caught:
        write(rendered, tmp_path / "clip.mp4", plate="none")
    assert "--preset prores-alpha or --preset png" in caught.value.hint


# --- what can't be --------------------------------------------------------------------------------


def wrong_files(folder: Path) -> Iterator[tuple[str, str]]:
    (folder / "words.txt").write_text("a plate")
    yield "words.txt", "not a video, or of a kind"
    (folder / "empty.png").write_bytes(b"")
    yield "empty.png", "is empty"
    whole = cv2.imencode(".png", quadrants((300, 300)))[1].tobytes()
    (folder / "broken.png").write_bytes(whole[:20] + b"\0" * 40)
    yield "broken.png", "is not a video"
    (folder / "folder").mkdir()
    yield "folder", "no file"
    yield "nowhere.jpg", "no file"


def test_a_plate_that_is_none_is_told(tmp_path: Path) -> None:
    for name, words in wrong_files(tmp_path):
        with pytest.raises(UserError, match=words) as caught:
            backdrop_of(ExportSettings(plate=str(tmp_path / name)), 0.0)
        assert "plate" in caught.value.hint or "another copy" in caught.value.hint


def see_nothing_through(project: Project) -> None:
    """Make the rendered layers those of the published method: without a mask."""
    from dancetransfer.storage import fingerprint
    from dancetransfer.video.write import LayerWriter, read_layer

    folder = project.dance_folder(project.dances[0])
    for part in segments(Poses.load(folder / "retarget.npz"), folder / "render"):
        frames = [frame.image for frame in read_layer(part.layer)]
        with LayerWriter(part.layer, frames[0].shape[1::-1], fps=25) as writer:
            for n, image in enumerate(frames):
                writer.write(np.dstack([image[..., :3], np.full_like(image[..., 3], 255)]), n / 25)
        with np.load(part.record) as data:
            kept = dict(data)
        np.savez(part.record, **{**kept, "layer": np.asarray(fingerprint(part.layer))})


def test_a_whole_picture_has_no_other_plate(rendered: Project, tmp_path: Path, beach: Path) -> None:
    see_nothing_through(rendered)
    with pytest.raises(UserError, match="can't be cut out") as caught:
        write(rendered, tmp_path / "clip.mp4", plate=str(beach))
    assert "--plate own" in caught.value.hint and "--recipe best" in caught.value.hint
    write(rendered, tmp_path / "clip.mp4")


# --- the command ----------------------------------------------------------------------------------


def test_the_command_takes_a_plate_and_keeps_it(
    rendered: Project, tmp_path: Path, beach: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["export", rendered.folder, "-o", tmp_path / "clip.mp4", "--from", "0.4", "--to", "0.8"]
    done(*words, "--plate", "beach.png", "--blend", "poisson")
    kept = Project.open(rendered.folder).settings(ExportSettings)
    assert (kept.plate, kept.blend) == (str(beach), "poisson")
    monkeypatch.chdir(tmp_path.parent)
    before = images(tmp_path / "clip.mp4")
    done(*words, "--blend", "plain")
    assert np.abs(images(tmp_path / "clip.mp4") - before).mean() > 0.2
    code, events = call(*words, "--estimate")
    assert code == 0 and events[-1].result["bytes"] > 1000
    assert "can't leave the background out" in failed(*words, "--plate", "none").message
    done(*words, "--plate", "own")
    assert Project.open(rendered.folder).settings(ExportSettings).plate == "own"
    assert "one of the videos" in failed("export", rendered.folder, "-o", movie(beach), "--plate", movie(beach)).message


def movie(beside: Path) -> Path:
    file = beside.with_name("movie.mp4")
    return file if file.exists() else make_video(file, [quadrants()] * 3)


def test_a_wrong_plate_is_told_before_any_work(short_clips: Path, tmp_path: Path) -> None:
    words = ["transfer", short_clips / "dance.mp4", short_clips / "person.mp4", "-o", tmp_path / "clip.mp4"]
    assert "no file" in failed(*words, "--plate", tmp_path / "gone.png").message
    assert not (tmp_path / "clip.dance").exists()
    movie(tmp_path / "x")
    error = failed(*words, "--plate", tmp_path / "movie.mp4", "--recipe", "edn")
    assert "can't be cut out" in error.message
    found = json.loads((tmp_path / "clip.dance" / "project.json").read_text(encoding="utf-8"))
    assert len(found["clips"]) == 1 and not list((tmp_path / "clip.dance").rglob("poses.npz"))


def test_the_facts_of_a_clip_are_the_same_over_another_plate(rendered: Project, tmp_path: Path, beach: Path) -> None:
    write(rendered, tmp_path / "own.mp4")
    write(rendered, tmp_path / "new.mp4", plate=str(beach))
    own, new = probe(tmp_path / "own.mp4"), probe(tmp_path / "new.mp4")
    assert (own.frames, own.width, own.height, own.audio) == (new.frames, new.width, new.height, new.audio)
