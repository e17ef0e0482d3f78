"""Batches: pairs of neighboring frames, moved together, and nothing that is held out."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from learning import batches_of, textured
from torch import Tensor

from dancetransfer.footage.pairs import CHOOSE, GAP, REPORT, TRAIN
from dancetransfer.footage.plate import cut_out
from dancetransfer.learn.batches import relative
from dancetransfer.learn.dancer import move_state
from models.refiner import cut


def test_a_state_moved_to_the_next_crop_lies_where_that_crop_shows_it() -> None:
    """Through the augmentation's turn, scale and shift too; left where it is it would be far off."""
    batch = batches_of(textured()).draw(2, 12)
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
    batch = batches_of(replace(footage, boxes=boxes, crops=crops)).draw(2, 16)
    plain = torch.from_numpy(relative(*boxes, (64, 64))).float().expand(16, 4)

    def error(moves: Tensor) -> Tensor:
        off = (move_state(batch.real[:, 0], moves) - batch.real[:, 1]).abs()
        return off[..., 16:-16, 8:-24].mean((1, 2, 3))  # what both crops show

    known, guessed = error(batch.moves[:, 1]), error(plain)
    assert (known < guessed + 0.002).all() and known.mean() < 0.7 * guessed.mean()


def test_the_frame_before_is_moved_the_same_way() -> None:
    """Of the pairs whose frame before is not a stray one."""
    batch = batches_of(textured()).draw(2, 24)
    off = (
        (move_state(batch.before[:, :3], batch.moves[:, 0]) - batch.real[:, 0])[..., 10:-10, 10:-10]
        .abs()
        .mean((1, 2, 3))
    )
    assert 8 < int((off < 0.03).sum()) < 24


def test_labels_plate_and_face_go_through_the_same_moves_as_the_picture() -> None:
    batch = batches_of(textured()).draw(2, 12)
    assert (batch.plate - batch.real).abs().mean() < 0.02
    assert batch.has_part[..., 0].all()
    face = cut(batch.real[:, 0], batch.parts[:, 0, 0], (32, 32)).mean(1)
    assert float(face[:, 14:18, 14:18].mean()) > 0.9  # the white spot is in the middle
    xs = torch.arange(64.0).expand(64, 64)
    for labels, picture in zip(batch.labels[:, 0], batch.real[:, 0], strict=True):
        spot, head = (picture.amin(0) > 0.8).float(), labels[0]
        x = (float((one * xs).sum() / one.sum()) for one in (spot, head))
        assert next(x) == pytest.approx(next(x), abs=2)  # the head's lines lie around it, give or take the jitter


def test_the_published_recipe_moves_nothing() -> None:
    batch = batches_of(textured(), "edn").draw(2, 6)
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
        for batch in (batches.draw(2, 4, parts) for parts in (False, True) for _ in range(40))
    )
    assert brightest <= 60 / 127.5 - 1 + 1e-6
    held = clip.poses.time[(parts == CHOOSE) | (parts == REPORT)]
    used = clip.poses.time[[at + ahead for _, at in batches.starts(2) for ahead in (0, 1)]]
    assert np.abs(used[:, None] - held[None]).min() >= 1 - 1e-9


def test_pairs_are_neighbors_of_one_shot() -> None:
    footage = textured(40)
    shot, index = np.zeros(40, np.int32), np.arange(40)
    shot[20:] = 1
    index[30:] += 5
    clip = replace(footage, index=index, poses=replace(footage.poses, shot=shot))
    assert {at for _, at in batches_of(clip).starts(2)} == set(range(39)) - {19, 29}


def test_the_same_seed_gives_the_same_batches_and_another_one_others() -> None:
    draws = [batches_of(textured(), seed=seed).draw(2, 3) for seed in (1, 1, 2)]
    assert torch.equal(draws[0].labels, draws[1].labels) and torch.equal(draws[0].real, draws[1].real)
    assert not torch.equal(draws[0].real, draws[2].real)


def test_the_networks_cut_as_the_plate_does() -> None:
    """One convention of boxes: pixel edges. Both ways of resampling agree within 2 of 255."""
    picture = textured().plate
    for box in ([60.0, 40.0, 124.0, 104.0], [61.3, 40.8, 118.9, 98.4], [200.0, 190.0, 258.0, 248.0]):
        ours = cut(torch.from_numpy(picture).permute(2, 0, 1)[None].float(), torch.tensor([box]), (64, 64))
        theirs = cut_out(picture, np.array(box), (64, 64)).astype(float)
        assert np.abs(ours[0].permute(1, 2, 0).numpy() - theirs)[1:-1, 1:-1].max() <= 2
