"""S3.2 and S3.3: a new library is made, an older one migrated, a newer or damaged one refused."""

import contextlib
import shutil
import sqlite3
import stat
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.fakes.small_disk import fill, small_disk
from tests.unit.recordings import a_recording
from tests.unit.storage.programs import run_python, running_python
from voice_recorder.domain.errors import (
    DiskFull,
    LibraryDamaged,
    LibraryTooNew,
    MigrationFailed,
    StorageError,
)
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.storage.backups import list_backups
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import MIGRATIONS, open_database
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.schema import REVISION

OPEN = """
    from voice_recorder.storage.opening import open_database
    from voice_recorder.storage.paths import StorageConfig
    config = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": sys.argv[1]})
    open_database(config).dispose()
    print("alembic" in sys.modules)
"""
GOOD = """op.add_column("recordings", sa.Column("mood", sa.Text()))"""
FAILS_HALF_WAY = """
    op.add_column("recordings", sa.Column("mood", sa.Text()))
    op.execute("UPDATE recordings SET title = 'spoilt'")
    op.execute("INSERT INTO nowhere VALUES (1)")
"""
HAS_A_BUG = """
    op.execute("DELETE FROM recordings")
    {}["bug"]
"""
COMMITS_HALF_WAY = """
    op.execute("DELETE FROM recordings")
    op.execute("COMMIT")
    raise RuntimeError("no more")
"""

NEXT = f"{int(REVISION) + 1:04}"
MakeMigrations = Callable[[str], Path]


