"""The threads at work on entries of the queue: some compress, up to five send.

Several processes may work on one queue: an entry is in the hands of whoever holds its lock, and the upload
slots, locks as well, are shared by all.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import (
    Cancelled,
    CredentialsRejected,
    FileRejected,
    NotFound,
    StorageError,
    VoiceRecorderError,
)
from voice_recorder.domain.ports import Provider
from voice_recorder.domain.preflight import in_mb
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.transfers import MOST_UPLOADS, UNDER_WAY, Transfer, TransferState
from voice_recorder.domain.words import tr
from voice_recorder.services.activity import Activity, Task, Throttle
from voice_recorder.services.compressing import Compressing
from voice_recorder.services.outcomes import Holds, Outcomes
from voice_recorder.services.sending import Sending, suffix_of
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.settings_file import SettingsFile
from voice_recorder.storage.sync_log import SyncLog
from voice_recorder.storage.transfers import Transfers

_log = logging.getLogger(__name__)

MOST_COPIES_WAITING = 10
_MOST_COMPRESSIONS = min(4, os.cpu_count() or 1)
_TELL_EVERY_S = 1.0
_PARKED_WITHIN_S = 2.5


@dataclass
class SyncReport:
    """What a run did: transfers by outcome, and why it ended before the queue was empty, if it did."""

    done: int = 0
    failed: int = 0
    sent_bytes: int = 0
    stopped_by: str = ""


@dataclass
class Run:
    """What one run of the queue and its threads share. ``halted``: why it waits for its owner."""

    provider: Provider
    halted: str = ""
    report: SyncReport = field(default_factory=SyncReport)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _failed: set[str] = field(default_factory=set)

    def note_sent(self, count: int) -> None:
        """Count bytes that went out, whatever became of them."""
        with self._lock:
            self.report.sent_bytes += count

    def note_outcome(self, transfer: Transfer, *, done: bool) -> None:
        """Count a transfer as done, or as failed unless a later try of this run succeeds."""
        with self._lock:
            self.report.done += done
            if done:
                self._failed.discard(transfer.id)
            else:
                self._failed.add(transfer.id)
            self.report.failed = len(self._failed)


class Crew:
    """Begins, watches and stops the work on entries. ``changed`` is called whenever a thread has ended."""

    def __init__(
        self,
        config: StorageConfig,
        settings: SettingsFile,
        library: Library,
        transfers: Transfers,
        proofs: Proofs,
        log: SyncLog,
        compressing: Compressing,
        changed: Callable[[], None],
    ) -> None:
        self._config = config
        self._settings = settings
        self._library = library
        self._transfers = transfers
        self._proofs = proofs
        self._log = log
        self._compressing = compressing
        self._changed = changed
        self._outcomes = Outcomes(settings, library, transfers, proofs, log, compressing)
        self._sending = Sending(transfers, compressing)
        self._throttle = Throttle()
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()
        self._told_at = 0.0
        self._told: dict[str, int] = {}

    @property
    def busy(self) -> bool:
        """Whether anything is under way."""
        return bool(self._tasks)

    def activities(self) -> tuple[Activity, ...]:
        """What is under way in this process."""
        return tuple(task.look() for task in self._all())

    def has(self, transfer: Transfer) -> bool:
        """Whether a thread is at work on it."""
        return transfer.id in self._tasks

    def may_send(self) -> bool:
        """Whether another upload may begin."""
        return sum(task.state is not TransferState.COMPRESSING for task in self._all()) < MOST_UPLOADS

    def may_compress(self) -> bool:
        """Whether another copy may be prepared."""
        most = 1 if self._settings.current.sync_only_when_idle else _MOST_COMPRESSIONS
        return sum(task.state is TransferState.COMPRESSING for task in self._all()) < most

    @property
    def holds(self) -> Holds:
        """Until when nothing is begun, and why."""
        return self._outcomes.holds

    def start(self, run: Run, transfer: Transfer, *, prepared: bool) -> bool:
        """Begin with an entry in a thread of its own; False when others have it or all slots."""
        with ExitStack() as held:
            if not self._hold(held, transfer, prepared=prepared):
                return False
            task = Task(transfer, "", "", TransferState.UPLOADING if prepared else TransferState.COMPRESSING)
            work = self._work(run, task, prepared=prepared)
            if work is None:
                self._changed()  # somebody has just done it: the queue is to be looked at again
                return False
            with self._lock:
                self._tasks[transfer.id] = task
            held.callback(self._forget, task)
            ours = held.pop_all()
            thread = threading.Thread(target=self._body, args=(run, task, work, ours), daemon=True)
            try:
                thread.start()
            except RuntimeError:  # there is no room for another thread
                ours.close()
                raise
        return True

    def _hold(self, held: ExitStack, transfer: Transfer, *, prepared: bool) -> bool:
        """Take the locks that the work on an entry needs, to be given back by ``held``."""
        lock = FileLock(self._config.locks_path / f"transfer-{transfer.id}.lock")
        if not lock.acquire():
            return False
        held.callback(lock.release)
        if not prepared:
            return True
        slot = self._slot() if not self._log.halted else None
        if slot is not None:
            held.callback(slot.release)
        return slot is not None

    def _slot(self) -> FileLock | None:
        for number in range(MOST_UPLOADS):
            slot = FileLock(self._config.locks_path / f"upload-{number}.lock")
            if slot.acquire():
                return slot
        return None

    def _work(self, run: Run, task: Task, *, prepared: bool) -> Callable[[], None] | None:
        """What is to be done for an entry, now that it is ours; None when others were quicker."""
        try:
            now = self._transfers.get(task.transfer.id)
        except NotFound:
            return None
        if (now.state, now.attempts) != (task.transfer.state, task.transfer.attempts):
            return None
        task.transfer = now

        def work() -> None:
            owners = self._library.owners(now.master_id)
            if not owners:
                raise NotFound(
                    tr("The recording was deleted meanwhile."), tr("Nothing is sent for it any more.")
                )
            recording = owners[0]
            master = next(m for m in recording.masters if m.id == now.master_id)
            task.recording_id, task.title = recording.id, recording.title
            (self._send if prepared else self._prepare)(run, task, recording, master)

        return work

    def _body(self, run: Run, task: Task, work: Callable[[], None], held: ExitStack) -> None:
        """The life of a thread: it works, enters what came of it, and gives everything back."""
        with held, correlated(f"{task.transfer.id[:8]}-{task.transfer.attempts + 1}"):
            try:
                work()
                return
            except (VoiceRecorderError, Cancelled) as error:
                failure: VoiceRecorderError | Cancelled = error
            except BaseException:
                self._enter(run, task, _unexpected())
                raise
            self._enter(run, task, failure)

    def _enter(self, run: Run, task: Task, error: VoiceRecorderError | Cancelled) -> None:
        if isinstance(error, CredentialsRejected) and task.provider not in (None, run.provider):
            error = Cancelled()  # it was the former key that is refused
        failed = self._outcomes.enter(task, error)
        if failed is not None:
            run.note_outcome(failed, done=False)

    def _forget(self, task: Task) -> None:
        self._changed()  # before it counts as ended, or a run might end between the two
        with self._lock:
            del self._tasks[task.transfer.id]
        task.ended.set()
        self._changed()

    # Working, each in a thread of its own

    def _prepare(self, run: Run, task: Task, recording: Recording, master: Master) -> None:
        if self._compressing.format_for(master) is not SendAs.ORIGINAL:
            task.transfer = self._transfers.change(task.transfer, TransferState.COMPRESSING)

        def progress(done: int, total: int) -> None:
            task.total = total
            task.move(done)

        copy = self._compressing.prepare(task.transfer, recording, master, task.cancel, progress)
        remote_id = run.provider.remote_id(master.id, suffix_of(SendAs(copy.send_as), master))
        try:
            self._transfers.store_copy(task.transfer, copy, remote_id)
        except (Cancelled, NotFound):
            self._compressing.discard(copy)
            raise

    def _send(self, run: Run, task: Task, recording: Recording, master: Master) -> None:
        transfer = task.transfer
        assert transfer.copy is not None
        if not self._compressing.is_unchanged(transfer.copy, master):
            self._proofs.give_up_session(transfer)
            self._transfers.prepare_anew(transfer)  # and that says what is wrong
            return
        transfer, attempt = self._transfers.begin_attempt(transfer)
        task.transfer = transfer
        task.total = transfer.copy.size_bytes if transfer.copy else 0
        first = last = transfer.session.acknowledged_bytes
        task.move(first)

        def sending(position: int) -> None:
            nonlocal first, last
            if task.cancel.is_set():
                raise Cancelled
            if position < last:
                first -= last - position  # sent once more
            limit = self._settings.current.sync_limit_kb_per_s * 1000
            self._throttle.pass_bytes(max(0, position - last), limit, task.cancel)
            last = position
            task.move(position)

        def reached(state: TransferState) -> None:
            task.state = state
            task.transfer = self._transfers.get(transfer.id)

        outcome, reason = "parked", ""
        try:
            self._refuse_beyond_plan(transfer.place, task.total)
            task.provider = run.provider
            receipt = self._sending.send(
                task.provider, transfer, recording, master, task.cancel, sending, reached
            )
            last = task.total
            self._transfers.finish(task.transfer, receipt, attempt, last - first)
            outcome = "done"
        except VoiceRecorderError as error:
            outcome, reason = "failed", str(error)
            raise
        finally:
            run.note_sent(last - first)
            if outcome != "done":
                self._end_attempt(attempt, outcome, reason, last - first)
        run.note_outcome(transfer, done=True)
        self.holds.note_success()
        try:
            self._compressing.discard(transfer.copy)
        except StorageError as error:
            _log.warning("%s goes with the next clean-up", error)
        _log.info("backed up %s at %s: %d bytes", master.name, transfer.place, task.total)

    def _refuse_beyond_plan(self, place: str, size_bytes: int) -> None:
        most = self._log.plan(place).max_file_bytes
        if most is not None and size_bytes > most:
            raise FileRejected(
                tr(
                    "The copy has {size}; the plan of this account takes {most} a file.",
                    size=in_mb(size_bytes),
                    most=in_mb(most),
                ),
                tr("It was not sent. Send it as a smaller format, or choose a larger plan."),
            )

    def _end_attempt(self, attempt: int, outcome: str, reason: str, sent_bytes: int) -> None:
        """Enter what came of a try, unless the library is busy: why it failed must not be lost for that."""
        try:
            self._log.end_attempt(attempt, outcome, reason, sent_bytes)
        except StorageError as error:
            _log.warning("the attempt could not be entered: %s", error)

    # Watching and stopping

    def tell(self) -> None:
        """Enter the progress of all uploads, once a second at most; stop those that others have cancelled."""
        if time.monotonic() - self._told_at < _TELL_EVERY_S:
            return
        self._told_at = time.monotonic()
        tasks = [task for task in self._all() if task.transfer.state in UNDER_WAY and task.done]
        told = {task.transfer.id: task.done for task in tasks if task.state is TransferState.UPLOADING}
        if told == self._told:  # nothing to write, which would wake all who watch the library
            gone = self._transfers.no_longer_under_way([task.transfer.id for task in tasks])
        else:
            gone = self._transfers.store_progress(told)
        self._told = told
        for task in tasks:
            if task.transfer.id in gone:
                task.cancel.set()

    def stop(self, recording_ids: Collection[str] | None = None) -> None:
        """Ask the work on these recordings, or all of it, to end now; it is parked for later."""
        for task in self._all():
            if recording_ids is None or task.recording_id in recording_ids:
                task.cancel.set()

    def park(self) -> None:
        """Stop everything; what is stuck in the network is left behind, for its row tells where to go on."""
        self.stop()
        deadline = time.monotonic() + _PARKED_WITHIN_S
        for task in self._all():
            task.ended.wait(max(0.0, deadline - time.monotonic()))
        if self.busy:
            _log.warning("uploads were still under way at the end; they go on at the next start")

    def _all(self) -> tuple[Task, ...]:
        with self._lock:
            return tuple(self._tasks.values())


def _unexpected() -> VoiceRecorderError:
    return VoiceRecorderError(
        tr("Something unexpected happened while it was sent."),
        tr("The recording here is untouched; the log has the details."),
    )
