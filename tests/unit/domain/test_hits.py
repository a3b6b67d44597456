"""The moments of a recording that match a search."""

import contextlib
import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.hits import Hit, hits
from voice_recorder.domain.recording import Marker, Recording, Segment
from voice_recorder.storage.search import match_expression

RATE = 48000


def a_note(*edit_list: tuple[int, int]) -> Recording:
    """Ten seconds, of which the stretches between these seconds are heard, all without any."""
    master = a_master(id="m", frames=10 * RATE)
    return a_recording(
        master, edit_list=tuple(Segment("m", start * RATE, end * RATE) for start, end in edit_list)
    )


def marked(**labels: float) -> list[Marker]:
    return [Marker("m", round(second * RATE), label.replace("_", " ")) for label, second in labels.items()]


def found(search: str, *labels: str) -> list[str]:
    """Which of ``labels``, a second apart, match."""
    places = [Marker("m", second * RATE, label) for second, label in enumerate(labels)]
    return [hit.text for hit in hits(search, a_note(), places)]


def test_hits_come_in_the_order_in_which_they_are_heard() -> None:
    places = marked(Budget=7.5, The_budget_again=2, Other=1)
    assert hits("budget", a_note(), places) == (Hit(2.0, "The budget again"), Hit(7.5, "Budget"))


@pytest.mark.parametrize(
    ("search", "matching"),
    [
        ("bud", ["Búdget"]), ("BÚDGET", ["Búdget"]), ("udget", []), ("next", ["next steps", "Next week"]),
        ("next steps", ["next steps"]), ("steps nex", ["next steps"]),
        ("interview steps", ["next steps"]),  # the other word may stand in the title
        ("snake", ["snake_case"]), ("snake_case", ["snake_case"]), ("моск", ["Москва"]), ("ёлка", []),
        ("", []), ("  ", []), ('" * ( ) - ^ : AND', []), ("'\"*()^:+-", []), ("_", []), ("\u0301", []),
    ],
)  # fmt: skip
def test_words_match_as_beginnings_without_accents_and_all_of_them_where_some_place_has_all(
    search: str, matching: list[str]
) -> None:
    assert found(search, "Búdget", "next steps", "Next week", "snake_case", "Москва", "") == matching


def test_times_are_those_that_are_heard_and_what_was_cut_out_is_none() -> None:
    places = marked(one=1, two=5, three=8)
    assert hits("one", a_note((4, 10)), places) == ()
    assert hits("two", a_note((4, 10)), places) == (Hit(1.0, "two"),)
    assert hits("three", a_note((0, 2), (7, 9), (7, 10)), places) == (Hit(3.0, "three"), Hit(5.0, "three"))
    assert hits("one", a_note(), [Marker("another", 5, "one")]) == ()


def test_a_cut_out_place_with_all_words_hides_none_that_has_a_few() -> None:
    places = marked(next_steps=1, next_week=8)
    assert hits("next steps", a_note((4, 10)), places) == (Hit(4.0, "next week"),)


@pytest.mark.parametrize("search", ["x" * 10_000, " ".join(map(str, range(2000))), "ab " * 3333])
def test_ten_thousand_characters_are_looked_for(search: str) -> None:
    assert found(search, search, "needle") == [search]


@pytest.fixture(scope="module")
def fts5() -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(
            "CREATE VIRTUAL TABLE said USING fts5(words, tokenize = 'unicode61 remove_diacritics 2')"
        )
        yield connection


_LETTERS = st.text("abAB ßäÄéÉøñ e\u0301 _-.,'\"*()²½ﬁ ёЁйж σςΣ שלום 1290 漢字 İı™\t", max_size=14)


@given(label=_LETTERS, search=_LETTERS)
@example(label="foo™bar", search="bar")
@example(label="Καλός", search="καλός")
@example(label="İstanbul", search="istan")
def test_a_place_that_the_library_finds_by_a_search_is_a_hit(
    fts5: sqlite3.Connection, label: str, search: str
) -> None:
    """Or the list would show a recording in which nothing is pointed out."""
    fts5.execute("DELETE FROM said")
    fts5.execute("INSERT INTO said VALUES (?)", (label,))
    expression = match_expression(search)
    if expression and fts5.execute("SELECT 1 FROM said WHERE said MATCH ?", (expression,)).fetchall():
        assert found(search, label) == [label]
