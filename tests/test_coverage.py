"""What of a dance the person's footage lacks, and doubts about the videos themselves."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import drain
from engine import done, last
from stages import close_at
from stick_bodies import Camera, body, waving, without

from dancetransfer import puppets
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Notice, Started
from dancetransfer.fit.retarget import retarget
from dancetransfer.learn.foresight import cover_dance
from dancetransfer.pose.background import drift
from dancetransfer.pose.coverage import MISSING, Coverage, coverage
from dancetransfer.pose.doubts import MOVES, doubts
from dancetransfer.pose.groups import facing, groups_of
from dancetransfer.pose.poses import (
    FACE,
    FEET,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Poses,
    absent,
)
from dancetransfer.project import Project
from dancetransfer.settings import RetargetSettings
from dancetransfer.storage import Results, key
from dancetransfer.video.read import frame_times, probe, read_frames
from dancetransfer.video.write import Writer

SIZE, FPS = (256, 256), 25
ENOUGH = "The person's video shows poses like all of the dance's."


def filmed(show: puppets.Performance) -> Poses:
    return Poses(*show.joints(), show.times, show.size, estimator="truth")


@pytest.fixture(scope="module", params=[0, 1])
def tour(request: pytest.FixtureRequest) -> Poses:
    """40 s of choreography 1, which holds all its phrases: turns, arms overhead, bends."""
    return filmed(puppets.person(request.param, SIZE, 40, FPS))


@pytest.fixture(scope="module")
def dance() -> Poses:
    """The body of seed 0's person in choreography 2."""
    return filmed(puppets.truth(0, SIZE, 12, FPS))


# --- what is missing ------------------------------------------------------------------------------


def test_the_same_poses_elsewhere_and_larger_lack_nothing(tour: Poses) -> None:
    moved = replace(tour.with_xy(1.7 * tour.xy + (300, -40)), size=(1280, 720))
    covered = coverage(moved, [tour])
    assert covered.sentence() == ENOUGH and not covered.named and not covered.film_seconds
    assert covered.distance.max() < MISSING / 2  # the footage is compared at fewer frames per second
    assert covered.seconds == pytest.approx(40)


def test_a_dance_that_was_never_filmed_is_told_by_what_is_new_in_it(dance: Poses) -> None:
    covered = coverage(dance, [filmed(puppets.person(0, SIZE, 40, FPS))])
    assert "kicks and raised legs" in covered.named and "wide steps" in covered.named
    assert 0.2 * covered.seconds < covered.missing_seconds < 0.7 * covered.seconds
    np.testing.assert_array_equal(covered.missing, covered.distance > MISSING)
    assert not np.any(groups_of(filmed(puppets.person(0, SIZE, 40, FPS)))["kicks and raised legs"][:25])


def test_arms_overhead_that_were_never_filmed_are_counted(tour: Poses) -> None:
    wrists = tour.xy[:, [LEFT_WRIST, RIGHT_WRIST], 1]
    raised = (wrists < tour.xy[:, [LEFT_SHOULDER, RIGHT_SHOULDER], 1]).any(1)
    overhead = (wrists.max(1) < tour.xy[:, NOSE, 1]) & (np.abs(facing(tour)) > 0.5)
    covered = coverage(tour, [tour[~raised]])
    assert "arms overhead" in covered.named
    assert covered.seconds_of("arms overhead") == pytest.approx(overhead.sum() / FPS, rel=0.15)
    assert covered.sentence().endswith("s of them would help.") and "arms overhead" in covered.sentence()


def test_the_footage_of_all_clips_counts(tour: Poses) -> None:
    begin = 6 * FPS  # about one phrase
    assert coverage(tour, [tour[:begin]]).sentence() != ENOUGH
    assert coverage(tour, [tour[:begin], tour[begin:]]).sentence() == ENOUGH


def test_back_views_are_told_from_front_views(tour: Poses) -> None:
    turned = facing(tour)
    front, back = turned > 0.2, turned < -0.7
    covered = coverage(tour[back], [tour[front]])
    assert covered.named[0] == "back views"
    assert covered.seconds_of("back views") == pytest.approx(back.sum() / FPS, rel=0.15)


