"""Parts of videos: kept in the project file, and the person is learned from the chosen part alone."""

import json

import numpy as np
import pytest
from learning import SMALL

from dancetransfer.errors import UserError
from dancetransfer.footage.pairs import load_footage, prepare
from dancetransfer.project import Project
from dancetransfer.render.render import frames_between


def test_the_person_is_learned_from_the_chosen_part(exact: Project) -> None:
    clip = exact.clips[0]
    list(prepare(exact, SMALL))
    (whole,) = load_footage(exact)
    exact.set_trim(clip, (1.0, 4.0))
    assert list(prepare(exact, SMALL))
    (part,) = load_footage(exact)
    chosen = (whole.poses.time >= 1) & (whole.poses.time <= 4)
    assert 0 < chosen.sum() < len(whole.poses)
    assert (part.poses.time == whole.poses.time[chosen]).all()
    assert (part.crops == whole.crops[chosen]).all()
    assert (part.plate == whole.plate).all()  # what nobody hides is seen at all times
    assert list(prepare(exact, SMALL)) == []
    exact.set_trim(clip, None)
    assert list(prepare(exact, SMALL))


def test_too_small_a_part_is_refused(exact: Project) -> None:
    exact.set_trim(exact.clips[0], (1.0, 1.1))
    with pytest.raises(UserError):
        list(prepare(exact, SMALL))


@pytest.mark.parametrize("fps", [24, 24000 / 1001, 25, 30, 60])
def test_a_part_begins_and_ends_with_the_frames_it_was_set_to(fps: float, exact: Project) -> None:
    times = np.arange(100) / fps
    for first, last in ((1, 2), (20, 40), (7, 98)):
        exact.set_trim(exact.dances[0], (float(times[first]), float(times[last])))
        assert frames_between(times, *(exact.trim(exact.dances[0]) or (0.0, 0.0))) == (first, last)


@pytest.mark.parametrize("part", [(2.0, 1.0), (-1.0, 1.0), (1.0, 1.0), (float("nan"), 1.0), (0.0, float("inf"))])
def test_what_is_no_part_is_refused(part: tuple[float, float], exact: Project) -> None:
    with pytest.raises(UserError):
        exact.set_trim(exact.dances[0], part)
    assert exact.trim(exact.dances[0]) is None


@pytest.mark.parametrize("kept", ["all", [1], [3, 1], [None, 2], {"from": 1}])
def test_a_damaged_part_is_none(kept: object, exact: Project) -> None:
    exact.set_trim(exact.dances[0], (1.0, 2.0))
    exact.save()
    data = json.loads((exact.folder / "project.json").read_text(encoding="utf-8"))
    data["dances"][0]["trim"] = kept
    (exact.folder / "project.json").write_text(json.dumps(data), encoding="utf-8")
    again = Project.open(exact.folder)
    assert again.trim(again.dances[0]) is None and not again.notes
