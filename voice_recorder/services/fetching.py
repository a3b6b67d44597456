"""Fetching: audio that is in the cloud comes back, to be heard or to be the master again.

What comes is a copy in the cache: ``audio/<SHA-256>.<suffix>`` once it is whole and proved, with more endings
before (see ``partial_copy``); who writes to it holds ``fetch-<SHA-256>.lock``. When it is the master byte for
byte, or the master can be made from it, it goes to the recordings folder and the master is here again. A
compressed copy stays in the cache until it is too old, and the recording stays in the cloud only.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from voice_recorder.audio.metadata import digest
from voice_recorder.domain.compression import SendAs
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import (
    Cancelled,
    CloudCopyDiffers,
    CloudCopyMissing,
    CloudError,
    ConfigurationError,
    CredentialsRejected,
    NetworkUnreachable,
    NoProvider,
    SecretsUnavailable,
    StorageError,
    VoiceRecorderError,
)
from voice_recorder.domain.ports import Provider
from voice_recorder.domain.preflight import Purpose
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.transfers import Receipt, TransferState
from voice_recorder.domain.words import tr
from voice_recorder.services.cloud_stream import CloudStream
from voice_recorder.services.partial_copy import PartialCopy
from voice_recorder.services.preflight import Preflight
from voice_recorder.services.providers import Providers
from voice_recorder.services.restoring import Restoring
from voice_recorder.services.sending import suffix_of
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.proofs import Proofs

_log = logging.getLogger(__name__)
_LOOK_EVERY_S = 0.2
_AT_REST = (MasterState.RECORDED, MasterState.RECORDING)
_IN_VAIN = (NoProvider, CredentialsRejected, SecretsUnavailable, ConfigurationError, NetworkUnreachable)
"""Errors that all others of a batch would meet as well."""
Progress = Callable[[int, int, str], None]
"""How far fetching is: bytes that are there, of how many, and the title of what is fetched."""


@dataclass(frozen=True)
class Downloading:
    """A recording that is being fetched in this process, for a badge; ``done`` of ``total`` are bytes."""

    recording_id: str
    title: str
    done: int
    total: int

    @property
    def share(self) -> float:
        """How much is there, 0 to 1."""
        return self.done / self.total if self.total else 0.0


@dataclass(frozen=True)
class CloudAudio:
    """Where the audio of a master that is not here can be heard from: its proved cloud copy."""

    recording: Recording
    master: Master
    receipt: Receipt
    cache_path: Path
    fetching: "Fetching"

    @property
    def suffix(self) -> str:
        """The ending of the copy's name, without a dot."""
        return self.cache_path.suffix.removeprefix(".")

    def cached(self) -> Path | None:
        """The whole, proved copy on this disk, if it is there; it counts as used now."""
        try:
            os.utime(self.cache_path)
        except OSError:
            return None
        return self.cache_path

    def open(self) -> CloudStream:
        """Begin to download, at once; what is wrong with it is said when it is read. ``close`` it."""
        return self.fetching.open(self)


