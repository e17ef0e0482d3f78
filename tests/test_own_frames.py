"""The person's own frames, moved to a pose, are mixed into what the generator draws."""

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from learning import CPU, SMALL, steps

from dancetransfer.footage.pairs import REPORT, TRAIN, Footage, boxes_of, load_footage, prepare
from dancetransfer.learn.batches import layer_input, premultiplied
from dancetransfer.learn.dancer import load_dancer
from dancetransfer.learn.train import train
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.render import read_layers, render, segments
from dancetransfer.settings import RenderSettings
from dancetransfer.sprites.ends import OWN, looks_of
from dancetransfer.sprites.fades import Shown
from dancetransfer.sprites.others import APART_SECONDS, Others
from dancetransfer.sprites.sprites import Sprites
from models.generator import layer_of

BEST = replace(SMALL, recipe="best", size=64)


@pytest.fixture(scope="module")
def two_steps(true_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the true project after two steps. Copied by `learned`."""
    folder = shutil.copytree(true_project, tmp_path_factory.mktemp("own") / "own.dance")
    project = Project.open(folder)
    list(prepare(project, BEST))
    list(train(project, steps(2, BEST)))
    return folder


@pytest.fixture
def learned(two_steps: Path, tmp_path: Path) -> Project:
    return Project.open(shutil.copytree(two_steps, tmp_path / "own.dance"))


@pytest.fixture(scope="module")
def footage(two_steps: Path) -> list[Footage]:
    return load_footage(Project.open(two_steps))


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
    shown, again = (Others(Sprites(marked, TRAIN)).layer(0, n) for _ in range(2))
    solid = shown[..., 3] > 128
    assert solid.sum() > 200
    assert np.abs(shown[solid][:, :3].astype(int) - (255, 0, 255)).sum(1).min() > 100
    np.testing.assert_array_equal(shown, again)


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
    """A body of one moment, asked for with the head of another: the face that is worn looks where it should."""
    sprites = Sprites(footage, TRAIN)
    frames = sprites.frames
    looks = looks_of(frames.xy, frames.confidence)[0]
    turn = np.where(np.isfinite(looks).all((1, 2)), looks[:, :2, 0].sum(1), np.nan)  # eyes beside the nose
    left, right = int(np.nanargmin(turn)), int(np.nanargmax(turn))
    size = footage[0].poses.size

    def worn(asked: int) -> int:
        poses = Poses(frames.xy[[asked]], frames.confidence[[asked]], np.zeros(1), size)
        return int(sprites.ends.choose(poses, np.array([left]), np.array([False]))[0, 0])

    head = worn(right)
    assert head != OWN
    lent, own = (np.linalg.norm(looks[n] - looks[right], axis=-1).mean() for n in (head, left))
    assert lent < 0.5 * own
    assert worn(left) == OWN


def test_a_hand_is_lent_where_the_own_one_is_shaped_otherwise(footage: list[Footage]) -> None:
    sprites = Sprites(footage, TRAIN)
    frames = sprites.frames
    lenders = sprites.ends.numbers[1]
    looks = looks_of(frames.xy, frames.confidence)[1][lenders]
    apart = np.linalg.norm(looks[:, None] - looks, axis=-1).mean(-1)
    a, b = np.unravel_index(np.argmax(apart), apart.shape)
    own, asked = int(lenders[a]), int(lenders[b])
    poses = Poses(frames.xy[[asked]], frames.confidence[[asked]], np.zeros(1), footage[0].poses.size)

    def worn(frame: int) -> int:
        return int(sprites.ends.choose(poses, np.array([frame]), np.array([False]))[0, 1])

    assert worn(own) == asked
    assert worn(asked) == OWN
    shown = [
        sprites.moved(Shown(own, False, 1.0), frames.xy[asked], frames.confidence[asked], frames.box(asked), (OWN, one))
        for one in (OWN, asked)
    ]
    assert not np.array_equal(*shown)


def test_a_film_of_a_second_shows_other_moments_too(footage: list[Footage]) -> None:
    """None is far away in time; what is farther than half of it has to do."""
    (clip,) = footage
    run = clip.runs(TRAIN)[0][:12]
    short = clip.part.copy()
    short[:] = REPORT
    short[run] = TRAIN
    assert np.ptp(clip.poses.time[run]) < APART_SECONDS
    others = Others(Sprites([replace(clip, part=short)], TRAIN))
    assert all((others.layer(0, int(n))[..., 3] > 128).sum() > 100 for n in run)


def test_a_generator_of_another_size_than_the_crops_gets_frames_of_its_own_size(learned: Project) -> None:
    """Footage that was added may make the crops wider; what was learned before still dances."""
    list(prepare(learned, replace(BEST, size=48)))
    footage = load_footage(learned)
    dancer = load_dancer(learned.runs[0] / "best.safetensors", CPU, footage)
    poses = footage[0].poses[:3]
    layers = [layer for layer, _ in dancer.layers(poses, boxes_of(poses, dancer.plan))]
    assert {layer.shape[0] for layer in layers} == {64} and footage[0].crops.shape[1] == 48
