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
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from voice_recorder.audio.levels import SILENT_AFTER_S, RecentPeaks, Samples, TakeLevels, measure, to_dbfs
from voice_recorder.audio.wav import Origin
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import CaptureError, DiskFull, StorageError, VoiceRecorderError
from voice_recorder.domain.preflight import MB, hard_floor_bytes
from voice_recorder.domain.recording import AudioFormat, Health, Marker, TakeEventKind, default_title
from voice_recorder.domain.settings import DeviceLoss
from voice_recorder.domain.take import PEAKS_PER_SECOND, TakeSnapshot, TakeState, Warn
from voice_recorder.services.awake import Awake, SleepWatch
from voice_recorder.services.sound_source import Changed, Dropped, Lost, Sound, SoundSource
from voice_recorder.services.take_entry import TakeEntry
from voice_recorder.services.take_file import TakeFile, file_name
from voice_recorder.storage import disk
from voice_recorder.storage.library import Library
from voice_recorder.storage.locks import FileLock
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)

TICK_S = 0.075  # with the time of the work itself: more than ten times a second
JOURNAL_S = 0.45  # with the time of the sync itself: twice a second
LAST_WORD_S = 0.25
LONGEST_FILLED_GAP_S = 10.0
SECONDS_SHOWN = 30


def take_lock(config: StorageConfig, recording_id: str) -> FileLock:
    """The lock that the owner of a running take holds; beside the sound, which two homes may share."""
    return FileLock(config.raw_recordings_path / f".take-{recording_id}.lock")


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
        self._when_lost = when_lost
        self.format = microphone.format
        self._limit_frames = None if limit_s is None else round(limit_s * microphone.format.sample_rate_hz)
        self.recording_id = uuid.uuid4().hex
        self.error: VoiceRecorderError | None = None
        """Why the take ended by itself or could not be entered; what was said is kept all the same."""

        now = datetime.now(UTC)
        local = now.astimezone()
        offset = local.utcoffset()
        offset_min = round(offset.total_seconds() / 60) if offset else 0
        self._lock = take_lock(config, self.recording_id)
        self._lock.acquire()
        reserve = disk.Reserve(config.reserve_paths)
        origin = Origin(self.recording_id, now.isoformat(timespec="milliseconds"), offset_min)
        final = config.raw_recordings_path / file_name(now, self.recording_id, "wav")
        try:
            self._file = TakeFile(final, self.format, origin, reserve)
        except BaseException:
            self._lock.release()
            raise
        self._entry = TakeEntry(
            library,
            self.recording_id,
            title or default_title(local),
            now,
            offset_min,
            final.name,
            self.format,
        )
        self._levels = TakeLevels(self.format.sample_rate_hz)
        self._recent = RecentPeaks(self.format.sample_rate_hz, PEAKS_PER_SECOND, SECONDS_SHOWN)
        self._gates: deque[tuple[float, bool]] = deque()  # (when, open), not yet reached by the sound
        self._open = True
        self._paused = False
        self._state = TakeState.RECORDING
        self._free_bytes: int | None = None
        self._disk_low = False
        self._disk_slow = False
        self._peak = self._rms = 0.0
        self._started_at = time.monotonic()
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
        self._started_at = time.monotonic()
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
        return self._entry.add_marker(self._file.frames, label)

    def rename(self, title: str) -> None:
        """Give the take another name."""
        self._entry.rename(title)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the take is in the library; False when it is not there yet."""
        return self._done.wait(timeout_s)

    @property
    def is_done(self) -> bool:
        """Whether the take has ended and all its threads are through with it."""
        return self._done.is_set()

    @property
    def first_sample_at(self) -> float | None:
        """When the first sample was heard, by the monotonic clock; None before it came."""
        return self._microphone.started_at

    def snapshot(self) -> TakeSnapshot:
        """The take at this moment; no I/O."""
        frames = self._file.frames
        return TakeSnapshot(
            recording_id=self.recording_id,
            title=self._entry.title,
            state=self._shown_state(),
            format=self.format,
            device_name=self._microphone.device_name,
            elapsed_s=frames / self.format.sample_rate_hz,
            peak_dbfs=to_dbfs(self._peak),
            rms_dbfs=to_dbfs(self._rms),
            health=self._health(),
            warnings=tuple(self._warnings()),
            events=tuple(self._entry.events),
            time_left_s=self._time_left_s(),
            recent_peaks=self._recent.values(),
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
            Warn.SILENT: levels.is_silent or self._hears_nothing(),
            Warn.CLIPPING: levels.is_clipping,
            Warn.TOO_LOW: levels.is_low,
            Warn.SAMPLES_LOST: self._microphone.dropped_frames() > 0,
            Warn.DISK_SLOW: self._disk_slow,
            Warn.LIBRARY_BUSY: self._entry.is_behind,
        }
        return [warn for warn, shows in signs.items() if shows]

    def _hears_nothing(self) -> bool:
        """Whether the microphone has not even begun to deliver, long enough to say so."""
        waited_s = time.monotonic() - self._started_at
        hearing = self._file.frames > 0 or self._paused or self._microphone.is_lost
        return not hearing and waited_s > SILENT_AFTER_S

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
        except Exception:  # a bug: it goes on to the hook, but the take says that it ended early
            self._end_early(
                CaptureError("The take was ended by a fault of this program.", "What was said is kept.")
            )
            raise
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
        self._recent.add(block)
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
        self._entry.note(kind, self._file.frames, length_frames, detail)

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
                self._entry.forget()
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
            try:
                self._microphone.close()
                self._lock.release()
            finally:
                self._done.set()

    def _with_whereabouts(self, error: VoiceRecorderError) -> VoiceRecorderError:
        for path in (self._file.part, self._file.final):
            if path.exists():
                kept = f"The take is kept as {str(path)!r} and is listed by the next start or 'recover'."
                return type(error)(error.title, kept)
        return error

    def _enter_finished(self) -> None:
        """Complete the file, then the row: at any cut between the steps, recovery finds the take."""
        disk.Reserve(self._config.reserve_paths).release_if_full()
        self._file.complete()
        self._written.set()
        self._journal.join()
        size_bytes, health = self._file.size_bytes, self._health()
        self._entry.ensure(self._file.frames, size_bytes, health)
        self._file.put_in_place()
        self._entry.complete(self._file.frames, size_bytes, health, self._file.samples_sha256)

    def _health(self) -> Health:
        at_end = self._state is not TakeState.RECORDING
        return self._levels.health(self._microphone.dropped_frames(at_end=at_end))

    # The journal

    def _keep_journal(self) -> None:
        sleep_watch = SleepWatch()
        with Awake():
            while not self._written.wait(JOURNAL_S):
                self._watch_sleep(sleep_watch)
                self._watch_disk()
                self._sync()
                if self._file.frames:
                    self._entry.keep_up(self._file.frames, self._file.size_bytes, self._health())

    def _sync(self) -> None:
        started = time.monotonic()
        try:
            self._file.sync()
        except StorageError as error:
            self._end_early(error)
        self._disk_slow = time.monotonic() - started > 2 * JOURNAL_S

    def _watch_sleep(self, watch: SleepWatch) -> None:
        slept_s = watch.slept_s()
        if slept_s:
            self._note(TakeEventKind.SUSPENDED, round(slept_s * self.format.sample_rate_hz))

    def _watch_disk(self) -> None:
        floor = self._floor_bytes()
        try:
            with disk.os_errors_converted("The free space is unknown"):
                self._free_bytes = disk.free_bytes(self._config.raw_recordings_path)
        except StorageError as error:
            _log.warning("%s", error)
            self._free_bytes = None
        if floor is None or self._free_bytes is None:
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
