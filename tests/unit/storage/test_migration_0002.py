"""S3.2: a library of the first release gets the tables of the cloud, and nothing of it is touched."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from tests.unit.recordings import AT, a_master, a_recording
from tests.unit.storage.old_library import make_old_library, read_rows
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import Marker, Recording, Segment, TakeEvent, TakeEventKind
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import OFF
from voice_recorder.storage.backups import list_backups
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.schema import SEARCH_TABLE

OLD_TABLES = (
    "folders", "recordings", "masters", "recording_masters", "segments", "take_events", "markers", "tags",
    "recording_tags", "history", SEARCH_TABLE,
)  # fmt: skip
NEW_TABLES = ("transfers", "attempts", "receipts", "removals", "links", "sync_runs", "alerts", "flags")


def full() -> Recording:
    first = a_master(events=(TakeEvent(TakeEventKind.PAUSED, 100),), overview=b"\x01\x02")
    second = a_master(state=MasterState.DAMAGED)
    return a_recording(
        first, second, title="Interview", notes="about the garden", tags=("Anna", "work"), folder="2024",
        favourite=True, recovered=True, edit_list=(Segment(second.id, 10, 20), Segment(first.id, 0, 9)),
    )  # fmt: skip


@pytest.fixture
def recording() -> Recording:
    return full()


@pytest.fixture
def old(config: StorageConfig, recording: Recording) -> StorageConfig:
    """A library at revision 0001 with recordings in every state, as its own program left it."""

    def fill(library: Library) -> None:
        library.add(recording, "imported", [Marker(recording.masters[0].id, 7, "here")])
        for master in (a_master(state=MasterState.MISSING), a_master(sha256=None)):
            library.add(a_recording(master), "started")
        library.add(a_recording(title="in the trash", trashed_at=AT), "imported")

    make_old_library(config, "0001", fill)
    return config


@pytest.fixture
def migrated(old: StorageConfig) -> Iterator[Library]:
    database = open_database(old)
    yield Library(database, old, lambda: "s3:bucket")
    database.dispose()


def test_not_a_row_is_lost_or_changed(old: StorageConfig) -> None:
    before = read_rows(old.database_path)
    assert set(before) == set(OLD_TABLES)
    assert all(before.values())
    open_database(old).dispose()
    (backup,) = list_backups(old.backups_path)
    assert read_rows(backup.path) == before
    assert read_rows(old.database_path, like=backup.path) == before


def test_the_recordings_read_as_they_did_and_are_not_backed_up(
    migrated: Library, recording: Recording
) -> None:
    found = migrated.get(recording.id)
    assert found.sync.state is OFF.state
    assert replace(found, sync=OFF) == recording
    assert [marker.label for marker in migrated.markers(recording.id)] == ["here"]
    assert [entry.kind for entry in migrated.history(recording.id)] == ["imported"]
    assert migrated.page(LibraryQuery(search="gard"), 9).total == 1
    assert {shelf.value: count for shelf, count in migrated.counts().items()} == {
        "all": 3, "favourites": 1, "not_backed_up": 3, "archive": 0, "trash": 1,
    }  # fmt: skip
    assert migrated.page(LibraryQuery(Shelf.NOT_BACKED_UP), 9).total == 3


def test_the_new_tables_hold_nothing(migrated: Library) -> None:
    with migrated.database.session() as connection:
        for table in NEW_TABLES:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
