"""S3.1 and S4: one session scope over SQLite, its metrics, and its errors in words."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.small_disk import fill, small_disk
from voice_recorder.domain.errors import DiskFull, LibraryBusy, LibraryDamaged, StorageError
from voice_recorder.storage.engine import BUSY_TIMEOUT_S, Database


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[Database]:
    """A database with one table, which waits for other writers for 0.3 s."""
    database = Database(tmp_path / "plain.db", busy_timeout_s=0.3)
    with database.session(write=True) as connection:
        connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
    yield database
    database.dispose()


def add(database: Database, text: str) -> None:
    with database.session(write=True) as connection:
        connection.exec_driver_sql("INSERT INTO notes (text) VALUES (?)", (text,))


def texts(database: Database) -> list[str]:
    with database.session() as connection:
        return list(connection.exec_driver_sql("SELECT text FROM notes ORDER BY id").scalars())


def fail_after(database: Database, *statements: str) -> None:
    with database.session(write=True) as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
        raise KeyError("a bug")


@contextlib.contextmanager
def another_writer(path: Path) -> Iterator[sqlite3.Connection]:
    """Somebody else in the middle of a writing transaction."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield other


def test_what_a_session_wrote_is_there_for_all(plain: Database) -> None:
    add(plain, "one")
    with contextlib.closing(sqlite3.connect(plain.path)) as other:
        assert other.execute("SELECT text FROM notes").fetchall() == [("one",)]


def test_an_error_rolls_everything_back_and_passes_unchanged(plain: Database) -> None:
    with pytest.raises(KeyError):
        fail_after(plain, "INSERT INTO notes (text) VALUES ('half')")
    assert texts(plain) == []


def test_a_rollback_takes_new_tables_back_too(plain: Database) -> None:
    steps = (
        "INSERT INTO notes (text) VALUES ('half')",
        "CREATE TABLE more (id INTEGER)",
        "ALTER TABLE notes ADD COLUMN extra TEXT",
    )
    with pytest.raises(KeyError):
        fail_after(plain, *steps)
    with plain.session() as connection:
        tables = connection.exec_driver_sql("SELECT name FROM sqlite_master").scalars().all()
        columns = connection.exec_driver_sql("SELECT name FROM pragma_table_info('notes')").scalars().all()
    assert (tables, columns) == (["notes"], ["id", "text"])


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)]
)
def test_s3_1_every_connection_is_set_up(plain: Database, pragma: str, value: object) -> None:
    plain.dispose()
    with plain.session() as first, plain.session() as second:
        for connection in (first, second):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_s3_1_the_busy_timeout_is_five_seconds(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db")
    with database.session() as connection:
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar() == BUSY_TIMEOUT_S * 1000 == 5000
    database.dispose()


def test_s3_1_foreign_keys_are_enforced(plain: Database) -> None:
    with plain.session(write=True) as connection:
        connection.exec_driver_sql("CREATE TABLE tags (note INTEGER NOT NULL REFERENCES notes (id))")
    with pytest.raises(StorageError, match="FOREIGN KEY"), plain.session(write=True) as connection:
        connection.exec_driver_sql("INSERT INTO tags VALUES (99)")


def test_a_second_writer_is_told_that_the_library_is_busy(plain: Database) -> None:
    with another_writer(plain.path):
        started = time.monotonic()
        with pytest.raises(LibraryBusy, match=r"in use.*Nothing was changed"):
            add(plain, "late")
        assert 0.25 < time.monotonic() - started < 2
    add(plain, "later")
    assert texts(plain) == ["later"]


def test_s3_1_a_writer_waits_at_its_start_and_then_goes_on(plain: Database) -> None:
    with another_writer(plain.path) as other:
        waiting = threading.Thread(target=add, args=(plain, "second"))
        other.execute("INSERT INTO notes (text) VALUES ('first')")
        waiting.start()
        waiting.join(0.05)
        assert waiting.is_alive()
        other.execute("COMMIT")
        waiting.join(2)
    assert texts(plain) == ["first", "second"]


def test_s3_1_reading_is_not_held_up_by_a_writer(plain: Database) -> None:
    add(plain, "one")
    with another_writer(plain.path) as other:
        other.execute("INSERT INTO notes (text) VALUES ('not yet')")
        started = time.monotonic()
        assert texts(plain) == ["one"]
        assert time.monotonic() - started < 0.2


def test_a_reading_session_sees_one_moment_throughout(plain: Database) -> None:
    with plain.session() as connection:
        count = "SELECT count(*) FROM notes"
        assert connection.exec_driver_sql(count).scalar() == 0
        add(plain, "meanwhile")
        assert connection.exec_driver_sql(count).scalar() == 0
    assert texts(plain) == ["meanwhile"]


def test_many_threads_write_without_losing_a_row(plain: Database) -> None:
    def work(name: int) -> None:
        for number in range(10):
            add(plain, f"{name}-{number}")

    patient = Database(plain.path)
    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    patient.dispose()
    assert len(set(texts(plain))) == 40


def test_s4_the_metrics_tell_how_sessions_ended(tmp_path: Path) -> None:
    database = Database(tmp_path / "x.db", busy_timeout_s=0.05)
    with database.session(write=True) as connection:
        connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        assert (database.metrics.active, database.metrics.opened) == (1, 1)
        with database.session():
            assert database.metrics.active == 2
            time.sleep(0.03)
    with pytest.raises(KeyError), database.session():
        raise KeyError("a bug")
    with another_writer(database.path), pytest.raises(LibraryBusy):
        add(database, "late")
    with pytest.raises(StorageError), database.session() as connection:
        connection.exec_driver_sql("SELECT nonsense")
    metrics = database.metrics
    database.dispose()
    assert (metrics.active, metrics.opened) == (0, 5)
    assert (metrics.committed, metrics.rolled_back, metrics.failed) == (2, 1, 2)
    assert 0.03 <= metrics.longest_s < 5


def test_s3_3_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "library.db"
    path.write_bytes(b"this is no database, but somebody may want it" * 100)
    before = path.read_bytes()
    database = Database(path)
    with pytest.raises(LibraryDamaged, match=r"library\.db.*damaged.*left as it is.*backup list"):
        texts(database)
    database.dispose()
    assert path.read_bytes() == before


def test_s3_3_a_damaged_page_is_said_in_words(plain: Database) -> None:
    for number in range(200):
        add(plain, f"note {number} " * 50)
    plain.dispose()
    with contextlib.closing(sqlite3.connect(plain.path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(plain.path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    plain.path.write_bytes(content)
    with pytest.raises(LibraryDamaged):
        texts(plain)


def test_a_full_disk_is_said_in_words_and_nothing_is_half_written() -> None:
    with small_disk(4) as folder:
        database = Database(folder / "library.db")
        with database.session(write=True) as connection:
            connection.exec_driver_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        ballast = fill(folder, leave_bytes=200_000)
        with pytest.raises(DiskFull, match=r"disk is full.*make room"):
            add(database, "x" * 1_000_000)
        ballast.unlink()
        assert texts(database) == []
        add(database, "fits")
        assert texts(database) == ["fits"]
        database.dispose()


def test_an_error_of_another_kind_is_still_in_words(plain: Database) -> None:
    with (
        pytest.raises(StorageError, match=r"could not be used: no such table: recipes") as caught,
        plain.session() as connection,
    ):
        connection.exec_driver_sql("SELECT * FROM recipes")
    assert type(caught.value) is StorageError
