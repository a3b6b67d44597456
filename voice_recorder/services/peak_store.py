"""Peaks for drawing, kept in the cache by the SHA-256 of their master and made again when missing."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable

from voice_recorder.audio.edit_peaks import edit_peaks
from voice_recorder.audio.metadata import read_audio
from voice_recorder.audio.peaks import Peaks
from voice_recorder.domain.edit_list import Timeline
from voice_recorder.domain.errors import NotFound, VoiceRecorderError
from voice_recorder.domain.recording import Master
from voice_recorder.domain.words import tr
from voice_recorder.storage.disk import os_errors_converted, write_durably
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import FOLDER_MODE, StorageConfig

_log = logging.getLogger(__name__)


class PeakStore:
    """The peaks of every master that has been read."""

    def __init__(
        self,
        config: StorageConfig,
        library: Library,
        note: Callable[[str, float], None] = lambda _name, _value: None,
    ) -> None:
        """``note`` is told how long peaks took to make, as ``peaks_made_ms``."""
        self._folder = config.cache_path / "peaks"
        self._library = library
        self._note = note

    def load(
        self, recording_id: str, cancel: threading.Event | None = None, timeline: Timeline | None = None
    ) -> Peaks:
        """The peaks of what is heard of a recording, or of another ``timeline`` of its masters.

        Slow when those of a master must be made first. A master that cannot be read is drawn as silence;
        when none can, the error of the first is raised. NotFound, DamagedAudio, Cancelled, StorageError.
        """
        recording = self._library.get(recording_id)
        if not recording.masters:
            raise NotFound(tr("The recording has no sound file."))
        timeline = timeline or Timeline.of(recording)
        heard = {segment.master_id for segment in timeline.segments}
        found: dict[str, Peaks] = {}
        errors: list[VoiceRecorderError] = []
        for master in [m for m in recording.masters if m.id in heard] or recording.masters[:1]:
            try:
                found[master.id] = self._of_master(master, cancel)
            except VoiceRecorderError as error:
                _log.warning("%s is drawn as silence: %s", master.name, error)
                errors.append(error)
        if errors and not found:
            raise errors[0]
        if not timeline.segments:  # a take of which not one frame is entered yet
            return next(iter(found.values()))
        return edit_peaks(timeline, found)

    def _of_master(self, master: Master, cancel: threading.Event | None) -> Peaks:
        if master.sha256:
            with contextlib.suppress(OSError, ValueError):  # a cache: whatever is wrong with it, make it anew
                return Peaks.from_bytes((self._folder / f"{master.sha256}.peaks").read_bytes())
        path = self._library.path_of(master)
        with os_errors_converted(tr("The file {path} could not be read:", path=repr(str(path)))):
            started = time.perf_counter()
            reading = read_audio(path, cancel)
            self._note("peaks_made_ms", 1000 * (time.perf_counter() - started))
        self.store(reading.sha256, reading.peaks)
        return reading.peaks

    def store(self, sha256: str, peaks: Peaks) -> None:
        """Keep the peaks of the master with this digest. StorageError."""
        with os_errors_converted(tr("The peaks could not be kept:")):
            self._folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
            write_durably(self._folder / f"{sha256}.peaks", peaks.to_bytes())
