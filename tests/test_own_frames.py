"""The person's own frames, moved to a pose, are mixed into what the generator draws."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from learning import CPU, SMALL, steps

from dancetransfer.footage.pairs import TRAIN, Footage, boxes_of, load_footage, prepare
from dancetransfer.learn.batches import layer_input, premultiplied
from dancetransfer.learn.dancer import load_dancer
from dancetransfer.learn.train import train
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.render import read_layers, render, segments
from dancetransfer.settings import RenderSettings
from dancetransfer.sprites.heads import OWN, looks_of
from dancetransfer.sprites.others import APART_SECONDS, Others
from dancetransfer.sprites.sprites import Sprites
from models.generator import layer_of

BEST = replace(SMALL, recipe="best", size=64)


@pytest.fixture(scope="module")
def once(true_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the true project after two steps. Copied by `learned`."""
    folder = shutil.copytree(true_project, tmp_path_factory.mktemp("own") / "own.dance")
    project = Project.open(folder)
    list(prepare(project, BEST))
    list(train(project, steps(2, BEST)))
    return folder


@pytest.fixture
def learned(once: Path, tmp_path: Path) -> Project:
    return Project.open(shutil.copytree(once, tmp_path / "own.dance"))


@pytest.fixture(scope="module")
def footage(once: Path) -> list[Footage]:
    return load_footage(Project.open(once))


def test_a_pixel_is_taken_where_there_is_one_and_as_much_as_the_last_channel_says() -> None:
    raw = torch.zeros(1, 5, 1, 4)
    raw[:, 4] = torch.tensor([-50.0, 50.0, 50.0, 0.0])
    moved = torch.full((1, 4, 1, 4), 0.5)
    moved[:, 3] = torch.tensor([1.0, 1.0, 0.0, 1.0])
    layer = layer_of(raw, moved)
    assert layer.shape == (1, 4, 1, 4)
    assert layer[0, 0, 0].tolist() == pytest.approx([0.0, 0.5, 0.0, 0.25])
    assert torch.equal(layer[:, 3], layer_of(raw[:, :4])[:, 3])


def test_color_survives_the_way_into_the_generator() -> None:
    layer = np.random.default_rng(0).integers(0, 256, (8, 8, 4), np.uint8)
    layer[:2, :, 3] = 0
    layer[2:, :, 3] = np.maximum(layer[2:, :, 3], 128)
    read = layer_input(premultiplied(layer))
    assert read.shape == (4, 8, 8) and (read[:, :2] == 0).all()
    np.testing.assert_allclose((read[:3, 2:] + 1) * 127.5, layer[2:, :, :3].transpose(2, 0, 1), atol=1.6)
    np.testing.assert_allclose(read[3] * 255, layer[..., 3], atol=0.01)


def test_learning_sees_another_moment_in_the_pose_and_always_the_same(footage: list[Footage]) -> None:
    """A frame that was marked never shows itself."""
    (clip,) = footage
    n = int(clip.runs(TRAIN)[0][3])
    near = np.abs(clip.poses.time - clip.poses.time[n]) < APART_SECONDS
    crops = np.array(clip.crops)
    crops[near, ..., :3] = (255, 0, 255)
    marked = [replace(clip, crops=crops)]
    shown, unmarked = (Others(Sprites(one, TRAIN)).layer(0, n) for one in (marked, footage))
    np.testing.assert_array_equal(shown, unmarked)
    assert (shown[..., 3] > 128).sum() > 200


def test_a_generator_needs_them_and_draws_otherwise_with_others(learned: Project) -> None:
    own = load_footage(learned)
    path = learned.runs[0] / "best.safetensors"
    clip, bare = own[0], load_dancer(path, CPU)
    poses, boxes = clip.poses[:4], clip.boxes[:4]
    with pytest.raises(ValueError, match="own frames"):
        list(bare.layers(poses, boxes))
    inverted = np.array(clip.crops)
    inverted[..., :3] = 255 - inverted[..., :3]
    strange = [replace(clip, crops=inverted)]
    dancers = [load_dancer(path, CPU, frames) for frames in (own, strange)]
    one, other = (np.stack([layer for layer, _ in dancer.layers(poses, boxes)]) for dancer in dancers)
    assert np.abs(one.astype(int) - other).mean() > 1


def test_a_stretch_comes_out_as_in_the_whole(learned: Project) -> None:
    folder = learned.dance_folder(learned.dances[0]) / "render"
    poses = Poses.load(folder.parent / "retarget.npz")

    def pictures() -> np.ndarray:
        return np.stack([layer for layer, _ in read_layers(segments(poses, folder), 50, 60)])

    list(render(learned, BEST, RenderSettings(start=2.0, stop=2.4)))
    part = pictures()
    for file in folder.glob("*"):
        file.unlink()
    list(render(learned, BEST, RenderSettings()))
    np.testing.assert_array_equal(pictures(), part)


def test_a_head_is_lent_where_the_own_one_looks_elsewhere(footage: list[Footage]) -> None:
    """Bodies of one moment, asked for with the heads of others: the faces that are worn look where they should."""
    (clip,) = footage
    sprites = Sprites(footage, TRAIN)
    looks = looks_of(clip.poses.xy, clip.poses.confidence)
    known = np.isfinite(looks).all((1, 2))
    turn = np.where(known, looks[:, :2, 0].sum(1), np.nan)  # where the eyes are beside the nose
    left, right = int(np.nanargmin(turn)), int(np.nanargmax(turn))
    frames = sprites.frames
    body = int(np.argmin(np.abs(frames.position - left)))
    asked = clip.poses[[right]].with_xy(clip.poses.xy[[right]])
    head = sprites.heads.choose(asked, np.array([body]), np.array([False]))
    assert head[0] != OWN
    worn = looks_of(frames.xy[head], frames.confidence[head])
    off = [np.linalg.norm(one - looks[right], axis=-1).mean() for one in (worn[0], looks[left])]
    assert off[0] < 0.5 * off[1]
    same = sprites.heads.choose(clip.poses[[left]], np.array([body]), np.array([False]))
    assert same[0] == OWN or frames.position[body] != left


def test_a_generator_of_another_size_than_the_crops_gets_frames_of_its_own_size(learned: Project) -> None:
    """Footage that was added may make the crops wider; what was learned before still dances."""
    list(prepare(learned, replace(BEST, size=48)))
    footage = load_footage(learned)
    dancer = load_dancer(learned.runs[0] / "best.safetensors", CPU, footage)
    poses = footage[0].poses[:3]
    layers = [layer for layer, _ in dancer.layers(poses, boxes_of(poses, dancer.plan))]
    assert {layer.shape[0] for layer in layers} == {64} and footage[0].crops.shape[1] == 48
