"""Keeps the queue to the cloud running beside the window, and tells how it stands."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from voice_recorder.domain.errors import StorageError, VoiceRecorderError
from voice_recorder.services.queue_state import QueueState, read_queue
from voice_recorder.workers.lane import plain
from voice_recorder.workers.lanes import Lanes
from voice_recorder.workers.worker import Job, Progress

if TYPE_CHECKING:
    from voice_recorder.services import Services
    from voice_recorder.services.activity import Activity
    from voice_recorder.services.fetching import Downloading
    from voice_recorder.services.transferring import SyncReport

ACTIVITY_EVERY_MS = 200
LINGER_MS = 3_000
TEND_EVERY_MS = 600_000
PROBE_EVERY_MS = 30_000
BEGIN_AGAIN_MS = 5_000
LOOK_EVERY_MS = 1_000
LOOK_AT_LEAST_EVERY_MS = 4_000
_log = logging.getLogger(__name__)


class CloudWork(QObject):
    """Runs the queue in a lane of its own while a provider is chosen, and keeps its receipts true.

    To be used in the window's thread. ``stop`` parks what is under way.
    """

    activity_changed = Signal(object, object)
    """What is sent and what is fetched in this process, tuples of ``Activity`` and ``Downloading``; at most
    five times a second."""
    state_changed = Signal(object)
    """The queue as it stands now, a ``QueueState``."""
    place_changed = Signal()
    """Copies go somewhere else from now on, or nowhere."""
    failed = Signal(object)

    def __init__(self, services: Services, lanes: Lanes) -> None:
        super().__init__()
        self._services = services
        self._lanes = lanes
        self.begun = False
        """Whether ``start`` was called; before, nothing is sent or looked at."""
        self._stopped = False
        self._run: Job | None = None
        self._rows = 0
        self._looking = False
        self._look_again = False
        self._probing = False
        self._metered = False
        self.activities: tuple[Activity, ...] = ()
        """What was being sent when it was last told."""
        self.downloads: tuple[Downloading, ...] = ()
        """What was being fetched when it was last told."""
        self._place: str | None = None
        self.state = QueueState()
        self.refusal = ""
        """Why the queue could not be begun, in words; empty while it runs."""
        self._lingers = QElapsedTimer()
        self._reading = QElapsedTimer()
        self._activity_timer = self._timer(ACTIVITY_EVERY_MS, self._look_at_activities)
        self._tend_timer = self._timer(TEND_EVERY_MS, self.tend)
        self._probe_timer = self._timer(PROBE_EVERY_MS, self._probe)
        self._begin_again = self._timer(BEGIN_AGAIN_MS, self._begin_run, once=True)
        self._look_timer = self._timer(LOOK_EVERY_MS, self._look, once=True)

    def _timer(self, interval_ms: int, slot: object, *, once: bool = False) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.setSingleShot(once)
        timer.timeout.connect(slot)
        return timer

    @property
    def running(self) -> bool:
        """Whether the queue is being worked off, or waits for something to do."""
        return self._run is not None

    @Slot()
    def start(self) -> None:
        """Begin; for when the library is shown."""
        if self.begun or self._stopped:
            return
        self.begun = True
        sync = self._services.sync
        sync.is_metered = self._is_metered
        sync.is_taking = self._is_taking
        self.queue_new()
        self._begin_run()
        self._look()
        self.tend()
        self._tend_timer.start()
        self._probe_timer.start()

    def stop(self) -> None:
        """Begin nothing more and park what is under way; the lanes are shut down by their owner."""
        self._stopped = True
        for timer in (
            self._activity_timer, self._tend_timer, self._probe_timer, self._begin_again, self._look_timer,
        ):  # fmt: skip
            timer.stop()
        if self._run is not None:
            self._run.cancel.set()

    @Slot()
    def provider_changed(self) -> None:
        """Work with the provider, or the key, that was just chosen."""
        if self.begun and not self._stopped:
            self._place = None
            self._place_is_another()

    @Slot()
    def settings_changed(self) -> None:
        """Heed the settings at once."""
        self._services.sync.look()
        self.look()

    @Slot()
    def queue_new(self) -> None:
        """Let what was recorded since the provider was chosen go there."""
        if self.begun and not self._stopped:
            self._lanes.edits.post(plain(self._services.sync.queue_new), self._on_queued, self._on_ignored)

    @Slot()
    def look(self) -> None:
        """Read the queue anew, soon; for whenever something may have changed it."""
        if self.begun and not self._stopped:
            self._wake()
            if not self._look_timer.isActive():
                self._look_timer.start()

    def look_now(self) -> None:
        """Read the queue anew, at once; for what somebody has just done with it."""
        if self.begun and not self._stopped:
            self._wake()
            self._begin_run()  # what kept it from running may be gone
            self._look()

    def want_rows(self, rows: int) -> None:
        """How many entries whoever shows them would like to have with the state; 0 for none."""
        self._rows = rows
        if rows:
            self.look_now()

    @Slot()
    def watch_activities(self) -> None:
        """Look what is under way for a while: something is about to begin."""
        if self.begun and not self._stopped:
            self._wake()

    @Slot(bool)
    def set_metered(self, metered: bool) -> None:
        """Tell whether the network costs by the byte."""
        self._metered = metered
        self._services.sync.look()

    @Slot()
    def network_is_back(self) -> None:
        """Go on at once with what waits for a network."""
        if self.begun and not self._stopped:
            work = plain(self._services.sync.network_is_back)
            self._lanes.edits.post(work, self._on_queued, self._on_ignored)

    @Slot()
    def tend(self) -> None:
        """Compare the receipts with what is in the cloud; free what its owner wants freed after a time."""
        if self.begun and not self._stopped:
            self._lanes.tending.post(self._tend, None, self._on_ignored)

    # The run

    @Slot()
    def _begin_run(self) -> None:
        if self._run is None and self.begun and not self._stopped:
            self._run = self._lanes.sync.post(self._sync, self._on_run_ended, self._on_run_failed)
            self._wake()

    def _sync(self, cancel: threading.Event, _report: Progress) -> SyncReport | None:
        if not self._services.providers.place():
            return None
        return self._services.sync.run(cancel, watch=True)

    def _on_run_ended(self, report: SyncReport | None) -> None:
        cancelled = self._run is not None and self._run.cancel.is_set()
        self._run = None
        self.refusal = ""
        if cancelled:
            self._begin_run()
        elif report is not None:  # the provider is another one
            self._begin_again.start()
        self.look()

    def _on_run_failed(self, error: VoiceRecorderError) -> None:
        self._run = None
        if str(error) != self.refusal:
            self.refusal = str(error)
            self.failed.emit(error)
        if isinstance(error, StorageError):  # a library that was busy is not busy for ever
            self._begin_again.start()
        self.look()

    def _place_is_another(self) -> None:
        self.refusal = ""
        if self._run is not None:
            self._run.cancel.set()  # what is under way is parked, and the end begins anew
            self._services.sync.look()
        else:
            self._begin_run()
        self.place_changed.emit()
        self.queue_new()
        self.tend()
        self._look()

    # Looking

    def _wake(self) -> None:
        self._lingers.start()
        if not self._activity_timer.isActive():
            self._activity_timer.start()

    @Slot()
    def _look_at_activities(self) -> None:
        now = self._services.sync.activities(), self._services.fetching.activities()
        if now != (self.activities, self.downloads):
            self.activities, self.downloads = now
            self.activity_changed.emit(*now)
        if any(now):
            self._lingers.start()
        elif self._lingers.elapsed() > LINGER_MS:
            self._activity_timer.stop()

    @Slot()
    def _look(self) -> None:
        if self._looking:
            self._look_again = True
        elif not self._stopped:
            self._looking = True
            self._reading.start()
            read = plain(read_queue, self._services, self._rows)
            self._lanes.queue.post(read, self._on_looked, self._on_look_failed)

    def _on_looked(self, state: QueueState | None) -> None:
        self._looking = False
        if state is None:
            return
        # A long queue takes a while to count: it is looked at less often.
        pause_ms = min(LOOK_AT_LEAST_EVERY_MS, 10 * self._reading.elapsed())
        self._look_timer.setInterval(max(LOOK_EVERY_MS, pause_ms))
        before, self.state = self.state, state
        another = self._place is not None and state.place != self._place
        self._place = state.place
        if another or (before.halted and not state.halted):
            self._place_is_another()  # by another process; after a refusal the key may be another one
        self.state_changed.emit(state)
        if self._look_again:
            self._look_again = False
            self._look_timer.start()

    def _on_look_failed(self, _error: VoiceRecorderError) -> None:
        self._looking = False  # a busy library is asked again with the next change

    def _on_queued(self, _count: object) -> None:
        self.look_now()

    def _on_ignored(self, error: VoiceRecorderError) -> None:
        _log.info("left for later: %s", error)

    # The quiet work

    def _tend(self, cancel: threading.Event, _report: Progress) -> None:
        if self._services.providers.place():
            self._services.reconciling.run(cancel)
            self._services.freeing.free_due(cancel)

    @Slot()
    def _probe(self) -> None:
        if self.state.waits_for_network and not self.activities and not self._probing:
            self._probing = True
            self._lanes.tending.post(
                plain(self._services.providers.is_reachable), self._on_probed, self._on_probe_failed
            )

    def _on_probed(self, reached: bool | None) -> None:
        self._probing = False
        if reached:
            self.network_is_back()

    def _on_probe_failed(self, _error: VoiceRecorderError) -> None:
        self._probing = False

    def _is_metered(self) -> bool:
        return self._metered

    def _is_taking(self) -> bool:
        return self._services.takes.running is not None
