"""The one way to the database: a session scope over SQLite, with its metrics and its errors in words."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event
from sqlalchemy.exc import DBAPIError

from voice_recorder.domain.errors import DiskFull, LibraryBusy, LibraryDamaged, StorageError
from voice_recorder.domain.words import tr

BUSY_TIMEOUT_S = 5.0

_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_FULL = {sqlite3.SQLITE_FULL}


@dataclass(frozen=True)
class SessionMetrics:
    """What the session scope has done in this process."""

    active: int = 0
    opened: int = 0
    committed: int = 0
    rolled_back: int = 0
    failed: int = 0
    longest_s: float = 0.0


class Database:
    """One SQLite file. Any thread may open a session; a session never leaves its thread."""

    def __init__(self, path: Path, *, busy_timeout_s: float = BUSY_TIMEOUT_S) -> None:
        self.path = path
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            isolation_level=None,  # we begin transactions ourselves, or DDL escapes a rollback
            connect_args={"timeout": busy_timeout_s},
            hide_parameters=True,  # titles and notes would stand in errors, and so in the log
        )
        self._lock = threading.Lock()
        self._metrics = SessionMetrics()
        event.listen(self._engine, "connect", _set_pragmas)
        event.listen(self._engine, "begin", _begin)

    @property
    def metrics(self) -> SessionMetrics:
        """What the session scope has done so far."""
        return self._metrics

    @contextmanager
    def session(self, *, write: bool = False) -> Iterator[Connection]:
        """A transaction: committed at the end, rolled back when anything raises.

        A writing one waits for other writers at its start, not in its middle. Raises LibraryBusy,
        LibraryDamaged, DiskFull or StorageError.
        """
        started = time.monotonic()
        self._count(active=1, opened=1)
        outcome = "rolled_back"
        try:
            with self._connection(write=write) as connection, connection.begin():
                yield connection
            outcome = "committed"
        except DBAPIError as error:
            outcome = "failed"
            raise in_words(error, self.path) from error
        except UnicodeDecodeError as error:  # SQLite's own words quote the bytes of a damaged database
            outcome = "failed"
            raise _damaged(self.path) from error
        finally:
            self._count(active=-1, **{outcome: 1}, longest_s=time.monotonic() - started)

    @contextmanager
    def _connection(self, *, write: bool) -> Iterator[Connection]:
        with self._engine.connect() as connection:
            yield connection.execution_options(write=write)

    def dispose(self) -> None:
        """Close all connections that no session holds."""
        self._engine.dispose()

    def _count(self, *, longest_s: float = 0.0, **steps: int) -> None:
        with self._lock:
            now = self._metrics
            sums = {name: getattr(now, name) + step for name, step in steps.items()}
            self._metrics = replace(now, **sums, longest_s=max(now.longest_s, longest_s))


def _set_pragmas(connection: sqlite3.Connection, _: Any) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "fullfsync = ON", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def in_words(error: DBAPIError, path: Path) -> StorageError:
    """What SQLite's ``error`` means to a person."""
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code in _BUSY:
        return LibraryBusy(
            tr("The library is in use by another program."), tr("Nothing was changed; try again in a moment.")
        )
    if code in _DAMAGED:
        return _damaged(path)
    if code in _FULL:
        return DiskFull(tr("The disk is full."), tr("Nothing was changed; make room and try again."))
    return StorageError(
        tr("The library could not be used: {reason}.", reason=error.orig), tr("Nothing was changed.")
    )


def _damaged(path: Path) -> LibraryDamaged:
    return LibraryDamaged(
        tr("The library's database {path} is damaged.", path=repr(str(path))),
        tr(
            "It was left as it is and the recordings are untouched; 'voice-recorder backup"
            " list' shows the copies you can go back to, and 'voice-recorder rebuild' makes a"
            " new library from the recordings alone."
        ),
    )
