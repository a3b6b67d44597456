"""Between rows of the queue and its entries: which rows are meant, and what they hold."""

import json
import logging
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, exists, func, select, text, true

from voice_recorder.domain.errors import Cancelled, NotFound
from voice_recorder.domain.ports import UploadSession
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import UNDER_WAY, PreparedCopy, Transfer, TransferState
from voice_recorder.domain.words import tr
from voice_recorder.storage import schema as t
from voice_recorder.storage.rows import from_ms

_log = logging.getLogger(__name__)
_t = t.transfers.c
_m = t.masters.c
_links = t.recording_masters.c

SENDABLE = (MasterState.RECORDED, MasterState.DAMAGED)
"""Masters in these states are on this disk, as they were when their SHA-256 was taken."""

UNDER_WAY_VALUES = [state.value for state in UNDER_WAY]
# As literals, or SQLite does not see that a partial index fits; the plus keeps it from a wider one.
IS_QUEUED = and_(text("transfers.state = 'queued'"), true())
IS_READY = and_(text("+transfers.state = 'queued' AND transfers.sha256 <> ''"), true())
HAS_COPY = and_(text("transfers.sha256 <> '' AND transfers.copy_name <> ''"), true())
IS_FAILED = and_(text("transfers.state = 'failed' AND transfers.next_attempt_ms IS NOT NULL"), true())
NO_SESSION: dict[str, Any] = {"session": "", "chunk_bytes": 0, "acknowledged_bytes": 0}
NO_COPY: dict[str, Any] = {
    "send_as": "", "copy_name": "", "copy_bytes": None, "copy_mtime_ns": None, "md5": "", "sha256": "",
    **NO_SESSION,
}  # fmt: skip
QUEUED_ANEW: dict[str, Any] = {
    "state": TransferState.QUEUED.value, "attempts": 0, "next_attempt_ms": None, "ended_ms": None,
    "error": "", "error_kind": "",
}  # fmt: skip
SELECT_TRANSFERS = select(t.transfers, _m.id.label("master_id")).join(t.masters, _m.key == _t.master_key)


def in_ms(length: timedelta) -> int:
    """A length of time in milliseconds."""
    return round(length.total_seconds() * 1000)


def of_live_recording(recording_ids: Sequence[str] | None) -> ColumnElement[bool]:
    """Masters that a recording outside the trash has, one of these recordings when they are named."""
    r = t.recordings.c
    of_it = [_links.master_key == _m.key, r.key == _links.recording_key, r.trashed_ms.is_(None)]
    if recording_ids is not None:
        named = func.json_each(json.dumps(list(recording_ids))).table_valued("value")
        of_it.append(r.id.in_(select(named.c.value)))  # as one value: SQLite limits their number
    return exists().where(*of_it)


def is_in_use() -> ColumnElement[bool]:
    """Entries of masters that a recording outside the trash has."""
    r = t.recordings.c
    return exists().where(
        _links.master_key == _t.master_key, r.key == _links.recording_key, r.trashed_ms.is_(None)
    )


def is_sendable() -> ColumnElement[bool]:
    """Masters that are on this disk and proved."""
    return and_(_m.state.in_([s.value for s in SENDABLE]), _m.sha256.is_not(None))


def has_receipt(place: str) -> ColumnElement[bool]:
    """Masters whose copy at a place is proved."""
    return exists().where(t.receipts.c.master_key == _m.key, t.receipts.c.place == place)


def has_transfer(place: str) -> ColumnElement[bool]:
    """Masters that have an entry for a place."""
    return exists().where(_t.master_key == _m.key, _t.place == place)


def unchanged_row(connection: Connection, transfer: Transfer) -> RowMapping:
    """The row of ``transfer`` if it is still in the state in which it was seen. Cancelled, NotFound."""
    row = row_of(connection, transfer.id)
    if row["state"] != transfer.state.value:
        raise Cancelled
    return row


def row_of(connection: Connection, transfer_id: str) -> RowMapping:
    """The row of an entry; NotFound."""
    row = connection.execute(SELECT_TRANSFERS.where(_t.id == transfer_id)).mappings().one_or_none()
    if row is None:
        raise NotFound(tr("The recording was deleted meanwhile."), tr("Nothing is sent for it any more."))
    return row


def readable(rows: Iterable[RowMapping]) -> Iterator[Transfer]:
    """The entries in rows; one with a value that cannot be right is passed over, so that all others go on."""
    for row in rows:
        try:
            entry = transfer_from(row)
        except (ValueError, TypeError, OverflowError) as error:
            _log.error("the entry %s of the queue cannot be read: %s", row["id"], error)
        else:
            yield entry


def transfer_from(row: RowMapping) -> Transfer:
    """The entry in a row of ``SELECT_TRANSFERS``."""
    copy = None
    if row["sha256"]:
        copy = PreparedCopy(
            row["copy_name"], row["send_as"], row["copy_bytes"], row["copy_mtime_ns"], row["md5"],
            row["sha256"],
        )  # fmt: skip
    return Transfer(
        id=row["id"],
        master_id=row["master_id"],
        place=row["place"],
        state=TransferState(row["state"]),
        queued_at=from_ms(row["queued_ms"]),
        priority=int(row["priority"]),
        attempts=row["attempts"],
        next_attempt_at=None if row["next_attempt_ms"] is None else from_ms(row["next_attempt_ms"]),
        error_kind=row["error_kind"],
        error=row["error"],
        remote_id=row["remote_id"],
        copy=copy,
        session=UploadSession(row["session"], row["chunk_bytes"], row["acknowledged_bytes"]),
        replaces=row["replaces"],
    )
