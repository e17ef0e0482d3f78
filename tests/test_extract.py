"""Poses, masks and proxies of real clips: mapping, parts and their seams, stops, kills, odd files."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from dancetransfer import puppets
from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Notice, Progress, Started
from dancetransfer.extract import graph, holistic, parts
from dancetransfer.extract.estimators import Estimate
from dancetransfer.extract.extract import extract, read_masks
from dancetransfer.extract.follow import Candidate, choose, larger_person
from dancetransfer.extract.holistic import FACE_FROM_MESH, MediaPipeHolistic
from dancetransfer.pose.poses import (
    FACE,
    LEFT_ANKLE,
    LEFT_HAND,
    LEFT_SHOULDER,
    LEFT_SMALL_TOE,
    LEFT_WRIST,
    NOSE,
    RIGHT_HAND,
    RIGHT_SHOULDER,
    RIGHT_SMALL_TOE,
    RIGHT_WRIST,
    Poses,
    person_box,
)
from dancetransfer.storage import Results
from dancetransfer.video.proxy import read_grid
from dancetransfer.video.read import frame_times, probe, read_frames
from dancetransfer.video.write import Writer

LINUX = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds child processes in /proc")


def cut(video: Path, path: Path, frames: range, height: int = 360) -> Path:
    """Some frames of a clip at their times, made smaller."""
    info = probe(video)
    size = (round(info.width * height / info.height / 2) * 2, height)
    with Writer(path, size, fps=info.fps / frames.step) as writer:
        for frame in read_frames(video, frames.start, frames.stop, size=size):
            if frame.index in frames:
                writer.write(frame.image, frame.index / info.fps)
    return path


def run(video: Path, folder: Path, *, masks: bool = False, proxy: bool = False, workers: int = 2) -> list[Event]:
    return list(extract(video, folder, masks=masks, proxy=proxy, workers=workers))


def notices(events: list[Event]) -> str:
    return " ".join(event.message for event in events if isinstance(event, Notice))


def children(process: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{process}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


def gone(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(scope="module")
def short(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A man with a ball, 5 s, 640x360, 12 fps: 60 frames."""
    return cut(clips / "juggle.mp4", tmp_path_factory.mktemp("short") / "short.mp4", range(0, 120, 2))


@pytest.fixture(scope="module")
def small_parts() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parts, "SHORTEST_SECONDS", 1.0)
        yield


