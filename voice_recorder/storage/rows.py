"""Between rows and recordings: reads and enters whole recordings with all their parts."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, delete, insert, select

from voice_recorder.domain.errors import LibraryDamaged
from voice_recorder.domain.recording import Health, Master, Recording, Segment, TakeEvent, TakeEventKind
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import OFF, SyncState, SyncStatus, TransferState, together
from voice_recorder.domain.words import tr
from voice_recorder.storage import schema as t
from voice_recorder.storage.named_rows import insert_row, named
from voice_recorder.storage.segments import read_segments, replace_segments

_T = TypeVar("_T")
_KEYS_AT_ONCE = 500  # SQLite limits the variables of a statement


def to_ms(at: datetime) -> int:
    """Milliseconds since 1970 in UTC."""
    return round(at.timestamp() * 1000)


def from_ms(ms: int) -> datetime:
    """The moment in UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC)


def in_parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    """``values`` in parts that fit into a statement."""
    return (values[at : at + _KEYS_AT_ONCE] for at in range(0, len(values), _KEYS_AT_ONCE))


def read_recordings(connection: Connection, keys: Sequence[int], place: str) -> tuple[Recording, ...]:
    """The recordings with these keys, in their order, with their backup at ``place`` (empty: none)."""
    try:
        return tuple(_in_parts(connection, keys, place))
    except (ValueError, TypeError, OverflowError) as error:
        raise LibraryDamaged(
            tr("The library holds a value that cannot be right: {reason}.", reason=error),
            tr(
                "It was left as it is and the recordings are untouched; 'voice-recorder backup"
                " list' shows the copies you can go back to, and 'voice-recorder rebuild' makes a"
                " new library from the recordings alone."
            ),
        ) from error


def _in_parts(connection: Connection, keys: Sequence[int], place: str) -> Iterator[Recording]:
    for part in in_parts(keys):
        yield from _read_some(connection, part, place)


def _read_some(connection: Connection, keys: Sequence[int], place: str) -> tuple[Recording, ...]:
    rows = connection.execute(
        select(t.recordings, t.folders.c.name.label("folder"))
        .outerjoin(t.folders, t.recordings.c.folder_key == t.folders.c.key)
        .where(t.recordings.c.key.in_(keys))
    ).mappings()
    by_key = {row["key"]: row for row in rows}
    masters = _read_masters(connection, keys)
    segments = read_segments(connection, keys)
    tags = _read_tags(connection, keys)
    statuses = _read_statuses(connection, keys, place) if place else {}
    return tuple(
        _recording(
            by_key[key], tuple(masters[key]), tuple(segments[key]), tuple(tags[key]), statuses.get(key, OFF)
        )
        for key in keys
        if key in by_key
    )


def master_values(master: Master) -> dict[str, Any]:
    """The columns of a master."""
    return {
        "id": master.id, "name": master.name, "state": master.state.value,
        "created_ms": to_ms(master.created_at), "frames": master.frames,
        "sample_rate_hz": master.sample_rate_hz, "channels": master.channels,
        "bit_depth": master.bit_depth, "format": master.format, "codec": master.codec,
        "bitrate_bps": master.bitrate_bps, "mime_type": master.mime_type,
        "size_bytes": master.size_bytes, "sha256": master.sha256,
        "samples_sha256": master.samples_sha256, "overview": master.overview,
        **health_values(master.health),
    }  # fmt: skip


def health_values(health: Health) -> dict[str, Any]:
    """The columns of a master's health."""
    return {
        "dropped_samples": health.dropped_samples, "clipped_share": health.clipped_share,
        "silent_share": health.silent_share, "peak_dbfs": health.peak_dbfs,
    }  # fmt: skip


