"""Networks run by ONNX Runtime: the pictures of PyTorch, at any size, on the provider that works, chosen once."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import torch
from learning import CPU, SMALL, textured

from dancetransfer.events import Notice
from dancetransfer.footage.pairs import load_footage
from dancetransfer.footage.plate import composite
from dancetransfer.learn import runs
from dancetransfer.learn.dancer import Dancer, generator_of, refiners_of, save_dancer
from dancetransfer.portable import engine, exported, providers
from dancetransfer.portable.arrive import arrive, take_in
from dancetransfer.portable.export import export, write_networks
from dancetransfer.portable.network import Network, open_network
from dancetransfer.portable.pack import pack
from dancetransfer.pose.crop import PARTS
from dancetransfer.pose.labels import CHANNELS
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, Plan
from dancetransfer.render.render import read_layers, render, segments
from dancetransfer.settings import RenderSettings


def _dancer(recipe: str, size: tuple[int, int] = (64, 64), **changed: Any) -> Dancer:
    """An untrained dancer with all the refiners of its recipe, which change something."""
    torch.manual_seed(1)
    plan = Plan(replace(RECIPES[recipe], **changed), size, 4, 1)
    refiners = refiners_of(plan)
    for one in refiners.values():
        torch.nn.init.normal_(one.network.head.weight, std=0.05)  # type: ignore[union-attr, arg-type]
    return Dancer(plan, generator_of(plan).eval(), {name: one.eval() for name, one in refiners.items()}, CPU)


def _given(size: tuple[int, int], state: int) -> tuple[np.ndarray, ...]:
    """What a step is given: label map, own frame, state, move and parts, of which one isn't seen."""
    rng, (width, height) = np.random.default_rng(0), size
    labels = rng.integers(0, 255, (len(CHANNELS), height, width)).astype(np.uint8)
    moved, before = rng.random((4, height, width), np.float32), rng.random((state, height, width), np.float32)
    parts = np.full((len(PARTS), 4), np.nan)
    parts[0], parts[2] = (10.3, 5.1, 30.7, 25.5), (2, 30, 14, 42)
    return labels, moved, before, np.array([1.5, -2.25, width + 1.0, height - 3.0]), parts


@pytest.mark.parametrize(
    ("recipe", "changed"),
    [("fast", {}), ("best", {"enhancer_above": 32}), ("pix2pixhd", {}), ("vid2vid", {})],
)
def test_onnx_draws_what_torch_draws_at_any_size(recipe: str, changed: dict[str, Any], tmp_path: Path) -> None:
    dancer = _dancer(recipe, **changed)
    write_networks(dancer, tmp_path, exact=True)
    network = open_network(tmp_path, threads=1)
    for size in ((64, 64), (96, 64)):
        ours, theirs = (replace(one, plan=replace(one.plan, size=size)) for one in (dancer, network))
        channels = dancer.plan.recipe.history * (dancer.plan.recipe.outputs + len(CHANNELS) * dancer.plan.recipe.flow)
        labels, own, state, move, parts = _given(size, channels)
        moved = own if dancer.plan.recipe.moved else None
        for before in (None, state):
            (a, after), (b, after_b) = (one.step(labels, moved, before, move, parts) for one in (ours, theirs))
            assert a.shape == (size[1], size[0], 4) and a.std() > 5
            assert (np.abs(a.astype(int) - b)[a[..., 3] > 1] <= 1).all()
            assert np.allclose(after, after_b, atol=1e-3)


def test_weights_are_halved_only_where_the_picture_stays(tmp_path: Path) -> None:
    clip = textured()
    dancer = replace(_dancer("pix2pixhd"), refiners={})
    assert export(dancer, [clip], tmp_path) > 45
    small = (tmp_path / "frame.onnx").stat().st_size
    with torch.no_grad():
        dancer.generator.stem[0].weight *= 1e8  # beyond float16, and the norm after it takes it out again
    assert export(dancer, [clip], tmp_path) > 45
    assert (tmp_path / "frame.onnx").stat().st_size > 1.8 * small


def test_the_plate_is_composed_in_the_network(tmp_path: Path) -> None:
    dancer = _dancer("fast")
    write_networks(dancer, tmp_path, exact=True)
    network = open_network(tmp_path, threads=1)
    labels, _, _, move, parts = _given((64, 64), 4)
    layer, _ = network.drawn(labels, None, None, move, parts)
    rows, columns = np.mgrid[:64, :64]
    inside = np.hypot(rows - 32, columns - 32) < 20
    layer[:, :3] = np.where(inside, np.stack([rows, columns, rows])[None] / 32 - 1, 0.9)
    layer[:, 3] = inside
    plate = np.random.default_rng(1).integers(0, 255, (100, 120, 3)).astype(np.uint8)
    box = np.array([20.0, 10, 84, 74])
    made, truth = network.over(layer, plate, box), composite(plate, _kept(network, labels, layer), box)
    assert np.abs(made.astype(int) - truth).max() <= 2
    assert (made != plate).any() and (made[:, :20] == plate[:, :20]).all()


def _kept(network: Network, labels: np.ndarray, layer: np.ndarray) -> np.ndarray:
    state = np.zeros((1, 4, *layer.shape[2:]), np.float32)
    given = {"labels": labels[None], "layer": layer, "state": state}
    return network.after.run(None, {one.name: given[one.name] for one in network.after.get_inputs()})[0][0]


# --- rendering ------------------------------------------------------------------------------------


