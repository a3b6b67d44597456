"""The trash: what its owner deleted can be had back for 30 days; then, and only then, files are removed."""

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from voice_recorder.audio.metadata import digest
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import StorageError, VoiceRecorderError
from voice_recorder.domain.library_query import LibraryQuery, Shelf
from voice_recorder.domain.results import ItemResult
from voice_recorder.domain.words import tr
from voice_recorder.storage.batches import Batches, Moved
from voice_recorder.storage.disk import os_errors_converted, replace_durably
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile
from voice_recorder.storage.sidecar import SUFFIX, sidecar_path

_log = logging.getLogger(__name__)
KEPT_DAYS = 30
_AT_ONCE = 100  # recordings that are moved while others wait
Progress = Callable[[int, int, str], None]


class Trash:
    """Deletes, restores and, at the end, removes."""

    def __init__(self, config: StorageConfig, settings: SettingsFile, library: Library) -> None:
        self._config = config
        self._settings = settings
        self._library = library
        self._batches = Batches(library.database)

    def delete(
        self,
        ids: Sequence[str],
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> list[ItemResult]:
        """Put recordings into the trash: the rows of all at once, then file by file.

        When ``cancel`` is set they are in the trash all the same; ``settle`` moves the files that are left,
        at the latest at the next start. One whose file cannot be moved is put back and told.
        """
        with self._alone():
            moved = self._batches.set_trashed(ids, datetime.now(UTC))
        return self._follow(moved, True, cancel or threading.Event(), progress)

    def restore(
        self,
        ids: Sequence[str],
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> list[ItemResult]:
        """Take recordings out of the trash; ``cancel`` as in ``delete``."""
        with self._alone():
            moved = self._batches.set_trashed(ids, None)
        return self._follow(moved, False, cancel or threading.Event(), progress)

    def delete_for_ever(
        self,
        ids: Sequence[str],
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
    ) -> list[ItemResult]:
        """Remove recordings that are in the trash, with the masters that no other recording needs.

        When ``cancel`` is set, the results end there.
        """
        self.settle()  # what a cancelled ``delete`` has left would stay behind as a file of nobody
        return self._remove_all(ids, cancel or threading.Event(), progress)

    def empty(
        self, cancel: threading.Event | None = None, progress: Progress | None = None
    ) -> list[ItemResult]:
        """Remove all that is in the trash."""
        return self.delete_for_ever(self._library.ids(LibraryQuery(Shelf.TRASH)), cancel, progress)

    def housekeep(self, now: datetime | None = None) -> None:
        """Remove what has been in the trash for 30 days; move there what the owner wants moved by age."""
        now = now or datetime.now(UTC)
        due = self._library.trashed_before(now - timedelta(days=KEPT_DAYS))
        results = self._remove_all([recording.id for recording in due], threading.Event(), None)
        after_days = self._settings.current.storage_trash_after_days
        if after_days:
            old = self._library.made_before(now - timedelta(days=after_days))
            results += self.delete([recording.id for recording in old])
        for result in results:
            if result.error:
                _log.warning("housekeeping of %s: %s", result.id, result.error)

    def settle(self) -> None:
        """Bring the files of recordings to where their rows say they belong, after a crash in between."""
        trashed = self._batches.names_in_trash()
        here = _masters_in(self._config.raw_recordings_path)
        self._settle([trashed[name] for name in here if name in trashed], True)
        self._settle(self._batches.owners_outside_trash(_masters_in(self._config.trash_path)), False)

    def _settle(self, ids: Sequence[str], into_trash: bool) -> None:
        for part in _parts(list(dict.fromkeys(ids))):
            for recording_id, error in self._move_files(part, into_trash).items():
                _log.warning("%s is not where it belongs: %s", recording_id, error)

    def _follow(
        self, moved: Moved, into_trash: bool, cancel: threading.Event, progress: Progress | None
    ) -> list[ItemResult]:
        """Move the files of what changed its place; the rows of those that stay are put back."""
        failed: dict[str, StorageError] = {}
        ids = list(moved.before)
        for at, part in enumerate(_parts(ids)):
            if cancel.is_set():
                _log.info("cancelled; %d recordings are settled later", len(ids) - at * _AT_ONCE)
                break
            stuck = self._move_files(part, into_trash, moved.before)
            failed.update(stuck)
            if progress:
                progress(min(len(ids), (at + 1) * _AT_ONCE), len(ids), "")
        errors = {given: failed[whole] for given, whole in moved.whole.items() if whole in failed}
        return [
            ItemResult(result.id, False, errors[result.id]) if result.id in errors else result
            for result in moved.results
        ]

    def _move_files(
        self, ids: Sequence[str], into_trash: bool, before: Mapping[str, datetime | None] | None = None
    ) -> dict[str, StorageError]:
        """Move the files of recordings to where the rows say now; those that cannot be, and why.

        ``before`` is what their rows said before, and say again when the files cannot be moved.
        """
        folders = self._config.raw_recordings_path, self._config.trash_path
        source, target = folders if into_trash else folders[::-1]
        failed: dict[str, StorageError] = {}
        with self._alone():
            for files in self._batches.files(ids):
                if files.in_trash is not into_trash:
                    continue  # somebody has moved it back meanwhile
                try:
                    with correlated(files.recording_id):
                        _move(files.names, source, target)
                except StorageError as error:
                    failed[files.recording_id] = error
            if failed and before is not None:
                happened = "could not be deleted" if into_trash else "could not be restored"
                self._batches.put_back({id_: before[id_] for id_ in failed}, happened)
        return failed

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process moves or removes files of the trash meanwhile."""
        with FileLock(self._config.locks_path / "trash.lock") as lock:
            lock.acquire(wait=True)
            yield

    def _remove_all(
        self, ids: Sequence[str], cancel: threading.Event, progress: Progress | None
    ) -> list[ItemResult]:
        results: list[ItemResult] = []
        for recording_id in ids:
            if cancel.is_set():
                break
            results.append(self._removed(recording_id))
            if progress:
                progress(len(results), len(ids), "")
        return results

    def _removed(self, recording_id: str) -> ItemResult:
        try:
            with correlated(recording_id), self._alone():
                self._remove(recording_id)
        except VoiceRecorderError as error:
            return ItemResult(recording_id, False, error)
        return ItemResult(recording_id, True)

    def _remove(self, recording_id: str) -> None:
        recording = self._library.get(recording_id)
        if recording.trashed_at is None:
            raise StorageError(
                tr("The recording is not in the trash."), tr("Only what is there is deleted for ever.")
            )
        # The files first: cut off in between, the row still stands in the trash and is removed next time.
        for master in self._library.masters_only_of(recording.id):
            path = self._config.trash_path / master.name
            with os_errors_converted(
                tr("{name} could not be removed:", name=repr(path.name)), tr("It is still in the trash.")
            ):
                path.unlink(missing_ok=True)
                sidecar_path(path).unlink(missing_ok=True)
            _log.info("removed %s (%d bytes), deleted for ever", path.name, master.size_bytes)
        self._library.forget(
            recording.id, "deleted for ever", remove_copies=self._settings.current.cloud_delete_copies
        )


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    return (ids[at : at + _AT_ONCE] for at in range(0, len(ids), _AT_ONCE))


def _masters_in(folder: Path) -> list[str]:
    """The names of the masters that have a file, be it but a sidecar, in ``folder``."""
    with os.scandir(folder) as entries:
        return list(dict.fromkeys(entry.name.removesuffix(SUFFIX) for entry in entries))


def _move(names: Sequence[str], source: Path, target: Path) -> None:
    """Move masters with their sidecars; one that is not there is left to ``verify``."""
    for name in names:
        with os_errors_converted(
            tr("{name} could not be moved:", name=repr(name)), tr("It is where it was.")
        ):
            if (source / name).exists():
                _move_file(source / name, target / name)
            _move_sidecar(sidecar_path(source / name), sidecar_path(target / name))


def _move_sidecar(source: Path, target: Path) -> None:
    """One that is at the target already was written later."""
    if target.exists():
        source.unlink(missing_ok=True)
    elif source.exists():
        _move_file(source, target)


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
            raise StorageError(
                tr("{name} could not be copied whole.", name=repr(source.name)), tr("It is where it was.")
            )
        replace_durably(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    source.unlink()
