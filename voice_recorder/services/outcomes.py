"""What becomes of an entry that was not backed up: when it is tried again, and how long all others wait."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from voice_recorder.domain.errors import (
    Cancelled,
    CredentialsRejected,
    DamagedAudio,
    FileRejected,
    LibraryDamaged,
    NetworkUnreachable,
    NotFound,
    PreflightBlocked,
    SecretsUnavailable,
    StorageError,
    TransientCloudError,
    VoiceRecorderError,
)
from voice_recorder.domain.transfers import (
    MOST_ATTEMPTS,
    MOST_UPLOADS,
    PENDING,
    QUICK_TRIES,
    UNDER_WAY,
    Transfer,
    TransferState,
    wait_before_next_s,
)
from voice_recorder.domain.words import tr
from voice_recorder.services.activity import Task
from voice_recorder.services.compressing import Compressing
from voice_recorder.storage.library import Library
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.settings_file import SettingsFile
from voice_recorder.storage.sync_log import SyncLog
from voice_recorder.storage.transfers import Transfers

_log = logging.getLogger(__name__)
_HELD_S = 60.0
_MANY_IN_A_ROW = 3 * MOST_UPLOADS
_LOCAL_TROUBLE = (StorageError, PreflightBlocked)
_OFFLINE = tr("Waiting for the network.")
_ASKED = tr("The provider asked to wait.")
_TROUBLED = tr("The provider is in trouble; waiting a little.")
_UNWRITABLE = tr("The library cannot be written to at the moment.")


class Holds:
    """Until when nothing is begun, and why. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._until: dict[str, float] = {}
        self._in_a_row = 0

    def hold(self, why: str, seconds: float) -> None:
        """Begin nothing for so long."""
        with self._lock:
            self._until[why] = max(self._until.get(why, 0.0), time.monotonic() + seconds)

    def forget(self, why: str | None = None) -> None:
        """Begin at once, whatever or for whatever this reason was."""
        with self._lock:
            self._in_a_row = 0
            if why is None:
                self._until.clear()
            else:
                self._until.pop(why, None)

    def network_is_back(self) -> None:
        """Begin at once what waits for the network."""
        self.forget(_OFFLINE)

    def note_failure(self, error: TransientCloudError, wait_s: float) -> None:
        """Hold all others when what failed concerns them, too."""
        if isinstance(error, NetworkUnreachable):
            self.hold(_OFFLINE, min(wait_s, _HELD_S))
            return
        if error.retry_after_s is not None:
            self.hold(_ASKED, error.retry_after_s)
        with self._lock:
            self._in_a_row += 1
            many = self._in_a_row >= _MANY_IN_A_ROW
        if many:
            self.hold(_TROUBLED, _HELD_S)

    def note_success(self) -> None:
        """The provider works."""
        with self._lock:
            self._in_a_row = 0

    @property
    def longest(self) -> tuple[float, str]:
        """Seconds until anything may begin, and why; 0 and nothing when it may."""
        now = time.monotonic()
        with self._lock:
            until, why = max(((until, why) for why, until in self._until.items()), default=(0.0, ""))
        return (until - now, why) if until > now else (0.0, "")


