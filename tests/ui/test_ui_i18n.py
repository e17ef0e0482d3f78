"""The second language: every word of the window has a German one, which is compiled and really spoken."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from ui import i18n
from ui.sheets.consent import ConsentSheet

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools"))
import translations  # noqa: E402

FILE = ROOT / "assets" / "translations" / "dancetransfer_de.ts"
LIKE_ENGLISH = re.compile(r"\b(the|is|are|you|with|this|which)\b", re.IGNORECASE)


@pytest.fixture
def german(dressed: Any) -> Iterator[None]:
    before = QLocale()
    assert i18n.install(dressed, "de") == "de"
    yield
    i18n.install(dressed, "en")
    QLocale.setDefault(before)


def test_every_text_has_a_translation_and_none_is_left_over() -> None:
    known = translations.read(FILE)
    wanted = translations.all_words()
    missing = [words for words in wanted if not known.get(words)]
    assert not missing, "write these into assets/translations, then: python tools/translations.py"
    assert set(known) == set(wanted), "run: python tools/translations.py"


def test_placeholders_shortcuts_and_dots_are_kept() -> None:
    for source, words in translations.read(FILE).items():
        if not words:
            continue
        assert sorted(re.findall(r"{\w*}", source)) == sorted(re.findall(r"{\w*}", words)), source
        assert ("&" in source.replace("&&", "")) == ("&" in words.replace("&&", "")), source
        assert source.endswith(".") == words.endswith(".") or source.endswith("..."), source
        assert source.endswith(" ") == words.endswith(" "), source
        assert not LIKE_ENGLISH.search(words), words


def test_the_compiled_file_is_of_this_text(tmp_path: Path) -> None:
    translations.compile_(FILE, tmp_path / "de.qm")
    assert (tmp_path / "de.qm").read_bytes() == FILE.with_suffix(".qm").read_bytes(), "python tools/translations.py"


def test_what_is_marked_can_be_found_in_the_code() -> None:
    """A variable handed to tr() is translated nowhere, unless its words are marked where they stand."""
    code = """
class A:
    def f(self, x):
        self.tr("one"); self.tr("two " "and more"); x.tr("three" if x else "four")
        translate("A", "five"); tr("A", "six"); y = QT_TRANSLATE_NOOP("A", "seven"); self.tr(x)
"""
    found = set(translations.words_of(code))
    assert found == {"one", "two and more", "three", "four", "five", "six", "seven"}


def test_german_is_spoken_by_widgets_and_by_qt(qtbot: QtBot, german: None) -> None:
    sheet = ConsentSheet()
    qtbot.addWidget(sheet)
    said = [one.text() for one in sheet.findChildren(QLabel)]
    assert "Wer tanzt hier?" in said and any(words.startswith("Minderjährige:") for words in said)
    assert QCoreApplication.translate("QPlatformTheme", "Cancel") == "Abbrechen"
    assert QCoreApplication.translate("anywhere", "nothing that we say") == "nothing that we say"
    assert QLocale().language() == QLocale.Language.German


def test_one_can_go_back_to_english(dressed: Any) -> None:
    before = QLocale()
    i18n.install(dressed, "de")
    assert i18n.install(dressed, "en") == "en"
    assert QCoreApplication.translate("ConsentSheet", "Consent") == "Consent"
    assert not dressed.findChildren(QTranslator)
    assert i18n.install(dressed, "") in i18n.LANGUAGES and i18n.install(dressed, "xx") in i18n.LANGUAGES
    i18n.install(dressed, "en")
    QLocale.setDefault(before)


def test_the_projects_own_words_stay_english(qtbot: QtBot, german: None) -> None:
    sheet = ConsentSheet()
    qtbot.addWidget(sheet)
    assert "agreed on" in sheet.words  # the project file speaks one language
