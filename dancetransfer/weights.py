"""Optional weights that are downloaded only when the user asks: where from, whose, under what license."""

import contextlib
import hashlib
import os
import shutil
import sys
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Notice, Progress, Started
from dancetransfer.storage import explain, replace, write_text

if TYPE_CHECKING:
    from torch import Tensor

TIMEOUT_SECONDS = 30.0
BLOCK_BYTES = 1 << 20


@dataclass(frozen=True)
class Weights:
    """One file of weights. `url` and `sha256` stand here only where a public page gives them."""

    name: str
    purpose: str
    file: str
    url: str
    """"" where no public page gives one."""
    sha256: str
    """Of what lies at `url`, hexadecimal; "" where no page gives it, or its first digits where that is all."""
    bytes: int
    """Of what lies at `url`; 0 where it isn't known."""
    license: str
    publisher: str
    training: str = ""
    """What is known of the terms of the data it was trained on."""
    packed: bool = False
    """A zip lies at `url`; the one file in it with the ending of `file` is what is installed."""
    needs: tuple[str, ...] = ()
    """Other weights without which these are of no use; they are installed with them."""


WHOLEBODY_TERMS = (
    "COCO-WholeBody is for research and non-commercial use only, says its README; whether that binds "
    "weights trained on it was asked of MMPose (issue 3204) and not answered"
)
# Terms of Use in README.md of github.com/jin-s13/COCO-WholeBody, commit 0ceaef25. Request for the
# data "for non-commercial purposes" in README.md of github.com/IDEA-Research/HumanArt, commit 16d7dd41.

