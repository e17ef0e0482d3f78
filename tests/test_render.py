"""Fitted poses to person layers: the same pixels in parts as in the whole, and nothing rendered twice."""

import math
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stages import close_at, leftovers

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Progress, Started
from dancetransfer.footage.pairs import boxes_of
from dancetransfer.learn import runs
from dancetransfer.learn.dancer import load_dancer, save_dancer
from dancetransfer.pose import poses as p
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render import render as rendering
from dancetransfer.render.compose import compose
from dancetransfer.render.render import frames_between, read_layers, segments
from dancetransfer.settings import RenderSettings, TrainSettings

SMALL = TrainSettings(recipe="fast", size=32, width=4, blocks=1, device="cpu")
FRAMES = 75


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    """Segments of 12 frames, so that three seconds have seven."""
    monkeypatch.setattr(rendering, "LONGEST", 12)


def render(project: Project, start: float | None = None, stop: float | None = None) -> Iterator[Any]:
    return rendering.render(project, SMALL, RenderSettings(start=start, stop=stop))


def folder_of(project: Project) -> Path:
    return project.dance_folder(project.dances[0]) / "render"


def asked(project: Project) -> Poses:
    return Poses.load(folder_of(project).parent / "retarget.npz")


def pictures(project: Project, first: int = 0, last: int = FRAMES) -> np.ndarray:
    return np.stack([image for _, image in compose(project, "dance", first, last)])


def layers(project: Project) -> list[tuple[np.ndarray, np.ndarray]]:
    return list(read_layers(segments(asked(project), folder_of(project)), 0, FRAMES))


def plate_of(project: Project) -> np.ndarray:
    plate: np.ndarray = np.load(project.clip_folder(project.clips[0]) / "plate.npy")
    return plate


def written(project: Project) -> dict[int, int]:
    """First frame of each segment -> when its layer was written."""
    return {int(file.stem): file.stat().st_mtime_ns for file in folder_of(project).glob("*.mkv")}


def again(project: Project) -> list[int]:
    """Which segments another rendering writes."""
    before = written(project)
    list(render(project))
    return sorted(start for start, when in written(project).items() if when != before.get(start))


def edit(project: Project, change: Callable[[Poses], Poses]) -> None:
    """The fitted dance changed, as a hand edit would."""
    change(asked(project)).save(folder_of(project).parent / "retarget.npz")


def without(first: int, last: int) -> Callable[[Poses], Poses]:
    """Nobody is seen in frames first <= n < last."""

    def change(poses: Poses) -> Poses:
        poses.confidence[first:last] = 0
        return poses

    return change


