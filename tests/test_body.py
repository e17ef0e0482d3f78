"""The fit of the whole body: bones, floor and camera against built-in dancers whose joints are known."""

import json
import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import stick_bodies
from stick_bodies import waving, without

from dancetransfer.errors import UserError
from dancetransfer.fit.body import BodyFit
from dancetransfer.fit.bundle import Bundle
from dancetransfer.fit.retarget import fit_dance, retarget
from dancetransfer.pose.edits import Edit, apply
from dancetransfer.pose.poses import (
    FACE,
    FEET,
    LEFT_EAR,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_WRIST,
    NOSE,
    RIGHT_EAR,
    Poses,
    absent,
)
from dancetransfer.project import Project
from dancetransfer.puppets import Camera, Performance, make_body, make_choreography, make_room
from dancetransfer.settings import RetargetSettings

HIPS, ANKLES, SHOULDERS = [11, 12], [15, 16], [5, 6]
LEGS = [*range(13, 17), *range(FEET.start, FEET.stop)]
ARMS_AND_HEAD = [*range(0, 5), *range(7, 11), *range(23, 133)]
OURS = RetargetSettings()
SIZE = (512, 512)
LENSES = {"low": (0.6, 1.1, 0.66), "long": (1.65, 2.2, 0.70), "high": (1.7, 1.5, 0.62), "chest": (1.15, 1.4, 0.68)}
"""Cameras: metres over the floor, focal length in picture heights, share of the picture that the body takes."""
DANCER, PERSON = 20, 21


@cache
def film(body: int, number: int, lens: str, seconds: float = 8, fps: float = 25) -> Performance:
    """A dancer in choreography `number` before one of LENSES."""
    high, focal, share = LENSES[lens]
    who = make_body(body)
    camera = Camera((0.0, high, focal * who.stature / share), (0.0, 0.41 * who.stature / share, 0.0), 0.0, focal)
    return Performance(who, make_choreography(number, 7), make_room(body), camera, SIZE, seconds, fps, 1)


@cache
def track(body: int, number: int, lens: str, seconds: float = 8, fps: float = 25) -> Poses:
    """Its true joints, their depths and the contacts."""
    show = film(body, number, lens, seconds, fps)
    return Poses(*show.joints(), show.times, show.size, world=show.world(), contact=show.contacts())


def flat(poses: Poses) -> Poses:
    """The same without depths: what the picture alone shows."""
    return replace(poses, world=None)


def body(source: Poses, target: Poses, **how: float) -> tuple[Poses, BodyFit]:
    fitted, fit = retarget(source, target, replace(OURS, **how))
    assert isinstance(fit, BodyFit)
    return fitted, fit


def tall(poses: Poses) -> float:
    """Pixels from nose to ankles, upright."""
    return float(np.quantile(np.linalg.norm(poses.xy[:, NOSE] - poses.xy[:, ANKLES].mean(1), axis=-1), 0.95))


def hip_error(result: Poses, truth: Poses) -> float:
    """Mean distance of the joints of body and feet, seen from the middle of the hips, in % of the height."""
    ours, true = (one.xy[:, : FEET.stop] - one.xy[:, HIPS].mean(1, keepdims=True) for one in (result, truth))
    return 100 * float(np.linalg.norm(ours - true, axis=-1).mean()) / tall(truth)


def long(poses: Poses, one: int, other: int, quantile: float = 0.9) -> float:
    """Pixels between two joints in the frames that show most of it."""
    return float(np.nanquantile(np.linalg.norm(poses.xy[:, one] - poses.xy[:, other], axis=-1), quantile))


PAIRS = [("low", "long"), ("high", "chest")]


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_joints_are_where_the_person_would_have_them(first: str, second: str) -> None:
    source, target = track(DANCER, 2, first), track(PERSON, 1, second, 12)
    truth = track(PERSON, 2, second)
    exact = hip_error(body(source, target)[0], truth)
    pictured = hip_error(body(flat(source), flat(target))[0], truth)
    published = hip_error(retarget(source, target, RetargetSettings("edn"))[0], truth)
    assert exact <= 0.8
    assert pictured <= 3
    assert published > 2 * pictured and published > 5 * exact


def test_the_moment_at_which_the_clips_begin_does_not_matter() -> None:
    source, target, truth = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12), track(PERSON, 2, "long")
    errors = {"body": [], "first-frame": []}
    for begin in (0, 35, 70, 100):
        parts = source[begin : begin + 100], target[begin : begin + 200]
        for method, values in errors.items():
            values.append(hip_error(retarget(*parts, RetargetSettings(method))[0], truth[begin : begin + 100]))
    assert max(errors["body"]) <= 1.3
    assert max(errors["first-frame"]) > 1.5 * min(errors["first-frame"])
    assert min(errors["first-frame"]) > max(errors["body"])


