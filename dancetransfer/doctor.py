"""What works on this machine, what will be used, and what a one-minute dance will take here."""

import contextlib
import ctypes.util
import os
import platform
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dancetransfer import device, weights
from dancetransfer.device import Device
from dancetransfer.events import Done, Event, Notice, Progress, Started
from dancetransfer.extract.offers import Offer, offers
from dancetransfer.recipes import RECIPES
from dancetransfer.rehearsal import FPS, SIZE, Studio
from dancetransfer.settings import PoseSettings, TrainSettings

# Every heavy import stands inside a function: a doctor must be able to say that one of them fails.

MINUTE = 60
FRAMES = MINUTE * FPS
"""The dance that times are given for."""

CORES_PER_ESTIMATOR = 1.4
"""Cores that one process of the pose estimator keeps busy (measured on two cores)."""
PROXY_BYTES = 500_000
"""Of a second of preview video, masks and thumbnails; assumed."""


@dataclass(frozen=True)
class Hardware:
    """One kind of device: can PyTorch compute on it here?"""

    name: str
    works: bool
    description: str
    verified: bool
    advice: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Costs:
    """What a few steps on this machine took; None where that could not be measured."""

    pose_seconds: float | None = None
    """Per frame, one process."""
    step_seconds: float | None = None
    """Per training step."""
    waited_share: float | None = None
    """How much of a step a graphics card waits for its pictures, 0..1."""
    render_seconds: float | None = None
    """Per frame of the generator."""
    export_seconds: float | None = None
    """Per frame of compositing and encoding."""
    crop_bytes: float = 0
    """Of a training frame on the disk."""
    checkpoint_bytes: float = 0
    layer_bytes: float = 0
    """Of a rendered frame on the disk."""
    clip_bytes: float = 0
    """Of a frame in the finished clip."""
    training_bytes: float = 0
    """Memory that a training takes, by a forecast; the graphics card's where one computes."""
    rendering_bytes: float = 0
    """Memory that rendering takes, by a forecast."""
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Line:
    """One row of the forecast: seconds, and how that number came about."""

    what: str
    seconds: float | None
    basis: str


