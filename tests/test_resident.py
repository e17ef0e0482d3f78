"""Pictures kept on the computing device: the same batches, in the same order of chance, wherever they are made."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from learning import CPU, batches_of, notices, same, steps, textured

from dancetransfer import device
from dancetransfer.events import Done, Metric, Notice
from dancetransfer.footage.pairs import Footage
from dancetransfer.learn import batches, memory, resident
from dancetransfer.learn.batches import Batch, Batches
from dancetransfer.learn.portions import Portion
from dancetransfer.learn.prefetch import Prefetched
from dancetransfer.learn.resident import Resident, batches_for
from dancetransfer.learn.thrift import Thrift
from dancetransfer.learn.train import train
from dancetransfer.learn.trainer import Trainer, pack, unpack
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, Plan
from dancetransfer.sprites.sprites import Sprites

CARD = device.Device("cuda", "cpu", "a card", 8 * 10**9, "float32", False)
"""The processor, by another name: the same code computes there."""
LEVEL = 1 / 127.5
"""Both are rounded to bytes once, from coordinates in float32 and in OpenCV's own numbers: one byte is the most."""


FRAMES = 24


def plan_of(recipe: str) -> Plan:
    return Plan(RECIPES[recipe], (64, 64), 4, 1)


def person() -> Footage:
    """The textured room with a person's outline, so that masks have an edge."""
    footage = textured(FRAMES)
    crops = footage.crops.copy()
    crops[..., 3] = 0
    crops[:, 10:50, 20:45, 3] = 255
    return replace(footage, crops=crops)


def kept(recipe: str, seed: int = 3) -> Resident:
    return Resident([person()], plan_of(recipe), seed, device=torch.device("cpu"))


class Once:
    """The person's own frames take seconds to look through, and both kinds of batches read them alone."""

    def __init__(self) -> None:
        self.made: Sprites | None = None

    def __call__(self, *given: Any) -> Sprites:
        self.made = self.made or Sprites(*given)
        return self.made


def apart(ours: Batch, theirs: Batch, name: str) -> float:
    """The largest difference of a value; a moved frame's color counts as much as it is seen."""
    a, b = (getattr(one, name) for one in (ours, theirs))
    assert a.shape == b.shape and a.dtype == b.dtype, name
    if name == "moved":
        a, b = (torch.cat([one[:, :, :3] * one[:, :, 3:], one[:, :, 3:]], 2) for one in (a, b))
    return float((a.float() - b.float()).abs().max()) if a.numel() else 0.0


@pytest.mark.parametrize("recipe", ["fast", "best", "edn", "vid2vid"])
def test_batches_are_those_of_the_processor(recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a change of what is asked for, stretches of which another process learns, and an order set anew."""
    monkeypatch.setattr(batches, "Sprites", Once())
    plain, ours = batches_of(person(), recipe, 3), kept(recipe)
    exact = {"moves", "parts", "has_part", "flow", "labels"}
    for asked in ((2, 3), (2, 3), (4, 1), (2, 3, False, range(1, 2)), (2, 3, False, range(0))):
        one, two = plain.draw(*asked), ours.draw(*asked)
        assert plain.order == ours.order
        for name in vars(one):
            off = apart(two, one, name)
            assert off <= (1e-6 if name in exact else LEVEL * (2 if name == "moved" else 1) + 1e-6), (name, off)
    plain.order = ours.order = order = plain.order
    again = plain.draw(2, 3)
    for _ in range(2):
        ours.order = order
        assert apart(ours.draw(2, 3), again, "real") <= LEVEL + 1e-6
    ours.close()


def test_a_picture_comes_to_the_device_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only those that are learned from."""
    ours, came = kept("fast"), list[int]()
    put = resident.Shelf.put

    def noted(shelf: resident.Shelf, rows: np.ndarray, pictures: torch.Tensor) -> None:
        came.extend(rows[~shelf.there[rows]].tolist())
        put(shelf, rows, pictures)

    monkeypatch.setattr(resident.Shelf, "put", noted)
    for _ in range(10):
        ours.draw(2, 8)
    crops = ours.shelves["crops"]
    assert crops.there.all() and len(came) == 2 * FRAMES  # each crop, and what is behind it
    assert same(crops.pictures, torch.from_numpy(person().crops))
    ours.close()


def test_what_was_kept_is_given_back_and_the_batches_go_on() -> None:
    plain, ours = batches_of(person(), "fast", 3), kept("fast")
    for _ in range(2):
        plain.draw(2, 2), ours.draw(2, 2)
    assert ours.give_way() == FRAMES * 64 * 64 * 7 and ours.give_way() == 0
    for _ in range(2):
        assert same(vars(plain.draw(2, 2)), vars(ours.draw(2, 2))) and plain.order == ours.order
    ours.close()


def chosen(free: float, monkeypatch: pytest.MonkeyPatch, **given: Any) -> Any:
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda one: one)
    monkeypatch.setattr(memory, "free_bytes", lambda used: int(free))
    found = batches_for(CARD, [person()], plan_of("fast"), 0, **given)
    found.close()
    return found