def test_a_person_seen_from_the_back_has_the_other_shoulder_on_the_left() -> None:
    """The same outline, left and right exchanged and no face: nothing else tells the two apart."""
    front = Camera().see(waving(200), np.full(200, 4.0))
    xy, confidence = front.xy.copy(), front.confidence.copy()
    pairs = [*range(1, 17, 2)]
    for left, right in [(n, n + 1) for n in pairs] + [(17, 20), (18, 21), (19, 22)]:
        xy[:, [left, right]] = xy[:, [right, left]]
    xy[:, FACE], confidence[:, FACE] = np.nan, 0
    covered = coverage(front.with_xy(xy, confidence), [front])
    assert covered.missing.all() and covered.named == ["back views"]
    assert covered.sentence().startswith("7 s of back views are missing") and covered.film_seconds == 10


def test_a_hidden_face_makes_a_pose_less_like_one_that_shows_it(tour: Poses) -> None:
    part = slice(0, 250)
    confidence = tour.confidence.copy()
    confidence[100:150, FACE] = 0
    shown, hidden = tour[part], tour.with_xy(tour.xy, confidence)[part]
    apart = coverage(hidden, [shown]).distance - coverage(shown, [shown]).distance
    assert apart[110:140].min() > 0.01 and apart[:90].max() == 0


def test_legs_that_the_footage_never_shows(tour: Poses) -> None:
    cut = without(tour, slice(None), [*range(15, 17), *range(FEET.start, FEET.stop)])
    covered = coverage(tour, [cut])
    assert covered.named == ["legs down to the feet"] and covered.missing.all() and covered.distance.max() == 1
    assert coverage(cut, [tour]).sentence() == ENOUGH  # what is not asked can't be missing


def test_frames_without_anybody_have_no_distance(tour: Poses) -> None:
    nobody = absent(tour.time, tour.size)
    xy, confidence = tour.xy.copy(), tour.confidence.copy()
    xy[50:100], confidence[50:100] = np.nan, 0
    covered = coverage(tour.with_xy(xy, confidence), [tour, nobody])
    assert np.isnan(covered.distance[50:100]).all() and np.isfinite(covered.distance[:50]).all()
    assert covered.seconds == pytest.approx(38) and covered.sentence() == ENOUGH
    assert coverage(nobody, [tour]).sentence() == ENOUGH
    with pytest.raises(UserError, match="Nobody"):
        coverage(tour, [nobody])


def test_uncertain_footage_shows_nothing(tour: Poses) -> None:
    wrists = tour.xy[:, [LEFT_WRIST, RIGHT_WRIST], 1]
    raised = (wrists < tour.xy[:, [LEFT_SHOULDER, RIGHT_SHOULDER], 1]).any(1)
    assert "arms overhead" in coverage(tour, [replace(tour, uncertain=raised)]).named


def test_the_sentence_names_three_groups_and_says_how_much_to_film() -> None:
    time = np.arange(1000) / 25
    lengths = {"a": 10, "b": 9, "c": 8, "d": 7, "other poses": 1}
    masks = {name: np.arange(1000) < 25 * seconds for name, seconds in lengths.items()}
    masks["b"] = np.roll(masks["b"], 100)
    said = Coverage(time, np.ones(1000, np.float32), np.arange(1000) < 350, masks, 40.0, 14.0)
    assert said.sentence() == (
        "13 s of a, b and c are missing in the person's video; filming about 20 s of them would help."
    )
    assert json.loads(json.dumps(said.as_dict()))["groups"]["d"] == 7
    assert replace(said, missing_seconds=0.5).sentence() == ENOUGH  # not worth a word


# --- the stage and the command --------------------------------------------------------------------


