"""Fitting a dance to a person, against bodies and cameras that are known."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from stick_bodies import Camera, body, waving, without

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Notice
from dancetransfer.fit.published import edn, median_over_time
from dancetransfer.fit.retarget import fit_dance, retarget
from dancetransfer.pose.poses import FEET, LEFT_WRIST, NOSE, Poses, absent
from dancetransfer.project import Project
from dancetransfer.settings import RetargetSettings

ANKLES, HIPS = [15, 16], [11, 12]
LEGS = [*range(13, 17), *range(FEET.start, FEET.stop)]
EDN = RetargetSettings(method="edn")


def walk(frames: int, near: float, far: float) -> np.ndarray:
    """Depths [T] from `far` to `near` and back, the median such that EDN's far line is the far end."""
    way = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frames) / frames)) ** 1.8
    return 1 / (1 / far + way * (1 / near - 1 / far))


def height_of(poses: Poses) -> np.ndarray:
    return np.linalg.norm(poses.xy[:, NOSE] - poses.xy[:, ANKLES].mean(1), axis=-1)


def test_a_walk_toward_the_camera_becomes_one_on_the_persons_floor() -> None:
    """Heights and floor are linear in 1/depth, so the right answer is a smaller person's walk."""
    dance = Camera(700, 1.2).see(waving(300), walk(300, 3, 6), x=0.4)
    other = Camera(500, 1.5, (960, 540))
    person = other.see(body(1.5), walk(400, 2.5, 5), x=-0.3, fps=60)
    fitted, fit = retarget(dance, person, EDN)
    # linear in 1/depth: the far end goes to the far end, the near end to the near one
    share = (1 / walk(300, 3, 6) - 1 / 6) / (1 / 3 - 1 / 6)
    right = other.see(waving(300, 1.5), 1 / (1 / 5 + share * (1 / 2.5 - 1 / 5)))
    assert fitted.size == (960, 540)
    np.testing.assert_allclose(fitted.xy[:, :23, 1], right.xy[:, :23, 1], atol=0.015 * height_of(right).max())
    np.testing.assert_allclose(height_of(fitted), height_of(right), rtol=0.01)
    assert fit.ratios == pytest.approx((height_of(right).min() / height_of(dance).min(),) * 2, rel=0.01)
    assert not fit.source.in_place and not fit.target.in_place
    feet = np.median(fitted.xy[:, ANKLES, 0].mean(1))
    assert feet == pytest.approx(np.median(person.xy[:, ANKLES, 0].mean(1)), abs=1)
    np.testing.assert_array_equal(fitted.time, dance.time)
    np.testing.assert_array_equal(fitted.confidence, dance.confidence)


@pytest.mark.parametrize("depth", [walk(200, 3, 6), np.full(200, 4.0)], ids=["walks", "in place"])
def test_a_clip_fitted_to_itself_is_only_smoothed(depth: np.ndarray) -> None:
    clip = Camera().see(waving(200), depth, x=0.2 * np.sin(np.arange(200) / 20))
    fitted, fit = retarget(clip, clip, EDN)
    np.testing.assert_allclose(fitted.xy, median_over_time(clip.xy, clip.shot), atol=0.01)
    assert fit.scale == pytest.approx((1, 1))
    assert fit.notes == ()
    assert "100 %" in fit.sentences()[0]


def test_in_place_the_jumps_stay() -> None:
    jump = np.maximum(0, np.sin(np.arange(240) / 12)) * (np.arange(240) > 150) * 0.4
    bodies = waving(240)
    bodies[..., 1] += jump[:, None]
    dance = Camera().see(bodies, np.full(240, 4.0))
    person = Camera(350, 1.0, (640, 360)).see(body(1.6), np.full(100, 4.0))
    fitted, fit = retarget(dance, person, EDN)
    assert fit.source.in_place and fit.target.in_place
    scale = 350 / 700 * 1.6 / 1.8
    assert fit.scale == pytest.approx((scale, scale), rel=1e-3)
    floor = fitted.xy[:, ANKLES, 1].max(1)
    assert floor[:140] == pytest.approx(person.xy[0, ANKLES, 1].max(), abs=0.1)
    assert floor[:140].max() - floor.min() == pytest.approx(scale * 700 / 4 * 0.4, rel=0.03)


