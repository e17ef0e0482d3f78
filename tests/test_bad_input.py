"""What people really bring: files that are none, too little of a person, full disks, damaged projects."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from engine import TINY, done, failed, last, notices, stages, strays
from video_samples import make_sound, make_video, tone

from dancetransfer.project import Project
from dancetransfer.project_file import FORMAT
from dancetransfer.video.read import frame_times, probe, read_frames
from dancetransfer.video.write import Writer


def rewritten(clip: Path, path: Path, count: int, box: tuple[int, int, int, int] | None = None) -> Path:
    """The first frames of a clip, cut to left, top, right, bottom, without sound."""
    frames = list(read_frames(clip, 0, count))
    left, top, right, bottom = box or (0, 0, *frames[0].image.shape[1::-1])
    with Writer(path, (right - left, bottom - top), fps=25, mark=False) as writer:
        for frame in frames:
            writer.write(np.ascontiguousarray(frame.image[top:bottom, left:right]), frame.time)
    return path


def wall(count: int) -> list[np.ndarray]:
    """Frames of a room in which nobody is."""
    image = np.full((256, 256, 3), (150, 160, 170), np.uint8)
    image[180:] = 110, 90, 70
    return [image] * count


# --- files that are no videos ---------------------------------------------------------------------


def broken(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.mp4"
    if kind == "text":
        path.write_text("This is a letter.\n" * 50)
    elif kind == "empty":
        path.touch()
    elif kind == "sound alone":
        make_sound(path, tone(1), 48000)
    elif kind == "folder":
        path.mkdir()
    elif kind == "without its end":
        whole = make_video(folder / "whole.mp4", wall(10))
        path.write_bytes(whole.read_bytes()[:-200])  # its table of contents, which is written last
    return path


@pytest.mark.parametrize("kind", ["missing", "text", "empty", "sound alone", "folder", "without its end"])
def test_a_file_that_is_no_video_ends_before_anything_is_made(kind: str, short_clips: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    output.mkdir()
    bad = broken(kind, tmp_path)
    good = short_clips / "person.mp4"
    for videos in ([bad, good], [good, bad]):
        told = failed("transfer", *videos, "-o", output / "clip.mp4")
        assert bad.stem in told.message
        assert list(output.iterdir()) == []
    failed("info", bad)
    failed("poses", bad, "-o", output / "poses.npz")
    assert list(output.iterdir()) == []


def test_the_clip_never_replaces_a_video_that_is_read(short_clips: Path, tmp_path: Path) -> None:
    dance = shutil.copy(short_clips / "dance.mp4", tmp_path / "dance.mp4")
    before = dance.read_bytes()
    failed("transfer", dance, short_clips / "person.mp4", "-o", dance)
    assert dance.read_bytes() == before


@pytest.mark.parametrize("name", ["clip.avi", "clip", "nowhere/clip.mp4", "folder.mp4"])
def test_a_clip_that_could_not_be_written_is_told_at_once(name: str, short_clips: Path, tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    failed("transfer", short_clips / "dance.mp4", short_clips / "person.mp4", "-o", tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder.mp4"]


# --- too little of a person -----------------------------------------------------------------------


def test_a_video_without_a_person_leaves_the_project_as_it_was(finished: Path, tmp_path: Path) -> None:
    empty = make_video(tmp_path / "empty.mp4", wall(12))
    before = [(one.name, one.file) for one in Project.open(finished).dances]
    for words in (["add-dance"], ["add-person"]):
        told = failed(*words, finished, empty)
        assert "empty.mp4" in told.message
    project = Project.open(finished)
    assert [(one.name, one.file) for one in project.dances] == before
    assert len(project.clips) == 1
    assert stages(done("train", finished)) == []  # nothing is in the way, and all is still there


def test_few_frames_with_a_person_and_no_legs_are_told_and_used(
    finished: Path, short_clips: Path, tmp_path: Path
) -> None:
    """The upper body for some frames, then nobody."""
    frames = [frame.image[:150] for frame in read_frames(short_clips / "dance.mp4", 0, 14)]
    clip = make_video(tmp_path / "half.mp4", [np.ascontiguousarray(one) for one in frames + [wall(1)[0][:150]] * 26])
    told = notices(done("add-dance", finished, clip))
    assert any("% of the frames" in one for one in told), told
    assert any("legs" in one for one in told), told
    assert len(told) == len(set(told))


def test_what_decodes_of_a_broken_file_is_used(finished: Path, short_clips: Path, tmp_path: Path) -> None:
    images = [frame.image for frame in read_frames(short_clips / "dance.mp4", 0, 30)]
    whole = make_video(tmp_path / "whole.mkv", images, options={"g": "5"}, tick=None)
    clip = tmp_path / "broken.mkv"
    clip.write_bytes(whole.read_bytes()[: whole.stat().st_size * 6 // 10])
    told = notices(done("add-dance", finished, clip))
    assert sum("broken.mkv" in one for one in told) == 1, told
    rendered = done("render", finished, "--dance", "broken")
    assert "render" in stages(rendered)
    done("export", finished, "--dance", "broken", "-o", tmp_path / "clip.mp4")
    assert 5 < probe(tmp_path / "clip.mp4").frames == probe(clip).frames < 30


def test_too_few_frames_to_learn_from(short_clips: Path, tmp_path: Path) -> None:
    clip = rewritten(short_clips / "person.mp4", tmp_path / "little.mp4", 14)
    project = tmp_path / "little.dance"
    done("add-person", project, clip)
    told = failed("train", project, *TINY, "--steps", 4)
    assert "14 frames" in told.message and "60" in told.message
    assert len(Project.open(project).clips) == 1


@pytest.mark.usefixtures("joints_unmeasured")
def test_odd_sizes_and_unusual_names(short_clips: Path, tmp_path: Path) -> None:
    place = tmp_path / "Ünï 舞 mit Leerzeichen"
    place.mkdir()
    dance = make_video(
        place / "Der Tanz, 100 % 舞.mkv",
        [np.ascontiguousarray(f.image[:243, 3:]) for f in read_frames(short_clips / "dance.mp4", 0, 12)],
        codec="ffv1",
        layout="bgra",
    )
    person = make_video(
        place / "Ünïcøde [1].mkv",
        [np.ascontiguousarray(f.image[1:, :251]) for f in read_frames(short_clips / "brief.mp4")],
        codec="ffv1",
        layout="bgra",
    )
    clip = place / "Ergebnis ü.mp4"
    events = done("transfer", dance, person, "-o", clip, *TINY, "--steps", 2)
    assert last(events).files == [str(clip)]
    facts = probe(clip)
    assert (probe(dance).width, probe(dance).height) == (253, 243)
    assert (facts.width, facts.height) == (252, 256)  # 251x255, each with its last line doubled
    assert facts.frames == 12
    assert np.allclose(frame_times(clip), frame_times(dance), atol=2e-3)
    assert strays(place) == []


# --- disks ----------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own in memory, which can be filled and made read-only."""
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=100m", "none", str(place)], capture_output=True)
    if made.returncode:
        pytest.skip("only root may mount a small disk")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path, leave: int) -> Path:
    """Leave only so many bytes free."""
    filler = place / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(place).free - leave)
    return filler


