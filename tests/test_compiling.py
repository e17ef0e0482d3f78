"""Compiling a training's steps: tried where it may pay, kept where it does, and never in the way.

The compiler of most tests gives back what it is given. One test goes through PyTorch's, with the backend that compiles
nothing ("eager"): that takes seconds.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from learning import CPU, batches_of, notices, same, steps, textured

from dancetransfer.events import Done, Notice, Progress
from dancetransfer.learn import compiled, compiling
from dancetransfer.learn.batches import Batches
from dancetransfer.learn.compiled import Expected
from dancetransfer.learn.compiling import Compiling, Run
from dancetransfer.learn.thrift import Thrift
from dancetransfer.learn.train import train
from dancetransfer.learn.trainer import Trainer
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES, Plan

SHOWN = Progress("train", 1, 10)
COMPILE = torch.compile


@pytest.fixture(autouse=True)
def plain_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the processor were a card on which compiling may pay; what is measured is kept in the test's folder."""
    monkeypatch.setenv("DANCETRANSFER_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(compiling, "backend_on", lambda used: {"backend": "eager"})
    monkeypatch.setattr(compiling, "STEPS", 2)
    monkeypatch.setattr(compiling, "RUNS", 2)
    monkeypatch.setattr(compiling, "FIRST", 1)
    monkeypatch.setattr(torch, "compile", lambda function, **_: function)


class Stopwatch:
    """Steps that are compiled take a part of the time that others take, whatever the machine is at."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, part: float) -> None:
        self.tries = 0
        made = compiling.rehearsal

        def rehearsal(trainer: Trainer, *given: Any) -> Callable[[int], Run]:
            self.tries += 1
            step = made(trainer, *given)
            return lambda n: replace(step(n), seconds=part if trainer.quick else 1.0)

        monkeypatch.setattr(compiling, "rehearsal", rehearsal)


def learner(recipe: str = "fast") -> tuple[Trainer, Any, Compiling]:
    plan = Plan(replace(RECIPES[recipe], frames=4), (64, 64), 4, 1)
    trainer, batches = Trainer(plan, CPU, 0, None), batches_of(textured(24), recipe)
    return trainer, batches, Compiling(trainer, batches)


def looked(one: Compiling, left: float = 1e4, share: float = 0.1) -> list[Any]:
    """What is said over the steps until it is decided."""
    return [event for _ in range(compiling.STEPS) for event in one.look(share, 1.0, left, SHOWN)]


def test_what_makes_steps_faster_is_kept_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    Stopwatch(monkeypatch, 0.5)
    trainer, batches, ours = learner()
    state, order = trainer.state(), batches.order
    progress, notice = looked(ours)
    assert "makes a step 2.0 times as fast" in notice.message and progress.done == SHOWN.done
    assert set(trainer.quick) == {"drawn", "likeness"} and same(trainer.state(), state) and batches.order == order
    assert not list(ours.look(0.3, 1.0, 1e4, SHOWN)) and trainer.quick
    list(ours.look(0.95, 1.0, 1e4, SHOWN))  # face and hands come in ever other numbers
    assert not trainer.quick


def test_steps_through_the_compiler_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the judges that are not compiled, with what is drawn fed back, and layers computed again."""
    monkeypatch.setattr(torch, "compile", COMPILE)
    plan = Plan(replace(RECIPES["fast"], frames=2), (32, 32), 4, 1)
    (plain, others), (trainer, batches) = (
        (Trainer(plan, CPU, 0, None), Batches([textured(12)], plan, 0)) for _ in range(2)
    )
    trainer.quick = {"drawn": compiling.quickened(trainer, {"backend": "eager"})["drawn"]}
    for again in (False, True):
        trainer.thrift = plain.thrift = Thrift(recompute=again)
        random = torch.get_rng_state()
        expected = plain.step(others, 0.75)
        torch.set_rng_state(random)
        assert trainer.step(batches, 0.75) == pytest.approx(expected, rel=1e-3)
    assert same(trainer.state()["networks"]["generator"].keys(), plain.state()["networks"]["generator"].keys())
    compiling.forget()


def test_what_makes_them_no_faster_is_taken_back_and_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(monkeypatch, 0.99)
    trainer, batches, ours = learner()
    assert "taken back" in looked(ours)[-1].message and not trainer.quick
    assert looked(Compiling(trainer, batches)) == [] and watch.tries == 1


def test_it_is_tried_only_where_enough_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Stopwatch(monkeypatch, 0.5)
    trainer, batches, ours = learner()
    assert looked(ours, left=100) == [] and not watch.tries
    trainer.thrift = Thrift(2)
    assert looked(Compiling(trainer, batches)) == [] and not watch.tries  # there is no memory for it
    trainer.thrift = Thrift()
    assert looked(Compiling(trainer, batches), left=1e4, share=0.899) == []  # face and hands are about to begin
    assert len(looked(Compiling(trainer, batches))) == 2 and watch.tries == 1


def test_measurements_of_a_machine_count_on_it_alone() -> None:
    assert compiled.expected("a", "small") == compiled.GUESS
    compiled.note("a", "small", Expected(10, 2))
    compiled.note("a", "large", Expected(30, 1.5))
    assert compiled.expected("a", "small") == Expected(10, 2)
    assert compiled.expected("a", "another") == Expected(20, 1.75)
    compiled.refuse("b", "no compiler")
    assert compiled.expected("b", "small") is None and compiled.expected("a", "large") == Expected(30, 1.5)
    compiled.place().write_text('{"a": {"plans": {"small": {"seconds": "many"}}}}')
    assert compiled.expected("a", "small") == compiled.GUESS
    compiled.place().write_text("{")
    assert compiled.expected("a", "small") == compiled.GUESS


def broken(*_: Any, **__: Any) -> Any:
    raise FileNotFoundError("No C++ compiler was found.\nA long story.")


def wrong(function: Any, **_: Any) -> Any:
    return lambda *given, **named: (
        1.5 * function(*given, **named) if function is compiling.laplacian else function(*given)
    )


def stale(function: Any, **_: Any) -> Any:
    """A compiler that plays back its first pictures, as a graph would that is given no new ones."""
    first = list[Any]()

    def back(*given: Any, **named: Any) -> Any:
        first[:] = first or [given]
        return function(*first[0], **named)

    return function if function is compiling.laplacian else back


def lame(function: Any, **_: Any) -> Any:
    """A compiler whose gradients are half of what they should be."""
    if function is compiling.laplacian:
        return function

    def halved(*given: Any) -> Any:
        layer, flow = function(*given)
        return 0.5 * layer + 0.5 * layer.detach(), flow

    return halved


def full(*_: Any, **__: Any) -> Any:
    raise torch.OutOfMemoryError("CUDA out of memory.")


@pytest.mark.parametrize(
    ("compiler", "words", "again"),
    [
        (broken, "No C++ compiler was found", False),
        (wrong, "the perceptual loss", False),
        (stale, "of the same step", False),
        (lame, "the gradients of the same step are", False),
        (full, "more memory", True),
    ],
)
def test_where_it_can_not_be_the_cause_is_said_once(
    compiler: Any, words: str, again: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for want of memory, of which there may be more the next time."""
    Stopwatch(monkeypatch, 0.5)
    trainer, batches, ours = learner()
    state, order = trainer.state(), batches.order
    with monkeypatch.context() as patch:
        patch.setattr(torch, "compile", compiler)
        said = [event for event in looked(ours) if isinstance(event, Notice)]
        assert len(said) == 1 and words in said[0].message and "\n" not in said[0].message
        assert not trainer.quick and same(trainer.state(), state) and batches.order == order
        assert bool(looked(Compiling(trainer, batches))) == again
    assert all(one.grad is None for one in trainer.generator.parameters())


def test_a_training_goes_on_where_compiled_steps_fail_later(small: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    Stopwatch(monkeypatch, 0.5)
    monkeypatch.setattr(compiled, "GUESS", Expected(0.0, 2.0))
    made = compiling.quickened

    def quickened(trainer: Trainer, how: dict[str, Any]) -> dict[str, Callable[..., Any]]:
        def failing(*given: Any) -> Any:
            if trainer.steps == 3:
                raise AssertionError("a kernel is missing")
            return whole["drawn"](*given)

        whole = made(trainer, how)
        return {**whole, "drawn": failing}

    monkeypatch.setattr(compiling, "quickened", quickened)
    events = list(train(small, steps(5)))
    said = notices(events)
    assert "times as fast" in said[0] and "a kernel is missing" in said[1] and len(said) == 2
    assert isinstance(events[-1], Done) and "5 steps" in events[-1].message
