"""Fixtures that every test group shares."""

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from dancetransfer import puppets
    from dancetransfer.events import Event
    from dancetransfer.project import Project
    from dancetransfer.settings import TrainSettings

ROOT = Path(__file__).resolve().parents[1]
SIZE, FPS = (256, 256), 25
SECONDS = {"dance": 3, "person": 6, "truth": 3}
FILMED = "dance", "person"
Once = Callable[[str, Callable[[Path], object]], Path]

# Waiting threads that spin take the time of those that compute, here and in child processes.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# The tests' networks are so small that sharing them out takes five times as long as computing them.
os.environ.setdefault("OMP_NUM_THREADS", "1")


LONG = (
    *("test_ui_flow", "test_extract", "test_follow", "test_sprites", "test_cli", "test_kill", "test_presets"),
    *("test_bad_input", "test_together", "test_farm_ray", "test_farm", "test_train", "test_ui_jobs", "test_ui_window"),
    "test_music_fit",
)
"""The files that take longest; behind them come the many short ones."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, so that at the end no worker waits for the other (with --no-loadscope-reorder)."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


@pytest.fixture(scope="session")
def clips() -> Path:
    """The folder of real clips; tests that need one are skipped where it is absent."""
    folder = Path(os.environ.get("DANCETRANSFER_CLIPS", ROOT / ".." / "shared" / "media")).resolve()
    if not (folder / "INDEX.md").exists():
        pytest.skip("no real clips here: set DANCETRANSFER_CLIPS to a folder that holds them")
    return folder


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """`once("clips", make)`: the folder of that name, which `make(folder)` fills for all workers of pytest-xdist.

    Who comes while another worker makes it waits for it. Tests change nothing in such a folder.
    """
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent  # the folder of this worker alone lies in that of all
    (root / "once").mkdir(exist_ok=True)

    def folder_of(name: str, make: Callable[[Path], object]) -> Path:
        folder, made = root / "once" / name, root / "once" / f"{name}.made"
        with FileLock(root / "once" / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)  # where a worker died over it
                folder.mkdir()
                make(folder)
                made.touch()
        return folder

    return folder_of


# --- the built-in dancers --------------------------------------------------------------------------


@pytest.fixture(scope="session")
def puppet_shows() -> "dict[str, puppets.Performance]":
    """Who dances: "dance", "person" and "truth" (the person doing the dance); `puppet_clips` holds the films of two."""
    from dancetransfer import puppets

    return {name: getattr(puppets, name)(0, SIZE, seconds, FPS) for name, seconds in SECONDS.items()}


@pytest.fixture(scope="session")
def puppet_clips(puppet_shows: "dict[str, puppets.Performance]", once: Once) -> Path:
    """A folder with dance.mp4 (3 s), person.mp4 (6 s) and other.mp4, 256x256 at 25 fps with sound.

    other.mp4 shows the second half of the person's at the dance's times: for whoever needs just another film, as
    the drawing of one takes seconds. Drawn in this process: the workers of `demo.draw_clip` take longer to start.
    """
    from dancetransfer.video.read import read_frames
    from dancetransfer.video.write import Writer

    def film(folder: Path) -> None:
        for name, show in ((name, puppet_shows[name]) for name in FILMED):
            with Writer(folder / f"{name}.mp4", show.size, fps=FPS, sound=(show.sound(), 48000), mark=False) as writer:
                for time, image in zip(show.times, show.frames(), strict=True):
                    writer.write(image, float(time))
        half = SECONDS["person"] * FPS // 2
        with Writer(folder / "other.mp4", SIZE, fps=FPS, audio=folder / "dance.mp4", mark=False) as writer:
            for frame in read_frames(folder / "person.mp4", half):
                writer.write(frame.image, frame.time - half / FPS)

    return once("clips", film)


# --- projects -------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def puppet_project(puppet_clips: Path, once: Once) -> Path:
    """The folder of a project with poses by the real detector, tracks, and the dance fitted.

    Made once: tests copy it with the fixture `project`.
    """
    from dancetransfer import transfer

    def find(folder: Path) -> None:
        project = _begun(folder / "puppet.dance", puppet_clips)
        drain(transfer.chain(transfer.pose_tasks(project)))
        _fit(project)

    return once("found", find) / "puppet.dance"


@pytest.fixture(scope="session")
def true_project(puppet_clips: Path, puppet_shows: "dict[str, puppets.Performance]", once: Once) -> Path:
    """The folder of a project with true joints and true masks: no detector was needed for it.

    Made once: tests copy it with the fixture `exact`.
    """

    def make(folder: Path) -> None:
        project = _begun(folder / "true.dance", puppet_clips)
        _true_results(puppet_shows["person"], project.clip_folder(project.clips[0]), masks=True)
        _true_results(puppet_shows["dance"], project.dance_folder(project.dances[0]), masks=False)
        _fit(project)

    return once("true", make) / "true.dance"


def _true_results(show: "puppets.Performance", folder: Path, masks: bool) -> None:
    """What the detector and the tracker would write about a film of `show`, from what is known."""
    import cv2

    from dancetransfer.extract.masks import MaskWriter
    from dancetransfer.pose import track
    from dancetransfer.pose.poses import Poses
    from dancetransfer.storage import Results

    poses = Poses(*show.joints(), show.times, show.size, estimator="truth")
    for name in ("poses.npz", "cleaned.npz", "track.npz"):
        poses.save(folder / name)
    Results(folder).note("poses.npz", "truth")
    for name, made_from in zip(("cleaned.npz", "track.npz"), track.keys("truth"), strict=True):
        Results(folder).note(name, made_from)
    if masks:
        half = replace(show, size=(SIZE[0] // 2, SIZE[1] // 2))  # as good, in a fraction of the time
        with MaskWriter(folder / "masks.npz", SIZE) as writer:
            for mask in half.masks():
                writer.add(cv2.resize(mask, SIZE, interpolation=cv2.INTER_LINEAR))


@pytest.fixture(scope="session")
def tiny() -> "TrainSettings":
    """A training of four steps of a network that is hardly one."""
    from dancetransfer.settings import TrainSettings

    return TrainSettings(recipe="fast", size=64, width=8, blocks=1, steps=4, device="cpu")


@pytest.fixture(scope="session")
def trained_project(true_project: Path, tiny: "TrainSettings", once: Once) -> Path:
    """The folder of the true project after four steps of training: ready to render. Copied by `trained`."""
    from dancetransfer import transfer

    def train(folder: Path) -> None:
        for task in transfer.train_tasks(_copied(true_project, folder), tiny):
            drain(task.run())

    return once("trained", train) / true_project.name


@pytest.fixture(scope="session")
def drawn_project(true_project: Path, once: Once) -> Path:
    """The folder of the true project with a generator that nobody trained: it draws noise, half of it see-through.

    How it draws depends on the pose and, a little, on the frame before. Copied by `drawn`.
    """
    return once("drawn", lambda folder: _untrained(_copied(true_project, folder))) / true_project.name


def _untrained(project: "Project") -> None:
    """A run of `project` that ended before it began."""
    import json

    import torch

    from dancetransfer import device
    from dancetransfer.footage import pairs
    from dancetransfer.learn import runs
    from dancetransfer.learn.dancer import Dancer, generator_of, save_dancer
    from dancetransfer.settings import TrainSettings

    settings = TrainSettings(recipe="fast", size=32, width=4, blocks=1, device="cpu")
    drain(pairs.prepare(project, settings))
    sizes = pairs.plan_of(settings, {clip.name: clip.poses for clip in pairs.load_footage(project)})
    torch.manual_seed(3)
    generator = generator_of(sizes)
    with torch.no_grad():
        generator.stem[0].weight[:, -4 * sizes.recipe.outputs :] *= 0.1  # what is fed back
        generator.head.weight[-4:] *= 6  # the mask: mostly there or not there
        generator.head.bias[-4:] = -4
    folder, _ = runs.open_run(project, settings, sizes)
    about = json.loads((folder / "settings.json").read_text(encoding="utf-8"))
    (folder / "settings.json").write_text(json.dumps({**about, "precision": {"cpu": "float32"}}), encoding="utf-8")
    save_dancer(folder / "best.safetensors", Dancer(sizes, generator.eval(), {}, device.cpu(False)), {})


@pytest.fixture
def drawn(drawn_project: Path, tmp_path: Path) -> "Project":
    """A copy of one's own of `drawn_project`."""
    return _copied(drawn_project, tmp_path)


