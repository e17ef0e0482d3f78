"""The first page: two large areas for the dance and the person, the built-in dancers, recent projects."""

from pathlib import Path

from PySide6.QtCore import QPointF, QRectF, QSize, QSizeF, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPainter, QPainterPath, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ui import theme
from ui.project import recent
from ui.welcome.dropping import MOTIONS, DropArea, cover, files_of

WIDEST = 140 * theme.SPACE
"""The page gets no wider; lines that span a large screen are hard to read."""
GREAT = 1.25
"""On a large screen it gets so many times as wide after all."""
TALLEST = 0.75
"""Height of a drop area as a share of its width; what is left stands above and below the page."""
RECENT = 4
"""Projects that are shown."""
PROJECT = ".dance"
"""How the name of a project's folder ends."""


class Welcome(QWidget):
    """Says what was dropped where; who listens keeps it and tells the areas what to show."""

    dance_dropped = Signal(list)
    person_dropped = Signal(list)
    """Paths as str"""
    dance_cleared = Signal()
    person_cleared = Signal()
    demo_wanted = Signal()
    project_wanted = Signal(str)
    """The project's folder; "": ask for one."""
    guide_wanted = Signal()
    machine_wanted = Signal()
    unfinished_wanted = Signal()
    """Go on with what was interrupted."""
    pictures_wanted = Signal(str)
    """The folder of a recent project that is shown; `set_picture` brings its picture."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self.setAccessibleName(self.tr("Welcome"))
        self.dance = DropArea(
            self.tr("Dance"), self.tr("Drop the video whose moves you want, or click to choose"), "dance", True
        )
        self.person = DropArea(
            self.tr("Person"), self.tr("Drop a video of who shall dance, or click to choose"), "person", False
        )
        self.dance.dropped.connect(self._take_dance)
        self.person.dropped.connect(self._take_person)
        self.dance.cleared.connect(self.dance_cleared)
        self.person.cleared.connect(self.person_cleared)
        self._recent = QHBoxLayout()
        self._recent.setSpacing(2 * theme.SPACE)
        self._cards: dict[str, _Recent] = {}
        self._lay_out()

    def _lay_out(self) -> None:
        self._inside = inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(*[4 * theme.SPACE] * 4)
        column.setSpacing(3 * theme.SPACE)
        column.addStretch()
        column.addLayout(self._head())
        column.addWidget(self._unfinished())
        areas = QHBoxLayout()
        areas.setSpacing(3 * theme.SPACE)
        areas.addWidget(self.dance)
        areas.addWidget(self.person)
        column.addLayout(areas, 1)
        column.addLayout(self._offers())
        column.addWidget(self._recents())
        column.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addStretch(1)
        row.addWidget(inside, 100)
        row.addStretch(1)

    def resizeEvent(self, event: object) -> None:
        """Neither the page nor its areas grow without end."""
        wide = round(WIDEST * min(GREAT, max(1.0, self.width() / (1.5 * WIDEST))))
        self._inside.setMaximumWidth(wide)
        each = (min(wide, self.width()) - 11 * theme.SPACE) / 2
        for area in (self.dance, self.person):
            area.setMaximumHeight(max(area.minimumSizeHint().height(), round(TALLEST * each)))

    def _head(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(theme.SPACE // 2)
        title = QLabel(self.tr("Make anyone dance"))
        title.setFont(theme.font(2.2, theme.QFont.Weight.DemiBold))
        words = QLabel(
            self.tr("Two videos in, one clip out. Everything happens on this machine; nothing is sent anywhere.")
        )
        words.setProperty("role", "dim")
        words.setWordWrap(True)
        column.addWidget(title)
        column.addWidget(words)
        return column

    def _unfinished(self) -> QFrame:
        """A card that is there only where something was interrupted."""
        self._banner = QFrame()
        self._banner.setProperty("role", "card")
        self._banner_words = QLabel()
        self._banner_words.setWordWrap(True)
        go_on = QPushButton(self.tr("Go on"))
        go_on.setProperty("role", "primary")
        go_on.setAccessibleName(self.tr("Go on with what was interrupted"))
        go_on.setToolTip(self.tr("Go on where it was stopped; nothing was lost"))
        go_on.clicked.connect(self.unfinished_wanted)
        row = QHBoxLayout(self._banner)
        row.setContentsMargins(3 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE, 2 * theme.SPACE)
        row.addWidget(self._banner_words, 1)
        row.addWidget(go_on)
        self._banner.hide()
        return self._banner

    def _offers(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        demo = self._button(
            self.tr("Try it with the built-in dancers"), "sparkle", self.tr("A drawn dancer is learned in minutes")
        )
        guide = self._button(self.tr("Before you film"), "guide", self.tr("What makes a good video of the person"))
        self.chip = QPushButton(self.tr("Looking at this machine"))
        self.chip.setProperty("role", "chip")
        self.chip.setToolTip(self.tr("What this machine can do, and how long it takes"))
        theme.wear(self.chip, "chip", "dim")
        demo.clicked.connect(self.demo_wanted)
        guide.clicked.connect(self.guide_wanted)
        self.chip.clicked.connect(self.machine_wanted)
        row.addWidget(demo)
        row.addWidget(guide)
        row.addStretch(1)
        row.addWidget(self.chip)
        return row

    def _button(self, words: str, icon: str, tip: str) -> QPushButton:
        button = QPushButton(words)
        button.setAccessibleName(words)
        button.setToolTip(tip)
        theme.wear(button, icon)
        return button

    def _recents(self) -> QWidget:
        self._shelf = QWidget()
        column = QVBoxLayout(self._shelf)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE)
        head = QHBoxLayout()
        title = QLabel(self.tr("Recent"))
        title.setProperty("role", "dim")
        other = QPushButton(self.tr("Open another project"))
        other.setProperty("role", "link")
        other.setAccessibleName(other.text())
        other.setToolTip(self.tr("Choose the folder of a project"))
        other.clicked.connect(lambda: self.project_wanted.emit(""))
        head.addWidget(title)
        head.addStretch(1)
        head.addWidget(other)
        column.addLayout(head)
        column.addLayout(self._recent)
        return self._shelf

    # --- what it shows ------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read the list of recent projects again."""
        while (item := self._recent.takeAt(0)) is not None:
            card = item.widget()
            if card is not None:
                card.deleteLater()
        self._cards.clear()
        folders = recent.projects()[:RECENT]
        self._shelf.setVisible(bool(folders))
        for folder in folders:
            shown = _Recent(folder)
            shown.clicked.connect(lambda _=False, folder=folder: self.project_wanted.emit(str(folder)))
            self._recent.addWidget(shown, 1)
            self._cards[str(folder)] = shown
            self.pictures_wanted.emit(str(folder))
        for _ in range(RECENT - len(folders)):
            self._recent.addStretch(1)

    def set_picture(self, folder: str, image: QImage) -> None:
        """The picture of a recent project."""
        if folder in self._cards:
            self._cards[folder].set_picture(image)

    def set_machine(self, words: str) -> None:
        """What the chip says."""
        self.chip.setText(words)
        self.chip.setAccessibleName(words)

    def set_unfinished(self, words: str) -> None:
        """What was interrupted; "": nothing."""
        self._banner_words.setText(words)
        self._banner.setVisible(bool(words))

    # --- drops --------------------------------------------------------------------------------

    def _take_dance(self, files: list[str]) -> None:
        """Of several, the first is the dance and the others show the person, where nobody is there yet."""
        if self._is_project(files):
            return
        self.dance_dropped.emit(files[:1])
        if len(files) > 1 and not self.person.files:
            self.person_dropped.emit(files[1:])

    def _take_person(self, files: list[str]) -> None:
        if self._is_project(files):
            return
        moves = [file for file in files if f"*{Path(file).suffix.lower()}" in MOTIONS]
        shown = [file for file in files if file not in moves]
        if moves:
            self.dance_dropped.emit(moves[:1])
        if shown:
            self.person_dropped.emit(shown)

    def _is_project(self, files: list[str]) -> bool:
        if len(files) == 1 and Path(files[0]).is_dir():
            self.project_wanted.emit(files[0])
            return True
        return False

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if files_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Beside the areas: whatever is still missing, the dance first."""
        files = files_of(event.mimeData())
        if files:
            event.acceptProposedAction()
            (self._take_person if self.dance.files and not self.person.files else self._take_dance)(files)


class _Recent(QPushButton):
    """A project: its picture, its name."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.setProperty("role", "row")
        self.setAccessibleName(self.tr("Open {0}").format(folder.stem))
        self.setToolTip(str(folder))
        self.setMinimumWidth(20 * theme.SPACE)
        self._picture = QLabel()
        self._picture.setFixedSize(QSize(10 * theme.SPACE, 7 * theme.SPACE))
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setPixmap(theme.icon("film", theme.colors().faint).pixmap(24, 24))
        self._name = QLabel()
        self._name.setToolTip(str(folder))
        self._full = folder.stem
        where = QLabel(folder.parent.name)
        where.setProperty("role", "dim")
        where.setFont(theme.font(0.9))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self._name)
        words.addWidget(where)
        words.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        row.setSpacing(theme.SPACE + 4)
        row.addWidget(self._picture)
        row.addLayout(words, 1)
        for label in (self._picture, self._name, where):
            label.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._name.setMinimumWidth(1)
        where.setMinimumWidth(1)

    def set_picture(self, image: QImage) -> None:
        if image.isNull():
            return
        ratio = self.devicePixelRatioF()
        pixmap = QPixmap(self._picture.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        pixmap.fill(Qt.GlobalColor.transparent)
        area, shape = QRectF(QPointF(), QSizeF(self._picture.size())), QPainterPath()
        shape.addRoundedRect(area, theme.RADIUS / 2, theme.RADIUS / 2)
        painter = QPainter(pixmap)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.setClipPath(shape)
        painter.drawImage(area, image, cover(image.size(), area))
        painter.end()
        self._picture.setPixmap(pixmap)

    def resizeEvent(self, event: object) -> None:
        space = self.width() - self._picture.width() - 5 * theme.SPACE
        self._name.setText(self.fontMetrics().elidedText(self._full, Qt.TextElideMode.ElideRight, max(space, 10)))
