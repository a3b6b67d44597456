"""How the disk stands for a running take."""

import logging

from voice_recorder.domain.errors import StorageError
from voice_recorder.domain.preflight import MB, hard_floor_bytes
from voice_recorder.domain.recording import AudioFormat
from voice_recorder.storage import disk
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)


class TakeDisk:
    """The free space where a take is written, as it was at the last ``look``."""

    def __init__(self, config: StorageConfig, audio_format: AudioFormat) -> None:
        self._config = config
        self._bytes_per_second = audio_format.bytes_per_second
        self._floor_bytes: int | None = None
        if config.enable_disk_space_check:
            self._floor_bytes = hard_floor_bytes(audio_format.bytes_per_second)
        self._free_bytes: int | None = None
        self.is_low = False
        self.is_full = False
        """Whether no more may be written than what ends the take."""

    @property
    def time_left_s(self) -> float | None:
        """How much more sound has room; None when nobody knows."""
        if self._free_bytes is None:
            return None
        return max(0.0, (self._free_bytes - (self._floor_bytes or 0)) / self._bytes_per_second)

    def look(self) -> None:
        """Ask the system."""
        try:
            with disk.os_errors_converted("The free space is unknown"):
                self._free_bytes = disk.free_bytes(self._config.raw_recordings_path)
        except StorageError as error:
            _log.warning("%s", error)
            self._free_bytes = None
        if self._floor_bytes is None or self._free_bytes is None:
            return
        self.is_low = self._free_bytes < self._config.min_disk_space_mb * MB
        self.is_full = self._free_bytes < self._floor_bytes
