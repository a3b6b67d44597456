"""S3.2: a library of the second release learns lengths, orders and sidecars, and nothing of it is lost."""

import contextlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex

from tests.unit.cloud_rows import PLACE, entry, finished
from tests.unit.recordings import AT, a_master, a_recording
from tests.unit.storage.old_library import make_old_library, read_rows, schema_of
from voice_recorder.domain.library_query import LibraryQuery, Sort
from voice_recorder.domain.recording import Marker, Recording, Segment
from voice_recorder.domain.transfers import TransferState
from voice_recorder.storage.backups import list_backups
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.organising import Catalogue
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.schema import metadata
from voice_recorder.storage.transfers import Transfers


def two_masters() -> Recording:
    rates = (a_master(frames=48_000 * 60), a_master(frames=44_100 * 30 + 441, sample_rate_hz=44_100))
    return a_recording(*rates, title="two masters", tags=("Anna",), folder="2024")


def edited() -> Recording:
    master = a_master(frames=480_000)
    cuts = (Segment(master.id, 0, 48_016), Segment(master.id, 96_000, 144_016))
    return a_recording(master, title="edited", edit_list=cuts)


LENGTHS = {"two masters": 90_010, "edited": 2001, "in the trash": 1000, "backed up": 1000, "without": 0}


@pytest.fixture
def old(config: StorageConfig) -> StorageConfig:
    """A library at revision 0002 with edits, several masters, the trash and a cloud."""

    def fill(library: Library) -> None:
        together = two_masters()
        library.add(together, "imported", [Marker(together.masters[0].id, 7, "here")])
        library.add(edited(), "imported")
        library.add(a_recording(title="in the trash", trashed_at=AT), "imported")
        backed_up = a_recording(title="backed up")
        library.add(backed_up, "imported")
        transfers = Transfers(library.database)
        transfers.enqueue(PLACE, [backed_up.id])
        finished(transfers, entry(transfers))
        orphan = a_recording(title="without")
        library.add(orphan, "imported")
        with library.database.session(write=True) as connection:
            connection.execute(
                text("DELETE FROM recording_masters WHERE recording_key IN"
                     " (SELECT key FROM recordings WHERE title = 'without')")
            )  # fmt: skip

    make_old_library(config, "0002", fill)
    return config


@pytest.fixture
def migrated(old: StorageConfig) -> Iterator[Library]:
    database = open_database(old)
    yield Library(database, old, lambda: PLACE)
    database.dispose()


def test_not_a_row_is_lost_or_changed(old: StorageConfig) -> None:
    before = read_rows(old.database_path)
    assert all(before[name] for name in ("recordings", "segments", "markers", "receipts", "folders"))
    open_database(old).dispose()
    (backup,) = list_backups(old.backups_path)
    assert read_rows(backup.path) == before
    assert read_rows(old.database_path, like=backup.path) == before


def test_lengths_are_those_that_are_heard(migrated: Library) -> None:
    with migrated.database.session() as connection:
        rows = connection.execute(text("SELECT title, duration_ms FROM recordings"))
        found = {row.title: row.duration_ms for row in rows}
    assert found == LENGTHS
    heard = {recording.title: recording.duration_s * 1000 for recording in migrated.with_ids(None)}
    assert found == {title: pytest.approx(ms, abs=0.5) for title, ms in heard.items()}
    longest = migrated.page(LibraryQuery(sort=Sort.LONGEST), 9).recordings
    assert [recording.title for recording in longest][:2] == ["two masters", "edited"]


def test_every_recording_needs_a_sidecar(migrated: Library) -> None:
    assert stale(migrated) == set(LENGTHS)


def test_the_schema_is_that_of_a_new_library(migrated: Library, tmp_path: Path) -> None:
    other = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": str(tmp_path / "new")})
    open_database(other).dispose()
    assert schema_of(migrated.database.path) == schema_of(other.database_path)
    with migrated.database.session() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


def test_the_indexes_are_those_that_the_schema_declares(migrated: Library) -> None:
    """A condition that differs makes an index that no query finds."""

    def plain(sql: str) -> str:
        return "".join(sql.lower().replace('"', "").split())

    made = {
        name: plain(sql)
        for kind, name, _table, sql in schema_of(migrated.database.path)
        if kind == "index" and sql
    }
    declared = {
        str(index.name): plain(str(CreateIndex(index).compile(dialect=sqlite.dialect())))
        for table in metadata.sorted_tables
        for index in table.indexes
    }
    assert made == declared


# The triggers, in a library of today


def stale(library: Library) -> set[str]:
    """The titles of the recordings whose sidecars are behind."""
    with library.database.session() as connection:
        return set(
            connection.scalars(
                text("SELECT title FROM recordings JOIN stale_sidecars ON recording_key = key")
            )
        )


def duration_ms(library: Library, recording: Recording) -> int:
    with library.database.session() as connection:
        found: int = connection.execute(
            text("SELECT duration_ms FROM recordings WHERE id = :id"), {"id": recording.id}
        ).scalar_one()
        return found


def execute(library: Library, sql: str) -> None:
    with library.database.session(write=True) as connection:
        connection.exec_driver_sql(sql)


