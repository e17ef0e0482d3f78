"""The doctor says what works, what is used and what it will take; devices are chosen or refused with a way out."""

import json
from pathlib import Path

import pytest

from dancetransfer import device, doctor
from dancetransfer.device import Card, Device
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Notice, Progress
from dancetransfer.settings import TrainSettings


def report_of(stage) -> tuple[doctor.Report, list[Event]]:
    events = []
    while True:
        try:
            events.append(next(stage))
        except StopIteration as end:
            return end.value, events


@pytest.fixture(scope="module")
def examined() -> tuple[doctor.Report, list[Event]]:
    """A real examination, with small networks so that it is quick."""
    settings = TrainSettings(size=64, width=8, blocks=1, budget=60, device="cpu")
    return report_of(doctor.examine(settings, steps=2))


@pytest.fixture
def no_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "open_accelerator", lambda name: None)
    monkeypatch.setattr(device, "cards", lambda: [])


# --- devices --------------------------------------------------------------------------------------


def test_the_processor_can_always_be_chosen() -> None:
    cpu = device.choose("cpu")
    assert cpu.name == cpu.torch == "cpu" and cpu.verified
    assert cpu.memory_bytes > 1e8 and "core" in cpu.description
    assert cpu.mixed in ("bfloat16", "float32")


def test_bfloat16_is_used_only_where_it_was_measured_to_be_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    for share, mixed in ((0.5, "bfloat16"), (0.95, "float32"), (8.0, "float32")):
        monkeypatch.setattr(device, "bfloat16_share", lambda share=share: share)
        assert device.cpu().mixed == mixed


def test_measuring_leaves_the_number_of_threads() -> None:
    import torch

    before = torch.get_num_threads()
    assert 0 < device.bfloat16_share(0.02) < 100
    assert torch.get_num_threads() == before


def test_auto_takes_the_first_accelerator_that_works(monkeypatch: pytest.MonkeyPatch) -> None:
    arc = Device("xpu", "xpu:0", "Arc", 2**34, "bfloat16", False)
    monkeypatch.setattr(device, "open_accelerator", {"xpu": arc}.get)
    assert device.choose("auto") is arc
    monkeypatch.setattr(device, "open_accelerator", lambda name: None)
    assert device.choose("auto").name == "cpu"


def test_a_missing_device_is_refused(no_cards: None) -> None:
    with pytest.raises(UserError, match="can't compute on cuda") as caught:
        device.choose("cuda")
    assert "--device" in caught.value.hint
    with pytest.raises(UserError, match="no device 'tpu'"):
        device.choose("tpu")


def test_a_card_that_could_be_used_comes_with_its_command(monkeypatch: pytest.MonkeyPatch, no_cards: None) -> None:
    monkeypatch.setattr(device, "cards", lambda: [Card("nvidia", "RTX 3060", True, 8.6)])
    with pytest.raises(UserError) as caught:
        device.choose("cuda")
    assert "-m pip install --force-reinstall" in caught.value.hint and "whl/cu130" in caught.value.hint


@pytest.mark.parametrize(
    ("name", "card", "system", "words"),
    [
        ("cuda", Card("nvidia", "GTX 1080", True, 6.1), "debian", "whl/cu126"),
        ("cuda", Card("nvidia", "a card", False), "debian", "sudo apt-get install nvidia-driver"),
        ("cuda", Card("nvidia", "a card", False), "ubuntu", "sudo ubuntu-drivers install"),
        ("cuda", Card("nvidia", "a card", False), "fedora", "sudo dnf install akmod-nvidia"),
        ("cuda", Card("nvidia", "a card", False), "windows", "winget install"),
        ("cuda", Card("nvidia", "a card", False), "plan9", "see its maker"),
        ("cuda", Card("amd", "a card", True), "debian", "whl/rocm"),
        ("cuda", Card("amd", "a card", False), "debian", "usermod -aG render,video"),
        ("xpu", Card("intel", "Arc", True), "debian", "whl/xpu"),
        ("xpu", Card("intel", "Arc", False), "fedora", "intel-compute-runtime"),
    ],
)
def test_there_is_a_command_for_every_system(name: str, card: Card, system: str, words: str) -> None:
    (sentence,) = device.remedy(name, [card], system)
    assert words in sentence


def test_a_card_of_another_maker_helps_nobody() -> None:
    assert device.remedy("cuda", [Card("intel", "UHD", True)]) == []
    assert device.remedy("mps", [Card("nvidia", "RTX", True)]) == []


