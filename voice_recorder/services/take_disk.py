"""The disk under a running take: what was said is brought to it twice a second, and its room is watched."""

import logging
import threading
import time
from collections.abc import Callable

from voice_recorder.domain.errors import DiskFull, StorageError
from voice_recorder.domain.preflight import MB, hard_floor_bytes
from voice_recorder.domain.recording import TakeEventKind
from voice_recorder.domain.words import tr
from voice_recorder.services.take_series import TakeSeries
from voice_recorder.storage import disk
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)
SYNC_S = 0.45  # with the time of the sync itself: twice a second
SLOW_AFTER_S = 2 * SYNC_S


class TakeDisk:
    """What the *sync* thread does; whoever shows the take may ask how the disk stood last."""

    def __init__(
        self, config: StorageConfig, series: TakeSeries, end_early: Callable[[StorageError], None]
    ) -> None:
        """``end_early`` is told why no more of the take can be kept."""
        self._config = config
        self._series = series
        self._end_early = end_early
        self._bytes_per_second = series.now.format.bytes_per_second
        self._floor_bytes: int | None = None
        if config.enable_disk_space_check:
            self._floor_bytes = hard_floor_bytes(self._bytes_per_second)
        self._free_bytes: int | None = None
        self.is_low = False
        """Whether there is less room than a take needs to start."""
        self.is_slow = False
        """Whether the last sync took so long that sound waits in memory."""

    @property
    def time_left_s(self) -> float | None:
        """How much more sound has room; None when nobody knows."""
        if self._free_bytes is None:
            return None
        return max(0.0, (self._free_bytes - (self._floor_bytes or 0)) / self._bytes_per_second)

    def keep_synced(self, stopping: threading.Event, written: threading.Event) -> None:
        """Sync and look until all is ``written``; a full disk ends a take that is not ``stopping`` yet."""
        while not written.wait(SYNC_S):
            if self._is_full() and not stopping.is_set():
                self._end_early(
                    DiskFull(
                        tr("The disk is full."), tr("The take was ended; everything up to here is kept.")
                    )
                )
            self._sync()

    def _is_full(self) -> bool:
        """Ask the system; whether no more may be written than what ends the take."""
        try:
            with disk.os_errors_converted(tr("The free space is unknown:")):
                self._free_bytes = disk.free_bytes(self._config.raw_recordings_path)
        except StorageError as error:
            _log.warning("%s", error)
            self._free_bytes = None
        if self._floor_bytes is None or self._free_bytes is None:
            return False
        was_low, self.is_low = self.is_low, self._free_bytes < self._config.min_disk_space_mb * MB
        if self.is_low and not was_low:
            self._series.now.note(TakeEventKind.DISK_LOW)
        return self._free_bytes < self._floor_bytes

    def _sync(self) -> None:
        started = time.monotonic()
        try:
            self._series.now.sync()
        except StorageError as error:
            self._end_early(error)
        self.is_slow = time.monotonic() - started > SLOW_AFTER_S