def test_a_project_is_rendered_by_the_engine_that_is_asked_for(drawn: Project) -> None:
    folder = drawn.dance_folder(drawn.dances[0])
    poses = Poses.load(folder / "retarget.npz")

    def rendered(asked: str) -> tuple[list[np.ndarray], str]:
        told = list(render(drawn, replace(SMALL, engine=asked), RenderSettings(stop=0.8)))
        layers = read_layers(segments(poses, folder / "render"), 0, 20)
        return [one[..., :3] * (one[..., 3:] / 255) for one, _ in layers], told[-1].message  # type: ignore[union-attr]

    torch_drew, _ = rendered("auto")  # small pictures are PyTorch's, unmeasured
    assert not list(drawn.runs[0].glob("onnx/*"))
    onnx_drew, words = rendered("onnx")
    assert "rendered anew" in words
    assert 10 * np.log10(255**2 / max(np.mean((a - b) ** 2) for a, b in zip(torch_drew, onnx_drew, strict=True))) > 45
    assert "already" in rendered("onnx")[1]


def _chosen(project: Project, monkeypatch: pytest.MonkeyPatch, seconds: dict[type, float]) -> tuple[Any, list[Any]]:
    """What draws a project by `--engine auto`, where a frame takes each engine so long; and what is told."""
    asked: list[Callable[[], object]] = []

    def measured(draw: Any) -> float:
        asked.append(draw)
        draw()
        return seconds[type(draw.args[0])]

    monkeypatch.setattr(engine, "WORTH", 0)
    monkeypatch.setattr(providers, "measured", measured)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [providers.ORDER[providers.CPU]])
    stage, told = engine.drawer(runs.best(project, SMALL), SMALL, lambda: load_footage(project)), []
    while True:
        try:
            told.append(next(stage))
        except StopIteration as end:
            return end.value[0], [one.message for one in told if isinstance(one, Notice)] + [len(asked)]


@pytest.mark.parametrize(("times", "kind"), [((0.03, 0.02), Network), ((0.02, 0.03), Dancer)])
def test_the_faster_engine_is_measured_once(
    drawn: Project, monkeypatch: pytest.MonkeyPatch, times: tuple[float, float], kind: type
) -> None:
    seconds = dict(zip((Dancer, Network), times, strict=True))
    chosen, told = _chosen(drawn, monkeypatch, seconds)
    assert isinstance(chosen, kind) and "20 ms" in told[0] and "30 ms" in told[0] and told[-1] == 2
    again, told = _chosen(drawn, monkeypatch, {Dancer: times[1], Network: times[0]})  # it doesn't flap
    assert isinstance(again, kind) and told == [0]


def test_where_onnx_fails_torch_draws_and_says_so(drawn: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise RuntimeError("no such operator: warp")

    monkeypatch.setattr(torch.onnx, "export", broken)
    chosen, told = _chosen(drawn, monkeypatch, {})
    assert isinstance(chosen, Dancer) and "no such operator: warp" in told[0]
    told = list(render(drawn, replace(SMALL, engine="onnx"), RenderSettings(stop=0.2)))
    assert any("so PyTorch does" in one.message for one in told if isinstance(one, Notice))


def test_a_provider_that_is_listed_and_not_used_is_told_with_its_cause(
    drawn: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = [providers.ORDER[one] for one in ("TensorRT", "CUDA", "DirectML", "CPU")]
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: listed)
    monkeypatch.setattr(providers, "MEASURED", 0.01)
    weights = runs.best(drawn, SMALL)
    folder = exported.ready(weights, load_footage(drawn))
    told: list[Any] = []
    stage = engine.fastest(folder, SMALL)
    while True:
        try:
            told.append(next(stage))
        except StopIteration as end:
            network = end.value[0]
            break
    causes = [one.message for one in told if isinstance(one, Notice)]
    assert network.provider == "CPU" and set(network.causes) == {"CUDA", "DirectML"}  # TensorRT only when asked for
    assert any("CUDA" in one and "no NVIDIA card" in one for one in causes)
    assert any("DirectML" in one for one in causes)
    assert providers.available(folder, providers.TENSORRT)[0] == "TensorRT"


# --- own frames -----------------------------------------------------------------------------------


def test_own_frames_come_along(small: Project, tmp_path: Path) -> None:
    settings = replace(SMALL, recipe="best", size=64)
    footage = load_footage(small)
    height, width = footage[0].crops.shape[1:3]
    dancer = replace(_dancer("best", (width, height)), refiners={})
    folder, _ = runs.open_run(small, settings, dancer.plan)
    with torch.no_grad():
        dancer.generator.stem[0].weight[:, -16:] *= 0.01  # what is fed back
    save_dancer(folder / "best.safetensors", dancer, {})
    small.set_settings(settings)
    list(pack(small, settings, tmp_path / "jo.dancer", ""))
    project = Project.create(tmp_path / "there.dance")
    record = take_in(project, tmp_path / "jo.dancer")
    list(arrive(project))
    assert record.built_in and project.built_in and record.recipe == "best"
    there, here = load_footage(project)[0], footage[0]
    assert np.array_equal(there.crops[..., 3], here.crops[..., 3]) and there.crops[..., 3].max() == 255
    seen = np.asarray(here.crops[..., 3]) > 0
    assert np.array_equal(there.crops[seen], here.crops[seen])
    assert np.array_equal(there.boxes, here.boxes) and np.array_equal(there.plate, here.plate)
    assert np.array_equal(there.poses.xy, here.poses.xy, equal_nan=True)
