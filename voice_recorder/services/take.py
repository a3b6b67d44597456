"""A take: from the press on Record to a recording in the library, whatever happens in between.

Two threads work for it. The *writer* moves sound from the microphone to the file and ends the take. The
*journal* syncs the file, keeps the library's row up to date and watches the disk, so that neither a slow
disk nor a busy database ever stops the writer.
"""

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Protocol

import numpy as np

from voice_recorder.audio.levels import Samples, TakeLevels, measure, to_dbfs
from voice_recorder.audio.wav import Origin
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import CaptureError, DiskFull, StorageError, VoiceRecorderError
from voice_recorder.domain.preflight import MB, hard_floor_bytes
from voice_recorder.domain.recording import (
    AudioFormat,
    Marker,
    Master,
    Recording,
    TakeEvent,
    TakeEventKind,
    default_title,
)
from voice_recorder.domain.settings import DeviceLoss
from voice_recorder.domain.states import MasterState
from voice_recorder.domain.take import PEAKS_PER_SECOND, TakeSnapshot, TakeState, Warn
from voice_recorder.services.awake import Awake, SleepWatch
from voice_recorder.services.microphone import Changed, Dropped, Heard, Lost, Sound
from voice_recorder.services.take_file import TakeFile, file_name
from voice_recorder.storage import disk
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)

TICK_S = 0.05
JOURNAL_S = 0.5
LAST_WORD_S = 0.25
LONGEST_FILLED_GAP_S = 10.0
PEAKS_SHOWN = 30 * PEAKS_PER_SECOND


def take_lock(config: StorageConfig, recording_id: str) -> FileLock:
    """The lock that the owner of a running take holds."""
    return FileLock(config.locks_path / f"take-{recording_id}.lock")


class SoundSource(Protocol):
    """Where the sound of a take comes from: ``Microphone``, or ``GeneratedVoice`` where there is none."""

    format: AudioFormat
    device_name: str
    notice: str
    seeks: bool

    @property
    def is_lost(self) -> bool:
        """Whether no sound comes just now."""

    def has_heard_until(self, at: float) -> bool:
        """Whether all sound up to the monotonic time ``at`` has arrived."""

    def read(self) -> Iterator[Heard]:
        """What came since the last call."""

    def dropped_frames(self) -> int:
        """The frames known to be lost."""

    def close(self) -> None:
        """End the sound."""


