"""The first library: recordings with masters, edit lists, markers, tags, folders, history and search."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = {"primary_key": True}


def _text(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), **{"nullable": False, **options})


def _integer(name: str, *constraints: sa.ForeignKey, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), *constraints, **{"nullable": False, **options})


def _flag(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.text("0"))


def _share(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Float(), nullable=False, server_default=sa.text("0"))


def _recording() -> sa.ForeignKey:
    return sa.ForeignKey("recordings.key", ondelete="CASCADE")


def upgrade() -> None:
    """Make every table of an empty library."""
    _make_recordings()
    _make_masters()
    _make_parts()
    _make_search()


def _make_recordings() -> None:
    op.create_table("folders", _integer("key", **_KEY), _text("name", unique=True))
    op.create_table(
        "recordings",
        _integer("key", **_KEY),
        _text("id", unique=True),
        _text("title"),
        _text("notes", server_default=""),
        _integer("created_ms"),
        _integer("updated_ms"),
        _integer("utc_offset_min"),
        _text("local_day"),
        _integer("folder_key", sa.ForeignKey("folders.key", ondelete="SET NULL"), nullable=True),
        _flag("favourite"),
        _flag("archived"),
        _flag("recovered"),
        _integer("trashed_ms", nullable=True),
    )
    op.create_index(
        "recordings_by_day", "recordings", ["archived", "trashed_ms", "local_day", "created_ms"],
        sqlite_where=sa.text("trashed_ms IS NULL"),
    )  # fmt: skip
    op.create_index(
        "recordings_favourite", "recordings", ["local_day", "created_ms"],
        sqlite_where=sa.text("favourite = 1 AND trashed_ms IS NULL"),
    )  # fmt: skip
    op.create_index(
        "recordings_trashed", "recordings", ["trashed_ms"], sqlite_where=sa.text("trashed_ms IS NOT NULL")
    )


def _make_masters() -> None:
    op.create_table(
        "masters",
        _integer("key", **_KEY),
        _text("id", unique=True),
        _text("name", unique=True),
        _text("state"),
        _integer("created_ms"),
        _integer("frames"),
        _integer("sample_rate_hz"),
        _integer("channels"),
        _integer("bit_depth", nullable=True),
        _text("format"),
        _text("codec"),
        _integer("bitrate_bps", nullable=True),
        _text("mime_type"),
        _integer("size_bytes"),
        _text("sha256", nullable=True),
        _text("samples_sha256", nullable=True),
        _integer("dropped_samples", server_default=sa.text("0")),
        _share("clipped_share"),
        _share("silent_share"),
        sa.Column("peak_dbfs", sa.Float()),
        sa.Column("overview", sa.LargeBinary(), nullable=False, server_default=""),
    )
    op.create_index("masters_sha256", "masters", ["sha256"])
    op.create_index("masters_unproved", "masters", ["key"], sqlite_where=sa.text("sha256 IS NULL"))
    op.create_index("masters_in_trouble", "masters", ["state"], sqlite_where=sa.text("state <> 'recorded'"))


def _make_parts() -> None:
    for name, *more in (
        ("recording_masters",),
        ("segments", _integer("from_frame"), _integer("to_frame")),
    ):
        op.create_table(
            name,
            _integer("recording_key", _recording(), **_KEY),
            _integer("position", **_KEY),
            _integer("master_key", sa.ForeignKey("masters.key"), index=True),
            *more,
        )
    op.create_table(
        "take_events",
        _integer("key", **_KEY),
        _integer("master_key", sa.ForeignKey("masters.key", ondelete="CASCADE"), index=True),
        _text("kind"),
        _integer("frame"),
        _integer("length_frames"),
        _text("detail"),
    )
    op.create_table(
        "markers",
        _integer("key", **_KEY),
        _integer("recording_key", _recording(), index=True),
        _integer("master_key", sa.ForeignKey("masters.key", ondelete="CASCADE"), index=True),
        _integer("frame"),
        _text("label"),
    )
    op.create_table("tags", _integer("key", **_KEY), _text("name", unique=True))
    op.create_table(
        "recording_tags",
        _integer("recording_key", _recording(), **_KEY),
        _integer("tag_key", sa.ForeignKey("tags.key", ondelete="CASCADE"), index=True, **_KEY),
    )
    op.create_table(
        "history",
        _integer("key", **_KEY),
        _text("recording_id", index=True),
        _integer("at_ms"),
        _text("kind"),
        _text("detail"),
    )


_TAGS_OF = """(SELECT coalesce(group_concat(name, ' '), '') FROM tags
               JOIN recording_tags ON tag_key = tags.key WHERE recording_key = {0})"""


def _make_search() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE search_words USING fts5(title, notes, tags,"
        " tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3')"
    )
    op.execute(
        "CREATE TRIGGER recordings_searchable AFTER INSERT ON recordings BEGIN"
        " INSERT INTO search_words (rowid, title, notes, tags) VALUES (new.key, new.title, new.notes, '');"
        " END"
    )
    op.execute(
        "CREATE TRIGGER recordings_reworded AFTER UPDATE OF title, notes ON recordings BEGIN"
        " UPDATE search_words SET title = new.title, notes = new.notes WHERE rowid = new.key; END"
    )
    op.execute(
        "CREATE TRIGGER recordings_unsearchable AFTER DELETE ON recordings BEGIN"
        " DELETE FROM search_words WHERE rowid = old.key; END"
    )
    for name, when, row in (("tagged", "INSERT", "new"), ("untagged", "DELETE", "old")):
        key = f"{row}.recording_key"
        op.execute(
            f"CREATE TRIGGER recordings_{name} AFTER {when} ON recording_tags BEGIN"
            f" UPDATE search_words SET tags = {_TAGS_OF.format(key)} WHERE rowid = {key}; END"
        )
