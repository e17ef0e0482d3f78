"""Live: the newest picture wins, the label stays, nobody dances unasked, and feet land on the dancer's floor."""

import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from engine import call, done, failed, last, notices

from dancetransfer import puppets
from dancetransfer.cli import console
from dancetransfer.events import Done, Progress
from dancetransfer.extract import estimators
from dancetransfer.extract.estimators import Estimate, nobody
from dancetransfer.fit.body import body, measure
from dancetransfer.footage.pairs import Footage, load_footage, prepare
from dancetransfer.live import sinks, sources
from dancetransfer.live.calm import Calm
from dancetransfer.live.choosing import Choosing
from dancetransfer.live.fitting import Fitted, Fitting, Seen, between
from dancetransfer.live.live import Chain, live
from dancetransfer.live.meter import Meter
from dancetransfer.live.painting import Painter
from dancetransfer.live.performers import Performer, of_project
from dancetransfer.live.slots import Slot
from dancetransfer.live.sources import Captured, film
from dancetransfer.pose.contacts import contacts
from dancetransfer.pose.poses import JOINTS, LEFT_ANKLE, LEFT_WRIST, RIGHT_ANKLE, Poses
from dancetransfer.pose.space import body_heights
from dancetransfer.project import Project
from dancetransfer.settings import TrainSettings
from dancetransfer.video.disclosure import SOURCE_TYPE, draw_label, label_place, read_mark
from dancetransfer.video.read import probe, read_frames

FPS, SIZE = 25, (256, 256)


def track_of(show: puppets.Performance) -> Poses:
    poses = Poses(*show.joints()[:2], show.times, show.size)
    return replace(poses, contact=contacts(poses))


def performer_of(project: Project) -> Performer:
    opening = of_project(project, project.settings(TrainSettings))
    while True:
        try:
            next(opening)
        except StopIteration as end:
            found: Performer = end.value
            return found


class Knowing:
    """An estimator that knows the joints of a dance, and who is gone when."""

    def __init__(self, poses: Poses, gone: tuple[float, float] = (99, 99)) -> None:
        self.poses, self.gone, self.asked = poses, gone, 0

    def __call__(self, image: np.ndarray, time: float) -> Estimate:
        self.asked += 1
        n = round(time * FPS)
        if self.gone[0] <= time < self.gone[1]:
            return nobody()
        return Estimate(self.poses.xy[n].copy(), self.poses.confidence[n].copy())

    def close(self) -> None:
        pass


@pytest.fixture(scope="module")
def dance(puppet_shows: dict[str, puppets.Performance]) -> Poses:
    return track_of(puppet_shows["dance"])


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch, dance: Poses) -> Callable[..., Knowing]:
    """Makes the command use an estimator that knows the dance."""

    def use(**how: tuple[float, float]) -> Knowing:
        found = Knowing(dance, **how)
        monkeypatch.setattr(estimators, "make", lambda name: found)
        return found

    return use


def blank(frames: int) -> Iterator[Captured]:
    for n in range(frames):
        yield Captured(np.zeros((SIZE[1], SIZE[0], 3), np.uint8), n / FPS, float(n))


# --- the threads ----------------------------------------------------------------------------------


def test_a_slot_holds_the_newest_and_counts_the_others() -> None:
    slot: Slot[int] = Slot()
    for n in range(5):
        slot.put(n)
    assert slot.take() == 4 and slot.dropped == 4
    assert slot.take(0.01) is None and not slot.over
    slot.put(7)
    slot.close()
    slot.put(8)
    assert slot.take() == 7 and slot.take() is None and slot.over


class Plain(Fitting):
    """Takes every pose as it is, at once."""

    begun = legs = True  # type: ignore[assignment]

    def __init__(self) -> None:
        pass

    def __call__(self, seen: Seen) -> Fitted:
        return Fitted(seen.xy, seen.confidence, seen.time)

    def close(self) -> None:
        pass


def test_the_newest_picture_wins_where_drawing_is_slow(dance: Poses) -> None:
    """The drawing takes as long as ten pictures of the camera: nothing queues up, nothing old is drawn."""
    frames = 74
    given, more, drawn, seen_at = [0], threading.Condition(), [], []

    def source(stop: threading.Event) -> Iterator[Captured]:
        for one in blank(frames):
            with more:
                given[0] += 1
                more.notify_all()
                more.wait_for(lambda: given[0] < 10 * (len(drawn) + 1) or stop.is_set(), 10)
            yield one

    def slow(fitted: Fitted | None) -> np.ndarray:
        with more:
            seen_at.append(given[0])
            assert fitted is not None
            drawn.append(round(fitted.time * FPS))
            more.notify_all()
            more.wait_for(lambda: given[0] >= min(10 * (len(drawn) + 1), frames), 10)
        return np.zeros((8, 8, 3), np.uint8)

    chain = Chain(source, Knowing(dance), Plain(), slow, every=False)
    events = list(live(chain, Plain(), [], watched=False))
    assert isinstance(events[-1], Done)
    result = events[-1].result
    assert 5 < len(drawn) < 20 and result["pictures"] + result["dropped"] == frames
    assert drawn == sorted(drawn)
    # a picture is as old as one drawing and one pose take, never as all that came before it
    assert max(at - n for n, at in zip(drawn, seen_at, strict=True)) <= 22


