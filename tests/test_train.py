"""From the person's clip to a generator: crops and plate, batches, steps, and a training that can stop anywhere."""

import json
import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from safetensors import safe_open
from stages import Ticking, close_at, leftovers
from torch import Tensor

from dancetransfer import device
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Metric, Notice, Preview, Progress, Started
from dancetransfer.learn import pairs, runs, showing
from dancetransfer.learn import train as training
from dancetransfer.learn.batches import Batches, relative
from dancetransfer.learn.dancer import LABELS, Dancer, generator_of, load_dancer, move_state, restarts, save_dancer
from dancetransfer.learn.pairs import CHOOSE, GAP, REPORT, TRAIN, Footage, load_footage, plan_of, prepare
from dancetransfer.learn.plate import cut_out
from dancetransfer.learn.recipes import RECIPES, Plan, plan
from dancetransfer.learn.runs import begin_anew
from dancetransfer.learn.showing import Driving, Judging
from dancetransfer.learn.train import train
from dancetransfer.learn.trainer import Trainer, unpack
from dancetransfer.pose import poses as p
from dancetransfer.pose.crop import into_crop
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from dancetransfer.storage import Results
from dancetransfer.video.read import read_frames
from dancetransfer.video.write import Writer
from models.refiner import cut

SMALL = TrainSettings(size=32, width=4, blocks=1, device="cpu")
EDN = replace(SMALL, recipe="edn")
CPU = device.cpu(measure=False)


