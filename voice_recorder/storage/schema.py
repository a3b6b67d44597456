"""The tables, as the newest migration leaves them. Times are milliseconds since 1970 in UTC."""

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

REVISION = "0001"
"""The migration that made these tables; a library of another revision is migrated or refused."""

metadata = MetaData()

folders = Table(
    "folders",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

recordings = Table(
    "recordings",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("notes", Text, nullable=False, server_default=""),
    Column("created_ms", Integer, nullable=False),
    Column("updated_ms", Integer, nullable=False),
    Column("utc_offset_min", Integer, nullable=False),
    Column("local_day", Text, nullable=False),
    Column("folder_key", Integer, ForeignKey("folders.key", ondelete="SET NULL")),
    Column("favourite", Boolean, nullable=False, server_default=text("0")),
    Column("archived", Boolean, nullable=False, server_default=text("0")),
    Column("recovered", Boolean, nullable=False, server_default=text("0")),
    Column("trashed_ms", Integer),
)
Index(
    "recordings_by_day",
    recordings.c.archived,
    recordings.c.trashed_ms,  # always NULL here; with it the index alone answers how many there are
    recordings.c.local_day,
    recordings.c.created_ms,
    sqlite_where=recordings.c.trashed_ms.is_(None),
)
Index(
    "recordings_favourite",
    recordings.c.local_day,
    recordings.c.created_ms,
    sqlite_where=text("favourite = 1 AND trashed_ms IS NULL"),
)
Index("recordings_trashed", recordings.c.trashed_ms, sqlite_where=text("trashed_ms IS NOT NULL"))

masters = Table(
    "masters",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("created_ms", Integer, nullable=False),
    Column("frames", Integer, nullable=False),
    Column("sample_rate_hz", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("bit_depth", Integer),
    Column("format", Text, nullable=False),
    Column("codec", Text, nullable=False),
    Column("bitrate_bps", Integer),
    Column("mime_type", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", Text),
    Column("samples_sha256", Text),
    Column("dropped_samples", Integer, nullable=False, server_default=text("0")),
    Column("clipped_share", Float, nullable=False, server_default=text("0")),
    Column("silent_share", Float, nullable=False, server_default=text("0")),
    Column("peak_dbfs", Float),
    Column("overview", LargeBinary, nullable=False, server_default=""),
)
Index("masters_sha256", masters.c.sha256)
Index("masters_unproved", masters.c.key, sqlite_where=text("sha256 IS NULL"))
Index("masters_in_trouble", masters.c.state, sqlite_where=text("state <> 'recorded'"))

recording_masters = Table(
    "recording_masters",
    metadata,
    Column("recording_key", Integer, ForeignKey("recordings.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("master_key", Integer, ForeignKey("masters.key"), nullable=False, index=True),
)

segments = Table(
    "segments",
    metadata,
    Column("recording_key", Integer, ForeignKey("recordings.key", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("master_key", Integer, ForeignKey("masters.key"), nullable=False, index=True),
    Column("from_frame", Integer, nullable=False),
    Column("to_frame", Integer, nullable=False),
)

take_events = Table(
    "take_events",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("master_key", Integer, ForeignKey("masters.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("frame", Integer, nullable=False),
    Column("length_frames", Integer, nullable=False),
    Column("detail", Text, nullable=False),
)

markers = Table(
    "markers",
    metadata,
    Column("key", Integer, primary_key=True),
    Column(
        "recording_key", Integer, ForeignKey("recordings.key", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("master_key", Integer, ForeignKey("masters.key", ondelete="CASCADE"), nullable=False, index=True),
    Column("frame", Integer, nullable=False),
    Column("label", Text, nullable=False),
)

tags = Table(
    "tags",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

recording_tags = Table(
    "recording_tags",
    metadata,
    Column("recording_key", Integer, ForeignKey("recordings.key", ondelete="CASCADE"), primary_key=True),
    Column("tag_key", Integer, ForeignKey("tags.key", ondelete="CASCADE"), primary_key=True, index=True),
)

# No foreign key: the history of a recording outlives it.
history = Table(
    "history",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("recording_id", Text, nullable=False, index=True),
    Column("at_ms", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

# Kept up to date by triggers; its rowid is recordings.key. See the first migration.
SEARCH_TABLE = "search_words"
