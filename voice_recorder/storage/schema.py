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

REVISION = "0003"
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
    Column("duration_ms", Integer, nullable=False, server_default=text("0")),  # as heard; kept by triggers
    Column("edit_number", Integer, nullable=False, server_default=text("0")),
)
Index(
    "recordings_by_day",
    recordings.c.archived,
    recordings.c.trashed_ms,  # always NULL here; with it the index alone answers how many there are
    recordings.c.local_day,
    recordings.c.created_ms,
    recordings.c.key,
    recordings.c.duration_ms,  # these three, so that what narrows the list is in the index, too
    recordings.c.folder_key,
    recordings.c.favourite,
    sqlite_where=recordings.c.trashed_ms.is_(None),
)
Index(
    "recordings_favourite",
    recordings.c.local_day,
    recordings.c.created_ms,
    sqlite_where=text("favourite = 1 AND trashed_ms IS NULL"),
)
Index(
    "recordings_by_title",
    recordings.c.archived,
    recordings.c.trashed_ms,
    text("title COLLATE NOCASE"),
    recordings.c.key,
    sqlite_where=recordings.c.trashed_ms.is_(None),
)
Index(
    "recordings_by_length",
    recordings.c.archived,
    recordings.c.trashed_ms,
    recordings.c.duration_ms,
    recordings.c.key,
    sqlite_where=recordings.c.trashed_ms.is_(None),
)
Index(
    "recordings_in_folder",
    recordings.c.folder_key,
    recordings.c.archived,
    recordings.c.trashed_ms,
    sqlite_where=text("folder_key IS NOT NULL"),
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
    Column("scrubbed_ms", Integer, nullable=False, server_default=text("0")),
)
Index("masters_to_scrub", masters.c.scrubbed_ms)
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
    Column("gains", Text, nullable=False, server_default=""),  # JSON: [[from, to], …]; empty for none
    Column("noise_reduced", Boolean, nullable=False, server_default=text("0")),
)

# Every state that an edit list has had, for undo; recordings.edit_number says which is heard.
edit_steps = Table(
    "edit_steps",
    metadata,
    Column("recording_key", Integer, ForeignKey("recordings.key", ondelete="CASCADE"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("name", Text, nullable=False),
    Column("at_ms", Integer, nullable=False),
    Column("segments", Text, nullable=False),  # JSON, as in a sidecar
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

# The queue to the cloud. A place is where copies go: a provider's name and account, without a secret.
transfers = Table(
    "transfers",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("master_key", Integer, ForeignKey("masters.key", ondelete="CASCADE"), nullable=False),
    Column("place", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("priority", Integer, nullable=False, server_default=text("0")),
    Column("queued_ms", Integer, nullable=False),
    Column("ended_ms", Integer),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_ms", Integer),
    Column("error_kind", Text, nullable=False, server_default=""),
    Column("error", Text, nullable=False, server_default=""),
    Column("remote_id", Text, nullable=False, server_default=""),
    Column("send_as", Text, nullable=False, server_default=""),
    Column("copy_name", Text, nullable=False, server_default=""),
    Column("copy_bytes", Integer),
    Column("copy_mtime_ns", Integer),
    Column("md5", Text, nullable=False, server_default=""),
    Column("sha256", Text, nullable=False, server_default=""),
    Column("session", Text, nullable=False, server_default=""),
    Column("chunk_bytes", Integer, nullable=False, server_default=text("0")),
    Column("acknowledged_bytes", Integer, nullable=False, server_default=text("0")),
    Column("bytes_sent", Integer, nullable=False, server_default=text("0")),
    Column("replaces", Boolean, nullable=False, server_default=text("0")),
)
Index("transfers_of_master", transfers.c.master_key, transfers.c.place, unique=True)
Index(
    "transfers_by_state",
    transfers.c.place,
    transfers.c.state,
    transfers.c.priority.desc(),
    transfers.c.key,
)
Index(
    "transfers_ready",
    transfers.c.place,
    transfers.c.priority.desc(),
    transfers.c.key,
    sqlite_where=text("sha256 <> ''"),
)
Index(
    "transfers_failed",
    transfers.c.place,
    transfers.c.next_attempt_ms,
    sqlite_where=text("state = 'failed' AND next_attempt_ms IS NOT NULL"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column(
        "transfer_key", Integer, ForeignKey("transfers.key", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("number", Integer, nullable=False),
    Column("started_ms", Integer, nullable=False),
    Column("ended_ms", Integer),
    Column("outcome", Text, nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("sent_bytes", Integer, nullable=False, server_default=text("0")),
)

receipts = Table(
    "receipts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("master_key", Integer, ForeignKey("masters.key", ondelete="CASCADE"), nullable=False),
    Column("place", Text, nullable=False),
    Column("remote_id", Text, nullable=False),
    Column("send_as", Text, nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("md5", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("digest_scheme", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("digest_part_bytes", Integer, nullable=False),
    Column("etag", Text, nullable=False),
    Column("lossless", Boolean, nullable=False),
    Column("verified_ms", Integer, nullable=False),
)
Index("receipts_of_master", receipts.c.master_key, receipts.c.place, unique=True)
Index("receipts_by_name", receipts.c.place, receipts.c.remote_id)

# Cloud copies of what was deleted for ever, until the provider has removed them, too.
removals = Table(
    "removals",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("place", Text, nullable=False, index=True),
    Column("remote_id", Text, nullable=False),
    Column("session", Text, nullable=False, server_default=""),
    Column("asked_ms", Integer, nullable=False),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("next_attempt_ms", Integer, nullable=False, server_default=text("0")),
)

links = Table(
    "links",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("master_key", Integer, ForeignKey("masters.key", ondelete="CASCADE"), nullable=False),
    Column("place", Text, nullable=False),
    Column("life_s", Integer, nullable=False),
    Column("url", Text, nullable=False),
    Column("expires_ms", Integer, nullable=False),
)
Index("links_of_master", links.c.master_key, links.c.place, links.c.life_s, unique=True)

sync_runs = Table(
    "sync_runs",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("place", Text, nullable=False),
    Column("started_ms", Integer, nullable=False),
    Column("ended_ms", Integer),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("failed", Integer, nullable=False, server_default=text("0")),
    Column("sent_bytes", Integer, nullable=False, server_default=text("0")),
    Column("sessions", Text, nullable=False, server_default=""),
)

alerts = Table(
    "alerts",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("kind", Text, nullable=False, unique=True),
    Column("words", Text, nullable=False),
    Column("raised_ms", Integer, nullable=False),
    Column("shown_ms", Integer),
    Column("cleared_ms", Integer),
)

# What all processes on this library must agree on from one moment to the next, as that the queue is paused.
flags = Table(
    "flags",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

saved_searches = Table(
    "saved_searches",
    metadata,
    Column("key", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("query", Text, nullable=False),  # JSON
)

# Recordings of which something changed that their sidecars do not say yet; entered by triggers.
stale_sidecars = Table(
    "stale_sidecars",
    metadata,
    Column("recording_key", Integer, ForeignKey("recordings.key", ondelete="CASCADE"), primary_key=True),
)

# Its rowid is recordings.key. Triggers keep title, notes and tags up to date (see the migrations); the column
# places, words at a moment of what is heard, is written by marker_rows.
SEARCH_TABLE = "search_words"
