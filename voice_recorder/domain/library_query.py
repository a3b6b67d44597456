"""What part of the library to show, and the shape of the answer."""

from dataclasses import dataclass
from enum import StrEnum

from voice_recorder.domain.recording import Recording
from voice_recorder.domain.states import RecordingState


class Shelf(StrEnum):
    """The great divisions of the library, as the sidebar shows them."""

    ALL = "all"
    FAVOURITES = "favourites"
    NOT_BACKED_UP = "not_backed_up"
    ARCHIVE = "archive"
    TRASH = "trash"


@dataclass(frozen=True)
class LibraryQuery:
    """A shelf, narrowed by words and by state."""

    shelf: Shelf = Shelf.ALL
    search: str = ""
    state: RecordingState | None = None


@dataclass(frozen=True)
class Page:
    """Some recordings, newest first, and how many there are in all."""

    recordings: tuple[Recording, ...]
    total: int


@dataclass(frozen=True)
class DayCount:
    """How many recordings of a query were made on a local day (``YYYY-MM-DD``)."""

    day: str
    count: int
