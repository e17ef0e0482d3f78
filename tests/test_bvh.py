"""BVH files and pose tracks as dances: where joints come to lie, what the camera sees, and the clip in the end."""

import shutil
from pathlib import Path

import bvh_files
import numpy as np
import pytest
from engine import done, failed, last, stages

from dancetransfer.errors import UserError
from dancetransfer.mocap.bvh import read_bvh
from dancetransfer.mocap.tracks import count_frames, load_track
from dancetransfer.pose import poses as p
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.video.read import frame_times, probe

CHAIN = """HIERARCHY
ROOT Base
{{
  OFFSET 1 2 3
  CHANNELS {root}
  JOINT Mid dle {{
    OFFSET 10 0 0
    CHANNELS {middle}
    End Site
    {{ OFFSET 0 5 0 }}
  }}
}}
MOTION
Frames: {count}
Frame Time: 0.5
"""


def chain(root: str, middle: str, *rows: str) -> str:
    """A bone of 10 along x that carries one of 5 along y."""
    return CHAIN.format(root=root, middle=middle, count=len(rows)) + "\n".join(rows)


def places(tmp_path: Path, text: str) -> np.ndarray:
    (tmp_path / "a.bvh").write_text(text)
    return read_bvh(tmp_path / "a.bvh").forward()[0]


def read(tmp_path: Path, text: str) -> Poses:
    (tmp_path / "a.bvh").write_text(text)
    return load_track(tmp_path / "a.bvh")


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("root", "middle", "row", "expected"),
    [
        # nothing turned: offsets add up; the root's position stands in place of its offset
        ("3 Zrotation Xrotation Yrotation", "3 Zrotation Xrotation Yrotation", "0 0 0 0 0 0",
         [(1, 2, 3), (11, 2, 3), (11, 7, 3)]),
        ("6 Xposition Yposition Zposition Zrotation Xrotation Yrotation", "1 Xrotation", "7 8 9 0 0 0 0",
         [(7, 8, 9), (17, 8, 9), (17, 13, 9)]),
        # a quarter turn of the root about z takes x to y, about y takes x to -z
        ("1 Zrotation", "1 Zrotation", "90 0", [(1, 2, 3), (1, 12, 3), (-4, 12, 3)]),
        ("1 Yrotation", "1 Zrotation", "90 0", [(1, 2, 3), (1, 2, -7), (1, 7, -7)]),
        # the middle's own turn moves its tip alone
        ("1 Zrotation", "1 Xrotation", "0 90", [(1, 2, 3), (11, 2, 3), (11, 2, 8)]),
        # two quarter turns: the order of the channels counts, the last one is done first
        ("2 Zrotation Xrotation", "1 Zrotation", "90 90 0", [(1, 2, 3), (1, 12, 3), (1, 12, 8)]),
        ("2 Xrotation Zrotation", "1 Zrotation", "90 90 0", [(1, 2, 3), (1, 2, 13), (-4, 2, 13)]),
        ("3 Xrotation Yrotation Zrotation", "3 Zrotation Xrotation Yrotation", "90 0 90 0 0 0",
         [(1, 2, 3), (1, 2, 13), (-4, 2, 13)]),
        # position channels below the root replace the offset, one axis at a time, within the parent's axes
        ("1 Zrotation", "3 Xposition Zposition Xrotation", "90 20 1 0", [(1, 2, 3), (1, 22, 4), (-4, 22, 4)]),
        ("2 ZROTATION YPOSITION", "1 xrotation", "0 50 0", [(1, 50, 3), (11, 50, 3), (11, 55, 3)]),
    ],
)  # fmt: skip
def test_joints_lie_where_the_channels_put_them(
    tmp_path: Path, root: str, middle: str, row: str, expected: list[tuple[int, int, int]]
) -> None:
    assert np.allclose(places(tmp_path, chain(root, middle, row))[0], expected, atol=1e-4)


def test_position_channels_that_are_always_zero_leave_the_offset(tmp_path: Path) -> None:
    six = "6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    found = places(tmp_path, chain(six, six, "7 8 9 0 0 0 0 0 0 0 0 0"))
    assert np.allclose(found[0], [(7, 8, 9), (17, 8, 9), (17, 13, 9)])


