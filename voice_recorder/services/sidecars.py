"""Keeps sidecars true: whatever changes in the library is soon said beside the masters, too."""

import logging
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from voice_recorder.domain.errors import DiskFull, StorageError
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.services.recordings_folder import recordings_are_away
from voice_recorder.storage.disk import os_errors_converted
from voice_recorder.storage.engine import Database
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.sidecar import Sidecar, sidecar_path
from voice_recorder.storage.sidecar_rows import SidecarRows
from voice_recorder.storage.sidecar_writing import write_sidecar

_log = logging.getLogger(__name__)
BATCH = 50
_PAUSE_S = 0.05
_PATIENCE_S = 0.3
_REST = 3.0  # as many times as long as a batch took: a whole library may be stale, and nobody waits for it


class Sidecars:
    """Writes the sidecars of recordings that the table ``stale_sidecars`` names.

    A row goes only when the library, asked again, still says what was written, so that no change is lost
    whoever makes it. Whoever writes holds the trash's lock: no file moves or goes meanwhile, and no two
    processes write one sidecar.
    """

    def __init__(self, config: StorageConfig, database: Database) -> None:
        self._config = config
        self._figures = Figures(database)
        self._rows = SidecarRows(database)
        self._has_complained = False

    def count_stale(self) -> int:
        """How many recordings have changes that are not said beside their masters yet."""
        return self._rows.count_stale()

    def write_pending(self, cancel: threading.Event | None = None, limit: int | None = None) -> int:
        """Write what is stale, the newest recordings first; how many recordings are described now.

        At most ``limit`` are looked at; none while the recordings folder is not there. A running take waits
        for its end; what cannot be written, as on a full disk, stays for the next time and is logged once.
        LibraryBusy, LibraryDamaged and other StorageError of the database.
        """
        cancel = cancel or threading.Event()
        settled, looked_at, before = 0, 0, None
        if recordings_are_away(self._config, self._figures):
            return 0
        while not cancel.is_set() and (limit is None or looked_at < limit):
            started = time.monotonic()
            keys = self._rows.stale(before, BATCH if limit is None else min(BATCH, limit - looked_at))
            if not keys:
                break
            looked_at, before = looked_at + len(keys), keys[-1]
            done = self._write(keys)
            if done is None:  # the trash is at work, or the disk is full
                break
            settled += done
            if len(keys) == BATCH:
                cancel.wait(_PAUSE_S + _REST * (time.monotonic() - started))
        return settled

    def write_without_waiting(self, limit: int) -> int:
        """The same for somebody who does not wait for a library that another program holds: LibraryBusy."""
        database = Database(self._config.database_path, busy_timeout_s=_PATIENCE_S)
        try:
            return Sidecars(self._config, database).write_pending(limit=limit)
        finally:
            database.dispose()

    def _write(self, keys: Sequence[int]) -> int | None:
        """Describe the recordings with these keys; how many, None when nothing can be written now."""
        with FileLock(self._config.locks_path / "trash.lock") as lock:
            if not lock.acquire():
                return None
            written: dict[int, tuple[Sidecar, ...]] = {}
            try:
                for key, sidecars in self._rows.contents(keys).items():
                    if self._write_all(sidecars):
                        written[key] = sidecars
            except DiskFull as error:
                self._complain(error)
                return None
            return len(self._rows.settle(written)) if written else 0

    def _write_all(self, sidecars: Sequence[Sidecar]) -> bool:
        """Whether all of them say now what they should."""
        try:
            return all([self._write_one(sidecar) for sidecar in sidecars])  # noqa: C419 - each is written
        except DiskFull:
            raise
        except StorageError as error:
            self._complain(error)
            return False

    def _complain(self, error: StorageError) -> None:
        if not self._has_complained:
            _log.warning("the sidecars are behind: %s", error)
        self._has_complained = True

    def _write_one(self, sidecar: Sidecar) -> bool:
        """Write a sidecar where its master is; False when that is to be tried again later."""
        master = sidecar.master
        if master.state is MasterState.RECORDING:
            return False
        home, other = self._homes(sidecar)
        path = sidecar_path(home / master.name)
        if not (home / master.name).exists() and master.state is not MasterState.FREED and not path.exists():
            return master.state is MasterState.MISSING  # found again, it is stale again
        write_sidecar(path, replace(sidecar, written_at=datetime.now(UTC)))
        with os_errors_converted(tr("{name} could not be removed:", name=repr(path.name))):
            sidecar_path(other / master.name).unlink(missing_ok=True)
        return True

    def _homes(self, sidecar: Sidecar) -> tuple[Path, Path]:
        """The folder in which the master is, and the other one.

        Without a file: the trash for one that only recordings in the trash have.
        """
        folders = self._config.raw_recordings_path, self._config.trash_path
        here, in_trash = ((folder / sidecar.master.name).exists() for folder in folders)
        if not here and not in_trash:
            in_trash = all(described.recording.trashed_at for described in sidecar.described)
        return (folders[1], folders[0]) if in_trash else folders
