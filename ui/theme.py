"""How the window looks: colors of the dark and the light scheme, sizes, fonts and tinted icons."""

from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib import resources

from PySide6.QtCore import QByteArray, QObject, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontDatabase, QGuiApplication, QIcon, QPainter, QPalette, QPixmap
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QApplication, QWidget

SPACE = 8
"""Every distance is a multiple of this many pixels."""
RADIUS = 8
"""Corners of cards, drop areas and pictures."""
ANIMATION_MS = 140
"""Length of every transition; longer ones are felt as waiting."""
ICON_PIXELS = (16, 20, 24, 32, 48, 64, 96)
"""Sizes that an icon is drawn at, so that it is sharp on every screen."""


@dataclass(frozen=True)
class Colors:
    """One scheme; hex strings that QColor takes."""

    window: str
    """Behind everything."""
    panel: str
    """Bars and side panels, a step above the window."""
    raised: str
    """Cards, fields and buttons, a step above a panel."""
    hover: str
    """What is raised, under the mouse."""
    line: str
    """Quiet borders and dividers."""
    text: str
    dim: str
    """Words of second rank."""
    faint: str
    """Disabled words, placeholders, drop outlines."""
    accent: str
    accent_hover: str
    accent_text: str
    """Words on the accent color."""
    accent_soft: str
    """Ground of what is selected or dragged over."""
    good: str
    warn: str
    bad: str
    track: str
    """Ground of timelines, sliders and progress bars."""
    wave: str
    """Waveforms."""
    picture: str
    """Around videos and pictures."""


DARK = Colors(
    window="#121317",
    panel="#191b20",
    raised="#23252c",
    hover="#2c2f38",
    line="#2d3038",
    text="#eceef2",
    dim="#a2a7b3",
    faint="#6f7583",
    accent="#8f9dff",
    accent_hover="#a5b0ff",
    accent_text="#0f1124",
    accent_soft="#262a45",
    good="#63c78d",
    warn="#e8b654",
    bad="#f0707a",
    track="#0e0f12",
    wave="#59607a",
    picture="#0b0c0e",
)
LIGHT = Colors(
    window="#f4f5f7",
    panel="#fbfbfc",
    raised="#ffffff",
    hover="#eef0f6",
    line="#dcdfe6",
    text="#1a1c22",
    dim="#5a6070",
    faint="#8a90a0",
    accent="#4b57d1",
    accent_hover="#3f4abd",
    accent_text="#ffffff",
    accent_soft="#e4e7fb",
    good="#1d7f4c",
    warn="#936300",
    bad="#c0313e",
    track="#e7e9ef",
    wave="#a3aac4",
    picture="#dfe2e8",
)
SCHEMES = {"dark": DARK, "light": LIGHT}


class Notifier(QObject):
    """Says that the scheme has changed, for what is painted by hand."""

    changed = Signal()


def scheme() -> str:
    """ "dark" or "light"."""
    app = QGuiApplication.instance()
    return str(app.property("scheme") or "dark") if app else "dark"


def colors() -> Colors:
    """Those of the current scheme."""
    return SCHEMES[scheme()]


def notifier() -> Notifier:
    """The application's one; `notifier().changed` comes after each `apply`."""
    app = QApplication.instance()
    if app is None:
        raise RuntimeError("the theme needs a QApplication")
    found = app.findChild(Notifier, "theme", Qt.FindChildOption.FindDirectChildrenOnly)
    if found is None:
        found = Notifier(app)
        found.setObjectName("theme")
    return found


def apply(app: QApplication, wanted: str) -> None:
    """Dress the application: Fusion, the whole palette (`setColorScheme` does nothing on some platforms), our sheet."""
    if wanted not in SCHEMES:
        raise ValueError(f"no scheme {wanted!r}")
    app.setProperty("scheme", wanted)
    if app.style().objectName().lower() != "fusion":
        app.setStyle("Fusion")
    app.setPalette(_palette(SCHEMES[wanted]))
    app.setStyleSheet(_sheet(SCHEMES[wanted]))
    notifier().changed.emit()


def system_scheme() -> str:
    """What the desktop asks for; dark where it asks for nothing."""
    light = QGuiApplication.styleHints().colorScheme() == Qt.ColorScheme.Light
    return "light" if light else "dark"


