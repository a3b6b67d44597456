"""What many recordings come to together, and what each of them had before a batch changed it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, case, func, select

from voice_recorder.domain.names import clean_name
from voice_recorder.storage import schema as t
from voice_recorder.storage.engine import Database
from voice_recorder.storage.named_rows import key_named, named
from voice_recorder.storage.rows import in_parts

_r = t.recordings.c
_m = t.masters.c
_links = t.recording_masters.c
_tagged = t.recording_tags.c


@dataclass(frozen=True)
class Totals:
    """Of some recordings: how many there are, their length as heard, the size of their masters, and marks."""

    recordings: int = 0
    duration_s: float = 0.0
    size_bytes: int = 0
    favourites: int = 0
    archived: int = 0
    trashed: int = 0


def totals(database: Database, ids: Sequence[str]) -> Totals:
    """What the recordings with these ids come to; unknown ids count for nothing."""
    sums = [0] * 5
    size_bytes = 0
    with database.session() as connection:
        for part in in_parts(ids):
            here = _r.id.in_(part)
            rows = select(
                func.count(),
                func.coalesce(func.sum(_r.duration_ms), 0),
                *(
                    func.count(case((so, 1)))
                    for so in (_r.favourite, _r.archived, _r.trashed_ms.is_not(None))
                ),
            ).where(here)
            sums = [a + b for a, b in zip(sums, connection.execute(rows).one(), strict=True)]
            sizes = (
                select(func.coalesce(func.sum(_m.size_bytes), 0))
                .select_from(t.recordings)
                .join(t.recording_masters, _links.recording_key == _r.key)
                .join(t.masters, _m.key == _links.master_key)
                .where(here)
            )
            size_bytes += connection.scalar(sizes) or 0
    count, duration_ms, favourites, archived, trashed = sums
    return Totals(count, duration_ms / 1000, size_bytes, favourites, archived, trashed)


def folders_of(database: Database, ids: Sequence[str]) -> dict[str, str | None]:
    """The folder of each of these recordings by its whole id; None for one that is in none."""
    name = t.folders.c.name
    rows = select(_r.id, name).outerjoin(t.folders, t.folders.c.key == _r.folder_key)
    return dict(_each(database, rows, ids))


def with_tag(database: Database, ids: Sequence[str], tag: str) -> set[str]:
    """Those of these recordings that have a tag, by their whole ids."""
    with database.session() as connection:
        key = key_named(connection, t.tags, tag)
    has_it = select(_tagged.recording_key).where(_tagged.tag_key == key)
    rows = select(_r.id, _r.key).where(_r.key.in_(has_it))
    return {recording_id for recording_id, _key in _each(database, rows, ids)}


def any_receipt(database: Database, ids: Sequence[str]) -> bool:
    """Whether any of these recordings has a proved copy in any cloud."""
    rows = (
        select(_r.id, _r.key)
        .join(t.recording_masters, _links.recording_key == _r.key)
        .join(t.receipts, t.receipts.c.master_key == _links.master_key)
        .limit(1)
    )
    return any(True for _row in _each(database, rows, ids))


def favourites(database: Database, ids: Sequence[str]) -> set[str]:
    """Those of these recordings that have a star."""
    rows = select(_r.id, _r.key).where(_r.favourite.is_(True))
    return {recording_id for recording_id, _key in _each(database, rows, ids)}


def archived(database: Database, ids: Sequence[str]) -> set[str]:
    """Those of these recordings that are in the archive."""
    rows = select(_r.id, _r.key).where(_r.archived.is_(True))
    return {recording_id for recording_id, _key in _each(database, rows, ids)}


def add_folder(database: Database, name: str) -> None:
    """Make an empty folder, unless there is one of that name. NameRefused."""
    clean = clean_name(name, "folder")
    with database.session(write=True) as connection:
        named(connection, t.folders, clean)


def _each(database: Database, rows: Select[Any], ids: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """The rows of these recordings."""
    with database.session() as connection:
        for part in in_parts(ids):
            yield from connection.execute(rows.where(_r.id.in_(part)))
