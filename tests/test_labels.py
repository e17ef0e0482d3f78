"""Label maps, and the boxes that crops, label maps and faces are cut with."""

from dataclasses import replace

import numpy as np
import pytest
from stick_bodies import Camera, body, waving, without

from dancetransfer.footage.plate import composite
from dancetransfer.pose import labels
from dancetransfer.pose.crop import crop_aspect, face_boxes, follow_boxes, hand_boxes, into_crop, whole_frame_boxes
from dancetransfer.pose.labels import CHANNELS, label_map
from dancetransfer.pose.poses import FACE, LEFT_EAR, LEFT_ELBOW, LEFT_HAND, NOSE, RIGHT_EAR, RIGHT_HAND, Poses

NAMES = list(CHANNELS)
SIZE = (192, 256)


def label_maps(poses: Poses) -> np.ndarray:
    """uint8 [T,C,H,W] of a track whose joints are in pixels of the map."""
    return np.stack([label_map(xy, seen, poses.size) for xy, seen in zip(poses.xy, poses.visible, strict=True)])


def standing() -> Poses:
    """One frame of a whole person, face and hands too, in a map of 192 x 256."""
    poses = Camera(200, 1.0, SIZE).see(body(), np.full(1, 2.0))
    xy, confidence = poses.xy.copy(), poses.confidence.copy()
    turn = np.linspace(0, 2 * np.pi, 68)
    xy[0, FACE] = xy[0, NOSE] + 6 * np.stack([np.cos(turn), np.sin(turn)], 1)
    for hand, wrist in ((LEFT_HAND, 9), (RIGHT_HAND, 10)):
        xy[0, hand] = xy[0, wrist] + np.stack([np.arange(21) % 5 * 2.0, np.arange(21) / 2.0], 1)
        confidence[0, hand] = 0.9
    confidence[0, FACE] = 0.9
    return poses.with_xy(xy, confidence)


def one_limb(start: tuple[float, float], end: tuple[float, float], size: tuple[int, int] = SIZE) -> np.ndarray:
    """float [H,W]: the left upper arm alone."""
    xy, visible = np.full((133, 2), np.nan, np.float32), np.zeros(133, bool)
    xy[5], xy[LEFT_ELBOW], visible[[5, LEFT_ELBOW]] = start, end, True
    return label_map(xy, visible, size)[NAMES.index("left upper arm")].astype(float)


def center(canvas: np.ndarray) -> np.ndarray:
    """(x, y) of the mass of a map."""
    y, x = np.mgrid[: canvas.shape[0], : canvas.shape[1]]
    return np.array([(canvas * x).sum(), (canvas * y).sum()]) / canvas.sum()


def test_every_channel_of_a_whole_person_is_drawn() -> None:
    maps = label_maps(standing())
    assert maps.shape == (1, len(CHANNELS), 256, 192) and maps.dtype == np.uint8
    assert (maps[0].max((1, 2)) > 120).all()  # hands and face are thin lines
    assert (maps[0][:12].max((1, 2)) == 255).all()


def test_left_and_right_are_the_persons_own() -> None:
    maps = label_maps(standing())[0]
    for part in ("upper arm", "forearm", "thigh", "shin", "foot", "hand"):
        left, right = (maps[NAMES.index(f"{side} {part}")].astype(float) for side in ("left", "right"))
        assert center(left)[0] > SIZE[0] / 2 > center(right)[0]


def test_a_missing_joint_leaves_a_gap_and_nothing_else_changes() -> None:
    poses = standing()
    whole, gap = label_maps(poses)[0], label_maps(without(poses, slice(None), [LEFT_ELBOW]))[0]
    gone = [NAMES.index("left upper arm"), NAMES.index("left forearm")]
    assert not gap[gone].any()
    np.testing.assert_array_equal(np.delete(gap, gone, 0), np.delete(whole, gone, 0))
    doubted = replace(poses, confidence=np.where(np.arange(133) == LEFT_ELBOW, 0.1, poses.confidence))
    np.testing.assert_array_equal(label_maps(doubted)[0], gap)


