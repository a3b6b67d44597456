"""A take: from the press on Record to a recording in the library, whatever happens in between.

Three threads work for it. The *writer* moves sound from the microphone to the file and ends the take. The
*sync* brings the file to the disk and watches how much room is left. The *journal* keeps the library's row
up to date and finishes the recordings that a take was split into. So neither a slow disk nor a busy database
ever stops the writer, and a busy database keeps no sound from the disk.
"""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np

from voice_recorder.audio.levels import (
    SILENT_AFTER_S,
    BlockLevels,
    RecentPeaks,
    Samples,
    TakeLevels,
    measure,
    to_dbfs,
)
from voice_recorder.domain.correlation import correlated
from voice_recorder.domain.errors import CaptureError, DiskFull, StorageError, VoiceRecorderError
from voice_recorder.domain.recording import AudioFormat, Marker, TakeEventKind
from voice_recorder.domain.settings import DeviceLoss
from voice_recorder.domain.take import PEAKS_PER_SECOND, TakePlan, TakeSnapshot, TakeState, Warn
from voice_recorder.services.awake import Awake, SleepWatch
from voice_recorder.services.sound_source import (
    Changed,
    Dropped,
    Held,
    Lost,
    Pressed,
    Sound,
    SoundSource,
    Voice,
)
from voice_recorder.services.take_disk import TakeDisk
from voice_recorder.services.take_series import TakeSeries
from voice_recorder.storage.library import Library
from voice_recorder.storage.paths import StorageConfig

_log = logging.getLogger(__name__)