def insert_recording(connection: Connection, recording: Recording) -> int:
    """Enter a recording with its masters, edit list, tags and folder; its key."""
    trashed_at = recording.trashed_at
    key = insert_row(
        connection,
        t.recordings,
        id=recording.id,
        title=recording.title,
        notes=recording.notes,
        created_ms=to_ms(recording.created_at),
        updated_ms=to_ms(recording.updated_at),
        utc_offset_min=recording.utc_offset_min,
        local_day=f"{recording.local_time:%Y-%m-%d}",
        folder_key=named(connection, t.folders, recording.folder) if recording.folder else None,
        favourite=recording.favourite,
        archived=recording.archived,
        recovered=recording.recovered,
        trashed_ms=None if trashed_at is None else to_ms(trashed_at),
    )
    keys: dict[str, int] = {}
    for position, master in enumerate(recording.masters):
        keys[master.id] = _master_key(connection, master)
        link = {"recording_key": key, "position": position, "master_key": keys[master.id]}
        connection.execute(insert(t.recording_masters).values(link))
    replace_segments(connection, key, recording.edit_list, keys)
    for tag_key in {named(connection, t.tags, tag) for tag in recording.tags}:
        connection.execute(insert(t.recording_tags).values(recording_key=key, tag_key=tag_key))
    return key


def _master_key(connection: Connection, master: Master) -> int:
    """The key of a master, entered unless it is there already: recordings that were split share theirs."""
    key: int | None = connection.scalar(select(t.masters.c.key).where(t.masters.c.id == master.id))
    if key is None:
        key = insert_row(connection, t.masters, **master_values(master))
        replace_events(connection, key, master.events)
    return key


def replace_events(connection: Connection, master_key: int, events: Iterable[TakeEvent]) -> None:
    """Let a master have these events and no others."""
    connection.execute(delete(t.take_events).where(t.take_events.c.master_key == master_key))
    rows = [
        {
            "master_key": master_key, "kind": event.kind.value, "frame": event.frame,
            "length_frames": event.length_frames, "detail": event.detail,
        }
        for event in events
    ]  # fmt: skip
    if rows:
        connection.execute(insert(t.take_events), rows)


def _recording(
    row: RowMapping,
    masters: tuple[Master, ...],
    edits: tuple[Segment, ...],
    tags: tuple[str, ...],
    sync: SyncStatus,
) -> Recording:
    return Recording(
        id=row["id"],
        title=row["title"],
        created_at=from_ms(row["created_ms"]),
        updated_at=from_ms(row["updated_ms"]),
        utc_offset_min=row["utc_offset_min"],
        masters=masters,
        edit_list=edits,
        notes=row["notes"],
        tags=tags,
        folder=row["folder"],
        favourite=row["favourite"],
        archived=row["archived"],
        recovered=row["recovered"],
        trashed_at=None if row["trashed_ms"] is None else from_ms(row["trashed_ms"]),
        sync=sync,
    )


def _read_statuses(connection: Connection, keys: Sequence[int], place: str) -> Mapping[int, SyncStatus]:
    links, transfers, receipts = t.recording_masters.c, t.transfers.c, t.receipts.c
    rows = connection.execute(
        select(
            links.recording_key, t.masters.c.size_bytes, transfers.state, transfers.remote_id,
            transfers.queued_ms, transfers.bytes_sent, transfers.copy_bytes, transfers.attempts,
            transfers.next_attempt_ms, transfers.error_kind, transfers.error,
            receipts.verified_ms, receipts.size_bytes.label("proved_bytes"), receipts.lossless,
            receipts.remote_id.label("proved_id"),
        )
        .join(t.masters, t.masters.c.key == links.master_key)
        .outerjoin(t.transfers, (transfers.master_key == links.master_key) & (transfers.place == place))
        .outerjoin(t.receipts, (receipts.master_key == links.master_key) & (receipts.place == place))
        .where(links.recording_key.in_(keys))
        .order_by(links.recording_key, links.position)
    ).mappings()  # fmt: skip
    parts: defaultdict[int, list[SyncStatus]] = defaultdict(list)
    for row in rows:
        parts[row["recording_key"]].append(_status(row, place))
    return {key: together(found) for key, found in parts.items()}


