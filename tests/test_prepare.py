"""The person's clips as training material: crops, masks, plates, and what is held out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from cameras import camera, filmed, leant
from learning import CPU, EDN, SMALL, edited, metrics, notices, steps
from stages import close_at, leftovers

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Started
from dancetransfer.footage.flicker import relit
from dancetransfer.footage.mattes import BACKGROUND, PERSON, UNSURE
from dancetransfer.footage.pairs import CHOOSE, REPORT, Footage, load_footage, plan_of, prepare
from dancetransfer.footage.plate import cut_out
from dancetransfer.learn import runs
from dancetransfer.learn.dancer import load_dancer
from dancetransfer.learn.train import train
from dancetransfer.pose import poses as p
from dancetransfer.pose.crop import into_crop
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steady import steady_clip
from dancetransfer.project import Project
from dancetransfer.storage import Results
from dancetransfer.video.read import read_frames
from dancetransfer.video.write import Writer


def test_crops_masks_and_poses_belong_to_their_frames(exact: Project, puppet_shows: dict[str, Any]) -> None:
    """Also where the person is missing for a while: the crop's index tells its frame."""

    def hide(xy: np.ndarray, confidence: np.ndarray) -> None:
        xy[20:32], confidence[20:32] = np.nan, 0

    edited(exact, hide)
    settings = replace(SMALL, size=64)
    events = list(prepare(exact, settings))
    assert isinstance(events[0], Started) and isinstance(events[-1], Done)
    (clip,) = load_footage(exact)
    assert clip.index.tolist() == [*range(20), *range(32, 150)]
    assert len(clip.crops) == len(clip.boxes) == len(clip.poses) == 138
    truth = puppet_shows["person"]
    np.testing.assert_array_equal(clip.poses.xy, truth.joints()[0][clip.index])
    for at in (0, 19, 20, 137):
        frame = next(read_frames(exact.clips[0].path(), int(clip.index[at]), int(clip.index[at]) + 1)).image
        size = clip.crops.shape[2], clip.crops.shape[1]
        assert clip.light is not None  # the built-in rooms' light drifts by some percent
        seen = relit(cut_out(frame, clip.boxes[at], size), clip.light[at])
        np.testing.assert_array_equal(clip.crops[at][..., :3], seen)
        mask = next(truth.masks(int(clip.index[at]), int(clip.index[at]) + 1))
        wanted, found = cut_out(mask, clip.boxes[at], size), clip.crops[at][..., 3]
        assert set(np.unique(found)) == {BACKGROUND, UNSURE, PERSON}
        sure = found != UNSURE
        assert sure.mean() > 0.8 and np.abs(found[sure].astype(int) - wanted[sure]).mean() < 2
    inside = into_crop(clip.poses, clip.boxes, (clip.crops.shape[2], clip.crops.shape[1]))
    for hip in (p.LEFT_HIP, p.RIGHT_HIP):
        x, y = np.rint(inside.xy[:, hip]).astype(int).T
        assert (clip.crops[np.arange(138), y, x, 3] > 128).mean() > 0.98
    assert list(prepare(exact, settings)) == []  # it is all there


def test_frames_that_may_show_somebody_else_are_not_learned_from(exact: Project) -> None:
    folder = exact.clip_folder(exact.clips[0])
    track = Poses.load(folder / "track.npz")
    doubt = np.zeros(len(track), bool)
    doubt[40:60] = True
    replace(track, uncertain=doubt).save(folder / "track.npz")
    Results(folder).note("track.npz", "doubtful")
    list(prepare(exact, replace(SMALL, size=64)))
    (clip,) = load_footage(exact)
    assert clip.index.tolist() == [*range(40), *range(60, 150)] and len(clip.crops) == 130


def test_the_plate_is_the_empty_room_within_noise(small: Project, puppet_shows: dict[str, Any]) -> None:
    """Mean error 1.6 of 255; on the wall 0.9 (the light drifts by 3 %). On the floor a shadow stays."""
    error = np.abs(load_footage(small)[0].plate.astype(int) - puppet_shows["person"].plate())
    assert error.mean() < 2.5 and error[:190].mean() < 1.5 and np.percentile(error[:190], 99) < 8
    assert small.clip_folder(small.clips[0]).joinpath("plate.png").stat().st_size > 1000


@pytest.mark.parametrize("count", [1, 6, 15])
def test_preparing_can_be_stopped_anywhere(exact: Project, prepared: Path, count: int) -> None:
    assert len(close_at(prepare(exact, SMALL), count)) == count
    assert not leftovers(exact.folder)
    list(prepare(exact, SMALL))
    whole, stopped = load_footage(Project.open(prepared))[0], load_footage(exact)[0]
    for name in ("crops", "boxes", "index", "plate", "part"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(stopped, name))


def test_too_little_of_the_person_is_said_before_any_work(exact: Project) -> None:
    def hide(xy: np.ndarray, confidence: np.ndarray) -> None:
        confidence[59:] = 0

    edited(exact, hide)
    with pytest.raises(UserError, match="only 59 frames; at least 60"):
        list(prepare(exact, SMALL))
    with pytest.raises(UserError, match="no video of the person"):
        list(prepare(Project.create(exact.folder.parent / "empty.dance"), SMALL))