@pytest.fixture(scope="session")
def prepared(true_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The true project with crops at SMALL's size. Copied by `small`."""
    shutil.copytree(true_project, folder := tmp_path_factory.mktemp("small") / "small.dance")
    list(prepare(Project.open(folder), SMALL))
    return folder


@pytest.fixture
def small(prepared: Path, tmp_path: Path) -> Project:
    shutil.copytree(prepared, tmp_path / "small.dance")
    return Project.open(tmp_path / "small.dance")


def steps(count: int, settings: TrainSettings = SMALL) -> TrainSettings:
    return replace(settings, steps=count)


def budget(seconds: float) -> TrainSettings:
    return replace(SMALL, budget=seconds)


def notices(events: list[Any]) -> list[str]:
    return [event.message for event in events if isinstance(event, Notice)]


def checkpoint(run: Path, name: str = "last.pt") -> dict[str, Any]:
    """A checkpoint as anybody may read it: without running code that might hide in it."""
    content: dict[str, Any] = torch.load(run / name, weights_only=True)
    return content


def counters(run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(checkpoint(run)["counters"])
    return content


def metrics(run: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def same(a: Any, b: Any) -> bool:
    """Equal to the last bit, through dicts, lists and tensors."""
    if isinstance(a, Tensor):
        return torch.equal(a, b)
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[name], b[name]) for name in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    return bool(a == b)


# --- the crops and the plate ----------------------------------------------------------------------


def edited(project: Project, change: Callable[[np.ndarray, np.ndarray], None], clip: int = 0) -> None:
    """The person's track changed (joints and confidence, in place), as a hand edit would."""
    folder = project.clip_folder(project.clips[clip])
    track = Poses.load(folder / "track.npz")
    change(track.xy, track.confidence)
    track.save(folder / "track.npz")
    Results(folder).note("track.npz", f"edited {track.xy[..., 0].tobytes().__hash__()}")


def test_crops_masks_and_poses_belong_to_their_frames(exact: Project, puppet_shows: dict[str, Any]) -> None:
    """Also where the person is missing for a while: the crop's index tells its frame."""

    def hide(xy: np.ndarray, confidence: np.ndarray) -> None:
        xy[20:32], confidence[20:32] = np.nan, 0

    edited(exact, hide)
    settings = replace(SMALL, size=64)
    events = list(prepare(exact, settings))
    assert isinstance(events[0], Started) and isinstance(events[-1], Done)
    (clip,) = load_footage(exact)
    assert clip.index.tolist() == [*range(20), *range(32, 150)]
    assert len(clip.crops) == len(clip.boxes) == len(clip.poses) == 138
    truth = puppet_shows["person"]
    np.testing.assert_array_equal(clip.poses.xy, truth.joints()[0][clip.index])
    for at in (0, 19, 20, 137):
        frame = next(read_frames(exact.clips[0].path(), int(clip.index[at]), int(clip.index[at]) + 1)).image
        np.testing.assert_array_equal(clip.crops[at][..., :3], cut_out(frame, clip.boxes[at], clip.crops.shape[2:0:-1]))
        mask = next(truth.masks(int(clip.index[at]), int(clip.index[at]) + 1))
        wanted = cut_out(mask, clip.boxes[at], clip.crops.shape[2:0:-1])
        assert np.abs(clip.crops[at][..., 3].astype(int) - wanted).mean() < 4
    inside = into_crop(clip.poses, clip.boxes, (clip.crops.shape[2], clip.crops.shape[1]))
    for hip in (p.LEFT_HIP, p.RIGHT_HIP):
        x, y = np.rint(inside.xy[:, hip]).astype(int).T
        assert (clip.crops[np.arange(138), y, x, 3] > 128).mean() > 0.98
    assert list(prepare(exact, settings)) == []  # it is all there


def test_the_plate_is_the_empty_room_within_noise(small: Project, puppet_shows: dict[str, Any]) -> None:
    """Mean error 1.6 of 255; on the wall 0.9 (the light drifts by 3 %). On the floor a shadow stays."""
    error = np.abs(load_footage(small)[0].plate.astype(int) - puppet_shows["person"].plate())
    assert error.mean() < 2.5 and error[:190].mean() < 1.5 and np.percentile(error[:190], 99) < 8
    assert small.clip_folder(small.clips[0]).joinpath("plate.png").stat().st_size > 1000


@pytest.mark.parametrize("count", [1, 6, 15])
def test_preparing_can_be_stopped_anywhere(exact: Project, prepared: Path, count: int) -> None:
    assert len(close_at(prepare(exact, SMALL), count)) == count
    assert not leftovers(exact.folder)
    list(prepare(exact, SMALL))
    whole, stopped = load_footage(Project.open(prepared))[0], load_footage(exact)[0]
    for name in ("crops", "boxes", "index", "plate", "part"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(stopped, name))


def test_too_little_of_the_person_is_said_before_any_work(exact: Project) -> None:
    def hide(xy: np.ndarray, confidence: np.ndarray) -> None:
        confidence[59:] = 0

    edited(exact, hide)
    with pytest.raises(UserError, match="only 59 frames; at least 60"):
        list(prepare(exact, SMALL))
    with pytest.raises(UserError, match="no video of the person"):
        list(prepare(Project.create(exact.folder.parent / "empty.dance"), SMALL))


def test_a_clip_too_short_to_hold_out_a_report_is_said(exact: Project) -> None:
    assert "too short to hold out" in notices(list(prepare(exact, SMALL)))[0]
    parts = load_footage(exact)[0].part
    assert (parts == CHOOSE).sum() == 25 and not (parts == REPORT).any()


def test_a_video_that_lost_its_end_is_said(exact: Project) -> None:
    clip = exact.clips[0].path()
    shorter = exact.folder.parent / "person.mp4"
    with Writer(shorter, (256, 256), fps=25, mark=False) as writer:
        for frame in read_frames(clip, 0, 100):
            writer.write(frame.image, frame.time)
    exact._data["clips"][0]["file"] = str(shorter)
    with pytest.raises(UserError, match="is shorter than it was"):
        list(prepare(exact, SMALL))
    assert not leftovers(exact.folder)


def second_clip(project: Project, size: tuple[int, int] = (320, 200), count: int = 80) -> None:
    """More footage of the person: the first frames at another size, wider, partly out of the picture."""
    first, folder = project.clips[0], project.folder.parent
    video = folder / "more.mp4"
    stretch, shift = np.array([size[0] / 256, size[1] / 256]), np.array([90.0, 0.0])
    matrix = np.array([[stretch[0], 0, shift[0]], [0, stretch[1], shift[1]]])
    with Writer(video, size, fps=25, mark=False) as writer:
        for frame in read_frames(first.path(), 0, count):
            writer.write(cv2.warpAffine(frame.image, matrix, size, borderMode=cv2.BORDER_REPLICATE), frame.time)
    clip = project.add_clip(video)
    project.save()
    old, new = project.clip_folder(first), project.clip_folder(clip)
    new.mkdir(parents=True)
    track = Poses.load(old / "track.npz")[:count]
    track = replace(track.with_xy(track.xy * stretch + shift), size=size)
    track.save(new / "track.npz")
    Results(new).note("track.npz", "more")
    from dancetransfer.extract.masks import MaskWriter, read_masks

    with MaskWriter(new / "masks.npz", size) as writer, read_masks(old / "masks.npz") as masks:
        for n in range(count):
            writer.add(cv2.warpAffine(masks[n], matrix, size))


def test_more_footage_of_another_size_is_learned_from_in_the_same_training(small: Project) -> None:
    """Each clip has its own plate and boxes; a wider crop is no reason to begin anew."""
    settings = replace(SMALL, size=64)
    list(prepare(small, settings))
    list(train(small, steps(3, settings)))
    before = plan_of(settings, {"001": load_footage(small)[0].poses})
    second_clip(small)
    list(prepare(small, settings))
    first, second = load_footage(small)
    assert first.plate.shape == (256, 256, 3) and second.plate.shape == (200, 320, 3)
    assert first.crops.shape[1:] == second.crops.shape[1:]
    assert second.crops.shape[2] > before.size[0]  # the second clip needs a wider crop
    assert (second.boxes[:, 2] > 320).any()  # and leaves the picture
    assert (second.crops[:, :, -1, 3][second.boxes[:, 2] > 330] == 0).all()  # where no mask is

    events = list(train(small, steps(6, settings)))
    assert [run.name for run in small.runs] == ["001"]
    assert "earlier poses or footage" in notices(events)[0]
    about = runs.read_run(small.runs[0])
    assert about is not None and about["earlier"]
    assert metrics(small.runs[0])[-1]["step"] == 6
    wide = load_dancer(small.runs[0] / "best.safetensors", CPU).plan
    assert wide.size == (second.crops.shape[2], 64) != before.size
    assert runs.learned(small, small.runs[0])


# --- batches --------------------------------------------------------------------------------------


def textured(frames: int = 60, part: int = TRAIN) -> Footage:
    """A still, textured room as one clip: the boxes move and grow, so crops differ by geometry alone.

    The nose is a white spot, and nobody is anywhere else: the plate is the frame itself.
    """
    rng = np.random.default_rng(0)
    picture = cv2.resize(
        rng.uniform(20, 200, (26, 26, 3)).astype(np.float32), (260, 260), interpolation=cv2.INTER_CUBIC
    )
    picture = picture.clip(0, 255).astype(np.uint8)
    nose = np.array([128.0, 96.0])
    cv2.circle(picture, (128, 96), 7, (255, 255, 255), -1, cv2.LINE_AA)
    xy = np.full((frames, p.JOINTS, 2), np.nan, np.float32)
    at = np.arange(frames)
    for joint, (x, y) in {
        p.NOSE: (0, 0), p.LEFT_EYE: (4, -3), p.RIGHT_EYE: (-4, -3), p.LEFT_EAR: (8, 0), p.RIGHT_EAR: (-8, 0),
        p.LEFT_SHOULDER: (20, 30), p.RIGHT_SHOULDER: (-20, 30), p.LEFT_HIP: (14, 70), p.RIGHT_HIP: (-14, 70),
    }.items():  # fmt: skip
        xy[:, joint] = nose[0] + x, nose[1] + y
    poses = Poses(xy, np.isfinite(xy[..., 0]).astype(np.float32), at / 25, (260, 260))
    corner = np.stack([40 + 1.1 * at, 20 + 0.7 * at], 1)
    boxes = np.concatenate([corner, corner + (120 + 0.9 * at)[:, None]], 1)
    size = (64, 64)
    crops = np.stack([np.dstack([cut_out(picture, box, size), np.full(size, 255, np.uint8)]) for box in boxes])
    return Footage("001", crops, boxes, at, poses, picture, np.full(frames, part, np.int8))


def batches_of(footage: Footage, recipe: str = "fast", seed: int = 0) -> Batches:
    return Batches([footage], Plan(RECIPES[recipe], (64, 64), 4, 1), seed)


def test_a_state_moved_to_the_next_crop_lies_where_that_crop_shows_it() -> None:
    """Through the augmentation's turn, scale and shift too; left where it is it would be far off."""
    batch = batches_of(textured()).draw(12)
    now, after = batch.real[:, 0], batch.real[:, 1]
    inner = np.s_[..., 10:-10, 10:-10]
    moved = (move_state(now, batch.moves[:, 1]) - after)[inner].abs().mean()
    left = (now - after)[inner].abs().mean()
    assert moved < 0.2 * left and moved < 0.03
    assert float((batch.moves - torch.tensor([0.0, 0, 64, 64])).abs().max()) > 1


def test_the_move_knows_the_turn_and_scale_of_its_batch() -> None:
    """For a box that leaps and grows the plain way from box to box is not good enough."""
    footage = textured(2)
    boxes = np.array([[40.0, 30, 160, 150], [72.0, 14, 206, 148]])
    crops = np.stack(
        [np.dstack([cut_out(footage.plate, b, (64, 64)), np.full((64, 64), 255, np.uint8)]) for b in boxes]
    )
    batch = batches_of(replace(footage, boxes=boxes, crops=crops)).draw(16)
    plain = torch.from_numpy(relative(*boxes, (64, 64))).float().expand(16, 4)

    def error(moves: Tensor) -> Tensor:
        off = (move_state(batch.real[:, 0], moves) - batch.real[:, 1]).abs()
        return off[..., 16:-16, 8:-24].mean((1, 2, 3))  # what both crops show

    known, guessed = error(batch.moves[:, 1]), error(plain)
    assert (known < guessed + 0.002).all() and known.mean() < 0.7 * guessed.mean()


def test_the_frame_before_is_moved_the_same_way() -> None:
    """Of the pairs whose frame before is not a stray one."""
    batch = batches_of(textured()).draw(24)
    off = (
        (move_state(batch.before[:, :3], batch.moves[:, 0]) - batch.real[:, 0])[..., 10:-10, 10:-10]
        .abs()
        .mean((1, 2, 3))
    )
    assert 8 < int((off < 0.03).sum()) < 24


def test_labels_plate_and_face_go_through_the_same_moves_as_the_picture() -> None:
    batch = batches_of(textured()).draw(12)
    assert (batch.plate - batch.real).abs().mean() < 0.02
    assert batch.has_face.all()
    face = cut(batch.real[:, 0], batch.face[:, 0], (32, 32)).mean(1)
    assert float(face[:, 14:18, 14:18].mean()) > 0.9  # the white spot is in the middle
    xs = torch.arange(64.0).expand(64, 64)
    for labels, picture in zip(batch.labels[:, 0], batch.real[:, 0], strict=True):
        spot, head = (picture.amin(0) > 0.8).float(), labels[0]
        x = (float((one * xs).sum() / one.sum()) for one in (spot, head))
        assert next(x) == pytest.approx(next(x), abs=2)  # the head's lines lie around it, give or take the jitter


def test_the_published_recipe_moves_nothing() -> None:
    batch = batches_of(textured(), "edn").draw(6)
    still = torch.tensor(relative(np.array([0.0, 0, 9, 9]), np.array([0.0, 0, 9, 9]), (64, 64)))
    crops = torch.from_numpy(textured().crops[..., :3].transpose(0, 3, 1, 2)).float() / 127.5 - 1
    assert all(any(torch.equal(one, crop) for crop in crops) for one in batch.real[:, 0])
    assert still.tolist() == [0, 0, 64, 64]


def test_nothing_held_out_is_ever_seen() -> None:
    """Each part has its own brightness: no picture of a batch is brighter than the training part's."""
    parts = np.full(200, TRAIN, np.int8)
    parts[60:120], parts[85:95] = GAP, CHOOSE
    parts[140:], parts[165:] = GAP, REPORT
    footage = textured(200)
    light = np.choose(np.searchsorted([TRAIN, CHOOSE, REPORT], parts.clip(TRAIN)), [50, 200, 250]).astype(np.uint8)
    light[parts == GAP] = 60
    crops = np.broadcast_to(light[:, None, None, None], (200, 64, 64, 4))
    clip = replace(footage, crops=crops, part=parts)
    batches = batches_of(clip)
    brightest = max(
        float(torch.maximum(batch.real.max(), batch.before[:, :3].max()))
        for batch in (batches.draw(4, faces=faces) for faces in (False, True) for _ in range(40))
    )
    assert brightest <= 60 / 127.5 - 1 + 1e-6
    held = clip.poses.time[(parts == CHOOSE) | (parts == REPORT)]
    used = clip.poses.time[[at + ahead for _, at in batches.starts for ahead in (0, 1)]]
    assert np.abs(used[:, None] - held[None]).min() >= 1 - 1e-9


def test_pairs_are_neighbors_of_one_shot() -> None:
    footage = textured(40)
    shot, index = np.zeros(40, np.int32), np.arange(40)
    shot[20:] = 1
    index[30:] += 5
    clip = replace(footage, index=index, poses=replace(footage.poses, shot=shot))
    assert {at for _, at in batches_of(clip).starts} == set(range(39)) - {19, 29}


def test_the_same_seed_gives_the_same_batches_and_another_one_others() -> None:
    draws = [batches_of(textured(), seed=seed).draw(3) for seed in (1, 1, 2)]
    assert torch.equal(draws[0].labels, draws[1].labels) and torch.equal(draws[0].real, draws[1].real)
    assert not torch.equal(draws[0].real, draws[2].real)


def test_the_networks_cut_as_the_plate_does() -> None:
    """One convention of boxes: pixel edges. Both ways of resampling agree within 2 of 255."""
    picture = textured().plate
    for box in ([60.0, 40.0, 124.0, 104.0], [61.3, 40.8, 118.9, 98.4], [200.0, 190.0, 258.0, 248.0]):
        ours = cut(torch.from_numpy(picture).permute(2, 0, 1)[None].float(), torch.tensor([box]), (64, 64))
        theirs = cut_out(picture, np.array(box), (64, 64)).astype(float)
        assert np.abs(ours[0].permute(1, 2, 0).numpy() - theirs)[1:-1, 1:-1].max() <= 2


# --- steps ----------------------------------------------------------------------------------------


def trainer_of(recipe: str, size: tuple[int, int] = (64, 64), **changes: Any) -> Trainer:
    return Trainer(Plan(replace(RECIPES[recipe], **changes), size, 4, 1), CPU, 0, None)


def frozen(network: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.clone() for name, value in network.state_dict().items()}


def changed(network: torch.nn.Module, before: dict[str, Tensor]) -> set[str]:
    """The first words of the names of those weights that are others now."""
    now = network.state_dict()
    return {name.split(".")[0] for name in before if not torch.equal(before[name], now[name])}


@pytest.mark.parametrize("recipe", ["fast", "edn"])
def test_g_stands_still_while_the_face_is_learned(recipe: str) -> None:
    trainer, batches = trainer_of(recipe), batches_of(textured(), recipe)
    trainer.step(batches, 0.6)
    names = ("generator", "averaged", "judge", "refiner", "face_judge")
    before = {name: frozen(getattr(trainer, name)) for name in names}
    losses = trainer.step(batches, 0.95)
    assert {name for name in names if changed(getattr(trainer, name), before[name])} == {"refiner", "face_judge"}
    assert {"face", "face_matching", "face_perceptual", "face_judge"} == set(losses)
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
    assert trainer.dancer(0.2, False).coarse_only and not trainer.dancer(0.6, False).coarse_only


def test_the_perceptual_term_counts_twice_with_the_enhancer() -> None:
    """x5 for G1, x10 with G2 (pix2pixHD); measured by a loss that is always 1."""
    trainer, batches = trainer_of("edn", (64, 288)), tall()
    trainer.perceptual = lambda a, b: (a - a).sum() + 1  # type: ignore[assignment]
    assert [trainer.step(batches, share)["perceptual"] for share in (0.2, 0.6)] == [5, 10]


def test_an_enhanced_generator_is_kept_and_read(tmp_path: Path) -> None:
    trainer = trainer_of("edn", (64, 288))
    path = tmp_path / "best.safetensors"
    for share in (0.2, 0.6):
        save_dancer(path, trainer.dancer(share, False), {})
        kept = load_dancer(path, CPU)
        assert kept.plan == trainer.plan and kept.coarse_only == (share == 0.2)
        poses = textured(2).poses
        boxes = np.tile([0.0, 0, 30, 260], (2, 1))
        for (a, _), (b, _) in zip(
            kept.layers(poses, boxes), trainer.dancer(share, False).layers(poses, boxes), strict=True
        ):
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
    batch = batches_of(textured(), "edn").draw(1)
    seen: list[Tensor] = []
    trainer.judge.scales[0].register_forward_hook(lambda network, given, result: seen.append(given[0].detach()))
    trainer.step(batches, 0.1)
    assert seen[0].shape[1] == 2 * (LABELS + 3)
    frames = seen[1].unflatten(1, (2, LABELS + 3))  # the first is the made pair, the second the real one
    torch.testing.assert_close(frames[:, :, :LABELS], batch.labels)
    torch.testing.assert_close(frames[:, :, LABELS:], batch.real)


def test_the_rate_is_a_function_of_the_used_share() -> None:
    trainer = trainer_of("edn")
    start = trainer.plan.recipe.face_from
    assert trainer.rate(0) == trainer.rate(0.5 * start) == 2e-4
    assert trainer.rate(0.75 * start) == pytest.approx(1e-4)
    assert trainer.rate(start) == 2e-4  # the face has a schedule of its own
    assert 0 < trainer.rate(1) < 1e-5


# --- the recipe at work ---------------------------------------------------------------------------


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
    young = Dancer(sizes, Trainer(sizes, CPU, 0, None).generator.eval(), None, CPU)
    judging = Judging([clip], sizes)

    class Nobody:
        def layers(self, poses: Poses, boxes: np.ndarray) -> Any:
            return ((np.zeros((sizes.size[1], sizes.size[0], 4), np.uint8), box) for box in boxes)

    list(train(small, settings))
    learned = judging.score(replace(load_dancer(small.runs[0] / "best.safetensors", CPU), refiner=None))
    assert learned > judging.score(young) + 3  # 21.7 and 16.9 dB
    assert learned > judging.score(Nobody()) + 2  # type: ignore[arg-type]  # 17.6 dB
    scores = [row["score"] for row in metrics(small.runs[0]) if "score" in row]
    assert max(scores) == pytest.approx(learned, abs=0.02)  # the training may use bfloat16


# --- a training that stops and goes on ------------------------------------------------------------


def test_a_run_leaves_what_the_next_one_needs(small: Project) -> None:
    """Ticks of 2.5 s: a preview at 4 s and then ever later, a checkpoint at 10 s and a minute after that."""
    clock = Ticking(2.5)
    saved: dict[str, float] = {}
    events = []
    for event in train(small, budget(100), clock):
        events.append(event)
        for name in ("last.pt", "prev.pt"):
            if (small.person / "runs" / "001" / name).exists():
                saved.setdefault(name, clock.now - 2.5)
    (run,) = small.runs
    assert isinstance(events[-1], Done) and events[-1].files == [str(run / "best.safetensors")]
    assert 10 <= saved["last.pt"] <= 15 and 70 <= saved["prev.pt"] <= 75

    shown = [event.step for event in events if isinstance(event, Preview)]
    assert sorted(int(path.stem) for path in (run / "previews").glob("*.jpg")) == sorted(set(shown))
    assert shown[0] == 0 and shown[-1] == 40
    waits = np.diff(sorted(set(shown)))[:-1]
    assert len(waits) >= 4 and (np.diff(waits) >= 0).all() and waits[-1] >= 2 * waits[0]
    picture = cv2.imdecode(np.frombuffer((run / "previews" / "000000.jpg").read_bytes(), np.uint8), 1)
    assert picture.shape == (256, 3 * 256, 3)  # the driving frame, its skeleton, the result

    rows = metrics(run)
    assert {"step", "seconds", "perceptual", "pixel", "mask"} <= set(rows[0]) and any("score" in row for row in rows)
    assert [row["step"] for row in rows] == sorted(row["step"] for row in rows)
    progress = [event.done for event in events if isinstance(event, Progress)]
    assert progress == sorted(progress) and progress[-1] == 100

    kept = checkpoint(run)
    assert set(kept["trainer"]["networks"]) == {"generator", "judge", "refiner", "face_judge", "averaged"}
    assert set(kept["trainer"]["optimizers"]) == {"generator", "judge", "refiner", "face_judge"}
    assert kept["trainer"]["optimizers"]["generator"]["state"] and kept["trainer"]["random"].dtype == torch.uint8
    assert "PCG64" in kept["order"] and kept["trainer"]["steps"] == 40
    with safe_open(run / "best.safetensors", "pt") as file:
        header = json.loads(file.metadata()["dancetransfer"])
        assert header["recipe"] == "fast" and float(header["score"]) > 0
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


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


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
    assert rate(run, "refiner") == pytest.approx(schedule.rate((counters(run)["used"] - 2) / 20), rel=0.1)  # the face's

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
            any("face" in row for row in metrics(small.runs[0]))
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
    dancer = Dancer(sizes, generator_of(sizes).eval(), None, CPU)
    assert Driving(small, [clip], sizes).picture(dancer).shape == (256, 768, 3)
    for content in (b"", b"no picture"):
        (folder / "driving.jpg").write_bytes(content)
        assert Driving(small, [clip], sizes).picture(dancer).shape == (256, 512, 3)
    (folder / "retarget.npz").unlink()
    assert Driving(small, [clip], sizes).picture(dancer).shape == (256, 512, 3)


def test_a_person_whose_face_is_never_seen_is_learned_without_the_face(small: Project) -> None:
    def hide(xy: np.ndarray, confidence: np.ndarray) -> None:
        confidence[:, [p.NOSE, p.LEFT_EYE, p.RIGHT_EYE]] = 0

    edited(small, hide)
    list(prepare(small, SMALL))
    events = list(train(small, steps(10), Ticking(1)))
    assert isinstance(events[-1], Done)
    assert checkpoint(small.runs[0])["trainer"]["steps"] == 9  # nothing is left to learn from 0.88 on
    assert load_dancer(small.runs[0] / "best.safetensors", CPU).refiner is None


def test_a_checkpoint_of_another_size_of_network_is_not_half_taken_over(small: Project) -> None:
    list(train(small, steps(2)))
    sizes = plan(replace(SMALL, width=6), 0.75)
    with pytest.raises(RuntimeError):
        unpack((small.runs[0] / "last.pt").read_bytes(), Trainer(sizes, CPU, 0, None), batches_of(textured()))


# --- the dancer -----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def dancer(prepared: Path) -> Dancer:
    """Random, but with weights large enough to draw something."""
    (clip,) = load_footage(Project.open(prepared))
    sizes = plan_of(SMALL, {"": clip.poses})
    torch.manual_seed(3)
    return Dancer(sizes, generator_of(sizes).eval(), None, CPU)


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
    from dancetransfer.learn.dancer import refiner_of

    poses = load_footage(Project.open(prepared))[0].poses[:1]
    refiner = refiner_of(dancer.plan).eval()
    plain, young = danced(dancer, poses)[0], danced(replace(dancer, refiner=refiner), poses)[0]
    assert np.array_equal(plain.layer[16:], young.layer[16:]) and np.array_equal(
        plain.layer[..., 3], young.layer[..., 3]
    )
    torch.nn.init.constant_(refiner.network.head.bias, 1.0)
    grown = danced(replace(dancer, refiner=refiner), poses)[0]
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
    for recipe in RECIPES:
        for size in (32, 50, 64, 300):
            chosen = plan(TrainSettings(recipe=recipe, size=size, width=4, blocks=1), 0.7)
            network = generator_of(chosen)
            assert all(side % network.multiple == 0 for side in chosen.size)
            assert abs(chosen.size[1] - size) <= chosen.recipe.multiple / 2 + 0.5 * (size < 32)
