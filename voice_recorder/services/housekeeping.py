"""What is done once an hour and at start-up, unasked: the trash, a daily backup, the reserve."""

import logging
from datetime import UTC, datetime, timedelta

from voice_recorder.domain.errors import StorageError
from voice_recorder.services.trash import Trash
from voice_recorder.storage.backups import list_backups, make_backup
from voice_recorder.storage.disk import Reserve, os_errors_converted, write_durably
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)
BACKUP_EVERY = timedelta(days=1)
LONGEST_ABSENCE = timedelta(days=7)


class Housekeeping:
    """Keeps the library tidy and safe."""

    def __init__(self, config: StorageConfig, trash: Trash) -> None:
        self._config = config
        self._trash = trash

    def run(self, now: datetime | None = None) -> None:
        """Do what is due. StorageError, LibraryDamaged when the library cannot be used."""
        now = now or datetime.now(UTC)
        Reserve(self._config.reserve_paths).keep()
        self._back_up(now)
        self._trash.settle()
        if self._clock_is_plausible(now):
            self._trash.housekeep(now)

    def _clock_is_plausible(self, now: datetime) -> bool:
        """Whether the clock stands where it can after the last run; else it is asked again next time.

        A clock that is wrong for an hour must not make a month of what was deleted a minute ago. Of the
        first run's clock nothing is known.
        """
        stamp = self._config.home / "housekeeping.stamp"
        try:
            before: datetime | None = datetime.fromisoformat(stamp.read_text("ascii"))
        except (OSError, ValueError):
            before = None
        with os_errors_converted("The time of this housekeeping could not be kept"):
            write_durably(stamp, now.isoformat().encode())
        return before is not None and before <= now <= before + LONGEST_ABSENCE

    def _back_up(self, now: datetime) -> None:
        backups = list_backups(self._config.backups_path)
        if backups and now - backups[0].made_at < BACKUP_EVERY:
            return
        try:
            backup = make_backup(self._config.database_path, self._config.backups_path)
            _log.info("daily backup %s", backup.name)
        except StorageError as error:
            _log.warning("no daily backup: %s", error)
