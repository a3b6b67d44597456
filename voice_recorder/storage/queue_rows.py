"""What a window shows of the queue: the first entries with their titles, and how many there are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, exists, func, select

from voice_recorder.domain.transfers import TransferState
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.rows import from_ms

_t = t.transfers.c
_links = t.recording_masters.c
_r = t.recordings.c

_S = TransferState
SHOWN = (_S.UPLOADING, _S.VERIFYING, _S.COMPRESSING, _S.FAILED, _S.REMOVED, _S.QUEUED)
"""The states of what is not backed up, in the order in which it is shown."""


@dataclass(frozen=True)
class QueueRow:
    """One entry of the queue with the title of its recording. Sizes are in bytes, 0 while unknown."""

    transfer_id: str
    recording_id: str
    title: str
    state: TransferState
    attempts: int
    next_attempt_at: datetime | None
    error_kind: str
    error: str
    sent_bytes: int
    total_bytes: int


def queue_rows(
    database: Database, place: str, limit: int, states: Sequence[TransferState] = SHOWN
) -> tuple[QueueRow, ...]:
    """The first entries at ``place`` in these states, one state after the other."""
    found: list[QueueRow] = []
    with database.session() as connection:
        for state in states:
            if len(found) >= limit:
                break
            rows = connection.execute(
                select(
                    _t.id, _r.id.label("recording_id"), _r.title, _t.attempts, _t.next_attempt_ms,
                    _t.error_kind, _t.error, _t.bytes_sent, _t.copy_bytes,
                )
                .join(t.recording_masters, _links.master_key == _t.master_key)
                .join(t.recordings, _r.key == _links.recording_key)
                .where(_t.place == place, _t.state == state.value, _r.trashed_ms.is_(None))
                .order_by(_t.priority.desc(), _t.key)
                .limit(limit - len(found))
            )  # fmt: skip
            found += [
                QueueRow(
                    row.id, row.recording_id, row.title, state, row.attempts,
                    None if row.next_attempt_ms is None else from_ms(row.next_attempt_ms),
                    row.error_kind, row.error, row.bytes_sent, row.copy_bytes or 0,
                )
                for row in rows
            ]  # fmt: skip
    return tuple(found)


def queue_counts(database: Database, place: str) -> Mapping[TransferState, int]:
    """How many entries outside the trash have each state that is shown."""
    with database.session() as connection:
        rows = connection.execute(
            select(_t.state, func.count())
            .where(_t.place == place, _t.state.in_([s.value for s in SHOWN]), _is_in_use())
            .group_by(_t.state)
        )
        found = {TransferState(state): int(count) for state, count in rows}
    return {state: found.get(state, 0) for state in SHOWN}


def failed_by_kinds(database: Database, place: str, kinds: tuple[str, ...]) -> bool:
    """Whether an entry failed by one of these kinds of error."""
    here = (_t.place == place, _t.state == _S.FAILED.value, _t.error_kind.in_(kinds))
    with database.session() as connection:
        return connection.scalar(select(_t.key).where(*here, _is_in_use()).limit(1)) is not None


def _is_in_use() -> ColumnElement[bool]:
    return exists().where(
        _links.master_key == _t.master_key, _r.key == _links.recording_key, _r.trashed_ms.is_(None)
    )