TICK_S = 0.075  # with the time of the work itself: more than ten times a second
JOURNAL_S = 0.45  # with the time of the sync itself: twice a second
LAST_WORD_S = 0.25
LONGEST_FILLED_GAP_S = 10.0
SECONDS_SHOWN = 30
SPLIT_AGAIN_AFTER_S = 30.0
LIBRARY_BUSY_S = 30.0
"""How long a take that has ended waits for a library that others hold."""
SILENCE = "silence"
"""The detail of a pause that nobody pressed."""


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
        plan: TakePlan | None = None,
        ends_at: datetime | None = None,
    ) -> None:
        """Make the take's file and lock; ``start`` begins.

        ``limit_s`` ends it after so much sound, ``ends_at`` at that time, paused or not.
        """
        self._microphone = microphone
        self._when_lost = when_lost
        self._plan = plan or TakePlan()
        self.format = microphone.format
        rate = self.format.sample_rate_hz
        self._frames_left = None if limit_s is None else round(limit_s * rate)
        self._split_at_frames = self._in_frames(self._plan.split_after_s)
        self.error: VoiceRecorderError | None = None
        """Why the take ended by itself or could not be entered; what was said is kept all the same."""
        self.ends_at = ends_at
        """When it is to end by itself; may be changed at any time."""

        self._dropped_before = microphone.dropped_frames()
        self._series = TakeSeries(config, library, self.format, title, self._dropped_before)
        self._disk = TakeDisk(config, self.format)
        self._levels = TakeLevels(rate)
        self._recent = RecentPeaks(rate, PEAKS_PER_SECOND, SECONDS_SHOWN)
        self._gates: deque[tuple[float, bool]] = deque()  # (when, open), not yet reached by the sound
        self._open = True
        self._paused = False
        self._speaks = not self._plan.voice_activated
        self._was_split_here = False  # in the silence that lasts
        self._before_s = 0.0
        self._state = TakeState.RECORDING
        self._disk_slow = False
        self._peak = self._rms = 0.0
        self._started_at = time.monotonic()
        self._stop_at: float | None = None
        self._stopping = threading.Event()
        self._written = threading.Event()  # the writer is through; the journal may end
        self._done = threading.Event()
        # No daemons: a bug elsewhere must not end the process under a running take.
        self._writer = threading.Thread(target=self._correlated(self._write), name="take-writer")
        self._syncer = threading.Thread(target=self._correlated(self._keep_synced), name="take-sync")
        self._journal = threading.Thread(target=self._correlated(self._keep_journal), name="take-journal")

    def start(self) -> None:
        """Begin to keep what the microphone hears."""
        _log.info("take %s: %s from %s", self.recording_id, self.format, self._microphone.device_name)
        self._started_at = time.monotonic()
        self._journal.start()
        self._syncer.start()
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
        return self._series.now.add_marker(label)

    def rename(self, title: str) -> None:
        """Give the recording that runs, or ran last, another name."""
        self._series.now.rename(title)

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the take is in the library; False when it is not there yet."""
        return self._done.wait(timeout_s)

    @property
    def is_done(self) -> bool:
        """Whether the take has ended and all its threads are through with it."""
        return self._done.is_set()

    @property
    def recording_id(self) -> str:
        """The recording that runs, or ran last."""
        return self._series.now.recording_id

    @property
    def kept_ids(self) -> tuple[str, ...]:
        """The recordings of this take that are in the library, whole; the first came first."""
        return self._series.kept_ids

    @property
    def first_sample_at(self) -> float | None:
        """When the first sample was heard, by the monotonic clock; None before it came."""
        return self._microphone.started_at

    def snapshot(self) -> TakeSnapshot:
        """The take at this moment; no I/O."""
        part = self._series.now
        return TakeSnapshot(
            recording_id=part.recording_id,
            title=part.title,
            state=self._shown_state(),
            format=self.format,
            device_name=self._microphone.device_name,
            elapsed_s=part.frames / self.format.sample_rate_hz,
            peak_dbfs=to_dbfs(self._peak),
            rms_dbfs=to_dbfs(self._rms),
            health=part.health(self._microphone.dropped_frames()),
            warnings=tuple(self._warnings()),
            events=part.events,
            time_left_s=self._disk.time_left_s,
            recent_peaks=self._recent.values(),
            notice=self._microphone.notice,
            part=part.number,
            stops_in_s=self._stops_in_s(),
            before_s=self._before_s,
        )

    def _shown_state(self) -> TakeState:
        if self._state is not TakeState.RECORDING:
            return self._state
        if self._paused:
            return TakeState.PAUSED
        if self._microphone.is_lost:
            return TakeState.WAITING_FOR_DEVICE
        return TakeState.RECORDING if self._speaks else TakeState.WAITING_FOR_VOICE

    def _warnings(self) -> list[Warn]:
        levels = self._levels
        dropped = self._microphone.dropped_frames() - self._dropped_before
        signs = {
            Warn.DEVICE_LOST: self._microphone.is_lost and self._state is TakeState.RECORDING,
            Warn.DISK_LOW: self._disk.is_low,
            Warn.SILENT: levels.is_silent or self._hears_nothing(),
            Warn.CLIPPING: levels.is_clipping,
            Warn.TOO_LOW: levels.is_low and self._speaks,
            Warn.SAMPLES_LOST: dropped > 0,
            Warn.DISK_SLOW: self._disk_slow,
            Warn.LIBRARY_BUSY: self._series.now.is_behind,
        }
        return [warn for warn, shows in signs.items() if shows]

    def _hears_nothing(self) -> bool:
        """Whether the microphone has not even begun to deliver, long enough to say so."""
        waited_s = time.monotonic() - self._started_at
        hearing = self._levels.frames > 0 or self._paused or self._microphone.is_lost
        return not hearing and waited_s > SILENT_AFTER_S

    def _stops_in_s(self) -> float | None:
        ends_at = self.ends_at
        return None if ends_at is None else max(0.0, (ends_at - datetime.now(UTC)).total_seconds())

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
            if self._stops_in_s() == 0:
                self.stop()
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
                    self._split_in_silence(heard.quiet_s)
                case Held():
                    self._show(measure(heard.samples))
                    self._split_in_silence(heard.quiet_s)
                case Voice():
                    self._follow_voice(heard.speaks)
                case Pressed():
                    self._before_s = self._series.now.frames / self.format.sample_rate_hz
                    self._note(TakeEventKind.PRE_RECORDED)
                case Lost():
                    self._lose_device(heard)
                case Changed():
                    self._fill_gap(heard)
                case Dropped():
                    self._note(TakeEventKind.SAMPLES_LOST, heard.frames)

    def _follow_voice(self, speaks: bool) -> None:
        self._speaks = speaks
        if self._series.now.frames and self._open:
            self._note(TakeEventKind.RESUMED if speaks else TakeEventKind.PAUSED, detail=SILENCE)

    def _lose_device(self, lost: Lost) -> None:
        self._note(TakeEventKind.DEVICE_LOST, detail=lost.device_name)
        if self._when_lost is DeviceLoss.PAUSE:
            self._microphone.seeks = False
            self._paused, self._open = True, False

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
            self._append(samples[:until], at, was_shown=sound.was_held)
            samples, at = samples[until:], at + until / rate
            self._gates.popleft()
            if opens != self._open:
                self._open = opens
                self._note(TakeEventKind.RESUMED if opens else TakeEventKind.PAUSED)
        self._append(samples, at, was_shown=sound.was_held)

    def _append(self, samples: Samples, at: float, *, was_shown: bool = False) -> None:
        """Write ``samples``, into as many recordings as the plan says."""
        samples = samples[: self._frames_left]
        while self._open and len(samples):
            room = (
                None
                if self._split_at_frames is None
                else max(1, self._split_at_frames - self._series.now.frames)
            )
            now, samples = samples[:room], samples[room:] if room is not None else samples[:0]
            block = measure(now)
            self._series.now.append(now, block, at)
            at += len(now) / self.format.sample_rate_hz
            if not was_shown:
                self._show(block)
            if self._frames_left is not None:
                self._frames_left -= len(now)
            if self._frames_left == 0:
                self.stop()
            elif self._series.now.frames == self._split_at_frames:
                self._split()

    def _show(self, block: BlockLevels) -> None:
        self._levels.add(block)
        self._peak, self._rms = block.peak, block.mean_square**0.5
        self._recent.add(block)

    def _fill_gap(self, changed: Changed) -> None:
        """Put silence where no device delivered, so that the clock of the take stays right."""
        frames = round(changed.gap_s * self.format.sample_rate_hz)
        self._note(TakeEventKind.DEVICE_CHANGED, frames, changed.device_name)
        if self._open and self._speaks and changed.gap_s <= LONGEST_FILLED_GAP_S:
            self._append(_silence(frames, self.format), time.monotonic() - changed.gap_s)

    def _note(self, kind: TakeEventKind, length_frames: int = 0, detail: str = "") -> None:
        self._series.now.note(kind, length_frames, detail)

    def _end_early(self, error: VoiceRecorderError) -> None:
        _log.error("the take ends: %s", error)
        self.error = error
        if isinstance(error, DiskFull):
            self._note(TakeEventKind.ENDED_DISK_FULL)
        self.stop()

    # Splitting

    def _split_in_silence(self, quiet_s: float) -> None:
        """Once in a silence that is long enough, if there is enough before it."""
        if self._plan.split_silence_s is None:
            return
        if quiet_s < self._plan.split_silence_s:
            self._was_split_here = False
        elif self._open and not self._was_split_here and not self._stopping.is_set():
            self._was_split_here = True
            if self._series.now.frames >= self._plan.shortest_part_s * self.format.sample_rate_hz:
                self._split()

    def _split(self) -> None:
        """Go on in a new recording; when none can be made just now, try again later."""
        if self._series.split(self._microphone.dropped_frames()):
            self._split_at_frames = self._in_frames(self._plan.split_after_s)
        elif self._split_at_frames is not None:
            again = round(SPLIT_AGAIN_AFTER_S * self.format.sample_rate_hz)
            self._split_at_frames = self._series.now.frames + again

    # The end

    def _finish(self) -> None:
        self._state = TakeState.FINISHING
        try:
            self._series.end(self._microphone.dropped_frames(at_end=True))
            self._written.set()
            self._join_others()
            self._finish_ended(time.monotonic() + LIBRARY_BUSY_S)
            self._series.drop_empty()
            if not self._series.now.frames:
                self.error = self._nothing_recorded()
            self._state = TakeState.FINISHED if self.kept_ids else TakeState.FAILED
        finally:
            self._written.set()
            self._join_others()
            try:
                self._microphone.close()
                self._series.release()
            finally:
                self._done.set()

    def _join_others(self) -> None:
        self._syncer.join()
        self._journal.join()

    def _finish_ended(self, busy_until: float | None = None) -> None:
        self.error = self._series.finish_ended(busy_until) or self.error

    def _nothing_recorded(self) -> CaptureError:
        if self._levels.frames and not self._speaks:
            return CaptureError("Nothing was recorded: nobody spoke.", "No recording was made.")
        return CaptureError(
            "Nothing was recorded: the microphone delivered no sound.",
            "Check that it is plugged in and not muted.",
        )

    # The journal

    def _keep_journal(self) -> None:
        sleep_watch = SleepWatch()
        with Awake():
            while not self._written.wait(JOURNAL_S):
                slept_s = sleep_watch.slept_s()
                if slept_s:
                    self._note(TakeEventKind.SUSPENDED, self._in_frames(slept_s) or 0)
                self._series.now.keep_up(self._microphone.dropped_frames())
                self._finish_ended()

    def _keep_synced(self) -> None:
        while not self._written.wait(JOURNAL_S):
            self._watch_disk()
            self._sync()

    def _sync(self) -> None:
        started = time.monotonic()
        try:
            self._series.now.sync()
        except StorageError as error:
            self._end_early(error)
        self._disk_slow = time.monotonic() - started > 2 * JOURNAL_S

    def _watch_disk(self) -> None:
        was_low = self._disk.is_low
        self._disk.look()
        if self._disk.is_low and not was_low:
            self._note(TakeEventKind.DISK_LOW)
        if self._disk.is_full and not self._stopping.is_set():
            self._end_early(
                DiskFull("The disk is full.", "The take was ended; everything up to here is kept.")
            )

    def _in_frames(self, seconds: float | None) -> int | None:
        return None if seconds is None else round(seconds * self.format.sample_rate_hz)


def _silence(frames: int, audio_format: AudioFormat) -> Samples:
    shape = (frames, audio_format.channels)
    return np.zeros(shape, np.int16) if audio_format.bit_depth == 16 else np.zeros(shape, np.int32)
