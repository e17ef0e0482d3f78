"""Options are declared once, read from text and files, and checked."""

import dataclasses
from pathlib import Path

import pytest

from dancetransfer import settings
from dancetransfer.cli import options
from dancetransfer.errors import UserError
from dancetransfer.project import Project
from dancetransfer.settings import GROUPS, ExportSettings, RenderSettings, TrainSettings


def parse(group: type, name: str, text: str) -> object:
    return settings.parse(*settings.declared(group)[name], text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("1.5m", 90), ("2h", 7200), ("1:30", 90), ("1:02:03.5", 3723.5), (" 5 m ", 300)],
)
def test_times_are_written_as_people_write_them(text: str, seconds: float) -> None:
    assert settings.seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5", "1:2:3:4", "5 days", "nan", "inf"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="not a time"):
        settings.seconds_of(text)


def test_values_are_read_in_their_kind() -> None:
    assert parse(TrainSettings, "size", "512") == 512
    assert parse(TrainSettings, "budget", "5m") == 300.0
    assert parse(TrainSettings, "steps", "40") == 40
    assert parse(RenderSettings, "start", "0:10") == 10.0
    assert parse(TrainSettings, "recipe", "edn") == "edn"


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("size", "big", "--size takes a number"),
        ("size", "31", "--size can't be 31"),
        ("size", "12.5", "--size takes a number"),
        ("budget", "0", "--budget can't be 0"),
        ("recipe", "magic", "--recipe can't be 'magic'"),
    ],
)
def test_a_wrong_value_names_the_option_and_says_what_is_right(name: str, text: str, words: str) -> None:
    with pytest.raises(UserError, match=words) as caught:
        parse(TrainSettings, name, text)
    assert caught.value.hint


def test_bounds_are_written_out() -> None:
    with pytest.raises(UserError) as caught:
        parse(TrainSettings, "steps", "0")
    assert caught.value.hint == "It lies between 1 and 10000000 steps."
    with pytest.raises(UserError) as caught:
        settings.check("--from", settings.declared(RenderSettings)["start"][1], -1.0)
    assert caught.value.hint == "It is at least 0 seconds."


def test_not_a_number_is_out_of_every_bound() -> None:
    with pytest.raises(UserError):
        parse(ExportSettings, "fps", "nan")


def test_settings_of_a_file_are_checked_and_strange_keys_told() -> None:
    read, unknown = settings.from_dict(TrainSettings, {"size": 128, "budget": 60, "sparkle": 1})
    assert read == TrainSettings(size=128, budget=60)
    assert unknown == ["sparkle"]
    for wrong in ({"size": 5}, {"size": "128"}, {"size": None}, {"recipe": 3}, {"size": 12.5}, {"size": True}):
        with pytest.raises(UserError):
            settings.from_dict(TrainSettings, wrong)
    assert settings.from_dict(TrainSettings, {"steps": None})[0].steps is None


@pytest.mark.parametrize("name", GROUPS)
def test_every_default_is_within_its_own_bounds(name: str) -> None:
    group = GROUPS[name]
    for one, about in settings.declared(group).values():
        settings.check(settings.flag_of(one.name, about), about, one.default)
        assert about.help.endswith(".")
    assert settings.from_dict(group, dataclasses.asdict(group())) == (group(), [])


def test_what_somebody_chose_is_known_whatever_its_value(tmp_path: Path) -> None:
    """From the command line into the project and back; by values where an older project notes no names."""
    parser = options.Parser()
    options.add_options(parser, TrainSettings)
    project = Project.create(tmp_path / "ada.dance")
    options.read_kept(parser.parse_args(["--size=256", "--recipe=best"]), TrainSettings, project)
    options.read_kept(parser.parse_args(["--device=cpu"]), TrainSettings, project)
    project.save()
    again = Project.open(project.folder)
    kept = again.settings(TrainSettings)
    assert not again.notes and kept == TrainSettings(device="cpu")
    assert [kept.by_hand(name) for name in ("size", "recipe", "device", "engine")] == [True, True, True, False]
    older, unknown = settings.from_dict(TrainSettings, {"size": 512, "recipe": "best"})
    assert older.by_hand("size") and not older.by_hand("recipe") and not unknown
    damaged, _ = settings.from_dict(TrainSettings, {"chosen": ["size", 7, "sparkle"]})
    assert damaged.chosen == ("size",)


def test_no_flag_stands_twice() -> None:
    flags = [settings.flag_of(n, a) for g in GROUPS.values() for n, (_, a) in settings.declared(g).items()]
    assert len(flags) == len(set(flags))


def test_the_table_has_a_row_for_every_option() -> None:
    rows = settings.table().splitlines()
    assert len(rows) == 2 + sum(len(settings.declared(group)) for group in GROUPS.values())
    assert "| `--size` | 256 pixels |" in settings.table()
