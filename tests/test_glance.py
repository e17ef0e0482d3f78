"""A look at a video that takes seconds: whether it will do."""

from pathlib import Path

import numpy as np
import pytest
from engine import call, done, last

from dancetransfer.events import Failed
from dancetransfer.extract.glance import glance
from dancetransfer.video.read import read_frames
from dancetransfer.video.write import Writer


def filmed(path: Path, frames: list[np.ndarray], fps: float) -> Path:
    with Writer(path, (frames[0].shape[1], frames[0].shape[0]), fps=fps, mark=False) as writer:
        for number, frame in enumerate(frames):
            writer.write(frame, number / fps)
    return path


def test_a_good_video_leaves_no_doubt(puppet_clips: Path) -> None:
    assert glance(puppet_clips / "person.mp4") == []


def test_an_empty_room_shows_nobody(tmp_path: Path) -> None:
    gray = [np.full((128, 128, 3), 90, np.uint8)]
    for name, count in (("long", 30), ("short", 1)):
        (found,) = glance(filmed(tmp_path / f"{name}.mp4", gray * count, 10))
        assert found.kind == "nobody" and "video" in found.sentence


def test_legs_that_leave_the_picture_are_told_with_the_time(puppet_clips: Path, tmp_path: Path) -> None:
    """The camera looks up after half of the video."""
    frames = [frame.image for frame in read_frames(puppet_clips / "person.mp4")]
    for number in range(len(frames) // 2, len(frames)):
        above = np.repeat(frames[number][:1], 90, 0)
        frames[number] = np.concatenate([above, frames[number][:-90]])
    (found,) = glance(filmed(tmp_path / "up.mp4", frames, 25))
    assert found.kind == "feet" and found.at == pytest.approx(3.0, abs=0.5)


def test_info_looks_when_asked(puppet_clips: Path, tmp_path: Path) -> None:
    video = puppet_clips / "dance.mp4"
    assert "verdict" not in last(done("info", video)).result
    asked = last(done("info", video, "--look"))
    assert isinstance(asked.result["verdict"], list) and "verdict" in asked.message
    (tmp_path / "no.mp4").write_bytes(b"no video")
    code, events = call("info", tmp_path / "no.mp4", "--look")
    assert code == 1 and isinstance(events[-1], Failed)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [("juggle_cutlegs", {"feet"}), ("hiphop_vertical", {"camera"})],
)
def test_real_clips(clips: Path, name: str, kinds: set[str]) -> None:
    assert {one.kind for one in glance(clips / f"{name}.mp4")} == kinds