def _status(row: RowMapping, place: str) -> SyncStatus:
    proved = row["verified_ms"] is not None
    state = row["state"] or (TransferState.BACKED_UP.value if proved else TransferState.CANCELLED.value)
    return SyncStatus(
        state=SyncState.OFF if state == TransferState.CANCELLED.value else SyncState(state),
        place=place,
        remote_id=row["proved_id"] or row["remote_id"] or None,
        queued_at=None if row["queued_ms"] is None else from_ms(row["queued_ms"]),
        bytes_sent=row["bytes_sent"],
        bytes_total=row["copy_bytes"],
        attempts=row["attempts"] or 0,
        next_attempt_at=None if row["next_attempt_ms"] is None else from_ms(row["next_attempt_ms"]),
        error_kind=row["error_kind"] or "",
        error=row["error"] or None,
        verified_at=from_ms(row["verified_ms"]) if proved else None,
        original_size_bytes=row["size_bytes"],
        compressed_size_bytes=row["proved_bytes"] if proved else row["copy_bytes"],
        lossless=bool(row["lossless"]),
    )


def _read_masters(connection: Connection, keys: Sequence[int]) -> Mapping[int, list[Master]]:
    links = t.recording_masters.c
    rows = (
        connection.execute(
            select(t.masters, links.recording_key)
            .join(t.recording_masters, links.master_key == t.masters.c.key)
            .where(links.recording_key.in_(keys))
            .order_by(links.recording_key, links.position)
        )
        .mappings()
        .all()
    )
    events = _read_events(connection, [row["key"] for row in rows])
    masters: defaultdict[int, list[Master]] = defaultdict(list)
    for row in rows:
        masters[row["recording_key"]].append(master_from(row, tuple(events[row["key"]])))
    return masters


def master_from(row: RowMapping, events: tuple[TakeEvent, ...] = ()) -> Master:
    """The master in a row of the table ``masters``."""
    return Master(
        id=row["id"],
        name=row["name"],
        state=MasterState(row["state"]),
        created_at=from_ms(row["created_ms"]),
        frames=row["frames"],
        sample_rate_hz=row["sample_rate_hz"],
        channels=row["channels"],
        bit_depth=row["bit_depth"],
        format=row["format"],
        codec=row["codec"],
        bitrate_bps=row["bitrate_bps"],
        mime_type=row["mime_type"],
        size_bytes=row["size_bytes"],
        sha256=row["sha256"],
        samples_sha256=row["samples_sha256"],
        health=Health(row["dropped_samples"], row["clipped_share"], row["silent_share"], row["peak_dbfs"]),
        events=events,
        overview=row["overview"] or b"",
    )


def _read_events(connection: Connection, master_keys: Sequence[int]) -> Mapping[int, list[TakeEvent]]:
    c = t.take_events.c
    rows = connection.execute(
        select(c.master_key, c.kind, c.frame, c.length_frames, c.detail)
        .where(c.master_key.in_(master_keys))
        .order_by(c.master_key, c.frame, c.key)
    )
    events: defaultdict[int, list[TakeEvent]] = defaultdict(list)
    for key, kind, frame, length, detail in rows:
        events[key].append(TakeEvent(TakeEventKind(kind), frame, length, detail))
    return events


def _read_tags(connection: Connection, keys: Sequence[int]) -> Mapping[int, list[str]]:
    c = t.recording_tags.c
    rows = connection.execute(
        select(c.recording_key, t.tags.c.name)
        .join(t.tags, t.tags.c.key == c.tag_key)
        .where(c.recording_key.in_(keys))
        .order_by(c.recording_key, t.tags.c.name)
    )
    tags: defaultdict[int, list[str]] = defaultdict(list)
    for key, name in rows:
        tags[key].append(name)
    return tags