def _palette(c: Colors) -> QPalette:
    palette, role = QPalette(), QPalette.ColorRole
    for one, color in {
        role.Window: c.window,
        role.WindowText: c.text,
        role.Base: c.raised,
        role.AlternateBase: c.panel,
        role.Text: c.text,
        role.PlaceholderText: c.faint,
        role.Button: c.raised,
        role.ButtonText: c.text,
        role.BrightText: c.bad,
        role.ToolTipBase: c.raised,
        role.ToolTipText: c.text,
        role.Highlight: c.accent,
        role.HighlightedText: c.accent_text,
        role.Accent: c.accent,
        role.Link: c.accent,
        role.LinkVisited: c.accent,
        role.Light: c.hover,
        role.Midlight: c.raised,
        role.Mid: c.line,
        role.Dark: c.line,
        role.Shadow: c.track,
    }.items():
        palette.setColor(one, QColor(color))
    for one in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, one, QColor(c.faint))
    palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, QColor(c.line))
    palette.setColor(QPalette.ColorGroup.Disabled, role.HighlightedText, QColor(c.faint))
    return palette


def _sheet(c: Colors) -> str:
    """assets/style.qss with its @names replaced, longest first: @accent is the beginning of @accent_text."""
    text = resources.files("assets").joinpath("style.qss").read_text(encoding="utf-8")
    for name, color in sorted(asdict(c).items(), key=lambda pair: -len(pair[0])):
        text = text.replace(f"@{name}", color)
    text = text.replace("@scheme", "dark" if c is DARK else "light")
    return text.replace("@icons", str(resources.files("assets").joinpath("icons")).replace("\\", "/"))


# --- fonts ---------------------------------------------------------------------------------------


def font(scale: float = 1.0, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """The system's own font, so many times its size: whoever made that larger gets larger words here."""
    made = QFont(QApplication.font())
    made.setPointSizeF(max(made.pointSizeF(), 1) * scale)
    made.setWeight(weight)
    return made


def fixed_font() -> QFont:
    """Letters of one width, for tables in plain text."""
    return QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont)


# --- icons ---------------------------------------------------------------------------------------


def icon(name: str, color: str = "") -> QIcon:
    """assets/icons/NAME.svg in the text color of the current scheme, or in a color of one's own (hex)."""
    c = colors()
    return _drawn(name, color or c.text, c.faint)


class Dresser(QObject):
    """Gives its button the icon anew when the scheme changes; lives and dies with the button."""

    def __init__(self, button: QAbstractButton) -> None:
        super().__init__(button)
        self.name, self.color = "", ""
        notifier().changed.connect(self.dress)

    def dress(self) -> None:
        button = self.parent()
        if isinstance(button, QAbstractButton):
            button.setIcon(icon(self.name, getattr(colors(), self.color) if self.color else ""))


def wear(button: QAbstractButton, name: str, color: str = "") -> None:
    """Give a button an icon that follows the scheme; `color` names a field of Colors."""
    dresser = button.findChild(Dresser, options=Qt.FindChildOption.FindDirectChildrenOnly) or Dresser(button)
    dresser.name, dresser.color = name, color
    dresser.dress()


@lru_cache(maxsize=512)
def _drawn(name: str, color: str, disabled: str) -> QIcon:
    made = QIcon()
    for mode, tint in ((QIcon.Mode.Normal, color), (QIcon.Mode.Disabled, disabled)):
        for pixels in ICON_PIXELS:
            made.addPixmap(picture(name, pixels, tint), mode)
    return made


def picture(name: str, pixels: int, color: str) -> QPixmap:
    """An icon as a square picture of so many device pixels."""
    drawing = resources.files("assets").joinpath("icons", f"{name}.svg").read_text(encoding="utf-8")
    made = QPixmap(pixels, pixels)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    renderer = QSvgRenderer(QByteArray(drawing.replace("currentColor", color).encode()))
    renderer.render(painter, QRectF(0, 0, pixels, pixels))
    painter.end()
    return made


def restyle(widget: QWidget) -> None:
    """Let the style sheet look at a widget's properties again after one has changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
    widget.update()


def indent(box: QAbstractSpinBox) -> None:
    """The words of a spin box begin where those of other fields do; a style sheet's padding does not reach them."""
    box.lineEdit().setTextMargins(SPACE + 1, 0, 0, 0)
