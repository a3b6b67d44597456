"""W2: the list sorted and narrowed, each time by SQL and from an index."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from tests.unit.recordings import AT, a_master, a_recording
from voice_recorder.domain.library_query import DayCount, LibraryQuery, Shelf, Sort
from voice_recorder.domain.recording import Recording, Segment
from voice_recorder.domain.states import RecordingState
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig


def note(title: str, hours: int = 0, seconds: float = 1, **changes: Any) -> Recording:
    master = a_master(frames=round(seconds * 48000))
    edits = (Segment(master.id, 0, 4800),) if changes.pop("edited", False) else ()
    at = AT + timedelta(hours=hours)
    return a_recording(master, title=title, created_at=at, edit_list=edits, **changes)


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library that is only read."""
    home = tmp_path_factory.mktemp("home")
    config = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": str(home)})
    library = Library(open_database(config), config)
    for recording in (
        note("banana", 0, 5, tags=("Fruit", "yellow"), folder="Food"),
        note("Apple", 24, 60, tags=("fruit",), folder="food", favourite=True),
        note("cherry", 25, 0.5, tags=("FRUIT", "Größe"), edited=True),
        note("apple", 48, 3600, notes="jam"),
        note("archived", 72, 9, tags=("fruit",), archived=True),
        note("thrown away", 96, 9, tags=("fruit",), folder="food", trashed_at=AT),
    ):
        library.add(recording, "imported")
    yield library
    library.database.dispose()


def titles(library: Library, **what: Any) -> list[str]:
    query = LibraryQuery(**what)
    page = library.page(query, 50)
    assert page.total == len(page.recordings)
    assert library.ids(query) == [recording.id for recording in page.recordings]
    assert sum(day.count for day in library.days(query)) == page.total
    pieces = [library.page(query, 1, at).recordings for at in range(page.total)]
    assert tuple(itertools.chain(*pieces)) == page.recordings
    return [recording.title for recording in page.recordings]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.NEWEST, ["apple", "cherry", "Apple", "banana"]),
        (Sort.OLDEST, ["banana", "Apple", "cherry", "apple"]),
        (Sort.TITLE, ["Apple", "apple", "banana", "cherry"]),
        (Sort.LONGEST, ["apple", "Apple", "banana", "cherry"]),
        (Sort.SHORTEST, ["cherry", "banana", "Apple", "apple"]),
    ],
)
def test_every_order(notes: Library, sort: Sort, expected: list[str]) -> None:
    assert titles(notes, sort=sort) == expected


def test_days_follow_the_order_and_are_one_without_a_name_where_no_day_sorts(notes: Library) -> None:
    newest = notes.days(LibraryQuery())
    assert newest == (DayCount("2024-05-19", 1), DayCount("2024-05-18", 2), DayCount("2024-05-17", 1))
    assert notes.days(LibraryQuery(sort=Sort.OLDEST)) == newest[::-1]
    for sort in (Sort.TITLE, Sort.LONGEST, Sort.SHORTEST):
        assert notes.days(LibraryQuery(sort=sort)) == (DayCount("", 4),)
        assert notes.days(LibraryQuery(sort=sort, search="apple")) == (DayCount("", 2),)
        assert notes.days(LibraryQuery(sort=sort, search="nothing")) == ()


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        ({"tags": ("fruit",)}, ["cherry", "Apple", "banana"]),
        ({"tags": ("Fruit", "YELLOW")}, ["banana"]),
        ({"tags": ("GRÖSSE",)}, ["cherry"]),
        ({"tags": ("fruit", "nothing")}, []),
        ({"folder": "FOOD"}, ["Apple", "banana"]),
        ({"folder": "nowhere"}, []),
        ({"folder": ""}, ["apple", "cherry"]),
        ({"made_from": date(2024, 5, 18)}, ["apple", "cherry", "Apple"]),
        ({"made_until": date(2024, 5, 18)}, ["cherry", "Apple", "banana"]),
        ({"made_from": date(2024, 5, 18), "made_until": date(2024, 5, 18)}, ["cherry", "Apple"]),
        ({"made_from": date(2025, 1, 1)}, []),
        ({"longer_than_s": 5}, ["apple", "Apple"]),
        ({"longer_than_s": 4.999}, ["apple", "Apple", "banana"]),
        ({"shorter_than_s": 5}, ["cherry"]),
        ({"longer_than_s": 1, "shorter_than_s": 61}, ["Apple", "banana"]),
        ({"longer_than_s": 1e300}, []),
        ({"shorter_than_s": -1e300}, []),
        ({"edited": True}, ["cherry"]),
        ({"edited": False}, ["apple", "Apple", "banana"]),
        ({"favourites": True}, ["Apple"]),
        ({"shelf": Shelf.ARCHIVE, "tags": ("fruit",)}, ["archived"]),
        ({"shelf": Shelf.TRASH, "folder": "food"}, ["thrown away"]),
        ({"state": RecordingState.TRASHED, "tags": ("fruit",)}, ["thrown away"]),
        ({"search": "apple", "folder": "food"}, ["Apple"]),
        ({"search": "apple jam"}, ["apple"]),
        ({"search": "fruit", "sort": Sort.TITLE, "longer_than_s": 1}, ["Apple", "banana"]),
    ],
)  # fmt: skip
def test_what_narrows_the_list(notes: Library, what: dict[str, Any], expected: list[str]) -> None:
    assert titles(notes, **what) == expected


