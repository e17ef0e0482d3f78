"""Results against the truth, the nearest-frame lookup, and the stages that score."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from stick_bodies import Camera, waving

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Metric, Notice
from dancetransfer.extract.estimators import Estimate
from dancetransfer.extract.follow import Candidate
from dancetransfer.footage.pairs import TRAIN, Footage, split
from dancetransfer.footage.plate import composite, cut_out
from dancetransfer.pose.crop import follow_boxes
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.space import stand_of
from dancetransfer.project import Project
from dancetransfer.score import score
from dancetransfer.score.lookup import Lookup
from dancetransfer.score.score import (
    PLACED,
    RENDERED,
    SPRITES,
    UNPLACED,
    against_truth,
    compare,
    held_out,
    score_files,
    table,
)
from dancetransfer.sprites.sprites import Sprites
from dancetransfer.storage import write_npz
from dancetransfer.video.read import read_frames
from dancetransfer.video.write import Writer

SIZE = (160, 120)
CAMERA = Camera(120, 1.0, SIZE)


def picture(seed: int = 0, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.random.default_rng(seed).integers(40, 216, (size[1], size[0], 3), np.uint8)


def noisy(frame: np.ndarray, seed: int, deviation: float = 5.0) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, deviation, frame.shape)
    return np.clip(np.rint(frame + noise), 0, 255).astype(np.uint8)


# --- a result against the truth -------------------------------------------------------------------


class Finds:
    """An estimator that knows the answer."""

    name, version = "knows", 1

    def __init__(self, poses: Poses, off: float = 0.0) -> None:
        self.poses, self.off, self.closed, self.restarts = poses, off, False, 0

    def __call__(self, image: np.ndarray, time: float) -> Estimate:
        n = int(np.argmin(np.abs(self.poses.time - time)))
        return Estimate(self.poses.xy[n] + self.off, self.poses.confidence[n])

    def candidates(self, image: np.ndarray) -> list[Candidate]:
        return []

    def restart(self, start: Candidate | None = None) -> None:
        self.restarts += 1

    def close(self) -> None:
        self.closed = True


def test_compare_measures_frames_boxes_and_joints() -> None:
    poses = CAMERA.see(waving(12), np.full(12, 2.5))
    truth = [picture(n) for n in range(12)]
    made = [frame.copy() for frame in truth]
    for frame in made:
        frame[:, :40] = noisy(frame[:, :40], 3)  # far from the person
    knows = Finds(poses, 1.0)
    scores = compare(iter(made), iter(truth), poses, lambda: knows)
    assert scores.frames == 12 and knows.closed and knows.restarts == 1
    assert scores.psnr == pytest.approx(10 * np.log10(255**2 / (25.08 / 4)), abs=0.15)
    assert scores.person_psnr == scores.face_psnr == 100
    assert scores.person_ssim == pytest.approx(1) and scores.ssim is not None and scores.ssim < 1
    assert scores.joint_error is not None and 0 < scores.joint_error < 3 and scores.pck == 1
    assert scores.likeness == scores.face_likeness == 70 and scores.person_temporal == 0
    assert scores.off_plate is None and scores.lpips is None
    turned = poses.xy.copy()
    turned[..., 0] = SIZE[0] - 1 - turned[..., 0]
    behind = compare(iter(made), iter(truth), poses.with_xy(turned))
    assert behind.face_psnr is None and behind.face_ssim is None and behind.joint_error is None


def test_cuts_between_shots_are_no_flicker() -> None:
    poses = CAMERA.see(waving(10), np.full(10, 2.5))
    poses.shot[5:] = 1
    truth = [picture(0)] * 10
    made = [picture(0) + np.uint8(0 if n < 5 else 30) for n in range(10)]
    scores = compare(made, truth, poses)
    assert scores.temporal == 0 and scores.background == 0


def test_frames_that_do_not_match_are_a_mistake() -> None:
    poses = CAMERA.see(waving(4), np.full(4, 2.5))
    frames = [picture(n) for n in range(5)]
    with pytest.raises(ValueError):
        compare(frames[:3], frames[:4], poses)
    with pytest.raises(ValueError, match="poses"):
        compare(frames[:3], frames[:3], poses)
    with pytest.raises(ValueError, match="poses"):
        compare(frames, frames, poses)
    with pytest.raises(ValueError, match="against"):
        compare([frame[:50] for frame in frames[:4]], frames[:4], poses)


def test_the_table_is_aligned_and_says_which_way_is_better() -> None:
    poses = CAMERA.see(waving(4), np.full(4, 2.5))
    row = compare([picture()] * 4, [picture()] * 4, poses)
    lines = table({"rendered": row, "a longer name": row}).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "PSNR dB ↑" in lines[0] and "flicker /255 ↓" in lines[0]
    assert "LPIPS" not in lines[0]  # no row has it
    assert lines[1].startswith("rendered ") and "100.00" in lines[1] and lines[1].endswith("-")


# --- the lookup -----------------------------------------------------------------------------------


def draw(poses: Poses, n: int, plate: np.ndarray) -> np.ndarray:
    """A frame: every body joint is a bright patch on the plate."""
    frame = plate.copy()
    for joint in range(23):
        x, y = np.rint(poses.xy[n, joint]).astype(int)
        frame[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3] = 255 - 5 * joint
    return frame


def footage_of(poses: Poses, plate: np.ndarray, name: str = "001") -> Footage:
    """What `prepare` would make of a person of patches, at the frame's own resolution."""
    boxes = np.rint(follow_boxes(poses, 0.75))
    tall = np.ceil((boxes[:, 3] - boxes[:, 1]).max() / 4) * 4
    boxes[:, 3], boxes[:, 2] = boxes[:, 1] + tall, boxes[:, 0] + 0.75 * tall
    size = int(0.75 * tall), int(tall)
    crops = []
    for n, box in enumerate(boxes):
        frame = draw(poses, n, plate)
        mask = ((frame != plate).any(-1) * 255).astype(np.uint8)
        crops.append(cut_out(np.dstack([frame, mask]), box, size))
    return Footage(name, np.stack(crops), boxes, np.arange(len(poses)), poses, plate, split(poses.time))


