"""What the window does with the cloud: each wish in a lane, each answered in words."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication

from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.transfers import TransferState
from voice_recorder.storage.queue_rows import queue_rows
from voice_recorder.ui.batch_words import reasons_words
from voice_recorder.ui.errands import ErrandStrip
from voice_recorder.ui.language import tr
from voice_recorder.ui.phrases import moment
from voice_recorder.ui.said import said
from voice_recorder.workers.cloud_worker import CloudWork
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.storage.proofs import Link

SHOWN_REASONS = 3
MOST_RETRIED = 10_000


class CloudActions(QObject):
    """Sends, cancels, links, fetches and frees without blocking the window."""

    told = Signal(str, bool)
    """What came of it, and whether all went well."""
    failed = Signal(object)
    changed = Signal()
    """The library is not what it was."""

    def __init__(self, services: Services, lanes: Lanes, work: CloudWork, errands: ErrandStrip) -> None:
        super().__init__()
        self._services = services
        self._lanes = lanes
        self._work = work
        self._errands = errands

    @property
    def place(self) -> str:
        """Where copies go; empty when they go nowhere."""
        return self._work.state.place

    @property
    def obstacle(self) -> str:
        """Why nothing is sent although something waits, in words; empty without a reason."""
        state = self._work.state
        met = self._services.sync.obstacle if self._services.is_built("sync") else ""
        return said(state.halted or self._work.refusal or met)

    @property
    def lossy_consent(self) -> bool:
        """Whether audio may be freed of which the cloud has a compressed copy only."""
        return self._services.settings.current.storage_free_lossy

    @property
    def automatic(self) -> bool:
        """Whether new recordings go to the provider by themselves."""
        return self._services.settings.current.sync_automatically

    def send(self, ids: Sequence[str]) -> None:
        """Let these go now, before all others: new ones, and what failed, was cancelled or removed."""
        sync, wanted = self._services.sync, list(ids)

        def work() -> None:
            sync.queue(wanted)
            sync.retry(wanted)
            sync.prioritise(wanted)

        told = tr("%n recording(s) will be sent next.", "", len(wanted)) if len(wanted) > 1 else ""
        self._edit(work, told)

    def cancel(self, ids: Sequence[str]) -> None:
        """Take these out of the queue; what is backed up stays."""
        self._edit(lambda: self._services.sync.cancel(list(ids)))

    @Slot()
    def retry_failed(self) -> None:
        """Try all that failed at once, and send again what was removed; nothing else is queued by it."""

        def work() -> None:
            states = (TransferState.FAILED, TransferState.REMOVED)
            rows = queue_rows(self._services.library.database, self.place, MOST_RETRIED, states)
            self._services.sync.retry([row.recording_id for row in rows])

        self._edit(work)

    def pause(self, paused: bool) -> None:
        """Send nothing until it is told to go on; or go on."""
        self._edit(self._services.sync.pause if paused else self._services.sync.resume)

    def clear_alert(self, kind: str) -> None:
        """Take down an alert that was seen."""
        self._edit(lambda: self._services.sync_log.clear_alert(kind))

    def mark_shown(self, kind: str) -> None:
        """Remember that an alert was shown."""
        self._edit(lambda: self._services.sync_log.mark_shown(kind))

    def copy_link(self, recording_id: str, life_s: int) -> None:
        """Put a link to the cloud copy into the clipboard."""
        self._lanes.cloud.post(
            plain(self._services.links.make, recording_id, life_s), self._on_link, self.failed.emit
        )

    def free(self, ids: Sequence[str]) -> None:
        """Remove the audio here of what is proved to be in the cloud; whoever calls this has asked."""

        def work(cancel: threading.Event, report: Progress) -> Any:
            return self._services.freeing.free(list(ids), cancel, report)

        def done(results: Sequence[ItemResult] | None) -> None:
            self._report(results, len(ids), "freed")

        self._errands.run(tr("Checking and freeing"), work, done)

    def fetch(self, ids: Sequence[str]) -> None:
        """Bring the audio of these back to this computer."""

        def work(cancel: threading.Event, report: Progress) -> Any:
            def tell(done: int, total: int, title: str) -> None:  # in bytes, too many for Qt's int
                report(1000 * done // max(1, total), 1000, title)

            return self._services.fetching.fetch(list(ids), cancel, tell)

        def done(results: Sequence[ItemResult] | None) -> None:
            self._report(results, len(ids), "fetched")

        self._errands.run(tr("Fetching"), work, done)
        self._work.watch_activities()

    def _edit(self, work: Callable[[], object], told: str = "") -> None:
        def done(_result: object) -> None:
            self._work.look_now()
            self.changed.emit()
            if told:
                self.told.emit(told, True)

        self._lanes.edits.post(plain(work), done, self._on_failed)

    def _on_failed(self, error: VoiceRecorderError) -> None:
        self._work.look_now()
        self.failed.emit(error)

    def _on_link(self, link: Link | None) -> None:
        if link is None:
            return
        QGuiApplication.clipboard().setText(link.url)
        if link.url.startswith("file:"):
            words = tr("Link copied. It opens where the folder is within reach, and does not end.")
        else:
            words = tr(
                "Link copied; it ends on {time}. Until then, whoever has it can listen.",
                time=moment(link.expires_at),
            )
        self.told.emit(words, True)

    def _report(self, results: Sequence[ItemResult] | None, asked: int, done: str) -> None:
        self._work.look_now()
        self.changed.emit()
        self.told.emit(*batch_words(results or (), asked, done))


def batch_words(results: Sequence[ItemResult], asked: int, done: str) -> tuple[str, bool]:
    """What became of many: ``3 recordings freed, 1 was not: …``, and whether all went well.

    ``done`` is *freed* or *fetched*.
    """
    well = [r for r in results if r.ok]
    errors = [str(r.error) for r in results if not r.ok]
    left = asked - len(results)
    if well or not errors:
        words = _done_words(done, len(well), len(errors))
    else:
        words = _undone_words(done, len(errors))
    if left == 1:
        words = tr("{what}; 1 was not tried, because it was cancelled", what=words)
    elif left > 1:
        words = tr("{what}; %n were not tried, because it was cancelled", "", left, what=words)
    if not errors:
        return f"{words}.", left <= 0
    separator = " " if len(set(errors)) == 1 else "\n"
    return f"{words}:{separator}{reasons_words(list(dict.fromkeys(errors)), SHOWN_REASONS)}", False


def _done_words(done: str, count: int, failed: int) -> str:
    words = {
        "freed": tr("%n recording(s) freed", "", count),
        "fetched": tr("%n recording(s) fetched", "", count),
    }[done]
    if failed == 1:
        return tr("{what}, 1 was not", what=words)
    return tr("{what}, %n were not", "", failed, what=words) if failed else words


def _undone_words(done: str, count: int) -> str:
    if count == 1:
        return {"freed": tr("The recording was not freed"), "fetched": tr("The recording was not fetched")}[
            done
        ]
    return {
        "freed": tr("%n recordings were not freed", "", count),
        "fetched": tr("%n recordings were not fetched", "", count),
    }[done]
