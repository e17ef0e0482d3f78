"""A batch: what its list may say, who does the work, what is tried again, and what is done already."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from engine import call, failed
from fake_job import fake

from dancetransfer.cli.board import board
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Job, Notice, Progress
from dancetransfer.farm.batch import batch
from dancetransfer.farm.jobs import Batch, read_batch
from dancetransfer.farm.pool import Pool, open_pool
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.video.read import probe

LIST = """
output = "clips/{dancer}-{dance}.mp4"
folder = "work"

[options]
recipe = "fast"
budget = "10m"

[[dancers]]
name = "ann"
person = ["one.mp4", "two.mp4"]
consent = "Ann agreed on 3 May"
options = {size = 512}

[[dancers]]
person = "bob.mp4"

[[dances]]
file = "hiphop.mp4"
at = "30,20@1.5"

[[dances]]
file = "waltz.mp4"
options = {music-from = -2, sound = "off"}
"""


def written(folder: Path, text: str = LIST, **dances: str) -> Path:
    """A list in a folder with the files that it names; `dances` says what the fake engine does with them."""
    for name in ("one", "two", "bob", "hiphop", "waltz"):
        (folder / f"{name}.mp4").write_text(dances.get(name, "dance"), encoding="utf-8")
    (folder / "jobs.toml").write_text(text, encoding="utf-8")
    return folder / "jobs.toml"


# --- the list ----------------------------------------------------------------------------------------


def test_every_dancer_does_every_dance_with_the_words_of_the_command_line(tmp_path: Path) -> None:
    plan = read_batch(written(tmp_path))
    assert [task.name for task in plan.tasks] == ["ann-hiphop", "ann-waltz", "bob-hiphop", "bob-waltz"]
    ann, last = plan.tasks[0], plan.tasks[3]
    ((*words,),) = ann.steps
    assert words == [
        "transfer", str(tmp_path / "hiphop.mp4"), str(tmp_path / "one.mp4"), str(tmp_path / "two.mp4"),
        "-o", str(tmp_path / "clips" / "ann-hiphop.mp4"), f"--project={tmp_path / 'work' / 'ann.dance'}",
        "--at=30,20@1.5", "--recipe=fast", "--budget=10m", "--size=512", "--consent=Ann agreed on 3 May",
    ]  # fmt: skip
    assert {"--music-from=-2", "--sound=off"} <= set(last.steps[0]) and "--size=512" not in last.steps[0]
    assert ann.project == plan.tasks[1].project != last.project


def test_a_project_is_taken_as_it_is_and_learned_only_where_nothing_is_known(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "ann.dance")
    for known in (False, True):
        text = 'output = "x-{dance}.mp4"\ndancers = ["ann.dance"]\ndances = ["waltz.mp4"]\n[options]\nsize = 64\n'
        steps = read_batch(written(tmp_path, text)).tasks[0].steps
        assert [words[0] for words in steps] == ["add-dance", *([] if known else ["train"]), "export"]
        (project.person / "runs" / "001").mkdir(parents=True, exist_ok=True)
        (project.person / "runs" / "001" / "best.safetensors").write_bytes(b"")


def test_a_portable_dancer_is_not_learned_and_works_in_as_many_places_as_it_has_dances(tmp_path: Path) -> None:
    (tmp_path / "eve.dancer").write_bytes(b"")
    text = 'dancers = ["eve.dancer"]\ndances = ["hiphop.mp4", "waltz.mp4"]\n[options]\nbudget = 60\nfade = 1\n'
    first, second = read_batch(written(tmp_path, text)).tasks
    assert {"--fade=1"} == {word for word in first.steps[0] if word.startswith("--") and "project" not in word}
    assert first.project != second.project


WRONG = {
    "not toml": ("output = ", "TOML"),
    "an unknown key": ("colour = 3\n" + LIST, "'colour' has no meaning in jobs.toml"),
    "an unknown key of a dance": (LIST + 'tempo = "fast"\n', "'tempo' has no meaning in [[dances]]"),
    "an unknown option": (LIST.replace("budget", "budgie"), "There is no option 'budgie'"),
    "an option out of bounds": (LIST.replace("512", "5"), "--size can't be 5"),
    "an option that is learned by a dance": (LIST.replace("sound =", "size ="), "There is no option 'size'"),
    "a file that is not there": (LIST.replace("bob.mp4", "rob.mp4"), "rob.mp4 is not there"),
    "one place for two clips": (LIST.replace("{dancer}-", ""), "would both be written"),
    "a place in a project": (LIST.replace("clips/", "work/ann.dance/"), "lies in a project's folder"),
    "a clip over a video": (LIST.replace("clips/{dancer}-{dance}", "hiphop"), "one of the files that are read"),
    "two of one name": (LIST.replace('"bob.mp4"', '"bob.mp4"\nname = "ann"'), "are called 'ann'"),
    "no dances": (LIST.split("[[dances]]")[0], "names no dances"),
    "a name that leads elsewhere": (LIST.replace('"ann"', '"../ann"'), "can't be a name"),
    "a number for a text": (LIST.replace('"work"', "3"), "folder takes a text"),
    "half a worker": ("cpus = 0\n" + LIST, "cpus can't be 0"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_list_that_is_wrong_is_refused_in_words(wrong: str, tmp_path: Path) -> None:
    text, words = WRONG[wrong]
    error = failed("batch", written(tmp_path, text))
    assert words in error.message
    assert not (tmp_path / "work").exists()


# --- the work, without Ray --------------------------------------------------------------------------


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pool]:
    """The pool where Ray is not installed."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with open_pool(command=fake) as pool:
        yield pool