TABLE: dict[str, Weights] = {
    one.name: one
    for one in (
        # Address: torchvision/models/vgg.py in github.com/pytorch/vision, commit 02196ff4
        # (model_urls["vgg19"]). By torchvision's custom the file's name carries the first eight
        # digits of its SHA-256. All of it, and the size: internal/modelinstall/catalog.go in
        # github.com/miloszkolber/uncanny_lab, commit efc9e239; it begins with those eight.
        # License: as the model cards huggingface.co/timm/vgg19.tv_in1k and
        # huggingface.co/lucid-dl/vgg-19 state it for torchvision's weights.
        Weights(
            name="vgg19",
            purpose="the perceptual loss of the edn recipe: sharper cloth and faces",
            file="vgg19-dcbb9e9d.pth",
            url="https://download.pytorch.org/models/vgg19-dcbb9e9d.pth",
            sha256="dcbb9e9dad569fff7a846263a77324fc34978fea2bfb039c012d710e1776ae44",
            bytes=574_673_361,
            license="BSD-3-Clause (torchvision)",
            publisher="PyTorch (torchvision)",
            training="ImageNet, whose pictures are for research",
        ),
        # Address: the change of torchvision/models/alexnet.py in github.com/pytorch/vision, pull
        # request 3620. Hash: the pointers of the same file in huggingface.co/CSWRY/VOSR (commit
        # bf5da48) and huggingface.co/blanchon/image-gs-models-utils (commit e25ea78), and
        # scripts/gpu/fetch-lpips.sh in github.com/zaitrarrio/fastvideo-rs (commit 2172ef87) pins the
        # same; it begins with the digits of the file's name. License: torchvision's own.
        Weights(
            name="alexnet",
            purpose="the network that LPIPS looks through",
            file="alexnet-owt-7be5be79.pth",
            url="https://download.pytorch.org/models/alexnet-owt-7be5be79.pth",
            sha256="7be5be791159472b1fbf3c69796f7cb30dca7ad8466c2df70058c37116cdee02",
            bytes=244_408_911,
            license="BSD-3-Clause (torchvision)",
            publisher="PyTorch (torchvision)",
            training="ImageNet, whose pictures are for research",
        ),
        # Hash and size: the pointer in huggingface.co/chaofengc/IQA-PyTorch-Weights/commit/
        # 2c6fd29ed801a279061a1202cbb20e8c3a05d961, which is where the address leads. The same hash is
        # pinned for lpips/weights/v0.1/alex.pth of github.com/richzhang/PerceptualSimilarity. License:
        # LICENSE there.
        Weights(
            name="lpips",
            purpose="LPIPS beside the other scores: how like two pictures are to a trained network",
            file="LPIPS_v0.1_alex-df73285e.pth",
            url="https://huggingface.co/chaofengc/IQA-PyTorch-Weights/resolve/main/LPIPS_v0.1_alex-df73285e.pth",
            sha256="df73285e35b22355a2df87cdb6b70b343713b667eddbda73e1977e0c860835c0",
            bytes=6_009,
            license="BSD-2-Clause (LPIPS)",
            publisher="Richard Zhang et al. (LPIPS v0.1), passed on by the author of IQA-PyTorch",
            training="judgments of people on pairs of pictures (BAPPS)",
            needs=("alexnet",),
        ),
        # Addresses of both DWPose files: invokeai/backend/image_util/dw_openpose/wholebody.py in
        # github.com/invoke-ai/InvokeAI, commit 2ff1ffcb. Size and hash of the pose network: the
        # pointer in the publisher's own commit, huggingface.co/yzd-v/DWPose/commit/
        # f7c16a3d45ad3783db41471848c80fbc281cabac; of the detector: the model card
        # huggingface.co/DanielMarius/dms-dwpose, which calls it the same byte for byte as
        # yzd-v/DWPose/yolox_l.onnx. License: as huggingface.co/yzd-v/DWPose states it. Trained on:
        # README.md of github.com/IDEA-Research/DWPose, commit 016600e0.
        Weights(
            name="dwpose",
            purpose="--estimator dwpose: body, feet, face and hands",
            file="dw-ll_ucoco_384.onnx",
            url="https://huggingface.co/yzd-v/DWPose/resolve/main/dw-ll_ucoco_384.onnx",
            sha256="724f4ff2439ed61afb86fb8a1951ec39c6220682803b4a8bd4f598cd913b1843",
            bytes=134_399_116,
            license="Apache-2.0",
            publisher="Zhendong Yang, an author of DWPose (IDEA Research)",
            training=f"COCO-WholeBody and UBody. {WHOLEBODY_TERMS}; UBody's terms are not known here",
            needs=("dwpose-detector",),
        ),
        Weights(
            name="dwpose-detector",
            purpose="--estimator dwpose: where people are (YOLOX-l)",
            file="yolox_l.onnx",
            url="https://huggingface.co/yzd-v/DWPose/resolve/main/yolox_l.onnx",
            sha256="7860ae79de6c89a3c1eb72ae9a2756c0ccfbe04b7791bb5880afabd97855a411",
            bytes=216_746_733,
            license="Apache-2.0",
            publisher="Megvii (YOLOX), passed on by an author of DWPose",
            training="COCO, whose pictures are under the terms of Flickr",
        ),
        # Addresses and sizes: crates/sceneworks-worker/src/pose_jobs.rs in
        # github.com/SceneWorks/SceneWorks, commit 5719ac66. Hashes and license, read there from the
        # pointers and the card of the author's own repository huggingface.co/Tau-J/RTMPose (commit
        # cd4d7095): docs/MODEL_LICENSE_DECISIONS.md in github.com/hosinohito/tanakacap, commit
        # 4d970486; the same hashes stand in pose_jobs.rs. Trained on: configs/wholebody_2d_keypoint/
        # rtmpose/cocktail14/rtmw-l_8xb320-270e_cocktail14-384x288.py (commit d2089c6b) and
        # projects/rtmpose/yolox/humanart/yolox_s_8xb8-300e_humanart.py (commit 36d865e7) in
        # github.com/open-mmlab/mmpose.
        Weights(
            name="rtmw",
            purpose="--estimator rtmw: body, feet, face and hands (RTMW-l)",
            file="rtmw-dw-x-l_simcc-cocktail14_270e-384x288_20231122.onnx",
            url="https://download.openmmlab.com/mmpose/v1/projects/rtmw/onnx_sdk/"
            "rtmw-dw-x-l_simcc-cocktail14_270e-384x288_20231122.zip",
            sha256="a87e1af41a0a067776dba7d46e1c21c8f6e9f18e247e0e606718dd1f31e96ffd",
            bytes=213_433_855,
            license="Apache-2.0",
            publisher="OpenMMLab (MMPose)",
            training="14 data sets: COCO-WholeBody, Halpe, UBody, AI Challenger, CrowdPose, MPII, JHMDB, "
            "PoseTrack18, Human-Art, WFLW, 300W, COFW, LaPa and InterHand2.6M, each under terms of its own. "
            f"{WHOLEBODY_TERMS}; Human-Art is handed out for non-commercial purposes",
            packed=True,
            needs=("rtmw-detector",),
        ),
        Weights(
            name="rtmw-detector",
            purpose="--estimator rtmw: where people are (YOLOX-m)",
            file="yolox_m_8xb8-300e_humanart-c2c7a14a.onnx",
            url="https://download.openmmlab.com/mmpose/v1/projects/rtmposev1/onnx_sdk/"
            "yolox_m_8xb8-300e_humanart-c2c7a14a.zip",
            sha256="a000224fd8ba283202bc62d4a5fcdfe353adb9f468777dbac1ea2ada2093adde",
            bytes=94_223_081,
            license="Apache-2.0",
            publisher="OpenMMLab (MMPose)",
            training="COCO and Human-Art; Human-Art is handed out for non-commercial purposes, and whether that "
            "binds these weights was asked of MMPose (issue 3271) and not answered",
            packed=True,
        ),
    )
}


