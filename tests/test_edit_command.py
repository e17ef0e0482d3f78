"""The command `edit`: what it changes and says, and that rendering redoes only what an edit reaches."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from engine import call, done, failed, last
from stick_bodies import without

from dancetransfer.events import Done
from dancetransfer.fit.retarget import fit_dance
from dancetransfer.pose import poses as p
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render import render as rendering
from dancetransfer.render.compose import compose
from dancetransfer.settings import RenderSettings, RetargetSettings, TrainSettings
from dancetransfer.storage import Results

SMALL = TrainSettings(recipe="fast", size=32, width=4, blocks=1, device="cpu")
WRIST = "left_wrist"


@pytest.fixture
def kept(exact: Project) -> tuple[Project, Path]:
    """A project with true joints, and the folder of its dance."""
    return exact, exact.dance_folder(exact.dances[0])


# --- the command ----------------------------------------------------------------------------------


def test_edits_are_made_listed_and_taken_back_by_command(kept: tuple[Project, Path]) -> None:
    project, folder = kept
    x = project.folder
    before = (folder / "track.npz").read_bytes()
    end = last(done("edit", x, "--joint", WRIST, "--time", "1s", "--by", "-5,3"))
    assert "0.84 to 1.16 s" in end.message and "render" in end.message
    assert end.result["changed"] == [pytest.approx((0.84, 1.16))]
    again = last(done("edit", x, "--joint", WRIST, "--time", "1.01", "--to", "100,90.5", "--before", "0.1"))
    assert "takes the place of edit 1" in again.message
    assert [entry["id"] for entry in again.result["edits"]] == [2]
    np.testing.assert_allclose(Poses.load(folder / "track.npz").xy[25, p.LEFT_WRIST], (100, 90.5), atol=1e-3)
    done("edit", x, "--dance", "dance", "--joint", "left_arm", "--hide", "--time", "2", "--span", "0.4")
    done("edit", x, "--swap", "legs", "--time", "0.5")
    done("edit", x, "--swap", "--time", "0.5")
    listed = last(done("edit", x, "--list"))
    assert len(listed.message.splitlines()) == 4 and [one["id"] for one in listed.result["edits"]] == [2, 3, 4, 5]
    assert [one["joint"] for one in listed.result["edits"]] == [WRIST, "left_arm", "legs", "all"]
    done("edit", x, "--remove", 3)
    assert "All 3" in last(done("edit", x, "--clear")).message
    assert (folder / "track.npz").read_bytes() == before
    for left in (3, 4, 3, 2, 1, 1, 0):  # back through every step
        assert len(last(done("edit", x, "--undo")).result["edits"]) == left
    assert "nothing to take back" in failed("edit", x, "--undo").message


def test_an_edit_of_the_person_keeps_what_was_learned(trained: Project) -> None:
    best = (trained.runs[0] / "best.safetensors").read_bytes()
    end = last(done("edit", trained.folder, "--clip", "001", "--joint", "nose", "--time", "2", "--by", "2,0"))
    assert "What was learned is kept" in end.message and "train" in end.message
    assert Project.open(trained.folder).edits(trained.clip_folder(trained.clips[0]))
    assert (trained.runs[0] / "best.safetensors").read_bytes() == best


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--joint", "tail", "--time", 1, "--hide"), "no joint 'tail'"),
        (("--joint", WRIST, "--time", 4, "--by", "1,1"), "4 s lies outside"),
        (("--joint", "left_arm", "--time", 1, "--to", "1,1"), "many joints"),
        (("--joint", WRIST, "--time", 1, "--to", "1000,1"), "too far outside"),
        (("--swap", "ears", "--time", 1), "can't be exchanged"),
        (("--remove", 7), "no edit 7"),
        (("--dance", "polka", "--list"), "no dance 'polka'"),
        (("--clip", "009", "--list"), "no clip '009'"),
    ],
)
def test_what_can_t_be_is_said_and_changes_nothing(exact: Project, words: tuple[object, ...], told: str) -> None:
    before = (exact.folder / "project.json").read_bytes()
    said = failed("edit", exact.folder, *words)
    assert told in said.message
    assert "tail" not in words or ("left_wrist" in said.hint and "left_arm" in said.hint)
    assert (exact.folder / "project.json").read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("--joint", WRIST, "--time", "1"),
        ("--joint", WRIST, "--by", "1,1"),
        ("--time", "1", "--hide"),
        ("--joint", WRIST, "--time", "1", "--by", "1,1", "--hide"),
        ("--joint", WRIST, "--time", "1", "--by", "1"),
        ("--joint", WRIST, "--time", "1", "--to", "nan,1"),
        ("--joint", WRIST, "--time", "soon", "--hide"),
        ("--joint", WRIST, "--time", "1", "--swap"),
        ("--joint", WRIST, "--time", "1", "--hide", "--span", "1", "--after", "1"),
        ("--undo", "--time", "1"),
        ("--list", "--clear"),
        ("--dance", "dance", "--clip", "001", "--list"),
    ],
)
def test_flags_that_don_t_go_together_are_usage(exact: Project, words: tuple[str, ...]) -> None:
    assert call("edit", exact.folder, *words)[0] == 2


def test_a_joint_that_is_not_there_is_placed_and_not_moved(kept: tuple[Project, Path]) -> None:
    project, folder = kept
    poses = without(Poses.load(folder / "poses.npz"), slice(None), [p.LEFT_WRIST])
    poses.save(folder / "poses.npz")
    Results(folder).note("poses.npz", "without a wrist")
    assert "--to" in failed("edit", project.folder, "--joint", WRIST, "--time", 1, "--by", "1,1").hint
    done("edit", project.folder, "--joint", WRIST, "--time", 1, "--to", "90,90")
    assert Poses.load(folder / "track.npz").visible[25, p.LEFT_WRIST]


def test_poses_that_have_not_been_found_yet_can_t_be_edited(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "new.dance")
    (tmp_path / "dance.mp4").write_bytes(b"film")
    project.add_dance(tmp_path / "dance.mp4")
    project.save()
    assert "not been found" in failed("edit", project.folder, "--joint", WRIST, "--time", 1, "--hide").message


# --- rendering ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def whole(drawn_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drawn project with its dance rendered in segments of 12 frames, so that three seconds have seven."""
    folder = Path(shutil.copytree(drawn_project, tmp_path_factory.mktemp("edits") / "true.dance"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "LONGEST", 12)
        rendered(Project.open(folder))
    return folder


def rendered(project: Project) -> tuple[str, list[int]]:
    """What another fitting and rendering say, and the first frames of the segments that they wrote."""
    folder = project.dance_folder(project.dances[0]) / "render"

    def written() -> dict[int, int]:
        return {int(file.stem): file.stat().st_mtime_ns for file in folder.glob("*.mkv")}

    before = written()
    list(fit_dance(project, RetargetSettings(), None))
    end = list(rendering.render(project, SMALL, RenderSettings()))[-1]
    assert isinstance(end, Done)
    return end.message, sorted(start for start, when in written().items() if when != before.get(start))


def pictures(project: Project) -> np.ndarray:
    return np.stack([image for _, image in compose(project, "dance", 0, 75)])


@pytest.mark.parametrize(
    ("words", "first", "far"),
    [
        (("--joint", "left_hand", "--time", 1.24, "--by", "2,3", "--span", 0.1), 24, 72),  # the crop stays
        (("--joint", WRIST, "--time", 0.2, "--to", "128,2", "--span", 0.1), 0, 60),  # the crop has to follow
    ],
)
def test_an_edit_renders_what_it_reaches_and_taken_back_leaves_no_trace(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[object, ...], first: int, far: int
) -> None:
    monkeypatch.setattr(rendering, "LONGEST", 12)
    project = Project.open(shutil.copytree(whole, tmp_path / "edited.dance"))
    before = pictures(project)
    done("edit", project.folder, *words)
    told, segments = rendered(Project.open(project.folder))
    assert segments and segments[0] == first and max(segments) < far
    assert told.startswith(f"{sum(min(75, start + 12) - start for start in segments)} of 75 frames")
    after = pictures(project)
    kept = np.repeat([start not in segments for start in range(0, 75, 12)], 12)[:75]
    assert np.array_equal(after[kept], before[kept]) and kept[far:].all()
    assert not np.array_equal(after[~kept], before[~kept])
    done("edit", project.folder, "--undo")
    rendered(Project.open(project.folder))
    assert np.array_equal(pictures(project), before)
    assert rendered(Project.open(project.folder)) == ("Everything was rendered already.", [])
