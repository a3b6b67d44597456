"""The list's rows: a heading per local day, and the recordings below it, read a page at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QByteArray,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from typing_extensions import override

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.library_query import DayCount, LibraryQuery, Shelf, Sort
from voice_recorder.domain.recording import Recording
from voice_recorder.ui import phrases
from voice_recorder.ui.badges import Badge, badge_of
from voice_recorder.ui.choosing import Landmarks, Run
from voice_recorder.ui.language import tr
from voice_recorder.ui.live_rows import LiveRows
from voice_recorder.ui.query_words import sort_heading
from voice_recorder.ui.roles import ROLE_NAMES, Role
from voice_recorder.ui.row_layout import Change, Rows, changes
from voice_recorder.workers.lane import Lane
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services

PAGE = 100
PAGES_KEPT = 60

Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True)
class Glimpse:
    """The library as one query sees it: its days, its counts, and the pages that are in view."""

    days: tuple[DayCount, ...]
    counts: dict[Shelf, int]
    pages: dict[int, tuple[Recording, ...]]


class RecordingsModel(QAbstractTableModel):
    """Rows of one query. All reading is done in ``lane``; answers to an older question are thrown away."""

    refreshed = Signal()
    counted = Signal(object)
    failed = Signal(object)
    headings_changed = Signal()

    def __init__(self, services: Services, lane: Lane) -> None:
        super().__init__()
        self._services = services
        self._lane = lane
        self._query = LibraryQuery()
        self._generation = 0
        self._rows = Rows()
        self._pages: OrderedDict[int, tuple[Recording, ...]] = OrderedDict()
        self._places: dict[str, tuple[int, int]] = {}  # page and place in it; may be of the library as it was
        self._wanted: frozenset[int] = frozenset()
        self._asked: set[int] = set()
        self._window = (0, 0)
        self._loaded_once = False
        self._refreshing = False
        self._refresh_again = False
        self._today = datetime.now().astimezone().date()
        self.following = False
        """Whether rows come and go because the library was read, and not by anybody's hand."""
        self.moved = False
        """Whether rows may have come, gone or moved when the library was last read."""
        self.live = LiveRows(services, lane, self, self)
        self.library_is_empty = True
        """Whether there was no recording on any shelf when the library was last read."""

    @property
    def query(self) -> LibraryQuery:
        """What is shown."""
        return self._query

    @property
    def ready(self) -> bool:
        """Whether the library has answered at least once for this query."""
        return self._loaded_once

    @property
    def total(self) -> int:
        """How many recordings the query has."""
        return self._rows.recordings

    def show_query(self, query: LibraryQuery) -> None:
        """Show another part of the library, from its top."""
        if query == self._query and self._loaded_once:
            return
        self._query = query
        self._window = (0, 20)
        self._loaded_once = False
        self._generation += 1
        self._refreshing = False
        self.refresh()

    def refresh(self) -> None:
        """Read days, counts and what is in view again; the rest is read when it comes into view."""
        if self._refreshing:
            self._refresh_again = True
            return
        self._refreshing = True
        generation, query = self._generation, self._query
        first, last = self._window
        pages = sorted(self._pages_of(first, last)) or [0]

        def work(cancel: threading.Event, _report: Progress) -> tuple[int, Glimpse | None]:
            if cancel.is_set() or generation != self._generation:
                return generation, None
            library = self._services.library
            read = {page: library.rows(query, PAGE, page * PAGE) for page in pages[:3]}
            return generation, Glimpse(tuple(library.days(query)), library.counts(), read)

        self._lane.post(work, self._on_glimpse, self._on_failed)

    def look_at(self, first_row: int, last_row: int) -> None:
        """Tell which rows are in view; the pages around them are fetched ahead of the scroll."""
        if not self._loaded_once:
            return  # the rows are still those of another query
        self._window = (first_row, last_row)
        ahead = max(PAGE, last_row - first_row)
        wanted = self._pages_of(first_row - ahead, last_row + ahead)
        self._wanted = frozenset(wanted)
        near = self._pages_of(first_row, last_row)
        for page in sorted(wanted, key=lambda p: (p not in near, p)):
            if page not in self._pages and page not in self._asked:
                self._fetch(page)

    def recording(self, row: int) -> Recording | None:
        """The recording of a row; None for a heading and for one not read yet."""
        offset = self._rows.offset(row)
        if offset is None:
            return None
        page = self._pages.get(offset // PAGE)
        return page[offset % PAGE] if page is not None and offset % PAGE < len(page) else None

    def row_of(self, recording_id: str) -> int | None:
        """The row of a recording among those that have been read."""
        found = self._place_of(recording_id)
        return None if found is None else self.row_at(found[0] * PAGE + found[1])

    def runs(self, rows: Iterable[tuple[int, int]]) -> list[Run]:
        """The places in the query's order that stand from one row to another, headings apart."""
        found = ((self._rows.place_from(first), self._rows.place_from(last + 1)) for first, last in rows)
        return sorted((start, end) for start, end in found if start < end)

    def ids_at(self, runs: Iterable[Run]) -> list[str] | None:
        """The recordings in these places; None when one of them was not read."""
        ids: list[str] = []
        for start, end in runs:
            for offset in range(start, end):
                page = self._pages.get(offset // PAGE, ())
                if offset % PAGE >= len(page):
                    return None
                ids.append(page[offset % PAGE].id)
        return ids

    def landmarks(self) -> Landmarks:
        """By what the order of the rows is known."""
        return Landmarks(self.total, {n * PAGE: page[0].id for n, page in self._pages.items() if page})

    def ids_in_view(self) -> list[str]:
        """The recordings in the rows that are in view and have been read."""
        first, last = self._window
        seen = (self.recording(row) for row in range(first, last + 1))
        return [recording.id for recording in seen if recording is not None]

    def replace(self, recordings: Sequence[Recording]) -> None:
        """Show these recordings as they are now, where they stand."""
        for recording in recordings:
            found = self._place_of(recording.id)
            if found is not None:
                page = list(self._pages[found[0]])
                page[found[1]] = recording
                self._pages[found[0]] = tuple(page)

    def touch(self, ids: Iterable[str]) -> None:
        """Have the rows of these recordings drawn anew."""
        for recording_id in ids:
            row = self.row_of(recording_id)
            if row is not None:
                self.dataChanged.emit(self.index(row, 0), self.index(row, 0))

    def _place_of(self, recording_id: str) -> tuple[int, int] | None:
        number, place = self._places.get(recording_id, (-1, 0))
        page = self._pages.get(number, ())
        return (number, place) if place < len(page) and page[place].id == recording_id else None

    def _badge(self, recording: Recording) -> Badge:
        return badge_of(recording, self.live.motion(recording.id))

    def row_at(self, offset: int) -> int:
        """The row of the recording that is at ``offset`` in the query's order."""
        return self._rows.row_at(offset)

    def heading_rows(self) -> list[int]:
        """The rows that head a day."""
        return list(self._rows.starts)

    def is_heading(self, row: int) -> bool:
        """Whether a row heads a day."""
        return self._rows.day(row) is not None

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1

    @override
    def roleNames(self) -> dict[int, QByteArray]:
        return {int(role): QByteArray(name.encode()) for role, name in ROLE_NAMES.items()}

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        if self.is_heading(index.row()):
            return Qt.ItemFlag.ItemNeverHasChildren
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemNeverHasChildren

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        day = self._rows.day(index.row())
        if day is not None:
            return self._heading_data(day, role)
        recording = self.recording(index.row())
        if recording is None:
            return tr("Loading…") if role == Qt.ItemDataRole.AccessibleTextRole else None
        return self._recording_data(recording, role)

    def _heading_data(self, day: DayCount, role: int) -> Any:
        if role in (Qt.ItemDataRole.DisplayRole, Role.HEADING):
            return self._heading(day)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join((self._heading(day), tr("%n recording(s)", "", day.count)))
        return None

    def _heading(self, day: DayCount) -> str:
        return phrases.day_name(day.day, self._today) if day.day else sort_heading(self._query.sort)

    def _recording_data(self, recording: Recording, role: int) -> Any:
        found: Any = None
        match role:
            case Qt.ItemDataRole.DisplayRole:
                found = recording.title
            case Qt.ItemDataRole.ToolTipRole:
                reason = self._badge(recording).reason
                found = f"{recording.title}\n{reason}" if reason else recording.title
            case Qt.ItemDataRole.AccessibleTextRole:
                found = phrases.spoken(recording, self._badge(recording).spoken)
            case Role.ID:
                found = recording.id
            case Role.RECORDING:
                found = recording
            case Role.DURATION:
                found = recording.duration_s
            case Role.BADGE:
                found = self._badge(recording).key
            case Role.MARK:
                found = self._badge(recording)
            case Role.OVERVIEW:
                found = recording.masters[0].overview if recording.masters else b""
        return found

    def _pages_of(self, first_row: int, last_row: int) -> set[int]:
        places = self._rows.places_between(first_row, last_row)
        return set(range(places.start // PAGE, places[-1] // PAGE + 1)) if places else set()

    def _fetch(self, page: int) -> None:
        generation, query = self._generation, self._query
        self._asked.add(page)

        def work(cancel: threading.Event, _report: Progress) -> tuple[int, int, tuple[Recording, ...] | None]:
            if cancel.is_set() or generation != self._generation or page not in self._wanted:
                return generation, page, None
            return generation, page, self._services.library.rows(query, PAGE, page * PAGE)

        self._lane.post(work, self._on_page, self._on_failed)

    def _on_page(self, answer: tuple[int, int, tuple[Recording, ...] | None] | None) -> None:
        if answer is None or answer[0] != self._generation:
            return
        _, number, recordings = answer
        self._asked.discard(number)
        if recordings is None:
            return
        self._keep(number, recordings)
        first = self.row_at(number * PAGE)
        last = min(self.row_at(number * PAGE + len(recordings)), self.rowCount() - 1)
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, 0))

    def _keep(self, number: int, recordings: tuple[Recording, ...]) -> None:
        self._pages[number] = recordings
        self._pages.move_to_end(number)
        self._places.update({recording.id: (number, place) for place, recording in enumerate(recordings)})
        while len(self._pages) > PAGES_KEPT:
            self._pages.popitem(last=False)

    def _on_glimpse(self, answer: tuple[int, Glimpse | None] | None) -> None:
        if answer is None or answer[0] != self._generation:
            return
        self._refreshing = False
        glimpse = answer[1]
        if glimpse is None:
            return
        self._generation += 1  # pages asked for earlier may be of the library as it was
        self._asked.clear()
        self._today = datetime.now().astimezone().date()
        self.following = True
        self._take_over(glimpse)
        self.following = False
        self._loaded_once = True
        self.live.note_reading()
        self.library_is_empty = not any(glimpse.counts.values())
        self.counted.emit(glimpse.counts)
        self.refreshed.emit()
        if self._refresh_again:
            self._refresh_again = False
            self.refresh()

    def _take_over(self, glimpse: Glimpse) -> None:
        days = list(glimpse.days)
        oldest_first = self._query.sort is Sort.OLDEST
        steps = changes(self._rows.days, days, oldest_first=oldest_first) if self._loaded_once else None
        self.moved = steps is None or bool(steps) or not self._query.sort.by_day
        if steps is None:
            self.beginResetModel()
            self._rows = Rows(days)
            self._renew(glimpse)
            self.endResetModel()
            return
        if steps:
            self._pages.clear()  # while rows move, none may show what belongs to another
        for change in steps:
            self._follow(change)
        self._renew(glimpse)
        if steps:
            self.headings_changed.emit()
        if len(self._rows):
            self.dataChanged.emit(self.index(0, 0), self.index(self.rowCount() - 1, 0))

    def _renew(self, glimpse: Glimpse) -> None:
        self._pages.clear()
        self._places.clear()
        for number, recordings in glimpse.pages.items():
            self._keep(number, recordings)

    def _follow(self, change: Change) -> None:
        """Carry out one difference as rows that come or go, so that views keep their place."""
        days, start = list(self._rows.days), len(self._rows)
        if change.at < len(days):
            start = self._rows.starts[change.at]
        if change.new_day is not None:
            days.insert(change.at, change.new_day)
            self._insert(days, start, start + change.new_day.count)
        elif change.count == 0:
            last = start + days.pop(change.at).count
            self._remove(days, start, last)
        else:
            old = days[change.at]
            days[change.at] = DayCount(old.day, change.count)
            more = change.count - old.count
            if more > 0:
                self._insert(days, start + 1, start + more)
            else:
                self._remove(days, start + 1, start - more)

    def _insert(self, days: list[DayCount], first: int, last: int) -> None:
        self.beginInsertRows(QModelIndex(), first, last)
        self._rows = Rows(days)
        self.endInsertRows()

    def _remove(self, days: list[DayCount], first: int, last: int) -> None:
        self.beginRemoveRows(QModelIndex(), first, last)
        self._rows = Rows(days)
        self.endRemoveRows()

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._refreshing = False
        self._asked.clear()
        self.failed.emit(error)
