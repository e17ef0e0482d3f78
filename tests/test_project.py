"""A project keeps what it is told, survives damage, and belongs to one process at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dancetransfer.errors import UserError
from dancetransfer.project import Project
from dancetransfer.project_file import FORMAT
from dancetransfer.settings import TrainSettings


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project.create(tmp_path / "my.dance")


def video(folder: Path, name: str, content: str = "") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content or name)
    return path


def test_what_is_saved_is_there_again(project: Project, tmp_path: Path) -> None:
    clip = project.add_clip(video(tmp_path, "me.mp4"))
    dance = project.add_dance(video(tmp_path, "hip hop!.mp4"))
    project.consent = "Kim agreed on 1 May 2026."
    project.set_settings(TrainSettings(size=128, budget=60))
    project.save()
    again = Project.open(project.folder)
    assert again.clips == [clip] and clip.name == "001"
    assert again.dances == [dance] and dance.name == "hip-hop"
    assert again.consent == "Kim agreed on 1 May 2026."
    assert again.settings(TrainSettings) == TrainSettings(size=128, budget=60)
    assert again.notes == []


def test_the_same_video_is_added_once_even_from_elsewhere(project: Project, tmp_path: Path) -> None:
    first = project.add_clip(video(tmp_path, "a.mp4", "film"))
    second = project.add_clip(video(tmp_path, "moved/b.mp4", "film"))
    assert first.name == second.name
    assert [Path(one.file).name for one in project.clips] == ["b.mp4"]


def test_dances_of_one_name_get_folders_of_their_own(project: Project, tmp_path: Path) -> None:
    names = [project.add_dance(video(tmp_path, f"{n}/Tanz.mp4", str(n))).name for n in range(2)]
    names.append(project.add_dance(video(tmp_path, "3/tanz.mp4", "3")).name)
    assert len({name.lower() for name in names}) == 3
    assert project.dance(None).name == names[-1]
    assert project.dance(names[0]).name == names[0]
    with pytest.raises(UserError, match="no dance 'polka'"):
        project.dance("polka")


@pytest.mark.parametrize("name", ["../evil.mp4", "..mp4", "日本.mp4", "a" * 200 + ".mp4", "$(rm).mp4"])
def test_no_file_name_leads_out_of_the_project(project: Project, tmp_path: Path, name: str) -> None:
    dance = project.add_dance(video(tmp_path / "in", name.replace("../", ""), name))
    folder = project.dance_folder(dance)
    assert folder.parent == project.folder / "dances"
    folder.mkdir(parents=True)


def test_a_video_that_is_gone_says_so(project: Project, tmp_path: Path) -> None:
    file = video(tmp_path, "a.mp4")
    clip = project.add_clip(file)
    assert clip.path() == file
    file.unlink()
    with pytest.raises(UserError, match="no longer there"):
        clip.path()


def test_other_folders_are_refused(tmp_path: Path) -> None:
    video(tmp_path, "thesis/chapter1.txt")
    with pytest.raises(UserError, match="not a DanceTransfer project"):
        Project.create(tmp_path / "thesis")
    with pytest.raises(UserError, match="not a DanceTransfer project"):
        Project.open(tmp_path / "thesis")


@pytest.mark.parametrize("damage", ["", '{"format": 1, "cl', "[]", "\0" * 100])
def test_a_damaged_project_is_read_from_its_copy(project: Project, tmp_path: Path, damage: str) -> None:
    project.add_clip(video(tmp_path, "a.mp4"))
    project.save()
    file = project.folder / "project.json"
    file.write_text(damage)
    again = Project.open(project.folder)
    assert len(again.clips) == 1
    assert "damaged" in again.notes[0]
    assert json.loads(file.read_text())["clips"]
    assert (project.folder / "project.json.damaged-1").read_text() == damage


def test_two_damaged_copies_are_an_error_that_keeps_both(project: Project) -> None:
    for name in ("project.json", "project.copy.json"):
        (project.folder / name).write_text("?")
    with pytest.raises(UserError, match="and so is its copy"):
        Project.open(project.folder)
    assert (project.folder / "project.json.damaged-1").exists()


def test_a_newer_project_is_refused_and_strange_settings_are_kept(project: Project) -> None:
    file = project.folder / "project.json"
    data = json.loads(file.read_text())
    data["settings"] = {"train": {"size": 128, "sparkle": 1}, "smell": {"rose": 2}}
    file.write_text(json.dumps(data))
    again = Project.open(project.folder)
    assert len(again.notes) == 2
    again.set_settings(TrainSettings(size=64))
    again.save()
    kept = json.loads(file.read_text())["settings"]
    assert kept["train"]["sparkle"] == 1 and kept["train"]["size"] == 64 and kept["smell"] == {"rose": 2}
    file.write_text(json.dumps(data | {"format": FORMAT + 1}))
    with pytest.raises(UserError, match="newer version"):
        Project.open(project.folder)


def test_a_second_process_is_refused_and_told_who_has_it(project: Project) -> None:
    attempt = (
        "import sys; from dancetransfer.project import Project; from dancetransfer.errors import UserError\n"
        "try:\n"
        "    with Project.open(sys.argv[1]).lock(): print('got it')\n"
        "except UserError as error: print(error.message)\n"
    )

    def other() -> str:
        command = [sys.executable, "-c", attempt, str(project.folder)]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    with project.lock():
        assert f"in use by process {os.getpid()}" in other()
    assert other() == "got it\n"


def test_a_lock_ends_with_a_killed_process(project: Project) -> None:
    hold = (
        "import os, sys; from dancetransfer.project import Project\n"
        "with Project.open(sys.argv[1]).lock(): print('held', flush=True); sys.stdin.read()\n"
    )
    command = [sys.executable, "-c", hold, str(project.folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout and child.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=f"process {child.pid}"), project.lock():
            pass
        child.kill()
        child.wait()
    with project.lock():
        pass


def test_forgetting_the_person_leaves_the_dances(project: Project, tmp_path: Path) -> None:
    clip = project.add_clip(video(tmp_path, "a.mp4"))
    dance = project.add_dance(video(tmp_path, "b.mp4"))
    project.consent = "yes"
    folder = project.dance_folder(dance)
    for path in (
        project.clip_folder(clip) / "poses.npz",
        project.person / "runs" / "001" / "best.safetensors",
        folder / "render" / "000001.mkv",
        folder / "exports" / "clip.mp4",
        folder / "retarget.npz",
        folder / "poses.npz",
    ):
        video(path.parent, path.name)
    project.forget_person()
    again = Project.open(project.folder)
    assert again.clips == [] and again.consent is None and again.dances == [dance]
    left = {str(p.relative_to(project.folder)) for p in project.folder.rglob("*") if p.is_file()}
    assert left == {"project.json", "project.copy.json", f"dances/{dance.name}/poses.npz"}
    assert (tmp_path / "a.mp4").exists()
