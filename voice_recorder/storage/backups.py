"""Copies of the database, made by SQLite's backup API while it may be in use."""

import contextlib
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from voice_recorder.domain.errors import LibraryDamaged, NotFound, StorageError
from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import os_errors_converted, replace_durably
from voice_recorder.storage.paths import FILE_MODE

BACKUPS_KEPT = 3


@dataclass(frozen=True)
class Backup:
    """A copy of the library's database."""

    name: str
    path: Path
    made_at: datetime
    size_bytes: int


def copy_database(source: Path, target: Path) -> None:
    """Make ``target`` a consistent copy of the database ``source``, replacing what it held."""
    try:
        target.touch(mode=FILE_MODE)
        with (
            contextlib.closing(sqlite3.connect(source, timeout=5.0)) as old,
            contextlib.closing(sqlite3.connect(target, timeout=5.0)) as new,
        ):
            old.backup(new)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise LibraryDamaged(
                tr("The database {path} is damaged and cannot be copied.", path=repr(str(source)))
            ) from error
        raise StorageError(
            tr("The database {path} could not be copied: {reason}.", path=repr(str(source)), reason=error)
        ) from error


def check_database(path: Path) -> None:
    """Raise LibraryDamaged unless the database at ``path`` is a library that SQLite finds whole."""
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5.0)) as database:
            found = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            database.execute("SELECT version_num FROM alembic_version")
    except sqlite3.DatabaseError as error:
        found = str(error)
    if found != "ok":
        raise LibraryDamaged(
            tr("The copy of the library is damaged: {found}.", found=found), tr("Nothing was changed.")
        )


def make_backup(database: Path, folder: Path) -> Backup:
    """Copy the database into ``folder`` and drop all but the last three copies."""
    with os_errors_converted(tr("The library could not be backed up:")):
        name = f"library-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.db"
        target = folder / name
        unfinished = target.with_suffix(".tmp")
        try:
            copy_database(database, unfinished)
            check_database(unfinished)  # a damaged library must not push out its last good copies
            replace_durably(unfinished, target)
        finally:
            unfinished.unlink(missing_ok=True)
        older = [old for old in list_backups(folder) if old.path != target]  # by a clock that may be wrong
        for old in older[BACKUPS_KEPT - 1 :]:
            old.path.unlink(missing_ok=True)
        return _described(target)


def list_backups(folder: Path) -> list[Backup]:
    """The copies in ``folder``, newest first."""
    return [_described(path) for path in sorted(folder.glob("library-*.db"), reverse=True)]


def find_backup(folder: Path, name: str) -> Backup:
    """The copy called ``name``; NotFound when there is none."""
    for backup in list_backups(folder):
        if name in (backup.name, backup.path.stem):
            return backup
    raise NotFound(tr("There is no backup called {name}.", name=repr(name)), tr("'backup list' shows them."))


def _described(path: Path) -> Backup:
    stat = path.stat()
    return Backup(path.name, path, datetime.fromtimestamp(stat.st_mtime, UTC), stat.st_size)