def test_what_goes_wrong_in_a_thread_is_told_and_the_file_is_whole(tmp_path: Path, drawn: Project) -> None:
    performer = performer_of(drawn)

    def source(stop: threading.Event) -> Iterator[Captured]:
        yield from blank(6)
        raise sources.UserError("The camera gives no pictures any more.", "Is it still plugged in?")

    fitting = Fitting(performer.person)
    chain = Chain(source, Knowing(track_of(puppets.dance(0, SIZE, 1, FPS))), fitting, Painter(performer), every=True)
    events = list(live(chain, fitting, [sinks.File(tmp_path / "live.mp4")]))
    assert isinstance(events[-1], Done) and events[-1].result["pictures"] == 6
    assert "no pictures any more" in notices(events)[-1]
    assert probe(tmp_path / "live.mp4").frames == 6
    assert threading.active_count() < 20 and not any(one.name in ("_find", "_draw") for one in threading.enumerate())


def test_the_meter_tells_rate_and_latency() -> None:
    meter = Meter()
    for n in range(100):
        meter.shown(n / 10 - (0.5 if n % 10 == 0 else 0.2), n / 10)
    assert meter.whole() == pytest.approx((10, 0.2, 0.5), abs=2e-3)
    assert meter.lately(9.9)[:2] == pytest.approx((10, 0.2), abs=1e-6)
    assert meter.lately(20.0) == (0, 0, 0)


# --- the fit --------------------------------------------------------------------------------------


def test_feet_land_on_the_dancers_floor_and_limbs_follow(
    puppet_shows: dict[str, puppets.Performance], dance: Poses
) -> None:
    """Without looking ahead: against the person truly doing the dance, whose body and camera are others."""
    truth, calm = track_of(puppet_shows["truth"]), Calm()
    dance = dance.with_xy(0.7 * dance.xy + (50, 30))  # farther away, and aside
    fitting = Fitting(measure(track_of(puppet_shows["person"])), beside=False)
    found = []
    for n, time in enumerate(dance.time):
        xy, confidence, _ = calm(dance.xy[n].copy(), dance.confidence[n].copy(), None, float(time))
        found.append(fitting(Seen(xy, confidence, None, float(time), SIZE)))
    first = next(n for n, one in enumerate(found) if one is not None)
    assert 1.4 < dance.time[first] < 1.7
    height = float(np.nanmedian(body_heights(truth.xy, truth.confidence)))
    made = np.stack([one.xy for one in found[first:] if one is not None])
    wrong = np.linalg.norm(made[:, 5:17] - truth.xy[first:, 5:17], axis=-1) / height
    unfitted = np.linalg.norm(dance.xy[first:, 5:17] - truth.xy[first:, 5:17], axis=-1) / height
    assert np.mean(wrong) < 0.06 < np.mean(unfitted)
    feet = np.abs(made[:, [LEFT_ANKLE, RIGHT_ANKLE], 1] - truth.xy[first:, [LEFT_ANKLE, RIGHT_ANKLE], 1]) / height
    assert np.median(feet) < 0.04


def _long(xy: np.ndarray) -> np.ndarray:
    """[T]: pixels of the trunk and of both legs, bone by bone."""
    trunk = (xy[:, [5, 6]].mean(1) - xy[:, [11, 12]].mean(1))[:, None]
    bones = np.concatenate([trunk, xy[:, [11, 12, 13, 14]] - xy[:, [13, 14, 15, 16]]], 1)
    return np.asarray(np.linalg.norm(bones, axis=-1).sum(1))


def test_the_dancer_is_as_large_at_once_as_when_all_is_known(
    puppet_shows: dict[str, puppets.Performance], dance: Poses
) -> None:
    """Who bends their knees all the while they are measured is no smaller for it."""
    target = track_of(puppet_shows["person"])
    known, _ = body(dance, target)
    fitting = Fitting(measure(target), beside=False)
    found = [fitting(Seen(dance.xy[n], dance.confidence[n], None, n / FPS, SIZE)) for n in range(45)]
    made = {n: one.xy for n, one in enumerate(found) if one is not None}
    assert 3 < len(made) < 10
    larger = _long(np.stack(list(made.values()))) / _long(known.xy[list(made)])
    assert np.median(larger) == pytest.approx(1, abs=0.03)


