"""The camera of a person's clip: where it stood still, what of its drift is taken out, and what is said of it."""

from pathlib import Path

import numpy as np
import pytest
from cameras import camera, filmed, leant, steadiness
from stages import close_at, leftovers

from dancetransfer.events import Done, Notice, Progress, Started
from dancetransfer.pose.poses import LEFT_HIP, Poses
from dancetransfer.pose.steady import DRIFT, MOVING, STILL, Steady, read_steady, steadied, steady_clip, steady_key
from dancetransfer.project import Project
from dancetransfer.storage import Results

FRAMES = 75


def looked(project: Project) -> tuple[Steady, list[Notice]]:
    clip = project.clips[0]
    folder = project.clip_folder(clip)
    events = list(steady_clip(clip.path(), folder))
    assert isinstance(events[0], Started) and isinstance(events[-1], Done)
    assert any(isinstance(event, Progress) for event in events)
    found = read_steady(folder, len(Poses.load(folder / "track.npz")))
    return found, [event for event in events if isinstance(event, Notice)]


def test_a_still_camera_is_left_alone_bit_for_bit(exact: Project) -> None:
    folder = exact.clip_folder(exact.clips[0])
    found, said = looked(exact)
    assert found.verdict == STILL and not said
    assert (found.path == np.eye(2, 3)).all() and found.sure.all()
    assert found.into_plate(slice(None)) is None and steady_key(folder) == []
    track = Poses.load(folder / "track.npz")
    assert steadied(folder, track) is track
    assert list(steady_clip(exact.clips[0].path(), folder)) == []  # it is all there


def test_a_phone_that_slides_and_trembles_stands_still(exact: Project) -> None:
    """0.5 % of slow drift, 0.1 % of jitter: what is left is 0.08 pixels in the mean, 0.16 at worst."""
    way = leant(FRAMES)
    filmed(exact, way)
    found, said = looked(exact)
    assert found.verdict == DRIFT and found.sure.all()
    left, before = steadiness(found.path, way), steadiness(np.tile(np.eye(2, 3), (FRAMES, 1, 1)), way)
    assert before.mean() > 1 and left.mean() < 0.12 and left.max() < 0.3
    assert "drifts by" in said[0].message and said[0].hint
    folder = exact.clip_folder(exact.clips[0])
    assert steady_key(folder)


def test_a_wander_that_nobody_sees_is_no_drift(exact: Project) -> None:
    """As much as noise makes of a camera that stands: 0.1 % of the picture from end to end."""
    filmed(exact, camera(0.12 * np.sin(np.linspace(0, 6, FRAMES))[:, None] * np.array([[1.0, 0.5]])))
    found, said = looked(exact)
    assert found.verdict == STILL and not said


def test_the_joints_are_where_the_person_stands_in_the_plate(exact: Project) -> None:
    folder = exact.clip_folder(exact.clips[0])
    before = Poses.load(folder / "track.npz")[:FRAMES].xy[:, LEFT_HIP]
    filmed(exact, leant(FRAMES))
    looked(exact)
    after = steadied(folder, Poses.load(folder / "track.npz")).xy[:, LEFT_HIP]
    fixed = np.linalg.lstsq(np.column_stack([before, np.ones(FRAMES)]), after, rcond=None)[0]
    assert np.abs(np.column_stack([before, np.ones(FRAMES)]) @ fixed - after).max() < 0.25


def test_a_camera_that_pans_moves_and_has_a_steadiest_second(exact: Project) -> None:
    pace = np.where((np.arange(FRAMES) >= 30) & (np.arange(FRAMES) < 60), 0.0, 1.5)
    filmed(exact, camera(np.stack([np.cumsum(pace) - 30, np.zeros(FRAMES)], 1)))
    found, said = looked(exact)
    assert found.verdict == MOVING and "moves" in said[0].message and said[0].hint
    assert found.calm[0] >= 29 and found.calm[1] <= 61 and found.calm[1] - found.calm[0] >= 25
    folder = exact.clip_folder(exact.clips[0])
    track = Poses.load(folder / "track.npz")
    assert found.into_plate(slice(None)) is None and steadied(folder, track) is track
    assert steady_key(folder)


def test_a_camera_that_is_taken_away_at_the_end_drifted_until_then(exact: Project) -> None:
    shift = np.zeros((FRAMES, 2))
    shift[:, 0] = 0.5 * np.sin(np.arange(FRAMES) / 9)
    shift[-5:, 1] = [15, 30, 60, 90, 120]
    filmed(exact, camera(shift))
    found, _ = looked(exact)
    assert found.verdict == DRIFT
    assert found.sure[:-5].all() and not found.sure[-4:].any()


def test_a_bare_wall_says_nothing_against_the_camera(exact: Project) -> None:
    still = camera(np.zeros((40, 2)))
    filmed(exact, still, lambda _, image: np.full_like(image, 128))
    assert looked(exact)[0].verdict == STILL


@pytest.mark.parametrize("count", [1, 3])
def test_looking_can_be_stopped_and_is_done_again_where_the_file_is_damaged(exact: Project, count: int) -> None:
    clip, folder = exact.clips[0], exact.clip_folder(exact.clips[0])
    assert len(close_at(steady_clip(clip.path(), folder), count)) == count
    assert not leftovers(exact.folder) and Results(folder).key_of("steady.npz") is None
    looked(exact)
    (folder / "steady.npz").write_bytes(b"no array at all" * 20)
    assert read_steady(folder, 150).verdict == STILL
    looked(exact)


def test_a_video_that_has_gone_is_no_reason_to_stop(exact: Project) -> None:
    folder = exact.clip_folder(exact.clips[0])
    assert list(steady_clip(Path("nowhere.mp4"), folder)) == []
    assert read_steady(folder, 150).verdict == STILL


@pytest.mark.parametrize(("name", "verdict"), [("juggle", STILL), ("squat_side", DRIFT), ("hiphop_vertical", MOVING)])
def test_real_cameras(name: str, verdict: str, clips: Path, tmp_path: Path) -> None:
    """Without any joints: people are strays, as far as they fill less than half of the picture."""
    from dancetransfer.pose.poses import absent
    from dancetransfer.video.read import frame_times, probe

    video = clips / f"{name}.mp4"
    info = probe(video)
    track = absent(frame_times(video)[:120], (info.width, info.height))
    track.save(tmp_path / "track.npz")
    Results(tmp_path).note("track.npz", "nobody")
    list(steady_clip(video, tmp_path))
    assert read_steady(tmp_path, len(track)).verdict == verdict