def test_tabs_line_ends_case_and_a_byte_order_mark(tmp_path: Path) -> None:
    text = chain("1 Zrotation", "1 Zrotation", "90 0", "0 0")
    plain = places(tmp_path, text)
    odd = text.replace("  ", "\t").replace("Frames: 2", "Frames:\t2").replace("OFFSET", "offset").replace("\n", "\r\n")
    (tmp_path / "b.bvh").write_bytes(b"\xef\xbb\xbf" + odd.encode())
    file = read_bvh(tmp_path / "b.bvh")
    assert np.array_equal(file.forward()[0], plain)
    assert [joint.name for joint in file.joints] == ["Base", "Mid dle", ""]
    assert (len(file.values), file.frame_seconds) == (2, 0.5)


GOOD = chain("1 Zrotation", "1 Zrotation", "90 0", "0 0")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a BVH file"),
        ("once upon a time", "not a BVH file"),
        (GOOD[: GOOD.index("MOTION")], "lost its motion"),
        (GOOD.replace("}", "", 1), "not complete"),
        (GOOD.replace("OFFSET 10 0 0", "OFFSET 10 0"), "can't be read"),
        (GOOD.replace("Zrotation", "Wrotation", 1), "can't be read"),
        (GOOD.replace("CHANNELS 1", "CHANNELS 2", 1), "can't be read"),
        (GOOD[:-4], "cut off: it announces 2 frames and holds 1"),
        (GOOD + "\n0 0", "doesn't fit its skeleton"),
        (GOOD.replace("90 0", "90 0 0").replace("Frames: 2", "Frames: 1"), "1 frames of 2 channels are 2 numbers"),
        (GOOD.replace("90 0", "90 up"), "not a number"),
        (GOOD.replace("90 0", "nan 0"), "not a number"),
        (GOOD.replace("Frames: 2", "Frames: 0"), "no frames"),
        (GOOD.replace("Frames: 2", ""), "how many frames"),
        (GOOD.replace("0.5", "0"), "frame time"),
        (GOOD.replace("0.5", "fast"), "how many frames"),
    ],
)
def test_a_damaged_file_is_explained(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.bvh").write_text(text)
    with pytest.raises(UserError, match=says) as error:
        read_bvh(tmp_path / "a.bvh")
    assert error.value.hint


def test_a_missing_or_binary_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="does not exist"):
        read_bvh(tmp_path / "a.bvh")
    (tmp_path / "a.bvh").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(UserError, match="not a BVH file"):
        read_bvh(tmp_path / "a.bvh")


# --- the names ------------------------------------------------------------------------------------

JOINTS = ("UpLeg", "Leg", "Foot", "ToeBase", "Shoulder", "Arm", "ForeArm", "Hand")
FAMILIES = {
    "mixamorig:Left*": "UpLeg Leg Foot ToeBase Shoulder Arm ForeArm Hand",
    "LEFT*": "UPLEG LEG FOOT TOEBASE SHOULDER ARM FOREARM HAND",
    "left_*": "up_leg leg foot toe_base shoulder arm fore_arm hand",
    "Left*": "Hip Knee Ankle Toe Collar Shoulder Elbow Wrist",
    "*Left": "Hip Knee Ankle Foot Clavicle Shoulder Elbow Wrist",
    "*_L": "UpperLeg LowerLeg Foot Toes Shoulder UpperArm LowerArm Hand",
    "l*": "Thigh Shin Foot Toe Collar Shldr ForeArm Hand",
    "L*": "thigh shin foot toe collar shldr forearm hand",
    "*_l": "thigh calf foot ball clavicle upperarm lowerarm hand",
    "*.L": "thigh shin foot toe shoulder upper_arm forearm hand",
    "Bip01 L *": "Thigh Calf Foot Toe0 Clavicle UpperArm Forearm Hand",
    "L_*": "Hip Knee Ankle Foot Collar Shoulder Elbow Wrist",
    "J_Bip_L_*": "UpperLeg LowerLeg Foot ToeBase Shoulder UpperArm LowerArm Hand",
}
"""How a family of programs writes the left -> what it calls the joints."""


def names_of(pattern: str) -> dict[str, str]:
    """Names for the standing joints as a family has them."""
    names = {"Head": "mixamorig:Head"} if ":" in pattern else {}
    words = [("LEFT", "RIGHT"), ("Left", "Right"), ("left", "right"), ("L", "R"), ("l", "r")]
    left, right = next(pair for pair in words if pair[0] in pattern)
    for joint, plain in zip(JOINTS, FAMILIES[pattern].split(), strict=True):
        names[f"Left{joint}"] = pattern.replace("*", plain)
        names[f"Right{joint}"] = pattern.replace(left, right).replace("*", plain)
    return names


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_names_gives_the_same_track(tmp_path: Path, family: str) -> None:
    expected = read(tmp_path, bvh_files.walk(8))
    names = names_of(family)
    track = read(tmp_path, bvh_files.walk(8, names=names))
    assert np.isfinite(expected.xy[:, : p.FEET.stop]).all()
    assert np.allclose(track.xy, expected.xy, atol=1e-2, equal_nan=True), names