def test_lines_are_antialiased_and_follow_parts_of_a_pixel() -> None:
    limb = one_limb((60.0, 50.0), (100.0, 120.0))
    assert len(np.unique(limb)) > 10
    np.testing.assert_allclose(center(limb), (80, 85), atol=0.15)
    for shift in (0.25, 0.5, 0.75):
        moved = one_limb((60 + shift, 50.0), (100 + shift, 120.0))
        np.testing.assert_allclose(center(moved) - center(limb), (shift, 0), atol=0.08)


def test_joints_outside_the_map_are_cut_off_at_its_edge() -> None:
    limb = one_limb((96.0, 200.0), (96.0, 1e9))
    assert limb[255].max() > 200 and not limb[:190].any()
    assert not one_limb((-500.0, -400.0), (-300.0, -900.0)).any()


def test_lines_grow_with_the_map() -> None:
    small = (one_limb((20, 100), (170, 100)) > 127).sum(0).max()
    large = (one_limb((40, 200), (340, 200), (384, 512)) > 127).sum(0).max()
    assert small >= 3 and large == pytest.approx(2 * small, abs=1)


def test_pictures_of_label_maps_are_for_people() -> None:
    maps = label_maps(standing())[0]
    shown = labels.picture(maps)
    assert shown.shape == (256, 192, 3) and shown.max() == 255 and not shown[0, 0].any()
    over = labels.picture(maps, np.full((256, 192, 3), 100, np.uint8))
    assert over[0, 0].tolist() == [60, 60, 60]


# --- boxes ----------------------------------------------------------------------------------------


def dancing(frames: int = 180, fps: float = 30) -> Poses:
    way = np.arange(frames) / fps
    return Camera().see(waving(frames), 4 + np.sin(way), x=np.sin(1.3 * way), fps=fps)


def test_the_crop_contains_every_joint_and_keeps_its_aspect() -> None:
    poses = dancing()
    boxes = follow_boxes(poses, 0.75)
    assert np.ptp((boxes[:, 2] - boxes[:, 0]) / (boxes[:, 3] - boxes[:, 1])) < 1e-9
    joints = poses.xy[:, :23]
    assert (joints > boxes[:, None, :2]).all() and (joints < boxes[:, None, 2:]).all()


def test_the_crop_does_not_tremble_with_the_joints() -> None:
    poses = dancing()
    noise = np.random.default_rng(0).normal(0, 4, poses.xy.shape)
    shaken = follow_boxes(poses.with_xy(poses.xy + noise), 0.75)
    assert np.abs(np.diff(shaken - follow_boxes(poses, 0.75), axis=0)).mean() < 0.3
    assert np.abs(np.diff(shaken, 2, axis=0)).max() < 1


def test_the_crop_stays_where_nobody_is_and_is_the_frame_where_nobody_ever_was() -> None:
    poses = dancing()
    gap = follow_boxes(without(poses, slice(60, 90), slice(None)), 0.75)
    assert np.isfinite(gap).all()
    nobody = follow_boxes(without(poses, slice(None), slice(None)), 0.75)
    np.testing.assert_allclose(nobody[:, 3] - nobody[:, 1], 720)


def test_the_path_of_the_crop_depends_on_seconds_not_frames() -> None:
    fast, slow = follow_boxes(dancing(360, 60), 0.75), follow_boxes(dancing(60, 10), 0.75)
    np.testing.assert_allclose(fast[::6][5:-5], slow[5:-5], atol=6)


def test_into_crop_is_the_inverse_of_composite() -> None:
    """A dot drawn at a joint in the crop lands in the plate where the joint was."""
    poses, size = dancing(3), (96, 128)
    boxes = follow_boxes(poses, size[0] / size[1])
    inside = into_crop(poses, boxes, size)
    assert inside.size == size
    layer = np.zeros((128, 96, 4), np.uint8)
    x, y = np.rint(inside.xy[0, NOSE]).astype(int)
    layer[y, x] = 255
    box = boxes[0] + np.tile((inside.xy[0, NOSE] - (x, y)) * (boxes[0, 3] - boxes[0, 1]) / 128, 2)
    pasted = composite(np.zeros((720, 1280, 3), np.uint8), layer, box)
    np.testing.assert_allclose(center(pasted[..., 0].astype(float)), poses.xy[0, NOSE], atol=0.1)
    whole = into_crop(poses, np.tile([0.0, 0, 1280, 720], (3, 1)), (1280, 720))
    np.testing.assert_allclose(whole.xy, poses.xy, atol=1e-3)


