"""Rows that are known by a name which differs by more than upper and lower case: tags, folders, searches."""

from typing import Any

from sqlalchemy import Connection, Table, insert, select

from voice_recorder.domain.names import folded


def key_named(connection: Connection, table: Table, name: str) -> int | None:
    """The key of the row called ``name``, in whatever case; None without one."""
    key: int | None = connection.scalar(select(table.c.key).where(table.c.name == name))
    if key is not None:
        return key
    alike = folded(name)  # SQLite itself knows upper and lower case of ASCII only
    rows = connection.execute(select(table.c.key, table.c.name)).all()
    return next((key for key, other in rows if folded(other) == alike), None)


def named(connection: Connection, table: Table, name: str) -> int:
    """The key of the tag or folder called ``name``, made when there is none."""
    key = key_named(connection, table, name)
    return insert_row(connection, table, name=name) if key is None else key


def insert_row(connection: Connection, table: Table, **values: Any) -> int:
    """Enter a row; its key."""
    key: int = connection.execute(insert(table).values(values)).inserted_primary_key[0]  # type: ignore[index]
    return key
