"""Freeing: the audio of a proved recording leaves this disk, on its owner's wish.

The order of steps, each of which must hold or nothing is removed:

1. the master is at rest: finished, of a recording outside the trash, and nobody else's hands are on it;
2. it has a receipt at the place chosen now;
3. the provider, asked anew at its most reliable source, does not contradict what was proved;
4. the file here is the one whose SHA-256 was taken;
5. the whole copy, downloaded again, has the SHA-256 that was sent (unless its owner waived this, and the
   provider's digest proves it);
6. the copy is the original, or its owner consented to compressed ones; nobody changed anything meanwhile;
7. the library says that the audio is in the cloud only;
8. the file is removed.

Cut off between 7 and 8 the file is still there, and ``settle`` makes it the master again.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voice_recorder.audio.metadata import digest
from voice_recorder.cloud.receipts import download_differs
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyDiffers,
    CloudCopyMissing,
    CloudError,
    CredentialsRejected,
    NetworkUnreachable,
    SecretsUnavailable,
    StorageError,
    TransientCloudError,
    VoiceRecorderError,
)
from voice_recorder.domain.ports import Provider, RemoteCopy
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import Receipt, TransferState
from voice_recorder.domain.words import tr
from voice_recorder.services.providers import Providers
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs
from voice_recorder.storage.settings_file import SettingsFile

_log = logging.getLogger(__name__)
_AFTER_OBSTACLE_S = 3600.0
_TRANSIENT_IN_A_ROW = 2
_KEPT = tr("The audio stays on this computer.")


class Freeing:
    """Removes local audio that is proved to be in the cloud."""

    def __init__(
        self,
        config: StorageConfig,
        settings: SettingsFile,
        library: Library,
        proofs: Proofs,
        providers: Providers,
    ) -> None:
        self._config = config
        self._settings = settings
        self._library = library
        self._proofs = proofs
        self._providers = providers
        self._not_before = 0.0

    def free(
        self,
        ids: Sequence[str],
        cancel: threading.Event | None = None,
        progress: Callable[[int, int, str], None] | None = None,
    ) -> list[ItemResult]:
        """Free these recordings, each whole or not at all; one that fails disturbs no other.

        NoProvider, CredentialsRejected, SecretsUnavailable before anything is tried. When ``cancel`` is set,
        what was done until then.
        """
        cancel = cancel or threading.Event()
        provider = self._providers.open()
        results: list[ItemResult] = []
        in_vain: VoiceRecorderError | None = None
        in_a_row = 0
        for done, recording_id in enumerate(ids):
            try:
                if in_vain is not None:
                    raise in_vain
                recording = self._library.get(recording_id)
                if progress:
                    progress(done, len(ids), recording.title)
                with correlated(recording.id):
                    self._free(provider, recording, cancel)
            except Cancelled:
                break
            except VoiceRecorderError as error:
                _log.warning("not freed: %s", error)
                in_a_row = in_a_row + 1 if isinstance(error, TransientCloudError) else 0
                in_vain = error if _concerns_all(error) or in_a_row >= _TRANSIENT_IN_A_ROW else None
                results.append(ItemResult(recording_id, False, error))
            else:
                results.append(ItemResult(recording.id, True))
        if in_vain is not None:
            self._not_before = time.monotonic() + _AFTER_OBSTACLE_S
        return results

    def free_due(
        self, cancel: threading.Event | None = None, now: datetime | None = None
    ) -> list[ItemResult]:
        """Free what its owner wants freed after a time; nothing unless the settings say so."""
        wanted = self._settings.current
        if not wanted.storage_free_local or not self._providers.place():
            return []
        if time.monotonic() < self._not_before:
            return []
        before = (now or datetime.now(UTC)) - timedelta(hours=wanted.storage_free_after_h)
        due = self._proofs.due_for_freeing(
            self._providers.place(), before, lossy_too=wanted.storage_free_lossy
        )
        ids = {owner.id for receipt in due for owner in self._library.owners(receipt.master_id)[:1]}
        return self.free(sorted(ids), cancel) if ids else []

    def settle(self) -> None:
        """Make masters whose freeing was cut off before their file was removed masters again."""
        folder = self._config.raw_recordings_path
        names = [n for n in self._library.names_in_state(MasterState.FREED) if (folder / n).exists()]
        for recording in self._library.with_masters_named(names):
            for master in recording.masters:
                with self._alone(master) as alone:
                    if alone:
                        self._settle(recording.id, master.id)

    def _settle(self, recording_id: str, master_id: str) -> None:
        recording = self._library.get(recording_id)
        master = next(m for m in recording.masters if m.id == master_id)
        path = self._library.path_of(master)
        if master.state is MasterState.FREED and path.exists() and _is_same(path, master):
            found = replace(master, state=MasterState.RECORDED)
            self._library.store_reading(recording.id, found, "found again", path.name)

    @contextmanager
    def _alone(self, master: Master) -> Iterator[bool]:
        """Whether nobody else frees a master or puts it back meanwhile."""
        with free_lock(self._config, master) as lock:
            yield lock.acquire()

    def _free(self, provider: Provider, recording: Recording, cancel: threading.Event) -> None:
        masters = [m for m in recording.masters if m.state is not MasterState.FREED]
        if recording.trashed_at is not None:
            raise StorageError(
                tr("The recording is in the trash."), tr("Restore it first, or delete it for ever.")
            )
        with ExitStack() as locks:
            if not all(locks.enter_context(self._alone(master)) for master in masters):
                raise StorageError(tr("The recording is being freed or fetched already."), _KEPT)
            receipts = [self._required_receipt(provider, recording, master) for master in masters]
            for master, receipt in zip(masters, receipts, strict=True):
                stored = self._ask(provider, receipt)
                self._check_here(master, cancel)
                self._check_bytes(provider, receipt, stored, cancel)
                self._check_consent(recording, receipt)
            self._check_unchanged(recording, masters, receipts)
            for master in masters:
                self._remove(recording, master)

    def _required_receipt(self, provider: Provider, recording: Recording, master: Master) -> Receipt:
        if master.state is not MasterState.RECORDED:
            raise StorageError(_as_it_stands(recording.title, master.state), _KEPT)
        receipt = self._proofs.of_master(master.id, provider.place)
        if receipt is None:
            raise CloudCopyMissing(
                tr("“{title}” is not backed up.", title=recording.title),
                tr("The audio stays on this computer. Send it first."),
            )
        return receipt

    def _check_consent(self, recording: Recording, receipt: Receipt) -> None:
        if not receipt.lossless and not self._settings.current.storage_free_lossy:
            raise CloudError(
                tr(
                    "The cloud copy of “{title}” is compressed ({format}): the original could not be"
                    " had back from it.",
                    title=recording.title,
                    format=receipt.send_as.upper(),
                ),
                tr(
                    "The audio stays on this computer. The setting storage.free_lossy allows it all the same."
                ),
            )

    def _check_here(self, master: Master, cancel: threading.Event) -> None:
        path = self._library.path_of(master)
        with os_errors_converted(tr("{name} could not be read:", name=repr(path.name)), _KEPT):
            sha256 = digest(path, cancel)[1]
        if sha256 != master.sha256:
            raise StorageError(
                tr("{name} is not what it was when its checksum was taken.", name=repr(path.name)),
                tr("The audio stays on this computer. 'Verify' says more."),
            )

    def _ask(self, provider: Provider, receipt: Receipt) -> RemoteCopy:
        """What is stored now; CloudCopyMissing or CloudCopyDiffers, the receipt revoked, when it is wrong."""
        stored = provider.stat(receipt.remote_id, thorough=True)
        if stored is None:
            gone = CloudCopyMissing(
                tr("The cloud copy is gone."),
                tr("The audio stays on this computer. 'Send again' makes a new one."),
            )
            self._proofs.revoke(receipt, TransferState.REMOVED, gone.kind, str(gone))
            raise gone
        self._refuse(receipt, receipt.contradiction(stored))
        return stored

    def _check_bytes(
        self, provider: Provider, receipt: Receipt, stored: RemoteCopy, cancel: threading.Event
    ) -> None:
        if self._settings.current.sync_full_check or not receipt.is_proved_by(stored):
            size, sha256 = receipt.size_bytes, receipt.sha256
            self._refuse(receipt, download_differs(provider, receipt.remote_id, sha256, size, cancel))

    def _refuse(self, receipt: Receipt, wrong: str | None) -> None:
        if wrong:
            differs = CloudCopyDiffers(
                tr("The cloud copy is not what was sent: {wrong}", wrong=wrong),
                tr("The audio stays on this computer. 'Retry' sends it again."),
            )
            self._proofs.revoke(receipt, TransferState.FAILED, differs.kind, str(differs))
            raise differs

    def _check_unchanged(
        self, recording: Recording, masters: Sequence[Master], receipts: Sequence[Receipt]
    ) -> None:
        """Nobody has trashed, verified or sent anything anew while the copies were read."""
        now = self._library.get(recording.id)
        states = {master.id: master.state for master in now.masters}
        same = all(self._proofs.of_master(r.master_id, r.place) == r for r in receipts)
        if not same or now.trashed_at or any(states.get(m.id) is not m.state for m in masters):
            raise StorageError(tr("“{title}” was changed meanwhile.", title=recording.title), _KEPT)

    def _remove(self, recording: Recording, master: Master) -> None:
        path = self._library.path_of(master)
        self._library.store_reading(
            recording.id, replace(master, state=MasterState.FREED), "freed", f"{master.size_bytes} bytes"
        )
        with os_errors_converted(
            tr("{name} could not be removed:", name=repr(path.name)), tr("It is still there.")
        ):
            path.unlink(missing_ok=True)
        _log.info("freed %s (%d bytes)", path.name, master.size_bytes)


def free_lock(config: StorageConfig, master: Master) -> FileLock:
    """The lock of whoever frees a master or puts it back."""
    return FileLock(config.locks_path / f"free-{master.id}.lock")


def _as_it_stands(title: str, state: MasterState) -> str:
    if state is MasterState.MISSING:
        return tr("The audio of “{title}” is missing.", title=title)
    if state is MasterState.DAMAGED:
        return tr("The audio of “{title}” is damaged.", title=title)
    return tr("The audio of “{title}” is recording.", title=title)


def _concerns_all(error: VoiceRecorderError) -> bool:
    """Whether all others of a batch would meet it as well."""
    if isinstance(error, TransientCloudError) and error.retry_after_s is not None:
        return True
    return isinstance(error, NetworkUnreachable | CredentialsRejected | SecretsUnavailable)


def _is_same(path: Path, master: Master) -> bool:
    try:
        return digest(path)[1] == master.sha256
    except OSError:
        return False
