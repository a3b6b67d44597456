"""Receipts, links to what they prove, and the removal of what is no longer wanted at a place."""

import logging
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, insert, or_, select, update

from voice_recorder.domain.ports import Digest, DigestScheme, RemoteCopy, UploadSession
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import LONGEST_WAIT, Receipt, Transfer, TransferState, is_legal
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.rows import from_ms, to_ms

_log = logging.getLogger(__name__)
_p = t.receipts.c
_m = t.masters.c
_AT_ONCE = 500


@dataclass(frozen=True)
class Removal:
    """A cloud copy, or an unfinished upload when ``session`` is not empty, that the provider is to remove."""

    key: int
    place: str
    remote_id: str
    session: str
    attempts: int


@dataclass(frozen=True)
class Link:
    """A URL that anybody can open until it expires. It is for its owner only, never for a log."""

    url: str = field(repr=False)
    expires_at: datetime


class Proofs:
    """What is known of the copies at the places. Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_master(self, master_id: str, place: str | None = None) -> Receipt | None:
        """The receipt of a master at ``place``, or the newest at any; None without one."""
        where = [_m.id == master_id] if place is None else [_m.id == master_id, _p.place == place]
        found = self._receipts(where, limit=1)
        return found[0] if found else None

    def at(self, place: str) -> Iterator[Receipt]:
        """All receipts at a place, read in parts."""
        after = 0
        while True:
            with self._database.session() as connection:
                rows = (
                    connection.execute(
                        _SELECT.where(_p.place == place, _p.key > after).order_by(_p.key).limit(_AT_ONCE)
                    )
                    .mappings()
                    .all()
                )
            if not rows:
                return
            after = rows[-1]["key"]
            yield from _readable(rows)

    def count(self, place: str) -> int:
        """How many masters have a receipt at a place."""
        with self._database.session() as connection:
            counted = select(func.count()).select_from(t.receipts).where(_p.place == place)
            return connection.scalar(counted) or 0

    def due_for_freeing(
        self, place: str, verified_before: datetime, *, lossy_too: bool
    ) -> tuple[Receipt, ...]:
        """Receipts of masters that are here, proved before then, and of recordings outside the trash."""
        where = [
            _p.place == place, _p.verified_ms <= to_ms(verified_before),
            _m.state == MasterState.RECORDED.value, _has_live_recording(),
        ]  # fmt: skip
        if not lossy_too:
            where.append(_p.lossless.is_(True))
        return self._receipts(where, limit=-1)

    def renew(self, receipt: Receipt, copy: RemoteCopy) -> None:
        """Take over how the provider describes a copy that was proved again, byte by byte."""
        digest = copy.digest or receipt.digest
        values = {
            "digest_scheme": digest.scheme.value, "digest": digest.value,
            "digest_part_bytes": digest.part_bytes, "etag": copy.etag,
        }  # fmt: skip
        with self._database.session(write=True) as connection:
            connection.execute(update(t.receipts).where(_is_still(receipt)).values(values))

    def revoke(self, receipt: Receipt, state: TransferState, error_kind: str, error: str) -> None:
        """Drop a receipt that holds no more, and enter why where people look for it; a newer one stays.

        With the state *failed* what is stored there was proved wrong: it goes before the next try.
        """
        with self._database.session(write=True) as connection:
            key = connection.scalar(select(_m.key).where(_m.id == receipt.master_id))
            if not connection.execute(delete(t.receipts).where(_is_still(receipt))).rowcount:
                return
            here = and_(t.transfers.c.master_key == key, t.transfers.c.place == receipt.place)
            before = connection.scalar(select(t.transfers.c.state).where(here))
            values = {
                "state": state.value, "error_kind": error_kind, "error": error, "next_attempt_ms": None,
                "replaces": state is TransferState.FAILED,
            }  # fmt: skip
            if before is None:  # of a library that was put together again from its receipts
                named = {"id": uuid.uuid4().hex, "master_key": key, "place": receipt.place}
                queued = {"queued_ms": to_ms(receipt.verified_at), "remote_id": receipt.remote_id}
                connection.execute(insert(t.transfers).values(**named, **queued, **values))
            elif is_legal(TransferState(before), state):
                connection.execute(update(t.transfers).where(here).values(values))
            connection.execute(delete(t.links).where(t.links.c.master_key == key))

    # Links

    def link(self, master_id: str, place: str, life_s: int, good_until: datetime) -> Link | None:
        """The kept link of this life if it is still good then."""
        c = t.links.c
        master_key = select(_m.key).where(_m.id == master_id).scalar_subquery()
        here = and_(c.master_key == master_key, c.place == place, c.life_s == life_s)
        with self._database.session() as connection:
            row = connection.execute(
                select(c.url, c.expires_ms).where(here, c.expires_ms > to_ms(good_until))
            ).one_or_none()
        return None if row is None else Link(row[0], from_ms(row[1]))

    def keep_link(self, master_id: str, place: str, life_s: int, link: Link) -> None:
        """Keep a link until it expires; the one before, and all that have expired, are forgotten."""
        c = t.links.c
        with self._database.session(write=True) as connection:
            key = connection.scalar(select(_m.key).where(_m.id == master_id))
            here = and_(c.master_key == key, c.place == place, c.life_s == life_s)
            connection.execute(delete(t.links).where(or_(here, c.expires_ms < to_ms(datetime.now(UTC)))))
            connection.execute(
                insert(t.links).values(
                    master_key=key,
                    place=place,
                    life_s=life_s,
                    url=link.url,
                    expires_ms=to_ms(link.expires_at),
                )
            )

    # Removals

    def ask_removal(self, place: str, remote_id: str, session: UploadSession | None = None) -> None:
        """Have a cloud copy, or an unfinished upload, removed when the provider can next be asked."""
        with self._database.session(write=True) as connection:
            ask_removal(connection, place, remote_id, session.id if session else "")

    def give_up_session(self, transfer: Transfer) -> bool:
        """Have the unfinished upload of an entry given up there.

        False when it has none, or when somebody has gone on with it.
        """
        if not transfer.session.id:
            return False
        c = t.transfers.c
        same = and_(c.id == transfer.id, c.state == transfer.state.value, c.session == transfer.session.id)
        none = {"session": "", "chunk_bytes": 0, "acknowledged_bytes": 0, "bytes_sent": 0}
        with self._database.session(write=True) as connection:
            if not connection.execute(update(t.transfers).where(same).values(none)).rowcount:
                return False
            ask_removal(connection, transfer.place, transfer.remote_id, transfer.session.id)
            return True

    def removals(self, place: str, limit: int, *, sessions: bool) -> tuple[Removal, ...]:
        """What is to be removed at a place and may be tried now."""
        c = t.removals.c
        now = to_ms(datetime.now(UTC))
        # One further away than any wait comes from a clock that was wrong.
        longest_ms = round(LONGEST_WAIT.total_seconds() * 1000)
        may_be_tried = or_(c.next_attempt_ms <= now, c.next_attempt_ms > now + longest_ms)
        kind = c.session != "" if sessions else and_(c.session == "", ~_is_wanted())
        with self._database.session() as connection:
            rows = connection.execute(
                select(c.key, c.place, c.remote_id, c.session, c.attempts)
                .where(c.place == place, may_be_tried, kind)
                .order_by(c.key)
                .limit(limit)
            )
            return tuple(Removal(*row) for row in rows)

    def removed(self, removals: Sequence[Removal]) -> None:
        """Enter that these are gone."""
        with self._database.session(write=True) as connection:
            connection.execute(delete(t.removals).where(t.removals.c.key.in_([r.key for r in removals])))

    def not_removed(self, removal: Removal, wait: timedelta) -> None:
        """Enter that the provider did not remove it; it is asked again after ``wait``."""
        c = t.removals.c
        due = to_ms(datetime.now(UTC) + wait)
        with self._database.session(write=True) as connection:
            connection.execute(
                update(t.removals)
                .where(c.key == removal.key)
                .values(attempts=removal.attempts + 1, next_attempt_ms=due)
            )

    def _receipts(self, where: Sequence[Any], limit: int) -> tuple[Receipt, ...]:
        with self._database.session() as connection:
            rows = connection.execute(_SELECT.where(*where).order_by(_p.verified_ms.desc()).limit(limit))
            return tuple(_readable(rows.mappings()))


def _is_still(receipt: Receipt) -> Any:
    """The row of exactly this receipt."""
    master_key = select(_m.key).where(_m.id == receipt.master_id).scalar_subquery()
    return and_(
        _p.master_key == master_key, _p.place == receipt.place,
        _p.verified_ms == to_ms(receipt.verified_at),
    )  # fmt: skip


def _is_wanted() -> Any:
    """Removals that came too late: the copy has a receipt, or is on its way, again."""
    c, entries = t.removals.c, t.transfers.c
    proved = exists().where(_p.place == c.place, _p.remote_id == c.remote_id)
    coming = exists().where(
        entries.place == c.place, entries.remote_id == c.remote_id,
        entries.state != TransferState.CANCELLED.value,
    )  # fmt: skip
    return or_(proved, coming)


def ask_removals_of(connection: Connection, master_keys: Sequence[int], *, finished: bool) -> None:
    """Have the unfinished uploads of masters removed that are about to be forgotten, and all finished copies,
    too, if they are not to stay.
    """
    t_ = t.transfers.c
    receipts = select(_p.place, _p.remote_id).where(_p.master_key.in_(master_keys))
    for place, remote_id in connection.execute(receipts).all() if finished else ():
        ask_removal(connection, place, remote_id, "")
    unfinished = select(t_.place, t_.remote_id, t_.session).where(
        t_.master_key.in_(master_keys), t_.remote_id != "", t_.state != TransferState.BACKED_UP.value
    )
    for place, remote_id, session in connection.execute(unfinished).all():
        if finished:
            ask_removal(connection, place, remote_id, "")  # its last answer may have been lost
        if session:
            ask_removal(connection, place, remote_id, session)


def ask_removal(connection: Connection, place: str, remote_id: str, session: str = "") -> None:
    """Have a copy, or an unfinished upload when ``session`` is not empty, removed at its place."""
    now = to_ms(datetime.now(UTC))
    connection.execute(
        insert(t.removals).values(place=place, remote_id=remote_id, session=session, asked_ms=now)
    )


_SELECT = select(t.receipts, _m.id.label("master_id")).join(t.masters, _m.key == _p.master_key)


def _has_live_recording() -> Any:
    links, r = t.recording_masters.c, t.recordings.c
    return exists().where(links.master_key == _m.key, r.key == links.recording_key, r.trashed_ms.is_(None))


def _readable(rows: Iterable[Any]) -> Iterator[Receipt]:
    """The receipts in rows; one with a value that cannot be right is passed over and proves nothing."""
    for row in rows:
        try:
            receipt = _receipt(row)
        except (ValueError, TypeError, OverflowError) as error:
            _log.error("the receipt of %s cannot be read: %s", row["master_id"], error)
        else:
            yield receipt


def _receipt(row: Any) -> Receipt:
    return Receipt(
        master_id=row["master_id"],
        place=row["place"],
        remote_id=row["remote_id"],
        send_as=row["send_as"],
        size_bytes=row["size_bytes"],
        md5=row["md5"],
        sha256=row["sha256"],
        digest=Digest(DigestScheme(row["digest_scheme"]), row["digest"], row["digest_part_bytes"]),
        etag=row["etag"],
        lossless=row["lossless"],
        verified_at=from_ms(row["verified_ms"]),
    )
