"""Tags, folders, saved searches, and changes of many recordings (U10), on a real database."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.fakes.new_library import lay_new_library
from tests.unit.recordings import AT, a_recording
from voice_recorder.domain.errors import NotFound, StorageError
from voice_recorder.domain.library_query import LibraryQuery, NameCount, Shelf, Sort
from voice_recorder.domain.names import NameRefused
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.results import ItemResult
from voice_recorder.services.organising import Organising
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.rows import insert_recording


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    config = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": str(tmp_path / "home")})
    lay_new_library(config)
    library = Library(open_database(config), config)
    yield library
    library.database.dispose()


@pytest.fixture
def organising(library: Library) -> Organising:
    return Organising(library.database)


def add(library: Library, count: int = 1, **what: object) -> list[str]:
    recordings = [a_recording(**what) for _ in range(count)]
    with library.database.session(write=True) as connection:
        for recording in recordings:
            insert_recording(connection, recording)
    return [recording.id for recording in recordings]


def tags(library: Library, ids: list[str]) -> list[tuple[str, ...]]:
    return [library.get(recording_id).tags for recording_id in ids]


def all_ok(results: list[ItemResult]) -> bool:
    return bool(results) and all(result.ok and result.error is None for result in results)


def test_a_tag_is_made_once_and_keeps_its_first_spelling(library: Library, organising: Organising) -> None:
    one, two = ids = add(library, 2)
    assert all_ok(organising.tag([one], "  Größe \n of it"))
    assert all_ok(organising.tag(ids, "GRÖSSE of IT"))
    assert tags(library, ids) == [("Größe of it",)] * 2
    assert organising.tag_counts() == (NameCount("Größe of it", 2),)
    assert [entry.kind for entry in library.history(one)] == ["tagged"], "the second time nothing happened"
    assert library.page(LibraryQuery(search="größe"), 5).total == 2
    assert all_ok(organising.untag([one], "grösse of it"))
    assert all_ok(organising.untag([one], "grösse of it"))
    assert all_ok(organising.untag([one], "never heard of"))
    assert tags(library, ids) == [(), ("Größe of it",)]
    assert library.page(LibraryQuery(search="größe"), 5).total == 1
    assert [entry.kind for entry in library.history(one)] == ["tagged", "untagged"]
    assert library.get(two).updated_at > AT


def test_spellings_that_came_together_are_one_tag(library: Library) -> None:
    (found,) = tags(library, add(library, tags=("Work", "work", "home")))
    assert found == ("Work", "home")


def test_folders_are_made_moved_to_and_left(library: Library, organising: Organising) -> None:
    one, two = ids = add(library, 2)
    assert all_ok(organising.move(ids, "Interviews"))
    assert all_ok(organising.move([one], " INTERVIEWS "))
    assert [library.get(i).folder for i in ids] == ["Interviews", "Interviews"]
    assert all_ok(organising.move([two], "2024"))
    assert organising.folder_counts() == (NameCount("2024", 1), NameCount("Interviews", 1))
    assert all_ok(organising.move(ids, None))
    assert [library.get(i).folder for i in ids] == [None, None]
    kinds = [(entry.kind, entry.detail) for entry in library.history(one)]
    assert kinds == [("moved", "Interviews"), ("taken out of its folder", "")]


def test_counts_are_those_of_the_list_that_a_click_shows(library: Library, organising: Organising) -> None:
    for what in ({}, {"archived": True}, {"trashed_at": AT}):
        add(library, tags=("b",), folder="B", **what)
    add(library, 2, tags=("A", "b"))
    organising.untag(add(library, tags=("empty",)), "empty")
    assert organising.tag_counts() == (NameCount("A", 2), NameCount("b", 3), NameCount("empty", 0))
    assert organising.folder_counts() == (NameCount("B", 1),)
    for found in organising.tag_counts():
        assert library.page(LibraryQuery(tags=(found.name,)), 1).total == found.count
    for found in organising.folder_counts():
        assert library.page(LibraryQuery(folder=found.name), 1).total == found.count


def test_renaming_and_deleting_names_keeps_the_recordings(library: Library, organising: Organising) -> None:
    (one,) = add(library, tags=("work", "home"), folder="A")
    organising.rename_tag("WORK", "Work")
    organising.rename_tag("Work", "job")
    organising.rename_folder("a", "Z")
    assert (library.get(one).tags, library.get(one).folder) == (("home", "job"), "Z")
    organising.delete_tag("JOB")
    organising.delete_folder("z")
    assert (library.get(one).tags, library.get(one).folder) == (("home",), None)
    assert library.page(LibraryQuery(search="job"), 1).total == 0
    assert organising.folder_counts() == ()


@pytest.mark.parametrize(
    ("act", "error", "words"),
    [
        (lambda o: o.rename_tag("none", "x"), NotFound, "There is no tag called 'none'"),
        (lambda o: o.delete_tag("none"), NotFound, "There is no tag"),
        (lambda o: o.rename_folder("none", "x"), NotFound, "There is no folder"),
        (lambda o: o.delete_folder("none"), NotFound, "There is no folder"),
        (lambda o: o.rename_search("none", "x"), NotFound, "There is no saved search"),
        (lambda o: o.delete_search("none"), NotFound, "There is no saved search"),
        (lambda o: o.rename_tag("work", "HOME"), NameRefused, "There is a tag called 'HOME' already"),
        (lambda o: o.rename_tag("work", " "), NameRefused, "cannot be empty"),
        (lambda o: o.tag([], "x" * 10_000), NameRefused, "at most 100 characters"),
        (lambda o: o.untag([], "a\0"), NameRefused, "control characters"),
        (lambda o: o.move([], ""), NameRefused, "The name of a folder cannot be empty"),
        (lambda o: o.save_search("", LibraryQuery()), NameRefused, "a saved search cannot be empty"),
    ],
)
def test_what_cannot_be_is_said_and_changes_nothing(
    library: Library, organising: Organising, act: Callable[[Organising], None],
    error: type[StorageError], words: str,
) -> None:  # fmt: skip
    (one,) = add(library, tags=("home", "work"))
    before = library.get(one)
    with pytest.raises(error, match=words) as caught:
        act(organising)
    assert "Nothing was changed" in caught.value.detail
    assert library.get(one) == before


def test_searches_are_saved_replaced_renamed_and_deleted(organising: Organising) -> None:
    first = LibraryQuery(search="budget", sort=Sort.LONGEST, tags=("a",))
    organising.save_search("zebra", first)
    organising.save_search(" Ärger ", LibraryQuery(Shelf.TRASH))
    assert [(s.name, s.query, s.error) for s in organising.saved_searches()] == [
        ("zebra", first, None), ("Ärger", LibraryQuery(Shelf.TRASH), None),
    ]  # fmt: skip
    organising.save_search("ÄRGER", LibraryQuery())
    organising.rename_search("zebra", "Zoo")
    assert [(s.name, s.query) for s in organising.saved_searches()] == [
        ("Zoo", first), ("ÄRGER", LibraryQuery()),
    ]  # fmt: skip
    organising.delete_search("zoo")
    assert [s.name for s in organising.saved_searches()] == ["ÄRGER"]


def test_a_search_that_cannot_be_read_spoils_no_other_and_can_be_deleted(
    library: Library, organising: Organising
) -> None:
    organising.save_search("good", LibraryQuery(search="x"))
    with library.database.session(write=True) as connection:
        for name, query in (("bad", "{"), ("worse", '{"shelf": "attic"}'), ("newer", '{"mood": 1}')):
            values = {"name": name, "query": query}
            connection.execute(text("INSERT INTO saved_searches VALUES (NULL, :name, :query)"), values)
    found = {search.name: search for search in organising.saved_searches()}
    assert found["good"].query == LibraryQuery(search="x")
    assert found["newer"].query == LibraryQuery()
    for name in ("bad", "worse"):
        assert found[name].query is None
        assert "cannot be read" in str(found[name].error)
    organising.delete_search("bad")
    assert len(organising.saved_searches()) == 3


BATCHES: dict[
    str, tuple[Callable[[Organising, list[str]], list[ItemResult]], Callable[[Recording], bool]]
] = {
    "tag": (lambda o, ids: o.tag(ids, "t"), lambda r: r.tags == ("t",)),
    "untag": (lambda o, ids: o.untag(ids, "old"), lambda r: r.tags == ()),
    "move": (lambda o, ids: o.move(ids, "f"), lambda r: r.folder == "f"),
    "favourite": (lambda o, ids: o.set_favourite(ids, True), lambda r: r.favourite),
    "archive": (lambda o, ids: o.set_archived(ids, True), lambda r: r.archived),
}


@pytest.mark.parametrize("what", BATCHES)
def test_u10_a_batch_is_one_transaction_and_tells_of_each(
    library: Library, organising: Organising, what: str
) -> None:
    """More than a statement's variables, an unknown id among them, one twice, one by its beginning."""
    act, is_so = BATCHES[what]
    ids = add(library, 603, tags=("old",) if what == "untag" else ())
    (other,) = add(library)
    given = [*ids[1:], "no such id", ids[5], ids[0][:20]]
    committed = library.database.metrics.committed
    results = act(organising, given)
    assert library.database.metrics.committed == committed + 1
    assert [result.id for result in results] == given
    assert [result.id for result in results if not result.ok] == ["no such id"]
    assert isinstance(results[602].error, NotFound)
    assert all(is_so(recording) for recording in library.with_ids(ids))
    assert not is_so(library.get(other)) or what == "untag"
    assert all_ok(act(organising, ids)), "what is so already is done"
    assert len(library.history(ids[5])) == 1


