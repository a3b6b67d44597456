"""The window's language: every text that people read goes through ``tr``.

The translations are Qt Linguist's files in ``resources/translations``, read as they are; ``make``
``translations`` brings them up to date with the sources. A text without a translation stays English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QLibraryInfo, QLocale, QObject, Qt, QTranslator
from PySide6.QtWidgets import QApplication

from voice_recorder.ui.theme import resources

LANGUAGES = {"en": "English", "de": "Deutsch", "he": "עברית"}


def _one_or_many(n: int) -> int:
    return 0 if n == 1 else 1


PLURALS: dict[str, Callable[[int], int]] = {"en": _one_or_many, "de": _one_or_many, "he": _one_or_many}
"""Which of a message's forms is for how many, as Linguist asks for them: it keeps no other forms."""


@dataclass
class _Language:
    code: str = "en"
    messages: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    of_qt: QTranslator | None = None


_now = _Language()


def tr(text: str, note: str = "", n: int = -1, /, **values: object) -> str:
    """``text`` in the window's language, each ``{name}`` replaced by the value of that name.

    ``note`` tells equal texts of different meaning apart. With ``n``, ``%n`` becomes that number,
    ``(s)`` an s for all but one, and a translation has a form for each kind of number. Never
    give it an f-string: it would not be found.
    """
    chosen = _chosen(text, note, n)
    if n >= 0:
        chosen = chosen.replace("%n", locale().toString(n))
    return chosen.format(**values) if values else chosen


def _chosen(text: str, note: str, n: int) -> str:
    forms = _now.messages.get((text, note), ())
    at = PLURALS[_now.code](n) if n >= 0 else 0
    if at < len(forms) and forms[at]:
        return forms[at]
    return text if n < 0 else text.replace("(s)", "" if n == 1 else "s")


def choose(application: QApplication, wanted: str) -> None:
    """Speak the language of code ``wanted``, or with an empty one the system's, English if we have none."""
    code = wanted or next(
        (name.partition("-")[0] for name in QLocale.system().uiLanguages()
         if name.partition("-")[0] in LANGUAGES), "en",
    )  # fmt: skip
    if _now.of_qt is not None:
        application.removeTranslator(_now.of_qt)
    _now.code, _now.messages, _now.of_qt = code, read_messages(code), _of_qt(application, code)
    if wanted or QLocale.system().language() != QLocale(code).language():
        QLocale.setDefault(QLocale(code))
    application.setLayoutDirection(QLocale(code).textDirection())


def code() -> str:
    """The language in force, as in ``LANGUAGES``."""
    return _now.code


def messages() -> Mapping[tuple[str, str], tuple[str, ...]]:
    """All translations in force, by source text and note; none for English."""
    return _now.messages


def locale() -> QLocale:
    """How figures and dates are written; English where the system asks for nothing."""
    current = QLocale()
    return QLocale("en") if current.language() is QLocale.Language.C else current


def is_mirrored() -> bool:
    """Whether the language runs from right to left."""
    return QLocale(_now.code).textDirection() is Qt.LayoutDirection.RightToLeft


def isolated(text: str) -> str:
    """``text`` as a piece of its own, such as a name, so that the words around it do not turn it."""
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if is_mirrored() else text


def figure(text: str) -> str:
    """A number with its sign and unit, which runs from left to right in any language."""
    return f"\N{LEFT-TO-RIGHT ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if is_mirrored() else text


def read_messages(code: str) -> dict[tuple[str, str], tuple[str, ...]]:
    """The finished translations into one language, by source text and note; their forms in order."""
    path = resources() / "translations" / f"{code}.ts"
    messages: dict[tuple[str, str], tuple[str, ...]] = {}
    if code == "en":
        return messages
    import xml.etree.ElementTree as ElementTree

    for message in ElementTree.parse(path).iter("message"):
        translation = message.find("translation")
        if translation is None or translation.get("type"):
            continue  # unfinished, vanished or obsolete
        forms = [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]
        key = message.findtext("source", ""), message.findtext("comment", "")
        messages[key] = tuple(forms)
    return messages


def _of_qt(parent: QObject, code: str) -> QTranslator | None:
    """What Qt itself says, as on the buttons of its dialogs."""
    if code == "en":
        return None
    translator = QTranslator(parent)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    if translator.load(f"qtbase_{code}", folder):
        QApplication.installTranslator(translator)
        return translator
    return None
