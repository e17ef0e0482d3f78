"""A filmed frame taken apart by limbs and moved to another pose, judged with the built-in dancers' true joints."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from dancetransfer.footage.plate import composite, cut_out
from dancetransfer.pose.names import JOINT, joints_of
from dancetransfer.pose.poses import LEFT_HIP, LEFT_SHOULDER, LEFT_WRIST, RIGHT_HIP, RIGHT_SHOULDER
from dancetransfer.pose.space import distances, normalized, stand_of
from dancetransfer.puppets import Performance
from dancetransfer.score.metrics import psnr_of, squared_error
from dancetransfer.sprites.bones import bones_of, mirror
from dancetransfer.sprites.held import Own
from dancetransfer.sprites.lend import spares_of
from dancetransfer.sprites.limbs import Limbs, limbs_of, pixels
from dancetransfer.sprites.owners import distances as distances_to
from dancetransfer.sprites.owners import radii
from dancetransfer.sprites.warp import warp

SIZE = (160, 192)
BOX = np.array([28.0, 16.0, 228.0, 256.0])
"""In it the dancers of 256x256 stand with room around them."""


class Film:
    """A clip's frames as crops, with their joints."""

    def __init__(self, show: Performance) -> None:
        self.show = show
        self.xy, self.confidence = show.joints()

    def frame(self, n: int) -> np.ndarray:
        return next(iter(self.show.frames(n, n + 1)))

    def crop(self, n: int) -> np.ndarray:
        mask = np.ascontiguousarray(next(iter(self.show.masks(n, n + 1))))
        return np.dstack([cut_out(self.frame(n), BOX, SIZE), cut_out(mask, BOX, SIZE)])

    def limbs(self, n: int, confidence: np.ndarray | None = None, **more: object) -> Limbs:
        seen = self.confidence[n] if confidence is None else confidence
        return limbs_of(self.crop(n), BOX, self.xy[n], seen, **more)  # type: ignore[arg-type]

    def nearest(self, xy: np.ndarray, confidence: np.ndarray) -> int:
        asked = normalized(xy[None], confidence[None])
        return int(np.argmin(distances(asked, normalized(self.xy, self.confidence))))


@pytest.fixture(scope="module")
def person(puppet_shows: dict[str, Performance]) -> Film:
    return Film(puppet_shows["person"])


@pytest.fixture(scope="module")
def truth(puppet_shows: dict[str, Performance]) -> Film:
    return Film(puppet_shows["truth"])


def facing(film: Film) -> int:
    """A frame in which the arms hang beside the trunk of somebody who faces the camera."""
    left, right = film.xy[:, LEFT_SHOULDER], film.xy[:, RIGHT_SHOULDER]
    aside = film.xy[:, LEFT_WRIST, 0] - film.xy[:, LEFT_SHOULDER, 0]
    return int(np.argmax(np.minimum(left[:, 0] - right[:, 0], 30) + np.minimum(aside, 25)))