def test_u10_a_batch_that_fails_in_the_middle_changes_nothing(
    library: Library, organising: Organising
) -> None:
    ids = add(library, 600)
    with library.database.session(write=True) as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON history WHEN (SELECT count(*) FROM history) > 550"
            " BEGIN SELECT RAISE(ABORT, 'no room'); END"
        )
    for act, is_so in BATCHES.values():
        if act is not BATCHES["untag"][0]:
            with pytest.raises(StorageError, match="no room"):
                act(organising, ids)
            assert not any(is_so(recording) for recording in library.with_ids(ids))
    assert organising.tag_counts() == organising.folder_counts() == ()


def test_nothing_and_only_unknown_ids_make_no_tag_and_no_folder(
    library: Library, organising: Organising
) -> None:
    assert organising.tag([], "t") == []
    assert [result.ok for result in organising.move(["unknown"], "f")] == [False]
    assert organising.tag_counts() == organising.folder_counts() == ()


def test_the_ids_of_a_query_are_what_a_batch_takes(library: Library, organising: Organising) -> None:
    add(library, 700)
    add(library, 3, archived=True)
    ids = library.ids(LibraryQuery())
    assert len(set(ids)) == 700
    assert all_ok(organising.tag(ids, "all of them"))
    assert library.ids(LibraryQuery(tags=("all of them",), sort=Sort.OLDEST)) == ids[::-1]
