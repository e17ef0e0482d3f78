"""The window's languages: English as it stands in the code, others from assets/translations.

A word of the window has one translation wherever it stands, so all of a file's messages are in one
context, whatever class asks; tools/translations.py collects them.
"""

from importlib import resources

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

CONTEXT = "window"
"""The one context of our files."""
LANGUAGES = {"en": "English", "de": "Deutsch"}
"""Code and own name of each."""


class Words(QTranslator):
    """Our translations, asked without regard to the class."""

    def translate(self, context: str, source: str, disambiguation: str | None = None, n: int = -1) -> str | None:
        """The translation; None where there is none: the next translator is asked, then the source speaks itself."""
        return super().translate(CONTEXT, source, None, n) or None


def system_language() -> str:
    """That of the desktop, where we have it; else English."""
    for name in QLocale.system().uiLanguages():
        code = name.replace("_", "-").split("-")[0].lower()
        if code in LANGUAGES:
            return code
    return "en"


def install(app: QCoreApplication, language: str = "") -> str:
    """Speak a language from now on ("": the system's); returns which. What is already drawn stays as it is."""
    code = language if language in LANGUAGES else system_language()
    for old in app.findChildren(QTranslator):
        app.removeTranslator(old)
        old.setParent(None)
    if code != "en":
        QLocale.setDefault(QLocale(code))
        for translator in (_of_qt(app, code), _of_ours(app, code)):
            app.installTranslator(translator)  # the last one is asked first
    else:
        QLocale.setDefault(QLocale.system() if system_language() == "en" else QLocale("en"))
    return code


def _of_ours(app: QCoreApplication, code: str) -> QTranslator:
    """From bytes, as assets may lie in a zip."""
    words = Words(app)
    content = resources.files("assets").joinpath("translations", f"dancetransfer_{code}.qm").read_bytes()
    words.load(content)
    words.content = content  # type: ignore[attr-defined]  # Qt reads from it as long as the translator lives
    return words


def _of_qt(app: QCoreApplication, code: str) -> QTranslator:
    """Qt's own words, such as those of its dialogs."""
    words = QTranslator(app)
    words.load(f"qtbase_{code}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    return words
