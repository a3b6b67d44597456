"""What a query of the library is in SQL."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    exists,
    false,
    literal_column,
    or_,
    select,
    text,
    true,
)

from voice_recorder.domain.library_query import NO_FOLDER, LibraryQuery, Shelf, Sort
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.storage import schema as t
from voice_recorder.storage.named_rows import key_named

_WORD = re.compile(r"[\w\u0300-\u036f]+")  # with combining marks: an accent may be a character of its own
_FAR_MS = 1e15
_r = t.recordings.c

# By the clock of the place, so that the days of a list are not torn apart by a journey.
_BY_DAY = (_r.local_day, _r.created_ms, _r.key)
_BY_LENGTH = (_r.duration_ms, _r.key)

ORDERS: Mapping[Sort, tuple[ColumnElement[Any], ...]] = {
    Sort.NEWEST: tuple(column.desc() for column in _BY_DAY),
    Sort.OLDEST: _BY_DAY,
    Sort.TITLE: (_r.title.collate("NOCASE"), _r.key),
    Sort.LONGEST: tuple(column.desc() for column in _BY_LENGTH),
    Sort.SHORTEST: _BY_LENGTH,
}
"""What to sort by; each has an index."""

# As literals, or SQLite does not see that a partial index fits.
_SHELVES = {
    Shelf.ALL: "recordings.archived = 0 AND recordings.trashed_ms IS NULL",
    Shelf.NOT_BACKED_UP: "recordings.trashed_ms IS NULL",
    Shelf.FAVOURITES: "recordings.favourite = 1 AND recordings.trashed_ms IS NULL",
    Shelf.ARCHIVE: "recordings.archived = 1 AND recordings.trashed_ms IS NULL",
    Shelf.TRASH: "recordings.trashed_ms IS NOT NULL",
}


def shelf_condition(shelf: Shelf, place: str = "") -> ColumnElement[bool]:
    """The recordings that stand on ``shelf``; ``place`` is where copies go."""
    if shelf is Shelf.NOT_BACKED_UP:
        return and_(_literally(_SHELVES[shelf]), _lacks_receipt(place))
    return _literally(_SHELVES[shelf])


def _lacks_receipt(place: str) -> ColumnElement[bool]:
    """Recordings with a finished master that has no receipt; none without a place."""
    if not place:
        return false()
    links, receipts, masters = t.recording_masters.c, t.receipts.c, t.masters.c
    has = exists().where(receipts.master_key == links.master_key, receipts.place == place)
    unfinished = exists().where(masters.key == links.master_key, masters.state == MasterState.RECORDING.value)
    return exists().where(links.recording_key == _r.key, ~has, ~unfinished)


def _literally(sql: str) -> ColumnElement[bool]:
    """``sql`` as it is: of a literal column of truth values SQLAlchemy would make ``= 1``, past any index."""
    return and_(text(sql), true())


def _shelf_of_found(shelf: Shelf) -> ColumnElement[bool]:
    """The same without an index, for a count of what words find: those rows are looked up, not all."""
    return _literally(_SHELVES[shelf].replace("recordings.", "+recordings."))


def counting_condition(connection: Connection, query: LibraryQuery, place: str) -> ColumnElement[bool]:
    """What ``condition`` says, in the words in which SQLite counts fastest."""
    words_alone = replace(query, search="", sort=Sort.NEWEST) == LibraryQuery(query.shelf)
    if not query.search.strip() or not words_alone or query.shelf is Shelf.NOT_BACKED_UP:
        return condition(connection, query, place)
    return and_(_shelf_of_found(query.shelf), _words(query.search))


def condition(connection: Connection, query: LibraryQuery, place: str) -> ColumnElement[bool]:
    """The recordings that ``query`` asks for, with copies at ``place``. A state looks on every shelf."""
    where = [_state(query.state) if query.state else shelf_condition(query.shelf, place)]
    if query.search.strip():
        where.append(_words(query.search))
    return and_(*where, *_labels(connection, query), *_qualities(query))


def _labels(connection: Connection, query: LibraryQuery) -> Iterator[ColumnElement[bool]]:
    """The tags and the folder, by the keys of their rows; nothing has one that is not there."""
    tagged = t.recording_tags.c
    for tag in query.tags:
        key = key_named(connection, t.tags, tag)
        yield (
            false() if key is None else _r.key.in_(select(tagged.recording_key).where(tagged.tag_key == key))
        )
    if query.folder == NO_FOLDER:
        yield _r.folder_key.is_(None)
    elif query.folder is not None:
        key = key_named(connection, t.folders, query.folder)
        yield false() if key is None else _r.folder_key == key


def _qualities(query: LibraryQuery) -> Iterator[ColumnElement[bool]]:
    """When it was made, how long it is, whether it was edited, whether it has a star."""
    if query.made_from:
        yield _r.local_day >= query.made_from.isoformat()
    if query.made_until:
        yield _r.local_day <= query.made_until.isoformat()
    if query.longer_than_s is not None:
        yield _r.duration_ms > _in_ms(query.longer_than_s)
    if query.shorter_than_s is not None:
        yield _r.duration_ms < _in_ms(query.shorter_than_s)
    if query.edited is not None:
        with_edits = select(t.segments.c.recording_key)
        yield _r.key.in_(with_edits) if query.edited else _r.key.not_in(with_edits)
    if query.favourites:
        yield _r.favourite.is_(True)


def _in_ms(seconds: float) -> float:
    """Milliseconds; lengths that no number of SQLite holds are as good as its greatest."""
    return max(-_FAR_MS, min(seconds * 1000, _FAR_MS))


def match_expression(search: str) -> str | None:
    """The FTS5 expression for what a person typed: every word, each as a beginning. None without a word."""
    words = dict.fromkeys(_WORD.findall(unicodedata.normalize("NFC", search)))
    return " ".join(f'"{word}"*' for word in words) or None


def _words(search: str) -> ColumnElement[bool]:
    expression = match_expression(search)
    if expression is None:
        return false()
    found: Select[Any] = select(literal_column("rowid")).select_from(text(t.SEARCH_TABLE))
    return _r.key.in_(found.where(text(f"{t.SEARCH_TABLE} MATCH :words").bindparams(words=expression)))


def _has_master(*states: MasterState) -> ColumnElement[bool]:
    links = t.recording_masters.c
    return exists().where(
        links.recording_key == _r.key,
        links.master_key == t.masters.c.key,
        t.masters.c.state.in_([s.value for s in states]),
    )


def _state(state: RecordingState) -> ColumnElement[bool]:
    if state is RecordingState.TRASHED:
        return shelf_condition(Shelf.TRASH)
    there = _r.trashed_ms.is_(None)
    if state is RecordingState.RECORDED:
        trouble = [s for s in MasterState if s is not MasterState.RECORDED]
        return and_(there, _has_master(MasterState.RECORDED), ~_has_master(*trouble))
    if state is RecordingState.CLOUD_ONLY:
        worse = _has_master(MasterState.RECORDING, MasterState.MISSING, MasterState.DAMAGED)
        return and_(there, _has_master(MasterState.FREED), ~worse)
    if state is RecordingState.MISSING:
        orphaned = ~exists().where(t.recording_masters.c.recording_key == _r.key)
        return and_(
            there, ~_has_master(MasterState.RECORDING), or_(_has_master(MasterState.MISSING), orphaned)
        )
    if state is RecordingState.DAMAGED:
        worse = _has_master(MasterState.RECORDING, MasterState.MISSING)
        return and_(there, _has_master(MasterState.DAMAGED), ~worse)
    return and_(there, _has_master(MasterState.RECORDING), true())