@pytest.fixture(scope="module")
def footage() -> list[Footage]:
    way = np.arange(100) / 10
    first = CAMERA.see(waving(100), 2.6 + 0.3 * np.sin(way), x=0.3 * np.sin(0.7 * way), fps=10)
    second = CAMERA.see(waving(100)[::-1], 3.4 + 0.2 * np.cos(way), fps=10)
    return [footage_of(first, picture(1)), footage_of(second, picture(2), "002")]


def test_a_training_pose_finds_its_own_frame_and_brings_it_back(footage: list[Footage]) -> None:
    lookup = Lookup(footage)
    for number, clip in enumerate(footage):
        at = np.flatnonzero(clip.part == TRAIN)[[3, 20, -4]]
        for n in at:
            xy, confidence = clip.poses.xy[n], clip.poses.confidence[n]
            assert lookup.nearest(xy, confidence) == (number, n)
            for placed in (True, False):
                frame = lookup.frame(xy, confidence, clip.plate, placed)
                np.testing.assert_array_equal(frame, draw(clip.poses, n, clip.plate))


def test_held_out_frames_are_never_looked_up(footage: list[Footage]) -> None:
    lookup = Lookup(footage)
    for n in np.flatnonzero(footage[0].part != TRAIN):
        number, position = lookup.nearest(footage[0].poses.xy[n], footage[0].poses.confidence[n])
        assert footage[number].part[position] == TRAIN


def test_the_nearest_frame_does_not_depend_on_size_and_place(footage: list[Footage]) -> None:
    clip, lookup = footage[0], Lookup(footage)
    n = int(np.flatnonzero(clip.part == TRAIN)[10])
    xy = 1.7 * clip.poses.xy[n] + (300, -40)
    assert lookup.nearest(xy, clip.poses.confidence[n]) == (0, n)
    few = np.where(np.isin(np.arange(133), [5, 6, 11, 12, 7, 9]), clip.poses.confidence[n], 0)
    number, position = lookup.nearest(xy, few)  # any frame that holds the arm like this
    arms = [poses.xy[at, 9] - poses.xy[at, 7] for poses, at in ((clip.poses, n), (footage[number].poses, position))]
    arms = [arm / np.linalg.norm(arm) for arm in arms]
    assert np.dot(*arms) > 0.999


