"""ONNX Runtime: a network from a file, and on which provider it really runs."""

import contextlib
import io
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dancetransfer import device
from dancetransfer.errors import UserError

PROCESSES = 8
"""Most processes that `extract` starts, one per core: what each may keep busy is its share of the cores."""

CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
DIRECTML = "DmlExecutionProvider"
NVIDIA = (CUDA, "TensorrtExecutionProvider")


@dataclass(frozen=True)
class Network:
    """An opened network."""

    session: Any
    """onnxruntime.InferenceSession."""
    provider: str
    """CUDA or CPU."""
    cause: str = ""
    """Why it doesn't run on CUDA although this ONNX Runtime lists it."""


def open_network(path: Path) -> Network:
    """The network in a file, on CUDA where that really works, else on the processor.

    `get_available_providers()` lists what was built in, with or without a card: only what an
    opened session says counts. CUDA was never run by the authors. UserError where the file
    isn't an ONNX network.
    """
    import onnxruntime

    cause = ""
    threads = max(1, device.cores() // PROCESSES)
    if CUDA in onnxruntime.get_available_providers():
        session, cause = opened(path, CUDA, {}, threads)
        if session is not None:
            return Network(session, "CUDA")
    return Network(opened(path, CPU, {}, threads)[0], "CPU", cause)


def opened(source: Path | bytes, provider: str, options: dict[str, Any], threads: int) -> tuple[Any, str]:
    """The session of a network in a file or in memory that really uses a provider; None and why where none does.

    UserError where it is no ONNX network.
    """
    if provider == CPU:
        return _session(source, [CPU], threads), ""
    nvidia = provider in NVIDIA
    if nvidia and not any(card.maker == "nvidia" and card.driver for card in device.cards()):
        return None, "no NVIDIA card with a working driver is here"
    with _overheard() as heard:
        if nvidia:
            import onnxruntime

            onnxruntime.preload_dlls()  # those that came with PyTorch; it tells on standard output
        session = _session(source, [(provider, options), CPU], threads)
    return (session, "") if session.get_providers()[0] == provider else (None, _cause(heard[0]))


def _session(source: Path | bytes, providers: list[Any], threads: int) -> Any:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_mem_pattern = all(one[0] != DIRECTML for one in providers)  # DirectML asks for that
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")  # the others compute meanwhile
    try:
        what = source if isinstance(source, bytes) else str(source)
        return onnxruntime.InferenceSession(what, options, providers=providers)
    except Exception as error:  # its errors have a class each, named nowhere
        if isinstance(source, bytes):
            raise UserError("What is learned of the person is damaged or no ONNX network.", "Get it again.") from error
        raise UserError(
            f"{source.name} is damaged or no ONNX network.", f"Delete {source} and install the weights again."
        ) from error


def _cause(words: str) -> str:
    """The one thing of what ONNX Runtime prints that a person can act on."""
    missing = re.search(r"error: (\S+: cannot open shared object file|.*could not be found|.*module)", words)
    wanted = re.search(r"Require ([^.\n]*\.\*[^.\n]*\.\*)", words)
    parts = [found[1] for found in (missing, wanted) if found]
    if len(parts) == 2:
        parts[1] = f"it needs {parts[1]}"
    return "; ".join(parts) or "ONNX Runtime could not start it"


@contextlib.contextmanager
def _overheard() -> Iterator[list[str]]:
    """What is said on stdout and stderr, as the list's one text at the end: events alone may go there."""
    sys.stdout.flush()
    sys.stderr.flush()
    heard: list[str] = []
    kept = os.dup(1), os.dup(2)
    with tempfile.TemporaryFile() as file:
        try:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                yield heard
        finally:
            for number, before in zip((1, 2), kept, strict=True):
                os.dup2(before, number)
                os.close(before)
            file.seek(0)
            heard.append(printed.getvalue() + file.read().decode(errors="replace"))