def data_folder() -> Path:
    """The user's data folder: DANCETRANSFER_DATA, or the place that the system has for such things."""
    if given := os.environ.get("DANCETRANSFER_DATA"):
        return Path(given)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local") / "DanceTransfer"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "DanceTransfer"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "dancetransfer"


def named(name: str) -> Weights:
    """The row of the table; UserError where there is none of that name."""
    if name not in TABLE:
        raise UserError(f"There are no weights '{name}'.", f"There are: {', '.join(TABLE)}.")
    return TABLE[name]


def place(name: str) -> Path:
    """Where the file of these weights lies once it is installed."""
    return data_folder() / "weights" / named(name).file


def installed(name: str) -> Path | None:
    """The installed file, checked when it came; None where it isn't there."""
    path = place(name)
    return path if path.is_file() else None


def fingerprint(name: str) -> str:
    """SHA-256 of the installed file, as it was found when it came; computed where no record is."""
    path = place(name)
    try:
        return path.with_name(path.name + ".sha256").read_text(encoding="utf-8").split()[0]
    except (OSError, IndexError):
        return sha256(path)


def whole(name: str) -> list[str]:
    """These weights and all that they need."""
    return [name, *named(name).needs]


def missing(name: str) -> list[str]:
    """Those of `whole` that are not installed."""
    return [one for one in whole(name) if installed(one) is None]


def describe(name: str) -> str:
    """What the user is asked about: file, size, purpose, publisher, license, data, address and its hash."""
    about = named(name)
    lines = [
        f"{about.name}: {about.file}, {_size(about)}, for {about.purpose}",
        f"  publisher  {about.publisher}",
        f"  license    {about.license}",
        f"  trained on {about.training or 'not known'}",
        f"  address    {about.url or 'none known: use --file'}",
        f"  SHA-256    {about.sha256 or 'unverified: none is published'}",
    ]
    return "\n".join(lines + [f"  needs      {', '.join(about.needs)}"] * bool(about.needs))


def listing() -> str:
    """All weights there are, and which are installed."""
    rows = []
    for name in TABLE:
        path = installed(name)
        rows.append(f"{describe(name)}\n  installed  {path or f'no; install with: dancetransfer weights {name}'}")
    return "\n".join(rows)


def install_from_file(name: str, path: str | os.PathLike[str]) -> Iterator[Event]:
    """Copy a file that the user has already. UserError where it isn't the one the table means."""
    about, source = named(name), Path(path)
    if not source.is_file():
        raise UserError(f"There is no file {source}.", f"It should be {about.file}, {_size(about)}.")
    target = place(name)
    yield Started("weights", source.stat().st_size, "bytes")
    part = _part(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, part)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise explain(error, target) from error
    yield from _accept(about, part, target)


def download(name: str) -> Iterator[Event]:
    """Fetch the weights; a stop keeps what came, and the next call goes on from there.

    Asks nothing: the caller shows publisher, license and size, and asks. UserError where the
    address doesn't answer or something else than the expected file comes.
    """
    about = named(name)
    if not about.url:
        raise UserError(
            f"No public address of {about.file} is known.",
            f"Get it from {about.publisher} and run: dancetransfer weights {name} --file FILE",
        )
    target = place(name)
    part = _part(target)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise explain(error, target) from error
    yield from _fetch(about, part)
    yield from _accept(about, part, target)


def load_vgg19() -> dict[str, "Tensor"]:
    """VGG19's state as torchvision names it ("features.0.weight" ...), on the CPU.

    UserError where the weights aren't installed or the file holds something else.
    """
    # the first and the last convolution that the perceptual loss reads: relu1_1 and relu5_1
    return _state("vgg19", "VGG19", {"features.0.weight": (64, 3, 3, 3), "features.28.weight": (512, 512, 3, 3)})


def load_lpips() -> tuple[dict[str, "Tensor"], dict[str, "Tensor"]]:
    """The states of AlexNet and of LPIPS' heads, as `models.lpips` reads them, on the CPU; UserError as above."""
    return (
        _state("alexnet", "AlexNet", {"features.0.weight": (64, 3, 11, 11), "features.10.weight": (256, 256, 3, 3)}),
        _state("lpips", "LPIPS", {"lin0.model.1.weight": (1, 64, 1, 1), "lin4.model.1.weight": (1, 256, 1, 1)}),
    )