def test_a_full_disk(transferred: Path, short_clips: Path, small_disk: Path, tmp_path: Path) -> None:
    project, clip = small_disk / "clip.dance", small_disk / "clip.mp4"
    shutil.copytree(transferred / "clip.dance", project)
    shutil.copy(transferred / "clip.mp4", clip)
    before = clip.read_bytes()
    filler = fill(small_disk, 20_000)
    for words in (
        ["export", project, "-o", clip],
        ["train", project, "--new"],
        ["add-dance", project, rewritten(short_clips / "dance.mp4", tmp_path / "another.mp4", 12)],
    ):
        told = failed(*words)
        assert "disk is full" in told.message, told
        assert str(small_disk) in told.hint
    assert clip.read_bytes() == before
    assert strays(small_disk) == []
    filler.unlink()
    assert "train" in stages(done("train", project))
    done("export", project, "--dance", "dance", "-o", clip)
    assert probe(clip).frames == 30


@pytest.mark.usefixtures("joints_unmeasured")
def test_a_disk_that_fills_up_while_learning(transferred: Path, small_disk: Path) -> None:
    project = small_disk / "clip.dance"
    shutil.copytree(transferred / "clip.dance", project)
    kept = (project / "person/runs/001/last.pt").read_bytes()
    filler = fill(small_disk, 3_000_000)  # metrics and previews fit, the checkpoint doesn't
    assert "disk is full" in failed("train", project, "--steps", 6).message
    assert (project / "person/runs/001/last.pt").read_bytes() == kept
    assert strays(project) == []
    filler.unlink()
    done("train", project, "--steps", 6)


def test_a_folder_that_can_not_be_written_to(transferred: Path, short_clips: Path, small_disk: Path) -> None:
    project = small_disk / "clip.dance"
    shutil.copytree(transferred / "clip.dance", project)
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    videos = short_clips / "dance.mp4", short_clips / "person.mp4"
    for words in (
        ["train", project],
        ["transfer", *videos, "-o", small_disk / "other.mp4"],
        ["transfer", *videos, "-o", small_disk.parent / "other.mp4", "--project", small_disk / "other.dance"],
        ["poses", videos[0], "-o", small_disk / "poses.npz"],
    ):
        told = failed(*words)
        assert "can't be written to" in told.message and str(small_disk) in told.message


# --- projects -------------------------------------------------------------------------------------


def test_a_second_engine_names_the_first(finished: Path) -> None:
    with Project.open(finished).lock():
        told = failed("train", finished)
    assert f"process {os.getpid()}" in told.message
    assert stages(done("train", finished)) == []


def test_a_project_of_a_newer_version_is_left_alone(finished: Path) -> None:
    file = finished / "project.json"
    file.write_text(json.dumps({"format": FORMAT + 1, "people": []}))
    before = file.read_bytes()
    assert "newer" in failed("train", finished).message
    assert file.read_bytes() == before


@pytest.mark.parametrize(
    "damage", ['{"format": 1, "cli', "", "[]", '{"format": 1, "clips": 5, "dances": []}', "\0" * 99]
)
def test_a_damaged_project_file_is_read_from_its_copy(damage: str, finished: Path) -> None:
    (finished / "project.json").write_text(damage)
    events = done("train", finished)
    assert stages(events) == []
    assert any("damaged" in one for one in notices(events))
    assert stages(done("train", finished)) == [] == notices(done("train", finished))


def test_a_damaged_project_file_without_a_copy(finished: Path) -> None:
    for name in ("project.json", "project.copy.json"):
        (finished / name).write_text("{")
    assert "damaged" in failed("train", finished).message
    assert (finished / "person" / "runs" / "001" / "best.safetensors").exists()


def test_a_stranger_s_project_can_not_point_outside(finished: Path) -> None:
    data = json.loads((finished / "project.json").read_text())
    data["dances"][0]["name"] = "../../other"
    for name in ("project.json", "project.copy.json"):
        (finished / name).write_text(json.dumps(data))
    failed("forget", finished, "--yes")