def test_missing_limbs_are_named_with_what_the_file_has(tmp_path: Path) -> None:
    names = {"LeftLeg": "Strut", "RightForeArm": "Boom"}
    with pytest.raises(UserError) as error:
        read(tmp_path, bvh_files.walk(2, names=names))
    assert "left knee, right elbow." in error.value.message
    assert "Strut" in error.value.message and "Boom" in error.value.message and "Hips" in error.value.message


def test_without_a_head_there_is_no_face_and_without_toes_the_foot_is_usual(tmp_path: Path) -> None:
    whole = read(tmp_path, bvh_files.walk(40)).world
    bones = {name: bone for name, bone in bvh_files.standing().items() if "Toe" not in name}
    angles, place = bvh_files.moves(40, 1 / 30)
    plain = bvh_files.text(bones, angles, 40, frame_seconds=1 / 30, place=place, names={"Head": "Ball"})
    bare = read(tmp_path, plain).world
    assert bare is not None and whole is not None
    assert np.isnan(bare[:, : p.LEFT_SHOULDER]).all() and np.isfinite(bare[:, p.LEFT_SHOULDER : p.FEET.stop]).all()
    assert np.linalg.norm(bare - whole, axis=-1)[:, p.FEET].max() < 0.03
    for end in ("LeftFoot", "RightFoot"):  # the ankle's bone ends at the toes
        bones[f"{end} tip"] = end, (0, -5, 20)
    ending = read(tmp_path, bvh_files.text(bones, angles, 40, frame_seconds=1 / 30, place=place)).world
    assert ending is not None
    assert np.linalg.norm(ending - whole, axis=-1)[:, p.FEET].max() < 0.01


def test_fingers_are_found_and_their_tips(tmp_path: Path) -> None:
    bones = bvh_files.standing()
    for number in (1, 2, 3):
        parent = f"LeftHandIndex{number - 1}" if number > 1 else "LeftHand"
        bones[f"LeftHandIndex{number}"] = parent, (3, 0, 0)
    bones["LeftHandIndex3 tip"] = "LeftHandIndex3", (2, 0, 0)
    track = read(tmp_path, bvh_files.text(bones, {}))
    hand = p.LEFT_HAND.start
    given = np.flatnonzero(track.visible[0, p.LEFT_HAND])
    assert given.tolist() == [0, 5, 6, 7, 8]
    steps = np.diff(track.xy[0, hand + given, 0])
    assert np.allclose(steps / steps[0], [1, 1, 1, 2 / 3], atol=0.01)
    assert not track.visible[0, p.RIGHT_HAND].any() and not track.visible[0, p.FACE].any()


# --- the person before the camera -----------------------------------------------------------------


def test_a_t_pose_stands_upright_and_its_left_is_on_the_right(tmp_path: Path) -> None:
    track = read(tmp_path, bvh_files.text(bvh_files.standing(), {}))
    x, y = track.xy[0].T
    for left, right in ((p.LEFT_WRIST, p.RIGHT_WRIST), (p.LEFT_HIP, p.RIGHT_HIP), (p.LEFT_EAR, p.RIGHT_EAR)):
        assert x[left] > x[right] and np.isclose(x[left] + x[right], track.size[0] - 1, atol=0.01)
    column = [p.LEFT_EYE, p.NOSE, p.LEFT_SHOULDER, p.LEFT_HIP, p.LEFT_KNEE, p.LEFT_ANKLE, p.LEFT_BIG_TOE]
    assert (np.diff(y[column]) > 0).all()
    assert np.allclose(y[[p.LEFT_WRIST, p.LEFT_ELBOW]], y[p.LEFT_SHOULDER], atol=1.5)
    assert (track.xy[0, :23] > 0).all() and (track.xy[0, :23] < track.size).all()
    assert (track.confidence[0, :23] == 1).all() and (track.confidence[0, 23:] == 0).all()


