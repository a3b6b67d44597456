"""The cloud: the queue with its attempts, receipts, removals, links, sync runs, alerts and flags."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_KEY = {"primary_key": True}
_ZERO = {"server_default": sa.text("0")}


def _text(name: str, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Text(), **{"nullable": False, **options})


def _integer(name: str, *constraints: sa.ForeignKey, **options: Any) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer(), *constraints, **{"nullable": False, **options})


def _master() -> sa.Column[Any]:
    return _integer("master_key", sa.ForeignKey("masters.key", ondelete="CASCADE"))


def upgrade() -> None:
    """Add the tables of the cloud; no recording is touched."""
    _make_queue()
    _make_proofs()
    _make_notes()


def _make_queue() -> None:
    op.create_table(
        "transfers",
        _integer("key", **_KEY),
        _text("id", unique=True),
        _master(),
        _text("place"),
        _text("state"),
        _integer("priority", **_ZERO),
        _integer("queued_ms"),
        _integer("ended_ms", nullable=True),
        _integer("attempts", **_ZERO),
        _integer("next_attempt_ms", nullable=True),
        *(_text(name, server_default="") for name in ("error_kind", "error", "remote_id", "send_as")),
        _text("copy_name", server_default=""),
        _integer("copy_bytes", nullable=True),
        _integer("copy_mtime_ns", nullable=True),
        *(_text(name, server_default="") for name in ("md5", "sha256", "session")),
        *(_integer(name, **_ZERO) for name in ("chunk_bytes", "acknowledged_bytes", "bytes_sent")),
        sa.Column("replaces", sa.Boolean(), nullable=False, server_default=sa.text("0")),
    )
    op.create_index("transfers_of_master", "transfers", ["master_key", "place"], unique=True)
    by_urgency: tuple[sa.TextClause | str, ...] = (sa.text("priority DESC"), "key")
    op.create_index("transfers_by_state", "transfers", ["place", "state", *by_urgency])
    op.create_index(
        "transfers_ready", "transfers", ["place", *by_urgency],
        sqlite_where=sa.text("sha256 <> ''"),
    )  # fmt: skip
    op.create_index(
        "transfers_failed", "transfers", ["place", "next_attempt_ms"],
        sqlite_where=sa.text("state = 'failed' AND next_attempt_ms IS NOT NULL"),
    )  # fmt: skip
    op.create_table(
        "attempts",
        _integer("key", **_KEY),
        _integer("transfer_key", sa.ForeignKey("transfers.key", ondelete="CASCADE"), index=True),
        _integer("number"),
        _integer("started_ms"),
        _integer("ended_ms", nullable=True),
        _text("outcome", server_default=""),
        _text("reason", server_default=""),
        _integer("sent_bytes", **_ZERO),
    )


def _make_proofs() -> None:
    op.create_table(
        "receipts",
        _integer("key", **_KEY),
        _master(),
        *(_text(name) for name in ("place", "remote_id", "send_as")),
        _integer("size_bytes"),
        *(_text(name) for name in ("md5", "sha256", "digest_scheme", "digest")),
        _integer("digest_part_bytes"),
        _text("etag"),
        sa.Column("lossless", sa.Boolean(), nullable=False),
        _integer("verified_ms"),
    )
    op.create_index("receipts_of_master", "receipts", ["master_key", "place"], unique=True)
    op.create_index("receipts_by_name", "receipts", ["place", "remote_id"])
    op.create_table(
        "removals",
        _integer("key", **_KEY),
        _text("place", index=True),
        _text("remote_id"),
        _text("session", server_default=""),
        _integer("asked_ms"),
        _integer("attempts", **_ZERO),
        _integer("next_attempt_ms", **_ZERO),
    )
    op.create_table(
        "links",
        _integer("key", **_KEY),
        _master(),
        _text("place"),
        _integer("life_s"),
        _text("url"),
        _integer("expires_ms"),
    )
    op.create_index("links_of_master", "links", ["master_key", "place", "life_s"], unique=True)


def _make_notes() -> None:
    op.create_table(
        "sync_runs",
        _integer("key", **_KEY),
        _text("place"),
        _integer("started_ms"),
        _integer("ended_ms", nullable=True),
        *(_integer(name, **_ZERO) for name in ("done", "failed", "sent_bytes")),
        _text("sessions", server_default=""),
    )
    op.create_table(
        "alerts",
        _integer("key", **_KEY),
        _text("kind", unique=True),
        _text("words"),
        _integer("raised_ms"),
        _integer("shown_ms", nullable=True),
        _integer("cleared_ms", nullable=True),
    )
    op.create_table("flags", _text("name", **_KEY), _text("value"))
