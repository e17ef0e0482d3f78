"""The export dialog: a preset is chosen, the crop is seen, a real engine writes the clip, and it can be carried off."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QColor, QDrag, QDragEnterEvent, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLabel, QLineEdit, QPushButton, QSlider, QWidget
from pytestqt.qtbot import QtBot

from dancetransfer.project import Project
from dancetransfer.render.part import note_part
from dancetransfer.render.presets import PRESETS
from dancetransfer.settings import ExportSettings
from dancetransfer.video.disclosure import SOURCE_TYPE, read_mark
from dancetransfer.video.read import probe
from dancetransfer.video.write import Writer
from ui.export import handout
from ui.export.dialog import ExportDialog, flags_of
from ui.notices import ErrorSheet
from ui.project.document import Document
from ui.project.jobs import Jobs

Open = Callable[..., ExportDialog]


@pytest.fixture
def opened(qtbot: QtBot, rendered: Project, dressed: Any) -> Iterator[Open]:
    """Opens the dialog on a copy of the rendered project; in the end nothing runs any more."""
    made: list[tuple[Document, Jobs]] = []

    def open_dialog(trim: tuple[float, float] | None = (0.4, 0.8)) -> ExportDialog:
        document, jobs = Document(), Jobs()
        document.attend(jobs)
        document.open(rendered.folder)
        media = document.dance
        assert media is not None
        if trim:
            document.set_trim(media, *trim)
            document.save()
        made.append((document, jobs))
        dialog = ExportDialog(document, jobs)
        qtbot.addWidget(dialog)
        dialog.show()
        return dialog

    yield open_dialog
    for document, jobs in made:
        if not jobs.empty:
            with qtbot.waitSignal(jobs.emptied):
                jobs.kill_all()
        document.close()


def named(dialog: ExportDialog, kind: type, name: str) -> Any:
    """The widget that a screen reader calls so."""
    found = [widget for widget in dialog.findChildren(kind) if widget.accessibleName() == name]
    assert len(found) == 1, f"{len(found)} are called {name}"
    return found[0]


def press(dialog: ExportDialog, name: str) -> None:
    QTest.mouseClick(named(dialog, QPushButton, name), Qt.MouseButton.LeftButton)


def choose(dialog: ExportDialog, name: str) -> None:
    """A click on a card."""
    QTest.mouseClick(dialog.cards.card(name), Qt.MouseButton.LeftButton)


def write(qtbot: QtBot, dialog: ExportDialog) -> None:
    press(dialog, "Export")
    qtbot.waitUntil(dialog.clip.isVisible)


# --- a real export --------------------------------------------------------------------------------


def test_a_preset_is_chosen_and_the_clip_is_written_checked_and_shown(
    qtbot: QtBot, opened: Open, rendered: Project, tmp_path: Path
) -> None:
    dialog = opened()
    choose(dialog, "webm")
    assert dialog.path.text().endswith(".webm") and not dialog.clip.isVisible()
    dialog.path.setFocus()
    dialog.path.selectAll()
    QTest.keyClicks(dialog.path, str(tmp_path / "my clip.webm"))
    write(qtbot, dialog)
    facts = probe(tmp_path / "my clip.webm")
    assert (facts.codec, facts.audio, facts.frames) == ("av1", "opus", 10)  # the trim
    assert read_mark(tmp_path / "my clip.webm")["xmp"] == SOURCE_TYPE
    assert dialog.clip.handle.path == tmp_path / "my clip.webm" and not dialog.clip.handle.pixmap().isNull()
    assert Project.open(rendered.folder).settings(ExportSettings).preset == "webm"
    dialog.reject()
    again = opened(None)
    assert again.cards.name == "webm"  # kept


def test_the_size_is_told_before_anything_is_written(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    dialog = opened()
    choose(dialog, "square")
    size = named(dialog, QLabel, "Estimated size")
    assert size.text() == "1080 × 1080"
    qtbot.waitUntil(lambda: "about" in size.text())
    assert size.text().endswith("kB") or size.text().endswith("MB")
    assert not list(tmp_path.glob("*.mp4"))


def test_what_goes_wrong_is_said_and_can_be_put_right(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    dialog = opened()
    dialog.path.selectAll()
    QTest.keyClicks(dialog.path, str(tmp_path / "no such folder" / "clip.mp4"))
    press(dialog, "Export")
    qtbot.waitUntil(lambda: bool(dialog.findChildren(ErrorSheet)))
    (sheet,) = dialog.findChildren(ErrorSheet)
    assert "does not exist" in sheet.report
    sheet.close()
    assert named(dialog, QPushButton, "Export").isEnabled() and not dialog.bar.isVisible()


def test_escape_stops_a_running_export_and_then_closes(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    dialog = opened(None)
    choose(dialog, "wide")
    press(dialog, "Export")
    qtbot.waitUntil(lambda: dialog.bar.isVisible() and dialog.bar.value() > 0)
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: not dialog.bar.isVisible())
    assert not list(tmp_path.glob("*.mp4")) and not dialog.clip.isVisible()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


# --- what is chosen -------------------------------------------------------------------------------


def test_there_is_a_card_for_every_preset_and_arrows_go_through_them(qtbot: QtBot, opened: Open) -> None:
    dialog = opened()
    first = dialog.cards.card("own")
    first.setFocus()
    assert first.isChecked()
    QTest.keyClick(first, Qt.Key.Key_Right)
    assert dialog.cards.name == "vertical" and dialog.cards.card("vertical").isChecked()
    QTest.keyClick(dialog.cards.card("vertical"), Qt.Key.Key_Down)
    assert dialog.cards.name == "square"
    for name, preset in PRESETS.items():
        choose(dialog, name)
        assert Path(dialog.path.text()).suffix == preset.suffix
        assert dialog.cards.card(name).accessibleDescription()


def test_the_crop_is_shown_on_the_picture(opened: Open) -> None:
    dialog = opened()
    assert dialog.moment.view.box is None
    choose(dialog, "vertical")
    box = dialog.moment.view.box
    assert box is not None and box.height() == 256 and box.width() == pytest.approx(144)
    assert box.left() >= 0 and box.right() <= 256
    picture = named(dialog, QComboBox, "What of the picture is seen")
    picture.setFocus()
    QTest.keyClick(picture, Qt.Key.Key_Down)  # the whole picture
    box = dialog.moment.view.box
    assert box is not None and box.width() == 256 and box.height() > 400


@pytest.fixture
def played(rendered: Project, puppet_clips: Path) -> Path:
    """The clip that the window plays: of a part of the dance, in pictures whose brightness tells their number."""
    path = rendered.dance_folder(rendered.dances[0]) / "exports" / "preview.mp4"
    path.parent.mkdir(exist_ok=True)
    with Writer(path, (256, 256), fps=25) as writer:
        for n in range(20):
            writer.write(np.full((256, 256, 3), 40 + 10 * n, np.uint8), n / 25)
    note_part(path, 0.4, 1.2)
    return path


def test_the_crop_is_seen_on_the_clip_itself_at_any_moment(opened: Open, played: Path) -> None:
    dialog = opened((0.2, 1.6))
    slider = named(dialog, QSlider, "Moment that is shown")
    assert slider.maximum() == 34 and slider.isVisible()

    def brightness(frame: int) -> int:
        """In the middle of the picture."""
        slider.setValue(frame - 5)
        assert dialog.moment.time == pytest.approx(frame / 25)
        seen = dialog.moment.view.grab().toImage()
        return int(seen.pixelColor(seen.width() // 2, seen.height() // 2).lightness())

    for frame in (10, 20, 29):
        assert abs(brightness(frame) - (40 + 10 * (frame - 10))) < 4
    slider.setFocus()
    QTest.keyClick(slider, Qt.Key.Key_Home)
    without = dialog.moment.view.grab().toImage()
    assert dialog.moment.time == pytest.approx(0.2)  # not in the clip: the stage with the skeleton
    QTest.keyClick(slider, Qt.Key.Key_Right)
    assert dialog.moment.view.grab().toImage() != without


def test_a_clip_that_is_damaged_leaves_the_stage(opened: Open, played: Path) -> None:
    played.write_bytes(b"no video")
    dialog = opened()
    assert not dialog.moment.view.grab().isNull()


# --- what is not rendered -------------------------------------------------------------------------


def test_what_is_missing_is_said_and_the_engine_is_asked_to_render_it_first(
    qtbot: QtBot, opened: Open, rendered: Project
) -> None:
    layer = rendered.dance_folder(rendered.dances[0]) / "render" / "000048.mkv"
    layer.write_bytes(b"lost")
    dialog = opened((0.4, 2.4))
    word = named(dialog, QLabel, "What to know before the export")
    qtbot.waitUntil(word.isVisible)
    assert word.text().startswith("1.9 to 2.4 s of the dance are not rendered yet.")
    go = named(dialog, QPushButton, "Export")
    assert go.text() == "Render and export" and go.isEnabled()
    assert "--render" in dialog.words()
    dialog.reject()
    whole = opened((0.4, 1.8))
    size = named(whole, QLabel, "Estimated size")
    qtbot.waitUntil(lambda: "about" in size.text())
    assert named(whole, QPushButton, "Export").text() == "Export"
    assert not named(whole, QLabel, "What to know before the export").isVisible()


# --- another background ---------------------------------------------------------------------------


def drop(target: QWidget, file: Path) -> None:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    where, copy, none = target.rect().center(), Qt.DropAction.CopyAction, Qt.KeyboardModifier.NoModifier
    entered = QDragEnterEvent(where, copy, mime, Qt.MouseButton.LeftButton, none)
    QApplication.sendEvent(target, entered)
    assert entered.isAccepted()
    QApplication.sendEvent(target, QDropEvent(QPointF(where), copy, mime, Qt.MouseButton.LeftButton, none))


def test_another_background_is_dropped_chosen_and_taken_back(
    opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beach, forest, song = tmp_path / "beach.png", tmp_path / "forest.png", tmp_path / "song.mp3"
    for file, color in ((beach, "#e0c060"), (forest, "#206030")):
        picture = QImage(320, 180, QImage.Format.Format_RGB888)
        picture.fill(QColor(color))
        picture.save(str(file))
    dialog = opened()
    ground = named(dialog, QComboBox, "Background")
    line = named(dialog, QLineEdit, "File of the background")
    assert not line.isVisible() and "--plate=own" in dialog.words()
    drop(dialog, beach)
    assert line.isVisible() and f"--plate={beach}" in dialog.words()
    seen = dialog.moment.view.grab().toImage()
    assert seen.pixelColor(seen.width() // 2, 20).name() == "#e0c060"
    light = named(dialog, QCheckBox, "The dancer takes on its light")
    QTest.mouseClick(light, Qt.MouseButton.LeftButton, pos=QPoint(8, light.height() // 2))
    assert "--blend=poisson" in dialog.words()
    monkeypatch.setattr("ui.export.filerow.QFileDialog.getOpenFileName", lambda *_: (str(forest), ""))
    press(dialog, "Choose a background")
    assert f"--plate={forest}" in dialog.words()
    choose(dialog, "prores-alpha")
    assert not ground.isEnabled() and not line.isVisible()
    choose(dialog, "own")
    ground.setFocus()
    QTest.keyClick(ground, Qt.Key.Key_Up)
    assert "--plate=own" in dialog.words() and not line.isVisible()
    drop(dialog, song)
    assert f"--music={song}" in dialog.words()


def test_a_clip_before_another_background_is_written(
    qtbot: QtBot, opened: Open, tmp_path: Path, puppet_clips: Path
) -> None:
    dialog = opened()
    drop(dialog, puppet_clips / "dance.mp4")
    dialog.path.selectAll()
    QTest.keyClicks(dialog.path, str(tmp_path / "elsewhere.mp4"))
    write(qtbot, dialog)
    assert probe(tmp_path / "elsewhere.mp4").frames == 10
    dialog.reject()
    again = opened(None)
    assert named(again, QLineEdit, "File of the background").text() == str(puppet_clips / "dance.mp4")


def test_fields_become_flags_of_the_engine(opened: Open, tmp_path: Path) -> None:
    dialog = opened()
    sound = named(dialog, QComboBox, "Sound")
    song = named(dialog, QLineEdit, "Music file")
    assert not song.isVisible()
    sound.setFocus()
    QTest.keyClick(sound, Qt.Key.Key_Down)
    assert song.isVisible()
    song.setFocus()
    QTest.keyClicks(song, str(tmp_path / "song.mp3"))
    QTest.keyClick(song, Qt.Key.Key_Return)
    words = dialog.words()
    assert not dialog.bar.isVisible()  # Enter in a field exports nothing
    assert f"--music={tmp_path / 'song.mp3'}" in words and "--sound=on" in words
    assert words[:2] == ["export", str(tmp_path / "rendered.dance")]
    assert words[words.index("--from") + 1] == "0.4" and words[words.index("--to") + 1] == "0.8"
    QTest.keyClick(sound, Qt.Key.Key_Down)
    assert "--sound=off" in dialog.words() and "--music=none" in dialog.words()
    choose(dialog, "gif")
    assert not sound.isEnabled()


def test_flags_say_every_setting_and_come_back_as_they_were(tmp_path: Path) -> None:
    from dancetransfer.cli.options import read
    from dancetransfer.cli.parser import parser

    odd = ExportSettings("webm", "close", 12.5, "on", "a song.mp3", -1.25, 2.0, 0.5, "hardware", "off")
    for values in (ExportSettings(), odd):
        arguments = parser().parse_args(["export", "x.dance", "-o", "c.mp4", *flags_of(values)])
        assert read(arguments, ExportSettings) == values


# --- label and consent ----------------------------------------------------------------------------


def test_without_a_consent_the_label_cannot_be_taken_off(opened: Open, rendered: Project) -> None:
    rendered.built_in = False
    rendered.save()
    dialog = opened()
    label = named(dialog, QCheckBox, "Visible label in the corner")
    ask = named(dialog, QPushButton, "Record consent...")
    assert label.isChecked() and not label.isEnabled() and ask.isVisible()
    rendered.consent = "Ann agreed on 1 May."
    rendered.save()
    free = opened()
    label = named(free, QCheckBox, "Visible label in the corner")
    assert label.isEnabled() and not label.isChecked()
    assert not named(free, QPushButton, "Record consent...").isVisible()
    QTest.mouseClick(label, Qt.MouseButton.LeftButton, pos=QPoint(8, label.height() // 2))
    assert "--label=on" in free.words()


# --- carried off ----------------------------------------------------------------------------------


@pytest.fixture
def shown(opened: Open, finished_clip: Path) -> ExportDialog:
    dialog = opened()
    dialog.clip.show_clip(finished_clip, "7 MB")
    return dialog


@pytest.fixture
def finished_clip(puppet_clips: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(puppet_clips / "dance.mp4", tmp_path / "a clip.mp4"))


def test_the_clip_is_dragged_out_as_a_file(
    shown: ExportDialog, finished_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried: list[QMimeData] = []

    def drop(drag: QDrag, action: Qt.DropAction) -> Qt.DropAction:
        carried.append(drag.mimeData())
        assert drag.mimeData().urls() == [QUrl.fromLocalFile(str(finished_clip))]
        return action

    monkeypatch.setattr(handout.QDrag, "exec", drop)
    handle = shown.clip.handle
    QTest.mousePress(handle, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    QTest.mouseMove(handle, QPoint(22, 21))
    assert not carried
    QTest.mouseMove(handle, QPoint(60, 40))
    assert len(carried) == 1


def test_the_clip_is_copied_and_shown_in_its_folder(
    shown: ExportDialog, finished_clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    press(shown, "Copy")
    assert QGuiApplication.clipboard().mimeData().urls() == [QUrl.fromLocalFile(str(finished_clip))]
    revealed: list[Path] = []
    monkeypatch.setattr(handout, "reveal", lambda path: revealed.append(path) or True)
    press(shown, "Show in folder")
    assert revealed == [finished_clip]


def test_an_empty_document_has_nothing_to_export(qtbot: QtBot, dressed: Any) -> None:
    dialog = ExportDialog(Document(), Jobs())
    qtbot.addWidget(dialog)
    dialog.show()
    assert not named(dialog, QPushButton, "Export").isEnabled()


def test_every_control_has_a_name(opened: Open) -> None:
    dialog = opened()
    for kind in (QPushButton, QComboBox, QCheckBox, QLineEdit):
        for widget in dialog.findChildren(kind):
            inner = isinstance(widget.parent(), QComboBox) or "spin" in widget.objectName()
            assert inner or widget.accessibleName(), widget
            assert inner or widget.toolTip(), widget.accessibleName()
