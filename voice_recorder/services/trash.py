"""The trash: what its owner deleted can be had back for 30 days; then, and only then, files are removed."""

import logging
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voice_recorder.audio.metadata import digest
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import StorageError, VoiceRecorderError
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.recording import Recording
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.states import MasterState, RecordingState
from voice_recorder.storage.disk import os_errors_converted, replace_durably
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile

_log = logging.getLogger(__name__)
KEPT_DAYS = 30


class Trash:
    """Deletes, restores and, at the end, removes."""

    def __init__(self, config: StorageConfig, settings: SettingsFile, library: Library) -> None:
        self._config = config
        self._settings = settings
        self._library = library

    def delete(self, ids: Sequence[str]) -> list[ItemResult]:
        """Put recordings into the trash."""
        return [self._tried(recording_id, self._delete) for recording_id in ids]

    def restore(self, ids: Sequence[str]) -> list[ItemResult]:
        """Take recordings out of the trash."""
        return [self._tried(recording_id, self._restore) for recording_id in ids]

    def delete_for_ever(self, ids: Sequence[str]) -> list[ItemResult]:
        """Remove recordings that are in the trash, with the masters that no other recording needs."""
        return [self._tried(recording_id, self._remove) for recording_id in ids]

    def empty(self) -> list[ItemResult]:
        """Remove all that is in the trash."""
        page = self._library.page(LibraryQuery(Shelf.TRASH), limit=-1)
        return self.delete_for_ever([recording.id for recording in page.recordings])

    def housekeep(self, now: datetime | None = None) -> None:
        """Remove what has been in the trash for 30 days; move there what the owner wants moved by age."""
        now = now or datetime.now(UTC)
        due = self._library.trashed_before(now - timedelta(days=KEPT_DAYS))
        results = self.delete_for_ever([recording.id for recording in due])
        after_days = self._settings.current.storage_trash_after_days
        if after_days:
            old = self._library.made_before(now - timedelta(days=after_days))
            results += self.delete([recording.id for recording in old])
        for result in results:
            if result.error:
                _log.warning("housekeeping of %s: %s", result.id, result.error)

    def settle(self) -> None:
        """Bring the files of recordings to where their rows say they belong, after a crash in between."""
        folder = self._config.raw_recordings_path
        for recording in self._library.page(LibraryQuery(Shelf.TRASH), limit=-1).recordings:
            if any((folder / master.name).exists() for master in recording.masters):
                self._settle(recording)
        names = {path.name for path in self._config.trash_path.iterdir()}
        for recording in self._library.with_masters_named(names):
            if recording.trashed_at is None:
                self._settle(recording)

    def _settle(self, recording: Recording) -> None:
        try:
            with self._alone():
                if self._library.get(recording.id).trashed_at is not None:
                    self._move(recording, self._config.raw_recordings_path, self._config.trash_path)
                else:
                    self._move(recording, self._config.trash_path, self._config.raw_recordings_path)
        except VoiceRecorderError as error:  # one that cannot be moved keeps no other from its place
            _log.warning("%s is not where it belongs: %s", recording.id, error)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process moves or removes files of the trash meanwhile."""
        with FileLock(self._config.locks_path / "trash.lock") as lock:
            lock.acquire(wait=True)
            yield

    def _tried(self, recording_id: str, work: Callable[[str], None]) -> ItemResult:
        try:
            with correlated(recording_id), self._alone():
                work(recording_id)
        except VoiceRecorderError as error:
            return ItemResult(recording_id, False, error)
        return ItemResult(recording_id, True)

    def _delete(self, recording_id: str) -> None:
        recording = self._library.get(recording_id)
        if recording.state is RecordingState.RECORDING:
            raise StorageError("The recording is still running.", "Stop it before you delete it.")
        if recording.trashed_at is not None:
            return
        recording = self._library.set_trashed(recording.id, datetime.now(UTC))
        try:
            self._move(recording, self._config.raw_recordings_path, self._config.trash_path)
        except StorageError:
            self._library.set_trashed(recording.id, None)
            raise

    def _restore(self, recording_id: str) -> None:
        recording = self._library.get(recording_id)
        if recording.trashed_at is None:
            return
        self._move(recording, self._config.trash_path, self._config.raw_recordings_path)
        self._library.set_trashed(recording.id, None)

    def _remove(self, recording_id: str) -> None:
        recording = self._library.get(recording_id)
        if recording.trashed_at is None:
            raise StorageError(
                "The recording is not in the trash.", "Only what is there is deleted for ever."
            )
        # The files first: cut off in between, the row still stands in the trash and is removed next time.
        for master in self._library.masters_only_of(recording.id):
            path = self._config.trash_path / master.name
            with os_errors_converted(f"{path.name!r} could not be removed", "It is still in the trash."):
                path.unlink(missing_ok=True)
            _log.info("removed %s (%d bytes), deleted for ever", path.name, master.size_bytes)
        self._library.forget(
            recording.id, "deleted for ever", remove_copies=self._settings.current.cloud_delete_copies
        )

    def _move(self, recording: Recording, source: Path, target: Path) -> None:
        """Move the masters that only this recording has; one that is not there is left to ``verify``."""
        for master in self._library.masters_only_of(recording.id):
            if master.state is not MasterState.RECORDING and (source / master.name).exists():
                with os_errors_converted(f"{master.name!r} could not be moved", "It is where it was."):
                    _move_file(source / master.name, target / master.name)


def _move_file(source: Path, target: Path) -> None:
    if source.stat().st_dev == target.parent.stat().st_dev:
        replace_durably(source, target)
        return
    unfinished = target.with_name(f"{target.name}.moving")
    try:
        shutil.copy2(source, unfinished)
        with unfinished.open("rb+") as copy:
            os.fsync(copy.fileno())
        if digest(unfinished) != digest(source):
            raise StorageError(f"{source.name!r} could not be copied whole.", "It is where it was.")
        replace_durably(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    source.unlink()
