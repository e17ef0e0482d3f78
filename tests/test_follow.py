"""One person is followed: through crossings and hidings, from any moment on, and doubt is told."""

from pathlib import Path

import numpy as np
import pytest
from stage_of_two import SIZE, Doll, DollEstimator, crossing_puppets

from dancetransfer.cli.parser import main
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Notice
from dancetransfer.extract import looks
from dancetransfer.extract.extract import extract
from dancetransfer.extract.follow import Wish
from dancetransfer.extract.identity import Bodies, Follower, uncertain
from dancetransfer.extract.listing import list_people
from dancetransfer.extract.people import Guide
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.video.read import frame_times, probe, read_frames
from dancetransfer.video.write import Writer

FPS = 25
RED, BLUE, GREEN, SAND = (200, 40, 40), (40, 60, 200), (50, 160, 60), (190, 170, 120)


def walk(start: float, stop: float, frames: int, radius: float = 60) -> np.ndarray:
    x = np.linspace(start, stop, frames)
    return np.column_stack([x, np.full(frames, 90.0), np.full(frames, radius)])


def follow(estimator: DollEstimator, guide: Guide, times: np.ndarray, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Hips [T,2] of whom the follower finds, NaN: nobody; and where it is uncertain [T]."""
    follower = Follower(estimator, guide, first)
    hips, radius = np.full((len(times), 2), np.nan), np.full(len(times), np.nan)
    seen, doubt = np.full((len(times), 6), np.nan), np.zeros(len(times), bool)
    for frame in range(first, len(times)):
        image = estimator.image(frame)
        found = follower(image, float(times[frame]), frame)
        doubt[frame] = found.doubt
        if found.estimate.region is not None:
            hips[frame] = found.estimate.xy[[11, 12]].mean(0)
            radius[frame] = found.estimate.region.radius
            seen[frame] = looks.of_joints(image, found.estimate.xy)
    return hips, uncertain(Bodies(hips, radius, seen, doubt), guide)


def others_frames(hips: np.ndarray, own: np.ndarray, other: np.ndarray) -> np.ndarray:
    """bool [T]: the joints are nearer to the other person."""
    with np.errstate(invalid="ignore"):
        return np.hypot(*(hips - own).T) > np.hypot(*(hips - other).T)


# --- with dolls -----------------------------------------------------------------------------------


@pytest.mark.parametrize("followed", [0, 1])
@pytest.mark.parametrize("clothes", ["different", "alike"])
def test_a_crossing_is_never_a_silent_jump(followed: int, clothes: str) -> None:
    frames = 75
    dress = (RED, BLUE) if clothes == "different" else (GREEN, SAND)
    dolls = [Doll(walk(40, 280, frames), GREEN, SAND), Doll(walk(280, 40, frames, 66), *dress)]
    estimator, times = DollEstimator(dolls, frames), np.arange(frames) / FPS
    hips, doubt = follow(estimator, estimator.guide(times, anchor=(2, dolls[followed])), times)
    own, other = dolls[followed].path[:, :2], dolls[1 - followed].path[:, :2]
    wrong = others_frames(hips, own, other)
    assert not (wrong & ~doubt).any()
    assert not doubt[:20].any()
    if clothes == "different":  # taken up again behind the other, and sure of it
        assert not wrong[-15:].any()
        assert np.isfinite(hips[-15:]).all()
        assert not doubt[-5:].any()


def test_who_walks_out_is_not_replaced_and_is_known_again() -> None:
    frames = 150
    away = np.concatenate([walk(160, 400, 40), walk(400, 400, 70), walk(400, 200, 40)])
    dolls = [Doll(away, RED, BLUE), Doll(walk(60, 60, frames), GREEN, SAND)]
    estimator, times = DollEstimator(dolls, frames), np.arange(frames) / FPS
    hips, doubt = follow(estimator, estimator.guide(times, anchor=(2, dolls[0])), times)
    outside = ~((away[:, 0] >= 0) & (away[:, 0] < SIZE[0]))
    assert np.isnan(hips[outside]).all()
    assert np.isfinite(hips[-15:]).all()
    assert not others_frames(hips, away[:, :2], dolls[1].path[:, :2]).any()
    assert not doubt[-5:].any()


def test_who_is_chosen_late_is_followed_from_the_beginning() -> None:
    frames = 75
    dolls = [Doll(walk(40, 280, frames), GREEN, SAND), Doll(walk(280, 40, frames, 66), RED, BLUE)]
    estimator, times = DollEstimator(dolls, frames), np.arange(frames) / FPS
    guide = estimator.guide(times, anchor=(70, dolls[0]))
    hips, doubt = follow(estimator, guide, times)
    wrong = others_frames(hips, dolls[0].path[:, :2], dolls[1].path[:, :2])
    assert not (wrong & ~doubt).any()
    assert not wrong[:25].any()
    # A part that begins in the middle finds the same person.
    half, _ = follow(estimator, guide, times, 50)
    np.testing.assert_array_equal(half[60:], hips[60:])


def test_without_a_choice_the_most_prominent_of_the_whole_clip_is_followed() -> None:
    frames = 100
    first = walk(60, 60, frames, 80)
    first[15:, 0] = -500  # large and there at first, then gone
    dolls = [Doll(first, RED, BLUE), Doll(walk(220, 180, frames, 60), GREEN, SAND)]
    estimator, times = DollEstimator(dolls, frames), np.arange(frames) / FPS
    hips, doubt = follow(estimator, estimator.guide(times), times)
    assert np.abs(hips - dolls[1].path[:, :2]).max() < 1
    assert not doubt.any()


def test_a_cut_ends_what_motion_tells() -> None:
    frames = 80
    path = walk(60, 80, frames)
    path[40:, 0] += 180
    other = walk(240, 250, frames)
    other[40:, 0] -= 180
    dolls = [Doll(path, RED, BLUE), Doll(other, GREEN, SAND)]
    estimator, times = DollEstimator(dolls, frames), np.arange(frames) / FPS
    guide = estimator.guide(times, anchor=(2, dolls[0]))
    follower = Follower(estimator, guide, 0)
    for frame in range(frames):
        image = estimator.image(frame)
        if frame == 40:
            follower.cut()
        found = follower(image, float(times[frame]), frame)
        assert np.abs(found.estimate.xy[[11, 12]].mean(0) - path[frame, :2]).max() < 1


# --- words and the project ------------------------------------------------------------------------


def test_choices_are_read_and_refused_in_words() -> None:
    assert Wish.parse("") == Wish()
    assert Wish.parse("person 3") == Wish(3)
    assert Wish.parse("at 312,200@2.5") == Wish(0, (312, 200), 2.5)
    assert Wish.parse("at 312,200@1:02.5").seconds == 62.5
    assert Wish.parse("at 312.5,200").seconds == 0
    for words in ("person 0", "person x", "at 3", "at a,b@1", "at 1,2@-1", "at nan,2", "who"):
        with pytest.raises(UserError) as caught:
            Wish.parse(words)
        assert "--list" in caught.value.hint


def test_a_project_keeps_the_choice_and_opens_without_one(tmp_path: Path) -> None:
    video = tmp_path / "a.mp4"
    video.write_bytes(b"not looked into here")
    project = Project.create(tmp_path / "x.dance")
    media = project.add_dance(video)
    assert media.follow == ""
    project.set_follow(media, "at 3,4@1")
    project.save()
    again = Project.open(tmp_path / "x.dance")
    assert again.dances[0].follow == "at 3,4@1"
    assert again.add_dance(video).follow == "at 3,4@1"
    text = (tmp_path / "x.dance" / "project.json").read_text(encoding="utf-8")
    (tmp_path / "x.dance" / "project.json").write_text(text.replace('"follow"', '"older"'), encoding="utf-8")
    older = Project.open(tmp_path / "x.dance")
    assert older.dances[0].follow == ""
    older.remove(older.dances[0])
    assert not older.dances


# --- with the real estimator ----------------------------------------------------------------------


def found(video: Path, folder: Path, choice: str, workers: int = 1) -> tuple[Poses, str]:
    """The poses, and what was told."""
    events = list(extract(video, folder, masks=False, proxy=False, workers=workers, follow=choice))
    told = " ".join(event.message for event in events if isinstance(event, Notice))
    return Poses.load(folder / "poses.npz"), told


def hips_of(poses: Poses) -> np.ndarray:
    return poses.xy[:, [11, 12]].mean(1)


def test_two_dancers_who_cross_are_told_apart(tmp_path: Path) -> None:
    truth = crossing_puppets(tmp_path / "two.mp4", 36, 15)
    for own, other in ((0, 1), (1, 0)):
        x, y = truth[own][3] + (0, -25)
        poses, told = found(tmp_path / "two.mp4", tmp_path / str(own), f"at {x:.0f},{y:.0f}@0.12")
        assert poses.uncertain is not None
        wrong = others_frames(hips_of(poses), truth[own], truth[other])
        assert not (wrong & ~poses.uncertain).any()
        assert not wrong[-5:].any()
        assert poses.present[-5:].all()
        assert not poses.uncertain.any() or "Check the dancer at 0:0" in told


def small(clip: Path, path: Path, height: int = 360, stop: int | None = None) -> tuple[Path, float]:
    """Every other frame of a clip made smaller, and how many of its pixels are one of the original's."""
    info = probe(clip)
    size = (round(info.width * height / info.height / 2) * 2, height)
    with Writer(path, size, fps=info.fps / 2, mark=False) as writer:
        for frame in read_frames(clip, 0, stop, size=size):
            if frame.index % 2 == 0:
                writer.write(frame.image, frame.time)
    return path, height / info.height


def test_men_who_cross_before_a_moving_camera(clips: Path, tmp_path: Path) -> None:
    video, _ = small(clips / "two_crossing.mp4", tmp_path / "crossing.mp4")
    poses, told = found(video, tmp_path / "out", "at 407,140")
    hips = hips_of(poses)[:, 0]
    assert poses.uncertain is not None
    late = np.arange(len(poses)) >= 28  # from here on he is in the left half, and the other in the right one
    assert poses.uncertain[late & (hips > 320)].all()
    assert (hips[-5:] < 320).all()
    assert not poses.uncertain[:15].any()
    assert "Check the dancer" in told


def test_each_of_two_people_and_nobody_between_them(clips: Path, tmp_path: Path) -> None:
    video, scale = small(clips / "two_people.mp4", tmp_path / "two.mp4", 640, 40)
    for who, (x, y), below in (("man", (400, 500), False), ("woman", (780, 1150), True)):
        poses, _ = found(video, tmp_path / who, f"at {x * scale:.0f},{y * scale:.0f}")
        assert ((hips_of(poses)[:, 1] / scale > 950) == below).all()
        assert poses.present.all()
    with pytest.raises(UserError, match="Nobody") as caught:
        found(video, tmp_path / "none", "at 5,5@0.2")
    assert "--list" in caught.value.hint
    with pytest.raises(UserError, match="not in the video"):
        found(video, tmp_path / "none", "at 5,5@20")


def test_the_front_dancer_of_a_crew_and_the_list(clips: Path, tmp_path: Path) -> None:
    video, scale = small(clips / "crew.mp4", tmp_path / "crew.mp4", 360, 90)
    poses, _ = found(video, tmp_path / "out", f"at {540 * scale:.0f},{200 * scale:.0f}")
    x = hips_of(poses)[:, 0] / scale
    assert poses.uncertain is not None
    away = ~((x > 400) & (x < 620))  # the others stand further left and right
    assert not (away & ~poses.uncertain & poses.present).any()
    assert away.mean() < 0.1
    events = list(list_people(video, tmp_path / "person-", workers=1))
    listed = events[-1]
    assert isinstance(listed, Done)
    people = listed.result["people"]
    assert len(people) >= 3
    assert any("may lack" in event.message for event in events if isinstance(event, Notice))
    for one in people:
        assert Path(one["thumbnail"]).read_bytes().startswith(b"\x89PNG")
    assert len(frame_times(video)) == 45


def test_the_command_lists_and_follows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    crossing_puppets(tmp_path / "two.mp4", 20)
    assert main(["poses", str(tmp_path / "two.mp4"), "--list", "-o", str(tmp_path / "people")]) == 0
    said = capsys.readouterr()
    assert "may lack people" in said.out + said.err
    assert sorted(file.name for file in (tmp_path / "people").iterdir()) == ["person-1.png", "person-2.png"]
    places = []
    for number in ("1", "2"):
        output = tmp_path / f"{number}.npz"
        assert main(["poses", str(tmp_path / "two.mp4"), "--raw", "--person", number, "-o", str(output)]) == 0
        places.append(hips_of(Poses.load(output))[0, 0])
    assert abs(places[0] - places[1]) > 100
    assert main(["poses", str(tmp_path / "two.mp4"), "--person", "9", "-o", str(output)]) == 1
    assert main(["poses", str(tmp_path / "two.mp4")]) == 2