def test_metres_are_those_of_somebody_of_1_7(tmp_path: Path) -> None:
    world = read(tmp_path, bvh_files.text(bvh_files.standing(), {})).world
    assert world is not None
    assert np.allclose(world[0, [p.LEFT_HIP, p.RIGHT_HIP]].mean(0), 0, atol=1e-6)
    leg = np.linalg.norm(world[0, p.LEFT_HIP] - world[0, p.LEFT_KNEE]) * 83 / 42
    trunk = -world[0, [p.LEFT_SHOULDER, p.RIGHT_SHOULDER], 1].mean()
    assert leg + trunk == pytest.approx(0.779 * 1.7, abs=1e-4)
    assert world[0, p.NOSE, 2] < world[0, p.LEFT_EAR, 2] < 0.05  # z points away from the camera
    assert world[0, p.LEFT_BIG_TOE, 2] < world[0, p.LEFT_ANKLE, 2] < world[0, p.LEFT_HEEL, 2]
    assert 1.55 < world[0, p.LEFT_HEEL, 1] - world[0, p.LEFT_EYE, 1] < 1.7


@pytest.mark.parametrize("heading", [90.0, 200.0])
def test_the_dance_begins_facing_the_camera_whichever_way_it_walks(tmp_path: Path, heading: float) -> None:
    expected = read(tmp_path, bvh_files.walk(40))
    track = read(tmp_path, bvh_files.walk(40, heading=heading))
    assert (track.xy[:, p.LEFT_WRIST, 0] > track.xy[:, p.RIGHT_WRIST, 0]).all()
    assert np.allclose(track.xy, expected.xy, atol=0.05, equal_nan=True)
    breadth = track.xy[:, p.LEFT_SHOULDER, 0] - track.xy[:, p.RIGHT_SHOULDER, 0]
    assert breadth[-1] > 1.15 * breadth[0]  # toward the camera


def test_who_turns_later_is_seen_from_the_side(tmp_path: Path) -> None:
    turn = np.zeros((90, 3))
    turn[45:, 2] = 90  # to the dancer's left, which is the picture's right
    track = read(tmp_path, bvh_files.text(bvh_files.standing(), {"Hips": turn}, 90, frame_seconds=1 / 30))
    apart = track.xy[:, p.LEFT_HIP, 0] - track.xy[:, p.RIGHT_HIP, 0]
    assert apart[0] > 30 and abs(apart[-1]) < 3
    assert track.xy[-1, p.NOSE, 0] - track.xy[-1, p.LEFT_EAR, 0] > 20
    assert track.xy[-1, p.LEFT_BIG_TOE, 0] > track.xy[-1, p.LEFT_HEEL, 0] + 50


def test_a_turned_head_and_a_lifted_foot_are_followed(tmp_path: Path) -> None:
    angles = {"Head": np.array([[0, 0, 0], [0, 0, 90]]), "LeftFoot": np.array([[0, 0, 0], [0, 30, 0]])}
    world = read(tmp_path, bvh_files.text(bvh_files.standing(), angles, 2)).world
    assert world is not None
    assert np.allclose(world[1, p.NOSE] - world[0, p.NOSE], [0.13, 0, 0.13], atol=1e-3)  # now to the dancer's left
    ankle, toe, heel = (world[:, joint] for joint in (p.LEFT_ANKLE, p.LEFT_BIG_TOE, p.LEFT_HEEL))
    assert np.allclose(toe[0, 1], heel[0, 1], atol=0.03)
    assert toe[1, 1] > toe[0, 1] + 0.05 and heel[1, 1] < heel[0, 1]  # the toes down, the heel up
    assert np.allclose(np.linalg.norm(toe - ankle, axis=1), np.linalg.norm(toe - ankle, axis=1)[0], atol=1e-4)


def test_the_unit_doesn_t_matter(tmp_path: Path) -> None:
    centimetres = read(tmp_path, bvh_files.walk(10))
    for unit in (0.01, 1 / 2.54, 10.0):
        other = read(tmp_path, bvh_files.walk(10, unit=unit))
        assert np.allclose(other.xy, centimetres.xy, atol=0.5, equal_nan=True)


def test_a_file_with_z_up_stands_too(tmp_path: Path) -> None:
    bones = bvh_files.standing()
    expected = read(tmp_path, bvh_files.text(bones, {}))
    lying = {name: (parent, (x, -z, y)) for name, (parent, (x, y, z)) in bones.items()}
    assert np.allclose(read(tmp_path, bvh_files.text(lying, {})).xy, expected.xy, atol=0.01, equal_nan=True)


def test_a_skeleton_whose_rest_pose_is_no_body_is_understood(tmp_path: Path) -> None:
    expected = read(tmp_path, bvh_files.walk(60)).world
    world = read(tmp_path, bvh_files.awry(60, 1 / 30)).world
    assert world is not None and expected is not None
    apart = np.linalg.norm(world - expected, axis=-1)[:, : p.FEET.stop]
    assert apart.max() < 1e-4  # head and soles are held straight, so that their average is exact


