"""W3: a recording is found by the names of the markers that are heard in it, whatever was done to them."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.unit.recordings import AT, a_master, a_recording
from tests.unit.storage.old_library import make_old_library
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.hits import Hit, hits
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import Marker, Recording, Segment
from voice_recorder.storage.edits import Edits
from voice_recorder.storage.engine import Database
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig

RATE = 48000


@pytest.fixture
def edits(database: Database) -> Edits:
    return Edits(database)


@pytest.fixture
def note(library: Library) -> Recording:
    """Ten seconds, with markers at 2 and 8."""
    return added(library, "A note", figures=2, next_steps=8)


def added(library: Library, title: str, **markers: float) -> Recording:
    recording = a_recording(a_master(frames=10 * RATE), title=title)
    library.add(recording, "imported", marked(recording, **markers))
    return library.get(recording.id)


def marked(recording: Recording, **labels: float) -> list[Marker]:
    master = recording.masters[0]
    return [Marker(master.id, round(at * RATE), name.replace("_", " ")) for name, at in labels.items()]


def found(library: Library, search: str, shelf: Shelf = Shelf.ALL) -> list[str]:
    page = library.page(LibraryQuery(shelf, search=search), 10)
    assert page.total == len(page.recordings)
    return [recording.title for recording in page.recordings]


def edited(edits: Edits, recording: Recording, change: Callable[[Timeline], Timeline]) -> Recording:
    now = Timeline.of(recording)
    return edits.apply(recording.id, "Edit", change(now), expected=now.segments)


def test_markers_titles_and_notes_are_found_together(library: Library, note: Recording) -> None:
    added(library, "Another", steps=1)
    library.set_notes(note.id, "for Ines")
    for search in ("figures", "FIG", "next steps", "step fig", "note figures ines"):
        assert found(library, search) == ["A note"], search
    assert sorted(found(library, "steps")) == ["A note", "Another"]
    assert found(library, "figures elsewhere") == []


def test_a_marker_is_found_by_the_name_it_has_now(library: Library, edits: Edits, note: Recording) -> None:
    edits.set_markers(note.id, marked(note, budget=2, next_steps=8))
    assert [found(library, word) for word in ("figures", "budget", "steps")] == [[], ["A note"], ["A note"]]
    edits.set_markers(note.id, marked(note, budget=3.5))
    assert [found(library, word) for word in ("budget", "steps")] == [["A note"], []]
    edits.set_markers(note.id, [])
    assert found(library, "budget") == []
    library.rename(note.id, "Budget")
    assert found(library, "budget") == ["Budget"]


def test_a_take_is_found_by_its_markers_while_it_runs(library: Library, note: Recording) -> None:
    master = note.masters[0]
    library.update_take(note.id, master, marked(note, melody=1))
    assert [found(library, word) for word in ("figures", "melody")] == [[], ["A note"]]


def test_what_is_cut_out_is_not_found_until_it_is_undone(
    library: Library, edits: Edits, note: Recording
) -> None:
    short = edited(edits, note, lambda whole: whole.trim(5, 10))
    assert [found(library, word) for word in ("figures", "steps")] == [[], ["A note"]]
    assert hits("next", short, library.markers(note.id)) == (Hit(3.0, "next steps"),)
    assert hits("figures", short, library.markers(note.id)) == ()
    edits.undo(note.id)
    assert [found(library, word) for word in ("figures", "steps")] == [["A note"], ["A note"]]
    edits.redo(note.id)
    assert found(library, "figures") == []


def test_a_marker_at_the_very_end_is_found(library: Library, edits: Edits) -> None:
    """As one that is set at Stop."""
    note = added(library, "Note", end=10)
    assert found(library, "end") == ["Note"]
    short = edited(edits, note, lambda whole: whole.cut(0, 1))
    assert found(library, "end") == ["Note"]
    assert hits("end", short, library.markers(note.id)) == (Hit(9.0, "end"),)


def test_split_join_and_attached_recordings_are_found_by_what_is_heard_in_each(
    library: Library, edits: Edits, note: Recording
) -> None:
    first, rest = edits.split(note.id, 5)
    assert [found(library, word) for word in ("figures", "steps")] == [[first.title], [rest.title]]
    edits.join([first.id, rest.id], "Both")
    assert sorted(found(library, "figures")) == ["A note", "Both"]
    take = added(library, "Take", melody=1)
    edits.attach([take.id], first.id)
    assert found(library, "melody") == ["A note"]
    edits.undo(first.id)
    assert found(library, "melody") == []
    edited(edits, library.get(first.id), lambda whole: whole.trim(1, 3))
    (again,) = found(library, "melody")  # undone for good, the take is a recording of its own
    assert again not in ("A note", "Take")
    assert sorted(found(library, "figures")) == ["A note", "Both"]


def test_markers_in_the_trash_are_found_there(library: Library, note: Recording) -> None:
    library.set_trashed(note.id, AT)
    assert (found(library, "figures"), found(library, "figures", Shelf.TRASH)) == ([], ["A note"])
    library.forget(note.id, "deleted for ever")
    assert found(library, "figures", Shelf.TRASH) == []


@pytest.mark.parametrize("search", ['" * ( ) - ^ :', "- + | & ~", "***", '"'])
def test_operators_alone_find_no_marker(library: Library, search: str) -> None:
    added(library, "Note", **{search: 1.0})
    assert found(library, search) == []


@pytest.mark.parametrize("search", ["x" * 10_000, " ".join(map(str, range(2_000)))])
def test_ten_thousand_characters_are_looked_for_in_markers(library: Library, search: str) -> None:
    added(library, "needle", **{search: 1.0})
    added(library, "other", x=1, **{"1 2": 2})
    assert found(library, search) == ["needle"]


def test_many_markers_are_one_change_of_the_index(library: Library, edits: Edits, note: Recording) -> None:
    """Written one by one, thousands would take minutes."""
    many = [Marker(note.masters[0].id, number, f"place {number}") for number in range(3000)]
    edits.set_markers(note.id, many)
    assert found(library, "place 2999") == ["A note"]
    with library.database.session() as connection:
        said = connection.execute(text("SELECT places FROM search_words")).scalar_one()
    assert len(said.splitlines()) == 3000


def test_a_library_of_a_former_release_learns_its_markers(config: StorageConfig) -> None:
    def fill(library: Library) -> None:
        added(library, "whole", figures=2, steps=8)
        part = a_recording(a_master(id="m", frames=10 * RATE), title="part")
        part = replace(part, edit_list=(Segment("m", 5 * RATE, 10 * RATE),), tags=("urgent",))
        library.add(part, "imported", marked(part, figures=2, steps=8, end=10))
        added(library, "none")

    make_old_library(config, "0002", fill)
    database = open_database(config)
    library = Library(database, config)
    assert found(library, "figures") == ["whole"]
    assert sorted(found(library, "steps")) == ["part", "whole"]
    assert found(library, "urgent end") == ["part"]
    assert found(library, "none") == ["none"]
    added(library, "new", melody=1)
    assert found(library, "new melody") == ["new"]
    database.dispose()