def _state(name: str, words: str, wanted: dict[str, tuple[int, ...]]) -> dict[str, "Tensor"]:
    """The tensors of an installed file, in which those that are `wanted` have their shapes."""
    import torch

    path = installed(name)
    if path is None:
        raise UserError(f"The {words} weights are not installed.", f"Install them with: dancetransfer weights {name}")
    hint = f"Delete {path} and install the weights again: dancetransfer weights {name}"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a foreign file makes torch raise anything from EOFError to RuntimeError
        raise UserError(f"{path.name} is damaged or no file of weights.", hint) from error
    if not isinstance(state, dict) or any(
        tuple(getattr(state.get(one), "shape", ())) != shape for one, shape in wanted.items()
    ):
        raise UserError(f"{path.name} does not hold {words}'s weights.", hint)
    return state


# --- the steps ------------------------------------------------------------------------------------


def _part(target: Path) -> Path:
    return target.with_name(target.name + ".part")


def _fetch(about: Weights, part: Path) -> Iterator[Event]:
    """The rest of the file, behind what `part` has already."""
    have = part.stat().st_size if part.exists() else 0
    with contextlib.ExitStack() as stack:
        answer = _request(about, have)
        if answer is None:  # the part is as long as the file
            return
        stack.enter_context(answer)
        going_on = answer.status == 206
        have = have if going_on else 0
        length = answer.headers.get("Content-Length")
        total = have + int(length) if length else about.bytes or None
        yield Started("weights", total, "bytes")
        try:
            file = stack.enter_context(open(part, "ab" if going_on else "wb"))
            while block := answer.read(BLOCK_BYTES):
                file.write(block)
                have += len(block)
                yield Progress("weights", have, total)
        except (urllib.error.URLError, ConnectionError, TimeoutError) as error:
            raise _broken(about, error) from error
        except OSError as error:
            raise explain(error, part) from error
    if total is not None and have < total:
        raise _broken(about, None)


def _request(about: Weights, have: int) -> Any:
    """The server's answer, asked to begin at byte `have`; None where nothing lies behind that."""
    headers = {"User-Agent": "dancetransfer"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        return urllib.request.urlopen(urllib.request.Request(about.url, headers=headers), timeout=TIMEOUT_SECONDS)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:
            return None
        raise UserError(f"{about.url} answers {error.code} {error.reason}.", _by_hand(about)) from error
    except (urllib.error.URLError, OSError) as error:
        raise _broken(about, error) from error


def _broken(about: Weights, error: Exception | None) -> UserError:
    reason = f": {getattr(error, 'reason', error)}" if error else ""
    return UserError(
        f"The download of {about.file} broke off{reason}.",
        f"Run the same command again, it goes on where it stopped. {_by_hand(about)}",
    )


def _by_hand(about: Weights) -> str:
    return f"Or get the file another way: dancetransfer weights {about.name} --file FILE"


def _accept(about: Weights, part: Path, target: Path) -> Iterator[Event]:
    """Check what came and put it in its place; a wrong file is deleted."""
    found = sha256(part)
    unpacked = about.packed and not zipfile.is_zipfile(part)  # what was in the zip, from the user's own disk
    known = "" if unpacked else about.sha256
    if not found.startswith(known):
        part.unlink(missing_ok=True)
        raise UserError(
            f"This is not {about.file} as {about.publisher} publishes it (SHA-256 {found}).",
            f"It should be {known}. Try again, or get the file another way.",
        )
    if about.packed and not unpacked:
        _unpack(about, part)
        found = sha256(part)
    with open(part, "rb+") as file:
        os.fsync(file.fileno())
    replace(part, target)
    write_text(target.with_name(target.name + ".sha256"), f"{found}  {target.name}\n")
    if len(known) < 64:
        yield Notice(
            f"{about.file} is unverified: no whole SHA-256 of this file is known.",
            f"The one computed here is {found}; it is kept beside the file.",
        )
    yield Done("weights", files=[str(target)])


def _unpack(about: Weights, part: Path) -> None:
    """Put the one file that is wanted of the zip in the zip's place."""
    ending, inside = Path(about.file).suffix, part.with_name(part.name + ".inside")
    try:
        with zipfile.ZipFile(part) as packed:
            names = [name for name in packed.namelist() if name.endswith(ending)]
            if len(names) != 1:
                part.unlink()
                raise UserError(
                    f"The file for {about.file} holds {len(names)} files that end with {ending}.",
                    f"Unpack it and name the right one: dancetransfer weights {about.name} --file FILE",
                )
            with packed.open(names[0]) as source, open(inside, "wb") as file:
                shutil.copyfileobj(source, file, BLOCK_BYTES)
        replace(inside, part)
    except (OSError, zipfile.BadZipFile) as error:
        inside.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise explain(error, part) from error
        part.unlink(missing_ok=True)
        raise UserError(f"The zip of {about.file} is damaged.", _by_hand(about)) from error


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _size(about: Weights) -> str:
    return f"{about.bytes / 1e6:.0f} MB" if about.bytes else "of unknown size"
