"""The trained generator at work: the same poses, the same pixels; restarts; damage."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from learning import CPU, SMALL, cut_short, emptied, textured

from dancetransfer.errors import UserError
from dancetransfer.footage import pairs
from dancetransfer.footage.pairs import load_footage, plan_of
from dancetransfer.learn.dancer import Dancer, generator_of, load_dancer, save_dancer
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.steps import restarts
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, plan
from dancetransfer.settings import TrainSettings


@pytest.fixture(scope="session")
def dancer(prepared: Path) -> Dancer:
    """Random, but with weights large enough to draw something."""
    (clip,) = load_footage(Project.open(prepared))
    sizes = plan_of(SMALL, {"": clip.poses})
    torch.manual_seed(3)
    return Dancer(sizes, generator_of(sizes).eval(), {}, CPU)


def danced(dancer: Dancer, poses: Poses, **part: Any) -> list[Any]:
    return list(dancer.steps(poses, pairs.boxes_of(poses, dancer.plan), **part))


def test_the_same_poses_give_the_same_pixels(dancer: Dancer, prepared: Path) -> None:
    poses = load_footage(Project.open(prepared))[0].poses[:12]
    one, two = danced(dancer, poses), danced(dancer, poses)
    assert all(np.array_equal(a.layer, b.layer) for a, b in zip(one, two, strict=True))
    assert np.ptp(one[5].layer[..., :3]) > 20 and one[5].layer[..., 3].any()
    assert all((step.layer[..., :3][step.layer[..., 3] == 0] == 0).all() for step in one)


def test_a_part_with_the_state_before_it_comes_out_as_in_the_whole(dancer: Dancer, prepared: Path) -> None:
    poses = load_footage(Project.open(prepared))[0].poses[:20]
    poses.xy[7:10] = np.nan  # three frames without a person: too short for a restart
    whole = danced(dancer, poses)
    for start in (1, 8, 9, 10, 13):
        part = danced(dancer, poses, start=start, stop=16, state=whole[start - 1].state)
        assert all(np.array_equal(a.layer, b.layer) for a, b in zip(part, whole[start:16], strict=True))
    anew = danced(dancer, poses, start=13, stop=16)
    assert not np.array_equal(anew[0].layer, whole[13].layer)  # the state matters
    assert not whole[8].layer.any() and whole[8].state is whole[6].state


def test_the_recursion_begins_anew_at_cuts_and_after_gaps_in_seconds() -> None:
    poses = textured(60).poses
    assert np.flatnonzero(restarts(poses)).tolist() == [0]
    poses.confidence[10:17] = 0  # 0.28 s + a frame = 0.32 s from pose to pose
    poses.confidence[30:36] = 0  # 0.28 s
    shot = np.zeros(60, np.int32)
    shot[45:] = 1
    assert np.flatnonzero(restarts(replace(poses, shot=shot))).tolist() == [0, 17, 45]
    slow = replace(textured(10).poses, time=np.arange(10) * 0.5)
    assert np.flatnonzero(restarts(slow)).tolist() == [0]  # two frames a second are no gap
    nobody = textured(10).poses
    nobody.confidence[:] = 0
    assert not restarts(nobody).any()


def test_after_a_restart_nothing_of_before_is_in_the_picture(dancer: Dancer, prepared: Path) -> None:
    poses = load_footage(Project.open(prepared))[0].poses[:12]
    shot = (np.arange(12) >= 6).astype(np.int32)
    boxes = pairs.boxes_of(poses, dancer.plan)
    cut_there = list(dancer.steps(replace(poses, shot=shot), boxes))
    alone = list(dancer.steps(poses[6:], boxes[6:]))
    assert np.array_equal(cut_there[6].layer, alone[0].layer)
    through = list(dancer.steps(poses, boxes))
    assert not np.array_equal(cut_there[6].layer, through[6].layer)


def test_a_refiner_draws_on_the_face_alone(dancer: Dancer, prepared: Path) -> None:
    from dancetransfer.learn.dancer import refiners_of

    poses = load_footage(Project.open(prepared))[0].poses[:1]
    refiner = refiners_of(dancer.plan)["face"].eval()
    plain, young = danced(dancer, poses)[0], danced(replace(dancer, refiners={"face": refiner}), poses)[0]
    assert np.array_equal(plain.layer[16:], young.layer[16:]) and np.array_equal(
        plain.layer[..., 3], young.layer[..., 3]
    )
    torch.nn.init.constant_(refiner.network.head.bias, 1.0)
    grown = danced(replace(dancer, refiners={"face": refiner}), poses)[0]
    rows = np.flatnonzero((grown.layer != plain.layer).any((1, 2)))
    assert len(rows) and rows.max() < 16 and np.array_equal(grown.layer[..., 3], plain.layer[..., 3])


@pytest.mark.parametrize("damage", [cut_short, emptied])
def test_damaged_weights_are_an_error_that_says_what_to_do(
    dancer: Dancer, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    path = tmp_path / "best.safetensors"
    with pytest.raises(UserError, match="has not been learned yet"):
        load_dancer(path, CPU)
    save_dancer(path, dancer, {})
    damage(path)
    with pytest.raises(UserError, match="damaged"):
        load_dancer(path, CPU)


def test_sizes_are_multiples_that_the_networks_take() -> None:
    for recipe in (name for name, one in RECIPES.items() if one.learned):
        for size in (32, 50, 64, 300):
            chosen = plan(TrainSettings(recipe=recipe, size=size, width=4, blocks=1), 0.7)
            network = generator_of(chosen)
            assert all(side % network.multiple == 0 for side in chosen.size)
            assert abs(chosen.size[1] - size) <= chosen.recipe.multiple / 2 + 0.5 * (size < 32)