def test_a_clip_too_short_to_hold_out_a_report_is_said(exact: Project) -> None:
    assert "too short to hold out" in notices(list(prepare(exact, SMALL)))[0]
    parts = load_footage(exact)[0].part
    assert (parts == CHOOSE).sum() == 25 and not (parts == REPORT).any()


def test_a_video_that_lost_its_end_is_said(exact: Project) -> None:
    clip = exact.clips[0].path()
    shorter = exact.folder.parent / "person.mp4"
    with Writer(shorter, (256, 256), fps=25, mark=False) as writer:
        for frame in read_frames(clip, 0, 100):
            writer.write(frame.image, frame.time)
    exact._data["clips"][0]["file"] = str(shorter)
    with pytest.raises(UserError, match="is shorter than it was"):
        list(prepare(exact, SMALL))
    assert not leftovers(exact.folder)


def second_clip(project: Project, size: tuple[int, int] = (320, 200), count: int = 80) -> None:
    """More footage of the person: the first frames at another size, wider, partly out of the picture."""
    first, folder = project.clips[0], project.folder.parent
    video = folder / "more.mp4"
    stretch, shift = np.array([size[0] / 256, size[1] / 256]), np.array([90.0, 0.0])
    matrix = np.array([[stretch[0], 0, shift[0]], [0, stretch[1], shift[1]]])
    with Writer(video, size, fps=25, mark=False) as writer:
        for frame in read_frames(first.path(), 0, count):
            writer.write(cv2.warpAffine(frame.image, matrix, size, borderMode=cv2.BORDER_REPLICATE), frame.time)
    clip = project.add_clip(video)
    project.save()
    old, new = project.clip_folder(first), project.clip_folder(clip)
    new.mkdir(parents=True)
    track = Poses.load(old / "track.npz")[:count]
    track = replace(track.with_xy(track.xy * stretch + shift), size=size)
    track.save(new / "track.npz")
    Results(new).note("track.npz", "more")
    from dancetransfer.extract.masks import MaskWriter, read_masks

    with MaskWriter(new / "masks.npz", size) as writer, read_masks(old / "masks.npz") as masks:
        for n in range(count):
            writer.add(cv2.warpAffine(masks[n], matrix, size))


def looked(project: Project) -> Footage:
    """The first clip made ready after its camera was looked at."""
    clip = project.clips[0]
    list(steady_clip(clip.path(), project.clip_folder(clip)))
    list(prepare(project, replace(SMALL, size=128)))
    return load_footage(project)[0]


def test_what_a_leant_phone_films_stands_still(exact: Project, puppet_shows: dict[str, Any]) -> None:
    """The plate is the empty room as one frame shows it, and behind the person the crops show the plate."""
    way = leant(75)
    filmed(exact, way)
    clip = looked(exact)
    assert clip.way is not None and clip.backs is None and len(clip.index) == 75
    size = clip.crops.shape[2], clip.crops.shape[1]
    placed = np.median(np.stack([np.vstack([p, [0, 0, 1]]) @ np.vstack([w, [0, 0, 1]])
                                 for p, w in zip(clip.way, way[clip.index], strict=True)]), 0)  # fmt: skip
    room = cv2.warpAffine(puppet_shows["person"].plate(), placed[:2], (256, 256), borderMode=cv2.BORDER_REPLICATE)
    inner = np.s_[12:190, 12:244]
    assert np.abs(clip.plate.astype(float) - room)[inner].mean() < 1.6  # 1.34, as with a still camera
    apart = []
    for n in range(0, 75, 6):
        empty = clip.crops[n][..., 3] == BACKGROUND
        apart.append(np.abs(clip.crops[n][..., :3].astype(float) - clip.backdrop(n, size))[empty].mean())
    assert max(apart) < 3.5
    frame = next(read_frames(exact.clips[0].path(), 30, 31)).image
    again = cut_out(clip.as_learned(30, frame), clip.boxes[30], size)
    assert np.abs(again.astype(float) - clip.crops[30][..., :3])[20:-20, 20:-20].mean() < 1.5
    joints = into_crop(clip.poses, clip.boxes, size)
    x, y = np.rint(joints.xy[:, p.LEFT_HIP]).astype(int).T
    assert (clip.crops[np.arange(75), y, x, 3] > 120).mean() > 0.98