def test_a_new_measurement_is_taken_over_without_a_jump(puppet_shows: dict[str, puppets.Performance]) -> None:
    a, b = measure(track_of(puppet_shows["person"])), measure(track_of(puppet_shows["dance"]))
    ways = [between(a, b, share).scene.camera.height for share in (0.0, 0.5, 1.0)]
    assert ways[0] == pytest.approx(a.scene.camera.height) and ways[2] == pytest.approx(b.scene.camera.height)
    assert min(ways[0], ways[2]) < ways[1] < max(ways[0], ways[2])


def test_calm_joints_stop_trembling_and_quick_ones_hardly_lag() -> None:
    rng, calm = np.random.default_rng(0), Calm()
    still = np.stack([np.linspace(100, 140, JOINTS), np.linspace(50, 250, JOINTS)], 1)
    sure = np.ones(JOINTS, np.float32)
    out = []
    for n in range(50):
        xy = still + rng.normal(0, 0.5, still.shape)
        xy[LEFT_WRIST, 0] += 8 * max(0, n - 25)  # 200 pixels a second
        out.append(calm(xy.astype(np.float32), sure.copy(), None, n / FPS)[0])
    rest = np.stack(out[10:])[:, RIGHT_ANKLE]
    assert rest.std(0).max() < 0.4
    assert still[LEFT_WRIST, 0] + 8 * 24 - out[-1][LEFT_WRIST, 0] < 0.08 * 200


def test_a_joint_that_is_missed_for_a_moment_stays_on_its_limb() -> None:
    calm, sure = Calm(), np.ones(JOINTS, np.float32)
    xy = np.stack([np.linspace(100, 140, JOINTS), np.linspace(50, 250, JOINTS)], 1).astype(np.float32)
    calm(xy, sure, None, 0.0)
    gone = sure.copy()
    gone[LEFT_WRIST] = 0
    _, held, _ = calm(xy + 4, gone.copy(), None, 0.1)
    _, lost, _ = calm(xy + 4, gone.copy(), None, 0.4)
    assert held[LEFT_WRIST] == 1 and lost[LEFT_WRIST] == 0


# --- the picture ----------------------------------------------------------------------------------


def test_the_plate_alone_where_nobody_is_and_the_label_always(drawn: Project) -> None:
    performer = performer_of(drawn)
    painter, track = Painter(performer), load_footage(drawn)[0].poses
    labeled = draw_label(performer.plate)
    left, top, right, bottom = label_place(performer.plate.shape[1::-1])

    def at(n: int, somebody: bool = True) -> np.ndarray:
        here = track.confidence[n] if somebody else np.zeros(JOINTS, np.float32)
        return painter(Fitted(track.xy[n], here, n / FPS))

    assert np.array_equal(painter(None), labeled)
    pictures = [at(n) for n in range(4)]
    for picture in pictures:
        assert not np.array_equal(picture, labeled)
        behind = labeled[top:bottom, left:right].astype(int)
        assert np.percentile(np.abs(picture[top:bottom, left:right] - behind), 90) < 60  # dark plate, white words
    assert np.array_equal(at(5, False), pictures[-1])  # for 0.3 s the last picture stands
    assert np.array_equal(at(12, False), labeled)
    assert not np.array_equal(at(13), labeled)
    assert len(painter._drawn) < 20
    for n in range(14, 60):
        at(n)
    assert len(painter._drawn) <= 32


@pytest.fixture(scope="module")
def filmed(true_project: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Performer, Footage]:
    """Who dances by own frames alone, and what was filmed of them."""
    project = Project.open(shutil.copytree(true_project, tmp_path_factory.mktemp("own") / "true.dance"))
    settings = TrainSettings(recipe="sprites", size=32)
    list(prepare(project, settings))
    project.set_settings(settings)
    project.save()
    return performer_of(project), load_footage(project)[0]


def test_own_frames_are_chosen_as_they_come_and_seldom_jump(filmed: tuple[Performer, Footage]) -> None:
    """Asked for what was filmed, from the middle of the clip on, it shows that, in its order."""
    performer, clip = filmed
    assert performer.own is not None
    choosing, shown = Choosing(performer.own), []
    for n in range(40, 52):
        choosing(clip.poses[n - 3 : n + 1], clip.boxes[n - 3 : n + 1], n == 40)
        shown.append(choosing._recent[-1])
    assert np.median(np.abs(np.array([one.number for one in shown]) - np.arange(40, 52))) <= 1
    assert not any(one.jump for one in shown)


