"""Joints that are looked at while they are being found."""

from pathlib import Path

import numpy as np
import pytest

from dancetransfer.extract.extract import extract
from dancetransfer.pose.found import FoundWriter, found_mark, read_found
from dancetransfer.pose.poses import Poses
from dancetransfer.pose.strips import curves


def write(folder: Path, number: int, frames: range, fps: float = 25.0, seconds: float = 4.0) -> Path:
    """A part whose joint 0 stands at the number of its frame."""
    path = folder / "parts" / f"{number:04d}.found"
    path.parent.mkdir(exist_ok=True)
    with FoundWriter(path, (320, 240), seconds) as found:
        for frame in frames:
            found.add(frame / fps, np.full((133, 2), frame, np.float32), np.full(133, 0.9, np.float32))
    return path


def test_parts_are_one_track_with_nobody_in_its_gaps(tmp_path: Path) -> None:
    write(tmp_path, 1, range(50, 60))
    write(tmp_path, 0, range(20))
    found = read_found(tmp_path)
    assert found is not None
    poses, looked = found
    assert poses.size == (320, 240) and len(poses) == 33
    assert poses.xy[looked, 0, 0].tolist() == [*range(20), *range(50, 60)]
    assert np.allclose(poses.time[~looked], [0.8, 2.4, 3.96]) and not poses.present[~looked].any()
    ((declared, curve),) = curves(tmp_path).items()
    assert declared.name == "Pose" and curve.problems == ()
    assert np.isnan(curve.values[~looked]).all() and (curve.values[looked] > 0.99).all()


def test_a_row_that_is_half_written_is_none_yet(tmp_path: Path) -> None:
    path = write(tmp_path, 0, range(30))
    before = found_mark(tmp_path)
    path.write_bytes(path.read_bytes()[:-100])
    found = read_found(tmp_path)
    assert found is not None and found[1].sum() == 29 and found_mark(tmp_path) != before
    path.write_bytes(path.read_bytes()[:7])
    assert read_found(tmp_path) is None and curves(tmp_path) == {}


def test_a_whole_track_has_no_gap(tmp_path: Path) -> None:
    write(tmp_path, 0, range(40))
    write(tmp_path, 1, range(40, 100))
    found = read_found(tmp_path)
    assert found is not None and found[1].all() and len(found[0]) == 100


@pytest.mark.parametrize("content", [None, b""])
def test_nothing_found_yet_is_nothing(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        write(tmp_path, 0, range(0)).write_bytes(content)
    assert read_found(tmp_path) is None


def test_a_stage_that_is_stopped_has_shown_what_it_keeps(puppet_clips: Path, tmp_path: Path) -> None:
    """Joints are there before their part is done, at the places that the whole track gives them."""
    events = extract(puppet_clips / "dance.mp4", tmp_path, masks=False, workers=1, proxy=False)
    seen = 0
    for _ in events:
        if (found := read_found(tmp_path)) is not None and (seen := int(found[1].sum())) > 5:
            break
    events.close()  # type: ignore[attr-defined]
    assert seen > 5 and not (tmp_path / "parts" / "0000.poses.npz").exists()
    for _ in extract(puppet_clips / "dance.mp4", tmp_path, masks=False, workers=1, proxy=False):
        pass
    assert read_found(tmp_path) is None and found_mark(tmp_path) == ()
    poses, early = Poses.load(tmp_path / "poses.npz"), found[0].xy[found[1]]
    assert np.array_equal(poses.xy[:seen], early, equal_nan=True)
