"""The tables that the program means are the tables that its migrations make."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import event, inspect

from tests.unit.recordings import a_recording
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.storage.engine import Database
from voice_recorder.storage.library import Library
from voice_recorder.storage.schema import SEARCH_TABLE, metadata


def test_s3_2_a_migrated_library_has_exactly_the_tables_of_the_schema(database: Database) -> None:
    def is_ours(thing: object, name: str | None, kind: str, reflected: bool, compared: object) -> bool:
        # Alembic cannot compare an index of an expression; the migration's test reads its SQL.
        return not (kind == "table" and str(name).startswith(SEARCH_TABLE)) and name != "recordings_by_title"

    with database.session() as connection:
        options = {"include_object": is_ours, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_deleting_behaves_as_the_schema_says(database: Database) -> None:
    """``compare_metadata`` does not look at ON DELETE for SQLite."""
    with database.session() as connection:
        inspector = inspect(connection)
        for table in metadata.sorted_tables:
            made = {
                (key["constrained_columns"][0], key["referred_table"]): key["options"].get("ondelete")
                for key in inspector.get_foreign_keys(table.name)
            }
            meant = {(k.parent.name, k.column.table.name): k.ondelete for k in table.foreign_keys}
            assert made == meant, table.name


def test_p7_the_first_page_is_read_from_an_index_and_nothing_is_sorted(library: Library) -> None:
    library.add(a_recording(), "imported")
    seen: list[tuple[str, tuple[object, ...]]] = []
    engine = library.database._engine
    event.listen(engine, "before_cursor_execute", lambda c, cu, sql, values, *_: seen.append((sql, values)))
    library.page(LibraryQuery(), 100)
    (sql, values) = next((sql, values) for sql, values in seen if "LIMIT" in sql)
    with library.database.session() as connection:
        plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any("recordings_by_day" in step for step in plan), plan
    assert not any("TEMP B-TREE" in step for step in plan), plan
