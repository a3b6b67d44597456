"""Editing, finding, sidecars: lengths as heard, steps to undo, saved searches, what sidecars lack."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEY: dict[str, Any] = {"primary_key": True}
_ZERO: dict[str, Any] = {"nullable": False, "server_default": sa.text("0")}


def _recording() -> sa.Column[Any]:
    key = sa.ForeignKey("recordings.key", ondelete="CASCADE")
    return sa.Column("recording_key", sa.Integer(), key, nullable=False, **_KEY)


def _text(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), **{"nullable": False, **options})


def upgrade() -> None:
    """Add columns, tables and triggers; what is there stays, and lengths are filled in."""
    _add_columns()
    _make_indexes()
    _make_tables()
    _keep_lengths()
    _keep_search()
    _note_stale_sidecars()


def _add_columns() -> None:
    op.add_column("recordings", sa.Column("duration_ms", sa.Integer(), **_ZERO))
    op.add_column("recordings", sa.Column("edit_number", sa.Integer(), **_ZERO))
    op.add_column("masters", sa.Column("scrubbed_ms", sa.Integer(), **_ZERO))
    op.add_column("segments", _text("gains", server_default=""))
    op.add_column("segments", sa.Column("noise_reduced", sa.Boolean(), **_ZERO))
    op.create_index("masters_to_scrub", "masters", ["scrubbed_ms"])


def _make_indexes() -> None:
    """For every order of the list; each also answers how many there are and what is made in its columns."""
    op.drop_index("recordings_by_day", "recordings")
    for name, columns in (
        ("day", ["local_day", "created_ms", "key", "duration_ms", "folder_key", "favourite"]),
        ("title", [sa.text("title COLLATE NOCASE"), "key"]),
        ("length", ["duration_ms", "key"]),
    ):
        everywhere = ["archived", "trashed_ms"]
        op.create_index(
            f"recordings_by_{name}", "recordings", [*everywhere, *columns],
            sqlite_where=sa.text("trashed_ms IS NULL"),
        )  # fmt: skip
    op.create_index(
        "recordings_in_folder", "recordings", ["folder_key", "archived", "trashed_ms"],
        sqlite_where=sa.text("folder_key IS NOT NULL"),
    )  # fmt: skip


def _make_tables() -> None:
    op.create_table(
        "edit_steps",
        _recording(),
        sa.Column("number", sa.Integer(), nullable=False, **_KEY),
        _text("name"),
        sa.Column("at_ms", sa.Integer(), nullable=False),
        _text("segments"),
    )
    op.create_table(
        "saved_searches",
        sa.Column("key", sa.Integer(), nullable=False, **_KEY),
        _text("name", unique=True),
        _text("query"),
    )
    op.create_table("stale_sidecars", _recording())


# The length as it is heard of the recordings in {0}: of the edit list if there is one, else of all masters.
_MEASURE = """UPDATE recordings SET duration_ms = coalesce(
    (SELECT round(sum((to_frame - from_frame) * 1000.0 / sample_rate_hz))
     FROM segments JOIN masters ON masters.key = master_key WHERE recording_key = recordings.key),
    (SELECT round(sum(frames * 1000.0 / sample_rate_hz))
     FROM recording_masters JOIN masters ON masters.key = master_key WHERE recording_key = recordings.key),
    0) WHERE key IN ({0})"""


def _keep_lengths() -> None:
    op.execute(_MEASURE.format("SELECT key FROM recordings"))
    for table in ("segments", "recording_masters"):
        for name, when, row in (("added", "INSERT", "new"), ("removed", "DELETE", "old")):
            measure = _MEASURE.format(f"{row}.recording_key")
            op.execute(f"CREATE TRIGGER {table}_{name} AFTER {when} ON {table} BEGIN {measure}; END")
    owners = "SELECT recording_key FROM recording_masters WHERE master_key = new.key"
    op.execute(
        "CREATE TRIGGER masters_measured AFTER UPDATE OF frames, sample_rate_hz ON masters"
        " WHEN new.frames <> old.frames OR new.sample_rate_hz <> old.sample_rate_hz"
        f" BEGIN {_MEASURE.format(owners)}; END"
    )


# The names of the markers of {0} that are heard, without an edit list all.
_PLACES_OF = """(SELECT coalesce(group_concat(label, char(10)), '') FROM markers
    WHERE recording_key = {0} AND label <> ''
    AND (NOT EXISTS (SELECT 1 FROM segments WHERE recording_key = {0})
    OR EXISTS (SELECT 1 FROM segments WHERE recording_key = {0} AND master_key = markers.master_key
    AND markers.frame BETWEEN from_frame AND to_frame)))"""
_TAGS_OF = """(SELECT coalesce(group_concat(name, ' '), '') FROM tags
    JOIN recording_tags ON tag_key = tags.key WHERE recording_key = {0})"""


def _keep_search() -> None:
    """Markers are found by their names, and a tag that gets another name by that.

    FTS5 takes no column more, so the table is made anew.
    """
    op.execute("DROP TRIGGER recordings_searchable")
    op.execute("DROP TABLE search_words")
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5(title, notes, tags, places,"
        " tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3')"
    )
    tags, places = _TAGS_OF.format("recordings.key"), _PLACES_OF.format("recordings.key")
    op.execute(
        "INSERT INTO search_words (rowid, title, notes, tags, places)"
        f" SELECT key, title, notes, {tags}, {places} FROM recordings"
    )
    op.execute(
        "CREATE TRIGGER recordings_searchable AFTER INSERT ON recordings BEGIN"
        " INSERT INTO search_words (rowid, title, notes, tags, places)"
        " VALUES (new.key, new.title, new.notes, '', ''); END"
    )
    op.execute(
        "CREATE TRIGGER tags_renamed AFTER UPDATE OF name ON tags BEGIN"
        " UPDATE search_words SET tags = (SELECT coalesce(group_concat(name, ' '), '') FROM tags"
        " JOIN recording_tags ON tag_key = tags.key WHERE recording_key = search_words.rowid)"
        " WHERE rowid IN (SELECT recording_key FROM recording_tags WHERE tag_key = new.key); END"
    )


def _note_stale_sidecars() -> None:
    op.execute("INSERT INTO stale_sidecars SELECT key FROM recordings")
    of_master = "SELECT recording_key FROM recording_masters WHERE master_key = {0}.master_key"
    itself = "SELECT recording_key FROM recording_masters WHERE master_key = new.key"
    shared = f"{of_master.format('old')} UNION SELECT old.recording_key"
    tagged = "SELECT recording_key FROM recording_tags WHERE tag_key = new.key"
    inside = "SELECT key FROM recordings WHERE folder_key = new.key"
    for name, event, keys in (
        ("recording_added", "INSERT ON recordings", "SELECT new.key"),
        ("recording_touched", "UPDATE OF updated_ms, folder_key ON recordings", "SELECT new.key"),
        ("master_added", "INSERT ON recording_masters", "SELECT new.recording_key"),
        ("master_removed", "DELETE ON recording_masters", shared),
        ("marker_added", "INSERT ON markers", "SELECT new.recording_key"),
        ("marker_changed", "UPDATE ON markers", "SELECT new.recording_key"),
        ("marker_removed", "DELETE ON markers", "SELECT old.recording_key"),
        ("tag_added", "INSERT ON recording_tags", "SELECT new.recording_key"),
        ("tag_removed", "DELETE ON recording_tags", "SELECT old.recording_key"),
        ("tag_renamed", "UPDATE OF name ON tags", tagged),
        ("folder_renamed", "UPDATE OF name ON folders", inside),
        ("receipt_added", "INSERT ON receipts", of_master.format("new")),
        ("receipt_changed", "UPDATE ON receipts", of_master.format("new")),
        ("receipt_removed", "DELETE ON receipts", of_master.format("old")),
    ):
        _note(name, event, keys)
    _note(
        "master_changed",
        "UPDATE OF state, sha256, frames ON masters WHEN new.state IS NOT old.state"
        " OR new.sha256 IS NOT old.sha256 OR new.frames IS NOT old.frames",
        itself,
    )


def _note(name: str, event: str, keys: str) -> None:
    """Only recordings that are still there: what is deleted takes its parts with it.

    OR IGNORE would not do: a change by a foreign key aborts all the same.
    """
    op.execute(
        f"CREATE TRIGGER sidecar_{name} AFTER {event} BEGIN INSERT INTO stale_sidecars"
        f" SELECT key FROM recordings WHERE key IN ({keys})"
        " AND NOT EXISTS (SELECT 1 FROM stale_sidecars WHERE recording_key = key); END"
    )
