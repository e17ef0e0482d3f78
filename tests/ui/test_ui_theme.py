"""The theme: both schemes can be read, icons follow them."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QToolButton
from pytestqt.qtbot import QtBot

import assets
from ui import theme
from ui.side.mediacard import MediaCard

ICONS = sorted(path.stem for path in Path(assets.__file__).parent.joinpath("icons").glob("*.svg"))


def contrast(one: str, other: str) -> float:
    """Of two colors, as WCAG 2.2 counts it."""

    def light(name: str) -> float:
        color = QColor(name)
        parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in color.getRgbF()[:3]]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", theme.SCHEMES)
def test_words_can_be_read(scheme: str) -> None:
    c = theme.SCHEMES[scheme]
    for ground in (c.window, c.panel, c.raised):
        for words in (c.text, c.dim, c.good, c.warn, c.bad, c.accent):
            assert contrast(words, ground) >= 4.5, (words, ground)
    assert contrast(c.accent_text, c.accent) >= 4.5


def test_the_scheme_changes_palette_and_icons(qtbot: QtBot, dressed: Any) -> None:
    button = QToolButton()
    qtbot.addWidget(button)
    theme.wear(button, "play")
    before = button.icon().pixmap(24).toImage()
    with qtbot.waitSignal(theme.notifier().changed):
        theme.apply(dressed, "light")
    assert dressed.palette().color(QPalette.ColorRole.Window) == QColor(theme.LIGHT.window)
    assert theme.colors() == theme.LIGHT and button.icon().pixmap(24).toImage() != before
    theme.apply(dressed, "dark")
    assert button.icon().pixmap(24).toImage() == before


def test_a_scheme_can_change_when_a_card_is_gone(qtbot: QtBot, dressed: Any) -> None:
    card = MediaCard("The dance", "play", "Add a dance", True)
    theme.apply(dressed, "light")
    with qtbot.waitSignal(card.destroyed):
        card.deleteLater()
    theme.apply(dressed, "dark")  # what is raised in Qt's event loop fails the test


def test_the_sheet_leaves_no_name_unfilled(dressed: Any) -> None:
    assert "@" not in dressed.styleSheet()
    assert all(value.startswith("#") for value in dataclasses.asdict(theme.DARK).values())


@pytest.mark.parametrize("name", ICONS)
def test_every_icon_draws_something_and_stays_inside(dressed: Any, name: str) -> None:
    image = theme.picture(name, 48, "#ffffff").toImage()
    edge = [image.pixelColor(x, y).alpha() for x in range(48) for y in (0, 47)]
    drawn = sum(image.pixelColor(x, y).alpha() > 128 for x in range(0, 48) for y in range(0, 48))
    assert drawn > 20 and max(edge) < 200