@pytest.fixture(scope="session")
def rendered_project(drawn_project: Path, once: Once) -> Path:
    """The folder of the project of `drawn_project` with its dance rendered: 75 frames. Copied by `rendered`."""
    from dancetransfer.render.render import render
    from dancetransfer.settings import RenderSettings, TrainSettings

    settings = TrainSettings(recipe="fast", size=32, width=4, blocks=1, device="cpu")
    folder = once("rendered", lambda into: drain(render(_copied(drawn_project, into), settings, RenderSettings())))
    return folder / drawn_project.name


@pytest.fixture
def rendered(rendered_project: Path, tmp_path: Path) -> "Project":
    """A copy of one's own of `rendered_project`, in a folder called rendered.dance."""
    from dancetransfer.project import Project

    return Project.open(shutil.copytree(rendered_project, tmp_path / "rendered.dance"))


@pytest.fixture
def project(puppet_project: Path, tmp_path: Path) -> "Project":
    """A copy of one's own of `puppet_project`."""
    return _copied(puppet_project, tmp_path)


@pytest.fixture
def exact(true_project: Path, tmp_path: Path) -> "Project":
    """A copy of one's own of `true_project`."""
    return _copied(true_project, tmp_path)


@pytest.fixture
def trained(trained_project: Path, tmp_path: Path) -> "Project":
    """A copy of one's own of `trained_project`."""
    return _copied(trained_project, tmp_path)