def test_placed_moves_the_person_to_the_asked_pelvis_and_floor(footage: list[Footage]) -> None:
    clip, lookup = footage[0], Lookup(footage)
    n = int(np.flatnonzero(clip.part == TRAIN)[10])
    stand = stand_of(clip.poses.xy[n : n + 1], clip.poses.confidence[n : n + 1])
    old, new = np.array([stand.pelvis[0, 0], stand.floor[0]]), np.array([150.0, 170.0])
    xy = (1.5 * (clip.poses.xy[n] - old) + new).astype(np.float32)
    plate = np.zeros((200, 300, 3), np.uint8)
    placed = lookup.frame(xy, clip.poses.confidence[n], plate, True)
    rows, columns = np.nonzero(placed[..., 0] > 128)
    assert columns.mean() == pytest.approx(xy[:23, 0].mean(), abs=2)
    assert rows.max() == pytest.approx(170 + 1.5 * 2.5, abs=1.5)  # half a patch below the foot
    assert rows.min() == pytest.approx(xy[1, 1] - 1.5 * 2.5, abs=2)
    unplaced = lookup.frame(xy, clip.poses.confidence[n], plate, False)
    np.testing.assert_array_equal(unplaced, composite(plate, clip.crops[n], clip.boxes[n]))


def test_nobody_asked_is_the_plate_and_no_footage_is_said(footage: list[Footage]) -> None:
    nothing = Lookup(footage).frame(np.full((133, 2), np.nan), np.zeros(133), picture(), True)
    np.testing.assert_array_equal(nothing, picture())
    with pytest.raises(UserError, match="no frame of the person"):
        Lookup([])


# --- the stages -----------------------------------------------------------------------------------


