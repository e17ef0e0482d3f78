"""What works on this machine, what will be used, and what a one-minute dance will take here."""

import contextlib
import ctypes.util
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dancetransfer import device, weights
from dancetransfer.device import Device
from dancetransfer.events import Done, Event, Notice, Progress, Started
from dancetransfer.settings import TrainSettings

# Every heavy import stands inside a function: a doctor must be able to say that one of them fails.

MINUTE = 60
FPS = 30
FRAMES = MINUTE * FPS
"""The dance that times are given for."""
SIZE = (1280, 720)
"""Pixels of the videos that times are given for."""

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
            if settings.steps:
                training = settings.steps * costs.step_seconds
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
                (f"--steps {settings.steps}" if settings.steps else "--budget, the most it takes") + steps,
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
        vgg = "installed" if self.vgg19 else "not installed; only the edn recipe asks for them"
        yield f"VGG19 weights: {vgg}"

    def _forecast_lines(self) -> Iterator[str]:
        wide, high = SIZE
        yield ""
        yield f"One minute of dance for a person filmed for one minute ({FPS} frames/s, {wide}x{high}):"
        rows = self.forecast()
        total = None if any(row.seconds is None for row in rows) else sum(row.seconds or 0 for row in rows)
        rows.append(Line("Together", total, "a second dance for the same person needs no training"))
        for row in rows:
            yield f"  {row.what:<23}{_clock(row.seconds):>12}   {row.basis}"
        yield (
            f"  {'Disk':<23}{_bytes(self.disk_bytes()):>12}   of {_bytes(self.disk_free_bytes)} free; "
            f"assumed: {PROXY_BYTES / 1e6:g} MB per second of video for previews and masks"
        )
        if self.load > device.cores() and self.costs.step_seconds:
            yield f"  Other programs keep this machine busy (load {self.load:.1f}): it can be faster than this."
        yield from (f"Could not be measured: {failure}" for failure in self.costs.failures)


# --- the examination ------------------------------------------------------------------------------