@dataclass(frozen=True)
class Report:
    """All that the doctor found."""

    system: str
    hardware: list[Hardware]
    used: Device
    encoders: dict[str, dict[str, bool]]
    """Per encoder: does it open, does it run in hardware."""
    sound: bool
    """PortAudio is there, so the window can play sound."""
    estimator: str
    """The one that `--estimator` chooses."""
    offers: list[Offer]
    """Every estimator, and what it would run on."""
    vgg19: bool
    memory_bytes: int
    memory_free_bytes: int
    disk_free_bytes: int
    load: float
    """Mean number of programs that wanted a core during the last minute, this one included."""
    settings: TrainSettings
    costs: Costs

    def forecast(self) -> list[Line]:
        """How long one minute of dance for one minute of the person takes, part by part."""
        costs, settings = self.costs, self.settings
        at_once = max(1.0, min(device.cores() / CORES_PER_ESTIMATOR, 8.0))
        pose = None if costs.pose_seconds is None else 2 * FRAMES * costs.pose_seconds / at_once
        training, steps = float(settings.budget), ""
        if costs.step_seconds:
            steps = f"; measured: {costs.step_seconds:.2f} s per step, so about "
            steps += f"{training / costs.step_seconds:.0f} steps"
            if costs.waited_share is not None:
                steps += f"; {self.used.name} waits for pictures {100 * costs.waited_share:.0f} % of the time"
            if settings.steps:
                training = settings.steps * costs.step_seconds
        words = (f"--steps {settings.steps}" if settings.steps else "--budget, the most it takes") + steps
        if not RECIPES[settings.recipe].learned:
            training, words = 0.0, f"{settings.recipe} has nothing to learn"
        return [
            Line(
                "Poses of both videos",
                pose,
                _measured(costs.pose_seconds, f"per frame at {SIZE[0]}x{SIZE[1]} in one process")
                + f"; assumed: {at_once:.1f} times that with one per core",
            ),
            Line(
                "Training on the person",
                training,
                words,
            ),
            Line(
                "Rendering",
                _times(FRAMES, costs.render_seconds),
                _measured(costs.render_seconds, f"per frame of {settings.recipe} at --size {settings.size}"),
            ),
            Line(
                "Export",
                _times(FRAMES, costs.export_seconds),
                _measured(costs.export_seconds, "per frame"),
            ),
        ]

    def disk_bytes(self) -> float | None:
        """Disk space of the project after one minute of the person and one of dance; None: not measured."""
        costs = self.costs
        if not (costs.crop_bytes and costs.clip_bytes):
            return None
        per_frame = costs.crop_bytes + costs.layer_bytes + costs.clip_bytes
        return FRAMES * per_frame + 2 * costs.checkpoint_bytes + 2 * MINUTE * PROXY_BYTES

    def lines(self) -> list[str]:
        """The report for people."""
        return [*self._hardware_lines(), *self._program_lines(), *self._forecast_lines()]

    def as_dict(self) -> dict[str, Any]:
        """The report for programs, of what JSON knows."""
        forecast = [asdict(line) for line in self.forecast()]
        return asdict(self) | {"forecast": forecast, "disk_bytes": self.disk_bytes()}

    def _hardware_lines(self) -> Iterator[str]:
        yield self.system
        yield ""
        yield "Hardware"
        for one in self.hardware:
            state = "works" if one.works else "not usable"
            label = "" if one.verified else " (never run by the authors)"
            yield f"  {one.name:<5} {state}{label}{': ' if one.description else ''}{one.description}"
            yield from (f"        {sentence}" for sentence in one.advice)
        mixed = ", bfloat16 is faster here and is used" if self.used.mixed == "bfloat16" else ""
        yield f"Used: {self.used.name}{mixed}"
        yield f"Memory: {_bytes(self.memory_bytes)}, {_bytes(self.memory_free_bytes)} of it free"

    def _program_lines(self) -> Iterator[str]:
        yield ""
        good = [name + " (hardware)" * about["hardware"] for name, about in self.encoders.items() if about["opens"]]
        bad = [name for name, about in self.encoders.items() if not about["opens"]]
        yield f"Encoders that really open: {', '.join(good) or 'none'}"
        yield f"  known, but they don't open here: {', '.join(bad) or 'none'}"
        yield f"Sound in the window (PortAudio): {'yes' if self.sound else f'no. {_portaudio_advice()}'}"
        yield from self._estimator_lines()
        vgg = "installed" if self.vgg19 else "not installed; only the edn recipe asks for them"
        yield f"VGG19 weights: {vgg}"

    def _estimator_lines(self) -> Iterator[str]:
        (used,) = (one for one in self.offers if one.name == self.estimator)
        if used.installed:
            yield f"Poses will be found by {used.name}, on {used.where}"
        else:
            yield f"Poses: {used.name} is chosen, but it is {used.where}"
        for one in self.offers:
            if one is not used and one.name != "mediapipe":
                yield f"  stronger: {one.name}, {'on ' if one.installed else ''}{one.where}"

    def _memory_words(self) -> str:
        where = "main memory" if self.used.name == "cpu" else f"the memory of {self.used.name}"
        free = self.memory_free_bytes if self.used.name == "cpu" else self.used.memory_bytes
        words = f"of {_bytes(free)} in {where}, at most, for training; rendering {_bytes(self.costs.rendering_bytes)}"
        if self.costs.training_bytes <= free:
            return words
        return f"{words}. That is more than there is: the training will take less, and longer"

    def _forecast_lines(self) -> Iterator[str]:
        wide, high = SIZE
        yield ""
        yield f"One minute of dance for a person filmed for one minute ({FPS} frames/s, {wide}x{high}):"
        rows = self.forecast()
        total = None if any(row.seconds is None for row in rows) else sum(row.seconds or 0 for row in rows)
        rows.append(Line("Together", total, "a second dance for the same person needs no training"))
        for row in rows:
            yield f"  {row.what:<23}{_clock(row.seconds):>12}   {row.basis}"
        if self.costs.training_bytes:
            yield f"  {'Memory':<23}{_bytes(self.costs.training_bytes):>12}   {self._memory_words()}"
        yield (
            f"  {'Disk':<23}{_bytes(self.disk_bytes()):>12}   of {_bytes(self.disk_free_bytes)} free; "
            f"assumed: {PROXY_BYTES / 1e6:g} MB per second of video for previews and masks"
        )
        if self.load > device.cores() and self.costs.step_seconds:
            yield f"  Other programs keep this machine busy (load {self.load:.1f}): it can be faster than this."
        yield from (f"Could not be measured: {failure}" for failure in self.costs.failures)


# --- the examination ------------------------------------------------------------------------------