class Copies:
    """A dancer that returns the crops it was asked to draw, a little too bright."""

    def __init__(self, footage: list[Footage], brighter: int) -> None:
        self.footage, self.brighter = footage, brighter

    def layers(self, poses: Poses, boxes: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        for xy, box in zip(poses.xy, boxes, strict=True):
            clip = next(one for one in self.footage if (one.poses.xy[:, 0] == xy[0]).all(-1).any())
            layer = clip.crops[int(np.argmax((clip.poses.xy[:, 0] == xy[0]).all(-1)))].copy()
            layer[..., 2] += np.uint8(self.brighter)
            yield layer, box


def project_of(tmp_path: Path, footage: list[Footage]) -> Project:
    project = Project.create(tmp_path / "my.dance")
    for clip in footage:
        video = tmp_path / f"{clip.name}.mp4"
        with Writer(video, SIZE, fps=10) as writer:
            for n in range(len(clip.poses)):
                writer.write(draw(clip.poses, n, clip.plate), n / 10)
        folder = project.clip_folder(project.add_clip(video))
        clip.poses.save(folder / "track.npz")
        np.save(folder / "crops.npy", clip.crops)
        np.save(folder / "plate.npy", clip.plate)
        write_npz(folder / "boxes.npz", index=clip.index, boxes=clip.boxes)
    return project


def soft(footage: list[Footage], frames: int = 100) -> list[Footage]:
    """The same before flat walls, which a video file keeps as they are."""
    return [footage_of(clip.poses[:frames], np.full((120, 160, 3), 90, np.uint8), clip.name) for clip in footage]


def test_the_report_part_is_scored_beside_the_lookup(footage: list[Footage], tmp_path: Path) -> None:
    clips = soft(footage)
    project = project_of(tmp_path, clips)
    events = list(held_out(project, Copies(clips, 0), estimator=None))
    assert not any(isinstance(one, Notice) for one in events)
    written = json.loads((project.person / "scores.json").read_text())
    frames = sum(int((clip.part == 2).sum()) for clip in clips)
    assert written["part"] == "report" and written["frames"] == frames > 10
    rows = written["rows"]
    assert list(rows) == [RENDERED, SPRITES, PLACED, UNPLACED]
    dbs = [rows[name]["person_psnr"] for name in (RENDERED, PLACED, UNPLACED)]
    assert dbs[0] > 35 and dbs[0] > dbs[1] + 5 and dbs[1] > dbs[2]
    assert rows[RENDERED]["background"] == 0 and rows[RENDERED]["off_plate"] == 0
    likes = [rows[name]["likeness"] for name in (RENDERED, PLACED, UNPLACED)]
    assert likes[0] > likes[1] > likes[2]
    values = {one.name: one.value for one in events if isinstance(one, Metric)}
    assert values["rendered: psnr"] == pytest.approx(rows[RENDERED]["psnr"], abs=1e-4)
    assert isinstance(events[-1], Done) and "lookup placed" in events[-1].message


def test_sprites_that_a_generator_mixes_in_are_looked_through_once(
    footage: list[Footage], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clips = soft(footage[:1], 45)
    project = project_of(tmp_path, clips)
    own = Sprites(clips, TRAIN)
    monkeypatch.setattr(score, "Sprites", None)  # whoever makes others fails
    list(held_out(project, Copies(clips, 0), None, own))
    written = json.loads((project.person / "scores.json").read_text())
    assert SPRITES in written["rows"]


def test_each_held_out_frame_tells_how_like_the_person_it_is(footage: list[Footage], tmp_path: Path) -> None:
    clips = soft(footage)
    project = project_of(tmp_path, clips)
    list(held_out(project, Copies(clips, 0), estimator=None))
    likeness = json.loads((project.person / "scores.json").read_text())["rows"][RENDERED]["person_ssim"]
    found = []
    for media, clip in zip(project.clips, clips, strict=True):
        with np.load(project.clip_folder(media) / "scores.npz") as data:
            assert np.allclose(data["time"], clip.poses.time[clip.part == 2])
            found += list(data["quality"])
    assert np.mean(found) == pytest.approx(likeness, abs=1e-4)


def test_a_short_clip_is_scored_on_its_choose_part_and_says_so(footage: list[Footage], tmp_path: Path) -> None:
    clips = soft(footage[:1], 45)
    events = list(held_out(project_of(tmp_path, clips), Copies(clips, 0), estimator=None))
    assert any(isinstance(one, Notice) and "a little too good" in one.message for one in events)
    assert isinstance(events[-1], Done)
    tiny = soft(footage[:1], 20)
    (tmp_path / "tiny").mkdir()
    events = list(held_out(project_of(tmp_path / "tiny", tiny), Copies(tiny, 0), estimator=None))
    assert len(events) == 1 and "too short" in events[0].message  # type: ignore[union-attr]


def test_a_rendered_dance_is_scored_against_a_true_clip(footage: list[Footage]) -> None:
    clip = footage[0]
    truth = [draw(clip.poses, n, clip.plate) for n in range(30, 50)]
    rows = against_truth(iter(truth), lambda: truth, clip.poses[30:50], footage, clip.plate, estimator=None)
    assert rows[RENDERED].psnr == 100 and rows[RENDERED].frames == 20
    assert rows[PLACED].psnr == 100  # training poses come back as they were
    assert asdict(rows[UNPLACED])["background"] == 0
    knows = Finds(clip.poses)
    again = against_truth(
        iter(truth), lambda: iter(truth), clip.poses[30:50], footage, clip.plate, estimator=lambda: knows
    )
    assert again[RENDERED].psnr == 100 and all(row.joint_error == 0 for row in again.values())
    assert knows.restarts == 3 and knows.closed  # one for all results: each would take 200 MB


def run(events: Iterator[Event]) -> tuple[list[Event], object]:
    """The events of a generator, and its value."""
    seen = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as stop:
            return seen, stop.value


@pytest.fixture(scope="module")
def short(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Twelve frames of a real clip, the same at half the rate, and the same in another size."""
    folder = tmp_path_factory.mktemp("score")
    paths = folder / "truth.mp4", folder / "half.mp4", folder / "large.mp4"
    sizes, steps = ((480, 270), (480, 270), (640, 360)), (1, 2, 1)
    for path, size, step in zip(paths, sizes, steps, strict=True):
        with Writer(path, size, fps=24 / step) as writer:
            for frame in read_frames(clips / "squat_front.mp4", 0, 12, size=size):
                if frame.index % step == 0:
                    writer.write(frame.image, frame.time)
    return paths


def test_two_files_are_scored(short: tuple[Path, Path, Path]) -> None:
    truth, half, large = short
    events, scores = run(score_files(truth, truth))
    assert scores.psnr == 100 and scores.ssim == pytest.approx(1) and scores.frames == 12  # type: ignore[attr-defined]
    assert scores.joint_error == 0 and scores.missed == 0 and scores.temporal == 0  # type: ignore[attr-defined]
    assert isinstance(events[-1], Done) and "truth.mp4" in events[-1].message
    events, scores = run(score_files(half, truth))
    notices = [one.message for one in events if isinstance(one, Notice)]
    assert "6 frames" in notices[0] and "12" in notices[0]
    assert 20 < scores.psnr < 60  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="640 x 360"):
        run(score_files(large, truth))


def test_clips_of_different_lengths_do_not_belong_together(short: tuple[Path, Path, Path], tmp_path: Path) -> None:
    long = tmp_path / "long.mp4"
    with Writer(long, (480, 270), fps=24) as writer:
        for n in range(40):
            writer.write(np.zeros((270, 480, 3), np.uint8), n / 24)
    for pair in ((long, short[0]), (short[0], long)):
        with pytest.raises(UserError, match="lasts"):
            run(score_files(*pair))
