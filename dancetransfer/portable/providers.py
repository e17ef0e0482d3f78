"""Where ONNX Runtime can run a person's networks, and where it does so fastest."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from dancetransfer import device
from dancetransfer.errors import UserError
from dancetransfer.extract import runtime

CPU, TENSORRT = "CPU", "TensorRT"
ORDER = {
    TENSORRT: "TensorrtExecutionProvider",
    "CUDA": "CUDAExecutionProvider",
    "DirectML": "DmlExecutionProvider",
    "CoreML": "CoreMLExecutionProvider",
    CPU: "CPUExecutionProvider",
}
"""ONNX Runtime's names by ours, in the order in which they are tried. The authors ran the processor alone."""
MEASURED = 1.0
"""Seconds for which each is measured."""
FEWEST = 5
"""Calls at least."""
ENGINES = "tensorrt"
"""Folder beside the networks for what TensorRT makes of them, which takes it minutes."""

Opened = TypeVar("Opened")


class Unusable(UserError):
    """A provider that is built into this ONNX Runtime can't be used here."""


def available(folder: Path | None = None, asked: str = "") -> list[str]:
    """Our names of what this ONNX Runtime has, in order; TensorRT only where it was `asked` for or has its engines."""
    import onnxruntime

    built = set(onnxruntime.get_available_providers())
    ready = asked == TENSORRT or (folder is not None and any((folder / ENGINES).glob("*.engine")))
    return [name for name, there in ORDER.items() if there in built and (name != TENSORRT or ready)]


def opened(content: bytes, provider: str, threads: int | None, folder: Path) -> Any:
    """An onnxruntime.InferenceSession of a graph that really uses the provider; Unusable with the cause.

    UserError where it is no graph. `threads`: on the processor; all cores where not given.
    """
    options: dict[str, Any] = {}
    if provider == TENSORRT:
        (folder / ENGINES).mkdir(exist_ok=True)
        options = {"trt_engine_cache_enable": True, "trt_engine_cache_path": str(folder / ENGINES)}
    session, cause = runtime.opened(content, ORDER[provider], options, threads or device.cores())
    if session is None:
        raise Unusable(f"ONNX Runtime lists {provider}, which doesn't work here: {cause}.", "Nothing has to be done.")
    return session


def quickest(
    names: list[str], open_on: Callable[[str], Opened], draw: Callable[[Opened], object]
) -> tuple[Opened, float, dict[str, str]]:
    """What `open_on` gives on the provider where `draw`ing a frame is fastest, its seconds per frame, and causes.

    Measured for a second each. The causes say of providers that failed why, by their name. Unusable where all do.
    """
    found: list[tuple[float, Opened]] = []
    causes: dict[str, str] = {}
    failed: Unusable | None = None
    for name in names:
        try:
            there = open_on(name)
        except Unusable as error:
            causes[name], failed = error.message, error
            continue
        found.append((measured(lambda there=there: draw(there)) if len(names) > 1 else 0.0, there))  # type: ignore[misc]
    if not found:
        raise failed or Unusable("This ONNX Runtime has no provider.", "Install onnxruntime again.")
    seconds, best = min(found, key=lambda one: one[0])
    return best, seconds, causes


def measured(draw: Callable[[], object]) -> float:
    """Seconds that a call takes when nothing else is in its way: the quickest of those in a second, and of `FEWEST`.

    The first one isn't counted. (A mean would tell what else the machine does, and which engine suffers more from it.)
    """
    draw()
    taken: list[float] = []
    while sum(taken) < MEASURED or len(taken) < FEWEST:
        start = time.perf_counter()
        draw()
        taken.append(time.perf_counter() - start)
    return min(taken)
