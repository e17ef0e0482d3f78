"""Where to compute: what this machine has, what works, and the command that would make the rest work."""

import ctypes
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dancetransfer.errors import UserError

ACCELERATORS = ("cuda", "mps", "xpu")
"""PyTorch's names, in the order in which `auto` tries them; ROCm cards are "cuda" to PyTorch."""

VERIFIED = frozenset({"cpu"})
"""The devices that DanceTransfer has really been run on by its authors."""

WORTH = 0.8
"""bfloat16 is used on a CPU where it takes at most this part of float32's time."""

PYTORCH = "https://download.pytorch.org/whl/"
# The builds of PyTorch 2.13: stable CUDA 12.6 (Maxwell to Hopper) and 13.0 (Turing and newer),
# ROCm 7.2; "xpu" is Intel's. From PyTorch's release matrix: github.com/pytorch/pytorch RELEASE.md
# and pull requests 187075 (2.13) and 182849 (architectures).
BUILDS = {"nvidia": "cu130", "nvidia, before Turing": "cu126", "amd": "rocm7.2", "intel": "xpu"}
TURING = 7.5

MAKERS = {"0x10de": "nvidia", "0x1002": "amd", "0x8086": "intel"}
"""PCI vendor numbers."""


@dataclass(frozen=True)
class Device:
    """One place that PyTorch can compute on."""

    name: str
    """What `--device` calls it: cuda, mps, xpu or cpu."""
    torch: str
    """What torch.device takes."""
    description: str
    """For people: model and memory, or model and cores."""
    memory_bytes: int
    """Its own memory; on the CPU and on Apple's chips the machine's."""
    mixed: str
    """The number format for autocast, a name in torch: "bfloat16", or "float32" for no autocast.

    float16 is never chosen: it would need loss scaling, and no card without bfloat16 was at hand
    to show that it pays.
    """
    verified: bool
    """Whether DanceTransfer has ever been run on such a device."""


@dataclass(frozen=True)
class Card:
    """A graphics card as the system sees it, whether PyTorch can use it or not."""

    maker: str
    """nvidia, amd, intel or apple."""
    name: str
    driver: bool
    """The driver that PyTorch needs is loaded."""
    capability: float | None = None
    """CUDA compute capability where it is known (7.5 is Turing)."""


# --- what PyTorch can use -------------------------------------------------------------------------


def choose(name: str = "auto") -> Device:
    """The device that `--device name` asks for; `auto` takes the first accelerator that works.

    UserError where a device asked for by name doesn't work, with the command that would mend it.
    """
    if name == "auto":
        return next((device for one in ACCELERATORS if (device := open_accelerator(one))), None) or cpu()
    if name == "cpu":
        return cpu()
    if name not in ACCELERATORS:
        raise UserError(f"There is no device '{name}'.", f"Choose auto, {', '.join(ACCELERATORS)} or cpu.")
    device = open_accelerator(name)
    if device is None:
        advice = remedy(name)
        raise UserError(
            f"PyTorch can't compute on {name} here.",
            f"{advice[-1]} Or leave out --device." if advice else "Leave out --device, or use --device cpu.",
        )
    return device


def cpu(measure: bool = True) -> Device:
    """The processor. Takes 0.1 s where PyTorch is loaded, since bfloat16 is measured."""
    name, count = _processor(), cores()
    mixed = "bfloat16" if measure and bfloat16_share() <= WORTH else "float32"
    return Device("cpu", "cpu", f"{name}, {count} core{'s' * (count > 1)}", total_memory(), mixed, "cpu" in VERIFIED)


@cache
def bfloat16_share(seconds: float = 0.1) -> float:
    """Time of a bfloat16 convolution in parts of a float32 one's on this CPU, the best of many runs; measured once.

    On one thread: with more, what a busy machine's threads wait for each other is measured, not
    the processor, and the same training could get another format the next time.
    """
    import torch

    picture, layer = torch.rand(1, 64, 64, 64), torch.nn.Conv2d(64, 64, 3, padding=1)

    def once(kind: torch.dtype) -> float:
        begun = time.perf_counter()
        with torch.no_grad(), torch.autocast("cpu", dtype=kind, enabled=kind is not torch.float32):
            layer(picture)
        return time.perf_counter() - begun

    best = {torch.float32: float("inf"), torch.bfloat16: float("inf")}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for kind in best:
            once(kind)  # the first run of a kind also sets it up
            deadline, runs = time.perf_counter() + seconds / 2, 0
            while runs < 3 or time.perf_counter() < deadline:
                best[kind], runs = min(best[kind], once(kind)), runs + 1
    finally:
        torch.set_num_threads(threads)
    return best[torch.bfloat16] / best[torch.float32]


