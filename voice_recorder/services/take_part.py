"""One recording of a take: its lock, its file and its row. One that is split has several."""

import time
import uuid
from datetime import UTC, datetime

from voice_recorder.audio.levels import BlockLevels, Samples, TakeLevels
from voice_recorder.audio.wav import Origin
from voice_recorder.domain.errors import VoiceRecorderError
from voice_recorder.domain.recording import (
    AudioFormat,
    Health,
    Marker,
    TakeEvent,
    TakeEventKind,
    default_title,
)
from voice_recorder.domain.words import tr
from voice_recorder.services.take_entry import TakeEntry
from voice_recorder.services.take_file import TakeFile, file_name
from voice_recorder.storage import disk
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig

STARTS_ANEW_AFTER_S = 1.0


def take_lock(config: StorageConfig, recording_id: str) -> FileLock:
    """The lock that the owner of a running take holds; beside the sound, which two homes may share."""
    return FileLock(config.raw_recordings_path / f".take-{recording_id}.lock")


def wall_time(at: float) -> datetime:
    """The time of day at the monotonic time ``at``."""
    return datetime.fromtimestamp(time.time() - (time.monotonic() - at), UTC)


class TakePart:
    """A recording that is being made. The writer appends and closes it; any thread may do the rest."""

    def __init__(
        self,
        config: StorageConfig,
        library: Library,
        audio_format: AudioFormat,
        title: str | None,
        number: int,
        dropped_before: int,
    ) -> None:
        """Make lock and file of the take's recording ``number``, from 1; DiskFull, StorageError.

        ``dropped_before`` frames were lost before it began.
        """
        self.recording_id = uuid.uuid4().hex
        self.format = audio_format
        self.number = number
        self.is_kept = False
        """Whether it is a recording in the library, whole."""
        self._is_whole = self._is_in_place = False
        self._config = config
        self._dropped_before = dropped_before
        self._levels = TakeLevels(audio_format.sample_rate_hz)
        self._health: Health | None = None
        self._started_at = datetime.now(UTC)
        self._default_title = "" if title else default_title(self._started_at.astimezone())
        self._lock = take_lock(config, self.recording_id)
        self._lock.acquire()
        reserve = disk.Reserve(config.reserve_paths)
        final = config.raw_recordings_path / file_name(self._started_at, self.recording_id, "wav")
        try:
            self._file = TakeFile(final, audio_format, self._origin(), reserve)
        except BaseException:
            self._lock.release()
            raise
        self._entry = TakeEntry(
            library, self.recording_id, title or self._default_title, self._started_at,
            _offset_min(self._started_at), final.name, audio_format,
        )  # fmt: skip

    @property
    def frames(self) -> int:
        """How many frames it holds."""
        return self._file.frames

    @property
    def title(self) -> str:
        """Its name."""
        return self._entry.title

    @property
    def events(self) -> tuple[TakeEvent, ...]:
        """What happened in it."""
        return tuple(self._entry.events)

    @property
    def is_behind(self) -> bool:
        """Whether the library could not be written to."""
        return self._entry.is_behind

    def health(self, dropped_frames: int) -> Health:
        """What it is like; of ``dropped_frames`` in all, those count that were lost since it began."""
        return self._health or self._levels.health(max(0, dropped_frames - self._dropped_before))

    def append(self, samples: Samples, block: BlockLevels, at: float) -> None:
        """Write ``samples``, heard from the monotonic time ``at`` on. DiskFull, StorageError."""
        if not self._file.frames:
            self._begin(wall_time(at))
        self._file.append(samples)
        self._levels.add(block)

    def _begin(self, at: datetime) -> None:
        """What waited for its first sound, or was heard before Record, began then and not at the press."""
        if abs((at - self._started_at).total_seconds()) > STARTS_ANEW_AFTER_S:
            self._started_at = at
            is_default = self.title == self._default_title
            title = default_title(at.astimezone()) if is_default else self.title
            self._entry.begin(at, _offset_min(at), title)
            self._file.begin(self._origin())

    def note(self, kind: TakeEventKind, length_frames: int = 0, detail: str = "") -> None:
        """Remember what happens at this place."""
        self._entry.note(kind, self._file.frames, length_frames, detail)

    def add_marker(self, label: str) -> Marker:
        """Mark this place."""
        return self._entry.add_marker(self._file.frames, label)

    def rename(self, title: str) -> None:
        """Give it another name, also when it has just ended."""
        self._entry.rename(title)

    def sync(self) -> None:
        """Bring what was appended to the disk. StorageError."""
        self._file.sync()

    def keep_up(self, dropped_frames: int) -> None:
        """Bring the row up to date, once there is sound."""
        if self._file.frames:
            self._entry.keep_up(self._file.frames, self._file.size_bytes, self.health(dropped_frames))

    # The end: at any cut between the steps, recovery finds the recording. Each may be tried again.

    def end(self, dropped_frames: int) -> None:
        """Nothing more is appended; settles its health."""
        self._health = self.health(dropped_frames)

    def complete(self) -> None:
        """Make the file whole, still under its ``.part`` name. DiskFull, StorageError."""
        if self._file.frames and not self._is_whole:
            disk.Reserve(self._config.reserve_paths).release_if_full()
            self._file.complete()
            self._is_whole = True

    def enter(self) -> None:
        """Give the file its place and the row its last state; without sound, leave nothing. StorageError."""
        if not self._file.frames:
            self._file.discard()
            self._entry.forget()
            return
        assert self._health is not None
        size_bytes, health = self._file.size_bytes, self._health
        self._entry.ensure(self._file.frames, size_bytes, health)
        if not self._is_in_place:
            self._file.put_in_place()
            self._is_in_place = True
        self._entry.complete(self._file.frames, size_bytes, health, self._file.samples_sha256)
        self.is_kept = True

    def release(self) -> None:
        """Give the lock back: whatever is not in its place now is free for recovery."""
        self._lock.release()

    def with_whereabouts(self, error: VoiceRecorderError) -> VoiceRecorderError:
        """``error``, saying where the sound is."""
        for path in (self._file.part, self._file.final):
            if path.exists():
                kept = tr(
                    "The take is kept as {path} and is listed by the next start or 'recover'.",
                    path=repr(str(path)),
                )
                return type(error)(error.title, kept)
        return error

    def _origin(self) -> Origin:
        started_at = self._started_at.isoformat(timespec="milliseconds")
        return Origin(self.recording_id, started_at, _offset_min(self._started_at))


def _offset_min(at: datetime) -> int:
    offset = at.astimezone().utcoffset()
    return round(offset.total_seconds() / 60) if offset else 0
