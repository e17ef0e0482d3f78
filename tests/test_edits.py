"""Touching up by hand: what an edit does to a track, and how the project keeps it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine import done, failed, last, notices
from stick_bodies import Camera, waving, without

from dancetransfer.errors import UserError
from dancetransfer.pose import edits
from dancetransfer.pose import poses as p
from dancetransfer.pose.edits import HIDDEN, OFFSET, PLACE, SWAP, Edit, apply
from dancetransfer.pose.names import GROUP, JOINT
from dancetransfer.pose.poses import VISIBLE, Poses
from dancetransfer.pose.track import clean_track
from dancetransfer.project import Project
from dancetransfer.storage import Results

WRIST = "left_wrist"


def filmed(fps: float = 30, seconds: float = 2.0) -> Poses:
    """A person who stands and swings the forearms, with two hands that hang on the wrists."""
    frames = round(fps * seconds)
    bodies = waving(frames)
    for wrist, hand in ((p.LEFT_WRIST, p.LEFT_HAND), (p.RIGHT_WRIST, p.RIGHT_HAND)):
        bodies[:, hand] = bodies[:, [wrist]] - np.linspace(0, 0.15, 21)[:, None] * (0, 1, 0)
    track = Camera().see(bodies, np.full(frames, 4.0), fps=fps)
    return replace(track, contact=np.ones((frames, 2), bool), world=np.zeros((frames, p.JOINTS, 3), np.float32))


def key(what: str, joint: str = WRIST, time: float = 1.0, x: float = 0, y: float = 0, **more: Any) -> Edit:
    return Edit(**{"id": 1, "what": what, "joint": joint, "time": time, "x": x, "y": y, **more})


def offset_of(track: Poses, made: Poses, joint: int = p.LEFT_WRIST) -> np.ndarray:
    return made.xy[:, joint].astype(float) - track.xy[:, joint]


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return np.array_equal(one, other, equal_nan=True)


def ease(u: np.ndarray) -> np.ndarray:
    return u * u * (3 - 2 * u)


# --- moving ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [5, 24, 60])
def test_a_moved_joint_is_there_at_its_frame_and_fades_to_the_ends_of_its_span(fps: float) -> None:
    track = filmed(fps)
    made = apply(track, [key(OFFSET, x=30, y=-12, before=0.5, after=0.25)])
    u = np.where(track.time < 1, (1 - track.time) / 0.5, (track.time - 1) / 0.25)
    share = 1 - ease(u.clip(0, 1))
    np.testing.assert_allclose(offset_of(track, made), share[:, None] * (30, -12), atol=1e-3)
    untouched = (track.time <= 0.5) | (track.time >= 1.25)
    assert same(made.xy[untouched], track.xy[untouched])
    assert same(made.xy[:, p.RIGHT_WRIST], track.xy[:, p.RIGHT_WRIST])
    stretch = edits.changed(track, made)
    assert len(stretch) == 1 and 0.5 < stretch[0][0] <= 1.0 <= stretch[0][1] < 1.25


def test_a_hand_goes_with_its_wrist_and_a_foot_with_its_ankle() -> None:
    track = filmed()
    wrist = apply(track, [key(OFFSET, x=30)])
    np.testing.assert_allclose(wrist.xy[30, p.LEFT_HAND], track.xy[30, p.LEFT_HAND] + (30, 0), atol=1e-3)
    assert same(wrist.xy[:, p.RIGHT_HAND], track.xy[:, p.RIGHT_HAND]) and wrist.contact.all()  # type: ignore[union-attr]
    ankle = apply(track, [key(OFFSET, "right_ankle", y=-20)])
    np.testing.assert_allclose(ankle.xy[30, 20:23], track.xy[30, 20:23] - (0, 20), atol=1e-3)
    assert ankle.contact is not None and ankle.contact[:, 0].all()
    assert not ankle.contact[30, 1] and ankle.contact[[20, 40], 1].all()  # off the floor, where the user wants it


def test_a_span_ends_at_a_cut() -> None:
    track = replace(filmed(), shot=(np.arange(60) >= 32).astype(np.int32))
    for what in (OFFSET, PLACE, HIDDEN, SWAP):
        made = apply(track, [key(what, "all" if what == SWAP else WRIST, x=400, y=300, before=0.5, after=0.5)])
        assert same(made.xy[32:], track.xy[32:]) and not same(made.xy[30:32], track.xy[30:32])


def test_a_span_of_nothing_reaches_its_frame_alone() -> None:
    track = filmed(24)
    made = apply(track, [key(OFFSET, x=9, time=1.01, before=0, after=0)])
    assert np.flatnonzero(offset_of(track, made)[:, 0]).tolist() == [24]
    hidden = apply(track, [key(HIDDEN, time=1.01, before=0, after=0)])
    assert np.flatnonzero(~hidden.visible[:, p.LEFT_WRIST]).tolist() == [24]


def test_keys_that_touch_go_over_into_each_other_and_don_t_add() -> None:
    track = filmed(60, 3)
    two = [key(OFFSET, x=30, time=1), key(OFFSET, x=10, y=20, time=1.3, id=2)]
    moved = offset_of(track, apply(track, two))
    np.testing.assert_allclose(moved[[60, 69, 78]], [(30, 0), (20, 10), (10, 20)], atol=1e-3)
    assert (np.diff(moved[60:79, 0]) <= 1e-3).all() and (np.diff(moved[60:79, 1]) >= -1e-3).all()
    far = apply(track, [two[0], replace(two[1], time=2.0)])
    np.testing.assert_allclose(offset_of(track, far)[[60, 90, 120]], [(30, 0), (0, 0), (10, 20)], atol=1e-3)
    again = apply(track, [*two, key(OFFSET, x=-5, time=1, id=3)])  # on the frame of the first
    np.testing.assert_allclose(offset_of(track, again)[60], (-5, 0), atol=1e-3)


def test_a_group_moves_first_so_that_a_placed_joint_stays_where_it_was_put() -> None:
    track = filmed()
    both = [key(PLACE, x=500, y=250), key(OFFSET, "body", x=40, id=2)]
    for order in (both, both[::-1]):
        made = apply(track, order)
        np.testing.assert_allclose(made.xy[30, p.LEFT_WRIST], (500, 250), atol=1e-3)
        np.testing.assert_allclose(made.xy[30, p.NOSE], track.xy[30, p.NOSE] + (40, 0), atol=1e-3)
    assert made.contact is not None and not made.contact[30].any()


# --- placing --------------------------------------------------------------------------------------


def test_a_placed_joint_lies_there_whatever_the_detector_says() -> None:
    track = filmed()
    put = key(PLACE, x=500, y=250)
    for found in (track, track.with_xy(track.xy + 3), without(track, slice(26, 36), [p.LEFT_WRIST])):
        made = apply(found, [put])
        np.testing.assert_allclose(made.xy[30, p.LEFT_WRIST], (500, 250), atol=1e-3)
        assert made.visible[24:37, p.LEFT_WRIST].all()
        steps = np.linalg.norm(np.diff(made.xy[23:38, p.LEFT_WRIST], axis=0), axis=1)
        assert steps.max() < 120  # eases there and back, no jump


def test_a_joint_that_is_never_seen_gets_a_place_for_the_span_and_hides_again() -> None:
    track = without(filmed(), slice(None), [p.LEFT_WRIST])
    put = [key(PLACE, x=500, y=250), key(PLACE, x=520, y=250, time=1.2, id=2)]
    made = apply(track, put)
    seen = np.flatnonzero(made.visible[:, p.LEFT_WRIST])
    assert seen.tolist() == list(range(25, 42))
    np.testing.assert_allclose(made.xy[[25, 30, 36, 41], p.LEFT_WRIST, 0], [500, 500, 520, 520], atol=1e-3)
    assert (made.confidence[seen, p.LEFT_WRIST] >= VISIBLE).all()
    assert np.isnan(made.xy[24, p.LEFT_WRIST]).all()
    moved = apply(track, [key(OFFSET, x=5)])  # nothing there to move
    assert not moved.visible[:, p.LEFT_WRIST].any()


def test_a_faint_joint_is_believed_where_it_was_dragged() -> None:
    track = filmed()
    track.confidence[:, p.LEFT_WRIST] = 0.1
    made = apply(track, [key(OFFSET, x=5)])
    assert made.visible[25:36, p.LEFT_WRIST].all() and not made.visible[[24, 36], p.LEFT_WRIST].any()


# --- hiding and exchanging ------------------------------------------------------------------------


@pytest.mark.parametrize("fps", [5, 60])
def test_a_hidden_limb_is_not_given_for_the_span(fps: float) -> None:
    track = filmed(fps)
    made = apply(track, [key(HIDDEN, "left_leg", before=0.4, after=0.2)])
    gone = (track.time >= 0.6 - 1e-6) & (track.time <= 1.2 + 1e-6)
    leg = list(GROUP["left_leg"])
    assert np.isnan(made.xy[gone][:, leg]).all() and (made.confidence[gone][:, leg] == 0).all()
    assert np.isnan(made.world[gone][:, leg]).all()  # type: ignore[index]
    assert made.contact is not None and (made.contact[:, 0] == ~gone).all() and made.contact[:, 1].all()
    assert same(made.xy[~gone], track.xy[~gone]) and made.visible[:, p.RIGHT_ANKLE].all()
    assert not apply(track, [key(HIDDEN), key(PLACE, x=1, y=1, id=2)]).visible[round(fps), p.LEFT_WRIST]


@pytest.mark.parametrize(
    ("sides", "swapped"), [("all", "ear wrist ankle heel"), ("arms", "wrist"), ("legs", "ankle heel")]
)
def test_sides_are_exchanged_for_the_span(sides: str, swapped: str) -> None:
    track = filmed()
    track.contact[:, 1] = False  # type: ignore[index]
    made = apply(track, [key(SWAP, sides)])
    for name in ("ear", "shoulder", "wrist", "ankle", "heel"):
        left, right = JOINT[f"left_{name}"], JOINT[f"right_{name}"]
        exchanged = name in swapped or (sides == "all")
        assert same(made.xy[30, left], track.xy[30, right if exchanged else left])
        assert same(made.xy[30, right], track.xy[30, left if exchanged else right])
    assert same(made.xy[30, p.LEFT_HAND], track.xy[30, p.RIGHT_HAND if sides != "legs" else p.LEFT_HAND])
    assert made.contact is not None and made.contact[30].tolist() == (
        [True, False] if sides == "arms" else [False, True]
    )
    assert same(made.xy[:24], track.xy[:24])
    assert same(apply(track, [key(SWAP, sides), key(SWAP, sides, id=2)]).xy, track.xy)


def test_what_was_dragged_before_a_swap_stays_dragged() -> None:
    """The user sees the wrist at its new place; exchanging names afterwards does not send it elsewhere."""
    track = filmed()
    drag = key(OFFSET, x=30)
    made = apply(track, [drag, key(SWAP, "all", id=2)])
    np.testing.assert_allclose(made.xy[30, p.RIGHT_WRIST], track.xy[30, p.LEFT_WRIST] + (30, 0), atol=1e-3)
    again = [drag, key(SWAP, "all", id=2), key(OFFSET, x=9, id=3), key(OFFSET, "right_wrist", x=7, id=4)]
    assert [edits.replaced_by(track, again[:2], one) for one in again[2:]] == [[], [drag]]
    later = apply(track, [key(SWAP, "all"), replace(drag, id=2)])
    np.testing.assert_allclose(later.xy[30, p.LEFT_WRIST], track.xy[30, p.RIGHT_WRIST] + (30, 0), atol=1e-3)


def test_edits_leave_the_track_they_are_applied_to_alone() -> None:
    track = filmed()
    before = {name: getattr(track, name).copy() for name in ("xy", "confidence", "world", "contact")}
    apply(track, [key(SWAP, "all"), key(OFFSET, x=5), key(HIDDEN, "body", time=0.5), key(PLACE, "nose", x=1, y=1)])
    assert all(same(getattr(track, name), values) for name, values in before.items())
    assert apply(track, [key(OFFSET, x=5, time=9)]) is track
    empty = track[:0]
    assert apply(empty, [key(OFFSET, x=5)]) is empty


# --- the project ----------------------------------------------------------------------------------


@pytest.fixture
def kept(exact: Project) -> tuple[Project, Path]:
    return exact, exact.dance_folder(exact.dances[0])


def test_a_project_keeps_edits_and_what_it_does_not_know_of_them(kept: tuple[Project, Path]) -> None:
    project, folder = kept
    clip = project.clip_folder(project.clips[0])
    ours = [key(OFFSET, x=3), key(HIDDEN, "body", id=2)]
    project.set_edits(folder, [{**edits.entry(one), "glow": 7} for one in ours])
    project.set_edits(clip, [edits.entry(ours[0])])
    project.save()
    again = Project.open(project.folder)
    assert edits.read(again.edits(folder)) == ours and again.edits(folder)[1]["glow"] == 7
    again.add_dance(Path(again.dances[0].file))  # the same video once more
    assert edits.read(again.edits(folder)) == ours
    assert again.undo_edits(folder) and again.edits(folder) == [] and not again.undo_edits(folder)
    assert len(again.edits(clip)) == 1
    again.set_edits(folder, [edits.entry(ours[0])])
    again.forget_person()
    third = Project.open(project.folder)
    assert not third.edits(clip) and not third.undo_edits(clip) and len(third.edits(folder)) == 1
    dance = third.dances[0]
    third.remove(dance)
    assert third.edits(folder) == []
    assert third.edits(third.dance_folder(third.add_dance(Path(dance.file)))) == [edits.entry(ours[0])]


@pytest.mark.parametrize(
    "change", [{"time": "soon"}, {"what": "glow"}, {"joint": "tail"}, {"x": float("nan")}, {"before": -1}]
)
def test_a_damaged_edit_is_named_and_can_be_taken_out(kept: tuple[Project, Path], change: dict[str, Any]) -> None:
    project, folder = kept
    project.set_edits(folder, [edits.entry(key(OFFSET, x=3)), {**edits.entry(key(OFFSET, id=2)), **change}])
    project.save()
    with pytest.raises(UserError, match="Edit 2 in the project file") as caught:
        edits.read(Project.open(project.folder).edits(folder))
    assert "--remove 2" in caught.value.hint
    assert "Edit 2" in failed("edit", project.folder, "--list").message
    done("edit", project.folder, "--remove", 2)
    assert len(edits.read(Project.open(project.folder).edits(folder))) == 1


@pytest.mark.parametrize("wreck", [{"dances/dance": [{}]}, {"dances/dance": 3}, [1], {"dances/dance": [{"id": "x"}]}])
def test_edits_that_can_t_even_be_named_are_read_from_the_copy(kept: tuple[Project, Path], wreck: Any) -> None:
    project, folder = kept
    project.set_edits(folder, [edits.entry(key(OFFSET, x=3))])
    project.save()
    file = project.folder / "project.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "edits": wreck}))
    again = Project.open(project.folder)
    assert len(again.edits(folder)) == 1 and "damaged" in again.notes[0]


def test_the_cleaned_track_stays_beside_the_edited_one(kept: tuple[Project, Path]) -> None:
    _, folder = kept
    plain = (folder / "track.npz").read_bytes()
    cleaned = (folder / "cleaned.npz").read_bytes()
    without_edits = Results(folder).key_of("track.npz")
    assert list(clean_track(folder)) == []
    list(clean_track(folder, [key(OFFSET, x=30)]))
    assert (folder / "cleaned.npz").read_bytes() == cleaned and (folder / "track.npz").read_bytes() != plain
    assert Results(folder).key_of("track.npz") != without_edits
    assert list(clean_track(folder, [key(OFFSET, x=30)])) == []
    list(clean_track(folder))
    assert (folder / "track.npz").read_bytes() == plain and Results(folder).key_of("track.npz") == without_edits
    (folder / "cleaned.npz").write_bytes(b"x" * len(cleaned))  # as long as it was, so the ledger believes it
    list(clean_track(folder, [key(OFFSET, x=30)]))
    assert len(Poses.load(folder / "cleaned.npz")) == len(Poses.load(folder / "track.npz"))


def test_an_edit_outside_a_clip_that_has_changed_is_kept_and_said(kept: tuple[Project, Path]) -> None:
    project, folder = kept
    project.set_edits(folder, [edits.entry(key(OFFSET, x=3, time=2.5))])
    project.save()
    Poses.load(folder / "poses.npz")[:50].save(folder / "poses.npz")
    Results(folder).note("poses.npz", "shorter")
    told = notices(list(clean_track(folder, edits.read(project.edits(folder)))))
    assert len(told) == 1 and "outside the video" in told[0] and WRIST in told[0]
    assert "does nothing" in last(done("edit", project.folder, "--list")).message
    assert len(Project.open(project.folder).edits(folder)) == 1
