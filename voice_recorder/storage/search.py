"""What a query of the library is in SQL."""

import re
import unicodedata
from typing import Any

from sqlalchemy import (
    ColumnElement,
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

from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.storage import schema as t

_WORD = re.compile(r"[\w\u0300-\u036f]+")  # with combining marks: an accent may be a character of its own
_r = t.recordings.c

# Newest first by the clock of the place, so that the days of a list are not torn apart by a journey.
NEWEST_FIRST = (_r.local_day.desc(), _r.created_ms.desc(), _r.key.desc())

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


def counting_condition(query: LibraryQuery, place: str) -> ColumnElement[bool]:
    """What ``condition`` says, in the words in which SQLite counts fastest."""
    words = _words(query.search) if query.search.strip() and not query.state else None
    if words is None or query.shelf is Shelf.NOT_BACKED_UP:
        return condition(query, place)
    return and_(_shelf_of_found(query.shelf), words)


def condition(query: LibraryQuery, place: str) -> ColumnElement[bool]:
    """The recordings that ``query`` asks for, with copies at ``place``. A state looks on every shelf."""
    where = _state(query.state) if query.state else shelf_condition(query.shelf, place)
    return and_(where, _words(query.search)) if query.search.strip() else where


def match_expression(search: str) -> str | None:
    """The FTS5 expression for what a person typed: every word, each as a beginning. None without a word."""
    words = _WORD.findall(unicodedata.normalize("NFC", search))
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
