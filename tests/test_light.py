"""The membrane, and the light of another background on the dancer: no seam, no flicker, no jump, no texture."""

from collections.abc import Iterator

import numpy as np
import pytest

from dancetransfer.footage.plate import composite
from dancetransfer.render import light
from dancetransfer.render.light import Piece, lit
from dancetransfer.render.membrane import membrane

SIZE = (320, 180)
PERSON = np.array([190, 170, 160], np.uint8)


def flat(color: object, size: tuple[int, int] = SIZE) -> np.ndarray:
    return np.broadcast_to(np.array(color, np.uint8), (*size[::-1], 3)).copy()


def walking(behind: Iterator[np.ndarray], count: int, jitter: float = 0.0) -> Iterator[Piece]:
    """A disc of one color that goes through the picture; its soft edge trembles."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:120, :100]
    for n in range(count):
        radius = 40 + jitter * rng.standard_normal()
        alpha = np.clip((radius - np.hypot(x - 49.5, y - 59.5)) / 6 + 0.5, 0, 1)
        layer = np.dstack([np.broadcast_to(PERSON, (120, 100, 3)), np.rint(alpha * 255)]).astype(np.uint8)
        yield Piece(n / 25, layer, np.array([60.3 + 1.3 * n, 30, 160.3 + 1.3 * n, 150]), next(behind))


def again(picture: np.ndarray) -> Iterator[np.ndarray]:
    while True:
        yield picture


def pictures(pieces: Iterator[Piece]) -> np.ndarray:
    return np.stack([composite(piece.behind, piece.layer, piece.box) for piece in pieces]).astype(float)


def middles(pieces: list[Piece]) -> np.ndarray:
    """The dancer's color in each frame, [T,3]."""
    return np.array([piece.layer[40:80, 30:70, :3].mean((0, 1)) for piece in pieces])


# --- the membrane ---------------------------------------------------------------------------------


def a_hole(frames: int = 6, height: int = 30, width: int = 40) -> tuple[np.ndarray, np.ndarray]:
    values = np.random.default_rng(0).normal(0, 1, (frames, height, width, 2)).astype(np.float32)
    y, x = np.mgrid[:height, :width]
    holes = np.stack([np.hypot(y - 15, x - 12 - 2 * n) < 10 for n in range(frames)])
    return values, holes


def test_a_membrane_is_the_mean_of_its_neighbors_and_keeps_what_is_known() -> None:
    values, holes = a_hole()
    filled = membrane(values, holes, np.full(5, 0.7), tolerance=1e-7)
    np.testing.assert_array_equal(filled[~holes], values[~holes])
    inner = holes[1:-1, 1:-1, 1:-1]
    middle = filled[1:-1, 1:-1, 1:-1]
    beside = sum(filled[1:-1, 1 + d : 29 + d, 1:-1] + filled[1:-1, 1:-1, 1 + d : 39 + d] for d in (-1, 1))
    along = 0.7 * (filled[:-2, 1:-1, 1:-1] + filled[2:, 1:-1, 1:-1])
    assert np.abs((beside + along) / 5.4 - middle)[inner].max() < 1e-3
    assert filled[holes].min() > values.min() and filled[holes].max() < values.max()


def test_a_membrane_between_equal_edges_is_even_and_one_without_an_edge_the_mean() -> None:
    values, holes = a_hole()
    values[:] = 3
    values[holes] = 100
    np.testing.assert_allclose(membrane(values, holes, np.ones(5)), 3, atol=0.3)
    everything = np.ones_like(holes)
    filled = membrane(values, everything, np.ones(5))
    assert filled.mean() == pytest.approx(values.mean(), rel=0.01) and values.min() < filled.min()
    assert membrane(values, ~everything, np.ones(5)) is values


# --- light ----------------------------------------------------------------------------------------


def test_over_the_own_plate_nothing_changes() -> None:
    plate = np.random.default_rng(1).integers(0, 256, (*SIZE[::-1], 3), np.uint8)
    for before, after in zip(walking(again(plate), 30), lit(walking(again(plate), 30), plate), strict=True):
        np.testing.assert_array_equal(before.layer, after.layer)
        assert before.time == after.time


@pytest.mark.parametrize("new", [(60, 60, 60), (40, 50, 90)])
def test_the_seam_is_lower_and_the_dancer_takes_on_the_light(new: tuple[int, int, int]) -> None:
    plate, behind = flat((200, 200, 200)), flat(new)
    plain, made = list(walking(again(behind), 30)), list(lit(walking(again(behind), 30), plate))
    step = [np.abs(middles(pieces) - new).mean() for pieces in (plain, made)]
    assert step[1] < 0.75 * step[0]
    assert (middles(made) > np.array(new) + 10).all()  # but stays a person
    assert all(np.array_equal(one.layer[..., 3], two.layer[..., 3]) for one, two in zip(plain, made, strict=True))