def test_in_place_against_a_walking_person_it_stands_where_the_person_stands_closest() -> None:
    dance = Camera().see(waving(100), np.full(100, 4.0))
    person = Camera().see(body(1.6), walk(200, 3, 6))
    fitted, _ = retarget(dance, person, EDN)
    nearest = np.argmin(walk(200, 3, 6))
    assert fitted.xy[:, ANKLES, 1].max(1) == pytest.approx(person.xy[nearest, ANKLES, 1].max(), abs=0.1)
    assert height_of(fitted) == pytest.approx(height_of(person)[nearest], rel=1e-3)


def test_a_walking_dance_stays_on_the_line_of_a_person_in_place() -> None:
    person = Camera().see(body(), np.full(50, 4.0))
    fitted, fit = retarget(Camera().see(waving(200), walk(200, 3, 6)), person, EDN)
    assert fitted.xy[:, ANKLES, 1].max(1) == pytest.approx(fit.target.close, abs=0.1)
    height = height_of(fitted) / height_of(person)[0]
    # That the tallest of the frames near a line counts, and that it is linear between them, is as
    # much off as this where the depth doubles: EDN's formula as published.
    assert height[[0, 100]] == pytest.approx((1, 1), rel=0.05)
    assert height.max() < 1.13


def test_frames_without_feet_are_bridged_and_frames_without_anybody_stay_empty() -> None:
    depth = walk(200, 3, 6)
    whole = Camera().see(waving(200), depth)
    dance = without(without(whole, slice(60, 64), LEGS), slice(100, 120), slice(0, 133))
    expected, _ = retarget(whole, whole, EDN)
    fitted, fit = retarget(dance, whole, EDN)
    assert np.isnan(fitted.xy[100:120]).all() and not fitted.confidence[100:120].any()
    assert np.isfinite(fitted.xy[99, NOSE]).all() and np.isfinite(fitted.xy[120, NOSE]).all()
    assert np.isnan(fitted.xy[60:64, ANKLES]).all()
    np.testing.assert_allclose(fitted.xy[50:75, NOSE], expected.xy[50:75, NOSE], atol=2)
    assert any("4 frames" in one for one in fit.sentences())


def test_without_legs_sizes_are_compared_by_the_trunk() -> None:
    dance = Camera().see(waving(100), np.full(100, 4.0))
    person = without(Camera().see(body(), np.full(80, 2.0)), slice(None), LEGS)
    fitted, fit = retarget(dance, person, EDN)
    assert fit.scale == pytest.approx((2, 2), rel=1e-3)
    np.testing.assert_allclose(fitted.xy[50, HIPS], person.xy[0, HIPS], atol=0.5)
    assert "legs" in fit.notes[0] and "nose to hips" in fit.sentences()[0]


def test_what_cannot_be_fitted_is_said() -> None:
    someone = Camera().see(body(), np.full(30, 4.0))
    nobody = absent(someone.time, someone.size)
    with pytest.raises(UserError, match="Nobody is found in the dance"):
        retarget(nobody, someone, EDN)
    with pytest.raises(UserError, match="Nobody is found in the person's video"):
        retarget(someone, nobody, EDN)
    head = without(someone, slice(None), list(range(7, 23)))  # nose to shoulders
    legs = without(someone, slice(None), list(range(0, 11)))
    with pytest.raises(UserError, match="never show the same part"):
        retarget(head, legs, EDN)


def test_the_far_share_decides_how_far_back_the_far_line_may_lie() -> None:
    way = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)) ** 1.3  # median 0.4 of the way
    clip = Camera().see(body(), 1 / (1 / 6 + way * (1 / 3 - 1 / 6)))
    toe = clip.xy[:, ANKLES, 1].max(1)
    half, most = edn(clip, clip)[1].source, edn(clip, clip, far_share=0.7)[1].source
    middle = np.median(toe)
    assert half.far == pytest.approx(middle - 0.5 * (toe.max() - middle), abs=1)
    assert most.far == pytest.approx(toe.min(), abs=1)
    assert most.close == half.close == pytest.approx(toe.max())


def test_a_jump_never_turns_the_skeleton_inside_out() -> None:
    bodies = waving(200)
    bodies[90:100, :, 1] += 3.0
    dance = Camera().see(bodies, walk(200, 4, 4.4))
    fitted, fit = retarget(dance, Camera().see(body(), walk(200, 2, 6)), EDN)
    assert (fitted.xy[:, NOSE, 1] < fitted.xy[:, ANKLES, 1].min(1)).all()
    assert fit.scale[0] > 0 and any("so high" in one for one in fit.notes)


