"""The sheet that asks for consent, and where the answer goes."""

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QDate, QLocale, Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDateEdit, QLabel, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from dancetransfer.project import Project
from ui.project.document import Document
from ui.sheets.consent import ConsentSheet, ask, needed, record


@pytest.fixture
def document(tmp_path: Path, dressed: Any) -> Document:
    made = Document()
    made.create(tmp_path / "x.dance")
    return made


@pytest.fixture
def sheet(qtbot: QtBot, dressed: Any) -> ConsentSheet:
    made = ConsentSheet()
    qtbot.addWidget(made)
    made.show()
    return made


def button(sheet: ConsentSheet, name: str) -> QPushButton:
    return next(one for one in sheet.findChildren(QPushButton) if one.text() == name)


def test_nobody_agreed_without_a_name(sheet: ConsentSheet) -> None:
    assert not button(sheet, "They agreed").isEnabled()
    QTest.keyClicks(sheet.findChild(QLineEdit), "  ")
    QTest.keyClick(sheet.findChild(QLineEdit), Qt.Key.Key_Return)
    assert sheet.isVisible() and not button(sheet, "They agreed").isEnabled()


def test_who_and_when_are_kept_in_words(sheet: ConsentSheet, qtbot: QtBot) -> None:
    QTest.keyClicks(sheet.findChild(QLineEdit), "Ann  B. ")
    sheet.findChild(QDateEdit).setDate(QDate(2024, 2, 29))
    assert sheet.words == "Ann B. agreed on 2024-02-29 to be shown dancing in clips made by DanceTransfer."
    with qtbot.waitSignal(sheet.accepted):
        QTest.keyClick(sheet.findChild(QLineEdit), Qt.Key.Key_Return)


def test_the_day_is_not_in_the_future(sheet: ConsentSheet) -> None:
    day = sheet.findChild(QDateEdit)
    assert day.date() == QDate.currentDate()
    day.setDate(QDate.currentDate().addDays(3))
    assert day.date() == QDate.currentDate()


@pytest.mark.parametrize("language", ["en_US", "de_DE", "C"])
def test_years_have_four_digits(qtbot: QtBot, dressed: Any, language: str) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(language))
    try:
        sheet = ConsentSheet()
        qtbot.addWidget(sheet)
        assert str(QDate.currentDate().year()) in sheet.findChild(QDateEdit).text()
    finally:
        QLocale.setDefault(before)


def test_minors_public_figures_and_music_have_a_sentence_each(sheet: ConsentSheet) -> None:
    said = [one.text() for one in sheet.findChildren(QLabel)]
    for begin in ("Minors:", "Public figures:", "Music:"):
        assert sum(words.startswith(begin) and words.endswith(".") for words in said) == 1


def test_the_answer_goes_through_the_documents_door(document: Document) -> None:
    project = document.project
    assert project is not None and needed(project)
    record(document, "Ann agreed on 2024-02-29.")
    assert project.consent == "Ann agreed on 2024-02-29." and not needed(project)
    document.save()
    assert Project.open(project.folder).consent == "Ann agreed on 2024-02-29."
    document.undo_stack.undo()
    assert project.consent is None
    document.undo_stack.redo()
    record(document, None)
    assert project.consent is None and needed(project)


def test_asking_ends_well_or_not_at_all(document: Document) -> None:
    def answer(name: str) -> None:
        sheet = QApplication.activeModalWidget()
        assert isinstance(sheet, ConsentSheet)
        QTest.keyClicks(sheet.findChild(QLineEdit), "Ann")
        QTest.mouseClick(button(sheet, name), Qt.MouseButton.LeftButton)

    assert document.project is not None
    QTimer.singleShot(50, lambda: answer("Not yet"))
    assert not ask(document) and document.project.consent is None
    QTimer.singleShot(50, lambda: answer("They agreed"))
    assert ask(document) and document.project.consent.startswith("Ann agreed on ")
    assert ask(document)  # nobody is asked twice


def test_built_in_dancers_are_not_asked(document: Document) -> None:
    assert document.project is not None
    document.project.built_in = True
    assert ask(document) and document.project.consent is None
