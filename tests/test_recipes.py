"""The recipes as tables of parts: each part takes part when its row says so, and does what it should."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from learning import CPU, SMALL, frozen, metrics, steps, textured
from torch import Tensor

from dancetransfer.errors import UserError
from dancetransfer.events import Metric
from dancetransfer.footage.pairs import boxes_of, load_footage, prepare
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.dancer import LABELS, generator_of, load_dancer, remember, save_dancer, state_channels
from dancetransfer.learn.train import train
from dancetransfer.learn.trainer import Trainer
from dancetransfer.pose import poses as p
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, Plan, plan, recipe_of
from dancetransfer.settings import TrainSettings
from models.augment import Augmentation

SIZE = (64, 64)


def begun(name: str, frames: int = 40, **changes: Any) -> tuple[Trainer, Batches]:
    plan = Plan(replace(RECIPES[name], **changes), SIZE, 4, 1)
    return Trainer(plan, CPU, 0, None), Batches([textured(frames)], plan, 0)


def drawn_in_a_step(trainer: Trainer, batches: Batches, share: float) -> list[Tensor]:
    """What G is given, frame after frame."""
    given: list[Tensor] = []
    handle = trainer.generator.register_forward_hook(lambda network, x, raw: given.append(x[0].detach()))
    trainer.step(batches, share)
    handle.remove()
    return given


@pytest.mark.parametrize("name", [name for name, recipe in RECIPES.items() if recipe.learned])
def test_every_recipe_is_learned_kept_and_dances(name: str, exact: Project) -> None:
    settings = steps(4, replace(SMALL, recipe=name))
    list(prepare(exact, settings))
    list(train(exact, settings))
    assert all(np.isfinite(list(row.values())).all() for row in metrics(exact.runs[0]))
    dancer = load_dancer(exact.runs[0] / "best.safetensors", CPU, load_footage(exact))
    assert dancer.plan.recipe == RECIPES[name]
    poses = load_footage(exact)[0].poses[:6]
    boxes = boxes_of(poses, dancer.plan)
    whole = list(dancer.steps(poses, boxes))
    rest = list(dancer.steps(poses, boxes, 3, 6, whole[2].state))  # the state is all that the future needs
    assert all(np.array_equal(a.layer, b.layer) for a, b in zip(rest, whole[3:], strict=True))


def test_a_recipe_is_read_as_it_was_written() -> None:
    for recipe in RECIPES.values():
        assert recipe_of(json.dumps(asdict(recipe))) == recipe
    with pytest.raises(TypeError):
        recipe_of(json.dumps({**asdict(RECIPES["fast"]), "unheard": 1}))
    older = {name: value for name, value in asdict(RECIPES["fast"]).items() if name != "moved"}
    assert recipe_of(json.dumps(older)) == RECIPES["fast"]  # dancers of before own frames were mixed in


def test_a_dancer_keeps_its_recipe_when_the_table_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer, _ = begun("fast", limit=8, skips=False)
    save_dancer(tmp_path / "best.safetensors", trainer.dancer(0.2), {})
    assert load_dancer(tmp_path / "best.safetensors", CPU).plan == trainer.plan
    old = (tmp_path / "best.safetensors").read_bytes().replace(b'\\\\\\"fold\\\\\\"', b'\\\\\\"bold\\\\\\"')
    assert old != (tmp_path / "best.safetensors").read_bytes()
    (tmp_path / "other.safetensors").write_bytes(old)
    with pytest.raises(UserError, match="another version"):
        load_dancer(tmp_path / "other.safetensors", CPU)


def test_frame_by_frame_means_that_nothing_is_remembered() -> None:
    trainer, batches = begun("pix2pixhd")
    (given,) = drawn_in_a_step(trainer, batches, 0.2)
    assert given.shape[1] == LABELS and state_channels(RECIPES["pix2pixhd"]) == 0
    poses = textured(4).poses
    boxes = np.tile([0.0, 0, 200, 200], (4, 1))
    one, *_, last = trainer.dancer(0.2).steps(poses, boxes)
    assert np.array_equal(one.layer, last.layer)  # the same pose at another time


def test_the_newest_picture_comes_first_and_the_oldest_is_forgotten() -> None:
    recipe = RECIPES["vid2vid"]
    state = torch.zeros(1, state_channels(recipe), 2, 2)
    for number in (0.1, 0.2, 0.3):
        layer = torch.full((1, 4, 2, 2), number)
        layer[:, 3] = 1  # the whole frame
        state = remember(recipe, state, layer, torch.full((1, LABELS, 2, 2), 10 * number))
    wanted = [0.3] * 3 + [0.2] * 3 + [3.0] * LABELS + [2.0] * LABELS
    assert state[0, :, 0, 0].tolist() == pytest.approx(wanted)


def test_stretches_grow_as_the_table_says() -> None:
    trainer, batches = begun("best", unroll=((0.0, 2), (0.3, 4), (0.6, 8)), adversarial_from=2.0)
    assert [len(drawn_in_a_step(trainer, batches, share)) for share in (0.1, 0.3, 0.5, 0.65)] == [2, 4, 4, 8]
    assert 2 * len(drawn_in_a_step(trainer, batches, 0.1)[0]) == RECIPES["best"].frames  # of two stretches
    short, few = begun("best", frames=5, unroll=((0.0, 8),))
    assert len(drawn_in_a_step(short, few, 0.1)) == 5  # the longest there is


def test_the_gradient_goes_through_the_whole_stretch() -> None:
    trainer, batches = begun("best", unroll=((0.0, 6),), adversarial_from=2.0)
    raws: list[Tensor] = []

    def watch(network: Any, given: Any, raw: Tensor) -> None:
        raw.retain_grad()
        raws.append(raw)

    trainer.generator.register_forward_hook(watch)
    trainer.perceptual = lambda made, real: made.unflatten(0, (-1, 6))[:, -1].abs().mean()  # type: ignore[assignment]
    trainer.plan = replace(trainer.plan, recipe=replace(trainer.plan.recipe, pixel=0.0, mask=True))
    trainer.step(batches, 0.1)
    first = raws[0].grad
    assert len(raws) == 6 and first is not None and first[:, :3].abs().sum() > 0


def test_clip_judges_see_three_frames_at_their_stride() -> None:
    trainer, batches = begun("best", clip=(1, 3), unroll=((0.0, 8),))
    seen: dict[str, list[Tensor]] = {"1": [], "3": []}
    for stride, judge in trainer.clip_judges.items():
        judge.register_forward_hook(lambda network, x, result, s=stride: seen[s].append(x[0].detach()))
    before = {stride: frozen(judge) for stride, judge in trainer.clip_judges.items()}
    losses = trainer.step(batches, 0.8)
    assert {"clip adversarial 1", "clip matching 3", "clip 1 judge"} <= set(losses)
    assert all(given[0].shape[1:] == (9, 16, 16) for given in seen.values())  # three pictures at a quarter of the size
    assert all(
        any(not torch.equal(v, trainer.clip_judges[s].state_dict()[k]) for k, v in before[s].items()) for s in before
    )
    short, few = begun("best", clip=(1, 3), unroll=((0.0, 4),))
    losses = short.step(few, 0.8)
    assert "clip 1 judge" in losses and "clip 3 judge" not in losses  # seven frames are needed


def test_a_flow_is_learned_where_the_recipe_has_one() -> None:
    trainer, batches = begun("vid2vid", frames=20)
    assert "flow" in trainer.step(batches, 0.1)
    assert torch.count_nonzero(trainer.generator.motion.weight) > 0  # it began at nothing
    still, _ = begun("vid2vid")
    assert torch.count_nonzero(still.generator.motion.weight) == 0
    assert "flow" not in begun("fast")[0].step(begun("fast")[1], 0.1)


def hands(frames: int = 30) -> Batches:
    """The textured clip with a right hand in it."""
    clip = textured(frames)
    xy, confidence = clip.poses.xy.copy(), clip.poses.confidence.copy()
    at = np.arange(21)
    xy[:, p.RIGHT_HAND] = np.stack([100 + 3 * (at % 5), 120 + 3 * (at // 5)], 1)
    confidence[:, p.RIGHT_HAND] = 1
    plan = Plan(replace(RECIPES["best"], parts=("face", "left hand", "right hand")), SIZE, 4, 1)
    return Batches([replace(clip, poses=replace(clip.poses, xy=xy, confidence=confidence))], plan, 0)


def test_each_hand_has_a_refiner_of_its_own() -> None:
    batches = hands()
    trainer = Trainer(batches.plan, CPU, 0, None)
    before = {name: frozen(one) for name, one in trainer.refiners.items()}
    losses = trainer.step(batches, 0.97)
    changed = {
        name for name, one in trainer.refiners.items()
        if any(not torch.equal(value, before[name][key]) for key, value in one.state_dict().items())
    }  # fmt: skip
    assert changed == {"face", "right hand"}  # the left one is never seen
    assert {"face judge", "right hand judge"} <= set(losses)


def test_a_refiner_that_makes_held_out_frames_worse_is_left_out(
    exact: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dancetransfer.learn.showing import Judging

    settings = steps(30, replace(SMALL, size=64))
    list(prepare(exact, settings))
    worse = lambda self, dancer, name: 5.0 - len(dancer.refiners)  # noqa: E731
    monkeypatch.setattr(Judging, "part", worse)
    events = list(train(exact, settings))
    assert load_dancer(exact.runs[0] / "best.safetensors", CPU).refiners == {}
    told = {event.name: event.value for event in events if isinstance(event, Metric) and "refiner" in event.name}
    assert told["face score without refiner"] == 5 and told["face score with refiner"] < 5


def test_real_and_made_pictures_are_changed_alike_and_labels_move_along() -> None:
    torch.manual_seed(1)
    picture = torch.rand(3, 3, 32, 24) * 2 - 1
    draw = Augmentation.draw(3, (32, 24), picture.device)
    assert torch.equal(draw.picture(picture), draw.picture(picture.clone()))
    assert not torch.equal(draw.picture(picture), Augmentation.draw(3, (32, 24), picture.device).picture(picture))
    moved, (right, down) = draw.moved(picture)[0], draw.shift[0].tolist()
    kept = draw.keep[0, 0] > 0
    for y in range(32):
        for x in range(24):
            inside = 0 <= y - down < 32 and 0 <= x - right < 24
            wanted = picture[0, :, y - down, x - right] if inside and kept[y, x] else torch.zeros(3)
            assert torch.equal(moved[:, y, x], wanted)
    assert 0.1 < float((draw.keep == 0).float().mean()) <= 0.26  # a hole of half the sides, cut at the border


def test_judges_see_changed_pictures_where_the_recipe_says_so() -> None:
    seen: list[list[Tensor]] = []
    for augmented in (False, True):
        trainer, batches = begun("best", augmented=augmented)
        seen.append([])
        trainer.judge.scales[0].register_forward_hook(lambda network, x, result: seen[-1].append(x[0].detach()))
        trainer.step(batches, 0.8)
    plain, changed = seen
    assert plain[1].min() >= -1 and not torch.equal(plain[1], changed[1])  # the real pair of the same batch


def test_tall_crops_of_best_are_drawn_coarse_to_fine() -> None:
    plans = [plan(TrainSettings(recipe="best", size=size, width=4, blocks=1), 0.75) for size in (384, 512)]
    assert [one.enhanced for one in plans] == [False, True] and [one.size for one in plans] == [(288, 384), (384, 512)]
    low, tall = (generator_of(one) for one in plans)
    x = torch.rand(1, LABELS + 4 + 4, 512, 384)  # beside label map and state the own frame
    assert tall(x).shape == (1, 5, 512, 384) and tall.coarse.state_dict().keys() == low.state_dict().keys()