class Take:
    """One running take. Every method may be called from any thread and returns at once, but ``wait``."""

    def __init__(
        self,
        microphone: SoundSource,
        title: str | None,
        config: StorageConfig,
        library: Library,
        *,
        when_lost: DeviceLoss = DeviceLoss.CONTINUE,
        limit_s: float | None = None,
    ) -> None:
        """Make the take's file and lock; ``start`` begins. ``limit_s`` ends it after so much sound."""
        self._microphone = microphone
        self._config = config
        self._library = library
        self._when_lost = when_lost
        self.format = microphone.format
        self._limit_frames = None if limit_s is None else round(limit_s * microphone.format.sample_rate_hz)
        self.recording_id = uuid.uuid4().hex
        self.error: VoiceRecorderError | None = None
        """Why the take ended by itself or could not be entered; what was said is kept all the same."""

        now = datetime.now(UTC)
        local = now.astimezone()
        offset = local.utcoffset()
        self._started_at = now
        self._offset_min = round(offset.total_seconds() / 60) if offset else 0
        self._title = title or default_title(local)
        self._master_id = uuid.uuid4().hex
        self._lock = take_lock(config, self.recording_id)
        self._lock.acquire()
        reserve = disk.Reserve(config.reserve_path)
        origin = Origin(self.recording_id, now.isoformat(timespec="milliseconds"), self._offset_min)
        final = config.raw_recordings_path / file_name(now, self.recording_id, "wav")
        try:
            self._file = TakeFile(final, self.format, origin, reserve)
        except BaseException:
            self._lock.release()
            raise
        self._levels = TakeLevels(self.format.sample_rate_hz)
        self._events: list[TakeEvent] = []
        self._markers: list[Marker] = []
        self._gates: deque[tuple[float, bool]] = deque()  # (when, open), not yet reached by the sound
        self._open = True
        self._paused = False
        self._state = TakeState.RECORDING
        self._free_bytes: int | None = None
        self._disk_low = False
        self._disk_slow = False
        self._library_busy = False
        self._changed = False  # something for the library's row since it was last written
        self._entered = False  # the row exists
        self._peak = self._rms = 0.0
        self._recent: deque[float] = deque(maxlen=PEAKS_SHOWN)
        self._bin_peak, self._bin_frames = 0.0, 0
        self._stop_at: float | None = None
        self._stopping = threading.Event()
        self._written = threading.Event()  # the writer is through; the journal may end
        self._done = threading.Event()
        # No daemons: a bug elsewhere must not end the process under a running take.
        self._writer = threading.Thread(target=self._correlated(self._write), name="take-writer")
        self._journal = threading.Thread(target=self._correlated(self._keep_journal), name="take-journal")

    def start(self) -> None:
        """Begin to keep what the microphone hears."""
        _log.info("take %s: %s from %s", self.recording_id, self.format, self._microphone.device_name)
        self._journal.start()
        self._writer.start()

    def _correlated(self, work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            with correlated(self.recording_id):
                work()

        return run

    # What people do with it

    def stop(self) -> None:
        """End the take; what was said until now is kept."""
        if self._stop_at is None:
            self._stop_at = time.monotonic()
            self._stopping.set()

    def pause(self) -> None:
        """Leave out what is said from now on."""
        if not self._paused:
            self._paused = True
            self._gates.append((time.monotonic(), False))

    def resume(self) -> None:
        """Go on keeping what is said; after a lost microphone, look for one again."""
        if self._paused:
            self._paused = False
            self._microphone.seeks = True
            self._gates.append((time.monotonic(), True))

    def add_marker(self, label: str = "") -> Marker:
        """Mark this moment of the take."""
        marker = Marker(self._master_id, self._file.frames, label)
        self._markers.append(marker)
        self._changed = True
        return marker

    def rename(self, title: str) -> None:
        """Give the take another name."""
        self._title = title
        self._changed = True

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the take is in the library; False when it is not there yet."""
        return self._done.wait(timeout_s)

    @property
    def is_done(self) -> bool:
        """Whether the take has ended and all its threads are through with it."""
        return self._done.is_set()

    def snapshot(self) -> TakeSnapshot:
        """The take at this moment; no I/O."""
        frames = self._file.frames
        return TakeSnapshot(
            recording_id=self.recording_id,
            title=self._title,
            state=self._shown_state(),
            format=self.format,
            device_name=self._microphone.device_name,
            elapsed_s=frames / self.format.sample_rate_hz,
            peak_dbfs=to_dbfs(self._peak),
            rms_dbfs=to_dbfs(self._rms),
            health=self._levels.health(self._microphone.dropped_frames()),
            warnings=tuple(self._warnings()),
            events=tuple(self._events),
            time_left_s=self._time_left_s(),
            recent_peaks=tuple(self._recent),
            notice=self._microphone.notice,
        )

    def _shown_state(self) -> TakeState:
        if self._state is not TakeState.RECORDING:
            return self._state
        if self._paused:
            return TakeState.PAUSED
        return TakeState.WAITING_FOR_DEVICE if self._microphone.is_lost else TakeState.RECORDING

    def _warnings(self) -> list[Warn]:
        levels = self._levels
        signs = {
            Warn.DEVICE_LOST: self._microphone.is_lost and self._state is TakeState.RECORDING,
            Warn.DISK_LOW: self._disk_low,
            Warn.SILENT: levels.is_silent,
            Warn.CLIPPING: levels.is_clipping,
            Warn.TOO_LOW: levels.is_low,
            Warn.SAMPLES_LOST: self._microphone.dropped_frames() > 0,
            Warn.DISK_SLOW: self._disk_slow,
            Warn.LIBRARY_BUSY: self._library_busy,
        }
        return [warn for warn, shows in signs.items() if shows]

    def _time_left_s(self) -> float | None:
        if self._free_bytes is None:
            return None
        floor = self._floor_bytes() or 0
        return max(0.0, (self._free_bytes - floor) / self.format.bytes_per_second)

    # The writer

    def _write(self) -> None:
        try:
            self._move_sound()
        except VoiceRecorderError as error:
            self._end_early(error)
        finally:
            self._finish()

    def _move_sound(self) -> None:
        while not self._stopping.wait(TICK_S):
            self._read()
        assert self._stop_at is not None
        deadline = self._stop_at + LAST_WORD_S
        while not self._microphone.has_heard_until(self._stop_at) and time.monotonic() < deadline:
            self._written.wait(0.005)
        self._microphone.seeks = False
        self._read()

    def _read(self) -> None:
        for heard in self._microphone.read():
            match heard:
                case Sound():
                    self._keep(heard)
                case Lost():
                    self._note(TakeEventKind.DEVICE_LOST, detail=heard.device_name)
                    if self._when_lost is DeviceLoss.PAUSE:
                        self._microphone.seeks = False
                        self._paused, self._open = True, False
                case Changed():
                    self._fill_gap(heard)
                case Dropped():
                    self._note(TakeEventKind.SAMPLES_LOST, heard.frames)

    def _keep(self, sound: Sound) -> None:
        """Append what of ``sound`` falls into times when the take was not paused."""
        samples, at = sound.samples, sound.at
        rate = self.format.sample_rate_hz
        while self._gates:
            when, opens = self._gates[0]
            until = round((when - at) * rate)
            if until > len(samples):
                break
            until = max(0, until)
            self._append(samples[:until])
            samples, at = samples[until:], at + until / rate
            self._gates.popleft()
            if opens != self._open:
                self._open = opens
                self._note(TakeEventKind.RESUMED if opens else TakeEventKind.PAUSED)
        self._append(samples)

    def _append(self, samples: Samples) -> None:
        if self._limit_frames is not None:
            samples = samples[: self._limit_frames - self._file.frames]
        if not self._open or not len(samples):
            return
        self._file.append(samples)
        block = measure(samples)
        self._levels.add(block)
        self._peak, self._rms = block.peak, block.mean_square**0.5
        self._bin_peak = max(self._bin_peak, block.peak)
        self._bin_frames += block.frames
        while self._bin_frames >= self.format.sample_rate_hz // PEAKS_PER_SECOND:
            self._recent.append(self._bin_peak)
            self._bin_frames -= self.format.sample_rate_hz // PEAKS_PER_SECOND
            self._bin_peak = block.peak if self._bin_frames else 0.0
        if self._file.frames == self._limit_frames:
            self.stop()

    def _fill_gap(self, changed: Changed) -> None:
        """Put silence where no device delivered, so that the clock of the take stays right."""
        frames = round(changed.gap_s * self.format.sample_rate_hz)
        fills = self._open and changed.gap_s <= LONGEST_FILLED_GAP_S
        self._note(TakeEventKind.DEVICE_CHANGED, frames, changed.device_name)
        if fills:
            self._append(_silence(frames, self.format))

    def _note(self, kind: TakeEventKind, length_frames: int = 0, detail: str = "") -> None:
        _log.info("take: %s at frame %d %s", kind, self._file.frames, detail)
        self._events.append(TakeEvent(kind, self._file.frames, length_frames, detail))
        self._changed = True

    def _end_early(self, error: VoiceRecorderError) -> None:
        _log.error("the take ends: %s", error)
        self.error = error
        if isinstance(error, DiskFull):
            self._note(TakeEventKind.ENDED_DISK_FULL)
        self.stop()

    # The end

    def _finish(self) -> None:
        self._state = TakeState.FINISHING
        try:
            if self._file.frames == 0:
                self._file.discard()
                self._written.set()
                self._journal.join()
                self._forget_row()
                raise CaptureError(
                    "Nothing was recorded: the microphone delivered no sound.",
                    "Check that it is plugged in and not muted.",
                )
            self._enter_finished()
            self._state = TakeState.FINISHED
        except VoiceRecorderError as error:
            _log.exception("the take could not be finished as usual")
            self.error = self._with_whereabouts(error)
            self._state = TakeState.FAILED
        finally:
            self._written.set()
            self._journal.join()
            self._lock.release()
            self._microphone.close()
            self._done.set()

    def _with_whereabouts(self, error: VoiceRecorderError) -> VoiceRecorderError:
        for path in (self._file.part, self._file.final):
            if path.exists():
                kept = f"The take is kept as {str(path)!r} and is listed by the next start or 'recover'."
                return type(error)(error.title, kept)
        return error

    def _enter_finished(self) -> None:
        """Complete the file, then the row: at any cut between the steps, recovery finds the take."""
        self._file.complete()
        self._written.set()
        self._journal.join()
        if not self._entered:
            self._enter()
        self._file.put_in_place()
        master = self._master(MasterState.RECORDED)
        self._library.update_take(
            self.recording_id, master, self._title, tuple(self._markers), happened="made"
        )

    def _forget_row(self) -> None:
        if self._entered:
            self._library.forget(self.recording_id, "nothing was heard")

    # The journal

    def _keep_journal(self) -> None:
        awake, sleep_watch = Awake(), SleepWatch()
        awake.start()
        try:
            while not self._written.wait(JOURNAL_S):
                self._watch_sleep(sleep_watch)
                self._watch_disk()
                self._sync()
                self._write_row()
        finally:
            awake.stop()

    def _sync(self) -> None:
        started = time.monotonic()
        try:
            self._file.sync()
        except StorageError as error:
            self._end_early(error)
        self._disk_slow = time.monotonic() - started > 2 * JOURNAL_S

    def _write_row(self) -> None:
        """Enter the take once there is sound, and what has happened since; a busy library is tried again."""
        if self._file.frames == 0 or (self._entered and not self._changed):
            return
        changed, self._changed = self._changed, False
        try:
            if not self._entered:
                self._enter()
            elif changed:
                master = self._master(MasterState.RECORDING)
                self._library.update_take(self.recording_id, master, self._title, tuple(self._markers))
            self._library_busy = False
        except StorageError:
            _log.exception("the take's row could not be written; trying again")
            self._library_busy = self._changed = True

    def _enter(self) -> None:
        recording = Recording(
            id=self.recording_id,
            title=self._title,
            created_at=self._started_at,
            updated_at=self._started_at,
            utc_offset_min=self._offset_min,
            masters=(self._master(MasterState.RECORDING),),
        )
        self._library.add(recording, "started", tuple(self._markers))
        self._entered = True

    def _master(self, state: MasterState) -> Master:
        finished = state is MasterState.RECORDED
        return Master(
            id=self._master_id,
            name=self._file.final.name,
            state=state,
            created_at=self._started_at,
            frames=self._file.frames,
            sample_rate_hz=self.format.sample_rate_hz,
            channels=self.format.channels,
            bit_depth=self.format.bit_depth,
            format="wav",
            codec=f"pcm_s{self.format.bit_depth}le",
            bitrate_bps=self.format.bytes_per_second * 8,
            mime_type="audio/wav",
            size_bytes=self._file.size_bytes,
            sha256=None,
            samples_sha256=self._file.samples_sha256 if finished else None,
            health=self._levels.health(self._microphone.dropped_frames()),
            events=tuple(self._events),
        )

    def _watch_sleep(self, watch: SleepWatch) -> None:
        slept_s = watch.slept_s()
        if slept_s:
            self._note(TakeEventKind.SUSPENDED, round(slept_s * self.format.sample_rate_hz))

    def _watch_disk(self) -> None:
        self._free_bytes = disk.free_bytes(self._config.raw_recordings_path)
        floor = self._floor_bytes()
        if floor is None:
            return
        low = self._free_bytes < self._config.min_disk_space_mb * MB
        if low and not self._disk_low:
            self._note(TakeEventKind.DISK_LOW)
        self._disk_low = low
        if self._free_bytes < floor and not self._stopping.is_set():
            self._end_early(
                DiskFull("The disk is full.", "The take was ended; everything up to here is kept.")
            )

    def _floor_bytes(self) -> int | None:
        if not self._config.enable_disk_space_check:
            return None
        return hard_floor_bytes(self.format.bytes_per_second)


def _silence(frames: int, audio_format: AudioFormat) -> Samples:
    shape = (frames, audio_format.channels)
    return np.zeros(shape, np.int16) if audio_format.bit_depth == 16 else np.zeros(shape, np.int32)