def test_cards_are_found_on_the_bus(tmp_path: Path) -> None:
    for number, (kind, vendor) in enumerate(
        [("0x030000", "0x10de"), ("0x020000", "0x8086"), ("0x030200", "0x1002"), ("0x030000", "0x1234")]
    ):
        folder = tmp_path / "sys/bus/pci/devices" / f"0000:0{number}:00.0"
        folder.mkdir(parents=True)
        (folder / "class").write_text(f"{kind}\n")
        (folder / "vendor").write_text(f"{vendor}\n")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/kfd").touch()
    assert [(c.maker, c.driver) for c in device.cards(tmp_path)] == [("nvidia", False), ("amd", True)]


# --- the examination ------------------------------------------------------------------------------


def test_a_real_examination_measures_every_part(examined: tuple[doctor.Report, list[Event]]) -> None:
    report, events = examined
    costs = report.costs
    assert costs.failures == []
    for seconds in (costs.pose_seconds, costs.step_seconds, costs.render_seconds, costs.export_seconds):
        assert seconds is not None and 0 < seconds < 30
    assert report.used.name == "cpu"
    assert any(about["opens"] for about in report.encoders.values())
    assert isinstance(events[-1], Done)
    assert [e.done for e in events if isinstance(e, Progress)] == [1, 2, 3, 4]


def test_the_report_says_what_is_measured_and_what_is_assumed(examined: tuple[doctor.Report, list[Event]]) -> None:
    text = "\n".join(examined[0].lines())
    assert "measured:" in text and "assumed:" in text
    assert "never run by the authors" in text
    for part in ("Poses", "Training", "Rendering", "Export", "Together", "Disk", "PortAudio", "VGG19"):
        assert part in text


def test_the_forecast_is_the_measured_cost_times_the_frames(examined: tuple[doctor.Report, list[Event]]) -> None:
    report = examined[0]
    rows = {row.what: row.seconds for row in report.forecast()}
    assert rows["Rendering"] == pytest.approx(1800 * (report.costs.render_seconds or 0))
    assert rows["Training on the person"] == 60  # the budget
    crops = 1800 * report.costs.crop_bytes
    assert (report.disk_bytes() or 0) > crops > 0


def test_the_report_for_programs_holds_the_same(examined: tuple[doctor.Report, list[Event]]) -> None:
    data = json.loads(json.dumps(examined[0].as_dict()))
    assert data["used"]["name"] == "cpu"
    assert data["costs"]["step_seconds"] == examined[0].costs.step_seconds
    assert len(data["forecast"]) == 4 and data["disk_bytes"] > 0


def test_what_is_broken_is_a_line_of_the_report(monkeypatch: pytest.MonkeyPatch, no_cards: None) -> None:
    def broken() -> None:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(doctor, "_encoders", broken)
    report, _ = report_of(doctor.examine(steps=0))
    text = "\n".join(report.lines())
    assert "encoders (ImportError: libGL.so.1" in text
    assert "unknown" in text  # nothing was measured, so no sum is made up


def test_an_unused_card_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(device, "open_accelerator", lambda name: None)
    monkeypatch.setattr(device, "cards", lambda: [Card("nvidia", "RTX 3060", True, 8.6)])
    report, events = report_of(doctor.examine(steps=0))
    (notice,) = [e for e in events if isinstance(e, Notice)]
    assert "RTX 3060" in notice.hint and "pip install" in notice.hint
    assert any("pip install" in line for line in report.lines())


def test_steps_make_the_training_time(examined: tuple[doctor.Report, list[Event]]) -> None:
    from dataclasses import replace

    report = replace(examined[0], settings=TrainSettings(steps=100))
    (row,) = [row for row in report.forecast() if row.what.startswith("Training")]
    assert row.seconds == pytest.approx(100 * (report.costs.step_seconds or 0))


def test_a_card_that_waits_for_pictures_is_told_of(examined: tuple[doctor.Report, list[Event]]) -> None:
    from dataclasses import replace

    (report, _), waits = examined, "cuda waits for pictures 4 % of the time"
    card = replace(report.used, name="cuda")
    waiting = replace(report, used=card, costs=replace(report.costs, waited_share=0.04))
    assert waits in "\n".join(waiting.lines()) and "waits for" not in "\n".join(report.lines())
