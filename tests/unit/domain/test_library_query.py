"""Queries, and how they are kept as JSON."""

import json
from datetime import date
from typing import Any

import pytest

from voice_recorder.domain.library_query import (
    LibraryQuery,
    QueryRefused,
    Shelf,
    Sort,
    query_document,
    query_from,
)
from voice_recorder.domain.states import RecordingState

FULL = LibraryQuery(
    Shelf.ARCHIVE, "words", RecordingState.DAMAGED, Sort.TITLE, ("a", "b"), "folder", date(2024, 2, 29),
    date(2025, 1, 1), 1.5, 60, False, True,
)  # fmt: skip


def test_the_shelves_are_those_of_the_sidebar() -> None:
    assert [shelf.value for shelf in Shelf] == ["all", "favourites", "not_backed_up", "archive", "trash"]


def test_without_any_wish_the_whole_main_list_is_meant_and_a_query_can_be_a_key() -> None:
    assert LibraryQuery() == LibraryQuery(Shelf.ALL, "", None)
    assert {LibraryQuery(search="x"): 1}[LibraryQuery(search="x")] == 1


@pytest.mark.parametrize("query", [LibraryQuery(), FULL, LibraryQuery(folder="")])
def test_a_query_comes_back_from_json_as_it_was(query: LibraryQuery) -> None:
    assert query_from(json.loads(json.dumps(query_document(query)))) == query


def test_json_has_only_what_narrows() -> None:
    assert query_document(LibraryQuery()) == {}
    assert query_document(LibraryQuery(tags=("a",), edited=False)) == {"tags": ("a",), "edited": False}


def test_what_a_newer_program_wrote_is_passed_over() -> None:
    assert query_from({"search": "x", "mood": "cheerful"}) == LibraryQuery(search="x")


@pytest.mark.parametrize(
    "document",
    [
        None, [], "all", 3, {"shelf": "attic"}, {"search": 1}, {"search": None}, {"state": "lost"},
        {"sort": 5},
        {"tags": "a"}, {"tags": [1]}, {"folder": 3}, {"made_from": "2024-02-30"}, {"made_until": 20240101},
        {"longer_than_s": "long"}, {"longer_than_s": True}, {"shorter_than_s": float("inf")},
        {"shorter_than_s": float("nan")}, {"edited": "yes"}, {"favourites": 1}, {"search": [{}] * 10_000},
    ],
)  # fmt: skip
def test_nonsense_is_refused_in_words(document: Any) -> None:
    with pytest.raises(QueryRefused, match="cannot be read") as caught:
        query_from(document)
    assert len(str(caught.value)) < 250


def test_days_are_told_apart_only_where_time_is_the_order() -> None:
    assert {sort for sort in Sort if sort.by_day} == {Sort.NEWEST, Sort.OLDEST}
