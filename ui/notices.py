"""What the window has to say: the sheet for errors, toasts for small news, and the desktop's notifications."""

import platform
import shutil
from collections.abc import Callable

import PySide6
from PySide6.QtCore import QCoreApplication, QEasingCurve, QEvent, QObject, QProcess, QPropertyAnimation, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleEvent, QFontDatabase, QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QFrame,
    QGraphicsOpacityEffect,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSystemTrayIcon,
    QVBoxLayout,
    QWidget,
)

from dancetransfer import __version__
from dancetransfer.errors import UserError
from ui import theme
from ui.project.jobs import Outcome

WIDE = 60 * theme.SPACE
WIDEST = 72 * theme.SPACE
"""Of a toast; longer sentences take more lines."""
TOAST_MS = 4000
NOTIFICATION_MS = 10_000


def report_text(message: str, hint: str, details: str = "") -> str:
    """What "Copy report" copies: what happened, on which machine, and the engine's last words. Nothing is sent."""
    about = f"DanceTransfer {__version__}, Python {platform.python_version()}, PySide6 {PySide6.__version__}"
    return "\n".join(filter(None, [message, hint, "", about, platform.platform(), "", details])).strip() + "\n"


class ErrorSheet(QDialog):
    """One error: what to do first, what happened below, the details folded."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        details: str = "",
        parent: QWidget | None = None,
        again: Callable[[], object] | None = None,
    ) -> None:
        """`again`: does once more what did not work, which a button offers then."""
        super().__init__(parent)
        self._again = again
        self.report = report_text(message, hint, details)
        self.setWindowTitle(self.tr("That did not work"))
        self.setMinimumWidth(WIDE)
        self._details = QPlainTextEdit(self.report)
        self._unfold = QPushButton(self.tr("Details"))
        self._copy = QPushButton(self.tr("Copy report"))
        self._close = QPushButton(self.tr("Close"))
        column = QVBoxLayout(self)
        column.setContentsMargins(*[3 * theme.SPACE] * 4)
        column.setSpacing(2 * theme.SPACE)
        column.addLayout(self._words(message, hint))
        column.addWidget(self._details, 1)
        column.addLayout(self._buttons())
        self.resize(WIDE, 1)
        self._fold()
        self._first.setFocus()

    @staticmethod
    def of(
        what: Outcome | UserError, parent: QWidget | None = None, again: Callable[[], object] | None = None
    ) -> "ErrorSheet":
        """The sheet of a job that went wrong, or of an error that was raised here."""
        details = what.report if isinstance(what, Outcome) else ""
        return ErrorSheet(what.message, what.hint, details, parent, again)

    def _words(self, message: str, hint: str) -> QHBoxLayout:
        first, second = (hint, message) if hint else (message, "")
        mark, todo, happened = QLabel(), QLabel(first), QLabel(second)
        mark.setPixmap(theme.icon("warning", theme.colors().warn).pixmap(28, 28))
        todo.setFont(theme.font(1.2, theme.QFont.Weight.DemiBold))
        happened.setProperty("role", "dim")
        words = QVBoxLayout()
        words.setSpacing(theme.SPACE)
        for label in (todo, happened):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            label.setVisible(bool(label.text()))
            words.addWidget(label)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(2 * theme.SPACE)
        row.addWidget(mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(words, 1)
        self.setAccessibleDescription(f"{first} {second}".strip())
        return row

    def _buttons(self) -> QHBoxLayout:
        self._details.setReadOnly(True)
        self._details.setMinimumHeight(20 * theme.SPACE)
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self._details.setAccessibleName(self.tr("Details of the error"))
        self._details.setTabChangesFocus(True)
        self._unfold.setCheckable(True)
        self._unfold.setProperty("role", "quiet")
        self._copy.setProperty("role", "quiet")
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        for button, icon, tip in (
            (self._unfold, "chevron-down", self.tr("Show what the program knows about it (Space)")),
            (self._copy, "copy", self.tr("Put the report on the clipboard; nothing is sent anywhere (Space)")),
            (self._close, "", self.tr("Close this (Esc)")),
        ):
            button.setAccessibleName(button.text())
            button.setToolTip(tip)
            if icon:
                theme.wear(button, icon)
            row.addWidget(button)
        row.insertStretch(2, 1)
        self._unfold.toggled.connect(self._fold)
        self._copy.clicked.connect(self._put_on_clipboard)
        self._close.clicked.connect(self.accept)
        first = self._close
        if self._again is not None:
            first = QPushButton(self.tr("Go on"))
            first.setAccessibleName(first.text())
            first.setToolTip(self.tr("Go on from what there is (Enter)"))
            first.clicked.connect(self._do_again)
            row.addWidget(first)
        first.setProperty("role", "primary")
        first.setDefault(True)
        self._first = first
        return row

    def _do_again(self) -> None:
        self.accept()
        if self._again is not None:
            self._again()

    def _fold(self) -> None:
        self._details.setVisible(self._unfold.isChecked())
        theme.wear(self._unfold, "chevron-up" if self._unfold.isChecked() else "chevron-down")
        if (layout := self.layout()) is not None:  # by hand: `adjustSize` counts wrapped words as one line
            layout.activate()
            self.resize(self.width(), layout.totalHeightForWidth(self.width()))

    def _put_on_clipboard(self) -> None:
        QGuiApplication.clipboard().setText(self.report)
        self._copy.setText(self.tr("Copied"))
        self._copy.setAccessibleName(self._copy.text())


class Toast(QFrame):
    """A sentence at the lower edge of a window, for some seconds; a click or Esc takes it away.

    `action` is the word of a button that calls `then`. A window shows one at a time.
    """

    def __init__(self, parent: QWidget, words: str, action: str = "", then: object = None) -> None:
        super().__init__(parent)
        self._over = parent
        for other in parent.findChildren(Toast):
            if other is not self:
                other.close()
        self.setProperty("role", "toast")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(words)
        row = QHBoxLayout(self)
        row.setContentsMargins(2 * theme.SPACE, theme.SPACE, 2 * theme.SPACE, theme.SPACE)
        row.setSpacing(2 * theme.SPACE)
        label = QLabel(words)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(label.sizeHint().width() > self._room())
        row.addWidget(label, 1)
        if action and callable(then):
            button = QPushButton(action)
            button.setProperty("role", "link")
            button.setAccessibleName(action)
            button.setToolTip(self.tr("{} (Space)").format(action))
            button.clicked.connect(lambda: (then(), self.close()))
            row.addWidget(button)
        self._leaving = QTimer(self, singleShot=True, interval=TOAST_MS + 40 * len(words))
        self._leaving.timeout.connect(self.close)
        parent.installEventFilter(self)
        self._appear()

    def _room(self) -> int:
        return max(20 * theme.SPACE, min(WIDEST, self._over.width() - 12 * theme.SPACE))

    def _appear(self) -> None:
        self._put()
        self.show()
        self.raise_()
        veil = QGraphicsOpacityEffect(self)
        self.setGraphicsEffect(veil)
        rise = QPropertyAnimation(veil, b"opacity", self)
        rise.setDuration(theme.ANIMATION_MS)
        rise.setStartValue(0.0)
        rise.setEndValue(1.0)
        rise.setEasingCurve(QEasingCurve.Type.OutCubic)
        rise.finished.connect(lambda: self.setGraphicsEffect(None))  # type: ignore[arg-type]
        rise.start()
        self._leaving.start()
        QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _put(self) -> None:
        self.setMaximumWidth(self._room())
        self.adjustSize()
        self.move((self._over.width() - self.width()) // 2, self._over.height() - self.height() - 4 * theme.SPACE)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._over and event.type() == QEvent.Type.Resize:
            self._put()
        return False

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)


def notify(title: str, text: str) -> bool:
    """A notification of the desktop, where it has any; whether it was handed over."""
    if QSystemTrayIcon.isSystemTrayAvailable() and QSystemTrayIcon.supportsMessages():
        tray = _tray()
        tray.show()
        tray.showMessage(title, text, QApplication.windowIcon(), NOTIFICATION_MS)
        QTimer.singleShot(2 * NOTIFICATION_MS, tray, tray.hide)
        return True
    if QGuiApplication.platformName() in ("xcb", "wayland") and (program := shutil.which("notify-send")):
        started = QProcess.startDetached(program, ["--app-name=DanceTransfer", "--", title, text])
        return bool(started[0] if isinstance(started, tuple) else started)
    return False


def _tray() -> QSystemTrayIcon:
    """The application's one, which is to be seen only while it notifies."""
    app = QCoreApplication.instance()
    found = app.findChild(QSystemTrayIcon, "notices") if app else None
    if found is None:
        found = QSystemTrayIcon(QApplication.windowIcon(), app)
        found.setObjectName("notices")
        found.setToolTip("DanceTransfer")
    return found