def test_the_whole_frame_is_letterboxed() -> None:
    np.testing.assert_allclose(whole_frame_boxes(2, (1280, 720), 2.0), [[-80, 0, 1360, 720]] * 2)
    np.testing.assert_allclose(whole_frame_boxes(1, (400, 800), 0.25), [[0, -400, 400, 1200]])


def test_the_aspect_is_what_the_poses_need() -> None:
    wide = Camera().see(body(), np.full(50, 4.0))
    assert crop_aspect(wide) == 0.625
    arms = wide.xy.copy()
    arms[:, 9, 0], arms[:, 10, 0] = arms[:, 9, 0] + 90, arms[:, 10, 0] - 90
    assert crop_aspect(wide.with_xy(arms)) > 0.7
    assert crop_aspect(without(wide, slice(None), slice(None))) == 0.75


# --- faces ----------------------------------------------------------------------------------------


def test_the_face_box_is_a_square_around_the_face_at_any_distance() -> None:
    poses = Camera().see(waving(60), np.linspace(3, 6, 60))
    boxes = face_boxes(poses)
    side = boxes[:, 2] - boxes[:, 0]
    np.testing.assert_allclose(side, boxes[:, 3] - boxes[:, 1])
    ears = np.linalg.norm(poses.xy[:, LEFT_EAR] - poses.xy[:, RIGHT_EAR], axis=1)
    np.testing.assert_allclose(side[10:-10], 1.7 * ears[10:-10], rtol=0.05)
    np.testing.assert_allclose((boxes[:, :2] + boxes[:, 2:]) / 2, poses.xy[:, NOSE] + 0.5, atol=0.1 * side.max())


def test_no_face_where_it_is_hidden_or_turned_away_but_one_in_a_handstand() -> None:
    poses = Camera().see(waving(60), np.full(60, 4.0))
    turned = poses.xy.copy()
    turned[20:30, :, 0] = 1280 - turned[20:30, :, 0]  # from behind, left and right change sides
    turned[40:50] = (1280, 720) - turned[40:50]  # upside down, facing the camera
    hidden = without(poses.with_xy(turned), slice(5, 10), [NOSE])
    known = np.isfinite(face_boxes(hidden)).all(1)
    assert not known[5:10].any() and not known[20:30].any()
    assert known[:5].all() and known[10:20].all() and known[40:50].all()


def test_the_face_box_is_calmer_than_the_joints_and_does_not_lag() -> None:
    poses = dancing()
    noise = np.random.default_rng(1).normal(0, 1.5, poses.xy.shape)
    clean, shaken = face_boxes(poses), face_boxes(poses.with_xy(poses.xy + noise))
    assert np.abs(np.diff(shaken - clean, axis=0)).mean() < 0.5
    middle = (clean[:, :2] + clean[:, 2:]) / 2 - 0.5
    assert np.abs(middle - poses.xy[:, [LEFT_EAR, RIGHT_EAR, NOSE, NOSE]].mean(1))[10:-10].max() < 2


def test_a_hand_box_holds_the_hand_that_opens_and_is_none_where_it_is_hidden() -> None:
    poses = without(Camera(200, 1.0, SIZE).see(waving(50), np.full(50, 2.0)), slice(0, 0), slice(None))
    xy, confidence = poses.xy.copy(), poses.confidence.copy()
    for n in range(50):
        spread = (4 + 4 * np.sin(n / 8)) * np.stack([np.arange(21) % 5 / 4.0, np.arange(21) / 20.0], 1)
        xy[n, LEFT_HAND] = xy[n, 9] + spread
    confidence[:, LEFT_HAND], confidence[:, RIGHT_HAND] = 0.9, 0.0
    confidence[20:24, LEFT_HAND][:, :12] = 0.1
    left, right = hand_boxes(poses.with_xy(xy, confidence))
    assert np.isnan(right).all() and np.isnan(left[20:24]).all() and np.isfinite(left[24:]).all()
    known = np.isfinite(left).all(1)
    joints = xy[known][:, LEFT_HAND] + 0.5
    inside = (joints >= left[known, None, :2]) & (joints <= left[known, None, 2:])
    assert inside.mean() > 0.98
    side = left[known, 2] - left[known, 0]
    assert np.allclose(side, left[known, 3] - left[known, 1]) and np.abs(np.diff(side)).max() < 1
