"""How well a graphics card is made use of: the shares that are told, and in which words."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from learning import CPU, batches_of, textured

from dancetransfer import device
from dancetransfer.learn.use import BUSY, WAITED, Use


def test_a_card_that_waits_is_told_of_and_a_processor_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two of ten seconds of steps; how busy it is only where its driver answers."""
    batches = batches_of(textured(12))
    batches.waited = 2.0
    cards = [Use(replace(CPU, name="cuda", torch="cuda:0"), batches) for _ in range(2)]
    processor = Use(CPU, batches)
    for one in (*cards, processor):
        assert not list(one.told(0))  # no step yet
        one.seconds = 10.0
    assert not list(processor.told(3)) and not processor.words
    (waited,) = cards[0].told(3)
    assert (waited.name, waited.value, waited.step) == (WAITED, 0.2, 3) and "20 %" in cards[0].words

    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda name: SimpleNamespace(uuid="12-ab"))
    monkeypatch.setattr(device, "_ask", lambda *words: asked.append(words) or "97\n")
    assert [(one.name, one.value) for one in cards[1].told(4)] == [(WAITED, 0.2), (BUSY, 0.97)]
    assert "is busy 97 %" in cards[1].words and "--id=GPU-12-ab" in asked[0]
    monkeypatch.setattr(device, "_ask", lambda *words: "[N/A]\n")
    assert [one.name for one in cards[1].told(5)] == [WAITED]
