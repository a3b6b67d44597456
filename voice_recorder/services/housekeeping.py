"""What is done once an hour and at start-up, unasked: backup, reserve, trash, clean-up, alerts."""

import logging
import time
from datetime import UTC, datetime, timedelta

from voice_recorder.domain.errors import StorageError
from voice_recorder.services.alerts import Alerts
from voice_recorder.services.cleanup import Cleanup, clock_is_plausible
from voice_recorder.services.freeing import Freeing
from voice_recorder.services.recordings_folder import recordings_are_away
from voice_recorder.services.relocating import Relocating
from voice_recorder.services.trash import Trash
from voice_recorder.storage.backups import list_backups, make_backup
from voice_recorder.storage.disk import Reserve
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)
BACKUP_EVERY = timedelta(days=1)


class Housekeeping:
    """Keeps the library tidy and safe."""

    def __init__(
        self,
        config: StorageConfig,
        relocating: Relocating,
        trash: Trash,
        freeing: Freeing,
        cleanup: Cleanup,
        alerts: Alerts,
        figures: Figures,
    ) -> None:
        self._config = config
        self._relocating = relocating
        self._trash = trash
        self._freeing = freeing
        self._cleanup = cleanup
        self._alerts = alerts
        self._figures = figures

    def run(self, now: datetime | None = None) -> None:
        """Do what is due. StorageError, LibraryDamaged when the library cannot be used.

        While the recordings folder is not there, only what does not touch it.
        """
        now = now or datetime.now(UTC)
        if recordings_are_away(self._config, self._figures):
            self._back_up(now)
            self._alerts.refresh(now)
            return
        self._relocating.finish()
        Reserve(self._config.reserve_paths).keep()
        self._back_up(now)
        self._trash.settle()
        self._freeing.settle()
        if clock_is_plausible(self._config, now):
            self._trash.housekeep(now)
            started = time.perf_counter()
            self._cleanup.run(now)
            self._figures.note("cleanup_ms", 1000 * (time.perf_counter() - started))
        self._alerts.refresh(now)
        self._figures.keep_notes()

    def _back_up(self, now: datetime) -> None:
        backups = list_backups(self._config.backups_path)
        if backups and now - backups[0].made_at < BACKUP_EVERY:
            return
        try:
            backup = make_backup(self._config.database_path, self._config.backups_path)
            _log.info("daily backup %s", backup.name)
        except StorageError as error:
            _log.warning("no daily backup: %s", error)
