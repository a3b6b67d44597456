"""What part of the library to show, and the shape of the answer."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState
from voice_recorder.domain.words import tr

NO_FOLDER = ""
"""As the folder of a query: recordings that are in none. No folder has this name."""


class Shelf(StrEnum):
    """The great divisions of the library, as the sidebar shows them."""

    ALL = "all"
    FAVOURITES = "favourites"
    NOT_BACKED_UP = "not_backed_up"
    ARCHIVE = "archive"
    TRASH = "trash"


class Sort(StrEnum):
    """In what order recordings are shown."""

    NEWEST = "newest"
    OLDEST = "oldest"
    TITLE = "title"
    LONGEST = "longest"
    SHORTEST = "shortest"

    @property
    def by_day(self) -> bool:
        """Whether the recordings of a day stand together."""
        return self in (Sort.NEWEST, Sort.OLDEST)


@dataclass(frozen=True)
class LibraryQuery:
    """A shelf, narrowed by all that is given.

    Recordings have all of ``tags`` and are in ``folder`` (NO_FOLDER: in none); upper and lower case are the
    same. They were made on the local days ``made_from`` to ``made_until``, both included. Lengths are as
    heard. ``edited`` is whether an edit list is heard in place of the masters. A state looks on every shelf.
    """

    shelf: Shelf = Shelf.ALL
    search: str = ""
    state: RecordingState | None = None
    sort: Sort = Sort.NEWEST
    tags: tuple[str, ...] = ()
    folder: str | None = None
    made_from: date | None = None
    made_until: date | None = None
    longer_than_s: float | None = None
    shorter_than_s: float | None = None
    edited: bool | None = None
    favourites: bool = False


@dataclass(frozen=True)
class Page:
    """Some recordings, in the order of the query, and how many there are in all."""

    recordings: tuple[Recording, ...]
    total: int


@dataclass(frozen=True)
class DayCount:
    """How many recordings of a query were made on a local day (``YYYY-MM-DD``).

    The day is empty for recordings that are not sorted by day.
    """

    day: str
    count: int


@dataclass(frozen=True)
class NameCount:
    """How many recordings a tag or a folder has, without the archive and the trash."""

    name: str
    count: int


class QueryRefused(VoiceRecorderError):
    """A stored search that says nothing this program understands."""


@dataclass(frozen=True)
class SavedSearch:
    """A query that was given a name; ``error`` says why when it cannot be read."""

    name: str
    query: LibraryQuery | None
    error: QueryRefused | None = None


def query_document(query: LibraryQuery) -> dict[str, Any]:
    """A query as JSON has it: only what differs from a plain one. ``query_from`` reads it."""
    document: dict[str, Any] = {}
    for field in fields(query):
        value = getattr(query, field.name)
        if value != field.default:
            document[field.name] = value.isoformat() if isinstance(value, date) else value
    return document


def query_from(document: Any) -> LibraryQuery:
    """The query in what JSON has; keys of a newer program are passed over. QueryRefused for nonsense."""
    if not isinstance(document, dict):
        raise _refused(document)
    known = {name: document[name] for name in _READERS if name in document}
    try:
        return LibraryQuery(**{name: _READERS[name](value) for name, value in known.items()})
    except (ValueError, TypeError) as error:
        raise _refused(known) from error


def _refused(found: Any) -> QueryRefused:
    return QueryRefused(
        tr("The search cannot be read: {found}.", found=repr(str(found)[:100])),
        tr("No recording was touched; save it again."),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError(value)
    return tuple(map(_text, value))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError(value)
    return value


def _seconds(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise TypeError(value)
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "shelf": Shelf, "search": _text, "state": RecordingState, "sort": Sort, "tags": _texts, "folder": _text,
    "made_from": date.fromisoformat, "made_until": date.fromisoformat,
    "longer_than_s": _seconds, "shorter_than_s": _seconds, "edited": _flag, "favourites": _flag,
}  # fmt: skip