def test_each_crop_of_a_moving_camera_keeps_what_was_behind_it(exact: Project) -> None:
    filmed(exact, camera(np.stack([1.2 * np.arange(75) - 45, np.zeros(75)], 1)))
    clip = looked(exact)
    assert clip.way is None and clip.backs is not None and isinstance(clip.backs, np.memmap)
    assert clip.backs.shape == (75, *clip.crops.shape[1:3], 3) and clip.plate.shape == (256, 256, 3)
    size = clip.crops.shape[2], clip.crops.shape[1]
    for n in (0, 40, 74):
        behind, empty = clip.backdrop(n, size), clip.crops[n][..., 3] == BACKGROUND
        real = clip.crops[n][..., :3]
        assert np.abs(behind.astype(float) - real)[empty].mean() < 1.5
        assert np.abs(behind.astype(float) - real)[clip.crops[n][..., 3] == PERSON].mean() > 15
        assert clip.backdrop(n, (40, 40)).shape == (40, 40, 3)
    assert np.abs(clip.backdrop(0, size).astype(float) - cut_out(clip.plate, clip.boxes[0], size)).mean() > 4
    assert list(prepare(exact, replace(SMALL, size=128))) == []
    with np.load(exact.clip_folder(exact.clips[0]) / "steady.npz") as data:
        assert str(data["verdict"]) == "moving"


def test_whole_frames_of_a_moving_camera_are_learned_as_they_are(exact: Project) -> None:
    filmed(exact, camera(np.stack([1.2 * np.arange(75) - 45, np.zeros(75)], 1)))
    clip = exact.clips[0]
    list(steady_clip(clip.path(), exact.clip_folder(clip)))
    list(prepare(exact, EDN))
    (made,) = load_footage(exact)
    frame = next(read_frames(clip.path(), 10, 11)).image
    np.testing.assert_array_equal(made.crops[10][..., :3], cut_out(frame, made.boxes[10], (64, 32)))
    assert made.backs is None and made.light is None


def test_flicker_is_evened_out_and_said(exact: Project) -> None:
    lamp = 1 + 0.05 * np.sin(2.1 * np.arange(75))
    filmed(exact, camera(np.zeros((75, 2))), lambda n, image: (image * lamp[n]).clip(0, 255).astype(np.uint8))
    said = notices(list(prepare(exact, replace(SMALL, size=128))))
    assert "changes by" in said[0] and "evened out" in said[0]
    (clip,) = load_footage(exact)
    size = clip.crops.shape[2], clip.crops.shape[1]
    change = []
    for n in range(75):
        empty = clip.crops[n][..., 3] == BACKGROUND
        change.append((clip.crops[n][..., :3].astype(float) - clip.backdrop(n, size))[empty].mean())
    assert np.std(change) < 0.4  # 0.14


def test_the_shadow_on_the_floor_is_the_pictures_to_decide(exact: Project, puppet_shows: dict[str, Any]) -> None:
    """What of it is not in the plate is no person and not surely background, and it lies within the crop.

    This person hardly leaves the place, so most of the shadow lies on the same floor all the time.
    """
    list(prepare(exact, replace(SMALL, size=128)))
    (clip,) = load_footage(exact)
    size = clip.crops.shape[2], clip.crops.shape[1]
    show = puppet_shows["person"]
    found, within = [], []
    for n in range(0, len(clip.index), 10):
        number = int(clip.index[n])
        dark = 255 * (1 - show.room.shadow(show._shapes(show.times[number]), show.camera, show.size))
        dark[next(show.masks(number, number + 1)) > 20] = 0
        inside = cut_out(dark.astype(np.uint8), clip.boxes[n], size, None, cv2.BORDER_CONSTANT) > 40
        darker = clip.backdrop(n, size).astype(int) - clip.crops[n][..., :3] > 12
        found.append(clip.crops[n][..., 3][inside & darker.all(-1)])
        left, top, right, bottom = np.rint(clip.boxes[n]).astype(int).clip(0, 256)
        within.append(dark[top:bottom, left:right].sum() / dark.sum())
        assert not (clip.crops[n][..., 3][inside] == PERSON).any()
    shadow = np.concatenate(found)
    assert len(shadow) > 20 and (shadow == UNSURE).mean() > 0.3
    assert np.mean(within) > 0.9


def test_more_footage_of_another_size_is_learned_from_in_the_same_training(small: Project) -> None:
    """Each clip has its own plate and boxes; a wider crop is no reason to begin anew."""
    settings = replace(SMALL, size=64)
    list(prepare(small, settings))
    list(train(small, steps(3, settings)))
    before = plan_of(settings, {"001": load_footage(small)[0].poses})
    second_clip(small)
    list(prepare(small, settings))
    first, second = load_footage(small)
    assert first.plate.shape == (256, 256, 3) and second.plate.shape == (200, 320, 3)
    assert first.crops.shape[1:] == second.crops.shape[1:]
    assert second.crops.shape[2] > before.size[0]  # the second clip needs a wider crop
    assert (second.boxes[:, 2] > 320).any()  # and leaves the picture
    assert (second.crops[:, :, -1, 3][second.boxes[:, 2] > 330] == 0).all()  # where no mask is

    events = list(train(small, steps(6, settings)))
    assert [run.name for run in small.runs] == ["001"]
    assert "earlier poses or footage" in notices(events)[0]
    about = runs.read_run(small.runs[0])
    assert about is not None and about["earlier"]
    assert metrics(small.runs[0])[-1]["step"] == 6
    wide = load_dancer(small.runs[0] / "best.safetensors", CPU).plan
    assert wide.size == (second.crops.shape[2], 64) != before.size
    assert runs.learned(small, small.runs[0])
