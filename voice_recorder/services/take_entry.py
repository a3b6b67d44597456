"""What the library knows of a running take, written as it becomes known."""

import logging
import uuid
from datetime import datetime

from voice_recorder.domain.errors import NotFound, StorageError
from voice_recorder.domain.recording import (
    AudioFormat,
    Health,
    Marker,
    Master,
    Recording,
    TakeEvent,
    TakeEventKind,
    take_master,
)
from voice_recorder.domain.states import MasterState
from voice_recorder.storage.library import Library

_log = logging.getLogger(__name__)


class TakeEntry:
    """The row of a running take: made at the first sound, kept up to date, completed at the end.

    Any thread may name, mark and note; one at a time writes.
    """

    def __init__(
        self,
        library: Library,
        recording_id: str,
        title: str,
        started_at: datetime,
        utc_offset_min: int,
        file_name: str,
        audio_format: AudioFormat,
    ) -> None:
        self.recording_id = recording_id
        self.title = title
        self.events: list[TakeEvent] = []
        self.is_behind = False
        """Whether the library could not be written to when there was something to write."""
        self._library = library
        self._started_at = started_at
        self._utc_offset_min = utc_offset_min
        self._file_name = file_name
        self._format = audio_format
        self._master_id = uuid.uuid4().hex
        self._markers: list[Marker] = []
        self._written_title: str | None = None
        self._dropped_samples = 0
        self._exists = False
        self._is_complete = False
        self._has_changed = False

    def begin(self, started_at: datetime, utc_offset_min: int, title: str) -> None:
        """Move the start to the first sound, before anything is written."""
        self._started_at, self._utc_offset_min, self.title = started_at, utc_offset_min, title

    def rename(self, title: str) -> None:
        """Give the take another name, also when it has just ended."""
        self.title = title
        self._has_changed = True
        if self._is_complete:
            self._library.rename(self.recording_id, title)

    def add_marker(self, frame: int, label: str) -> Marker:
        """Mark a frame."""
        marker = Marker(self._master_id, frame, label)
        self._markers.append(marker)
        self._has_changed = True
        return marker

    def note(self, kind: TakeEventKind, frame: int, length_frames: int = 0, detail: str = "") -> None:
        """Remember what happened to the take at ``frame``."""
        _log.info("take: %s at frame %d %s", kind, frame, detail)
        self.events.append(TakeEvent(kind, frame, length_frames, detail))
        self._has_changed = True

    def keep_up(self, frames: int, size_bytes: int, health: Health) -> None:
        """Write what has changed; when the library cannot be written to, the next call tries again."""
        if self._exists and not self._has_changed and health.dropped_samples == self._dropped_samples:
            return
        self._has_changed = False
        self._dropped_samples = health.dropped_samples
        master = self._master(MasterState.RECORDING, frames, size_bytes, health)
        try:
            if self._exists:
                self._update(master)
            else:
                self._enter(master)
            self.is_behind = False
        except StorageError:
            _log.exception("the take's row could not be written; trying again")
            self.is_behind = self._has_changed = True

    def ensure(self, frames: int, size_bytes: int, health: Health) -> None:
        """Make the row if there is none yet. StorageError."""
        if not self._exists:
            self._enter(self._master(MasterState.RECORDING, frames, size_bytes, health))

    def complete(self, frames: int, size_bytes: int, health: Health, samples_sha256: str) -> None:
        """Write the row of the finished take. StorageError."""
        master = self._master(MasterState.RECORDED, frames, size_bytes, health, samples_sha256)
        self._update(master, "made")
        self._is_complete = True
        if self._new_title() is not None:  # renamed in just this moment
            self._library.rename(self.recording_id, self.title)

    def forget(self) -> None:
        """Remove the row of a take in which nothing was heard. StorageError."""
        if self._exists:
            self._library.forget(self.recording_id, "nothing was heard")

    def _new_title(self) -> str | None:
        """The name given here since the row was written; None leaves the row's, perhaps another program's."""
        title = self.title
        return title if title != self._written_title else None

    def _update(self, master: Master, happened: str | None = None) -> None:
        """Write the row; made again when it is gone, as after somebody went back to an older library."""
        title, markers = self._new_title(), tuple(self._markers)
        try:
            self._library.update_take(self.recording_id, master, markers, title=title, happened=happened)
        except NotFound:
            _log.warning("the take's row is gone; it is made again")
            self._enter(master)
            self._library.update_take(self.recording_id, master, markers, happened=happened)
            return
        if title is not None:
            self._written_title = title

    def _enter(self, master: Master) -> None:
        recording = Recording(
            id=self.recording_id,
            title=self.title,
            created_at=self._started_at,
            updated_at=self._started_at,
            utc_offset_min=self._utc_offset_min,
            masters=(master,),
        )
        self._library.add(recording, "started", tuple(self._markers))
        self._written_title = recording.title
        self._exists = True

    def _master(
        self,
        state: MasterState,
        frames: int,
        size_bytes: int,
        health: Health,
        samples_sha256: str | None = None,
    ) -> Master:
        return take_master(
            self._master_id,
            self._file_name,
            state,
            self._started_at,
            self._format,
            frames=frames,
            size_bytes=size_bytes,
            samples_sha256=samples_sha256,
            health=health,
            events=tuple(self.events),
        )
