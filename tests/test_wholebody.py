"""DWPose's and RTMW's way from picture to joints and back, on graphs with the real inputs and a known answer."""

from dataclasses import replace
from pathlib import Path

import graphs
import numpy as np
import pytest

from dancetransfer import device, doctor, weights
from dancetransfer.device import Card
from dancetransfer.errors import UserError
from dancetransfer.events import Done
from dancetransfer.extract import estimators, runtime
from dancetransfer.extract.detector import PersonDetector
from dancetransfer.extract.follow import Candidate
from dancetransfer.extract.offers import offers
from dancetransfer.extract.wholebody import WholeBody
from dancetransfer.settings import PoseSettings

SIZE = (200, 160)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder."""
    monkeypatch.setenv("DANCETRANSFER_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture
def dwpose(data: Path) -> WholeBody:
    """DWPose's pair of files: any batch, and the bare detector."""
    graphs.pose_graph(weights.place("dwpose"))
    graphs.bare_graph(weights.place("dwpose-detector"))
    return WholeBody("dwpose")


def joints_of(spots: np.ndarray) -> np.ndarray:
    """[133,2] of a person's three spots."""
    return spots[graphs.SPOT_OF_JOINT]


def circles(boxes: np.ndarray) -> list[Candidate]:
    """Standing people with these boxes."""
    rows = [((*((box[:2] + box[2:]) / 2 - 0.5),), 0.55 * (box[3] - box[1])) for box in boxes]
    return [Candidate((float(x), float(y)), float(radius), 0.0) for (x, y), radius in rows]


# --- the detector ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [graphs.bare_graph, graphs.picked_graph])
@pytest.mark.parametrize("size", [(160, 120), (120, 160), (300, 170), (1281, 723)])
def test_the_boxes_of_both_kinds_of_detector_are_where_the_people_are(form, size, tmp_path: Path) -> None:
    form(tmp_path / "yolox.onnx")
    detect = PersonDetector(tmp_path / "yolox.onnx")
    width, height = size
    picture, boxes, _ = graphs.scene(size, [(0.7 * width, 0.5 * height, 0.8 * height), (0.2 * width, 0.4 * height, 60)])
    found = detect(picture)
    assert found.shape == (2, 5)  # once each: neither the surfboard nor the less sure of two grids
    assert np.abs(found[:, :4] - boxes).max() < 0.51 * max(1.0, max(size) / 640)
    assert found[:, 4] == pytest.approx([0.9, 0.8], abs=1e-5)
    assert len(detect(np.zeros((height, width, 3), np.uint8))) == 0
    other = detect(np.ascontiguousarray(picture[..., ::-1]))  # the graph does know BGR from RGB
    assert len(other) < 2 or np.abs(other[:, :4] - boxes).max() > 10


def test_a_file_that_is_no_detector_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.onnx").write_bytes(b"hello")
    with pytest.raises(UserError, match="no ONNX network"):
        PersonDetector(tmp_path / "a.onnx")
    graphs.pose_graph(tmp_path / "pose.onnx", batch=1)
    with pytest.raises(UserError, match="no YOLOX"):
        detector = PersonDetector(tmp_path / "pose.onnx")
        detector(np.zeros((96, 72, 3), np.uint8))


# --- the pose network -----------------------------------------------------------------------------


def test_joints_come_back_to_the_pixel_they_are_at(dwpose: WholeBody) -> None:
    errors = []
    for x, y, tall in ((80.3, 81.9, 100), (100.0, 80.0, 120), (121.7, 76.4, 90), (60.2, 84.5, 70)):
        picture, boxes, spots = graphs.scene(SIZE, [(x, y, tall)])
        (found,) = dwpose.poses_of(picture, circles(boxes))
        errors.append(found.xy - joints_of(spots[0]))
        assert np.abs(errors[-1]).max() < 0.35  # a half bin is 0.1, the spots' pixels are rounded too
    assert np.abs(np.mean(errors, (0, 1))).max() < 0.05  # no shift of half a pixel, nor of a quarter
    heights = np.array([error[15] - error[0] for error in errors])[:, 1]  # from head to feet
    assert np.abs(heights.mean()) < 0.1  # the bins are half a pixel each, not 288/287 of that


