"""The threads at work on entries of the queue: some compress, up to five send.

Several processes may work on one queue: an entry is in the hands of whoever holds its lock, and the upload
slots, locks as well, are shared by all.
"""

import logging
import os
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import (
    Cancelled,
    CredentialsRejected,
    DamagedAudio,
    FileRejected,
    NetworkUnreachable,
    NotFound,
    PreflightBlocked,
    SecretsUnavailable,
    StorageError,
    TransientCloudError,
    VoiceRecorderError,
)
from voice_recorder.domain.ports import Provider
from voice_recorder.domain.preflight import in_mb
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.transfers import (
    MOST_UPLOADS,
    QUICK_TRIES,
    UNDER_WAY,
    Transfer,
    TransferState,
    wait_before_next_s,
)
from voice_recorder.services.activity import Activity, Task, Throttle
from voice_recorder.services.compressing import Compressing
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
    """What one run of the queue and its threads share."""

    provider: Provider
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
        self._sending = Sending(transfers, compressing)
        self._throttle = Throttle()
        self._tasks: dict[str, Task] = {}
        self._lock = threading.Lock()
        self._hold_until = 0.0
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
        return sum(task.state is TransferState.COMPRESSING for task in self._all()) < _MOST_COMPRESSIONS

    def start(self, run: Run, transfer: Transfer, *, prepared: bool) -> bool:
        """Begin with an entry in a thread of its own; False when others have it or all slots."""
        lock = FileLock(self._config.locks_path / f"transfer-{transfer.id}.lock")
        if not lock.acquire():
            return False
        slot = self._slot() if prepared and not self._log.halted else None
        if prepared and slot is None:
            lock.release()
            return False
        try:
            now = self._transfers.get(transfer.id)
            owners = self._library.owners(transfer.master_id)
        except NotFound:
            now, owners = None, ()
        if now is None or now.state is not transfer.state or now.attempts != transfer.attempts or not owners:
            _release(lock, slot)
            self._changed()  # somebody has just done it: the queue is to be looked at again
            return False
        recording = owners[0]
        master = next(m for m in recording.masters if m.id == transfer.master_id)
        state = TransferState.UPLOADING if prepared else TransferState.COMPRESSING
        task = Task(now, recording.id, recording.title, state)
        with self._lock:
            self._tasks[transfer.id] = task
        work = self._send if prepared else self._prepare

        def body() -> None:
            try:
                with correlated(f"{now.id[:8]}-{now.attempts + 1}"):
                    self._guarded(run, task, lambda: work(run, task, recording, master))
            finally:
                self._changed()  # before it counts as ended, or a run might end between the two
                with self._lock:
                    del self._tasks[transfer.id]
                _release(lock, slot)
                task.ended.set()
                self._changed()

        threading.Thread(target=body, name=f"{state}-{now.id[:8]}", daemon=True).start()
        return True

    def _slot(self) -> FileLock | None:
        for number in range(MOST_UPLOADS):
            slot = FileLock(self._config.locks_path / f"upload-{number}.lock")
            if slot.acquire():
                return slot
        return None

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
            self._transfers.forget_copy(transfer)  # it is prepared anew, and that says what is wrong
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
            receipt = self._sending.send(
                run.provider, transfer, recording, master, task.cancel, sending, reached
            )
            last = task.total
            self._transfers.finish(task.transfer, receipt, attempt, last - first)
            outcome = "done"
        except VoiceRecorderError as error:
            outcome, reason = "failed", str(error)
            raise
        finally:
            if outcome != "done":
                self._log.end_attempt(attempt, outcome, reason, last - first)
            run.note_sent(last - first)
        run.note_outcome(transfer, done=True)
        self._compressing.discard(transfer.copy)
        _log.info("backed up %s at %s: %d bytes", master.name, transfer.place, task.total)

    def _refuse_beyond_plan(self, place: str, size_bytes: int) -> None:
        most = self._log.plan(place).max_file_bytes
        if most is not None and size_bytes > most:
            raise FileRejected(
                f"The copy has {in_mb(size_bytes)}; the plan of this account takes {in_mb(most)} a file.",
                "It was not sent. Send it as a smaller format, or choose a larger plan.",
            )

    # What came of it

    def _guarded(self, run: Run, task: Task, work: Callable[[], None]) -> None:
        """Do ``work`` and enter its failure; a bug is entered, too, and goes on to the log."""
        ended = False
        try:
            work()
            ended = True
        except Cancelled:
            self._enter_parked(task)
            ended = True
        except NotFound:  # deleted for ever meanwhile: what has just arrived there goes, too
            if task.transfer.remote_id and self._settings.current.cloud_delete_copies:
                self._proofs.ask_removal(task.transfer.place, task.transfer.remote_id)
            self._compressing.discard(task.transfer.copy)
            ended = True
        except VoiceRecorderError as error:
            self._enter_failure(run, task, error)
            ended = True
        finally:
            if not ended:
                bug = VoiceRecorderError(
                    "Something unexpected happened while it was sent.",
                    "The recording here is untouched; the log has the details.",
                )
                self._enter_failure(run, task, bug)

    def _enter_parked(self, task: Task) -> None:
        with _row_may_be_gone():
            now = self._transfers.get(task.transfer.id)
            if now.state in UNDER_WAY:
                tried = 1 if now.state is not TransferState.COMPRESSING else 0
                self._transfers.change(now, TransferState.QUEUED, attempts=max(0, now.attempts - tried))

    def _enter_failure(self, run: Run, task: Task, error: VoiceRecorderError) -> None:
        _log.warning("sending failed: %s", error)
        with _row_may_be_gone():
            now = self._transfers.get(task.transfer.id)
            attempts = now.attempts
            if now.state not in (TransferState.UPLOADING, TransferState.VERIFYING):
                attempts += 1  # it failed before it came to be sent
            wait = self._wait_s(run, error, attempts)
            due = None if wait is None else datetime.now(UTC) + timedelta(seconds=wait)
            self._transfers.change(
                now, TransferState.FAILED, attempts=attempts, error=str(error), error_kind=error.kind,
                next_attempt_ms=None if due is None else round(due.timestamp() * 1000),
                ended_ms=round(time.time() * 1000),
            )  # fmt: skip
            run.note_outcome(now, done=False)

    def _wait_s(self, run: Run, error: VoiceRecorderError, attempts: int) -> float | None:
        """Seconds to the next try of what failed by ``error``; None when there is none."""
        if isinstance(error, CredentialsRejected | SecretsUnavailable):
            self._log.halt(str(error))  # the queue stops and asks, once
            return None
        if isinstance(error, TransientCloudError):
            wait = wait_before_next_s(attempts, error.retry_after_s)
            if error.retry_after_s is not None or isinstance(error, NetworkUnreachable):
                # It concerns all of them: none is tried before.
                self._hold_until = max(self._hold_until, time.monotonic() + (wait or 0.0))
            return wait
        if isinstance(error, StorageError | PreflightBlocked) and not isinstance(error, DamagedAudio):
            return wait_before_next_s(max(attempts, QUICK_TRIES))  # a full disk does not empty in seconds
        return None

    def forget_hold(self) -> None:
        """Begin at once what waits for the network."""
        self._hold_until = 0.0

    @property
    def held_s(self) -> float:
        """Seconds until anything may begin: the network is gone, or the provider asked to wait."""
        return max(0.0, self._hold_until - time.monotonic())

    # Watching and stopping

    def tell(self) -> None:
        """Enter the progress of all uploads, once a second at most; stop those that others have cancelled."""
        if time.monotonic() - self._told_at < _TELL_EVERY_S:
            return
        self._told_at = time.monotonic()
        tasks = [task for task in self._all() if task.transfer.state in UNDER_WAY and task.done]
        told = {task.transfer.id: task.done for task in tasks if task.state is TransferState.UPLOADING}
        if told == self._told:
            return
        self._told = told
        gone = self._transfers.store_progress(told)
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


def _release(lock: FileLock, slot: FileLock | None) -> None:
    lock.release()
    if slot is not None:
        slot.release()


@contextmanager
def _row_may_be_gone() -> Iterator[None]:
    """Somebody may have deleted or cancelled it in this moment: then theirs is the last word."""
    try:
        yield
    except (NotFound, Cancelled) as error:
        _log.info("the entry was changed meanwhile: %s", error)
