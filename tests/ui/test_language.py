"""W8: translations are whole and fit their sources; the window is mirrored where the language asks for it."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QApplication, QDialogButtonBox

from voice_recorder.ui import language
from voice_recorder.ui.language import figure, isolated, tr
from voice_recorder.ui.theme import resources

PROJECT = Path(__file__).parents[2]
FILES = sorted((resources() / "translations").glob("*.ts"))
HOLES = re.compile(r"%n|\{\w*(?::[^}]*)?\}")


@pytest.fixture(autouse=True)
def english(qapp: QApplication) -> Iterator[None]:
    yield
    language.choose(qapp, "en")
    QLocale.setDefault(QLocale.system())


def messages(path: Path) -> Iterator[tuple[str, ElementTree.Element]]:
    for message in ElementTree.parse(path).iter("message"):
        yield message.findtext("source", ""), message


def forms(message: ElementTree.Element) -> list[str]:
    translation = message.find("translation")
    assert translation is not None
    return [form.text or "" for form in translation.iter("numerusform")] or [translation.text or ""]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_hole_of_a_text_is_in_its_translation(path: Path) -> None:
    for source, message in messages(path):
        for form in filter(None, forms(message)):
            missing = set(HOLES.findall(source)) - set(HOLES.findall(form)) - {"%n"}
            added = set(HOLES.findall(form)) - set(HOLES.findall(source))
            assert not missing | added, f"{source!r} became {form!r}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_text_is_left_untranslated(path: Path) -> None:
    unfinished = [
        source
        for source, message in messages(path)
        if not all(forms(message)) or message.find("translation[@type]") is not None
    ]
    assert unfinished == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_number_has_its_form(path: Path) -> None:
    kinds = {language.PLURALS[path.stem](n) for n in range(1000)}
    for source, message in messages(path):
        if message.get("numerus") == "yes" and "%n" in source:
            found = forms(message)
            assert len(found) == len(kinds), source
            assert "%n" in found[language.PLURALS[path.stem](999)], source


def test_the_files_are_up_to_date_with_the_sources(tmp_path: Path) -> None:
    """As ``make translations`` finds the texts; a new one is in every file, one that is gone in none."""
    package = PROJECT / "voice_recorder"
    sources = [str(path) for name in ("ui", "domain") for path in (package / name).glob("*.py")]
    sources += [
        str(path)
        for name in ("audio", "storage", "cloud", "services", "workers")
        for path in (package / name).rglob("*.py")
        if "domain.words import tr" in path.read_text(encoding="utf-8")
    ]
    found = tmp_path / "now.ts"
    lupdate = Path(sys.executable).with_name("pyside6-lupdate")
    command = [str(lupdate), "-locations", "none", *sorted(sources), "-ts", str(found)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    now = {(source, message.findtext("comment", "")) for source, message in messages(found)}
    assert now
    for path in FILES:
        kept = {(source, message.findtext("comment", "")) for source, message in messages(path)}
        assert kept == now, f"{path.name}: {sorted(kept ^ now)[:5]}; 'make translations' mends it"


def test_a_number_takes_the_form_of_its_language(qapp: QApplication) -> None:
    assert tr("%n recording(s)", "", 1) == "1 recording"
    assert tr("%n recording(s)", "", 2) == "2 recordings"
    language.choose(qapp, "de")
    assert tr("%n recording(s)", "", 1) == "1 Aufnahme"
    assert tr("%n recording(s)", "", 0) == "0 Aufnahmen"
    assert tr("%n recording(s)", "", 1234) == "1.234 Aufnahmen"


def test_a_text_without_a_translation_stays_english(qapp: QApplication) -> None:
    language.choose(qapp, "de")
    assert tr("No such text {name}", name="x{y}") == "No such text x{y}"


def test_qts_own_buttons_speak_the_language(qapp: QApplication) -> None:
    language.choose(qapp, "de")
    box = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
    assert box.button(QDialogButtonBox.StandardButton.Cancel).text() == "Abbrechen"


def test_hebrew_runs_from_right_to_left(qapp: QApplication) -> None:
    language.choose(qapp, "he")
    assert language.is_mirrored()
    assert qapp.layoutDirection() is Qt.LayoutDirection.RightToLeft
    assert tr("%n recording(s)", "", 1) == "הקלטה אחת"
    assert tr("%n recording(s)", "", 217) == "217 הקלטות"
    language.choose(qapp, "en")
    assert qapp.layoutDirection() is Qt.LayoutDirection.LeftToRight


def test_names_and_figures_keep_their_order_among_words_from_right_to_left(qapp: QApplication) -> None:
    assert isolated("#ideas") == "#ideas"
    assert figure("-6 dBFS") == "-6 dBFS"
    language.choose(qapp, "he")
    assert isolated("#ideas") == "\N{FIRST STRONG ISOLATE}#ideas\N{POP DIRECTIONAL ISOLATE}"
    assert figure("-6 dBFS") == "\N{LEFT-TO-RIGHT ISOLATE}-6 dBFS\N{POP DIRECTIONAL ISOLATE}"


def test_the_systems_language_is_taken_if_we_speak_it(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("de_AT"))
    language.choose(qapp, "")
    assert tr("%n recording(s)", "", 3) == "3 Aufnahmen"
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("fr_FR"))
    language.choose(qapp, "")
    assert tr("%n recording(s)", "", 3) == "3 recordings"