def test_most_of_a_long_way_stays_in_the_picture(tmp_path: Path) -> None:
    place = np.zeros((100, 3))
    place[:, 0], place[:, 1] = np.linspace(-400, 400, 100), 94
    track = read(tmp_path, bvh_files.text(bvh_files.standing(), {}, 100, place=place))
    inside = ((track.xy[:, :23] >= 0) & (track.xy[:, :23] < track.size)).all((1, 2))
    assert inside.mean() >= 0.95


@pytest.mark.parametrize(("rate", "kept"), [(24, 24), (30, 30), (60, 30), (100, 25), (120, 30), (240, 30)])
def test_fast_motion_capture_is_thinned_out(tmp_path: Path, rate: int, kept: int) -> None:
    track = read(tmp_path, bvh_files.walk(2 * rate, 1 / rate))
    assert (len(track), count_frames(tmp_path / "a.bvh")) == (2 * kept, 2 * kept)
    assert np.allclose(np.diff(track.time), 1 / kept, atol=1e-4)


# --- the dance without a picture ------------------------------------------------------------------


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """walk.bvh: 24 frames at 60 per second, so 12 at 30."""
    path = tmp_path_factory.mktemp("walk") / "walk.bvh"
    path.write_text(bvh_files.walk(24, 1 / 60))
    return path


def test_transfer_makes_a_silent_clip_of_a_bvh_file(finished: Path, short_clips: Path, walk: Path) -> None:
    clip = finished.parent / "walk.mp4"
    words = ["transfer", walk, short_clips / "person.mp4", "-o", clip, "--project", finished]
    events = done(*words)
    assert stages(events) == ["import", "track", "retarget", "cover", "render", "export"]
    facts = probe(clip)
    assert (facts.frames, facts.audio) == (12, None)
    assert np.allclose(np.diff(frame_times(clip)), 1 / 30, atol=2e-3)
    folder = Project.open(finished).dance_folder(Project.open(finished).dance("walk"))
    assert not (folder / "masks.npz").exists() and not (folder / "proxy.mp4").exists()
    assert "import" not in stages(done(*words))
    (folder / "poses.npz").write_bytes(b"x" * (folder / "poses.npz").stat().st_size)
    assert "import" in stages(done(*words))  # what was damaged is made again


def test_a_pose_track_is_a_dance_and_may_go_once_it_is_imported(finished: Path, walk: Path, tmp_path: Path) -> None:
    track = tmp_path / "steps.npz"
    done("poses", walk, "-o", track)
    assert len(Poses.load(track)) == 12
    assert stages(done("add-dance", finished, track)) == ["import", "track", "retarget", "cover"]
    track.unlink()
    done("render", finished, "--dance", "steps")
    done("export", finished, "--dance", "steps", "-o", tmp_path / "steps.mp4", "--fps", "15")
    assert (probe(tmp_path / "steps.mp4").frames, probe(tmp_path / "steps.mp4").audio) == (6, None)


def test_info_tells_of_a_track(walk: Path) -> None:
    events = done("info", walk)
    assert "12 frames" in last(events).message and "no picture" in last(events).message
    assert (last(events).result["frames"], round(last(events).result["fps"])) == (12, 30)


def test_a_motion_can_t_be_the_person(walk: Path, short_clips: Path, tmp_path: Path) -> None:
    said = failed("transfer", short_clips / "dance.mp4", walk, "-o", tmp_path / "clip.mp4")
    assert "no picture" in said.message and "video of the person" in said.hint
    assert failed("add-person", tmp_path / "x.dance", walk).message == said.message
    assert not list(tmp_path.iterdir())


def test_a_bad_track_is_refused_before_anything_is_made(short_clips: Path, walk: Path, tmp_path: Path) -> None:
    empty, still = tmp_path / "empty.npz", tmp_path / "still.npz"
    p.absent(np.arange(3) / 25, (100, 100)).save(empty)
    track = load_track(walk)
    Poses(track.xy, track.confidence, np.zeros(len(track)), track.size).save(still)
    (tmp_path / "cut.bvh").write_text(walk.read_text()[:-200])
    shutil.copy(short_clips / "dance.mp4", tmp_path / "video.npz")
    says = {"empty.npz": "Nobody", "still.npz": "times", "cut.bvh": "cut off", "video.npz": "not a pose track"}
    for name, word in says.items():
        assert word in failed("transfer", tmp_path / name, short_clips / "person.mp4", "-o", tmp_path / "c.mp4").message
    assert not (tmp_path / "c.dance").exists()
