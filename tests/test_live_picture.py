"""Live pictures: laid over the plate quickly and as rendering does it, from frames that are taken apart once."""

import numpy as np
import pytest

from dancetransfer.footage.plate import composite
from dancetransfer.live.laying import laid, on_pixels
from dancetransfer.sprites.kept import Kept
from dancetransfer.sprites.limbs import Layer, Limbs


def _somebody(width: int, height: int) -> np.ndarray:
    """A layer [h,w,4]: a soft oval with bright waves in it."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    alpha = np.clip(40 - 40 * np.hypot(x / width - 0.5, y / height - 0.5) / 0.4, 0, 1)
    waves = [127 + 120 * np.sin(x / 7 + n) * np.cos(y / 9) for n in range(3)]
    return np.dstack([*waves, 255 * alpha]).astype(np.uint8) * (alpha[..., None] > 0)


@pytest.mark.parametrize(
    "box", [(30.3, 11.8, 130.2, 171.9), (-60, -40, 140, 280), (50, 60, 90, 124), (300, 0, 400, 160)]
)
def test_a_live_layer_lies_as_a_rendered_one(box: tuple[float, ...]) -> None:
    plate, layer = np.random.default_rng(0).integers(0, 255, (180, 240, 3)).astype(np.uint8), _somebody(60, 96)
    place = on_pixels(np.array(box))
    made, wanted = laid(plate, layer, place), composite(plate, layer, place)
    assert np.abs(place - box).max() <= 0.5
    assert np.mean((made.astype(float) - wanted) ** 2) < 255**2 / 10**4.5
    corners = made[:5, :5], made[-5:, -5:]
    assert (
        all(np.array_equal(a, b) for a, b in zip(corners, (plate[:5, :5], plate[-5:, -5:]), strict=True)) or box[0] < 0
    )
    assert (made != plate).any() == (box[0] < 240)


def test_frames_taken_apart_are_kept_as_long_as_they_fit() -> None:
    made: list[int] = []

    def limbs(n: int) -> Limbs:
        made.append(n)
        return Limbs((Layer(np.zeros((10, 10, 4), np.uint8), (0, 0)), None), None, np.zeros(2), np.zeros(2))  # type: ignore[arg-type]

    kept = Kept[tuple[int, bool], Limbs](2 * limbs(0).pixel_bytes, lambda one: one.pixel_bytes)
    made.clear()
    for n in (1, 2, 1, 3, 1, 2):
        kept((n, False), lambda n=n: limbs(n))  # type: ignore[misc]
    assert made == [1, 2, 3, 2]
    kept((2, True), lambda: limbs(2))
    assert made[-1] == 2 and len(made) == 5
