"""The cleaning of tracks: sides, slips, whole hands and persons, doubts, and nothing done where nothing is wrong."""

from dataclasses import replace

import numpy as np
import pytest
from damage import BOTH_SWAPPED, LOWER, UPPER, damage, height_of, true_track

from dancetransfer import puppets
from dancetransfer.pose import gate, swaps
from dancetransfer.pose.clean import clean
from dancetransfer.pose.poses import FACE, LEFT_HAND, LEFT_WRIST, RIGHT_HAND, RIGHT_KNEE, Poses, absent

SIZE = (512, 512)


def film(name: str = "dance", seed: int = 1, seconds: float = 8, fps: float = 30) -> Poses:
    return true_track(getattr(puppets, name)(seed, SIZE, seconds, fps))


@pytest.fixture(scope="module")
def truth() -> Poses:
    return film()


def errors(poses: Poses, truth: Poses) -> np.ndarray:
    """[T,133] in % of the height."""
    return 100 * np.hypot(*np.moveaxis(poses.xy - truth.xy, -1, 0)) / height_of(truth)


def bend(poses: Poses, truth: Poses) -> float:
    """How far accelerations are off, body alone, in any unit."""
    return float(np.nanmean(np.abs(np.diff((poses.xy - truth.xy)[:, :17], n=2, axis=0))))


def swapped(poses: Poses, frames: slice, pairs: list[tuple[int, int]]) -> Poses:
    left, right = np.array(pairs).T
    xy, confidence, world = poses.xy.copy(), poses.confidence.copy(), None
    for values in (xy, confidence):
        values[frames, left], values[frames, right] = values[frames, right].copy(), values[frames, left].copy()
    if poses.world is not None:
        world = poses.world.copy()
        world[frames, left], world[frames, right] = world[frames, right].copy(), world[frames, left].copy()
    return replace(poses.with_xy(xy, confidence), world=world)


@pytest.mark.parametrize("name", ["person", "dance"])
@pytest.mark.parametrize("memory", [0.0, 0.3])
def test_a_damaged_track_is_cleaned(name: str, memory: float) -> None:
    truth = film(name)
    damaged = damage(truth, 3, memory_seconds=memory)
    cleaned = clean(damaged.poses)
    assert bend(cleaned, truth) < 0.1 * bend(damaged.poses, truth)
    before, after = errors(damaged.poses, truth), errors(cleaned, truth)
    for joints, most in ((slice(0, 23), 0.35), (slice(91, 133), 0.3), (FACE, 0.95)):
        assert np.nanmean(after[:, joints]) < most * np.nanmean(before[:, joints])
    assert np.nanmean(after[damaged.outliers]) < 2
    found = swaps.repair(damaged.poses)[1]
    assert (found == damaged.swapped).mean() > 0.995


@pytest.mark.parametrize("fps", [5, 24, 60])
@pytest.mark.parametrize("name", ["person", "dance"])
def test_nothing_is_done_where_nothing_is_wrong(name: str, fps: float) -> None:
    truth = film(name, 2, 10, fps)
    assert not swaps.repair(truth)[1].any()
    assert not swaps.repair(damage(truth, 2, swaps=0, outliers=0, gap_seconds=0).poses)[1].any()
    assert not gate.outliers(truth).any()
    cleaned = clean(truth)
    assert errors(cleaned, truth).mean() < 0.15
    assert cleaned.uncertain is not None and not cleaned.uncertain.any()
    assert cleaned.xy.dtype == np.float32 and cleaned.confidence.dtype == np.float32


@pytest.mark.parametrize("pairs", [UPPER, LOWER, UPPER + LOWER])
def test_swapped_sides_go_back_with_all_that_hangs_on_them(truth: Poses, pairs: list[tuple[int, int]]) -> None:
    truth = replace(truth, world=np.concatenate([truth.xy / 300, truth.xy[..., :1] / 500], -1))
    righted, state = swaps.repair(swapped(truth, slice(100, 112), pairs))
    np.testing.assert_array_equal(righted.xy, truth.xy)
    np.testing.assert_array_equal(righted.world, truth.world)
    assert (state > 0).sum() == 12