def test_the_length_follows_masters_edits_and_their_removal(library: Library) -> None:
    first, second = a_master(frames=48_000), a_master(frames=96_000)
    recording = a_recording(first, second)
    other = a_recording(a_master(frames=4800))
    library.add(recording, "imported")
    library.add(other, "imported")
    lengths = [duration_ms(library, recording)]
    for change in (
        "UPDATE masters SET frames = 144000 WHERE frames = 96000",
        "UPDATE masters SET sample_rate_hz = 24000 WHERE frames = 48000",
        "INSERT INTO segments (recording_key, position, master_key, from_frame, to_frame) VALUES"
        " (1, 0, 1, 0, 24000), (1, 1, 2, 0, 24000)",
        "DELETE FROM segments WHERE position = 0",
        "DELETE FROM segments",
        "DELETE FROM recording_masters WHERE recording_key = 1 AND position = 1",
    ):
        execute(library, change)
        lengths.append(duration_ms(library, recording))
    assert lengths == [3000, 4000, 5000, 1500, 500, 5000, 2000]
    assert duration_ms(library, other) == 100, "no other recording is touched"


def test_a_renamed_tag_is_found_by_its_new_name_only(library: Library) -> None:
    library.add(a_recording(tags=("urgent", "home")), "imported")
    library.add(a_recording(tags=("home",)), "imported")
    Catalogue(library.database).tags.rename("home", "garden")
    found = [library.page(LibraryQuery(search=word), 9).total for word in ("home", "garden", "garden urgent")]
    assert found == [0, 2, 1]


def of_master(sql: str) -> Callable[[Library, Recording], None]:
    return lambda library, _recording: execute(library, sql)


def receive(library: Library, recording: Recording) -> None:
    transfers = Transfers(library.database)
    transfers.enqueue(PLACE, [recording.id])
    finished(transfers, entry(transfers))


def revoke(library: Library, recording: Recording) -> None:
    proofs = Proofs(library.database)
    receipt = proofs.of_master(recording.masters[0].id)
    assert receipt is not None
    proofs.revoke(receipt, TransferState.REMOVED, "", "")


CHANGES: dict[str, Callable[[Library, Recording], object]] = {
    "title": lambda library, recording: library.rename(recording.id, "changed"),
    "notes": lambda library, recording: library.set_notes(recording.id, "words"),
    "trash": lambda library, recording: library.set_trashed(recording.id, AT),
    "marker added": of_master("INSERT INTO markers VALUES (NULL, 1, 1, 5, 'there')"),
    "marker changed": of_master("UPDATE markers SET label = 'elsewhere'"),
    "marker removed": of_master("DELETE FROM markers"),
    "tag added": of_master("INSERT INTO recording_tags VALUES (1, 2)"),
    "tag removed": of_master("DELETE FROM recording_tags WHERE recording_key = 1"),
    "tag renamed": lambda library, _recording: Catalogue(library.database).tags.rename("mine", "ours"),
    "tag deleted": lambda library, _recording: Catalogue(library.database).tags.delete("mine"),
    "folder renamed": lambda library, _recording: Catalogue(library.database).folders.rename("A", "Z"),
    "folder deleted": lambda library, _recording: Catalogue(library.database).folders.delete("A"),
    "folder changed": of_master("UPDATE recordings SET folder_key = 2 WHERE key = 1"),
    "master added": of_master("INSERT INTO recording_masters VALUES (1, 1, 2)"),
    "master lost": of_master("UPDATE masters SET state = 'missing' WHERE key = 1"),
    "master proved": of_master("UPDATE masters SET sha256 = 'ee' WHERE key = 1"),
    "master longer": of_master("UPDATE masters SET frames = frames + 1 WHERE key = 1"),
    "receipt": receive,
    "receipt changed": of_master("UPDATE receipts SET etag = 'new' WHERE master_key = 1"),
    "receipt removed": revoke,
}


@pytest.mark.parametrize("what", CHANGES)
def test_s8_every_change_of_what_a_sidecar_says_is_noticed_and_of_no_other(
    library: Library, what: str
) -> None:
    recording = a_recording(title="changed", tags=("mine",), folder="A")
    library.add(recording, "imported", [Marker(recording.masters[0].id, 7, "here")])
    library.add(a_recording(title="other", tags=("other",), folder="B"), "imported")
    if what in ("receipt changed", "receipt removed"):
        receive(library, recording)
    execute(library, "DELETE FROM stale_sidecars")
    CHANGES[what](library, recording)
    assert stale(library) == {"changed"}


@pytest.mark.parametrize("what", ["title", "tag removed", "tag deleted", "folder deleted", "marker changed"])
def test_s8_a_change_of_what_is_stale_already_is_no_trouble(library: Library, what: str) -> None:
    """Not even by a foreign key, which knows no OR IGNORE."""
    recording = a_recording(title="changed", tags=("mine",), folder="A")
    library.add(recording, "imported", [Marker(recording.masters[0].id, 7, "here")])
    CHANGES[what](library, recording)
    assert stale(library) == {"changed"}


def test_s8_a_new_recording_needs_a_sidecar_and_one_that_is_gone_does_not(library: Library) -> None:
    recording = a_recording(title="new")
    library.add(recording, "imported")
    assert stale(library) == {"new"}
    library.forget(recording.id, "deleted for ever")
    with contextlib.closing(sqlite3.connect(library.database.path)) as connection:
        assert connection.execute("SELECT count(*) FROM stale_sidecars").fetchone() == (0,)


def test_s8_what_a_sidecar_does_not_say_makes_it_no_older(library: Library) -> None:
    """Or each upload's progress and every scrub would write all sidecars anew."""
    library.add(a_recording(), "imported")
    execute(library, "DELETE FROM stale_sidecars")
    execute(library, "UPDATE masters SET scrubbed_ms = 5, state = state, sha256 = sha256")
    library.remember(library.with_ids(None)[0].id, "verified")
    assert stale(library) == set()