def turned(xy: np.ndarray, name: str, at: int, degrees: float) -> np.ndarray:
    """The joints with a part of the body turned around one of them."""
    moved, angle = xy.copy(), np.deg2rad(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    part = list(joints_of(name))
    moved[part] = xy[at] + (xy[part] - xy[at]) @ turn.T
    return moved


def at(layer: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """The layer's pixel [4] where a joint lies."""
    x, y = ((xy + 0.5 - BOX[:2]) / (BOX[2:] - BOX[:2]) * SIZE).astype(int)
    return np.asarray(layer[y, x])


def inside_trunk(xy: np.ndarray) -> np.ndarray:
    """bool [h,w]: well inside the trunk."""
    corners = xy[[LEFT_SHOULDER, RIGHT_SHOULDER, RIGHT_HIP, LEFT_HIP]]
    corners = corners.mean(0) + 0.55 * (corners - corners.mean(0))
    drawn = np.zeros(SIZE[::-1], np.uint8)
    points = (corners + 0.5 - BOX[:2]) / (BOX[2:] - BOX[:2]) * SIZE
    cv2.fillConvexPoly(drawn, np.rint(points).astype(np.int32), 1)
    return drawn > 0


def pieces(layer: np.ndarray) -> tuple[float, float]:
    """The part of what is drawn that hangs together, and how much is drawn at all, as a part of the picture."""
    solid = (layer[..., 3] > 100).astype(np.uint8)
    _, _, stats, _ = cv2.connectedComponentsWithStats(solid, connectivity=8)
    return stats[1:, cv2.CC_STAT_AREA].max() / solid.sum(), float(solid.mean())


def test_in_its_own_pose_a_frame_stays_what_it_is(person: Film) -> None:
    n = facing(person)
    layer = warp(person.limbs(n), person.xy[n], person.confidence[n], BOX, SIZE)
    crop = person.crop(n)
    part = crop[..., 3] > 250
    assert psnr_of(((layer[..., :3].astype(float) - crop[..., :3])[part] ** 2).mean()) > 30
    assert (layer[..., 3][part] > 200).mean() > 0.98
    assert (layer[..., 3][crop[..., 3] == 0] < 20).all()


def test_limbs_come_nearer_to_the_truth_than_the_frame_placed_as_a_whole(person: Film, truth: Film) -> None:
    better = []
    for n in range(5, 75, 14):
        xy, confidence, real = truth.xy[n], truth.confidence[n], truth.frame(n)
        found = person.nearest(xy, confidence)
        plate = truth.show.plate()
        layer = warp(person.limbs(found), xy, confidence, BOX, SIZE)
        errors = [
            squared_error(composite(plate, one, box), real)[16:, 28:228].mean()
            for one, box in ((layer, BOX), (person.crop(found), placed(person, found, xy, confidence)))
        ]
        better.append(psnr_of(errors[0]) - psnr_of(errors[1]))
    assert np.mean(better) > 2
    assert min(better) > 0


def placed(film: Film, n: int, xy: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """The box in which a frame's person has the asked height, pelvis and floor."""
    asked, shown = stand_of(xy[None], confidence[None]), stand_of(film.xy[n][None], film.confidence[n][None])
    old, new = (np.array([one.pelvis[0, 0], one.floor[0]]) + 0.5 for one in (shown, asked))
    return np.tile(new, 2) + asked.height[0] / shown.height[0] * (BOX - np.tile(old, 2))


def test_what_is_held_in_some_frames_is_no_part_of_the_hand(person: Film) -> None:
    n, color = facing(person), (230, 40, 200)

    def holding(at: int) -> np.ndarray:
        crop = person.crop(at)
        wrist = (person.xy[at, LEFT_WRIST] + 0.5 - BOX[:2]) / (BOX[2:] - BOX[:2]) * SIZE
        cv2.circle(crop, (int(wrist[0]) + 4, int(wrist[1]) + 6), 9, (*color, 255), -1)
        return crop

    def places(at: int, crop: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bones = bones_of(person.xy[at], person.confidence[at]).moved(pixels(BOX, SIZE))
        return crop, distances_to(bones, radii(bones, crop[..., 3]), SIZE)

    some = [(k, person.crop(k)) for k in range(0, 40, 4)]
    own = Own([places(n, holding(n)), *(places(*one) for one in some)])

    def left(crop: np.ndarray, own: Own | None) -> int:
        pose = person.xy[n], person.confidence[n], BOX
        layer = warp(limbs_of(crop, BOX, *pose[:2], own=own), *pose, SIZE)
        near = np.abs(layer[..., :3].astype(int) - color).max(-1) < 60
        return int((near & (layer[..., 3] > 100)).sum())

    assert left(holding(n), None) > 100
    assert left(holding(n), own) < 20
    bare, known = (warp(limbs_of(person.crop(n), BOX, person.xy[n], person.confidence[n], own=one), person.xy[n],
                        person.confidence[n], BOX, SIZE)[..., 3].mean() for one in (None, own))  # fmt: skip
    assert known > 0.95 * bare


def test_an_arm_that_moves_leaves_the_trunk_where_it_is(person: Film) -> None:
    n = facing(person)
    limbs, confidence = person.limbs(n), person.confidence[n]
    wanted = turned(person.xy[n], "left_arm", LEFT_SHOULDER, -70)
    before, after = (warp(limbs, xy, confidence, BOX, SIZE) for xy in (person.xy[n], wanted))
    trunk = inside_trunk(wanted)
    assert np.abs(before.astype(int) - after)[trunk].max() <= 3
    assert at(after, wanted[LEFT_WRIST])[3] > 200  # the hand is where it is asked
    assert at(after, person.xy[n][LEFT_WRIST])[3] < 50  # and no longer where it was
    skin = at(before, person.xy[n][LEFT_WRIST])[:3].astype(int)
    assert np.abs(at(after, wanted[LEFT_WRIST])[:3] - skin).max() < 60


def test_no_pose_tears_the_body(person: Film) -> None:
    n = facing(person)
    limbs, confidence = person.limbs(n), person.confidence[n]
    _, whole = pieces(warp(limbs, person.xy[n], confidence, BOX, SIZE))
    for angle in (-150, -90, -45, 60, 120):
        wanted = turned(person.xy[n], "left_arm", LEFT_SHOULDER, angle)
        wanted = turned(wanted, "right_arm", RIGHT_SHOULDER, 0.8 * angle)
        wanted = turned(wanted, "left_leg", LEFT_HIP, -0.4 * abs(angle))
        for elbow, hand in (("left_elbow", "left_hand"), ("right_elbow", "right_hand")):
            wrist = JOINT[elbow] + 2
            bent = turned(np.vstack([wanted, wanted[wrist][None]]), hand, JOINT[elbow], angle)
            wanted[list(joints_of(hand))] = bent[list(joints_of(hand))]
        one, drawn = pieces(warp(limbs, wanted, confidence, BOX, SIZE))
        assert one > 0.99
        assert drawn > 0.6 * whole


def test_a_limb_of_which_nothing_is_asked_rides_along(person: Film) -> None:
    n = facing(person)
    confidence = person.confidence[n].copy()
    confidence[list(joints_of("left_arm"))] = 0
    layer = warp(person.limbs(n), person.xy[n], confidence, BOX, SIZE)
    assert at(layer, person.xy[n][LEFT_WRIST])[3] > 200


def test_a_limb_that_was_not_filmed_comes_from_another_frame(person: Film) -> None:
    n = facing(person)
    confidence, wanted = person.confidence[n].copy(), turned(person.xy[n], "left_arm", LEFT_SHOULDER, -60)
    confidence[list(joints_of("left_arm"))] = 0
    without = person.limbs(n, confidence)
    spares = spares_of([person.limbs(other) for other in range(0, len(person.xy), 30)])
    assert spares
    bare = warp(without, wanted, person.confidence[n], BOX, SIZE)
    lent = warp(without, wanted, person.confidence[n], BOX, SIZE, spares)
    assert at(bare, wanted[LEFT_WRIST])[3] < 50
    assert at(lent, wanted[LEFT_WRIST])[3] > 200
    assert pieces(lent)[0] > 0.99


def test_a_mirrored_frame_dances_mirrored(person: Film) -> None:
    n = facing(person)
    xy, confidence = mirror(person.xy[n], person.confidence[n], BOX)
    mirrored = warp(person.limbs(n, mirrored=True), xy, confidence, BOX, SIZE)
    straight = warp(person.limbs(n), person.xy[n], person.confidence[n], BOX, SIZE)
    both = (mirrored[..., 3] > 200) & (straight[:, ::-1, 3] > 200)
    assert both.sum() > 0.97 * (straight[..., 3] > 200).sum()
    assert np.abs(mirrored.astype(int) - straight[:, ::-1])[both].mean() < 3
    twice = mirror(xy, confidence, BOX)
    assert np.array_equal(twice[1], person.confidence[n])
    np.testing.assert_allclose(twice[0], person.xy[n])


def test_background_at_a_wide_mask_is_left_behind(person: Film) -> None:
    n = facing(person)
    crop, back = person.crop(n), cut_out(person.show.plate(), BOX, SIZE)
    wide = crop.copy()
    wide[..., 3] = cv2.dilate(crop[..., 3], np.ones((5, 5), np.uint8))
    beside = (crop[..., 3] < 20) & (wide[..., 3] > 200)
    xy, confidence = person.xy[n], person.confidence[n]
    kept, left = (
        warp(limbs_of(wide, BOX, xy, confidence, back=behind), xy, confidence, BOX, SIZE)[beside][:, 3].mean()
        for behind in (None, back)
    )
    assert left < 0.6 * kept


@pytest.mark.parametrize(
    "hide",
    [
        lambda confidence: confidence.fill(0),
        lambda confidence: confidence.__setitem__(slice(0, 11), 0),
        lambda confidence: confidence.__setitem__(slice(11, 23), 0),
        lambda confidence: confidence.__setitem__([LEFT_HIP, RIGHT_SHOULDER], 0),
    ],
    ids=["all", "above", "below", "one of each"],
)
def test_poses_with_little_in_them_are_drawn_as_far_as_they_go(
    person: Film, hide: Callable[[np.ndarray], None]
) -> None:
    n = facing(person)
    confidence = person.confidence[n].copy()
    hide(confidence)
    asked = warp(person.limbs(n), person.xy[n], confidence, BOX, SIZE)
    filmed = warp(person.limbs(n, confidence), person.xy[n], person.confidence[n], BOX, SIZE)
    for layer in (asked, filmed):
        assert layer.shape == (*SIZE[::-1], 4)
        assert (layer[..., 3] > 200).any() == bool(confidence.any())


def test_what_lies_outside_the_picture_is_not_drawn(person: Film) -> None:
    n = facing(person)
    limbs = person.limbs(n)
    half = warp(limbs, person.xy[n] + (95, 0), person.confidence[n], BOX, SIZE)
    none = warp(limbs, person.xy[n] + (900, 0), person.confidence[n], BOX, SIZE)
    assert half[..., 3].any()
    assert not none[..., 3].any()
    empty = limbs_of(np.zeros((64, 48, 4), np.uint8), BOX, person.xy[n], person.confidence[n])
    assert not warp(empty, person.xy[n], person.confidence[n], BOX, SIZE)[..., 3].any()
