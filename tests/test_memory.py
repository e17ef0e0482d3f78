"""A training and its memory: a batch in portions, and what is done where the memory runs out."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from learning import CPU, SMALL, batches_of, checkpoint, notices, same, steps, textured
from stages import Ticking, close_at

from dancetransfer import device
from dancetransfer.errors import UserError
from dancetransfer.events import Done
from dancetransfer.footage.pairs import load_footage, plan_of, prepare
from dancetransfer.learn import ladder, memory
from dancetransfer.learn.adam import Adam
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.dancer import Dancer, load_dancer
from dancetransfer.learn.portions import Portion
from dancetransfer.learn.prefetch import Prefetched
from dancetransfer.learn.thrift import Thrift
from dancetransfer.learn.train import train
from dancetransfer.learn.trainer import TRAINED, Trainer
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, Plan, plan
from dancetransfer.render.render import render
from dancetransfer.settings import RenderSettings, TrainSettings, choose
from dancetransfer.storage import write_text


def gradients(recipe: str, share: float, thrift: Thrift) -> dict[str, torch.Tensor]:
    """What the first step at that share goes down, of a batch of three stretches."""
    plan = Plan(replace(RECIPES[recipe], frames=6, augmented=True), (64, 64), 4, 1)
    trainer, batches = Trainer(plan, CPU, 0, None), batches_of(textured(), recipe)
    trainer.thrift = thrift
    found: dict[str, torch.Tensor] = {}
    for network, optimizer in trainer.optimizers.items():
        names = [f"{network} {name}" for name, _ in getattr(trainer, network).named_parameters()]

        def look(optimizer: Adam = optimizer, names: list[str] = names) -> None:
            values = zip(names, optimizer.param_groups[0]["params"], strict=True)
            found.update({name: value.grad.clone() for name, value in values if value.grad is not None})

        optimizer.step = look  # type: ignore[method-assign]
    trainer.step(batches, share)
    return found


@pytest.mark.parametrize(("recipe", "share"), [("fast", 0.8), ("fast", 0.95), ("edn", 0.5), ("vid2vid", 0.1)])
def test_portions_of_a_batch_give_its_gradients(recipe: str, share: float) -> None:
    """With judges, with the face, and with flow; and layers computed again give the very same."""
    whole = gradients(recipe, share, Thrift())
    for thrift in (Thrift(2), Thrift(3, recompute=True)):
        other = gradients(recipe, share, thrift)
        assert other.keys() == whole.keys() and len(whole) > 10
        for name, value in whole.items():
            assert (other[name] - value).norm() <= 1e-3 * value.norm() + 1e-6, name


class Card:
    """A device that holds no more than `pixels` of pictures with their gradients at once."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pixels: float, words: str = "") -> None:
        self.steps: list[tuple[int, int, bool]] = []
        """Of each try of a step: its stretches drawn at once, their height, computed again."""
        whole = Trainer._body_portion

        def limited(trainer: Trainer, one: Portion, share: float) -> dict[str, torch.Tensor]:
            count, frames, _, height, width = one.batch.labels.shape
            again = trainer.thrift.recompute
            self.steps.append((count, height, again))
            losses = whole(trainer, one, share)  # with its gradients: half a step is done when it fails
            if count * frames * height * width * (0.5 if again else 1) > pixels:
                raise RuntimeError(words) if words else torch.OutOfMemoryError("CUDA out of memory.")
            return losses

        monkeypatch.setattr(Trainer, "_body_portion", limited)
        monkeypatch.setattr(memory, "training_bytes", forecast)


def forecast(plan: Plan, mixed: str, thrift: Thrift, perceptual: object = None) -> int:
    """A quicker one, of half as much where layers are computed again."""
    return 30_000 * plan.size[0] * plan.size[1] // thrift.portions // (2 if thrift.recompute else 1)


