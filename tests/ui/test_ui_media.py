"""Lanes that are read from a project's folders, whole, partly and damaged."""

import json
import subprocess
import sys

import numpy as np
import pytest

from ui.timeline.media import read_lane

FILES = ("thumbs.jpg", "peaks.npy", "onsets.npy", "sound.json", "track.npz", "coverage.npz")


@pytest.fixture
def dance(project, dressed):
    """The folder of a dance that was found and fitted, 3 s long, with what is missing in the person's video."""
    from dancetransfer.learn.foresight import cover_dance

    list(cover_dance(project, None))
    return project.dance_folder(project.dances[0])


def test_a_dance_that_was_found_is_all_there(dance, puppet_shows):
    lane = read_lane(dance, "the dance", trim=(1.0, 2.0))
    assert (lane.name, lane.used, lane.frame) == ("the dance", (1.0, 2.0), pytest.approx(1 / 25))
    assert lane.duration == pytest.approx(3.0, abs=0.05)
    assert len(lane.thumbs) == 3 and lane.thumbs.image.height() == 96 and lane.thumbs.every == 1.0
    assert len(lane.peaks) == pytest.approx(300, abs=5) and lane.per_second == 100
    true = puppet_shows["dance"].beats()
    assert len(lane.beats) >= len(true) - 1 and all(np.abs(true - beat).min() < 0.03 for beat in lane.beats)
    names = [strip.name for strip in lane.strips]
    assert names == ["Pose", "Coverage"]
    for strip in lane.strips:
        assert len(strip.times) == len(strip.values) == 75 and np.nanmax(strip.values) <= 1
    with np.load(dance / "coverage.npz") as data:
        assert bool(lane.strips[1].problems) == bool(data["missing"].sum() > 4)


def test_doubts_and_absence_are_problems(dance):
    from dataclasses import replace

    from dancetransfer.pose.poses import Poses

    track = Poses.load(dance / "track.npz")
    confidence, uncertain = track.confidence.copy(), np.zeros(len(track), bool)
    confidence[10:30] = 0
    uncertain[50:60] = uncertain[72:73] = True  # a single frame is no problem
    replace(track, confidence=confidence, uncertain=uncertain).save(dance / "track.npz")
    pose = read_lane(dance).strips[0]
    spans = [(round(one.start, 2), round(one.stop, 2)) for one in pose.problems]
    assert spans == [(0.4, 1.2), (2.0, 2.4)]
    assert "Nobody" in pose.problems[0].words and "wrong" in pose.problems[1].words
    assert pose.values[10:30].max() == 0 < pose.values[40]


@pytest.mark.parametrize("damage", [b"", b"\xff\xd8\xff\xfe\x00\x08{}", b"\x93NUMPY\x01\x00", b"PK\x03\x04", None])
def test_damaged_and_missing_files_are_left_out(dance, damage):
    for name in FILES:
        kept = (dance / name).read_bytes()
        if damage is None:
            (dance / name).unlink()
        else:
            (dance / name).write_bytes(damage + kept[len(kept) // 2 :] * (name != "thumbs.jpg"))
        lane = read_lane(dance)
        assert lane.duration > 2
        assert (lane.thumbs is None) == (name == "thumbs.jpg")
        assert (lane.peaks is None) == (name in ("peaks.npy", "sound.json"))
        assert bool(lane.beats) == (name not in ("peaks.npy", "sound.json", "onsets.npy"))
        (dance / name).write_bytes(kept)


def test_a_folder_that_is_not_there_is_a_name(dressed, tmp_path):
    lane = read_lane(tmp_path / "nowhere", "new.mp4")
    assert (lane.name, lane.duration, lane.thumbs, lane.peaks, lane.strips) == ("new.mp4", 0.0, None, None, ())
    assert read_lane(tmp_path / "nowhere", duration=4.0).used == (0.0, 4.0)


def test_a_silent_video_has_no_waveform(dance):
    (dance / "sound.json").write_text(json.dumps({"per_second": None}), encoding="utf-8")
    lane = read_lane(dance)
    assert lane.peaks is None and not lane.beats and lane.strips


def test_nothing_heavy_is_imported(dance):
    said = (
        "import sys; from pathlib import Path; from ui.timeline import timeline, media; first = 'numpy' in sys.modules;"
        f"from PySide6.QtGui import QGuiApplication; app = QGuiApplication([]); media.read_lane(Path({str(dance)!r}));"
        "print(first, sorted({'torch', 'cv2', 'mediapipe', 'scipy'} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", said], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.strip() == "False []"