@pytest.fixture(scope="module")
def whole(short: Path, small_parts: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one worker makes of `short` in one part."""
    folder = tmp_path_factory.mktemp("whole")
    run(short, folder, masks=True, proxy=True, workers=1)
    return folder


@pytest.fixture(scope="module")
def split(short: Path, small_parts: None, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Event]]:
    """What two workers make of `short` in two parts."""
    folder = tmp_path_factory.mktemp("split")
    return folder, run(short, folder, masks=True, proxy=True)


# --- the estimator ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def front(clips: Path) -> Estimate:
    """The woman who stands facing the camera."""
    estimator = MediaPipeHolistic(masks=True)
    frame = next(read_frames(clips / "squat_front.mp4", 0, 1))
    estimate = estimator(frame.image, 0.0)
    estimator.close()
    return estimate


def test_a_graph_finds_what_mediapipes_own_runner_finds() -> None:
    from mediapipe.python.solution_base import SolutionBase

    outputs, sides = ["pose", "circle"], {"model_complexity": 1, "enable_segmentation": False}
    image = next(iter(puppets.person(7, (237, 320), 0.1, 30).frames()))
    region = holistic._rectangle(Candidate((118.0, 170.0), 170.0, 0.0), 237, 320)
    with holistic.quiet():
        ours = graph.Graph(holistic._BODY_GRAPH, outputs, sides)
        theirs = SolutionBase(graph_config=holistic._BODY_GRAPH, outputs=outputs, side_inputs=sides)
        first, again = ours.run(image, region), ours.run(image[:, ::-1][:, ::-1], region)
        wanted = theirs.process({"image": image, "region": region})
    assert len(first.pose.landmark) == 33
    assert first.pose == again.pose == wanted.pose
    assert first.circle == wanted.circle
    assert image.flags.writeable
    ours.close()
    theirs.close()


def test_left_is_the_persons_left(front: Estimate) -> None:
    for left, right in ((5, 6), (7, 8), (11, 12), (15, 16), (1, 2), (17, 20), (19, 22)):
        assert front.xy[left, 0] > front.xy[right, 0] + 2
    assert front.xy[LEFT_HAND, 0].mean() > front.xy[RIGHT_HAND, 0].mean() + 50
    assert np.hypot(*(front.xy[LEFT_HAND.start] - front.xy[LEFT_WRIST])) < 15
    assert np.hypot(*(front.xy[RIGHT_HAND.start] - front.xy[RIGHT_WRIST])) < 15


def test_face_is_in_the_order_of_68_points(front: Estimate) -> None:
    face = front.xy[FACE]
    assert len(set(FACE_FROM_MESH)) == 68
    assert (np.diff(face[1:16, 0]) > 0).all()  # the jaw runs from her right to her left
    assert face[8, 1] == face[:, 1].max()  # the chin
    assert face[36:42, 0].max() < face[30, 0] < face[42:48, 0].min()  # right eye, nose, left eye
    assert face[17:27, 1].max() < face[36:48, 1].max() < face[30, 1] < face[48:, 1].min()
    mirrored = [*range(16, -1, -1), *range(26, 16, -1)]
    middle = face[27:31, 0].mean()
    np.testing.assert_allclose(face[:27, 0] - middle, middle - face[mirrored, 0], atol=5)
    assert np.hypot(*(face[30] - front.xy[NOSE])) < 10


def test_what_mediapipe_does_not_give_is_absent(front: Estimate) -> None:
    for toe in (LEFT_SMALL_TOE, RIGHT_SMALL_TOE):
        assert np.isnan(front.xy[toe]).all()
        assert front.confidence[toe] == 0
    assert front.world is not None
    assert np.isfinite(front.world[:17]).all()
    assert np.isnan(front.world[23:]).all()
    hips = front.world[[11, 12]].mean(0)
    np.testing.assert_allclose(hips, 0, atol=0.05)
    assert 1.2 < front.world[[15, 16], 1].mean() - front.world[0, 1] < 1.9  # nose to ankles, metres


def test_candidates_are_listed_and_chosen() -> None:
    small, large = Candidate((100, 200), 50, 0), Candidate((400, 200), 90, 0)
    assert choose([small, large], None) == large
    assert choose([small, large], Candidate((120, 210), 60, 0)) == small
    assert choose([], small) is None
    regions = np.array([small.as_row(), small.as_row(), [np.nan] * 5])
    people = np.array([[0, *small.as_row()], [0, *large.as_row()], [1, *small.as_row()]])
    assert larger_person(regions, np.array([0, 1, 2]), people) == 0.5


# --- parts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("fps", "seconds"), [(25, 2), (25, 16), (24, 160), (5, 30), (60, 9), (10, 700)])
@pytest.mark.parametrize("workers", [1, 2, 5])
def test_parts_cover_every_frame_once(fps: int, seconds: int, workers: int) -> None:
    times = np.arange(fps * seconds) / fps
    planned = parts.plan(times, workers)
    assert [part.start for part in planned] == [0, *(part.stop for part in planned[:-1])]
    assert planned[-1].stop == len(times)
    for part in planned:
        assert (part.stop - part.start) / fps < 61
        assert part.start == 0 or times[part.start] - times[part.warm] > 0.6
    if len(planned) > 1:
        assert min(part.stop - part.start for part in planned) / fps >= 2.7
        work = [part.work for part in planned]
        assert max(work) - min(work) <= 2
    if seconds > 100:
        assert len(planned) % workers == 0


def test_a_split_run_agrees_with_an_unsplit_one(whole: Path, split: tuple[Path, list[Event]]) -> None:
    one, two = Poses.load(whole / "poses.npz"), Poses.load(split[0] / "poses.npz")
    box = person_box(one)
    height = np.nanmedian(box[:, 3] - box[:, 1])
    apart = np.hypot(*np.moveaxis(one.xy - two.xy, -1, 0)) / height
    seam = parts.plan(one.time, 2)[1].start
    assert 20 < seam < 55
    assert np.nanmean(apart) < 0.002
    assert np.nanmean(apart[seam : seam + 3]) < 0.005
    np.testing.assert_array_equal(one.present, two.present)


def test_every_result_is_there(short: Path, split: tuple[Path, list[Event]]) -> None:
    folder, events = split
    poses = Poses.load(folder / "poses.npz")
    assert len(poses) == 60
    assert poses.present.all()
    assert poses.size == (640, 360)
    np.testing.assert_allclose(poses.time, frame_times(short))
    np.testing.assert_allclose(frame_times(folder / "proxy.mp4"), frame_times(short), atol=1e-4)
    assert len(read_grid(folder / "thumbs.jpg").frames) == 5
    assert json.loads((folder / "sound.json").read_text()) == {"per_second": None}
    assert not (folder / "parts").exists()
    assert isinstance(events[0], Started)
    assert isinstance(events[-1], Done)
    done = [event.done for event in events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert done[-1] == 60
    assert not notices(events)


def test_masks_cover_the_person(split: tuple[Path, list[Event]]) -> None:
    poses = Poses.load(split[0] / "poses.npz")
    with read_masks(split[0] / "masks.npz") as masks:
        assert len(masks) == len(poses)
        assert masks.frame_size == (640, 360)
        for frame in (0, 29, 59):
            mask = cv2.resize(masks[frame], poses.size)
            assert mask.dtype == np.uint8
            joints = poses.xy[frame, [0, 5, 6, 11, 12, 13, 14]].astype(int)
            assert (mask[joints[:, 1], joints[:, 0]] > 128).all()
            left, top, right, bottom = person_box(poses)[frame].astype(int)
            inside = (mask[max(top, 0) : bottom, left:right] > 128).sum()
            assert inside > 0.75 * (mask > 128).sum()
        with pytest.raises(IndexError):
            masks[60]


def test_what_is_current_is_not_made_again(short: Path, split: tuple[Path, list[Event]]) -> None:
    folder, _ = split
    before = {file.name: file.stat().st_ino for file in folder.iterdir()}
    assert [type(event) for event in run(short, folder, masks=True, proxy=True)] == [Started, Done]
    assert {file.name: file.stat().st_ino for file in folder.iterdir()} == before


# --- stops and kills -----------------------------------------------------------------------------


def finished_parts(folder: Path) -> set[str]:
    made = {file.name for file in (folder / "parts").glob("*.poses.npz")}
    return {name for name in made if Results(folder / "parts").key_of(name)}


def test_a_closed_run_goes_on_where_it_was(
    short: Path, whole: Path, small_parts: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "LONGEST_SECONDS", 2.5)
    first = extract(short, tmp_path, masks=False, proxy=False, workers=1)
    for _ in first:
        if finished_parts(tmp_path):
            break
    first.close()
    kept = finished_parts(tmp_path)
    assert kept
    inodes = {name: (tmp_path / "parts" / name).stat().st_ino for name in kept}
    second = extract(short, tmp_path, masks=False, proxy=False, workers=1)
    for event in second:
        if isinstance(event, Progress) and event.done < 60:
            for name, inode in inodes.items():
                assert (tmp_path / "parts" / name).stat().st_ino == inode
    joined, one = Poses.load(tmp_path / "poses.npz"), Poses.load(whole / "poses.npz")
    assert np.nanmean(np.abs(joined.xy - one.xy)) < 0.5
    assert not (tmp_path / "parts").exists()


PROGRAM = """
import sys
from dancetransfer.extract import parts
from dancetransfer.extract.extract import extract
if __name__ == "__main__":
    parts.SHORTEST_SECONDS = 1.0
    for event in extract(sys.argv[1], sys.argv[2], masks=False, proxy=False, workers=2):
        print(type(event).__name__, flush=True)
"""


def start(short: Path, folder: Path) -> "subprocess.Popen[str]":
    """An extraction in a process of its own, up to its first progress; its stdin stays open."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(short), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
        cwd=folder,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("Progress"):
            break
    return process


@LINUX
def test_workers_end_when_their_parent_is_killed(short: Path, tmp_path: Path) -> None:
    (tmp_path / "mediapipe.py").write_text("raise SystemExit('a stranger in the working directory')")
    process = start(short, tmp_path)
    workers = children(process.pid)
    assert len(workers) == 2
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 30
    while not all(map(gone, workers)):
        assert time.monotonic() < deadline, "a worker outlives its parent"
        time.sleep(0.05)


@LINUX
def test_a_killed_worker_is_replaced_and_nothing_is_printed(short: Path, whole: Path, tmp_path: Path) -> None:
    process = start(short, tmp_path)
    workers = children(process.pid)
    os.kill(workers[0], signal.SIGKILL)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    assert set(out.split()) == {"Progress", "Done"}
    assert err == ""
    poses = Poses.load(tmp_path / "poses.npz")
    assert np.nanmean(np.abs(poses.xy - Poses.load(whole / "poses.npz").xy)) < 0.5


# --- odd files -----------------------------------------------------------------------------------


def test_frames_without_a_person_stay_and_uneven_times_are_kept(clips: Path, tmp_path: Path) -> None:
    frames = [frame.image for frame in read_frames(clips / "juggle.mp4", 0, 14, size=(640, 360))]
    frames += [np.full((360, 640, 3), 90, np.uint8)] * 20
    times = np.cumsum(np.random.default_rng(2).choice([0.2, 1 / 24, 0.1], len(frames)))
    with Writer(tmp_path / "odd.mp4", (640, 360), fps=12) as writer:
        for image, when in zip(frames, times, strict=True):
            writer.write(image, float(when))
    events = run(tmp_path / "odd.mp4", tmp_path / "out", masks=True, workers=1)
    poses = Poses.load(tmp_path / "out" / "poses.npz")
    np.testing.assert_allclose(poses.time, times - times[0], atol=1e-3)
    assert poses.present[:14].all()
    assert not poses.present[14:].any()
    assert np.isnan(poses.xy[14:]).all()
    assert "41%" in notices(events)
    with read_masks(tmp_path / "out" / "masks.npz") as masks:
        assert not masks[20].any()


def test_unicode_path_five_frames_a_second_and_a_damaged_result(clips: Path, tmp_path: Path) -> None:
    folder = tmp_path / "Тест 日本 é"
    folder.mkdir()
    video = cut(clips / "steps_5fps.mp4", folder / "tänzer 舞.mp4", range(0, 15))
    run(video, folder / "out", workers=1)
    poses = Poses.load(folder / "out" / "poses.npz")
    np.testing.assert_allclose(np.diff(poses.time), 0.2, atol=1e-3)
    assert poses.present.all()
    whole = (folder / "out" / "poses.npz").read_bytes()
    (folder / "out" / "poses.npz").write_bytes(b"x" * len(whole))
    run(video, folder / "out", workers=1)
    np.testing.assert_array_equal(Poses.load(folder / "out" / "poses.npz").xy, poses.xy)
    assert list((folder / "out").glob("*.damaged-*"))


def test_legs_out_of_the_picture_are_told_of(clips: Path, tmp_path: Path) -> None:
    video = cut(clips / "juggle_cutlegs.mp4", tmp_path / "legs.mp4", range(0, 12), height=396)
    events = run(video, tmp_path / "out", workers=1)
    assert "legs" in notices(events)
    poses = Poses.load(tmp_path / "out" / "poses.npz")
    assert not poses.visible[:, LEFT_ANKLE].any()
    assert poses.visible[:, [LEFT_SHOULDER, RIGHT_SHOULDER]].all()


def test_nobody_at_all_is_an_error_with_a_hint(tmp_path: Path) -> None:
    with Writer(tmp_path / "empty.mp4", (320, 240), fps=10) as writer:
        for number in range(10):
            writer.write(np.full((240, 320, 3), 80, np.uint8), number / 10)
    with pytest.raises(UserError, match="Nobody") as caught:
        run(tmp_path / "empty.mp4", tmp_path / "out", workers=1)
    assert caught.value.hint
    assert not (tmp_path / "out" / "poses.npz").exists()


def test_a_file_that_breaks_off_is_used_as_far_as_it_goes(short: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mkv"
    with av.open(str(short)) as source, av.open(str(broken), "w") as output:
        picture = source.streams.video[0]
        stream = output.add_stream_from_template(picture)
        for packet in source.demux(picture):
            if packet.pts is not None:
                packet.stream = stream
                output.mux(packet)
    data = broken.read_bytes()
    broken.write_bytes(data[: len(data) * 7 // 10])
    events = run(broken, tmp_path / "out", workers=1)
    poses = Poses.load(tmp_path / "out" / "poses.npz")
    assert 5 < len(poses) < 58
    assert len(poses) == probe(broken).frames
    said = notices(events)
    assert "breaks off" in said or "damaged" in said
    assert said.count("broken.mkv") == 1


def test_a_restarted_estimator_is_as_good_as_a_new_one(short: Path) -> None:
    frames = [frame.image for frame in read_frames(short, 0, 15)]
    estimator = MediaPipeHolistic()
    first = [estimator(image, 0.0).xy for image in frames]
    estimator.restart()
    again = [estimator(image, 0.0).xy for image in frames]
    estimator.close()
    np.testing.assert_array_equal(first, again)
