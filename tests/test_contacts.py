"""When the feet stand on the floor."""

import numpy as np
import pytest
from damage import damage, true_track

from dancetransfer import puppets
from dancetransfer.pose.clean import clean
from dancetransfer.pose.contacts import contacts
from dancetransfer.pose.poses import FEET, Poses

SIZE = (512, 512)
LEFT = [15, 17, 18, 19]


def agreement(found: np.ndarray, show: puppets.Performance) -> float:
    return float((found == show.contacts()).mean())


@pytest.mark.parametrize(("name", "fps"), [("person", 24), ("person", 60), ("dance", 30), ("dance", 60)])
def test_contacts_agree_with_the_truth(name: str, fps: float) -> None:
    show = getattr(puppets, name)(3, SIZE, 12, fps)
    truth = true_track(show)
    assert agreement(contacts(truth), show) > 0.95
    assert agreement(contacts(clean(damage(truth, 3).poses)), show) > 0.88


def test_toes_may_be_missing() -> None:
    show = puppets.person(3, SIZE, 8, 30)
    truth = true_track(show)
    confidence = truth.confidence.copy()
    confidence[:, [18, 21]] = 0  # no small toes
    assert agreement(contacts(truth.with_xy(truth.xy, confidence)), show) > 0.95
    confidence[:, FEET] = 0
    assert agreement(contacts(truth.with_xy(truth.xy, confidence)), show) > 0.93
    confidence[:, [15, 16]] = 0
    assert not contacts(truth.with_xy(truth.xy, confidence)).any()


def standing(seconds: float = 6, fps: float = 30) -> tuple[Poses, float]:
    """A dancer who stands quite still, and the height."""
    truth = true_track(puppets.person(3, SIZE, seconds, fps))
    xy = np.repeat(truth.xy[:1], len(truth), 0)
    return truth.with_xy(xy), float(np.ptp(xy[0, :23, 1]))


def test_who_stands_still_stands() -> None:
    poses, _ = standing()
    assert contacts(poses).all()


def test_a_leg_held_up_and_a_jump_are_no_contact() -> None:
    poses, height = standing()
    up = np.interp(poses.time, [1, 1.4, 3, 3.4], [0, 1, 1, 0])
    xy = poses.xy.copy()
    xy[:, LEFT, 1] -= 0.2 * height * up[:, None]
    balance = contacts(poses.with_xy(xy))
    held = (poses.time > 1.45) & (poses.time < 2.95)
    assert not balance[held, 0].any() and balance[:, 1].all()
    assert balance[(poses.time < 0.95) | (poses.time > 3.45), 0].all()
    flight = np.clip(1 - ((poses.time - 2) / 0.25) ** 2, 0, 1)  # half a second in the air
    jump = contacts(poses.with_xy(poses.xy - 0.12 * height * flight[:, None, None] * np.array([0, 1])))
    assert not jump[np.abs(poses.time - 2) < 0.2].any()
    assert jump[np.abs(poses.time - 2) > 0.3].all()


def test_a_camera_that_pans_lifts_no_foot() -> None:
    show = puppets.person(3, SIZE, 12, 30)
    truth = true_track(show)
    panned = truth.with_xy(truth.xy + (60 * truth.time)[:, None, None] * np.array([1, 0]))
    assert agreement(contacts(panned), show) > 0.93


def test_a_foot_behind_is_not_lifted() -> None:
    poses, height = standing()
    xy = poses.xy.copy()
    xy[:, LEFT, 1] -= 0.1 * height  # the far foot of who stands sideways
    assert contacts(poses.with_xy(xy)).all()
