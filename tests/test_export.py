"""The finished clip: every frame at its own time, with sound, mark and label."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from stages import close_at, leftovers
from video_samples import bursts

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Notice, Progress, Started
from dancetransfer.pose.poses import Poses
from dancetransfer.project import Project
from dancetransfer.render.compose import compose, resample
from dancetransfer.render.export import export as export_stage
from dancetransfer.render.plan import label_wanted
from dancetransfer.render.render import render
from dancetransfer.settings import ExportSettings, RenderSettings, TrainSettings
from dancetransfer.video.disclosure import SOURCE_TYPE, read_mark
from dancetransfer.video.read import frame_times, load_audio, probe, read_frames
from dancetransfer.video.write import Writer

SMALL = TrainSettings(recipe="fast", size=32, width=4, blocks=1, device="cpu")
FRAMES, FPS = 75, 25


def export(
    project: Project, output: Path, start: float | None = None, stop: float | None = None, **how: Any
) -> Iterator[Any]:
    return export_stage(project, RenderSettings(start=start, stop=stop), ExportSettings(**how), output)


def images(path: Path) -> np.ndarray:
    return np.stack([frame.image for frame in read_frames(path)]).astype(int)


def composed(project: Project, first: int = 0, last: int = FRAMES) -> np.ndarray:
    name = project.dances[-1].name
    return np.stack([image for _, image in compose(project, name, first, last)]).astype(int)


def sound_seconds(path: Path) -> float:
    samples, rate = load_audio(path)
    return len(samples) / rate


def loud(path: Path) -> list[float]:
    """Seconds at which the sound sets in."""
    samples, rate = load_audio(path)
    level = np.abs(samples).max(1) > 0.2
    starts = np.flatnonzero(level & ~np.concatenate([[False], level[:-1]])) / rate
    return [float(t) for n, t in enumerate(starts) if n == 0 or t - starts[n - 1] > 0.1]


# --- frames, times and sound ----------------------------------------------------------------------


def test_one_frame_out_per_frame_in_with_the_dances_sound_and_the_mark(rendered: Project, tmp_path: Path) -> None:
    output = tmp_path / "clip.mp4"
    events = list(export(rendered, output))
    assert events[0] == Started("export", FRAMES)
    assert [e.done for e in events if isinstance(e, Progress)] == [10, 20, 30, 40, 50, 60, 70]
    assert events[-1] == Done(
        "export", "75 frames, 3.0 s, 256x256, with the dance's sound.", [str(output)], {"from": 0.0, "to": 3.0}
    )
    facts = probe(output)
    assert (facts.frames, facts.width, facts.height) == (FRAMES, 256, 256) and facts.audio == "aac"
    np.testing.assert_allclose(frame_times(output), np.arange(FRAMES) / FPS, atol=1e-4)
    assert abs(sound_seconds(output) - facts.seconds) < 1 / FPS
    assert read_mark(output) == {"xmp": SOURCE_TYPE, "tag": SOURCE_TYPE}
    error = np.abs(images(output) - composed(rendered)).mean((1, 2, 3))
    assert error.max() < 3  # each frame is its own, but for the coding
    assert np.abs(images(output)[:-1] - composed(rendered)[1:]).mean() > 1.5 * error.mean()


def dance_of(project: Project, times: np.ndarray, sound: np.ndarray | None, name: str = "other") -> None:
    """Another dance in the project: as many of the fitted poses at other times, with another sound."""
    video = project.folder.parent / f"{name}.mp4"
    picture = np.zeros((64, 64, 3), np.uint8)
    with Writer(video, (64, 64), fps=25, sound=None if sound is None else (sound, 48000), mark=False) as writer:
        for n, time in enumerate(times):
            writer.write(picture + n, float(time))
    poses = Poses.load(project.dance_folder(project.dances[0]) / "retarget.npz")
    dance = project.add_dance(video)
    folder = project.dance_folder(dance)
    folder.mkdir(parents=True)
    replace(poses[: len(times)], time=times).save(folder / "retarget.npz")
    project.save()
    list(render(project, SMALL, RenderSettings()))


def uneven(seconds: float) -> np.ndarray:
    """Frame times of a phone: 24 to 60 a second by turns, with a frame missing now and then."""
    steps = np.random.default_rng(0).choice([1 / 60, 1 / 30, 1 / 24, 0.1], 200)
    times = np.concatenate([[0.0], np.cumsum(steps)])
    return np.round(times[times < seconds] * 90000) / 90000


def test_a_dance_of_uneven_rate_keeps_every_frames_own_time(drawn: Project, tmp_path: Path) -> None:
    times = uneven(2.0)
    assert len(set(np.round(np.diff(times), 3))) == 4
    dance_of(drawn, times, bursts([0.5, 1.0, 1.5], 2.0))
    list(export(drawn, tmp_path / "clip.mp4"))
    facts = probe(tmp_path / "clip.mp4")
    assert facts.variable_rate and facts.frames == len(times)
    np.testing.assert_allclose(frame_times(tmp_path / "clip.mp4"), times, atol=1e-4)
    assert loud(tmp_path / "clip.mp4") == pytest.approx([0.5, 1.0, 1.5], abs=0.03)
    assert np.abs(images(tmp_path / "clip.mp4") - composed(drawn, 0, len(times))).mean() < 3

    list(export(drawn, tmp_path / "part.mp4", 0.7, 1.6))  # and a stretch of it, with its sound
    inside = times[(times >= 0.7) & (times < 1.6)]
    np.testing.assert_allclose(frame_times(tmp_path / "part.mp4"), inside - inside[0], atol=1e-4)
    assert loud(tmp_path / "part.mp4") == pytest.approx([1.0 - inside[0], 1.5 - inside[0]], abs=0.03)
    facts = probe(tmp_path / "part.mp4")
    assert abs(sound_seconds(tmp_path / "part.mp4") - facts.seconds) < 1 / facts.fps


def test_a_stretch_lasts_until_the_next_frame_would_come(drawn: Project, tmp_path: Path) -> None:
    times = np.array([0, 0.04, 0.08, 0.12, 0.36, 0.4])
    dance_of(drawn, times, None)
    list(export(drawn, tmp_path / "clip.mp4", 0, 0.2))
    assert probe(tmp_path / "clip.mp4").seconds == pytest.approx(0.36, abs=0.04)


@pytest.mark.parametrize("fps", [10, 30, 60])
def test_another_rate_is_even_and_as_long(rendered: Project, tmp_path: Path, fps: int) -> None:
    output = tmp_path / "clip.mp4"
    list(export(rendered, output, fps=fps))
    facts = probe(output)
    assert facts.frames == 3 * fps and not facts.variable_rate
    np.testing.assert_allclose(frame_times(output), np.arange(3 * fps) / fps, atol=1e-4)
    assert abs(sound_seconds(output) - 3.0) < 1 / fps and abs(facts.seconds - 3.0) < 1 / fps
    shown = np.floor(np.arange(3 * fps) / fps * FPS + 1e-6).astype(int)  # the frame that is seen at that time
    assert np.abs(images(output) - composed(rendered)[shown]).mean((1, 2, 3)).max() < 3


def test_resampling_an_uneven_clip_shows_what_was_seen_at_each_tick() -> None:
    times = uneven(2.0) + 5
    frames = ((float(time), np.full((1, 1, 3), n, np.uint8)) for n, time in enumerate(times))
    ticks = list(resample(frames, 30, 7.0))
    assert len(ticks) == 60
    for n, (time, image) in enumerate(ticks):
        assert time == pytest.approx(5 + n / 30)
        assert image[0, 0, 0] == np.searchsorted(times, time + 1e-6) - 1


def test_a_stretch_has_its_own_frames_and_its_own_sound(rendered: Project, tmp_path: Path) -> None:
    output = tmp_path / "part.mp4"
    list(export(rendered, output, 0.6, 1.8))
    facts = probe(output)
    assert facts.frames == 30 and facts.seconds == pytest.approx(1.2, abs=1e-3)
    assert abs(sound_seconds(output) - 1.2) < 1 / FPS
    assert np.abs(images(output) - composed(rendered, 15, 45)).mean() < 3
    source, rate = load_audio(rendered.dances[0].path())
    part, _ = load_audio(output)
    wanted = source[round(0.6 * rate) :][: len(part)].mean(1)
    shifts = range(-2400, 2401, 48)
    heard = part[2400 : len(part) - 4800].mean(1)
    fit = [float(np.dot(heard, wanted[2400 + s : 2400 + s + len(heard)])) for s in shifts]
    assert abs(shifts[int(np.argmax(fit))]) / rate <= 0.002  # in sync within two milliseconds


def test_a_dance_without_sound_gives_a_clip_without(drawn: Project, tmp_path: Path) -> None:
    dance_of(drawn, np.arange(20) / 25, None)
    (*_, done) = export(drawn, tmp_path / "clip.mp4")
    assert done.message == "20 frames, 0.8 s, 256x256, without sound."
    assert probe(tmp_path / "clip.mp4").audio is None


def test_sound_that_is_shorter_or_longer_than_the_picture_ends_with_it(drawn: Project, tmp_path: Path) -> None:
    for name, seconds in (("longer", 4.0), ("shorter", 1.0)):
        dance_of(drawn, np.arange(40) / 25, bursts([0.5], seconds), name)
        list(export(drawn, tmp_path / f"{name}-clip.mp4"))
        assert loud(tmp_path / f"{name}-clip.mp4") == pytest.approx([0.5], abs=0.03)
        assert abs(sound_seconds(tmp_path / f"{name}-clip.mp4") - 1.6) < 1 / FPS


@pytest.mark.parametrize("size", [(255, 253), (201, 256)])
def test_the_clip_has_the_persons_own_size_also_an_odd_one(
    drawn: Project, tmp_path: Path, size: tuple[int, int]
) -> None:
    """H.264 takes even sizes alone: an odd last row or column is there twice, nothing is scaled."""
    file = drawn.clip_folder(drawn.clips[0]) / "plate.npy"
    np.save(file, np.load(file)[: size[1], : size[0]])
    retargeted = drawn.dance_folder(drawn.dances[0]) / "retarget.npz"
    replace(Poses.load(retargeted), size=size).save(retargeted)
    list(render(drawn, SMALL, RenderSettings(stop=0.3)))
    list(export(drawn, tmp_path / "clip.mp4", stop=0.3))
    facts = probe(tmp_path / "clip.mp4")
    assert (facts.width, facts.height) == (size[0] + size[0] % 2, size[1] + size[1] % 2)
    made = images(tmp_path / "clip.mp4")[:, : size[1], : size[0]]
    assert np.abs(made - composed(drawn, 0, 8)).mean() < 3


# --- label and mark -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("built_in", "consent", "label", "wanted"),
    [
        (False, None, "auto", True), (False, None, "on", True), (False, None, "off", True),
        (False, "Ann, today", "auto", False), (False, "Ann, today", "on", True), (False, "Ann, today", "off", False),
        (True, None, "auto", False), (True, None, "on", True), (True, None, "off", False),
    ],
)  # fmt: skip
def test_the_label_is_on_until_a_consent_is_recorded(
    rendered: Project, built_in: bool, consent: str | None, label: str, wanted: bool
) -> None:
    rendered.built_in = built_in
    if consent:
        rendered.consent = consent
    assert label_wanted(rendered, ExportSettings(label=label)) == wanted


def test_the_label_is_in_the_picture_and_refusing_to_leave_it_out_is_said(rendered: Project, tmp_path: Path) -> None:
    """The mark is in the file either way."""
    list(export(rendered, tmp_path / "plain.mp4", 0, 0.4))
    rendered.built_in = False
    events = list(export(rendered, tmp_path / "labeled.mp4", 0, 0.4, label="off"))
    assert [(e.message, e.hint) for e in events if isinstance(e, Notice)] == [
        (
            "The visible label stays: nobody's consent is recorded in this project.",
            'Record it with --consent "who agreed, when".',
        )
    ]
    plain, labeled = images(tmp_path / "plain.mp4"), images(tmp_path / "labeled.mp4")
    off = np.abs(plain - labeled).mean((0, 3))
    corner = np.zeros(off.shape, bool)
    corner[210:, :140] = True
    assert off[corner].max() > 60 and (off[corner] > 20).mean() > 0.2 and off[~corner].mean() < 1
    for name in ("plain.mp4", "labeled.mp4"):
        assert read_mark(tmp_path / name)["xmp"] == SOURCE_TYPE
    rendered.consent = "Ann agreed on 1 May"
    assert not any(isinstance(e, Notice) for e in export(rendered, tmp_path / "free.mp4", 0, 0.4, label="off"))
    assert np.array_equal(images(tmp_path / "free.mp4"), plain)


# --- stops and mistakes ---------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 2, 5, 8])
def test_a_stop_leaves_nothing_half_done(rendered: Project, tmp_path: Path, count: int) -> None:
    output = tmp_path / "clip.mp4"
    output.write_bytes(b"an older clip")
    assert len(close_at(export(rendered, output), count)) == count
    assert output.read_bytes() == b"an older clip" and not leftovers(tmp_path)
    assert isinstance(list(export(rendered, output))[-1], Done)
    assert probe(output).frames == FRAMES


def test_what_several_trainings_rendered_is_not_mixed(rendered: Project, tmp_path: Path) -> None:
    record = rendered.dance_folder(rendered.dances[0]) / "render" / "000048.npz"
    with np.load(record) as data:
        kept = dict(data)
    np.savez(record, **{**kept, "made_by": np.asarray("another")})
    with pytest.raises(UserError, match="different trainings") as caught:
        list(export(rendered, tmp_path / "clip.mp4", 1.0))
    assert "--from 1 --to 3. Or write what is there: --from 1.92 --to 3" in caught.value.hint
    list(export(rendered, tmp_path / "clip.mp4", 1.92))


def test_what_is_not_rendered_or_no_longer_there_is_said(rendered: Project, tmp_path: Path) -> None:
    output = tmp_path / "clip.mp4"
    (rendered.dance_folder(rendered.dances[0]) / "render" / "000048.mkv").write_bytes(b"damaged")
    with pytest.raises(UserError, match=r"1\.92 to 3 s of 'dance' are not rendered yet") as caught:
        list(export(rendered, output))
    assert "--dance dance --from 1.92 --to 3. Or" in caught.value.hint
    assert caught.value.hint.endswith("--from 0 --to 1.92")
    assert not output.exists() and not leftovers(tmp_path)
    list(export(rendered, output, 0, 1.92))  # what is whole can be written
    assert probe(output).frames == 48
    with pytest.raises(UserError, match="not one frame"):
        list(export(rendered, output, 9))
    rendered._data["dances"][0]["file"] = str(tmp_path / "gone.mp4")
    with pytest.raises(UserError, match="no longer there"):
        list(export(rendered, output, 0, 1.9))
    with pytest.raises(UserError, match="no dance 'salsa'"):
        list(export_stage(rendered, RenderSettings(dance="salsa"), ExportSettings(), output))