def test_a_training_that_needs_too_much_is_taken_down_the_ladder(
    small: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No stretch of two frames fits as it is, only with its layers computed again; the result is the same."""
    roomy = Project.open(shutil.copytree(small.folder, tmp_path / "roomy.dance"))
    monkeypatch.setattr(device, "bfloat16_share", lambda: 1.0)  # so that the same result is nearly the same
    list(train(roomy, steps(3)))
    (crop,) = {clip.crops.shape[1:3] for clip in load_footage(small)}
    card = Card(monkeypatch, 1.5 * crop[0] * crop[1], "DefaultCPUAllocator: can't allocate memory")
    events = list(train(small, steps(3)))
    assert isinstance(events[-1], Done)
    assert [one[::2] for one in card.steps] == [(2, False), (1, False), *[(1, True)] * 6]
    said = notices(events)
    assert len(said) == 2 and "2 portions" in said[0] and "computed twice" in said[1]
    assert all("Nothing that was learned is lost" in one and one.count("GB") == 3 for one in said)
    one, two = checkpoint(roomy.runs[0])["trainer"], checkpoint(small.runs[0])["trainer"]
    assert one["steps"] == two["steps"] == 3 and same(one["random"], two["random"])
    plan = plan_of(SMALL, {"": load_footage(small)[0].poses})
    begun = Trainer(plan, CPU, 0, None).generator.state_dict()
    for name, value in one["networks"]["generator"].items():
        assert (two["networks"]["generator"][name] - value).norm() <= 0.3 * (value - begun[name]).norm(), name

    card.steps.clear()
    assert not notices(list(train(small, steps(5))))  # it goes on where it fitted
    assert [one[::2] for one in card.steps] == [(1, True)] * 4


def test_smaller_pictures_come_last_and_keep_what_was_learned(exact: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TrainSettings(recipe="fast", width=4, blocks=1, steps=4, device="cpu")
    list(prepare(exact, settings))
    close_at(train(exact, settings, Ticking(20)), 4)
    before = checkpoint(exact.runs[0])["trainer"]
    assert 0 < before["steps"] < 4
    card = Card(monkeypatch, 200 * 200)
    events = list(train(exact, settings))
    heights = [height for _, height, _ in card.steps]
    assert sorted(set(heights), reverse=True)[0] == 256 and 96 <= heights[-1] < 256
    assert f"{heights[-1]} pixels high instead of" in notices(events)[-1]
    after = checkpoint(exact.runs[0])
    assert after["trainer"]["steps"] == 4 and len(exact.runs) == 1
    moments = after["trainer"]["optimizers"]["generator"]["state"][0]
    assert moments["step"] == 4  # those of before were gone on with
    best = load_dancer(exact.runs[0] / "best.safetensors", CPU)
    assert best.plan.size[1] == heights[-1]
    assert json.loads((exact.runs[0] / "report.json").read_text())["frames"] > 0


def test_a_size_that_was_chosen_by_hand_is_never_changed(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    Card(monkeypatch, 1)
    with pytest.raises(UserError, match="memory has run out") as caught:
        list(train(small, steps(3)))
    assert "Close other programs" in caught.value.hint


def test_the_usual_size_chosen_by_hand_is_kept_too(tmp_path: Path) -> None:
    """Also where the run was taken down before; and the card that was chosen, where the processor went on."""
    usual, lowest = TrainSettings(recipe="fast"), ladder.Rung(Thrift(2, recompute=True))
    by_hand, asked = choose(usual, size=256), plan(usual, 0.625)
    lower = ladder.below(lowest, asked, usual, CPU)
    assert lower is not None and lower.height == 176 and ladder.below(lowest, asked, by_hand, CPU) is None
    assert ladder.as_chosen(lower, usual) == lower and ladder.as_chosen(lower, by_hand) == lowest
    processor = ladder.Rung(device="cpu")
    for name, begun in (("auto", processor), ("cpu", processor), ("cuda", ladder.Rung())):
        assert ladder.as_chosen(processor, choose(usual, device=name)) == begun
    write_text(tmp_path / "settings.json", '{"made_from": ""}')
    ladder.keep(tmp_path, lower)
    assert ladder.less_than_chosen(tmp_path, usual) == []
    (notice,) = ladder.less_than_chosen(tmp_path, by_hand)
    assert "176 pixels high" in notice.message and "--size 256" in notice.hint


@pytest.mark.parametrize("recipe", ["fast", "edn"])
def test_the_forecast_is_what_a_step_holds(recipe: str) -> None:
    """Within a quarter of what PyTorch's own profiler sees allocated; less with every way to need less."""
    plan = Plan(RECIPES[recipe], (64, 64), 8, 1)
    share = plan.recipe.parts_from - memory.BEFORE_PARTS
    forecasts = []
    for thrift in (Thrift(), Thrift(2), Thrift(2, recompute=True)):
        trainer, batches = Trainer(plan, CPU, 0, None), batches_of(textured(), recipe)
        batches.plan, trainer.thrift = plan, thrift
        networks = [*(getattr(trainer, name) for name in TRAINED), trainer.averaged]
        held = sum(value.nbytes for network in networks for value in network.parameters())
        held += sum(
            value.nbytes for one in trainer.optimizers.values() for row in one.state.values() for value in row.values()
        )
        with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as seen:
            trainer.step(batches, share)
        moments = [event for event in seen.profiler.kineto_results.events() if event.name() == "[memory]"]
        now = peak = 0
        for event in sorted(moments, key=lambda one: one.start_ns()):
            now += event.nbytes()
            peak = max(peak, now)
        forecasts.append(memory.training_bytes(plan, "float32", thrift))
        assert 0.75 < forecasts[-1] / (held + peak) < 1.25
    assert forecasts[2] < forecasts[0]


@pytest.mark.parametrize(
    ("recipe", "size", "grown"),
    [("fast", (80, 128), 32.2e6), ("best", (80, 128), 53.7e6), ("best", (160, 256), 68.5e6)],
)
def test_the_forecast_of_a_drawn_frame_is_what_a_process_took(recipe: str, size: tuple[int, int], grown: float) -> None:
    """By `tests/bench/forecast.py` on two cores, in bfloat16."""
    chosen = RECIPES[recipe]
    forecast = memory.rendering_bytes(Plan(chosen, size, chosen.width, chosen.blocks), "bfloat16")
    assert 0.8 < forecast / grown < 1.2


def test_batches_drawn_ahead_are_the_same() -> None:
    """Through a change of what is asked for, a stop between, and a step that is taken again."""
    footage = textured()
    plan = Plan(RECIPES["fast"], (64, 64), 4, 1)
    plain, ahead = Batches([footage], plan, 0), Prefetched([footage], plan, 0)
    for asked in ((2, 2), (2, 2), (2, 1), (2, 1), (2, 2)):
        one, two = plain.draw(*asked), ahead.draw(*asked)
        assert same(vars(one), vars(two)) and plain.order == ahead.order
    plain.order = ahead.order = order = plain.order
    one, two = plain.draw(2, 2), ahead.draw(2, 2)
    ahead.order = order
    assert same(vars(one), vars(two)) and same(vars(ahead.draw(2, 2)), vars(one))
    ahead.close()


def test_where_a_card_is_too_small_for_a_frame_the_processor_draws(
    drawn: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = device.Device("cuda", "cpu", "a small card", 2 * 10**9, "float32", False)
    monkeypatch.setattr(device, "open_accelerator", lambda name: card if name == "cuda" else None)
    step, tried = Dancer.step, list[str]()

    def limited(dancer: Dancer, *given: Any) -> Any:
        tried.append(dancer.device.name)
        if dancer.device.name == "cuda" and len(tried) > 60:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return step(dancer, *given)

    monkeypatch.setattr(Dancer, "step", limited)
    events = list(render(drawn, replace(SMALL, device="auto"), RenderSettings()))
    assert isinstance(events[-1], Done) and "the processor draws the rest" in notices(events)[-1]
    assert tried.count("cpu") == 75 - 48  # the first segment was whole