@pytest.fixture
def migrations(tmp_path: Path) -> MakeMigrations:
    """Make a script folder in which a migration after the newest one, NEXT, does what is handed over."""

    def make(steps: str) -> Path:
        folder = tmp_path / "50% of the migrations"
        shutil.copytree(MIGRATIONS, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        head = (
            "import sqlalchemy as sa\nfrom alembic import op\n"
            f'revision = "{NEXT}"\ndown_revision = "{REVISION}"\n\n\n'
        )
        body = textwrap.indent(textwrap.dedent(steps).strip(), "    ")
        (folder / "versions" / f"v{NEXT}_next.py").write_text(f"{head}def upgrade():\n{body}\n")
        return folder

    return make


def titles(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM recordings ORDER BY key")]


def revision_of(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        revision: str = connection.execute("SELECT version_num FROM alembic_version").fetchone()[0]
        return revision


def with_a_note(config: StorageConfig, title: str = "precious") -> None:
    database = open_database(config)
    Library(database, config).add(a_recording(title=title), "imported")
    database.dispose()


def test_a_new_library_is_made_at_the_present_revision_without_a_backup(config: StorageConfig) -> None:
    database = open_database(config)
    library = Library(database, config)
    library.add(a_recording(), "imported")
    assert library.page(LibraryQuery(), 10).total == 1
    database.dispose()
    assert revision_of(config.database_path) == REVISION
    assert not list_backups(config.backups_path)


def test_s1_6_the_database_and_what_sqlite_lays_beside_it_are_their_owners_alone(
    config: StorageConfig,
) -> None:
    database = open_database(config)
    with database.session(write=True) as connection:
        connection.exec_driver_sql("INSERT INTO tags (name) VALUES ('x')")
    files = sorted(config.home.glob("library.db*"))
    assert [file.name for file in files] == ["library.db", "library.db-shm", "library.db-wal"]
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    database.dispose()


def test_a_later_opening_is_quick_it_does_not_even_load_the_migrations(config: StorageConfig) -> None:
    assert run_python(OPEN, config.home) == "True\n"
    assert run_python(OPEN, config.home) == "False\n"


def test_a_new_library_opened_by_several_programs_at_once_is_made_once(config: StorageConfig) -> None:
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(run_python(OPEN, config.home))) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(said) == 3
    assert revision_of(config.database_path) == REVISION


def test_s3_2_an_older_library_is_migrated_after_a_backup(
    config: StorageConfig, migrations: MakeMigrations
) -> None:
    with_a_note(config)
    open_database(config, migrations=migrations(GOOD), revision=NEXT).dispose()
    assert revision_of(config.database_path) == NEXT
    assert titles(config.database_path) == ["precious"]
    (backup,) = list_backups(config.backups_path)
    assert revision_of(backup.path) == REVISION
    assert titles(backup.path) == ["precious"]
    open_database(config, migrations=migrations(GOOD), revision=NEXT).dispose()
    assert len(list_backups(config.backups_path)) == 1


@pytest.mark.parametrize("steps", [FAILS_HALF_WAY, HAS_A_BUG, COMMITS_HALF_WAY])
def test_s3_2_a_failed_migration_restores_the_library_by_itself_and_says_so(
    config: StorageConfig, migrations: MakeMigrations, steps: str
) -> None:
    with_a_note(config)
    with pytest.raises(MigrationFailed, match=r"could not be brought up to date.*as it was before"):
        open_database(config, migrations=migrations(steps), revision=NEXT)
    assert revision_of(config.database_path) == REVISION
    assert titles(config.database_path) == ["precious"]
    assert len(list_backups(config.backups_path)) == 1
    database = open_database(config)
    with database.session() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
    assert Library(database, config).page(LibraryQuery(search="precious"), 5).total == 1
    database.dispose()


def test_s3_2_a_failed_migration_can_be_repeated_with_a_mended_one(
    config: StorageConfig, migrations: MakeMigrations
) -> None:
    with_a_note(config)
    for _ in range(4):
        with pytest.raises(MigrationFailed):
            open_database(config, migrations=migrations(FAILS_HALF_WAY), revision=NEXT)
    assert len(list_backups(config.backups_path)) == 3
    open_database(config, migrations=migrations(GOOD), revision=NEXT).dispose()
    assert titles(config.database_path) == ["precious"]


def test_c3_2_a_migration_waits_for_the_program_that_migrates(
    config: StorageConfig, migrations: MakeMigrations
) -> None:
    """And finds its work done: one backup, one migration."""
    with_a_note(config)
    scripts = migrations(GOOD)
    hold = """
        from voice_recorder.storage.locks import FileLock
        from voice_recorder.storage.opening import open_database
        from voice_recorder.storage.paths import StorageConfig
        lock = FileLock(Path(sys.argv[1]))
        assert lock.acquire()
        print("held", flush=True)
        sys.stdin.readline()
        lock.release()
        sys.stdin.readline()
    """
    opened = threading.Event()

    def open_it() -> None:
        open_database(config, migrations=scripts, revision=NEXT).dispose()
        opened.set()

    with running_python(hold, config.locks_path / "migration.lock") as other:
        threads = [threading.Thread(target=open_it) for _ in range(2)]
        for thread in threads:
            thread.start()
        assert not opened.wait(0.3)
        assert other.stdin is not None
        other.stdin.write("go\n")
        other.stdin.flush()
        for thread in threads:
            thread.join(20)
    assert revision_of(config.database_path) == NEXT
    assert len(list_backups(config.backups_path)) == 1


def test_a_migration_without_room_for_its_backup_does_not_begin(migrations: MakeMigrations) -> None:
    with small_disk(8) as folder:
        config = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": str(folder)})
        with_a_note(config)
        size = config.database_path.stat().st_size
        fill(folder, leave_bytes=2 * size - 4096)
        with pytest.raises(DiskFull, match=r"needs 0\.\d MB of room"):
            open_database(config, migrations=migrations(GOOD), revision=NEXT)
        assert revision_of(config.database_path) == REVISION
        assert not list_backups(config.backups_path)


def test_s3_3_a_newer_library_is_refused_in_words_and_left_alone(config: StorageConfig) -> None:
    with_a_note(config)
    with contextlib.closing(sqlite3.connect(config.database_path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9007'")
        connection.commit()
    with pytest.raises(
        LibraryTooNew, match=r"newer Voice Recorder \(version 9007.*knows \d{4}.*Nothing was ch"
    ):
        open_database(config)
    assert revision_of(config.database_path) == "9007"
    assert titles(config.database_path) == ["precious"]
    assert not list_backups(config.backups_path)


def test_s3_3_the_database_of_another_program_is_refused_and_left_alone(config: StorageConfig) -> None:
    with contextlib.closing(sqlite3.connect(config.database_path)) as connection:
        connection.executescript("CREATE TABLE recipes (name TEXT); INSERT INTO recipes VALUES ('soup');")
    with pytest.raises(LibraryDamaged, match="another program"):
        open_database(config)
    with contextlib.closing(sqlite3.connect(config.database_path)) as connection:
        assert connection.execute("SELECT name FROM recipes").fetchall() == [("soup",)]
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("recipes",)]


@pytest.mark.parametrize("content", [b"notes, not SQL\n" * 500, b"SQLite format 3\0" + b"\xff" * 5000])
def test_s3_3_a_damaged_library_is_never_replaced_unasked(config: StorageConfig, content: bytes) -> None:
    config.database_path.write_bytes(content)
    with pytest.raises(LibraryDamaged):
        open_database(config)
    assert config.database_path.read_bytes() == content


def test_a_folder_in_the_databases_place_is_said_in_words(config: StorageConfig) -> None:
    config.database_path.mkdir()
    with pytest.raises(StorageError, match=r"library\.db' could not be opened: Is a directory"):
        open_database(config)


def test_s6_the_library_opens_on_a_full_disk_by_the_room_of_the_reserve() -> None:
    with small_disk(20) as folder:
        config = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": str(folder)})
        with_a_note(config)
        (reserve,) = config.reserve_paths
        assert reserve.exists()
        ballast = fill(folder)
        database = open_database(config)
        assert not reserve.exists()
        assert Library(database, config).page(LibraryQuery(), 5).total == 1
        database.dispose()
        ballast.unlink()
        open_database(config).dispose()
        assert reserve.exists()
