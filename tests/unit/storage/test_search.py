"""W3: what people type into the search field, as an expression that FTS5 takes."""

import contextlib
import sqlite3
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.recordings import a_recording
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.storage.library import Library
from voice_recorder.storage.search import match_expression


@pytest.fixture(scope="module")
def words() -> sqlite3.Connection:
    """A search table as the first migration makes it."""
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE search_words USING fts5(title, notes, tags,"
            " tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3')"
        )
        connection.execute("INSERT INTO search_words VALUES ('hello snake_case _', 'notes', '')")
        yield connection  # type: ignore[misc]


@given(search=st.text())
@example('"')
@example("'; DROP TABLE recordings; --")
@example("title: AND (NEAR* ^ OR NOT -")
@example("\0")
@example("a\0b")
@example("\ud800")
@example("_")
@example("\u0301")
@example("-hello* AND _")
@example("hello NEAR(world, 5)")
def test_whatever_is_typed_fts5_takes_it(words: sqlite3.Connection, search: str) -> None:
    expression = match_expression(search)
    if expression is not None:
        words.execute("SELECT rowid FROM search_words WHERE search_words MATCH ?", (expression,)).fetchall()


@given(search=st.text(st.sampled_from("\"'*()^:+-{}.,;!?&|<>~ \t\n\\/"), max_size=20))
def test_signs_alone_are_no_words(search: str) -> None:
    assert match_expression(search) is None


@pytest.fixture
def searched(library: Library) -> Library:
    library.add(a_recording(title="Résumé of the meeting", notes="Ask Zoë about the naïve plan"), "imported")
    library.add(
        a_recording(title="Shopping", tags=("urgent", "home"), notes="snake_case and C++"), "imported"
    )
    library.add(a_recording(title="Москва ёлка", notes="NOT AND OR NEAR"), "imported")
    return library


@pytest.mark.parametrize(
    ("search", "title"),
    [
        ("resume", "Résumé of the meeting"),
        ("RÉSUMÉ", "Résumé of the meeting"),
        ("rés", "Résumé of the meeting"),
        (unicodedata.normalize("NFD", "résumé"), "Résumé of the meeting"),
        ("zoe naive", "Résumé of the meeting"),
        ("mee re", "Résumé of the meeting"),
        ("meeting plan", "Résumé of the meeting"),
        ("urg", "Shopping"),
        ("home shop", "Shopping"),
        ("snake_case", "Shopping"),
        ("c++", "Shopping"),
        ("shopping _", "Shopping"),
        ("моск", "Москва ёлка"),
        ("ЁЛК", "Москва ёлка"),
        ("near", "Москва ёлка"),
        ("NOT", "Москва ёлка"),
        ("AND OR", "Москва ёлка"),
    ],
)
def test_w3_words_and_their_beginnings_find_title_notes_and_tags_without_accents(
    searched: Library, search: str, title: str
) -> None:
    page = searched.page(LibraryQuery(search=search), 10)
    assert [recording.title for recording in page.recordings] == [title]
    assert page.total == 1


@pytest.mark.parametrize("search", ["esume", "meeting shopping", "xyz", "***", '"', "-", "_", "()", "\u0301"])
def test_what_is_not_there_is_not_found(searched: Library, search: str) -> None:
    assert searched.page(LibraryQuery(search=search), 10).recordings == ()


@pytest.mark.parametrize("search", ["", "   ", "\t\n"])
def test_an_empty_search_field_shows_everything(searched: Library, search: str) -> None:
    assert searched.page(LibraryQuery(search=search), 10).total == 3


def test_w3_a_title_stored_with_separate_accents_is_found_too(library: Library) -> None:
    """As the names of files come from macOS."""
    library.add(a_recording(title=unicodedata.normalize("NFD", "Café Müller")), "imported")
    for search in ("café", "cafe muller", unicodedata.normalize("NFD", "müller")):
        assert library.page(LibraryQuery(search=search), 10).total == 1, search


def test_w3_a_change_of_title_or_notes_is_found_at_once_and_the_old_words_no_more(library: Library) -> None:
    recording = a_recording(title="before")
    library.add(recording, "imported")
    library.rename(recording.id, "after")
    library.set_notes(recording.id, "scribble")
    found = [library.page(LibraryQuery(search=word), 5).total for word in ("before", "after", "scribble")]
    assert found == [0, 1, 1]
    library.forget(recording.id, "deleted for ever")
    assert library.page(LibraryQuery(search="after"), 5).total == 0