def drain(stage: "Iterator[Event]") -> "list[Event]":
    return list(stage)


def _begun(folder: Path, clips: Path) -> "Project":
    """A new project of a built-in dancer with its two videos."""
    from dancetransfer.project import Project

    project = Project.create(folder)
    project.add_dance(clips / "dance.mp4")
    project.add_clip(clips / "person.mp4")
    project.built_in = True
    project.save()
    return project


def _fit(project: "Project") -> None:
    from dancetransfer import transfer
    from dancetransfer.settings import RetargetSettings

    for task in transfer.fit_tasks(project, RetargetSettings()):
        drain(task.run())


def _copied(folder: Path, into: Path) -> "Project":
    from dancetransfer.project import Project

    shutil.copytree(folder, into / folder.name)
    return Project.open(into / folder.name)


# --- the command line -----------------------------------------------------------------------------


@pytest.fixture(scope="session")
def short_clips(puppet_clips: Path, once: Once) -> Path:
    """A folder with the beginnings of the puppet clips: dance.mp4 (30 frames), person.mp4 (80: 3 s are scored), and
    brief.mp4 (62: enough to learn from), for who needs no scores, which take long.
    """
    from dancetransfer.video.read import read_frames
    from dancetransfer.video.write import Writer

    def cut(folder: Path) -> None:
        for name, shown, count in (("dance", "dance", 30), ("person", "person", 80), ("brief", "person", 62)):
            clip = puppet_clips / f"{shown}.mp4"
            with Writer(folder / f"{name}.mp4", SIZE, fps=FPS, audio=clip, stop=count / FPS, mark=False) as writer:
                for frame in read_frames(clip, 0, count):
                    writer.write(frame.image, frame.time)

    return once("short", cut)


@pytest.fixture(scope="session")
def transferred(short_clips: Path, once: Once) -> Path:
    """A folder with clip.mp4, clip.dance and events.jsonl: what the command `transfer` made and said.

    Made once by a process of its own; tests copy the project with the fixture `finished`.
    """
    from engine import TINY, run

    def make(folder: Path) -> None:
        videos = short_clips / "dance.mp4", short_clips / "person.mp4"
        made = run("transfer", *videos, "-o", folder / "clip.mp4", *TINY, "--steps", 4, "--json")
        assert made.returncode == 0, made.stdout + made.stderr
        (folder / "events.jsonl").write_text(made.stdout, encoding="utf-8")
        (folder / "errors.txt").write_text(made.stderr, encoding="utf-8")

    return once("transferred", make)


@pytest.fixture
def finished(transferred: Path, tmp_path: Path) -> Path:
    """The folder of a copy of one's own of the project that `transferred` made."""
    shutil.copytree(transferred / "clip.dance", tmp_path / "clip.dance")
    return tmp_path / "clip.dance"


@pytest.fixture(scope="session")
def prepared(true_project: Path, once: Once) -> Path:
    """The true project with crops at SMALL's size. Copied by `small`."""
    from learning import SMALL

    from dancetransfer.footage.pairs import prepare
    from dancetransfer.project import Project

    def make(folder: Path) -> None:
        shutil.copytree(true_project, folder / "small.dance")
        list(prepare(Project.open(folder / "small.dance"), SMALL))

    return once("small", make) / "small.dance"


@pytest.fixture
def small(prepared: Path, tmp_path: Path) -> "Project":
    """A project of one's own with crops at SMALL's size."""
    from dancetransfer.project import Project

    shutil.copytree(prepared, tmp_path / "small.dance")
    return Project.open(tmp_path / "small.dance")


@pytest.fixture
def joints_unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands in this process score pictures alone: finding joints takes seconds for each row of the table."""
    monkeypatch.setattr("dancetransfer.score.score.mediapipe_estimator", lambda: None)
