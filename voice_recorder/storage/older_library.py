"""What another recorder's SQLite database says of the sound files beside it."""

import contextlib
import logging
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import os_errors_converted

_log = logging.getLogger(__name__)
_SQLITE = b"SQLite format 3\0"
_SUFFIXES = {".db", ".sqlite", ".sqlite3", ".db3"}
_MOST_ROWS = 1_000_000
_YEARS = range(1900, 2101)  # others are what programs write that know none
_APPLE_BEGINS_S = datetime(2001, 1, 1, tzinfo=UTC).timestamp()

# What people call these columns, likeliest first.
_NAMES = {
    "file": ("file_path", "filepath", "path", "storage_path", "local_path", "filename", "file_name", "file",
             "audio_path", "audio_file", "zpath"),
    "title": ("title", "name", "display_name", "label", "caption", "zcustomlabel"),
    "made": ("created_at", "recorded_at", "created", "timestamp", "date", "recorded", "start_time",
             "creation_date", "zdate"),
    "notes": ("notes", "note", "description", "comment", "comments"),
    "tags": ("tags", "labels", "keywords"),
    "favourite": ("favourite", "favorite", "is_favourite", "is_favorite", "starred"),
}  # fmt: skip


@dataclass(frozen=True)
class Description:
    """One row of an older library: what it says of a file. Empty where it says nothing.

    ``made`` has candidates where the row names no time zone: the local clock's and UTC's reading of it.
    """

    title: str = ""
    made: tuple[datetime, ...] = ()
    notes: str = ""
    tags: tuple[str, ...] = ()
    favourite: bool = False

    def made_at(self, file_time: datetime) -> datetime:
        """When it was made: of two readings the one nearer to the file's own time."""
        return min(self.made, key=lambda at: abs(at - file_time), default=file_time)


def descriptions_in(folder: Path) -> tuple[dict[Path, Description], list[str]]:
    """What the databases in ``folder`` say of files below it, and which files they list that are not there.

    Databases are read from a copy, so that nothing beside them changes; one that cannot be read is passed
    over and logged. StorageError when the folder cannot be read.
    """
    found: dict[Path, Description] = {}
    missing: list[str] = []
    with os_errors_converted(tr("The folder {folder} could not be read:", folder=repr(str(folder)))):
        databases = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
        if not databases:
            return found, missing
        files = {path.name.casefold(): path for path in _files_below(folder)}
    for database in databases:
        for named, description in _rows_of(database):
            path = _place_of(named, folder, files)
            if path is None:
                missing.append(named)
            else:
                found.setdefault(path, description)
    return found, missing


def is_database(path: Path) -> bool:
    """Whether ``path`` is a SQLite database or what belongs to one, and so no sound."""
    name = path.name.lower()
    return any(
        name.endswith(suffix + end) for suffix in _SUFFIXES for end in ("", "-wal", "-shm", "-journal")
    )


def _files_below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _place_of(named: str, folder: Path, files: Mapping[str, Path]) -> Path | None:
    """The file that a row means: by its path inside the folder, else by its name alone."""
    windows = "\\" in named and "/" not in named
    parts = (PureWindowsPath(named) if windows else PurePosixPath(named)).parts
    for start in range(len(parts)):
        inside = folder.joinpath(*parts[start:])
        if ".." not in parts and inside.is_relative_to(folder) and _is_file(inside):
            return inside
    return files.get(parts[-1].casefold()) if parts else None


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # as of a name that is longer than any
        return False


def _rows_of(database: Path) -> list[tuple[str, Description]]:
    try:
        with database.open("rb") as file:
            if file.read(len(_SQLITE)) != _SQLITE:
                return []
        with tempfile.TemporaryDirectory(prefix="older-library-") as folder:
            copy = Path(folder, "library.db")
            for end in ("", "-wal"):
                beside = database.with_name(database.name + end)
                if beside.exists():
                    shutil.copyfile(beside, copy.with_name(copy.name + end))
            with contextlib.closing(sqlite3.connect(copy)) as connection:
                connection.text_factory = lambda data: data.decode("utf-8", "replace")
                return [row for table in _tables(connection) for row in _descriptions(connection, table)]
    except (sqlite3.Error, OSError) as error:
        _log.warning("a database was passed over: %s", getattr(error, "strerror", None) or error)
        return []


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid")
    return [name for (name,) in rows]


def _descriptions(connection: sqlite3.Connection, table: str) -> Iterator[tuple[str, Description]]:
    """The rows of a table that has a column of files; of others, none."""
    quoted = '"' + table.replace('"', '""') + '"'
    cursor = connection.execute(f"SELECT * FROM {quoted} LIMIT {_MOST_ROWS}")
    columns = {name.casefold(): at for at, (name, *_rest) in enumerate(cursor.description)}
    at = {
        what: [columns[name] for name in names if name in columns] for what, names in _NAMES.items()
    }  # fmt: skip
    if not at["file"]:
        return
    begins_s = _APPLE_BEGINS_S if at["made"] == [columns.get("zdate")] else 0.0
    for row in cursor:
        named = _text(_first(row, at["file"]))
        if named:
            yield (
                named,
                Description(
                    title=_text(_first(row, at["title"])),
                    made=_moments(_first(row, at["made"]), begins_s),
                    notes=_text(_first(row, at["notes"])),
                    tags=_tags(_first(row, at["tags"])),
                    favourite=_first(row, at["favourite"]) in (1, "1", "true", "True"),
                ),
            )


def _first(row: Sequence[Any], places: Sequence[int]) -> Any:
    """The first of these columns that holds anything."""
    return next((row[at] for at in places if row[at] not in (None, "")), None)


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""


def _tags(value: Any) -> tuple[str, ...]:
    words = _text(value).strip("[]").replace(";", ",").split(",")
    names = (" ".join(word.strip(" \"'#").split()) for word in words)
    return tuple(dict.fromkeys(name[:100] for name in names if name))


def _moments(value: Any, begins_s: float) -> tuple[datetime, ...]:
    """What ``_read_moments`` finds, if it can be right."""
    found = _read_moments(value, begins_s)
    return found if all(at.year in _YEARS for at in found) else ()


def _read_moments(value: Any, begins_s: float) -> tuple[datetime, ...]:
    """ISO 8601, or seconds or milliseconds from ``begins_s`` after 1970 on; nothing for what is neither."""
    try:
        if isinstance(value, int | float):
            seconds = value / 1000 if abs(value) > 1e11 else value
            return (datetime.fromtimestamp(begins_s + seconds, UTC),)
        at = datetime.fromisoformat(_text(value).replace("Z", "+00:00"))
        if at.tzinfo is not None:
            return (at.astimezone(UTC),)
        return (at.astimezone().astimezone(UTC), at.replace(tzinfo=UTC))
    except (ValueError, OverflowError, OSError):
        return ()