def examine(
    settings: TrainSettings | None = None, steps: int = 4, folder: Path | None = None
) -> Generator[Event, None, Report]:
    """Look, then measure `steps` steps of each kind. The report is what the generator returns.

    `folder` is where projects will lie (for the free disk space). With `steps` 0 nothing is
    measured. Takes some 20 s on two cores. Never fails because of what it finds: what doesn't
    work is a line of the report. UserError only where `settings` ask for a device that isn't there.
    """
    settings = settings or TrainSettings()
    yield Started("doctor", 4, "checks")
    hardware, used = _hardware(), device.choose(settings.device)
    yield from _better(hardware, used)
    yield Progress("doctor", 1, 4)
    failures: list[str] = []
    encoders = _try("encoders", _encoders, failures) or {}
    yield Progress("doctor", 2, 4)
    costs: dict[str, Any] = {}
    if steps:
        with _Studio(settings, used, steps) as studio:
            costs |= _try("poses", studio.poses, failures) or {}
            yield Progress("doctor", 3, 4)
            costs |= _try("training and rendering", studio.learning, failures) or {}
            costs |= _try("export", studio.export, failures) or {}
    report = Report(
        _system(),
        hardware,
        used,
        encoders,
        _has_portaudio(),
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


class _Studio:
    """A second of a built-in dancer, on which a few real steps of each kind are measured."""

    def __init__(self, settings: TrainSettings, used: Device, steps: int) -> None:
        self.settings, self.used, self.steps = settings, used, steps
        self.scratch = tempfile.TemporaryDirectory()
        self._filmed: Any = None
        self._danced: Any = None

    def __enter__(self) -> "_Studio":
        return self

    def __exit__(self, *_: object) -> None:
        self.scratch.cleanup()

    def filmed(self) -> tuple[list[Any], list[Any], Any, Any]:
        """Frames, masks, the plate (uint8, SIZE) and the true poses; drawn at half the size, which is quicker."""
        import cv2
        import numpy as np

        from dancetransfer.pose.poses import Poses
        from dancetransfer.puppets import person

        if self._filmed is None:
            half = person(0, (SIZE[0] // 2, SIZE[1] // 2), 1, FPS)
            count = self.steps + 2
            frames, masks = ([cv2.resize(one, SIZE) for one in film(0, count)] for film in (half.frames, half.masks))
            xy, confidence = half.joints()
            xy = (xy[:count] + 0.5) * 2 - 0.5
            poses = Poses(xy.astype(np.float32), confidence[:count], half.times[:count], SIZE)
            self._filmed = frames, masks, cv2.resize(half.plate(), SIZE), poses
        return self._filmed

    def poses(self) -> dict[str, float]:
        """Seconds per frame of the pose estimator with masks, behind its first frame."""
        from dancetransfer.extract.holistic import MediaPipeHolistic

        frames, _, _, poses = self.filmed()
        with contextlib.closing(MediaPipeHolistic(masks=True)) as estimator:
            estimator(frames[0], 0.0)
            seconds = _per_run(lambda n: estimator(frames[n], float(poses.time[n])), range(1, len(frames)))
        return {"pose_seconds": seconds}

    def learning(self) -> dict[str, float]:
        """Seconds per step of the training's body phase with opponent, and per rendered frame."""
        from dancetransfer.learn.batches import Batches
        from dancetransfer.learn.pairs import boxes_of, plan_of
        from dancetransfer.learn.trainer import Trainer

        poses = self.filmed()[3]
        plan = plan_of(self.settings, {"person": poses})
        boxes = boxes_of(poses, plan)
        trainer = Trainer(plan, self.used, 0, None)
        batches = Batches([self._footage(plan.size, boxes)], plan, 0)
        share = 0.75  # behind every part's entry but the face's
        trainer.step(batches, share)
        step = _per_run(lambda _: trainer.step(batches, share), range(self.steps))
        layers = trainer.dancer(share, True).layers(poses, boxes)
        first = next(layers)
        drawn: list[Any] = [first]
        frame = _per_run(lambda _: drawn.append(next(layers)), range(len(poses) - 1))
        self._danced = drawn
        return {
            "step_seconds": step,
            "render_seconds": frame,
            "crop_bytes": 4 * plan.size[0] * plan.size[1],
            "checkpoint_bytes": _checkpoint_bytes(trainer),
        }

    def _footage(self, size: tuple[int, int], boxes: Any) -> Any:
        """The frames as training material."""
        import numpy as np

        from dancetransfer.learn.pairs import TRAIN, Footage
        from dancetransfer.learn.plate import cut_out

        frames, masks, plate, poses = self.filmed()
        crops = [
            np.dstack([cut_out(frame, box, size), cut_out(mask, box, size)])
            for frame, mask, box in zip(frames, masks, boxes, strict=True)
        ]
        part = np.full(len(frames), TRAIN, np.int8)
        return Footage("person", np.stack(crops), boxes, np.arange(len(frames)), poses, plate, part)

    def export(self) -> dict[str, float]:
        """Seconds per frame from a rendered layer to the clip, and the bytes of both on the disk."""
        from dancetransfer.learn.pairs import boxes_of, plan_of
        from dancetransfer.learn.plate import composite
        from dancetransfer.video.write import LayerWriter, Writer

        _, _, plate, poses = self.filmed()
        plan = plan_of(self.settings, {"person": poses})
        boxes = boxes_of(poses, plan)
        crops = self._footage(plan.size, boxes).crops  # the film itself: an untrained network draws noise
        clip, layer = Path(self.scratch.name) / "clip.mp4", Path(self.scratch.name) / "layer.mkv"
        begun = time.perf_counter()
        with Writer(clip, SIZE, fps=FPS) as writer:
            for n, crop in enumerate(crops):
                writer.write(composite(plate, crop, boxes[n]), n / FPS)
        seconds = (time.perf_counter() - begun) / len(crops)
        with LayerWriter(layer, plan.size, fps=FPS) as keeper:
            for n, crop in enumerate(crops):
                keeper.write(crop * (crop[..., 3:] > 0), n / FPS)
        count = len(crops)
        return {
            "export_seconds": seconds,
            "clip_bytes": clip.stat().st_size / count,
            "layer_bytes": layer.stat().st_size / count,
        }


def _per_run(run: Callable[[int], Any], numbers: range) -> float:
    """Median seconds of a run: one that another program delayed doesn't count."""
    took = []
    for number in numbers:
        begun = time.perf_counter()
        run(number)
        took.append(time.perf_counter() - begun)
    return statistics.median(took)


def _checkpoint_bytes(trainer: Any) -> float:
    """Bytes of a checkpoint: the networks' numbers, three times where an optimizer keeps two more."""
    from itertools import chain

    trained = chain.from_iterable(
        getattr(trainer, name).parameters() for name in ("generator", "judge", "refiner", "face_judge")
    )
    return 4 * (3 * sum(p.numel() for p in trained) + sum(p.numel() for p in trainer.averaged.parameters()))


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
