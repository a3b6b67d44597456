"""Changes of many recordings at once: all their rows in one transaction, and a report for each of them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, insert, or_, select, update

from voice_recorder.domain.errors import NotFound, StorageError
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.keys import keys_of, now_ms, remember, touch
from voice_recorder.storage.named_rows import key_named, named
from voice_recorder.storage.rows import from_ms, in_parts, to_ms

_r = t.recordings.c
_tagged = t.recording_tags.c
_links = t.recording_masters.c
_others = t.recordings.alias().c
_other_links = t.recording_masters.alias().c
_m = t.masters.c
_IDS_AT_ONCE = {"yield_per": 500}


@dataclass(frozen=True)
class Moved:
    """What became of each of many.

    ``before`` says of those that changed, by whole id, since when they had been in the trash; ``whole`` has
    the whole ids of what was asked for.
    """

    results: list[ItemResult]
    before: Mapping[str, datetime | None]
    whole: Mapping[str, str]


@dataclass(frozen=True)
class Files:
    """The names of files that belong together, and whether that is in the trash."""

    recording_id: str
    in_trash: bool
    names: tuple[str, ...]


class Batches:
    """Each method is one transaction: all that can be changed is changed, or nothing.

    Ids may be beginnings of ids. What is so already counts as done; an unknown id is reported and keeps
    no other from being changed.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def tag(self, ids: Sequence[str], name: str) -> list[ItemResult]:
        """Give recordings the tag called ``name``, made when there is none."""

        def change(connection: Connection, ids_by_key: Mapping[int, str]) -> None:
            key = named(connection, t.tags, name)
            has_it = select(_tagged.recording_key).where(_tagged.tag_key == key)
            new = _where_not(connection, ids_by_key, _r.key.in_(has_it))
            rows = [{"recording_key": recording, "tag_key": key} for recording in new]
            if rows:
                connection.execute(insert(t.recording_tags), rows)
                _note(connection, new, "tagged", name)

        return self._change(ids, change)

    def untag(self, ids: Sequence[str], name: str) -> list[ItemResult]:
        """Take the tag called ``name`` away from recordings."""

        def change(connection: Connection, ids_by_key: Mapping[int, str]) -> None:
            key = key_named(connection, t.tags, name)
            has_it = select(_tagged.recording_key).where(_tagged.tag_key == key)
            old = _where_not(connection, ids_by_key, _r.key.not_in(has_it))
            for part in in_parts(list(old)):
                mine = and_(_tagged.recording_key.in_(part), _tagged.tag_key == key)
                connection.execute(delete(t.recording_tags).where(mine))
            _note(connection, old, "untagged", name)

        return self._change(ids, change)

    def move(self, ids: Sequence[str], folder: str | None) -> list[ItemResult]:
        """Move recordings to a folder, made when there is none; None: out of any."""

        def change(connection: Connection, ids_by_key: Mapping[int, str]) -> None:
            key = None if folder is None else named(connection, t.folders, folder)
            moving = _where_not(connection, ids_by_key, _r.folder_key.is_not_distinct_from(key))
            happened = "moved" if folder else "taken out of its folder"
            _note(connection, moving, happened, folder or "", folder_key=key)

        return self._change(ids, change)

    def set_favourite(self, ids: Sequence[str], favourite: bool) -> list[ItemResult]:
        """Mark recordings as favourites, or no longer."""
        return self._set(ids, "favourite", favourite, "favourite" if favourite else "no favourite")

    def set_archived(self, ids: Sequence[str], archived: bool) -> list[ItemResult]:
        """Take recordings out of the main list, or back into it."""
        return self._set(ids, "archived", archived, "archived" if archived else "unarchived")

    def _set(self, ids: Sequence[str], name: str, value: bool, happened: str) -> list[ItemResult]:
        def change(connection: Connection, ids_by_key: Mapping[int, str]) -> None:
            changing = _where_not(connection, ids_by_key, _r[name].is_(value))
            _note(connection, changing, happened, "", **{name: value})

        return self._change(ids, change)

    def set_trashed(self, ids: Sequence[str], at: datetime | None) -> Moved:
        """Enter that recordings are in the trash since ``at``, or no longer; running takes stay."""
        with self._database.session(write=True) as connection:
            keys = keys_of(connection, ids)
            ids_by_key = _ids_by_key(connection, keys)
            running = set() if at is None else _running(connection, list(ids_by_key))
            there = _r.trashed_ms.is_not(None)
            changing = _where_not(connection, ids_by_key, ~there if at is None else there)
            changing = {key: id_ for key, id_ in changing.items() if key not in running}
            before = _trashed_at(connection, changing)
            if at is not None:
                _forget_links(connection, list(changing))
            trashed_ms = None if at is None else to_ms(at)
            _note(connection, changing, "restored" if at is None else "deleted", "", trashed_ms=trashed_ms)
            return Moved(
                [_result(given, keys[given], running) for given in ids],
                before,
                {given: ids_by_key[key] for given, key in keys.items() if isinstance(key, int)},
            )

    def put_back(self, trashed_at: Mapping[str, datetime | None], why: str) -> None:
        """Enter for recordings whose files could not be moved when they had been put into the trash."""
        with self._database.session(write=True) as connection:
            for recording_id, at in trashed_at.items():
                trashed_ms = None if at is None else to_ms(at)
                mine = _r.id == recording_id
                connection.execute(
                    update(t.recordings).where(mine).values(trashed_ms=trashed_ms, updated_ms=now_ms())
                )
            remember(connection, trashed_at, why)

    def files(self, ids: Sequence[str]) -> list[Files]:
        """The finished files that belong where recordings are, by whole ids, but for those that are gone.

        A master that recordings share is in the trash when all of them are.
        """
        needed = exists().where(
            _other_links.master_key == _m.key,
            _others.key == _other_links.recording_key,
            _others.trashed_ms.is_(None),
        )
        finished = and_(_m.state != MasterState.RECORDING.value, or_(_r.trashed_ms.is_(None), ~needed))
        found: dict[str, bool] = {}
        names: defaultdict[str, list[str]] = defaultdict(list)
        with self._database.session() as connection:
            for part in in_parts(ids):
                rows = select(_r.id, _r.trashed_ms).where(_r.id.in_(part))
                found.update((id_, at is not None) for id_, at in connection.execute(rows))
                owned = (
                    select(_r.id, _m.name)
                    .join(t.recording_masters, _links.recording_key == _r.key)
                    .join(t.masters, _m.key == _links.master_key)
                    .where(_r.id.in_(part), finished)
                    .order_by(_r.key, _links.position)
                )
                for id_, name in connection.execute(owned):
                    names[id_].append(name)
        return [Files(id_, found[id_], tuple(names[id_])) for id_ in ids if id_ in found]

    def names_in_trash(self) -> dict[str, str]:
        """The file names of all masters of what is in the trash, each with the id of its recording."""
        rows = (
            select(_m.name, _r.id)
            .join(t.recording_masters, _links.master_key == _m.key)
            .join(t.recordings, _r.key == _links.recording_key)
            .where(_r.trashed_ms.is_not(None))
        )
        with self._database.session() as connection:
            return {row.name: row.id for row in connection.execute(rows, execution_options=_IDS_AT_ONCE)}

    def owners_outside_trash(self, names: Sequence[str]) -> list[str]:
        """The ids of recordings that are not in the trash and have one of these files."""
        ids: dict[str, None] = {}
        with self._database.session() as connection:
            for part in in_parts(names):
                rows = (
                    select(_r.id)
                    .join(t.recording_masters, _links.recording_key == _r.key)
                    .join(t.masters, _m.key == _links.master_key)
                    .where(_m.name.in_(part), _r.trashed_ms.is_(None))
                )
                ids.update(dict.fromkeys(connection.scalars(rows)))
        return list(ids)

    def _change(
        self, ids: Sequence[str], change: Callable[[Connection, Mapping[int, str]], None]
    ) -> list[ItemResult]:
        with self._database.session(write=True) as connection:
            keys = keys_of(connection, ids)
            ids_by_key = _ids_by_key(connection, keys)
            if ids_by_key:
                change(connection, ids_by_key)
            return [_result(given, keys[given]) for given in ids]


