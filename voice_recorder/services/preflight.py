"""Gathers the numbers for the pre-flight verdict and keeps the latest one at hand."""

import os
import time

from voice_recorder.domain.errors import LibraryDamaged, PreflightBlocked, StorageError
from voice_recorder.domain.preflight import (
    MB,
    Limits,
    Measurements,
    Purpose,
    Verdict,
    hard_floor_bytes,
    judge,
    time_left_s,
)
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.domain.words import tr
from voice_recorder.services.recordings_folder import recordings_are_away, require_recordings
from voice_recorder.storage import disk
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig
from voice_recorder.storage.settings_file import SettingsFile

INTEGRITY_EVERY_S = 600.0
SIZES_EVERY_S = 5.0


class Preflight:
    """Checks the disk and the library before work starts. Any thread may call any method."""

    def __init__(self, config: StorageConfig, settings: SettingsFile, library: Library) -> None:
        self._config = config
        self._settings = settings
        self._library = library
        self._intact: bool | None = None
        self._intact_at = 0.0
        self._known_sizes: dict[str, int] = {}
        self._sizes_at = float("-inf")
        self.latest: Verdict | None = None
        """The verdict of the last ``refresh``; a take looks at it and never waits for a new one."""

    def refresh(self) -> Verdict:
        """The verdict on a take, with everything measured anew; slow, for a worker."""
        self.latest = self.check(Purpose.TAKE, thorough=True)
        return self.latest

    def check(self, purpose: Purpose, need_bytes: int = 0, *, thorough: bool = False) -> Verdict:
        """The verdict on work that needs ``need_bytes``. ``thorough`` also tries disk and database."""
        data_rate = self.take_format().bytes_per_second if purpose is Purpose.TAKE else 0
        if purpose is Purpose.TAKE:
            need_bytes = hard_floor_bytes(data_rate)
        return judge(self._measure(thorough=thorough), self._limits(need_bytes, data_rate))

    def require(self, purpose: Purpose, need_bytes: int = 0) -> None:
        """Raise PreflightBlocked with the reasons when the work must not start."""
        refuse_if_blocked(self.check(purpose, need_bytes))

    def look_at_folder(self) -> bool:
        """Whether one may write to the recordings folder now, as far as its rights say; quick.

        RecordingsAway when it is not there.
        """
        require_recordings(self._config, Figures(self._library.database))
        return os.access(self._config.raw_recordings_path, os.W_OK)

    def take_format(self) -> AudioFormat:
        """The format of the next take, from the settings."""
        now = self._settings.current
        return AudioFormat(now.audio_sample_rate_hz, now.audio_channels, now.audio_bit_depth)

    def time_left_s(self, audio_format: AudioFormat | None = None) -> float:
        """Seconds of sound that fit on the disk in the format of the next take, or in another.

        None at all when the folder is not there.
        """
        if not self._config.raw_recordings_path.is_dir():
            return 0.0
        free = disk.free_bytes(self._config.raw_recordings_path)
        rate = (audio_format or self.take_format()).bytes_per_second
        return time_left_s(free, rate) if self._config.enable_disk_space_check else free / rate

    def _limits(self, need_bytes: int, data_rate: int) -> Limits:
        quota_mb = self._config.max_library_mb or self._settings.current.storage_quota_mb
        return Limits(
            minimum_bytes=self._config.min_disk_space_mb * MB
            if self._config.enable_disk_space_check
            else None,
            need_bytes=need_bytes,
            data_rate_bytes_per_s=data_rate,
            quota_bytes=quota_mb * MB if quota_mb else None,
        )

    def _measure(self, *, thorough: bool) -> Measurements:
        folder = self._config.raw_recordings_path
        if recordings_are_away(self._config, Figures(self._library.database)):
            return Measurements(free_bytes=0, writable=False, away=True)
        return Measurements(
            free_bytes=disk.free_bytes(folder),
            writable=disk.is_writable(folder),
            away=False,
            free_inodes=disk.free_inodes(folder),
            write_bytes_per_s=disk.write_speed(folder) if thorough else None,
            database_intact=self._integrity() if thorough else None,
            **self._sizes(),
        )

    def _sizes(self) -> dict[str, int]:
        """What takes a walk through folders; at most every few seconds, for an import asks for each file."""
        if time.monotonic() - self._sizes_at > SIZES_EVERY_S:
            self._known_sizes = {
                "trash_bytes": disk.folder_bytes(self._config.trash_path),
                "cache_bytes": disk.folder_bytes(self._config.cache_path),
                "library_bytes": self._library_bytes(),
            }
            self._sizes_at = time.monotonic()
        return self._known_sizes

    def _library_bytes(self) -> int:
        try:
            return self._library.totals()["size_bytes"]
        except StorageError:
            return 0  # a library that cannot be read has its own reason in the verdict

    def _integrity(self) -> bool | None:
        if self._intact is None or time.monotonic() - self._intact_at > INTEGRITY_EVERY_S:
            self._intact, self._intact_at = self._quick_check(), time.monotonic()
        return self._intact

    def _quick_check(self) -> bool | None:
        try:
            with self._library.database.session() as connection:
                return connection.exec_driver_sql("PRAGMA quick_check(1)").scalar() == "ok"
        except LibraryDamaged:
            return False
        except StorageError:
            return None


def refuse_if_blocked(verdict: Verdict) -> None:
    """Raise PreflightBlocked with the reasons of a verdict that is *blocked*."""
    if verdict.blocked:
        reasons = " ".join(verdict.reasons)
        raise PreflightBlocked(
            tr("It cannot start now: {reasons}", reasons=reasons), tr("Nothing was changed.")
        )