@pytest.fixture(scope="session")
def whole(drawn_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn project with its dance rendered from end to end. Copied by `rendered`."""
    folder = shutil.copytree(drawn_project, tmp_path_factory.mktemp("whole") / "true.dance")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "LONGEST", 12)
        list(render(Project.open(folder)))
    return Path(folder)


@pytest.fixture
def rendered(whole: Path, tmp_path: Path) -> Project:
    return Project.open(shutil.copytree(whole, tmp_path / "rendered.dance"))


# --- the whole ------------------------------------------------------------------------------------


def test_every_frame_has_its_layer_and_its_box(drawn: Project) -> None:
    events = list(render(drawn))
    assert events[0] == Started("render", FRAMES)
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done) and done[-1] == FRAMES
    assert events[-1] == Done("render", "75 of 75 frames were rendered anew.")
    assert sorted(written(drawn)) == [0, 12, 24, 36, 48, 60, 72]
    assert not leftovers(drawn.folder)
    made = layers(drawn)
    plan = load_dancer(runs.best(drawn, SMALL), runs.device_of(drawn.runs[0], "cpu")).plan
    np.testing.assert_array_equal(np.stack([box for _, box in made]), boxes_of(asked(drawn), plan))
    colors = np.stack([layer for layer, _ in made])
    alpha = colors[..., 3]
    assert 0.1 < (alpha == 0).mean() < 0.9 and np.ptp(colors[..., :3]) > 100  # it draws something
    assert (colors[..., :3][alpha == 0] == 0).all()


def test_where_no_person_layer_is_the_frame_is_the_plate_bit_for_bit(rendered: Project) -> None:
    plate = plate_of(rendered)
    for (layer, box), picture in zip(layers(rendered)[::9], pictures(rendered)[::9], strict=True):
        clear = np.ones(plate.shape[:2], bool)
        scale = (box[2] - box[0]) / layer.shape[1]
        for y, x in np.argwhere(layer[..., 3] > 0):  # and a layer's pixel around, as it is blended in
            left, top = box[0] + (x - 1) * scale, box[1] + (y - 1) * scale
            rows = slice(max(0, int(top)), max(0, int(np.ceil(top + 3 * scale))))
            clear[rows, max(0, int(left)) : max(0, int(np.ceil(left + 3 * scale)))] = False
        assert clear.mean() > 0.1
        assert np.array_equal(picture[clear], plate[clear])
        assert not np.array_equal(picture, plate)


def test_what_is_rendered_is_not_rendered_again(rendered: Project) -> None:
    before = written(rendered)
    events = list(render(rendered))
    assert events[-1] == Done("render", "Everything was rendered already.")
    assert written(rendered) == before


@pytest.mark.parametrize("count", [1, 2, 5, 9, 15, 16])
def test_it_can_be_stopped_at_any_event(drawn: Project, rendered: Project, count: int) -> None:
    assert len(close_at(render(drawn), count)) == count
    assert not leftovers(drawn.folder)
    kept = written(drawn)
    assert isinstance(list(render(drawn))[-1], Done)
    assert np.array_equal(pictures(drawn), pictures(rendered))
    assert kept.items() <= written(drawn).items()  # no finished segment was rendered twice


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "stop"), [(1.2, 2.0), (0.0, 0.5), (2.9, None), (None, 0.04)])
def test_a_stretch_comes_out_as_in_the_whole(
    drawn: Project, rendered: Project, start: float | None, stop: float | None
) -> None:
    first, last = frames_between(asked(drawn).time, start, stop)
    assert (first, last) == (math.ceil((start or 0) * 25), FRAMES if stop is None else math.ceil(stop * 25))
    list(render(drawn, start, stop))
    assert np.array_equal(pictures(drawn, first, last), pictures(rendered, first, last))
    assert len(written(drawn)) == -(-last // 12)  # what lies before leads to its state, what lies behind doesn't
    if last < FRAMES:
        with pytest.raises(UserError, match="not rendered yet"):
            pictures(drawn, last - 1, FRAMES)
    list(render(drawn))
    assert np.array_equal(pictures(drawn), pictures(rendered))


def test_a_stretch_behind_a_restart_needs_nothing_before_it(drawn: Project) -> None:
    def cut_at_40(poses: Poses) -> Poses:
        return replace(poses, shot=(np.arange(FRAMES) >= 40).astype(np.int32))

    edit(drawn, cut_at_40)
    list(render(drawn, 1.8, 2.0))
    assert sorted(written(drawn)) == [40, 48]
    part = pictures(drawn, 45, 50)
    list(render(drawn))
    assert sorted(written(drawn)) == [0, 12, 24, 36, 40, 48, 60, 72]
    assert np.array_equal(pictures(drawn, 45, 50), part)


@pytest.mark.parametrize(("start", "stop"), [(5.0, None), (1.0, 1.0), (2.0, 1.0), (1.001, 1.002)])
def test_an_empty_stretch_is_said(drawn: Project, start: float, stop: float | None) -> None:
    with pytest.raises(UserError, match="not one frame"):
        list(render(drawn, start, stop))


# --- gaps and cuts --------------------------------------------------------------------------------


def test_frames_without_a_dancer_show_the_plate_alone(drawn: Project) -> None:
    edit(drawn, without(30, 50))
    list(render(drawn))
    made, plate = pictures(drawn), plate_of(drawn)
    assert all(np.array_equal(picture, plate) for picture in made[30:50])
    assert not any(np.array_equal(picture, plate) for picture in (*made[:30], *made[50:]))
    assert 50 in written(drawn)  # the recursion began anew there


def test_a_dance_that_begins_with_nobody_is_rendered(drawn: Project) -> None:
    edit(drawn, without(0, 29))
    list(render(drawn))
    assert all(np.array_equal(picture, plate_of(drawn)) for picture in pictures(drawn)[:29])
    assert again(drawn) == []


def test_after_a_gap_the_dance_is_drawn_as_if_it_began_there(drawn: Project) -> None:
    """What is before a gap of 0.3 s or a cut is not in what comes after."""
    edit(drawn, without(30, 50))
    list(render(drawn))
    one = layers(drawn)

    def move(poses: Poses) -> Poses:
        poses.xy[5:25, p.LEFT_HIP] += 4
        return poses

    edit(drawn, move)
    assert again(drawn) and all(start < 50 for start in again(drawn))
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(one[50:], layers(drawn)[50:], strict=True))


# --- edits ----------------------------------------------------------------------------------------


def test_an_edit_renders_only_the_segments_it_reaches(rendered: Project, drawn: Project) -> None:
    """Those before stay; those behind stop where the incoming state is the same within 1/255."""

    def move(poses: Poses) -> Poses:
        poses.xy[26:29, p.LEFT_HIP] += 3  # within the person's box, which stays
        return poses

    before = layers(rendered)
    edit(rendered, move)
    made = again(rendered)
    assert made[0] == 24 and 72 not in made and made == list(range(24, 24 + 12 * len(made), 12))
    edit(drawn, move)
    list(render(drawn))
    after, anew = layers(rendered), layers(drawn)
    assert not np.array_equal(before[26][0], after[26][0])
    assert all(np.array_equal(a, b) for (a, _), (b, _) in zip(after[:36], anew[:36], strict=True))
    off = [np.abs(a.astype(int) - b).max() for (a, _), (b, _) in zip(after[36:], anew[36:], strict=True)]
    assert max(off) <= 2  # a segment that stayed differs by what 1/255 of its first state makes
    assert again(rendered) == []


def test_a_change_that_dies_out_within_a_segment_stops_there(
    rendered: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next segment stays although its incoming state is not the same to the last bit."""

    def move(poses: Poses) -> Poses:
        poses.xy[25, p.LEFT_HIP] += 3
        return poses

    edit(rendered, move)
    monkeypatch.setattr(rendering, "SAME", 10.0)
    assert again(rendered) == [24]
    monkeypatch.setattr(rendering, "SAME", 0.0)
    assert 36 in again(rendered)


def test_a_restart_that_an_edit_adds_moves_no_segment_behind_it(rendered: Project) -> None:
    kept = layers(rendered)
    edit(rendered, without(14, 24))
    made = again(rendered)
    assert 12 in made and 72 not in made
    assert np.array_equal(kept[74][0], layers(rendered)[74][0])
    edit(rendered, lambda poses: replace(poses, shot=(np.arange(FRAMES) >= 40).astype(np.int32)))
    list(render(rendered))
    assert 40 in written(rendered)
    edit(rendered, lambda poses: replace(poses, shot=np.zeros(FRAMES, np.int32)))
    list(render(rendered))
    assert 40 not in written(rendered)  # what is cut otherwise now is gone
    assert not (folder_of(rendered) / "000040.npz").exists()


def test_another_generator_renders_everything_anew_and_the_two_are_never_mixed(rendered: Project) -> None:
    best = runs.best(rendered, SMALL)
    dancer = load_dancer(best, runs.device_of(best.parent, "cpu"))
    dancer.generator.head.bias.data += 0.1
    save_dancer(best, dancer, {})
    list(render(rendered, 2.0, 2.5))
    assert len(list(compose(rendered, "dance", 50, 60))) == 10
    with pytest.raises(UserError, match="not rendered yet"):
        pictures(rendered)
    assert again(rendered) == [72]
    assert len(pictures(rendered)) == FRAMES


def test_the_same_generator_written_again_renders_nothing(rendered: Project) -> None:
    best = runs.best(rendered, SMALL)
    for _ in range(3):
        save_dancer(best, load_dancer(best, runs.device_of(best.parent, "cpu")), {})
        assert again(rendered) == []


def test_rendering_keeps_the_precision_of_the_training(rendered: Project) -> None:
    """Else a part could come out otherwise than the whole, by what a measurement of the CPU says that day."""
    folder = rendered.runs[0]
    assert runs.device_of(folder, "cpu").mixed == "float32"
    text = (folder / "settings.json").read_text()
    (folder / "settings.json").write_text(text.replace("float32", "bfloat16"))
    assert runs.device_of(folder, "cpu").mixed == "bfloat16"


# --- damage ---------------------------------------------------------------------------------------


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("suffix", [".mkv", ".npz"])
@pytest.mark.parametrize("damage", [flip, cut_short, emptied, Path.unlink])
def test_a_damaged_segment_is_said_and_made_again(
    rendered: Project, damage: Callable[[Path], None], suffix: str
) -> None:
    """The export says so in a sentence; the next rendering makes this one alone, as it was."""
    kept = pictures(rendered)
    damage(folder_of(rendered) / f"000036{suffix}")
    if (damage, suffix) != (flip, ".npz"):  # that byte is of a state, which the export does not read
        with pytest.raises(UserError, match="not rendered yet"):
            pictures(rendered)
    assert np.array_equal(pictures(rendered, 0, 36), kept[:36])
    assert again(rendered) == [36]
    assert np.array_equal(pictures(rendered), kept)


def test_nothing_learned_is_said(exact: Project) -> None:
    with pytest.raises(UserError, match="has not been learned yet"):
        list(render(exact))