def states(events: Sequence[Event]) -> dict[str, Job]:
    """How each clip stood last."""
    return {event.name: event for event in events if isinstance(event, Job)}


def made(plan: Batch, pool: Pool) -> list[Event]:
    return list(batch(plan, pool))


def test_without_ray_the_clips_are_made_one_after_the_other_and_only_once(tmp_path: Path, alone: Pool) -> None:
    plan = read_batch(written(tmp_path))
    events = made(plan, alone)
    assert any(isinstance(event, Notice) and "pip install" in event.hint for event in events)
    assert {job.state for job in states(events).values()} == {"done"}
    last = events[-1]
    assert isinstance(last, Done) and last.files == [str(task.output) for task in plan.tasks]
    running = [{n for n, job in states(events[:at]).items() if job.state == "running"} for at in range(len(events))]
    assert max(map(len, running)) == 1
    assert any(isinstance(e, Notice) and e.message == "bob-waltz: The floor is dark." for e in events)
    shares = [event.done / event.total for event in events if isinstance(event, Progress) and event.total]
    assert shares == sorted(shares) and shares[-1] == 1
    assert len((tmp_path / "work" / "ann.dance" / "diary.txt").read_text().splitlines()) == 2
    plan.tasks[0].output.unlink()  # which is made again, and no other
    (tmp_path / "bob.mp4").write_text("another bob", encoding="utf-8")
    made(read_batch(tmp_path / "jobs.toml"), alone)
    assert len((tmp_path / "work" / "ann.dance" / "diary.txt").read_text().splitlines()) == 3
    assert len((tmp_path / "work" / "bob.dance" / "diary.txt").read_text().splitlines()) == 4


def test_one_that_fails_stops_no_other_and_is_named_at_the_end(tmp_path: Path, alone: Pool) -> None:
    plan = read_batch(written(tmp_path, hiphop="fail"))
    with pytest.raises(UserError, match=r"2 of 4 clips could not be made:\n  ann-hiphop: Nobody was found. Film") as it:
        made(plan, alone)
    assert "same command again" in it.value.hint
    assert [task.output.exists() for task in plan.tasks] == [False, True, False, True]


def test_a_child_that_dies_is_tried_again_and_not_for_ever(tmp_path: Path, alone: Pool) -> None:
    plan = read_batch(written(tmp_path, "retries = 0\n" + LIST, hiphop="die"))
    with pytest.raises(UserError, match=r"ended without a word .SIGKILL"):
        made(plan, alone)
    events = made(read_batch(written(tmp_path, hiphop="die")), alone)  # has died once already
    assert {job.state for job in states(events).values()} == {"done"}


def test_a_stop_reaches_the_child_and_the_next_time_goes_on(tmp_path: Path, alone: Pool) -> None:
    plan = read_batch(written(tmp_path, hiphop="slow"))
    with closing(batch(plan, alone)) as events:  # type: ignore[type-var]
        for event in events:
            if isinstance(event, Job) and event.words == "Learning the person":
                break
    assert (tmp_path / "work" / "ann.dance" / "stopped.txt").exists()
    assert {job.state for job in states(made(plan, alone)).values()} == {"done"}


def test_a_cluster_without_ray_is_refused_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    assert "pip install" in failed("batch", written(tmp_path), "--ray", "10.0.0.1:6379").hint


def test_two_real_clips_of_one_dancer(
    short_clips: Path, puppet_shows: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Own frames need no training: the second dance takes the project that the first has made."""
    monkeypatch.setitem(sys.modules, "ray", None)
    show = puppet_shows["dance"]
    poses = Poses(*show.joints(), show.times, show.size, estimator="truth")
    for name, part in (("jump", poses[:10]), ("turn", poses[20:30])):
        part.save(tmp_path / f"{name}.npz")
    (tmp_path / "jobs.toml").write_text(
        f'dancers = ["{short_clips}/brief.mp4"]\ndances = ["jump.npz", "turn.npz"]\n'
        '[options]\nrecipe = "sprites"\nsize = 64\n',
        encoding="utf-8",
    )
    code, events = call("batch", tmp_path / "jobs.toml")
    assert code == 0, events[-1]
    assert {job.state for job in states(events).values()} == {"done"}
    assert all(probe(tmp_path / f"brief-{name}.mp4").frames == 10 for name in ("jump", "turn"))
    assert len(Project.open(tmp_path / "jobs-work" / "brief.dance").dances) == 2
    code, again = call("batch", tmp_path / "jobs.toml")
    assert code == 0 and not any(isinstance(event, Job) and event.state == "running" for event in again)


# --- how it is shown ---------------------------------------------------------------------------------


def test_the_board_shows_who_is_at_work_where_there_is_no_room_for_all() -> None:
    jobs = [Job(f"clip-{n}", "done") for n in range(20)] + [Job("late", "running", "Learning the person", share=0.5)]
    lines = board(jobs, 40, 5)
    assert len(lines) == 5 and max(map(len, lines)) < 40
    assert lines[3].startswith("> late") and "50 %" in lines[3] and lines[4] == "20 done, 1 running"
