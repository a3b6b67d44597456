"""The library: every question to the database and every change of it, each in a session of its own."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, exists, func, select, update

from voice_recorder.domain.errors import NotFound
from voice_recorder.domain.library_query import DayCount, LibraryQuery, Page, Shelf, Sort
from voice_recorder.domain.recording import HistoryEntry, Marker, Master, Recording
from voice_recorder.domain.states import MasterState, is_legal
from voice_recorder.domain.words import tr
from voice_recorder.storage import schema as t
from voice_recorder.storage.change_watch import ChangeWatch as ChangeWatch
from voice_recorder.storage.engine import Database
from voice_recorder.storage.keys import key_of, remember, touch
from voice_recorder.storage.marker_rows import replace_markers
from voice_recorder.storage.paths import StorageConfig, folders_left
from voice_recorder.storage.proofs import ask_removals_of
from voice_recorder.storage.rows import (
    from_ms,
    in_parts,
    insert_recording,
    master_from,
    master_values,
    read_recordings,
    replace_events,
    to_ms,
)
from voice_recorder.storage.search import ORDERS, condition, counting_condition, shelf_condition

_r = t.recordings.c
_m = t.masters.c
_links = t.recording_masters.c
_other_links = t.recording_masters.alias().c
# One fetch of 100,000 rows would hold Python's lock, and the window, for 0.1 s.
_IN_PARTS = {"yield_per": 500}


class Library:
    """Recordings, their masters, markers and history. Any thread may call any method."""

    def __init__(
        self, database: Database, config: StorageConfig, place: Callable[[], str] = lambda: ""
    ) -> None:
        """``place`` says where copies go now: recordings are read with their backup there."""
        self.database = database
        self._config = config
        self._place = place

    # Reading

    def page(self, query: LibraryQuery, limit: int, offset: int = 0) -> Page:
        """``limit`` recordings of ``query`` from ``offset``, in its order, and the number of all that fit."""
        place = self._place()
        with self.database.session() as connection:
            total = _count(connection, query, place)
            return Page(_rows(connection, query, place, limit, offset), total)

    def rows(self, query: LibraryQuery, limit: int, offset: int = 0) -> tuple[Recording, ...]:
        """The recordings of such a page, for who knows how many fit."""
        place = self._place()
        with self.database.session() as connection:
            return _rows(connection, query, place, limit, offset)

    def ids(self, query: LibraryQuery) -> list[str]:
        """The ids of all recordings of ``query``, in its order."""
        with self.database.session() as connection:
            where = condition(connection, query, self._place())
            found = select(_r.id).where(where).order_by(*ORDERS[query.sort])
            return list(connection.scalars(found, execution_options=_IN_PARTS))

    def days(self, query: LibraryQuery) -> tuple[DayCount, ...]:
        """How many recordings of ``query`` each local day has, in its order.

        When it does not sort by day, all recordings are of one day without a name.
        """
        place = self._place()
        with self.database.session() as connection:
            if not query.sort.by_day:
                total = _count(connection, query, place)
                return (DayCount("", total),) if total else ()
            rows = connection.execute(
                select(_r.local_day, func.count())
                .where(condition(connection, query, place))
                .group_by(_r.local_day)
                .order_by(ORDERS[query.sort][0])
            )
            return tuple(DayCount(day, count) for day, count in rows)

    def counts(self) -> dict[Shelf, int]:
        """How many recordings each shelf has."""
        place = self._place()
        with self.database.session() as connection:
            return {
                shelf: connection.scalar(
                    select(func.count()).select_from(t.recordings).where(shelf_condition(shelf, place))
                )
                or 0
                for shelf in Shelf
            }

    def get(self, recording_id: str) -> Recording:
        """One recording by its id or a beginning of it that fits no other; NotFound."""
        with self.database.session() as connection:
            return read_recordings(connection, [key_of(connection, recording_id)], self._place())[0]

    def markers(self, recording_id: str) -> tuple[Marker, ...]:
        """The markers of a recording, in their order."""
        c = t.markers.c
        here = and_(_links.recording_key == c.recording_key, _links.master_key == c.master_key)
        position = select(func.min(_links.position)).where(here).scalar_subquery()
        with self.database.session() as connection:
            rows = connection.execute(
                select(_m.id, c.frame, c.label)
                .join(t.masters, _m.key == c.master_key)
                .where(c.recording_key == key_of(connection, recording_id))
                .order_by(position, c.frame, c.key)
            )
            return tuple(Marker(*row) for row in rows)

    def history(self, recording_id: str) -> tuple[HistoryEntry, ...]:
        """What happened to a recording, oldest first; also of one that is gone."""
        c = t.history.c
        with self.database.session() as connection:
            rows = connection.execute(
                select(c.at_ms, c.kind, c.detail).where(c.recording_id == recording_id).order_by(c.key)
            )
            return tuple(HistoryEntry(from_ms(at), kind, detail) for at, kind, detail in rows)

    def in_state(self, state: MasterState) -> tuple[Recording, ...]:
        """The recordings with a master in ``state``, also those in the trash."""
        return self._with_masters(_m.state == state.value)

    def unproved(self) -> tuple[Recording, ...]:
        """The recordings with a finished master whose SHA-256 is still to be taken."""
        return self._with_masters(_m.sha256.is_(None), _m.state == MasterState.RECORDED.value)

    def with_sha256(self, sha256: str) -> Recording | None:
        """The oldest recording that has a master with this content."""
        found = self._with_masters(_m.sha256 == sha256)
        return found[0] if found else None

    def with_ids(self, ids: Sequence[str] | None) -> tuple[Recording, ...]:
        """These recordings, or all of them, the trash included; NotFound for an unknown one."""
        with self.database.session() as connection:
            if ids is None:
                keys = connection.scalars(select(_r.key).order_by(*ORDERS[Sort.NEWEST])).all()
            else:
                keys = [key_of(connection, recording_id) for recording_id in ids]
            return read_recordings(connection, keys, self._place())

    def with_masters_named(self, names: Iterable[str]) -> tuple[Recording, ...]:
        """The recordings that have a master with one of these file names."""
        with self.database.session() as connection:
            keys: dict[int, None] = {}
            for part in in_parts(list(names)):
                found = select(_links.recording_key).join(t.masters, _links.master_key == _m.key)
                keys.update(dict.fromkeys(connection.scalars(found.where(_m.name.in_(part)))))
            return read_recordings(connection, sorted(keys), self._place())

    def trashed_before(self, at: datetime) -> tuple[Recording, ...]:
        """What its owner put into the trash before ``at``."""
        return self._where(shelf_condition(Shelf.TRASH), _r.trashed_ms < to_ms(at))

    def made_before(self, at: datetime) -> tuple[Recording, ...]:
        """What was made before ``at``, is no favourite, not archived and not in the trash."""
        return self._where(shelf_condition(Shelf.ALL), _r.favourite.is_(False), _r.created_ms < to_ms(at))

    def masters_only_of(self, recording_id: str) -> tuple[Master, ...]:
        """The masters that no other recording needs."""
        with self.database.session() as connection:
            where = _only_of(key_of(connection, recording_id))
            rows = connection.execute(select(t.masters).where(where)).mappings()
            return tuple(master_from(row) for row in rows)

    def owners(self, master_id: str) -> tuple[Recording, ...]:
        """The recordings that have this master, those outside the trash first."""
        found = self._with_masters(_m.id == master_id)
        return tuple(sorted(found, key=lambda recording: recording.trashed_at is not None))

    def names_in_state(self, state: MasterState) -> list[str]:
        """The file names of the masters in ``state``."""
        with self.database.session() as connection:
            return list(connection.scalars(select(_m.name).where(_m.state == state.value)))

    def known_ids(self) -> set[str]:
        """The ids of all recordings."""
        with self.database.session() as connection:
            return set(connection.scalars(select(_r.id)))

    def known_names(self) -> set[str]:
        """The file names of all masters."""
        with self.database.session() as connection:
            return set(connection.scalars(select(_m.name), execution_options=_IN_PARTS))

    def known_digests(self) -> set[str]:
        """The SHA-256 of all masters."""
        with self.database.session() as connection:
            found = select(_m.sha256).where(_m.sha256.is_not(None))
            return set(connection.scalars(found, execution_options=_IN_PARTS))

    def totals(self) -> dict[str, int]:
        """Recordings, masters, bytes on this disk and frames-weighted seconds in the library."""
        here = case((_m.state == MasterState.FREED.value, 0), else_=_m.size_bytes)
        with self.database.session() as connection:
            recordings = connection.scalar(select(func.count()).select_from(t.recordings)) or 0
            row = connection.execute(
                select(func.count(), func.sum(here), func.sum(_m.frames / _m.sample_rate_hz))
            ).one()
            return {
                "recordings": recordings, "masters": row[0],
                "size_bytes": row[1] or 0, "duration_s": round(row[2] or 0),
            }  # fmt: skip

    def watch(self) -> ChangeWatch:
        """A cheap way to learn of changes."""
        return ChangeWatch(self.database.path)

    def path_of(self, master: Master) -> Path:
        """Where the file of ``master`` is: in the recordings folder, or in the trash.

        It may also be in the folder that the recordings are just leaving.
        """
        trashed = self._config.trash_path / master.name
        here = self._config.raw_recordings_path / master.name
        if trashed.exists() or here.exists():
            return trashed if trashed.exists() else here
        left = folders_left(self._config.home)
        behind = here if left is None else left[0] / master.name
        return behind if behind.exists() else here

    # Changing

    def add(self, recording: Recording, how: str, markers: Iterable[Marker] = ()) -> None:
        """Enter a recording with all its parts; ``how`` begins its history (started, imported)."""
        with self.database.session(write=True) as connection:
            key = insert_recording(connection, recording)
            replace_markers(connection, key, markers)
            remember(connection, [recording.id], how)

    def update_take(
        self,
        recording_id: str,
        master: Master,
        markers: Iterable[Marker],
        *,
        title: str | None = None,
        recovered: bool = False,
        happened: str | None = None,
    ) -> None:
        """Bring a take's row up to what is now known of it; ``happened`` enters its history.

        NotFound when the row is gone.
        """
        with self.database.session(write=True) as connection:
            row = connection.execute(select(t.masters).where(_m.id == master.id)).mappings().one_or_none()
            if row is None:
                raise NotFound(tr("The recording is no longer in the library."))
            _check_change(MasterState(row["state"]), master.state)
            key = key_of(connection, recording_id)
            values = master_values(master)
            connection.execute(update(t.masters).where(_m.id == master.id).values(values))
            replace_events(connection, row["key"], master.events)
            replace_markers(connection, key, markers)
            touch(connection, [key], recovered=recovered, **({} if title is None else {"title": title}))
            if happened:
                remember(connection, [recording_id], happened)

    def store_reading(self, recording_id: str, master: Master, happened: str, detail: str = "") -> None:
        """Store what reading a master's file has shown: its state, digest, length and overview.

        Nothing, when the recording was deleted for ever meanwhile.
        """
        with self.database.session(write=True) as connection:
            before = connection.scalar(select(_m.state).where(_m.id == master.id))
            if before is None:
                return
            _check_change(MasterState(before), master.state)
            connection.execute(update(t.masters).where(_m.id == master.id).values(master_values(master)))
            remember(connection, [recording_id], happened, detail)

    def rename(self, recording_id: str, title: str) -> Recording:
        """Give a recording another title."""
        return self._change(recording_id, "renamed", title, title=title)

    def set_notes(self, recording_id: str, notes: str) -> Recording:
        """Replace the notes of a recording."""
        return self._change(recording_id, "notes changed", "", notes=notes)

    def set_favourite(self, recording_id: str, favourite: bool) -> Recording:
        """Mark a recording as a favourite, or no longer."""
        return self._change(
            recording_id, "favourite" if favourite else "no favourite", "", favourite=favourite
        )

    def set_archived(self, recording_id: str, archived: bool) -> Recording:
        """Take a recording out of the main list, or back into it."""
        return self._change(recording_id, "archived" if archived else "unarchived", "", archived=archived)

    def set_trashed(self, recording_id: str, at: datetime | None) -> Recording:
        """Enter that a recording is in the trash since ``at``, or no longer."""
        trashed_ms = None if at is None else to_ms(at)
        if at is not None:
            self._forget_links(recording_id)
        return self._change(recording_id, "restored" if at is None else "deleted", "", trashed_ms=trashed_ms)

    def _forget_links(self, recording_id: str) -> None:
        with self.database.session(write=True) as connection:
            own = select(_links.master_key).where(_links.recording_key == key_of(connection, recording_id))
            connection.execute(delete(t.links).where(t.links.c.master_key.in_(own)))

    def count_trash_from(self, at: datetime) -> None:
        """Let all that is in the trash count as put there at ``at``."""
        with self.database.session(write=True) as connection:
            in_trash = _r.trashed_ms.is_not(None)
            connection.execute(update(t.recordings).where(in_trash).values(trashed_ms=to_ms(at)))

    def forget(self, recording_id: str, why: str, *, remove_copies: bool = False) -> None:
        """Remove a recording's row and the masters that only it has; its history stays.

        The providers will be asked to remove what was sent of an unfinished copy, and with ``remove_copies``
        their finished ones, too.
        """
        with self.database.session(write=True) as connection:
            key = key_of(connection, recording_id)
            own = connection.scalars(select(_m.key).where(_only_of(key))).all()
            ask_removals_of(connection, own, finished=remove_copies)
            connection.execute(delete(t.recordings).where(_r.key == key))
            connection.execute(delete(t.masters).where(_m.key.in_(own)))
            remember(connection, [recording_id], why)

    def remember(self, recording_id: str, kind: str, detail: str = "") -> None:
        """Enter something into a recording's history."""
        with self.database.session(write=True) as connection:
            remember(connection, [recording_id], kind, detail)

    def _change(self, recording_id: str, kind: str, detail: str, **values: Any) -> Recording:
        with self.database.session(write=True) as connection:
            key = key_of(connection, recording_id)
            touch(connection, [key], **values)
            recording = read_recordings(connection, [key], self._place())[0]
            remember(connection, [recording.id], kind, detail)
            return recording

    def _where(self, *conditions: Any) -> tuple[Recording, ...]:
        with self.database.session() as connection:
            keys = connection.scalars(select(_r.key).where(*conditions).order_by(_r.key)).all()
            return read_recordings(connection, keys, self._place())

    def _with_masters(self, *conditions: Any) -> tuple[Recording, ...]:
        with_them = (
            select(_links.recording_key).join(t.masters, _links.master_key == _m.key).where(*conditions)
        )
        return self._where(_r.key.in_(with_them))


def _rows(
    connection: Connection, query: LibraryQuery, place: str, limit: int, offset: int
) -> tuple[Recording, ...]:
    where = condition(connection, query, place)
    found = select(_r.key).where(where).order_by(*ORDERS[query.sort]).limit(limit).offset(offset)
    return read_recordings(connection, connection.scalars(found).all(), place)


def _count(connection: Connection, query: LibraryQuery, place: str) -> int:
    where = counting_condition(connection, query, place)
    return connection.scalar(select(func.count()).select_from(t.recordings).where(where)) or 0


def _only_of(recording_key: int) -> ColumnElement[bool]:
    own = select(_links.master_key).where(_links.recording_key == recording_key)
    is_shared = exists().where(_other_links.master_key == _m.key, _other_links.recording_key != recording_key)
    return and_(_m.key.in_(own), ~is_shared)


def _check_change(before: MasterState, after: MasterState) -> None:
    if not is_legal(before, after):
        raise ValueError(f"a master cannot go from {before} to {after}")
