"""Opening the library: a new one is made, an older one brought up to date, a newer or damaged one refused."""

import logging
import os
from pathlib import Path

from voice_recorder.domain.errors import (
    DiskFull,
    LibraryDamaged,
    LibraryTooNew,
    MigrationFailed,
    VoiceRecorderError,
)
from voice_recorder.domain.preflight import in_mb
from voice_recorder.domain.words import tr
from voice_recorder.storage.backups import copy_database, make_backup
from voice_recorder.storage.disk import Reserve, free_bytes, os_errors_converted
from voice_recorder.storage.engine import Database
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import FILE_MODE, StorageConfig
from voice_recorder.storage.schema import REVISION

_log = logging.getLogger(__name__)
MIGRATIONS = Path(__file__).with_name("migrations")


def open_database(
    config: StorageConfig, *, migrations: Path = MIGRATIONS, revision: str = REVISION
) -> Database:
    """The library's database at ``revision``.

    Raises LibraryTooNew, LibraryDamaged, LibraryBusy, MigrationFailed (the library is as it was before),
    DiskFull. ``migrations`` is Alembic's script folder.
    """
    reserve = Reserve(config.reserve_paths)
    reserve.release_if_full()
    _make_private(config.database_path)
    database = Database(config.database_path)
    try:
        if _stored_revision(database) != revision:
            _bring_up_to_date(database, config, migrations, revision)
    except BaseException:
        database.dispose()
        raise
    reserve.keep()
    return database


def make_database(path: Path) -> Database:
    """A new, empty library at ``path``. DiskFull, StorageError."""
    _make_private(path)
    database = Database(path)
    _migrate(database, MIGRATIONS, REVISION)
    return database


def _make_private(path: Path) -> None:
    with os_errors_converted(tr("The library's database {path} could not be opened:", path=repr(str(path)))):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, FILE_MODE))


def _stored_revision(database: Database) -> str | None:
    """The revision in the file; None for an empty one."""
    with database.session() as connection:
        tables = set(
            connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'").scalars()
        )
        if "alembic_version" in tables:
            stored: str | None = connection.exec_driver_sql(
                "SELECT version_num FROM alembic_version"
            ).scalar()
            return stored
    if tables:
        raise LibraryDamaged(
            tr("The file {file} is a database of another program.", file=repr(str(database.path))),
            tr("It was left as it is; move it away or set VOICE_RECORDER_HOME to another folder."),
        )
    return None


def _bring_up_to_date(database: Database, config: StorageConfig, migrations: Path, revision: str) -> None:
    lock = FileLock(config.locks_path / "migration.lock")
    lock.acquire(wait=True)
    with lock:
        stored = _stored_revision(database)
        if stored == revision:  # another process has just done it
            return
        if stored is None:
            _migrate(database, migrations, revision)
            return
        if stored > revision:
            raise LibraryTooNew(
                tr(
                    "The library was written by a newer Voice Recorder (version {stored} of its"
                    " tables; this program knows {revision}).",
                    stored=stored,
                    revision=revision,
                ),
                tr("Nothing was changed; install the newer program."),
            )
        _migrate_with_backup(database, config, migrations, revision, stored)


def _migrate_with_backup(
    database: Database, config: StorageConfig, migrations: Path, revision: str, stored: str
) -> None:
    size = database.path.stat().st_size
    if free_bytes(config.home) < 2 * size:
        raise DiskFull(
            tr("Bringing the library up to date needs {size} of room.", size=in_mb(2 * size)),
            tr("Nothing was changed; make room and start again."),
        )
    backup = make_backup(database.path, config.backups_path)
    try:
        _migrate(database, migrations, revision)
    except Exception as error:
        _log.exception("migration from %s to %s failed; going back to %s", stored, revision, backup.name)
        database.dispose()
        copy_database(backup.path, database.path)
        reason = error.title if isinstance(error, VoiceRecorderError) else str(error)
        raise MigrationFailed(
            tr("The library could not be brought up to date: {reason}", reason=reason),
            tr("It is as it was before, and no recording was touched. Please report this."),
        ) from error
    _log.info("library migrated from %s to %s; backup %s", stored, revision, backup.name)


def _migrate(database: Database, migrations: Path, revision: str) -> None:
    from alembic import command  # 0.28 s to import, and seldom needed
    from alembic.config import Config

    alembic = Config()
    alembic.set_main_option("script_location", str(migrations).replace("%", "%%"))
    alembic.set_main_option("path_separator", "os")
    with database.session(write=True) as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, revision)