def test_scores_are_those_of_the_training_s_channel_order_and_normalization(dwpose: WholeBody) -> None:
    picture, boxes, _ = graphs.scene(SIZE, [(100, 80, 120)])
    (found,) = dwpose.poses_of(picture, circles(boxes))
    true = (graphs.SPOTS.max(1) / 255)[graphs.SPOT_OF_JOINT]
    assert np.abs(found.confidence - true).max() < 0.05  # its middle is a little blurred
    (swapped,) = dwpose.poses_of(np.ascontiguousarray(picture[..., ::-1]), circles(boxes))
    assert np.abs(swapped.confidence - true).max() > 0.2


def test_people_larger_than_the_window_and_at_the_edge_are_found_too(dwpose: WholeBody) -> None:
    picture, boxes, spots = graphs.scene((1280, 960), [(600, 480, 800), (1240.4, 300, 420)])
    for found, person in zip(dwpose.poses_of(picture, circles(boxes)), spots, strict=True):
        inside = joints_of(person)[:, 0] < 1275
        assert np.abs(found.xy - joints_of(person))[inside].max() < 1.5  # a bin is 1.3 pixels


@pytest.mark.parametrize("batch", [1, 4])
def test_a_batch_gives_what_one_by_one_gives(dwpose: WholeBody, batch: int) -> None:
    picture, boxes, spots = graphs.scene((400, 160), [(80, 80, 100), (300, 90, 110)])
    people = circles(boxes[[0, 1, 0, 1, 1]])
    free = dwpose.poses_of(picture, people)
    graphs.pose_graph(weights.place("dwpose"), batch=batch)
    fixed = WholeBody("dwpose").poses_of(picture, people)
    alone = [dwpose.look(picture, person) for person in people]
    for number, three in enumerate(zip(free, fixed, alone, strict=True)):
        assert np.abs(three[0].xy - joints_of(spots[[0, 1, 0, 1, 1][number]])).max() < 0.35
        for other in three[1:]:
            assert np.array_equal(three[0].xy, other.xy)
            assert np.allclose(three[0].confidence, other.confidence, atol=1e-5)
    assert dwpose.poses_of(picture, []) == []


def test_rtmw_s_scores_above_one_stay_within_bounds(data: Path) -> None:
    graphs.pose_graph(weights.place("rtmw"), gain=6.0)
    graphs.picked_graph(weights.place("rtmw-detector"))
    picture, boxes, spots = graphs.scene(SIZE, [(100, 80, 120)])
    found = WholeBody("rtmw").look(picture, circles(boxes)[0])
    assert found.confidence.max() == 1.0 and np.abs(found.xy - joints_of(spots[0])).max() < 0.35
    graphs.pose_graph(weights.place("rtmw"), gain=1.5)
    found = WholeBody("rtmw").look(picture, circles(boxes)[0])
    assert found.confidence[0] == pytest.approx(240 / 255 / 2, abs=0.03)


def test_what_scores_nothing_is_not_given(dwpose: WholeBody) -> None:
    picture, boxes, _ = graphs.scene(SIZE, [(100, 80, 120)])
    dark = np.zeros_like(picture)
    found = dwpose.look(dark, circles(boxes)[0])
    assert np.isnan(found.xy).all() and not found.confidence.any() and found.region is None


def test_another_network_is_refused(data: Path) -> None:
    for name in ("dwpose", "dwpose-detector"):
        graphs.bare_graph(weights.place(name))
    with pytest.raises(UserError, match="no SimCC pose network"):
        WholeBody("dwpose")


# --- following ------------------------------------------------------------------------------------


def walk(count: int = 40) -> list[tuple[np.ndarray, np.ndarray]]:
    """Somebody in the first clothes passes somebody larger in the second: frames, and the spots of both."""
    frames = []
    for n in range(count):
        picture, _, spots = graphs.scene((400, 160), [(60 + 4 * n, 80 + 6 * np.sin(n / 4), 90), (330, 84, 120)])
        frames.append((picture, spots))
    return frames


