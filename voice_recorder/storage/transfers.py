"""The queue to the cloud: the database is the queue, so it survives whatever happens to a process."""

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)

from voice_recorder.domain.errors import Cancelled
from voice_recorder.domain.ports import UploadSession
from voice_recorder.domain.transfers import (
    LEGAL_CHANGES,
    LONGEST_WAIT,
    PENDING,
    UNDER_WAY,
    PreparedCopy,
    Receipt,
    Transfer,
    TransferState,
    is_legal,
)
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.proofs import ask_removal
from voice_recorder.storage.rows import from_ms, to_ms
from voice_recorder.storage.transfer_rows import (
    HAS_COPY,
    IS_FAILED,
    IS_QUEUED,
    IS_READY,
    NO_COPY,
    NO_SESSION,
    QUEUED_ANEW,
    SELECT_TRANSFERS,
    UNDER_WAY_VALUES,
    has_receipt,
    has_transfer,
    in_ms,
    is_in_use,
    is_sendable,
    of_live_recording,
    readable,
    row_of,
    transfer_from,
    unchanged_row,
)

_log = logging.getLogger(__name__)
_t = t.transfers.c
_m = t.masters.c
_links = t.recording_masters.c


class Transfers:
    """The entries of the queue. Any thread may call any method; several processes share one queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Entering

    def enqueue(
        self,
        place: str,
        recording_ids: Sequence[str] | None = None,
        *,
        again: Collection[TransferState] = (),
        made_since: datetime | None = None,
        priority: int = 0,
    ) -> int:
        """Queue every master without a receipt at ``place``, of these recordings or of all; how many.

        Not those in the trash, unfinished or not on this disk. One that has an entry is queued again only
        from a state in ``again``. ``made_since`` leaves out older masters.
        """
        now = to_ms(datetime.now(UTC))
        wanted = [of_live_recording(recording_ids), is_sendable(), ~has_receipt(place)]
        if made_since is not None:
            wanted.append(_m.created_ms >= to_ms(made_since))
        with self._database.session(write=True) as connection:
            new = connection.scalars(select(_m.key).where(*wanted, ~has_transfer(place))).all()
            rows = [
                {
                    "id": uuid.uuid4().hex, "master_key": key, "place": place, "queued_ms": now,
                    "state": TransferState.QUEUED.value, "priority": priority,
                }
                for key in new
            ]  # fmt: skip
            if rows:
                connection.execute(insert(t.transfers), rows)
            anew = connection.execute(
                update(t.transfers)
                .where(
                    _t.place == place,
                    _t.state.in_([s.value for s in again]),
                    _t.master_key.in_(select(_m.key).where(*wanted)),
                )
                .values(**QUEUED_ANEW, queued_ms=now, priority=priority)
            )
            return len(rows) + anew.rowcount

    def send_again(self, place: str, states: Collection[TransferState]) -> int:
        """Queue all entries in these states anew, those in the trash and those with a receipt left out."""
        return self._queue_anew(place, [_t.state.in_([s.value for s in states]), is_in_use()])

    def make_due(self, place: str, kinds: Collection[str] | None = None) -> int:
        """Let failed entries (of these kinds of error, or all) be tried now, their attempts counted anew."""
        of_kind = [] if kinds is None else [_t.error_kind.in_(kinds)]
        return self._queue_anew(place, [_t.state == TransferState.FAILED.value, *of_kind])

    def _queue_anew(self, place: str, where: Sequence[ColumnElement[bool]]) -> int:
        proved = exists().where(t.receipts.c.master_key == _t.master_key, t.receipts.c.place == place)
        with self._database.session(write=True) as connection:
            return connection.execute(
                update(t.transfers).where(_t.place == place, ~proved, *where).values(**QUEUED_ANEW)
            ).rowcount

    def prioritise(self, place: str, recording_ids: Sequence[str], priority: int) -> None:
        """Let the entries of these recordings go before those of a lower priority."""
        of_them = _t.master_key.in_(select(_m.key).where(of_live_recording(recording_ids)))
        with self._database.session(write=True) as connection:
            connection.execute(
                update(t.transfers).where(_t.place == place, of_them).values(priority=priority)
            )

    # Working

    def due(self, place: str, *, prepared: bool, limit: int) -> tuple[Transfer, ...]:
        """What may be tried now, first what is most urgent, then what has waited longest.

        ``prepared``: those whose copy is ready to be sent, else those that still need one. Also entries that
        are under way: whoever holds their lock is at work on them; without an owner they are free.
        """
        now = to_ms(datetime.now(UTC))
        waits = and_(_t.next_attempt_ms > now, _t.next_attempt_ms <= now + in_ms(LONGEST_WAIT))
        fits = _t.sha256 != "" if prepared else _t.sha256 == ""
        queued = IS_READY if prepared else and_(_t.state == TransferState.QUEUED.value, fits)
        found = (
            *self._read([_t.place == place, _t.state.in_(UNDER_WAY_VALUES), fits], limit),
            *self._read([_t.place == place, IS_FAILED, fits, ~waits], limit, _t.next_attempt_ms),
            *self._read([_t.place == place, queued], limit, _t.priority.desc(), _t.key),
        )
        return tuple(sorted(found, key=lambda transfer: -transfer.priority)[:limit])

    def waiting_until(self, place: str, most_attempts: int) -> datetime | None:
        """When the first failed entry with fewer than ``most_attempts`` is due; None without one."""
        latest = to_ms(datetime.now(UTC)) + in_ms(LONGEST_WAIT)
        where = [
            _t.place == place, IS_FAILED, _t.attempts < most_attempts, _t.next_attempt_ms <= latest,
            is_in_use(),
        ]  # fmt: skip
        with self._database.session() as connection:
            first = connection.scalar(select(func.min(_t.next_attempt_ms)).where(*where))
        return None if first is None else from_ms(first)

    def get(self, transfer_id: str) -> Transfer:
        """One entry as it is now; NotFound."""
        with self._database.session() as connection:
            return transfer_from(row_of(connection, transfer_id))

    def change(self, transfer: Transfer, state: TransferState, **values: Any) -> Transfer:
        """Bring an entry from the state in which ``transfer`` saw it to another; what it is then.

        Raises Cancelled when somebody else has changed it meanwhile, NotFound when its master was deleted.
        ``values`` are columns.
        """
        if not is_legal(transfer.state, state):
            raise ValueError(f"a transfer cannot go from {transfer.state} to {state}")
        with self._database.session(write=True) as connection:
            seen = and_(_t.id == transfer.id, _t.state == transfer.state.value)
            changed = connection.execute(update(t.transfers).where(seen).values(state=state.value, **values))
            row = row_of(connection, transfer.id)
            if not changed.rowcount:
                raise Cancelled
            return transfer_from(row)

    def begin_attempt(self, transfer: Transfer) -> tuple[Transfer, int]:
        """Enter that a prepared copy is being sent; the entry as it is then, and the key of the attempt.

        Cancelled, NotFound.
        """
        if not is_legal(transfer.state, TransferState.UPLOADING):
            raise ValueError(f"a transfer cannot go from {transfer.state} to uploading")
        resumed = transfer.state in UNDER_WAY  # of a process that died: the same attempt goes on
        number = max(1, transfer.attempts) if resumed else transfer.attempts + 1
        with self._database.session(write=True) as connection:
            row = unchanged_row(connection, transfer)
            connection.execute(
                update(t.transfers)
                .where(_t.id == transfer.id)
                .values(
                    state=TransferState.UPLOADING.value, attempts=number, next_attempt_ms=None, error="",
                    error_kind="",
                )
            )  # fmt: skip
            entered = connection.execute(
                insert(t.attempts).values(
                    transfer_key=row["key"], number=number, started_ms=to_ms(datetime.now(UTC))
                )
            )
            key = int(entered.inserted_primary_key[0])  # type: ignore[index]
            return transfer_from(row_of(connection, transfer.id)), key

    def store_copy(self, transfer: Transfer, copy: PreparedCopy, remote_id: str) -> Transfer:
        """Enter the copy that will be sent; the entry waits for its turn to be sent.

        What an earlier try may have left under another name is to be removed there.
        """
        changed = self.change(
            transfer, TransferState.QUEUED, send_as=copy.send_as, copy_name=copy.name,
            copy_bytes=copy.size_bytes, copy_mtime_ns=copy.mtime_ns, md5=copy.md5, sha256=copy.sha256,
            remote_id=remote_id, bytes_sent=0, **NO_SESSION,
        )  # fmt: skip
        if transfer.remote_id not in ("", remote_id):
            with self._database.session(write=True) as connection:
                ask_removal(connection, transfer.place, transfer.remote_id)
        return changed

    def store_session(self, transfer: Transfer, session: UploadSession) -> None:
        """Enter how far an upload is. Cancelled when the entry was cancelled meanwhile."""
        self.change(
            transfer, transfer.state, session=session.id, chunk_bytes=session.chunk_bytes,
            acknowledged_bytes=session.acknowledged_bytes, bytes_sent=session.acknowledged_bytes,
        )  # fmt: skip

    def store_progress(self, sent: Mapping[str, int]) -> frozenset[str]:
        """Enter the bytes sent by transfer id; the ids of those that are no longer under way."""
        with self._database.session(write=True) as connection:
            gone = set()
            for transfer_id, position in sent.items():
                here = and_(_t.id == transfer_id, _t.state.in_(UNDER_WAY_VALUES))
                if not connection.execute(
                    update(t.transfers).where(here).values(bytes_sent=position)
                ).rowcount:
                    gone.add(transfer_id)
            return frozenset(gone)

    def no_longer_under_way(self, transfer_ids: Sequence[str]) -> frozenset[str]:
        """Those of these entries that somebody has taken out of our hands."""
        with self._database.session() as connection:
            ours = select(_t.id).where(_t.id.in_(transfer_ids), _t.state.in_(UNDER_WAY_VALUES))
            return frozenset(transfer_ids) - frozenset(connection.scalars(ours))

    def prepare_anew(self, transfer: Transfer) -> None:
        """Enter that the copy is not what it was: another one is made. Cancelled, NotFound."""
        self.change(transfer, TransferState.QUEUED, **NO_COPY, bytes_sent=0)

    def finish(self, transfer: Transfer, receipt: Receipt, attempt: int, sent_bytes: int) -> None:
        """Enter the receipt, that transfer and attempt are done, and the history, in one transaction.

        Cancelled, NotFound.
        """
        now = to_ms(receipt.verified_at)
        with self._database.session(write=True) as connection:
            row = unchanged_row(connection, transfer)
            connection.execute(
                update(t.transfers)
                .where(_t.id == transfer.id)
                .values(
                    state=TransferState.BACKED_UP.value, ended_ms=now, bytes_sent=receipt.size_bytes,
                    copy_name="", md5="", sha256="", error="", error_kind="", next_attempt_ms=None,
                    replaces=False, **NO_SESSION,
                )
            )  # fmt: skip
            here = and_(t.receipts.c.master_key == row["master_key"], t.receipts.c.place == receipt.place)
            connection.execute(delete(t.receipts).where(here))
            connection.execute(
                insert(t.receipts).values(
                    master_key=row["master_key"], place=receipt.place, remote_id=receipt.remote_id,
                    send_as=receipt.send_as, size_bytes=receipt.size_bytes, md5=receipt.md5,
                    sha256=receipt.sha256, digest_scheme=receipt.digest.scheme.value,
                    digest=receipt.digest.value, digest_part_bytes=receipt.digest.part_bytes,
                    etag=receipt.etag, lossless=receipt.lossless, verified_ms=now,
                )
            )  # fmt: skip
            unwanted = t.removals.c
            connection.execute(
                delete(t.removals).where(
                    unwanted.place == receipt.place,
                    unwanted.remote_id == receipt.remote_id,
                    unwanted.session == "",
                )
            )
            connection.execute(
                update(t.attempts)
                .where(t.attempts.c.key == attempt)
                .values(ended_ms=now, outcome="done", sent_bytes=sent_bytes)
            )
            owners = select(
                t.recordings.c.id, literal(now), literal("backed up"), literal(receipt.place)
            ).where(t.recordings.c.key == _links.recording_key, _links.master_key == row["master_key"])
            connection.execute(
                insert(t.history).from_select(["recording_id", "at_ms", "kind", "detail"], owners)
            )

    def cancel(self, place: str, recording_ids: Sequence[str]) -> int:
        """Take what is not yet backed up of these recordings out of the queue; how many entries."""
        stoppable = [s.value for s in TransferState if TransferState.CANCELLED in LEGAL_CHANGES[s]]
        of_them = _t.master_key.in_(select(_m.key).where(of_live_recording(recording_ids)))
        now = to_ms(datetime.now(UTC))
        with self._database.session(write=True) as connection:
            done = connection.execute(
                update(t.transfers)
                .where(_t.place == place, of_them, _t.state.in_(stoppable))
                .values(
                    state=TransferState.CANCELLED.value, ended_ms=now, next_attempt_ms=None,
                    error="", error_kind="",
                )
            )  # fmt: skip
            return done.rowcount

    # Looking

    def listed(self, place: str, limit: int = 200) -> tuple[Transfer, ...]:
        """The entries that are not backed up, in the order in which they go, at most ``limit``."""
        by_place = _t.place == place
        others = _t.state.in_([TransferState.FAILED.value, TransferState.REMOVED.value])
        found = (
            *self._read([by_place, _t.state.in_(UNDER_WAY_VALUES)], limit, _t.key),
            *self._read([by_place, others], limit, _t.key),
            *self._read([by_place, IS_QUEUED], limit, _t.priority.desc(), _t.key),
        )
        return found[:limit]

    def counts(self, place: str) -> dict[TransferState, int]:
        """How many entries each state has, those in the trash left out."""
        with self._database.session() as connection:
            rows = connection.execute(
                select(_t.state, func.count())
                .where(_t.place == place, _t.state != TransferState.CANCELLED.value, is_in_use())
                .group_by(_t.state)
            )
            found = {TransferState(state): count for state, count in rows}
        return {state: found.get(state, 0) for state in TransferState}

    def is_under_way(self, place: str, remote_id: str) -> bool:
        """Whether somebody is at work on the copy of this name."""
        where = [_t.place == place, _t.state.in_(UNDER_WAY_VALUES), _t.remote_id == remote_id]
        return bool(self._read(where, 1))

    def ended_before(self, at: datetime) -> tuple[Transfer, ...]:
        """Entries that ended before ``at``, are not to be tried again by themselves, and still have an
        unfinished upload or a copy on this disk.
        """
        where = [
            _t.ended_ms < to_ms(at),
            _t.next_attempt_ms.is_(None),
            _t.state.in_([TransferState.CANCELLED.value, TransferState.FAILED.value]),
            or_(_t.session != "", _t.copy_name != ""),
        ]  # fmt: skip
        with self._database.session() as connection:
            return tuple(readable(connection.execute(SELECT_TRANSFERS.where(*where)).mappings()))

    def forget_copy(self, transfer: Transfer) -> None:
        """Enter that the copy and the unfinished upload are gone; the next try prepares them anew."""
        with self._database.session(write=True) as connection:
            connection.execute(
                update(t.transfers).where(_t.id == transfer.id).values(**NO_COPY, bytes_sent=0)
            )

    def copies_waiting(self, place: str) -> int:
        """How many compressed copies lie here for entries that are still to be backed up."""
        where = [_t.place == place, HAS_COPY, _t.state.in_([s.value for s in PENDING])]
        with self._database.session() as connection:
            return connection.scalar(select(func.count()).select_from(t.transfers).where(*where)) or 0

    def copy_names(self) -> frozenset[str]:
        """The files among the cloud copies that an entry still needs."""
        with self._database.session() as connection:
            return frozenset(connection.scalars(select(_t.copy_name).where(_t.copy_name != "")))

    def _read(
        self, where: Sequence[ColumnElement[bool]], limit: int, *order: ColumnElement[Any]
    ) -> tuple[Transfer, ...]:
        with self._database.session() as connection:
            rows = connection.execute(
                SELECT_TRANSFERS.where(*where, is_in_use()).order_by(*order).limit(limit)
            )
            return tuple(readable(rows.mappings()))
