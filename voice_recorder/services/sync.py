"""The queue to the cloud: what goes into it, and the run that works it off.

What may be tried, and when, stands in the database, so a run may end or die at any moment and another one,
also of another process, goes on.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from voice_recorder.domain.errors import StorageError
from voice_recorder.domain.ports import Plan
from voice_recorder.domain.transfers import QUICK_TRIES, TransferState
from voice_recorder.domain.words import tr
from voice_recorder.services.activity import Activity
from voice_recorder.services.compressing import Compressing
from voice_recorder.services.providers import Providers
from voice_recorder.services.transferring import MOST_COPIES_WAITING, Crew, Run, SyncReport
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.settings_file import SettingsFile
from voice_recorder.storage.sync_log import SyncLog
from voice_recorder.storage.transfers import Transfers

if TYPE_CHECKING:
    import psutil

_log = logging.getLogger(__name__)
_LOOK_AT = 64
_QUICK_WAIT_S = 30.0
_LOOK_EVERY_S = 1.0
_OTHERS_LOOKED_AT_EVERY_S = 0.3
_WATCH_EVERY_S = 30.0
_ANY_ATTEMPT = 10**6
_BUSY_PERCENT = 50.0
_TO_RETRY = (TransferState.FAILED, TransferState.REMOVED)
NETWORK_KINDS = ("network_unreachable",)
"""The kinds of error that are over when the network is back."""
_KEY_KINDS = ("credentials_rejected", "secrets_unavailable")


class Sync:
    """Queues recordings and sends them. Any thread may call any method; one run at a time in a process."""

    def __init__(
        self,
        config: StorageConfig,
        settings: SettingsFile,
        library: Library,
        transfers: Transfers,
        proofs: Proofs,
        log: SyncLog,
        providers: Providers,
        compressing: Compressing,
    ) -> None:
        self._settings = settings
        self._transfers = transfers
        self._log = log
        self._providers = providers
        self._process: psutil.Process | None = None
        self._running = threading.Lock()
        self._news = threading.Event()
        self._crew = Crew(config, settings, library, transfers, proofs, log, compressing, self._news.set)
        self.is_metered: Callable[[], bool] = lambda: False
        """Whether the network costs by the byte; whoever knows says so."""
        self.is_taking: Callable[[], bool] = lambda: False
        """Whether a take runs in this process."""
        self.obstacle = ""
        """Why the run sends nothing although something may wait, in words; empty without a reason."""

    def begin(self) -> Plan:
        """Get to know the provider that was just chosen: what is recorded from now on goes there.

        What its plan allows. As ``Providers.prepare``: then the choice stands all the same.
        """
        place = self._providers.required().place
        self._log.set_automatic_since(place, datetime.now(UTC))
        self._transfers.make_due(place, _KEY_KINDS)
        self._go_on()
        plan = self._providers.prepare()
        self._log.set_plan(place, plan)
        self._news.set()
        return plan

    def queue(self, ids: Sequence[str] | None = None, *, again: bool = True) -> int:
        """Queue all masters without a receipt where copies go now, of these recordings or of all; how many.

        ``again``: also what was cancelled, what was removed from the cloud, and what failed by a refused key,
        which is tried once more. NoProvider, ConfigurationError.
        """
        place = self._providers.required().place
        states = (TransferState.CANCELLED, TransferState.REMOVED) if again else ()
        queued = self._transfers.enqueue(place, ids, again=states, priority=0 if ids is None else 1)
        if again:
            queued += self._transfers.make_due(place, _KEY_KINDS)
            self._log.go_on()
        self._news.set()
        return queued

    def queue_new(self) -> int:
        """Queue what was recorded since this provider was chosen, if it is to go by itself; how many."""
        place = self._providers.place()
        since = self._log.automatic_since(place) if place else None
        if since is None or not self._settings.current.sync_automatically:
            return 0
        queued = self._transfers.enqueue(place, made_since=since)
        if queued:
            self._news.set()
        return queued

    def retry(self, ids: Sequence[str] | None = None) -> int:
        """Make failed transfers due now and send again what was removed there; how many.

        Of these recordings also what was cancelled or never queued.
        """
        place = self._providers.required().place
        if ids is None:
            queued = self._transfers.send_again(place, _TO_RETRY)
        else:
            queued = self._transfers.enqueue(place, ids, again={*_TO_RETRY, TransferState.CANCELLED})
        self._go_on()
        return queued

    def _go_on(self) -> None:
        """Try at once, whatever stood in the way: its owner says so."""
        self._log.go_on()
        self._crew.holds.forget()
        self._news.set()

    def network_is_back(self) -> None:
        """Let what failed for want of a network go on at once."""
        place = self._providers.place()
        if place:
            self._transfers.make_due(place, NETWORK_KINDS)
        self._crew.holds.network_is_back()
        self._news.set()

    def cancel(self, ids: Sequence[str]) -> int:
        """Take recordings out of the queue, also what is being sent; what is backed up stays. How many."""
        stopped = self._transfers.cancel(self._providers.required().place, ids)
        self._crew.stop(ids)
        self._news.set()
        return stopped

    def prioritise(self, ids: Sequence[str]) -> None:
        """Let these recordings go before all others."""
        self._transfers.prioritise(self._providers.required().place, ids, 2)
        self._news.set()

    def pause(self) -> None:
        """Send nothing until ``resume``, in no process; what is under way is parked."""
        self._log.set_paused(True)
        self._news.set()

    def resume(self) -> None:
        """Go on sending, also after a refused key."""
        self._log.set_paused(False)
        place = self._providers.place()
        if place:
            self._transfers.make_due(place, _KEY_KINDS)
        self._go_on()

    @property
    def paused(self) -> bool:
        """Whether the queue is paused."""
        return self._log.paused

    def look(self) -> None:
        """Have a run look at the queue and the settings now."""
        self._news.set()

    def activities(self) -> tuple[Activity, ...]:
        """What is under way in this process."""
        return self._crew.activities()

    def run(self, cancel: threading.Event | None = None, *, watch: bool = False) -> SyncReport:
        """Send until nothing may be tried now, or, with ``watch``, until ``cancel`` is set or the provider is
        another one.

        A refused key, a pause or a lost network leaves the rest in the queue. Raises NoProvider,
        CredentialsRejected, SecretsUnavailable, ConfigurationError before anything is tried.
        """
        cancel = cancel or threading.Event()
        with self._running:
            run = Run(self._providers.open())
            with self._entered(run):
                try:
                    self._loop(run, cancel, watch=watch)
                finally:
                    self._crew.park()
                    self.obstacle = ""
        return run.report

    @contextmanager
    def _entered(self, run: Run) -> Iterator[None]:
        """Keep in the library what a run did; one that is busy just then keeps no run from its work."""
        key: int | None = None
        try:
            key = self._log.begin_run(run.provider.place)
        except StorageError as error:
            _log.warning("the run is not kept: %s", error)
        yield
        done = run.report
        if key is None:
            return
        try:
            self._log.end_run(key, done=done.done, failed=done.failed, sent_bytes=done.sent_bytes)
        except StorageError as error:
            _log.warning("the run is not kept: %s", error)

    def _loop(self, run: Run, cancel: threading.Event, *, watch: bool) -> None:
        place = run.provider.place
        self._crew.holds.forget()  # they were another run's, perhaps of another provider
        while not cancel.is_set() and self._providers.place() == place:
            self._news.clear()
            try:
                pause_s = self._look(run, watch=watch)
            except StorageError as error:  # a busy library; what is under way goes on
                if not watch:
                    raise
                self.obstacle, pause_s = str(error), _WATCH_EVERY_S
            if pause_s is not None:
                self._wait(pause_s, cancel)
            elif not self._news.is_set():  # else something has ended since the queue was looked at
                return

    def _look(self, run: Run, *, watch: bool) -> float | None:
        """Start what may start; how long to wait before looking again, None when the run is over."""
        self._crew.tell()
        halted_before = run.halted
        run.halted = self._log.halted
        if self._settings.refresh() or halted_before != run.halted:
            run.provider = self._providers.open()  # its owner may have given it another key
        obstacle = run.halted or self._obstacle()
        others = False
        if self._log.paused or (obstacle and not run.halted):
            self._crew.stop()
        elif not obstacle:
            others = self._start_due(run, run.provider.place)
        _, why_held = self._crew.holds.longest
        self.obstacle = run.report.stopped_by = obstacle or why_held
        return self._pause_s(run.provider.place, stopped=bool(obstacle), others=others, watch=watch)

    def _wait(self, pause_s: float, cancel: threading.Event) -> None:
        """Wait for news, at most so long; a cancel is noticed within a fifth of a second."""
        deadline = time.monotonic() + pause_s
        while not cancel.is_set() and (left := deadline - time.monotonic()) > 0:
            if self._news.wait(min(0.2, left)):
                return

    def _obstacle(self) -> str:
        """Why nothing may be under way at all, in words; empty when nothing stands in the way."""
        now = self._settings.current
        if self._log.paused:
            return tr("Sending is paused.")
        if self.is_metered() and not now.sync_on_metered:
            return tr("Waiting for a network that is not metered.")
        if now.sync_only_when_idle and (self.is_taking() or self._others_are_busy()):
            return tr("Waiting until the computer is idle.")
        return ""

    def _others_are_busy(self) -> bool:
        """Whether programs other than this one keep the processor busy."""
        import psutil  # 20 ms, and wanted by few

        if self._process is None:
            self._process = psutil.Process()
        ours = self._process.cpu_percent() / (os.cpu_count() or 1)
        return bool(psutil.cpu_percent() - ours > _BUSY_PERCENT)

    def _start_due(self, run: Run, place: str) -> bool:
        """Start what is due and there is room for; whether others are at work on this queue."""
        if self._crew.holds.longest[0]:
            return False
        others = False
        for transfer in self._transfers.due(place, prepared=True, limit=_LOOK_AT):
            if not self._crew.has(transfer) and self._crew.may_send():
                others |= not self._crew.start(run, transfer, prepared=True)
        room = MOST_COPIES_WAITING - self._transfers.copies_waiting(place)
        for transfer in self._transfers.due(place, prepared=False, limit=_LOOK_AT):
            if room <= 0 or not self._crew.may_compress():
                break
            if not self._crew.has(transfer):
                started = self._crew.start(run, transfer, prepared=False)
                others |= not started
                room -= started
        return others

    def _pause_s(self, place: str, *, stopped: bool, others: bool, watch: bool) -> float | None:
        """How long to wait before looking again; None when the run is over."""
        if self._crew.busy:
            return _LOOK_EVERY_S
        if others:
            return _OTHERS_LOOKED_AT_EVERY_S
        if watch:
            wait_s = _LOOK_EVERY_S if stopped else self._next_in_s(place, _ANY_ATTEMPT)
            return _WATCH_EVERY_S if wait_s is None else max(0.05, min(wait_s, _WATCH_EVERY_S))
        if stopped:
            return None
        wait_s = self._next_in_s(place, QUICK_TRIES)
        return None if wait_s is None or wait_s > _QUICK_WAIT_S else max(0.01, wait_s)

    def _next_in_s(self, place: str, most_attempts: int) -> float | None:
        """Seconds until something may be tried that has fewer attempts than these; None without any."""
        held_s = self._crew.holds.longest[0]
        next_at = self._transfers.waiting_until(place, most_attempts)
        if next_at is None:
            waits = held_s and self._transfers.counts(place)[TransferState.QUEUED]
            return held_s if waits else None
        return max(held_s, (next_at - datetime.now(UTC)).total_seconds())