def open_accelerator(name: str) -> Device | None:
    """The accelerator of that name, or None where it is absent or a convolution on it fails."""
    import torch

    module = getattr(torch, name, None)
    if module is None or not module.is_available():
        return None
    try:
        picture = torch.rand(1, 3, 16, 16, device=name)
        torch.nn.Conv2d(3, 4, 3).to(name)(picture).sum().item()
    except (RuntimeError, AssertionError):
        return None
    if name == "mps":
        return Device("mps", "mps", _processor(), total_memory(), "float32", "mps" in VERIFIED)
    about = module.get_device_properties(0)
    kind = " (ROCm)" if name == "cuda" and torch.version.hip else ""
    description = f"{about.name}, {about.total_memory / 2**30:.0f} GB{kind}"
    # Cards before Ampere only imitate bfloat16, slowly.
    native = name == "xpu" or torch.cuda.is_bf16_supported(including_emulation=False)
    mixed = "bfloat16" if native else "float32"
    verified = f"{name}{kind}" in VERIFIED
    return Device(name, f"{name}:0", description, about.total_memory, mixed, verified)


# --- what the system sees -------------------------------------------------------------------------


def cards(root: Path = Path("/")) -> list[Card]:
    """The graphics cards of this machine, asked without PyTorch. `root` is for tests."""
    if sys.platform == "darwin":
        return [Card("apple", _processor(), True)] if platform.machine() == "arm64" else []
    found = list(_nvidia()) if root == Path("/") else []
    if sys.platform == "win32":
        return found + [card for card in _windows_cards() if card.maker not in {one.maker for one in found}]
    known = {card.maker for card in found}
    return found + [card for card in _pci(root) if card.maker not in known]


def _nvidia() -> Iterator[Card]:
    """What NVIDIA's own tool lists; it answers only where the driver works."""
    answer = _ask("nvidia-smi", "--query-gpu=name,compute_cap", "--format=csv,noheader")
    for line in answer.splitlines():
        name, _, capability = line.rpartition(",")
        try:
            yield Card("nvidia", name.strip(), True, float(capability))
        except ValueError:
            yield Card("nvidia", line.strip(), True)


def driver() -> str:
    """The version of NVIDIA's driver; "" where there is none that works."""
    return ", ".join(_ask("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader").split())


