"""Steps of a training: who learns when, and from what."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from learning import CPU, EDN, SMALL, batches_of, frozen, metrics, notices, steps, textured
from torch import Tensor

from dancetransfer.errors import UserError
from dancetransfer.events import Metric
from dancetransfer.footage import pairs
from dancetransfer.footage.pairs import load_footage, plan_of, prepare
from dancetransfer.learn.batches import Batches, into_boxes
from dancetransfer.learn.dancer import LABELS, Dancer, load_dancer, save_dancer
from dancetransfer.learn.runs import begin_anew
from dancetransfer.learn.showing import Judging
from dancetransfer.learn.train import train
from dancetransfer.learn.trainer import Trainer
from dancetransfer.pose.crop import PARTS, part_boxes
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, Plan
from dancetransfer.score.metrics import pixels_in
from dancetransfer.settings import TrainSettings


def trainer_of(recipe: str, size: tuple[int, int] = (64, 64), **changes: Any) -> Trainer:
    return Trainer(Plan(replace(RECIPES[recipe], **changes), size, 4, 1), CPU, 0, None)


def changed(network: torch.nn.Module, before: dict[str, Tensor]) -> set[str]:
    """The first words of the names of those weights that are others now."""
    now = network.state_dict()
    return {name.split(".")[0] for name in before if not torch.equal(before[name], now[name])}


@pytest.mark.parametrize("recipe", ["fast", "edn"])
def test_g_stands_still_while_the_face_is_learned(recipe: str) -> None:
    trainer, batches = trainer_of(recipe), batches_of(textured(), recipe)
    trainer.step(batches, 0.6)
    names = ("generator", "averaged", "judge", "refiners", "part_judges")
    before = {name: frozen(getattr(trainer, name)) for name in names}
    losses = trainer.step(batches, 0.95)
    assert {name for name in names if changed(getattr(trainer, name), before[name])} == {"refiners", "part_judges"}
    assert {"face adversarial", "face matching", "face perceptual", "face judge"} == set(losses)
    before = {name: frozen(getattr(trainer, name)) for name in names}
    trainer.step(batches, 0.7)
    assert {name for name in names if changed(getattr(trainer, name), before[name])} == {
        "generator",
        "averaged",
        "judge",
    }


def tall(height: int = 288) -> Batches:
    """The textured clip at a height at which the published recipe has G2."""
    footage = textured(20)
    crops = np.stack([cv2.resize(crop, (64, height)) for crop in footage.crops])
    return Batches([replace(footage, crops=crops)], Plan(RECIPES["edn"], (64, height), 4, 1), 0)


def test_the_enhancer_comes_after_the_global_generator_and_is_learned_with_it() -> None:
    batches, trainer = tall(), trainer_of("edn", (64, 288))
    assert trainer.plan.enhanced and len(trainer.judge.scales) == 3
    before, judges = frozen(trainer.generator), frozen(trainer.judge.scales[0])
    trainer.step(batches, 0.2)
    assert changed(trainer.generator, before) == {"coarse"} and not changed(trainer.judge.scales[0], judges)
    before = frozen(trainer.generator)
    trainer.step(batches, 0.6)
    assert changed(trainer.generator, before) == {"coarse", "stem", "down", "blocks", "up", "head"}
    assert changed(trainer.judge.scales[0], judges)
    assert trainer.dancer(0.2).coarse_only and not trainer.dancer(0.6).coarse_only


def test_the_perceptual_term_counts_twice_with_the_enhancer() -> None:
    """x5 for G1, x10 with G2 (pix2pixHD); measured by a loss that is always 1."""
    trainer, batches = trainer_of("edn", (64, 288)), tall()
    trainer.perceptual = lambda a, b: (a - a).sum() + 1  # type: ignore[assignment]
    assert [trainer.step(batches, share)["perceptual"] for share in (0.2, 0.6)] == [5, 10]


def test_an_enhanced_generator_is_kept_and_read(tmp_path: Path) -> None:
    trainer = trainer_of("edn", (64, 288))
    path = tmp_path / "best.safetensors"
    for share in (0.2, 0.6):
        save_dancer(path, trainer.dancer(share), {})
        kept = load_dancer(path, CPU)
        assert kept.plan == trainer.plan and kept.coarse_only == (share == 0.2)
        poses = textured(2).poses
        boxes = np.tile([0.0, 0, 30, 260], (2, 1))
        for (a, _), (b, _) in zip(kept.layers(poses, boxes), trainer.dancer(share).layers(poses, boxes), strict=True):
            np.testing.assert_array_equal(a, b)


def test_the_second_picture_depends_on_the_first_with_gradient_through_both() -> None:
    """EDN, equation 2. A loss on the second picture alone teaches the first, too."""
    trainer, batches = trainer_of("edn", adversarial_from=2.0), batches_of(textured(), "edn")
    raws: list[Tensor] = []

    def watch(network: Any, given: Any, raw: Tensor) -> None:
        raw.retain_grad()
        raws.append(raw)

    trainer.generator.register_forward_hook(watch)
    trainer.perceptual = lambda made, real: made[1::2].abs().mean()  # type: ignore[assignment]
    trainer.step(batches, 0.1)
    assert len(raws) == 2 and all(raw.grad is not None and raw.grad.abs().sum() > 0 for raw in raws)


def test_the_opponent_judges_two_neighboring_pictures_with_their_poses() -> None:
    trainer, batches = trainer_of("edn"), batches_of(textured(), "edn")
    batch = batches_of(textured(), "edn").draw(2, 1)
    seen: list[Tensor] = []
    trainer.judge.scales[0].register_forward_hook(lambda network, given, result: seen.append(given[0].detach()))
    trainer.step(batches, 0.1)
    assert seen[0].shape[1] == 2 * (LABELS + 3)
    frames = seen[1].unflatten(1, (2, LABELS + 3))  # the first is the made pair, the second the real one
    torch.testing.assert_close(frames[:, :, :LABELS], batch.labels)
    torch.testing.assert_close(frames[:, :, LABELS:], batch.real)


def test_the_rate_is_a_function_of_the_used_share() -> None:
    trainer = trainer_of("edn")
    start = trainer.plan.recipe.parts_from
    assert trainer.rate(0) == trainer.rate(0.5 * start) == 2e-4
    assert trainer.rate(0.75 * start) == pytest.approx(1e-4)
    assert trainer.rate(start) == 2e-4  # the face has a schedule of its own
    assert 0 < trainer.rate(1) < 1e-5


def test_the_published_recipe_runs_from_end_to_end(exact: Project) -> None:
    settings = steps(8, EDN)
    list(prepare(exact, settings))
    assert load_footage(exact)[0].crops.shape[1:] == (32, 64, 4)  # the whole frame, letterboxed
    events = list(train(exact, settings))
    assert any("published method is replaced by a Laplacian" in message for message in notices(events))
    named = {event.name for event in events if isinstance(event, Metric)}
    assert {"score", "face score without refiner", "face score with refiner"} <= named
    best = load_dancer(exact.runs[0] / "best.safetensors", CPU)
    assert best.plan.recipe.name == "edn" and best.plan.recipe.outputs == 3
    poses = load_footage(exact)[0].poses[:2]
    layer, box = next(best.layers(poses, pairs.boxes_of(poses, best.plan)))
    assert layer.shape == (32, 64, 4) and (layer[..., 3] == 255).all() and box.tolist() == [-128, 0, 384, 256]


def test_the_published_recipe_runs_with_its_enhancer(exact: Project) -> None:
    settings = TrainSettings(recipe="edn", size=288, width=5, blocks=1, steps=2, device="cpu")
    list(prepare(exact, settings))
    list(train(exact, settings))
    best = load_dancer(exact.runs[0] / "best.safetensors", CPU)
    assert best.plan.enhanced and not best.coarse_only
    assert best.plan.width == 6  # G2 has half of G1's channels


def fake_vgg(folder: Path, **extra: Tensor) -> None:
    state, inputs, number = {}, 3, 0
    for entry in (64, 64, 0, 128, 128, 0, 256, 256, 256, 256, 0, 512, 512, 512, 512, 0, 512):
        if entry:
            state[f"features.{number}.weight"] = torch.randn(entry, inputs, 3, 3) * math.sqrt(2 / (9 * inputs))
            state[f"features.{number}.bias"] = torch.zeros(entry)
            inputs = entry
        number += 2 if entry else 1
    for name, value in extra.items():
        state[name.replace("_", ".")] = value
    from dancetransfer.weights import place

    place("vgg19").parent.mkdir(parents=True, exist_ok=True)
    torch.save(state, place("vgg19"))


def test_vgg_is_used_where_its_weights_are(exact: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCETRANSFER_DATA", str(tmp_path / "data"))
    list(prepare(exact, EDN))
    list(train(exact, steps(2, EDN)))
    without = metrics(exact.runs[0])[-2]
    fake_vgg(tmp_path)
    begin_anew(exact)
    events = list(train(exact, steps(2, EDN)))
    assert not any("Laplacian" in message for message in notices(events))
    row = next(row for row in metrics(exact.runs[1]) if "perceptual" in row)
    assert 0 < row["perceptual"] != without.get("perceptual")


def test_a_file_of_other_weights_is_said(exact: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DANCETRANSFER_DATA", str(tmp_path / "data"))
    fake_vgg(tmp_path, features_10_weight=torch.zeros(1))
    list(prepare(exact, EDN))
    with pytest.raises(UserError, match="VGG19"):
        list(train(exact, steps(2, EDN)))


def test_learning_learns(small: Project) -> None:
    """Held-out frames are drawn clearly better after seventy small steps than by nobody, and by a beginner."""
    settings = replace(SMALL, width=16, blocks=2, steps=70)
    (clip,) = load_footage(small)
    sizes = plan_of(settings, {clip.name: clip.poses})
    young = Dancer(sizes, Trainer(sizes, CPU, 0, None).generator.eval(), {}, CPU)
    judging = Judging([clip], sizes)

    class Nobody:
        def layers(self, poses: Poses, boxes: np.ndarray, moved: object = None) -> Any:
            return ((np.zeros((sizes.size[1], sizes.size[0], 4), np.uint8), box) for box in boxes)

    list(train(small, settings))
    learned = judging.score(replace(load_dancer(small.runs[0] / "best.safetensors", CPU), refiners={}))
    assert learned > judging.score(young) + 2  # 14.3 and 11.8 dB
    assert learned > judging.score(Nobody()) + 2  # type: ignore[arg-type]  # 17.6 dB
    scores = [row["score"] for row in metrics(small.runs[0]) if "score" in row]
    assert max(scores) - 0.12 < learned < max(scores) + 0.02  # the training may use bfloat16


def test_a_face_counts_more_than_as_much_of_the_body(small: Project) -> None:
    """The same square wiped out on the face and on the chest."""
    (clip,) = load_footage(small)
    judging = Judging([clip], plan_of(SMALL, {clip.name: clip.poses}))
    (_, run), *_ = judging.runs

    class Filmed:
        def __init__(self, wiped: float) -> None:
            self.down = wiped

        def layers(self, poses: Poses, boxes: np.ndarray, moved: object = None) -> Any:
            faces = into_boxes(part_boxes(poses)[:, PARTS.index("face")], boxes, judging.plan.size)
            for n, box in enumerate(boxes):
                layer = np.array(clip.crops[int(run[0]) + n])
                layer[..., 3] = 255
                if np.isfinite(faces[n]).all() and np.isfinite(self.down):
                    height = faces[n, 3] - faces[n, 1]
                    where = pixels_in(faces[n] + [0, self.down * height, 0, self.down * height], layer.shape)
                    layer[where][..., :3] = layer[where][..., :3].mean((0, 1))
                yield layer, box

    whole, faceless, chestless = (judging.score(Filmed(down)) for down in (np.nan, 0, 2))  # type: ignore[arg-type]
    assert whole > chestless > faceless + 6  # 70, 33.5 and 25.0 dB
