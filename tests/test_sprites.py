"""The person's own frames dance: chosen by pose and transition, rendered in segments, shown before a training."""

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine import done, environment, notices, stages
from learning import edited
from stages import close_at, leftovers

from dancetransfer import transfer
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Metric, Notice, Preview, Progress, Started
from dancetransfer.footage.pairs import TRAIN, Footage, boxes_of, load_footage, plan_of, prepare
from dancetransfer.footage.plate import composite
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.part import part_of
from dancetransfer.render.preview import preview
from dancetransfer.render.render import read_layers, render, segments
from dancetransfer.score.lookup import Lookup
from dancetransfer.score.metrics import person_boxes, pixels_in, squared_error
from dancetransfer.settings import RenderSettings, TrainSettings
from dancetransfer.sprites.fades import faded
from dancetransfer.sprites.sprites import Sprites
from dancetransfer.video.disclosure import read_mark
from dancetransfer.video.read import frame_times, probe, read_frames

SMALL = TrainSettings(recipe="sprites", size=64)
FRAMES = 75


@pytest.fixture(scope="module")
def cut(true_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The true project with crops of 96 pixels. Copied by `ready`."""
    folder = shutil.copytree(true_project, tmp_path_factory.mktemp("cut") / "cut.dance")
    list(prepare(Project.open(folder), replace(SMALL, size=96)))
    return folder


@pytest.fixture
def ready(cut: Path, tmp_path: Path) -> Project:
    return Project.open(shutil.copytree(cut, tmp_path / "ready.dance"))


@pytest.fixture
def brief(ready: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """`ready` with a dance of 36 frames, which is rendered in segments of 24."""
    asked(ready)[:36].save(ready.dance_folder(ready.dances[0]) / "retarget.npz")
    monkeypatch.setattr("dancetransfer.render.render.LONGEST", 24)
    return ready


@pytest.fixture(scope="module")
def footage(cut: Path) -> list[Footage]:
    return load_footage(Project.open(cut))


@pytest.fixture(scope="module")
def sprites(footage: list[Footage]) -> Sprites:
    return Sprites(footage)


def asked(project: Project) -> Poses:
    return Poses.load(project.dance_folder(project.dances[0]) / "retarget.npz")


def boxes_for(poses: Poses, footage: list[Footage]) -> np.ndarray:
    return boxes_of(poses, plan_of(replace(SMALL, size=96), {clip.name: clip.poses for clip in footage}))


# --- the choice ------------------------------------------------------------------------------------


def test_what_was_filmed_is_chosen_again_in_its_own_order(footage: list[Footage]) -> None:
    sprites = Sprites(footage, TRAIN)
    assert (footage[0].part[sprites.frames.position] == TRAIN).all()
    run = max(footage[0].runs(TRAIN), key=len)
    poses = footage[0].poses[run]
    choice = sprites.chooser.choose(poses)
    assert np.array_equal(sprites.frames.position[choice.frame], run)
    assert not choice.jump.any() and not choice.mirrored.any() and np.nanmax(choice.distance) < 1e-6
    shown = sprites.dance(poses, footage[0].boxes[run])
    for n, step in zip(range(0, 20, 5), list(shown.steps(0, 20))[::5], strict=True):
        real = footage[0].crops[run[n]]
        there = real[..., 3] == 255
        assert np.abs(step.layer[..., :3].astype(int) - real[..., :3])[there].mean() < 12


def test_a_dance_is_followed_in_pieces_that_were_filmed(exact: Project, sprites: Sprites) -> None:
    poses = asked(exact)
    choice = sprites.chooser.choose(poses)
    frames = sprites.frames
    nearest = [frames.nearest(xy, seen) for xy, seen in zip(poses.xy, poses.confidence, strict=True)]
    apart = np.abs(np.diff(frames.time[nearest]) - np.diff(poses.time)) > 0.1
    assert 0 < choice.jump.sum() < 0.7 * apart.sum()  # the lookup jumps more
    assert np.nanmean(choice.distance) < 0.15


def test_no_choice_where_nobody_dances(exact: Project, sprites: Sprites, footage: list[Footage]) -> None:
    poses = asked(exact)
    confidence = poses.confidence.copy()
    confidence[20:40] = 0
    poses = poses.with_xy(poses.xy, confidence)
    choice = sprites.chooser.choose(poses)
    assert (choice.frame[20:40] == -1).all() and (choice.frame[[19, 40]] >= 0).all()
    assert not choice.jump[40]  # the dance begins anew, nothing is faded
    steps = list(sprites.dance(poses, boxes_for(poses, footage)).steps(18, 42))
    assert [bool(step.layer.any()) for step in steps] == [True] * 2 + [False] * 20 + [True] * 2


def test_both_sides_of_a_jump_are_faded_as_they_went_on(exact: Project, sprites: Sprites) -> None:
    poses, frames = asked(exact), sprites.frames
    choice = sprites.chooser.choose(poses)
    shown = faded(frames, choice, poses.time)
    at = int(np.flatnonzero(choice.jump)[0])
    assert all(np.isclose(sum(one.share for one in each), 1) for each in shown)
    mixed = [n for n, each in enumerate(shown) if len(each) == 2]
    assert {at - 1, at} <= set(mixed) and len(mixed) <= 4 * choice.jump.sum()
    before, after = shown[at]
    assert after.frame == choice.frame[at] and after.share > 0.5
    assert abs(frames.time[before.frame] - frames.time[choice.frame[at - 1]] - 0.04) < 0.05  # it was filmed next


def test_sprites_are_nearer_the_truth_than_the_nearest_frame(
    exact: Project, sprites: Sprites, footage: list[Footage], puppet_shows: dict[str, Any]
) -> None:
    show = puppet_shows["truth"]
    true, plate = Poses(*show.joints(), show.times, show.size)[::5], footage[0].plate
    real = [next(show.frames(n, n + 1)) for n in range(0, len(show.times), 5)]
    lookup, boxes = Lookup(footage), person_boxes(true)
    made = [composite(plate, *one) for one in sprites.layers(true, boxes_for(true, footage))]
    looked = [lookup.frame(xy, seen, plate, True) for xy, seen in zip(true.xy, true.confidence, strict=True)]

    def error(frames: list[np.ndarray]) -> float:
        pairs = zip(frames, real, boxes, strict=True)
        return float(np.mean([squared_error(a, b)[pixels_in(box, a.shape)].mean() for a, b, box in pairs]))

    assert error(made) < 0.75 * error(looked)


# --- the recipe ------------------------------------------------------------------------------------


def test_sprites_render_in_segments_like_a_generator(brief: Project) -> None:
    folder = brief.dance_folder(brief.dances[0])
    settings = replace(SMALL, size=96)
    events = list(render(brief, settings, RenderSettings(start=0.4, stop=0.8)))
    assert events[0] == Started("render", 24) and any(isinstance(one, Progress) for one in events)
    part = list(read_layers(segments(asked(brief), folder / "render"), 10, 20))
    events = list(render(brief, settings, RenderSettings()))
    assert events[-1] == Done("render", "12 of 36 frames were rendered anew.")
    whole = list(read_layers(segments(asked(brief), folder / "render"), 0, 36))
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(part, whole[10:20], strict=True))
    assert list(render(brief, settings, RenderSettings()))[-1] == Done("render", "Everything was rendered already.")


def test_a_stopped_rendering_goes_on(brief: Project) -> None:
    settings = replace(SMALL, size=96)
    close_at(render(brief, settings, RenderSettings()), 3)
    assert not leftovers(brief.folder)
    list(render(brief, settings, RenderSettings()))
    parts = segments(asked(brief), brief.dance_folder(brief.dances[0]) / "render")
    assert len(list(read_layers(parts, 0, 36))) == 36


@pytest.mark.usefixtures("joints_unmeasured")
def test_the_whole_way_without_a_training(finished: Path, short_clips: Path, tmp_path: Path) -> None:
    clip, videos = tmp_path / "other.mp4", (short_clips / "dance.mp4", short_clips / "person.mp4")
    runs = Project.open(finished).runs
    events = done("transfer", *videos, "-o", clip, "--recipe", "sprites", "--size", "64", "--project", finished)
    assert stages(events) == ["render", "export", "score"]
    assert probe(clip).frames == 30 and read_mark(clip)
    assert Project.open(finished).runs == runs
    rows = {one.name for one in events if isinstance(one, Metric)}
    assert "rendered: person_psnr" in rows and "sprites: person_psnr" not in rows


@pytest.mark.usefixtures("joints_unmeasured")
def test_there_is_nothing_to_train(finished: Path) -> None:
    events = done("train", finished, "--recipe", "sprites", "--size", "64", "--new")
    assert stages(events) == ["score"]
    assert any("nothing to learn" in one for one in notices(events))
    assert stages(done("render", finished, "--to", "0.5")) == ["render"]  # the recipe is kept


def test_sprites_need_no_torch(ready: Project) -> None:
    project = str(ready.folder)
    script = f"""
import sys
from dancetransfer import transfer
from dancetransfer.project import Project
from dancetransfer.settings import ExportSettings, RenderSettings, TrainSettings
project, chosen = Project.open({project!r}), RenderSettings(stop=0.2)
training = TrainSettings(recipe="sprites", size=96)
tasks = transfer.train_tasks(project, training) + transfer.render_tasks(project, training, chosen)
tasks += transfer.export_tasks(project, chosen, ExportSettings(), project.folder / "clip.mp4")
print([type(event).__name__ for event in transfer.chain(tasks)][-1])
sys.exit(int("torch" in sys.modules))
"""
    made = subprocess.run(
        [sys.executable, "-c", script], env=environment(), timeout=120, capture_output=True, text=True
    )
    assert made.returncode == 0 and made.stdout.strip() == "Done", made.stderr


# --- the first preview -----------------------------------------------------------------------------


def test_a_first_preview_shows_the_dance_before_anything_is_learned(ready: Project) -> None:
    folder, fast = ready.dance_folder(ready.dances[0]), TrainSettings(size=96)
    events = list(preview(ready, fast, ready.dances[0].name))
    clip = folder / "sprites.mp4"
    assert events[-1] == Preview("sprites", str(clip)) and events[0] == Started("sprites", FRAMES)
    assert sum(isinstance(one, Done) and str(clip) in one.message for one in events) == 1
    assert probe(clip).frames == FRAMES and probe(clip).audio and read_mark(clip)
    assert np.allclose(frame_times(clip), asked(ready).time, atol=1e-3)
    part = part_of(clip)
    assert part is not None and part == pytest.approx((0.0, 3.0))
    plate = load_footage(ready)[0].plate
    shown = [frame.image.astype(int) for frame in read_frames(clip, 0, 40)][::10]
    assert all(np.abs(image - plate).max() > 8 and np.abs(image - plate).mean() < 40 for image in shown)
    assert not (folder / "render").exists() and (folder / "sprites").is_dir()
    before = clip.read_bytes()
    assert list(preview(ready, fast, None)) == [Preview("sprites", str(clip))]
    assert clip.read_bytes() == before


def test_a_preview_shows_the_part_that_is_used(ready: Project) -> None:
    ready.set_trim(ready.dances[0], (1.0, 2.0))
    list(preview(ready, TrainSettings(size=96), None))
    clip = ready.dance_folder(ready.dances[0]) / "sprites.mp4"
    assert probe(clip).frames == 25
    assert part_of(clip) == pytest.approx((1.0, 2.0))


def test_a_preview_that_fails_stops_nothing(ready: Project) -> None:
    folder = ready.dance_folder(ready.dances[0])
    poses = asked(ready)
    poses.with_xy(poses.xy, 0 * poses.confidence).save(folder / "retarget.npz")
    (notice,) = preview(ready, TrainSettings(size=96), None)
    assert isinstance(notice, Notice) and "Nobody dances" in notice.message and notice.hint
    (ready.clip_folder(ready.clips[0]) / "crops.npy").write_bytes(b"")
    poses.save(folder / "retarget.npz")
    (notice,) = preview(ready, TrainSettings(size=96), None)
    assert isinstance(notice, Notice) and str(ready.log) in notice.hint and "Traceback" in ready.log.read_text()
    assert not (folder / "sprites.mp4").exists() and not leftovers(ready.folder)


def test_a_training_begins_with_a_preview_once(trained: Project, tiny: TrainSettings) -> None:
    name = trained.dances[0].name
    shutil.rmtree(trained.runs[0])
    tasks = transfer.train_tasks(trained, tiny, name)
    events = list(transfer.chain(tasks))
    assert stages(events) == ["sprites", "train"]
    assert next(one.stage for one in events if isinstance(one, Preview)) == "sprites"
    assert stages(list(transfer.chain(transfer.train_tasks(trained, replace(tiny, steps=5), name)))) == ["train"]


# --- poor material ---------------------------------------------------------------------------------


def test_ten_frames_are_too_few(exact: Project) -> None:
    def gone(xy: np.ndarray, confidence: np.ndarray) -> None:
        confidence[10:] = 0

    edited(exact, gone)
    with pytest.raises(UserError, match="only 10 frames") as error:
        list(prepare(exact, SMALL))
    assert error.value.hint


def test_one_still_pose_is_told(brief: Project) -> None:
    def still(xy: np.ndarray, confidence: np.ndarray) -> None:
        xy[:], confidence[:] = xy[:1], confidence[:1]

    settings, begin = replace(SMALL, size=96), RenderSettings(stop=0.1)
    assert not any("hardly moves" in one for one in notices(list(render(brief, settings, begin))))
    edited(brief, still)
    events = list(render(brief, settings, begin))
    notice = next(one for one in events if isinstance(one, Notice))
    assert "hardly moves" in notice.message and notice.hint