def busy_share(used: Device) -> float | None:
    """Part of the last second in which a card of NVIDIA's computed, 0..1; None where nobody can tell. Takes 0.1 s."""
    import torch

    if used.name != "cuda" or torch.version.hip or not torch.cuda.is_available():
        return None
    card = f"GPU-{getattr(torch.cuda.get_device_properties(used.torch), 'uuid', '')}"
    answer = _ask("nvidia-smi", f"--id={card}", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits").strip()
    return float(answer) / 100 if answer.isdecimal() else None


def _pci(root: Path) -> Iterator[Card]:
    """Linux: every display controller on the PCI bus."""
    ready = {
        "nvidia": (root / "proc/driver/nvidia/version").exists(),
        "amd": (root / "dev/kfd").exists(),
        "intel": any((root / "dev/dri").glob("renderD*")),
    }
    for folder in sorted((root / "sys/bus/pci/devices").glob("*")):
        try:
            kind, vendor = ((folder / name).read_text().strip() for name in ("class", "vendor"))
        except OSError:
            continue
        maker = MAKERS.get(vendor)
        if kind.startswith("0x03") and maker:
            yield Card(maker, f"a card of {maker.upper() if maker == 'amd' else maker.title()}", ready[maker])


def _windows_cards() -> Iterator[Card]:
    names = _ask("powershell", "-NoProfile", "-Command", "(Get-CimInstance Win32_VideoController).Name")
    for name in names.splitlines():
        for maker, words in (("nvidia", "nvidia"), ("amd", "radeon"), ("intel", "intel")):
            if words in name.lower():
                yield Card(maker, name.strip(), maker != "nvidia")  # NVIDIA's tool would have answered


# --- what would make it work ----------------------------------------------------------------------


def remedy(name: str, found: list[Card] | None = None, system: str | None = None) -> list[str]:
    """Sentences with the exact commands that would make device `name` work here; [] where none would.

    `found` and `system` ("debian", "ubuntu", "fedora", "arch", "windows") are for tests. None of
    these commands could be tried by their authors.
    """
    makers = {"cuda": ("nvidia", "amd"), "xpu": ("intel",)}.get(name, ())
    card = next((one for one in (cards() if found is None else found) if one.maker in makers), None)
    if card is None:
        return []
    if not card.driver:
        return [_driver_command(card.maker, system or system_name())]
    build = BUILDS[card.maker]
    if card.maker == "nvidia" and card.capability is not None and card.capability < TURING:
        build = BUILDS["nvidia, before Turing"]
    return [
        f"For {card.name}, install the PyTorch that is built for it: "
        f'"{sys.executable}" -m pip install --force-reinstall "torch>=2.13,<2.14" '
        f"--index-url {PYTORCH}{build}"
    ]


def _driver_command(maker: str, system: str) -> str:
    """How the driver that PyTorch needs gets onto this system."""
    if maker == "amd":
        return "Join the groups of the amdgpu driver: sudo usermod -aG render,video $USER, then log in again."
    if maker == "intel":
        packages = {
            "debian": "sudo apt-get install intel-opencl-icd",
            "ubuntu": "sudo apt-get install intel-opencl-icd",
            "fedora": "sudo dnf install intel-compute-runtime",
            "arch": "sudo pacman -S intel-compute-runtime",
        }
        return f"Install Intel's compute driver: {packages.get(system, 'see its maker')}, then restart."
    packages = {
        "debian": "sudo apt-get install nvidia-driver (its 'non-free' packages must be switched on)",
        "ubuntu": "sudo ubuntu-drivers install",
        "fedora": "sudo dnf install akmod-nvidia (from RPM Fusion)",
        "arch": "sudo pacman -S nvidia",
        "windows": "winget install --id Nvidia.GeForceExperience -e",
    }
    return f"Install NVIDIA's driver: {packages.get(system, 'see its maker')}, then restart."


def system_name() -> str:
    """debian, ubuntu, fedora, arch, windows, or what the system calls itself."""
    if sys.platform == "win32":
        return "windows"
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return sys.platform
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    return next((one for one in names if one in ("debian", "ubuntu", "fedora", "arch")), names[0])


# --- the machine ----------------------------------------------------------------------------------


def total_memory() -> int:
    """Bytes of main memory; 0 where the system doesn't say."""
    if sys.platform == "win32":
        return _windows_memory()[0]
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return 0


def free_memory() -> int:
    """Bytes of main memory that a program can have now; the total where the system doesn't say."""
    if sys.platform == "win32":
        return _windows_memory()[1]
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable"))
    except (OSError, StopIteration, ValueError):
        return total_memory()


def _windows_memory() -> tuple[int, int]:
    """Total and available bytes (GlobalMemoryStatusEx)."""
    numbers = (ctypes.c_ulonglong * 8)()  # the structure is 64 bytes: two 32-bit numbers, then seven of 64
    numbers[0] = ctypes.sizeof(numbers)
    ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(numbers))  # type: ignore[attr-defined,unused-ignore]
    return numbers[1], numbers[2]


def cores() -> int:
    """Cores that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _processor() -> str:
    """The processor's model, as it calls itself."""
    if sys.platform == "darwin":
        return _ask("sysctl", "-n", "machdep.cpu.brand_string").strip() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _ask(*command: str) -> str:
    """What a system's tool prints; "" where it is missing, fails or takes longer than 10 s."""
    if shutil.which(command[0]) is None:
        return ""
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout if answer.returncode == 0 else ""
