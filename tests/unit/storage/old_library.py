"""A library as a former release left it: today's rows in the tables of an older revision."""

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.fakes.new_library import lay_new_library
from voice_recorder.storage.library import Library
from voice_recorder.storage.opening import open_database
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.schema import SEARCH_TABLE, metadata

Rows = dict[str, list[tuple[Any, ...]]]


def make_old_library(config: StorageConfig, revision: str, fill: Callable[[Library], None]) -> None:
    """Let ``fill`` put recordings into a library of today, and leave them in one of ``revision``."""
    home = config.home.with_name(f"{config.home.name}-of-today")
    today = StorageConfig.from_environment("testing", {"VOICE_RECORDER_HOME": str(home)})
    lay_new_library(today)
    database = open_database(today)
    fill(Library(database, today))
    database.dispose()
    open_database(config, revision=revision).dispose()
    with contextlib.closing(sqlite3.connect(config.database_path)) as old, old:
        old.execute("ATTACH ? AS today", (str(today.database_path),))
        for table in metadata.sorted_tables:
            names = ", ".join(columns(old, table.name))
            if names:
                old.execute(
                    f"INSERT INTO main.{table.name} ({names})"
                    f" SELECT {names} FROM today.{table.name} ORDER BY rowid"
                )


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """The columns of a table of the database itself, none when there is no such table."""
    return [row[1] for row in connection.execute(f"PRAGMA main.table_info({table})")]


def read_rows(path: Path, like: Path | None = None) -> Rows:
    """All rows of all tables of the library in ``path``, or of the tables and columns that ``like`` has."""
    with (
        contextlib.closing(sqlite3.connect(path)) as connection,
        contextlib.closing(sqlite3.connect(like or path)) as other,
    ):
        names = {
            name: columns(other, name) for name in (*(t.name for t in metadata.sorted_tables), SEARCH_TABLE)
        }
        return {
            table: connection.execute(
                f"SELECT rowid, {', '.join(found)} FROM {table} ORDER BY rowid"
            ).fetchall()
            for table, found in names.items()
            if found
        }


def schema_of(path: Path) -> list[tuple[str, ...]]:
    """Everything that the library in ``path`` declares."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return connection.execute(
            "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 1, 2"
        ).fetchall()