def test_the_window_stays_with_the_one_who_was_chosen(dwpose: WholeBody) -> None:
    frames = walk()
    start = min(dwpose.candidates(frames[0][0]), key=lambda person: person.center[0])
    dwpose.restart(start)
    for n, (picture, spots) in enumerate(frames):
        found = dwpose(picture, n / 25)
        assert np.abs(found.xy - joints_of(spots[0])).max() < 0.5
        assert found.region is not None and found.mask is None
        assert np.hypot(*np.subtract(found.region.center, spots[0].mean(0))) < 0.3 * found.region.radius


def test_without_a_choice_the_largest_is_followed(dwpose: WholeBody) -> None:
    picture, spots = walk(1)[0]
    seen = dwpose.candidates(picture)
    assert [round(person.radius / 1.1 * 2) for person in seen] == [120, 90]
    assert np.abs(dwpose(picture, 0.0).xy - joints_of(spots[1])).max() < 0.5


def test_one_who_starts_where_another_looked_sees_the_same(dwpose: WholeBody) -> None:
    frames = walk()
    dwpose.restart(dwpose.candidates(frames[0][0])[1])
    whole = [dwpose(picture, n / 25) for n, (picture, _) in enumerate(frames)]
    region = whole[15].region
    assert region is not None
    for start in (region, replace(region, center=(region.center[0] + 2.3, region.center[1] - 1.7))):
        dwpose.restart(start)
        for n in range(15, 25):  # the detector looks in the first of them only
            again = dwpose(frames[n][0], n / 25)
            assert n < 18 or (np.array_equal(again.xy, whole[n].xy) and again.region == whole[n].region)


def test_somebody_who_was_away_is_found_again(dwpose: WholeBody) -> None:
    frames = walk()
    dwpose.restart(dwpose.candidates(frames[0][0])[1])
    empty = np.zeros_like(frames[0][0])
    dwpose(frames[0][0], 0.0)
    for n in range(1, 5):
        gone = dwpose(empty, n / 25)
        assert np.isnan(gone.xy).all() and gone.region is None
    found = dwpose(frames[9][0], 9 / 25)
    assert np.abs(found.xy - joints_of(frames[9][1][0])).max() < 0.5


def test_masks_are_mediapipe_s_of_the_same_person(data: Path, puppet_shows) -> None:
    show = puppet_shows["person"]
    xy, _ = show.joints()
    frame = (next(iter(show.frames())) * 0.6).astype(np.float64)
    across, down = np.meshgrid(np.arange(frame.shape[1]), np.arange(frame.shape[0]))
    for joint, color in zip((0, 11, 15), graphs.SPOTS, strict=True):  # a spot on the nose, a hip, an ankle
        near = np.exp(-((across - xy[0, joint, 0]) ** 2 + (down - xy[0, joint, 1]) ** 2) / 2 / 2**2)[..., None]
        frame = frame * (1 - near) + near * color
    body = xy[0, :17]
    low, high = body.min(0), body.max(0)
    graphs.pose_graph(weights.place("dwpose"))
    graphs.picked_graph(weights.place("dwpose-detector"))
    start = Candidate(tuple((low + high) / 2), float(0.6 * (high - low)[1]), 0.0)  # type: ignore[arg-type]
    estimator = estimators.make("dwpose", masks=True)
    estimator.candidates = lambda image: [start]  # type: ignore[attr-defined, method-assign]
    found = estimator(frame.round().astype(np.uint8), 0.0)
    estimator.close()
    assert np.hypot(*(found.xy[0] - xy[0, 0])) < 1.5
    assert found.mask is not None and found.mask.shape == (256, 256)
    true = next(iter(show.masks())) > 127
    both = (found.mask > 127) & true
    assert both.sum() > 0.6 * ((found.mask > 127) | true).sum()


# --- offered, not used ----------------------------------------------------------------------------


def test_without_the_files_it_is_offered_not_used(data: Path) -> None:
    for act in (lambda: estimators.make("dwpose"), lambda: estimators.identity("dwpose")):
        with pytest.raises(UserError, match="dwpose, dwpose-detector") as caught:
            act()
        assert "dancetransfer weights dwpose" in caught.value.hint
    graphs.pose_graph(weights.place("dwpose"))
    with pytest.raises(UserError, match="not installed: dwpose-detector"):
        estimators.make("dwpose")
    assert estimators.identity("mediapipe") == "mediapipe-holistic 1"
    assert PoseSettings().estimator == "mediapipe"
    assert [(one.name, one.installed) for one in offers()] == [("mediapipe", True), ("dwpose", False), ("rtmw", False)]


