"""Peaks for drawing, kept in the cache by the SHA-256 of their master and made again when missing."""

import contextlib
import threading

from voice_recorder.audio.metadata import read_audio
from voice_recorder.audio.peaks import Peaks
from voice_recorder.domain.errors import NotFound
from voice_recorder.storage.disk import os_errors_converted, write_durably
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import FOLDER_MODE, StorageConfig


class PeakStore:
    """The peaks of every master that has been read."""

    def __init__(self, config: StorageConfig, library: Library) -> None:
        self._folder = config.cache_path / "peaks"
        self._library = library

    def load(self, recording_id: str, cancel: threading.Event | None = None) -> Peaks:
        """The peaks of a recording's first master; slow when they must be made first.

        Raises NotFound, DamagedAudio, Cancelled, StorageError.
        """
        masters = self._library.get(recording_id).masters
        if not masters:
            raise NotFound("The recording has no sound file.")
        master = masters[0]
        if master.sha256:
            with contextlib.suppress(OSError, ValueError):  # a cache: whatever is wrong with it, make it anew
                return Peaks.from_bytes((self._folder / f"{master.sha256}.peaks").read_bytes())
        path = self._library.path_of(master)
        with os_errors_converted(f"The file {str(path)!r} could not be read"):
            reading = read_audio(path, cancel)
        self.store(reading.sha256, reading.peaks)
        return reading.peaks

    def store(self, sha256: str, peaks: Peaks) -> None:
        """Keep the peaks of the master with this digest. StorageError."""
        with os_errors_converted("The peaks could not be kept"):
            self._folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            write_durably(self._folder / f"{sha256}.peaks", peaks.to_bytes())