def test_hands_go_to_the_wrists_that_they_lie_at(truth: Poses) -> None:
    hands = list(zip(range(91, 112), range(112, 133), strict=True))
    np.testing.assert_array_equal(swaps.repair(swapped(truth, slice(30, 60), hands))[0].xy, truth.xy)


def test_a_start_on_the_wrong_side_is_told_by_the_face() -> None:
    truth = film("person", 1, 4)
    wrong = swapped(truth, slice(0, 90), UPPER + LOWER)  # three of four seconds
    righted, state = swaps.repair(wrong)
    assert (state[:90] == BOTH_SWAPPED).all() and not state[90:].any()
    np.testing.assert_array_equal(righted.xy, truth.xy)


def test_a_turn_is_no_swap() -> None:
    """A figure that spins four times: shoulders, hips and legs cross in the picture all the time."""
    for fps in (24, 30, 60):
        truth = film("person", 1, 4, fps)
        middle = truth.xy[:, :23].mean((0, 1))
        angle = 2 * np.pi * truth.time / 1.0
        xy = truth.xy.copy()
        xy[..., 0] = middle[0] + (truth.xy[:1, :, 0] - middle[0]) * np.cos(angle)[:, None]
        assert not swaps.repair(truth.with_xy(xy))[1].any()


def test_whole_persons_and_hands_that_jump_away_are_taken_out(truth: Poses) -> None:
    xy, height = truth.xy.copy(), height_of(truth)
    xy[60:65] += 0.8 * height
    xy[100:104, LEFT_HAND] = xy[100:104, RIGHT_HAND] + 0.4 * height
    xy[150, RIGHT_KNEE] += 0.15 * height
    found = gate.outliers(truth.with_xy(xy))
    assert found[60:65].all() and found[100:104, LEFT_HAND].all() and found[150, RIGHT_KNEE]
    assert found.sum() == 5 * 133 + 4 * 21 + 1
    cleaned = clean(truth.with_xy(xy))
    assert errors(cleaned, truth)[60:65, :17].max() < 8
    assert errors(cleaned, truth).max() < 12
    assert cleaned.uncertain is not None and np.flatnonzero(cleaned.uncertain).tolist() == list(range(60, 65))


def test_frames_are_uncertain_where_much_of_the_body_was_not_seen(truth: Poses) -> None:
    confidence, xy = truth.confidence.copy(), truth.xy.copy()
    confidence[50:80, [7, 8, 9, 10, 13]] = 0.1
    xy[120:150], confidence[120:150] = np.nan, 0
    said = np.zeros(len(truth), bool)
    said[10] = True
    uncertain = clean(replace(truth.with_xy(xy, confidence), uncertain=said)).uncertain
    assert uncertain is not None
    assert np.flatnonzero(uncertain).tolist() == [10, *range(50, 80)]
    cut = truth.with_xy(np.where(np.arange(133)[:, None] == LEFT_WRIST, truth.xy, truth.xy), truth.confidence.copy())
    cut.confidence[:, 11:23] = 0  # the picture ends at the hips
    assert not clean(cut).uncertain.any()  # type: ignore[union-attr]


def test_shots_are_cleaned_each_by_itself(truth: Poses) -> None:
    damaged = damage(truth, 5).poses
    shot = np.repeat([0, 1, 2], [70, 100, len(truth) - 170]).astype(np.int32)
    whole = clean(replace(damaged, shot=shot))
    for number in range(3):
        alone = clean(damaged[shot == number])
        np.testing.assert_array_equal(whole.xy[shot == number], alone.xy)
        np.testing.assert_array_equal(whole.contact[shot == number], alone.contact)  # type: ignore[index]


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 4, 5, 8])
def test_tracks_of_few_frames_and_of_nobody_are_fine(truth: Poses, frames: int) -> None:
    cleaned = clean(truth[:frames])
    assert len(cleaned) == frames and cleaned.contact is not None and cleaned.contact.shape == (frames, 2)
    np.testing.assert_allclose(cleaned.xy, truth.xy[:frames], atol=1)
    nobody = clean(absent(truth.time[:frames], SIZE))
    assert np.isnan(nobody.xy).all() and not nobody.contact.any()  # type: ignore[union-attr]
    assert not nobody.uncertain.any()  # type: ignore[union-attr]
