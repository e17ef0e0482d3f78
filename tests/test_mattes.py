"""What of a crop is the person: segmentation and empty background together; and light that flickers."""

import cv2
import numpy as np

from dancetransfer.footage.flicker import Light, relit
from dancetransfer.footage.mattes import BACKGROUND, PERSON, UNSURE, filled, matte

SIZE = 128


def room(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).uniform(60, 200, (SIZE // 16, SIZE // 16, 3)).astype(np.float32)
    return cv2.resize(noise, (SIZE, SIZE), interpolation=cv2.INTER_CUBIC).clip(0, 255).astype(np.uint8)


def seen(noise: float = 2.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A red person 30 wide and 80 tall whose left hand the segmentation lacks, with a shadow to the right; and both."""
    person = np.zeros((SIZE, SIZE), bool)
    person[20:100, 50:80] = True
    picture, mask = room().astype(float), person.copy()
    picture[90:104, 80:110] *= 0.7
    picture[person] = (230, 20, 40)
    person[50:56, 43:50] = True
    picture[50:56, 43:50] = (230, 20, 40)
    picture += np.random.default_rng(1).normal(0, noise, picture.shape)
    return picture.clip(0, 255).astype(np.uint8), cv2.blur(255 * mask.astype(np.uint8), (3, 3)), person


KNOWN = np.ones((SIZE, SIZE), bool)


def test_the_person_is_sure_inside_and_the_room_outside() -> None:
    picture, mask, person = seen()
    found = matte(picture, room(), mask, KNOWN, 2.0)
    assert (found[24:96, 54:76] == PERSON).all() and (found[:, :30] == BACKGROUND).all()
    around = cv2.dilate(person.astype(np.uint8), np.ones((3, 3))) > 0
    assert not (found[~around] == PERSON).any() and not (found[person] == BACKGROUND).any()
    assert (found == UNSURE).mean() < 0.08


def test_a_hand_that_the_segmentation_lacks_is_the_persons() -> None:
    picture, mask, _ = seen()
    assert (matte(picture, room(), mask, KNOWN, 2.0)[52:54, 45:49] == PERSON).all()


def test_a_shadow_is_unsure_also_where_the_segmentation_takes_it_for_the_person() -> None:
    picture, mask, _ = seen()
    near = np.s_[93:101, 83:86]
    assert (matte(picture, room(), mask, KNOWN, 2.0)[near] == UNSURE).all()
    mask[90:104, 80:86] = 200
    assert (matte(picture, room(), mask, KNOWN, 2.0)[near] == UNSURE).all()


def test_where_the_room_was_never_seen_the_segmentation_is_believed() -> None:
    picture, mask, person = seen()
    found = matte(picture, np.zeros_like(picture), mask, ~KNOWN, 2.0)
    assert (found[24:96, 54:76] == PERSON).all() and (found[mask == 0][:100] == BACKGROUND).all()
    assert person[found == PERSON].all()


def test_a_hole_is_filled_softly_and_the_rest_is_kept() -> None:
    picture, hole = room(), np.zeros((SIZE, SIZE), bool)
    hole[40:80, 40:80] = True
    broken = np.where(hole[..., None], 255, picture).astype(np.uint8)
    whole = filled(broken, hole)
    np.testing.assert_array_equal(whole[~hole], picture[~hole])
    assert np.abs(whole[hole].astype(int) - picture[hole]).mean() < 40 and whole[hole].max() < 230
    assert filled(picture, np.zeros_like(hole)) is picture


# --- the light ------------------------------------------------------------------------------------


def frames(factor: np.ndarray) -> list[np.ndarray]:
    rng = np.random.default_rng(2)
    made = [(0.8 * room() * one + rng.normal(0, 2, (SIZE, SIZE, 3))) for one in factor]
    return [one.clip(0, 255).astype(np.uint8) for one in made]


def lights(pictures: list[np.ndarray]) -> np.ndarray | None:
    light, mask = Light((SIZE, SIZE)), np.zeros((SIZE, SIZE), np.uint8)
    mask[20:100, 50:80] = 255
    for n, picture in enumerate(pictures):
        picture[20:100, 50:80] = (n * 5) % 256  # whatever the person looks like
        light.look(picture, mask, None)
    return light.result(np.arange(len(pictures)) / 25)


def test_flicker_of_five_percent_is_taken_out() -> None:
    factor = 1 + 0.05 * np.sin(np.arange(50) * 2.1)
    pictures = frames(factor)
    found = lights(pictures)
    assert found is not None
    even = np.array([relit(one, light)[:, :40].mean() for one, light in zip(pictures, found, strict=True)])
    assert np.std([one[:, :40].mean() for one in pictures]) > 3 and even.std() < 0.2


def test_slow_exposure_is_taken_out_without_following_the_noise() -> None:
    factor = 1 + 0.06 * np.linspace(0, 1, 60)
    found = lights(frames(factor))
    assert found is not None
    gain = found[:, 0, 1] + found[:, 1, 1] / 105
    assert np.abs(gain / gain[30] - factor / factor[30]).max() < 0.01
    assert np.abs(np.diff(gain, 2)).max() < 0.002


def test_steady_light_is_left_alone_bit_for_bit() -> None:
    assert lights(frames(np.ones(40))) is None
    picture = room()
    assert relit(picture, None) is picture
