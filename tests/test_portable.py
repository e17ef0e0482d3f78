"""Portable dancers: packed with consent, checked when opened, dancing elsewhere as they do at home."""

import hashlib
import json
import shutil
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from engine import done, failed, last, notices, stages
from learning import SMALL

from dancetransfer.extract import estimators
from dancetransfer.extract.estimators import Estimate
from dancetransfer.footage.pairs import boxes_of
from dancetransfer.learn import runs
from dancetransfer.learn.dancer import load_dancer
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.render import read_layers, segments
from dancetransfer.video.read import read_frames

AGREED = "Jo agreed on 1 May 2026."


@pytest.fixture(scope="session")
def packed(drawn_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """jo.dancer, of the project of `drawn_project`, whose person agreed."""
    folder = tmp_path_factory.mktemp("packed")
    shutil.copytree(drawn_project, folder / "jo.dance")
    project = Project.open(folder / "jo.dance")
    project.built_in, project.consent = False, AGREED
    project.set_settings(SMALL)
    project.save()
    done("export-dancer", project.folder, "-o", folder / "jo.dancer", "--license", "For fun.")
    return folder / "jo.dancer"


@pytest.fixture(scope="session")
def dance(true_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first 30 frames of the puppet's dance as a pose track."""
    project = Project.open(true_project)
    track = Poses.load(project.dance_folder(project.dances[0]) / "track.npz")
    track[:30].save(file := tmp_path_factory.mktemp("track") / "steps.npz")
    return file


@pytest.fixture(scope="session")
def danced(packed: Path, dance: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with clip.mp4, clip.dance and events: what `transfer` makes of a dance and jo.dancer alone."""
    folder = tmp_path_factory.mktemp("danced")
    shutil.copy(packed, folder / "jo.dancer")
    events = done("transfer", dance, folder / "jo.dancer", "-o", folder / "clip.mp4")
    (folder / "said.json").write_text(json.dumps([stages(events), notices(events), last(events).message]))
    return folder


def test_it_dances_without_training_or_video_as_it_does_at_home(danced: Path, packed: Path) -> None:
    did, told, word = json.loads((danced / "said.json").read_text())
    assert "unpack" in did and "render" in did and not {"train", "prepare", "preview"} & set(did)
    assert any(AGREED in one for one in told), told
    assert "visible label" not in word  # the consent came along
    project, home = Project.open(danced / "clip.dance"), Project.open(packed.with_suffix(".dance"))
    folder = project.dance_folder(project.dances[0])
    poses = Poses.load(folder / "retarget.npz")
    dancer = load_dancer(runs.best(home, SMALL), runs.device_of(home.runs[0], "cpu"))
    ours = dancer.layers(poses, boxes_of(poses, dancer.plan))
    theirs = read_layers(segments(poses, folder / "render"), 0, len(poses))
    apart = [np.mean((_seen(a) - _seen(b)) ** 2) for (a, _), (b, _) in zip(ours, theirs, strict=True)]
    assert len(apart) == 30 and 10 * np.log10(255**2 / max(apart)) > 45
    assert np.mean([_seen(layer).std() for layer, _ in dancer.layers(poses[:3], boxes_of(poses, dancer.plan)[:3])]) > 5


def _seen(layer: np.ndarray) -> np.ndarray:
    """A layer over black: what is under an alpha of 0 counts nothing."""
    return layer[..., :3] * (layer[..., 3:] / 255.0)


def test_another_dance_needs_only_its_poses(danced: Path, tmp_path: Path) -> None:
    shutil.copytree(danced / "clip.dance", project := tmp_path / "clip.dance")
    Poses.load(project / "dances" / "steps" / "track.npz")[:10].save(tmp_path / "again.npz")
    done("add-dance", project, tmp_path / "again.npz")
    assert (
        "retarget" not in (did := stages(done("render", project, "--dance", "again", "--engine", "onnx")))
        and "render" in did
    )
    done("export", project, "--dance", "again", "-o", tmp_path / "again.mp4")
    assert (tmp_path / "again.mp4").stat().st_size > 1000


def test_nothing_is_learned_from_it_and_nobody_added(
    danced: Path, dance: Path, puppet_clips: Path, tmp_path: Path
) -> None:
    shutil.copytree(danced / "clip.dance", project := tmp_path / "clip.dance")
    assert "learned elsewhere" in failed("train", project).message
    assert "portable dancer" in failed("add-person", project, puppet_clips / "person.mp4").message
    assert "portable dancer" in failed("add-person", project, danced / "jo.dancer").message
    assert "portable dancer" in failed("export-dancer", project, "-o", tmp_path / "x.dancer").message
    words = failed("transfer", dance, danced / "jo.dancer", "-o", tmp_path / "a.mp4", "--size", 64)
    assert "--size" in words.message


def test_info_shows_who_agreed(packed: Path, danced: Path) -> None:
    told = last(done("info", packed))
    assert AGREED in told.message and "For fun." in told.message
    assert told.result["consent"] == AGREED and told.result["clips"] == 1
    assert AGREED in last(done("info", danced / "clip.dance")).message


def test_without_consent_there_is_none(drawn: Project, tmp_path: Path) -> None:
    drawn.built_in = False
    drawn.save()
    assert "consent" in failed("export-dancer", drawn.folder, "-o", tmp_path / "x.dancer").message
    assert not list(tmp_path.glob("*.dancer"))


def _rewritten(packed: Path, into: Path, change: Callable[[dict], None] = lambda about: None, **more: bytes) -> Path:
    """A copy of the file with another record, and members changed or added."""
    with zipfile.ZipFile(packed) as file, zipfile.ZipFile(into, "w") as copy:
        about = json.loads(file.read("dancer.json"))
        change(about)
        kept = {one: file.read(one) for one in file.namelist() if one != "dancer.json"}
        for name, content in {**kept, **more, "dancer.json": json.dumps(about).encode()}.items():
            copy.writestr(name, content)
    return into


def _without_consent(about: dict) -> None:
    about["consent"] = None


def _newer(about: dict) -> None:
    about["version"] = 99


def _climbing(about: dict) -> None:
    about["members"]["../../up.txt"] = {
        "bytes": 2,
        "sha256": "8f434346648f6b96df89dda901c5176b10a6d83961dd3c1ac88b59b2dc327aa4",
    }


def _unknown(about: dict) -> None:
    about["recipe"] = "holograms"


def _huge(about: dict) -> None:
    about["clips"] = 10**9


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        (_without_consent, {}, "no consent"),
        (_newer, {}, "newer version"),
        (_unknown, {}, "'holograms', which this version doesn't know"),
        (_climbing, {"../../up.txt": b"hi"}, "no portable dancer"),
        (_huge, {}, "no portable dancer"),
        (lambda about: None, {"network/network.json": b"{}"}, "damaged"),
        (lambda about: about.pop("members"), {}, "no portable dancer"),
    ],
)
def test_a_changed_file_is_refused(
    packed: Path, dance: Path, tmp_path: Path, change: Callable[[dict], None], more: dict[str, bytes], words: str
) -> None:
    (tmp_path / "b").mkdir()
    file = _rewritten(packed, tmp_path / "b" / "jo.dancer", change, **more)
    assert words in failed("transfer", dance, file, "-o", tmp_path / "b" / "clip.mp4").message
    assert not (tmp_path / "up.txt").exists() and not (tmp_path.parent / "up.txt").exists()


def _whole(packed: Path, into: Path, name: str, content: bytes | None) -> Path:
    """A copy whose record is right about all it holds: with another member, or without it."""
    with zipfile.ZipFile(packed) as file:
        held = {one: file.read(one) for one in file.namelist() if one not in ("dancer.json", name)}
        held |= {name: content} if content is not None else {}
        about = json.loads(file.read("dancer.json"))
    known = {one: {"bytes": len(it), "sha256": hashlib.sha256(it).hexdigest()} for one, it in held.items()}
    with zipfile.ZipFile(into, "w") as copy:
        for one, it in {**held, "dancer.json": json.dumps({**about, "members": known}).encode()}.items():
            copy.writestr(one, it)
    return into


LARGE = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", 30000, 30000)
"""The beginning of a PNG that would unpack to 2.7 GB."""


@pytest.mark.parametrize(
    ("name", "content"),
    [("network/frame.onnx", None), ("network/network.json", b"{}"), ("clips/001/plate.png", LARGE)],
)
def test_a_file_that_is_whole_and_still_no_dancer_is_refused(
    packed: Path, dance: Path, tmp_path: Path, name: str, content: bytes | None
) -> None:
    file = _whole(packed, tmp_path / "jo.dancer", name, content)
    assert "jo.dancer is damaged" in failed("transfer", dance, file, "-o", tmp_path / "clip.mp4").message


@pytest.mark.parametrize("damage", ["cut", "flipped", "text"])
def test_a_damaged_file_is_refused(packed: Path, dance: Path, tmp_path: Path, damage: str) -> None:
    content = bytearray(packed.read_bytes())
    if damage == "cut":
        del content[-len(content) // 3 :]
    elif damage == "flipped":
        for at in range(2000, 2100):
            content[at] ^= 255
    else:
        content = bytearray(b"no zip")
    (tmp_path / "jo.dancer").write_bytes(content)
    failed("transfer", dance, tmp_path / "jo.dancer", "-o", tmp_path / "clip.mp4")


def test_nothing_in_it_is_pickled(packed: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(packed) as file:
        names = file.namelist()
        file.extractall(tmp_path)
    assert {Path(name).suffix for name in names} == {".json", ".onnx", ".npz", ".png"}
    for name in names:
        if name.endswith(".npz"):
            with np.load(tmp_path / name, allow_pickle=False) as data:
                assert all(data[one].dtype != object for one in data)


def test_it_dances_live(
    packed: Path, true_project: Path, puppet_clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, out = Project.open(true_project), tmp_path / "live.mp4"
    track = Poses.load(project.dance_folder(project.dances[0]) / "track.npz")

    class Knowing:
        def __call__(self, image: np.ndarray, time: float) -> Estimate:
            n = round(time * 25)
            return Estimate(track.xy[n].copy(), track.confidence[n].copy())

        def close(self) -> None:
            pass

    monkeypatch.setattr(estimators, "make", lambda name: Knowing())
    words = (packed, puppet_clips / "dance.mp4", "-o", out, "--pace", "all", "--window", "off", "--stop-after", 1.8)
    events = done("live", *words)
    assert any(AGREED in one for one in notices(events))
    pictures = [frame.image.astype(int) for frame in read_frames(out)]
    assert len(pictures) == 45 and np.abs(pictures[-1] - pictures[0]).mean() > 0.5