def test_every_limb_has_the_persons_length() -> None:
    source, target, truth = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12), track(PERSON, 2, "long")
    fitted, fit = body(source, target)
    bones = [(11, 13), (12, 14), (13, 15), (14, 16), (5, 7), (6, 8), (7, 9), (8, 10), (5, 6), (11, 12)]
    for one, other in bones:
        assert long(fitted, one, other) == pytest.approx(long(truth, one, other), rel=0.03)
    head, chin, lips = (LEFT_EAR, RIGHT_EAR), (FACE.start, FACE.start + 16), (FACE.start + 48, FACE.start + 54)
    for one, other in (head, chin, lips):
        assert long(fitted, one, other) == pytest.approx(long(truth, one, other), rel=0.04)
    forearm = long(fitted, LEFT_ELBOW, LEFT_WRIST) / long(source, LEFT_ELBOW, LEFT_WRIST)
    hand = LEFT_HAND.start, LEFT_HAND.start + 12
    assert long(fitted, *hand) / long(source, *hand) == pytest.approx(forearm, rel=0.05)
    arms = [film(one, 2, "low").body.upper_arm / film(one, 2, "low").body.thigh for one in (PERSON, DANCER)]
    assert fit.ratios["upper arm"] / fit.ratios["thigh"] == pytest.approx(arms[0] / arms[1], rel=0.03)


def test_a_person_seen_from_the_side_alone_has_usual_shoulders() -> None:
    """The largest width that such a clip shows is no shoulder's."""
    source, person = track(DANCER, 2, "chest"), stick_bodies.Camera().see(waving(100), np.full(100, 4.0))
    side = person.xy.copy()
    side[..., 0] = 640 + 0.15 * (side[..., 0] - 640)  # turned by 81 degrees, with depths that nobody knows
    fitted, fit = body(source, person.with_xy(side))
    front, _ = body(source, person)
    assert 0.6 < fit.ratios["shoulders"] < 1.6
    assert long(fitted, *SHOULDERS) > 0.6 * long(front, *SHOULDERS)


def test_feet_stand_still_on_the_persons_floor() -> None:
    source, target, truth = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12), track(PERSON, 2, "long")
    fitted, _ = body(source, target)
    stands = source.contact[1:] & source.contact[:-1]
    assert stands.mean() > 0.3
    steps = np.linalg.norm(np.diff(fitted.xy[:, ANKLES], axis=0), axis=-1)
    assert steps[stands].max() < 0.5
    off = (fitted.xy - truth.xy)[:, ANKLES][source.contact]
    assert np.linalg.norm(off - np.median(off, 0), axis=-1).max() < 0.02 * tall(truth)
    np.testing.assert_array_equal(fitted.contact, source.contact)


def test_a_jump_is_not_read_as_a_step() -> None:
    frames = 150
    jump = np.zeros(frames)
    jump[60:80] = 0.35 * np.sin(np.linspace(0, np.pi, 20))
    standing, air = np.ones((frames, 2), bool), waving(frames)
    standing[60:80] = False
    air[..., 1] += jump[:, None]
    camera = stick_bodies.Camera()
    dance, still = (replace(camera.see(b, np.full(frames, 4.0)), contact=standing) for b in (air, waving(frames)))
    person = stick_bodies.Camera(500, 1.6, (960, 540)).see(waving(frames, 1.6), np.full(frames, 3.5))
    fitted, plain = body(dance, person)[0], body(still, person)[0]
    size = [np.linalg.norm(one.xy[:, NOSE] - one.xy[:, ANKLES].mean(1), axis=-1) for one in (fitted, plain)]
    np.testing.assert_allclose(size[0], size[1], rtol=0.02)
    rise = plain.xy[70, ANKLES, 1].mean() - fitted.xy[70, ANKLES, 1].mean()
    assert rise == pytest.approx(0.35 * 1.6 / 1.8 * 500 / 3.5, rel=0.15)


def test_it_stands_where_the_person_stood_or_where_it_is_told() -> None:
    source, target = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12)
    where = {place: np.median(body(source, target, place=place)[0].xy[:, HIPS, 0]) for place in (0.25, 0.75)}
    assert where[0.25] == pytest.approx(0.25 * SIZE[0], abs=8) and where[0.75] == pytest.approx(0.75 * SIZE[0], abs=8)
    aside = target.with_xy(target.xy + np.float32([90, 0]))
    fitted, fit = body(source, aside)
    assert np.median(fitted.xy[:, HIPS, 0]) == pytest.approx(np.median(aside.xy[:, HIPS, 0]), abs=8)
    feet = [np.median(one.xy[:, ANKLES, 1].max(1)) for one in (fitted, aside)]
    assert feet[0] == pytest.approx(feet[1], abs=0.02 * tall(target))
    assert f"x = {fit.stands[0]:.0f}" in " ".join(fit.sentences())


