"""The report at the end of a training: what it says, what it shows, and when it is written."""

import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from conftest import drain
from learning import CPU, steps
from stages import close_at

from dancetransfer.events import Done, Event, Notice, Progress
from dancetransfer.footage.pairs import CHOOSE, REPORT, Footage, load_footage
from dancetransfer.learn import report_sheet
from dancetransfer.learn.course import read_course
from dancetransfer.learn.report import APART, late_report, stretches, worst
from dancetransfer.learn.report_sheet import Frame
from dancetransfer.learn.train import train
from dancetransfer.project import Project

ALIVE = Progress("train", 1, 1)


def late(project: Project) -> list[Event]:
    return list(late_report(project, project.runs[-1], CPU, ALIVE))


def read(folder: Path) -> np.ndarray:
    image = cv2.imread(str(folder / "report.jpg"))
    assert image is not None
    return np.asarray(image[..., ::-1])


def frame(seconds: float, likeness: float, clip: str = "001") -> Frame:
    rng = np.random.default_rng(int(100 * seconds))
    real, made, labels = rng.integers(0, 255, (3, 96, 64, 3), np.uint8)
    return Frame(clip, seconds, likeness, real, made, labels, {"face": np.array([20.0, 10, 40, 30])})


def test_a_training_ends_with_its_report(small: Project) -> None:
    done = [event for event in drain(train(small, steps(6))) if isinstance(event, Done)][-1]
    folder = small.runs[-1]
    assert done.files == [str(folder / name) for name in ("best.safetensors", "report.jpg", "report.json")]
    about = json.loads((folder / "report.json").read_text())
    assert about["part"] == "choose" and 10 < about["frames"] <= 40 and about["recipe"] == "fast"
    assert about["course"] == read_course(folder) and len(about["course"]) >= 1
    best = max(about["course"], key=lambda row: row["score"])
    assert about["best_step"] == best["step"]
    likes = [row["likeness"] for row in about["worst"]]
    assert likes == sorted(likes) and likes[0] <= about["median"] and likes[0] <= about["likeness"]
    clip = load_footage(small)[0]
    times = clip.poses.time[clip.part == CHOOSE]
    assert all(np.abs(times - row["seconds"]).min() < 1e-3 for row in about["worst"])
    image = read(folder)
    assert image.shape[1] == report_sheet.WIDTH and image.shape[0] > 600
    assert late(small) == []  # it is there


def test_a_training_that_was_good_enough_gets_its_report_when_its_best_is_used(small: Project) -> None:
    close_at(train(small, steps(400)), 1)
    folder = small.runs[-1]
    assert not (folder / "report.jpg").exists()
    stage = train(small, steps(400))
    for _ in stage:
        if (folder / "best.safetensors").exists():
            stage.close()  # type: ignore[attr-defined]
            break
    assert not (folder / "report.jpg").exists()  # a stop is answered at once
    events = late(small)
    assert ALIVE in events and isinstance(events[-1], Notice) and "report.jpg" in events[-1].message
    assert read(folder).shape[1] == report_sheet.WIDTH
    assert late(small) == []
    (folder / "best.safetensors").write_bytes((folder / "best.safetensors").read_bytes() + b" ")
    assert late(small) == [] and (folder / "report.jpg").exists()  # a damaged generator is not the report's to tell


def test_crops_that_were_cut_anew_for_another_size_are_not_compared(small: Project) -> None:
    drain(train(small, steps(6)))
    folder = small.runs[-1]
    (folder / "report.json").unlink()
    crops = small.clip_folder(small.clips[0]) / "crops.npy"
    np.save(crops, np.load(crops)[:, ::2, ::2])
    assert isinstance(late(small)[-1], Notice)
    assert json.loads((folder / "report.json").read_text())["frames"] == 0


def test_the_worst_frames_are_of_different_moments() -> None:
    frames = [frame(n / 25, 20 + 5 * np.cos(n / 10)) for n in range(100)] + [frame(0.0, 12.0, "002")]
    found = worst(frames)
    assert found[0].clip == "002" and found[0].likeness == 12
    assert all(a.likeness <= b.likeness for a, b in pairwise(found))
    moments = sorted(one.seconds for one in found[1:])
    assert all(b - a >= APART for a, b in pairwise(moments))


def test_at_most_forty_frames_are_drawn_spread_over_what_is_held_out(small: Project) -> None:
    clip = load_footage(small)[0]
    count = len(clip.part)
    halves = np.where(np.arange(count) < count // 2, REPORT, CHOOSE).astype(np.int8)
    part = Footage(clip.name, clip.crops, clip.boxes, clip.index, clip.poses, clip.plate, halves)
    spans = [at for _, at in stretches([part], REPORT)]
    assert sum(at.stop - at.start for at in spans) <= 40 and len(spans) == 4
    assert spans[0].start == 0 and spans[-1].stop >= count // 2 - 10
    assert all(a.stop <= b.start for a, b in pairwise(spans)) and spans[-1].stop <= count // 2


def test_damaged_lines_of_the_course_are_left_out(tmp_path: Path) -> None:
    assert read_course(tmp_path) == []
    row = {"step": 5, "seconds": 1.5, "score": 12.0}
    (tmp_path / "metrics.jsonl").write_text(f'{json.dumps(row)}\n{{"step": 6, "se\n{{"step": 7, "pixel": 1}}\n[]\n')
    assert read_course(tmp_path) == [row]


@pytest.mark.parametrize("count", [0, 1, 5])
def test_the_sheet_shows_the_best_step_on_the_curve_and_a_card_for_every_frame(count: int) -> None:
    course = [{"step": 10 * n, "seconds": 30.0 * n, "score": 15 - (n - 3) ** 2} for n in range(6)][:count]
    about = {"recipe": "fast", "part": "report", "frames": count, "course": course, "best_step": 30, "likeness": 12.0}
    about |= {"steps": 1500, "seconds": 150.0}
    image = report_sheet.drawn(about, [frame(float(n), 10.0 + n) for n in range(count)])
    assert image.dtype == np.uint8 and image.shape[1] == report_sheet.WIDTH
    orange = np.argwhere((image == report_sheet.BEST).all(-1))
    assert bool(len(orange)) == bool(course)
    if count == 5:
        dots = orange[np.abs(orange[:, 1] - np.median(orange[:, 1])) < 200]
        left, right = report_sheet.EDGE + 62, report_sheet.WIDTH - report_sheet.EDGE - 10
        assert left + 0.6 * (right - left) < dots[:, 1].mean() < left + 0.9 * (right - left)  # 90 of 120 s
    cards = image[report_sheet.CURVE + 200 :]
    dark = (cards.astype(int).max(-1) < 240).any(1).sum()
    assert dark > 250 * -(-count // 2) if count else dark < 60
