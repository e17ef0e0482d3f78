"""Forms: a row for every declared option, with its bounds; what is not valid is not taken."""

import dataclasses
from typing import Any

import pytest
from PySide6.QtWidgets import QComboBox, QLineEdit, QSpinBox
from pytestqt.qtbot import QtBot

from dancetransfer.settings import GROUPS, TrainSettings, declared
from ui.sheets.options import Form


@pytest.mark.parametrize("name", GROUPS)
def test_every_option_of_every_group_has_a_named_control_and_keeps_its_default(
    qtbot: QtBot, dressed: Any, name: str
) -> None:
    group = GROUPS[name]
    form = Form(group, group())
    qtbot.addWidget(form)
    for option, (_, about) in declared(group).items():
        field = form.field(option)
        assert field.accessibleName() and about.help in field.accessibleDescription()
    assert form.values == group()


def test_changes_are_told_with_the_whole_group(qtbot: QtBot, dressed: Any) -> None:
    form = Form(TrainSettings, TrainSettings())
    qtbot.addWidget(form)
    size, steps, budget, recipe = (form.field(name) for name in ("size", "steps", "budget", "recipe"))
    assert isinstance(size, QSpinBox) and isinstance(steps, QSpinBox)
    assert isinstance(budget, QLineEdit) and isinstance(recipe, QComboBox)
    assert (size.minimum(), size.maximum()) == (32, 1024)
    with qtbot.waitSignal(form.changed) as told:
        size.setValue(128)
    assert told.args == [TrainSettings(size=128)]
    with qtbot.waitSignal(form.changed):
        recipe.setCurrentIndex(recipe.findData("edn"))
    steps.setValue(40)
    steps.setValue(steps.minimum())
    assert form.values == TrainSettings(size=128, recipe="edn")
    budget.setText("1:30")
    budget.editingFinished.emit()
    assert form.values.budget == 90


def test_what_is_not_valid_is_marked_and_not_taken(qtbot: QtBot, dressed: Any) -> None:
    form = Form(TrainSettings, dataclasses.replace(TrainSettings(), budget=90.0))
    qtbot.addWidget(form)
    budget = form.field("budget")
    assert isinstance(budget, QLineEdit) and budget.text() == "1:30"
    with qtbot.assertNotEmitted(form.changed):
        budget.setText("soon")
        budget.editingFinished.emit()
    assert "not a time" in budget.toolTip() and form.values.budget == 90
    budget.setText("2m")
    budget.editingFinished.emit()
    assert form.values.budget == 120 and "not a time" not in budget.toolTip()