def test_a_dance_wider_than_the_picture_is_kept_in_it() -> None:
    frames = 300
    walk = 1.6 * np.sin(np.arange(frames) / 40)
    dance = stick_bodies.Camera(600).see(waving(frames), np.full(frames, 4.0), x=walk)
    person = stick_bodies.Camera(600, 1.2, (400, 720)).see(waving(100), np.full(100, 4.0))
    fitted, fit = body(dance, person)
    x = fitted.xy[:, : FEET.stop, 0]
    assert ((x >= 0) & (x < 400)).mean() > 0.95
    assert fit.aside < 0.9 and any("to the sides" in note for note in fit.notes)
    assert all(note in fit.sentences() for note in fit.notes)
    near = stick_bodies.Camera(600).see(waving(frames), 5 + walk)
    close = stick_bodies.Camera(400, 1.2, (640, 480)).see(waving(100), np.full(100, 2.9))
    fitted, fit = body(near, close)
    assert fit.toward < 1 and any("toward the camera" in note for note in fit.notes)
    assert (fitted.xy[:, ANKLES, 1] < 480).mean() > 0.95


@pytest.mark.parametrize("whose", [(0,), (1,), (0, 1)], ids=["dance", "person", "both"])
def test_legs_that_are_never_seen_are_told(whose: tuple[int, ...]) -> None:
    tracks = [track(DANCER, 2, "low")[:100], track(PERSON, 1, "long")[:100]]
    for n in whose:
        tracks[n] = without(tracks[n], slice(None), LEGS)
    fitted, fit = body(*tracks)
    assert any("legs" in note for note in fit.notes)
    given = np.isfinite(tracks[0].xy).all(-1)
    np.testing.assert_array_equal(np.isfinite(fitted.xy).all(-1), given)
    trunk = np.linalg.norm((fitted.xy[:, SHOULDERS] - fitted.xy[:, HIPS]).mean(1), axis=-1)
    own = np.linalg.norm((tracks[1].xy[:, SHOULDERS] - tracks[1].xy[:, HIPS]).mean(1), axis=-1)
    assert np.median(trunk) == pytest.approx(np.median(own), rel=0.15)


def test_lifted_feet_of_legs_that_are_cut_off_are_no_floor() -> None:
    """In a tenth of the frames a foot comes into the picture: that is not where anybody stands."""
    whole = track(DANCER, 2, "chest")
    dance = without(whole, np.flatnonzero(np.arange(len(whole)) % 10)[:, None], LEGS)
    xy, contact = dance.xy.copy(), np.zeros((len(dance), 2), bool)
    xy[:, LEGS, 1] -= 100
    contact[::20] = True
    target = track(PERSON, 1, "long")
    fitted, fit = body(replace(dance.with_xy(xy), contact=contact), target)
    assert any("legs" in note for note in fit.notes)
    hips = [np.median(one.xy[:, HIPS, 1]) for one in (fitted, target)]
    assert hips[0] == pytest.approx(hips[1], abs=0.06 * tall(target))


def test_doubtful_frames_are_not_measured() -> None:
    """In a third of the frames the detector has shrunk the body to a tenth, and says so."""
    source, target = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12)
    doubt = np.arange(len(target)) % 30 < 10
    middle = target.xy[:, HIPS].mean(1, keepdims=True)
    shrunk = target.with_xy(np.where(doubt[:, None, None], middle + 0.1 * (target.xy - middle), target.xy))
    fitted, _ = body(source, replace(shrunk, uncertain=doubt))
    assert hip_error(fitted, track(PERSON, 2, "long")) <= 1


def test_every_shot_lands_on_the_floor() -> None:
    first, second = track(DANCER, 2, "low"), track(DANCER, 2, "chest")
    half, shot = len(first) // 2, (np.arange(len(first)) >= len(first) // 2).astype(np.int32)
    join = {name: np.concatenate([getattr(first, name)[:half], getattr(second, name)[half:]])
            for name in ("xy", "confidence", "world", "contact")}  # fmt: skip
    dance, target = replace(first, shot=shot, **join), track(PERSON, 1, "long", 12)
    fitted, _ = body(dance, target)
    truth = track(PERSON, 2, "long")
    np.testing.assert_array_equal(fitted.shot, shot)
    for part in (slice(0, half), slice(half, None)):
        assert hip_error(fitted[part], truth[part]) <= 1.5
        floor = [np.median(one.xy[:, ANKLES, 1][one.contact]) for one in (fitted[part], target)]
        assert floor[0] == pytest.approx(floor[1], abs=0.02 * tall(truth))