def test_the_stage_says_it_once_and_again_when_footage_comes(exact: Project) -> None:
    folder = exact.dance_folder(exact.dances[0])
    for name in ("coverage.json", "coverage.npz"):
        (folder / name).unlink()
    first = close_at(cover_dance(exact, None), 1)
    assert isinstance(first[0], Started) and not (folder / "coverage.npz").exists()
    events = drain(cover_dance(exact, None))
    said = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
    assert [one.message for one in events if isinstance(one, Notice)] == [said["sentence"]]
    assert isinstance(events[-1], Done) and events[-1].result["sentence"] == said["sentence"]
    with np.load(folder / "coverage.npz") as data:
        assert data["time"].shape == data["distance"].shape == data["missing"].shape == (75,)
        assert data["missing"].sum() / FPS == pytest.approx(said["missing_seconds"], abs=0.01)
    assert drain(cover_dance(exact, None)) == []
    clip = exact.clip_folder(exact.clips[0])
    Poses.load(folder / "retarget.npz").save(clip / "track.npz")  # now the person dances just this
    Results(clip).note("track.npz", key("more"))
    assert drain(cover_dance(exact, None))
    less = json.loads((folder / "coverage.json").read_text(encoding="utf-8"))
    assert less["missing_seconds"] < said["missing_seconds"]


def test_info_tells_what_a_project_holds(exact: Project) -> None:
    said = last(done("info", exact.folder))
    known = said.result
    assert known["person"][0]["seconds"] == pytest.approx(5.96) and known["person"][0]["present"] == 1
    assert known["dances"][0]["coverage"]["sentence"] in said.message and known["trainings"] == []
    assert known["built_in"] and "built-in" in said.message
    (exact.dance_folder(exact.dances[0]) / "fit.json").write_text('{"sentences": ["Longer legs."]}', encoding="utf-8")
    assert "Longer legs." in last(done("info", exact.folder)).message


def test_info_of_an_empty_and_of_a_trained_project(tmp_path: Path, trained: Project) -> None:
    empty = Project.create(tmp_path / "new.dance")
    assert "none yet" in last(done("info", empty.folder)).message
    said = last(done("info", trained.folder))
    assert said.result["trainings"][0]["state"] == "finished" and "training 001: fast, 64 pixels" in said.message


# --- doubts ---------------------------------------------------------------------------------------


def test_a_good_track_leaves_no_doubt(tour: Poses) -> None:
    large = replace(tour.with_xy(3 * tour.xy), size=(768, 768))
    assert doubts(large, "person's video") == []


def test_doubts_say_what_is_wrong_with_a_track() -> None:
    good = Camera().see(waving(100), np.full(100, 3.0))
    legs = [*range(13, 17), *range(FEET.start, FEET.stop)]
    middle = good.xy[:, :1]
    side = good.with_xy(middle + np.array([0.1, 1]) * (good.xy - middle))
    low = good.with_xy(good.xy + np.array([0, good.size[1] - good.xy[0, 15, 1] + 5]))
    high = good.with_xy(good.xy - np.array([0, good.xy[0, 1, 1]]))
    far = Camera().see(waving(100), np.full(100, 15.0))
    gone = without(good, slice(0, 60), slice(None))
    unsure = replace(good, uncertain=np.arange(100) % 50 > 38)
    for track, words in (
        (without(good, slice(None), legs), "The legs are never seen"),
        (without(good, slice(None), legs[2:]), "The feet are never seen"),
        (side, "from the side only"),
        (low, "The feet are cut off or hidden in 100 %"),
        (high, "The head is cut off"),
        (far, "pixels high"),
        (gone, "in only 40 % of the dance"),
        (unsure, "may be wrong for 0.7 s (1.3 to 1.7 s, 3.0 to 3.3 s)"),
        (absent(good.time, good.size), "Nobody is found"),
    ):
        found = doubts(track, "dance")
        assert any(words in one.sentence and "dance" in one.sentence for one in found), (words, found)
        assert len(found) == 1 and found[0].hint, found
    assert doubts(good, "dance") == []


