"""Tags, folders and saved searches by their names."""

import json

from sqlalchemy import Connection, Subquery, Table, delete, func, select, update

from voice_recorder.domain.errors import NotFound
from voice_recorder.domain.library_query import (
    LibraryQuery,
    NameCount,
    QueryRefused,
    SavedSearch,
    Shelf,
    query_document,
    query_from,
)
from voice_recorder.domain.names import NameRefused, folded
from voice_recorder.domain.words import tr
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.named_rows import insert_row, key_named
from voice_recorder.storage.search import shelf_condition

_r = t.recordings.c
_NOT_THERE = {
    "tags": tr("There is no tag called {name}."),
    "folders": tr("There is no folder called {name}."),
    "saved_searches": tr("There is no saved search called {name}."),
}
_TAKEN = {
    "tags": tr("There is a tag called {name} already."),
    "folders": tr("There is a folder called {name} already."),
    "saved_searches": tr("There is a saved search called {name} already."),
}


class Named:
    """The rows of one table that people give names to: tags, folders or saved searches.

    Names differ by more than upper and lower case.
    """

    def __init__(self, database: Database, table: Table) -> None:
        self._database = database
        self._table = table

    def rename(self, name: str, new_name: str) -> None:
        """Give another name. NotFound when none is called ``name``; NameRefused when the new one is taken."""
        with self._database.session(write=True) as connection:
            key = self._key(connection, name)
            if key_named(connection, self._table, new_name) not in (None, key):
                title = _TAKEN[self._table.name].format(name=repr(new_name))
                raise NameRefused(title, tr("Nothing was changed; choose another name."))
            here = self._table.c.key == key
            connection.execute(update(self._table).where(here).values(name=new_name))

    def delete(self, name: str) -> None:
        """Remove one; recordings that had it stay. NotFound."""
        with self._database.session(write=True) as connection:
            key = self._key(connection, name)
            connection.execute(delete(self._table).where(self._table.c.key == key))

    def _key(self, connection: Connection, name: str) -> int:
        key = key_named(connection, self._table, name)
        if key is None:
            title = _NOT_THERE[self._table.name].format(name=repr(name))
            raise NotFound(title, tr("Nothing was changed."))
        return key


class Catalogue:
    """Tags, folders and saved searches. Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.tags = Named(database, t.tags)
        self.folders = Named(database, t.folders)
        self.searches = Named(database, t.saved_searches)

    def tag_counts(self) -> tuple[NameCount, ...]:
        """All tags by name, with how many recordings of the main list have them."""
        tagged = t.recording_tags.c
        counted = (
            select(tagged.tag_key.label("named"), func.count().label("count"))
            .join(t.recordings, _r.key == tagged.recording_key)
            .where(shelf_condition(Shelf.ALL))
            .group_by(tagged.tag_key)
            .subquery()
        )
        return self._counts(t.tags, counted)

    def folder_counts(self) -> tuple[NameCount, ...]:
        """All folders by name, with how many recordings of the main list are in them."""
        counted = (
            select(_r.folder_key.label("named"), func.count().label("count"))
            .where(_r.folder_key.is_not(None), shelf_condition(Shelf.ALL))
            .group_by(_r.folder_key)
            .subquery()
        )
        return self._counts(t.folders, counted)

    def _counts(self, table: Table, counted: Subquery) -> tuple[NameCount, ...]:
        columns = counted.c
        with self._database.session() as connection:
            rows = connection.execute(
                select(table.c.name, func.coalesce(columns["count"], 0)).outerjoin(
                    counted, columns.named == table.c.key
                )
            ).all()
        return tuple(sorted((NameCount(*row) for row in rows), key=lambda found: folded(found.name)))

    def save_search(self, name: str, query: LibraryQuery) -> None:
        """Keep a query under a name, in place of one that was called so."""
        document = json.dumps(query_document(query))
        with self._database.session(write=True) as connection:
            key = key_named(connection, t.saved_searches, name)
            if key is None:
                insert_row(connection, t.saved_searches, name=name, query=document)
            else:
                here = t.saved_searches.c.key == key
                connection.execute(update(t.saved_searches).where(here).values(name=name, query=document))

    def saved_searches(self) -> tuple[SavedSearch, ...]:
        """All saved searches by name, also those that cannot be read."""
        c = t.saved_searches.c
        with self._database.session() as connection:
            rows = connection.execute(select(c.name, c.query)).all()
        return tuple(_saved(name, text) for name, text in sorted(rows, key=lambda row: folded(row[0])))


def _saved(name: str, text: str) -> SavedSearch:
    try:
        try:
            document = json.loads(text)
        except ValueError:
            document = text
        return SavedSearch(name, query_from(document))
    except QueryRefused as error:
        return SavedSearch(name, None, error)