class Outcomes:
    """Enters what came of the work on entries."""

    def __init__(
        self,
        settings: SettingsFile,
        library: Library,
        transfers: Transfers,
        proofs: Proofs,
        log: SyncLog,
        compressing: Compressing,
    ) -> None:
        self._settings = settings
        self._library = library
        self._transfers = transfers
        self._proofs = proofs
        self._log = log
        self._compressing = compressing
        self.holds = Holds()

    def enter(self, task: Task, error: VoiceRecorderError | Cancelled) -> Transfer | None:
        """Enter why an entry was not backed up; the entry when it counts as failed.

        A library that cannot be written to leaves the row as it is, and all wait a minute: without an owner
        the row is free, and whoever is next goes on with it.
        """
        try:
            with _theirs_is_the_last_word():
                if isinstance(error, Cancelled):
                    self._park(task)
                elif isinstance(error, NotFound):
                    self._clear_up(task)
                elif self._is_out_of_reach(task, error):
                    self._park(task)
                else:
                    return self._fail(task, error)
        except StorageError as trouble:
            _log.warning("what came of %s could not be entered: %s", task.transfer.id, trouble)
            self.holds.hold(_UNWRITABLE, _HELD_S)
        except BaseException:
            self.holds.hold(_UNWRITABLE, _HELD_S)  # or the entry would be tried again at once, for ever
            raise
        return None

    def _park(self, task: Task) -> None:
        """Let it wait for its turn again; the attempt does not count."""
        now = self._transfers.get(task.transfer.id)
        if now.state in UNDER_WAY:
            tried = now.state is not TransferState.COMPRESSING
            self._transfers.change(now, TransferState.QUEUED, attempts=max(0, now.attempts - tried))

    def _clear_up(self, task: Task) -> None:
        """Its row is gone. If the recording was deleted for ever, what has just arrived there goes, too."""
        deleted = not self._library.owners(task.transfer.master_id)
        if deleted and task.transfer.remote_id and self._settings.current.cloud_delete_copies:
            self._proofs.ask_removal(task.transfer.place, task.transfer.remote_id)
        self._compressing.discard(task.transfer.copy)

    def _is_out_of_reach(self, task: Task, error: VoiceRecorderError) -> bool:
        """Whether the file was not there because its recording was put into the trash meanwhile."""
        if not isinstance(error, FileRejected | StorageError):
            return False
        try:
            owners = self._library.owners(task.transfer.master_id)
        except LibraryDamaged:  # a value that cannot be right: this entry fails, the others go on
            return False
        return bool(owners) and all(owner.trashed_at is not None for owner in owners)

    def _fail(self, task: Task, error: VoiceRecorderError) -> Transfer | None:
        _log.warning("sending failed: %s", error)
        now = self._transfers.get(task.transfer.id)
        if now.state not in PENDING:
            return None  # backed up, or cancelled, before this went wrong
        attempts = now.attempts
        if now.state not in (TransferState.UPLOADING, TransferState.VERIFYING):
            attempts += 1  # it failed before it came to be sent
        if isinstance(error, NetworkUnreachable | StorageError | PreflightBlocked):
            attempts = min(attempts, MOST_ATTEMPTS - 1)  # no fault of the file: never given up
        wait_s = self._wait_s(error, attempts)
        due = None if wait_s is None else datetime.now(UTC) + timedelta(seconds=wait_s)
        return self._transfers.change(
            now, TransferState.FAILED, attempts=attempts, error=str(error), error_kind=error.kind,
            next_attempt_ms=None if due is None else round(due.timestamp() * 1000),
            ended_ms=round(time.time() * 1000),
        )  # fmt: skip

    def _wait_s(self, error: VoiceRecorderError, attempts: int) -> float | None:
        """Seconds to the next try of what failed by ``error``; None when there is none."""
        if isinstance(error, CredentialsRejected | SecretsUnavailable):
            self._log.halt(str(error))  # the queue stops and asks, once
            return None
        if isinstance(error, TransientCloudError):
            wait_s = wait_before_next_s(attempts, error.retry_after_s)
            self.holds.note_failure(error, wait_s or 0.0)
            return wait_s
        if isinstance(error, _LOCAL_TROUBLE) and not isinstance(error, DamagedAudio):
            return wait_before_next_s(max(attempts, QUICK_TRIES))  # a full disk does not empty in seconds
        return None


@contextmanager
def _theirs_is_the_last_word() -> Iterator[None]:
    """Somebody may delete or cancel an entry in the moment in which its outcome is entered."""
    try:
        yield
    except (NotFound, Cancelled) as error:
        _log.info("the entry was changed meanwhile: %s", error)