def test_black_stays_black_and_detail_keeps_its_contrast() -> None:
    layer = np.zeros((120, 100, 4), np.uint8)
    layer[20:100, 20:80, 3] = 255
    layer[60:100:2, 20:80, :3], layer[61:100:2, 20:80, :3] = 80, 160
    piece = Piece(0.0, layer, np.array([60.0, 30, 160, 150]), flat((50, 50, 50)))
    (made,) = lit([piece], flat((200, 200, 200)))
    assert (made.layer[22:58, 22:78, :3] == 0).all()
    ratio = made.layer[61:99:2, 22:78, :3].astype(float) / made.layer[60:98:2, 22:78, :3]
    assert made.layer[64, 50, 0] < 70 and ratio.mean() == pytest.approx(2, abs=0.05)


def test_no_texture_of_the_background_comes_through() -> None:
    y, x = np.mgrid[: SIZE[1], : SIZE[0]]
    board = np.where(((x // 4 + y // 4) % 2)[..., None] > 0, flat((60, 60, 60)), flat((140, 140, 140)))
    (made,) = lit(list(walking(again(board), 1)), flat((200, 200, 200)))
    spot = made.layer[30:90, 25:75, :3].astype(float)
    assert spot.std((0, 1)).max() < 1.5


def test_a_trembling_edge_flickers_less() -> None:
    plate, behind = flat((200, 200, 200)), flat((60, 60, 60))
    flicker = []
    for pieces in (walking(again(behind), 40, jitter=1.5), lit(walking(again(behind), 40, jitter=1.5), plate)):
        shown = pictures(pieces)
        flicker.append(np.abs(shown[2:] - 2 * shown[1:-1] + shown[:-2]).mean())
    assert flicker[1] < 0.8 * flicker[0]


def test_light_that_trembles_reaches_the_dancer_softened() -> None:
    """Beside what comes of the same background frame by frame, where time is not looked at."""

    def trembling() -> Iterator[np.ndarray]:
        rng = np.random.default_rng(3)
        while True:
            yield flat(np.clip(80 * (1 + 0.3 * rng.standard_normal()), 0, 255) * np.ones(3))

    plate = flat((200, 200, 200))
    together = middles(list(lit(walking(trembling(), 40), plate)))
    alone = middles([made for piece in walking(trembling(), 40) for made in lit([piece], plate)])
    second = [np.abs(np.diff(colors, 2, axis=0)).mean() for colors in (together, alone)]
    assert second[0] < 0.7 * second[1]
    assert abs(together.mean() - alone.mean()) < 3


def test_windows_of_frames_go_over_into_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nowhere does the light jump, and it is that of all frames solved at once."""
    x = np.arange(SIZE[0])[None, :, None] / SIZE[0]
    behind = (30 + 180 * x + np.zeros((SIZE[1], 1, 3))).astype(np.uint8)
    plate = flat((128, 128, 128))
    count = 3 * light.WINDOW + 5
    windows = middles(list(lit(walking(again(behind), count), plate)))
    monkeypatch.setattr(light, "WINDOW", 1000)
    whole = middles(list(lit(walking(again(behind), count), plate)))
    assert np.abs(windows - whole).max() < 1.5
    assert np.abs(np.diff(windows, axis=0)).max() < 1.5 * np.abs(np.diff(whole, axis=0)).max() + 0.3


def test_frames_come_out_while_others_are_still_to_come() -> None:
    asked = []

    def counted() -> Iterator[Piece]:
        for piece in walking(again(flat((60, 60, 60))), 200):
            asked.append(piece.time)
            yield piece

    made = lit(counted(), flat((200, 200, 200)))
    for n in range(60):
        assert next(made).time == n / 25
        assert len(asked) <= n + light.WINDOW + 1
    made.close()


@pytest.mark.parametrize("count", [0, 1, light.OVERLAP, light.WINDOW - 1, light.WINDOW, light.WINDOW + 1])
def test_any_number_of_frames_comes_out_once_and_in_order(count: int) -> None:
    made = list(lit(walking(again(flat((60, 60, 60))), count), flat((200, 200, 200))))
    assert [piece.time for piece in made] == [n / 25 for n in range(count)]