def examine(
    settings: TrainSettings | None = None,
    steps: int = 4,
    folder: Path | None = None,
    poses: PoseSettings | None = None,
) -> Generator[Event, None, Report]:
    """Look, then measure `steps` steps of each kind. The report is what the generator returns.

    `folder` is where projects will lie (for the free disk space). With `steps` 0 nothing is
    measured. Takes some 20 s on two cores. Never fails because of what it finds: what doesn't
    work is a line of the report. UserError only where `settings` ask for a device that isn't there.
    """
    settings, estimator = settings or TrainSettings(), (poses or PoseSettings()).estimator
    yield Started("doctor", 4, "checks")
    hardware, used = _hardware(), device.choose(settings.device)
    yield from _better(hardware, used)
    yield Progress("doctor", 1, 4)
    failures: list[str] = []
    encoders = _try("encoders", _encoders, failures) or {}
    yield Progress("doctor", 2, 4)
    costs: dict[str, Any] = {}
    if steps:
        with Studio(settings, used, steps, estimator) as studio:
            costs |= _try("poses", studio.poses, failures) or {}
            yield Progress("doctor", 3, 4)
            if RECIPES[settings.recipe].learned:
                costs |= _try("training and rendering", studio.learning, failures) or {}
            else:
                costs |= _try("rendering", studio.moving, failures) or {}
            costs |= _try("export", studio.export, failures) or {}
    report = Report(
        _system(),
        hardware,
        used,
        encoders,
        _has_portaudio(),
        estimator,
        offers(),
        weights.installed("vgg19") is not None,
        device.total_memory(),
        device.free_memory(),
        _disk_free(folder or Path.cwd()),
        os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0,
        settings,
        Costs(**costs, failures=failures),
    )
    yield Progress("doctor", 4, 4)
    yield Done("doctor", f"{used.description} will be used.")
    return report


def _hardware() -> list[Hardware]:
    """Every kind of device, whether it works, and what would make it work."""
    cards, found = device.cards(), []
    for name in device.ACCELERATORS:
        one = device.open_accelerator(name)
        advice = [] if one else device.remedy(name, cards)
        found.append(Hardware(name, one is not None, one.description if one else "", _verified(name, one), advice))
    processor = device.cpu(measure=False)
    return [*found, Hardware("cpu", True, processor.description, processor.verified)]


def _verified(name: str, one: Device | None) -> bool:
    return one.verified if one else name in device.VERIFIED


def _better(hardware: list[Hardware], used: Device) -> Iterator[Notice]:
    """The command for a card that is there and could be used."""
    if used.name == "cpu":
        for one in hardware:
            for sentence in one.advice:
                yield Notice(f"There is a graphics card here that {one.name} could use.", sentence)


def _encoders() -> dict[str, dict[str, bool]]:
    from dancetransfer.video.write import working_encoders

    return {name: {"opens": opens, "hardware": hardware} for name, opens, hardware in working_encoders()}


def _try(what: str, check: Callable[[], Any], failures: list[str]) -> Any:
    """A check's result, or None and a line in `failures`: whatever is broken here is what is looked for."""
    try:
        return check()
    except Exception as error:
        failures.append(f"{what} ({type(error).__name__}: {error})")
        return None


# --- the machine ----------------------------------------------------------------------------------


def _system() -> str:
    import torch

    from dancetransfer import __version__

    name = platform.platform(terse=True)
    with contextlib.suppress(OSError):
        name = platform.freedesktop_os_release().get("PRETTY_NAME", name)
    python = ".".join(map(str, sys.version_info[:3]))
    return f"DanceTransfer {__version__} on {name}, Python {python}, PyTorch {torch.__version__}"


def _has_portaudio() -> bool:
    """Whether `import sounddevice` finds its library: it carries one on Windows and macOS."""
    return sys.platform in ("win32", "darwin") or ctypes.util.find_library("portaudio") is not None


def _portaudio_advice() -> str:
    return {
        "debian": "Install it: sudo apt-get install libportaudio2",
        "ubuntu": "Install it: sudo apt-get install libportaudio2",
        "fedora": "Install it: sudo dnf install portaudio",
        "arch": "Install it: sudo pacman -S portaudio",
    }.get(device.system_name(), "Install PortAudio 2.")


def _disk_free(folder: Path) -> int:
    """Bytes free on the disk that holds `folder`, or would hold it."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _times(count: int, seconds: float | None) -> float | None:
    return None if seconds is None else count * seconds


def _measured(seconds: float | None, what: str) -> str:
    return "not measured" if seconds is None else f"measured: {seconds * 1000:.0f} ms {what}"


def _clock(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"


def _bytes(count: float | None) -> str:
    if count is None:
        return "unknown"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.0f} MB"
