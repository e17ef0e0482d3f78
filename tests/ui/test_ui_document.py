"""The open project: edits and their undo, autosave, what the engine writes meanwhile, damage, copies, moved videos."""

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from engine import done, last
from pytestqt.qtbot import QtBot

from dancetransfer import recovery
from dancetransfer.errors import UserError
from dancetransfer.media import Media
from dancetransfer.pose import edits
from dancetransfer.project import Project
from dancetransfer.settings import ExportSettings, RetargetSettings, TrainSettings
from ui.project.document import Document
from ui.project.jobs import Ending, Jobs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with two dances and two videos of the person; what is in those is no matter here."""
    project = Project.create(tmp_path / "My Löng Näme.dance")
    (tmp_path / "videos").mkdir()
    for name in ("hip hop", "waltz", "Anna 1", "Anna 2"):
        file = tmp_path / "videos" / f"{name}.mp4"
        file.write_bytes(name.encode())
        (project.add_clip if "Anna" in name else project.add_dance)(file)
    project.save()
    return project.folder


@pytest.fixture
def document(qtbot: QtBot, folder: Path) -> Iterator[Document]:
    one = Document()
    one.open(folder)
    yield one
    one.close(anyway=True)


def kept(folder: Path) -> Project:
    """What is on the disk."""
    return Project.open(folder)


def state(project: Project) -> dict[str, Any]:
    """All that the edits of the window change."""
    media = [*project.clips, *project.dances]
    return {
        "media": media,
        "trims": [project.trim(one) for one in media],
        "edits": [project.edits(folder) for folder in _folders(project)],
        "settings": [project.settings(group) for group in (TrainSettings, RetargetSettings, ExportSettings)],
        "consent": project.consent,
    }


def _folders(project: Project) -> list[Path]:
    return [*map(project.clip_folder, project.clips), *map(project.dance_folder, project.dances)]


def opened(document: Document) -> Project:
    assert document.project is not None
    return document.project


# --- edits ----------------------------------------------------------------------------------------


def trims(document: Document) -> None:
    document.set_trim(opened(document).dances[0], 1.5, 4.0)


def touches_up(document: Document) -> None:
    where = opened(document).dance_folder(opened(document).dances[1])
    edit = edits.Edit(1, what=edits.HIDDEN, joint="nose", time=1.0)
    document.set_edits("Hide the nose", where, [edits.entry(edit)])


def sets(document: Document) -> None:
    document.set_settings(replace(opened(document).settings(TrainSettings), budget=600.0))


def follows(document: Document) -> None:
    document.set_follow(opened(document).clips[0], "person 2")


def moves(document: Document) -> None:
    media = opened(document).dances[0]
    there = Path(media.file).parent.parent / "elsewhere.mp4"
    shutil.copy(media.file, there)
    document.relocate(media, there)


def agrees(document: Document) -> None:
    project = opened(document)
    document.do("Agree", lambda: setattr(project, "consent", "Anna"), lambda: setattr(project, "consent", None))


EDITS = (trims, touches_up, sets, follows, moves, agrees)


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_is_saved_by_itself_and_can_be_undone_and_redone(
    edit: Any, document: Document, folder: Path, qtbot: QtBot
) -> None:
    before = state(kept(folder))
    with qtbot.waitSignal(document.saved):
        edit(document)
        assert document.dirty
    after = state(kept(folder))
    assert after != before and after == state(opened(document))
    assert document.undo_stack.undoText()
    for press, wanted in ((document.undo_stack.undo, before), (document.undo_stack.redo, after)):
        with qtbot.waitSignals([document.changed, document.saved]):
            press()
        assert state(kept(folder)) == wanted
    assert not document.dirty


def test_all_edits_can_be_taken_back_in_a_row(document: Document) -> None:
    states = [state(opened(document))]
    for edit in EDITS:
        edit(document)
        states.append(state(opened(document)))
    for wanted in reversed(states[:-1]):
        document.undo_stack.undo()
        assert state(opened(document)) == wanted
    for wanted in states[1:]:
        document.undo_stack.redo()
        assert state(opened(document)) == wanted


def test_quick_steps_of_the_same_handle_are_one(document: Document) -> None:
    dance, other = opened(document).dances
    for start in range(10):
        document.set_trim(dance, float(start), 20.0)
    document.set_trim(other, 1.0, 2.0)
    assert document.undo_stack.count() == 2
    document.undo_stack.undo()
    document.undo_stack.undo()
    assert document.trim(dance) is None
    assert document.trim_words(dance) == []
    document.undo_stack.redo()
    assert document.trim(dance) == (9.0, 20.0)
    assert document.trim_words(dance) == ["--from", "9", "--to", "20"]


def test_an_edit_that_cannot_be_is_none(document: Document) -> None:
    with pytest.raises(UserError):
        document.set_trim(opened(document).dances[0], 4.0, 1.5)
    assert document.undo_stack.count() == 0 and not document.dirty
    document.set_settings(opened(document).settings(TrainSettings))  # as they are
    assert document.undo_stack.count() == 0
    document.close()
    with pytest.raises(UserError):
        trims_nothing = Media("x", "/x", "")
        document.set_trim(trims_nothing, 0, 1)


def test_the_dance_that_is_worked_on_is_kept(document: Document, folder: Path) -> None:
    assert document.dance and document.dance.name == "waltz"
    document.choose_dance("hip-hop")
    document.close()
    assert document.dance is None and document.name == ""
    document.open(folder)
    assert document.dance and document.dance.name == "hip-hop"
    with pytest.raises(UserError):
        document.choose_dance("polka")


def test_closing_saves_and_a_refusing_disk_is_told(document: Document, folder: Path, qtbot: QtBot) -> None:
    trims(document)
    document.close()
    assert kept(folder).trim(kept(folder).dances[0]) == (1.5, 4.0)
    document.open(folder)
    trims(document)
    shutil.move(folder, moved := folder.with_name("moved"))
    with qtbot.waitSignal(document.failed) as told:
        pass
    assert told.args is not None and all(told.args)
    with pytest.raises(UserError):
        document.close()
    assert document.project is not None
    shutil.move(moved, folder)
    document.close()
    assert kept(folder).trim(kept(folder).dances[0]) == (1.5, 4.0)


# --- beside the engine ----------------------------------------------------------------------------


def test_what_the_engine_writes_and_what_the_window_edits_meanwhile_are_both_kept(
    document: Document, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    project = opened(document)
    trims(document)
    (engine := kept(folder)).add_dance(_video(tmp_path / "tango.mp4"))
    engine.save()  # between our edit and its saving
    document.save()
    assert [one.name for one in kept(folder).dances] == ["hip-hop", "waltz", "tango"]
    assert state(kept(folder)) == state(project) == state(opened(document))
    assert kept(folder).trim(project.dances[0]) == (1.5, 4.0)
    document.undo_stack.undo()
    assert project.trim(project.dances[0]) is None


def _video(file: Path) -> Path:
    file.write_text(file.stem)
    return file


def test_edits_made_while_a_job_runs_survive_its_writing(
    document: Document, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    """An engine that reads the project when it starts and writes it when it has been told to."""
    script = (
        "import sys\nfrom dancetransfer.project import Project\n"
        'project = Project.open(sys.argv[1]); print(\'{"event": "Started", "stage": "x"}\', flush=True)\n'
        "sys.stdin.readline(); sys.stdin.readline()\nproject.add_dance(__import__('pathlib').Path(sys.argv[2]))\n"
        'project.save(); print(\'{"event": "Done", "stage": ""}\')\n'
    )
    jobs = Jobs(command=lambda words: [sys.executable, "-c", script, *words])
    document.attend(jobs)
    sets(document)  # not saved yet when the job is asked for
    with qtbot.waitSignal(jobs.event):
        job = jobs.add([folder, _video(tmp_path / "tango.mp4")], "Adding a dance")
    with qtbot.waitSignal(document.saved):
        trims(document)
    with qtbot.waitSignals([jobs.emptied, document.changed]):
        jobs.tell_activity(True)
    assert job.outcome and job.outcome.code == Ending.DONE
    document.save()
    for project in (kept(folder), opened(document)):
        assert [one.name for one in project.dances] == ["hip-hop", "waltz", "tango"]
        assert project.trim(project.dances[0]) == (1.5, 4.0) and project.settings(TrainSettings).budget == 600


def test_after_forgetting_the_person_nothing_brings_her_back(document: Document, folder: Path, qtbot: QtBot) -> None:
    jobs = Jobs()
    document.attend(jobs)
    agrees(document)
    follows(document)
    document.save()
    assert document.copies()
    with qtbot.waitSignal(jobs.emptied):
        jobs.add(["forget", folder, "--yes"], "Forgetting")
    assert opened(document).clips == [] and opened(document).consent is None
    assert document.undo_stack.count() == 0 and document.copies() == []
    document.choose_dance("hip-hop")
    document.save()
    assert not any(b"Anna" in file.read_bytes() for file in folder.rglob("*") if file.is_file())


# --- damage and copies ----------------------------------------------------------------------------


def damage(folder: Path, text: str) -> None:
    for name in ("project.json", "project.copy.json"):
        (folder / name).write_text(text)


def reopened(document: Document, folder: Path) -> list[str]:
    """What opening told."""
    notes: list[str] = []
    document.close(anyway=True)
    document.told.connect(notes.append)
    document.open(folder)
    return notes


def test_a_project_whose_file_is_damaged_comes_from_its_copy(document: Document, folder: Path) -> None:
    before = state(opened(document))
    (folder / "project.json").write_text("{")
    notes = reopened(document, folder)
    assert len(notes) == 1 and "copy" in notes[0]
    assert state(opened(document)) == before


def test_a_project_whose_copy_is_damaged_too_comes_from_a_dated_one(document: Document, folder: Path) -> None:
    trims(document)
    document.save()
    sets(document)
    document.save()  # no second dated copy so soon
    assert len(document.copies()) == 1
    damage(folder, "\0\0\0")
    notes = reopened(document, folder)
    assert notes and len(opened(document).dances) == 2
    assert document.trim(opened(document).dances[0]) is None  # as it was before the first edit
    trims(document)
    document.save()
    assert reopened(document, folder) == []


def test_what_is_sound_of_a_damaged_file_is_kept(document: Document, folder: Path) -> None:
    trims(document)
    touches_up(document)
    document.save()
    data = json.loads((folder / "project.json").read_text(encoding="utf-8"))
    data["dances"].append({"name": "../..", "file": "/etc/passwd", "fingerprint": "x"})
    data["clips"][1].pop("file")
    data["settings"] = {"train": {"size": 7, "seed": 5}, "export": 3}
    damage(folder, json.dumps(data))
    notes = reopened(document, folder)
    project = opened(document)
    assert [one.name for one in project.dances] == ["hip-hop", "waltz"] and len(project.clips) == 1
    assert document.trim(project.dances[0]) == (1.5, 4.0) and project.edits(project.dance_folder(project.dances[1]))
    assert project.settings(TrainSettings) == TrainSettings(seed=5)
    assert len(notes) == 4 and any("size" in note for note in notes)


def test_of_a_project_without_any_file_the_results_are_found(qtbot: QtBot, exact: Project) -> None:
    dance, clip = exact.dances[0], exact.clips[0]
    damage(exact.folder, "")
    document = Document()
    notes: list[str] = []
    document.told.connect(notes.append)
    document.open(exact.folder)
    assert len(notes) == 1
    project = opened(document)
    assert [one.name for one in (*project.dances, *project.clips)] == [dance.name, clip.name]
    assert document.missing() == [*project.clips, *project.dances]
    document.relocate(project.dances[0], dance.file)
    document.relocate(project.clips[0], clip.file)
    assert document.missing() == [] and (project.dances, project.clips) == ([dance], [clip])
    document.close()


def test_what_is_no_project_or_a_newer_one_is_refused_and_the_open_one_stays(
    document: Document, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    newer = Project.create(tmp_path / "newer.dance").folder
    damage(newer, json.dumps({"format": 99, "clips": [], "dances": []}))
    for path in (tmp_path / "empty", tmp_path / "nowhere", newer):
        with pytest.raises(UserError):
            document.open(path)
        assert opened(document).folder == folder
    assert json.loads((newer / "project.json").read_text())["format"] == 99


def test_dated_copies_are_few_and_one_can_be_gone_back_to(document: Document, folder: Path) -> None:
    now = datetime(2026, 1, 1)
    for minute in range(0, 200, 2):
        trim = (0.0, 1.0 + minute)
        opened(document).set_trim(opened(document).dances[0], trim)
        opened(document).save()
        recovery.keep(folder, now + timedelta(minutes=minute))
    dates = [date for date, _ in document.copies()]
    assert len(dates) == recovery.KEPT and dates == sorted(dates, reverse=True)
    assert min(a - b for a, b in pairwise(dates)) >= timedelta(minutes=5)
    oldest = document.copies()[-1][1]
    sets(document)
    now_state = state(opened(document))
    document.restore(oldest)
    assert document.trim(opened(document).dances[0]) != (0.0, 199.0)
    assert opened(document).settings(TrainSettings) == TrainSettings() and document.undo_stack.count() == 0
    document.restore(document.copies()[0][1])
    assert state(opened(document)) == now_state == state(kept(folder))


# --- places ---------------------------------------------------------------------------------------


def test_a_copy_of_the_project_is_opened_and_the_first_one_stays(
    document: Document, folder: Path, tmp_path: Path, qtbot: QtBot
) -> None:
    trims(document)
    with opened(document).lock():
        pass
    (folder / ".half.4711.png").write_text("unfinished")
    with qtbot.waitSignal(document.opened):
        document.save_as(tmp_path / "copy.dance")
    assert opened(document).folder == tmp_path / "copy.dance"
    assert state(kept(folder)) == state(opened(document))
    assert not list((tmp_path / "copy.dance").glob(".*")) and not (tmp_path / "copy.dance" / "lock").exists()
    sets(document)
    document.save()
    assert state(kept(folder)) != state(opened(document))
    for path in (folder, tmp_path / "copy.dance" / "inside", tmp_path / "no" / "where.dance"):
        with pytest.raises(UserError):
            document.save_as(path)
    assert [path.name for path in Document.recent()] == ["copy.dance", folder.name]
    shutil.rmtree(tmp_path / "copy.dance")
    assert [path.name for path in Document.recent()] == [folder.name]


def test_no_copy_is_made_beside_a_job(document: Document, tmp_path: Path, qtbot: QtBot) -> None:
    jobs = Jobs()
    document.attend(jobs)
    jobs.add(["info", opened(document).folder], "Looking")
    with qtbot.waitSignal(jobs.emptied):
        qtbot.waitUntil(lambda: jobs.current is not None)
        with pytest.raises(UserError):
            document.save_as(tmp_path / "copy.dance")


def test_videos_that_moved_are_asked_for_and_their_neighbors_found_too(
    document: Document, folder: Path, tmp_path: Path
) -> None:
    project = opened(document)
    old = [Path(one.file) for one in (*project.clips, *project.dances)]
    (tmp_path / "archive").mkdir()
    for file in old[:3]:
        shutil.move(file, tmp_path / "archive" / file.name)
    missing = document.missing()
    assert [Path(one.file) for one in missing] == old[:3]
    with pytest.raises(UserError, match="another video"):
        document.relocate(missing[0], old[3])
    with pytest.raises(UserError):
        document.relocate(missing[0], tmp_path / "nowhere.mp4")
    document.relocate(missing[0], tmp_path / "archive" / "Anna 1.mp4")
    assert document.missing() == []
    document.undo_stack.undo()
    assert document.missing() == missing


def test_the_command_line_opens_what_the_window_wrote(document: Document, folder: Path) -> None:
    for edit in EDITS:
        edit(document)
    document.save()
    facts = last(done("info", folder)).result
    assert len(facts["dances"]) == 2 and facts["consent"] == "Anna"