def test_pictures_are_kept_where_they_fit_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    there = chosen(1e11, monkeypatch)
    assert isinstance(there, Resident) and there.told == [Metric("train", resident.TOLD, 0.7)]
    for other in (chosen(1e5, monkeypatch), chosen(1e11, monkeypatch, thrift=Thrift(2))):
        assert type(other) is Prefetched and other.told == [Metric("train", resident.TOLD, 0.0)]


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), "there is too little memory"),
        (RuntimeError("CUDA error: no kernel image\nmore"), "CUDA error: no kernel image"),
        (None, "pictures come out"),
    ],
)
def test_where_they_can_not_be_kept_the_cause_is_said(
    trouble: Exception | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one moves pictures wrongly: a card that nobody has tried may."""
    moved = resident.moved

    def wrong(*given: Any) -> torch.Tensor:
        if trouble:
            raise trouble
        return moved(*given).flip(1)

    monkeypatch.setattr(resident, "moved", wrong)
    found = chosen(1e11, monkeypatch)
    (notice,) = found.told
    assert type(found) is Prefetched and isinstance(notice, Notice) and words in notice.message


def test_a_training_learns_the_same_from_them() -> None:
    """A checkpoint of either goes on with the other: the order of chance is one."""
    plan = Plan(replace(RECIPES["fast"], frames=4), (64, 64), 4, 1)
    plain, ours = Batches([person()], plan, 0), Resident([person()], plan, 0, device=torch.device("cpu"))
    one, two = (Trainer(plan, CPU, 0, None) for _ in range(2))
    for share in (0.75, 0.95):
        state = torch.get_rng_state()
        theirs = one.step(plain, share)
        torch.set_rng_state(state)
        assert two.step(ours, share) == pytest.approx(theirs, rel=0.02), share
    content = io.BytesIO()
    torch.save(pack(two, ours, {}), content)
    unpack(content, one, plain)
    assert plain.order == ours.order
    ours.close()


def test_where_a_card_runs_out_of_memory_its_pictures_go_first(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then batches are copied, and the step is taken as it was."""
    monkeypatch.setattr(device, "open_accelerator", lambda name: replace(CARD, name="xpu") if name == "xpu" else None)
    monkeypatch.setattr(memory, "free_bytes", lambda used: 10**11)
    learn, tries = Trainer._body_portion, list[Portion]()

    def limited(trainer: Trainer, one: Portion, share: float) -> dict[str, torch.Tensor]:
        tries.append(one)
        if len(tries) == 2:
            raise torch.OutOfMemoryError("XPU out of memory.")
        return learn(trainer, one, share)

    monkeypatch.setattr(Trainer, "_body_portion", limited)
    events = list(train(small, replace(steps(3), device="auto")))
    (kept,) = (event for event in events if isinstance(event, Metric) and event.name == resident.TOLD)
    assert kept.value > 0 and isinstance(events[-1], Done)
    (said,) = notices(events)
    assert "no longer kept there" in said
    one, two = (tries[n].batch for n in (1, 2))
    assert torch.equal(one.labels, two.labels) and apart(two, one, "real") <= LEVEL + 1e-6
