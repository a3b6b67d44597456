"""What the window does to many recordings at once: in a lane, with a report and, where it can be, an undo."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.results import ItemResult
from voice_recorder.storage import choices
from voice_recorder.ui.batch_words import Batch, done_words, failed_words, name_of
from voice_recorder.ui.errands import ErrandStrip
from voice_recorder.workers.garbage import uncollected
from voice_recorder.workers.lane import Lane
from voice_recorder.workers.worker import Progress, Work

if TYPE_CHECKING:
    from voice_recorder.services import Services

LONG = 200
"""Batches larger than this show their progress and can be cancelled."""

Undo = Callable[[], None]


@dataclass(frozen=True)
class Outcome:
    """What became of many: the ids of those that are done, why the others are not, and what was before."""

    asked: int
    done: tuple[str, ...]
    errors: tuple[str, ...]
    before: Any = None


class Batches(QObject):
    """Changes recordings, however many, without blocking the window."""

    changed = Signal()
    failed = Signal(object)
    told = Signal(str, object)
    """What was done, and a function that takes it back, or None."""

    def __init__(self, services: Services, lane: Lane, errands: ErrandStrip) -> None:
        super().__init__()
        self._services = services
        self._database = services.library.database
        self._lane = lane
        self._errands = errands

    def set_favourite(self, ids: Sequence[str], favourite: bool) -> None:
        """Add to the favourites, or take away from them."""
        do = self._services.organising.set_favourite
        batch = Batch.FAVOURITE if favourite else Batch.NO_FAVOURITE
        self._mark(batch, ids, favourite, do, lambda wanted: choices.favourites(self._database, wanted))

    def set_archived(self, ids: Sequence[str], archived: bool) -> None:
        """Take out of the main list, or back into it."""
        do = self._services.organising.set_archived
        batch = Batch.ARCHIVE if archived else Batch.UNARCHIVE
        self._mark(batch, ids, archived, do, lambda wanted: choices.archived(self._database, wanted))

    def tag(self, ids: Sequence[str], name: str) -> None:
        """Give a tag; taking it back leaves it to those that had it before."""
        organising = self._services.organising

        def work(wanted: Sequence[str], _report: Progress) -> tuple[list[ItemResult], Any]:
            before = choices.with_tag(self._database, wanted, name)
            return organising.tag(wanted, name), before

        def undo(outcome: Outcome) -> Undo:
            new = [recording_id for recording_id in outcome.done if recording_id not in outcome.before]
            return lambda: self.untag(new, name, quietly=True)

        self._run(Batch.TAG, ids, work, undo, name)

    def untag(self, ids: Sequence[str], name: str, *, quietly: bool = False) -> None:
        """Take a tag away; ``quietly`` without offering to take that back."""
        organising = self._services.organising

        def work(wanted: Sequence[str], _report: Progress) -> tuple[list[ItemResult], Any]:
            before = choices.with_tag(self._database, wanted, name)
            return organising.untag(wanted, name), before

        def undo(outcome: Outcome) -> Undo:
            return lambda: self.tag(sorted(outcome.before), name)

        self._run(Batch.UNTAG, ids, work, None if quietly else undo, name)

    def move(self, ids: Sequence[str], folder: str | None) -> None:
        """Move to a folder, or out of any; taking it back puts each where it was."""
        organising = self._services.organising

        def work(wanted: Sequence[str], _report: Progress) -> tuple[list[ItemResult], Any]:
            before = choices.folders_of(self._database, wanted)
            return organising.move(wanted, folder), before

        def undo(outcome: Outcome) -> Undo:
            return lambda: self._move_back({id_: outcome.before.get(id_) for id_ in outcome.done})

        self._run(Batch.MOVE if folder else Batch.MOVE_OUT, ids, work, undo, folder or "")

    def _move_back(self, folders: dict[str, str | None]) -> None:
        def work(_wanted: Sequence[str], _report: Progress) -> tuple[list[ItemResult], Any]:
            groups: defaultdict[str | None, list[str]] = defaultdict(list)
            for recording_id, folder in folders.items():
                groups[folder].append(recording_id)
            moves = (self._services.organising.move(ids, folder) for folder, ids in groups.items())
            return [result for results in moves for result in results], None

        self._run(Batch.MOVE_BACK, list(folders), work)

    def delete(self, ids: Sequence[str]) -> None:
        """Move to the trash."""
        self._trash(Batch.DELETE, ids, self._services.trash.delete, lambda o: lambda: self.restore(o.done))

    def restore(self, ids: Sequence[str]) -> None:
        """Take out of the trash."""
        self._trash(Batch.RESTORE, ids, self._services.trash.restore)

    def delete_for_ever(self, ids: Sequence[str]) -> None:
        """Remove from the trash and the disk; whoever calls this has asked."""
        self._trash(Batch.DELETE_FOR_EVER, ids, self._services.trash.delete_for_ever)

    def _mark(
        self,
        batch: Batch,
        ids: Sequence[str],
        wanted: bool,
        do: Callable[[Sequence[str], bool], list[ItemResult]],
        having: Callable[[Sequence[str]], Collection[str]],
    ) -> None:
        def work(chosen: Sequence[str], _report: Progress) -> tuple[list[ItemResult], Any]:
            before = having(chosen)
            return do(chosen, wanted), before

        def undo(outcome: Outcome) -> Undo:
            changed = [id_ for id_ in outcome.done if (id_ in outcome.before) is not wanted]
            back = self.set_favourite if do == self._services.organising.set_favourite else self.set_archived
            return lambda: back(changed, not wanted)

        self._run(batch, ids, work, undo)

    def _trash(
        self, batch: Batch, ids: Sequence[str], do: Callable[..., list[ItemResult]], undo: Any = None
    ) -> None:
        wanted = list(ids)

        def work(cancel: threading.Event, report: Progress) -> Outcome:
            with uncollected(len(wanted)):
                return _outcome(len(wanted), do(wanted, cancel, report), None)

        self._post(batch, wanted, work, undo, "")

    def _run(
        self,
        batch: Batch,
        ids: Sequence[str],
        do: Callable[[Sequence[str], Progress], tuple[list[ItemResult], Any]],
        undo: Callable[[Outcome], Undo] | None = None,
        name: str = "",
    ) -> None:
        wanted = list(ids)

        def work(_cancel: threading.Event, report: Progress) -> Outcome:
            with uncollected(len(wanted)):
                results, before = do(wanted, report)
                return _outcome(len(wanted), results, before)

        self._post(batch, wanted, work, undo, name, cancellable=False)  # one transaction

    def _post(
        self,
        batch: Batch,
        ids: Sequence[str],
        work: Work,
        undo: Callable[[Outcome], Undo] | None,
        name: str,
        *,
        cancellable: bool = True,
    ) -> None:
        if not ids:
            return

        def finished(outcome: Outcome | None) -> None:
            self._on_done(batch, outcome, undo, name)

        if len(ids) > LONG:
            self._errands.run(name_of(batch), work, finished, cancellable=cancellable)
        else:
            self._lane.post(work, finished, self._on_failed)

    def _on_done(
        self, batch: Batch, outcome: Outcome | None, undo: Callable[[Outcome], Undo] | None, name: str
    ) -> None:
        self.changed.emit()
        if outcome is None:  # it was cancelled before it began
            return
        if outcome.errors:
            self.failed.emit(VoiceRecorderError(*failed_words(batch, outcome.asked, outcome.errors)))
        words = done_words(batch, len(outcome.done), name)
        if outcome.done and words:
            self.told.emit(words, None if undo is None else undo(outcome))

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self.changed.emit()
        self.failed.emit(error)


def _outcome(asked: int, results: Sequence[ItemResult], before: Any) -> Outcome:
    """Sorted out in the lane: of 100,000 results the window would have its hands full."""
    return Outcome(
        asked,
        tuple(result.id for result in results if result.ok),
        tuple(str(result.error) for result in results if not result.ok),
        before,
    )
