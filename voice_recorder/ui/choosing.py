"""Which recordings are selected, however many: rows of the list become ids, and ids become rows again.

A selection may reach over rows that were never read. Its ids are then read in a lane, and from there on
they are what is selected, whatever happens to the rows.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.library_query import LibraryQuery
from voice_recorder.storage.choices import Totals, totals
from voice_recorder.workers.garbage import uncollected
from voice_recorder.workers.lane import Lane
from voice_recorder.workers.worker import Job, Progress, Work

if TYPE_CHECKING:
    from voice_recorder.services import Services

Run = tuple[int, int]
"""Places in the order of a query, from the first up to but not including the second."""


@dataclass(frozen=True)
class Landmarks:
    """By what an order is known to be the one that the list shows: its length, and some ids by place."""

    total: int
    ids: Mapping[int, str]

    def fit(self, order: Sequence[str]) -> bool:
        """Whether ``order`` is that one."""
        return len(order) == self.total and all(order[at] == id_ for at, id_ in self.ids.items())


@dataclass(frozen=True)
class Choice:
    """Recordings that are selected together."""

    ids: tuple[str, ...]
    totals: Totals


class Chooser(QObject):
    """Finds out in a lane which recordings stand in some rows, and in which rows some recordings stand."""

    chosen = Signal(object)
    """The ``Choice`` that was asked for."""
    located = Signal(object)
    """The runs in which the recordings stand that were looked for."""
    outdated = Signal()
    """The library is not what the list shows: it has to be read again before rows mean anything."""
    failed = Signal(object)

    def __init__(self, services: Services, lane: Lane, parent: QObject) -> None:
        super().__init__(parent)
        self._services = services
        self._lane = lane
        self._job: Job | None = None
        self._asked = 0
        self.choice: Choice | None = None
        """What is selected, once it is known; None for less than two."""
        self._waiting: list[Callable[[Choice], None]] = []

    def choose(self, query: LibraryQuery, runs: Sequence[Run], shown: Landmarks) -> None:
        """Find out what stands in these places."""
        database, library = self._services.library.database, self._services.library

        def work(cancel: threading.Event, _report: Progress) -> Choice | None:
            with uncollected(shown.total):
                order = library.ids(query)
                if cancel.is_set() or not shown.fit(order):
                    return None
                ids = tuple(recording_id for start, end in runs for recording_id in order[start:end])
                return Choice(ids, totals(database, ids))

        self._ask(work)

    def add_up(self, ids: Sequence[str]) -> None:
        """Take these as what is selected."""
        database, chosen = self._services.library.database, tuple(ids)

        def work(_cancel: threading.Event, _report: Progress) -> Choice:
            return Choice(chosen, totals(database, chosen))

        self._ask(work)

    def locate(self, query: LibraryQuery, ids: Sequence[str], shown: Landmarks) -> None:
        """Find out where in ``query`` these stand."""
        library, wanted = self._services.library, frozenset(ids)

        def work(cancel: threading.Event, _report: Progress) -> tuple[Run, ...] | None:
            with uncollected(shown.total):
                order = library.ids(query)
                return None if cancel.is_set() or not shown.fit(order) else runs_of(order, wanted)

        self._lane.post(work, self._on_located, self._on_failed)

    def forget(self) -> None:
        """Nothing, or just one recording, is selected."""
        self._drop()
        self._waiting.clear()

    def when_chosen(self, do: Callable[[Choice], None]) -> None:
        """Call ``do`` with what is selected, as soon as it is known; never when that changes before."""
        if self.choice is not None:
            do(self.choice)
        elif self._job is not None:
            self._waiting.append(do)

    def _ask(self, work: Work) -> None:
        self._drop()
        self._asked += 1
        asked = self._asked
        self._job = self._lane.post(work, lambda found: self._on_chosen(asked, found), self._on_failed)

    def _drop(self) -> None:
        """What was asked before is no more wanted."""
        if self._job is not None:
            self._job.cancel.set()
        self._job = None
        self._asked += 1
        self.choice = None

    def _on_chosen(self, asked: int, choice: Choice | None) -> None:
        if asked != self._asked:
            return
        self._job = None
        if choice is None:
            self.outdated.emit()
            return
        self.choice = choice
        waiting, self._waiting = self._waiting, []
        self.chosen.emit(choice)
        for do in waiting:
            do(choice)

    def _on_located(self, runs: tuple[Run, ...] | None) -> None:
        if runs is not None:
            self.located.emit(runs)

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._job = None
        self._waiting.clear()
        self.failed.emit(error)


def runs_of(order: Sequence[str], wanted: frozenset[str]) -> tuple[Run, ...]:
    """The runs of ``order`` in which everything is wanted."""
    runs: list[Run] = []
    start: int | None = None
    for at, recording_id in enumerate(order):
        if recording_id in wanted:
            start = at if start is None else start
        elif start is not None:
            runs.append((start, at))
            start = None
    if start is not None:
        runs.append((start, len(order)))
    return tuple(runs)
