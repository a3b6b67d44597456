"""What sidecars say, from and into the library's tables, and which of them are stale."""

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as insert_or

from voice_recorder.domain.edit_history import EditStep
from voice_recorder.domain.ports import Digest, DigestScheme
from voice_recorder.domain.recording import HistoryEntry, Marker
from voice_recorder.domain.transfers import Receipt
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.marker_rows import replace_markers
from voice_recorder.storage.rows import from_ms, insert_recording, read_recordings, to_ms
from voice_recorder.storage.segments import segments_from_json, segments_json
from voice_recorder.storage.sidecar import Described, Sidecar

_log = logging.getLogger(__name__)
_stale = t.stale_sidecars.c
_links = t.recording_masters.c
HISTORY_KEPT = 1000
"""Entries of a recording's history that a sidecar holds, the newest."""


class SidecarRows:
    """The library as sidecars have it. Any thread may call any method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count_stale(self) -> int:
        """How many recordings have changes that their sidecars do not say."""
        with self._database.session() as connection:
            return connection.scalar(select(func.count()).select_from(t.stale_sidecars)) or 0

    def stale(self, before: int | None, limit: int) -> list[int]:
        """Keys of such recordings, the newest first, from below ``before``."""
        where = [] if before is None else [_stale.recording_key < before]
        with self._database.session() as connection:
            query = select(_stale.recording_key).where(*where).order_by(_stale.recording_key.desc())
            return list(connection.scalars(query.limit(limit)))

    def contents(self, keys: Sequence[int]) -> dict[int, tuple[Sidecar, ...]]:
        """The sidecars of the masters of these recordings, as they should be now."""
        with self._database.session() as connection:
            return _contents(connection, keys)

    def settle(self, written: Mapping[int, Collection[Sidecar]]) -> set[int]:
        """Count recordings as described whose sidecars the library would write just so now; their keys.

        What changed since it was read stays stale.
        """
        with self._database.session(write=True) as connection:
            now = _contents(connection, list(written))
            same = {key for key, sidecars in written.items() if now.get(key) == tuple(sidecars)}
            connection.execute(delete(t.stale_sidecars).where(_stale.recording_key.in_(same)))
            return same

    def enter(self, found: Iterable[tuple[Described, Sequence[Receipt]]], how: str, detail: str) -> None:
        """Enter recordings that the library does not have, in one transaction.

        ``receipts`` are those of their masters; ``how`` and ``detail`` end their histories.
        """
        with self._database.session(write=True) as connection:
            for described, receipts in found:
                _enter(connection, described, receipts)
                last = HistoryEntry(datetime.now(UTC), how, detail)
                _enter_history(connection, described.recording.id, [*described.history, last])


def _contents(connection: Connection, keys: Sequence[int]) -> dict[int, tuple[Sidecar, ...]]:
    masters_of = _pairs(connection, _links.recording_key.in_(keys), by_master=False)
    master_keys = sorted({key for own in masters_of.values() for key in own})
    owners_of = _pairs(connection, _links.master_key.in_(master_keys), by_master=True)
    owners = sorted({key for own in owners_of.values() for key in own})
    described = _described(connection, owners)
    receipts = _receipts(connection, master_keys)
    by_id = {master.id: master for d in described.values() for master in d.recording.masters}
    ids = connection.execute(
        select(t.masters.c.key, t.masters.c.id).where(t.masters.c.key.in_(master_keys))
    ).all()
    sidecars = {
        key: Sidecar(
            by_id[master_id], receipts[master_id], tuple(described[owner] for owner in owners_of[key])
        )
        for key, master_id in ids
    }
    return {key: tuple(sidecars[master] for master in own) for key, own in masters_of.items()}


def _pairs(connection: Connection, where: Any, *, by_master: bool) -> dict[int, list[int]]:
    """Masters of recordings in their order, or recordings of masters; each once."""
    rows = connection.execute(
        select(_links.recording_key, _links.master_key)
        .where(where)
        .order_by(_links.recording_key, _links.position)
    )
    found: defaultdict[int, dict[int, None]] = defaultdict(dict)
    for recording, master in rows:
        one, other = (master, recording) if by_master else (recording, master)
        found[one][other] = None
    return {key: list(others) for key, others in found.items()}


def _described(connection: Connection, keys: Sequence[int]) -> dict[int, Described]:
    recordings = read_recordings(connection, keys, "")
    by_id = {recording.id: recording for recording in recordings}
    rows = connection.execute(
        select(t.recordings.c.key, t.recordings.c.id, t.recordings.c.edit_number).where(
            t.recordings.c.key.in_(keys)
        )
    ).all()
    markers, steps = _markers(connection, keys), _steps(connection, keys)
    history = _history(connection, list(by_id))
    return {
        key: Described(
            by_id[recording_id], tuple(markers[key]), history[recording_id], tuple(steps[key]), edit_number
        )
        for key, recording_id, edit_number in rows
    }


def _markers(connection: Connection, keys: Sequence[int]) -> Mapping[int, list[Marker]]:
    c = t.markers.c
    rows = connection.execute(
        select(c.recording_key, t.masters.c.id, c.frame, c.label)
        .join(t.masters, t.masters.c.key == c.master_key)
        .where(c.recording_key.in_(keys))
        .order_by(c.key)
    )
    markers: defaultdict[int, list[Marker]] = defaultdict(list)
    for key, *marker in rows:
        markers[key].append(Marker(*marker))
    return markers


def _steps(connection: Connection, keys: Sequence[int]) -> Mapping[int, list[tuple[int, EditStep]]]:
    c = t.edit_steps.c
    rows = connection.execute(
        select(c.recording_key, c.number, c.name, c.at_ms, c.segments)
        .where(c.recording_key.in_(keys))
        .order_by(c.recording_key, c.number)
    )
    steps: defaultdict[int, list[tuple[int, EditStep]]] = defaultdict(list)
    for key, number, name, at_ms, segments in rows:
        try:
            steps[key].append((number, EditStep(name, from_ms(at_ms), segments_from_json(segments))))
        except (ValueError, TypeError, OverflowError) as error:
            _log.error("step %s of the edits of recording %s cannot be read: %s", number, key, error)
    return steps


def _history(connection: Connection, ids: Sequence[str]) -> Mapping[str, tuple[HistoryEntry, ...]]:
    c = t.history.c
    rows = connection.execute(
        select(c.recording_id, c.at_ms, c.kind, c.detail).where(c.recording_id.in_(ids)).order_by(c.key)
    )
    entries: defaultdict[str, list[HistoryEntry]] = defaultdict(list)
    for recording_id, at_ms, kind, detail in rows:
        entries[recording_id].append(HistoryEntry(from_ms(at_ms), kind, detail))
    return {recording_id: tuple(entries[recording_id][-HISTORY_KEPT:]) for recording_id in ids}


def _receipts(connection: Connection, master_keys: Sequence[int]) -> Mapping[str, tuple[Receipt, ...]]:
    c = t.receipts.c
    rows = connection.execute(
        select(t.receipts, t.masters.c.id.label("master_id"))
        .join(t.masters, t.masters.c.key == c.master_key)
        .where(c.master_key.in_(master_keys))
        .order_by(c.master_key, c.place)
    ).mappings()
    found: defaultdict[str, tuple[Receipt, ...]] = defaultdict(tuple)
    for row in rows:
        try:
            found[row["master_id"]] += (_receipt_from(row),)
        except (ValueError, TypeError, OverflowError) as error:
            _log.error("the receipt of %s cannot be read: %s", row["master_id"], error)
    return found


def _receipt_from(row: RowMapping) -> Receipt:
    same = ("master_id", "place", "remote_id", "send_as", "size_bytes", "md5", "sha256", "etag", "lossless")
    digest = Digest(DigestScheme(row["digest_scheme"]), row["digest"], row["digest_part_bytes"])
    return Receipt(
        **{name: row[name] for name in same}, digest=digest, verified_at=from_ms(row["verified_ms"])
    )


def _enter(connection: Connection, described: Described, receipts: Sequence[Receipt]) -> None:
    recording = described.recording
    key = insert_recording(connection, recording)
    ids = [master.id for master in recording.masters]
    rows = connection.execute(select(t.masters.c.id, t.masters.c.key).where(t.masters.c.id.in_(ids)))
    keys: dict[str, int] = {row.id: row.key for row in rows}
    replace_markers(connection, key, described.markers)
    _insert_all(
        connection,
        t.edit_steps,
        [
            {
                "recording_key": key, "number": number, "name": step.name, "at_ms": to_ms(step.at),
                "segments": segments_json(step.segments),
            }
            for number, step in described.steps
        ],
    )  # fmt: skip
    if described.edit_number:
        this = update(t.recordings).where(t.recordings.c.key == key)
        connection.execute(this.values(edit_number=described.edit_number))
    for receipt in receipts:
        values = _receipt_values(receipt, keys[receipt.master_id])
        connection.execute(insert_or(t.receipts).values(values).on_conflict_do_nothing())


def _enter_history(connection: Connection, recording_id: str, entries: Iterable[HistoryEntry]) -> None:
    connection.execute(delete(t.history).where(t.history.c.recording_id == recording_id))
    _insert_all(
        connection,
        t.history,
        [
            {"recording_id": recording_id, "at_ms": to_ms(e.at), "kind": e.kind, "detail": e.detail}
            for e in entries
        ],
    )


def _insert_all(connection: Connection, table: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        connection.execute(insert(table), rows)


def _receipt_values(receipt: Receipt, master_key: int) -> dict[str, Any]:
    return {
        "master_key": master_key, "place": receipt.place, "remote_id": receipt.remote_id,
        "send_as": receipt.send_as, "size_bytes": receipt.size_bytes, "md5": receipt.md5,
        "sha256": receipt.sha256, "digest_scheme": receipt.digest.scheme.value,
        "digest": receipt.digest.value, "digest_part_bytes": receipt.digest.part_bytes,
        "etag": receipt.etag, "lossless": receipt.lossless, "verified_ms": to_ms(receipt.verified_at),
    }  # fmt: skip