def test_the_day_is_that_of_the_place_where_it_was_made(library: Library) -> None:
    at = datetime(2024, 1, 1, 12, tzinfo=UTC)
    library.add(a_recording(title="Auckland", created_at=at, utc_offset_min=13 * 60), "imported")
    assert titles(library, made_from=date(2024, 1, 2)) == ["Auckland"]
    assert titles(library, made_until=date(2024, 1, 1)) == []


def test_words_of_every_script_find_their_notes(library: Library) -> None:
    """W3: also where no word is found, nothing is raised."""
    for title in ("פגישת עבודה", "हिन्दी भाषा", "🎤 party 🎉", "café", "AND OR NEAR"):
        library.add(a_recording(title=title), "imported")
    assert titles(library, search="עבודה פגי") == ["פגישת עבודה"]
    assert titles(library, search="हिन्दी") == ["हिन्दी भाषा"]
    assert titles(library, search="🎤 part") == ["🎤 party 🎉"]
    assert titles(library, search="cafe\u0301") == ["café"]
    assert titles(library, search="🎤") == []
    assert titles(library, search='" * ( ) - ^ :') == []
    assert titles(library, search='AND OR * " ( ) - NEAR ^ :') == ["AND OR NEAR"]
    assert titles(library, search='AND OR * " ( ) - NEAR ^ : NOT') == []


@pytest.mark.parametrize("search", ["x" * 10_000, "ab " * 3_333, " ".join(map(str, range(2_000)))])
def test_ten_thousand_characters_are_searched_for(library: Library, search: str) -> None:
    library.add(a_recording(title="needle", notes=search), "imported")
    library.add(a_recording(title="other"), "imported")
    assert titles(library, search=search) == ["needle"]


@contextmanager
def statements(library: Library) -> Iterator[list[tuple[str, Any]]]:
    seen: list[tuple[str, Any]] = []

    def note_it(_connection: Any, _cursor: Any, sql: str, values: Any, *_: Any) -> None:
        seen.append((sql, values))

    engine = library.database._engine
    event.listen(engine, "before_cursor_execute", note_it)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note_it)


@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize(
    "what",
    [
        {}, {"search": "m"}, {"tags": ("fruit",)}, {"folder": ""}, {"shelf": Shelf.ARCHIVE},
        {"longer_than_s": 1.0},
    ],
)  # fmt: skip
def test_p7_whatever_the_order_no_row_is_read_to_sort_the_list(
    notes: Library, sort: Sort, what: dict[str, Any]
) -> None:
    query = replace(LibraryQuery(**what), sort=sort)
    with statements(notes) as seen:
        notes.page(query, 100)
    sql, values = next((sql, values) for sql, values in seen if "LIMIT" in sql)
    with notes.database.session() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert not any("TEMP B-TREE" in step for step in plan), plan
    assert any("INDEX recordings_by_" in step for step in plan), plan