def test_own_frames_dance_live_without_a_training(filmed: tuple[Performer, Footage]) -> None:
    performer, clip = filmed
    painter, labeled = Painter(performer), draw_label(performer.plate)
    pictures = [painter(Fitted(clip.poses.xy[n], clip.poses.confidence[n], n / FPS)) for n in range(4)]
    assert min(np.abs(one.astype(int) - labeled).mean() for one in pictures) > 1


# --- the command ----------------------------------------------------------------------------------


def test_a_video_is_danced_live_into_a_marked_file(
    drawn: Project, puppet_clips: Path, tmp_path: Path, known: Callable[..., Knowing]
) -> None:
    asked, out = known(gone=(2.0, 2.6)), tmp_path / "live.mp4"
    words = (drawn.folder, puppet_clips / "dance.mp4", "-o", out, "--pace", "all", "--window", "off")
    events = done("live", *words, "--stop-after", 2.8)
    assert asked.asked == 70
    info = probe(out)
    assert info.frames == 70 and info.audio and read_mark(out) == {"xmp": SOURCE_TYPE, "tag": SOURCE_TYPE}
    assert any("the dancer follows you" in one for one in notices(events))
    assert last(events).files == [str(out)] and last(events).result["dropped"] == 0
    pictures = [frame.image.astype(int) for frame in read_frames(out)]
    plate = draw_label(performer_of(drawn).plate).astype(int)
    off = np.array([np.abs(picture - plate).mean() for picture in pictures])
    assert off[:36].max() < 2 < off[40:50].min() and off[60:64].max() < 2  # measured, danced, gone


def test_frame_rate_and_latency_are_told(dance: Poses) -> None:
    paused = threading.Event()

    def slow(fitted: Fitted | None) -> np.ndarray:
        paused.wait(0.06)
        return np.zeros((8, 8, 3), np.uint8)

    chain = Chain(lambda stop: blank(12), Knowing(dance), Plain(), slow, every=True)
    events = list(live(chain, Plain(), []))
    told = [event for event in events if isinstance(event, Progress)]
    assert told and "frames/s" in told[0].words and "dropped" in told[0].words
    names = {getattr(event, "name", "") for event in events}
    assert {"frames_per_second", "latency", "latency_p95", "dropped"} <= names


def test_a_stop_ends_it_with_its_totals(
    drawn: Project, puppet_clips: Path, tmp_path: Path, known: Callable[..., Knowing], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, out = known(), tmp_path / "live.mp4"
    monkeypatch.setattr(console.Stop, "wanted", property(lambda self: asked.asked > 10))
    words = (drawn.folder, puppet_clips / "dance.mp4", "-o", out, "--pace", "all", "--window", "off")
    events = done("live", *words)
    assert 10 < probe(out).frames < 40
    assert last(events).result["pictures"] == probe(out).frames


def test_who_has_not_agreed_does_not_dance(drawn: Project, puppet_clips: Path, tmp_path: Path) -> None:
    drawn.built_in = False
    drawn.save()
    words = ("live", drawn.folder, puppet_clips / "dance.mp4", "-o", tmp_path / "live.mp4", "--window", "off")
    assert "consent" in failed(*words).message
    assert not (tmp_path / "live.mp4").exists()


def test_without_a_screen_a_file_is_asked_for(
    drawn: Project, puppet_clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sinks, "PROBE", "raise SystemExit(1)")
    assert "-o" in failed("live", drawn.folder, puppet_clips / "dance.mp4").hint


def test_a_camera_and_a_video_exclude_each_other(drawn: Project, puppet_clips: Path) -> None:
    code, _ = call("live", drawn.folder, puppet_clips / "dance.mp4", "--camera", 1, "-o", "x.mp4")
    assert code == console.USAGE


def test_a_paced_video_keeps_its_time(puppet_clips: Path) -> None:
    stop = threading.Event()
    shown = film(puppet_clips / "dance.mp4", stop, paced=True)
    first, second = next(shown), next(shown)
    assert second.at - first.at == pytest.approx(1 / FPS, abs=1e-6)
    mirrored = next(sources.mirrored(iter([first])))
    assert np.array_equal(mirrored.image, first.image[:, ::-1])
    stop.set()
    assert next(shown, None) is None


def test_the_real_chain(drawn: Project, puppet_clips: Path, tmp_path: Path) -> None:
    """The real detector and a real network: somebody dances in the end."""
    out = tmp_path / "live.mp4"
    words = (drawn.folder, puppet_clips / "dance.mp4", "-o", out, "--pace", "all", "--window", "off")
    done("live", *words, "--stop-after", 1.7)
    pictures = [frame.image.astype(int) for frame in read_frames(out)]
    assert len(pictures) in (42, 43) and np.abs(pictures[-1] - pictures[0]).mean() > 0.5
