"""The background pass: reads a new master again from the disk, takes its SHA-256, proves its samples.

Which masters need it stands in the database, so a pass that was cut off goes on at the next start.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace

from voice_recorder.audio.metadata import AudioReading, read_audio
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import DamagedAudio, StorageError
from voice_recorder.domain.recording import Master, Recording
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.words import tr
from voice_recorder.services.peak_store import PeakStore
from voice_recorder.services.recordings_folder import recordings_are_away
from voice_recorder.storage.figures import Figures
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)
Progress = Callable[[int, int, str], None]
"""How far a piece of work is: done, total, and what is being done."""


class Proving:
    """Proves that what is on the disk is what the microphone gave."""

    def __init__(self, config: StorageConfig, library: Library, peaks: PeakStore) -> None:
        self._config = config
        self._library = library
        self._peaks = peaks
        self._running = threading.Lock()

    def run_pending(
        self,
        cancel: threading.Event | None = None,
        progress: Progress | None = None,
        *,
        only: str | None = None,
    ) -> int:
        """Read all masters without a SHA-256, or those of one recording; how many were read.

        Cancelled when ``cancel`` is set.
        """
        cancel = cancel or threading.Event()
        with self._running:
            pending = [
                (recording, master)
                for recording in self._library.unproved()
                for master in recording.masters
                if only in (None, recording.id)
                and master.sha256 is None
                and master.state is MasterState.RECORDED
            ]
            for done, (recording, master) in enumerate(pending):
                if progress:
                    progress(done, len(pending), recording.title)
                with correlated(recording.id):
                    self._prove(recording, master, cancel)
        return len(pending)

    def _prove(self, recording: Recording, master: Master, cancel: threading.Event) -> None:
        path = self._library.path_of(master)
        try:
            reading = read_audio(path, cancel)
        except FileNotFoundError:
            if self._library.path_of(master).exists():  # moved to or from the trash meanwhile: next time
                return
            if recordings_are_away(self._config, Figures(self._library.database)):
                return
            missing = replace(master, state=MasterState.MISSING)
            self._library.store_reading(recording.id, missing, "missing", str(path))
            return
        except (DamagedAudio, OSError) as error:
            damaged = replace(master, state=MasterState.DAMAGED)
            self._library.store_reading(recording.id, damaged, "damaged", str(error))
            return
        self._store(recording, master, reading)

    def _store(self, recording: Recording, master: Master, reading: AudioReading) -> None:
        promised = master.samples_sha256
        proved = promised is None or promised == reading.samples_sha256
        sound = proved and not reading.is_damaged
        health = master.health
        if promised is None:  # a recovered take: what its end was like is only now known
            health = replace(reading.health, dropped_samples=master.health.dropped_samples)
        read = replace(
            master,
            state=MasterState.RECORDED if sound else MasterState.DAMAGED,
            sha256=reading.sha256,
            size_bytes=reading.size_bytes,
            frames=reading.frames,
            health=health,
            overview=reading.peaks.overview(),
        )
        try:
            self._peaks.store(reading.sha256, reading.peaks)
        except StorageError as error:
            _log.warning("the peaks are not kept: %s", error)
        if sound:
            detail = (
                tr("samples as they came from the microphone") if promised else tr("no digest of the samples")
            )
            self._library.store_reading(recording.id, read, "verified", detail)
        else:
            _log.error("%s does not hold the samples that the microphone gave", master.name)
            detail = tr("the file does not hold the samples that came from the microphone")
            self._library.store_reading(recording.id, read, "damaged", detail)
