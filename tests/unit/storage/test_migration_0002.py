"""S3.2: a library of the first release gets the tables of the cloud, and nothing of it is touched."""

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tests.unit.recordings import a_master, a_recording
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import Marker, Recording, Segment, TakeEvent, TakeEventKind
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import OFF
from voice_recorder.storage.backups import list_backups
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.schema import SEARCH_TABLE, metadata

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


def rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return {
            table: connection.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid").fetchall()
            for table in OLD_TABLES
        }


@pytest.fixture
def recording() -> Recording:
    return full()


@pytest.fixture
def old(config: StorageConfig, recording: Recording) -> StorageConfig:
    """A library at revision 0001 with recordings in every state, as its own program left it."""
    database = open_database(config, revision="0001")
    library = Library(database, config)
    library.add(recording, "imported", [Marker(recording.masters[0].id, 7, "here")])
    for master in (a_master(state=MasterState.MISSING), a_master(sha256=None)):
        library.add(a_recording(master), "started")
    database_rows = a_recording(title="in the trash")
    library.add(database_rows, "imported")
    with database.session(write=True) as connection:  # set_trashed of today also forgets links
        connection.execute(text("UPDATE recordings SET trashed_ms = 5 WHERE title = 'in the trash'"))
    database.dispose()
    return config


@pytest.fixture
def migrated(old: StorageConfig) -> Iterator[Library]:
    database = open_database(old)
    yield Library(database, old, lambda: "s3:bucket")
    database.dispose()


def test_not_a_row_is_lost_or_changed(old: StorageConfig) -> None:
    before = rows(old.database_path)
    assert all(before[table] for table in OLD_TABLES)
    open_database(old).dispose()
    assert rows(old.database_path) == before
    (backup,) = list_backups(old.backups_path)
    assert rows(backup.path) == before


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


def test_the_tables_are_those_of_a_new_library_and_hold_nothing(migrated: Library) -> None:
    def is_ours(_thing: object, name: str | None, kind: str, _reflected: bool, _compared: object) -> bool:
        return not (kind == "table" and str(name).startswith(SEARCH_TABLE))

    with migrated.database.session() as connection:
        options = {"include_object": is_ours, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), metadata) == []
        for table in NEW_TABLES:
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar() == 0
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_a_migrated_library_has_the_very_schema_of_a_new_one(migrated: Library, tmp_path: Path) -> None:
    """Indexes with their conditions, too, which the comparison of tables does not look at."""
    other = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": str(tmp_path / "new")})
    open_database(other).dispose()

    def schema(path: Path) -> list[tuple[str, ...]]:
        with contextlib.closing(sqlite3.connect(path)) as connection:
            return connection.execute(
                "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
            ).fetchall()

    assert schema(migrated.database.path) == schema(other.database_path)


def test_the_indexes_are_those_that_the_schema_declares(migrated: Library) -> None:
    """A condition that differs makes an index that no query finds."""

    def plain(sql: str) -> str:
        return "".join(sql.lower().replace('"', "").split())

    from sqlalchemy.dialects import sqlite
    from sqlalchemy.schema import CreateIndex

    with contextlib.closing(sqlite3.connect(migrated.database.path)) as connection:
        made = {
            name: plain(sql)
            for name, sql in connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index'")
            if sql
        }
    declared = {
        str(index.name): plain(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
        for table in metadata.sorted_tables
        for index in table.indexes
    }
    assert made == declared