def test_other_weights_are_another_estimator(dwpose: WholeBody) -> None:
    first = estimators.identity("dwpose")
    assert first == estimators.identity("dwpose") and first.startswith("dwpose 1 ")
    graphs.pose_graph(weights.place("dwpose"), batch=1)
    assert estimators.identity("dwpose") != first


def test_a_file_of_unknown_hash_is_recorded_and_named(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graphs.pose_graph(tmp_path / "own.onnx")
    monkeypatch.setitem(weights.TABLE, "dwpose", replace(weights.TABLE["dwpose"], sha256="", url=""))
    events = list(weights.install_from_file("dwpose", tmp_path / "own.onnx"))
    digest = weights.sha256(tmp_path / "own.onnx")
    assert any("unverified" in getattr(event, "message", "") for event in events)
    assert weights.fingerprint("dwpose") == digest and "unverified" in weights.describe("dwpose")


def report(**choice: str) -> list[str]:
    stage = doctor.examine(steps=0, poses=PoseSettings(**choice))
    while True:
        try:
            assert next(stage)
        except StopIteration as end:
            return end.value.lines()


def test_the_doctor_tells_which_estimator_will_run(dwpose: WholeBody) -> None:
    text = "\n".join(report())
    assert "Poses will be found by mediapipe, on the processor" in text
    assert "stronger: dwpose, on the processor" in text
    assert "stronger: rtmw, not installed (rtmw, rtmw-detector); get it with: dancetransfer weights rtmw" in text
    assert "Poses will be found by dwpose, on the processor" in "\n".join(report(estimator="dwpose"))
    assert "Poses: rtmw is chosen, but it is not installed" in "\n".join(report(estimator="rtmw"))
    weights.place("dwpose").write_bytes(b"hello")
    assert "dwpose is chosen, but it is not usable" in "\n".join(report(estimator="dwpose"))


def test_cuda_counts_only_where_a_session_has_it(
    dwpose: WholeBody, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    import onnxruntime

    if runtime.CUDA not in onnxruntime.get_available_providers():
        pytest.skip("this ONNX Runtime was built without CUDA")
    monkeypatch.setattr(device, "cards", lambda: [])
    network = runtime.open_network(weights.place("dwpose"))
    assert network.provider == "CPU" and "no NVIDIA card" in network.cause
    monkeypatch.setattr(device, "cards", lambda: [Card("nvidia", "RTX 3060", True, 8.6)])
    network = runtime.open_network(weights.place("dwpose"))
    assert (network.provider == "CUDA") == (network.session.get_providers()[0] == runtime.CUDA)
    assert network.provider == "CUDA" or network.cause
    assert capfd.readouterr() == ("", "")  # standard output belongs to the events


def test_poses_of_a_video_by_the_other_estimator(
    dwpose: WholeBody, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command takes it through its worker processes, and says whose the poses are."""
    from dancetransfer.cli import files
    from dancetransfer.cli.parser import parser
    from dancetransfer.pose.poses import Poses
    from dancetransfer.video.write import Writer

    frames = [graphs.scene((400, 160), [(60 + 4 * n, 80, 120)]) for n in range(30)]
    with Writer(tmp_path / "walk.mp4", (400, 160), fps=25, mark=False) as writer:
        for n, (picture, _, _) in enumerate(frames):
            writer.write(picture, n / 25)
    words = ["poses", str(tmp_path / "walk.mp4"), "-o", str(tmp_path / "p.npz"), "--raw", "--estimator", "dwpose"]
    events = list(files.poses(parser().parse_args(words), None))  # type: ignore[arg-type]
    assert isinstance(events[-1], Done)
    poses = Poses.load(tmp_path / "p.npz")
    assert poses.estimator == estimators.identity("dwpose")
    true = np.stack([joints_of(spots[0]) for _, _, spots in frames])
    assert (
        poses.present.all() and np.hypot(*np.moveaxis(poses.xy - true, -1, 0)).max() < 2
    )  # H.264 moves a spot a little
