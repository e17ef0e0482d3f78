"""Collects the window's words into assets/translations/dancetransfer_*.ts, compiles them, and tells what is missing.

    python tools/translations.py

A word that has no translation yet stands in the .ts file as `<translation type="unfinished">`; write it there
(any text editor, or Qt Linguist) and run this again. Words that are gone from the code are dropped.
"""

import ast
import re
import subprocess
import sys
import xml.etree.ElementTree as xml
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "assets" / "translations"
CONTEXT = "window"
PLACE = {"tr": 0, "translate": 1, "QT_TRANSLATE_NOOP": 1, "QT_TR_NOOP": 0, "_mark": 0}
"""Functions that mark words, and which of their arguments those are."""


def words_of(code: str) -> Iterator[str]:
    """The words that a module marks for translation, in order."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        at = PLACE.get(name)
        if name == "tr" and isinstance(node.func, ast.Name):  # an own name for QCoreApplication.translate
            at = 1
        if at is not None and len(node.args) > at:
            yield from _texts(node.args[at])


def _texts(node: ast.expr) -> Iterator[str]:
    """A literal, or both ends of `a if x else b`; what comes from elsewhere is marked there."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
        yield from _texts(node.orelse)


def all_words() -> list[str]:
    """The window's words, and those of the engine's tables that it shows; each once."""
    found = [one for file in sorted((ROOT / "ui").rglob("*.py")) for one in words_of(file.read_text(encoding="utf-8"))]
    return list(dict.fromkeys([*found, *engine_words()]))


def engine_words() -> list[str]:
    """Words of the engine's tables that forms, export presets and strips are made from, and of the strips' problems."""
    from dancetransfer import settings
    from dancetransfer.pose import strips
    from dancetransfer.render.presets import PRESETS

    options = [about for group in settings.GROUPS.values() for _, about in settings.declared(group).values()]
    found = [words for about in options for words in (about.help, about.unit) if words]
    found += [words for one in PRESETS.values() for words in (one.title, one.words)]
    found += [
        name.replace("_", " ").capitalize() for group in settings.GROUPS.values() for name in settings.declared(group)
    ]
    found += [words for one in strips.STRIPS for words in (one.name, one.help)]
    code = ast.parse(Path(strips.__file__).read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(code) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return found + [words for words in texts if re.match("(Nobody|The) .{1,60}\\.$", words) and "\n" not in words]


def read(file: Path) -> dict[str, str]:
    """Translations by their source; "" for unfinished ones."""
    if not file.exists():
        return {}
    return {
        message.findtext("source") or "": message.findtext("translation") or ""
        for message in xml.parse(file).getroot().iter("message")
    }


def write(file: Path, language: str, translated: dict[str, str]) -> None:
    root = xml.Element("TS", version="2.1", language=language, sourcelanguage="en")
    context = xml.SubElement(root, "context")
    xml.SubElement(context, "name").text = CONTEXT
    for source, words in translated.items():
        message = xml.SubElement(context, "message")
        xml.SubElement(message, "source").text = source
        xml.SubElement(message, "translation", {} if words else {"type": "unfinished"}).text = words
    xml.indent(root, "    ")
    text = xml.tostring(root, encoding="unicode")
    file.write_text(f'<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n{text}\n', encoding="utf-8")


def compile_(file: Path, target: Path) -> None:
    """By Qt's own lrelease, which comes with PySide6."""
    command = [sys.executable, "-c", "from PySide6.scripts.pyside_tool import lrelease; lrelease()"]
    subprocess.run([*command, "-silent", str(file), "-qm", str(target)], check=True)


def main() -> int:
    missing = 0
    for file in sorted(FOLDER.glob("dancetransfer_*.ts")):
        known = read(file)
        translated = {source: known.get(source, "") for source in all_words()}
        write(file, file.stem.split("_")[-1], translated)
        compile_(file, file.with_suffix(".qm"))
        left = [source for source, words in translated.items() if not words]
        missing += len(left)
        print(f"{file.name}: {len(translated)} texts, {len(left)} not translated", *left, sep="\n  ")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