def _result(given: str, key: int | NotFound, running: Set[int] = frozenset()) -> ItemResult:
    if isinstance(key, NotFound):
        return ItemResult(given, False, key)
    if key in running:
        error = StorageError(tr("The recording is still running."), tr("Stop it before you delete it."))
        return ItemResult(given, False, error)
    return ItemResult(given, True)


def _ids_by_key(connection: Connection, keys: Mapping[str, int | NotFound]) -> dict[int, str]:
    """The whole ids: what was given may be their beginnings."""
    found = list(dict.fromkeys(key for key in keys.values() if isinstance(key, int)))
    ids: dict[int, str] = {}
    for part in in_parts(found):
        rows = connection.execute(select(_r.key, _r.id).where(_r.key.in_(part)))
        ids.update((row.key, row.id) for row in rows)
    return {key: ids[key] for key in found}


def _where_not(connection: Connection, ids_by_key: Mapping[int, str], so: Any) -> dict[int, str]:
    """Those of which ``so`` does not hold yet."""
    keys: list[int] = []
    for part in in_parts(list(ids_by_key)):
        keys.extend(connection.scalars(select(_r.key).where(_r.key.in_(part), ~so)))
    return {key: ids_by_key[key] for key in keys}


def _note(
    connection: Connection, ids_by_key: Mapping[int, str], happened: str, detail: str, **values: Any
) -> None:
    touch(connection, list(ids_by_key), **values)
    remember(connection, ids_by_key.values(), happened, detail)


def _running(connection: Connection, keys: Sequence[int]) -> set[int]:
    running: set[int] = set()
    for part in in_parts(keys):
        rows = select(_links.recording_key).join(t.masters, _m.key == _links.master_key)
        mine = and_(_links.recording_key.in_(part), _m.state == MasterState.RECORDING.value)
        running.update(connection.scalars(rows.where(mine)))
    return running


def _trashed_at(connection: Connection, ids_by_key: Mapping[int, str]) -> dict[str, datetime | None]:
    found: dict[str, datetime | None] = {}
    for part in in_parts(list(ids_by_key)):
        for id_, at in connection.execute(select(_r.id, _r.trashed_ms).where(_r.key.in_(part))):
            found[id_] = None if at is None else from_ms(at)
    return found


def _forget_links(connection: Connection, keys: Sequence[int]) -> None:
    for part in in_parts(keys):
        own = select(_links.master_key).where(_links.recording_key.in_(part))
        connection.execute(delete(t.links).where(t.links.c.master_key.in_(own)))