def test_an_edit_changes_the_fit_of_its_own_frames_alone() -> None:
    source, target = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12)
    edited = apply(source, [Edit(1, "offset", "left_wrist", 4.0, y=25.0)])
    plain, touched = body(source, target)[0], retarget(edited, target, OURS, source)[0]
    moved = np.abs(plain.xy - touched.xy).max((1, 2))
    reached = np.flatnonzero((edited.xy != source.xy).any((1, 2)))
    assert moved[reached].max() > 5
    seconds = np.abs(source.time[:, None] - source.time[reached]).min(1)
    assert moved[seconds > 0.5].max() < 0.01  # px; the place of a foot in contact is the mean over all of it
    hidden = without(source, slice(20, 30), slice(None))
    gone = retarget(hidden, target, OURS, source)[0]
    assert np.isnan(gone.xy[20:30]).all() and not gone.confidence[20:30].any()


def test_a_long_dance_is_fitted_a_stretch_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same result, and no memory for all of its frames at once."""
    source, target = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12)
    whole, _ = body(source, target)
    solved: list[int] = []
    solve = Bundle.equations
    monkeypatch.setattr("dancetransfer.fit.bundle.AT_ONCE", 64)
    monkeypatch.setattr(Bundle, "equations", lambda *given: (solved.append(len(given[3])), solve(*given))[1])
    assert np.allclose(body(source, target)[0].xy, whole.xy, atol=1e-3, equal_nan=True)
    assert solved and sorted(solved)[len(solved) // 2] <= 64


def scattered(poses: Poses) -> Poses:
    gone = np.random.default_rng(1).random(poses.confidence.shape) < 0.3
    xy = np.where(gone[..., None], np.nan, poses.xy)
    return poses.with_xy(xy, np.where(gone, 0, poses.confidence))


def upside_down(poses: Poses) -> Poses:
    return replace(poses.with_xy((0, SIZE[1]) + poses.xy * (1, -1)), world=poses.world * np.float32([1, -1, 1]))


def blind(poses: Poses, part: slice) -> Poses:
    world = poses.world.copy()
    world[part] = np.nan
    return replace(poses, world=world)


def cut_up(poses: Poses) -> Poses:
    """Three shots, of which one shows legs alone and one nobody."""
    third = len(poses) // 3
    hidden = without(poses, slice(third, 2 * third), [*range(0, 11)])
    shot = np.minimum(np.arange(len(poses)) // third, 2).astype(np.int32)
    return replace(without(hidden, slice(2 * third, None), slice(None)), shot=shot)


ODD: dict[str, Callable[[Poses], Poses]] = {
    "no depths": flat,
    "no contacts": lambda one: replace(flat(one), contact=None),
    "one frame": lambda one: one[:1],
    "two frames": lambda one: one[:2],
    "one frame of all": lambda one: without(one, slice(1, None), slice(None)),
    "gaps": lambda one: without(without(one, slice(0, 20), slice(None)), slice(40, 43), slice(None)),
    "scattered": scattered,
    "scattered, no depths": lambda one: flat(scattered(one)),
    "joints not given, but believed": lambda one: one.with_xy(
        np.where(np.isin(np.arange(133), [7, 14])[:, None], np.nan, one.xy)
    ),
    "a side never seen": lambda one: without(one, slice(None), [2, 4, 6, 8, 10, 12, 14, 16, 20, 21, 22]),
    "trunk alone": lambda one: without(one, slice(None), ARMS_AND_HEAD + LEGS),
    "no face": lambda one: without(one, slice(None), [*range(0, 5), *range(FACE.start, FACE.stop)]),
    "some depths": lambda one: blind(one, slice(10, 60)),
    "depths never given": lambda one: blind(one, slice(None)),
    "upside down": upside_down,
    "upside down, no depths": lambda one: flat(upside_down(one)),
    "frozen": lambda one: replace(one, xy=np.repeat(one.xy[:1], len(one), 0)),
    "all on one point": lambda one: one.with_xy(np.full_like(one.xy, 200)),
    "far outside": lambda one: one.with_xy(one.xy + 3000),
    "shots": cut_up,
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_tracks_are_fitted_without_a_warning(odd: str) -> None:
    source, target = track(DANCER, 2, "low")[:120], track(PERSON, 1, "long")[:120]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for pair in ((ODD[odd](source), target), (source, ODD[odd](target))):
            fitted, fit = body(*pair)
            there = pair[0].present[:, None] & np.isfinite(pair[0].xy).all(-1)
            np.testing.assert_array_equal(np.isfinite(fitted.xy).all(-1), there)
            assert not fitted.confidence[~pair[0].present].any()
            assert all(np.isfinite(list(fit.ratios.values())))


def test_slow_clips_and_tall_pictures() -> None:
    source, target = track(DANCER, 2, "low", 8, 5), track(PERSON, 1, "long", 12, 5)
    assert hip_error(body(source, target)[0], track(PERSON, 2, "long", 8, 5)) <= 1
    upright = replace(film(PERSON, 1, "long", 12), size=(288, 512))
    tracks = [
        Poses(*show.joints(), show.times, show.size, world=show.world(), contact=show.contacts())
        for show in (upright, replace(upright, choreography=film(PERSON, 2, "long").choreography))
    ]
    fitted, _ = body(track(DANCER, 2, "low", 12), tracks[0])
    assert fitted.size == (288, 512)
    assert long(fitted, 11, 13) == pytest.approx(long(tracks[1], 11, 13), rel=0.06)


def test_one_linear_fit_is_one_scale_and_one_shift() -> None:
    source, target = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12)
    fitted, fit = retarget(source, target, RetargetSettings("linear"))
    scale = tall(target) / tall(source)
    shift = fitted.xy - scale * source.xy
    assert fit.scale[0] == pytest.approx(scale, rel=0.05)
    shift = fitted.xy - fit.scale[0] * source.xy
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0, 0], shift.shape), atol=0.05)
    assert np.median(fitted.xy[:, ANKLES, 1].max(1)) == pytest.approx(np.median(target.xy[:, ANKLES, 1].max(1)), abs=1)


def test_the_first_frame_gives_first_frames_of_one_size() -> None:
    source, target = track(DANCER, 2, "low"), track(PERSON, 1, "long", 12)
    fitted, _ = retarget(source, target, RetargetSettings("first-frame"))
    for chain in ((11, 13), (13, 15), (5, 7), (7, 9)):
        both = [bone + side for bone in chain for side in (0, 1)]
        ours, own = (
            np.mean([np.linalg.norm(one.xy[0, both[s]] - one.xy[0, both[s + 2]]) for s in (0, 1)])
            for one in (fitted, target)
        )
        assert ours == pytest.approx(own, rel=0.05)


def test_what_cannot_be_fitted_is_said() -> None:
    someone = track(DANCER, 2, "low")[:30]
    with pytest.raises(UserError, match="Nobody is found in the dance"):
        retarget(absent(someone.time, SIZE), someone, OURS)
    with pytest.raises(UserError, match="Nobody is found in the person's video"):
        retarget(someone, absent(someone.time, SIZE), OURS)
    with pytest.raises(UserError, match="never shows shoulders and hips") as told:
        retarget(someone, without(someone, slice(None), [*range(7, 23)]), OURS)
    assert "edn" in told.value.hint


def test_the_stage_tells_what_it_did(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "my.dance")
    for name, data in (("dance.mp4", b"one"), ("person.mp4", b"two")):
        (tmp_path / name).write_bytes(data)
    project.add_dance(tmp_path / "dance.mp4")
    project.add_clip(tmp_path / "person.mp4")
    folder = project.dance_folder(project.dances[0])
    source = without(track(DANCER, 2, "low")[:60], slice(None), LEGS)
    source.save(folder / "track.npz")
    track(PERSON, 1, "long")[:60].save(project.clip_folder(project.clips[0]) / "track.npz")
    list(fit_dance(project, OURS, None))
    told = json.loads((folder / "fit.json").read_text())
    fitted, fit = body(source, track(PERSON, 1, "long")[:60])
    assert told == {"method": "body", "sentences": fit.sentences(), "notes": list(fit.notes)}
    assert "legs" in told["notes"][0] and "than the dancer" in told["sentences"][0]
    assert "looking" in told["sentences"][1]
    np.testing.assert_allclose(Poses.load(folder / "retarget.npz").xy, fitted.xy, atol=1e-3)
    assert list(fit_dance(project, OURS, None)) == []
    list(fit_dance(project, replace(OURS, place=0.2), None))
    moved = Poses.load(folder / "retarget.npz")
    assert np.median(moved.xy[:, HIPS, 0]) < np.median(fitted.xy[:, HIPS, 0])