def test_a_doubt_tells_what_it_is_about_and_from_when_on() -> None:
    good = Camera().see(waving(100), np.full(100, 3.0))
    down = np.zeros((100, 1, 2))
    down[60:, :, 1] = good.size[1] - good.xy[0, 15, 1] + 5
    low = doubts(good.with_xy(good.xy + down), "dance")
    assert [(one.kind, one.at) for one in low] == [("feet", pytest.approx(good.time[60]))]
    all_along = doubts(good.with_xy(good.xy + down[-1]), "dance")
    assert [(one.kind, one.at) for one in all_along] == [("feet", None)]
    blinks = without(good, slice(10, 13), [*range(15, 17), *range(FEET.start, FEET.stop)])
    blinks = without(blinks, slice(50, 80), [*range(15, 17), *range(FEET.start, FEET.stop)])
    assert doubts(blinks, "dance")[0].at == pytest.approx(good.time[50])
    unsure = replace(good, uncertain=np.arange(100) % 50 > 38)
    assert [(one.kind, one.at) for one in doubts(unsure, "dance")] == [("uncertain", pytest.approx(1.3))]


def test_a_moving_camera_is_seen_in_the_background(tmp_path: Path) -> None:
    """The same room, seen by a camera that stands and by one that drifts a little."""
    rng = np.random.default_rng(3)
    room = np.kron(rng.integers(0, 255, (30, 60, 3)), np.ones((12, 12, 1))).astype(np.uint8)
    still = Camera(250, 1.2, (320, 240)).see(body(1.7), np.full(60, 3.0), x=0.2 * np.sin(np.arange(60) / 9))
    for name, pixels_per_second in (("stands", 0.0), ("drifts", 4.0)):
        track = still.with_xy(still.xy - (pixels_per_second * still.time)[:, None, None] * (1, 0))
        with Writer(tmp_path / f"{name}.mp4", (320, 240), fps=30, mark=False) as writer:
            for time, joints in zip(track.time, track.xy, strict=True):
                shift = round(pixels_per_second * time)
                frame = room[20:260, 40 + shift : 360 + shift].copy()
                left, top, right, bottom = np.rint([*np.nanmin(joints, 0), *np.nanmax(joints, 0)]).astype(int)
                frame[max(0, top) : bottom, max(0, left) : right] = (200, 30, 30)
                writer.write(frame, float(time))
        moved = drift(tmp_path / f"{name}.mp4", track)
        assert moved == pytest.approx(pixels_per_second / 320, abs=0.25 / 320)
        said = [one.sentence for one in doubts(track, "dance", tmp_path / f"{name}.mp4")]
        assert any("camera moves" in one for one in said) == (name == "drifts")


# --- real clips -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the first 2 s of two real clips and their tracks, as `dancetransfer poses` makes them."""
    folder = tmp_path_factory.mktemp("real")
    for name in ("juggle", "squat_front"):
        info = probe(clips / f"{name}.mp4")
        with Writer(folder / f"{name}.mp4", (info.width, info.height), fps=info.fps / 2, mark=False) as writer:
            for frame in read_frames(clips / f"{name}.mp4", 0, 50):
                if frame.index % 2 == 0:
                    writer.write(frame.image, frame.time)
        done("poses", folder / f"{name}.mp4", "-o", folder / f"{name}.npz")
    return folder


def test_squats_are_missing_in_the_video_of_a_man_who_juggles(real: Path) -> None:
    tracks = {name: Poses.load(real / f"{name}.npz") for name in ("juggle", "squat_front")}
    fitted, _ = retarget(tracks["squat_front"], tracks["juggle"], RetargetSettings())
    covered = coverage(fitted, [tracks["juggle"]])
    assert covered.named[0] in ("wide steps", "deep squats")
    assert 0.2 < covered.missing_seconds / covered.seconds < 0.8  # before and after the squat she stands, as he does
    assert doubts(tracks["juggle"], "person's video", real / "juggle.mp4") == []


@pytest.mark.parametrize(
    ("name", "moves"),
    [("juggle", False), ("hiphop_vertical", True), ("two_crossing", True), ("walks_in_moving_camera", True)],
)
def test_real_cameras_that_stand_and_that_move(clips: Path, name: str, moves: bool) -> None:
    info = probe(clips / f"{name}.mp4")
    nobody = absent(frame_times(clips / f"{name}.mp4"), (info.width, info.height))  # nothing is left out
    moved = drift(clips / f"{name}.mp4", nobody)
    assert moved is not None and (moved > MOVES if moves else moved < MOVES / 3)
