"""The commands from end to end: what they make, what they keep, and what they say to a person."""

import io
import json
import shutil
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from engine import TINY, call, done, failed, last, notices, run, stages, strays

from dancetransfer import demo, puppets, transfer
from dancetransfer.cli import console
from dancetransfer.events import Done, Event, Notice, Progress, Started, from_line
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.video.read import frame_times, probe, read_frames
from dancetransfer.video.write import Writer


@pytest.fixture(scope="module")
def second_dance(short_clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Other frames of the puppet's dance: another video."""
    path = tmp_path_factory.mktemp("second") / "second.mp4"
    with Writer(path, (256, 256), fps=25, mark=False) as writer:
        for frame in read_frames(short_clips / "dance.mp4", 8, 30):
            writer.write(frame.image, frame.time)
    return path


# --- transfer -------------------------------------------------------------------------------------


def test_transfer_makes_a_clip_with_every_frame_and_says_how_good_it_is(transferred: Path, short_clips: Path) -> None:
    events = [from_line(line) for line in (transferred / "events.jsonl").read_text("utf-8").splitlines()]
    clip = transferred / "clip.mp4"
    assert last(events).files == [str(clip)]
    assert str(clip) in last(events).message
    assert " dB" in last(events).message and "visible label" in last(events).message
    dance = probe(short_clips / "dance.mp4")
    assert (probe(clip).frames, probe(clip).audio) == (dance.frames, "aac")
    assert np.allclose(frame_times(clip), frame_times(short_clips / "dance.mp4"), atol=1e-3)
    assert strays(transferred) == []
    assert len(notices(events)) == len(set(notices(events)))
    assert "Traceback" not in (transferred / "errors.txt").read_text()


def test_the_same_command_again_only_writes_the_clip(finished: Path, short_clips: Path) -> None:
    videos = short_clips / "dance.mp4", short_clips / "person.mp4"
    events = done("transfer", *videos, "-o", finished.parent / "clip.mp4")  # settings as they were
    assert stages(events) == ["render", "export"]
    assert any(isinstance(event, Done) and "rendered already" in event.message for event in events)
    assert probe(finished.parent / "clip.mp4").frames == 30
    assert " dB" in last(events).message


def test_a_trained_person_dances_a_new_dance_without_training(
    finished: Path, short_clips: Path, second_dance: Path
) -> None:
    clip = finished.parent / "second.mp4"
    words = ["transfer", second_dance, short_clips / "person.mp4", "-o", clip, "--project", finished]
    events = done(*words)
    assert stages(events) == ["poses", "track", "retarget", "cover", "render", "export"]
    assert probe(clip).frames == 22
    assert [one.name for one in Project.open(finished).dances] == ["dance", "second"]


def test_two_dances_and_the_same_one_under_another_name(finished: Path, second_dance: Path, tmp_path: Path) -> None:
    done("add-dance", finished, second_dance)
    again = tmp_path / "again.mp4"
    shutil.copy(second_dance, again)
    assert stages(done("add-dance", finished, again)) == []
    project = Project.open(finished)
    assert [one.name for one in project.dances] == ["dance", "second"]
    assert project.dance("second").file == str(again)
    done("render", finished, "--dance", "second", "--from", "0.2s", "--to", "0.6")
    clip = tmp_path / "part.mp4"
    done("export", finished, "--dance", "second", "--from", "0.2s", "--to", "0.6", "-o", clip)
    assert probe(clip).frames == 10
    assert "second" in failed("render", finished, "--dance", "third").hint


def test_a_replaced_video_takes_the_place_of_the_old_one(tmp_path: Path) -> None:
    project, file = Project.create(tmp_path / "x.dance"), tmp_path / "mine.mp4"
    file.write_text("first cut")
    first = project.add_dance(file)
    file.write_text("second cut")
    second = project.add_dance(file)
    assert project.dances == [second]
    assert first.name == second.name and first.fingerprint != second.fingerprint


# --- training -------------------------------------------------------------------------------------


def test_settings_given_once_are_kept_and_unknown_ones_too(finished: Path) -> None:
    for name in ("project.json", "project.copy.json"):
        data = json.loads((finished / name).read_text())
        data["settings"]["train"]["sparkle"] = 7
        data["settings"]["hair"] = {"gel": 1}
        (finished / name).write_text(json.dumps(data))
    events = done("train", finished)
    assert stages(events) == []  # the 4 steps that the project was made with are all there
    assert "sparkle" in " ".join(notices(events)) and "hair" in " ".join(notices(events))
    assert stages(done("train", finished, "--steps", 3)) == []  # has been had, too
    kept = json.loads((finished / "project.json").read_text())["settings"]
    assert (kept["train"]["steps"], kept["train"]["size"], kept["train"]["sparkle"]) == (3, 64, 7)
    assert kept["hair"] == {"gel": 1}


@pytest.mark.usefixtures("joints_unmeasured")
def test_more_footage_is_learned_from_by_the_same_training(finished: Path, second_dance: Path) -> None:
    events = done("add-person", finished, second_dance)
    assert any("More footage" in one for one in notices(events))
    told = notices(done("train", finished))
    assert any("not learned from" in one for one in told), told
    events = done("train", finished, "--steps", 6)
    assert any("earlier poses or footage" in one for one in notices(events))
    first = next(event for event in events if isinstance(event, Progress) and event.stage == "train")
    assert first.done > 4
    assert [one.name for one in Project.open(finished).runs] == ["001"]
    assert notices(done("train", finished)) == []


# --- the person's rights --------------------------------------------------------------------------


def label_of(clip: Path, plain: Path) -> float:
    """How much the first frames of two clips differ at most."""
    one, other = (next(read_frames(path)).image.astype(int) for path in (clip, plain))
    return float(np.abs(one - other).max())


def test_the_visible_label_stays_until_a_consent_is_recorded(finished: Path, tmp_path: Path) -> None:
    names = "without", "refused", "agreed", "wanted"
    without, refused, agreed, wanted = (tmp_path / f"{name}.mp4" for name in names)
    done("export", finished, "-o", without)
    events = done("export", finished, "-o", refused, "--label", "off")
    assert any("label stays" in one for one in notices(events))
    words = "Kim agreed on 1 May 2026, 舞"
    events = done("export", finished, "-o", agreed, "--label", "auto", "--consent", words)
    assert last(events).message.endswith("carries the machine-readable AI mark.")
    assert Project.open(finished).consent == words
    assert "the visible label." in last(done("export", finished, "-o", wanted, "--label", "on")).message
    assert label_of(without, agreed) > 60 < label_of(wanted, agreed)
    assert label_of(without, refused) < 10
    for clip in (without, agreed):
        assert b"compositeWithTrainedAlgorithmicMedia" in clip.read_bytes()


def test_what_is_missing_of_a_clip_is_rendered_first_on_demand(finished: Path, tmp_path: Path) -> None:
    clip, whole = tmp_path / "clip.mp4", finished / "dances" / "dance" / "render" / "000000.mkv"
    whole.unlink()
    assert "not rendered yet" in failed("export", finished, "-o", clip).message
    events = done("export", finished, "-o", clip, "--render", "--estimate")
    start, stop = last(events).result["missing"]
    assert start == 0 and stop == pytest.approx(1.2) and not whole.exists()
    assert stages(done("export", finished, "-o", clip, "--render")) == ["render", "export"]
    assert probe(clip).frames == 30 and whole.exists()
    assert stages(done("export", finished, "-o", clip, "--render")) == ["export"]  # nothing was missing
    assert last(done("export", finished, "-o", clip, "--render", "--estimate")).result["bytes"] > 1000


def test_forget_leaves_nothing_of_the_person(finished: Path) -> None:
    done("export", finished, "-o", finished / "dances" / "dance" / "clip.mp4", "--consent", "Kim Example")
    person = Project.open(finished).clips[0].file
    dance = finished / "dances" / "dance"
    (dance / ".retarget.1.npz").write_text("left by a kill")
    (dance / "retarget.npz.damaged-1").write_text("set aside")
    (finished / "project.json.damaged-1").write_text(f"Kim Example {person}")
    before = sorted(finished.rglob("*"))
    failed("forget", finished)  # nobody is there to say yes
    assert sorted(finished.rglob("*")) == before
    done("forget", finished, "--yes")
    left = {str(path.relative_to(finished)) for path in finished.rglob("*") if path.is_file()}
    of_the_dance = {"poses.npz", "track.npz", "results.json", "proxy.mp4", "thumbs.jpg", "sound.json", "driving.jpg"}
    of_the_dance |= {"cleaned.npz", "peaks.npy", "onsets.npy", "clip.mp4"}
    assert left <= {f"dances/dance/{name}" for name in of_the_dance} | {"project.json", "project.copy.json", "lock"}
    for name in ("project.json", "project.copy.json", "lock"):
        assert "Kim" not in (finished / name).read_text() and person not in (finished / name).read_text()
    assert "no person" in failed("train", finished).message


# --- single steps ---------------------------------------------------------------------------------


def test_poses_and_retarget_as_files(short_clips: Path, second_dance: Path, finished: Path, tmp_path: Path) -> None:
    poses, fitted = tmp_path / "poses.npz", tmp_path / "fitted.npz"
    done("poses", second_dance, "-o", poses)
    assert len(Poses.load(poses)) == 22
    target = finished / "person" / "clips" / "001" / "track.npz"
    done("retarget", "--source", poses, "--target", target, "-o", fitted, "--method", "edn")
    assert len(Poses.load(fitted)) == 22
    failed("retarget", "--source", short_clips / "dance.mp4", "--target", target, "-o", fitted)
    failed("retarget", "--source", tmp_path / "no.npz", "--target", target, "-o", fitted)


def test_score_is_one_table_and_nothing_else(second_dance: Path) -> None:
    """As a process: the estimator's native code talks on both streams of the process it runs in."""
    plain = run("score", second_dance, second_dance)
    assert plain.returncode == 0, plain.stderr
    assert plain.stdout.count("PSNR") == 1
    assert plain.stderr.splitlines() == ["Scoring"]
    code, events = call("score", second_dance, second_dance)
    assert code == 0
    assert last(events).result["psnr"] == 100 and last(events).result["frames"] == 22
    assert "PSNR" in last(events).message


@pytest.mark.usefixtures("joints_unmeasured")
def test_the_demo_makes_everything_and_compares_with_the_truth(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = {"dance": 0.6, "person": 3.2, "truth": 0.6}
    shows = {name: getattr(puppets, name)(0, (128, 128), length, 25) for name, length in seconds.items()}
    monkeypatch.setattr(demo, "performances", lambda *_: shows)
    events = done("demo", "-o", tmp_path / "demo", *TINY, "--steps", 2)
    clip, beside, scores = (Path(file) for file in last(events).files)
    assert probe(clip).frames == probe(beside).frames == 15
    assert probe(beside).width == 4 * probe(beside).height
    assert "lookup" in scores.read_text(encoding="utf-8") and scores.read_text(encoding="utf-8") in last(events).message
    assert set(stages(events)) <= console.WORDS.keys()
    assert strays(tmp_path) == []


# --- what a person sees ---------------------------------------------------------------------------


class Terminal(io.StringIO):
    """Keeps what was on its one line at any time."""

    def isatty(self) -> bool:
        return True

    @property
    def lines(self) -> list[str]:
        return [part.rstrip() for part in self.getvalue().replace("\n", "\r").split("\r") if part.strip()]


def shown(events: list[Event], monkeypatch: pytest.MonkeyPatch, columns: int = 80) -> Terminal:
    monkeypatch.setenv("COLUMNS", str(columns))
    screen = Terminal()
    sink = console.TerminalSink(screen, screen)
    for event in events:
        sink(event)
    sink.close()
    return screen


CHAIN: list[Event] = [
    Started("poses", 100, words="Finding the dancer in a clip with a rather long name.mp4"),
    Progress("poses", 50, 100, 600.0),
    Notice("The legs are never seen.", "Use another clip."),
    Started("track"),
    Notice("The legs are never seen.", "Use another clip."),
    Progress("poses", 60, 100, 30.0),
    Done("poses", "100 frames"),
    Done("", "The clip is ready."),
]


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_the_progress_line_fits_the_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = shown(CHAIN, monkeypatch, columns).lines
    progress = [line for line in lines if "%" in line]
    assert progress and max(map(len, progress)) < columns
    assert lines[-1] == "The clip is ready."
    assert lines.count("Note: The legs are never seen.") == 1


def test_every_stage_has_words(transferred: Path) -> None:
    events = [from_line(line) for line in (transferred / "events.jsonl").read_text("utf-8").splitlines()]
    assert set(stages(events)) <= console.WORDS.keys()


def test_the_bar_never_goes_back_in_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    events: list[Event] = [Progress("train", n, 10, left) for n, left in enumerate([5.0, 1.0, 90.0, 80.0, 1.0])]
    bars = [line.count("#") for line in shown(events, monkeypatch).lines]
    assert bars == sorted(bars)


def test_time_left_counts_measured_seconds_of_all_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(transfer.time, "monotonic", lambda: clock[0])

    def stage(seconds: float, done_before: float = 0.0) -> Iterator[Event]:
        for n in range(round(100 * done_before), 101):
            yield Progress("x", n, 100)
            clock[0] += seconds / 100

    tasks = [
        transfer.Task("one", "slow", 10, lambda: stage(100)),
        transfer.Task("two", "slow", 10, lambda: stage(100, 0.5)),
        transfer.Task("three", "other", 20, lambda: stage(20)),
    ]
    left = [(clock[0], event.seconds_left) for event in transfer.chain(tasks) if isinstance(event, Progress)]
    end = clock[0]
    # Half through the first stage its pace is known, and that the second is of its kind. That half
    # of that is done already is not, before it begins.
    moment, told = left[50]
    assert told == pytest.approx(end - moment + 50, rel=0.05)
    for moment, told in left[115:]:
        assert told == pytest.approx(end - moment, abs=3)
    steps = [later[1] - sooner[1] for sooner, later in pairwise(left)]
    assert max(abs(step) for step in steps[20:]) < 15  # it doesn't jump