class Fetching:
    """Brings cloud copies to this disk. Any thread may call any method."""

    def __init__(
        self,
        config: StorageConfig,
        library: Library,
        proofs: Proofs,
        providers: Providers,
        preflight: Preflight,
    ) -> None:
        self._config = config
        self._library = library
        self._proofs = proofs
        self._providers = providers
        self._preflight = preflight
        self._restoring = Restoring(config, library, preflight)
        self._folder = config.cache_path / "audio"
        self._streams: dict[Path, tuple[CloudAudio, CloudStream]] = {}
        self._guard = threading.Lock()

    def cached(self, master: Master) -> Path | None:
        """The whole, proved copy of a master that is not here, if it was fetched."""
        receipt = None if master.state is MasterState.RECORDED else self._receipt(master)
        path = self._cache_path(master, receipt) if receipt else None
        return path if path is not None and path.is_file() else None

    def audio_of(self, recording: Recording) -> CloudAudio | None:
        """Where a recording's first master can be heard from when it is not here; None without a copy."""
        for master in recording.masters[:1]:
            receipt = None if master.state in _AT_REST else self._receipt(master)
            if receipt is not None:
                return self._audio(recording, master, receipt)
        return None

    def open(self, audio: CloudAudio) -> CloudStream:
        """The stream that fetches this copy: a new one, or the one that others in this process use."""
        with self._guard:
            self._streams = {path: used for path, used in self._streams.items() if used[1].running}
            known = self._streams.get(audio.cache_path)
            if known is not None and known[1].join():
                return known[1]
            stream = self._stream(audio)
            self._streams[audio.cache_path] = audio, stream
            stream.start()
            return stream

    def activities(self) -> tuple[Downloading, ...]:
        """What is being fetched in this process."""
        with self._guard:
            running = [used for used in self._streams.values() if used[1].running]
        return tuple(
            Downloading(audio.recording.id, audio.recording.title, stream.done_bytes, stream.size_bytes)
            for audio, stream in running
        )

    def fetch(
        self,
        ids: Sequence[str],
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> list[ItemResult]:
        """Fetch these recordings; one that fails disturbs no other, one that is here is done.

        When ``cancel`` is set, what was done until then; what came of the rest is kept for the next time.
        """
        batch = _Batch(cancel or threading.Event(), progress or (lambda _done, _total, _title: None))
        results = []
        for recording_id in ids:
            batch.total_bytes += self._size_of(recording_id)
        for recording_id in ids:
            try:
                recording = self._library.get(recording_id)
                with correlated(recording.id):
                    self._fetch(recording, batch)
            except Cancelled:
                break
            except VoiceRecorderError as error:
                _log.warning("not fetched: %s", error)
                batch.obstacle = error if isinstance(error, _IN_VAIN) else batch.obstacle
                results.append(ItemResult(recording_id, False, error))
            else:
                results.append(ItemResult(recording.id, True))
        return results

    # One copy

    def _receipt(self, master: Master) -> Receipt | None:
        """The proof of the copy at the place chosen now, else of the newest at any other."""
        place = self._providers.place()
        return (self._proofs.of_master(master.id, place) if place else None) or self._proofs.of_master(
            master.id
        )

    def _cache_path(self, master: Master, receipt: Receipt) -> Path:
        return self._folder / f"{receipt.sha256}.{suffix_of(SendAs(receipt.send_as), master)}"

    def _audio(self, recording: Recording, master: Master, receipt: Receipt) -> CloudAudio:
        return CloudAudio(recording, master, receipt, self._cache_path(master, receipt), self)

    def _lock(self, path: Path) -> FileLock:
        """The lock that whoever downloads a file of the cache holds."""
        return FileLock(self._config.locks_path / f"fetch-{path.name.partition('.')[0]}.lock")

    def _stream(self, audio: CloudAudio) -> CloudStream:
        receipt = audio.receipt
        copy = PartialCopy(audio.cache_path, receipt.size_bytes, f"{receipt.place} {receipt.remote_id}")

        def connect() -> Provider:
            provider = self._providers.open()
            if provider.place != receipt.place:
                raise CloudError(
                    tr(
                        "The copy of “{title}” is at {place}.",
                        title=audio.recording.title,
                        place=receipt.place,
                    ),
                    tr("Choose that provider again, then it can be fetched."),
                )
            return provider

        def require_room(missing_bytes: int) -> None:
            self._preflight.require(Purpose.FETCH, missing_bytes)

        def ended(error: VoiceRecorderError | None) -> None:
            if isinstance(error, CloudCopyMissing | CloudCopyDiffers):
                try:
                    self._enter_lost(receipt, error)
                except StorageError as busy:
                    _log.warning("what is wrong with the copy could not be entered: %s", busy)

        return CloudStream(receipt, copy, self._lock(audio.cache_path), connect, require_room, ended)

    def _enter_lost(self, receipt: Receipt, error: CloudError) -> None:
        """The copy is no proof of anything any more: say so where people look; nothing is deleted."""
        gone = isinstance(error, CloudCopyMissing)
        state = TransferState.REMOVED if gone else TransferState.FAILED
        self._proofs.revoke(receipt, state, error.kind, str(error))
        for owner in self._library.owners(receipt.master_id):
            what = "removed from the cloud" if gone else "changed in the cloud"
            self._library.remember(owner.id, what, error.title)
            for master in owner.masters:
                if master.id == receipt.master_id and master.state is MasterState.FREED:
                    lost = replace(master, state=MasterState.MISSING)
                    self._library.store_reading(
                        owner.id, lost, "missing", tr("its only copy is not what was sent")
                    )

    # One recording

    def _size_of(self, recording_id: str) -> int:
        try:
            masters = self._library.get(recording_id).masters
        except VoiceRecorderError:
            return 0  # said when its turn comes
        away = [self._receipt(master) for master in masters if master.state not in _AT_REST]
        return sum(receipt.size_bytes for receipt in away if receipt)

    def _fetch(self, recording: Recording, batch: "_Batch") -> None:
        if recording.trashed_at is not None:
            raise StorageError(tr("The recording is in the trash."), tr("Restore it before you fetch it."))
        for master in recording.masters:
            if master.state not in _AT_REST:
                with FileLock(self._config.locks_path / f"restore-{master.id}.lock") as turn:
                    while not turn.acquire():  # another process fetches it
                        if batch.cancel.wait(_LOOK_EVERY_S):
                            raise Cancelled
                    now = self._library.get(recording.id)
                    for current in now.masters:
                        if current.id == master.id and current.state not in _AT_REST:
                            self._fetch_master(now, current, batch)

    def _fetch_master(self, recording: Recording, master: Master, batch: "_Batch") -> None:
        if self._restoring.is_here(recording, master, batch.cancel):
            return
        receipt = self._receipt(master)
        if receipt is None:
            raise CloudCopyMissing(
                tr("“{title}” has no cloud copy.", title=recording.title),
                tr("There is nothing that could be fetched."),
            )
        kind = SendAs(receipt.send_as)
        if master.state is MasterState.DAMAGED and not kind.is_lossless:
            raise CloudError(
                tr(
                    "The cloud copy of “{title}” is compressed ({format}): it cannot mend the original.",
                    title=recording.title,
                    format=kind.upper(),
                ),
                tr("The damaged file was left as it is."),
            )
        audio = self._audio(recording, master, receipt)
        is_new = audio.cached() is None
        path = self._obtained(audio, batch)
        if not self._restoring.restore(recording, master, receipt, path, batch.cancel) and is_new:
            made = kind.upper()
            if kind.is_lossless:
                what = tr("a copy with every sample ({format})", format=made)
            else:
                what = tr("a compressed copy ({format})", format=made)
            self._library.remember(recording.id, "fetched", what)

    def _obtained(self, audio: CloudAudio, batch: "_Batch") -> Path:
        """The whole, proved copy in the cache; what lay there is read once more before it is believed."""
        path, receipt = audio.cache_path, audio.receipt
        if path.is_file():
            with os_errors_converted(tr("The fetched copy could not be read:")):
                if digest(path, batch.cancel)[1] == receipt.sha256:
                    batch.add(receipt.size_bytes, audio.recording.title)
                    return path
                path.unlink()
        if batch.obstacle is not None:
            raise batch.obstacle
        with closing(self.open(audio)) as stream:
            stream.wait(batch.cancel, lambda done: batch.tell(done, audio.recording.title))
        batch.add(receipt.size_bytes, audio.recording.title)
        return path


class _Batch:
    """What is common to recordings that are fetched together."""

    def __init__(self, cancel: threading.Event, progress: Progress) -> None:
        self.cancel = cancel
        self.total_bytes = 0
        self.obstacle: VoiceRecorderError | None = None
        self._progress = progress
        self._done_bytes = 0

    def tell(self, more_bytes: int, title: str) -> None:
        """Report ``more_bytes`` of the copy that is on its way."""
        self._progress(self._done_bytes + more_bytes, self.total_bytes, title)

    def add(self, size_bytes: int, title: str) -> None:
        """Count a copy as done."""
        self._done_bytes += size_bytes
        self.tell(0, title)
