"""What a training starts from: an earlier dancer, the shipped generator, or nothing."""

import copy
import json
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from engine import call
from learning import CPU, SMALL, budget, checkpoint, frozen, notices, same, steps
from safetensors import safe_open
from stages import Ticking, close_at

import models
from dancetransfer.cli import options
from dancetransfer.errors import UserError
from dancetransfer.events import Preview
from dancetransfer.footage.pairs import load_footage, plan_of, prepare
from dancetransfer.learn import init
from dancetransfer.learn.dancer import Dancer, load_dancer, save_dancer
from dancetransfer.learn.runs import device_of, read_run
from dancetransfer.learn.sheet import write_sheet
from dancetransfer.learn.showing import Driving, HeldOut, Judging
from dancetransfer.learn.train import train
from dancetransfer.learn.trainer import Trainer
from dancetransfer.project import Project
from dancetransfer.settings import NOTHING, TrainSettings

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def earlier(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project in which somebody has been learned for a few steps."""
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("earlier") / "earlier.dance")
    list(train(Project.open(folder), steps(6, replace(SMALL, seed=5))))
    return folder


def best_of(folder: Path) -> Path:
    return folder / "person" / "runs" / "001" / "best.safetensors"


def shipped_as(path: Path, like: Path) -> Path:
    """A base generator as tools/base.py writes one: half precision, nothing refined."""
    dancer = load_dancer(like, CPU)
    save_dancer(path, Dancer(dancer.plan, copy.deepcopy(dancer.generator).half(), {}, CPU), {})
    return path


def test_the_first_preview_is_the_earlier_dancers(earlier: Path, small: Project, tmp_path: Path) -> None:
    events = list(train(small, steps(2, replace(SMALL, init=str(earlier)))))
    assert any(str(best_of(earlier)) in words for words in notices(events))
    footage = load_footage(small)
    plan = plan_of(SMALL, {clip.name: clip.poses for clip in footage})
    dancer = load_dancer(best_of(earlier), device_of(small.runs[0], "cpu"))  # in the run's precision
    dancer.refiners = {}
    held_out = HeldOut(Judging(footage, plan))
    sheet = {**Driving(small, footage, plan).parts(dancer), **held_out.parts(dancer)}
    write_sheet(tmp_path / "expected.jpg", sheet)
    first = next(event for event in events if isinstance(event, Preview))
    assert first.step == 0
    assert Path(first.path).read_bytes() == (tmp_path / "expected.jpg").read_bytes()
    about = read_run(small.runs[0]) or {}
    assert about["started_from"]["file"] == str(best_of(earlier)) and about["init"] == str(earlier)


def test_a_file_serves_as_its_project_does_and_a_larger_crop_too(earlier: Path, small: Project) -> None:
    settings = steps(1, replace(SMALL, size=64, init=str(best_of(earlier))))
    list(prepare(small, settings))
    plan = plan_of(settings, {clip.name: clip.poses for clip in load_footage(small)})
    trainer = Trainer(plan, CPU, 0, None)
    assert plan.size[1] == 64 and init.start_from(trainer, init.weights_of(settings))
    expected = frozen(load_dancer(best_of(earlier), CPU).generator)
    assert same(frozen(trainer.generator), expected) and same(frozen(trainer.averaged), expected)


def test_a_training_that_goes_on_does_not_start_again(earlier: Path, small: Project, tmp_path: Path) -> None:
    """Stopped between two steps, its beginning deleted, gone on with: to the last bit as in one go."""
    gone = shutil.copytree(earlier, tmp_path / "gone.dance")
    settings = steps(6, replace(SMALL, init=str(gone)))
    whole = Project.open(shutil.copytree(small.folder, tmp_path / "whole.dance"))
    list(train(whole, settings, Ticking(1)))
    close_at(train(small, settings, Ticking(1)), 6)
    assert 0 < checkpoint(small.runs[0])["trainer"]["steps"] < 6
    shutil.rmtree(gone)
    assert not [words for words in notices(list(train(small, settings, Ticking(1)))) if "starts from" in words]
    assert len(small.runs) == 1
    assert same(checkpoint(whole.runs[0])["trainer"], checkpoint(small.runs[0])["trainer"])


def test_another_beginning_is_another_run(earlier: Path, small: Project) -> None:
    list(train(small, steps(1)))
    list(train(small, steps(1, replace(SMALL, init=str(earlier)))))
    assert [(read_run(folder) or {})["init"] for folder in small.runs] == ["base", str(earlier)]
    list(train(small, steps(2)))  # goes on with the first
    assert len(small.runs) == 2


def test_a_run_older_than_the_option_is_gone_on_with(small: Project) -> None:
    list(train(small, steps(1)))
    settings = small.runs[0] / "settings.json"
    about = json.loads(settings.read_text(encoding="utf-8"))
    del about["init"]
    settings.write_text(json.dumps(about), encoding="utf-8")
    list(train(small, steps(2)))
    list(train(small, steps(3, replace(SMALL, init=NOTHING))))
    assert len(small.runs) == 1 and checkpoint(small.runs[0])["trainer"]["steps"] == 3


def test_another_networks_weights_are_refused(earlier: Path, small: Project) -> None:
    wider = replace(SMALL, width=8, init=str(earlier))
    with pytest.raises(UserError, match="4 channels, 1 blocks") as caught:
        list(train(small, steps(1, wider)))
    assert "--init none" in caught.value.hint


def test_what_has_learned_nothing_is_refused(prepared: Path, small: Project, tmp_path: Path) -> None:
    (tmp_path / "no.safetensors").write_bytes(b"\0" * 99)
    for name, words in (
        (str(tmp_path / "gone.dance"), "is not there"),
        (str(prepared), "Nobody has been learned in small.dance"),
        (str(tmp_path / "no.safetensors"), "damaged"),
    ):
        with pytest.raises(UserError, match=words):
            list(train(small, steps(1, replace(SMALL, init=name))))


def test_the_shipped_generator_is_started_from_where_it_fits(
    earlier: Path, small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In half precision, quietly passed over by other networks, and not at all where nobody wants it."""
    path = shipped_as(tmp_path / "base.safetensors", best_of(earlier))
    monkeypatch.setattr(models, "__file__", str(tmp_path / "__init__.py"))
    assert init.shipped() == path
    plan = plan_of(SMALL, {clip.name: clip.poses for clip in load_footage(small)})

    def started(settings: TrainSettings, blocks: int = 1) -> tuple[str, Trainer]:
        trainer = Trainer(replace(plan, blocks=blocks), CPU, 0, None)
        return init.start_from(trainer, init.weights_of(settings)), trainer

    words, trainer = started(SMALL)
    assert "base generator" in words
    halved = {
        name: value.half().float() for name, value in frozen(load_dancer(best_of(earlier), CPU).generator).items()
    }
    assert same(frozen(trainer.generator), halved)
    for settings, blocks in ((SMALL, 2), (replace(SMALL, init=NOTHING), 1)):
        words, trainer = started(settings, blocks)
        fresh = Trainer(trainer.plan, CPU, 0, None)
        assert words == "" and same(frozen(trainer.generator), frozen(fresh.generator))
    assert any("base generator" in words for words in notices(list(train(small, budget(5), Ticking(2)))))


def test_the_shipped_generator_is_part_of_the_wheel_and_fits() -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert "*.safetensors" in about["tool"]["setuptools"]["package-data"]["models"]
    path = init.shipped()
    if path is None:
        pytest.skip("no base generator is shipped")
    assert path.stat().st_size <= 10_000_000
    with safe_open(path, "pt") as file:
        assert {str(file.get_tensor(name).dtype) for name in file.keys()} == {"torch.float16"}  # noqa: SIM118
    dancer = load_dancer(path, CPU)
    assert "base generator" in init.start_from(Trainer(dancer.plan, CPU, 0, None), path)


def test_a_path_is_kept_whole_and_has_to_be_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "first.dance").mkdir()
    monkeypatch.chdir(tmp_path)
    parser = options.Parser()
    options.add_options(parser, TrainSettings)
    for typed, kept in (("first.dance", str(tmp_path / "first.dance")), ("none", "none"), ("base", "base")):
        assert options.given(parser.parse_args(["--init", typed]), TrainSettings) == {"init": kept}
    code, events = call("train", tmp_path / "first.dance", "--init", "nowhere.dance")
    assert code == 2 and "nowhere.dance is not there" in str(events[-1])