def test_the_median_takes_spikes_out_and_stops_at_cuts() -> None:
    xy = np.zeros((40, 133, 2), np.float32)
    xy[20:] = 100
    xy[10, LEFT_WRIST] = 500
    xy[30:33, NOSE] = np.nan
    shot = (np.arange(40) >= 20).astype(np.int32)
    calm = median_over_time(xy, shot)
    assert (calm[:20] == 0).all()
    assert (calm[20:, LEFT_WRIST] == 100).all()
    assert np.isnan(calm[30:33, NOSE]).all() and (calm[33, NOSE] == 100).all()
    long = np.random.default_rng(0).normal(size=(2100, 133, 2)).astype(np.float32)
    middle = median_over_time(long, np.zeros(2100, np.int32))
    for n in (3, 1023, 1024, 1025, 2096):  # also where the pieces meet
        np.testing.assert_allclose(middle[n], np.median(long[n - 3 : n + 4], axis=0), rtol=1e-5)


def test_every_shot_has_its_own_feet() -> None:
    clip = Camera().see(waving(100), np.full(100, 4.0))
    cut = replace(without(clip, slice(50, 100), LEGS), shot=(np.arange(100) >= 50).astype(np.int32))
    fitted, _ = retarget(cut, clip, EDN)
    np.testing.assert_allclose(fitted.xy[50:, NOSE], median_over_time(clip.xy, cut.shot)[50:, NOSE], atol=0.1)
    np.testing.assert_array_equal(fitted.shot, cut.shot)


def project_with(tmp_path: Path, dance: Poses, person: Poses) -> Project:
    project = Project.create(tmp_path / "my.dance")
    for name, data in (("dance.mp4", b"one"), ("person.mp4", b"two")):
        (tmp_path / name).write_bytes(data)
    project.add_dance(tmp_path / "dance.mp4")
    project.add_clip(tmp_path / "person.mp4")
    dance.save(project.dance_folder(project.dances[0]) / "track.npz")
    person.save(project.clip_folder(project.clips[0]) / "track.npz")
    return project


def test_the_stage_writes_once_and_again_when_a_track_changes(tmp_path: Path) -> None:
    dance, person = (Camera().see(waving(60), np.full(60, z)) for z in (4.0, 5.0))
    project = project_with(tmp_path, dance, without(person, slice(None), LEGS))
    folder = project.dance_folder(project.dances[0])
    events = list(fit_dance(project, EDN, None))
    assert isinstance(events[-1], Done) and any(isinstance(one, Notice) for one in events)
    np.testing.assert_array_equal(Poses.load(folder / "retarget.npz").time, dance.time)
    assert list(fit_dance(project, EDN, "dance")) == []
    person.save(project.clip_folder(project.clips[0]) / "track.npz")
    assert not any(isinstance(one, Notice) for one in fit_dance(project, EDN, "dance"))
    assert Poses.load(folder / "retarget.npz").size == person.size


def test_the_stage_says_what_is_missing(tmp_path: Path) -> None:
    clip = Camera().see(waving(60), np.full(60, 4.0))
    project = project_with(tmp_path, clip, clip)
    (project.clip_folder(project.clips[0]) / "track.npz").unlink()
    with pytest.raises(UserError, match="have not been found yet"):
        list(fit_dance(project, EDN, None))
    empty = Project.create(tmp_path / "empty.dance")
    empty.add_dance(tmp_path / "dance.mp4")
    with pytest.raises(UserError, match="no video of the person"):
        list(fit_dance(empty, EDN, None))


@pytest.mark.parametrize("method", ["edn", "linear", "first-frame"])
def test_any_method_stands_where_it_is_told(method: str) -> None:
    dance, person = Camera().see(body(), np.linspace(4, 5, 60)), Camera().see(body(), np.linspace(4, 5, 60))
    fitted, _ = retarget(dance, person, RetargetSettings(method, place=0.25))
    hips = np.median(fitted.xy[:, [11, 12], 0])
    assert hips == pytest.approx(0.25 * (person.size[0] - 1), abs=0.5)
    apart = fitted.xy - retarget(dance, person, RetargetSettings(method))[0].xy
    assert np.ptp(apart[..., 0][np.isfinite(apart[..., 0])]) < 1e-2 and np.nanmax(np.abs(apart[..., 1])) == 0
