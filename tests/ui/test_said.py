"""Errors and reasons are made in English and said in the window's language."""

from collections.abc import Callable, Mapping

import pytest
from PySide6.QtWidgets import QApplication

from voice_recorder.domain.errors import StorageError
from voice_recorder.domain.words import tr
from voice_recorder.ui import language
from voice_recorder.ui.said import said

GERMAN = {
    "The disk is full.": "Der Datenträger ist voll.",
    "The file {name} is away.": "Die Datei {name} ist weg.",
    "Nothing was lost on {disk}.": "Auf {disk} ging nichts verloren.",
    "{error} Try again later.": "{error} Später noch einmal versuchen.",
    "{name} was left as it is.": "{name} blieb, wie es ist.",
    "It was left as it is.": "Es blieb, wie es ist.",
    "{name} was not read:": "{name} ungelesen:",
    "Notes and more": "Notizen und mehr",
    "{a}: {b}": "{b}, {a}",
}


@pytest.mark.parametrize(
    ("words", "german"),
    [
        ("The disk is full.", "Der Datenträger ist voll."),
        ("The file a.wav is away.", "Die Datei a.wav ist weg."),
        ("The file Notes and more is away.", "Die Datei Notes and more ist weg."),
        ("The file {x}\nb is away.", "Die Datei {x}\nb ist weg."),
        ("The file a is away. Nothing was lost on D:.", "Die Datei a ist weg. Auf D: ging nichts verloren."),
        ("The disk is full. Try again later.", "Der Datenträger ist voll. Später noch einmal versuchen."),
        ("The file a is away. From elsewhere.", "Die Datei a ist weg. From elsewhere."),
        ("From elsewhere. The disk is full.", "From elsewhere. Der Datenträger ist voll."),
        ("The disk is full. 'a' was left as it is.", "Der Datenträger ist voll. 'a' blieb, wie es ist."),
        ("From elsewhere. It was left as it is.", "From elsewhere. Es blieb, wie es ist."),
        ("'One. Two' was left as it is.", "'One. Two' blieb, wie es ist."),
        ("'a' was not read: No way. It was left as it is.", "'a' ungelesen: No way. Es blieb, wie es ist."),
        ("Something else.", "Something else."),
        ("one: two", "one: two"),  # too few letters to be known by
        ("", ""),
        ("x. " * 600 + "The disk is full.", "x. " * 600 + "Der Datenträger ist voll."),
        ("x. " * 700 + "The disk is full.", "x. " * 700 + "The disk is full."),  # not said by us
    ],
)
def test_sentences_are_known_by_their_text(
    speak: Callable[[Mapping[str, str]], None], words: str, german: str
) -> None:
    speak(GERMAN)
    assert said(words) == german


def test_an_error_is_its_title_and_its_detail(speak: Callable[[Mapping[str, str]], None]) -> None:
    speak(GERMAN)
    error = StorageError(
        tr("The file {name} is away.", name="a"), tr("Nothing was lost on {disk}.", disk="B")
    )
    assert str(error) == "The file a is away. Nothing was lost on B."
    assert said(error) == "Die Datei a ist weg. Auf B ging nichts verloren."
    assert said(StorageError("The disk is full.")) == "Der Datenträger ist voll."


def test_in_english_all_stays_as_it_was_said(qapp: QApplication) -> None:
    language.choose(qapp, "en")
    assert said("The file {name} is away.") == "The file {name} is away."
