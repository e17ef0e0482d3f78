"""A training that stops, goes on, is damaged, and keeps its best generator."""

import itertools
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from learning import (
    CPU,
    SMALL,
    batches_of,
    budget,
    checkpoint,
    counters,
    cut_short,
    edited,
    emptied,
    frozen,
    metrics,
    notices,
    same,
    steps,
    textured,
)
from safetensors import safe_open
from stages import Ticking, close_at, leftovers
from torch import Tensor

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Metric, Notice, Preview, Progress, Started
from dancetransfer.footage.pairs import load_footage, plan_of, prepare
from dancetransfer.learn import runs, showing
from dancetransfer.learn import train as training
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.dancer import Dancer, generator_of, load_dancer
from dancetransfer.learn.runs import begin_anew
from dancetransfer.learn.showing import Driving
from dancetransfer.learn.train import train
from dancetransfer.learn.trainer import TRAINED, Trainer, unpack
from dancetransfer.pose import poses as p
from dancetransfer.project import Project
from dancetransfer.recipes import plan


def test_a_run_leaves_what_the_next_one_needs(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ticks of 2.5 s: a preview at 4 s, then ever later and where the score has risen; a checkpoint at 10 s, 70 s."""
    monkeypatch.setattr("dancetransfer.learn.train.PATIENCE", 2.0)  # a training this small may stop rising at any time
    clock = Ticking(2.5)
    saved: dict[str, float] = {}
    events = []
    for event in train(small, budget(100), clock):
        events.append(event)
        for name in ("last.pt", "prev.pt"):
            if (small.person / "runs" / "001" / name).exists():
                saved.setdefault(name, clock.now - 2.5)
    (run,) = small.runs
    written = [str(run / name) for name in ("best.safetensors", "report.jpg", "report.json")]
    assert isinstance(events[-1], Done) and events[-1].files == written
    assert 10 <= saved["last.pt"] <= 15 and 70 <= saved["prev.pt"] <= 75

    shown = [event.step for event in events if isinstance(event, Preview)]
    assert sorted(int(path.stem) for path in (run / "previews").glob("*.jpg")) == sorted(set(shown))
    assert shown[0] == 0 and shown[-1] == 40
    waits = np.diff(sorted(set(shown)))[:-1]
    assert 4 <= len(waits) < 30 and waits[0] == 2 and (waits <= 2 + 0.5 * np.sort([*set(shown)])[:-2]).all()
    best = -np.inf
    for event, then in itertools.pairwise(events):
        if isinstance(event, Metric) and event.name == "score":
            assert isinstance(then, Preview) or event.value < best + 0.03
            best = max(best, event.value)
    content = (run / "previews" / "000000.jpg").read_bytes()
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), 1)
    named = re.search(rb"parts: dance=256 skeleton=256 result=256 real=(\d+) again=\1(?=\xff)", content)
    assert named and picture.shape == (256, 3 * 256 + 2 * int(named[1]), 3)

    rows = metrics(run)
    assert {"step", "seconds", "perceptual", "pixel", "mask"} <= set(rows[0]) and any("score" in row for row in rows)
    assert [row["step"] for row in rows] == sorted(row["step"] for row in rows)
    progress = [event.done for event in events if isinstance(event, Progress)]
    assert progress == sorted(progress) and progress[-1] == 100

    kept = checkpoint(run)
    assert set(kept["trainer"]["networks"]) == {*TRAINED, "averaged"}
    assert set(kept["trainer"]["optimizers"]) == {"generator", "judge", "refiners", "part_judges"}
    assert kept["trainer"]["optimizers"]["generator"]["state"] and kept["trainer"]["random"].dtype == torch.uint8
    assert "PCG64" in kept["order"] and kept["trainer"]["steps"] == 40
    with safe_open(run / "best.safetensors", "pt") as file:
        header = json.loads(file.metadata()["dancetransfer"])
        assert json.loads(header["recipe"])["name"] == "fast" and float(header["score"]) > 0
    assert list(train(small, budget(100))) == []  # it has had its time


def test_given_steps_with_stops_between_give_the_same_weights(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through scores, the opponent's beginning and the face; stopped at every seventh event. One thread."""
    monkeypatch.setattr(training, "STEPS_A_SCORE", 5)
    other = Project.open(shutil.copytree(small.folder, tmp_path / "other.dance"))
    list(train(small, steps(22), Ticking(1)))
    stops = 0
    while True:
        count = len(close_at(train(other, steps(22), Ticking(1)), 7))
        stops += 1
        assert not leftovers(other.folder)
        if count < 7:
            break
        assert stops < 12
    assert stops > 4
    one, two = checkpoint(small.runs[0]), checkpoint(other.runs[0])
    assert one["trainer"]["steps"] == two["trainer"]["steps"] == 22
    assert same(one["trainer"], two["trainer"])
    assert one["order"] == two["order"]
    best = [(run / "best.safetensors").read_bytes() for run in (small.runs[0], other.runs[0])]  # scores, too
    assert best[0] == best[1]


def test_it_can_be_stopped_at_any_event(small: Project, tmp_path: Path) -> None:
    """Also before the first step and between the last one and the end."""
    settings = steps(5)
    count = len(
        list(train(Project.open(shutil.copytree(small.folder, tmp_path / "whole.dance")), settings, Ticking(1)))
    )
    for stop in range(1, count, 3):
        project = Project.open(shutil.copytree(small.folder, tmp_path / f"{stop}.dance"))
        assert len(close_at(train(project, settings, Ticking(1)), stop)) == stop
        assert not leftovers(project.folder)
        assert isinstance(list(train(project, settings, Ticking(1)))[-1], Done)
        assert [run.name for run in project.runs] == ["001"]
        assert checkpoint(project.runs[0])["trainer"]["steps"] == 5
        assert (project.runs[0] / "best.safetensors").exists()


def flip(path: Path) -> None:
    """One byte in the middle is another."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)


def half(path: Path) -> None:
    """A whole file, of which the last part that is read is missing."""
    content = torch.load(path, weights_only=True)
    del content["order"]
    torch.save(content, path)


@pytest.fixture(scope="session")
def twice_saved(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A training with last.pt of step 4 and prev.pt of step 2."""
    folder = shutil.copytree(prepared, tmp_path_factory.mktemp("twice") / "twice.dance")
    for count in (2, 4):
        list(train(Project.open(folder), steps(count)))
    assert checkpoint(Project.open(folder).runs[0], "prev.pt")["trainer"]["steps"] == 2
    return Path(folder)


@pytest.mark.parametrize("damage", [flip, cut_short, emptied, half])
def test_a_damaged_checkpoint_is_set_aside_and_the_one_before_used(
    twice_saved: Path, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    project = Project.open(shutil.copytree(twice_saved, tmp_path / "twice.dance"))
    (run,) = project.runs
    damage(run / "last.pt")
    events = close_at(train(project, steps(6), Ticking(1)), 3)
    assert notices(events) == ["The checkpoint last.pt is damaged; it is kept as last.pt.damaged-1."]
    assert events[2] == Progress("train", 3.0, 6.0)  # from step 2 on
    assert (run / "last.pt.damaged-1").exists()


def test_pictures_of_a_try_that_was_lost_go_when_the_next_one_begins(twice_saved: Path, tmp_path: Path) -> None:
    """It was cut off before its first checkpoint."""
    project = Project.open(shutil.copytree(twice_saved, tmp_path / "twice.dance"))
    (run,) = project.runs
    picture = run / "previews" / "000099.jpg"
    picture.write_bytes(b"")
    close_at(train(project, steps(5), Ticking(1)), 1)
    assert picture.exists()  # that one goes on
    for name in ("last.pt", "prev.pt", "finished.json"):
        (run / name).unlink(missing_ok=True)
    close_at(train(project, steps(5), Ticking(1)), 1)
    assert project.runs == [run] and not picture.exists()


def test_without_any_whole_checkpoint_the_training_begins_anew_and_the_best_stays(
    twice_saved: Path, tmp_path: Path
) -> None:
    project = Project.open(shutil.copytree(twice_saved, tmp_path / "twice.dance"))
    (run,) = project.runs
    best = (run / "best.safetensors").read_bytes()
    fresh = Project.open(shutil.copytree(twice_saved, tmp_path / "fresh.dance"))
    begin_anew(fresh)
    flip(run / "last.pt")
    half(run / "prev.pt")
    events = close_at(train(project, steps(5), Ticking(1)), 5)
    assert [type(event) for event in events] == [Notice, Notice, Notice, Started, Preview]
    assert "begins anew" in notices(events)[2]
    with safe_open(run / "best.safetensors", "pt") as kept, safe_open(best_file(best, tmp_path), "pt") as before:
        assert all(torch.equal(kept.get_tensor(name), before.get_tensor(name)) for name in before.keys())  # noqa: SIM118
    list(train(project, steps(5), Ticking(1)))
    list(train(fresh, steps(5), Ticking(1)))
    assert same(checkpoint(run)["trainer"], checkpoint(fresh.runs[1])["trainer"])  # nothing of the damage is in it


def best_file(content: bytes, folder: Path) -> Path:
    (folder / "before.safetensors").write_bytes(content)
    return folder / "before.safetensors"


def test_a_damaged_best_generator_is_made_again(twice_saved: Path, tmp_path: Path) -> None:
    project = Project.open(shutil.copytree(twice_saved, tmp_path / "twice.dance"))
    (run,) = project.runs
    cut_short(run / "best.safetensors")
    list(train(project, steps(5)))
    assert load_dancer(run / "best.safetensors", CPU).plan.size[1] == 32
    (run / "best.safetensors").unlink()
    list(train(project, steps(5)))  # of the same steps, too
    assert (run / "best.safetensors").exists()


def test_time_is_summed_over_all_runs_and_more_reenters_the_schedule(small: Project) -> None:
    """Ticks of 1 s: a training second is a step. The rate of the first step after is that of 20 of 40 s."""
    close_at(train(small, budget(20), Ticking(1)), 9)
    (run,) = small.runs
    used = counters(run)["used"]
    assert 0 < used < 20 and checkpoint(run)["trainer"]["steps"] == used
    list(train(small, budget(20), Ticking(1)))
    assert counters(run)["used"] == pytest.approx(20, abs=1.5)
    assert checkpoint(run)["trainer"]["steps"] == pytest.approx(20, abs=1.5)
    schedule = Trainer(plan_of(SMALL, {"": load_footage(small)[0].poses}), CPU, 0, None)
    assert rate(run, "refiners") == pytest.approx(
        schedule.rate((counters(run)["used"] - 2) / 20), rel=0.1
    )  # the face's

    events = close_at(train(small, budget(40), Ticking(1)), 2)
    assert isinstance(events[1], Progress) and events[1].done == pytest.approx(21, abs=1.5)
    after = counters(run)["used"]
    assert rate(run, "generator") == pytest.approx(schedule.rate((after - 1) / 40), rel=0.05)
    assert [r.name for r in small.runs] == ["001"]


def rate(run: Path, name: str) -> float:
    return float(checkpoint(run)["trainer"]["optimizers"][name]["param_groups"][0]["lr"])


def test_it_ends_by_itself_when_the_score_has_stopped_rising(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopped and gone on with after that, too: it stays with the face."""
    monkeypatch.setattr(showing.Judging, "score", lambda self, dancer: 20.0)
    clock = Ticking(2)
    events = []
    stage = train(small, budget(100), clock)
    for event in stage:
        events.append(event)
        if (
            any("face judge" in row for row in metrics(small.runs[0]))
            if (small.runs[0] / "metrics.jsonl").exists()
            else False
        ):
            stage.close()  # type: ignore[attr-defined]
            break
    (run,) = small.runs
    assert counters(run)["jump"] > 10
    events += list(train(small, budget(100), clock))
    assert counters(run)["used"] == pytest.approx(100 - counters(run)["jump"], abs=5)
    assert isinstance(events[-1], Done) and events[-1].message.startswith("The score had stopped rising.")
    assert json.loads((run / "finished.json").read_text())["reason"] == "plateau"
    close_at(train(small, budget(200), clock), 2)  # who asks for more gets it
    assert counters(run)["jump"] == 0


def test_a_rising_score_uses_the_whole_budget(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    scores = iter(range(10, 100))
    monkeypatch.setattr(showing.Judging, "score", lambda self, dancer: float(next(scores)))
    list(train(small, budget(60), Ticking(3)))
    assert counters(small.runs[0])["used"] == pytest.approx(60, abs=4)


@pytest.mark.parametrize(("recipe", "kept"), [("fast", 15), ("best", 5)])
def test_of_equal_generators_the_one_that_has_learned_longest_is_kept(
    small: Project, monkeypatch: pytest.MonkeyPatch, recipe: str, kept: int
) -> None:
    """But not of those that mix in the person's own frames: what they learn by heart shows in other poses first."""
    monkeypatch.setattr(training, "STEPS_A_SCORE", 5)
    scores = iter([30.0, 29.95, 29.92, *[20.0] * 9])
    monkeypatch.setattr(showing.Judging, "score", lambda self, dancer: next(scores))
    list(train(small, steps(20, replace(SMALL, recipe=recipe)), Ticking(1)))
    assert counters(small.runs[0])["best_step"] == kept


def test_the_face_is_learned_on_the_best_generator(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """The score falls after step 5: what is kept in the end is step 5's generator."""
    monkeypatch.setattr(training, "STEPS_A_SCORE", 5)
    scores = iter([30.0, 20.0, 19.0, 18.0, 17.0, 16.0])
    monkeypatch.setattr(showing.Judging, "score", lambda self, dancer: next(scores))
    kept: list[dict[str, Tensor]] = []
    for event in train(small, steps(20), Ticking(1)):
        if isinstance(event, Metric) and event.name == "score" and event.step == 5:
            kept.append(frozen(load_dancer(small.runs[0] / "best.safetensors", CPU).generator))
    best = load_dancer(small.runs[0] / "best.safetensors", CPU)
    assert same(kept[0], frozen(best.generator))
    assert same(kept[0], dict(checkpoint(small.runs[0])["trainer"]["networks"]["averaged"]))


def test_changed_poses_keep_the_training_and_a_new_one_can_be_begun(small: Project) -> None:
    list(train(small, steps(3)))
    (run,) = small.runs
    last = checkpoint(run)["trainer"]["networks"]["generator"]

    def shift(xy: np.ndarray, confidence: np.ndarray) -> None:
        xy[:, p.LEFT_WRIST] += 3

    edited(small, shift)
    list(prepare(small, SMALL))
    assert list(train(small, steps(3))) == []  # it has had its steps
    assert not runs.learned(small, run)
    events = list(train(small, steps(4)))
    assert "earlier poses" in notices(events)[0] and "--new" in next(e.hint for e in events if isinstance(e, Notice))
    assert json.loads((run / "settings.json").read_text())["earlier"]
    assert checkpoint(run)["trainer"]["steps"] == 4
    begin_anew(small)
    list(train(small, steps(2)))
    assert [one.name for one in small.runs] == ["001", "002"]
    assert checkpoint(small.runs[0])["trainer"]["steps"] == 4 and checkpoint(small.runs[1])["trainer"]["steps"] == 2
    assert not same(last, checkpoint(small.runs[1])["trainer"]["networks"]["generator"])
    assert runs.best(small, SMALL) == small.runs[1] / "best.safetensors"


def test_other_networks_are_another_training_and_the_first_goes_on_later(small: Project) -> None:
    list(train(small, steps(2)))
    list(train(small, replace(steps(2), width=6)))
    list(train(small, steps(3)))
    assert [checkpoint(run)["trainer"]["steps"] for run in small.runs] == [3, 2]


def test_a_training_that_runs_away_leaves_its_checkpoints_whole(
    small: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(train(small, steps(2)))
    (run,) = small.runs
    before = (run / "last.pt").read_bytes()

    def bad(self: Trainer, batches: Batches, share: float) -> dict[str, float]:
        with torch.no_grad():
            for weights in self.generator.parameters():
                weights.fill_(float("nan"))
        self.steps += 1
        return {"pixel": float("nan")}

    monkeypatch.setattr(Trainer, "step", bad)
    with pytest.raises(UserError, match="ran away: the pixel loss"):
        list(train(small, steps(9), Ticking(100)))
    assert (run / "last.pt").read_bytes() == before


def test_previews_show_the_person_where_no_dance_is_fitted_or_its_picture_is_damaged(small: Project) -> None:
    folder = small.dance_folder(small.dances[0])
    (clip,) = load_footage(small)
    sizes = plan_of(SMALL, {"": clip.poses})
    dancer = Dancer(sizes, generator_of(sizes).eval(), {}, CPU)
    assert list(Driving(small, [clip], sizes).parts(dancer)) == ["dance", "skeleton", "result"]
    for content in (b"", b"no picture"):
        (folder / "driving.jpg").write_bytes(content)
        assert list(Driving(small, [clip], sizes).parts(dancer)) == ["skeleton", "result"]
    (folder / "retarget.npz").unlink()
    shown = Driving(small, [clip], sizes).parts(dancer)
    assert [part.shape for part in shown.values()] == [(256, 256, 3)] * 2


def test_a_person_whose_face_is_never_seen_is_learned_without_the_face(small: Project) -> None:
    def hide(xy: np.ndarray, confidence: np.ndarray) -> None:
        confidence[:, [p.NOSE, p.LEFT_EYE, p.RIGHT_EYE]] = 0

    edited(small, hide)
    list(prepare(small, SMALL))
    events = list(train(small, steps(10), Ticking(1)))
    assert isinstance(events[-1], Done)
    assert checkpoint(small.runs[0])["trainer"]["steps"] == 9  # nothing is left to learn from 0.88 on
    assert load_dancer(small.runs[0] / "best.safetensors", CPU).refiners == {}


def test_a_checkpoint_of_another_size_of_network_is_not_half_taken_over(small: Project) -> None:
    list(train(small, steps(2)))
    sizes = plan(replace(SMALL, width=6), 0.75)
    with pytest.raises(RuntimeError):
        unpack((small.runs[0] / "last.pt").read_bytes(), Trainer(sizes, CPU, 0, None), batches_of(textured()))
